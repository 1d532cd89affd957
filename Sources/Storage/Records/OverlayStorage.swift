import Domain

extension Store {
  /// Takes over what a portfolio has and Buildium's API does not: all of it or, when one row points
  /// to a record that is not there, nothing.
  ///
  /// Rows of the same property, transaction or bill are replaced, so taking it again changes nothing.
  ///
  /// - Throws: ``StorageError`` of kind `constraint` naming the row and the record it misses.
  public func take(_ overlay: Overlay) throws(StorageError) {
    try write { transaction throws(StorageError) in
      let writer = OverlayWriter(transaction: transaction)
      try writer.take(overlay.ownership)
      try writer.take(overlay.distributionRules)
      try writer.take(overlay.managementAgreements)
      try writer.take(incomeAccounts: overlay.managementIncomeAccounts)
      try writer.take(overlay.ownerAllocations)
      try writer.take(overlay.billWorkflow)
      transaction.note(.settings)
    }
  }
}

private struct OverlayWriter {
  let transaction: Transaction

  private var connection: Connection { transaction.connection }
  private static let beginning = "0001-01-01"

  private func id(_ resource: Resource, _ number: Int, in row: String) throws(StorageError)
    -> LocalID
  {
    let state = SyncState(connection: connection, sealing: transaction.sealing)
    let key = RemoteKey(.buildium, resource, String(number))
    guard let id = try state.source(key)?.localID else {
      throw StorageError(
        .constraint, "\(row) names \(key), which is not in the store; nothing was taken over.")
    }
    return id
  }

  func take(_ shares: [OwnershipShare]) throws(StorageError) {
    var kept: [LocalID: Set<String>] = [:]
    for share in shares {
      let row = "The share of owner \(share.ownerID) in property \(share.propertyID)"
      let owner = try id(.owners, share.ownerID, in: row)
      let property = try id(.properties, share.propertyID, in: row)
      let from = share.effectiveFrom?.description ?? Self.beginning
      kept[property, default: []].insert("\(owner) \(from)")
      try connection.run(
        """
        INSERT INTO ownership (id, "primary", ownership_percentage, disbursement_percentage,
          owner_id, property_id, effective_from, effective_to, is_linked, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
        ON CONFLICT (owner_id, property_id, effective_from) DO UPDATE SET
          "primary" = excluded."primary", ownership_percentage = excluded.ownership_percentage,
          disbursement_percentage = excluded.disbursement_percentage,
          effective_to = excluded.effective_to, updated_at = excluded.updated_at
        """, .local(LocalIDs.new(at: transaction.now)), .bool(share.isPrimary),
        .text(share.ownershipPercentage.description),
        .text(share.disbursementPercentage.description), .local(owner), .local(property),
        .text(from), share.effectiveTo.map { .date($0) }, .bool(share.effectiveTo == nil),
        .instant(transaction.now))
    }
    // What a property has besides is replaced by the list.
    for (property, keys) in kept {
      let rows = try connection.rows(
        "SELECT id, owner_id || ' ' || effective_from FROM ownership WHERE property_id = $1",
        .local(property)
      ) { row throws(StorageError) in (row.localID(0), row.text(1)) }
      for (id, key) in rows where !keys.contains(key) {
        try connection.run("DELETE FROM ownership WHERE id = $1", .local(id))
      }
    }
  }

