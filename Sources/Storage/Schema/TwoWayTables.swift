/// The tables of two-way synchronization: what the other side shows, what waits for a person, the
/// rules, and the journal of everything that was decided or overwritten.
enum TwoWayTables {
  /// What makes them, in order.
  static let statements: [String] = [
    // What is out of step of one pair. Almost every pair has no row: it shows what the base says.
    """
    CREATE TABLE pair_state (
      service TEXT NOT NULL,
      resource TEXT NOT NULL,
      local_id TEXT NOT NULL,
      -- What the source held of the fields where it differs from the base of the sink.
      base_left TEXT,
      -- The row as the sink showed it last; null when it shows the base.
      seen TEXT,
      unreadable TEXT NOT NULL DEFAULT '[]',
      is_gone INTEGER NOT NULL DEFAULT 0 CHECK (is_gone IN (0, 1)),
      -- The edit lies between these moments.
      edited_after TEXT,
      edited_before TEXT,
      -- What the source refused; it is not sent again until it changes.
      refused TEXT,
      PRIMARY KEY (service, resource, local_id)
    ) STRICT, WITHOUT ROWID
    """,
    // What waits for a person, and how it ended. Rows are never deleted.
    """
    CREATE TABLE conflicts (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      service TEXT NOT NULL,
      resource TEXT NOT NULL,
      local_id TEXT NOT NULL,
      record_key TEXT NOT NULL,
      -- Empty when the conflict is about the whole record.
      field TEXT NOT NULL DEFAULT '',
      kind TEXT NOT NULL,
      base_left TEXT,
      base_right TEXT,
      left_value TEXT,
      right_value TEXT,
      left_at TEXT,
      right_at TEXT,
      -- What the rules say of the field.
      rule TEXT NOT NULL DEFAULT 'manual',
      detected_at TEXT NOT NULL,
      state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'staged', 'sending', 'settled')),
      choice TEXT CHECK (choice IN ('left', 'right', 'base', 'value')),
      choice_value TEXT,
      chosen_by TEXT,
      chosen_at TEXT,
      settled_at TEXT,
      -- How it ended: left, right, base, value, or gone when both sides agreed by themselves.
      outcome TEXT
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX conflicts_open ON conflicts (service, resource, local_id, field)
      WHERE state <> 'settled'
    """,
    "CREATE INDEX conflicts_state ON conflicts (state, resource)",
    "CREATE INDEX conflicts_waiting ON conflicts (id) WHERE state <> 'settled'",
    """
    CREATE TABLE sync_rules (
      resource TEXT NOT NULL,
      -- Empty for all fields of the resource that need not be named.
      field TEXT NOT NULL DEFAULT '',
      policy TEXT NOT NULL CHECK (policy IN ('newest', 'manual', 'buildium', 'airtable')),
      is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
      set_by TEXT NOT NULL,
      set_at TEXT NOT NULL,
      PRIMARY KEY (resource, field)
    ) STRICT, WITHOUT ROWID
    """,
    // Every value that was overwritten, and every decision; append only, each row sealed to the one
    // before it.
    """
    CREATE TABLE sync_journal (
      seq INTEGER PRIMARY KEY,
      at TEXT NOT NULL,
      actor TEXT NOT NULL,
      kind TEXT NOT NULL,
      service TEXT NOT NULL,
      resource TEXT NOT NULL,
      local_id TEXT NOT NULL,
      record_key TEXT NOT NULL,
      field TEXT NOT NULL DEFAULT '',
      old_value TEXT,
      new_value TEXT,
      note TEXT NOT NULL DEFAULT '',
      previous_hash TEXT NOT NULL,
      hash TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX sync_journal_record ON sync_journal (record_key, seq)",
    """
    CREATE TRIGGER sync_journal_update BEFORE UPDATE ON sync_journal
    BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END
    """,
    """
    CREATE TRIGGER sync_journal_delete BEFORE DELETE ON sync_journal
    BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END
    """,
    // Rows a person made at the sink that ask to be created at the source.
    """
    CREATE TABLE born_rows (
      service TEXT NOT NULL,
      -- The name of a resource, or forecasts.
      table_name TEXT NOT NULL,
      remote_id TEXT NOT NULL,
      -- What the row held when it was last looked at.
      fields TEXT NOT NULL,
      state TEXT NOT NULL
        CHECK (state IN ('waiting', 'refused', 'inflight', 'doubt', 'created', 'answered')),
      -- Found in the created record's text when the answer was lost.
      marker TEXT,
      sent TEXT,
      record_key TEXT,
      result TEXT NOT NULL DEFAULT '',
      -- Whether the result stands in the row yet.
      is_told INTEGER NOT NULL DEFAULT 0 CHECK (is_told IN (0, 1)),
      epoch_id INTEGER NOT NULL DEFAULT 0,
      attempts INTEGER NOT NULL DEFAULT 0,
      seen_at TEXT NOT NULL,
      changed_at TEXT NOT NULL,
      PRIMARY KEY (service, table_name, remote_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX born_rows_state ON born_rows (state, service, table_name)",
    "CREATE INDEX born_rows_seen ON born_rows (state, seen_at)",
    // What the plan took the service to hold; compared with a fresh copy before it is replaced.
    "ALTER TABLE outbox ADD COLUMN expected TEXT NOT NULL DEFAULT '{}'",
    // What both bases become when the write has landed.
    "ALTER TABLE outbox ADD COLUMN agreed TEXT NOT NULL DEFAULT '{}'",
    // A record that changed was in its older state after this moment.
    "ALTER TABLE sync_state ADD COLUMN changed_after TEXT",
  ]
}
