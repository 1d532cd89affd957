import Domain

// The calls that read and change a base's tables and fields.

extension AirtableBase {
  /// The answer of the call that lists tables.
  func schemaJSON(withVisibleFields: Bool) -> JSONValue {
    ["tables": .array(tables.map { $0.json(withVisibleFields: withVisibleFields) })]
  }

  /// Makes a table with its fields, a grid view, and the other ends of its links.
  mutating func createTable(_ body: JSONValue, _ change: ChangeContext) throws(AirtableRefusal)
    -> JSONValue
  {
    guard let object = body.object,
      Set(["name", "description", "fields"]).isSuperset(of: object.keys),
      let name = object["name"]?.string, let fields = object["fields"]?.array, !fields.isEmpty
    else { throw .invalidRequest }
    try checkTableName(name)
    guard tables.count < limits.tablesMax else {
      throw .invalid("The base already has \(limits.tablesMax) tables")
    }
    guard fields.count <= limits.fieldsMax else {
      throw .invalid("A table has at most \(limits.fieldsMax) fields")
    }
    let description = try FieldRequest.description(object["description"])
    var requests: [FieldRequest] = []
    var names: Set<String> = []
    for field in fields {
      let request = try FieldRequest(field, table: name)
      guard names.insert(request.name.lowercased()).inserted else {
        throw .fieldName(request.name)
      }
      try checkLink(request, table: name)
      requests.append(request)
    }
    guard requests[0].type.canBePrimary else {
      throw .invalid(
        "Field \(name).\(requests[0].name) cannot be the primary field: it is of type "
          + requests[0].type.rawValue
      )
    }
    let view = AirtableView(id: makeID("viw"), name: "Grid view")
    tables.append(
      AirtableTable(
        id: makeID("tbl"), name: name, description: description, fields: [], views: [view]))
    var added: [FieldAddress] = []
    for request in requests { added += addField(request, to: tables.count - 1) }
    let table = tables[tables.count - 1]
    recordChange(
      BaseChange(
        createdTables: [table.id], createdFields: added.filter { $0.tableID != table.id }), change)
    return table.json(withVisibleFields: true)
  }

  /// Adds a field to a table.
  mutating func createField(
    _ body: JSONValue, tableID: String, _ change: ChangeContext, isByHand: Bool = false
  ) throws(AirtableRefusal) -> JSONValue {
    guard let index = tableIndex(id: tableID) else { throw .modelNotFound }
    let table = tables[index].name
    var request = try FieldRequest(body, table: table, isByHand: isByHand)
    guard !tables[index].hasField(named: request.name) else { throw .fieldName(request.name) }
    guard tables[index].fields.count < limits.fieldsMax else {
      throw .invalid("The table already has \(limits.fieldsMax) fields")
    }
    try checkLink(request, table: table)
    var formula: FormulaNode?
    if request.type == .formula {
      let text = request.options?["formula"]?.string ?? ""
      formula = try FormulaNode(parsing: text, fields: tables[index].fields)
      request = FieldRequest(computed: request, formula: text)
    }
    let added = addField(request, to: index)
    if let formula { tables[index].fields[tables[index].fields.count - 1].formula = formula }
    recordChange(BaseChange(createdFields: added), change)
    let slot = tables[index].slot(added[0].fieldID) ?? 0
    return tables[index].fields[slot].json
  }

  /// Changes a table's name or description.
  mutating func changeTable(_ body: JSONValue, tableID: String, _ change: ChangeContext)
    throws(AirtableRefusal) -> JSONValue
  {
    guard let index = tableIndex(id: tableID) else { throw .modelNotFound }
    let (name, description) = try Self.nameAndDescription(body)
    if let name, name != tables[index].name {
      try checkTableName(name, except: index)
      tables[index].name = name
    }
    if let description { tables[index].description = description.isEmpty ? nil : description }
    recordChange(BaseChange(changedTables: [tableID]), change)
    return tables[index].json(withVisibleFields: true)
  }

