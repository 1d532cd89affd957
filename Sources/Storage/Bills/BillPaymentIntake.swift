import Domain

/// Payments and credits of Buildium's become applications.
extension BillIntake {
  private struct Payment {
    var transaction: LocalID?
    var number: Int?
    var bill: LocalID?
    var amount: Money
    var date: CalendarDate?
    var isGone: Bool
  }

  private func payment(_ id: LocalID) throws(StorageError) -> Payment? {
    try connection.row(
      """
      SELECT t.id, p.buildium_payment_id, p.bill_id, COALESCE(p.amount, 0), p.date,
        p.deleted_at IS NOT NULL
      FROM bill_payments p
      LEFT JOIN transactions t ON t.buildium_transaction_id = p.buildium_payment_id
        AND t.posting_state = 'posted' AND t.deleted_at IS NULL
      WHERE p.id = $1
      """, .local(id)
    ) { row throws(StorageError) in
      Payment(
        transaction: row.optionalText(0), number: row.optionalInt(1), bill: row.optionalText(2),
        amount: row.money(3), date: row.date(4), isGone: row.bool(5))
    }
  }

  /// Rebuilds what a payment settles of a bill; false when it has to wait for another record.
  func takePayment(
    _ id: LocalID, _ report: inout BackfillReport, _ touched: inout [LocalID]
  ) throws(StorageError) -> Bool {
    guard let payment = try payment(id), let bill = payment.bill else {
      return try self.payment(id) == nil
    }
    if payment.isGone {
      if let source = payment.transaction { try remove(source, bill, payment, &report) }
      return try takeCredits(of: bill, payment, &report, &touched)
    }
    guard let source = payment.transaction else {
      report.waiting.append("payment \(payment.number ?? 0): its transaction is not in the ledger")
      return false
    }
    try enter(bill)
    // Buildium does not say what of a payment of several bills went to which; for one that was sent
    // from here it is known.
    if try wasSentFromHere(payment) {
      report.unchanged += 1
      return true
    }
    let cash = try parts(of: id, payment).cash
    if cash > .zero, try take(.payment, source, bill, cash, payment, &report) {
      touched.append(bill)
    }
    return try takeCredits(of: bill, payment, &report, &touched)
  }

  /// Rebuilds what credits settle of a bill, from all of its payments; false when one has to wait.
  private func takeCredits(
    of bill: LocalID, _ payment: Payment, _ report: inout BackfillReport,
    _ touched: inout [LocalID]
  ) throws(StorageError) -> Bool {
    let payments = try connection.rows(
      "SELECT id FROM bill_payments WHERE bill_id = $1 AND deleted_at IS NULL ORDER BY date, id",
      .local(bill)
    ) { row throws(StorageError) in row.localID(0) }
    var wanted: [LocalID: (amount: Money, date: CalendarDate?)] = [:]
    var order: [LocalID] = []
    let reader = ApplicationReader(connection: connection)
    for id in payments {
      guard let paid = try self.payment(id) else { continue }
      var rest = try parts(of: id, paid).credit
      guard rest > .zero else { continue }
      for credit in try credits(id) where rest > .zero {
        guard let credit else {
          report.waiting.append("payment \(paid.number ?? 0): its credit is not in the ledger")
          return false
        }
        guard let facts = try reader.facts(credit, bill) else { continue }
        let used = wanted[credit]?.amount ?? .zero
        let part = min(rest, facts.sourceTotal - facts.usedByOthers - used)
        guard part > .zero else { continue }
        if wanted[credit] == nil { order.append(credit) }
        wanted[credit] = (used + part, paid.date)
        rest = rest - part
      }
      if rest > .zero {
        report.refused.append(
          "payment \(paid.number ?? 0): \(rest) of credits is more than they have left")
      }
    }
    for credit in order {
      guard let part = wanted[credit] else { continue }
      var dated = payment
      dated.date = part.date
      if try take(.credit, credit, bill, part.amount, dated, &report) { touched.append(bill) }
    }
    let known = try connection.rows(
      """
      SELECT source_transaction_id FROM bill_applications
      WHERE bill_id = $1 AND source_type = 'credit' AND created_by = $2
      """, .local(bill), .text(Self.actor)
    ) { row throws(StorageError) in row.localID(0) }
    for credit in known where wanted[credit] == nil {
      try remove(credit, bill, payment, &report)
      touched.append(bill)
    }
    return true
  }

  /// What of a payment of one bill is money, and what credits settle.
  ///
  /// Either the lines below zero say it, or the payment names credits and its check is for less than
  /// it settles; what is missing is then dealt out over the payment's bills by their amounts.
  private func parts(of id: LocalID, _ payment: Payment) throws(StorageError) -> (
    cash: Money, credit: Money
  ) {
    let negative =
      try connection.row(
        """
        SELECT COALESCE(-SUM(amount), 0) FROM bill_payment_lines
        WHERE bill_payment_id = $1 AND amount < 0
        """, .local(id)
      ) { row throws(StorageError) in row.money(0) } ?? .zero
    if negative > .zero { return (payment.amount, negative) }
    guard let number = payment.number, let source = payment.transaction, try namesCredits(id) else {
      return (payment.amount, .zero)
    }
    let rows = try connection.rows(
      """
      SELECT id, COALESCE(amount, 0) FROM bill_payments
      WHERE buildium_payment_id = $1 AND deleted_at IS NULL ORDER BY id
      """, .int(number)
    ) { row throws(StorageError) in (row.localID(0), max(row.money(1), .zero)) }
    let total =
      try connection.row(
        "SELECT COALESCE(total_amount, 0) FROM transactions WHERE id = $1", .local(source)
      ) { row throws(StorageError) in row.money(0) } ?? .zero
    let missing = rows.reduce(Money.zero) { $0 + $1.1 } - total
    guard missing > .zero, let place = rows.firstIndex(where: { $0.0 == id }) else {
      return (payment.amount, .zero)
    }
    let share = min(BillShares.split(missing, over: rows.map(\.1))[place], payment.amount)
    return (payment.amount - share, share)
  }

