import Glibc

@testable import WebServer

/// Fifty rows as JSON, plain and as gzip made by another program.
enum CompressedRows {
  static let text = "{\"rows\":[" + (0..<50).map { "{\"Id\":\($0)}" }.joined(separator: ",") + "]}"

  static let gzip: [UInt8] = {
    let digits = Array(hexadecimal)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
  }()

  private static let hexadecimal = """
    1f8b080000000000020345d12d0e02411044e1bb8c46d055c5cfee0d3803c1e1494020367b7704e937eea9fa\
    3a33db78bfbe9fb1deb7717b8ef5b81ffe511dea70473a4e1de78e4bc7b56361704eb35d8c17ebc57cb15f00\
    85501085210ccdfb3184210c61084318c21086318ce1f94818c63086318c610c63042318c1c8fc098c600423\
    18c1c8b23ff61f44bb4c9bf4010000
    """
}

/// A certificate for 127.0.0.1 that signed itself, good until 2120. It protects nothing: its key
/// stands here for everybody to read.
enum SelfSigned {
  static let identity = LoopbackServer.Identity(certificate: certificate, key: key)

  /// A file with the certificate, as an authority to trust.
  static func authorityFile() -> String {
    var template = Array("/tmp/http-tests-\(String(repeating: "X", count: 6))".utf8CString)
    let descriptor = mkstemp(&template)
    let bytes = Array(certificate.utf8)
    _ = write(descriptor, bytes, bytes.count)
    close(descriptor)
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBZTCCAQqgAwIBAgIBATAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1sb29wYmFj
    ayB0ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAYMRYwFAYD
    VQQDDA1sb29wYmFjayB0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEG/VP
    xYKq7swQ6mH4yZIEwaa5zb9eeS4qyrXZpUbRBzjj2iLin1k88VN3wrx7YAv3Jlc4
    RMjCwKwvEaZGsIejkqNDMEEwDwYDVR0RBAgwBocEfwAAATAPBgNVHRMBAf8EBTAD
    AQH/MB0GA1UdDgQWBBQ+d/PS9oEIzevFkFy7EDa08detaDAKBggqhkjOPQQDAgNJ
    ADBGAiEA+7SLhsBHOFM5+hvMzKEyeki/1/Xz60UJ29aCxOH3OUQCIQCxPxMcZNow
    DeVj18SuZHek3c77v8WGab3UuH7WF/HGyQ==
    -----END CERTIFICATE-----
    """

  private static let key = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgyvEbkO2qbtVvwCJR
    ulQBs8ZNxgweNn7p6hNvWh/fs32hRANCAAQb9U/FgqruzBDqYfjJkgTBprnNv155
    LirKtdmlRtEHOOPaIuKfWTzxU3fCvHtgC/cmVzhEyMLArC8Rpkawh6OS
    -----END PRIVATE KEY-----
    """
}
