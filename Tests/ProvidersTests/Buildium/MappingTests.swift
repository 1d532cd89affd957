import Domain
import Providers
import Sync
import Testing

@Suite("Mappings to and from Buildium") struct MappingTests {
  private func record(_ resource: Resource, _ json: JSONValue) throws -> RemoteRecord {
    try #require(try BuildiumMapping.records(resource, json).first)
  }

  private func body(
    _ record: Record, _ id: String?, _ current: JSONValue?,
    _ options: BuildiumMapping.Options = BuildiumMapping.Options()
  ) throws -> BuildiumBody {
    try BuildiumMapping.body(for: record, id: id, current: current, options: options)
  }

  @Test("a record that is written back unchanged comes back unchanged", arguments: Sample.all)
  func unchanged(sample: Sample) throws {
    let remote = try record(sample.resource, sample.get)
    let body = try body(remote.record, remote.key.id, sample.get)
    #expect(body.problems == [])
    #expect(body.notWritten == [])
    #expect(body.method == "PUT")
    #expect(body.path.hasSuffix("/" + remote.key.id))
    let members = Set(body.json.object?.keys ?? [])
    #expect(members.isSubset(of: sample.put))
    #expect(try record(sample.resource, sample.stored(body.json)).record == remote.record)
  }

  @Test("a change of one field changes nothing else", arguments: Sample.all)
  func oneField(sample: Sample) throws {
    let remote = try record(sample.resource, sample.get)
    var random = Seeded(7)
    for field in RecordSchema.of(sample.resource).fields {
      let old = remote.record[field.name]
      guard let value = change(field, old, &random) else { continue }
      let wanted = Record(sample.resource, [field.name: value])
      let body = try body(wanted, remote.key.id, sample.get)
      let after = try record(sample.resource, sample.stored(body.json)).record
      var expected = remote.record
      if body.notWritten.isEmpty { expected[field.name] = value }
      for derived in ["category", "sub_category", "rental_manager_name", "name", "contact_name"]
      where derived != field.name {
        expected[derived] = after[derived]
        if remote.record.fields[derived] == nil, after.fields[derived] == nil {
          expected.fields[derived] = nil
        }
      }
      #expect(after == expected, "\(field.name)")
      #expect(body.notWritten.isEmpty || body.notWritten == [field.name], "\(field.name)")
    }
  }

  @Test("any change that Buildium takes comes back as it was written", arguments: Sample.all)
  func manyFields(sample: Sample) throws {
    let remote = try record(sample.resource, sample.get)
    let fixed = try body(remote.record, remote.key.id, sample.get)
    #expect(fixed.problems.isEmpty)
    for seed in UInt64(1)...60 {
      var random = Seeded(seed &* 7919)
      var wanted = Record(sample.resource)
      for field in RecordSchema.of(sample.resource).fields where Bool.random(using: &random) {
        guard let value = change(field, remote.record[field.name], &random) else { continue }
        let alone = try body(
          Record(sample.resource, [field.name: value]), remote.key.id, sample.get)
        if alone.notWritten.isEmpty { wanted[field.name] = value }
      }
      // A company must have a name.
      if wanted["is_company"] == .boolean(true) { wanted["company_name"] = .text("Elm Ltd") }
      let body = try body(wanted, remote.key.id, sample.get)
      #expect(body.problems == [], "seed \(seed)")
      let after = try record(sample.resource, sample.stored(body.json)).record
      for (field, value) in wanted.fields {
        #expect(after[field] == value, "seed \(seed), \(field)")
      }
    }
  }

