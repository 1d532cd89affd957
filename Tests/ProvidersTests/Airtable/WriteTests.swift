import Background
import Domain
import HTTP
import Sync
import Testing

@testable import Providers

/// A base with one table of leases, a provider on it, and what was sent since.
struct WriteStand {
  static let table = "tblLeases"
  let fake = FakeBase()
  let memory = TestMemory()
  let clock = ManualClock()
  let http: ScriptedHTTP
  let provider: AirtableProvider

  init(isStatusSelect: Bool = false) throws {
    fake.change { state in
      state.tables = [
        .init(
          id: "tblUnits", name: "Units",
          fields: [.init(id: "fldUK", name: "Rentbook Key", type: "singleLineText")],
          rows: [("recUnit", JSONObject())]),
        .init(
          id: Self.table, name: "Leases",
          fields: [
            .init(id: "fldKey", name: "Rentbook Key", type: "singleLineText"),
            .init(id: "fldNumber", name: "Lease Number", type: "singleLineText"),
            .init(
              id: "fldStatus", name: "Status",
              type: isStatusSelect ? "singleSelect" : "singleLineText",
              options: ["choices": [["name": "Active"]]]),
            .init(id: "fldRent", name: "Rent", type: "currency", options: ["precision": 2]),
            .init(
              id: "fldUnit", name: "Unit", type: "multipleRecordLinks",
              options: ["linkedTableId": "tblUnits"]),
          ]),
      ]
    }
    http = fake.http
    provider = AirtableProvider(api: api(http), memory: memory.memory, clock: clock) { _, id in
      id == "recUnit" ? Self.unit : nil
    }
    _ = try provider.mapping(Cancellation())
  }

  static let unit = RemoteKey(.buildium, .units, "7")

  static func key(_ id: Int) -> RemoteKey { RemoteKey(.buildium, .leases, String(id)) }

  static func create(_ id: Int, _ fields: FieldValues = [:]) -> Write {
    var fields = fields
    fields["lease_number"] = .text("L\(id)")
    return Write(
      intentID: "i\(id)", action: .create, key: key(id), record: Record(.leases, fields),
      links: [unit: "recUnit"])
  }

  static func update(_ id: Int, row: String, _ fields: FieldValues) -> Write {
    Write(
      intentID: "i\(id)", action: .update(remoteID: row), key: key(id),
      record: Record(.leases, fields), links: [unit: "recUnit"])
  }

  static func delete(_ id: Int, row: String) -> Write {
    Write(
      intentID: "i\(id)", action: .delete(remoteID: row), key: key(id), record: Record(.leases))
  }

  func write(_ writes: [Write]) throws -> [WriteOutcome] {
    try provider.write(.leases, writes, cancellation: Cancellation())
  }

  /// The requests that are about rows, since the base was read.
  var sent: [HTTPRequest] { http.requests.filter { !$0.url.contains("/meta/") } }

  /// Puts a row into the table by other hands.
  func plant(_ id: Int, row: String, _ cells: KeyValuePairs<String, JSONValue> = [:]) {
    var cells = JSONObject(cells)
    cells["fldKey"] = .string(Self.key(id).description)
    fake.change { state in
      for index in state.tables.indices where state.tables[index].id == Self.table {
        state.tables[index].rows.append((row, cells))
      }
    }
  }

  func poison(_ numbers: Set<String>, _ answer: HTTPResponse? = nil) {
    let answer =
      answer
      ?? .error("INVALID_VALUE_FOR_COLUMN", #"Field "Lease Number" cannot accept the value"#)
    fake.change { state in
      state.poison = { cells in
        cells["fldNumber"]?.string.map { numbers.contains($0) } == true ? answer : nil
      }
    }
  }

  /// Answers every request that changes rows in this way, carrying it out before if asked.
  func answerWrites(
    carriedOut: Bool = false,
    _ answer: @escaping @Sendable (HTTPRequest) throws(TransferError) -> HTTPResponse
  ) {
    let fake = fake
    fake.change { state in
      state.intercept = { (request, _) throws(TransferError) in
        guard ["PATCH", "DELETE"].contains(request.method) else { return nil }
        return try answer(request)
      }
    }
  }
}

extension WriteOutcome {
  var id: String? { if case .done(let id) = self { id } else { nil } }
  var refusal: ProviderError? { if case .refused(let error) = self { error } else { nil } }
  var doubt: ProviderError? { if case .doubt(let error) = self { error } else { nil } }
  var unsent: ProviderError? { if case .notSent(let error) = self { error } else { nil } }
}

@Suite("Airtable writes") struct AirtableWriteTests {
  typealias Stand = WriteStand

