import CTerm
import Glibc
import Terminal
import Testing

@testable import NcursesTerminal

/// A pseudo-terminal whose other end a process of its own draws on and breaks.
private struct Pair {
  let master: Int32
  let name: String
  private let slave: Int32
  private let before: termios

  init() throws {
    var (master, slave): (Int32, Int32) = (-1, -1)
    var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
    try #require(openpty(&master, &slave, nil, nil, &size) == 0)
    var settings = termios()
    tcgetattr(slave, &settings)
    // Kept open, so that what was written is still there when the process has ended.
    (self.master, self.slave, before) = (master, slave, settings)
    name = String(cString: ttyname(slave))
  }

  /// What was written so far. Closes the terminal.
  func end() -> String {
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = read(master, &buffer, buffer.count), count > 0 {
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether keys are read and echoed as they were before.
  var isAsBefore: Bool {
    var now = termios()
    tcgetattr(slave, &now)
    return now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag
      && now.c_oflag == before.c_oflag
  }

  /// The screen on the terminal of that name. In a process of its own.
  static func device(on name: String) -> NcursesDevice? {
    let descriptor = open(name, O_RDWR | O_NOCTTY)
    guard descriptor >= 0, dup2(descriptor, 0) == 0, dup2(descriptor, 1) == 1,
      setenv("TERM", "xterm-256color", 1) == 0, unsetenv("COLORTERM") == 0,
      let signals = TerminalSignals()
    else { return nil }
    return try? NcursesDevice(signals: signals, theme: .mono)
  }
}

@Suite("The device") struct DeviceTests {
  /// Ways a program breaks by itself.
  enum Break: Int, CaseIterable, Codable, Sendable {
    case fatalError, uncaughtError, index, overflow, stack
  }

  private struct Uncaught: Error {}

  private static func fall(_ depth: Int) -> Int {
    var room = (depth, depth, depth, depth, depth, depth, depth, depth)
    return withUnsafeMutablePointer(to: &room) { place in
      place.pointee.3 = depth + 1
      return fall(place.pointee.3) + place.pointee.3
    }
  }

  static func breakDown(_ kind: Break) {
    switch kind {
    case .fatalError: Swift.fatalError("broken on purpose")
    case .uncaughtError:
      // What the runtime does with an error that nothing catches: to break is the point here.
      // swift-format-ignore: NeverUseForceTry
      try! { throw Uncaught() }()
    case .index:
      let none: [Int] = []
      print(none[CommandLine.arguments.count])
    case .overflow: print(Int.max + CommandLine.arguments.count)
    case .stack: print(fall(0))
    }
  }

  @Test(
    "puts the terminal back when the program breaks, however it breaks",
    arguments: Break.allCases)
  func crashes(_ kind: Break) async throws {
    let pair = try Pair()
    let name = pair.name
    await #expect(processExitsWith: .failure) { [name = name as String, kind = kind as Break] in
      setenv("SWIFT_BACKTRACE", "enable=no", 1)
      guard let device = Pair.device(on: name) else { exit(0) }
      var frame = Frame(device.size)
      frame.put("drawn", row: 0, column: 0, width: 10)
      device.present(frame)
      DeviceTests.breakDown(kind)
      exit(0)
    }
    let written = pair.end()
    #expect(written.contains("drawn"))
    for (on, off) in [
      ("\u{1B}[?1049h", "\u{1B}[?1049l"), ("\u{1B}[?2004h", "\u{1B}[?2004l"),
      ("\u{1B}[?1000h", "\u{1B}[?1000l"), ("\u{1B}[?25l", "\u{1B}[?25h"),
    ] {
      let last = try #require(written.ranges(of: off).last, "\(off)")
      #expect(written.contains(on) && !written[last.upperBound...].contains(on), "\(on)")
    }
    #expect(pair.isAsBefore)
  }

  @Test("waits 25 ms for the rest of a key that begins with Esc, or as long as ESCDELAY says")
  func escapeDelay() async throws {
    let pair = try Pair()
    let name = pair.name
    for (variable, expected) in [("", 25), ("400", 400)] {
      await #expect(processExitsWith: .exitCode(7)) {
        [name = name as String, variable = variable as String, expected = expected as Int] in
        unsetenv("ESCDELAY")
        if !variable.isEmpty { setenv("ESCDELAY", variable, 1) }
        guard let device = Pair.device(on: name) else { exit(1) }
        let milliseconds = device.escapeMilliseconds
        device.close()
        exit(milliseconds == expected ? 7 : 1)
      }
    }
  }
}
