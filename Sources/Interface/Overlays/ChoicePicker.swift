import Terminal

/// All that can be done here, to be searched by typing and done with Enter: the help (`?`) and the
/// command palette (`:`), which differ in what a row says.
struct ChoicePicker: Layer {
  enum Kind: Sendable { case help, palette }

  var kind: Kind
  /// What there is to choose from, as it stood when this opened.
  let all: [Choice]
  var query = TextField(text: "", isActive: true)
  private var list = ListState<Action>()

  init(_ kind: Kind, _ all: [Choice]) {
    self.kind = kind
    var seen = Set<Action>()
    self.all = all.filter { seen.insert($0.action).inserted }
  }

  static let bindings: [Binding<ChoicePicker>] = [
    Binding([.enter], .open, "run", "Does what the row says."),
    Binding([.escape], .back, "back", "Closes this."),
    Binding([.up], .up, "up", "Moves to the row above.", footer: false),
    Binding([.down], .down, "down", "Moves to the row below.", footer: false),
    Binding([.pageUp], .pageUp, "page up", "Moves a page up.", footer: false),
    Binding([.pageDown], .pageDown, "page down", "Moves a page down.", footer: false),
    Binding([.home], .first, "first", "Moves to the first row.", footer: false),
    Binding([.end], .last, "last", "Moves to the last row.", footer: false),
  ]

  var isTyping: Bool { true }

  /// What matches the words typed: first by name, label or key, then by what the help says.
  var shown: [Choice] {
    func isNamed(_ choice: Choice) -> Bool {
      query.matches(choice.action.name, choice.label, choice.keyNames)
    }
    return all.filter(isNamed)
      + all.filter { !isNamed($0) && query.matches($0.action.name, $0.label, $0.help) }
  }

  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    guard key != .enter, key != .escape, query.take(key) == .changed else { return nil }
    // What is searched for is what fits best: the first row of what is left.
    list = ListState()
    return []
  }

  private func rows(_ area: Area) -> Area { area.split(rows: 2).rest }

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    list.settle(shown.map(\.action), height: rows(area).rows)
    return []
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    switch action {
    case .back: return [.close]
    case .open:
      guard let selected = shown.first(where: { $0.action == list.selected }) else { return [] }
      if let reason = selected.reason { return [.answer(reason)] }
      return [.run(selected.action)]
    default:
      _ = list.move(action, shown.map(\.action), height: rows(world.mainArea).rows)
      return []
    }
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    let ids = shown.map(\.action)
    let rows = rows(area)
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

  private static let keyWidthMax = 11

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    let shown = shown
    let title = kind == .help ? " Keys" : " Commands"
    let found = query.text.isEmpty ? "" : "  \(shown.count) of \(all.count)"
    frame.put(
      [
        Piece(title, .heading), Piece("  type to search: ", .dim), Piece(query.text, .field),
        Piece(found, .dim),
      ],
      row: area.row, column: area.column, width: area.columns)
    if shown.isEmpty {
      frame.put(
        "Nothing here is called that. Esc goes back.", row: area.row + 2, column: area.column + 1,
        style: .dim, width: area.columns - 1)
    }
    // Sentences may be cut in the list: that of the selected row stands whole above it.
    if let selected = shown.first(where: { $0.action == list.selected }) {
      frame.put(
        "  " + (selected.reason ?? selected.help), row: area.row + 1, column: area.column,
        style: .dim, width: area.columns)
    }
    func keys(_ choice: Choice) -> String {
      choice.keyNames.count <= Self.keyWidthMax ? choice.keyNames : choice.keyName
    }
    let keyWidth = all.map { TextWidth.columns(keys($0)) }.max() ?? 0
    let labelWidth = min(
      22, all.map { TextWidth.columns(kind == .help ? $0.label : $0.action.name) }.max() ?? 0)
    frame.list(list, count: shown.count, in: rows(area), isFocused: true) { frame, index, row in
      let choice = shown[index]
      let isOff = choice.reason != nil
      let help = choice.reason.map { "× " + $0 } ?? choice.help
      frame.put(
        [
          Piece(TextWidth.fitted(keys(choice), to: keyWidth) + "  ", isOff ? .dim : .key),
          Piece(
            TextWidth.fitted(kind == .help ? choice.label : choice.action.name, to: labelWidth)
              + "  ", isOff ? .dim : .text),
          Piece(help, isOff ? .dim : .text),
        ], row: row.row, column: row.column, width: row.columns)
    }
    let typed = " ".count + TextWidth.columns(title) - 1 + "  type to search: ".count
    (frame.cursorRow, frame.cursorColumn) = (
      area.row, area.column + min(area.columns - 1, typed + TextWidth.columns(query.text))
    )
    frame.showsCursor = true
  }
}
