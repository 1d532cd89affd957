// Months, changes and small charts as people read them.
import Domain
import Reports

extension Words {
  /// `September 2026`.
  static func month(_ month: CalendarMonth) -> String { month.title }

  /// `September 2026`, `July to September 2026`, `December 2025 to January 2026`.
  static func span(_ list: [CalendarMonth]) -> String {
    guard let first = list.first, let last = list.last else { return "" }
    return Period(from: first.first, to: last.last).title
  }

  /// The same in a column's title: `Sep 2026`, `3 mo to Sep 2026`.
  static func shortSpan(_ list: [CalendarMonth]) -> String {
    guard let last = list.last else { return "" }
    let name = "\(CalendarDate.monthNames[last.first.month - 1].prefix(3)) \(last.first.year)"
    return list.count == 1 ? name : "\(list.count) mo to \(name)"
  }

  /// The same text with its amounts grouped by thousands: `1234.50` becomes `1,234.50`. An amount is told
  /// by its two decimals, so that numbers of records and years stay as they are.
  static func grouped(_ text: String) -> String {
    var result = ""
    var rest = Substring(text)
    while let start = rest.firstIndex(where: \.isASCIIDigit) {
      result += rest[..<start]
      rest = rest[start...]
      let whole = rest.prefix(while: \.isASCIIDigit)
      rest = rest.dropFirst(whole.count)
      let decimals = rest.first == "." ? rest.dropFirst().prefix(while: \.isASCIIDigit) : ""
      let isGrouped = whole.count > 3 && decimals.count == 2
      for (place, digit) in whole.enumerated() {
        if isGrouped, place > 0, (whole.count - place) % 3 == 0 { result.append(",") }
        result.append(digit)
      }
      if rest.first == "." {
        result += "." + decimals
        rest = rest.dropFirst(1 + decimals.count)
      }
    }
    return result + rest
  }

  /// How much a figure changed, in tenths of a per cent of what it was before; nil where it was
  /// nothing, changed its sign, or became more than a thousand times as much.
  static func changeTenths(from before: Money, to now: Money) -> Int? {
    guard before != .zero, now == .zero || (before < .zero) == (now < .zero) else { return nil }
    let base = Int128(before.minorUnits.magnitude)
    let change = Int128(now.minorUnits) - Int128(before.minorUnits)
    let tenths = (change.magnitude * 1000 + base.magnitude / 2) / base.magnitude
    guard tenths <= 999_999 else { return nil }
    return change < 0 ? -Int(tenths) : Int(tenths)
  }

  /// The same in words: `1.6`. Where it has no percentage: `▲` or `▼`; empty where there was nothing
  /// before.
  static func change(from before: Money, to now: Money) -> String {
    if before == .zero { return "" }
    guard let tenths = changeTenths(from: before, to: now) else { return now < before ? "▼" : "▲" }
    let magnitude = Int(tenths.magnitude)
    return "\(tenths < 0 ? "−" : "")\(number(magnitude / 10)).\(magnitude % 10)"
  }

  /// A chart of one column a month.
  static func trend(_ amounts: [Money]) -> String { TrendChart.text(amounts) }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
