// Reading the members of one object as Buildium sends it.
//
// No member is promised by Buildium, so a missing one is no value. A member that is there but of
// another type is an error and not "no value": clearing a field everywhere because one answer was
// odd would lose data.
import Domain
import Sync

/// One JSON object with the words that name it in an error: `Bill 88213`.
struct Wire: Sendable {
  let object: JSONObject
  let what: String

  /// - Throws: `unexpectedAnswer` when the JSON is no object.
  init(_ json: JSONValue, _ what: String) throws(ProviderError) {
    guard case .object(let object) = json else {
      throw .unexpected("\(what): an object was expected, not \(json.typeName).")
    }
    (self.object, self.what) = (object, what)
  }

  /// An object with its id in the name.
  init(_ json: JSONValue, titled title: String) throws(ProviderError) {
    let id = json["Id"]?.int.map { " \($0)" } ?? ""
    try self.init(json, title + id)
  }

  /// The value at a path of members; nil when it, or one on the way, is missing or null.
  func value(_ path: [String]) -> JSONValue? {
    guard let first = path.first, var value = object[first] else { return nil }
    for name in path.dropFirst() {
      guard let next = value[name] else { return nil }
      value = next
    }
    return value.isNull ? nil : value
  }

  /// The member as a field of the given kind.
  func field(_ kind: FieldKind, _ path: [String]) throws(ProviderError) -> FieldValue {
    guard let value = value(path) else { return .null }
    guard let field = Self.field(kind, value) else {
      throw .unexpected(
        "\(what): \(path.joined(separator: ".")) is \(value.shortText), not \(kind.expectation).")
    }
    return field
  }

  /// The member as a field of the given kind.
  func field(_ kind: FieldKind, _ path: String...) throws(ProviderError) -> FieldValue {
    try field(kind, path)
  }

  /// A text member; nil when missing or empty.
  func text(_ path: String...) throws(ProviderError) -> String? {
    try field(.text, path).text
  }

  /// A number that must be there: the record's name.
  ///
  /// - Throws: `unexpectedAnswer` when it is missing.
  func id(_ name: String = "Id") throws(ProviderError) -> Int {
    guard let id = object[name]?.int else { throw .unexpected("\(what): \(name) is missing.") }
    return id
  }

  /// A whole number; nil when missing.
  func int(_ path: String...) throws(ProviderError) -> Int? {
    try field(.integer, path).integer.map(Int.init)
  }

  /// The objects of a list; none when it is missing.
  func list(_ path: String...) throws(ProviderError) -> [Wire] {
    guard let value = value(path) else { return [] }
    let name = path.joined(separator: ".")
    guard let elements = value.array else {
      throw .unexpected("\(what): \(name) is \(value.typeName), not a list.")
    }
    var wires: [Wire] = []
    wires.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      wires.append(try Wire(element, "\(what), \(name)[\(index)]"))
    }
    return wires
  }

  /// Links from a list of ids, or of objects with an `Id`.
  func references(_ resource: Resource, _ path: String...) throws(ProviderError) -> [RemoteKey] {
    guard let value = value(path) else { return [] }
    var keys: [RemoteKey] = []
    for element in value.array ?? [value] {
      guard let id = element.int ?? element["Id"]?.int else {
        throw .unexpected(
          "\(what): \(path.joined(separator: ".")) holds \(element.shortText), not an id.")
      }
      keys.append(RemoteKey(.buildium, resource, String(id)))
    }
    return keys
  }

  private static func field(_ kind: FieldKind, _ value: JSONValue) -> FieldValue? {
    switch kind {
    case .text, .longText, .choice, .sealed:
      (value.string ?? value.numberText).map { .text(canonical: $0) }
    case .integer: value.int.map { .integer(Int64($0)) }
    case .money: (value.numberText ?? value.string).flatMap(money).map(FieldValue.money)
    case .decimal:
      (value.numberText ?? value.string).flatMap { DecimalText($0) }.map {
        .decimal($0)
      }
    case .date: value.string.flatMap(date)
    // An unreadable moment only costs the knowledge of when.
    case .instant: .some(value.string.flatMap { Instant($0) }.map(FieldValue.instant) ?? .null)
    case .boolean: value.bool.map(FieldValue.boolean)
    case .reference(let resource):
      // Buildium writes 0 for "nothing" where it has no null.
      value.int.map { $0 > 0 ? .reference(RemoteKey(.buildium, resource, String($0))) : .null }
    case .references(let resource):
      value.array.map { elements in
        .references(
          canonical: elements.compactMap { element in
            element.int.map { RemoteKey(.buildium, resource, String($0)) }
          })
      }
    }
  }

  /// Days come as dates, or as moments at midnight where the write side takes a date. The first day
  /// of the calendar is how the service spells an unset date.
  private static func date(_ text: String) -> FieldValue? {
    if text.isEmpty { return .null }
    guard let date = CalendarDate(String(text.prefix(10))),
      text.utf8.count == 10 || Instant(text) != nil
    else { return nil }
    return date.year == 1 ? .null : .date(date)
  }

  /// Amounts are JSON numbers made from binary fractions. What lies within a ten-thousandth of a
  /// cent of whole cents is such an amount; anything else is refused, never rounded.
  static func money(_ text: String) -> Money? {
    if let money = Money(text) { return money }
    guard let decimal = DecimalText(text) ?? DecimalText(shortened(text)) else { return nil }
    let extra = decimal.scale - Money.fractionDigits
    guard extra >= 4, extra <= 16 else { return nil }
    var divisor: Int64 = 1
    for _ in 0..<extra { divisor *= 10 }
    let rest = decimal.unscaled % divisor
    let whole = decimal.unscaled / divisor
    let noise = divisor / 10_000
    if abs(rest) <= noise { return Money(minorUnits: whole) }
    guard divisor - abs(rest) <= noise else { return nil }
    return Money(minorUnits: whole + (rest < 0 ? -1 : 1))
  }

  /// A number with more digits than 64 bits hold, cut behind the ninth fraction digit.
  private static func shortened(_ text: String) -> String {
    guard let point = text.firstIndex(of: "."), !text.contains("e"), !text.contains("E") else {
      return text
    }
    return String(text[..<point] + text[point...].prefix(10))
  }
}

extension ProviderError {
  /// An answer that is not what Buildium documents.
  static func unexpected(_ message: String, hint: String = "", status: Int? = nil) -> ProviderError
  {
    ProviderError(.buildium, .unexpectedAnswer, message, hint: hint, status: status)
  }
}

extension JSONValue {
  /// What it is, in words.
  var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// The value of a scalar number or truth value; for texts only that it is one, because it may be
  /// somebody's.
  var shortText: String {
    switch self {
    case .number(let text): text
    case .bool(let value): value ? "true" : "false"
    default: typeName
    }
  }
}

extension FieldKind {
  /// What a value of this kind is, in words.
  var expectation: String {
    switch self {
    case .text, .longText, .choice, .sealed: "a text"
    case .integer: "a whole number"
    case .money: "an amount in whole cents"
    case .decimal: "a decimal number"
    case .date: "a date"
    case .instant: "a time"
    case .boolean: "true or false"
    case .reference: "an id"
    case .references: "a list of ids"
    }
  }
}
