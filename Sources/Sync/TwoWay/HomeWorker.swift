import Background
import Domain
import Storage
import Vault

/// Creates at the service what was entered here: approved bills, the payments and credits that settle
/// them, deposits.
///
/// A create that was sent is never sent again before it was looked for, twice. What the service
/// refuses waits for a person among the dead letters.
struct HomeWorker {
  /// Records sent in one run.
  private static let recordsMax = 5_000
  /// A request that timed out may still be on its way in; a second look so much later tells.
  private static let waitNanoseconds: UInt64 = 5_000_000_000
  /// Sent and surely not landed so often: a person must look.
  private static let attemptsMax = 8
  /// What goes before what names it.
  private static let groups: [[LeavingRecord.Kind]] = [[.bill], [.payment, .credit], [.deposit]]

  let way: TwoWay

  private var facts: StoredFacts {
    StoredFacts(
      context: StoredContext(hub: way.hub, service: way.writer.service), today: way.today)
  }

  /// Sends everything that may leave.
  func work() -> TaskEnd {
    do throws(SyncError) {
      for kinds in Self.groups {
        for kind in kinds where !way.options.isDryRun {
          if let end = try settleDoubts(kind) { return end }
        }
        if let end = try send(kinds) { return end }
      }
      return .done
    } catch {
      return TaskEnd(error)
    }
  }

  private func keep(_ row: BornRow) throws(SyncError) {
    let now = way.state.now
    try way.hub.write { (tables) throws(StorageError) in try tables.sync.keep(row, at: now) }
  }

  private func row(_ kind: LeavingRecord.Kind, _ id: String) throws(SyncError) -> BornRow {
    let known = try way.hub.read { (sync) throws(StorageError) in
      try sync.born(.rentbook, kind.rawValue, id)
    }
    return known
      ?? BornRow(
        service: .rentbook, table: kind.rawValue, remoteID: id, fields: "{}",
        seenAt: way.state.now)
  }

  // MARK: Sending

  private func send(_ kinds: [LeavingRecord.Kind]) throws(SyncError) -> TaskEnd? {
    let waiting = try way.hub.read { (sync) throws(StorageError) in
      try sync.leaving(kinds, limit: Self.recordsMax)
    }
    for (kind, id) in waiting {
      if way.state.shouldStop { return .interrupted }
      // Read one by one: what a payment settles of each line depends on those sent before it.
      let leaving = try way.hub.read { (sync) throws(StorageError) in
        try sync.leavingRecord(kind, id)
      }
      guard let leaving else { continue }
      if let end = try send(leaving) { return end }
    }
    return nil
  }

  private func send(_ leaving: LeavingRecord) throws(SyncError) -> TaskEnd? {
    var row = try row(leaving.kind, leaving.localID)
    let problems: [PostingProblem]
    do throws(ProviderError) {
      problems = try way.writer.problems(with: leaving.record, facts: facts)
    } catch {
      return TaskEnd(error)
    }
    if way.options.isDryRun {
      preview(leaving, problems)
      return nil
    }
    guard problems.isEmpty else {
      try refuse(row, leaving.title, problems.map(\.sentence).joined(separator: " "))
      return nil
    }
    let marker = IntentMarker(SecureRandom())
    (row.state, row.marker, row.epoch) = (.inflight, marker.description, way.hub.epoch)
    (row.fields, row.sent) = (
      JSONValue.object(["title": .string(leaving.title)]).text,
      leaving.record.json.canonicalText
    )
    row.attempts += 1
    try keep(row)
    try way.hub.reach(.beforeSend)
    let outcome = way.writer.create(
      NewRecord(intentID: row.remoteID, marker: marker, record: leaving.record),
      cancellation: way.state.cancellation)
    try way.hub.reach(.afterSend)
    switch outcome {
    case .done(let written):
      try land(row, leaving.kind, leaving.title, written)
      return nil
    case .refused(let error), .gone(let error):
      try refuse(
        row, leaving.title, error.hint.isEmpty ? error.message : "\(error.message) \(error.hint)")
      return nil
    case .stale:
      row.state = .waiting
      try keep(row)
      return nil
    case .doubt(let error):
      (row.state, row.result) = (.doubt, error.message)
      try keep(row)
      return .failed(error)
    case .notSent(let error):
      row.state = .waiting
      if row.attempts >= Self.attemptsMax {
        try refuse(
          row, leaving.title, "\(error.message) Given up after \(row.attempts) tries.")
        return nil
      }
      try keep(row)
      return TaskEnd(error)
    }
  }

