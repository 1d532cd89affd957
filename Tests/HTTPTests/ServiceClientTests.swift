import Background
import Testing

@testable import HTTP
@testable import WebServer

/// Keeps answers in memory, as the store keeps them in a table.
private final class MemoryCache: ResponseCaching {
  private let kept = Lock<[String: (HTTPResponse, Int64)]>([:])
  func response(for key: String, nowMilliseconds: Int64) -> HTTPResponse? {
    kept.withLock { kept in kept[key].flatMap { $0.1 > nowMilliseconds ? $0.0 : nil } }
  }
  func keep(_ response: HTTPResponse, for key: String, expiresAtMilliseconds: Int64) {
    kept.withLock { $0[key] = (response, expiresAtMilliseconds) }
  }
}

/// A service client on a clock that stands still, and what it reported.
private struct Bench {
  let clock = ManualClock()
  let client: ServiceClient
  let records: Lock<[CallRecord]>
  let waits = Lock<[ServiceWait]>([])

  init(
    _ sender: any HTTPSending, policy: PacePolicy = .airtable(),
    cache: (any ResponseCaching)? = nil
  ) {
    let records = Lock<[CallRecord]>([])
    self.records = records
    let waits = waits
    client = ServiceClient(
      name: "Airtable", sender: sender, pacer: Pacer(policy, clock: clock), clock: clock,
      jitter: Jitter { $0.upperBound }, cache: cache,
      classify429: { response in
        String(decoding: response.body, as: UTF8.self).contains("BILLING") ? .quota : .rate
      },
      onCall: { record in records.withLock { $0.append(record) } },
      onWait: { wait in waits.withLock { $0.append(wait) } })
  }

  func outcome(_ request: HTTPRequest) -> Outcome {
    Outcome { () throws(TransferError) in
      try client.send(request, cancellation: Cancellation())
    }
  }

  var seconds: Double { Double(clock.monotonicNanoseconds - 1_000_000_000) / 1e9 }
}

@Suite("Service client: what is sent again") struct RetryTests {
  typealias Step = ScriptedSender.Step

  struct Rule: Sendable, CustomStringConvertible {
    var description: String
    var steps: [Step]
    var isOnce: Bool
    var sent: Int
    var outcome: Outcome
  }

  static let rules = [
    Rule(
      description: "reading after 500, 502, 503, 504 and 429",
      steps: [.status(500), .status(502), .status(503), .status(429), .status(504), .status(200)],
      isOnce: false, sent: 6, outcome: .status(200)),
    Rule(
      description: "reading after a timeout and a broken answer",
      steps: [.failure(.timeout), .failure(.broken), .status(200)],
      isOnce: false, sent: 3, outcome: .status(200)),
    Rule(
      description: "never a refusal with reasons", steps: [.status(422), .status(200)],
      isOnce: false, sent: 1, outcome: .status(422)),
    Rule(
      description: "never 401", steps: [.status(401), .status(200)],
      isOnce: false, sent: 1, outcome: .status(401)),
    Rule(
      description: "never 501", steps: [.status(501), .status(200)],
      isOnce: false, sent: 1, outcome: .status(501)),
    Rule(
      description: "writing once: not after 500", steps: [.status(500), .status(200)],
      isOnce: true, sent: 1, outcome: .status(500)),
    Rule(
      description: "writing once: not after 503", steps: [.status(503), .status(200)],
      isOnce: true, sent: 1, outcome: .status(503)),
    Rule(
      description: "writing once: not after a timeout", steps: [.failure(.timeout), .status(200)],
      isOnce: true, sent: 1, outcome: .failure(.timeout, mayHaveLanded: true)),
    Rule(
      description: "writing once: not after a broken answer",
      steps: [.failure(.broken), .status(200)],
      isOnce: true, sent: 1, outcome: .failure(.broken, mayHaveLanded: true)),
    Rule(
      description: "writing once: after 429 and without a connection",
      steps: [.status(429), .failure(.noConnection), .failure(.tls), .status(201)],
      isOnce: true, sent: 4, outcome: .status(201)),
    Rule(
      description: "writing once: a doubt after a certain failure stays a doubt",
      steps: [.failure(.noConnection), .failure(.broken), .status(201)],
      isOnce: true, sent: 2, outcome: .failure(.broken, mayHaveLanded: true)),
    Rule(
      description: "nobody stays offline for long", steps: [.failure(.noConnection)],
      isOnce: false, sent: 4, outcome: .failure(.noConnection, mayHaveLanded: false)),
    Rule(
      description: "a doubt is remembered when the connection goes too",
      steps: [.failure(.timeout), .failure(.noConnection)],
      isOnce: false, sent: 4, outcome: .failure(.noConnection, mayHaveLanded: true)),
    Rule(
      description: "an endless 503 is given to the caller after one look more",
      steps: [.status(503)], isOnce: false, sent: 6, outcome: .status(503)),
    Rule(
      description: "the month's quota is never asked again",
      steps: [.status(429, [:], "PUBLIC_API_BILLING_LIMIT_EXCEEDED"), .status(200)],
      isOnce: false, sent: 1, outcome: .status(429)),
    Rule(
      description: "an answer that is too large", steps: [.failure(.tooLarge), .status(200)],
      isOnce: false, sent: 1, outcome: .failure(.tooLarge, mayHaveLanded: true)),
    Rule(
      description: "an address that is refused", steps: [.failure(.badAddress), .status(200)],
      isOnce: false, sent: 1, outcome: .failure(.badAddress, mayHaveLanded: false)),
    Rule(
      description: "work that was stopped", steps: [.failure(.cancelled), .status(200)],
      isOnce: false, sent: 1, outcome: .failure(.cancelled, mayHaveLanded: true)),
  ]

