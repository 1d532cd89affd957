// What was entered here and Buildium is to be given: approved bills, what settles them, deposits.
import Domain

/// A record of ours that is to be created at Buildium.
public struct LeavingRecord: Sendable, Hashable {
  /// What of ours it is.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case bill = "bills"
    /// A check that pays bills.
    case payment = "bill_payments"
    /// A vendor's credit applied to a bill. Buildium takes it as a payment that costs nothing.
    case credit = "vendor_credits"
    case deposit = "deposits"

    /// The resource Buildium makes of it.
    public var resource: Resource {
      switch self {
      case .bill: .bills
      case .payment, .credit: .billPayments
      case .deposit: .deposits
      }
    }
  }

  /// What it is.
  public var kind: Kind
  /// Its id in the store; an application's for a credit.
  public var localID: String
  /// What people call it: `Bill INV-7`.
  public var title: String
  /// What is sent, in the words of the service's writer.
  public var record: Record
}

extension SyncState {
  /// The rows of `born_rows` of records that were born here.
  private static func isUnsent(_ kind: LeavingRecord.Kind, _ id: String) -> String {
    """
    NOT EXISTS (SELECT 1 FROM born_rows r WHERE r.service = '\(Service.rentbook.rawValue)'
      AND r.table_name = '\(kind.rawValue)' AND r.remote_id = \(id) AND r.state <> 'waiting')
    """
  }

  /// Records of ours that may be sent now and were not, in the order in which they were made; bills
  /// and deposits by themselves, payments and credits together, as they settle the same lines.
  ///
  /// A bill that is not approved does not leave; a payment leaves when Buildium knows all the bills it
  /// settles and nothing of it is left over (invariant I33).
  public func leaving(_ kinds: [LeavingRecord.Kind], limit: Int) throws(StorageError)
    -> [(kind: LeavingRecord.Kind, id: LocalID)]
  {
    var found: [(kind: LeavingRecord.Kind, id: LocalID, at: String)] = []
    for kind in kinds {
      found += try connection.rows(Self.leaving(kind), .int(limit)) { row throws(StorageError) in
        (kind, row.localID(0), row.text(1))
      }
    }
    found.sort { ($0.at, $0.id) < ($1.at, $1.id) }
    return found.prefix(limit).map { ($0.kind, $0.id) }
  }

  private static func leaving(_ kind: LeavingRecord.Kind) -> String {
    switch kind {
    case .bill:
      """
      SELECT b.id, b.created_at FROM bills b JOIN bills_that_may_leave m ON m.bill_id = b.id
      WHERE b.buildium_bill_id IS NULL AND \(isUnsent(kind, "b.id")) ORDER BY b.id LIMIT $1
      """
    case .payment:
      """
      SELECT t.id, t.created_at FROM transactions t
      WHERE t.provider = 'rentbook' AND t.transaction_type = 'Check'
        AND t.buildium_transaction_id IS NULL AND t.posting_state = 'posted'
        AND t.deleted_at IS NULL AND t.reversal_of IS NULL
        AND NOT EXISTS (SELECT 1 FROM transactions r WHERE r.reversal_of = t.id)
        AND t.total_amount = (SELECT SUM(applied_amount) FROM bill_applications
          WHERE source_transaction_id = t.id)
        AND NOT EXISTS (SELECT 1 FROM bill_applications a JOIN bills b ON b.id = a.bill_id
          WHERE a.source_transaction_id = t.id AND b.buildium_bill_id IS NULL)
        AND \(isUnsent(kind, "t.id")) ORDER BY t.id LIMIT $1
      """
    case .credit:
      """
      SELECT a.id, a.created_at FROM bill_applications a
      JOIN bills b ON b.id = a.bill_id JOIN transactions t ON t.id = a.source_transaction_id
      WHERE a.source_type = 'credit' AND a.created_by <> 'buildium'
        AND b.buildium_bill_id IS NOT NULL AND t.buildium_transaction_id IS NOT NULL
        AND \(isUnsent(kind, "a.id")) ORDER BY a.id LIMIT $1
      """
    case .deposit:
      """
      SELECT m.transaction_id, m.created_at FROM deposit_meta m
      WHERE m.buildium_deposit_id IS NULL AND m.status <> 'voided'
        AND EXISTS (SELECT 1 FROM deposit_items i
          WHERE i.deposit_transaction_id = m.transaction_id)
        AND NOT EXISTS (SELECT 1 FROM deposit_items i
          JOIN transactions p ON p.id = i.payment_transaction_id
          WHERE i.deposit_transaction_id = m.transaction_id AND p.buildium_transaction_id IS NULL)
        AND \(isUnsent(kind, "m.transaction_id")) ORDER BY m.transaction_id LIMIT $1
      """
    }
  }

