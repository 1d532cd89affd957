import Domain
import Storage

/// Which way each field flows and who decides a conflict: what holds by itself, and the rules people
/// set over it.
///
/// Money, dates of payment and deletions follow a rule only when it names them: a rule for a whole
/// resource leaves them to a person.
public struct PolicyTable: Sendable, Hashable {
  /// The name under which a rule speaks of deletions.
  public static let deletion = "deletion"
  /// How far the clocks of the services may differ.
  static let skewMilliseconds: Int64 = 5_000

  private let rules: [String: RulePolicy]

  /// The table with the rules that are switched on.
  public init(rules: [SyncRule] = []) {
    var known: [String: RulePolicy] = [:]
    for rule in rules where rule.isActive {
      known[Self.name(rule.resource, rule.field)] = rule.policy
    }
    self.rules = known
  }

  private static func name(_ resource: Resource, _ field: String?) -> String {
    "\(resource).\(field ?? "")"
  }

  /// Whether records of a resource are Buildium's or follow from what is: money that was moved,
  /// contracts, results of a month.
  public static func isBuildiums(_ resource: Resource) -> Bool {
    switch resource {
    case .transactions, .bills, .leases, .glAccounts, .rentPayments, .noi, .ownerDraws: true
    default: false
    }
  }

  /// Whether only a rule that names the field may settle it.
  public static func mustBeNamed(_ resource: Resource, _ field: String) -> Bool {
    if field == deletion { return true }
    if MirrorSchema.field(field, of: resource)?.kind == .money { return true }
    switch resource {
    case .transactions, .bills, .rentPayments: return field == "date" || field == "due_date"
    default: return false
    }
  }

  /// The rule a person set that speaks for a field, or nil.
  public func rule(_ resource: Resource, _ field: String) -> RulePolicy? {
    if let named = rules[Self.name(resource, field)] { return named }
    return Self.mustBeNamed(resource, field) ? nil : rules[Self.name(resource, nil)]
  }

  /// Who decides a conflict over a field: a rule, or what holds by itself.
  public func policy(_ resource: Resource, _ field: String) -> RulePolicy {
    if let rule = rule(resource, field) { return rule }
    if field == Self.deletion { return .manual }
    if Self.isBuildiums(resource) { return .buildium }
    return Self.mustBeNamed(resource, field) ? .manual : .newest
  }

  /// Bookkeepers' own words about a record, which may be set on either side.
  private static func isAnnotation(_ resource: Resource, _ field: String) -> Bool {
    switch (resource, field) {
    case (.bills, "memo"), (.bills, "reference"): true
    default: false
    }
  }

  /// The rules of the merge for a resource.
  ///
  /// - Parameter changeable: the fields that can be changed at Buildium; others flow from there only.
  public func mergePolicy(of resource: Resource, changeable: Set<String>) -> MergePolicy {
    var policy = MergePolicy(
      standard: MergePolicy.Field(conflict: .leftWins, direction: .leftToRight),
      skew: Self.skewMilliseconds)
    for field in MirrorSchema.fields(of: resource) {
      let name = field.name
      guard changeable.contains(name) else { continue }
      let isOwned = Self.isBuildiums(resource) && !Self.isAnnotation(resource, name)
      // A rule that names Airtable, or leaves it to time or a person, opens a field of Buildium's.
      let isOpened = [.airtable, .newest, .manual].contains(rule(resource, name))
      guard !isOwned || isOpened else { continue }
      policy.fields[name] = MergePolicy.Field(
        conflict: Self.conflict(
          isOwned || !Self.isBuildiums(resource)
            ? self.policy(resource, name) : rule(resource, name) ?? .manual))
    }
    switch rule(resource, Self.deletion) {
    // What is gone at Buildium goes; a row deleted in Airtable is made again.
    case nil, .newest?: break
    case .manual?: policy.onDelete = Sides(both: .manual)
    case .buildium?:
      policy.onDelete = Sides(left: .propagate, right: .restore)
      policy.deletedAndEdited = .deleteWins
    case .airtable?:
      policy.onDelete = Sides(left: .restore, right: .propagate)
      policy.deletedAndEdited = .editWins
    }
    return policy
  }

  private static func conflict(_ policy: RulePolicy) -> MergePolicy.Conflict {
    switch policy {
    case .newest: .newest
    case .manual: .manual
    case .buildium: .leftWins
    case .airtable: .rightWins
    }
  }
}
