import Background
import Domain
import Reports
import Storage
import Sync

/// What the schedule means for a workspace: whether there is anything to run, how a piece of work is
/// done, what it is called.
struct ScheduledWork: Sendable {
  let workspace: Workspace

  /// A scheduler on the workspace's store; it runs nothing before both services are connected and a
  /// person began the first synchronization.
  func scheduler(
    announce: @escaping @Sendable ([Schedule.Entry]) -> Void, body: @escaping Scheduler.Body
  ) -> Scheduler {
    let workspace = workspace
    return Scheduler(
      store: workspace.store, schedule: Schedule(workspace.configuration.schedule),
      clock: workspace.clock, isReady: { Self.isReady(workspace) },
      calls: { Self.calls(workspace) },
      utcOffsetMinutes: { ScreenCommand.offsetMinutes() }, announce: announce, body: body)
  }

  private static func isReady(_ workspace: Workspace) -> Bool {
    // What cannot be read now is asked again half a minute later.
    let isConnected =
      (try? workspace.isConnected(.buildium)) == true
      && (try? workspace.isConnected(.airtable)) == true
    guard isConnected else { return false }
    let pull = try? workspace.store.readSync { (sync) throws(StorageError) in
      try sync.pull(.buildium, .properties)
    }
    return pull?.watermark != nil
  }

  private static func calls(_ workspace: Workspace) -> Schedule.Calls? {
    let now = Instant(milliseconds: workspace.clock.wallMilliseconds)
    let made = (try? workspace.store.callSummary(.airtable, at: now))?.thisMonth ?? 0
    let perMonth = workspace.configuration.airtableMonthlyCalls
    return Schedule.Calls(perMonth: perMonth, left: max(0, perMonth - made))
  }

  /// The synchronization that does a piece of work; nil when it is none.
  ///
  /// - Parameter isListening: whether Buildium's events are heard meanwhile.
  static func options(_ entry: Schedule.Entry, isListening: Bool = false) -> SyncOptions? {
    switch entry.work {
    case .poll:
      var options = SyncOptions()
      options.observesSink = entry.looksAtSink
      options.settleSeconds = SyncOptions.typingSeconds
      options.restSeconds = SyncOptions.restingSeconds
      options.turnSeconds = SyncOptions.waitingSeconds
      options.heardSeconds = isListening ? SyncOptions.hearingSeconds : 0
      return options
    case .sweep:
      var options = SyncOptions(isFull: true)
      options.turnSeconds = SyncOptions.waitingSeconds
      options.settleSeconds = SyncOptions.typingSeconds
      return options
    case .reconcile, .monthEnd: return nil
    }
  }

  static func title(_ work: Schedule.Work) -> String {
    switch work {
    case .poll: "poll Buildium"
    case .sweep: "daily sweep"
    case .reconcile: "comparison"
    case .monthEnd: "month close"
    }
  }

  /// How much a synchronization found or wrote.
  static func changes(_ report: SyncReport) -> Int {
    report.rows.reduce(0) { sum, row in
      sum + row.created + row.updated + row.deleted + row.pushedCreated + row.pushedUpdated
        + row.pushedDeleted + row.sourceCreated + row.sourceUpdated
    }
  }

  /// Makes the month that ends ready for whoever finalises it (``Workspace/prepareMonth(_:actor:)``).
  static func monthEnd(lastDay: CalendarDate?, _ workspace: Workspace) -> Scheduler.Outcome {
    guard let day = lastDay else { return .done(changes: 0) }
    do throws(Failure) {
      _ = try workspace.prepareMonth(CalendarMonth(containing: day), actor: "rentbook")
      return .done(changes: 0)
    } catch { return .failed(error.message) }
  }
}
