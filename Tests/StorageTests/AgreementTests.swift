import Domain
import Reports
import Testing

@testable import Storage

@Suite("Agreements over several properties")
struct AgreementStorageTests {
  @Test("a rule of a group holds in each of its properties that the owner has a share of")
  func groups() throws {
    let test = try NoiTests.month(.magnitude)
    let ledger = try test.store.ledger()
    let owner = try #require(ledger.properties[0].shares.first?.owner)
    let group = try test.store.changeGroup(
      "Lakeside", adding: ledger.properties.map(\.localID), removing: [], actor: "ann")
    let rule = DrawRule(
      id: "", kind: .fixed, owner: owner, priority: 1, amount: Money(minorUnits: 5_000))
    _ = try test.store.addDrawRule(
      owner: ledger.owners[owner].localID, property: nil, group: group.id, rule, actor: "ann")
    func holding() throws -> [String?] {
      try test.store.ledger().properties.flatMap { $0.rules.map(\.group) }
    }
    let owned = ledger.properties.count { $0.shares.contains { $0.owner == owner } }
    #expect(try holding() == Array(repeating: "Lakeside", count: owned) && owned > 0)
    let smaller = try test.store.changeGroup(
      "Lakeside", adding: [], removing: ledger.properties.map(\.localID), actor: "ann")
    #expect(smaller.id == group.id && smaller.properties.isEmpty)
    #expect(try holding().isEmpty, "no property left, so no rule, and not one for all")
    #expect(try test.store.propertyGroups().map(\.name) == ["Lakeside"])
  }

  @Test("how a sale divides the month and what the manager takes hold from their day")
  func policies() throws {
    let test = try NoiTests.month(.magnitude)
    let property = try test.store.ledger().properties[0]
    var policy = property.policies(on: CalendarDate(daysSince1970: 0))[0]
    policy.from = try #require(CalendarDate("2026-04-01"))
    policy.ownershipChange = .daily
    var fee = FeePolicy(
      type: "tiered", percent: nil, minimum: nil, flat: nil, baseAccounts: [])
    fee.tiers = [.init(upTo: nil, percent: .whole)]
    policy.fee = fee
    try test.store.setDrawPolicy(property: property.localID, policy)
    let after = try test.store.ledger().properties[0]
    let april = after.policies(on: policy.from)[0]
    #expect(april.ownershipChange == .daily && april.fee == fee)
    let march = after.policies(on: policy.from.adding(days: -1))[0]
    #expect(march.ownershipChange == .transactionDate && march.fee == nil)
  }

  @Test("the owners' plan is replaced as a whole; rows of unknown records are counted, not kept")
  func plan() throws {
    let test = try NoiTests.month(.magnitude)
    let ledger = try test.store.ledger()
    let account = try #require(ledger.accounts.first { $0.type == "Income" }?.buildiumID)
    func row(_ id: String, _ property: String, _ cents: Int64) -> PlannedRow {
      PlannedRow(
        remoteID: id, day: CalendarDate("2026-03-05") ?? CalendarDate(daysSince1970: 0),
        amount: Money(minorUnits: cents), property: RemoteKey(.buildium, .properties, property),
        account: RemoteKey(.buildium, .glAccounts, String(account)))
    }
    #expect(ledger.plan.readAt == nil)
    #expect(try test.store.replacePlan([row("r1", "1", 100_00), row("r2", "999", 1)]) == 1)
    #expect(try test.store.ledger().plan.rows.map(\.amount) == [Money("100.00")])
    #expect(try test.store.replacePlan([row("r3", "1", 200_00)]) == 0)
    let plan = try test.store.ledger().plan
    #expect(plan.rows.map(\.amount) == [Money("200.00")] && plan.readAt != nil)
  }
}
