import Domain
import Glibc
import Terminal
import Testing

@testable import Interface

/// Keys, sizes, pastes and answers in any order: nothing breaks, and there is always a way out.
@Suite("A monkey") struct MonkeyTests {
  /// What it does in a run; `RENTBOOK_MONKEY` in the environment multiplies that for a long one.
  private static let steps =
    250 * (getenv("RENTBOOK_MONKEY").flatMap { Int(String(cString: $0)) } ?? 1)
  /// More layers than lie on each other in any run.
  private static let escapesMax = 40

  @Test(
    "does what it likes on every pane, with answers late, failed or never, and gets out with Esc",
    arguments: 0..<6)
  func monkey(_ run: Int) {
    // The seed of a run that failed may be given, to have the run again.
    let given = getenv("RENTBOOK_MONKEY_SEED").flatMap { UInt64(String(cString: $0)) }
    let seed = given ?? UInt64.random(in: 1...UInt64(UInt32.max))
    var monkey = Monkey(seed: seed, isReadOnly: run == 1, isPlain: run == 2)
    for number in 0..<Self.steps {
      let done = monkey.step()
      let frame = render(monkey.model)
      let size = monkey.model.world.size
      guard frame.size == size, frame.cursorRow <= size.rows, frame.cursorColumn <= size.columns
      else {
        Issue.record("seed \(seed), step \(number) (\(done)): a frame of \(frame.size) in \(size)")
        return
      }
    }
    // Nothing that was never answered may hold a person.
    monkey.send(.resized(Size(rows: 24, columns: 80)))
    var escapes = 0
    while !monkey.model.overlays.isEmpty, escapes < Self.escapesMax {
      monkey.send(.key(.escape))
      escapes += 1
    }
    #expect(monkey.model.overlays.isEmpty, "seed \(seed): Esc leaves a layer open")
    for key: Key in [.escape, .escape, .character("1")] { monkey.send(.key(key)) }
    let picture = render(monkey.model).text
    #expect(
      type(of: monkey.model.panes[monkey.model.current]) == SyncPane.self
        && monkey.model.overlays.isEmpty,
      "seed \(seed): Esc Esc 1 does not show the Sync pane but:\n\(picture)")
    // All that was asked is answered at last, and the screen can be left.
    monkey.settle()
    for _ in 0..<4 { monkey.send(.key(.escape)) }
    monkey.send(.key(.character("1")))
    monkey.hasQuit = false
    monkey.send(.key(.character("q")))
    if !monkey.hasQuit { monkey.send(.key(.character("y"))) }
    #expect(monkey.hasQuit, "seed \(seed): q does not end it:\n\(render(monkey.model).text)")
  }
}

/// Somebody who presses anything, before a store that answers when it likes.
private struct Monkey {
  private(set) var model: Model
  /// Whether the screen asked to be ended since this was last cleared.
  var hasQuit = false
  private var dice: Dice
  private var lists = FakeLists(counts: [
    .properties: 700, .leases: 40, .tenants: 3, .bills: 118, .audit: 500, .transactions: 2000,
  ])
  private var months = FakeMonths()
  private var conflicts = FakeConflicts(23)
  private let bills: [BillRow]
  private let keys: [Key]
  /// Answers that are on their way.
  private var late: [Message] = []
  /// Figures of months take long to work out; a run has as many as it can afford.
  private var monthsLeft = 10

  private static let lateMax = 200
  /// An answer leads to a question that is answered at once, which leads to another; not for ever.
  private static let answersInStepMax = 200

  private static let rubbish = [
    "\u{1B}[31m", "\u{202E}abc", "a\nb\rc\t", "\u{0}\u{7}", "😀👨‍👩‍👧", "prop:\"", "amount>", "--- ::",
    String(repeating: "x", count: 5000), "e" + String(repeating: "\u{301}", count: 40),
    "\u{FFFD}\u{FEFF}\u{200D}\u{200B}", "99999999999999999999999", "-0.00", "2026-13-45",
    String(decoding: [0xFF, 0xC3, 0x28, 0xE2, 0x82, 0x80, 0xF0] as [UInt8], as: UTF8.self),
  ]
  private static let words = [
    "oak", "amount>500", "-void", "due<2026-11-01", "late", "ledger", "sort", "x", "30", "rent",
    "property:", "approve", "2026-10", "close",
  ]

