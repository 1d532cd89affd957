// The NOI & Draws pane: what each property earned in some months, what its owners may draw, and the way
// down to the transactions. What it asks for is in MonthQuery.swift, how it looks in MonthPicture.swift.
import Domain
import Reports
import Terminal

/// Net operating income and owners' draws of months.
struct MonthPane: Pane {
  static let title = "NOI & Draws"
  static let shortTitle = "NOI"
  static let number = 4

  /// One place on the way down, as it was left.
  struct Level: Sendable {
    let place: MonthPlace
    var sheet: MonthSheet?
    var list = ListState<String>()
    var filter = TextField()
    /// The lines whose income and cost are shown apart.
    var unfolded: Set<String> = []
    /// Whether the lines were read again and not asked for anew: a selection that is gone is told.
    var wasRefreshed = false
    /// Whether the store has changed since the lines were asked for.
    var isStale = false

    init(_ place: MonthPlace) { self.place = place }
  }

  /// The months; nil until the first answer says which are there.
  private(set) var query: MonthQuery?
  /// The way down, the place that is shown last; never empty.
  private(set) var levels = [Level(.properties)]
  /// The checks of the last month.
  private(set) var close: CloseSheet?
  /// Why the figures could not be read.
  private(set) var problem: (text: String, hint: String)?

  /// Numbers the questions of views over the pane, so that each knows its own answers.
  private var questions = 0
  /// More questions than one view ever asks.
  private static let questionsMax = 1_000_000

  private var figures = Inquiry("month")
  private var checks = Inquiry("month.close")

  /// A question that is asked again when the store has changed, so often that the answers take a
  /// tenth of the time at most.
  private struct Inquiry: Sendable {
    let owner: String
    private(set) var ticket: Ticket
    var isWaiting = false
    var isStale = false
    private var askedAt: Instant?
    private var tookMilliseconds: Int64 = 0
    private static let share: Int64 = 10
    private static let leastMilliseconds: Int64 = 1000

    init(_ owner: String) { (self.owner, ticket) = (owner, Ticket(owner, 0)) }

    mutating func ask(_ world: World) -> Ticket {
      ticket.number += 1
      (isWaiting, isStale, askedAt) = (true, false, world.now)
      return ticket
    }

    /// Whether an answer with this ticket is the one that is waited for.
    mutating func takes(_ answer: Ticket, _ world: World) -> Bool {
      guard answer == ticket, isWaiting else { return false }
      isWaiting = false
      if let askedAt { tookMilliseconds = max(0, world.now.milliseconds - askedAt.milliseconds) }
      return true
    }

    /// When it may be asked again, in milliseconds from now; nil when there is no need.
    func wait(_ world: World) -> Int? {
      guard isStale, !isWaiting else { return nil }
      guard let askedAt else { return 0 }
      let pause = max(Self.leastMilliseconds, tookMilliseconds * Self.share)
      let age = world.now.milliseconds - askedAt.milliseconds
      return age < 0 ? 0 : Int(max(0, pause - age))
    }
  }

  var level: Level {
    get { levels[levels.count - 1] }
    set { levels[levels.count - 1] = newValue }
  }
  var isReading: Bool { figures.isWaiting }
  var isByOwner: Bool { levels[0].place == .owners }

