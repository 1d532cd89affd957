import CSodium

/// Random bytes fit for keys, and identifiers made of them. A test passes bytes of its own.
public struct SecureRandom: Sendable {
  private let source: @Sendable (Int) -> [UInt8]

  /// The machine's own randomness.
  public init() {
    self.init { count in
      Sodium.prepare()
      var bytes = [UInt8](repeating: 0, count: count)
      randombytes_buf(&bytes, count)
      return bytes
    }
  }

  /// - Parameter source: gives so many bytes as it is asked for.
  public init(source: @escaping @Sendable (Int) -> [UInt8]) { self.source = source }

  /// So many random bytes.
  public func bytes(_ count: Int) -> [UInt8] { source(count) }

  /// A UUID of version 4 (RFC 9562) as 36 lower-case characters.
  public func uuid() -> String {
    var bytes = bytes(16)
    bytes[6] = bytes[6] & 0x0f | 0x40
    bytes[8] = bytes[8] & 0x3f | 0x80
    let digits = Array(Hex.text(bytes).utf8)
    let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return groups.map { String(decoding: digits[$0], as: UTF8.self) }.joined(separator: "-")
  }
}
