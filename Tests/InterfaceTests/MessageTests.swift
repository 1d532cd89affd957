import Domain
import Terminal
import Testing

@testable import Interface

@Suite("Messages") struct MessageTests {
  @Test("of an older question are dropped") func stale() {
    var session = Session(status: Sample.quiet)
    session.send(.clock(Sample.now.adding(milliseconds: 1000)))
    session.send(.storeChanged)
    #expect(session.takeEffects() == [.loadStatus(generation: 2)])
    session.send(.status(Sample.unconnected, generation: 1))
    #expect(session.screen.contains("in step"))
    session.send(.status(Sample.unconnected, generation: 2))
    #expect(session.screen.contains("Nothing is connected yet."))
  }

  @Test("of a busy store ask again only so often, and never forget to") func coalesced() {
    var session = Session(status: Sample.quiet)
    for _ in 0..<100 { session.send(.storeChanged) }
    #expect(session.takeEffects().isEmpty)
    #expect(session.model.nextTickMilliseconds == Model.loadMilliseconds)
    session.send(.clock(Sample.now.adding(milliseconds: Int64(Model.loadMilliseconds))))
    #expect(session.takeEffects() == [.loadStatus(generation: 2)])
    // While that is under way, a change waits for its answer.
    session.send(.clock(Sample.now.adding(milliseconds: 5000)))
    session.send(.storeChanged)
    #expect(session.takeEffects().isEmpty)
    session.send(.status(Sample.quiet, generation: 2))
    #expect(session.takeEffects() == [.loadStatus(generation: 3)])
  }

  @Test("keep the selection on its record through a refresh") func identity() {
    var session = Session(status: Sample.quiet)
    session.press("j j j")
    #expect(session.line("▸").contains("Units"))
    var status = Sample.quiet
    status.resources.removeFirst(2)
    session.send(.clock(Sample.now.adding(milliseconds: 1000)))
    session.send(.storeChanged)
    session.send(.status(status, generation: 2))
    #expect(session.line("▸").contains("Units"))
    status.resources.removeAll { $0.resource == .units }
    session.send(.clock(Sample.now.adding(milliseconds: 2000)))
    session.send(.storeChanged)
    session.send(.status(status, generation: 3))
    #expect(session.line("▸").contains("Tenants"))
  }

  @Test("that take the selected dead letter away say so, unless it was done here") func gone() {
    var two = Sample.busy
    two.deadLetters.append(Sample.secondLetter)
    for (keys, isSaid) in [("Tab", true), ("Tab r", false)] {
      var session = Session(status: two)
      session.press(keys)
      var status = two
      status.deadLetters.removeFirst()
      session.send(.clock(Sample.now.adding(milliseconds: 1000)))
      session.send(.storeChanged)
      session.send(.status(status, generation: 2))
      #expect(session.notice.contains("is settled; the nearest one is selected") == isSaid)
      #expect(session.line("▸").contains("Lease 1042-3"))
    }
  }

  @Test("stay in sight for four seconds of typing, and in the log for good") func kept() {
    var session = Session(status: Sample.quiet)
    session.send(.effectFailed("Bill 88213 was not queued.", hint: "The store is full."))
    _ = session.takeEffects()
    #expect(session.notice == " × Bill 88213 was not queued.  The store is full.")
    session.press("j")
    #expect(session.notice.contains("Bill 88213"))
    session.send(.clock(Sample.now.adding(milliseconds: 4000)))
    session.press("j")
    #expect(session.notice.isEmpty)
    session.press("L")
    #expect(session.screen.contains("× error    Bill 88213 was not queued."))
    #expect(session.screen.contains("→ The store is full."))
    session.press("y")
    #expect(
      session.takeEffects() == [
        .loadMessages,
        .copy("2026-10-31 14:02:10  error  Bill 88213 was not queued.  The store is full."),
      ])
  }

  @Test("of the store and of the screen stand in one log, the newest first") func log() {
    var session = Session(status: Sample.quiet)
    session.send(.effectDone("Queued again."))
    session.send(
      .messages([
        LogMessage(id: 1, at: Sample.ago(100), level: .info, text: "First"),
        LogMessage(id: 2, at: Sample.ago(50), level: .warning, text: "Second", hint: "Look"),
      ]))
    session.press("L")
    let texts = ["Queued again.", "Second", "First"]
    let rows = texts.map { text in
      session.screen.split(separator: "\n").firstIndex { $0.contains(text) } ?? -1
    }
    #expect(rows == rows.sorted() && !rows.contains(-1))
    session.press("/")
    session.type("warning")
    #expect(session.screen.contains("filter: warning_  1 of 3"))
    session.press("Esc Esc")
    #expect(session.screen.contains("Resource"))
  }

  @Test("of a dry run open its result, or wait while a person is busy") func plan() {
    let plan = [
      PlannedWrite(
        .create, service: .airtable, resource: .leases, title: "Lease 1042-3", change: "all fields"),
      PlannedWrite(.delete, service: .airtable, resource: .bills, title: "Bill 7"),
    ]
    var session = Session(status: Sample.quiet)
    session.send(.dryRun(plan))
    #expect(session.screen.contains("1 to create, 0 to update, 1 to delete; nothing was written"))
    #expect(session.line("Lease 1042-3").contains("+ create"))
    session.press("Esc")
    session.press("/")
    session.send(.dryRun(plan))
    #expect(session.screen.contains("Resource"))
    #expect(session.notice.contains("D shows them"))
    session.press("Esc D")
    #expect(session.screen.contains("Dry run"))
    session.press("Esc")
    session.send(.dryRun([]))
    #expect(session.screen.contains("a sync would write nothing"))
  }

  @Test("that a dead letter is settled reach its open page") func openPage() {
    var session = Session(status: Sample.busy)
    session.press("Tab Enter")
    session.send(.clock(Sample.now.adding(milliseconds: 1000)))
    session.send(.storeChanged)
    session.send(.status(Sample.quiet, generation: 2))
    #expect(session.screen.contains("no longer in the list"))
    session.press("r")
    #expect(session.notice.contains("Only a dead letter"))
  }
}