  @Test("a create is an upsert on the key, with exact digits, links and no typecast")
  func create() throws {
    let stand = try Stand()
    let outcomes = try stand.write([
      Stand.create(
        1,
        [
          "rent": .money(Money(minorUnits: 125_050)), "unit_id": .reference(Stand.unit),
          "status": .null,
        ])
    ])
    #expect(
      stand.sent.map(\.line) == [
        #"PATCH /v0/appBase/tblLeases {"performUpsert":{"fieldsToMergeOn":["fldKey"]},"#
          + #""records":[{"fields":{"fldKey":"buildium/leases/1","fldNumber":"L1","#
          + #""fldUnit":["recUnit"],"fldStatus":null,"fldRent":1250.50}}],"#
          + #""typecast":false,"returnFieldsByFieldId":true}"#
      ])
    #expect(stand.sent.first?.repeatability == .once)
    #expect(outcomes.first?.id == stand.fake.table("Leases")?.rows.first?.id)
  }

  @Test("a create sent twice makes one row")
  func repeated() throws {
    let stand = try Stand()
    let first = try stand.write([Stand.create(1), Stand.create(2)])
    let second = try stand.write([Stand.create(1), Stand.create(2)])
    #expect(first == second && stand.fake.table("Leases")?.rows.count == 2)
  }

