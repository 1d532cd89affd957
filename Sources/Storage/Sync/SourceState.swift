import Domain

/// What is known of a record at the service it comes from.
public struct SourceRow: Sendable, Hashable {
  /// The record in the store.
  public var localID: LocalID
  /// The service's id.
  public var remoteID: String
  /// Of the content the service gave last.
  public var hash: String
  /// Whether the service has it no longer.
  public var isGone: Bool
}

extension SyncState {
  /// What is known of a record at its source, or nil.
  public func source(_ key: RemoteKey) throws(StorageError) -> SourceRow? {
    try connection.row(
      """
      SELECT local_id, remote_id, base_hash, gone FROM sync_state
      WHERE service = $1 AND resource = $2 AND remote_id = $3
      """, .text(key.service.rawValue), .text(key.resource.rawValue), .text(key.id)
    ) { row in
      SourceRow(
        localID: row.localID(0), remoteID: row.text(1), hash: row.text(2), isGone: row.bool(3))
    }
  }

  /// The service's id of a record of the store, or nil when it does not come from there.
  public func remoteID(
    _ service: Service, _ resource: Resource, of localID: LocalID
  ) throws(StorageError) -> String? {
    try connection.row(
      """
      SELECT remote_id FROM sync_state WHERE service = $1 AND resource = $2 AND local_id = $3
      """, .text(service.rawValue), .text(resource.rawValue), .local(localID)
    ) { $0.optionalText(0) } ?? nil
  }

  /// Notes the content a service gave: it is the new base.
  ///
  /// - Parameter editedAfter: when an event says that the record was last changed; nil where none does.
  ///   Between that moment and now the last edit was, if the service tells no time of its own.
  public func agree(
    _ key: RemoteKey, localID: LocalID, base: String, hash: String, updatedAt: Instant?, run: Int,
    editedAfter: Instant? = nil, at now: Instant
  ) throws(StorageError) {
    try connection.run(
      """
      INSERT INTO sync_state (service, resource, local_id, remote_id, base, base_hash,
        remote_updated_at, changed_at, last_seen_run)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      ON CONFLICT (service, resource, local_id) DO UPDATE SET
        remote_id = excluded.remote_id, base = excluded.base, base_hash = excluded.base_hash,
        gone = 0, remote_updated_at = excluded.remote_updated_at,
        changed_at = excluded.changed_at, last_seen_run = excluded.last_seen_run,
        changed_after = (SELECT watermark FROM pull_state
          WHERE pull_state.service = $1 AND pull_state.resource = $2)
      """,
      .text(key.service.rawValue), .text(key.resource.rawValue), .local(localID), .text(key.id),
      .text(base), .text(hash), updatedAt.map(SQLValue.instant), .instant(now), .int(run))
    guard let editedAfter, editedAfter <= now else { return }
    // What a pull had read before the edit bounds it as well; the later moment is the better bound.
    try connection.run(
      """
      UPDATE sync_state SET changed_after = $4
      WHERE service = $1 AND resource = $2 AND local_id = $3
        AND (changed_after IS NULL OR changed_after < $4)
      """, .text(key.service.rawValue), .text(key.resource.rawValue), .local(localID),
      .instant(editedAfter))
  }

  /// Notes that a service gave a record as it was.
  public func see(_ key: RemoteKey, run: Int) throws(StorageError) {
    try connection.run(
      """
      UPDATE sync_state SET last_seen_run = $4
      WHERE service = $1 AND resource = $2 AND remote_id = $3
      """, .text(key.service.rawValue), .text(key.resource.rawValue), .text(key.id), .int(run))
  }

  /// Notes that a service has a record no longer. The row stays, so that the record's return is
  /// known as one.
  public func markGone(_ key: RemoteKey, at now: Instant) throws(StorageError) {
    try connection.run(
      """
      UPDATE sync_state SET gone = 1, changed_at = $4
      WHERE service = $1 AND resource = $2 AND remote_id = $3
      """, .text(key.service.rawValue), .text(key.resource.rawValue), .text(key.id), .instant(now))
  }

  /// The ids of the records a service was last known to have, in the order of their age here.
  public func knownIDs(
    _ service: Service, _ resource: Resource
  ) throws(StorageError) -> [String] {
    try connection.rows(
      """
      SELECT remote_id FROM sync_state
      WHERE service = $1 AND resource = $2 AND gone = 0 AND remote_id IS NOT NULL
      ORDER BY local_id
      """, .text(service.rawValue), .text(resource.rawValue)
    ) { $0.text(0) }
  }

  /// The ids of the records whose content changed at or after a moment; gone ones too.
  public func changedIDs(
    _ service: Service, _ resource: Resource, since: Instant
  ) throws(StorageError) -> [String] {
    try connection.rows(
      """
      SELECT remote_id FROM sync_state
      WHERE service = $1 AND resource = $2 AND remote_id IS NOT NULL AND changed_at >= $3
        AND gone = 0
      ORDER BY local_id
      """, .text(service.rawValue), .text(resource.rawValue), .instant(since)
    ) { $0.text(0) }
  }

  /// How many records a service was last known to have.
  public func knownCount(_ service: Service, _ resource: Resource) throws(StorageError) -> Int {
    try connection.row(
      """
      SELECT
        (SELECT COUNT(*) FROM sync_state
         WHERE service = $1 AND resource = $2 AND remote_id IS NOT NULL)
        - (SELECT COUNT(*) FROM sync_state
           WHERE service = $1 AND resource = $2 AND gone = 1)
      """, .text(service.rawValue), .text(resource.rawValue)
    ) { $0.int(0) } ?? 0
  }

  /// The ids of the known records a complete pull did not show, at most so many.
  public func absentIDs(
    _ service: Service, _ resource: Resource, run: Int, limit: Int
  ) throws(StorageError) -> [String] {
    try connection.rows(
      """
      SELECT remote_id FROM sync_state
      WHERE service = $1 AND resource = $2 AND gone = 0 AND remote_id IS NOT NULL
        AND (last_seen_run IS NULL OR last_seen_run <> $3)
      ORDER BY local_id LIMIT $4
      """, .text(service.rawValue), .text(resource.rawValue), .int(run), .int(limit)
    ) { $0.text(0) }
  }
}
