// Spreadsheets, through libxlsxwriter. This and PageDocument.swift are all that reach C here.
import CXlsxwriter
import Domain
import Reports

/// Reports as an XLSX workbook, a sheet each.
public enum Workbook {
  /// Excel allows so many characters in the name of a sheet.
  private static let sheetNameMax = 31
  private static let textWidthMax = 48.0
  /// Excel's own limits on rows and on the text of a cell.
  private static let rowsMax = 1_048_000
  private static let textMax = 32_767

  /// Writes the workbook; a file that is there is replaced only when this one is whole.
  ///
  /// - Throws: ``DocumentError`` when the file cannot be written or a report is longer than a sheet.
  public static func write(_ reports: [Report], to path: String) throws(DocumentError) {
    guard let workbook = workbook_new(path) else {
      throw DocumentError("\(path) could not be created.")
    }
    let formats = Formats(workbook)
    var names: Set<String> = []
    for report in reports {
      guard report.rows.count < rowsMax else {
        workbook_close(workbook)
        throw DocumentError(
          "\(report.title) has \(report.rows.count) rows, more than a sheet can hold.")
      }
      let name = sheetName(report.title, taken: &names)
      guard let sheet = workbook_add_worksheet(workbook, name) else { continue }
      fill(sheet, report, formats)
    }
    let code = workbook_close(workbook)
    guard code == LXW_NO_ERROR else {
      let reason = lxw_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
      throw DocumentError("\(path) could not be written: \(reason).")
    }
  }

  /// A name Excel accepts and no other sheet of the workbook has.
  static func sheetName(_ title: String, taken: inout Set<String>) -> String {
    let plain = String(title.filter { !"[]:*?/\\'".contains($0) }.prefix(sheetNameMax))
    let base = plain.isEmpty ? "Report" : plain
    var name = base
    var number = 2
    while !taken.insert(name.lowercased()).inserted {
      let suffix = " \(number)"
      name = base.prefix(sheetNameMax - suffix.count) + suffix
      number += 1
    }
    return name
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

  private static func fill(_ sheet: Sheet, _ report: Report, _ formats: Formats) {
    var row: lxw_row_t = 0
    func write(_ text: String, _ column: Int, _ format: Formats.Format?) {
      // Written as text whatever it begins with, so that no name becomes a formula.
      worksheet_write_string(
        sheet, row, lxw_col_t(column), String(text.prefix(textMax)), format)
    }
    write(report.title, 0, formats.title)
    row += 1
    for line in report.scope {
      write(line, 0, formats.scope)
      row += 1
    }
    row += 1
    for (index, column) in report.columns.enumerated() {
      write(column.title, index, formats.heads[CellText.isRight(column.kind)])
    }
    row += 1
    worksheet_freeze_panes(sheet, row, 1)
    worksheet_repeat_rows(sheet, row - 1, row - 1)
    for line in report.rows {
      for (index, cell) in line.cells.enumerated() {
        put(cell, sheet, row, index, line, formats)
      }
      row += 1
    }
    row += 1
    for note in report.notes {
      write(note, 0, formats.scope)
      row += 1
    }
    for index in report.columns.indices {
      let texts =
        [report.columns[index].title]
        + report.rows.filter { $0.kind != .section }.map { CellText.shown($0.cells[index]) }
      let widest = Double(texts.map(\.count).max() ?? 8) + (index == 0 ? 4 : 2)
      worksheet_set_column(
        sheet, lxw_col_t(index), lxw_col_t(index), min(textWidthMax, max(9, widest)), nil)
    }
    worksheet_set_landscape(sheet)
    worksheet_fit_to_pages(sheet, 1, 0)
    worksheet_set_footer(sheet, "&L\(report.title.replacing("&", with: "&&"))&RPage &P of &N")
  }

  private static func put(
    _ cell: Report.Cell, _ sheet: Sheet, _ row: lxw_row_t, _ index: Int, _ line: Report.Row,
    _ formats: Formats
  ) {
    let column = lxw_col_t(index)
    func format(_ kind: Report.Kind) -> Formats.Format? {
      formats.cell(kind, line, isFirst: index == 0)
    }
    switch cell {
    case .none:
      if line.kind == .subtotal || line.kind == .total {
        worksheet_write_blank(sheet, row, column, format(.text))
      }
    case .text(let text):
      worksheet_write_string(sheet, row, column, String(text.prefix(textMax)), format(.text))
    case .money(let amount):
      // The file format knows no other numbers. Below 2^53 cents the quotient is the number nearest
      // to the amount, so that it reads back as the same cents.
      worksheet_write_number(
        sheet, row, column, Double(amount.minorUnits) / 100, format(.money))
    case .percent(let percent):
      worksheet_write_number(
        sheet, row, column, Double(percent.units) / Double(Percent.unitsPerPercent),
        format(.percent))
    case .count(let count):
      worksheet_write_number(sheet, row, column, Double(count), format(.count))
    case .date(let date):
      var moment = lxw_datetime()
      (moment.year, moment.month, moment.day) = (
        Int32(date.year), Int32(date.month), Int32(date.day)
      )
      // Excel counts days from 1900; an earlier one stays text.
      if date.year >= 1900 {
        worksheet_write_datetime(sheet, row, column, &moment, format(.date))
      } else {
        worksheet_write_string(sheet, row, column, date.description, format(.text))
      }
    }
  }
}
