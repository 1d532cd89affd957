import Domain
import FoundationEssentials
import Glibc
import Sandbox
import Testing

/// What `rentbook sync` does where not every service is connected.
@Suite("Sync with a service missing") struct ConnectedTests {
  @Test("Buildium alone is enough to pull; the rest is sent once Airtable is there")
  func pullOnly() throws {
    let home = DemoTests.Home()
    let buildium = SandboxBuildium(
      Portfolio(
        PortfolioOptions(
          properties: 1, units: 2, months: 1, seed: 1,
          today: CalendarDate(daysSince1970: 20_700))))
    let airtable = SandboxAirtable()
    let servers = (try buildium.start(), try airtable.start())
    defer {
      servers.0.stop()
      servers.1.stop()
    }
    let withBuildium = [
      "RENTBOOK_HOME": home.path, "RENTBOOK_BUILDIUM_URL": servers.0.url,
      "RENTBOOK_BUILDIUM_CLIENT_ID": buildium.options.clientId,
      "RENTBOOK_BUILDIUM_CLIENT_SECRET": buildium.options.clientSecret,
    ]
    let refused = try Command.run(["sync"], environment: withBuildium)
    #expect(refused.code == 4)
    #expect(refused.error.contains("Airtable is not connected."))
    #expect(refused.error.contains("rentbook connect airtable"))
    #expect(refused.error.contains("--direction pull"))

    let pulled = try Command.run(
      ["sync", "--direction", "pull", "--json", "--resource", "owners"], environment: withBuildium)
    #expect(pulled.code == 0, "\(pulled.error)")
    let row = try JSONValue(parsing: pulled.output)["resources"]?.array?.first
    #expect(row?["resource"] == "owners" && (row?["created"]?.int ?? 0) > 0)

    let both = withBuildium.merging([
      "RENTBOOK_AIRTABLE_URL": servers.1.url, "RENTBOOK_AIRTABLE_TOKEN": airtable.options.token,
      "RENTBOOK_AIRTABLE_BASE": airtable.options.baseID,
    ]) { $1 }
    #expect(try Command.run(["airtable", "setup"], environment: both).code == 0)
    let sent = try Command.run(["sync", "--json", "--resource", "owners"], environment: both)
    let sentRow = try JSONValue(parsing: sent.output)["resources"]?.array?.first
    #expect(sentRow?["pushed_created"] == row?["created"])
  }

  @Test("with no service at all both are named, with how to connect them")
  func nothing() throws {
    let home = DemoTests.Home()
    let refused = try Command.run(["sync"], environment: ["RENTBOOK_HOME": home.path])
    #expect(refused.code == 4)
    #expect(refused.error.contains("Neither Buildium nor Airtable is connected."))
    #expect(refused.error.contains("rentbook connect buildium"))
  }
}
