import Background
import Domain
import Glibc
import Interface
import NcursesTerminal
import Terminal

/// The full screen: what `rentbook` alone opens.
enum ScreenCommand {
  static let options = [
    OptionSpec(
      "--theme", "NAME", "dark, light, mono, high-contrast, or a file beside the configuration."),
    OptionSpec("--color", "auto|always|never", "Whether to draw in colours."),
    OptionSpec("--read-only", "Change nothing, here or at a service."),
    OptionSpec("--a11y", "Plain lines for a screen reader; the cursor marks the row."),
    OptionSpec("--no-mouse", "Leave the mouse to the terminal."),
    OptionSpec("--record", "FILE", "Write down every key and size, for a report of a fault."),
  ]
  #if DEBUG
    private static let scripting = [
      OptionSpec("--script", "FILE", "In test builds: keys from a file instead of a terminal."),
      OptionSpec("--screen-dump", "In test builds: print the picture at the end of the script."),
    ]
  #else
    private static let scripting: [OptionSpec] = []
  #endif
  static let spec = CommandSpec(
    "screen", options: options + scripting, "Open the full screen (also without any command).",
    run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    #if DEBUG
      if let path = invocation.text("--script") { return try runScript(path, invocation) }
    #endif
    // Before any other thread starts: they inherit which signals are blocked.
    let signals = try signals()
    return try show(invocation, try Configuration(invocation), signals, syncing: false)
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

  /// Shows the screen until it is left; a signal that asked for the end is passed on. The store is
  /// opened while the first frame stands already.
  ///
  /// - Parameters:
  ///   - syncing: A synchronization is begun at once.
  ///   - isDemo: The portfolio is gone afterwards, and with it how its lists were looked at.
  ///   - opened: Takes the workspace before the screen uses it.
  static func show(
    _ invocation: Invocation, _ configuration: Configuration, _ signals: TerminalSignals,
    syncing: Bool, isDemo: Bool = false, opened: (Workspace) -> Void = { _ in },
    preparation: (@Sendable (Workspace) throws(Failure) -> Void)? = nil
  ) throws(Failure) -> ExitCode {
    let automatic = Lock(Theme.automatic(colourFGBG: invocation.environment["COLORFGBG"]))
    let asked = invocation.text("--theme") ?? invocation.environment["RENTBOOK_THEME"]
    let choices = { @Sendable in
      ScreenChoices(
        path: configuration.path, themeName: asked, automatic: automatic.withLock(\.self))
    }
    let chosen = choices()
    if let name = invocation.text("--theme"), chosen.theme.name != name {
      throw .usage(chosen.problems.first ?? "There is no theme “\(name)”.")
    }
    let isReadOnly = invocation.flag("--read-only")
    let recording = try invocation.text("--record").map { path throws(Failure) in
      try SessionRecording(path)
    }
    // What is recorded begins as for somebody new, so that it begins so again when it is repeated.
    let isRemembered = !isDemo && recording == nil
    let memory = ScreenState(
      path: isRemembered ? configuration.folders.state + "/screen.json" : nil)
    guard let colour = ColourChoice(rawValue: invocation.text("--color") ?? "auto") else {
      throw .usage("--color takes auto, always or never.")
    }
    let device: NcursesDevice
    do throws(TerminalOpenError) {
      device = try NcursesDevice(signals: signals, theme: chosen.theme, colour: colour)
    } catch { throw Failure("terminal", error.description, exit: .usage) }
    if invocation.flag("--no-mouse") { device.takeMouse(false) }
    let clock = SystemClock()
    func now() -> Instant { Instant(milliseconds: clock.wallMilliseconds) }
    var model = Model(
      portfolio: configuration.portfolio, now: now(), utcOffsetMinutes: offsetMinutes(),
      size: device.size, keyMap: chosen.keyMap, isReadOnly: isReadOnly,
      isPlain: invocation.flag("--a11y"), memory: memory.load())
    let opener = WorkspaceOpener(configuration, wake: signals.wake)
    let typedAhead: [TerminalEvent]
    switch ScreenPrelude(device: device, clock: now, news: opener.news).run(&model) {
    case .ready(let events): typedAhead = events
    case .ended(let exit):
      device.close()
      opener.giveUp()
      return end(exit)
    }
    let workspace: Workspace
    do throws(Failure) { workspace = try opener.workspace() } catch {
      device.close()
      throw error
    }
    defer { workspace.close() }
    opened(workspace)
    let mailbox = Mailbox<Message>(wake: signals.wake)
    let runner = ScreenRunner(
      workspace: workspace, isReadOnly: isReadOnly, memory: memory, choices: choices,
      preparation: preparation
    ) { mailbox.post($0) }
    runner.start(syncing: syncing)
    let watch = SettingsWatch(configuration.path) { runner.reloadSettings() }
    if !chosen.problems.isEmpty || !model.keyProblems.isEmpty { runner.reloadSettings() }
    let screen = RecordingDevice(
      device, clock: { clock.wallMilliseconds }, write: recording?.write)
    screen.record(typedAhead)
    let loop = ScreenLoop(
      device: screen, clock: { Instant(milliseconds: screen.milliseconds) },
      mailbox: { mailbox.takeAll() },
      editor: editor(invocation.environment, configuration.path),
      background: { colour in
        let fitting = Theme.automatic(background: colour)
        let isNew = automatic.withLock { theme in
          defer { theme = fitting }
          return theme.name != fitting.name
        }
        if isNew { runner.reloadSettings(isTold: false) }
      }, typedAhead: typedAhead, runner: runner.carryOut)
    let exit = loop.run(&model)
    device.close()
    watch?.stop()
    runner.stop()
    if case .signal = exit { workspace.close() }
    return end(exit)
  }

  /// What the program exits with, when it was no signal that ended it.
  private static func end<Device>(_ exit: ScreenLoop<Device>.Exit) -> ExitCode {
    switch exit {
    case .quit: .done
    case .hungUp: .interrupted
    case .signal(let number): endBySignal(number)
    }
  }

  /// The person's editor, with its options, on the configuration file.
  private static func editor(_ environment: [String: String], _ path: String) -> [String] {
    let command =
      [environment["VISUAL"], environment["EDITOR"], "vi"]
      .compactMap { $0 }.first { !$0.isEmpty } ?? "vi"
    return command.split(separator: " ").map(String.init) + [path]
  }

  /// What the person's clock shows more than UTC, in minutes.
  static func offsetMinutes() -> Int {
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
