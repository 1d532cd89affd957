import Background
import Domain
import HTTP
import Providers
import Sync
import Testing

@Suite("What goes wrong, in words") struct ErrorTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let resource: Resource
    let status: Int
    let body: String
    let kind: ProviderError.Kind
    let says: String
    let hint: String
    var testDescription: String { "\(status) for \(resource)" }
  }

  static let rows: [Row] = [
    Row(
      resource: .properties, status: 400, body: #"{"UserMessage":"Bad sort.","Errors":[]}"#,
      kind: .refused, says: "(400): Bad sort.", hint: "newer Rentbook"),
    Row(
      resource: .properties, status: 401, body: #"{"UserMessage":"Invalid key."}"#,
      kind: .notAuthorised, says: "API key (401): Invalid key.", hint: "Developer Tools"),
    Row(
      resource: .owners, status: 403, body: #"{"UserMessage":null}"#, kind: .forbidden,
      says: "GET /v1/rentals/owners (403)", hint: "Rentals > Property Rental Owners"),
    Row(
      resource: .vendors, status: 403, body: "", kind: .forbidden, says: "(403)",
      hint: "Maintenance > Vendors"),
    Row(
      resource: .workOrders, status: 403, body: "", kind: .forbidden, says: "(403)",
      hint: "Maintenance > Work Orders"),
    Row(
      resource: .bankAccounts, status: 403, body: "", kind: .forbidden, says: "(403)",
      hint: "Accounting > Bank Accounts"),
    Row(
      resource: .tenants, status: 403, body: "", kind: .forbidden, says: "(403)",
      hint: "Rentals > Tenants"),
    Row(
      resource: .leases, status: 404, body: #"{"UserMessage":"Gone."}"#, kind: .notFound,
      says: "GET /v1/leases (404): Gone.", hint: "RENTBOOK_BUILDIUM_URL"),
    Row(
      resource: .bills, status: 409, body: #"{"UserMessage":"EFT pending."}"#, kind: .refused,
      says: "(409): EFT pending.", hint: "will not help"),
    Row(
      resource: .units, status: 415, body: "", kind: .refused, says: "(415)",
      hint: "Nothing was changed"),
    Row(
      resource: .leases, status: 404, body: "<html><title>404</title></html>",
      kind: .unexpectedAnswer, says: "a web page (404)", hint: "RENTBOOK_BUILDIUM_URL"),
    Row(
      resource: .units, status: 422,
      body:
        #"{"UserMessage":"Invalid.","Errors":[{"Key":"Name","Value":"is too long"},{"Key":null,"Value":"x"}]}"#,
      kind: .refused, says: "(422): Invalid. Name: is too long x", hint: "newer Rentbook"),
    Row(
      resource: .units, status: 429, body: "", kind: .rateLimited, says: "(429)",
      hint: "share the limit"),
    Row(
      resource: .units, status: 500, body: "", kind: .unreachable, says: "failed (500)",
      hint: "status page"),
    Row(
      resource: .units, status: 503, body: "<html>busy</html>", kind: .unreachable,
      says: "failed (503)", hint: ""),
    Row(
      resource: .units, status: 302, body: "", kind: .unexpectedAnswer, says: "the status 302",
      hint: "address"),
    Row(
      resource: .units, status: 200, body: "<!DOCTYPE html><p>Sign in", kind: .unexpectedAnswer,
      says: "a web page instead of data", hint: "proxy"),
    Row(
      resource: .units, status: 200, body: #"[{"Id":1,"Unit"#, kind: .unexpectedAnswer,
      says: "cannot be read", hint: "cut short"),
    Row(
      resource: .units, status: 200, body: "null and void", kind: .unexpectedAnswer,
      says: "cannot be read", hint: ""),
    Row(
      resource: .units, status: 200, body: #"{"Items":[]}"#, kind: .unexpectedAnswer,
      says: "an object instead of a list", hint: ""),
    Row(
      resource: .units, status: 200, body: #"[{"UnitNumber":"1"}]"#, kind: .unexpectedAnswer,
      says: "Unit: Id is missing", hint: ""),
    Row(
      resource: .units, status: 200, body: #"[{"Id":7,"MarketRent":12.345}]"#,
      kind: .unexpectedAnswer, says: "Unit 7: MarketRent is 12.345, not an amount in whole cents",
      hint: ""),
    Row(
      resource: .units, status: 200, body: #"[17]"#, kind: .unexpectedAnswer,
      says: "an object was expected, not a number", hint: ""),
  ]

  @Test("every answer that is no list has its kind, its sentence and its advice", arguments: rows)
  func sentences(row: Row) {
    let http = ScriptedHTTP { _ in
      HTTPResponse(status: row.status, body: Array(row.body.utf8))
    }
    #expect {
      try pull(provider(http), row.resource, context: MemoryContext())
    } throws: { thrown in
      guard let error = thrown as? ProviderError else { return false }
      #expect(error.service == .buildium)
      #expect(error.kind == row.kind)
      #expect(error.message.contains(row.says), "\(error.message)")
      #expect(error.hint.contains(row.hint), "\(error.hint)")
      return true
    }
  }

  @Test(
    "no answer is a doubt for a POST that may have landed, and unreachable otherwise",
    arguments: [
      (TransferError.Kind.timeout, "POST", ProviderError.Kind.doubt),
      (.broken, "POST", .doubt), (.cancelled, "POST", .doubt),
      (.noConnection, "POST", .unreachable),
      (.tls, "POST", .unreachable), (.breakerOpen, "POST", .unreachable),
      (.badAddress, "POST", .unreachable), (.timeout, "PUT", .unreachable),
      (.broken, "PUT", .unreachable), (.cancelled, "PUT", .cancelled),
      (.tooLarge, "PUT", .unexpectedAnswer), (.noConnection, "PUT", .unreachable),
    ])
  func transfers(failure: TransferError.Kind, method: String, kind: ProviderError.Kind) {
    let http = ScriptedHTTP { _ throws(TransferError) in throw TransferError(failure, "why") }
    let api = BuildiumAPI(
      baseURL: "https://api.buildium.com", credentials: .apiKey(clientID: "i", secret: "s"),
      http: http, clock: ManualClock())
    #expect {
      try api.send(method, "/v1/bills", [:], cancellation: Cancellation())
    } throws: {
      ($0 as? ProviderError)?.kind == kind
    }
    #expect(http.asked.count == 1)
  }

  @Test("a 500 after a POST is a doubt")
  func failedPost() {
    let http = ScriptedHTTP { _ in refusal(500) }
    let api = BuildiumAPI(
      baseURL: "https://api.buildium.com", credentials: .apiKey(clientID: "i", secret: "s"),
      http: http, clock: ManualClock())
    #expect {
      try api.send("POST", "/v1/bills", [:], cancellation: Cancellation())
    } throws: {
      ($0 as? ProviderError)?.kind == .doubt
    }
  }

  @Test("what Buildium says cannot steer the terminal and has an end")
  func hostileText() {
    let long = String(repeating: "x", count: 5000)
    let http = ScriptedHTTP { _ in refusal(422, "\u{1B}[2J\u{9B}31m\r\nred " + long) }
    #expect {
      try pull(provider(http), .units, context: MemoryContext())
    } throws: { thrown in
      guard let error = thrown as? ProviderError else { return false }
      let controls = error.message.unicodeScalars.filter {
        $0.value < 0x20 || (0x7F...0x9F).contains($0.value)
      }
      return controls.isEmpty && error.message.count < 600 && error.message.contains("red")
    }
  }

  @Test("a pull that was asked to stop sends nothing")
  func cancelled() {
    let http = ScriptedHTTP { _ in reply([]) }
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect {
      try provider(http).page(
        PullRequest(.units), context: MemoryContext(), cancellation: cancellation)
    } throws: {
      ($0 as? ProviderError)?.kind == .cancelled
    }
    #expect(http.asked.isEmpty)
  }

  @Test("a cursor that is not one of ours is refused")
  func strangeCursor() {
    let http = ScriptedHTTP { _ in reply([]) }
    for text in ["", "7", "{}", #"{"offset":-1}"#, "itr/rec"] {
      #expect {
        try provider(http).page(
          PullRequest(.units, cursor: text), context: MemoryContext(),
          cancellation: Cancellation())
      } throws: {
        // What makes the engine begin the pull again.
        ($0 as? ProviderError)?.kind == .refused
      }
    }
    #expect(http.asked.isEmpty)
  }
}
