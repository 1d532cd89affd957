import Domain

/// Writes an answer's JSON straight into bytes: a page holds a thousand records, and a tree of
/// values would cost more than the records.
struct MessageWriter {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false

  static func object(_ write: (inout MessageWriter) -> Void) -> [UInt8] {
    var writer = MessageWriter()
    writer.object(write)
    return writer.bytes
  }

  mutating func object(_ write: (inout MessageWriter) -> Void) {
    separate()
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
    write(&self)
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  mutating func array<Elements: Sequence>(
    _ elements: Elements, _ write: (inout MessageWriter, Elements.Element) -> Void
  ) {
    separate()
    bytes.append(UInt8(ascii: "["))
    needsComma = false
    for element in elements { write(&self, element) }
    bytes.append(UInt8(ascii: "]"))
    needsComma = true
  }

  // MARK: Members

  mutating func object(_ key: StaticString, _ write: (inout MessageWriter) -> Void) {
    self.key(key)
    object(write)
  }

  mutating func array<Elements: Sequence>(
    _ key: StaticString, _ elements: Elements,
    _ write: (inout MessageWriter, Elements.Element) -> Void
  ) {
    self.key(key)
    array(elements, write)
  }

  /// A member that is null when there is no value to write an object from.
  mutating func object<Value>(
    _ key: StaticString, _ value: Value?, _ write: (inout MessageWriter, Value) -> Void
  ) {
    self.key(key)
    if let value { object { write(&$0, value) } } else { raw("null") }
  }

  mutating func put(_ key: StaticString, _ value: String?) {
    self.key(key)
    if let value { self.value(value) } else { raw("null") }
  }

  mutating func put(_ key: StaticString, _ value: (some BinaryInteger)?) {
    self.key(key)
    raw(value.map { String($0) } ?? "null")
  }

  mutating func put(_ key: StaticString, _ value: Bool?) {
    self.key(key)
    raw(value.map { $0 ? "true" : "false" } ?? "null")
  }

  mutating func put(_ key: StaticString, _ value: Money?) {
    self.key(key)
    raw(value?.description ?? "null")
  }

  mutating func put(_ key: StaticString, _ value: DecimalText) {
    self.key(key)
    raw(value.description)
  }

  mutating func put(_ key: StaticString, _ value: Day?) { put(key, value?.date.description) }

  /// Whole seconds with a Z, as the service writes them.
  mutating func put(_ key: StaticString, _ value: Instant?) { put(key, value?.secondsText) }

  mutating func put(_ key: StaticString, _ values: [Int32]) {
    array(key, values) { $0.value($1) }
  }

  mutating func null(_ key: StaticString) {
    self.key(key)
    raw("null")
  }

  /// A member written before, elsewhere.
  mutating func put(_ key: StaticString, encoded: [UInt8]) {
    self.key(key)
    separate()
    bytes.append(contentsOf: encoded)
    needsComma = true
  }

  // MARK: Elements

  mutating func value(_ number: Int32) { raw(String(number)) }

  mutating func encoded(_ value: [UInt8]) {
    separate()
    bytes.append(contentsOf: value)
    needsComma = true
  }

  mutating func value(_ text: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), 0x5C:
        bytes.append(0x5C)
        bytes.append(byte)
      case 0..<0x20:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(Self.hexDigit(byte >> 4))
        bytes.append(Self.hexDigit(byte & 15))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
    needsComma = true
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 + value : 0x61 + value - 10
  }

  private mutating func key(_ key: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    key.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  private mutating func raw(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = false
  }
}
