// Buildium's own general ledger of a month against the transactions in the store: two ways from the
// same books, so that a transaction that was missed or misread is seen before a month is finalised.
import Domain
import Reports

/// What one account of one property moved in a month, as Buildium's general ledger says.
public struct LedgerMovement: Sendable, Hashable {
  /// The basis it is said for.
  public var basis: Basis
  /// The property's number in Buildium.
  public var propertyID: String
  /// The account's number in Buildium.
  public var accountID: String
  /// Positive for what increases the account.
  public var amount: Money

  /// A movement.
  public init(basis: Basis, propertyID: String, accountID: String, amount: Money) {
    (self.basis, self.propertyID) = (basis, propertyID)
    (self.accountID, self.amount) = (accountID, amount)
  }
}

/// What became of a month's comparison with the general ledger.
public struct GeneralLedgerCheck: Sendable, Hashable {
  /// When Buildium was asked; nil when it never was for this month.
  public var checkedAt: Instant?
  /// Where the two differ, each with the property it is about.
  public var differences: [CloseGate.Finding]
}

extension Store {
  /// The accounts of income and expense, by Buildium's numbers: what net operating income is made of.
  public func incomeAccountIDs() throws(StorageError) -> [String] {
    try read { connection throws(StorageError) in
      try connection.rows(
        """
        SELECT buildium_gl_account_id FROM gl_accounts
        WHERE type IN ('Income', 'Expense') AND buildium_gl_account_id IS NOT NULL
        ORDER BY buildium_gl_account_id
        """
      ) { row throws(StorageError) in String(row.int(0)) }
    }
  }

  /// Keeps what Buildium's general ledger says of a month, in place of what it said before.
  public func keepGeneralLedger(
    _ month: CalendarMonth, _ movements: [LedgerMovement]
  ) throws(StorageError) {
    try write { transaction throws(StorageError) in
      let connection = transaction.connection
      try connection.run(
        "DELETE FROM general_ledger_movements WHERE month = $1", .text(month.description))
      try connection.run(
        """
        INSERT INTO general_ledger_checks (month, checked_at) VALUES ($1, $2)
        ON CONFLICT (month) DO UPDATE SET checked_at = excluded.checked_at
        """, .text(month.description), .instant(transaction.now))
      for movement in movements {
        // Of a property or account that is not here yet nothing is stored either; the next pull
        // brings it, and until then its transactions wait for it too.
        try connection.run(
          """
          INSERT INTO general_ledger_movements (month, basis, property_id, gl_account_id, amount)
          SELECT $1, $2, p.id, a.id, $5 FROM properties p, gl_accounts a
          WHERE p.buildium_property_id = $3 AND a.buildium_gl_account_id = $4
          ON CONFLICT (month, basis, property_id, gl_account_id) DO UPDATE SET
            amount = general_ledger_movements.amount + excluded.amount
          """, .text(month.description), .text(movement.basis.rawValue),
          Int64(movement.propertyID).map(SQLValue.integer),
          Int64(movement.accountID).map(SQLValue.integer), .money(movement.amount))
      }
      transaction.note(.settings)
    }
  }

  /// How a month's transactions compare with what the general ledger said when it was asked last.
  public func generalLedgerCheck(_ month: CalendarMonth) throws(StorageError) -> GeneralLedgerCheck
  {
    try read { connection throws(StorageError) in
      try Self.generalLedgerCheck(connection, month)
    }
  }

  private struct Place: Hashable {
    var property: LocalID
    var account: LocalID
  }

  static func generalLedgerCheck(_ connection: Connection, _ month: CalendarMonth)
    throws(StorageError) -> GeneralLedgerCheck
  {
    let checkedAt = try connection.row(
      "SELECT checked_at FROM general_ledger_checks WHERE month = $1", .text(month.description)
    ) { row throws(StorageError) in row.instant(0) }
    guard let checkedAt = checkedAt ?? nil else {
      return GeneralLedgerCheck(checkedAt: nil, differences: [])
    }
    var check = GeneralLedgerCheck(checkedAt: checkedAt, differences: [])
    for basis in Basis.allCases {
      let said = try connection.rows(
        """
        SELECT property_id, gl_account_id, amount FROM general_ledger_movements
        WHERE month = $1 AND basis = $2
        """, .text(month.description), .text(basis.rawValue)
      ) { row throws(StorageError) in
        (Place(property: row.localID(0), account: row.localID(1)), row.money(2))
      }
      let stored = try stored(connection, month.period, basis)
      var rows = Dictionary(said) { $0 + $1 }.mapValues { (said: $0, stored: Money.zero) }
      for (place, amount) in stored { rows[place, default: (.zero, .zero)].stored = amount }
      for (place, amounts) in rows where amounts.said != amounts.stored {
        check.differences.append(
          try difference(connection, place, basis, said: amounts.said, stored: amounts.stored))
      }
    }
    check.differences.sort { ($0.text, $0.record) < ($1.text, $1.record) }
    return check
  }

  /// What the stored transactions moved, in the terms of the general ledger.
  private static func stored(
    _ connection: Connection, _ period: Period, _ basis: Basis
  ) throws(StorageError) -> [(Place, Money)] {
    try connection.rows(
      """
      SELECT l.property_id, l.gl_account_id,
        SUM(CASE WHEN (l.posting_type = 'Credit')
            = ((a.type = 'Income') <> (COALESCE(a.is_contra_account, 0) = 1))
          THEN l.amount ELSE -l.amount END)
      FROM transaction_lines l
      JOIN transactions t ON t.id = l.transaction_id
      JOIN gl_accounts a ON a.id = l.gl_account_id
      WHERE t.posting_state = 'posted' AND t.deleted_at IS NULL AND t.date BETWEEN $1 AND $2
        AND t.buildium_transaction_id IS NOT NULL
        AND l.property_id IS NOT NULL AND a.type IN ('Income', 'Expense')
        AND (t.transaction_type = 'GeneralJournalEntry' OR l.is_cash_posting = $3)
      GROUP BY l.property_id, l.gl_account_id
      """, .date(period.from), .date(period.to), .bool(basis == .cash)
    ) { row throws(StorageError) in
      (Place(property: row.localID(0), account: row.localID(1)), row.money(2))
    }
  }

  private static func difference(
    _ connection: Connection, _ place: Place, _ basis: Basis, said: Money, stored: Money
  ) throws(StorageError) -> CloseGate.Finding {
    let names = try connection.row(
      """
      SELECT COALESCE(p.name, ''), p.buildium_property_id, p.id,
        TRIM(COALESCE(a.account_number, '') || ' ' || COALESCE(a.name, ''))
      FROM properties p, gl_accounts a WHERE p.id = $1 AND a.id = $2
      """, .local(place.property), .local(place.account)
    ) { row throws(StorageError) in
      (
        row.text(0), row.optionalInt(1).map { "buildium/rentals/\($0)" } ?? row.localID(2),
        row.text(3)
      )
    }
    return CloseGate.Finding(
      record: names?.1 ?? place.property,
      text: "\(names?.0 ?? place.property): \(names?.2 ?? place.account), \(basis.rawValue): "
        + "Buildium's general ledger says \(said), the transactions here add up to \(stored).")
  }
}
