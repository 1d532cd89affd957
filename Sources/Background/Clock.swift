import Glibc

/// Where time comes from. Passed in everywhere, so that a test sets the time and never waits.
///
/// Two kinds that never mix: the wall clock names moments and may jump; the monotonic one measures
/// lengths of time and never runs backwards.
public protocol Clock: Sendable {
  /// Milliseconds since 1970-01-01T00:00:00Z by the machine's clock.
  var wallMilliseconds: Int64 { get }
  /// Nanoseconds since some fixed moment; only differences mean anything.
  var monotonicNanoseconds: UInt64 { get }
  /// Waits for a length of time, or until the cancellation fires; returns at once when it has.
  func wait(nanoseconds: UInt64, cancellation: Cancellation)
}

/// The machine's own clocks.
public struct SystemClock: Clock {
  /// The one there is.
  public init() {}

  /// As the protocol says.
  public var wallMilliseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// As the protocol says.
  public var monotonicNanoseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// As the protocol says.
  public func wait(nanoseconds: UInt64, cancellation: Cancellation) {
    cancellation.wait(nanoseconds: nanoseconds)
  }
}

/// A clock that stands still until it is moved: waiting moves it, so no test ever sleeps.
public final class ManualClock: Clock {
  private let state: Lock<(wall: Int64, monotonic: UInt64)>

  /// Starts at a moment in milliseconds since 1970.
  public init(wallMilliseconds: Int64 = 1_790_000_000_000) {
    state = Lock((wallMilliseconds, 1_000_000_000))
  }

  /// As the protocol says.
  public var wallMilliseconds: Int64 { state.withLock { $0.wall } }
  /// As the protocol says.
  public var monotonicNanoseconds: UInt64 { state.withLock { $0.monotonic } }

  /// As the protocol says.
  public func wait(nanoseconds: UInt64, cancellation: Cancellation) {
    guard !cancellation.isCancelled else { return }
    advance(nanoseconds: nanoseconds)
  }

  /// Moves both clocks on.
  public func advance(nanoseconds: UInt64) {
    state.withLock {
      $0.monotonic += nanoseconds
      $0.wall += Int64(nanoseconds / 1_000_000)
    }
  }
}
