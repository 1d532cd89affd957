import Background
import Domain
import Glibc
import Testing
import WebServer

@testable import Sandbox

@Suite("The simulated Buildium under load") struct LoadTests {
  @Test("ten calls a second are served, the eleventh is 429 without a word on when to come back")
  func perSecond() {
    let client = TestClient(limited: true)
    let first = (0..<12).map { _ in client.get("/v1/rentals/1") }
    #expect(first.map(\.status) == Array(repeating: 200, count: 10) + [429, 429])
    #expect(first[10].header("Retry-After") == nil)
    #expect(first[10].json["UserMessage"]?.string?.isEmpty == false)
    client.clock.advance(nanoseconds: 999_000_000)
    #expect(client.get("/v1/rentals/1").status == 429)
    client.clock.advance(nanoseconds: 1_000_000)
    #expect(client.get("/v1/rentals/1").status == 200)
    #expect(client.sandbox.gate.journal.summary.tooManyRequests == 3)
    let polite = TestClient(limited: true) { $0.sendsRetryAfter = true }
    let last = (0..<11).map { _ in polite.get("/v1/rentals/1") }[10]
    #expect(last.header("Retry-After") == "1")
  }

  @Test("ten calls may be under way, answers held back included")
  func inFlight() {
    let client = TestClient(limited: true) {
      $0.limit = RateLimit.Rule(perSecond: 1000, inFlightMax: 10)
      $0.latencyMilliseconds = 5000
    }
    let statuses = (0..<11).map { _ in client.get("/v1/rentals/1").status }
    #expect(statuses == Array(repeating: 200, count: 10) + [429])
    client.clock.advance(nanoseconds: 5_000_000_000)
    #expect(client.get("/v1/rentals/1").status == 200)
  }

  @Test("steering calls count against no limit and need no key")
  func steering() {
    let client = TestClient(limited: true)
    for _ in 0..<30 {
      let reply = client.sandbox.handle(
        WebRequest(method: "GET", path: "/_sandbox/buildium/counts"))
      #expect(reply.status == 200)
    }
    #expect(client.get("/v1/rentals/1").status == 200)
  }

  @Test("injected faults come in the service's shape")
  func faults() {
    for (kind, status) in [
      (FaultKind.tooManyRequests, 429), (.serverError, 500), (.unavailable, 503),
      (.unauthorised, 401), (.forbidden, 403), (.notFound, 404), (.conflict, 409),
      (.unsupportedType, 415), (.unprocessable, 422),
    ] {
      let client = TestClient { $0.faults = FaultPlan([.init(kind, .every(1))]) }
      let reply = client.get("/v1/rentals/1")
      #expect(reply.status == status && reply.json["UserMessage"]?.string?.isEmpty == false)
    }
  }

  @Test("many threads reading and writing at once lose nothing and see whole pages")
  func threads() {
    let client = TestClient(portfolio(properties: 10, units: 80, months: 2))
    let before = client.sandbox.portfolio(\.transactions.count)
    let failures = Lock<[String]>([])
    let workers = (0..<6).map { worker in
      Worker(name: "client \(worker)") {
        for round in 0..<25 {
          let posted = client.send(
            "POST", "/v1/leases/20001/charges",
            [
              "Date": "2026-10-20", "Memo": .string("\(worker)-\(round)"),
              "Lines": [["Amount": .number("1.00"), "GLAccountId": 3]],
            ])
          let page = client.get("/v1/rentals/units?limit=1000")
          client.sandbox.advance(seconds: 4)
          if posted.status != 201 || page.rows.count != 80 {
            failures.withLock { $0.append("\(posted.status), \(page.rows.count)") }
          }
        }
      }
    }
    for worker in workers { worker.join() }
    #expect(failures.withLock(\.self) == [])
    let memos = client.get("/v1/leases/20001/charges?limit=1000").rows
      .compactMap { $0["Memo"]?.string }.filter { $0.contains("-") }
    #expect(Set(memos).count == 150)
    #expect(client.sandbox.portfolio(\.transactions.count) >= before + 150)
  }

  @Test("it answers over real HTTP")
  func http() throws {
    let client = TestClient()
    let server = try client.sandbox.start()
    defer { server.stop() }
    let text = call(
      server.port,
      """
      GET /v1/rentals/units?propertyids=1&limit=2 HTTP/1.1\r
      Host: 127.0.0.1\r
      x-buildium-client-id: sandbox-client\r
      x-buildium-client-secret: sandbox-secret\r
      Connection: close\r
      \r\n
      """)
    #expect(text.hasPrefix("HTTP/1.1 200"))
    #expect(text.lowercased().contains("x-total-count: "))
    #expect(text.contains("\"PropertyId\":1"))
    #expect(call(server.port, "GET /v1/rentals HTTP/1.0\r\n\r\n").contains(" 401 "))
  }

  /// Sends a request as it stands and reads until the server hangs up.
  private func call(_ port: Int, _ request: String) -> String {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    let bytes = Array(request.utf8)
    _ = send(socket, bytes, bytes.count, 0)
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = recv(socket, &buffer, buffer.count, 0), count > 0 {
      answer += buffer[..<count]
    }
    return String(decoding: answer, as: UTF8.self)
  }
}
