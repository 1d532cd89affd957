import Domain
import Reports

/// The account bills are owed on (invariants I40 and I41).
struct PayablesAccount {
  let connection: Connection

  /// What was found.
  enum Resolution {
    case found(LocalID)
    /// Several would do, or none; their names.
    case unresolved([String])
  }

  /// The account the organisation names, else the one Buildium made for it, else the only active
  /// current liability of that name. Nothing is guessed among several.
  func resolve() throws(StorageError) -> Resolution {
    let configured = try connection.rows(
      """
      SELECT DISTINCT a.id FROM organisations o JOIN gl_accounts a ON a.id = o.ap_gl_account_id
      WHERE a.deleted_at IS NULL
      """
    ) { row throws(StorageError) in row.localID(0) }
    if configured.count == 1 { return .found(configured[0]) }
    for condition in Self.steps {
      let found = try connection.rows(
        """
        SELECT id, COALESCE(account_number || ' ', '') || COALESCE(name, '') FROM gl_accounts
        WHERE deleted_at IS NULL AND COALESCE(is_active, 1) = 1 AND \(condition)
        ORDER BY account_number, id
        """
      ) { row throws(StorageError) in (row.localID(0), row.text(1)) }
      if found.count == 1 { return .found(found[0].0) }
      if found.count > 1 { return .unresolved(found.map(\.1)) }
    }
    return .unresolved([])
  }

  private static let steps = [
    "default_account_name = 'Accounts Payable' AND is_default_gl_account = 1",
    "type = 'Liability' AND sub_type IN ('AccountsPayable', 'Accounts Payable')",
    "type = 'Liability' AND sub_type = 'CurrentLiability' AND LOWER(name) = 'accounts payable'",
  ]
}

/// Which days are open for new entries.
struct BookPeriods {
  let connection: Connection

  /// The last day of the closed books; nil while nothing is closed.
  ///
  /// It is the later of the day somebody set and the end of the last final month. The month is asked
  /// each time rather than copied into the setting, so that opening it again takes back exactly what
  /// closing it did.
  func closedThrough() throws(StorageError) -> CalendarDate? {
    let set =
      try connection.row(
        "SELECT value FROM settings WHERE name = $1", .text(BillSettings.closedThrough)
      ) { row throws(StorageError) in CalendarDate(row.text(0)) } ?? nil
    let final =
      try connection.row(
        "SELECT MAX(month) FROM month_closes WHERE state = 'final'"
      ) { row throws(StorageError) in row.optionalText(0).flatMap { CalendarMonth($0) } } ?? nil
    return [set, final?.last].compactMap(\.self).max()
  }

  /// A day, or the first open one after it.
  func open(from day: CalendarDate) throws(StorageError) -> CalendarDate {
    guard let closed = try closedThrough(), day <= closed else { return day }
    return closed.adding(days: 1)
  }
}

extension Store {
  /// Names the account bills are owed on; bills that were posted stay on theirs (invariant I41).
  ///
  /// - Returns: why it may not be; nil when it is done.
  public func setPayablesAccount(_ account: String, by name: String) throws(StorageError)
    -> Refusal?
  {
    try write { transaction throws(StorageError) in
      let access = Access(connection: transaction.connection)
      let actor = try access.actor(name)
      guard let role = actor.role else { return BillRefusal.unknownUser(name).refusal }
      guard role.managesUsers else { return UserRefusal.roleMayNot(role).refusal }
      try access.setPayables(account, at: transaction.now)
      try AuditTrail(transaction).append(
        AuditTrail.Entry(
          kind: "policy", subject: "policy:payables", name: "", actor: name, action: "policy",
          details: ["payables_account": .string(account)]))
      transaction.note(.settings)
      return nil
    }
  }
}
