import Background
import Glibc
import Testing

@testable import HTTP
@testable import WebServer

@Suite("HTTP client: what is sent and what arrives") struct CurlExchangeTests {
  private let client = CurlClient()

  @Test("method, header fields and body arrive as they were given")
  func request() throws {
    let server = try TestServer { request, _ in
      WebResponse(
        status: 201, headers: [("Location", "/v1/bills/7"), ("X-Total-Count", " 12 ")],
        body: request.body)
    }
    var request = post("\(server.url)/v1/bills?a=1&a=2", "{\"Memo\":\"é\"}")
    request.headers.append(("X-Empty", ""))
    let response = try client.send(request, cancellation: Cancellation())
    #expect(response.status == 201)
    #expect(response.headers["location"] == "/v1/bills/7")
    #expect(response.headers["x-total-count"] == "12")
    #expect(String(decoding: response.body, as: UTF8.self) == "{\"Memo\":\"é\"}")
    let seen = try #require(server.journal.requests.first)
    #expect(seen.method == "POST" && seen.path == "/v1/bills" && seen.rawQuery == "a=1&a=2")
    #expect(seen.headers["content-type"] == "application/json")
    #expect(seen.headers["x-empty"] == "")
    #expect(seen.headers["accept-encoding"]?.contains("gzip") == true)
    #expect(seen.headers["expect"] == nil)
  }

  @Test(
    "a method keeps its name, and without a body none is announced but where one is usual",
    arguments: [
      ("GET", nil), ("DELETE", nil), ("HEAD", nil), ("POST", "0"), ("PUT", "0"), ("PATCH", "0"),
    ] as [(String, String?)])
  func methods(_ method: String, _ length: String?) throws {
    let server = try TestServer { _, _ in WebResponse(status: 200, body: [1, 2, 3]) }
    let request = HTTPRequest(method, server.url, repeatability: .repeatable)
    let response = try client.send(request, cancellation: Cancellation())
    #expect(response.body == (method == "HEAD" ? [] : [1, 2, 3]))
    let seen = try #require(server.journal.requests.first)
    #expect(seen.method == method)
    #expect(seen.headers["content-length"] == length)
    #expect(seen.headers["content-type"] == nil)
  }

  @Test("any status is an answer, and a redirect is not followed", arguments: [204, 302, 401, 503])
  func statuses(_ status: Int) throws {
    let server = try TestServer { _, _ in
      WebResponse(status: status, headers: [("Location", "/elsewhere")])
    }
    #expect(try client.send(get(server.url), cancellation: Cancellation()).status == status)
    #expect(server.journal.count == 1)
  }

  @Test("an answer in gzip is decoded")
  func gzip() throws {
    let server = try TestServer { _, _ in
      WebResponse(
        status: 200, headers: [("Content-Encoding", "gzip")], body: CompressedRows.gzip)
    }
    let response = try client.send(get(server.url), cancellation: Cancellation())
    #expect(String(decoding: response.body, as: UTF8.self) == CompressedRows.text)
  }

