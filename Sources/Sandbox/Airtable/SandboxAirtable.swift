import Background
import Domain
import WebServer

/// A simulated Airtable: its Web API over bases in memory, as strict as the real one is known to
/// be.
public final class SandboxAirtable: SimulatedService {
  /// How the simulation is set up.
  public struct Options: Sendable {
    /// The only token accepted.
    public var token = "patSandboxAirtable.rentbook"
    /// What the token allows; nil for everything.
    public var scopes: Set<String>?
    /// The base there is at the start: `app` and fourteen letters and digits.
    public var baseID = "appRentbookSandbx"
    /// Its name.
    public var baseName = "Rentbook sandbox"
    /// The workspace in which bases can be made.
    public var workspaceID = "wspRentbookSandbx"
    /// The limit of a base: 5 calls a second, and 30 seconds of silence after the sixth.
    public var baseLimit = RateLimit.Rule(perSecond: 5, lockOutSeconds: 30)
    /// The limit of a token over all bases.
    public var tokenLimit = RateLimit.Rule(perSecond: 50, lockOutSeconds: 30)
    /// Refused calls have the gateway's body, `{"errors": [...]}`, in place of the usual one.
    public var refusesLikeGateway = false
    /// Calls in a calendar month before record calls are refused for its rest; nil for any number.
    public var monthlyCallsMax: Int?
    /// Records over all tables of a base; 125,000 is the Business plan.
    public var recordsPerBaseMax = 125_000
    /// Seconds after its last page for which a listing can be continued.
    public var iteratorSeconds = 600
    /// The longest body.
    public var bodyBytesMax = 4 << 20
    /// How long each answer takes, in milliseconds of the service's time.
    public var latencyMilliseconds = 0
    /// Seeds ids and faults.
    public var seed: UInt64 = 1
    /// What goes wrong.
    public var faults = FaultPlan()

    /// The usual set-up.
    public init() {}

    /// Lifts the limits on the rate of calls.
    public mutating func liftLimits() {
      baseLimit.isEnabled = false
      tokenLimit.isEnabled = false
    }
  }

  /// The longest address; longer lists of records are to be asked for with POST.
  static let addressBytesMax = 16_000

  /// How the simulation is set up.
  public let options: Options
  /// The way calls take; with the journal and the faults.
  public let gate: ServiceGate

  let owner: AirtableBase.User
  private let clock: SandboxClock
  private let baseLimit: RateLimit
  private let tokenLimit: RateLimit
  private let bases: Lock<[(id: String, base: Lock<AirtableBase>)]>
  private let quota = Lock<(month: String, calls: Int)>(("", 0))

  /// A simulation with one empty base.
  public init(_ options: Options = Options(), clock: SandboxClock = SandboxClock()) {
    precondition(
      AirtableBase.isID(options.baseID, "app"), "a base's id is app and 14 letters and digits")
    (self.options, self.clock) = (options, clock)
    owner = AirtableBase.User(
      id: "usrRentbookSandbx", email: "sandbox@example.com", name: "Sandbox User")
    baseLimit = RateLimit(options.baseLimit, clock: clock)
    tokenLimit = RateLimit(options.tokenLimit, clock: clock)
    let likeGateway = options.refusesLikeGateway
    gate = ServiceGate(
      service: SandboxService.airtable.rawValue, clock: clock,
      faults: FaultInjector(
        service: SandboxService.airtable.rawValue, plan: options.faults, seed: options.seed),
      latencyMilliseconds: options.latencyMilliseconds,
      isWrite: { $0.method != "GET" && $0.pathSegments.last != "listRecords" }
    ) { refusal in
      Self.word(refusal, likeGateway: likeGateway)
    }
    bases = Lock([])
    add(makeBase(id: options.baseID, name: options.baseName, number: 0))
  }

