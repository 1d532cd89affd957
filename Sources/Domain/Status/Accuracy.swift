/// A part of a whole in hundredths of a percent, cut off and never rounded up: 100.00 is said of
/// nothing that is not whole.
public struct Accuracy: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// What is aimed at: 99.9 %.
  public static let goal = Accuracy(hundredths: 99_90)
  /// Below this a person is told: 99.5 %.
  public static let alarm = Accuracy(hundredths: 99_50)

  /// Hundredths of a percent, 0 to 10,000.
  public let hundredths: Int

  /// A part that was worked out before.
  public init(hundredths: Int) { self.hundredths = max(0, min(hundredths, 100_00)) }

  /// The part; nothing of nothing is all of it.
  public init(matching: Int, of all: Int) {
    hundredths = all == 0 ? 100_00 : matching * 100_00 / all
  }

  /// `99.98`.
  public var description: String {
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// Orders by size.
  public static func < (left: Accuracy, right: Accuracy) -> Bool {
    left.hundredths < right.hundredths
  }
}
