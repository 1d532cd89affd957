/// How fast a service may be asked.
public struct PacePolicy: Sendable, Hashable {
  /// Requests in any second, as the service counts them.
  public var requestsPerSecond: Int
  /// Requests without an answer at one time.
  public var inFlightMax: Int
  /// How long after its writing a request arrives at the latest, where no answer says it sooner.
  /// The share of the limit that is used is at least 1 s / (1 s + spread), 96 % at 40 ms.
  public var spreadMilliseconds: Int
  /// The silence after a 429 that does not say how long: a random length in this range.
  public var silenceMilliseconds: ClosedRange<Int>

  /// A policy of its own.
  public init(
    requestsPerSecond: Int, inFlightMax: Int, spreadMilliseconds: Int = 40,
    silenceMilliseconds: ClosedRange<Int>
  ) {
    precondition(requestsPerSecond > 0 && inFlightMax > 0 && spreadMilliseconds >= 0)
    self.requestsPerSecond = requestsPerSecond
    self.inFlightMax = inFlightMax
    self.spreadMilliseconds = spreadMilliseconds
    self.silenceMilliseconds = silenceMilliseconds
  }

  /// Buildium's: ten a second and ten at once, and a short pause when that was too much.
  ///
  /// - Parameter requestsPerSecond: another rate for a sandbox whose time runs faster.
  public static func buildium(requestsPerSecond: Int = 10) -> PacePolicy {
    PacePolicy(
      requestsPerSecond: requestsPerSecond, inFlightMax: 10, silenceMilliseconds: 200...500)
  }

  /// Airtable's: five a second for a base; after a 429 nothing succeeds for 30 seconds. Eight in
  /// flight keep the rate up to answers that take 1.6 s.
  ///
  /// - Parameter requestsPerSecond: another rate for a sandbox whose time runs faster; the silence
  ///   shrinks with it.
  public static func airtable(requestsPerSecond: Int = 5) -> PacePolicy {
    let silence = max(1, 30_000 * 5 / requestsPerSecond)
    return PacePolicy(
      requestsPerSecond: requestsPerSecond, inFlightMax: 8,
      silenceMilliseconds: min(silence, 30_000)...min(silence, 30_000))
  }
}

/// What a pacer shows.
public struct PacerState: Sendable, Hashable {
  /// Requests written in the last 60 seconds.
  public var requestsLastMinute = 0
  /// Requests allowed in a second.
  public var limitPerSecond = 0
  /// Requests without an answer yet.
  public var inFlight = 0
  /// Requests that wait for their turn.
  public var waiting = 0
  /// Milliseconds since 1970 until which nothing is sent because of a 429; nil when nothing is.
  public var lockedUntilMilliseconds: Int64?
  /// Refusals with 429 since the start.
  public var refusals = 0
  /// Nanoseconds kept between two requests at present.
  public var gapNanoseconds: UInt64 = 0
  /// Requests in each of the last 60 periods of five seconds, the newest last.
  public var recentCalls: [Int] = []
}
