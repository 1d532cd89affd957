import Background
import Domain
import Storage

/// Carries changes made in this program to the service that holds the records, before anything is
/// read there: one record at a time, each durable before it leaves and compared with a fresh copy, so
/// that nobody's change is overwritten unseen and one whose answer was lost is found to have landed.
struct LocalEditWorker {
  /// Changes of one run; the others follow with the next.
  private static let editsMax = 1_000

  let hub: Hub
  let source: any SourceProvider
  let writer: any RecordWriter
  let state: RunState
  let options: SyncOptions

  /// Sends what waits. A service that cannot be reached leaves it waiting, and is told of by whoever
  /// reads from it.
  func work() throws(SyncError) {
    guard options.direction != .pull else { return }
    let service = writer.service
    let edits = try hub.read { (sync) throws(StorageError) in
      try sync.openEdits(limit: Self.editsMax)
    }
    for edit in edits where edit.state != .refused && edit.key.service == service {
      guard options.resources?.contains(edit.key.resource) ?? true else { continue }
      if state.shouldStop { return }
      if options.isDryRun {
        preview(edit)
      } else if try !send(edit) {
        return
      }
    }
  }

  private func preview(_ edit: LocalEdit) {
    state.count(edit.key.resource) { $0.sourceUpdated += 1 }
    state.plan(
      PlannedWrite(
        service: edit.key.service, key: edit.key, action: .update,
        changes: edit.fields.keys.sorted().map { name in
          PlannedWrite.Change(
            field: name, before: edit.expected[name] ?? .null, after: edit.fields[name] ?? .null)
        }))
  }

  /// Sends one change; whether the service can be asked for the next.
  private func send(_ waiting: LocalEdit) throws(SyncError) -> Bool {
    let id = waiting.id
    // Taken back or changed since it was read: what stands now counts.
    let begun = try hub.write { (tables) throws(StorageError) -> LocalEdit? in
      guard var edit = try tables.sync.edit(id) else { return nil }
      switch edit.state {
      case .waiting, .inflight, .doubt: break
      case .refused, .done, .undone: return nil
      }
      (edit.state, edit.attempts) = (.inflight, edit.attempts + 1)
      try tables.sync.keep(edit)
      return edit
    }
    guard let edit = begun else { return true }
    let resource = edit.key.resource
    try hub.reach(.beforeSend)
    let outcome = writer.change(
      RecordChange(
        intentID: "e\(edit.id)", key: edit.key, record: Record(resource, edit.fields),
        expected: Record(resource, edit.expected)), cancellation: state.cancellation)
    try hub.reach(.afterSend)
    switch outcome {
    case .done(let written):
      var fresh = written.records
      if fresh.isEmpty {
        // The service answered without a body: what it holds now is read.
        guard let read = read(edit.key) else {
          try settle(edit, .doubt, "the record could not be read after it was written")
          return true
        }
        fresh = [read]
      }
      try land(edit, fresh, written)
      return true
    case .stale(let fresh, let fields):
      let names = fields.map { $0.replacing("_", with: " ") }.joined(separator: ", ")
      try refuse(
        edit,
        "\(names) of \(edit.key) was changed at \(edit.key.service.title) meanwhile; nothing was "
          + "sent. Look at the record: retry to overwrite it, or take the change back.",
        fresh: fresh)
      return true
    case .gone:
      let now = state.now
      try hub.write { (tables) throws(StorageError) in try tables.drop(edit.key, at: now) }
      try refuse(edit, "\(edit.key) is not at \(edit.key.service.title) any more.", fresh: nil)
      return true
    case .refused(let error):
      try refuse(edit, Sender.reason(error, edit.key), fresh: nil)
      return true
    case .doubt(let error):
      try settle(edit, .doubt, error.message)
      state.say(
        .warning,
        "It is not known whether the change of \(edit.key) arrived; the next sync looks.", edit.key)
      return false
    case .notSent(let error):
      try settle(edit, .waiting, error.message)
      return false
    }
  }

  private func read(_ key: RemoteKey) -> RemoteRecord? {
    // A record that cannot be read leaves the change in doubt, which is safe.
    try? source.record(
      key.resource, id: key.id, context: StoredContext(hub: hub, service: key.service),
      cancellation: state.cancellation)
  }

  private func settle(
    _ edit: LocalEdit, _ phase: LocalEdit.State, _ error: String
  ) throws(SyncError) {
    var edit = edit
    (edit.state, edit.error) = (phase, error)
    let kept = edit
    try hub.write { (tables) throws(StorageError) in _ = try tables.sync.keep(kept) }
  }

  /// The change, what it overwrote and the record as it is now, in one transaction.
  private func land(
    _ edit: LocalEdit, _ fresh: [RemoteRecord], _ written: WrittenRecord
  ) throws(SyncError) {
    let now = state.now
    var done = edit
    (done.state, done.error, done.settledAt) = (.done, "", now)
    let kept = done
    try hub.write { (tables) throws(StorageError) in
      _ = try tables.sync.keep(kept)
      for name in kept.fields.keys.sorted() where !written.notWritten.contains(name) {
        try tables.records.journal(
          JournalEntry(
            kind: .written, service: kept.key.service, resource: kept.key.resource,
            localID: kept.localID, key: kept.key, field: name,
            old: (kept.expected[name] ?? .null).json, new: (kept.fields[name] ?? .null).json,
            note: "Change \(kept.id)", actor: kept.madeBy))
      }
      var counts = StoredCounts()
      for record in fresh { try tables.take(record, run: 0, received: now, &counts) }
    }
    state.count(edit.key.resource) { $0.sourceUpdated += 1 }
    if !written.notWritten.isEmpty {
      state.say(
        .warning,
        "\(edit.key.service.title) did not take \(written.notWritten.joined(separator: ", ")) of "
          + "\(edit.key).", edit.key)
    }
  }

  private func refuse(
    _ edit: LocalEdit, _ text: String, fresh: RemoteRecord?
  ) throws(SyncError) {
    let now = state.now
    var refused = edit
    (refused.state, refused.error, refused.settledAt) = (.refused, text, now)
    let kept = refused
    try hub.write { (tables) throws(StorageError) in
      _ = try tables.sync.keep(kept)
      var object = JSONObject()
      for name in kept.fields.keys.sorted() { object[name] = kept.fields[name]?.json }
      try tables.records.journal(
        JournalEntry(
          kind: .refused, service: kept.key.service, resource: kept.key.resource,
          localID: kept.localID, key: kept.key, new: .object(object), note: text))
      if let fresh {
        var counts = StoredCounts()
        try tables.take(fresh, run: 0, received: now, &counts)
      }
    }
    state.count(edit.key.resource) { $0.failed += 1 }
    state.say(.error, text, edit.key)
  }
}
