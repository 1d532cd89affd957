import Domain
import Terminal

/// What a dry run found: every write it would make, before anything is written.
struct PlanView: Layer {
  let writes: [PlannedWrite]
  var filter = TextField()
  private var list = ListState<Int>()

  init(_ writes: [PlannedWrite]) { self.writes = writes }

  static let bindings: [Binding<PlanView>] =
    Binding.movement + [
      Binding([.character("/")], .filter, "filter", "Shows only writes with certain words."),
      Binding([.character("y")], .copy, "copy", "Copies the writes shown to the clipboard.") {
        view, _ in view.shown.isEmpty ? "There is nothing to copy." : nil
      },
      Binding(
        [.escape, .character("q")], .back, "back", "Closes the result; nothing was written."),
    ]

  var isTyping: Bool { filter.isActive }

  /// Numbers of the writes that match.
  private var shown: [Int] {
    writes.indices.filter { index in
      let write = writes[index]
      return filter.matches(
        write.kind.rawValue, write.service.title, write.resource.title, write.title, write.change)
    }
  }

  private func rows(_ area: Area) -> Area { area.split(rows: 2).rest }

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
    list.settle(shown, height: rows(area).rows)
    return []
  }

  private func line(_ write: PlannedWrite) -> String {
    "\(write.kind.rawValue)  \(write.service.title)  \(write.resource.title)  \(write.title)"
      + (write.change.isEmpty ? "" : "  \(write.change)")
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    switch action {
    case .back:
      if filter.text.isEmpty { return [.close] }
      filter = TextField()
    case .filter: filter.isActive = true
    case .copy:
      return [.effect(.copy(shown.map { line(writes[$0]) }.joined(separator: "\n")))]
    default: _ = list.move(action, shown, height: rows(world.mainArea).rows)
    }
    return []
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    let rows = rows(area)
    switch mouse.what {
    case .wheelUp: list.select(row: list.index - 3, shown, height: rows.rows)
    case .wheelDown: list.select(row: list.index + 3, shown, height: rows.rows)
    case .press:
      if rows.contains(row: mouse.row, column: mouse.column) {
        list.select(row: list.offset + mouse.row - rows.row, shown, height: rows.rows)
      }
    }
    return []
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    let shown = shown
    func total(_ kind: PlannedWrite.Kind) -> Int { writes.count { $0.kind == kind } }
    frame.put(
      [
        Piece(" Dry run", .heading),
        Piece(
          "  \(Words.number(total(.create))) to create, \(Words.number(total(.update))) to update, "
            + "\(Words.number(total(.delete))) to delete; nothing was written", .text),
      ] + filterPieces(filter, shown: shown.count, of: writes.count),
      row: area.row, column: area.column, width: area.columns)
    if writes.isEmpty {
      frame.put(
        "All is in step: a sync would write nothing.", row: area.row + 2, column: area.column + 1,
        style: .ok, width: area.columns - 1)
    }
    frame.list(list, count: shown.count, in: rows(area), isFocused: true) { frame, index, row in
      let write = writes[shown[index]]
      let sign = write.kind == .create ? "+" : write.kind == .update ? "~" : "×"
      frame.put(
        [
          Piece(
            "\(sign) \(TextWidth.fitted(write.kind.rawValue, to: 6))  ",
            write.kind == .delete ? .error : .text),
          Piece(TextWidth.fitted(write.service.title, to: 10) + "  ", .dim),
          Piece(TextWidth.fitted(write.resource.title, to: 13) + "  "),
          Piece(write.title), Piece("  " + write.change, .dim),
        ], row: row.row, column: row.column, width: row.columns)
    }
  }
}
