import Background
import Domain
import Storage

/// One run: decides what can be worked on, gives each piece to a thread of its own, and ends when
/// nothing is left. Pulling and pushing overlap.
///
/// Used by the thread that runs it; tasks tell it how they ended through the mailbox.
final class SyncRun {
  /// Threads that read pages.
  private static let pullsMax = 4
  /// Requests on their way to the sink: with answers taking up to 0.8 s, so many keep a limit of
  /// five a second busy while the next bodies are made ready.
  private static let pushesMax = 6

  private let hub: Hub
  private let source: any SourceProvider
  private let sink: any SinkProvider
  private let state: RunState
  private let options: SyncOptions
  private let today: CalendarDate
  private let mailbox: Mailbox<RunSignal>
  private var feed: RunFeed?

  private var pulls: [Resource: PullWork] = [:]
  private var pushes: [Resource: PushWork] = [:]
  private var pullsRunning = 0
  private var pushesRunning = 0
  private var stop: SyncError?
  private var tries = Tries()
  /// The way back from the sink; nil where it cannot be looked at or nothing can be written back.
  private var way: TwoWay?
  private var observation = Observation.none

  /// How far the look at what people did at the sink came.
  private enum Observation {
    case none, running
    case waiting(until: UInt64)
    case over
  }

  init(
    hub: Hub, source: any SourceProvider, sink: any SinkProvider, state: RunState,
    options: SyncOptions, mailbox: Mailbox<RunSignal>, feed: RunFeed? = nil
  ) {
    (self.hub, self.source, self.sink, self.state) = (hub, source, sink, state)
    (self.options, self.mailbox, self.feed) = (options, mailbox, feed)
    today = state.now.date
    if let mirror = sink as? any ObservedProvider, let writer = source as? any RecordWriter {
      way = TwoWay(
        hub: hub, mirror: mirror, writer: writer, source: source, state: state, options: options,
        today: today)
    }
    if way == nil || options.direction == .push || !options.observesSink { observation = .over }
  }

  /// The resources that take part, parents first.
  var resources: [Resource] { Set(pulls.keys).union(pushes.keys).sorted() }

  /// Runs to the end.
  ///
  /// - Throws: what stopped it. Everything settled until then stays so.
  func run() throws(SyncError) {
    do throws(SyncError) {
      try begin()
      try sendLocalEdits()
    } catch { stop = error }
    // Each turn waits for a task to end, or for a time to come; tasks end by their own limits.
    while true {
      if stop == nil, !state.shouldStop {
        do throws(SyncError) {
          endWaits()
          startObservation()
          startFeed()
          try startPulls()
          try startPushes()
        } catch {
          stop = error
        }
      }
      if pullsRunning + pushesRunning > 0 {
        take(mailbox.waitAndTakeAll())
      } else if stop != nil || state.cancellation.isCancelled {
        break
      } else if state.isPaused() {
        take(mailbox.waitAndTakeAll())
      } else if let moment = nextRetry {
        let now = state.clock.monotonicNanoseconds
        if moment > now {
          state.clock.wait(nanoseconds: moment - now, cancellation: state.cancellation)
        }
      } else {
        do throws(SyncError) {
          if try !releaseLinks() { break }
        } catch {
          stop = error
        }
      }
    }
    try end()
  }

  // MARK: Beginning and end

  private func sendLocalEdits() throws(SyncError) {
    guard let writer = source as? any RecordWriter else { return }
    try LocalEditWorker(hub: hub, source: source, writer: writer, state: state, options: options)
      .work()
  }

  private func begin() throws(SyncError) {
    if options.direction != .pull { sink.prepare(state.cancellation) }
    let scope = try RunScope(options, source, sink)
    let pulled = try scope.due(options, source, hub, now: state.now)
    let pushed = scope.pushed
    try hub.takeResults()
    try hub.tellOfMissing(scope.withoutTable, state)
    let now = state.now
    let (from, to, isFull) = (source.service, sink.service, options.isFull)
    let today = today
    let (pullJobs, pushJobs) = try hub.write { (tables) throws(StorageError) in
      try tables.markBillsThatFellDue(by: today)
      var pullJobs: [Job] = []
      for resource in pulled {
        pullJobs.append(
          try tables.sync.enqueue(.pull, from, resource, isFull: isFull, at: now))
      }
      var pushJobs: [Job] = []
      for resource in pushed {
        pushJobs.append(try tables.sync.enqueue(.push, to, resource, isFull: false, at: now))
        try tables.sync.endWaiting(to, resource, .parent)
        try tables.sync.endWaiting(to, resource, .links)
      }
      return (pullJobs, pushJobs)
    }
    for job in pullJobs { pulls[job.resource] = PullWork(job: job) }
    let clock = state.clock.monotonicNanoseconds
    for job in pushJobs {
      pushes[job.resource] = PushWork(job: job, meter: ProgressMeter(at: clock))
    }
  }

