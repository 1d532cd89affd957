// Money held for tenants pays no bill (invariant I8).
import Domain

/// What a property has beyond the deposits and prepayments it holds for its tenants.
enum TrustMoney {
  /// Lines that are money, or money held for tenants: the sum of their debits less their credits is
  /// what is free. Read as the draws read it (`CashPosition`).
  private static let isMoney = """
    (a.is_bank_account = 1 OR COALESCE(a.default_account_name, a.name) = 'Undeposited Funds'
      OR COALESCE(a.default_account_name, a.name) IN ('Security Deposit Liability', 'Prepayments')
      OR (a.type = 'Liability' AND a.sub_type = 'CurrentLiability'
        AND COALESCE(a.default_account_name, a.name) NOT IN
          ('Accounts Payable', 'Owner Draw', 'Owner Contribution')
        AND (LOWER(a.name) LIKE '%deposit%' OR LOWER(a.name) LIKE '%prepa%')))
    """

  /// A query for what a property has free, of everything posted and of one more entry.
  ///
  /// - Parameters:
  ///   - condition: on the line's transaction `t`: a day, or one entry.
  static func free(property: String, where condition: String) -> String {
    """
    (SELECT COALESCE(SUM(CASE l.posting_type WHEN 'Debit' THEN l.amount ELSE -l.amount END), 0)
      FROM transaction_lines l JOIN transactions t ON t.id = l.transaction_id
      JOIN gl_accounts a ON a.id = l.gl_account_id
      WHERE l.property_id = \(property) AND t.deleted_at IS NULL AND \(isMoney)
        AND (l.is_cash_posting = 1 OR t.transaction_type = 'GeneralJournalEntry')
        AND (\(condition)))
    """
  }

  /// The setting that lets such a payment pass with a warning.
  static let isBlocked = """
    NOT EXISTS (SELECT 1 FROM settings
      WHERE name = '\(BillSettings.trustMoney)' AND value = 'warn')
    """

  /// The rule as the database keeps it: a payment of ours is not posted with tenants' money, on its
  /// day or by now.
  static let trigger = """
    CREATE TRIGGER transactions_trust_money BEFORE UPDATE OF posting_state ON transactions
    WHEN NEW.posting_state = 'posted' AND OLD.posting_state <> 'posted'
      AND NEW.provider = 'rentbook' AND NEW.transaction_type IN \(payments)
      AND NEW.reversal_of IS NULL AND \(isBlocked)
      AND EXISTS (SELECT 1 FROM
        (SELECT DISTINCT property_id AS id FROM transaction_lines
          WHERE transaction_id = NEW.id AND property_id IS NOT NULL) AS p
        WHERE \(free(property: "p.id", where: "t.id = NEW.id")) < 0
          AND (\(free(property: "p.id", where: "t.id = NEW.id OR t.posting_state = 'posted'")) < 0
            OR \(free(
              property: "p.id",
              where: "t.id = NEW.id OR (t.posting_state = 'posted' AND t.date <= NEW.date)")) < 0))
    BEGIN SELECT RAISE(ABORT, 'money held for tenants pays no bill'); END
    """

  /// Types of transactions that pay vendors.
  static let payments = "('Check', 'ElectronicFundsTransfer', 'CreditCardPurchase', 'BillPayment')"

  /// A property whose money a payment would overdraw.
  struct Shortfall {
    var name: String
    var free: Money
    var paid: Money

    var refusal: Refusal {
      Refusal(
        "trust_money",
        "\(name) has \(free) beyond what it holds for its tenants, and \(paid) is to be paid for it.",
        hint:
          "Wait for its rent or let the owner pay in; `rentbook bills policy --trust-money warn` "
          + "lets such payments pass with a warning.")
    }
  }

  /// The first property that has less free, by now or on the day, than is paid for it.
  static func shortfall(
    _ paid: [LocalID: Money], on day: CalendarDate, _ connection: Connection
  ) throws(StorageError) -> Shortfall? {
    for (property, amount) in paid.sorted(by: { $0.key < $1.key }) {
      let found = try connection.row(
        """
        SELECT \(free(property: "$1", where: "t.posting_state = 'posted'")),
          \(free(property: "$1", where: "t.posting_state = 'posted' AND t.date <= $2")),
          (SELECT COALESCE(name, address_line1, id) FROM properties WHERE id = $1)
        """, .local(property), .date(day)
      ) { row throws(StorageError) in
        Shortfall(name: row.text(2), free: min(row.money(0), row.money(1)), paid: amount)
      }
      if let found, found.free < amount { return found }
    }
    return nil
  }
}

extension Store {
  /// Whether a payment that would take money held for tenants is refused, or passes with a warning.
  public func blocksTrustMoney() throws(StorageError) -> Bool {
    try setting(BillSettings.trustMoney) != "warn"
  }

  /// Says what becomes of payments that would take money held for tenants; why it may not be said.
  public func setTrustMoney(blocks: Bool, by name: String) throws(StorageError) -> Refusal? {
    try setBillSetting(
      BillSettings.trustMoney, to: blocks ? "block" : "warn", called: ("trust", "trust_money"),
      by: name)
  }

  /// Keeps what an administrator says of all bills, with its line in the trail.
  func setBillSetting(
    _ setting: String, to value: String, called names: (subject: String, detail: String),
    by name: String
  ) throws(StorageError) -> Refusal? {
    try write { transaction throws(StorageError) in
      let actor = try Access(connection: transaction.connection).actor(name)
      let refusal: UserRefusal? =
        switch actor.role {
        case nil: .unknownUser(name)
        case .some(let role) where !role.managesUsers: .roleMayNot(role)
        default: nil
        }
      try AuditTrail(transaction).append(
        AuditTrail.Entry(
          kind: "policy", subject: "policy:\(names.subject)", name: names.subject, actor: name,
          action: "policy",
          details: .object([
            names.detail: .string(value), "refused": .optional(refusal?.refusal.code),
          ])))
      if let refusal { return refusal.refusal }
      try transaction.connection.run(
        """
        INSERT INTO settings (name, value) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value
        """, .text(setting), .text(value))
      return nil
    }
  }
}
