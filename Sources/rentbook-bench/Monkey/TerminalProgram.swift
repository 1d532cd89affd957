// The real program in a pseudo-terminal: bytes in, bytes out, sizes, signals, and what it leaves
// behind.
import Glibc

/// A program in a terminal of its own.
final class TerminalProgram {
  /// What became of it.
  enum Fate: Hashable { case alive, stopped, ended(Int32) }

  private let master: Int32
  private let device: String
  private let process: pid_t
  private let settings: termios
  private var fate: Fate = .alive
  private var modes = TerminalModes()
  /// The end of what it has written.
  private(set) var tail: [UInt8] = []
  /// Enough for a whole picture and its colours.
  private static let tailMax = 20_000

  private static let wordsMax = 6000

  /// POSIX_SPAWN_SETSID, which the C module leaves out.
  private static let spawnInNewSession: Int16 = 0x80

  init(
    _ program: String, _ arguments: [String], _ environment: [String: String], rows: Int,
    columns: Int
  ) throws(BenchmarkError) {
    var (master, slave): (Int32, Int32) = (-1, -1)
    var size = Self.size(rows, columns)
    guard openpty(&master, &slave, nil, nil, &size) == 0, let name = ttyname(slave) else {
      throw BenchmarkError("There is no pseudo-terminal: \(String(cString: strerror(errno)))")
    }
    _ = fcntl(master, F_SETFD, FD_CLOEXEC)
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
    let device = String(cString: name)
    var before = termios()
    tcgetattr(slave, &before)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    // A new session that opens the terminal by name gets it as its controlling terminal.
    posix_spawn_file_actions_addopen(&actions, 0, device, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    posix_spawn_file_actions_addclose(&actions, slave)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var (none, standard) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigemptyset(&standard)
    sigaddset(&standard, SIGPIPE)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &standard)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | Self.spawnInNewSession)
    var child: pid_t = 0
    let argv = ([program] + arguments).map { strdup($0) } + [nil]
    let envp = environment.map { strdup("\($0)=\($1)") } + [nil]
    let code = posix_spawn(&child, program, &actions, &attributes, argv, envp)
    for text in argv + envp { free(text) }
    posix_spawn_file_actions_destroy(&actions)
    posix_spawnattr_destroy(&attributes)
    close(slave)
    guard code == 0 else {
      close(master)
      throw BenchmarkError("\(program) cannot be started: \(String(cString: strerror(code)))")
    }
    (self.master, self.device, process, settings) = (master, device, child, before)
  }

  deinit {
    if case .ended = fate {
    } else {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    close(master)
  }

  private static func size(_ rows: Int, _ columns: Int) -> winsize {
    winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
  }

  /// Types bytes; what it writes meanwhile is read, so that neither waits for the other for ever.
  /// False when it took no more within the time.
  func type(_ bytes: [UInt8], milliseconds: Int) -> Bool {
    var rest = bytes[...]
    let deadline = Now.monotonic + UInt64(milliseconds) * 1_000_000
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) }
      guard Now.monotonic < deadline, look() != .stopped else { return rest.isEmpty }
      if !rest.isEmpty { _ = read(milliseconds: 5) }
    }
    return true
  }

  func resize(rows: Int, columns: Int) {
    var size = Self.size(rows, columns)
    // The kernel sends SIGWINCH when the size is another one.
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
  }

  func signal(_ number: Int32) { kill(process, number) }

  /// Waits for output and takes it; whether any came in time.
  func read(milliseconds: Int) -> Bool {
    var entry = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, Int32(milliseconds)) > 0 else { return false }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(master, &buffer, buffer.count)
    guard count > 0 else { return false }
    modes.feed(buffer[..<count])
    tail += buffer[..<count]
    if tail.count > 2 * Self.tailMax { tail.removeFirst(tail.count - Self.tailMax) }
    return true
  }

  /// Takes what is there and what comes until it has been silent for so long.
  func settle(milliseconds: Int, atMost: Int) {
    let deadline = Now.monotonic + UInt64(atMost) * 1_000_000
    while read(milliseconds: milliseconds), Now.monotonic < deadline {}
  }

  func forgetTail() { tail = [] }

  /// What has become of it by now. Whether it is stopped is looked up: news of stops that follow each
  /// other closely are told out of order.
  func look() -> Fate {
    if case .ended = fate { return fate }
    var status: Int32 = 0
    let condition = condition
    // Its first thread may be gone a moment before the others are.
    if waitpid(process, &status, condition.hasPrefix("Z") ? 0 : WNOHANG) == process {
      fate = .ended(status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F))
      while read(milliseconds: 0) {}
    } else {
      fate = condition.hasPrefix("T") ? .stopped : .alive
    }
    return fate
  }

  /// Waits until it is no longer as it is now.
  func wait(while now: Fate, milliseconds: Int) -> Fate {
    let deadline = Now.monotonic + UInt64(milliseconds) * 1_000_000
    while look() == now, Now.monotonic < deadline {
      if !read(milliseconds: 20) { usleep(2000) }
    }
    return fate
  }

  /// The most memory it has held, in kilobytes; 0 when that is not known.
  var peakKilobytes: Int {
    status("VmHWM:").flatMap { $0.split { !$0.isNumber }.first }.flatMap { Int($0) } ?? 0
  }

  /// What the system says it does: `S (sleeping)`, `T (stopped)`.
  var condition: String { status("State:") ?? "gone" }

  private func status(_ name: String) -> String? {
    guard let file = fopen("/proc/\(process)/status", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard text.hasPrefix(name) else { continue }
      return String(text.dropFirst(name.count).drop(while: \.isWhitespace).prefix { $0 != "\n" })
    }
    return nil
  }

  /// What of the terminal is not as it was before the program: empty when all is put back.
  var leftOver: [String] {
    var problems = modes.leftOver
    var now = termios()
    let slave = open(device, O_RDWR | O_NOCTTY)
    guard slave >= 0 else { return problems }
    defer { close(slave) }
    tcgetattr(slave, &now)
    if now.c_lflag != settings.c_lflag { problems.append("local modes") }
    if now.c_iflag != settings.c_iflag { problems.append("input modes") }
    if now.c_oflag != settings.c_oflag { problems.append("output modes") }
    return problems
  }

  /// The end of what it wrote without its sequences, for a person.
  var words: String {
    var text: [UInt8] = []
    var isSequence = false
    for byte in tail {
      if byte == 0x1B {
        isSequence = true
        text.append(0x20)
      } else if !isSequence {
        text.append(byte)
      } else if (0x40...0x7E).contains(byte), byte != UInt8(ascii: "[") {
        isSequence = false
      }
    }
    return String(decoding: text.suffix(Self.wordsMax), as: UTF8.self)
  }
}

