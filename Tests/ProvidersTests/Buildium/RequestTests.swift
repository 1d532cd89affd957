import Background
import Domain
import HTTP
import Providers
import Sync
import Testing

@Suite("Requests to Buildium") struct RequestTests {
  static let since = Instant("2026-11-20T08:30:15Z")

  @Test(
    "each list is asked for by its own path, in an order that does not move, with the filter it knows",
    arguments: [
      (Resource.glAccounts, "/v1/glaccounts?orderby=Id%20asc&offset=0&limit=1000"),
      (.bankAccounts, "/v1/bankaccounts?orderby=Id%20asc&offset=0&limit=1000"),
      (
        .owners,
        "/v1/rentals/owners?lastupdatedfrom=2026-11-20T08%3A30%3A15Z&orderby=Id%20asc&offset=0&limit=1000"
      ),
      (
        .properties,
        "/v1/rentals?lastupdatedfrom=2026-11-20T08%3A30%3A15Z&orderby=Id%20asc&offset=0&limit=1000"
      ),
      (
        .units,
        "/v1/rentals/units?lastupdatedfrom=2026-11-20T08%3A30%3A15Z&orderby=Id%20asc&offset=0&limit=1000"
      ),
      (
        .tenants,
        "/v1/leases/tenants?lastupdatedfrom=2026-11-20T08%3A30%3A15Z&orderby=Id%20asc&offset=0&limit=1000"
      ),
      (
        .leases,
        "/v1/leases?lastupdatedfrom=2026-11-20T08%3A30%3A15Z&orderby=Id%20asc&offset=0&limit=1000"
      ),
      (.vendorCategories, "/v1/vendors/categories?orderby=Id%20asc&offset=0&limit=1000"),
      (
        .vendors,
        "/v1/vendors?lastupdatedfrom=2026-11-20T08%3A30%3A15Z&orderby=Id%20asc&offset=0&limit=1000"
      ),
      (.taskCategories, "/v1/tasks/categories?orderby=Id%20asc&offset=0&limit=1000"),
      (.tasks, "/v1/tasks?lastupdatedfrom=2026-11-20&orderby=Id%20asc&offset=0&limit=1000"),
      (
        .workOrders,
        "/v1/workorders?lastupdatedfrom=2026-11-20&orderby=Id%20asc&offset=0&limit=1000"
      ),
    ])
  func lists(resource: Resource, url: String) throws {
    let http = ScriptedHTTP { _ in reply([], total: 0) }
    let result = try pull(provider(http), resource, context: MemoryContext(), since: Self.since)
    #expect(http.urls == [url])
    let isFiltered = url.contains("lastupdated")
    #expect(result.isComplete == !isFiltered)
  }

  @Test("both key headers go with every request, and nothing of them into the address")
  func headers() throws {
    let http = ScriptedHTTP { _ in reply([]) }
    _ = try pull(provider(http), .properties, context: MemoryContext())
    let headers = http.asked[0].request.headers
    #expect(headers.contains { $0 == ("x-buildium-client-id", "id") })
    #expect(headers.contains { $0 == ("x-buildium-client-secret", "secret") })
    #expect(!http.asked[0].request.url.contains("secret"))
    #expect(http.asked[0].request.repeatability == .repeatable)
  }

  @Test(
    "a base address is taken with or without a slash or the version",
    arguments: [
      "https://apisandbox.buildium.com", "https://apisandbox.buildium.com/",
      "https://apisandbox.buildium.com/v1", "https://apisandbox.buildium.com/v1/",
    ])
  func base(address: String) throws {
    let http = ScriptedHTTP { _ in reply(["CompanyName": "Elm & Co."]) }
    let clock = ManualClock(wallMilliseconds: noon)
    let provider = BuildiumProvider(
      api: BuildiumAPI(
        baseURL: address, credentials: .apiKey(clientID: "i", secret: "s"), http: http,
        clock: clock), clock: clock)
    #expect(try provider.verify(Cancellation()) == "Elm & Co.")
    #expect(
      http.asked[0].request.url == "https://apisandbox.buildium.com/v1/administration/account")
  }

  @Test("a key without the account permission is proved on the properties")
  func verifyFallback() throws {
    let http = ScriptedHTTP { asked in
      asked.path == "/v1/rentals" ? reply([]) : refusal(403, "Forbidden.")
    }
    let sentence = try provider(http).verify(Cancellation())
    #expect(sentence.contains("Account Information"))
    #expect(
      http.urls
        == ["/v1/administration/account", "/v1/rentals?orderby=Id%20asc&offset=0&limit=1"])
  }

  @Test("a wrong key is not taken for a missing permission")
  func verifyRefused() {
    let http = ScriptedHTTP { _ in refusal(401) }
    #expect { try provider(http).verify(Cancellation()) } throws: {
      ($0 as? ProviderError)?.kind == .notAuthorised
    }
  }

  @Test("a POST is sent once, other changes may be repeated, and bodies are JSON")
  func writes() throws {
    let http = ScriptedHTTP { _ in reply(["Id": 5], status: 201) }
    let api = BuildiumAPI(
      baseURL: "https://api.buildium.com", credentials: .apiKey(clientID: "i", secret: "s"),
      http: http, clock: ManualClock())
    let answer = try api.send("POST", "/v1/bills", ["Memo": "x"], cancellation: Cancellation())
    _ = try api.send("PUT", "/v1/rentals/1", ["Name": "x"], cancellation: Cancellation())
    #expect(answer["Id"]?.int == 5)
    #expect(http.asked.map(\.request.repeatability) == [.once, .repeatable])
    #expect(http.asked[0].request.body == Array(#"{"Memo":"x"}"#.utf8))
    #expect(
      http.asked[0].request.headers.contains { $0 == ("Content-Type", "application/json") })
  }
}

