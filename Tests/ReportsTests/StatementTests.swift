import Domain
import Testing

@testable import Reports

@Suite("Statements")
struct StatementTests {
  // MARK: Owner statement

  @Test("an owner statement says every step of the money and of the draw")
  func ownerStatement() throws {
    var books = SmallBooks.july()
    let scope = books.scope(properties: [0])
    let month = try #require(CalendarMonth("2026-07"))
    let draws = DrawCalculation(scope.ledger, start: month).rows(months: month...month)
    let report = OwnerStatement.report(scope, owner: 0, draws: draws)
    #expect(
      report.outline == [
        "Your draw | 420.00",
        "Your share of the net operating income | 420.00",
        "Elm",
        "    4000 Rent | 900.00",
        "  Revenue | 900.00",
        "    6100 Repairs | 200.00",
        "  Operating expenses | 200.00",
        "  Net operating income, cash basis | 700.00",
        "  Your share of the net operating income (60 %) | 420.00",
        "  The owners' money, as it moved",
        "    At the beginning | 500.00",
        "    Net operating income | 700.00",
        "    7000 Interest | -10.00",
        "    Paid out to owners | -50.00",
        "  At the end | 1140.00",
        "  Held besides for tenants and others, not yours | 1025.00",
        "  Draw of July 2026",
        "    Net operating income, cash basis | 700.00",
        "    The income gives | 700.00",
        "    Owners' cash at the end, less draws not paid yet | 1140.00",
        "    Kept as reserve | -100.00",
        "    Held for unpaid bills | -100.01",
        "    Held until it is at the bank | -25.00",
        "    The cash allows | 914.99",
        "  Draw of all owners | 700.00",
        "  Your draw | 420.00",
      ])
    #expect(report.notes == [])
    #expect(report.letterhead == "Hill & Co" && report.scope.first == "For Ann")
    let draw = try #require(report.rows.first { $0.cells[0] == .text("The cash allows") })
    #expect(draw.reference.ids.map(\.name) == ["property_id", "owner_id"])
    #expect(draw.reference.period == SmallBooks.period)
  }

  @Test("in the accrual basis what has not moved stands on a line of its own")
  func accrualStatement() throws {
    var books = SmallBooks.july()
    let report = OwnerStatement.report(
      books.scope(basis: .accrual, properties: [0]), owner: 0, draws: [])
    #expect(report.amount("Net operating income, accrual basis") == Money("699.99"))
    #expect(
      report.amount("Charged or billed, not moved yet; and moved for before") == Money("0.01"))
    #expect(report.amount("At the end") == Money("1140.00"))
    #expect(report.scope.contains { $0.contains("accrual basis") })
  }

  @Test("movements that do not add up to what the accounts hold are told")
  func unbalanced() throws {
    var books = SmallBooks.july()
    books.post("Check", "2026-07-30", basis: nil, [(.bank, -700)])
    let report = OwnerStatement.report(books.scope(properties: [0]), owner: 0, draws: [])
    #expect(report.notes.contains { $0.contains("7.00 less") })
  }

  // MARK: The other statements

  @Test("the income statement compares with the months before, and the amounts foot")
  func incomeStatement() throws {
    var books = SmallBooks.july()
    let report = IncomeStatement.report(books.scope(), comparedWith: .previous)
    #expect(
      report.outline == [
        "Revenue", "  4000 Rent | 900.00 | 0.00 | 900.00", "Total revenue | 900.00 | 0.00 | 900.00",
        "Operating expenses", "  6100 Repairs | 200.00 | 0.00 | 200.00",
        "Total operating expenses | 200.00 | 0.00 | 200.00",
        "Net operating income | 700.00 | 0.00 | 700.00", "Non-operating income",
        "Total non-operating income | 0.00 | 0.00 | 0.00", "Non-operating expenses",
        "  7000 Interest | 10.00 | 0.00 | 10.00",
        "Total non-operating expenses | 10.00 | 0.00 | 10.00",
        "Net income | 690.00 | 0.00 | 690.00",
      ])
    #expect(report.columns.map(\.key) == ["account", "amount", "compared", "change"])
  }

  @Test("the trial balance names each account by its id, and both sides are equal")
  func trialBalance() throws {
    var books = SmallBooks.july()
    let report = TrialBalance.report(books.scope())
    #expect(report.notes == [])
    let bank = try #require(report.rows.first { $0.cells[0] == .text("1000 Trust") })
    #expect(bank.reference.account == "101" && bank.cells[2] == .money(Money(minorUnits: 214_000)))
    #expect(report.outline.last == "Total | 2425.00 | 2425.00")
  }

  @Test("cash flow explains all of the change in cash")
  func cashFlow() throws {
    var books = SmallBooks.july()
    let report = CashFlow.report(books.scope())
    #expect(report.amount("Cash at the beginning") == Money("1500.00"))
    #expect(report.amount("Change in cash") == Money("665.00"))
    #expect(report.amount("Cash at the end") == Money("2165.00"))
    #expect(report.amount("Net of money held for others") == Money("25.00"))
    #expect(report.notes == [])
  }

  @Test("the rent roll and the delinquency say what a lease owes and has paid ahead")
  func tenants() throws {
    var books = SmallBooks.july()
    let scope = books.scope()
    let facts = StatementFacts(units: [
      RentalUnit(id: "11", property: 0, name: "A", marketRent: Money("1100.00")),
      RentalUnit(id: "12", property: 0, name: "B", marketRent: Money("900.00")),
    ])
    let roll = RentRoll.report(scope, facts)
    #expect(roll.outline.contains("  B | vacant | 900.00"))
    #expect(roll.outline.last == "All properties | 1000.00 | 2000.00 | 1000.00 | 100.00 | 25.00")
    #expect(roll.notes == ["1 of 2 units are let."])
    let late = Delinquency.report(scope)
    let row = try #require(late.rows.first { $0.kind == .line })
    #expect(row.reference.lease == "501" && row.reference.unit == "11")
    #expect(late.columns.map(\.key).contains("days_31_60"))
  }

  @Test("AP aging counts approved bills only, and says how far the books are from it")
  func payables() throws {
    var books = SmallBooks.july()
    books.builder.bills.append(
      LedgerBill(
        buildiumID: 901, localID: "b2", day: SmallBooks.period.from, due: nil,
        amounts: [0: Money(minorUnits: 4_000)], isApproved: false))
    let report = PayablesAging.report(
      books.scope(),
      StatementFacts(parties: [BillParty(billID: "b1", vendor: "Fix", reference: "F-1")]))
    #expect(
      report.outline == [
        "Fix", "  900 F-1 | Elm | 2026-07-10 | 100.01 | 100.01",
        "Total Fix | 100.01 | 0.00 | 100.01 | 0.00 | 0.00 | 0.00",
        "Total | 100.01 | 0.00 | 100.01 | 0.00 | 0.00 | 0.00",
      ])
    #expect(report.rows[1].reference.bill == "900")
    #expect(report.notes.first == "1 bill is not approved and not counted: 40.00.")
    // The check of 200.00 settled the bill in the accrual book too, the draw and its like did not.
    #expect(report.notes.count == 2)
    #expect(report.notes[1].hasPrefix("Accounts payable in the books is 50.01"))
  }

  @Test("the budget sets what was expected beside what came, account by account")
  func budget() throws {
    var books = SmallBooks.july()
    for (day, amount) in [("2026-04-10", 10_000), ("2026-05-10", 5_000), ("2026-06-10", 5_001)] {
      books.post(
        "Check", day, basis: nil, [(.repairs, Int64(amount)), (.bank, -Int64(amount))])
    }
    let report = BudgetStatement.report(books.scope())
    #expect(
      report.outline == [
        "Revenue", "  Rent | 1000.00 | 900.00 | -100.00 | 90",
        "Total revenue | 1000.00 | 900.00 | -100.00 | 90",
        "Operating expenses", "  6100 Repairs | 66.67 | 200.00 | 133.33 | 300",
        "Total operating expenses | 66.67 | 200.00 | 133.33 | 300",
        "Net operating income | 933.33 | 700.00 | -233.33 | 75",
      ])
    #expect(report.notes.count > 2 && report.rows[1].reference.account == "3")
  }

  // MARK: Footing

  @Test("in every statement the lines of random books add up to their sums")
  func footing() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(state: seed)
    for round in 0..<20 {
      var books = SmallBooks()
      let accounts = SmallBooks.Account.allCases
      for _ in 0..<60 {
        let amount = Int64.random(in: -99_999...99_999, using: &random)
        let day = SmallBooks.period.from.adding(days: Int.random(in: -40...30, using: &random))
        let (first, second) = (
          accounts.randomElement(using: &random) ?? .bank,
          accounts.randomElement(using: &random) ?? .rent
        )
        books.post(
          "GeneralJournalEntry", day.description,
          lease: Bool.random(using: &random) ? 0 : nil, basis: nil,
          property: Int32.random(in: -1...1, using: &random), [(first, amount), (second, -amount)])
      }
      let scope = books.scope()
      let facts = StatementFacts()
      let where_ = "seed \(seed), round \(round)"
      // Balanced books are proved by the beneficiaries, and leave every statement without a note of
      // a difference.
      let proof = ThreeWay.report(scope, facts, statements: [:], today: .distantFuture)
      #expect(proof.amount("Books less beneficiaries") == .zero, "\(where_)")
      let trial = TrialBalance.report(scope)
      #expect(trial.notes == [], "\(where_)")
      let flow = CashFlow.report(scope)
      #expect(flow.notes == [], "\(where_)")
      for report in [trial, flow, PayablesAging.report(scope, facts), Delinquency.report(scope)] {
        check(report, where_)
      }
      for property in [0, 1] {
        let statement = OwnerStatement.report(
          books.scope(properties: [property]), owner: 0, draws: [])
        #expect(statement.notes == [], "\(where_)")
      }
    }
  }

  /// Every subtotal is the sum of the lines since its heading.
  private func check(_ report: Report, _ place: String) {
    for (index, column) in report.columns.enumerated() where column.kind == .money {
      var sum = Money.zero
      for row in report.rows {
        guard case .money(let amount) = row.cells[index] else {
          if row.kind == .section { sum = .zero }
          continue
        }
        if row.kind == .line { sum += amount }
        if row.kind == .subtotal {
          #expect(amount == sum, "\(report.name), \(column.title): \(place)")
        }
      }
    }
  }
}

/// Numbers from a seed, the same for the same one.
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension CalendarDate {
  static let distantFuture = CalendarDate(daysSince1970: 2_932_896)
}
