// The rows of finalised months, as the synchronization takes them up.
import Domain

/// A month whose rows of the owners' base exist.
public struct ResultMonth: Sendable, Hashable {
  /// `2026-03`.
  public var month: String
  /// Version and state: it changes when the month is finalised or reopened.
  public var stamp: String
  /// Whether it is final; a reopened month keeps its rows, which say so.
  public var isFinal: Bool
}

extension SyncState {
  /// The months that were finalised at least once, in order.
  public func resultMonths() throws(StorageError) -> [ResultMonth] {
    try connection.rows(
      """
      SELECT c.month, c.version, c.state FROM month_closes c
      WHERE c.version = (SELECT MAX(version) FROM month_closes l WHERE l.month = c.month)
      ORDER BY c.month
      """
    ) { row throws(StorageError) in
      ResultMonth(
        month: row.text(0), stamp: "\(row.int(1))\(row.text(2))", isFinal: row.text(2) == "final")
    }
  }

  /// The rows of a month as records: each has its key, and values by our names of the fields.
  public func results(of month: ResultMonth) throws(StorageError) -> [RemoteRecord] {
    try connection.rows(
      "SELECT record_key, fields FROM month_results WHERE month = $1 ORDER BY record_key",
      .text(month.month)
    ) { row throws(StorageError) in
      guard let key = RemoteKey(row.text(0)),
        let fields = (try? JSONValue(parsing: row.text(1)))?.object
      else { return nil }
      var record = Record(key.resource, ["month": .text(month.month)])
      for field in RecordSchema.of(key.resource).fields where field.name != "month" {
        record[field.name] = Self.value(fields[field.name]?.string, field.kind)
      }
      if key.resource == .ownerDraws, !month.isFinal { record["status"] = .text("reopened") }
      return RemoteRecord(key: key, record: record, source: row.text(1))
    }.compactMap(\.self)
  }

  /// A result's value: money, a link or a word.
  private static func value(_ text: String?, _ kind: FieldKind) -> FieldValue {
    guard let text else { return .null }
    switch kind {
    case .money: return Money(text).map(FieldValue.money) ?? .null
    case .reference: return RemoteKey(text).map(FieldValue.reference) ?? .null
    default: return .text(canonical: text)
    }
  }

  /// The ids of a month's rows that were taken up before.
  public func resultIDs(
    _ resource: Resource, month: String
  ) throws(StorageError) -> [String] {
    try connection.rows(
      """
      SELECT remote_id FROM sync_state
      WHERE service = 'rentbook' AND resource = $1 AND gone = 0
        AND remote_id >= $2 AND remote_id < $3
      ORDER BY remote_id
      """, .text(resource.rawValue), .text("\(month)/"), .text("\(month)0")
    ) { $0.text(0) }
  }
}
