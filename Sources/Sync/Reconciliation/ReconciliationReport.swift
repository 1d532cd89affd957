import Domain
import Storage

/// What a comparison of the two sides found. It holds no moment of its own, so that the same two
/// sides give the same report.
public struct ReconciliationReport: Sendable, Hashable {
  /// How one record stands on the two sides.
  public enum Standing: String, Sendable, Hashable {
    case equal
    /// Every difference is on its way.
    case inFlight = "in_flight"
    case onlyLeft = "only_left"
    case onlyRight = "only_right"
    case differs
  }

  /// Why a difference is there.
  public enum Reason: String, Sendable, Hashable, CaseIterable {
    /// The next synchronization sends it.
    case pending
    /// Both sides changed it and a person decides.
    case conflict
    /// It was refused, put aside or waits for a record that was.
    case refused
    /// Nothing known explains it.
    case unknown
  }

  /// One difference: a field of a record, or a whole record on one side only.
  public struct Difference: Sendable, Hashable {
    /// The record.
    public var key: RemoteKey
    /// The field; nil when the whole record is on one side only.
    public var field: String?
    /// What the source has.
    public var left: FieldValue
    /// What the sink has.
    public var right: FieldValue
    /// How the record stands.
    public var standing: Standing
    /// Why.
    public var reason: Reason
  }

  /// One resource's counts.
  public struct Row: Sendable, Hashable {
    /// What was compared.
    public var resource: Resource
    /// Records compared, without those whose change is on its way.
    public var compared = 0
    /// Of those: equal in every field.
    public var matching = 0
    /// Records whose only differences are on their way.
    public var inFlight = 0

    init(_ resource: Resource) { self.resource = resource }

    /// The part that matches.
    public var accuracy: Accuracy { Accuracy(matching: matching, of: compared) }
  }

  /// One row per resource, parents first.
  public var rows: [Row]
  /// Every difference, by resource, record and field.
  public var differences: [Difference]
  /// The sums of money that differ, each the sum of what its records differ by (invariant S16).
  public var money: [MoneyDifference]
  /// What a person should know besides: records that could not be taken in.
  public var messages: [String]
  /// The fingerprint of rows and differences.
  public var hash: String

  /// All resources together.
  public var accuracy: Accuracy {
    Accuracy(
      matching: rows.reduce(0) { $0 + $1.matching }, of: rows.reduce(0) { $0 + $1.compared })
  }
}

/// A part of a whole in hundredths of a percent, cut off and never rounded up: 100.00 is said of
/// nothing that is not whole.
public struct Accuracy: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// What is aimed at: 99.9 %.
  public static let goal = Accuracy(hundredths: 99_90)
  /// Below this a person is told: 99.5 %.
  public static let alarm = Accuracy(hundredths: 99_50)

  /// Hundredths of a percent, 0 to 10,000.
  public let hundredths: Int

  init(hundredths: Int) { self.hundredths = hundredths }

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
