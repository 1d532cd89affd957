import Background
import Glibc

/// The program: reads the command line, runs one command, says how it ended.
@main
struct Main {
  static func main() {
    // A reader that goes away must not kill us in the middle of a write.
    signal(SIGPIPE, SIG_IGN)
    Memory.shareOneArena()
    setlocale(LC_ALL, "")
    exit(run(Array(CommandLine.arguments.dropFirst()), environment: environment()).rawValue)
  }

  static func run(_ words: [String], environment: [String: String]) -> ExitCode {
    let wantsJSON = words.contains("--json")
    let parser = ArgumentParser(commands: CommandTable.all, families: CommandTable.families)
    do throws(Failure) {
      let called = words.first == "help" ? words.dropFirst() + ["--help"] : words
      let isScreen = called.allSatisfy { $0.hasPrefix("-") && !["--help", "-h"].contains($0) }
      switch try parser.parse(isScreen ? ["screen"] + called : called, environment: environment) {
      case .help(let command):
        Output.line(parser.help(command))
        return .done
      case .run(let command, let invocation):
        return try command.run(invocation)
      }
    } catch {
      Output.failure(error, json: wantsJSON)
      return error.exit
    }
  }

  private static func environment() -> [String: String] {
    var result: [String: String] = [:]
    var pointer = environ
    while let entry = pointer.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        result[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      pointer += 1
    }
    return result
  }
}
