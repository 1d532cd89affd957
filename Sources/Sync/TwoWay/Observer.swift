import Background
import Domain
import Storage

/// Reads what people did at the mirror: from its feed of changes where that told everything, whole
/// otherwise. Each answer is stored in one transaction with the place where the next question starts.
struct Observer {
  /// Answers of the feed in one run; 50 changes each.
  private static let answersMax = 2_000
  /// A table of more pages means a cursor that does not move.
  private static let pagesMax = 10_000
  /// Times a listing may begin again before it counts as a failure.
  private static let restartsMax = 3
  /// Rows read in one call by their ids.
  private static let idsMax = 100
  /// So many rows are gathered from several answers before they are read: an answer names fifty, of
  /// any tables, and a call reads a hundred of one.
  private static let gatheredMax = 1_000
  /// The deletions a sweep may conclude without a person: so many, or so large a part of what is
  /// known, whichever is more.
  private static let absentMax = 10
  private static let absentPercent = 2
  /// How many names a message lists.
  private static let namesMax = 20
  private static let feedMemory = "feed"
  private static let sweptMemory = "swept_at"

  let way: TwoWay

  private var service: Service { way.mirror.service }

  /// Reads everything that happened since the last time.
  func observe() -> TaskEnd {
    do throws(SyncError) {
      let began = way.state.now
      if let end = tellDrift() { return end }
      try watchColumns()
      let cursor = try memory(Self.feedMemory)
      // A feed is made at the mirror, which a dry run must not do.
      let end =
        cursor == nil && way.options.isDryRun ? try sweep() : try follow(cursor)
      guard case .done = end else { return end }
      let service = service
      try way.hub.write { (tables) throws(StorageError) in
        try tables.sync.remember(service, RowIntake.lastLookMemory, began.description)
      }
      return .done
    } catch {
      return TaskEnd(error)
    }
  }

  /// Takes back what was agreed in columns that are gone; every row is read again then.
  private func watchColumns() throws(SyncError) {
    guard try ColumnWatch(way: way).look() else { return }
    let service = service
    try way.hub.write { (tables) throws(StorageError) in
      try tables.sync.remember(service, Self.sweptMemory, "")
    }
  }

  /// Says which columns were renamed, deleted or made of another kind, and what to do. What cannot
  /// be read is left alone on both sides, and the rest goes on. What keeps the schema from being read
  /// keeps the rows too: the end of the look then.
  private func tellDrift() -> TaskEnd? {
    let drift: [SchemaDrift]
    do throws(ProviderError) {
      drift = try way.mirror.drift(way.state.cancellation)
    } catch {
      return TaskEnd(error)
    }
    for difference in drift {
      way.state.say(
        difference.isUnreadable ? .warning : .info,
        difference.hint.isEmpty
          ? difference.sentence : "\(difference.sentence) \(difference.hint)", nil)
    }
    return nil
  }

  private func memory(_ name: String) throws(SyncError) -> String? {
    let service = service
    return try way.hub.read { (sync) throws(StorageError) in try sync.memory(service, name) }
  }

  // MARK: The feed

  private func follow(_ start: String?) throws(SyncError) -> TaskEnd {
    var cursor = start
    var isSwept = false
    if try memory(Self.sweptMemory) == nil || (way.options.isFull && way.options.sweepsSink) {
      isSwept = true
    }
    var gathered: [ObservedTable: Set<String>] = [:]
    for _ in 0..<Self.answersMax {
      if way.state.shouldStop { return .interrupted }
      let answer: FeedAnswer
      do throws(ProviderError) {
        answer = try way.mirror.changes(since: cursor, cancellation: way.state.cancellation)
      } catch {
        switch error.kind {
        case .forbidden, .unsupported, .refused, .notFound:
          // Without a feed every table is read whole, which is slower and as sure.
          try watchColumns()
          return try sweep()
        default: return TaskEnd(error)
        }
      }
      // The columns looked at when the run began may have been of an older schema. Before any row is
      // taken in it must be known which cells nobody emptied.
      if answer.changesSchema { try watchColumns() }
      if answer.sweepNeeded != nil { isSwept = true }
      for (table, changes) in answer.changes where isChosen(table) {
        gathered[table, default: []].formUnion(changes.changed + changes.destroyed)
      }
      cursor = answer.next
      if answer.mightHaveMore, gathered.reduce(0, { $0 + $1.value.count }) < Self.gatheredMax {
        continue
      }
      let rows = try read(gathered)
      guard let rows else { return .interrupted }
      gathered = [:]
      let (service, now, next) = (service, way.state.now, answer.next)
      let needsSweep = isSwept
      try way.hub.write { (tables) throws(StorageError) in
        for (table, seen, gone) in rows {
          try intake(tables, now: now).take(table, seen)
          try intake(tables, now: now).lose(table, gone)
        }
        try tables.sync.remember(service, Self.feedMemory, next)
        // A sweep that is due stays due until it was done, whatever happens in between.
        if needsSweep { try tables.sync.remember(service, Self.sweptMemory, "") }
      }
      if !answer.mightHaveMore {
        let swept = try memory(Self.sweptMemory)
        return isSwept || swept?.isEmpty != false ? try sweep() : .done
      }
    }
    return .dead("The changes at \(service.title) did not end after \(Self.answersMax) answers.")
  }

  private typealias Read = [(ObservedTable, [ObservedRow], [String])]

