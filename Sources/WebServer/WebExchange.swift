/// A request as a server received it.
public struct WebRequest: Sendable {
  /// GET, POST, PUT, PATCH or DELETE.
  public var method: String
  /// The path, percent-decoded, without the query.
  public var path: String
  /// The query as it stood in the request line, still encoded; empty when there was none.
  public var rawQuery: String
  /// The query's pairs in order, decoded (`+` is a space); a name may repeat.
  public var query: [(name: String, value: String)]
  /// Names in lower case.
  public var headers: [String: String]
  /// The bytes of the body.
  public var body: [UInt8]
  /// The decoded parts of the path between its slashes; unlike ``path`` they keep a slash that was
  /// encoded, as in the name of a table.
  public var pathSegments: [String]

  /// A request, for tests and the server.
  public init(
    method: String, path: String, rawQuery: String = "",
    query: [(name: String, value: String)] = [], headers: [String: String] = [:],
    body: [UInt8] = []
  ) {
    (self.method, self.path, self.rawQuery, self.query) = (method, path, rawQuery, query)
    (self.headers, self.body) = (headers, body)
    pathSegments = path.split(separator: "/").map(String.init)
  }

  /// A request as its request line names it: `/path?query`, both still encoded.
  public init(
    method: String, target: String, headers: [String: String] = [:], body: [UInt8] = []
  ) {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let rawPath = parts[0]
    let rawQuery = parts.count > 1 ? String(parts[1]) : ""
    self.init(
      method: method, path: percentDecoded(rawPath), rawQuery: rawQuery,
      query: queryPairs(rawQuery), headers: headers, body: body)
    pathSegments = rawPath.split(separator: "/").map { percentDecoded($0) }
  }
}

/// An answer to give.
public struct WebResponse: Sendable {
  /// How the answer leaves: a server under test misbehaves on purpose.
  public enum Delivery: Sendable, Hashable {
    case whole
    /// The connection is closed after so many bytes of the body, with the whole length announced.
    case cut(afterBytes: Int)
    /// The connection is closed without any answer.
    case dropped
  }

  /// The HTTP status.
  public var status: Int
  /// The header fields.
  public var headers: [(name: String, value: String)]
  /// The bytes of the body.
  public var body: [UInt8]
  /// The answer is held back so long.
  public var delayMilliseconds: Int
  /// How it leaves.
  public var delivery: Delivery

  /// An answer.
  public init(
    status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
    delayMilliseconds: Int = 0, delivery: Delivery = .whole
  ) {
    (self.status, self.headers, self.body) = (status, headers, body)
    (self.delayMilliseconds, self.delivery) = (delayMilliseconds, delivery)
  }
}
