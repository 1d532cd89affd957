// The Bills pane: what waits for a person's approval, oldest due first, and the keys that decide it.
// Its drawing is in BillsPicture.swift.
import Domain
import Terminal

/// Approves, rejects and voids bills.
struct BillsPane: Pane {
  static let title = "Bills"
  static let number = 3
  /// Names its questions.
  private static let owner = "bills"
  private static let countOwner = "bills-waiting"

  private(set) var scope = BillScope.waiting
  private(set) var order = BillOrder.due
  var filter = TextField()
  var list = ListState<String>()
  /// The marked bills, by their ids in the store.
  private(set) var marks: Set<String> = []
  /// The last answer; nil before the first.
  private(set) var desk: BillDesk?
  /// Why there is none.
  private(set) var problem: String?
  /// Everything about the selected bill, once it is there.
  private(set) var detail: BillDetail?

  private var number = 0
  private var deskTicket: Ticket?
  /// What was asked last; nil before the first question.
  private var asked: BillQuery?
  /// So many rows are read; more when the end of them is come near.
  private var limit = rowsFirst
  /// How many wait for the person; nil before that was counted.
  private var waiting: Int?
  private var countTicket: Ticket?
  private var countedAt: Instant?
  private var isCountStale = true
  private var detailTicket: Ticket?
  private var detailWanted: String?
  private var isStale = true
  /// Bills that were decided here: their going is no surprise.
  private var expectedToGo: Set<String> = []
  private var askedAt: Instant?
  /// Bills that were read again when the store changed, so often at most.
  private static let refreshMilliseconds: Int64 = 1000
  /// The tab's number is counted again so often at most while another pane is shown.
  private static let countMilliseconds: Int64 = 5000
  /// Rows that are read at first.
  private static let rowsFirst = 500
  /// Rows that are read at most; a filter leads to the others.
  private static let rowsMax = 100_000
  /// More rows are read when the selection comes so near to the last.
  private static let rowsAhead = 200

  static let bindings: [Binding<BillsPane>] =
    [
      decision(.character("a"), .approve, .approve, "Approves the marked bills, or the selected."),
      decision(
        .character("r"), .reject, .reject, "Sends the marked bills back, with a reason."),
      decision(
        .character("v"), .voidBill, .void,
        "Takes bills out of the books by a reversing entry."),
      decision(
        .character("S"), .submit, .submit, "Submits the marked bills for approval."),
      decision(
        .character("R"), .recall, .recall, "Takes the marked bills back from approval.",
        footer: false),
      decision(
        .character("O"), .reopenBill, .reopen,
        "Makes drafts of the marked bills that were sent back.",
        footer: false),
      decision(
        .character("h"), .holdBill, .hold,
        "Puts the marked bills aside, with a reason.", footer: false),
      decision(
        .character("H"), .releaseBill, .release,
        "Puts the marked bills before everybody again.", footer: false),
      decision(
        .character("d"), .delegateBill, .delegate,
        "Asks one other person to decide on the marked bills.", footer: false),
      Binding(
        [.character("c")], .commentOnBill, "comment", "Writes a comment into the bill's trail.",
        footer: false, writes: true
      ) { pane, world in
        pane.selected(world) == nil ? "There is no bill to comment on." : nil
      },
      Binding(
        [.character("D")], .compareBills, "compare",
        "Shows the bill beside those it may be the same as.", footer: false
      ) { pane, world in
        guard pane.selected(world) != nil else { return "There is no bill to compare." }
        return pane.detail?.duplicates.isEmpty == false
          ? nil : "No other bill looks like this one."
      },
      Binding([.character("o")], .billScope, "which", "Chooses which bills are shown."),
      Binding([.enter, .right], .open, "open", "Shows everything about the bill.") { pane, world in
        pane.selected(world) == nil ? "There is no bill to open." : nil
      },
      Binding([.character(" ")], .mark, "mark", "Marks the bill, or takes the mark off.") {
        pane, world in pane.selected(world) == nil ? "There is no bill to mark." : nil
      },
      Binding(
        [.character("*")], .markAll, "mark all", "Marks all bills that are shown, or none.",
        footer: false),
      Binding(
        [.character("!")], .markOthers, "invert", "Marks the others in place of the marked.",
        footer: false),
      Binding([.character("/")], .filter, "filter", "Shows only bills with certain words."),
      Binding(
        [.character("s")], .billOrder, "sort", "Orders by due day, vendor, property or amount.",
        footer: false),
      Binding(
        [.character("y")], .copy, "copy", "Copies the bill to the clipboard.", footer: false
      ) { pane, world in
        pane.selected(world) == nil ? "There is no bill to copy." : nil
      },
      Binding(
        [.escape], .back, "back", "Takes the filter off, then the marks.", footer: false),
    ] + Binding.movement
    + [
      Binding([.character("n")], .down, "next", "Goes to the next bill.", footer: false),
      Binding([.character("p")], .up, "previous", "Goes to the bill before.", footer: false),
    ]

