import Background
import Domain
import WebServer

@testable import Sandbox

/// The day every test portfolio ends on, and the noon of it.
let testDay = CalendarDate(daysSince1970: 20_750)
let testNoon = Int64(20_750) * 86_400_000 + 43_200_000

func portfolio(
  properties: Int = 12, units: Int = 60, months: Int = 4, seed: UInt64 = 7, perMonth: Int? = nil
) -> Portfolio {
  Portfolio(
    PortfolioOptions(
      properties: properties, units: units, months: months, seed: seed, today: testDay,
      transactionsPerMonth: perMonth))
}

/// An answer, read.
struct Reply {
  var status: Int
  var headers: [(name: String, value: String)]
  var bytes: [UInt8]

  var json: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }
  var rows: [JSONValue] { json.array ?? [] }
  var ids: [Int] { rows.compactMap { $0["Id"]?.int } }
  var id: Int { json["Id"]?.int ?? 0 }
  /// The members a 422 complains about.
  var keys: [String] { (json["Errors"]?.array ?? []).compactMap { $0["Key"]?.string } }
  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// A client of a sandbox without a network between.
final class TestClient: Sendable {
  let sandbox: SandboxBuildium
  let clock: ManualClock
  private let exchanges = Lock<[JSONValue]>([])

  init(
    _ portfolio: Portfolio = portfolio(), limited: Bool = false,
    _ change: (inout BuildiumOptions) -> Void = { _ in }
  ) {
    var options = BuildiumOptions()
    if !limited { options.liftLimits() }
    change(&options)
    clock = ManualClock(wallMilliseconds: testNoon)
    sandbox = SandboxBuildium(portfolio, options: options, clock: SandboxClock(clock))
  }

  @discardableResult
  func send(
    _ method: String, _ target: String, _ body: JSONValue? = nil, headers: [String: String] = [:]
  ) -> Reply {
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    let raw = parts.count > 1 ? parts[1] : ""
    let pairs = raw.split(separator: "&").map { pair -> (name: String, value: String) in
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (
        name: String(sides[0]),
        value: sides.count > 1 ? String(sides[1]).replacing("%20", with: " ") : ""
      )
    }
    var all = [
      "x-buildium-client-id": "sandbox-client", "x-buildium-client-secret": "sandbox-secret",
      "host": "127.0.0.1:4010",
    ]
    if body != nil { all["content-type"] = "application/json" }
    for (name, value) in headers { all[name] = value.isEmpty ? nil : value }
    let response = sandbox.handle(
      WebRequest(
        method: method, path: parts[0], rawQuery: raw, query: pairs, headers: all,
        body: body?.bytes ?? []))
    let reply = Reply(
      status: response.status, headers: response.headers, bytes: response.body)
    exchanges.withLock {
      $0.append([
        "method": .string(method), "path": .string(parts[0]), "query": .string(raw),
        "request": body ?? .null, "status": .int(response.status), "response": reply.json,
      ])
    }
    return reply
  }

  @discardableResult
  func get(_ target: String) -> Reply { send("GET", target) }

  /// Everything that was said.
  var recorded: [JSONValue] { exchanges.withLock(\.self) }
}

extension JSONValue {
  /// This object with some members set.
  func with(_ changes: KeyValuePairs<String, JSONValue>) -> JSONValue {
    var object = self.object ?? JSONObject()
    for (key, value) in changes { object[key] = value }
    return .object(object)
  }

  /// This object without a member.
  func without(_ key: String) -> JSONValue {
    var object = self.object ?? JSONObject()
    object[key] = nil
    return .object(object)
  }
}

let address: JSONValue = [
  "AddressLine1": "1 Test Street", "City": "Fairhaven", "State": "OR", "PostalCode": "97100",
  "Country": "UnitedStates",
]

/// `startdate` and `enddate` around everything a test portfolio holds.
let wholeRange = "startdate=2026-01-01&enddate=2026-12-31"
