import Domain
import Storage

/// `rentbook backup`, `restore`, `check`: care of the store.
enum StoreCommands {
  static let specs = [
    CommandSpec(
      "backup", "FILE", "Make a checked copy of the store while it is in use.", run: backup),
    CommandSpec(
      "restore", "FILE", "Put a checked copy in the store's place; the old one is kept aside.",
      run: restore),
    CommandSpec("check", "Look for damage and for rules that do not hold.", run: check),
  ]

  private static func backup(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let path = invocation.positionals[0]
    try workspace.onStore { store throws(StorageError) in try store.backup(to: path) }
    return done(invocation, ["file": .string(path)], "The store was copied to \(path) and checked.")
  }

  private static func restore(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let configuration = try Configuration(invocation)
    let file = invocation.positionals[0]
    let kept: String?
    do throws(StorageError) {
      kept = try Store.restore(from: file, to: configuration.storePath)
    } catch { throw Failure(error) }
    return done(
      invocation, ["file": .string(file), "kept": .optional(kept)],
      "The store was restored from \(file)."
        + (kept.map { " What stood there is kept as \($0)." } ?? ""))
  }

  private static func check(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let findings = try workspace.onStore { store throws(StorageError) in try store.check() }
    let tables = try workspace.onStore { store throws(StorageError) in try store.tableCounts() }
    if invocation.isJSON {
      var counts = JSONObject()
      for (table, count) in tables { counts[table] = .int(count) }
      Output.document(
        "check",
        JSONObject([
          "findings": .array(
            findings.map { ["rule": .string($0.rule), "message": .string($0.message)] }),
          "tables": .object(counts),
        ]))
    } else if findings.isEmpty {
      Output.line("The store is whole: \(tables.count) tables, every rule holds.")
    } else {
      for finding in findings { Output.line("! \(finding.rule): \(finding.message)") }
    }
    return findings.isEmpty ? .done : .needsPerson
  }

  static func done(
    _ invocation: Invocation, _ members: JSONObject, _ sentence: String
  ) -> ExitCode {
    if invocation.isJSON {
      Output.document(invocation.command, members)
    } else {
      Output.line(TerminalText.harmless(sentence))
    }
    return .done
  }
}
