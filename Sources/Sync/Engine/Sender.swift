import Background
import Domain
import Storage

/// Carries one batch of planned writes to the sink and settles every one of them.
struct Sender {
  /// A write with what its settling needs.
  struct Item: Sendable {
    var intentID: Int64
    var row: SinkRow
    var write: Write
    /// Sent without links to records that come later.
    var isPartial: Bool
  }

  let hub: Hub
  let sink: any SinkProvider
  let state: RunState
  let resource: Resource
  let isDryRun: Bool
  /// The way back; nil where records flow one way only.
  let way: TwoWay?

  /// Sends the batch; whether anything was settled for good.
  func send(_ items: [Item]) -> (end: TaskEnd, progress: Bool) {
    do throws(SyncError) {
      return try deliver(items)
    } catch {
      return (TaskEnd(error), false)
    }
  }

  private func deliver(
    _ all: [Item]
  ) throws(SyncError) -> (end: TaskEnd, progress: Bool) {
    let (items, end) = try compare(all)
    if let end { return (end, false) }
    if items.isEmpty { return (.done, true) }
    let sent = state.now
    let outcomes: [WriteOutcome]
    if isDryRun {
      outcomes = items.map { .done(remoteID: $0.row.remoteID ?? "planned-\($0.intentID)") }
    } else {
      try hub.reach(.beforeSend)
      do throws(ProviderError) {
        outcomes = try sink.write(resource, items.map(\.write), cancellation: state.cancellation)
      } catch {
        // Nothing left, so nothing is in doubt and no attempt is spent.
        try hub.write { (tables) throws(StorageError) in
          for item in items { try tables.sync.end(intent: item.intentID) }
        }
        return (TaskEnd(error), false)
      }
      try hub.reach(.afterSend)
      guard outcomes.count == items.count else {
        let error = ProviderError(
          sink.service, .unexpectedAnswer,
          "\(outcomes.count) answers came for \(items.count) writes of \(resource.title).")
        try settle(items, items.map { _ in .doubt(error) }, sent: sent)
        return (.failed(error), false)
      }
    }
    if items.count > 1, outcomes.allSatisfy({ if case .refused = $0 { true } else { false } }) {
      return try split(items)
    }
    return try settle(items, outcomes, sent: sent)
  }

  /// Reads rows once more, as the last thing before they are overwritten or removed: what somebody
  /// changed meanwhile is merged first. The writes that may leave, or why none may.
  private func compare(_ items: [Item]) throws(SyncError) -> ([Item], TaskEnd?) {
    guard let way, !isDryRun else { return (items, nil) }
    let ids = items.compactMap { item -> String? in
      if case .create = item.write.action { nil } else { item.row.remoteID }
    }
    guard !ids.isEmpty else { return (items, nil) }
    let rows: [ObservedRow]
    do throws(ProviderError) {
      rows = try way.mirror.observe(.of(resource), ids: ids, cancellation: state.cancellation)
    } catch {
      try hub.write { (tables) throws(StorageError) in
        for item in items { try tables.sync.end(intent: item.intentID) }
      }
      return ([], TaskEnd(error))
    }
    let shown = Dictionary(rows.map { ($0.remoteID, $0) }) { first, _ in first }
    let resource = resource
    let now = state.now
    let kept = try hub.write { (tables) throws(StorageError) in
      var kept: [Item] = []
      let intake = RowIntake(way: way, tables: tables, now: now)
      for item in items {
        guard let id = item.row.remoteID else {
          kept.append(item)
          continue
        }
        let isExpected = try intake.isAsExpected(item.row, shown[id])
        if isExpected {
          kept.append(item)
          continue
        }
        try tables.sync.end(intent: item.intentID)
        if let row = shown[id] {
          try intake.take(.of(resource), [row])
        } else {
          try intake.lose(.of(resource), [id])
        }
        try tables.sync.mark(sink.service, resource, localID: item.row.localID)
      }
      return kept
    }
    return (kept, nil)
  }

  /// A batch refused as a whole was not carried out: its halves are sent, until the record that is
  /// not accepted stands alone. One among ten costs eight calls more (invariant S12).
  private func split(_ items: [Item]) throws(SyncError) -> (end: TaskEnd, progress: Bool) {
    let middle = (items.count + 1) / 2
    var progress = false
    var worst = TaskEnd.done
    for half in [Array(items[..<middle]), Array(items[middle...])] {
      let (end, didProgress) = try deliver(half)
      progress = progress || didProgress
      switch end {
      case .done: break
      default: worst = end
      }
      if case .stop = end {
        try abandon(after: half, of: items)
        return (end, progress)
      }
    }
    return (worst, progress)
  }

  /// Takes back the intents of the half that was never sent.
  private func abandon(after half: [Item], of items: [Item]) throws(SyncError) {
    let tried = Set(half.map(\.intentID))
    guard let first = items.first, tried.contains(first.intentID) else { return }
    try hub.write { (tables) throws(StorageError) in
      for item in items where !tried.contains(item.intentID) {
        try tables.sync.end(intent: item.intentID)
      }
    }
  }