  private func end() throws(SyncError) {
    if stop == nil, !state.cancellation.isCancelled {
      // Where nothing at all could be done, the first reason is what the run has to say.
      stop =
        tries.verdict(.pull, of: pulls.count) ?? tries.verdict(.push, of: pushes.count)
    }
    let now = state.now
    let isStopped = stop != nil || state.cancellation.isCancelled
    if way != nil { try hub.countConflicts(options, state) }
    let reason = stop?.description ?? ""
    let open =
      pulls.values.filter { !$0.isOver }.map { ($0.job, $0.failures.count) }
      + pushes.values.filter { !$0.isOver }.map { ($0.job, $0.failures.count) }
    do throws(SyncError) {
      try hub.write { (tables) throws(StorageError) in
        // No attempt is spent by a stop: the work waits as it is.
        for (job, _) in open.sorted(by: { $0.0.id < $1.0.id }) {
          try tables.sync.set(
            job: job.id, isStopped ? .queued : .done, attempts: 0, error: reason, at: now)
        }
        try tables.sync.forgetOldSamples(at: now)
      }
    } catch {
      if stop == nil { stop = error }
    }
    if let stop { throw stop }
    if state.cancellation.isCancelled { throw .cancelled }
  }

  private var nextRetry: UInt64? {
    if case .waiting(let moment) = observation { return moment }
    return
      (pulls.values.filter { !$0.isOver }.compactMap(\.retryAt)
      + pushes.values.filter { !$0.isOver }.compactMap(\.retryAt)).min()
  }

  private func endWaits() {
    let now = state.clock.monotonicNanoseconds
    if case .waiting(let moment) = observation, moment <= now { observation = .none }
    func isPast(_ moment: UInt64?) -> Bool { moment.map { $0 <= now } ?? false }
    for resource in pulls.keys where isPast(pulls[resource]?.retryAt) {
      pulls[resource]?.retryAt = nil
    }
    for resource in pushes.keys where isPast(pushes[resource]?.retryAt) {
      pushes[resource]?.retryAt = nil
    }
  }

  // MARK: Looking at the sink

  private var observationFailures = Failures()

  private func startObservation() {
    guard case .none = observation, let way else { return }
    observation = .running
    pullsRunning += 1
    let mailbox = mailbox
    let observer = Observer(way: way)
    _ = Worker(name: "observe") { mailbox.post(.observed(observer.observe())) }
  }

  /// A look that fails is tried again. Where none is permitted, rows are still compared right before
  /// they are written, so that nobody's edit is lost.
  private func conclude(observation end: TaskEnd) {
    switch end {
    case .done: observation = .over
    case .interrupted: observation = .none
    case .stop(let error):
      observation = .over
      if stop == nil { stop = error }
    case .dead(let text):
      observation = .over
      state.say(.error, text)
    case .refused(let error):
      observation = .over
      tries.noteLook(refused: error)
      state.say(.error, "\(sink.service.title) was not looked at: \(error.sentence)")
    case .failed(let error):
      let now = state.clock.monotonicNanoseconds
      if observationFailures.add(at: now) {
        observation = .over
        if stop == nil { stop = .service(error) }
        return
      }
      let delay = Backoff.delayMilliseconds(
        attempt: observationFailures.count, random: state.random)
      observation = .waiting(until: now + delay * 1_000_000)
    }
  }

  // MARK: Pulling

  /// What feeds the run counts as a pull.
  private func startFeed() {
    guard let feed else { return }
    self.feed = nil
    pullsRunning += 1
    let feeding = RunFeeding(hub: hub, state: state, mailbox: mailbox)
    _ = Worker(name: "feed") { feeding.run(feed) }
  }

