import Domain
import Testing

/// What `rentbook sync` does where not every service is connected.
@Suite("Sync with a service missing") struct ConnectedTests {
  @Test("Buildium alone is enough to pull; the rest is sent once Airtable is there")
  func pullOnly() throws {
    let sides = try TwoSides(isInStep: false)
    let withBuildium = sides.environment.filter { !$0.key.contains("AIRTABLE") }
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

    #expect(try Command.run(["airtable", "setup"], environment: sides.environment).code == 0)
    let sent = try Command.run(
      ["sync", "--json", "--resource", "owners"], environment: sides.environment)
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