  @discardableResult
  private func settle(
    _ items: [Item], _ outcomes: [WriteOutcome], sent: Instant
  ) throws(SyncError) -> (end: TaskEnd, progress: Bool) {
    let now = state.now
    try hub.write { (tables) throws(StorageError) in
      for (item, outcome) in zip(items, outcomes) {
        if case .done = outcome { try journal(item, in: tables.records) }
        if case .refused(let error) = outcome, try giveBack(item, error, tables) { continue }
        try settle(item, outcome, sent: sent, now: now, in: tables.sync)
      }
    }
    var end = TaskEnd.done
    var progress = false
    for (item, outcome) in zip(items, outcomes) {
      switch outcome {
      case .done:
        progress = true
        state.count(resource) { row in
          switch item.write.action {
          case .create: row.pushedCreated += 1
          case .update: row.pushedUpdated += 1
          case .delete: row.pushedDeleted += 1
          }
        }
        if isDryRun { state.plan(planned(item)) }
      case .refused(let error):
        progress = true
        state.count(resource) { $0.failed += 1 }
        state.say(.error, Self.reason(error, item.write.key), item.write.key)
      case .doubt(let error): end = .failed(error)
      case .notSent(let error):
        // Whether the service can be reached is known from calls that send nothing at all.
        end = error.kind == .unreachable ? .failed(error) : TaskEnd(error)
      }
    }
    return (end, progress)
  }

  /// Has a person asked again, where what was refused carried out a choice of theirs. Whether it did.
  private func giveBack(
    _ item: Item, _ error: ProviderError, _ tables: HubTables
  ) throws(StorageError) -> Bool {
    guard let way, !isDryRun, error.kind != .notFound, error.status != 404,
      try tables.sync.conflicts(sink.service, resource, localID: item.row.localID)
        .contains(where: { $0.state == .sending })
    else { return false }
    let row = item.row
    let record =
      row.isGone ? nil : try tables.mirror(resource, row.localID, key: row.key, today: way.today)
    var desk = try way.desk(tables, resource, isOpen: Sides(both: false))
    desk.words = Self.reason(error, row.key)
    var pair = try desk.lay(row, mirror: record)
    let action: PairWrite.Action =
      switch item.write.action {
      case .create: .create
      case .update: .update
      case .delete: .delete
      }
    pair.machine.writes.right = PairWrite(
      action: action, fields: item.write.record.fields, expected: [:],
      agreed: Sides(both: [:]), losses: [])
    let effects = try desk.step(&pair, .answered(.right, .refused))
    guard effects.contains(where: \.isReturn) else { return false }
    try tables.sync.end(intent: item.intentID)
    try tables.sync.mark(sink.service, resource, localID: row.localID)
    return true
  }

  private func settle(
    _ item: Item, _ outcome: WriteOutcome, sent: Instant, now: Instant, in sync: SyncState
  ) throws(StorageError) {
    let row = item.row
    switch outcome {
    case .done(let remoteID):
      try sync.end(intent: item.intentID)
      if case .delete = item.write.action {
        try Settling.removed(row, sink.service, resource, at: now, in: sync)
        try sync.keep(PairRow(sink.service, resource, row.localID))
      } else {
        try Settling.agree(
          row, sink.service, resource, remoteID: remoteID, sent: item.write.record.fields,
          item.isPartial ? .withoutSomeLinks : .whole, fields: sink.writableFields(of: resource),
          at: now, in: sync)
      }
      if let stages = row.stages, !isDryRun {
        try sync.recordArrival(of: row.key, stages, sent: sent, confirmed: now)
      }
    case .refused(let error):
      let reason: SinkRow.Waiting =
        error.kind == .notFound || error.status == 404 ? .missing : .refused
      if reason == .missing, way != nil {
        // Somebody deleted the row: the rules say what becomes of that.
        try sync.end(intent: item.intentID)
        var pair =
          try sync.pair(sink.service, resource, localID: row.localID)
          ?? PairRow(sink.service, resource, row.localID)
        pair.isGone = true
        try sync.keep(pair)
        return
      }
      try sync.bury(
        intent: item.intentID, Self.reason(error, row.key), kind: reason.rawValue, at: now)
      try sync.setWaiting(
        sink.service, resource, localID: row.localID, reason, stamp: row.stamp)
    case .doubt(let error): try sync.doubt(intent: item.intentID, error.message)
    case .notSent: try sync.end(intent: item.intentID)
    }
  }

