import Background

/// Holds all threads that ask one service to its limits. One for each service (at Airtable: base).
///
/// Requests go in the order of their priority and then of their coming. Only the first waits for
/// time to pass, the others for their turn to be first.
public final class Pacer: Sendable {
  private struct State {
    var core: PaceCore
    /// In the order in which they go.
    var queue: [Waiter] = []
  }

  private final class Waiter: Sendable {
    let priority: HTTPRequest.Priority
    /// Tells that something changed for the first in the queue.
    let bell = Mailbox<Void>()
    init(_ priority: HTTPRequest.Priority) { self.priority = priority }
  }

  fileprivate struct Progress {
    var writtenAt: UInt64?
    var number: Int?
    var isFinished = false
  }

  /// Leave to write one request.
  final class Ticket: Sendable {
    fileprivate let pacer: Pacer
    fileprivate let progress = Lock(Progress())

    fileprivate init(_ pacer: Pacer) { self.pacer = pacer }

    /// The request is being written to its connection now. Only the first call counts.
    func wrote() { pacer.wrote(self) }
    /// The answer is there, or there will be none. Only the first call counts.
    func finish() { pacer.finish(self) }
  }

  private let policy: PacePolicy
  private let clock: any Clock
  private let random: Jitter
  private let state: Lock<State>

  /// The longest silence a `Retry-After` can ask for; then one request finds out how things are.
  private static let silenceMillisecondsMax: Int64 = 900_000

  /// A pacer of one service.
  public convenience init(_ policy: PacePolicy, clock: any Clock) {
    self.init(policy, clock: clock, random: Jitter())
  }

  init(_ policy: PacePolicy, clock: any Clock, random: Jitter) {
    (self.policy, self.clock, self.random) = (policy, clock, random)
    state = Lock(State(core: PaceCore(policy)))
  }

  /// Waits for the turn of a request. Whoever gets the ticket must finish it.
  ///
  /// - Throws: ``Cancelled`` when stopping was asked for; then nothing may be sent.
  func acquire(
    _ priority: HTTPRequest.Priority, cancellation: Cancellation
  ) throws(Cancelled) -> Ticket {
    let waiter = Waiter(priority)
    let token = cancellation.onCancel { waiter.bell.post(()) }
    defer { cancellation.removeHandler(token) }
    state.withLock { state in
      let place = state.queue.firstIndex { $0.priority > priority } ?? state.queue.endIndex
      state.queue.insert(waiter, at: place)
    }
    while !cancellation.isCancelled {
      // The clock is read under the lock: a moment read before it may be older than the last
      // writing, and the wait counted from it too long.
      let turn: PaceCore.Turn = state.withLock { state in
        guard state.queue.first === waiter else { return .later }
        let turn = state.core.turn(at: clock.monotonicNanoseconds)
        if turn == .now {
          state.core.take()
          state.queue.removeFirst()
        }
        return turn
      }
      switch turn {
      case .now: return Ticket(self)
      case .after(let nanoseconds): clock.wait(nanoseconds: nanoseconds, cancellation: cancellation)
      case .later: _ = waiter.bell.waitAndTakeAll()
      }
    }
    state.withLock { state in state.queue.removeAll { $0 === waiter } }
    callFirst()
    throw Cancelled()
  }

  /// The service answered 429 to this request.
  ///
  /// - Parameter retryAfterMilliseconds: how long it asks for silence, where it says so.
  /// - Returns: the silence kept, in milliseconds.
  @discardableResult
  func refuse(_ ticket: Ticket, retryAfterMilliseconds: Int64?) -> Int64 {
    let range = policy.silenceMilliseconds
    let usual = Int64(random.pick(UInt64(range.lowerBound)...UInt64(range.upperBound)))
    let silence = min(max(0, retryAfterMilliseconds ?? usual), Self.silenceMillisecondsMax)
    let now = clock.monotonicNanoseconds
    let writtenAt = ticket.progress.withLock(\.writtenAt) ?? now
    state.withLock { state in
      state.core.refuse(
        writtenAt: writtenAt, at: now, silenceNanoseconds: UInt64(silence) * 1_000_000)
    }
    return silence
  }

  /// What the screen shows.
  public var current: PacerState {
    let now = clock.monotonicNanoseconds
    let wall = clock.wallMilliseconds
    return state.withLock { state in
      let silence = state.core.silentUntil > now ? (state.core.silentUntil - now) / 1_000_000 : 0
      return PacerState(
        requestsLastMinute: state.core.meter.lastMinute(at: now),
        limitPerSecond: policy.requestsPerSecond, inFlight: state.core.inFlight,
        waiting: state.queue.count,
        lockedUntilMilliseconds: silence > 0 ? wall + Int64(silence) : nil,
        refusals: state.core.refusals, gapNanoseconds: state.core.gap,
        recentCalls: state.core.meter.periods(at: now))
    }
  }

  private func wrote(_ ticket: Ticket) {
    let now = clock.monotonicNanoseconds
    let isNews = ticket.progress.withLock { progress in
      guard progress.writtenAt == nil, !progress.isFinished else { return false }
      progress.writtenAt = now
      return true
    }
    guard isNews else { return }
    let number = state.withLock { $0.core.wrote(at: now) }
    ticket.progress.withLock { $0.number = number }
    callFirst()
  }

  private func finish(_ ticket: Ticket) {
    let before = ticket.progress.withLock { progress in
      defer { progress.isFinished = true }
      return progress
    }
    guard !before.isFinished else { return }
    let now = clock.monotonicNanoseconds
    state.withLock { $0.core.finish(before.number, at: now) }
    callFirst()
  }

  private func callFirst() {
    let first = state.withLock { $0.queue.first }
    first?.bell.post(())
  }
}
