import Background
import Domain
import Providers
import Sync
import Testing

@testable import Sandbox

@Suite("From a row in Airtable to Buildium and back")
struct PostingTests {
  @Test("a bill typed by hand is read, checked, created, and confirmed in its row")
  func bill() throws {
    let (books, base) = (try BuildiumRig(), try AirtableRig())
    let known = try books.known()
    let property = try #require(known.keys(.properties).first)
    let vendor = try #require(known.keys(.vendors) { $0["is_active"].boolean == true }.first)
    let name = try #require(try known.record(vendor)?["name"].text)
    let home = try base.row("Properties", .properties, property.id, ["Name": "Home"])
    let row = try base.sandbox.insert(
      table: "Bills",
      fields: [
        "Date": .string(rigDay.description),
        "Due Date": .string(rigDay.adding(days: 14).description),
        "Vendor": .string(name.uppercased()), "Amount": .number("1310.50"),
        "Memo": "Boiler room", "Reference": "INV-99", "Property": [.string(home)],
        "Lines": "6110 Plumbing, 1,250.00, valves\n6700, 60.50", "Post to Buildium": true,
      ])
    let seen = try #require(
      try base.provider.observe(.of(.bills), ids: [row], cancellation: Cancellation()).first)
    let draft = try PostingDraft(seen, in: .of(.bills), facts: known)
    #expect(draft.problems == [])
    #expect(try books.provider.problems(with: draft.record, facts: known) == [])
    let new = NewRecord(intentID: "1", marker: mark(7), record: draft.record)
    let written = try #require(
      books.provider.create(new, cancellation: Cancellation()).written)
    let outcomes = try base.provider.answer(
      .of(.bills),
      [
        RowAnswer(
          remoteID: row, postResult: "Posted to Buildium as bill \(written.key.id).",
          key: written.key, wantsPosting: false)
      ], cancellation: Cancellation())
    #expect(outcomes == [.done(remoteID: row)])
    let after = try #require(
      try base.provider.observe(.of(.bills), ids: [row], cancellation: Cancellation()).first)
    #expect(after.key == .key(written.key) && !after.wantsPosting)
    #expect(after.postResult.contains(written.key.id))
    let bill = try books.read(written.key).record
    #expect(bill["amount"].money == Money(minorUnits: 1310_50))
    #expect(bill["description"].text == "Boiler room")
    #expect(bill.lines.map { $0["memo"]?.text } == ["valves", nil])
  }

  @Test("each kind of transaction typed by hand is taken by Buildium")
  func transactions() throws {
    let (books, base) = (try BuildiumRig(), try AirtableRig())
    let drafts = try Drafts(books)
    let known = drafts.known
    let lease = try base.row("Leases", .leases, drafts.lease.id)
    let home = try base.row("Properties", .properties, drafts.property.id)
    func account(_ id: Int32) throws -> JSONValue {
      .string(try base.row("GL Accounts", .glAccounts, String(id)))
    }
    let rent = try account(ChartOfAccounts.rent)
    let deposit = try account(ChartOfAccounts.depositLiability)
    let repairs = try account(ChartOfAccounts.repairs)
    let rows: [(String, JSONObject)] = [
      ("Charge", ["GL Accounts": [rent]]),
      ("Payment", ["GL Accounts": [rent], "Payment Method": "cashier check"]),
      ("Payment", ["Payment Method": "Check", "Reference": "1177"]),
      ("Credit", ["GL Accounts": [rent]]), ("Refund", ["GL Accounts": [deposit]]),
      ("Journal Entry", ["GL Accounts": [repairs, rent], "Property": [.string(home)]]),
    ]
    for (number, (type, more)) in rows.enumerated() {
      var fields: JSONObject = [
        "Date": .string(rigDay.description), "Type": .string(type), "Amount": .number("20.25"),
        "Memo": "By hand",
      ]
      if type != "Journal Entry" { fields["Lease"] = [.string(lease)] }
      for (name, value) in more.members { fields[name] = value }
      let row = try base.sandbox.insert(table: "Transactions", fields: fields)
      let seen = try #require(
        try base.provider.observe(
          .of(.transactions), ids: [row], cancellation: Cancellation()
        ).first)
      let draft = try PostingDraft(seen, in: .of(.transactions), facts: known)
      #expect(draft.problems == [], "\(type)")
      #expect(try books.provider.problems(with: draft.record, facts: known) == [], "\(type)")
      let outcome = books.provider.create(
        NewRecord(intentID: "\(number)", marker: mark(number), record: draft.record),
        cancellation: Cancellation())
      let written = try #require(outcome.written, "\(type): \(outcome)")
      let posted = try books.read(written.key).record
      #expect(posted["total_amount"].money?.magnitude == Money(minorUnits: 20_25), "\(type)")
      #expect(posted["memo"].text == "By hand", "\(type)")
    }
  }

  @Test("a forecast typed by hand becomes a journal entry against the bank")
  func forecast() throws {
    let (books, base) = (try BuildiumRig(), try AirtableRig())
    let drafts = try Drafts(books)
    let home = try base.row("Properties", .properties, drafts.property.id)
    let account = try base.row("GL Accounts", .glAccounts, String(ChartOfAccounts.repairs))
    let row = try base.sandbox.insert(
      table: "Forecasts",
      fields: [
        "Date": .string(rigDay.description), "Amount": 75, "Memo": "Gutters",
        "Property": [.string(home)], "GL Account": [.string(account)],
      ])
    let seen = try #require(
      try base.provider.observe(.forecasts, ids: [row], cancellation: Cancellation()).first)
    let draft = try PostingDraft(seen, in: .forecasts, facts: drafts.known)
    #expect(draft.problems == [])
    #expect(try books.provider.problems(with: draft.record, facts: drafts.known) == [])
    let outcome = books.provider.create(
      NewRecord(intentID: "1", marker: mark(1), record: draft.record), cancellation: Cancellation())
    let written = try #require(outcome.written, "\(outcome)")
    #expect(try books.read(written.key).record["transaction_type"].text == "GeneralJournalEntry")
  }

  @Test("a row Buildium refuses has the reason beside it")
  func refused() throws {
    let (books, base) = (try BuildiumRig { $0.lockDate = rigDay }, try AirtableRig())
    let drafts = try Drafts(books)
    let outcome = books.provider.create(
      NewRecord(intentID: "1", marker: mark(1), record: try drafts.record(.bill)),
      cancellation: Cancellation())
    let refusal = try #require(outcome.refusal)
    let row = try base.sandbox.insert(table: "Bills", fields: ["Memo": "late"])
    let answer = RowAnswer(remoteID: row, postResult: refusal.message)
    #expect(
      try base.provider.answer(.of(.bills), [answer], cancellation: Cancellation()) == [
        .done(remoteID: row)
      ])
    let text = try base.cells("Bills", row)["Post Result"]?.string
    #expect(text?.contains("the accounting period is locked through") == true)
  }
}
