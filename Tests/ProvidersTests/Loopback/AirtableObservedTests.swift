import Background
import Domain
import Providers
import Sync
import Testing

@testable import Sandbox

@Suite("Airtable as people fill it")
struct AirtableObservedTests {
  @Test("every row is seen: mirrored, born here, pasted twice, and with a key that is none")
  func rows() throws {
    let rig = try AirtableRig()
    let home = try rig.row("Properties", .properties, "1042", ["Name": "Ash House"])
    let lease = try rig.row("Leases", .leases, "77", ["Lease Number": "77"])
    let rent = try rig.row("GL Accounts", .glAccounts, "3", ["Name": "Rent Income"])
    let fees = try rig.row("GL Accounts", .glAccounts, "4", ["Name": "Late Fee Income"])
    _ = try rig.row("Transactions", .transactions, "900", ["Date": "2026-10-01", "Amount": 12])
    _ = try rig.row("Transactions", .transactions, "900", ["Date": "2026-10-01", "Amount": 12])
    let born = try rig.sandbox.insert(
      table: "Transactions",
      fields: [
        "Date": "2026-10-02", "Type": "Charge", "Amount": .number("45.5"), "Memo": "Key",
        "Property": [.string(home)], "Lease": [.string(lease)],
        "GL Accounts": [.string(fees), .string(rent)], "Post to Buildium": true,
      ])
    let odd = try rig.sandbox.insert(
      table: "Transactions",
      fields: ["Rentbook Key": "buildium/rentals/5", "Amount": .number("1.005")])
    let rows = try rig.observe(.of(.transactions))
    #expect(rows.count == 4)
    let key = RemoteKey(.buildium, .transactions, "900")
    #expect(rows.filter { $0.key == .key(key) }.count == 2)

    let fresh = try #require(rows.first { $0.remoteID == born })
    #expect(fresh.key == .none && fresh.wantsPosting && fresh.postResult.isEmpty)
    #expect(fresh.fields["amount"] == .money(Money(minorUnits: 45_50)))
    #expect(fresh.fields["date"]?.date == CalendarDate("2026-10-02"))
    #expect(fresh.fields["lease_id"]?.reference == RemoteKey(.buildium, .leases, "77"))
    #expect(fresh.linked["gl_account_ids"]?.map(\.id) == ["4", "3"])
    #expect(fresh.fields["gl_account_ids"]?.links.map(\.id) == ["3", "4"])
    #expect(fresh.fields["reference"] == .null)
    #expect(fresh.createdAt == Instant(milliseconds: rigNoon))
    #expect(fresh.unreadable.isEmpty)

    let strange = try #require(rows.first { $0.remoteID == odd })
    #expect(strange.key == .unreadable("buildium/rentals/5"))
    #expect(strange.unreadable["amount"]?.contains("fraction of a cent") == true)
    #expect(strange.fields["amount"] == nil)
  }

  @Test("a link to a row nobody knows yet is unreadable, not empty")
  func unknownLink() throws {
    let rig = try AirtableRig()
    let home = try rig.sandbox.insert(table: "Properties", fields: ["Name": "New House"])
    _ = try rig.sandbox.insert(
      table: "Forecasts", fields: ["Amount": 5, "Property": [.string(home)]])
    let row = try #require(try rig.observe(.forecasts).first)
    #expect(row.fields["property_id"] == nil)
    #expect(row.unreadable["property_id"]?.contains(home) == true)
    #expect(row.fields["amount"] == .money(Money(minorUnits: 500)))
  }

  @Test("rows are read by their ids, a hundred to a call; one that is gone is not among them")
  func byID() throws {
    let rig = try AirtableRig()
    let ids = try (0..<130).map { number in
      try rig.sandbox.insert(table: "Bills", fields: ["Memo": .string("bill \(number)")])
    }
    try rig.sandbox.remove(table: "Bills", recordKey: ids[7])
    let before = rig.sandbox.gate.journal.rows.count
    let rows = try rig.provider.observe(
      .of(.bills), ids: ids + ["recNeverWasThere1"], cancellation: Cancellation())
    #expect(Set(rows.map(\.remoteID)) == Set(ids).subtracting([ids[7]]))
    // Two groups, the first of which fits one answer.
    #expect(rig.sandbox.gate.journal.rows.count - before <= 3)
  }

  @Test("a listing that loses its place says that it begins again")
  func restart() throws {
    let rig = try AirtableRig()
    for number in 0..<120 {
      _ = try rig.sandbox.insert(table: "Owners", fields: ["Name": .string("Owner \(number)")])
    }
    let first = try rig.provider.observe(.of(.owners), cursor: nil, cancellation: Cancellation())
    #expect(first.rows.count == 100 && !first.restarted)
    try rig.byHand("expire-iterators", [:])
    let again = try rig.provider.observe(
      .of(.owners), cursor: first.next, cancellation: Cancellation())
    #expect(again.restarted && again.rows.count == 100)
    #expect(try rig.observe(.of(.owners)).count == 120)
  }

