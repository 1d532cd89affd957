// The Conflicts pane: what Buildium and Airtable disagree on, and the choices a person makes about it.
// Choices are staged here, shown before anything happens, and applied together. Its keys are in
// ConflictsKeys.swift, how it looks in ConflictsPicture.swift.
import Domain
import Terminal

/// What waits for a person because both sides changed it.
struct ConflictsPane: Pane {
  static let title = "Conflicts"
  static let number = 2
  static let owner = "conflicts"

  /// The order of the list.
  enum Order: String, CaseIterable { case age, record, field, rule }

  /// What waits; nil until it was read.
  private(set) var items: [ConflictItem]?
  private(set) var staged: [Int64: ConflictChoice] = [:]
  private(set) var marks: Set<Int64> = []
  private(set) var rangeStart: Int64?
  private(set) var order = Order.age
  private(set) var isReversed = false
  var filter = TextField()
  var list = ListState<Int64>()
  /// All fields of the selected record, as Rentbook holds them; nil when only those that differ show.
  private(set) var allFields: RecordDetail?
  private(set) var showsAll = false
  /// The choice `.` offers for others, and those others.
  private(set) var last: ConflictChoice?
  private var similar: [Int64] = []
  /// What was staged before each step, for `u`.
  private(set) var steps: [[Int64: ConflictChoice]] = []
  private(set) var isApplying = false
  /// The rule that is being set or switched.
  private var changedRule: ConflictRule?
  private var number = 0
  private var asked: [Ticket: ConflictErrand] = [:]
  /// The rules that are shown to be switched.
  private var rules: [ConflictRule] = []
  private var loading: Ticket?
  private var fieldsTicket: Ticket?
  private var isStale = true
  private var askedAt: Instant?

  /// More steps than anybody goes back.
  private static let stepsMax = 1000
  /// The list is read again so often at most while the store changes.
  private static let refreshMilliseconds: Int64 = 1000

  // MARK: Facts

  func count(_ world: World) -> Int { items?.count { $0.state == .open } ?? 0 }
  var isTyping: Bool { filter.isActive }
  func nextTick(_ world: World) -> Int? {
    isStale && loading == nil ? Int(Self.refreshMilliseconds) : nil
  }

  /// What the filter leaves, in the order of the list.
  func shown(_ world: World) -> [ConflictItem] {
    let filter = ConflictFilter(filter.text)
    let kept = (items ?? []).filter { filter.matches($0, world) }
    guard order != .age || isReversed else { return kept }
    let sorted = kept.enumerated().sorted { first, second in
      func key(_ item: ConflictItem) -> String {
        switch order {
        case .age: ""
        case .record: item.title
        case .field: item.fieldTitle
        case .rule: item.would(world)
        }
      }
      let (left, right) = (key(first.element), key(second.element))
      return left == right ? first.offset < second.offset : left < right
    }
    return isReversed ? sorted.map(\.element).reversed() : sorted.map(\.element)
  }

  /// The conflict the next key acts on.
  var selected: ConflictItem? { items?.first { $0.id == list.selected } }

  func isMarked(_ id: Int64, _ shown: [ConflictItem]) -> Bool {
    marks.contains(id) || range(shown).contains(id)
  }

  private func range(_ shown: [ConflictItem]) -> [Int64] {
    guard let rangeStart, let from = shown.firstIndex(where: { $0.id == rangeStart }),
      let to = shown.firstIndex(where: { $0.id == list.selected })
    else { return [] }
    return shown[min(from, to)...max(from, to)].map(\.id)
  }

  /// A staged choice whose values are no longer those that were shown.
  func isOutdated(_ item: ConflictItem) -> Bool {
    staged[item.id].map { $0.buildium != item.buildium || $0.airtable != item.airtable } ?? false
  }

  // MARK: Asking

  private mutating func ask(_ errand: ConflictErrand) -> [Reaction] {
    number += 1
    let ticket = Ticket(Self.owner, number)
    asked[ticket] = errand
    if errand == .load { loading = ticket }
    return [.effect(.conflicts(errand, ticket))]
  }

