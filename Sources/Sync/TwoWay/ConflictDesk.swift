import Domain
import Storage

/// Where a person settles conflicts: what waits, what a choice would write where, choosing, taking a
/// choice back, and how it went so far.
///
/// A choice is carried out by the next synchronization and can be taken back until then. It holds
/// for the values that stood when it was made; if one of them changes first, it is asked again.
public struct ConflictDesk: Sendable {
  private let store: DeskStore<Refusal>

  /// The desk of a store.
  public init(_ store: Store) { self.store = DeskStore(store) }

  /// Why a choice is not taken.
  public enum Refusal: DeskRefusal, Sendable, Hashable {
    /// There is no such conflict.
    case unknown(Int64)
    /// It is over; both sides agree by now.
    case settled(Int64)
    /// It is on its way, and cannot be taken back or chosen anew.
    case sending(Int64)
    /// Nothing was chosen that could be taken back.
    case notChosen(Int64)
    /// The values are not those that were shown.
    case changed(ConflictRow)
    /// A conflict over a whole record takes one side or the other.
    case wholeRecord(Int64)
    /// The value does not fit the field.
    case unfit(field: String, value: String)
    /// The record has no open conflict over this field.
    case noSuchField(Int64, String)
    /// The store failed.
    case store(String)
  }

  /// What a person chose for one conflict.
  public struct Decision: Sendable, Hashable {
    /// The conflict.
    public var id: Int64
    /// What was chosen; nil takes an earlier choice back.
    public var pick: ConflictRow.Outcome?
    /// The value, for ``ConflictRow/Outcome/value``, as a person types it.
    public var value: String?
    /// The values that were shown; nil to take those that stand now.
    public var shown: Sides<JSONValue?>?

    /// A decision.
    public init(
      id: Int64, pick: ConflictRow.Outcome?, value: String? = nil,
      shown: Sides<JSONValue?>? = nil
    ) {
      (self.id, self.pick, self.value, self.shown) = (id, pick, value, shown)
    }
  }

  // MARK: Looking

  /// What waits, the oldest first; of one resource or field, when named.
  public func list(
    _ resource: Resource? = nil, field: String? = nil
  ) throws(Refusal) -> [ConflictRow] {
    try store.read { (state) throws(StorageError) in try state.conflicts(resource, field: field) }
  }

  /// A conflict, over or not, with what the journal says of its record, the newest first.
  public func show(_ id: Int64) throws(Refusal) -> (ConflictRow, [JournalEntry]) {
    let found = try store.read { (state) throws(StorageError) -> (ConflictRow, [JournalEntry])? in
      guard let row = try state.conflict(id) else { return nil }
      return (row, try state.journal(of: row.key, limit: 100))
    }
    guard let found else { throw .unknown(id) }
    return found
  }

  /// The other conflicts over the same field of the same kind of record that wait for a choice.
  public func similar(to id: Int64) throws(Refusal) -> [ConflictRow] {
    let (row, _) = try show(id)
    return try list(row.resource, field: row.field ?? "").filter {
      $0.id != id && $0.state == .open && $0.kind == row.kind
    }
  }

  /// What decisions would write where, by service; what is chosen already when none is given.
  public func preview(_ decisions: [Decision] = []) throws(Refusal) -> [PlannedWrite] {
    var writes: [PlannedWrite] = []
    if decisions.isEmpty {
      for row in try list() where row.state == .staged { writes += Self.writes(row) }
      return writes
    }
    for decision in decisions {
      var (row, _) = try show(decision.id)
      try Self.take(decision, into: &row)
      writes += Self.writes(row)
    }
    return writes
  }

