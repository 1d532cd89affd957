import CMicrohttpd
import Glibc
import Synchronization

/// An HTTP/1.1 server, by default for this machine only.
///
/// Each connection has a thread of its own, so the handler may block, and an answer held back
/// holds up no other. What a program under test should survive can be answered on purpose: see
/// ``WebResponse/Delivery``.
public final class LoopbackServer: Sendable {
  /// Answers one request, on any thread and on several at once.
  public typealias Handler = @Sendable (WebRequest) -> WebResponse

  /// The address it listens on, as it was given.
  public let address: String
  /// The port it listens on.
  public let port: Int

  /// `http://ADDRESS:PORT`, without a slash at the end.
  public var url: String {
    "\(scheme)://" + (address.contains(":") ? "[\(address)]" : address) + ":\(port)"
  }

  private let scheme: String
  private let daemon: Daemon
  private let service: Service
  private let isStopped = Atomic(false)

  /// Connections open at once; more are refused.
  private static let connectionsMax: UInt32 = 1000
  /// Seconds a connection may stay silent.
  private static let idleSeconds: UInt32 = 120
  /// Memory of a connection for its request line and header fields; longer ones get 414 or 431.
  private static let connectionBytes = 256 << 10

  /// Listens and answers from now on.
  ///
  /// - Parameters:
  ///   - address: an IPv4 or IPv6 address in digits.
  ///   - port: 0 takes any free port.
  ///   - bodyBytesMax: a request with a longer body is answered 413 without asking the handler.
  public convenience init(
    address: String = "127.0.0.1", port: Int = 0, bodyBytesMax: Int = 16 << 20,
    handler: @escaping Handler
  ) throws(WebServerError) {
    try self.init(
      address: address, port: port, bodyBytesMax: bodyBytesMax, identity: nil, handler: handler)
  }

  /// A certificate and its key, both PEM.
  struct Identity {
    let certificate: String
    let key: String
  }

  /// - Parameter identity: with one it speaks TLS.
  init(
    address: String, port: Int, bodyBytesMax: Int, identity: Identity?,
    handler: @escaping Handler
  ) throws(WebServerError) {
    let service = try Service(bodyBytesMax: bodyBytesMax, handler: handler)
    let socket = try ListeningSocket(address: address, port: port)
    guard
      let daemon = rb_mhd_start(
        socket.descriptor, answerRequest, beginExchange, endExchange,
        Unmanaged.passUnretained(service).toOpaque(), Self.connectionsMax, Self.idleSeconds,
        Self.connectionBytes, identity?.certificate, identity?.key)
    else {
      close(socket.descriptor)
      throw WebServerError("Cannot serve \(address):\(socket.port): no thread could be started.")
    }
    self.daemon = Daemon(pointer: daemon)
    self.service = service
    self.address = address
    scheme = identity == nil ? "http" : "https"
    self.port = socket.port
  }

  /// Closes every connection and returns when no handler runs any more. Answers held back are
  /// dropped. Repeating it does nothing. Never call it from the handler, which it waits for.
  public func stop() {
    guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    service.release()
    MHD_stop_daemon(daemon.pointer)
  }

  deinit { stop() }
}

/// The library's handle.
private struct Daemon: @unchecked Sendable {
  // Sendable: the pointer is never changed, and the library locks what it points to.
  let pointer: OpaquePointer
}

/// What the library's callbacks work with; it outlives the daemon.
private final class Service: Sendable {
  let handler: LoopbackServer.Handler
  let bodyBytesMax: Int
  /// A pipe whose writing end is closed at the stop, which wakes whoever holds an answer back.
  private let gate: (reading: Int32, writing: Int32)

  /// A body over the limit is read on so far, that its sender gets to see the 413.
  static let discardedBytesMax = 64 << 20

  init(bodyBytesMax: Int, handler: @escaping LoopbackServer.Handler) throws(WebServerError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw WebServerError("Cannot serve: \(String(cString: strerror(errno))).")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    gate = (ends[0], ends[1])
    (self.bodyBytesMax, self.handler) = (bodyBytesMax, handler)
  }

  deinit { close(gate.reading) }

  func release() { close(gate.writing) }

  /// Whether the time passed without the server being stopped.
  func hold(milliseconds: Int) -> Bool {
    var entry = pollfd(fd: gate.reading, events: 0, revents: 0)
    return poll(&entry, 1, Int32(clamping: milliseconds)) <= 0
  }
}

/// One request while its parts arrive, owned by the connection.
private final class Exchange {
  let target: String
  var hasBegun = false
  var body: [UInt8] = []
  var discardedBytes = 0

  init(target: String) { self.target = target }
}

/// The rest of a body that will be cut short.
private final class CutBody {
  let bytes: ArraySlice<UInt8>
  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }
}

private func beginExchange(
  _: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  let target = target.map { String(cString: $0) } ?? "/"
  return Unmanaged.passRetained(Exchange(target: target)).toOpaque()
}

