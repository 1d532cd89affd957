import Background
import Domain
import Storage
import Testing

@testable import Sync

@Suite("The schedule") struct ScheduleTests {
  /// The middle of 11 September 2026, UTC.
  private let now = Instant(milliseconds: 1_789_128_000_000)

  private func ago(_ seconds: Int64) -> Instant { now.adding(milliseconds: -seconds * 1000) }
  private func at(_ text: String) throws -> Instant { try #require(Instant(text)) }

  /// A schedule that has run for a month: all went well, the last look five seconds ago.
  private func settled(changed: Int64? = nil, looked: Int64? = nil) -> [Schedule.Work: Schedule
    .Past]
  {
    var past: [Schedule.Work: Schedule.Past] = [:]
    for work in Schedule.Work.allCases {
      past[work] = Schedule.Past(since: ago(30 * 86_400))
      past[work]?.begunAt = ago(5)
    }
    past[.poll]?.changedAt = changed.map(ago)
    past[.poll]?.lookedAt = looked.map(ago)
    return past
  }

  private func next(
    _ past: [Schedule.Work: Schedule.Past], _ work: Schedule.Work, calls: Int? = nil,
    offset: Int = 0, settings: Schedule.Settings = Schedule.Settings(), now: Instant? = nil
  ) -> Schedule.Entry? {
    Schedule(settings).entries(
      after: past, calls: calls.map { Schedule.Calls(perMonth: 2 * $0, left: $0) },
      utcOffsetMinutes: offset, now: now ?? self.now
    ).first { $0.work == work }
  }

  @Test(
    "Looks come close together after a change and grow apart while nothing happens",
    arguments: [(0, 15), (60, 15), (120, 30), (200, 45), (90_000, 45), (nil, 45)])
  func adaptive(quiet: Int64?, seconds: Int64) {
    let entry = next(settled(changed: quiet), .poll)
    #expect(entry?.at == ago(5).adding(milliseconds: seconds * 1000))
    #expect(entry?.looksAtSink == true)
  }

  @Test(
    "Looks at the sink never take more than half of the calls the month has left, save one an hour",
    arguments: [0, 1, 500, 1_000, 20_000, 50_000, 100_000, 1_000_000])
  func quota(calls: Int) {
    let schedule = Schedule()
    let seconds = schedule.lookSeconds(
      15, Schedule.Calls(perMonth: 100_000, left: calls), now: now)
    let looks = Schedule.secondsLeftInMonth(now) / seconds
    #expect(
      looks * schedule.callsPerHundredLooks / 100 <= calls / 2
        || seconds == Schedule.lookSecondsScarce)
    #expect(seconds >= 15)
    // The source is looked at all the same, as often as changes come.
    #expect(schedule.pollSeconds(changedAt: now, now: now) == Schedule.pollSecondsMin)
  }

  @Test("Of the looks in a busy hour only some ask the sink, when its calls are few")
  func spared() {
    let pause = Int64(
      Schedule().lookSeconds(15, Schedule.Calls(perMonth: 100_000, left: 50_000), now: now))
    #expect(pause > 60)
    #expect(next(settled(changed: 1, looked: 40), .poll, calls: 50_000)?.looksAtSink == false)
    #expect(next(settled(changed: 1, looked: pause), .poll, calls: 50_000)?.looksAtSink == true)
    #expect(next(settled(changed: 1, looked: 40), .poll, calls: nil)?.looksAtSink == true)
  }

  @Test("Where events tell of changes, looks keep to their longest pause")
  func unhurried() {
    var settings = Schedule.Settings()
    settings.hurries = false
    let entry = next(settled(changed: 0), .poll, settings: settings)
    #expect(entry?.at == ago(5).adding(milliseconds: 45_000))
  }

  @Test("A look that failed waits longer each time, and never longer than five minutes")
  func failing() {
    var pauses: [Int64] = []
    for failures in 0..<12 {
      var past = settled()
      past[.poll]?.failures = failures
      pauses.append((next(past, .poll)?.at.milliseconds ?? 0) - ago(5).milliseconds)
    }
    #expect(pauses == [45, 45, 90, 180, 300, 300, 300, 300, 300, 300, 300, 300].map { $0 * 1000 })
  }

  @Test("Daily work comes at its minute of the person's day, whatever its zone")
  func daily() throws {
    let noon = try at("2026-09-11T12:00:00Z")
    for (offset, expected) in [
      (0, "2026-09-12T02:10:00Z"), (120, "2026-09-12T00:10:00Z"), (-600, "2026-09-11T12:10:00Z"),
      (-660, "2026-09-11T13:10:00Z"), (840, "2026-09-11T12:10:00Z"),
    ] {
      let entry = next(settled(), .sweep, offset: offset, now: noon)
      #expect(entry?.at == (try at(expected)), "\(offset)")
    }
    let off = Schedule.Settings(sweep: nil, reconcile: nil, monthEnd: nil)
    let entries = Schedule(off).entries(
      after: settled(), calls: nil, utcOffsetMinutes: 0, now: noon)
    #expect(entries.map(\.work) == [.poll])
  }