  private static func writes(_ row: ConflictRow) -> [PlannedWrite] {
    guard let choice = row.choice else { return [] }
    guard let field = row.field else {
      let isKept = (choice == .left ? row.left : row.right) != nil
      let target: Service = choice == .left ? row.service : row.key.service
      return [
        PlannedWrite(
          service: target, key: row.key, action: isKept ? .create : .delete, changes: [])
      ]
    }
    let kind = MirrorSchema.field(field, of: row.resource)?.kind ?? .text
    func value(_ json: JSONValue?) -> FieldValue { json.flatMap { kind.value(json: $0) } ?? .null }
    let wanted: Sides<JSONValue?> =
      switch choice {
      case .left: Sides(both: row.left)
      case .right: Sides(both: row.right)
      case .base: Sides(left: row.baseLeft, right: row.baseRight)
      case .value: Sides(both: row.choiceValue)
      case .gone: Sides(left: row.left, right: row.right)
      }
    var writes: [PlannedWrite] = []
    for side in Side.allCases {
      let now = value(side == .left ? row.left : row.right)
      let next = value(wanted[side])
      guard now != next else { continue }
      writes.append(
        PlannedWrite(
          service: side == .left ? row.key.service : row.service, key: row.key, action: .update,
          changes: [PlannedWrite.Change(field: field, before: now, after: next)]))
    }
    return writes
  }

  // MARK: Choosing

  /// Takes decisions, all of them or none, and writes them into the journal; the conflicts as they
  /// stand then.
  @discardableResult
  public func decide(_ decisions: [Decision], by person: String) throws(Refusal) -> [ConflictRow] {
    try store.write { (records) throws(StorageError) in
      var rows: [ConflictRow] = []
      for decision in decisions {
        guard var row = try records.sync.conflict(decision.id) else {
          return .failure(.unknown(decision.id))
        }
        let before = row
        do throws(Refusal) { try Self.take(decision, into: &row) } catch {
          return .failure(error)
        }
        try Self.keep(&row, before: before, by: person, records)
        rows.append(row)
      }
      return .success(rows)
    }
  }

  /// Takes those decisions whose conflicts still are as they were shown, in one transaction, and
  /// leaves out the others: those that have changed, are on their way or are over.
  ///
  /// - Returns: The conflicts that were taken, and the numbers of those left out.
  public func decideUnchanged(
    _ decisions: [Decision], by person: String
  ) throws(Refusal) -> (taken: [ConflictRow], stale: [Int64]) {
    try store.write { (records) throws(StorageError) in
      var taken: [ConflictRow] = []
      var stale: [Int64] = []
      for decision in decisions {
        guard var row = try records.sync.conflict(decision.id) else {
          stale.append(decision.id)
          continue
        }
        let before = row
        do throws(Refusal) { try Self.take(decision, into: &row) } catch {
          switch error {
          case .changed, .settled, .sending: stale.append(decision.id)
          default: return .failure(error)
          }
          continue
        }
        try Self.keep(&row, before: before, by: person, records)
        taken.append(row)
      }
      return .success((taken, stale))
    }
  }

  private static func keep(
    _ row: inout ConflictRow, before: ConflictRow, by person: String, _ records: SyncRecords
  ) throws(StorageError) {
    if row.choice != nil { (row.chosenBy, row.chosenAt) = (person, records.now) }
    try records.sync.keep(row)
    try records.journal(entry(row, before: before, by: person))
    // The next synchronization looks at the pair again.
    try records.sync.mark(row.service, row.resource, localID: row.localID)
  }

  private static func entry(
    _ row: ConflictRow, before: ConflictRow, by person: String
  ) -> JournalEntry {
    JournalEntry(
      kind: row.choice == nil ? .undone : .chosen, service: .rentbook, resource: row.resource,
      localID: row.localID, key: row.key, field: row.field,
      old: before.choice.map { .string($0.rawValue) },
      new: row.choice.map { $0 == .value ? row.choiceValue ?? .null : .string($0.rawValue) },
      note: "Conflict \(row.id)", actor: person)
  }