  /// Answers one call, on any thread.
  public func handle(_ request: WebRequest) -> WebResponse {
    if request.path.hasPrefix("/_sandbox/") {
      return gate.control(request) ?? steer(request) ?? AirtableRefusal.notFound.response
    }
    let baseID = Self.baseID(in: request.pathSegments)
    var limits = [(limit: tokenLimit, key: request.headers["authorization"] ?? "")]
    if !baseID.isEmpty { limits.append((limit: baseLimit, key: baseID)) }
    return gate.pass(request, key: baseID, limits: limits) { request in
      do throws(AirtableRefusal) {
        return try answer(request)
      } catch {
        return error.response
      }
    }
  }

  // MARK: - Bases

  func makeBase(id: String, name: String, number: Int) -> AirtableBase {
    AirtableBase(
      id: id, name: name, users: [owner],
      limits: AirtableBase.Limits(
        recordsMax: options.recordsPerBaseMax, iteratorSeconds: options.iteratorSeconds),
      seed: options.seed &+ UInt64(number) &* 0x1_0000)
  }

  func add(_ base: sending AirtableBase) {
    let id = base.id
    let lock = Lock(base)
    bases.withLock { $0.append((id, lock)) }
  }

  var allBases: [(id: String, base: Lock<AirtableBase>)] { bases.withLock(\.self) }

  func base(_ id: String) throws(AirtableRefusal) -> Lock<AirtableBase> {
    guard let found = allBases.first(where: { $0.id == id }) else { throw .modelNotFound }
    return found.base
  }

  /// A change by the holder of the token, now.
  func changeByCall() -> ChangeContext {
    ChangeContext(source: "publicApi", user: owner, now: clock.now)
  }

  /// A change by a person at the screen, now.
  func changeByHand() -> ChangeContext {
    ChangeContext(source: "client", user: owner, now: clock.now)
  }

  // MARK: - Before the call

  private static func baseID(in segments: [String]) -> String {
    let place = segments.count > 2 && ["meta", "bases"].contains(segments[1]) ? 2 : 1
    let candidates = segments.dropFirst(place).prefix(2)
    return candidates.first { AirtableBase.isID($0, "app") } ?? ""
  }

  private static func word(_ refusal: ServiceGate.Refusal, likeGateway: Bool) -> WebResponse {
    let message = "Rate limit exceeded. Please try again later"
    switch refusal {
    case .limit, .fault(429):
      return likeGateway
        ? AirtableRefusal(429, "RATE_LIMIT_REACHED", shape: .gateway(message: message)).response
        : AirtableRefusal(429, "RATE_LIMIT_REACHED", message).response
    case .fault(401): return AirtableRefusal.badToken.response
    case .fault(403): return AirtableRefusal.modelNotFound.response
    case .fault(404): return AirtableRefusal.notFound.response
    case .fault(422): return AirtableRefusal.invalidRequest.response
    // The service documents neither: what stands before it would send a page.
    case .fault(409): return .html(status: 409, title: "409 Conflict")
    case .fault(415): return .html(status: 415, title: "415 Unsupported Media Type")
    case .fault(500):
      return AirtableRefusal(500, "SERVER_ERROR", "An unexpected error occurred").response
    case .fault(503):
      var response = AirtableRefusal(
        503, "RETRIABLE_ERROR",
        "Server encountered an error while processing your request, and it is safe to retry the "
          + "request"
      ).response
      response.headers.append(("Retry-After", "1"))
      return response
    case .fault(let status): return .html(status: status, title: "\(status) Bad Gateway")
    }
  }

  /// Checks who calls.
  func authenticate(_ request: WebRequest) throws(AirtableRefusal) {
    guard let header = request.headers["authorization"] else { throw .noToken }
    let parts = header.split(separator: " ")
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw .noToken }
    guard parts[1] == options.token else { throw .badToken }
  }

  /// Checks that the token has a scope.
  func require(_ scope: String) throws(AirtableRefusal) {
    if let scopes = options.scopes, !scopes.contains(scope) { throw .notPermitted }
  }

  /// Counts a call of this month; whether record calls may still be made.
  func countCall() -> Bool {
    let month = String(clock.now.date.description.prefix(7))
    return quota.withLock { quota in
      if quota.month != month { quota = (month, 0) }
      quota.calls += 1
      return quota.calls <= options.monthlyCallsMax ?? .max
    }
  }

  var now: Instant { clock.now }
}