  @Test("a request is sent again only when that helps and cannot harm", arguments: rules)
  func rule(_ rule: Rule) {
    let sender = ScriptedSender(rule.steps)
    let bench = Bench(sender)
    let url = "https://h/v0"
    #expect(bench.outcome(rule.isOnce ? post(url) : get(url)) == rule.outcome)
    #expect(sender.count == rule.sent)
    let attempts = bench.records.withLock { $0.map(\.attempt) }
    #expect(attempts == Array(1...rule.sent))
    #expect(bench.client.health.pace.inFlight == 0)
  }

  @Test(
    "a 429 is waited out as long as the service asks, or as its policy says",
    arguments: [
      ([:], 30.0), (["retry-after": "7"], 7),
      (
        [
          "retry-after": "Sun, 06 Nov 1994 08:49:49 GMT",
          "date": "Sun, 06 Nov 1994 08:49:37 GMT",
        ], 12
      ),
      (["retry-after": "Sunday, 06-Nov-94 08:49:37 GMT"], 0.5),
      (["retry-after": "soon"], 30),
    ] as [([String: String], Double)])
  func retryAfter(_ headers: [String: String], _ seconds: Double) {
    let bench = Bench(ScriptedSender([.status(429, headers), .status(200)]))
    #expect(bench.outcome(get("https://h/")) == .status(200))
    #expect(abs(bench.seconds - seconds) < 0.01)
    #expect(bench.client.health.pace.refusals == 1)
  }

  @Test("a service that is down from the start is given up sooner than one that worked")
  func outages() {
    let down = Bench(ScriptedSender([.status(500)]), policy: .buildium())
    #expect(down.outcome(get("https://h/")) == .status(500))
    #expect((30...40).contains(down.seconds))
    #expect(down.waits.withLock { $0.map(\.seconds) } == [2, 4, 30])

    let failing = Bench(ScriptedSender([.status(404), .status(500)]), policy: .buildium())
    #expect(failing.outcome(get("https://h/")) == .status(404))
    #expect(failing.outcome(get("https://h/")) == .status(500))
    #expect((60...75).contains(failing.seconds))
    #expect(
      failing.waits.withLock { $0.last }
        == ServiceWait(service: "Airtable", seconds: 30, status: 500)
    )

    let back = Bench(
      ScriptedSender([.status(200)] + Array(repeating: .status(500), count: 6) + [.status(200)]),
      policy: .buildium())
    #expect(back.outcome(get("https://h/")) == .status(200))
    #expect(back.outcome(get("https://h/")) == .status(200), "an outage of more than half a minute")
    #expect(back.seconds > 30)

