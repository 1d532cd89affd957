import Background

/// Whoever sends a request and waits for the answer: the real client, or a script in a test.
public protocol HTTPSending: Sendable {
  /// Sends and blocks until the answer is there or the cancellation fires (within milliseconds).
  ///
  /// Any HTTP status is an answer; only the lack of one is an error.
  func send(_ request: HTTPRequest, cancellation: Cancellation) throws(TransferError)
    -> HTTPResponse

  /// As ``send(_:cancellation:)``, and tells when the request is about to be written to its
  /// connection, which a pacer needs to know to the millisecond.
  ///
  /// - Parameter willWrite: called once at most, on any thread; never when nothing is sent.
  func send(
    _ request: HTTPRequest, cancellation: Cancellation, willWrite: @escaping @Sendable () -> Void
  ) throws(TransferError) -> HTTPResponse
}

extension HTTPSending {
  /// For senders without a connection: the request counts as written when it is sent.
  public func send(
    _ request: HTTPRequest, cancellation: Cancellation, willWrite: @escaping @Sendable () -> Void
  ) throws(TransferError) -> HTTPResponse {
    willWrite()
    return try send(request, cancellation: cancellation)
  }
}
