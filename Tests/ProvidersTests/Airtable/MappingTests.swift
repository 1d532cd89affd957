import Background
import Domain
import HTTP
import Sync
import Testing

@testable import Providers

@Suite("Airtable mapping") struct AirtableMappingTests {
  /// A base that is set up, and a provider whose mapping was read once.
  struct Stand {
    let fake = FakeBase()
    let memory = TestMemory()
    let clock = ManualClock()
    let http: ScriptedHTTP
    let provider: AirtableProvider

    init(names: AirtableNames = AirtableNames()) throws {
      http = fake.http
      _ = try AirtableSetup(api: api(http), names: names, memory: TestMemory().memory)
        .run(isDryRun: false, cancellation: Cancellation())
      provider = AirtableProvider(
        api: api(http), names: names, memory: memory.memory, clock: clock)
      _ = try provider.mapping(Cancellation())
    }

    func mapping() throws -> AirtableMapping {
      clock.advance(nanoseconds: AirtableMappings.ageMaxNanoseconds + 1)
      return try provider.mapping(Cancellation())
    }

    func change(
      _ table: String, _ field: String, _ body: (inout FakeBase.Field) -> Void
    ) {
      fake.change { state in
        for index in state.tables.indices where state.tables[index].name == table {
          for place in state.tables[index].fields.indices
          where state.tables[index].fields[place].name == field {
            body(&state.tables[index].fields[place])
          }
        }
      }
    }

    func remove(_ table: String, _ field: String) {
      fake.change { state in
        for index in state.tables.indices where state.tables[index].name == table {
          state.tables[index].fields.removeAll { $0.name == field }
        }
      }
    }

    var writes: Set<String> { Set(provider.writableFields(of: .leases).map(\.name)) }
  }

  @Test("a complete base has no problems, and every table in the document of the command line")
  func complete() throws {
    let stand = try Stand()
    let mapping = try stand.mapping()
    #expect(mapping.problems.isEmpty && stand.provider.problems.isEmpty)
    let rows = mapping.json.array ?? []
    #expect(rows.count == 12)
    let units = rows.first { $0["resource"] == "units" }
    #expect(units?["table"] == "Units" && units?["key_field"] == "Rentbook Key")
    #expect(units?["table_id"]?.string == stand.fake.table("Units")?.id)
    let rent = units?["fields"]?["market_rent"]
    #expect(rent?["name"] == "Market Rent" && rent?["type"] == "currency")
    #expect(rent?["id"]?.string?.hasPrefix("fld") == true)
    #expect(units?["fields"]?.object?.keys.count == 8)
  }

  @Test("the other end of a link is mapped and never written")
  func mirror() throws {
    let stand = try Stand()
    let tenants = try stand.mapping().tables["tenants"]
    #expect(tenants?.fields.contains { $0.ours == "lease_ids" && $0.isMirror } == true)
    #expect(!stand.provider.writableFields(of: .tenants).contains { $0.name == "lease_ids" })
    #expect(stand.writes.contains("tenant_ids"))
    #expect(stand.provider.writableFields(of: .vendors).isEmpty)
  }

  @Test("renaming tables and fields changes nothing but the names shown")
  func renames() throws {
    let stand = try Stand()
    stand.change("Leases", "Rent") { $0.name = "Miete" }
    stand.change("Leases", "Rentbook Key") { $0.name = "Key of Rentbook" }
    stand.change("Tenants", "Leases") { $0.name = "History" }
    stand.fake.change { state in
      for index in state.tables.indices { state.tables[index].name += " (old)" }
    }
    let before = stand.writes
    let mapping = try stand.mapping()
    #expect(mapping.problems.isEmpty && stand.writes == before)
    #expect(mapping.tables["leases"]?.table.name == "Leases (old)")
    #expect(mapping.tables["leases"]?.key.name == "Key of Rentbook")
    #expect(mapping.tables["tenants"]?.fields.contains { $0.field.name == "History" } == true)
  }

  @Test("ids are kept between runs: another process follows the rename too")
  func remembered() throws {
    let stand = try Stand()
    stand.change("Leases", "Rent") { $0.name = "Miete" }
    let other = AirtableProvider(
      api: api(stand.http), memory: stand.memory.memory, clock: ManualClock())
    let mapping = try other.mapping(Cancellation())
    #expect(mapping.tables["leases"]?.fields.contains { $0.field.name == "Miete" } == true)
  }

  @Test("two fields that swap names keep their meaning")
  func swap() throws {
    let stand = try Stand()
    stand.change("Leases", "Rent") { $0.name = "was rent" }
    stand.change("Leases", "Deposit") { $0.name = "Rent" }
    stand.change("Leases", "was rent") { $0.name = "Deposit" }
    let fields = try stand.mapping().tables["leases"]?.fields ?? []
    #expect(fields.first { $0.ours == "rent" }?.field.name == "Deposit")
    #expect(fields.first { $0.ours == "deposit" }?.field.name == "Rent")
  }

