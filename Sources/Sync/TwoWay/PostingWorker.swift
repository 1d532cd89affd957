import Background
import Domain
import Storage
import Vault

/// Creates the records that rows born at the mirror ask for: checks them, says in the row what is
/// wrong, or sends them and tells the row its key.
///
/// A create that was sent is never sent again before it was looked for, twice.
struct PostingWorker {
  /// Rows worked on in one run.
  private static let rowsMax = 5_000
  /// Rows read and answered in one call.
  private static let batchMax = 100
  /// A request that timed out may still be on its way in; a second look so much later tells.
  private static let waitNanoseconds: UInt64 = 5_000_000_000
  /// Sent and surely not landed so often: a person must look.
  private static let attemptsMax = 8

  let way: TwoWay
  let table: ObservedTable

  private var mirror: Service { way.mirror.service }
  private var resource: Resource { table.resource ?? .transactions }
  private var facts: StoredFacts {
    StoredFacts(
      context: StoredContext(hub: way.hub, service: way.writer.service), today: way.today)
  }

  /// Works on every row that asks.
  func work() -> TaskEnd {
    do throws(SyncError) {
      if let end = try settleDoubts() { return end }
      if let end = try postWaiting() { return end }
      return try tell()
    } catch {
      return TaskEnd(error)
    }
  }

  private func rows(_ states: BornRow.State...) throws(SyncError) -> [BornRow] {
    let (mirror, table) = (mirror, table)
    return try way.hub.read { (sync) throws(StorageError) in
      try sync.born(mirror, table.name, in: states, limit: Self.rowsMax)
    }
  }

  private func keep(_ row: BornRow) throws(SyncError) {
    let now = way.state.now
    try way.hub.write { (tables) throws(StorageError) in try tables.sync.keep(row, at: now) }
  }

  // MARK: Checking and sending

  private func postWaiting() throws(SyncError) -> TaskEnd? {
    let waiting = try rows(.waiting)
    for start in stride(from: 0, to: waiting.count, by: Self.batchMax) {
      let batch = waiting[start..<min(start + Self.batchMax, waiting.count)]
      let shown: [ObservedRow]
      do throws(ProviderError) {
        // Read once more: what is posted is what stands there now.
        shown = try way.mirror.observe(
          table, ids: batch.map(\.remoteID), cancellation: way.state.cancellation)
      } catch {
        return TaskEnd(error)
      }
      let byID = Dictionary(shown.map { ($0.remoteID, $0) }) { first, _ in first }
      for row in batch {
        if way.state.shouldStop { return .interrupted }
        guard let now = byID[row.remoteID], now.wantsPosting, now.key == .none else {
          let (mirror, name) = (mirror, table.name)
          try way.hub.write { (tables) throws(StorageError) in
            try tables.sync.forgetBorn(mirror, name, row.remoteID)
          }
          continue
        }
        if let end = try post(row, now) { return end }
      }
    }
    return nil
  }

  private func post(_ row: BornRow, _ shown: ObservedRow) throws(SyncError) -> TaskEnd? {
    var row = row
    row.fields = RowIntake.text(shown)
    let draft: PostingDraft
    var problems: [PostingProblem]
    do throws(ProviderError) {
      draft = try PostingDraft(shown, in: table, facts: facts)
      problems = draft.problems
      if problems.isEmpty { problems = try way.writer.problems(with: draft.record, facts: facts) }
    } catch {
      return TaskEnd(error)
    }
    guard problems.isEmpty else {
      try refuse(row, problems.map(\.sentence).joined(separator: " "))
      return nil
    }
    if way.options.isDryRun {
      preview(row, draft.record)
      return nil
    }
    let twin: WrittenRecord?
    do throws(ProviderError) {
      // The last thing before sending: what a person entered there by hand is not made once more.
      twin = try way.writer.twin(of: draft.record, cancellation: way.state.cancellation)
    } catch {
      return TaskEnd(error)
    }
    if let twin {
      try refuse(
        row,
        "\(way.writer.service.title) has it already as \(twin.key): the same vendor and reference. "
          + "Give it a reference of its own, or untick Post to Buildium.")
      return nil
    }
    let marker = IntentMarker(SecureRandom())
    (row.state, row.marker, row.epoch) = (.inflight, marker.description, way.hub.epoch)
    row.sent = draft.record.json.canonicalText
    row.attempts += 1
    try keep(row)
    try way.hub.reach(.beforeSend)
    let outcome = way.writer.create(
      NewRecord(intentID: row.remoteID, marker: marker, record: draft.record),
      cancellation: way.state.cancellation)
    try way.hub.reach(.afterSend)
    switch outcome {
    case .done(let written):
      guard let whole = try complete(written) else {
        row.state = .doubt
        row.result = "\(written.key) was created and could not be read yet."
        try keep(row)
        return nil
      }
      try land(row, whole)
      return nil
    case .refused(let error), .gone(let error):
      try refuse(row, error.hint.isEmpty ? error.message : "\(error.message) \(error.hint)")
      return nil
    case .stale:
      row.state = .waiting
      try keep(row)
      return nil
    case .doubt(let error):
      row.state = .doubt
      row.result = error.message
      try keep(row)
      return .failed(error)
    case .notSent(let error):
      row.state = .waiting
      if row.attempts >= Self.attemptsMax {
        try refuse(row, "\(error.message) Given up after \(row.attempts) tries.")
        return nil
      }
      try keep(row)
      return TaskEnd(error)
    }
  }