  /// Puts what was overwritten on record, where people edit the rows.
  private func journal(_ item: Item, in records: SyncRecords) throws(StorageError) {
    guard way != nil, !isDryRun, case .update = item.write.action else { return }
    let fields = sink.writableFields(of: resource)
    let pair = try records.sync.pair(sink.service, resource, localID: item.row.localID)
    let shown = BaseText.read(pair?.seen ?? item.row.base, fields)
    for name in item.write.record.fields.keys.sorted() {
      try records.journal(
        JournalEntry(
          kind: .written, service: sink.service, resource: resource, localID: item.row.localID,
          key: item.row.key, field: name, old: (shown[name] ?? .null).json,
          new: item.write.record[name].json))
    }
  }

  private func planned(_ item: Item) -> PlannedWrite {
    let base = BaseText.read(item.row.base, sink.writableFields(of: resource))
    let action: PlannedWrite.Action =
      switch item.write.action {
      case .create: .create
      case .update: .update
      case .delete: .delete
      }
    return PlannedWrite(
      service: sink.service, key: item.write.key, action: action,
      changes: item.write.record.fields.keys.sorted().map { name in
        PlannedWrite.Change(
          field: name, before: base[name] ?? .null, after: item.write.record[name])
      })
  }

  /// What a person reads: the record, what the service said, what to do.
  static func reason(_ error: ProviderError, _ key: RemoteKey) -> String {
    let said = "\(error.service.title) refused \(key): \(error.message)"
    return error.hint.isEmpty ? said : "\(said) \(error.hint)"
  }
}

/// What is noted of a row once its fate at the sink is known; shared by answers that came at once
/// and those found by looking.
enum Settling {
  /// The base becomes what was sent, never what is seen, and only in the fields of this write
  /// (invariant S7).
  static func agree(
    _ row: SinkRow, _ service: Service, _ resource: Resource, remoteID: String,
    sent: FieldValues, _ extent: Extent, fields: [FieldDefinition], at now: Instant,
    in sync: SyncState
  ) throws(StorageError) {
    let text = BaseText.setting(sent, in: row.base)
    let hash = sync.hash(text)
    try sync.setBase(
      service, resource, localID: row.localID, remoteID: remoteID, base: text, hash: hash)
    try bringPair(row, service, resource, sent: sent, base: text, fields: fields, at: now, in: sync)
    switch extent {
    case .whole:
      try sync.settle(
        service, resource, localID: row.localID, desiredHash: hash, stamp: row.stamp)
    case .withoutSomeLinks:
      try sync.setWaiting(service, resource, localID: row.localID, .links, stamp: row.stamp)
    // The row stays to be looked at, and turns out to be in step or not.
    case .unknown: break
    }
  }

  /// What was out of step of the pair is in step in the fields that were sent, and a choice they carry
  /// out has arrived.
  private static func bringPair(
    _ row: SinkRow, _ service: Service, _ resource: Resource, sent: FieldValues, base: String,
    fields: [FieldDefinition], at now: Instant, in sync: SyncState
  ) throws(StorageError) {
    if var pair = try sync.pair(service, resource, localID: row.localID) {
      pair.isGone = false
      pair.asked.removeAll { sent[$0] != nil }
      if let text = pair.baseLeft { pair.baseLeft = without(sent, text) }
      if let text = pair.seen {
        let seen = BaseText.setting(sent, in: text)
        let isBase =
          Canon.fields(BaseText.read(seen, fields)) == Canon.fields(BaseText.read(base, fields))
        pair.seen = isBase ? nil : seen
        if isBase { (pair.unreadable, pair.editedAfter, pair.editedBefore) = ([], nil, nil) }
      }
      try sync.keep(pair)
    }
    for var conflict in try sync.conflicts(service, resource, localID: row.localID)
    where conflict.state == .sending && conflict.field.map({ sent[$0] != nil }) ?? true {
      (conflict.state, conflict.outcome) = (.settled, conflict.choice)
      try sync.settle(conflict, at: now)
    }
  }

  private static func without(_ sent: FieldValues, _ text: String) -> String? {
    var object = (try? JSONValue(parsing: text))?.object ?? JSONObject()
    for name in sent.keys { object[name] = nil }
    return object.isEmpty ? nil : JSONValue.object(object).canonicalText
  }

  /// How much of what a row should hold was sent.
  enum Extent {
    case whole, withoutSomeLinks, unknown
  }

  /// A record that came back while its row was being removed is made again; any other is forgotten.
  static func removed(
    _ row: SinkRow, _ service: Service, _ resource: Resource, at now: Instant,
    in sync: SyncState
  ) throws(StorageError) {
    for var conflict in try sync.conflicts(service, resource, localID: row.localID) {
      // The record is gone on both sides: nothing of it waits any more.
      (conflict.state, conflict.outcome) = (.settled, conflict.choice ?? .gone)
      try sync.settle(conflict, at: now)
    }
    let current = try sync.sink(service, resource, localID: row.localID)
    if current?.isGone == false {
      try sync.unlink(service, resource, localID: row.localID)
    } else {
      try sync.forget(service, resource, localID: row.localID)
    }
  }
}
