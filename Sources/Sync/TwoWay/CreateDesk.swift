import Background
import Domain
import Storage
import Vault

/// Whoever wants records created: what is done once one is there, or was not taken.
protocol CreateOwner {
  /// The record is there: it is tied to what asked for it, in the transaction that takes it in.
  func land(_ row: BornRow, _ written: WrittenRecord) throws(SyncError)
  /// It was not taken, for a reason a person can read.
  func refuse(_ row: BornRow, _ reason: String) throws(SyncError)
  /// Whether a person wants it although the service has its like.
  func isMeant(beside twin: RemoteKey, _ row: BornRow) throws(SyncError) -> Bool
}

/// Creates one record at a time at the service, and finds out what became of each.
///
/// A create that was sent is never sent again before it was looked for, twice.
struct CreateDesk<Owner: CreateOwner> {
  /// A request that timed out may still be on its way in; a second look so much later tells.
  private static var waitNanoseconds: UInt64 { 5_000_000_000 }
  /// Sent and surely not landed so often: a person must look.
  private static var attemptsMax: Int { 8 }

  let way: TwoWay
  let owner: Owner

  private func keep(_ row: BornRow) throws(SyncError) {
    let now = way.state.now
    try way.hub.write { (tables) throws(StorageError) in try tables.sync.keep(row, at: now) }
  }

  /// What the service would say against a record, as far as it can be told before sending.
  func problems(with record: Record) throws(ProviderError) -> [PostingProblem] {
    try way.writer.problems(
      with: record,
      facts: StoredFacts(
        context: StoredContext(hub: way.hub, service: way.writer.service), today: way.today))
  }

  /// Why a record is not created although nothing is wrong with it: the service has its like. Nil when
  /// it has none, or both are meant.
  func twin(of record: Record, _ row: BornRow) throws(SyncError) -> Result<String?, ProviderError> {
    let twin: WrittenRecord?
    do throws(ProviderError) {
      twin = try way.writer.twin(of: record, cancellation: way.state.cancellation)
    } catch {
      return .failure(error)
    }
    guard let twin, try !owner.isMeant(beside: twin.key, row) else { return .success(nil) }
    return .success(
      "\(way.writer.service.title) has it already as \(twin.key): the same vendor and reference. "
        + "Give it a reference of its own, or take it back.")
  }

  /// Says what would be created.
  func preview(_ record: Record, as key: RemoteKey) {
    way.state.count(key.resource) { $0.sourceCreated += 1 }
    way.state.plan(
      PlannedWrite(
        service: way.writer.service, key: key, action: .create,
        changes: record.fields.keys.sorted().filter { !record[$0].isNull }.map {
          PlannedWrite.Change(field: $0, before: .null, after: record[$0])
        }))
  }

  /// Sends a record that nothing stands against; nil when the next one can go.
  func send(_ row: BornRow, _ record: Record) throws(SyncError) -> TaskEnd? {
    // The last thing before sending: what a person entered there by hand is not made once more.
    switch try twin(of: record, row) {
    case .failure(let error): return TaskEnd(error)
    case .success(let reason?):
      try owner.refuse(row, reason)
      return nil
    case .success(nil): break
    }
    var row = row
    let marker = IntentMarker(SecureRandom())
    (row.state, row.marker, row.epoch) = (.inflight, marker.description, way.hub.epoch)
    row.sent = record.json.canonicalText
    row.attempts += 1
    try keep(row)
    try way.hub.reach(.beforeSend)
    let outcome = way.writer.create(
      NewRecord(intentID: row.remoteID, marker: marker, record: record),
      cancellation: way.state.cancellation)
    try way.hub.reach(.afterSend)
    switch outcome {
    case .done(let written):
      guard let whole = try complete(written) else {
        (row.state, row.result) = (.doubt, "\(written.key) was created and could not be read yet.")
        try keep(row)
        return nil
      }
      try owner.land(row, whole)
      return nil
    case .refused(let error), .gone(let error):
      try owner.refuse(row, error.hint.isEmpty ? error.message : "\(error.message) \(error.hint)")
      return nil
    case .stale:
      row.state = .waiting
      try keep(row)
      return nil
    case .doubt(let error):
      (row.state, row.result) = (.doubt, error.message)
      try keep(row)
      return .failed(error)
    case .notSent(let error):
      row.state = .waiting
      if row.attempts >= Self.attemptsMax {
        try owner.refuse(row, "\(error.message) Given up after \(row.attempts) tries.")
        return nil
      }
      try keep(row)
      return TaskEnd(error)
    }
  }

