import Background
import Domain
import Sync
import Testing
import Vault

/// A small chart, two vendors of one name, a lease with its home.
private struct SmallBooks: PostingFacts {
  let today = CalendarDate(daysSince1970: 20_750)
  var records: [RemoteKey: Record] = [:]

  static func key(_ resource: Resource, _ id: String) -> RemoteKey {
    RemoteKey(.buildium, resource, id)
  }

  init() {
    func add(_ resource: Resource, _ id: String, _ fields: FieldValues) {
      records[Self.key(resource, id)] = Record(resource, fields)
    }
    for (id, number, name, type) in [
      ("1", "4000", "Rent Income", "Income"), ("2", "6110", "Plumbing, Heating", "Expense"),
      ("3", "", "Trust", "Asset"), ("4", "6120", "Repairs", "Expense"),
      ("5", "6130", "Repairs", "Expense"),
    ] {
      add(
        .glAccounts, id,
        [
          "account_number": .text(canonical: number), "name": .text(name), "type": .text(type),
        ])
    }
    add(.vendors, "7", ["name": .text("Acme Plumbing")])
    add(.vendors, "8", ["name": .text("Twin Co")])
    add(.vendors, "9", ["name": .text("Twin Co")])
    add(.bankAccounts, "20", ["gl_account": .reference(Self.key(.glAccounts, "3"))])
    add(
      .properties, "10",
      [
        "operating_bank_account_id": .reference(Self.key(.bankAccounts, "20")),
        "address_line1": .text("1 Ash Lane"), "postal_code": .text("97100"),
        "country": .text("UnitedStates"),
      ])
    add(.properties, "11", [:])
    add(.tenants, "50", [:])
    add(
      .leases, "30",
      [
        "propertyId": .reference(Self.key(.properties, "10")),
        "current_tenant_ids": .references([Self.key(.tenants, "50")]),
      ])
  }

  func record(_ key: RemoteKey) throws(ProviderError) -> Record? { records[key] }
  func keys(of resource: Resource, named text: String) throws(ProviderError) -> [RemoteKey] {
    records.filter { key, record in
      key.resource == resource
        && [record["name"].text, record["account_number"].text].contains {
          $0?.lowercased() == text.lowercased()
        }
    }.map(\.key).sorted()
  }
  func lockDate(of property: RemoteKey?) throws(ProviderError) -> CalendarDate? { nil }
}

@Suite("Rows typed into the mirror as records to post")
struct PostingDraftTests {
  private static let date = FieldValue.date(CalendarDate(daysSince1970: 20_740))
  private static func money(_ cents: Int64) -> FieldValue { .money(Money(minorUnits: cents)) }
  private static func key(_ resource: Resource, _ id: String) -> RemoteKey {
    RemoteKey(.buildium, resource, id)
  }

  private func draft(
    _ table: ObservedTable, _ fields: FieldValues, linked: [String: [RemoteKey]] = [:],
    unreadable: [String: String] = [:]
  ) throws -> PostingDraft {
    try PostingDraft(
      ObservedRow(
        remoteID: "rec1", key: .none, fields: fields, linked: linked, unreadable: unreadable),
      in: table, facts: SmallBooks())
  }

  private func transaction(_ more: FieldValues = [:]) -> FieldValues {
    let fields: FieldValues = [
      "date": Self.date, "type": .text("Charge"), "amount": Self.money(45_00),
      "memo": .text("Key"), "lease_id": .reference(Self.key(.leases, "30")),
      "gl_account_ids": .references([Self.key(.glAccounts, "1")]),
    ]
    return fields.merging(more) { $1 }
  }

