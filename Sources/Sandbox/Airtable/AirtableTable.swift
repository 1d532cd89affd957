import Domain

/// What a cell holds. Empty cells never appear in answers.
enum Cell: Hashable {
  case empty
  /// Text of any kind, or the name of a select's option.
  case text(String)
  /// Numbers keep their digits: a simulated currency must not add a binary fraction of its own.
  case number(DecimalText)
  case checked
  case date(CalendarDate)
  case moment(Instant)
  /// Names of options.
  case choices([String])
  /// Ids of records of the other table.
  case links([String])
  /// Bar codes, people and files.
  case structured(JSONValue)
}

/// One record.
struct AirtableRow {
  let id: String
  /// 1 for the table's first.
  let number: Int
  let created: Instant
  /// By the field's place; fields added later may lie beyond the end.
  var cells: [Cell]
  /// When a person or a call last wrote it; nil when never since it was created.
  var modified: Instant?
  /// When each cell was last changed; empty for a record never edited, to save room.
  var cellModified: [Instant?] = []

  subscript(slot: Int) -> Cell { slot < cells.count ? cells[slot] : .empty }
}

/// A view; all of them are plain grids here.
struct AirtableView {
  let id: String
  let name: String
}

/// A table: its fields and records.
struct AirtableTable {
  let id: String
  var name: String
  var description: String?
  var fields: [AirtableField]
  var views: [AirtableView]
  /// In the order of creation; a deleted record leaves a gap, so that places stay.
  var rows: [AirtableRow?] = []
  /// Places by record id.
  var places: [String: Int] = [:]
  /// Places by a cell's value, for each field that an upsert or a filter has searched by.
  var indexes: [Int: [Cell: [Int]]] = [:]

  /// How many records there are.
  var count: Int { places.count }

  /// The place of a field by its id or name.
  func slot(_ nameOrID: String) -> Int? {
    fields.firstIndex { ($0.id == nameOrID || $0.name == nameOrID) && !$0.isDeleted }
  }

  /// Whether a field of that name exists, in any case.
  func hasField(named name: String) -> Bool {
    let lower = name.lowercased()
    return fields.contains { !$0.isDeleted && $0.name.lowercased() == lower }
  }

  /// Places of the records whose cell equals `cell`; makes the index when there is none yet.
  mutating func places(of cell: Cell, in slot: Int) -> [Int] {
    if indexes[slot] == nil {
      var index: [Cell: [Int]] = [:]
      index.reserveCapacity(count)
      for (place, row) in rows.enumerated() {
        if let row, row[slot] != .empty { index[row[slot], default: []].append(place) }
      }
      indexes[slot] = index
    }
    return indexes[slot]?[cell] ?? []
  }

  /// Keeps the index of a field true to a change of one cell.
  mutating func reindex(_ slot: Int, place: Int, from old: Cell, to new: Cell) {
    guard indexes[slot] != nil else { return }
    if old != .empty {
      indexes[slot]?[old]?.removeAll { $0 == place }
      if indexes[slot]?[old]?.isEmpty == true { indexes[slot]?[old] = nil }
    }
    if new != .empty { indexes[slot]?[new, default: []].append(place) }
  }

  /// The table as the schema calls give it.
  func json(withVisibleFields: Bool) -> JSONValue {
    var object = JSONObject(["id": .string(id), "name": .string(name)])
    if let description { object["description"] = .string(description) }
    object["primaryFieldId"] = .string(fields[0].id)
    let live = fields.filter { !$0.isDeleted }
    object["fields"] = .array(live.map(\.json))
    object["views"] = .array(
      views.map { view in
        var object = JSONObject([
          "id": .string(view.id), "name": .string(view.name), "type": "grid",
        ])
        if withVisibleFields {
          object["visibleFieldIds"] = .array(live.map { .string($0.id) })
        }
        return .object(object)
      })
    return .object(object)
  }
}
