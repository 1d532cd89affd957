/// The figures of final months as records, which are kept in step with the owners' base like others.
enum ResultTables {
  static let statements: [String] = [
    """
    CREATE TABLE noi_results (
      id TEXT NOT NULL PRIMARY KEY,
      month TEXT,
      property_id TEXT REFERENCES properties(id),
      owner_id TEXT REFERENCES owners(id),
      basis TEXT,
      revenue INTEGER,
      operating_expenses INTEGER,
      noi INTEGER,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    CoreTables.linkIndex("noi_results", "property_id"),
    CoreTables.linkIndex("noi_results", "owner_id"),
    """
    CREATE TABLE owner_draw_results (
      id TEXT NOT NULL PRIMARY KEY,
      month TEXT,
      property_id TEXT REFERENCES properties(id),
      owner_id TEXT REFERENCES owners(id),
      noi_share INTEGER,
      reserve_held INTEGER,
      draw INTEGER,
      cumulative_draws INTEGER,
      available INTEGER,
      status TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    CoreTables.linkIndex("owner_draw_results", "property_id"),
    CoreTables.linkIndex("owner_draw_results", "owner_id"),
    // Every decision about who owns what; only ever added to. Shares as JSON, before and after.
    """
    CREATE TABLE ownership_changes (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      property_id TEXT NOT NULL REFERENCES properties(id),
      effective_from TEXT NOT NULL,
      shares_before TEXT NOT NULL CHECK (json_valid(shares_before)),
      shares_after TEXT NOT NULL CHECK (json_valid(shares_after)),
      reason TEXT NOT NULL DEFAULT '',
      created_by TEXT NOT NULL,
      created_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX ownership_changes_property ON ownership_changes (property_id, seq)",
    refuse("ownership_changes_update", "UPDATE ON ownership_changes"),
    refuse("ownership_changes_delete", "DELETE ON ownership_changes"),
    // What was released for payment to an owner; only ever added to. The same release twice is one.
    """
    CREATE TABLE draw_payments (
      id TEXT NOT NULL PRIMARY KEY,
      month TEXT NOT NULL,
      property_id TEXT NOT NULL REFERENCES properties(id),
      owner_id TEXT NOT NULL REFERENCES owners(id),
      amount INTEGER NOT NULL CHECK (amount > 0),
      inputs_hash TEXT NOT NULL,
      reference TEXT NOT NULL DEFAULT '',
      released_by TEXT NOT NULL,
      second_person TEXT,
      reason TEXT,
      created_at TEXT NOT NULL,
      UNIQUE (month, property_id, owner_id, inputs_hash, reference),
      CHECK ((second_person IS NULL) = (reason IS NULL)),
      CHECK (second_person IS NULL OR second_person <> released_by)
    ) STRICT
    """,
    CoreTables.linkIndex("draw_payments", "property_id"),
    CoreTables.linkIndex("draw_payments", "owner_id"),
    refuse("draw_payments_update", "UPDATE ON draw_payments"),
    refuse("draw_payments_delete", "DELETE ON draw_payments"),
    // What Buildium's general ledger said of a month, to be held against the transactions stored.
    """
    CREATE TABLE general_ledger_checks (
      month TEXT NOT NULL PRIMARY KEY,
      checked_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE general_ledger_movements (
      month TEXT NOT NULL REFERENCES general_ledger_checks(month),
      basis TEXT NOT NULL CHECK (basis IN ('cash', 'accrual')),
      property_id TEXT NOT NULL REFERENCES properties(id),
      gl_account_id TEXT NOT NULL REFERENCES gl_accounts(id),
      amount INTEGER NOT NULL,
      PRIMARY KEY (month, basis, property_id, gl_account_id)
    ) STRICT, WITHOUT ROWID
    """,
    CoreTables.linkIndex("general_ledger_movements", "property_id"),
    CoreTables.linkIndex("general_ledger_movements", "gl_account_id"),
  ]

  private static func refuse(_ name: String, _ event: String) -> String {
    """
    CREATE TRIGGER \(name) BEFORE \(event)
    BEGIN SELECT RAISE(ABORT, 'the history is only ever added to'); END
    """
  }
}
