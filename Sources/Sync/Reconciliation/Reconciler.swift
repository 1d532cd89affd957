import Background
import Domain
import Glibc
import Storage

/// Compares both sides as they are now: everything is read anew from the source into a copy of the
/// store, which says what the sink should hold, and every row of the sink is held against that. The
/// services and the store's records are only read.
public struct Reconciler: Sendable {
  /// Rows looked at in one transaction of the copy.
  private static let rowsMax = 400
  /// A table of more pages means a cursor that does not move.
  private static let pagesMax = 10_000

  private let store: Store
  private let source: any SourceProvider
  private let sink: any SinkProvider
  private let clock: any Clock
  private let random: any RandomSource
  private let patience: Patience
  private let observer: @Sendable (SyncEvent) -> Void

  /// A comparison of two services.
  ///
  /// - Parameters:
  ///   - patience: how long a service may keep silent.
  ///   - observer: told how the reading gets on, as by ``SyncEngine``.
  public init(
    store: Store, source: any SourceProvider, sink: any SinkProvider, clock: any Clock,
    randomness: any RandomSource = SystemRandom(), patience: Patience = Patience(),
    observer: @escaping @Sendable (SyncEvent) -> Void = { _ in }
  ) {
    (self.store, self.source, self.sink, self.clock) = (store, source, sink, clock)
    (self.random, self.patience, self.observer) = (randomness, patience, observer)
  }

  /// Compares and keeps the result of the day; under ``Accuracy/alarm`` a message is kept as well.
  ///
  /// - Parameter resources: what is compared; nil for all that have a table at the sink.
  /// - Throws: ``SyncError`` when a side cannot be read whole; then nothing is kept.
  public func run(
    _ resources: [Resource]? = nil, cancellation: Cancellation = Cancellation()
  ) throws(SyncError) -> ReconciliationReport {
    // A service that does not answer is told of at once, not after the retries of a whole reading.
    for service in [source as any Provider, sink] {
      try patience.answer(of: service, cancellation)
    }
    // Without a choice, a base from before the month's tables is compared without them.
    let chosen = Resource.mirrored.filter { resource in
      resources?.contains(resource)
        ?? !(resource.isResult && sink.writableFields(of: resource).isEmpty)
    }
    for resource in chosen where sink.writableFields(of: resource).isEmpty {
      throw .service(
        ProviderError(
          sink.service, .notSetUp,
          "\(sink.service.title) has no table for \(resource.title.lowercased()).",
          hint: "Run `rentbook airtable setup`, then `rentbook sync`."))
    }
    let watch = SilenceWatch(patience, cancellation)
    defer { watch.end() }
    let report = try watch.telling(source.service) { (cancellation) throws(SyncError) in
      try store.withCopy(
        named: "reconcile-\(getpid())-\(random.next() % 1_000_000)", refusal: { .store($0) }
      ) { (scratch) throws(SyncError) in
        let messages = try read(into: scratch, watch, cancellation)
        watch.heard()
        return try compare(chosen, in: scratch, messages: messages, watch, cancellation)
      }
    }
    try keep(report)
    return report
  }

  // MARK: Reading the source

  private func read(
    into scratch: Store, _ watch: SilenceWatch, _ cancellation: Cancellation
  ) throws(SyncError) -> [String] {
    let began = Instant(milliseconds: clock.wallMilliseconds)
    let observer = observer
    let engine = SyncEngine(
      store: scratch, source: source, sink: sink, clock: clock, randomness: random
    ) { event in
      if case .progress = event { watch.heard() }
      observer(event)
    }
    // What no row is made from is not compared, and would cost most of the calls.
    let needed = Resource.allCases.filter(Gates.mirroredNeeds.contains)
    var options = SyncOptions(isFull: true, resources: needed, direction: .pull)
    // Edits the feed tells of are on their way. Every row is read once below; one that was edited
    // without a word of the feed must show as a difference.
    options.sweepsSink = false
    let report = try engine.run(options, cancellation: cancellation)
    let service = source.service
    for resource in needed where source.capabilities(of: resource).reading != .none {
      let end = try onStore { () throws(StorageError) in
        try scratch.readSync { (sync) throws(StorageError) in
          try sync.pull(service, resource)?.completeAt
        }
      }
      guard let end, end >= began else {
        throw .service(
          ProviderError(
            service, .unreachable,
            "\(resource.title) could not be read whole at \(service.title), so nothing was compared."
              + (report.messages.first.map { " \($0)" } ?? ""),
            hint: "`rentbook sync` shows what is wrong; reconcile again after that."))
      }
    }
    return report.messages
  }

  // MARK: Comparing

