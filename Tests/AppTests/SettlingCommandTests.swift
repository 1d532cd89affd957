import Domain
import Glibc
import Sandbox
import Testing
import WebServer

/// The commands that settle what two sides disagree on, as another program calls them.
@Suite("Settling by command", .serialized) struct SettlingCommandTests {
  private static let conflictKeys = [
    "id", "resource", "record_id", "field", "base", "buildium", "airtable", "local", "detected_at",
    "default",
  ]

  @Test("conflicts are listed, shown, chosen, taken back and sent, with honest exit codes")
  func conflicts() throws {
    let sides = try TwoSides()
    let tenants = Array(try sides.tenants().prefix(3))
    #expect(try sides.run("conflicts", "list").code == 0)
    for (number, tenant) in tenants.enumerated() {
      try sides.disagree(tenant, "919-555-010\(number)", "919-555-020\(number)")
    }
    #expect(try sides.run("sync").code == 3)
    let status = try sides.run("status")
    #expect(status.code == 3)
    #expect(status.json["conflicts"]?.int == 3)

    let list = try sides.run("conflicts", "list")
    #expect(list.code == 3)
    let rows = list.rows("conflicts")
    #expect(rows.count == 3)
    for row in rows {
      for key in Self.conflictKeys { #expect(row[key] != nil, "\(key)") }
      #expect(row["resource"]?.string == "tenants")
      #expect(row["field"]?.string == "phone")
      let at = try #require(row["detected_at"]?.string)
      #expect(Instant(at) != nil)
    }
    #expect(Set(rows.compactMap { $0["record_id"]?.string }) == Set(tenants.map(String.init)))
    #expect(try sides.run("conflicts", "list", "--resource", "owners").rows("conflicts") == [])
    #expect(
      try sides.run("conflicts", "list", "--field-name", "phone").rows("conflicts").count == 3)

    let ids = rows.compactMap { $0["id"]?.string }
    let show = try sides.run("conflicts", "show", ids[0])
    #expect(show.code == 0)
    #expect(show.json["conflict"]?["id"]?.string == ids[0])
    #expect(show.json["history"]?.array != nil)
    #expect(try sides.run("conflicts", "show", "9999").code == 2)
    #expect(try sides.run("conflicts", "resolve", ids[0]).code == 2)
    #expect(try sides.run("conflicts", "resolve", ids[0], "--keep", "nobody").code == 2)
    #expect(try sides.run("conflicts", "undo", ids[0]).error == "refused")

    // A preview writes nothing; the choice writes what the preview said.
    let preview = try sides.run("conflicts", "resolve", ids[0], "--keep", "airtable", "--preview")
    #expect(preview.json["count"]?.int == 0)
    let writes = preview.rows("writes")
    #expect(writes.map { $0["service"]?.string } == ["buildium"])
    #expect(try sides.run("conflicts", "list").rows("conflicts").count == 3)
    let chosen = try sides.run("conflicts", "resolve", ids[0], "--keep", "airtable")
    #expect(chosen.code == 0)
    #expect(chosen.rows("writes") == writes)
    // Until it is sent it is taken back, and chosen anew.
    #expect(try sides.run("conflicts", "undo", ids[0]).code == 0)
    #expect(try sides.run("conflicts", "undo", ids[0]).error == "refused")
    #expect(try sides.run("conflicts", "resolve", ids[0], "--set", "phone=919-555-0999").code == 0)
    #expect(
      try sides.run("conflicts", "resolve", "--all", "--keep", "buildium", "--field-name", "phone")
        .json["count"]?.int == 3)
    #expect(try sides.run("conflicts", "resolve", ids[0], "--set", "phone=919-555-0999").code == 0)
    #expect(try sides.run("sync").code == 0)
    #expect(try sides.run("conflicts", "list").code == 0)
    for row in rows {
      let tenant = try #require(row["record_id"]?.string.flatMap { Int($0) })
      let expected =
        row["id"]?.string == ids[0] ? "919-555-0999" : row["buildium"]?.string
      #expect(try sides.phoneAtAirtable(tenant) == expected)
    }
    #expect(try sides.run("conflicts", "undo", ids[0]).error == "refused")

