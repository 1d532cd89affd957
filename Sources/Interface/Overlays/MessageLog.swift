import Domain
import Terminal

/// Every message kept: when, how grave, the whole text and what to do. Nothing that went wrong is
/// seen only once.
struct MessageLog: Layer {
  var filter = TextField()
  private var list = ListState<Int64>()

  static let bindings: [Binding<MessageLog>] =
    Binding.movement + [
      Binding([.character("y")], .copy, "copy", "Copies the message to the clipboard.") { log, _ in
        log.list.selected == nil ? "There is no message to copy." : nil
      },
      Binding([.character("/")], .filter, "filter", "Shows only messages with certain words."),
      Binding([.escape, .character("q"), .character("L")], .back, "back", "Closes the log."),
    ]

  var isTyping: Bool { filter.isActive }

  func shown(_ world: World) -> [LogMessage] {
    world.messages.filter { filter.matches($0.text, $0.hint, $0.level.rawValue) }
  }

  /// Rows of the list; the lines below it show the selected message whole.
  private func split(_ area: Area) -> (list: Area, reading: Area) {
    let body = area.split(rows: 1).rest
    let reading = body.rows >= 8 ? min(7, body.rows / 3) : 0
    let (list, rest) = body.split(rows: body.rows - reading)
    return (list, rest)
  }

  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    switch filter.take(key) {
    case .changed: return []
    case .accepted:
      filter.isActive = false
      return []
    case .cancelled:
      filter = TextField()
      return []
    case nil: return nil
    }
  }

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    list.settle(shown(world).map(\.id), height: split(area).list.rows)
    return []
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    switch action {
    case .back:
      if filter.text.isEmpty { return [.close] }
      filter = TextField()
    case .filter: filter.isActive = true
    case .copy:
      guard let message = shown(world).first(where: { $0.id == list.selected }) else { return [] }
      let parts = [
        Words.moment(message.at, world), message.level.rawValue, message.text, message.hint,
      ]
      return [.effect(.copy(parts.filter { !$0.isEmpty }.joined(separator: "  ")))]
    default:
      _ = list.move(action, shown(world).map(\.id), height: split(world.mainArea).list.rows)
    }
    return []
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    let ids = shown(world).map(\.id)
    let rows = split(area).list
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

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    let shown = shown(world)
    let (rows, reading) = split(area)
    frame.put(
      [Piece(" Messages", .heading)]
        + filterPieces(filter, shown: shown.count, of: world.messages.count),
      row: area.row, column: area.column, width: area.columns)
    if shown.isEmpty {
      frame.put(
        world.messages.isEmpty
          ? "No messages yet. What goes wrong, and what was done, is kept here."
          : "No message holds these words. Esc shows all.",
        row: rows.row, column: area.column + 1, style: .dim, width: area.columns - 1)
    }
    frame.list(list, count: shown.count, in: rows, isFocused: true) { frame, index, row in
      let message = shown[index]
      frame.put(
        [
          Piece(TextWidth.fitted(Words.clock(message.at, world), to: 12) + "  ", .dim),
          Piece(
            "\(message.level.sign) "
              + TextWidth.fitted(message.level.rawValue, to: 7) + "  ", message.level.style),
          Piece(message.text),
        ], row: row.row, column: row.column, width: row.columns)
    }
    guard reading.rows > 1, let message = shown.first(where: { $0.id == list.selected }) else {
      return
    }
    frame.rule(row: reading.row, in: reading)
    let width = max(1, reading.columns - 2)
    var lines = TextWidth.wrapped(message.text, to: width, linesMax: reading.rows)
      .map { ($0, message.level.style) }
    if !message.hint.isEmpty {
      lines += TextWidth.wrapped("→ " + message.hint, to: width, linesMax: reading.rows)
        .map { ($0, Style.text) }
    }
    if let key = message.key { lines.append((key.description, .dim)) }
    for (index, (line, style)) in lines.enumerated() where index + 1 < reading.rows {
      frame.put(
        line, row: reading.row + 1 + index, column: reading.column + 1, style: style, width: width)
    }
  }
}

/// What stands behind a list's title while it is filtered: the words, and how many rows they leave.
func filterPieces(_ filter: TextField, shown: Int, of all: Int) -> [Piece] {
  if filter.text.isEmpty, !filter.isActive { return [] }
  return [
    Piece("  filter: ", .dim), Piece(filter.text + (filter.isActive ? "_" : ""), .field),
    Piece("  \(Words.number(shown)) of \(Words.number(all))", .dim),
  ]
}
