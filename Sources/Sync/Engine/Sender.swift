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

  /// Sends the batch; whether anything was settled for good.
  func send(_ items: [Item]) -> (end: TaskEnd, progress: Bool) {
    do throws(SyncError) {
      return try deliver(items)
    } catch {
      return (TaskEnd(error), false)
    }
  }

  private func deliver(
    _ items: [Item]
  ) throws(SyncError) -> (end: TaskEnd, progress: Bool) {
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
      // Whether the service can be reached is known from calls that send nothing at all.
      case .doubt(let error): end = .failed(error)
      case .notSent(let error):
        let isLasting = [.notAuthorised, .quotaSpent, .notSetUp, .cancelled].contains(error.kind)
        end = isLasting ? TaskEnd(error) : .failed(error)
      }
    }
    return (end, progress)
  }

  private func settle(
    _ item: Item, _ outcome: WriteOutcome, sent: Instant, now: Instant, in sync: SyncState
  ) throws(StorageError) {
    let row = item.row
    switch outcome {
    case .done(let remoteID):
      try sync.end(intent: item.intentID)
      if case .delete = item.write.action {
        try Settling.removed(row, sink.service, resource, in: sync)
      } else {
        try Settling.agree(
          row, sink.service, resource, remoteID: remoteID, sent: item.write.record.fields,
          item.isPartial ? .withoutSomeLinks : .whole, fields: sink.writableFields(of: resource),
          in: sync)
      }
      if let stages = row.stages, !isDryRun {
        try sync.recordArrival(of: row.key, stages, sent: sent, confirmed: now)
      }
    case .refused(let error):
      let reason: SinkRow.Waiting =
        error.kind == .notFound || error.status == 404 ? .missing : .refused
      try sync.bury(
        intent: item.intentID, Self.reason(error, row.key), kind: reason.rawValue, at: now)
      try sync.setWaiting(
        sink.service, resource, localID: row.localID, reason, stamp: row.stamp)
    case .doubt(let error): try sync.doubt(intent: item.intentID, error.message)
    case .notSent: try sync.end(intent: item.intentID)
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
    sent: FieldValues, _ extent: Extent, fields: [FieldDefinition], in sync: SyncState
  ) throws(StorageError) {
    let text = BaseText.setting(sent, in: row.base)
    let hash = sync.hash(text)
    try sync.setBase(
      service, resource, localID: row.localID, remoteID: remoteID, base: text, hash: hash)
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

  /// How much of what a row should hold was sent.
  enum Extent {
    case whole, withoutSomeLinks, unknown
  }

  /// A record that came back while its row was being removed is made again; any other is forgotten.
  static func removed(
    _ row: SinkRow, _ service: Service, _ resource: Resource, in sync: SyncState
  ) throws(StorageError) {
    let now = try sync.sink(service, resource, localID: row.localID)
    if now?.isGone == false {
      try sync.unlink(service, resource, localID: row.localID)
    } else {
      try sync.forget(service, resource, localID: row.localID)
    }
  }
}
