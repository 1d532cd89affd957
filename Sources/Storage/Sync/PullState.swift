import Domain

/// How far the reading of one resource came.
public struct PullState: Sendable, Hashable {
  /// What is asked for.
  public enum Mode: String, Sendable, Hashable { case full, incremental }

  /// Which service is read.
  public var service: Service
  /// Which resource.
  public var resource: Resource
  /// What is asked for.
  public var mode: Mode
  /// Where the next page begins; nil before the first.
  public var cursor: String?
  /// The number of this pull.
  public var run: Int
  /// Only what changed since then; nil for everything.
  public var changedSince: Instant?
  /// When it began.
  public var startedAt: Instant
  /// When its last page was stored; nil while it is under way.
  public var completeAt: Instant?
  /// When the last completed pull began.
  public var watermark: Instant?
  /// When everything was last seen.
  public var sweptAt: Instant?
  /// How many records came so far.
  public var seen: Int
  /// How many will come, when the service says so.
  public var total: Int?
  /// Which fields were compared.
  public var mappingHash: String

  /// A pull that begins.
  public init(
    service: Service, resource: Resource, mode: Mode, run: Int, changedSince: Instant? = nil,
    startedAt: Instant, watermark: Instant? = nil, sweptAt: Instant? = nil,
    mappingHash: String = ""
  ) {
    (self.service, self.resource, self.mode, self.run) = (service, resource, mode, run)
    (self.changedSince, self.startedAt) = (changedSince, startedAt)
    (self.watermark, self.sweptAt, self.mappingHash) = (watermark, sweptAt, mappingHash)
    seen = 0
  }
}

extension SyncState {
  /// How far the reading of a resource came, or nil when it was never read.
  public func pull(_ service: Service, _ resource: Resource) throws(StorageError) -> PullState? {
    try connection.row(
      """
      SELECT mode, cursor, run, changed_since, started_at, complete_at, watermark, swept_at, seen,
        total, mapping_hash
      FROM pull_state WHERE service = $1 AND resource = $2
      """, .text(service.rawValue), .text(resource.rawValue)
    ) { row in
      var state = PullState(
        service: service, resource: resource, mode: PullState.Mode(rawValue: row.text(0)) ?? .full,
        run: row.int(2), changedSince: row.instant(3),
        startedAt: row.instant(4) ?? Instant(milliseconds: 0), watermark: row.instant(6),
        sweptAt: row.instant(7), mappingHash: row.text(10))
      state.cursor = row.optionalText(1)
      state.completeAt = row.instant(5)
      state.seen = row.int(8)
      state.total = row.optionalInt(9)
      return state
    }
  }

  /// Keeps how far the reading of a resource came. Belongs into the transaction that stores the
  /// page, so that the cursor never runs ahead of the records (invariant S8).
  public func keep(_ state: PullState) throws(StorageError) {
    try connection.run(
      """
      INSERT INTO pull_state (service, resource, mode, cursor, run, changed_since, started_at,
        complete_at, watermark, swept_at, seen, total, mapping_hash)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
      ON CONFLICT (service, resource) DO UPDATE SET
        mode = excluded.mode, cursor = excluded.cursor, run = excluded.run,
        changed_since = excluded.changed_since, started_at = excluded.started_at,
        complete_at = excluded.complete_at, watermark = excluded.watermark,
        swept_at = excluded.swept_at, seen = excluded.seen, total = excluded.total,
        mapping_hash = excluded.mapping_hash
      """,
      .text(state.service.rawValue), .text(state.resource.rawValue), .text(state.mode.rawValue),
      .optional(state.cursor), .int(state.run), state.changedSince.map(SQLValue.instant),
      .instant(state.startedAt), state.completeAt.map(SQLValue.instant),
      state.watermark.map(SQLValue.instant), state.sweptAt.map(SQLValue.instant),
      .int(state.seen), state.total.map { .int($0) }, .text(state.mappingHash))
  }

  // MARK: What a provider keeps for itself

  /// A value a provider stored, or nil.
  public func memory(_ service: Service, _ name: String) throws(StorageError) -> String? {
    try connection.row(
      "SELECT value FROM provider_memory WHERE service = $1 AND name = $2",
      .text(service.rawValue), .text(name)
    ) { $0.text(0) }
  }

  /// Stores a value for a provider.
  public func remember(
    _ service: Service, _ name: String, _ value: String
  ) throws(StorageError) {
    try connection.run(
      """
      INSERT INTO provider_memory (service, name, value) VALUES ($1, $2, $3)
      ON CONFLICT (service, name) DO UPDATE SET value = excluded.value
      """, .text(service.rawValue), .text(name), .text(value))
  }
}
