import Domain

/// How the simulated Buildium behaves where the real one is known to differ, or is not known.
public struct BuildiumOptions: Sendable {
  /// Where events are sent.
  public struct Webhook: Sendable, Hashable {
    /// The loopback port that listens.
    public var port: UInt16
    /// The path to post to.
    public var path: String
    /// What the signature is made with.
    public var secret: String

    /// A subscriber on this machine.
    public init(port: UInt16, path: String, secret: String) {
      (self.port, self.path, self.secret) = (port, path, secret)
    }
  }

  /// The key's two halves; every request must carry them.
  public var clientId = "sandbox-client"
  /// See ``clientId``.
  public var clientSecret = "sandbox-secret"
  /// The account's number, in events and in its information.
  public var accountId = 123_456
  /// What the key may not see: answered with 403.
  public var forbidden: Set<BuildiumResource> = []
  /// A key for reading only: every change is answered with 403.
  public var isReadOnly = false
  /// Lists leave out the header with the count of all records; clients report both.
  public var omitsTotalCount = false
  /// A limit above 1000 is refused rather than lowered; both were reported.
  public var refusesLargeLimit = false
  /// How the amounts of ledger lines are spelled.
  public var signConvention = SignConvention.magnitude
  /// 429 says when to come back; the real service was never seen to.
  public var sendsRetryAfter = false
  /// Bills cannot be listed without paid dates when paid ones are wanted.
  public var requiresPaidDates = true
  /// Nothing may be written on this day or before.
  public var lockDate: CalendarDate?
  /// Calls a second and calls at a time.
  public var limit = RateLimit.Rule(perSecond: 10, inFlightMax: 10)
  /// How long each answer takes, in milliseconds of the service's time.
  public var latencyMilliseconds = 0
  /// Who is told about changes; nil for nobody.
  public var webhook: Webhook?

  /// What goes wrong on purpose.
  public var faults = FaultPlan()
  /// Where the random numbers of faults and of life going on start.
  public var seed: UInt64 = 1
  /// How often, in seconds of the service's time, something happens in a living portfolio.
  public var secondsPerHappening = 4

  /// The service at its strictest.
  public init() {}

  /// Lifts the limits on the rate of calls.
  public mutating func liftLimits() { limit.isEnabled = false }
}
