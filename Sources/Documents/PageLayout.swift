// A report laid out on pages: columns as wide as they need, rows that stay whole, notes at the end.
import CPangoCairo
import Domain
import Reports

/// Lays a report out on pages of a size and draws them.
struct PageLayout {
  private let report: Report
  private let size: (width: Double, height: Double)
  private let context: OpaquePointer
  private let madeAt: Instant
  /// The size of the type, in points.
  private let type: Double
  private let widths: [Double]

  private static let margin = 46.0
  private static let gap = 10.0
  private static let indent = 12.0
  private static let typeMax = 9.0
  /// The least a column of text is squeezed to, in points.
  private static let textColumnMin = 60.0
  private static let footerHeight = 26.0
  private static let sectionSpace = 7.0
  private static let noteSpace = 4.0

  /// Whether the type had to be made so small that paper on its side would do better.
  var isSmall: Bool { type < Self.typeMax - 1 }

  init(
    _ report: Report, size: (width: Double, height: Double), context: OpaquePointer,
    madeAt: Instant
  ) {
    (self.report, self.size, self.context, self.madeAt) = (report, size, context, madeAt)
    let room = size.width - 2 * Self.margin - Self.gap * Double(max(0, report.columns.count - 1))
    let natural = Self.naturalWidths(report, context)
    let isText = report.columns.map { $0.kind == .text }
    // Texts wrap and so may be squeezed; amounts and days may not.
    let least = natural.indices.map {
      isText[$0] ? min(natural[$0], Self.textColumnMin) : natural[$0]
    }
    let needed = max(1, least.reduce(0, +))
    let scale = min(1, room / needed)
    type = Self.typeMax * scale
    let wanted = natural.map { $0 * scale }
    let free = room - wanted.reduce(0, +)
    if free >= 0 {
      // The amounts of a narrow table stand at the right edge; a wide one breathes evenly.
      let isNarrow = report.columns.count < 4
      let share = free / Double(max(1, report.columns.count))
      widths = wanted.enumerated().map { isNarrow ? ($0 == 0 ? $1 + free : $1) : $1 + share }
    } else {
      // What the texts want above their least is cut for all of them alike.
      let floor = least.map { $0 * scale }
      let extra = zip(wanted, floor).reduce(0) { $0 + $1.0 - $1.1 }
      let left = max(0, room - floor.reduce(0, +))
      widths = zip(wanted, floor).map { $1 + (extra > 0 ? ($0 - $1) / extra * left : 0) }
    }
  }

  /// The room each column would take with type of the usual size.
  private static func naturalWidths(_ report: Report, _ context: OpaquePointer) -> [Double] {
    report.columns.indices.map { index in
      // The longest texts by characters are near enough the widest; only these are measured.
      let cells = report.rows.filter { !$0.isAlone }.map {
        (
          text: CellText.shown($0.cells[index]), depth: index == 0 ? $0.depth : 0,
          isBold: $0.kind != .line
        )
      }
      let longest = cells.sorted { $0.text.count > $1.text.count }.prefix(8)
      let width = longest.map {
        PageText(size: typeMax, isBold: $0.isBold).extent($0.text, context).width
          + Double($0.depth) * indent
      }
      // A title wraps between its words.
      let title = report.columns[index].title.split(separator: " ").map {
        PageText(size: typeMax, isBold: true).extent(String($0), context).width
      }
      return max(width.max() ?? 0, title.max() ?? 0) + 1
    }
  }

  // MARK: Heights

  private var inside: Double { size.width - 2 * Self.margin }
  private var bottom: Double { size.height - Self.margin - Self.footerHeight }

  private func text(_ row: Report.Row, _ index: Int) -> PageText {
    let indent = index == 0 ? Double(row.depth) * Self.indent : 0
    let isRight = !row.isAlone && CellText.isRight(report.columns[index].kind)
    return PageText(
      size: type, isBold: row.kind != .line,
      width: (row.isAlone ? inside : widths[index]) - indent, isRight: isRight, isWhole: isRight)
  }

  private func height(_ row: Report.Row) -> Double {
    let cells = row.isAlone ? row.cells.prefix(1) : row.cells[...]
    let heights = cells.enumerated().map { index, cell in
      text(row, index).extent(CellText.shown(cell), context).height
    }
    let space: Double =
      switch row.kind {
      case .section: Self.sectionSpace + 3
      case .line: 2.5
      case .subtotal, .total: 5
      }
    return (heights.max() ?? 10) + space
  }

  private var noteText: PageText { PageText(size: 8, width: inside, grey: 0.3) }

  private var headText: [PageText] {
    report.columns.indices.map {
      PageText(
        size: type, isBold: true, width: widths[$0],
        isRight: CellText.isRight(report.columns[$0].kind))
    }
  }

  private var headHeight: Double {
    (zip(headText, report.columns).map { $0.extent($1.title, context).height }.max() ?? 10) + 7
  }

  private struct OpeningLine {
    var text: String
    var style: PageText
    /// The room below.
    var space: Double
  }