/// Which private modes of the terminal are on, by what was written to it.
struct TerminalModes {
  /// The cursor is in sight to begin with.
  private(set) var on: Set<Int> = [25]
  /// The sequence that has begun.
  private var open: [UInt8] = []

  /// More bytes than a sequence of modes has.
  private static let lengthMax = 64

  mutating func feed(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      if byte == 0x1B {
        open = [byte]
      } else if !open.isEmpty {
        open.append(byte)
        take(byte)
      }
    }
  }

  private mutating func take(_ byte: UInt8) {
    switch open.count {
    case 2: if byte != UInt8(ascii: "[") { open = [] }
    case 3: if byte != UInt8(ascii: "?") { open = [] }
    default:
      if byte == UInt8(ascii: "h") || byte == UInt8(ascii: "l") {
        let numbers = String(decoding: open.dropFirst(3).dropLast(), as: UTF8.self)
          .split(separator: ";").compactMap { Int($0) }
        if byte == UInt8(ascii: "h") { on.formUnion(numbers) } else { on.subtract(numbers) }
        open = []
      } else if !(0x30...0x3B).contains(byte) || open.count > Self.lengthMax {
        open = []
      }
    }
  }

  var leftOver: [String] {
    let known = [
      (1049, "alternate screen"), (1, "cursor keys"), (1000, "mouse"), (1002, "mouse"),
      (1003, "mouse"), (1006, "mouse"), (2004, "bracketed paste"), (2026, "synchronized output"),
    ]
    return known.filter { on.contains($0.0) }.map(\.1) + (on.contains(25) ? [] : ["hidden cursor"])
  }
}
