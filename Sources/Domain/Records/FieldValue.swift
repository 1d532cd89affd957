/// One value of a record's field, in the form that is compared, hashed and stored.
///
/// There is one spelling per meaning: an empty text, an empty list and a missing member are all
/// ``null`` (Buildium writes either; Airtable leaves empty cells out).
public enum FieldValue: Sendable, Hashable {
  case null
  case text(String)
  case integer(Int64)
  case money(Money)
  /// A quantity or a percentage.
  case decimal(DecimalText)
  case date(CalendarDate)
  case instant(Instant)
  case boolean(Bool)
  /// A link to one record.
  case reference(RemoteKey)
  /// Links to several records; the order has no meaning.
  case references([RemoteKey])
}

extension FieldValue {
  /// A text in canonical form: line ends are `\n`, and nothing is ``null``.
  public static func text(canonical text: String?) -> FieldValue {
    guard let text, !text.isEmpty else { return .null }
    return .text(text.replacing("\r\n", with: "\n").replacing("\r", with: "\n"))
  }

  /// Links in canonical form: sorted, without repeats, and none is ``null``.
  public static func references(canonical keys: [RemoteKey]) -> FieldValue {
    keys.isEmpty ? .null : .references(Set(keys).sorted())
  }

  /// Whether there is no value.
  public var isNull: Bool { self == .null }

  /// The text, when this is one.
  public var text: String? { if case .text(let value) = self { value } else { nil } }
  /// The number, when this is one.
  public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  /// The amount, when this is one.
  public var money: Money? { if case .money(let value) = self { value } else { nil } }
  /// The day, when this is one.
  public var date: CalendarDate? { if case .date(let value) = self { value } else { nil } }
  /// The moment, when this is one.
  public var instant: Instant? { if case .instant(let value) = self { value } else { nil } }
  /// The truth value, when this is one.
  public var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
  /// The link, when this is one.
  public var reference: RemoteKey? { if case .reference(let value) = self { value } else { nil } }
  /// The links of either kind; none when this is no link.
  public var links: [RemoteKey] {
    switch self {
    case .reference(let key): [key]
    case .references(let keys): keys
    default: []
    }
  }

  /// The value as a JSON scalar: amounts and decimals as text with their digits, links as keys.
  /// Reading it back needs the field's kind (``FieldKind/value(json:)``).
  public var json: JSONValue {
    switch self {
    case .null: .null
    case .text(let value): .string(value)
    case .integer(let value): .int(value)
    case .money(let value): .string(value.description)
    case .decimal(let value): .string(value.description)
    case .date(let value): .string(value.description)
    case .instant(let value): .string(value.description)
    case .boolean(let value): .bool(value)
    case .reference(let key): .string(key.description)
    case .references(let keys): .array(keys.map { .string($0.description) })
    }
  }
}

/// What kind of value a field holds, and so how it is stored, compared and shown.
public enum FieldKind: Sendable, Hashable {
  /// One line of text.
  case text
  /// Text of any length.
  case longText
  /// One of a service's named values; a value this program has not met is kept as it came.
  case choice
  case integer, money, decimal, date, instant, boolean
  /// Text that is a secret (tax id, account number, birth date): encrypted at rest, never sent on.
  case sealed
  case reference(Resource)
  case references(Resource)

  /// Reads a value back from ``FieldValue/json``; nil when the JSON does not fit the kind.
  public func value(json: JSONValue) -> FieldValue? {
    if json.isNull { return .null }
    switch self {
    case .text, .longText, .choice, .sealed: return json.string.map(FieldValue.text)
    case .integer: return json.int.map { .integer(Int64($0)) }
    case .money: return json.string.flatMap { Money($0) }.map(FieldValue.money)
    case .decimal: return json.string.flatMap { DecimalText($0) }.map(FieldValue.decimal)
    case .date: return json.string.flatMap { CalendarDate($0) }.map(FieldValue.date)
    case .instant: return json.string.flatMap { Instant($0) }.map(FieldValue.instant)
    case .boolean: return json.bool.map(FieldValue.boolean)
    case .reference: return json.string.flatMap { RemoteKey($0) }.map(FieldValue.reference)
    case .references:
      guard let keys = json.array?.compactMap({ $0.string.flatMap { RemoteKey($0) } }) else {
        return nil
      }
      return .references(canonical: keys)
    }
  }
}

extension FieldKind {
  /// Reads a value as a person types it: nothing is an empty field, several references are separated
  /// by commas. Nil when the text does not fit.
  public func value(typed text: String) -> FieldValue? {
    if text.isEmpty { return .null }
    let json: JSONValue
    switch self {
    case .integer: json = .number(text)
    case .boolean:
      guard ["true", "false"].contains(text.lowercased()) else { return nil }
      json = .bool(text.lowercased() == "true")
    case .references:
      json = .array(text.split(separator: ",").map { .string(String($0)) })
    default: json = .string(text)
    }
    return value(json: json)
  }

  /// What a person may type, in words: `a date like 2026-10-31`.
  public var expectation: String {
    switch self {
    case .text, .longText, .choice, .sealed: "text, or nothing"
    case .integer: "a whole number"
    case .money: "an amount like 1450.00"
    case .decimal: "a number like 12.5"
    case .date: "a date like 2026-10-31"
    case .instant: "a moment like 2026-10-31T14:02:10Z"
    case .boolean: "true or false"
    case .reference, .references: "the key of a record, like buildium:tenants:7"
    }
  }
}
