import Background
import Domain
import Storage
import Testing

@testable import Sync

/// The scripted sink as a mirror that people edit, with a feed of what they did.
final class ScriptedMirror: ObservedProvider {
  struct People {
    /// What happened, in order: the table, the row, whether it was deleted.
    var feed: [(ObservedTable, String, gone: Bool)] = []
    /// Rows without a key.
    var born: [ObservedTable: [String: ObservedRow]] = [:]
    var hasFeed = true
    var feedMade = false
    var observeCalls = 0
    /// Called before a row is read by its id: a person acts in that moment.
    var beforeRead: (@Sendable (ScriptedMirror) -> Void)?
    var answers: [RowAnswer] = []
    /// The number of each column, where it is another one than at first.
    var columns: [String: String] = [:]
    /// Columns that are not there.
    var missing: Set<String> = []
  }

  let sink = ScriptedSink()
  let people = Lock(People())
  var service: Service { sink.service }
  var batchMax: Int { sink.batchMax }

  // MARK: What a person does

  /// A person types into a cell.
  func edit(_ key: RemoteKey, _ field: String, _ value: FieldValue) {
    let id = sink.state.withLock { state -> String? in
      guard let id = state.tables[key.resource]?.first(where: { $0.value.key == key })?.key else {
        return nil
      }
      state.tables[key.resource]?[id]?.fields[field] = value.isNull ? nil : value
      return id
    }
    if let id { note(.of(key.resource), id) }
  }

  func delete(_ key: RemoteKey) {
    let id = sink.state.withLock { state in
      state.tables[key.resource]?.first { $0.value.key == key }?.key
    }
    sink.removeRow(key)
    if let id { people.withLock { $0.feed.append((.of(key.resource), id, true)) } }
  }

  /// A person makes a row that asks to be posted.
  func give(_ table: ObservedTable, _ id: String, _ fields: FieldValues, posting: Bool = true) {
    people.withLock { people in
      people.born[table, default: [:]][id] = ObservedRow(
        remoteID: id, key: .none, fields: fields, wantsPosting: posting)
    }
    note(table, id)
  }

  func born(_ table: ObservedTable, _ id: String) -> ObservedRow? {
    people.withLock { $0.born[table]?[id] }
  }

  private func note(_ table: ObservedTable, _ id: String) {
    people.withLock { $0.feed.append((table, id, false)) }
  }

  // MARK: What the engine asks

