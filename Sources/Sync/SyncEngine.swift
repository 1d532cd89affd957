import Background
import Domain
import Glibc
import Storage

/// Keeps a source, the store and a sink in step: pulls what changed, and sends on what the sink
/// does not have yet.
///
/// It asks services what they can do and never who they are. A run may be cut off anywhere, by
/// `kill -9` too: the next one goes on from there, and nothing is made twice.
public final class SyncEngine: Sendable {
  private let store: Store
  private let source: any SourceProvider
  private let sink: any SinkProvider
  private let clock: any Clock
  private let random: any RandomSource
  private let observer: @Sendable (SyncEvent) -> Void
  private let cut: (@Sendable (FaultPoint) throws(SyncError) -> Void)?
  private let status = Lock(Status())

  private struct Status {
    var isRunning = false
    var isPaused = false
    var mailbox: Mailbox<RunSignal>?
  }

  /// An engine between two services.
  ///
  /// - Parameter observer: told how a run gets on, on whichever thread knows it. It must return at
  ///   once.
  public convenience init(
    store: Store, source: any SourceProvider, sink: any SinkProvider, clock: any Clock,
    randomness: any RandomSource = SystemRandom(),
    observer: @escaping @Sendable (SyncEvent) -> Void = { _ in }
  ) {
    self.init(
      store: store, source: source, sink: sink, clock: clock, randomness: randomness,
      observer: observer, cut: nil)
  }

  init(
    store: Store, source: any SourceProvider, sink: any SinkProvider, clock: any Clock,
    randomness: any RandomSource, observer: @escaping @Sendable (SyncEvent) -> Void,
    cut: (@Sendable (FaultPoint) throws(SyncError) -> Void)?
  ) {
    (self.store, self.source, self.sink, self.clock) = (store, source, sink, clock)
    (self.random, self.observer, self.cut) = (randomness, observer, cut)
  }

  /// Whether a run was asked to pause.
  public var isPaused: Bool { status.withLock(\.isPaused) }

  /// Has a run stop at its safe points and wait: requests on their way are seen to their end.
  public func pause() { set(isPaused: true) }

  /// Lets a paused run go on.
  public func resume() { set(isPaused: false) }

  private func set(isPaused: Bool) {
    let mailbox = status.withLock { status in
      status.isPaused = isPaused
      return status.mailbox
    }
    mailbox?.post(.wake)
  }

  /// Runs one synchronization to its end, on the calling thread.
  ///
  /// Records a service refuses do not stop it; they are counted as failed and wait for a person.
  ///
  /// - Throws: ``SyncError`` when another process is at it, the store fails, a service refuses the
  ///   credentials, has no calls left or cannot be reached, or the work was cancelled.
  public func run(
    _ options: SyncOptions = SyncOptions(), cancellation: Cancellation = Cancellation()
  ) throws(SyncError) -> SyncReport {
    try run(options, cancellation: cancellation, feed: nil)
  }

  /// The same, with records that come in meanwhile.
  func run(
    _ options: SyncOptions, cancellation: Cancellation, feed: RunFeed?
  ) throws(SyncError) -> SyncReport {
    let mailbox = Mailbox<RunSignal>()
    let isFree = status.withLock { status in
      guard !status.isRunning else { return false }
      (status.isRunning, status.mailbox) = (true, mailbox)
      return true
    }
    guard isFree else {
      throw .alreadyRunning("A synchronization is under way in this program already.")
    }
    defer { status.withLock { ($0.isRunning, $0.mailbox) = (false, nil) } }
    let token = cancellation.onCancel { mailbox.post(.wake) }
    defer { cancellation.removeHandler(token) }

    if options.isDryRun {
      // What a dry run finds on a copy is exactly what a run would do.
      return try store.withCopy(
        named: "dry-run-\(getpid())-\(random.next() % 1_000_000)",
        refusal: { error in
          .store(
            StorageError(
              error.kind, "The store could not be copied for a dry run: \(error.message)"))
        }
      ) { (scratch) throws(SyncError) in
        try run(options, in: scratch, mailbox: mailbox, cancellation: cancellation, feed: feed)
      }
    }
    return try run(
      options, in: store, mailbox: mailbox, cancellation: cancellation, feed: feed)
  }

