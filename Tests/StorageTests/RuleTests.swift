import Domain
import Testing

@testable import Storage

/// The rules the database keeps by itself, tried with the plain statements a hand would type.
@Suite("Rules of the database")
struct RuleTests {
  let test: TestStore

  /// A property with an owner, a bill of Rentbook's own, a payment and a deposit.
  init() throws {
    test = try TestStore()
    let t = "created_at, updated_at) VALUES"
    try test.run(
      "INSERT INTO gl_accounts (id, name, type, \(t) ('rent', 'Rent', 'Income', '', '')",
      "INSERT INTO gl_accounts (id, name, type, \(t) ('bank', 'Bank', 'Asset', '', '')",
      "INSERT INTO vendors (id, name, \(t) ('v', 'Vendor', '', '')",
      "INSERT INTO properties (id, name, \(t) ('p', 'Property', '', '')",
      "INSERT INTO bills (id, vendor_id, amount, date, due_date, \(t) "
        + "('b', 'v', 900, '2026-01-01', '2026-02-01', '', '')",
      "INSERT INTO bill_lines (bill_id, position, gl_account_id, amount) VALUES ('b', 0, 'rent', 900)",
      "INSERT INTO bill_workflow (bill_id, \(t) ('b', '', '')",
      "INSERT INTO bills (id, buildium_bill_id, amount, \(t) ('theirs', 77, 900, '', '')",
      transaction("pay", "Payment"), transaction("dep", "Deposit"), transaction("other", "Payment"),
      transaction("check", "Check"), transaction("second", "Check"),
      "UPDATE transactions SET posting_state = 'posted' WHERE transaction_type = 'Check'",
      "INSERT INTO deposit_meta (transaction_id, \(t) ('dep', '', '')",
      item("i1", deposit: "dep", payment: "pay", number: 5), register("pay"), register("dep"),
      register("check"))
  }

  func transaction(_ id: String, _ type: String) -> String {
    """
    INSERT INTO transactions (id, transaction_type, total_amount, date, memo, provider,
      provider_transaction_id, created_at, updated_at)
    VALUES ('\(id)', '\(type)', 500, '2026-02-01', 'memo', 'rentbook', '\(id)', '', '')
    """
  }

  func line(
    _ transaction: String, _ position: Int, _ side: String, _ amount: Int, cash: String = "1"
  )
    -> String
  {
    """
    INSERT INTO transaction_lines (transaction_id, position, gl_account_id, source_amount, amount,
      posting_type, is_cash_posting, is_derived)
    VALUES ('\(transaction)', \(position), '\(side == "Debit" ? "bank" : "rent")', \(amount),
      \(amount), '\(side)', \(cash), 0)
    """
  }

  func item(_ id: String, deposit: String, payment: String, number: Int?) -> String {
    """
    INSERT INTO deposit_items (id, deposit_transaction_id, payment_transaction_id,
      buildium_payment_transaction_id, amount, created_at)
    VALUES ('\(id)', '\(deposit)', '\(payment)', \(number.map { "\($0)" } ?? "NULL"), 500, '')
    """
  }

  func register(_ transaction: String) -> String {
    """
    INSERT INTO bank_register_state (transaction_id, status, updated_at)
    VALUES ('\(transaction)', 'cleared', '')
    """
  }

  func reconcile(_ transaction: String, _ status: String = "reconciled") throws {
    try test.run(
      "UPDATE bank_register_state SET status = '\(status)' WHERE transaction_id = '\(transaction)'")
  }

  func apply(_ id: String, from source: String, amount: Int = 100) -> String {
    """
    INSERT INTO bill_applications (id, bill_id, source_transaction_id, source_type,
      applied_amount, applied_at, created_at, updated_at)
    VALUES ('\(id)', 'b', '\(source)', 'payment', \(amount), '2026-02-01', '', '')
    """
  }

  /// Moves the bill as a program does: with its line in the audit and its version counted.
  func move(to state: String, version: Int, _ assignments: String) throws {
    try test.run(
      """
      INSERT INTO bill_approval_audit (bill_id, at, actor, action, to_state, prev_hash, hash,
        version)
      VALUES ('b', '', 'ann', 'move', '\(state)', '', '\(state)\(version)', \(version))
      """,
      """
      UPDATE bill_workflow SET state = '\(state)', version = \(version), \(assignments)
      WHERE bill_id = 'b'
      """)
  }

  func approve() throws {
    try move(to: "approved", version: 2, "approved_at = 'x', approved_by = 'ann'")
  }

  func refused(_ reason: String, _ statements: String...) throws {
    for statement in statements {
      let message = try test.refusal(of: statement)
      #expect(message?.contains(reason) == true, "\(statement): \(message ?? "was taken")")
    }
  }

  // MARK: Ledger

