import Domain
import Testing

@testable import Storage

@Suite("Payments of bills, tenants' money and the bank's statements")
struct BillPaymentTests {
  let fixture: BillFixture
  var store: Store { fixture.store }

  init() throws {
    fixture = try BillFixture()
    try fixture.fund("p", 100_000, held: 40_000)
    try fixture.fund("q", 100_000, held: 0)
  }

  private func pay(_ bills: String..., amount: Int64? = nil) throws -> BillPaymentOutcome {
    try store.payBills(
      bills, from: "b1", amount: amount.map { Money(minorUnits: $0) }, on: BillFixture.today,
      checkNumber: nil, by: "bob")
  }

  private func paid(_ bills: String..., amount: Int64? = nil) throws -> String {
    let outcome = try store.payBills(
      bills, from: "b1", amount: amount.map { Money(minorUnits: $0) }, on: BillFixture.today,
      checkNumber: nil, by: "bob")
    guard case .done(let id, _) = outcome else {
      Issue.record("\(outcome)")
      return ""
    }
    return id
  }

  private static func code(_ outcome: BillPaymentOutcome?) -> String? {
    if case .refused(let refusal) = outcome { refusal.code } else { nil }
  }

  // MARK: I8

  @Test("money held for tenants pays no bill, to the cent, by the rules and by the database")
  func trustMoney() throws {
    let bill = try fixture.approved(70_000)
    #expect(Self.code(try pay(bill, amount: 60_001)) == "trust_money")
    #expect(
      try store.auditEvents(subject: bill, limit: 99).last?.details?.contains("trust") == true)
    _ = try paid(bill, amount: 60_000)
    #expect(Self.code(try pay(bill, amount: 1)) == "trust_money")
    // By hand: a check of ours over money that is not there.
    try fixture.payment("raw", 1, property: "p")
    let raw = try fixture.test.refusal(
      of: "UPDATE transactions SET posting_state = 'posted' WHERE id = 'raw'")
    #expect(raw?.contains("held for tenants") == true, "\(raw ?? "taken")")
    // The other property's money is its own.
    let other = try fixture.approved(100, 100_000)
    #expect(Self.code(try pay(other)) == "trust_money")
    #expect(try store.payablesBalance(asOf: BillFixture.today)["p"] != nil)
  }

  @Test("what was not there on the payment's day is not there because it came later")
  func trustMoneyLater() throws {
    let bill = try fixture.approved(90_000)
    try fixture.fund("p", 100_000, held: 0, on: BillFixture.today.adding(days: 1))
    #expect(Self.code(try pay(bill)) == "trust_money")
    let later = try store.payBills(
      [bill], from: "b1", amount: nil, on: BillFixture.today.adding(days: 1), checkNumber: nil,
      by: "bob")
    #expect(Self.code(later) == nil)
  }

  @Test("a policy lets such a payment pass, with a warning that is on the record")
  func trustMoneyWarned() throws {
    let bill = try fixture.approved(90_000)
    #expect(try store.blocksTrustMoney())
    #expect(try store.setTrustMoney(blocks: false, by: "bob") == nil)
    let payment = try paid(bill)
    let event = try store.auditEvents(subject: payment, limit: 9).last
    #expect(event?.details?.contains("holds for its tenants") == true)
    #expect(try store.messages(limit: 1).first?.text.contains("held for tenants") == true)
    #expect(try store.check().isEmpty)
  }

  // MARK: I39

  @Test("a payment taken back is mirrored to the cent, and its bills are open again")
  func voidPayment() throws {
    let first = try fixture.approved(30_001, 20_000)
    let second = try fixture.approved(100)
    let payment = try paid(first, second)
    #expect(try fixture.row(first)?.status == .paid)
    let done = try store.voidPayment(payment, reason: "returned", by: "bob")
    guard case .done(let mirror, let amount) = done else {
      Issue.record("\(String(describing: done))")
      return
    }
    #expect(amount == Money(minorUnits: 50_101))
    for id in [first, second] {
      let row = try #require(try fixture.row(id))
      #expect(row.status == .due && row.remaining == row.total)
    }
    #expect(
      try fixture.test.rows(
        """
        SELECT 1 FROM transaction_lines WHERE transaction_id IN ('\(payment)', '\(mirror)')
        GROUP BY gl_account_id, property_id, is_cash_posting
        HAVING SUM(CASE posting_type WHEN 'Debit' THEN amount ELSE -amount END) <> 0
        """
      ).isEmpty)
    // Once, and nothing of it settles a bill any more.
    #expect(
      Self.code(try store.voidPayment(payment, reason: "again", by: "bob")) == "already_voided")
    #expect(Self.code(try store.voidPayment(mirror, reason: "r", by: "bob")) == "not_a_payment")
    #expect(
      try store.apply(source: payment, to: first, by: "bob")?.refusal?.code == "source_reversed")
    #expect(try store.auditEvents(subject: payment, limit: 9).map(\.action) == ["void", "void"])
    // And the bills can be paid anew.
    _ = try paid(first, second)
    #expect(try store.check().isEmpty && store.verifyAudit().findings.isEmpty)
  }

  @Test(
    "a payment is not taken back when it may not be",
    arguments: ["reconciled", "reason_missing", "before_payment", "period_closed", "role"])
  func voidRefused(_ code: String) throws {
    let bill = try fixture.approved(5_000)
    let payment = try paid(bill)
    var date: CalendarDate?
    switch code {
    case "reconciled": try fixture.reconcile(payment)
    case "before_payment": date = BillFixture.today.adding(days: -1)
    case "period_closed":
      date = BillFixture.today
      try store.set(BillSettings.closedThrough, to: BillFixture.today.description)
    case "role": _ = try store.add(User(name: "bob", role: .manager), by: "ann")
    default: break
    }
    let outcome = try store.voidPayment(
      payment, reason: code == "reason_missing" ? " " : "r", on: date, by: "bob")
    #expect(Self.code(outcome) == code)
    #expect(try store.auditEvents(subject: payment, limit: 9).last?.details?.contains(code) == true)
    #expect(try fixture.row(bill)?.status == .paid)
  }

  @Test("the database reverses nothing that settles a bill or that the bank has seen")
  func rawReversal() throws {
    let bill = try fixture.approved(5_000)
    let payment = try paid(bill)
    let reverse = """
      INSERT INTO transactions (id, transaction_type, total_amount, date, provider,
        provider_transaction_id, reversal_of, created_at, updated_at)
      VALUES ('back', 'Check', -5000, '\(BillFixture.today)', 'rentbook', 'back', '\(payment)', '', '')
      """
    #expect(try fixture.test.refusal(of: reverse)?.contains("taken off") == true)
    _ = try store.unapply(source: payment, from: bill, by: "bob")
    try fixture.reconcile(payment)
    #expect(try fixture.test.refusal(of: reverse)?.contains("reconciled") == true)
  }

  // MARK: I50

  private func open(_ days: Int, _ opening: Int64?, _ ending: Int64) throws -> BankStatementOutcome
  {
    try store.openBankStatement(
      of: "b1", on: BillFixture.today.adding(days: days),
      opening: opening.map { Money(minorUnits: $0) }, ending: Money(minorUnits: ending), by: "bob")
  }

  private func opened(_ days: Int, _ opening: Int64?, _ ending: Int64) throws -> BankStatement {
    let outcome = try open(days, opening, ending)
    guard case .done(let statement) = outcome else {
      Issue.record("\(outcome)")
      throw StorageError(.programming, "not opened")
    }
    return statement
  }

  @Test("a statement is finalised when it agrees, and what it shows stays as it is")
  func statement() throws {
    let bill = try fixture.approved(5_000, 2_500)
    let payment = try paid(bill, amount: 5_000)
    let statement = try opened(1, 1_000_000, 995_000)
    func code(_ outcome: BankStatementOutcome?) -> String? {
      if case .refused(let refusal) = outcome { refusal.code } else { nil }
    }
    let entries = try store.bankEntries(of: statement)
    #expect(entries.first { $0.transaction.localID == payment }?.amount.minorUnits == -5_000)
    #expect(code(try store.finaliseBankStatement(statement.id, by: "bob")) == "does_not_agree")
    #expect(code(try store.clear(["nothing"], on: statement.id, by: "bob")) == "not_in_account")
    #expect(code(try store.clear([payment], on: statement.id, by: "bob")) == nil)
    #expect(code(try store.finaliseBankStatement(statement.id, by: "bob")) == nil)
    #expect(
      try fixture.test.rows("SELECT is_reconciled FROM transactions WHERE id = '\(payment)'")
        == ["1"])
    #expect(Self.code(try store.voidPayment(payment, reason: "r", by: "bob")) == "reconciled")
    #expect(code(try store.finaliseBankStatement(statement.id, by: "bob")) == "finalised")
    #expect(code(try store.dropBankStatement(statement.id, by: "bob")) == "finalised")
    #expect(
      code(try store.clear([payment], on: statement.id, isCleared: false, by: "bob"))
        == "finalised")
    // The next one begins where this one ended.
    #expect(code(try open(2, 1, 0)) == "opening_differs")
    #expect(code(try open(1, nil, 0)) == "not_later")
    let next = try opened(2, nil, 995_000)
    #expect(next.opening == Money(minorUnits: 995_000))
    #expect(code(try store.clear([payment], on: next.id, by: "bob")) == "on_another")
    #expect(code(try open(3, nil, 0)) == "statement_open")
    #expect(try store.auditEvents(limit: 99).count { $0.kind == "bank" } == 13)
    #expect(try store.verifyAudit().findings.isEmpty)
  }

  @Test(
    "the database keeps finalised statements, their sums and their order",
    arguments: [
      "UPDATE bank_reconciliations SET ending = 1 WHERE state = 'finalised'",
      "DELETE FROM bank_reconciliations WHERE state = 'finalised'",
      "UPDATE bank_reconciliation_items SET amount = 1",
      "DELETE FROM bank_reconciliation_items",
      """
      INSERT INTO bank_reconciliation_items VALUES
        ((SELECT id FROM bank_reconciliations WHERE state = 'finalised'), 'b1', 'extra', 5)
      """,
      """
      INSERT INTO bank_reconciliations (id, bank_account_id, statement_date, opening, ending,
        created_by, created_at) VALUES ('s', 'b1', '2099-01-01', 5, 5, 'x', '')
      """,
      """
      INSERT INTO bank_reconciliations (id, bank_account_id, statement_date, opening, ending,
        created_by, created_at) VALUES ('s', 'b1', '2001-01-01', 995000, 5, 'x', '')
      """,
      """
      UPDATE bank_reconciliations SET state = 'finalised', finalised_by = 'x', finalised_at = ''
      WHERE state = 'open'
      """,
    ])
  func rawStatement(_ statement: String) throws {
    let bill = try fixture.approved(5_000)
    let payment = try paid(bill)
    try fixture.transaction("extra", 5)
    let first = try opened(1, 1_000_000, 995_000)
    _ = try store.clear([payment], on: first.id, by: "bob")
    _ = try store.finaliseBankStatement(first.id, by: "bob")
    if statement.hasPrefix("UPDATE bank_reconciliations SET state") { _ = try opened(2, nil, 7) }
    #expect(try fixture.test.refusal(of: statement) != nil, "the database took it")
  }

  // MARK: I30

  @Test("payments in parts settle each line in full, and the cash basis shows the lines")
  func recognition() throws {
    let bill = try fixture.approved(30_001, 20_000)
    for (number, amount) in [Int64(25_000), 1, 12_499, 12_501].enumerated() {
      let payment = try paid(bill, amount: amount)
      // The test's clock stands still, and their order is that of their moments.
      try fixture.test.run(
        """
        UPDATE bill_applications SET created_at = created_at || '\(number)'
        WHERE source_transaction_id = '\(payment)'
        """)
    }
    #expect(
      try fixture.test.rows(
        """
        SELECT l.property_id, SUM(l.amount) FROM transaction_lines l
        JOIN transactions t ON t.id = l.transaction_id
        WHERE t.transaction_type = 'Check' AND l.posting_type = 'Debit'
        GROUP BY l.property_id ORDER BY 1
        """) == ["p 30001", "q 20000"])
  }

  // MARK: What people write down

  @Test(
    "a comment stands in the trail and changes nothing; an empty one and a viewer's are refused")
  func comments() throws {
    let bill = try fixture.approved(100)
    var before = try fixture.row(bill)
    #expect(before?.hasNotes == false)
    before?.hasNotes = true
    #expect(try store.comment(on: bill, "call the plumber", by: "ann") == nil)
    #expect(try store.comment(on: bill, " ", by: "ann")?.code == "comment_missing")
    #expect(try store.comment(on: "nothing", "x", by: "ann")?.code == "not_there")
    _ = try store.add(User(name: "vic", role: .viewer), by: "ann")
    #expect(try store.comment(on: bill, "x", by: "vic")?.code == "role")
    #expect(try fixture.row(bill) == before)
    let events = try store.auditEvents(subject: bill, limit: 99).filter { $0.action == "comment" }
    #expect(events.map(\.reason) == ["call the plumber", nil, nil])
    #expect(try store.verifyAudit().findings.isEmpty)
  }

  @Test("what Buildium has to be told is seen to once")
  func told() throws {
    let bill = try fixture.approved(100)
    try store.writeSync { records throws(StorageError) in
      try records.adopt(bill: bill, buildiumID: 900)
    }
    _ = try store.perform(BillRequest(.void, reason: "r"), on: bill, by: "bob")
    let item = try #require(try store.reconcilingItems().first).id
    #expect(try store.settleReconcilingItem(item, isTold: true, by: "bob") == nil)
    #expect(try store.settleReconcilingItem(item, isTold: false, by: "bob")?.code == "settled")
    #expect(try store.reconcilingItems().isEmpty)
    #expect(try fixture.row(bill)?.isToBeReconciled == false)
  }
}

