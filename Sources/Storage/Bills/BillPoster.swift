import Domain

/// Brings bills into the ledger and takes them out again by entries of their own.
struct BillPoster {
  let transaction: Transaction

  private var connection: Connection { transaction.connection }

  /// A posting of an entry.
  private struct Leg {
    var account: LocalID
    var amount: Money
    var side: PostingSide
    var isDerived: Bool
    var memo: String?
    var entityType: String?
    var entityID: Int?
    var property: LocalID?
    var unit: LocalID?
    var isCash = false
  }

  /// Posts a bill of our own: its lines, and payables for each property (invariants I1, I4, I6).
  func post(_ row: BillRow, on payables: LocalID) throws(StorageError) {
    let lines = try connection.rows(
      """
      SELECT gl_account_id, amount, memo, entity_type, entity_id, property_id, unit_id
      FROM bill_lines WHERE bill_id = $1 ORDER BY position
      """, .local(row.localID)
    ) { row throws(StorageError) in
      let posting = Posting(.debit, row.money(1))
      return Leg(
        account: row.localID(0), amount: posting.amount, side: posting.side, isDerived: false,
        memo: row.optionalText(2), entityType: row.optionalText(3), entityID: row.optionalInt(4),
        property: row.optionalText(5), unit: row.optionalText(6))
    }
    var legs = lines
    var owed: [LocalID?: Money] = [:]
    for line in lines {
      owed[line.property, default: .zero] += line.side == .debit ? line.amount : -line.amount
    }
    // In the order of the lines, so that the same bill gives the same entry.
    for line in lines {
      guard let amount = owed.removeValue(forKey: line.property), amount != .zero else { continue }
      let posting = Posting(.credit, amount)
      var leg = line
      (leg.account, leg.amount, leg.side) = (payables, posting.amount, posting.side)
      (leg.isDerived, leg.memo, leg.unit) = (true, nil, nil)
      legs.append(leg)
    }
    let day = try BookPeriods(connection: connection).open(
      from: row.date ?? transaction.now.date)
    let id = LocalIDs.new(at: transaction.now)
    try write(
      id, row, bill: row.localID, date: day, total: row.total, memo: row.memo,
      key: "bill:" + row.localID, reversalOf: nil, legs)
  }

  /// A bill's entry in the ledger that was not reversed; nil when there is none.
  func entry(of row: BillRow) throws(StorageError) -> LocalID? {
    try connection.row(
      """
      SELECT t.id FROM transactions t
      WHERE (t.bill_id = $1 OR t.buildium_transaction_id = $2) AND t.transaction_type = 'Bill'
        AND t.posting_state = 'posted' AND t.deleted_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM transactions r WHERE r.reversal_of = t.id)
      ORDER BY t.created_at, t.id LIMIT 1
      """, .local(row.localID), row.buildiumID.map { .int($0) }
    ) { row throws(StorageError) in row.localID(0) }
  }

