import Domain

/// `rentbook status`: what the store knows of the synchronization now.
enum StatusCommand {
  static let spec = CommandSpec(
    "status",
    options: [OptionSpec("--prometheus", "As text for a Prometheus server to read.")],
    "Counts, services, jobs and latency.", run: run)

  static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let status = try workspace.status()
    if invocation.isJSON {
      Output.document("status", document(status))
    } else if invocation.flag("--prometheus") {
      for line in prometheus(status) { Output.line(line) }
    } else {
      show(status)
    }
    return status.deadLetters.isEmpty && status.conflicts == 0 ? .done : .needsPerson
  }

  private static func count(_ state: JobStatus.State, in status: SyncStatus) -> Int {
    status.jobs.count { $0.state == state }
      + (state == .dead ? status.deadLetters.count { $0.key != nil } : 0)
  }

  /// The status in the form design fixes for `status --json`.
  static func document(_ status: SyncStatus) -> JSONObject {
    JSONObject([
      "resources": .array(
        status.resources.map { row in
          [
            "resource": .string(row.resource.rawValue), "local": .int(row.local),
            "buildium": .int(row.buildium), "airtable": .int(row.airtable),
            "pending_in": .int(row.pendingIn), "pending_out": .int(row.pendingOut),
            "dead_letters": .int(row.deadLetters),
            "last_synced_at": .optional(row.lastSyncedAt?.description),
            "state": .string(row.state.rawValue),
          ]
        }),
      "services": .array(
        status.services.map { row in
          [
            "service": .string(row.service.rawValue), "state": .string(row.state.rawValue),
            "last_success_at": .optional(row.lastSuccessAt?.description),
            "requests_last_minute": .int(row.requestsLastMinute),
            "limit": .int(row.limitPerSecond), "calls_this_month": .int(row.callsThisMonth),
            "monthly_quota": row.monthlyQuota.map { .int($0) } ?? .null,
            "message": .string(row.message),
          ]
        }),
      "jobs": .object(
        JSONObject([
          "queued": .int(count(.queued, in: status)), "running": .int(count(.running, in: status)),
          "failed": .int(count(.failed, in: status)), "dead": .int(count(.dead, in: status)),
        ])),
      "latency": .object(
        JSONObject([
          "p50_ms": status.latency.p50Milliseconds.map { .int($0) } ?? .null,
          "p95_ms": status.latency.p95Milliseconds.map { .int($0) } ?? .null,
          "p99_ms": status.latency.p99Milliseconds.map { .int($0) } ?? .null,
          "count": .int(status.latency.count),
        ])),
      "conflicts": .int(status.conflicts),
      "held": .array(
        status.held.map { held in
          [
            "kind": .string(held.kind.rawValue), "service": .string(held.service.rawValue),
            "resource": .string(held.resource.rawValue), "count": .int(held.count),
            "message": .string(held.text), "keys": .array(held.names.map { .string($0) }),
          ]
        }),
      "accuracy": .optional(status.accuracy?.description),
      "reconciled_at": .optional(status.reconciledAt?.description),
      "at": .string(status.at.description),
    ])
  }

  /// The status as Prometheus' text format.
  static func prometheus(_ status: SyncStatus) -> [String] {
    var lines: [String] = []
    func metric(_ name: String, _ help: String, _ samples: [(labels: String, value: Int)]) {
      guard !samples.isEmpty else { return }
      lines += ["# HELP rentbook_\(name) \(help)", "# TYPE rentbook_\(name) gauge"]
      lines += samples.map {
        "rentbook_\(name)" + ($0.labels.isEmpty ? "" : "{\($0.labels)}") + " \($0.value)"
      }
    }
    metric(
      "records", "Records per resource and place.",
      status.resources.flatMap { row in
        [("buildium", row.buildium), ("store", row.local), ("airtable", row.airtable)].map {
          ("resource=\"\(row.resource)\",place=\"\($0.0)\"", $0.1)
        }
      })
    metric(
      "pending", "Changes that wait.",
      status.resources.flatMap { row in
        [("in", row.pendingIn), ("out", row.pendingOut)].map {
          ("resource=\"\(row.resource)\",direction=\"\($0.0)\"", $0.1)
        }
      })
    metric(
      "dead_letters", "Records given up.",
      status.resources.map { ("resource=\"\($0.resource)\"", $0.deadLetters) })
    metric(
      "calls_this_month", "Calls since the first of the month.",
      status.services.map { ("service=\"\($0.service)\"", $0.callsThisMonth) })
    metric(
      "requests_last_minute", "Calls in the last minute.",
      status.services.map { ("service=\"\($0.service)\"", $0.requestsLastMinute) })
    metric(
      "up", "Whether a service answers as it should.",
      status.services.map { ("service=\"\($0.service)\"", $0.state == .ok ? 1 : 0) })
    metric(
      "latency_milliseconds", "From a change's event to Airtable, last 24 hours.",
      [
        ("0.5", status.latency.p50Milliseconds), ("0.95", status.latency.p95Milliseconds),
        ("0.99", status.latency.p99Milliseconds),
      ].compactMap { quantile, value in value.map { ("quantile=\"\(quantile)\"", $0) } })
    metric("conflicts", "Conflicts that wait for a choice.", [("", status.conflicts)])
    if let accuracy = status.accuracy {
      metric(
        "accuracy_hundredths_of_percent", "Records that were the same on both sides when compared.",
        [("", accuracy.hundredths)])
    }
    return lines
  }

  private static func show(_ status: SyncStatus) {
    Output.table(
      ["Resource", "Buildium", "Here", "Airtable", "In", "Out", "State"],
      status.resources.map { row in
        [
          row.resource.title, String(row.buildium), String(row.local), String(row.airtable),
          String(row.pendingIn), String(row.pendingOut),
          row.state.rawValue.replacing("_", with: " "),
        ]
      }, rightAligned: [1, 2, 3, 4, 5])
    Output.line("")
    for service in status.services {
      let quota = service.monthlyQuota.map { " of \($0)" } ?? ""
      Output.line(
        "\(service.service.title): \(service.state.rawValue.replacing("_", with: " ")), "
          + "\(service.callsThisMonth)\(quota) calls this month"
          + (service.message.isEmpty ? "" : ". \(TerminalText.harmless(service.message))"))
    }
    if let accuracy = status.accuracy, let at = status.reconciledAt {
      Output.line("\(accuracy) % were the same on both sides at \(at.secondsText).")
    }
    if status.conflicts > 0 {
      Output.line(
        "! \(status.conflicts) conflicts wait for a choice: `rentbook conflicts list`.")
    }
    for letter in status.deadLetters {
      Output.line(
        "! \(TerminalText.harmless(letter.title)): \(TerminalText.harmless(letter.message))")
    }
    if !status.deadLetters.isEmpty {
      Output.note("Retry with `rentbook jobs retry ID`, or `rentbook jobs discard ID`.")
    }
  }
}