  private static func decision(
    _ key: Key, _ name: Action, _ action: BillAction, _ help: String, footer: Bool = true
  ) -> Binding<BillsPane> {
    Binding([key], name, action.rawValue, help, footer: footer, writes: true) { pane, world in
      pane.reasonAgainst(action, world)
    }
  }

  func count(_ world: World) -> Int { waiting ?? 0 }
  var isTyping: Bool { filter.isActive }

  func namedChoices(_ world: World) -> [Choice] {
    BillScope.allCases.map { scope in
      Choice(
        keys: [], action: Self.show(scope), label: "bills: \(scope.title)",
        help: "Shows the bills of this choice: \(scope.title).", isInFooter: false)
    }
  }

  private static func show(_ scope: BillScope) -> Action {
    Action("show-bills-\(scope.rawValue)")
  }
}

extension Action {
  static let approve = Action("approve")
  static let reject = Action("reject")
  static let voidBill = Action("void")
  static let submit = Action("submit")
  static let recall = Action("recall")
  static let reopenBill = Action("reopen-bills")
  static let holdBill = Action("hold-bills")
  static let releaseBill = Action("release-bills")
  static let delegateBill = Action("delegate-bills")
  static let commentOnBill = Action("comment-on-bill")
  static let compareBills = Action("compare-bills")
  static let billScope = Action("which-bills")
  static let billOrder = Action("order-bills")
}

// MARK: - What is shown

extension BillsPane {
  /// The rows that are read: those that show the filter's words, in order, from the top.
  func shown(_ world: World) -> [BillRow] { desk?.rows ?? [] }

  func selected(_ world: World) -> BillRow? {
    desk?.rows.first { $0.localID == list.selected }
  }

  /// The bills a key acts on: the marked ones, those a filter hides too, else the selected one.
  func chosen(_ world: World) -> [BillRow] {
    if marks.isEmpty { return selected(world).map { [$0] } ?? [] }
    return marked()
  }

  /// The marked bills, those that are not shown too.
  func marked() -> [BillRow] {
    guard let desk, !marks.isEmpty else { return [] }
    return (desk.rows + desk.kept).filter { marks.contains($0.localID) }
  }

  /// Why a bill cannot be treated so now, in sentences; nil when it can.
  private static func obstacle(_ action: BillAction, _ row: BillRow, _ actor: Actor) -> String? {
    if let refusal = row.refusal(of: action, by: actor) { return refusal.refusal.sentences }
    guard action == .void, row.facts.hasApplications else { return nil }
    return "It has payments or credits on it; `rentbook bills unapply` takes them off first."
  }

