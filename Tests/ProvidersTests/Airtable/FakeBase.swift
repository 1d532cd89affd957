// A base in memory that refuses what Airtable refuses, as far as these tests ask.
import Background
import Domain
import HTTP
import Sync

@testable import Providers

/// Tables, fields and rows behind the requests of the client. Batches are all or nothing.
final class FakeBase: Sendable {
  struct Field {
    var id: String
    var name: String
    var type: String
    var options: JSONValue?
  }

  struct Table {
    var id: String
    var name: String
    var fields: [Field]
    /// By row id.
    var rows: [(id: String, cells: JSONObject)] = []
  }

  struct State {
    var tables: [Table] = []
    var count = 0
    /// Whether the other end of a link is named in the answer, as Airtable does.
    var tellsInverse = true
    /// Refuses the making of tables and fields whose name it has, with this answer.
    var refusals: [String: HTTPResponse] = [:]
    /// Refuses a row of a batch.
    var poison: @Sendable (JSONObject) -> HTTPResponse? = { _ in nil }
    /// Called with each request before it is looked at; an answer ends it.
    var intercept: @Sendable (HTTPRequest, Int) throws(TransferError) -> HTTPResponse? = { _, _ in
      nil
    }
    var requests = 0

    mutating func id(_ prefix: String) -> String {
      count += 1
      let digits = String(count)
      return prefix + String(repeating: "0", count: 14 - digits.count) + digits
    }
  }

  let state = Lock(State())

  var http: ScriptedHTTP {
    ScriptedHTTP { (request) throws(TransferError) in
      try self.state.withLock { (state) throws(TransferError) in
        state.requests += 1
        if let answer = try state.intercept(request, state.requests) { return answer }
        return state.answer(request)
      }
    }
  }

  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

  func table(_ name: String) -> Table? {
    state.withLock { state in state.tables.first { $0.name == name } }
  }

  /// The rows of a table as `{field name: cell}`.
  func rows(_ name: String) -> [JSONObject] {
    guard let table = table(name) else { return [] }
    return table.rows.map { row in
      var output = JSONObject()
      for (id, cell) in row.cells.members {
        output[table.fields.first { $0.id == id }?.name ?? id] = cell
      }
      return output
    }
  }
}

