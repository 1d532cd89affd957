import Domain
import Testing

@testable import Storage

@Suite("What the Bills pane reads")
struct BillDeskTests {
  let fixture: BillFixture
  var store: Store { fixture.store }

  init() throws { fixture = try BillFixture() }

  /// Bills in every state, some paid in part, some whole, some looking alike.
  private func fill() throws {
    var random = SeededRandom(state: 7)
    for number in 0..<40 {
      let id = try fixture.create(
        Int64(1_000 + number % 6 * 100), 500, reference: number % 3 == 0 ? "" : "INV-\(number)")
      func step(_ action: BillAction, _ name: String) throws {
        _ = try store.perform(BillRequest(action, reason: "r"), on: id, by: name)
      }
      switch Int.random(in: 0..<6, using: &random) {
      case 0: break
      case 1: try step(.submit, number % 2 == 0 ? "ann" : "bob")
      case 2:
        try step(.submit, "ann")
        try step(.reject, "bob")
      case 3:
        try step(.submit, "ann")
        try step(.approve, "bob")
        try step(.void, "bob")
      default:
        try step(.submit, "ann")
        try step(.approve, "bob")
        try fixture.transaction("t\(number)", Int64.random(in: 1...1_200, using: &random))
        _ = try store.apply(source: "t\(number)", to: id, by: "bob")
      }
    }
  }

  @Test("the database chooses, orders and counts as the rules do over all bills")
  func same() throws {
    try fill()
    let reader = try ListReader(store)
    let all = try store.bills(asOf: BillFixture.today)
    for scope in BillScope.allCases {
      for words in ["", "inv-1", "plumber approved", "1,500.00", "100%", "elm rep"] {
        try expectSame(scope, words, all, reader)
      }
    }
  }

  private func expectSame(
    _ scope: BillScope, _ words: String, _ all: [BillRow], _ reader: ListReader
  ) throws {
    let actor = try store.actor("bob")
    let inScope = all.filter { scope.holds($0, for: actor) }
    let details = try all.map { try store.bill($0.localID, asOf: BillFixture.today) }
    let accounts = Dictionary(
      uniqueKeysWithValues: zip(all, details).map { row, detail in
        (row.localID, (detail?.lines ?? []).compactMap(\.account?.name).joined(separator: " "))
      })
    let wanted = inScope.filter { row in
      words.split(separator: " ").allSatisfy { word in
        let text =
          "\(row.vendor?.name ?? "") \(row.property?.name ?? "") \(row.reference ?? "") "
          + "\(row.memo ?? "") \(row.name == row.reference ? row.localID : row.name) "
          + "\(row.approval.rawValue.replacing("_", with: " ")) \(accounts[row.localID] ?? "")"
        return text.lowercased().contains(word)
          || row.total.description.contains(word.filter { $0 != "," })
      }
    }
    for order in BillOrder.allCases {
      let desk = try reader.bills(
        BillQuery(scope, order: order, words: words, limit: 1_000), asOf: BillFixture.today,
        for: "bob")
      #expect(Set(desk.rows) == Set(wanted), "\(scope) “\(words)” \(order)")
      #expect(desk.matching == wanted.count && desk.inScope == inScope.count)
      #expect(desk.total == wanted.reduce(.zero) { $0 + $1.total })
      let waiting = all.count { $0.waits(for: actor) }
      #expect(desk.waiting == (scope == .waiting ? waiting : nil) && desk.all == all.count)
      switch order {
      case .due: #expect(desk.rows == wanted)
      case .amount: #expect(desk.rows.map(\.total) == desk.rows.map(\.total).sorted(by: >))
      case .vendor, .property: break
      }
      let top = try reader.bills(
        BillQuery(
          scope, order: order, words: words, limit: 3, kept: desk.rows.suffix(2).map(\.localID)),
        asOf: BillFixture.today, for: "bob")
      #expect(top.rows == Array(desk.rows.prefix(3)) && top.matching == desk.matching)
      #expect(top.kept == desk.rows.suffix(2).filter { !top.rows.contains($0) })
    }
  }

  @Test("bills that may be one are marked, and nobody without a role has any waiting")
  func hints() throws {
    let first = try fixture.create(100, reference: "A-1")
    let twin = try fixture.create(100, reference: "a 01")
    let near = try fixture.create(100)
    let other = try fixture.create(999)
    let reader = try ListReader(store)
    let desk = try reader.bills(
      BillQuery(.all, limit: 10), asOf: BillFixture.today, for: "bob")
    #expect(desk.duplicates == [first, twin, near])
    #expect(!desk.duplicates.contains(other))
    _ = try store.perform(BillRequest(.submit), on: other, by: "ann")
    func waiting() throws -> Int? {
      try reader.bills(BillQuery(.waiting), asOf: BillFixture.today, for: "bob").waiting
    }
    #expect(try waiting() == 1)
    _ = try store.add(User(name: "ann", role: .admin), by: "ann")
    #expect(try waiting() == 0)
  }
}
