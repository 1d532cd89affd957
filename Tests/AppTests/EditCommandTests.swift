import Domain
import Sandbox
import Testing
import WebServer

/// Records of Buildium changed by command, with answers that get lost on the way.
@Suite("Changing records by command", .serialized) struct EditCommandTests {
  private func fail(_ sides: TwoSides, _ plan: String) {
    let answer = sides.buildium.handle(
      WebRequest(method: "POST", path: "/_sandbox/faults", body: Array(plan.utf8)))
    #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
  }

  /// What Buildium holds of a record now.
  private func held(_ sides: TwoSides, _ path: String) throws -> JSONValue {
    let answer = sides.buildium.handle(
      WebRequest(
        method: "GET", path: path,
        headers: [
          "x-buildium-client-id": sides.buildium.options.clientId,
          "x-buildium-client-secret": sides.buildium.options.clientSecret,
        ]))
    #expect(answer.status == 200)
    return try JSONValue(parsing: answer.body)
  }

  /// The id of the first record of a list.
  private func first(_ sides: TwoSides, _ path: String) throws -> String {
    let id = try held(sides, path).array?.first?["Id"]?.int
    return String(try #require(id))
  }

  @Test("a vendor, a task and a work order are changed at Buildium, whatever became of the answer")
  func lostAnswers() throws {
    let sides = try TwoSides()
    let rows: [(resource: String, list: String, set: String, member: String)] = [
      ("vendors", "/v1/vendors", "email", "PrimaryEmail"),
      ("tasks", "/v1/tasks", "subject", "Title"),
      ("work_orders", "/v1/workorders", "entry_notes", "EntryNotes"),
      ("tenants", "/v1/leases/tenants", "phone_mobile", "PhoneNumbers"),
    ]
    for row in rows {
      let id = try first(sides, row.list)
      for (number, fault) in ["drop-after", "drop-before", "500-after", "cut"].enumerated() {
        let value = "x\(number)@example.com"
        let edit = try sides.run("edit", row.resource, id, "--set", "\(row.set)=\(value)")
        #expect(edit.code == 0, "\(row.resource): \(edit.json)")
        #expect(edit.json["edit"]?["state"]?.string == "waiting")
        fail(sides, "write.\(fault)=every:1")
        _ = try sides.run("sync")
        fail(sides, "")
        #expect(try sides.run("sync").code == 0, "\(row.resource) after \(fault)")
        let now = try held(sides, "\(row.list)/\(id)")
        #expect(now[row.member]?.text.contains(value) == true, "\(row.resource) after \(fault)")
        #expect(
          try sides.run("edits").rows("edits").first?["state"]?.string == "done",
          "\(row.resource) after \(fault)")
      }
    }
    #expect(try sides.run("status").json["conflicts"]?.int == 0)
  }

  @Test("what cannot be changed is refused before anything is kept, and a change is taken back")
  func refusals() throws {
    let sides = try TwoSides()
    let id = try first(sides, "/v1/vendors")
    #expect(try sides.run("edit", "bills", "1", "--set", "memo=x").code == 2)
    #expect(try sides.run("edit", "vendors", "999999", "--set", "email=x").code == 2)
    #expect(try sides.run("edit", "vendors", id, "--set", "balance=1").code == 2)
    #expect(try sides.run("edit", "vendors", id, "--set", "email").code == 2)
    #expect(try sides.run("edit", "vendors", id, "--set", "vendor_category_id=777").code == 2)
    #expect(try sides.run("edits").rows("edits") == [])
    let fields = try sides.run("edit", "vendors", id).rows("fields")
    #expect(fields.contains { $0["field"]?.string == "email" })
    #expect(try sides.run("edit", "vendors", id, "--set", "email=one@example.com").code == 0)
    // Before it is sent a second change joins the first.
    let second = try sides.run("edit", "vendors", id, "--set", "city=Elm Grove")
    #expect(second.json["edit"]?["fields"]?.array?.count == 2)
    let number = try #require(second.json["edit"]?["id"]?.string)
    #expect(try sides.run("edits", "undo", number).json["edit"]?["state"]?.string == "undone")
    #expect(try sides.run("sync").code == 0)
    let now = try held(sides, "/v1/vendors/\(id)")
    #expect(now["PrimaryEmail"]?.string != "one@example.com")
    #expect(try sides.run("edits", "undo", number).error == "refused")
  }

  @Test("a tenant is changed in the Ledger, taken back, changed again, and is so at Buildium")
  func onScreen() throws {
    let sides = try TwoSides()
    let terminal = try PseudoTerminal(["screen"], environment: sides.environment)
    try terminal.wait(for: "✓ Buildium")
    // Nothing is sent before the person says so.
    terminal.press("p")
    try terminal.wait(for: "Syncing is paused")
    terminal.press("5")
    try terminal.wait(for: "Properties  ")
    terminal.press("o")
    try terminal.wait(for: "Lists")
    terminal.press("tenants\r")
    try terminal.wait(for: "First name")
    terminal.press("E")
    try terminal.wait(for: "Edit Tenant")
    try terminal.wait("the fields") { $0.text.contains("▸ First name") }
    terminal.press("\r")
    try terminal.wait(for: "Expected: text")
    terminal.press("\u{15}Grace\r")
    try terminal.wait(for: "→ Grace")
    try terminal.wait(for: "the next sync sends it.")
    terminal.press("u")
    try terminal.wait("the change is gone") { !$0.text.contains("→ Grace") }
    #expect(try sides.run("edits").rows("edits").first?["state"]?.string == "undone")
    terminal.press("\u{12}")
    try terminal.wait(for: "→ Grace")
    terminal.press("\u{1B}")
    try terminal.wait(for: "Tenants  ")
    terminal.press("q")
    #expect(try terminal.waitForExit() == 0)
    let edit = try #require(try sides.run("edits").rows("edits").first)
    #expect(edit["state"]?.string == "waiting")
    #expect(try sides.run("sync").code == 0)
    let id = try #require(edit["record_id"]?.string)
    #expect(try held(sides, "/v1/leases/tenants/\(id)")["FirstName"]?.string == "Grace")
  }
}