  private mutating func askFields() -> [Reaction] {
    guard let item = selected, let list = ListName(rawValue: item.key.resource.rawValue) else {
      return []
    }
    number += 1
    // A question of its own name: a newer question of one name takes the place of an older.
    let ticket = Ticket(Self.owner + ".fields", number)
    (fieldsTicket, allFields) = (ticket, nil)
    return [.effect(.loadRecord(RecordReference(list, item.localID), ticket))]
  }

  mutating func take(_ message: Message, _ world: World) -> [Reaction] {
    switch message {
    case .storeChanged, .syncEnded, .undone: isStale = true
    case .conflicts(let news, let ticket):
      guard asked.removeValue(forKey: ticket) != nil else { return [] }
      return take(news, ticket, world)
    case .record(let record, let ticket) where ticket == fieldsTicket:
      (fieldsTicket, allFields) = (nil, record)
    case .unanswered(let ticket, let text, _):
      if ticket == fieldsTicket { fieldsTicket = nil }
      guard let errand = asked.removeValue(forKey: ticket) else { return [] }
      if loading == ticket { loading = nil }
      if case .apply = errand { isApplying = false }
      if case .setRule = errand { changedRule = nil }
      return [.say(text, .error)]
    default: break
    }
    return refresh(world)
  }

  private mutating func refresh(_ world: World) -> [Reaction] {
    guard isStale, loading == nil else { return [] }
    let age = askedAt.map { world.now.milliseconds - $0.milliseconds } ?? .max
    guard age < 0 || age >= Self.refreshMilliseconds else { return [] }
    (isStale, askedAt) = (false, world.now)
    return ask(.load)
  }

  private mutating func take(
    _ news: ConflictNews, _ ticket: Ticket, _ world: World
  ) -> [Reaction] {
    switch news {
    case .list(let items):
      loading = nil
      self.items = items
      let ids = Set(items.map(\.id))
      marks.formIntersection(ids)
      // A conflict that is over needs no choice any more; one being applied is told of by its answer.
      if !isApplying { staged = staged.filter { ids.contains($0.key) } }
      return []
    case .preview(let writes, let stale): return [.open(preview(writes, stale))]
    case .applied(let count, let stale):
      (isApplying, isStale, askedAt) = (false, true, nil)
      let names = stale.map(name)
      (staged, steps, marks, last) = ([:], [], Set(stale), nil)
      let kept =
        "\(Words.count(count, "choice")) kept; the next sync sends \(count == 1 ? "it" : "them")."
      guard !names.isEmpty else { return [.say(kept, .info)] + refresh(world) }
      return [
        .say(
          "\(kept) Skipped, changed since shown: \(names.joined(separator: "; ")). Look and "
            + "choose again.", .warning)
      ] + refresh(world)
    case .journal(let lines):
      return [.open(report("Decisions about this record", lines, "Nothing was decided yet."))]
    case .statistics(let lines):
      return [.open(report("How conflicts were settled", lines, "There were no conflicts yet."))]
    case .rules(let rules):
      self.rules = rules
      return told(rules)
    }
  }

  /// What the last step did to a rule, or the rules themselves when they were asked for.
  private mutating func told(_ rules: [ConflictRule]) -> [Reaction] {
    if let changed = changedRule {
      changedRule = nil
      let state = changed.isActive ? changed.policy : "switched off"
      return [.say("Rule \(changed.name): \(state). R lists the rules.", .info)]
    }
    guard !rules.isEmpty else {
      return [.answer("No rule was set; R in the list of similar conflicts makes one.")]
    }
    let choices = rules.enumerated().map { number, rule in
      Choice(
        keys: [], action: Action("\(Self.rulePrefix)\(number)"),
        label: "\(rule.isActive ? "✓" : "‖") \(rule.name)",
        help:
          "\(rule.policy), \(rule.isActive ? "on" : "off"), set by \(rule.setBy). Enter switches it.",
        isInFooter: false)
    }
    return [.open(ChoicePicker(.menu("Rules that settle by themselves"), choices))]
  }

