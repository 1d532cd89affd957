import Domain
import Storage

/// Notices columns that are others than before. A column that was deleted and made again is empty,
/// and nobody emptied it; one that could not be read for a while was typed into unseen.
struct ColumnWatch {
  /// Rows worked on in one transaction.
  private static let portion = 400
  private static let memory = "columns"
  /// Stands before the number of a column that is missing.
  private static let missing = "-"

  let way: TwoWay

  private var service: Service { way.mirror.service }

  /// Compares the columns with those of the last look, and takes back what was agreed in columns that
  /// are gone. Whether every row must be read again.
  func look() throws(SyncError) -> Bool {
    // A dry run works on a copy: what it forgets is remembered by the next run.
    let service = service
    let known = try way.hub.read { (sync) throws(StorageError) in
      try sync.memory(service, Self.memory)
    }
    let before = known.flatMap { try? JSONValue(parsing: $0) }?.object ?? JSONObject()
    var after = before
    var mustSweep = false
    for resource in Resource.mirrored {
      let columns: [String: String]
      do throws(ProviderError) {
        columns = try way.mirror.columns(of: resource, cancellation: way.state.cancellation)
      } catch {
        // Whatever keeps the schema from being read keeps the rows too, and is told there.
        continue
      }
      guard !columns.isEmpty else { continue }
      var entry = after[resource.rawValue]?.object ?? JSONObject()
      var renewed: [String] = []
      for name in Set(columns.keys).union(entry.members.map(\.key)).sorted() {
        let stored = entry[name]?.string
        let old = stored.map { $0.hasPrefix(Self.missing) ? String($0.dropFirst()) : $0 }
        guard let new = columns[name] else {
          entry[name] = old.map { .string(Self.missing + $0) }
          continue
        }
        if let old, old != new { renewed.append(name) }
        if let stored, stored != new { mustSweep = true }
        entry[name] = .string(new)
      }
      if !renewed.isEmpty { try renew(renewed, of: resource) }
      after[resource.rawValue] = .object(entry)
    }
    let text = JSONValue.object(after).canonicalText
    if text != known {
      try way.hub.write { (tables) throws(StorageError) in
        try tables.sync.remember(service, Self.memory, text)
      }
    }
    return mustSweep
  }

  /// Doing it again changes nothing, so it may be cut off anywhere before it is noted.
  private func renew(_ names: [String], of resource: Resource) throws(SyncError) {
    way.state.say(
      .warning,
      "\(names.joined(separator: ", ")) of \(resource.title) stands in a new column at "
        + "\(service.title); it is filled again, and nothing is cleared because it is empty.", nil)
    var after: LocalID?
    // Each turn ends with a later row, so there are as many as rows.
    while true {
      let (service, last) = (service, after)
      let rows = try way.hub.write { (tables) throws(StorageError) in
        let rows = try tables.sync.linked(service, resource, after: last, limit: Self.portion)
        for row in rows { try renew(names, row, tables) }
        return rows
      }
      guard rows.count == Self.portion else { return }
      after = rows.last?.localID
    }
  }

  private func renew(
    _ names: [String], _ row: SinkRow, _ tables: HubTables
  ) throws(StorageError) {
    let resource = row.key.resource
    let record =
      row.isGone ? nil : try tables.mirror(resource, row.localID, key: row.key, today: way.today)
    let desk = try way.desk(tables, resource, isOpen: Sides(both: false))
    var pair = try desk.lay(row, mirror: record)
    for name in names { _ = try desk.step(&pair, .renewed(field: name)) }
    // A write whose answer never came went into the column that is gone.
    if let intent = try tables.sync.openIntent(service, resource, localID: row.localID) {
      try tables.sync.strip(intent: intent.id, fields: BaseText.without(names, intent.fields))
    }
    try tables.sync.mark(service, resource, localID: row.localID)
  }
}
