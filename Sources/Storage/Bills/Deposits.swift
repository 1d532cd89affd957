import Domain

/// Deposits of Buildium's, taken into the overlay: what is in them is deposited once.
struct DepositIntake {
  let transaction: Transaction

  private var connection: Connection { transaction.connection }

  /// Takes a deposit with its payments; whether all of them were there.
  func take(_ id: LocalID, _ report: inout BackfillReport) throws(StorageError) -> Bool {
    let deposit = try connection.row(
      """
      SELECT t.buildium_transaction_id, COALESCE(t.deposited_payments, ''), m.transaction_id
      FROM transactions t LEFT JOIN deposit_meta m ON m.transaction_id = t.id
      WHERE t.id = $1 AND t.transaction_type = 'Deposit' AND t.deleted_at IS NULL
      """, .local(id)
    ) { row throws(StorageError) in
      (number: row.optionalInt(0), payments: row.text(1), isKnown: !row.isNull(2))
    }
    guard let deposit else { return true }
    if !deposit.isKnown {
      try connection.run(
        """
        INSERT INTO deposit_meta (transaction_id, buildium_deposit_id, buildium_sync_status,
          buildium_last_synced_at, created_at, updated_at)
        VALUES ($1, $2, 'synced', $3, $3, $3)
        """, .local(id), deposit.number.map { .int($0) }, .instant(transaction.now))
      report.deposits += 1
    }
    let waitingBefore = report.waiting.count
    for part in deposit.payments.split(separator: " ") {
      guard let number = part.split(separator: ":").first.flatMap({ Int64($0) }) else { continue }
      try take(number, id, deposit.number, &report)
    }
    try follow(id)
    return report.waiting.count == waitingBefore
  }

  private func take(
    _ number: Int64, _ deposit: LocalID, _ depositNumber: Int?, _ report: inout BackfillReport
  ) throws(StorageError) {
    let payment = try connection.row(
      """
      SELECT t.id, COALESCE(t.total_amount, 0), i.deposit_transaction_id,
        t.transaction_type IN \(BillTriggers.receipts),
        (SELECT status FROM deposit_meta WHERE transaction_id = $2)
      FROM transactions t LEFT JOIN deposit_items i ON i.payment_transaction_id = t.id
      WHERE t.buildium_transaction_id = $1 AND t.deleted_at IS NULL
      """, .integer(number), .local(deposit)
    ) { row throws(StorageError) in
      (
        id: row.localID(0), amount: row.money(1), known: row.optionalText(2),
        isReceipt: row.bool(3), state: row.text(4)
      )
    }
    guard let payment else {
      report.waiting.append("deposit \(depositNumber ?? 0): payment \(number) is not in the ledger")
      return
    }
    if payment.known == deposit || !payment.isReceipt { return }
    guard payment.known == nil, payment.state == "posted" else {
      report.refused.append(
        "deposit \(depositNumber ?? 0): payment \(number) is in another deposit already")
      return
    }
    try connection.run(
      """
      INSERT INTO deposit_items (id, deposit_transaction_id, payment_transaction_id,
        buildium_payment_transaction_id, amount, created_at)
      VALUES ($1, $2, $3, $4, $5, $6)
      """, .local(LocalIDs.new(at: transaction.now)), .local(deposit), .local(payment.id),
      .integer(number), .money(payment.amount), .instant(transaction.now))
    report.depositItems += 1
  }

  /// A deposit that was reconciled before it was known here.
  private func follow(_ deposit: LocalID) throws(StorageError) {
    try connection.run(
      """
      UPDATE deposit_meta SET status = 'reconciled', updated_at = $2
      WHERE transaction_id = $1 AND status = 'posted'
        AND (SELECT is_reconciled FROM transactions WHERE id = $1) = 1
      """, .local(deposit), .instant(transaction.now))
  }
}

/// What came of an operation on a deposit.
public enum DepositOutcome: Sendable, Hashable {
  /// The deposit's id in the store.
  case done(String)
  case refused(Refusal)
}

extension Store {
  /// All deposits, newest first, without those that were deleted.
  public func deposits() throws(StorageError) -> [DepositRow] {
    try read { connection throws(StorageError) in
      try DepositReader(connection: connection).rows("1 = 1")
    }
  }

