/// Whether a service that fails is left alone for a while.
public enum BreakerState: Sendable, Hashable {
  /// Requests go through.
  case closed
  /// Nothing is sent for so long.
  case open(millisecondsLeft: Int64)
  /// One request is on its way to find out whether the service works again.
  case halfOpen
}

/// Counts failures in a row and in the last half minute, and opens when there are too many.
struct Breaker {
  private enum Phase {
    case closed
    case open(until: UInt64)
    case probing(since: UInt64)
    /// The time is up: the next request is the probe.
    case waitingForProbe
  }

  private var phase = Phase.closed
  private var consecutiveFailures = 0
  private var failingSince: UInt64?
  private var recent: [(at: UInt64, isFailure: Bool)] = []

  private static let second: UInt64 = 1_000_000_000
  private static let consecutiveMax = 5
  /// Fewer are enough when they took so long: a service that never answers is slow to fail.
  private static let failingNanoseconds = 30 * second
  private static let failingMin = 2
  private static let windowNanoseconds = 30 * second
  /// Fewer requests than this say nothing about a share.
  private static let windowCallsMin = 10
  private static let openNanoseconds = 30 * second
  /// A window at the highest rates keeps at most so many.
  private static let windowCallsMax = 1000

  /// Nanoseconds until a request may be tried; 0 lets it through. When a probe is needed, the
  /// request let through is it.
  mutating func admit(at now: UInt64) -> UInt64 {
    if case .open(let until) = phase {
      if until > now { return until - now }
      phase = .waitingForProbe
    }
    switch phase {
    case .waitingForProbe:
      phase = .probing(since: now)
      return 0
    case .probing(let since):
      // The probe's own time is bounded; should it never report, the next one is let through.
      guard now < since + Self.openNanoseconds else {
        phase = .probing(since: now)
        return 0
      }
      return since + Self.openNanoseconds - now
    case .closed, .open: return 0
    }
  }

  /// How long it stays open, without letting anything through; 0 when it is not open.
  func closedFor(at now: UInt64) -> UInt64 {
    if case .open(let until) = phase, until > now { return until - now }
    return 0
  }

  mutating func succeeded(at now: UInt64) {
    switch phase {
    case .closed:
      (consecutiveFailures, failingSince) = (0, nil)
      note(false, at: now)
    case .probing:
      phase = .closed
      (consecutiveFailures, failingSince) = (0, nil)
      recent = []
    // An answer to a request from before it opened.
    case .open, .waitingForProbe: break
    }
  }

  mutating func failed(at now: UInt64) {
    switch phase {
    case .closed:
      consecutiveFailures += 1
      let since = failingSince ?? now
      failingSince = since
      note(true, at: now)
      let failures = recent.count { $0.isFailure }
      let isHalf = recent.count >= Self.windowCallsMin && failures * 2 >= recent.count
      let isLong =
        consecutiveFailures >= Self.failingMin && now >= since + Self.failingNanoseconds
      if consecutiveFailures >= Self.consecutiveMax || isHalf || isLong {
        phase = .open(until: now + Self.openNanoseconds)
      }
    case .probing: phase = .open(until: now + Self.openNanoseconds)
    case .open, .waitingForProbe: break
    }
  }

  /// A request ended without saying anything about the service: stopped by us, or never sent.
  mutating func abandoned() {
    if case .probing = phase { phase = .waitingForProbe }
  }

  func state(at now: UInt64) -> BreakerState {
    switch phase {
    case .closed: .closed
    case .open(let until):
      until > now ? .open(millisecondsLeft: Int64((until - now) / 1_000_000)) : .halfOpen
    case .probing, .waitingForProbe: .halfOpen
    }
  }

  private mutating func note(_ isFailure: Bool, at now: UInt64) {
    recent.append((now, isFailure))
    let isOld = { (call: (at: UInt64, isFailure: Bool)) in call.at + Self.windowNanoseconds < now }
    recent.removeFirst(
      max(recent.firstIndex { !isOld($0) } ?? 0, recent.count - Self.windowCallsMax))
  }
}
