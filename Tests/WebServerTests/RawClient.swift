import Glibc

/// A client that sends the very bytes it is given, so that a test sees what the server does with
/// them and not what a library makes of it.
final class RawClient {
  /// An answer as it came over the wire.
  struct Answer {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  private let descriptor: Int32
  private var received: [UInt8] = []
  /// Longest wait for the next byte; a server that keeps it waiting has failed the test.
  private static let patienceMilliseconds: Int32 = 20_000

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw Refused() }
  }

  deinit { close(descriptor) }

  struct Refused: Error {}
  struct Silence: Error {}

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Reads one answer. Nil when the connection ended before its header did; a body shorter than
  /// announced when it ended later.
  func answer(toHead: Bool = false) throws -> Answer? {
    let end = Array("\r\n\r\n".utf8)
    while index(of: end) == nil { guard try receive() else { return nil } }
    let split = index(of: end) ?? 0
    let lines = String(decoding: received[..<split], as: UTF8.self)
      .split(separator: "\r\n").map(String.init)
    received.removeFirst(split + end.count)
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      let value = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
      headers[parts[0].lowercased()] = String(value)
    }
    let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    var body: [UInt8] = []
    if let length = headers["content-length"].flatMap({ Int($0) }), !toHead {
      while received.count < length, try receive() {}
      body = Array(received.prefix(length))
      received.removeFirst(body.count)
    }
    return Answer(status: status, headers: headers, body: body)
  }

  /// Whether the server has closed the connection, after everything it sent.
  func isClosed() throws -> Bool { try received.isEmpty && !receive() }

  private func receive() throws -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, Self.patienceMilliseconds) == 1 else { throw Silence() }
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    if count > 0 { received += buffer[..<count] }
    return count > 0
  }

  private func index(of pattern: [UInt8]) -> Int? {
    guard received.count >= pattern.count else { return nil }
    return (0...received.count - pattern.count).first {
      received[$0..<$0 + pattern.count].elementsEqual(pattern)
    }
  }
}
