import Background
import Domain
import Interface
import Storage
import Sync

/// Carries out what the screen asks for, on threads of its own, and posts what came of it.
///
/// Reading and small writes go through one thread in order; a synchronization has its own. The
/// screen's thread never waits for either.
final class ScreenRunner: Sendable {
  /// The screen is told of changes in the store so often at most.
  private static let newsNanoseconds: UInt64 = 300_000_000

  let workspace: Workspace
  let post: @Sendable (Message) -> Void
  private let errands = Mailbox<@Sendable () -> Void>()
  private let news = Mailbox<Void>()
  private let end = Cancellation()
  private let state = Lock(State())
  /// Answers about rows, sums, single records and whole exports, each beside the others.
  let rows, sums, records, exports: ListLane
  /// Answers about figures of months and about their close.
  let months, closes: ListLane
  /// The ledger, kept for those answers.
  let shelf: LedgerShelf
  /// What was done here and can be undone.
  let undo: UndoJournal
  private let exportCount = Lock(0)
  private let choices: @Sendable () -> ScreenChoices
  private let memory: ScreenState
  let isReadOnly: Bool

  /// What is done once before the first synchronization; the demo makes its tables.
  private let preparation: (@Sendable (Workspace) throws(Failure) -> Void)?

  private struct State {
    var engine: SyncEngine?
    var run: Cancellation?
    /// A comparison of the two sides under way.
    var comparison: Cancellation?
    var isPrepared = false
    var isPaused = false
    /// What a person asked for while a look of the schedule was under way.
    var pending: SyncOptions?
    /// Whether a person asked for a comparison while a look of the schedule was under way.
    var wantsComparison = false
    /// Whether the run under way is one of the schedule.
    var isLook = false
    /// Runs what is due; nil in a screen that changes nothing.
    var scheduler: Scheduler?
    /// What went wrong with the last scheduled work, which is not said again and again.
    var lastProblem: String?
    var workers: [Worker] = []
  }

  /// - Parameters:
  ///   - isReadOnly: Nothing is synchronized and nothing is changed.
  ///   - memory: Where it is kept how the lists were looked at.
  ///   - choices: Reads the person's keys and colours.
  ///   - preparation: Done once before the first synchronization.
  ///   - post: Takes what came of an effect; from any thread.
  init(
    workspace: Workspace, isReadOnly: Bool, memory: ScreenState,
    choices: @escaping @Sendable () -> ScreenChoices,
    preparation: (@Sendable (Workspace) throws(Failure) -> Void)? = nil,
    post: @escaping @Sendable (Message) -> Void
  ) {
    (self.workspace, self.preparation, self.post) = (workspace, preparation, post)
    (self.isReadOnly, self.memory, self.choices) = (isReadOnly, memory, choices)
    let store = workspace.store
    (rows, sums) = (ListLane(store, post: post), ListLane(store, post: post))
    (records, exports) = (ListLane(store, post: post), ListLane(store, post: post))
    (months, closes) = (ListLane(store, post: post), ListLane(store, post: post))
    shelf = LedgerShelf(store)
    undo = UndoJournal(
      UndoJournal.Shelf(
        load: { () throws(Failure) in
          try workspace.onStore { store throws(StorageError) in
            try store.setting(Self.undoSetting)
          }
        },
        save: { text throws(Failure) in
          try workspace.onStore { store throws(StorageError) in
            try store.set(Self.undoSetting, to: text)
          }
        }))
  }

  /// Tells the journal how each kind of action is undone.
  private func registerUndo() {
    undo.register(BillErrands.kind) { [workspace] payload, isRedo throws(Failure) in
      try BillErrands.undo(payload, isRedo: isRedo, workspace)
    }
  }

  private static let undoSetting = "screen.undo"

  func exportNumber() -> Int {
    exportCount.withLock { count in
      count += 1
      return count
    }
  }

