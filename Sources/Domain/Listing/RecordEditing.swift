/// The fields of a record that a person may change here, as they stand now.
public struct RecordEditing: Sendable, Hashable {
  /// One of the fields.
  public struct Field: Sendable, Hashable {
    /// The name in the record.
    public var name: String
    /// The name people know it by.
    public var title: String
    /// What may be typed.
    public var kind: FieldKind
    /// What the service holds.
    public var value: FieldValue
    /// What was changed here and is not there yet; nil when nothing was.
    public var wanted: FieldValue?

    /// A field.
    public init(
      _ name: String, title: String, _ kind: FieldKind, _ value: FieldValue, wanted: FieldValue?
    ) {
      (self.name, self.title, self.kind) = (name, title, kind)
      (self.value, self.wanted) = (value, wanted)
    }
  }

  /// The record.
  public var reference: RecordReference
  /// Its name at its service.
  public var key: RemoteKey
  /// The record in words.
  public var title: String
  /// Its fields, in the order of the record.
  public var fields: [Field]
  /// Where a change stands that was made here, in a sentence; nil while none is open.
  public var standing: String?
  /// Whether that sentence tells of something that did not go as wanted.
  public var isRefused: Bool

  /// The fields of a record.
  public init(
    _ reference: RecordReference, _ key: RemoteKey, title: String, _ fields: [Field],
    standing: String? = nil, isRefused: Bool = false
  ) {
    (self.reference, self.key) = (reference, key)
    (self.title, self.fields) = (title, fields)
    (self.standing, self.isRefused) = (standing, isRefused)
  }
}
