/// An amount of money in whole minor units (cents).
///
/// An organisation keeps its books in one currency, so an amount does not carry it; the currency is
/// a setting of the store. No initialiser takes a floating-point number (invariant I2).
public struct Money: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The amount in minor units; negative for what is owed or paid out.
  public var minorUnits: Int64

  /// How many digits of an amount stand behind the point.
  public static let fractionDigits = 2

  /// Nothing.
  public static let zero = Money(minorUnits: 0)

  /// An amount of so many minor units.
  public init(minorUnits: Int64) { self.minorUnits = minorUnits }

  /// Reads `-1250.5`, exactly; nil when the text is no number or has a fraction of a cent.
  public init?(_ text: String) {
    guard let decimal = DecimalText(text), let units = decimal.scaled(to: Self.fractionDigits)
    else { return nil }
    minorUnits = units
  }

  /// The amount with two decimals and no grouping: `-1250.50`. The form of JSON and CSV output.
  public var description: String {
    let whole = minorUnits.magnitude / 100
    let cents = minorUnits.magnitude % 100
    return "\(minorUnits < 0 ? "-" : "")\(whole).\(cents < 10 ? "0" : "")\(cents)"
  }

  /// The natural order.
  public static func < (left: Money, right: Money) -> Bool { left.minorUnits < right.minorUnits }

  /// The sum. - Precondition: it fits 64 bits, which holds for any sum of real amounts.
  public static func + (left: Money, right: Money) -> Money {
    Money(minorUnits: left.minorUnits + right.minorUnits)
  }

  /// The difference. - Precondition: it fits 64 bits.
  public static func - (left: Money, right: Money) -> Money {
    Money(minorUnits: left.minorUnits - right.minorUnits)
  }

  /// The amount with its sign turned.
  public static prefix func - (amount: Money) -> Money { Money(minorUnits: -amount.minorUnits) }

  /// Adds in place.
  public static func += (left: inout Money, right: Money) { left = left + right }

  /// The amount without its sign.
  public var magnitude: Money { minorUnits < 0 ? -self : self }
}
