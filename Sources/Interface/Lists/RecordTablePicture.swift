// How a table of records looks: a line about it, column titles, rows.
import Domain
import Terminal

extension RecordTable {
  /// A column that is in sight, with its width and where it begins in the row.
  struct PlacedColumn { var column: ListColumn, index: Int, at: Int, width: Int }

  private static let gap = 2
  /// Space before the first column: the sign of the selection, of the mark and of the row.
  private static let margin = 3
  /// What long text is cut to when not all columns fit, one after the other.
  private static let textWidths = [48, 32, 22, 16]

  /// The line about the table, its titles, and the area of its rows.
  static func parts(_ area: Area) -> (line: Int, titles: Int, rows: Area) {
    (area.row, area.row + 1, area.split(rows: 2).rest)
  }

  /// The columns that are in sight in so many columns of the terminal. The first stays where it is;
  /// the others scroll with the column that stands out.
  func layout(columns width: Int) -> [PlacedColumn] {
    let shown = shownColumns
    guard !shown.isEmpty else { return [] }
    func widths(_ textMax: Int) -> [Int] {
      shown.map { column in
        if let chosen = view.widths[column.name] { return chosen }
        let natural = naturalWidths[column.name] ?? TextWidth.columns(column.title)
        return column.kind == .text || column.kind == .choice
          ? min(natural, max(textMax, TextWidth.columns(column.title))) : natural
      }
    }
    func total(_ widths: [Int]) -> Int {
      Self.margin + widths.reduce(0) { $0 + $1 + Self.gap } - Self.gap
    }
    let candidates = Self.textWidths.map(widths)
    let widths = candidates.first { total($0) <= width } ?? candidates[candidates.count - 1]
    // Which columns after the first are in sight: as many as fit, with the one that stands out.
    var start = max(1, min(firstColumn, column))
    func end(_ start: Int) -> Int {
      var at = Self.margin + widths[0]
      var index = start
      while index < shown.count, at + Self.gap + widths[index] <= width {
        at += Self.gap + widths[index]
        index += 1
      }
      return index
    }
    while start < column, end(start) <= column { start += 1 }
    if end(1) >= shown.count { start = 1 }
    var indices = [0]
    indices += Array(start..<max(start, end(start)))
    return place(indices, widths, in: width)
  }

  /// Puts columns beside each other; what room is left goes to those whose text is cut, from the left.
  private func place(_ indices: [Int], _ widths: [Int], in width: Int) -> [PlacedColumn] {
    let shown = shownColumns
    let used = indices.reduce(Self.margin - Self.gap) { $0 + widths[$1] + Self.gap }
    var left = max(0, width - used)
    var placed: [PlacedColumn] = []
    var at = Self.margin
    for index in indices where at < width {
      let column = shown[index]
      let natural = view.widths[column.name] ?? naturalWidths[column.name] ?? 0
      let more = min(left, max(0, natural - widths[index]))
      left -= more
      let columns = min(widths[index] + more, width - at)
      placed.append(
        PlacedColumn(
          column: column, index: place(of: column), at: at, width: columns))
      at += columns + Self.gap
    }
    return placed
  }

  /// The place of a column among all of the list's.
  private func place(of column: ListColumn) -> Int { columns.firstIndex(of: column) ?? 0 }

  func draw(on frame: inout Frame, in area: Area, title: String, isFocused: Bool, _ world: World) {
    let parts = Self.parts(area)
    let line = Area(row: parts.line, column: area.column, rows: 1, columns: area.columns)
    // Last, since the cursor belongs into the filter while one is typed.
    defer { drawLine(on: &frame, line, title, world) }
    let placed = layout(columns: area.columns)
    drawTitles(placed, on: &frame, row: parts.titles, in: area, isFocused: isFocused)
    if count == 0 || problem != nil {
      for (line, piece) in emptyWords(world, width: area.columns - 4).enumerated()
      where line < parts.rows.rows {
        frame.put(
          [piece], row: parts.rows.row + line, column: area.column + 2, width: area.columns - 2)
      }
      (frame.cursorRow, frame.cursorColumn) = (parts.rows.row, area.column)
      return
    }
    for line in 0..<parts.rows.rows {
      let index = offset + line
      guard index < count else { break }
      drawRow(index, placed, on: &frame, row: parts.rows.row + line, in: area, isFocused, world)
    }
  }

  private func drawRow(
    _ index: Int, _ placed: [PlacedColumn], on frame: inout Frame, row line: Int, in area: Area,
    _ isFocused: Bool, _ world: World
  ) {
    if let row = row(at: index) {
      let isMarked = isMarked(row, at: index)
      if isMarked { frame.put("●", row: line, column: area.column + 1, style: .marked) }
      if let sign = sign?(row, world) {
        frame.put([sign], row: line, column: area.column + 2, width: 1)
      }
      for place in placed where place.index < row.cells.count {
        var piece = CellText.piece(row.cells[place.index], world)
        if isMarked { piece.style = .marked }
        frame.put(
          TextWidth.fitted(piece.text, to: place.width, CellText.alignment(place.column.kind)),
          row: line, column: area.column + place.at, style: piece.style,
          width: area.columns - place.at)
      }
    } else {
      frame.put("…", row: line, column: area.column + Self.margin, style: .dim)
    }
    guard index == self.index else { return }
    if isFocused {
      frame.put("▸", row: line, column: area.column, style: .selected)
      frame.select(Area(row: line, column: area.column, rows: 1, columns: area.columns))
      (frame.cursorRow, frame.cursorColumn) = (line, area.column)
    } else {
      frame.put("▸", row: line, column: area.column, style: .dim)
    }
  }

