import Domain
import Reports

extension Store {
  /// The ledger with what its figures depend on, as it is now: one snapshot of the store.
  public func ledger() throws(StorageError) -> LedgerSnapshot {
    try read { connection throws(StorageError) in
      var reader = LedgerReader(connection: connection)
      return try reader.read()
    }
  }
}

/// Reads the tables into a ``LedgerSnapshot``. Records that are gone count nowhere.
struct LedgerReader {
  let connection: Connection
  private var accountNumbers: [LocalID: Int] = [:]
  private var propertyNumbers: [LocalID: Int] = [:]
  private var ownerNumbers: [LocalID: Int] = [:]
  private var transactionNumbers: [LocalID: Int32] = [:]

  init(connection: Connection) { self.connection = connection }

  mutating func read() throws(StorageError) -> LedgerSnapshot {
    let accounts = try accounts()
    let owners = try owners()
    let properties = try properties()
    let count = try connection.row("SELECT COUNT(*) FROM transaction_lines") {
      row throws(StorageError) in row.int(0)
    }
    var builder = LedgerBuilder(
      accounts: accounts, properties: properties, owners: owners, lineCount: count ?? 0)
    builder.leases = try leases()
    try addTransactions(to: &builder)
    try addLines(to: &builder)
    try addAllocations(to: &builder)
    builder.bills = try bills()
    builder.quarantined = try quarantined()
    var ledger = builder.finish()
    ledger.plan = try plan()
    return ledger
  }

  private func plan() throws(StorageError) -> PlannedAmounts {
    var plan = PlannedAmounts()
    plan.rows = try connection.rows(
      "SELECT property_id, gl_account_id, date, amount FROM planned_amounts ORDER BY remote_id"
    ) { row throws(StorageError) in
      guard let property = propertyNumbers[row.localID(0)],
        let account = accountNumbers[row.localID(1)], let day = row.date(2)
      else { return nil }
      return PlannedAmounts.Row(
        property: property, account: account, day: day, amount: row.money(3))
    }.compactMap(\.self)
    plan.readAt =
      try connection.row(
        "SELECT value FROM settings WHERE name = $1", .text(Store.planReadName)
      ) { row throws(StorageError) in Instant(row.text(0)) } ?? nil
    return plan
  }

  // MARK: Accounts

  private mutating func accounts() throws(StorageError) -> [LedgerAccount] {
    var parents: [LocalID?] = []
    var accounts = try connection.rows(
      """
      SELECT a.id, a.buildium_gl_account_id, a.account_number, COALESCE(a.name, ''),
        COALESCE(a.type, ''), COALESCE(a.sub_type, ''), a.default_account_name,
        COALESCE(a.is_bank_account, 0), a.parent_gl_account_id, COALESCE(a.is_active, 1),
        m.gl_account_id IS NOT NULL
      FROM gl_accounts a LEFT JOIN management_income_accounts m ON m.gl_account_id = a.id
      WHERE a.deleted_at IS NULL
        OR EXISTS (SELECT 1 FROM transaction_lines l WHERE l.gl_account_id = a.id)
      ORDER BY a.buildium_gl_account_id, a.id
      """
    ) { row throws(StorageError) in
      parents.append(row.isNull(8) ? nil : row.localID(8))
      return LedgerAccount(
        buildiumID: row.optionalInt(1), localID: row.localID(0), number: row.optionalText(2),
        name: row.text(3), type: row.text(4), subType: row.text(5),
        defaultName: row.optionalText(6), isBank: row.bool(7), isActive: row.bool(9),
        isManagementIncome: row.bool(10))
    }
    for (number, account) in accounts.enumerated() { accountNumbers[account.localID] = number }
    for (number, parent) in parents.enumerated() {
      accounts[number].parent = parent.flatMap { accountNumbers[$0] }
    }
    try addOverrides(to: &accounts)
    return accounts
  }

  private func addOverrides(to accounts: inout [LedgerAccount]) throws(StorageError) {
    let overrides = try connection.rows(
      """
      SELECT gl_account_id, account_class, effective_from, effective_to FROM noi_account_override
      WHERE revoked_at IS NULL ORDER BY effective_from, seq
      """
    ) { row throws(StorageError) in
      (row.localID(0), row.text(1), row.date(2) ?? .distantPast, row.date(3))
    }
    for (account, name, from, to) in overrides {
      guard let number = accountNumbers[account], let decided = AccountClass(rawValue: name) else {
        continue
      }
      accounts[number].overrides.append(ClassOverride(decided, from: from, to: to))
    }
  }

