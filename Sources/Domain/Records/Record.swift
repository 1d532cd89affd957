/// The values of a record by field name (the column names of ``RecordSchema``).
public typealias FieldValues = [String: FieldValue]

/// A record in Rentbook's own terms, wherever it came from.
public struct Record: Sendable, Hashable {
  /// Which resource it is about.
  public var resource: Resource
  /// Values by field name; a field that is missing here was not spoken of, ``FieldValue/null`` is
  /// a value that is empty.
  public var fields: FieldValues
  /// The lines of a bill or a transaction, in their order; empty for other resources.
  public var lines: [FieldValues]

  /// A record with the given values.
  public init(_ resource: Resource, _ fields: FieldValues = [:], lines: [FieldValues] = []) {
    (self.resource, self.fields, self.lines) = (resource, fields, lines)
  }

  /// The value of a field; ``FieldValue/null`` when it was not spoken of.
  public subscript(field: String) -> FieldValue {
    get { fields[field] ?? .null }
    set { fields[field] = newValue }
  }

  /// Fields and lines as one JSON object with a fixed order, the form of snapshots and hashes.
  public var json: JSONValue {
    var object = JSONObject()
    for name in fields.keys.sorted() { object[name] = self[name].json }
    if !lines.isEmpty {
      object["lines"] = .array(
        lines.map { line in
          var members = JSONObject()
          for name in line.keys.sorted() { members[name] = line[name]?.json }
          return .object(members)
        })
    }
    return .object(object)
  }
}

/// A record as a service gave it.
public struct RemoteRecord: Sendable, Hashable {
  /// The record's name.
  public let key: RemoteKey
  /// Its values.
  public var record: Record
  /// When the service says it was last changed; nil where the service does not say.
  public var updatedAt: Instant?
  /// The service's own text of the record, with secrets masked; shown to people as the source.
  public var source: String
  /// The mark of one of our own creates that stood in a memo, which the values are free of; nil
  /// when there was none. It tells which intent made the record.
  public var marker: String?

  /// A record with its name, values and source.
  public init(
    key: RemoteKey, record: Record, updatedAt: Instant? = nil, source: String = "",
    marker: String? = nil
  ) {
    (self.key, self.record, self.updatedAt, self.source) = (key, record, updatedAt, source)
    self.marker = marker
  }
}