  private func compare(
    _ resources: [Resource], in scratch: Store, messages: [String], _ watch: SilenceWatch,
    _ cancellation: Cancellation
  ) throws(SyncError) -> ReconciliationReport {
    var report = ReconciliationReport(
      rows: [], differences: [], money: [], messages: messages, hash: "")
    var money = MoneyClosure()
    for resource in resources {
      var there = try rows(resource, watch, cancellation)
      let fields = sink.writableFields(of: resource)
      let names = fields.map(\.name)
      let conflicts = try openConflicts(resource, names)
      var row = ReconciliationReport.Row(resource)
      row.right = there.values.reduce(0) { $0 + $1.count }
      var last: LocalID?
      func settle(_ comparison: RecordComparison) {
        guard comparison.left != nil || comparison.right != nil else { return }
        if comparison.left != nil { row.left += 1 }
        let found = comparison.differences(names)
        money.add(comparison.key, left: comparison.left, right: comparison.right)
        report.differences += found
        if found.contains(where: { $0.standing == .inFlight }) {
          row.inFlight += 1
        } else {
          row.compared += 1
          if found.isEmpty { row.matching += 1 }
        }
      }
      repeat {
        if cancellation.isCancelled { throw .cancelled }
        let page = try expected(resource, fields, after: last, in: scratch)
        last = page.last
        for var comparison in page.comparisons {
          let found = there.removeValue(forKey: comparison.key) ?? []
          comparison.right = found.first.map { Self.spoken($0, names) }
          comparison.isDoubled = found.count > 1
          comparison.conflicts = conflicts[comparison.key] ?? []
          settle(comparison)
        }
      } while last != nil
      for key in there.keys.sorted() {
        // Rows of records that are not known here: nothing removes them.
        var stranger = RecordComparison(key: key)
        stranger.right = there[key]?.first.map { Self.spoken($0, names) }
        settle(stranger)
      }
      report.rows.append(row)
    }
    report.differences.sort(by: Self.precedes)
    report.money = money.differences
    report.hash = try onStore { () throws(StorageError) in
      try scratch.readSync { $0.hash(Self.text(of: report)) }
    }
    return report
  }

  /// The fields of each record that wait for a person's decision; all of them where the record as a
  /// whole does.
  private func openConflicts(
    _ resource: Resource, _ names: [String]
  ) throws(SyncError) -> [RemoteKey: Set<String>] {
    let rows = try onStore { () throws(StorageError) in
      try store.readSync { (sync) throws(StorageError) in try sync.conflicts(resource) }
    }
    var fields: [RemoteKey: Set<String>] = [:]
    for row in rows { fields[row.key, default: []].formUnion(row.field.map { [$0] } ?? names) }
    return fields
  }

  /// What the sink should hold, from the freshly read copy.
  private func expected(
    _ resource: Resource, _ fields: [FieldDefinition], after: LocalID?, in scratch: Store
  ) throws(SyncError) -> (comparisons: [RecordComparison], last: LocalID?) {
    let hub = Hub(
      store: scratch, epoch: 0, source: source.service, sink: sink.service, cut: nil)
    let service = sink.service
    let today = Instant(milliseconds: clock.wallMilliseconds).date
    return try hub.write { (tables) throws(StorageError) in
      let rows = try tables.sync.sinkRows(service, resource, after: after, limit: Self.rowsMax)
      let words = try refusals(resource, tables.sync)
      var comparisons: [RecordComparison] = []
      for row in rows {
        var comparison = RecordComparison(key: row.key)
        comparison.localID = row.localID
        comparison.base = BaseText.read(row.base, fields)
        try Self.explain(
          &comparison, try tables.sync.pair(service, resource, localID: row.localID), fields,
          words[row.localID] ?? [:])
        (comparison.isDirty, comparison.waiting) = (row.stamp > 0, row.waiting)
        comparison.wasThere = row.remoteID != nil
        if !row.isGone,
          let mirror = try tables.mirror(resource, row.localID, key: row.key, today: today)
        {
          var values: FieldValues = [:]
          for field in fields {
            values[field.name] = try Self.withoutUnknownEnds(
              mirror[field.name], tables, service)
          }
          comparison.left = values
        }
        comparisons.append(comparison)
      }
      return (comparisons, rows.count == Self.rowsMax ? rows.last?.localID : nil)
    }
  }

  /// What services said when they refused a write, by record and by the service that refused.
  private func refusals(
    _ resource: Resource, _ sync: SyncState
  ) throws(StorageError) -> [LocalID: [Service: String]] {
    var words: [LocalID: [Service: String]] = [:]
    for service in [source.service, sink.service] {
      for intent in try sync.intents(service, resource, .dead, limit: Self.refusalsMax) {
        words[intent.localID, default: [:]][service] = intent.error
      }
    }
    return words
  }

  /// More refusals of one resource are one fault repeated; those after are named without words.
  private static let refusalsMax = 10_000

  /// Notes what is known of an edit made at the sink: that it is on its way, or was refused.
  private static func explain(
    _ comparison: inout RecordComparison, _ pair: PairRow?, _ fields: [FieldDefinition],
    _ words: [Service: String]
  ) throws(StorageError) {
    let owner = comparison.key.service
    for (service, text) in words where service != owner { comparison.refusals[""] = text }
    guard let pair else { return }
    comparison.isRemoved = pair.isGone
    if let text = pair.refused {
      let said = words[owner] ?? "\(owner.title) refused it; it was put aside until it changes"
      for name in BaseText.read(text, fields).keys { comparison.refusals[name] = said }
      // A field that was to be emptied is kept without a value.
      let names = (try? JSONValue(parsing: text))?.object?.keys ?? []
      for name in names { comparison.refusals[name] = said }
    }
    guard let text = pair.seen else { return }
    let seen = BaseText.read(text, fields)
    for field in fields
    where !RowPlan.isSame(seen[field.name] ?? .null, comparison.base[field.name] ?? .null) {
      comparison.edited.insert(field.name)
    }
  }