  // MARK: Answers

  @Test("a result and a key go to a row by its id, and leave the other cells alone")
  func answers() throws {
    let rig = try AirtableRig()
    let ids = try (0..<12).map { number in
      try rig.sandbox.insert(
        table: "Bills",
        fields: ["Memo": .string("bill \(number)"), "Amount": 10, "Post to Buildium": true])
    }
    try rig.sandbox.remove(table: "Bills", recordKey: ids[3])
    let answers = ids.enumerated().map { number, id in
      RowAnswer(
        remoteID: id, postResult: number == 5 ? "Line 1 has no amount." : "Posted as \(number).",
        key: number == 5 ? nil : RemoteKey(.buildium, .bills, "\(9000 + number)"),
        wantsPosting: number == 5 ? nil : false)
    }
    let outcomes = try rig.provider.answer(.of(.bills), answers, cancellation: Cancellation())
    for (number, outcome) in outcomes.enumerated() {
      if number == 3 {
        guard case .refused(let error) = outcome else {
          Issue.record("\(outcome)")
          continue
        }
        #expect(error.kind == .notFound)
      } else {
        #expect(outcome == .done(remoteID: ids[number]))
      }
    }
    let rows = try rig.observe(.of(.bills))
    let refused = try #require(rows.first { $0.remoteID == ids[5] })
    #expect(refused.key == .none && refused.wantsPosting)
    #expect(refused.postResult == "Line 1 has no amount.")
    let posted = try #require(rows.first { $0.remoteID == ids[11] })
    #expect(posted.key.key?.id == "9011" && !posted.wantsPosting)
    #expect(posted.fields["memo"]?.text == "bill 11")
    #expect(posted.fields["amount"] == .money(Money(minorUnits: 1000)))
  }

  @Test("an answer that is lost is a doubt, and writing it again changes nothing more")
  func lostAnswer() throws {
    let rig = try AirtableRig()
    let id = try rig.sandbox.insert(table: "Forecasts", fields: ["Amount": 10])
    let answer = RowAnswer(
      remoteID: id, postResult: "Posted.", key: RemoteKey(.buildium, .transactions, "5"))
    _ = try rig.observe(.forecasts)
    rig.sandbox.gate.faults.change(to: FaultPlan([FaultPlan.Rule(.dropAfter, .every(1))]))
    let outcomes = try rig.provider.answer(.forecasts, [answer], cancellation: Cancellation())
    rig.sandbox.gate.faults.change(to: FaultPlan())
    guard case .doubt? = outcomes.first else {
      Issue.record("\(outcomes)")
      return
    }
    let again = try rig.provider.answer(.forecasts, [answer], cancellation: Cancellation())
    #expect(again == [.done(remoteID: id)])
    #expect(try rig.observe(.forecasts).first?.key.key?.id == "5")
  }
}

@Suite("The feed of what changes in Airtable")
struct AirtableFeedTests {
  private func begin(_ rig: AirtableRig) throws -> String {
    let first = try rig.changes(nil)
    #expect(first.sweepNeeded?.contains("no feed") == true)
    #expect(first.changes.isEmpty && first.changesSchema)
    return first.next
  }

