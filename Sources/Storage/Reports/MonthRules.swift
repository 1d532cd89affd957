import Domain
import Reports

/// A decision about what an account counts as.
public struct ClassDecision: Sendable, Hashable {
  /// Its number, by which it is revoked.
  public let number: Int
  /// Buildium's number of the account, or the store's id.
  public let accountID: String
  /// The account's name.
  public let accountName: String
  /// What it counts as.
  public let accountClass: String
  /// The first day.
  public let from: CalendarDate
  /// The last day; nil while it lasts.
  public let to: CalendarDate?
  /// Why.
  public let reason: String
  /// Who decided.
  public let actor: String
  /// When.
  public let at: Instant
  /// Who revoked it; nil while it holds.
  public let revokedBy: String?
}

extension Store {
  /// Decides what an account counts as between two days.
  ///
  /// - Parameter account: its id in the store.
  /// - Throws: ``StorageError`` of kind `constraint` when there is no such account.
  public func classify(
    account: LocalID, as accountClass: AccountClass, from: CalendarDate, to: CalendarDate?,
    reason: String, actor: String
  ) throws(StorageError) {
    try write { transaction throws(StorageError) in
      try transaction.connection.run(
        """
        INSERT INTO noi_account_override (gl_account_id, account_class, effective_from,
          effective_to, reason, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """, .local(account), .text(accountClass.rawValue), .date(from), to.map { .date($0) },
        .text(reason), .text(actor), .instant(transaction.now))
      transaction.note(.settings)
    }
  }

  /// Takes a decision back; whether there was one that held.
  public func revokeClassDecision(_ number: Int, actor: String) throws(StorageError) -> Bool {
    try write { transaction throws(StorageError) in
      let changed = try transaction.connection.run(
        """
        UPDATE noi_account_override SET revoked_by = $1, revoked_at = $2
        WHERE seq = $3 AND revoked_at IS NULL
        """, .text(actor), .instant(transaction.now), .int(number))
      if changed > 0 { transaction.note(.settings) }
      return changed > 0
    }
  }

  /// Every decision about accounts, with those that were revoked.
  public func classDecisions() throws(StorageError) -> [ClassDecision] {
    try read { connection throws(StorageError) in
      try connection.rows(
        """
        SELECT o.seq, COALESCE(CAST(a.buildium_gl_account_id AS TEXT), a.id), COALESCE(a.name, ''),
          o.account_class, o.effective_from, o.effective_to, o.reason, o.created_by, o.created_at,
          o.revoked_by
        FROM noi_account_override o JOIN gl_accounts a ON a.id = o.gl_account_id ORDER BY o.seq
        """
      ) { row throws(StorageError) in
        ClassDecision(
          number: row.int(0), accountID: row.text(1), accountName: row.text(2),
          accountClass: row.text(3), from: row.date(4) ?? .distantPast, to: row.date(5),
          reason: row.text(6), actor: row.text(7),
          at: row.instant(8) ?? Instant(milliseconds: 0), revokedBy: row.optionalText(9))
      }
    }
  }

  /// Adds a rule for an owner; its id.
  ///
  /// - Parameters:
  ///   - owner: the owner's id in the store.
  ///   - property: the property's id in the store; nil for all of the owner's.
  ///   - group: the id of a group whose properties it holds in; then no property is named.
  public func addDrawRule(
    owner: LocalID, property: LocalID?, group: LocalID? = nil, _ rule: DrawRule, actor: String
  ) throws(StorageError) -> LocalID {
    try write { transaction throws(StorageError) in
      let id = LocalIDs.new(at: transaction.now)
      try transaction.connection.run(
        """
        INSERT INTO draw_rules (id, owner_id, property_id, kind, priority, amount, percent,
          effective_from, effective_to, reason, created_by, created_at, group_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """, .local(id), .local(owner), property.map { .local($0) }, .text(rule.kind.rawValue),
        .int(rule.priority), .money(rule.amount), .text(rule.percent.description),
        .date(rule.from), rule.to.map { .date($0) }, .text(rule.reason), .text(actor),
        .instant(transaction.now), group.map { .local($0) })
      transaction.note(.settings)
      return id
    }
  }

  /// Takes a rule back; whether there was one that held.
  public func revokeDrawRule(_ id: LocalID, actor: String) throws(StorageError) -> Bool {
    try write { transaction throws(StorageError) in
      let changed = try transaction.connection.run(
        """
        UPDATE draw_rules SET revoked_by = $1, revoked_at = $2
        WHERE id = $3 AND revoked_at IS NULL
        """, .text(actor), .instant(transaction.now), .local(id))
      if changed > 0 { transaction.note(.settings) }
      return changed > 0
    }
  }

  /// Sets how a property's money is distributed from a day on. What held before ends the day before.
  ///
  /// - Parameter property: its id in the store.
  public func setDrawPolicy(
    property: LocalID, _ policy: DrawPolicy
  ) throws(StorageError) {
    try write { transaction throws(StorageError) in
      let connection = transaction.connection
      try connection.run(
        """
        UPDATE distribution_rules SET effective_to = $1, updated_at = $2
        WHERE property_id = $3 AND priority = $4 AND effective_from < $5
          AND (effective_to IS NULL OR effective_to >= $5)
        """, .date(policy.from.adding(days: -1)), .instant(transaction.now), .local(property),
        .int(policy.priority), .date(policy.from))
      try connection.run(
        """
        INSERT INTO distribution_rules (id, property_id, effective_from, effective_to, priority,
          reserve_target, percent, hold_unpaid_bills, hold_undeposited,
          carry_forward_negative_noi, calculation_order, management_fee, created_at, updated_at,
          ownership_change)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14)
        ON CONFLICT (property_id, priority, effective_from) DO UPDATE SET
          reserve_target = excluded.reserve_target, percent = excluded.percent,
          hold_unpaid_bills = excluded.hold_unpaid_bills,
          hold_undeposited = excluded.hold_undeposited,
          carry_forward_negative_noi = excluded.carry_forward_negative_noi,
          calculation_order = excluded.calculation_order, updated_at = excluded.updated_at,
          ownership_change = excluded.ownership_change,
          management_fee = excluded.management_fee
        """, .local(LocalIDs.new(at: transaction.now)), .local(property), .date(policy.from),
        policy.to.map { .date($0) }, .int(policy.priority), .money(policy.reserveTarget),
        .text(policy.percent.description), .bool(policy.holdsUnpaidBills),
        .bool(policy.holdsUndeposited), .bool(policy.carriesForwardLoss),
        .text(policy.order.rawValue), .optional(policy.fee?.json.text), .instant(transaction.now),
        .text(policy.ownershipChange.rawValue))
      transaction.note(.settings)
    }
  }
}
