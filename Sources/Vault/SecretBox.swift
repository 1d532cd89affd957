import CSodium

/// A key in memory that is locked there and wiped when the last user lets go of it.
public final class SecretKey: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
  // Sendable: the bytes are written in the initialiser and only read afterwards.
  private let start: UnsafeMutableRawPointer

  /// Bytes of a key.
  public static let byteCount = Int(crypto_aead_xchacha20poly1305_ietf_KEYBYTES)

  /// A key of its 32 bytes; nil for any other number.
  public init?(_ bytes: [UInt8]) {
    Sodium.prepare()
    guard bytes.count == Self.byteCount, let start = sodium_malloc(Self.byteCount) else {
      return nil
    }
    bytes.withUnsafeBytes { bytes in
      if let source = bytes.baseAddress {
        start.copyMemory(from: source, byteCount: bytes.count)
      }
    }
    self.start = start
  }

  deinit { sodium_free(start) }

  /// Says what it is and not its value.
  public var description: String { "SecretKey" }
  /// Hides the bytes from dumps.
  public var customMirror: Mirror { Mirror(self, children: []) }

  func withBytes<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
    body(UnsafePointer(start.assumingMemoryBound(to: UInt8.self)))
  }
}

/// Seals values so that nobody without the key can read, change, or move them to another place.
///
/// XChaCha20-Poly1305 with a random nonce. A sealed value is its version (one byte, 1), the nonce
/// (24) and the ciphertext with its tag (as long as the value, and 16).
public struct SecretBox: Sendable {
  private let key: SecretKey
  private let random: SecureRandom

  private static let version: UInt8 = 1
  private static let nonceBytes = Int(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
  private static let tagBytes = Int(crypto_aead_xchacha20poly1305_ietf_ABYTES)

  /// A box with its key.
  public init(key: SecretKey, random: SecureRandom = SecureRandom()) {
    (self.key, self.random) = (key, random)
  }

  /// Seals a value. Equal values give different bytes each time.
  ///
  /// - Parameter purpose: the one place the value is for, such as `airtable.token` or
  ///   `vendor/17/tax_id`. It opens only under the same purpose.
  public func seal(_ value: [UInt8], purpose: String) -> [UInt8] {
    Sodium.prepare()
    let nonce = random.bytes(Self.nonceBytes)
    let context = Self.context(purpose)
    var sealed = [UInt8](repeating: 0, count: value.count + Self.tagBytes)
    key.withBytes { key in
      _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
        &sealed, nil, value, UInt64(value.count), context, UInt64(context.count), nil, nonce, key)
    }
    return [Self.version] + nonce + sealed
  }

  /// Seals the UTF-8 of a text.
  public func seal(_ text: String, purpose: String) -> [UInt8] {
    seal(Array(text.utf8), purpose: purpose)
  }

  /// The value that was sealed for this purpose.
  ///
  /// - Throws: ``VaultError`` of kind `cannotOpen`.
  public func open(_ sealed: [UInt8], purpose: String) throws(VaultError) -> [UInt8] {
    Sodium.prepare()
    guard sealed.count >= 1 + Self.nonceBytes + Self.tagBytes else {
      throw VaultError(.cannotOpen, "The sealed value for \(purpose) is cut short.")
    }
    guard sealed[0] == Self.version else {
      throw VaultError(
        .cannotOpen,
        "The sealed value for \(purpose) has the form \(sealed[0]), which this program does not know."
          + " A newer one may.")
    }
    let nonce = Array(sealed[1..<1 + Self.nonceBytes])
    let text = Array(sealed[(1 + Self.nonceBytes)...])
    let context = Self.context(purpose)
    var value = [UInt8](repeating: 0, count: text.count - Self.tagBytes)
    let code = key.withBytes { key in
      crypto_aead_xchacha20poly1305_ietf_decrypt(
        &value, nil, nil, text, UInt64(text.count), context, UInt64(context.count), nonce, key)
    }
    guard code == 0 else {
      throw VaultError(
        .cannotOpen,
        "The sealed value for \(purpose) cannot be opened: it was altered, or sealed with another"
          + " key. Restore the key file that belongs to this store, or enter the value again.")
    }
    return value
  }

  /// The text that was sealed for this purpose.
  ///
  /// - Throws: ``VaultError`` of kind `cannotOpen`.
  public func openText(_ sealed: [UInt8], purpose: String) throws(VaultError) -> String {
    String(decoding: try open(sealed, purpose: purpose), as: UTF8.self)
  }

  /// What is authenticated beside the value: the form it has and the place it is for.
  private static func context(_ purpose: String) -> [UInt8] { [version] + Array(purpose.utf8) }
}
