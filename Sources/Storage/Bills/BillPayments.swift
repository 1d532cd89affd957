import Domain

/// What came of a payment.
public enum BillPaymentOutcome: Sendable, Hashable {
  /// The payment's transaction in the store, and how much it is.
  case done(String, Money)
  case refused(Refusal)
}

extension Store {
  /// Pays bills of one vendor from a bank account: one check, applied to each of them.
  ///
  /// - Parameters:
  ///   - bills: their ids in the store.
  ///   - bankAccount: the bank account's id in the store.
  ///   - amount: for one bill alone; nil for all that remains of each.
  public func payBills(
    _ bills: [String], from bankAccount: String, amount: Money?, on date: CalendarDate,
    checkNumber: String?, by name: String
  ) throws(StorageError) -> BillPaymentOutcome {
    try write { transaction throws(StorageError) in
      let payer = BillPayer(writer: BillWriter(transaction: transaction))
      return try payer.pay(bills, bankAccount, amount, date, checkNumber, name)
    }
  }

  /// What vendors were paid by check and transfer in a calendar year; card payments and credits are
  /// no part of it (accounting facts, section 3.4 on form 1099).
  public func vendorPayments(year: Int) throws(StorageError) -> [(vendor: NamedRecord, paid: Money)]
  {
    try read { connection throws(StorageError) in
      try connection.rows(
        """
        SELECT v.id, v.buildium_vendor_id, \(BillReader.vendorName("v")), SUM(t.total_amount)
        FROM transactions t JOIN vendors v ON v.buildium_vendor_id = t.payee_id
        WHERE t.payee_type = 'Vendor' AND t.deleted_at IS NULL AND t.posting_state = 'posted'
          AND t.transaction_type IN ('Check', 'ElectronicFundsTransfer', 'BillPayment')
          AND t.date >= $1 AND t.date < $2 AND t.reversal_of IS NULL
          AND NOT EXISTS (SELECT 1 FROM transactions r WHERE r.reversal_of = t.id)
        GROUP BY v.id HAVING SUM(t.total_amount) <> 0 ORDER BY v.buildium_vendor_id, v.id
        """, .text("\(year)-01-01"), .text("\(year + 1)-01-01")
      ) { row throws(StorageError) in
        (
          NamedRecord(localID: row.text(0), buildiumID: row.optionalInt(1), name: row.text(2)),
          row.money(3)
        )
      }
    }
  }
}

private struct BillPayer {
  let writer: BillWriter

  private var transaction: Transaction { writer.transaction }
  private var connection: Connection { writer.connection }

  /// A bill and what is paid of it.
  private struct Part {
    var row: BillRow
    var amount: Money
  }

  func pay(
    _ ids: [LocalID], _ bankAccount: LocalID, _ amount: Money?, _ date: CalendarDate,
    _ checkNumber: String?, _ name: String
  ) throws(StorageError) -> BillPaymentOutcome {
    let bank =
      try connection.row(
        "SELECT gl_account FROM bank_accounts WHERE id = $1 AND deleted_at IS NULL",
        .local(bankAccount)
      ) { row throws(StorageError) in row.optionalText(0) } ?? nil
    guard let bank else {
      return .refused(DepositRefusal.noBankAccount(bankAccount).refusal)
    }
    var parts: [Part] = []
    for id in ids {
      try BillIntake(transaction: transaction).enter(id)
      guard let row = try writer.row(id) else { continue }
      let open = row.total - row.paid - row.credited
      let part = amount ?? open
      if let refusal = try refusal(of: row, part, open, date, parts, name) {
        _ = try writer.refuse(.apply, row, name, refusal)
        return .refused(refusal)
      }
      parts.append(Part(row: row, amount: part))
    }
    guard let first = parts.first, amount == nil || parts.count == 1 else {
      return .refused(
        Refusal("one_bill", "An amount is said for one bill; several are paid in full."))
    }
    let isOverdrawn = try shortfall(parts, date)
    if let isOverdrawn, try isBlocked() {
      for part in parts { _ = try writer.refuse(.apply, part.row, name, isOverdrawn.refusal) }
      return .refused(isOverdrawn.refusal)
    }
    let id = try store(parts, first.row, bank, bankAccount, date, checkNumber)
    if let isOverdrawn { try warn(of: isOverdrawn, id, name) }
    for part in parts {
      let applier = BillApplicationWriter(writer: writer)
      let result = try applier.apply(
        id, to: part.row.localID, amount: part.amount, date: max(date, part.row.date ?? date),
        changes: false, by: name)
      if let refusal = result?.refusal {
        // Everything was asked before the first row was written.
        throw StorageError(.programming, "A payment was not applied: \(refusal.message)")
      }
    }
    return .done(id, parts.reduce(.zero) { $0 + $1.amount })
  }

