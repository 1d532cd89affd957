import Background
import Domain
import Storage
import Testing

@testable import Sync

@Suite("Reconciliation") struct ReconciliationTests {
  private func reconcile(
    _ world: World, _ resources: [Resource]? = nil
  ) throws -> ReconciliationReport {
    try Reconciler(
      store: world.store, source: world.source, sink: world.sink, clock: world.clock,
      randomness: SeededRandom(7)
    ).run(resources)
  }

  private func inStep() throws -> World {
    let world = try World()
    world.source.fillSmall()
    try world.sync()
    return world
  }

  @Test("Two sides in step match in every record, and the result of the day is kept")
  func clean() throws {
    let world = try inStep()
    let report = try reconcile(world)
    #expect(report.differences == [])
    #expect(report.money == [])
    #expect(report.accuracy.description == "100.00")
    #expect(report.rows.map(\.resource) == Resource.mirrored)
    #expect(report.rows.allSatisfy { $0.compared == $0.matching })
    #expect(report.rows.allSatisfy { $0.compared > 0 || $0.resource.isResult })
    let today = Instant(milliseconds: world.clock.wallMilliseconds).date
    let kept = try world.store.readSync { (sync) throws(StorageError) in
      try sync.reconciliations(from: today)
    }
    #expect(kept.count == Resource.mirrored.count)
    #expect(kept.allSatisfy { $0.matching == $0.compared && $0.reportHash == report.hash })
    #expect(try reconcile(world).hash == report.hash)
  }

  @Test("A change at the source that was not synchronized yet is on its way, and not wrong")
  func pending() throws {
    let world = try inStep()
    world.source.put(
      .units, "10",
      [
        "property_id": link(.properties, "1"), "unit_number": .text("A"),
        "market_rent": money("1300"), "is_unit_occupied": .boolean(true),
      ])
    let before = world.mirror
    let report = try reconcile(world, [.units])
    #expect(report.differences.map(\.reason) == [.pending])
    #expect(report.differences.first?.field == "market_rent")
    #expect(report.differences.first?.left == money("1300"))
    #expect(report.rows.first?.inFlight == 1)
    #expect(report.accuracy.description == "100.00")
    // Looking changes nothing: neither the sink nor what is known here.
    #expect(world.mirror == before)
    #expect(try world.status(.units).pendingOut == 0)
    try world.sync()
    #expect(try reconcile(world, [.units]).differences == [])
  }

  @Test(
    "An edit the feed told of is on its way, one it kept silent about is a difference, and rows are read once"
  )
  func observed() throws {
    let world = try TwoWayWorld()
    try world.start()
    let (told, silent) = (key(.owners, "1"), key(.owners, "2"))
    world.mirror.edit(told, "email", .text("told@example.com"))
    world.mirror.edit(silent, "email", .text("silent@example.com"))
    world.mirror.people.withLock { people in
      _ = people.feed.removeLast()
      people.observeCalls = 0
    }
    let report = try Reconciler(
      store: world.world.store, source: world.writer, sink: world.mirror, clock: world.clock,
      randomness: SeededRandom(7)
    ).run()
    #expect(report.differences.map(\.key) == [told, silent])
    #expect(report.differences.map(\.reason) == [.pending, .unknown])
    // The edited row alone, beside the one reading of all tables that is compared.
    let calls = world.mirror.people.withLock { $0.observeCalls }
    #expect(calls == 1)
  }

