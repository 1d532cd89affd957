/// The tables of the synchronization: what each side and the store last agreed on, how far each
/// pull came, what is to be sent, and how long it took.
enum SyncTables {
  /// What makes them, in order.
  static let statements: [String] = [
    // One row per start of a program on this store. What an older epoch left in flight is in doubt:
    // no lease has to run out first.
    """
    CREATE TABLE epochs (
      id INTEGER PRIMARY KEY,
      started_at TEXT NOT NULL,
      pid INTEGER NOT NULL,
      -- When the process with that number started, in the kernel's own units: numbers come again.
      process_mark TEXT NOT NULL,
      host TEXT NOT NULL
    ) STRICT
    """,
    // Who runs a synchronization now; at most one row.
    """
    CREATE TABLE sync_lock (
      name TEXT NOT NULL PRIMARY KEY,
      epoch_id INTEGER NOT NULL REFERENCES epochs(id),
      taken_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    // One row per record and side. At a source the row begins with the remote id, at a sink it
    // stands before there is one, so the local id is the identity and both are indexed.
    """
    CREATE TABLE sync_state (
      service TEXT NOT NULL,
      resource TEXT NOT NULL,
      local_id TEXT NOT NULL,
      remote_id TEXT,
      -- The record's name at the sink; null at its source, where it follows from the remote id.
      record_key TEXT,
      -- The fields as they were last agreed with this side, without sealed ones.
      base TEXT NOT NULL DEFAULT '{}',
      base_hash TEXT NOT NULL DEFAULT '',
      -- At a sink: what it should hold, as of the last look.
      desired_hash TEXT NOT NULL DEFAULT '',
      -- 0 is in step. It grows with each change, so that an answer to an older write does not
      -- take a newer change for sent.
      dirty INTEGER NOT NULL DEFAULT 0 CHECK (dirty >= 0),
      gone INTEGER NOT NULL DEFAULT 0 CHECK (gone IN (0, 1)),
      -- Why a dirty row is not sent: parent, links, refused, duplicate, missing, discarded.
      waiting_reason TEXT,
      remote_updated_at TEXT,
      changed_at TEXT,
      last_seen_run INTEGER,
      -- The stages of the change that waits, for the latency; null for a first load.
      event_at TEXT,
      received_at TEXT,
      stored_at TEXT,
      -- The base makes rows long, so they stand apart from the keys that find them.
      PRIMARY KEY (service, resource, local_id)
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX sync_state_remote ON sync_state (service, resource, remote_id)
      WHERE remote_id IS NOT NULL
    """,
    """
    CREATE INDEX sync_state_dirty
      ON sync_state (service, resource, waiting_reason, local_id, dirty) WHERE dirty > 0
    """,
    """
    CREATE INDEX sync_state_gone ON sync_state (service, resource, gone) WHERE gone = 1
    """,
    """
    CREATE INDEX sync_state_waiting ON sync_state (service, resource, waiting_reason)
      WHERE waiting_reason IS NOT NULL
    """,
    // One row per resource of a service that is read page by page.
    """
    CREATE TABLE pull_state (
      service TEXT NOT NULL,
      resource TEXT NOT NULL,
      mode TEXT NOT NULL CHECK (mode IN ('full', 'incremental')),
      -- Where the next page begins; null before the first.
      cursor TEXT,
      -- The number of this pull; what a complete one did not see is absent.
      run INTEGER NOT NULL,
      changed_since TEXT,
      started_at TEXT NOT NULL,
      complete_at TEXT,
      -- When the last pull that was completed began: the next one asks for what changed since.
      watermark TEXT,
      -- When everything was last seen.
      swept_at TEXT,
      seen INTEGER NOT NULL DEFAULT 0,
      total INTEGER,
      -- Which fields were compared; another set asks for a full pull.
      mapping_hash TEXT NOT NULL DEFAULT '',
      PRIMARY KEY (service, resource)
    ) STRICT, WITHOUT ROWID
    """,
    // What is to be written at a service: the row is durable before the first byte leaves.
    """
    CREATE TABLE outbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      epoch_id INTEGER NOT NULL,
      service TEXT NOT NULL,
      resource TEXT NOT NULL,
      local_id TEXT NOT NULL,
      record_key TEXT NOT NULL,
      action TEXT NOT NULL CHECK (action IN ('create', 'update', 'delete')),
      remote_id TEXT,
      -- What is sent, which becomes the base when it has arrived.
      fields TEXT NOT NULL,
      -- The dirty stamp it answers to.
      stamp INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('inflight', 'doubt', 'dead')),
      attempts INTEGER NOT NULL DEFAULT 0,
      error TEXT NOT NULL DEFAULT '',
      error_kind TEXT NOT NULL DEFAULT '',
      created_at TEXT NOT NULL,
      settled_at TEXT
    ) STRICT
    """,
    // At most one intent per record is open; a dead one gives way to the next.
    """
    CREATE UNIQUE INDEX outbox_record ON outbox (service, resource, local_id)
    """,
    """
    CREATE INDEX outbox_state ON outbox (state, service, resource)
    """,
    """
    CREATE TABLE jobs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind IN ('pull', 'push')),
      service TEXT NOT NULL,
      resource TEXT NOT NULL,
      state TEXT NOT NULL
        CHECK (state IN ('queued', 'running', 'failed', 'dead', 'done', 'cancelled')),
      priority INTEGER NOT NULL,
      is_full INTEGER NOT NULL DEFAULT 0 CHECK (is_full IN (0, 1)),
      -- Who works on it; a lease of an older epoch is void.
      epoch_id INTEGER,
      attempts INTEGER NOT NULL DEFAULT 0,
      error TEXT NOT NULL DEFAULT '',
      run_after TEXT,
      done INTEGER NOT NULL DEFAULT 0,
      total INTEGER,
      rate_per_minute INTEGER,
      created_at TEXT NOT NULL,
      finished_at TEXT
    ) STRICT
    """,
    // The same work is asked for once.
    """
    CREATE UNIQUE INDEX jobs_open ON jobs (kind, service, resource)
      WHERE state IN ('queued', 'running', 'failed')
    """,
    """
    CREATE INDEX jobs_state ON jobs (state, priority, id)
    """,
    // One change on its way from its event to the sink, by stage.
    """
    CREATE TABLE sync_latency (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      resource TEXT NOT NULL,
      record_key TEXT NOT NULL,
      event_at TEXT NOT NULL,
      received_at TEXT NOT NULL,
      stored_at TEXT NOT NULL,
      sent_at TEXT NOT NULL,
      confirmed_at TEXT NOT NULL,
      milliseconds INTEGER NOT NULL CHECK (milliseconds >= 0)
    ) STRICT
    """,
    """
    CREATE INDEX sync_latency_time ON sync_latency (confirmed_at, milliseconds)
    """,
    // How many changes of a day took up to so long; kept when the samples are gone.
    """
    CREATE TABLE sync_latency_daily (
      day TEXT NOT NULL,
      resource TEXT NOT NULL,
      up_to_milliseconds INTEGER NOT NULL,
      count INTEGER NOT NULL,
      PRIMARY KEY (day, resource, up_to_milliseconds)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE provider_memory (
      service TEXT NOT NULL,
      name TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (service, name)
    ) STRICT, WITHOUT ROWID
    """,
  ]
}