  func take(_ rules: [DistributionRule]) throws(StorageError) {
    var priorities: [LocalID: Int] = [:]
    for rule in rules {
      let row = "The distribution rule of property \(rule.propertyID)"
      let property = try id(.properties, rule.propertyID, in: row)
      let priority = priorities[property] ?? 0
      priorities[property] = priority + 1
      try connection.run(
        """
        INSERT INTO distribution_rules (id, property_id, priority, reserve_target, percent,
          hold_unpaid_bills, hold_undeposited, carry_forward_negative_noi, management_fee,
          created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
        ON CONFLICT (property_id, priority, effective_from) DO UPDATE SET
          reserve_target = excluded.reserve_target, percent = excluded.percent,
          hold_unpaid_bills = excluded.hold_unpaid_bills,
          hold_undeposited = excluded.hold_undeposited,
          carry_forward_negative_noi = excluded.carry_forward_negative_noi,
          management_fee = excluded.management_fee, updated_at = excluded.updated_at
        """, .local(LocalIDs.new(at: transaction.now)), .local(property), .int(priority),
        .money(rule.reserveTarget), .text(rule.percent.description), .bool(rule.holdsUnpaidBills),
        .bool(rule.holdsUndeposited), .bool(rule.carriesForwardLoss),
        .optional(rule.managementFee.map(Self.json)), .instant(transaction.now))
    }
    for (property, count) in priorities {
      try connection.run(
        """
        DELETE FROM distribution_rules
        WHERE property_id = $1 AND (priority >= $2 OR effective_from <> $3)
        """, .local(property), .int(count), .text(Self.beginning))
    }
  }

  private static func json(_ fee: ManagementFeeRule) -> String {
    let document: JSONValue = [
      "type": .string(fee.type), "percent": .optional(fee.percent?.description),
      "minimum": .optional(fee.minimum?.description), "flat": .optional(fee.flat?.description),
      "base_gl_account_ids": .array(fee.baseGLAccountIDs.map { .int($0) }),
    ]
    return document.text
  }

  func take(_ agreements: [ManagementAgreement]) throws(StorageError) {
    for agreement in agreements {
      let row = "The management agreement of property \(agreement.propertyID)"
      try connection.run(
        """
        INSERT INTO management_agreements (property_id, start_date, end_date, updated_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (property_id) DO UPDATE SET start_date = excluded.start_date,
          end_date = excluded.end_date, updated_at = excluded.updated_at
        """, .local(try id(.properties, agreement.propertyID, in: row)),
        agreement.start.map { .date($0) }, agreement.end.map { .date($0) },
        .instant(transaction.now))
    }
  }

  func take(incomeAccounts: [Int]) throws(StorageError) {
    guard !incomeAccounts.isEmpty else { return }
    try connection.run("DELETE FROM management_income_accounts")
    for account in incomeAccounts {
      try connection.run(
        "INSERT INTO management_income_accounts (gl_account_id, updated_at) VALUES ($1, $2)",
        .local(try id(.glAccounts, account, in: "The list of management income accounts")),
        .instant(transaction.now))
    }
  }

  func take(_ allocations: [OwnerAllocation]) throws(StorageError) {
    for number in Set(allocations.map(\.transactionID)).sorted() {
      try connection.run(
        "DELETE FROM owner_allocations WHERE transaction_id = $1",
        .local(try id(.transactions, number, in: "The allocation of transaction \(number)")))
    }
    for allocation in allocations {
      let row = "The allocation of transaction \(allocation.transactionID)"
      try connection.run(
        """
        INSERT INTO owner_allocations (transaction_id, property_id, owner_id, percent, updated_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (transaction_id, property_id, owner_id) DO UPDATE SET
          percent = excluded.percent, updated_at = excluded.updated_at
        """, .local(try id(.transactions, allocation.transactionID, in: row)),
        .local(try id(.properties, allocation.propertyID, in: row)),
        .local(try id(.owners, allocation.ownerID, in: row)),
        .text(allocation.percent.description), .instant(transaction.now))
    }
  }

  func take(_ states: [BillWorkflowState]) throws(StorageError) {
    for state in states {
      let row = "The approval of bill \(state.billID)"
      let reversal = try state.reversalBillID.map { (number) throws(StorageError) in
        try id(.bills, number, in: row)
      }
      try BillIntake(transaction: transaction).take(
        state, try id(.bills, state.billID, in: row), reversal: reversal)
    }
  }
}
