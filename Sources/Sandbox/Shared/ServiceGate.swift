import Domain
import WebServer

/// The way every call into a simulated service takes: noted in the journal, held to the limits,
/// hit by a fault now and then, and only then carried out.
public final class ServiceGate: Sendable {
  /// Why a call is answered without the service's own doing; the service words it.
  public enum Refusal: Sendable, Hashable {
    /// A limit; so many of the service's seconds to wait when it is locked out.
    case limit(RateLimit.Verdict)
    /// An injected status from 400 up.
    case fault(Int)
  }

  /// `airtable`, `buildium`.
  public let service: String
  /// The calls received.
  public let journal: RequestJournal
  /// What goes wrong.
  public let faults: FaultInjector
  /// The service's time.
  public let clock: SandboxClock
  private let latencyMilliseconds: Int
  private let services: [String]
  private let word: @Sendable (Refusal) -> WebResponse
  private let isWrite: @Sendable (WebRequest) -> Bool

  /// - Parameters:
  ///   - latencyMilliseconds: how long each answer takes, in the service's time.
  ///   - isWrite: whether a call would change something.
  ///   - word: the service's own form of a refusal.
  public init(
    service: String, clock: SandboxClock, faults: FaultInjector, latencyMilliseconds: Int = 0,
    isWrite: @escaping @Sendable (WebRequest) -> Bool = { $0.method != "GET" },
    word: @escaping @Sendable (Refusal) -> WebResponse
  ) {
    (self.service, self.clock, self.faults) = (service, clock, faults)
    (self.latencyMilliseconds, self.isWrite, self.word) = (latencyMilliseconds, isWrite, word)
    journal = RequestJournal(clock: clock)
    services = SandboxService.allCases.map(\.rawValue)
  }

  /// Takes a call through.
  ///
  /// - Parameters:
  ///   - key: what the journal counts by.
  ///   - limits: all that hold for this call; the first that refuses decides.
  ///   - carryOut: does the work; is not called when the call is refused.
  public func pass(
    _ request: WebRequest, key: String, limits: [(limit: RateLimit, key: String)],
    carryOut: (WebRequest) -> WebResponse
  ) -> WebResponse {
    let number = journal.arrived(
      service: service, key: key, method: request.method, path: request.path)
    var admitted: [(limit: RateLimit, key: String)] = []
    var refusal: Refusal?
    for entry in limits where refusal == nil {
      let verdict = entry.limit.arrive(key: entry.key)
      if verdict == .admitted { admitted.append(entry) } else { refusal = .limit(verdict) }
    }
    let fault = refusal == nil ? faults.next(isWrite(request) ? .write : .read) : nil
    var response = refusal.map(word) ?? answer(request, number, fault, carryOut)
    response.delayMilliseconds += clock.realMilliseconds(latencyMilliseconds)
    // Whoever never answers does not count the call as one under way: the caller goes at some time.
    let isHung = fault?.kind == .hang || fault?.kind == .hangAfter
    let holdNanoseconds =
      isHung
      ? 0 : UInt64(Double(response.delayMilliseconds) * 1_000_000 * clock.speed)
    for entry in admitted { entry.limit.leave(key: entry.key, afterNanoseconds: holdNanoseconds) }
    let status = response.delivery == .dropped ? 0 : response.status
    journal.answered(
      number, status: status, fault: fault?.kind, afterNanoseconds: holdNanoseconds)
    return response
  }

