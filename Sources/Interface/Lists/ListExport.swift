// What is shown, as text for other programs: CSV, JSON or columns of plain text.
import Domain

/// Rows to be written out as text.
public struct ListExport: Sendable, Hashable {
  /// The form of the text.
  public enum Format: String, Sendable, Hashable, CaseIterable {
    /// RFC 4180, with a line of titles.
    case csv
    /// An array of objects whose members are the columns' names.
    case json
    /// Columns under their titles.
    case text
  }

  /// Which rows, in which order.
  public var query: ListQuery
  /// The names of the columns, in the order in which they are shown.
  public var columns: [String]
  /// The form of the text.
  public var format: Format
  /// The file's path without its extension; nil for the clipboard.
  public var file: String?

  /// Rows to be written out.
  public init(_ query: ListQuery, columns: [String], format: Format, file: String?) {
    (self.query, self.columns, self.format, self.file) = (query, columns, format, file)
  }
}

/// Turns rows into the text of an export, window by window, so that a list of any length needs the
/// memory of one window.
public struct ExportWriter: Sendable {
  private let format: ListExport.Format
  private let columns: [(index: Int, column: ListColumn)]
  private let utcOffsetMinutes: Int
  private var count = 0

  /// A writer of an export.
  ///
  /// - Parameter utcOffsetMinutes: What the person's clock shows more than UTC, for times in plain
  ///   text; CSV and JSON hold UTC.
  public init(_ export: ListExport, utcOffsetMinutes: Int) {
    format = export.format
    self.utcOffsetMinutes = utcOffsetMinutes
    let all = export.query.list.columns
    columns = export.columns.compactMap { name in
      all.firstIndex { $0.name == name }.map { ($0, all[$0]) }
    }
  }

  /// What stands before the first row.
  public var opening: String {
    switch format {
    case .csv: columns.map { Self.field($0.column.name) }.joined(separator: ",") + "\r\n"
    case .json: "["
    case .text: columns.map(\.column.title).joined(separator: "\t") + "\n"
    }
  }

  /// What stands after the last row.
  public var closing: String { format == .json ? "\n]\n" : "" }

  /// The text of further rows.
  public mutating func text(of rows: some Sequence<ListRow>) -> String {
    var text = ""
    for row in rows {
      let cells = columns.map {
        ($0.column, $0.index < row.cells.count ? row.cells[$0.index] : .none)
      }
      switch format {
      case .csv: text += cells.map { Self.field(Self.plain($1)) }.joined(separator: ",") + "\r\n"
      case .text:
        let parts = cells.map { CellText.text($1, utcOffsetMinutes: utcOffsetMinutes) }
        text +=
          parts.map { $0.replacing("\t", with: " ").replacing("\n", with: " ") }
          .joined(separator: "\t") + "\n"
      case .json:
        var object = JSONObject()
        for (column, cell) in cells { object[column.name] = Self.json(cell) }
        text += (count == 0 ? "\n  " : ",\n  ") + JSONValue.object(object).text
      }
      count += 1
    }
    return text
  }

  /// A cell without grouping or words, for programs.
  private static func plain(_ cell: ListCell) -> String {
    switch cell {
    case .none: ""
    case .text(let text): text
    case .number(let value): String(value)
    case .money(let amount): amount.description
    case .date(let date): date.description
    case .instant(let instant): instant.secondsText
    case .flag(let flag): flag ? "true" : "false"
    }
  }

  private static func json(_ cell: ListCell) -> JSONValue {
    switch cell {
    case .none: .null
    case .number(let value): .number(String(value))
    case .money(let amount): .number(amount.description)
    case .flag(let flag): .bool(flag)
    case .text, .date, .instant: .string(plain(cell))
    }
  }

  private static func field(_ text: String) -> String {
    // A cell that a spreadsheet would take for a formula is kept from being one.
    let isFormula = text.first.map { "=+@\t".contains($0) } ?? false
    let safe = isFormula ? "'" + text : text
    guard safe.contains(where: { "\",\r\n".contains($0) || $0.isNewline }) else { return safe }
    return "\"" + safe.replacing("\"", with: "\"\"") + "\""
  }
}