  private func startPulls() throws(SyncError) {
    for resource in Resource.allCases where pullsRunning < Self.pullsMax {
      guard let pull = pulls[resource], !pull.isRunning, !pull.isOver, pull.retryAt == nil,
        Gates.parents(ofPull: resource).allSatisfy({ pulls[$0]?.isOver ?? true })
      else { continue }
      let epoch = hub.epoch
      try hub.write { (tables) throws(StorageError) in
        try tables.sync.start(job: pull.job.id, epoch: epoch)
      }
      pulls[resource]?.isRunning = true
      pullsRunning += 1
      let puller = Puller(
        hub: hub, source: source, state: state, resource: resource, jobID: pull.job.id,
        isFull: options.isFull || pull.job.isFull, options: options)
      let mailbox = mailbox
      _ = Worker(name: "pull") {
        let (end, progress) = puller.pull()
        mailbox.post(.pulled(resource, end, progress: progress))
      }
    }
  }

  // MARK: Pushing

  private func startPushes() throws(SyncError) {
    for resource in Gates.pushOrder where pushesRunning < Self.pushesMax {
      // What could not be read at the source is not written anywhere either: a service that knows
      // nothing of a whole collection is no witness that one of its records is gone.
      guard let push = pushes[resource], !push.isOver, push.retryAt == nil,
        !tries.gaveUpPull(Gates.pulled(for: resource)), try isReady(resource)
      else { continue }
      if !push.isLinking, !push.isLinked { try link(resource) }
      guard pushes[resource]?.isLinked == true else { continue }
      try settleDoubts(resource)
      guard startEdits(resource) else { continue }
      try send(resource)
    }
  }

  /// Whether everything a resource's mirror is made from is pulled, and its parents are there.
  private func isReady(_ resource: Resource) throws(SyncError) -> Bool {
    guard case .over = observation else { return false }
    let needs = Gates.needs(ofPush: resource)
    guard needs.allSatisfy({ pulls[$0]?.isOver ?? true }) else { return false }
    let parents = Gates.parents(ofPush: resource, fields: sink.writableFields(of: resource))
      .filter { pushes[$0].map { !$0.isOver } ?? false }
    let service = sink.service
    return try !hub.read { (sync) throws(StorageError) in
      for parent in parents where try sync.hasCreatesWaiting(service, parent) { return true }
      return false
    }
  }

  /// A table this store never read is read once before anything is written to it.
  private func link(_ resource: Resource) throws(SyncError) {
    let service = sink.service
    let mapping = sink.writableFields(of: resource).map(\.name).joined(separator: " ")
    let known = try hub.read { (sync) throws(StorageError) in try sync.pull(service, resource) }
    if let job = pushes[resource]?.job {
      let epoch = hub.epoch
      try hub.write { (tables) throws(StorageError) in
        try tables.sync.start(job: job.id, epoch: epoch)
      }
    }
    if var known, known.completeAt != nil {
      if known.mappingHash != mapping {
        // Other fields are taken now than before: every row is compared again.
        known.mappingHash = mapping
        let kept = known
        try hub.write { (tables) throws(StorageError) in
          try tables.sync.markAll(service, resource)
          try tables.sync.keep(kept)
        }
      }
      let hasCreates = try hub.read { (sync) throws(StorageError) in
        try sync.hasCreatesWaiting(service, resource)
      }
      guard hasCreates, way != nil else {
        pushes[resource]?.isLinked = true
        return
      }
    }
    pushes[resource]?.isLinking = true
    pushesRunning += 1
    let linker = Linker(
      hub: hub, sink: sink, state: state, resource: resource, mapping: mapping, way: way)
    let mailbox = mailbox
    let isKnown = known?.completeAt != nil
    _ = Worker(name: "link") {
      mailbox.post(.linked(resource, isKnown ? linker.seek() : linker.link()))
    }
  }

  private func settleDoubts(_ resource: Resource) throws(SyncError) {
    guard pushes[resource]?.isSettling == false else { return }
    let service = sink.service
    let hasDoubts = try hub.read { (sync) throws(StorageError) in
      try !sync.intents(service, resource, .doubt, limit: 1).isEmpty
    }
    guard hasDoubts else { return }
    pushes[resource]?.isSettling = true
    pushesRunning += 1
    let settler = DoubtSettler(hub: hub, sink: sink, state: state, resource: resource)
    let mailbox = mailbox
    _ = Worker(name: "settle") {
      let (end, progress) = settler.settle()
      mailbox.post(.settled(resource, end, progress: progress))
    }
  }

  /// What people did at the sink goes first: it may be what is to be sent. Whether that is done.
  private func startEdits(_ resource: Resource) -> Bool {
    guard let way, let push = pushes[resource], !push.isEdited else { return true }
    guard !push.isEditing, !push.isSettling else { return false }
    pushes[resource]?.isEditing = true
    pushesRunning += 1
    let mailbox = mailbox
    _ = Worker(name: "edit") { mailbox.post(.edited(resource, EditWorker.edit(resource, way))) }
    return false
  }

