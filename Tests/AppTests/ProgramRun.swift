import Domain
import FoundationEssentials
import Glibc

/// The built program as another program calls it: words in, a document and an exit code out.
struct ProgramRun {
  struct Failed: Error, CustomStringConvertible { let description: String }

  let exit: Int32
  let output: String

  /// The document on standard output.
  var json: JSONValue { (try? JSONValue(parsing: output)) ?? .null }
  /// The code of the error in the document; nil when there is none.
  var errorCode: String? { json["error"]?["code"]?.string }

  /// Runs the program in a home of its own until it ends.
  init(_ words: [String], home: String, user: String? = nil) throws {
    let file = home + "-output-\(UInt64.random(in: 0 ... .max))"
    defer { unlink(file) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var variables = ["RENTBOOK_HOME=\(home)", "PATH=/usr/bin:/bin", "LANG=C.UTF-8"]
    if let user { variables.append("RENTBOOK_USER=\(user)") }
    var arguments = ([PseudoTerminal.program] + words).map { strdup($0) } + [nil]
    var environment = variables.map { strdup($0) } + [nil]
    defer { for pointer in arguments + environment { free(pointer) } }
    var process = pid_t()
    let code = posix_spawn(
      &process, PseudoTerminal.program, &actions, nil, &arguments, &environment)
    guard code == 0 else { throw Failed(description: String(cString: strerror(code))) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    guard status & 0x7F == 0 else { throw Failed(description: "ended by signal \(status & 0x7F)") }
    exit = (status >> 8) & 0xFF
    output = String(
      decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
  }
}
