import Background
import Domain
import HTTP
import Sync
import Testing

@testable import Providers

@Suite("Airtable blueprint") struct AirtableBlueprintTests {
  @Test("every field of the mirror has its place, with the same kind", arguments: Resource.mirrored)
  func covers(_ resource: Resource) {
    let table = AirtableBlueprint().table(resource.rawValue)
    for field in MirrorSchema.fields(of: resource) {
      #expect(table?.fields.first { $0.ours == field.name }?.kind == field.kind, "\(field.name)")
    }
    let extra = Set(table?.fields.map(\.ours) ?? []).subtracting(
      MirrorSchema.fields(of: resource).map(\.name))
    #expect(extra.isSubset(of: ["post_to_buildium", "post_result"]))
  }

  @Test("the twelve tables stand in an order in which links point back")
  func order() {
    var seen: Set<String> = []
    let tables = AirtableBlueprint().tables
    #expect(tables.count == 12)
    for table in tables {
      seen.insert(table.ours)
      for field in table.fields where field.mirrors == nil {
        #expect(field.kind.linked.map { seen.contains($0.rawValue) } != false, "\(field.name)")
      }
    }
  }

  @Test("names from a configuration replace the defaults")
  func names() throws {
    let json = try JSONValue(
      parsing: """
        {"tables": {"units": "Flats"}, "fields": {"units": {"size": "Area"}}, "key_field": "Key"}
        """)
    let blueprint = AirtableBlueprint(AirtableNames(json: json))
    let units = blueprint.table("units")
    #expect(units?.name == "Flats" && units?.keyName == "Key")
    #expect(units?.fields.first { $0.ours == "size" }?.name == "Area")
    #expect(units?.fields.first { $0.ours == "unit_number" }?.name == "Unit Number")
  }
}

@Suite("Airtable setup") struct AirtableSetupTests {
  let names = [
    "GL Accounts", "Owners", "Properties", "Units", "Tenants", "Leases", "Bills", "Transactions",
    "Rent Payments", "Forecasts", "NOI", "Owner Draws",
  ]
  let links = [
    "GL Accounts.Parent", "Properties.Owners", "Units.Property", "Leases.Property", "Leases.Unit",
    "Leases.Tenants", "Bills.Property", "Transactions.Property", "Transactions.Unit",
    "Transactions.Lease", "Transactions.GL Accounts", "Rent Payments.Lease", "Rent Payments.Unit",
    "Rent Payments.Property", "Forecasts.Property", "Forecasts.GL Account", "NOI.Property",
    "NOI.Owner", "Owner Draws.Owner",
  ]

  func run(
    _ fake: FakeBase, _ memory: TestMemory, names: AirtableNames = AirtableNames(),
    isDryRun: Bool = false
  ) throws -> AirtableSetupResult {
    try AirtableSetup(api: api(fake.http), names: names, memory: memory.memory)
      .run(isDryRun: isDryRun, cancellation: Cancellation())
  }

  @Test("an empty base gets everything, once; the dry run said the same and did nothing")
  func empty() throws {
    let fake = FakeBase()
    let memory = TestMemory()
    let planned = try run(fake, memory, isDryRun: true)
    #expect(fake.state.withLock(\.tables.count) == 0 && memory.text == nil)
    let done = try run(fake, memory)
    #expect(done.createdTables == names && done.createdFields == links)
    #expect(done.manual.isEmpty && done.existingTables.isEmpty && done.stopped == nil)
    #expect(planned == done)
    let again = try run(fake, memory)
    #expect(again.existingTables == names)
    #expect(again.createdTables.isEmpty && again.createdFields.isEmpty)
    #expect(again.renamedFields.isEmpty && again.manual.isEmpty)
  }

