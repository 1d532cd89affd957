/// A request to a service.
public struct HTTPRequest: Sendable, Hashable {
  /// What may be done when no clear answer comes.
  public enum Repeatability: Sendable, Hashable {
    /// Reading, or writing that can be repeated without harm: retried by the client.
    case repeatable
    /// Never sent twice by the client once a byte may have left, whatever happens; only refusals
    /// that prove it was not carried out (no connection, 429) are retried.
    case once
  }

  /// Who goes first when requests wait for their turn.
  public enum Priority: Int, Sendable, Hashable, Comparable {
    /// A person waits for it.
    case interactive
    case normal
    /// Nobody waits for it.
    case background

    /// The more urgent first.
    public static func < (left: Priority, right: Priority) -> Bool {
      left.rawValue < right.rawValue
    }
  }

  /// GET, POST, PUT, PATCH or DELETE.
  public var method: String
  /// The whole address, with the query.
  public var url: String
  /// The header fields.
  public var headers: [(name: String, value: String)]
  /// The bytes of the body.
  public var body: [UInt8]?
  /// What may be done when no clear answer comes.
  public var repeatability: Repeatability
  /// How long the whole exchange may take.
  public var timeoutMilliseconds: Int
  /// Who goes first when requests wait for their turn.
  public var priority = Priority.normal
  /// How long the answer may be used again, for GET; nil always asks anew.
  public var cacheSeconds: Int?

  /// A request. GET is repeatable; anything else must say what it is.
  public init(
    _ method: String, _ url: String, headers: [(name: String, value: String)] = [],
    body: [UInt8]? = nil, repeatability: Repeatability, timeoutMilliseconds: Int = 60_000
  ) {
    (self.method, self.url, self.headers, self.body) = (method, url, headers, body)
    (self.repeatability, self.timeoutMilliseconds) = (repeatability, timeoutMilliseconds)
  }

  /// Equal when every part is.
  public static func == (left: HTTPRequest, right: HTTPRequest) -> Bool {
    left.method == right.method && left.url == right.url && left.body == right.body
      && left.headers.elementsEqual(right.headers) { $0 == $1 }
  }

  /// Feeds the parts that make two values equal.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(method)
    hasher.combine(url)
    hasher.combine(body)
  }
}

/// An answer.
public struct HTTPResponse: Sendable {
  /// The HTTP status.
  public var status: Int
  /// Names in lower case.
  public var headers: [String: String]
  /// The bytes of the body.
  public var body: [UInt8]
  /// From the first byte sent to the last received.
  public var durationMilliseconds: Int

  /// An answer.
  public init(
    status: Int, headers: [String: String] = [:], body: [UInt8] = [], durationMilliseconds: Int = 0
  ) {
    (self.status, self.headers, self.body) = (status, headers, body)
    self.durationMilliseconds = durationMilliseconds
  }
}

/// Why there is no answer.
public struct TransferError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The sort of failure.
  public enum Kind: String, Sendable, Hashable {
    /// The address is refused before anything is sent: plain http to another machine, no http at all.
    case badAddress
    /// No connection was made: nothing was sent.
    case noConnection
    /// The certificate or the handshake failed: nothing was sent.
    case tls
    /// Time ran out; the request may have been carried out.
    case timeout
    /// The connection broke, or the answer was cut short; the request may have been carried out.
    case broken
    /// The answer is larger than allowed.
    case tooLarge
    /// The work was asked to stop; the request may have been carried out.
    case cancelled
    /// The breaker is open: the service failed repeatedly and is left alone for a while.
    case breakerOpen
  }

  /// The sort of failure.
  public var kind: Kind
  /// What happened, in a sentence, without the query or any header.
  public var message: String
  /// Whether the request may have been carried out although no answer came.
  public var mayHaveLanded: Bool

  /// An error with its sentence.
  ///
  /// - Parameter mayHaveLanded: nil follows from the kind; false where it is known that not a byte
  ///   left, as when work is stopped in the queue.
  public init(_ kind: Kind, _ message: String, mayHaveLanded: Bool? = nil) {
    (self.kind, self.message) = (kind, message)
    let usually =
      switch kind {
      case .timeout, .broken, .cancelled, .tooLarge: true
      case .badAddress, .noConnection, .tls, .breakerOpen: false
      }
    self.mayHaveLanded = mayHaveLanded ?? usually
  }

  /// The form shown in logs and messages.
  public var description: String { "\(kind.rawValue): \(message)" }
}
