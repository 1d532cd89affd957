import Domain
import Storage
import Sync

/// `rentbook webhooks`: the events Buildium announced, and a listener for more.
enum WebhookCommands {
  /// So many events are listed, the newest.
  private static let listMax = 200
  private static let portDefault = 8767

  static let specs = [
    CommandSpec("webhooks", options: listOptions, "The events Buildium announced.", run: list),
    CommandSpec(
      "webhooks list", options: listOptions, "The events Buildium announced.", run: list),
    CommandSpec("webhooks replay", "ID", "Work on an event once more.", run: replay),
    CommandSpec(
      "webhooks serve",
      options: [
        OptionSpec("--listen", "ADDRESS:PORT", "Where to listen; 127.0.0.1:8767 by default.")
      ], "Take Buildium's events in and pass the changes on.", run: serve),
  ]

  private static let listOptions = [
    OptionSpec("--state", "waiting|done|ignored|dead", "Only events that stand so.")
  ]

  // MARK: Looking

  private static func list(_ invocation: Invocation) throws(Failure) -> ExitCode {
    var state: WebhookEvent.State?
    if let name = invocation.text("--state") {
      guard let known = WebhookEvent.State(rawValue: name) else {
        throw .usage("--state takes waiting, done, ignored or dead, not “\(name)”.")
      }
      state = known
    }
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let chosen = state
    let (events, numbers) = try workspace.onStore { store throws(StorageError) in
      try store.readSync { sync throws(StorageError) in
        (try sync.events(chosen, limit: listMax), try sync.eventCounts())
      }
    }
    if invocation.isJSON {
      var counts = JSONObject([:])
      for state in WebhookEvent.State.allCases {
        counts[state.rawValue] = .int(numbers[state] ?? 0)
      }
      Output.document(
        "webhooks",
        JSONObject([
          "events": .array(events.map(document)),
          "counts": .object(counts),
        ]))
    } else {
      Output.table(
        ["Id", "Event", "State", "Received", "Tries", "Error"],
        events.map { event in
          [
            String(event.id.prefix(12)), event.name, event.state.rawValue,
            event.receivedAt.secondsText, String(event.attempts), event.error,
          ]
        }, rightAligned: [4])
    }
    return (numbers[.dead] ?? 0) > 0 ? .needsPerson : .done
  }

  private static func document(_ event: WebhookEvent) -> JSONValue {
    [
      "id": .string(event.id), "event": .string(event.name), "data": event.data,
      "state": .string(event.state.rawValue), "attempts": .int(event.attempts),
      "error": .string(event.error), "received_at": .string(event.receivedAt.description),
      "run_after": .optional(event.runAfter?.description),
      "processed_at": .optional(event.processedAt?.description),
    ]
  }

  private static func replay(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let id = invocation.positionals[0]
    let now = Instant(milliseconds: workspace.clock.wallMilliseconds)
    let found = try workspace.onStore { store throws(StorageError) in
      try store.writeSync { records throws(StorageError) in
        let matching = try records.sync.events(startingWith: id)
        guard matching.count == 1 else { return matching.count }
        return try records.sync.replay(event: matching[0], at: now) ? 1 : 0
      }
    }
    guard found == 1 else {
      throw .usage(
        found == 0 ? "There is no event “\(id)”." : "More than one event begins with “\(id)”.",
        hint: "`rentbook webhooks list --json` shows the whole ids.")
    }
    if invocation.isJSON {
      Output.document("webhooks replay", JSONObject(["count": .int(1)]))
    } else {
      Output.line("The event waits again; `rentbook webhooks serve` works on it.")
    }
    return .done
  }

  // MARK: Listening

  private static func serve(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let place = try place(invocation.text("--listen"))
    let secrets = try secrets(invocation)
    let workspace = try Workspace(invocation, cancellation: Interruption.install())
    defer { workspace.close() }
    let listener = try EventListener(workspace, secrets: secrets, at: place)
    defer { listener.stop() }
    if invocation.isJSON {
      Output.document("webhooks serve", JSONObject(["url": .string(listener.url)]))
    } else {
      Output.line("Listening at \(listener.url). Ctrl-C ends it.")
    }
    workspace.waitForEnd()
    return .done
  }

  /// What Buildium's events are known by.
  static func secrets(_ invocation: Invocation) throws(Failure) -> [String] {
    let secrets = (invocation.environment["RENTBOOK_BUILDIUM_WEBHOOK_SECRET"] ?? "")
      .split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
    guard !secrets.isEmpty else {
      throw Failure(
        "not_connected", "There is no secret to know Buildium's events by.",
        hint: "Set RENTBOOK_BUILDIUM_WEBHOOK_SECRET to the webhook's secret from Buildium; "
          + "several are separated by commas.", exit: .credentials)
    }
    return secrets
  }

  /// Reads where to listen: `ADDRESS:PORT`.
  static func place(_ text: String?) throws(Failure) -> (address: String, port: Int) {
    guard let text else { return ("127.0.0.1", portDefault) }
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { throw .usage("--listen takes ADDRESS:PORT, for example 127.0.0.1:8767, not “\(text)”.") }
    let address = text[..<colon].filter { $0 != "[" && $0 != "]" }
    return (address.isEmpty ? "127.0.0.1" : address, port)
  }
}
