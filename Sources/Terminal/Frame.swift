/// One cell of the screen.
public struct Cell: Sendable, Hashable {
  /// What stands in it: one character with its marks. Empty in the right half of a wide one.
  public var text: Character?
  /// What it means.
  public var style: Style
  /// Whether it belongs to the row the next key acts on.
  public var isSelected: Bool

  /// An empty cell.
  public static let blank = Cell(text: " ", style: .text, isSelected: false)
}

/// A rectangle of cells.
public struct Area: Sendable, Hashable {
  /// The first row and column.
  public var row: Int, column: Int
  /// How many rows and columns.
  public var rows: Int, columns: Int

  /// A rectangle; negative lengths count as none.
  public init(row: Int, column: Int, rows: Int, columns: Int) {
    (self.row, self.column) = (row, column)
    (self.rows, self.columns) = (max(0, rows), max(0, columns))
  }

  /// The row after the last.
  public var endRow: Int { row + rows }
  /// The column after the last.
  public var endColumn: Int { column + columns }

  /// Whether the cell lies in it.
  public func contains(row: Int, column: Int) -> Bool {
    row >= self.row && row < endRow && column >= self.column && column < endColumn
  }

  /// The first `count` rows, and what is left below them.
  public func split(rows count: Int) -> (top: Area, rest: Area) {
    let count = min(max(0, count), rows)
    return (
      Area(row: row, column: column, rows: count, columns: columns),
      Area(row: row + count, column: column, rows: rows - count, columns: columns)
    )
  }
}

/// A whole picture of the screen, as a value: what a renderer returns, what a device shows and what
/// a test reads. Drawing outside it is cut off, never a fault.
public struct Frame: Sendable, Hashable {
  /// How large it is.
  public let size: Size
  /// Where the terminal's cursor stands: on the selected row, so that readers of the screen find it.
  public var cursorRow = 0, cursorColumn = 0
  /// Whether the cursor is in sight: while text is typed.
  public var showsCursor = false
  private var cells: [Cell]

  /// How many marks a character may carry; ncurses keeps four, more is hostile text.
  private static let marksMax = 4

  /// An empty picture.
  public init(_ size: Size) {
    self.size = size
    cells = Array(repeating: .blank, count: size.rows * size.columns)
  }

  /// The whole of it.
  public var area: Area { Area(row: 0, column: 0, rows: size.rows, columns: size.columns) }

  /// A cell; blank outside.
  public subscript(row: Int, column: Int) -> Cell {
    guard area.contains(row: row, column: column) else { return .blank }
    return cells[row * size.columns + column]
  }

  /// Draws text in one row from a cell on, in at most `width` columns, and returns the columns used.
  ///
  /// Any text is safe: control characters and what turns the direction of text are drawn as signs,
  /// joiners and variation selectors are left out, since terminals disagree about their width.
  @discardableResult
  public mutating func put(
    _ text: String, row: Int, column: Int, style: Style = .text, isSelected: Bool = false,
    width: Int = .max
  ) -> Int {
    guard row >= 0, row < size.rows, column < size.columns else { return 0 }
    let end = width >= size.columns - column ? size.columns : column + max(0, width)
    var at = column
    for scalar in text.unicodeScalars {
      switch TextWidth.kind(scalar) {
      case .dropped: continue
      case .mark: attach(scalar, row: row, before: at, from: column)
      case .shownAs(let sign):
        guard at < end else { return at - column }
        set(row, at, Cell(text: Character(sign), style: style, isSelected: isSelected))
        at += 1
      case .columns(let count):
        guard at + count <= end else { return at - column }
        set(row, at, Cell(text: Character(scalar), style: style, isSelected: isSelected))
        if count == 2 {
          set(row, at + 1, Cell(text: nil, style: style, isSelected: isSelected))
        }
        at += count
      }
    }
    return at - column
  }

  /// Fills an area with one character of one column.
  public mutating func fill(
    _ area: Area, with character: Character = " ", style: Style = .text, isSelected: Bool = false
  ) {
    for row in max(0, area.row)..<max(0, min(area.endRow, size.rows), area.row) {
      for column in max(0, area.column)..<max(0, min(area.endColumn, size.columns), area.column) {
        set(row, column, Cell(text: character, style: style, isSelected: isSelected))
      }
    }
  }

  /// Makes a row of an area stand out as the selected one, whatever is drawn in it.
  public mutating func select(_ area: Area) {
    for row in max(0, area.row)..<max(0, min(area.endRow, size.rows), area.row) {
      for column in max(0, area.column)..<max(0, min(area.endColumn, size.columns), area.column) {
        cells[row * size.columns + column].isSelected = true
      }
    }
  }

