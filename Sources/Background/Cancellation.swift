import Glibc

/// Thrown at a safe point of work that was asked to stop. Not a failure.
public struct Cancelled: Error, Equatable, Sendable {
  /// The only one there is.
  public init() {}
}

/// A request to stop, seen by the work at its safe points: before a page, before a transaction,
/// between retries, in a transfer. Never between two writes of one transaction.
public final class Cancellation: Sendable {
  private struct State {
    var isCancelled = false
    var nextHandler = 0
    var handlers: [Int: @Sendable () -> Void] = [:]
  }

  private let state = Lock(State())
  private let signal = Condition()

  /// Work that nobody has asked to stop.
  public init() {}

  /// Whether stopping was asked for.
  public var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Asks the work to stop; wakes whoever waits. Repeating it does nothing.
  public func cancel() {
    let handlers: [@Sendable () -> Void] = state.withLock { state in
      guard !state.isCancelled else { return [] }
      state.isCancelled = true
      defer { state.handlers = [:] }
      return state.handlers.sorted { $0.key < $1.key }.map(\.value)
    }
    for handler in handlers { handler() }
    signal.broadcast()
  }

  /// Throws when stopping was asked for.
  public func check() throws(Cancelled) { if isCancelled { throw Cancelled() } }

  /// Calls `handler` when stopping is asked for, at once if it was. The token ends the interest.
  public func onCancel(_ handler: @escaping @Sendable () -> Void) -> Int {
    let (token, now): (Int, Bool) = state.withLock { state in
      if state.isCancelled { return (-1, true) }
      state.nextHandler += 1
      state.handlers[state.nextHandler] = handler
      return (state.nextHandler, false)
    }
    if now { handler() }
    return token
  }

  /// Ends the interest of ``onCancel(_:)``.
  public func removeHandler(_ token: Int) {
    state.withLock { state in _ = state.handlers.removeValue(forKey: token) }
  }

  /// Waits that long, or until stopping is asked for.
  public func wait(nanoseconds: UInt64) {
    signal.wait(nanoseconds: nanoseconds) { self.isCancelled }
  }
}

/// A condition variable on the monotonic clock.
final class Condition: @unchecked Sendable {
  // Sendable: both members are made once and used through pthread calls only.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Wakes everybody who waits. Taking the mutex first makes sure nobody has looked at the
  /// predicate and not yet gone to sleep.
  func broadcast() {
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Waits until `done` answers true; nil waits for ever. Returns what `done` said last.
  @discardableResult
  func wait(nanoseconds: UInt64?, until done: () -> Bool) -> Bool {
    var deadline = timespec()
    if let nanoseconds {
      clock_gettime(CLOCK_MONOTONIC, &deadline)
      let total = UInt64(deadline.tv_nsec) + nanoseconds % 1_000_000_000
      deadline.tv_sec += Int(nanoseconds / 1_000_000_000 + total / 1_000_000_000)
      deadline.tv_nsec = Int(total % 1_000_000_000)
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !done() {
      if nanoseconds == nil {
        pthread_cond_wait(condition, mutex)
      } else if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT {
        return done()
      }
    }
    return true
  }
}
