import Background

/// Whoever sends a request and waits for the answer: the real client, or a script in a test.
public protocol HTTPSending: Sendable {
  /// Sends and blocks until the answer is there or the cancellation fires (within milliseconds).
  ///
  /// Any HTTP status is an answer; only the lack of one is an error.
  func send(_ request: HTTPRequest, cancellation: Cancellation) throws(TransferError)
    -> HTTPResponse
}
