import Domain
import Reports
import Storage

/// `rentbook close`: the checks of a month, and making it final.
enum CloseCommand {
  static let spec = CommandSpec(
    "close",
    options: [
      MonthOptions.month,
      OptionSpec("--check", "Show what holds the month up (what it does unless told otherwise)."),
      OptionSpec(
        "--prepare", "The month-end run: the checks, and a message for whoever finalises."),
      OptionSpec("--override", "GATE", "Go on in spite of a check; needs --reason."),
      OptionSpec("--finalize", "Keep the figures as a version, declare the draws, lock the month."),
      OptionSpec("--reopen", "Open a final month again; needs --reason."),
      OptionSpec("--reason", "TEXT", "Why."),
      OptionSpec("--user", "NAME", "Who acts; else RENTBOOK_USER."),
      OptionSpec("--history", "Show every run of the month's close."),
    ], "Check a month and make it final.", run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let month = try MonthOptions.month(invocation)
    let actions = ["--check", "--prepare", "--override", "--finalize", "--reopen", "--history"]
      .filter { invocation.flag($0) }
    guard actions.count <= 1 else {
      throw .usage("\(actions.joined(separator: " and ")) cannot be asked for together.")
    }
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let actor = MonthOptions.actor(invocation, workspace)
    switch actions.first {
    case "--override": return try override(invocation, workspace, month, actor)
    case "--finalize": return try finalize(invocation, workspace, month, actor)
    case "--reopen": return try reopen(invocation, workspace, month, actor)
    case "--history": return try history(invocation, workspace, month)
    default: return try check(invocation, workspace, month, actor)
    }
  }

  // MARK: Checks

  private static func check(
    _ invocation: Invocation, _ workspace: Workspace, _ month: CalendarMonth, _ actor: String
  ) throws(Failure) -> ExitCode {
    let state: CloseState
    if invocation.flag("--prepare") {
      state = try workspace.prepareMonth(month, actor: actor).state
    } else {
      // A service that does not answer holds no check up: the note says when it did last.
      do throws(Failure) { try workspace.tieOut(month) } catch {
        if !invocation.isQuiet { Output.note("! \(error.message)") }
      }
      state = try self.state(workspace, month)
      try workspace.onStore { store throws(StorageError) in
        try store.noteCloseCheck(state, actor: actor)
      }
    }
    show(invocation, state, outcome: state.isReady ? "ready" : "not_ready")
    return state.isReady ? .done : .needsPerson
  }

  private static func state(_ workspace: Workspace, _ month: CalendarMonth) throws(Failure)
    -> CloseState
  {
    try workspace.onStore { store throws(StorageError) in try store.closeState(month) }
  }

  private static func show(_ invocation: Invocation, _ state: CloseState, outcome: String) {
    if invocation.isJSON {
      Output.document("close", json(state, outcome: outcome))
      return
    }
    Output.line(
      "\(state.month): \(state.state)"
        + (state.finalized.map { ", version \(state.version) by \($0.actor), \($0.at)" } ?? ""))
    for gate in state.gates {
      let mark = gate.gate.passes ? "ok " : gate.override == nil ? "NO " : "by hand "
      Output.line("\(mark)\(gate.gate.kind.rawValue): \(gate.gate.kind.title)")
      for finding in gate.gate.findings { line("    ", finding) }
      for note in gate.gate.notes { line("    (worth a look) ", note) }
      if let override = gate.override {
        Output.line(
          TerminalText.harmless("    \(override.actor) decided to go on: \(override.reason)"))
      }
    }
    for row in state.restatements {
      Output.line(
        TerminalText.harmless(
          "restated: \(state.ledger.properties[row.property].name), \(row.period): declared "
            + "\(row.declared), now \(row.now); the next draw counts \(row.now - row.declared)"))
    }
  }

  private static func line(_ lead: String, _ finding: CloseGate.Finding) {
    let record = finding.record.isEmpty ? "" : " [\(finding.record)]"
    Output.line(TerminalText.harmless(lead + finding.text + record))
  }

