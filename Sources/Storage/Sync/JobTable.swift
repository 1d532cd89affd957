import Domain

/// A piece of work in the queue: one resource read from or sent to one service.
public struct Job: Sendable, Hashable, Identifiable {
  /// What is done.
  public enum Kind: String, Sendable, Hashable { case pull, push }

  /// Its number.
  public var id: Int64
  /// What is done.
  public var kind: Kind
  /// Which service it talks to.
  public var service: Service
  /// What it works on.
  public var resource: Resource
  /// Where it stands.
  public var state: JobStatus.State
  /// Whether everything is read again.
  public var isFull: Bool
  /// How often it failed.
  public var attempts: Int
  /// When it may be tried again.
  public var runAfter: Instant?
}

extension SyncState {
  /// Finished jobs are kept for looking back, so many of them.
  private static let finishedJobsMax = 500

  /// Asks for a piece of work, unless it is asked for already; the job either way.
  public func enqueue(
    _ kind: Job.Kind, _ service: Service, _ resource: Resource, isFull: Bool, at now: Instant
  ) throws(StorageError) -> Job {
    // A new request starts with a clean slate: it is a person or a schedule that asks again.
    let id = try connection.row(
      """
      INSERT INTO jobs (kind, service, resource, state, priority, is_full, created_at)
      VALUES ($1, $2, $3, 'queued', $4, $5, $6)
      ON CONFLICT (kind, service, resource) WHERE state IN ('queued', 'running', 'failed')
      DO UPDATE SET state = 'queued', attempts = 0, error = '', run_after = NULL, done = 0,
        total = NULL, rate_per_minute = NULL,
        is_full = CASE WHEN excluded.is_full = 1 THEN 1 ELSE jobs.is_full END
      RETURNING id
      """, .text(kind.rawValue), .text(service.rawValue), .text(resource.rawValue),
      .int(resource.priority), .bool(isFull), .instant(now)
    ) { $0.int64(0) }
    guard let id, let job = try job(id) else {
      throw StorageError(.programming, "a job just asked for is not in the queue")
    }
    return job
  }

  /// A job by its number, or nil.
  public func job(_ id: Int64) throws(StorageError) -> Job? {
    try connection.row(
      """
      SELECT id, kind, service, resource, state, is_full, attempts, run_after FROM jobs
      WHERE id = $1
      """, .int(id)
    ) { row in
      guard let kind = Job.Kind(rawValue: row.text(1)),
        let service = Service(rawValue: row.text(2)),
        let resource = Resource(rawValue: row.text(3)),
        let state = JobStatus.State(rawValue: row.text(4))
      else { return nil }
      return Job(
        id: row.int64(0), kind: kind, service: service, resource: resource, state: state,
        isFull: row.bool(5), attempts: row.int(6), runAfter: row.instant(7))
    } ?? nil
  }

  /// Takes a job on.
  public func start(job id: Int64, epoch: Int64) throws(StorageError) {
    try connection.run(
      "UPDATE jobs SET state = 'running', epoch_id = $2, run_after = NULL WHERE id = $1",
      .int(id), .int(epoch))
  }

  /// Notes how far a job is.
  public func progress(job id: Int64, _ progress: Progress) throws(StorageError) {
    try connection.run(
      "UPDATE jobs SET done = $2, total = $3, rate_per_minute = $4 WHERE id = $1",
      .int(id), .int(progress.done), progress.total.map { .int($0) },
      progress.ratePerSecond.map { .int(Int64(($0 * 60).rounded())) })
  }

  /// Notes how a job stands after a try.
  public func set(
    job id: Int64, _ state: JobStatus.State, attempts: Int, error: String = "",
    runAfter: Instant? = nil, at now: Instant
  ) throws(StorageError) {
    let isOver = state == .done || state == .dead || state == .cancelled
    try connection.run(
      """
      UPDATE jobs SET state = $2, attempts = $3, error = $4, run_after = $5, finished_at = $6,
        epoch_id = NULL
      WHERE id = $1
      """, .int(id), .text(state.rawValue), .int(attempts), .text(error),
      runAfter.map(SQLValue.instant), isOver ? .instant(now) : nil)
    if state == .done || state == .dead {
      // What was given up before has been done since, or is told anew; one of each is enough.
      try connection.run(
        """
        DELETE FROM jobs WHERE state = 'dead' AND id <> $1 AND (kind, service, resource) =
          (SELECT kind, service, resource FROM jobs WHERE id = $1)
        """, .int(id))
    }
    if isOver {
      try connection.run(
        """
        DELETE FROM jobs WHERE state IN ('done', 'cancelled') AND id <= $1 - $2
        """, .int(id), .int(Self.finishedJobsMax))
    }
  }

  /// What an older start of a program worked on waits again.
  public func requeueOlder(than epoch: Int64) throws(StorageError) {
    try connection.run(
      """
      UPDATE jobs SET state = 'queued', epoch_id = NULL
      WHERE state = 'running' AND (epoch_id IS NULL OR epoch_id <> $1)
      """, .int(epoch))
  }

  /// The newest of the finished jobs a list shows: those of the last two runs.
  private static let finishedShownMax = 60

  /// The jobs: those that run first, then by priority; of the finished ones the newest.
  public func jobs() throws(StorageError) -> [JobStatus] {
    let open = try jobs(
      """
      WHERE state IN ('queued', 'running', 'failed', 'dead')
      ORDER BY CASE state WHEN 'running' THEN 0 ELSE 1 END, priority, id
      """)
    let finished = try jobs(
      "WHERE state IN ('done', 'cancelled') ORDER BY id DESC LIMIT \(Self.finishedShownMax)")
    return open + finished
  }

  private func jobs(_ selection: String) throws(StorageError) -> [JobStatus] {
    try connection.rows(
      """
      SELECT id, kind, resource, service, state, priority, done, total, rate_per_minute, attempts,
        error, run_after, created_at
      FROM jobs \(selection)
      """
    ) { row in
      guard let service = Service(rawValue: row.text(3)),
        let state = JobStatus.State(rawValue: row.text(4))
      else { return nil }
      let (done, total) = (row.int(6), row.optionalInt(7))
      let rate = row.optionalInt(8).map { Double($0) / 60 }
      var left: Int?
      if let rate, let total, rate > 0 {
        left = Int((Double(max(0, total - done)) / rate).rounded(.up))
      }
      return JobStatus(
        id: "\(Self.jobPrefix)\(row.int64(0))", kind: row.text(1),
        resource: Resource(rawValue: row.text(2)), service: service, state: state,
        priority: row.int(5),
        progress: Progress(done: done, total: total, ratePerSecond: rate, secondsLeft: left),
        attempts: row.int(9), error: row.text(10), runAfter: row.instant(11),
        createdAt: row.instant(12) ?? Instant(milliseconds: 0))
    }.compactMap(\.self)
  }
}
