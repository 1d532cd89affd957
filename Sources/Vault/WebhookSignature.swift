// Whether a webhook's call really comes from the service: pure functions over what arrived.

/// Buildium's: Base64 of HMAC-SHA-256 over the timestamp, a full stop and the raw body, with the
/// secret's text as the key.
public enum BuildiumSignature {
  /// How far a timestamp may be off. Buildium publishes none; five minutes is the custom.
  public static let toleranceSeconds: Int64 = 300

  /// The value of `buildium-webhook-signature`.
  public static func text(timestamp: String, body: [UInt8], secret: String) -> String {
    Base64.text(HMAC.sha256(Array("\(timestamp).".utf8) + body, key: Array(secret.utf8)))
  }

  /// Whether the signature belongs to this timestamp and body, and the timestamp is of now.
  ///
  /// - Parameters:
  ///   - timestamp: `buildium-webhook-timestamp`: when it was sent, in seconds since 1970.
  ///   - body: the bytes as they arrived, never written anew.
  ///   - nowSeconds: the machine's time in seconds since 1970.
  public static func isValid(
    _ signature: String, timestamp: String, body: [UInt8], secret: String, nowSeconds: Int64
  ) -> Bool {
    let expected = text(timestamp: timestamp, body: body, secret: secret)
    guard !secret.isEmpty, constantTimeEqual(Array(signature.utf8), Array(expected.utf8)),
      let sent = Int64(timestamp)
    else { return false }
    let (difference, overflow) = nowSeconds.subtractingReportingOverflow(sent)
    return !overflow && difference.magnitude <= UInt64(toleranceSeconds)
  }
}

/// Airtable's: hexadecimal HMAC-SHA-256 over the raw body, with the decoded secret as the key.
public enum AirtableSignature {
  private static let prefix = "hmac-sha256="

  /// The value of `X-Airtable-Content-MAC`; nil when the secret is no Base64.
  public static func text(body: [UInt8], macSecretBase64: String) -> String? {
    guard let key = Base64.bytes(macSecretBase64), !key.isEmpty else { return nil }
    return prefix + Hex.text(HMAC.sha256(body, key: key))
  }

  /// Whether the signature belongs to this body.
  ///
  /// - Parameter macSecretBase64: the secret as Airtable gave it when the webhook was made.
  public static func isValid(_ signature: String, body: [UInt8], macSecretBase64: String) -> Bool {
    guard let expected = text(body: body, macSecretBase64: macSecretBase64) else { return false }
    return constantTimeEqual(Array(signature.lowercased().utf8), Array(expected.utf8))
  }
}
