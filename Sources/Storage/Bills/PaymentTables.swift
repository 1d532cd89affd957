/// Payments taken back, tenants' money, and statements of the bank that were reconciled.
enum PaymentTables {
  private static func refusal(_ name: String, _ event: String, _ condition: String, _ text: String)
    -> String
  {
    """
    CREATE TRIGGER \(name) BEFORE \(event)
    WHEN \(condition)
    BEGIN SELECT RAISE(ABORT, '\(text)'); END
    """
  }

  /// What is reversed settles nothing, and the bank has not seen it (invariants I29 and I39).
  private static func reversal(_ suffix: String, _ event: String) -> [String] {
    [
      refusal(
        "transactions_reversal_applied_\(suffix)", event,
        """
        NEW.reversal_of IS NOT NULL AND EXISTS (SELECT 1 FROM bill_applications
          WHERE source_transaction_id = NEW.reversal_of)
        """, "what settles bills is taken off them before it is reversed"),
      refusal(
        "transactions_reversal_reconciled_\(suffix)", event,
        """
        NEW.reversal_of IS NOT NULL AND EXISTS (SELECT 1 FROM transactions
          WHERE id = NEW.reversal_of AND is_reconciled = 1)
        """, "what is reconciled with the bank is not reversed"),
    ]
  }

  /// Whether the statement a row belongs to is finalised.
  private static func isFinal(_ row: String) -> String {
    """
    EXISTS (SELECT 1 FROM bank_reconciliations
      WHERE id = \(row).reconciliation_id AND state = 'finalised')
    """
  }

  private static let items =
    "(SELECT COALESCE(SUM(amount), 0) FROM bank_reconciliation_items WHERE reconciliation_id = "

  static let statements: [String] =
    [
      // What of Rentbook's own the way out looks through.
      """
      CREATE INDEX bill_applications_own_credits ON bill_applications (id)
        WHERE source_type = 'credit' AND created_by <> 'buildium'
      """,
      """
      CREATE TABLE bank_reconciliations (
        id TEXT NOT NULL PRIMARY KEY,
        bank_account_id TEXT NOT NULL REFERENCES bank_accounts(id),
        statement_date TEXT NOT NULL,
        -- What the statement begins and ends with, in cents.
        opening INTEGER NOT NULL,
        ending INTEGER NOT NULL,
        state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'finalised')),
        created_by TEXT NOT NULL,
        created_at TEXT NOT NULL,
        finalised_by TEXT,
        finalised_at TEXT,
        UNIQUE (bank_account_id, statement_date),
        CHECK (state = 'open' OR (finalised_by IS NOT NULL AND finalised_at IS NOT NULL))
      ) STRICT
      """,
      """
      CREATE UNIQUE INDEX bank_reconciliations_open ON bank_reconciliations (bank_account_id)
        WHERE state = 'open'
      """,
      """
      CREATE TABLE bank_reconciliation_items (
        reconciliation_id TEXT NOT NULL REFERENCES bank_reconciliations(id),
        -- A transfer stands on the statements of two accounts, and once on each.
        bank_account_id TEXT NOT NULL REFERENCES bank_accounts(id),
        transaction_id TEXT NOT NULL REFERENCES transactions(id),
        -- Above zero for money that came.
        amount INTEGER NOT NULL,
        PRIMARY KEY (bank_account_id, transaction_id)
      ) STRICT, WITHOUT ROWID
      """,
      """
      CREATE INDEX bank_reconciliation_items_reconciliation
        ON bank_reconciliation_items (reconciliation_id)
      """,
      // Invariant I50.
      refusal(
        "bank_reconciliations_opening", "INSERT ON bank_reconciliations",
        """
        NEW.state <> 'open' OR NEW.opening <> COALESCE((SELECT ending FROM bank_reconciliations
          WHERE bank_account_id = NEW.bank_account_id ORDER BY statement_date DESC LIMIT 1),
          NEW.opening)
        """, "a statement begins with what the one before ended with"),
      refusal(
        "bank_reconciliations_order", "INSERT ON bank_reconciliations",
        """
        EXISTS (SELECT 1 FROM bank_reconciliations
          WHERE bank_account_id = NEW.bank_account_id AND statement_date >= NEW.statement_date)
        """, "a statement is later than the one before"),
      refusal(
        "bank_reconciliations_final", "UPDATE ON bank_reconciliations",
        "OLD.state = 'finalised'", "a finalised statement stays as it is"),
      refusal(
        "bank_reconciliations_final_delete", "DELETE ON bank_reconciliations",
        "OLD.state = 'finalised'", "a finalised statement stays as it is"),
      refusal(
        "bank_reconciliations_sum", "UPDATE ON bank_reconciliations",
        "NEW.state = 'finalised' AND NEW.opening + \(items)NEW.id) <> NEW.ending",
        "a statement''s opening and what cleared come to its ending"),
      refusal(
        "bank_reconciliation_items_final_insert", "INSERT ON bank_reconciliation_items",
        isFinal("NEW"), "a finalised statement stays as it is"),
      refusal(
        "bank_reconciliation_items_final_update", "UPDATE ON bank_reconciliation_items",
        "\(isFinal("OLD")) OR \(isFinal("NEW"))", "a finalised statement stays as it is"),
      refusal(
        "bank_reconciliation_items_final_delete", "DELETE ON bank_reconciliation_items",
        isFinal("OLD"), "a finalised statement stays as it is"),
      TrustMoney.trigger,
    ] + reversal("insert", "INSERT ON transactions")
    + reversal("update", "UPDATE OF reversal_of ON transactions")
}
