/// What the store knows of the synchronization at one moment: shown on the Sync pane, printed by
/// `rentbook status`.
public struct SyncStatus: Sendable, Hashable {
  /// One row per mirrored resource, in the order in which parents come first.
  public var resources: [ResourceStatus]
  /// One row per service that is connected or was.
  public var services: [ServiceStatus]
  /// Work that waits, runs or failed; the running first, then by priority.
  public var jobs: [JobStatus]
  /// What a person must look at, the oldest first.
  public var deadLetters: [DeadLetter]
  /// So much at once that it waits until a person lets it go.
  public var held: [HeldChange] = []
  /// From a change's event to its arrival at Airtable, over the last 24 hours.
  public var latency: LatencySummary
  /// How many conflicts wait for a person's choice.
  public var conflicts = 0
  /// How much was the same on both sides when they were last compared; nil before the first time.
  public var accuracy: Accuracy?
  /// When they were last compared.
  public var reconciledAt: Instant?
  /// When it was read.
  public var at: Instant

  /// A status.
  public init(
    resources: [ResourceStatus] = [], services: [ServiceStatus] = [], jobs: [JobStatus] = [],
    deadLetters: [DeadLetter] = [], latency: LatencySummary = LatencySummary(), at: Instant
  ) {
    (self.resources, self.services, self.jobs) = (resources, services, jobs)
    (self.deadLetters, self.latency, self.at) = (deadLetters, latency, at)
  }
}

/// How far something has come.
public struct Progress: Sendable, Hashable {
  /// What is done.
  public var done: Int
  /// What there is in all; nil while it is not known.
  public var total: Int?
  /// Records a second over the last half minute; nil before there is a measure.
  public var ratePerSecond: Double?
  /// Seconds until it is done at that rate; nil while it cannot be told.
  public var secondsLeft: Int?

  /// A progress.
  public init(
    done: Int, total: Int? = nil, ratePerSecond: Double? = nil, secondsLeft: Int? = nil
  ) {
    // A service may count less than it gives: Buildium leaves sub-accounts out of its total.
    (self.done, self.total) = (done, total.map { max($0, done) })
    (self.ratePerSecond, self.secondsLeft) = (ratePerSecond, secondsLeft)
  }
}

/// One resource's state of synchronization.
public struct ResourceStatus: Sendable, Hashable {
  /// The state in one word; the raw values are those of `rentbook status --json`.
  public enum State: String, Sendable, Hashable {
    case neverSynced = "never_synced"
    case firstSync = "first_sync"
    case pulling, sending
    case inStep = "in_step"
    /// Records wait for a person: a service refuses them.
    case refused
    /// The last run failed as a whole.
    case failed
    case paused
  }

  /// Which resource.
  public var resource: Resource
  /// How many records Buildium was last seen to have.
  public var buildium: Int
  /// How many records the store has.
  public var local: Int
  /// How many rows Airtable was last known to have.
  public var airtable: Int
  /// Known to have changed at Buildium and not yet here.
  public var pendingIn: Int
  /// Changed here and not yet at Airtable.
  public var pendingOut: Int
  /// Refused records of this resource.
  public var deadLetters: Int
  /// When both sides were last in step with the store.
  public var lastSyncedAt: Instant?
  /// The state.
  public var state: State
  /// The work under way on it.
  public var progress: Progress?

  /// A state of one resource.
  public init(
    _ resource: Resource, buildium: Int = 0, local: Int = 0, airtable: Int = 0, pendingIn: Int = 0,
    pendingOut: Int = 0, deadLetters: Int = 0, lastSyncedAt: Instant? = nil,
    state: State = .neverSynced, progress: Progress? = nil
  ) {
    (self.resource, self.buildium, self.local) = (resource, buildium, local)
    (self.airtable, self.pendingIn, self.pendingOut) = (airtable, pendingIn, pendingOut)
    (self.deadLetters, self.lastSyncedAt) = (deadLetters, lastSyncedAt)
    (self.state, self.progress) = (state, progress)
  }
}

/// One service's state.
public struct ServiceStatus: Sendable, Hashable {
  /// The state in one word; the raw values are those of `rentbook status --json`.
  public enum State: String, Sendable, Hashable {
    case ok, unreachable, paused
    case notConnected = "not_connected"
    case notAuthorised = "not_authorised"
    case rateLimited = "rate_limited"
    case quotaSpent = "quota_spent"
  }

  /// Which service.
  public var service: Service
  /// The state.
  public var state: State
  /// When a call last succeeded.
  public var lastSuccessAt: Instant?
  /// Calls in the last 60 seconds.
  public var requestsLastMinute: Int
  /// Calls allowed in a second.
  public var limitPerSecond: Int
  /// Calls since the first of the month (UTC).
  public var callsThisMonth: Int
  /// Calls a month the plan allows; nil when the service sets none.
  public var monthlyQuota: Int?
  /// Calls in each of the last 60 periods of five seconds, the newest last.
  public var recentCalls: [Int]
  /// What is wrong, in a sentence; empty when nothing is.
  public var message: String

