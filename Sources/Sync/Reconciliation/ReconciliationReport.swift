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
    /// The record in the store; nil when it is not known here.
    public var localID: LocalID?
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
    /// Why, in a sentence: what a service said, what waits for whom.
    public var note = ""
  }

  /// One resource's counts.
  public struct Row: Sendable, Hashable {
    /// What was compared.
    public var resource: Resource
    /// Records of the source.
    public var left = 0
    /// Rows of the sink that carry a key.
    public var right = 0
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
