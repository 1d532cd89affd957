import Background
import Domain
import Storage

/// Reads one resource from the source, page by page, each page one transaction with its cursor.
struct Puller {
  /// Records at 50 a page, the least a service gives: five million. More means a cursor that does
  /// not move.
  private static let pagesMax = 100_000
  /// The deletions one pull may conclude without a person: so many, or so large a part of what is
  /// known, whichever is more.
  private static let absentMax = 10
  private static let absentPercent = 2
  /// So many of the missing records are named.
  private static let namesMax = 10
  /// A cursor may be refused as stale so often in one pull before it counts as a failure.
  private static let restartsMax = 1

  let hub: Hub
  let source: any SourceProvider
  let state: RunState
  let resource: Resource
  let jobID: Int64
  let isFull: Bool
  /// What the run was asked to do: a person may let go what is missing, this once.
  var options = SyncOptions()

  /// Reads everything, or what changed, from where an earlier try ended; whether a page was stored.
  func pull() -> (end: TaskEnd, progress: Bool) {
    var progress = false
    do throws(SyncError) {
      let (pull, isContinued) = try begin()
      let end = try read(pull, &progress)
      guard isContinued, case .done = end else { return (end, progress) }
      // Pages read by an earlier start may have changed since; what did is read once more.
      return (try read(try begin().pull, &progress), true)
    } catch {
      return (TaskEnd(error), progress)
    }
  }

  private func read(_ begun: PullState, _ progress: inout Bool) throws(SyncError) -> TaskEnd {
    var pull = begun
    // Read before the end of this pull moves it.
    let earlier = begun.watermark
    var meter = ProgressMeter(total: pull.total, at: state.clock.monotonicNanoseconds)
    meter.add(pull.seen, at: state.clock.monotonicNanoseconds)
    let context = StoredContext(hub: hub, service: source.service)
    var restarts = 0
    var isComplete = false
    for _ in 0..<Self.pagesMax where pull.completeAt == nil {
      if state.shouldStop { return .interrupted }
      let page: Page
      do throws(ProviderError) {
        page = try source.page(
          PullRequest(resource, changedSince: pull.changedSince, cursor: pull.cursor),
          context: context, cancellation: state.cancellation)
      } catch {
        guard error.kind == .refused, pull.cursor != nil, restarts < Self.restartsMax else {
          return TaskEnd(pull: error)
        }
        // A stale cursor: what was read stays, the pull begins again.
        restarts += 1
        pull.cursor = nil
        pull.seen = 0
        pull.run += 1
        let restarted = pull
        try hub.write { (tables) throws(StorageError) in try tables.sync.keep(restarted) }
        continue
      }
      let isFirst = pull.cursor == nil
      pull.seen += page.records.count
      pull.total = page.total ?? pull.total
      pull.cursor = page.next
      isComplete = page.isComplete
      meter.total = pull.total
      meter.add(page.records.count, at: state.clock.monotonicNanoseconds)
      let isLast = page.next == nil
      if isLast, !(isComplete && pull.mode == .full) { finish(&pull, isSwept: false) }
      try store(
        page, &pull, &meter, unseenSince: earlier, isFirstPage: isFirst, isLast: isLast)
      progress = true
      if isLast {
        guard pull.mode == .full, isComplete else { return .done }
        return try conclude(&pull)
      }
    }
    if pull.completeAt != nil { return .done }
    return .dead(
      "\(resource.title) at \(source.service.title) did not end after \(Self.pagesMax) pages.")
  }

  /// The pull to go on with, or a new one.
  private func begin() throws(SyncError) -> (pull: PullState, isContinued: Bool) {
    let service = source.service
    let resource = resource
    let now = state.now
    let known = try hub.read { (sync) throws(StorageError) in try sync.pull(service, resource) }
    if var known, known.completeAt == nil, !(isFull && known.mode == .incremental) {
      if known.cursor != nil { return (known, known.startedAt < state.startedAt) }
      // Stopped before its first page, or between its last page and its end: it begins again, under
      // a new number, since what it saw then may be gone now.
      known.seen = 0
      known.run += 1
      known.startedAt = now
      let again = known
      try hub.write { (tables) throws(StorageError) in try tables.sync.keep(again) }
      return (again, false)
    }
    var pull = PullState(
      service: service, resource: resource, mode: .full, run: (known?.run ?? 0) + 1,
      startedAt: now, watermark: known?.watermark, sweptAt: known?.sweptAt)
    if !isFull, let watermark = known?.watermark,
      case .incremental(let grain) = source.capabilities(of: resource).reading
    {
      pull.mode = .incremental
      // What changed is asked for by the service's clock; this machine's may be wrong, or jump.
      let known = try hub.read { (sync) throws(StorageError) in
        try sync.memory(service, Self.servedMemory(resource)).flatMap { Instant($0) }
      }
      pull.changedSince = (known ?? watermark).adding(
        milliseconds: -grain.overlapMilliseconds)
    }
    let begun = pull
    try hub.write { (tables) throws(StorageError) in try tables.sync.keep(begun) }
    return (begun, false)
  }