  @Test("a charge takes the amount on its one account")
  func charge() throws {
    let draft = try draft(.of(.transactions), transaction())
    #expect(draft.problems.isEmpty)
    #expect(PostingKind(draft.record) == .charge)
    #expect(draft.record["memo"].text == "Key")
    #expect(
      draft.record.lines == [
        ["gl_account_id": .reference(Self.key(.glAccounts, "1")), "amount": Self.money(45_00)]
      ])
  }

  @Test(
    "types are read as people write them",
    arguments: [
      ("charge", PostingKind.charge), ("Lease Charge", .charge), ("Rent payment", .payment),
      ("CREDIT", .credit), ("Refund", .refund), ("Journal Entry", .journalEntry),
      ("GeneralJournalEntry", .journalEntry),
    ])
  func types(_ text: String, _ kind: PostingKind) throws {
    let draft = try draft(.of(.transactions), transaction(["type": .text(text)]))
    #expect(PostingKind(draft.record) == kind)
  }

  @Test("a payment without an account is left to be spread, and its method is a service's word")
  func payment() throws {
    let draft = try draft(
      .of(.transactions),
      transaction([
        "type": .text("Payment"), "gl_account_ids": .null, "payment_method": .text("money order"),
      ]))
    #expect(draft.problems.isEmpty && draft.record.lines.isEmpty)
    #expect(draft.record["total_amount"] == Self.money(45_00))
    #expect(draft.record["payment_method"].text == "MoneyOrder")
  }

  @Test("a journal entry debits the account that stands first in the row")
  func journal() throws {
    let (first, second) = (Self.key(.glAccounts, "2"), Self.key(.glAccounts, "1"))
    let draft = try draft(
      .of(.transactions),
      transaction([
        "type": .text("Journal Entry"), "lease_id": .null,
        "property_ids": .references([Self.key(.properties, "10")]),
        "gl_account_ids": .references(canonical: [first, second]),
      ]), linked: ["gl_account_ids": [first, second]])
    #expect(draft.problems.isEmpty)
    #expect(draft.record.lines.map { $0["gl_account_id"]?.reference } == [first, second])
    #expect(draft.record.lines.map { $0["posting_type"]?.text } == ["Debit", "Credit"])
    #expect(draft.record["property_id"].reference == Self.key(.properties, "10"))
  }

  @Test("a refund goes to the lease's tenants from the property's bank, to an address there is")
  func refund() throws {
    let draft = try draft(.of(.transactions), transaction(["type": .text("Refund")]))
    #expect(draft.problems.isEmpty)
    #expect(draft.record["tenant_ids"].links == [Self.key(.tenants, "50")])
    #expect(draft.record["bank_account_id"].reference == Self.key(.bankAccounts, "20"))
    #expect(draft.record["address_line1"].text == "1 Ash Lane")
  }

  @Test("what is missing or cannot be told is named by its column")
  func transactionProblems() throws {
    let two = FieldValue.references([Self.key(.glAccounts, "1"), Self.key(.glAccounts, "2")])
    let cases: [(FieldValues, String, String)] = [
      (["type": .null], "type", "Type is empty"),
      (["type": .text("Deposit")], "type", "only Charge"),
      (["amount": .null], "amount", "Amount is empty"),
      (["amount": Self.money(-5)], "amount", "write it above zero"),
      (["amount": Self.money(0)], "amount", "write it above zero"),
      (["lease_id": .null], "lease_id", "Lease is empty"),
      (["gl_account_ids": .null], "gl_account_ids", "GL Accounts is empty"),
      (["gl_account_ids": two], "gl_account_ids", "cannot be divided"),
      (["type": .text("Journal Entry")], "gl_account_ids", "this row names 1"),
      (["type": .text("Journal Entry")], "property_ids", "Property is empty"),
      (
        [
          "property_ids": .references([Self.key(.properties, "10"), Self.key(.properties, "11")])
        ], "property_ids", "names 2 properties"
      ),
    ]
    for (fields, field, says) in cases {
      let problems = try draft(.of(.transactions), transaction(fields)).problems
      #expect(
        problems.contains { $0.field == field && $0.sentence.contains(says) },
        "\(says): \(problems)")
    }
  }

  @Test("a cell that cannot be read is said once, and not taken for an empty one")
  func unreadable() throws {
    let sentence = "The field “Lease” holds a link to the row rec9, whose record is not known here."
    var fields = transaction()
    fields["lease_id"] = nil
    let problems = try draft(
      .of(.transactions), fields, unreadable: ["lease_id": sentence]
    ).problems
    #expect(problems.map(\.sentence) == [sentence])
  }

  // MARK: Bills

  private func bill(_ more: FieldValues = [:]) -> FieldValues {
    let fields: FieldValues = [
      "date": Self.date, "due_date": Self.date, "vendor": .text("acme plumbing"),
      "memo": .text("Boiler"), "reference": .text("INV-7"), "amount": Self.money(150_00),
      "property_ids": .references([Self.key(.properties, "10")]),
      "lines": .text("6110, 100.00, tap, kitchen\nRent Income, 50"),
    ]
    return fields.merging(more) { $1 }
  }

  @Test("a bill takes its vendor by name and its lines from the text")
  func bill() throws {
    let draft = try draft(.of(.bills), bill())
    #expect(draft.problems.isEmpty)
    #expect(draft.record["vendor_id"].reference == Self.key(.vendors, "7"))
    #expect(draft.record["description"].text == "Boiler")
    #expect(draft.record.lines.map { $0["amount"] } == [Self.money(100_00), Self.money(50_00)])
    #expect(draft.record.lines.map { $0["memo"] } == [.text("tap, kitchen"), .null])
    #expect(
      draft.record.lines.allSatisfy {
        $0["property_id"] == .reference(Self.key(.properties, "10"))
      })
  }

  @Test("an account is found by its number, its name, or both, a comma in the name included")
  func accounts() throws {
    for text in ["6110", "Plumbing, Heating", "6110 Plumbing, Heating", "6110 - plumbing, heating"]
    {
      let draft = try draft(.of(.bills), bill(["lines": .text("\(text), 150.00")]))
      #expect(draft.problems.isEmpty, "\(text): \(draft.problems)")
      #expect(draft.record.lines.first?["gl_account_id"] == .reference(Self.key(.glAccounts, "2")))
    }
  }

  @Test("what a bill lacks is named")
  func billProblems() throws {
    let cases: [(FieldValues, String)] = [
      (["vendor": .null], "Vendor is empty"),
      (["vendor": .text("Nobody")], "No vendor in Buildium"),
      (["vendor": .text("Twin Co")], "2 vendors"), (["property_ids": .null], "Property is empty"),
      (["lines": .null], "Lines is empty"), (["lines": .text("6110")], "is not of the form"),
      (["lines": .text("9999, 1.00")], "no GL account has the number or name “9999”"),
      (["lines": .text("Repairs, 1.00")], "names 2 GL accounts"),
      (["lines": .text("6110 Rent Income, 1.00")], "no GL account"),
      (["amount": Self.money(-1)], "comes to more than zero"),
    ]
    for (fields, says) in cases {
      let problems = try draft(.of(.bills), bill(fields)).problems
      #expect(problems.contains { $0.sentence.contains(says) }, "\(says): \(problems)")
    }
  }

  // MARK: Forecasts

  @Test("a forecast is an entry between its account and the bank, the sides by type and sign")
  func forecast() throws {
    let cases: [(String, Int64, [String])] = [
      ("1", 500_00, ["Credit", "Debit"]), ("1", -500_00, ["Debit", "Credit"]),
      ("2", 500_00, ["Debit", "Credit"]), ("2", -500_00, ["Credit", "Debit"]),
    ]
    for (account, cents, sides) in cases {
      let draft = try draft(
        .forecasts,
        [
          "date": Self.date, "amount": Self.money(cents),
          "property_id": .reference(Self.key(.properties, "10")),
          "gl_account_id": .reference(Self.key(.glAccounts, account)),
        ])
      #expect(draft.problems.isEmpty)
      #expect(PostingKind(draft.record) == .journalEntry)
      #expect(draft.record.lines.map { $0["gl_account_id"]?.reference?.id } == [account, "3"])
      #expect(draft.record.lines.map { $0["posting_type"]?.text } == sides)
      #expect(draft.record.lines.allSatisfy { $0["amount"] == Self.money(500_00) })
    }
    let lacking = try draft(
      .forecasts,
      [
        "amount": Self.money(0), "property_id": .reference(Self.key(.properties, "11")),
        "gl_account_id": .null,
      ])
    #expect(lacking.problems.map(\.field).sorted() == ["amount", "gl_account_id"])
    let noBank = try draft(
      .forecasts,
      [
        "amount": Self.money(1), "property_id": .reference(Self.key(.properties, "11")),
        "gl_account_id": .reference(Self.key(.glAccounts, "1")),
      ])
    #expect(noBank.problems.map(\.field) == ["property_id"])
  }

  @Test("rows of other tables are not posted")
  func otherTables() throws {
    #expect(try draft(.of(.owners), [:]).problems.count == 1)
  }
}

