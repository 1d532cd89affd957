import Domain
import FoundationEssentials
import Glibc
import Sandbox
import Testing
import WebServer

/// A small portfolio at both services, in step, and the built program on it.
final class TwoSides {
  let home = "/tmp/rentbook-sides-\(getpid())-\(UInt32.random(in: 0 ... .max))"
  let buildium: SandboxBuildium
  let airtable: SandboxAirtable
  private let servers: [SandboxServer]
  private(set) var environment: [String: String] = [:]

  /// - Parameters:
  ///   - isInStep: the tables are made and the first synchronization is over.
  ///   - webhook: who is told of Buildium's changes.
  init(isInStep: Bool = true, webhook: BuildiumOptions.Webhook? = nil) throws {
    var options = BuildiumOptions()
    options.liftLimits()
    options.webhook = webhook
    buildium = SandboxBuildium(
      Portfolio(
        PortfolioOptions(
          properties: 2, units: 4, months: 1, seed: 1,
          today: CalendarDate(daysSince1970: 20_700))), options: options)
    var airtableOptions = SandboxAirtable.Options()
    airtableOptions.baseLimit.isEnabled = false
    airtableOptions.tokenLimit.isEnabled = false
    airtable = SandboxAirtable(airtableOptions)
    servers = [try buildium.start(), try airtable.start()]
    environment = [
      "RENTBOOK_HOME": home, "RENTBOOK_USER": "ann", "RENTBOOK_BUILDIUM_RATE": "300",
      "RENTBOOK_AIRTABLE_RATE": "100", "RENTBOOK_BUILDIUM_URL": servers[0].url,
      "RENTBOOK_BUILDIUM_CLIENT_ID": buildium.options.clientId,
      "RENTBOOK_BUILDIUM_CLIENT_SECRET": buildium.options.clientSecret,
      "RENTBOOK_AIRTABLE_URL": servers[1].url, "RENTBOOK_AIRTABLE_TOKEN": airtable.options.token,
      "RENTBOOK_AIRTABLE_BASE": airtable.options.baseID,
    ]
    guard isInStep else { return }
    #expect(try run("airtable", "setup").code == 0)
    #expect(try run("sync").code == 0)
  }

  deinit {
    buildium.stop()
    for server in servers { server.stop() }
    try? FileManager.default.removeItem(atPath: home)
  }

  /// What a command ended with and printed.
  struct Answer {
    let code: Int32
    let json: JSONValue
    /// The code of the error in the document; nil when there is none.
    var error: String? { json["error"]?["code"]?.string }
    func rows(_ name: String) -> [JSONValue] { json[name]?.array ?? [] }
  }

  /// Runs a command with `--json`; nothing but one document may stand on standard output.
  @discardableResult
  func run(_ words: String..., with extra: [String: String] = [:]) throws -> Answer {
    let command = try Command.run(
      words + ["--json"], environment: environment.merging(extra) { $1 })
    let json = try #require(
      try? JSONValue(parsing: command.output), "\(words): \(command.output) \(command.error)")
    #expect(json["schema"]?.int == 1)
    return Answer(code: command.code, json: json)
  }

  /// Somebody changes a record in Buildium's pages.
  func change(_ resource: String, _ id: Int, _ member: String, _ value: JSONValue) throws {
    let body: JSONValue = [
      "resource": .string(resource), "id": .int(id), "member": .string(member), "value": value,
    ]
    let answer = buildium.handle(
      WebRequest(
        method: "POST", path: "/_sandbox/buildium/change", body: Array(body.text.utf8)))
    #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
  }

  /// The tenants' numbers at Buildium, the lowest first.
  func tenants() throws -> [Int] {
    try airtable.records(table: "Tenants")
      .compactMap { $0["fields"]?["Rentbook Key"]?.string?.split(separator: "/").last }
      .compactMap { Int($0) }.sorted()
  }

  /// A tenant's phone number at Airtable.
  func phoneAtAirtable(_ tenant: Int) throws -> String? {
    try airtable.records(table: "Tenants").compactMap { $0["fields"] }
      .first { $0["Rentbook Key"]?.string == "buildium/tenants/\(tenant)" }?["Phone"]?.string
  }

  /// Both sides change the phone number of a tenant.
  func disagree(_ tenant: Int, _ left: String, _ right: String) throws {
    try change("tenants", tenant, "Phone", .string(left))
    try type("Phone", of: tenant, right)
  }

  /// Somebody types into a tenant's row at Airtable.
  func type(_ field: String, of tenant: Int, _ text: String) throws {
    try airtable.edit(
      table: "Tenants", recordKey: "buildium/tenants/\(tenant)", field: field,
      value: .string(text))
  }
}