  private func preview(_ leaving: LeavingRecord, _ problems: [PostingProblem]) {
    let resource = leaving.kind.resource
    guard problems.isEmpty else {
      let text = problems.map(\.sentence).joined(separator: " ")
      way.state.say(.warning, "\(leaving.title) would not be sent to Buildium: \(text)")
      return
    }
    way.state.count(resource) { $0.sourceCreated += 1 }
    let record = leaving.record
    way.state.plan(
      PlannedWrite(
        service: way.writer.service, key: RemoteKey(.rentbook, resource, leaving.localID),
        action: .create,
        changes: record.fields.keys.sorted().filter { !record[$0].isNull }.map {
          PlannedWrite.Change(field: $0, before: .null, after: record[$0])
        }))
  }

  private func refuse(_ row: BornRow, _ title: String, _ reason: String) throws(SyncError) {
    var row = row
    row.state = .refused
    row.result = "\(title) was not sent to Buildium: \(reason)"
    guard let kind = LeavingRecord.Kind(rawValue: row.table) else { return }
    let (refused, now) = (row, way.state.now)
    try way.hub.write { (tables) throws(StorageError) in
      try tables.sync.keep(refused, at: now)
      try tables.records.noteRefused(kind, refused.remoteID, refused.result)
      try tables.records.journal(
        JournalEntry(
          kind: .refused, service: way.writer.service, resource: kind.resource,
          localID: refused.remoteID, key: nil, note: refused.result))
    }
    way.state.count(kind.resource) { $0.failed += 1 }
    way.state.say(.error, row.result, nil)
  }

  /// Ties the record here to the one that was made of it, in the transaction that takes that in: it
  /// is never taken for another one.
  private func land(
    _ row: BornRow, _ kind: LeavingRecord.Kind, _ title: String, _ written: WrittenRecord
  ) throws(SyncError) {
    var row = row
    let now = way.state.now
    (row.state, row.key, row.isTold) = (.answered, written.key, true)
    row.result = "\(title) was sent to Buildium on \(way.today) as \(written.key)."
    let created = row
    try way.hub.write { (tables) throws(StorageError) in
      try tables.records.adopt(kind, created.remoteID, key: written.key)
      var counts = StoredCounts()
      for record in written.records {
        try tables.take(record, run: 0, received: now, &counts)
      }
      try tables.sync.keep(created, at: now)
      try tables.records.journal(
        JournalEntry(
          kind: .created, service: way.writer.service, resource: kind.resource,
          localID: created.remoteID, key: written.key, note: created.result))
    }
    way.state.count(kind.resource) { $0.sourceCreated += 1 }
  }

  // MARK: Doubts

  /// Looks for what became of creates whose answer never came.
  private func settleDoubts(_ kind: LeavingRecord.Kind) throws(SyncError) -> TaskEnd? {
    let epoch = way.hub.epoch
    let known = try way.hub.read { (sync) throws(StorageError) in
      try sync.born(.rentbook, kind.rawValue, in: [.doubt, .inflight], limit: Self.recordsMax)
    }
    var open = known.filter { $0.state == .doubt || $0.epoch != epoch }
    for look in 1...2 where !open.isEmpty {
      if look > 1 {
        way.state.clock.wait(
          nanoseconds: Self.waitNanoseconds, cancellation: way.state.cancellation)
      }
      var missing: [BornRow] = []
      for row in open {
        if way.state.shouldStop { return .interrupted }
        let title = Self.title(row)
        guard let new = Self.restored(row, kind) else {
          try refuse(row, title, "What was sent cannot be read any more; look for it there.")
          continue
        }
        let found: WrittenRecord?
        do throws(ProviderError) {
          found = try way.writer.probe(new, ignoring: [], cancellation: way.state.cancellation)
        } catch {
          return TaskEnd(error)
        }
        if let found { try land(row, kind, title, found) } else { missing.append(row) }
      }
      open = missing
    }
    for var row in open {
      // Two looks did not find it: it is sent anew, with a mark of its own.
      (row.state, row.marker, row.sent) = (.waiting, nil, nil)
      try keep(row)
    }
    return nil
  }

  private static func title(_ row: BornRow) -> String {
    (try? JSONValue(parsing: row.fields))?["title"]?.string ?? "A record of \(row.table)"
  }

  private static func restored(_ row: BornRow, _ kind: LeavingRecord.Kind) -> NewRecord? {
    guard let marker = row.marker.flatMap({ IntentMarker($0) }),
      let sent = row.sent.flatMap({ try? JSONValue(parsing: $0) })
    else { return nil }
    return NewRecord(
      intentID: row.remoteID, marker: marker, record: Record(json: sent, of: kind.resource))
  }
}