  static let bindings: [Binding<MonthPane>] =
    [
      Binding([.enter], .open, "open", "Opens what the figure is made of, down to the record.") {
        pane, world in
        guard let line = pane.selectedLine else { return "There is nothing to open." }
        return line.lead == nil ? "This line leads nowhere." : nil
      },
      Binding([.character("<")], .earlier, "earlier", "Goes one month back."),
      Binding([.character(">")], .later, "later", "Goes one month on."),
      Binding(
        [.character("c")], .closeMonth, "close",
        "Opens the month's checklist, to finalise or reopen it."),
      Binding(
        [.character("=")], .compare, "compare",
        "Compares with before, last year, forecast, plan or pin."),
      Binding([.character("t")], .basis, "basis", "Changes between cash and accrual."),
      Binding([.character("o")], .byOwner, "by owner", "Shows owners, or properties again."),
      Binding([.character("/")], .filter, "filter", "Shows only lines with the words typed."),
      Binding([.character("e")], .export, "export", "Writes what is shown to a file.") { pane, _ in
        pane.lines.isEmpty ? "There is nothing to write." : nil
      },
      Binding(
        [.character("w")], .whoOwns, "who owns",
        "Shows who owns the property, and changes the shares."
      ) { pane, _ in
        pane.selectedProperty == nil ? "Select a property first: o shows them." : nil
      },
      Binding(
        [.character(" ")], .unfold, "parts", "Shows income and cost of the property.", footer: false
      ) {
        pane, _ in
        pane.selectedParent?.parts.isEmpty ?? true ? "This line has no parts here." : nil
      },
      Binding(
        [.character("p")], .pin, "pin", "Compares with the months shown now, wherever you go.",
        footer: false),
      Binding(
        [.character("d")], .yearToDate, "year to date",
        "Shows the year up to the month, or the month alone.", footer: false),
      Binding(
        [.character("f")], .forecast, "forecast",
        "Shows what the coming months may bring.", footer: false
      ) { pane, _ in pane.level.place == .forecast ? "This is the forecast." : nil },
      Binding(
        [.character("-")], .shorter, "shorter", "Shows one month less at a time.", footer: false
      ) { pane, _ in (pane.query?.count ?? 1) <= 1 ? "One month is the least." : nil },
      Binding(
        [.character("+")], .longer, "longer", "Shows one month more at a time.", footer: false
      ) { pane, _ in
        (pane.query?.count ?? 1) >= MonthQuery.countMax
          ? "\(MonthQuery.countMax) months are the most." : nil
      },
      Binding(
        [], .takeOver, "take over", "Takes reserves and shares over from Airtable.",
        footer: false, writes: true),
      Binding([.character("y")], .copy, "copy", "Copies the line.", footer: false) { pane, _ in
        pane.selectedLine == nil ? "There is nothing to copy." : nil
      },
      Binding([.character("Y")], .copyAll, "copy all", "Copies all that is shown.", footer: false) {
        pane, _ in pane.lines.isEmpty ? "There is nothing to copy." : nil
      },
      Binding(
        [.escape, .backspace], .back, "back", "Goes back the way you came.", footer: false),
    ] + Binding.movement

  func count(_ world: World) -> Int { 0 }
  var isTyping: Bool { level.filter.isActive }

  // MARK: Lines

  /// The lines that the filter lets through, without those of unfolded parts.
  var matching: [MonthLine] {
    let lines = level.sheet?.lines ?? []
    guard !level.filter.text.isEmpty else { return lines }
    return lines.filter { !$0.isSum && level.filter.matches($0.title, $0.who, $0.why) }
  }

  /// The lines in the order in which they are shown.
  var lines: [MonthLine] {
    guard !level.unfolded.isEmpty else { return matching }
    return matching.flatMap { level.unfolded.contains($0.id) ? [$0] + $0.parts : [$0] }
  }

  var selectedLine: MonthLine? { lines.first { $0.id == level.list.selected } }

  /// The selected line, or the one it is a part of.
  var selectedParent: MonthLine? {
    guard let id = level.list.selected else { return nil }
    return matching.first { $0.id == id || $0.parts.contains { $0.id == id } }
  }

  /// The property the selected line is about, or else the place; nil for none.
  var selectedProperty: String? {
    for place in [selectedParent?.place, level.place] {
      switch place {
      case .property(let id): return id
      case .entries(let id, _, _), .branch(let id, _, _): return id
      case .properties, .owners, .owner, .forecast, nil: break
      }
    }
    return nil
  }

  /// What the shown lines add up to.
  var total: MonthLine {
    var total = MonthLine("", "")
    for line in matching where !line.isSum {
      total.now += line.now
      total.before += line.before
      if let draw = line.draw { total.draw = (total.draw ?? .zero) + draw }
      if !line.trend.isEmpty {
        if total.trend.isEmpty { total.trend = line.trend.map { _ in .zero } }
        for place in line.trend.indices { total.trend[place] += line.trend[place] }
      }
    }
    return total
  }

  // MARK: Asking

