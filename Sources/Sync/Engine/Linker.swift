import Background
import Domain
import Storage

/// Links the store with a sink that is already full: reads every row that carries a key, once.
///
/// What is seen becomes the base, so that only differences are written, and a record that is there
/// is never made a second time.
struct Linker {
  /// A table of more pages means a cursor that does not move: 500,000 rows at 100 a page, doubled.
  private static let pagesMax = 10_000
  /// So many rows to be made are worth reading a whole table.
  private static let seekMax = 500
  /// Keys asked for in one call.
  private static let seekBatch = 100

  let hub: Hub
  let sink: any SinkProvider
  let state: RunState
  let resource: Resource
  /// The fields the sink takes, which is what was compared.
  let mapping: String
  /// The way back; nil where records flow one way only.
  let way: TwoWay?

  /// Reads all rows, from where an earlier try ended.
  func link() -> TaskEnd {
    do throws(SyncError) {
      let service = sink.service
      let resource = resource
      let now = state.now
      let known = try hub.read { (sync) throws(StorageError) in try sync.pull(service, resource) }
      var pull =
        known
        ?? PullState(
          service: service, resource: resource, mode: .full, run: 1, startedAt: now)
      if pull.completeAt != nil {
        pull = PullState(
          service: service, resource: resource, mode: .full, run: pull.run + 1, startedAt: now)
      }
      var strangers = 0
      for _ in 0..<Self.pagesMax {
        if state.shouldStop { return .interrupted }
        let page: (rows: [FoundRow], next: String?)
        do throws(ProviderError) {
          page = try sink.rows(resource, cursor: pull.cursor, cancellation: state.cancellation)
        } catch {
          // An iterator that expired starts again; links already made stay.
          if error.kind == .refused, pull.cursor != nil {
            try hub.write { (tables) throws(StorageError) in
              pull.cursor = nil
              pull.run += 1
              try tables.sync.keep(pull)
            }
          }
          return TaskEnd(error)
        }
        pull.seen += page.rows.count
        pull.cursor = page.next
        pull.mappingHash = mapping
        if page.next == nil {
          pull.completeAt = state.now
          pull.sweptAt = pull.startedAt
        }
        let stored = pull
        let moment = state.now
        strangers += try hub.write { (tables) throws(StorageError) in
          var strangers = 0
          for row in page.rows where !(try adopt(row, run: stored.run, now: moment, tables)) {
            strangers += 1
          }
          try tables.sync.keep(stored)
          return strangers
        }
        if page.next == nil {
          if strangers > 0 {
            state.say(
              .warning,
              "\(strangers) rows of \(resource.title) at \(service.title) carry the key of a "
                + "record that is not known here; they are left alone.")
          }
          return .done
        }
      }
      return .dead(
        "\(resource.title) at \(service.title) did not end after \(Self.pagesMax) pages.")
    } catch {
      return TaskEnd(error)
    }
  }

  /// Looks for rows that carry the key of a record which has none as far as is known here: a store
  /// that was put back from a copy does not know what was made since, and what stands there is not to
  /// be overwritten unseen. Many are found faster by reading the whole table.
  func seek() -> TaskEnd {
    do throws(SyncError) {
      let (service, resource) = (sink.service, resource)
      let waiting = try hub.read { (sync) throws(StorageError) in
        try sync.sendable(service, resource, after: nil, limit: Self.seekMax)
      }
      let keys = waiting.filter { $0.remoteID == nil && !$0.isGone }.map(\.key)
      if waiting.count == Self.seekMax { return link() }
      for start in stride(from: 0, to: keys.count, by: Self.seekBatch) {
        if state.shouldStop { return .interrupted }
        let found: [FoundRow]
        do throws(ProviderError) {
          found = try sink.find(
            resource, keys: Array(keys[start..<min(start + Self.seekBatch, keys.count)]),
            cancellation: state.cancellation)
        } catch {
          return TaskEnd(error)
        }
        guard !found.isEmpty else { continue }
        let now = state.now
        try hub.write { (tables) throws(StorageError) in
          for row in found { _ = try adopt(row, run: 0, now: now, tables) }
        }
      }
      return .done
    } catch {
      return TaskEnd(error)
    }
  }

  /// Links one row; false when its record is not known here.
  func adopt(
    _ found: FoundRow, run: Int, now: Instant, _ tables: HubTables
  ) throws(StorageError) -> Bool {
    let sync = tables.sync
    let service = sink.service
    guard let source = try sync.source(found.key), !source.isGone else { return false }
    guard let row = try sync.sink(service, resource, localID: source.localID) else { return false }
    if row.remoteID == found.remoteID { return true }
    // What is on its way there is settled first, by looking for the same key.
    guard try sync.openIntent(service, resource, localID: source.localID) == nil else {
      return true
    }
    let holder = try sync.sink(service, resource, remoteID: found.remoteID)
    if row.remoteID != nil || holder != nil {
      let text =
        holder.map { Self.otherRow(found.key, of: $0.key, at: service) }
        ?? Self.twoRows(found.key, at: service)
      let intent = Intent(
        service: service, localID: row.localID, key: found.key, action: .create, remoteID: nil,
        fields: "{}", stamp: row.stamp)
      let id = try sync.put(intent, epoch: hub.epoch, at: now)
      try sync.bury(intent: id, text, kind: SinkRow.Waiting.duplicate.rawValue, at: now)
      try sync.setWaiting(service, resource, localID: row.localID, .duplicate)
      state.count(resource) { $0.failed += 1 }
      state.say(.error, text, found.key)
      return true
    }
    let fields = Set(sink.writableFields(of: resource).map(\.name))
    let seen = found.record.fields.filter { fields.contains($0.key) && !$0.value.isNull }
    var base = seen
    if let way {
      // Fields that flow both ways never agreed here: what differs is a question, not an old value.
      let rules = try way.rules(for: resource, sync, isOpen: Sides(both: false)).policy
      base = seen.filter { rules.rules(of: $0.key).direction != .both }
      if base.count < seen.count {
        var pair = PairRow(service, resource, row.localID)
        pair.seen = BaseText.write(seen)
        try sync.keep(pair)
      }
    }
    let text = BaseText.write(base)
    try sync.setBase(
      service, resource, localID: row.localID, remoteID: found.remoteID, base: text,
      hash: sync.hash(text))
    return true
  }

  private static func otherRow(
    _ key: RemoteKey, of other: RemoteKey, at service: Service
  ) -> String {
    "The row of \(other) at \(service.title) carries the key \(key). Give it back its own key there, "
      + "then retry."
  }

  static func twoRows(_ key: RemoteKey, at service: Service) -> String {
    "Two rows carry the key \(key) at \(service.title). Remove one of them there, then retry."
  }
}
