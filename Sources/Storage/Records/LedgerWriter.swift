import Domain

/// Turns a transaction's lines, as Buildium gives them, into postings that balance.
///
/// Buildium leaves out one leg and the side of every line. Both follow from the type, the accounts
/// and the sign convention found for the portfolio; what does not follow sets the transaction apart.
struct LedgerWriter {
  let transaction: Transaction

  private var connection: Connection { transaction.connection }

  private struct Line {
    let id: Int64
    let amount: Money?
    let accountType: String
    let isContra: Bool
    let isCash: Bool
    let entity: Entity
    let property: LocalID?
    var posting: Posting?

    var isZero: Bool { amount == .zero }
    var debitAmount: Money { isZero ? .zero : posting?.debitAmount ?? .zero }
  }

  /// Ids of entities are unique within their type only (accounting facts, section 1.3).
  private struct Entity: Hashable {
    let type: String?
    let id: Int?
  }

  private struct Head {
    let type: String
    let bank: LocalID?
  }

  /// Works out sides and missing legs from the stored row, then posts the transaction or sets it
  /// apart. What an earlier try left is undone first.
  func post(_ id: LocalID) throws(StorageError) {
    try connection.run(
      "UPDATE transactions SET posting_state = 'unposted' WHERE id = $1", .local(id))
    try connection.run(
      "DELETE FROM transaction_lines WHERE transaction_id = $1 AND is_derived = 1", .local(id))
    let isBalanced = try balance(id)
    try connection.run(
      "UPDATE transactions SET posting_state = $1 WHERE id = $2",
      .text(isBalanced ? "posted" : "quarantined"), .local(id))
  }

  /// Tries again what was set apart, because an account or a property came or changed.
  func postQuarantined() throws(StorageError) {
    let ids = try connection.rows(
      """
      SELECT id FROM transactions WHERE posting_state = 'quarantined' AND deleted_at IS NULL
        AND is_reconciled = 0
      """
    ) { row throws(StorageError) in row.localID(0) }
    for id in ids { try post(id) }
  }

  private func balance(_ id: LocalID) throws(StorageError) -> Bool {
    let head = try connection.row(
      "SELECT COALESCE(transaction_type, ''), bank_gl_account_id FROM transactions WHERE id = $1",
      .local(id)
    ) { row throws(StorageError) in
      Head(type: row.text(0), bank: row.isNull(1) ? nil : row.localID(1))
    }
    guard let head, let lines = sided(try read(id), type: head.type, try convention()) else {
      // Sides of an earlier try would be taken for known.
      try connection.run(
        """
        UPDATE transaction_lines SET amount = NULL, posting_type = NULL
        WHERE transaction_id = $1 AND posting_type IS NOT NULL
        """, .local(id))
      return false
    }
    for line in lines {
      let posting = line.isZero ? nil : line.posting
      try connection.run(
        "UPDATE transaction_lines SET amount = $1, posting_type = $2 WHERE id = $3",
        posting.map { .money($0.amount) }, posting.map { .text($0.side.rawValue) },
        .integer(line.id))
    }
    var position = try nextPosition(id)
    for isCash in [false, true] {
      let ofBasis = lines.filter { $0.isCash == isCash && !$0.isZero }
      guard try addMissingLegs(id, head, ofBasis, isCash: isCash, &position) else { return false }
    }
    return true
  }

  private func read(_ id: LocalID) throws(StorageError) -> [Line] {
    try connection.rows(
      """
      SELECT l.id, l.source_amount, l.is_cash_posting, l.entity_type, l.entity_id, l.property_id,
        a.type, a.is_contra_account
      FROM transaction_lines l LEFT JOIN gl_accounts a ON a.id = l.gl_account_id
      WHERE l.transaction_id = $1 ORDER BY l.position
      """, .local(id)
    ) { row throws(StorageError) in
      Line(
        id: row.int64(0), amount: row.optionalMoney(1), accountType: row.text(6),
        isContra: row.bool(7), isCash: row.bool(2),
        entity: Entity(type: row.optionalText(3), id: row.optionalInt(4)),
        property: row.isNull(5) ? nil : row.localID(5))
    }
  }

  /// The lines with their sides, or nil when one of them cannot be told.
  private func sided(_ lines: [Line], type: String, _ convention: SignConvention) -> [Line]? {
    guard PostingRule.isKnown(transactionType: type) else { return nil }
    func sided(contraAside: Bool) -> [Line]? {
      var sided = lines
      for index in sided.indices where !lines[index].isZero {
        guard let amount = lines[index].amount,
          let posting = PostingRule.posting(
            transactionType: type, accountType: lines[index].accountType, amount: amount,
            convention: convention, isContraAccount: contraAside && lines[index].isContra)
        else { return nil }
        sided[index].posting = posting
      }
      return sided
    }
    guard let plain = sided(contraAside: false) else { return nil }
    guard PostingRule.isComplete(transactionType: type) else { return plain }
    if isBalanced(plain) { return plain }
    // How contra accounts are signed is not documented; a journal entry has all its legs and so
    // tells by itself.
    return sided(contraAside: true).flatMap { isBalanced($0) ? $0 : nil }
  }