extension FakeBase.State {
  mutating func answer(_ request: HTTPRequest) -> HTTPResponse {
    let parts = request.url.replacing("https://api.airtable.com", with: "").split(
      separator: "?", maxSplits: 1)
    let path = parts[0].split(separator: "/").map { Self.decoded(String($0)) }
    let query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { pair in
      let sides = pair.split(separator: "=", maxSplits: 1).map { Self.decoded(String($0)) }
      return (name: sides[0], value: sides.count > 1 ? sides[1] : "")
    }
    let body = request.json
    if path.starts(with: ["v0", "meta"]) { return meta(request.method, path, body) }
    guard let index = tables.firstIndex(where: { $0.id == path[2] }) else {
      return .error("INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "not found", status: 403)
    }
    switch request.method {
    case "GET":
      return list(index, query.first { $0.name == "filterByFormula" }?.value)
    case "POST": return list(index, body["filterByFormula"]?.string)
    case "DELETE":
      let ids = query.map(\.value)
      guard ids.allSatisfy({ id in tables[index].rows.contains { $0.id == id } }) else {
        return .error("ROW_DOES_NOT_EXIST", "Record ID does not exist in this table")
      }
      tables[index].rows.removeAll { ids.contains($0.id) }
      return .json([
        "records": .array(ids.map { ["id": .string($0), "deleted": true] })
      ])
    default: return patch(index, body)
    }
  }

  private static func decoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: Schema

  private func json(_ field: FakeBase.Field) -> JSONValue {
    var output = JSONObject([
      "id": .string(field.id), "name": .string(field.name), "type": .string(field.type),
    ])
    output["options"] = field.options
    return .object(output)
  }

  private func json(_ table: FakeBase.Table) -> JSONValue {
    [
      "id": .string(table.id), "name": .string(table.name),
      "primaryFieldId": .string(table.fields.first?.id ?? ""),
      "fields": .array(table.fields.map { json($0) }), "views": [],
    ]
  }

  private mutating func meta(_ method: String, _ path: [String], _ body: JSONValue) -> HTTPResponse
  {
    switch (method, path.count) {
    case ("GET", 3) where path[2] == "whoami": return .json(["id": "usrMe"])
    case ("GET", 3):
      return .json([
        "bases": [["id": "appBase", "name": "Owners", "permissionLevel": "create"]]
      ])
    case ("GET", _): return .json(["tables": .array(tables.map { json($0) })])
    case ("POST", 5): return makeTable(body)
    case ("POST", 7):
      guard let index = tables.firstIndex(where: { $0.id == path[5] }) else {
        return .error("NOT_FOUND", status: 404)
      }
      return makeField(body, in: index)
    default:
      for table in tables.indices {
        for field in tables[table].fields.indices where tables[table].fields[field].id == path[7] {
          tables[table].fields[field].name = body["name"]?.string ?? ""
          return .json(json(tables[table].fields[field]))
        }
      }
      return .error("NOT_FOUND", status: 404)
    }
  }

  private mutating func makeTable(_ body: JSONValue) -> HTTPResponse {
    let name = body["name"]?.string ?? ""
    if let refusal = refusals[name] { return refusal }
    if tables.contains(where: { $0.name.lowercased() == name.lowercased() }) {
      return .error("DUPLICATE_TABLE_NAME", name)
    }
    var table = FakeBase.Table(id: id("tbl"), name: name, fields: [])
    for field in body["fields"]?.array ?? [] {
      table.fields.append(
        FakeBase.Field(
          id: id("fld"), name: field["name"]?.string ?? "", type: field["type"]?.string ?? "",
          options: field["options"]))
    }
    guard
      ["singleLineText", "multilineText", "number", "currency", "date"]
        .contains(table.fields.first?.type)
    else { return .error("INVALID_REQUEST_UNKNOWN", "bad primary field") }
    tables.append(table)
    return .json(json(table))
  }

  private mutating func makeField(_ body: JSONValue, in index: Int) -> HTTPResponse {
    let name = body["name"]?.string ?? ""
    if let refusal = refusals[name] { return refusal }
    if tables[index].fields.contains(where: { $0.name.lowercased() == name.lowercased() }) {
      return .error("DUPLICATE_OR_EMPTY_FIELD_NAME", name)
    }
    var field = FakeBase.Field(
      id: id("fld"), name: name, type: body["type"]?.string ?? "", options: body["options"])
    if let linked = body["options"]?["linkedTableId"]?.string {
      guard let other = tables.firstIndex(where: { $0.id == linked }) else {
        return .error("INVALID_REQUEST_UNKNOWN", "unknown linked table")
      }
      if other != index {
        let inverse = id("fld")
        var inverseName = tables[index].name
        while tables[other].fields.contains(where: { $0.name == inverseName }) {
          inverseName += " 2"
        }
        var options: JSONObject = JSONObject(["linkedTableId": .string(tables[index].id)])
        if tellsInverse { options["inverseLinkFieldId"] = .string(field.id) }
        tables[other].fields.append(
          FakeBase.Field(
            id: inverse, name: inverseName, type: "multipleRecordLinks", options: .object(options)))
        if tellsInverse {
          field.options = [
            "linkedTableId": .string(linked), "inverseLinkFieldId": .string(inverse),
          ]
        }
      }
    }
    tables[index].fields.append(field)
    return .json(json(field))
  }

  // MARK: Rows

  /// The texts in quotes of a formula that is a list of alternatives.
  private static func literals(_ formula: String) -> [String] {
    var output: [String] = []
    var rest = formula[...]
    while let start = rest.firstIndex(of: "'") {
      rest = rest[rest.index(after: start)...]
      var text = ""
      while let character = rest.popFirst(), character != "'" {
        text.append(character == "\\" ? rest.popFirst() ?? " " : character)
      }
      output.append(text)
    }
    return output
  }

  private func list(_ index: Int, _ formula: String?) -> HTTPResponse {
    let table = tables[index]
    var rows = table.rows
    if let formula {
      let texts = Self.literals(formula)
      if formula.contains("RECORD_ID()") {
        rows = rows.filter { texts.contains($0.id) }
      } else {
        guard let field = table.fields.first(where: { formula.contains("{\($0.name)}=") }) else {
          return .error("INVALID_FILTER_BY_FORMULA", "invalid: Unknown field names: x")
        }
        rows = rows.filter { row in texts.contains(row.cells[field.id]?.string ?? "") }
      }
    }
    return .json(["records": .array(rows.map { Self.json($0.id, $0.cells) })])
  }

  private static func json(_ id: String, _ cells: JSONObject) -> JSONValue {
    [
      "id": .string(id), "createdTime": "2026-11-21T00:00:00.000Z", "fields": .object(cells),
    ]
  }

  private mutating func patch(_ index: Int, _ body: JSONValue) -> HTTPResponse {
    let key = body["performUpsert"]?["fieldsToMergeOn"]?.array?.first?.string
    var table = tables[index]
    var answered: [JSONValue] = []
    let records = body["records"]?.array ?? []
    guard records.count <= 10 else { return .error("INVALID_RECORDS", "too many") }
    for record in records {
      let cells = record["fields"]?.object ?? JSONObject()
      if let unknown = cells.keys.first(where: { id in !table.fields.contains { $0.id == id } }) {
        return .error("UNKNOWN_FIELD_NAME", "Unknown field name: \"\(unknown)\"")
      }
      if let refusal = poison(cells) { return refusal }
      let matches: [Int]
      if let id = record["id"]?.string {
        matches = table.rows.indices.filter { table.rows[$0].id == id }
        if matches.isEmpty {
          return .error("ROW_DOES_NOT_EXIST", "Record ID \(id) does not exist in this table")
        }
      } else {
        matches = table.rows.indices.filter {
          key.flatMap { cells[$0] } == key.flatMap { [row = table.rows[$0]] in row.cells[$0] }
        }
      }
      guard matches.count <= 1 else { return .error("INVALID_UPSERT", "more than one match") }
      let place = matches.first ?? table.rows.count
      if matches.isEmpty { table.rows.append((id("rec"), JSONObject())) }
      for (name, cell) in cells.members {
        let isEmpty = [.null, .bool(false), .string(""), .array([])].contains(cell)
        table.rows[place].cells[name] = isEmpty ? nil : cell
      }
      answered.append(Self.json(table.rows[place].id, table.rows[place].cells))
    }
    tables[index] = table
    return .json(["records": .array(answered), "createdRecords": [], "updatedRecords": []])
  }
}