  // MARK: Properties and owners

  private mutating func owners() throws(StorageError) -> [LedgerOwner] {
    let owners = try connection.rows(
      """
      SELECT id, buildium_owner_id, \(Triggers.displayName("owners")) FROM owners
      WHERE deleted_at IS NULL OR EXISTS (SELECT 1 FROM ownership s WHERE s.owner_id = owners.id)
      ORDER BY buildium_owner_id, id
      """
    ) { row throws(StorageError) in
      LedgerOwner(buildiumID: row.optionalInt(1), localID: row.localID(0), name: row.text(2))
    }
    for (number, owner) in owners.enumerated() { ownerNumbers[owner.localID] = number }
    return owners
  }

  private mutating func properties() throws(StorageError) -> [LedgerProperty] {
    var properties = try connection.rows(
      """
      SELECT p.id, p.buildium_property_id, COALESCE(p.name, ''), COALESCE(p.is_active, 1),
        COALESCE(p.reserve, 0), b.gl_account, m.start_date, m.end_date,
        COALESCE(u.count, 0)
      FROM properties p
      LEFT JOIN bank_accounts b ON b.id = p.operating_bank_account_id
      LEFT JOIN management_agreements m ON m.property_id = p.id
      LEFT JOIN (SELECT property_id, COUNT(*) AS count FROM units WHERE deleted_at IS NULL
        GROUP BY property_id) u ON u.property_id = p.id
      WHERE p.deleted_at IS NULL
        OR EXISTS (SELECT 1 FROM transaction_lines l WHERE l.property_id = p.id)
      ORDER BY p.buildium_property_id, p.id
      """
    ) { row throws(StorageError) in
      var property = LedgerProperty(
        buildiumID: row.optionalInt(1), localID: row.localID(0), name: row.text(2))
      property.isActive = row.bool(3)
      property.reserve = row.money(4)
      property.operatingAccount = row.isNull(5) ? nil : accountNumbers[row.localID(5)]
      (property.agreementStart, property.agreementEnd) = (row.date(6), row.date(7))
      property.unitCount = row.int(8)
      return property
    }
    for (number, property) in properties.enumerated() {
      propertyNumbers[property.localID] = number
    }
    try addShares(to: &properties)
    try addPolicies(to: &properties)
    try addRules(to: &properties)
    return properties
  }

  private func addShares(to properties: inout [LedgerProperty]) throws(StorageError) {
    let shares = try connection.rows(
      """
      SELECT property_id, owner_id, ownership_percentage, disbursement_percentage,
        effective_from, effective_to, "primary"
      FROM ownership
      """
    ) { row throws(StorageError) in
      (
        row.localID(0), row.localID(1), row.optionalText(2), row.optionalText(3), row.date(4),
        row.date(5), row.bool(6)
      )
    }
    for (property, owner, ownership, disbursement, from, to, isPrimary) in shares {
      guard let number = propertyNumbers[property], let owner = ownerNumbers[owner] else {
        continue
      }
      properties[number].shares.append(
        OwnerShare(
          owner: owner, ownership: ownership.flatMap { Percent($0) },
          disbursement: disbursement.flatMap { Percent($0) }, from: from ?? .distantPast, to: to,
          isPrimary: isPrimary))
    }
  }

  private func addPolicies(to properties: inout [LedgerProperty]) throws(StorageError) {
    let rows = try connection.rows(
      """
      SELECT property_id, priority, effective_from, effective_to, reserve_target, percent,
        hold_unpaid_bills, hold_undeposited, carry_forward_negative_noi, management_fee,
        calculation_order, ownership_change
      FROM distribution_rules
      """
    ) { row throws(StorageError) in
      var policy = DrawPolicy(
        from: row.date(2) ?? .distantPast, to: row.date(3), reserveTarget: row.money(4),
        percent: Percent(row.text(5)) ?? .whole, holdsUnpaidBills: row.bool(6),
        holdsUndeposited: row.bool(7), carriesForwardLoss: row.bool(8),
        fee: row.optionalText(9).flatMap { (try? JSONValue(parsing: $0)).flatMap { FeePolicy($0) } }
      )
      policy.priority = row.int(1)
      policy.order = DrawPolicy.Order(rawValue: row.text(10)) ?? .reserveThenPercent
      policy.ownershipChange = OwnershipChangeRule(rawValue: row.text(11)) ?? .transactionDate
      return (row.localID(0), policy)
    }
    for (property, policy) in rows {
      guard let number = propertyNumbers[property] else { continue }
      properties[number].policies.append(policy)
    }
  }

