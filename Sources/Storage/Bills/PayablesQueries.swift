import Domain

extension Store {
  /// What is owed by vendor and property as of a day, by how long it has been due, with the credits
  /// that are not applied. The sum of all rows less the credits is what payables stand at (invariant
  /// I5).
  public func payablesAging(asOf day: CalendarDate) throws(StorageError) -> [AgingRow] {
    try read { connection throws(StorageError) in
      try AgingReader(connection: connection, asOf: day).rows()
    }
  }

  /// What the payables account stands at in the ledger by property, as of a day; credits positive.
  public func payablesBalance(asOf day: CalendarDate) throws(StorageError) -> [String: Money] {
    try read { connection throws(StorageError) in
      var balances: [String: Money] = [:]
      _ = try connection.rows(
        """
        SELECT COALESCE(l.property_id, ''),
          SUM(CASE l.posting_type WHEN 'Credit' THEN l.amount ELSE -l.amount END)
        FROM transaction_lines l JOIN transactions t ON t.id = l.transaction_id
        JOIN gl_accounts a ON a.id = l.gl_account_id
        WHERE t.posting_state = 'posted' AND t.deleted_at IS NULL AND t.date <= $1
          AND (a.default_account_name = 'Accounts Payable'
            OR a.id IN (SELECT ap_gl_account_id FROM organisations))
        GROUP BY COALESCE(l.property_id, '')
        """, .date(day)
      ) { row throws(StorageError) in balances[row.text(0)] = row.money(1) }
      return balances
    }
  }

  /// Whether a bill may be sent to a service: approved, not taken back, and as it was approved.
  public func mayLeave(bill: String) throws(StorageError) -> Refusal? {
    try read { connection throws(StorageError) in try Self.mayLeave(bill, connection) }
  }

  static func mayLeave(_ bill: LocalID, _ connection: Connection) throws(StorageError) -> Refusal? {
    let may =
      try connection.row("SELECT 1 FROM bills_that_may_leave WHERE bill_id = $1", .local(bill)) {
        _ throws(StorageError) in true
      } ?? false
    guard may else {
      let state =
        try connection.row("SELECT state FROM bill_workflow WHERE bill_id = $1", .local(bill)) {
          row throws(StorageError) in BillState(rawValue: row.text(0))
        } ?? nil
      return Refusal(
        "not_approved",
        state == .approved
          ? "The bill takes another one back and stays here."
          : "The bill \((state ?? .draft).words); only an approved one leaves.")
    }
    let hash =
      try connection.row("SELECT content_hash FROM bill_workflow WHERE bill_id = $1", .local(bill))
    {
      row throws(StorageError) in row.optionalText(0)
    } ?? nil
    if let hash, try BillContent(connection).hash(bill) != hash {
      return ApplicationRefusal.billChanged.refusal
    }
    return nil
  }
}

extension SyncState {
  /// Why a bill may not be sent to a service; nil when it may.
  public func refusalToSend(bill: LocalID) throws(StorageError) -> Refusal? {
    try Store.mayLeave(bill, connection)
  }

  /// The bills a payment settles, by their ids at Buildium, for `BillIds[]` of what is sent; empty
  /// when one of them is not known there yet (invariant I33).
  public func billNumbers(ofPayment transaction: LocalID) throws(StorageError) -> [Int] {
    let numbers = try connection.rows(
      """
      SELECT b.buildium_bill_id FROM bill_applications a JOIN bills b ON b.id = a.bill_id
      WHERE a.source_transaction_id = $1 ORDER BY b.buildium_bill_id
      """, .local(transaction)
    ) { row throws(StorageError) in row.optionalInt(0) }
    return numbers.contains(nil) ? [] : numbers.compactMap(\.self)
  }
}

private struct AgingReader {
  let connection: Connection
  let asOf: CalendarDate

  private struct Key: Hashable {
    var vendor: String?
    var property: String?
  }

