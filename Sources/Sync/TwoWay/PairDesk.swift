import Domain
import Storage

/// Lays pairs out of the store before the pure machine and puts back what a step made of them,
/// within one transaction.
struct PairDesk {
  let tables: HubTables
  /// The sink.
  let service: Service
  let resource: Resource
  let fields: [FieldDefinition]
  let rules: PairRules
  let today: CalendarDate
  /// What the service said, where a step is told of a refusal.
  var words = ""

  private var sync: SyncState { tables.sync }
  private var names: Set<String> { Set(fields.map(\.name)) }

  /// A pair as it is laid out.
  struct Pair {
    var row: SinkRow
    /// What the record shows now, in full; nil when it is gone.
    var mirror: Record?
    var stored: PairRow
    var machine: PairMachine
  }

  // MARK: Laying out

  /// Lays out the pair of a row.
  func lay(_ row: SinkRow, mirror: Record?) throws(StorageError) -> Pair {
    let stored =
      try sync.pair(service, resource, localID: row.localID)
      ?? PairRow(service, resource, row.localID)
    let right = Canon.fields(read(row.base))
    var left = right
    let own: FieldValues = stored.baseLeft.map { read($0) } ?? [:]
    for (name, value) in own {
      left[name] = value.isNull ? nil : Canon.value(value)
    }
    var machine = PairMachine(
      base: row.remoteID == nil ? .never : .fields(Sides(left: left, right: right)))
    if let mirror {
      machine.seen.left = Observation(
        fields: Canon.fields(mirror.fields.filter { names.contains($0.key) }))
    } else {
      machine.seen.left = .absent
    }
    if row.remoteID == nil || stored.isGone {
      machine.seen.right = .absent
    } else {
      machine.seen.right = Observation(
        fields: stored.seen.map { Canon.fields(read($0)) } ?? right)
    }
    // A column that is missing is no value: what is not compared cannot be cleared.
    machine.seen.right.unreadable = Set(stored.unreadable)
    machine.refused.left = stored.refused.map { Canon.fields(read($0), keepsEmpty: true) }
    machine.asked = Set(stored.asked)
    for conflict in try sync.conflicts(service, resource, localID: row.localID) {
      if conflict.state == .open || conflict.state == .staged {
        machine.conflicts.append(merged(conflict))
      }
      if let choice = choice(conflict) { machine.choices.append(choice) }
    }
    try time(&machine, stored, row.key)
    return Pair(row: row, mirror: mirror, stored: stored, machine: machine)
  }

  /// Says when each side was edited, where that is sure of the very field in question: the services
  /// keep one time for a whole record. A question that was asked once is not answered by a clock.
  private func time(
    _ machine: inout PairMachine, _ stored: PairRow, _ key: RemoteKey
  ) throws(StorageError) {
    guard machine.conflicts.isEmpty, stored.seen != nil, case .fields(let base) = machine.base
    else { return }
    func changed(_ side: Side) -> Int {
      let now = machine.seen[side].fields
      return Set(now.keys).union(base[side].keys).count { now[$0] != base[side][$0] }
    }
    guard changed(.left) == 1, changed(.right) == 1,
      let left = try sync.changeInterval(of: key), let after = stored.editedAfter,
      let before = stored.editedBefore, after <= before
    else { return }
    machine.seen.left.edited = left.after.milliseconds...left.before.milliseconds
    machine.seen.right.edited = after.milliseconds...before.milliseconds
  }

  private func read(_ text: String) -> FieldValues { BaseText.read(text, fields) }

  private func merged(_ row: ConflictRow) -> MergePlan.Conflict {
    let hasBase = row.baseLeft != nil || row.baseRight != nil
    return MergePlan.Conflict(
      field: row.field, kind: MergePlan.Conflict.Kind(rawValue: row.kind) ?? .editVsEdit,
      base: hasBase
        ? Sides(left: value(row.baseLeft, row.field), right: value(row.baseRight, row.field)) : nil,
      values: Sides(left: value(row.left, row.field), right: value(row.right, row.field)))
  }

  private func value(_ json: JSONValue?, _ field: String?) -> ConflictValue {
    guard let json else { return .none }
    guard let field else { return .record(BaseText.read(json.canonicalText, fields)) }
    let kind = fields.first { $0.name == field }?.kind ?? .text
    return .value(kind.value(json: json) ?? .null)
  }

  static func json(_ value: ConflictValue) -> JSONValue? {
    switch value {
    case .none: return nil
    case .value(let value): return value.json
    case .record(let fields):
      var object = JSONObject()
      for name in fields.keys.sorted() { object[name] = fields[name]?.json }
      return .object(object)
    }
  }