  /// The rows the feed speaks of, read again: what it says of them is a hint.
  private func read(_ gathered: [ObservedTable: Set<String>]) throws(SyncError) -> Read? {
    var all: Read = []
    for table in gathered.keys.sorted() {
      guard let (rows, absent) = try read(table, gathered[table, default: []].sorted()) else {
        return nil
      }
      all.append((table, rows, absent))
    }
    return all
  }

  private func read(
    _ table: ObservedTable, _ ids: [String]
  ) throws(SyncError) -> ([ObservedRow], absent: [String])? {
    var rows: [ObservedRow] = []
    for start in stride(from: 0, to: ids.count, by: Self.idsMax) {
      if way.state.shouldStop { return nil }
      let chunk = Array(ids[start..<min(start + Self.idsMax, ids.count)])
      do throws(ProviderError) {
        rows += try way.mirror.observe(table, ids: chunk, cancellation: way.state.cancellation)
      } catch {
        throw .service(error)
      }
    }
    let there = Set(rows.map(\.remoteID))
    return (rows, ids.filter { !there.contains($0) })
  }

  private func isChosen(_ table: ObservedTable) -> Bool {
    way.options.resources?.contains(table.resource ?? .transactions) ?? true
  }

  private func intake(_ tables: HubTables, now: Instant) -> RowIntake {
    RowIntake(way: way, tables: tables, now: now)
  }

  // MARK: A sweep

  private func sweep() throws(SyncError) -> TaskEnd {
    for table in ObservedTable.all where isChosen(table) {
      let end = try sweep(table)
      guard case .done = end else { return end }
    }
    let (service, now) = (service, way.state.now)
    if way.options.resources == nil {
      try way.hub.write { (tables) throws(StorageError) in
        try tables.sync.remember(service, Self.sweptMemory, now.description)
      }
    }
    return .done
  }

  private func sweep(_ table: ObservedTable) throws(SyncError) -> TaskEnd {
    let service = service
    let known = try way.hub.read { (sync) throws(StorageError) in
      try table.resource.map { (resource) throws(StorageError) in
        try sync.sinkIDs(service, resource)
      } ?? []
    }
    var seen: Set<String> = []
    var cursor: String?
    var restarts = 0
    for _ in 0..<Self.pagesMax {
      if way.state.shouldStop { return .interrupted }
      let page: ObservedPage
      do throws(ProviderError) {
        page = try way.mirror.observe(table, cursor: cursor, cancellation: way.state.cancellation)
      } catch {
        // A table that is missing is said by whoever would write to it.
        if error.kind == .notSetUp { return .done }
        return TaskEnd(error)
      }
      if page.restarted {
        restarts += 1
        guard restarts <= Self.restartsMax else {
          return .dead("The listing of \(table) at \(service.title) keeps beginning again.")
        }
        seen = []
      }
      seen.formUnion(page.rows.map(\.remoteID))
      let now = way.state.now
      try way.hub.write { (tables) throws(StorageError) in
        try intake(tables, now: now).take(table, page.rows)
      }
      cursor = page.next
      if cursor == nil {
        guard let resource = table.resource else { return .done }
        return try conclude(
          table, resource, known: known, absent: known.filter { !seen.contains($0) })
      }
    }
    return .dead("\(table) at \(service.title) did not end after \(Self.pagesMax) pages.")
  }

  /// Absence is never a deletion: every absent row is asked for by its id, and a number of them that
  /// looks like an accident waits for a person.
  private func conclude(
    _ table: ObservedTable, _ resource: Resource, known: [String], absent: [String]
  ) throws(SyncError) -> TaskEnd {
    let service = service
    guard !absent.isEmpty else {
      if !way.options.isDryRun { try MassChange.end(way.hub, .lost, service, resource) }
      return .done
    }
    guard let (rows, gone) = try read(table, absent) else { return .interrupted }
    let limit = max(Self.absentMax, known.count * Self.absentPercent / 100)
    if gone.count > limit, !way.options.accepts(.lost, gone.count) {
      let names = try way.hub.read { (sync) throws(StorageError) in
        var names: [String] = []
        for id in gone.prefix(HeldChange.namesMax) {
          if let row = try sync.sink(service, resource, remoteID: id) {
            names.append(row.key.description)
          }
        }
        return names
      }
      way.state.count(resource) { $0.failed += 1 }
      let text =
        "\(gone.count) of \(known.count) rows of \(resource.title) are missing at "
        + "\(service.title); nothing was concluded from that. Missing: "
        + names.prefix(Self.namesMax).joined(separator: ", ")
        + (gone.count > Self.namesMax ? " and more" : "")
        + ". If they were meant to go, run `rentbook sync --full --resource \(resource) "
        + "--accept-mass-change`."
      if !way.options.isDryRun {
        let held = HeldChange(
          .lost, service, resource, text: text, names: names, count: gone.count)
        try way.hub.write { (tables) throws(StorageError) in
          try MassChange.hold(tables.records, held)
        }
      }
      way.state.say(.error, text, nil)
      return .done
    }
    let now = way.state.now
    let person = way.options.person
    try way.hub.write { (tables) throws(StorageError) in
      if gone.count > limit {
        try MassChange.permit(tables.records, .lost, service, resource, by: person)
      } else {
        try tables.sync.endHeld(.lost, service, resource)
      }
      try intake(tables, now: now).take(table, rows)
      try intake(tables, now: now).lose(table, gone)
    }
    return .done
  }
}