    let stats = try sides.run("conflicts", "stats")
    #expect(stats.json["open"]?.int == 0)
    #expect(stats.json["settled"]?.int == 3)
    for name in ["by_field", "by_policy", "by_outcome", "trend"] {
      #expect(!stats.rows(name).isEmpty, "\(name)")
    }
    #expect(stats.json["median_seconds_to_resolve"]?.int != nil)
  }

  @Test("rules decide where they name a field, and leave to a person what they do not name")
  func rules() throws {
    let sides = try TwoSides()
    let list = try sides.run("rules", "list")
    #expect(list.code == 0)
    #expect(list.rows("rules") == [])
    #expect(list.rows("fields").contains { $0["must_be_named"]?.bool == true })
    #expect(try sides.run("rules", "set", "tenants.phone", "loudest").code == 2)
    #expect(try sides.run("rules", "set", "tenants.shoe_size", "manual").code == 2)
    #expect(try sides.run("rules", "off", "tenants.phone").code == 2)

    let set = try sides.run("rules", "set", "tenants.phone", "airtable")
    #expect(set.code == 0)
    #expect(set.json["rule"]?["policy"]?.string == "airtable")
    #expect(set.json["rule"]?["set_by"]?.string == "ann")
    let whole = try sides.run("rules", "set", "leases", "buildium")
    #expect(!whole.rows("not_covered").isEmpty)

    let tenant = try #require(try sides.tenants().first)
    try sides.disagree(tenant, "919-555-0100", "919-555-0200")
    let synced = try sides.run("sync")
    #expect(synced.code == 0, "\(synced.rows("messages"))")
    #expect(try sides.run("conflicts").rows("conflicts") == [])
    #expect(try sides.phoneAtAirtable(tenant) == "919-555-0200")

    #expect(try sides.run("rules", "off", "tenants.phone").code == 0)
    #expect(
      try sides.run("rules").rows("rules").contains {
        $0["field"]?.string == "phone" && $0["active"]?.bool == false
      })
    try sides.disagree(tenant, "919-555-0300", "919-555-0400")
    #expect(try sides.run("sync").code == 3)
    #expect(try sides.run("conflicts").rows("conflicts").count == 1)
  }

  @Test("a comparison names each difference with its reason, and what was refused with the words")
  func reconcile() throws {
    let sides = try TwoSides()
    let clean = try sides.run("reconcile")
    #expect(clean.code == 0)
    #expect(clean.json["accuracy"]?.string == "100.00")
    for row in clean.rows("resources") {
      #expect(row["compared"]?.int == row["matching"]?.int)
      #expect(row["buildium"]?.int == row["airtable"]?.int)
      #expect(row["accuracy"]?.string == "100.00")
    }
    let tenants = try sides.tenants()
    try sides.disagree(tenants[0], "919-555-0100", "919-555-0200")
    try sides.type("Last Name", of: tenants[1], String(repeating: "x", count: 400))
    #expect(try sides.run("sync").code == 3)
    try sides.change("tenants", tenants[2], "Phone", "919-555-0300")
    _ = try sides.airtable.insert(
      table: "Owners", fields: ["Name": "Nobody", "Rentbook Key": "buildium/owners/999999"])
    let report = try sides.run("reconcile")
    #expect(report.code == 3)
    var reasons: [String: String] = [:]
    for row in report.rows("differences") {
      for key in ["resource", "record_id", "reason"] { #expect(row[key]?.string != nil, "\(key)") }
      for key in ["field", "buildium", "airtable"] { #expect(row[key] != nil, "\(key)") }
      reasons[row["record_id"]?.string ?? ""] = row["reason"]?.string
      if row["reason"]?.string == "refused" {
        #expect(row["why"]?.string?.contains("400 characters") == true)
      }
    }
    #expect(
      reasons == [
        "\(tenants[0])": "conflict", "\(tenants[1])": "refused", "\(tenants[2])": "pending",
        "999999": "unknown",
      ])
    #expect(try sides.run("status").json["accuracy"]?.string == report.json["accuracy"]?.string)
    #expect(
      try sides.run("reconcile", "--resource", "units").rows("resources").map {
        $0["resource"]?.string
      } == ["units"])
    #expect(try sides.run("reconcile", "--resource", "vendors").code == 2)

    // What was refused is among the jobs, and goes when a person puts it aside.
    let jobs = try sides.run("jobs", "list")
    #expect(jobs.code == 3)
    let letter = try #require(jobs.rows("dead_letters").first)
    #expect(letter["message"]?.string?.contains("400 characters") == true)
    let id = try #require(letter["id"]?.string)
    #expect(try sides.run("jobs", "discard", "r999999").code == 2)
    #expect(try sides.run("jobs", "retry", id).json["count"]?.int == 1)
    #expect(try sides.run("sync").code == 3)
    let again = try #require(try sides.run("jobs").rows("dead_letters").first?["id"]?.string)
    #expect(try sides.run("jobs", "discard", again).code == 0)
    #expect(try sides.run("jobs").code == 0)
  }

  @Test(
    "services that are not there end a comparison with 5 and one document, and keep no result",
    arguments: ["RENTBOOK_BUILDIUM_URL", "RENTBOOK_AIRTABLE_URL"])
  func unreachable(_ variable: String) throws {
    let sides = try TwoSides()
    // Nothing listens on the discard port.
    let answer = try sides.run("reconcile", with: [variable: "http://127.0.0.1:9"])
    #expect(answer.code == 5)
    #expect(answer.error == "unreachable")
    #expect(try sides.run("status").json["accuracy"] == .null)
    let refused = try sides.run("reconcile", with: ["RENTBOOK_AIRTABLE_TOKEN": "patWrong.token"])
    #expect(refused.code == 4)
  }

  @Test("events are listed by state, and one that is not there is not replayed")
  func webhooks() throws {
    let sides = try TwoSides()
    let list = try sides.run("webhooks", "list")
    #expect(list.code == 0)
    #expect(list.rows("events") == [])
    for state in ["waiting", "done", "ignored", "dead"] {
      #expect(list.json["counts"]?[state]?.int == 0)
      #expect(try sides.run("webhooks", "list", "--state", state).code == 0)
    }
    #expect(try sides.run("webhooks", "list", "--state", "lost").code == 2)
    #expect(try sides.run("webhooks", "replay", "abc").code == 2)
    // Without a secret nobody could be told from anybody.
    let serve = try sides.run("webhooks", "serve")
    #expect(serve.code == 4)
    #expect(serve.error == "not_connected")
    #expect(
      try sides.run(
        "webhooks", "serve", "--listen", "nowhere",
        with: ["RENTBOOK_BUILDIUM_WEBHOOK_SECRET": "s"]
      ).code == 2)
  }

  @Test("events that Buildium sends are stored, carried to Airtable, and replayed when they failed")
  func events() throws {
    let port = try Self.freePort()
    let secret = "wh-secret"
    let sides = try TwoSides(
      webhook: BuildiumOptions.Webhook(
        port: port, path: "/webhooks/buildium", secret: secret))
    let tenants = try sides.tenants()
    func counted(_ state: String) -> Int {
      (try? sides.run("webhooks", "list").json["counts"]?[state]?.int) ?? -1
    }
    /// The listener prints nothing by which one could wait: each turn asks a command, which takes time.
    func eventually(_ what: String, _ condition: () -> Bool) throws {
      let deadline = ContinuousClock.now.advanced(by: .seconds(60))
      while !condition() {
        let isOver = ContinuousClock.now > deadline
        try #require(!isOver, "waited for \(what); \(counted("dead")) events are given up")
      }
    }
    func serve(_ secret: String) throws -> PseudoTerminal {
      var environment = sides.environment
      environment["RENTBOOK_BUILDIUM_WEBHOOK_SECRET"] = "old,\(secret)"
      let terminal = try PseudoTerminal(
        ["webhooks", "serve", "--listen", "127.0.0.1:\(port)"], environment: environment,
        rows: 24, columns: 100)
      try terminal.wait(for: "Listening at", seconds: 60)
      return terminal
    }
    let terminal = try serve(secret)
    try sides.change("tenants", tenants[0], "Phone", "919-555-0700")
    try eventually("the number is at Airtable") {
      counted("done") > 0 && (try? sides.phoneAtAirtable(tenants[0])) == "919-555-0700"
    }

    // Buildium answers the question for the record with a refusal: the event was stored all the same.
    func fail(_ plan: String) {
      let answer = sides.buildium.handle(
        WebRequest(method: "POST", path: "/_sandbox/faults", body: Array(plan.utf8)))
      #expect(answer.status == 200)
    }
    fail("read.422=every:1")
    try sides.change("tenants", tenants[1], "Phone", "919-555-0701")
    try eventually("the event is given up") { counted("dead") == 1 }
    fail("")
    #expect(try sides.phoneAtAirtable(tenants[1]) != "919-555-0701")
    let dead = try sides.run("webhooks", "list", "--state", "dead")
    #expect(dead.code == 3)
    let id = try #require(dead.rows("events").first?["id"]?.string)
    #expect(dead.rows("events").first?["error"]?.string?.isEmpty == false)
    #expect(try sides.run("webhooks", "replay", id).code == 0)
    try eventually("the replayed number is at Airtable") {
      counted("dead") == 0 && (try? sides.phoneAtAirtable(tenants[1])) == "919-555-0701"
    }
    terminal.signal(SIGTERM)
    #expect(try terminal.waitForExit() == 0)
  }

  /// A port nobody listens at: one the system gave out a moment ago.
  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    try #require(code == 0)
    return UInt16(bigEndian: address.sin_port)
  }

  @Test("without a screen changes are carried on by themselves, until the program is asked to end")
  func daemon() throws {
    let sides = try TwoSides()
    for wrong in ["sweep", "sweep=25:00", "poll=3", "nap=02:10"] {
      #expect(try sides.run("daemon", "--schedule", wrong).code == 2, "\(wrong)")
    }
    #expect(try sides.run("daemon", "--listen", "127.0.0.1:0").code == 4)
    let tenant = try #require(try sides.tenants().first)
    try sides.change("tenants", tenant, "Phone", "919-555-0700")
    let terminal = try PseudoTerminal(
      ["daemon", "--schedule", "sweep=off", "--schedule", "reconcile=off"],
      environment: sides.environment, rows: 24, columns: 100)
    try terminal.wait(for: "Next: poll Buildium", seconds: 60)
    try terminal.wait("the number is at Airtable", seconds: 60) { _ in
      (try? sides.phoneAtAirtable(tenant)) == "919-555-0700"
    }
    terminal.signal(SIGTERM)
    #expect(try terminal.waitForExit() == 0)
  }

  @Test("the screen compares both sides, and leads from a conflict it finds to where it is settled")
  func screen() throws {
    let sides = try TwoSides()
    let tenant = try #require(try sides.tenants().first)
    try sides.disagree(tenant, "919-555-0100", "919-555-0200")
    #expect(try sides.run("sync").code == 3)
    let terminal = try PseudoTerminal(
      [], environment: sides.environment, rows: 28, columns: 100)
    try terminal.wait(for: "Next: ", seconds: 60)
    terminal.press("6")
    try terminal.wait(for: "not compared yet")
    try terminal.wait("a comparison began", seconds: 60) { screen in
      // A look by itself may be under way, which goes first.
      if screen.text.contains("not compared yet") { terminal.press("r") }
      return !screen.text.contains("not compared yet")
    }
    try terminal.wait("the conflict with its value", seconds: 60) {
      $0.text.contains("conflict") && $0.text.contains("919-555-0200")
    }
    terminal.press("\r")
    try terminal.wait(for: "1 of 1")
    terminal.press("q")
    #expect(try terminal.waitForExit() == 0)
    #expect(terminal.leftOver() == [])
  }
}