  private static let rulePrefix = "switch-rule "

  private mutating func set(_ rule: ConflictRule) -> [Reaction] {
    changedRule = rule
    return ask(.setRule(rule))
  }

  /// The rule that does from now on what was chosen last; nil when no rule can say that.
  private var ruleOfLast: ConflictRule? {
    guard let last, let model = items?.first(where: { $0.id == last.id }) else { return nil }
    let policy: String
    switch last.pick {
    case .buildium: policy = "buildium"
    case .airtable: policy = "airtable"
    case .base, .value: return nil
    }
    // A conflict over a whole record is one over its deletion.
    return ConflictRule(model.key.resource, field: model.field ?? "deletion", policy: policy)
  }

  private func name(_ id: Int64) -> String {
    items?.first { $0.id == id }.map { "\($0.title) \($0.fieldTitle)" } ?? "conflict \(id)"
  }

  private func report(_ title: String, _ lines: [String], _ empty: String) -> TextReport {
    TextReport(title, (lines.isEmpty ? [empty] : lines).map { [Piece($0)] })
  }

  private func preview(_ writes: [PlannedWrite], _ stale: [Int64]) -> TextReport {
    var lines: [[Piece]] = []
    for service in Service.allCases {
      let own = writes.filter { $0.service == service }
      guard !own.isEmpty else { continue }
      lines.append([Piece("\(service.title): \(Words.count(own.count, "write"))", .heading)])
      lines += own.map {
        [Piece("  \($0.kind.rawValue)  \($0.title)"), Piece("  \($0.change)", .dim)]
      }
      lines.append([])
    }
    if writes.isEmpty { lines.append([Piece("Nothing has to be written anywhere.", .dim)]) }
    if !stale.isEmpty {
      lines.append([Piece("! Changed since shown, will be skipped:", .warning)])
      lines += stale.map { [Piece("  " + name($0))] }
    }
    return TextReport(
      "What \(Words.count(staged.count, "choice")) would write; nothing was written yet", lines,
      accept: .applyChoices)
  }