  private func namesCredits(_ payment: LocalID) throws(StorageError) -> Bool {
    try connection.row(
      """
      SELECT 1 FROM record_links
      WHERE resource = $1 AND local_id = $2 AND field = 'vendor_credit_ids' LIMIT 1
      """, .text(Resource.billPayments.rawValue), .local(payment)
    ) { _ throws(StorageError) in true } ?? false
  }

  /// The credits a payment names, oldest first; nil for one that is not in the ledger yet.
  private func credits(_ payment: LocalID) throws(StorageError) -> [LocalID?] {
    let numbers = try connection.rows(
      """
      SELECT target_key FROM record_links
      WHERE resource = $1 AND local_id = $2 AND field = 'vendor_credit_ids'
      """, .text(Resource.billPayments.rawValue), .local(payment)
    ) { row throws(StorageError) in RemoteKey(row.text(0)).flatMap { Int64($0.id) } }
    var credits: [LocalID?] = []
    for number in numbers.compactMap(\.self).sorted() {
      credits.append(
        try connection.row(
          """
          SELECT id FROM transactions WHERE buildium_transaction_id = $1
            AND posting_state = 'posted' AND deleted_at IS NULL
          """, .integer(number)
        ) { row throws(StorageError) in row.localID(0) })
    }
    return credits
  }

  /// Whether an application changed.
  @discardableResult
  private func take(
    _ kind: ApplicationSource, _ source: LocalID, _ bill: LocalID, _ amount: Money,
    _ payment: Payment, _ report: inout BackfillReport
  ) throws(StorageError) -> Bool {
    let name = "payment \(payment.number ?? 0)"
    guard var facts = try ApplicationReader(connection: connection).facts(source, bill) else {
      return false
    }
    if facts.existing == amount {
      report.unchanged += 1
      return false
    }
    if try wasTakenOffHere(source, bill) {
      report.kept += 1
      return false
    }
    facts.amount = amount
    // Money that left before the bill came settles it on the bill's day.
    facts.date =
      [payment.date, facts.billDate, facts.sourceDate].compactMap(\.self).max()
      ?? facts.date
    // What Buildium has paid is paid, whatever this side thinks of the approval.
    if facts.billState != .voided { facts.billState = .approved }
    facts.billIsAsApproved = true
    guard facts.source == kind else {
      report.refused.append(
        "\(name): \(ApplicationRefusal.notASource(facts.sourceType).refusal.message)")
      return false
    }
    if let refusal = facts.refusal(changes: true) {
      report.refused.append("\(name): \(refusal.refusal.message)")
      return false
    }
    let writer = BillWriter(transaction: transaction)
    try writer.audit.append(
      AuditTrail.Entry(
        subject: bill, name: "", actor: Self.actor, action: "apply",
        from: nil, to: nil,
        details: [
          "source": .string(source), "amount": .string("\(amount)"),
          "date": .string("\(facts.date)"),
        ]))
    try BillApplicationWriter(writer: writer).store(facts, source, bill, by: Self.actor)
    report.applications[kind, default: 0] += 1
    return true
  }

  /// Whether a person took it off here; then it stays off until Buildium and this side agree.
  private func wasTakenOffHere(_ source: LocalID, _ bill: LocalID) throws(StorageError) -> Bool {
    try connection.row(
      """
      SELECT 1 FROM reconciling_items WHERE subject = $1 AND source_transaction_id = $2
        AND kind = 'unapply' AND state = 'pending' LIMIT 1
      """, .local(bill), .local(source)
    ) { _ throws(StorageError) in true } ?? false
  }

  /// Whether Rentbook itself made the payment and sent it.
  private func wasSentFromHere(_ payment: Payment) throws(StorageError) -> Bool {
    guard let transaction = payment.transaction else { return false }
    return try connection.row(
      """
      SELECT 1 FROM born_rows WHERE service = $1 AND table_name = $2 AND remote_id = $3
        AND record_key IS NOT NULL
      """, .text(Service.rentbook.rawValue), .text(LeavingRecord.Kind.payment.rawValue),
      .local(transaction)
    ) { _ throws(StorageError) in true } ?? false
  }

  /// Takes off what a payment settled that Buildium has no longer.
  private func remove(
    _ source: LocalID, _ bill: LocalID, _ payment: Payment, _ report: inout BackfillReport
  ) throws(StorageError) {
    let isReconciled =
      try connection.row("SELECT is_reconciled FROM transactions WHERE id = $1", .local(source)) {
        row throws(StorageError) in row.bool(0)
      } ?? false
    if isReconciled {
      report.refused.append(
        "payment \(payment.number ?? 0): it is reconciled here and gone at Buildium")
      return
    }
    let count = try connection.run(
      """
      DELETE FROM bill_applications
      WHERE bill_id = $1 AND source_transaction_id = $2 AND (created_by = $3 OR $4 = 1)
      """, .local(bill), .local(source), .text(Self.actor), .bool(try wasSentFromHere(payment)))
    guard count > 0 else { return }
    report.removed += 1
    try AuditTrail(transaction).append(
      AuditTrail.Entry(
        subject: bill, name: "", actor: Self.actor, action: "unapply", from: nil, to: nil,
        details: ["source": .string(source)]))
  }
}
