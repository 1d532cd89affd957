import Domain
import Reports
import Storage
import Testing

@testable import Sync

@Suite("Results of a month at the sink")
struct MonthResultTests {
  /// A world with a property, an owner and rent of March, in step.
  private static func world() throws -> World {
    let world = try World()
    world.source.put(
      .glAccounts, "3",
      [
        "name": .text("Rent"), "type": .text("Income"), "sub_type": .text("Income"),
      ])
    world.source.put(
      .glAccounts, "100",
      [
        "name": .text("Trust"), "type": .text("Asset"), "sub_type": .text("CurrentAsset"),
        "is_bank_account": .boolean(true),
      ])
    world.source.put(.properties, "1", ["name": .text("Elm"), "is_active": .boolean(true)])
    world.source.put(
      .owners, "501", ["last_name": .text("Ito"), "property_ids": links(.properties, "1")])
    try world.sync()
    _ = try world.store.shareEqually(reason: "", actor: "ann")
    return world
  }

  private static let march = CalendarMonth("2026-03")

  private static func finalize(_ world: World, version: Int) throws {
    let march = try #require(march)
    for gate in try world.store.closeState(march).gates where gate.holdsUp {
      _ = try world.store.overrideGate(gate.gate.kind, month: march, reason: "test", actor: "ben")
    }
    guard case .finalized(let found) = try world.store.finalizeMonth(march, actor: "ann") else {
      Issue.record("it was not finalised")
      return
    }
    #expect(found == version)
  }

  private static func key(_ text: String) throws -> RemoteKey { try #require(RemoteKey(text)) }

  @Test("rows of a final month go there once, say when it is open again, and are written anew")
  func rows() throws {
    let world = try Self.world()
    try world.sync()
    #expect(world.sink.rows(.noi).isEmpty && world.sink.rows(.ownerDraws).isEmpty)
    try Self.finalize(world, version: 1)
    try world.sync()
    let names = Set(world.sink.rows(.noi).map(\.key.description))
    #expect(
      names == [
        "rentbook/noi/2026-03/cash/1", "rentbook/noi/2026-03/accrual/1",
        "rentbook/noi/2026-03/cash/1/501", "rentbook/noi/2026-03/accrual/1/501",
      ])
    let row = try #require(world.sink.row(try Self.key("rentbook/noi/2026-03/cash/1/501")))
    #expect(row.fields["owner_id"] == link(.owners, "501"))
    #expect(row.fields["property_id"] == link(.properties, "1"))
    world.sink.clearJournal()
    try world.sync()
    #expect(world.sink.journal.isEmpty)
    let march = try #require(Self.march)
    _ = try world.store.reopenMonth(march, reason: "late bill", actor: "ann")
    try world.sync()
    #expect(world.sink.rows(.noi).count == 4)
    #expect(world.sink.rows(.ownerDraws).allSatisfy { $0.fields["status"] == .text("reopened") })
    try Self.finalize(world, version: 2)
    try world.sync()
    #expect(world.sink.rows(.ownerDraws).allSatisfy { $0.fields["status"] == .text("declared") })
    #expect(try world.status(.noi).state == .inStep && world.status(.noi).airtable == 4)
  }

  @Test("a row a new version no longer has goes")
  func gone() throws {
    let world = try Self.world()
    try Self.finalize(world, version: 1)
    try world.sync()
    let march = try #require(Self.march)
    _ = try world.store.reopenMonth(march, reason: "sold", actor: "ann")
    world.source.put(.owners, "502", ["last_name": .text("Okafor")])
    try world.sync()
    let ledger = try world.store.ledger()
    let buyer = try #require(ledger.owners.first { $0.buildiumID == 502 })
    #expect(
      try world.store.setOwnership(
        property: ledger.properties[0].localID,
        [ShareEntry(owner: buyer.localID, ownership: .whole, disbursement: .whole)],
        from: .distantPast, reason: "", actor: "ann") == nil)
    try Self.finalize(world, version: 2)
    try world.sync()
    #expect(world.sink.row(try Self.key("rentbook/noi/2026-03/cash/1/501")) == nil)
    #expect(world.sink.row(try Self.key("rentbook/noi/2026-03/cash/1/502")) != nil)
  }

  @Test("a base without the tables is told so in a sentence, and everything else goes on")
  func withoutTables() throws {
    let world = try Self.world()
    world.sink.set(
      \.withoutFields,
      Set(
        [Resource.noi, .ownerDraws].flatMap { resource in
          MirrorSchema.fields(of: resource).map { "\(resource).\($0.name)" }
        }))
    try Self.finalize(world, version: 1)
    world.source.put(.owners, "502", ["last_name": .text("New")])
    let report = try world.sync()
    #expect(world.sink.rows(.noi).isEmpty && world.sink.rows(.owners).count == 2)
    #expect(report.messages.filter { $0.contains("no table for NOI") }.count == 1)
    world.sink.set(\.withoutFields, [])
    try world.sync()
    #expect(world.sink.rows(.noi).count == 4)
  }

  @Test(
    "a key of several parts is one of a result of Rentbook's own and nothing else",
    arguments: [
      ("rentbook/noi/2026-03/cash/1/501", true), ("rentbook/draws/2026-03/1/501", true),
      ("buildium/rentals/1/2", false), ("rentbook/rentals/1/2", false),
      ("buildium/noi/2026-03/cash/1", false), ("rentbook/noi/", false),
    ])
  func keys(_ text: String, _ isKey: Bool) {
    #expect((RemoteKey(text) != nil) == isKey)
    #expect(RemoteKey(text).map(\.description) == (isKey ? text : nil))
  }
}
