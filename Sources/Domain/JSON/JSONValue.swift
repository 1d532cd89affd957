/// A JSON document as a tree that loses nothing.
///
/// Numbers keep the text they arrived in, so that an amount can be read exactly (``Money``) and no
/// binary fraction ever stands between a service and a cent. Objects keep the order of their keys,
/// so that a document is written the way it was built.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  /// A number in JSON's own spelling, for example `1250.50`.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

/// The members of a JSON object in their order; a repeated key keeps its last value.
public struct JSONObject: Sendable, Hashable {
  /// The members in order.
  public private(set) var members: [(key: String, value: JSONValue)] = []

  /// An object without members.
  public init() {}

  /// An object with the given members, in the order written.
  public init(_ members: KeyValuePairs<String, JSONValue>) {
    self.members.reserveCapacity(members.count)
    for (key, value) in members { self[key] = value }
  }

  /// The value of `key`; setting nil removes the member.
  public subscript(key: String) -> JSONValue? {
    get { members.first { $0.key == key }?.value }
    set {
      if let index = members.firstIndex(where: { $0.key == key }) {
        if let newValue { members[index].value = newValue } else { members.remove(at: index) }
      } else if let newValue {
        members.append((key, newValue))
      }
    }
  }

  /// Adds a member known not to be there yet, without looking.
  mutating func append(_ key: String, _ value: JSONValue) { members.append((key, value)) }

  /// Whether there are no members.
  public var isEmpty: Bool { members.isEmpty }

  /// The keys in order.
  public var keys: [String] { members.map(\.key) }

  /// Equal when every part is.
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.count == right.members.count
      && left.members.allSatisfy { right[$0.key] == $0.value }
  }

  /// Feeds the parts that make two values equal.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(members.count)
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      hasher.combine(key)
      hasher.combine(value)
    }
  }
}

extension JSONValue {
  /// The member of an object, or nil when this is no object or has no such member.
  public subscript(key: String) -> JSONValue? {
    if case .object(let object) = self { object[key] } else { nil }
  }

  /// The text of a string.
  public var string: String? { if case .string(let text) = self { text } else { nil } }

  /// The truth value of a boolean.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The elements of an array.
  public var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }

  /// The members of an object.
  public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }

  /// The spelling of a number.
  public var numberText: String? { if case .number(let text) = self { text } else { nil } }

  /// The value of a whole number that fits; `12.0` is whole, `12.5` is nil.
  public var int: Int? {
    guard case .number(let text) = self else { return nil }
    if let value = Int(text) { return value }
    guard let decimal = DecimalText(text), let whole = decimal.scaled(to: 0) else { return nil }
    return Int(whole)
  }

  /// Whether this is `null`.
  public var isNull: Bool { self == .null }

  /// A whole number.
  public static func int(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

  /// A string, or null.
  public static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A boolean.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A number.
  public init(integerLiteral value: Int) { self = .number(String(value)) }
  /// An array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (key, value) in elements { object[key] = value }
    self = .object(object)
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// An object with the given members, in the order written.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init()
    for (key, value) in elements { self[key] = value }
  }
}
