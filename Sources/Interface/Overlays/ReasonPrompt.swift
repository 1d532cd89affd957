import Domain
import Terminal

/// Asks why something is done, before it is: a line of text that must not be empty.
struct ReasonPrompt: Layer {
  /// What is about to be done: `Reject 3 bills`.
  var title: String
  /// What the reason is for.
  var hint: String
  /// What is wanted with the reason that was typed.
  var accepted: @Sendable (String) -> [Reaction]
  private(set) var text = TextField(text: "", isActive: true)

  init(
    _ title: String, hint: String, accepted: @escaping @Sendable (String) -> [Reaction]
  ) {
    (self.title, self.hint, self.accepted) = (title, hint, accepted)
  }

  static let bindings: [Binding<ReasonPrompt>] = [
    Binding([.enter], .accept, "go on", "Goes on with this reason.") { prompt, _ in
      prompt.reason.isEmpty ? "A reason is needed; Esc leaves all as it is." : nil
    },
    Binding([.escape], .back, "cancel", "Leaves all as it is."),
  ]

  var isTyping: Bool { true }

  private var reason: String {
    String(text.text.drop { $0 == " " })
  }

  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    switch text.take(key) {
    case .changed: return []
    // Enter and Esc are bindings, so that the footer and the help show them.
    case .accepted, .cancelled, nil: return nil
    }
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    action == .accept ? [.close] + accepted(reason) : [.close]
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    let width = min(70, area.columns)
    let lines = TextWidth.wrapped(hint, to: max(1, width - 4))
    let rows = min(area.rows, lines.count + 6)
    let box = Area(
      row: area.row + (area.rows - rows) / 2, column: area.column + (area.columns - width) / 2,
      rows: rows, columns: width)
    frame.fill(box)
    frame.rule(row: box.row, in: box)
    frame.rule(row: box.endRow - 1, in: box)
    let inner = max(1, box.columns - 4)
    frame.put(
      [Piece(title, .heading)], row: box.row + 1, column: box.column + 2, width: inner)
    for (index, line) in lines.enumerated() where box.row + 2 + index < box.endRow - 2 {
      frame.put([Piece(line)], row: box.row + 2 + index, column: box.column + 2, width: inner)
    }
    // The end of what is typed is what a person looks at.
    var shown = text.text
    while TextWidth.columns(shown) > inner - 10, !shown.isEmpty { shown.removeFirst() }
    let row = box.endRow - 3
    frame.put(
      [Piece("Reason: "), Piece(shown + "_", .field)], row: row, column: box.column + 2,
      width: inner)
    (frame.cursorRow, frame.cursorColumn) = (
      row, min(box.endColumn - 1, box.column + 10 + TextWidth.columns(shown))
    )
  }
}
