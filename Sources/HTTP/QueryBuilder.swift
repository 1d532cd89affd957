/// Percent-encoding as RFC 3986 has it.
public enum PercentEncoding {
  /// A segment of a path, or a name or value of a query: everything but letters, digits and
  /// `-._~` is encoded, the slash too.
  public static func component(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        encoded.append(byte)
      default:
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}

/// The query of an address, encoded as it grows. An array repeats its name, the one form Buildium
/// understands.
public struct QueryBuilder: Sendable, Hashable {
  /// The query without its question mark.
  public private(set) var text = ""

  /// A query without a pair.
  public init() {}

  /// Characters so far. Buildium answers 500 to more than 4,096, Airtable refuses an address of
  /// more than 16,000.
  public var length: Int { text.utf8.count }

  /// Adds a pair.
  public mutating func add(_ name: String, _ value: String) {
    if !text.isEmpty { text += "&" }
    text += "\(PercentEncoding.component(name))=\(PercentEncoding.component(value))"
  }

  /// Adds a pair for each value.
  public mutating func add(_ name: String, _ values: [String]) {
    for value in values { add(name, value) }
  }

  /// Takes as many of the values as the whole query may hold, for a request in several parts.
  ///
  /// - Returns: the values for which there was no room.
  public mutating func fill(
    _ name: String, _ values: ArraySlice<String>, lengthMax: Int
  ) -> ArraySlice<String> {
    for index in values.indices {
      var longer = self
      longer.add(name, values[index])
      guard longer.length <= lengthMax else { return values[index...] }
      self = longer
    }
    return []
  }
}

/// Where a service is: an address that was checked, under which paths are put together.
public struct BaseAddress: Sendable, Hashable, CustomStringConvertible {
  /// The address without a slash at its end.
  public let text: String

  /// - Throws: ``TransferError`` of kind `badAddress` for anything but https, or http on this
  ///   machine, and for an address with a query, a fragment, a name or a password.
  public init(_ address: String) throws(TransferError) {
    let parsed = try WebAddress(address)
    guard !address.contains("?"), !address.contains("#") else {
      throw TransferError(.badAddress, "\(parsed.host): a base address has no query or fragment.")
    }
    var text = Substring(parsed.text)
    while text.hasSuffix("/") { text.removeLast() }
    self.text = String(text)
  }

  /// The form it has in requests.
  public var description: String { text }

  /// The whole address of a request.
  ///
  /// - Parameter path: segments, not yet encoded.
  public func url(_ path: [String], _ query: QueryBuilder = QueryBuilder()) -> String {
    let path = path.map { "/\(PercentEncoding.component($0))" }.joined()
    return text + path + (query.text.isEmpty ? "" : "?\(query.text)")
  }
}
