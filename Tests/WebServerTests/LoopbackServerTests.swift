import Glibc
import Testing

@testable import WebServer

@Suite("Loopback server") struct LoopbackServerTests {
  /// Answers with what arrived: method, path, header field x-a, size of the body.
  private static func mirror(_ request: WebRequest) -> WebResponse {
    let pairs = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
    let text =
      "\(request.method) \(request.path) [\(request.rawQuery)] \(pairs) "
      + "\(request.headers["x-a"] ?? "-") \(request.body.count)"
    return WebResponse(status: 200, headers: [("X-B", "1")], body: Array(text.utf8))
  }

  private func exchange(
    _ server: LoopbackServer, _ text: String, toHead: Bool = false
  ) throws -> RawClient.Answer? {
    let client = try RawClient(port: server.port)
    client.send(text)
    return try client.answer(toHead: toHead)
  }

  @Test(
    "a request arrives with its path, query and header fields decoded",
    arguments: [
      (
        "GET /v1/bills?a=1&a=2&b%20c=d+e%2Bf&flag HTTP/1.1\r\nHost: h\r\nX-A: v\r\n\r\n",
        "GET /v1/bills [a=1&a=2&b%20c=d+e%2Bf&flag] a=1;a=2;b c=d e+f;flag= v 0"
      ),
      ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / []  - 0"),
      (
        "PROPFIND /caf%C3%A9%zz+x? HTTP/1.1\r\nHost: h\r\nx-a: 1\r\nX-A: 2\r\n\r\n",
        "PROPFIND /café%zz+x []  1, 2 0"
      ),
      (
        "PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
        "PUT /x []  - 11"
      ),
      ("DELETE /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", "DELETE /x []  - 3"),
    ])
  func requests(_ sent: String, _ seen: String) throws {
    let server = try LoopbackServer(handler: Self.mirror)
    defer { server.stop() }
    let answer = try exchange(server, sent)
    #expect(answer?.status == 200)
    #expect(answer?.text == seen)
    #expect(answer?.headers["x-b"] == "1")
  }

  @Test("an encoded slash stays inside its segment of the path")
  func segments() {
    let request = WebRequest(method: "GET", target: "/v0/app1/Rent%2FRoll%20A//rec1?x")
    #expect(request.pathSegments == ["v0", "app1", "Rent/Roll A", "rec1"])
    #expect(request.path == "/v0/app1/Rent/Roll A//rec1")
    #expect(WebRequest(method: "GET", path: "/a/b").pathSegments == ["a", "b"])
  }

  @Test("answers to HEAD and answers without content carry no body, and the connection lives on")
  func withoutBody() throws {
    let server = try LoopbackServer { request in
      WebResponse(status: request.path == "/none" ? 204 : 200, body: Array("12345".utf8))
    }
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(try client.answer(toHead: true)?.headers["content-length"] == "5")
    client.send("GET /none HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(try client.answer(toHead: true)?.status == 204)
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(try client.answer()?.text == "12345")
  }

  @Test("a body of several megabytes comes back byte for byte")
  func largeBody() throws {
    let server = try LoopbackServer { WebResponse(status: 200, body: $0.body) }
    defer { server.stop() }
    let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let client = try RawClient(port: server.port)
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\r\n")
    client.send(body)
    #expect(try client.answer()?.body == body)
  }

  @Test(
    "a body over the limit is refused with 413, one at the limit is not",
    arguments: [(100, 200), (101, 413)])
  func bodyLimit(_ bytes: Int, _ status: Int) throws {
    let server = try LoopbackServer(bodyBytesMax: 100) { _ in WebResponse(status: 200) }
    defer { server.stop() }
    let body = String(repeating: "x", count: bytes)
    let announced = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(bytes)\r\n\r\n\(body)"
    #expect(try exchange(server, announced)?.status == status)
    let chunk = String(bytes, radix: 16)
    let chunked =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      + "\(chunk)\r\n\(body)\r\n0\r\n\r\n"
    #expect(try exchange(server, chunked)?.status == status)
    let monster = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n"
    #expect(try exchange(server, monster)?.status == 413)
  }

  @Test("a cut answer announces all of its body, sends the part and closes", arguments: [0, 3, 9])
  func cut(_ bytes: Int) throws {
    let server = try LoopbackServer { _ in
      WebResponse(status: 200, body: Array("0123456789".utf8), delivery: .cut(afterBytes: bytes))
    }
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    let answer = try client.answer()
    #expect(answer?.headers["content-length"] == "10")
    #expect(answer?.text == String("0123456789".prefix(bytes)))
    #expect(try client.isClosed())
  }

  @Test("a dropped answer closes the connection without a byte")
  func dropped() throws {
    let server = try LoopbackServer { _ in WebResponse(status: 200, delivery: .dropped) }
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab")
    #expect(try client.isClosed())
  }

  @Test("an answer held back holds up no other, and a stop ends it within a second")
  func delay() throws {
    let server = try LoopbackServer { request in
      WebResponse(status: 200, delayMilliseconds: request.path == "/slow" ? 600_000 : 0)
    }
    let slow = try (0..<8).map { _ in try RawClient(port: server.port) }
    for client in slow { client.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n") }
    let idle = try RawClient(port: server.port)
    #expect(try exchange(server, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")?.status == 200)
    let begun = now()
    server.stop()
    #expect(now() - begun < 1)
    for client in slow + [idle] { #expect(try client.isClosed()) }
    #expect(throws: RawClient.Refused.self) { try RawClient(port: server.port) }
    server.stop()
  }

  @Test("an answer held back comes after its time")
  func delayed() throws {
    let server = try LoopbackServer { _ in WebResponse(status: 200, delayMilliseconds: 30) }
    defer { server.stop() }
    let begun = now()
    #expect(try exchange(server, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")?.status == 200)
    #expect(now() - begun >= 0.03)
  }

  @Test("a header field that HTTP cannot carry becomes a 500 that names it")
  func unspeakable() throws {
    let server = try LoopbackServer { _ in
      WebResponse(status: 200, headers: [("X-Evil", "a\r\nSet-Cookie: b")])
    }
    defer { server.stop() }
    let answer = try exchange(server, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(answer?.status == 500)
    #expect(answer?.text.contains("X-Evil") == true)
    #expect(answer?.headers["set-cookie"] == nil)
  }

  @Test("a query of sixteen thousand characters arrives whole")
  func longQuery() throws {
    let server = try LoopbackServer {
      WebResponse(status: 200, body: Array("\($0.query.count)".utf8))
    }
    defer { server.stop() }
    let query = (0..<1000).map { "glaccountid=\(10_000 + $0)" }.joined(separator: "&")
    let answer = try exchange(server, "GET /?\(query) HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(answer?.text == "1000")
  }

  @Test("a port in use, a port beyond 65535 and a name are refused with the reason")
  func refusals() throws {
    let server = try LoopbackServer { _ in WebResponse(status: 200) }
    defer { server.stop() }
    let error = #expect(throws: WebServerError.self) {
      try LoopbackServer(port: server.port) { _ in WebResponse(status: 200) }
    }
    #expect(error?.message.contains("Address already in use") == true)
    #expect(throws: WebServerError.self) {
      try LoopbackServer(port: 65536) { _ in WebResponse(status: 200) }
    }
    #expect(throws: WebServerError.self) {
      try LoopbackServer(address: "localhost") { _ in WebResponse(status: 200) }
    }
  }

  private func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
