import Domain

// Creating, changing and deleting records. Everything is checked before anything is changed, so a
// call that is refused has changed nothing.

/// The records of one writing call.
struct RecordWrites {
  var records: [(id: String?, fields: JSONObject)]
  /// PUT: fields that are not named are emptied.
  var replacesAll = false
  var typecast = false
  /// The fields an upsert finds records by.
  var mergeOn: [String]?

  /// The most records one call takes.
  static let recordsMax = 10
  /// An upsert finds records by one to three fields.
  static let mergeFieldsMax = 3
}

/// What a writing call did.
struct WriteOutcome {
  /// The places of the records, in the order of the call.
  var places: [Int] = []
  var created: [String] = []
  var updated: [String] = []
}

extension AirtableBase {
  /// A record as it will be written: nil as the place for a new one.
  private struct PlannedRow {
    var place: Int?
    var cells: [(slot: Int, cell: Cell)]
  }

  /// Creates and changes records, all of them or none.
  mutating func write(_ writes: RecordWrites, table: Int, _ change: ChangeContext)
    throws(AirtableRefusal) -> WriteOutcome
  {
    guard (1...RecordWrites.recordsMax).contains(writes.records.count) else {
      throw .invalidRecords
    }
    let mergeSlots = try mergeSlots(writes, table)
    var newChoices: [(slot: Int, name: String)] = []
    var planned: [PlannedRow] = []
    var newKeys: Set<[Cell]> = []
    for record in writes.records {
      var row = PlannedRow(place: nil, cells: [])
      if let id = record.id {
        guard let place = tables[table].places[id] else { throw .noRow(id) }
        row.place = place
      }
      for (name, value) in record.fields.members {
        guard let slot = tables[table].slot(name) else { throw .unknownField(name) }
        let write = try cell(value, for: tables[table].fields[slot], typecast: writes.typecast)
        newChoices += write.newChoices.map { (slot, $0) }
        row.cells.append((slot, write.cell))
      }
      if row.place == nil, let mergeSlots {
        row.place = try match(row.cells, mergeSlots, table, &newKeys)
      }
      planned.append(row)
    }
    let additions = planned.count { $0.place == nil }
    guard additions == 0 || recordCount + additions <= limits.recordsMax else {
      throw .invalid(
        "The base holds \(limits.recordsMax) records, as many as its plan allows; "
          + "delete records or change the plan")
    }
    for choice in newChoices { addChoice(choice.name, table, choice.slot) }
    return apply(planned, writes, table, change)
  }

  private func mergeSlots(_ writes: RecordWrites, _ table: Int) throws(AirtableRefusal) -> [Int]? {
    guard let names = writes.mergeOn else { return nil }
    guard (1...RecordWrites.mergeFieldsMax).contains(names.count) else { throw .invalidRequest }
    var slots: [Int] = []
    for name in names {
      guard let slot = tables[table].slot(name) else { throw .unknownField(name) }
      guard tables[table].fields[slot].type.canMerge, !slots.contains(slot) else {
        throw .invalid("Field \"\(name)\" cannot be used to merge on")
      }
      slots.append(slot)
    }
    return slots
  }

  /// The place of the record an upsert means; nil when there is none yet.
  private mutating func match(
    _ cells: [(slot: Int, cell: Cell)], _ slots: [Int], _ table: Int, _ newKeys: inout Set<[Cell]>
  ) throws(AirtableRefusal) -> Int? {
    var key: [Cell] = []
    for slot in slots {
      guard let cell = cells.last(where: { $0.slot == slot })?.cell else {
        throw .invalid(
          "Every record without an id must have the merge field "
            + "\"\(tables[table].fields[slot].name)\"")
      }
      key.append(cell)
    }
    // An empty value names nothing, so it finds nothing, and each such record is new.
    guard let first = zip(slots, key).first(where: { $0.1 != .empty }) else { return nil }
    let found = tables[table].places(of: first.1, in: first.0).filter { place in
      guard let row = tables[table].rows[place] else { return false }
      return zip(slots, key).allSatisfy { row[$0] == $1 }
    }
    guard found.count <= 1 else {
      throw .invalid(
        "More than one record matches the merge fields of a record; records "
          + found.prefix(3).compactMap { tables[table].rows[$0]?.id }.joined(separator: ", "))
    }
    if found.isEmpty, !newKeys.insert(key).inserted {
      throw .invalid("Two records of the call have the same values in the merge fields")
    }
    return found.first
  }

  private mutating func apply(
    _ planned: [PlannedRow], _ writes: RecordWrites, _ table: Int, _ change: ChangeContext
  ) -> WriteOutcome {
    var outcome = WriteOutcome()
    var recorded = BaseChange()
    let tableID = tables[table].id
    for row in planned {
      if let place = row.place {
        var slots = row.cells
        if writes.replacesAll {
          let named = Set(row.cells.map(\.slot))
          for (slot, field) in tables[table].fields.enumerated()
          where !field.isDeleted && !field.type.isComputed && !named.contains(slot) {
            slots.append((slot, .empty))
          }
        }
        var previous: [(slot: Int, cell: Cell)] = []
        for (slot, cell) in slots {
          if let old = setCell(cell, table, place, slot, at: change.now) {
            previous.append((slot, old))
          }
        }
        // Even when every cell stayed the same: whoever takes the time of change for a change must
        // not fall into a loop with their own writes.
        tables[table].rows[place]?.modified = change.now
        let id = tables[table].rows[place]?.id ?? ""
        if !outcome.updated.contains(id) { outcome.updated.append(id) }
        outcome.places.append(place)
        if !previous.isEmpty { recorded.changedRows.append((tableID, place, previous)) }
      } else {
        let place = addRow(table, at: change.now)
        for (slot, cell) in row.cells { _ = setCell(cell, table, place, slot, at: nil) }
        outcome.created.append(tables[table].rows[place]?.id ?? "")
        outcome.places.append(place)
        recorded.createdRows.append((tableID, place))
      }
    }
    recordChange(recorded, change)
    return outcome
  }

