import Domain

/// A program that works on the store, as it wrote itself down at its start.
public struct Epoch: Sendable, Hashable, Identifiable {
  /// Its number, greater than that of every earlier start.
  public var id: Int64
  /// When it started.
  public var startedAt: Instant
  /// Its process.
  public var pid: Int
  /// What tells the process from a later one of the same number.
  public var processMark: String
  /// The machine it runs on.
  public var host: String
  /// When it took the lock; nil when it does not hold it.
  public var lockedAt: Instant?
}

extension SyncState {
  private static let lockName = "sync"

  /// Writes a start down; its number is the fencing token of everything it does.
  public func beginEpoch(
    pid: Int, processMark: String, host: String, at now: Instant
  ) throws(StorageError) -> Int64 {
    try connection.row(
      """
      INSERT INTO epochs (started_at, pid, process_mark, host) VALUES ($1, $2, $3, $4)
      RETURNING id
      """, .instant(now), .int(pid), .text(processMark), .text(host)
    ) { $0.int64(0) } ?? 0
  }

  /// Who holds the right to synchronize, or nil.
  public func lockHolder() throws(StorageError) -> Epoch? {
    try connection.row(
      """
      SELECT epochs.id, epochs.started_at, epochs.pid, epochs.process_mark, epochs.host,
        sync_lock.taken_at
      FROM sync_lock JOIN epochs ON epochs.id = sync_lock.epoch_id WHERE sync_lock.name = $1
      """, .text(Self.lockName)
    ) { row in
      Epoch(
        id: row.int64(0), startedAt: row.instant(1) ?? Instant(milliseconds: 0), pid: row.int(2),
        processMark: row.text(3), host: row.text(4), lockedAt: row.instant(5))
    }
  }

  /// Takes the right to synchronize, from whoever had it.
  public func takeLock(_ epoch: Int64, at now: Instant) throws(StorageError) {
    try connection.run(
      """
      INSERT INTO sync_lock (name, epoch_id, taken_at) VALUES ($1, $2, $3)
      ON CONFLICT (name) DO UPDATE SET epoch_id = excluded.epoch_id, taken_at = excluded.taken_at
      """, .text(Self.lockName), .int(epoch), .instant(now))
  }

  /// Gives the right back, if it is still ours.
  public func releaseLock(_ epoch: Int64) throws(StorageError) {
    try connection.run(
      "DELETE FROM sync_lock WHERE name = $1 AND epoch_id = $2", .text(Self.lockName), .int(epoch))
  }

  /// Whether the right is still ours: a process that slept long may find another in its place.
  public func holdsLock(_ epoch: Int64) throws(StorageError) -> Bool {
    try connection.row(
      "SELECT 1 FROM sync_lock WHERE name = $1 AND epoch_id = $2", .text(Self.lockName),
      .int(epoch)
    ) { _ in true } ?? false
  }
}