  @Test("What was missed while no program ran is made up for; what was never known was not missed")
  func missed() {
    var past = settled()
    past[.sweep]?.begunAt = ago(2 * 86_400)
    #expect(next(past, .sweep)?.at == now)
    past[.sweep]?.begunAt = nil
    #expect(next(past, .sweep)?.at == now)
    past[.sweep]?.since = ago(60)
    #expect((next(past, .sweep)?.at ?? now) > now)
  }

  @Test("Daily work that failed is tried again after a while, and its next turn comes all the same")
  func retried() throws {
    var past = settled()
    past[.reconcile]?.begunAt = try at("2026-09-11T03:10:00Z")
    past[.reconcile]?.failures = 1
    let early = try at("2026-09-11T03:12:00Z")
    #expect(next(past, .reconcile, now: early)?.at == (try at("2026-09-11T03:25:00Z")))
    past[.reconcile]?.failures = 40
    #expect(next(past, .reconcile, now: early)?.at == (try at("2026-09-11T07:10:00Z")))
    past[.reconcile]?.begunAt = try at("2026-09-12T01:00:00Z")
    let late = try at("2026-09-12T01:01:00Z")
    #expect(next(past, .reconcile, now: late)?.at == (try at("2026-09-12T03:10:00Z")))
  }

  @Test("A month's checklist is due on its last day, and made up for afterwards")
  func months() throws {
    let entry = next(settled(), .monthEnd)
    #expect(entry?.at == (try at("2026-09-30T23:59:00Z")))
    #expect(entry?.lastDay == CalendarDate("2026-09-30"))
    let after = try at("2026-10-03T08:00:00Z")
    let made = next(settled(), .monthEnd, now: after)
    #expect(made?.at == after)
    #expect(made?.lastDay == CalendarDate("2026-09-30"))
    var done = settled()
    done[.monthEnd]?.begunAt = after
    let february = next(done, .monthEnd, now: try at("2027-02-10T00:00:00Z"))
    #expect(february?.lastDay == CalendarDate("2027-01-31"))
    done[.monthEnd]?.begunAt = try at("2027-02-01T00:00:00Z")
    #expect(
      next(done, .monthEnd, now: try at("2027-02-10T00:00:00Z"))?.lastDay
        == CalendarDate("2027-02-28"))
  }

  @Test("A run from the future, by a clock that was set back, never stops the schedule")
  func clockSetBack() {
    var past = settled()
    for work in Schedule.Work.allCases {
      past[work]?.begunAt = now.adding(milliseconds: 86_400_000 * 365)
    }
    past[.poll]?.changedAt = now.adding(milliseconds: 86_400_000 * 365)
    #expect(next(past, .poll)?.at == now.adding(milliseconds: 15_000))
    #expect((next(past, .sweep)?.at ?? now) <= now.adding(milliseconds: 86_400_000))
  }
}

@Suite("The scheduler") struct SchedulerTests {
  /// A scheduler on a store, driven by hand; what it did is kept.
  private final class Desk {
    /// Keeps the store's folder as long as the desk is there.
    let world: World
    let clock: ManualClock
    let store: Store
    let done = Lock<[Schedule.Work]>([])
    let told = Lock<[[Schedule.Entry]]>([])
    let outcome = Lock<Scheduler.Outcome>(.done(changes: 0))
    /// What happens while work is done.
    let meanwhile = Lock<(@Sendable () -> Void)?>(nil)

    init(_ world: World) {
      (self.world, clock, store) = (world, world.clock, world.store)
    }

    func scheduler(isReady: @escaping @Sendable () -> Bool = { true }) -> Scheduler {
      Scheduler(
        store: store, schedule: Schedule(), clock: clock, isReady: isReady, calls: { nil },
        utcOffsetMinutes: { 0 },
        announce: { [told] entries in told.withLock { $0.append(entries) } },
        body: { [done, outcome, meanwhile] entry, _ in
          done.withLock { $0.append(entry.work) }
          meanwhile.withLock { $0 }?()
          return outcome.withLock { $0 }
        })
    }

    func advance(seconds: UInt64) { clock.advance(nanoseconds: seconds * 1_000_000_000) }
    func take() -> [Schedule.Work] {
      done.withLock { done in
        defer { done = [] }
        return done
      }
    }
    func run(_ work: Schedule.Work) throws -> ScheduleRun? {
      try store.readSync { (sync) throws(StorageError) in
        try sync.scheduleRuns().first { $0.work == work.rawValue }
      }
    }
  }

