import FoundationEssentials
import Glibc
import Terminal
import Testing

/// Screens as they were once found good, in files under `Tests/Screens`.
///
/// A picture that differs fails the test; `RENTBOOK_SCREENS=write` takes the new pictures for good,
/// to be looked at before they are committed.
enum Golden {
  private static let folder =
    "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Screens"

  /// Compares a picture with the file of that name: as text, and with its styles when asked.
  static func check(
    _ frame: Frame, _ name: String, styled: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let text = (styled ? frame.styledText : frame.text) + "\n"
    let path = "\(folder)/\(name).txt"
    if getenv("RENTBOOK_SCREENS").map({ String(cString: $0) }) == "write" {
      try? Data(text.utf8).write(to: URL(fileURLWithPath: path))
      return
    }
    let known = (try? Data(contentsOf: URL(fileURLWithPath: path))).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard let known else {
      Issue.record("there is no picture \(path)", sourceLocation: sourceLocation)
      return
    }
    #expect(known == text, "\(name) looks different", sourceLocation: sourceLocation)
  }
}

extension Frame {
  /// The picture with the style of every stretch that is not plain, below each row.
  var styledText: String {
    var lines: [String] = []
    for row in 0..<size.rows {
      lines.append(lineText(row))
      var runs: [String] = []
      var column = 0
      while column < size.columns {
        let first = self[row, column]
        var end = column + 1
        while end < size.columns, self[row, end].style == first.style,
          self[row, end].isSelected == first.isSelected
        {
          end += 1
        }
        // Blank cells look alike in every style that has no background of its own.
        let isBlank = (column..<end).allSatisfy { self[row, $0].text == " " }
        if first.isSelected || (first.style != .text && !isBlank) {
          runs.append(
            "\(column)-\(end - 1) \(first.style.rawValue)\(first.isSelected ? "+selected" : "")")
        }
        column = end
      }
      if !runs.isEmpty { lines.append("    ~ " + runs.joined(separator: ", ")) }
    }
    return lines.joined(separator: "\n")
  }
}