  private mutating func set(_ row: Int, _ column: Int, _ cell: Cell) {
    guard row >= 0, row < size.rows, column >= 0, column < size.columns else { return }
    let at = row * size.columns + column
    // Half a wide character cannot stay: the half that is not drawn over becomes a space.
    if cells[at].text == nil, column > 0, cell.text != nil { cells[at - 1].text = " " }
    if column + 1 < size.columns, cells[at + 1].text == nil { cells[at + 1].text = " " }
    cells[at] = cell
  }

  private mutating func attach(_ mark: Unicode.Scalar, row: Int, before at: Int, from first: Int) {
    var column = at - 1
    if column > first, self[row, column].text == nil { column -= 1 }
    guard column >= first, column >= 0, column < size.columns else { return }
    let index = row * size.columns + column
    guard let base = cells[index].text, base.unicodeScalars.count <= Self.marksMax else { return }
    var scalars = String(base).unicodeScalars
    scalars.append(mark)
    // The mark may not join (after a space of another script): then it is not drawn.
    let joined = String(scalars)
    if joined.count == 1, let character = joined.first { cells[index].text = character }
  }
}

// MARK: - What changed

/// A stretch of one row whose cells look alike in style.
public struct FrameRun: Sendable, Hashable {
  /// Where it begins.
  public var row: Int, column: Int
  /// What it means.
  public var style: Style
  /// Whether it belongs to the selected row.
  public var isSelected: Bool
  /// Its cells.
  public var cells: [Cell]

  /// The text of its cells.
  public var text: String { String(cells.compactMap(\.text)) }
}

extension Frame {
  /// The stretches that must be drawn to turn `earlier` into this; all, when the size differs.
  public func changes(from earlier: Frame?) -> [FrameRun] {
    let isSameSize = earlier?.size == size
    var runs: [FrameRun] = []
    for row in 0..<size.rows {
      let start = row * size.columns
      var column = 0
      while column < size.columns {
        let cell = cells[start + column]
        if isSameSize, earlier?.cells[start + column] == cell {
          column += 1
          continue
        }
        // A changed right half is drawn with its left half.
        let first = cell.text == nil && column > 0 ? column - 1 : column
        var end = column + 1
        while end < size.columns {
          let next = cells[start + end]
          guard next.style == cell.style, next.isSelected == cell.isSelected,
            next.text == nil || !isSameSize || earlier?.cells[start + end] != next
          else { break }
          end += 1
        }
        runs.append(
          FrameRun(
            row: row, column: first, style: cell.style, isSelected: cell.isSelected,
            cells: Array(cells[(start + first)..<(start + end)])))
        column = end
      }
    }
    return runs
  }

  /// The picture as text: one line a row, without the spaces at the end of each.
  public var text: String { (0..<size.rows).map(lineText).joined(separator: "\n") }

  /// One row as text, without the spaces at its end; empty outside.
  public func lineText(_ row: Int) -> String {
    guard row >= 0, row < size.rows else { return "" }
    var line = String(cells[(row * size.columns)..<((row + 1) * size.columns)].compactMap(\.text))
    while line.last == " " { line.removeLast() }
    return line
  }
}

// MARK: - Plain letters

extension Frame {
  /// Takes out what is there for the eye alone: rules and bars, which a reader of the screen would
  /// spell out.
  public mutating func removeLines() {
    for index in cells.indices {
      if let character = cells[index].text, Self.ornaments.contains(character) {
        cells[index].text = " "
      }
    }
  }

  private static let ornaments = Set<Character>("─│█░▁▂▃▄▅▆▇▸◂")

  /// The picture in ASCII, cell for cell, for a terminal whose locale is not UTF-8.
  public var ascii: Frame {
    var frame = self
    for index in cells.indices {
      guard let character = cells[index].text else {
        frame.cells[index].text = "?"
        continue
      }
      if !character.isASCII { frame.cells[index].text = Self.plain[character] ?? "?" }
    }
    return frame
  }

  /// What stands for the signs that the screens draw; states keep signs that differ.
  private static let plain: [Character: Character] = [
    "─": "-", "│": "|", "▸": ">", "◂": "<", "·": "-", "…": ".", "✓": "+", "×": "x", "‖": "=",
    "−": "-", "↑": "^", "↓": "v", "→": ">", "←": "<", "▲": "^", "▼": "v", "●": "*", "—": "-",
    "▁": "_", "▂": "_", "▃": ".", "▄": ":", "▅": "=", "▆": "+", "▇": "*", "█": "#", "░": ".",
    "“": "\"", "”": "\"", "‘": "'", "’": "'", "é": "e", "è": "e", "ö": "o", "ü": "u", "ä": "a",
  ]
}