extension BillFixture {
  /// Gives a property money in the bank, of which some is held for its tenants.
  func fund(_ property: String, _ amount: Int64, held: Int64, on day: CalendarDate = today) throws {
    let id = "fund-\(property)-\(day)"
    try test.run(
      """
      INSERT INTO gl_accounts (id, name, type, sub_type, default_account_name, is_bank_account,
        is_default_gl_account, is_active, created_at, updated_at)
      VALUES ('held', 'Deposits', 'Liability', 'CurrentLiability', 'Security Deposit Liability', 0,
        1, 1, '', ''), ('equity', 'Equity', 'Equity', 'Equity', NULL, 0, 0, 1, '', '')
      ON CONFLICT (id) DO NOTHING
      """,
      """
      INSERT INTO transactions (id, transaction_type, total_amount, date, property_id, provider,
        provider_transaction_id, created_at, updated_at)
      VALUES ('\(id)', 'GeneralJournalEntry', \(amount), '\(day)', '\(property)', 'buildium', '\(id)',
        '', '')
      """)
    for (position, line) in [
      ("bank", "Debit", amount), ("held", "Credit", held), ("equity", "Credit", amount - held),
    ].enumerated() where line.2 != 0 {
      try test.run(
        """
        INSERT INTO transaction_lines (transaction_id, position, gl_account_id, source_amount,
          amount, posting_type, is_cash_posting, is_derived, property_id)
        VALUES ('\(id)', \(position), '\(line.0)', \(line.2), \(line.2), '\(line.1)', 0, 0,
          '\(property)')
        """)
    }
    try test.run("UPDATE transactions SET posting_state = 'posted' WHERE id = '\(id)'")
  }

  /// A check of ours that is not posted yet.
  func payment(_ id: String, _ amount: Int64, property: String) throws {
    try test.run(
      """
      INSERT INTO transactions (id, transaction_type, total_amount, date, payee_type, payee_id,
        property_id, provider, provider_transaction_id, created_at, updated_at)
      VALUES ('\(id)', 'Check', \(amount), '\(Self.today)', 'Vendor', 7, '\(property)', 'rentbook',
        '\(id)', '', '')
      """)
    for (position, line) in [("repairs", "Debit"), ("bank", "Credit")].enumerated() {
      try test.run(
        """
        INSERT INTO transaction_lines (transaction_id, position, gl_account_id, source_amount,
          amount, posting_type, is_cash_posting, is_derived, property_id)
        VALUES ('\(id)', \(position), '\(line.0)', 0, \(amount), '\(line.1)', 1, 0, '\(property)')
        """)
    }
  }
}
