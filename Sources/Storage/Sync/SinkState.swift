import Domain

/// A record on its way to a service that records are written to.
public struct SinkRow: Sendable, Hashable {
  /// The record in the store.
  public var localID: LocalID
  /// The record's name there.
  public var key: RemoteKey
  /// The service's id; nil before it is there.
  public var remoteID: String?
  /// The fields last agreed with the service, as JSON.
  public var base: String
  /// What an answer must quote to take the row for sent.
  public var stamp: Int64
  /// Whether it is to be removed there.
  public var isGone: Bool
  /// Why it waits, when it does.
  public var waiting: Waiting?
  /// The stages of the change that waits; nil for a first load.
  public var stages: Stages?

  /// Why a changed record is not sent.
  public enum Waiting: String, Sendable, Hashable {
    /// A record it links to is not there yet and cannot come.
    case parent
    /// It was sent without links to records that come later.
    case links
    /// The service refused it.
    case refused
    /// Two rows carry its key.
    case duplicate
    /// Its row was removed there by somebody else.
    case missing
    /// A person decided that it is not sent as it is.
    case discarded
  }

  /// When a change happened, was read and was stored.
  public struct Stages: Sendable, Hashable {
    /// When it happened, by the source; where that does not say, the middle between the look that
    /// found it and the look before.
    public var event: Instant
    /// When the page that held it came.
    public var received: Instant
    /// When it was stored.
    public var stored: Instant

    /// The stages of one change.
    public init(event: Instant, received: Instant, stored: Instant) {
      (self.event, self.received, self.stored) = (event, received, stored)
    }
  }
}

extension SyncState {
  private static let sinkColumns = """
    local_id, record_key, remote_id, base, dirty, gone, waiting_reason, event_at, received_at,
    stored_at
    """

  private static func sinkRow(_ row: Row) -> SinkRow? {
    guard let key = RemoteKey(row.text(1)) else { return nil }
    let stages: SinkRow.Stages? =
      if let event = row.instant(7), let received = row.instant(8), let stored = row.instant(9) {
        SinkRow.Stages(event: event, received: received, stored: stored)
      } else { nil }
    return SinkRow(
      localID: row.localID(0), key: key, remoteID: row.optionalText(2), base: row.text(3),
      stamp: row.int64(4), isGone: row.bool(5),
      waiting: row.optionalText(6).flatMap { SinkRow.Waiting(rawValue: $0) }, stages: stages)
  }

  /// Notes that a record must be looked at for a sink: it is new, it changed, or what its mirror is
  /// made from did. A refusal is forgotten: other content deserves another try.
  public func mark(
    _ sink: Service, _ key: RemoteKey, localID: LocalID, stages: SinkRow.Stages?
  ) throws(StorageError) {
    // A change that waits keeps its own stages: the latency runs from the first one.
    try connection.run(
      """
      INSERT INTO sync_state (service, resource, local_id, record_key, dirty, event_at,
        received_at, stored_at)
      VALUES ($1, $2, $3, $4, 1, $5, $6, $7)
      ON CONFLICT (service, resource, local_id) DO UPDATE SET
        record_key = excluded.record_key, gone = 0,
        event_at = CASE WHEN sync_state.dirty = 0 THEN excluded.event_at
          ELSE sync_state.event_at END,
        received_at = CASE WHEN sync_state.dirty = 0 THEN excluded.received_at
          ELSE sync_state.received_at END,
        stored_at = CASE WHEN sync_state.dirty = 0 THEN excluded.stored_at
          ELSE sync_state.stored_at END,
        dirty = sync_state.dirty + 1,
        waiting_reason = CASE WHEN sync_state.waiting_reason IN ('duplicate', 'missing')
          THEN sync_state.waiting_reason ELSE NULL END
      """,
      .text(sink.rawValue), .text(key.resource.rawValue), .local(localID),
      .text(key.description), stages.map { .instant($0.event) },
      stages.map { .instant($0.received) }, stages.map { .instant($0.stored) })
  }

