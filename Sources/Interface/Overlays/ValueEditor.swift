import Domain
import Terminal

/// A value of a field while a person types it. It closes only with a value that fits the field.
struct ValueEditor: Layer {
  let title: String
  let kind: FieldKind
  private(set) var text: TextField
  private var problem = ""

  init(_ title: String, _ kind: FieldKind, _ text: String) {
    (self.title, self.kind) = (title, kind)
    self.text = TextField(text: text, isActive: true)
  }

  static let bindings: [Binding<ValueEditor>] = []
  var isTyping: Bool { true }
  var typingLabels: (enter: String, escape: String) { ("take the value", "leave it") }

  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    switch text.take(key) {
    case .changed:
      problem = ""
      return []
    case .cancelled: return [.close]
    case .accepted:
      guard kind.value(typed: text.text) != nil else {
        problem = "“\(text.text)” does not fit: \(kind.expectation)."
        return []
      }
      return [.run(Action(Self.prefix + text.text))]
    case nil: return []
    }
  }

  /// How the pane below knows the value in the action it is handed.
  static let prefix = "take-value "

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] { [] }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    frame.put(
      " " + title, row: area.row, column: area.column, style: .heading, width: area.columns)
    frame.put(
      text.text + "_", row: area.row + 2, column: area.column + 1, style: .field,
      width: area.columns - 1)
    frame.put(
      problem.isEmpty ? "Expected: \(kind.expectation)." : problem, row: area.row + 4,
      column: area.column + 1, style: problem.isEmpty ? .dim : .error, width: area.columns - 1)
    (frame.cursorRow, frame.cursorColumn) = (
      area.row + 2, min(area.endColumn - 1, area.column + 1 + TextWidth.columns(text.text))
    )
  }
}