  /// Why none of the chosen bills can be treated so; nil when one can.
  func reasonAgainst(_ action: BillAction, _ world: World) -> String? {
    guard let desk else { return "The bills are still being read." }
    let chosen = chosen(world)
    guard !chosen.isEmpty else { return "There is no bill to \(action.rawValue)." }
    var reason: String?
    for row in chosen {
      guard let obstacle = Self.obstacle(action, row, desk.actor) else { return nil }
      reason = reason ?? obstacle
    }
    let text = reason ?? ""
    return chosen.count == 1
      ? "Bill \(chosen[0].name): \(text)"
      : "None of the \(chosen.count) marked. Bill \(chosen[0].name): \(text)"
  }
}

// MARK: - What the keys do

extension BillsPane {
  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    guard filter.isActive else { return nil }
    switch filter.take(key) {
    case .accepted: filter.isActive = false
    case .cancelled: (filter.isActive, filter.text) = (false, "")
    case .changed: break
    case nil: return nil
    }
    return []
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    let rows = shown(world)
    let ids = rows.map(\.localID)
    if list.move(action, ids, height: BillsLayout(world.mainArea).list.rows) { return [] }
    if let scope = BillScope.allCases.first(where: { Self.show($0) == action }) {
      (self.scope, isStale, desk, detail) = (scope, true, nil, nil)
      (marks, list, problem, limit) = ([], ListState(), nil, Self.rowsFirst)
      // An answer about the scope before comes too late.
      (deskTicket, detailTicket, detailWanted, asked) = (nil, nil, nil, nil)
      return []
    }
    switch action {
    case .approve: return decide(.approve, world)
    case .reject: return decide(.reject, world)
    case .voidBill: return decide(.void, world)
    case .submit: return decide(.submit, world)
    case .recall: return decide(.recall, world)
    case .reopenBill: return decide(.reopen, world)
    case .holdBill: return decide(.hold, world)
    case .releaseBill: return decide(.release, world)
    case .delegateBill: return decide(.delegate, world)
    case .commentOnBill: return comment(world)
    case .compareBills:
      guard let detail, !detail.duplicates.isEmpty else { return [] }
      return [.open(BillComparison(detail.row, detail.duplicates))]
    case .billScope: return [.open(ChoicePicker(.menu("Bills"), namedChoices(world)))]
    case .billOrder:
      let all = BillOrder.allCases
      order = all[((all.firstIndex(of: order) ?? 0) + 1) % all.count]
      return [.answer("In order of \(order.rawValue).")]
    case .open: return selected(world).map { [.open(BillView($0, detail))] } ?? []
    case .mark:
      guard let id = list.selected else { return [] }
      if marks.remove(id) == nil { marks.insert(id) }
      _ = list.move(.down, ids, height: BillsLayout(world.mainArea).list.rows)
    case .markAll:
      marks = marks.isSuperset(of: ids) ? marks.subtracting(ids) : marks.union(ids)
      if let desk, desk.matching > ids.count, !marks.isEmpty {
        return [
          .answer(
            "Marked the first \(Words.number(ids.count)) of \(Words.number(desk.matching)); "
              + "the others are not read yet.")
        ]
      }
    case .markOthers: marks = marks.symmetricDifference(ids)
    case .filter: filter.isActive = true
    case .copy:
      return selected(world).map { [.effect(.copy(BillView.text($0, detail)))] } ?? []
    case .back:
      if !filter.text.isEmpty {
        filter.text = ""
      } else {
        marks = []
      }
    default: break
    }
    return []
  }

  private func decide(_ action: BillAction, _ world: World) -> [Reaction] {
    guard let desk else { return [] }
    let chosen = chosen(world)
    let able = chosen.filter { Self.obstacle(action, $0, desk.actor) == nil }
    guard !able.isEmpty else { return [] }
    // All of them are tried: those a rule stands in the way of are named in the result, and stay marked.
    let tasks = chosen.map(BillTask.init)
    let total = chosen.reduce(Money.zero) { $0 + $1.total }
    let shown = Set(shown(world).map(\.localID))
    let hidden = chosen.count { !shown.contains($0.localID) }
    let verb = action.rawValue.prefix(1).uppercased() + action.rawValue.dropFirst()
    let blocked = chosen.count - able.count
    let rest = blocked > 0 ? " \(blocked) of them cannot be: they are named afterwards." : ""
    let consequence = Self.consequence(action) + rest
    let asks = action == .delegate
    let confirm: @Sendable (String) -> [Reaction] = { text in
      let effect = Reaction.effect(
        .decideBills(tasks, action, reason: asks ? "" : text, delegate: asks ? text : nil))
      // One bill in sight needs no question, except where the books change.
      if tasks.count == 1, action != .void { return [effect] }
      return [
        .open(
          Confirmation.batch(
            verb, count: tasks.count, noun: "bill", total: total, target: "this computer",
            hidden: hidden, consequence: consequence, reactions: [effect]))
      ]
    }
    let what = tasks.count == 1 ? "bill \(tasks[0].name)" : Words.count(tasks.count, "bill")
    if asks {
      let names =
        desk.approvers.isEmpty ? "" : " Who could: \(desk.approvers.joined(separator: ", "))."
      return [
        .open(
          ReasonPrompt(
            "Who decides on \(what)?", Self.consequence(action) + names, label: "Name",
            reactions: confirm))
      ]
    }
    guard action.needsReason else { return confirm("") }
    return [
      .open(
        ReasonPrompt(
          "\(verb) \(what)?", Self.consequence(action) + " The reason stands in the trail.",
          reactions: confirm))
    ]
  }
}

