// What the screen asks about changing records: reading the fields, changing one, taking that back.
import Domain
import Interface
import Providers
import Storage
import Sync

extension ScreenRunner {
  /// The kind of the undo journal's entries about changed fields.
  private static let editUndo = "edit"

  private var edits: RecordEdits { RecordEdits(workspace: workspace) }

  /// Tells the undo journal how a change of a field is taken back: as long as nothing of it was sent.
  func registerEditUndo() {
    undo.register(Self.editUndo) { [edits, workspace] payload, isRedo throws(Failure) in
      guard let key = payload["key"]?.string.flatMap({ RemoteKey($0) }),
        let name = payload["field"]?.string,
        let kind = BuildiumProvider.changeable(of: key.resource).first(where: { $0.name == name })?
          .kind,
        let before = payload["before"].flatMap({ kind.value(json: $0) }),
        let after = payload["after"].flatMap({ kind.value(json: $0) })
      else { throw Failure("refused", "What held before was not kept.") }
      let desk = edits.desk
      let isOpen = try RecordEdits.refusing { () throws(EditDesk.Refusal) in
        try desk.open(key) != nil
      }
      // What takes a change away needs one that was not sent; the other way makes it anew.
      guard isOpen || isRedo != (payload["is_back"]?.bool ?? false) else {
        throw Failure(
          "refused", "It was sent already.", hint: "E changes the field to what it was.")
      }
      let (to, seen) = isRedo ? (after, before) : (before, after)
      _ = try RecordEdits.refusing { () throws(EditDesk.Refusal) in
        try desk.edit(key, [name: to], seen: [name: seen], by: workspace.configuration.user)
      }
    }
  }

  /// Carries out an effect about changing records.
  func carryOutEdits(_ effect: Effect) {
    switch effect {
    case .loadEditing(let reference, let ticket):
      records.ask(ticket) { [workspace] reader throws(StorageError) in
        guard let title = try reader.title(reference) else { return .editing(nil, ticket) }
        return .editing(try workspace.store.editing(reference, title: title), ticket)
      }
    case .changeField(let reference, let field, let text):
      errand { [self] () throws(Failure) in try change(reference, field, to: text) }
    default: break
    }
  }

  private func change(
    _ reference: RecordReference, _ name: String, to text: String
  ) throws(Failure) {
    guard !isReadOnly else {
      throw Failure("read_only", "Rentbook was started with --read-only.")
    }
    let editing = try workspace.onStore { store throws(StorageError) in
      try store.editing(reference, title: "")
    }
    guard let key = editing?.key, let field = editing?.fields.first(where: { $0.name == name })
    else { throw Failure("refused", "This record is not there any more.") }
    let (before, after) = (
      field.wanted ?? field.value, try edits.value(text, of: name, in: key.resource)
    )
    let edit = try RecordEdits.refusing { () throws(EditDesk.Refusal) in
      try edits.desk.edit(
        key, [name: after], seen: [name: before], by: workspace.configuration.user)
    }
    post(
      .effectDone(
        edit.fields[name] == nil
          ? "\(field.title) stays as it is; nothing of it is sent."
          : "\(field.title) is changed here; the next sync sends it to Buildium. u takes it back."))
    try undo.record(
      UndoJournal.Entry(
        title: "the change of \(field.title.lowercased())", kind: Self.editUndo,
        payload: [
          "key": .string(key.description), "field": .string(name), "before": before.json,
          "after": after.json, "is_back": .bool(edit.fields[name] == nil),
        ]))
    post(.undoable(try undo.undoable()))
  }
}

extension Store {
  /// The fields of a record that can be changed here; nil when it is gone, or is not Buildium's.
  func editing(
    _ reference: RecordReference, title: String
  ) throws(StorageError) -> RecordEditing? {
    guard let resource = Resource(rawValue: reference.list.rawValue),
      EditDesk.resources.contains(resource)
    else { return nil }
    return try readSync { sync throws(StorageError) in
      guard let id = try sync.remoteID(.buildium, resource, of: reference.id) else { return nil }
      let key = RemoteKey(.buildium, resource, id)
      guard let known = try sync.source(key), !known.isGone,
        let record = try sync.record(resource, known.localID)
      else { return nil }
      let edit = try sync.openEdit(of: key, localID: known.localID)
      return RecordEditing(
        reference, key, title: title,
        BuildiumProvider.changeable(of: resource).map { field in
          RecordEditing.Field(
            field.name, title: FieldTitles.title(field.name), field.kind, record[field.name],
            wanted: edit?.fields[field.name])
        }, standing: edit.map(Self.standing), isRefused: edit?.state == .refused)
    }
  }

  private static func standing(_ edit: LocalEdit) -> String {
    switch edit.state {
    case .waiting: "Changed by \(edit.madeBy); the next sync sends it."
    case .inflight, .doubt: "On its way; a sync finds out whether it arrived."
    case .refused: "Not taken: \(edit.error)"
    case .done, .undone: ""
    }
  }
}
