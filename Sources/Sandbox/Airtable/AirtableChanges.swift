import Domain

/// Who changes a base, and when.
struct ChangeContext {
  /// `publicApi` for calls, `client` for a person at the screen.
  let source: String
  let user: AirtableBase.User
  let now: Instant
}

/// A field of a table.
struct FieldAddress: Hashable {
  let tableID: String
  let fieldID: String
}

/// Everything one call changed, from which each webhook takes what it watches.
struct BaseChange {
  var createdTables: [String] = []
  var changedTables: [String] = []
  var deletedTables: [String] = []
  var createdFields: [FieldAddress] = []
  var changedFields:
    [(address: FieldAddress, previousName: String, previousType: AirtableFieldType)] = []
  var deletedFields: [FieldAddress] = []
  var createdRows: [(tableID: String, place: Int)] = []
  var changedRows: [(tableID: String, place: Int, previous: [(slot: Int, cell: Cell)])] = []
  var deletedRows: [(tableID: String, id: String)] = []

  var isEmpty: Bool {
    createdTables.isEmpty && changedTables.isEmpty && deletedTables.isEmpty
      && createdFields.isEmpty && changedFields.isEmpty && deletedFields.isEmpty
      && createdRows.isEmpty && changedRows.isEmpty && deletedRows.isEmpty
  }
}

extension AirtableBase {
  /// Counts a change and puts it into the payloads of the webhooks that watch it.
  mutating func recordChange(_ change: BaseChange, _ context: ChangeContext) {
    guard !change.isEmpty else { return }
    transaction += 1
    for index in hooks.indices {
      let hook = hooks[index]
      guard hook.isEnabled, hook.expires > context.now,
        hook.filter.sources?.contains(context.source) ?? true,
        let content = payload(of: change, for: hook.filter, now: context.now)
      else { continue }
      var payload = JSONObject([
        "timestamp": .string(context.now.description),
        "baseTransactionNumber": .int(transaction), "payloadFormat": "v0",
        "actionMetadata": [
          "source": .string(context.source),
          "sourceMetadata": [
            "user": [
              "id": .string(context.user.id), "email": .string(context.user.email),
              "name": .string(context.user.name), "permissionLevel": "create",
            ]
          ],
        ],
      ])
      for (key, value) in content.members { payload[key] = value }
      hooks[index].payloads.append((context.now, JSONValue.object(payload).bytes))
    }
  }

  /// The part of a change that a webhook watches; nil when that is nothing.
  private func payload(of change: BaseChange, for filter: WebhookFilter, now: Instant)
    -> JSONObject?
  {
    var tablesChanged = TableParts()
    if filter.dataTypes.contains("tableData") {
      addRows(of: change, filter, to: &tablesChanged, now: now)
    }
    if filter.dataTypes.contains("tableFields") {
      addFields(of: change, filter, to: &tablesChanged)
    }
    var object = JSONObject()
    if filter.dataTypes.contains("tableMetadata") {
      for id in change.changedTables where filter.watches(table: id) {
        guard filter.changeTypes.contains("update"), let index = tableIndex(id: id) else {
          continue
        }
        var current = JSONObject(["name": .string(tables[index].name)])
        current["description"] = .optional(tables[index].description)
        tablesChanged.set(id, "changedMetadata", "current", .object(current))
      }
      var created = JSONObject()
      for id in change.createdTables where filter.changeTypes.contains("add") {
        guard filter.watches(table: id), let index = tableIndex(id: id) else { continue }
        var fields = JSONObject()
        for field in tables[index].fields {
          fields[field.id] = ["name": .string(field.name), "type": .string(field.type.rawValue)]
        }
        created[id] = [
          "metadata": ["name": .string(tables[index].name)], "fieldsById": .object(fields),
          "recordsById": [:],
        ]
      }
      if !created.isEmpty { object["createdTablesById"] = .object(created) }
      let destroyed = change.deletedTables.filter {
        filter.changeTypes.contains("remove") && filter.watches(table: $0)
      }
      if !destroyed.isEmpty {
        object["destroyedTableIds"] = .array(destroyed.map { .string($0) })
      }
    }
    if let changed = tablesChanged.json { object["changedTablesById"] = changed }
    return object.isEmpty ? nil : object
  }