  /// Starts the threads. With `syncing` a synchronization is begun at once.
  func start(syncing: Bool) {
    registerUndo()
    registerConflictUndo()
    registerOwnershipUndo()
    registerEditUndo()
    let news = news
    shelf.watch()
    workspace.store.observe { _ in news.post(()) }
    let workers = [
      Worker(name: "errands") { [self] in
        while !end.isCancelled { for errand in errands.waitAndTakeAll() { errand() } }
      },
      Worker(name: "news") { [self] in
        while !end.isCancelled {
          _ = news.waitAndTakeAll()
          if end.isCancelled { return }
          post(.storeChanged)
          end.wait(nanoseconds: Self.newsNanoseconds)
        }
      },
    ]
    state.withLock { $0.workers = workers }
    if syncing { startSync(SyncOptions()) }
    if !isReadOnly { startSchedule() }
    errand { [self] () throws(Failure) in post(.undoable(try undo.undoable())) }
  }

  /// Stops everything at its next safe point and waits for it, at most a few seconds.
  func stop() {
    end.cancel()
    let (scheduler, work) = state.withLock { ($0.scheduler, [$0.run, $0.comparison]) }
    for work in work { work?.cancel() }
    scheduler?.stop()
    errands.post {}
    news.post(())
    for lane in [rows, sums, records, exports, months, closes] { lane.stop() }
    for worker in state.withLock(\.workers) { _ = worker.join(nanoseconds: 5_000_000_000) }
  }

  /// Carries out one effect; returns at once.
  func carryOut(_ effect: Effect) {
    switch effect {
    case .loadStatus(let generation):
      errand { [self] () throws(Failure) in
        post(.status(try workspace.status(), generation: generation))
      }
    case .loadMessages:
      errand { [self] () throws(Failure) in
        let messages = try workspace.onStore { store throws(StorageError) in
          try store.messages(limit: 500)
        }
        post(.messages(messages))
      }
    case .startSync(let isFull, let resources, let isDryRun):
      startSync(
        SyncOptions(
          isFull: isFull, resources: resources.isEmpty ? nil : resources, isDryRun: isDryRun))
    case .permitChanges(let permit, let resource, let isFull):
      var options = SyncOptions(isFull: isFull, resources: [resource])
      (options.permit, options.person) = (permit, workspace.configuration.user)
      startSync(options)
    case .pauseSync: setPaused(true)
    case .resumeSync: setPaused(false)
    case .cancelSync: state.withLock(\.run)?.cancel()
    case .retry(let id):
      errand { [self] () throws(Failure) in
        _ = try workspace.retry([id])
        post(.effectDone("It is sent again with the next sync."))
        startSync(SyncOptions(direction: .push))
      }
    case .retryAll:
      errand { [self] () throws(Failure) in
        let count = try workspace.retryAll()
        post(.effectDone("\(count) are sent again with the next sync."))
        startSync(SyncOptions(direction: .push))
      }
    case .discard(let id):
      errand { [self] () throws(Failure) in
        try workspace.discard(id)
        post(.effectDone("It was put aside; a change of the record brings it back."))
      }
    case .loadList, .loadRecord, .searchRecords, .export: carryOutList(effect)
    case .loadEditing, .changeField: carryOutEdits(effect)
    case .loadBills, .loadBill, .decideBills, .commentBill: carryOutBills(effect)
    case .loadMonth, .loadClose, .overrideGate, .finalizeMonth, .reopenMonth, .exportReport:
      carryOutMonth(effect)
    case .loadOwnership, .changeOwnership, .previewTakeOver, .takeOver: carryOutOwnership(effect)
    case .conflicts(let errand, let ticket): carryOut(errand, ticket)
    case .reconcile(let errand, let ticket): carryOut(errand, ticket)
    case .undo, .redo, .remember, .reloadSettings: carryOutSetting(effect)
    case .copy, .suspend, .redraw, .mouse, .bell, .quit, .editSettings, .theme:
      // The loop's own; they do not come here.
      break
    }
  }