  private func today(_ world: World) -> CalendarDate {
    world.now.adding(milliseconds: Int64(world.utcOffsetMinutes) * 60_000).date
  }

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    var reactions: [Reaction] = []
    let layout = MonthLayout(self, area, world)
    let before = level.list.selected
    let change = level.list.settle(lines.map(\.id), height: layout.rows.rows)
    if change == .gone, level.wasRefreshed, before != nil {
      reactions.append(.answer("The selected line is not there any more; the nearest is selected."))
    }
    level.wasRefreshed = false
    let sheet = level.sheet
    let isOther = sheet == nil || (query != nil && sheet?.query != query)
    if problem == nil || figures.isStale, isOther ? !figures.isWaiting : figures.wait(world) == 0 {
      problem = nil
      let question = MonthQuestion(query, level.place, today: today(world))
      reactions.append(.effect(.loadMonth(question, figures.ask(world))))
    }
    if let month = query?.last, level.sheet?.isEmpty == false,
      close?.month != month ? !checks.isWaiting : checks.wait(world) == 0
    {
      reactions.append(.effect(.loadClose(month, checks.ask(world))))
    }
    return reactions
  }

  func nextTick(_ world: World) -> Int? {
    [figures.wait(world), checks.wait(world)].compactMap { $0 }.min().map { max(1, $0) }
  }

  /// Asks anew, whatever was asked before.
  private mutating func ask() {
    (figures.isWaiting, problem) = (false, nil)
    if close?.month != query?.last { checks.isWaiting = false }
  }

  mutating func take(_ message: Message, _ world: World) -> [Reaction] {
    switch message {
    case .storeChanged, .effectDone:
      (figures.isStale, checks.isStale) = (true, true)
      for index in levels.indices { levels[index].isStale = true }
    case .month(let sheet, let ticket):
      guard figures.takes(ticket, world), sheet.place == level.place else { return [] }
      query = query ?? sheet.query
      level.wasRefreshed = level.sheet?.query == sheet.query
      level.sheet = sheet
      level.isStale = figures.isStale
    case .takeOver(let preview): return [preview.reaction]
    case .close(let sheet, let ticket):
      if checks.takes(ticket, world) { close = sheet }
    case .unanswered(let ticket, let text, let hint):
      if ticket.owner == figures.owner, figures.takes(ticket, world) { problem = (text, hint) }
      if ticket.owner == checks.owner, checks.takes(ticket, world) {
        // Shown as a month without checks, and asked again when the store changes.
        var sheet = CloseSheet(query?.last ?? CalendarMonth(containing: today(world)))
        (sheet.state, sheet.restatements) = ("unknown", ["\(text) \(hint)"])
        close = sheet
      }
    default: break
    }
    return []
  }

  // MARK: Keys

  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    switch level.filter.take(key) {
    case .changed: return []
    case .accepted:
      level.filter.isActive = false
      return []
    case .cancelled:
      level.filter = TextField()
      return []
    case nil: return nil
    }
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    switch action {
    case .open: return open(world)
    case .earlier: shift { $0.last = $0.last.adding(months: -1) }
    case .later: shift { $0.last = $0.last.adding(months: 1) }
    case .shorter: shift { $0.count = max(1, $0.count - 1) }
    case .longer: shift { $0.count = min(MonthQuery.countMax, $0.count + 1) }
    case .basis: shift { $0.basis = $0.basis == .cash ? .accrual : .cash }
    case .compare: shift { $0.compareNext() }
    case .pin:
      shift { ($0.pinned, $0.comparison) = ($0.last, .pinned) }
      return [.answer("These months are compared with from now on; < and > go to others.")]
    case .yearToDate: shift { $0.toggleYear() }
    case .forecast:
      levels.append(Level(.forecast))
      ask()
    case .byOwner:
      levels = [Level(isByOwner ? .properties : .owners)]
      ask()
    case .closeMonth:
      guard let month = query?.last else { return [.answer("The figures are being read.")] }
      return [.open(CloseChecklist(month, close?.month == month ? close : nil))]
    case .whoOwns:
      questions += Self.questionsMax
      return selectedProperty.map { [.open(OwnershipView($0, question: questions))] } ?? []
    case .takeOver: return [.answer("Reading the owners' base…"), .effect(.previewTakeOver)]
    case .unfold: unfold()
    case .filter: level.filter.isActive = true
    case .export: return [.open(ChoicePicker(.menu("Write to a file"), Self.exportChoices))]
    case .copy: return selectedLine.map { [.effect(.copy(text([$0], world)))] } ?? []
    case .copyAll: return [.effect(.copy(text(lines, world)))]
    case .back: back()
    default:
      if let format = ReportFormat.allCases.first(where: {
        action.name == "export-figures-\($0.rawValue)"
      }) {
        return exported(format, world)
      }
      let layout = MonthLayout(self, world.mainArea, world)
      _ = level.list.move(action, lines.map(\.id), height: layout.rows.rows)
    }
    return []
  }

  /// Changes the months. What is shown stays until the other figures are there.
  private mutating func shift(_ change: (inout MonthQuery) -> Void) {
    guard var next = query else { return }
    change(&next)
    query = next
    ask()
  }

  private mutating func open(_ world: World) -> [Reaction] {
    switch selectedLine?.lead {
    case .record(let reference): return [.show(.record(reference))]
    case .place(let place):
      levels.append(Level(place))
      ask()
    case nil: break
    }
    return []
  }

  private mutating func back() {
    if !level.filter.text.isEmpty {
      level.filter = TextField()
    } else if levels.count > 1 {
      levels.removeLast()
      ask()
      figures.isStale = level.isStale
    }
  }

  private mutating func unfold() {
    guard let parent = selectedParent else { return }
    if level.unfolded.remove(parent.id) == nil { level.unfolded.insert(parent.id) }
    let ids = lines.map(\.id)
    level.list.select(
      row: ids.firstIndex(of: parent.id) ?? level.list.index, ids, height: max(1, ids.count))
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    let layout = MonthLayout(self, area, world)
    let ids = lines.map(\.id)
    let row: Int
    switch mouse.what {
    case .wheelUp: row = level.list.index - 3
    case .wheelDown: row = level.list.index + 3
    case .press:
      if mouse.row == layout.close?.row { return perform(.closeMonth, world) }
      guard layout.rows.contains(row: mouse.row, column: mouse.column) else { return [] }
      row = level.list.offset + mouse.row - layout.rows.row
      // A second press on the row opens it.
      if row == level.list.index, row < ids.count { return open(world) }
    }
    level.list.select(row: row, ids, height: layout.rows.rows)
    return []
  }

  // MARK: Writing

  private static let exportChoices: [Choice] = [
    (ReportFormat.csv, "c", "CSV", "A file for spreadsheets and other programs."),
    (.xlsx, "x", "XLSX", "A workbook with real numbers."),
    (.pdf, "p", "PDF", "Pages to print or to send."),
    (.json, "j", "JSON", "A document for programs."),
    (.text, "t", "text", "The report in plain letters."),
  ].map { format, key, label, help in
    Choice(
      keys: [.character(key)], action: Action("export-figures-\(format.rawValue)"), label: label,
      help: help, isInFooter: false)
  }

  func namedChoices(_ world: World) -> [Choice] {
    lines.isEmpty
      ? []
      : Self.exportChoices.map { choice in
        var choice = choice
        choice.keys = []
        return choice
      }
  }

  private func exported(_ format: ReportFormat, _ world: World) -> [Reaction] {
    guard let query, !lines.isEmpty else { return [.answer("There is nothing to write.")] }
    let report = report(lines, world)
    return [.effect(.exportReport(report, format, file: "noi-\(query.last)"))]
  }
}

extension Action {
  static let earlier = Action("earlier-month")
  static let later = Action("later-month")
  static let shorter = Action("shorter-period")
  static let longer = Action("longer-period")
  static let compare = Action("compare")
  static let pin = Action("pin-months")
  static let yearToDate = Action("year-to-date")
  static let forecast = Action("forecast")
  static let basis = Action("basis")
  static let byOwner = Action("by-owner")
  static let closeMonth = Action("close-month")
  static let unfold = Action("parts")
}
