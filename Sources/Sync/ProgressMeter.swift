import Domain

/// Counts work and tells its rate over the last half minute and the time left.
struct ProgressMeter: Sendable {
  private static let windowNanoseconds: UInt64 = 30_000_000_000
  /// One sample a second is kept, so that the window holds a fixed number of them.
  private static let sampleNanoseconds: UInt64 = 1_000_000_000
  /// Twice a second at most: a screen shows no more, and each costs a write of the job's row.
  private static let reportNanoseconds: UInt64 = 500_000_000

  private(set) var done = 0
  var total: Int?
  private var samples: [(at: UInt64, done: Int)] = []
  private var reportedAt: UInt64?

  init(total: Int? = nil, at now: UInt64) {
    self.total = total
    samples = [(now, 0)]
  }

  mutating func add(_ count: Int, at now: UInt64) {
    done += count
    if let last = samples.last, now >= last.at + Self.sampleNanoseconds || samples.isEmpty {
      samples.append((now, done))
    }
    // The newest sample older than the window stays, as the window's beginning.
    while samples.count > 2, samples[1].at + Self.windowNanoseconds <= now {
      samples.removeFirst()
    }
  }

  /// How far it is at `now`.
  func progress(at now: UInt64) -> Progress {
    guard let first = samples.first, now > first.at, done > first.done else {
      return Progress(done: done, total: total)
    }
    let seconds = Double(now - first.at) / 1e9
    let rate = Double(done - first.done) / seconds
    let left = total.map { max(0, Int((Double($0 - done) / rate).rounded(.up))) }
    return Progress(done: done, total: total, ratePerSecond: rate, secondsLeft: left)
  }

  /// Whether it is time to tell; answers true once in each half second.
  mutating func isDue(at now: UInt64) -> Bool {
    if let reportedAt, now < reportedAt + Self.reportNanoseconds { return false }
    reportedAt = now
    return true
  }
}