  /// Carries out an effect about undoing and about the screen's own settings.
  private func carryOutSetting(_ effect: Effect) {
    switch effect {
    case .undo, .redo:
      errand { [self] () throws(Failure) in
        if let outcome = try undo.step(isRedo: effect == .redo) {
          post(.undone(outcome))
        } else {
          post(.undoable(try undo.undoable()))
        }
      }
    case .remember(let kept):
      errand { [memory] () throws(Failure) in try memory.save(kept) }
    case .reloadSettings: reloadSettings()
    default: break
    }
  }

  /// Reads the person's keys and colours again; with `isTold` the screen says so.
  func reloadSettings(isTold: Bool = true) {
    errands.post { [post, choices] in
      var settings = choices().settings
      settings.isTold = isTold
      post(.settings(settings))
    }
  }

  /// Carries `body` out after what was asked before, and says when it fails.
  func errand(_ body: @escaping @Sendable () throws(Failure) -> Void) {
    errands.post { [post] in
      do throws(Failure) { try body() } catch {
        post(.effectFailed(error.message, hint: error.hint))
      }
    }
  }

  // MARK: Synchronizing

  private func setPaused(_ isPaused: Bool) {
    let (engine, scheduler) = state.withLock { state in
      state.isPaused = isPaused
      return (state.engine, state.scheduler)
    }
    if isPaused { engine?.pause() } else { engine?.resume() }
    scheduler?.set(isPaused: isPaused)
    post(.paused(isPaused))
  }

  /// Begins a synchronization on a thread of its own, unless one is under way.
  private func startSync(_ options: SyncOptions) {
    guard let run = take(options) else {
      // A look by itself is short: what a person wants comes right after it.
      return state.withLock { if $0.isLook { $0.pending = options } }
    }
    let worker = Worker(name: "sync") { [self] in _ = perform(options, run) }
    state.withLock { $0.workers.append(worker) }
  }

  /// What a person asked for counts as a turn of the schedule.
  private func note(_ options: SyncOptions, begunAt: Instant, _ outcome: Scheduler.Outcome) {
    guard !options.isDryRun, case .done(let changes) = outcome else { return }
    let isWhole = options.resources == nil && options.direction != .push
    let works: [Schedule.Work] = !isWhole ? [] : options.isFull ? [.poll, .sweep] : [.poll]
    state.withLock(\.scheduler)?.note(works, begunAt: begunAt, changed: changes > 0)
  }

  /// Takes the right to synchronize here; nil while anything else does.
  private func take(_ options: SyncOptions) -> Cancellation? {
    let run = Cancellation()
    let isFree = state.withLock { state in
      guard state.run == nil, state.comparison == nil, !end.isCancelled,
        !isReadOnly || options.isDryRun
      else { return false }
      state.run = run
      return true
    }
    return isFree ? run : nil
  }

  /// Runs one synchronization to its end, on the calling thread.
  private func perform(
    _ options: SyncOptions, _ run: Cancellation, isScheduled: Bool = false
  ) -> Scheduler.Outcome {
    post(isScheduled ? .lookStarted : .syncStarted(dryRun: options.isDryRun))
    state.withLock { $0.isLook = isScheduled }
    let begun = Instant(milliseconds: workspace.clock.wallMilliseconds)
    let (ending, outcome) = synchronize(options, run, isScheduled: isScheduled)
    // Before the right to synchronize is free, or the schedule would begin the same again.
    if !isScheduled { note(options, begunAt: begun, outcome) }
    let pending = state.withLock { state in
      defer { (state.run, state.engine, state.pending, state.isLook) = (nil, nil, nil, false) }
      return state.pending
    }
    post(ending)
    workspace.network.flush()
    news.post(())
    if let pending {
      startSync(pending)
    } else if state.withLock(\.wantsComparison) {
      startComparison()
    }
    return outcome
  }

