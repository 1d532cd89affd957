import Domain

/// What came of an operation on a statement.
public enum BankStatementOutcome: Sendable, Hashable {
  case done(BankStatement)
  case refused(Refusal)
}

extension Store {
  /// The statements of a bank account, or of all, newest first.
  public func bankStatements(of account: String? = nil) throws(StorageError) -> [BankStatement] {
    try read { connection throws(StorageError) in
      let reader = BankStatementReader(connection: connection)
      guard let account else { return try reader.statements("1 = 1") }
      return try reader.statements("s.bank_account_id = $1", .local(account))
    }
  }

  /// A statement by its id; nil when there is none.
  public func bankStatement(_ id: String) throws(StorageError) -> BankStatement? {
    try read { connection throws(StorageError) in
      try BankStatementReader(connection: connection).statement(id)
    }
  }

  /// The entries a statement shows, and those of the account up to its day that stand on none.
  public func bankEntries(of statement: BankStatement) throws(StorageError) -> [BankEntry] {
    try read { connection throws(StorageError) in
      try BankStatementReader(connection: connection).entries(statement)
    }
  }

  /// Begins with a statement of a bank account.
  ///
  /// - Parameter opening: needed for an account's first statement only; any other begins with what
  ///   the one before ended with.
  public func openBankStatement(
    of account: String, on date: CalendarDate, opening: Money?, ending: Money, by name: String
  ) throws(StorageError) -> BankStatementOutcome {
    try write { transaction throws(StorageError) in
      try BankStatementWriter(transaction: transaction).open(account, date, opening, ending, name)
    }
  }

  /// Marks entries as shown by a statement, or takes the marks off.
  ///
  /// - Parameter transactions: their ids in the store.
  /// - Returns: nil when there is no such statement.
  public func clear(
    _ transactions: [String], on statement: String, isCleared: Bool = true, by name: String
  ) throws(StorageError) -> BankStatementOutcome? {
    try write { transaction throws(StorageError) in
      try BankStatementWriter(transaction: transaction).clear(
        transactions, statement, isCleared, name)
    }
  }

  /// Ends a statement that agrees: what it shows is reconciled and stays as it is (I43, I50).
  ///
  /// - Returns: nil when there is no such statement.
  public func finaliseBankStatement(_ statement: String, by name: String) throws(StorageError)
    -> BankStatementOutcome?
  {
    try write { transaction throws(StorageError) in
      try BankStatementWriter(transaction: transaction).finalise(statement, name)
    }
  }

  /// Gives an open statement up; its marks are gone.
  ///
  /// - Returns: nil when there is no such statement.
  public func dropBankStatement(_ statement: String, by name: String) throws(StorageError)
    -> BankStatementOutcome?
  {
    try write { transaction throws(StorageError) in
      try BankStatementWriter(transaction: transaction).drop(statement, name)
    }
  }
}

private struct BankStatementReader {
  let connection: Connection

  /// What a transaction moves in a statement's account: its lines there, or a deposit's amount.
  static func amount(_ transaction: String, account: String) -> String {
    """
    (CASE WHEN \(transaction).transaction_type = 'Deposit'
      THEN CASE WHEN \(transaction).bank_gl_account_id = \(account)
        THEN COALESCE(\(transaction).total_amount, 0) ELSE 0 END
      ELSE (SELECT COALESCE(SUM(CASE l.posting_type WHEN 'Debit' THEN l.amount ELSE -l.amount END), 0)
        FROM transaction_lines l
        WHERE l.transaction_id = \(transaction).id AND l.gl_account_id = \(account)
          AND (l.is_cash_posting = 1 OR \(transaction).transaction_type = 'GeneralJournalEntry'))
      END)
    """
  }

  func statement(_ id: String) throws(StorageError) -> BankStatement? {
    try statements("s.id = $1", .text(id)).first
  }

  func statements(_ condition: String, _ arguments: SQLValue?...) throws(StorageError)
    -> [BankStatement]
  {
    try connection.rows(
      """
      SELECT s.id, s.bank_account_id, b.buildium_bank_id, COALESCE(b.name, ''), s.statement_date,
        s.opening, s.ending, (SELECT COALESCE(SUM(amount), 0) FROM bank_reconciliation_items
          WHERE reconciliation_id = s.id), s.state = 'finalised', s.finalised_by
      FROM bank_reconciliations s JOIN bank_accounts b ON b.id = s.bank_account_id
      WHERE \(condition) ORDER BY s.statement_date DESC, s.id
      """, arguments: arguments
    ) { row throws(StorageError) in
      BankStatement(
        id: row.text(0),
        account: NamedRecord(
          localID: row.text(1), buildiumID: row.optionalInt(2), name: row.text(3)),
        date: row.date(4) ?? .distantPast, opening: row.money(5), ending: row.money(6),
        cleared: row.money(7), isFinalised: row.bool(8), finalisedBy: row.optionalText(9))
    }
  }

