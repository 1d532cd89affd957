import Background
import CCurl

/// The HTTP client: any thread sends, one thread of its own owns all connections.
///
/// Connections are kept and used again, over HTTP/2 where the server offers it. Certificates are
/// always verified and no setting turns that off. Redirects are answers and are not followed, so
/// credentials go nowhere else. No request is ever written twice: see ``CurlLoop``.
///
/// An answer that ends early or whose encoding is damaged is an error. One gap is curl's: it does
/// not notice that a gzip stream lacks its end; whoever reads the document does.
public final class CurlClient: HTTPSending {
  private let mailbox: Mailbox<CurlLoop.Command>

  /// What holds for all requests of one client.
  struct Settings: Sendable {
    /// An answer with a longer body is an error of kind `tooLarge`.
    var bodyBytesMax = 64 << 20
    /// How long making a connection may take.
    var connectMilliseconds = 10_000
    /// A transfer slower than this many bytes a second for so many seconds is given up. Buildium
    /// takes 15 seconds over a small answer at times, so silence alone is borne longer.
    var slowest = (bytesPerSecond: 30, seconds: 40)
    /// Certificates to trust instead of the system's, for tests.
    var authorityFile: String?
  }

  /// A client with connections of its own.
  public convenience init() { self.init(settings: Settings()) }

  init(settings: Settings) {
    let multi = CurlMulti()
    let mailbox = Mailbox<CurlLoop.Command> { multi.wake() }
    self.mailbox = mailbox
    // The thread lives until `deinit` asks it to end.
    _ = Worker(name: "http") {
      CurlLoop(multi: multi, mailbox: mailbox, settings: settings).run()
    }
  }

  deinit { mailbox.post(.stop) }

  /// As the protocol says.
  ///
  /// - Throws: ``TransferError`` of any kind but `breakerOpen`.
  public func send(
    _ request: HTTPRequest, cancellation: Cancellation
  ) throws(TransferError) -> HTTPResponse {
    try send(request, cancellation: cancellation, willWrite: {})
  }

  /// As the protocol says.
  public func send(
    _ request: HTTPRequest, cancellation: Cancellation, willWrite: @escaping @Sendable () -> Void
  ) throws(TransferError) -> HTTPResponse {
    let address = try WebAddress(request.url)
    for (name, value) in request.headers where !Self.isSendable(name, value) {
      throw TransferError(
        .badAddress, "\(address.host): the header field \(name) contains a line break or a control."
      )
    }
    let job = CurlJob(request, address, cancellation, willWrite)
    let mailbox = mailbox
    let token = cancellation.onCancel { mailbox.post(.cancel(job)) }
    defer { cancellation.removeHandler(token) }
    mailbox.post(.start(job))
    // The loop answers every job once, whatever becomes of it.
    while true {
      if let result = job.reply.waitAndTakeAll().first { return try result.get() }
    }
  }

  private static func isSendable(_ name: String, _ value: String) -> Bool {
    let isToken = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }
    return isToken && !name.isEmpty && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 9 }
  }
}

/// A request on its way to the loop, and the way back.
final class CurlJob: Sendable {
  let request: HTTPRequest
  let address: WebAddress
  let cancellation: Cancellation
  let willWrite: @Sendable () -> Void
  let reply = Mailbox<Result<HTTPResponse, TransferError>>()

  init(
    _ request: HTTPRequest, _ address: WebAddress, _ cancellation: Cancellation,
    _ willWrite: @escaping @Sendable () -> Void
  ) {
    (self.request, self.address, self.cancellation) = (request, address, cancellation)
    self.willWrite = willWrite
  }
}

/// curl's set of transfers.
final class CurlMulti: @unchecked Sendable {
  // Sendable: made once; `wake` may be called from any thread, everything else happens on the
  // loop's thread, which ends before the last reference goes.
  let pointer: UnsafeMutableRawPointer

  private static let isPrepared = rb_curl_prepare() == CURLE_OK
  /// Connections to one server; Buildium's policy uses 10, Airtable's 8.
  private static let connectionsPerHostMax = 64
  private static let connectionsMax = 128

  init() {
    precondition(Self.isPrepared, "libcurl cannot be prepared")
    guard let pointer = curl_multi_init() else { preconditionFailure("no memory for libcurl") }
    self.pointer = pointer
    _ = rb_curl_multi_number(pointer, CURLMOPT_MAX_HOST_CONNECTIONS, Self.connectionsPerHostMax)
    _ = rb_curl_multi_number(pointer, CURLMOPT_MAXCONNECTS, Self.connectionsMax)
  }

  deinit { curl_multi_cleanup(pointer) }

  func wake() { curl_multi_wakeup(pointer) }
}
