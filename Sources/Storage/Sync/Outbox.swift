import Domain

/// A write to a service, durable before its first byte leaves (invariant S3).
public struct Intent: Sendable, Hashable, Identifiable {
  /// What is to happen.
  public enum Action: String, Sendable, Hashable { case create, update, delete }

  /// Where it stands.
  public enum State: String, Sendable, Hashable {
    case inflight
    /// It may have landed or not.
    case doubt
    /// Refused: a person must look.
    case dead
  }

  /// Its number.
  public var id: Int64
  /// Which service is written to.
  public var service: Service
  /// The record in the store.
  public var localID: LocalID
  /// The record's name at the service.
  public var key: RemoteKey
  /// What is to happen.
  public var action: Action
  /// The service's id of the row, for a change or a removal.
  public var remoteID: String?
  /// What is sent, as JSON.
  public var fields: String
  /// The row's stamp it answers to.
  public var stamp: Int64
  /// Where it stands.
  public var state: State
  /// How often it was sent.
  public var attempts: Int
  /// What the service said.
  public var error: String
  /// What the plan took the service to hold, as JSON.
  public var expected = "{}"
  /// What both bases become once it has landed, as JSON.
  public var agreed = "{}"

  /// An intent that is not stored yet.
  public init(
    service: Service, localID: LocalID, key: RemoteKey, action: Action, remoteID: String?,
    fields: String, stamp: Int64
  ) {
    id = 0
    (self.service, self.localID, self.key, self.action) = (service, localID, key, action)
    (self.remoteID, self.fields, self.stamp) = (remoteID, fields, stamp)
    (state, attempts, error) = (.inflight, 1, "")
  }
}

extension SyncState {
  private static let intentColumns = """
    id, service, local_id, record_key, action, remote_id, fields, stamp, state, attempts, error,
    expected, agreed
    """

  private static func intent(_ row: Row) -> Intent? {
    guard let service = Service(rawValue: row.text(1)), let key = RemoteKey(row.text(3)),
      let action = Intent.Action(rawValue: row.text(4)),
      let state = Intent.State(rawValue: row.text(8))
    else { return nil }
    var intent = Intent(
      service: service, localID: row.localID(2), key: key, action: action,
      remoteID: row.optionalText(5), fields: row.text(6), stamp: row.int64(7))
    (intent.id, intent.state) = (row.int64(0), state)
    (intent.attempts, intent.error) = (row.int(9), row.text(10))
    (intent.expected, intent.agreed) = (row.text(11), row.text(12))
    return intent
  }

  /// Makes an intent durable; its number. It takes the place of a dead one for the same record.
  public func put(
    _ intent: Intent, epoch: Int64, at now: Instant
  ) throws(StorageError) -> Int64 {
    try connection.run(
      """
      DELETE FROM outbox
      WHERE service = $1 AND resource = $2 AND local_id = $3 AND state = 'dead'
      """, .text(intent.service.rawValue), .text(intent.key.resource.rawValue),
      .local(intent.localID))
    let id = try connection.row(
      """
      INSERT INTO outbox (epoch_id, service, resource, local_id, record_key, action, remote_id,
        fields, stamp, state, attempts, created_at, expected, agreed)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'inflight', 1, $10, $11, $12) RETURNING id
      """, .int(epoch), .text(intent.service.rawValue), .text(intent.key.resource.rawValue),
      .local(intent.localID), .text(intent.key.description), .text(intent.action.rawValue),
      .optional(intent.remoteID), .text(intent.fields), .int(intent.stamp), .instant(now),
      .text(intent.expected), .text(intent.agreed)
    ) { $0.int64(0) }
    return id ?? 0
  }

  /// Takes fields out of what an intent says was sent.
  public func strip(intent id: Int64, fields: String) throws(StorageError) {
    try connection.run("UPDATE outbox SET fields = $2 WHERE id = $1", .int(id), .text(fields))
  }

  /// Ends an intent whose fate is known: it landed, or certainly did not.
  public func end(intent id: Int64) throws(StorageError) {
    try connection.run("DELETE FROM outbox WHERE id = $1", .int(id))
  }

  /// Takes back what was given up of a record, so that it goes on.
  public func endDead(
    _ service: Service, _ resource: Resource, localID: LocalID
  ) throws(StorageError) {
    try connection.run(
      """
      DELETE FROM outbox
      WHERE service = $1 AND resource = $2 AND local_id = $3 AND state = 'dead'
      """, .text(service.rawValue), .text(resource.rawValue), .local(localID))
  }

  /// Notes that nobody knows whether an intent landed.
  public func doubt(intent id: Int64, _ error: String) throws(StorageError) {
    try connection.run(
      "UPDATE outbox SET state = 'doubt', error = $2 WHERE id = $1", .int(id), .text(error))
  }

  /// Gives an intent up: it waits for a person, with the reason.
  public func bury(
    intent id: Int64, _ error: String, kind: String, at now: Instant
  ) throws(StorageError) {
    try connection.run(
      """
      UPDATE outbox SET state = 'dead', error = $2, error_kind = $3, settled_at = $4
      WHERE id = $1
      """, .int(id), .text(error), .text(kind), .instant(now))
  }

  /// What an older start of a program left in flight is in doubt; how many there were.
  @discardableResult
  public func doubtOlder(than epoch: Int64) throws(StorageError) -> Int {
    try connection.run(
      """
      UPDATE outbox SET state = 'doubt', error = 'the program ended before the answer came'
      WHERE state = 'inflight' AND epoch_id <> $1
      """, .int(epoch))
  }

  /// The intents of a resource in one state, the oldest first, at most so many.
  public func intents(
    _ service: Service, _ resource: Resource, _ state: Intent.State, limit: Int
  ) throws(StorageError) -> [Intent] {
    try connection.rows(
      """
      SELECT \(Self.intentColumns) FROM outbox
      WHERE state = $1 AND service = $2 AND resource = $3 ORDER BY id LIMIT $4
      """, .text(state.rawValue), .text(service.rawValue), .text(resource.rawValue), .int(limit),
      row: Self.intent
    ).compactMap(\.self)
  }

  /// The intent of a record at a service that is under way, or nil.
  public func openIntent(
    _ service: Service, _ resource: Resource, localID: LocalID
  ) throws(StorageError) -> Intent? {
    try connection.row(
      """
      SELECT \(Self.intentColumns) FROM outbox
      WHERE service = $1 AND resource = $2 AND local_id = $3 AND state <> 'dead'
      """, .text(service.rawValue), .text(resource.rawValue), .local(localID), row: Self.intent)
      ?? nil
  }

  /// An intent by its number, or nil.
  public func intent(_ id: Int64) throws(StorageError) -> Intent? {
    try connection.row(
      "SELECT \(Self.intentColumns) FROM outbox WHERE id = $1", .int(id), row: Self.intent) ?? nil
  }

  /// How many records of a resource a service refused.
  public func refusedCount(_ service: Service, _ resource: Resource) throws(StorageError) -> Int {
    try connection.row(
      "SELECT COUNT(*) FROM outbox WHERE state = 'dead' AND service = $1 AND resource = $2",
      .text(service.rawValue), .text(resource.rawValue)
    ) { $0.int(0) } ?? 0
  }
}
