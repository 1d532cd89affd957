import Domain
import Storage

/// `rentbook jobs`: the queue and what was given up.
enum JobsCommands {
  static let specs = [
    CommandSpec("jobs", "The work that waits, runs or was given up.", run: list),
    CommandSpec("jobs list", "The work that waits, runs or was given up.", run: list),
    CommandSpec(
      "jobs retry", "[ID...]", options: [OptionSpec("--all", "All that was given up.")],
      "Try again what was given up.", run: retry),
    CommandSpec("jobs discard", "ID", "Drop what was given up.", run: discard),
  ]

  private static func list(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let status = try workspace.status()
    let events = try workspace.onStore { store throws(StorageError) in
      try store.readSync { sync throws(StorageError) in
        try sync.events(.dead, limit: eventsMax)
      }
    }
    if invocation.isJSON {
      Output.document(
        "jobs",
        JSONObject([
          "jobs": .array(
            status.jobs.map { job in
              [
                "id": .string(job.id), "kind": .string(job.kind),
                "resource": .optional(job.resource?.rawValue),
                "service": .string(job.service.rawValue), "state": .string(job.state.rawValue),
                "priority": .int(job.priority), "done": .int(job.progress.done),
                "total": job.progress.total.map { .int($0) } ?? .null,
                "attempts": .int(job.attempts), "error": .string(job.error),
                "run_after": .optional(job.runAfter?.description),
                "created_at": .string(job.createdAt.description),
              ]
            }),
          "dead_letters": .array(
            status.deadLetters.map { letter in
              [
                "id": .string(letter.id), "service": .string(letter.service.rawValue),
                "resource": .string(letter.resource.rawValue),
                "key": .optional(letter.key?.description), "title": .string(letter.title),
                "message": .string(letter.message), "attempts": .int(letter.attempts),
                "at": .string(letter.at.description),
              ]
            }),
          "dead_events": .array(
            events.map { event in
              [
                "id": .string(event.id), "event": .string(event.name),
                "message": .string(event.error), "attempts": .int(event.attempts),
                "received_at": .string(event.receivedAt.description),
              ]
            }),
        ]))
    } else {
      Output.table(
        ["Id", "Work", "Service", "State", "Done", "Tries", "Error"],
        status.jobs.map { job in
          [
            job.id, "\(job.kind) \(job.resource?.title ?? "")", job.service.title,
            job.state.rawValue,
            "\(job.progress.done)" + (job.progress.total.map { " of \($0)" } ?? ""),
            String(job.attempts), job.error,
          ]
        })
      for letter in status.deadLetters {
        Output.line(
          "\(letter.id)  ! \(TerminalText.harmless("\(letter.title): \(letter.message)"))")
      }
      for event in events {
        Output.line(
          "\(event.id.prefix(12))  ! "
            + TerminalText.harmless("Event \(event.name): \(event.error)"))
      }
      if !events.isEmpty { Output.note("`rentbook webhooks replay ID` works on an event again.") }
    }
    return status.deadLetters.isEmpty && events.isEmpty ? .done : .needsPerson
  }

  /// So many events that were given up are named; more are one fault repeated.
  private static let eventsMax = 1000

  private static func retry(_ invocation: Invocation) throws(Failure) -> ExitCode {
    guard invocation.flag("--all") != !invocation.positionals.isEmpty else {
      throw .usage("Name the ids to try again, or say --all.")
    }
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let count =
      invocation.flag("--all")
      ? try workspace.retryAll() : try workspace.retry(invocation.positionals)
    return report(invocation, "retried", count, "They are sent with the next sync.")
  }

  private static func discard(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    try workspace.discard(invocation.positionals[0])
    return report(invocation, "discarded", 1, "")
  }

  private static func report(
    _ invocation: Invocation, _ verb: String, _ count: Int, _ next: String
  ) -> ExitCode {
    if invocation.isJSON {
      Output.document(invocation.command, JSONObject(["count": .int(count)]))
    } else {
      Output.line("\(count) \(verb). \(next)")
    }
    return .done
  }
}
