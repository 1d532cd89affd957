// The shape of a base: its tables and fields as Airtable describes them, and the calls that read
// and extend it.
import Background
import Domain
import Sync

/// A field of a table in a base.
struct AirtableField: Sendable, Hashable {
  var id: String
  var name: String
  /// Airtable's name of the type. One this program has not met is kept as it came.
  var type: String
  /// For a link: the table it links to.
  var linkedTable: String?
  /// For a link: the field in the other table that shows the same links from there.
  var inverseField: String?
  /// For a select: the names of its choices.
  var choices: [String] = []

  init?(_ json: JSONValue) {
    guard let id = json["id"]?.string, let name = json["name"]?.string,
      let type = json["type"]?.string
    else { return nil }
    (self.id, self.name, self.type) = (id, name, type)
    linkedTable = json["options"]?["linkedTableId"]?.string
    inverseField = json["options"]?["inverseLinkFieldId"]?.string
    choices = (json["options"]?["choices"]?.array ?? []).compactMap { $0["name"]?.string }
  }
}

/// A table of a base.
struct AirtableTable: Sendable, Hashable {
  var id: String
  var name: String
  var fields: [AirtableField]

  init?(_ json: JSONValue) {
    guard let id = json["id"]?.string, let name = json["name"]?.string,
      let fields = json["fields"]?.array
    else { return nil }
    (self.id, self.name) = (id, name)
    self.fields = fields.compactMap { AirtableField($0) }
  }

  func field(id: String) -> AirtableField? { fields.first { $0.id == id } }

  /// The field of that name or id; Airtable's names are unique without regard to case.
  func field(named name: String) -> AirtableField? {
    fields.first { AirtableBase.isSame($0.name, name) || $0.id == name }
  }
}

/// What a base consists of.
struct AirtableBase: Sendable, Hashable {
  var tables: [AirtableTable]

  func table(id: String) -> AirtableTable? { tables.first { $0.id == id } }

  /// The table of that name or id.
  func table(named name: String) -> AirtableTable? {
    tables.first { Self.isSame($0.name, name) || $0.id == name }
  }

  static func isSame(_ left: String, _ right: String) -> Bool {
    left.lowercased() == right.lowercased()
  }

  /// Whether a configured name is an id: `tbl` or `fld` and fourteen letters or digits.
  static func isID(_ name: String) -> Bool {
    (name.hasPrefix("tbl") || name.hasPrefix("fld")) && name.utf8.count == 17
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
  }
}

extension AirtableAPI {
  /// 100,000 bases; more means an offset that does not move.
  private static let basePagesMax = 100

  /// Reads the schema. One call, whatever the size of the base.
  func schema(_ cancellation: Cancellation) throws(AirtableFailure) -> AirtableBase {
    let call = AirtableCall(what: "reading the tables of the base \(base)", scope: .schemaRead)
    let answer = try exchange(
      "GET", ["v0", "meta", "bases", base, "tables"], call: call, cancellation)
    guard let tables = answer["tables"]?.array else {
      throw AirtableFailure(unexpected: "the answer has no tables", call)
    }
    return AirtableBase(tables: tables.compactMap { AirtableTable($0) })
  }

  /// Proves the token; the user's id.
  func whoami(_ cancellation: Cancellation) throws(AirtableFailure) -> String {
    let call = AirtableCall(what: "asking whose token this is")
    let answer = try exchange("GET", ["v0", "meta", "whoami"], call: call, cancellation)
    guard let id = answer["id"]?.string else {
      throw AirtableFailure(unexpected: "the answer has no user", call)
    }
    return id
  }

  /// The base's name and what the token's user may do there; nil when the token does not see it.
  func baseName(
    _ cancellation: Cancellation
  ) throws(AirtableFailure) -> (name: String, permission: String)? {
    let call = AirtableCall(what: "listing the bases of the token", scope: .schemaRead)
    var offset: String?
    for _ in 0..<Self.basePagesMax {
      let answer = try exchange(
        "GET", ["v0", "meta", "bases"], offset.map { [("offset", $0)] } ?? [], call: call,
        cancellation)
      for found in answer["bases"]?.array ?? [] where found["id"]?.string == base {
        return (found["name"]?.string ?? base, found["permissionLevel"]?.string ?? "")
      }
      offset = answer["offset"]?.string
      if offset == nil { break }
    }
    return nil
  }

  /// Makes a table with its fields; the first becomes the primary one.
  func createTable(
    _ name: String, fields: [JSONValue], _ cancellation: Cancellation
  ) throws(AirtableFailure) -> AirtableTable {
    let call = AirtableCall(what: "making the table “\(name)”", scope: .schemaWrite, changes: true)
    let answer = try exchange(
      "POST", ["v0", "meta", "bases", base, "tables"],
      body: ["name": .string(name), "fields": .array(fields)], call: call, cancellation)
    guard let table = AirtableTable(answer) else {
      throw AirtableFailure(unexpected: "the answer is no table", call)
    }
    return table
  }

  /// Adds a field to a table.
  func createField(
    _ field: JSONValue, name: String, in table: AirtableTable, _ cancellation: Cancellation
  ) throws(AirtableFailure) -> AirtableField {
    let call = AirtableCall(
      what: "making the field “\(name)” in the table “\(table.name)”", scope: .schemaWrite,
      changes: true)
    let answer = try exchange(
      "POST", ["v0", "meta", "bases", base, "tables", table.id, "fields"], body: field, call: call,
      cancellation)
    guard let made = AirtableField(answer) else {
      throw AirtableFailure(unexpected: "the answer is no field", call)
    }
    return made
  }

  /// Gives a field another name.
  func rename(
    _ field: AirtableField, to name: String, in table: AirtableTable, _ cancellation: Cancellation
  ) throws(AirtableFailure) {
    let call = AirtableCall(
      what: "renaming the field “\(field.name)” in the table “\(table.name)” to “\(name)”",
      scope: .schemaWrite, changes: true)
    _ = try exchange(
      "PATCH", ["v0", "meta", "bases", base, "tables", table.id, "fields", field.id],
      body: ["name": .string(name)], call: call, cancellation)
  }
}
