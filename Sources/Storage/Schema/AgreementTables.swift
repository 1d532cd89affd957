/// What is agreed with owners beyond one property: how a sale divides a month, groups of properties that
/// rules hold in, and what owners plan in their base.
enum AgreementTables {
  static let statements: [String] = [
    "ALTER TABLE distribution_rules ADD COLUMN ownership_change TEXT NOT NULL "
      + "DEFAULT 'transaction_date' CHECK (ownership_change IN ('transaction_date', 'daily'))",
    """
    CREATE TABLE property_groups (
      id TEXT NOT NULL PRIMARY KEY,
      name TEXT NOT NULL UNIQUE CHECK (length(name) > 0),
      created_by TEXT NOT NULL,
      created_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE property_group_members (
      group_id TEXT NOT NULL REFERENCES property_groups(id),
      property_id TEXT NOT NULL REFERENCES properties(id),
      PRIMARY KEY (group_id, property_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX property_group_members_property ON property_group_members (property_id)",
    // A rule holds in one property, in a group, or in all properties of the owner.
    "ALTER TABLE draw_rules ADD COLUMN group_id TEXT REFERENCES property_groups(id) "
      + "CHECK (group_id IS NULL OR property_id IS NULL)",
    CoreTables.linkIndex("draw_rules", "group_id"),
    // A copy of the base's table of forecasts, as it was read last. Amounts in the account's direction.
    """
    CREATE TABLE planned_amounts (
      remote_id TEXT NOT NULL PRIMARY KEY,
      date TEXT NOT NULL,
      amount INTEGER NOT NULL,
      property_id TEXT NOT NULL REFERENCES properties(id),
      gl_account_id TEXT NOT NULL REFERENCES gl_accounts(id),
      read_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX planned_amounts_property ON planned_amounts (property_id, date)",
    CoreTables.linkIndex("planned_amounts", "gl_account_id"),
  ]
}