  private func isBalanced(_ lines: [Line]) -> Bool {
    [false, true].allSatisfy { isCash in
      lines.reduce(Money.zero) { $1.isCash == isCash ? $0 + $1.debitAmount : $0 } == .zero
    }
  }

  private func nextPosition(_ id: LocalID) throws(StorageError) -> Int {
    try connection.row(
      "SELECT COALESCE(MAX(position), -1) + 1 FROM transaction_lines WHERE transaction_id = $1",
      .local(id)
    ) { row throws(StorageError) in row.int(0) } ?? 0
  }

  /// Adds one leg per entity for what is missing in a basis; whether every leg found its account.
  private func addMissingLegs(
    _ id: LocalID, _ head: Head, _ lines: [Line], isCash: Bool, _ position: inout Int
  ) throws(StorageError) -> Bool {
    if PostingRule.isNatural(transactionType: head.type),
      lines.reduce(Money.zero, { $0 + $1.debitAmount }) == .zero
    {
      return true
    }
    // In the order of the lines, so that the same transaction gives the same rows.
    var entities: [Entity] = []
    var groups: [Entity: [Line]] = [:]
    for line in lines {
      if groups[line.entity] == nil { entities.append(line.entity) }
      groups[line.entity, default: []].append(line)
    }
    for entity in entities {
      let group = groups[entity] ?? []
      let missing = group.reduce(Money.zero) { $0 + $1.debitAmount }
      if missing == .zero { continue }
      let property = group.lazy.compactMap(\.property).first
      guard let account = try account(id, head, entity, property, isCash: isCash) else {
        return false
      }
      let leg = Posting(.credit, missing)
      try connection.run(
        """
        INSERT INTO transaction_lines (transaction_id, position, gl_account_id, source_amount,
          amount, posting_type, is_cash_posting, is_derived, entity_type, entity_id, property_id)
        VALUES ($1, $2, $3, 0, $4, $5, $6, 1, $7, $8, $9)
        """, .local(id), .int(position), .local(account), .money(leg.amount),
        .text(leg.side.rawValue), .bool(isCash), .optional(entity.type),
        entity.id.map { .int($0) }, property.map { .local($0) })
      position += 1
    }
    return true
  }

  // MARK: Accounts

  private func account(
    _ id: LocalID, _ head: Head, _ entity: Entity, _ property: LocalID?, isCash: Bool
  ) throws(StorageError) -> LocalID? {
    // A bank account that is named and not here yet: it comes, and then this is posted.
    if head.bank == nil, try namesUnknownBank(id) { return nil }
    switch PostingRule.counterpart(
      transactionType: head.type, isCashPosting: isCash, hasBankAccount: head.bank != nil)
    {
    case .accountsReceivable: return try defaultAccount("Accounts Receivable")
    case .accountsPayable: return try defaultAccount("Accounts Payable")
    case .money(isUndeposited: true): return try defaultAccount("Undeposited Funds")
    case .money(isUndeposited: false):
      if let bank = head.bank { return bank }
      guard let property else {
        return entity.type == "Rental" ? nil : try onlyBankAccount()
      }
      return try connection.row(
        """
        SELECT b.gl_account FROM properties p
        JOIN bank_accounts b ON b.id = p.operating_bank_account_id WHERE p.id = $1
        """, .local(property)
      ) { row throws(StorageError) in row.isNull(0) ? nil : row.localID(0) } ?? nil
    }
  }

  private func namesUnknownBank(_ id: LocalID) throws(StorageError) -> Bool {
    try connection.row(
      """
      SELECT 1 FROM unresolved_references
      WHERE resource = $1 AND local_id = $2 AND position = -1 AND field = 'bank_gl_account_id'
      """, .text(Resource.transactions.rawValue), .local(id)
    ) { _ throws(StorageError) in true } ?? false
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
  private func onlyBankAccount() throws(StorageError) -> LocalID? {
    let accounts = try connection.rows(
      """
      SELECT gl_account FROM bank_accounts WHERE gl_account IS NOT NULL AND deleted_at IS NULL
      LIMIT 2
      """
    ) { row throws(StorageError) in row.localID(0) }
    return accounts.count == 1 ? accounts[0] : nil
  }

  private func convention() throws(StorageError) -> SignConvention {
    let text = try connection.row(
      "SELECT value FROM provider_memory WHERE service = $1 AND name = $2",
      .text(Service.buildium.rawValue), .text(SignConvention.memoryName)
    ) { row throws(StorageError) in row.text(0) }
    return text.flatMap { SignConvention(rawValue: $0) } ?? .magnitude
  }
}