  private func addRules(to properties: inout [LedgerProperty]) throws(StorageError) {
    let rows = try connection.rows(
      """
      SELECT id, owner_id, property_id, kind, priority, COALESCE(amount, 0), percent,
        effective_from, effective_to, reason, group_id
      FROM draw_rules WHERE revoked_at IS NULL ORDER BY priority, id
      """
    ) { row throws(StorageError) in
      (
        row.localID(2, orNil: ()), row.localID(1), row.localID(10, orNil: ()),
        DrawRule(
          id: row.localID(0), kind: DrawRule.Kind(rawValue: row.text(3)) ?? .hold, owner: 0,
          priority: row.int(4), amount: row.money(5),
          percent: row.optionalText(6).flatMap { Percent($0) } ?? .whole,
          from: row.date(7) ?? .distantPast, to: row.date(8), reason: row.text(9))
      )
    }
    let groups = try PropertyGroups.all(connection)
    for (property, owner, group, rule) in rows {
      guard let owner = ownerNumbers[owner] else { continue }
      var rule = rule
      rule.owner = owner
      let members = group.flatMap { id in groups.first { $0.id == id } }
      rule.group = members?.name
      if group != nil {
        // A group that has no properties left has no rule either.
        for member in members?.properties ?? [] {
          guard let number = propertyNumbers[member],
            properties[number].shares.contains(where: { $0.owner == owner })
          else { continue }
          properties[number].rules.append(rule)
        }
        continue
      }
      for number in properties.indices
      where property.map({ propertyNumbers[$0] == number })
        ?? properties[number].shares.contains(where: { $0.owner == owner })
      {
        properties[number].rules.append(rule)
      }
    }
  }

  // MARK: Leases

  private func leases() throws(StorageError) -> [LedgerLease] {
    var tenants: [Int: [String]] = [:]
    let names = try connection.rows(
      """
      SELECT l.lease_id, TRIM(COALESCE(t.first_name, '') || ' ' || COALESCE(t.last_name, ''))
      FROM lease_tenants l JOIN tenants t ON t.id = l.tenant_id
      ORDER BY l.lease_id, l.is_current DESC, t.last_name, t.id
      """
    ) { row throws(StorageError) in (row.int(0), row.text(1)) }
    for (lease, name) in names { tenants[lease, default: []].append(name) }
    return try connection.rows(
      """
      SELECT l.id, l.buildium_lease_id, l."propertyId", u.buildium_unit_id, u.id,
        COALESCE(u.unit_number, l.unit_number, ''), l."startDate", l."endDate",
        COALESCE(l.status, ''), COALESCE(l.rent, 0), COALESCE(l."depositAmt", 0)
      FROM leases l LEFT JOIN units u ON u.id = l."unitId"
      WHERE l.deleted_at IS NULL ORDER BY l.id
      """
    ) { row throws(StorageError) in
      LedgerLease(
        buildiumID: row.optionalInt(1), localID: row.text(0),
        property: row.isNull(2) ? nil : propertyNumbers[row.localID(2)],
        unitID: row.optionalInt(3).map(String.init) ?? row.optionalText(4) ?? "",
        unitName: row.text(5), tenants: tenants[row.int(0)] ?? [], start: row.date(6),
        end: row.date(7), status: row.text(8), rent: row.money(9), deposit: row.money(10))
    }
  }

  // MARK: The ledger

  private mutating func addTransactions(to builder: inout LedgerBuilder) throws(StorageError) {
    var leaseNumbers: [String: Int] = [:]
    for (number, lease) in builder.leases.enumerated() { leaseNumbers[lease.localID] = number }
    var added = builder
    var numbers = transactionNumbers
    var deposits: [(Int32, LocalID, String)] = []
    _ = try connection.rows(
      """
      SELECT id, buildium_transaction_id, transaction_type, date, lease_id, buildium_updated_at,
        bank_gl_account_id, deposited_payments
      FROM transactions
      WHERE posting_state = 'posted' AND deleted_at IS NULL AND date IS NOT NULL
      """
    ) { row throws(StorageError) in
      guard let day = row.date(3) else { return }
      let number = added.addTransaction(
        type: row.text(2), day: day, buildiumID: row.isNull(1) ? 0 : row.int64(1),
        localID: row.localID(0), lease: row.isNull(4) ? nil : leaseNumbers[row.text(4)],
        updated: row.instant(5)?.milliseconds ?? 0)
      numbers[row.localID(0)] = number
      if !row.isNull(6), !row.isNull(7) { deposits.append((number, row.localID(6), row.text(7))) }
    }
    transactionNumbers = numbers
    for (number, bank, payments) in deposits {
      guard let bank = accountNumbers[bank] else { continue }
      for payment in payments.split(separator: " ") {
        guard let id = Int64(payment.prefix { $0 != ":" }) else { continue }
        added.addDeposit(number, bank: bank, payment: id)
      }
    }
    builder = added
  }

