import Domain
import Sandbox
import Testing

@Suite("Airtable changes its schema")
struct SchemaTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let rule: String
    let field: String
    let type: String
    var testDescription: String { rule }
    init(_ rule: String, _ field: String, _ type: String = "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE")
    {
      (self.rule, self.field, self.type) = (rule, field, type)
    }
  }

  static let computed = [
    "formula", "rollup", "multipleLookupValues", "count", "autoNumber", "createdTime", "createdBy",
    "lastModifiedTime", "lastModifiedBy", "button", "aiText", "externalSyncSource",
  ].map { Case($0, "\"type\": \"\($0)\"", "UNSUPPORTED_FIELD_TYPE_FOR_CREATE") }

  static let cases: [Case] =
    computed + [
      Case("no such type", #""type": "money""#, "INVALID_REQUEST_UNKNOWN"),
      Case("options for text", #""type": "singleLineText", "options": {"precision": 1}"#),
      Case("a number without precision", #""type": "number""#),
      Case("a number with nine places", #""type": "number", "options": {"precision": 9}"#),
      Case(
        "a currency with eight places",
        #""type": "currency", "options": {"precision": 8, "symbol": "$"}"#),
      Case("a currency without a symbol", #""type": "currency", "options": {"precision": 2}"#),
      Case("a checkbox without options", #""type": "checkbox""#),
      Case(
        "a checkbox with a strange icon",
        #""type": "checkbox", "options": {"icon": "cat", "color": "greenBright"}"#),
      Case("a date without a format", #""type": "date""#),
      Case(
        "a date with the wrong format",
        #""type": "date", "options": {"dateFormat": {"name": "iso", "format": "l"}}"#),
      Case(
        "a dateTime without a zone",
        #""type": "dateTime", "options": {"dateFormat": {"name": "iso"}, "timeFormat": {"name": "24hour"}}"#
      ),
      Case("a duration without a format", #""type": "duration", "options": {}"#),
      Case(
        "a rating of eleven",
        #""type": "rating", "options": {"icon": "star", "color": "yellowBright", "max": 11}"#),
      Case("a select without choices", #""type": "singleSelect""#),
      Case(
        "a choice with an id",
        #""type": "singleSelect", "options": {"choices": [{"id": "x", "name": "A"}]}"#),
      Case(
        "a choice twice",
        #""type": "multipleSelects", "options": {"choices": [{"name": "A"}, {"name": "A"}]}"#),
      Case("a link without a table", #""type": "multipleRecordLinks", "options": {}"#),
      Case(
        "a link to no table",
        #""type": "multipleRecordLinks", "options": {"linkedTableId": "tblAAAAAAAAAAAAAA"}"#),
      Case(
        "a link with read-only options",
        #""type": "multipleRecordLinks", "options": {"linkedTableId": "HOMES", "prefersSingleRecordLink": true}"#
      ),
    ]

  func homesID(_ bench: Bench) throws -> String {
    let tables = try bench.call("GET", "meta/bases/\(bench.base)/tables").json["tables"]?.array
    return try #require(tables?.first?["id"]?.string)
  }

  @Test("a field that cannot be created is refused, in a new table too", arguments: cases)
  func refusedFields(_ one: Case) throws {
    let bench = try Bench.furnished()
    let id = try homesID(bench)
    let field = "{\"name\": \"New\", " + one.field.replacing("HOMES", id) + "}"
    let path = "meta/bases/\(bench.base)/tables"
    let before = try bench.call("GET", path).json
    let added = try bench.call("POST", "\(path)/\(id)/fields", field)
    #expect(added.status == 422)
    #expect(added.type == one.type)
    let table =
      #"{"name": "T", "fields": [{"name": "Name", "type": "singleLineText"}, "# + field + "]}"
    #expect(try bench.call("POST", path, table).type == one.type)
    #expect(try bench.call("GET", path).json == before, "a refused call changes nothing")
  }

  @Test(
    "a table that cannot be created is refused",
    arguments: [
      #"{"name": "homes", "fields": [{"name": "Name", "type": "singleLineText"}]}"#,
      #"{"name": "T", "fields": []}"#,
      #"{"name": "", "fields": [{"name": "Name", "type": "singleLineText"}]}"#,
      #"{"name": "T", "fields": [{"name": "Name", "type": "singleLineText"}, {"name": "NAME", "type": "email"}]}"#,
      #"{"name": "T", "fields": [{"name": "Done", "type": "checkbox", "options": {"icon": "check", "color": "greenBright"}}]}"#,
      #"{"name": "T", "fields": [{"name": " ", "type": "singleLineText"}]}"#,
      #"{"name": "T", "kind": "x", "fields": [{"name": "Name", "type": "singleLineText"}]}"#,
      "{\"name\": \"T\", \"description\": \"" + String(repeating: "a", count: 20_001)
        + "\", \"fields\": [{\"name\": \"Name\", \"type\": \"singleLineText\"}]}",
    ])
  func refusedTables(_ body: String) throws {
    let bench = try Bench.furnished()
    let answer = try bench.call("POST", "meta/bases/\(bench.base)/tables", body)
    #expect(answer.status == 422)
    #expect(
      try bench.call("GET", "meta/bases/\(bench.base)/tables").json["tables"]?.array?.count == 2)
  }

  @Test("the schema has everything a client's models require")
  func schema() throws {
    let bench = try Bench.furnished()
    let answer = try bench.call("GET", "meta/bases/\(bench.base)/tables?include=visibleFieldIds")
    let table = try #require(answer.json["tables"]?.array?.first)
    let fields = try #require(table["fields"]?.array)
    #expect(table["primaryFieldId"] == fields[0]["id"])
    let view = try #require(table["views"]?.array?.first)
    #expect(view["type"] == "grid")
    #expect(view["visibleFieldIds"]?.array?.count == fields.count)
    func options(_ name: String) -> JSONValue? {
      fields.first { $0["name"] == .string(name) }?["options"]
    }
    #expect(options("Name") == nil)
    #expect(try options("Due") == json(#"{"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}}"#))
    #expect(try options("Seen")?["timeFormat"] == json(#"{"name": "24hour", "format": "HH:mm"}"#))
    let choice = try #require(options("Status")?["choices"]?.array?.first)
    #expect(choice["id"]?.string?.hasPrefix("sel") == true)
    #expect(choice["color"]?.string != nil)
  }

  @Test("a link makes its other end, named after the table and unlike every other field")
  func inverse() throws {
    let bench = try Bench.furnished()
    let id = try homesID(bench)
    let path = "meta/bases/\(bench.base)/tables"
    let flats = try #require(bench.call("GET", path).json["tables"]?.array?.last?["id"]?.string)
    let made = try bench.call(
      "POST", "\(path)/\(flats)/fields",
      "{\"name\": \"Second home\", \"type\": \"multipleRecordLinks\", \"options\": {\"linkedTableId\": \"\(id)\"}}"
    )
    let inverse = try #require(made.json["options"]?["inverseLinkFieldId"]?.string)
    let fields = try #require(
      bench.call("GET", path).json["tables"]?.array?.first?["fields"]?.array)
    let other = try #require(fields.first { $0["id"] == .string(inverse) })
    #expect(other["name"] == "Flats 2")
    #expect(other["options"]?["inverseLinkFieldId"] == made.json["id"])
  }

  @Test("names and descriptions can be changed, and nothing else")
  func changes() throws {
    let bench = try Bench.furnished()
    let id = try homesID(bench)
    let path = "meta/bases/\(bench.base)/tables/\(id)"
    let table = try bench.call("PATCH", path, #"{"name": "Houses", "description": "All of them"}"#)
    #expect(table.json["name"] == "Houses")
    #expect(table.json["description"] == "All of them")
    #expect(try bench.call("GET", "\(bench.base)/Houses").status == 200)
    #expect(try bench.call("PATCH", path, #"{"name": "Flats"}"#).status == 422)
    let fields = try #require(table.json["fields"]?.array)
    let units = try #require(fields.first { $0["name"] == "Units" }?["id"]?.string)
    let field = try bench.call("PATCH", "\(path)/fields/\(units)", #"{"name": "Unit Count"}"#)
    #expect(field.json["name"] == "Unit Count")
    #expect(field.json["id"] == .string(units))
    for body in [
      #"{"name": "rent"}"#, #"{"type": "singleLineText"}"#, #"{"options": {"precision": 1}}"#, "{}",
    ] {
      #expect(try bench.call("PATCH", "\(path)/fields/\(units)", body).status == 422)
    }
    let old = try bench.call("POST", "\(bench.base)/Houses", #"{"fields": {"Units": 1}}"#)
    #expect(old.type == "UNKNOWN_FIELD_NAME")
  }

  @Test("a base is made in the workspace of the token, and nowhere else")
  func bases() throws {
    let bench = try Bench()
    let tables = "[\(Bench.homes)]"
    let workspace = bench.sandbox.options.workspaceID
    let made = try bench.call(
      "POST", "meta/bases",
      "{\"name\": \"New\", \"workspaceId\": \"\(workspace)\", \"tables\": \(tables)}")
    let id = try #require(made.json["id"]?.string)
    #expect(made.json["tables"]?.array?.first?["name"] == "Homes")
    #expect(try bench.call("POST", "\(id)/Homes", #"{"fields": {"Name": "a"}}"#).status == 200)
    let all = try bench.call("GET", "meta/bases").json["bases"]?.array
    #expect(all?.compactMap { $0["id"]?.string } == [bench.base, id])
    let other = try bench.call(
      "POST", "meta/bases", "{\"name\": \"New\", \"workspaceId\": \"wspX\", \"tables\": \(tables)}")
    #expect(other.status == 403)
  }

  @Test("computed fields added by hand are shown and refuse values")
  func computedFields() throws {
    let bench = try Bench.furnished()
    for field in [
      #"{"name": "Made", "type": "createdTime"}"#,
      #"{"name": "Changed", "type": "lastModifiedTime"}"#,
      #"{"name": "Number", "type": "autoNumber"}"#,
      #"{"name": "Label", "type": "formula", "options": {"formula": "{Name}&'!'"}}"#,
    ] {
      let answer = try bench.call(
        "POST", "/_sandbox/airtable/add-field", "{\"table\": \"Homes\", \"field\": \(field)}")
      #expect(answer.status == 200)
    }
    let ids = try bench.homes(#""Name": "a""#)
    let fields = try bench.home(ids[0])
    #expect(fields["Label"] == "a!")
    #expect(fields["Number"] == 1)
    #expect(fields["Made"]?.string?.hasSuffix("Z") == true)
    #expect(fields["Changed"] == nil, "a record never edited has no such time")
    for name in ["Made", "Changed", "Number", "Label"] {
      let answer = try bench.call("PATCH", "HOMES/\(ids[0])", "{\"fields\": {\"\(name)\": \"x\"}}")
      #expect(answer.type == "INVALID_VALUE_FOR_COLUMN")
      #expect(
        answer.message == "Field \"\(name)\" cannot accept a value because the field is computed")
    }
    try bench.call("PUT", "HOMES/\(ids[0])", #"{"fields": {"Units": 1}}"#)
    #expect(try bench.home(ids[0])["Number"] == 1, "PUT leaves computed fields alone")
    #expect(try bench.home(ids[0])["Changed"] != nil)
  }

  @Test("a field retyped by hand keeps its id and the cells its new type can hold")
  func retyped() throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes(#""Notes": "$7.50", "Units": 3"#, #""Notes": "seven""#)
    func retype(_ field: String, _ type: String, _ options: String) throws -> Int {
      try bench.call(
        "POST", "/_sandbox/airtable/retype-field",
        "{\"table\": \"Homes\", \"field\": \"\(field)\", \"type\": \"\(type)\"\(options)}"
      ).status
    }
    let path = "meta/bases/\(bench.base)/tables"
    func notesID() throws -> JSONValue? {
      let fields = try bench.call("GET", path).json["tables"]?.array?.first?["fields"]?.array
      return fields?.first { $0["name"] == "Notes" }?["id"]
    }
    let before = try notesID()
    #expect(try retype("Notes", "number", #", "options": {"precision": 1}"#) == 200)
    #expect(try retype("Units", "singleSelect", #", "options": {"choices": []}"#) == 200)
    #expect(try bench.home(ids[0]) == json(#"{"Notes": 7.5, "Units": "3"}"#))
    #expect(try bench.home(ids[1]) == [:])
    #expect(try notesID() == before)
    #expect(try bench.call("POST", "HOMES", #"{"fields": {"Notes": "x"}}"#).status == 422)
    #expect(try retype("Flats", "singleLineText", "") == 422)
    // A formula takes the cells' place, and nothing is turned back from one.
    #expect(try retype("Notes", "formula", #", "options": {"formula": "{Units}"}"#) == 200)
    #expect(try notesID() == before)
    #expect(
      try bench.call("POST", "HOMES", #"{"fields": {"Notes": 1}}"#).message?.contains("computed")
        == true)
    #expect(try retype("Notes", "number", #", "options": {"precision": 1}"#) == 422)
  }

  @Test("a field or table removed by hand is unknown from then on")
  func removed() throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes(#""Name": "a", "Units": 1"#)
    try bench.call(
      "POST", "/_sandbox/airtable/delete-field", #"{"table": "Homes", "field": "Units"}"#)
    #expect(try bench.home(ids[0]) == json(#"{"Name": "a"}"#))
    #expect(
      try bench.call("POST", "HOMES", #"{"fields": {"Units": 1}}"#).type == "UNKNOWN_FIELD_NAME")
    try bench.call("POST", "/_sandbox/airtable/delete-table", #"{"table": "Flats"}"#)
    #expect(try bench.call("GET", "FLATS").status == 403)
    #expect(
      try bench.call("POST", "HOMES", #"{"fields": {"Flats": []}}"#).type == "UNKNOWN_FIELD_NAME")
  }
}
