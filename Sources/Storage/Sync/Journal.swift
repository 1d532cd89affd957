import Domain
import Vault

/// Something the synchronization decided or overwrote, as it is kept for ever.
public struct JournalEntry: Sendable, Hashable {
  /// What happened.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// A value was written to a service; the old one stands beside it.
    case written
    /// A rule decided against this value.
    case overwritten
    /// A person decided against this value.
    case resolved
    /// A record was deleted; its last state is kept.
    case deleted = "deleted_record"
    /// A record is no longer kept in step; its last state is kept.
    case detached = "detached_record"
    /// A difference waits for a person.
    case conflict
    /// A person chose.
    case chosen
    /// A person took a choice back.
    case undone
    /// A record was made at a service.
    case created
    /// A service, or a check before it, refused.
    case refused
    /// A rule was set or switched.
    case rule
    /// So many changes at once that they wait for a person.
    case held
    /// A person let them go.
    case permitted
    /// A person changed a field here, for the service that holds the record.
    case edited
  }

  /// Its number in the order of events; 0 before it is stored.
  public var sequence: Int64 = 0
  /// When it was written down.
  public var at: Instant
  /// Who did it: a person's name, or `rentbook`.
  public var actor: String
  /// What happened.
  public var kind: Kind
  /// Where the value stood.
  public var service: Service
  /// The kind of record.
  public var resource: Resource
  /// The record in the store; empty when there is none.
  public var localID: LocalID
  /// The record's key; nil when it has none.
  public var key: RemoteKey?
  /// The field; nil when it is about the whole record.
  public var field: String?
  /// What was there.
  public var old: JSONValue?
  /// What took its place.
  public var new: JSONValue?
  /// In words, where more is to be said.
  public var note: String
  /// The seal of this row over the one before it.
  public var hash: String = ""

  /// An entry that is not stored yet.
  public init(
    kind: Kind, service: Service, resource: Resource, localID: LocalID, key: RemoteKey?,
    field: String? = nil, old: JSONValue? = nil, new: JSONValue? = nil, note: String = "",
    actor: String = "rentbook"
  ) {
    at = Instant(milliseconds: 0)
    (self.kind, self.service, self.resource, self.localID) = (kind, service, resource, localID)
    (self.key, self.field, self.old, self.new) = (key, field, old, new)
    (self.note, self.actor) = (note, actor)
  }

  /// What the seal covers, one spelling per content.
  fileprivate func sealed(after previous: String) -> String {
    let parts: [JSONValue] = [
      .int(sequence), .string(at.description), .string(actor), .string(kind.rawValue),
      .string(service.rawValue), .string(resource.rawValue), .string(localID),
      .string(key?.description ?? ""), .string(field ?? ""), old ?? .null, new ?? .null,
      .string(note), .string(previous),
    ]
    return ContentHash.sha256Hex(JSONValue.array(parts).canonicalText)
  }
}

extension SyncRecords {
  /// Adds an entry to the journal, in the transaction that does what it tells.
  public func journal(_ entry: JournalEntry) throws(StorageError) {
    let last = try transaction.connection.row(
      "SELECT seq, hash FROM sync_journal ORDER BY seq DESC LIMIT 1"
    ) { ($0.int64(0), $0.text(1)) }
    var entry = entry
    (entry.sequence, entry.at) = ((last?.0 ?? 0) + 1, now)
    let previous = last?.1 ?? ""
    try transaction.connection.run(
      """
      INSERT INTO sync_journal (seq, at, actor, kind, service, resource, local_id, record_key, field,
        old_value, new_value, note, previous_hash, hash)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
      """, .int(entry.sequence), .instant(entry.at), .text(entry.actor), .text(entry.kind.rawValue),
      .text(entry.service.rawValue), .text(entry.resource.rawValue), .local(entry.localID),
      .text(entry.key?.description ?? ""), .text(entry.field ?? ""),
      .optional(entry.old?.canonicalText), .optional(entry.new?.canonicalText), .text(entry.note),
      .text(previous), .text(entry.sealed(after: previous)))
  }
}

extension SyncState {
  private static let journalColumns = """
    seq, at, actor, kind, service, resource, local_id, record_key, field, old_value, new_value,
    note, hash, previous_hash
    """

  private static func entry(_ row: Row) -> (JournalEntry, previous: String)? {
    guard let kind = JournalEntry.Kind(rawValue: row.text(3)),
      let service = Service(rawValue: row.text(4)), let resource = Resource(rawValue: row.text(5))
    else { return nil }
    func value(_ column: Int) -> JSONValue? {
      row.optionalText(column).flatMap { try? JSONValue(parsing: $0) }
    }
    var entry = JournalEntry(
      kind: kind, service: service, resource: resource, localID: row.localID(6),
      key: RemoteKey(row.text(7)), field: row.text(8).isEmpty ? nil : row.text(8), old: value(9),
      new: value(10), note: row.text(11), actor: row.text(2))
    (entry.sequence, entry.at) = (row.int64(0), row.instant(1) ?? Instant(milliseconds: 0))
    entry.hash = row.text(12)
    return (entry, row.text(13))
  }

  /// Entries of the journal, the newest first, at most so many; of one record, when it is named.
  public func journal(
    of key: RemoteKey? = nil, limit: Int
  ) throws(StorageError) -> [JournalEntry] {
    if let key {
      return try connection.rows(
        """
        SELECT \(Self.journalColumns) FROM sync_journal
        WHERE record_key = $1 ORDER BY seq DESC LIMIT $2
        """, .text(key.description), .int(limit)
      ) { Self.entry($0)?.0 }.compactMap(\.self)
    }
    return try connection.rows(
      "SELECT \(Self.journalColumns) FROM sync_journal ORDER BY seq DESC LIMIT $1", .int(limit)
    ) { Self.entry($0)?.0 }.compactMap(\.self)
  }

  /// Checks the seals of the whole journal; the number of the first row that is not what was
  /// written, or is missing; nil when all is whole.
  public func firstBrokenSeal() throws(StorageError) -> Int64? {
    var previous = ""
    var expected: Int64 = 1
    var broken: Int64?
    _ = try connection.rows(
      "SELECT \(Self.journalColumns) FROM sync_journal ORDER BY seq"
    ) { row in
      guard broken == nil else { return }
      guard let (entry, stored) = Self.entry(row), entry.sequence == expected, stored == previous,
        entry.sealed(after: previous) == entry.hash
      else {
        broken = expected
        return
      }
      (previous, expected) = (entry.hash, expected + 1)
    }
    return broken
  }
}