  private func addRows(
    of change: BaseChange, _ filter: WebhookFilter, to parts: inout TableParts, now: Instant
  ) {
    func cells(_ table: Int, _ row: AirtableRow, _ slots: [(slot: Int, cell: Cell)]) -> JSONValue {
      var values = JSONObject()
      for (slot, cell) in slots where filter.watches(field: tables[table].fields[slot].id) {
        values[tables[table].fields[slot].id] = shownToWebhooks(
          table, row, slot, cell: cell, now: now)
      }
      return .object(values)
    }
    if filter.changeTypes.contains("add") {
      for (tableID, place) in change.createdRows where filter.watches(table: tableID) {
        guard let table = tableIndex(id: tableID), let row = tables[table].rows[place] else {
          continue
        }
        let filled = row.cells.enumerated().filter { $0.element != .empty }
        parts.set(
          tableID, "createdRecordsById", row.id,
          [
            "createdTime": .string(row.created.description),
            "cellValuesByFieldId": cells(table, row, filled.map { ($0.offset, $0.element) }),
          ])
      }
    }
    if filter.changeTypes.contains("update") {
      for (tableID, place, previous) in change.changedRows where filter.watches(table: tableID) {
        guard let table = tableIndex(id: tableID), let row = tables[table].rows[place],
          previous.contains(where: { filter.watches(field: tables[table].fields[$0.slot].id) })
        else { continue }
        let changed = previous.map(\.slot)
        var record = JSONObject([
          "current": ["cellValuesByFieldId": cells(table, row, changed.map { ($0, row[$0]) })]
        ])
        if filter.includesPrevious {
          record["previous"] = ["cellValuesByFieldId": cells(table, row, previous)]
        }
        if let unchanged = alongside(filter, table, row, except: changed, now: now) {
          record["unchanged"] = ["cellValuesByFieldId": unchanged]
        }
        parts.set(tableID, "changedRecordsById", row.id, .object(record))
      }
    }
    if filter.changeTypes.contains("remove") {
      for (tableID, id) in change.deletedRows where filter.watches(table: tableID) {
        parts.append(tableID, "destroyedRecordIds", id)
      }
    }
  }

  private func alongside(
    _ filter: WebhookFilter, _ table: Int, _ row: AirtableRow, except changed: [Int], now: Instant
  ) -> JSONValue? {
    guard let alongside = filter.alongside else { return nil }
    var values = JSONObject()
    for (slot, field) in tables[table].fields.enumerated()
    where !field.isDeleted && !changed.contains(slot) && row[slot] != .empty {
      if case .fields(let ids) = alongside, !ids.contains(field.id) { continue }
      values[field.id] = shownToWebhooks(table, row, slot, cell: row[slot], now: now)
    }
    return .object(values)
  }

  private func addFields(of change: BaseChange, _ filter: WebhookFilter, to parts: inout TableParts)
  {
    if filter.changeTypes.contains("add") {
      for address in change.createdFields where filter.watches(table: address.tableID) {
        guard let field = field(address) else { continue }
        parts.set(
          address.tableID, "createdFieldsById", field.id,
          ["name": .string(field.name), "type": .string(field.type.rawValue)])
      }
    }
    if filter.changeTypes.contains("update") {
      for (address, previousName, previousType) in change.changedFields
      where filter.watches(table: address.tableID) {
        guard let field = field(address) else { continue }
        // Only what has changed is said of a field.
        var (current, previous) = (JSONObject(), JSONObject())
        if field.name != previousName {
          current["name"] = .string(field.name)
          previous["name"] = .string(previousName)
        }
        if field.type != previousType {
          current["type"] = .string(field.type.rawValue)
          previous["type"] = .string(previousType.rawValue)
        }
        guard !current.isEmpty else { continue }
        parts.set(
          address.tableID, "changedFieldsById", field.id,
          ["current": .object(current), "previous": .object(previous)])
      }
    }
    if filter.changeTypes.contains("remove") {
      for address in change.deletedFields where filter.watches(table: address.tableID) {
        parts.append(address.tableID, "destroyedFieldIds", address.fieldID)
      }
    }
  }

  private func field(_ address: FieldAddress) -> AirtableField? {
    tableIndex(id: address.tableID).flatMap { table in
      tables[table].fields.first { $0.id == address.fieldID }
    }
  }
}

/// The `changedTablesById` of a payload while it grows.
private struct TableParts {
  private var tables: [String: JSONObject] = [:]

  mutating func set(_ table: String, _ part: String, _ key: String, _ value: JSONValue) {
    var object = tables[table]?[part]?.object ?? JSONObject()
    object[key] = value
    tables[table, default: JSONObject()][part] = .object(object)
  }

  mutating func append(_ table: String, _ part: String, _ id: String) {
    let ids = tables[table]?[part]?.array ?? []
    tables[table, default: JSONObject()][part] = .array(ids + [.string(id)])
  }

  /// Nil when nothing was put in.
  var json: JSONValue? {
    guard !tables.isEmpty else { return nil }
    var object = JSONObject()
    for (id, parts) in tables.sorted(by: { $0.key < $1.key }) { object[id] = .object(parts) }
    return .object(object)
  }
}
