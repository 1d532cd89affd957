import Domain
import Sandbox
import Testing

@Suite("Airtable keeps records")
struct RecordTests {
  @Test("cells come back as they were written, and empty ones are left out")
  func roundTrip() throws {
    let bench = try Bench.furnished()
    let fields = """
      {"Name": "Ünit \\"7\\"", "Rent": 1250.5, "Units": 3, "Stars": 5, "Active": true, "Due": "2026-01-31",
       "Seen": "2026-01-31T09:00:00+02:00", "Status": "Open", "Tags": ["B", "A"],
       "Code": {"text": "42"}, "Length": 90}
      """
    let answer = try bench.call("POST", "HOMES", "{\"fields\": \(fields)}")
    #expect(answer.status == 200)
    var expected = try #require(json(fields).object)
    expected["Seen"] = "2026-01-31T07:00:00.000Z"
    #expect(answer.json["fields"] == .object(expected))
    let empty = try bench.call(
      "POST", "HOMES",
      #"{"fields": {"Name": "", "Active": false, "Tags": [], "Units": null, "Status": "", "Due": null}}"#
    )
    #expect(empty.json["fields"] == [:])
  }

  @Test("amounts keep every digit", arguments: ["0.1", "1234567890.12", "-0.01", "100", "19.999"])
  func digits(_ amount: String) throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes("\"Rent\": \(amount)")
    #expect(try bench.home(ids[0])["Rent"] == .number(amount))
  }

  @Test("PATCH changes the named fields, PUT clears the others")
  func patchAndPut() throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes(#""Name": "a", "Units": 1, "Status": "Open""#)
    try bench.call("PATCH", "HOMES/\(ids[0])", #"{"fields": {"Units": 2}}"#)
    #expect(try bench.home(ids[0]) == json(#"{"Name": "a", "Units": 2, "Status": "Open"}"#))
    try bench.call(
      "PUT", "HOMES", "{\"records\": [{\"id\": \"\(ids[0])\", \"fields\": {\"Units\": 3}}]}")
    #expect(try bench.home(ids[0]) == json(#"{"Units": 3}"#))
  }

  @Test("a batch with one bad record changes nothing")
  func allOrNothing() throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes(#""Name": "a""#, #""Name": "b""#)
    let answer = try bench.call(
      "PATCH", "HOMES",
      """
      {"typecast": true, "records": [
        {"id": "\(ids[0])", "fields": {"Name": "changed", "Status": "Brand new"}},
        {"id": "\(ids[1])", "fields": {"Units": "no number"}}]}
      """)
    #expect(answer.status == 422)
    #expect(try bench.home(ids[0]) == json(#"{"Name": "a"}"#))
    let schema = try bench.call("GET", "meta/bases/\(bench.base)/tables")
    #expect(!schema.json.text.contains("Brand new"), "nor does it add options")
  }

  @Test("typecast reads numbers, dates, flags and new options from text")
  func typecast() throws {
    let bench = try Bench.furnished()
    let answer = try bench.call(
      "POST", "HOMES",
      """
      {"typecast": true, "fields": {"Rent": "$1,250.50", "Due": "2026-01-31T23:00:00Z", "Active": "checked",
        "Status": "New", "Tags": "A, C", "Name": 7}}
      """)
    #expect(
      try answer.json["fields"]
        == json(
          """
          {"Rent": 1250.5, "Due": "2026-01-31", "Active": true, "Status": "New", "Tags": ["A", "C"], "Name": "7"}
          """))
  }

  @Test("fields are shown by id when asked, and can be written by id")
  func fieldIDs() throws {
    let bench = try Bench.furnished()
    let tables = try bench.call("GET", "meta/bases/\(bench.base)/tables").json["tables"]?.array
    let table = try #require(tables?.first)
    let name = try #require(table["primaryFieldId"]?.string)
    let answer = try bench.call(
      "POST", "\(bench.base)/\(table["id"]?.string ?? "")",
      "{\"returnFieldsByFieldId\": true, \"fields\": {\"\(name)\": \"a\"}}")
    #expect(answer.json["fields"]?[name] == "a")
    let id = try #require(answer.json["id"]?.string)
    #expect(try bench.home(id)["Name"] == "a")
    let byID = try bench.call("GET", "HOMES/\(id)?returnFieldsByFieldId=1")
    #expect(byID.json["fields"]?[name] == "a")
  }

  @Test("deleted records are gone, one by one or ten at a time")
  func deletion() throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes(#""Name": "a""#, #""Name": "b""#, #""Name": "c""#)
    let one = try bench.call("DELETE", "HOMES/\(ids[0])")
    #expect(one.json["deleted"] == true)
    let many = try bench.call("DELETE", "HOMES?records%5B%5D=\(ids[1])&records[]=\(ids[2])")
    #expect(many.json["records"]?.array?.count == 2)
    #expect(try bench.call("GET", "HOMES").ids.isEmpty)
    #expect(try bench.call("GET", "HOMES/\(ids[0])").status == 404)
  }

  @Test("text cells are shown as people see them")
  func textCells() throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes(#""Name": "a", "Active": true, "Tags": ["A", "B"]"#)
    try bench.call("POST", "FLATS", "{\"fields\": {\"Number\": \"7\", \"Home\": [\"\(ids[0])\"]}}")
    let answer = try bench.call("GET", "FLATS?cellFormat=string&timeZone=utc&userLocale=en")
    #expect(answer.cells("Home") == ["a"])
    let home = try bench.call("GET", "HOMES/\(ids[0])?cellFormat=string&timeZone=utc&userLocale=en")
    #expect(home.json["fields"]?["Tags"] == "A, B")
    #expect(home.json["fields"]?["Active"] == "checked")
  }
}

