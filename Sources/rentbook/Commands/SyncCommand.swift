import Background
import Domain
import HTTP
import Sync

/// `rentbook sync`: one run of the engine, with progress on standard error.
enum SyncCommand {
  static let spec = CommandSpec(
    "sync",
    options: [
      OptionSpec("--full", "Read everything again, whatever is known."),
      OptionSpec("--resource", "NAME", isRepeated: true, "Only this resource; may be repeated."),
      OptionSpec("--direction", "pull|push|both", "Which half of the way."),
      OptionSpec("--dry-run", "Write nothing anywhere; list every write there would be."),
      OptionSpec(
        "--accept-mass-change", "Many records changed or deleted at once are meant so, this once."),
    ], "Bring Buildium, the store and Airtable in step.", run: run)

  static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    var options = try options(invocation)
    let workspace = try Workspace(invocation, cancellation: Interruption.install())
    options.person = workspace.configuration.user
    defer { workspace.close() }
    let progress = ProgressLine(quiet: invocation.isQuiet || invocation.isJSON)
    let engine = try workspace.engine(for: options.direction) { event in
      if case .progress(let resource, let direction, let value) = event {
        progress.show(line(resource, direction, value))
      }
    }
    workspace.network.onWait { progress.show(line($0)) }
    let report: SyncReport
    do throws(SyncError) {
      report = try engine.run(options, cancellation: workspace.cancellation)
    } catch {
      progress.finish()
      throw Failure(error)
    }
    progress.finish()
    if invocation.isJSON {
      Output.document("sync", document(report, isDryRun: options.isDryRun))
    } else {
      show(report, isDryRun: options.isDryRun)
    }
    return report.needsPerson ? .needsPerson : .done
  }

  private static func options(_ invocation: Invocation) throws(Failure) -> SyncOptions {
    var options = SyncOptions(
      isFull: invocation.flag("--full"), isDryRun: invocation.flag("--dry-run"))
    options.acceptsMassChange = invocation.flag("--accept-mass-change")
    for name in invocation.texts("--resource") {
      guard let resource = Resource(name: name) else {
        throw .usage(
          "There is no resource “\(name)”.",
          hint: "There are: \(Resource.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      options.resources = (options.resources ?? []) + [resource]
    }
    if let name = invocation.text("--direction") {
      guard let direction = SyncOptions.Direction(rawValue: name) else {
        throw .usage("--direction takes pull, push or both, not “\(name)”.")
      }
      options.direction = direction
    }
    return options
  }

  /// The report in the form design fixes for `sync --json`.
  static func document(_ report: SyncReport, isDryRun: Bool) -> JSONObject {
    var document = JSONObject([
      "resources": .array(
        report.rows.map { row in
          [
            "resource": .string(row.resource.rawValue), "pulled": .int(row.pulled),
            "created": .int(row.created), "updated": .int(row.updated),
            "unchanged": .int(row.unchanged), "deleted": .int(row.deleted),
            "conflicts": .int(row.conflicts), "failed": .int(row.failed),
            "pushed_created": .int(row.pushedCreated), "pushed_updated": .int(row.pushedUpdated),
            "pushed_deleted": .int(row.pushedDeleted),
            "buildium_created": .int(row.sourceCreated),
            "buildium_updated": .int(row.sourceUpdated),
          ]
        })
    ])
    if isDryRun {
      document["writes"] = .array(
        report.writes.map { write in
          [
            "service": .string(write.service.rawValue),
            "resource": .string(write.key.resource.rawValue), "record_id": .string(write.key.id),
            "key": .string(write.key.description), "action": .string(write.action.rawValue),
            "fields": .array(
              write.changes.map {
                ["field": .string($0.field), "before": $0.before.json, "after": $0.after.json]
              }),
          ]
        })
    }
    document["messages"] = .array(report.messages.map(JSONValue.string))
    document["duration_ms"] = .int(report.durationMilliseconds)
    return document
  }

  private static func show(_ report: SyncReport, isDryRun: Bool) {
    if isDryRun {
      for write in report.writes {
        Output.line("\(write.action.rawValue)  \(write.service.title)  \(write.key)")
        for change in write.changes {
          Output.line(
            "        \(change.field): \(TerminalText.harmless(change.before.json.text)) → "
              + TerminalText.harmless(change.after.json.text))
        }
      }
      Output.line("\(report.writes.count) writes; nothing was written.")
    } else {
      Output.table(
        [
          "Resource", "Pulled", "New", "Changed", "Gone", "Sent new", "Sent changed", "To Buildium",
          "Conflicts", "Failed",
        ],
        report.rows.map { row in
          [
            row.resource.title, String(row.pulled), String(row.created), String(row.updated),
            String(row.deleted), String(row.pushedCreated), String(row.pushedUpdated),
            String(row.sourceCreated + row.sourceUpdated), String(row.conflicts),
            String(row.failed),
          ]
        }, rightAligned: [1, 2, 3, 4, 5, 6, 7, 8, 9])
    }
    for message in report.messages { Output.note(TerminalText.harmless(message)) }
    let conflicts = report.rows.reduce(0) { $0 + $1.conflicts }
    if conflicts > 0 {
      Output.note(
        "\(conflicts) \(conflicts == 1 ? "difference waits" : "differences wait") for a decision: "
          + "`rentbook conflicts list`.")
    }
    if report.rows.contains(where: { $0.failed > 0 }) {
      Output.note("What was refused is listed by `rentbook jobs list`.")
    }
  }

  /// What is waited for, where nothing else would move for a while.
  private static func line(_ wait: ServiceWait) -> String {
    let why =
      switch wait.status {
      case 429: "asks for fewer calls"
      case let status?: "fails (\(status))"
      case nil: "does not answer"
      }
    return "\(wait.service) \(why); asked again in \(wait.seconds) s"
  }

  private static func line(
    _ resource: Resource, _ direction: SyncOptions.Direction, _ progress: Progress
  ) -> String {
    var text = "\(resource.title) \(direction == .push ? "to Airtable" : "from Buildium")  "
    text += progress.total.map { "\(progress.done) of \($0)" } ?? "\(progress.done)"
    if let rate = progress.ratePerSecond {
      text += "  \((rate * 10).rounded() / 10) records/s"
    }
    if let left = progress.secondsLeft { text += "  left \(left / 60) min \(left % 60) s" }
    return text
  }
}

extension Failure {
  init(_ error: SyncError) {
    switch error {
    case .alreadyRunning(let text):
      self.init(
        "already_running", text, hint: "Wait for it, or stop it; two would only wait for another.")
    case .store(let error): self.init(error)
    case .service(let error): self.init(error)
    case .cancelled: self = .interrupted
    }
  }
}
