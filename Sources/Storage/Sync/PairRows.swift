import Domain

/// What is out of step of one pair: what the sink shows where it is not the base, and what the source
/// last agreed on where that differs.
public struct PairRow: Sendable, Hashable {
  /// The sink.
  public var service: Service
  /// The kind of record.
  public var resource: Resource
  /// The record in the store.
  public var localID: LocalID
  /// What the source held when both were in step, of fields in which it differs from the sink's base,
  /// as JSON.
  public var baseLeft: String?
  /// The row as the sink showed it last, as JSON; nil when it shows the base.
  public var seen: String?
  /// Fields the sink cannot show: their column is missing or of another kind.
  public var unreadable: [String] = []
  /// Whether the sink was seen without the row.
  public var isGone = false
  /// The row was in its older state at this moment.
  public var editedAfter: Instant?
  /// The row was in this state at this moment.
  public var editedBefore: Instant?
  /// What the source refused, as JSON: not sent again until it changes.
  public var refused: String?
  /// The fields a person is asked about again, because a side refused what they chose.
  public var asked: [String] = []

  /// A pair that is in step.
  public init(_ service: Service, _ resource: Resource, _ localID: LocalID) {
    (self.service, self.resource, self.localID) = (service, resource, localID)
  }

  /// Whether nothing is out of step, so that no row is needed.
  public var isEmpty: Bool {
    baseLeft == nil && seen == nil && unreadable.isEmpty && !isGone && refused == nil
      && asked.isEmpty
  }
}

extension SyncState {
  private static let pairColumns = """
    service, resource, local_id, base_left, seen, unreadable, is_gone, edited_after, edited_before,
    refused, asked
    """

  private static func pair(_ row: Row) -> PairRow? {
    guard let service = Service(rawValue: row.text(0)),
      let resource = Resource(rawValue: row.text(1))
    else { return nil }
    var pair = PairRow(service, resource, row.localID(2))
    (pair.baseLeft, pair.seen) = (row.optionalText(3), row.optionalText(4))
    let names = (try? JSONValue(parsing: row.text(5)))?.array ?? []
    pair.unreadable = names.compactMap(\.string)
    pair.isGone = row.bool(6)
    (pair.editedAfter, pair.editedBefore) = (row.instant(7), row.instant(8))
    pair.refused = row.optionalText(9)
    pair.asked =
      ((try? JSONValue(parsing: row.text(10)))?.array ?? []).compactMap(\.string)
    return pair
  }

  /// What is out of step of a pair; nil when nothing is.
  public func pair(
    _ service: Service, _ resource: Resource, localID: LocalID
  ) throws(StorageError) -> PairRow? {
    try connection.row(
      """
      SELECT \(Self.pairColumns) FROM pair_state
      WHERE service = $1 AND resource = $2 AND local_id = $3
      """, .text(service.rawValue), .text(resource.rawValue), .local(localID), row: Self.pair)
      ?? nil
  }

  /// The pairs that are out of step after `after`, at most so many.
  public func pairs(
    _ service: Service, _ resource: Resource, after: LocalID?, limit: Int
  ) throws(StorageError) -> [PairRow] {
    try connection.rows(
      """
      SELECT \(Self.pairColumns) FROM pair_state
      WHERE service = $1 AND resource = $2 AND local_id > $3 ORDER BY local_id LIMIT $4
      """, .text(service.rawValue), .text(resource.rawValue), .local(after ?? .first), .int(limit),
      row: Self.pair
    ).compactMap(\.self)
  }

  /// How many rows of a sink were edited there and not settled yet.
  public func editedCount(_ service: Service, _ resource: Resource) throws(StorageError) -> Int {
    try connection.row(
      """
      SELECT COUNT(*) FROM pair_state
      WHERE service = $1 AND resource = $2 AND (seen IS NOT NULL OR is_gone = 1)
        AND NOT EXISTS (SELECT 1 FROM conflicts WHERE conflicts.service = pair_state.service
          AND conflicts.resource = pair_state.resource
          AND conflicts.local_id = pair_state.local_id AND conflicts.state <> 'settled')
      """, .text(service.rawValue), .text(resource.rawValue)
    ) { $0.int(0) } ?? 0
  }

