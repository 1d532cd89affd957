import Background
import Domain
import Glibc

/// Where a command's words go: results to standard output, everything else to standard error.
enum Output {
  /// Writes a line to standard output. A closed pipe ends the program quietly, as is usual.
  static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

  /// Writes a line to standard error.
  static func note(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

  /// The one JSON document of a command: `{"schema": 1, "command": …}` with the members given.
  static func document(_ command: String, _ members: JSONObject) {
    var document = JSONObject(["schema": 1, "command": .string(command)])
    for (key, value) in members.members { document[key] = value }
    line(JSONValue.object(document).text)
  }

  /// Says why a command failed, in the form asked for.
  static func failure(_ failure: Failure, json: Bool) {
    if json {
      let error = JSONObject([
        "code": .string(failure.code), "message": .string(failure.message),
        "hint": .string(failure.hint),
      ])
      line(JSONValue.object(JSONObject(["schema": 1, "error": .object(error)])).text)
    } else {
      note("rentbook: \(TerminalText.harmless(failure.message))")
      if !failure.hint.isEmpty { note("  \(TerminalText.harmless(failure.hint))") }
    }
  }

  /// A table of columns, the first to the left and numbers to the right.
  static func table(_ header: [String], _ rows: [[String]], rightAligned: Set<Int> = []) {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    for row in all {
      let cells = row.enumerated().map { column, text in
        let text = TerminalText.harmless(text)
        let gap = String(repeating: " ", count: max(0, widths[column] - text.count))
        return rightAligned.contains(column) ? gap + text : text + gap
      }
      var text = cells.joined(separator: "  ")
      while text.last == " " { text.removeLast() }
      line(text)
    }
  }

  static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        return
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Whether standard error is a terminal, so that progress may be drawn there.
  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Text of remote origin, made safe to print.
enum TerminalText {
  /// Control characters (which could drive the terminal) become visible symbols.
  static func harmless(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
      || (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
  }
}

/// One line of progress on standard error, redrawn in place; nothing when that is no terminal.
final class ProgressLine: Sendable {
  private let isShown: Bool
  private let width = Lock(0)

  init(quiet: Bool) { isShown = !quiet && Output.errorIsTerminal }

  func show(_ text: String) {
    guard isShown else { return }
    let text = TerminalText.harmless(text)
    width.withLock { width in
      let gap = String(repeating: " ", count: max(0, width - text.count))
      Output.write("\r" + text + gap, to: STDERR_FILENO)
      width = text.count
    }
  }

  func finish() {
    guard isShown else { return }
    width.withLock { width in
      guard width > 0 else { return }
      Output.write("\r" + String(repeating: " ", count: width) + "\r", to: STDERR_FILENO)
      width = 0
    }
  }
}
