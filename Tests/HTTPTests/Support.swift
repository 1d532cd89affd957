import Background
import Glibc
import Testing

@testable import HTTP
@testable import WebServer

/// Requests that a server saw, in order.
final class Journal: Sendable {
  private let seen = Lock<[WebRequest]>([])
  func add(_ request: WebRequest) { seen.withLock { $0.append(request) } }
  var count: Int { seen.withLock(\.count) }
  var requests: [WebRequest] { seen.withLock { $0 } }
  func count(_ method: String) -> Int { seen.withLock { $0.count { $0.method == method } } }
}

/// A server for one test, stopped when the test lets go of it.
final class TestServer: Sendable {
  let journal = Journal()
  private let server: LoopbackServer
  var url: String { server.url }

  init(
    identity: LoopbackServer.Identity? = nil,
    _ handler: @escaping @Sendable (WebRequest, _ number: Int) -> WebResponse
  ) throws {
    let journal = journal
    let number = Lock(0)
    server = try LoopbackServer(
      address: "127.0.0.1", port: 0, bodyBytesMax: 16 << 20, identity: identity
    ) { request in
      journal.add(request)
      let number = number.withLock { number in
        number += 1
        return number
      }
      return handler(request, number)
    }
  }

  deinit { server.stop() }
}

/// A server of one connection that reads a request for each of its answers and sends the answer's
/// very bytes, then closes.
final class RawServer {
  let port: Int
  private let worker: Worker

  init(answers: [String]) {
    let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = bind(listening, address, size)
        _ = listen(listening, 1)
        _ = getsockname(listening, address, &size)
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    worker = Worker(name: "raw server") {
      let connection = accept(listening, nil, nil)
      // A second connection is refused.
      close(listening)
      for answer in answers {
        guard Self.readRequest(connection) else { break }
        let bytes = Array(answer.utf8)
        _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      }
      close(connection)
    }
  }

  deinit { worker.join() }

  private static func readRequest(_ connection: Int32) -> Bool {
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !received.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return false }
      received += buffer[..<count]
    }
    return true
  }
}

/// Gives prepared outcomes instead of sending; the last one is given again and again.
final class ScriptedSender: HTTPSending {
  enum Step: Sendable {
    case status(Int, [String: String] = [:], String = "")
    case failure(TransferError.Kind)
  }

  private let steps: [Step]
  private let sent = Lock<[HTTPRequest]>([])
  private let onSend: @Sendable (Int) -> Void

  init(_ steps: [Step], onSend: @escaping @Sendable (Int) -> Void = { _ in }) {
    (self.steps, self.onSend) = (steps, onSend)
  }

  var count: Int { sent.withLock(\.count) }

  func send(
    _ request: HTTPRequest, cancellation: Cancellation
  ) throws(TransferError) -> HTTPResponse {
    let number = sent.withLock { sent in
      sent.append(request)
      return sent.count
    }
    onSend(number)
    switch steps[min(number, steps.count) - 1] {
    case .status(let status, let headers, let text):
      return HTTPResponse(status: status, headers: headers, body: Array(text.utf8))
    case .failure(let kind): throw TransferError(kind, "as the script says")
    }
  }
}

/// Waits for a state that other threads bring about; a test that never gets there fails.
func eventually(_ condition: () -> Bool) -> Bool {
  let clock = SystemClock()
  let deadline = clock.monotonicNanoseconds + 20_000_000_000
  while !condition() {
    guard clock.monotonicNanoseconds < deadline else { return false }
    sched_yield()
  }
  return true
}

/// What came of a request, in a form that tests compare.
enum Outcome: Equatable {
  case status(Int)
  case failure(TransferError.Kind, mayHaveLanded: Bool)

  init(_ body: () throws(TransferError) -> HTTPResponse) {
    do throws(TransferError) {
      self = .status(try body().status)
    } catch {
      self = .failure(error.kind, mayHaveLanded: error.mayHaveLanded)
    }
  }
}

func get(_ url: String, timeoutMilliseconds: Int = 20_000) -> HTTPRequest {
  HTTPRequest("GET", url, repeatability: .repeatable, timeoutMilliseconds: timeoutMilliseconds)
}

func post(_ url: String, _ body: String = "{}", timeoutMilliseconds: Int = 20_000) -> HTTPRequest {
  HTTPRequest(
    "POST", url, headers: [("Content-Type", "application/json")], body: Array(body.utf8),
    repeatability: .once, timeoutMilliseconds: timeoutMilliseconds)
}
