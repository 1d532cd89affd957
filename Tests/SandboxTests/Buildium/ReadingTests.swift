import Domain
import Testing

@testable import Sandbox

@Suite("Lists of the simulated Buildium") struct ReadingTests {
  static let lists = [
    "/v1/rentals", "/v1/rentals/units", "/v1/rentals/owners", "/v1/leases", "/v1/leases/tenants",
    "/v1/vendors", "/v1/glaccounts", "/v1/bankaccounts", "/v1/tasks", "/v1/workorders",
    "/v1/bills?paidstatus=Unpaid", "/v1/generalledger/transactions?glaccountids=3&\(wholeRange)",
  ]

  private func joined(_ target: String, _ more: String) -> String {
    target + (target.contains("?") ? "&" : "?") + more
  }

  @Test("pages put together are the whole list, each record once", arguments: lists)
  func paging(_ target: String) {
    let client = TestClient()
    let all = client.get(joined(target, "limit=1000")).ids
    #expect(all == all.sorted(), "without an order the oldest come first")
    for order in ["Id%20asc", "Id%20desc"] {
      guard !target.contains("bankaccounts") || order == "Id%20asc" else { continue }
      var pages: [Int] = []
      for start in stride(from: 0, through: all.count, by: 7) {
        pages += client.get(joined(target, "limit=7&offset=\(start)&orderby=\(order)")).ids
      }
      #expect(pages == (order == "Id%20asc" ? all : all.reversed()))
    }
    let short = client.get(joined(target, ""))
    #expect(short.ids.count == min(50, all.count))
    #expect(short.header("X-Total-Count") == String(all.count))
    #expect(client.get(joined(target, "offset=100000")).ids == [])
  }

  @Test("records with equal keys keep their order, so that pages never overlap")
  func ties() {
    let client = TestClient()
    let whole = client.get("/v1/leases?limit=1000&orderby=LeaseStatus").ids
    var pages: [Int] = []
    for start in stride(from: 0, to: whole.count, by: 9) {
      pages += client.get("/v1/leases?orderby=LeaseStatus&limit=9&offset=\(start)").ids
    }
    #expect(pages == whole && Set(pages).count == whole.count)
  }

  @Test("a filter shows its effect, an unknown or misspelt one none")
  func filters() {
    let client = TestClient()
    let all = client.get("/v1/leases?limit=1000").rows
    let past = client.get("/v1/leases?limit=1000&leasestatuses=Past").rows
    #expect(!past.isEmpty && past.allSatisfy { $0["LeaseStatus"]?.string == "Past" })
    for silent in ["lease_status=Past", "statuses=Past", "leasestatuses[]=Past", "isactive=false"] {
      #expect(client.get("/v1/leases?limit=1000&\(silent)").rows.count == all.count)
    }
    let two = client.get("/v1/rentals/units?propertyids=1&propertyids=2&limit=1000").rows
    #expect(Set(two.compactMap { $0["PropertyId"]?.int }) == [1, 2])
    let both = client.get("/v1/leases?limit=1000&leasestatuses=Past,Future").rows
    #expect(Set(both.compactMap { $0["LeaseStatus"]?.string }) == ["Past", "Future"])
  }

  @Test(
    "what changes is found by its update filter, to the second and ends included",
    arguments: [
      ("rentals", "Name", "/v1/rentals"), ("units", "Description", "/v1/rentals/units"),
      ("owners", "Email", "/v1/rentals/owners"), ("tenants", "LastName", "/v1/leases/tenants"),
      ("vendors", "PrimaryEmail", "/v1/vendors"), ("leases", "Rent", "/v1/leases"),
    ])
  func updates(_ resource: String, _ member: String, _ target: String) {
    let client = TestClient()
    let id = client.get(target).ids[0]
    client.clock.advance(nanoseconds: 90_500_000_000)
    let value: JSONValue = member == "Rent" ? .number("777.00") : "Changed"
    let reply = client.send(
      "POST", "/_sandbox/buildium/change",
      [
        "resource": .string(resource), "id": .int(id), "member": .string(member), "value": value,
      ])
    #expect(reply.status == 200)
    for (from, expected) in [
      ("2026-10-24T12:01:30Z", [id]), ("2026-10-24T12:01:31Z", []),
      ("2026-10-24T11:00:00Z", [id]),
    ] {
      #expect(client.get("\(target)?lastupdatedfrom=\(from)&limit=1000").ids == expected)
    }
    let to = "lastupdatedfrom=2026-10-24T00:00:00Z&lastupdatedto=2026-10-24T12:01:30Z"
    #expect(client.get("\(target)?\(to)").ids == [id])
  }

  @Test("tasks are found by the day they changed")
  func taskUpdates() {
    let client = TestClient()
    let id = client.get("/v1/tasks").ids[0]
    client.clock.advance(nanoseconds: 86_400_000_000_000)
    client.send(
      "POST", "/_sandbox/buildium/change",
      ["resource": "tasks", "id": .int(id), "member": "Title", "value": "T"])
    #expect(client.get("/v1/tasks?lastupdatedfrom=2026-10-25").ids == [id])
    #expect(client.get("/v1/tasks?lastupdatedfrom=2026-10-26").ids == [])
  }

