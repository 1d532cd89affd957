import Domain
import FoundationEssentials
import Glibc
import Sandbox
import Testing

/// What only a terminal shows: sizes, colours, bytes, time, the clipboard, the settings' file.
@Suite("The screen in a terminal", .serialized)
struct ScreenInTerminalTests {
  /// A store with a small portfolio, made once.
  private static let seeded: [String: String] = {
    let home = "/tmp/rentbook-seeded-\(getpid())"
    let today = CalendarDate(daysSince1970: 20_700)
    let buildium = SandboxBuildium(
      Portfolio(PortfolioOptions(properties: 4, units: 12, months: 3, seed: 1, today: today)))
    let airtable = SandboxAirtable()
    guard let first = try? buildium.start(), let second = try? airtable.start() else { return [:] }
    defer {
      first.stop()
      second.stop()
      for url in [first.url, second.url] { keepRefusing(url) }
    }
    let environment = [
      "RENTBOOK_HOME": home, "RENTBOOK_BUILDIUM_URL": first.url,
      "RENTBOOK_BUILDIUM_CLIENT_ID": buildium.options.clientId,
      "RENTBOOK_BUILDIUM_CLIENT_SECRET": buildium.options.clientSecret,
      "RENTBOOK_AIRTABLE_URL": second.url, "RENTBOOK_AIRTABLE_TOKEN": airtable.options.token,
      "RENTBOOK_AIRTABLE_BASE": airtable.options.baseID, "RENTBOOK_BUILDIUM_RATE": "10",
    ]
    _ = try? Command.run(["airtable", "setup"], environment: environment)
    _ = try? Command.run(["sync"], environment: environment)
    return environment
  }()

