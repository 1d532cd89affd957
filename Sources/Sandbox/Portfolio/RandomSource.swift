/// A repeatable stream of random numbers: xoshiro256**, its state filled by splitmix64.
///
/// Ours, because the system's generator cannot be seeded and a portfolio must come out the same for
/// the same seed on every machine and in every release.
struct RandomSource: Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  init(seed: UInt64) {
    var mixer = seed
    func mix() -> UInt64 {
      mixer &+= 0x9E37_79B9_7F4A_7C15
      var value = mixer
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }
    state = (mix(), mix(), mix(), mix())
  }

  mutating func next() -> UInt64 {
    let scrambled = state.1 &* 5
    let result = ((scrambled << 7) | (scrambled >> 57)) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = (state.3 << 45) | (state.3 >> 19)
    return result
  }

  /// A number from 0 up to, not including, `limit`. - Precondition: `limit` is positive.
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
