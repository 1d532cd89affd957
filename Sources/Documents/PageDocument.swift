// Pages to print or to send, through pango and cairo: they find a font for every script.
import CPangoCairo
import Domain
import Reports

/// Reports as a PDF.
public enum PageDocument {
  /// The paper.
  public enum Paper: String, Sendable, Hashable, CaseIterable {
    case letter, a4

    /// Points: seventy-second parts of an inch.
    var size: (width: Double, height: Double) { self == .letter ? (612, 792) : (595, 842) }
  }

  /// Writes the pages, each report beginning on a new one.
  ///
  /// - Throws: ``DocumentError`` when the file cannot be written.
  public static func write(
    _ reports: [Report], to path: String, paper: Paper = .letter, madeAt: Instant
  ) throws(DocumentError) {
    // Wide reports lie on their side.
    let first = sheet(paper, reports.first)
    guard let surface = cairo_pdf_surface_create(path, first.width, first.height),
      let context = cairo_create(surface)
    else { throw DocumentError("\(path) could not be created.") }
    cairo_pdf_surface_set_metadata(
      surface, CAIRO_PDF_METADATA_TITLE, reports.first?.title ?? "Report")
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Rentbook")
    for report in reports {
      let size = sheet(paper, report)
      let pages = Pages(report, size: size, context: context, madeAt: madeAt).paginated()
      for number in pages.indices {
        cairo_pdf_surface_set_size(surface, size.width, size.height)
        Pages(report, size: size, context: context, madeAt: madeAt).draw(
          pages[number], number: number + 1, of: pages.count)
        cairo_show_page(context)
      }
    }
    cairo_destroy(context)
    cairo_surface_finish(surface)
    let status = cairo_surface_status(surface)
    cairo_surface_destroy(surface)
    guard status == CAIRO_STATUS_SUCCESS else {
      let reason = cairo_status_to_string(status).map { String(cString: $0) } ?? ""
      throw DocumentError("\(path) could not be written: \(reason).")
    }
  }

  private static func sheet(_ paper: Paper, _ report: Report?) -> (width: Double, height: Double) {
    let (width, height) = paper.size
    return (report?.columns.count ?? 0) > 5 ? (height, width) : (width, height)
  }
}

/// Lays a report out on pages and draws them.
private struct Pages {
  let report: Report
  let size: (width: Double, height: Double)
  let context: OpaquePointer
  let madeAt: Instant

  private static let margin = 46.0
  private static let gap = 10.0
  private static let indent = 12.0
  private static let textSize = 9.0
  private static let footerHeight = 26.0
  private static let sectionSpace = 7.0
  private static let font = "DejaVu Sans, Noto Sans"

  private let widths: [Double]

  init(
    _ report: Report, size: (width: Double, height: Double), context: OpaquePointer,
    madeAt: Instant
  ) {
    (self.report, self.size, self.context, self.madeAt) = (report, size, context, madeAt)
    widths = Self.widths(report, size.width - 2 * Self.margin, context)
  }

  // MARK: Text

  private enum Weight { case plain, bold }

