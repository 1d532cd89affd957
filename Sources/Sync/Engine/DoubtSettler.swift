import Background
import Domain
import Storage

/// Finds out what became of writes whose answer never came, by looking for the record's key.
///
/// A write in doubt is never simply sent again: a create could land twice, and another person may
/// have typed into the row meanwhile.
struct DoubtSettler {
  /// Keys asked for in one call.
  private static let batchMax = 100
  /// A request that timed out may still be on its way in; a second look so much later tells.
  private static let waitNanoseconds: UInt64 = 5_000_000_000
  /// The first look and the one after the wait.
  private static let looks = 2

  let hub: Hub
  let sink: any SinkProvider
  let state: RunState
  let resource: Resource

  /// Settles the doubts of a resource that are there now; whether a write was found to have landed.
  func settle() -> (end: TaskEnd, progress: Bool) {
    var progress = false
    do throws(SyncError) {
      return (try settle(&progress), progress)
    } catch {
      return (TaskEnd(error), progress)
    }
  }

  private func settle(_ progress: inout Bool) throws(SyncError) -> TaskEnd {
    let resource = resource
    let service = sink.service
    let doubts = try hub.read { (sync) throws(StorageError) in
      try sync.intents(service, resource, .doubt, limit: Self.batchMax)
    }
    var open = doubts
    for look in 1...Self.looks where !open.isEmpty {
      if look > 1 {
        state.clock.wait(nanoseconds: Self.waitNanoseconds, cancellation: state.cancellation)
      }
      if state.cancellation.isCancelled { return .interrupted }
      try hub.reach(.beforeSend)
      let found: [FoundRow]
      do throws(ProviderError) {
        found = try sink.find(resource, keys: open.map(\.key), cancellation: state.cancellation)
      } catch {
        return TaskEnd(error)
      }
      try hub.reach(.afterSend)
      let rows = Dictionary(grouping: found, by: \.key)
      open = try conclude(open, rows, isLast: look == Self.looks, &progress)
    }
    return .done
  }

  /// Concludes what can be; the intents that need another look.
  private func conclude(
    _ intents: [Intent], _ found: [RemoteKey: [FoundRow]], isLast: Bool, _ progress: inout Bool
  ) throws(SyncError) -> [Intent] {
    var open: [Intent] = []
    for intent in intents where !isClear(intent, found[intent.key] ?? [], isLast: isLast) {
      open.append(intent)
    }
    let waiting = Set(open.map(\.id))
    let now = state.now
    let landed = try hub.write { (tables) throws(StorageError) in
      var landed = false
      for intent in intents where !waiting.contains(intent.id) {
        if try conclude(intent, found[intent.key] ?? [], now: now, in: tables.sync) {
          landed = true
        }
      }
      return landed
    }
    progress = progress || landed
    return open
  }

  /// One look shows what is there; that something is not there takes two.
  private func isClear(_ intent: Intent, _ rows: [FoundRow], isLast: Bool) -> Bool {
    isLast || (intent.action == .delete ? rows.isEmpty : !rows.isEmpty)
  }

  /// Whether the write had landed.
  private func conclude(
    _ intent: Intent, _ rows: [FoundRow], now: Instant, in sync: SyncState
  ) throws(StorageError) -> Bool {
    let resource = intent.key.resource
    let service = sink.service
    guard let row = try sync.sink(service, resource, localID: intent.localID) else {
      try sync.end(intent: intent.id)
      return false
    }
    if rows.count > 1 {
      let text = Linker.twoRows(intent.key, at: service)
      try sync.bury(intent: intent.id, text, kind: SinkRow.Waiting.duplicate.rawValue, at: now)
      try sync.setWaiting(service, resource, localID: intent.localID, .duplicate)
      state.count(resource) { $0.failed += 1 }
      state.say(.error, text, intent.key)
      return false
    }
    try sync.end(intent: intent.id)
    let fields = sink.writableFields(of: resource)
    var answered = row
    answered.stamp = intent.stamp
    switch (intent.action, rows.first) {
    case (.create, let found?):
      // What was sent is the base, not what is seen: somebody may have typed there since. Whether
      // links were left out is not known any more, so the row is looked at again.
      try sync.setBase(
        service, resource, localID: row.localID, remoteID: found.remoteID,
        base: intent.fields, hash: sync.hash(intent.fields))
      state.count(resource) { $0.pushedCreated += 1 }
    case (.update, let found?):
      let sent = BaseText.read(intent.fields, fields)
      let landed = sent.allSatisfy { found.record[$0.key] == $0.value }
      if landed {
        try Settling.agree(
          answered, service, resource, remoteID: found.remoteID, sent: sent, .unknown,
          fields: fields, at: now, in: sync)
        state.count(resource) { $0.pushedUpdated += 1 }
      }
      return landed
    case (.delete, nil):
      try Settling.removed(answered, service, resource, at: now, in: sync)
      state.count(resource) { $0.pushedDeleted += 1 }
    // It did not land: the row is still to be sent and goes the usual way.
    case (.create, nil), (.update, nil), (.delete, _?): return false
    }
    return true
  }
}