  func rows() throws(StorageError) -> [AgingRow] {
    let bills = try BillReader(connection: connection, asOf: asOf).rows()
      .filter { $0.status.isOpen && $0.remaining > .zero }
    let properties = try names(
      "SELECT id, buildium_property_id, COALESCE(name, address_line1, '') FROM properties")
    let vendors = try names(
      """
      SELECT v.id, v.buildium_vendor_id, \(BillReader.vendorName("v")) FROM vendors v
      """)
    var lines: [LocalID: [(property: LocalID?, amount: Money)]] = [:]
    _ = try connection.rows(
      "SELECT bill_id, property_id, COALESCE(amount, 0) FROM bill_lines ORDER BY bill_id, position"
    ) { row throws(StorageError) in
      lines[row.localID(0), default: []].append((row.optionalText(1), row.money(2)))
    }
    var rows: [Key: AgingRow] = [:]
    func add(_ vendor: LocalID?, _ property: LocalID?, _ change: (inout AgingRow) -> Void) {
      let key = Key(vendor: vendor, property: property)
      change(
        &rows[
          key,
          default: AgingRow(
            vendor: vendor.flatMap { vendors[$0] }, property: property.flatMap { properties[$0] })])
    }
    for bill in bills {
      guard let bucket = bill.ageBucket else { continue }
      // A bill over several properties is owed for each in proportion to its lines.
      let parts = lines[bill.localID] ?? []
      let shares =
        bill.property != nil || parts.isEmpty
        ? [(bill.property?.localID, bill.remaining)]
        : zip(
          parts.map(\.property),
          BillShares.split(bill.remaining, over: parts.map { max($0.amount, .zero) })
        ).map { ($0, $1) }
      for (property, amount) in shares where amount != .zero {
        add(bill.vendor?.localID, property) { $0.buckets[bucket, default: .zero] += amount }
      }
    }
    for credit in try credits() where credit.amount > .zero {
      add(credit.vendor, credit.property) { $0.unappliedCredits += credit.amount }
    }
    return rows.values.sorted {
      (
        $0.vendor?.name ?? "", $0.vendor?.localID ?? "", $0.property?.name ?? "",
        $0.property?.localID ?? ""
      )
        < (
          $1.vendor?.name ?? "", $1.vendor?.localID ?? "", $1.property?.name ?? "",
          $1.property?.localID ?? ""
        )
    }
  }

  private func names(_ sql: String) throws(StorageError) -> [LocalID: NamedRecord] {
    let rows = try connection.rows(sql) { row throws(StorageError) in
      NamedRecord(
        localID: row.localID(0), buildiumID: row.optionalInt(1), name: row.text(2))
    }
    return Dictionary(uniqueKeysWithValues: rows.map { ($0.localID, $0) })
  }

  /// What of each credit is not applied as of the day.
  private func credits() throws(StorageError) -> [(
    vendor: LocalID?, property: LocalID?, amount: Money
  )] {
    try connection.rows(
      """
      SELECT COALESCE(
          (SELECT vendor_id FROM vendor_credits
            WHERE buildium_vendor_credit_id = t.buildium_transaction_id),
          (SELECT id FROM vendors WHERE buildium_vendor_id = t.payee_id)),
        t.property_id,
        COALESCE(t.total_amount, 0) - \(BillTriggers.refunded("t.id"))
          - (SELECT COALESCE(SUM(a.applied_amount), 0) FROM bill_applications a
            WHERE a.source_transaction_id = t.id AND substr(a.applied_at, 1, 10) <= $1)
      FROM transactions t
      WHERE t.transaction_type = 'VendorCredit' AND t.posting_state = 'posted'
        AND t.deleted_at IS NULL AND t.date <= $1
        AND NOT EXISTS (SELECT 1 FROM transactions r WHERE r.reversal_of = t.id)
      """, .date(asOf)
    ) { row throws(StorageError) in (row.optionalText(0), row.optionalText(1), row.money(2)) }
  }
}