  /// Changes a field's name or description; nothing else of a field can be changed by a call.
  mutating func changeField(
    _ body: JSONValue, tableID: String, fieldID: String, _ change: ChangeContext
  ) throws(AirtableRefusal) -> JSONValue {
    guard let index = tableIndex(id: tableID),
      let slot = tables[index].fields.firstIndex(where: { $0.id == fieldID && !$0.isDeleted })
    else { throw .modelNotFound }
    let (name, description) = try Self.nameAndDescription(body)
    let previous = tables[index].fields[slot].name
    if let name, name != previous {
      let isOther = name.lowercased() != previous.lowercased()
      guard !name.allSatisfy(\.isWhitespace), name.count <= FieldRequest.nameLengthMax,
        !(isOther && tables[index].hasField(named: name))
      else { throw .fieldName(name) }
      tables[index].fields[slot].name = name
    }
    if let description {
      tables[index].fields[slot].description = description.isEmpty ? nil : description
    }
    let address = FieldAddress(tableID: tableID, fieldID: fieldID)
    let type = tables[index].fields[slot].type
    recordChange(
      BaseChange(changedFields: [(address, previousName: previous, previousType: type)]), change)
    return tables[index].fields[slot].json
  }

  /// Removes a field, and with a link its other end; only a person can, in Airtable's own screens.
  mutating func deleteField(tableID: String, fieldID: String, _ change: ChangeContext)
    throws(AirtableRefusal)
  {
    guard let index = tableIndex(id: tableID), let slot = tables[index].slot(fieldID), slot > 0
    else { throw .modelNotFound }
    var gone = [FieldAddress(tableID: tableID, fieldID: tables[index].fields[slot].id)]
    if let link = tables[index].fields[slot].link, let inverse = link.inverseFieldID {
      gone.append(FieldAddress(tableID: link.tableID, fieldID: inverse))
    }
    for address in gone {
      guard let table = tableIndex(id: address.tableID),
        let slot = tables[table].slot(address.fieldID)
      else { continue }
      tables[table].fields[slot].isDeleted = true
      tables[table].indexes[slot] = nil
    }
    recordChange(BaseChange(deletedFields: gone), change)
  }

  /// Gives a field another type and converts its cells as well as can be; only a person can.
  ///
  /// Links take no part; a field can become a computed one, and none of those turns back.
  mutating func retypeField(
    _ body: JSONValue, tableID: String, fieldID: String, _ change: ChangeContext
  ) throws(AirtableRefusal) {
    guard let index = tableIndex(id: tableID), let slot = tables[index].slot(fieldID) else {
      throw .modelNotFound
    }
    let old = tables[index].fields[slot]
    var whole = body.object ?? JSONObject()
    whole["name"] = .string(old.name)
    // A person may turn a field into a formula; what stood in it is gone then.
    let request = try FieldRequest(.object(whole), table: tables[index].name, isByHand: true)
    guard request.type != .multipleRecordLinks, old.link == nil, !old.type.isComputed else {
      throw .invalid("Field \(old.name) cannot be converted to \(request.type.rawValue)")
    }
    let texts = tables[index].rows.map { row in
      row.map { text(index, $0, slot, now: change.now) } ?? ""
    }
    let new = field(request)
    tables[index].fields[slot] = AirtableField(
      id: old.id, name: old.name, description: old.description, type: new.type,
      options: new.options, choices: new.choices)
    tables[index].indexes[slot] = nil
    let width = tables[index].fields.count
    for (place, text) in texts.enumerated() where tables[index].rows[place] != nil {
      // What the new type cannot hold is lost, as at Airtable's screens.
      let write = try? cell(.string(text), for: tables[index].fields[slot], typecast: true)
      for choice in write?.newChoices ?? [] { addChoice(choice, index, slot) }
      tables[index].rows[place]?.store(write?.cell ?? .empty, slot, width: width)
    }
    let address = FieldAddress(tableID: tableID, fieldID: old.id)
    recordChange(
      BaseChange(changedFields: [(address, previousName: old.name, previousType: old.type)]),
      change)
  }

  /// Removes a table and the links into it; only a person can.
  mutating func deleteTable(tableID: String, _ change: ChangeContext) throws(AirtableRefusal) {
    guard let index = tableIndex(id: tableID) else { throw .modelNotFound }
    for (slot, field) in tables[index].fields.enumerated()
    where slot > 0 && field.link != nil && !field.isDeleted {
      try deleteField(tableID: tableID, fieldID: field.id, change)
    }
    tables.remove(at: index)
    recordChange(BaseChange(deletedTables: [tableID]), change)
  }