  /// A deposit by its id in the store; nil when there is none.
  public func deposit(_ id: String) throws(StorageError) -> DepositRow? {
    try read { connection throws(StorageError) in
      try DepositReader(connection: connection).rows("m.transaction_id = $1", .local(id)).first
    }
  }

  /// Payments that were received and are in no deposit: undeposited funds (invariant I47).
  public func undepositedPayments() throws(StorageError) -> [DepositItemRow] {
    try read { connection throws(StorageError) in
      try DepositReader(connection: connection).undeposited()
    }
  }

  /// Takes payments to the bank together.
  ///
  /// - Parameters:
  ///   - payments: their transactions' ids in the store.
  ///   - bankAccount: the bank account's id in the store.
  public func createDeposit(
    of payments: [String], to bankAccount: String, on date: CalendarDate, memo: String?,
    by name: String
  ) throws(StorageError) -> DepositOutcome {
    try write { transaction throws(StorageError) in
      try DepositWriter(transaction: transaction).create(payments, bankAccount, date, memo, name)
    }
  }

  /// Takes a deposit back: its payments are undeposited again (invariant I49).
  public func voidDeposit(_ deposit: String, reason: String, by name: String) throws(StorageError)
    -> DepositOutcome?
  {
    try write { transaction throws(StorageError) in
      try DepositWriter(transaction: transaction).void(deposit, reason, name)
    }
  }

  /// Marks a transaction in the bank's register; a deposit follows it.
  ///
  /// - Returns: why it may not be; nil when it is done.
  public func setRegisterState(_ transactionID: String, to status: String, by name: String)
    throws(StorageError) -> Refusal?
  {
    try write { transaction throws(StorageError) in
      let connection = transaction.connection
      let actor = try Access(connection: connection).actor(name)
      let refusal: Refusal? =
        switch actor.role {
        case nil: DepositRefusal.unknownUser(name).refusal
        case .some(let role) where !role.keepsBooks: DepositRefusal.roleMayNot(role).refusal
        default: nil
        }
      let before = try connection.row(
        "SELECT status FROM bank_register_state WHERE transaction_id = $1", .local(transactionID)
      ) { row throws(StorageError) in row.text(0) }
      try AuditTrail(transaction).append(
        AuditTrail.Entry(
          kind: "register", subject: transactionID, name: transactionID, actor: name,
          action: "register", from: before, to: refusal == nil ? status : nil,
          details: refusal.map { ["refused": .string($0.code)] }))
      if let refusal { return refusal }
      try connection.run(
        """
        INSERT INTO bank_register_state (transaction_id, status, reconciled_at, updated_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (transaction_id) DO UPDATE SET status = excluded.status,
          reconciled_at = excluded.reconciled_at, updated_at = excluded.updated_at
        """, .local(transactionID), .text(status),
        status == "reconciled" ? .instant(transaction.now) : nil, .instant(transaction.now))
      transaction.note(.records(.deposits))
      return nil
    }
  }
}

private struct DepositReader {
  let connection: Connection

  func rows(_ condition: String, _ arguments: SQLValue?...) throws(StorageError) -> [DepositRow] {
    var items: [LocalID: [DepositItemRow]] = [:]
    for table in ["deposit_items", "deposit_released_items"] {
      _ = try connection.rows(
        """
        SELECT m.deposit_transaction_id, \(Self.item) FROM \(table) m
        JOIN transactions t ON t.id = m.payment_transaction_id
        LEFT JOIN properties p ON p.id = t.property_id
        WHERE \(condition.replacing("m.transaction_id", with: "m.deposit_transaction_id"))
        ORDER BY t.date, t.id
        """, arguments: arguments
      ) { row throws(StorageError) in
        items[row.localID(0), default: []].append(Self.item(Row(row, skipping: 1)))
      }
    }
    return try connection.rows(
      """
      SELECT m.transaction_id, COALESCE(m.buildium_deposit_id, t.buildium_transaction_id),
        m.deposit_id, t.date, m.status, t.bank_gl_account_id, a.buildium_gl_account_id,
        COALESCE(a.name, ''), COALESCE(t.total_amount, 0), t.memo, m.buildium_sync_status,
        m.buildium_sync_error
      FROM deposit_meta m JOIN transactions t ON t.id = m.transaction_id
      LEFT JOIN gl_accounts a ON a.id = t.bank_gl_account_id
      WHERE t.deleted_at IS NULL AND \(condition) ORDER BY t.date DESC, m.transaction_id DESC
      """, arguments: arguments
    ) { row throws(StorageError) in
      let id = row.localID(0)
      return DepositRow(
        localID: id, buildiumID: row.optionalInt(1), number: row.optionalText(2),
        date: row.date(3), state: DepositState(rawValue: row.text(4)) ?? .posted,
        bank: row.isNull(5)
          ? nil
          : NamedRecord(
            localID: row.localID(5), buildiumID: row.optionalInt(6), name: row.text(7)),
        amount: row.money(8), memo: row.optionalText(9), items: items[id] ?? [],
        syncState: row.text(10), syncError: row.optionalText(11))
    }
  }