  /// Takes a bill back: a bill with the amounts turned, and the exact mirror of its entry
  /// (invariants I3 and I36).
  func reverse(_ row: BillRow, _ entry: LocalID, on day: CalendarDate, by name: String)
    throws(StorageError) -> (bill: LocalID, transaction: LocalID)
  {
    let bill = LocalIDs.new(at: transaction.now)
    let now = SQLValue.instant(transaction.now)
    let memo = "Reversal of bill \(row.name)"
    try connection.run(
      """
      INSERT INTO bills (id, vendor_id, property_id, unit_id, work_order_id, date, due_date, amount,
        description, reference_number, status, created_at, updated_at)
      SELECT $1, vendor_id, property_id, unit_id, work_order_id, $2, $2, -amount, $3,
        reference_number, 'cancelled', $4, $4 FROM bills WHERE id = $5
      """, .local(bill), .date(day), .text(memo), now, .local(row.localID))
    try connection.run(
      """
      INSERT INTO bill_lines (bill_id, position, gl_account_id, amount, memo, entity_type,
        entity_id, property_id, unit_id)
      SELECT $1, position, gl_account_id, -amount, memo, entity_type, entity_id, property_id,
        unit_id FROM bill_lines WHERE bill_id = $2 AND amount <> 0
      """, .local(bill), .local(row.localID))
    try connection.run(
      """
      INSERT INTO bill_workflow (bill_id, state, version, created_by, approved_by, approved_at,
        created_at, updated_at)
      VALUES ($1, 'approved', 1, $2, $2, $3, $3, $3)
      """, .local(bill), .text(name), now)
    try AuditTrail(transaction).append(
      AuditTrail.Entry(
        subject: bill, name: bill, actor: name, action: "reverse", from: nil, to: "approved",
        reason: memo, details: ["reverses": .string(row.localID)], version: 1))
    let legs = try connection.rows(
      """
      SELECT gl_account_id, amount, posting_type, is_derived, memo, entity_type, entity_id,
        property_id, unit_id, is_cash_posting
      FROM transaction_lines
      WHERE transaction_id = $1 AND amount IS NOT NULL AND gl_account_id IS NOT NULL
      ORDER BY position
      """, .local(entry)
    ) { row throws(StorageError) in
      Leg(
        account: row.localID(0), amount: row.money(1),
        side: (PostingSide(rawValue: row.text(2)) ?? .debit).opposite, isDerived: row.bool(3),
        memo: row.optionalText(4), entityType: row.optionalText(5), entityID: row.optionalInt(6),
        property: row.optionalText(7), unit: row.optionalText(8), isCash: row.bool(9))
    }
    let mirror = LocalIDs.new(at: transaction.now)
    try write(
      mirror, row, bill: bill, date: day, total: -row.total, memo: memo, key: "bill:" + bill,
      reversalOf: entry, legs)
    return (bill, mirror)
  }

  private func write(
    _ id: LocalID, _ row: BillRow, bill: LocalID, date: CalendarDate, total: Money, memo: String?,
    key: String, reversalOf original: LocalID?, _ legs: [Leg]
  ) throws(StorageError) {
    try connection.run(
      """
      INSERT INTO transactions (id, date, transaction_type, total_amount, memo, reference_number,
        property_id, bill_id, payee_type, payee_id, payee_name, provider, provider_transaction_id,
        reversal_of, created_at, updated_at)
      VALUES ($1, $2, 'Bill', $3, $4, $5, $6, $7, $8, $9, $10, 'rentbook', $11, $12, $13, $13)
      """, .local(id), .date(date), .money(total), .optional(memo), .optional(row.reference),
      row.property.map { .local($0.localID) }, .local(bill), row.vendor.map { _ in "Vendor" },
      row.vendor?.buildiumID.map { .int($0) }, row.vendor.map { .text($0.name) }, .text(key),
      original.map { .local($0) }, .instant(transaction.now))
    for (position, leg) in legs.enumerated() {
      // The same sign Buildium gives: what a bill books is above zero, what it takes back below.
      let source = leg.isDerived ? .zero : (leg.side == .debit ? leg.amount : -leg.amount)
      try connection.run(
        """
        INSERT INTO transaction_lines (transaction_id, position, gl_account_id, source_amount,
          amount, posting_type, is_cash_posting, is_derived, memo, entity_type, entity_id,
          property_id, unit_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """, .local(id), .int(position), .local(leg.account), .money(source), .money(leg.amount),
        .text(leg.side.rawValue), .bool(leg.isCash), .bool(leg.isDerived), .optional(leg.memo),
        .optional(leg.entityType), leg.entityID.map { .int($0) }, leg.property.map { .local($0) },
        leg.unit.map { .local($0) })
    }
    try connection.run(
      "UPDATE transactions SET posting_state = 'posted' WHERE id = $1", .local(id))
    transaction.note(.records(.transactions))
  }
}
