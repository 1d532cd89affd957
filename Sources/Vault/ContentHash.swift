import CSodium

/// Fingerprints of contents.
public enum ContentHash {
  /// SHA-256: 32 bytes.
  public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    Sodium.prepare()
    var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
    crypto_hash_sha256(&digest, bytes, UInt64(bytes.count))
    return digest
  }

  /// SHA-256 as 64 lower-case hexadecimal digits.
  public static func sha256Hex(_ bytes: [UInt8]) -> String { Hex.text(sha256(bytes)) }

  /// SHA-256 of the text's UTF-8 as 64 lower-case hexadecimal digits.
  public static func sha256Hex(_ text: String) -> String { sha256Hex(Array(text.utf8)) }
}

/// Message authentication codes.
public enum HMAC {
  /// HMAC-SHA-256 with a key of any length: 32 bytes.
  public static func sha256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    Sodium.prepare()
    var state = crypto_auth_hmacsha256_state()
    var code = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
    crypto_auth_hmacsha256_init(&state, key, key.count)
    crypto_auth_hmacsha256_update(&state, message, UInt64(message.count))
    crypto_auth_hmacsha256_final(&state, &code)
    return code
  }
}

/// Whether two secrets are equal, in a time that tells nothing but their lengths.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  Sodium.prepare()
  return sodium_memcmp(left, right, left.count) == 0
}
