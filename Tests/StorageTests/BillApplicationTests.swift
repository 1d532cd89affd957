import Background
import Domain
import Glibc
import Testing

@testable import Storage

@Suite("Payments, credits and refunds applied to bills")
struct BillApplicationTests {
  let fixture: BillFixture
  var store: Store { fixture.store }

  init() throws { fixture = try BillFixture() }

  @Test("a bill is paid in parts and by a credit, to the cent, and its stored status follows")
  func parts() throws {
    let id = try fixture.approved(30_001, 20_000)
    try fixture.transaction("pay", 25_000)
    try fixture.transaction("credit", 20_000, "VendorCredit")
    try fixture.transaction("rest", 10_000)
    func expect(_ status: PayableStatus, _ remaining: Int64, _ stored: String) throws {
      let row = try #require(try fixture.row(id))
      #expect(row.status == status && row.remaining == Money(minorUnits: remaining))
      #expect(try fixture.test.rows("SELECT status FROM bills WHERE id = '\(id)'") == [stored])
    }
    try expect(.due, 50_001, "pending")
    #expect(try store.apply(source: "pay", to: id, by: "bob")?.outcome == .done)
    try expect(.partiallyPaid, 25_001, "partially_paid")
    #expect(try store.apply(source: "credit", to: id, by: "bob")?.outcome == .done)
    try expect(.partiallyPaid, 5_001, "partially_paid")
    // As much as the bill needs and no more.
    let last = try #require(try store.apply(source: "rest", to: id, by: "bob"))
    try expect(.paid, 0, "paid")
    #expect(
      try fixture.test.rows("SELECT paid_date FROM bills WHERE id = '\(id)'")
        == ["\(BillFixture.today)"])
    let detail = try #require(try store.bill(id, asOf: BillFixture.today))
    #expect(detail.row.paid.minorUnits == 30_001 && detail.row.credited.minorUnits == 20_000)
    #expect(detail.lines.map(\.settled) == detail.lines.map(\.amount))
    guard case .unapply(let source, let bill) = last.undo else {
      Issue.record("\(String(describing: last.undo))")
      return
    }
    _ = try store.unapply(source: source, from: bill, by: "bob")
    try expect(.partiallyPaid, 5_001, "partially_paid")
    #expect(try fixture.test.rows("SELECT paid_date FROM bills WHERE id = '\(id)'") == ["null"])
    #expect(try store.check().isEmpty)
  }

  /// What is tried, the code of the refusal, and the statement that tries it by hand.
  @Test(
    "what is not to be applied is refused by the rules, and by the database on its own",
    arguments: [
      ("big", "exceeds_bill", "payment", 50_002), ("small", "exceeds_source", "payment", 1_001),
      ("other", "other_vendor", "payment", 10), ("rent", "not_a_source", "payment", 10),
      ("refund", "not_a_source", "refund", 10), ("unposted", "source_not_posted", "payment", 10),
      ("reversed", "source_reversed", "payment", 10), ("early", "too_early", "payment", 10),
      ("draft", "wrong_state", "payment", 10), ("waiting", "wrong_state", "payment", 10),
      ("voided", "wrong_state", "payment", 10),
    ])
  func refusals(_ name: String, _ code: String, _ type: String, _ amount: Int64) throws {
    var id = try fixture.approved(50_001)
    var source = name
    var date = BillFixture.today
    switch name {
    case "big": try fixture.transaction("big", 90_000)
    case "small": try fixture.transaction("small", 1_000)
    case "other": try fixture.transaction("other", 1_000, payee: 8)
    case "rent": try fixture.transaction("rent", 1_000, "Payment")
    case "refund":
      try fixture.transaction("refund", 1_000, "VendorRefund")
    case "unposted":
      try fixture.transaction("unposted", 1_000)
      try fixture.test.run(
        "UPDATE transactions SET posting_state = 'unposted' WHERE id = 'unposted'")
    case "reversed":
      try fixture.transaction("reversed", 1_000)
      try fixture.transaction("back", 1_000)
      try fixture.test.run("UPDATE transactions SET reversal_of = 'reversed' WHERE id = 'back'")
    case "early":
      try fixture.transaction("early", 1_000)
      date = date.adding(days: -1)
    default:
      source = "good"
      try fixture.transaction("good", 1_000)
      id = try fixture.bill(
        in: name == "draft" ? .draft : name == "waiting" ? .pendingApproval : .voided)
    }
    let result = try store.apply(
      source: source, to: id, amount: Money(minorUnits: amount), date: date, by: "bob")
    #expect(result?.refusal?.code == code)
    #expect(try store.auditEvents(subject: id, limit: 99).last?.details?.contains(code) == true)
    let raw = try fixture.test.refusal(
      of: """
        INSERT INTO bill_applications (id, bill_id, source_transaction_id, source_type,
          applied_amount, applied_at, created_at, updated_at)
        VALUES ('a', '\(id)', '\(source)', '\(type)', \(amount), '\(date)', '', '')
        """)
    #expect(raw != nil, "the database took it")
    #expect(try fixture.test.rows("SELECT 1 FROM bill_applications").isEmpty)
  }

  @Test("an amount is raised without counting the old one, and not beyond the bill")
  func raised() throws {
    let id = try fixture.approved(5_000)
    try fixture.transaction("pay", 9_000)
    func apply(_ amount: Int64, changes: Bool) throws -> BillResult? {
      try store.apply(
        source: "pay", to: id, amount: Money(minorUnits: amount), changes: changes, by: "bob")
    }
    #expect(try apply(3_000, changes: false)?.outcome == .done)
    #expect(try apply(3_000, changes: false)?.refusal?.code == "already_applied")
    #expect(try apply(5_000, changes: true)?.outcome == .done)
    #expect(try apply(5_001, changes: true)?.refusal?.code == "exceeds_bill")
    #expect(
      try fixture.test.refusal(of: "UPDATE bill_applications SET applied_amount = 5001") != nil)
    #expect(try fixture.test.refusal(of: "UPDATE bill_applications SET applied_amount = 1") == nil)
  }

  @Test("what a reconciled payment settles stays; the same payment may settle more")
  func reconciled() throws {
    let id = try fixture.approved(5_000)
    let other = try fixture.approved(1_000)
    try fixture.transaction("pay", 6_000)
    _ = try store.apply(source: "pay", to: id, by: "bob")
    try fixture.reconcile("pay")
    #expect(try store.unapply(source: "pay", from: id, by: "bob")?.refusal?.code == "reconciled")
    let void = try store.perform(
      BillRequest(.void, reason: "r", unapplies: true), on: id, by: "bob")
    #expect(void?.refusal?.code == "reconciled")
    #expect(try fixture.row(id)?.approval == .approved)
    #expect(try store.apply(source: "pay", to: other, by: "bob")?.outcome == .done)
  }

  @Test("a refund settles a bill only when it debits payables")
  func refundOfPayables() throws {
    let id = try fixture.approved(5_000)
    try fixture.transaction(
      "refund", 5_000, "VendorRefund", lines: [("payables", "Debit"), ("bank", "Credit")])
    #expect(try store.apply(source: "refund", to: id, by: "bob")?.outcome == .done)
    #expect(try fixture.row(id)?.credited == Money(minorUnits: 5_000))
  }

  @Test("what a vendor pays back of a credit is no longer there to be applied")
  func refundOfCredit() throws {
    let id = try fixture.approved(30_000)
    try fixture.transaction("credit", 45_000, "VendorCredit")
    try fixture.transaction("refund", 20_000, "VendorRefund")
    let twenty = Money(minorUnits: 20_000)
    #expect(try store.recordRefund("refund", ofCredit: "credit", amount: twenty, by: "bob") == nil)
    _ = try store.apply(source: "credit", to: id, by: "bob")
    #expect(try fixture.row(id)?.remaining == Money(minorUnits: 5_000))
    try fixture.transaction("more", 20_000, "VendorRefund")
    let refusal = try store.recordRefund("more", ofCredit: "credit", amount: twenty, by: "bob")
    #expect(refusal?.code == "exceeds_source")
  }

  @Test("what Buildium changed after the approval is not paid before it is approved again")
  func changedAtBuildium() throws {
    let key = RemoteKey(.buildium, .bills, "900")
    func take(_ amount: Int64, status: String) throws -> String {
      try store.writeSync { records throws(StorageError) in
        let line: FieldValues = ["amount": .money(Money(minorUnits: amount))]
        let record = Record(
          .bills,
          [
            "amount": .money(Money(minorUnits: amount)), "date": .date(BillFixture.today),
            "buildium_approval_status": .text(status),
          ], lines: [line])
        let id = try records.store(RemoteRecord(key: key, record: record))
        try records.sync.agree(
          key, localID: id, base: "{}", hash: "\(amount)", updatedAt: nil, run: 1, at: records.now)
        _ = try records.resolveLinks()
        return id
      }
    }
    let id = try take(100, status: "Pending")
    #expect(try fixture.row(id)?.approval == .pendingApproval)
    #expect(try store.perform(BillRequest(.approve), on: id, by: "bob")?.outcome == .done)
    // Buildium still has it as pending: what was decided here stands.
    _ = try take(100, status: "Pending")
    #expect(try fixture.row(id)?.approval == .approved)
    _ = try take(200, status: "Pending")
    #expect(try fixture.row(id)?.approval == .pendingApproval)
    #expect(try store.messages(limit: 1).first?.text.contains("changed at Buildium") == true)
    try fixture.transaction("pay", 100, payee: nil)
    #expect(try store.apply(source: "pay", to: id, by: "bob")?.refusal?.code == "wrong_state")
  }

  // MARK: Many at once

  /// Operations of the random mix; `RENTBOOK_BILL_OPERATIONS` asks for more.
  static let operations =
    getenv("RENTBOOK_BILL_OPERATIONS").flatMap { Int(String(cString: $0)) } ?? 1_200
  static let seed =
    getenv("RENTBOOK_SEED").flatMap { UInt64(String(cString: $0)) }
    ?? UInt64.random(in: 0 ... .max)

  private enum Failed: Error { case with(StorageError) }

  @Test("four who write at once overspend no bill and no payment, and every rule holds at the end")
  func mix() throws {
    // The seed is printed with every failure: the mix of each thread is then the same again.
    let seed = Self.seed
    var bills: [String] = []
    for number in 0..<12 { bills.append(try fixture.create(Int64(1_000 + number * 137), 500)) }
    for number in 0..<12 {
      try fixture.transaction(
        "t\(number)", Int64(700 + number * 211), number % 3 == 0 ? "VendorCredit" : "Check")
    }
    try fixture.reconcile("t1")
    // Money for a part of it only, and some of it the tenants'.
    try fixture.fund("p", 60_000, held: 20_000)
    try fixture.fund("q", 30_000, held: 0)
    let store = self.store
    let shared = Lock(Pool(bills: bills))
    let errors = Lock<[String]>([])
    let each = Self.operations / 4
    let workers = (0..<4).map { number in
      Worker(name: "mix \(number)") {
        var random = SeededRandom(state: seed &+ UInt64(number))
        for _ in 0..<each {
          do {
            try Self.step(store, shared, &random)
          } catch {
            errors.withLock { $0.append("\(error)") }
          }
        }
      }
    }
    for worker in workers { #expect(worker.join(nanoseconds: 600_000_000_000), "seed \(seed)") }
    #expect(
      errors.withLock(\.self).prefix(3).isEmpty,
      "seed \(seed): \(errors.withLock(\.self).prefix(3))")
    try expectInvariants("seed \(seed)")
  }

  private static let names = ["ann", "bob", "eve", "sam"]

  /// What the threads have made so far.
  private struct Pool {
    var bills: [String]
    var payments: [(id: String, amount: Money)] = []
    var statements = 0
  }

  /// So many statements are finalised: what they show is settled for good, and the rest stays free.
  private static let statementsMax = 12

  /// A payment made, one taken back, or one seen on the bank's statement.
  private static func payStep(
    _ store: Store, _ pool: Lock<Pool>, _ bill: String, _ amount: Money, _ name: String,
    _ random: inout SeededRandom
  ) throws(StorageError) {
    let payment = pool.withLock { $0.payments.randomElement(using: &random) }
    switch Int.random(in: 0..<6, using: &random) {
    case 0, 1, 2:
      let outcome = try store.payBills(
        [bill], from: "b1", amount: amount, on: BillFixture.today, checkNumber: nil, by: name)
      if case .done(let id, _) = outcome { pool.withLock { $0.payments.append((id, amount)) } }
    case 3, 4:
      if let payment { _ = try store.voidPayment(payment.id, reason: "r", by: name) }
    default:
      guard let payment, pool.withLock(\.statements) < statementsMax else { return }
      let last = try store.bankStatements(of: "b1").first
      let opening = last?.ending ?? .zero
      let day = (last?.date ?? BillFixture.today).adding(days: 1)
      guard
        case .done(let statement) = try store.openBankStatement(
          of: "b1", on: day, opening: nil, ending: opening - payment.amount, by: name)
      else { return }
      _ = try store.clear([payment.id], on: statement.id, by: name)
      if case .done = try store.finaliseBankStatement(statement.id, by: name) {
        pool.withLock { $0.statements += 1 }
      } else {
        _ = try store.dropBankStatement(statement.id, by: name)
      }
    }
  }

  private static func step(
    _ store: Store, _ pool: Lock<Pool>, _ random: inout SeededRandom
  ) throws(StorageError) {
    let (bill, count) = pool.withLock {
      ($0.bills[Int.random(in: $0.bills.indices, using: &random)], $0.bills.count)
    }
    let name = names[Int.random(in: names.indices, using: &random)]
    let source = "t\(Int.random(in: 0..<12, using: &random))"
    let amount = Money(minorUnits: Int64.random(in: 1...1_500, using: &random))
    switch Int.random(in: 0..<27, using: &random) {
    case 24: _ = try store.perform(BillRequest(.hold, reason: "r"), on: bill, by: name)
    case 25: _ = try store.perform(BillRequest(.release), on: bill, by: name)
    case 26:
      let request = BillRequest(.delegate, delegate: names.randomElement(using: &random))
      _ = try store.perform(request, on: bill, by: name)
    case 20...: try payStep(store, pool, bill, amount, name, &random)
    case 0..<6:
      _ = try store.apply(
        source: source, to: bill, amount: amount, changes: Bool.random(using: &random), by: name)
    case 6, 7: _ = try store.unapply(source: source, from: bill, by: name)
    case 8, 9, 10: _ = try store.perform(BillRequest(.submit), on: bill, by: name)
    case 11, 12, 13: _ = try store.perform(BillRequest(.approve), on: bill, by: name)
    case 14: _ = try store.perform(BillRequest(.reject, reason: "r"), on: bill, by: name)
    case 15: _ = try store.perform(BillRequest(.reopen), on: bill, by: name)
    case 16: _ = try store.perform(BillRequest(.recall), on: bill, by: name)
    case 17:
      _ = try store.perform(
        BillRequest(.void, reason: "r", unapplies: Bool.random(using: &random)), on: bill, by: name)
    case 18:
      _ = try store.editBill(
        bill, to: BillFixture.draft([amount.minorUnits + 500, 300]), by: name)
    default:
      guard count < 400 else { return }
      let made = try store.createBill(
        BillFixture.draft([amount.minorUnits, 700]), by: name)
      pool.withLock { $0.bills.append(made.localID) }
    }
  }

  /// The rules of the accounting facts that can be asked of the whole store.
  private func expectInvariants(_ seed: Comment) throws {
    #expect(try store.check() == [], seed)
    #expect(try store.verifyAudit().findings == [], seed)
    func none(_ rule: String, _ sql: String) throws {
      let rows = try fixture.test.rows(sql)
      #expect(rows.isEmpty, "\(rule), \(seed): \(rows.prefix(5))")
    }
    try none(
      "what is put aside or handed on waits for approval",
      """
      SELECT bill_id, state FROM bill_workflow WHERE state <> 'pending_approval'
        AND (bill_id IN (SELECT bill_id FROM bill_holds)
          OR bill_id IN (SELECT bill_id FROM bill_delegations))
      """)
    try none(
      "I5: payables are what is open of the bills, per property, less what was applied",
      """
      SELECT p.id, ledger, bills FROM (
        SELECT p.id,
          (SELECT COALESCE(SUM(CASE l.posting_type WHEN 'Credit' THEN l.amount ELSE -l.amount END), 0)
            FROM transaction_lines l JOIN transactions t ON t.id = l.transaction_id
            WHERE l.property_id = p.id AND l.gl_account_id = 'payables'
              AND t.posting_state = 'posted') AS ledger,
          (SELECT COALESCE(SUM(l.amount), 0) FROM bill_lines l JOIN bill_workflow w
            ON w.bill_id = l.bill_id WHERE l.property_id = p.id
              AND (w.state = 'approved' OR w.reversal_bill_id IS NOT NULL)) AS bills
        FROM properties p) AS p WHERE ledger <> bills
      """)
    try none(
      "I6: a bill's total is what its lines add up to",
      """
      SELECT b.id FROM bills b WHERE b.amount <> (
        SELECT SUM(amount) FROM bill_lines WHERE bill_id = b.id)
      """)
    try none(
      "I11, I12: an approval has an approver who is neither submitter nor editor",
      """
      SELECT bill_id FROM bill_workflow WHERE state = 'approved' AND submitted_by IS NOT NULL
        AND (approved_by IS NULL OR approved_by IN (submitted_by, edited_by))
      """)
    try none(
      "I21, I35: only approved bills have anything applied",
      """
      SELECT a.id FROM bill_applications a JOIN bill_workflow w ON w.bill_id = a.bill_id
      WHERE w.state <> 'approved'
      """)
    try none(
      "I22: no bill is settled beyond its total",
      """
      SELECT b.id FROM bill_applications a JOIN bills b ON b.id = a.bill_id
      GROUP BY b.id HAVING SUM(a.applied_amount) > b.amount
      """)
    try none(
      "I23: no source is spent beyond its total",
      """
      SELECT t.id FROM bill_applications a JOIN transactions t ON t.id = a.source_transaction_id
      GROUP BY t.id HAVING SUM(a.applied_amount) > t.total_amount
      """)
    try none(
      "I27: the stored status is what the applications make it",
      """
      SELECT b.id, b.status FROM bills b JOIN bill_workflow w ON w.bill_id = b.id
      WHERE b.amount > 0 AND b.status <> CASE WHEN w.state = 'voided' THEN 'cancelled'
        ELSE (SELECT CASE WHEN COALESCE(SUM(applied_amount), 0) = 0 THEN 'pending'
          WHEN SUM(applied_amount) < b.amount THEN 'partially_paid' ELSE 'paid' END
          FROM bill_applications WHERE bill_id = b.id) END
      """)
    try none(
      "I36, I39: what was taken back and its reversal come to nothing, per account and property",
      """
      SELECT o.id FROM transactions o JOIN transactions r ON r.reversal_of = o.id
      JOIN transaction_lines l ON l.transaction_id IN (o.id, r.id)
      GROUP BY o.id, l.gl_account_id, l.property_id
      HAVING SUM(CASE l.posting_type WHEN 'Debit' THEN l.amount ELSE -l.amount END) <> 0
      """)
    try none(
      "I37: a void has one reversal",
      """
      SELECT bill_id FROM bill_workflow w WHERE state = 'voided' AND (
        SELECT COUNT(*) FROM transactions o JOIN transactions r ON r.reversal_of = o.id
        WHERE o.bill_id = w.bill_id) > 1
      """)
    for property in ["p", "q"] {
      let free = TrustMoney.free(property: "'\(property)'", where: "t.posting_state = 'posted'")
      try none(
        "I8: no property's bills are paid with its tenants' money", "SELECT 1 WHERE \(free) < 0")
    }
    try none(
      "I39: a payment that was taken back settles nothing",
      """
      SELECT a.id FROM bill_applications a
      JOIN transactions r ON r.reversal_of = a.source_transaction_id
      """)
    try none(
      "I50: what a finalised statement shows explains it, and is reconciled",
      """
      SELECT s.id FROM bank_reconciliations s WHERE s.state = 'finalised' AND (
        s.ending <> s.opening + (SELECT COALESCE(SUM(amount), 0) FROM bank_reconciliation_items
          WHERE reconciliation_id = s.id)
        OR s.opening <> COALESCE((SELECT b.ending FROM bank_reconciliations b
          WHERE b.bank_account_id = s.bank_account_id AND b.statement_date < s.statement_date
          ORDER BY b.statement_date DESC LIMIT 1), s.opening)
        OR EXISTS (SELECT 1 FROM bank_reconciliation_items i
          JOIN transactions t ON t.id = i.transaction_id
          WHERE i.reconciliation_id = s.id AND t.is_reconciled = 0))
      """)
    for row in try store.bills(asOf: BillFixture.today) where row.approval == .approved {
      #expect(try store.mayLeave(bill: row.localID) == nil || row.status == .reversal, seed)
    }
  }
}