  /// A state of one service.
  public init(
    _ service: Service, state: State = .notConnected, lastSuccessAt: Instant? = nil,
    requestsLastMinute: Int = 0, limitPerSecond: Int = 0, callsThisMonth: Int = 0,
    monthlyQuota: Int? = nil, recentCalls: [Int] = [], message: String = ""
  ) {
    (self.service, self.state, self.lastSuccessAt) = (service, state, lastSuccessAt)
    (self.requestsLastMinute, self.limitPerSecond) = (requestsLastMinute, limitPerSecond)
    (self.callsThisMonth, self.monthlyQuota) = (callsThisMonth, monthlyQuota)
    (self.recentCalls, self.message) = (recentCalls, message)
  }
}

/// A job of the queue.
public struct JobStatus: Sendable, Hashable, Identifiable {
  /// Where the job stands; every job ends in `done`, `dead` or `cancelled`.
  public enum State: String, Sendable, Hashable {
    case queued, running
    /// Failed and waiting to be tried again.
    case failed
    /// Given up: a person must look.
    case dead
    case done, cancelled
  }

  /// Its id.
  public var id: String
  /// `pull`, `push`, …
  public var kind: String
  /// What it works on.
  public var resource: Resource?
  /// Which service it talks to.
  public var service: Service
  /// Where it stands.
  public var state: State
  /// Lower is sooner.
  public var priority: Int
  /// How far it is.
  public var progress: Progress
  /// How often it was tried.
  public var attempts: Int
  /// Why it failed last; empty when it did not.
  public var error: String
  /// When it may be tried again.
  public var runAfter: Instant?
  /// When it was asked for.
  public var createdAt: Instant

  /// A job.
  public init(
    id: String, kind: String, resource: Resource?, service: Service, state: State,
    priority: Int = 5, progress: Progress = Progress(done: 0), attempts: Int = 0,
    error: String = "", runAfter: Instant? = nil, createdAt: Instant
  ) {
    (self.id, self.kind, self.resource, self.service) = (id, kind, resource, service)
    (self.state, self.priority, self.progress) = (state, priority, progress)
    (self.attempts, self.error, self.runAfter) = (attempts, error, runAfter)
    self.createdAt = createdAt
  }
}

/// Something that was given up and waits for a person to retry or discard it.
public struct DeadLetter: Sendable, Hashable, Identifiable {
  /// Its id, which `jobs retry` and `jobs discard` take.
  public var id: String
  /// The service that refused.
  public var service: Service
  /// The resource.
  public var resource: Resource
  /// The record; nil when a whole job failed.
  public var key: RemoteKey?
  /// The record in words: `Bill 88213`.
  public var title: String
  /// What the service said and what to do, in one or two sentences.
  public var message: String
  /// How often it was tried.
  public var attempts: Int
  /// When it was given up.
  public var at: Instant

  /// A dead letter.
  public init(
    id: String, service: Service, resource: Resource, key: RemoteKey?, title: String,
    message: String, attempts: Int, at: Instant
  ) {
    (self.id, self.service, self.resource, self.key) = (id, service, resource, key)
    (self.title, self.message, self.attempts, self.at) = (title, message, attempts, at)
  }
}

/// How long changes took to arrive.
public struct LatencySummary: Sendable, Hashable {
  /// Half of them took at most so long.
  public var p50Milliseconds: Int?
  /// 95 of 100 took at most so long.
  public var p95Milliseconds: Int?
  /// 99 of 100 took at most so long.
  public var p99Milliseconds: Int?
  /// How many were measured.
  public var count: Int

  /// A summary; nil figures while nothing was measured.
  public init(p50: Int? = nil, p95: Int? = nil, p99: Int? = nil, count: Int = 0) {
    (p50Milliseconds, p95Milliseconds, p99Milliseconds) = (p50, p95, p99)
    self.count = count
  }
}

/// A message kept for people: what happened, to which record, what to do.
public struct LogMessage: Sendable, Hashable, Identifiable {
  /// How much it matters.
  public enum Level: String, Sendable, Hashable, Comparable {
    case info, warning, error
    /// The natural order.
    public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    private var rank: Int { self == .info ? 0 : self == .warning ? 1 : 2 }
  }

  /// Its number, growing.
  public var id: Int64
  /// When.
  public var at: Instant
  /// How much it matters.
  public var level: Level
  /// What happened.
  public var text: String
  /// What to do next; empty when nothing needs doing.
  public var hint: String
  /// The record it is about.
  public var key: RemoteKey?

  /// A message.
  public init(
    id: Int64, at: Instant, level: Level, text: String, hint: String = "", key: RemoteKey? = nil
  ) {
    (self.id, self.at, self.level) = (id, at, level)
    (self.text, self.hint, self.key) = (text, hint, key)
  }
}
