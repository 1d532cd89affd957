/// When the next request may be written: the arithmetic of pacing, without threads or clocks.
///
/// Requests are evenly spaced (a token bucket with room for one): against a service that counts in
/// a strict sliding window and then refuses everything for half a minute, any burst costs far more
/// than it gains. The space is counted from the moment a request is really written to its
/// connection, so one request at a time may be between its permission and its writing.
///
/// What the service counts is when requests arrive. That moment lies between the writing and the
/// answer: a request goes only when one second has passed since the latest moment at which the one
/// `rate` places before it can have arrived, taken as its answer or, where answers take long, its
/// writing and the spread the policy allows for. Where answers usually come at once, one that does
/// not is waited for: something held it up, and it may have been on the way.
struct PaceCore {
  private let policy: PacePolicy
  /// The space by policy: a second shared out.
  private let usualGap: UInt64
  private(set) var gap: UInt64
  private(set) var inFlight = 0
  private(set) var refusals = 0
  private(set) var silentUntil: UInt64 = 0
  var meter = CallMeter()

  private var openAt: UInt64 = 0
  /// The requests written last, as many as a second allows.
  private var recent: [(number: Int, writtenAt: UInt64, answeredAt: UInt64?)] = []
  private var written = 0
  /// From writing to answer, averaged over the last few.
  private var typicalLatency: UInt64 = 0
  private var isHandingOver = false
  private var refusedAt: UInt64?
  private var floor: UInt64 = 0
  private var floorUntil: UInt64 = 0
  private var cleanSince: UInt64 = 0

  private static let second: UInt64 = 1_000_000_000
  /// Clocks tick and threads wake late: so much more than a second.
  private static let margin: UInt64 = 2_000_000
  /// A 429 widens the space by 1/50 of the service's own (4 ms of Airtable's 200) for a day.
  private static let wideningShare: UInt64 = 50
  private static let floorNanoseconds = 86_400 * second
  /// Two minutes without a 429 narrow it by 1/200 (1 ms of 200), never under that floor.
  private static let narrowingShare: UInt64 = 200
  private static let cleanNanoseconds = 120 * second
  /// Never slower than half the usual, whatever the service answers.
  private static let widestFactor: UInt64 = 2

  init(_ policy: PacePolicy) {
    self.policy = policy
    usualGap = (Self.second + Self.margin) / UInt64(policy.requestsPerSecond)
    gap = usualGap
  }

  /// Whether a request may go now.
  enum Turn: Equatable {
    case now
    case after(nanoseconds: UInt64)
    /// An answer or a writing must happen first.
    case later
  }

  func turn(at now: UInt64) -> Turn {
    if isHandingOver || inFlight >= policy.inFlightMax { return .later }
    let opens = max(openAt, silentUntil, windowOpensAt)
    return opens > now ? .after(nanoseconds: opens - now) : .now
  }

  /// When the service can no longer count the request `rate` places before the next.
  private var windowOpensAt: UInt64 {
    guard recent.count >= policy.requestsPerSecond, let first = recent.first else { return 0 }
    let spread = UInt64(policy.spreadMilliseconds) * 1_000_000
    let latest = first.writtenAt + (typicalLatency < spread / 2 ? Self.second : spread)
    return min(first.answeredAt ?? latest, latest) + Self.second + Self.margin
  }

  /// A request goes on its way; `turn` must have said so.
  mutating func take() {
    inFlight += 1
    isHandingOver = true
  }

  /// The request that went last is being written to its connection; its number.
  @discardableResult
  mutating func wrote(at now: UInt64) -> Int {
    isHandingOver = false
    narrow(at: now)
    openAt = now + gap
    meter.count(at: now)
    written += 1
    recent.append((written, now, nil))
    if recent.count > policy.requestsPerSecond { recent.removeFirst() }
    return written
  }

  /// A request has its answer or has failed.
  ///
  /// - Parameter number: what ``wrote(at:)`` gave; nil when it never was written.
  mutating func finish(_ number: Int?, at now: UInt64) {
    inFlight -= 1
    if let number, let place = recent.firstIndex(where: { $0.number == number }) {
      recent[place].answeredAt = now
      let latency = now - min(now, recent[place].writtenAt)
      typicalLatency = typicalLatency == 0 ? latency : (typicalLatency * 7 + latency) / 8
    }
    let wasWritten = number != nil
    // One that never was written leaves the way free.
    if !wasWritten { isHandingOver = false }
  }

  /// The service answered 429: silence, and more space from now on.
  ///
  /// Several answers to one overrun count once: a request written before the last refusal was
  /// known says nothing about the space kept since.
  mutating func refuse(writtenAt: UInt64, at now: UInt64, silenceNanoseconds: UInt64) {
    refusals += 1
    silentUntil = max(silentUntil, now + silenceNanoseconds)
    if let refusedAt, writtenAt <= refusedAt { return }
    refusedAt = now
    let widened = gap + Self.second / UInt64(policy.requestsPerSecond) / Self.wideningShare
    gap = min(widened, usualGap * Self.widestFactor)
    (floor, floorUntil) = (gap, now + Self.floorNanoseconds)
    cleanSince = now
  }

  private mutating func narrow(at now: UInt64) {
    guard now >= cleanSince + Self.cleanNanoseconds else { return }
    let periods = (now - cleanSince) / Self.cleanNanoseconds
    cleanSince += periods * Self.cleanNanoseconds
    let step = Self.second / UInt64(policy.requestsPerSecond) / Self.narrowingShare
    let least = now < floorUntil ? floor : usualGap
    gap = max(least, gap - min(gap, periods * step))
  }
}