  @Test("fields have their types, and the first one names the row")
  func types() throws {
    let fake = FakeBase()
    _ = try run(fake, TestMemory())
    func field(_ table: String, _ name: String) -> FakeBase.Field? {
      fake.table(table)?.fields.first { $0.name == name }
    }
    #expect(field("Leases", "Rent")?.options == ["precision": 2, "symbol": "$"])
    #expect(field("Leases", "Start Date")?.options == ["dateFormat": ["name": "iso"]])
    #expect(field("Units", "Size")?.options == ["precision": 0])
    #expect(field("Units", "Occupied")?.options == ["icon": "check", "color": "greenBright"])
    #expect(field("Leases", "Status")?.type == "singleLineText")
    #expect(field("NOI", "Month")?.type == "singleLineText")
    #expect(field("Transactions", "Memo")?.type == "multilineText")
    #expect(
      names.map { fake.table($0)?.fields.first?.name } == [
        "Name", "Name", "Name", "Unit Number", "Name", "Lease Number",
        "Rentbook Key", "Rentbook Key", "Rentbook Key", "Rentbook Key", "Rentbook Key",
        "Rentbook Key",
      ])
    for name in names { #expect(field(name, "Rentbook Key")?.type == "singleLineText") }
    let accounts = fake.table("GL Accounts")
    #expect(
      field("GL Accounts", "Parent")?.options?["linkedTableId"]?.string == accounts?.id)
    // The other end of Leases.Tenants, which Airtable makes, serves as Tenants.Leases.
    #expect(fake.table("Tenants")?.fields.filter { $0.type == "multipleRecordLinks" }.count == 1)
  }

  @Test("the other end of a link is renamed when it got another name, and not twice")
  func otherEnd() throws {
    let fake = FakeBase()
    let memory = TestMemory()
    let custom = AirtableNames(fields: ["tenants": ["lease_ids": "Contracts"]])
    let done = try run(fake, memory, names: custom)
    #expect(done.renamedFields == ["Tenants.Contracts (was Leases)"])
    // A person gives it another name: it stays.
    fake.change { state in
      for table in state.tables.indices where state.tables[table].name == "Tenants" {
        for field in state.tables[table].fields.indices
        where state.tables[table].fields[field].name == "Contracts" {
          state.tables[table].fields[field].name = "History"
        }
      }
    }
    #expect(try run(fake, memory, names: custom).renamedFields.isEmpty)
  }

  @Test("where the other end is not told, the field of its name serves")
  func untoldEnd() throws {
    let fake = FakeBase()
    fake.change { $0.tellsInverse = false }
    let done = try run(fake, TestMemory())
    #expect(done.createdFields == links && done.manual.isEmpty && done.renamedFields.isEmpty)
  }

  @Test("a configured id that is not there is told, and never made as a name")
  func unknownIDs() throws {
    let fake = FakeBase()
    let names = AirtableNames(
      tables: ["noi": "tbl00000000000099"], fields: ["units": ["property_id": "fld00000000000099"]])
    let done = try run(fake, TestMemory(), names: names)
    #expect(done.createdTables.count == 11)
    #expect(
      done.manual == [
        "There is no table tbl00000000000099 in the base; correct the configuration.",
        "There is no field fld00000000000099 in the table “Units”; correct the configuration.",
      ])
  }

  @Test("a hostile name of a table cannot steer a terminal")
  func hostile() throws {
    let fake = FakeBase()
    fake.change {
      $0.tables = [
        .init(
          id: "tbl1", name: "\u{1B}[31mX",
          fields: [.init(id: "fld1", name: "Rentbook Key\u{7}", type: "formula")])
      ]
    }
    let names = AirtableNames(tables: ["units": "tbl1"], keyField: "fld1")
    let done = try run(fake, TestMemory(), names: names, isDryRun: true)
    #expect(!done.manual.isEmpty)
    for sentence in done.manual {
      #expect(sentence.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }
  }

  @Test("a link made from the other end by a person is taken for ours")
  func fromOtherEnd() throws {
    let fake = FakeBase()
    fake.change { state in
      state.tables = [
        .init(
          id: "tblTenants", name: "Tenants",
          fields: [
            .init(id: "fldName", name: "Name", type: "singleLineText"),
            .init(
              id: "fldT", name: "Leases", type: "multipleRecordLinks",
              options: ["linkedTableId": "tblLeases", "inverseLinkFieldId": "fldL"]),
          ]),
        .init(
          id: "tblLeases", name: "Leases",
          fields: [
            .init(id: "fldNumber", name: "Lease Number", type: "singleLineText"),
            .init(
              id: "fldL", name: "People", type: "multipleRecordLinks",
              options: ["linkedTableId": "tblTenants", "inverseLinkFieldId": "fldT"]),
          ]),
      ]
    }
    let planned = try run(fake, TestMemory(), isDryRun: true)
    let done = try run(fake, TestMemory())
    #expect(done.renamedFields == ["Leases.Tenants (was People)"])
    #expect(planned.renamedFields == done.renamedFields)
    #expect(planned.createdFields == done.createdFields)
    #expect(!done.createdFields.contains("Leases.Tenants"))
    #expect(done.existingTables == ["Tenants", "Leases"] && done.manual.isEmpty)
  }

  @Test("a half-made base gets what is missing and keeps what is there, also in other case")
  func halfMade() throws {
    let fake = FakeBase()
    let memory = TestMemory()
    _ = try run(fake, memory)
    fake.change { state in
      state.tables.removeAll { $0.name == "Owner Draws" || $0.name == "Forecasts" }
      for table in state.tables.indices where state.tables[table].name == "Units" {
        state.tables[table].fields.removeAll { $0.name == "Bedrooms" || $0.name == "Property" }
        state.tables[table].fields[0].name = "UNIT NUMBER"
      }
    }
    let done = try run(fake, TestMemory())
    #expect(done.createdTables == ["Forecasts", "Owner Draws"])
    #expect(
      done.createdFields == [
        "Units.Bedrooms", "Units.Property", "Forecasts.Property", "Forecasts.GL Account",
        "Owner Draws.Owner",
      ])
    #expect(done.manual.isEmpty)
  }

  @Test("a field of a wrong type is left alone and named, with what to do")
  func wrongType() throws {
    let fake = FakeBase()
    _ = try run(fake, TestMemory())
    fake.change { state in
      for table in state.tables.indices {
        for field in state.tables[table].fields.indices {
          switch (state.tables[table].name, state.tables[table].fields[field].name) {
          case ("Leases", "Rent"): state.tables[table].fields[field].type = "singleLineText"
          case ("Bills", "Rentbook Key"): state.tables[table].fields[field].type = "formula"
          case ("Units", "Property"):
            state.tables[table].fields[field].options = ["linkedTableId": "tblOther"]
          default: break
          }
        }
      }
    }
    let done = try run(fake, TestMemory())
    #expect(done.createdFields.isEmpty)
    #expect(
      done.manual == [
        "The field “Rent” of the table “Leases” should be currency with two decimals, and is of"
          + " the type singleLineText. Change its type in Airtable, or map Rent to another field.",
        "The field “Rentbook Key” of the table “Bills” must be a single line text, and is of the"
          + " type formula. Change its type in Airtable, or map Rentbook Key to another field.",
        "The field “Property” of the table “Units” links to “another table”, which does not hold"
          + " what it should link to. Change its type in Airtable, or map Property to another"
          + " field.",
      ])
  }

  @Test("what Airtable refuses to make goes to a person, the rest is made")
  func refused() throws {
    let fake = FakeBase()
    fake.change {
      $0.refusals["Rent Payments"] = .error("INVALID_REQUEST_UNKNOWN", "no")
      $0.refusals["Parent"] = .error("UNSUPPORTED_FIELD_TYPE_FOR_CREATE", "no")
    }
    let done = try run(fake, TestMemory())
    #expect(done.createdTables == names.filter { $0 != "Rent Payments" })
    #expect(!done.createdFields.contains("GL Accounts.Parent"))
    #expect(done.manual.count == 2 && done.stopped == nil)
    #expect(done.manual[0].hasPrefix("Make the table “Rent Payments” with the fields Rentbook Key"))
    #expect(done.manual[1].hasPrefix("Add the field “Parent” (link to another record to the table"))
  }

  @Test("a token that may not change the schema is asked once, and everything goes to a person")
  func forbidden() throws {
    let fake = FakeBase()
    let forbidden = HTTPResponse.error(
      "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "no", status: 403)
    fake.change {
      $0.intercept = { (request, _) throws(TransferError) in
        request.method == "POST" ? forbidden : nil
      }
    }
    let http = fake.http
    let done = try AirtableSetup(api: api(http), memory: TestMemory().memory)
      .run(isDryRun: false, cancellation: Cancellation())
    #expect(http.requests.filter { $0.method == "POST" }.count == 1)
    #expect(done.createdTables.isEmpty && done.manual[0].contains("schema.bases:write"))
    #expect(done.manual.filter { $0.hasPrefix("Make the table") }.count == 12)
  }

  @Test("a table whose making got no answer is looked for before anything is made again")
  func doubt() throws {
    let fake = FakeBase()
    fake.change { state in
      state.intercept = { (request, count) throws(TransferError) in nil }
    }
    let http = ScriptedHTTP { (request) throws(TransferError) in
      let answer = fake.state.withLock { $0.answer(request) }
      // The table is made, and the answer lost.
      if request.method == "POST", request.line.contains(#"{"name":"Leases","#) {
        throw TransferError(.timeout, "no answer")
      }
      return answer
    }
    let done = try AirtableSetup(api: api(http), memory: TestMemory().memory)
      .run(isDryRun: false, cancellation: Cancellation())
    #expect(done.createdTables == names && done.stopped == nil)
    #expect(fake.state.withLock { $0.tables.count } == 12)
  }

  @Test("a service that fails on the way ends the setup, and what was made is told")
  func stopped() throws {
    let fake = FakeBase()
    fake.change {
      $0.intercept = { (request, count) throws(TransferError) in
        count > 4 ? .error("AUTHENTICATION_REQUIRED", "gone", status: 401) : nil
      }
    }
    let memory = TestMemory()
    let done = try run(fake, memory)
    #expect(done.createdTables == ["GL Accounts", "Owners", "Properties"])
    #expect(done.stopped?.kind == .notAuthorised)
    fake.change { $0.intercept = { (_, _) throws(TransferError) in nil } }
    let rest = try run(fake, memory)
    #expect(rest.existingTables == done.createdTables && rest.stopped == nil)
    #expect(fake.state.withLock { $0.tables.count } == 12)
  }

  @Test("a table renamed in Airtable is not made a second time")
  func renamed() throws {
    let fake = FakeBase()
    let memory = TestMemory()
    _ = try run(fake, memory)
    fake.change { state in
      for index in state.tables.indices where state.tables[index].name == "Properties" {
        state.tables[index].name = "Buildings"
        state.tables[index].fields[0].name = "Title"
      }
    }
    let again = try run(fake, memory)
    #expect(again.createdTables.isEmpty && again.createdFields.isEmpty)
    #expect(again.existingTables.contains("Buildings"))
  }

  @Test("the result has the keys the command line promises")
  func json() throws {
    let done = try run(FakeBase(), TestMemory(), isDryRun: true)
    let keys = Set(done.json.object?.keys ?? [])
    #expect(
      keys.isSuperset(of: ["created_tables", "created_fields", "existing_tables", "manual"]))
    #expect(done.json["created_tables"]?.array?.count == 12)
  }
}