  // MARK: Doubts

  /// Looks for what became of creates of a resource whose answer never came.
  func settleDoubts(
    _ service: Service, _ table: String, of resource: Resource, limit: Int
  ) throws(SyncError) -> TaskEnd? {
    let epoch = way.hub.epoch
    var open = try way.hub.read { (sync) throws(StorageError) in
      try sync.born(service, table, in: [.doubt, .inflight], limit: limit)
    }.filter { $0.state == .doubt || $0.epoch != epoch }
    for look in 1...2 where !open.isEmpty {
      if look > 1 {
        way.state.clock.wait(
          nanoseconds: Self.waitNanoseconds, cancellation: way.state.cancellation)
      }
      var missing: [BornRow] = []
      for row in open {
        if way.state.shouldStop { return .interrupted }
        guard let new = Self.restored(row, resource) else {
          try owner.refuse(row, "What was sent cannot be read any more; look for it there.")
          continue
        }
        let found: WrittenRecord?
        do throws(ProviderError) {
          found = try way.writer.probe(new, ignoring: [], cancellation: way.state.cancellation)
        } catch {
          return TaskEnd(error)
        }
        guard let found else {
          missing.append(row)
          continue
        }
        // One that is there and cannot be read is looked at again with the next run.
        if let whole = try complete(found) { try owner.land(row, whole) }
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

  /// The answer with the record itself, which is read where the service did not send it: what asked is
  /// tied to a record that is known here. Nil when it cannot be read now.
  private func complete(_ written: WrittenRecord) throws(SyncError) -> WrittenRecord? {
    // Payments of bills and deposits come with the next pull; they are tied by their ids alone.
    guard [.transactions, .bills].contains(written.key.resource),
      !written.records.contains(where: { $0.key == written.key })
    else { return written }
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

  private static func restored(_ row: BornRow, _ resource: Resource) -> NewRecord? {
    guard let marker = row.marker.flatMap({ IntentMarker($0) }),
      let sent = row.sent.flatMap({ try? JSONValue(parsing: $0) })
    else { return nil }
    return NewRecord(
      intentID: row.remoteID, marker: marker, record: Record(json: sent, of: resource))
  }
}

extension TwoWay {
  /// Takes in what was created, within one transaction.
  func take(_ written: WrittenRecord, _ tables: HubTables) throws(StorageError) {
    var counts = StoredCounts()
    for record in written.records {
      try tables.take(record, run: 0, received: state.now, &counts)
    }
  }

  /// The mirror's row that asked for a record becomes its mirror. What the row held is the base, so
  /// that what the service made of it is sent back.
  func link(_ remoteID: String, fields text: String, to key: RemoteKey, _ tables: HubTables)
    throws(StorageError)
  {
    let mirror = mirror.service
    guard let source = try tables.sync.source(key),
      let known = try tables.sync.sink(mirror, key.resource, localID: source.localID),
      known.remoteID == nil
    else { return }
    let shown = (try? JSONValue(parsing: text))?["fields"]?.canonicalText ?? "{}"
    let base = BaseText.write(
      BaseText.read(shown, fields(of: key.resource)).filter { !$0.value.isNull })
    try tables.sync.setBase(
      mirror, key.resource, localID: source.localID, remoteID: remoteID, base: base,
      hash: tables.sync.hash(base))
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
