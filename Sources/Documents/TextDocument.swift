import Domain
import Reports

/// A report as plain text in columns, for a terminal or a mail.
public enum TextDocument {
  /// Texts are cut to so many characters; amounts never are.
  private static let textMax = 60

  /// The text, ending with a newline.
  ///
  /// - Parameter columns: how many columns a text takes on the screen; characters are counted
  ///   where nothing better is known.
  public static func text(
    _ report: Report, columns: (String) -> Int = { $0.count }
  ) -> String {
    let cells = report.rows.map { row in
      row.cells.enumerated().map { index, cell in
        let indent = index == 0 ? String(repeating: "  ", count: row.depth) : ""
        let text = CellText.shown(cell)
        return indent + (row.isAlone ? text : cut(text))
      }
    }
    let titles = report.columns.map { cut($0.title) }
    let widths = titles.indices.map { index in
      // A heading or a sentence may be wider than its column: nothing stands beside it.
      let rows = zip(report.rows, cells).filter { !$0.0.isAlone }
      return ([titles[index]] + rows.map { $0.1[index] }).map(columns).max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      var text = ""
      for (index, cell) in cells.enumerated() {
        let gap = String(repeating: " ", count: max(0, widths[index] - columns(cell)))
        text += CellText.isRight(report.columns[index].kind) ? gap + cell : cell + gap
        text += "  "
      }
      while text.last == " " { text.removeLast() }
      return text + "\n"
    }
    let rule =
      String(
        repeating: "-", count: widths.reduce(0, +) + 2 * max(0, widths.count - 1)) + "\n"
    var text = "\(CellText.printable(report.letterhead))\n\(report.title)\n"
    text += report.scope.map { "\(CellText.printable($0))\n" }.joined()
    text += "\n" + line(titles) + rule
    for (row, cells) in zip(report.rows, cells) {
      switch row.kind {
      case .section: text += "\n" + cells[0] + "\n"
      case .line: text += line(cells)
      case .subtotal: text += line(cells)
      case .total: text += rule + line(cells)
      }
    }
    if !report.notes.isEmpty {
      text += "\n" + report.notes.map { "\(CellText.printable($0))\n" }.joined()
    }
    return text
  }

  private static func cut(_ text: String) -> String {
    text.count > textMax ? text.prefix(textMax - 1) + "…" : text
  }
}
