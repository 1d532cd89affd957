import Background
import Domain
import Glibc
import Storage
import Sync

/// `rentbook connect`, `connections`: credentials, checked before they are kept.
enum ConnectCommands {
  static let specs = [
    CommandSpec(
      "connect", "SERVICE",
      options: [
        OptionSpec("--client-id", "ID", "Buildium's client id; the secret is asked for."),
        OptionSpec("--base", "ID", "The Airtable base; the token is asked for."),
      ], "Connect buildium or airtable: asks, checks, keeps sealed.", run: connect),
    CommandSpec("connections", "The services that are connected.", run: list),
    CommandSpec("connections list", "The services that are connected.", run: list),
    CommandSpec(
      "connections test", "[SERVICE]", "Ask each service whether it lets us in.", run: test),
    CommandSpec("connections disconnect", "SERVICE", "Forget the credentials.", run: disconnect),
  ]

  private static func service(_ name: String) throws(Failure) -> Service {
    guard let service = Service(rawValue: name.lowercased()),
      service == .buildium || service == .airtable
    else { throw .usage("“\(name)” cannot be connected; there are buildium and airtable.") }
    return service
  }

  private static func connect(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let service = try service(invocation.positionals[0])
    var environment = invocation.environment
    var credentials = JSONObject()
    if service == .buildium {
      let id = try given(
        invocation.text("--client-id") ?? environment["RENTBOOK_BUILDIUM_CLIENT_ID"],
        or: "Buildium client id")
      let secret = try given(
        environment["RENTBOOK_BUILDIUM_CLIENT_SECRET"], or: "Buildium client secret", hidden: true)
      credentials = ["client_id": .string(id), "client_secret": .string(secret)]
      environment["RENTBOOK_BUILDIUM_CLIENT_ID"] = id
      environment["RENTBOOK_BUILDIUM_CLIENT_SECRET"] = secret
    } else {
      let base = try given(
        invocation.text("--base") ?? environment["RENTBOOK_AIRTABLE_BASE"],
        or: "Airtable base (app…)")
      let token = try given(
        environment["RENTBOOK_AIRTABLE_TOKEN"], or: "Airtable token (pat…)", hidden: true)
      credentials = ["base": .string(base), "token": .string(token)]
      environment["RENTBOOK_AIRTABLE_BASE"] = base
      environment["RENTBOOK_AIRTABLE_TOKEN"] = token
    }
    // What was just given is used for the check, whatever the environment held.
    let workspace = try Workspace(
      invocation.with(environment: environment), cancellation: Interruption.install())
    defer { workspace.close() }
    let sentence = try verify(service, workspace)
    let text = JSONValue.object(credentials).text
    try workspace.onStore { store throws(StorageError) in
      try store.connect(service, credentials: text)
    }
    return StoreCommands.done(
      invocation, ["service": .string(service.rawValue), "account": .string(sentence)],
      "\(service.title) is connected: \(sentence)")
  }

  /// What was given, else what a person answers.
  private static func given(
    _ value: String?, or question: String, hidden: Bool = false
  ) throws(Failure) -> String {
    if let value { return value }
    return try Prompt.ask(question, hidden: hidden)
  }

  private static func verify(_ service: Service, _ workspace: Workspace) throws(Failure) -> String {
    let provider: any Provider =
      service == .buildium ? try workspace.buildium() : try workspace.airtable()
    do throws(ProviderError) {
      return try provider.verify(workspace.cancellation)
    } catch { throw Failure(error) }
  }

  private static func list(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let kept = try workspace.onStore { store throws(StorageError) in try store.connections() }
    var rows: [(service: Service, source: String, since: Instant?)] = []
    for service in [Service.buildium, .airtable] where try workspace.isConnected(service) {
      let since = kept.first { $0.service == service }?.since
      rows.append((service, since == nil ? "environment" : "store", since))
    }
    if invocation.isJSON {
      Output.document(
        "connections",
        [
          "connections": .array(
            rows.map {
              [
                "service": .string($0.service.rawValue), "source": .string($0.source),
                "since": .optional($0.since?.description),
              ]
            })
        ])
    } else if rows.isEmpty {
      Output.line("Nothing is connected yet: `rentbook connect buildium`, then `airtable`.")
    } else {
      for row in rows { Output.line("\(row.service.title)  (\(row.source))") }
    }
    return .done
  }

  private static func test(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation, cancellation: Interruption.install())
    defer { workspace.close() }
    var services = [Service.buildium, .airtable]
    if let name = invocation.positionals.first { services = [try service(name)] }
    var rows: [JSONValue] = []
    var worst: Failure?
    for service in services {
      do throws(Failure) {
        let sentence = try verify(service, workspace)
        rows.append(
          ["service": .string(service.rawValue), "ok": true, "message": .string(sentence)])
        if !invocation.isJSON { Output.line("✓ \(TerminalText.harmless(sentence))") }
      } catch {
        rows.append(
          ["service": .string(service.rawValue), "ok": false, "message": .string(error.message)])
        if !invocation.isJSON { Output.failure(error, json: false) }
        worst = worst ?? error
      }
    }
    if invocation.isJSON { Output.document("connections test", ["connections": .array(rows)]) }
    return worst?.exit ?? .done
  }

  private static func disconnect(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let service = try service(invocation.positionals[0])
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let wasThere = try workspace.onStore { store throws(StorageError) in
      try store.disconnect(service)
    }
    return StoreCommands.done(
      invocation, ["service": .string(service.rawValue), "was_connected": .bool(wasThere)],
      wasThere
        ? "The credentials of \(service.title) are forgotten; its records stay."
        : "\(service.title) was not connected.")
  }
}

/// Questions to a person at a terminal.
enum Prompt {
  /// Asks for a line; a hidden one is not echoed.
  ///
  /// - Throws: a usage failure when there is nobody to ask.
  static func ask(_ question: String, hidden: Bool = false) throws(Failure) -> String {
    guard isatty(STDIN_FILENO) == 1 else {
      throw .usage(
        "\(question) is needed and there is no terminal to ask at.",
        hint: "Give it by the environment; `rentbook connect --help` tells more.")
    }
    Output.write("\(question): ", to: STDERR_FILENO)
    var before = termios()
    tcgetattr(STDIN_FILENO, &before)
    if hidden {
      var silent = before
      silent.c_lflag &= ~tcflag_t(ECHO)
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
    }
    defer {
      if hidden {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
        Output.write("\n", to: STDERR_FILENO)
      }
    }
    let answer = readLine(strippingNewline: true) ?? ""
    guard !answer.isEmpty else { throw .usage("\(question) was not given.") }
    return answer
  }
}