  func entries(_ statement: BankStatement) throws(StorageError) -> [BankEntry] {
    try connection.rows(
      """
      SELECT e.id, e.buildium_transaction_id, e.type, e.date, e.check_number, e.payee_name,
        e.amount, e.is_cleared
      FROM (SELECT t.id, t.buildium_transaction_id, COALESCE(t.transaction_type, '') AS type, t.date,
          t.check_number, t.payee_name,
          \(Self.amount("t", account: "b.gl_account")) AS amount,
          EXISTS (SELECT 1 FROM bank_reconciliation_items i
            WHERE i.reconciliation_id = $1 AND i.transaction_id = t.id) AS is_cleared
        FROM bank_accounts b
        JOIN transactions t ON t.bank_gl_account_id = b.gl_account OR t.id IN (
          SELECT transaction_id FROM transaction_lines WHERE gl_account_id = b.gl_account)
        WHERE b.id = $2 AND t.posting_state = 'posted' AND t.deleted_at IS NULL AND t.date <= $3
          AND NOT EXISTS (SELECT 1 FROM bank_reconciliation_items i
            WHERE i.bank_account_id = $2 AND i.transaction_id = t.id
              AND i.reconciliation_id <> $1)) AS e
      WHERE e.amount <> 0 ORDER BY e.date, e.id
      """, .text(statement.id), .local(statement.account.localID), .date(statement.date)
    ) { row throws(StorageError) in
      BankEntry(
        transaction: NamedRecord(
          localID: row.text(0), buildiumID: row.optionalInt(1), name: row.text(2)),
        date: row.date(3), checkNumber: row.optionalText(4), payee: row.optionalText(5),
        amount: row.money(6), isCleared: row.bool(7))
    }
  }
}

private struct BankStatementWriter {
  let transaction: Transaction

  private var connection: Connection { transaction.connection }
  private var reader: BankStatementReader { BankStatementReader(connection: connection) }

  private func refusal(of name: String) throws(StorageError) -> BankStatementRefusal? {
    let actor = try Access(connection: connection).actor(name)
    guard let role = actor.role else { return .unknownUser(name) }
    return role.keepsBooks ? nil : .roleMayNot(role)
  }

  /// Writes down what was done or tried.
  private func audit(
    _ subject: String, _ action: String, _ name: String, to state: String? = nil,
    refused: BankStatementRefusal? = nil, _ details: JSONObject = JSONObject()
  ) throws(StorageError) {
    var details = details
    if let refused {
      details["refused"] = .string(refused.refusal.code)
      details["message"] = .string(refused.refusal.message)
    }
    try AuditTrail(transaction).append(
      AuditTrail.Entry(
        kind: "bank", subject: subject, name: subject, actor: name, action: action, to: state,
        details: details.isEmpty ? nil : .object(details)))
  }

  private func refuse(
    _ refusal: BankStatementRefusal, _ subject: String, _ action: String, _ name: String
  ) throws(StorageError) -> BankStatementOutcome {
    try audit(subject, action, name, refused: refusal)
    return .refused(refusal.refusal)
  }

  private func outcome(_ id: String) throws(StorageError) -> BankStatementOutcome {
    guard let statement = try reader.statement(id) else {
      throw StorageError(.programming, "The statement \(id) was written and is not there.")
    }
    transaction.note(.records(.bankTransactions))
    return .done(statement)
  }

  func open(
    _ account: LocalID, _ date: CalendarDate, _ opening: Money?, _ ending: Money, _ name: String
  ) throws(StorageError) -> BankStatementOutcome {
    let last = try reader.statements("s.bank_account_id = $1", .local(account)).first
    var refusal = try refusal(of: name)
    if refusal == nil, let last {
      if !last.isFinalised {
        refusal = .oneIsOpen(last.date)
      } else if date <= last.date {
        refusal = .notLater(than: last.date)
      } else if let opening, opening != last.ending {
        refusal = .openingDiffers(before: last.ending)
      }
    }
    if let refusal { return try refuse(refusal, account, "open", name) }
    let id = LocalIDs.new(at: transaction.now)
    try connection.run(
      """
      INSERT INTO bank_reconciliations
        (id, bank_account_id, statement_date, opening, ending, created_by, created_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7)
      """, .local(id), .local(account), .date(date), .money(last?.ending ?? opening ?? .zero),
      .money(ending), .text(name), .instant(transaction.now))
    try audit(
      id, "open", name, to: "open",
      ["account": .string(account), "date": .string("\(date)"), "ending": .string("\(ending)")])
    return try outcome(id)
  }

