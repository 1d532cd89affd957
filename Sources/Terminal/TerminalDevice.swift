/// Something that happened at the terminal.
public enum TerminalEvent: Sendable, Hashable {
  case key(Key)
  /// Text that was pasted, as one piece.
  case paste(String)
  case mouse(Mouse)
  case resized(Size)
  /// Another thread asked for a look at its mailbox.
  case woken
  /// The time that was asked for has passed.
  case timeout
  /// The terminal was given away and came back (Ctrl-Z and `fg`).
  case resumed
  /// The program is to end, by a signal.
  case stop(signal: Int32)
  /// The terminal told what its background is.
  case background(Colour)
  /// There is no terminal any more.
  case hungUp
}

/// What became of a copy.
public enum CopyOutcome: Sendable, Hashable {
  /// A program of the desktop took the text: `wl-copy`.
  case taken(by: String)
  /// The terminal was handed the text (OSC 52); whether it takes it, it does not say.
  case sent
  /// More than a terminal takes at once.
  case tooLong(bytes: Int, bytesMax: Int)
  /// There is nowhere to write to.
  case failed
}

/// A full screen: what shows a frame and waits for a person. Only the main thread calls it.
public protocol TerminalDevice: AnyObject {
  /// How large it is now.
  var size: Size { get }
  /// Shows a frame; only what changed is sent.
  func present(_ frame: Frame)
  /// Waits for events, for so many milliseconds at most (nil: for ever), and returns all there are.
  func wait(milliseconds: Int?) -> [TerminalEvent]
  /// Gives the terminal back as the shell had it, runs `body`, and takes it again.
  func suspended(_ body: () -> Void)
  /// Runs a program on the terminal, an editor say, and waits for it; its exit status, 128 + signal,
  /// or a negative error number when it could not be started.
  func run(_ arguments: [String]) -> Int
  /// Draws in other colours from now on.
  func use(_ theme: Theme)
  /// Stops the program as Ctrl-Z does; returns when it goes on.
  func stop()
  /// Draws everything anew at the next ``present(_:)``.
  func redraw()
  /// Rings.
  func bell()
  /// Takes the mouse, or leaves it to the terminal's own selection.
  func takeMouse(_ on: Bool)
  /// Puts text on the clipboard of the person's machine.
  func copy(_ text: String) -> CopyOutcome
}

/// The sequence that hands a terminal text for the clipboard.
public enum Clipboard {
  /// What xterm takes at most, in bytes of text; others take more.
  public static let bytesMax = 74_000

  /// OSC 52 with the text, wrapped so that tmux and screen pass it on; nil when it is too long.
  public static func sequence(_ text: String, term: String, isTmux: Bool) -> String? {
    let bytes = Array(text.utf8)
    guard bytes.count <= bytesMax else { return nil }
    let plain = "\u{1B}]52;c;\(base64(bytes))\u{07}"
    if isTmux { return "\u{1B}Ptmux;\u{1B}\(plain)\u{1B}\\" }
    if term.hasPrefix("screen") { return "\u{1B}P\(plain)\u{1B}\\" }
    return plain
  }

  static func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits = 0
      for offset in 0..<3 {
        bits = bits << 8 | Int(start + offset < bytes.count ? bytes[start + offset] : 0)
      }
      for place in 0..<4 {
        let letter = letters[bits >> (18 - 6 * place) & 63]
        result.append(place <= group.count ? letter : UInt8(ascii: "="))
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

/// A device without a terminal: events are given, frames are kept. For tests and measurements.
public final class MemoryDevice: TerminalDevice {
  /// How large it is; change it and give ``TerminalEvent/resized(_:)`` to resize.
  public var size: Size
  /// What ``wait(milliseconds:)`` returns, a batch each; when there are no more, the terminal hangs
  /// up, so that no loop waits for ever.
  public var batches: [[TerminalEvent]]
  /// What was shown last.
  public private(set) var frame: Frame?
  /// How many frames were shown.
  public private(set) var frames = 0
  /// How long each wait was allowed to last.
  public private(set) var waits: [Int?] = []
  /// What was copied.
  public private(set) var copied: [String] = []
  /// How often it rang, was given away, stopped and drawn anew.
  public private(set) var bells = 0, suspensions = 0, stops = 0, redraws = 0
  /// Whether the mouse is taken.
  public private(set) var hasMouse = true

  /// A device that will meet these events.
  public init(size: Size, batches: [[TerminalEvent]] = []) {
    (self.size, self.batches) = (size, batches)
  }

  /// As the protocol says.
  public func present(_ frame: Frame) {
    self.frame = frame
    frames += 1
  }

  /// As the protocol says, without waiting.
  public func wait(milliseconds: Int?) -> [TerminalEvent] {
    waits.append(milliseconds)
    return batches.isEmpty ? [.hungUp] : batches.removeFirst()
  }

  /// As the protocol says.
  public func suspended(_ body: () -> Void) {
    suspensions += 1
    body()
  }

  /// What was run.
  public private(set) var runs: [[String]] = []
  /// What a run answers.
  public var runStatus = 0
  /// The colours that were asked for last.
  public private(set) var theme: Theme?

  /// As the protocol says, without running anything.
  public func run(_ arguments: [String]) -> Int {
    runs.append(arguments)
    return runStatus
  }

  /// As the protocol says.
  public func use(_ theme: Theme) { self.theme = theme }

  /// As the protocol says.
  public func stop() { stops += 1 }
  /// As the protocol says.
  public func redraw() { redraws += 1 }
  /// As the protocol says.
  public func bell() { bells += 1 }
  /// As the protocol says.
  public func takeMouse(_ on: Bool) { hasMouse = on }

  /// As the protocol says.
  public func copy(_ text: String) -> CopyOutcome {
    guard text.utf8.count <= Clipboard.bytesMax else {
      return .tooLong(bytes: text.utf8.count, bytesMax: Clipboard.bytesMax)
    }
    copied.append(text)
    return .sent
  }
}