  func undeposited() throws(StorageError) -> [DepositItemRow] {
    try connection.rows(
      """
      SELECT \(Self.item) FROM transactions t LEFT JOIN properties p ON p.id = t.property_id
      WHERE t.transaction_type IN \(BillTriggers.receipts) AND t.bank_gl_account_id IS NULL
        AND t.posting_state = 'posted' AND t.deleted_at IS NULL AND t.total_amount > 0
        AND NOT EXISTS (SELECT 1 FROM deposit_items i WHERE i.payment_transaction_id = t.id)
      ORDER BY t.date, t.id
      """
    ) { row throws(StorageError) in Self.item(row) }
  }

  private static let item = """
    t.id, t.buildium_transaction_id, COALESCE(t.transaction_type, ''), t.date, t.payee_name,
    t.property_id, p.buildium_property_id, COALESCE(p.name, p.address_line1, ''),
    COALESCE(t.total_amount, 0)
    """

  private static func item(_ row: Row) -> DepositItemRow {
    DepositItemRow(
      payment: NamedRecord(
        localID: row.text(0), buildiumID: row.optionalInt(1), name: row.text(2)),
      date: row.date(3), payer: row.optionalText(4),
      property: row.isNull(5)
        ? nil
        : NamedRecord(localID: row.text(5), buildiumID: row.optionalInt(6), name: row.text(7)),
      amount: row.money(8))
  }
}

private struct DepositWriter {
  let transaction: Transaction

  private var connection: Connection { transaction.connection }

  private func refusal(of name: String) throws(StorageError) -> DepositRefusal? {
    let actor = try Access(connection: connection).actor(name)
    guard let role = actor.role else { return .unknownUser(name) }
    return role.keepsBooks ? nil : .roleMayNot(role)
  }

  private func refuse(
    _ refusal: DepositRefusal, _ subject: LocalID, _ action: String, _ name: String
  )
    throws(StorageError) -> DepositOutcome
  {
    try AuditTrail(transaction).append(
      AuditTrail.Entry(
        kind: "deposit", subject: subject, name: subject, actor: name, action: action,
        details: [
          "refused": .string(refusal.refusal.code), "message": .string(refusal.refusal.message),
        ]))
    return .refused(refusal.refusal)
  }

  private struct Payment {
    var id: LocalID
    var name: String
    var number: Int?
    var isReceipt: Bool
    var isPosted: Bool
    var deposit: String?
    var bank: LocalID?
    var date: CalendarDate?
    var amount: Money
    var property: LocalID?
  }

  private func payment(_ id: LocalID) throws(StorageError) -> Payment? {
    try connection.row(
      """
      SELECT t.id, COALESCE(t.transaction_type, 'Transaction') || ' '
          || COALESCE(t.buildium_transaction_id, t.id), t.buildium_transaction_id,
        t.transaction_type IN \(BillTriggers.receipts) AND t.total_amount > 0,
        t.posting_state = 'posted' AND t.deleted_at IS NULL,
        (SELECT COALESCE(m.deposit_id, m.buildium_deposit_id, m.transaction_id)
          FROM deposit_items i JOIN deposit_meta m ON m.transaction_id = i.deposit_transaction_id
          WHERE i.payment_transaction_id = t.id),
        t.bank_gl_account_id, t.date, COALESCE(t.total_amount, 0), t.property_id
      FROM transactions t WHERE t.id = $1
      """, .local(id)
    ) { row throws(StorageError) in
      Payment(
        id: row.localID(0), name: row.text(1), number: row.optionalInt(2), isReceipt: row.bool(3),
        isPosted: row.bool(4), deposit: row.optionalText(5), bank: row.optionalText(6),
        date: row.date(7), amount: row.money(8), property: row.optionalText(9))
    }
  }

