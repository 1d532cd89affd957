import Domain

extension Store {
  /// Applies a payment, a credit or a refund to a bill: one transaction, validated within it, so that
  /// two who apply the last of a payment at once cannot both succeed.
  ///
  /// - Parameters:
  ///   - source: the transaction's id in the store.
  ///   - bill: the bill's id in the store.
  ///   - amount: nil for as much as the bill needs and the source has.
  ///   - date: nil for the first open day on which both were there.
  ///   - changes: whether replacing what is applied already is meant.
  /// - Returns: nil when there is no such bill or transaction.
  public func apply(
    source: String, to bill: String, amount: Money? = nil, date: CalendarDate? = nil,
    changes: Bool = false, by name: String
  ) throws(StorageError) -> BillResult? {
    try write { transaction throws(StorageError) in
      let writer = BillWriter(transaction: transaction)
      return try BillApplicationWriter(writer: writer).apply(
        source, to: bill, amount: amount, date: date, changes: changes, by: name)
    }
  }

  /// Takes a payment, a credit or a refund off a bill.
  ///
  /// - Returns: nil when there is no such bill or transaction.
  public func unapply(source: String, from bill: String, by name: String) throws(StorageError)
    -> BillResult?
  {
    try write { transaction throws(StorageError) in
      let writer = BillWriter(transaction: transaction)
      return try BillApplicationWriter(writer: writer).unapply(source, from: bill, by: name)
    }
  }

  /// Why an amount of a source may not be applied to a bill; nil when it may. Changes nothing.
  ///
  /// The seed's `validate_bill_application`.
  public func validateBillApplication(
    bill: String, source: String, amount: Money
  ) throws(StorageError) -> ApplicationRefusal? {
    try read { connection throws(StorageError) in
      let reader = ApplicationReader(connection: connection)
      guard var facts = try reader.facts(source, bill) else { return .notASource("") }
      facts.amount = amount
      return facts.refusal(changes: true)
    }
  }

  /// Notes that a vendor's refund pays back a part of a credit, so that so much less of it is left.
  ///
  /// - Returns: why it may not be; nil when it was noted.
  public func recordRefund(
    _ refund: String, ofCredit credit: String, amount: Money, by name: String
  ) throws(StorageError) -> Refusal? {
    try write { transaction throws(StorageError) in
      let connection = transaction.connection
      let actor = try Access(connection: connection).actor(name)
      let reader = ApplicationReader(connection: connection)
      let available = try reader.available(credit)
      let refusal: Refusal? =
        if let refusal = actor.refusal(of: .apply) {
          refusal.refusal
        } else if amount <= .zero {
          ApplicationRefusal.notPositive.refusal
        } else if try reader.type(credit) != "VendorCredit" {
          ApplicationRefusal.notASource(try reader.type(credit)).refusal
        } else if try reader.type(refund) != "VendorRefund" {
          ApplicationRefusal.notASource(try reader.type(refund)).refusal
        } else if amount > available {
          ApplicationRefusal.exceedsSource(available: available).refusal
        } else {
          nil
        }
      try AuditTrail(transaction).append(
        AuditTrail.Entry(
          kind: "credit", subject: credit, name: credit, actor: name, action: "refund",
          details: [
            "refund": .string(refund), "amount": .string("\(amount)"),
            "refused": .optional(refusal?.code),
          ]))
      if let refusal { return refusal }
      try connection.run(
        """
        INSERT INTO vendor_credit_refunds
          (refund_transaction_id, credit_transaction_id, amount, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5)
        """, .local(refund), .local(credit), .money(amount), .text(name),
        .instant(transaction.now))
      return nil
    }
  }
}

/// Reads what decides about an application.
struct ApplicationReader {
  let connection: Connection

  func type(_ source: LocalID) throws(StorageError) -> String {
    try connection.row("SELECT transaction_type FROM transactions WHERE id = $1", .local(source)) {
      row throws(StorageError) in row.text(0)
    } ?? ""
  }

  /// What of a source is applied to nothing and was not paid back.
  func available(_ source: LocalID) throws(StorageError) -> Money {
    try connection.row(
      """
      SELECT COALESCE(total_amount, 0) - \(BillTriggers.refunded("$1"))
        - (SELECT COALESCE(SUM(applied_amount), 0) FROM bill_applications
          WHERE source_transaction_id = $1)
      FROM transactions WHERE id = $1
      """, .local(source)
    ) { row throws(StorageError) in row.money(0) } ?? .zero
  }