  init(seed: UInt64, isReadOnly: Bool, isPlain: Bool) {
    dice = Dice(seed: seed)
    let states = BillState.allCases
    bills = (0..<30).map { BillSample.row($0, states[$0 % states.count]) }
    model = Model(
      portfolio: "Harbor & Main Management", now: Session.now, size: Size(rows: 28, columns: 100),
      isReadOnly: isReadOnly, isPlain: isPlain)
    keys = Self.everyKey(of: model)
    for effect in model.start() { meet(effect) }
    settle()
  }

  /// Every key that means something somewhere, and many that mean nothing.
  private static func everyKey(of model: Model) -> [Key] {
    let layers = model.panes.flatMap { $0.choices(model.world) } + model.shellChoices()
    let over: [[Key]] = [
      Detail.bindings.flatMap(\.keys), MessageLog.bindings.flatMap(\.keys),
      PlanView.bindings.flatMap(\.keys), Confirmation.bindings.flatMap(\.keys),
      ChoicePicker.bindings.flatMap(\.keys), CloseChecklist.bindings.flatMap(\.keys),
      ReasonPrompt.bindings.flatMap(\.keys), TextReport.bindings.flatMap(\.keys),
    ]
    let bound = layers.flatMap(\.keys) + over.joined()
    let beyond: [Key] =
      (0x20...0x7E).map { Key.character(Character(Unicode.Scalar($0))) }
      + "abcdefghijklmnopqrstuvwxyz".map(Key.control) + "xqj1".map(Key.alt)
      + [
        .backspace, .delete, .insert, .function(1), .function(5), .function(12),
        .character("日"), .character("é"), .character("😀"), .character("\u{202E}"),
      ]
    // What means something comes twice as often, and the ways in and out more often still.
    return bound + bound + beyond
      + Array(repeating: [.enter, .escape, .tab, .down, .character(":")], count: 6).joined()
  }

  // MARK: What it does

  /// Does one thing and says what.
  mutating func step() -> String {
    switch dice.roll(60) {
    case 0:
      let size = Size(rows: 1 + dice.roll(100), columns: 1 + dice.roll(300))
      send(.resized(size))
      return "size \(size)"
    case 1:
      let size = [
        Size(rows: 1, columns: 1), Size(rows: 100, columns: 300), Size(rows: 20, columns: 60),
        Size(rows: 24, columns: 80), Size(rows: 24, columns: 80),
      ][dice.roll(5)]
      send(.resized(size))
      return "size \(size)"
    case 2, 3:
      let text = Self.rubbish[dice.roll(Self.rubbish.count)]
      send(.paste(text))
      return "paste \(text.prefix(20))"
    case 4, 5:
      let what: Mouse.What = [.press, .wheelUp, .wheelDown][dice.roll(3)]
      let mouse = Mouse(what, row: dice.roll(100), column: dice.roll(300))
      send(.mouse(mouse))
      return "\(mouse)"
    case 6: send(.clock(model.world.now.adding(milliseconds: Int64(dice.roll(5000)))))
    case 7: news()
    case 8, 9, 10: answer()
    case 11:
      lists.deleted.insert(RecordReference(.properties, FakeLists.id(dice.roll(50))))
      send(.storeChanged)
    case 12, 13:
      let word = Self.words[dice.roll(Self.words.count)]
      for character in word { send(.key(.character(character))) }
      if dice.roll(2) == 0 { send(.key(.enter)) }
      return "types \(word)"
    default:
      let key = keys[dice.roll(keys.count)]
      send(.key(key))
      return "\(key)"
    }
    return "lets things happen"
  }

  /// Something that nobody asked for.
  private mutating func news() {
    switch dice.roll(8) {
    case 0:
      send(
        .progress(
          .transactions, service: .airtable, Progress(done: dice.roll(900), total: dice.roll(900))))
    case 1: send(.logged(LogMessage(id: 7, at: model.world.now, level: .error, text: "Refused.")))
    case 2: send(.syncEnded("In step.", hint: "", level: .info))
    case 3: send(.effectFailed("The store is full.", hint: "Make room."))
    case 4:
      send(
        .dryRun([
          PlannedWrite(.create, service: .airtable, resource: .bills, title: "Bill 1")
        ]))
    case 5: send(.paused(dice.roll(2) == 0))
    case 6: send(.settings(ScreenSettings(problems: ["line 3: nothing"])))
    default: send(.storeChanged)
    }
  }