  /// The pairs whose row the sink was seen without, in a fixed order.
  public func gonePairs(
    _ service: Service, _ resource: Resource
  ) throws(StorageError) -> [PairRow] {
    try connection.rows(
      """
      SELECT \(Self.pairColumns) FROM pair_state
      WHERE service = $1 AND resource = $2 AND is_gone = 1 ORDER BY local_id
      """, .text(service.rawValue), .text(resource.rawValue), row: Self.pair
    ).compactMap(\.self)
  }

  /// Keeps what is out of step of a pair; a pair that is in step needs no row.
  public func keep(_ pair: PairRow) throws(StorageError) {
    guard !pair.isEmpty else {
      try connection.run(
        "DELETE FROM pair_state WHERE service = $1 AND resource = $2 AND local_id = $3",
        .text(pair.service.rawValue), .text(pair.resource.rawValue), .local(pair.localID))
      return
    }
    let unreadable = JSONValue.array(pair.unreadable.sorted().map { .string($0) }).canonicalText
    try connection.run(
      """
      INSERT INTO pair_state (service, resource, local_id, base_left, seen, unreadable, is_gone,
        edited_after, edited_before, refused, asked)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
      ON CONFLICT (service, resource, local_id) DO UPDATE SET
        base_left = excluded.base_left, seen = excluded.seen, unreadable = excluded.unreadable,
        is_gone = excluded.is_gone, edited_after = excluded.edited_after,
        edited_before = excluded.edited_before, refused = excluded.refused,
        asked = excluded.asked
      """, .text(pair.service.rawValue), .text(pair.resource.rawValue), .local(pair.localID),
      .optional(pair.baseLeft), .optional(pair.seen), .text(unreadable), .bool(pair.isGone),
      pair.editedAfter.map(SQLValue.instant), pair.editedBefore.map(SQLValue.instant),
      .optional(pair.refused),
      .text(JSONValue.array(pair.asked.sorted().map { .string($0) }).canonicalText))
  }

  /// The record a sink's row holds, by the row's id; nil when it is none of ours.
  public func sink(
    _ sink: Service, _ resource: Resource, remoteID: String
  ) throws(StorageError) -> SinkRow? {
    let id = try connection.row(
      "SELECT local_id FROM sync_state WHERE service = $1 AND resource = $2 AND remote_id = $3",
      .text(sink.rawValue), .text(resource.rawValue), .text(remoteID)
    ) { $0.localID(0) }
    guard let id else { return nil }
    return try self.sink(sink, resource, localID: id)
  }

  /// The ids of the rows of a sink that hold records of ours.
  public func sinkIDs(_ sink: Service, _ resource: Resource) throws(StorageError) -> [String] {
    try connection.rows(
      """
      SELECT remote_id FROM sync_state
      WHERE service = $1 AND resource = $2 AND remote_id IS NOT NULL ORDER BY remote_id
      """, .text(sink.rawValue), .text(resource.rawValue)
    ) { $0.text(0) }
  }

  /// Has a row looked at again, with no change of its own.
  public func mark(
    _ sink: Service, _ resource: Resource, localID: LocalID
  ) throws(StorageError) {
    try connection.run(
      """
      UPDATE sync_state SET dirty = dirty + 1,
        waiting_reason = CASE WHEN waiting_reason IN ('duplicate', 'missing')
          THEN waiting_reason ELSE NULL END
      WHERE service = $1 AND resource = $2 AND local_id = $3
      """, .text(sink.rawValue), .text(resource.rawValue), .local(localID))
  }

  /// When a record was last changed at its source: between which moments; nil when it is not known.
  public func changeInterval(
    of key: RemoteKey
  ) throws(StorageError) -> (after: Instant, before: Instant)? {
    try connection.row(
      """
      SELECT remote_updated_at, changed_after, changed_at FROM sync_state
      WHERE service = $1 AND resource = $2 AND remote_id = $3
      """, .text(key.service.rawValue), .text(key.resource.rawValue), .text(key.id)
    ) { row -> (after: Instant, before: Instant)? in
      if let exact = row.instant(0) { return (exact, exact) }
      guard let after = row.instant(1), let before = row.instant(2), after <= before else {
        return nil
      }
      return (after, before)
    } ?? nil
  }
}