@Suite("The loop") struct LoopTests {
  private final class Record {
    var effects: [Effect] = []
    var box: [[Message]] = []
    var now = Sample.now
  }

  private func run(
    _ batches: [[TerminalEvent]], record: Record = Record(), device: MemoryDevice? = nil
  ) -> (exit: ScreenLoop<MemoryDevice>.Exit, device: MemoryDevice, model: Model) {
    let device = device ?? MemoryDevice(size: Size(rows: 24, columns: 80), batches: batches)
    var model = Model(portfolio: "Harbor & Main", now: Sample.now)
    let loop = ScreenLoop(
      device: device, clock: { record.now },
      mailbox: { record.box.isEmpty ? [] : record.box.removeFirst() },
      runner: { record.effects.append($0) })
    return (loop.run(&model), device, model)
  }

  @Test("asks for the status first, shows a frame at once, and ends with q") func basics() {
    let record = Record()
    record.box = [[.status(Sample.quiet, generation: 1)]]
    let (exit, device, _) = run([[.woken], [.key(.down)], [.key(.character("q"))]], record: record)
    #expect(exit == .quit)
    #expect(record.effects == [.loadStatus(generation: 1), .loadMessages])
    #expect(device.frames == 2)
    #expect(device.frame?.text.contains("▸Owners") == true)
    // Nothing is asked of the clock before there is an age to show.
    #expect(device.waits.first == .some(nil))
  }

  @Test("hands on what the terminal tells of its background, and shows no frame for it")
  func background() {
    let device = MemoryDevice(
      size: Size(rows: 24, columns: 80),
      batches: [[.background(Colour(red: 255, green: 255, blue: 255))]])
    var model = Model(portfolio: "Harbor & Main", now: Sample.now)
    var heard: [Colour] = []
    let loop = ScreenLoop(
      device: device, clock: { Sample.now }, mailbox: { [] }, background: { heard.append($0) },
      runner: { _ in })
    _ = loop.run(&model)
    #expect(heard.map { Theme.automatic(background: $0).name } == ["light"])
    #expect(device.frames == 1)
  }

  @Test("settings nobody asked for are taken without a word") func quietSettings() {
    var session = Session(status: Sample.quiet)
    var settings = ScreenSettings(theme: .mono)
    settings.isTold = false
    session.send(.settings(settings))
    #expect(session.takeEffects() == [.theme(.mono)])
    #expect(session.notice.isEmpty)
  }

  @Test("ends by signal and when the terminal goes away") func ends() {
    #expect(run([[.stop(signal: 15)]]).exit == .signal(15))
    #expect(run([]).exit == .hungUp)
  }

  @Test("copies, rings, suspends and redraws at the device, and tells what came of it")
  func device() {
    let record = Record()
    record.box = [[.status(Sample.quiet, generation: 1)]]
    let (_, device, _) = run(
      [
        [.woken], [.key(.character("y"))], [.key(.control("z"))], [.key(.control("l"))],
        [.key(.function(12))],
      ], record: record)
    #expect(device.copied.first?.hasPrefix("GL accounts") == true)
    #expect((device.stops, device.redraws, device.hasMouse) == (1, 1, false))
    #expect(record.effects.count == 2)
  }

  @Test("shows news at most thirty times a second, and the last of it for certain") func paced() {
    let record = Record()
    record.box = [[.status(Sample.quiet, generation: 1)], [.paused(true)], [.paused(false)]]
    let device = MemoryDevice(
      size: Size(rows: 24, columns: 80), batches: [[.woken], [.woken], [.woken], [.woken]])
    let (_, shown, model) = run([], record: record, device: device)
    // The clock stands still: one frame at the start, none for the news so soon after it.
    #expect(shown.frames == 1)
    #expect(shown.waits.dropFirst().allSatisfy { $0 == 33 })
    #expect(!model.world.isPaused)
  }

  @Test("takes the device's size, then and when it changes") func resizes() {
    let device = MemoryDevice(
      size: Size(rows: 40, columns: 120), batches: [[.resized(Size(rows: 10, columns: 40))]])
    let (_, shown, _) = run([], device: device)
    #expect(shown.frame?.size == Size(rows: 10, columns: 40))
  }
}