  /// Another value for a field; nil for one that is better left alone.
  private func change(
    _ field: FieldDefinition, _ old: FieldValue, _ random: inout Seeded
  ) -> FieldValue? {
    let number = Int.random(in: 1...9999, using: &random)
    // Written, but shown by no GET.
    if field.name == "date_of_birth", old == .null { return nil }
    switch field.kind {
    case .text, .longText, .choice, .sealed:
      // The id of a user, and what is a number at heart.
      if field.name == "assigned_to" { return .text(String(number)) }
      return .text(
        ["é\(number)", "\(number)", "Näme \(number)"].randomElement(using: &random) ?? "")
    case .integer: return .integer(Int64(number))
    case .money: return .money(Money(minorUnits: Int64(number)))
    case .decimal: return DecimalText(unscaled: Int64(number), scale: 3).map { .decimal($0) }
    case .date: return .date(CalendarDate(daysSince1970: number + 10_000))
    case .instant: return nil
    case .boolean: return old == .null ? nil : .boolean(old != .boolean(true))
    case .reference(let resource):
      return .reference(RemoteKey(.buildium, resource, String(number)))
    case .references(let resource):
      return .references(
        canonical: (0..<3).map { RemoteKey(.buildium, resource, String(number + $0)) })
    }
  }

  @Test("a field can be emptied, and an empty text is no value", arguments: Sample.all)
  func emptied(sample: Sample) throws {
    let remote = try record(sample.resource, sample.get)
    #expect(remote.record.fields.values.allSatisfy { $0 != .text("") })
    let optional = [
      "structure_description", "reserve", "description", "market_rent", "comment", "email",
      "phone_home", "endDate", "website", "due_date", "invoice_number", "notes",
      "emergency_contact_name", "cash_flow_classification",
    ]
    for field in optional where !remote.record[field].isNull {
      let body = try body(
        Record(sample.resource, [field: .null]), remote.key.id, sample.get)
      guard body.notWritten.isEmpty else { continue }
      #expect(body.problems == [], "\(field)")
      #expect(
        try record(sample.resource, sample.stored(body.json)).record[field] == .null, "\(field)")
    }
  }

  @Test(
    "missing members, new members and unknown values are taken as they come", arguments: Sample.all)
  func tolerant(sample: Sample) throws {
    let bare: JSONValue = ["Id": sample.get["Id"] ?? 1, "Unheard": ["of": [1, 2]]]
    let remote = try record(sample.resource, bare)
    #expect(remote.record.fields.values.allSatisfy { $0.isNull || $0 == .money(.zero) })
    let full = try record(sample.resource, sample.get)
    for (name, value) in full.record.fields {
      #expect(RecordSchema.of(sample.resource).field(name) != nil, "\(name) = \(value)")
    }
  }

  @Test(
    "a member of another type is named, never taken for no value",
    arguments: [
      (Resource.properties, #"{"Id":7,"Name":["x"]}"#, "Property 7: Name is a list, not a text"),
      (.properties, #"{"Id":7,"Reserve":true}"#, "Property 7: Reserve is true, not an amount"),
      (.properties, #"{"Id":7,"YearBuilt":1951.5}"#, "YearBuilt is 1951.5, not a whole number"),
      (.properties, #"{"Id":7,"IsActive":"yes"}"#, "IsActive is a text, not true or false"),
      (.units, #"{"Id":7,"PropertyId":{}}"#, "PropertyId is an object, not an id"),
      (.leases, #"{"Id":7,"LeaseFromDate":20260101}"#, "LeaseFromDate is 20260101, not a date"),
      (.owners, #"{"Id":7,"PropertyIds":["x"]}"#, ""),
      (.tenants, #"{"Id":7,"PhoneNumbers":"555"}"#, "PhoneNumbers is a text, not a list"),
      (.bills, #"{"Id":7,"Lines":[{"Amount":0.001}]}"#, "Bill 7, Lines[0]: Amount is 0.001"),
      (.bills, #"{"Id":7,"Lines":[5]}"#, "Lines[0]: an object was expected"),
      (.transactions, #"{"Id":"seven"}"#, "Transaction: Id is missing"),
    ])
  func wrongTypes(resource: Resource, text: String, says: String) throws {
    guard !says.isEmpty else {
      #expect(try record(resource, json(text)).record["property_ids"] == .null)
      return
    }
    #expect {
      try record(resource, json(text))
    } throws: { thrown in
      guard let error = thrown as? ProviderError else { return false }
      #expect(error.message.contains(says), "\(error.message)")
      return error.kind == .unexpectedAnswer
    }
  }

  @Test(
    "amounts are read to the cent, through the noise of binary fractions and no further",
    arguments: [
      ("1376", "1376.00"), ("1376.0", "1376.00"), ("-75.48", "-75.48"), ("1.2e3", "1200.00"),
      ("70.05000000000001", "70.05"), ("70.049999999999997", "70.05"),
      ("-70.049999999999997", "-70.05"), ("123456789.12000000477", "123456789.12"),
      ("0.30000000000000004", "0.30"), ("70.055", nil), ("70.0500001", "70.05"),
      ("70.05001", nil), ("0.001", nil),
    ] as [(String, String?)])
  func amounts(text: String, money: String?) throws {
    let unit = json(#"{"Id":1,"MarketRent":\#(text)}"#)
    if let money {
      #expect(try record(.units, unit).record["market_rent"].money?.description == money)
    } else {
      #expect(throws: ProviderError.self) { try record(.units, unit) }
    }
  }

  @Test("secrets are masked in the source at any depth, and repeated accounts shrink to their id")
  func sources() throws {
    for sample in Sample.all {
      let source = try record(sample.resource, sample.get).source
      for secret in ["123-45-6789", "12-3456789", "987", "1990-02-03", "021000021", "4321", "AC-1"]
      {
        #expect(!source.contains(secret), "\(sample.resource): \(secret)")
      }
    }
    let bank = try record(.bankAccounts, Sample.all[7].get)
    #expect(bank.source.contains(#""GLAccount":10001"#))
    #expect(bank.record["gl_account"].reference?.id == "10001")
    #expect(bank.record["routing_number"] == .text("021000021"))
    let account = try record(.glAccounts, Sample.all[6].get)
    #expect(account.source.contains(#""AccountNumber":"6110""#))
  }

  @Test("phones of a kind no body has, and second ones, are named as lost")
  func phones() throws {
    let owner = json(
      #"{"Id":1,"IsCompany":false,"FirstName":"A","LastName":"B","PropertyIds":[1],"Address":{"AddressLine1":"x","PostalCode":"1","Country":"Canada"},"PhoneNumbers":[{"Number":"1","Type":"Cell"},{"Number":"2","Type":"Cell"},{"Number":"3","Type":"Personal"},{"Number":"4","Type":"Office"}]}"#
    )
    let body = try body(Record(.owners, ["comment": .text("x")]), "1", owner)
    #expect(body.json["PhoneNumbers"] == ["Home": .null, "Work": "4", "Mobile": "1", "Fax": .null])
    #expect(
      body.lostOnReplace == ["DateOfBirth", "PhoneNumbers (Cell)", "PhoneNumbers (Personal)"])
    let known = try self.body(
      Record(.owners, ["date_of_birth": .text("1970-01-01")]), "1", owner)
    #expect(known.json["DateOfBirth"] == "1970-01-01")
    #expect(!known.lostOnReplace.contains("DateOfBirth"))
  }

  @Test("a covered secret is never sent back; what that loses is named")
  func covered() throws {
    let vendor = json(
      #"{"Id":9,"IsCompany":true,"CompanyName":"P","Category":{"Id":6},"TaxInformation":{"TaxPayerId":"***-**-6789","TaxPayerIdType":"SSN","IncludeIn1099":true}}"#
    )
    let body = try body(Record(.vendors, ["notes": .text("x")]), "9", vendor)
    #expect(body.json["TaxInformation"]?["TaxPayerId"] == nil)
    #expect(body.lostOnReplace == ["TaxInformation.TaxPayerId"])
    let bank = json(
      #"{"Id":1,"Name":"T","BankAccountType":"Checking","Country":"Canada","AccountNumber":"****1","CheckPrintingInfo":{}}"#
    )
    let change = try self.body(Record(.bankAccounts, ["name": .text("U")]), "1", bank)
    #expect(change.json["AccountNumber"] == nil)
    #expect(change.lostOnReplace == ["AccountNumber"])
    let new = try self.body(Record(.bankAccounts, ["account_number": .text("77")]), "1", bank)
    #expect(new.json["AccountNumber"] == "77")
    #expect(new.lostOnReplace == [])
  }

  @Test("limits and required members are told in words, and nothing is cut")
  func problems() throws {
    func problems(_ record: Record, _ id: String? = nil, _ current: JSONValue? = nil) throws
      -> [String]
    {
      try body(record, id, current).problems
    }
    let long = String(repeating: "ä", count: 128)
    let property = try problems(Record(.properties, ["name": .text(long)]))
    #expect(property.contains("Property: name has 128 characters; Buildium takes at most 127."))
    #expect(property.contains("Property: rental sub type is missing; Buildium requires it."))
    #expect(property.contains("Property: the address is missing; Buildium requires it."))
    #expect(
      try body(Record(.properties, ["name": .text(long)]), nil, nil).json["Name"] == .string(long))
    let partly = try problems(
      Record(.units, ["address_line1": .text("1 Elm"), "unit_number": .text("1")]))
    #expect(partly.contains("Unit: the address has no PostalCode; Buildium requires it."))
    #expect(partly.contains("Unit: property is missing; Buildium requires it."))
    let owner = try problems(Record(.owners, ["is_company": .boolean(true)]))
    #expect(owner.contains("Owner: a company needs a company name."))
    #expect(owner.contains("Owner: property ids is missing; Buildium requires it."))
    #expect(
      try problems(Record(.tenants)).contains("Tenant: a new tenant must be added to a lease."))
    #expect(
      try problems(Record(.leases, ["lease_type": .text("None")])).contains {
        $0.contains("set the lease type")
      })
    #expect(
      try problems(Record(.vendors, ["is_company": .boolean(false)])).contains(
        "Vendor: a person needs a first and a last name."))
    #expect(
      try problems(Record(.glAccounts, ["sub_type": .text("CurrentAsset")])).contains {
        $0.contains("whether a current asset is cash")
      })
    #expect(
      try problems(Record(.bankAccounts), "1", json(#"{"Id":1,"CheckPrintingInfo":null}"#))
        .contains { $0.contains("check printing") })
    #expect(
      try problems(Record(.workOrders)).contains {
        $0 == "Work order: it belongs to no task; Buildium requires one."
      })
    #expect(
      try problems(
        Record(.tasks, ["task_type": .text("Todo"), "subject": .text("x")])
      ).contains("Task: nobody is assigned; Buildium requires a staff user."))
    let bill = Record(
      .bills,
      [
        "date": .date(CalendarDate(daysSince1970: 20_000)),
        "due_date": .date(CalendarDate(daysSince1970: 19_999)),
      ], lines: [["memo": .text(String(repeating: "x", count: 241))]])
    #expect(
      try problems(bill) == [
        "Bill: vendor id is missing; Buildium requires it.",
        "Bill: line 1 names no property; Buildium requires one.",
        "Bill: line 1 names no GL account; Buildium requires one.",
        "Bill: line 1 has no amount; Buildium requires one.",
        "Bill: memo has 241 characters; Buildium takes at most 240.",
        "Bill: it is due on 2024-10-03, before its date 2024-10-04.",
      ])
  }

  @Test("what Buildium does not take is named and leaves the body as it was")
  func notWritten() throws {
    let unit = Sample.all[1].get
    let body = try body(
      Record(.units, ["is_unit_occupied": .boolean(false), "building_name": .text("Elm Court")]),
      "101", unit)
    #expect(body.notWritten == ["is_unit_occupied"])
    let lease = try self.body(
      Record(.leases, ["rent": .money(Money(minorUnits: 1)), "tenant_ids": .null]), "4",
      Sample.all[4].get)
    #expect(lease.notWritten.sorted() == ["rent", "tenant_ids"])
  }

  @Test("a lease at will has no end in a body, and a new lease sends no e-mail")
  func leases() throws {
    let change = try body(
      Record(.leases, ["lease_type": .text("AtWill")]), "4", Sample.all[4].get)
    #expect(change.json.object?.keys.contains("LeaseToDate") == false)
    var new = try record(.leases, Sample.all[4].get).record
    new["lease_type"] = .text("Fixed")
    let created = try body(new, nil, nil)
    #expect(created.method == "POST")
    #expect(created.path == "/v1/leases")
    #expect(created.json["SendWelcomeEmail"] == false)
    #expect(created.json["TenantIds"] == [11, 12])
    #expect(created.json["SecurityDeposit"]?["Amount"] == .number("1376.00"))
    #expect(created.json["IsEvictionPending"] == nil)
    #expect(created.problems == [])
  }

  @Test(
    "a task is written to the collection of its type, with the members that type takes",
    arguments: [
      ("Todo", "/v1/tasks/todorequests/8", true),
      ("ResidentRequest", "/v1/tasks/residentrequests/8", false),
      ("RentalOwnerRequest", "/v1/tasks/rentalownerrequests/8", true),
      ("ContactRequest", "/v1/tasks/contactrequests/8", true),
    ])
  func tasks(type: String, path: String, hasProperty: Bool) throws {
    guard case .object(var task) = Sample.all[8].get else { return }
    task["TaskType"] = .string(type)
    task["ContactDetail"] = json(
      #"{"FirstName":"Al","LastName":null,"Email":"a@example.com","PhoneNumbers":[{"Number":"5","Type":"Cell"}]}"#
    )
    let remote = try record(.tasks, .object(task))
    var options = BuildiumMapping.Options()
    options.message = "Called back"
    let body = try body(
      Record(.tasks, ["status": .text("Completed")]), "8", .object(task), options)
    #expect(body.problems == [])
    #expect(body.path == path)
    #expect(BuildiumMapping.path(of: remote.record, id: "8") == path)
    #expect(body.json["TaskStatus"] == "Completed")
    #expect(body.json["Message"] == "Called back")
    #expect(body.json["SubCategoryId"] == 31)
    #expect((body.json["PropertyId"] != nil) == hasProperty)
    #expect((body.json["UnitId"] != nil) == hasProperty)
    let contact = body.json["ContactDetail"]
    #expect((contact != nil) == (type == "ContactRequest"))
    if let contact { #expect(contact["PhoneNumbers"]?["Mobile"] == "5") }
    let nobody = try self.body(Record(.tasks, ["assigned_to": .null]), "8", .object(task))
    #expect(nobody.json["AssignedToUserId"] == .null)
    let other = try self.body(
      Record(.tasks, ["task_category_id": .reference(RemoteKey(.buildium, .taskCategories, "4"))]),
      "8", .object(task))
    #expect(other.json["SubCategoryId"] == .null)
  }

  @Test("a task of an association keeps its property; one of an unknown type is refused")
  func strangeTasks() throws {
    let task = json(
      #"{"Id":8,"TaskType":"Todo","Title":"x","Property":{"Id":7,"Type":"Association"},"AssignedToUserId":0,"UnitId":0,"TaskStatus":"New","Priority":"Low"}"#
    )
    let remote = try record(.tasks, task)
    #expect(remote.record["property_id"] == .null)
    #expect(remote.record["assigned_to"] == .null)
    #expect(remote.record["unit_id"] == .null)
    let body = try body(Record(.tasks, ["assigned_to": .text("5")]), "8", task)
    #expect(body.json["PropertyId"] == 7)
    #expect {
      try self.body(Record(.tasks, ["task_type": .text("Wish")]), "8", nil)
    } throws: {
      ($0 as? ProviderError)?.kind == .unsupported
    }
  }
}
