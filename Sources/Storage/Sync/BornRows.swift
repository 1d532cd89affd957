import Domain

/// A row a person made at the sink that asks to be created at the source.
public struct BornRow: Sendable, Hashable {
  /// Where it stands.
  public enum State: String, Sendable, Hashable {
    /// To be checked and sent.
    case waiting
    /// It was not accepted; it waits until it is changed.
    case refused
    /// It is on its way.
    case inflight
    /// It may have been created or not.
    case doubt
    /// It was created; the row is to be told.
    case created
    /// The row was told what became of it, or will be; nothing else is done unless it changes.
    case answered
  }

  /// The sink.
  public var service: Service
  /// The table it stands in: the name of a resource, or `forecasts`.
  public var table: String
  /// The sink's id of the row.
  public var remoteID: String
  /// What the row held when it was last looked at, as JSON.
  public var fields: String
  /// Where it stands.
  public var state: State
  /// The mark the record is found by when the answer is lost.
  public var marker: String?
  /// What is sent, as JSON of the record with its lines.
  public var sent: String?
  /// The key of the record that was created.
  public var key: RemoteKey?
  /// What the row is told.
  public var result: String
  /// Whether it was told.
  public var isTold: Bool
  /// How often it was sent.
  public var attempts: Int
  /// The start of the program that sent it.
  public var epoch: Int64
  /// When it was last seen.
  public var seenAt: Instant

  /// A row that was just found.
  public init(
    service: Service, table: String, remoteID: String, fields: String, seenAt: Instant
  ) {
    (self.service, self.table, self.remoteID) = (service, table, remoteID)
    (self.fields, self.seenAt) = (fields, seenAt)
    (state, result, isTold, attempts, epoch) = (.waiting, "", true, 0, 0)
  }
}

extension SyncState {
  private static let bornColumns = """
    service, table_name, remote_id, fields, state, marker, sent, record_key, result, is_told,
    attempts, epoch_id, seen_at
    """

  private static func born(_ row: Row) -> BornRow? {
    guard let service = Service(rawValue: row.text(0)),
      let state = BornRow.State(rawValue: row.text(4))
    else { return nil }
    var born = BornRow(
      service: service, table: row.text(1), remoteID: row.text(2), fields: row.text(3),
      seenAt: row.instant(12) ?? Instant(milliseconds: 0))
    (born.state, born.marker, born.sent) = (state, row.optionalText(5), row.optionalText(6))
    born.key = row.optionalText(7).flatMap { RemoteKey($0) }
    (born.result, born.isTold) = (row.text(8), row.bool(9))
    (born.attempts, born.epoch) = (row.int(10), row.int64(11))
    return born
  }

  /// A row by the sink's id, or nil when it never asked to be posted.
  public func born(
    _ service: Service, _ table: String, _ remoteID: String
  ) throws(StorageError) -> BornRow? {
    try connection.row(
      """
      SELECT \(Self.bornColumns) FROM born_rows
      WHERE service = $1 AND table_name = $2 AND remote_id = $3
      """, .text(service.rawValue), .text(table), .text(remoteID), row: Self.born) ?? nil
  }

  /// The rows of a table in some states, in the order in which they were first seen here.
  public func born(
    _ service: Service, _ table: String, in states: [BornRow.State], limit: Int
  ) throws(StorageError) -> [BornRow] {
    var found: [BornRow] = []
    for state in states {
      found += try connection.rows(
        """
        SELECT \(Self.bornColumns) FROM born_rows
        WHERE service = $1 AND table_name = $2 AND state = $3 ORDER BY remote_id LIMIT $4
        """, .text(service.rawValue), .text(table), .text(state.rawValue),
        .int(limit), row: Self.born
      ).compactMap(\.self)
    }
    return found
  }

  /// Every row that was refused and waits for a person.
  func refusedBorn(limit: Int) throws(StorageError) -> [BornRow] {
    try connection.rows(
      "SELECT \(Self.bornColumns) FROM born_rows WHERE state = 'refused' ORDER BY service LIMIT $1",
      .int(limit), row: Self.born
    ).compactMap(\.self)
  }

  /// The rows that have not been told yet what became of them.
  public func untold(
    _ service: Service, _ table: String, limit: Int
  ) throws(StorageError) -> [BornRow] {
    try connection.rows(
      """
      SELECT \(Self.bornColumns) FROM born_rows
      WHERE service = $1 AND table_name = $2 AND is_told = 0 ORDER BY remote_id LIMIT $3
      """, .text(service.rawValue), .text(table), .int(limit), row: Self.born
    ).compactMap(\.self)
  }

  /// How many rows were refused and wait for a person.
  public func refusedBornCount(
    _ service: Service, _ table: String
  ) throws(StorageError) -> Int {
    try connection.row(
      """
      SELECT COUNT(*) FROM born_rows
      WHERE service = $1 AND table_name = $2 AND state = 'refused'
      """, .text(service.rawValue), .text(table)
    ) { $0.int(0) } ?? 0
  }

  /// Keeps what is known of a row.
  public func keep(_ born: BornRow, at now: Instant) throws(StorageError) {
    try connection.run(
      """
      INSERT INTO born_rows (service, table_name, remote_id, fields, state, marker, sent, record_key,
        result, is_told, attempts, epoch_id, seen_at, changed_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
      ON CONFLICT (service, table_name, remote_id) DO UPDATE SET
        fields = excluded.fields, state = excluded.state, marker = excluded.marker,
        sent = excluded.sent, record_key = excluded.record_key, result = excluded.result,
        is_told = excluded.is_told, attempts = excluded.attempts, epoch_id = excluded.epoch_id,
        seen_at = excluded.seen_at, changed_at = excluded.changed_at
      """, .text(born.service.rawValue), .text(born.table), .text(born.remoteID),
      .text(born.fields), .text(born.state.rawValue), .optional(born.marker), .optional(born.sent),
      .optional(born.key?.description), .text(born.result), .bool(born.isTold),
      .int(born.attempts), .int(born.epoch), .instant(born.seenAt), .instant(now))
  }

  /// Forgets a row that does not ask any more, or is gone.
  public func forgetBorn(
    _ service: Service, _ table: String, _ remoteID: String
  ) throws(StorageError) {
    try connection.run(
      """
      DELETE FROM born_rows WHERE service = $1 AND table_name = $2 AND remote_id = $3
        AND state IN ('waiting', 'refused', 'answered')
      """, .text(service.rawValue), .text(table), .text(remoteID))
  }
}
