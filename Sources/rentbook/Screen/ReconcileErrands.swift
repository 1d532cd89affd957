// What the Reconcile pane asks for: what the last comparisons found, and comparing now.
import Background
import Domain
import Interface
import Storage
import Sync

extension ScreenRunner {
  /// Carries out an errand of the Reconcile pane.
  func carryOut(_ errand: ReconcileErrand, _ ticket: Ticket) {
    switch errand {
    case .load:
      answer(ticket) { (workspace) throws(Failure) in
        .sheet(try ReconcileErrands.sheet(workspace))
      }
    case .locate(let id):
      answer(ticket) { (workspace) throws(Failure) in
        .place(try ReconcileErrands.place(id, workspace))
      }
    case .run: startComparison()
    case .stop: stopComparison()
    }
  }

  private func answer(
    _ ticket: Ticket, _ body: @escaping @Sendable (Workspace) throws(Failure) -> ReconcileNews
  ) {
    errand { [workspace, post] () throws(Failure) in
      do throws(Failure) { post(.reconciliation(try body(workspace), ticket)) } catch {
        post(.unanswered(ticket, error.message, hint: error.hint))
      }
    }
  }
}

/// Comparisons of the two sides between the store and the screen.
enum ReconcileErrands {
  /// Days of the trend that a screen is given.
  private static let daysMax = 400

  static func sheet(_ workspace: Workspace) throws(Failure) -> ReconciliationSheet {
    let today = Instant(milliseconds: workspace.clock.wallMilliseconds).date
    let (last, all) = try workspace.onStore { store throws(StorageError) in
      try store.readSync { (state) throws(StorageError) in
        (
          try state.lastReconciliations(),
          try state.reconciliations(from: today.adding(days: -daysMax))
        )
      }
    }
    let daily = ReconciliationTrend.daily(all)
    func points(_ points: [ReconciliationTrend.Point]) -> [ReconciliationSheet.Point] {
      points.map { ReconciliationSheet.Point($0.day, $0.accuracy) }
    }
    return ReconciliationSheet(
      rows: last.map { day in
        ReconciliationSheet.Row(
          day.resource, buildium: day.left, airtable: day.right, compared: day.compared,
          equal: day.matching, inFlight: day.inFlight, unexplained: day.unexplained,
          at: day.madeAt ?? Instant(milliseconds: 0))
      }, days: points(daily), weeks: points(ReconciliationTrend.weekly(daily)))
  }

  static func place(_ id: String, _ workspace: Workspace) throws(Failure) -> ReconciliationPlace? {
    let found = try workspace.onStore { store throws(StorageError) in
      try store.readSync { (state) throws(StorageError) in try state.difference(id) }
    }
    return found.map {
      ReconciliationPlace(key: $0.key, localID: $0.localID, field: $0.field, reason: $0.reason)
    }
  }

  /// Compares both sides and says in a sentence what came of it.
  ///
  /// - Parameter progress: told what is being read.
  static func compare(
    _ workspace: Workspace, _ cancellation: Cancellation,
    progress: @escaping @Sendable (String) -> Void
  ) throws(Failure) -> (text: String, level: LogMessage.Level) {
    let reconciler = Reconciler(
      store: workspace.store, source: try workspace.buildium(), sink: try workspace.airtable(),
      clock: workspace.clock
    ) { event in
      if case .progress(let resource, _, let value) = event {
        progress("\(resource.title) \(value.done)")
      }
    }
    let report: ReconciliationReport
    do throws(SyncError) { report = try reconciler.run(cancellation: cancellation) } catch {
      throw Failure(error)
    }
    let unknown = report.differences.count { $0.reason == .unknown }
    let text =
      "\(report.accuracy) % are the same on both sides; \(report.differences.count) differences"
      + (unknown > 0 ? ", \(unknown) of them unexplained." : ".")
    return (text, report.accuracy < .alarm ? .error : unknown > 0 ? .warning : .info)
  }
}