  @Test("ledger transactions are found by their change within the range of their dates")
  func transactionUpdates() {
    let client = TestClient()
    let target = "/v1/generalledger/transactions?glaccountids=3&\(wholeRange)"
    let id = client.get(target).ids[0]
    client.clock.advance(nanoseconds: 60_000_000_000)
    client.send(
      "POST", "/_sandbox/buildium/change",
      ["resource": "transactions", "id": .int(id), "member": "Memo", "value": "M"])
    #expect(client.get("\(target)&lastupdatedfrom=2026-10-24T12:00:30Z").ids == [id])
    let elsewhere = "startdate=2026-01-01&enddate=2026-01-02&glaccountids=3"
    #expect(
      client.get(
        "/v1/generalledger/transactions?\(elsewhere)&lastupdatedfrom=2026-10-24T12:00:30Z"
      ).ids == [])
  }

  @Test("only leases, tasks and ledger transactions say when they were changed")
  func stamps() {
    let client = TestClient()
    for target in Self.lists {
      let row = client.get(target).rows.first ?? .null
      let expected = ["/v1/leases", "/v1/tasks"].contains(target) || target.contains("ledger")
      #expect(row.has("LastUpdatedDateTime") == expected, "\(target)")
    }
    let text = client.get("/v1/leases").rows[0]["LastUpdatedDateTime"]?.string ?? ""
    #expect(text.count == 20 && text.hasSuffix("Z") && Instant(text) != nil)
  }

  @Test("occupancy is worked out when asked and does not count as a change of the unit")
  func occupancy() {
    let client = TestClient()
    let lease = client.sandbox.portfolio {
      $0.leases.rows.first { $0.status == .active && $0.currentTenantIds.count == 1 }
    }
    guard let lease else { return #expect(Bool(false), "no such lease") }
    let unit = "/v1/rentals/units/\(lease.unitId)"
    #expect(client.get(unit).json["IsUnitOccupied"]?.bool == true)
    client.clock.advance(nanoseconds: 60_000_000_000)
    let tenant = JSONValue.int(lease.currentTenantIds[0])
    client.send(
      "POST", "/v1/leases/\(lease.id)/moveouts",
      ["TenantId": tenant, "MoveOutDate": "2026-10-24"])
    #expect(client.get(unit).json["IsUnitOccupied"]?.bool == false)
    let since = "lastupdatedfrom=2026-10-24T12:00:30Z"
    #expect(client.get("/v1/rentals/units?\(since)").ids == [])
    #expect(client.get("/v1/leases?\(since)").ids == [Int(lease.id)])
    #expect(client.get("/v1/leases/\(lease.id)").json["LeaseStatus"]?.string == "Past")
  }

  @Test("sub-accounts stand inside their parents, one level deep, and nowhere else in the list")
  func subAccounts() {
    let rows = TestClient().get("/v1/glaccounts?limit=1000").rows
    let subs = rows.flatMap { $0["SubAccounts"]?.array ?? [] }
    #expect(subs.count == 6)
    #expect(subs.allSatisfy { $0["SubAccounts"]?.isNull == true })
    #expect(subs.allSatisfy { $0["ParentGLAccountId"]?.int != nil })
    let top = Set(rows.compactMap { $0["Id"]?.int })
    #expect(subs.allSatisfy { !top.contains($0["Id"]?.int ?? 0) })
    #expect(TestClient().get("/v1/glaccounts/111").json["Name"]?.string == "Plumbing")
  }

  @Test("a hostile name arrives as it is, in JSON that can be read")
  func hostile() {
    let client = TestClient(portfolio(properties: 20, units: 150))
    let rows = client.get("/v1/leases/tenants?limit=1000").rows
    let hostile = rows.first { $0["LastName"]?.string?.hasPrefix("=HYPERLINK") == true }
    #expect(hostile?["FirstName"]?.string?.contains("\u{1B}[31m") == true)
    #expect(hostile?["LastName"]?.string?.contains("\u{0}") == true)
  }

  @Test("tenants stand whole inside a lease, and leases inside a tenant, but not round in circles")
  func recursion() {
    let client = TestClient()
    let lease = client.get("/v1/leases?limit=1000").rows.first {
      $0["CurrentTenants"]?.array?.isEmpty == false
    }
    let inner = lease?["CurrentTenants"]?.array?.first ?? .null
    #expect(inner.has("EmergencyContact") && inner["Leases"]?.isNull == true)
    let tenant = client.get("/v1/leases/tenants/\(inner["Id"]?.int ?? 0)").json
    let outer = tenant["Leases"]?.array?.first ?? .null
    #expect(outer["Id"]?.int == lease?["Id"]?.int && outer["CurrentTenants"]?.isNull == true)
    let future = client.get("/v1/leases?leasestatuses=Future&limit=1000").rows
    #expect(future.allSatisfy { $0["CurrentTenants"]?.array == [] })
  }

  @Test("the list of owners' requests has no pages")
  func unpaged() {
    let client = TestClient(portfolio(properties: 20, units: 2000, months: 1))
    let rows = client.get("/v1/tasks/rentalownerrequests?limit=2")
    #expect(rows.ids.count > 50)
    #expect(rows.header("X-Total-Count") != nil)
  }
}
