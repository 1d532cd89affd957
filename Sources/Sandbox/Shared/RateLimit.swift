import Background

/// A service's limit on calls, held strictly: no second, wherever it starts, sees more than the
/// allowed number admitted.
///
/// Counted per key (a base, a token, an account) on the service's scaled clock. A bucket of tokens
/// would let bursts across a second's border pass that real services refuse.
public final class RateLimit: Sendable {
  /// What is allowed.
  public struct Rule: Sendable, Hashable {
    /// Calls admitted in any one second.
    public var perSecond: Int
    /// Calls admitted and not yet answered; nil for any number.
    public var inFlightMax: Int?
    /// For how long after a violation nothing is admitted; zero refuses the violating call alone.
    public var lockOutSeconds: Int
    /// A limit that is not enabled admits all.
    public var isEnabled: Bool

    /// A rule.
    public init(
      perSecond: Int, inFlightMax: Int? = nil, lockOutSeconds: Int = 0, isEnabled: Bool = true
    ) {
      precondition(perSecond > 0, "a limit admits at least one call a second")
      (self.perSecond, self.inFlightMax) = (perSecond, inFlightMax)
      (self.lockOutSeconds, self.isEnabled) = (lockOutSeconds, isEnabled)
    }
  }

  /// The answer to an arrival, in the order checked.
  public enum Verdict: Sendable, Hashable {
    case admitted
    /// An earlier violation still holds; so many of the service's nanoseconds are left.
    case lockedOut(nanosecondsLeft: UInt64)
    /// One call too many in this second.
    case tooFast
    /// Too many calls are not yet answered.
    case tooManyInFlight
  }

  private struct Traffic {
    /// Admissions of the last second, oldest first; never more than the rule allows.
    var admitted: [UInt64] = []
    var lockedUntil: UInt64 = 0
    var inFlight = 0
    /// Calls handled whose answers are held back: they stay in flight until then.
    var leaving: [UInt64] = []
  }

  private static let second: UInt64 = 1_000_000_000

  /// What is allowed.
  public let rule: Rule
  private let clock: SandboxClock
  private let traffic = Lock<[String: Traffic]>([:])

  /// A limit that has seen nothing yet.
  public init(_ rule: Rule, clock: SandboxClock) { (self.rule, self.clock) = (rule, clock) }

  /// Counts an arrival. After ``Verdict/admitted``, and only then, ``leave(key:afterNanoseconds:)``
  /// must follow.
  public func arrive(key: String) -> Verdict {
    guard rule.isEnabled else { return .admitted }
    return traffic.withLock { all in
      // Taken inside the lock, so that times never run backwards between two threads.
      let now = clock.nanoseconds
      return admit(&all[key, default: Traffic()], now)
    }
  }

  private func admit(_ traffic: inout Traffic, _ now: UInt64) -> Verdict {
    if now < traffic.lockedUntil { return .lockedOut(nanosecondsLeft: traffic.lockedUntil - now) }
    traffic.admitted.removeAll { now - $0 >= Self.second }
    traffic.leaving.removeAll { $0 <= now }
    if traffic.admitted.count >= rule.perSecond {
      traffic.lockedUntil = now + UInt64(rule.lockOutSeconds) * Self.second
      return .tooFast
    }
    if let most = rule.inFlightMax, traffic.inFlight + traffic.leaving.count >= most {
      traffic.lockedUntil = now + UInt64(rule.lockOutSeconds) * Self.second
      return .tooManyInFlight
    }
    traffic.admitted.append(now)
    traffic.inFlight += 1
    return .admitted
  }

  /// Says that an admitted call is handled and its answer leaves after so many nanoseconds of the
  /// service's time.
  public func leave(key: String, afterNanoseconds: UInt64 = 0) {
    guard rule.isEnabled else { return }
    traffic.withLock { all in
      all[key]?.inFlight -= 1
      if afterNanoseconds > 0 { all[key]?.leaving.append(clock.nanoseconds + afterNanoseconds) }
    }
  }
}
