import Domain
import FoundationEssentials
import Glibc
import Sandbox
import Testing
import WebServer

/// Bills from wherever they were born to the last cent, by the program on simulated services.
@Suite("Bills between the services")
struct BillJourneyTests {
  /// Two simulated services and a home of the program on them.
  final class Journey {
    let buildium: SandboxBuildium
    let airtable: SandboxAirtable
    let home = "/tmp/rentbook-journey-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    private let servers: (SandboxServer, SandboxServer)
    private let environment: [String: String]

    init() throws {
      var now = timespec()
      clock_gettime(CLOCK_REALTIME, &now)
      var options = BuildiumOptions()
      options.liftLimits()
      buildium = SandboxBuildium(
        Portfolio(
          PortfolioOptions(
            properties: 2, units: 4, months: 1, seed: 3,
            today: CalendarDate(daysSince1970: Int(now.tv_sec) / 86_400))), options: options)
      var airtableOptions = SandboxAirtable.Options()
      airtableOptions.liftLimits()
      airtable = SandboxAirtable(airtableOptions)
      servers = (try buildium.start(), try airtable.start())
      environment = [
        "RENTBOOK_HOME": home, "RENTBOOK_BUILDIUM_URL": servers.0.url,
        "RENTBOOK_BUILDIUM_CLIENT_ID": buildium.options.clientId,
        "RENTBOOK_BUILDIUM_CLIENT_SECRET": buildium.options.clientSecret,
        "RENTBOOK_AIRTABLE_URL": servers.1.url,
        "RENTBOOK_AIRTABLE_TOKEN": airtable.options.token,
        "RENTBOOK_AIRTABLE_BASE": airtable.options.baseID, "RENTBOOK_BUILDIUM_RATE": "500",
        "RENTBOOK_AIRTABLE_RATE": "500",
      ]
    }

    deinit {
      servers.0.stop()
      servers.1.stop()
      try? FileManager.default.removeItem(atPath: home)
    }

    /// Runs the program, which must end as expected, or may end as it likes; its document.
    @discardableResult
    func run(_ words: String..., user: String = "ann", exit: Int32? = 0) throws -> JSONValue {
      let run = try Command.run(
        words + ["--json"], environment: environment.merging(["RENTBOOK_USER": user]) { $1 })
      let isExpected = exit.map { run.code == $0 } ?? true
      #expect(isExpected, "\(words.joined(separator: " ")): \(run.output)\(run.error)")
      return (try? JSONValue(parsing: run.output)) ?? .null
    }

    func ask(_ method: String, _ target: String, _ body: JSONValue? = nil) throws -> JSONValue {
      try parse(
        buildium.handle(
          WebRequest(
            method: method, target: target,
            headers: [
              "x-buildium-client-id": buildium.options.clientId,
              "x-buildium-client-secret": buildium.options.clientSecret,
              "content-type": "application/json",
            ], body: Array((body?.text ?? "").utf8))))
    }

    /// The rows of a table of the base.
    func rows(_ table: String) throws -> [JSONValue] {
      let answer = try parse(
        airtable.handle(
          WebRequest(
            method: "GET", target: "/v0/\(airtable.options.baseID)/\(table)?pageSize=100",
            headers: ["authorization": "Bearer \(airtable.options.token)"])))
      return answer["records"]?.array ?? []
    }

    private func parse(_ response: WebResponse) throws -> JSONValue {
      let text = String(decoding: response.body, as: UTF8.self)
      #expect(response.status < 300, "\(response.status): \(text)")
      return (try? JSONValue(parsing: text)) ?? .null
    }
  }

