/// Counts events in seconds of the recent past.
struct CallMeter {
  private var counts = [Int](repeating: 0, count: CallMeter.seconds)
  private var newestSecond: UInt64 = 0

  /// As much as the screen shows: 60 periods of five seconds.
  private static let seconds = 300
  private static let nanoseconds: UInt64 = 1_000_000_000

  mutating func count(at now: UInt64) {
    advance(to: now)
    counts[Int(newestSecond % UInt64(Self.seconds))] += 1
  }

  /// Events of the last 60 seconds, the one that runs included.
  mutating func lastMinute(at now: UInt64) -> Int {
    advance(to: now)
    return newestFirst(60).reduce(0, +)
  }

  /// Events in each of the last 60 periods of five seconds, the newest last.
  mutating func periods(at now: UInt64) -> [Int] {
    advance(to: now)
    let seconds = newestFirst(Self.seconds)
    return stride(from: Self.seconds - 5, through: 0, by: -5).map {
      seconds[$0..<$0 + 5].reduce(0, +)
    }
  }

  private func newestFirst(_ count: Int) -> [Int] {
    (0..<count).map { age in
      counts[Int((newestSecond + UInt64(Self.seconds - age)) % UInt64(Self.seconds))]
    }
  }

  private mutating func advance(to now: UInt64) {
    let second = now / Self.nanoseconds
    guard second > newestSecond else { return }
    let passed = min(second - newestSecond, UInt64(Self.seconds))
    for age in 0..<passed { counts[Int((second - age) % UInt64(Self.seconds))] = 0 }
    newestSecond = second
  }
}