  @Test("a transaction is posted when its debits equal its credits, in each basis")
  func balance() throws {
    try test.run(line("pay", 0, "Debit", 500), line("pay", 1, "Credit", 500))
    try test.run(line("other", 0, "Debit", 500), line("other", 1, "Credit", 500, cash: "0"))
    let post = "UPDATE transactions SET posting_state = 'posted' WHERE id ="
    #expect(try test.refusal(of: "\(post) 'pay'") == nil)
    try refused("debits equal its credits", "\(post) 'other'")
  }

  @Test("a line that does not say its basis counts as accrual")
  func unknownBasis() throws {
    try test.run(
      line("pay", 0, "Debit", 500, cash: "NULL"), line("pay", 1, "Credit", 500, cash: "0"))
    try test.run("UPDATE transactions SET posting_state = 'posted' WHERE id = 'pay'")
    #expect(try test.store.check().filter { $0.rule == "ledger" }.isEmpty)
  }

  @Test("a line without a side keeps its transaction from being posted, unless it is about nothing")
  func sideless() throws {
    let insert = "INSERT INTO transaction_lines (transaction_id, position, source_amount) VALUES"
    try test.run("\(insert) ('pay', 0, 0)", "\(insert) ('other', 0, NULL)")
    let post = "UPDATE transactions SET posting_state = 'posted' WHERE id ="
    #expect(try test.refusal(of: "\(post) 'pay'") == nil)
    try refused("debits equal its credits", "\(post) 'other'")
  }

  @Test("a posted transaction's lines stay, but a link that was missing is filled in once")
  func postedLines() throws {
    try test.run(
      line("pay", 0, "Debit", 500), line("pay", 1, "Credit", 500),
      "UPDATE transactions SET posting_state = 'posted' WHERE id = 'pay'")
    try refused(
      "lines of a posted", line("pay", 2, "Debit", 1), "DELETE FROM transaction_lines",
      "UPDATE transaction_lines SET amount = 1",
      "UPDATE transaction_lines SET posting_type = 'Debit'",
      "UPDATE transaction_lines SET is_cash_posting = 0",
      "UPDATE transaction_lines SET source_amount = 0",
      "UPDATE transaction_lines SET gl_account_id = 'bank'",
      "UPDATE transaction_lines SET transaction_id = 'other', position = position + 9")
    try test.run("UPDATE transaction_lines SET property_id = 'p', memo = 'filled in'")
    try refused("lines of a posted", "UPDATE transaction_lines SET property_id = NULL")
  }

  @Test("no line moves into a posted transaction from another one")
  func movedLines() throws {
    try test.run(
      line("pay", 0, "Debit", 500), line("pay", 1, "Credit", 500), line("other", 7, "Debit", 5),
      "UPDATE transactions SET posting_state = 'posted' WHERE id = 'pay'")
    try refused(
      "lines of a posted",
      "UPDATE transaction_lines SET transaction_id = 'pay' WHERE transaction_id = 'other'")
  }

  @Test("amounts of postings are above zero and have a side")
  func amounts() throws {
    try refused("CHECK", line("pay", 0, "Debit", 0), line("pay", 0, "Debit", -5))
    try refused(
      "CHECK",
      "INSERT INTO transaction_lines (transaction_id, position, amount) VALUES ('pay', 0, 5)")
  }

  @Test("one reversal per transaction")
  func reversal() throws {
    try test.run("UPDATE transactions SET reversal_of = 'pay' WHERE id = 'other'")
    try refused("UNIQUE", "UPDATE transactions SET reversal_of = 'pay' WHERE id = 'dep'")
  }

  // MARK: Reconciliation

  @Test("is_reconciled follows the bank register and nothing else")
  func reconciledFlag() throws {
    let flag = "SELECT is_reconciled FROM transactions WHERE id = 'pay'"
    try refused("follows the bank register", "UPDATE transactions SET is_reconciled = 1")
    try refused(
      "follows the bank register",
      "INSERT INTO transactions (id, is_reconciled, created_at, updated_at) VALUES ('x', 1, '', '')"
    )
    try reconcile("pay")
    #expect(try test.rows(flag) == ["1"])
    try refused(
      "follows the bank register", "UPDATE transactions SET is_reconciled = 0 WHERE id = 'pay'")
    try refused(
      "stays with its transaction",
      "UPDATE bank_register_state SET transaction_id = 'other' WHERE transaction_id = 'pay'")
    try reconcile("pay", "cleared")
    #expect(try test.rows(flag) == ["0"])
    try reconcile("pay")
    try test.run("DELETE FROM bank_register_state WHERE transaction_id = 'pay'")
    #expect(try test.rows(flag) == ["0"])
    try test.run(
      """
      INSERT INTO bank_register_state (transaction_id, status, updated_at)
      VALUES ('other', 'reconciled', '')
      """)
    #expect(try test.rows("SELECT id FROM transactions WHERE is_reconciled = 1") == ["other"])
  }

