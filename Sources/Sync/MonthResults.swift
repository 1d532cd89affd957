// Figures of finalised months, taken up as records so that they reach the sink like any other.
import Domain
import Storage

extension Hub {
  private static let takenMemory = "month_results_taken"

  /// Takes up the rows of every month that was finalised or reopened since the last time, each month
  /// in one transaction: new and changed rows, and those that a new version no longer has.
  ///
  /// Rows of a reopened month stay where they are and say so, until the month is final again.
  func takeResults() throws(SyncError) {
    let (months, memory) = try read { (sync) throws(StorageError) in
      (try sync.resultMonths(), try sync.memory(.rentbook, Self.takenMemory) ?? "")
    }
    var taken: [String: String] = [:]
    for entry in memory.split(separator: " ") {
      let parts = entry.split(separator: "=")
      if parts.count == 2 { taken[String(parts[0])] = String(parts[1]) }
    }
    for month in months where taken[month.month] != month.stamp {
      taken[month.month] = month.stamp
      let text = taken.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        .joined(separator: " ")
      try write { (tables) throws(StorageError) in
        try tables.take(month)
        try tables.sync.remember(.rentbook, Self.takenMemory, text)
      }
    }
  }

  /// A base from before the month's tables goes on without them, and is told so once a run, when
  /// there is something that cannot go there.
  func tellOfMissing(_ missing: [Resource], _ state: RunState) throws(SyncError) {
    let waiting = try read { (sync) throws(StorageError) in
      var waiting: [Resource] = []
      for resource in missing where try sync.sendableCount(sink, resource) > 0 {
        waiting.append(resource)
      }
      return waiting
    }
    guard !waiting.isEmpty else { return }
    let tables = waiting.map(\.title).joined(separator: " and ")
    state.say(
      .warning,
      "\(sink.title) has no table for \(tables): figures of final months stay here. "
        + "`rentbook airtable setup` makes it.")
  }
}

extension HubTables {
  fileprivate func take(_ month: ResultMonth) throws(StorageError) {
    let rows = try sync.results(of: month)
    var counts = StoredCounts()
    for row in rows { try take(row, run: 0, received: nil, &counts) }
    let keys = Set(rows.map(\.key))
    for resource in Resource.mirrored where resource.isResult {
      for id in try sync.resultIDs(resource, month: month.month) {
        let key = RemoteKey(.rentbook, resource, id)
        if !keys.contains(key) { try drop(key, at: records.now) }
      }
    }
  }
}
