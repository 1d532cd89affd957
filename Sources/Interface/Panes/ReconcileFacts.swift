// What the Reconcile pane knows and asks for: how much is the same on both sides, and what differs.
import Domain

/// What the last comparisons of the two sides found, without the differences themselves.
public struct ReconciliationSheet: Sendable, Hashable {
  /// One resource.
  public struct Row: Sendable, Hashable {
    /// What was compared.
    public var resource: Resource
    /// Records at Buildium.
    public var buildium: Int
    /// Rows at Airtable.
    public var airtable: Int
    /// Records compared, without those whose change is on its way.
    public var compared: Int
    /// Of those: equal in every field.
    public var equal: Int
    /// Records whose only differences are on their way.
    public var inFlight: Int
    /// Differences nothing known explains.
    public var unexplained: Int
    /// When it was compared.
    public var at: Instant

    /// A resource's counts.
    public init(
      _ resource: Resource, buildium: Int, airtable: Int, compared: Int, equal: Int, inFlight: Int,
      unexplained: Int, at: Instant
    ) {
      (self.resource, self.buildium, self.airtable) = (resource, buildium, airtable)
      (self.compared, self.equal, self.inFlight) = (compared, equal, inFlight)
      (self.unexplained, self.at) = (unexplained, at)
    }

    /// Records that are not equal.
    var differing: Int { compared - equal }
    var accuracy: Accuracy { Accuracy(matching: equal, of: compared) }
  }

  /// A day, or a week by its Monday.
  public struct Point: Sendable, Hashable {
    /// The day.
    public var day: CalendarDate
    /// How much was the same.
    public var accuracy: Accuracy

    /// A point of a trend.
    public init(_ day: CalendarDate, _ accuracy: Accuracy) {
      (self.day, self.accuracy) = (day, accuracy)
    }
  }

  /// The last result of each resource, parents first; empty before the first comparison.
  public var rows: [Row]
  /// Each day with a comparison, the oldest first.
  public var days: [Point]
  /// The lowest of each week, the oldest first.
  public var weeks: [Point]

  /// A sheet; by default of a store that was never compared.
  public init(rows: [Row] = [], days: [Point] = [], weeks: [Point] = []) {
    (self.rows, self.days, self.weeks) = (rows, days, weeks)
  }

  /// All resources together; nil before the first comparison.
  var accuracy: Accuracy? {
    rows.isEmpty
      ? nil
      : Accuracy(
        matching: rows.reduce(0) { $0 + $1.equal }, of: rows.reduce(0) { $0 + $1.compared })
  }
}

/// Where a difference is settled.
public struct ReconciliationPlace: Sendable, Hashable {
  /// The record.
  public var key: RemoteKey
  /// The record in the store; nil when it is not known here.
  public var localID: String?
  /// The field; nil for the whole record.
  public var field: String?
  /// Why it differs: pending, conflict, refused or unknown.
  public var reason: String

  /// A place.
  public init(key: RemoteKey, localID: String?, field: String?, reason: String) {
    (self.key, self.localID, self.field, self.reason) = (key, localID, field, reason)
  }
}

/// What the Reconcile pane wants done.
public enum ReconcileErrand: Sendable, Hashable {
  /// Read what the last comparisons found; answer with ``ReconcileNews/sheet(_:)``.
  case load
  /// Find where a difference is settled, by the id of its row; answer with
  /// ``ReconcileNews/place(_:)``.
  case locate(String)
  /// Compare both sides now; told of by ``Message/comparing(_:)``.
  case run
  /// Stop comparing; nothing is kept of it.
  case stop
}

/// The answers to ``ReconcileErrand``.
public enum ReconcileNews: Sendable, Hashable {
  /// What the last comparisons found.
  case sheet(ReconciliationSheet)
  /// Where a difference is settled; nil when it is there no more.
  case place(ReconciliationPlace?)
}

/// A comparison under way.
public struct Comparing: Sendable, Hashable {
  /// What is read, in words; empty at the beginning.
  public var what: String
  /// Whether it was asked to stop.
  public var isStopping: Bool

  /// A comparison under way.
  public init(_ what: String = "", isStopping: Bool = false) {
    (self.what, self.isStopping) = (what, isStopping)
  }
}
