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

  @Test("the base's table of forecasts is the plan that figures and reports are compared with")
  func plan() throws {
    let sides = try TwoSides()
    func row(_ table: String) throws -> (id: String, number: String) {
      let rows = try sides.airtable.records(table: table)
      let found = try #require(
        rows.first { table != "GL Accounts" || $0["fields"]?["Name"]?.string == "Rent Income" }
          ?? rows.first)
      let key = found["fields"]?["Rentbook Key"]?.string?.split(separator: "/").last ?? ""
      return (found["id"]?.string ?? "", String(key))
    }
    let (property, account) = (try row("Properties"), try row("GL Accounts"))
    func plan(_ day: String, _ amount: String, _ account: String?) throws {
      var fields: JSONObject = [
        "Date": .string(day), "Amount": .number(amount),
        "Property": .array([.string(property.id)]),
      ]
      fields["GL Account"] = account.map { .array([.string($0)]) }
      _ = try sides.airtable.insert(table: "Forecasts", fields: fields)
    }
    let income = try sides.run("report", "trial-balance", "--month", "2026-08")
    #expect(income.code == 0)
    try plan("2026-08-01", "1000", account.id)
    try plan("2026-08-15", "234.5", account.id)
    try plan("2026-09-01", "777", account.id)
    try plan("2026-08-02", "5", nil)
    let answer = try sides.run("noi", "--month", "2026-08", "--against", "plan")
    let comparison = try #require(answer.json["comparison"])
    let line = comparison["rows"]?.array?.first {
      $0["property_id"]?.int.map(String.init) == property.number
    }
    let planned = Money(line?["against_noi"]?.string ?? "")
    #expect(planned?.magnitude == Money("1234.50"), "\(comparison.text)")
    #expect(line?["trend"]?.array?.count == 12)
    #expect(comparison["assumptions"]?.text.contains("1 rows of the plan lack") == true)
    let report = try sides.run("report", "budget", "--month", "2026-08", "--against", "plan")
    #expect(report.code == 0 && report.json.text.contains("1234.50"))
  }

  @Test("rules of groups and fees are entered by commands, and refused where they say nothing")
  func agreements() throws {
    let sides = try TwoSides()
    let property = try #require(
      sides.run("ownership", "list").rows("rows").first?["property_id"]?.int
    ).description
    let made = try sides.run("rules", "group", "Lakeside", "--add", property)
    #expect(made.rows("groups").first?["property_ids"]?.array?.first?.int == Int(property))
    #expect(try sides.run("rules", "group", "--add", property).code == 2)
    #expect(try sides.run("rules", "group", "Lakeside", "--add", "999999").code == 2)
    let fee = try sides.run(
      "rules", "fee", property, "--type", "tiered", "--tier", "500=10", "--tier", "rest=6",
      "--minimum", "20")
    #expect(fee.code == 0 && fee.json["fee"]?["tiers"]?.array?.count == 2)
    #expect(try sides.run("rules", "fee", property, "--type", "percent").code == 2)
    #expect(
      try sides.run(
        "rules", "fee", property, "--type", "tiered", "--tier", "rest=6", "--tier", "9=1"
      )
      .code == 2)
    let policy = try sides.run("rules", "policy", property, "--ownership-change", "daily")
    #expect(policy.json["ownership_change"]?.string == "daily")
    #expect(try sides.run("rules", "policy", property, "--ownership-change", "weekly").code == 2)
  }

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
