// Whole days and months of looks, under a clock that is moved from one to the next.
import Domain
import Testing

@testable import Sync

@Suite("The pace of looks") struct SchedulePaceTests {
  /// A look that takes so long sends what it found in the last of it.
  private static let runMilliseconds: Int64 = 8_000

  /// Nothing but looks.
  private static let looks = Schedule(
    Schedule.Settings(sweep: nil, reconcile: nil, monthEnd: nil))

  /// Numbers that look random and are the same in every run (an xorshift generator).
  private struct Numbers {
    var state: UInt64

    /// One of 0 ..< 1.
    mutating func next() -> Double {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Double(state >> 11) / 9_007_199_254_740_992
    }
  }

  @Test(
    """
    However often Buildium changes, half of the changes are in Airtable within 35 s and 19 of 20 \
    within 65 s by looks alone
    """,
    arguments: [2, 10, 45, 120, 600, 3_600])
  func latency(secondsBetweenChanges: Double) throws {
    let seed: UInt64 = 20_261_121
    var numbers = Numbers(state: seed)
    let schedule = Self.looks
    var now = try #require(Instant("2026-09-01T00:00:00Z"))
    var past = [Schedule.Work.poll: Schedule.Past(since: now)]
    var change = now
    var waits: [Int64] = []
    while waits.count < 400 {
      let entry = try #require(
        schedule.entries(after: past, calls: nil, utcOffsetMinutes: 0, now: now).first)
      let begun = entry.at
      now = begun.adding(milliseconds: Self.runMilliseconds)
      var found = 0
      while change < begun {
        waits.append(now.milliseconds - change.milliseconds)
        found += 1
        change = change.adding(
          milliseconds: Int64(numbers.next() * 2 * secondsBetweenChanges * 1000) + 1)
      }
      past[.poll]?.begunAt = begun
      if found > 0 { past[.poll]?.changedAt = now }
    }
    waits.sort()
    let (half, most) = (waits[waits.count / 2], waits[waits.count * 95 / 100])
    #expect(half <= 35_000, "P50 \(half) ms, seed \(seed)")
    #expect(most <= 65_000, "P95 \(most) ms, seed \(seed)")
  }

  @Test(
    """
    On a plan of 100,000 calls, looks at Airtable take at most 50,000 a month, whether people work \
    or not, and are never more than two pauses of Buildium's looks apart
    """,
    arguments: [0, 10, 24], ["2026-02-01", "2026-12-01"])
  func month(busyHours: Int64, first: String) throws {
    let perMonth = 100_000
    let schedule = Self.looks
    let start = try #require(Instant("\(first)T00:00:00Z"))
    let end = start.adding(
      milliseconds: Int64(Schedule.secondsLeftInMonth(start)) * 1000)
    var (now, looks, written, longest) = (start, 0, 0, Int64(0))
    var past = [Schedule.Work.poll: Schedule.Past(since: now)]
    while now < end {
      let spent = looks * schedule.callsPerHundredLooks / 100 + written
      let calls = Schedule.Calls(perMonth: perMonth, left: perMonth - spent)
      let entry = try #require(
        schedule.entries(after: past, calls: calls, utcOffsetMinutes: 0, now: now).first)
      if entry.looksAtSink {
        looks += 1
        if let last = past[.poll]?.lookedAt {
          longest = max(longest, entry.at.milliseconds - last.milliseconds)
        }
        past[.poll]?.lookedAt = entry.at
      }
      past[.poll]?.begunAt = entry.at
      now = entry.at.adding(milliseconds: 1_000)
      // While people work something changes all the time, and every fourth look writes.
      let hour = now.milliseconds / 3_600_000 % 24
      if hour < busyHours {
        past[.poll]?.changedAt = now
        if now.milliseconds / 1000 % 4 == 0, spent < perMonth * 4 / 5 { written += 1 }
      }
    }
    #expect(looks * schedule.callsPerHundredLooks / 100 <= perMonth / 2)
    #expect(longest <= 90_000)
  }
}
