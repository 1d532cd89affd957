import Domain
import Testing

@testable import Storage

@Suite("What comes from Buildium becomes states and applications")
struct BillIntakeTests {
  let fixture: BillFixture
  var store: Store { fixture.store }

  init() throws { fixture = try BillFixture() }

  private func key(_ resource: Resource, _ id: String) -> RemoteKey {
    RemoteKey(.buildium, resource, id)
  }

  /// Takes records as a pull does, and ends the pull.
  private func pull(_ records: [(RemoteKey, Record)]) throws {
    try store.writeSync { tables throws(StorageError) in
      for (key, record) in records {
        let id = try tables.store(RemoteRecord(key: key, record: record))
        try tables.sync.agree(
          key, localID: id, base: "{}", hash: "", updatedAt: nil, run: 1, at: tables.now)
      }
      _ = try tables.resolveLinks()
    }
  }

  private func bill(_ id: String, _ amount: Int64, _ status: String = "NotNeeded") -> (
    RemoteKey, Record
  ) {
    let money = FieldValue.money(Money(minorUnits: amount))
    return (
      key(.bills, id),
      Record(
        .bills,
        [
          "amount": money, "date": .date(BillFixture.today),
          "buildium_approval_status": .text(status),
        ], lines: [["amount": money]])
    )
  }

  private func payment(_ id: String, of bill: String, _ amounts: [Int64], credits: [String] = [])
    -> (RemoteKey, Record)
  {
    (
      key(.billPayments, "\(id):\(bill)"),
      Record(
        .billPayments,
        [
          "bill_id": .reference(key(.bills, bill)), "date": .date(BillFixture.today),
          "amount": .money(Money(minorUnits: amounts.reduce(0, +))),
          "vendor_credit_ids": .references(canonical: credits.map { key(.transactions, $0) }),
        ], lines: amounts.map { ["amount": .money(Money(minorUnits: $0))] })
    )
  }

  private func entry(_ id: String, _ type: String, _ amount: Int64) -> (RemoteKey, Record) {
    (
      key(.transactions, id),
      Record(
        .transactions,
        [
          "transaction_type": .text(type), "date": .date(BillFixture.today),
          "total_amount": .money(Money(minorUnits: amount)),
        ])
    )
  }

  private let applied = """
    SELECT b.buildium_bill_id, t.buildium_transaction_id, a.source_type, a.applied_amount
    FROM bill_applications a JOIN bills b ON b.id = a.bill_id
    JOIN transactions t ON t.id = a.source_transaction_id ORDER BY 1, 2
    """

