/// A source of random numbers that is passed in, so that a run can be replayed from a seed.
public protocol RandomSource: Sendable {
  /// Sixty-four random bits.
  func next() -> UInt64
}

/// The machine's own randomness.
public struct SystemRandom: RandomSource {
  /// The one there is.
  public init() {}

  /// As the protocol says.
  public func next() -> UInt64 { .random(in: .min ... .max) }
}

/// How long to wait before trying again, and how often.
enum Backoff {
  /// A job is given up after so many tries in a row that brought nothing: with the waits between
  /// them that takes up to a quarter of a minute.
  static let attemptsMax = 5
  private static let firstMilliseconds: UInt64 = 1_000
  private static let longestMilliseconds: UInt64 = 300_000

  /// Full jitter: anything from nothing to a bound that doubles with each try, so that several
  /// clients that failed together do not come back together.
  static func delayMilliseconds(attempt: Int, random: any RandomSource) -> UInt64 {
    let doublings = UInt64(min(max(attempt - 1, 0), 20))
    let bound = min(firstMilliseconds << doublings, longestMilliseconds)
    return random.next() % (bound + 1)
  }
}