  /// Makes a piece of text ready; whoever gets it must give it back (`g_object_unref`).
  private static func layout(
    _ text: String, _ context: OpaquePointer, size: Double, _ weight: Weight, width: Double?,
    isRight: Bool = false
  ) -> OpaquePointer? {
    guard let layout = pango_cairo_create_layout(context) else { return nil }
    // Points of the page, not the 96 dots an inch of a screen.
    pango_cairo_context_set_resolution(pango_layout_get_context(layout), 72)
    let description = pango_font_description_from_string(font)
    pango_font_description_set_size(description, Int32(size * Double(PANGO_SCALE)))
    pango_font_description_set_weight(
      description, weight == .bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
    pango_layout_set_font_description(layout, description)
    pango_font_description_free(description)
    pango_layout_set_text(layout, text, -1)
    if let width {
      pango_layout_set_width(layout, Int32(max(1, width) * Double(PANGO_SCALE)))
      pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
    }
    pango_layout_set_alignment(layout, isRight ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT)
    return layout
  }

  private static func free(_ layout: OpaquePointer) {
    g_object_unref(UnsafeMutableRawPointer(layout))
  }

  private static func extent(
    _ text: String, _ context: OpaquePointer, size: Double, _ weight: Weight, width: Double? = nil
  ) -> (width: Double, height: Double) {
    guard let layout = layout(text, context, size: size, weight, width: width) else { return (0, 0) }
    defer { free(layout) }
    var (wide, high): (Int32, Int32) = (0, 0)
    pango_layout_get_size(layout, &wide, &high)
    return (Double(wide) / Double(PANGO_SCALE), Double(high) / Double(PANGO_SCALE))
  }

  private func put(
    _ text: String, x: Double, y: Double, size: Double = textSize, _ weight: Weight = .plain,
    width: Double? = nil, isRight: Bool = false, grey: Double = 0
  ) {
    guard !text.isEmpty,
      let layout = Self.layout(text, context, size: size, weight, width: width, isRight: isRight)
    else { return }
    defer { Self.free(layout) }
    cairo_set_source_rgb(context, grey, grey, grey)
    cairo_move_to(context, x, y)
    pango_cairo_show_layout(context, layout)
  }

  private func rule(y: Double, from: Double = margin, thickness: Double = 0.5, grey: Double = 0.3) {
    cairo_set_source_rgb(context, grey, grey, grey)
    cairo_set_line_width(context, thickness)
    cairo_move_to(context, from, y)
    cairo_line_to(context, size.width - Self.margin, y)
    cairo_stroke(context)
  }

  // MARK: Layout

  /// Amounts get the room they need; texts share what is left.
  private static func widths(_ report: Report, _ room: Double, _ context: OpaquePointer) -> [Double]
  {
    // The longest texts by characters are near enough the widest; only these are measured.
    let natural = report.columns.indices.map { index -> Double in
      let cells = report.rows.filter { $0.kind != .section }.map { row in
        (text: CellText.shown(row.cells[index]), depth: index == 0 ? row.depth : 0, row.kind)
      }
      let longest = cells.sorted { $0.text.count > $1.text.count }.prefix(8)
      let width =
        longest.map { cell in
          extent(cell.text, context, size: textSize, cell.2 == .line ? .plain : .bold).width
            + Double(cell.depth) * indent
        }.max() ?? 0
      let title = report.columns[index].title.split(separator: " ").map {
        extent(String($0), context, size: textSize, .bold).width
      }.max() ?? 0
      return max(width, title) + 1
    }
    let free = room - gap * Double(max(0, natural.count - 1))
    let needed = natural.reduce(0, +)
    if needed <= free {
      // The first column takes what is left over, so that amounts stand at the right edge.
      return natural.enumerated().map { $0 == 0 ? $1 + free - needed : $1 }
    }
    let texts = report.columns.indices.filter { report.columns[$0].kind == .text }
    let fixed = natural.indices.filter { !texts.contains($0) }.reduce(0) { $0 + natural[$1] }
    let wanted = texts.reduce(0) { $0 + natural[$1] }
    let share = max(60 * Double(texts.count), free - fixed)
    return natural.enumerated().map { index, width in
      texts.contains(index) ? max(40, width / max(1, wanted) * share) : width
    }
  }

  private func height(_ row: Report.Row) -> Double {
    if row.kind == .section {
      return Self.sectionSpace
        + Self.extent(
          CellText.shown(row.cells[0]), context, size: Self.textSize, .bold,
          width: size.width - 2 * Self.margin
        ).height + 3
    }
    let weight: Weight = row.kind == .line ? .plain : .bold
    let heights = row.cells.enumerated().map { index, cell in
      let indent = index == 0 ? Double(row.depth) * Self.indent : 0
      return Self.extent(
        CellText.shown(cell), context, size: Self.textSize, weight, width: widths[index] - indent
      ).height
    }
    return (heights.max() ?? 10) + (row.kind == .line ? 2.5 : 5)
  }

  private var headerHeight: Double {
    report.columns.indices.map {
      Self.extent(
        report.columns[$0].title, context, size: Self.textSize, .bold, width: widths[$0]
      ).height
    }.max() ?? 10
  }

  private var titleHeight: Double { 30 + Double(report.scope.count) * 13 + 12 }

  /// The rows of each page. A heading never stands alone at the foot of a page.
  func paginated() -> [Range<Int>] {
    var pages: [Range<Int>] = []
    var start = 0
    var y = Self.margin + titleHeight + headerHeight + 10
    let bottom = size.height - Self.margin - Self.footerHeight
    var row = 0
    while row < report.rows.count {
      var needed = height(report.rows[row])
      if report.rows[row].kind == .section, row + 1 < report.rows.count {
        needed += height(report.rows[row + 1])
      }
      if y + needed > bottom, row > start {
        pages.append(start..<row)
        start = row
        y = Self.margin + headerHeight + 30
      }
      y += height(report.rows[row])
      row += 1
    }
    let notes = Double(report.notes.count) * 26
    if y + notes > bottom, start < report.rows.count, !report.notes.isEmpty {
      pages.append(start..<report.rows.count)
      start = report.rows.count
    }
    pages.append(start..<report.rows.count)
    return pages
  }

  // MARK: Drawing

  func draw(_ rows: Range<Int>, number: Int, of count: Int) {
    var y = Self.margin
    if number == 1 {
      put(report.title, x: Self.margin, y: y, size: 17, .bold)
      y += 30
      for line in report.scope {
        put(line, x: Self.margin, y: y, size: 9.5, grey: 0.3)
        y += 13
      }
      y += 12
    } else {
      put(report.title + ", continued", x: Self.margin, y: y, .bold, grey: 0.3)
      y += 20
    }
    var x = Self.margin
    for (index, column) in report.columns.enumerated() {
      put(
        column.title, x: x, y: y, .bold, width: widths[index],
        isRight: CellText.isRight(column.kind))
      x += widths[index] + Self.gap
    }
    y += headerHeight + 3
    rule(y: y, thickness: 0.8)
    y += 4
    for row in rows {
      draw(report.rows[row], y: y)
      y += height(report.rows[row])
    }
    if number == count {
      y += 14
      for note in report.notes {
        let width = size.width - 2 * Self.margin
        put(note, x: Self.margin, y: y, size: 8, width: width, grey: 0.3)
        y += Self.extent(note, context, size: 8, .plain, width: width).height + 4
      }
    }
    let foot = size.height - Self.margin - 8
    rule(y: foot - 5, grey: 0.7)
    put("Made \(madeAt.secondsText) by Rentbook", x: Self.margin, y: foot, size: 7.5, grey: 0.45)
    put(
      "Page \(number) of \(count)", x: Self.margin, y: foot, size: 7.5,
      width: size.width - 2 * Self.margin, isRight: true, grey: 0.45)
  }

  private func draw(_ row: Report.Row, y: Double) {
    if row.kind == .section {
      put(
        CellText.shown(row.cells[0]), x: Self.margin + Double(row.depth) * Self.indent,
        y: y + Self.sectionSpace, .bold, width: size.width - 2 * Self.margin)
      return
    }
    let isSum = row.kind != .line
    var x = Self.margin
    for (index, cell) in row.cells.enumerated() {
      let indent = index == 0 ? Double(row.depth) * Self.indent : 0
      let isRight = CellText.isRight(report.columns[index].kind)
      let text = CellText.shown(cell)
      if isSum, isRight, !text.isEmpty {
        cairo_set_source_rgb(context, 0.3, 0.3, 0.3)
        cairo_set_line_width(context, row.kind == .total ? 0.9 : 0.4)
        cairo_move_to(context, x, y + 0.5)
        cairo_line_to(context, x + widths[index], y + 0.5)
        cairo_stroke(context)
      }
      put(
        text, x: x + indent, y: y + (isSum ? 2 : 0), isSum ? .bold : .plain,
        width: widths[index] - indent, isRight: isRight)
      x += widths[index] + Self.gap
    }
  }
}