@Suite("The lines of a bill as text")
struct BillLinesTextTests {
  @Test(
    "a line is an account, an amount and a memo",
    arguments: [
      ("6110, 120.00, tap", "6110", 120_00, "tap"), ("6110,120", "6110", 120_00, ""),
      ("6110 , $1,250.50 , new, big tap", "6110", 1250_50, "new, big tap"),
      ("Legal, Fees, 5.5", "Legal, Fees", 5_50, ""), ("A; 1,000; b", "A", 1000_00, "b"),
      ("A\t-12.00\tcredit", "A", -12_00, "credit"), ("A, (12.00)", "A", -12_00, ""),
      ("6110, 1,250 Main Street", "6110", 1_00, "250 Main Street"),
      ("6110, 5, 250", "6110", 5_00, "250"),
      ("6110, 9,999,999.99, all", "6110", 999_999_999, "all"),
    ])
  func reads(_ text: String, _ account: String, _ cents: Int64, _ memo: String) {
    let (lines, problems) = BillLineText.parse(text)
    #expect(problems.isEmpty)
    #expect(lines.map(\.account) == [account])
    #expect(lines.map(\.amount.minorUnits) == [cents])
    #expect(lines.map(\.memo) == [memo.isEmpty ? nil : memo])
  }

  @Test(
    "what is no such line is a problem with its number",
    arguments: ["6110", ", 5", "6110, five", "6110, 1.234", "6110 120.00", "6110, 1,25"])
  func refuses(_ text: String) {
    // Two groups of digits that are no thousands are an amount and a memo.
    let (lines, problems) = BillLineText.parse("A, 1\n\n\(text)\r\nB, 2")
    if text == "6110, 1,25" {
      #expect(lines.map(\.memo) == [nil, "25", nil])
      return
    }
    #expect(lines.map(\.account) == ["A", "B"])
    #expect(problems.map(\.line) == [2])
  }