extension BillsPane {
  private func comment(_ world: World) -> [Reaction] {
    guard let row = selected(world) else { return [] }
    let id = row.localID
    return [
      .open(
        ReasonPrompt(
          "Comment on bill \(row.name)", "It stands in the bill's trail and is never taken out.",
          label: "Comment"
        ) { [.effect(.commentBill(id, $0))] })
    ]
  }

  /// What a person should know before a decision is made.
  private static func consequence(_ action: BillAction) -> String {
    switch action {
    case .void:
      "Each gets a reversing entry dated today. Buildium cannot be told by itself: what it has to "
        + "be told is kept for you."
    case .approve: "Each is a step of its own. An approval is not taken back; a void reverses it."
    case .hold: "Nobody is asked for it or approves it until it is released: H, or u."
    case .delegate:
      "It waits for that person only, though others still may decide; u takes it back."
    case .reject: "Each is a step of its own; the bill can be reopened as a draft."
    default: "Each is a step of its own; u takes it back."
    }
  }
}

// MARK: - Asking and answers

extension BillsPane {
  func nextTick(_ world: World) -> Int? {
    isStale && deskTicket == nil ? Int(Self.refreshMilliseconds) : nil
  }

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    var reactions: [Reaction] = []
    if let desk, desk.rows.count < desk.matching,
      list.index + Self.rowsAhead >= desk.rows.count, desk.query.limit == limit
    {
      limit = min(limit * 4, Self.rowsMax)
    }
    var query = BillQuery(scope, order: order, words: filter.text, limit: limit)
    // Which bills are marked does not change what is asked, only what is answered besides.
    let isNew = asked != query
    let age = askedAt.map { world.now.milliseconds - $0.milliseconds } ?? .max
    let isDue = desk == nil || age < 0 || age >= Self.refreshMilliseconds
    if isNew || (isStale && deskTicket == nil && isDue) {
      number += 1
      let ticket = Ticket(Self.owner, number)
      (deskTicket, isStale, askedAt, asked) = (ticket, false, world.now, query)
      query.kept = marks.sorted()
      reactions.append(.effect(.loadBills(query, ticket)))
    }
    let ids = shown(world).map(\.localID)
    let before = list.selected
    if list.settle(ids, height: BillsLayout(area).list.rows) == .gone, !ids.isEmpty,
      filter.text.isEmpty, let before, expectedToGo.remove(before) == nil
    {
      reactions.append(.answer("The bill is not in this list any more; the nearest is selected."))
    }
    if list.selected != detailWanted {
      detailWanted = list.selected
      if detail?.row.localID != detailWanted { detail = nil }
      if let id = detailWanted {
        number += 1
        let ticket = Ticket(Self.owner, number)
        detailTicket = ticket
        reactions.append(.effect(.loadBill(id, ticket)))
      }
    }
    return reactions
  }

  mutating func take(_ message: Message, _ world: World) -> [Reaction] {
    switch message {
    case .bills(let desk, let ticket) where ticket == deskTicket:
      (self.desk, problem, deskTicket) = (desk, nil, nil)
      if let count = desk.waiting { (waiting, isCountStale) = (count, false) }
      marks.formIntersection((desk.rows + desk.kept).map(\.localID))
      // The details may have changed with the rows.
      detailWanted = nil
    case .bills(let desk, let ticket) where ticket == countTicket:
      (waiting, countTicket) = (desk.waiting, nil)
    case .bill(let detail, let ticket) where ticket == detailTicket:
      self.detail = detail
    case .unanswered(let ticket, let text, _) where ticket == deskTicket:
      (problem, deskTicket) = (text, nil)
    case .billOutcomes(let outcomes, let action): return taken(outcomes, action)
    case .unanswered(let ticket, _, _) where ticket == countTicket: countTicket = nil
    case .storeChanged, .undone, .syncEnded:
      (isStale, isCountStale) = (true, true)
      return count(again: world)
    // The first answer after the start: what waits is told before the pane is looked at.
    case .messages: return count(again: world)
    default: break
    }
    return []
  }

  /// Counts what waits, for the tab, when that may have changed.
  private mutating func count(again world: World) -> [Reaction] {
    let age = countedAt.map { world.now.milliseconds - $0.milliseconds } ?? .max
    guard isCountStale, countTicket == nil, age < 0 || age >= Self.countMilliseconds else {
      return []
    }
    number += 1
    let ticket = Ticket(Self.countOwner, number)
    (countTicket, countedAt, isCountStale) = (ticket, world.now, false)
    return [.effect(.loadBills(BillQuery(.waiting), ticket))]
  }

  private mutating func taken(_ outcomes: [BillTaskOutcome], _ action: BillAction) -> [Reaction] {
    isStale = true
    let failed = outcomes.filter { !$0.isDone }
    let done = outcomes.count - failed.count
    // What could not be done stays marked, so that it can be looked at and tried again.
    marks.subtract(outcomes.filter(\.isDone).map(\.task.bill))
    expectedToGo = Set(outcomes.filter(\.isDone).map(\.task.bill))
    if outcomes.count == 1, let only = outcomes.first {
      let text =
        only.isDone
        ? "Bill \(only.task.name): \(only.sentence)"
        : "Bill \(only.task.name) was not \(action.pastTense): \(only.sentence)"
      return [.say(text, only.isDone ? .info : .warning)]
    }
    marks.formUnion(failed.map(\.task.bill))
    let text =
      "\(Words.number(done)) of \(Words.count(outcomes.count, "bill")) \(action.pastTense)."
    guard !failed.isEmpty else { return [.say(text, .info)] }
    return [
      .say("\(text) \(failed.count) stay marked.", .warning),
      .open(BillOutcomes(title: text, outcomes: failed + outcomes.filter(\.isDone))),
    ]
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    let layout = BillsLayout(area)
    let ids = shown(world).map(\.localID)
    switch mouse.what {
    case .wheelUp: _ = list.move(.up, ids, height: layout.list.rows)
    case .wheelDown: _ = list.move(.down, ids, height: layout.list.rows)
    case .press:
      let row = list.offset + mouse.row - layout.list.row
      if layout.list.contains(row: mouse.row, column: mouse.column), row < ids.count {
        list.select(row: row, ids, height: layout.list.rows)
      }
    }
    return []
  }
}
