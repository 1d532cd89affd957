/// What the month needs besides the ledger: decisions about accounts and owners, closes with their
/// versions, and what was paid out.
enum MonthTables {
  static let statements: [String] = [
    "ALTER TABLE distribution_rules ADD COLUMN calculation_order TEXT NOT NULL "
      + "DEFAULT 'reserve_then_percent'",
    // What an account counts as from a day on. Rows are added and revoked, never changed: together
    // they are their own audit.
    """
    CREATE TABLE noi_account_override (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      gl_account_id TEXT NOT NULL REFERENCES gl_accounts(id),
      account_class TEXT NOT NULL CHECK (account_class IN ('revenue', 'operating_expense',
        'non_operating_income', 'non_operating_expense', 'management_income', 'balance_sheet')),
      effective_from TEXT NOT NULL,
      effective_to TEXT CHECK (effective_to IS NULL OR effective_to >= effective_from),
      reason TEXT NOT NULL CHECK (length(reason) > 0),
      created_by TEXT NOT NULL,
      created_at TEXT NOT NULL,
      revoked_by TEXT,
      revoked_at TEXT,
      CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
    ) STRICT
    """,
    "CREATE INDEX noi_account_override_account ON noi_account_override (gl_account_id)",
    // A decision for one owner, in one property or in all; kept when it is revoked.
    """
    CREATE TABLE draw_rules (
      id TEXT NOT NULL PRIMARY KEY,
      owner_id TEXT NOT NULL REFERENCES owners(id),
      property_id TEXT REFERENCES properties(id),
      kind TEXT NOT NULL CHECK (kind IN ('fixed', 'percent_of_noi', 'residual', 'minimum',
        'maximum', 'hold', 'reserve_contribution')),
      priority INTEGER NOT NULL DEFAULT 0,
      amount INTEGER CHECK (amount >= 0),
      percent TEXT,
      effective_from TEXT NOT NULL DEFAULT '0001-01-01',
      effective_to TEXT CHECK (effective_to IS NULL OR effective_to >= effective_from),
      reason TEXT NOT NULL DEFAULT '',
      created_by TEXT NOT NULL,
      created_at TEXT NOT NULL,
      revoked_by TEXT,
      revoked_at TEXT,
      CHECK ((revoked_at IS NULL) = (revoked_by IS NULL)),
      CHECK (kind <> 'hold' OR length(reason) > 0)
    ) STRICT
    """,
    "CREATE INDEX draw_rules_owner ON draw_rules (owner_id)",
    CoreTables.linkIndex("draw_rules", "property_id"),
    // A month that was finalised, version by version. The snapshot is what was true then.
    """
    CREATE TABLE month_closes (
      month TEXT NOT NULL,
      version INTEGER NOT NULL CHECK (version > 0),
      state TEXT NOT NULL CHECK (state IN ('final', 'reopened')),
      inputs_hash TEXT NOT NULL,
      snapshot TEXT NOT NULL CHECK (json_valid(snapshot)),
      finalized_by TEXT NOT NULL,
      finalized_at TEXT NOT NULL,
      reopened_by TEXT,
      reopened_at TEXT,
      reopen_reason TEXT,
      PRIMARY KEY (month, version),
      CHECK ((state = 'reopened') = (reopened_at IS NOT NULL)),
      CHECK (state <> 'reopened' OR COALESCE(length(reopen_reason), 0) > 0)
    ) STRICT
    """,
    "CREATE UNIQUE INDEX month_closes_final ON month_closes (month) WHERE state = 'final'",
    // Gates a person passed although they failed, with the reason; they hold for what was seen.
    """
    CREATE TABLE close_overrides (
      month TEXT NOT NULL,
      gate TEXT NOT NULL,
      findings_hash TEXT NOT NULL,
      reason TEXT NOT NULL CHECK (length(reason) > 0),
      created_by TEXT NOT NULL,
      created_at TEXT NOT NULL,
      PRIMARY KEY (month, gate, findings_hash)
    ) STRICT
    """,
    // Every run of a close, whatever came of it.
    """
    CREATE TABLE close_runs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      month TEXT NOT NULL,
      action TEXT NOT NULL CHECK (action IN ('check', 'override', 'finalize', 'reopen')),
      outcome TEXT NOT NULL,
      actor TEXT NOT NULL,
      reason TEXT,
      inputs_hash TEXT,
      at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX close_runs_month ON close_runs (month, id)",
    // What a property's figures were when a month was finalised, one row per part of it.
    """
    CREATE TABLE declared_periods (
      month TEXT NOT NULL,
      version INTEGER NOT NULL,
      property_id TEXT NOT NULL REFERENCES properties(id),
      from_date TEXT NOT NULL,
      to_date TEXT NOT NULL CHECK (to_date >= from_date),
      noi INTEGER NOT NULL,
      carry_in INTEGER NOT NULL CHECK (carry_in <= 0),
      restatement INTEGER NOT NULL,
      carry_out INTEGER NOT NULL CHECK (carry_out <= 0),
      draw INTEGER NOT NULL CHECK (draw >= 0),
      inputs_hash TEXT NOT NULL,
      PRIMARY KEY (month, version, property_id, from_date),
      FOREIGN KEY (month, version) REFERENCES month_closes(month, version)
    ) STRICT
    """,
    "CREATE INDEX declared_periods_property ON declared_periods (property_id)",
    // What was declared for the owners, one row per property, part of the month and owner.
    """
    CREATE TABLE declared_draws (
      month TEXT NOT NULL,
      version INTEGER NOT NULL,
      property_id TEXT NOT NULL REFERENCES properties(id),
      owner_id TEXT NOT NULL REFERENCES owners(id),
      from_date TEXT NOT NULL,
      amount INTEGER NOT NULL CHECK (amount >= 0),
      PRIMARY KEY (month, version, property_id, from_date, owner_id),
      FOREIGN KEY (month, version, property_id, from_date)
        REFERENCES declared_periods(month, version, property_id, from_date)
    ) STRICT
    """,
    "CREATE INDEX declared_draws_owner ON declared_draws (owner_id, month)",
    "CREATE INDEX declared_draws_property ON declared_draws (property_id, month)",
    // Figures of finalised months as rows of the owners' base, by the key they have there.
    """
    CREATE TABLE month_results (
      record_key TEXT NOT NULL PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('noi', 'draws')),
      month TEXT NOT NULL,
      version INTEGER NOT NULL,
      fields TEXT NOT NULL CHECK (json_valid(fields)),
      updated_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX month_results_month ON month_results (month, kind)",
    refuse("month_closes_delete", "DELETE ON month_closes", "1", "a close stays"),
    refuse(
      "month_closes_update", "UPDATE ON month_closes",
      """
      NEW.snapshot IS NOT OLD.snapshot OR NEW.inputs_hash IS NOT OLD.inputs_hash
        OR NEW.month IS NOT OLD.month OR NEW.version IS NOT OLD.version
        OR NEW.finalized_by IS NOT OLD.finalized_by OR NEW.finalized_at IS NOT OLD.finalized_at
        OR OLD.state = 'reopened'
      """, "what was finalised does not change"),
    // What is entered here does not go into a month that is final; what Buildium has was posted
    // there, and changes the next draw (restatement).
    refuse(
      "transactions_month_final", "UPDATE OF posting_state ON transactions",
      """
      NEW.posting_state = 'posted' AND OLD.posting_state <> 'posted' AND NEW.provider = 'rentbook'
        AND NEW.buildium_transaction_id IS NULL AND EXISTS (SELECT 1 FROM month_closes
          WHERE state = 'final' AND month = substr(NEW.date, 1, 7))
      """, "the month is final: date it in an open month, or reopen the month first"),
    refuse("close_runs_update", "UPDATE ON close_runs", "1", "the history is only ever added to"),
    refuse("close_runs_delete", "DELETE ON close_runs", "1", "the history is only ever added to"),
    refuse(
      "noi_account_override_delete", "DELETE ON noi_account_override", "1",
      "a decision is revoked, never removed"),
    refuse(
      "noi_account_override_update", "UPDATE ON noi_account_override",
      """
      OLD.revoked_at IS NOT NULL OR NEW.account_class IS NOT OLD.account_class
        OR NEW.gl_account_id IS NOT OLD.gl_account_id OR NEW.reason IS NOT OLD.reason
        OR NEW.effective_from IS NOT OLD.effective_from OR NEW.created_by IS NOT OLD.created_by
        OR NEW.created_at IS NOT OLD.created_at OR NEW.effective_to IS NOT OLD.effective_to
      """, "a decision is revoked, never changed"),
  ]

  private static func refuse(_ name: String, _ event: String, _ condition: String, _ text: String)
    -> String
  {
    """
    CREATE TRIGGER \(name) BEFORE \(event)
    WHEN \(condition)
    BEGIN SELECT RAISE(ABORT, '\(text)'); END
    """
  }
}
