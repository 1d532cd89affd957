import Domain
import Reports

/// Cells as text.
enum CellText {
  /// For people: `1,234.50`, `−20.00`, `66.67 %`.
  static func shown(_ cell: Report.Cell) -> String {
    switch cell {
    case .none: ""
    case .text(let text): printable(text)
    case .money(let amount): grouped(amount)
    case .percent(let percent): "\(percent) %".replacing("-", with: "−")
    case .date(let date): date.description
    case .count(let count): "\(count)"
    }
  }

  /// For programs: `-20.00`, and texts as they are.
  static func plain(_ cell: Report.Cell) -> String {
    switch cell {
    case .text(let text): text
    case .money(let amount): amount.description
    case .percent(let percent): percent.description
    default: shown(cell)
    }
  }

  /// Whether a column's cells stand at the right.
  static func isRight(_ kind: Report.Kind) -> Bool {
    switch kind {
    case .money, .percent, .count: true
    case .text, .date: false
    }
  }

  /// Text on one line, without the control characters a name may bring along: they could drive a
  /// terminal, turn the order of the letters round, or end a text where C looks for its end.
  static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { isBlank($0) || isHarmful($0) }) else { return text }
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { isBlank($0) ? " " : isHarmful($0) ? "\u{FFFD}" : $0 }))
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF: true
    default: false
    }
  }

  private static func grouped(_ amount: Money) -> String {
    let plain = amount.magnitude.description
    var digits = plain.dropLast(3)
    var text = String(plain.suffix(3))
    while digits.count > 3 {
      text = "," + digits.suffix(3) + text
      digits = digits.dropLast(3)
    }
    return (amount < .zero ? "−" : "") + digits + text
  }
}
