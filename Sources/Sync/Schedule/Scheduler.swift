import Background
import Domain
import Glibc
import Storage

/// Runs the schedule: waits until something is due, takes it up in the store so that no other program
/// does, has it done, and notes how it ended.
///
/// Several programs on one store may each have one; whichever is first does the work.
public final class Scheduler: Sendable {
  /// How a piece of work ended.
  public enum Outcome: Sendable, Hashable {
    /// It is done; `changes` is how much it found or wrote.
    case done(changes: Int)
    /// It failed: why. It is tried again after a while.
    case failed(String)
    /// It could not be begun, because other work was under way; it stays due.
    case postponed
    /// It was asked to stop; it stays due.
    case cancelled
  }

  /// Does a piece of work to its end, on the scheduler's thread.
  public typealias Body = @Sendable (Schedule.Entry, Cancellation) -> Outcome

  private enum Signal: Sendable { case wake, stop }
  private struct State {
    var isPaused = false
    /// Work that had to be put off is not tried again before these moments.
    var notBefore: [Schedule.Work: Instant] = [:]
    var announced: [Schedule.Entry]?
  }

  /// What other programs did is looked at after so long at most.
  private static let lookMilliseconds: Int64 = 30_000
  private static let postponedMilliseconds: Int64 = 5_000

  private let store: Store
  private let schedule: Schedule
  private let clock: any Clock
  private let calls: @Sendable () -> Schedule.Calls?
  private let utcOffsetMinutes: @Sendable () -> Int
  private let body: Body
  private let announce: @Sendable ([Schedule.Entry]) -> Void
  private let mailbox = Mailbox<Signal>()
  private let cancellation = Cancellation()
  private let isReady: @Sendable () -> Bool
  private let state = Lock(State())
  private let worker: Lock<Worker?> = Lock(nil)

  /// A scheduler that does nothing before ``start()``.
  ///
  /// - Parameters:
  ///   - isReady: whether there is anything to run yet; asked each time.
  ///   - calls: the sink's calls of the month; nil where there is no limit.
  ///   - utcOffsetMinutes: what the person's clock shows more than UTC; it changes twice a year.
  ///   - announce: told what is to come whenever that changed, the soonest first; nothing while it is
  ///     paused.
  ///   - body: does the work.
  public init(
    store: Store, schedule: Schedule, clock: any Clock,
    isReady: @escaping @Sendable () -> Bool = { true },
    calls: @escaping @Sendable () -> Schedule.Calls?,
    utcOffsetMinutes: @escaping @Sendable () -> Int,
    announce: @escaping @Sendable ([Schedule.Entry]) -> Void, body: @escaping Body
  ) {
    (self.store, self.schedule, self.clock) = (store, schedule, clock)
    (self.calls, self.utcOffsetMinutes) = (calls, utcOffsetMinutes)
    (self.announce, self.body, self.isReady) = (announce, body, isReady)
  }

  /// Runs the schedule on a thread of its own from now on.
  public func start() {
    worker.withLock { $0 = $0 ?? Worker(name: "schedule") { [self] in run() } }
  }

  /// Stops at the next safe point of what runs, and returns then, at the latest after `nanoseconds`.
  public func stop(nanoseconds: UInt64 = 5_000_000_000) {
    cancellation.cancel()
    mailbox.post(.stop)
    _ = worker.withLock(\.self)?.join(nanoseconds: nanoseconds)
  }

  /// Begins nothing while it is paused; what runs goes on.
  public func set(isPaused: Bool) {
    state.withLock { $0.isPaused = isPaused }
    mailbox.post(.wake)
  }

  /// Notes that a person began work at a moment, which counts as a turn of the schedule, and that
  /// something changed.
  public func note(_ works: [Schedule.Work], begunAt: Instant? = nil, changed: Bool) {
    let now = now
    // Without the note the work comes a little too soon, which does no harm.
    try? store.writeSync { (records) throws(StorageError) in
      try records.sync.know(Schedule.Work.allCases.map(\.rawValue), at: now)
      if let begunAt {
        for work in works {
          try records.sync.noteRun(work.rawValue, begunAt: begunAt, at: now)
        }
      }
      try records.sync.note(
        Schedule.Work.poll.rawValue, changedAt: changed ? now : nil,
        lookedAt: works.contains(.poll) ? begunAt : nil)
    }
    mailbox.post(.wake)
  }

  private var now: Instant { Instant(milliseconds: clock.wallMilliseconds) }

  private func run() {
    while !cancellation.isCancelled {
      let wait = step()
      if cancellation.isCancelled { return }
      if mailbox.waitAndTakeAll(nanoseconds: UInt64(max(0, wait)) * 1_000_000).contains(.stop) {
        return
      }
    }
  }

  /// Does what is due, at most one piece of work; the milliseconds until there may be more.
  func step() -> Int64 {
    guard !state.withLock(\.isPaused), isReady() else {
      tell([])
      return Self.lookMilliseconds
    }
    let entries: [Schedule.Entry]
    do throws(StorageError) { entries = try plan() } catch {
      // A store that is busy or gone for a moment is asked again.
      return Self.lookMilliseconds
    }
    tell(entries)
    guard let next = entries.first else { return Self.lookMilliseconds }
    let wait = next.at.milliseconds - now.milliseconds
    guard wait <= 0 else { return min(wait, Self.lookMilliseconds) }
    perform(next)
    return 0
  }