@Suite("Tokens") struct AuthorityTests {
  private func api(_ http: any HTTPSending, _ clock: ManualClock) -> BuildiumAPI {
    BuildiumAPI(
      baseURL: "https://gate.example",
      credentials: .clientCredentials(
        clientID: "a b", secret: "s&t", tokenURL: "https://gate.example/token"), http: http,
      clock: clock)
  }

  @Test("a token is fetched once, used until a minute before its end, and renewed then")
  func lifetime() throws {
    let clock = ManualClock(wallMilliseconds: noon)
    let count = Lock(0)
    let http = ScriptedHTTP { asked in
      guard asked.path == "/token" else { return reply([]) }
      let number = count.withLock { count in
        count += 1
        return count
      }
      return reply(["access_token": .string("t\(number)"), "expires_in": 600])
    }
    let provider = BuildiumProvider(api: api(http, clock), clock: clock)
    func call() throws -> String? {
      _ = try pull(provider, .properties, context: MemoryContext())
      return http.asked.last?.request.headers.first { $0.name == "Authorization" }?.value
    }
    #expect(try call() == "Bearer t1")
    clock.advance(nanoseconds: 539_000_000_000)
    #expect(try call() == "Bearer t1")
    clock.advance(nanoseconds: 2_000_000_000)
    #expect(try call() == "Bearer t2")
    let body = http.asked.first { $0.path == "/token" }?.request.body ?? []
    #expect(
      String(decoding: body, as: UTF8.self)
        == "grant_type=client_credentials&client_id=a%20b&client_secret=s%26t")
  }

  @Test("many threads that need a token at once make one request for it")
  func singleFlight() throws {
    let clock = ManualClock(wallMilliseconds: noon)
    let entered = Cancellation()
    let release = Cancellation()
    let http = ScriptedHTTP { asked in
      guard asked.path == "/token" else { return reply([]) }
      entered.cancel()
      release.wait(nanoseconds: 20_000_000_000)
      return reply(["access_token": "t", "expires_in": 600])
    }
    let provider = BuildiumProvider(api: api(http, clock), clock: clock)
    let errors = Lock<[String]>([])
    let workers = (0..<6).map { _ in
      Worker(name: "caller") {
        do {
          _ = try pull(provider, .properties, context: MemoryContext())
        } catch { errors.withLock { $0.append("\(error)") } }
      }
    }
    entered.wait(nanoseconds: 20_000_000_000)
    release.cancel()
    for worker in workers { #expect(worker.join(nanoseconds: 20_000_000_000)) }
    #expect(errors.withLock(\.self).isEmpty)
    #expect(http.asked.filter { $0.path == "/token" }.count == 1)
    #expect(http.asked.filter { $0.path == "/v1/rentals" }.count == 6)
  }

  @Test("a token that is refused is dropped, and the request made once more with a new one")
  func refusedToken() throws {
    let clock = ManualClock(wallMilliseconds: noon)
    let count = Lock(0)
    let http = ScriptedHTTP { asked in
      if asked.path == "/token" {
        let number = count.withLock { count in
          count += 1
          return count
        }
        return reply(["access_token": .string("t\(number)"), "expires_in": 600])
      }
      let isOld = asked.request.headers.contains { $0.value == "Bearer t1" }
      return isOld ? refusal(401) : reply([])
    }
    let provider = BuildiumProvider(api: api(http, clock), clock: clock)
    _ = try pull(provider, .properties, context: MemoryContext())
    #expect(count.withLock(\.self) == 2)
  }

  @Test("refused client credentials say so and fetch nothing else")
  func refusedClient() {
    let http = ScriptedHTTP { _ in reply(["error": "invalid_client"], status: 401) }
    let clock = ManualClock(wallMilliseconds: noon)
    let provider = BuildiumProvider(api: api(http, clock), clock: clock)
    #expect { try pull(provider, .properties, context: MemoryContext()) } throws: {
      ($0 as? ProviderError)?.kind == .notAuthorised
    }
    #expect(http.asked.count == 1)
  }
}
