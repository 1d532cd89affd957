import Background
import Domain
import Storage
import Testing

@testable import Sync

@Suite("One way through the engine") struct EngineTests {
  @Test("A look leaves out for a while what nothing is mirrored from and is only read whole")
  func resting() throws {
    let world = try World()
    world.source.fillSmall()
    try world.sync()
    func read(_ options: SyncOptions) throws -> Set<String> {
      world.source.set(\.calls, [])
      try world.sync(options)
      return Set(
        world.source.calls.compactMap {
          $0.split(separator: " ").dropFirst().first.map(String.init)
        })
    }
    let everything = try read(SyncOptions())
    #expect(everything.contains("deposits") && everything.contains("bank_transactions"))
    var look = SyncOptions()
    look.restSeconds = 7_200
    let few = try read(look)
    #expect(!few.contains("deposits") && !few.contains("bank_transactions"))
    #expect(few.isSuperset(of: ["transactions", "bills", "gl_accounts", "vendors", "leases"]))
    world.clock.advance(nanoseconds: 7_201 * 1_000_000_000)
    #expect(try read(look) == everything)
    look.isFull = true
    #expect(try read(look) == everything)
  }

  @Test(
    "Beside a listener a look leaves out for a while what events announce, and nothing is missed")
  func heard() throws {
    let world = try World()
    world.source.fillSmall()
    world.source.set(\.announced, [.units, .leases])
    try world.sync()
    var look = SyncOptions()
    look.heardSeconds = 7_200
    world.source.set(\.calls, [])
    // An event that never came.
    world.source.change(.units, "10", "market_rent", money("1"))
    world.source.change(.owners, "1", "email", .text("new@example.org"))
    try world.sync(look)
    let read = world.source.calls.joined(separator: "; ")
    #expect(!read.contains("page units") && !read.contains("page leases"))
    #expect(read.contains("page owners") && read.contains("page transactions"))
    #expect(world.mirror["buildium/owners/1"]?["email"] == .text("new@example.org"))
    #expect(world.mirror["buildium/units/10"]?["market_rent"] != money("1"))
    world.clock.advance(nanoseconds: 7_201 * 1_000_000_000)
    try world.sync(look)
    #expect(world.mirror["buildium/units/10"]?["market_rent"] == money("1"))
  }

  @Test("a first sync brings every record to the sink once, with its links")
  func first() throws {
    let world = try World()
    world.source.fillSmall()
    let report = try world.sync()
    let mirror = world.mirror
    #expect(mirror.count == 3 + 2 + 2 + 3 + 3 + 2 + 2 + 3 + 2)
    // A tenant and a lease link to each other: the tenants are made first and get their leases
    // afterwards.
    #expect(world.sink.journal.count == mirror.count + 3)
    #expect(Set(world.sink.journal).count == world.sink.journal.count)
    #expect(!report.needsPerson)
    #expect(mirror["buildium/rentals/2"]?["owner_ids"] == links(.owners, "1", "2"))
    #expect(mirror["buildium/units/11"]?["property_id"] == link(.properties, "1"))
    #expect(mirror["buildium/leases/30"]?["tenant_ids"] == links(.tenants, "20", "21"))
    #expect(mirror["buildium/tenants/20"]?["lease_ids"] == links(.leases, "30"))
    #expect(mirror["buildium/glaccounts/2"]?["parent_id"] == link(.glAccounts, "11"))
    #expect(mirror["buildium/bills/50"]?["vendor"] == .text("Pipe Works"))
    #expect(mirror["buildium/bills/50"]?["paid_amount"] == money("200"))
    #expect(mirror["buildium/bills/50"]?["status"] == .text("partially_paid"))
    #expect(mirror["buildium/bills/51"]?["status"] == .text("overdue"))
    #expect(mirror["buildium/bills/51"]?["lines"] == .text("6110 Plumbing, 75.25, tap"))
    #expect(mirror["buildium/transactions/70"]?["gl_account_ids"] == links(.glAccounts, "3"))
    #expect(mirror["buildium/payments/70"]?["kind"] == .text("Rent"))
    #expect(mirror["buildium/payments/71"]?["kind"] == .text("Partial Rent"))
    #expect(mirror["buildium/payments/70"]?["tenant"] == .text("Grace Tenant"))
    let units = try #require(report.rows.first { $0.resource == .units })
    #expect((units.pulled, units.created, units.pushedCreated) == (3, 3, 3))
  }

  @Test("a sink that keeps the other end of a link by itself gets every record in one write")
  func oneEnd() throws {
    let world = try World()
    world.source.fillSmall()
    world.sink.set(\.withoutFields, ["tenants.lease_ids"])
    try world.sync()
    #expect(world.sink.journal.count == world.mirror.count)
  }