  /// Notes that a record is to be removed at a sink; one that never was there is forgotten.
  public func markForRemoval(
    _ sink: Service, _ resource: Resource, localID: LocalID, stages: SinkRow.Stages?
  ) throws(StorageError) {
    try connection.run(
      """
      DELETE FROM sync_state
      WHERE service = $1 AND resource = $2 AND local_id = $3 AND remote_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM outbox
          WHERE outbox.service = $1 AND outbox.resource = $2 AND outbox.local_id = $3
            AND outbox.state <> 'dead')
      """, .text(sink.rawValue), .text(resource.rawValue), .local(localID))
    try connection.run(
      """
      UPDATE sync_state SET gone = 1, dirty = dirty + 1,
        waiting_reason = CASE WHEN waiting_reason IN ('duplicate', 'missing')
          THEN waiting_reason ELSE NULL END,
        event_at = $4, received_at = $5, stored_at = $6
      WHERE service = $1 AND resource = $2 AND local_id = $3
      """, .text(sink.rawValue), .text(resource.rawValue), .local(localID),
      stages.map { .instant($0.event) }, stages.map { .instant($0.received) },
      stages.map { .instant($0.stored) })
  }

  /// The row of a record at a sink, or nil.
  public func sink(
    _ sink: Service, _ resource: Resource, localID: LocalID
  ) throws(StorageError) -> SinkRow? {
    try connection.row(
      """
      SELECT \(Self.sinkColumns) FROM sync_state
      WHERE service = $1 AND resource = $2 AND local_id = $3
      """, .text(sink.rawValue), .text(resource.rawValue), .local(localID), row: Self.sinkRow
    ) ?? nil
  }

  /// Rows that are to be sent, nothing of them under way, after `after`, at most so many.
  public func sendable(
    _ sink: Service, _ resource: Resource, after: LocalID?, limit: Int
  ) throws(StorageError) -> [SinkRow] {
    try connection.rows(
      """
      SELECT \(Self.sinkColumns) FROM sync_state
      WHERE service = $1 AND resource = $2 AND dirty > 0 AND waiting_reason IS NULL
        AND local_id > $3
        AND NOT EXISTS (SELECT 1 FROM outbox
          WHERE outbox.service = sync_state.service AND outbox.resource = sync_state.resource
            AND outbox.local_id = sync_state.local_id AND outbox.state <> 'dead')
      ORDER BY local_id LIMIT $4
      """, .text(sink.rawValue), .text(resource.rawValue), .local(after ?? .first), .int(limit),
      row: Self.sinkRow
    ).compactMap(\.self)
  }

  /// Rows that are there after `after`, in a fixed order, at most so many.
  public func linked(
    _ sink: Service, _ resource: Resource, after: LocalID?, limit: Int
  ) throws(StorageError) -> [SinkRow] {
    try connection.rows(
      """
      SELECT \(Self.sinkColumns) FROM sync_state
      WHERE service = $1 AND resource = $2 AND remote_id IS NOT NULL AND local_id > $3
      ORDER BY local_id LIMIT $4
      """, .text(sink.rawValue), .text(resource.rawValue), .local(after ?? .first), .int(limit),
      row: Self.sinkRow
    ).compactMap(\.self)
  }

  /// Whether records of a resource are on their way to a sink that has none of them yet.
  public func hasCreatesWaiting(
    _ sink: Service, _ resource: Resource
  ) throws(StorageError) -> Bool {
    try connection.row(
      """
      SELECT 1 FROM sync_state
      WHERE service = $1 AND resource = $2 AND dirty > 0 AND remote_id IS NULL AND gone = 0
        AND waiting_reason IS NULL
      LIMIT 1
      """, .text(sink.rawValue), .text(resource.rawValue)
    ) { _ in true } ?? false
  }

  /// How many rows are to be sent, those that wait for a person or a parent left out.
  public func sendableCount(_ sink: Service, _ resource: Resource) throws(StorageError) -> Int {
    try connection.row(
      """
      SELECT COUNT(*) FROM sync_state
      WHERE service = $1 AND resource = $2 AND dirty > 0 AND waiting_reason IS NULL
      """, .text(sink.rawValue), .text(resource.rawValue)
    ) { $0.int(0) } ?? 0
  }