  /// A payment of ours that cannot leave, because it settles bills with a part of it only.
  public struct PartlyApplied: Sendable, Hashable {
    /// Its id in the store.
    public var localID: LocalID
    /// What people call it.
    public var title: String
    /// What of it settles bills.
    public var applied: Money
    /// What of it does not.
    public var rest: Money
  }

  /// Payments to vendors of which something, or all, settles no bill: Buildium takes a payment of bills
  /// for what it settles, and nothing over.
  public func partlyApplied(limit: Int) throws(StorageError) -> [PartlyApplied] {
    try connection.rows(
      """
      SELECT t.id, t.total_amount, t.date, COALESCE((SELECT SUM(applied_amount)
        FROM bill_applications WHERE source_transaction_id = t.id), 0) AS applied
      FROM transactions t
      WHERE t.provider = 'rentbook' AND t.transaction_type = 'Check' AND t.payee_type = 'Vendor'
        AND t.buildium_transaction_id IS NULL AND t.posting_state = 'posted'
        AND t.deleted_at IS NULL AND t.reversal_of IS NULL
        AND NOT EXISTS (SELECT 1 FROM transactions r WHERE r.reversal_of = t.id)
        AND t.total_amount > COALESCE((SELECT SUM(applied_amount) FROM bill_applications
          WHERE source_transaction_id = t.id), 0)
      ORDER BY t.id LIMIT $1
      """, .int(limit)
    ) { row throws(StorageError) in
      let (total, applied) = (row.money(1), row.money(3))
      return PartlyApplied(
        localID: row.localID(0), title: Self.paymentTitle(total, row.date(2)), applied: applied,
        rest: total - applied)
    }
  }

  private static func paymentTitle(_ total: Money, _ date: CalendarDate?) -> String {
    "Payment of \(total)" + (date.map { " on \($0)" } ?? "")
  }

  /// What is sent for a record of ours; nil when it is not to leave any more, or something it names
  /// is not known at Buildium.
  public func leavingRecord(_ kind: LeavingRecord.Kind, _ id: LocalID) throws(StorageError)
    -> LeavingRecord?
  {
    let found: (title: String, record: Record)? =
      switch kind {
      case .bill: try leavingBill(id)
      case .payment: try leavingPayment(id)
      case .credit: try leavingCredit(id)
      case .deposit: try leavingDeposit(id)
      }
    return found.map {
      LeavingRecord(kind: kind, localID: id, title: $0.title, record: $0.record)
    }
  }

  private func key(_ resource: Resource, _ id: LocalID) throws(StorageError) -> RemoteKey? {
    try remoteID(.buildium, resource, of: id).map { RemoteKey(.buildium, resource, $0) }
  }

  // MARK: Bills

  private func leavingBill(_ id: LocalID) throws(StorageError) -> (title: String, record: Record)? {
    guard try refusalToSend(bill: id) == nil, var record = try record(.bills, id) else {
      return nil
    }
    // What Buildium works out by itself, or keeps of its own.
    for field in ["paid_date", "buildium_approval_status"] { record[field] = .null }
    // Buildium knows the company under an id of its own, which stands in what came from there.
    let company = try companyID()
    for index in record.lines.indices where record.lines[index]["entity_type"]?.text == "Company" {
      record.lines[index]["entity_id"] = company.map { .integer($0) } ?? .null
    }
    return ("Bill \(record["reference_number"].text ?? id)", record)
  }

