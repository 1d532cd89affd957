// One life of the program under the monkey, from its start to the terminal it leaves behind.
import Glibc

/// One start of the program, what is done to it, and its end.
struct MonkeyLife {
  /// What was started.
  let title: String
  private(set) var tally = MonkeyTally()
  /// The last things that were done.
  private(set) var lastSteps: [String] = []
  private let program: TerminalProgram
  private let patience: Int
  private let endsBySignal: Bool
  private var hand: MonkeyHand

  private static let stepsKept = 60
  /// A key that changed nothing in this time is not waited for longer.
  private static let silenceMilliseconds = 120
  /// It is looked whether the program still answers after so many steps.
  private static let stepsBetweenProbes = 10
  private static let startMilliseconds = 30_000
  private static let endMilliseconds = 30_000
  /// More layers than can lie on each other.
  private static let escapes = 40

  /// Odd lives read the store that the demo before them has left; the others are demos.
  init(
    number: Int, seed: UInt64, program path: String, folder: String, patienceSeconds: Int
  ) throws(BenchmarkError) {
    hand = MonkeyHand(seed: seed)
    patience = patienceSeconds * 1000
    endsBySignal = number / 2 % 2 == 1
    let store = folder + "/monkey.sqlite"
    var arguments: [String]
    if number % 2 == 0 {
      arguments = ["demo", "--properties", "4", "--months", "2", "--store", store]
      arguments += hand.roll(2) == 0 ? ["--no-limits"] : []
      arguments += hand.roll(2) == 0 ? ["--still"] : []
    } else {
      arguments = ["screen", "--read-only"]
      arguments += hand.roll(3) == 0 ? ["--a11y"] : []
      arguments += hand.roll(3) == 0 ? ["--color", "never"] : []
    }
    let term = hand.choose(["xterm-256color", "xterm-256color", "linux", "vt100", "screen"])
    let language = hand.choose(["C.UTF-8", "C.UTF-8", "C"])
    title = (arguments + ["TERM=\(term)", "LANG=\(language)"]).joined(separator: " ")
    program = try TerminalProgram(
      path, arguments,
      [
        "RENTBOOK_HOME": folder + "/home", "RENTBOOK_STORE": store, "HOME": folder,
        "TERM": term, "LANG": language, "PATH": "/usr/bin:/bin", "TZ": "UTC",
        "VISUAL": "/bin/true", "SWIFT_BACKTRACE": "interactive=no,color=no",
      ], rows: 24, columns: 80)
  }

  var lastWords: String { program.words }

  /// What the program does by now, as the system sees it.
  var condition: String { program.condition }

  /// Lives for so long; what broke, or nil.
  mutating func run(seconds: Int) -> String? {
    guard program.read(milliseconds: Self.startMilliseconds) else { return "no first frame" }
    program.settle(milliseconds: 200, atMost: 3000)
    let end = Now.monotonic + UInt64(seconds) * 1_000_000_000
    while Now.monotonic < end {
      let step = hand.step()
      note(step)
      if let problem = carryOut(step) { return problem }
      if tally.steps % 100 == 0 { tally.peakKilobytes = program.peakKilobytes }
      switch program.look() {
      case .alive: break
      case .stopped: if let problem = bringBack() { return problem }
      case .ended(let code): return departed(code)
      }
      if tally.steps % Self.stepsBetweenProbes == 0, let problem = probe() {
        if case .ended(let code) = program.look() { return departed(code) }
        return problem
      }
    }
    tally.peakKilobytes = max(tally.peakKilobytes, program.peakKilobytes)
    return leave()
  }

  private mutating func note(_ step: MonkeyStep) {
    tally.steps += 1
    lastSteps.append("\(tally.steps) \(step)")
    if lastSteps.count > Self.stepsKept { lastSteps.removeFirst() }
  }

  private mutating func carryOut(_ step: MonkeyStep) -> String? {
    switch step {
    case .keys(let bytes):
      while program.read(milliseconds: 0) {}
      let start = Now.monotonic
      guard program.type(bytes, milliseconds: patience) else { return unread() }
      if program.read(milliseconds: Self.silenceMilliseconds) {
        tally.answers.append(Int((Now.monotonic - start) / 1000))
        return nil
      }
      tally.silences += 1
    case .paste(let bytes):
      tally.pastes += 1
      guard program.type(bytes, milliseconds: patience) else { return unread() }
    case .rubbish(let bytes), .mouse(let bytes):
      guard program.type(bytes, milliseconds: patience) else { return unread() }
    case .resize(let rows, let columns):
      resize(rows: rows, columns: columns)
    case .stop: return stop()
    }
    program.settle(milliseconds: 1, atMost: 50)
    return nil
  }

