import Domain
import Terminal

/// Lines to read over a pane, with one thing that can be done about them.
struct TextReport: Layer {
  var title: String
  var lines: [[Piece]]
  /// What `Enter` does in the pane below; nil when there is nothing to do.
  var accept: Action?
  /// What `R` does there: the same from now on by itself; nil when that cannot be.
  var always: Action?
  private var offset = 0

  init(
    _ title: String, _ lines: [[Piece]], accept: Action? = nil, always: Action? = nil
  ) {
    (self.title, self.lines, self.accept, self.always) = (title, lines, accept, always)
  }

  static let bindings: [Binding<TextReport>] =
    Binding.movement + [
      Binding([.enter], .open, "do it", "Does what is shown.", writes: true) { report, _ in
        report.accept == nil ? "There is nothing to do here; Esc goes back." : nil
      },
      Binding(
        [.character("R")], .always, "from now on", "Does it, and by a rule from now on.",
        writes: true
      ) { report, _ in report.always == nil ? "No rule can say this." : nil },
      Binding([.character("y")], .copy, "copy", "Copies all of this to the clipboard."),
      Binding([.escape, .character("q")], .back, "back", "Goes back; nothing is done."),
    ]

  private func height(_ area: Area) -> Int { max(1, area.rows - 2) }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    let height = height(world.mainArea)
    switch action {
    case .up: offset -= 1
    case .down: offset += 1
    case .pageUp: offset -= max(1, height - 1)
    case .pageDown: offset += max(1, height - 1)
    case .first: offset = 0
    case .last: offset = lines.count
    case .back: return [.close]
    case .always: return always.map { [.run($0)] } ?? []
    case .open: return accept.map { [.run($0)] } ?? [.close]
    case .copy:
      let text = lines.map { $0.map(\.text).joined() }
      return [.effect(.copy(([title] + text).joined(separator: "\n")))]
    default: break
    }
    return settle(in: world.mainArea, world)
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    switch mouse.what {
    case .wheelUp: perform(.up, world)
    case .wheelDown: perform(.down, world)
    case .press: []
    }
  }

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    offset = max(0, min(offset, lines.count - height(area)))
    return []
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    frame.put(
      " " + title, row: area.row, column: area.column, style: .heading, width: area.columns)
    for row in 0..<height(area) where offset + row < lines.count {
      frame.put(
        lines[offset + row], row: area.row + 2 + row, column: area.column + 1,
        width: area.columns - 1)
    }
    (frame.cursorRow, frame.cursorColumn) = (area.row, area.column)
  }
}

extension Action {
  static let always = Action("from-now-on")
}
