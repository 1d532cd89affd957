import Domain

/// A difference that waits, or waited, for a person.
public struct ConflictRow: Sendable, Hashable, Identifiable {
  /// Where it stands.
  public enum State: String, Sendable, Hashable {
    /// Nobody chose yet.
    case open
    /// A person chose; nothing was sent, so that the choice can be taken back.
    case staged
    /// The choice is on its way.
    case sending
    /// It is over.
    case settled
  }

  /// What was chosen, or how it ended.
  public enum Outcome: String, Sendable, Hashable, CaseIterable {
    case left, right, base, value
    /// Both sides agreed again without a choice.
    case gone
  }

  /// Its number.
  public var id: Int64 = 0
  /// The sink of the pair.
  public var service: Service
  /// The kind of record.
  public var resource: Resource
  /// The record in the store.
  public var localID: LocalID
  /// The record's key.
  public var key: RemoteKey
  /// The field; nil when it is about the whole record.
  public var field: String?
  /// Why no rule settles it.
  public var kind: String
  /// What the source last agreed on; nil where there was nothing.
  public var baseLeft: JSONValue?
  /// What the sink last agreed on.
  public var baseRight: JSONValue?
  /// What the source holds; nil when it has no such record.
  public var left: JSONValue?
  /// What the sink holds; nil when it has no such row.
  public var right: JSONValue?
  /// When the source's edit was last known to have happened, where that is known.
  public var leftAt: Instant?
  /// The same of the sink.
  public var rightAt: Instant?
  /// What the rules say of the field.
  public var rule: RulePolicy
  /// When it was found.
  public var detectedAt: Instant
  /// Where it stands.
  public var state: State = .open
  /// What was chosen.
  public var choice: Outcome?
  /// The value that was chosen, for ``Outcome/value``.
  public var choiceValue: JSONValue?
  /// Who chose.
  public var chosenBy: String?
  /// When.
  public var chosenAt: Instant?
  /// When it was over.
  public var settledAt: Instant?
  /// How it ended.
  public var outcome: Outcome?
  /// What a side said when it refused the choice made last; nil when none was refused.
  public var refusal: String?

  /// A conflict that was just found.
  public init(
    service: Service, resource: Resource, localID: LocalID, key: RemoteKey, field: String?,
    kind: String, rule: RulePolicy, detectedAt: Instant
  ) {
    (self.service, self.resource, self.localID, self.key) = (service, resource, localID, key)
    (self.field, self.kind, self.rule, self.detectedAt) = (field, kind, rule, detectedAt)
  }
}

extension SyncState {
  private static let conflictColumns = """
    id, service, resource, local_id, record_key, field, kind, base_left, base_right, left_value,
    right_value, left_at, right_at, rule, detected_at, state, choice, choice_value, chosen_by,
    chosen_at, settled_at, outcome, refusal
    """

  private static func conflict(_ row: Row) -> ConflictRow? {
    guard let service = Service(rawValue: row.text(1)),
      let resource = Resource(rawValue: row.text(2)),
      let key = RemoteKey(row.text(4)), let state = ConflictRow.State(rawValue: row.text(15))
    else { return nil }
    func value(_ column: Int) -> JSONValue? {
      row.optionalText(column).flatMap { try? JSONValue(parsing: $0) }
    }
    func outcome(_ column: Int) -> ConflictRow.Outcome? {
      row.optionalText(column).flatMap { ConflictRow.Outcome(rawValue: $0) }
    }
    var conflict = ConflictRow(
      service: service, resource: resource, localID: row.localID(3), key: key,
      field: row.text(5).isEmpty ? nil : row.text(5), kind: row.text(6),
      rule: RulePolicy(rawValue: row.text(13)) ?? .manual,
      detectedAt: row.instant(14) ?? Instant(milliseconds: 0))
    conflict.id = row.int64(0)
    (conflict.baseLeft, conflict.baseRight) = (value(7), value(8))
    (conflict.left, conflict.right) = (value(9), value(10))
    (conflict.leftAt, conflict.rightAt) = (row.instant(11), row.instant(12))
    (conflict.state, conflict.choice, conflict.choiceValue) = (state, outcome(16), value(17))
    (conflict.chosenBy, conflict.chosenAt) = (row.optionalText(18), row.instant(19))
    (conflict.settledAt, conflict.outcome) = (row.instant(20), outcome(21))
    conflict.refusal = row.optionalText(22)
    return conflict
  }

  /// So many at once are no longer settled one by one.
  private static let listedMax = 100_000

