/// What runs by itself: when it last ran, and which program runs it now.
enum ScheduleTables {
  static let statements: [String] = [
    """
    CREATE TABLE schedule_runs (
      work TEXT NOT NULL PRIMARY KEY,
      -- Since when it is known: what was due before that was never missed.
      since TEXT NOT NULL,
      begun_at TEXT,
      -- When it was over; null while it runs. Of a program that died it stays so.
      ended_at TEXT,
      failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
      -- How it ended, in words.
      outcome TEXT NOT NULL DEFAULT '',
      changed_at TEXT,
      looked_at TEXT,
      -- Who began it: a process of this host that is no more holds nothing.
      pid INTEGER,
      process_mark TEXT NOT NULL DEFAULT '',
      host TEXT NOT NULL DEFAULT ''
    ) STRICT, WITHOUT ROWID
    """
  ]
}
