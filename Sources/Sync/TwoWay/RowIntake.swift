import Domain
import Storage

/// Takes rows of the mirror in, as they were read, within one transaction.
///
/// What is as it was last agreed leaves no trace: our own writes come back this way and are nothing
/// new. What is not stands beside the pair until it is merged.
struct RowIntake {
  let way: TwoWay
  let tables: HubTables
  let now: Instant

  private var sync: SyncState { tables.sync }
  private var service: Service { way.mirror.service }

  /// Takes rows that are there.
  func take(_ table: ObservedTable, _ rows: [ObservedRow]) throws(StorageError) {
    guard let resource = table.resource else {
      for row in rows where row.key == .none { try takeBorn(row, table) }
      return
    }
    let fields = way.fields(of: resource)
    for row in rows {
      if let known = try sync.sink(service, resource, remoteID: row.remoteID) {
        try take(row, known, resource, fields)
      } else if let key = row.key.key {
        try takeStranger(row, key, resource)
      } else if table.hasPosting, row.key == .none {
        try takeBorn(row, table)
      }
    }
  }

  /// Takes rows that are surely not there any more: they were asked for by their ids.
  func lose(_ table: ObservedTable, _ ids: [String]) throws(StorageError) {
    for id in ids {
      try way.forget(id, of: table, isGone: true, tables)
      guard let resource = table.resource,
        let known = try sync.sink(service, resource, remoteID: id), !known.isGone,
        known.waiting != .missing
      else { continue }
      // A row that is being written is settled first.
      guard try sync.openIntent(service, resource, localID: known.localID) == nil else { continue }
      var pair =
        try sync.pair(service, resource, localID: known.localID)
        ?? PairRow(service, resource, known.localID)
      guard !pair.isGone else { continue }
      pair.isGone = true
      try sync.keep(pair)
      try sync.mark(service, resource, localID: known.localID)
    }
  }

  // MARK: A row of ours

  /// Whether a row that is about to be written shows what it was last known to show.
  func isAsExpected(_ known: SinkRow, _ row: ObservedRow?) throws(StorageError) -> Bool {
    guard let row else { return false }
    let resource = known.key.resource
    let fields = way.fields(of: resource)
    let pair = try sync.pair(service, resource, localID: known.localID)
    let expected = Canon.fields(BaseText.read(pair?.seen ?? known.base, fields))
    let names = Set(fields.map(\.name))
    let seen = Canon.fields(row.fields.filter { names.contains($0.key) })
    return Set(seen.keys).union(expected.keys).allSatisfy {
      row.unreadable[$0] != nil || seen[$0] ?? .null == expected[$0] ?? .null
    }
  }

  private func take(
    _ row: ObservedRow, _ known: SinkRow, _ resource: Resource, _ fields: [FieldDefinition]
  ) throws(StorageError) {
    // An answer that is still on its way would be taken for a person's edit.
    guard try sync.openIntent(service, resource, localID: known.localID) == nil else { return }
    let names = Set(fields.map(\.name))
    let unreadable = row.unreadable.keys.filter(names.contains).sorted()
    let seen = Canon.fields(row.fields.filter { names.contains($0.key) })
    let base = Canon.fields(BaseText.read(known.base, fields))
    var pair =
      try sync.pair(service, resource, localID: known.localID)
      ?? PairRow(service, resource, known.localID)
    let before = pair
    let isBase = Set(seen.keys).union(base.keys).allSatisfy {
      unreadable.contains($0) || seen[$0] ?? .null == base[$0] ?? .null
    }
    pair.isGone = false
    // A column that cannot be read matters where something else is out of step.
    pair.unreadable = isBase ? [] : unreadable
    let text = isBase ? nil : BaseText.write(seen)
    if text != pair.seen {
      pair.seen = text
      pair.editedAfter =
        before.seen == nil
        ? try sync.memory(service, Self.lastLookMemory).flatMap { Instant($0) } : before.editedAfter
      pair.editedBefore = text == nil ? nil : now
    }
    if pair != before {
      try sync.keep(pair)
      try sync.mark(service, resource, localID: known.localID)
    }
    if row.key.key != known.key { try mendKey(row, known, resource) }
  }

  static let lastLookMemory = "last_look"

  /// Somebody changed the key of a row that is ours: it is put back with the answers.
  private func mendKey(
    _ row: ObservedRow, _ known: SinkRow, _ resource: Resource
  ) throws(StorageError) {
    var born = BornRow(
      service: service, table: resource.rawValue, remoteID: row.remoteID, fields: "{}", seenAt: now)
    (born.state, born.key, born.isTold) = (.answered, known.key, false)
    try sync.keep(born, at: now)
    way.state.say(
      .warning,
      "The key of \(known.key) was changed at \(service.title); it is put back.", known.key)
  }

  /// A row with the key of a record whose row is another: pasted twice, or the record is unknown.
  private func takeStranger(
    _ row: ObservedRow, _ key: RemoteKey, _ resource: Resource
  ) throws(StorageError) {
    guard key.resource == resource, let source = try sync.source(key), !source.isGone,
      let known = try sync.sink(service, resource, localID: source.localID),
      known.remoteID != row.remoteID,
      try sync.openIntent(service, resource, localID: known.localID) == nil
    else { return }
    guard known.remoteID != nil else {
      // The record has no row as far as is known here: this is it.
      let linker = Linker(
        hub: way.hub, sink: way.mirror, state: way.state, resource: resource, mapping: "", way: way)
      let found = FoundRow(
        key: key, remoteID: row.remoteID, record: Record(resource, row.fields))
      _ = try linker.adopt(found, run: 0, now: now, tables)
      try sync.mark(service, resource, localID: known.localID)
      return
    }
    let text = Linker.twoRows(key, at: service)
    guard known.waiting != .duplicate else { return }
    let intent = Intent(
      service: service, localID: known.localID, key: key, action: .create, remoteID: nil,
      fields: "{}", stamp: known.stamp)
    let id = try sync.put(intent, epoch: way.hub.epoch, at: now)
    try sync.bury(intent: id, text, kind: SinkRow.Waiting.duplicate.rawValue, at: now)
    try sync.setWaiting(service, resource, localID: known.localID, .duplicate)
    way.state.count(resource) { $0.failed += 1 }
    way.state.say(.error, text, key)
  }

  // MARK: A row born there

  private func takeBorn(_ row: ObservedRow, _ table: ObservedTable) throws(StorageError) {
    let known = try sync.born(service, table.name, row.remoteID)
    guard row.wantsPosting else {
      if known != nil { try way.forget(row.remoteID, of: table, isGone: false, tables) }
      return
    }
    let text = Self.text(row)
    if var known {
      switch known.state {
      // What was sent is sent: an edit since then is merged once the record is linked.
      case .inflight, .doubt, .created: return
      case .waiting, .refused, .answered:
        guard known.fields != text else { return }
        (known.fields, known.state, known.seenAt) = (text, .waiting, now)
        try sync.keep(known, at: now)
      }
    } else {
      try sync.keep(
        BornRow(
          service: service, table: table.name, remoteID: row.remoteID, fields: text, seenAt: now),
        at: now)
    }
  }

  /// What the row holds, with why some of it cannot be told: that is part of what is checked.
  static func text(_ row: ObservedRow) -> String {
    var object = JSONObject()
    for name in row.fields.keys.sorted() { object[name] = row.fields[name]?.json }
    var problems = JSONObject()
    for name in row.unreadable.keys.sorted() {
      problems[name] = .string(row.unreadable[name] ?? "")
    }
    return JSONValue.object(["fields": .object(object), "problems": .object(problems)])
      .canonicalText
  }
}