  /// The facts of applying a source to a bill, with the amount and the day still to be said; nil when
  /// one of them is not there.
  func facts(_ source: LocalID, _ bill: LocalID) throws(StorageError) -> ApplicationFacts? {
    let read = try connection.row(
      """
      SELECT COALESCE(w.state, \(BillReader.stateOfBuildium)), b.amount, b.date, b.vendor_id,
        b.buildium_bill_id, w.content_hash,
        EXISTS (SELECT 1 FROM bill_workflow r WHERE r.reversal_bill_id = b.id),
        (SELECT COALESCE(SUM(applied_amount), 0) FROM bill_applications
          WHERE bill_id = b.id AND source_transaction_id <> t.id),
        t.transaction_type, t.bill_id = b.id AND t.transaction_type = 'Bill',
        t.posting_state = 'posted' AND t.deleted_at IS NULL,
        EXISTS (SELECT 1 FROM transactions r WHERE r.reversal_of = t.id), t.is_reconciled,
        COALESCE(t.total_amount, 0) - \(BillTriggers.refunded("t.id")),
        (SELECT COALESCE(SUM(applied_amount), 0) FROM bill_applications
          WHERE source_transaction_id = t.id AND bill_id <> b.id),
        t.date,
        CASE WHEN t.payee_type = 'Vendor' AND t.payee_id IS NOT NULL THEN COALESCE(
          (SELECT id FROM vendors WHERE buildium_vendor_id = t.payee_id),
          'buildium:' || t.payee_id) END,
        (SELECT applied_amount FROM bill_applications
          WHERE bill_id = b.id AND source_transaction_id = t.id),
        EXISTS (SELECT 1 FROM transaction_lines l JOIN gl_accounts a ON a.id = l.gl_account_id
          WHERE l.transaction_id = t.id AND l.posting_type = 'Debit'
            AND (a.default_account_name = 'Accounts Payable'
              OR a.id IN (SELECT ap_gl_account_id FROM organisations)))
      FROM bills b JOIN transactions t ON t.id = $2 LEFT JOIN bill_workflow w ON w.bill_id = b.id
      WHERE b.id = $1 AND b.deleted_at IS NULL
      """, .local(bill), .local(source)
    ) { row throws(StorageError) in
      (
        ApplicationFacts(
          billState: BillState(rawValue: row.text(0)) ?? .draft,
          billIsReversal: row.bool(6) || row.money(1) < .zero, billTotal: row.money(1),
          settledByOthers: row.money(7), billDate: row.date(2), billVendor: row.optionalText(3),
          source: ApplicationSource(transactionType: row.text(8), debitsPayables: row.bool(18)),
          sourceType: row.text(8), sourceIsBill: row.bool(9), sourceIsPosted: row.bool(10),
          sourceIsReversed: row.bool(11), sourceIsReconciled: row.bool(12),
          sourceTotal: row.money(13), usedByOthers: row.money(14), sourceDate: row.date(15),
          sourceVendor: row.optionalText(16), existing: row.optionalMoney(17), amount: .zero,
          date: [row.date(2), row.date(15)].compactMap(\.self).max() ?? .distantPast),
        hash: row.optionalText(5)
      )
    }
    guard let (found, hash) = read else { return nil }
    var facts = found
    if let hash { facts.billIsAsApproved = try BillContent(connection).hash(bill) == hash }
    return facts
  }
}

/// Applies payments, credits and refunds, and takes them off.
struct BillApplicationWriter {
  let writer: BillWriter

  private var transaction: Transaction { writer.transaction }
  private var connection: Connection { writer.connection }
  private var reader: ApplicationReader { ApplicationReader(connection: connection) }

  func apply(
    _ source: LocalID, to bill: LocalID, amount: Money?, date: CalendarDate?, changes: Bool,
    by name: String
  ) throws(StorageError) -> BillResult? {
    try BillIntake(transaction: transaction).enter(bill)
    guard let row = try writer.row(bill), var facts = try reader.facts(source, bill) else {
      return nil
    }
    if let refusal = try Access(connection: connection).actor(name).refusal(of: .apply) {
      return try writer.refuse(.apply, row, name, refusal.refusal)
    }
    let possible = min(
      facts.billTotal - facts.settledByOthers, facts.sourceTotal - facts.usedByOthers)
    facts.amount = amount ?? possible
    let periods = BookPeriods(connection: connection)
    if let date {
      facts.date = date
      if let closed = try periods.closedThrough(), date <= closed {
        return try writer.refuse(
          .apply, row, name, BillRefusal.periodClosed(until: closed).refusal)
      }
    } else {
      facts.date = try periods.open(from: facts.date)
    }
    if let refusal = facts.refusal(changes: changes) {
      return try writer.refuse(.apply, row, name, refusal.refusal)
    }
    try append(
      row, source, name, "apply",
      [
        "amount": .string("\(facts.amount)"), "date": .string("\(facts.date)"),
        "before": .optional(facts.existing?.description),
      ])
    try store(facts, source, bill, by: name)
    let existing = facts.existing
    let day = facts.date
    return try writer.finish(.apply, row) { _ in
      existing.map { .apply(source: source, bill: bill, amount: $0, date: day) }
        ?? .unapply(source: source, bill: bill)
    }
  }

