// The Ledger and the Activity pane: lists of records to walk through.
import Domain
import Terminal

/// A pane that is a walk through lists of records.
protocol BrowserPane: Pane {
  /// The walk.
  var browser: RecordBrowser { get set }
}

/// Everything the store holds: property, lease, money.
struct LedgerPane: BrowserPane {
  static let title = "Ledger"
  static let number = 5
  var browser = RecordBrowser(
    owner: "ledger",
    [
      .properties, .units, .leases, .tenants, .owners, .ownership, .vendors, .glAccounts,
      .bankAccounts, .transactions, .bills, .tasks, .workOrders,
    ], .properties)
  static let bindings: [Binding<LedgerPane>] =
    browserBindings() + [
      Binding(
        [.character("E")], .editRecord, "edit",
        "Edits fields of the record, here and at Buildium.", footer: false,
        writes: true
      ) { pane, _ in
        guard let reference = pane.browser.reference else { return "There is no record here." }
        return RecordEditor.lists.contains(reference.list)
          ? nil
          : "\(Words.title(reference.list)) cannot be edited here: what was posted stays as it was."
      }
    ]
}

/// What happened: who did what, what was asked of the services, messages, jobs.
struct ActivityPane: BrowserPane {
  static let title = "Activity"
  static let number = 7
  var browser = RecordBrowser(owner: "activity", [.audit, .apiLog, .messages, .jobs], .audit)
  static let bindings: [Binding<ActivityPane>] = browserBindings()
}

extension BrowserPane {
  static func browserBindings() -> [Binding<Self>] {
    let onList: @Sendable (Self, World) -> String? = { pane, _ in
      pane.browser.place.record == nil ? nil : "Esc closes the record first."
    }
    let onRecord: @Sendable (Self, World) -> String? = { pane, _ in
      pane.browser.place.record == nil ? "Enter opens a record first." : nil
    }
    let onRow: @Sendable (Self, World) -> String? = { pane, _ in
      pane.browser.place.record == nil && pane.browser.place.table.selectedRow == nil
        ? "There is no record here." : nil
    }
    return [
      Binding([.enter], .open, "open", "Opens the record, or follows the link.") { pane, world in
        if pane.browser.place.record != nil {
          return pane.target(world) == nil ? "There is no link in this line; Tab goes to one." : nil
        }
        return pane.browser.place.table.selectedRow == nil ? "There is no record to open." : nil
      },
      Binding(
        [.character("o")], .chooseList, "other list", "Chooses which list is shown.",
        disabledReason: onList),
      Binding(
        [.character(")")], .nextList, "next list", "Goes to the next list.", footer: false,
        disabledReason: onList),
      Binding(
        [.character("(")], .previousList, "list before", "Goes to the list before.", footer: false,
        disabledReason: onList),
      Binding(
        [.tab], .nextLink, "next link", "Goes to the next link of the record.",
        disabledReason: onRecord),
      Binding(
        [.backTab], .previousLink, "link before", "Goes to the link before.", footer: false,
        disabledReason: onRecord),
      Binding(
        [.character("i")], .showHistory, "history", "Shows what happened to the record.",
        footer: false, disabledReason: onRow),
      Binding(
        [.character("O")], .showSource, "as received",
        "Shows the record as the service sent it.", footer: false,
        disabledReason: onRow),
      Binding(
        [.escape, .backspace], .back, "back", "Goes back the way you came.", footer: false),
    ]
      + RecordTable.bindings { $0.browser.place.table }
      .map { (binding: Binding<Self>) in
        // On an open record only moving and copying are left of the list's keys.
        let kept: Set<Action> = [.up, .down, .pageUp, .pageDown, .first, .last, .copy]
        let isKept = kept.contains(binding.action)
        let reason = binding.disabledReason
        var binding = binding
        binding.disabledReason = { pane, world in
          guard pane.browser.place.record != nil else { return reason(pane, world) }
          return isKept ? nil : onList(pane, world)
        }
        return binding
      }
  }

  func count(_ world: World) -> Int { 0 }

  var isTyping: Bool { browser.place.record == nil && browser.place.table.filter.isActive }
  var isHoldingKeys: Bool { browser.place.table.isWaitingForMarks }

  func namedChoices(_ world: World) -> [Choice] {
    let lists = browser.lists.map { list in
      Choice(
        keys: [], action: Action("show-\(list.rawValue.replacing("_", with: "-"))"),
        label: Words.title(list), help: "Shows the list of \(Words.title(list).lowercased()).",
        isInFooter: false, synonyms: Words.synonyms(list))
    }
    return browser.place.record == nil
      ? lists + browser.place.table.namedChoices(world) : lists
  }

  func nextTick(_ world: World) -> Int? {
    browser.place.record == nil ? browser.place.table.nextTick(world) : nil
  }

  mutating func open(_ target: RecordTarget, from pane: Int?, _ world: World) -> Bool {
    guard browser.lists.contains(target.list) else { return false }
    browser.go(to: target, from: pane)
    return true
  }

  mutating func recall(_ world: World) { browser.recall(world) }

  mutating func take(_ message: Message, _ world: World) -> [Reaction] {
    browser.take(message, world)
  }

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    browser.settle(in: area, world)
  }

  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    browser.place.table.type(key, world)
  }

  func target(_ world: World) -> RecordTarget? {
    browser.place.record?.target(world, width: world.mainArea.columns - 2)
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    if let list = browser.lists.first(where: {
      action.name == "show-\($0.rawValue.replacing("_", with: "-"))"
    }) {
      return browser.show(list, world)
    }
    switch action {
    case .chooseList:
      let choices = namedChoices(world).filter {
        $0.action.name.hasPrefix("show-") && !$0.action.name.hasPrefix("show-column-")
      }
      return [.open(ChoicePicker(.menu("Lists"), choices))]
    case .nextList: return step(1, world)
    case .previousList: return step(-1, world)
    case .back: return browser.back() ?? []
    case .open where browser.place.record == nil:
      browser.open()
      return []
    case .editRecord:
      guard let reference = browser.reference else { return [] }
      return [.open(RecordEditor(reference, question: browser.nextQuestion()))]
    case .showHistory, .showSource:
      if browser.place.record == nil { browser.open() }
    default: break
    }
    guard let record = browser.place.record else {
      return browser.place.table.perform(action, world) ?? []
    }
    if action == .open {
      guard let target = target(world) else { return [] }
      guard browser.lists.contains(target.list) else { return [.show(target)] }
      browser.go(to: target)
      return []
    }
    if action == .copy { return [.effect(.copy(record.text(world)))] }
    _ = browser.place.record?.move(action, in: RecordBrowser.recordArea(world.mainArea), world)
    return []
  }

  private mutating func step(_ by: Int, _ world: World) -> [Reaction] {
    let at = browser.lists.firstIndex(of: browser.list) ?? 0
    let count = browser.lists.count
    return browser.show(browser.lists[(at + by + count) % count], world)
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    browser.mouse(mouse, in: area, world)
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    browser.draw(on: &frame, in: area, world)
  }
}

extension Action {
  static let chooseList = Action("other-list")
}