  /// A link that leads nowhere is never sent, so its absence at the sink is right.
  private static func withoutUnknownEnds(
    _ value: FieldValue, _ tables: HubTables, _ service: Service
  ) throws(StorageError) -> FieldValue {
    guard !value.links.isEmpty else { return value }
    var ends: [RemoteKey] = []
    for link in value.links where try tables.linkEnd(link, at: service) != .unknown {
      ends.append(link)
    }
    if case .reference = value { return ends.first.map { .reference($0) } ?? .null }
    return .references(canonical: ends)
  }

  /// Every row of the sink that carries a key.
  private func rows(
    _ resource: Resource, _ watch: SilenceWatch, _ cancellation: Cancellation
  ) throws(SyncError) -> [RemoteKey: [FoundRow]] {
    var all: [RemoteKey: [FoundRow]] = [:]
    var cursor: String?
    for _ in 0..<Self.pagesMax {
      let page: (rows: [FoundRow], next: String?)
      do throws(ProviderError) {
        page = try sink.rows(resource, cursor: cursor, cancellation: cancellation)
        watch.heard()
      } catch {
        throw error.kind == .cancelled ? .cancelled : .service(error)
      }
      for row in page.rows { all[row.key, default: []].append(row) }
      guard let next = page.next else { return all }
      cursor = next
    }
    throw .service(
      ProviderError(
        sink.service, .unexpectedAnswer,
        "\(resource.title) at \(sink.service.title) did not end after \(Self.pagesMax) pages."))
  }

  private static func spoken(_ row: FoundRow, _ fields: [String]) -> FieldValues {
    var values: FieldValues = [:]
    for field in fields { values[field] = row.record[field] }
    return values
  }

  // MARK: Order and keeping

  private static func precedes(
    _ left: ReconciliationReport.Difference, _ right: ReconciliationReport.Difference
  ) -> Bool {
    if left.key != right.key { return left.key < right.key }
    return (left.field ?? "") < (right.field ?? "")
  }

  private static func text(of report: ReconciliationReport) -> String {
    let rows = report.rows.map { "\($0.resource) \($0.compared) \($0.matching) \($0.inFlight)" }
    let differences = report.differences.map {
      "\($0.key) \($0.field ?? "") \($0.reason.rawValue) \($0.left.json.canonicalText) "
        + $0.right.json.canonicalText
    }
    return (rows + differences).joined(separator: "\n")
  }

  private func keep(_ report: ReconciliationReport) throws(SyncError) {
    let now = Instant(milliseconds: clock.wallMilliseconds)
    let days = report.rows.map { row in
      let found = report.differences.filter { $0.key.resource == row.resource }
      return ReconciliationDay(
        day: now.date, resource: row.resource, compared: row.compared, matching: row.matching,
        inFlight: row.inFlight, differences: found.count,
        unexplained: found.count { $0.reason == .unknown }, left: row.left, right: row.right,
        reportHash: report.hash)
    }
    let differences = report.differences.map { difference in
      ReconciledDifference(
        key: difference.key, localID: difference.localID, field: difference.field,
        left: Self.words(difference.left, difference, .onlyLeft),
        right: Self.words(difference.right, difference, .onlyRight),
        standing: difference.standing.rawValue, reason: difference.reason.rawValue,
        note: difference.note)
    }
    try onStore { () throws(StorageError) in
      try store.writeSync { (records) throws(StorageError) in
        try records.sync.keep(days, at: now)
        try records.sync.keep(differences, of: report.rows.map(\.resource), at: now)
      }
      guard report.accuracy < .alarm else { return }
      try store.append(
        .error,
        "Only \(report.accuracy) % of the records are the same at \(source.service.title) and "
          + "\(sink.service.title).", hint: "`rentbook reconcile` lists the differences.")
    }
  }

  /// A value of one side as a person reads it; of a whole record, whether the side has it.
  private static func words(
    _ value: FieldValue, _ difference: ReconciliationReport.Difference,
    _ side: ReconciliationReport.Standing
  ) -> String {
    guard difference.field == nil else {
      switch value.json {
      case .null: return ""
      case .string(let text): return text
      case .array(let members):
        return members.map { $0.string ?? $0.text }.joined(separator: ", ")
      default: return value.json.text
      }
    }
    switch difference.standing {
    case .onlyLeft, .onlyRight: return difference.standing == side ? "there" : "missing"
    case .equal, .inFlight, .differs: return ""
    }
  }

  private func onStore<Value>(
    _ body: () throws(StorageError) -> Value
  ) throws(SyncError) -> Value {
    do throws(StorageError) { return try body() } catch {
      throw .store(error)
    }
  }
}
