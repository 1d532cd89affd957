import Domain
import Terminal
import Testing

@testable import Interface

/// What holds over every pane: read-only, undo, confirmation, settings, plain lines.
@Suite("The shell") struct ShellTests {
  // MARK: Read only

  @Test("of a read-only screen says so at the top, and every key that would write says why not")
  func readOnly() {
    var session = Session(columns: 120, rows: 40, status: Sample.busy, isReadOnly: true)
    #expect(session.line("Rentbook").contains("read only"))
    for key in ["s", "S", "f", "p", "r", "R", "x", "u", "Ctrl-R"] {
      session.press(key)
      #expect(session.notice.contains("--read-only"), "\(key)")
    }
    #expect(session.takeEffects().isEmpty)
    session.press("Tab Enter r x")
    #expect(session.takeEffects().isEmpty)
    session.press("Esc d")
    #expect(session.takeEffects() == [.startSync(full: false, resources: [], dryRun: true)])
  }

  @Test("every action that changes something is marked as one") func writes() {
    let model = Session(status: Sample.busy, isReadOnly: true).model
    let off = Set(
      (model.panes.flatMap { $0.choices(model.world) } + model.shellChoices())
        .filter { $0.reason == World.readOnlyReason }.map(\.action.name))
    let expected: Set = [
      "sync-now", "sync-selected-resource", "full-sync", "pause-or-resume", "retry", "retry-all",
      "discard", "undo", "redo",
    ]
    #expect(expected.isSubset(of: off))
  }

  // MARK: Undo

  @Test("undoes what was done here by its name, and does it again") func undo() {
    var session = Session(status: Sample.quiet)
    session.press("u")
    #expect(session.notice.contains("Nothing was done"))
    session.send(.undoable(Undoable(undo: "approve 14 bills")))
    session.press("u")
    #expect(session.takeEffects() == [.undo])
    session.send(
      .undone(
        UndoOutcome("approve 14 bills", isRedo: false, next: Undoable(redo: "approve 14 bills"))))
    #expect(session.notice.contains("undone: approve 14 bills"))
    _ = session.takeEffects()
    session.press("u")
    #expect(session.takeEffects().isEmpty)
    session.press("Ctrl-R")
    #expect(session.takeEffects() == [.redo])
    session.send(
      .undone(
        UndoOutcome(
          "approve 14 bills", isRedo: true, problem: "3 were sent to Buildium.", next: Undoable())))
    #expect(session.notice.contains("Not done again: approve 14 bills. 3 were sent to Buildium."))
  }

  // MARK: Confirmation

  private func asked(
    _ session: inout Session, count: Int = 14, total: Money? = Money(minorUnits: 231_050),
    hidden: Int? = 3
  ) {
    session.model.overlays.append(
      Confirmation.batch(
        "Approve", count: count, noun: "bill", total: total, target: "Buildium", hidden: hidden,
        consequence: "They can be paid then.", reactions: [.effect(.retryAll)]))
  }

  @Test("asks with the count, the total, the target and what the filter hides") func batch() {
    var session = Session(columns: 80, rows: 24, status: Sample.quiet)
    asked(&session)
    for words in [
      "Approve 14 bills?", "Total     2,310.50", "Goes to   Buildium",
      "! 3 by the current filter", "▸ Cancel ◂",
    ] {
      #expect(session.screen.contains(words), "\(words)")
    }
    session.press("Enter")
    #expect(session.takeEffects().isEmpty)
    asked(&session)
    session.press("a a Enter")
    #expect(session.takeEffects().isEmpty, "its own key does not accept it")
    asked(&session)
    session.press("l Enter")
    #expect(session.takeEffects() == [.retryAll])
    asked(&session, hidden: nil)
    #expect(session.screen.contains("may hide some"))
  }

  @Test(
    "asks for the number to be typed above a limit of records or of money",
    arguments: [(51, 100), (2, 50_000_01), (2, -50_000_01)])
  func typedNumber(_ count: Int, _ cents: Int64) {
    var session = Session(columns: 80, rows: 24, status: Sample.quiet)
    asked(&session, count: count, total: Money(minorUnits: cents), hidden: 0)
    #expect(session.screen.contains("Type \(count) to go on"))
    session.press("y l Enter")
    #expect(session.takeEffects().isEmpty)
    #expect(session.notice.contains("Type \(count) first"))
    session.type("\(count)")
    session.press("Enter")
    #expect(session.takeEffects() == [.retryAll])
    asked(&session, count: 50, total: Money(minorUnits: 50_000_00), hidden: 0)
    #expect(!session.screen.contains("to go on"))
  }

  // MARK: Keys typed ahead

  @Test("thousands of keys typed into the palette cost no more than the first few")
  func typedAhead() throws {
    var session = Session(columns: 120, rows: 40, status: Sample.busy)
    session.press(":")
    for number in 0..<2000 { session.type(number % 9 == 8 ? " " : "s") }
    let picker = try #require(session.model.overlays.last as? ChoicePicker)
    #expect(picker.query.text.count == TextField.lengthMax)
    #expect(picker.looks < picker.all.count * 10)
    session.press("Ctrl-U")
    session.type("dry-run")
    #expect(session.line("▸").contains("dry-run"))
    for _ in 0..<7 { session.press("Backspace") }
    session.type("pause")
    #expect(session.line("▸").contains("pause-or-resume"))
  }

