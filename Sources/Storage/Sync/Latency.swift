import Domain

/// How the changes of one day were spread over the time they took.
public struct LatencyDay: Sendable, Hashable {
  /// How many changes took at most so long, and longer than the bucket before.
  public struct Bucket: Sendable, Hashable {
    /// The upper bound; nil for the last bucket, which has none.
    public var upToMilliseconds: Int?
    /// How many changes.
    public var count: Int
  }

  /// The day, UTC.
  public var day: CalendarDate
  /// The buckets that hold something, the fastest first.
  public var buckets: [Bucket]
  /// Percentiles of the day, exact while its samples are kept, else the bounds of the buckets.
  public var summary: LatencySummary
}

extension Store {
  /// How long the changes of one day (UTC) took from their event to the sink.
  public func latency(day: CalendarDate) throws(StorageError) -> LatencyDay {
    try readSync { (sync) throws(StorageError) in try sync.latency(day: day) }
  }
}

extension SyncState {
  /// The bounds of the daily distribution. The last value stands for "longer".
  private static let bounds = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 35_000, 65_000, 120_000, 300_000, 3_600_000,
    Int.max,
  ]
  private static let dayMilliseconds: Int64 = 86_400_000
  /// Single samples are kept for a week; what is older lives on in the distribution.
  private static let keptMilliseconds: Int64 = 7 * dayMilliseconds
  /// A summary looks at so many samples at most, the newest.
  private static let samplesMax = 200_000

  /// Records that a change arrived.
  public func recordArrival(
    of key: RemoteKey, _ stages: SinkRow.Stages, sent: Instant, confirmed: Instant
  ) throws(StorageError) {
    // A service's clock may be ahead of ours; no change arrives before it happened.
    let took = max(0, confirmed.milliseconds - stages.event.milliseconds)
    try connection.run(
      """
      INSERT INTO sync_latency (resource, record_key, event_at, received_at, stored_at, sent_at,
        confirmed_at, milliseconds)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """, .text(key.resource.rawValue), .text(key.description), .instant(stages.event),
      .instant(stages.received), .instant(stages.stored), .instant(sent), .instant(confirmed),
      .integer(took))
    let bound = Self.bounds.first { took <= $0 } ?? Int.max
    try connection.run(
      """
      INSERT INTO sync_latency_daily (day, resource, up_to_milliseconds, count)
      VALUES ($1, $2, $3, 1)
      ON CONFLICT (day, resource, up_to_milliseconds)
      DO UPDATE SET count = sync_latency_daily.count + 1
      """, .date(confirmed.date), .text(key.resource.rawValue), .int(bound))
  }

  /// Lets go of samples that are older than is of use.
  public func forgetOldSamples(at now: Instant) throws(StorageError) {
    try connection.run(
      "DELETE FROM sync_latency WHERE confirmed_at < $1",
      .instant(now.adding(milliseconds: -Self.keptMilliseconds)))
  }

  /// How long changes took that arrived at or after `from` and before `to`.
  public func latency(from: Instant, to: Instant) throws(StorageError) -> LatencySummary {
    let samples = try connection.rows(
      """
      SELECT milliseconds FROM sync_latency WHERE confirmed_at >= $1 AND confirmed_at < $2
      ORDER BY confirmed_at DESC LIMIT $3
      """, .instant(from), .instant(to), .int(Self.samplesMax)
    ) { $0.int(0) }.sorted()
    guard !samples.isEmpty else { return LatencySummary() }
    // The nearest-rank percentile: a value that was measured.
    func percentile(_ percent: Int) -> Int {
      samples[max(0, (samples.count * percent + 99) / 100 - 1)]
    }
    return LatencySummary(
      p50: percentile(50), p95: percentile(95), p99: percentile(99), count: samples.count)
  }

  /// How long the changes of one day took.
  public func latency(day: CalendarDate) throws(StorageError) -> LatencyDay {
    let buckets = try connection.rows(
      """
      SELECT up_to_milliseconds, SUM(count) FROM sync_latency_daily WHERE day = $1
      GROUP BY up_to_milliseconds ORDER BY up_to_milliseconds
      """, .date(day)
    ) { row in
      LatencyDay.Bucket(
        upToMilliseconds: row.int(0) == Int.max ? nil : row.int(0), count: row.int(1))
    }
    let start = Instant(milliseconds: Int64(day.daysSince1970) * Self.dayMilliseconds)
    var summary = try latency(from: start, to: start.adding(milliseconds: Self.dayMilliseconds))
    if summary.count == 0 {
      let count = buckets.reduce(0) { $0 + $1.count }
      func percentile(_ percent: Int) -> Int? {
        var rank = (count * percent + 99) / 100
        for bucket in buckets {
          rank -= bucket.count
          if rank <= 0 { return bucket.upToMilliseconds }
        }
        return nil
      }
      summary = LatencySummary(
        p50: percentile(50), p95: percentile(95), p99: percentile(99), count: count)
    }
    return LatencyDay(day: day, buckets: buckets, summary: summary)
  }
}