  private func send(_ resource: Resource) throws(SyncError) {
    // Each turn starts a batch, or finds the end of the rows.
    while pushesRunning < Self.pushesMax, let push = pushes[resource], !push.isExhausted {
      let (service, after) = (sink.service, push.after)
      let isEmpty = try hub.read { (sync) throws(StorageError) in
        try sync.sendable(service, resource, after: after, limit: 1).isEmpty
      }
      if isEmpty {
        endLook(resource)
        continue
      }
      let planner = Planner(
        hub: hub, sink: sink, state: state, resource: resource, today: today, way: way)
      let outcome = try planner.plan(after: after, isForced: push.isForced)
      pushes[resource]?.after = outcome.next
      if outcome.hasLater { pushes[resource]?.hasLater = true }
      if outcome.inStep > 0 || !outcome.batches.isEmpty { pushes[resource]?.didProgress = true }
      for batch in outcome.batches { start(batch, resource) }
      if outcome.next == nil { endLook(resource) }
    }
  }

  private func start(_ batch: [Sender.Item], _ resource: Resource) {
    pushes[resource]?.inFlight += 1
    pushesRunning += 1
    let sender = Sender(
      hub: hub, sink: sink, state: state, resource: resource, isDryRun: options.isDryRun, way: way)
    let mailbox = mailbox
    _ = Worker(name: "push") {
      let (end, progress) = sender.send(batch)
      mailbox.post(.sent(resource, end, count: batch.count, progress: progress))
    }
  }

  /// All rows were looked at. The next look waits until something has moved; when rows wait for
  /// others and nothing moves, two wait for each other, and one look more lets them go.
  private func endLook(_ resource: Resource) {
    guard let push = pushes[resource] else { return }
    let isStuck = push.hasLater && !push.didProgress && push.inFlight == 0 && !push.isForced
    pushes[resource]?.isForced = isStuck
    pushes[resource]?.isExhausted = !isStuck
    pushes[resource]?.after = nil
    pushes[resource]?.hasLater = false
    pushes[resource]?.didProgress = false
  }

  /// Something moved: rows that had to wait may go now.
  private func lookAgain() {
    for resource in pushes.keys {
      pushes[resource]?.isExhausted = false
      pushes[resource]?.isForced = false
    }
  }

  /// Lets rows go on that were sent without links to records which are there by now. Whether any
  /// did.
  private func releaseLinks() throws(SyncError) -> Bool {
    let service = sink.service
    var released = false
    for resource in Gates.pushOrder where pushes[resource]?.isOver == false {
      let ends = Set(sink.writableFields(of: resource).compactMap { Gates.linked($0.kind) })
      let count = try hub.write { (tables) throws(StorageError) in
        for end in ends where try tables.sync.hasCreatesWaiting(service, end) { return 0 }
        return try tables.sync.endWaiting(service, resource, .links)
      }
      if count > 0 {
        pushes[resource]?.isExhausted = false
        released = true
      }
    }
    return released
  }

  // MARK: What tasks tell

  private func take(_ signals: [RunSignal]) {
    for signal in signals {
      do throws(SyncError) {
        switch signal {
        case .wake: break
        case .stored: lookAgain()
        case .fed:
          pullsRunning -= 1
          lookAgain()
        case .pulled(let resource, let end, let progress):
          pullsRunning -= 1
          pulls[resource]?.isRunning = false
          if progress {
            pulls[resource]?.failures = Failures()
            tries.notePull(resource)
          }
          try conclude(pull: resource, end)
          lookAgain()
        case .linked(let resource, let end):
          pushesRunning -= 1
          pushes[resource]?.isLinking = false
          if case .done = end {
            pushes[resource]?.isLinked = true
            pushes[resource]?.failures = Failures()
          }
          try conclude(push: resource, end)
        case .settled(let resource, let end, let progress):
          pushesRunning -= 1
          pushes[resource]?.isSettling = false
          if progress {
            pushes[resource]?.failures = Failures()
            tries.notePush()
          }
          try conclude(push: resource, end)
          lookAgain()
        case .observed(let end):
          pullsRunning -= 1
          conclude(observation: end)
        case .edited(let resource, let end):
          pushesRunning -= 1
          pushes[resource]?.isEditing = false
          if case .done = end {
            pushes[resource]?.isEdited = true
            pushes[resource]?.failures = Failures()
          }
          try conclude(push: resource, end)
          lookAgain()
        case .sent(let resource, let end, let count, let progress):
          pushesRunning -= 1
          pushes[resource]?.inFlight -= 1
          if progress {
            pushes[resource]?.failures = Failures()
            tries.notePush()
            pushes[resource]?.meter.add(count, at: state.clock.monotonicNanoseconds)
          }
          try conclude(push: resource, end)
          try show(resource)
          lookAgain()
        }
      } catch {
        if stop == nil { stop = error }
      }
    }
  }