  /// Keeps the port of a server that was stopped, so that it refuses connections for good: else a
  /// server of another test may be given it.
  private static func keepRefusing(_ url: String) {
    guard let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else { return }
    let held = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var yes: Int32 = 1
    setsockopt(held, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let isHeld = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(held, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    #expect(isHeld, "port \(port): errno \(errno)")
  }

  private func open(
    _ arguments: [String] = [], rows: Int = 24, columns: Int = 80,
    environment: [String: String] = [:]
  ) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(
      ["screen"] + arguments, environment: Self.seeded.merging(environment) { $1 }, rows: rows,
      columns: columns)
    try terminal.wait(for: "Transactions")
    return terminal
  }

  private func end(_ terminal: PseudoTerminal) throws {
    terminal.press("q")
    #expect(try terminal.waitForExit() == 0)
    #expect(terminal.leftOver() == [])
  }

  @Test("the Ledger walks from a property to its leases and back")
  func ledger() throws {
    let terminal = try open()
    terminal.press("5")
    try terminal.wait(for: "Properties  4")
    terminal.press("\r")
    try terminal.wait(for: "Properties › ")
    terminal.press("\u{1B}")
    try terminal.wait(for: "Properties  4")
    terminal.press("/zzz")
    try terminal.wait(for: "0 of 4")
    terminal.press("\u{1B}")
    try terminal.wait(for: "Properties  4")
    try end(terminal)
  }

  @Test("Esc alone is a key: nothing has to follow it")
  func escape() throws {
    let terminal = try open()
    terminal.press("?")
    try terminal.wait(for: "type to search")
    terminal.press("\u{1B}")
    try terminal.wait(for: "? help")
    try end(terminal)
  }

  @Test("a storm of sizes ends in the right picture, and the smallest do not break it")
  func resizing() throws {
    let terminal = try open()
    for step in 0..<60 {
      terminal.resize(rows: 1 + step * 7 % 60, columns: 1 + step * 13 % 180)
    }
    terminal.resize(rows: 1, columns: 1)
    terminal.settle()
    terminal.resize(rows: 10, columns: 40)
    try terminal.wait(for: "terminal too small (40x10, need 60x20)")
    terminal.resize(rows: 24, columns: 80)
    try terminal.wait(for: "? help")
    try terminal.wait(for: "Rent payments")
    try end(terminal)
  }

  @Test("a key pressed before the terminal shrank counts for what was on the screen then")
  func keyBeforeSize() throws {
    let terminal = try open()
    terminal.press("?")
    try terminal.wait(for: "type to search")
    // Stopped, the program finds the key and the smaller size at the same time.
    terminal.signal(SIGSTOP)
    terminal.press("\u{1B}")
    terminal.resize(rows: 10, columns: 40)
    terminal.signal(SIGCONT)
    try terminal.wait(for: "terminal too small")
    terminal.resize(rows: 24, columns: 80)
    #expect(try !terminal.wait(for: "? help").text.contains("type to search"))
    try end(terminal)
  }

  @Test("a key sends few bytes, and never clears the screen") func bytes() throws {
    let terminal = try open()
    terminal.press("5")
    try terminal.wait(for: "Properties  4")
    terminal.settle()
    _ = terminal.takeOutput()
    let start = try #require(terminal.selectedRow)
    for (key, row) in [("j", start + 1), ("j", start + 2), ("k", start + 1)] {
      terminal.press(key)
      try terminal.wait("row \(row) is selected") { _ in terminal.selectedRow == row }
      let output = terminal.takeOutput()
      #expect(!output.isEmpty && output.utf8.count <= 2048, "\(output.utf8.count) bytes")
      #expect(!output.contains("\u{1B}[2J") && !output.contains("\u{1B}[H\u{1B}[J"))
    }
    try end(terminal)
  }

  @Test("an idle screen uses no processor time") func idle() throws {
    let home = DemoTests.Home()
    let terminal = try PseudoTerminal([], environment: ["RENTBOOK_HOME": home.path])
    try terminal.wait(for: "Nothing is connected yet")
    terminal.settle(milliseconds: 1000)
    let before = terminal.processorTicks
    terminal.settle(milliseconds: 3000)
    #expect(terminal.processorTicks - before <= 2)
    try end(terminal)
  }

  /// Whether the output sets a colour.
  private func hasColour(_ output: String) -> Bool {
    output.split(separator: "\u{1B}[").contains { part in
      guard let end = part.firstIndex(of: "m"),
        part[..<end].allSatisfy({ $0.isNumber || $0 == ";" })
      else { return false }
      let numbers = part[..<end].split(separator: ";").compactMap { Int($0) }
      return numbers.contains { (30...38).contains($0) || (40...48).contains($0) || $0 >= 90 }
    }
  }

  @Test(
    "colours are drawn or not as asked, and states are words either way",
    arguments: [
      ("xterm-256color", "", "auto", true), ("xterm-256color", "1", "auto", false),
      ("xterm-256color", "1", "always", true), ("xterm-256color", "", "never", false),
      ("xterm-16color", "", "auto", true), ("linux", "", "auto", true),
      ("vt100", "", "auto", false),
    ])
  func colours(_ term: String, _ noColour: String, _ choice: String, _ wanted: Bool) throws {
    var environment = ["TERM": term]
    if !noColour.isEmpty { environment["NO_COLOR"] = noColour }
    let terminal = try open(["--color", choice], environment: environment)
    try terminal.wait(for: "in step")
    #expect(hasColour(terminal.takeOutput()) == wanted)
    #expect(terminal.screen.text.contains("✓ in step"))
    try end(terminal)
  }

  /// The colours a picture is drawn in: every sequence that sets some.
  private func looks(_ output: String) -> Set<String> {
    Set(
      output.split(separator: "\u{1B}[").compactMap { part in
        part.firstIndex(of: "m").map { String(part[..<$0]) }
      }.filter { $0.allSatisfy { $0.isNumber || $0 == ";" || $0 == ":" } })
  }

  /// The colours of the help, drawn from nothing: it is the same whatever goes on behind it.
  private func redrawn(_ terminal: PseudoTerminal) throws -> Set<String> {
    terminal.press("?")
    try terminal.wait(for: "type to search")
    terminal.settle()
    _ = terminal.takeOutput()
    terminal.press("\u{0C}")
    try terminal.wait("it is drawn anew") { _ in
      terminal.hasWritten("\u{1B}[2J") || terminal.hasWritten("\u{1B}[J")
    }
    let looks = looks(terminal.takeOutput())
    terminal.press("\u{1B}")
    try terminal.wait("the help is closed") { !$0.text.contains("type to search") }
    return looks
  }

  @Test(
    "a terminal that tells its background gets the theme for it, and none is waited for",
    arguments: [
      ("rgb:ffff/ffff/eeee\u{1B}\\", "light"), ("rgb:f/f/f\u{07}", "light"),
      ("rgb:0000/1010/2020\u{07}", "dark"),
    ])
  func background(_ answer: String, _ theme: String) throws {
    // The first picture stands before anything was answered. Read only, so that no sync changes the
    // colours of the services meanwhile.
    let terminal = try open(["--read-only"])
    #expect(terminal.takeOutput().contains("\u{1B}]11;?"))
    terminal.press("\u{1B}]11;" + answer)
    let drawn = try redrawn(terminal)
    #expect(!terminal.screen.text.contains("does nothing here"))
    try end(terminal)
    let chosen = try open(["--read-only", "--theme", theme])
    #expect(try drawn == redrawn(chosen))
    // What was chosen is not outdone by what the terminal says.
    chosen.press("\u{1B}]11;rgb:\(theme == "light" ? "0/0/0" : "f/f/f")\u{07}")
    #expect(try drawn == redrawn(chosen))
    try end(chosen)
  }

  @Test("an answer that never ends takes no keys with it") func endlessAnswer() throws {
    // A screen on which nothing changes by itself, so that silence is time that passed.
    let home = DemoTests.Home()
    let terminal = try PseudoTerminal([], environment: ["RENTBOOK_HOME": home.path])
    try terminal.wait(for: "Nothing is connected yet")
    terminal.press("\u{1B}]11;rgb:ffff/ff")
    terminal.settle(milliseconds: 1500)
    terminal.press("?")
    try terminal.wait(for: "type to search")
    terminal.press("\u{1B}")
    try terminal.wait(for: "? help")
    try end(terminal)
  }

  private static let hasDirectColours = access("/usr/share/terminfo/x/xterm-direct", R_OK) == 0

  @Test(
    "any colour is drawn where the terminal says it can",
    .enabled(if: hasDirectColours, "ncurses-term is not installed"),
    arguments: [("truecolor", true), ("24bit", true), ("", false)])
  func trueColour(_ says: String, _ wanted: Bool) throws {
    let terminal = try open(environment: ["COLORTERM": says])
    let drawn = looks(terminal.takeOutput())
    #expect(drawn.contains { $0.contains("38:2") || $0.contains("38;2") } == wanted)
    #expect(drawn.contains { $0.contains("38;5") || $0.contains("38:5") } == !wanted)
    try end(terminal)
  }

  @Test("a terminal that cannot place text is told so") func dumb() throws {
    let terminal = try PseudoTerminal(
      ["screen"], environment: Self.seeded.merging(["TERM": "dumb"]) { $1 })
    try terminal.wait(for: "cannot place text")
    #expect(try terminal.waitForExit() == 2)
  }

  @Test("plain letters are drawn where the locale has no others") func ascii() throws {
    let terminal = try open(environment: ["LANG": "C", "LC_ALL": "C"])
    try terminal.wait(for: "+ in step")
    #expect(terminal.screen.text.allSatisfy { $0.isASCII })
    try end(terminal)
  }

  @Test("a plain screen has the cursor in sight on the selected row") func plain() throws {
    let terminal = try open(["--a11y"])
    try terminal.wait(for: "Owners")
    terminal.press("j")
    try terminal.wait("the row is said") {
      $0.text.split(separator: "\n", omittingEmptySubsequences: false)[22].contains("Owners")
    }
    let screen = terminal.screen
    #expect(screen.modes.contains(25))
    let lines = screen.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[screen.cursor.row].contains("Owners"))
    #expect(!screen.text.contains("─"))
    try end(terminal)
  }

