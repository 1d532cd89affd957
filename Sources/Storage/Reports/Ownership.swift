// Who owns which part of a property: entered here, dated, written down.
import Domain
import Reports

/// The share of one owner, as a person enters it.
public struct ShareEntry: Sendable, Hashable {
  /// The owner's id in the store.
  public var owner: LocalID
  /// The part of the income.
  public var ownership: Percent
  /// The part of what is paid out.
  public var disbursement: Percent

  /// A share.
  public init(owner: LocalID, ownership: Percent, disbursement: Percent) {
    (self.owner, self.ownership, self.disbursement) = (owner, ownership, disbursement)
  }
}

/// One decision about a property's shares.
public struct OwnershipChange: Sendable, Hashable {
  /// The property: Buildium's number, or the store's id.
  public let propertyID: String
  /// Its name.
  public let propertyName: String
  /// The first day the shares hold.
  public let from: CalendarDate
  /// The shares that held until then and those that hold since, as JSON objects of texts such as
  /// `60 / 50`, by the owner's id.
  public let before: String
  /// As ``before``, since then.
  public let after: String
  /// Why; empty when nobody said.
  public let reason: String
  /// Who decided.
  public let actor: String
  /// When.
  public let at: Instant
}

extension Store {
  /// Sets who owns a property from a day on. What held before ends the day before; what was entered
  /// for later is replaced.
  ///
  /// Both percentages must add up to 100 exactly: nothing is rounded into place for anybody.
  ///
  /// - Parameter property: its id in the store.
  /// - Returns: why a rule forbids it, in words; nil when it was done.
  public func setOwnership(
    property: LocalID, _ entries: [ShareEntry], from: CalendarDate, reason: String, actor: String
  ) throws(StorageError) -> String? {
    try write { transaction throws(StorageError) in
      try OwnershipWriter(transaction: transaction).set(
        property, entries, from: from, reason: reason, actor: actor)
    }
  }

  /// Gives every owner of a property the same share where no share is known at all: a person's
  /// decision for many properties at once. The cents of a per cent that are left go to the first.
  ///
  /// - Parameter property: only this one, by its id in the store; nil for all.
  /// - Returns: how many properties got shares.
  public func shareEqually(
    property: LocalID? = nil, reason: String, actor: String
  ) throws(StorageError) -> Int {
    try write { transaction throws(StorageError) in
      try OwnershipWriter(transaction: transaction).shareEqually(
        property, reason: reason, actor: actor)
    }
  }

  /// The decisions about a property's shares, or about all, newest first.
  public func ownershipChanges(property: LocalID? = nil) throws(StorageError) -> [OwnershipChange] {
    try read { connection throws(StorageError) in
      try connection.rows(
        """
        SELECT COALESCE(CAST(p.buildium_property_id AS TEXT), p.id), COALESCE(p.name, ''),
          c.effective_from, c.shares_before, c.shares_after, c.reason, c.created_by, c.created_at
        FROM ownership_changes c JOIN properties p ON p.id = c.property_id
        WHERE $1 IS NULL OR c.property_id = $1 ORDER BY c.seq DESC LIMIT $2
        """, property.map { .local($0) }, .int(Self.ownershipChangesMax)
      ) { row throws(StorageError) in
        OwnershipChange(
          propertyID: row.text(0), propertyName: row.text(1), from: row.date(2) ?? .distantPast,
          before: row.text(3), after: row.text(4), reason: row.text(5), actor: row.text(6),
          at: row.instant(7) ?? Instant(milliseconds: 0))
      }
    }
  }

  private static let ownershipChangesMax = 1000
}

private struct OwnershipWriter {
  let transaction: Transaction

  private var connection: Connection { transaction.connection }

  func set(
    _ property: LocalID, _ entries: [ShareEntry], from: CalendarDate, reason: String, actor: String
  ) throws(StorageError) -> String? {
    if let problem = try problem(entries, from: from) { return problem }
    let before = try shares(property, on: from)
    let linked = Set(
      try connection.rows(
        "SELECT DISTINCT owner_id FROM ownership WHERE property_id = $1 AND is_linked = 1",
        .local(property)
      ) { row throws(StorageError) in row.localID(0) })
    try connection.run(
      """
      DELETE FROM ownership WHERE property_id = $1 AND (effective_from >= $2
        OR (ownership_percentage IS NULL AND disbursement_percentage IS NULL))
      """, .local(property), .date(from))
    try connection.run(
      """
      UPDATE ownership SET effective_to = $1, is_linked = 0, updated_at = $2
      WHERE property_id = $3 AND (effective_to IS NULL OR effective_to >= $4)
      """, .date(from.adding(days: -1)), .instant(transaction.now), .local(property), .date(from))
    for (number, entry) in entries.enumerated() {
      try connection.run(
        """
        INSERT INTO ownership (id, "primary", ownership_percentage, disbursement_percentage,
          owner_id, property_id, effective_from, is_linked, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
        """, .local(LocalIDs.new(at: transaction.now)), .bool(number == 0),
        .text(entry.ownership.description), .text(entry.disbursement.description),
        .local(entry.owner), .local(property), .date(from), .bool(linked.contains(entry.owner)),
        .instant(transaction.now))
    }
    try note(property, from, before, reason: reason, actor: actor)
    return nil
  }

