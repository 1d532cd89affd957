import Domain

@testable import Reports

/// Books small enough to add up by hand: two properties, two owners, one lease, July 2026.
struct SmallBooks {
  enum Account: Int, CaseIterable {
    case rent, repairs, interest, bank, undeposited, receivable, payable, deposits, prepaid, draw
    case contribution, fees
  }

  static let period = Period(
    from: CalendarDate("2026-07-01") ?? .distantPast, to: CalendarDate("2026-07-31") ?? .distantPast
  )

  private static let chart: [LedgerAccount] = [
    .init(buildiumID: 3, number: "4000", name: "Rent", type: "Income", subType: "Income"),
    .init(
      buildiumID: 11, number: "6100", name: "Repairs", type: "Expense", subType: "OperatingExpenses"
    ),
    .init(
      buildiumID: 30, number: "7000", name: "Interest", type: "Expense",
      subType: "NonOperatingExpenses"),
    .init(
      buildiumID: 101, number: "1000", name: "Trust", type: "Asset", subType: "CurrentAsset",
      isBank: true),
    .init(buildiumID: 2, name: "Undeposited Funds", type: "Asset", subType: "CurrentAsset"),
    .init(buildiumID: 1, name: "Accounts Receivable", type: "Asset", subType: "CurrentAsset"),
    .init(buildiumID: 6, name: "Accounts Payable", type: "Liability", subType: "CurrentLiability"),
    .init(
      buildiumID: 5, number: "2100", name: "Security Deposit Liability", type: "Liability",
      subType: "CurrentLiability"),
    .init(
      buildiumID: 7, number: "2150", name: "Prepayments", type: "Liability",
      subType: "CurrentLiability"),
    .init(buildiumID: 9, number: "3200", name: "Owner Draw", type: "Equity", subType: "Equity"),
    .init(
      buildiumID: 8, number: "3100", name: "Owner Contribution", type: "Equity", subType: "Equity"),
    .init(
      buildiumID: 26, number: "4950", name: "Fee Income", type: "Income", subType: "Income"),
  ]

  var builder: LedgerBuilder
  private var nextID: Int64 = 1000

  /// - Parameter change: what is agreed otherwise with Elm's owners.
  init(_ change: (inout LedgerProperty) -> Void = { _ in }) {
    let owners = [
      LedgerOwner(buildiumID: 71, localID: "", name: "Ann"),
      LedgerOwner(buildiumID: 72, localID: "", name: "Bob"),
    ]
    var elm = LedgerProperty(buildiumID: 1, localID: "", name: "Elm")
    var oak = LedgerProperty(buildiumID: 2, localID: "", name: "Oak")
    func share(_ owner: Int, _ percent: Int64) -> OwnerShare {
      let part = Percent(units: percent * Percent.unitsPerPercent)
      return OwnerShare(
        owner: owner, ownership: part, disbursement: part, from: .distantPast, to: nil)
    }
    elm.shares = [share(0, 60), share(1, 40)]
    oak.shares = [share(0, 100)]
    for place in [0, 1] {
      let policy = DrawPolicy(
        from: .distantPast, reserveTarget: Money(minorUnits: 10_000), percent: .whole,
        holdsUnpaidBills: true, holdsUndeposited: true, carriesForwardLoss: true, fee: nil)
      if place == 0 { elm.policies = [policy] } else { oak.policies = [policy] }
    }
    change(&elm)
    builder = LedgerBuilder(accounts: Self.chart, properties: [elm, oak], owners: owners)
    builder.leases = [
      LedgerLease(
        buildiumID: 501, localID: "", property: 0, unitID: "11", unitName: "A",
        tenants: ["Zoë Maß"], start: CalendarDate("2026-01-01"), end: nil, status: "Active",
        rent: Money(minorUnits: 100_000), deposit: Money(minorUnits: 100_000))
    ]
  }

  /// Books with a month in them.
  static func july(_ change: (inout LedgerProperty) -> Void = { _ in }) -> SmallBooks {
    var books = SmallBooks(change)
    books.post("GeneralJournalEntry", "2026-06-30", [(.bank, 50_000), (.contribution, -50_000)])
    books.post(
      "Payment", "2026-06-30", lease: 0, basis: nil, [(.bank, 100_000), (.deposits, -100_000)])
    books.post(
      "Charge", "2026-07-01", lease: 0, basis: .accrual,
      [(.receivable, 100_000), (.rent, -100_000)])
    books.post("Payment", "2026-07-03", lease: 0, [(.bank, 90_000), (.rent, -90_000)])
    books.post("Bill", "2026-07-05", basis: .accrual, [(.repairs, 30_001), (.payable, -30_001)])
    books.post("Check", "2026-07-20", [(.repairs, 20_000), (.bank, -20_000)])
    books.post("Check", "2026-07-21", [(.draw, 5_000), (.bank, -5_000)])
    books.post("Check", "2026-07-22", basis: nil, [(.interest, 1_000), (.bank, -1_000)])
    books.post(
      "Payment", "2026-07-28", lease: 0, basis: nil, [(.undeposited, 2_500), (.prepaid, -2_500)])
    books.builder.bills = [
      LedgerBill(
        buildiumID: 900, localID: "b1", day: CalendarDate("2026-07-05") ?? .distantPast,
        due: CalendarDate("2026-07-10"), amounts: [0: Money(minorUnits: 30_001)], isApproved: true,
        settlements: [
          .init(
            property: 0, day: CalendarDate("2026-07-20") ?? .distantPast,
            amount: Money(minorUnits: 20_000))
        ])
    ]
    return books
  }

  /// Adds a transaction of Elm; its number.
  ///
  /// - Parameter basis: nil for both.
  @discardableResult
  mutating func post(
    _ type: String, _ day: String, lease: Int? = nil, basis: Basis? = .cash, property: Int32 = 0,
    _ lines: [(Account, Int64)]
  ) -> Int64 {
    nextID += 1
    let number = builder.addTransaction(
      type: type, day: CalendarDate(day) ?? .distantPast, buildiumID: nextID, lease: lease)
    for (account, debit) in lines {
      for one in Basis.allCases where basis == nil || basis == one {
        builder.addLine(
          number, account: account.rawValue, property: property, debit: debit, isCash: one == .cash)
      }
    }
    return nextID
  }

  /// What the tests look at.
  mutating func scope(basis: Basis = .cash, properties: [Int]? = nil) -> StatementScope {
    StatementScope(
      builder.finish(), properties: properties, period: Self.period, basis: basis,
      portfolio: "Hill & Co")
  }
}

extension Report {
  /// The amount in the last cell of the row of a title.
  func amount(_ title: String) -> Money? {
    for row in rows where row.cells.first == .text(title) {
      for case .money(let amount) in row.cells.reversed() { return amount }
    }
    return nil
  }

  /// Rows as text: title, then amounts.
  var outline: [String] {
    rows.map { row in
      let cells = row.cells.compactMap { cell -> String? in
        switch cell {
        case .none: nil
        case .text(let text): text
        case .money(let amount): amount.description
        case .date(let date): date.description
        case .percent(let percent): percent.description
        case .count(let count): "\(count)"
        }
      }
      return String(repeating: "  ", count: row.depth) + cells.joined(separator: " | ")
    }
  }
}
