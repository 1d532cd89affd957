import Background
import Domain
import Storage
import Sync

/// `rentbook daemon`: the schedule without a screen, and Buildium's events when it is told where to
/// listen. Screens and commands may use the same store beside it.
enum DaemonCommand {
  static let spec = CommandSpec(
    "daemon",
    options: [
      OptionSpec(
        "--listen", "ADDRESS:PORT", "Take Buildium's events in here; without it none are taken."),
      OptionSpec(
        "--schedule", "WORK=TIME", isRepeated: true,
        "sweep, reconcile or month-end at a time like 02:10, or off; poll=SECONDS."),
    ], "Sync, compare and listen for events without a screen.", run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let place = try invocation.text("--listen").map { (text) throws(Failure) in
      try WebhookCommands.place(text)
    }
    let secrets = place == nil ? [] : try WebhookCommands.secrets(invocation)
    var configuration = try Configuration(invocation)
    for text in invocation.texts("--schedule") { try set(text, &configuration.schedule) }
    configuration.schedule.hurries = place == nil
    let workspace = try Workspace(
      configuration: configuration, cancellation: Interruption.install())
    defer { workspace.close() }
    // Credentials that are missing are told now, and not by work that never begins.
    _ = try workspace.buildium()
    _ = try workspace.airtable()
    let listener = try place.map { (place) throws(Failure) in
      try EventListener(workspace, secrets: secrets, at: place)
    }
    defer { listener?.stop() }
    let scheduler = ScheduledWork(workspace: workspace).scheduler { entries in
      if let next = entries.first, !invocation.isQuiet, !invocation.isJSON {
        Output.note("Next: \(ScheduledWork.title(next.work)) at \(next.at.secondsText).")
      }
    } body: { entry, cancellation in
      carryOut(entry, workspace, cancellation, isListening: listener != nil)
    }
    if invocation.isJSON {
      Output.document("daemon", ["url": .optional(listener?.url)])
    } else {
      Output.line(listener.map { "Listening at \($0.url). Ctrl-C ends it." } ?? "Ctrl-C ends it.")
    }
    scheduler.start()
    defer { scheduler.stop() }
    workspace.waitForEnd()
    return .done
  }

  /// Takes `sweep=02:10` or `poll=30` into the settings.
  static func set(_ text: String, _ settings: inout Schedule.Settings) throws(Failure) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    let form = Failure.usage(
      "--schedule takes WORK=TIME, for example sweep=02:10, not “\(text)”.",
      hint: "The works are poll, sweep, reconcile and month-end.")
    guard parts.count == 2 else { throw form }
    func minute() throws(Failure) -> Int? {
      try Configuration.minute(parts[1], of: "--schedule \(parts[0])")
    }
    switch parts[0] {
    case "poll":
      guard let seconds = Int(parts[1]), seconds >= Schedule.pollSecondsMin else {
        throw .usage(
          "--schedule poll takes seconds, \(Schedule.pollSecondsMin) or more, not “\(parts[1])”.")
      }
      settings.pollSeconds = seconds
    case "sweep": settings.sweep = try minute()
    case "reconcile": settings.reconcile = try minute()
    case "month-end": settings.monthEnd = try minute()
    default: throw form
    }
  }

  private static func carryOut(
    _ entry: Schedule.Entry, _ workspace: Workspace, _ cancellation: Cancellation,
    isListening: Bool
  ) -> Scheduler.Outcome {
    defer { workspace.network.flush() }
    do throws(Failure) {
      switch entry.work {
      case .poll, .sweep:
        let engine = try workspace.engine { event in
          if case .message(let level, let text, _) = event, level > .info {
            Output.note(TerminalText.harmless(text))
          }
        }
        let report: SyncReport
        do throws(SyncError) {
          report = try engine.run(
            ScheduledWork.options(entry, isListening: isListening) ?? SyncOptions(),
            cancellation: cancellation)
        } catch {
          if case .alreadyRunning = error { return .postponed }
          throw Failure(error)
        }
        return .done(changes: ScheduledWork.changes(report))
      case .reconcile:
        let (text, level) = try ReconcileErrands.compare(workspace, cancellation) { _ in }
        try workspace.onStore { store throws(StorageError) in
          try store.append(level, text, hint: "`rentbook reconcile` lists the differences.")
        }
        Output.note(text)
        return .done(changes: 0)
      case .monthEnd: return ScheduledWork.monthEnd(lastDay: entry.lastDay, workspace)
      }
    } catch {
      if error.exit == .interrupted { return .cancelled }
      Output.note(TerminalText.harmless(error.message))
      // Also for those who look later: the screen and `rentbook status` read it.
      try? workspace.store.append(.error, error.message, hint: error.hint)
      return .failed(error.message)
    }
  }
}