  // MARK: -

  private func checkTableName(_ name: String, except: Int? = nil) throws(AirtableRefusal) {
    let lower = name.lowercased()
    guard !name.allSatisfy(\.isWhitespace), name.count <= FieldRequest.nameLengthMax,
      !tables.indices.contains(where: { $0 != except && tables[$0].name.lowercased() == lower })
    else {
      throw AirtableRefusal(
        422, "DUPLICATE_TABLE_NAME", "Table name \"\(name)\" is empty or already in use")
    }
  }

  private func checkLink(_ request: FieldRequest, table: String) throws(AirtableRefusal) {
    guard request.type == .multipleRecordLinks,
      let target = request.options?["linkedTableId"]?.string
    else { return }
    guard let index = tableIndex(id: target) else {
      throw .fieldOptions(table, request.name, "linkedTableId names no table of this base")
    }
    if let view = request.options?["viewIdForRecordSelection"],
      !tables[index].views.contains(where: { .string($0.id) == view })
    {
      throw .fieldOptions(table, request.name, "viewIdForRecordSelection names no view")
    }
  }

  /// Adds a checked field and the other end of a link; their addresses, the field's first.
  private mutating func addField(_ request: FieldRequest, to index: Int) -> [FieldAddress] {
    var field = field(request)
    var added = [FieldAddress(tableID: tables[index].id, fieldID: field.id)]
    if request.type == .multipleRecordLinks,
      let target = request.options?["linkedTableId"]?.string,
      let other = tableIndex(id: target)
    {
      field.options = nil
      field.link = AirtableLink(
        tableID: target, viewID: request.options?["viewIdForRecordSelection"]?.string)
      // A link within one table has no second field: it leads one way.
      if other != index {
        let inverse = AirtableField(
          id: makeID("fld"), name: unusedFieldName(tables[index].name, in: other),
          type: .multipleRecordLinks,
          link: AirtableLink(tableID: tables[index].id, inverseFieldID: field.id))
        field.link?.inverseFieldID = inverse.id
        tables[other].fields.append(inverse)
        added.append(FieldAddress(tableID: target, fieldID: inverse.id))
      }
    }
    tables[index].fields.append(field)
    return added
  }

  /// A field as asked for, with a new id and new ids for its options.
  private mutating func field(_ request: FieldRequest) -> AirtableField {
    var field = AirtableField(
      id: makeID("fld"), name: request.name, description: request.description, type: request.type,
      options: OptionRule.completed(request.options, for: request.type))
    let colors = AirtableField.choiceColors
    for (number, choice) in (request.options?["choices"]?.array ?? []).enumerated() {
      field.choices.append(
        AirtableChoice(
          id: makeID("sel"), name: choice["name"]?.string ?? "",
          color: choice["color"]?.string ?? colors[number % colors.count]))
    }
    return field
  }

  private func unusedFieldName(_ name: String, in table: Int) -> String {
    guard tables[table].hasField(named: name) else { return name }
    // One more than the fields there are must be free.
    for number in 2...(tables[table].fields.count + 2) {
      let candidate = "\(name) \(number)"
      if !tables[table].hasField(named: candidate) { return candidate }
    }
    return name
  }

  private static func nameAndDescription(_ body: JSONValue) throws(AirtableRefusal) -> (
    name: String?, description: String?
  ) {
    guard let object = body.object, !object.isEmpty,
      Set(["name", "description"]).isSuperset(of: object.keys)
    else { throw .invalidRequest }
    if let name = object["name"], name.string == nil { throw .invalidRequest }
    let description = try FieldRequest.description(object["description"])
    return (object["name"]?.string, object["description"] == nil ? nil : description ?? "")
  }
}

extension FieldRequest {
  /// A formula field with the options that the schema shows for it.
  fileprivate init(computed request: FieldRequest, formula: String) {
    (name, description, type) = (request.name, request.description, request.type)
    options = JSONObject([
      "formula": .string(formula), "isValid": true, "referencedFieldIds": [],
      "result": ["type": "singleLineText"],
    ])
  }
}
