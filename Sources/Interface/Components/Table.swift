import Terminal

/// One column of a table.
struct Column<Row>: Sendable {
  var title: String
  var alignment: Alignment = .left
  /// The order in which columns give way when the terminal is narrow, from 1; 0 never does.
  var givesWay = 0
  /// Columns its text takes at least; only the last column, which takes what is left, sets it.
  var widthMin = 0
  /// The text of a cell in so many columns, and what it means.
  var cell: @Sendable (Row, Int) -> Piece
}

/// Rows under column titles. Columns are as wide as what they hold; the last takes what is left.
struct Table<Row>: Sendable {
  var columns: [Column<Row>]

  private static var gap: Int { 2 }

  /// The columns that fit, with their widths; computed from the rows that are given, so give it the
  /// rows in sight.
  func fitted(_ rows: some Collection<Row>, to width: Int) -> [(column: Column<Row>, width: Int)] {
    guard let last = columns.last else { return [] }
    var kept = columns.dropLast().map { column in
      let widest = rows.map { TextWidth.columns(column.cell($0, .max).text) }.max() ?? 0
      return (column: column, width: max(widest, TextWidth.columns(column.title)))
    }
    func used() -> Int { kept.reduce(0) { $0 + $1.width + Self.gap } }
    while used() + last.widthMin > width,
      let first = kept.filter({ $0.column.givesWay > 0 }).map(\.column.givesWay).min()
    {
      kept.removeAll { $0.column.givesWay == first }
    }
    kept.append((last, max(0, width - used())))
    return kept
  }

  /// Draws the titles in the first row of an area.
  func drawTitles(
    _ fitted: [(column: Column<Row>, width: Int)], on frame: inout Frame, row: Int, in area: Area
  ) {
    var at = area.column
    for (column, width) in fitted where at < area.endColumn {
      frame.put(
        TextWidth.fitted(column.title, to: width, column.alignment), row: row, column: at,
        style: .heading, width: area.endColumn - at)
      at += width + Self.gap
    }
  }

  /// Draws one row.
  func draw(
    _ item: Row, _ fitted: [(column: Column<Row>, width: Int)], on frame: inout Frame, row: Int,
    in area: Area
  ) {
    var at = area.column
    for (column, width) in fitted where at < area.endColumn {
      let piece = column.cell(item, width)
      frame.put(
        TextWidth.fitted(piece.text, to: width, column.alignment), row: row, column: at,
        style: piece.style, width: area.endColumn - at)
      at += width + Self.gap
    }
  }
}

extension Frame {
  /// Draws the rows of a list that are in sight, each by `draw`, with the sign and the colours of the
  /// selection on its row, and says how many rows are out of sight.
  mutating func list<ID>(
    _ state: ListState<ID>, count: Int, in area: Area, isFocused: Bool,
    draw: (inout Frame, _ index: Int, _ area: Area) -> Void
  ) {
    for line in 0..<area.rows {
      let index = state.offset + line
      guard index < count else { break }
      let rowArea = Area(row: area.row + line, column: area.column, rows: 1, columns: area.columns)
      draw(
        &self, index,
        Area(row: rowArea.row, column: area.column + 1, rows: 1, columns: area.columns - 1))
      if index == state.index, isFocused {
        put("▸", row: rowArea.row, column: area.column, style: .selected)
        select(rowArea)
        (cursorRow, cursorColumn) = (rowArea.row, area.column)
      }
    }
  }
}
