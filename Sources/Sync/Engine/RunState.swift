import Background
import Domain
import Storage

/// What a run tells its coordinator: something ended, or is worth another look.
enum RunSignal: Sendable {
  case pulled(Resource, TaskEnd, progress: Bool)
  case sent(Resource, TaskEnd, count: Int, progress: Bool)
  case linked(Resource, TaskEnd)
  case settled(Resource, TaskEnd, progress: Bool)
  /// The mirror was looked at for what people did there.
  case observed(TaskEnd)
  /// What people did to a resource at the mirror was merged and carried back.
  case edited(Resource, TaskEnd)
  /// The feed of the run stored records.
  case stored
  /// The feed of the run ended.
  case fed
  /// Paused, resumed or cancelled.
  case wake
}

/// Brings records in while a run sends, on a thread of its own; the run sends them as well, and ends
/// after it.
typealias RunFeed = @Sendable (RunFeeding) -> Void

/// What a feed works with.
struct RunFeeding: Sendable {
  /// The store, under the run's right to synchronize it.
  let hub: Hub
  /// The run it feeds.
  let state: RunState
  let mailbox: Mailbox<RunSignal>

  /// Says that records were stored, which the run then sends.
  @Sendable func stored() { mailbox.post(.stored) }

  func run(_ feed: RunFeed) {
    feed(self)
    mailbox.post(.fed)
  }
}

extension Hub {
  /// What waits for a person is told with every run, also what an earlier one found.
  func countConflicts(_ options: SyncOptions, _ state: RunState) throws(SyncError) {
    let chosen = options.resources.map { Set($0) }
    let counts = try read { (sync) throws(StorageError) in
      var counts: [Resource: Int] = [:]
      for resource in Resource.mirrored where chosen?.contains(resource) ?? true {
        counts[resource] = try sync.openConflictCount(resource)
      }
      return counts
    }
    for (resource, count) in counts where count > 0 {
      state.count(resource) { $0.conflicts = count }
    }
  }
}

/// How a task of a run ended.
enum TaskEnd: Sendable {
  case done
  /// It stopped at a safe point because it was asked to; it goes on from there.
  case interrupted
  /// This resource failed and may be tried again.
  case failed(ProviderError)
  /// This resource cannot be worked on until a person does something.
  case dead(String)
  /// The same, and this is what the service said.
  case refused(ProviderError)
  /// Nothing more can be done at the service.
  case stop(SyncError)

  /// Sorts an error of a service by what it means for a run.
  init(_ error: ProviderError) {
    switch error.kind {
    case .cancelled: self = .interrupted
    // The client has waited for a service that is down or asks for fewer calls as long as is sensible.
    case .notAuthorised, .quotaSpent, .unreachable, .rateLimited, .notSetUp:
      self = .stop(.service(error))
    // Asking the same again would be refused again.
    case .forbidden, .notFound, .refused, .unsupported: self = .refused(error)
    case .unexpectedAnswer, .doubt: self = .failed(error)
    }
  }

  /// Sorts what a source answered to a pull: what one resource lacks is no reason to stop others.
  init(pull error: ProviderError) {
    self = error.kind == .notSetUp ? .refused(error) : TaskEnd(error)
  }

  init(_ error: SyncError) {
    switch error {
    case .cancelled: self = .interrupted
    case .service(let error): self.init(error)
    case .alreadyRunning, .store: self = .stop(error)
    }
  }
}

/// What the tasks of a run share: counts for the report, messages, and whether to go on.
final class RunState: Sendable {
  private struct Shared {
    var rows: [Resource: SyncReport.Row] = [:]
    var writes: [PlannedWrite] = []
    var messages: [String] = []
  }

  /// A report names so many messages at most; the rest is in the log.
  private static let messagesMax = 200

  let clock: any Clock
  let random: any RandomSource
  let cancellation: Cancellation
  /// When the run began.
  let startedAt: Instant
  let isPaused: @Sendable () -> Bool
  private let observer: @Sendable (SyncEvent) -> Void
  private let shared = Lock(Shared())

  init(
    clock: any Clock, random: any RandomSource, cancellation: Cancellation,
    isPaused: @escaping @Sendable () -> Bool, observer: @escaping @Sendable (SyncEvent) -> Void
  ) {
    (self.clock, self.random, self.cancellation) = (clock, random, cancellation)
    startedAt = Instant(milliseconds: clock.wallMilliseconds)
    (self.isPaused, self.observer) = (isPaused, observer)
  }

  /// The moment by the wall clock.
  var now: Instant { Instant(milliseconds: clock.wallMilliseconds) }

  /// Whether a task should stop at its next safe point.
  var shouldStop: Bool { cancellation.isCancelled || isPaused() }

  func count(_ resource: Resource, _ body: (inout SyncReport.Row) -> Void) {
    shared.withLock { body(&$0.rows[resource, default: SyncReport.Row(resource)]) }
  }

  func plan(_ write: PlannedWrite) { shared.withLock { $0.writes.append(write) } }

  func say(_ level: LogMessage.Level, _ text: String, _ key: RemoteKey? = nil) {
    shared.withLock { shared in
      if level > .info, shared.messages.count < Self.messagesMax { shared.messages.append(text) }
    }
    observer(.message(level, text, key))
  }

  func show(_ resource: Resource, _ direction: SyncOptions.Direction, _ progress: Progress) {
    observer(.progress(resource, direction, progress))
  }

  func report(_ resources: [Resource], durationMilliseconds: Int) -> SyncReport {
    shared.withLock { shared in
      SyncReport(
        rows: resources.map { shared.rows[$0] ?? SyncReport.Row($0) }, writes: shared.writes,
        messages: shared.messages, durationMilliseconds: durationMilliseconds)
    }
  }
}
