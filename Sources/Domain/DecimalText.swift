/// An exact decimal number as a service spells it: digits, and how many of them are fractions.
///
/// The way amounts, quantities and percentages enter the program: no binary fraction is involved.
public struct DecimalText: Sendable, Hashable, CustomStringConvertible {
  /// The digits as one whole number, with the sign.
  public let unscaled: Int64
  /// How many of the digits stand behind the point; never negative, no trailing zeros.
  public let scale: Int

  /// Reads `-1250.50` or `1.2e3`; nil for anything that is not wholly a number or has more digits
  /// than fit 64 bits.
  public init?(_ text: String) {
    var digits: Int64 = 0
    var fraction = 0
    var seenPoint = false
    var seenDigit = false
    var exponent = 0
    var rest = Substring(text)
    let negative = rest.first == "-"
    if negative { rest.removeFirst() }
    while let character = rest.utf8.first {
      if character >= 0x30, character <= 0x39 {
        let (shifted, overflow) = digits.multipliedReportingOverflow(by: 10)
        let (sum, carry) = shifted.addingReportingOverflow(Int64(character - 0x30))
        guard !overflow, !carry else { return nil }
        digits = sum
        seenDigit = true
        if seenPoint { fraction += 1 }
      } else if character == UInt8(ascii: "."), !seenPoint, seenDigit {
        seenPoint = true
      } else if character == UInt8(ascii: "e") || character == UInt8(ascii: "E"), seenDigit {
        guard let value = Int(rest.dropFirst()), abs(value) < 40 else { return nil }
        exponent = value
        rest = ""
        break
      } else {
        return nil
      }
      rest = rest.dropFirst()
    }
    guard seenDigit, !(seenPoint && fraction == 0) else { return nil }
    self.init(unscaled: negative ? -digits : digits, scale: fraction - exponent)
  }

  /// The number `unscaled / 10^scale`; nil when it does not fit.
  public init?(unscaled: Int64, scale: Int) {
    var unscaled = unscaled
    var scale = scale
    while scale < 0 {
      let (value, overflow) = unscaled.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      unscaled = value
      scale += 1
    }
    while scale > 0, unscaled % 10 == 0 {
      unscaled /= 10
      scale -= 1
    }
    self.unscaled = unscaled
    self.scale = scale
  }

  /// The number as a count of `10^-places`; nil when a remainder would be lost or it does not fit.
  public func scaled(to places: Int) -> Int64? {
    guard scale <= places else { return nil }
    var value = unscaled
    for _ in scale..<places {
      let (next, overflow) = value.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      value = next
    }
    return value
  }

  /// The shortest spelling without an exponent: `1250.5`.
  public var description: String {
    guard scale > 0 else { return String(unscaled) }
    var digits = String(unscaled.magnitude)
    if digits.count <= scale {
      digits = String(repeating: "0", count: scale - digits.count + 1) + digits
    }
    let point = digits.index(digits.endIndex, offsetBy: -scale)
    return (unscaled < 0 ? "-" : "") + digits[..<point] + "." + digits[point...]
  }
}
