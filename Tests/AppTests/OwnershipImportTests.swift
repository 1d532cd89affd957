import Domain
import Testing
import WebServer

@Suite("Taking owners' shares over from Airtable") struct OwnershipImportTests {
  /// Makes a table in the base as a person does.
  private static func make(_ table: JSONValue, _ sides: TwoSides) throws {
    let answer = sides.airtable.handle(
      WebRequest(
        method: "POST", path: "/v0/meta/bases/\(sides.airtable.options.baseID)/tables",
        headers: ["authorization": "Bearer \(sides.airtable.options.token)"],
        body: Array(table.text.utf8)))
    try #require(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
  }

  private static let table: JSONValue = [
    "name": "Ownership",
    "fields": [
      ["name": "Row", "type": "singleLineText"], ["name": "Property", "type": "singleLineText"],
      ["name": "Owner", "type": "singleLineText"],
      ["name": "Ownership %", "type": "percent", "options": ["precision": 2]],
      ["name": "Disbursement %", "type": "number", "options": ["precision": 2]],
      ["name": "From", "type": "date", "options": ["dateFormat": ["name": "iso"]]],
    ],
  ]

  @Test("shows what would change, changes it only when told, and then finds nothing more")
  func takeOver() throws {
    let sides = try TwoSides()
    let missing = try sides.run("ownership", "import")
    #expect(missing.code == 0)
    #expect(missing.json["notes"]?.text.contains("no table “Ownership”") == true)
    #expect(missing.rows("reserves").isEmpty && missing.rows("shares").isEmpty)

    let listed = try sides.run("ownership", "list").rows("rows")
    let property = try #require(listed.first?["property_id"]?.int)
    let rows = try sides.airtable.records(table: "Owners").compactMap { $0["fields"] }
    let names = rows.compactMap { $0["Name"]?.string }
    let owner = try #require(names.first)
    try Self.make(Self.table, sides)
    func insert(
      _ property: String, _ owner: String, _ part: String, _ paid: String?, _ day: String?
    )
      throws
    {
      var fields: JSONObject = [
        "Property": .string(property), "Owner": .string(owner), "Ownership %": .number(part),
      ]
      fields["Disbursement %"] = paid.map(JSONValue.number)
      fields["From"] = day.map(JSONValue.string)
      _ = try sides.airtable.insert(table: "Ownership", fields: fields)
    }
    try insert(String(property), owner, "1", nil, nil)
    try insert(String(property), owner, "0.6", "100", "2026-12-01")
    try insert("Nowhere", owner, "1", nil, nil)
    // The reserve is another in the base than here, where a person has decided on one.
    try #require(
      sides.run("rules", "policy", String(property), "--reserve", "123.45").code == 0)

    let preview = try sides.run("ownership", "import")
    #expect(preview.code == 3)
    #expect(preview.json["applied"]?.bool == false)
    #expect(preview.json["notes"]?.text.contains("Nowhere") == true)
    let reserve = try #require(preview.rows("reserves").first)
    #expect(reserve["before"]?.string == "123.45")
    #expect(reserve["property_id"]?.int == property)
    let shares = preview.rows("shares")
    #expect(shares.map { $0["from"]?.string } == ["always", "2026-12-01"])
    #expect(shares[0]["after"]?.string == "\(owner) 100" && shares[0]["refused"]?.isNull == true)
    #expect(shares[1]["refused"]?.string?.contains("add up to 60") == true)
    // Nothing was changed by looking.
    #expect(try sides.run("ownership", "list").rows("rows") == listed)

    #expect(try sides.run("ownership", "import", "--apply").code == 3)
    let held = try sides.run("ownership", "list", "--property", String(property)).rows("rows")
    #expect(held.map { $0["ownership_percentage"]?.string } == ["100"])
    let history = try sides.run("ownership", "history").rows("changes")
    #expect(history.first?["actor"]?.string == "ann")
    #expect(history.first?["reason"]?.string == "taken over from Airtable")
    let again = try sides.run("ownership", "import")
    #expect(again.rows("reserves").isEmpty)
    #expect(again.rows("shares").map { $0["from"]?.string } == ["2026-12-01"])
  }
}