  @Test("an update says only what changed, and clears with null")
  func update() throws {
    let stand = try Stand()
    stand.plant(1, row: "rec1", ["fldStatus": "Active", "fldNumber": "L1"])
    let outcomes = try stand.write([Stand.update(1, row: "rec1", ["status": .null])])
    #expect(outcomes == [.done(remoteID: "rec1")])
    #expect(
      stand.sent.map(\.line) == [
        #"PATCH /v0/appBase/tblLeases {"records":[{"id":"rec1","fields":{"fldStatus":null}}],"#
          + #""typecast":false,"returnFieldsByFieldId":true}"#
      ])
    #expect(
      stand.fake.rows("Leases") == [
        JSONObject(["Lease Number": "L1", "Rentbook Key": "buildium/leases/1"])
      ])
  }

  @Test("deletes name the rows in the query; a row that is gone already is a delete done")
  func delete() throws {
    let stand = try Stand()
    stand.plant(1, row: "rec1")
    stand.plant(3, row: "rec3")
    let outcomes = try stand.write([
      Stand.delete(1, row: "rec1"), Stand.delete(2, row: "rec2"), Stand.delete(3, row: "rec3"),
    ])
    #expect(outcomes.map(\.id) == ["rec1", "rec2", "rec3"])
    #expect(
      stand.sent.map { "\($0.method) \($0.url.contains("RECORD_ID"))" } == [
        "DELETE false", "GET true", "DELETE false",
      ])
    #expect(
      stand.sent.last?.line
        == "DELETE /v0/appBase/tblLeases?records%5B%5D=rec1&records%5B%5D=rec3")
    #expect(stand.fake.table("Leases")?.rows.isEmpty == true)
  }

  @Test("an update of a row that is gone is refused as not found, the others are written")
  func updateOfNothing() throws {
    let stand = try Stand()
    stand.plant(1, row: "rec1")
    let outcomes = try stand.write([
      Stand.update(1, row: "rec1", ["status": .text("A")]),
      Stand.update(2, row: "rec2", ["status": .text("B")]),
    ])
    #expect(outcomes[0] == .done(remoteID: "rec1"))
    #expect(outcomes[1].refusal?.kind == .notFound)
    #expect(outcomes[1].refusal?.message.contains("buildium/leases/2") == true)
  }

  @Test("a link to a row that is gone is refused and names the link, not the record itself")
  func linkGone() throws {
    let stand = try Stand()
    stand.plant(1, row: "rec1")
    stand.fake.change { state in
      state.poison = { cells in
        cells["fldUnit"] == nil
          ? nil : .error("ROW_DOES_NOT_EXIST", "Record ID recUnit does not exist in this table")
      }
    }
    let outcomes = try stand.write([
      Stand.update(1, row: "rec1", ["unit_id": .reference(Stand.unit)])
    ])
    #expect(outcomes[0].refusal?.kind == .refused)
    #expect(
      outcomes[0].refusal?.message.contains("links to buildium/units/7, whose row recUnit") == true)
  }

  @Test("a refusal that names no row is about a link when a look found the row itself")
  func unnamedLinkGone() throws {
    let stand = try Stand()
    stand.plant(1, row: "rec1")
    stand.fake.change { state in
      state.poison = { cells in
        cells["fldUnit"] == nil ? nil : .error("ROW_DOES_NOT_EXIST", "A row does not exist")
      }
    }
    let outcomes = try stand.write([
      Stand.update(1, row: "rec1", ["unit_id": .reference(Stand.unit)])
    ])
    #expect(outcomes[0].refusal?.kind == .refused)
    #expect(outcomes[0].refusal?.message.contains("links to a record, whose row is not") == true)
  }

  @Test("a link whose row is not known is refused before anything is sent")
  func unknownLink() throws {
    let stand = try Stand()
    var write = Stand.create(1, ["unit_id": .reference(Stand.unit)])
    write.links = [:]
    let outcomes = try stand.write([write])
    #expect(outcomes[0].refusal?.message.contains("buildium/units/7") == true)
    #expect(stand.sent.isEmpty)
  }

  @Test(
    "success is what the rows in the answer say, not the status",
    arguments: [
      #"{"records":[]}"#, #"{"records":[{"id":"rec1","fields":{"fldKey":"buildium/leases/1"}}]}"#,
      #"{"records":[{"id":"rec1","fields":{"fldKey":"buildium/leases/1"}},"#
        + #"{"id":"rec2","fields":{"fldKey":"buildium/leases/99"}}]}"#,
      #"{"records":[{"id":"rec1","fields":{"fldKey":"buildium/leases/1"}},"#
        + #"{"id":"rec2","fields":{"fldKey":"buildium/leases/1"}}]}"#,
      #"{"records":[{"id":"rec1","fields":{}},{"id":"rec2","fields":{}}]}"#,
      #"{"records":[{"id":"rec1","fields":{"fldKey":"buildium/leases/1"}},"#
        + #"{"id":"rec2","fields":{"fldKey":"buildium/leases/2"}},"#
        + #"{"id":"rec3","fields":{"fldKey":"buildium/leases/3"}}]}"#,
      #"{"errors":[{"error":"RATE_LIMIT_REACHED"}]}"#, "<html>", "", #"{"records":[{"id""#,
    ])
  func mismatch(_ body: String) throws {
    let stand = try Stand()
    stand.plant(1, row: "rec1")
    stand.plant(2, row: "rec2")
    stand.answerWrites { (_) throws(TransferError) in .json(body) }
    let creates = try stand.write([Stand.create(1), Stand.create(2)])
    let updates = try stand.write([
      Stand.update(1, row: "rec1", ["status": .text("A")]),
      Stand.update(9, row: "rec9", ["status": .text("B")]),
    ])
    let deletes = try stand.write([Stand.delete(1, row: "rec1"), Stand.delete(2, row: "rec2")])
    for outcome in creates + updates + deletes { #expect(outcome.doubt?.kind == .doubt) }
    #expect(stand.sent.count == 3)
  }

  @Test("answers in another order are matched by the key")
  func otherOrder() throws {
    let stand = try Stand()
    stand.answerWrites { (_) throws(TransferError) in
      .json(
        #"{"records":[{"id":"recB","fields":{"fldKey":"buildium/leases/2"}},"#
          + #"{"id":"recA","fields":{"fldKey":"buildium/leases/1"}}]}"#)
    }
    #expect(try stand.write([Stand.create(1), Stand.create(2)]).map(\.id) == ["recA", "recB"])
  }

  @Test(
    "no clear answer is a doubt, a clear refusal of the whole is not sent; neither is repeated",
    arguments: [
      (500, "SERVER_ERROR", nil, ProviderError.Kind.doubt),
      (503, "RETRIABLE_ERROR", nil, .doubt), (502, "", nil, .doubt),
      (0, "", .timeout, .doubt), (0, "", .broken, .doubt), (0, "", .cancelled, .doubt),
      (0, "", .noConnection, .unreachable), (0, "", .breakerOpen, .unreachable),
      (429, "RATE_LIMIT_REACHED", nil, .rateLimited),
      (429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED", nil, .quotaSpent),
      (401, "AUTHENTICATION_REQUIRED", nil, .notAuthorised),
      (403, "INVALID_PERMISSIONS", nil, .forbidden),
    ] as [(Int, String, TransferError.Kind?, ProviderError.Kind)])
  func wholeBatch(
    _ status: Int, _ type: String, _ transfer: TransferError.Kind?, _ kind: ProviderError.Kind
  ) throws {
    let stand = try Stand()
    stand.plant(1, row: "rec1")
    stand.answerWrites { (_) throws(TransferError) in
      if let transfer { throw TransferError(transfer, "x") }
      return .error(type, "said so", status: status)
    }
    for writes in [
      [Stand.create(1), Stand.create(2)],
      [Stand.update(1, row: "rec1", ["status": .text("A")])], [Stand.delete(1, row: "rec1")],
    ] {
      let before = stand.sent.count
      let outcomes = try stand.write(writes)
      #expect(outcomes.count == writes.count && stand.sent.count == before + 1)
      for outcome in outcomes {
        let error = kind == .doubt ? outcome.doubt : outcome.unsent
        #expect(error?.kind == kind, "\(outcome)")
      }
    }
  }

  @Test("a field deleted a moment ago is not sent, and the base is read again")
  func drift() throws {
    let stand = try Stand()
    stand.fake.change { $0.tables[1].fields.removeAll { $0.name == "Rent" } }
    let writes = [Stand.create(1, ["rent": .money(Money(minorUnits: 1))])]
    let first = try stand.write(writes)
    #expect(first[0].unsent?.kind == .notSetUp)
    #expect(first[0].unsent?.message.contains("the field “Rent” is not there") == true)
    #expect(!stand.provider.writableFields(of: .leases).contains { $0.name == "rent" })
    #expect(try stand.write(writes)[0].id != nil)
  }

  @Test("a choice missing from a select is refused by name; one added since is found")
  func choices() throws {
    let stand = try Stand(isStatusSelect: true)
    let writes = [
      Stand.create(1, ["status": .text("Active")]), Stand.create(2, ["status": .text("Lapsed")]),
    ]
    let outcomes = try stand.write(writes)
    #expect(outcomes[0].id != nil)
    #expect(
      outcomes[1].refusal?.message
        == "The table “Leases”: The field “Status” has no choice “Lapsed”.")
    stand.fake.change { state in
      state.tables[1].fields[2].options = ["choices": [["name": "Active"], ["name": "Lapsed"]]]
    }
    stand.clock.advance(nanoseconds: AirtableMappings.choiceAgeMaxNanoseconds + 1)
    #expect(try stand.write(writes).allSatisfy { $0.id != nil })
  }

  @Test("a change of nothing that can be written is not sent; a key twice goes once")
  func edges() throws {
    let stand = try Stand()
    stand.plant(1, row: "rec1")
    let unmapped = try stand.write([Stand.update(1, row: "rec1", ["deposit": .money(.zero)])])
    #expect(unmapped[0].unsent?.kind == .notSetUp && stand.sent.isEmpty)
    let twice = try stand.write([Stand.create(5), Stand.create(5)])
    #expect(twice[0].id != nil && twice[1].refusal != nil)
    #expect(try stand.write([]).isEmpty)
    let many = try stand.write((10..<35).map { Stand.create($0) })
    #expect(many.count == 25 && many.allSatisfy { $0.id != nil })
  }
}

@Suite("Airtable batches taken apart") struct AirtableBatchTests {
  typealias Stand = WriteStand

  @Test("one bad record among ten is found and the nine are written", arguments: 0..<10)
  func poisoned(_ bad: Int) throws {
    for isUpdate in [false, true] {
      let stand = try Stand()
      if isUpdate { for id in 0..<10 { stand.plant(id, row: "rec\(id)") } }
      stand.poison(["L\(bad)"])
      let outcomes = try stand.write(
        (0..<10).map { id in
          isUpdate
            ? Stand.update(id, row: "rec\(id)", ["lease_number": .text("L\(id)")])
            : Stand.create(id)
        })
      for (id, outcome) in outcomes.enumerated() {
        if id == bad {
          #expect(outcome.refusal?.message.contains("“Lease Number”") == true)
        } else {
          #expect(outcome.id != nil, "\(id): \(outcome)")
        }
      }
      #expect(stand.sent.count - 1 <= AirtableBatch.extraCallsMax, "\(stand.sent.count) calls")
      let written = stand.fake.rows("Leases").compactMap { $0["Lease Number"]?.string }
      #expect(Set(written) == Set((0..<10).filter { $0 != bad }.map { "L\($0)" }))
    }
  }

  @Test("several bad records cost at most the bound each", arguments: [UInt64(5), 81, 2026])
  func several(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<40 {
      let count = Int.random(in: 1...10, using: &generator)
      let bad = Set((0..<count).filter { _ in Int.random(in: 0..<3, using: &generator) == 0 })
      let stand = try Stand()
      stand.poison(Set(bad.map { "L\($0)" }))
      let outcomes = try stand.write((0..<count).map { Stand.create($0) })
      for (id, outcome) in outcomes.enumerated() {
        #expect((outcome.refusal != nil) == bad.contains(id), "seed \(seed)")
        #expect((outcome.id != nil) == !bad.contains(id), "seed \(seed)")
      }
      #expect(
        stand.sent.count - 1 <= AirtableBatch.extraCallsMax * bad.count, "seed \(seed), \(bad)")
    }
  }

  @Test("a key on two rows is found by one look, and the others are written")
  func doubled() throws {
    let stand = try Stand()
    stand.plant(3, row: "recA")
    stand.plant(3, row: "recB")
    let outcomes = try stand.write((0..<10).map { Stand.create($0) })
    #expect(
      outcomes[3].refusal?.message
        == "Two rows carry the key buildium/leases/3 in the table “Leases”.")
    #expect(outcomes.filter { $0.id != nil }.count == 9)
    #expect(stand.sent.map(\.method) == ["PATCH", "GET", "PATCH"])
  }

  @Test("records that landed in spite of the refusal are seen and not sent again")
  func halfLanded() throws {
    let stand = try Stand()
    stand.poison(["L2"])
    stand.plant(0, row: "rec0", ["fldNumber": "L0"])
    // Landed once, then changed by a person: what was sent is sent again.
    stand.plant(1, row: "rec1", ["fldNumber": "typed over"])
    let outcomes = try stand.write((0..<3).map { Stand.create($0) })
    #expect(outcomes[0] == .done(remoteID: "rec0") && outcomes[1] == .done(remoteID: "rec1"))
    #expect(outcomes[2].refusal != nil)
    let later = stand.sent.dropFirst(2)
    #expect(!later.contains { $0.line.contains("buildium/leases/0") })
    #expect(
      stand.fake.rows("Leases").compactMap { $0["Lease Number"]?.string } == ["L0", "L1"])
  }

  @Test("when the service fails on the way, what was sent is in doubt and the rest not sent")
  func failsOnTheWay() throws {
    let stand = try Stand()
    stand.poison(["L9"])
    let fake = stand.fake
    fake.change { state in
      state.intercept = { (request, count) throws(TransferError) in
        // The schema, the batch, the look, then the first half.
        if count == 4 { throw TransferError(.timeout, "x") }
        return nil
      }
    }
    let outcomes = try stand.write((0..<10).map { Stand.create($0) })
    #expect(outcomes[..<5].allSatisfy { $0.doubt?.kind == .doubt })
    #expect(outcomes[5...].allSatisfy { $0.unsent?.kind == .unreachable })
    #expect(stand.sent.count == 3)
  }

  @Test("a limit met on the way leaves the rest unsent")
  func limitOnTheWay() throws {
    let stand = try Stand()
    stand.poison(["L9"])
    stand.fake.change { state in
      state.intercept = { (_, count) throws(TransferError) in
        count >= 5 ? .error("RATE_LIMIT_REACHED", status: 429) : nil
      }
    }
    let outcomes = try stand.write((0..<10).map { Stand.create($0) })
    #expect(outcomes[..<5].allSatisfy { $0.id != nil })
    #expect(outcomes[5...].allSatisfy { $0.unsent?.kind == .rateLimited })
  }

  @Test("a 403 that is about the table and not about a row is not sent, after one look")
  func forbidden() throws {
    let stand = try Stand()
    stand.plant(1, row: "rec1")
    stand.answerWrites { (_) throws(TransferError) in
      .error("INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "no", status: 403)
    }
    let outcomes = try stand.write([Stand.delete(1, row: "rec1")])
    #expect(outcomes[0].unsent?.kind == .forbidden && stand.sent.count == 2)
  }
}