    let busy = Bench(ScriptedSender([.status(429), .status(200)]))
    #expect(busy.outcome(get("https://h/")) == .status(200))
    #expect(
      busy.waits.withLock(\.self) == [ServiceWait(service: "Airtable", seconds: 30, status: 429)])
  }

  @Test("waits double, are bounded, and end when the total time is used up")
  func backoff() {
    let bench = Bench(ScriptedSender([.status(503)]), policy: .buildium())
    #expect(bench.outcome(get("https://h/")) == .status(503))
    let starts = bench.records.withLock { $0.map(\.startedAtMilliseconds) }
    // A sixth attempt would have to wait for the breaker, which the first five have opened.
    #expect(zip(starts, starts.dropFirst()).map { $1 - $0 }.prefix(4) == [500, 1000, 2000, 4000])
    let locked = Bench(ScriptedSender([.status(429, ["retry-after": "100"])]))
    #expect(locked.outcome(get("https://h/")) == .status(429))
    #expect(locked.records.withLock(\.count) == 2)
    #expect(locked.seconds <= 180)
  }

  @Test("whoever is offline hears of it within ten seconds, however many requests are under way")
  func offline() {
    let bench = Bench(ScriptedSender([.failure(.noConnection)]), policy: .buildium())
    for _ in 0..<6 {
      let outcome = bench.outcome(get("https://h/"))
      #expect(
        outcome == .failure(.noConnection, mayHaveLanded: false)
          || outcome == .failure(.breakerOpen, mayHaveLanded: false))
    }
    #expect(bench.seconds < 10)
  }

  @Test("a wait that a 503 asks for is kept when it is longer than ours")
  func unavailable() {
    let bench = Bench(ScriptedSender([.status(503, ["retry-after": "20"]), .status(200)]))
    #expect(bench.outcome(get("https://h/")) == .status(200))
    #expect(abs(bench.seconds - 20) < 0.01)
  }

  @Test("stopping ends the waiting between attempts")
  func stopping() {
    let cancellation = Cancellation()
    let sender = ScriptedSender([.status(503)]) { number in
      if number == 3 { cancellation.cancel() }
    }
    let bench = Bench(sender)
    let outcome = Outcome { () throws(TransferError) in
      try bench.client.send(get("https://h/"), cancellation: cancellation)
    }
    #expect(outcome == .failure(.cancelled, mayHaveLanded: false))
    #expect(sender.count == 3)
  }
}

@Suite("Service client: state, records and cache") struct ServiceClientTests {
  @Test("the breaker leaves a failing service alone, and one probe brings it back")
  func breaker() {
    let isUp = Lock(false)
    struct Service: HTTPSending {
      let isUp: Lock<Bool>
      func send(
        _ request: HTTPRequest, cancellation: Cancellation
      ) throws(TransferError) -> HTTPResponse {
        HTTPResponse(status: isUp.withLock(\.self) ? 200 : 500)
      }
    }
    let bench = Bench(Service(isUp: isUp))
    for _ in 0..<5 { #expect(bench.outcome(post("https://h/")) == .status(500)) }
    let refused = Outcome.failure(.breakerOpen, mayHaveLanded: false)
    #expect(bench.outcome(post("https://h/")) == refused)
    #expect(bench.outcome(get("https://h/")) == refused)
    #expect(bench.records.withLock(\.count) == 5)
    if case .open = bench.client.health.breaker {} else { Issue.record("it is not open") }
    bench.clock.advance(nanoseconds: 31_000_000_000)
    #expect(bench.client.health.breaker == .halfOpen)
    #expect(bench.outcome(post("https://h/")) == .status(500))
    #expect(bench.outcome(post("https://h/")) == refused)
    bench.clock.advance(nanoseconds: 31_000_000_000)
    isUp.withLock { $0 = true }
    #expect(bench.outcome(post("https://h/")) == .status(200))
    #expect(bench.client.health.breaker == .closed)
    #expect(bench.client.health.lastSuccessAtMilliseconds == bench.clock.wallMilliseconds)
    #expect(bench.client.health.lastError == nil)
  }

  @Test("a spent quota shows and is no failure; the next success clears it")
  func quota() {
    let spent = ScriptedSender.Step.status(429, [:], "PUBLIC_API_BILLING_LIMIT_EXCEEDED")
    let bench = Bench(ScriptedSender(Array(repeating: spent, count: 12) + [.status(200)]))
    for _ in 0..<12 { #expect(bench.outcome(get("https://h/")) == .status(429)) }
    #expect(bench.client.health.isQuotaSpent)
    #expect(bench.client.health.breaker == .closed)
    #expect(bench.client.health.pace.lockedUntilMilliseconds == nil)
    #expect(bench.outcome(get("https://h/")) == .status(200))
    #expect(!bench.client.health.isQuotaSpent)
  }

  @Test("every attempt is recorded with its place, status, time and reason, and without secrets")
  func records() throws {
    let body = #"{"UserMessage":"no","TaxPayerId":"12-3456789","token":"patABCDEFGHIJKLMN.0123"}"#
    let bench = Bench(ScriptedSender([.failure(.timeout), .status(422, [:], body)]))
    let url = "https://h/v1/rentals/owners/42?ownerName=Ann%20Lee&propertyids=7&orderby=Id%20asc"
    var request = get(url)
    request.headers = [("Authorization", "Bearer patABCDEFGHIJKLMN.0123456789abcdef")]
    #expect(bench.outcome(request) == .status(422))
    let records = bench.records.withLock { $0 }
    #expect(records.map(\.status) == [nil, 422])
    #expect(records.map(\.attempt) == [1, 2])
    let second = try #require(records.last)
    #expect(second.method == "GET" && second.service == "Airtable" && !second.isFromCache)
    #expect(
      second.path == "/v1/rentals/owners/42?ownerName=***&propertyids=7&orderby=Id%20asc")
    #expect(second.responseBytes == body.utf8.count)
    #expect(second.error?.hasPrefix("Airtable answered 422: ") == true)
    var shown = ""
    dump(records, to: &shown)
    for secret in ["patABC", "0123", "3456789", "Ann", "Bearer"] {
      #expect(!shown.contains(secret), "\(secret)")
    }
  }

  @Test("a cacheable answer is used again until it expires, a failure never")
  func cache() {
    let sender = ScriptedSender([.status(404), .status(200, [:], "a"), .status(200, [:], "b")])
    let bench = Bench(sender, cache: MemoryCache())
    var request = get("https://h/v1/glaccounts")
    request.cacheSeconds = 60
    #expect(bench.outcome(request) == .status(404))
    #expect(bench.outcome(request) == .status(200))
    #expect(bench.outcome(request) == .status(200))
    #expect(sender.count == 2)
    #expect(bench.records.withLock { $0.map(\.isFromCache) } == [false, false, true])
    #expect(bench.outcome(get("https://h/v1/glaccounts")) == .status(200))
    #expect(sender.count == 3)
    bench.clock.advance(nanoseconds: 60_000_000_000)
    #expect(bench.outcome(request) == .status(200))
    #expect(sender.count == 4)
  }
}

@Suite("Service client against a server") struct ServiceClientServerTests {
  private func client(_ policy: PacePolicy) -> ServiceClient {
    let clock = SystemClock()
    return ServiceClient(
      name: "Buildium", sender: CurlClient(), pacer: Pacer(policy, clock: clock), clock: clock,
      jitter: Jitter { $0.lowerBound })
  }