  private func companyID() throws(StorageError) -> Int64? {
    try connection.row(
      """
      SELECT entity_id FROM transaction_lines
      WHERE entity_type = 'Company' AND entity_id IS NOT NULL LIMIT 1
      """
    ) { row throws(StorageError) in row.int64(0) }
  }

  // MARK: What settles bills

  /// The lines of a bill and what an application settles of each, after everything that Buildium was
  /// told of before (invariant I30); empty when a line is not known there.
  private func shares(ofApplication application: LocalID, on bill: LocalID) throws(StorageError)
    -> [(line: Int64, amount: Money)]
  {
    let lines = try connection.rows(
      """
      SELECT buildium_line_id, COALESCE(amount, 0) FROM bill_lines
      WHERE bill_id = $1 ORDER BY position
      """, .local(bill)
    ) { row throws(StorageError) in (row.isNull(0) ? nil : row.int64(0), row.money(1)) }
    let settled = try connection.rows(
      """
      SELECT a.id, a.applied_amount FROM bill_applications a
      WHERE a.bill_id = $1 AND (a.id = $2 OR a.created_by = 'buildium' OR EXISTS (
        SELECT 1 FROM born_rows r WHERE r.service = 'rentbook' AND r.record_key IS NOT NULL
          AND r.remote_id IN (a.id, a.source_transaction_id)))
      ORDER BY a.id = $2, a.created_at, a.id
      """, .local(bill), .local(application)
    ) { row throws(StorageError) in row.money(1) }
    let shares = BillShares.recognition(of: settled, over: lines.map { max($0.1, .zero) }).last
    var found: [(line: Int64, amount: Money)] = []
    for (line, share) in zip(lines, shares ?? []) where share != .zero {
      guard let number = line.0 else { return [] }
      found.append((number, share))
    }
    return found
  }

  private struct Part {
    var application: LocalID
    var bill: LocalID
    var amount: Money
    var total: Money
  }

  private func leavingPayment(_ id: LocalID) throws(StorageError)
    -> (title: String, record: Record)?
  {
    let head = try connection.row(
      """
      SELECT t.date, COALESCE(t.total_amount, 0), t.check_number, s.bank_account_id
      FROM transactions t LEFT JOIN bank_register_state s ON s.transaction_id = t.id
      WHERE t.id = $1
      """, .local(id)
    ) { row throws(StorageError) in
      (
        date: row.date(0), total: row.money(1), check: row.optionalText(2),
        bank: row.optionalText(3)
      )
    }
    let parts = try connection.rows(
      """
      SELECT a.id, a.bill_id, a.applied_amount, COALESCE(b.amount, 0)
      FROM bill_applications a JOIN bills b ON b.id = a.bill_id
      WHERE a.source_transaction_id = $1 ORDER BY a.created_at, a.id
      """, .local(id)
    ) { row throws(StorageError) in
      Part(
        application: row.localID(0), bill: row.localID(1), amount: row.money(2),
        total: row.money(3))
    }
    guard let head, let date = head.date, let bank = head.bank,
      let account = try key(.bankAccounts, bank), !parts.isEmpty
    else { return nil }
    var record = Record(
      .billPayments,
      [
        "date": .date(date), "amount": .money(head.total), "bank_account_id": .reference(account),
      ])
    var bills: [RemoteKey] = []
    for part in parts {
      guard let bill = try key(.bills, part.bill) else { return nil }
      bills.append(bill)
      // A bill that is paid whole is named, and Buildium pays its lines.
      if parts.count > 1, part.amount == part.total { continue }
      let shares = try shares(ofApplication: part.application, on: part.bill)
      guard !shares.isEmpty else { return nil }
      record.lines += shares.map {
        [
          "bill_id": .reference(bill), "buildium_line_id": .integer($0.line),
          "amount": .money($0.amount),
        ]
      }
    }
    record["bill_ids"] = .references(bills)
    // Buildium keeps neither with a payment of several bills.
    if bills.count == 1 {
      record["reference_number"] = head.check.map { .text(canonical: $0) } ?? .null
      record["memo"] = .text("Bill payment")
    } else if !record.lines.isEmpty {
      // With lines for some bills the sum of those lines is not that of the payment.
      record["amount"] = .null
    }
    return (Self.paymentTitle(head.total, date), record)
  }

