import Background
import Domain
import HTTP
import Sync
import Testing

@testable import Providers

@Suite("Airtable reads") struct AirtableReadTests {
  typealias Stand = WriteStand

  @Test("rows are found by their key, and a key on two rows is found twice")
  func find() throws {
    let stand = try Stand()
    stand.plant(1, row: "rec1", ["fldRent": .number("1250.5"), "fldUnit": ["recUnit"]])
    stand.plant(2, row: "rec2")
    stand.plant(2, row: "rec2b")
    stand.plant(3, row: "rec3")
    let found = try stand.provider.find(
      .leases, keys: [Stand.key(1), Stand.key(2), Stand.key(4)], cancellation: Cancellation())
    #expect(found.map(\.remoteID) == ["rec1", "rec2", "rec2b"])
    #expect(
      found[0].record
        == Record(
          .leases,
          [
            "lease_number": .null, "status": .null, "rent": .money(Money(minorUnits: 125_050)),
            "unit_id": .reference(Stand.unit),
          ]))
    #expect(
      stand.sent.first?.url.contains(
        "filterByFormula=OR%28%7BRentbook%20Key%7D%3D%27buildium%2Fleases%2F1%27%2C%20") == true)
  }

  @Test("many keys go in bounded groups, a long filter by POST")
  func manyKeys() throws {
    let stand = try Stand()
    for id in [5, 150, 249] { stand.plant(id, row: "rec\(id)") }
    let found = try stand.provider.find(
      .leases, keys: (0..<250).map(Stand.key), cancellation: Cancellation())
    #expect(found.map(\.remoteID) == ["rec5", "rec150", "rec249"])
    #expect(stand.sent.map(\.method) == ["GET", "GET", "GET"])
    let long = String(repeating: "x", count: 400)
    _ = try stand.provider.find(
      .leases, keys: (0..<50).map { RemoteKey(.buildium, .leases, "\(long)\($0)") },
      cancellation: Cancellation())
    #expect(stand.sent.last?.method == "POST")
    #expect(stand.sent.last?.url.hasSuffix("/tblLeases/listRecords") == true)
  }

  @Test("a hostile id in a key stays text in the filter")
  func hostile() throws {
    let stand = try Stand()
    _ = try stand.provider.find(
      .leases, keys: [RemoteKey(.buildium, .leases, "1'), TRUE(), ('")],
      cancellation: Cancellation())
    let url = try #require(stand.sent.first?.url)
    #expect(url.contains("%27buildium%2Fleases%2F1%5C%27%29%2C%20TRUE%28%29%2C%20%28%5C%27%27"))
  }

  @Test("the key field renamed a moment ago costs one refused filter")
  func renamedKey() throws {
    let stand = try Stand()
    stand.plant(1, row: "rec1")
    stand.fake.change { $0.tables[1].fields[0].name = "Key" }
    let found = try stand.provider.find(
      .leases, keys: [Stand.key(1)], cancellation: Cancellation())
    #expect(found.map(\.remoteID) == ["rec1"])
  }

  @Test("listing passes over rows without a key of the resource")
  func strangers() throws {
    let stand = try Stand()
    stand.plant(1, row: "rec1")
    stand.fake.change { state in
      for (id, key) in [
        ("recNone", nil), ("recText", "mine"), ("recOther", "buildium/bills/1"),
        ("recEmpty", ""),
      ] as [(String, String?)] {
        var cells = JSONObject()
        cells["fldKey"] = key.map(JSONValue.string)
        state.tables[1].rows.append((id, cells))
      }
    }
    let page = try stand.provider.rows(.leases, cursor: nil, cancellation: Cancellation())
    #expect(page.rows.map(\.remoteID) == ["rec1"] && page.next == nil)
    #expect(stand.sent.first?.url.contains("fields%5B%5D=fldKey&fields%5B%5D=fldNumber") == true)
  }

  @Test("rows changed since a moment are asked for by a filter on times")
  func changed() throws {
    let stand = try Stand()
    _ = try? stand.provider.rows(
      .leases, changedSince: Instant(milliseconds: 0), cursor: nil, cancellation: Cancellation())
    #expect(
      stand.sent.first?.url.contains(
        "filterByFormula=OR%28IS_AFTER%28LAST_MODIFIED_TIME%28%29%2C%20DATETIME_PARSE%28%271970")
        == true)
  }

  @Test("a link to a row nobody knows, or a broken amount, is told and left out")
  func problems() throws {
    let stand = try Stand()
    stand.plant(
      1, row: "rec1", ["fldUnit": ["recStranger"], "fldRent": .number("0.005"), "fldNumber": "L1"])
    let row = try #require(
      try stand.provider.rows(.leases, cursor: nil, cancellation: Cancellation()).rows.first)
    #expect(row.record.fields["lease_number"] == .text("L1"))
    #expect(row.record.fields["unit_id"] == nil && row.record.fields["rent"] == nil)
    #expect(row.problems.count == 2)
    #expect(row.problems.contains { $0.contains("fraction of a cent") })
    #expect(row.problems.contains { $0.contains("recStranger") })
  }

  @Test("pages follow the cursor; a lost place starts again, a bounded number of times")
  func cursor() throws {
    let stand = try Stand()
    stand.fake.change { state in
      state.intercept = { (request, _) throws(TransferError) in
        guard request.method == "GET", !request.url.contains("/meta/") else { return nil }
        if request.url.contains("offset=gone") {
          return .json(
            #"{"error":{"type":"LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}}"#, status: 422)
        }
        return .json(
          #"{"records":[{"id":"rec1","fields":{"fldKey":"buildium/leases/1"}}],"offset":"gone"}"#)
      }
    }
    var cursor: String?
    for restart in 0...AirtableAPI.restartsMax {
      let page = try stand.provider.rows(.leases, cursor: cursor, cancellation: Cancellation())
      #expect(page.rows.map(\.remoteID) == ["rec1"])
      #expect(page.next == "\(restart):gone")
      cursor = page.next
    }
    #expect(throws: ProviderError.self) {
      try stand.provider.rows(.leases, cursor: cursor, cancellation: Cancellation())
    }
  }

  @Test("what can be done is the same for every mirrored resource, and nothing for others")
  func capabilities() throws {
    let stand = try Stand()
    for resource in Resource.allCases {
      let can = stand.provider.capabilities(of: resource)
      let isMirrored = Resource.mirrored.contains(resource)
      #expect(can.isWritable == isMirrored && can.isDeletable == isMirrored)
      #expect(can.reading == (isMirrored ? .incremental(grain: .second) : .none))
    }
    #expect(stand.provider.batchMax == 10 && stand.provider.service == .airtable)
  }

  @Test("verifying names the base and what is missing there")
  func verify() throws {
    let stand = try Stand()
    let said = try stand.provider.verify(Cancellation())
    #expect(said.hasPrefix("The Airtable base “Owners” (appBase) is not complete. The table"))
    #expect(said.hasSuffix("Run `rentbook airtable setup`."))
    let done = try stand.provider.setUp(isDryRun: false, Cancellation())
    #expect(done.manual.isEmpty && done.stopped == nil)
    #expect(try stand.provider.mapping(Cancellation()).problems.isEmpty)
    #expect(
      try stand.provider.verify(Cancellation())
        == "The Airtable base “Owners” (appBase) has every table and field.")
  }

  @Test(
    "verifying says what is wrong with the token or the base",
    arguments: [
      ("", "create", ProviderError.Kind.notSetUp), ("appOther", "create", .forbidden),
      ("appBase", "read", .forbidden), ("appBase", "comment", .forbidden),
    ])
  func verifyFailures(_ base: String, _ permission: String, _ kind: ProviderError.Kind) {
    let http = ScriptedHTTP { (request) throws(TransferError) in
      request.url.hasSuffix("whoami")
        ? .json(#"{"id":"usr1"}"#)
        : .json(
          #"{"bases":[{"id":"appBase","name":"Owners","permissionLevel":"\#(permission)"}]}"#)
    }
    let provider = AirtableProvider(
      api: api(http, base: base), memory: TestMemory().memory, clock: ManualClock())
    do throws(ProviderError) {
      _ = try provider.verify(Cancellation())
      Issue.record("verified")
    } catch {
      #expect(error.kind == kind && !error.hint.isEmpty)
    }
  }
}

@Suite("Airtable change feed") struct AirtableHookTests {
  let webhooks = "/v0/bases/appBase/webhooks"

  @Test("a feed is made without an address, read by cursor, refreshed and ended")
  func requests() throws {
    let http = ScriptedHTTP([
      .json(#"{"id":"ach1","macSecretBase64":"c2VjcmV0","expirationTime":"2026-11-28T00:00:00Z"}"#),
      .json(#"{"payloads":[],"cursor":7,"mightHaveMore":false}"#),
      .json(#"{"expirationTime":"2026-12-05T00:00:00.000Z"}"#), .json(""),
      .json(#"{"error":"NOT_FOUND"}"#, status: 404),
    ])
    let hooks = AirtableHooks(api: api(http))
    let hook = try hooks.create(Cancellation())
    #expect(hook.id == "ach1" && hook.secret == "c2VjcmV0")
    #expect(hook.expiresAt == Instant("2026-11-28T00:00:00Z"))
    let payloads = try hooks.payloads(of: "ach1", cursor: 7, Cancellation())
    #expect(payloads == .init(changes: [], cursor: 7, mightHaveMore: false, failure: nil))
    #expect(try hooks.refresh("ach1", Cancellation()) == Instant("2026-12-05T00:00:00Z"))
    try hooks.delete("ach1", Cancellation())
    try hooks.delete("ach1", Cancellation())
    #expect(
      http.lines == [
        #"POST \#(webhooks) {"specification":{"options":{"filters":"#
          + #"{"dataTypes":["tableData","tableFields","tableMetadata"]}}}}"#,
        "GET \(webhooks)/ach1/payloads?cursor=7&limit=50", "POST \(webhooks)/ach1/refresh",
        "DELETE \(webhooks)/ach1", "DELETE \(webhooks)/ach1",
      ])
  }

  @Test("a payload tells which rows were made, changed and deleted, and whether fields were")
  func payloads() throws {
    let http = ScriptedHTTP([
      .json(
        """
        {"payloads":[
          {"timestamp":"2026-11-21T05:00:00.000Z","baseTransactionNumber":12,"payloadFormat":"v0",
           "actionMetadata":{"source":"client","sourceMetadata":{}},
           "changedTablesById":{"tbl1":{
             "createdRecordsById":{"recA":{"cellValuesByFieldId":{}}},
             "changedRecordsById":{"recB":{"current":{}}},
             "destroyedRecordIds":["recC","recD"]},
            "tbl2":{"destroyedFieldIds":["fld1"]}}},
          {"baseTransactionNumber":13,"destroyedTableIds":["tbl3"]},
          {"error":true,"code":"INVALID_HOOK"}],
         "cursor":15,"mightHaveMore":true}
        """)
    ])
    let answer = try AirtableHooks(api: api(http)).payloads(of: "ach1", cursor: 12, Cancellation())
    #expect(answer.cursor == 15 && answer.mightHaveMore && answer.failure == "INVALID_HOOK")
    try #require(answer.changes.count == 2)
    let first = answer.changes[0]
    #expect(first.transaction == 12 && first.source == "client" && !first.changesTables)
    #expect(first.at == Instant("2026-11-21T05:00:00Z"))
    #expect(
      first.tables == [
        "tbl1": .init(created: ["recA"], changed: ["recB"], destroyed: ["recC", "recD"]),
        "tbl2": .init(changesFields: true),
      ])
    #expect(answer.changes[1].changesTables && answer.changes[1].tables.isEmpty)
  }

  @Test("an answer without a cursor is no answer")
  func broken() {
    let http = ScriptedHTTP([.json(#"{"payloads":[]}"#)])
    #expect(throws: ProviderError.self) {
      try AirtableHooks(api: api(http)).payloads(of: "ach1", cursor: 1, Cancellation())
    }
  }
}