  func capabilities(of resource: Resource) -> Capabilities { sink.capabilities(of: resource) }
  func verify(_ cancellation: Cancellation) throws(ProviderError) -> String { "scripted" }
  func writableFields(of resource: Resource) -> [FieldDefinition] {
    sink.writableFields(of: resource)
  }
  func write(
    _ resource: Resource, _ writes: [Write], cancellation: Cancellation
  ) throws(ProviderError) -> [WriteOutcome] {
    let outcomes = try sink.write(resource, writes, cancellation: cancellation)
    // Our own writes come back by the feed like anybody's.
    for outcome in outcomes {
      if case .done(let id) = outcome { note(.of(resource), id) }
    }
    return outcomes
  }
  func find(
    _ resource: Resource, keys: [RemoteKey], cancellation: Cancellation
  ) throws(ProviderError) -> [FoundRow] {
    try sink.find(resource, keys: keys, cancellation: cancellation)
  }
  func rows(
    _ resource: Resource, cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> (rows: [FoundRow], next: String?) {
    try sink.rows(resource, cursor: cursor, cancellation: cancellation)
  }

  private func all(_ table: ObservedTable) -> [ObservedRow] {
    var rows = people.withLock { Array(($0.born[table] ?? [:]).values) }
    if let resource = table.resource {
      rows += sink.state.withLock { state in
        (state.tables[resource] ?? [:]).map { id, row in
          ObservedRow(remoteID: id, key: .key(row.key), fields: row.fields)
        }
      }
    }
    return rows.sorted { $0.remoteID < $1.remoteID }
  }

  func observe(
    _ table: ObservedTable, cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> ObservedPage {
    people.withLock { $0.observeCalls += 1 }
    let rows = all(table)
    let start = cursor.flatMap { Int($0) } ?? 0
    let end = min(start + 4, rows.count)
    return ObservedPage(
      rows: start < end ? Array(rows[start..<end]) : [],
      next: end < rows.count ? String(end) : nil)
  }

  func observe(
    _ table: ObservedTable, ids: [String], cancellation: Cancellation
  ) throws(ProviderError) -> [ObservedRow] {
    let act = people.withLock { people in
      people.observeCalls += 1
      return people.beforeRead
    }
    act?(self)
    let wanted = Set(ids)
    return all(table).filter { wanted.contains($0.remoteID) }
  }

  func changes(
    since cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> FeedAnswer {
    try people.withLock { people throws(ProviderError) in
      guard people.hasFeed else {
        throw ProviderError(.airtable, .forbidden, "the token may not watch")
      }
      let start = cursor.flatMap { Int($0) } ?? people.feed.count
      let end = min(start + 3, people.feed.count)
      var changes: [ObservedTable: RowChanges] = [:]
      for (table, id, gone) in people.feed[start..<end] {
        if gone {
          changes[table, default: RowChanges()].destroyed.append(id)
        } else {
          changes[table, default: RowChanges()].changed.append(id)
        }
      }
      people.feedMade = true
      return FeedAnswer(
        changes: changes, next: String(end), mightHaveMore: end < people.feed.count,
        sweepNeeded: cursor == nil ? "The feed is new." : nil)
    }
  }

  func answer(
    _ table: ObservedTable, _ answers: [RowAnswer], cancellation: Cancellation
  ) throws(ProviderError) -> [WriteOutcome] {
    var adopted: [(String, RemoteKey, FieldValues)] = []
    people.withLock { people in
      people.answers += answers
      for answer in answers {
        guard var row = people.born[table]?[answer.remoteID] else { continue }
        if let text = answer.postResult { row.postResult = text }
        people.born[table]?[answer.remoteID] = row
        if let key = answer.key {
          // A row with a key is one of the mirror's like any other.
          adopted.append((answer.remoteID, key, row.fields))
          if table.resource == key.resource { people.born[table]?[answer.remoteID] = nil }
        }
      }
    }
    for (id, key, fields) in adopted where table.resource == key.resource {
      sink.state.withLock { state in
        state.tables[key.resource, default: [:]][id] = ScriptedSink.Row(key: key, fields: fields)
      }
    }
    return answers.map { .done(remoteID: $0.remoteID) }
  }

  func drift(_ cancellation: Cancellation) throws(ProviderError) -> [SchemaDrift] { [] }

  func columns(
    of resource: Resource, cancellation: Cancellation
  ) throws(ProviderError) -> [String: String] {
    people.withLock { people in
      var columns: [String: String] = [:]
      for field in sink.writableFields(of: resource) {
        let name = "\(resource).\(field.name)"
        if !people.missing.contains(name) { columns[field.name] = people.columns[name] ?? name }
      }
      return columns
    }
  }

  /// A person deletes a column with everything in it, and makes one of the same name.
  func renewColumn(_ resource: Resource, _ field: String) {
    people.withLock { $0.columns["\(resource).\(field)"] = "another" }
    sink.state.withLock { state in
      for id in (state.tables[resource] ?? [:]).keys {
        state.tables[resource]?[id]?.fields[field] = nil
      }
    }
  }
}

/// The scripted source as a service that takes changes, strictly: a fresh copy is compared first.
final class ScriptedWriter: SourceProvider, RecordWriter {
  /// What happens to one call.
  enum Fault: Sendable { case refused, lostBefore, lostAfter, notSent }

  struct State {
    var fault: (@Sendable (Int) -> Fault?)?
    var calls = 0
    /// What was carried out, in order: `change buildium/owners/1 email`.
    var journal: [String] = []
    var nextID = 900
    var markers: [String: RemoteKey] = [:]
    var isSilent = false
  }

  let source: ScriptedSource
  let state = Lock(State())
  var service: Service { source.service }

  init(_ source: ScriptedSource) { self.source = source }

  var journal: [String] { state.withLock { $0.journal } }

  func capabilities(of resource: Resource) -> Capabilities { source.capabilities(of: resource) }
  func verify(_ cancellation: Cancellation) throws(ProviderError) -> String { "scripted" }
  func page(
    _ request: PullRequest, context: any PullContext, cancellation: Cancellation
  ) throws(ProviderError) -> Page {
    try source.page(request, context: context, cancellation: cancellation)
  }
  func record(
    _ resource: Resource, id: String, context: any PullContext, cancellation: Cancellation
  ) throws(ProviderError) -> RemoteRecord? {
    try source.record(resource, id: id, context: context, cancellation: cancellation)
  }

  func changeableFields(of resource: Resource) -> [FieldDefinition] {
    switch resource {
    case .properties, .units, .owners, .tenants, .bills: RecordSchema.of(resource).fields
    default: []
    }
  }
  var creatable: Set<PostingKind> { [.charge, .bill] }

  func problems(
    with record: Record, facts: any PostingFacts
  ) throws(ProviderError) -> [PostingProblem] {
    record["memo"].text == "bad" ? [PostingProblem("memo", "The memo is bad.")] : []
  }

  private func error(_ kind: ProviderError.Kind) -> ProviderError {
    ProviderError(service, kind, "scripted: \(kind)")
  }

  private func next() -> Fault? {
    state.withLock { state in
      state.calls += 1
      return state.fault?(state.calls)
    }
  }

  func change(_ change: RecordChange, cancellation: Cancellation) -> RecordOutcome {
    let current = source.state.withLock { $0.records[change.key.resource]?[change.key.id] }
    guard let current else { return .gone(error(.notFound)) }
    let differing = change.record.fields.keys.filter {
      current.record[$0] != change.expected[$0] && current.record[$0] != change.record[$0]
    }
    guard differing.isEmpty else { return .stale(fresh: current, fields: differing.sorted()) }
    let wanted = change.record.fields.filter { current.record[$0.key] != $0.value }
    func carryOut() {
      for name in wanted.keys.sorted() {
        source.change(change.key.resource, change.key.id, name, wanted[name] ?? .null)
        state.withLock { $0.journal.append("change \(change.key) \(name)") }
      }
    }
    func written() -> RecordOutcome {
      let now = source.state.withLock { $0.records[change.key.resource]?[change.key.id] }
      let isSilent = state.withLock { $0.isSilent }
      return .done(
        WrittenRecord(
          key: change.key, records: isSilent ? [] : now.map { [$0] } ?? [],
          wasSent: !wanted.isEmpty))
    }
    if wanted.isEmpty { return written() }
    switch next() {
    case .refused: return .refused(error(.refused))
    case .notSent: return .notSent(error(.unreachable))
    case .lostBefore: return .doubt(error(.doubt))
    case .lostAfter:
      carryOut()
      return .doubt(error(.doubt))
    case nil:
      carryOut()
      return written()
    }
  }

  func create(_ new: NewRecord, cancellation: Cancellation) -> RecordOutcome {
    func carryOut() -> RecordOutcome {
      let id = state.withLock { state in
        state.nextID += 1
        state.journal.append("create \(new.record.resource) \(state.nextID)")
        return String(state.nextID)
      }
      var fields = new.record.fields
      if new.record.resource == .transactions { fields["property_id"] = nil }
      // A bill's lines are what was approved of it.
      let isBill = new.record.resource == .bills
      source.put(new.record.resource, id, fields, lines: isBill ? new.record.lines : [])
      let key = RemoteKey(service, new.record.resource, id)
      state.withLock { $0.markers[new.marker.code] = key }
      return .done(WrittenRecord(key: key, records: read(key)))
    }
    switch next() {
    case .refused: return .refused(error(.refused))
    case .notSent: return .notSent(error(.unreachable))
    case .lostBefore: return .doubt(error(.doubt))
    case .lostAfter:
      _ = carryOut()
      return .doubt(error(.doubt))
    case nil: return carryOut()
    }
  }

  func twin(
    of record: Record, cancellation: Cancellation
  ) throws(ProviderError) -> WrittenRecord? {
    guard record.resource == .bills, !record["reference_number"].isNull else { return nil }
    let found = source.state.withLock { state in
      state.records[.bills]?.values.first {
        $0.record["vendor_id"] == record["vendor_id"]
          && $0.record["reference_number"] == record["reference_number"]
      }
    }
    return found.map { WrittenRecord(key: $0.key, records: [$0]) }
  }

  private func read(_ key: RemoteKey) -> [RemoteRecord] {
    source.state.withLock { $0.records[key.resource]?[key.id] }.map { [$0] } ?? []
  }

  func probe(
    _ new: NewRecord, ignoring: Set<String>, cancellation: Cancellation
  ) throws(ProviderError) -> WrittenRecord? {
    guard let key = state.withLock({ $0.markers[new.marker.code] }) else { return nil }
    return WrittenRecord(key: key, records: read(key))
  }
}

/// A world whose mirror people edit.
final class TwoWayWorld {
  let world: World
  let mirror = ScriptedMirror()
  let writer: ScriptedWriter
  var source: ScriptedSource { world.source }
  var clock: ManualClock { world.clock }

  init(name: String = "rentbook-sync-") throws {
    world = try World(name: name)
    writer = ScriptedWriter(world.source)
    mirror.sink.set(\.withoutFields, ["tenants.lease_ids"])
  }

  func engine(
    cut: (@Sendable (FaultPoint) throws(SyncError) -> Void)? = nil
  ) -> SyncEngine {
    SyncEngine(
      store: world.store, source: writer, sink: mirror, clock: clock, randomness: SeededRandom(1),
      observer: { _ in }, cut: cut)
  }

  @discardableResult
  func sync(_ options: SyncOptions = SyncOptions()) throws -> SyncReport {
    clock.advance(nanoseconds: 1_000_000_000)
    let report = try engine().run(options)
    clock.advance(nanoseconds: 600_000_000_000)
    return report
  }

  /// In step, and nothing said of it.
  func start() throws {
    source.fillSmall()
    try sync()
    try sync()
    mirror.sink.clearJournal()
    writer.state.withLock { $0.journal = [] }
  }

  /// The account bills are owed on, without which none is approved.
  func addPayables() {
    source.put(
      .glAccounts, "90",
      [
        "name": .text("Accounts Payable"), "type": .text("Liability"),
        "sub_type": .text("CurrentLiability"), "default_account_name": .text("Accounts Payable"),
        "is_default_gl_account": .boolean(true), "is_active": .boolean(true),
      ])
  }

  func row(_ key: RemoteKey) -> FieldValues { mirror.sink.row(key)?.fields ?? [:] }

  func record(_ key: RemoteKey) -> Record? {
    source.state.withLock { $0.records[key.resource]?[key.id]?.record }
  }

  func conflicts() throws -> [ConflictRow] {
    try world.store.readSync { state throws(StorageError) in try state.conflicts() }
  }

  func journal() throws -> [JournalEntry] {
    try world.store.readSync { state throws(StorageError) in try state.journal(limit: 1000) }
  }
}