  @Test("a sink without tables is told before anything is read, and a pull alone still runs")
  func noTables() throws {
    let world = try World()
    world.source.fillSmall()
    let fields = Resource.mirrored.flatMap { resource in
      MirrorSchema.fields(of: resource).map { "\(resource).\($0.name)" }
    }
    world.sink.set(\.withoutFields, Set(fields))
    #expect {
      try world.sync()
    } throws: { error in
      guard case .service(let error)? = error as? SyncError else { return false }
      return error.kind == .notSetUp && error.hint.contains("airtable setup")
    }
    #expect(try world.jobs().isEmpty)
    try world.sync(SyncOptions(direction: .pull))
    #expect(world.sink.journal == [])
  }

  @Test("a second sync writes nothing, whole or not")
  func silent() throws {
    let world = try World()
    world.source.fillSmall()
    try world.sync()
    world.sink.clearJournal()
    let report = try world.sync()
    try world.sync(SyncOptions(isFull: true))
    #expect(world.sink.journal == [])
    #expect(report.rows.allSatisfy { $0.created == 0 && $0.updated == 0 })
    #expect(report.rows.first { $0.resource == .units }?.unchanged == 3)
  }

  @Test("k changed records lead to exactly k writes")
  func exactly() throws {
    let world = try World()
    world.source.fillSmall()
    try world.sync()
    world.sink.clearJournal()
    world.source.change(.units, "10", "market_rent", money("1300"))
    world.source.change(.tenants, "21", "email", .text("alan@example.com"))
    world.source.change(.owners, "1", "comment", .text("not mirrored"))
    world.source.put(
      .units, "13", ["property_id": link(.properties, "2"), "unit_number": .text("9")])
    try world.sync()
    #expect(
      world.sink.journal.sorted() == [
        "create buildium/units/13", "update buildium/tenants/21", "update buildium/units/10",
      ])
    #expect(world.sink.row(key(.units, "10"))?.fields["market_rent"] == money("1300"))
  }

  @Test(
    "a change reaches the mirrors that show something of it, and no others",
    arguments: [
      ("vendor name", ["update buildium/bills/50", "update buildium/bills/51"]),
      ("bill payment", ["update buildium/bills/51"]),
      (
        "account name",
        [
          "update buildium/bills/50", "update buildium/bills/51",
          "update buildium/glaccounts/2",
        ]
      ),
      ("lease rent", ["update buildium/leases/31", "update buildium/payments/71"]),
      ("owner sold", ["update buildium/rentals/2"]),
      ("tenant moved", ["update buildium/leases/30", "update buildium/tenants/21"]),
      (
        "rent completed",
        [
          "create buildium/payments/73", "create buildium/transactions/73",
          "update buildium/payments/71",
        ]
      ),
      (
        "payment became a charge",
        [
          "delete buildium/payments/71",
          "update buildium/transactions/71",
        ]
      ),
    ])
  func reach(_ what: String, _ writes: [String]) throws {
    let world = try World()
    let source = world.source
    source.fillSmall()
    try world.sync()
    world.sink.clearJournal()
    switch what {
    case "vendor name": source.change(.vendors, "40", "name", .text("Pipes & Co"))
    case "bill payment":
      source.put(.billPayments, "61:51", ["bill_id": link(.bills, "51"), "amount": money("75.25")])
    case "account name": source.change(.glAccounts, "2", "name", .text("Water"))
    case "lease rent": source.change(.leases, "31", "rent", money("400"))
    case "owner sold": source.change(.owners, "1", "property_ids", links(.properties, "1"))
    case "tenant moved":
      source.change(.leases, "30", "tenant_ids", links(.tenants, "20"))
    case "rent completed":
      source.putPayment(
        "73", lease: "31", property: "2", unit: "12", amount: "500", on: "2026-03-31")
    default: source.change(.transactions, "71", "transaction_type", .text("Charge"))
    }
    try world.sync()
    #expect(world.sink.journal.sorted() == writes)
    #expect(try world.differences() == [])
  }

  @Test("a bill becomes overdue by the calendar alone")
  func overdue() throws {
    let world = try World()
    world.source.put(.bills, "1", ["amount": money("10"), "due_date": date("2026-09-30")])
    world.clock.advance(nanoseconds: 0)
    try world.sync()
    let today = Instant(milliseconds: world.clock.wallMilliseconds).date
    let due = try #require(CalendarDate("2026-09-30"))
    #expect(today < due)
    #expect(world.sink.row(key(.bills, "1"))?.fields["status"] == .text("due"))
    world.sink.clearJournal()
    world.clock.advance(
      nanoseconds: UInt64(due.daysSince1970 - today.daysSince1970) * 86_400_000_000_000)
    try world.sync()
    #expect(world.sink.journal == [])
    world.clock.advance(nanoseconds: 86_400_000_000_000)
    try world.sync()
    #expect(world.sink.journal == ["update buildium/bills/1"])
    #expect(world.sink.row(key(.bills, "1"))?.fields["status"] == .text("overdue"))
  }

  @Test("an incremental pull asks for what changed since the last one began, less the overlap")
  func incremental() throws {
    let world = try World()
    world.source.fillSmall()
    world.source.set(\.incremental, [.units])
    world.clock.advance(nanoseconds: 600_000_000_000)
    try world.sync()
    let first = try #require(try world.pull(.units))
    #expect(first.mode == .full)
    #expect(first.watermark == first.startedAt)
    world.source.change(.units, "10", "market_rent", money("1"))
    let report = try world.sync()
    let second = try #require(try world.pull(.units))
    #expect(second.mode == .incremental)
    #expect(second.changedSince == first.startedAt.adding(milliseconds: -120_000))
    #expect(report.rows.first { $0.resource == .units }?.pulled == 1)
    #expect(report.rows.first { $0.resource == .properties }?.pulled == 2)
    try world.sync(SyncOptions(isFull: true))
    #expect(try world.pull(.units)?.mode == .full)
  }

  @Test("a single resource is synced alone; links to what is unknown stay empty until it comes")
  func single() throws {
    let world = try World()
    world.source.fillSmall()
    let report = try world.sync(SyncOptions(resources: [.units]))
    #expect(report.rows.map(\.resource) == [.units])
    #expect(world.mirror.count == 3)
    #expect(world.sink.row(key(.units, "10"))?.fields["property_id"] == nil)
    try world.sync()
    #expect(world.sink.row(key(.units, "10"))?.fields["property_id"] == link(.properties, "1"))
    #expect(try world.differences() == [])
  }

  @Test("pull alone stores, push alone sends what waits")
  func directions() throws {
    let world = try World()
    world.source.fillSmall()
    try world.sync(SyncOptions(direction: .pull))
    #expect(world.mirror.isEmpty)
    #expect(world.sink.state.withLock(\.writeCalls) == 0)
    let calls = world.source.calls.count
    try world.sync(SyncOptions(direction: .push))
    #expect(world.source.calls.count == calls)
    #expect(try world.differences() == [])
  }

  @Test("a dry run writes nowhere, changes nothing and lists what a run then does")
  func dryRun() throws {
    let world = try World()
    world.source.fillSmall()
    try world.sync()
    world.source.change(.units, "10", "market_rent", money("1300"))
    world.source.put(.tenants, "29", ["first_name": .text("Barbara")])
    world.sink.clearJournal()
    let before = try world.pull(.units)
    let report = try world.sync(SyncOptions(isDryRun: true))
    #expect(world.sink.state.withLock(\.writeCalls) == 0)
    #expect(try world.pull(.units) == before)
    #expect(
      report.writes.map { "\($0.action) \($0.key)" }.sorted() == [
        "create buildium/tenants/29", "update buildium/units/10",
      ])
    let update = try #require(report.writes.first { $0.action == .update })
    #expect(
      update.changes == [
        PlannedWrite.Change(
          field: "market_rent", before: money("1250.50"), after: money("1300"))
      ])
    try world.sync()
    #expect(
      world.sink.journal.sorted()
        == report.writes.map { "\($0.action) \($0.key)" }.sorted())
  }

  @Test("a page that comes twice changes nothing")
  func repeated() throws {
    let world = try World()
    world.source.fillSmall()
    let broken = Lock(false)
    world.source.set(\.fault) { call in
      call == "page units "
        && broken.withLock { done in
          defer { done = true }
          return !done
        } ? .unexpectedAnswer : nil
    }
    try world.sync()
    #expect(world.source.calls.filter { $0 == "page units " }.count == 2)
    #expect(try world.differences() == [])
  }

  @Test("progress is told with counts, and the run's end with its report")
  func events() throws {
    let world = try World()
    world.source.fillSmall()
    let report = try world.sync()
    let events = world.events.withLock(\.self)
    #expect(events.last == .finished(report))
    let pulled = events.compactMap { event -> Progress? in
      if case .progress(.units, .pull, let progress) = event { progress } else { nil }
    }
    #expect(pulled.last?.done == 3)
    #expect(pulled.last?.total == 3)
  }
}
