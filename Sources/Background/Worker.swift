import Glibc

/// A plain thread: blocking calls into C libraries do not belong on Swift's cooperative pool.
public final class Worker: Sendable {
  private final class Start: Sendable {
    let body: @Sendable () -> Void
    let finished: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void, _ finished: @escaping @Sendable () -> Void) {
      (self.body, self.finished) = (body, finished)
    }
  }

  /// Decoding and SQLite need little; the default of 8 MB per thread is kept for deep documents.
  private static let stackBytes = 2 << 20

  private let isFinished = Lock(false)
  private let signal = Condition()

  /// Starts a thread with a name of at most 15 bytes, which tools show.
  public init(name: String, _ body: @escaping @Sendable () -> Void) {
    let isFinished = isFinished
    let signal = signal
    let start = Start(body) {
      isFinished.withLock { $0 = true }
      signal.broadcast()
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, Self.stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { argument in
        // The argument was retained for this thread alone, just below.
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        start.body()
        start.finished()
        return nil
      }, Unmanaged.passRetained(start).toOpaque())
    pthread_attr_destroy(&attributes)
    precondition(code == 0, "no thread for \(name): error \(code)")
  }

  /// Waits until the thread's work is done.
  public func join() { signal.wait(nanoseconds: nil) { self.isFinished.withLock(\.self) } }

  /// Waits so long at most; whether the work is done.
  public func join(nanoseconds: UInt64) -> Bool {
    signal.wait(nanoseconds: nanoseconds) { self.isFinished.withLock(\.self) }
  }
}
