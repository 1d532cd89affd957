import Domain
import FoundationEssentials
import Glibc
import Sandbox
import Testing

/// The program as a person meets it: in a terminal, on the services it brings along.
@Suite("The demo in a terminal", .serialized)
struct DemoTests {
  /// A home of the test's own, gone with it.
  final class Home {
    let path = "/tmp/rentbook-home-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  func open(
    _ home: Home, _ arguments: [String] = [], rows: Int = 28, columns: Int = 100,
    environment: [String: String] = [:]
  ) throws -> PseudoTerminal {
    try PseudoTerminal(
      ["demo", "--properties", "3", "--months", "2", "--no-limits", "--still"] + arguments,
      environment: ["RENTBOOK_HOME": home.path, "SWIFT_BACKTRACE": "interactive=no"]
        .merging(environment) { $1 }, rows: rows, columns: columns)
  }

  @Test("it shows its first frame, syncs by itself, and every resource ends in step")
  func firstSync() throws {
    let home = Home()
    let terminal = try open(home)
    try terminal.wait(for: "Transactions")
    try terminal.wait("all nine in step", seconds: 90) { screen in
      screen.text.components(separatedBy: "in step").count > 9
    }
    try terminal.wait(for: "In step:", seconds: 60)
    #expect(!terminal.screen.text.contains("refused"))
    terminal.press("q")
    #expect(try terminal.waitForExit() == 0)
    #expect(terminal.leftOver() == [])
  }

  @Test("a sync can be paused and goes on", .timeLimit(.minutes(3)))
  func pausing() throws {
    let home = Home()
    let terminal = try PseudoTerminal(
      ["demo", "--properties", "6", "--months", "2", "--still"],
      environment: ["RENTBOOK_HOME": home.path], rows: 28, columns: 100)
    try terminal.wait(for: "first sync", seconds: 60)
    terminal.press("p")
    try terminal.wait(for: "Syncing is paused")
    terminal.press("p")
    try terminal.wait("the pause is over") { !$0.text.contains("Syncing is paused") }
    terminal.press("c")
    try terminal.wait(for: "goes on from there", seconds: 60)
    terminal.press("q")
    #expect(try terminal.waitForExit() == 0)
  }

  @Test("help lists the keys, the palette the actions", arguments: [(24, 80), (40, 120)])
  func help(_ rows: Int, _ columns: Int) throws {
    let home = Home()
    let terminal = try open(home, rows: rows, columns: columns)
    try terminal.wait(for: "Transactions")
    terminal.press("?")
    try terminal.wait("the help") {
      $0.text.lowercased().contains("sync") && $0.text.contains("Esc")
    }
    terminal.press("\u{1B}")
    try terminal.wait(for: "? help")
    terminal.signal(SIGTERM)
    #expect(try terminal.waitForExit() == 128 + SIGTERM)
    #expect(terminal.leftOver() == [])
  }

  @Test(
    "a signal that ends it leaves the terminal as it was", arguments: [SIGTERM, SIGINT, SIGHUP])
  func signals(_ number: Int32) throws {
    let home = Home()
    let terminal = try open(home)
    try terminal.wait(for: "Transactions")
    #expect(terminal.leftOver() != [])
    terminal.signal(number)
    #expect(try terminal.waitForExit() == 128 + number)
    #expect(terminal.leftOver() == [])
  }

  @Test("a crash leaves the terminal as it was", arguments: [SIGSEGV, SIGABRT])
  func crash(_ number: Int32) throws {
    let home = Home()
    let terminal = try open(home, environment: ["SWIFT_BACKTRACE": "enable=no"])
    try terminal.wait(for: "Transactions")
    terminal.signal(number)
    #expect(try terminal.waitForExit() == 128 + number)
    #expect(terminal.leftOver() == [])
  }

  @Test("a record that is refused stands there with the reason, and can be tried again")
  func deadLetter() throws {
    let sides = try TwoSides(isInStep: false)
    let (airtable, environment) = (sides.airtable, sides.environment)
    #expect(try sides.run("airtable", "setup").code == 0)
    // Somebody pasted a row twice: which one is meant is a question for a person.
    let key = JSONObject(["Rentbook Key": "buildium/rentals/1", "Name": "Pasted"])
    let first = try airtable.insert(table: "Properties", fields: key)
    _ = try airtable.insert(table: "Properties", fields: key)
    let terminal = try PseudoTerminal([], environment: environment, rows: 30, columns: 120)
    try terminal.wait(for: "never synced")
    terminal.press("s")
    try terminal.wait(for: "Property 1", seconds: 90)
    try terminal.wait(for: "Two rows", seconds: 60)
    try terminal.wait(for: "wait for you", seconds: 90)
    try airtable.remove(table: "Properties", recordKey: first)
    terminal.press("r")
    try terminal.wait("the property is in step", seconds: 90) { screen in
      screen.text.split(separator: "\n").contains {
        $0.contains("Properties") && $0.contains("in step")
      }
    }
    terminal.press("q")
    #expect(try terminal.waitForExit() == 0)
    #expect(terminal.leftOver() == [])
  }

  @Test("without a terminal it says so and exits with 2")
  func noTerminal() throws {
    let home = Home()
    let process = try Command.run(["demo"], environment: ["RENTBOOK_HOME": home.path])
    #expect(process.code == 2)
    #expect(process.error.contains("no terminal"))
  }
}

/// A command of the built program, run to its end without a terminal.
struct Command {
  let code: Int32
  let output: String
  let error: String

  static func run(
    _ arguments: [String], environment: [String: String] = [:],
    program: String = PseudoTerminal.program
  ) throws -> Command {
    var out: [Int32] = [0, 0]
    var err: [Int32] = [0, 0]
    pipe(&out)
    pipe(&err)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, out[1], 1)
    posix_spawn_file_actions_adddup2(&actions, err[1], 2)
    for descriptor in out + err { posix_spawn_file_actions_addclose(&actions, descriptor) }
    var variables = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"]
    variables.merge(environment) { $1 }
    let argv = ([program] + arguments).map { strdup($0) } + [nil]
    let envp = variables.map { strdup("\($0)=\($1)") } + [nil]
    var child: pid_t = 0
    let result = posix_spawn(&child, program, &actions, nil, argv, envp)
    for pointer in argv + envp { free(pointer) }
    posix_spawn_file_actions_destroy(&actions)
    close(out[1])
    close(err[1])
    guard result == 0 else {
      throw PseudoTerminal.Timeout(
        description: "cannot start: \(String(cString: strerror(result)))")
    }
    let output = readAll(out[0])
    let error = readAll(err[0])
    var status: Int32 = 0
    waitpid(child, &status, 0)
    return Command(
      code: status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F), output: output,
      error: error)
  }

  private static func readAll(_ descriptor: Int32) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      bytes += buffer[..<count]
    }
    close(descriptor)
    return String(decoding: bytes, as: UTF8.self)
  }
}