  func create(
    _ ids: [LocalID], _ bankAccount: LocalID, _ date: CalendarDate, _ memo: String?, _ name: String
  ) throws(StorageError) -> DepositOutcome {
    if let refusal = try refusal(of: name) { return try refuse(refusal, "", "create", name) }
    guard !ids.isEmpty else { return try refuse(.noPayments, "", "create", name) }
    let bank =
      try connection.row(
        "SELECT gl_account FROM bank_accounts WHERE id = $1 AND deleted_at IS NULL",
        .local(bankAccount)
      ) { row throws(StorageError) in row.optionalText(0) } ?? nil
    guard let bank else { return try refuse(.noBankAccount(bankAccount), "", "create", name) }
    if let closed = try BookPeriods(connection: connection).closedThrough(), date <= closed {
      return try refuse(.periodClosed(until: closed), "", "create", name)
    }
    var payments: [Payment] = []
    for id in ids {
      guard let payment = try payment(id) else {
        return try refuse(.notAPayment(id), "", "create", name)
      }
      let refusal: DepositRefusal? =
        if !payment.isReceipt {
          .notAPayment(payment.name)
        } else if !payment.isPosted {
          .notPosted(payment.name)
        } else if let deposit = payment.deposit {
          .alreadyDeposited(payment.name, deposit: deposit)
        } else if payments.contains(where: { $0.id == payment.id }) {
          .alreadyDeposited(payment.name, deposit: "this one")
        } else if payment.bank != nil {
          .atAnotherBank(payment.name)
        } else if let day = payment.date, day > date {
          .depositBeforePayment(payment.name, on: day)
        } else {
          nil
        }
      if let refusal { return try refuse(refusal, payment.id, "create", name) }
      payments.append(payment)
    }
    return try store(payments, bank, bankAccount, date, memo, name)
  }

  private func store(
    _ payments: [Payment], _ bank: LocalID, _ bankAccount: LocalID, _ date: CalendarDate,
    _ memo: String?, _ name: String
  ) throws(StorageError) -> DepositOutcome {
    let id = LocalIDs.new(at: transaction.now)
    let now = SQLValue.instant(transaction.now)
    let total = payments.reduce(Money.zero) { $0 + $1.amount }
    let properties = Set(payments.map(\.property))
    // The same form Buildium gives deposits: no lines, and the payments by their ids.
    let parts = payments.map { "\($0.number.map(String.init) ?? $0.id):\($0.amount)" }
    try connection.run(
      """
      INSERT INTO transactions (id, date, transaction_type, total_amount, memo, property_id,
        bank_gl_account_id, deposited_payments, provider, provider_transaction_id, created_at,
        updated_at)
      VALUES ($1, $2, 'Deposit', $3, $4, $5, $6, $7, 'rentbook', $8, $9, $9)
      """, .local(id), .date(date), .money(total), .optional(memo),
      properties.count == 1 ? properties.first.flatMap { $0 }.map { .local($0) } : nil,
      .local(bank), .text(parts.joined(separator: " ")), .text("deposit:" + id), now)
    try connection.run(
      "UPDATE transactions SET posting_state = 'posted' WHERE id = $1", .local(id))
    let number = try nextNumber(date.year)
    try connection.run(
      """
      INSERT INTO deposit_meta (transaction_id, deposit_id, created_at, updated_at)
      VALUES ($1, $2, $3, $3)
      """, .local(id), .text(number), now)
    for payment in payments {
      try connection.run(
        """
        INSERT INTO deposit_items (id, deposit_transaction_id, payment_transaction_id,
          buildium_payment_transaction_id, amount, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """, .local(LocalIDs.new(at: transaction.now)), .local(id), .local(payment.id),
        payment.number.map { .int($0) }, .money(payment.amount), now)
    }
    try connection.run(
      """
      INSERT INTO bank_register_state (transaction_id, bank_account_id, updated_at)
      VALUES ($1, $2, $3)
      """, .local(id), .local(bankAccount), now)
    try AuditTrail(transaction).append(
      AuditTrail.Entry(
        kind: "deposit", subject: id, name: number, actor: name, action: "create", from: nil,
        to: DepositState.posted.rawValue,
        details: ["total": .string("\(total)"), "payments": .int(payments.count)]))
    transaction.note(.records(.deposits))
    transaction.note(.records(.transactions))
    return .done(id)
  }

