// The pieces of a run, one for each resource and direction, as the coordinator keeps them.
import Domain
import Storage

/// A resource that is read from the source.
struct PullWork {
  var job: Job
  var isRunning = false
  var isOver = false
  var failures = Failures()
  var retryAt: UInt64?
}

/// A resource that is written to the sink.
struct PushWork {
  var job: Job
  var isLinked = false
  var isLinking = false
  var isSettling = false
  var isEdited = false
  var isEditing = false
  var isOver = false
  var after: LocalID?
  var inFlight = 0
  var failures = Failures()
  var retryAt: UInt64?
  // Of the look under way at the rows that changed.
  var hasLater = false
  var didProgress = false
  var isForced = false
  var isExhausted = false
  var meter: ProgressMeter
}

/// Tries in a row that brought nothing.
struct Failures {
  /// So long may they take; a service that never answers takes its time with each.
  private static let nanosecondsMax: UInt64 = 60_000_000_000

  private(set) var count = 0
  private var since: UInt64?

  /// One more, at this moment; whether it is enough.
  mutating func add(at now: UInt64) -> Bool {
    count += 1
    let first = since ?? now
    since = first
    return count >= Backoff.attemptsMax || now > first + Self.nanosecondsMax
  }
}

/// What a run works on, by its options and what the services can do.
struct RunScope {
  /// Read from the source.
  let pulled: [Resource]
  /// Written to the sink.
  let pushed: [Resource]
  /// Results of months the sink has no table for.
  let withoutTable: [Resource]

  /// What is read in this run: without what was read a short while ago, where looks may leave it out.
  func due(
    _ options: SyncOptions, _ source: any SourceProvider, _ hub: Hub, now: Instant
  ) throws(SyncError) -> [Resource] {
    guard !options.isFull else { return pulled }
    var rests: [Resource: Int] = [:]
    for resource in pulled {
      let capabilities = source.capabilities(of: resource)
      if !Gates.mirroredNeeds.contains(resource), capabilities.reading == .sweep {
        rests[resource] = options.restSeconds
      } else if capabilities.hasEvents {
        rests[resource] = options.heardSeconds
      }
    }
    let resting = rests.filter { $0.value > 0 }
    if resting.isEmpty { return pulled }
    let service = source.service
    let rested = try hub.read { (sync) throws(StorageError) in
      var rested: Set<Resource> = []
      for (resource, seconds) in resting {
        let since = now.adding(milliseconds: -Int64(seconds) * 1000)
        guard let pull = try sync.pull(service, resource), let completed = pull.completeAt,
          completed > since, completed <= now
        else { continue }
        rested.insert(resource)
      }
      return rested
    }
    return pulled.filter { !rested.contains($0) }
  }

  /// - Throws: when records were to be written and no table is there to take one: a run that could
  ///   write nowhere must not look like one with nothing to write.
  init(
    _ options: SyncOptions, _ source: any SourceProvider, _ sink: any SinkProvider
  ) throws(SyncError) {
    let chosen = options.resources.map { Set($0) }
    func isChosen(_ resource: Resource) -> Bool {
      guard let chosen else { return true }
      return chosen.contains(resource)
        || chosen.contains { Gates.pulled(for: $0) == resource }
        || (resource == .rentPayments && chosen.contains(.transactions))
    }
    pulled =
      options.direction == .push
      ? []
      : Resource.allCases.filter {
        isChosen($0) && source.capabilities(of: $0).reading != .none
      }
    let writable =
      options.direction == .pull
      ? []
      : Resource.mirrored.filter { isChosen($0) && sink.capabilities(of: $0).isWritable }
    let pushed = writable.filter { !sink.writableFields(of: $0).isEmpty }
    (self.pushed, withoutTable) = (
      pushed, writable.filter { $0.isResult && !pushed.contains($0) }
    )
    if pushed.isEmpty, !writable.isEmpty {
      throw .service(
        ProviderError(
          sink.service, .notSetUp, "There is no table that a record could be written to.",
          hint: "Run `rentbook airtable setup`, or pull only."))
    }
  }
}