  private static func take(_ decision: Decision, into row: inout ConflictRow) throws(Refusal) {
    switch row.state {
    case .settled: throw .settled(row.id)
    case .sending: throw .sending(row.id)
    case .open where decision.pick == nil: throw .notChosen(row.id)
    case .open, .staged: break
    }
    if let shown = decision.shown, shown.left != row.left || shown.right != row.right {
      throw .changed(row)
    }
    (row.choice, row.choiceValue) = (decision.pick, nil)
    row.state = decision.pick == nil ? .open : .staged
    guard decision.pick != nil else {
      (row.chosenBy, row.chosenAt) = (nil, nil)
      return
    }
    guard let field = row.field else {
      guard decision.pick == .left || decision.pick == .right else { throw .wholeRecord(row.id) }
      return
    }
    if decision.pick == .value {
      row.choiceValue = try value(decision.value ?? "", of: field, in: row.resource)
    }
  }

  /// Reads a value as a person types it; nothing is an empty field.
  private static func value(
    _ text: String, of field: String, in resource: Resource
  ) throws(Refusal) -> JSONValue {
    let kind = MirrorSchema.field(field, of: resource)?.kind ?? .text
    guard let value = kind.value(typed: text) else { throw .unfit(field: field, value: text) }
    return value.json
  }

  // MARK: How it went

  /// How conflicts were settled.
  public struct Statistics: Sendable, Hashable {
    /// One line of a count.
    public struct Count: Sendable, Hashable {
      /// What is counted: a field, a policy, a day.
      public var name: String
      /// How many were found.
      public var found: Int
      /// How many of them are over.
      public var settled: Int
    }

    /// How many wait for a choice.
    public var open = 0
    /// How many wait to be sent, or are on their way.
    public var chosen = 0
    /// How many are over.
    public var settled = 0
    /// By resource and field, the most frequent first.
    public var byField: [Count] = []
    /// By what the rules said of the field.
    public var byPolicy: [Count] = []
    /// By how they ended.
    public var byOutcome: [Count] = []
    /// By the day they were found, the earliest first.
    public var byDay: [Count] = []
    /// Half of those a person settled took at most so long, in seconds; nil when there are none.
    public var medianSecondsToSettle: Int64?
    /// The longest, in seconds.
    public var longestSecondsToSettle: Int64?
  }

  /// A count looks back over so many conflicts.
  private static let historyMax = 100_000

  /// How conflicts were settled so far.
  public func statistics() throws(Refusal) -> Statistics {
    let rows = try store.read { (state) throws(StorageError) in
      try state.conflictHistory(limit: Self.historyMax)
    }
    var statistics = Statistics()
    var seconds: [Int64] = []
    func count(_ name: (ConflictRow) -> String?) -> [Statistics.Count] {
      var counts: [String: Statistics.Count] = [:]
      for row in rows {
        guard let name = name(row) else { continue }
        counts[name, default: Statistics.Count(name: name, found: 0, settled: 0)].found += 1
        if row.state == .settled { counts[name]?.settled += 1 }
      }
      return counts.values.sorted { ($1.found, $0.name) < ($0.found, $1.name) }
    }
    for row in rows {
      switch row.state {
      case .open: statistics.open += 1
      case .staged, .sending: statistics.chosen += 1
      case .settled: statistics.settled += 1
      }
      if let chosen = row.chosenAt, row.state == .settled {
        seconds.append(max(0, chosen.milliseconds - row.detectedAt.milliseconds) / 1000)
      }
    }
    statistics.byField = count { "\($0.resource).\($0.field ?? "record")" }
    statistics.byPolicy = count { $0.rule.rawValue }
    statistics.byOutcome = count { $0.outcome?.rawValue }
    statistics.byDay = count { $0.detectedAt.date.description }.sorted { $0.name < $1.name }
    seconds.sort()
    statistics.medianSecondsToSettle = seconds.isEmpty ? nil : seconds[(seconds.count - 1) / 2]
    statistics.longestSecondsToSettle = seconds.last
    return statistics
  }
}
