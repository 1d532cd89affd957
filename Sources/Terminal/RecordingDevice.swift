/// A device that writes down what is done at another, so that it can be done again: every key, paste,
/// movement of the mouse and size, each after the moment and the fingerprint of the picture it was
/// done at. Without somewhere to write it is the other device.
public final class RecordingDevice<Base: TerminalDevice>: TerminalDevice {
  private let base: Base
  private let clock: () -> Int64
  private let write: ((String) -> Void)?
  private var moment: Int64
  private var shown: (moment: Int64, picture: UInt64)?

  /// - Parameters:
  ///   - base: The device that is watched.
  ///   - clock: The moment by the wall clock, in milliseconds since 1970.
  ///   - write: Takes one line; it must be kept at once, since the program may crash. Nil: nothing is
  ///     written down.
  public init(_ base: Base, clock: @escaping () -> Int64, write: ((String) -> Void)? = nil) {
    (self.base, self.clock, self.write) = (base, clock, write)
    moment = clock()
    write?("\(SessionStep.size(base.size))")
  }

  /// The moment the screen is drawn by. While something is written down it stands still between two
  /// waits, so that a picture has one moment.
  public var milliseconds: Int64 { write == nil ? clock() : moment }

  /// Writes down what was done already.
  public func record(_ events: [TerminalEvent]) {
    guard let write else { return }
    let steps = events.compactMap { event -> SessionStep? in
      switch event {
      case .key(let key): .key(key)
      case .paste(let text): .paste(text)
      case .mouse(let mouse): .mouse(mouse)
      case .resized(let size): .size(size)
      case .woken, .timeout, .resumed, .stop, .background, .hungUp: nil
      }
    }
    guard !steps.isEmpty else { return }
    if let shown {
      write("\(SessionStep.moment(shown.moment))")
      write("\(SessionStep.picture(shown.picture))")
    }
    for step in steps { write("\(step)") }
  }

  /// As the protocol says.
  public func wait(milliseconds: Int?) -> [TerminalEvent] {
    let events = base.wait(milliseconds: milliseconds)
    record(events)
    moment = clock()
    return events
  }

  /// As the protocol says.
  public func present(_ frame: Frame) {
    if write != nil { shown = (moment, frame.fingerprint) }
    base.present(frame)
  }

  /// As the protocol says.
  public var size: Size { base.size }
  /// As the protocol says.
  public func suspended(_ body: () -> Void) { base.suspended(body) }
  /// As the protocol says.
  public func run(_ arguments: [String]) -> Int { base.run(arguments) }
  /// As the protocol says.
  public func use(_ theme: Theme) { base.use(theme) }
  /// As the protocol says.
  public func stop() { base.stop() }
  /// As the protocol says.
  public func redraw() { base.redraw() }
  /// As the protocol says.
  public func bell() { base.bell() }
  /// As the protocol says.
  public func takeMouse(_ on: Bool) { base.takeMouse(on) }
  /// As the protocol says.
  public func copy(_ text: String) -> CopyOutcome { base.copy(text) }
}
