import Domain

/// What runs by itself and when: a pure function of what ran before, the time, and the calls that are
/// left. It keeps nothing and looks at no clock.
public struct Schedule: Sendable, Hashable {
  /// What is run.
  public enum Work: String, Sendable, Hashable, CaseIterable {
    /// What changed since the last look, with the overlap of each service.
    case poll
    /// Everything is read again, for what no feed told and what is missing at its source.
    case sweep
    /// Both sides are compared.
    case reconcile
    /// The month ends: its checklist is due.
    case monthEnd = "month_end"
  }

  /// When work is wanted.
  public struct Settings: Sendable, Hashable {
    /// The longest pause between two looks at the source, in seconds.
    public var pollSeconds: Int
    /// Whether looks come closer together while things change. Where events tell of changes, looks
    /// only find what no event told of, and would be in the events' way.
    public var hurries = true
    /// The minute of the day of the daily sweep, by the person's clock; nil for never.
    public var sweep: Int?
    /// That of the daily comparison.
    public var reconcile: Int?
    /// That of the last day of a month at which its checklist is due.
    public var monthEnd: Int?

    /// Settings; by default a look at least every 45 s, the sweep at 02:10, the comparison at 03:10, the
    /// checklist at 23:59.
    public init(
      pollSeconds: Int = 45, sweep: Int? = 130, reconcile: Int? = 190, monthEnd: Int? = 1439
    ) {
      self.pollSeconds = max(Schedule.pollSecondsMin, pollSeconds)
      (self.sweep, self.reconcile, self.monthEnd) = (sweep, reconcile, monthEnd)
    }
  }

  /// What is known of one kind of work.
  public struct Past: Sendable, Hashable {
    /// Since when it is known: what was due before that was never missed.
    public var since: Instant
    /// When it was last begun; nil for never.
    public var begunAt: Instant?
    /// Whether it is under way, in whichever program.
    public var isRunning = false
    /// How often it failed since it last went well.
    public var failures = 0
    /// When something last changed on either side.
    public var changedAt: Instant?
    /// When the sink was last looked at for what people did there.
    public var lookedAt: Instant?

    /// Nothing but since when.
    public init(since: Instant) { self.since = since }
  }

  /// Work that is to come.
  public struct Entry: Sendable, Hashable {
    /// What.
    public var work: Work
    /// When; never before the moment asked about.
    public var at: Instant
    /// Whether a look asks the sink as well; its calls of the month may not allow for that each time.
    public var looksAtSink = true
    /// For the end of a month: its last day.
    public var lastDay: CalendarDate?
  }

  /// The shortest pause between two looks, in seconds.
  public static let pollSecondsMin = 15
  /// With hardly a call left the sink is still looked at so often, in seconds, so that an edit is seen
  /// within the hour.
  public static let lookSecondsScarce = 3600
  /// Work that failed is tried again after so long, twice that, and so on.
  private static let retryMilliseconds: Int64 = 15 * 60_000
  private static let retryMillisecondsMax: Int64 = 4 * 3_600_000
  /// A look that failed: the person waits for it.
  private static let pollRetryMillisecondsMax: Int64 = 300_000
  /// What runs in another program is looked at again after so long.
  private static let runningMilliseconds: Int64 = 30_000
  private static let dayMilliseconds: Int64 = 86_400_000
  private static let minuteMilliseconds: Int64 = 60_000
  /// Of the month's calls, looks may take half: the others are for writing what was found.
  private static let lookShare = 2
  /// More calls than any month has use for.
  private static let callsMax = 1_000_000_000

  /// The sink's calls, where it allows so many a month.
  public struct Calls: Sendable, Hashable {
    /// What it allows in a month.
    public var perMonth: Int
    /// What is left of that until the month ends.
    public var left: Int

    /// Calls.
    public init(perMonth: Int, left: Int) { (self.perMonth, self.left) = (perMonth, left) }
  }

  /// When work is wanted.
  public var settings: Settings
  /// The sink's calls a hundred looks cost when nothing changes: one for each, and the schema read
  /// again now and then.
  public var callsPerHundredLooks: Int

  /// A schedule.
  public init(_ settings: Settings = Settings(), callsPerHundredLooks: Int = 115) {
    (self.settings, self.callsPerHundredLooks) = (settings, max(100, callsPerHundredLooks))
  }

  /// All work to come, the soonest first; of what is due at once, the look goes first, since the others
  /// take long.
  ///
  /// - Parameters:
  ///   - calls: the calls the sink allows; nil where there is no limit.
  ///   - utcOffsetMinutes: what the person's clock shows more than UTC.
  public func entries(
    after past: [Work: Past], calls: Calls?, utcOffsetMinutes: Int, now: Instant
  ) -> [Entry] {
    var entries: [Entry] = []
    for work in Work.allCases {
      let known = past[work] ?? Past(since: now)
      switch work {
      case .poll: entries.append(poll(known, calls, now: now))
      case .sweep: entries += daily(work, settings.sweep, known, utcOffsetMinutes, now)
      case .reconcile: entries += daily(work, settings.reconcile, known, utcOffsetMinutes, now)
      case .monthEnd: entries += monthly(known, utcOffsetMinutes, now)
      }
    }
    return entries.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
      .map(\.element)
  }

  // MARK: Looks