  /// Writes the row of an application that was found to be right.
  func store(_ facts: ApplicationFacts, _ source: LocalID, _ bill: LocalID, by name: String)
    throws(StorageError)
  {
    // Not in one statement: an INSERT that becomes an UPDATE meets the rules of both.
    if facts.existing != nil {
      try connection.run(
        """
        UPDATE bill_applications SET applied_amount = $3, applied_at = $4, updated_at = $5
        WHERE bill_id = $1 AND source_transaction_id = $2
        """, .local(bill), .local(source), .money(facts.amount), .date(facts.date),
        .instant(transaction.now))
      return
    }
    try connection.run(
      """
      INSERT INTO bill_applications (id, organisation_id, bill_id, source_transaction_id,
        source_type, applied_amount, applied_at, created_by, created_at, updated_at)
      VALUES ($1, (SELECT id FROM organisations ORDER BY created_at, id LIMIT 1), $2, $3, $4, $5,
        $6, $7, $8, $8)
      """, .local(LocalIDs.new(at: transaction.now)), .local(bill), .local(source),
      .text((facts.source ?? .payment).rawValue), .money(facts.amount), .date(facts.date),
      .text(name), .instant(transaction.now))
  }

  private func append(
    _ row: BillRow, _ source: LocalID, _ name: String, _ action: String, _ details: JSONObject
  ) throws(StorageError) {
    var details = details
    details["source"] = .string(source)
    try writer.audit.append(
      AuditTrail.Entry(
        subject: row.localID, name: row.name, actor: name, action: action,
        from: row.approval.rawValue, to: nil, details: .object(details)))
  }

  /// - Parameter inVoid: whether a void does it, which has asked for the role and the state.
  func unapply(_ source: LocalID, from bill: LocalID, by name: String, inVoid: Bool = false)
    throws(StorageError) -> BillResult?
  {
    guard let row = try writer.row(bill), let facts = try reader.facts(source, bill) else {
      return nil
    }
    if let refusal = try Access(connection: connection).actor(name).refusal(of: .apply) {
      return try writer.refuse(.apply, row, name, refusal.refusal)
    }
    let known = try connection.row(
      """
      SELECT substr(applied_at, 1, 10), created_by = 'buildium' OR EXISTS (
        SELECT 1 FROM born_rows r WHERE r.service = 'rentbook' AND r.record_key IS NOT NULL
          AND r.remote_id IN (a.id, a.source_transaction_id))
      FROM bill_applications a WHERE a.bill_id = $1 AND a.source_transaction_id = $2
      """, .local(bill), .local(source)
    ) { row throws(StorageError) in (row.date(0), row.bool(1)) }
    guard let known, let amount = facts.existing else {
      return try writer.refuse(.apply, row, name, ApplicationRefusal.notApplied.refusal)
    }
    if facts.sourceIsReconciled {
      return try writer.refuse(.apply, row, name, ApplicationRefusal.sourceReconciled.refusal)
    }
    // A void dates its own entries; what was settled in closed books otherwise stays.
    if !inVoid, let closed = try BookPeriods(connection: connection).closedThrough(),
      let day = known.0, day <= closed
    {
      return try writer.refuse(.apply, row, name, BillRefusal.periodClosed(until: closed).refusal)
    }
    try append(
      row, source, name, "unapply",
      ["amount": .string("\(amount)"), "date": .optional(known.0?.description)])
    try connection.run(
      "DELETE FROM bill_applications WHERE bill_id = $1 AND source_transaction_id = $2",
      .local(bill), .local(source))
    if known.1 {
      try writer.remember(
        "unapply", bill, source: source, amount,
        "Buildium still has \(amount) applied to bill \(row.name), which was taken off here; "
          + "payments cannot be changed through its API.", by: name)
    }
    return try writer.finish(.apply, row) { _ in
      .apply(
        source: source, bill: bill, amount: amount, date: known.0 ?? transaction.now.date)
    }
  }
}
