// A scripted Buildium: answers from a closure, and a journal of what was asked.
import Background
import Domain
import HTTP
import Providers
import Sync
import Testing

/// A service made of a function.
final class ScriptedHTTP: HTTPSending {
  typealias Script = @Sendable (Asked) throws(TransferError) -> HTTPResponse

  private let script: Script
  private let journal = Lock<[Asked]>([])

  init(_ script: @escaping Script) { self.script = script }

  var asked: [Asked] { journal.withLock(\.self) }
  var urls: [String] { asked.map(\.target) }

  func send(_ request: HTTPRequest, cancellation: Cancellation) throws(TransferError)
    -> HTTPResponse
  {
    let asked = Asked(request)
    journal.withLock { $0.append(asked) }
    if cancellation.isCancelled { throw TransferError(.cancelled, "stopped") }
    return try script(asked)
  }
}

/// A request taken apart.
struct Asked: Sendable {
  let request: HTTPRequest
  /// The path with its query, as sent.
  let target: String
  let path: String
  let query: [(name: String, value: String)]

  init(_ request: HTTPRequest) {
    self.request = request
    let rest = request.url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    target = "/" + (rest.count > 3 ? String(rest[3]) : "")
    let parts = target.split(separator: "?", maxSplits: 1)
    path = String(parts[0])
    query =
      parts.count < 2
      ? []
      : parts[1].split(separator: "&").map { item in
        let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(pair[0]), pair.count > 1 ? String(pair[1]).replacing("%20", with: " ") : "")
      }
  }

  func all(_ name: String) -> [String] { query.filter { $0.name == name }.map(\.value) }
  func first(_ name: String) -> String? { all(name).first }
}

func json(_ text: String) -> JSONValue {
  do { return try JSONValue(parsing: text) } catch { preconditionFailure("\(error) in \(text)") }
}

func reply(_ value: JSONValue, status: Int = 200, total: Int? = nil) -> HTTPResponse {
  var headers = ["content-type": "application/json"]
  if let total { headers["x-total-count"] = String(total) }
  return HTTPResponse(status: status, headers: headers, body: value.bytes)
}

func refusal(_ status: Int, _ message: String = "No.") -> HTTPResponse {
  reply(["UserMessage": .string(message), "ErrorCode": .null, "Errors": []], status: status)
}

/// Serves lists with paging the way Buildium does.
struct Lists: Sendable {
  var rows: [String: [JSONValue]] = [:]
  var givesTotal = true
  /// Gives at most so many rows, whatever is asked for.
  var pageMax = 1000
  /// Made once per request.
  var filter: @Sendable (Asked) -> (JSONValue) -> Bool = { _ in { _ in true } }

  func answer(_ asked: Asked) -> HTTPResponse {
    guard let all = rows[asked.path] else { return refusal(404, "Not found.") }
    let matching = all.filter(filter(asked))
    let offset = Int(asked.first("offset") ?? "0") ?? 0
    let limit = min(pageMax, Int(asked.first("limit") ?? "50") ?? 50)
    let page = Array(matching.dropFirst(offset).prefix(limit))
    return reply(.array(page), total: givesTotal ? matching.count : nil)
  }
}

/// What a provider may ask of a store, in memory.
final class MemoryContext: PullContext {
  struct State {
    var records: [RemoteKey: Record] = [:]
    var changed: [Resource: [String]] = [:]
    var memory: [String: String] = [:]
  }

  let state: Lock<State>

  init(_ records: [RemoteKey: Record] = [:], memory: [String: String] = [:]) {
    state = Lock(State(records: records, memory: memory))
  }

  func add(_ records: [RemoteRecord]) {
    state.withLock { state in for record in records { state.records[record.key] = record.record } }
  }

  func knownIDs(of resource: Resource) throws(ProviderError) -> [String] {
    state.withLock { $0.records.keys.filter { $0.resource == resource }.map(\.id).sorted() }
  }

  func changedIDs(of resource: Resource, since dependent: Resource) throws(ProviderError)
    -> [String]
  {
    state.withLock { $0.changed[resource] ?? [] }
  }

  func record(_ key: RemoteKey) throws(ProviderError) -> Record? {
    state.withLock { $0.records[key] }
  }

  func namedIDs(of resource: Resource, by referrer: Resource, field: String) throws(ProviderError)
    -> [String]
  {
    state.withLock { state in
      let named = state.records.filter { $0.key.resource == referrer }.values
        .compactMap { $0[field].reference }
      return Set(named).filter { state.records[$0] != nil && $0.resource == resource }
        .map(\.id).sorted()
    }
  }

  func earliestDate(of resource: Resource, field: String) throws(ProviderError) -> CalendarDate? {
    state.withLock { state in
      state.records.filter { $0.key.resource == resource }.compactMap { $0.value[field].date }.min()
    }
  }

  func memory(_ name: String) throws(ProviderError) -> String? {
    state.withLock { $0.memory[name] }
  }

  func remember(_ name: String, _ value: String) throws(ProviderError) {
    state.withLock { $0.memory[name] = value }
  }
}

/// 2026-11-21T12:00:00Z.
let noon: Int64 = 1_795_262_400_000

func provider(_ http: any HTTPSending, at milliseconds: Int64 = noon) -> BuildiumProvider {
  let clock = ManualClock(wallMilliseconds: milliseconds)
  return BuildiumProvider(
    api: BuildiumAPI(
      baseURL: "https://api.buildium.com/", credentials: .apiKey(clientID: "id", secret: "secret"),
      http: http, clock: clock), clock: clock)
}

/// All pages of a pull, with the cursors between them.
func pull(
  _ provider: BuildiumProvider, _ resource: Resource, context: any PullContext,
  since: Instant? = nil, from cursor: String? = nil
) throws -> (records: [RemoteRecord], cursors: [String], isComplete: Bool) {
  var records: [RemoteRecord] = []
  var cursors: [String] = []
  var cursor = cursor
  for _ in 0..<1000 {
    let page = try provider.page(
      PullRequest(resource, changedSince: since, cursor: cursor), context: context,
      cancellation: Cancellation())
    records += page.records
    guard let next = page.next else { return (records, cursors, page.isComplete) }
    cursors.append(next)
    cursor = next
  }
  Issue.record("the pull of \(resource) does not end")
  return (records, cursors, false)
}

/// A small reproducible source of randomness (splitmix64).
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// The small portfolio beside the tests.
let portfolioPath =
  String(#filePath.split(separator: "/").dropLast(2).joined(separator: "/"))
  .withSlash + "/Fixtures/portfolio"

extension String {
  fileprivate var withSlash: String { "/" + self }
}
