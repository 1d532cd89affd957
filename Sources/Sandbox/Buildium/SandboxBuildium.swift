import Background
import Domain
import WebServer

/// A simulated Buildium: the paths, limits, refusals and shapes of the real one, over a portfolio
/// that lives in memory. It is strict where the real service is, and silent where that is silent.
///
/// Safe to call from any thread; calls are carried out one at a time.
public final class SandboxBuildium: SimulatedService {
  /// How it was told to behave.
  public let options: BuildiumOptions
  /// The way calls take; with the journal and the faults.
  public let gate: ServiceGate

  private let clock: SandboxClock
  private let limit: RateLimit
  private let state: Lock<BuildiumState>
  private let webhooks: WebhookSender?

  /// Every operation, built once: the shapes and parameters are read from text.
  static let routes = RouteTable(
    RentalRoutes.all + OwnerRoutes.all + NoteRoutes.all + LeaseRoutes.all + TenantRoutes.all
      + LeaseLedgerRoutes.all + BillRoutes.all + VendorRoutes.all + VendorRoutes.categories.all
      + LedgerRoutes.all
      + BankRoutes.all + ReconciliationRoutes.all + TaskRoutes.all + TaskRoutes.categories.all
      + WorkOrderRoutes.all
      + FileRoutes.all + AdministrationRoutes.all)

  /// Serves a portfolio.
  public init(
    _ portfolio: Portfolio, options: BuildiumOptions = BuildiumOptions(),
    clock: SandboxClock = SandboxClock()
  ) {
    (self.options, self.clock) = (options, clock)
    limit = RateLimit(options.limit, clock: clock)
    state = Lock(BuildiumState(portfolio: portfolio, options: options))
    webhooks = options.webhook.map {
      WebhookSender($0, accountId: options.accountId, clock: clock)
    }
    let sendsRetryAfter = options.sendsRetryAfter
    gate = ServiceGate(
      service: SandboxService.buildium.rawValue, clock: clock,
      faults: FaultInjector(
        service: SandboxService.buildium.rawValue, plan: options.faults, seed: options.seed),
      latencyMilliseconds: options.latencyMilliseconds
    ) { Self.word($0, sendsRetryAfter: sendsRetryAfter) }
  }

  /// Ends the sending of events. The last call a test or the demo makes.
  public func stop() { webhooks?.stop() }

  /// Answers one call, on any thread. Calls under `/_sandbox/` steer the simulation and need no
  /// key: see ``control(_:)``.
  public func handle(_ request: WebRequest) -> WebResponse {
    if request.path.hasPrefix("/_sandbox/") {
      return control(request) ?? gate.control(request)
        ?? Self.response(Refusal.notFound("control call"))
    }
    let key = "buildium"
    return gate.pass(request, key: key, limits: [(limit: limit, key: key)]) { request in
      do throws(Refusal) {
        return try serve(request)
      } catch {
        return Self.response(error)
      }
    }
  }

  /// Runs `body` alone with the state, and then sends the events that arose.
  func withState<Result>(_ body: (inout BuildiumState) -> Result) -> Result {
    let (result, events): (Result, [BuildiumEvent]) = state.withLock { state in
      let result = body(&state)
      defer { state.events = [] }
      return (result, state.events)
    }
    if !events.isEmpty { webhooks?.send(events) }
    return result
  }

  var now: Instant { clock.now }

  // MARK: Serving

  private func serve(_ request: WebRequest) throws(Refusal) -> WebResponse {
    guard request.headers["x-buildium-client-id"] == options.clientId,
      request.headers["x-buildium-client-secret"] == options.clientSecret
    else {
      throw Refusal.badKey
    }
    // The real service fails here; it does not refuse.
    if request.rawQuery.utf8.count > Query.lengthMax {
      throw Refusal.serverError
    }
    let route: Route
    let ids: [Int32]
    switch Self.routes.find(method: request.method, path: request.path) {
    case .none: throw Refusal.notFound()
    case .otherMethod:
      throw Refusal(
        status: 405, message: "\(request.method) is not supported by this resource.")
    case .found(let found, let numbers): (route, ids) = (found, numbers)
    }
    let isForbidden =
      options.forbidden.contains(route.resource) || (options.isReadOnly && route.method != "GET")
    if isForbidden {
      throw Refusal.noPermission
    }
    let query = try Query(request.query, route.parameters)
    if options.refusesLargeLimit, let limit = query.id("limit"), limit > Query.limitMax {
      throw Refusal.unprocessable("limit", "must not be more than \(Query.limitMax)")
    }
    let call = Call(
      ids: ids, query: query, body: try body(of: request, route.shape), now: now,
      base: "http://" + (request.headers["host"] ?? "127.0.0.1"))
    let outcome: Result<Answer, Refusal> = withState { state in
      do throws(Refusal) {
        return .success(try route.handler(&state, call))
      } catch {
        return .failure(error)
      }
    }
    return response(try outcome.get())
  }

