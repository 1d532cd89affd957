// A simulated Buildium behind a real port, and what a store would know of it.
import Background
import Domain
import HTTP
import Providers
import Sync
import Testing
import Vault
import WebServer

@testable import Sandbox

/// The day the portfolio ends on, and the noon of it.
let rigDay = CalendarDate(daysSince1970: 20_750)
let rigNoon = Int64(20_750) * 86_400_000 + 43_200_000

/// A client that keeps the service it talks to at work for as long as somebody may call.
final class ServedHTTP: HTTPSending {
  private let client = CurlClient()
  private let server: SandboxServer

  init(server: SandboxServer) { self.server = server }
  deinit { server.stop() }

  func send(
    _ request: HTTPRequest, cancellation: Cancellation
  ) throws(TransferError) -> HTTPResponse {
    try client.send(request, cancellation: cancellation)
  }
}

/// A service, its port and a provider that talks to it.
final class BuildiumRig {
  let sandbox: SandboxBuildium
  let server: SandboxServer
  let provider: BuildiumProvider
  let clock = ManualClock(wallMilliseconds: rigNoon)

  init(_ change: (inout BuildiumOptions) -> Void = { _ in }) throws {
    var options = BuildiumOptions()
    options.liftLimits()
    change(&options)
    sandbox = SandboxBuildium(
      Portfolio(
        PortfolioOptions(properties: 12, units: 60, months: 4, seed: 7, today: rigDay)),
      options: options, clock: SandboxClock(clock))
    server = try sandbox.start()
    provider = BuildiumProvider(
      api: BuildiumAPI(
        baseURL: server.url,
        credentials: .apiKey(clientID: options.clientId, secret: options.clientSecret),
        http: ServedHTTP(server: server), clock: clock), clock: clock)
  }

  /// Makes every so-manieth call from now on fail; nothing fails without a kind.
  func fail(_ kind: FaultKind?, every count: Int = 1, calls: FaultPlan.Calls? = nil) {
    let rules = kind.map { [FaultPlan.Rule($0, .every(count), calls: calls)] } ?? []
    sandbox.gate.faults.change(to: FaultPlan(rules))
  }

  /// How many requests of a method arrived.
  func requests(_ method: String) -> Int {
    sandbox.gate.journal.rows.filter { $0.method == method }.count
  }

  func all(_ resource: Resource) throws -> [RemoteRecord] {
    var records: [RemoteRecord] = []
    var cursor: String?
    for _ in 0..<100 {
      let page = try provider.page(
        PullRequest(resource, cursor: cursor), context: Known(), cancellation: Cancellation())
      records += page.records
      cursor = page.next
      if cursor == nil { break }
    }
    return records
  }

  func read(_ key: RemoteKey, _ known: Known = Known()) throws -> RemoteRecord {
    let found = try provider.record(
      key.resource, id: key.id, context: known, cancellation: Cancellation())
    return try #require(found, "\(key) is there")
  }

  /// Everything new records are checked against.
  func known() throws -> Known {
    let known = Known()
    for resource: Resource in [
      .glAccounts, .bankAccounts, .properties, .units, .tenants, .leases, .vendors, .bills, .owners,
    ] {
      known.add(try all(resource))
    }
    return known
  }
}

/// What a store would know, in memory.
final class Known: PullContext, PostingFacts {
  private let records = Lock<[RemoteKey: Record]>([:])
  let today = rigDay
  private let lock: CalendarDate?

  init(lockedThrough lock: CalendarDate? = nil) { self.lock = lock }

  func add(_ more: [RemoteRecord]) {
    records.withLock { known in for one in more { known[one.key] = one.record } }
  }

  func keys(_ resource: Resource, where fits: (Record) -> Bool = { _ in true }) -> [RemoteKey] {
    records.withLock { known in
      known.filter { $0.key.resource == resource && fits($0.value) }.map(\.key).sorted {
        (Int($0.id) ?? 0) < (Int($1.id) ?? 0)
      }
    }
  }

  func record(_ key: RemoteKey) throws(ProviderError) -> Record? { records.withLock { $0[key] } }

  func keys(of resource: Resource, named text: String) throws(ProviderError) -> [RemoteKey] {
    let wanted = text.lowercased()
    return keys(resource) { record in
      [record["name"].text, record["account_number"].text].contains { $0?.lowercased() == wanted }
    }
  }

  func lockDate(of property: RemoteKey?) throws(ProviderError) -> CalendarDate? { lock }

  func knownIDs(of resource: Resource) throws(ProviderError) -> [String] {
    keys(resource).map(\.id)
  }
  func changedIDs(of resource: Resource, since dependent: Resource) throws(ProviderError)
    -> [String]
  { [] }
  func namedIDs(of resource: Resource, by referrer: Resource, field: String) throws(ProviderError)
    -> [String]
  { [] }
  func earliestDate(of resource: Resource, field: String) throws(ProviderError) -> CalendarDate? {
    nil
  }
  func memory(_ name: String) throws(ProviderError) -> String? { nil }
  func remember(_ name: String, _ value: String) throws(ProviderError) {}
}

/// A mark that is the same in every run.
func mark(_ number: Int) -> IntentMarker {
  var bytes = [UInt8](repeating: 0, count: 10)
  bytes[8] = UInt8(number / 32 % 32)
  bytes[9] = UInt8(number % 32)
  let fixed = bytes
  return IntentMarker(SecureRandom { _ in fixed })
}

extension RecordOutcome {
  /// What was written, when it was.
  var written: WrittenRecord? { if case .done(let written) = self { written } else { nil } }
  var refusal: ProviderError? { if case .refused(let error) = self { error } else { nil } }
  /// The class in one word.
  var word: String {
    switch self {
    case .done: "done"
    case .stale: "stale"
    case .gone: "gone"
    case .refused: "refused"
    case .doubt: "doubt"
    case .notSent: "not sent"
    }
  }
}