  private func refusal(
    of row: BillRow, _ amount: Money, _ open: Money, _ date: CalendarDate, _ earlier: [Part],
    _ name: String
  ) throws(StorageError) -> Refusal? {
    let actor = try Access(connection: connection).actor(name)
    let request = BillRequest(.apply)
    if case .refused(let refusal) = BillRules.decide(
      request, on: row.facts, by: actor, under: row.policy)
    {
      return refusal.refusal
    }
    if let closed = try BookPeriods(connection: connection).closedThrough(), date <= closed {
      return BillRefusal.periodClosed(until: closed).refusal
    }
    if let refusal = try Store.mayLeave(row.localID, connection) { return refusal }
    if earlier.contains(where: { $0.row.vendor != row.vendor }) {
      return ApplicationRefusal.otherVendor.refusal
    }
    if earlier.contains(where: { $0.row.localID == row.localID }) {
      return ApplicationRefusal.alreadyApplied(amount).refusal
    }
    if amount <= .zero { return ApplicationRefusal.notPositive.refusal }
    return amount > open ? ApplicationRefusal.exceedsBill(remaining: open).refusal : nil
  }

  /// A line of a bill and what the payment settles of it.
  private struct Line {
    var account: LocalID
    var property: LocalID?
    var unit: LocalID?
    var entityType: String?
    var entityID: Int?
    var amount: Money
    var settled: Money
  }

  /// The first property whose tenants' money the payment would take (invariant I8).
  private func shortfall(_ parts: [Part], _ date: CalendarDate) throws(StorageError)
    -> TrustMoney.Shortfall?
  {
    var paid: [LocalID: Money] = [:]
    for part in parts {
      for line in try lines(part) {
        if let property = line.property { paid[property, default: .zero] += line.settled }
      }
    }
    return try TrustMoney.shortfall(paid, on: date, connection)
  }

  private func isBlocked() throws(StorageError) -> Bool {
    try connection.row("SELECT 1 WHERE \(TrustMoney.isBlocked)") { _ throws(StorageError) in true }
      ?? false
  }

  /// What is let pass is on the record, and among the messages.
  private func warn(of shortfall: TrustMoney.Shortfall, _ payment: LocalID, _ name: String)
    throws(StorageError)
  {
    let message = shortfall.refusal.message
    try writer.audit.append(
      AuditTrail.Entry(
        kind: "payment", subject: payment, name: payment, actor: name, action: "pay",
        details: ["trust_money": .string(message)]))
    try transaction.append(
      .warning, "A payment took money held for tenants. \(message)",
      hint: "Put it back before the tenants' money is due.", key: nil)
  }