@Suite("Words") struct WordsTests {
  @Test func numbers() {
    #expect(
      [0, 999, 1000, 48_210, 1_234_567, -1240].map(Words.number)
        == ["0", "999", "1,000", "48,210", "1,234,567", "−1,240"])
    #expect(Words.number(.min) == "−9,223,372,036,854,775,808")
    #expect(Words.count(1, "record") == "1 record")
    #expect([0.04, 0.06, 49.25, .infinity].map(Words.tenths) == ["0.0", "0.1", "49.3", "?"])
  }

  @Test("say a hundred per cent only when all is done") func percent() {
    #expect(Words.percent(48_209, of: 48_210) == 99)
    #expect(Words.percent(5, of: 5) == 100)
    #expect(Words.percent(0, of: 0) == 100)
    #expect(Words.percent(9, of: 5) == 100)
    #expect(Words.percent(-1, of: 5) == 0)
  }

  @Test func times() {
    #expect(
      [0, 999, 1000, 59_999, 60_000, 3_599_000, 3_600_000, 172_800_000].map {
        Words.span(milliseconds: $0)
      } == ["now", "now", "1 s", "59 s", "1 min", "59 min", "1 h", "2 d"])
    #expect(
      [0, 59, 168, 3600, 180_000].map { Words.duration(seconds: $0) }
        == ["0 s", "59 s", "2 min 48 s", "1 h 0 min", "2 d 2 h"])
    #expect(
      [0, 99, 612, 1940, 35_000].map { Words.duration(milliseconds: $0) }
        == ["0 ms", "99 ms", "0.6 s", "1.9 s", "35 s"])
  }

  @Test("charts keep the highest of each column's share, the newest last") func charts() {
    #expect(Words.sparkline([0, 5, 10], full: 10, width: 3) == "▁▄█")
    #expect(Words.sparkline([0, 9, 0, 0], full: 9, width: 2) == "█▁")
    #expect(Words.sparkline([], full: 9, width: 2).isEmpty)
    #expect(Words.sparkline([1, 2], full: 0, width: 0).isEmpty)
    #expect(Words.bar(percent: 50, width: 4) == "██░░")
    #expect(Words.bar(percent: 300, width: 2) == "██")
  }
}

@Suite("The screen before its store is open") struct PreludeTests {
  private func run(
    _ batches: [[TerminalEvent]], news: [[ScreenPrelude<MemoryDevice>.News]]
  ) -> (outcome: ScreenPrelude<MemoryDevice>.Outcome, device: MemoryDevice, model: Model) {
    let device = MemoryDevice(size: Size(rows: 24, columns: 80), batches: batches)
    var model = Model(portfolio: "Harbor & Main", now: Sample.now)
    var news = news
    let prelude = ScreenPrelude(
      device: device, clock: { Sample.now }, news: { news.isEmpty ? [] : news.removeFirst() })
    return (prelude.run(&model), device, model)
  }

  @Test("stands at once, says what is done, and waits for nothing but news") func shown() {
    let (outcome, device, model) = run(
      [[.woken], [.woken]], news: [[], [.doing("Bringing the store up to date…")], [.ready]])
    #expect(outcome == .ready(typedAhead: []))
    #expect(device.frames == 2)
    #expect(device.frame?.text.contains("Bringing the store up to date…") == true)
    #expect(device.frame?.text.contains("Harbor & Main") == true)
    #expect(device.waits == [nil, nil])
    #expect(model.world.notice == nil)
  }

  @Test("a store that is there at once costs no frame") func atOnce() {
    let (outcome, device, _) = run([], news: [[.ready]])
    #expect(outcome == .ready(typedAhead: []))
    #expect(device.frames == 0)
  }

  @Test("keeps what is typed, in order, for the screen that follows") func typedAhead() throws {
    let typed: [TerminalEvent] = [.key(.character("5")), .paste("oak"), .key(.character("q"))]
    let (outcome, _, model) = run(
      [[typed[0], typed[1]], [.woken, typed[2]]], news: [[], [], [.ready]])
    #expect(outcome == .ready(typedAhead: typed))
    var next = model
    let device = MemoryDevice(size: Size(rows: 24, columns: 80))
    let loop = ScreenLoop(
      device: device, clock: { Sample.now }, mailbox: { [] }, typedAhead: typed, runner: { _ in })
    #expect(loop.run(&next) == .quit)
    #expect(next.current == 4)
  }

  @Test("takes every size, and ends by a signal or without a terminal") func ends() {
    let (_, device, model) = run(
      [[.resized(Size(rows: 10, columns: 40))], [.woken]], news: [[], [], [.ready]])
    #expect(device.frame?.text.contains("terminal too small") == true)
    #expect(model.world.size == Size(rows: 10, columns: 40))
    #expect(run([[.stop(signal: 15)]], news: []).outcome == .ended(.signal(15)))
    #expect(run([[.hungUp]], news: []).outcome == .ended(.hungUp))
  }
}
