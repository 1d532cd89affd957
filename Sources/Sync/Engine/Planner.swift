import Background
import Domain
import Storage

/// Turns rows that changed into batches of writes whose intents are durable.
struct Planner {
  /// Rows looked at in one transaction: the store's writer is held for a few milliseconds.
  private static let rowsMax = 400

  let hub: Hub
  let sink: any SinkProvider
  let state: RunState
  let resource: Resource
  let today: CalendarDate
  /// The way back; nil where records flow one way only.
  let way: TwoWay?

  /// What one look gave.
  struct Outcome {
    /// At most one batch for each kind of action.
    var batches: [[Sender.Item]] = []
    /// Where the next look begins; nil when all rows were looked at.
    var next: LocalID?
    /// Whether rows were left for later because of records under way.
    var hasLater = false
    /// Rows that turned out to be in step.
    var inStep = 0
  }

  /// Looks at rows after `after`.
  ///
  /// - Parameter isForced: links to records of the same resource that are still to come hold
  ///   nothing back; for the case that two records wait for each other.
  func plan(after: LocalID?, isForced: Bool) throws(SyncError) -> Outcome {
    let service = sink.service
    let fields = sink.writableFields(of: resource)
    let parents = Gates.parents(ofPush: resource, fields: fields)
    let resource = resource
    let now = state.now
    return try hub.write { (tables) throws(StorageError) in
      var outcome = Outcome()
      var batches: [Intent.Action: [Sender.Item]] = [:]
      let rows = try tables.sync.sendable(service, resource, after: after, limit: Self.rowsMax)
      outcome.next = rows.count == Self.rowsMax ? rows.last?.localID : nil
      for row in rows {
        let mirror =
          row.isGone ? nil : try tables.mirror(resource, row.localID, key: row.key, today: today)
        // Ends are looked up first: a closure that reads the store cannot throw its typed error
        // through a pure function.
        var ends: [RemoteKey: RowPlan.LinkEnd] = [:]
        for link in mirror?.fields.values.flatMap(\.links) ?? [] where ends[link] == nil {
          ends[link] = try tables.linkEnd(link, at: service)
        }
        func decide(
          _ mirror: Record?, _ base: FieldValues, isThere: Bool, _ fields: [FieldDefinition]
        ) -> RowPlan {
          RowPlan.decide(
            mirror: mirror, base: base, isThere: isThere, fields: fields,
            linkEnd: { ends[$0] ?? .unknown },
            waitsFor: { parents.contains($0) || ($0 == resource && !isForced) })
        }
        let plan: RowPlan
        var row = row
        if let way, let merged = try MergedRow(row, mirror: mirror, way, tables) {
          row = merged.row
          plan = merged.plan(decide, fields)
        } else {
          plan = decide(
            mirror, BaseText.read(row.base, fields), isThere: row.remoteID != nil, fields)
        }
        let write: (Intent.Action, Record, [RemoteKey: String], isPartial: Bool)
        switch plan {
        case .nothing:
          try tables.sync.settle(
            service, resource, localID: row.localID, desiredHash: tables.sync.hash(row.base),
            stamp: row.stamp)
          outcome.inStep += 1
          continue
        case .forget:
          try tables.sync.forget(service, resource, localID: row.localID)
          outcome.inStep += 1
          continue
        case .missesLinks:
          try tables.sync.setWaiting(
            service, resource, localID: row.localID, .links, stamp: row.stamp)
          continue
        case .later:
          outcome.hasLater = true
          continue
        case .blocked(let parent):
          try tables.sync.setWaiting(
            service, resource, localID: row.localID, .parent, stamp: row.stamp)
          state.say(
            .warning,
            "\(row.key) waits for \(parent), which \(service.title) does not take.", row.key)
          continue
        case .create(let record, let links, let isPartial):
          write = (.create, record, links, isPartial)
        case .update(let record, let links, let isPartial):
          write = (.update, record, links, isPartial)
        case .delete: write = (.delete, Record(resource), [:], false)
        }
        let intent = Intent(
          service: service, localID: row.localID, key: row.key, action: write.0,
          remoteID: row.remoteID, fields: BaseText.write(write.1.fields), stamp: row.stamp)
        let id = try tables.sync.put(intent, epoch: hub.epoch, at: now)
        let action: Write.Action =
          switch write.0 {
          case .create: .create
          case .update: .update(remoteID: row.remoteID ?? "")
          case .delete: .delete(remoteID: row.remoteID ?? "")
          }
        batches[write.0, default: []].append(
          Sender.Item(
            intentID: id, row: row,
            write: Write(
              intentID: String(id), action: action, key: row.key, record: write.1,
              links: write.2),
            isPartial: write.isPartial))
        if batches[write.0]?.count == sink.batchMax {
          outcome.next = row.localID
          break
        }
      }
      outcome.batches = [.create, .update, .delete].compactMap { batches[$0] }
      return outcome
    }
  }
}
