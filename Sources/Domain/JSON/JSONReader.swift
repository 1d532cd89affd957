/// Why a text is not a JSON document.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// How many bytes were read before the fault.
  public let offset: Int
  /// What was expected there.
  public let problem: String

  /// The form shown in logs and messages.
  public var description: String { "not JSON at byte \(offset): \(problem)" }
}

extension JSONValue {
  /// Reads one document (RFC 8259).
  ///
  /// - Throws: ``JSONError`` for anything else: a truncated body, trailing bytes, text that is not
  ///   UTF-8, or nesting deeper than ``JSONReader/depthMax``.
  public init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
    var reader = JSONReader(bytes: ContiguousArray(bytes))
    self = try reader.document()
  }

  /// Reads one document from text.
  ///
  /// - Throws: ``JSONError`` when the text is no JSON document.
  public init(parsing text: String) throws(JSONError) { try self.init(parsing: text.utf8) }
}

/// Reads a document from bytes in memory.
///
/// Ours because amounts must keep their spelling and unknown members must survive; Foundation
/// decodes into declared types only, and its numbers pass through `Double` in dynamic trees.
struct JSONReader {
  /// Deeper nesting is refused: no service nests more than a dozen levels, and the stack is finite.
  static let depthMax = 128

  let bytes: ContiguousArray<UInt8>
  var index = 0

  init(bytes: ContiguousArray<UInt8>) { self.bytes = bytes }

  mutating func document() throws(JSONError) -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    guard index == bytes.count else { throw fault("nothing after the document") }
    return value
  }

  private func fault(_ expected: String) -> JSONError {
    JSONError(offset: index, problem: "expected \(expected)")
  }

  private mutating func skipSpace() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x0A, 0x0D, 0x09: index += 1
      default: return
      }
    }
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth < Self.depthMax else { throw fault("less nesting") }
    skipSpace()
    guard index < bytes.count else { throw fault("a value") }
    switch bytes[index] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError)
    -> JSONValue
  {
    for offset in 0..<text.utf8CodeUnitCount {
      guard index + offset < bytes.count, bytes[index + offset] == text.utf8Start[offset] else {
        throw fault("a value")
      }
    }
    index += text.utf8CodeUnitCount
    return value
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    index += 1
    var result = JSONObject()
    skipSpace()
    if index < bytes.count, bytes[index] == UInt8(ascii: "}") {
      index += 1
      return .object(result)
    }
    while true {
      skipSpace()
      guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw fault("a key") }
      let key = try string()
      skipSpace()
      guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { throw fault("':'") }
      index += 1
      let member = try value(depth: depth + 1)
      result[key] = member
      skipSpace()
      guard index < bytes.count else { throw fault("',' or '}'") }
      let next = bytes[index]
      index += 1
      if next == UInt8(ascii: "}") { return .object(result) }
      guard next == UInt8(ascii: ",") else { throw fault("',' or '}'") }
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    index += 1
    var result: [JSONValue] = []
    skipSpace()
    if index < bytes.count, bytes[index] == UInt8(ascii: "]") {
      index += 1
      return .array(result)
    }
    while true {
      result.append(try value(depth: depth + 1))
      skipSpace()
      guard index < bytes.count else { throw fault("',' or ']'") }
      let next = bytes[index]
      index += 1
      if next == UInt8(ascii: "]") { return .array(result) }
      guard next == UInt8(ascii: ",") else { throw fault("',' or ']'") }
    }
  }

  /// A number by JSON's grammar: no leading zeros, no bare point, no `+`.
  private mutating func number() throws(JSONError) -> String {
    let start = index
    func digit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    func peek() -> UInt8 { index < bytes.count ? bytes[index] : 0 }
    if peek() == UInt8(ascii: "-") { index += 1 }
    guard digit(peek()) else { throw fault("a value") }
    if peek() == UInt8(ascii: "0") { index += 1 } else { while digit(peek()) { index += 1 } }
    if peek() == UInt8(ascii: ".") {
      index += 1
      guard digit(peek()) else { throw fault("a digit") }
      while digit(peek()) { index += 1 }
    }
    if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
      index += 1
      if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { index += 1 }
      guard digit(peek()) else { throw fault("a digit") }
      while digit(peek()) { index += 1 }
    }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private mutating func string() throws(JSONError) -> String {
    index += 1
    let start = index
    while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != 0x5C {
      guard bytes[index] >= 0x20 else { throw fault("no control character in a string") }
      index += 1
    }
    guard index < bytes.count else { throw fault("'\"'") }
    if bytes[index] == UInt8(ascii: "\"") {
      defer { index += 1 }
      return try text(bytes[start..<index])
    }
    var buffer = ContiguousArray(bytes[start..<index])
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return try text(buffer[...])
      case 0x5C: try escape(into: &buffer)
      default:
        guard byte >= 0x20 else { throw fault("no control character in a string") }
        buffer.append(byte)
      }
    }
    throw fault("'\"'")
  }

  private func text(_ slice: ContiguousArray<UInt8>.SubSequence) throws(JSONError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else { throw fault("UTF-8") }
    return text
  }

  private mutating func escape(into buffer: inout ContiguousArray<UInt8>) throws(JSONError) {
    guard index < bytes.count else { throw fault("an escape") }
    let byte = bytes[index]
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
    case UInt8(ascii: "b"): buffer.append(0x08)
    case UInt8(ascii: "f"): buffer.append(0x0C)
    case UInt8(ascii: "n"): buffer.append(0x0A)
    case UInt8(ascii: "r"): buffer.append(0x0D)
    case UInt8(ascii: "t"): buffer.append(0x09)
    case UInt8(ascii: "u"):
      var unit = try hexUnit()
      var scalar = UInt32(unit)
      if unit >= 0xD800, unit <= 0xDBFF, index + 1 < bytes.count, bytes[index] == 0x5C,
        bytes[index + 1] == UInt8(ascii: "u")
      {
        let high = unit
        let before = index
        index += 2
        unit = try hexUnit()
        if unit >= 0xDC00, unit <= 0xDFFF {
          scalar = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(unit) - 0xDC00)
        } else {
          index = before
        }
      }
      // A lone surrogate has no meaning; the replacement character keeps the rest of the text.
      buffer.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
    default: throw fault("an escape")
    }
  }

  private mutating func hexUnit() throws(JSONError) -> UInt16 {
    guard index + 4 <= bytes.count,
      let unit = UInt16(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16),
      bytes[index] != UInt8(ascii: "+")
    else { throw fault("four hexadecimal digits") }
    index += 4
    return unit
  }
}
