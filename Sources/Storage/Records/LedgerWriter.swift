import Domain

/// Turns a transaction's lines, as Buildium gives them, into postings that balance.
///
/// Buildium leaves out one leg and the side of every line. Both follow from the type, the accounts
/// and the sign convention found for the portfolio; what does not follow sets the transaction apart.
struct LedgerWriter {
  let transaction: Transaction

  private var connection: Connection { transaction.connection }
  private var state: SyncState {
    SyncState(connection: connection, sealing: transaction.sealing)
  }

  private struct Line {
    let id: Int64
    let posting: Posting?
    let isCash: Bool
    let entityType: String?
    let entityID: Int?
    let property: LocalID?
    let unit: LocalID?
    let isZero: Bool
  }

  /// Works out sides and missing legs, then posts the transaction or sets it apart.
  func post(_ id: LocalID, _ record: Record) throws(StorageError) {
    let type = record["transaction_type"].text ?? ""
    let lines = try read(id, type: type, convention: try convention())
    for line in lines {
      guard let posting = line.posting, !line.isZero else { continue }
      try connection.run(
        "UPDATE transaction_lines SET amount = $1, posting_type = $2 WHERE id = $3",
        .money(posting.amount), .text(posting.side.rawValue), .integer(line.id))
    }
    var isBalanced = lines.allSatisfy { $0.isZero || $0.posting != nil }
    if isBalanced { isBalanced = try addMissingLegs(id, record, type: type, lines) }
    try connection.run(
      "UPDATE transactions SET posting_state = $1 WHERE id = $2",
      .text(isBalanced ? "posted" : "quarantined"), .local(id))
  }

  private func read(
    _ id: LocalID, type: String, convention: SignConvention
  ) throws(StorageError) -> [Line] {
    try connection.rows(
      """
      SELECT l.id, l.source_amount, l.is_cash_posting, l.entity_type, l.entity_id, l.property_id,
        l.unit_id, a.type
      FROM transaction_lines l LEFT JOIN gl_accounts a ON a.id = l.gl_account_id
      WHERE l.transaction_id = $1 ORDER BY l.position
      """, .local(id)
    ) { row throws(StorageError) in
      let amount = row.money(1)
      return Line(
        id: row.int64(0),
        posting: PostingRule.posting(
          transactionType: type, accountType: row.text(7), amount: amount, convention: convention),
        isCash: row.bool(2), entityType: row.optionalText(3), entityID: row.optionalInt(4),
        property: row.isNull(5) ? nil : row.localID(5), unit: row.isNull(6) ? nil : row.localID(6),
        isZero: amount == .zero)
    }
  }

  /// Adds one leg per basis and entity for what is missing; whether every leg found its account.
  private func addMissingLegs(
    _ id: LocalID, _ record: Record, type: String, _ lines: [Line]
  ) throws(StorageError) -> Bool {
    var position = lines.count
    for isCash in [false, true] {
      var rest = lines.filter { $0.isCash == isCash && !$0.isZero }
      let total = rest.reduce(Money.zero) { $0 + ($1.posting?.debitAmount ?? .zero) }
      // A journal entry across properties balances as a whole.
      if total == .zero { continue }
      while let first = rest.first {
        let group = rest.filter {
          $0.entityType == first.entityType && $0.entityID == first.entityID
        }
        rest.removeAll { $0.entityType == first.entityType && $0.entityID == first.entityID }
        let missing = group.reduce(Money.zero) { $0 + ($1.posting?.debitAmount ?? .zero) }
        if missing == .zero { continue }
        guard let account = try account(record, type: type, isCash: isCash, of: first) else {
          return false
        }
        let leg = Posting(.credit, missing)
        try connection.run(
          """
          INSERT INTO transaction_lines (transaction_id, position, gl_account_id, source_amount,
            amount, posting_type, is_cash_posting, is_derived, entity_type, entity_id, property_id)
          VALUES ($1, $2, $3, 0, $4, $5, $6, 1, $7, $8, $9)
          """, .local(id), .int(position), .local(account), .money(leg.amount),
          .text(leg.side.rawValue), .bool(isCash), .optional(first.entityType),
          first.entityID.map { .int($0) }, first.property.map { .local($0) })
        position += 1
      }
    }
    return true
  }

  private func account(
    _ record: Record, type: String, isCash: Bool, of line: Line
  ) throws(StorageError) -> LocalID? {
    let bank = try record["bank_gl_account_id"].reference.flatMap { (key) throws(StorageError) in
      try state.source(key)?.localID
    }
    switch PostingRule.counterpart(
      transactionType: type, isCashPosting: isCash, hasBankAccount: bank != nil)
    {
    case .accountsReceivable: return try defaultAccount("Accounts Receivable")
    case .accountsPayable: return try defaultAccount("Accounts Payable")
    case .money(isUndeposited: true): return try defaultAccount("Undeposited Funds")
    case .money(isUndeposited: false):
      if let bank { return bank }
      guard let property = line.property else { return try firstBankAccount() }
      return try connection.row(
        """
        SELECT b.gl_account FROM properties p
        JOIN bank_accounts b ON b.id = p.operating_bank_account_id WHERE p.id = $1
        """, .local(property)
      ) { row throws(StorageError) in row.isNull(0) ? nil : row.localID(0) } ?? nil
    }
  }

  /// The account Buildium made for a purpose, else the only one of that name (invariant I40).
  private func defaultAccount(_ name: String) throws(StorageError) -> LocalID? {
    let byPurpose = try connection.rows(
      "SELECT id FROM gl_accounts WHERE default_account_name = $1 AND deleted_at IS NULL",
      .text(name)
    ) { row throws(StorageError) in row.localID(0) }
    if byPurpose.count == 1 { return byPurpose[0] }
    let byName = try connection.rows(
      "SELECT id FROM gl_accounts WHERE LOWER(name) = LOWER($1) AND deleted_at IS NULL",
      .text(name)
    ) { row throws(StorageError) in row.localID(0) }
    return byName.count == 1 ? byName[0] : nil
  }

  /// The company's money stands in the only bank account there is; with several it is not guessed.
  private func firstBankAccount() throws(StorageError) -> LocalID? {
    let accounts = try connection.rows(
      "SELECT gl_account FROM bank_accounts WHERE gl_account IS NOT NULL AND deleted_at IS NULL"
    ) { row throws(StorageError) in row.localID(0) }
    return accounts.count == 1 ? accounts[0] : nil
  }

  private func convention() throws(StorageError) -> SignConvention {
    let text = try connection.row(
      "SELECT value FROM provider_memory WHERE name = $1", .text(SignConvention.memoryName)
    ) { row throws(StorageError) in row.text(0) }
    return text.flatMap { SignConvention(rawValue: $0) } ?? .magnitude
  }
}