  private func choice(_ row: ConflictRow) -> Choice? {
    guard row.state == .staged || row.state == .sending, let chosen = row.choice else { return nil }
    let pick: Choice.Pick
    switch chosen {
    case .left: pick = .left
    case .right: pick = .right
    case .base: pick = .base
    case .value:
      let kind = fields.first { $0.name == row.field }?.kind ?? .text
      pick = .value(Canon.value(row.choiceValue.flatMap { kind.value(json: $0) } ?? .null))
    case .gone: return nil
    }
    return Choice(field: row.field, pick: pick, seen: merged(row).values)
  }

  // MARK: Taking a step

  /// Takes a step and stores what it makes of the pair; what is left to be done outside.
  func step(_ pair: inout Pair, _ event: PairEvent) throws(StorageError) -> [PairEffect] {
    let before = pair.machine
    let effects = pair.machine.step(event)
    for effect in effects { try keep(effect, pair) }
    try store(&pair, before: before)
    return effects
  }

  private func keep(_ effect: PairEffect, _ pair: Pair) throws(StorageError) {
    switch effect {
    case .opened(let conflict): try open(conflict, pair)
    case .closed(let conflict): try close(conflict, pair)
    case .stale(let choice):
      guard var row = try waiting(choice.field, pair) else { return }
      (row.state, row.choice, row.choiceValue) = (.open, nil, nil)
      try sync.keep(row)
      try tables.records.journal(
        entry(.undone, .rentbook, pair, choice.field, note: "The values changed since the choice."))
    case .lose(let loss):
      let kind: JournalEntry.Kind =
        switch loss.kind {
        case .overwritten: .overwritten
        case .resolved: .resolved
        case .deletedRecord: .deleted
        case .detachedRecord: .detached
        }
      try tables.records.journal(
        entry(kind, name(loss.side), pair, loss.field, old: Self.json(loss.value)))
    case .wrote(let side, let field, let old, let new):
      try tables.records.journal(
        entry(.written, name(side), pair, field, old: old.json, new: new.json))
    case .made(let side): try tables.records.journal(entry(.created, name(side), pair, nil))
    case .refused(let side, let write):
      try tables.records.journal(
        entry(
          .refused, name(side), pair, nil, new: Self.json(.record(write.fields)), note: words))
    case .returned(let choice, let side): try reopen(choice, pair, refusedBy: side)
    case .read, .send, .probe, .ended: break
    }
  }

  private func name(_ side: Side) -> Service { side == .left ? tables.source : service }

  private func entry(
    _ kind: JournalEntry.Kind, _ service: Service, _ pair: Pair, _ field: String?,
    old: JSONValue? = nil, new: JSONValue? = nil, note: String = ""
  ) -> JournalEntry {
    JournalEntry(
      kind: kind, service: service, resource: resource, localID: pair.row.localID,
      key: pair.row.key, field: field, old: old, new: new, note: note)
  }

  // MARK: Conflicts

  private func waiting(_ field: String?, _ pair: Pair) throws(StorageError) -> ConflictRow? {
    try sync.conflicts(service, resource, localID: pair.row.localID).first { $0.field == field }
  }

  private func open(_ conflict: MergePlan.Conflict, _ pair: Pair) throws(StorageError) {
    let known = try waiting(conflict.field, pair)
    var row =
      known
      ?? ConflictRow(
        service: service, resource: resource, localID: pair.row.localID, key: pair.row.key,
        field: conflict.field, kind: conflict.kind.rawValue, rule: .manual,
        detectedAt: tables.records.now)
    row.kind = conflict.kind.rawValue
    row.baseLeft = conflict.base.flatMap { Self.json($0.left) }
    row.baseRight = conflict.base.flatMap { Self.json($0.right) }
    row.left = Self.json(conflict.values.left)
    row.right = Self.json(conflict.values.right)
    row.leftAt = try sync.changeInterval(of: pair.row.key)?.before
    row.rightAt = pair.stored.editedBefore
    row.rule = PolicyTable(rules: try sync.rules())
      .policy(resource, conflict.field ?? PolicyTable.deletion)
    (row.state, row.choice, row.choiceValue) = (.open, nil, nil)
    (row.chosenBy, row.chosenAt) = (nil, nil)
    if known?.left != row.left || known?.right != row.right { row.refusal = nil }
    try sync.keep(row)
    try tables.records.journal(
      entry(
        .conflict, .rentbook, pair, conflict.field, old: row.left, new: row.right,
        note: row.kind))
  }