  private func preview(_ row: BornRow, _ record: Record) {
    way.state.count(resource) { $0.sourceCreated += 1 }
    way.state.plan(
      PlannedWrite(
        service: way.writer.service, key: RemoteKey(mirror, resource, row.remoteID),
        action: .create,
        changes: record.fields.keys.sorted().filter { !record[$0].isNull }.map {
          PlannedWrite.Change(field: $0, before: .null, after: record[$0])
        }))
  }

  /// What is wrong stands in the row, and among what a person must look at.
  private func refuse(_ row: BornRow, _ reason: String) throws(SyncError) {
    var row = row
    (row.state, row.isTold) = (.refused, false)
    row.result = "Not posted: \(reason)"
    let (refused, now) = (row, way.state.now)
    try way.hub.write { (tables) throws(StorageError) in
      try tables.sync.keep(refused, at: now)
      try tables.records.journal(
        JournalEntry(
          kind: .refused, service: way.writer.service, resource: resource, localID: "", key: nil,
          note: "\(table) \(refused.remoteID): \(reason)"))
    }
    way.state.count(resource) { $0.failed += 1 }
    way.state.say(.error, "A new row of \(table) was not posted: \(reason)", nil)
  }

  /// Links the row with the record that was created for it, in the transaction that takes the record
  /// in: it is never taken for a new one.
  private func land(_ row: BornRow, _ written: WrittenRecord) throws(SyncError) {
    var row = row
    let now = way.state.now
    (row.state, row.key, row.isTold) = (.created, written.key, false)
    row.result = "Posted to Buildium on \(way.today) as \(written.key)."
    let created = row
    try way.hub.write { (tables) throws(StorageError) in
      var counts = StoredCounts()
      for record in written.records {
        try tables.take(record, run: 0, received: now, &counts)
      }
      try tables.records.submit(bornAtMirror: written.key, by: mirror)
      try link(created, tables)
      try tables.sync.keep(created, at: now)
      try tables.records.journal(
        JournalEntry(
          kind: .created, service: way.writer.service, resource: written.key.resource,
          localID: "", key: written.key, note: "From a row of \(table): \(created.remoteID)"))
    }
    way.state.count(resource) { $0.sourceCreated += 1 }
  }

  /// The row becomes the record's mirror. What it holds is the base, so that what the service made
  /// of it is sent back. A forecast stays what it is and only learns the key.
  private func link(_ row: BornRow, _ tables: HubTables) throws(StorageError) {
    guard let resource = table.resource, let key = row.key, key.resource == resource,
      let source = try tables.sync.source(key),
      let known = try tables.sync.sink(mirror, resource, localID: source.localID),
      known.remoteID == nil
    else { return }
    let fields = way.fields(of: resource)
    let shown = (try? JSONValue(parsing: row.fields))?["fields"]?.canonicalText ?? "{}"
    let base = BaseText.write(BaseText.read(shown, fields).filter { !$0.value.isNull })
    try tables.sync.setBase(
      mirror, resource, localID: source.localID, remoteID: row.remoteID, base: base,
      hash: tables.sync.hash(base))
  }

  // MARK: Doubts

  /// Looks for what became of creates whose answer never came.
  private func settleDoubts() throws(SyncError) -> TaskEnd? {
    let epoch = way.hub.epoch
    var open = try rows(.doubt)
    open += try rows(.inflight).filter { $0.epoch != epoch }
    for look in 1...2 where !open.isEmpty {
      if look > 1 {
        way.state.clock.wait(
          nanoseconds: Self.waitNanoseconds, cancellation: way.state.cancellation)
      }
      var missing: [BornRow] = []
      for row in open {
        if way.state.shouldStop { return .interrupted }
        guard let new = restored(row) else {
          try refuse(row, "What was sent cannot be read any more; look for it at Buildium.")
          continue
        }
        do throws(ProviderError) {
          let found = try way.writer.probe(
            new, ignoring: [], cancellation: way.state.cancellation)
          if let found { try landed(row, found) } else { missing.append(row) }
        } catch {
          return TaskEnd(error)
        }
      }
      open = missing
    }
    for var row in open {
      // Two looks did not find it: it is sent anew, with a mark of its own.
      (row.state, row.marker, row.sent) = (.waiting, nil, nil)
      try keep(row)
    }
    return nil
  }