  /// The lines above the table.
  private func opening(isFirst: Bool) -> [OpeningLine] {
    func line(_ text: String, size: Double, isBold: Bool, grey: Double, space: Double)
      -> OpeningLine
    {
      OpeningLine(
        text: CellText.printable(text),
        style: PageText(size: size, isBold: isBold, width: inside, grey: grey), space: space)
    }
    guard isFirst else {
      let text = "\(report.letterhead) · \(report.title), continued"
      return [line(text, size: 9, isBold: true, grey: 0.3, space: 9)]
    }
    var lines = [
      line(report.letterhead, size: 11, isBold: true, grey: 0.25, space: 16),
      line(report.title, size: 18, isBold: true, grey: 0, space: 5),
    ]
    for scope in report.scope {
      lines.append(line(scope, size: 9.5, isBold: false, grey: 0.3, space: 1.5))
    }
    lines[lines.count - 1].space = 14
    return lines
  }

  private func openingHeight(isFirst: Bool) -> Double {
    opening(isFirst: isFirst).reduce(0) {
      $0 + $1.style.extent($1.text, context).height + $1.space
    }
  }

  // MARK: Pages

  private struct Page {
    var rows: Range<Int>
    var notes: Range<Int>
  }

  /// What stands on each page. A heading never stands alone at the foot of a page.
  private func pages() -> [Page] {
    let heights = report.rows.map(height)
    var pages = [Page(rows: 0..<0, notes: 0..<0)]
    var y = Self.margin + openingHeight(isFirst: true) + headHeight
    let top = Self.margin + openingHeight(isFirst: false) + headHeight
    func turn(_ row: Int, _ note: Int) {
      pages.append(Page(rows: row..<row, notes: note..<note))
      y = top
    }
    for (row, height) in heights.enumerated() {
      var needed = height
      var next = row
      while next + 1 < heights.count, report.rows[next].kind == .section {
        next += 1
        needed += heights[next]
      }
      let isFresh = pages[pages.count - 1].rows.isEmpty
      if !isFresh, y + min(needed, bottom - top) > bottom { turn(row, 0) }
      pages[pages.count - 1].rows = pages[pages.count - 1].rows.lowerBound..<(row + 1)
      y += height
    }
    y += 14
    for (number, note) in report.notes.enumerated() {
      let height = noteText.extent(CellText.printable(note), context).height + Self.noteSpace
      if y + height > bottom { turn(heights.count, number) }
      pages[pages.count - 1].notes = pages[pages.count - 1].notes.lowerBound..<(number + 1)
      y += height
    }
    return pages
  }

  /// Draws all pages.
  func draw(on surface: OpaquePointer) {
    let pages = pages()
    for (number, page) in pages.enumerated() {
      cairo_pdf_surface_set_size(surface, size.width, size.height)
      draw(page, number: number + 1, of: pages.count)
      cairo_show_page(context)
    }
  }

  private func draw(_ page: Page, number: Int, of count: Int) {
    var y = Self.margin
    for (place, line) in opening(isFirst: number == 1).enumerated() {
      line.style.draw(line.text, x: Self.margin, y: y, context)
      y += line.style.extent(line.text, context).height
      // The letterhead is parted from what it stands above.
      if number == 1, place == 0 { rule(y: y + 5, thickness: 1.2, grey: 0.25) }
      y += line.space
    }
    if !page.rows.isEmpty {
      var x = Self.margin
      for (index, column) in report.columns.enumerated() {
        headText[index].draw(column.title, x: x, y: y, context)
        x += widths[index] + Self.gap
      }
      y += headHeight
      rule(y: y - 4, thickness: 0.8)
    }
    for row in report.rows[page.rows] {
      draw(row, y: y)
      y += height(row)
    }
    y += page.rows.isEmpty ? 0 : 14
    for note in report.notes[page.notes] {
      let text = CellText.printable(note)
      noteText.draw(text, x: Self.margin, y: y, context)
      y += noteText.extent(text, context).height + Self.noteSpace
    }
    drawFoot(number, of: count)
  }

  private func drawFoot(_ number: Int, of count: Int) {
    let foot = size.height - Self.margin - 8
    rule(y: foot - 5, grey: 0.7)
    var style = PageText(size: 7.5, width: inside, grey: 0.45)
    let made = madeAt.secondsText.replacing("T", with: " ").replacing("Z", with: " UTC")
    style.draw("Made \(made) by Rentbook", x: Self.margin, y: foot, context)
    style.isRight = true
    style.draw("Page \(number) of \(count)", x: Self.margin, y: foot, context)
  }

  private func draw(_ row: Report.Row, y: Double) {
    let isSum = row.kind == .subtotal || row.kind == .total
    let top = y + (row.kind == .section ? Self.sectionSpace : isSum ? 2 : 0)
    var x = Self.margin
    for (index, cell) in row.cells.enumerated() {
      let shown = CellText.shown(cell)
      let style = text(row, index)
      if isSum, style.isRight, !shown.isEmpty {
        rule(
          y: y + 0.5, from: x, to: x + widths[index], thickness: row.kind == .total ? 0.9 : 0.4)
      }
      let indent = index == 0 ? Double(row.depth) * Self.indent : 0
      style.draw(shown, x: x + indent, y: top, context)
      x += widths[index] + Self.gap
    }
  }

  private func rule(
    y: Double, from: Double = margin, to: Double? = nil, thickness: Double = 0.5, grey: Double = 0.3
  ) {
    cairo_set_source_rgb(context, grey, grey, grey)
    cairo_set_line_width(context, thickness)
    cairo_move_to(context, from, y)
    cairo_line_to(context, to ?? size.width - Self.margin, y)
    cairo_stroke(context)
  }
}
