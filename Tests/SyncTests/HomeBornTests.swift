import Background
import Domain
import Storage
import Testing

@testable import Sync

@Suite("Bills born here") struct HomeBornTests {
  private struct Missing: Error {}

  /// A world in step, with an account for payables, and a bill of Ann's that waits for approval.
  private func started() throws -> (world: TwoWayWorld, bill: String) {
    let world = try TwoWayWorld()
    world.addPayables()
    try world.start()
    let store = world.world.store
    func id(_ resource: Resource, _ number: String) throws -> String {
      guard let id = try store.localID(of: resource, named: number) else { throw Missing() }
      return id
    }
    let vendor = try #require(
      world.source.state.withLock { $0.records[.vendors]?.keys.sorted().first })
    let today = store.today
    let draft = BillDraft(
      vendor: try id(.vendors, vendor), date: today, dueDate: today.adding(days: 30),
      reference: "HERE-1",
      lines: [
        BillDraft.Line(
          property: try id(.properties, "1"), account: try id(.glAccounts, "11"),
          amount: Money(minorUnits: 12_345))
      ])
    let bill = try store.createBill(draft, by: "ann").localID
    let submitted = try store.perform(BillRequest(.submit), on: bill, by: "ann")
    #expect(submitted?.outcome == .done)
    return (world, bill)
  }

  private func approve(_ world: TwoWayWorld, _ bill: String) throws {
    let approved = try world.world.store.perform(BillRequest(.approve), on: bill, by: "bob")
    #expect(approved?.outcome == .done)
  }

  private func creates(_ world: TwoWayWorld) -> [String] {
    world.writer.journal.filter { $0.hasPrefix("create") }
  }

  private func row(_ world: TwoWayWorld, _ bill: String) throws -> BillRow? {
    let store = world.world.store
    return try store.bills(asOf: store.today).first { $0.localID == bill }
  }

  @Test("a bill leaves once it is approved, once, and is the same bill when it comes back")
  func approved() throws {
    let (world, bill) = try started()
    try world.sync()
    #expect(creates(world).isEmpty)
    try approve(world, bill)
    let dry = try world.sync(SyncOptions(isDryRun: true))
    #expect(dry.writes.contains { $0.service == .buildium && $0.key.service == .rentbook })
    #expect(creates(world).isEmpty)
    for _ in 0..<2 { try world.sync(SyncOptions(isFull: true)) }
    #expect(creates(world) == ["create bills 901"])
    let found = try #require(try row(world, bill))
    #expect(found.buildiumID == 901 && found.approval == .approved)
    let store = world.world.store
    let bills = try store.bills(asOf: store.today)
    #expect(bills.count { $0.reference == "HERE-1" } == 1)
    let shown = world.mirror.sink.rows(.bills).filter { $0.key == key(.bills, "901") }
    #expect(shown.count == 1)
    #expect(shown.first?.fields["approval"] == .text("approved"))
  }

  @Test(
    "an answer that is lost makes no second bill",
    arguments: [ScriptedWriter.Fault.lostAfter, .lostBefore, .notSent])
  func lost(_ fault: ScriptedWriter.Fault) throws {
    let (world, bill) = try started()
    try approve(world, bill)
    let done = world.writer.state.withLock(\.calls)
    world.writer.state.withLock { $0.fault = { $0 == done + 1 ? fault : nil } }
    // A service that is not there ends a run.
    for _ in 0..<3 { _ = try? world.sync() }
    #expect(creates(world) == ["create bills 901"])
    #expect(try row(world, bill)?.buildiumID == 901)
    #expect(try world.world.deadLetters().isEmpty)
  }

  @Test("a bill that is refused waits for a person with the reason, and goes when it is let")
  func refused() throws {
    let (world, bill) = try started()
    try approve(world, bill)
    world.writer.state.withLock { $0.fault = { _ in .refused } }
    #expect(try world.sync().needsPerson)
    let letter = try #require(try world.world.deadLetters().first)
    #expect(letter.id == "b:bills:\(bill)")
    #expect(letter.message.hasPrefix("Bill HERE-1 was not sent to Buildium: "))
    try world.sync()
    #expect(creates(world).isEmpty)
    world.writer.state.withLock { $0.fault = nil }
    let isRetried = try world.world.store.writeSync { records throws(StorageError) in
      try records.sync.retry(letter.id)
    }
    #expect(isRetried)
    try world.sync()
    #expect(creates(world) == ["create bills 901"])
    #expect(try world.world.deadLetters().isEmpty)
  }

  @Test("a run cut off at any place sends no bill twice", arguments: 1...6)
  func cut(_ place: Int) throws {
    struct Cut: Error {}
    let (world, bill) = try started()
    try approve(world, bill)
    let passed = Lock(0)
    let engine = world.engine { point throws(SyncError) in
      guard point == .afterSend || point == .beforeSend || point == .afterCommit else { return }
      let count = passed.withLock { count in
        count += 1
        return count
      }
      if count == place * 3 { throw .cancelled }
    }
    _ = try? engine.run(SyncOptions())
    world.clock.advance(nanoseconds: 600_000_000_000)
    for _ in 0..<2 { try world.sync() }
    #expect(creates(world).count == 1)
    #expect(try row(world, bill)?.buildiumID == 901)
  }
}
