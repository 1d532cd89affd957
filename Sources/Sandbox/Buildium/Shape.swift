import Domain

/// What a request's body may hold: the members of one of the service's messages and their limits.
///
/// Written as text, one word a member, so that a table of shapes can be held against the documents:
/// `Name!:text1<=127` is a required, non-empty text of at most 127 characters; `!` marks what is
/// required; `{Address}` is a nested shape, `[int]` a list, `[{Line}]1..100` one of 1 to 100
/// elements, `A|B` a choice of words, `=Cycle` a choice listed in ``Vocabulary``. A member without
/// `!` may be null or missing.
struct Shape: Sendable {
  indirect enum Kind: Sendable {
    case text(minimum: Int, maximum: Int)
    case int, bool, money, decimal, date
    case word([String])
    case object(Shape)
    case list(Kind, minimum: Int, maximum: Int)
  }
  struct Member: Sendable {
    var name: String
    var isRequired: Bool
    var kind: Kind
  }

  let members: [Member]

  init(_ text: String) {
    members = text.split(whereSeparator: \.isWhitespace).map { Shape.member(String($0)) }
  }

  private static func member(_ text: String) -> Member {
    guard let colon = text.firstIndex(of: ":") else { preconditionFailure("no type in \(text)") }
    let name = text[..<colon]
    let isRequired = name.hasSuffix("!")
    return Member(
      name: String(isRequired ? name.dropLast() : name), isRequired: isRequired,
      kind: kind(String(text[text.index(after: colon)...])))
  }

  private static func kind(_ text: String) -> Kind {
    if text.hasPrefix("["), let close = text.lastIndex(of: "]") {
      let element = kind(String(text[text.index(after: text.startIndex)..<close]))
      let range = text[text.index(after: close)...].split(separator: ".").compactMap { Int($0) }
      return .list(element, minimum: range.first ?? 0, maximum: range.last ?? Int.max)
    }
    if text.hasPrefix("{") { return .object(Shapes.named(String(text.dropFirst().dropLast()))) }
    if text.hasPrefix("=") { return .word(Vocabulary.named(String(text.dropFirst()))) }
    if text.contains("|") { return .word(text.split(separator: "|").map(String.init)) }
    switch text {
    case "int": return .int
    case "bool": return .bool
    case "money": return .money
    case "decimal": return .decimal
    case "date": return .date
    default:
      let parts = text.split(separator: "<=")
      precondition(parts[0].hasPrefix("text"), "no type is called \(text)")
      let maximum = parts.count > 1 ? Int(parts[1]) ?? 0 : Int.max
      return .text(minimum: Int(parts[0].dropFirst(4)) ?? 0, maximum: maximum)
    }
  }

  /// Everything that is wrong with a body.
  func faults(in body: JSONValue, under path: String = "") -> [Refusal.Fault] {
    guard case .object(let object) = body else {
      return [Refusal.Fault(key: path, value: "must be an object")]
    }
    return members.flatMap { member -> [Refusal.Fault] in
      let key = path.isEmpty ? member.name : "\(path).\(member.name)"
      guard let value = object[member.name], !value.isNull else {
        return member.isRequired ? [Refusal.Fault(key: key, value: "is required")] : []
      }
      return Self.faults(in: value, kind: member.kind, key)
    }
  }

  private static func faults(in value: JSONValue, kind: Kind, _ key: String) -> [Refusal.Fault] {
    func fault(_ text: String) -> [Refusal.Fault] { [Refusal.Fault(key: key, value: text)] }
    switch kind {
    case .text(let minimum, let maximum):
      guard let text = value.string else { return fault("must be a text") }
      if text.allSatisfy(\.isWhitespace), minimum == 1 { return fault("must not be empty") }
      // A longer minimum is a form, a phone number's; an empty text gives none.
      if !text.isEmpty, text.utf16.count < minimum {
        return fault("must have at least \(minimum) characters")
      }
      // Counted as the service's platform counts: in UTF-16 units.
      return text.utf16.count > maximum
        ? fault("must not be longer than \(maximum) characters") : []
    case .int:
      guard let number = value.int, Int32(exactly: number) != nil, value.numberText != nil else {
        return fault("must be a whole number")
      }
      return []
    case .bool: return value.bool == nil ? fault("must be true or false") : []
    case .money:
      guard let text = value.numberText, Money(text) != nil else {
        return fault("must be an amount with at most two decimals")
      }
      return []
    case .decimal:
      guard let text = value.numberText, DecimalText(text) != nil else {
        return fault("must be a number")
      }
      return []
    case .date:
      return value.string.flatMap { CalendarDate($0) } == nil
        ? fault("must be a date as YYYY-MM-DD") : []
    case .word(let words):
      guard let word = value.string, words.contains(word) else {
        return fault("must be one of \(words.prefix(12).joined(separator: ", "))")
      }
      return []
    case .object(let shape): return shape.faults(in: value, under: key)
    case .list(let element, let minimum, let maximum):
      guard let values = value.array else { return fault("must be a list") }
      if values.count < minimum { return fault("must have at least \(minimum) elements") }
      if values.count > maximum { return fault("must not have more than \(maximum) elements") }
      return values.enumerated().flatMap { faults(in: $1, kind: element, "\(key)[\($0)]") }
    }
  }
}

// Reading a body that its shape has accepted; nil is null or missing.
extension JSONValue {
  func text(_ name: String) -> String? { self[name]?.string }
  func id(_ name: String) -> Int32? { self[name]?.int.flatMap { Int32(exactly: $0) } }
  func flag(_ name: String) -> Bool? { self[name]?.bool }
  func money(_ name: String) -> Money? { self[name]?.numberText.flatMap { Money($0) } }
  func decimal(_ name: String) -> DecimalText? {
    self[name]?.numberText.flatMap { DecimalText($0) }
  }
  func day(_ name: String) -> Day? { text(name).flatMap { CalendarDate($0) }.map { Day($0) } }
  func list(_ name: String) -> [JSONValue]? { self[name]?.array }
  func ids(_ name: String) -> [Int32]? {
    list(name)?.compactMap { $0.int.flatMap { Int32(exactly: $0) } }
  }
  func child(_ name: String) -> JSONValue? { self[name].flatMap { $0.isNull ? nil : $0 } }
  func has(_ name: String) -> Bool { self[name] != nil }
}
