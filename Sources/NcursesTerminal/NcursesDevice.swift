import CTerm
import Glibc
import Terminal

/// Whether to draw in colours.
public enum ColourChoice: String, Sendable, CaseIterable {
  /// Unless `NO_COLOR` is set to anything.
  case auto
  case always, never

  /// Whether this choice means colours.
  var wantsColours: Bool {
    switch self {
    case .always: true
    case .never: false
    case .auto: getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
    }
  }
}

/// Why there is no full screen here.
public enum TerminalOpenError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Standard input or output is a file or a pipe.
  case notATerminal
  /// No description of the terminal named by `TERM` was found.
  case unknownTerminal(String)
  /// The terminal cannot place text.
  case tooSimple(String)

  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .notATerminal:
      "There is no terminal here to draw on; `rentbook status --json` tells the same in text."
    case .unknownTerminal(""):
      "TERM is not set, so nothing is known of the terminal. Set it, for example to xterm-256color."
    case .unknownTerminal(let name):
      "The terminal “\(name)” is not known here. Set TERM to one that is, for example xterm-256color."
    case .tooSimple(let name):
      "The terminal “\(name)” cannot place text on the screen; `rentbook status` works without."
    }
  }
}

/// The full screen of a real terminal.
public final class NcursesDevice: TerminalDevice {
  private let signals: TerminalSignals
  private let isUnicode: Bool
  private var attributes: [Int32] = []
  private var shown: Frame?

  /// Takes over the terminal on standard input and output.
  ///
  /// Without colours (by choice, by `NO_COLOR` or because the terminal has none) the theme gives way
  /// to ``Terminal/Theme/mono``. A crash from here on puts the terminal back first.
  ///
  /// - Throws: ``TerminalOpenError`` when there is nothing to draw on.
  public init(signals: TerminalSignals, theme: Theme, colour: ColourChoice = .auto)
    throws(TerminalOpenError)
  {
    let result = cterm_open(colour.wantsColours)
    let term = getenv("TERM").map { String(cString: $0) } ?? ""
    switch Int(result) {
    case CTERM_OK: break
    case CTERM_NOT_A_TERMINAL: throw .notATerminal
    case CTERM_TOO_SIMPLE: throw .tooSimple(term)
    default: throw .unknownTerminal(term)
    }
    self.signals = signals
    isUnicode = cterm_is_utf8()
    cterm_guard_crashes()
    cterm_mouse(true)
    use(theme)
  }

  /// How long Esc waits for the rest of a key before it is one by itself: 25, or what `ESCDELAY` says.
  var escapeMilliseconds: Int { Int(cterm_escape_delay()) }

  /// Puts the terminal back as it was. The device is of no use afterwards.
  public func close() { cterm_close() }

  /// Changes the theme; the next frame is drawn in it.
  public func use(_ theme: Theme) {
    let depth: ColourDepth =
      switch Int(cterm_colours()) {
      case CTERM_DIRECT: .direct
      case CTERM_256: .palette
      case CTERM_16: .sixteen
      case CTERM_8: .eight
      default: .none
      }
    let theme = depth == .none ? Theme.mono : theme
    attributes = []
    for style in Style.allCases {
      for isSelected in [false, true] {
        let look = theme.look(style, isSelected: isSelected)
        attributes.append(Int32(look.attributes.terminalBits))
        cterm_define_pair(
          Int32(attributes.count), Int32(look.text?.number(depth) ?? -1),
          Int32(look.background?.number(depth) ?? -1))
      }
    }
    redraw()
  }

  /// As the protocol says.
  public var size: Size { Size(rows: Int(cterm_rows()), columns: Int(cterm_columns())) }

  /// As the protocol says.
  public func present(_ frame: Frame) {
    let frame = isUnicode ? frame : frame.ascii
    for run in frame.changes(from: shown) { draw(run) }
    cterm_cursor(
      Int32(min(frame.cursorRow, frame.size.rows - 1)),
      Int32(min(frame.cursorColumn, frame.size.columns - 1)), frame.showsCursor)
    cterm_flush()
    shown = frame
  }