  @Test("A side that cannot be read whole ends the comparison, and nothing is kept")
  func unreadable() throws {
    let world = try inStep()
    let reconciler = Reconciler(
      store: world.store, source: world.source, sink: world.sink, clock: world.clock)
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: SyncError.self) { try reconciler.run(cancellation: cancellation) }
    let today = Instant(milliseconds: world.clock.wallMilliseconds).date
    let kept = try world.store.readSync { (sync) throws(StorageError) in
      try sync.reconciliations(from: today)
    }
    #expect(kept == [])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    var left: FieldValues? = ["a": .integer(1)]
    var right: FieldValues? = ["a": .integer(1)]
    var base: FieldValues = ["a": .integer(1)]
    var isDirty = false
    var waiting: SinkRow.Waiting?
    var wasThere = true
    var isDoubled = false
    var conflicts: Set<String> = []
    var edited: Set<String> = []
    var refusals: [String: String] = [:]
    var isRemoved = false
    var standing: ReconciliationReport.Standing?
    var reason: ReconciliationReport.Reason?
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "equal"),
    Case(name: "no tick and never touched", left: ["a": .boolean(false)], right: [:]),
    Case(
      name: "changed at the sink alone", right: ["a": .integer(2)], standing: .differs,
      reason: .unknown),
    Case(
      name: "changed at the sink, looked at again for another field", right: ["a": .integer(2)],
      isDirty: true, standing: .differs, reason: .unknown),
    Case(
      name: "changed at the source", left: ["a": .integer(2)], isDirty: true, standing: .inFlight,
      reason: .pending),
    Case(
      name: "refused", left: ["a": .integer(2)], isDirty: true, waiting: .refused,
      standing: .differs, reason: .refused),
    Case(
      name: "an edit at the sink that the source refused", right: ["a": .integer(2)],
      edited: ["a"], refusals: ["a": "too long"], standing: .differs, reason: .refused),
    Case(
      name: "a choice between two edits that was refused", left: ["a": .integer(3)],
      right: ["a": .integer(2)], conflicts: ["a"], refusals: ["a": "too long"],
      standing: .differs, reason: .refused),
    Case(
      name: "an edit at the sink that a sync has seen", right: ["a": .integer(2)], edited: ["a"],
      standing: .inFlight, reason: .pending),
    Case(
      name: "a whole record a person decides on", right: nil, isDirty: true, conflicts: ["a"],
      standing: .onlyLeft, reason: .conflict),
    Case(
      name: "removed at the sink, and a sync has seen that", right: nil, isRemoved: true,
      standing: .inFlight, reason: .pending),
    Case(
      name: "both changed", left: ["a": .integer(2)], right: ["a": .integer(3)], isDirty: true,
      conflicts: ["a"], standing: .differs, reason: .conflict),
    Case(
      name: "not made yet", right: nil, isDirty: true, wasThere: false, standing: .inFlight,
      reason: .pending),
    Case(name: "removed at the sink", right: nil, standing: .onlyLeft, reason: .unknown),
    Case(name: "to be removed", left: nil, isDirty: true, standing: .inFlight, reason: .pending),
    Case(name: "a stranger", left: nil, standing: .onlyRight, reason: .unknown),
    Case(name: "twice at the sink", isDoubled: true, standing: .onlyRight, reason: .unknown),
  ]

  @Test("Each way two sides can stand has its reason", arguments: cases)
  func classified(_ example: Case) {
    var comparison = RecordComparison(key: key(.units, "1"))
    (comparison.left, comparison.right) = (example.left, example.right)
    (comparison.base, comparison.isDirty) = (example.base, example.isDirty)
    (comparison.waiting, comparison.wasThere) = (example.waiting, example.wasThere)
    (comparison.isDoubled, comparison.conflicts) = (example.isDoubled, example.conflicts)
    (comparison.edited, comparison.refusals) = (example.edited, example.refusals)
    comparison.isRemoved = example.isRemoved
    let found = comparison.differences(["a"])
    #expect(found.map(\.standing) == (example.standing.map { [$0] } ?? []))
    #expect(found.map(\.reason) == (example.reason.map { [$0] } ?? []))
    #expect(found.allSatisfy { !$0.note.isEmpty })
    for (_, said) in example.refusals { #expect(found.first?.note == said) }
  }

  @Test("The differences of the last comparison are kept, in place of those of the one before")
  func kept() throws {
    let world = try inStep()
    world.source.put(
      .units, "10",
      [
        "property_id": link(.properties, "1"), "unit_number": .text("A"),
        "market_rent": money("1300"), "is_unit_occupied": .boolean(true),
      ])
    _ = try reconcile(world, [.units])
    func rows(_ filter: [ListTerm] = []) throws -> [[ListCell]] {
      let page = try ListReader(world.store).page(
        ListRequest(ListQuery(.differences, terms: filter), offset: 0, count: 50))
      #expect(page.matching == page.rows.count)
      return page.rows.map(\.cells)
    }
    let found = try rows()
    #expect(found.count == 1)
    #expect(
      found.first == [
        .text("Unit Elm Court A"), .text("market_rent"), .text("1300.00"), .text("1250.50"),
        .text("pending"), .text("the next sync sends it"), .text("units"),
        .text("buildium/units/10"),
      ])
    #expect(try rows([ListTerm(column: "reason", .contains, "conf")]) == [])
    // Another resource's comparison leaves them; the next of their own replaces them.
    _ = try reconcile(world, [.owners])
    #expect(try rows().count == 1)
    try world.sync()
    _ = try reconcile(world, [.units])
    #expect(try rows() == [])
    let last = try world.store.readSync { (sync) throws(StorageError) in
      try sync.lastReconciliations()
    }
    #expect(last.map(\.resource) == [.owners, .units])
    #expect(last.allSatisfy { $0.left == $0.compared && $0.right == $0.compared })
  }

  @Test("A service that does not answer ends the comparison at once, and the day keeps its result")
  func silent() throws {
    let world = try inStep()
    _ = try reconcile(world)
    let before = try world.store.readSync { (sync) throws(StorageError) in
      try sync.lastReconciliations()
    }
    for service in [Service.buildium, .airtable] {
      let reconciler = Reconciler(
        store: world.store,
        source: service == .buildium ? SilentSource(world.source) : world.source,
        sink: service == .airtable ? SilentSink(world.sink) : world.sink, clock: world.clock,
        patience: Patience(answerNanoseconds: 1_000_000))
      let error = #expect(throws: SyncError.self) { try reconciler.run() }
      guard case .service(let failure)? = error else {
        Issue.record("\(String(describing: error)) is no failure of a service")
        continue
      }
      #expect(failure.kind == .unreachable)
      #expect(failure.service == service)
    }
    let after = try world.store.readSync { (sync) throws(StorageError) in
      try sync.lastReconciliations()
    }
    #expect(before == after)
  }

  @Test("A trend carries each resource on, and a week shows its lowest day")
  func trend() throws {
    func day(_ text: String, _ resource: Resource, _ matching: Int) throws -> ReconciliationDay {
      ReconciliationDay(
        day: try #require(CalendarDate(text)), resource: resource, compared: 100,
        matching: matching, inFlight: 0, differences: 0, unexplained: 0, reportHash: "")
    }
    // 21 September 2026 is a Monday.
    let daily = ReconciliationTrend.daily([
      try day("2026-09-21", .units, 100), try day("2026-09-21", .owners, 90),
      try day("2026-09-27", .owners, 100), try day("2026-09-28", .units, 98),
    ])
    #expect(daily.map(\.day.description) == ["2026-09-21", "2026-09-27", "2026-09-28"])
    #expect(daily.map(\.accuracy.description) == ["95.00", "100.00", "99.00"])
    let weekly = ReconciliationTrend.weekly(daily)
    #expect(weekly.map(\.day.description) == ["2026-09-21", "2026-09-28"])
    #expect(weekly.map(\.accuracy.description) == ["95.00", "99.00"])
  }

  @Test("Accuracy is cut off, never rounded up to a whole that is not there")
  func accuracy() {
    #expect(Accuracy(matching: 99_999, of: 100_000).description == "99.99")
    #expect(Accuracy(matching: 0, of: 0).description == "100.00")
    #expect(Accuracy(matching: 1, of: 3).description == "33.33")
    #expect(Accuracy(matching: 9949, of: 10_000) < .alarm)
    #expect(Accuracy(matching: 9950, of: 10_000) >= .alarm)
  }

  @Test("The difference of two sums of money is exactly the sum of the records listed with it")
  func moneyCloses() {
    for seed in UInt64(1)...200 {
      let random = SeededRandom(seed)
      var closure = MoneyClosure()
      var expected: [String: Int64] = [:]
      func side(_ month: Int, _ property: Int) -> FieldValues? {
        guard !random.chance(15) else { return nil }
        return [
          "amount": .money(Money(minorUnits: Int64(random.below(400)) - 200)),
          "date": date("2026-0\(month)-15"),
          "property_id": link(.properties, String(property)),
        ]
      }
      for id in 0..<40 {
        let (month, property) = (1 + random.below(3), random.below(3))
        let left = side(month, property)
        // Some are equal, some differ, some lie in another month on the other side.
        let right = random.chance(50) ? left : side(1 + random.below(3), property)
        closure.add(key(.rentPayments, String(id)), left: left, right: right)
        for (fields, sign) in [(left, Int64(1)), (right, Int64(-1))] {
          guard let fields, let amount = fields["amount"]?.money else { continue }
          let day = fields["date"]?.date?.description.prefix(7) ?? ""
          expected["\(day) buildium/rentals/\(property)", default: 0] += sign * amount.minorUnits
        }
      }
      var listed: [String: Int64] = [:]
      for sum in closure.differences {
        let parts = sum.records.reduce(Int64(0)) { $0 + $1.amount.minorUnits }
        #expect((sum.left - sum.right).minorUnits == parts, "seed \(seed)")
        listed["\(sum.place.month) \(sum.place.property)", default: 0] += parts
      }
      #expect(listed.filter { $0.value != 0 } == expected.filter { $0.value != 0 }, "seed \(seed)")
    }
  }
}