  /// What speaks against a list of shares.
  private func problem(_ entries: [ShareEntry], from: CalendarDate) throws(StorageError) -> String?
  {
    if entries.isEmpty { return "A property has at least one owner." }
    if Set(entries.map(\.owner)).count < entries.count { return "An owner is named twice." }
    for (name, sum) in [
      ("ownership", entries.reduce(0) { $0 + $1.ownership.units }),
      ("disbursement", entries.reduce(0) { $0 + $1.disbursement.units }),
    ] where sum != Percent.whole.units {
      let isNear = abs(sum - Percent.whole.units) <= Percent.unitsPerPercent / 100
      return "The \(name) percentages add up to \(Percent(units: sum)), not 100"
        + (isNear ? "; give the rest to one of the owners." : ".")
    }
    let final = try connection.row(
      "SELECT MAX(month) FROM month_closes WHERE state = 'final' AND month >= $1",
      .text(CalendarMonth(containing: from).description)
    ) { row throws(StorageError) in row.optionalText(0) }
    if let final = final ?? nil {
      return "\(final) is final and was divided by the shares that held; begin later, or reopen it."
    }
    return nil
  }

  func shareEqually(
    _ only: LocalID?, reason: String, actor: String
  ) throws(StorageError) -> Int {
    let rows = try connection.rows(
      """
      SELECT s.property_id, s.owner_id FROM ownership s JOIN owners o ON o.id = s.owner_id
      WHERE ($1 IS NULL OR s.property_id = $1) AND s.is_linked = 1 AND o.deleted_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM ownership k WHERE k.property_id = s.property_id
          AND (k.ownership_percentage IS NOT NULL OR k.disbursement_percentage IS NOT NULL))
      ORDER BY s.property_id, o.buildium_owner_id, o.id
      """, only.map { .local($0) }
    ) { row throws(StorageError) in (row.localID(0), row.localID(1)) }
    var owners: [LocalID: [LocalID]] = [:]
    for (property, owner) in rows where owners[property]?.contains(owner) != true {
      owners[property, default: []].append(owner)
    }
    for (property, owners) in owners.sorted(by: { $0.key < $1.key }) {
      // In hundredths of a per cent, as people write percentages.
      let weights = owners.indices.map { LargestRemainder.Weight(id: $0, weight: 1) }
      let parts = LargestRemainder.parts(of: Money(minorUnits: 10_000), by: weights) ?? []
      let entries = zip(owners, parts).map { owner, part in
        let percent = Percent(units: part.minorUnits * Percent.unitsPerPercent / 100)
        return ShareEntry(owner: owner, ownership: percent, disbursement: percent)
      }
      if let problem = try set(
        property, entries, from: .distantPast, reason: reason, actor: actor)
      {
        throw StorageError(.constraint, problem)
      }
    }
    return owners.count
  }

  private func shares(_ property: LocalID, on day: CalendarDate) throws(StorageError) -> String {
    let rows = try connection.rows(
      """
      SELECT COALESCE(CAST(o.buildium_owner_id AS TEXT), o.id),
        COALESCE(s.ownership_percentage, '?') || ' / ' || COALESCE(s.disbursement_percentage, '?')
      FROM ownership s JOIN owners o ON o.id = s.owner_id
      WHERE s.property_id = $1 AND s.effective_from <= $2
        AND (s.effective_to IS NULL OR s.effective_to >= $2)
      ORDER BY o.buildium_owner_id, o.id
      """, .local(property), .date(day)
    ) { row throws(StorageError) in (row.text(0), row.text(1)) }
    var object = JSONObject()
    for (owner, share) in rows { object[owner] = .string(share) }
    return JSONValue.object(object).text
  }

  private func note(
    _ property: LocalID, _ from: CalendarDate, _ before: String, reason: String, actor: String
  ) throws(StorageError) {
    try connection.run(
      """
      INSERT INTO ownership_changes (property_id, effective_from, shares_before, shares_after,
        reason, created_by, created_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7)
      """, .local(property), .date(from), .text(before), .text(try shares(property, on: from)),
      .text(reason), .text(actor), .instant(transaction.now))
    transaction.note(.settings)
    transaction.note(.records(.properties))
  }
}