  /// The answer with the record itself, which is read where the service did not send it: the row is
  /// linked with a record that is known here. Nil when it cannot be read now.
  private func complete(_ written: WrittenRecord) throws(SyncError) -> WrittenRecord? {
    guard !written.records.contains(where: { $0.key == written.key }) else { return written }
    do throws(ProviderError) {
      let record = try way.source.record(
        written.key.resource, id: written.key.id,
        context: StoredContext(hub: way.hub, service: way.writer.service),
        cancellation: way.state.cancellation)
      guard let record else { return nil }
      var whole = written
      whole.records.append(record)
      return whole
    } catch {
      return nil
    }
  }

  private func landed(_ row: BornRow, _ found: WrittenRecord) throws(ProviderError) {
    do throws(SyncError) {
      // It is there, and is looked at again with the next run.
      guard let whole = try complete(found) else { return }
      try land(row, whole)
    } catch {
      throw ProviderError(mirror, .unexpectedAnswer, error.description)
    }
  }

  private func restored(_ row: BornRow) -> NewRecord? {
    guard let marker = row.marker.flatMap({ IntentMarker($0) }),
      let sent = row.sent.flatMap({ try? JSONValue(parsing: $0) })
    else { return nil }
    return NewRecord(
      intentID: row.remoteID, marker: marker, record: Record(json: sent, of: sentResource))
  }

  private var sentResource: Resource { table == .of(.bills) ? .bills : .transactions }

  // MARK: Telling the rows

  private func tell() throws(SyncError) -> TaskEnd {
    guard !way.options.isDryRun else { return .done }
    let (mirror, table) = (mirror, table)
    let untold = try way.hub.read { (sync) throws(StorageError) in
      try sync.untold(mirror, table.name, limit: Self.rowsMax)
    }
    for start in stride(from: 0, to: untold.count, by: Self.batchMax) {
      if way.state.shouldStop { return .interrupted }
      let batch = Array(untold[start..<min(start + Self.batchMax, untold.count)])
      let outcomes: [WriteOutcome]
      try way.hub.reach(.beforeSend)
      do throws(ProviderError) {
        outcomes = try way.mirror.answer(
          table,
          batch.map {
            RowAnswer(
              remoteID: $0.remoteID, postResult: $0.result.isEmpty ? nil : $0.result, key: $0.key)
          }, cancellation: way.state.cancellation)
      } catch {
        return TaskEnd(error)
      }
      try way.hub.reach(.afterSend)
      let now = way.state.now
      try way.hub.write { (tables) throws(StorageError) in
        for (row, outcome) in zip(batch, outcomes) {
          var row = row
          switch outcome {
          // An answer is the same however often it is written.
          case .doubt, .notSent: continue
          // The row is gone, or takes no answer: it is not asked again.
          case .done, .refused: row.isTold = true
          }
          if row.state == .created { row.state = .answered }
          try tables.sync.keep(row, at: now)
        }
      }
    }
    return .done
  }
}

extension Record {
  /// A record read back from ``Record/json``, in the words of ``PostingKind``: names that are no
  /// columns of the store are told by their form.
  init(json: JSONValue, of resource: Resource) {
    let schema = RecordSchema.of(resource)
    func values(_ object: JSONObject?, _ fields: [FieldDefinition]) -> FieldValues {
      var values: FieldValues = [:]
      for (name, json) in object?.members ?? [] where name != "lines" {
        if let kind = fields.first(where: { $0.name == name })?.kind ?? Self.ownKinds[name] {
          values[name] = kind.value(json: json)
        } else if let keys = json.array {
          values[name] = .references(
            canonical: keys.compactMap { $0.string.flatMap { RemoteKey($0) } })
        } else if let text = json.string {
          values[name] = RemoteKey(text).map(FieldValue.reference) ?? .text(text)
        }
      }
      return values
    }
    self.init(
      resource, values(json.object, schema.fields),
      lines: (json["lines"]?.array ?? []).map { values($0.object, schema.lineFields) })
  }

  private static let ownKinds: [String: FieldKind] = [
    "amount": .money, "total_amount": .money, "date": .date,
  ]
}