  mutating func send(_ message: Message) {
    var queue = update(&model, message)[...]
    var count = 0
    while let effect = queue.popFirst() {
      if effect == .quit { hasQuit = true }
      guard let answer = reply(to: effect) else { continue }
      count += 1
      // At once, late, never, or not at all for a reason.
      switch dice.roll(12) {
      case 0: break
      case 1: if let refusal = Self.refusal(of: effect) { late.append(refusal) }
      case 2...6: late.append(answer)
      default:
        if count > Self.answersInStepMax {
          late.append(answer)
        } else {
          queue += update(&model, answer)
        }
      }
    }
    if late.count > Self.lateMax { late.removeFirst(late.count - Self.lateMax) }
  }

  private mutating func meet(_ effect: Effect) {
    if let answer = reply(to: effect) { late.append(answer) }
  }

  /// Lets a few of the answers arrive, in any order.
  private mutating func answer() {
    for _ in 0..<(1 + dice.roll(10)) where !late.isEmpty {
      send(late.remove(at: dice.roll(late.count)))
    }
  }

  /// Lets all that is on its way arrive.
  mutating func settle() {
    var rounds = 0
    while !late.isEmpty, rounds < 20 {
      let all = late
      late = []
      for message in all { send(message) }
      rounds += 1
    }
  }

  // MARK: What it is answered

  private mutating func reply(to effect: Effect) -> Message? {
    switch effect {
    case .conflicts(let errand, let ticket): return .conflicts(conflicts.answer(errand), ticket)
    case .loadMonth(_, let ticket), .loadClose(_, let ticket):
      monthsLeft -= 1
      guard monthsLeft > 0 else { return .unanswered(ticket, "Too busy.", hint: "Wait.") }
      return months.answer(effect)
    case .loadStatus(let generation):
      let status = [Sample.busy, Sample.quiet, Sample.neverSynced][dice.roll(3)]
      return .status(status, generation: generation)
    case .loadMessages: return .messages([])
    case .loadBills(let query, let ticket):
      return .bills(BillSample.desk(query, of: bills), ticket)
    case .loadBill(let id, let ticket):
      let row = bills.first { $0.localID == id }
      let detail = row.map {
        BillDetail(
          row: $0, lines: [], applications: [], history: [], source: nil, duplicates: [],
          reconciling: [], schedule: nil)
      }
      return .bill(detail, ticket)
    case .decideBills(let tasks, let action, _, _):
      let outcomes = tasks.map { BillTaskOutcome($0, isDone: dice.roll(2) == 0, "So it is.") }
      return .billOutcomes(outcomes, action)
    case .startSync(_, _, let dryRun):
      late.append(.syncEnded("In step.", hint: "", level: .info))
      return .syncStarted(dryRun: dryRun)
    case .cancelSync: return .syncEnded("Stopped.", hint: "", level: .warning)
    case .pauseSync: return .paused(true)
    case .resumeSync: return .paused(false)
    case .undo, .redo:
      let next = Undoable(undo: "approve 2 bills")
      return .undone(UndoOutcome("approve 2 bills", isRedo: effect == .redo, next: next))
    case .export(_): return .copyReady("a,b\n1,2\n")
    case .overrideGate, .finalizeMonth, .reopenMonth, .exportReport, .retry, .retryAll, .discard:
      return .effectDone("It was done.")
    case .reloadSettings: return .settings(ScreenSettings())
    default: return lists.answer(effect)
    }
  }

  private static func refusal(of effect: Effect) -> Message? {
    let ticket: Ticket? =
      switch effect {
      case .loadList(_, let ticket), .loadRecord(_, let ticket), .searchRecords(_, _, let ticket),
        .loadBills(_, let ticket), .loadBill(_, let ticket), .loadMonth(_, let ticket),
        .loadClose(_, let ticket), .conflicts(_, let ticket):
        ticket
      default: nil
      }
    return ticket.map { .unanswered($0, "The store is busy.", hint: "Try again.") }
      ?? .effectFailed("The store is busy.", hint: "Try again.")
  }
}