  private static func json(_ state: CloseState, outcome: String) -> JSONObject {
    func rows(_ findings: [CloseGate.Finding]) -> JSONValue {
      .array(findings.map { ["record": .string($0.record), "text": .string($0.text)] })
    }
    return [
      "month": .string(state.month.description), "outcome": .string(outcome),
      "state": .string(state.state), "version": .int(state.version),
      "finalized_by": .optional(state.finalized?.actor),
      "finalized_at": .optional(state.finalized?.at.description),
      "ready": .bool(state.isReady), "inputs_hash": .string(state.inputsHash),
      "gates": .array(
        state.gates.map { gate in
          [
            "gate": .string(gate.gate.kind.rawValue), "title": .string(gate.gate.kind.title),
            "state": .string(
              gate.gate.passes ? "passed" : gate.override == nil ? "failed" : "overridden"),
            "count": .int(gate.gate.findings.count), "rows": rows(gate.gate.findings),
            "notes": rows(gate.gate.notes), "overridden_by": .optional(gate.override?.actor),
            "reason": .optional(gate.override?.reason),
          ]
        }),
      "restatements": .array(
        state.restatements.map {
          [
            "property_id": MonthOptions.id(state.ledger.properties[$0.property].id),
            "from": .string($0.period.from.description), "to": .string($0.period.to.description),
            "declared_noi": .money($0.declared), "noi": .money($0.now),
            "difference": .money($0.now - $0.declared),
          ]
        }),
    ]
  }

  // MARK: Deciding

  private static func reason(_ invocation: Invocation) throws(Failure) -> String {
    guard let reason = invocation.text("--reason"), !reason.isEmpty else {
      throw .usage("This needs --reason TEXT: it is kept in the month's history.")
    }
    return reason
  }

  private static func override(
    _ invocation: Invocation, _ workspace: Workspace, _ month: CalendarMonth, _ actor: String
  ) throws(Failure) -> ExitCode {
    let reason = try reason(invocation)
    guard let gate = try MonthOptions.choice(invocation, "--override", CloseGate.Kind.self) else {
      throw .usage("--override needs a check's name.")
    }
    let outcome = try workspace.onStore { store throws(StorageError) in
      try store.overrideGate(gate, month: month, reason: reason, actor: actor)
    }
    if case .refused(let why) = outcome { throw refused(why) }
    let state = try state(workspace, month)
    show(invocation, state, outcome: "overridden")
    return state.isReady ? .done : .needsPerson
  }

  private static func finalize(
    _ invocation: Invocation, _ workspace: Workspace, _ month: CalendarMonth, _ actor: String
  ) throws(Failure) -> ExitCode {
    let outcome = try workspace.onStore { store throws(StorageError) in
      try store.finalizeMonth(month, actor: actor)
    }
    switch outcome {
    case .refused(let why): throw refused(why)
    case .notReady(let state):
      show(invocation, state, outcome: "not_ready")
      return .needsPerson
    case .finalized: show(invocation, try state(workspace, month), outcome: "finalized")
    case .unchanged: show(invocation, try state(workspace, month), outcome: "unchanged")
    case .reopened: break
    }
    return .done
  }

  private static func reopen(
    _ invocation: Invocation, _ workspace: Workspace, _ month: CalendarMonth, _ actor: String
  ) throws(Failure) -> ExitCode {
    let reason = try reason(invocation)
    let outcome = try workspace.onStore { store throws(StorageError) in
      try store.reopenMonth(month, reason: reason, actor: actor)
    }
    if case .refused(let why) = outcome { throw refused(why) }
    show(invocation, try state(workspace, month), outcome: "reopened")
    return .done
  }

  private static func refused(_ why: String) -> Failure {
    Failure("refused", why, hint: "`rentbook close --month YYYY-MM --check` shows where it stands.")
  }

  private static func history(
    _ invocation: Invocation, _ workspace: Workspace, _ month: CalendarMonth
  ) throws(Failure) -> ExitCode {
    let runs = try workspace.onStore { store throws(StorageError) in try store.closeHistory(month) }
    if invocation.isJSON {
      Output.document(
        "close",
        [
          "month": .string(month.description),
          "runs": .array(
            runs.map {
              [
                "at": .string($0.at.description), "actor": .string($0.actor),
                "action": .string($0.action), "outcome": .string($0.outcome),
                "reason": .optional($0.reason),
              ]
            }),
        ])
    } else {
      Output.table(
        ["At", "Who", "What", "Outcome", "Reason"],
        runs.map { [$0.at.description, $0.actor, $0.action, $0.outcome, $0.reason ?? ""] })
    }
    return .done
  }
}

extension MonthOptions {
  /// Who acts: the option, else the configuration.
  static func actor(_ invocation: Invocation, _ workspace: Workspace) -> String {
    invocation.text("--user") ?? workspace.configuration.user
  }
}
