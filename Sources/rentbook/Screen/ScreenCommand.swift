import Background
import Domain
import Glibc
import Interface
import NcursesTerminal
import Terminal

/// The full screen: what `rentbook` alone opens.
enum ScreenCommand {
  static let options = [
    OptionSpec("--theme", "NAME", "dark, light, mono or high-contrast."),
    OptionSpec("--color", "auto|always|never", "Whether to draw in colours."),
  ]
  static let spec = CommandSpec(
    "screen", options: options, "Open the full screen (also without any command).", run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    // Before any other thread starts: they inherit which signals are blocked.
    let signals = try signals()
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    return try show(invocation, workspace, signals, syncing: false)
  }

  static func signals() throws(Failure) -> TerminalSignals {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
      throw .usage(TerminalOpenError.notATerminal.description)
    }
    guard let signals = TerminalSignals() else {
      throw Failure("terminal", "The system has no descriptors left for the screen.")
    }
    return signals
  }

  /// Shows the screen until it is left; a signal that asked for the end is passed on.
  ///
  /// - Parameter syncing: a synchronization is begun at once.
  static func show(
    _ invocation: Invocation, _ workspace: Workspace, _ signals: TerminalSignals, syncing: Bool,
    preparation: (@Sendable (Workspace) throws(Failure) -> Void)? = nil
  ) throws(Failure) -> ExitCode {
    let theme = try theme(invocation, workspace.configuration)
    guard let colour = ColourChoice(rawValue: invocation.text("--color") ?? "auto") else {
      throw .usage("--color takes auto, always or never.")
    }
    let mailbox = Mailbox<Message>(wake: signals.wake)
    let runner = ScreenRunner(workspace: workspace, preparation: preparation) { mailbox.post($0) }
    let device: NcursesDevice
    do throws(TerminalOpenError) {
      device = try NcursesDevice(signals: signals, theme: theme, colour: colour)
    } catch { throw Failure("terminal", error.description, exit: .usage) }
    runner.start(syncing: syncing)

    let clock = workspace.clock
    func now() -> Instant { Instant(milliseconds: clock.wallMilliseconds) }
    var model = Model(
      portfolio: workspace.configuration.portfolio, now: now(), utcOffsetMinutes: offsetMinutes(),
      size: device.size)
    let loop = ScreenLoop(
      device: device, clock: now, mailbox: { mailbox.takeAll() }, runner: runner.carryOut)
    let exit = loop.run(&model)
    device.close()
    runner.stop()
    switch exit {
    case .quit: return .done
    case .hungUp: return .interrupted
    case .signal(let number):
      workspace.close()
      endBySignal(number)
    }
  }

  private static func theme(
    _ invocation: Invocation, _ configuration: Configuration
  ) throws(Failure) -> Theme {
    guard let name = invocation.text("--theme") ?? configuration.theme else {
      return Theme.automatic(colourFGBG: invocation.environment["COLORFGBG"])
    }
    guard let theme = Theme.named(name) else {
      throw .usage(
        "There is no theme “\(name)”.",
        hint: "There are: \(Theme.builtIn.map(\.name).joined(separator: ", "))")
    }
    return theme
  }

  /// What the person's clock shows more than UTC, in minutes.
  private static func offsetMinutes() -> Int {
    var seconds = time(nil)
    var local = tm()
    localtime_r(&seconds, &local)
    return local.tm_gmtoff / 60
  }

  /// Ends the program the way the signal asked for, so that whoever sent it sees that.
  private static func endBySignal(_ number: Int32) -> Never {
    signal(number, SIG_DFL)
    var one = sigset_t()
    sigemptyset(&one)
    sigaddset(&one, number)
    pthread_sigmask(SIG_UNBLOCK, &one, nil)
    raise(number)
    _exit(128 + number)
  }
}