private func endExchange(
  _: UnsafeMutableRawPointer?, _: OpaquePointer?,
  _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _: MHD_RequestTerminationCode
) {
  guard let pointer = state?.pointee else { return }
  Unmanaged<Exchange>.fromOpaque(pointer).release()
  state?.pointee = nil
}

/// Called once with the header fields, then with each piece of the body, then without any piece.
private func answerRequest(
  _ service: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _: UnsafePointer<CChar>?,
  _ method: UnsafePointer<CChar>?, _: UnsafePointer<CChar>?, _ piece: UnsafePointer<CChar>?,
  _ pieceBytes: UnsafeMutablePointer<Int>?,
  _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let service, let connection, let method, let pieceBytes, let pointer = state?.pointee
  else { return .NO }
  let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
  let server = Unmanaged<Service>.fromOpaque(service).takeUnretainedValue()
  if !exchange.hasBegun {
    exchange.hasBegun = true
    let announced = MHD_lookup_connection_value(connection, .HEADER_KIND, "Content-Length")
      .flatMap { Int(String(cString: $0)) }
    if let announced, announced > server.bodyBytesMax + Service.discardedBytesMax {
      return queue(tooLarge(server), connection)
    }
    exchange.body.reserveCapacity(min(announced ?? 0, server.bodyBytesMax))
    return .YES
  }
  if pieceBytes.pointee > 0 {
    let count = pieceBytes.pointee
    pieceBytes.pointee = 0
    if exchange.discardedBytes > 0 || exchange.body.count + count > server.bodyBytesMax {
      exchange.discardedBytes += count
      exchange.body = []
      return exchange.discardedBytes > Service.discardedBytesMax ? .NO : .YES
    }
    exchange.body.append(contentsOf: UnsafeRawBufferPointer(start: piece, count: count))
    return .YES
  }
  if exchange.discardedBytes > 0 { return queue(tooLarge(server), connection) }
  let request = WebRequest(
    method: String(cString: method), target: exchange.target, headers: headers(of: connection),
    body: exchange.body)
  let response = server.handler(request)
  if response.delayMilliseconds > 0, !server.hold(milliseconds: response.delayMilliseconds) {
    return .NO
  }
  return queue(response, connection)
}

private func tooLarge(_ server: Service) -> WebResponse {
  let text = "A body may have \(server.bodyBytesMax) bytes at most."
  return WebResponse(
    status: 413, headers: [("Content-Type", "text/plain; charset=utf-8")], body: Array(text.utf8))
}

/// The header fields by lower-cased names; a name that repeats has its values joined by commas.
private func headers(of connection: OpaquePointer) -> [String: String] {
  var headers: [String: String] = [:]
  withUnsafeMutablePointer(to: &headers) { headers in
    _ = MHD_get_connection_values(
      connection, .HEADER_KIND,
      { headers, _, name, value in
        guard let headers, let name else { return .YES }
        let key = String(cString: name).lowercased()
        let text = value.map { String(cString: $0) } ?? ""
        headers.withMemoryRebound(to: [String: String].self, capacity: 1) { headers in
          headers.pointee[key] = headers.pointee[key].map { "\($0), \(text)" } ?? text
        }
        return .YES
      }, headers)
  }
  return headers
}

private func queue(_ response: WebResponse, _ connection: OpaquePointer) -> MHD_Result {
  guard response.delivery != .dropped, let made = message(response) else { return .NO }
  defer { MHD_destroy_response(made) }
  for (name, value) in response.headers where name.lowercased() != "content-length" {
    // A name or value that HTTP cannot carry is the handler's mistake; nothing half-right leaves.
    guard MHD_add_response_header(made, name, value) == .YES else {
      let text = "The server tried to answer with a header field that HTTP cannot carry: \(name)"
      return queue(WebResponse(status: 500, body: Array(text.utf8)), connection)
    }
  }
  return MHD_queue_response(connection, UInt32(clamping: response.status), made)
}

private func message(_ response: WebResponse) -> OpaquePointer? {
  if case .cut(let bytes) = response.delivery {
    let part = CutBody(response.body.prefix(max(0, bytes)))
    return MHD_create_response_from_callback(
      UInt64(response.body.count), 64 << 10,
      { context, position, buffer, room in
        guard let context, let buffer else { return rb_mhd_end_with_error() }
        let bytes = Unmanaged<CutBody>.fromOpaque(context).takeUnretainedValue().bytes
        let piece = bytes.dropFirst(Int(clamping: position)).prefix(room)
        guard !piece.isEmpty else { return rb_mhd_end_with_error() }
        piece.withUnsafeBytes { UnsafeMutableRawPointer(buffer).copyMemory(from: $0) }
        return piece.count
      }, Unmanaged.passRetained(part).toOpaque(),
      { context in if let context { Unmanaged<CutBody>.fromOpaque(context).release() } })
  }
  return response.body.withUnsafeBytes {
    MHD_create_response_from_buffer(
      $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
  }
}

extension UnsafeMutableRawPointer {
  /// Writes the bytes of a buffer, which must fit.
  fileprivate func copyMemory(from bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    copyMemory(from: start, byteCount: bytes.count)
  }
}