  private static let order = Dictionary(
    uniqueKeysWithValues: Style.allCases.enumerated().map { ($1, $0) })

  private func draw(_ run: FrameRun) {
    var scalars: [UInt32] = []
    scalars.reserveCapacity(run.cells.count)
    for (index, cell) in run.cells.enumerated() {
      guard let character = cell.text else { continue }
      let isWide = index + 1 < run.cells.count && run.cells[index + 1].text == nil
      let known = scalars.count
      for scalar in character.unicodeScalars { scalars.append(scalar.value) }
      // A letter newer than the C library would shift the rest of the row.
      guard scalars[known] >= 0x7F, cterm_width(scalars[known]) != (isWide ? 2 : 1) else {
        continue
      }
      scalars.replaceSubrange(
        known..., with: Array(repeating: TextWidth.replacement.value, count: isWide ? 2 : 1))
    }
    let slot = (Self.order[run.style] ?? 0) * 2 + (run.isSelected ? 1 : 0)
    cterm_put(
      Int32(run.row), Int32(run.column), scalars, Int32(scalars.count), Int32(slot + 1),
      attributes[slot])
  }

  /// As the protocol says.
  public func suspended(_ body: () -> Void) {
    cterm_suspend()
    body()
    cterm_resume()
    shown = nil
  }

  /// Runs a program on the terminal, an editor say, with the signals as a shell would have them.
  /// Returns its exit status, 128 + signal, or a negative error number when it could not be started.
  public func run(_ arguments: [String]) -> Int {
    var status: Int32 = 0
    suspended {
      var pointers = arguments.map { UnsafePointer<CChar>(strdup($0)) }
      pointers.append(nil)
      status = cterm_run(pointers)
      for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) }
    }
    return Int(status)
  }

  /// As the protocol says.
  public func stop() { suspended { cterm_stop_process() } }

  /// As the protocol says.
  public func redraw() {
    shown = nil
    cterm_redraw()
  }

  /// As the protocol says.
  public func bell() { cterm_bell() }

  /// As the protocol says.
  public func takeMouse(_ on: Bool) {
    cterm_mouse(on)
  }

  /// As the protocol says: by a program of the desktop where there is one, else by the terminal.
  public func copy(_ text: String) -> CopyOutcome {
    if let program = DesktopClipboard.copy(text) { return .taken(by: program) }
    let term = getenv("TERM").map { String(cString: $0) } ?? ""
    guard let sequence = Clipboard.sequence(text, term: term, isTmux: getenv("TMUX") != nil) else {
      return .tooLong(bytes: text.utf8.count, bytesMax: Clipboard.bytesMax)
    }
    return cterm_write_tty(sequence, sequence.utf8.count) ? .sent : .failed
  }
}

// MARK: - Waiting

extension NcursesDevice {
  /// How long the end of a paste is awaited before what came is taken for all of it.
  private static let pasteMilliseconds = 1000

