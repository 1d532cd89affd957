import Domain

/// A change of a record made in this program, for the service that holds the record.
public struct LocalEdit: Sendable, Hashable, Identifiable {
  /// Where it stands.
  public enum State: String, Sendable, Hashable {
    /// Nothing was sent; it can be taken back.
    case waiting
    /// It is on its way.
    case inflight
    /// It may have landed; comparing with a fresh copy tells.
    case doubt
    /// Not taken: the service's words, or what it holds instead, stand beside it.
    case refused
    /// It is there.
    case done
    /// A person took it back.
    case undone
  }

  /// Its number; 0 before it is stored.
  public var id: Int64 = 0
  /// The record in the store.
  public var localID: LocalID
  /// The record's name at its service.
  public var key: RemoteKey
  /// The new values.
  public var fields: FieldValues
  /// The values they were made against: nothing else is overwritten.
  public var expected: FieldValues
  /// Where it stands.
  public var state: State = .waiting
  /// How often it was sent.
  public var attempts = 0
  /// Why it was not taken.
  public var error = ""
  /// Who made it.
  public var madeBy: String
  /// When.
  public var madeAt: Instant
  /// When it was over.
  public var settledAt: Instant?

  /// A change that was just made.
  public init(
    localID: LocalID, key: RemoteKey, fields: FieldValues, expected: FieldValues, madeBy: String,
    madeAt: Instant
  ) {
    (self.localID, self.key, self.fields, self.expected) = (localID, key, fields, expected)
    (self.madeBy, self.madeAt) = (madeBy, madeAt)
  }
}

extension SyncState {
  private static let editColumns = """
    id, local_id, record_key, fields, expected, state, attempts, error, made_by, made_at, settled_at
    """

  private static func edit(_ row: Row) -> LocalEdit? {
    guard let key = RemoteKey(row.text(2)), let state = LocalEdit.State(rawValue: row.text(5))
    else { return nil }
    let schema = RecordSchema.of(key.resource).fields
    func values(_ column: Int) -> FieldValues {
      let object = (try? JSONValue(parsing: row.text(column)))?.object ?? JSONObject()
      var values: FieldValues = [:]
      for field in schema {
        if let json = object[field.name] { values[field.name] = field.kind.value(json: json) }
      }
      return values
    }
    var edit = LocalEdit(
      localID: row.localID(1), key: key, fields: values(3), expected: values(4),
      madeBy: row.text(8), madeAt: row.instant(9) ?? Instant(milliseconds: 0))
    (edit.id, edit.state, edit.attempts) = (row.int64(0), state, row.int(6))
    (edit.error, edit.settledAt) = (row.text(7), row.instant(10))
    return edit
  }

  private static func text(_ values: FieldValues) -> String {
    var object = JSONObject()
    for name in values.keys.sorted() { object[name] = values[name]?.json }
    return JSONValue.object(object).canonicalText
  }

  /// The changes made here that are not over, the oldest first; at most so many.
  public func openEdits(limit: Int) throws(StorageError) -> [LocalEdit] {
    try connection.rows(
      """
      SELECT \(Self.editColumns) FROM local_edits
      WHERE state IN ('waiting', 'inflight', 'doubt', 'refused') ORDER BY id LIMIT $1
      """, .int(limit), row: Self.edit
    ).compactMap(\.self)
  }

  /// The changes made here, the newest first, at most so many.
  public func edits(limit: Int) throws(StorageError) -> [LocalEdit] {
    try connection.rows(
      "SELECT \(Self.editColumns) FROM local_edits ORDER BY id DESC LIMIT $1", .int(limit),
      row: Self.edit
    ).compactMap(\.self)
  }

  /// A change by its number, or nil.
  public func edit(_ id: Int64) throws(StorageError) -> LocalEdit? {
    try connection.row(
      "SELECT \(Self.editColumns) FROM local_edits WHERE id = $1", .int(id), row: Self.edit) ?? nil
  }

  /// The change of a record that is not over, or nil.
  public func openEdit(of key: RemoteKey, localID: LocalID) throws(StorageError) -> LocalEdit? {
    try connection.row(
      """
      SELECT \(Self.editColumns) FROM local_edits
      WHERE service = $1 AND resource = $2 AND local_id = $3
        AND state IN ('waiting', 'inflight', 'doubt', 'refused')
      """, .text(key.service.rawValue), .text(key.resource.rawValue), .local(localID),
      row: Self.edit) ?? nil
  }

  /// Keeps a change: a new one, or what became of a known one; its number.
  @discardableResult
  public func keep(_ edit: LocalEdit) throws(StorageError) -> Int64 {
    let values: [SQLValue?] = [
      .text(edit.key.service.rawValue), .text(edit.key.resource.rawValue), .local(edit.localID),
      .text(edit.key.description), .text(Self.text(edit.fields)), .text(Self.text(edit.expected)),
      .text(edit.state.rawValue), .int(edit.attempts), .text(edit.error), .text(edit.madeBy),
      .instant(edit.madeAt), edit.settledAt.map(SQLValue.instant),
    ]
    if edit.id == 0 {
      try connection.run(
        """
        INSERT INTO local_edits (service, resource, local_id, record_key, fields, expected, state,
          attempts, error, made_by, made_at, settled_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """, arguments: values)
      return try openEdit(of: edit.key, localID: edit.localID)?.id ?? 0
    }
    try connection.run(
      """
      UPDATE local_edits SET service = $1, resource = $2, local_id = $3, record_key = $4,
        fields = $5, expected = $6, state = $7, attempts = $8, error = $9, made_by = $10,
        made_at = $11, settled_at = $12
      WHERE id = $13
      """, arguments: values + [.int(edit.id)])
    return edit.id
  }
}
