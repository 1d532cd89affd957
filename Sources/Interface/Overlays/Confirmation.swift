import Terminal

/// Asks before something that leaves the machine for good or cannot be undone. It starts on Cancel,
/// and the key that opened it does not accept it.
struct Confirmation: Layer {
  /// The question, which names what it is about.
  var question: String
  /// What will happen.
  var consequence: String
  /// What the button says that does it.
  var accept: String
  /// What is wanted when it is accepted.
  var reactions: [Reaction]
  private(set) var isOnAccept = false

  init(_ question: String, _ consequence: String, accept: String, reactions: [Reaction]) {
    (self.question, self.consequence) = (question, consequence)
    (self.accept, self.reactions) = (accept, reactions)
  }

  static let bindings: [Binding<Confirmation>] = [
    Binding(
      [.left, .right, .tab, .backTab, .character("h"), .character("l")], .otherButton, "choose",
      "Goes to the other button."),
    Binding([.enter], .pressButton, "press", "Presses the button that stands out."),
    Binding([.character("y")], .accept, "yes", "Does what is asked."),
    Binding([.escape, .character("n"), .character("q")], .back, "no", "Leaves all as it is."),
  ]

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    switch action {
    case .otherButton:
      isOnAccept.toggle()
      return []
    case .accept: return [.close] + reactions
    case .pressButton: return isOnAccept ? [.close] + reactions : [.close]
    default: return [.close]
    }
  }

  /// Where the dialog stands in the area, and its lines.
  private func layout(in area: Area) -> (box: Area, lines: [String]) {
    let width = min(62, area.columns)
    let lines =
      TextWidth.wrapped(question, to: max(1, width - 4)) + [""]
      + TextWidth.wrapped(consequence, to: max(1, width - 4))
    let rows = min(area.rows, lines.count + 4)
    let box = Area(
      row: area.row + (area.rows - rows) / 2, column: area.column + (area.columns - width) / 2,
      rows: rows, columns: width)
    return (box, lines)
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    let (box, lines) = layout(in: area)
    frame.fill(box)
    frame.rule(row: box.row, in: box)
    frame.rule(row: box.endRow - 1, in: box)
    for (index, line) in lines.enumerated() where box.row + 1 + index < box.endRow - 2 {
      frame.put(
        line, row: box.row + 1 + index, column: box.column + 2,
        style: index < lines.firstIndex(of: "") ?? 0 ? .heading : .text, width: box.columns - 4)
    }
    let row = box.endRow - 2
    var at = box.column + 2
    for (label, isChosen) in [("Cancel", !isOnAccept), (accept, isOnAccept)] {
      if isChosen { (frame.cursorRow, frame.cursorColumn) = (row, at) }
      at +=
        frame.put(
          isChosen ? "▸ \(label) ◂" : "  \(label)  ", row: row, column: at,
          style: isChosen ? .choice : .text, width: box.endColumn - at) + 2
    }
  }
}

extension Action {
  static let otherButton = Action("other-button")
  static let pressButton = Action("press-button")
  static let accept = Action("accept")
}