  @Test("a deleted field is told and left out, also when another gets its name")
  func deleted() throws {
    let stand = try Stand()
    stand.remove("Leases", "Rent")
    stand.change("Leases", "Deposit") { $0.name = "Rent" }
    let mapping = try stand.mapping()
    #expect(
      mapping.problems == [
        "The field that was mapped to rent in the table “Leases” was deleted in Airtable; it is"
          + " left out."
      ])
    #expect(!stand.writes.contains("rent") && stand.writes.contains("deposit"))
    #expect(try stand.mapping().problems.count == 1)
  }

  @Test("setup, asked by a person, takes a field made anew in the place of a deleted one")
  func adoptedAgain() throws {
    let stand = try Stand()
    stand.remove("Leases", "Rent")
    _ = try stand.mapping()
    let setup = AirtableSetup(api: api(stand.http), memory: stand.memory.memory)
    #expect(
      try setup.run(isDryRun: false, cancellation: Cancellation()).createdFields == ["Leases.Rent"])
    #expect(try stand.mapping().problems.isEmpty)
    #expect(stand.writes.contains("rent"))
  }

  @Test(
    "a field that no longer fits is neither read nor written",
    arguments: ["singleLineText", "formula", "somethingNew"])
  func retyped(_ type: String) throws {
    let stand = try Stand()
    stand.change("Leases", "Rent") { $0.type = type }
    let problems = try stand.mapping().problems
    #expect(
      problems == [
        "The field “Rent” of the table “Leases” should be currency with two decimals, and is of"
          + " the type \(type)."
      ])
    #expect(!stand.writes.contains("rent"))
  }

  @Test("a type that still fits is followed")
  func stillFits() throws {
    let stand = try Stand()
    stand.change("Leases", "Status") { $0.type = "singleSelect" }
    stand.change("Leases", "Rent") { $0.type = "number" }
    #expect(try stand.mapping().problems.isEmpty)
  }

  @Test("a table that is gone, or without its key, is not used and says so")
  func tables() throws {
    let stand = try Stand()
    stand.fake.change { $0.tables.removeAll { $0.name == "Bills" } }
    stand.remove("Units", "Rentbook Key")
    let mapping = try stand.mapping()
    #expect(mapping.problems.contains("The table that held bills was deleted in Airtable."))
    #expect(
      mapping.problems.contains("The field “Rentbook Key” is missing in the table “Units”."))
    for resource in [Resource.bills, .units] {
      #expect(stand.provider.writableFields(of: resource).isEmpty)
      do throws(ProviderError) {
        _ = try stand.provider.write(
          resource,
          [
            Write(
              intentID: "1", action: .delete(remoteID: "rec1"),
              key: RemoteKey(.buildium, resource, "1"), record: Record(resource))
          ],
          cancellation: Cancellation())
        Issue.record("written without a table")
      } catch {
        #expect(error.kind == .notSetUp && error.hint.contains("airtable setup"))
      }
    }
  }

  @Test("a configured name that changes counts more than the id found under the old one")
  func configured() throws {
    let stand = try Stand()
    stand.fake.change { state in
      for index in state.tables.indices where state.tables[index].name == "Leases" {
        state.tables[index].fields.append(
          .init(id: "fldNet", name: "Net Rent", type: "currency"))
      }
    }
    let other = AirtableProvider(
      api: api(stand.http), names: AirtableNames(fields: ["leases": ["rent": "Net Rent"]]),
      memory: stand.memory.memory, clock: ManualClock())
    let fields = try other.mapping(Cancellation()).tables["leases"]?.fields
    #expect(fields?.first { $0.ours == "rent" }?.field.id == "fldNet")
  }

  @Test("ids of another base, or a memory that cannot be read, count for nothing")
  func otherBase() throws {
    let ids = AirtableIDs(
      base: "appOne",
      text: #"{"base":"appTwo","tables":{"units":{"id":"t","as":"Units","fields":{}}}}"#)
    #expect(ids == AirtableIDs(base: "appOne"))
    #expect(AirtableIDs(base: "appOne", text: "{broken") == AirtableIDs(base: "appOne"))
    let stand = try Stand()
    let text = try #require(stand.memory.text)
    #expect(AirtableIDs(base: "appBase", text: text).text == text)
  }

  @Test("the schema is read once in ten minutes")
  func cached() throws {
    let stand = try Stand()
    let before = stand.http.requests.count
    for _ in 0..<5 { _ = try stand.provider.mapping(Cancellation()) }
    #expect(stand.http.requests.count == before)
    _ = try stand.mapping()
    #expect(stand.http.requests.count == before + 1)
  }

  @Test("which fields a base takes is answered without asking it, as it was read last")
  func answeredAtOnce() throws {
    let stand = try Stand()
    let provider = AirtableProvider(
      api: api(stand.http), memory: TestMemory().memory, clock: stand.clock)
    stand.remove("Leases", "Rent")
    func takesRent() -> Bool {
      let before = stand.http.requests.count
      defer { #expect(stand.http.requests.count == before) }
      return provider.writableFields(of: .leases).contains { $0.name == "rent" }
    }
    #expect(takesRent())
    provider.prepare(Cancellation())
    #expect(!takesRent())
    let before = stand.http.requests.count
    provider.prepare(Cancellation())
    #expect(stand.http.requests.count == before)
  }

  @Test("without an answer the fields are those the base should have")
  func unreachable() {
    let http = ScriptedHTTP { (_) throws(TransferError) in throw TransferError(.noConnection, "x") }
    let provider = AirtableProvider(
      api: api(http), memory: TestMemory().memory, clock: ManualClock())
    #expect(provider.writableFields(of: .leases) == MirrorSchema.fields(of: .leases))
    #expect(
      provider.writableFields(of: .tenants)
        == MirrorSchema.fields(of: .tenants).filter { $0.name != "lease_ids" })
  }
}