  /// Under this name stands when the last completed pull began, by the service's clock.
  private static func servedMemory(_ resource: Resource) -> String { "served:\(resource)" }
  /// The same of the pull under way.
  private static func servingMemory(_ resource: Resource) -> String { "serving:\(resource)" }

  /// Keeps how far a pull came, and by the service's clock when it began.
  private func keep(
    _ pull: PullState, isFirst: Bool, _ sync: SyncState
  ) throws(StorageError) {
    let (service, resource) = (source.service, resource)
    if isFirst {
      let lead = source.clockLeadMilliseconds
      let began = lead.map { pull.startedAt.adding(milliseconds: $0).description } ?? ""
      try sync.remember(service, Self.servingMemory(resource), began)
    }
    if pull.completeAt != nil, pull.watermark == pull.startedAt {
      let began = try sync.memory(service, Self.servingMemory(resource)) ?? ""
      try sync.remember(service, Self.servedMemory(resource), began)
    }
    try sync.keep(pull)
  }

  private func finish(_ pull: inout PullState, isSwept: Bool) {
    pull.completeAt = state.now
    // The next pull asks for what changed since this one began, not since it ended: records that
    // changed meanwhile may have been read before. A list of everything that had holes says nothing
    // of what it left out, so the next pull begins where this one did.
    if pull.mode == .incremental || isSwept { pull.watermark = pull.startedAt }
    if isSwept { pull.sweptAt = pull.startedAt }
    pull.cursor = nil
  }

  private func store(
    _ page: Page, _ pull: inout PullState, _ meter: inout ProgressMeter, unseenSince: Instant?,
    isFirstPage: Bool, isLast: Bool
  ) throws(SyncError) {
    let received = state.now
    let clock = state.clock.monotonicNanoseconds
    let progress: Progress? =
      meter.isDue(at: clock) || isLast ? meter.progress(at: clock) : nil
    let kept = pull
    let (jobID, run) = (jobID, pull.run)
    // The first load of a store has no latency worth measuring.
    let isFirst = pull.watermark == nil || (isLast && pull.sweptAt == nil)
    func store(_ records: [RemoteRecord]) throws(SyncError) -> StoredCounts? {
      try hub.writeIfAllowed { (tables) throws(StorageError) in
        var counts = StoredCounts()
        for record in records {
          try tables.take(
            record, run: run, received: isFirst ? nil : received, unseenSince: unseenSince, &counts)
        }
        if isLast { try tables.resolveLinks() }
        try keep(kept, isFirst: isFirstPage, tables.sync)
        if let progress { try tables.sync.progress(job: jobID, progress) }
        return counts
      }
    }
    var counts = StoredCounts()
    if let all = try store(page.records) {
      counts = all
    } else {
      // One record breaks a rule of the store; the others must not wait for it.
      try takeSingly(
        page.records, run: run, received: isFirst ? nil : received, unseenSince: unseenSince,
        &counts)
      _ = try store([])
    }
    state.count(resource) { [counts] row in
      row.pulled += page.records.count
      row.created += counts.created
      row.updated += counts.updated
      row.unchanged += counts.unchanged
    }
    if let progress { state.show(resource, .pull, progress) }
  }