  /// The next number of a year, counted up whatever was voided.
  private func nextNumber(_ year: Int) throws(StorageError) -> String {
    let prefix = "DEP-\(year)-"
    let last =
      try connection.row(
        "SELECT MAX(deposit_id) FROM deposit_meta WHERE deposit_id LIKE $1", .text(prefix + "%")
      ) { row throws(StorageError) in row.text(0) } ?? ""
    let count = Int(last.dropFirst(prefix.count)) ?? 0
    let digits = String(count + 1)
    return prefix + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  func void(_ id: LocalID, _ reason: String, _ name: String) throws(StorageError)
    -> DepositOutcome?
  {
    let known = try connection.row(
      """
      SELECT m.status, COALESCE(m.deposit_id, m.buildium_deposit_id, m.transaction_id),
        m.buildium_deposit_id, t.date, COALESCE(t.total_amount, 0), t.is_reconciled
      FROM deposit_meta m JOIN transactions t ON t.id = m.transaction_id
      WHERE m.transaction_id = $1
      """, .local(id)
    ) { row throws(StorageError) in
      (
        state: DepositState(rawValue: row.text(0)) ?? .posted, number: row.text(1),
        isAtBuildium: !row.isNull(2), date: row.date(3), amount: row.money(4),
        isReconciled: row.bool(5)
      )
    }
    guard let known else { return nil }
    let closed = try BookPeriods(connection: connection).closedThrough()
    let refusal: DepositRefusal? =
      if let refusal = try refusal(of: name) {
        refusal
      } else if known.state == .voided {
        .alreadyVoided
      } else if known.state == .reconciled || known.isReconciled {
        .reconciled
      } else if reason.allSatisfy(\.isWhitespace) {
        .reasonMissing
      } else if let closed, let date = known.date, date <= closed {
        .periodClosed(until: closed)
      } else {
        nil
      }
    if let refusal { return try refuse(refusal, id, "void", name) }
    let now = SQLValue.instant(transaction.now)
    try connection.run(
      """
      INSERT INTO deposit_released_items
        (deposit_transaction_id, payment_transaction_id, amount, released_at)
      SELECT deposit_transaction_id, payment_transaction_id, amount, $2 FROM deposit_items
      WHERE deposit_transaction_id = $1
      """, .local(id), now)
    try connection.run("DELETE FROM deposit_items WHERE deposit_transaction_id = $1", .local(id))
    try connection.run(
      "UPDATE deposit_meta SET status = 'voided', updated_at = $2 WHERE transaction_id = $1",
      .local(id), now)
    // It moves nothing any more; what it held stands with it.
    try connection.run(
      """
      UPDATE transactions SET posting_state = 'unposted', deposited_payments = NULL,
        updated_at = $2 WHERE id = $1
      """, .local(id), now)
    try AuditTrail(transaction).append(
      AuditTrail.Entry(
        kind: "deposit", subject: id, name: known.number, actor: name, action: "void",
        from: known.state.rawValue, to: DepositState.voided.rawValue, reason: reason))
    if known.isAtBuildium {
      try BillWriter(transaction: transaction).remember(
        "deposit_void", id, source: nil, known.amount,
        "Deposit \(known.number) is voided here and still stands at Buildium.", by: name)
    }
    transaction.note(.records(.deposits))
    transaction.note(.records(.transactions))
    return .done(id)
  }
}
