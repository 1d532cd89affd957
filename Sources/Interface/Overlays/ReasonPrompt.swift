import Domain
import Terminal

/// Asks for a reason, one line, before something that is kept with it.
struct ReasonPrompt: Layer {
  /// What will be done, as a question.
  let question: String
  /// What a reader should know before that.
  let consequence: String
  /// What is wanted, with the reason.
  let reactions: @Sendable (String) -> [Reaction]
  /// What is typed.
  let label: String
  private var field = TextField(text: "", isActive: true)

  init(
    _ question: String, _ consequence: String, label: String = "Reason",
    reactions: @escaping @Sendable (String) -> [Reaction]
  ) {
    (self.question, self.consequence, self.reactions) = (question, consequence, reactions)
    self.label = label
  }

  static let bindings: [Binding<ReasonPrompt>] = [
    Binding([.enter], .accept, "do it", "Does it, with the reason that was typed.") { prompt, _ in
      prompt.reason.isEmpty
        ? "Type a \(prompt.label.lowercased()) first: it is kept. Esc leaves all as it is." : nil
    },
    Binding([.escape], .back, "leave it", "Leaves all as it is."),
  ]

  /// What was typed, with one blank between words.
  private var reason: String { field.text.split(separator: " ").joined(separator: " ") }

  var isTyping: Bool { true }

  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    guard key != .enter, key != .escape else { return nil }
    return field.take(key) == .changed ? [] : nil
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    action == .accept ? [.close] + reactions(reason) : [.close]
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    let width = max(1, area.columns - 2)
    var row = area.row
    for line in TextWidth.wrapped(question, to: width) where row < area.endRow {
      frame.put(line, row: row, column: area.column + 1, style: .heading)
      row += 1
    }
    for line in TextWidth.wrapped(consequence, to: width) where row + 1 < area.endRow {
      frame.put(line, row: row + 1, column: area.column + 1)
      row += 1
    }
    let at = min(row + 2, area.endRow - 1)
    let label = "\(self.label): "
    // The end of a long reason stays in sight.
    let room = max(1, width - label.count - 1)
    var shown = field.text
    while TextWidth.columns(shown) > room { shown.removeFirst() }
    frame.put(
      [Piece(label), Piece(shown + "_", .field)], row: at, column: area.column + 1, width: width)
    (frame.cursorRow, frame.cursorColumn) = (
      at, area.column + 1 + label.count + TextWidth.columns(shown)
    )
    frame.showsCursor = true
  }
}
