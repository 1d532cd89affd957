import Domain
import Sandbox
import Testing

@Suite("Airtable's webhooks collect payloads")
struct WebhookTests {
  static func hook(
    _ bench: Bench, _ filters: String = #""dataTypes": ["tableData"]"#, includes: String = "{}"
  )
    throws -> String
  {
    let answer = try bench.call(
      "POST", "bases/\(bench.base)/webhooks",
      """
      {"notificationUrl": "https://example.com/ping",
       "specification": {"options": {"filters": {\(filters)}, "includes": \(includes)}}}
      """)
    #expect(answer.status == 200)
    #expect(answer.json["macSecretBase64"]?.string?.count == 88)
    return answer.json["id"]?.string ?? ""
  }

  static func payloads(_ bench: Bench, _ id: String, _ query: String = "") throws -> Bench.Answer {
    try bench.call("GET", "bases/\(bench.base)/webhooks/\(id)/payloads\(query)")
  }

  static func homesID(_ bench: Bench) throws -> String {
    let tables = try bench.call("GET", "meta/bases/\(bench.base)/tables").json["tables"]?.array
    return try #require(tables?.first?["id"]?.string)
  }

  @Test("created, changed and destroyed records are told with cells by field id")
  func payload() throws {
    let bench = try Bench.furnished()
    let id = try Self.hook(
      bench, includes: #"{"includePreviousCellValues": true, "includeCellValuesInFieldIds": "all"}"#
    )
    let table = try Self.homesID(bench)
    let fields = try #require(
      bench.call("GET", "meta/bases/\(bench.base)/tables").json["tables"]?.array?.first?["fields"]?
        .array)
    func field(_ name: String) -> String {
      fields.first { $0["name"] == .string(name) }?["id"]?.string ?? ""
    }
    let home = try bench.homes(#""Name": "a", "Status": "Open""#)[0]
    try bench.call("PATCH", "HOMES/\(home)", #"{"fields": {"Status": "Closed", "Name": "a"}}"#)
    try bench.call("DELETE", "HOMES/\(home)")
    let answer = try Self.payloads(bench, id)
    let payloads = try #require(answer.json["payloads"]?.array)
    #expect(payloads.count == 3)
    #expect(answer.json["cursor"] == 4)
    #expect(answer.json["mightHaveMore"] == false)
    #expect(payloads[0]["actionMetadata"]?["source"] == "publicApi")
    let created = payloads[0]["changedTablesById"]?[table]?["createdRecordsById"]?[home]
    #expect(created?["cellValuesByFieldId"]?[field("Name")] == "a")
    #expect(created?["cellValuesByFieldId"]?[field("Status")]?["name"] == "Open")
    let changed = payloads[1]["changedTablesById"]?[table]?["changedRecordsById"]?[home]
    #expect(changed?["current"]?["cellValuesByFieldId"]?[field("Status")]?["name"] == "Closed")
    #expect(changed?["previous"]?["cellValuesByFieldId"]?[field("Status")]?["name"] == "Open")
    #expect(
      changed?["current"]?["cellValuesByFieldId"]?[field("Name")] == nil,
      "an equal value is no change")
    #expect(changed?["unchanged"]?["cellValuesByFieldId"]?[field("Name")] == "a")
    #expect(
      payloads[2]["changedTablesById"]?[table]?["destroyedRecordIds"] == .array([.string(home)]))
    let numbers = payloads.compactMap { $0["baseTransactionNumber"]?.int }
    #expect(numbers == numbers.sorted())
  }

  @Test("payloads come fifty at a time from any cursor")
  func cursors() throws {
    let bench = try Bench.furnished()
    let id = try Self.hook(bench)
    for number in 0..<60 { _ = try bench.homes("\"Name\": \"\(number)\"") }
    let first = try Self.payloads(bench, id)
    #expect(first.json["payloads"]?.array?.count == 50)
    #expect(first.json["cursor"] == 51)
    #expect(first.json["mightHaveMore"] == true)
    let second = try Self.payloads(bench, id, "?cursor=51&limit=4")
    #expect(second.json["payloads"]?.array?.count == 4)
    #expect(second.json["cursor"] == 55)
    let end = try Self.payloads(bench, id, "?cursor=61")
    #expect(end.json["payloads"] == [])
    #expect(end.json["cursor"] == 61)
    #expect(end.json["mightHaveMore"] == false)
    for query in ["?cursor=0", "?cursor=x", "?limit=51", "?cursor=99"] {
      #expect(try Self.payloads(bench, id, query).status == 422)
    }
    let list = try bench.call("GET", "bases/\(bench.base)/webhooks").json["webhooks"]?.array
    #expect(list?.first?["cursorForNextPayload"] == 61)
  }

  @Test("a filter by table, kind of change, field and source is kept to")
  func filters() throws {
    let bench = try Bench.furnished()
    let table = try Self.homesID(bench)
    let fields = try #require(
      bench.call("GET", "meta/bases/\(bench.base)/tables").json["tables"]?.array?.first?["fields"]?
        .array)
    let units = fields.first { $0["name"] == "Units" }?["id"]?.string ?? ""
    let scoped = try Self.hook(
      bench,
      "\"dataTypes\": [\"tableData\"], \"recordChangeScope\": \"\(table)\", \"changeTypes\": [\"update\"]"
    )
    let watched = try Self.hook(
      bench,
      "\"dataTypes\": [\"tableData\"], \"watchDataInFieldIds\": [\"\(units)\"], \"changeTypes\": [\"update\"]"
    )
    let people = try Self.hook(bench, #""dataTypes": ["tableData"], "fromSources": ["client"]"#)
    let schema = try Self.hook(bench, #""dataTypes": ["tableFields"]"#)
    let home = try bench.homes(#""Name": "a", "Rentbook Key": "k""#)[0]
    try bench.call("POST", "FLATS", #"{"fields": {"Number": "1"}}"#)
    try bench.call("PATCH", "HOMES/\(home)", #"{"fields": {"Name": "b"}}"#)
    try bench.sandbox.edit(table: "Homes", recordKey: "k", field: "Units", value: "7")
    try bench.call(
      "PATCH", "meta/bases/\(bench.base)/tables/\(table)/fields/\(units)",
      #"{"name": "Unit Count"}"#)
    func count(_ id: String) throws -> Int? {
      try Self.payloads(bench, id).json["payloads"]?.array?.count
    }
    #expect(try count(scoped) == 2)
    #expect(try count(watched) == 1)
    #expect(try count(people) == 1)
    let renamed = try #require(Self.payloads(bench, schema).json["payloads"]?.array?.first)
    let change = renamed["changedTablesById"]?[table]?["changedFieldsById"]?[units]
    #expect(change?["current"]?["name"] == "Unit Count")
    #expect(change?["previous"]?["name"] == "Units")
  }

  @Test("a webhook lives seven days from its last sign of interest, and can be read seven more")
  func expiry() throws {
    let bench = try Bench.furnished()
    let id = try Self.hook(bench)
    let day: UInt64 = 86_400
    bench.advance(seconds: 6 * day)
    #expect(try Self.payloads(bench, id).status == 200)
    bench.advance(seconds: 6 * day)
    _ = try bench.homes(#""Name": "told""#)
    #expect(try bench.call("POST", "bases/\(bench.base)/webhooks/\(id)/refresh").status == 200)
    bench.advance(seconds: 7 * day)
    _ = try bench.homes(#""Name": "not told""#)
    #expect(try bench.call("POST", "bases/\(bench.base)/webhooks/\(id)/refresh").status == 422)
    let list = try bench.call("GET", "bases/\(bench.base)/webhooks").json["webhooks"]?.array
    #expect(list?.first?["isHookEnabled"] == false)
    #expect(try Self.payloads(bench, id).json["payloads"]?.array?.count == 1)
    bench.advance(seconds: 7 * day)
    #expect(try Self.payloads(bench, id).status == 404)
  }

  @Test("payloads older than seven days are gone, and cursors go on")
  func age() throws {
    let bench = try Bench.furnished()
    let id = try Self.hook(bench)
    _ = try bench.homes(#""Name": "old""#)
    bench.advance(seconds: 4 * 86_400)
    _ = try Self.payloads(bench, id)
    bench.advance(seconds: 4 * 86_400)
    _ = try bench.homes(#""Name": "new""#)
    let answer = try Self.payloads(bench, id)
    #expect(answer.json["payloads"]?.array?.count == 1)
    #expect(answer.json["cursor"] == 3)
  }

  @Test("ten webhooks to a base, secure addresses and known filters only")
  func limits() throws {
    let bench = try Bench.furnished()
    for body in [
      #"{"notificationUrl": "http://example.com", "specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}}"#,
      #"{"specification": {"options": {"filters": {"dataTypes": []}}}}"#,
      #"{"specification": {"options": {"filters": {"dataTypes": ["everything"]}}}}"#,
      #"{"specification": {"options": {"filters": {"dataTypes": ["tableData"], "recordChangeScope": "Homes"}}}}"#,
      #"{}"#,
    ] {
      #expect(try bench.call("POST", "bases/\(bench.base)/webhooks", body).status == 422)
    }
    for _ in 0..<10 { _ = try Self.hook(bench) }
    let eleventh = try bench.call(
      "POST", "bases/\(bench.base)/webhooks",
      #"{"specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}}"#)
    #expect(eleventh.status == 422)
  }

  @Test("notifications can be turned off, a broken webhook says so, a deleted one is gone")
  func states() throws {
    let bench = try Bench.furnished()
    let id = try Self.hook(bench)
    let path = "bases/\(bench.base)/webhooks"
    #expect(
      try bench.call("POST", "\(path)/\(id)/enableNotifications", #"{"enable": false}"#).status
        == 200)
    var shown = try bench.call("GET", path).json["webhooks"]?.array?.first
    #expect(shown?["areNotificationsEnabled"] == false)
    try bench.call(
      "POST", "/_sandbox/airtable/break-webhook", "{\"id\": \"\(id)\", \"code\": \"INVALID_HOOK\"}")
    _ = try bench.homes(#""Name": "not told""#)
    let payloads = try #require(Self.payloads(bench, id).json["payloads"]?.array)
    #expect(payloads.count == 1)
    #expect(payloads[0]["error"] == true)
    #expect(payloads[0]["code"] == "INVALID_HOOK")
    shown = try bench.call("GET", path).json["webhooks"]?.array?.first
    #expect(shown?["isHookEnabled"] == false)
    #expect(try bench.call("DELETE", "\(path)/\(id)").status == 200)
    #expect(try Self.payloads(bench, id).status == 404)
  }
}