  @Test("a text without end is not read to its end")
  func bounded() {
    let text = String(repeating: "A, 1\n", count: BillLineText.linesMax + 5)
    let (lines, problems) = BillLineText.parse(text)
    #expect(lines.count == BillLineText.linesMax && problems.count == 1)
  }
}

@Suite("The mark of a create")
struct IntentMarkerTests {
  @Test("a mark put into a text is found in it and taken out of it again")
  func roundTrip() throws {
    let random = SecureRandom()
    var seen: Set<String> = []
    for text in ["Rent", "", "a ~s: b", "~s:short", "naïve ~s:0123456789"] {
      let marker = IntentMarker(random)
      #expect(seen.insert(marker.code).inserted)
      let marked = marker.marking(text.isEmpty ? nil : text)
      #expect(marker.stands(in: marked))
      #expect(marked.count <= text.count + IntentMarker.room)
      #expect(IntentMarker(marker.description) == marker && IntentMarker(marker.code) == marker)
      if text.contains("0123456789") { continue }
      let (rest, found) = IntentMarker.split(marked)
      #expect(rest == text && found == marker)
    }
  }

  @Test(
    "what is no mark stays",
    arguments: ["~s:ABC", "~s:ABCDEFGHIJ", "s:0123456789", "~S:0123456789"])
  func others(_ text: String) {
    #expect(IntentMarker(text) == nil)
    #expect(IntentMarker.split("x \(text) y") == ("x \(text) y", nil))
  }

  @Test("a mark somebody wrote behind is found all the same")
  func moved() {
    let marker = IntentMarker(SecureRandom { _ in Array(0..<10) })
    #expect(marker.description == "~s:0123456789")
    let (text, found) = IntentMarker.split("Key \(marker) and lock")
    #expect(text == "Key and lock" && found == marker)
  }
}
