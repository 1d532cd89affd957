import Domain
import Testing

@testable import Reports

/// Elm earns 1,000.00 in July and has 1,500.00, of which 100.00 stay; half of the income is paid out by
/// shares, so Ann gets 300.00 of 500.00, Bob 200.00, and 900.00 are left for rules.
@Suite("Rules for owners") struct DrawRuleTests {
  private static func row(_ rules: [DrawRule]) throws -> DrawRow {
    var books = SmallBooks { elm in
      elm.policies[0].percent = Percent(units: 50 * Percent.unitsPerPercent)
      elm.rules = rules
    }
    books.post("GeneralJournalEntry", "2026-06-30", [(.bank, 50_000), (.contribution, -50_000)])
    books.post("Payment", "2026-07-03", lease: 0, [(.bank, 100_000), (.rent, -100_000)])
    let month = try #require(CalendarMonth("2026-07"))
    let rows = DrawCalculation(books.builder.finish()).rows(months: month...month, properties: [0])
    return try #require(rows.first)
  }

  private static func rule(
    _ kind: DrawRule.Kind, _ owner: Int, _ amount: Int64 = 0, percent: Int64 = 100
  ) -> DrawRule {
    DrawRule(
      id: "\(kind.rawValue) \(owner)", kind: kind, owner: owner, priority: 0,
      amount: Money(minorUnits: amount * 100),
      percent: Percent(units: percent * Percent.unitsPerPercent),
      from: SmallBooks.period.from, reason: "agreed")
  }

  private static let ann = 0
  private static let bob = 1

  struct Case: Sendable, CustomTestStringConvertible {
    var what: String
    var rules: [DrawRule]
    /// Ann's and Bob's part.
    var owners: [String]
    /// What each rule asked for and got.
    var outcomes: [String]
    var testDescription: String { what }
  }

  static let cases: [Case] = [
    Case(what: "none", rules: [], owners: ["300.00", "200.00"], outcomes: []),
    Case(
      what: "a fixed amount on top", rules: [rule(.fixed, ann, 100)],
      owners: ["400.00", "200.00"], outcomes: ["100.00 100.00"]),
    Case(
      what: "no more than is left", rules: [rule(.fixed, ann, 2000)],
      owners: ["1200.00", "200.00"], outcomes: ["2000.00 900.00 900.00 was left"]),
    Case(
      what: "a part of the owner's part of the income",
      rules: [rule(.percentOfNOI, bob, percent: 10)], owners: ["300.00", "240.00"],
      outcomes: ["40.00 40.00"]),
    Case(
      what: "all that is left", rules: [rule(.residual, bob)], owners: ["300.00", "1100.00"],
      outcomes: ["900.00 900.00"]),
    Case(
      what: "up to an amount", rules: [rule(.minimum, bob, 350)], owners: ["300.00", "350.00"],
      outcomes: ["150.00 150.00"]),
    Case(
      what: "not above an amount", rules: [rule(.maximum, ann, 250)],
      owners: ["250.00", "200.00"], outcomes: ["250.00 50.00"]),
    Case(
      what: "nothing in a dispute", rules: [rule(.hold, bob)], owners: ["300.00", "0.00"],
      outcomes: ["200.00 200.00"]),
    Case(
      what: "kept back before anything is paid",
      rules: [rule(.reserveContribution, ann, 1000)], owners: ["240.00", "160.00"],
      outcomes: ["1000.00 1000.00"]),
    Case(
      what: "the first rule is served first",
      rules: [rule(.fixed, ann, 800), rule(.fixed, bob, 300)],
      owners: ["1100.00", "300.00"], outcomes: ["800.00 800.00", "300.00 100.00 100.00 was left"]),
    Case(
      what: "and the other way round",
      rules: [rule(.fixed, bob, 300), rule(.fixed, ann, 800)],
      owners: ["900.00", "500.00"], outcomes: ["300.00 300.00", "800.00 600.00 600.00 was left"]),
    Case(
      what: "what a maximum frees goes to the next",
      rules: [rule(.maximum, ann, 250), rule(.residual, bob)],
      owners: ["250.00", "1150.00"], outcomes: ["250.00 50.00", "950.00 950.00"]),
    Case(
      what: "what a later rule would pay to whom is held is held too",
      rules: [rule(.hold, bob), rule(.fixed, bob, 100), rule(.residual, ann)],
      owners: ["1100.00", "0.00"],
      outcomes: ["200.00 200.00", "100.00 0.00 100.00 is held", "800.00 800.00"]),
  ]

  @Test(
    "each kind asks, gets and says why it got less, from one sum that all share", arguments: cases)
  func kinds(_ one: Case) throws {
    let row = try Self.row(one.rules)
    #expect(row.cap == Money("1400.00") && row.calculated == Money("500.00"))
    #expect(row.owners.map(\.amount.description) == one.owners)
    #expect(
      row.rules.filter { !$0.rule.isEmpty }.map { outcome in
        let why = outcome.reason.replacing("agreed; ", with: "").replacing("agreed", with: "")
        return "\(outcome.ask) \(outcome.grant)" + (why.isEmpty ? "" : " \(why)")
      } == one.outcomes)
    let sum = row.owners.reduce(Money.zero) { $0 + $1.amount }
    #expect(row.draw == sum && row.draw <= row.cap)
  }

  @Test("what is held is told, and the order of rules that ask for all decides") func held() throws
  {
    let row = try Self.row([Self.rule(.hold, Self.bob), Self.rule(.fixed, Self.bob, 100)])
    #expect(row.owners.map(\.held) == [.zero, Money("300.00")])
    #expect(row.reasons.contains("300.00 is held for Bob."))
  }
}
