/// An option a command takes.
struct OptionSpec: Sendable {
  /// With its dashes: `--full`.
  let name: String
  /// What its value is called in the help; nil for an option without one.
  let value: String?
  let help: String
  let isRepeated: Bool

  /// An option without a value.
  init(_ name: String, _ help: String) {
    (self.name, value, isRepeated, self.help) = (name, nil, false, help)
  }

  /// An option with a value.
  init(_ name: String, _ value: String, isRepeated: Bool = false, _ help: String) {
    (self.name, self.value, self.isRepeated, self.help) = (name, value, isRepeated, help)
  }

  /// Options every command takes.
  static let common: [OptionSpec] = [
    OptionSpec("--json", "One JSON document on standard output, nothing else there."),
    OptionSpec("--store", "PATH", "The store to work on."),
    OptionSpec("--config", "PATH", "The configuration file to read."),
    OptionSpec("--quiet", "No progress on standard error."),
    OptionSpec("--help", "Explain the command."),
  ]
}

/// A command, with what it takes and what it does.
struct CommandSpec: Sendable {
  /// The words that name it: `airtable setup`.
  let words: [String]
  /// What may follow: `FILE`, `[ID...]`; for the help and for counting.
  let positionals: String
  let options: [OptionSpec]
  let summary: String
  /// A command for those who work on the program itself: it is not listed.
  var isHidden = false
  let run: @Sendable (Invocation) throws(Failure) -> ExitCode

  /// A command that takes no words of its own.
  init(
    _ words: String, options: [OptionSpec] = [], _ summary: String,
    run: @escaping @Sendable (Invocation) throws(Failure) -> ExitCode
  ) {
    self.init(words, "", options: options, summary, run: run)
  }

  init(
    _ words: String, _ positionals: String, options: [OptionSpec] = [], _ summary: String,
    run: @escaping @Sendable (Invocation) throws(Failure) -> ExitCode
  ) {
    self.words = words.split(separator: " ").map(String.init)
    (self.positionals, self.options) = (positionals, options)
    (self.summary, self.run) = (summary, run)
  }

  /// How many words may follow the name, at least and at most.
  var positionalCount: ClosedRange<Int> {
    let parts = positionals.split(separator: " ")
    let required = parts.count { !$0.hasPrefix("[") }
    return required...(parts.contains { $0.contains("...") } ? Int.max : parts.count)
  }

  /// `rentbook jobs retry [ID...] [--all]`, in lines of 80 columns.
  var usage: String {
    let parts =
      words + (positionals.isEmpty ? [] : [positionals])
      + options.map { "[\($0.name)\($0.value.map { " \($0)" } ?? "")]" }
    var (lines, line) = ([String](), "rentbook")
    for part in parts {
      if line.count + part.count > 68 {
        lines.append(line)
        line = "        " + part
      } else {
        line += " " + part
      }
    }
    return (lines + [line]).joined(separator: "\n  ")
  }
}

/// A command as it was called.
struct Invocation: Sendable {
  /// The words that name the command, joined: the `command` of JSON output.
  let command: String
  let positionals: [String]
  private let options: [String: [String]]
  let environment: [String: String]

  init(
    command: String, positionals: [String] = [], options: [String: [String]] = [:],
    environment: [String: String] = [:]
  ) {
    (self.command, self.positionals) = (command, positionals)
    (self.options, self.environment) = (options, environment)
  }

  /// The same call with another environment.
  func with(environment: [String: String]) -> Invocation {
    Invocation(
      command: command, positionals: positionals, options: options, environment: environment)
  }

  func flag(_ name: String) -> Bool { options[name] != nil }

  /// The last value given for an option.
  func text(_ name: String) -> String? { options[name]?.last }

  /// All values given for an option that may be repeated.
  func texts(_ name: String) -> [String] { options[name] ?? [] }

  /// A whole number within bounds.
  func integer(_ name: String, in bounds: ClosedRange<Int>) throws(Failure) -> Int? {
    guard let text = text(name) else { return nil }
    guard let value = Int(text), bounds.contains(value) else {
      throw .usage(
        "\(name) takes a whole number from \(bounds.lowerBound) to \(bounds.upperBound), "
          + "not “\(text)”.")
    }
    return value
  }

  var isJSON: Bool { flag("--json") }
  var isQuiet: Bool { flag("--quiet") }
}

/// Turns the words of a command line into a command and its invocation, by the table of commands.
struct ArgumentParser {
  let commands: [CommandSpec]
  let families: [CommandTable.Family]

  enum Parsed {
    case run(CommandSpec, Invocation)
    /// Help on a command, or on all that begin with these words.
    case help([String])
  }

