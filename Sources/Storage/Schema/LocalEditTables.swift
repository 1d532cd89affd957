/// Changes of records made in this program, on their way to the service that holds the records.
enum LocalEditTables {
  static let statements: [String] = [
    """
    CREATE TABLE local_edits (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      service TEXT NOT NULL,
      resource TEXT NOT NULL,
      local_id TEXT NOT NULL,
      record_key TEXT NOT NULL,
      -- The new values, and those they were made against, as JSON.
      fields TEXT NOT NULL,
      expected TEXT NOT NULL,
      state TEXT NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'inflight', 'doubt', 'refused', 'done', 'undone')),
      attempts INTEGER NOT NULL DEFAULT 0,
      error TEXT NOT NULL DEFAULT '',
      made_by TEXT NOT NULL,
      made_at TEXT NOT NULL,
      settled_at TEXT
    ) STRICT
    """,
    // Of one record at most one change is open; further ones join it until it is sent.
    """
    CREATE UNIQUE INDEX local_edits_open ON local_edits (service, resource, local_id)
      WHERE state IN ('waiting', 'inflight', 'doubt', 'refused')
    """,
    """
    CREATE INDEX local_edits_waiting ON local_edits (id)
      WHERE state IN ('waiting', 'inflight', 'doubt', 'refused')
    """,
  ]
}
