import Domain
import Storage

/// `rentbook audit`: the trail of what people did, and whether it is whole.
enum AuditCommands {
  private static let limitDefault = 1000
  private static let limitMax = 1_000_000

  static let specs: [CommandSpec] = [
    CommandSpec(
      "audit", "[ID]", options: [OptionSpec("--limit", "N", "So many steps at most.")],
      "What people did, oldest first.", run: list),
    CommandSpec(
      "audit list", "[ID]", options: [OptionSpec("--limit", "N", "So many steps at most.")],
      "What people did, oldest first.", run: list),
    CommandSpec("audit verify", "Look whether the trail was changed.", run: verify),
  ]

  static func list(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let limit = try invocation.integer("--limit", in: 1...limitMax) ?? limitDefault
      var subject: String?
      if let text = invocation.positionals.first {
        let known = try caller.workspace.onStore { store throws(StorageError) in
          try store.billID(text)
        }
        // A bill that was deleted is in the trail under its id, and so are deposits and users.
        subject = known ?? text
      }
      let asked = subject
      let events = try caller.workspace.onStore { store throws(StorageError) in
        try store.auditEvents(subject: asked, limit: limit)
      }
      if let text = invocation.positionals.first, events.isEmpty {
        throw .usage("Nothing is known of “\(text)”.", hint: "`rentbook audit list` shows all.")
      }
      if invocation.isJSON {
        Output.document(
          invocation.command,
          ["events": .array(events.map { .object(BillsOutput.event($0)) })])
      } else {
        BillsOutput.steps(events)
      }
      return .done
    }
  }

  private static func verify(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let verification = try caller.workspace.onStore { store throws(StorageError) in
        try store.verifyAudit()
      }
      if invocation.isJSON {
        Output.document(
          invocation.command,
          [
            "steps": .int(verification.steps), "head": .string(verification.head),
            "whole": .bool(verification.findings.isEmpty),
            "findings": .array(verification.findings.map { .string($0) }),
          ])
      } else if verification.findings.isEmpty {
        Output.line("The trail is whole: \(verification.steps) steps.")
      } else {
        for finding in verification.findings { Output.line("! \(finding)") }
      }
      return verification.findings.isEmpty ? .done : .needsPerson
    }
  }
}
