/// The differences the last comparison of the two sides found, and how many records each side has.
enum DifferenceTables {
  static let statements: [String] = [
    "ALTER TABLE reconciliations ADD COLUMN left_records INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE reconciliations ADD COLUMN right_records INTEGER NOT NULL DEFAULT 0",
    """
    CREATE TABLE reconciliation_differences (
      -- The record's key and the field.
      id TEXT NOT NULL PRIMARY KEY,
      resource TEXT NOT NULL,
      record_key TEXT NOT NULL,
      -- The record in the store; null when it is not known here.
      local_id TEXT,
      title TEXT NOT NULL,
      -- Empty when the whole record stands on one side only.
      field TEXT NOT NULL DEFAULT '',
      left_value TEXT NOT NULL,
      right_value TEXT NOT NULL,
      standing TEXT NOT NULL,
      reason TEXT NOT NULL,
      note TEXT NOT NULL,
      found_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE INDEX reconciliation_differences_resource
      ON reconciliation_differences (resource, record_key)
    """,
  ]
}