  private func conclude(pull resource: Resource, _ end: TaskEnd) throws(SyncError) {
    guard let pull = pulls[resource] else { return }
    let next = try conclude(pull.job, end, failures: pull.failures, isDoneOver: true)
    pulls[resource]?.isOver = next.isOver
    pulls[resource]?.failures = next.failures
    pulls[resource]?.retryAt = next.retryAt
  }

  private func conclude(push resource: Resource, _ end: TaskEnd) throws(SyncError) {
    guard let push = pushes[resource], !push.isOver else { return }
    // A batch that was sent does not end the job: there may be more.
    if case .done = end { return }
    let next = try conclude(push.job, end, failures: push.failures, isDoneOver: false)
    pushes[resource]?.isOver = next.isOver
    pushes[resource]?.failures = next.failures
    pushes[resource]?.retryAt = next.retryAt
  }

  private func conclude(
    _ job: Job, _ end: TaskEnd, failures: Failures, isDoneOver: Bool
  ) throws(SyncError) -> (isOver: Bool, failures: Failures, retryAt: UInt64?) {
    let now = state.now
    func note(
      _ job: JobStatus.State, attempts: Int, _ error: String = "", runAfter: Instant? = nil,
      id: Int64
    ) throws(SyncError) {
      try hub.write { (tables) throws(StorageError) in
        try tables.sync.set(
          job: id, job, attempts: attempts, error: error, runAfter: runAfter, at: now)
      }
    }
    func giveUp(_ text: String, _ error: ProviderError? = nil, attempts: Int) throws(SyncError) {
      try note(.dead, attempts: attempts, text, id: job.id)
      state.count(job.resource) { $0.failed += 1 }
      state.say(.error, "\(job.resource.title): \(text)")
      if let error { tries.note(job.kind, gaveUp: job.resource, error) }
    }
    switch end {
    case .done:
      if isDoneOver {
        tries.notePull(job.resource)
        try note(.done, attempts: failures.count, id: job.id)
      }
      return (isDoneOver, Failures(), nil)
    case .interrupted: return (false, failures, nil)
    case .stop(let error):
      if stop == nil { stop = error }
      return (false, failures, nil)
    case .dead(let text):
      try giveUp(text, attempts: failures.count + 1)
      return (true, failures, nil)
    case .refused(let error):
      try giveUp(error.sentence, error, attempts: failures.count + 1)
      return (true, failures, nil)
    case .failed(let error):
      var failures = failures
      let clock = state.clock.monotonicNanoseconds
      if failures.add(at: clock) {
        // A source that gave nothing that could be used is not asked for the rest.
        if job.kind == .pull, !tries.hasProgress(.pull) {
          if stop == nil { stop = .service(error) }
          return (false, failures, nil)
        }
        try giveUp(
          "\(error.message) Given up after \(failures.count) tries; the next sync tries again.",
          error, attempts: failures.count)
        return (true, failures, nil)
      }
      let delay = Backoff.delayMilliseconds(attempt: failures.count, random: state.random)
      try note(
        .failed, attempts: failures.count, error.message,
        runAfter: now.adding(milliseconds: Int64(delay)), id: job.id)
      return (false, failures, clock + delay * 1_000_000)
    }
  }

  private func show(_ resource: Resource) throws(SyncError) {
    let now = state.clock.monotonicNanoseconds
    guard var push = pushes[resource], push.meter.isDue(at: now) else { return }
    let job = push.job
    let service = sink.service
    let left = try hub.read { (sync) throws(StorageError) in
      try sync.sendableCount(service, resource)
    }
    push.meter.total = push.meter.done + left
    pushes[resource]?.meter = push.meter
    let progress = push.meter.progress(at: now)
    try hub.write { (tables) throws(StorageError) in
      try tables.sync.progress(job: job.id, progress)
    }
    state.show(resource, .push, progress)
  }
}