  /// Runs one synchronization; how it ended, for the screen and for the schedule.
  private func synchronize(
    _ options: SyncOptions, _ run: Cancellation, isScheduled: Bool
  ) -> (Message, Scheduler.Outcome) {
    do throws(Failure) {
      try prepare()
      let engine = try workspace.engine { [self] event in observe(event) }
      let isPaused = state.withLock { state in
        state.engine = engine
        return state.isPaused
      }
      if isPaused { engine.pause() }
      let report: SyncReport
      do throws(SyncError) {
        report = try engine.run(options, cancellation: run)
      } catch {
        if case .alreadyRunning = error, isScheduled {
          // Another program is at it, which is as good.
          return (.syncEnded("", hint: "", level: .info), .postponed)
        }
        throw Failure(error)
      }
      state.withLock { $0.lastProblem = nil }
      if options.isDryRun {
        post(.dryRun(report.writes.map(Interface.PlannedWrite.init)))
        return (
          .syncEnded("Dry run: \(report.writes.count) writes, none made.", hint: "", level: .info),
          .done(changes: 0)
        )
      }
      let changes = ScheduledWork.changes(report)
      let isQuiet = isScheduled && changes == 0 && !report.rows.contains { $0.failed > 0 }
      return (
        isQuiet ? .syncEnded("", hint: "", level: .info) : ended(report), .done(changes: changes)
      )
    } catch {
      if error.exit == .interrupted {
        return (
          .syncEnded("The sync was stopped; it goes on from there.", hint: "", level: .info),
          .cancelled
        )
      }
      // What goes wrong again and again by itself is kept once.
      let isNew = state.withLock { state in
        defer { state.lastProblem = error.message }
        return state.lastProblem != error.message
      }
      if isNew || !isScheduled { keep(.error, error.message, error.hint) }
      return (
        .syncEnded(error.message, hint: error.hint, level: .error), .failed(error.message)
      )
    }
  }

  private func ended(_ report: SyncReport) -> Message {
    let pulled = report.rows.reduce(0) { $0 + $1.created + $1.updated }
    let sent = report.rows.reduce(0) { $0 + $1.pushedCreated + $1.pushedUpdated + $1.pushedDeleted }
    let failed = report.rows.reduce(0) { $0 + $1.failed }
    let back = report.rows.reduce(0) { $0 + $1.sourceCreated + $1.sourceUpdated }
    let text =
      "In step: \(pulled) changes taken, \(sent) rows written"
      + (back > 0 ? ", \(back) sent to Buildium." : ".")
    guard failed > 0 else { return .syncEnded(text, hint: "", level: .info) }
    return .syncEnded(
      "\(text) \(failed) wait for you.", hint: "Enter opens what was refused.", level: .warning)
  }

  private func prepare() throws(Failure) {
    guard let preparation, !state.withLock(\.isPrepared) else { return }
    try preparation(workspace)
    state.withLock { $0.isPrepared = true }
  }

  private func observe(_ event: SyncEvent) {
    switch event {
    case .progress(let resource, let direction, let progress):
      post(
        .progress(resource, service: direction == .push ? .airtable : .buildium, progress))
    case .message(let level, let text, let key): keep(level, text, "", key: key)
    case .finished: break
    }
  }

  /// Keeps a message in the store and shows it.
  private func keep(
    _ level: LogMessage.Level, _ text: String, _ hint: String, key: RemoteKey? = nil
  ) {
    // On the errands' thread: whoever says this may be in the middle of a write of the store.
    errands.post { [workspace] in
      // A message that cannot be kept is still shown.
      try? workspace.store.append(level, text, hint: hint, key: key)
    }
    post(
      .logged(
        LogMessage(
          id: workspace.clock.wallMilliseconds,
          at: Instant(milliseconds: workspace.clock.wallMilliseconds), level: level, text: text,
          hint: hint, key: key)))
  }

  // MARK: Comparing