  /// - Throws: a usage failure that names the word and says what would be right.
  func parse(_ words: [String], environment: [String: String]) throws(Failure) -> Parsed {
    var rest = words[...]
    // Options may stand before the command's words; only those every command takes.
    var options: [String: [String]] = [:]
    while let word = rest.first, word.hasPrefix("-") {
      rest = rest.dropFirst()
      try take(word, from: &rest, into: &options, known: OptionSpec.common, command: "rentbook")
    }
    let names = rest.prefix { !$0.hasPrefix("-") }
    let candidates = commands.filter { names.starts(with: $0.words) }
    guard let command = candidates.max(by: { $0.words.count < $1.words.count }) else {
      let wantsHelp = options["--help"] != nil || rest.contains("--help") || rest.contains("-h")
      if wantsHelp, names.isEmpty || commands.contains(where: { $0.words.starts(with: names) }) {
        return .help(Array(names))
      }
      throw unknown(Array(names))
    }
    rest = rest.dropFirst(command.words.count)
    let name = command.words.joined(separator: " ")
    var positionals: [String] = []
    var isAfterDashes = false
    while let word = rest.first {
      rest = rest.dropFirst()
      if word == "--", !isAfterDashes {
        isAfterDashes = true
      } else if isAfterDashes || !word.hasPrefix("-") || word == "-" {
        positionals.append(word)
      } else {
        try take(
          word, from: &rest, into: &options, known: command.options + OptionSpec.common,
          command: name)
      }
    }
    if options["--help"] != nil { return .help(command.words) }
    guard command.positionalCount.contains(positionals.count) else {
      throw .usage(
        positionals.count < command.positionalCount.lowerBound
          ? "“rentbook \(name)” needs \(command.positionals)."
          : "“rentbook \(name)” does not take “\(positionals.last ?? "")”.",
        hint: "Usage: \(command.usage)")
    }
    return .run(
      command,
      Invocation(
        command: name, positionals: positionals, options: options, environment: environment))
  }

  private func take(
    _ word: String, from rest: inout ArraySlice<String>, into options: inout [String: [String]],
    known: [OptionSpec], command: String
  ) throws(Failure) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts[0] == "-h" ? "--help" : String(parts[0])
    guard let option = known.first(where: { $0.name == name }) else {
      let near = known.map(\.name).filter { $0.hasPrefix(name) || name.hasPrefix($0) }
      throw .usage(
        "“\(command)” has no option \(name).",
        hint: near.isEmpty
          ? "Its options: \(known.map(\.name).joined(separator: " "))"
          : "Did you mean \(near.joined(separator: " or "))?")
    }
    guard let valueName = option.value else {
      guard parts.count == 1 else { throw .usage("\(name) takes no value.") }
      options[name] = [""]
      return
    }
    let value: String
    if parts.count == 2 {
      value = String(parts[1])
    } else if let next = rest.first {
      value = next
      rest = rest.dropFirst()
    } else {
      throw .usage("\(name) needs a value: \(name) \(valueName).")
    }
    if option.isRepeated {
      options[name, default: []].append(value)
    } else {
      options[name] = [value]
    }
  }

  private func unknown(_ names: [String]) -> Failure {
    let first = names.first ?? ""
    let below = commands.filter { $0.words.first == first }
    if !below.isEmpty {
      return .usage(
        "“rentbook \(names.joined(separator: " "))” is not a command.",
        hint: "There are: \(below.map { $0.words.joined(separator: " ") }.joined(separator: ", "))")
    }
    let near = families.map(\.name).filter { $0.hasPrefix(first.prefix(2)) }
    return .usage(
      "There is no command “\(first)”.",
      hint: (near.isEmpty ? "" : "Did you mean \(near.joined(separator: " or "))? ")
        + "`rentbook --help` lists the commands.")
  }

  /// The help text for a command with what belongs to it, or, for no command, for all families.
  func help(_ words: [String]) -> String {
    let below = commands.filter {
      !$0.isHidden && !words.isEmpty && $0.words.starts(with: words) && $0.words != words
    }
    if let command = commands.first(where: { $0.words == words }) {
      let options = (command.options + OptionSpec.common).map {
        ($0.name + ($0.value.map { " \($0)" } ?? ""), $0.help)
      }
      return
        ([command.summary, "", "Usage:", "  " + command.usage, ""] + columns(options)
        + (below.isEmpty ? [] : ["", "Also:"] + columns(below.map(entry))))
        .joined(separator: "\n")
    }
    if !below.isEmpty { return columns(below.map(entry)).joined(separator: "\n") }
    var lines = [
      "Rentbook keeps Buildium, Airtable and a local store in step.", "",
      "Usage: rentbook [COMMAND] [OPTIONS]    without a command: the full screen",
    ]
    var group = ""
    for family in families {
      if family.group != group {
        group = family.group
        lines += ["", "\(group):"]
      }
      lines += columns([(family.name, family.summary)], width: 14)
    }
    lines += [
      "", "`rentbook COMMAND --help` tells what a command takes and what belongs to it.",
      "Every command takes --json --store PATH --config PATH --quiet --help.",
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but something waits for a person,",
      "4 credentials missing or refused, 5 service unreachable or quota spent, 130 interrupted.",
    ]
    return lines.joined(separator: "\n")
  }

  private func entry(_ command: CommandSpec) -> (String, String) {
    let positionals = command.positionals.isEmpty ? [] : [command.positionals]
    return ((command.words + positionals).joined(separator: " "), command.summary)
  }

  /// Names on the left, as wide as the widest that is not absurd, what they mean on the right.
  private func columns(_ rows: [(name: String, meaning: String)], width: Int? = nil) -> [String] {
    let width = width ?? min(rows.map(\.name.count).max() ?? 0, 36) + 2
    return rows.map { row in
      "  " + row.name + String(repeating: " ", count: max(2, width - row.name.count)) + row.meaning
    }
  }
}