  private func drawTitles(
    _ placed: [PlacedColumn], on frame: inout Frame, row: Int, in area: Area, isFocused: Bool
  ) {
    let shown = shownColumns
    for place in placed {
      let isSorted = place.column.name == view.sortColumn
      let isCurrent = isFocused && shown.indices.contains(column) && shown[column] == place.column
      // The sign stands where the width leaves room, so that numbers stay under their title.
      let sign = isSorted ? (view.isDescending ? "▼" : "▲") : ""
      let title =
        TextWidth.truncated(place.column.title, to: max(1, place.width - sign.count)) + sign
      frame.put(
        TextWidth.fitted(title, to: place.width, CellText.alignment(place.column.kind)),
        row: row, column: area.column + place.at, style: isCurrent ? .tab : .heading,
        width: area.columns - place.at)
    }
    let inSight = Set(placed.map(\.column.name))
    if let last = shown.last, !inSight.contains(last.name) {
      frame.put("›", row: row, column: area.endColumn - 1, style: .key)
    }
    if shown.count > 1, !inSight.contains(shown[1].name) {
      frame.put("‹", row: row, column: area.column + Self.margin - 1, style: .key)
    }
  }

  /// `Leases  12 of 340  filter: oak   shown 18,204.11   marked 3 · 2,310.50`.
  private func drawLine(on frame: inout Frame, _ area: Area, _ title: String, _ world: World) {
    var left = [Piece(" \(title)", .heading), Piece("  \(countWords)", .text)]
    if !filter.text.isEmpty || filter.isActive {
      left += [
        Piece("  filter: ", .dim), Piece(filter.text + (filter.isActive ? "_" : ""), .field),
      ]
      if let filterProblem { left.append(Piece("  ! \(filterProblem)", .warning)) }
    }
    if let sort = view.sortColumn, let column = columns.first(where: { $0.name == sort }) {
      left.append(Piece("  by \(column.title) \(view.isDescending ? "▼" : "▲")", .dim))
    }
    var right: [Piece] = []
    let totalled = columns.filter(\.isTotalled)
    if let column = totalled.first {
      if let sum = totals[column.name] { right.append(Piece("shown \(Words.money(sum))")) }
    }
    if rangeStart != nil {
      right.append(
        Piece("   range \(Words.number(abs((rangeStart ?? index) - index) + 1))", .marked))
    }
    if isWaitingForMarks { right.append(Piece("   marking…", .dim)) }
    if !marks.isEmpty {
      var text = "   marked \(Words.number(marks.count))"
      if let column = totalled.first { text += " · \(Words.money(markedTotal(column)))" }
      if let hidden = hiddenMarks, hidden > 0 { text += ", \(Words.number(hidden)) hidden" }
      right.append(Piece(text, .marked))
    }
    let width = right.columns
    let start = max(area.column, area.endColumn - 1 - width)
    if left.columns + 2 + width <= area.columns {
      frame.put(right, row: area.row, column: start, width: width)
      frame.put(left, row: area.row, column: area.column, width: area.columns)
    } else {
      // What is marked is worth more than the rest of the words.
      frame.put(left, row: area.row, column: area.column, width: max(0, start - area.column - 2))
      frame.put(right, row: area.row, column: start, width: area.endColumn - start)
    }
    if filter.isActive {
      let before = Array(left.prefix(4)).columns
      (frame.cursorRow, frame.cursorColumn) = (
        area.row, min(area.column + before - 1, area.endColumn - 1)
      )
      frame.showsCursor = true
    }
  }

  /// `12 of 340`, or the number of rows alone when none is left out.
  var countWords: String {
    guard let matching else { return loaded == nil ? "…" : "\(Words.number(count))+" }
    guard let all, all != matching, !terms.isEmpty else { return Words.number(matching) }
    return "\(Words.number(matching)) of \(Words.number(all))"
  }

  private func emptyWords(_ world: World, width: Int) -> [Piece] {
    if let problem {
      return [Piece("× \(problem.text)", .error), Piece(problem.hint, .dim)]
    }
    if loaded == nil || isLoading { return [Piece("Reading…", .dim)] }
    if !terms.isEmpty { return [Piece("No row matches the filter. Esc shows all.", .dim)] }
    if base.linkedTo != nil { return [Piece("There are none. Esc goes back.", .dim)] }
    let isKeptHere: Set<ListName> = [.audit, .apiLog, .messages, .jobs, .differences]
    if isKeptHere.contains(base.list) {
      return [Piece("Nothing here yet. What happens is kept here from now on.", .dim)]
    }
    return [
      Piece("Nothing here yet.", .heading),
      Piece("The first sync brings the records in: 1 goes to the Sync pane, s starts it.", .dim),
    ]
  }

  /// Takes the mouse: a press selects, the wheel moves.
  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    let rows = Self.parts(area).rows
    switch mouse.what {
    case .wheelUp: select(index - 3)
    case .wheelDown: select(index + 3)
    case .press:
      guard rows.contains(row: mouse.row, column: mouse.column) else { return [] }
      let row = offset + mouse.row - rows.row
      if row < count { select(row) }
    }
    return []
  }
}
