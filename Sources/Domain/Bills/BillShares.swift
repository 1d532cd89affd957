// How an amount is dealt out over the lines of a bill so that no cent is lost.

/// Splits of amounts over lines.
public enum BillShares {
  /// The parts of `amount` in proportion to `weights`, by largest remainder: whole cents, and their
  /// sum is the amount. Ties go to the larger weight, then to the first.
  ///
  /// Without any weight the first part takes all. - Precondition: no weight is negative.
  public static func split(_ amount: Money, over weights: [Money]) -> [Money] {
    guard !weights.isEmpty else { return [] }
    let sum = weights.reduce(Int128(0)) { $0 + Int128($1.minorUnits) }
    guard sum > 0 else {
      return weights.indices.map { $0 == 0 ? amount : .zero }
    }
    let magnitude = Int128(amount.magnitude.minorUnits)
    var parts: [Int64] = []
    var rests: [(rest: Int128, weight: Int64, index: Int)] = []
    for (index, weight) in weights.enumerated() {
      precondition(weight >= .zero, "a weight is negative")
      let product = magnitude * Int128(weight.minorUnits)
      parts.append(Int64(product / sum))
      rests.append((product % sum, weight.minorUnits, index))
    }
    let missing = Int(magnitude - parts.reduce(Int128(0)) { $0 + Int128($1) })
    rests.sort { left, right in
      (right.rest, right.weight, left.index) < (left.rest, left.weight, right.index)
    }
    for rest in rests.prefix(missing) { parts[rest.index] += 1 }
    return parts.map { Money(minorUnits: amount < .zero ? -$0 : $0) }
  }

  /// What each payment, in order, settles of each line: in proportion to what is still open of it, so
  /// that a bill paid in full has every line paid in full (invariant I30).
  public static func recognition(of payments: [Money], over lines: [Money]) -> [[Money]] {
    var open = lines
    return payments.map { payment in
      let parts = split(payment, over: open.map { max($0, .zero) })
      for (index, part) in parts.enumerated() { open[index] = open[index] - part }
      return parts
    }
  }
}
