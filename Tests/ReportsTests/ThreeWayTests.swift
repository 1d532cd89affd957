import Domain
import Testing

@testable import Reports

@Suite("Three-way reconciliation")
struct ThreeWayTests {
  private static let bank = SmallBooks.Account.bank.rawValue
  private static let later = CalendarDate.distantFuture

  private func report(
    _ books: SmallBooks, _ facts: StatementFacts = StatementFacts(), statement: String? = nil,
    today: CalendarDate = later
  ) -> Report {
    var books = books
    return ThreeWay.report(
      books.scope(), facts,
      statements: statement.flatMap { Money($0) }.map { [Self.bank: $0] } ?? [:], today: today)
  }

  @Test("bank, books and beneficiaries that agree leave no difference and no note")
  func agreeing() throws {
    var books = SmallBooks.july()
    let check = books.post("Check", "2026-07-31", [(.repairs, 300), (.bank, -300)])
    // The check is not paid in yet; what came before it was settled.
    let facts = StatementFacts(register: ["\(check)": false])
    let report = report(books, facts, statement: "2140.00")
    #expect(report.amount("Outstanding checks") == Money("-3.00"))
    #expect(report.amount("Deposits in transit") == .zero)
    #expect(report.amount("Adjusted balance of the bank") == Money("2137.00"))
    #expect(report.amount("Banks less books") == .zero)
    #expect(report.amount("Books less beneficiaries") == .zero)
    #expect(report.amount("Deposit of Zoë Maß, A") == Money("1000.00"))
    #expect(report.amount("Rent paid ahead by Zoë Maß, A") == Money("25.00"))
    #expect(report.notes == [])
  }

  @Test("a statement that differs from the books by a cent is found")
  func bankDiffers() throws {
    let report = report(SmallBooks.july(), statement: "2140.01")
    #expect(report.amount("Banks less books") == Money("0.01"))
    #expect(report.notes.contains { $0.contains("the bank has 0.01 more than the books") })
  }

  @Test("without a statement the bank's side is left open, and a note says how to give it")
  func noStatement() throws {
    let report = report(SmallBooks.july())
    #expect(report.amount("Banks less books") == nil)
    #expect(report.notes.contains { $0.contains("--statement-balance 101=AMOUNT") })
  }

  @Test("Buildium's balance is of today, so a period that is over is not compared with it")
  func buildiumBalance() throws {
    let facts = StatementFacts(
      banks: [BankBalance(name: "Trust", account: Self.bank, balance: Money("1.00"))])
    let title = "For comparison: Buildium's balance today"
    #expect(report(SmallBooks.july(), facts).amount(title) == nil)
    let current = report(SmallBooks.july(), facts, today: SmallBooks.period.to)
    #expect(current.amount(title) == Money("1.00"))
    #expect(current.notes.contains { $0.contains("2139.00 less") })
  }

  @Test("the company's own money in the account makes no difference")
  func companyMoney() throws {
    var books = SmallBooks.july()
    books.post(
      "GeneralJournalEntry", "2026-07-15", basis: nil, property: LedgerSnapshot.company,
      [(.bank, 7_700), (.fees, -7_700)])
    let report = report(books, statement: "2217.00")
    #expect(report.amount("Less the company's own money") == Money("-77.00"))
    #expect(report.amount("Banks less books") == .zero)
    #expect(report.amount("Books less beneficiaries") == .zero)
  }

  @Test("money of nobody, planted in the books, is found on the beneficiaries' side")
  func planted() throws {
    var unknown = SmallBooks.july()
    unknown.post(
      "GeneralJournalEntry", "2026-07-15", basis: nil, property: LedgerSnapshot.unassigned,
      [(.bank, 1_234), (.rent, -1_234)])
    #expect(report(unknown).amount("Books less beneficiaries") == Money("12.34"))
    var torn = SmallBooks.july()
    torn.post("Check", "2026-07-15", basis: nil, [(.bank, -1)])
    let found = report(torn)
    #expect(found.amount("Books less beneficiaries") == Money("-0.01"))
    #expect(found.notes.contains { $0.contains("0.01 less than is owed") })
  }

  @Test("a beneficiary below zero, and a deposit no lease is named for, are told")
  func beneficiaries() throws {
    var books = SmallBooks.july()
    books.post("Check", "2026-07-29", property: 1, [(.repairs, 5_000), (.bank, -5_000)])
    books.post(
      "GeneralJournalEntry", "2026-07-29", basis: nil, property: 1,
      [(.bank, 4_000), (.deposits, -4_000)])
    let report = report(books)
    #expect(report.amount("Books less beneficiaries") == .zero)
    #expect(report.notes.contains { $0.contains("Oak, Owners") && $0.contains("-50.00") })
    #expect(report.notes.contains { $0.contains("Oak 40.00") })
  }
}
