import Background
import Domain
import Testing
import Vault
import WebServer

@testable import Sandbox

@Suite("A living portfolio") struct LivingTests {
  private func snapshot(_ client: TestClient) -> [String: [Int: JSONValue]] {
    var result: [String: [Int: JSONValue]] = [:]
    for (name, target) in [
      ("rentals", "/v1/rentals"), ("units", "/v1/rentals/units"),
      ("owners", "/v1/rentals/owners"), ("tenants", "/v1/leases/tenants"),
      ("leases", "/v1/leases"),
    ] {
      for row in client.get("\(target)?limit=1000").rows {
        // A lease shows its tenants and a tenant its leases: only the record's own members count.
        result[name, default: [:]][row["Id"]?.int ?? 0] =
          row.without("CurrentTenants").without("Leases").without("BuildingName")
      }
    }
    return result
  }

  @Test("so many changes by chance are exactly the records that then differ", arguments: [1, 25])
  func random(_ count: Int) {
    let client = TestClient()
    let before = snapshot(client)
    client.clock.advance(nanoseconds: 1_000_000_000)
    let reply = client.send("POST", "/_sandbox/buildium/change", ["random": .int(count)])
    let changed = reply.json["changed"]?.array ?? []
    #expect(changed.count == count)
    let named = Set(
      changed.map { "\($0["resource"]?.string ?? "")/\($0["id"]?.int ?? 0)" })
    var differing: Set<String> = []
    for (name, rows) in snapshot(client) {
      for (id, row) in rows where before[name]?[id] != row { differing.insert("\(name)/\(id)") }
    }
    #expect(differing == named && named.count == count)
  }

  @Test("a change by hand that cannot be made is refused with a reason")
  func refusals() {
    let client = TestClient()
    let path = "/_sandbox/buildium/change"
    #expect(
      client.send(
        "POST", path, ["resource": "rentals", "id": 1, "member": "Colour", "value": "red"]
      ).status == 422)
    #expect(
      client.send(
        "POST", path, ["resource": "rentals", "id": 999, "member": "Name", "value": "x"]
      ).status == 404)
  }

  @Test("a removed record is gone for good, and what others stand on stays")
  func deletion() {
    let client = TestClient()
    func delete(_ resource: String, _ id: Int) -> Int {
      client.send(
        "POST", "/_sandbox/buildium/delete", ["resource": .string(resource), "id": .int(id)]
      ).status
    }
    #expect(delete("rentals", 1) == 409)
    let tenant = client.get("/v1/leases/tenants").ids[0]
    #expect(delete("tenants", tenant) == 200)
    #expect(client.get("/v1/leases/tenants/\(tenant)").status == 404)
    #expect(delete("tenants", tenant) == 404)
    let task = client.get("/v1/tasks").ids[0]
    #expect(delete("tasks", task) == 200)
    let unpaid = client.get("/v1/bills?paidstatus=Unpaid&limit=1000").ids.last ?? 0
    #expect(delete("bills", unpaid) == 200)
    #expect(client.get("/v1/generalledger/transactions/\(unpaid)").status == 404)
    let deposited = client.sandbox.portfolio { portfolio in
      Int(portfolio.transactions.rows.first { $0.depositId != nil }?.id ?? 0)
    }
    #expect(delete("transactions", deposited) == 409)
  }

  @Test("time that passes brings things about, the same for the same seed, and the books balance")
  func life() {
    func live() -> ([Happening], Portfolio) {
      let client = TestClient()
      client.clock.advance(nanoseconds: 60_000_000_000)
      let happenings = client.sandbox.advance(seconds: 2000)
      return (happenings, client.sandbox.portfolio(\.self))
    }
    let (happenings, portfolio) = live()
    #expect(happenings.count == 500)
    #expect(happenings == live().0)
    let resources = Set(happenings.map(\.resource))
    #expect(resources.isSuperset(of: ["transactions", "bills", "tenants", "tasks", "units"]))
    for transaction in portfolio.transactions.rows {
      var sum: Int64 = 0
      portfolio.forEachEntry(of: transaction, on: .accrual) {
        sum += $1; _ = ($0, $2)
      }
      #expect(sum == 0)
    }
    let client = TestClient()
    #expect(client.sandbox.advance(seconds: 3).isEmpty)
    #expect(client.sandbox.advance(seconds: 1).count == 1)
  }

  @Test("a ticker lets it live, on a clock that is passed in, until it is stopped")
  func ticker() {
    let client = TestClient()
    let seen = Mailbox<Happening>()
    let enough = Mailbox<Bool>()
    let ticker = PortfolioTicker(client.sandbox, every: 4, clock: client.clock) {
      seen.post($0)
      enough.post(true)
    }
    _ = enough.waitAndTakeAll(nanoseconds: 10_000_000_000)
    ticker.stop()
    #expect(!seen.takeAll().isEmpty)
    let count = client.sandbox.portfolio(\.transactions.count)
    #expect(client.sandbox.portfolio(\.transactions.count) == count)
  }

  @Test("a subscriber gets one signed event a change, and the same again a minute after a failure")
  func webhooks() throws {
    let calls = Mailbox<WebRequest>()
    let failures = Lock(1)
    let server = try LoopbackServer { request in
      calls.post(request)
      let fails = failures.withLock { left in
        left -= 1
        return left >= 0
      }
      return WebResponse(status: fails ? 500 : 204)
    }
    defer { server.stop() }
    let client = TestClient {
      $0.webhook = BuildiumOptions.Webhook(
        port: UInt16(server.port), path: "/hooks?x=1", secret: "test-secret")
    }
    defer { client.sandbox.stop() }
    client.send(
      "POST", "/_sandbox/buildium/change",
      ["resource": "rentals", "id": 2, "member": "Name", "value": "N"])
    let first = try #require(calls.waitAndTakeAll(nanoseconds: 10_000_000_000).first)
    let body = try JSONValue(parsing: first.body)
    #expect(body["EventName"]?.string == "Rental.Updated" && body["PropertyId"]?.int == 2)
    #expect(body["AccountId"]?.int == 123_456)
    let moment = body["EventDateTime"]?.string ?? ""
    #expect(Instant(moment) != nil && moment.count == 28)
    let timestamp = first.headers["buildium-webhook-timestamp"] ?? ""
    let signature = first.headers["buildium-webhook-signature"] ?? ""
    #expect(
      BuildiumSignature.isValid(
        signature, timestamp: timestamp, body: first.body, secret: "test-secret",
        nowSeconds: testNoon / 1000))
    #expect(!String(decoding: first.body, as: UTF8.self).contains(": "))
    // The failed event waits for a minute of the service's time.
    client.clock.advance(nanoseconds: 59_000_000_000)
    client.send(
      "POST", "/_sandbox/buildium/change",
      ["resource": "rentals", "id": 3, "member": "Name", "value": "N"])
    let second = try #require(calls.waitAndTakeAll(nanoseconds: 10_000_000_000).first)
    #expect(try JSONValue(parsing: second.body)["PropertyId"]?.int == 3)
    client.clock.advance(nanoseconds: 2_000_000_000)
    let again = try #require(calls.waitAndTakeAll(nanoseconds: 10_000_000_000).first)
    #expect(again.body == first.body)
  }

  @Test("owners have no event, as in the real service")
  func owners() {
    var state = BuildiumState(portfolio: portfolio(), options: BuildiumOptions())
    state.announce(Happening("owners", 4001, .updated, "x"), at: Instant(milliseconds: 0))
    #expect(state.events.isEmpty)
  }
}