  /// Conflicts that are not over, the oldest first; those of one resource or field, when named.
  public func conflicts(
    _ resource: Resource? = nil, field: String? = nil
  ) throws(StorageError) -> [ConflictRow] {
    try connection.rows(
      """
      SELECT \(Self.conflictColumns) FROM conflicts
      WHERE state <> 'settled' AND ($1 IS NULL OR resource = $1) AND ($2 IS NULL OR field = $2)
      ORDER BY id LIMIT $3
      """, .optional(resource?.rawValue), .optional(field), .int(Self.listedMax), row: Self.conflict
    ).compactMap(\.self)
  }

  /// The conflicts of one pair that are not over.
  public func conflicts(
    _ service: Service, _ resource: Resource, localID: LocalID
  ) throws(StorageError) -> [ConflictRow] {
    try connection.rows(
      """
      SELECT \(Self.conflictColumns) FROM conflicts
      WHERE service = $1 AND resource = $2 AND local_id = $3 AND state <> 'settled' ORDER BY field
      """, .text(service.rawValue), .text(resource.rawValue), .local(localID), row: Self.conflict
    ).compactMap(\.self)
  }

  /// A conflict by its number, or nil.
  public func conflict(_ id: Int64) throws(StorageError) -> ConflictRow? {
    try connection.row(
      "SELECT \(Self.conflictColumns) FROM conflicts WHERE id = $1", .int(id), row: Self.conflict)
      ?? nil
  }

  /// Every conflict there ever was, the newest first, at most so many.
  public func conflictHistory(limit: Int) throws(StorageError) -> [ConflictRow] {
    try connection.rows(
      "SELECT \(Self.conflictColumns) FROM conflicts ORDER BY id DESC LIMIT $1", .int(limit),
      row: Self.conflict
    ).compactMap(\.self)
  }

  /// How many conflicts wait for a choice; of one resource, when named.
  public func openConflictCount(_ resource: Resource? = nil) throws(StorageError) -> Int {
    try connection.row(
      "SELECT COUNT(*) FROM conflicts WHERE state = 'open' AND ($1 IS NULL OR resource = $1)",
      .optional(resource?.rawValue)
    ) { $0.int(0) } ?? 0
  }

  /// Ends a conflict, at the moment its last write was confirmed.
  public func settle(_ conflict: ConflictRow, at now: Instant) throws(StorageError) {
    try connection.run(
      "UPDATE conflicts SET state = 'settled', outcome = $2, settled_at = $3 WHERE id = $1",
      .int(conflict.id), .optional(conflict.outcome?.rawValue), .instant(now))
  }

  /// Keeps a conflict: a new one, or what became of a known one.
  public func keep(_ conflict: ConflictRow) throws(StorageError) {
    let values: [SQLValue?] = [
      .text(conflict.service.rawValue), .text(conflict.resource.rawValue),
      .local(conflict.localID), .text(conflict.key.description), .text(conflict.field ?? ""),
      .text(conflict.kind), .optional(conflict.baseLeft?.canonicalText),
      .optional(conflict.baseRight?.canonicalText), .optional(conflict.left?.canonicalText),
      .optional(conflict.right?.canonicalText), conflict.leftAt.map(SQLValue.instant),
      conflict.rightAt.map(SQLValue.instant), .text(conflict.rule.rawValue),
      .instant(conflict.detectedAt), .text(conflict.state.rawValue),
      .optional(conflict.choice?.rawValue), .optional(conflict.choiceValue?.canonicalText),
      .optional(conflict.chosenBy), conflict.chosenAt.map(SQLValue.instant),
      conflict.settledAt.map(SQLValue.instant), .optional(conflict.outcome?.rawValue),
      .optional(conflict.refusal),
    ]
    if conflict.id == 0 {
      try connection.run(
        """
        INSERT INTO conflicts (service, resource, local_id, record_key, field, kind, base_left,
          base_right, left_value, right_value, left_at, right_at, rule, detected_at, state, choice,
          choice_value, chosen_by, chosen_at, settled_at, outcome, refusal)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
          $19, $20, $21, $22)
        """, arguments: values)
    } else {
      try connection.run(
        """
        UPDATE conflicts SET service = $1, resource = $2, local_id = $3, record_key = $4,
          field = $5, kind = $6, base_left = $7, base_right = $8, left_value = $9,
          right_value = $10, left_at = $11, right_at = $12, rule = $13, detected_at = $14,
          state = $15, choice = $16, choice_value = $17, chosen_by = $18, chosen_at = $19,
          settled_at = $20, outcome = $21, refusal = $22
        WHERE id = $23
        """, arguments: values + [.int(conflict.id)])
    }
  }
}
