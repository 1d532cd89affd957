import Background
import Domain

/// A way in which a service, or the network before it, misbehaves.
public enum FaultKind: String, Sendable, Hashable, CaseIterable {
  /// The credentials are refused; not carried out.
  case unauthorised = "401"
  /// The credentials may not do this; not carried out.
  case forbidden = "403"
  /// There is no such thing; not carried out.
  case notFound = "404"
  /// The present state forbids it; not carried out.
  case conflict = "409"
  /// The form of the body is not read; not carried out.
  case unsupportedType = "415"
  /// The values are refused; not carried out.
  case unprocessable = "422"
  /// Refused as too many calls; not carried out.
  case tooManyRequests = "429"
  /// Refused with 500; not carried out.
  case serverError = "500"
  /// Carried out, and then answered with 500.
  case serverErrorAfter = "500-after"
  /// A gateway's 502; not carried out.
  case badGateway = "502"
  /// Refused with 503; not carried out.
  case unavailable = "503"
  /// A gateway's 504; carried out.
  case gatewayTimeout = "504"
  /// Answered late.
  case slow
  /// Carried out; the connection closes in the middle of the answer's body.
  case cut
  /// Carried out; the answer is whole for HTTP, but its document ends in the middle.
  case truncated
  /// The connection is closed; not carried out.
  case dropBefore = "drop-before"
  /// Carried out, then the connection is closed: a lost answer.
  case dropAfter = "drop-after"
  /// Carried out, answered with status 200 and something that is not JSON: a page of a proxy and
  /// damaged data by turns.
  case garbage
  /// A page of a proxy with status 200; not carried out.
  case page
  /// No answer ever comes; not carried out.
  case hang
  /// Carried out, and no answer ever comes.
  case hangAfter = "hang-after"
}

/// Which faults happen, how often and at which services.
public struct FaultPlan: Sendable, Hashable {
  /// When a fault happens.
  public enum Frequency: Sendable, Hashable {
    /// With this probability, 0 to 1, at each call.
    case probability(Double)
    /// At every so-manieth call.
    case every(Int)
    /// At this call and all after it, counted from 1: a key that is revoked in the midst of work.
    case from(Int)
  }

  /// Which calls a fault meets.
  public enum Calls: String, Sendable, Hashable, CaseIterable {
    /// Those that change nothing.
    case read
    /// Those that change something.
    case write
  }

  /// One kind of fault.
  public struct Rule: Sendable, Hashable {
    /// What happens.
    public var kind: FaultKind
    /// When.
    public var frequency: Frequency
    /// At this service alone; nil for all.
    public var service: String?
    /// At these calls alone; nil for all.
    public var calls: Calls?
    /// For slow answers: how long they are held back.
    public var delayMilliseconds: Int

    /// A rule.
    public init(
      _ kind: FaultKind, _ frequency: Frequency, service: String? = nil, calls: Calls? = nil,
      delayMilliseconds: Int = FaultPlan.slowMilliseconds
    ) {
      (self.kind, self.frequency, self.service) = (kind, frequency, service)
      (self.calls, self.delayMilliseconds) = (calls, delayMilliseconds)
    }
  }

  /// How long a slow answer takes when nothing else is said: long enough to notice, short enough
  /// not to look dead.
  public static let slowMilliseconds = 2_000
  /// How long an answer that never comes keeps its connection: longer than anybody waits.
  static let hangMilliseconds = 3_600_000

  /// In the order in which they get their chance; the first that happens is the only one.
  public var rules: [Rule]

  /// A plan; without rules nothing goes wrong.
  public init(_ rules: [Rule] = []) { self.rules = rules }

  /// The rules that apply at a service.
  public func restricted(to service: String) -> FaultPlan {
    FaultPlan(rules.filter { $0.service == nil || $0.service == service })
  }
}

/// Decides, call by call, whether something goes wrong; the same for the same seed and calls.
public final class FaultInjector: Sendable {
  private struct State {
    var plan: FaultPlan
    var random: SeededRandom
    /// How many calls each rule has met.
    var counts: [Int]

    init(_ plan: FaultPlan, seed: UInt64) {
      (self.plan, random) = (plan, SeededRandom(seed: seed))
      counts = plan.rules.map { _ in 0 }
    }
  }

  /// The service whose calls these are.
  public let service: String
  private let state: Lock<State>

  /// - Parameter plan: rules for other services are left out.
  public init(service: String, plan: FaultPlan = FaultPlan(), seed: UInt64 = 1) {
    self.service = service
    state = Lock(State(plan.restricted(to: service), seed: seed))
  }

  /// The rules in force.
  public var plan: FaultPlan { state.withLock(\.plan) }

  /// Changes the rules from the next call on; `every:N` and `from:N` count from here.
  public func change(to plan: FaultPlan) {
    let plan = plan.restricted(to: service)
    state.withLock { ($0.plan, $0.counts) = (plan, plan.rules.map { _ in 0 }) }
  }

  /// The fault of the next call.
  public func next(_ calls: FaultPlan.Calls) -> FaultPlan.Rule? {
    state.withLock { state in
      let met = state.plan.rules.indices.filter {
        (state.plan.rules[$0].calls ?? calls) == calls
      }
      for index in met { state.counts[index] += 1 }
      for index in met {
        let rule = state.plan.rules[index]
        switch rule.frequency {
        case .every(let count): if state.counts[index] % count == 0 { return rule }
        case .from(let number): if state.counts[index] >= number { return rule }
        case .probability(let value): if state.random.fraction() < value { return rule }
        }
      }
      return nil
    }
  }
}