  @Test(
    "a copy goes to the terminal's clipboard, through tmux and screen too",
    arguments: [
      (["TERM": "xterm-256color"], "\u{1B}]52;c;"),
      (["TERM": "tmux-256color", "TMUX": "/tmp/x,1,0"], "\u{1B}Ptmux;\u{1B}\u{1B}]52;c;"),
      (["TERM": "screen-256color"], "\u{1B}P\u{1B}]52;c;"),
    ])
  func clipboard(_ environment: [String: String], _ opening: String) throws {
    let terminal = try open(environment: environment)
    terminal.press("5")
    try terminal.wait(for: "Properties  4")
    terminal.settle()
    _ = terminal.takeOutput()
    terminal.press("yy")
    try terminal.wait(for: "Copied")
    #expect(terminal.takeOutput().contains(opening))
    try end(terminal)
  }

  @Test(
    "a copy goes to the desktop's clipboard where there is a program for it, else to the terminal",
    arguments: [
      ("WAYLAND_DISPLAY", "wl-copy", "", true), ("DISPLAY", "xclip", "-selection clipboard", true),
      ("DISPLAY", "xsel", "--clipboard --input", true), ("DISPLAY", "wl-copy", "", false),
      ("SSH_TTY", "xclip", "", false),
    ])
  func desktopClipboard(_ variable: String, _ program: String, _ words: String, _ isTaken: Bool)
    throws
  {
    let folder = "/tmp/rentbook-clipboard-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/" + program
    try Data("#!/bin/sh\necho \"$*\" > \(folder)/words\ncat > \(folder)/text\n".utf8)
      .write(to: URL(fileURLWithPath: path))
    chmod(path, 0o700)
    let terminal = try open(environment: ["PATH": folder + ":/usr/bin:/bin", variable: "x"])
    terminal.press("5")
    try terminal.wait(for: "Properties  4")
    terminal.settle()
    _ = terminal.takeOutput()
    terminal.press("yy")
    try terminal.wait(for: isTaken ? "with \(program)" : "through the terminal (OSC 52)")
    #expect(terminal.takeOutput().contains("\u{1B}]52;") != isTaken)
    if isTaken {
      #expect(try String(contentsOfFile: folder + "/words", encoding: .utf8) == words + "\n")
      #expect(try String(contentsOfFile: folder + "/text", encoding: .utf8).contains("\t"))
    }
    try end(terminal)
  }