/// A source that never gives a sign of life; it waits until it is stopped.
private struct SilentSource: SourceProvider {
  let inner: ScriptedSource
  init(_ inner: ScriptedSource) { self.inner = inner }
  var service: Service { inner.service }
  func capabilities(of resource: Resource) -> Capabilities { inner.capabilities(of: resource) }
  func verify(_ cancellation: Cancellation) throws(ProviderError) -> String {
    cancellation.wait(nanoseconds: 60_000_000_000)
    throw ProviderError(service, .cancelled, "stopped")
  }
  func page(
    _ request: PullRequest, context: any PullContext, cancellation: Cancellation
  ) throws(ProviderError) -> Page {
    try inner.page(request, context: context, cancellation: cancellation)
  }
  func record(
    _ resource: Resource, id: String, context: any PullContext, cancellation: Cancellation
  ) throws(ProviderError) -> RemoteRecord? {
    try inner.record(resource, id: id, context: context, cancellation: cancellation)
  }
}

/// A sink of the same kind.
private struct SilentSink: SinkProvider {
  let inner: ScriptedSink
  init(_ inner: ScriptedSink) { self.inner = inner }
  var service: Service { inner.service }
  var batchMax: Int { inner.batchMax }
  func capabilities(of resource: Resource) -> Capabilities { inner.capabilities(of: resource) }
  func verify(_ cancellation: Cancellation) throws(ProviderError) -> String {
    cancellation.wait(nanoseconds: 60_000_000_000)
    throw ProviderError(service, .cancelled, "stopped")
  }
  func writableFields(of resource: Resource) -> [FieldDefinition] {
    inner.writableFields(of: resource)
  }
  func write(
    _ resource: Resource, _ writes: [Write], cancellation: Cancellation
  ) throws(ProviderError) -> [WriteOutcome] {
    try inner.write(resource, writes, cancellation: cancellation)
  }
  func find(
    _ resource: Resource, keys: [RemoteKey], cancellation: Cancellation
  ) throws(ProviderError) -> [FoundRow] {
    try inner.find(resource, keys: keys, cancellation: cancellation)
  }
  func rows(
    _ resource: Resource, cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> (rows: [FoundRow], next: String?) {
    try inner.rows(resource, cursor: cursor, cancellation: cancellation)
  }
}