@Suite("Airtable upserts")
struct UpsertTests {
  static func upsert(_ records: String, on fields: String = #"["Rentbook Key"]"#) -> String {
    "{\"performUpsert\": {\"fieldsToMergeOn\": \(fields)}, \"records\": [\(records)]}"
  }

  @Test("a record is created where none matches and changed where one does")
  func createsAndChanges() throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes(#""Rentbook Key": "k1", "Name": "one", "Units": 1"#)
    let answer = try bench.call(
      "PATCH", "HOMES",
      Self.upsert(
        #"{"fields": {"Rentbook Key": "k2", "Name": "two"}}, {"fields": {"Rentbook Key": "k1", "Units": 2}}"#
      ))
    #expect(answer.status == 200)
    #expect(answer.ids[1] == ids[0], "records stand in the order of the call")
    #expect(answer.json["updatedRecords"] == .array([.string(ids[0])]))
    #expect(answer.json["createdRecords"] == .array([.string(answer.ids[0])]))
    #expect(try bench.home(ids[0])["Name"] == "one")
  }

  @Test("with PUT the fields a match is not given are cleared")
  func replaces() throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes(#""Rentbook Key": "k1", "Name": "one""#)
    try bench.call("PUT", "HOMES", Self.upsert(#"{"fields": {"Rentbook Key": "k1", "Units": 2}}"#))
    #expect(try bench.home(ids[0]) == json(#"{"Rentbook Key": "k1", "Units": 2}"#))
  }

  @Test("a key that two records have fails the whole call")
  func twoMatches() throws {
    let bench = try Bench.furnished()
    _ = try bench.homes(#""Rentbook Key": "k1""#, #""Rentbook Key": "k1""#)
    let answer = try bench.call(
      "PATCH", "HOMES",
      Self.upsert(#"{"fields": {"Rentbook Key": "k9"}}, {"fields": {"Rentbook Key": "k1"}}"#))
    #expect(answer.status == 422)
    #expect(answer.type != nil)
    #expect(try bench.call("GET", "HOMES").ids.count == 2)
  }

  @Test(
    "what an upsert may not be asked is refused",
    arguments: [
      (#"[]"#, #"{"fields": {"Rentbook Key": "k"}}"#),
      (#"["Name", "Rentbook Key", "Notes", "Units"]"#, #"{"fields": {"Rentbook Key": "k"}}"#),
      (#"["Active"]"#, #"{"fields": {"Active": true}}"#),
      (#"["Flats"]"#, #"{"fields": {"Flats": []}}"#),
      (#"["Nope"]"#, #"{"fields": {"Rentbook Key": "k"}}"#),
      (#"["Rentbook Key"]"#, #"{"fields": {"Name": "no key"}}"#),
      (#"["Rentbook Key"]"#, #"{"id": "recAAAAAAAAAAAAAA", "fields": {"Rentbook Key": "k"}}"#),
      (
        #"["Rentbook Key"]"#,
        #"{"fields": {"Rentbook Key": "k"}}, {"fields": {"Rentbook Key": "k"}}"#
      ),
    ])
  func refused(_ fields: String, _ records: String) throws {
    let bench = try Bench.furnished()
    let answer = try bench.call("PATCH", "HOMES", Self.upsert(records, on: fields))
    #expect(answer.status == 422)
    #expect(try bench.call("GET", "HOMES").ids.isEmpty)
  }

  @Test("a record with an id is changed whatever its merge fields say")
  func byID() throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes(#""Rentbook Key": "k1""#, #""Rentbook Key": "k2""#)
    let answer = try bench.call(
      "PATCH", "HOMES",
      Self.upsert("{\"id\": \"\(ids[0])\", \"fields\": {\"Rentbook Key\": \"k2\"}}"))
    #expect(answer.json["updatedRecords"] == .array([.string(ids[0])]))
    #expect(try bench.home(ids[0])["Rentbook Key"] == "k2")
  }

  @Test("an empty key matches nothing and makes a record each time")
  func emptyKey() throws {
    let bench = try Bench.furnished()
    _ = try bench.homes(#""Name": "has no key""#)
    for _ in 0..<2 {
      let answer = try bench.call(
        "PATCH", "HOMES", Self.upsert(#"{"fields": {"Rentbook Key": null}}"#))
      #expect(answer.json["createdRecords"]?.array?.count == 1)
    }
  }

  @Test("up to three fields together make the key")
  func threeFields() throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes(
      #""Name": "a", "Units": 1, "Due": "2026-01-01""#,
      #""Name": "a", "Units": 2, "Due": "2026-01-01""#)
    let answer = try bench.call(
      "PATCH", "HOMES",
      Self.upsert(
        #"{"fields": {"Name": "a", "Units": 2, "Due": "2026-01-01", "Notes": "x"}}"#,
        on: #"["Name", "Units", "Due"]"#))
    #expect(answer.json["updatedRecords"] == .array([.string(ids[1])]))
  }

  @Test("keys are found after they change and not after their record is deleted")
  func indexStaysTrue() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let bench = try Bench.furnished()
    var model: [String: String] = [:]
    for step in 0..<400 {
      let key = "k\(Int.random(in: 0..<20, using: &random))"
      if random.fraction() < 0.2, let id = model[key] {
        try bench.call("DELETE", "HOMES/\(id)")
        model[key] = nil
      } else if random.fraction() < 0.2, let id = model[key] {
        let new = "k\(Int.random(in: 0..<20, using: &random))"
        if model[new] == nil {
          try bench.call("PATCH", "HOMES/\(id)", "{\"fields\": {\"Rentbook Key\": \"\(new)\"}}")
          (model[key], model[new]) = (nil, id)
        }
      } else {
        let answer = try bench.call(
          "PATCH", "HOMES", Self.upsert("{\"fields\": {\"Rentbook Key\": \"\(key)\"}}"))
        let isNew = answer.json["createdRecords"]?.array?.isEmpty == false
        #expect(isNew == (model[key] == nil), "seed \(seed), step \(step)")
        model[key] = answer.ids.first
      }
    }
    #expect(
      try Set(bench.sandbox.records(table: "Homes").compactMap { $0["id"]?.string })
        == Set(model.values))
  }
}

@Suite("Airtable keeps both ends of a link")
struct LinkTests {
  @Test("a write at either end shows at the other, and a deletion is forgotten by both")
  func bothEnds() throws {
    let bench = try Bench.furnished()
    let homes = try bench.homes(#""Name": "a""#, #""Name": "b""#)
    func flat(_ home: String) throws -> String {
      try bench.call("POST", "FLATS", "{\"fields\": {\"Home\": [\"\(home)\"]}}").json["id"]?.string
        ?? ""
    }
    let (one, two) = (try flat(homes[0]), try flat(homes[0]))
    #expect(try bench.home(homes[0])["Flats"] == .array([.string(one), .string(two)]))
    try bench.call("PATCH", "FLATS/\(one)", "{\"fields\": {\"Home\": [\"\(homes[1])\"]}}")
    #expect(try bench.home(homes[0])["Flats"] == .array([.string(two)]))
    #expect(try bench.home(homes[1])["Flats"] == .array([.string(one)]))
    try bench.call("PATCH", "HOMES/\(homes[1])", "{\"fields\": {\"Flats\": [\"\(two)\"]}}")
    #expect(try bench.call("GET", "FLATS/\(one)").json["fields"]?["Home"] == nil)
    #expect(
      try bench.call("GET", "FLATS/\(two)").json["fields"]?["Home"]
        == .array([.string(homes[0]), .string(homes[1])]))
    try bench.call("DELETE", "HOMES/\(homes[0])")
    #expect(
      try bench.call("GET", "FLATS/\(two)").json["fields"]?["Home"] == .array([.string(homes[1])]))
  }

  @Test("after any writes each end names exactly the records that name it")
  func symmetric() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let bench = try Bench.furnished()
    var homes = try (0..<5).map { try bench.homes("\"Name\": \"h\($0)\"")[0] }
    var flats = try (0..<8).map { number in
      try bench.call("POST", "FLATS", "{\"fields\": {\"Number\": \"\(number)\"}}").json["id"]?
        .string ?? ""
    }
    for _ in 0..<200 {
      let fromHome = Bool.random(using: &random)
      let targets = (fromHome ? flats : homes).filter { _ in Bool.random(using: &random) }
      let list = targets.map { "\"\($0)\"" }.joined(separator: ",")
      let source = (fromHome ? homes : flats).randomElement(using: &random) ?? ""
      try bench.call(
        "PATCH", fromHome ? "HOMES/\(source)" : "FLATS/\(source)",
        "{\"fields\": {\"\(fromHome ? "Flats" : "Home")\": [\(list)]}}")
      if random.fraction() < 0.02, homes.count > 2 {
        try bench.call("DELETE", "HOMES/\(homes.removeLast())")
      }
      if random.fraction() < 0.02, flats.count > 2 {
        try bench.call("DELETE", "FLATS/\(flats.removeLast())")
      }
    }
    func pairs(_ table: String, _ field: String, flipped: Bool) throws -> Set<[String]> {
      var pairs: Set<[String]> = []
      for record in try bench.sandbox.records(table: table) {
        for target in record["fields"]?[field]?.array ?? [] {
          let pair = [record["id"]?.string ?? "", target.string ?? ""]
          pairs.insert(flipped ? pair.reversed() : pair)
        }
      }
      return pairs
    }
    let forward = try pairs("Flats", "Home", flipped: false)
    #expect(try forward == pairs("Homes", "Flats", flipped: true), "seed \(seed)")
  }

  @Test("a link within a table leads one way and forgets what is deleted")
  func withinATable() throws {
    let bench = try Bench.furnished()
    let tables = try bench.call("GET", "meta/bases/\(bench.base)/tables").json["tables"]?.array
    let id = try #require(tables?.first?["id"]?.string)
    let field = try bench.call(
      "POST", "meta/bases/\(bench.base)/tables/\(id)/fields",
      "{\"name\": \"Parent\", \"type\": \"multipleRecordLinks\", \"options\": {\"linkedTableId\": \"\(id)\"}}"
    )
    #expect(field.status == 200)
    #expect(field.json["options"]?["inverseLinkFieldId"] == nil)
    let ids = try bench.homes(#""Name": "a""#, #""Name": "b""#)
    try bench.call("PATCH", "HOMES/\(ids[1])", "{\"fields\": {\"Parent\": [\"\(ids[0])\"]}}")
    #expect(try bench.home(ids[1])["Parent"] == .array([.string(ids[0])]))
    try bench.call("DELETE", "HOMES/\(ids[0])")
    #expect(try bench.home(ids[1])["Parent"] == nil)
  }
}