  private func leavingCredit(_ id: LocalID) throws(StorageError) -> (title: String, record: Record)?
  {
    let known = try connection.row(
      """
      SELECT a.bill_id, a.applied_amount, substr(a.applied_at, 1, 10), t.buildium_transaction_id,
        COALESCE(p.operating_bank_account_id, (SELECT id FROM bank_accounts
          WHERE buildium_bank_id IS NOT NULL AND deleted_at IS NULL
            AND COALESCE(is_active, 1) = 1 ORDER BY buildium_bank_id LIMIT 1))
      FROM bill_applications a JOIN transactions t ON t.id = a.source_transaction_id
      LEFT JOIN bill_lines l ON l.bill_id = a.bill_id AND l.position = 0
      LEFT JOIN properties p ON p.id = l.property_id
      WHERE a.id = $1
      """, .local(id)
    ) { row throws(StorageError) in
      (
        bill: row.localID(0), amount: row.money(1), date: row.date(2), credit: row.text(3),
        bank: row.optionalText(4)
      )
    }
    guard let known, let date = known.date, let bank = known.bank,
      let account = try key(.bankAccounts, bank), let bill = try key(.bills, known.bill)
    else { return nil }
    let shares = try shares(ofApplication: id, on: known.bill)
    guard !shares.isEmpty else { return nil }
    let record = Record(
      .billPayments,
      [
        "date": .date(date), "amount": .money(known.amount),
        "bank_account_id": .reference(account), "bill_ids": .references([bill]),
        "vendor_credit_ids": .references([RemoteKey(.buildium, .vendorCredits, known.credit)]),
        "memo": .text("Vendor credit applied"),
      ],
      lines: shares.map {
        [
          "bill_id": .reference(bill), "buildium_line_id": .integer($0.line),
          "amount": .money($0.amount),
        ]
      })
    return ("Credit of \(known.amount) on bill \(bill.id)", record)
  }

  // MARK: Deposits

  private func leavingDeposit(_ id: LocalID) throws(StorageError)
    -> (title: String, record: Record)?
  {
    let head = try connection.row(
      """
      SELECT t.date, t.memo, s.bank_account_id, COALESCE(m.deposit_id, '')
      FROM deposit_meta m JOIN transactions t ON t.id = m.transaction_id
      LEFT JOIN bank_register_state s ON s.transaction_id = t.id
      WHERE m.transaction_id = $1
      """, .local(id)
    ) { row throws(StorageError) in
      (date: row.date(0), memo: row.optionalText(1), bank: row.optionalText(2), name: row.text(3))
    }
    let payments = try connection.rows(
      """
      SELECT p.buildium_transaction_id FROM deposit_items i
      JOIN transactions p ON p.id = i.payment_transaction_id
      WHERE i.deposit_transaction_id = $1 ORDER BY p.buildium_transaction_id
      """, .local(id)
    ) { row throws(StorageError) in RemoteKey(.buildium, .transactions, row.text(0)) }
    guard let head, let date = head.date, let bank = head.bank,
      let account = try key(.bankAccounts, bank), !payments.isEmpty
    else { return nil }
    return (
      "Deposit \(head.name)",
      Record(
        .deposits,
        [
          "date": .date(date), "bank_account_id": .reference(account),
          "memo": head.memo.map { .text(canonical: $0) } ?? .null,
          "payment_transaction_ids": .references(payments),
        ])
    )
  }
}

extension SyncRecords {
  /// Notes why a deposit of ours was not taken; nothing for other kinds.
  public func noteRefused(_ kind: LeavingRecord.Kind, _ id: LocalID, _ reason: String)
    throws(StorageError)
  {
    guard kind == .deposit else { return }
    try transaction.connection.run(
      """
      UPDATE deposit_meta SET buildium_sync_status = 'failed', buildium_sync_error = $2,
        updated_at = $3 WHERE transaction_id = $1
      """, .local(id), .text(reason), .instant(transaction.now))
  }
}
