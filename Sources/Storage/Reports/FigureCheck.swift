import Domain
import Reports

extension Store {
  /// Net operating income of each property in a period, added up by the database itself: a second
  /// way to the same figures, in cents by the property's id.
  ///
  /// Decisions about accounts that begin or end within the period are taken as of its last day.
  public func incomeByQuery(_ period: Period, basis: Basis) throws(StorageError) -> [LocalID: Money]
  {
    try read { connection throws(StorageError) in
      try Self.incomeByQuery(connection, period, basis: basis)
    }
  }

  static func incomeByQuery(_ connection: Connection, _ period: Period, basis: Basis)
    throws(StorageError) -> [LocalID: Money]
  {
    let rows = try connection.rows(
      """
      SELECT l.property_id,
        SUM(CASE l.posting_type WHEN 'Credit' THEN l.amount ELSE -l.amount END)
      FROM transaction_lines l
      JOIN transactions t ON t.id = l.transaction_id
      JOIN gl_accounts a ON a.id = l.gl_account_id
      LEFT JOIN management_income_accounts m ON m.gl_account_id = a.id
      WHERE t.posting_state = 'posted' AND t.deleted_at IS NULL AND t.date BETWEEN $1 AND $2
        AND l.property_id IS NOT NULL
        AND (t.transaction_type = 'GeneralJournalEntry' OR l.is_cash_posting = $3)
        AND COALESCE((SELECT o.account_class FROM noi_account_override o
            WHERE o.gl_account_id = a.id AND o.revoked_at IS NULL AND o.effective_from <= $2
              AND (o.effective_to IS NULL OR o.effective_to >= $2)
            ORDER BY o.effective_from DESC, o.seq DESC LIMIT 1),
          CASE WHEN m.gl_account_id IS NOT NULL THEN 'management_income'
            WHEN a.type = 'Income' AND a.sub_type = 'Income' THEN 'revenue'
            WHEN a.type = 'Expense' AND a.sub_type = 'OperatingExpenses' THEN 'operating_expense'
            ELSE '' END) IN ('revenue', 'operating_expense')
      GROUP BY l.property_id
      """, .date(period.from), .date(period.to), .bool(basis == .cash)
    ) { row throws(StorageError) in (row.localID(0), row.money(1)) }
    return Dictionary(uniqueKeysWithValues: rows)
  }
}
