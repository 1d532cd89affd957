import Domain
import Storage

/// Creates at the service what was entered here: approved bills, the payments and credits that settle
/// them, deposits.
///
/// What the service refuses waits for a person among the dead letters.
struct HomeWorker: CreateOwner {
  /// Records sent in one run.
  private static let recordsMax = 5_000
  /// What goes before what names it.
  private static let groups: [[LeavingRecord.Kind]] = [[.bill], [.payment, .credit], [.deposit]]

  let way: TwoWay

  private var desk: CreateDesk<HomeWorker> { CreateDesk(way: way, owner: self) }

  /// Sends everything that may leave.
  func work() -> TaskEnd {
    do throws(SyncError) {
      for kinds in Self.groups {
        for kind in kinds where !way.options.isDryRun {
          if let end = try desk.settleDoubts(
            .rentbook, kind.rawValue, of: kind.resource, limit: Self.recordsMax)
          {
            return end
          }
        }
        if kinds.contains(.payment), !way.options.isDryRun { try notePartlyApplied() }
        if let end = try send(kinds) { return end }
      }
      return .done
    } catch {
      return TaskEnd(error)
    }
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

  // MARK: What cannot leave

  /// Payments that settle bills with a part of them only wait for a person, who is told so once; they
  /// leave when all of them is applied.
  private func notePartlyApplied() throws(SyncError) {
    let table = LeavingRecord.Kind.payment.rawValue
    let (partial, known) = try way.hub.read { (sync) throws(StorageError) in
      (
        try sync.partlyApplied(limit: Self.recordsMax),
        try sync.born(
          .rentbook, table, in: [.waiting, .refused, .inflight, .doubt, .answered],
          limit: Self.recordsMax)
      )
    }
    var waiting = Dictionary(partial.map { ($0.localID, $0) }) { first, _ in first }
    for row in known {
      let isSame = waiting[row.remoteID].map(Self.fields) == row.fields
      guard Self.isPartlyApplied(row), !isSame else {
        waiting[row.remoteID] = nil
        continue
      }
      try way.hub.write { (tables) throws(StorageError) in
        try tables.sync.forgetBorn(.rentbook, table, row.remoteID)
      }
    }
    for payment in waiting.values.sorted(by: { $0.localID < $1.localID }) {
      var row = BornRow(
        service: .rentbook, table: table, remoteID: payment.localID, fields: "{}",
        seenAt: way.state.now)
      row.fields = Self.fields(payment)
      try refuse(
        row,
        "\(payment.applied == .zero ? "none" : "only \(payment.applied)") of it settles bills, and "
          + "Buildium takes a payment for what it settles. Apply the other \(payment.rest) "
          + "(`rentbook bills apply`), or take it back (`rentbook bills void-payment`).")
    }
  }

  private static func fields(_ payment: SyncState.PartlyApplied) -> String {
    JSONValue.object([
      "title": .string(payment.title), "rest": .string(payment.rest.description),
    ]).text
  }

  private static func isPartlyApplied(_ row: BornRow) -> Bool {
    (try? JSONValue(parsing: row.fields))?["rest"] != nil
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
      problems = try desk.problems(with: leaving.record)
    } catch {
      return TaskEnd(error)
    }
    if way.options.isDryRun {
      preview(leaving, problems)
      return nil
    }
    row.fields = JSONValue.object(["title": .string(leaving.title)]).text
    guard problems.isEmpty else {
      try refuse(row, problems.map(\.sentence).joined(separator: " "))
      return nil
    }
    return try desk.send(row, leaving.record)
  }

  private func preview(_ leaving: LeavingRecord, _ problems: [PostingProblem]) {
    guard problems.isEmpty else {
      let text = problems.map(\.sentence).joined(separator: " ")
      way.state.say(.warning, "\(leaving.title) would not be sent to Buildium: \(text)")
      return
    }
    desk.preview(
      leaving.record, as: RemoteKey(.rentbook, leaving.kind.resource, leaving.localID))
  }

  func refuse(_ row: BornRow, _ reason: String) throws(SyncError) {
    var row = row
    row.state = .refused
    row.result = "\(Self.title(row)) was not sent to Buildium: \(reason)"
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

  /// A bill that the approvers saw beside this one is another one; they were told by its sign.
  func isMeant(beside twin: RemoteKey, _ row: BornRow) throws(SyncError) -> Bool {
    try way.hub.read { (sync) throws(StorageError) in
      try sync.wasKnown(twin, whenApproved: row.remoteID)
    }
  }

  /// Ties the record here to the one that was made of it, in the transaction that takes that in: it
  /// is never taken for another one. A row of the mirror that asked for the bill is its mirror now.
  func land(_ row: BornRow, _ written: WrittenRecord) throws(SyncError) {
    guard let kind = LeavingRecord.Kind(rawValue: row.table) else { return }
    var row = row
    let (now, mirror) = (way.state.now, way.mirror.service)
    (row.state, row.key, row.isTold) = (.answered, written.key, true)
    row.result = "\(Self.title(row)) was sent to Buildium on \(way.today) as \(written.key)."
    let created = row
    try way.hub.write { (tables) throws(StorageError) in
      try tables.records.adopt(kind, created.remoteID, key: written.key)
      try way.take(written, tables)
      try tables.sync.keep(created, at: now)
      if kind == .bill,
        let asked = try tables.records.rowBecomesMirror(of: created.remoteID, at: mirror)
      {
        try way.link(asked.remoteID, fields: asked.fields, to: written.key, tables)
        let born =
          try tables.sync.born(mirror, Resource.bills.rawValue, asked.remoteID)
          ?? BornRow(
            service: mirror, table: Resource.bills.rawValue, remoteID: asked.remoteID,
            fields: asked.fields, seenAt: now)
        try tables.sync.keep(born.created(written.key, way.today), at: now)
      }
      try tables.records.journal(
        JournalEntry(
          kind: .created, service: way.writer.service, resource: kind.resource,
          localID: created.remoteID, key: written.key, note: created.result))
    }
    way.state.count(kind.resource) { $0.sourceCreated += 1 }
  }

  private static func title(_ row: BornRow) -> String {
    (try? JSONValue(parsing: row.fields))?["title"]?.string ?? "A record of \(row.table)"
  }
}
