import Domain
import Terminal

/// The loop of a full screen: events and mailbox in, model updated, effects out, frame shown. It runs
/// on the thread that owns the device and returns when the screen is to end.
public struct ScreenLoop<Device: TerminalDevice> {
  /// Why the loop ended.
  public enum Exit: Sendable, Hashable {
    /// The person quit.
    case quit
    /// A signal asked for it.
    case signal(Int32)
    /// The terminal went away.
    case hungUp
  }

  private let device: Device
  private let clock: () -> Instant
  private let mailbox: () -> [Message]
  private let runner: (Effect) -> Void
  private let editor: [String]
  private let background: (Colour) -> Void
  private let typedAhead: [TerminalEvent]

  /// A loop over a device.
  ///
  /// - Parameters:
  ///   - device: The screen.
  ///   - clock: The moment, by the wall clock.
  ///   - mailbox: Takes all messages that other threads have posted; they post and then wake the
  ///     device.
  ///   - editor: The program, its options and the settings' file, for ``Effect/editSettings``.
  ///   - background: Hears what the terminal's background is, some time after the first frame, when
  ///     the terminal tells it at all.
  ///   - typedAhead: What a person did while the screen was being made ready.
  ///   - runner: Starts an effect that is for the program, and returns at once.
  public init(
    device: Device, clock: @escaping () -> Instant, mailbox: @escaping () -> [Message],
    editor: [String] = [], background: @escaping (Colour) -> Void = { _ in },
    typedAhead: [TerminalEvent] = [], runner: @escaping (Effect) -> Void
  ) {
    (self.device, self.clock, self.mailbox, self.runner) = (device, clock, mailbox, runner)
    (self.editor, self.background, self.typedAhead) = (editor, background, typedAhead)
  }

  /// News alone is shown at most this often; a key is answered at once.
  private static var frameMilliseconds: Int64 { 33 }

  /// Runs until the screen ends.
  public func run(_ model: inout Model) -> Exit {
    if let exit = pass([.clock(clock()), .resized(device.size)], to: &model) { return exit }
    for effect in model.start() { _ = carryOut(effect, &model) }
    show(&model)
    var shownAt = clock()
    var isWaiting = false
    var early = typedAhead
    while true {
      var wait = model.nextTickMilliseconds
      if isWaiting {
        let age = clock().milliseconds - shownAt.milliseconds
        wait = Int(max(0, min(Self.frameMilliseconds, Self.frameMilliseconds - age)))
      }
      let events = early.isEmpty ? device.wait(milliseconds: wait) : early
      early = []
      var messages: [Message] = [.clock(clock())]
      var isFromPerson = false
      var exit: Exit?
      for event in events {
        switch event {
        case .key(let key): messages.append(.key(key))
        case .paste(let text): messages.append(.paste(text))
        case .mouse(let mouse): messages.append(.mouse(mouse))
        case .resized(let size): messages.append(.resized(size))
        case .resumed: messages.append(.resized(device.size))
        case .stop(let signal): exit = .signal(signal)
        case .hungUp: exit = .hungUp
        case .background(let colour):
          background(colour)
          continue
        case .woken, .timeout: continue
        }
        isFromPerson = true
      }
      if let exit { return exit }
      // After the keys: they were pressed at what was shown, not at what has just arrived.
      messages += mailbox()
      if let exit = pass(messages, to: &model) { return exit }
      let age = clock().milliseconds - shownAt.milliseconds
      isWaiting = !isFromPerson && age >= 0 && age < Self.frameMilliseconds
      if !isWaiting {
        show(&model)
        shownAt = clock()
      }
    }
  }

  private func show(_ model: inout Model) {
    model.willShow()
    device.present(render(model))
  }

  private func pass(_ messages: [Message], to model: inout Model) -> Exit? {
    for message in messages {
      for effect in update(&model, message) {
        if let exit = carryOut(effect, &model) { return exit }
      }
    }
    return nil
  }

  private func carryOut(_ effect: Effect, _ model: inout Model) -> Exit? {
    switch effect {
    case .quit: return .quit
    case .suspend:
      device.stop()
      return pass([.resized(device.size)], to: &model)
    case .redraw: device.redraw()
    case .bell: device.bell()
    case .mouse(let on): device.takeMouse(on)
    case .theme(let theme): device.use(theme)
    case .editSettings: return edit(&model)
    case .copy(let text):
      switch device.copy(text) {
      case .taken(let program):
        model.world.answer("Copied \(Words.count(text.count, "character")) with \(program).")
      case .sent:
        model.world.answer(
          "Copied \(Words.count(text.count, "character")) through the terminal (OSC 52).")
      case .tooLong(let bytes, let bytesMax):
        model.world.answer(
          "Not copied: \(Words.number(bytes)) bytes, and a terminal takes \(Words.number(bytesMax))."
        )
      case .failed: model.world.answer("Not copied: the terminal cannot be written to.")
      }
    default: runner(effect)
    }
    return nil
  }

  /// Gives the terminal to the person's editor until it ends, then has the settings read again.
  private func edit(_ model: inout Model) -> Exit? {
    guard let program = editor.first else {
      model.world.answer("There is no editor: set VISUAL or EDITOR.")
      return nil
    }
    let status = device.run(editor)
    if status == 0 {
      runner(.reloadSettings)
    } else if status < 0 {
      model.world.answer("\(program) could not be started; set VISUAL or EDITOR.")
    } else {
      model.world.answer("\(program) ended with \(status); the settings are as they were.")
    }
    return pass([.clock(clock()), .resized(device.size)], to: &model)
  }
}
