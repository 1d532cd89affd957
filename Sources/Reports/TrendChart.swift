// Small charts of amounts, drawn with letters.
import Domain

/// Charts of one column for each amount.
public enum TrendChart {
  private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// A chart from zero, or the lowest where that is below, to the highest. Of costs, which are below zero
  /// throughout, the larger is the higher.
  public static func text(_ amounts: [Money]) -> String {
    let isCost = amounts.allSatisfy { $0 <= .zero }
    let values = amounts.map { Int128(isCost ? -$0.minorUnits : $0.minorUnits) }
    let low = min(0, values.min() ?? 0)
    let high = max(0, values.max() ?? 0)
    guard high > low else { return String(repeating: blocks[0], count: amounts.count) }
    return String(values.map { blocks[Int(($0 - low) * 7 / (high - low))] })
  }
}
