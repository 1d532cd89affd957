/// One attempt at one request, for the log of calls. Holds no secret and no personal number.
public struct CallRecord: Sendable, Hashable {
  /// Which service, as the client was named.
  public var service: String
  /// GET, POST, PUT, PATCH or DELETE.
  public var method: String
  /// The path with its ids, and the query with personal values masked.
  public var path: String
  /// The HTTP status; nil when no answer came.
  public var status: Int?
  /// When it was sent, in milliseconds since 1970.
  public var startedAtMilliseconds: Int64
  /// How long it took.
  public var durationMilliseconds: Int
  /// 1 for the first attempt.
  public var attempt: Int
  /// Bytes of the request's body.
  public var requestBytes: Int
  /// Bytes of the answer's body.
  public var responseBytes: Int
  /// Whether the answer was one kept from before and nothing was sent.
  public var isFromCache: Bool
  /// What went wrong, in a sentence; nil when nothing did.
  public var error: String?

  /// A record.
  public init(
    service: String, method: String, path: String, status: Int?, startedAtMilliseconds: Int64,
    durationMilliseconds: Int, attempt: Int, requestBytes: Int = 0, responseBytes: Int = 0,
    isFromCache: Bool = false, error: String? = nil
  ) {
    (self.service, self.method, self.path, self.status) = (service, method, path, status)
    self.startedAtMilliseconds = startedAtMilliseconds
    self.durationMilliseconds = durationMilliseconds
    (self.attempt, self.isFromCache, self.error) = (attempt, isFromCache, error)
    (self.requestBytes, self.responseBytes) = (requestBytes, responseBytes)
  }
}

/// Where answers are kept for a while; the store has one.
public protocol ResponseCaching: Sendable {
  /// The answer kept under a key, unless it has expired.
  func response(for key: String, nowMilliseconds: Int64) -> HTTPResponse?
  /// Keeps an answer until a moment in milliseconds since 1970.
  func keep(_ response: HTTPResponse, for key: String, expiresAtMilliseconds: Int64)
}
