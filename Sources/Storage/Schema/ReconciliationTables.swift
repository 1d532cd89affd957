/// The results of comparing the two sides, a row for each day and resource, and the parts of the
/// comparison a trend is drawn from.
enum ReconciliationTables {
  static let statements: [String] = [
    """
    CREATE TABLE reconciliations (
      day TEXT NOT NULL,
      resource TEXT NOT NULL,
      -- Records compared, without those whose change is on its way.
      compared INTEGER NOT NULL CHECK (compared >= 0),
      matching INTEGER NOT NULL CHECK (matching BETWEEN 0 AND compared),
      in_flight INTEGER NOT NULL CHECK (in_flight >= 0),
      -- Fields and records that differ, by whatever reason.
      differences INTEGER NOT NULL CHECK (differences >= 0),
      unexplained INTEGER NOT NULL CHECK (unexplained BETWEEN 0 AND differences),
      -- Of everything the comparison found: equal hashes are equal findings.
      report_hash TEXT NOT NULL,
      made_at TEXT NOT NULL,
      PRIMARY KEY (day, resource)
    ) STRICT, WITHOUT ROWID
    """
  ]
}
