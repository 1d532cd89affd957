import Domain
import Storage

/// Rows of the mirror that a run is about to overwrite, so many at once that it looks like an
/// accident at the service that holds the records: they wait, by name, until a person says that they
/// are meant.
struct MassChange {
  /// The rows one run overwrites by itself: so many, or so large a part of what is known, whichever
  /// is more.
  private static let rowsMax = 100
  private static let percent = 30
  /// Rows looked at in one transaction.
  private static let portion = 400
  /// How many names a message lists.
  private static let namesMax = 20

  let way: TwoWay
  let resource: Resource

  /// Why nothing may be sent; nil when it may.
  func hold() throws(SyncError) -> String? {
    guard !way.options.isDryRun else { return nil }
    let (mirror, resource) = (way.mirror.service, resource)
    let (waiting, known) = try way.hub.read { (sync) throws(StorageError) in
      (try sync.sendableCount(mirror, resource), try sync.sinkIDs(mirror, resource).count)
    }
    let limit = max(Self.rowsMax, known * Self.percent / 100)
    // Most runs end here: what is not even looked at cannot be overwritten.
    guard waiting > limit else {
      try Self.end(way.hub, .overwritten, mirror, resource)
      return nil
    }
    let names = try overwritten()
    guard names.count > limit else {
      try Self.end(way.hub, .overwritten, mirror, resource)
      return nil
    }
    if way.options.accepts(.overwritten, names.count) {
      let person = way.options.person
      try way.hub.write { (tables) throws(StorageError) in
        try Self.permit(tables.records, .overwritten, mirror, resource, by: person)
      }
      return nil
    }
    let text =
      "\(names.count) of \(known) rows of \(resource.title) would be overwritten at \(mirror.title) "
      + "by what \(way.writer.service.title) shows now; nothing was sent. They are: "
      + names.prefix(Self.namesMax).joined(separator: ", ")
      + (names.count > Self.namesMax ? " and more" : "")
      + ". Look at some of them (`rentbook sync --dry-run` lists every value). If they are meant, run "
      + "`rentbook sync --resource \(resource) --accept-mass-change`."
    let held = HeldChange(
      .overwritten, mirror, resource, text: text, names: names, count: names.count)
    try way.hub.write { (tables) throws(StorageError) in
      try Self.hold(tables.records, held)
    }
    return text
  }

  /// The keys of the rows in which a value that stands there is replaced or cleared. One that fills
  /// an empty cell destroys nothing.
  private func overwritten() throws(SyncError) -> [String] {
    let (mirror, resource) = (way.mirror.service, resource)
    let fields = way.fields(of: resource)
    var names: [String] = []
    var after: LocalID?
    // Each turn ends with a later row, so there are as many as rows.
    while true {
      let last = after
      let rows = try way.hub.write { (tables) throws(StorageError) in
        let rows = try tables.sync.sendable(mirror, resource, after: last, limit: Self.portion)
        for row in rows where row.remoteID != nil && !row.isGone {
          let record = try tables.mirror(resource, row.localID, key: row.key, today: way.today)
          let base = Canon.fields(BaseText.read(row.base, fields))
          if base.contains(where: { Canon.value(record?[$0.key] ?? .null) != $0.value }) {
            names.append(row.key.description)
          }
        }
        return rows
      }
      guard rows.count == Self.portion else { return names }
      after = rows.last?.localID
    }
  }

  // MARK: On record

  /// Puts on record that many changes wait for a person, once for as long as they are the same.
  static func hold(_ records: SyncRecords, _ held: HeldChange) throws(StorageError) {
    let known = try records.sync.held(held.kind, held.service, held.resource)
    guard known != held else { return }
    try records.sync.keep(held)
    guard known?.text != held.text else { return }
    try records.journal(
      JournalEntry(
        kind: .held, service: held.service, resource: held.resource, localID: "", key: nil,
        note: held.text))
  }

  /// Puts on record who let them go.
  static func permit(
    _ records: SyncRecords, _ kind: HeldChange.Kind, _ service: Service, _ resource: Resource,
    by person: String
  ) throws(StorageError) {
    guard let held = try records.sync.held(kind, service, resource) else { return }
    try records.sync.endHeld(kind, service, resource)
    try records.journal(
      JournalEntry(
        kind: .permitted, service: service, resource: resource, localID: "", key: nil,
        note: held.text, actor: person))
  }

  /// What waited is over by itself, if it did.
  static func end(
    _ hub: Hub, _ kind: HeldChange.Kind, _ service: Service, _ resource: Resource
  ) throws(SyncError) {
    let isHeld = try hub.read { (sync) throws(StorageError) in
      try sync.held(kind, service, resource) != nil
    }
    guard isHeld else { return }
    try hub.write { (tables) throws(StorageError) in
      try tables.sync.endHeld(kind, service, resource)
    }
  }
}
