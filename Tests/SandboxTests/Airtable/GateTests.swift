import Background
import Domain
import Sandbox
import Testing
import WebServer

@Suite("Limits are held strictly")
struct RateLimitTests {
  @Test(
    "no second, wherever it starts, sees more than the limit admitted, and none needlessly fewer")
  func slidingWindow() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    for _ in 0..<20 {
      let clock = ManualClock()
      let most = Int.random(in: 1...10, using: &random)
      let limit = RateLimit(.init(perSecond: most), clock: SandboxClock(clock))
      var admitted: [UInt64] = []
      var now: UInt64 = 0
      for _ in 0..<500 {
        let step = UInt64.random(in: 0...(2_000_000_000 / UInt64(most)), using: &random)
        clock.advance(nanoseconds: step)
        now += step
        let recent = admitted.count { now - $0 < 1_000_000_000 }
        let verdict = limit.arrive(key: "k")
        #expect((verdict == .admitted) == (recent < most), "seed \(seed)")
        if verdict == .admitted {
          admitted.append(now)
          limit.leave(key: "k")
        }
      }
    }
  }

  @Test("after a violation nothing is admitted until the lock-out is over, under that key alone")
  func lockOut() {
    let clock = ManualClock()
    let limit = RateLimit(.init(perSecond: 5, lockOutSeconds: 30), clock: SandboxClock(clock))
    for _ in 0..<5 { #expect(limit.arrive(key: "a") == .admitted) }
    #expect(limit.arrive(key: "a") == .tooFast)
    #expect(limit.arrive(key: "b") == .admitted)
    clock.advance(nanoseconds: 29_999_999_999)
    #expect(limit.arrive(key: "a") == .lockedOut(nanosecondsLeft: 1))
    clock.advance(nanoseconds: 1)
    #expect(limit.arrive(key: "a") == .admitted)
  }

  @Test("calls count as in flight until their answers have left")
  func inFlight() {
    let clock = ManualClock()
    let limit = RateLimit(.init(perSecond: 100, inFlightMax: 2), clock: SandboxClock(clock))
    #expect(limit.arrive(key: "a") == .admitted)
    #expect(limit.arrive(key: "a") == .admitted)
    #expect(limit.arrive(key: "a") == .tooManyInFlight)
    limit.leave(key: "a", afterNanoseconds: 500)
    #expect(limit.arrive(key: "a") == .tooManyInFlight)
    clock.advance(nanoseconds: 500)
    #expect(limit.arrive(key: "a") == .admitted)
  }

  @Test("twenty times the speed admits twenty times as many and locks out a twentieth as long")
  func speed() {
    let clock = ManualClock()
    let limit = RateLimit(
      .init(perSecond: 5, lockOutSeconds: 30), clock: SandboxClock(clock, speed: 20))
    for _ in 0..<100 {
      clock.advance(nanoseconds: 10_000_001)
      #expect(limit.arrive(key: "a") == .admitted)
    }
    clock.advance(nanoseconds: 1)
    #expect(limit.arrive(key: "a") == .tooFast)
    clock.advance(nanoseconds: 1_500_000_001)
    #expect(limit.arrive(key: "a") == .admitted)
  }

  @Test("a limit that is not enabled admits all")
  func disabled() {
    let limit = RateLimit(.init(perSecond: 1, isEnabled: false), clock: SandboxClock(ManualClock()))
    for _ in 0..<100 { #expect(limit.arrive(key: "a") == .admitted) }
  }

  @Test(
    "the sixth call to a base within a second is refused, and all calls for 30 seconds",
    arguments: [false, true])
  func airtableLimit(_ likeGateway: Bool) throws {
    let bench = try Bench(limits: true) { $0.refusesLikeGateway = likeGateway }
    let path = "meta/bases/\(bench.base)/tables"
    for _ in 0..<5 { #expect(try bench.call("GET", path).status == 200) }
    let refused = try bench.call("GET", path)
    #expect(refused.status == 429)
    #expect(refused.type == "RATE_LIMIT_REACHED")
    #expect(refused.message == "Rate limit exceeded. Please try again later")
    #expect((refused.json["errors"] != nil) == likeGateway)
    #expect(
      try bench.call("GET", "meta/whoami").status == 200, "another limit counts what names no base")
    bench.advance(seconds: 29)
    #expect(try bench.call("GET", path).status == 429)
    bench.advance(seconds: 1)
    #expect(try bench.call("GET", path).status == 200)
    let summary = bench.sandbox.gate.journal.summary
    #expect(summary.tooManyRequests == 2)
    #expect(summary.arrivalsInSecondMax == 6)
  }

  @Test("a token makes fifty calls a second over all bases")
  func tokenLimit() throws {
    let bench = try Bench(limits: true)
    for _ in 0..<50 { #expect(try bench.call("GET", "meta/whoami").status == 200) }
    #expect(try bench.call("GET", "meta/whoami").status == 429)
  }

  @Test("a spent month refuses record calls until it turns, and goes on with the schema")
  func quota() throws {
    let bench = try Bench.furnished { $0.monthlyCallsMax = 4 }
    #expect(try bench.call("GET", "HOMES").status == 200)
    #expect(try bench.call("GET", "HOMES").status == 200)
    let refused = try bench.call("GET", "HOMES")
    #expect(refused.status == 429)
    #expect(refused.type == "PUBLIC_API_BILLING_LIMIT_EXCEEDED")
    #expect(try bench.call("GET", "meta/bases/\(bench.base)/tables").status == 200)
    bench.advance(seconds: 31 * 86_400)
    #expect(try bench.call("GET", "HOMES").status == 200)
  }
}

@Suite("Faults happen as planned")
struct FaultTests {
  @Test("a plan reads back from its own text")
  func roundTrip() throws {
    let text =
      "429=0.02,airtable.500=every:100,drop-after=0.5,slow=0.05@800,write.500-after=1.0,"
      + "garbage=every:3,airtable.read.401=from:20"
    let plan = try FaultPlan(parsing: text, services: ["airtable", "buildium"])
    #expect(plan.description == text)
    #expect(try FaultPlan(parsing: plan.description, services: ["airtable"]) == plan)
    #expect(plan.restricted(to: "buildium").rules.count == 5)
    #expect(plan.rules.last == .init(.unauthorised, .from(20), service: "airtable", calls: .read))
    #expect(try FaultPlan(parsing: " ", services: []).rules.isEmpty)
  }

  @Test(
    "a text that is no plan is refused with the part at fault",
    arguments: [
      ("429", "429"), ("429=2", "429=2"), ("500=0.1,what=0.1", "what=0.1"),
      ("500=every:0", "500=every:0"),
      ("other.500=0.1", "other.500=0.1"), ("500=0.1@30", "500=0.1@30"),
      ("slow=0.1@0", "slow=0.1@0"), ("500=-0.1", "500=-0.1"), ("500=from:0", "500=from:0"),
      ("500=after:3", "500=after:3"), ("write.airtable.500=1", "write.airtable.500=1"),
    ])
  func refused(_ text: String, _ part: String) {
    let error = #expect(throws: FaultPlanError.self) {
      try FaultPlan(parsing: text, services: ["airtable"])
    }
    #expect(error?.part == part)
    #expect(error?.description.contains("'\(part)'") == true)
  }

  @Test("the same seed and calls give the same faults, about as often as asked")
  func seeded() {
    let plan = FaultPlan([.init(.serverError, .probability(0.1))])
    func faults(_ seed: UInt64) -> [Bool] {
      let injector = FaultInjector(service: "airtable", plan: plan, seed: seed)
      return (0..<5_000).map { _ in injector.next(.read) != nil }
    }
    #expect(faults(7) == faults(7))
    #expect(faults(7) != faults(8))
    #expect((400...600).contains(faults(7).count { $0 }))
    let every = FaultInjector(service: "airtable", plan: FaultPlan([.init(.slow, .every(3))]))
    #expect(
      (1...9).map { _ in every.next(.read) != nil } == [
        false, false, true, false, false, true, false, false, true,
      ])
  }

  @Test("a fault of writes leaves reads alone and counts writes; from a call on, it stays")
  func scoped() {
    let injector = FaultInjector(
      service: "airtable", plan: FaultPlan([.init(.unprocessable, .from(2), calls: .write)]))
    let calls: [FaultPlan.Calls] = [.read, .write, .read, .write, .read, .write]
    #expect(calls.map { injector.next($0) != nil } == [false, false, false, true, false, true])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let kind: FaultKind
    let status: Int
    let type: String?
    let isCarriedOut: Bool
    var testDescription: String { kind.rawValue }
  }

  @Test(
    "each fault answers as it should, and is carried out or not",
    arguments: [
      Case(kind: .unauthorised, status: 401, type: "UNAUTHORIZED", isCarriedOut: false),
      Case(
        kind: .forbidden, status: 403, type: "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
        isCarriedOut: false),
      Case(kind: .notFound, status: 404, type: "NOT_FOUND", isCarriedOut: false),
      Case(kind: .conflict, status: 409, type: nil, isCarriedOut: false),
      Case(kind: .unsupportedType, status: 415, type: nil, isCarriedOut: false),
      Case(
        kind: .unprocessable, status: 422, type: "INVALID_REQUEST_UNKNOWN", isCarriedOut: false),
      Case(kind: .tooManyRequests, status: 429, type: "RATE_LIMIT_REACHED", isCarriedOut: false),
      Case(kind: .serverError, status: 500, type: "SERVER_ERROR", isCarriedOut: false),
      Case(kind: .serverErrorAfter, status: 500, type: "SERVER_ERROR", isCarriedOut: true),
      Case(kind: .badGateway, status: 502, type: nil, isCarriedOut: false),
      Case(kind: .unavailable, status: 503, type: "RETRIABLE_ERROR", isCarriedOut: false),
      Case(kind: .gatewayTimeout, status: 504, type: nil, isCarriedOut: true),
      Case(kind: .slow, status: 200, type: nil, isCarriedOut: true),
      Case(kind: .cut, status: 200, type: nil, isCarriedOut: true),
      Case(kind: .dropBefore, status: 0, type: nil, isCarriedOut: false),
      Case(kind: .dropAfter, status: 0, type: nil, isCarriedOut: true),
      Case(kind: .garbage, status: 200, type: nil, isCarriedOut: true),
      Case(kind: .truncated, status: 200, type: nil, isCarriedOut: true),
      Case(kind: .page, status: 200, type: nil, isCarriedOut: false),
      Case(kind: .hang, status: 0, type: nil, isCarriedOut: false),
      Case(kind: .hangAfter, status: 0, type: nil, isCarriedOut: true),
    ])
  func kinds(_ one: Case) throws {
    let bench = try Bench.furnished()
    let set = try bench.call("POST", "/_sandbox/faults", "\(one.kind.rawValue)=1")
    #expect(set.status == 200)
    let answer = try bench.call("POST", "HOMES", #"{"fields": {"Name": "a"}}"#)
    try bench.call("POST", "/_sandbox/faults", "")
    #expect(try bench.sandbox.records(table: "Homes").count == (one.isCarriedOut ? 1 : 0))
    #expect(answer.type == one.type)
    let row = try #require(bench.sandbox.gate.journal.rows.last)
    #expect(row.status == one.status)
    #expect(row.fault == one.kind)
    switch one.kind {
    case .slow: #expect(answer.raw.delayMilliseconds == FaultPlan.slowMilliseconds)
    case .cut: #expect(answer.raw.delivery == .cut(afterBytes: answer.raw.body.count / 2))
    case .dropBefore, .dropAfter: #expect(answer.raw.delivery == .dropped)
    case .hang, .hangAfter: #expect(answer.raw.delayMilliseconds > 600_000)
    case .garbage, .truncated, .page: #expect(answer.json == .null, "that is no JSON")
    case .unavailable: #expect(answer.raw.headers.contains { $0.name == "Retry-After" })
    default: #expect(answer.raw.delivery == .whole)
    }
  }

  @Test("a plan that cannot be read leaves the one in force")
  func badPlan() throws {
    let bench = try Bench()
    try bench.call("POST", "/_sandbox/faults", "500=0.25")
    let refused = try bench.call("POST", "/_sandbox/faults", "501=1")
    #expect(refused.status == 400)
    #expect(refused.json["error"]?.string?.contains("501=1") == true)
    #expect(try bench.call("GET", "/_sandbox/faults").json["faults"] == "500=0.25")
  }
}

@Suite("The sandbox can be looked at and steered")
struct SteeringTests {
  @Test("the journal has every call of the service and none of the steering")
  func journal() throws {
    let bench = try Bench.furnished()
    try bench.call("DELETE", "/_sandbox/journal")
    try bench.call("GET", "HOMES?filterByFormula=1")
    try bench.call("GET", "HOMES/recAAAAAAAAAAAAAA")
    let short = try bench.call("GET", "/_sandbox/journal").json
    #expect(short["requests"] == 2)
    #expect(short["rows"] == nil)
    #expect(try short["by_status"] == json(#"{"200": 1, "404": 1}"#))
    let rows = try #require(bench.call("GET", "/_sandbox/journal?full=1").json["rows"]?.array)
    #expect(rows.count == 2)
    #expect(rows[0]["path"] == .string("/v0/\(bench.base)/Homes"))
    #expect(rows[0]["key"] == .string(bench.base))
    #expect(rows[0]["service"] == "airtable")
  }

  @Test("a journal counts the busiest second and the most calls in flight")
  func busiest() {
    let clock = ManualClock()
    let journal = RequestJournal(clock: SandboxClock(clock))
    func arrive() -> Int {
      journal.arrived(service: "airtable", key: "k", method: "GET", path: "/")
    }
    let first = arrive()
    clock.advance(nanoseconds: 999_999_999)
    let second = arrive()
    journal.answered(first, status: 200)
    clock.advance(nanoseconds: 1)
    _ = arrive()
    journal.answered(second, status: 200, afterNanoseconds: 10)
    _ = arrive()
    #expect(journal.summary.arrivalsInSecondMax == 3)
    #expect(journal.summary.inFlightMax == 3)
    #expect(journal.summary.requests == 4)
  }

  @Test("a person's edit converts what was typed, finds the row by key and moves its time")
  func edits() throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes(#""Name": "a", "Rentbook Key": "k""#)
    let edited = try bench.call(
      "POST", "/_sandbox/airtable/edit",
      #"{"table": "Homes", "record": "k", "field": "Rent", "value": "1,250.50"}"#)
    #expect(edited.status == 200)
    #expect(try bench.home(ids[0])["Rent"] == .number("1250.5"))
    #expect(
      try bench.call("GET", "HOMES?filterByFormula=" + "LAST_MODIFIED_TIME()".encoded).ids == ids)
    for body in [
      #"{"table": "Homes", "record": "none", "field": "Rent", "value": 1}"#,
      #"{"table": "Homes", "record": "k", "field": "None", "value": 1}"#,
      #"{"table": "None", "record": "k", "field": "Rent", "value": 1}"#, #"{"table": "Homes"}"#,
      "nonsense",
    ] {
      let refused = try bench.call("POST", "/_sandbox/airtable/edit", body)
      #expect(refused.status == 422)
      #expect(refused.json["error"]?.string?.isEmpty == false)
    }
    let inserted = try bench.call(
      "POST", "/_sandbox/airtable/insert", #"{"table": "Homes", "fields": {"Name": "new"}}"#)
    #expect(inserted.json["id"]?.string?.hasPrefix("rec") == true)
    try bench.call("POST", "/_sandbox/airtable/remove", #"{"table": "Homes", "record": "k"}"#)
    let all = try bench.call("GET", "/_sandbox/airtable/records?table=Homes")
    #expect(all.cells("Name") == ["new"])
    #expect(try bench.call("POST", "/_sandbox/nothing", "{}").status == 404)
  }

  @Test("the wall clock can be moved on")
  func clock() throws {
    let bench = try Bench.furnished()
    let before = bench.time.now
    try bench.call("POST", "/_sandbox/clock", #"{"advance_seconds": 86400}"#)
    #expect(bench.time.now == before.adding(milliseconds: 86_400_000))
  }
}