  private func answer(
    _ request: WebRequest, _ number: Int, _ fault: FaultPlan.Rule?,
    _ carryOut: (WebRequest) -> WebResponse
  ) -> WebResponse {
    switch fault?.kind {
    case nil: return carryOut(request)
    case .unauthorised: return word(.fault(401))
    case .forbidden: return word(.fault(403))
    case .notFound: return word(.fault(404))
    case .conflict: return word(.fault(409))
    case .unsupportedType: return word(.fault(415))
    case .unprocessable: return word(.fault(422))
    case .tooManyRequests: return word(.fault(429))
    case .serverError: return word(.fault(500))
    case .badGateway: return word(.fault(502))
    case .unavailable: return word(.fault(503))
    case .serverErrorAfter:
      _ = carryOut(request)
      return word(.fault(500))
    case .gatewayTimeout:
      _ = carryOut(request)
      return word(.fault(504))
    case .slow:
      var response = carryOut(request)
      response.delayMilliseconds += clock.realMilliseconds(fault?.delayMilliseconds ?? 0)
      return response
    case .cut:
      var response = carryOut(request)
      response.delivery = .cut(afterBytes: response.body.count / 2)
      return response
    case .truncated:
      var response = carryOut(request)
      response.body = Array(response.body.prefix(response.body.count / 2))
      return response
    case .dropBefore: return WebResponse(status: 500, delivery: .dropped)
    case .dropAfter:
      var response = carryOut(request)
      response.delivery = .dropped
      return response
    case .garbage:
      let response = carryOut(request)
      return number.isMultiple(of: 2)
        ? .html(status: 200, title: Self.proxyTitle)
        : WebResponse(
          status: 200, headers: response.headers,
          body: Array(response.body.dropLast(1)) + Array(",]".utf8))
    case .page: return .html(status: 200, title: Self.proxyTitle)
    case .hang, .hangAfter:
      if fault?.kind == .hangAfter { _ = carryOut(request) }
      return WebResponse(
        status: 504, delayMilliseconds: FaultPlan.hangMilliseconds, delivery: .dropped)
    }
  }

  /// What stands on the page of a proxy that wants to see a person.
  private static let proxyTitle = "Just a moment..."

  /// Answers the calls that steer the simulation itself, under `/_sandbox/`; nil for all others.
  ///
  /// `GET journal` (`?full=1` with the rows), `DELETE journal`, `GET faults`, `POST faults` with
  /// the option text as the body, `POST clock` with `{"advance_seconds": N}`.
  public func control(_ request: WebRequest) -> WebResponse? {
    guard request.path.hasPrefix("/_sandbox/") else { return nil }
    switch (request.method, request.path.dropFirst("/_sandbox/".count)) {
    case ("GET", "journal"):
      let full = request.query.contains { $0.name == "full" && $0.value == "1" }
      return .json(journal.json(full: full))
    case ("DELETE", "journal"):
      journal.clear()
      return .json([:])
    case ("GET", "faults"): return .json(["faults": .string(faults.plan.description)])
    case ("POST", "faults"):
      let text = String(decoding: request.body, as: UTF8.self)
      do {
        faults.change(to: try FaultPlan(parsing: text, services: services))
        return .json(["faults": .string(faults.plan.description)])
      } catch {
        return .json(status: 400, ["error": .string(error.description)])
      }
    case ("POST", "clock"):
      guard let body = try? JSONValue(parsing: request.body),
        let seconds = body["advance_seconds"]?.int
      else {
        return .json(status: 400, ["error": "send {\"advance_seconds\": N}"])
      }
      clock.moveWall(milliseconds: Int64(seconds) * 1000)
      return .json(["now": .string(clock.now.description)])
    default: return nil
    }
  }
}

/// The services that are simulated, by the names that options and journals use.
public enum SandboxService: String, Sendable, Hashable, CaseIterable {
  case buildium
  case airtable
}

extension WebResponse {
  /// A JSON document.
  public static func json(status: Int = 200, _ document: JSONValue) -> WebResponse {
    WebResponse(
      status: status, headers: [("Content-Type", "application/json; charset=utf-8")],
      body: document.bytes)
  }

  /// A page such as proxies send when they, and not the service, answer.
  public static func html(status: Int, title: String) -> WebResponse {
    WebResponse(
      status: status, headers: [("Content-Type", "text/html; charset=utf-8")],
      body: Array(
        """
        <!DOCTYPE html>
        <html><head><title>\(title)</title></head><body><h1>\(title)</h1></body></html>

        """
        .utf8))
  }
}
