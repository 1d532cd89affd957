import Domain
import Storage

/// What the merge says of a row that is about to be looked at for sending: a row somebody edited, or
/// one whose record is gone, is not simply overwritten or removed.
struct MergedRow {
  /// The row as it stands after the merge.
  var row: SinkRow
  private let pair: PairDesk.Pair
  private let write: PairWrite?
  private let hasEnded: Bool

  /// Merges a pair that is out of step; nil for one that is not, which the base alone decides.
  init?(
    _ row: SinkRow, mirror: Record?, _ way: TwoWay, _ tables: HubTables
  ) throws(StorageError) {
    let (service, resource) = (way.mirror.service, row.key.resource)
    guard row.remoteID != nil else { return nil }
    let isOutOfStep = try tables.sync.pair(service, resource, localID: row.localID) != nil
    guard isOutOfStep || mirror == nil else { return nil }
    // A write to the other side is settled first.
    let isWriting =
      try tables.sync.openIntent(way.writer.service, resource, localID: row.localID) != nil
    let desk = try way.desk(tables, resource, isOpen: Sides(left: false, right: !isWriting))
    var pair = try desk.lay(row, mirror: mirror)
    var write: PairWrite?
    var hasEnded = false
    for effect in try desk.step(&pair, .look(desk.rules)) {
      switch effect {
      case .send(.right, let sent): write = sent
      case .ended: hasEnded = true
      default: break
      }
    }
    if write?.action == .create {
      // The row was deleted there and is made again: nothing is known of the new one.
      try tables.sync.unlink(service, resource, localID: row.localID)
      pair.stored.isGone = false
      (pair.stored.seen, pair.stored.baseLeft) = (nil, nil)
      try tables.sync.keep(pair.stored)
    }
    if hasEnded {
      try tables.sync.keep(PairRow(service, resource, row.localID))
    }
    (self.pair, self.write, self.hasEnded) = (pair, write, hasEnded)
    self.row = pair.row
    if write?.action == .create {
      self.row = try tables.sync.sink(service, resource, localID: row.localID) ?? pair.row
    }
  }

  /// The plan for the row, its links resolved by `decide`.
  func plan(
    _ decide: (Record?, FieldValues, _ isThere: Bool, [FieldDefinition]) -> RowPlan,
    _ fields: [FieldDefinition]
  ) -> RowPlan {
    if hasEnded { return .forget }
    guard let write else { return .nothing }
    switch write.action {
    case .delete: return .delete
    case .create: return decide(pair.mirror, [:], false, fields)
    case .update:
      // Only the fields of this write, from what stands there now to what is to stand there.
      let chosen = fields.filter { write.fields[$0.name] != nil }
      var wanted = Record(row.key.resource)
      var shown: FieldValues = [:]
      for field in chosen {
        let value = write.fields[field.name] ?? .null
        let current = pair.mirror?[field.name] ?? .null
        // The record's own spelling, where that is what is meant.
        wanted[field.name] =
          Canon.value(current) == value ? current : Canon.written(value, field.kind)
        shown[field.name] = pair.machine.seen.right.fields[field.name] ?? .null
      }
      return decide(wanted, shown, true, chosen)
    }
  }
}