  @Test("two hundred keys that wait are answered by one picture, and none of them is lost")
  func oneFrame() throws {
    let keys = Array(repeating: TerminalEvent.key(.character("s")), count: 200)
    let device = MemoryDevice(
      size: Size(rows: 24, columns: 240), batches: [[.key(.character(":"))] + keys])
    var model = Model(portfolio: "Harbor & Main", now: Sample.now)
    let loop = ScreenLoop(device: device, clock: { Sample.now }, mailbox: { [] }, runner: { _ in })
    _ = loop.run(&model)
    #expect(device.frames == 2)
    #expect(device.frame?.text.contains(String(repeating: "s", count: 200)) == true)
  }

  // MARK: Settings

  @Test("takes new keys and colours while it is open, and tells what is wrong with them")
  func settings() throws {
    var session = Session(status: Sample.quiet)
    let theme = try #require(Theme.named("light"))
    session.send(
      .settings(ScreenSettings(keyMap: ["sync-now": [.function(5)]], theme: theme)))
    #expect(session.takeEffects() == [.theme(theme)])
    session.press("F5")
    #expect(session.takeEffects().count == 1)
    session.send(
      .settings(
        ScreenSettings(keyMap: ["full-sync": [.character("d")]], problems: ["x.json, line 3: bad"]))
    )
    #expect(session.notice.contains("x.json, line 3: bad"))
    session.press("L")
    #expect(session.screen.contains("d means both full-sync and dry-run"))
  }

  @Test("an action without keys has none, and is still found by name") func noKeys() {
    var session = Session(status: Sample.quiet, keyMap: ["sync-now": []])
    session.press("s")
    #expect(session.takeEffects().isEmpty)
    session.press(":")
    session.type("sync-now")
    session.press("Enter")
    #expect(session.takeEffects() == [.startSync(full: false, resources: [], dryRun: false)])
  }

  // MARK: Panes

  @Test(
    "every tab has its digit in sight and the one one is on its name, however narrow",
    arguments: [60, 64, 70, 80, 100])
  func tabs(_ columns: Int) {
    var session = Session(columns: columns, rows: 20, status: Sample.busy)
    for pane in session.model.panes {
      session.press("\(type(of: pane).number)")
      let tabs = session.model.tabs()
      #expect(
        tabs.map { $0.text.prefix(1) } == session.model.panes.map { "\(type(of: $0).number)" })
      #expect(tabs.allSatisfy { $0.columns.upperBound <= columns }, "\(tabs)")
      #expect(
        zip(tabs, tabs.dropFirst()).allSatisfy { $0.columns.upperBound < $1.columns.lowerBound })
      #expect(tabs[session.model.current].text.contains(type(of: pane).shortTitle))
    }
  }

  @Test("digits and brackets go through the panes, and each keeps its place") func panes() {
    var session = Session(status: Sample.quiet)
    session.press("5 j j 1 ] ] ] ]")
    #expect(session.line("▸").contains("Alder House 2"))
    session.press("] ] ]")
    #expect(session.screen.contains("GL accounts"))
    session.press("[")
    #expect(session.screen.contains(" Audit  0"))
  }

  // MARK: Plain lines

  @Test(
    "of a plain screen draws no lines or bars, says what is selected, and shows the cursor there")
  func plain() {
    var session = Session(columns: 80, rows: 24, status: Sample.busy, isPlain: true)
    for character in "─│█░▁▇▸" { #expect(!session.screen.contains(character)) }
    session.press("j")
    #expect(session.frame.showsCursor)
    let line = session.frame.lineText(session.frame.cursorRow)
    #expect(line.contains("Owners"))
    #expect(session.notice.contains("Owners 38 38 38"))
    session.press("5 j j")
    #expect(session.notice.contains("Alder House 2"))
    #expect(!session.screen.contains("Okafor"), "nothing stands beside or below the list")
    session.send(.syncEnded("In step.", hint: "", level: .info))
    #expect(session.notice.contains("In step."))
  }

  @Test("the cursor stands on the selected row or in the field that is typed into") func cursor() {
    var session = Session(columns: 80, rows: 24, status: Sample.quiet)
    session.press("5 j j")
    #expect(session.frame.lineText(session.frame.cursorRow).contains("▸"))
    session.press("/")
    session.type("oak")
    let frame = session.frame
    #expect(frame.showsCursor)
    #expect(frame[frame.cursorRow, frame.cursorColumn - 1].text == "k")
  }

  // MARK: Sizes and colours

  @Test("no size is too small or too large to draw, on any page")
  func sizes() {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0 ... .max, using: &generator)
    var dice = Dice(seed: seed)
    for keys in ["", "5", "5 Enter", "5 / x", "?", ":", "f", "L", "7", "5 s", "5 y"] {
      var session = Session(status: Sample.busy)
      session.press(keys)
      for _ in 0..<30 {
        let size = Size(rows: dice.roll(70), columns: dice.roll(210))
        session.send(.resized(size))
        #expect(session.frame.size == size, "seed \(seed), keys \(keys)")
      }
      session.send(.resized(Size(rows: 10, columns: 40)))
      #expect(session.screen.contains("terminal too small (40x10, need"))
      session.send(.resized(Size(rows: 1, columns: 1)))
      _ = session.frame
    }
  }

  @Test("states are words and signs, never colour alone") func words() {
    var session = Session(columns: 120, rows: 40, status: Sample.busy)
    #expect(session.screen.contains("! 1 refused"))
    #expect(session.screen.contains("~ first sync"))
    session.press("5 Space")
    #expect(session.screen.contains("● "))
    #expect(session.screen.contains("▸"))
  }
}

/// Numbers that look like chance and can be had again from their seed.
struct Dice {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  /// A number from 0 to `sides` - 1, by Knuth's MMIX constants.
  mutating func roll(_ sides: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % max(1, sides)
  }
}