  /// A choice that a side refused waits for a person again, with what the side said and what stands
  /// on both sides now: the other one may have taken the choice.
  private func reopen(
    _ choice: Choice, _ pair: Pair, refusedBy side: Side
  ) throws(StorageError) {
    guard var row = try waiting(choice.field, pair) else { return }
    let chosen = row.choice
    if let field = choice.field {
      let seen = pair.machine.seen
      (row.left, row.right) = (
        (seen.left.fields[field] ?? .null).json, (seen.right.fields[field] ?? .null).json
      )
      if case .fields(let base) = pair.machine.base {
        (row.baseLeft, row.baseRight) = (
          (base.left[field] ?? .null).json, (base.right[field] ?? .null).json
        )
      }
    }
    row.refusal = words.isEmpty ? "\(name(side).title) refused it." : words
    (row.state, row.choice, row.choiceValue) = (.open, nil, nil)
    (row.chosenBy, row.chosenAt) = (nil, nil)
    try sync.keep(row)
    try tables.records.journal(
      entry(
        .undone, .rentbook, pair, choice.field, old: chosen.map { .string($0.rawValue) },
        note: "The choice was refused and waits for a person again. \(row.refusal ?? "")"))
  }

  /// A conflict that was decided is on its way; any other went away by itself.
  private func close(_ conflict: MergePlan.Conflict, _ pair: Pair) throws(StorageError) {
    guard var row = try waiting(conflict.field, pair) else { return }
    if row.choice != nil {
      row.state = .sending
    } else {
      (row.state, row.outcome, row.settledAt) = (.settled, .gone, tables.records.now)
    }
    try sync.keep(row)
  }

  /// Ends the conflicts whose choice has arrived everywhere.
  func settleSent(_ pair: Pair) throws(StorageError) {
    for var row in try sync.conflicts(service, resource, localID: pair.row.localID)
    where row.state == .sending {
      if let field = row.field {
        guard case .fields(let base) = pair.machine.base else { continue }
        let isInStep = Side.allCases.allSatisfy {
          pair.machine.seen[$0].fields[field] ?? .null == base[$0][field] ?? .null
        }
        guard isInStep, pair.machine.writes.left?.fields[field] == nil else { continue }
      } else if pair.machine.isBusy
        || pair.machine.seen.left.isPresent != pair.machine.seen.right.isPresent
      {
        continue
      }
      (row.state, row.outcome, row.settledAt) = (.settled, row.choice, tables.records.now)
      try sync.keep(row)
    }
  }

  // MARK: Putting back

  private func store(_ pair: inout Pair, before: PairMachine) throws(StorageError) {
    let machine = pair.machine
    if machine.base != before.base, case .fields(let base) = machine.base, pair.row.remoteID != nil
    {
      let right = read(pair.row.base)
      var changed: FieldValues = [:]
      for name in Set(right.keys).union(base.right.keys)
      where Canon.value(right[name] ?? .null) != base.right[name] ?? .null {
        changed[name] = base.right[name] ?? .null
      }
      let text = BaseText.setting(changed, in: pair.row.base)
      if text != pair.row.base {
        try sync.setBase(
          service, resource, localID: pair.row.localID, remoteID: pair.row.remoteID ?? "",
          base: text, hash: sync.hash(text))
        pair.row.base = text
      }
    }
    if case .fields(let base) = machine.base {
      var own: FieldValues = [:]
      for name in Set(base.left.keys).union(base.right.keys)
      where base.left[name] ?? .null != base.right[name] ?? .null {
        own[name] = base.left[name] ?? .null
      }
      pair.stored.baseLeft = own.isEmpty ? nil : BaseText.write(own)
      let seen = machine.seen.right
      if seen.isPresent {
        let isBase = Set(seen.fields.keys).union(base.right.keys).allSatisfy {
          seen.unreadable.contains($0) || seen.fields[$0] ?? .null == base.right[$0] ?? .null
        }
        pair.stored.seen = isBase ? nil : BaseText.write(seen.fields)
        if isBase { (pair.stored.editedAfter, pair.stored.editedBefore) = (nil, nil) }
      }
    }
    pair.stored.refused = machine.refused.left.map(BaseText.write)
    pair.stored.asked = machine.asked.sorted()
    try sync.keep(pair.stored)
    try settleSent(pair)
  }
}

extension Canon {
  fileprivate static func fields(_ fields: FieldValues, keepsEmpty: Bool) -> FieldValues {
    fields.mapValues(value)
  }
}
