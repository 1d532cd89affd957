import Domain

/// What is known of one kind of work that runs by itself.
public struct ScheduleRun: Sendable, Hashable {
  /// Its name.
  public var work: String
  /// Since when it is known.
  public var since: Instant
  /// When it was last begun; nil for never.
  public var begunAt: Instant?
  /// When that was over; nil while it runs, and when its program died.
  public var endedAt: Instant?
  /// How often it failed since it last went well.
  public var failures: Int
  /// How it ended, in words.
  public var outcome: String
  /// When something last changed on either side.
  public var changedAt: Instant?
  /// When the sink was last looked at.
  public var lookedAt: Instant?
  /// The process that began it.
  public var pid: Int
  /// What tells the process from a later one of the same number.
  public var processMark: String
  /// The machine it runs on.
  public var host: String
}

extension SyncState {
  private static let runColumns = """
    work, since, begun_at, ended_at, failures, outcome, changed_at, looked_at, COALESCE(pid, 0),
    process_mark, host
    """

  /// All that is known, by the name of the work.
  public func scheduleRuns() throws(StorageError) -> [ScheduleRun] {
    try connection.rows("SELECT \(Self.runColumns) FROM schedule_runs ORDER BY work") { row in
      ScheduleRun(
        work: row.text(0), since: row.instant(1) ?? Instant(milliseconds: 0),
        begunAt: row.instant(2), endedAt: row.instant(3), failures: row.int(4),
        outcome: row.text(5), changedAt: row.instant(6), lookedAt: row.instant(7), pid: row.int(8),
        processMark: row.text(9), host: row.text(10))
    }
  }

  /// Makes work known that is not yet.
  public func know(_ works: [String], at now: Instant) throws(StorageError) {
    for work in works {
      try connection.run(
        "INSERT INTO schedule_runs (work, since) VALUES ($1, $2) ON CONFLICT (work) DO NOTHING",
        .text(work), .instant(now))
    }
  }

  /// Takes work up that was last begun at `expected`; false when another program was faster. Of two
  /// that ask at the same time one gets it, since a write is one transaction.
  public func claim(
    _ work: String, expecting expected: Instant?, pid: Int, processMark: String, host: String,
    at now: Instant
  ) throws(StorageError) -> Bool {
    try connection.run(
      """
      UPDATE schedule_runs SET begun_at = $2, ended_at = NULL, pid = $3, process_mark = $4,
        host = $5
      WHERE work = $1 AND COALESCE(begun_at, '') = COALESCE($6, '')
      """, .text(work), .instant(now), .int(pid), .text(processMark), .text(host),
      expected.map(SQLValue.instant)) > 0
  }

  /// Gives work back that could not be done now; it is due again as it was.
  public func giveBack(
    _ work: String, begunAt: Instant, to earlier: Instant?, at now: Instant
  ) throws(StorageError) {
    try connection.run(
      """
      UPDATE schedule_runs SET begun_at = $3, ended_at = $4
      WHERE work = $1 AND begun_at = $2
      """, .text(work), .instant(begunAt), earlier.map(SQLValue.instant), .instant(now))
  }

  /// Ends work that this program took up.
  public func end(
    _ work: String, begunAt: Instant, isFailed: Bool, outcome: String, at now: Instant
  ) throws(StorageError) {
    try connection.run(
      """
      UPDATE schedule_runs SET ended_at = $3, outcome = $4,
        failures = CASE WHEN $5 = 1 THEN failures + 1 ELSE 0 END
      WHERE work = $1 AND begun_at = $2
      """, .text(work), .instant(begunAt), .instant(now), .text(outcome), .bool(isFailed))
  }

  /// Counts work as failed whose program died in the middle of it.
  public func abandon(_ work: String, begunAt: Instant, at now: Instant) throws(StorageError) {
    try connection.run(
      """
      UPDATE schedule_runs SET ended_at = $3, outcome = 'cut off', failures = failures + 1
      WHERE work = $1 AND begun_at = $2 AND ended_at IS NULL
      """, .text(work), .instant(begunAt), .instant(now))
  }

  /// Notes that work was done without having been due: a person asked for it.
  public func noteRun(_ work: String, begunAt: Instant, at now: Instant) throws(StorageError) {
    try connection.run(
      """
      UPDATE schedule_runs SET begun_at = $2, ended_at = $3, failures = 0, outcome = ''
      WHERE work = $1 AND COALESCE(begun_at, '') < $2
      """, .text(work), .instant(begunAt), .instant(now))
  }

  /// Notes when something changed, and when the sink was looked at; nil leaves what is known.
  public func note(
    _ work: String, changedAt: Instant?, lookedAt: Instant?
  ) throws(StorageError) {
    try connection.run(
      """
      UPDATE schedule_runs SET changed_at = COALESCE($2, changed_at),
        looked_at = COALESCE($3, looked_at)
      WHERE work = $1
      """, .text(work), changedAt.map(SQLValue.instant), lookedAt.map(SQLValue.instant))
  }
}