  private func poll(_ past: Past, _ calls: Calls?, now: Instant) -> Entry {
    let seconds = pollSeconds(changedAt: past.changedAt, now: now)
    var at = now
    if let begun = past.begunAt {
      var pause = Int64(seconds) * 1000
      if past.failures > 0 {
        pause = max(pause, Self.backoff(pause, past.failures, Self.pollRetryMillisecondsMax))
      }
      at = Self.after(begun, pause, now)
      if past.isRunning { at = max(at, now.adding(milliseconds: Self.runningMilliseconds)) }
    }
    var entry = Entry(work: .poll, at: at)
    if let looked = past.lookedAt {
      let pause = Int64(lookSeconds(seconds, calls, now: now)) * 1000
      // Half a second of a pause is lost by waking up, and must not skip a whole look.
      entry.looksAtSink = at.milliseconds - min(looked, now).milliseconds >= pause - 500
    }
    return entry
  }

  /// A quarter of the time that nothing happened, between the shortest and the longest pause.
  func pollSeconds(changedAt: Instant?, now: Instant) -> Int {
    guard let changedAt, settings.hurries else { return settings.pollSeconds }
    let quiet = max(0, (now.milliseconds - changedAt.milliseconds) / 1000)
    return min(max(Int(min(quiet / 4, 86_400)), Self.pollSecondsMin), settings.pollSeconds)
  }

  /// How far looks at the sink stand apart, so that half of what the month has left lasts, and over
  /// the whole month no more than half of its calls go. What writing did not need is not spent on more
  /// looks: it is there for the days on which much is written.
  func lookSeconds(_ pollSeconds: Int, _ calls: Calls?, now: Instant) -> Int {
    guard let calls else { return pollSeconds }
    let pause = max(
      pause(seconds: Self.secondsInMonth(now), calls: calls.perMonth),
      pause(seconds: Self.secondsLeftInMonth(now), calls: calls.left))
    return max(pollSeconds, pause)
  }

  /// How far looks stand apart when half of the calls are to last so long.
  private func pause(seconds: Int, calls: Int) -> Int {
    let looks = min(max(0, calls), Self.callsMax) / Self.lookShare * 100 / callsPerHundredLooks
    guard looks > 0 else { return Self.lookSecondsScarce }
    return min((seconds + looks - 1) / looks, Self.lookSecondsScarce)
  }

  /// Seconds of the whole month, by UTC as services count.
  static func secondsInMonth(_ now: Instant) -> Int {
    let date = now.date
    return CalendarDate.daysInMonth(year: date.year, month: date.month)
      * Int(dayMilliseconds / 1000)
  }

  /// Seconds until the month ends, by UTC as services count; at least one.
  static func secondsLeftInMonth(_ now: Instant) -> Int {
    let date = now.date
    let days = CalendarDate.daysInMonth(year: date.year, month: date.month) - date.day
    let today = now.milliseconds - Int64(date.daysSince1970) * dayMilliseconds
    return max(1, Int((Int64(days) * dayMilliseconds + dayMilliseconds - today) / 1000))
  }

  // MARK: Days and months

  private func daily(
    _ work: Work, _ minute: Int?, _ past: Past, _ offset: Int, _ now: Instant
  ) -> [Entry] {
    guard let minute else { return [] }
    let today = now.adding(milliseconds: Int64(offset) * Self.minuteMilliseconds).date
    func slot(_ day: CalendarDate) -> Instant { Self.moment(day, minute, offset) }
    let last = slot(today) <= now ? slot(today) : slot(today.adding(days: -1))
    let next = slot(today) <= now ? slot(today.adding(days: 1)) : slot(today)
    return [Entry(work: work, at: Self.due(last, else: next, past, now))]
  }

  private func monthly(_ past: Past, _ offset: Int, _ now: Instant) -> [Entry] {
    guard let minute = settings.monthEnd else { return [] }
    let today = now.adding(milliseconds: Int64(offset) * Self.minuteMilliseconds).date
    func lastDay(_ day: CalendarDate) -> CalendarDate {
      day.adding(days: CalendarDate.daysInMonth(year: day.year, month: day.month) - day.day)
    }
    func slot(_ day: CalendarDate) -> Instant { Self.moment(day, minute, offset) }
    let this = lastDay(today)
    let isPast = slot(this) <= now
    let last = isPast ? this : today.adding(days: -today.day)
    let next = isPast ? lastDay(this.adding(days: 1)) : this
    let at = Self.due(slot(last), else: slot(next), past, now)
    return [Entry(work: .monthEnd, at: at, lastDay: at < slot(next) ? last : next)]
  }

  /// When work is due whose last turn was at `last`: at once when that was missed, after a while when
  /// it failed, else at its next turn.
  private static func due(
    _ last: Instant, else next: Instant, _ past: Past, _ now: Instant
  ) -> Instant {
    if past.isRunning { return min(next, now.adding(milliseconds: runningMilliseconds)) }
    guard let begun = past.begunAt.map({ min($0, now) }), begun >= last else {
      return last > past.since ? now : next
    }
    guard past.failures > 0 else { return next }
    return min(
      next, after(begun, backoff(retryMilliseconds, past.failures, retryMillisecondsMax), now))
  }

  /// So long after a beginning, and never before now. One from the future, by a clock that was set
  /// back, counts as just now.
  private static func after(_ begun: Instant, _ milliseconds: Int64, _ now: Instant) -> Instant {
    max(now, min(begun, now).adding(milliseconds: milliseconds))
  }

  private static func backoff(_ first: Int64, _ failures: Int, _ longest: Int64) -> Int64 {
    min(first << Int64(min(failures, 10) - 1), longest)
  }

  /// A minute of a day by the person's clock.
  private static func moment(_ day: CalendarDate, _ minute: Int, _ offset: Int) -> Instant {
    Instant(
      milliseconds: Int64(day.daysSince1970) * dayMilliseconds
        + Int64(minute - offset) * minuteMilliseconds)
  }
}
