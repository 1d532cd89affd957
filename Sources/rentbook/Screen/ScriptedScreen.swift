#if DEBUG
  // `rentbook screen --script FILE`, in test builds: the screen without a terminal, its keys from a
  // file, its pictures on standard output.
  import Background
  import Domain
  import Glibc
  import Interface
  import Terminal

  /// A screen that reads keys from a script, one line after the other:
  ///
  /// ```
  /// size 80x24
  /// 5 j j Enter       keys by their names
  /// type oak          text
  /// wait Properties   until the picture holds the words
  /// dump              the picture, on standard output
  /// # …               says nothing
  /// ```
  ///
  /// A recording (`--record`) is such a script too: it is repeated by the clock it was made by, and
  /// each of its pictures has to come again before the keys that were pressed at it.
  final class ScriptedDevice: TerminalDevice {
    private var lines: ArraySlice<Substring>
    private var frame: Frame?
    private let ends: (read: Int32, write: Int32)
    /// What went wrong; nil while all goes well.
    private(set) var problem: Failure?
    private(set) var size = Size(rows: 24, columns: 80)
    /// The moment of the recording that is repeated; nil outside of one.
    private(set) var moment: Int64?
    /// How many pictures were the same as in the recording, and in which lines others were. A picture
    /// may have been taken while an answer of the store was on its way, so the last one decides.
    private(set) var same = 0, others: [Int] = [], isLastSame = true
    private var lineNumber = 0
    /// When the picture that is awaited is given up.
    private var givenUpAt: ContinuousClock.Instant?

    /// How long a picture is waited for: the store's answers may come in another order.
    private static let pictureSeconds = 5
    /// How long words are waited for.
    private static let waitMilliseconds: Int64 = 30_000

    init?(_ text: String) {
      lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { return nil }
      self.ends = (ends[0], ends[1])
    }

    deinit {
      close(ends.read)
      close(ends.write)
    }

    /// Ends a wait, from any thread.
    var wake: @Sendable () -> Void {
      let end = ends.write
      return {
        var byte: UInt8 = 0
        _ = Glibc.write(end, &byte, 1)
      }
    }

    func present(_ frame: Frame) { self.frame = frame }

    func wait(milliseconds: Int?) -> [TerminalEvent] {
      while let line = lines.first, line.isEmpty || line.hasPrefix("# ") { removeLine() }
      guard problem == nil, let line = lines.first else { return [.hungUp] }
      if let step = SessionStep(String(line)) { return take(step) }
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      let rest = words.count > 1 ? words[1] : ""
      if words.first == "wait" {
        return look(for: rest, milliseconds)
      }
      removeLine()
      switch words.first {
      case "dump": Output.line(frame?.text ?? "")
      case "type": return rest.map { .key(.character($0)) }
      default:
        var events: [TerminalEvent] = []
        for name in line.split(separator: " ") {
          guard let key = Key(String(name)) else { return fail("“\(name)” is no key.") }
          events.append(.key(key))
        }
        return events
      }
      return [.timeout]
    }

    private func removeLine() {
      lines.removeFirst()
      lineNumber += 1
    }

    /// Does one step of a recording again.
    private func take(_ step: SessionStep) -> [TerminalEvent] {
      if case .picture(let picture) = step, !sees(picture) {
        sleepUntilWoken(milliseconds: 100)
        // The clock stands still here, and what is no person's doing would wait for it to go on.
        return [.resized(size)]
      }
      removeLine()
      switch step {
      case .key(let key): return [.key(key)]
      case .paste(let text): return [.paste(text)]
      case .mouse(let mouse): return [.mouse(mouse)]
      case .moment(let milliseconds): moment = milliseconds
      case .picture: break
      case .size(let size): self.size = size
      }
      return [.resized(size)]
    }

    /// Whether the picture is there, or has been waited for long enough.
    private func sees(_ picture: UInt64) -> Bool {
      if frame?.fingerprint == picture {
        givenUpAt = nil
        same += 1
        isLastSame = true
        return true
      }
      let end = givenUpAt ?? .now + .seconds(Self.pictureSeconds)
      givenUpAt = end
      guard ContinuousClock.now >= end else { return false }
      givenUpAt = nil
      others.append(lineNumber + 1)
      isLastSame = false
      return true
    }

    private func sleepUntilWoken(milliseconds: Int32) {
      var entry = pollfd(fd: ends.read, events: Int16(POLLIN), revents: 0)
      _ = poll(&entry, 1, milliseconds)
      var buffer = [UInt8](repeating: 0, count: 256)
      if entry.revents != 0 { _ = read(ends.read, &buffer, buffer.count) }
    }

    /// Looks whether the words are there, and sleeps until something happens when they are not.
    private func look(for words: String, _ milliseconds: Int?) -> [TerminalEvent] {
      if frame?.text.contains(words) ?? false {
        removeLine()
        return [.timeout]
      }
      let wait = min(milliseconds.map(Int64.init) ?? Self.waitMilliseconds, Self.waitMilliseconds)
      var entry = pollfd(fd: ends.read, events: Int16(POLLIN), revents: 0)
      if poll(&entry, 1, Int32(wait)) == 0, wait == Self.waitMilliseconds {
        return fail("“\(words)” did not come; the screen was:\n\(frame?.text ?? "")")
      }
      var buffer = [UInt8](repeating: 0, count: 256)
      if entry.revents != 0 { _ = read(ends.read, &buffer, buffer.count) }
      return [.woken]
    }

    private func fail(_ text: String) -> [TerminalEvent] {
      problem = Failure("script", text)
      return [.hungUp]
    }

    func suspended(_ body: () -> Void) { body() }
    func run(_ arguments: [String]) -> Int { 0 }
    func use(_ theme: Theme) {}
    func stop() {}
    func redraw() {}
    func bell() {}
    func takeMouse(_ on: Bool) {}
    func copy(_ text: String) -> CopyOutcome { .sent }
  }

  extension ScreenCommand {
    /// Runs a script to its end, or to the first thing in it that is not so.
    static func runScript(_ path: String, _ invocation: Invocation) throws(Failure) -> ExitCode {
      let text = String(decoding: try Files.read(path), as: UTF8.self)
      guard let device = ScriptedDevice(text) else { throw Failure("script", "No pipe is left.") }
      let workspace = try Workspace(invocation)
      defer { workspace.close() }
      let configuration = workspace.configuration
      let mailbox = Mailbox<Message>(wake: device.wake)
      let runner = ScreenRunner(
        workspace: workspace, isReadOnly: invocation.flag("--read-only"),
        memory: ScreenState(path: nil),
        choices: {
          ScreenChoices(path: configuration.path, themeName: nil, automatic: .mono)
        }
      ) { mailbox.post($0) }
      runner.start(syncing: false)
      let clock = workspace.clock
      func now() -> Instant { Instant(milliseconds: device.moment ?? clock.wallMilliseconds) }
      let keyMap = ScreenChoices(path: configuration.path, themeName: nil, automatic: .mono).keyMap
      var model = Model(
        portfolio: configuration.portfolio, now: now(), utcOffsetMinutes: offsetMinutes(),
        size: device.size, keyMap: keyMap, isReadOnly: invocation.flag("--read-only"),
        isPlain: invocation.flag("--a11y"))
      let loop = ScreenLoop(
        device: device, clock: now, mailbox: { mailbox.takeAll() }, runner: runner.carryOut)
      _ = loop.run(&model)
      runner.stop()
      if let problem = device.problem { throw problem }
      let lines = device.others.map(String.init).joined(separator: ", ")
      guard device.isLastSame else {
        throw Failure(
          "script", "The screen ended as another than was recorded; it differs in lines \(lines).",
          hint: "\(device.same) pictures were the same. The store has to be the one it was made on."
        )
      }
      if device.same > 0 {
        let rest = lines.isEmpty ? "." : "; an answer was on its way in lines \(lines)."
        Output.line("\(device.same) pictures as they were recorded\(rest)")
      }
      if invocation.flag("--screen-dump") { Output.line(render(model).text) }
      return .done
    }
  }
#endif