  private func addLines(to builder: inout LedgerBuilder) throws(StorageError) {
    var added = builder
    _ = try connection.rows(
      """
      SELECT transaction_id, gl_account_id, property_id, entity_type,
        CASE posting_type WHEN 'Debit' THEN amount ELSE -amount END, is_cash_posting, is_derived
      FROM transaction_lines WHERE amount IS NOT NULL AND gl_account_id IS NOT NULL
      """
    ) { row throws(StorageError) in
      guard let transaction = transactionNumbers[row.localID(0)],
        let account = accountNumbers[row.localID(1)]
      else { return }
      var property = row.text(3) == "Company" ? LedgerSnapshot.company : LedgerSnapshot.unassigned
      if !row.isNull(2), let number = propertyNumbers[row.localID(2)] { property = Int32(number) }
      added.addLine(
        transaction, account: account, property: property, debit: row.int64(4),
        isCash: row.bool(5), isDerived: row.bool(6))
    }
    builder = added
  }

  /// What was decided about a bill holds for the transaction that pays it alone, where the cost
  /// stands in the cash book.
  private func addAllocations(to builder: inout LedgerBuilder) throws(StorageError) {
    let rows = try connection.rows(
      """
      SELECT transaction_id, property_id, owner_id, percent FROM owner_allocations
      UNION ALL
      SELECT t.id, a.property_id, a.owner_id, a.percent
      FROM owner_allocations a
      JOIN transactions b ON b.id = a.transaction_id AND b.bill_id IS NOT NULL
      JOIN bill_payments p ON p.bill_id = b.bill_id AND p.deleted_at IS NULL
      JOIN transactions t ON t.buildium_transaction_id = p.buildium_payment_id
      WHERE NOT EXISTS (SELECT 1 FROM owner_allocations o WHERE o.transaction_id = t.id)
        AND NOT EXISTS (SELECT 1 FROM bill_payments q
          WHERE q.buildium_payment_id = p.buildium_payment_id AND q.bill_id <> p.bill_id)
      """
    ) { row throws(StorageError) in
      (row.localID(0), row.localID(1), row.localID(2), row.text(3))
    }
    var shares: [Int32: [Int: [SpecificShare]]] = [:]
    for (transaction, property, owner, text) in rows {
      guard let transaction = transactionNumbers[transaction],
        let property = propertyNumbers[property], let owner = ownerNumbers[owner],
        let percent = Percent(text)
      else { continue }
      shares[transaction, default: [:]][property, default: []].append(
        SpecificShare(owner: owner, percent: percent))
    }
    for (transaction, properties) in shares {
      for (property, shares) in properties {
        builder.allocate(transaction, property: property, to: shares.sorted { $0.owner < $1.owner })
      }
    }
  }

  // MARK: Bills

  /// Bills with their parts per property. What was settled is known from Buildium's payments and
  /// from applications; both tell of the same, so the larger counts.
  private func bills() throws(StorageError) -> [LedgerBill] {
    var amounts: [LocalID: [Int: Money]] = [:]
    let lines = try connection.rows(
      "SELECT bill_id, property_id, amount FROM bill_lines WHERE property_id IS NOT NULL"
    ) { row throws(StorageError) in (row.localID(0), row.localID(1), row.money(2)) }
    for (bill, property, amount) in lines {
      guard let property = propertyNumbers[property] else { continue }
      amounts[bill, default: [:]][property, default: .zero] += amount
    }
    let paid = try payments()
    let applied = try applications(amounts)
    return try connection.rows(
      """
      SELECT b.id, b.buildium_bill_id, b.date, b.due_date,
        COALESCE(w.state, 'draft') IN ('approved', 'voided'), r.date
      FROM bills b
      LEFT JOIN bill_workflow w ON w.bill_id = b.id
      LEFT JOIN bills r ON r.id = w.reversal_bill_id
      WHERE b.deleted_at IS NULL AND b.date IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM bill_workflow o WHERE o.reversal_bill_id = b.id)
        AND NOT (COALESCE(w.state, '') = 'voided' AND w.reversal_bill_id IS NULL)
      ORDER BY b.buildium_bill_id, b.id
      """
    ) { row throws(StorageError) in
      let id = row.localID(0)
      let byPayment = paid[id] ?? []
      let byApplication = applied[id] ?? []
      func sum(_ settlements: [LedgerBill.Settlement]) -> Money {
        settlements.reduce(.zero) { $0 + $1.amount }
      }
      return LedgerBill(
        buildiumID: row.optionalInt(1), localID: id, day: row.date(2) ?? .distantPast,
        due: row.date(3), amounts: amounts[id] ?? [:], isApproved: row.bool(4),
        voided: row.date(5),
        settlements: sum(byPayment) >= sum(byApplication) ? byPayment : byApplication)
    }
  }

