import Background
import Domain
import WebServer

// What a person does at Airtable's own screens, and a look at everything without limits: for the
// demonstration and for tests. Not part of the real service.

/// Why a person's change cannot be made.
public struct SandboxEditError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, in a sentence.
  public let message: String
  /// The form shown to a person.
  public var description: String { message }
}

extension SandboxAirtable {
  /// The field that rows are found by, beside their ids.
  static let keyField = "Rentbook Key"

  /// Changes one cell as a person would.
  ///
  /// - Parameters:
  ///   - recordKey: the record's id, or the text of its field `Rentbook Key`.
  ///   - value: converted as well as can be, as typing it would; null empties the cell.
  ///   - baseID: nil for the base there was at the start.
  /// - Throws: what Airtable would refuse, and what cannot be found.
  public func edit(
    table: String, recordKey: String, field: String, value: JSONValue, baseID: String? = nil
  ) throws(SandboxEditError) {
    let change = changeByHand()
    try byHand(baseID) { base throws(AirtableRefusal) in
      let index = try base.table(table)
      var writes = RecordWrites(records: [
        (try base.recordID(recordKey, in: index), JSONObject([field: value]))
      ])
      writes.typecast = true
      _ = try base.write(writes, table: index, change)
    }
  }

  /// Adds a record as a person would; its id.
  ///
  /// - Throws: what Airtable would refuse, and what cannot be found.
  public func insert(table: String, fields: JSONObject, baseID: String? = nil)
    throws(SandboxEditError) -> String
  {
    let change = changeByHand()
    return try byHand(baseID) { base throws(AirtableRefusal) in
      let index = try base.table(table)
      var writes = RecordWrites(records: [(nil, fields)])
      writes.typecast = true
      return try base.write(writes, table: index, change).created.first ?? ""
    }
  }

  /// Deletes a record as a person would.
  ///
  /// - Throws: what cannot be found.
  public func remove(table: String, recordKey: String, baseID: String? = nil)
    throws(SandboxEditError)
  {
    let change = changeByHand()
    try byHand(baseID) { base throws(AirtableRefusal) in
      let index = try base.table(table)
      try base.delete([try base.recordID(recordKey, in: index)], table: index, change)
    }
  }

  /// All records of a table in the order of their creation, as the list call shows them.
  ///
  /// - Throws: when there is no such table.
  public func records(table: String, baseID: String? = nil) throws(SandboxEditError) -> [JSONValue]
  {
    let now = now
    return try byHand(baseID) { base throws(AirtableRefusal) in
      let index = try base.table(table)
      return base.tables[index].rows.compactMap { row in
        row.map { base.record($0, index, now: now) }
      }
    }
  }

  private func byHand<Result>(
    _ baseID: String?, _ body: (inout AirtableBase) throws(AirtableRefusal) -> Result
  ) throws(SandboxEditError) -> Result {
    do throws(AirtableRefusal) {
      return try base(baseID ?? options.baseID).withLock(body)
    } catch {
      throw SandboxEditError(message: error.sentence)
    }
  }

  /// Answers the calls under `/_sandbox/airtable/`; nil for all others.
  ///
  /// `POST edit` `{table, record, field, value}`, `POST insert` `{table, fields}`, `POST remove`
  /// `{table, record}`, `GET records?table=NAME`, `POST expire-iterators`, `POST break-webhook`
  /// `{id, code}`, `POST add-field` `{table, field}` (computed types too), `POST retype-field`
  /// `{table, field, type, options}`, `POST delete-field` `{table, field}`, `POST delete-table`
  /// `{table}`; each takes `base` as well.
  func steer(_ request: WebRequest) -> WebResponse? {
    let prefix = "/_sandbox/airtable/"
    guard request.path.hasPrefix(prefix) else { return nil }
    do throws(SandboxEditError) {
      if request.method == "GET", request.path == prefix + "records" {
        func parameter(_ name: String) -> String? {
          request.query.first { $0.name == name }?.value
        }
        let all = try records(table: parameter("table") ?? "", baseID: parameter("base"))
        return .json(["records": .array(all)])
      }
      guard request.method == "POST" else { return nil }
      guard let body = try? JSONValue(parsing: request.body) else {
        throw SandboxEditError(message: "The body is not JSON.")
      }
      return try steer(String(request.path.dropFirst(prefix.count)), body).map { .json($0) }
    } catch {
      return .json(status: 422, ["error": .string(error.message)])
    }
  }

  private func steer(_ action: String, _ body: JSONValue) throws(SandboxEditError) -> JSONValue? {
    let baseID = body["base"]?.string
    func text(_ name: String) throws(SandboxEditError) -> String {
      guard let text = body[name]?.string else {
        throw SandboxEditError(message: "\(action) needs the text \"\(name)\".")
      }
      return text
    }
    let change = changeByHand()
    switch action {
    case "edit":
      try edit(
        table: text("table"), recordKey: text("record"), field: text("field"),
        value: body["value"] ?? .null, baseID: baseID)
    case "insert":
      let fields = body["fields"]?.object ?? JSONObject()
      return ["id": .string(try insert(table: text("table"), fields: fields, baseID: baseID))]
    case "remove": try remove(table: text("table"), recordKey: text("record"), baseID: baseID)
    case "expire-iterators": try byHand(baseID) { $0.expireIterators() }
    case "break-webhook":
      let (id, code) = (try text("id"), body["code"]?.string ?? "INVALID_HOOK")
      try byHand(baseID) { base throws(AirtableRefusal) in
        try base.breakWebhook(id, code: code, now: change.now)
      }
    case "add-field":
      let (table, field) = (try text("table"), body["field"] ?? .null)
      return try byHand(baseID) { base throws(AirtableRefusal) in
        let id = base.tables[try base.table(table)].id
        return try base.createField(field, tableID: id, change, isByHand: true)
      }
    case "retype-field":
      let (table, field) = (try text("table"), try text("field"))
      var config = JSONObject(["type": .string(try text("type"))])
      if let options = body["options"] { config["options"] = options }
      let asked = JSONValue.object(config)
      try byHand(baseID) { base throws(AirtableRefusal) in
        let id = base.tables[try base.table(table)].id
        try base.retypeField(asked, tableID: id, fieldID: field, change)
      }
    case "delete-field":
      let (table, field) = (try text("table"), try text("field"))
      try byHand(baseID) { base throws(AirtableRefusal) in
        try base.deleteField(tableID: base.tables[try base.table(table)].id, fieldID: field, change)
      }
    case "delete-table":
      let table = try text("table")
      try byHand(baseID) { base throws(AirtableRefusal) in
        try base.deleteTable(tableID: base.tables[try base.table(table)].id, change)
      }
    default: return nil
    }
    return [:]
  }
}

extension AirtableBase {
  /// The id of the record with that id or that text in its key field.
  fileprivate mutating func recordID(_ key: String, in table: Int) throws(AirtableRefusal) -> String
  {
    if tables[table].places[key] != nil { return key }
    if let slot = tables[table].slot(SandboxAirtable.keyField),
      let place = tables[table].places(of: .text(key), in: slot).first,
      let row = tables[table].rows[place]
    {
      return row.id
    }
    throw .noRow(key)
  }
}

extension AirtableRefusal {
  fileprivate var sentence: String {
    switch shape {
    case .object(let message): message ?? type
    case .bare: type
    case .gateway(let message): message
    }
  }
}
