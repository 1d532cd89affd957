import Domain
import Terminal

/// A list to choose from by typing and Enter: the help (`?`), the command palette (`:`), which finds
/// records too, and small menus.
struct ChoicePicker: Layer {
  enum Kind: Sendable, Hashable {
    case help, palette
    case menu(String)
  }

  /// Something that can be chosen.
  struct Item: Sendable, Hashable {
    var choice: Choice
    /// The pane it belongs to, when that is not the one that is shown.
    var pane: Int?
    var paneTitle = ""
    /// The record it leads to, when it is one.
    var hit: RecordHit?

    init(_ choice: Choice) { self.choice = choice }
    init(_ choice: Choice, pane: Int, paneTitle: String) {
      (self.choice, self.pane, self.paneTitle) = (choice, pane, paneTitle)
    }
    init(_ hit: RecordHit) {
      choice = Choice(
        keys: [], action: Action("open"), label: hit.title, help: hit.subtitle, isInFooter: false)
      self.hit = hit
    }

    var id: ID {
      ID(action: choice.action, pane: pane, record: hit?.reference)
    }
    struct ID: Sendable, Hashable {
      var action: Action
      var pane: Int?
      var record: RecordReference?
    }
  }

  var kind: Kind
  /// What there is to choose from, as it stood when this opened.
  let all: [Item]
  private(set) var query = TextField(text: "", isActive: true)
  /// What matches the words typed.
  private(set) var shown: [Item]
  /// What each of ``all`` is found by. Made once, so that keys typed ahead are not waited for.
  private let found: [Found]
  /// Which of ``all`` match: a longer text is looked for among these alone.
  private var fitting: [Int]
  /// How many of ``all`` were looked at so far, over all texts: the work of typing.
  private(set) var looks = 0
  private var list = ListState<Item.ID>()
  private var hits: [RecordHit] = []
  /// The last question about records; nil where none are asked.
  private var ticket: Ticket?
  /// The question whose answer has not come.
  private var asked: Ticket?
  private var searched = ""

  init(_ kind: Kind, _ choices: [Choice]) {
    self.init(kind, items: choices.map { Item($0) }, ticket: nil)
  }

  /// - Parameter ticket: Names its questions about records; nil when it asks none.
  init(_ kind: Kind, items: [Item], ticket: Ticket?) {
    (self.kind, self.ticket) = (kind, ticket)
    var seen = Set<Item.ID>()
    all = items.filter {
      (kind != .help || !$0.choice.keys.isEmpty) && seen.insert($0.id).inserted
    }
    shown = all
    found = all.map(Found.init)
    fitting = Array(all.indices)
  }

  static let bindings: [Binding<ChoicePicker>] = [
    Binding([.enter], .open, "run", "Does what the row says."),
    Binding([.escape], .back, "back", "Closes this."),
    Binding([.up, .control("k")], .up, "up", "Moves to the row above.", footer: false),
    Binding([.down, .control("j")], .down, "down", "Moves to the row below.", footer: false),
    Binding([.pageUp], .pageUp, "page up", "Moves a page up.", footer: false),
    Binding([.pageDown], .pageDown, "page down", "Moves a page down.", footer: false),
    Binding([.home], .first, "first", "Moves to the first row.", footer: false),
    Binding([.end], .last, "last", "Moves to the last row.", footer: false),
  ]

  var isTyping: Bool { true }
  /// Whether its rows have keys of their own, so that nothing is searched by typing.
  private var isKeyed: Bool {
    if case .menu = kind { all.allSatisfy { !$0.choice.keys.isEmpty } } else { false }
  }

  /// The words something is found by, in small letters.
  private struct Found: Sendable {
    /// Each word of its name, and of what else it is called.
    let names, synonyms: [Substring]
    /// Its name with its keys, and with what its help says.
    let keys, help: String

    init(_ item: Item) {
      let choice = item.choice
      let name = "\(choice.action.name) \(choice.label) \(item.paneTitle)".lowercased()
      names = Self.words(name)
      synonyms = Self.words(choice.synonyms.lowercased())
      keys = name + " " + choice.keyNames.lowercased()
      help = name + " " + choice.help.lowercased()
    }

    static func words(_ text: String) -> [Substring] {
      text.split { $0 == " " || $0 == "-" || $0 == "_" }
    }
  }