  func clear(_ ids: [LocalID], _ statement: String, _ isCleared: Bool, _ name: String)
    throws(StorageError) -> BankStatementOutcome?
  {
    guard let known = try reader.statement(statement) else { return nil }
    let action = isCleared ? "clear" : "unclear"
    var refusal = try refusal(of: name)
    if refusal == nil, known.isFinalised { refusal = .finalised }
    var amounts: [(id: LocalID, amount: Money)] = []
    for id in ids where refusal == nil && isCleared {
      let entry = try connection.row(
        """
        SELECT \(BankStatementReader.amount("t", account: "b.gl_account")), t.date,
          t.posting_state = 'posted' AND t.deleted_at IS NULL,
          (SELECT reconciliation_id FROM bank_reconciliation_items
            WHERE bank_account_id = b.id AND transaction_id = t.id)
        FROM transactions t JOIN bank_accounts b ON b.id = $2 WHERE t.id = $1
        """, .local(id), .local(known.account.localID)
      ) { row throws(StorageError) in
        (
          amount: row.money(0), date: row.date(1), isPosted: row.bool(2),
          statement: row.optionalText(3)
        )
      }
      guard let entry, entry.isPosted, entry.amount != .zero else {
        refusal = .notInAccount(id)
        break
      }
      if let other = entry.statement {
        if other != statement { refusal = .elsewhere(id) }
        continue
      }
      if let day = entry.date, day > known.date { refusal = .afterStatement(id) }
      amounts.append((id, entry.amount))
    }
    if let refusal { return try refuse(refusal, statement, action, name) }
    for (id, amount) in amounts {
      try connection.run(
        """
        INSERT INTO bank_reconciliation_items
          (reconciliation_id, bank_account_id, transaction_id, amount)
        VALUES ($1, $2, $3, $4)
        """, .text(statement), .local(known.account.localID), .local(id), .money(amount))
    }
    for id in ids where !isCleared {
      try connection.run(
        """
        DELETE FROM bank_reconciliation_items
        WHERE reconciliation_id = $1 AND transaction_id = $2
        """, .text(statement), .local(id))
    }
    try audit(statement, action, name, ["entries": .int(isCleared ? amounts.count : ids.count)])
    return try outcome(statement)
  }

  func finalise(_ statement: String, _ name: String) throws(StorageError) -> BankStatementOutcome? {
    guard let known = try reader.statement(statement) else { return nil }
    let refusal: BankStatementRefusal? =
      if let refusal = try refusal(of: name) {
        refusal
      } else if known.isFinalised {
        .finalised
      } else if known.difference != .zero {
        .doesNotAgree(difference: known.difference)
      } else { nil }
    if let refusal { return try refuse(refusal, statement, "finalise", name) }
    let now = SQLValue.instant(transaction.now)
    try connection.run(
      """
      UPDATE bank_reconciliations SET state = 'finalised', finalised_by = $2, finalised_at = $3
      WHERE id = $1
      """, .text(statement), .text(name), now)
    try connection.run(
      """
      INSERT INTO bank_register_state
        (transaction_id, bank_account_id, status, reconciled_at, updated_at)
      SELECT transaction_id, bank_account_id, 'reconciled', $2, $2 FROM bank_reconciliation_items
      WHERE reconciliation_id = $1
      ON CONFLICT (transaction_id) DO UPDATE SET status = excluded.status,
        reconciled_at = excluded.reconciled_at, updated_at = excluded.updated_at
        WHERE bank_register_state.status <> 'reconciled'
      """, .text(statement), now)
    try audit(
      statement, "finalise", name, to: "finalised",
      ["ending": .string("\(known.ending)"), "cleared": .string("\(known.cleared)")])
    transaction.note(.records(.deposits))
    transaction.note(.records(.transactions))
    return try outcome(statement)
  }

  func drop(_ statement: String, _ name: String) throws(StorageError) -> BankStatementOutcome? {
    guard let known = try reader.statement(statement) else { return nil }
    var refusal = try refusal(of: name)
    if refusal == nil, known.isFinalised { refusal = .finalised }
    if let refusal { return try refuse(refusal, statement, "drop", name) }
    try connection.run(
      "DELETE FROM bank_reconciliation_items WHERE reconciliation_id = $1", .text(statement))
    try connection.run("DELETE FROM bank_reconciliations WHERE id = $1", .text(statement))
    try audit(statement, "drop", name)
    return .done(known)
  }
}