  /// What a payment settles of each line, after all that settled the bill before (invariant I30): in
  /// the order in which it was entered, whatever day it is dated, as each had its share then.
  private func lines(_ part: Part) throws(StorageError) -> [Line] {
    var lines = try connection.rows(
      """
      SELECT gl_account_id, property_id, unit_id, entity_type, entity_id, COALESCE(amount, 0)
      FROM bill_lines WHERE bill_id = $1 AND gl_account_id IS NOT NULL ORDER BY position
      """, .local(part.row.localID)
    ) { row throws(StorageError) in
      Line(
        account: row.localID(0), property: row.optionalText(1), unit: row.optionalText(2),
        entityType: row.optionalText(3), entityID: row.optionalInt(4), amount: row.money(5),
        settled: .zero)
    }
    let before = try connection.rows(
      """
      SELECT applied_amount FROM bill_applications WHERE bill_id = $1
      ORDER BY created_at, id
      """, .local(part.row.localID)
    ) { row throws(StorageError) in row.money(0) }
    let shares = BillShares.recognition(
      of: before + [part.amount], over: lines.map { max($0.amount, .zero) })
    for (index, share) in (shares.last ?? []).enumerated() { lines[index].settled = share }
    return lines.filter { $0.settled != .zero }
  }

  private func store(
    _ parts: [Part], _ first: BillRow, _ bank: LocalID, _ bankAccount: LocalID,
    _ date: CalendarDate, _ checkNumber: String?
  ) throws(StorageError) -> LocalID {
    let id = LocalIDs.new(at: transaction.now)
    let now = SQLValue.instant(transaction.now)
    let total = parts.reduce(Money.zero) { $0 + $1.amount }
    var lines: [Line] = []
    for part in parts { lines += try self.lines(part) }
    let properties = Set(lines.map(\.property))
    try connection.run(
      """
      INSERT INTO transactions (id, date, transaction_type, payment_method, total_amount, memo,
        check_number, property_id, payee_type, payee_id, payee_name, bank_gl_account_id, provider,
        provider_transaction_id, created_at, updated_at)
      VALUES ($1, $2, 'Check', 'Check', $3, 'Bill payment', $4, $5, $6, $7, $8, $9, 'rentbook',
        $10, $11, $11)
      """, .local(id), .date(date), .money(total), .optional(checkNumber),
      properties.count == 1 ? properties.first.flatMap { $0 }.map { .local($0) } : nil,
      first.vendor.map { _ in "Vendor" }, first.vendor?.buildiumID.map { .int($0) },
      first.vendor.map { .text($0.name) }, .local(bank), .text("payment:" + id), now)
    // As Buildium gives a payment of bills: what it settles on the cash basis, and the bank.
    var position = 0
    func write(
      _ line: Line, _ account: LocalID, _ amount: Money, _ side: PostingSide,
      isDerived: Bool
    ) throws(StorageError) {
      let posting = Posting(side, amount)
      try connection.run(
        """
        INSERT INTO transaction_lines (transaction_id, position, gl_account_id, source_amount,
          amount, posting_type, is_cash_posting, is_derived, entity_type, entity_id, property_id,
          unit_id)
        VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10, $11)
        """, .local(id), .int(position), .local(account), .money(isDerived ? .zero : amount),
        .money(posting.amount), .text(posting.side.rawValue), .bool(isDerived),
        .optional(line.entityType), line.entityID.map { .int($0) },
        line.property.map { .local($0) }, isDerived ? nil : line.unit.map { .local($0) })
      position += 1
    }
    var owed: [LocalID?: Money] = [:]
    for line in lines {
      try write(line, line.account, line.settled, .debit, isDerived: false)
      owed[line.property, default: .zero] += line.settled
    }
    for line in lines {
      guard let amount = owed.removeValue(forKey: line.property), amount != .zero else { continue }
      try write(line, bank, amount, .credit, isDerived: true)
    }
    try connection.run(
      "UPDATE transactions SET posting_state = 'posted' WHERE id = $1", .local(id))
    try connection.run(
      """
      INSERT INTO bank_register_state (transaction_id, bank_account_id, updated_at)
      VALUES ($1, $2, $3)
      """, .local(id), .local(bankAccount), now)
    transaction.note(.records(.transactions))
    return id
  }
}
