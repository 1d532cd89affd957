import Domain

/// What runs next and when: a pure function of what ran, the time, how busy the services are and
/// the calls that are left. It keeps nothing and looks at no clock.
public struct Schedule: Sendable, Hashable {
  /// What is run.
  public enum Work: String, Sendable, Hashable, CaseIterable {
    /// What changed since the last look, with the overlap of each service.
    case poll
    /// The resources a service cannot filter by change, for what is missing there.
    case sweep
    /// Everything, whatever is known.
    case full
  }

  /// When each kind of work was last begun; nil for never.
  public struct LastRuns: Sendable, Hashable {
    /// The last look for changes.
    public var poll: Instant?
    /// The last daily sweep.
    public var sweep: Instant?
    /// The last full reading.
    public var full: Instant?

    /// The moments known.
    public init(poll: Instant? = nil, sweep: Instant? = nil, full: Instant? = nil) {
      (self.poll, self.sweep, self.full) = (poll, sweep, full)
    }
  }

  /// What runs next.
  public struct Next: Sendable, Hashable {
    /// What.
    public var work: Work
    /// When; never before the moment asked about.
    public var at: Instant
    /// The seconds between two looks as things are.
    public var pollSeconds: Int
    /// The month's calls do not allow for looking as often as changes come.
    public var isSlowedByQuota: Bool
  }

  /// The shortest pause between two looks, in seconds.
  public static let pollSecondsMin = 15
  /// The longest, unless the calls of the month are short.
  public static let pollSecondsMax = 300
  /// With hardly a call left it still looks so often, in seconds, so that money is seen within the
  /// hour.
  public static let pollSecondsScarce = 3600

  private static let dayMilliseconds: Int64 = 86_400_000
  /// Of the month's calls, looks may take half: the others are for writing what was found.
  private static let pollShare = 2

  /// The calls the sink allows until the month ends; nil where there is no limit.
  public var callsLeft: Int?
  /// The sink's calls one look costs when nothing changed.
  public var callsPerPoll: Int

  /// A schedule under a month's remaining calls.
  public init(callsLeft: Int?, callsPerPoll: Int = 1) {
    (self.callsLeft, self.callsPerPoll) = (callsLeft, max(1, callsPerPoll))
  }

  /// What runs next.
  ///
  /// A full reading counts as a sweep and as a look, and a sweep as a look. Of works that are due,
  /// the largest goes first.
  ///
  /// - Parameters:
  ///   - lastChange: when something last changed on either side; looks are close together after
  ///     that, and grow apart while nothing happens.
  ///   - isBusy: a large load is under way: sweeps and full readings wait, looks go on.
  public func next(
    after last: LastRuns, lastChange: Instant?, isBusy: Bool, now: Instant
  ) -> Next {
    let (seconds, isSlowed) = pollSeconds(lastChange: lastChange, now: now)
    func due(_ runs: [Instant?], every milliseconds: Int64) -> Instant {
      guard let newest = runs.compactMap(\.self).max() else { return now }
      // A run from the future, by a clock that was set back, counts as just now.
      return max(now, min(newest, now).adding(milliseconds: milliseconds))
    }
    let poll = due([last.poll, last.sweep, last.full], every: Int64(seconds) * 1000)
    let sweep = due([last.sweep, last.full], every: Self.dayMilliseconds)
    let full = due([last.full], every: 7 * Self.dayMilliseconds)
    let candidates: [(Work, Instant)] =
      isBusy ? [(.poll, poll)] : [(.full, full), (.sweep, sweep), (.poll, poll)]
    var best = candidates[0]
    for candidate in candidates.dropFirst() where candidate.1 < best.1 { best = candidate }
    return Next(work: best.0, at: best.1, pollSeconds: seconds, isSlowedByQuota: isSlowed)
  }

  /// A quarter of the time that nothing happened, between the shortest and the longest pause; longer
  /// where the calls of the month would not last.
  private func pollSeconds(lastChange: Instant?, now: Instant) -> (seconds: Int, isSlowed: Bool) {
    let quiet = lastChange.map { max(0, (now.milliseconds - $0.milliseconds) / 1000) }
    let wanted = min(
      max(Int(quiet.map { $0 / 4 } ?? Int64(Self.pollSecondsMax)), Self.pollSecondsMin),
      Self.pollSecondsMax)
    guard let callsLeft else { return (wanted, false) }
    let looks = max(0, callsLeft) / Self.pollShare / callsPerPoll
    guard looks > 0 else { return (Self.pollSecondsScarce, true) }
    let left = Self.secondsLeftInMonth(now)
    let affordable = min((left + looks - 1) / looks, Self.pollSecondsScarce)
    return (max(wanted, affordable), affordable > wanted)
  }

  /// Seconds until the month ends, by UTC; at least one.
  static func secondsLeftInMonth(_ now: Instant) -> Int {
    let date = now.date
    let days = CalendarDate.daysInMonth(year: date.year, month: date.month) - date.day
    let today = now.milliseconds - Int64(date.daysSince1970) * dayMilliseconds
    return max(1, Int((Int64(days) * dayMilliseconds + dayMilliseconds - today) / 1000))
  }
}
