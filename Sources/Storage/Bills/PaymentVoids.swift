// Payments that did not go through: stopped, returned, or entered by mistake (invariant I39).
import Domain

extension Store {
  /// Takes a payment back: an entry that mirrors it exactly, and the bills it settled are open again.
  ///
  /// - Parameters:
  ///   - payment: the transaction's id in the store.
  ///   - date: the day it is taken back; today unless said.
  /// - Returns: the entry that takes it back, or why it stays; nil when there is no such transaction.
  public func voidPayment(
    _ payment: String, reason: String, on date: CalendarDate? = nil, by name: String
  ) throws(StorageError) -> BillPaymentOutcome? {
    try write { transaction throws(StorageError) in
      try PaymentVoid(writer: BillWriter(transaction: transaction)).void(
        payment, reason, date, name)
    }
  }
}

private struct PaymentVoid {
  let writer: BillWriter

  private var transaction: Transaction { writer.transaction }
  private var connection: Connection { writer.connection }

  private struct Payment {
    var id: LocalID
    var number: Int?
    var date: CalendarDate?
    var total: Money
    var isPayment: Bool
    var isPosted: Bool
    var isReversed: Bool
    var isReconciled: Bool

    var name: String { number.map(String.init) ?? id }
  }

  private func payment(_ id: LocalID) throws(StorageError) -> Payment? {
    try connection.row(
      """
      SELECT t.buildium_transaction_id, t.date, COALESCE(t.total_amount, 0),
        t.transaction_type IN \(TrustMoney.payments) AND t.total_amount > 0
          AND t.reversal_of IS NULL,
        t.posting_state = 'posted' AND t.deleted_at IS NULL,
        EXISTS (SELECT 1 FROM transactions r WHERE r.reversal_of = t.id), t.is_reconciled
      FROM transactions t WHERE t.id = $1
      """, .local(id)
    ) { row throws(StorageError) in
      Payment(
        id: id, number: row.optionalInt(0), date: row.date(1), total: row.money(2),
        isPayment: row.bool(3), isPosted: row.bool(4), isReversed: row.bool(5),
        isReconciled: row.bool(6))
    }
  }

  private func refusal(
    of payment: Payment, _ reason: String, _ day: CalendarDate, _ name: String
  ) throws(StorageError) -> Refusal? {
    let actor = try Access(connection: connection).actor(name)
    if let refusal = actor.refusal(of: .void) { return refusal.refusal }
    if !payment.isPayment {
      return Refusal("not_a_payment", "\(payment.name) pays no vendor.")
    }
    if !payment.isPosted { return ApplicationRefusal.sourceNotPosted.refusal }
    if payment.isReversed {
      return Refusal("already_voided", "The payment was taken back already.")
    }
    if payment.isReconciled { return ApplicationRefusal.sourceReconciled.refusal }
    if reason.allSatisfy(\.isWhitespace) {
      return Refusal("reason_missing", "A payment is not taken back without a reason.")
    }
    if let date = payment.date, day < date {
      return Refusal(
        "before_payment", "The payment is of \(date) and is not taken back before that.")
    }
    if let closed = try BookPeriods(connection: connection).closedThrough(), day <= closed {
      return BillRefusal.periodClosed(until: closed).refusal
    }
    return nil
  }

  private func audit(
    _ payment: Payment, _ name: String, _ reason: String, _ details: JSONObject
  ) throws(StorageError) {
    try writer.audit.append(
      AuditTrail.Entry(
        kind: "payment", subject: payment.id, name: payment.name, actor: name, action: "void",
        reason: reason.isEmpty ? nil : reason, details: .object(details)))
  }

  func void(_ id: LocalID, _ reason: String, _ date: CalendarDate?, _ name: String)
    throws(StorageError) -> BillPaymentOutcome?
  {
    guard let payment = try payment(id) else { return nil }
    let periods = BookPeriods(connection: connection)
    let earliest = max(transaction.now.date, payment.date ?? transaction.now.date)
    let day: CalendarDate = if let date { date } else { try periods.open(from: earliest) }
    if let refusal = try refusal(of: payment, reason, day, name) {
      try audit(
        payment, name, reason,
        ["refused": .string(refusal.code), "message": .string(refusal.message)])
      return .refused(refusal)
    }
    let bills = try connection.rows(
      "SELECT bill_id FROM bill_applications WHERE source_transaction_id = $1 ORDER BY id",
      .local(id)
    ) { row throws(StorageError) in row.localID(0) }
    for bill in bills {
      let result = try BillApplicationWriter(writer: writer).unapply(
        id, from: bill, by: name, inVoid: true)
      if let refusal = result?.refusal {
        // Everything was asked before the first row was written.
        throw StorageError(.programming, "A payment was not taken off: \(refusal.message)")
      }
    }
    let mirror = try mirror(payment, on: day)
    try audit(
      payment, name, reason,
      [
        "amount": .string("\(payment.total)"), "date": .string("\(day)"),
        "reversal_transaction": .string(mirror), "bills": .int(bills.count),
      ])
    if payment.number != nil {
      try writer.remember(
        "void", id, source: id, payment.total,
        "Payment \(payment.name) of \(payment.total) is taken back here as of \(day) and still "
          + "stands at Buildium, whose API takes no payment back. Void it there by hand.",
        by: name)
    }
    return .done(mirror, payment.total)
  }

  /// The exact mirror of a payment's entry.
  private func mirror(_ payment: Payment, on day: CalendarDate) throws(StorageError) -> LocalID {
    let id = LocalIDs.new(at: transaction.now)
    let now = SQLValue.instant(transaction.now)
    try connection.run(
      """
      INSERT INTO transactions (id, date, transaction_type, payment_method, total_amount, memo,
        check_number, property_id, payee_type, payee_id, payee_name, bank_gl_account_id, provider,
        provider_transaction_id, reversal_of, created_at, updated_at)
      SELECT $1, $2, transaction_type, payment_method, -total_amount, $3, check_number, property_id,
        payee_type, payee_id, payee_name, bank_gl_account_id, 'rentbook', $4, id, $5, $5
      FROM transactions WHERE id = $6
      """, .local(id), .date(day), .text("Payment \(payment.name) taken back"),
      .text("payment-void:" + payment.id), now, .local(payment.id))
    try connection.run(
      """
      INSERT INTO transaction_lines (transaction_id, position, gl_account_id, source_amount, amount,
        posting_type, is_cash_posting, is_derived, memo, entity_type, entity_id, property_id,
        unit_id)
      SELECT $1, position, gl_account_id, -source_amount, amount,
        CASE posting_type WHEN 'Debit' THEN 'Credit' ELSE 'Debit' END, is_cash_posting, is_derived,
        memo, entity_type, entity_id, property_id, unit_id
      FROM transaction_lines WHERE transaction_id = $2 AND amount IS NOT NULL
      """, .local(id), .local(payment.id))
    try connection.run(
      "UPDATE transactions SET posting_state = 'posted' WHERE id = $1", .local(id))
    try connection.run(
      """
      INSERT INTO bank_register_state (transaction_id, bank_account_id, updated_at)
      SELECT $1, bank_account_id, $2 FROM bank_register_state WHERE transaction_id = $3
      """, .local(id), now, .local(payment.id))
    transaction.note(.records(.transactions))
    return id
  }
}