  // MARK: Doing

  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    switch filter.take(key) {
    case .changed: break
    case .accepted: filter.isActive = false
    case .cancelled: filter = TextField()
    case nil: return nil
    }
    return []
  }

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    let before = list.selected
    let change = list.settle(shown(world).map(\.id), height: listArea(area).rows)
    var reactions = refresh(world)
    if before != list.selected {
      allFields = nil
      if showsAll { reactions += askFields() }
    }
    if change == .gone, filter.text.isEmpty, !isApplying, selected != nil {
      reactions.append(.answer("The selected conflict is over; the nearest row is selected."))
    }
    return reactions
  }

  private static let conflictPrefix = "go-to-conflict "
  /// The action that selects a conflict, for what leads here from elsewhere.
  static func goTo(_ key: RemoteKey, _ field: String?) -> Action {
    Action("\(conflictPrefix)\(key) \(field ?? "")")
  }

  private mutating func select(_ name: Substring, _ world: World) -> [Reaction] {
    filter = TextField()
    let shown = shown(world)
    let row =
      shown.firstIndex { "\($0.key) \($0.field ?? "")" == name }
      // A conflict over the whole record stands for each of its fields.
      ?? shown.firstIndex { name.hasPrefix("\($0.key) ") }
    guard let row else { return [.answer("This conflict is settled by now.")] }
    list.select(row: row, shown.map(\.id), height: listArea(world.mainArea).rows)
    return []
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    if action.name.hasPrefix(Self.conflictPrefix) {
      return select(action.name.dropFirst(Self.conflictPrefix.count), world)
    }
    if action.name.hasPrefix(Self.rulePrefix) {
      guard let number = Int(action.name.dropFirst(Self.rulePrefix.count)),
        rules.indices.contains(number)
      else { return [] }
      var rule = rules[number]
      rule.isActive.toggle()
      return set(rule)
    }
    let shown = shown(world)
    let height = listArea(world.mainArea).rows
    if action.name.hasPrefix(ValueEditor.prefix) {
      return choose(.value(String(action.name.dropFirst(ValueEditor.prefix.count))), world)
    }
    switch action {
    case .takeBuildium: return choose(.buildium, world)
    case .takeAirtable: return choose(.airtable, world)
    case .takeBase: return choose(.base, world)
    case .editValue: return edit(shown)
    case .skip: list.select(row: list.index + 1, shown.map(\.id), height: height)
    case .chooseSimilar: return offerSimilar()
    case .acceptSimilar: return acceptSimilar()
    case .saveRule:
      guard let rule = ruleOfLast else { return [] }
      return acceptSimilar() + set(rule)
    case .showRules: return ask(.rules)
    case .previewChoices: return ask(.preview(choices))
    case .applyChoices:
      isApplying = true
      return ask(.apply(choices))
    case .undo:
      guard let step = steps.popLast() else { return [.effect(.undo)] }
      staged = step
      return [.answer("Taken back; \(Words.count(staged.count, "choice")) staged.")]
    case .mark:
      if let id = list.selected, marks.remove(id) == nil { marks.insert(id) }
      list.select(row: list.index + 1, shown.map(\.id), height: height)
    case .markAll: marks.formUnion(shown.filter { $0.state == .open }.map(\.id))
    case .markOthers: marks.formSymmetricDifference(shown.map(\.id))
    case .markRange:
      if rangeStart == nil {
        rangeStart = list.selected
      } else {
        marks.formUnion(range(shown))
        rangeStart = nil
      }
    case .filter: filter.isActive = true
    case .sort:
      let next = (Order.allCases.firstIndex(of: order) ?? 0) + 1
      order = Order.allCases[next % Order.allCases.count]
    case .reverse: isReversed.toggle()
    case .showAllFields:
      showsAll.toggle()
      return showsAll ? askFields() : []
    case .showHistory: return selected.map { ask(.journal($0.id)) } ?? []
    case .showStatistics: return ask(.statistics)
    case .copy:
      guard let item = selected else { return [] }
      return [.effect(.copy(Self.line(item)))]
    case .back: back()
    default: _ = list.move(action, shown.map(\.id), height: height)
    }
    return []
  }

  private static func line(_ item: ConflictItem) -> String {
    "\(item.title)\t\(item.fieldTitle)\t\(ConflictItem.text(item.base))\t"
      + "\(ConflictItem.text(item.buildium))\t\(ConflictItem.text(item.airtable))"
  }

  private mutating func back() {
    if rangeStart != nil {
      rangeStart = nil
    } else if !filter.text.isEmpty {
      filter = TextField()
    } else {
      marks = []
    }
  }

  private var choices: [ConflictChoice] { staged.values.sorted { $0.id < $1.id } }

  /// The rows a choice is about: the marked, or the selected one when none is.
  private func chosen(_ shown: [ConflictItem]) -> [ConflictItem] {
    let wanted = marks.union(range(shown))
    guard !wanted.isEmpty else { return selected.map { [$0] } ?? [] }
    return (items ?? []).filter { wanted.contains($0.id) }
  }

  private mutating func choose(_ pick: ConflictChoice.Pick, _ world: World) -> [Reaction] {
    let shown = shown(world)
    let rows = chosen(shown)
    if case .value(let text) = pick, let unfit = rows.first(where: { !$0.takes(text) }) {
      return [.answer("“\(text)” does not fit \(unfit.title) \(unfit.fieldTitle).")]
    }
    let refused = rows.filter { $0.refusal(of: pick) != nil }
    if let first = refused.first, refused.count == rows.count {
      return [.answer("\(first.title): \(first.refusal(of: pick) ?? "").")]
    }
    let isBatch = !marks.isEmpty || rangeStart != nil
    let taken = rows.filter { $0.refusal(of: pick) == nil }
    stage(taken, pick)
    (marks, rangeStart) = ([], nil)
    last = taken.last.map { ConflictChoice($0, pick) }
    if isBatch {
      let left = refused.isEmpty ? "" : " \(Words.number(refused.count)) cannot take it."
      return [.answer("\(Words.number(taken.count)) take \(pick.title); Enter applies.\(left)")]
    }
    // On to the next that nobody has settled yet; it may be above, when the last row was reached.
    let ids = shown.map(\.id)
    let isWaiting: (Int) -> Bool = { [staged] in
      shown[$0].state == .open && staged[shown[$0].id] == nil
    }
    let after = ids.indices.filter { $0 > list.index }.first(where: isWaiting)
    let next = after ?? ids.indices.first(where: isWaiting)
    if let next { list.select(row: next, ids, height: listArea(world.mainArea).rows) }
    return []
  }

  private mutating func stage(_ items: [ConflictItem], _ pick: ConflictChoice.Pick) {
    steps.append(staged)
    if steps.count > Self.stepsMax { steps.removeFirst() }
    for item in items { staged[item.id] = ConflictChoice(item, pick) }
  }

  private func edit(_ shown: [ConflictItem]) -> [Reaction] {
    guard let item = chosen(shown).first, let field = item.field else {
      return [.answer("A whole record is kept as one side has it: h or l.")]
    }
    let kind = MirrorSchema.field(field, of: item.key.resource)?.kind ?? .text
    let current = staged[item.id].map { item.result($0.pick) } ?? item.buildium?.string ?? ""
    return [.open(ValueEditor("\(item.title)  \(item.fieldTitle)", kind, current))]
  }

  private mutating func offerSimilar() -> [Reaction] {
    guard let last, let model = items?.first(where: { $0.id == last.id }) else {
      return [.answer("The conflict chosen last is over; choose one again.")]
    }
    let found = (items ?? []).filter {
      $0.key.resource == model.key.resource && $0.field == model.field
        && $0.newer == model.newer && $0.state == .open && staged[$0.id] == nil
        && $0.refusal(of: last.pick) == nil
    }
    guard !found.isEmpty else {
      return [.answer("No other conflict is like \(model.title) \(model.fieldTitle).")]
    }
    similar = found.map(\.id)
    let lines = found.map { item in
      [
        Piece("\(item.title)  "),
        Piece(
          "\(ConflictItem.text(item.buildium)) | \(ConflictItem.text(item.airtable)) → ", .dim),
        Piece(item.result(last.pick)),
      ]
    }
    let newer = model.newer.map { ", \($0.title) newer" } ?? ""
    return [
      .open(
        TextReport(
          "Take \(last.pick.title) for \(Words.number(found.count)) like it: "
            + "\(model.fieldTitle)\(newer)", lines, accept: .acceptSimilar,
          always: ruleOfLast == nil ? nil : .saveRule))
    ]
  }

  private mutating func acceptSimilar() -> [Reaction] {
    guard let last else { return [] }
    let rows = (items ?? []).filter { similar.contains($0.id) && $0.state == .open }
    stage(rows, last.pick)
    similar = []
    return [.answer("\(Words.number(rows.count)) more take \(last.pick.title); Enter applies.")]
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    let rows = listArea(area)
    let ids = shown(world).map(\.id)
    switch mouse.what {
    case .wheelUp: list.select(row: list.index - 3, ids, height: rows.rows)
    case .wheelDown: list.select(row: list.index + 3, ids, height: rows.rows)
    case .press:
      if rows.contains(row: mouse.row, column: mouse.column) {
        list.select(row: list.offset + mouse.row - rows.row, ids, height: rows.rows)
      }
    }
    return []
  }
}

extension ConflictItem {
  /// Whether a typed value fits the field.
  func takes(_ text: String) -> Bool {
    guard let field else { return false }
    let kind = MirrorSchema.field(field, of: key.resource)?.kind ?? .text
    return kind.value(typed: text) != nil
  }
}