  @Test("the mouse selects a row, until it is left to the terminal") func mouse() throws {
    let terminal = try open()
    #expect(terminal.screen.modes.contains(1000))
    terminal.press("\u{1B}[<0;10;7M\u{1B}[<0;10;7m")
    try terminal.wait("the third row is selected") {
      $0.text.split(separator: "\n", omittingEmptySubsequences: false)[6].hasPrefix("▸")
    }
    terminal.press("\u{1B}[24~")
    try terminal.wait(for: "left to the terminal")
    #expect(!terminal.screen.modes.contains(1000))
    try end(terminal)
  }

  @Test(
    "a button let go, or one that means nothing, leaves the screen alive"
  )
  func buttons() throws {
    let terminal = try open()
    for report in ["<0;10;7M", "<0;10;7m", "<2;12;8M", "<2;12;8m", "<35;4;4M", "<0;10"] {
      terminal.press("\u{1B}[" + report)
      terminal.settle(milliseconds: 200)
      // No key after it: a new size has to be answered by itself.
      terminal.resize(rows: 30, columns: 90)
      try terminal.wait(for: "Rent payments")
      terminal.resize(rows: 24, columns: 80)
      try terminal.wait(for: "Rent payments")
    }
    try end(terminal)
  }

  @Test("a monkey at the keyboard finds it alive, and the terminal as it was at the end")
  func monkey() throws {
    let bench = PseudoTerminal.program + "-bench"
    let run = try Command.run(
      ["monkey", "--seconds", "3", "--patience", "60"], program: bench)
    #expect(run.code == 0, "\(run.output) \(run.error)")
    #expect(run.output.contains("seed "))
  }

  @Test("a paste right behind Esc is still a paste, and its letters are no commands")
  func pasteAfterEscape() throws {
    let terminal = try open()
    terminal.press("?")
    try terminal.wait(for: "type to search")
    terminal.press("\u{1B}\u{1B}[200~5\u{1B}[201~")
    try terminal.wait(for: "Nothing here takes pasted text")
    #expect(terminal.screen.text.contains("Rent payments"))
    try end(terminal)
  }

  @Test("Ctrl-S and Ctrl-Q are keys like others, and freeze nothing") func flowControl() throws {
    let terminal = try open()
    terminal.press("\u{13}")
    try terminal.wait(for: "Ctrl-S does nothing here")
    terminal.press("\u{11}")
    try terminal.wait(for: "Ctrl-Q does nothing here")
    try end(terminal)
  }

  @Test("a Ctrl-Z that comes while pictures are drawn is not lost") func stops() throws {
    let terminal = try open()
    for round in 0..<20 {
      // A picture is due when the signal comes: keys were typed ahead.
      terminal.press(String(repeating: round % 2 == 0 ? "j" : "k", count: 40))
      terminal.signal(SIGTSTP)
      try terminal.waitForStop()
      terminal.signal(SIGCONT)
    }
    try terminal.wait(for: "Rent payments")
    try end(terminal)
  }

