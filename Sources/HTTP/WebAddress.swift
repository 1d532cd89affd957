import CCurl
import Glibc

/// An address that may be asked: https, or http on this machine.
///
/// Read by curl's own parser, so that what is checked here is what is connected to.
struct WebAddress: Sendable, Hashable {
  /// The whole address in its normal form.
  let text: String
  /// The host and, where it is not the usual one, the port: for messages.
  let host: String
  /// The path, still encoded.
  let path: String
  /// The query, still encoded, without its question mark; empty when there is none.
  let query: String
  /// Whether the host is this machine.
  let isLoopback: Bool
  /// Whether it is https.
  let isSecure: Bool

  /// - Throws: ``TransferError`` of kind `badAddress`. Its message leaves out the query.
  init(_ text: String) throws(TransferError) {
    guard let parser = curl_url() else {
      throw TransferError(.badAddress, "No memory to read an address.")
    }
    defer { curl_url_cleanup(parser) }
    let shown = text.prefix { $0 != "?" }
    guard curl_url_set(parser, CURLUPART_URL, text, 0) == CURLUE_OK,
      let scheme = Self.part(parser, CURLUPART_SCHEME),
      let host = Self.part(parser, CURLUPART_HOST),
      let whole = Self.part(parser, CURLUPART_URL)
    else {
      throw TransferError(
        .badAddress, "\(shown) is not an address. One looks like https://api.example.com.")
    }
    guard Self.part(parser, CURLUPART_USER) == nil, Self.part(parser, CURLUPART_PASSWORD) == nil
    else {
      throw TransferError(.badAddress, "\(host): an address must not contain a name or password.")
    }
    isLoopback = Self.isLoopback(host)
    guard scheme == "https" || scheme == "http" && isLoopback else {
      throw TransferError(
        .badAddress,
        scheme == "http"
          ? "\(host): plain http is for addresses of this machine only. Use https."
          : "\(host): \(scheme) is not supported. Use https.")
    }
    isSecure = scheme == "https"
    self.text = whole
    self.host = host + (Self.part(parser, CURLUPART_PORT).map { ":\($0)" } ?? "")
    path = Self.part(parser, CURLUPART_PATH) ?? "/"
    query = Self.part(parser, CURLUPART_QUERY) ?? ""
  }

  /// 127.0.0.0/8, ::1 and the name localhost, which curl resolves by itself.
  private static func isLoopback(_ host: String) -> Bool {
    if host.lowercased() == "localhost" || host == "[::1]" { return true }
    var four = in_addr()
    return inet_pton(AF_INET, host, &four) == 1 && UInt32(bigEndian: four.s_addr) >> 24 == 127
  }

  private static func part(_ parser: OpaquePointer, _ part: CURLUPart) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(parser, part, &text, 0) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
