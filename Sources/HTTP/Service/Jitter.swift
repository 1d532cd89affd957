/// Random numbers for waiting, passed in so that a run can be repeated.
public struct Jitter: Sendable {
  private let source: @Sendable (ClosedRange<UInt64>) -> UInt64

  /// The machine's randomness.
  public init() { source = { .random(in: $0) } }

  /// - Parameter source: gives a number of the range.
  public init(source: @escaping @Sendable (ClosedRange<UInt64>) -> UInt64) { self.source = source }

  func pick(_ range: ClosedRange<UInt64>) -> UInt64 { source(range) }
}
