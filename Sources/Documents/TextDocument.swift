import Domain
import Reports

/// A report as plain text in columns, for a terminal or a mail.
public enum TextDocument {
  /// Texts are cut to so many characters; amounts never are.
  private static let textMax = 44

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
        return indent + cut(harmless(CellText.shown(cell)))
      }
    }
    let titles = report.columns.map { cut($0.title) }
    let widths = titles.indices.map { index in
      // A heading may be wider than its column: nothing stands beside it.
      let rows = zip(report.rows, cells).filter { $0.0.kind != .section }
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
    let rule = String(
      repeating: "-", count: widths.reduce(0, +) + 2 * max(0, widths.count - 1)) + "\n"
    var text = "\(report.title)\n" + report.scope.map { "\(harmless($0))\n" }.joined()
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
      text += "\n" + report.notes.map { "\(harmless($0))\n" }.joined()
    }
    return text
  }

  private static func cut(_ text: String) -> String {
    text.count > textMax ? text.prefix(textMax - 1) + "…" : text
  }

  /// Without the control characters a name may bring along: they could drive the terminal.
  private static func harmless(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          switch scalar.value {
          case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: "\u{FFFD}"
          default: scalar
          }
        }))
  }
}