  /// A payment's lines above zero are what it settles; those below are credits it used for that.
  private func payments() throws(StorageError) -> [LocalID: [LedgerBill.Settlement]] {
    let rows = try connection.rows(
      """
      SELECT p.bill_id, l.property_id, p.date, l.amount
      FROM bill_payments p JOIN bill_payment_lines l ON l.bill_payment_id = p.id
      WHERE p.deleted_at IS NULL AND p.bill_id IS NOT NULL AND l.property_id IS NOT NULL
        AND l.amount > 0
      """
    ) { row throws(StorageError) in
      (row.localID(0), row.localID(1), row.date(2), row.money(3))
    }
    var settlements: [LocalID: [LedgerBill.Settlement]] = [:]
    for (bill, property, day, amount) in rows {
      guard let property = propertyNumbers[property], let day else { continue }
      settlements[bill, default: []].append(
        LedgerBill.Settlement(property: property, day: day, amount: amount))
    }
    return settlements
  }

  /// An application over a bill of several properties is divided by their parts (invariant I30).
  private func applications(_ amounts: [LocalID: [Int: Money]]) throws(StorageError)
    -> [LocalID: [LedgerBill.Settlement]]
  {
    let rows = try connection.rows(
      """
      SELECT a.bill_id, a.applied_amount, t.date FROM bill_applications a
      JOIN transactions t ON t.id = a.source_transaction_id WHERE t.deleted_at IS NULL
      """
    ) { row throws(StorageError) in (row.localID(0), row.money(1), row.date(2)) }
    var settlements: [LocalID: [LedgerBill.Settlement]] = [:]
    for (bill, amount, day) in rows {
      guard let day else { continue }
      let parts = (amounts[bill] ?? [:]).sorted { $0.key < $1.key }
      let weights = parts.map {
        LargestRemainder.Weight(id: $0.key, weight: max(0, $0.value.minorUnits))
      }
      guard let shares = LargestRemainder.parts(of: amount, by: weights) else { continue }
      for (part, share) in zip(parts, shares) where share != .zero {
        settlements[bill, default: []].append(
          LedgerBill.Settlement(property: part.key, day: day, amount: share))
      }
    }
    return settlements
  }

  // MARK: What was set apart

  private func quarantined() throws(StorageError) -> [QuarantinedTransaction] {
    var properties: [LocalID: Set<Int>] = [:]
    let named = try connection.rows(
      """
      SELECT DISTINCT l.transaction_id, l.property_id FROM transaction_lines l
      JOIN transactions t ON t.id = l.transaction_id
      WHERE t.posting_state = 'quarantined' AND t.deleted_at IS NULL AND l.property_id IS NOT NULL
      """
    ) { row throws(StorageError) in (row.localID(0), row.localID(1)) }
    for (transaction, property) in named {
      if let number = propertyNumbers[property] {
        properties[transaction, default: []].insert(number)
      }
    }
    return try connection.rows(
      """
      SELECT id, buildium_transaction_id, COALESCE(transaction_type, ''), date FROM transactions
      WHERE posting_state = 'quarantined' AND deleted_at IS NULL
      ORDER BY date, buildium_transaction_id, id
      """
    ) { row throws(StorageError) in
      let type = row.text(2)
      return QuarantinedTransaction(
        id: row.optionalInt(1).map(String.init) ?? row.localID(0), type: type, day: row.date(3),
        properties: (properties[row.localID(0)] ?? []).sorted(),
        reason: PostingRule.isKnown(transactionType: type)
          ? "its debits and credits cannot be made equal"
          : "“\(type)” is a type of transaction this program has not met")
    }
  }
}

extension Row {
  /// An id that may be missing.
  fileprivate func localID(_ column: Int, orNil: Void) -> LocalID? {
    isNull(column) ? nil : localID(column)
  }
}