  @Test("Looks by itself at the pace of the changes, and says what comes next")
  func looks() throws {
    let desk = Desk(try World())
    let scheduler = desk.scheduler()
    #expect(scheduler.step() == 0)
    #expect(desk.take() == [.poll])
    #expect(scheduler.step() == 30_000)
    desk.advance(seconds: 44)
    #expect(scheduler.step() == 1000)
    desk.advance(seconds: 1)
    desk.outcome.withLock { $0 = .done(changes: 3) }
    #expect(scheduler.step() == 0)
    #expect(desk.take() == [.poll])
    // Something changed: the next look comes soon.
    #expect(scheduler.step() == 15_000)
    let last = try #require(desk.told.withLock(\.last))
    #expect(last.map(\.work) == [.poll, .sweep, .reconcile, .monthEnd])
  }

  @Test("Of two programs on one store one does what is due, however they ask")
  func together() throws {
    let desk = Desk(try World())
    let (first, second) = (desk.scheduler(), desk.scheduler())
    for _ in 0..<20 {
      _ = first.step()
      _ = second.step()
      desk.advance(seconds: 45)
    }
    #expect(desk.take().count { $0 == .poll } == 20)
  }

  @Test("While one program works, another does not begin the same")
  func meanwhile() throws {
    let desk = Desk(try World())
    let second = desk.scheduler()
    desk.meanwhile.withLock { slot in
      slot = { [clock = desk.clock] in
        // The other looks in the middle of it, and long after it should have been over.
        _ = second.step()
        clock.advance(nanoseconds: 600_000_000_000)
        _ = second.step()
      }
    }
    _ = desk.scheduler().step()
    #expect(desk.take().count { $0 == .poll } == 1)
  }

  @Test("Work whose program died in the middle is taken up by another")
  func died() throws {
    let desk = Desk(try World())
    let scheduler = desk.scheduler()
    _ = scheduler.step()
    _ = desk.take()
    desk.advance(seconds: 60)
    let now = Instant(milliseconds: desk.clock.wallMilliseconds)
    let begun = try #require(try desk.run(.poll)?.begunAt)
    try desk.store.writeSync { (records) throws(StorageError) in
      // A process of this machine that is no more.
      _ = try records.sync.claim(
        "poll", expecting: begun, pid: 999_999_999, processMark: "1", host: ProcessIdentity.host,
        at: now)
    }
    #expect(scheduler.step() > 0)
    #expect(desk.take() == [])
    #expect(try desk.run(.poll)?.failures == 1)
    desk.advance(seconds: 46)
    _ = scheduler.step()
    #expect(desk.take() == [.poll])
  }

  @Test("Nothing begins while it is paused or before there is anything to run")
  func paused() throws {
    let desk = Desk(try World())
    let isReady = Lock(false)
    let scheduler = desk.scheduler { isReady.withLock(\.self) }
    _ = scheduler.step()
    #expect(desk.take() == [])
    isReady.withLock { $0 = true }
    scheduler.set(isPaused: true)
    _ = scheduler.step()
    #expect(desk.take() == [])
    #expect(desk.told.withLock(\.last) == [])
    scheduler.set(isPaused: false)
    _ = scheduler.step()
    #expect(desk.take() == [.poll])
  }

  @Test("What was put off stays due; what failed is noted with its words and tried again later")
  func endings() throws {
    let desk = Desk(try World())
    let scheduler = desk.scheduler()
    desk.outcome.withLock { $0 = .postponed }
    _ = scheduler.step()
    #expect(try desk.run(.poll)?.begunAt == nil)
    #expect(scheduler.step() == 5000)
    desk.advance(seconds: 5)
    desk.outcome.withLock { $0 = .failed("Buildium cannot be reached.") }
    _ = scheduler.step()
    #expect(desk.take() == [.poll, .poll])
    let failed = try #require(try desk.run(.poll))
    #expect(failed.failures == 1)
    #expect(failed.outcome == "Buildium cannot be reached.")
    desk.advance(seconds: 45)
    desk.outcome.withLock { $0 = .done(changes: 0) }
    _ = scheduler.step()
    #expect(try desk.run(.poll)?.failures == 0)
  }

  @Test(
    "The sweep and the comparison of a night are done once each, and a month's end is told once")
  func nights() throws {
    let desk = Desk(try World())
    let scheduler = desk.scheduler()
    // Forty days by quarters of an hour.
    for _ in 0..<(40 * 96) {
      for _ in 0..<8 where scheduler.step() == 0 {}
      desk.advance(seconds: 900)
    }
    let done = desk.take()
    #expect((39...41).contains(done.count { $0 == .sweep }))
    #expect((39...41).contains(done.count { $0 == .reconcile }))
    #expect((1...2).contains(done.count { $0 == .monthEnd }))
  }

  @Test("What a person began counts as a turn")
  func noted() throws {
    let desk = Desk(try World())
    let scheduler = desk.scheduler()
    scheduler.note(
      [.poll, .sweep], begunAt: Instant(milliseconds: desk.clock.wallMilliseconds), changed: true)
    #expect(scheduler.step() == 15_000)
    #expect(desk.take() == [])
  }
}