  private func run(
    _ options: SyncOptions, in store: Store, mailbox: Mailbox<RunSignal>,
    cancellation: Cancellation, feed: RunFeed?
  ) throws(SyncError) -> SyncReport {
    let began = clock.monotonicNanoseconds
    let state = RunState(
      clock: clock, random: random, cancellation: cancellation,
      isPaused: { [weak self] in self?.isPaused ?? false }, observer: observer)
    let turn = Turn(store: store, now: state.now, cut: cut)
    let epoch = try turn.begin(patience: options.turnSeconds, clock, cancellation)
    defer { turn.end(epoch) }
    let hub = Hub(
      store: store, epoch: epoch, source: source.service, sink: sink.service, cut: cut)
    let run = SyncRun(
      hub: hub, source: source, sink: sink, state: state, options: options, mailbox: mailbox,
      feed: feed)
    let failure: SyncError?
    do throws(SyncError) {
      try run.run()
      failure = nil
    } catch {
      failure = error
    }
    let took = Int((clock.monotonicNanoseconds - began) / 1_000_000)
    let report = state.report(run.resources, durationMilliseconds: took)
    observer(.finished(report))
    if let failure { throw failure }
    return report
  }
}

/// The right to synchronize a store: one process at a time, and a dead one holds nothing.
struct Turn {
  let store: Store
  let now: Instant
  let cut: (@Sendable (FaultPoint) throws(SyncError) -> Void)?

  /// The starts of this process that are at work, by store and number.
  private static let alive = Lock<Set<String>>([])
  /// How many starts of this process wait for the right, by store.
  private static let waiting = Lock<[String: Int]>([:])
  /// Whoever waits looks again after so long.
  private static let waitNanoseconds: UInt64 = 50_000_000

  /// Whether another start of this process waits for the right: whoever could go on for long, ends.
  static func isWanted(_ store: Store) -> Bool {
    waiting.withLock { $0[store.path, default: 0] > 0 }
  }

  /// As ``begin()``, after waiting for the holder to end, at most so many seconds.
  func begin(
    patience seconds: Int, _ clock: any Clock, _ cancellation: Cancellation
  ) throws(SyncError) -> Int64 {
    guard seconds > 0 else { return try begin() }
    let path = store.path
    Self.waiting.withLock { $0[path, default: 0] += 1 }
    defer { Self.waiting.withLock { $0[path, default: 0] -= 1 } }
    for _ in 0..<(seconds * 1_000_000_000 / Int(Self.waitNanoseconds)) {
      do throws(SyncError) { return try begin() } catch {
        guard case .alreadyRunning = error else { throw error }
        clock.wait(nanoseconds: Self.waitNanoseconds, cancellation: cancellation)
        if cancellation.isCancelled { throw .cancelled }
      }
    }
    return try begin()
  }

  /// Takes the right; the number of this start. What an older start left in flight is in doubt from
  /// here on.
  func begin() throws(SyncError) -> Int64 {
    let (store, now) = (store, now)
    let host = ProcessIdentity.host
    let mark = ProcessIdentity.mark(of: getpid()) ?? ""
    try cut?(.beforeCommit)
    let outcome: Result<Int64, SyncError>
    do throws(StorageError) {
      outcome = try store.writeSync { (records) throws(StorageError) in
        if let holder = try records.sync.lockHolder(), isAlive(holder, host: host) {
          return .failure(.alreadyRunning(Self.explain(holder)))
        }
        let epoch = try records.sync.beginEpoch(
          pid: Int(getpid()), processMark: mark, host: host, at: now)
        try records.sync.takeLock(epoch, at: now)
        try records.sync.doubtOlder(than: epoch)
        try records.sync.requeueOlder(than: epoch)
        return .success(epoch)
      }
    } catch {
      throw .store(error)
    }
    switch outcome {
    case .failure(let error): throw error
    case .success(let epoch):
      _ = Self.alive.withLock { $0.insert("\(store.path) \(epoch)") }
      do throws(SyncError) {
        try cut?(.afterCommit)
      } catch {
        end(epoch)
        throw error
      }
      return epoch
    }
  }

  /// Gives the right back.
  func end(_ epoch: Int64) {
    _ = Self.alive.withLock { $0.remove("\(store.path) \(epoch)") }
    // A store that fails here leaves the lock of a start that is no longer alive, which the next
    // one may take.
    guard (try? cut?(.beforeCommit)) != nil || cut == nil else { return }
    try? store.writeSync { (records) throws(StorageError) in try records.sync.releaseLock(epoch) }
  }

  private func isAlive(_ holder: Epoch, host: String) -> Bool {
    // Processes of another machine cannot be seen from here.
    guard holder.host == host else { return true }
    if holder.pid == Int(getpid()) {
      return Self.alive.withLock { $0.contains("\(store.path) \(holder.id)") }
    }
    return ProcessIdentity.mark(of: pid_t(holder.pid)) == holder.processMark
  }

  private static func explain(_ holder: Epoch) -> String {
    "Another Rentbook (process \(holder.pid) on \(holder.host)) has been synchronizing this store "
      + "since \(holder.lockedAt?.secondsText ?? holder.startedAt.secondsText)."
  }
}
