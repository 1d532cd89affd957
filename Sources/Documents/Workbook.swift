// Spreadsheets, through libxlsxwriter. This and PageDocument.swift are all that reach C here.
import CXlsxwriter
import Domain
import Glibc
import Reports

/// Reports as an XLSX workbook, a sheet each.
public enum Workbook {
  /// Excel allows so many characters in the name of a sheet.
  private static let sheetNameMax = 31
  private static let textWidthMax = 48.0
  /// Excel's own limits on rows and on the text of a cell.
  private static let rowsMax = 1_048_000
  private static let textMax = 32_767

  /// Writes the workbook.
  ///
  /// - Throws: ``DocumentError`` when the file cannot be written or a report is longer than a sheet.
  public static func write(_ reports: [Report], to path: String) throws(DocumentError) {
    for report in reports where report.rows.count + report.notes.count >= rowsMax {
      throw DocumentError(
        "\(report.title) has \(report.rows.count) rows, more than a sheet can hold; ask for fewer "
          + "months or properties.")
    }
    // Asked first, for the library tells its own troubles to the terminal.
    guard let file = fopen(path, "ab") else {
      throw DocumentError("\(path) could not be created: \(String(cString: strerror(errno))).")
    }
    fclose(file)
    guard let workbook = workbook_new(path) else {
      throw DocumentError("\(path) could not be created.")
    }
    do throws(DocumentError) {
      let formats = Formats(workbook)
      var names: Set<String> = []
      for report in reports {
        let name = sheetName(report.title, taken: &names)
        try check(workbook_validate_sheet_name(workbook, name), "The sheet “\(name)”")
        guard let sheet = workbook_add_worksheet(workbook, name) else {
          throw DocumentError("The sheet “\(name)” could not be made.")
        }
        try fill(sheet, report, formats)
      }
    } catch {
      // Closing frees the memory; that it also writes a file is of no use to anybody.
      _ = workbook_close(workbook)
      throw error
    }
    try check(workbook_close(workbook), path)
  }

  private static func check(_ code: lxw_error, _ what: String) throws(DocumentError) {
    guard code != LXW_NO_ERROR else { return }
    let reason = lxw_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
    throw DocumentError("\(what) could not be written: \(reason)")
  }

  /// A name Excel accepts and no other sheet of the workbook has.
  static func sheetName(_ title: String, taken: inout Set<String>) -> String {
    let plain = String(CellText.printable(title).filter { !"[]:*?/\\'".contains($0) })
    let base = cut(plain.isEmpty ? "Report" : plain, to: sheetNameMax)
    var name = base
    var number = 2
    while !taken.insert(name.lowercased()).inserted {
      let suffix = " \(number)"
      name = cut(base, to: sheetNameMax - suffix.count) + suffix
      number += 1
    }
    return name
  }

  /// The beginning of a text that is no longer than Excel allows: it counts units of UTF-16.
  static func cut(_ text: String, to limit: Int) -> String {
    guard text.utf16.count > limit else { return text }
    var (result, length) = ("", 0)
    for character in text {
      length += character.utf16.count
      guard length <= limit else { break }
      result.append(character)
    }
    return result
  }

  private typealias Sheet = UnsafeMutablePointer<lxw_worksheet>

  /// How cells look, by what they hold and where they stand.
  private struct Formats {
    typealias Format = UnsafeMutablePointer<lxw_format>
    struct Key: Hashable {
      let kind: Report.Kind
      let row: Report.RowKind
      let depth: Int
    }
    private(set) var cells: [Key: Format] = [:]
    let title: Format?
    let scope: Format?
    let heads: [Bool: Format]

    static let depthMax = 4

    init(_ workbook: UnsafeMutablePointer<lxw_workbook>) {
      func make(_ body: (Format) -> Void) -> Format? {
        guard let format = workbook_add_format(workbook) else { return nil }
        body(format)
        return format
      }
      title = make {
        format_set_bold($0)
        format_set_font_size($0, 14)
      }
      scope = make { format_set_font_color($0, 0x555555) }
      var heads: [Bool: Format] = [:]
      for isRight in [false, true] {
        heads[isRight] = make {
          format_set_bold($0)
          format_set_bottom($0, UInt8(LXW_BORDER_THIN.rawValue))
          format_set_text_wrap($0)
          if isRight { format_set_align($0, UInt8(LXW_ALIGN_RIGHT.rawValue)) }
        }
      }
      self.heads = heads
      for kind in [Report.Kind.text, .money, .percent, .date, .count] {
        for row in [Report.RowKind.section, .line, .subtotal, .total] {
          for depth in 0...(kind == .text ? Self.depthMax : 0) {
            cells[Key(kind: kind, row: row, depth: depth)] = make { format in
              switch kind {
              case .money: format_set_num_format(format, "#,##0.00;[Red]-#,##0.00")
              case .percent: format_set_num_format(format, "0.00##\" %\"")
              case .date: format_set_num_format(format, "yyyy-mm-dd")
              case .count: format_set_num_format(format, "#,##0")
              case .text: if depth > 0 { format_set_indent(format, UInt8(depth)) }
              }
              if row != .line { format_set_bold(format) }
              if row == .subtotal { format_set_top(format, UInt8(LXW_BORDER_HAIR.rawValue)) }
              if row == .total {
                format_set_top(format, UInt8(LXW_BORDER_THIN.rawValue))
                format_set_bottom(format, UInt8(LXW_BORDER_DOUBLE.rawValue))
              }
            }
          }
        }
      }
    }