  /// What a JSON body may be called; the service documents both.
  private static let bodyTypes = ["application/json", "application/json-patch+json"]

  private func body(
    of request: WebRequest, _ shape: Shape?
  ) throws(Refusal) -> JSONValue {
    guard let shape else { return .null }
    let type = request.headers["content-type"]?.split(separator: ";").first.map {
      $0.lowercased().filter { $0 != " " }
    }
    guard let type, Self.bodyTypes.contains(type) else {
      throw Refusal.badBodyType
    }
    let body: JSONValue
    do throws(JSONError) {
      body = try JSONValue(parsing: request.body)
    } catch {
      throw Refusal(status: 400, message: "The body cannot be read: \(error).")
    }
    guard case .object = body else {
      throw Refusal(status: 400, message: "The body must be a JSON object.")
    }
    let faults = shape.faults(in: body)
    if !faults.isEmpty { throw Refusal.unprocessable(faults) }
    return body
  }

  // MARK: Answers

  private func response(_ answer: Answer) -> WebResponse {
    var headers = Self.headers()
    switch answer {
    case .object(let body): return WebResponse(status: 200, headers: headers, body: body)
    case .page(let body, let total):
      if let total, !options.omitsTotalCount {
        headers.append((name: "X-Total-Count", value: String(total)))
      }
      return WebResponse(status: 200, headers: headers, body: body)
    case .created(let body, let location):
      headers.append((name: "Location", value: location))
      return WebResponse(status: 201, headers: headers, body: body)
    case .noContent:
      headers.removeAll { $0.name == "Content-Type" }
      return WebResponse(status: 204, headers: headers)
    }
  }

  private static func response(_ refusal: Refusal) -> WebResponse {
    WebResponse(status: refusal.status, headers: headers(), body: refusal.body)
  }

  private static let requestNumber = Lock<UInt64>(0)

  private static func headers() -> [(name: String, value: String)] {
    let number = requestNumber.withLock { number in
      number += 1
      return number
    }
    let digits = String(number, radix: 16)
    let padded = String(repeating: "0", count: 12 - min(12, digits.count)) + digits
    return [
      (name: "Content-Type", value: "application/json; charset=utf-8"),
      (name: "x-amzn-RequestId", value: "5a4db0c5-0000-4000-8000-\(padded)"),
      (name: "X-Amzn-Trace-Id", value: "Root=1-5a4db0c5-\(padded)00000000"),
    ]
  }

  private static func word(
    _ refusal: ServiceGate.Refusal, sendsRetryAfter: Bool
  ) -> WebResponse {
    var status = 429
    if case .fault(let given) = refusal { status = given }
    switch status {
    case 429:
      var answer = response(
        Refusal(status: 429, message: "Too many requests; try again in a moment."))
      if sendsRetryAfter { answer.headers.append((name: "Retry-After", value: "1")) }
      return answer
    case 502: return .html(status: 502, title: "502 Bad Gateway")
    case 504: return .html(status: 504, title: "504 Gateway Time-out")
    default: return response(Refusal(status: status, message: faultMessages[status] ?? ""))
    }
  }

  private static let faultMessages = [
    401: Refusal.badKey.message, 403: Refusal.noPermission.message,
    404: Refusal.notFound().message,
    409: "The record is in a state that does not allow this.",
    415: Refusal.badBodyType.message,
    422: Refusal.unprocessable([]).message,
    500: Refusal.serverError.message,
    503: "The service is unavailable.",
  ]
}
