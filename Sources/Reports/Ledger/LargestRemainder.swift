// Dividing an amount so that its parts add up to it.
import Domain

/// Division by largest remainder, in whole cents.
public enum LargestRemainder {
  /// One part of a division.
  public struct Weight: Sendable, Hashable {
    /// Who the part is for; breaks the last tie, the lower number first.
    public let id: Int
    /// The size of the part compared with the others; not negative.
    public let weight: Int64

    /// A part.
    public init(id: Int, weight: Int64) { (self.id, self.weight) = (id, weight) }
  }

  /// The parts of `total`, in the order of the weights; they add up to it exactly.
  ///
  /// Each gets its share rounded down, and the cents that are left go to the largest fractions, then
  /// the larger weights, then the lower ids. A negative total is divided by its magnitude. Without
  /// any weight the parts are nil.
  ///
  /// Rule: accounting facts, section 1.5.
  public static func parts(of total: Money, by weights: [Weight]) -> [Money]? {
    let sum = weights.reduce(Int128(0)) { $0 + Int128($1.weight) }
    guard sum > 0 else { return nil }
    let magnitude = Int128(total.minorUnits.magnitude)
    var parts: [Int128] = []
    var fractions: [Int128] = []
    for weight in weights {
      let (quotient, remainder) = (magnitude * Int128(weight.weight)).quotientAndRemainder(
        dividingBy: sum)
      parts.append(quotient)
      fractions.append(remainder)
    }
    let missing = Int(magnitude - parts.reduce(0, +))
    let order = weights.indices.sorted {
      if fractions[$0] != fractions[$1] { return fractions[$0] > fractions[$1] }
      if weights[$0].weight != weights[$1].weight { return weights[$0].weight > weights[$1].weight }
      return weights[$0].id < weights[$1].id
    }
    for index in order.prefix(missing) { parts[index] += 1 }
    return parts.map {
      // A part is no larger than the total, which came from 64 bits.
      let units = Int64($0)
      return Money(minorUnits: total.minorUnits < 0 ? -units : units)
    }
  }
}

/// A percentage, exact to 8 places behind the point.
public struct Percent: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// How many parts one per cent has here.
  public static let unitsPerPercent: Int64 = 100_000_000

  /// The percentage in 100-millionths of one per cent.
  public let units: Int64

  /// 100 %.
  public static let whole = Percent(units: 100 * unitsPerPercent)

  /// So many 100-millionths of one per cent.
  public init(units: Int64) { self.units = units }

  /// Reads `33.33`; nil when it is no number, negative, above 1000 or has more than 8 places.
  public init?(_ text: String) {
    guard let decimal = DecimalText(text) else { return nil }
    self.init(decimal)
  }

  /// The percentage a number says; nil when it is negative, above 1000 or has more than 8 places.
  public init?(_ decimal: DecimalText) {
    guard let units = decimal.scaled(to: 8), (0...1000 * Self.unitsPerPercent).contains(units)
    else { return nil }
    self.units = units
  }

  /// The part of an amount, rounded down to a whole cent; of a negative amount, nothing.
  public func floor(of amount: Money) -> Money {
    guard amount > .zero else { return .zero }
    let product = Int128(amount.minorUnits) * Int128(units)
    return Money(minorUnits: Int64(product / Int128(Self.whole.units)))
  }

  /// The part of an amount, rounded to the nearest cent, halves away from zero.
  public func rounded(of amount: Money) -> Money {
    let whole = Int128(Self.whole.units)
    let product = Int128(amount.minorUnits.magnitude) * Int128(units)
    let cents = Int64((product + whole / 2) / whole)
    return Money(minorUnits: amount < .zero ? -cents : cents)
  }

  /// The shortest spelling: `7.5`.
  public var description: String { DecimalText(unscaled: units, scale: 8)?.description ?? "0" }

  /// The natural order.
  public static func < (left: Percent, right: Percent) -> Bool { left.units < right.units }
}
