import Domain

/// `rentbook config`: the settings' file, for those who have none yet or wonder which one is read.
enum ConfigCommands {
  static let specs: [CommandSpec] = [
    CommandSpec("config init", "Write a settings file with every setting explained.", run: begin),
    CommandSpec("config path", "Which settings file is read, and whether it is there.", run: tell),
  ]

  private static func path(_ invocation: Invocation) -> String {
    invocation.text("--config")
      ?? Folders(environment: invocation.environment).config + "/config.json"
  }

  private static func begin(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let path = path(invocation)
    try Files.makeFolder(Files.parent(of: path))
    guard try Files.create(SampleConfiguration.text, at: path) else {
      throw Failure(
        "exists", "\(path) is there already; nothing was written.",
        hint: "Edit it, or name another file: rentbook config init --config PATH", exit: .usage)
    }
    if invocation.isJSON {
      Output.document("config init", ["path": .string(path)])
    } else {
      Output.line(TerminalText.harmless("Wrote \(path). Every setting in it is a comment so far."))
    }
    return .done
  }

  private static func tell(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let path = path(invocation)
    let isThere = Files.exists(path)
    if invocation.isJSON {
      Output.document("config path", ["path": .string(path), "exists": .bool(isThere)])
    } else {
      Output.line(TerminalText.harmless(path))
      if !isThere { Output.note("There is no such file yet; `rentbook config init` writes one.") }
    }
    return .done
  }
}
