import Domain
import Reports

/// A report as comma-separated values (RFC 4180): the column titles and then the rows, amounts with
/// a point and without grouping. Titles and notes are left out, so that programs can read it.
public enum CSVDocument {
  /// The text of the file; lines end with CR LF.
  public static func text(_ report: Report) -> String {
    var text = line(["Row"] + report.columns.map(\.title))
    for row in report.rows {
      text += line(
        [row.kind.rawValue]
          + row.cells.map { cell in
            if case .text(let text) = cell { return harmless(text) }
            return CellText.plain(cell)
          })
    }
    return text
  }

  /// Text that a spreadsheet would take for a formula begins with an apostrophe, which shows it as
  /// text (OWASP, CSV injection).
  static func harmless(_ text: String) -> String {
    guard let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first) else {
      return text
    }
    return "'" + text
  }

  private static func line(_ fields: [String]) -> String {
    fields.map { field in
      guard field.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else {
        return field
      }
      return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }.joined(separator: ",") + "\r\n"
  }
}