  /// Stores records one by one, those refused once more after the others: two that changed places
  /// are in each other's way. What is refused then is told and left as it was.
  private func takeSingly(
    _ records: [RemoteRecord], run: Int, received: Instant?, unseenSince: Instant? = nil,
    _ total: inout StoredCounts
  ) throws(SyncError) {
    var waiting = records
    for isLast in [false, true] {
      var refused: [RemoteRecord] = []
      for record in waiting {
        var rule = ""
        let counts = try hub.writeIfAllowed(refusal: { rule = $0 }) {
          (tables) throws(StorageError) in
          var counts = StoredCounts()
          try tables.take(
            record, run: run, received: received, unseenSince: unseenSince, &counts)
          return counts
        }
        if let counts {
          total.created += counts.created
          total.updated += counts.updated
          total.unchanged += counts.unchanged
        } else if isLast {
          try hub.write { (tables) throws(StorageError) in
            try tables.sync.see(record.key, run: run)
          }
          state.count(resource) { $0.failed += 1 }
          state.say(
            .error,
            "\(record.key) cannot be stored (\(rule)). It stays as it was; look at it at "
              + "\(source.service.title).", record.key)
        } else {
          refused.append(record)
        }
      }
      waiting = refused
    }
  }

  // MARK: What a complete pull did not show

  /// Absence is never a deletion: each absent record is asked for by its id, and only the service's
  /// "there is none" counts (invariant S9).
  private func conclude(_ pull: inout PullState) throws(SyncError) -> TaskEnd {
    let (service, resource, run) = (source.service, resource, pull.run)
    let (known, absent) = try hub.read { (sync) throws(StorageError) in
      let known = try sync.knownCount(service, resource)
      return (known, try sync.absentIDs(service, resource, run: run, limit: known))
    }
    let limit = max(Self.absentMax, known * Self.absentPercent / 100)
    if pull.seen == 0, known > 0 {
      return try brake(
        "\(service.title) shows no \(resource.title.lowercased()) at all, where \(known) are known.",
        .empty, [], count: known, &pull)
    }
    if absent.count > limit {
      let names = absent.prefix(Self.namesMax).joined(separator: ", ")
      let what =
        "\(absent.count) of \(known) \(resource.title.lowercased()) are missing at "
        + "\(service.title): \(names)\(absent.count > Self.namesMax ? " and more" : "")."
      guard options.accepts(.missing, absent.count) else {
        let keys = absent.prefix(HeldChange.namesMax).map {
          RemoteKey(service, resource, $0).description
        }
        return try brake(what, .missing, keys, count: absent.count, &pull)
      }
      let person = options.person
      state.say(.warning, "\(what) A person said that this was meant.", nil)
      try hub.write { (tables) throws(StorageError) in
        try MassChange.permit(tables.records, .missing, service, resource, by: person)
      }
    }
    if absent.count <= limit { try MassChange.end(hub, .missing, service, resource) }
    try MassChange.end(hub, .empty, service, resource)
    let context = StoredContext(hub: hub, service: service)
    for id in absent {
      if state.shouldStop { return .interrupted }
      let key = RemoteKey(service, resource, id)
      let found: RemoteRecord?
      do throws(ProviderError) {
        found = try source.record(
          resource, id: id, context: context, cancellation: state.cancellation)
      } catch {
        return TaskEnd(error)
      }
      let now = state.now
      var counts = StoredCounts()
      if let found {
        try takeSingly([found], run: run, received: now, &counts)
      } else {
        try hub.write { (tables) throws(StorageError) in try tables.drop(key, at: now) }
        counts.deleted += 1
      }
      let concluded = counts
      state.count(resource) { row in
        row.updated += concluded.updated
        row.unchanged += concluded.unchanged
        row.deleted += concluded.deleted
      }
    }
    finish(&pull, isSwept: true)
    let finished = pull
    try hub.write { (tables) throws(StorageError) in
      try keep(finished, isFirst: false, tables.sync)
    }
    return .done
  }

  /// Stops before a deletion a person has not seen. The pull begins anew the next time.
  private func brake(
    _ what: String, _ kind: HeldChange.Kind, _ names: [String], count: Int,
    _ pull: inout PullState
  ) throws(SyncError) -> TaskEnd {
    pull.cursor = nil
    pull.seen = 0
    pull.run += 1
    let kept = pull
    let text =
      "\(what) Nothing was removed. Look at \(source.service.title). If they were meant to go, run "
      + "`rentbook sync --full --resource \(resource) --accept-mass-change`; else sync "
      + "\(resource) again once the records are back."
    let held = HeldChange(
      kind, source.service, resource, text: text, names: names, count: count)
    try hub.write { (tables) throws(StorageError) in
      try tables.sync.keep(kept)
      try MassChange.hold(tables.records, held)
    }
    return .dead(text)
  }
}