    func cell(_ kind: Report.Kind, _ row: Report.Row, isFirst: Bool) -> Format? {
      let depth = kind == .text && isFirst ? min(row.depth, Self.depthMax) : 0
      return cells[Key(kind: kind, row: row.kind, depth: depth)]
    }
  }

  private static func fill(_ sheet: Sheet, _ report: Report, _ formats: Formats)
    throws(DocumentError)
  {
    var row: lxw_row_t = 0
    func write(_ text: String, _ column: Int, _ format: Formats.Format?) throws(DocumentError) {
      try put(text, sheet, row, lxw_col_t(column), format)
    }
    try write(report.letterhead, 0, formats.scope)
    row += 1
    try write(report.title, 0, formats.title)
    row += 1
    for line in report.scope {
      try write(line, 0, formats.scope)
      row += 1
    }
    row += 1
    for (index, column) in report.columns.enumerated() {
      try write(column.title, index, formats.heads[CellText.isRight(column.kind)] ?? nil)
    }
    row += 1
    worksheet_freeze_panes(sheet, row, 1)
    try check(worksheet_repeat_rows(sheet, row - 1, row - 1), "The head of \(report.title)")
    for line in report.rows {
      for (index, cell) in line.cells.enumerated() {
        try put(cell, sheet, row, index, line, formats)
      }
      row += 1
    }
    row += 1
    for note in report.notes {
      try write(note, 0, formats.scope)
      row += 1
    }
    for index in report.columns.indices {
      let texts =
        [report.columns[index].title]
        + report.rows.filter { !$0.isAlone }.map { CellText.shown($0.cells[index]) }
      let widest = Double(texts.map(\.count).max() ?? 8) + (index == 0 ? 4 : 2)
      try check(
        worksheet_set_column(
          sheet, lxw_col_t(index), lxw_col_t(index), min(textWidthMax, max(9, widest)), nil),
        "A column of \(report.title)")
    }
    if report.columns.count > 5 { worksheet_set_landscape(sheet) }
    worksheet_fit_to_pages(sheet, 1, 0)
    let title = cut(CellText.printable(report.title), to: 60).replacing("&", with: "&&")
    try check(
      worksheet_set_footer(sheet, "&L\(title)&RPage &P of &N"), "The foot of \(report.title)")
  }

  /// Writes a text, whatever it begins with, so that no name becomes a formula.
  private static func put(
    _ text: String, _ sheet: Sheet, _ row: lxw_row_t, _ column: lxw_col_t,
    _ format: Formats.Format?
  ) throws(DocumentError) {
    let plain = cut(CellText.printable(text), to: textMax)
    try check(
      plain.isEmpty
        ? worksheet_write_blank(sheet, row, column, format)
        : worksheet_write_string(sheet, row, column, plain, format),
      "Row \(row + 1) of the spreadsheet")
  }

  private static func put(
    _ cell: Report.Cell, _ sheet: Sheet, _ row: lxw_row_t, _ index: Int, _ line: Report.Row,
    _ formats: Formats
  ) throws(DocumentError) {
    let column = lxw_col_t(index)
    func format(_ kind: Report.Kind) -> Formats.Format? {
      formats.cell(kind, line, isFirst: index == 0)
    }
    func number(_ value: Double, _ kind: Report.Kind) throws(DocumentError) {
      try check(
        worksheet_write_number(sheet, row, column, value, format(kind)),
        "Row \(row + 1) of the spreadsheet")
    }
    switch cell {
    case .none:
      if line.kind == .subtotal || line.kind == .total {
        try put("", sheet, row, column, format(.text))
      }
    case .text(let text): try put(text, sheet, row, column, format(.text))
    case .money(let amount):
      // The file format knows no other numbers. Excel keeps fifteen digits: an amount of more is
      // written as text, for it would not read back as the same cents.
      guard amount.minorUnits.magnitude < 1_000_000_000_000_000 else {
        return try put(CellText.shown(cell), sheet, row, column, format(.money))
      }
      try number(Double(amount.minorUnits) / 100, .money)
    case .percent(let percent):
      try number(Double(percent.units) / Double(Percent.unitsPerPercent), .percent)
    case .count(let count): try number(Double(count), .count)
    case .date(let date):
      // Excel counts days from 1900; an earlier one stays text.
      guard date.year >= 1900 else {
        return try put(date.description, sheet, row, column, format(.text))
      }
      var moment = lxw_datetime()
      (moment.year, moment.month, moment.day) = (
        Int32(date.year), Int32(date.month), Int32(date.day)
      )
      try check(
        worksheet_write_datetime(sheet, row, column, &moment, format(.date)),
        "Row \(row + 1) of the spreadsheet")
    }
  }
}