  private let fast = PacePolicy(
    requestsPerSecond: 1000, inFlightMax: 10, silenceMilliseconds: 1...1)

  @Test("whatever becomes of it, a request to be sent once is seen once by the server")
  func once() throws {
    let server = try TestServer { request, _ in
      switch request.path {
      case "/dropped": WebResponse(status: 200, delivery: .dropped)
      case "/cut": WebResponse(status: 200, body: [1, 2, 3], delivery: .cut(afterBytes: 1))
      case "/slow": WebResponse(status: 200, delayMilliseconds: 600_000)
      case "/500": WebResponse(status: 500)
      case "/503": WebResponse(status: 503, headers: [("Retry-After", "1")])
      default: WebResponse(status: 200)
      }
    }
    for path in ["/dropped", "/cut", "/slow", "/500", "/503"] {
      let client = client(fast)
      // A connection that is kept and used again: where curl would repeat by itself.
      #expect(try client.send(get(server.url), cancellation: Cancellation()).status == 200)
      _ = try? client.send(
        post(server.url + path, timeoutMilliseconds: 200), cancellation: Cancellation())
      #expect(server.journal.requests.count { $0.path == path } == 1, "\(path)")
    }
  }

  @Test("a reading gets through a server that drops, cuts and fails")
  func reading() throws {
    let server = try TestServer { _, number in
      switch number {
      case 1: WebResponse(status: 200, body: [1, 2], delivery: .cut(afterBytes: 1))
      case 2: WebResponse(status: 502)
      case 3: WebResponse(status: 429)
      case 4: WebResponse(status: 200, delivery: .dropped)
      default: WebResponse(status: 200, body: [7])
      }
    }
    #expect(try client(fast).send(get(server.url), cancellation: Cancellation()).body == [7])
    #expect(server.journal.count == 5)
  }

  @Test("no second at the server exceeds the limit while many threads ask through one pacer")
  func pace() throws {
    let clock = SystemClock()
    let arrivals = Lock<[UInt64]>([])
    let server = try TestServer { _, _ in
      arrivals.withLock { $0.append(clock.monotonicNanoseconds) }
      return WebResponse(status: 200, delayMilliseconds: 20)
    }
    // At 200 a second two seconds have a window to exceed; the spread is what a thread of the server
    // may be kept waiting on a busy machine.
    let policy = PacePolicy(
      requestsPerSecond: 200, inFlightMax: 16, spreadMilliseconds: 400,
      silenceMilliseconds: 1...1)
    let client = client(policy)
    let workers = (0..<16).map { _ in
      Worker(name: "caller") {
        for _ in 0..<20 { _ = try? client.send(get(server.url), cancellation: Cancellation()) }
      }
    }
    for worker in workers { worker.join() }
    let seen = arrivals.withLock { $0 }.sorted()
    #expect(seen.count == 320)
    let tightest = zip(seen, seen.dropFirst(200)).map { $1 - $0 }.min() ?? 0
    #expect(tightest >= 1_000_000_000)
    let health = client.health
    #expect(health.pace.requestsLastMinute == 320)
    #expect(health.pace.limitPerSecond == 200 && health.pace.inFlight == 0)
  }
}
