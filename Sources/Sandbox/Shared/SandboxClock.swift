import Background
import Domain

/// The time of a simulated service.
///
/// Two kinds: the wall clock stamps records and may be moved on by hand, to see a webhook expire;
/// the scaled clock measures limits and lock-outs, and runs `speed` times as fast as real time, so
/// that a long first sync can be rehearsed in minutes.
public final class SandboxClock: Sendable {
  /// Seconds of the service per real second.
  public let speed: Double

  private let clock: any Clock
  private let start: UInt64
  private let movedMilliseconds = Lock<Int64>(0)

  /// - Parameters:
  ///   - clock: where real time comes from.
  ///   - speed: above zero; 20 makes limits twenty times as wide and lock-outs as short.
  public init(_ clock: any Clock = SystemClock(), speed: Double = 1) {
    precondition(speed > 0 && speed.isFinite, "a clock's speed is above zero")
    (self.clock, self.speed) = (clock, speed)
    start = clock.monotonicNanoseconds
  }

  /// The wall clock, which stamps records.
  public var now: Instant {
    Instant(milliseconds: clock.wallMilliseconds + movedMilliseconds.withLock(\.self))
  }

  /// Scaled nanoseconds since this clock was made; never runs backwards.
  public var nanoseconds: UInt64 {
    UInt64(Double(clock.monotonicNanoseconds &- start) * speed)
  }

  /// Real nanoseconds since this clock was made.
  public var realNanoseconds: UInt64 { clock.monotonicNanoseconds &- start }

  /// Moves the wall clock on (back, when negative); the scaled one is not touched.
  public func moveWall(milliseconds: Int64) { movedMilliseconds.withLock { $0 += milliseconds } }

  /// How many real milliseconds so many of the service's are; at least one when any are.
  public func realMilliseconds(_ milliseconds: Int) -> Int {
    milliseconds <= 0 ? 0 : max(1, Int(Double(milliseconds) / speed))
  }
}