  /// Finds what matches the words typed: first what has words that begin so, then what holds them,
  /// then the records, then what only its help speaks of.
  private mutating func find(among candidates: [Int]) {
    fitting = candidates
    guard !query.text.isEmpty else { return shown = all }
    let typed = query.text.lowercased()
    let (beginnings, parts) = (Found.words(typed), typed.split(separator: " "))
    func begins(_ words: [Substring]...) -> Bool {
      beginnings.allSatisfy { part in words.contains { $0.contains { $0.hasPrefix(part) } } }
    }
    var (begun, named, told): ([Item], [Item], [Item]) = ([], [], [])
    fitting = []
    looks += candidates.count
    for index in candidates {
      let words = found[index]
      if begins(words.names) {
        begun.append(all[index])
      } else if begins(words.names, words.synonyms)
        || parts.allSatisfy({ words.keys.contains($0) })
      {
        named.append(all[index])
      } else if parts.allSatisfy({ words.help.contains($0) }) {
        told.append(all[index])
      } else {
        continue
      }
      fitting.append(index)
    }
    shown = begun + named + hits.map { Item($0) } + told
  }

  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    if isKeyed {
      if let item = all.first(where: { $0.choice.keys.contains(key) }) { return choose(item) }
      if key == .character("j") { return perform(.down, world) }
      if key == .character("k") { return perform(.up, world) }
      return key.typed == nil ? nil : []
    }
    let before = query.text
    guard key != .enter, key != .escape, query.take(key) == .changed else { return nil }
    guard query.text != before else { return [] }
    // A longer text leaves no more than the shorter did.
    find(among: query.text.hasPrefix(before) ? fitting : Array(all.indices))
    // What is searched for is what fits best: the first row of what is left.
    list = ListState()
    return []
  }

  /// How many records are asked for.
  private static let hitsMax = 20
  private static let wordsMin = 2

  private func rows(_ area: Area) -> Area { area.split(rows: 2).rest }

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    list.settle(shown.map(\.id), height: rows(area).rows)
    guard var next = ticket, asked == nil, query.text != searched else { return [] }
    searched = query.text
    guard query.text.count >= Self.wordsMin else {
      take([])
      return []
    }
    next.number += 1
    (ticket, asked) = (next, next)
    return [.effect(.searchRecords(query.text, limit: Self.hitsMax, next))]
  }

  mutating func take(_ message: Message, _ world: World) -> [Reaction] {
    switch message {
    case .hits(let hits, let ticket) where ticket == asked:
      asked = nil
      if query.text.count >= Self.wordsMin { take(hits) }
    case .unanswered(let ticket, let text, _) where ticket == asked:
      asked = nil
      return [.say(text, .error)]
    default: break
    }
    return []
  }

  private mutating func take(_ hits: [RecordHit]) {
    guard hits != self.hits else { return }
    self.hits = hits
    find(among: fitting)
  }

  private func choose(_ item: Item) -> [Reaction] {
    if let hit = item.hit { return [.close, .show(.record(hit.reference))] }
    if let reason = item.choice.reason { return [.answer(reason)] }
    return item.pane.map { [.runIn($0, item.choice.action)] } ?? [.run(item.choice.action)]
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    switch action {
    case .back: return [.close]
    case .open:
      guard let selected = shown.first(where: { $0.id == list.selected }) else { return [] }
      return choose(selected)
    default:
      _ = list.move(action, shown.map(\.id), height: rows(world.mainArea).rows)
      return []
    }
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    let ids = shown.map(\.id)
    let rows = rows(area)
    switch mouse.what {
    case .wheelUp: list.select(row: list.index - 3, ids, height: rows.rows)
    case .wheelDown: list.select(row: list.index + 3, ids, height: rows.rows)
    case .press:
      if rows.contains(row: mouse.row, column: mouse.column) {
        let row = list.offset + mouse.row - rows.row
        // A second press on the row does what it says.
        if row == list.index, row < ids.count { return perform(.open, world) }
        list.select(row: row, ids, height: rows.rows)
      }
    }
    return []
  }

  // MARK: - Drawing

  private static let keyWidthMax = 11
  private static let labelWidthMax = 24

  private var title: String {
    switch kind {
    case .help: "Keys"
    case .palette: "Commands and records"
    case .menu(let title): title
    }
  }

  private func label(_ item: Item) -> String {
    let name =
      item.hit != nil || kind != .palette ? item.choice.label : item.choice.action.name
    return item.paneTitle.isEmpty ? name : "\(item.paneTitle): \(name)"
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    let count = query.text.isEmpty ? "" : "  \(shown.count - hits.count) of \(all.count)"
    let ask = isKeyed ? "  press its key, or Enter" : "  type to search: "
    let top = [Piece(" \(title)", .heading), Piece(ask, .dim)]
    frame.put(
      top + [Piece(query.text, .field), Piece(count, .dim)], row: area.row, column: area.column,
      width: area.columns)
    if shown.isEmpty {
      frame.put(
        kind == .help
          ? "No key here does that. Esc, then : finds every command and record."
          : "Nothing here is called that. Esc goes back.", row: area.row + 2,
        column: area.column + 1,
        style: .dim, width: area.columns - 1)
    }
    // Sentences may be cut in the list: that of the selected row stands whole above it.
    if let selected = shown.first(where: { $0.id == list.selected })?.choice {
      frame.put(
        "  " + (selected.reason ?? selected.help), row: area.row + 1, column: area.column,
        style: .dim, width: area.columns)
    }
    func keys(_ choice: Choice) -> String {
      choice.keyNames.count <= Self.keyWidthMax ? choice.keyNames : choice.keyName
    }
    let keyWidth = all.map { TextWidth.columns(keys($0.choice)) }.max() ?? 0
    let labelWidth = min(
      Self.labelWidthMax, shown.map { TextWidth.columns(label($0)) }.max() ?? 0)
    frame.list(list, count: shown.count, in: rows(area), isFocused: true) { frame, index, row in
      let item = shown[index]
      let isOff = item.choice.reason != nil
      let help = item.choice.reason.map { "× " + $0 } ?? item.choice.help
      let mark = item.hit.map { TextWidth.fitted(Words.title($0.reference.list), to: keyWidth) }
      frame.put(
        [
          Piece(
            TextWidth.fitted(mark ?? keys(item.choice), to: keyWidth) + "  ",
            isOff || mark != nil ? .dim : .key),
          Piece(TextWidth.fitted(label(item), to: labelWidth) + "  ", isOff ? .dim : .text),
          Piece(help, isOff || item.hit != nil ? .dim : .text),
        ], row: row.row, column: row.column, width: row.columns)
    }
    guard !isKeyed else { return }
    (frame.cursorRow, frame.cursorColumn) = (
      area.row, area.column + min(area.columns - 1, top.columns + TextWidth.columns(query.text))
    )
    frame.showsCursor = true
  }
}
