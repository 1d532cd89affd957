import Background

/// Runs many seeds on several threads and adds up how they ended.
public final class SimulationTally: Sendable {
  /// What many runs came to.
  public struct Result: Sendable {
    /// How many seeds were run.
    public var runs = 0
    /// How many of them broke something.
    public var failed = 0
    /// How many did not run the same way twice.
    public var uneven = 0
    /// How often each fault struck, by its raw value.
    public var faults = SimulatedFault.allCases.map { _ in 0 }
    /// How many writes reached a service.
    public var writes = 0
    /// The first failures: what broke, and the line that repeats it.
    public var failures: [String] = []
  }

  /// A result names so many failures; the rest is a number.
  private static let failuresMax = 20
  /// Seeds a thread takes at once.
  private static let portion = 50

  private struct State {
    var result = Result()
    var working = 0
    var isStopped = false
  }

  private let state = Lock(State())
  private let ended = Mailbox<Void>()

  /// A tally of nothing yet.
  public init() {}

  /// What the runs came to so far.
  public var result: Result { state.withLock(\.result) }

  /// Lets the threads end after the seed each is at.
  public func stop() { state.withLock { $0.isStopped = true } }

  /// Starts the threads; ``wait(secondsMax:)`` tells when they have ended.
  ///
  /// - Parameters:
  ///   - mistake: planted in every run, if any.
  ///   - isTwice: whether a seed is run twice, which must come out the same.
  public func run(
    _ seeds: some RandomAccessCollection<UInt64> & Sendable, jobs: Int,
    mistake: PlantedMistake? = nil, isTwice: @escaping @Sendable (UInt64) -> Bool
  ) {
    let jobs = max(1, jobs)
    state.withLock { $0.working = jobs }
    let next = Lock(seeds.startIndex)
    for _ in 0..<jobs {
      _ = Worker(name: "simulate") { [self] in
        while !state.withLock(\.isStopped) {
          let start = next.withLock { place in
            let start = place
            place =
              seeds.index(place, offsetBy: Self.portion, limitedBy: seeds.endIndex)
              ?? seeds.endIndex
            return start
          }
          guard start < seeds.endIndex else { break }
          let end =
            seeds.index(start, offsetBy: Self.portion, limitedBy: seeds.endIndex) ?? seeds.endIndex
          for seed in seeds[start..<end] where !state.withLock(\.isStopped) {
            let outcome = Simulation.run(seed: seed, mistake: mistake)
            let isEven = !isTwice(seed) || Simulation.run(seed: seed, mistake: mistake) == outcome
            add(outcome, isEven: isEven)
          }
        }
        state.withLock { $0.working -= 1 }
        ended.post(())
      }
    }
  }

  /// Waits until all threads ended; false when that takes longer.
  public func wait(secondsMax: Double) -> Bool {
    let clock = SystemClock()
    let deadline = clock.monotonicNanoseconds + UInt64(secondsMax * 1e9)
    while state.withLock(\.working) > 0 {
      let now = clock.monotonicNanoseconds
      guard now < deadline else { return false }
      _ = ended.waitAndTakeAll(nanoseconds: deadline - now)
    }
    return true
  }

  private func add(_ outcome: Simulation.Outcome, isEven: Bool) {
    state.withLock { state in
      state.result.runs += 1
      state.result.writes += outcome.writes
      for (place, count) in outcome.faults.enumerated() { state.result.faults[place] += count }
      if !isEven { state.result.uneven += 1 }
      if !outcome.violations.isEmpty { state.result.failed += 1 }
      guard !outcome.violations.isEmpty || !isEven,
        state.result.failures.count < Self.failuresMax
      else { return }
      let what = isEven ? outcome.violations.joined(separator: "; ") : "not the same twice"
      state.result.failures.append("\(what). Repeat it: \(outcome.replayLine)")
    }
  }
}