  @Test("settings take effect when their file is saved, and a slip in it is told with its line")
  func settings() throws {
    let terminal = try open()
    terminal.settle()
    let path = (Self.seeded["RENTBOOK_HOME"] ?? "") + "/config/config.json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("{\n  \"keys\": { \"quit\": \"F9\" },\n  \"theme\": \"light\"\n}\n".utf8)
      .write(to: URL(fileURLWithPath: path))
    try terminal.wait(for: "settings were read again")
    terminal.press("q")
    try terminal.wait(for: "q does nothing here")
    try Data("{\n  \"keys\": {\n    \"quit\": \"Hyper-Q\"\n  }\n}\n".utf8)
      .write(to: URL(fileURLWithPath: path))
    try terminal.wait(for: "line 3")
    try end(terminal)
  }

  @Test("a script of keys runs without a terminal, and prints the pictures it asks for")
  func script() throws {
    let path = "/tmp/rentbook-script-\(getpid())"
    defer { unlink(path) }
    try Data(
      "size 100x30\nwait Transactions\n5\nwait Properties  4\nj Enter\nwait Leads to\ndump\n".utf8
    )
    .write(to: URL(fileURLWithPath: path))
    let run = try Command.run(
      ["screen", "--read-only", "--script", path], environment: Self.seeded)
    #expect(run.code == 0, "\(run.error)")
    #expect(run.output.contains("Properties › "))
    try Data("Hyper-Q\n".utf8).write(to: URL(fileURLWithPath: path))
    let wrong = try Command.run(
      ["screen", "--read-only", "--script", path], environment: Self.seeded)
    #expect(wrong.code == 1)
    #expect(wrong.error.contains("Hyper-Q"))
  }

  @Test(
    "what was recorded at a terminal shows the same pictures again without one, or says where not")
  func recording() throws {
    let path = "/tmp/rentbook-recording-\(getpid())"
    defer { unlink(path) }
    let terminal = try open(["--read-only", "--record", path])
    terminal.settle()
    terminal.press("5")
    try terminal.wait(for: "Properties  4")
    terminal.settle()
    terminal.press("j\r")
    try terminal.wait(for: "Properties › ")
    terminal.resize(rows: 30, columns: 100)
    try terminal.wait(for: "Leads to")
    terminal.settle()
    terminal.press("\u{1B}")
    try terminal.wait(for: "Properties  4")
    terminal.settle()
    terminal.press("/")
    terminal.press("\u{1B}[200~a\u{1B}[201~")
    try terminal.wait(for: "filter: a")
    terminal.press("\r\u{1B}[<0;10;7M\u{1B}[<0;10;7m")
    terminal.settle()
    try end(terminal)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains("\nsize 100x30\n") && text.contains("\npaste \"a\"\n"))
    var information = stat()
    #expect(stat(path, &information) == 0 && information.st_mode & 0o777 == 0o600)
    let again = try Command.run(
      ["screen", "--read-only", "--script", path], environment: Self.seeded)
    #expect(again.code == 0, "\(again.error)")
    #expect(again.output.contains("pictures as they were recorded"))
    // Another pane in place of the one that was opened.
    let lines = text.split(separator: "\n")
    let five = try #require(lines.firstIndex(of: "5"))
    let short = lines[..<five] + ["7"] + lines[(five + 1)...(five + 2)]
    try Data((short.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
    let other = try Command.run(
      ["screen", "--read-only", "--script", path], environment: Self.seeded)
    #expect(other.code == 1)
    #expect(other.error.contains("ended as another than was recorded"))
  }

  @Test("a read-only screen says so and starts nothing") func readOnly() throws {
    let terminal = try open(["--read-only"])
    try terminal.wait(for: "read only")
    terminal.press("s")
    try terminal.wait(for: "started with --read-only")
    try end(terminal)
  }

  @Test("an editor gets the terminal, and the screen comes back") func editor() throws {
    let terminal = try open(environment: ["VISUAL": "/bin/true"])
    terminal.press(":edit-settings\r")
    try terminal.wait(for: "settings were read again")
    try terminal.wait(for: "Rent payments")
    try end(terminal)
  }
}
