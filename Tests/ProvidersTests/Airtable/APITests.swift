import Background
import Domain
import HTTP
import Sync
import Testing

@testable import Providers

@Suite("Airtable requests") struct AirtableRequestTests {
  let call = AirtableCall(what: "reading the table “Units”", scope: .recordsRead)
  let writing = AirtableCall(
    what: "changing the table “Units”", scope: .recordsWrite, changes: true)

  @Test("the token goes in the header only, and every write is sent once")
  func header() throws {
    let http = ScriptedHTTP([.json(#"{"records":[]}"#)])
    let client = api(http)
    _ = failure { () throws(AirtableFailure) in
      try client.page(.init(table: "tbl1"), offset: nil, call, Cancellation())
    }
    _ = failure { () throws(AirtableFailure) in
      try client.delete("tbl1", ["rec1"], writing, Cancellation())
    }
    for request in http.requests {
      #expect(request.headers.contains { $0 == ("Authorization", "Bearer pat.secret") })
      #expect(!request.url.contains("secret"))
    }
    #expect(http.requests.map(\.repeatability) == [.repeatable, .once])
    var printed = "\(client)"
    dump(client, to: &printed)
    #expect(printed.hasPrefix("Airtable base appBase") && !printed.contains("secret"))
  }

  @Test("a page is asked for by GET with ids of fields, a filter and an offset")
  func get() throws {
    let http = ScriptedHTTP([
      .json(#"{"records":[{"id":"rec1","fields":{"fldA":12.50}}],"offset":"itr1/rec1"}"#)
    ])
    let query = AirtableAPI.Query(
      table: "tbl1", fields: ["fldA", "fldB"], formula: .isAny("Key", of: ["a'b"]))
    let page = try api(http).page(query, offset: "itr0/rec0", call, Cancellation())
    #expect(
      http.lines == [
        "GET /v0/appBase/tbl1?pageSize=100&returnFieldsByFieldId=true&fields%5B%5D=fldA"
          + "&fields%5B%5D=fldB&filterByFormula=%7BKey%7D%3D%27a%5C%27b%27&offset=itr0%2Frec0"
      ])
    #expect(page.rows == [.init(id: "rec1", cells: JSONObject(["fldA": .number("12.50")]))])
    #expect(page.offset == "itr1/rec1")
  }

  @Test("an address of 16,000 characters becomes a POST, one of 15,999 does not")
  func longAddress() throws {
    let http = ScriptedHTTP([.json(#"{"records":[]}"#)])
    let client = api(http)
    func ask(_ text: String) throws {
      let formula = AirtableFormula(description: text)
      _ = try client.page(
        .init(table: "tbl1", fields: ["fldA"], formula: formula), offset: "itr1", call,
        Cancellation())
    }
    try ask("x")
    let length = http.requests[0].url.utf8.count - 1
    try ask(String(repeating: "x", count: 15_999 - length))
    try ask(String(repeating: "x", count: 16_000 - length))
    #expect(http.requests.map(\.method) == ["GET", "GET", "POST"])
    #expect(http.requests[1].url.utf8.count == 15_999)
    #expect(http.requests[2].url == "https://api.airtable.com/v0/appBase/tbl1/listRecords")
    let body = http.requests[2].json
    #expect(
      body.object?.keys == [
        "pageSize", "returnFieldsByFieldId", "fields", "filterByFormula", "offset",
      ])
    #expect(body["fields"] == ["fldA"] && body["offset"] == "itr1" && body["pageSize"] == 100)
    #expect(http.requests[2].repeatability == .repeatable)
  }

  @Test(
    "a listing whose place is lost starts again, without doubling a row",
    arguments: ["LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "INVALID_OFFSET_VALUE"])
  func restart(_ type: String) throws {
    let http = ScriptedHTTP([
      .json(#"{"records":[{"id":"rec1","fields":{}}],"offset":"o1"}"#),
      .json(#"{"error":{"type":"\#(type)"}}"#, status: 422),
      .json(#"{"records":[{"id":"rec1","fields":{}}],"offset":"o2"}"#),
      .json(#"{"records":[{"id":"rec2","fields":{}}]}"#),
    ])
    let rows = try api(http).all(.init(table: "tbl1"), call, Cancellation())
    #expect(rows.map(\.id) == ["rec1", "rec2"])
    #expect(http.requests.count == 4)
  }

  @Test("a listing that loses its place again and again ends with an error")
  func endlessRestart() {
    let http = ScriptedHTTP { (request) throws(TransferError) in
      request.url.contains("offset")
        ? .error("LIST_RECORDS_ITERATOR_NOT_AVAILABLE")
        : .json(#"{"records":[],"offset":"o"}"#)
    }
    let error = failure { () throws(AirtableFailure) in
      try api(http).all(.init(table: "tbl1"), call, Cancellation())
    }
    #expect(error?.kind == .refused)
    #expect(http.requests.count == 2 * (AirtableAPI.restartsMax + 1))
  }

  @Test("each kind of write has its request")
  func writes() throws {
    let http = ScriptedHTTP { (request) throws(TransferError) in
      request.method == "DELETE"
        ? .json(#"{"records":[{"id":"rec1","deleted":true},{"id":"rec2","deleted":false}]}"#)
        : .json(#"{"records":[{"id":"rec1","fields":{}}]}"#)
    }
    let client = api(http)
    let cells = JSONObject(["fldA": .number("-0.05"), "fldB": .null])
    _ = try client.create("tbl1", [cells], writing, Cancellation())
    _ = try client.update("tbl1", [.init(id: "rec1", cells: cells)], writing, Cancellation())
    _ = try client.upsert("tbl1", key: "fldK", [cells], writing, Cancellation())
    let deleted = try client.delete("tbl1", ["rec1", "rec2"], writing, Cancellation())
    #expect(deleted == ["rec1"])
    let end = #""typecast":false,"returnFieldsByFieldId":true}"#
    #expect(
      http.lines == [
        #"POST /v0/appBase/tbl1 {"records":[{"fields":{"fldA":-0.05,"fldB":null}}],"# + end,
        #"PATCH /v0/appBase/tbl1 {"records":[{"id":"rec1","fields":{"fldA":-0.05,"fldB":null}}],"#
          + end,
        #"PATCH /v0/appBase/tbl1 {"performUpsert":{"fieldsToMergeOn":["fldK"]},"#
          + #""records":[{"fields":{"fldA":-0.05,"fldB":null}}],"# + end,
        "DELETE /v0/appBase/tbl1?records%5B%5D=rec1&records%5B%5D=rec2",
      ])
  }

  @Test("schema calls have their requests")
  func schemaCalls() throws {
    let http = ScriptedHTTP { (request) throws(TransferError) in
      request.url.hasSuffix("/tables")
        ? .json(#"{"id":"tbl1","name":"Units","fields":[],"tables":[]}"#)
        : .json(#"{"id":"fld1","name":"Rent","type":"currency"}"#)
    }
    let client = api(http)
    _ = try client.schema(Cancellation())
    let table = try client.createTable(
      "Units", fields: [FieldKind.text.airtableField(named: "Unit Number")], Cancellation())
    let field = try client.createField(
      FieldKind.money.airtableField(named: "Rent"), name: "Rent", in: table, Cancellation())
    try client.rename(field, to: "Market Rent", in: table, Cancellation())
    let tables = "/v0/meta/bases/appBase/tables"
    #expect(
      http.lines == [
        "GET \(tables)",
        #"POST \#(tables) {"name":"Units","fields":[{"name":"Unit Number","#
          + #""type":"singleLineText"}]}"#,
        #"POST \#(tables)/tbl1/fields {"name":"Rent","type":"currency","#
          + #""options":{"precision":2,"symbol":"$"}}"#,
        #"PATCH \#(tables)/tbl1/fields/fld1 {"name":"Market Rent"}"#,
      ])
  }

  @Test("no token, no base, or a stop asked for: nothing is sent")
  func nothingSent() {
    let http = ScriptedHTTP([.json(#"{"tables":[]}"#)])
    let stopped = Cancellation()
    stopped.cancel()
    let kinds = [
      failure { () throws(AirtableFailure) in
        try api(http, token: "").schema(Cancellation())
      }?.kind,
      failure { () throws(AirtableFailure) in try api(http, base: "").schema(Cancellation()) }?
        .kind,
      failure { () throws(AirtableFailure) in try api(http).schema(stopped) }?.kind,
    ]
    #expect(kinds == [.notAuthorised, .notSetUp, .cancelled])
    #expect(http.requests.isEmpty)
  }
}

@Suite("Airtable formulas") struct AirtableFormulaTests {
  @Test(
    "a text stays inside its quotes, whatever it holds",
    arguments: [
      ("plain", "'plain'"), ("O'Brien", #"'O\'Brien'"#), (#"back\slash"#, #"'back\\slash'"#),
      (#"\'"#, #"'\\\''"#), ("say \"hi\"", "'say \"hi\"'"), ("a\nb\tc\r", #"'a\nb\tc\r'"#),
      ("') , TRUE() & ('", #"'\') , TRUE() & (\''"#), ("{Name}", "'{Name}'"),
    ])
  func literal(_ text: String, _ expected: String) {
    #expect(AirtableFormula.literal(text) == expected)
  }

  @Test("random texts never end their literal early", arguments: [UInt64(1), 7, 2026])
  func random(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let alphabet = Array("'\\\"{}(),=a \n")
    for _ in 0..<2000 {
      let count = Int.random(in: 0...12, using: &generator)
      let text = String((0..<count).compactMap { _ in alphabet.randomElement(using: &generator) })
      let literal = AirtableFormula.literal(text)
      var inside = literal.dropFirst().dropLast()[...]
      var read = ""
      while let character = inside.popFirst() {
        #expect(character != "'", "seed \(seed): \(literal)")
        guard character == "\\" else {
          read.append(character)
          continue
        }
        switch inside.popFirst() {
        case "n": read.append("\n")
        case let escaped?: read.append(escaped)
        case nil: Issue.record("seed \(seed): \(literal) ends in an escape")
        }
      }
      #expect(read == text, "seed \(seed)")
    }
  }

  @Test("a field's name cannot close its braces")
  func field() {
    #expect(AirtableFormula.field("Rentbook Key") == "{Rentbook Key}")
    #expect(AirtableFormula.field(#"a}b\c{d"#) == #"{a\}b\\c{d}"#)
  }

  @Test("one alternative stands alone, several in OR; times are compared as dates")
  func shapes() {
    #expect(AirtableFormula.isAny("K", of: ["a"]).description == "{K}='a'")
    #expect(AirtableFormula.isAny("K", of: ["a", "b"]).description == "OR({K}='a', {K}='b')")
    #expect(AirtableFormula.rows(["rec1"]).description == "RECORD_ID()='rec1'")
    #expect(
      AirtableFormula.changed(since: Instant(milliseconds: 0)).description
        == "OR(IS_AFTER(LAST_MODIFIED_TIME(), DATETIME_PARSE('1970-01-01T00:00:00.000Z')),"
        + " IS_AFTER(CREATED_TIME(), DATETIME_PARSE('1970-01-01T00:00:00.000Z')))")
  }
}
