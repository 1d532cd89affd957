/// So many changes or deletions at once that they look like an accident: they wait until a person
/// has seen the list and says that they are meant.
public struct HeldChange: Sendable, Hashable {
  /// What waits.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Records are missing at the service that holds them, and would be deleted here and there.
    case missing
    /// A service shows not one record of a kind it had: that is no deletion anybody may permit.
    case empty
    /// Rows are missing at the mirror, as reading it whole showed.
    case lost
    /// Rows were deleted at the mirror.
    case deleted
    /// Rows were edited at the mirror, and would be written to the service that holds the records.
    case edited
    /// Rows of the mirror would be overwritten.
    case overwritten
  }

  /// A person's word that a number of changes is meant, and no more of them than that.
  public struct Permit: Sendable, Hashable {
    /// What is let go.
    public var kind: Kind
    /// How many were shown.
    public var count: Int

    /// A permit for what was shown.
    public init(_ kind: Kind, count: Int) { (self.kind, self.count) = (kind, count) }
  }

  /// So many names are kept of what waits.
  public static let namesMax = 2_000

  /// What waits.
  public var kind: Kind
  /// The service where it happened, or would happen.
  public var service: Service
  /// The kind of record.
  public var resource: Resource
  /// What happened and what to do, in words.
  public var text: String
  /// The keys of the records, the first ``namesMax`` of them.
  public var names: [String]
  /// How many there are.
  public var count: Int

  /// Something that waits.
  public init(
    _ kind: Kind, _ service: Service, _ resource: Resource, text: String, names: [String],
    count: Int
  ) {
    (self.kind, self.service, self.resource, self.text) = (kind, service, resource, text)
    (self.names, self.count) = (Array(names.prefix(Self.namesMax)), count)
  }

  /// Whether a person may let it go.
  public var isPermittable: Bool { kind != .empty }

  /// Whether it shows only when everything is read again.
  public var needsFullRead: Bool { kind == .missing || kind == .lost }

  /// What would happen, in a few words: `130 rows of Owners would be overwritten at Airtable`.
  public var title: String {
    let rows = "\(count) \(count == 1 ? "row" : "rows") of \(resource.title)"
    return switch kind {
    case .missing:
      "\(count) \(resource.title.lowercased()) missing at \(service.title) would be deleted"
    case .empty: "\(service.title) shows no \(resource.title.lowercased()) at all"
    case .lost: "\(rows) missing at \(service.title) count as deleted there"
    case .deleted: "\(rows) were deleted at \(service.title)"
    case .edited: "\(rows) edited in the mirror would be written to \(service.title)"
    case .overwritten: "\(rows) would be overwritten at \(service.title)"
    }
  }
}
