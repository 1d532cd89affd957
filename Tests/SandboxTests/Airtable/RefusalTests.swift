import Domain
import Sandbox
import Testing

@Suite("Airtable refuses what Airtable refuses")
struct RefusalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let rule: String
    let method: String
    let path: String
    var body: String?
    let status: Int
    let type: String
    var message: String?
    var testDescription: String { rule }

    init(
      _ rule: String, _ method: String, _ path: String, _ body: String? = nil, _ status: Int,
      _ type: String, _ message: String? = nil
    ) {
      (self.rule, self.method, self.path, self.body) = (rule, method, path, body)
      (self.status, self.type, self.message) = (status, type, message)
    }
  }

  static let unknown = "INVALID_REQUEST_UNKNOWN"
  static let value = "INVALID_VALUE_FOR_COLUMN"
  static let model = "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"
  static let row = "recAAAAAAAAAAAAAA"
  static let eleven =
    "[" + Array(repeating: #"{"fields": {}}"#, count: 11).joined(separator: ",") + "]"
  static let tenMessage =
    "You must provide an array of up to 10 record objects, each with an 'id' ID field and a "
    + "'fields' object for cell values."
  static let invalidFormula =
    "The formula for filtering records is invalid: Invalid formula. Please check your formula text."

  static func field(_ rule: String, _ cell: String, _ message: String, _ type: String = value)
    -> Case
  {
    Case(rule, "POST", "HOMES", "{\"fields\": {\(cell)}}", 422, type, message)
  }

  static func formula(_ rule: String, _ text: String, _ message: String = invalidFormula) -> Case {
    Case(
      rule, "GET", "HOMES?filterByFormula=" + text.encoded, nil, 422, "INVALID_FILTER_BY_FORMULA",
      message)
  }

  static func bad(_ name: String) -> String { "Field \"\(name)\" cannot accept the provided value" }

  static let cases: [Case] = [
    Case("a base that is not there", "GET", "appAAAAAAAAAAAAAA/Homes", nil, 403, model),
    Case("a table that is not there", "GET", "appRentbookSandbx/Nope", nil, 403, model),
    Case("a path that is not there", "GET", "/v1/x", nil, 404, "NOT_FOUND"),
    Case("a record that is not there", "GET", "HOMES/\(row)", nil, 404, "NOT_FOUND"),
    Case("deleting one record that is not there", "DELETE", "HOMES/\(row)", nil, 404, "NOT_FOUND"),
    Case(
      "deleting several, one of which is not there", "DELETE", "HOMES?records%5B%5D=\(row)", nil,
      422, "ROW_DOES_NOT_EXIST", "Record ID \(row) does not exist in this table"),
    Case("deleting none", "DELETE", "HOMES", nil, 422, "INVALID_RECORDS"),
    Case(
      "changing a record that is not there", "PATCH", "HOMES",
      "{\"records\": [{\"id\": \"\(row)\", \"fields\": {}}]}", 422, "ROW_DOES_NOT_EXIST",
      "Record ID \(row) does not exist in this table"),
    Case("a body that is not JSON", "POST", "HOMES", "{\"a\": NaN}", 400, "INVALID_REQUEST_BODY"),
    Case("a body that is no object", "POST", "HOMES", "[]", 422, unknown),
    Case("no fields", "POST", "HOMES", "{}", 422, "INVALID_REQUEST_MISSING_FIELDS"),
    Case("an unknown parameter", "POST", "HOMES", #"{"fields": {}, "x": 1}"#, 422, unknown),
    Case(
      "eleven records", "POST", "HOMES", "{\"records\": \(eleven)}", 422, "INVALID_RECORDS",
      tenMessage),
    Case("no records", "POST", "HOMES", #"{"records": []}"#, 422, "INVALID_RECORDS"),
    Case(
      "changes without ids", "PATCH", "HOMES", #"{"records": [{"fields": {}}]}"#, 422,
      "INVALID_RECORDS"),
    Case(
      "an id in a create", "POST", "HOMES", "{\"records\": [{\"id\": \"\(row)\", \"fields\": {}}]}",
      422, "INVALID_RECORDS"),
    Case("chosen fields with a get", "GET", "HOMES/\(row)?fields%5B%5D=Name", nil, 422, unknown),
    Case("a page of 101", "GET", "HOMES?pageSize=101", nil, 422, unknown),
    Case("a page of none", "GET", "HOMES?pageSize=0", nil, 422, unknown),
    Case("an unknown list parameter", "GET", "HOMES?api_key=x", nil, 422, unknown),
    Case("text cells without a zone", "GET", "HOMES?cellFormat=string", nil, 422, unknown),
    Case("an unknown view", "GET", "HOMES?view=Nope", nil, 422, "VIEW_NAME_NOT_FOUND"),
    Case(
      "an unknown chosen field", "GET", "HOMES?fields%5B%5D=Nope", nil, 422, "UNKNOWN_FIELD_NAME",
      "Unknown field name: \"Nope\""),
    Case(
      "an unknown sort field", "GET", "HOMES?sort%5B0%5D%5Bfield%5D=Nope", nil, 422,
      "UNKNOWN_FIELD_NAME"),
    Case(
      "a garbled offset", "GET", "HOMES?offset=abc", nil, 422, "INVALID_OFFSET_VALUE",
      "The value of offset abc is invalid"),
    Case(
      "an offset of long ago", "GET", "HOMES?offset=itrAAAAAAAAAAAAAA/recAAAAAAAAAAAAAA", nil, 422,
      "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"),
    Case(
      "time zones in a listRecords body", "POST", "HOMES/listRecords", #"{"timeZone": "utc"}"#, 422,
      unknown),
    field("an unknown field", #""Nope": 1"#, "Unknown field name: \"Nope\"", "UNKNOWN_FIELD_NAME"),
    field("a number in a text", #""Name": 1"#, bad("Name")),
    field("text in a number", #""Units": "7""#, bad("Units")),
    field("text in a currency", #""Rent": "12.50""#, bad("Rent")),
    field("text in a checkbox", #""Active": "true""#, bad("Active")),
    field("a time stamp in a date", #""Due": "2026-01-31T00:00:00.000Z""#, bad("Due")),
    field("a day that does not exist", #""Due": "2026-02-30""#, bad("Due")),
    field("no moment", #""Seen": "yesterday""#, bad("Seen")),
    field("no star", #""Stars": 0"#, bad("Stars")),
    field("too many stars", #""Stars": 6"#, bad("Stars")),
    field("part of a second", #""Length": 1.5"#, bad("Length")),
    field("text in a bar code", #""Code": "1""#, bad("Code")),
    field("one option for several", #""Tags": "A""#, bad("Tags")),
    field(
      "an unknown option", #""Status": "Lost""#,
      "Insufficient permissions to create new select option \"Lost\"",
      "INVALID_MULTIPLE_CHOICE_OPTIONS"),
    field(
      "an unknown option among several", #""Tags": ["A", "C"]"#,
      "Insufficient permissions to create new select option \"C\"",
      "INVALID_MULTIPLE_CHOICE_OPTIONS"),
    field("a link that is no list", #""Flats": "x""#, "Value is not an array of record IDs."),
    field("a link by object", #""Flats": [{"id": "x"}]"#, "Value is not an array of record IDs."),
    field(
      "a link to nothing", "\"Flats\": [\"\(row)\"]",
      "Record ID \(row) does not exist in this table", "ROW_DOES_NOT_EXIST"),
    Case(
      "typecast of what cannot be read", "POST", "HOMES",
      #"{"typecast": true, "fields": {"Units": "seven"}}"#, 422, value,
      "Cannot parse value \"seven\" for field Units"),
    Case(
      "typecast outside the body", "POST", "HOMES?typecast=true", #"{"fields": {"Units": "7"}}"#,
      422, value, bad("Units")),
    formula("half a formula", "AND({Name}='a'"),
    formula("an unknown function", "NOPE(1)"),
    formula("too few arguments", "IS_AFTER(CREATED_TIME())"),
    formula("an open text", "{Name}='a"),
    formula("two values side by side", "1 2"),
    formula("a checkbox compared with FALSE()", "{Active}=FALSE()"),
    formula("nesting without end", String(repeating: "(", count: 500) + "1"),
    formula(
      "unknown fields", "AND({Nope}=1, {Never Was}=2)",
      "The formula for filtering records is invalid: Unknown field names: nope, never was"),
  ]

  @Test(
    "a call that Airtable refuses is refused with its status, type and message", arguments: cases)
  func refused(_ one: Case) throws {
    let bench = try Bench.furnished()
    _ = try bench.homes(#""Name": "a""#)
    let answer = try bench.call(one.method, one.path, one.body)
    #expect(answer.status == one.status)
    #expect(answer.type == one.type)
    if let message = one.message { #expect(answer.message == message) }
    #expect(try bench.call("GET", "HOMES").ids.count == 1, "a refused call changes nothing")
  }

  @Test("a call without the right token is refused with 401, and one without the scope with 403")
  func tokens() throws {
    let bench = try Bench { $0.scopes = ["data.records:read"] }
    #expect(try bench.call("GET", "meta/whoami", token: "patOther").type == "UNAUTHORIZED")
    #expect(try bench.call("GET", "meta/whoami", token: "a b").type == "AUTHENTICATION_REQUIRED")
    #expect(try bench.call("GET", "meta/whoami", token: "patOther").status == 401)
    #expect(try bench.call("GET", "meta/whoami").status == 200)
    let refused = try bench.call("GET", "meta/bases")
    #expect(refused.status == 403)
    #expect(refused.type == "INVALID_PERMISSIONS")
  }

  @Test("addresses of 16,000 bytes and bodies over the limit are refused")
  func sizes() throws {
    let bench = try Bench.furnished { $0.bodyBytesMax = 2_000 }
    let long = String(repeating: "a", count: 16_000)
    #expect(try bench.call("GET", "HOMES?filterByFormula=\(long)").status == 414)
    let answer = try bench.call("POST", "HOMES", "{\"fields\": {\"Notes\": \"\(long)\"}}")
    #expect(answer.status == 413)
    #expect(answer.type == "REQUEST_TOO_LARGE")
  }

  @Test("text longer than 100,000 characters is refused")
  func longText() throws {
    let bench = try Bench.furnished()
    func write(_ count: Int) throws -> Bench.Answer {
      let text = String(repeating: "a", count: count)
      return try bench.call("POST", "HOMES", "{\"fields\": {\"Notes\": \"\(text)\"}}")
    }
    #expect(try write(100_000).status == 200)
    #expect(try write(100_001).type == Self.value)
  }

  @Test("a full base refuses new records, and changes and deletions go on")
  func fullBase() throws {
    let bench = try Bench.furnished { $0.recordsPerBaseMax = 2 }
    let ids = try bench.homes(#""Name": "a""#, #""Name": "b""#)
    let answer = try bench.call("POST", "FLATS", #"{"fields": {"Number": "1"}}"#)
    #expect(answer.status == 422)
    #expect(try bench.call("PATCH", "HOMES/\(ids[0])", #"{"fields": {"Name": "c"}}"#).status == 200)
    #expect(try bench.call("DELETE", "HOMES/\(ids[0])").status == 200)
    #expect(try bench.call("POST", "FLATS", #"{"fields": {"Number": "1"}}"#).status == 200)
  }
}
