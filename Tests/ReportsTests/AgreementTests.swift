import Domain
import Testing

@testable import Reports

@Suite("What is agreed with owners") struct AgreementTests {
  private static let july = CalendarMonth("2026-07") ?? CalendarMonth(containing: .distantPast)

  private static func day(_ text: String) -> CalendarDate { CalendarDate(text) ?? .distantPast }

  /// Elm is Ann's until a day and Bob's from then on.
  private static func sold(
    _ policy: OwnershipChangeRule, on day: String, from: String = "0001-01-01",
    _ postings: [(day: String, income: Int64)]
  ) -> LedgerSnapshot {
    let whole = Percent.whole
    var books = SmallBooks { elm in
      elm.shares = [
        OwnerShare(
          owner: 0, ownership: whole, disbursement: whole, from: .distantPast,
          to: Self.day(day).adding(days: -1)),
        OwnerShare(owner: 1, ownership: whole, disbursement: whole, from: Self.day(day), to: nil),
      ]
      elm.policies[0].reserveTarget = .zero
      var changed = elm.policies[0]
      changed.from = Self.day(from)
      changed.ownershipChange = policy
      if changed.from == .distantPast { elm.policies = [] }
      elm.policies.append(changed)
    }
    for posting in postings {
      books.post(
        "Payment", posting.day, [(.bank, posting.income), (.rent, -posting.income)])
    }
    return books.builder.finish()
  }

  private static func parts(_ ledger: LedgerSnapshot, _ basis: Basis = .cash) -> [String] {
    let rows = ledger.noi(months: [july], basis: basis, properties: [0])
    return ledger.ownerNOI(of: rows).rows.map {
      "\(ledger.owners[$0.owner].name) \($0.period.from) \($0.noi)"
    }
  }

  @Test(
    "a month with a sale is divided by the day of each posting, or by days where that is agreed",
    arguments: [
      // 3,100.00 over 31 days: 15 days of Ann's, 16 of Bob's.
      ("2026-07-16", OwnershipChangeRule.transactionDate, ["340000", "-30000"]),
      ("2026-07-16", .daily, ["150000", "160000"]),
      // One day of 31, and 30.
      ("2026-07-02", .daily, ["10000", "300000"]),
      ("2026-07-31", .daily, ["300000", "10000"]),
    ])
  func sale(_ day: String, _ policy: OwnershipChangeRule, _ wanted: [String]) {
    let ledger = Self.sold(
      policy, on: day, [("2026-07-01", 340_000), ("2026-07-31", -30_000)])
    let names = ["Ann 2026-07-01", "Bob \(day)"]
    let amounts = wanted.map { Money(minorUnits: Int64($0) ?? 0).description }
    #expect(Self.parts(ledger) == zip(names, amounts).map { "\($0) \($1)" })
  }

  @Test("the cents of a division by days go to the largest fraction, and nothing is lost")
  func cents() {
    // 1,000.00 × 15/31 = 483.870…, × 16/31 = 516.129….
    let ledger = Self.sold(.daily, on: "2026-07-16", [("2026-07-03", 100_000)])
    #expect(Self.parts(ledger) == ["Ann 2026-07-01 483.87", "Bob 2026-07-16 516.13"])
    // A loss likewise, by its magnitude.
    let loss = Self.sold(.daily, on: "2026-07-16", [("2026-07-30", -100_000)])
    #expect(Self.parts(loss) == ["Ann 2026-07-01 -483.87", "Bob 2026-07-16 -516.13"])
    for seed in UInt64(1)...50 {
      var random = SeededNumbers(state: seed)
      let amounts = (0..<4).map { _ in Int64.random(in: -90_000...90_000, using: &random) }
      let days = ["2026-07-01", "2026-07-09", "2026-07-20", "2026-07-31"]
      let ledger = Self.sold(
        .daily, on: "2026-07-\(Int.random(in: 10...30, using: &random))",
        zip(days, amounts).map { ($0, $1) })
      let rows = ledger.noi(months: [Self.july], basis: .cash, properties: [0])
      let sum = ledger.ownerNOI(of: rows).rows.reduce(Money.zero) { $0 + $1.noi }
      #expect(sum.minorUnits == amounts.reduce(0, +), "seed \(seed): \(amounts)")
    }
  }

  @Test("the draws of such a month follow the days, say so, and stay within the cash")
  func draws() {
    let ledger = Self.sold(
      .daily, on: "2026-07-16", [("2026-07-01", 340_000), ("2026-07-31", -30_000)])
    let rows = DrawCalculation(ledger).rows(months: Self.july...Self.july, properties: [0])
    #expect(rows.map(\.noi.description) == ["1500.00", "1600.00"])
    #expect(rows.map(\.draw.description) == ["1500.00", "1600.00"])
    #expect(rows[0].reasons.contains { $0.contains("divided by days, 15 of 31") })
  }