  private mutating func addRow(_ table: Int, at now: Instant) -> Int {
    let id = makeID("rec")
    let place = tables[table].rows.count
    tables[table].rows.append(
      AirtableRow(
        id: id, number: place + 1, created: now,
        cells: Array(repeating: .empty, count: tables[table].fields.count)))
    tables[table].places[id] = place
    return place
  }

  /// Sets one cell, its index, and the other end of a link.
  ///
  /// - Parameter now: when it is noted as changed; nil for a new record.
  /// - Returns: what the cell held, or nil when it held the same.
  private mutating func setCell(
    _ cell: Cell, _ table: Int, _ place: Int, _ slot: Int, at now: Instant?
  ) -> Cell? {
    guard let old = tables[table].rows[place]?[slot], old != cell else { return nil }
    if let link = tables[table].fields[slot].link {
      relink(link, table, place, from: old, to: cell)
    }
    tables[table].reindex(slot, place: place, from: old, to: cell)
    let width = tables[table].fields.count
    tables[table].rows[place]?.store(cell, slot, width: width)
    if let now { tables[table].rows[place]?.note(slot, now, width: width) }
    return old
  }

  /// Keeps the other table's side of a link true.
  ///
  /// It moves no time of modification there, and webhooks do not tell of it.
  private mutating func relink(
    _ link: AirtableLink, _ table: Int, _ place: Int, from old: Cell, to new: Cell
  ) {
    guard let inverse = link.inverseFieldID, let other = tableIndex(id: link.tableID),
      let slot = tables[other].slot(inverse), let id = tables[table].rows[place]?.id
    else { return }
    let before = Set(old.linkedIDs)
    let after = Set(new.linkedIDs)
    let width = tables[other].fields.count
    for target in old.linkedIDs where !after.contains(target) {
      guard let place = tables[other].places[target] else { continue }
      tables[other].rows[place]?.removeLink(id, slot)
    }
    for target in new.linkedIDs where !before.contains(target) {
      guard let place = tables[other].places[target] else { continue }
      tables[other].rows[place]?.appendLink(id, slot, width: width)
    }
  }

  /// Deletes records, all of them or none.
  mutating func delete(_ ids: [String], table: Int, _ change: ChangeContext)
    throws(AirtableRefusal)
  {
    guard (1...RecordWrites.recordsMax).contains(ids.count), Set(ids).count == ids.count else {
      throw .invalidRecords
    }
    for id in ids where tables[table].places[id] == nil { throw .noRow(id) }
    for id in ids {
      guard let place = tables[table].places[id] else { continue }
      for (slot, field) in tables[table].fields.enumerated() where !field.isDeleted {
        _ = setCell(.empty, table, place, slot, at: nil)
        // A link within the table has no other end to find the records by that link here.
        guard let link = field.link, link.inverseFieldID == nil else { continue }
        for place in tables[table].rows.indices {
          tables[table].rows[place]?.removeLink(id, slot)
        }
      }
      tables[table].rows[place] = nil
      tables[table].places[id] = nil
    }
    recordChange(BaseChange(deletedRows: ids.map { (tables[table].id, $0) }), change)
  }

  /// Adds an option to a select that does not have it yet.
  mutating func addChoice(_ name: String, _ table: Int, _ slot: Int) {
    guard !tables[table].fields[slot].choices.contains(where: { $0.name == name }) else { return }
    let colors = AirtableField.choiceColors
    let number = tables[table].fields[slot].choices.count
    let choice = AirtableChoice(
      id: makeID("sel"), name: name, color: colors[number % colors.count])
    tables[table].fields[slot].choices.append(choice)
  }
}

extension Cell {
  /// The records linked; none for cells of other kinds.
  var linkedIDs: [String] { if case .links(let ids) = self { ids } else { [] } }
}

extension AirtableRow {
  /// Sets a cell; fields added after the record make it wider.
  mutating func store(_ cell: Cell, _ slot: Int, width: Int) {
    widen(to: width)
    cells[slot] = cell
  }

  fileprivate mutating func note(_ slot: Int, _ now: Instant, width: Int) {
    if cellModified.count < width {
      cellModified += Array(repeating: nil, count: width - cellModified.count)
    }
    cellModified[slot] = now
  }

  fileprivate mutating func removeLink(_ id: String, _ slot: Int) {
    guard case .links(var ids) = self[slot] else { return }
    cells[slot] = .empty
    ids.removeAll { $0 == id }
    cells[slot] = ids.isEmpty ? .empty : .links(ids)
  }

  fileprivate mutating func appendLink(_ id: String, _ slot: Int, width: Int) {
    widen(to: width)
    var ids = cells[slot].linkedIDs
    // Let go of first, so that a property's ten thousand links are not copied to add one.
    cells[slot] = .empty
    ids.append(id)
    cells[slot] = .links(ids)
  }

  private mutating func widen(to width: Int) {
    if cells.count < width { cells += Array(repeating: .empty, count: width - cells.count) }
  }
}
