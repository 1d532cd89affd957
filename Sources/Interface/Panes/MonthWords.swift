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

  /// A chart of one column a month: from zero, or the lowest where that is below, to the highest. Of
  /// costs, which are below zero throughout, the larger is the higher.
  static func trend(_ amounts: [Money]) -> String {
    let isCost = amounts.allSatisfy { $0 <= .zero }
    let values = amounts.map { Int128(isCost ? -$0.minorUnits : $0.minorUnits) }
    let low = min(0, values.min() ?? 0)
    let high = max(0, values.max() ?? 0)
    guard high > low else { return String(repeating: "▁", count: amounts.count) }
    let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    return String(values.map { blocks[Int(($0 - low) * 7 / (high - low))] })
  }
}