  @Test(
    "a bill voided here and deleted at Buildium is out of the books once, and nothing is left to tell"
  )
  func voidedAndDeleted() throws {
    let bill = try fixture.approved(100)
    try store.writeSync { tables throws(StorageError) in
      try tables.adopt(.bill, bill, key: key(.bills, "9"))
    }
    let done = try #require(
      try store.perform(BillRequest(.void, reason: "twice"), on: bill, by: "bob"))
    #expect(done.outcome == .done)
    #expect(try store.reconcilingItems().map(\.kind) == ["void"])
    let books = """
      SELECT COUNT(*), COALESCE(SUM(CASE posting_type WHEN 'Debit' THEN l.amount ELSE -l.amount END),
        0) FROM transaction_lines l JOIN transactions t ON t.id = l.transaction_id
      WHERE t.deleted_at IS NULL AND l.gl_account_id = 'payables'
      """
    #expect(try fixture.test.rows(books) == ["2 0"])
    func gone(_ resource: Resource) throws {
      try store.writeSync { tables throws(StorageError) in
        let key = key(resource, "9")
        guard let known = try tables.sync.source(key) else { return }
        try tables.sync.markGone(key, at: tables.now)
        try tables.remove(resource, known.localID)
        _ = try tables.resolveLinks()
      }
    }
    // The bill is gone first, its entry with another look.
    try gone(.bills)
    #expect(try store.reconcilingItems().isEmpty)
    #expect(try fixture.test.rows(books) == ["2 0"])
    try gone(.transactions)
    #expect(try fixture.test.rows(books) == ["0 0"])
    let step = try #require(
      try store.auditEvents(subject: bill, limit: 10).last { $0.kind == "reconciling" })
    #expect(step.actor == "buildium" && step.to == "told")
    #expect(try store.verifyAudit().findings.isEmpty)
    #expect(try store.check().isEmpty)
    // It came back, and so did what takes it out.
    try store.writeSync { tables throws(StorageError) in
      _ = try tables.store(
        RemoteRecord(
          key: key(.transactions, "9"),
          record: Record(
            .transactions,
            [
              "transaction_type": .text("Bill"), "date": .date(BillFixture.today),
              "total_amount": .money(Money(minorUnits: 100)),
            ])))
      _ = try tables.resolveLinks()
    }
    #expect(
      try fixture.test.rows(
        "SELECT COUNT(*) FROM transactions WHERE reversal_of IS NOT NULL AND deleted_at IS NULL")
        == ["1"])
  }

  @Test("a record of ours that came with a pull before its answer is one record")
  func absorbed() throws {
    let bill = try fixture.approved(100)
    try pull([self.bill("9", 100), entry("9", "Bill", 100)])
    #expect(try store.bills(asOf: BillFixture.today).count == 2)
    try store.writeSync { tables throws(StorageError) in
      for _ in 0..<2 { try tables.adopt(.bill, bill, key: key(.bills, "9")) }
    }
    let left = try store.bills(asOf: BillFixture.today)
    #expect(left.map(\.localID) == [bill] && left.map(\.buildiumID) == [9])
    try pull([self.bill("9", 100), entry("9", "Bill", 100)])
    #expect(try store.bills(asOf: BillFixture.today).map(\.localID) == [bill])
    #expect(
      try fixture.test.rows(
        "SELECT COUNT(*) FROM transactions WHERE deleted_at IS NULL AND transaction_type = 'Bill'")
        == ["1"])
    #expect(try store.check().isEmpty)
  }

  @Test(
    "Buildium's approval status says where a bill enters",
    arguments: [
      ("NotNeeded", "approved"), ("Approved", "approved"), ("Pending", "pending_approval"),
      ("ApprovalRequired", "draft"), ("Rejected", "rejected"), ("Somehow", "approved"),
    ])
  func states(_ status: String, _ state: String) throws {
    try pull([bill("1", 100, status)])
    #expect(try fixture.test.rows("SELECT state FROM bill_workflow") == [state])
    #expect(try store.bills(asOf: BillFixture.today).map(\.approval.rawValue) == [state])
    // It stands in Buildium's ledger whatever its approval.
    #expect(try store.bills(asOf: BillFixture.today).map(\.status) == [.due])
    #expect(try store.auditEvents(limit: 9).map(\.action) == ["import"])
  }

  @Test("Buildium's approval moves a bill only while nobody decided it here")
  func decided() throws {
    try pull([bill("1", 100, "Pending"), bill("2", 100, "Pending")])
    let id = try #require(try store.billID("1"))
    _ = try store.perform(BillRequest(.reject, reason: "wrong"), on: id, by: "bob")
    try pull([bill("1", 100, "Approved"), bill("2", 100, "Approved")])
    #expect(
      try fixture.test.rows(
        """
        SELECT b.buildium_bill_id, w.state FROM bill_workflow w JOIN bills b ON b.id = w.bill_id
        ORDER BY 1
        """) == ["1 rejected", "2 approved"])
  }

  @Test("a payment with a credit becomes two applications; taking it again changes nothing")
  func payments() throws {
    let records = [
      bill("1", 9_999), entry("5", "VendorCredit", 4_555), entry("6", "Check", 5_444),
      payment("6", of: "1", [9_999, -4_555], credits: ["5"]),
    ]
    try pull(records)
    let expected = ["1 5 credit 4555", "1 6 payment 5444"]
    #expect(try fixture.test.rows(applied) == expected)
    let steps = try store.auditEvents(limit: 99).count
    try pull(records)
    #expect(try fixture.test.rows(applied) == expected)
    #expect(try store.auditEvents(limit: 99).count == steps)
    let (report, refusal) = try store.backfillBills(dryRun: false, by: "ann")
    #expect(refusal == nil && report.unchanged == 2 && report.applications.isEmpty)
    #expect(report.payablesAccount == "payables")
    #expect(try store.check().isEmpty)
  }

  @Test("a payment waits for its transaction, which comes with a later pull")
  func waiting() throws {
    try pull([bill("1", 100), payment("6", of: "1", [60])])
    #expect(try fixture.test.rows(applied) == [])
    #expect(try store.backfillBills(dryRun: true, by: "ann").report.waiting.count == 1)
    try pull([entry("6", "Check", 60)])
    #expect(try fixture.test.rows(applied) == ["1 6 payment 60"])
    #expect(try fixture.test.rows("SELECT * FROM bill_intake") == [])
  }

  @Test("a credit used by two payments of one bill is applied with both parts")
  func creditTwice() throws {
    try pull([
      bill("1", 1_000), entry("5", "VendorCredit", 300), entry("6", "Check", 400),
      entry("7", "Check", 300), payment("6", of: "1", [500, -100], credits: ["5"]),
      payment("7", of: "1", [500, -200], credits: ["5"]),
    ])
    #expect(
      try fixture.test.rows(applied) == ["1 5 credit 300", "1 6 payment 400", "1 7 payment 300"])
    #expect(try store.bills(asOf: BillFixture.today).map(\.status) == [.paid])
  }

  @Test("a payment that names a credit and is for less than it settles: the credit is the rest")
  func creditBySum() throws {
    try pull([
      bill("1", 400), bill("2", 600), entry("5", "VendorCredit", 900), entry("6", "Check", 751),
      payment("6", of: "1", [400], credits: ["5"]), payment("6", of: "2", [600], credits: ["5"]),
    ])
    #expect(
      try fixture.test.rows(applied)
        == ["1 5 credit 100", "1 6 payment 300", "2 5 credit 149", "2 6 payment 451"])
    #expect(try store.bills(asOf: BillFixture.today).map(\.status) == [.paid, .paid])
  }

  @Test("what Buildium has no longer is taken off, unless it is reconciled")
  func gone() throws {
    try pull([
      bill("1", 100), bill("2", 100), entry("6", "Check", 60), entry("7", "Check", 60),
      payment("6", of: "1", [60]), payment("7", of: "2", [60]),
    ])
    let seventh = try fixture.test.rows(
      "SELECT id FROM transactions WHERE buildium_transaction_id = 7")
    try fixture.reconcile(seventh[0])
    try store.writeSync { tables throws(StorageError) in
      for id in ["6:1", "7:2"] {
        guard let known = try tables.sync.source(key(.billPayments, id)) else { continue }
        try tables.remove(.billPayments, known.localID)
      }
      _ = try tables.resolveLinks()
    }
    #expect(try fixture.test.rows(applied) == ["2 7 payment 60"])
  }

  @Test("what was taken off here stays off, and is kept as something Buildium has to be told")
  func takenOff() throws {
    let records = [bill("1", 100), entry("6", "Check", 60), payment("6", of: "1", [60])]
    try pull(records)
    let id = try #require(try store.billID("1"))
    let source = try #require(try store.localID(of: .transactions, named: "6"))
    _ = try store.unapply(source: source, from: id, by: "bob")
    try pull(records)
    #expect(try store.backfillBills(dryRun: false, by: "ann").report.kept == 1)
    #expect(try fixture.test.rows(applied) == [])
    #expect(try store.reconcilingItems().map(\.kind) == ["unapply"])
  }

  @Test("more than a bill amounts to is not applied, and a backfill says so")
  func tooMuch() throws {
    try pull([bill("1", 50), entry("6", "Check", 60), payment("6", of: "1", [60])])
    #expect(try fixture.test.rows(applied) == [])
    let report = try store.backfillBills(dryRun: true, by: "ann").report
    #expect(report.refused.count == 1)
    #expect(report.refused[0].contains("payment 6") == true)
  }

  @Test("a dry run tells the same and changes nothing")
  func dryRun() throws {
    try pull([bill("1", 100), entry("6", "Check", 60), payment("6", of: "1", [60])])
    try fixture.test.run("DELETE FROM bill_applications")
    let dry = try store.backfillBills(dryRun: true, by: "ann").report
    #expect(dry.applications == [.payment: 1])
    #expect(try fixture.test.rows(applied) == [])
    var real = try store.backfillBills(dryRun: false, by: "ann").report
    real.isDryRun = true
    #expect(real == dry)
    #expect(try fixture.test.rows(applied) == ["1 6 payment 60"])
  }

  @Test("a bill of ours that Buildium took is the same bill and the same entry when it comes back")
  func adopted() throws {
    let id = try fixture.approved(5_000)
    try store.writeSync { tables throws(StorageError) in
      try tables.adopt(bill: id, buildiumID: 900)
      try tables.sync.agree(
        key(.bills, "900"), localID: id, base: "{}", hash: "", updatedAt: nil, run: 1,
        at: tables.now)
    }
    try pull([entry("900", "Bill", 5_000)])
    #expect(
      try fixture.test.rows("SELECT COUNT(*) FROM transactions WHERE transaction_type = 'Bill'")
        == ["1"])
  }

  @Test("a deposit of Buildium's holds its payments, which are deposited no second time")
  func deposits() throws {
    var deposit = entry("9", "Deposit", 100)
    deposit.1["deposited_payments"] = .text("8:1.00")
    try pull([deposit])
    #expect(try fixture.test.rows("SELECT COUNT(*) FROM deposit_items") == ["0"])
    try pull([entry("8", "Payment", 100)])
    #expect(
      try fixture.test.rows(
        "SELECT buildium_payment_transaction_id, amount FROM deposit_items") == ["8 100"])
    #expect(try store.undepositedPayments().isEmpty)
    #expect(try store.deposits().map(\.syncState) == ["synced"])
  }

  @Test("the bank's register follows what Buildium says, and a deposit follows the register")
  func register() throws {
    var deposit = entry("9", "Deposit", 100)
    deposit.1["deposited_payments"] = .text("8:1.00")
    let inBank = (
      key(.bankTransactions, "1:9"),
      Record(
        .bankTransactions,
        [
          "transaction_id": .reference(key(.transactions, "9")),
          "reconciliation_status": .text("Reconciled"),
        ])
    )
    try pull([entry("8", "Payment", 100), deposit])
    try pull([inBank])
    #expect(try fixture.test.rows("SELECT status FROM bank_register_state") == ["reconciled"])
    #expect(try store.deposits().map(\.state) == [.reconciled])
    let id = try #require(try store.deposits().first?.localID)
    let void = try store.voidDeposit(id, reason: "r", by: "ann")
    #expect(void == .refused(DepositRefusal.reconciled.refusal))
  }
}