  /// Compares both sides on a thread of its own.
  func startComparison() {
    guard let comparison = takeComparison() else {
      // As with a sync: it comes right after the look.
      let waits = state.withLock { state in
        state.wantsComparison = state.isLook
        return state.wantsComparison
      }
      return waits ? post(.comparing(Comparing("waits for the look for changes"))) : ()
    }
    let worker = Worker(name: "compare") { [self] in
      let begun = Instant(milliseconds: workspace.clock.wallMilliseconds)
      if case .done = compare(comparison) {
        state.withLock(\.scheduler)?.note([.reconcile], begunAt: begun, changed: false)
      }
    }
    state.withLock { $0.workers.append(worker) }
  }

  /// Takes the right to compare; nil while a sync runs: the two never run beside each other, since
  /// what is on its way would look like a difference.
  private func takeComparison() -> Cancellation? {
    let comparison = Cancellation()
    let isFree = state.withLock { state in
      guard state.run == nil, state.comparison == nil, !end.isCancelled, !isReadOnly else {
        return false
      }
      (state.comparison, state.wantsComparison) = (comparison, false)
      return true
    }
    return isFree ? comparison : nil
  }

  private func compare(_ comparison: Cancellation) -> Scheduler.Outcome {
    post(.comparing(Comparing()))
    defer {
      state.withLock { $0.comparison = nil }
      post(.comparing(nil))
      news.post(())
    }
    do throws(Failure) {
      let (text, level) = try ReconcileErrands.compare(workspace, comparison) { [post] what in
        // What is read is of no interest any more once it was asked to stop.
        if !comparison.isCancelled { post(.comparing(Comparing(what))) }
      }
      keep(level, text, level == .info ? "" : "6 shows what differs and why.")
      return .done(changes: 0)
    } catch {
      if error.exit == .interrupted {
        post(.effectDone("Comparing was stopped; nothing was kept of it."))
        return .cancelled
      }
      keep(.error, error.message, error.hint)
      return .failed(error.message)
    }
  }

  /// Stops a comparison at its next page.
  func stopComparison() {
    guard let comparison = state.withLock(\.comparison) else {
      state.withLock { $0.wantsComparison = false }
      return post(.comparing(nil))
    }
    post(.comparing(Comparing(isStopping: true)))
    comparison.cancel()
  }

  // MARK: The schedule

  private func startSchedule() {
    let scheduler = ScheduledWork(workspace: workspace).scheduler { [post] entries in
      post(.upcoming(entries.map { Upcoming(ScheduledWork.title($0.work), at: $0.at) }))
    } body: { [self] entry, cancellation in
      carryOut(entry, cancellation)
    }
    state.withLock { $0.scheduler = scheduler }
    scheduler.start()
  }

  /// Something was decided here that the next look should send soon.
  func noteDecision() { state.withLock(\.scheduler)?.note([], changed: true) }

  private func carryOut(
    _ entry: Schedule.Entry, _ cancellation: Cancellation
  ) -> Scheduler.Outcome {
    func running(_ work: Cancellation, _ body: () -> Scheduler.Outcome) -> Scheduler.Outcome {
      let token = cancellation.onCancel { work.cancel() }
      defer { cancellation.removeHandler(token) }
      return body()
    }
    switch entry.work {
    case .poll, .sweep:
      guard let options = ScheduledWork.options(entry), let run = take(options) else {
        return .postponed
      }
      return running(run) { perform(options, run, isScheduled: true) }
    case .reconcile:
      guard let comparison = takeComparison() else { return .postponed }
      return running(comparison) { compare(comparison) }
    case .monthEnd:
      defer { news.post(()) }
      return ScheduledWork.monthEnd(lastDay: entry.lastDay, workspace)
    }
  }
}

extension Interface.PlannedWrite {
  init(_ write: Sync.PlannedWrite) {
    let kind: Kind =
      switch write.action {
      case .create: .create
      case .update: .update
      case .delete: .delete
      }
    let changes = write.changes.map {
      "\($0.field): \($0.before.json.text) → \($0.after.json.text)"
    }
    self.init(
      kind, service: write.service, resource: write.key.resource, title: write.key.description,
      change: changes.joined(separator: ", "))
  }
}
