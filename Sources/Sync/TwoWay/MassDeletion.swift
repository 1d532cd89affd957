import Domain
import Storage

/// Rows that were deleted at the mirror, so many at once that it looks like an accident: nothing is
/// concluded from it before a person says what was meant.
struct MassDeletion {
  /// The deletions one run concludes from by itself: so many, or so large a part of what is known,
  /// whichever is more.
  private static let rowsMax = 10
  private static let percent = 2
  /// How many names a message lists; all of them stand among what was given up.
  private static let namesMax = 20

  let way: TwoWay
  let resource: Resource

  private var mirror: Service { way.mirror.service }

  /// Sets such rows aside, each to be made again by a retry; or lets them go on, when a person says
  /// that they were meant to go.
  func hold() throws(SyncError) {
    let (mirror, resource) = (mirror, resource)
    let (gone, known) = try way.hub.read { (sync) throws(StorageError) in
      (try sync.gonePairs(mirror, resource), try sync.sinkIDs(mirror, resource).count)
    }
    let limit = max(Self.rowsMax, known * Self.percent / 100)
    guard !gone.isEmpty else { return try MassChange.end(way.hub, .deleted, mirror, resource) }
    if way.options.accepts(.deleted, gone.count) {
      try release(gone)
    } else if gone.count > limit {
      try setAside(gone, known: known)
    } else if try !isSetAside(gone) {
      try MassChange.end(way.hub, .deleted, mirror, resource)
    }
  }

  /// Whether rows still wait that were set aside when there were more of them.
  private func isSetAside(_ gone: [PairRow]) throws(SyncError) -> Bool {
    let (mirror, resource) = (mirror, resource)
    return try way.hub.read { (sync) throws(StorageError) in
      for pair in gone {
        let row = try sync.sink(mirror, resource, localID: pair.localID)
        if row?.waiting == .missing { return true }
      }
      return false
    }
  }

  private func setAside(_ gone: [PairRow], known: Int) throws(SyncError) {
    let now = way.state.now
    let epoch = way.hub.epoch
    let (names, all) = try way.hub.write { (tables) throws(StorageError) in
      var names: [String] = []
      var all: [String] = []
      for pair in gone {
        guard let row = try tables.sync.sink(mirror, resource, localID: pair.localID) else {
          continue
        }
        all.append(row.key.description)
        guard row.waiting != .missing,
          try tables.sync.openIntent(mirror, resource, localID: pair.localID) == nil
        else { continue }
        let intent = Intent(
          service: mirror, localID: row.localID, key: row.key, action: .create,
          remoteID: row.remoteID, fields: "{}", stamp: row.stamp)
        let id = try tables.sync.put(intent, epoch: epoch, at: now)
        try tables.sync.bury(
          intent: id,
          "The row of \(row.key) was deleted at \(mirror.title), with many others. Retry to make it "
            + "again.", kind: SinkRow.Waiting.missing.rawValue, at: now)
        try tables.sync.setWaiting(mirror, resource, localID: row.localID, .missing)
        names.append(row.key.description)
      }
      return (names, all)
    }
    guard !names.isEmpty else { return }
    way.state.count(resource) { $0.failed += names.count }
    let text =
      "\(gone.count) of \(known) rows of \(resource.title) were deleted at \(mirror.title); nothing was "
      + "concluded from that. Deleted: \(names.prefix(Self.namesMax).joined(separator: ", "))"
      + (names.count > Self.namesMax ? " and more" : "")
      + ". Retry them to have them made again, or run `rentbook sync --accept-mass-change` to let "
      + "the rules decide."
    let held = HeldChange(
      .deleted, mirror, resource, text: text, names: all, count: gone.count)
    try way.hub.write { (tables) throws(StorageError) in
      try MassChange.hold(tables.records, held)
    }
    way.state.say(.error, text, nil)
  }

  private func release(_ gone: [PairRow]) throws(SyncError) {
    let person = way.options.person
    try way.hub.write { (tables) throws(StorageError) in
      try MassChange.permit(tables.records, .deleted, mirror, resource, by: person)
      for pair in gone {
        guard let row = try tables.sync.sink(mirror, resource, localID: pair.localID),
          row.waiting == .missing
        else { continue }
        try tables.sync.endDead(mirror, resource, localID: row.localID)
        try tables.sync.setWaiting(mirror, resource, localID: row.localID, nil)
        try tables.sync.mark(mirror, resource, localID: row.localID)
      }
    }
  }
}