  @Test(
    "bills born at Buildium, in Airtable and here are approved, paid in parts and credited, and all three agree to the cent",
    .timeLimit(.minutes(3)))
  func threeBirths() throws {
    let journey = try Journey()
    try journey.run("airtable", "setup")
    try journey.run("sync")
    let vendor = try #require(try journey.ask("GET", "/v1/vendors?limit=1").array?.first)
    let vendorID = try #require(vendor["Id"]?.int)
    let property = try #require(try journey.ask("GET", "/v1/rentals?limit=1").array?.first)
    let propertyID = try #require(property["Id"]?.int)
    let bank = "\(try #require(property["OperatingBankAccountId"]?.int))"
    let accounts = try journey.ask("GET", "/v1/glaccounts?limit=200").array ?? []
    let account = try #require(
      accounts.first { $0["SubType"] == "OperatingExpenses" }?["Id"]?.int)
    let day = try #require(
      try journey.run("bills", "list")["as_of"]?.string.flatMap { CalendarDate($0) })
    let due = day.adding(days: 30)

    func line(_ amount: String) -> JSONObject {
      [
        "AccountingEntity": ["Id": .int(propertyID), "AccountingEntityType": "Rental"],
        "GlAccountId": .int(account), "Amount": .number(amount),
      ]
    }
    // One is born at Buildium, one in Airtable, one here.
    _ = try journey.ask(
      "POST", "/v1/bills",
      [
        "Date": .string("\(day)"), "DueDate": .string("\(due)"), "VendorId": .int(vendorID),
        "ReferenceNumber": "BU-1", "Lines": [.object(line("300.01")), .object(line("200.00"))],
      ])
    func row(_ table: String, _ field: String, _ value: JSONValue) throws -> JSONValue {
      try #require(try journey.rows(table).first { $0["fields"]?[field] == value })
    }
    let propertyRow = try row(
      "Properties", "Rentbook Key", .string("buildium/rentals/\(propertyID)"))
    let accountRow = try row(
      "GL%20Accounts", "Rentbook Key", .string("buildium/glaccounts/\(account)"))
    let known = try journey.rows("Bills").compactMap { $0["fields"]?["Vendor"]?.string }
    let name =
      vendor["CompanyName"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? known.first ?? ""
    let accountName = accountRow["fields"]?["Name"]?.string ?? ""
    _ = try journey.airtable.insert(
      table: "Bills",
      fields: [
        "Date": .string("\(day)"), "Due Date": .string("\(due)"), "Vendor": .string(name),
        "Reference": "AT-1", "Property": .array([propertyRow["id"] ?? .null]),
        "Lines": .string("\(accountName), 300.01, one\n\(accountName), 200.00, two"),
        "Amount": .number("500.01"), "Post to Buildium": true,
      ])
    let here = try #require(
      try journey.run(
        "bills", "create", "--vendor", "\(vendorID)", "--date", "\(day)", "--due", "\(due)",
        "--reference", "HERE-1", "--line", "\(account):300.01:\(propertyID)", "--line",
        "\(account):200.00:\(propertyID)", "--submit")["local_id"]?.string)

    // Before its approval nothing of it leaves.
    try journey.run("sync")
    let references = ["BU-1", "AT-1", "HERE-1"]
    func atBuildium() throws -> [String: Int] {
      var numbers: [String: Int] = [:]
      let bills = try journey.ask("GET", "/v1/bills?limit=1000&paidstatus=Unpaid").array ?? []
      for bill in bills {
        guard let reference = bill["ReferenceNumber"]?.string else { continue }
        if references.contains(reference) { numbers[reference] = bill["Id"]?.int }
      }
      return numbers
    }
    #expect(try atBuildium().keys.sorted() == ["BU-1"])
    // Who writes a row in Airtable has not approved it by that; the row says what it waits for.
    let asked = try #require(
      try journey.run("bills", "list", "--approval", "pending_approval")["bills"]?.array?.first {
        $0["reference_number"] == "AT-1"
      }?["local_id"]?.string)
    #expect(
      try row("Bills", "Reference", "AT-1")["fields"]?["Post Result"]
        == "It waits for approval in Rentbook.")
    try journey.run("bills", "pay", asked, "--bank", bank, exit: 1)
    for bill in [asked, here] {
      // A bill that is put aside is not approved until it is released.
      try journey.run("bills", "hold", bill, "--reason", "is the meter read?", user: "bob")
      try journey.run("bills", "approve", bill, user: "bob", exit: 1)
      try journey.run("bills", "release", bill, user: "bob")
      try journey.run("bills", "delegate", bill, "--to", "bob")
      #expect(
        try journey.run("bills", "list", "--waiting", user: "cid")["bills"]?.array?.contains {
          $0["local_id"]?.string == bill
        } == false)
      try journey.run("bills", "approve", bill, user: "bob")
    }
    try journey.run("sync")
    let numbers = try atBuildium()
    let bills = try references.map { "\(try #require(numbers[$0]))" }

    var credits: [String] = []
    for number in 1...3 {
      var part = line("60.00")
      part["GLAccountId"] = part["GlAccountId"]
      part["GlAccountId"] = nil
      let credit = try journey.ask(
        "POST", "/v1/vendors/\(vendorID)/credits",
        [
          "EntryDate": .string("\(day)"), "ReferenceNumber": .string("CR\(number)"),
          "Lines": [.object(part)],
        ])
      credits.append("\(try #require(credit["Id"]?.int))")
    }
    try journey.run("sync")
    for (bill, credit) in zip(bills, credits) {
      try journey.run("bills", "pay", bill, "--bank", bank, "--amount", "250.00")
      try journey.run("bills", "apply", bill, "--source", credit, "--amount", "60.00")
    }
    try journey.run("sync")
    // One check for what is left of all three.
    let rest = try journey.run("bills", "pay", bills[0], bills[1], bills[2], "--bank", bank)
    #expect(rest["amount"] == "570.03")
    for _ in 0..<2 { try journey.run("sync") }
    try journey.run("sync", "--full")

    for (reference, bill) in zip(references, bills) {
      let stored = try journey.run("bills", "show", bill)["bill"]
      #expect(
        ["total", "paid", "credited", "remaining", "status", "approval"].map {
          stored?[$0]?.string
        } == ["500.01", "440.01", "60.00", "0.00", "paid", "approved"], "\(reference)")
      let whole = try journey.ask("GET", "/v1/bills/\(bill)")
      #expect(whole["PaidDate"]?.string == "\(day)", "\(reference)")
      #expect(try journey.ask("GET", "/v1/bills/\(bill)/payments").array?.count == 3)
      let shown = try row("Bills", "Rentbook Key", .string("buildium/bills/\(bill)"))["fields"]
      #expect(
        ["Amount", "Paid Amount", "Status", "Approval"].map { shown?[$0] } == [
          .number("500.01"), .number("440.01"), "paid", "approved",
        ], "\(reference): \(shown?.text ?? "")")
    }
    // Buildium has each of them once, and nothing is left to be said.
    let settled =
      try journey.ask(
        "GET", "/v1/bills?limit=1000&paidstatus=Paid&frompaiddate=\(day)&topaiddate=\(day)"
      ).array ?? []
    #expect(
      settled.compactMap { $0["ReferenceNumber"]?.string }.filter(references.contains).sorted()
        == references.sorted())
    #expect(try journey.run("sync", "--dry-run")["writes"]?.array?.isEmpty == true)
    #expect(try journey.run("audit", "verify")["findings"]?.array?.isEmpty == true)
    #expect(
      try journey.run("reconcile")["resources"]?.array?.first { $0["resource"] == "bills" }?[
        "accuracy"] == "100.00")
  }
}
