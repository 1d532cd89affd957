// What the screen asks about owners' shares: reading, deciding, taking a decision back.
import Domain
import Interface
import Reports
import Storage

extension OwnershipChange {
  /// The decision in a sentence, with the owners' names.
  func sentence(_ ledger: LedgerSnapshot) -> String {
    func shares(_ text: String) -> String {
      // What stands there was written by this program as JSON.
      let members = (try? JSONValue(parsing: text))?.object?.members ?? []
      if members.isEmpty { return "nobody" }
      return members.map { id, share in
        let name = ledger.owner(id).map { ledger.owners[$0].name } ?? id
        return "\(name) \(share.string ?? "")"
      }.joined(separator: ", ")
    }
    let day = from == .distantPast ? "always" : "from \(from)"
    return "\(at.date) \(actor), \(day): \(shares(before)) → \(shares(after))"
      + (reason.isEmpty ? "" : " (\(reason))")
  }
}

extension ScreenRunner {
  /// The kind of the undo journal's entries about shares.
  private static let ownershipUndo = "ownership"

  /// Tells the undo journal how decisions about shares are taken back; once, before the first.
  func registerOwnershipUndo() {
    undo.register(Self.ownershipUndo) { [workspace] payload, isRedo throws(Failure) in
      guard let property = payload["property"]?.string,
        let before = payload["before"]?.string, let after = payload["after"]?.string
      else { throw Failure("refused", "What held before was not kept.") }
      let (to, seen) = isRedo ? (after, before) : (before, after)
      let outcome = try workspace.onStore { store throws(StorageError) in
        try store.restoreOwnership(
          property: property, to: to, seen: seen, actor: workspace.configuration.user)
      }
      if case .refused(let why) = outcome { throw Failure("refused", why) }
    }
  }

  /// Carries out an effect about shares.
  func carryOutOwnership(_ effect: Effect) {
    switch effect {
    case .loadOwnership(let property, let ticket):
      months.ask(ticket) { [shelf, workspace] _ throws(StorageError) in
        let ledger = try shelf.books().ledger
        guard let number = ledger.property(property) else { return .ownership(nil, ticket) }
        let id = ledger.properties[number].localID
        let changes = try workspace.store.ownershipChanges(property: id)
        let mark = try workspace.store.ownershipMark(property: id)
        return .ownership(
          OwnershipSheet(
            ledger, property: property, mark: mark, changes: changes.map { $0.sentence(ledger) }),
          ticket)
      }
    case .changeOwnership(let edit):
      errand { [self] () throws(Failure) in try change(edit) }
    case .previewTakeOver:
      errand { [self] () throws(Failure) in
        post(.takeOver(try OwnershipImport(workspace).preview))
      }
    case .takeOver:
      errand { [self] () throws(Failure) in
        guard !isReadOnly else {
          throw Failure("read_only", "Rentbook was started with --read-only.")
        }
        var found = try OwnershipImport(workspace)
        try found.apply(workspace, actor: workspace.configuration.user)
        let preview = found.preview
        post(
          .effectDone(
            "\(preview.changes.count) were taken over from Airtable"
              + (preview.refused.isEmpty ? "." : "; \(preview.refused.count) were not.")))
      }
    default: break
    }
  }

  private func change(_ edit: OwnershipEdit) throws(Failure) {
    guard !isReadOnly else {
      throw Failure("read_only", "Rentbook was started with --read-only.")
    }
    let actor = workspace.configuration.user
    let outcome = try workspace.onStore { store throws(StorageError) in
      if edit.shares.isEmpty {
        return try store.removeOwnership(
          property: edit.property, from: edit.from, seen: edit.mark, reason: edit.reason,
          actor: actor)
      }
      return try store.decideOwnership(
        property: edit.property,
        edit.shares.map {
          ShareEntry(owner: $0.owner, ownership: $0.ownership, disbursement: $0.disbursement)
        }, from: edit.from, reach: .untilNext, seen: edit.mark, reason: edit.reason, actor: actor)
    }
    switch outcome {
    case .refused(let why):
      throw Failure("refused", "\(edit.title): \(why)", hint: "Nothing was changed.")
    case .done(let before, let after):
      let day = edit.from == .distantPast ? "always" : "from \(edit.from)"
      post(.effectDone("\(edit.title): the shares hold \(day)."))
      try undo.record(
        UndoJournal.Entry(
          title: "the shares of \(edit.title)", kind: Self.ownershipUndo,
          payload: [
            "property": .string(edit.property), "before": .string(before),
            "after": .string(after),
          ]))
      post(.undoable(try undo.undoable()))
    }
  }
}
