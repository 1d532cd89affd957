import Background
import Domain
import Storage

/// Sees to the rows born at the mirror that ask for a record: checks them, says in the row what is
/// wrong, or has the record made and tells the row its key.
///
/// A transaction is sent to the service by its row. A bill waits here for its approval first, and
/// leaves like any other (``HomeWorker``).
struct PostingWorker: CreateOwner {
  /// Rows worked on in one run.
  private static let rowsMax = 5_000
  /// Rows read and answered in one call.
  private static let batchMax = 100

  let way: TwoWay
  let table: ObservedTable

  private var mirror: Service { way.mirror.service }
  private var resource: Resource { table.resource ?? .transactions }
  private var desk: CreateDesk<PostingWorker> { CreateDesk(way: way, owner: self) }
  private var facts: StoredFacts {
    StoredFacts(
      context: StoredContext(hub: way.hub, service: way.writer.service), today: way.today)
  }

  /// Checks every row that asks, and has made what can be made.
  func work() -> TaskEnd {
    do throws(SyncError) {
      let sent: Resource = table == .of(.bills) ? .bills : .transactions
      if let end = try desk.settleDoubts(mirror, table.name, of: sent, limit: Self.rowsMax) {
        return end
      }
      return try workOnWaiting() ?? .done
    } catch {
      return TaskEnd(error)
    }
  }

  /// Tells the rows what became of them.
  func answer() -> TaskEnd {
    do throws(SyncError) {
      if table == .of(.bills) { try noteStandings() }
      return try tell()
    } catch {
      return TaskEnd(error)
    }
  }

  private func rows(_ states: BornRow.State...) throws(SyncError) -> [BornRow] {
    let (mirror, table) = (mirror, table)
    return try way.hub.read { (sync) throws(StorageError) in
      try sync.born(mirror, table.name, in: states, limit: Self.rowsMax)
    }
  }

  // MARK: Checking

  private func workOnWaiting() throws(SyncError) -> TaskEnd? {
    let waiting = try rows(.waiting)
    for start in stride(from: 0, to: waiting.count, by: Self.batchMax) {
      let batch = waiting[start..<min(start + Self.batchMax, waiting.count)]
      let shown: [ObservedRow]
      do throws(ProviderError) {
        // Read once more: what is posted is what stands there now.
        shown = try way.mirror.observe(
          table, ids: batch.map(\.remoteID), cancellation: way.state.cancellation)
      } catch {
        return TaskEnd(error)
      }
      let byID = Dictionary(shown.map { ($0.remoteID, $0) }) { first, _ in first }
      for row in batch {
        if way.state.shouldStop { return .interrupted }
        let now = byID[row.remoteID]
        guard let now, now.wantsPosting, now.key == .none else {
          let table = table
          try way.hub.write { (tables) throws(StorageError) in
            try way.forget(row.remoteID, of: table, isGone: now == nil, tables)
          }
          continue
        }
        if let end = try work(on: row, now) { return end }
      }
    }
    return nil
  }

  private func work(on row: BornRow, _ shown: ObservedRow) throws(SyncError) -> TaskEnd? {
    var row = row
    row.fields = RowIntake.text(shown)
    let draft: PostingDraft
    var problems: [PostingProblem]
    do throws(ProviderError) {
      draft = try PostingDraft(shown, in: table, facts: facts)
      problems = draft.problems
      if problems.isEmpty { problems = try desk.problems(with: draft.record) }
    } catch {
      return TaskEnd(error)
    }
    guard problems.isEmpty else {
      try refuse(row, problems.map(\.sentence).joined(separator: " "))
      return nil
    }
    if table == .of(.bills) { return try submit(row, draft.record) }
    if way.options.isDryRun {
      desk.preview(draft.record, as: RemoteKey(mirror, resource, row.remoteID))
      return nil
    }
    return try desk.send(row, draft.record)
  }

  // MARK: What becomes of a transaction

  /// What is wrong stands in the row, and among what a person must look at.
  func refuse(_ row: BornRow, _ reason: String) throws(SyncError) {
    var row = row
    (row.state, row.isTold) = (.refused, false)
    row.result = "Not posted: \(reason)"
    let (refused, now) = (row, way.state.now)
    try way.hub.write { (tables) throws(StorageError) in
      try tables.sync.keep(refused, at: now)
      if table == .of(.bills) { try tables.records.suspend(bornAt: mirror, refused.remoteID) }
      try tables.records.journal(
        JournalEntry(
          kind: .refused, service: way.writer.service, resource: resource, localID: "", key: nil,
          note: "\(table) \(refused.remoteID): \(reason)"))
    }
    way.state.count(resource) { $0.failed += 1 }
    way.state.say(.error, "A new row of \(table) was not posted: \(reason)", nil)
  }

  func isMeant(beside twin: RemoteKey, _ row: BornRow) -> Bool { false }

  /// Links the row with the record that was created for it, in the transaction that takes the record
  /// in: it is never taken for a new one. A forecast stays what it is and only learns the key.
  func land(_ row: BornRow, _ written: WrittenRecord) throws(SyncError) {
    let created = row.created(written.key, way.today)
    let now = way.state.now
    try way.hub.write { (tables) throws(StorageError) in
      try way.take(written, tables)
      if table.resource == written.key.resource {
        try way.link(created.remoteID, fields: created.fields, to: written.key, tables)
      }
      try tables.sync.keep(created, at: now)
      try tables.records.journal(
        JournalEntry(
          kind: .created, service: way.writer.service, resource: written.key.resource,
          localID: "", key: written.key, note: "From a row of \(table): \(created.remoteID)"))
    }
    way.state.count(resource) { $0.sourceCreated += 1 }
  }

  // MARK: Telling the rows

  private func tell() throws(SyncError) -> TaskEnd {
    guard !way.options.isDryRun else { return .done }
    let (mirror, table) = (mirror, table)
    let untold = try way.hub.read { (sync) throws(StorageError) in
      try sync.untold(mirror, table.name, limit: Self.rowsMax)
    }
    for start in stride(from: 0, to: untold.count, by: Self.batchMax) {
      if way.state.shouldStop { return .interrupted }
      let batch = Array(untold[start..<min(start + Self.batchMax, untold.count)])
      let outcomes: [WriteOutcome]
      try way.hub.reach(.beforeSend)
      do throws(ProviderError) {
        outcomes = try way.mirror.answer(
          table,
          batch.map {
            RowAnswer(
              remoteID: $0.remoteID, postResult: $0.result.isEmpty ? nil : $0.result, key: $0.key)
          }, cancellation: way.state.cancellation)
      } catch {
        return TaskEnd(error)
      }
      try way.hub.reach(.afterSend)
      let now = way.state.now
      try way.hub.write { (tables) throws(StorageError) in
        for (row, outcome) in zip(batch, outcomes) {
          var row = row
          switch outcome {
          // An answer is the same however often it is written.
          case .doubt, .notSent: continue
          // The row is gone, or takes no answer: it is not asked again.
          case .done, .refused: row.isTold = true
          }
          if row.state == .created { row.state = .answered }
          try tables.sync.keep(row, at: now)
        }
      }
    }
    return .done
  }
}