  private func unread() -> String? {
    // What was being typed may have stopped or ended it.
    program.look() == .alive ? "it did not read its keys within \(patience) ms" : nil
  }

  private mutating func resize(rows: Int, columns: Int) {
    tally.resizes += 1
    program.resize(rows: rows, columns: columns)
  }

  /// A new size is answered in every state: whether the loop still turns.
  private mutating func probe() -> String? {
    program.settle(milliseconds: 10, atMost: 200)
    // Another size than it has had lately, or there is nothing to answer.
    let start = Now.monotonic
    resize(rows: 24, columns: 82 + tally.probes.count % 40)
    guard program.read(milliseconds: patience) else {
      return "a new size was not answered within \(patience) ms"
    }
    tally.probes.append(Int((Now.monotonic - start) / 1000))
    return nil
  }

  private mutating func stop() -> String? {
    program.signal(SIGTSTP)
    guard program.wait(while: .alive, milliseconds: patience) != .alive else {
      return "SIGTSTP did not stop it within \(patience) ms"
    }
    return bringBack()
  }

  /// Looks at what the stopped program has made of the terminal, and lets it go on.
  private mutating func bringBack() -> String? {
    guard program.look() == .stopped else { return nil }
    tally.stops += 1
    program.settle(milliseconds: 5, atMost: 200)
    guard program.leftOver.isEmpty else {
      return "stopped, it left \(program.leftOver.joined(separator: ", "))"
    }
    program.signal(SIGCONT)
    guard program.wait(while: .stopped, milliseconds: patience) == .alive,
      program.read(milliseconds: patience)
    else { return "SIGCONT did not bring it back" }
    return nil
  }

  /// It ended without being asked to by this monkey: by a menu, or because something broke.
  private mutating func departed(_ code: Int32) -> String? {
    tally.departures += 1
    if code != 0 { return "it ended with \(code)" }
    return left()
  }

  private func left() -> String? {
    let problems = program.leftOver
    return problems.isEmpty ? nil : "it left \(problems.joined(separator: ", "))"
  }

  /// Goes back to the first pane, whatever is open, and ends the program.
  private mutating func leave() -> String? {
    // The end of a paste that was never closed.
    resize(rows: 25, columns: 81)
    _ = program.type(Array("\u{1B}[201~".utf8), milliseconds: patience)
    program.settle(milliseconds: 300, atMost: 3000)
    for _ in 0..<Self.escapes {
      guard program.type([0x1B], milliseconds: patience) else { return unread() }
      // Longer than a terminal's keys may take to arrive.
      usleep(40_000)
      program.settle(milliseconds: 1, atMost: 100)
    }
    if case .ended(let code) = program.look() { return departed(code) }
    // A pane keeps its filter while another is shown: Esc once more shows all of it.
    for byte: UInt8 in [49, 0x1B] {
      note(.keys([byte]))
      guard program.type([byte], milliseconds: patience) else { return unread() }
      program.settle(milliseconds: 200, atMost: 2000)
    }
    program.forgetTail()
    // A whole picture comes after Ctrl-L.
    guard program.type([12], milliseconds: patience), program.read(milliseconds: patience) else {
      return "Ctrl-L was not answered within \(patience) ms"
    }
    program.settle(milliseconds: 200, atMost: 2000)
    guard program.words.contains("Owners") else { return "Esc and 1 did not lead to the Sync pane" }
    return endsBySignal ? endBySignal() : quit()
  }

  private func endBySignal() -> String? {
    program.signal(SIGTERM)
    let fate = program.wait(while: .alive, milliseconds: Self.endMilliseconds)
    guard fate == .ended(128 + SIGTERM) else { return "SIGTERM was answered by \(fate)" }
    return left()
  }

  private func quit() -> String? {
    _ = program.type([UInt8(ascii: "q")], milliseconds: patience)
    if program.wait(while: .alive, milliseconds: 1000) == .alive {
      // A sync is running, and it was asked whether to quit all the same.
      _ = program.type([UInt8(ascii: "y")], milliseconds: patience)
    }
    let fate = program.wait(while: .alive, milliseconds: Self.endMilliseconds)
    guard fate == .ended(0) else { return "q was answered by \(fate)" }
    return left()
  }
}