  /// What is to come, after what died in the middle was counted as failed.
  private func plan() throws(StorageError) -> [Schedule.Entry] {
    let now = now
    var runs = try store.readSync { (sync) throws(StorageError) in try sync.scheduleRuns() }
    let dead = runs.filter { $0.begunAt != nil && $0.endedAt == nil && !isAlive($0) }
    if runs.count < Schedule.Work.allCases.count || !dead.isEmpty {
      runs = try store.writeSync { (records) throws(StorageError) in
        try records.sync.know(Schedule.Work.allCases.map(\.rawValue), at: now)
        for run in dead {
          guard let begun = run.begunAt else { continue }
          try records.sync.abandon(run.work, begunAt: begun, at: now)
        }
        return try records.sync.scheduleRuns()
      }
    }
    var past: [Schedule.Work: Schedule.Past] = [:]
    for run in runs {
      guard let work = Schedule.Work(rawValue: run.work) else { continue }
      var known = Schedule.Past(since: run.since)
      (known.begunAt, known.failures) = (run.begunAt, run.failures)
      known.isRunning = run.begunAt != nil && run.endedAt == nil
      (known.changedAt, known.lookedAt) = (run.changedAt, run.lookedAt)
      past[work] = known
    }
    let notBefore = state.withLock(\.notBefore)
    return schedule.entries(
      after: past, calls: calls(), utcOffsetMinutes: utcOffsetMinutes(), now: now
    ).map { entry in
      var entry = entry
      if let moment = notBefore[entry.work] { entry.at = max(entry.at, moment) }
      return entry
    }.sorted { $0.at < $1.at }
  }

  private func perform(_ entry: Schedule.Entry) {
    let (begun, pid, host) = (now, Int(getpid()), ProcessIdentity.host)
    let mark = ProcessIdentity.mark(of: getpid()) ?? ""
    let name = entry.work.rawValue
    let earlier: Instant??
    do throws(StorageError) {
      earlier = try store.writeSync { (records) throws(StorageError) in
        let known = try records.sync.scheduleRuns().first { $0.work == name }
        // Another program may have begun it since it was planned.
        guard known?.endedAt != nil || known?.begunAt == nil,
          try records.sync.claim(
            name, expecting: known?.begunAt, pid: pid, processMark: mark, host: host, at: begun)
        else { return .none }
        return .some(known?.begunAt)
      }
    } catch { earlier = .none }
    guard let earlier else {
      state.withLock { $0.notBefore[entry.work] = begun.adding(milliseconds: 1000) }
      return
    }
    let place = "\(store.path) \(name)"
    _ = Self.running.withLock { $0.insert(place) }
    defer { _ = Self.running.withLock { $0.remove(place) } }
    let outcome = body(entry, cancellation)
    let ended = now
    state.withLock { state in
      state.notBefore[entry.work] =
        outcome == .postponed ? ended.adding(milliseconds: Self.postponedMilliseconds) : nil
    }
    // A store that fails here leaves the work as begun by this process; it is told apart from a dead
    // one, and taken up again when the process is gone.
    try? store.writeSync { (records) throws(StorageError) in
      switch outcome {
      case .done(let changes):
        try records.sync.end(name, begunAt: begun, isFailed: false, outcome: "", at: ended)
        let isLook = entry.work == .poll && entry.looksAtSink || entry.work == .sweep
        try records.sync.note(
          Schedule.Work.poll.rawValue, changedAt: changes > 0 ? ended : nil,
          lookedAt: isLook ? begun : nil)
        // Whoever read everything has looked as well.
        if entry.work == .sweep {
          try records.sync.noteRun(Schedule.Work.poll.rawValue, begunAt: begun, at: ended)
        }
      case .failed(let text):
        try records.sync.end(name, begunAt: begun, isFailed: true, outcome: text, at: ended)
      case .cancelled where !cancellation.isCancelled:
        // A person stopped it, and not the end of the program: that was its turn.
        try records.sync.end(name, begunAt: begun, isFailed: false, outcome: "stopped", at: ended)
      case .postponed, .cancelled:
        try records.sync.giveBack(name, begunAt: begun, to: earlier, at: ended)
      }
    }
  }

  /// What this process works on now, by store and work.
  private static let running = Lock<Set<String>>([])

  private func isAlive(_ run: ScheduleRun) -> Bool {
    // Processes of another machine cannot be seen from here.
    guard run.host == ProcessIdentity.host else { return true }
    if run.pid == Int(getpid()) {
      return Self.running.withLock { $0.contains("\(store.path) \(run.work)") }
    }
    return ProcessIdentity.mark(of: pid_t(run.pid)) == run.processMark
  }

  private func tell(_ entries: [Schedule.Entry]) {
    let isNews = state.withLock { state in
      guard state.announced != entries else { return false }
      state.announced = entries
      return true
    }
    if isNews { announce(entries) }
  }
}