  /// Sets a row aside, or lets it go on (nil). A row changed since it was read stays as it is.
  public func setWaiting(
    _ sink: Service, _ resource: Resource, localID: LocalID, _ reason: SinkRow.Waiting?,
    stamp: Int64? = nil
  ) throws(StorageError) {
    try connection.run(
      """
      UPDATE sync_state SET waiting_reason = $4
      WHERE service = $1 AND resource = $2 AND local_id = $3 AND ($5 IS NULL OR dirty = $5)
      """, .text(sink.rawValue), .text(resource.rawValue), .local(localID),
      .optional(reason?.rawValue), stamp.map { .int($0) })
  }

  /// Lets all rows of a resource go on that waited for one reason; how many there were.
  @discardableResult
  public func endWaiting(
    _ sink: Service, _ resource: Resource, _ reason: SinkRow.Waiting
  ) throws(StorageError) -> Int {
    try connection.run(
      """
      UPDATE sync_state SET waiting_reason = NULL
      WHERE service = $1 AND resource = $2 AND waiting_reason = $3
      """, .text(sink.rawValue), .text(resource.rawValue), .text(reason.rawValue))
  }

  /// Takes a row for in step, unless it changed again since `stamp`.
  public func settle(
    _ sink: Service, _ resource: Resource, localID: LocalID, desiredHash: String, stamp: Int64
  ) throws(StorageError) {
    try connection.run(
      """
      UPDATE sync_state SET dirty = 0, desired_hash = $4, event_at = NULL, received_at = NULL,
        stored_at = NULL
      WHERE service = $1 AND resource = $2 AND local_id = $3 AND dirty = $5
      """, .text(sink.rawValue), .text(resource.rawValue), .local(localID), .text(desiredHash),
      .int(stamp))
  }

  /// Notes what a sink has: the base, and its id for the row.
  public func setBase(
    _ sink: Service, _ resource: Resource, localID: LocalID, remoteID: String, base: String,
    hash: String
  ) throws(StorageError) {
    try connection.run(
      """
      UPDATE sync_state SET remote_id = $4, base = $5, base_hash = $6
      WHERE service = $1 AND resource = $2 AND local_id = $3
      """, .text(sink.rawValue), .text(resource.rawValue), .local(localID), .text(remoteID),
      .text(base), .text(hash))
  }

  /// Forgets a record at a sink: its row is gone there.
  public func forget(
    _ sink: Service, _ resource: Resource, localID: LocalID
  ) throws(StorageError) {
    try connection.run(
      "DELETE FROM sync_state WHERE service = $1 AND resource = $2 AND local_id = $3",
      .text(sink.rawValue), .text(resource.rawValue), .local(localID))
  }

  /// Forgets what a sink had of a record, so that it is made there again.
  public func unlink(
    _ sink: Service, _ resource: Resource, localID: LocalID
  ) throws(StorageError) {
    try connection.run(
      """
      UPDATE sync_state SET remote_id = NULL, base = '{}', base_hash = '', dirty = dirty + 1,
        waiting_reason = NULL
      WHERE service = $1 AND resource = $2 AND local_id = $3
      """, .text(sink.rawValue), .text(resource.rawValue), .local(localID))
  }

  /// Has every row of a resource looked at again: the fields a sink takes are others now.
  public func markAll(_ sink: Service, _ resource: Resource) throws(StorageError) {
    try connection.run(
      """
      UPDATE sync_state SET dirty = dirty + 1
      WHERE service = $1 AND resource = $2 AND dirty = 0
      """, .text(sink.rawValue), .text(resource.rawValue))
  }
}

extension SyncState {
  /// The record a sink's row holds, by the row's id; nil when it is none of ours.
  public func sinkKey(
    _ sink: Service, _ resource: Resource, remoteID: String
  ) throws(StorageError) -> RemoteKey? {
    try connection.row(
      "SELECT record_key FROM sync_state WHERE service = $1 AND resource = $2 AND remote_id = $3",
      .text(sink.rawValue), .text(resource.rawValue), .text(remoteID)
    ) { row throws(StorageError) in RemoteKey(row.text(0)) } ?? nil
  }
}
