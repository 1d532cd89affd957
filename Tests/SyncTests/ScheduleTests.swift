import Domain
import Testing

@testable import Sync

@Suite("The schedule") struct ScheduleTests {
  /// The middle of 11 September 2026, UTC.
  private let now = Instant(milliseconds: 1_789_128_000_000)

  private func ago(_ seconds: Int64) -> Instant { now.adding(milliseconds: -seconds * 1000) }
  private var settled: Schedule.LastRuns {
    Schedule.LastRuns(poll: ago(5), sweep: ago(3600), full: ago(86_400))
  }

  @Test(
    "Looks come close together after a change and grow apart while nothing happens",
    arguments: [(0, 15), (60, 15), (200, 50), (1200, 300), (90_000, 300)])
  func adaptive(quiet: Int64, seconds: Int) {
    let next = Schedule(callsLeft: nil).next(
      after: settled, lastChange: ago(quiet), isBusy: false, now: now)
    #expect(next.work == .poll)
    #expect(next.pollSeconds == seconds)
    #expect(next.at == ago(5).adding(milliseconds: Int64(seconds) * 1000))
    #expect(!next.isSlowedByQuota)
  }

  @Test(
    "Looks never take more than half of the calls the month has left, save one an hour",
    arguments: [0, 1, 500, 1_000, 20_000, 100_000, 1_000_000])
  func quota(calls: Int) {
    let schedule = Schedule(callsLeft: calls)
    let next = schedule.next(after: settled, lastChange: now, isBusy: false, now: now)
    let looks = Schedule.secondsLeftInMonth(now) / next.pollSeconds
    #expect(looks <= calls / 2 || next.pollSeconds == Schedule.pollSecondsScarce)
    #expect(next.isSlowedByQuota == (next.pollSeconds > Schedule.pollSecondsMin))
    #expect(next.pollSeconds >= Schedule.pollSecondsMin)
  }

  @Test("A store that never ran begins with everything; a sweep is due after a day, all in a week")
  func larger() {
    let schedule = Schedule(callsLeft: nil)
    func work(_ last: Schedule.LastRuns, isBusy: Bool = false) -> Schedule.Work {
      schedule.next(after: last, lastChange: now, isBusy: isBusy, now: now).work
    }
    #expect(work(Schedule.LastRuns()) == .full)
    var last = settled
    last.sweep = ago(86_400)
    last.full = ago(2 * 86_400)
    #expect(work(last) == .sweep)
    #expect(work(last, isBusy: true) == .poll)
    last.full = ago(7 * 86_400)
    #expect(work(last) == .full)
  }

  @Test("A run from the future, by a clock that was set back, never stops the schedule")
  func clockSetBack() {
    let future = now.adding(milliseconds: 86_400_000 * 365)
    let next = Schedule(callsLeft: nil).next(
      after: Schedule.LastRuns(poll: future, sweep: future, full: future), lastChange: future,
      isBusy: false, now: now)
    #expect(next.work == .poll)
    #expect(next.at == now.adding(milliseconds: 15_000))
  }
}
