import FoundationEssentials
import Glibc

/// The built program in a pseudo-terminal, driven as a person would: keys in, screens out.
///
/// Every wait ends when what is waited for is there, or at a deadline with the screen in the error. The
/// terminal says that it can hold a picture back until it is whole (mode 2026), so that no half drawn
/// one is ever looked at.
final class PseudoTerminal {
  struct Timeout: Error, CustomStringConvertible { let description: String }

  private var master: Int32
  private let process: pid_t
  private(set) var screen: Screen
  /// Everything the program has written since it was last taken.
  private var output: [UInt8] = []
  private var tail: [UInt8] = []
  private let isHoldingPictures: Bool
  private var status: Int32?
  /// The terminal's settings before the program touched them.
  private let settings: termios
  private let device: String
  /// What the program used of the processor in all, in milliseconds; nil until its end was waited for.
  private(set) var processorMilliseconds: Int?

  /// The program as the tests' own build made it, beside the tests.
  static let program: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let path = String(
      decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/rentbook"
  }()

  /// TIOCSPTLCK and TIOCGPTN, which the C module leaves out.
  private static let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

  /// POSIX_SPAWN_SETSID, which the C module leaves out.
  private static let spawnInNewSession: Int16 = 0x80

  init(
    _ arguments: [String], environment: [String: String] = [:], rows: Int = 24, columns: Int = 80,
    ignoringHangUp: Bool = false, holdingPictures: Bool = true
  ) throws {
    screen = Screen(rows: rows, columns: columns)
    isHoldingPictures = holdingPictures
    // Closed in every program that is started, this one's too: a terminal hangs up when nobody has it.
    let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (locked, number): (Int32, Int32) = (0, 0)
    guard master >= 0, ioctl(master, Self.setLock, &locked) == 0,
      ioctl(master, Self.getNumber, &number) == 0
    else {
      throw Timeout(description: "no pseudo-terminal: \(String(cString: strerror(errno)))")
    }
    device = "/dev/pts/\(number)"
    let slave = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC)
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    var before = termios()
    tcgetattr(slave, &before)
    settings = before
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    // A new session that opens the terminal by name gets it as its controlling terminal.
    posix_spawn_file_actions_addopen(&actions, 0, device, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Self.spawnInNewSession)
    var variables = [
      "TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "TZ": "UTC",
    ]
    variables.merge(environment) { $1 }
    var child: pid_t = 0
    let shell = ["/bin/sh", "-c", "trap '' HUP; exec \"$0\" \"$@\""]
    let words = (ignoringHangUp ? shell : []) + [Self.program] + arguments
    let code = Self.withCStrings(words) { argv in
      Self.withCStrings(variables.map { "\($0)=\($1)" }) { envp in
        posix_spawn(&child, words[0], &actions, &attributes, argv, envp)
      }
    }
    posix_spawn_file_actions_destroy(&actions)
    posix_spawnattr_destroy(&attributes)
    close(slave)
    guard code == 0 else {
      throw Timeout(description: "cannot start \(Self.program): \(String(cString: strerror(code)))")
    }
    (self.master, process) = (master, child)
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
  }

  deinit {
    if status == nil {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    if master >= 0 { close(master) }
  }

  /// Closes the terminal, as its window or a lost connection does.
  func hangUp() {
    close(master)
    master = -1
  }

  private static func withCStrings<Value>(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
  ) -> Value {
    let pointers = texts.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers + [nil])
  }

  /// Presses keys, as the bytes a terminal sends.
  func press(_ keys: String) {
    let bytes = Array(keys.utf8)
    _ = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
  }

  /// What the program has written since the last call, with its sequences.
  func takeOutput() -> String {
    defer { output = [] }
    return String(decoding: output, as: UTF8.self)
  }

  /// Whether the program has written `text` since its output was last taken.
  func hasWritten(_ text: String) -> Bool { output.firstRange(of: Array(text.utf8)) != nil }

  /// The line of the screen that has the mark of the selected row, from 0.
  var selectedRow: Int? {
    screen.text.split(separator: "\n", omittingEmptySubsequences: false)
      .firstIndex { $0.hasPrefix("▸") }
  }

  /// Reads until the program has been silent for so long.
  func settle(milliseconds: Int32 = 400) {
    let deadline = Self.now() + 20_000
    while Self.now() < deadline, readOutput(milliseconds: milliseconds) {}
  }

  /// What the program has used of the processor, in hundredths of a second.
  var processorTicks: Int {
    let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
  }

  /// How often its threads have begun to wait.
  var waits: Int {
    let folder = "/proc/\(process)/task"
    var sum = 0
    for thread in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      let path = "\(folder)/\(thread)/status"
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      for line in text.split(separator: "\n") where line.hasPrefix("voluntary_ctxt_switches:") {
        sum += Int(line.drop { !$0.isNumber }) ?? 0
      }
    }
    return sum
  }

  func signal(_ number: Int32) { kill(process, number) }

  func resize(rows: Int, columns: Int) {
    screen = Screen(rows: rows, columns: columns)
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
  }

  /// Reads the program's output until the screen satisfies `condition`.
  @discardableResult
  func wait(
    _ what: String, seconds: Int = 30, until condition: (Screen) -> Bool
  ) throws -> Screen {
    let deadline = Self.now() + UInt64(seconds) * 1000
    while screen.modes.contains(2026) || !condition(screen) {
      let now = Self.now()
      guard now < deadline, readOutput(milliseconds: Int32(deadline - now)) else {
        throw Timeout(description: "waited for \(what); the screen was:\n\(screen.text)")
      }
    }
    return screen
  }

  /// Reads the program's output until the screen shows `text`.
  @discardableResult
  func wait(for text: String, seconds: Int = 30) throws -> Screen {
    try wait("“\(text)”", seconds: seconds) { $0.text.contains(text) }
  }

  /// Waits for the end of the program: its exit code, or 128 and the signal that ended it.
  func waitForExit(seconds: Int = 20) throws -> Int32 {
    let deadline = Self.now() + UInt64(seconds) * 1000
    while readOutput(milliseconds: 50) || Self.now() < deadline {
      var value: Int32 = 0
      var used = rusage()
      if wait4(process, &value, WNOHANG, &used) == process {
        let seconds = Int(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
        let rest = Int(used.ru_utime.tv_usec + used.ru_stime.tv_usec)
        processorMilliseconds = seconds * 1000 + rest / 1000
        while readOutput(milliseconds: 0) {}
        status = value
        return value & 0x7F == 0 ? (value >> 8) & 0xFF : 128 + (value & 0x7F)
      }
    }
    throw Timeout(description: "the program did not end; the screen was:\n\(screen.text)")
  }

  /// Waits until the program is stopped, as by Ctrl-Z.
  func waitForStop(seconds: Int = 20) throws {
    let deadline = Self.now() + UInt64(seconds) * 1000
    while Self.now() < deadline {
      var value: Int32 = 0
      if waitpid(process, &value, WNOHANG | WUNTRACED) == process {
        if value & 0xFF == 0x7F { return }
        status = value
        throw Timeout(description: "the program ended; the screen was:\n\(screen.text)")
      }
      _ = readOutput(milliseconds: 20)
    }
    throw Timeout(description: "the program did not stop; the screen was:\n\(screen.text)")
  }

  /// What of the terminal is not as it was before the program: empty when all is restored.
  func leftOver() -> [String] {
    var problems: [String] = []
    for (mode, name) in [
      (1049, "alternate screen"), (1006, "mouse"), (1000, "mouse"), (1002, "mouse"),
      (2004, "bracketed paste"), (2026, "synchronized output"),
    ] where screen.modes.contains(mode) {
      problems.append(name)
    }
    if !screen.modes.contains(25) { problems.append("hidden cursor") }
    var now = termios()
    let slave = open(device, O_RDWR | O_NOCTTY)
    defer { close(slave) }
    tcgetattr(slave, &now)
    if now.c_lflag != settings.c_lflag { problems.append("local modes") }
    if now.c_iflag != settings.c_iflag { problems.append("input modes") }
    return problems
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }

  /// Whether something was read before the time was over.
  private func readOutput(milliseconds: Int32) -> Bool {
    // Of a closed terminal, which poll passes over, nothing comes.
    var entry = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, milliseconds) > 0 else { return false }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(master, &buffer, buffer.count)
    guard count > 0 else { return false }
    screen.feed(buffer[..<count])
    output += buffer[..<count]
    if isHoldingPictures { answer(in: buffer[..<count]) }
    return true
  }

  /// Answers the question whether pictures can be held back; `tail` keeps one cut between two reads.
  private func answer(in bytes: ArraySlice<UInt8>) {
    let question = Array("\u{1B}[?2026$p".utf8)
    tail += bytes
    if let place = tail.firstRange(of: question) {
      tail.removeSubrange(..<place.upperBound)
      press("\u{1B}[?2026;2$y")
    }
    tail = tail.suffix(question.count - 1)
  }
}
