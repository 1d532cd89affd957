import Glibc

/// A value behind a mutex.
///
/// A pthread mutex and not `Synchronization.Mutex`, because ThreadSanitizer understands only the
/// former; both take about 30 ns.
public final class Lock<Value>: @unchecked Sendable {
  // Sendable: `value` is reached only between lock and unlock.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var value: Value

  /// Guards a value, which must not be reachable from elsewhere.
  public init(_ value: sending Value) {
    self.value = value
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Runs `body` alone with the value. Do not take another lock inside.
  public func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
