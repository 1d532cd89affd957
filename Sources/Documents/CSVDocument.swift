import Domain
import Reports

/// A report as comma-separated values (RFC 4180): the column titles and then the rows, amounts with
/// a point and without grouping. Titles and notes are left out, so that programs can read it.
public enum CSVDocument {
  /// The text of the file; lines end with CR LF.
  ///
  /// Several reports stand below each other, each after an empty line and one that begins with
  /// `report` and gives its name and title.
  public static func text(_ reports: [Report]) -> String {
    guard reports.count > 1 else { return reports.map(text).joined() }
    return reports.map { line(["report", $0.name, harmless($0.title)]) + text($0) }
      .joined(separator: "\r\n")
  }

  private static func text(_ report: Report) -> String {
    var text = line(["Row"] + report.columns.map { harmless($0.title) })
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

  /// What makes a spreadsheet take a text for a formula (OWASP, CSV injection); the wide forms are
  /// taken so in East Asian settings.
  private static let formulaStarts: Set<Unicode.Scalar> = [
    "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠",
  ]

  /// Text that a spreadsheet would take for a formula begins with an apostrophe, which shows it as
  /// text.
  static func harmless(_ text: String) -> String {
    guard let first = text.unicodeScalars.first, formulaStarts.contains(first) else { return text }
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