  @Test("a body of three megabytes goes and comes byte for byte")
  func large() throws {
    let server = try TestServer { request, _ in WebResponse(status: 200, body: request.body) }
    let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 37 >> 3) }
    let request = HTTPRequest("PUT", server.url, body: body, repeatability: .repeatable)
    #expect(try client.send(request, cancellation: Cancellation()).body == body)
  }

  @Test("a connection is used again")
  func keepAlive() throws {
    // The server takes one connection and refuses any other.
    let server = RawServer(
      answers: Array(repeating: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", count: 3))
    for _ in 0..<3 {
      let request = get("http://127.0.0.1:\(server.port)/")
      #expect(try client.send(request, cancellation: Cancellation()).body == Array("ok".utf8))
    }
  }

  @Test("an interim answer is passed over, with its header fields")
  func interim() throws {
    let server = RawServer(answers: [
      "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-B: 1\r\nx-b: 2\r\n"
        + "Content-Length: 0\r\n\r\n"
    ])
    let request = get("http://127.0.0.1:\(server.port)/")
    let response = try client.send(request, cancellation: Cancellation())
    #expect(response.headers["x-early"] == nil)
    #expect(response.headers["x-b"] == "1, 2")
  }

  @Test("sixty-four threads share the client, and each gets its own answers")
  func concurrent() throws {
    let server = try TestServer { request, _ in
      WebResponse(status: 200, body: Array(request.rawQuery.utf8))
    }
    let mistakes = Lock(0)
    let workers = (0..<64).map { thread in
      Worker(name: "caller") { [client] in
        for number in 0..<10 {
          let answer = try? client.send(
            get("\(server.url)/?\(thread).\(number)"), cancellation: Cancellation())
          if answer?.body != Array("\(thread).\(number)".utf8) { mistakes.withLock { $0 += 1 } }
        }
      }
    }
    for worker in workers { worker.join() }
    #expect(mistakes.withLock { $0 } == 0)
    #expect(server.journal.count == 640)
  }
}

@Suite("HTTP client: what goes wrong") struct CurlFailureTests {
  private let client = CurlClient()

  private func outcome(_ request: HTTPRequest, _ client: CurlClient? = nil) -> Outcome {
    Outcome { () throws(TransferError) in
      try (client ?? self.client).send(request, cancellation: Cancellation())
    }
  }

  @Test("a refused connection and an unknown host mean that nothing was sent")
  func noConnection() throws {
    let gone = RawServer(answers: [])
    _ = outcome(get("http://127.0.0.1:\(gone.port)/"))
    let refused = post("http://127.0.0.1:\(gone.port)/")
    #expect(outcome(refused) == .failure(.noConnection, mayHaveLanded: false))
    let unknown = post("https://nowhere.invalid/")
    #expect(outcome(unknown) == .failure(.noConnection, mayHaveLanded: false))
  }

  @Test("a server that does not answer in time may have done the work")
  func timeout() throws {
    let server = try TestServer { _, _ in WebResponse(status: 200, delayMilliseconds: 60_000) }
    let request = post(server.url, timeoutMilliseconds: 150)
    #expect(outcome(request) == .failure(.timeout, mayHaveLanded: true))
    #expect(server.journal.count == 1)
  }

  @Test("an answer that is cut, dropped or no HTTP is broken, not an answer")
  func broken() throws {
    let server = try TestServer { request, _ in
      WebResponse(
        status: 200, body: Array("0123456789".utf8),
        delivery: request.path == "/cut" ? .cut(afterBytes: 4) : .dropped)
    }
    for path in ["/cut", "/dropped"] {
      #expect(outcome(post(server.url + path)) == .failure(.broken, mayHaveLanded: true), "\(path)")
    }
    #expect(server.journal.count == 2)
    for answer in [
      "rubbish\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
      let raw = RawServer(answers: [answer])
      #expect(
        outcome(get("http://127.0.0.1:\(raw.port)/")) == .failure(.broken, mayHaveLanded: true),
        "\(answer)")
    }
  }

  @Test(
    "damaged gzip is broken, wherever the damage is",
    arguments: [
      CompressedRows.gzip.enumerated().map { $0.offset == 60 ? $0.element ^ 0x55 : $0.element },
      CompressedRows.gzip.enumerated().map { $0.offset == 142 ? $0.element ^ 1 : $0.element },
      Array("no gzip at all".utf8),
    ])
  func badGzip(_ body: [UInt8]) throws {
    let server = try TestServer { _, _ in
      WebResponse(status: 200, headers: [("Content-Encoding", "gzip")], body: body)
    }
    #expect(outcome(get(server.url)) == .failure(.broken, mayHaveLanded: true))
  }

  @Test("an answer over the limit is refused, also when it is small on the way")
  func tooLarge() throws {
    let server = try TestServer { request, _ in
      request.path == "/gzip"
        ? WebResponse(
          status: 200, headers: [("Content-Encoding", "gzip")], body: CompressedRows.gzip)
        : WebResponse(status: 200, body: Array(repeating: 32, count: 200))
    }
    let client = CurlClient(settings: .init(bodyBytesMax: 199))
    #expect(outcome(get(server.url), client) == .failure(.tooLarge, mayHaveLanded: true))
    #expect(outcome(get("\(server.url)/gzip"), client) == .failure(.tooLarge, mayHaveLanded: true))
    let roomy = CurlClient(settings: .init(bodyBytesMax: 200))
    #expect(outcome(get(server.url), roomy) == .status(200))
  }

  @Test("certificates are verified: unknown authority and other host are refused before sending")
  func tls() throws {
    let server = try TestServer(identity: SelfSigned.identity) { _, _ in WebResponse(status: 200) }
    #expect(outcome(post(server.url)) == .failure(.tls, mayHaveLanded: false))
    let file = SelfSigned.authorityFile()
    defer { unlink(file) }
    let trusting = CurlClient(settings: .init(authorityFile: file))
    #expect(outcome(post(server.url), trusting) == .status(200))
    let otherName = server.url.replacing("127.0.0.1", with: "localhost")
    #expect(outcome(post(otherName), trusting) == .failure(.tls, mayHaveLanded: false))
    #expect(server.journal.count == 1)
    let plain = try TestServer { _, _ in WebResponse(status: 200) }
    let noTLS = plain.url.replacing("http:", with: "https:")
    #expect(outcome(post(noTLS), trusting) == .failure(.tls, mayHaveLanded: false))
  }

  @Test("a header field with a line break is refused before anything is sent")
  func headerInjection() throws {
    let server = try TestServer { _, _ in WebResponse(status: 200) }
    for (name, value) in [("Authorization", "Bearer a\r\nX: b"), ("A\nB", "c"), ("", "c")] {
      var request = get(server.url)
      request.headers = [(name, value)]
      #expect(outcome(request) == .failure(.badAddress, mayHaveLanded: false))
    }
    #expect(server.journal.count == 0)
  }

  @Test("a request whose kept connection turns out closed is not written a second time")
  func staleConnection() throws {
    let server = try TestServer { _, number in
      WebResponse(status: 200, delivery: number == 1 ? .whole : .dropped)
    }
    #expect(outcome(get(server.url)) == .status(200))
    #expect(outcome(post(server.url)) == .failure(.broken, mayHaveLanded: true))
    #expect(server.journal.count == 2)
  }
}

