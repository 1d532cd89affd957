import Domain

/// An event a service announced, as it is kept: before it is answered, and until long after it was
/// worked on.
public struct WebhookEvent: Sendable, Hashable, Identifiable {
  /// Where it stands.
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// It waits to be worked on, or to be tried again.
    case waiting
    /// The records it names were fetched.
    case done
    /// It was kept, and names nothing that is synchronized.
    case ignored
    /// It failed too often and waits for a person.
    case dead
  }

  /// Made from the content, so that a delivery that repeats is the same event.
  public var id: String
  /// The service's name for it, for example `Lease.Updated`.
  public var name: String
  /// The event as it came.
  public var data: JSONValue
  /// Where it stands.
  public var state: State
  /// Why it failed last; empty when it did not.
  public var error: String
  /// How often it failed.
  public var attempts: Int
  /// When it was stored here.
  public var receivedAt: Instant
  /// When it may be tried again, after a failure.
  public var runAfter: Instant?
  /// When it was done.
  public var processedAt: Instant?
}

extension SyncState {
  /// An event is given up after so many failures; as for jobs.
  public static let eventAttemptsMax = 8
  /// Events that are done are kept for looking back and for knowing repeats, so long.
  private static let eventsKeptMilliseconds: Int64 = 30 * 86_400_000
  /// What `error_message` says of an event that names nothing to fetch.
  private static let nothingToFetch = "nothing to fetch"

  private static let eventColumns = """
    id, event_type, event_data, processed, COALESCE(error_message, ''), retry_count, max_retries,
    created_at, run_after, processed_at
    """

  private static func event(_ row: Row) -> WebhookEvent? {
    guard let data = try? JSONValue(parsing: row.text(2)), let received = row.instant(7) else {
      return nil
    }
    let error = row.text(4)
    let state: WebhookEvent.State =
      row.bool(3)
      ? (error == nothingToFetch ? .ignored : .done)
      : (row.int(5) >= row.int(6) ? .dead : .waiting)
    return WebhookEvent(
      id: row.text(0), name: row.text(1), data: data, state: state,
      error: state == .ignored ? "" : error, attempts: row.int(5), receivedAt: received,
      runAfter: row.instant(8), processedAt: row.instant(9))
  }

  /// Keeps an event; false when the same one is here already, by its content.
  @discardableResult
  public func keepEvent(name: String, data: JSONValue, at now: Instant) throws(StorageError) -> Bool
  {
    let text = data.canonicalText
    let id = hash(text)
    return try connection.run(
      """
      INSERT INTO buildium_webhook_events (id, event_id, event_type, event_data, max_retries,
        created_at, updated_at)
      VALUES ($1, $1, $2, $3, $4, $5, $5) ON CONFLICT (event_id) DO NOTHING
      """, .text(id), .text(name), .text(text), .int(Self.eventAttemptsMax), .instant(now)) > 0
  }

  /// Events whose turn it is, the oldest first.
  public func waitingEvents(at now: Instant, limit: Int) throws(StorageError) -> [WebhookEvent] {
    try connection.rows(
      """
      SELECT \(Self.eventColumns) FROM buildium_webhook_events
      WHERE processed = 0 AND retry_count < max_retries AND (run_after IS NULL OR run_after <= $1)
      ORDER BY created_at, id LIMIT $2
      """, .instant(now), .int(limit), row: Self.event
    ).compactMap(\.self)
  }

  /// When the next of the events that wait after a failure may be tried; nil when none does.
  public func nextEventRetry() throws(StorageError) -> Instant? {
    try connection.row(
      """
      SELECT MIN(run_after) FROM buildium_webhook_events
      WHERE processed = 0 AND retry_count < max_retries
      """
    ) { $0.instant(0) } ?? nil
  }

  /// The newest events first, at most so many; of one state, when named.
  public func events(
    _ state: WebhookEvent.State? = nil, limit: Int
  ) throws(StorageError) -> [WebhookEvent] {
    try connection.rows(
      """
      SELECT \(Self.eventColumns) FROM buildium_webhook_events
      WHERE $1 IS NULL
        OR ($1 = 'waiting' AND processed = 0 AND retry_count < max_retries)
        OR ($1 = 'dead' AND processed = 0 AND retry_count >= max_retries)
        OR ($1 = 'ignored' AND processed = 1 AND error_message = $2)
        OR ($1 = 'done' AND processed = 1 AND error_message IS NULL)
      ORDER BY created_at DESC, id LIMIT $3
      """, .optional(state?.rawValue), .text(Self.nothingToFetch), .int(limit), row: Self.event
    ).compactMap(\.self)
  }

  /// How many events are in each state.
  public func eventCounts() throws(StorageError) -> [WebhookEvent.State: Int] {
    let rows = try connection.rows(
      """
      SELECT CASE WHEN processed = 0 AND retry_count >= max_retries THEN 'dead'
          WHEN processed = 0 THEN 'waiting'
          WHEN error_message = $1 THEN 'ignored' ELSE 'done' END AS state, COUNT(*)
      FROM buildium_webhook_events GROUP BY 1 ORDER BY 1
      """, .text(Self.nothingToFetch)
    ) { (WebhookEvent.State(rawValue: $0.text(0)), $0.int(1)) }
    var counts: [WebhookEvent.State: Int] = [:]
    for case (let state?, let count) in rows { counts[state] = count }
    return counts
  }

  /// The ids of at most two events that begin with `prefix`: one, unless it names several.
  public func events(startingWith prefix: String) throws(StorageError) -> [String] {
    try connection.rows(
      """
      SELECT id FROM buildium_webhook_events WHERE substr(id, 1, length($1)) = $1
      ORDER BY id LIMIT 2
      """, .text(prefix)
    ) { $0.text(0) }
  }

  /// Ends an event: its records were fetched, or it names none.
  public func settle(
    event id: String, isIgnored: Bool, at now: Instant
  ) throws(StorageError) {
    try connection.run(
      """
      UPDATE buildium_webhook_events SET processed = 1, processed_at = $2, updated_at = $2,
        error_message = $3, run_after = NULL WHERE id = $1
      """, .text(id), .instant(now), .optional(isIgnored ? Self.nothingToFetch : nil))
  }

  /// Notes a failure; the event waits until `runAfter`, or for a person once it failed too often.
  public func fail(
    event id: String, _ error: String, isFinal: Bool = false, runAfter: Instant, at now: Instant
  ) throws(StorageError) {
    try connection.run(
      """
      UPDATE buildium_webhook_events SET error_message = $2, updated_at = $3, run_after = $4,
        retry_count = CASE WHEN $5 = 1 THEN max_retries ELSE retry_count + 1 END WHERE id = $1
      """, .text(id), .text(error), .instant(now), .instant(runAfter), .bool(isFinal))
  }

  /// Lets an event be worked on once more, whatever became of it; false when there is none.
  public func replay(event id: String, at now: Instant) throws(StorageError) -> Bool {
    try connection.run(
      """
      UPDATE buildium_webhook_events SET processed = 0, processed_at = NULL, error_message = NULL,
        retry_count = 0, run_after = NULL, updated_at = $2 WHERE id = $1
      """, .text(id), .instant(now)) > 0
  }

  /// Lets go of events that were done long ago; what failed stays.
  public func forgetOldEvents(at now: Instant) throws(StorageError) {
    try connection.run(
      "DELETE FROM buildium_webhook_events WHERE processed = 1 AND processed_at < $1",
      .instant(now.adding(milliseconds: -Self.eventsKeptMilliseconds)))
  }
}
