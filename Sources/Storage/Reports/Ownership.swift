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

extension ShareEntry {
  /// What speaks against a list of shares, in words; nil when nothing does.
  public static func problem(_ entries: [ShareEntry]) -> String? {
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
    return nil
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

/// What came of a decision about a property's shares.
public enum OwnershipOutcome: Sendable, Hashable {
  /// A rule forbids it, in words; nothing was changed.
  case refused(String)
  /// It was done. Both texts name all shares of the property, before and after, for taking it back
  /// (``Store/restoreOwnership(property:to:seen:actor:)``).
  case done(before: String, after: String)
}

/// How far a decision about shares reaches.
public enum OwnershipReach: Sendable, Hashable {
  /// What was entered for later is replaced.
  case forever
  /// What was entered for later stays, and ends it.
  case untilNext
}

extension Store {
  /// Sets who owns a property from a day on, and keeps what is needed to take that back.
  ///
  /// - Parameters:
  ///   - property: its id in the store.
  ///   - seen: the shares the decision was made on (``ownershipMark(property:)``); it is refused when
  ///     they have changed since. Nil for whatever there is.
  public func decideOwnership(
    property: LocalID, _ entries: [ShareEntry], from: CalendarDate, reach: OwnershipReach,
    seen: String? = nil, reason: String, actor: String
  ) throws(StorageError) -> OwnershipOutcome {
    try write { transaction throws(StorageError) in
      try OwnershipWriter(transaction: transaction).change(property, seen: seen) {
        writer throws(StorageError) in
        try writer.set(property, entries, from: from, reach: reach, reason: reason, actor: actor)
      }
    }
  }

  /// Takes the shares that begin on a day away: those that held before go on.
  ///
  /// - Parameters: as of ``decideOwnership(property:_:from:reach:seen:reason:actor:)``.
  public func removeOwnership(
    property: LocalID, from: CalendarDate, seen: String? = nil, reason: String, actor: String
  ) throws(StorageError) -> OwnershipOutcome {
    try write { transaction throws(StorageError) in
      try OwnershipWriter(transaction: transaction).change(property, seen: seen) {
        writer throws(StorageError) in
        try writer.remove(property, from: from, reason: reason, actor: actor)
      }
    }
  }

  /// Puts all shares of a property back as a decision found or left them.
  ///
  /// - Parameters:
  ///   - text: what ``OwnershipOutcome/done(before:after:)`` told.
  ///   - seen: what holds now, as it told; it is refused when they have changed since.
  public func restoreOwnership(
    property: LocalID, to text: String, seen: String, actor: String
  ) throws(StorageError) -> OwnershipOutcome {
    try write { transaction throws(StorageError) in
      try OwnershipWriter(transaction: transaction).change(property, seen: seen) {
        writer throws(StorageError) in
        try writer.restore(property, text, actor: actor)
      }
    }
  }

  /// All shares of a property as one text, which is another when any of them is.
  public func ownershipMark(property: LocalID) throws(StorageError) -> String {
    try read { connection throws(StorageError) in
      try OwnershipWriter.mark(property, connection)
    }
  }

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
    _ property: LocalID, _ entries: [ShareEntry], from: CalendarDate,
    reach: OwnershipReach = .forever, reason: String, actor: String
  ) throws(StorageError) -> String? {
    let next = reach == .untilNext ? try nextDay(property, after: from) : nil
    if let problem = ShareEntry.problem(entries) { return problem }
    if let problem = try finalProblem(from, before: next) { return problem }
    let before = try shares(property, on: from)
    let linked = try linkedOwners(property)
    try connection.run(
      """
      DELETE FROM ownership WHERE property_id = $1
        AND ((effective_from >= $2 AND ($3 IS NULL OR effective_from < $3))
          OR (ownership_percentage IS NULL AND disbursement_percentage IS NULL))
      """, .local(property), .date(from), next.map { .date($0) })
    try connection.run(
      """
      UPDATE ownership SET effective_to = $1, is_linked = 0, updated_at = $2
      WHERE property_id = $3 AND effective_from < $4
        AND (effective_to IS NULL OR effective_to >= $4)
      """, .date(from.adding(days: -1)), .instant(transaction.now), .local(property), .date(from))
    for (number, entry) in entries.enumerated() {
      try insert(
        property,
        Span(
          owner: entry.owner, ownership: entry.ownership.description,
          disbursement: entry.disbursement.description, from: from,
          to: next?.adding(days: -1), isPrimary: number == 0),
        isLinked: next == nil && linked.contains(entry.owner))
    }
    try note(property, from, before, reason: reason, actor: actor)
    return nil
  }

  /// Takes the shares away that begin on a day; those that ended the day before go on.
  func remove(_ property: LocalID, from: CalendarDate, reason: String, actor: String)
    throws(StorageError) -> String?
  {
    let spans = try spans(property)
    guard spans.contains(where: { $0.from == from }) else { return "No shares begin on \(from)." }
    let eve = from.adding(days: -1)
    guard spans.contains(where: { $0.from < from && ($0.to.map { $0 == eve } ?? false) }) else {
      return "Nothing holds before \(from) that could go on; change the shares instead."
    }
    let next = try nextDay(property, after: from)
    if let problem = try finalProblem(from, before: next) { return problem }
    let before = try shares(property, on: from)
    let linked = try linkedOwners(property)
    try connection.run(
      "DELETE FROM ownership WHERE property_id = $1 AND effective_from = $2", .local(property),
      .date(from))
    for span in spans where span.to == eve {
      try connection.run(
        """
        UPDATE ownership SET effective_to = $1, is_linked = $2, updated_at = $3
        WHERE property_id = $4 AND owner_id = $5 AND effective_from = $6
        """, next.map { .date($0.adding(days: -1)) },
        .bool(next == nil && linked.contains(span.owner)), .instant(transaction.now),
        .local(property), .local(span.owner), .date(span.from))
    }
    try note(property, from, before, reason: reason, actor: actor)
    return nil
  }

  /// The first day after one on which other shares begin.
  private func nextDay(_ property: LocalID, after day: CalendarDate) throws(StorageError)
    -> CalendarDate?
  {
    try connection.row(
      """
      SELECT MIN(effective_from) FROM ownership WHERE property_id = $1 AND effective_from > $2
        AND (ownership_percentage IS NOT NULL OR disbursement_percentage IS NOT NULL)
      """, .local(property), .date(day)
    ) { row throws(StorageError) in row.date(0) } ?? nil
  }

  /// Those the service names as owners of the property.
  private func linkedOwners(_ property: LocalID) throws(StorageError) -> Set<LocalID> {
    Set(
      try connection.rows(
        "SELECT DISTINCT owner_id FROM ownership WHERE property_id = $1 AND is_linked = 1",
        .local(property)
      ) { row throws(StorageError) in row.localID(0) })
  }

  // MARK: Taking back

  /// One row of shares.
  private struct Span: Hashable {
    var owner: LocalID
    var ownership: String?
    var disbursement: String?
    var from: CalendarDate
    var to: CalendarDate?
    var isPrimary: Bool
  }

  /// Makes a change unless the shares are others than those that were seen.
  func change(
    _ property: LocalID, seen: String?,
    _ body: (OwnershipWriter) throws(StorageError) -> String?
  ) throws(StorageError) -> OwnershipOutcome {
    let before = try Self.mark(property, connection)
    if let seen, seen != before {
      return .refused("The shares have changed since they were shown. Look at them again.")
    }
    if let problem = try body(self) { return .refused(problem) }
    return .done(before: before, after: try Self.mark(property, connection))
  }

  static func mark(_ property: LocalID, _ connection: Connection) throws(StorageError) -> String {
    let rows = try Self.spans(property, connection).map { span -> JSONValue in
      [
        "owner": .string(span.owner), "ownership": .optional(span.ownership),
        "disbursement": .optional(span.disbursement), "from": .string(span.from.description),
        "to": .optional(span.to?.description), "primary": .bool(span.isPrimary),
      ]
    }
    return JSONValue.array(rows).text
  }

  private func spans(_ property: LocalID) throws(StorageError) -> [Span] {
    try Self.spans(property, connection)
  }

  private static func spans(_ property: LocalID, _ connection: Connection) throws(StorageError)
    -> [Span]
  {
    try connection.rows(
      """
      SELECT owner_id, ownership_percentage, disbursement_percentage, effective_from,
        effective_to, "primary"
      FROM ownership WHERE property_id = $1 ORDER BY effective_from, "primary" DESC, owner_id
      """, .local(property)
    ) { row throws(StorageError) in
      Span(
        owner: row.localID(0), ownership: row.optionalText(1), disbursement: row.optionalText(2),
        from: row.date(3) ?? .distantPast, to: row.date(4), isPrimary: row.bool(5))
    }
  }

  private func insert(_ property: LocalID, _ span: Span, isLinked: Bool) throws(StorageError) {
    try connection.run(
      """
      INSERT INTO ownership (id, "primary", ownership_percentage, disbursement_percentage,
        owner_id, property_id, effective_from, effective_to, is_linked, created_at, updated_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
      """, .local(LocalIDs.new(at: transaction.now)), .bool(span.isPrimary),
      .optional(span.ownership), .optional(span.disbursement), .local(span.owner),
      .local(property), .date(span.from), span.to.map { .date($0) }, .bool(isLinked),
      .instant(transaction.now))
  }

  /// Puts all rows back as a text names them, from the first day on which they differ.
  func restore(_ property: LocalID, _ text: String, actor: String) throws(StorageError) -> String? {
    let spans = (try? JSONValue(parsing: text))?.array?.compactMap { row -> Span? in
      guard let owner = row["owner"]?.string,
        let from = row["from"]?.string.flatMap({ CalendarDate($0) })
      else { return nil }
      return Span(
        owner: owner, ownership: row["ownership"]?.string,
        disbursement: row["disbursement"]?.string, from: from,
        to: row["to"]?.string.flatMap { CalendarDate($0) },
        isPrimary: row["primary"]?.bool ?? false)
    }
    guard let spans else { return "What held before was not kept in a form that can be read." }
    let now = try self.spans(property)
    let changed = Set(spans).symmetricDifference(now)
    // A row that only ends on another day holds alike until the first of both ends.
    let first =
      changed.map { span in
        let twin = changed.first {
          $0 != span && $0.owner == span.owner && $0.from == span.from
            && $0.ownership == span.ownership && $0.disbursement == span.disbursement
            && $0.isPrimary == span.isPrimary
        }
        guard let twin, let end = [span.to, twin.to].compactMap(\.self).min() else {
          return span.from
        }
        return end.adding(days: 1)
      }.min() ?? .distantPast
    if let problem = try finalProblem(first, before: nil) { return problem }
    let before = try shares(property, on: first)
    let linked = try linkedOwners(property)
    try connection.run("DELETE FROM ownership WHERE property_id = $1", .local(property))
    for span in spans {
      try insert(property, span, isLinked: span.to == nil && linked.contains(span.owner))
    }
    try note(property, first, before, reason: "taken back", actor: actor)
    return nil
  }

  // MARK: Rules

  /// What is final between two days, the second not counted, keeps its shares.
  private func finalProblem(_ from: CalendarDate, before end: CalendarDate?) throws(StorageError)
    -> String?
  {
    let final = try connection.row(
      """
      SELECT MAX(month) FROM month_closes
      WHERE state = 'final' AND month >= $1 AND ($2 IS NULL OR month <= $2)
      """, .text(CalendarMonth(containing: from).description),
      end.map { .text(CalendarMonth(containing: $0.adding(days: -1)).description) }
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