@Suite("HTTP client: stopping") struct CurlCancellationTests {
  private let client = CurlClient()

  @Test("a stopped transfer returns within milliseconds, although the server never answers")
  func stalled() throws {
    let server = try TestServer { _, _ in WebResponse(status: 200, delayMilliseconds: 600_000) }
    let cancellation = Cancellation()
    let outcome = Lock<Outcome?>(nil)
    let worker = Worker(name: "caller") { [client] in
      let result = Outcome { () throws(TransferError) in
        try client.send(post(server.url), cancellation: cancellation)
      }
      outcome.withLock { $0 = result }
    }
    #expect(eventually { server.journal.count == 1 })
    let clock = SystemClock()
    let begun = clock.monotonicNanoseconds
    cancellation.cancel()
    // Usually about 1 ms; the bound only tells it from a timeout on a busy machine.
    #expect(worker.join(nanoseconds: 2_000_000_000))
    print("a stopped transfer returned after \((clock.monotonicNanoseconds - begun) / 1000) µs")
    #expect(outcome.withLock { $0 } == .failure(.cancelled, mayHaveLanded: true))
  }

  @Test("a request stopped before its turn is never sent, and is known not to have landed")
  func queued() throws {
    let server = try TestServer { _, _ in WebResponse(status: 200) }
    let cancellation = Cancellation()
    cancellation.cancel()
    let result = Outcome { () throws(TransferError) in
      try client.send(get(server.url), cancellation: cancellation)
    }
    #expect(result == .failure(.cancelled, mayHaveLanded: false))
    #expect(server.journal.count == 0)
  }

  @Test(
    "slow answers hold up no other, with TLS or without, and stopping them leaves others alone",
    arguments: [false, true])
  func neighbours(_ isSecure: Bool) throws {
    let server = try TestServer(identity: isSecure ? SelfSigned.identity : nil) { request, _ in
      WebResponse(status: 200, delayMilliseconds: request.path == "/slow" ? 600_000 : 0)
    }
    let file = SelfSigned.authorityFile()
    defer { unlink(file) }
    let client = CurlClient(settings: .init(authorityFile: file))
    let cancellation = Cancellation()
    let workers = (0..<8).map { _ in
      Worker(name: "caller") {
        _ = try? client.send(get("\(server.url)/slow"), cancellation: cancellation)
      }
    }
    #expect(eventually { server.journal.count == 8 })
    #expect(try client.send(get(server.url), cancellation: Cancellation()).status == 200)
    cancellation.cancel()
    for worker in workers { #expect(worker.join(nanoseconds: 5_000_000_000)) }
    #expect(try client.send(get(server.url), cancellation: Cancellation()).status == 200)
  }

  @Test("the writing is told once, and only when there is one")
  func writing() throws {
    let server = try TestServer { _, number in
      WebResponse(status: 200, delivery: number == 2 ? .dropped : .whole)
    }
    let writes = Lock(0)
    for _ in 0..<3 {
      _ = try? client.send(get(server.url), cancellation: Cancellation()) {
        writes.withLock { $0 += 1 }
      }
    }
    #expect(writes.withLock { $0 } == 3)
    let gone = RawServer(answers: [])
    _ = try? client.send(get("http://127.0.0.1:\(gone.port)/"), cancellation: Cancellation())
    _ = try? client.send(get("http://127.0.0.1:\(gone.port)/"), cancellation: Cancellation()) {
      writes.withLock { $0 += 1 }
    }
    #expect(writes.withLock { $0 } == 3)
  }
}