  @Test("of a reconciled transaction only the memo changes")
  func reconciledLock() throws {
    try test.run(line("pay", 0, "Debit", 500), line("pay", 1, "Credit", 500))
    try reconcile("pay")
    for change in [
      "date = '2026-02-02'", "total_amount = 501", "bank_gl_account_id = 'bank'",
      "posting_state = 'posted'", "transaction_type = 'Check'",
    ] {
      try refused("memo only", "UPDATE transactions SET \(change) WHERE id = 'pay'")
    }
    try refused("stays", "DELETE FROM transactions WHERE id = 'pay'")
    try refused(
      "lines of a posted or reconciled", line("pay", 2, "Debit", 1),
      "UPDATE transaction_lines SET amount = 1", "DELETE FROM transaction_lines")
    try test.run("UPDATE transactions SET memo = 'seen by the auditor' WHERE id = 'pay'")
    try reconcile("pay", "uncleared")
    try test.run("UPDATE transactions SET total_amount = 501 WHERE id = 'pay'")
  }

  // MARK: Bills

  @Test("a bill has one workflow row, in one of five states, and what a state needs")
  func workflow() throws {
    let insert = "INSERT INTO bill_workflow (bill_id, created_at, updated_at) VALUES"
    try refused("UNIQUE", "\(insert) ('b', '', '')")
    try refused("FOREIGN KEY", "\(insert) ('no bill', '', '')")
    #expect(throws: StorageError.self) {
      try move(to: "paid", version: 2, "approved_at = 'x', approved_by = 'ann'")
    }
    for (state, missing) in [
      ("approved", "approved_by = 'ann'"), ("rejected", "rejected_by = 'ann'"),
      ("voided", "voided_by = 'ann', voided_at = 'x'"),
    ] {
      let other = try RuleTests()
      try other.move(to: "pending_approval", version: 2, "submitted_by = 'bob'")
      #expect(throws: StorageError.self) { try other.move(to: state, version: 3, missing) }
    }
    try move(
      to: "voided", version: 2,
      "voided_by = 'ann', voided_at = 'x', void_reason = 'twice entered'")
    try refused("stays voided", "UPDATE bill_workflow SET state = 'draft'")
    try refused("only a draft", "DELETE FROM bill_workflow")
  }

  @Test("an approved bill's amount, dates, vendor and lines do not change; its description does")
  func approved() throws {
    try approve()
    try refused(
      "an approved bill", "UPDATE bills SET amount = 1 WHERE id = 'b'",
      "UPDATE bills SET vendor_id = NULL WHERE id = 'b'",
      "UPDATE bills SET due_date = '2026-03-01' WHERE id = 'b'",
      "UPDATE bill_lines SET amount = 1", "UPDATE bill_lines SET gl_account_id = 'bank'",
      "DELETE FROM bill_lines",
      "INSERT INTO bill_lines (bill_id, position, amount) VALUES ('b', 1, 5)")
    try test.run("UPDATE bills SET description = 'for the roof', status = 'paid' WHERE id = 'b'")
  }

  @Test("no line moves into an approved bill")
  func movedBillLine() throws {
    try approve()
    try test.run("INSERT INTO bill_lines (bill_id, position, amount) VALUES ('theirs', 5, 5)")
    try refused("an approved bill", "UPDATE bill_lines SET bill_id = 'b' WHERE bill_id = 'theirs'")
  }

  @Test("what Buildium changes in its own bill is taken over, approved here or not")
  func theirs() throws {
    try test.run(
      """
      INSERT INTO bill_workflow (bill_id, state, approved_at, created_at, updated_at)
      VALUES ('theirs', 'approved', 'x', '', '')
      """, "UPDATE bills SET amount = 1 WHERE id = 'theirs'")
  }

  @Test("only a draft that was never sent or paid can be deleted")
  func deletion() throws {
    try refused("never sent or paid", "DELETE FROM bills WHERE id = 'theirs'")
    let draft = try RuleTests().test
    try draft.run(
      "DELETE FROM bill_workflow", "DELETE FROM bill_lines", "DELETE FROM bills WHERE id = 'b'")
    try approve()
    try test.run(apply("a1", from: "check"))
    try refused("never sent or paid", "DELETE FROM bills WHERE id = 'b'")
  }

  @Test("a source is applied to a bill in one row, with an amount above zero, and never to itself")
  func applications() throws {
    try approve()
    try test.run(apply("a1", from: "check"))
    try refused("UNIQUE", apply("a2", from: "check"))
    try refused("CHECK", apply("a2", from: "second", amount: 0))
    try test.run(
      "UPDATE transactions SET transaction_type = 'Bill', bill_id = 'b' WHERE id = 'second'")
    try refused(
      "does not pay itself", apply("a2", from: "second"),
      "UPDATE bill_applications SET source_transaction_id = 'second'")
  }

  @Test("applications of a reconciled payment stay, and new ones may come")
  func reconciledApplications() throws {
    try approve()
    try test.run(apply("a1", from: "check"))
    try reconcile("check")
    try refused(
      "reconciled payment", "UPDATE bill_applications SET applied_amount = 1",
      "DELETE FROM bill_applications")
    try test.run("DELETE FROM bill_applications WHERE id = 'none'")
    try reconcile("second")
    try test.run(register("second"))
    try reconcile("second")
    try test.run(apply("a2", from: "second"))
  }

  @Test("the audit of approvals is only added to, not even replaced")
  func audit() throws {
    func entry(_ verb: String, _ seq: String, _ hash: String) -> String {
      """
      \(verb) INTO bill_approval_audit (seq, bill_id, at, actor, action, prev_hash, hash)
      VALUES (\(seq), 'b', '', 'ann', 'approve', '', '\(hash)')
      """
    }
    try test.run(entry("INSERT", "NULL", "h1"), entry("INSERT", "NULL", "h2"))
    try refused(
      "only ever added to", "UPDATE bill_approval_audit SET actor = 'bob'",
      "DELETE FROM bill_approval_audit", entry("INSERT OR REPLACE", "1", "h9"),
      entry("INSERT OR REPLACE", "NULL", "h1"))
    try test.run(
      "DELETE FROM bill_workflow", "DELETE FROM bill_lines", "DELETE FROM bills WHERE id = 'b'")
    #expect(try test.rows("SELECT seq, hash FROM bill_approval_audit") == ["1 h1", "2 h2"])
  }

  @Test("a property's status follows whether it is active")
  func propertyStatus() throws {
    let status = "SELECT status FROM properties"
    #expect(try test.rows(status) == ["null"])
    for (flag, expected) in [("1", "Active"), ("0", "Inactive"), ("NULL", "null")] {
      try test.run("UPDATE properties SET is_active = \(flag)")
      #expect(try test.rows(status) == [expected])
    }
    try test.run("UPDATE properties SET is_active = 1", "UPDATE properties SET status = 'Inactive'")
    #expect(try test.rows(status) == ["Active"])
  }

  // MARK: Deposits

  @Test(
    "a deposit moves forward only",
    arguments: [
      ("posted", "reconciled", true), ("posted", "voided", true), ("reconciled", "posted", false),
      ("reconciled", "voided", false), ("voided", "posted", false),
      ("voided", "reconciled", false), ("posted", "open", false),
    ])
  func forward(_ from: String, _ to: String, _ isAllowed: Bool) throws {
    try test.run("UPDATE deposit_meta SET status = '\(from)'")
    let refusal = try test.refusal(of: "UPDATE deposit_meta SET status = '\(to)'")
    #expect((refusal == nil) == isAllowed, "\(refusal ?? "was taken")")
  }

  @Test("reconciling a deposit's transaction reconciles the deposit, and taking it back does not")
  func depositFollows() throws {
    try reconcile("dep")
    #expect(try test.rows("SELECT status FROM deposit_meta") == ["reconciled"])
    try reconcile("dep", "cleared")
    #expect(try test.rows("SELECT status FROM deposit_meta") == ["reconciled"])
  }

  @Test("a voided deposit stays voided when its transaction is reconciled")
  func voidedStays() throws {
    try test.run("UPDATE deposit_meta SET status = 'voided'")
    try reconcile("dep")
    #expect(try test.rows("SELECT status FROM deposit_meta") == ["voided"])
  }

  @Test("a payment is deposited once, by its own id and by Buildium's")
  func doubleDeposit() throws {
    try refused("UNIQUE", item("i2", deposit: "dep", payment: "pay", number: nil))
    try refused("UNIQUE", item("i2", deposit: "dep", payment: "other", number: 5))
    try test.run(item("i2", deposit: "dep", payment: "other", number: nil))
  }

  @Test("what a reconciled deposit holds does not change; a voided one gives its payments back")
  func lockedDeposit() throws {
    try test.run("UPDATE deposit_meta SET status = 'reconciled'")
    try refused("only a posted deposit", item("i2", deposit: "dep", payment: "other", number: nil))
    try refused(
      "reconciled deposit", "UPDATE deposit_items SET amount = 1", "DELETE FROM deposit_items",
      "DELETE FROM deposit_meta")
    let second = try RuleTests().test
    try second.run("UPDATE deposit_meta SET status = 'voided'", "DELETE FROM deposit_items")
  }
}