  @Test("what one owner bears alone stays there; a policy counts from its first day")
  func edges() {
    // Agreed on only after the sale: the postings keep their days.
    let late = Self.sold(
      .daily, on: "2026-07-16", from: "2026-07-20",
      [("2026-07-01", 340_000), ("2026-07-31", -30_000)])
    #expect(Self.parts(late).first == "Ann 2026-07-01 3400.00")
    // Without a sale nothing is divided by days, although a rule cuts the month.
    var books = SmallBooks { elm in
      elm.policies[0].ownershipChange = .daily
      elm.rules = [
        DrawRule(id: "r", kind: .fixed, owner: 0, priority: 0, from: Self.day("2026-07-16"))
      ]
    }
    books.post("Payment", "2026-07-01", [(.bank, 100_000), (.rent, -100_000)])
    let ledger = books.builder.finish()
    #expect(
      Self.parts(ledger) == [
        "Ann 2026-07-01 600.00", "Bob 2026-07-01 400.00", "Ann 2026-07-16 0.00",
        "Bob 2026-07-16 0.00",
      ])
  }

  // MARK: Fees

  private static func fee(_ change: (inout FeePolicy) -> Void) -> ManagementFeeRow? {
    var policy = FeePolicy(
      type: "percent", percent: Percent("8"), minimum: nil, flat: nil, baseAccounts: [])
    change(&policy)
    var books = SmallBooks.july { elm in
      elm.unitCount = 4
      elm.policies[0].fee = policy
    }
    // A fee to the tenant beside the rent.
    books.post("Payment", "2026-07-09", [(.bank, 5_000), (.fees, -5_000)])
    return books.builder.finish().managementFees(july).first { $0.property == 0 }
  }

  @Test("a fee is of what its policy names") func bases() {
    func amount(_ base: FeePolicy.Base) -> String? {
      Self.fee { $0.base = base }.map { "\($0.base) \($0.fee)" }
    }
    // 900.00 of rent and 50.00 of fees came in; 1,000.00 of rent was charged and is scheduled.
    #expect(amount(.collected) == "950.00 76.00")
    #expect(amount(.collectedRent) == "900.00 72.00")
    #expect(amount(.billed) == "1000.00 80.00")
    #expect(amount(.scheduledRent) == "1000.00 80.00")
    #expect(amount(.grossReceipts) == "950.00 76.00")
    let listed = Self.fee { $0.baseAccounts = [26] }
    #expect(listed?.fee == Money("4.00"))
  }

  @Test("a fee may be fixed, for each unit, at least so much, or of slices") func kinds() {
    #expect(
      Self.fee { ($0.type, $0.flat) = ("flat", Money("25.00")) }?.fee == Money("25.00"))
    #expect(
      Self.fee { ($0.type, $0.flat, $0.isPerUnit) = ("flat", Money("25.00"), true) }?.fee
        == Money("100.00"))
    #expect(
      Self.fee { ($0.type, $0.minimum) = ("percent_min", Money("80.00")) }?.fee == Money("80.00"))
    let tiers = [
      FeePolicy.Tier(upTo: Money("500.00"), percent: Percent("10") ?? .whole),
      FeePolicy.Tier(upTo: nil, percent: Percent("6") ?? .whole),
    ]
    // 500.00 × 10 % + 450.00 × 6 %.
    #expect(Self.fee { ($0.type, $0.tiers) = ("tiered", tiers) }?.fee == Money("77.00"))
    #expect(
      Self.fee { ($0.type, $0.tiers, $0.minimum) = ("tiered", tiers, Money("90.00")) }?.fee
        == Money("90.00"))
  }

  @Test("a policy of fees comes back from its document as it went in") func documents() {
    var policy = FeePolicy(
      type: "tiered", percent: nil, minimum: Money("50.00"), flat: nil, baseAccounts: [3, 26])
    policy.base = .billed
    policy.isPerUnit = true
    policy.tiers = [
      .init(upTo: Money("10.00"), percent: .whole), .init(upTo: nil, percent: .whole),
    ]
    #expect(FeePolicy(policy.json) == policy)
    #expect(FeePolicy(["percent": "8"]) == nil)
  }

  // MARK: Plans

  @Test("a plan stands beside what came, account by account, and adds up to the NOI") func plan() {
    var books = SmallBooks.july()
    var scope = books.scope()
    var ledger = scope.ledger
    ledger.plan.readAt = Instant("2026-07-01T08:00:00Z")
    ledger.plan.rows = [
      .init(property: 0, account: 0, day: Self.day("2026-07-01"), amount: Money(minorUnits: 95000)),
      .init(property: 0, account: 1, day: Self.day("2026-07-10"), amount: Money(minorUnits: 15000)),
      .init(property: 0, account: 11, day: Self.day("2026-07-31"), amount: Money(minorUnits: 2000)),
      .init(property: 0, account: 0, day: Self.day("2026-08-01"), amount: Money(minorUnits: 99900)),
    ]
    #expect(ledger.plannedNOI(property: 0, period: SmallBooks.period) == Money("820.00"))
    #expect(ledger.plannedNOI(property: 1, period: SmallBooks.period) == .zero)
    scope = StatementScope(
      ledger, properties: nil, period: SmallBooks.period, basis: .cash, portfolio: "Hill & Co")
    let report = BudgetStatement.planReport(scope)
    let outline = report.outline
    #expect(outline.contains { $0.contains("4000 Rent | 950.00 | 900.00 | -50.00") })
    #expect(outline.contains { $0.contains("6100 Repairs | 150.00 | 200.00 | 50.00") })
    #expect(outline.contains { $0.contains("4950 Fee Income | 20.00 | 0.00 | -20.00") })
    #expect(outline.last?.contains("820.00 | 700.00 | -120.00") == true)
    #expect(report.notes.first?.contains("2026-07-01") == true)
  }
}