  @Test("rows made, changed and deleted are told by table, each once, by its last fate")
  func tells() throws {
    let rig = try AirtableRig()
    let kept = try rig.row("Owners", .owners, "1", ["Name": "Ann"])
    let doomed = try rig.row("Owners", .owners, "2", ["Name": "Bob"])
    let cursor = try begin(rig)
    #expect(try rig.changes(cursor).changes.isEmpty)
    try rig.sandbox.edit(table: "Owners", recordKey: kept, field: "Email", value: "a@example.org")
    try rig.sandbox.edit(table: "Owners", recordKey: kept, field: "Phone", value: "555")
    try rig.sandbox.edit(table: "Owners", recordKey: doomed, field: "Phone", value: "556")
    let born = try rig.sandbox.insert(table: "Bills", fields: ["Memo": "new"])
    let brief = try rig.sandbox.insert(table: "Bills", fields: ["Memo": "brief"])
    try rig.sandbox.remove(table: "Owners", recordKey: doomed)
    try rig.sandbox.remove(table: "Bills", recordKey: brief)
    let answer = try rig.allChanges(cursor)
    #expect(answer.sweepNeeded == nil && !answer.changesSchema)
    #expect(
      answer.changes[.of(.owners)] == RowChanges(changed: [kept], destroyed: [doomed]))
    #expect(answer.changes[.of(.bills)] == RowChanges(changed: [born], destroyed: [brief]))
    #expect(answer.lastChangeAt == Instant(milliseconds: rigNoon))
    #expect(try rig.changes(answer.next).changes.isEmpty)
    // Asking again from the older place tells the same again.
    #expect(try rig.allChanges(cursor).changes == answer.changes)
  }

  @Test("more than one answer holds is told in turns")
  func turns() throws {
    let rig = try AirtableRig()
    let cursor = try begin(rig)
    let ids = try (0..<120).map { number in
      try rig.sandbox.insert(table: "Tenants", fields: ["Name": .string("T\(number)")])
    }
    let first = try rig.changes(cursor)
    #expect(first.mightHaveMore && first.changes[.of(.tenants)]?.changed.count == 50)
    #expect(Set(try rig.allChanges(cursor).changes[.of(.tenants)]?.changed ?? []) == Set(ids))
  }

  @Test("a change of the schema is told as one")
  func schema() throws {
    let rig = try AirtableRig()
    let cursor = try begin(rig)
    try rig.rename("Phone", to: "Telephone", in: "Owners")
    let answer = try rig.changes(cursor)
    #expect(answer.changesSchema && answer.sweepNeeded == nil)
    let renamed = try rig.provider.drift(Cancellation())
    #expect(renamed.map(\.kind) == [.renamed(from: "Phone", to: "Telephone")])
    try rig.byHand(
      "retype-field", ["table": "Owners", "field": "Email", "type": "multilineText"])
    let retyped = try rig.changes(answer.next)
    #expect(retyped.changesSchema)
    try rig.byHand("delete-table", ["table": "Forecasts"])
    #expect(try rig.changes(retyped.next).changesSchema)
  }

  @Test("a feed that was switched off, deleted or not read for long is made anew, with a sweep")
  func anew() throws {
    for reason in ["switched off", "deleted", "paused", "expired"] {
      let rig = try AirtableRig()
      let cursor = try begin(rig)
      let hook = try #require(
        (try? JSONValue(parsing: Array(cursor.utf8)))?["hook"]?.string)
      switch reason {
      case "switched off": try rig.byHand("break-webhook", ["id": .string(hook)])
      case "deleted":
        _ = rig.sandbox.handle(
          .init(
            method: "DELETE",
            target: "/v0/bases/\(rig.sandbox.options.baseID)/webhooks/\(hook)",
            headers: ["authorization": "Bearer \(rig.sandbox.options.token)"], body: []))
      case "paused": rig.clock.advance(nanoseconds: 8 * 86_400_000_000_000)
      default: rig.clock.advance(nanoseconds: 15 * 86_400_000_000_000)
      }
      let unseen = try rig.sandbox.insert(table: "Owners", fields: ["Name": "Unseen"])
      let answer = try rig.changes(cursor)
      #expect(answer.sweepNeeded != nil, "\(reason)")
      #expect(answer.next != cursor)
      // From here on the new feed tells everything again.
      try rig.sandbox.edit(table: "Owners", recordKey: unseen, field: "Phone", value: "1")
      let next = try rig.changes(answer.next)
      #expect(next.changes[.of(.owners)]?.changed == [unseen], "\(reason)")
      #expect(next.sweepNeeded == nil, "\(reason)")
    }
  }

  @Test("payloads forgotten before they were read are a gap, and the feed goes on")
  func gap() throws {
    let rig = try AirtableRig()
    var cursor = try begin(rig)
    let early = try rig.sandbox.insert(table: "Owners", fields: ["Name": "Early"])
    // Kept alive by somebody who reads it elsewhere, so only the payload grows old.
    for _ in 0..<2 {
      rig.clock.advance(nanoseconds: 4 * 86_400_000_000_000)
      _ = try rig.changes(cursor.replacing("\"payload\":1", with: "\"payload\":2"))
    }
    let late = try rig.sandbox.insert(table: "Owners", fields: ["Name": "Late"])
    let answer = try rig.changes(cursor)
    #expect(answer.sweepNeeded?.contains("1 changes of the base were forgotten") == true)
    #expect(answer.changes[.of(.owners)]?.changed == [late])
    #expect(answer.changes[.of(.owners)]?.changed.contains(early) == false)
    cursor = answer.next
    #expect(try rig.changes(cursor).sweepNeeded == nil)
  }

  @Test("a place in another base's feed, or one that is none, begins a feed")
  func strangeCursor() throws {
    let rig = try AirtableRig()
    let cursor = try begin(rig)
    for text in [
      "", "17", cursor.replacing(rig.sandbox.options.baseID, with: "appAnotherBase123"),
      cursor.replacing("\"payload\":1", with: "\"payload\":4711"),
    ] {
      #expect(try rig.changes(text).sweepNeeded != nil)
    }
  }

  @Test("no connection is an error and costs nothing: the place stays good")
  func unreachable() throws {
    let rig = try AirtableRig()
    let cursor = try begin(rig)
    rig.sandbox.gate.faults.change(to: FaultPlan([FaultPlan.Rule(.serverError, .every(1))]))
    #expect { try rig.changes(cursor) } throws: { ($0 as? ProviderError)?.kind == .unreachable }
    rig.sandbox.gate.faults.change(to: FaultPlan())
    #expect(try rig.changes(cursor).sweepNeeded == nil)
  }
}

