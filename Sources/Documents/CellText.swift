import Domain
import Reports

/// Cells as text.
enum CellText {
  /// For people: `1,234.50`, `−20.00`, `66.67 %`.
  static func shown(_ cell: Report.Cell) -> String {
    switch cell {
    case .none: ""
    case .text(let text): text
    case .money(let amount): grouped(amount)
    case .percent(let percent): "\(percent) %"
    case .date(let date): date.description
    case .count(let count): "\(count)"
    }
  }

  /// For programs: `-20.00`.
  static func plain(_ cell: Report.Cell) -> String {
    switch cell {
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