  /// As the protocol says: sleeps in `poll(2)` on the terminal, the signals and the wake-ups.
  public func wait(milliseconds: Int?) -> [TerminalEvent] {
    // ncurses may hold keys it has read already, which poll cannot see.
    let typed = readInput()
    if !typed.isEmpty { return typed }
    let deadline = milliseconds.map { Self.now + UInt64(max(0, $0)) }
    while true {
      let now = Self.now
      var left = deadline.map { $0 > now ? Int(min($0 - now, UInt64(Int32.max))) : 0 } ?? -1
      let isPasting = cterm_is_pasting()
      if isPasting { left = left < 0 ? Self.pasteMilliseconds : min(left, Self.pasteMilliseconds) }
      var polled = [
        pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals.signals, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals.wakes, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&polled, nfds_t(polled.count), Int32(left))
      if count < 0, errno == EINTR { continue }
      var events: [TerminalEvent] = []
      if polled[0].revents != 0 || isPasting { events += readInput() }
      let hasEnded =
        events.isEmpty && Int32(polled[0].revents) & (POLLHUP | POLLERR | POLLNVAL) != 0
      // After the keys: those were pressed at the screen as it was before the resize.
      if polled[1].revents != 0 { events += readSignals() }
      if polled[2].revents != 0 {
        cterm_wake_take(signals.wakes)
        events.append(.woken)
      }
      if hasEnded { events.append(.hungUp) }
      if !events.isEmpty { return events }
      if let deadline, Self.now >= deadline { return [.timeout] }
    }
  }

  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }

  private func readSignals() -> [TerminalEvent] {
    var events: [TerminalEvent] = []
    while let signal = signals.next() {
      switch signal {
      case SIGWINCH: if cterm_measure() { events.append(resize()) }
      case SIGTSTP:
        stop()
        events += [.resumed, resize()]
      case SIGCONT:
        // Stopped by another hand (kill -STOP): the shell may have written over the screen.
        _ = cterm_measure()
        redraw()
        events += [.resumed, resize()]
      default: events.append(.stop(signal: signal))
      }
    }
    return events
  }

  private func resize() -> TerminalEvent {
    shown = nil
    return .resized(size)
  }

  /// How many pieces of input are taken at once; the rest waits for the next round.
  private static let inputMax = 4096

  private func readInput() -> [TerminalEvent] {
    var events: [TerminalEvent] = []
    for _ in 0..<Self.inputMax {
      let input = cterm_next()
      if input.kind == CTERM_NONE { break }
      if let event = Self.event(input) { events.append(event) }
    }
    return events
  }

  private static func event(_ input: cterm_input) -> TerminalEvent? {
    let code = Int(input.code)
    switch Int(input.kind) {
    case CTERM_CHARACTER: return typed(code).map(TerminalEvent.key)
    case CTERM_ALT:
      guard let key = typed(code) else { return nil }
      return .key(key.typed.map(Key.alt) ?? key)
    case CTERM_KEY:
      if code > CTERM_F0 { return .key(.function(code - CTERM_F0)) }
      return named[code].map(TerminalEvent.key)
    case CTERM_PASTE:
      var count: Int32 = 0
      guard let start = cterm_paste(&count) else { return nil }
      let scalars = UnsafeBufferPointer(start: start, count: Int(count))
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars.compactMap { Unicode.Scalar($0) })
      return .paste(String(text))
    case CTERM_MOUSE:
      let what: Mouse.What =
        code == CTERM_PRESS ? .press : code == CTERM_WHEEL_UP ? .wheelUp : .wheelDown
      return .mouse(Mouse(what, row: Int(input.row), column: Int(input.column)))
    case CTERM_BACKGROUND:
      return .background(
        Colour(
          red: UInt8(code >> 16 & 255), green: UInt8(code >> 8 & 255), blue: UInt8(code & 255)))
    default: return nil
    }
  }

  private static func typed(_ code: Int) -> Key? {
    switch code {
    case 9: return .tab
    case 10, 13: return .enter
    case 27: return .escape
    case 8, 127: return .backspace
    case 1...26: return Unicode.Scalar(code + 96).map { .control(Character($0)) }
    case 0...31: return nil
    default: return Unicode.Scalar(UInt32(code)).map { .character(Character($0)) }
    }
  }

  private static let named: [Int: Key] = [
    CTERM_UP: .up, CTERM_DOWN: .down, CTERM_LEFT: .left, CTERM_RIGHT: .right,
    CTERM_PAGE_UP: .pageUp, CTERM_PAGE_DOWN: .pageDown, CTERM_HOME: .home, CTERM_END: .end,
    CTERM_ENTER: .enter, CTERM_BACKSPACE: .backspace, CTERM_DELETE: .delete,
    CTERM_INSERT: .insert, CTERM_BACK_TAB: .backTab,
  ]
}

extension Attributes {
  /// The bits CTerm draws with, which stand in the same order.
  fileprivate var terminalBits: UInt8 { rawValue }
}
