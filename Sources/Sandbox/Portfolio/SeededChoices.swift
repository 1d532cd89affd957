// The choices a portfolio is made of. The system's own `random(in:)` may draw differently in another
// release of Swift; these may not, for a seed must go on meaning the same portfolio.
extension SeededRandom {
  /// A number from 0 up to, not with, `limit`. - Precondition: `limit` is positive.
  mutating func below(_ limit: Int) -> Int {
    // The bias of a remainder is at most limit / 2^64: far below what a portfolio could show.
    Int(next() % UInt64(limit))
  }

  mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.count)
  }

  /// True so many times in a hundred.
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  /// One of them. - Precondition: there is one.
  mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
}
