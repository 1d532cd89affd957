import Domain

/// Who decides when a field was changed on two sides.
public enum RulePolicy: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// The later edit, where the times surely do not overlap; else a person.
  case newest
  /// A person.
  case manual
  /// What Buildium holds.
  case buildium
  /// What Airtable holds.
  case airtable

  /// The form shown in messages and read from the command line.
  public var description: String { rawValue }
}

/// A rule a person set, for one field or for all of a resource that need not be named.
public struct SyncRule: Sendable, Hashable {
  /// The resource.
  public var resource: Resource
  /// The field; nil for the resource as a whole.
  public var field: String?
  /// Who decides.
  public var policy: RulePolicy
  /// Whether it is followed.
  public var isActive: Bool
  /// Who set it.
  public var setBy: String
  /// When it was set.
  public var setAt: Instant

  /// A rule.
  public init(
    resource: Resource, field: String?, policy: RulePolicy, isActive: Bool = true, setBy: String,
    setAt: Instant
  ) {
    (self.resource, self.field, self.policy) = (resource, field, policy)
    (self.isActive, self.setBy, self.setAt) = (isActive, setBy, setAt)
  }
}

extension SyncState {
  /// Every rule that was set, those switched off too.
  public func rules() throws(StorageError) -> [SyncRule] {
    try connection.rows(
      """
      SELECT resource, field, policy, is_active, set_by, set_at FROM sync_rules
      ORDER BY resource, field
      """
    ) { row -> SyncRule? in
      guard let resource = Resource(rawValue: row.text(0)),
        let policy = RulePolicy(rawValue: row.text(2))
      else { return nil }
      return SyncRule(
        resource: resource, field: row.text(1).isEmpty ? nil : row.text(1), policy: policy,
        isActive: row.bool(3), setBy: row.text(4),
        setAt: row.instant(5) ?? Instant(milliseconds: 0))
    }.compactMap(\.self)
  }
}

extension SyncRecords {
  /// Sets a rule, or switches it on or off, and writes that into the journal.
  public func set(_ rule: SyncRule) throws(StorageError) {
    let known = try sync.rules().first {
      $0.resource == rule.resource && $0.field == rule.field
    }
    try transaction.connection.run(
      """
      INSERT INTO sync_rules (resource, field, policy, is_active, set_by, set_at)
      VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT (resource, field) DO UPDATE SET policy = excluded.policy,
        is_active = excluded.is_active, set_by = excluded.set_by, set_at = excluded.set_at
      """, .text(rule.resource.rawValue), .text(rule.field ?? ""), .text(rule.policy.rawValue),
      .bool(rule.isActive), .text(rule.setBy), .instant(rule.setAt))
    func words(_ rule: SyncRule) -> String {
      rule.policy.rawValue + (rule.isActive ? "" : " (off)")
    }
    try journal(
      JournalEntry(
        kind: .rule, service: .rentbook, resource: rule.resource, localID: "", key: nil,
        field: rule.field, old: known.map { .string(words($0)) }, new: .string(words(rule)),
        actor: rule.setBy))
  }
}