@Suite("A base that is changed under us")
struct AirtableDriftTests {
  private func drift(_ rig: AirtableRig) throws -> [SchemaDrift] {
    rig.clock.advance(nanoseconds: 601_000_000_000)
    return try rig.provider.drift(Cancellation())
  }

  @Test("a base as it was set up has none")
  func none() throws {
    #expect(try drift(try AirtableRig()).isEmpty)
  }

  @Test("a renamed field is read and written as before, and told")
  func renamed() throws {
    let rig = try AirtableRig()
    let row = try rig.row("Units", .units, "5", ["Unit Number": "12", "Market Rent": 900])
    try rig.rename("Market Rent", to: "Asking Rent", in: "Units")
    let found = try drift(rig)
    #expect(found.map(\.field) == ["market_rent"])
    #expect(found.first?.isUnreadable == false)
    #expect(found.first?.sentence.contains("is called “Asking Rent” now") == true)
    let seen = try rig.provider.observe(.of(.units), ids: [row], cancellation: Cancellation())
    #expect(seen.first?.fields["market_rent"] == .money(Money(minorUnits: 900_00)))
    let outcome = try rig.provider.write(
      .units,
      [
        Write(
          intentID: "1", action: .update(remoteID: row), key: RemoteKey(.buildium, .units, "5"),
          record: Record(.units, ["market_rent": .money(Money(minorUnits: 950_00))]))
      ], cancellation: Cancellation())
    #expect(outcome == [.done(remoteID: row)])
    #expect(try rig.cells("Units", row)["Asking Rent"]?.numberText == "950")
  }

  @Test("a field deleted, retyped or computed is told, is unreadable, and is never read as empty")
  func unreadable() throws {
    let cases: [(JSONValue, String, SchemaDrift.Kind)] = [
      (["table": "Units", "field": "Market Rent"], "delete-field", .deleted),
      (
        ["table": "Units", "field": "Market Rent", "type": "singleLineText"], "retype-field",
        .retyped(to: "singleLineText")
      ),
      (
        [
          "table": "Units", "field": "Market Rent", "type": "formula",
          "options": ["formula": "1"],
        ], "retype-field", .computed(by: "formula")
      ),
    ]
    for (body, action, kind) in cases {
      let rig = try AirtableRig()
      let row = try rig.row("Units", .units, "5", ["Unit Number": "12", "Market Rent": 900])
      try rig.byHand(action, body)
      let found = try drift(rig)
      #expect(found.map(\.kind) == [kind])
      #expect(found.first?.field == "market_rent" && found.first?.table == "units")
      #expect(found.first?.isUnreadable == true && found.first?.hint.isEmpty == false)
      let seen = try rig.provider.observe(.of(.units), ids: [row], cancellation: Cancellation())
      #expect(seen.first?.fields["unit_number"]?.text == "12")
      #expect(seen.first?.fields["market_rent"] == nil)
      #expect(!rig.provider.writableFields(of: .units).contains { $0.name == "market_rent" })
    }
  }

  @Test("a deleted field is not replaced by a new one of the same name")
  func lookAlike() throws {
    let rig = try AirtableRig()
    _ = try rig.observe(.of(.units))
    try rig.byHand("delete-field", ["table": "Units", "field": "Size"])
    try rig.byHand(
      "add-field",
      [
        "table": "Units",
        "field": ["name": "Size", "type": "number", "options": ["precision": 0]],
      ])
    #expect(try drift(rig).map(\.kind) == [.deleted])
  }

  @Test("a table or a key column that is gone stops its table alone")
  func tables() throws {
    let rig = try AirtableRig()
    _ = try rig.observe(.of(.units))
    try rig.byHand("delete-table", ["table": "Forecasts"])
    try rig.byHand("delete-field", ["table": "Owners", "field": "Rentbook Key"])
    let found = try drift(rig)
    #expect(found.map(\.table) == ["forecasts", "owners"])
    #expect(found.map(\.field) == ["", "key"])
    #expect(found.allSatisfy { $0.kind == .deleted })
    #expect { try rig.observe(.forecasts) } throws: { ($0 as? ProviderError)?.kind == .notSetUp }
    #expect { try rig.observe(.of(.owners)) } throws: { ($0 as? ProviderError)?.kind == .notSetUp }
    #expect(try rig.observe(.of(.units)).isEmpty)
  }
}
