import Domain
import Providers
import Sync
import Testing

@Suite("Bills to and from Buildium") struct BillMappingTests {
  static let bill = json(
    #"{"Id":70,"Date":"2026-07-25","DueDate":"2026-08-24","PaidDate":null,"Memo":"Invoice","VendorId":13,"WorkOrderId":5,"ReferenceNumber":"INV-1","ApprovalStatus":"Dreaming","Lines":[{"Id":701,"AccountingEntity":{"Id":1,"AccountingEntityType":"Rental","Href":"x","Unit":{"Id":101,"Href":"y"}},"GLAccount":{"Id":111,"Name":"Plumbing"},"Amount":295.41,"Markup":{"Amount":10,"Type":"Percent"},"Memo":"Pipe"},{"Id":702,"AccountingEntity":{"Id":1,"AccountingEntityType":"Company","Unit":null},"GLAccount":{"Id":113},"Amount":-8.01,"Markup":{"Amount":1.5,"Type":"Amount"},"Memo":""}]}"#
  )

  static func record() throws -> Record {
    try #require(try BuildiumMapping.records(.bills, bill).first).record
  }

  /// What a GET gives after the lines of a body were stored.
  static func stored(_ body: JSONValue) -> JSONValue {
    guard case .object(var object) = bill else { return bill }
    for (name, value) in body.object?.members ?? [] {
      guard name == "Lines" else {
        object[name] = value
        continue
      }
      object[name] = .array(
        (value.array ?? []).map { line in
          let unit = line["AccountingEntity"]?["UnitId"] ?? .null
          return [
            "Id": line["Id"] ?? 799, "Amount": line["Amount"] ?? .null,
            "GLAccount": ["Id": line["GlAccountId"] ?? .null], "Memo": line["Memo"] ?? .null,
            "Markup": line["Markup"] ?? .null,
            "AccountingEntity": [
              "Id": line["AccountingEntity"]?["Id"] ?? .null,
              "AccountingEntityType": line["AccountingEntity"]?["AccountingEntityType"] ?? .null,
              "Unit": unit.isNull ? .null : ["Id": unit],
            ],
          ]
        })
    }
    return .object(object)
  }

  @Test("the total is the lines with their markups, percentages rounded to the cent")
  func total() throws {
    let record = try Self.record()
    // 295.41 + 29.54 (10 %) − 8.01 + 1.50
    #expect(record["amount"] == .money(Money(minorUnits: 31_844)))
    #expect(record["property_id"].reference?.id == "1")
    #expect(record["unit_id"].reference?.id == "101")
    #expect(record.lines[1]["property_id"] == .null)
    #expect(record.lines[1]["entity_type"] == .text("Company"))
    #expect(record["buildium_approval_status"] == .text("Dreaming"))
    #expect(record.lines[1]["memo"] == .null)
  }

  @Test(
    "a percentage of a line is rounded half away from zero",
    arguments: [
      ("10.05", "5", "10.55"), ("10.10", "5", "10.61"), ("-10.10", "5", "-10.61"),
      ("0.01", "50", "0.02"), ("0.01", "49.9", "0.01"), ("100", "12.345", "112.35"),
    ])
  func markup(amount: String, percent: String, total: String) throws {
    let bill = json(
      #"{"Id":1,"Lines":[{"Amount":\#(amount),"Markup":{"Amount":\#(percent),"Type":"Percent"}}]}"#)
    let record = try #require(try BuildiumMapping.records(.bills, bill).first).record
    #expect(record["amount"].money?.description == total)
  }

  @Test("a change sends only what it speaks of")
  func patch() throws {
    let change = Record(.bills, ["description": .text("New memo"), "reference_number": .null])
    let body = try BuildiumMapping.body(for: change, id: "70", current: Self.bill)
    #expect(body.method == "PATCH")
    #expect(body.path == "/v1/bills/70")
    #expect(body.json == ["Memo": "New memo", "ReferenceNumber": .null])
    #expect(body.problems == [])
    let status = Record(.bills, ["buildium_approval_status": .text("Approved")])
    let refused = try BuildiumMapping.body(for: status, id: "70", current: Self.bill)
    #expect(refused.notWritten == ["buildium_approval_status"])
  }

  @Test("changed lines keep their ids, entities and markups and come back as written")
  func lines() throws {
    var record = try Self.record()
    record.lines[0]["amount"] = .money(Money(minorUnits: 10_000))
    record.lines.append([
      "gl_account_id": .reference(RemoteKey(.buildium, .glAccounts, "12")),
      "amount": .money(Money(minorUnits: 500)),
      "property_id": .reference(RemoteKey(.buildium, .properties, "2")),
    ])
    let change = Record(.bills, [:], lines: record.lines)
    let body = try BuildiumMapping.body(for: change, id: "70", current: Self.bill)
    #expect(body.problems == [])
    #expect(body.json["Lines"]?.array?.map { $0["Id"]?.int } == [701, 702, nil])
    let after = try #require(
      try BuildiumMapping.records(.bills, Self.stored(body.json)).first
    ).record
    #expect(after.lines[0] == record.lines[0])
    #expect(after.lines[1] == record.lines[1])
    #expect(after.lines[2]["amount"] == .money(Money(minorUnits: 500)))
    #expect(after.lines[2]["entity_type"] == .text("Rental"))
    #expect(after.lines[2]["entity_id"] == .integer(2))
  }

  @Test("a replacement repeats everything, and comes back equal")
  func replacement() throws {
    var options = BuildiumMapping.Options()
    options.replacesBill = true
    let body = try BuildiumMapping.body(
      for: Record(.bills, ["due_date": .date(CalendarDate(daysSince1970: 20_900))]), id: "70",
      current: Self.bill, options: options)
    #expect(body.method == "PUT")
    #expect(
      Set(body.json.object?.keys ?? []) == [
        "Date", "DueDate", "Memo", "VendorId", "ReferenceNumber", "Lines",
      ])
    var expected = try Self.record()
    expected["due_date"] = .date(CalendarDate(daysSince1970: 20_900))
    let after = try #require(
      try BuildiumMapping.records(.bills, Self.stored(body.json)).first
    ).record
    #expect(after == expected)
  }

  @Test("a new bill carries all that a POST takes, and its work order")
  func creation() throws {
    var record = try Self.record()
    for index in record.lines.indices { record.lines[index]["buildium_line_id"] = nil }
    record["buildium_approval_status"] = .null
    let body = try BuildiumMapping.body(for: record, id: nil, current: nil)
    #expect(body.method == "POST")
    #expect(body.problems == [])
    #expect(body.notWritten == [])
    #expect(body.json["WorkOrderId"] == 5)
    #expect(body.json["Lines"]?.array?.count == 2)
    #expect(
      body.json["Lines"]?.array?.first == [
        "AccountingEntity": ["Id": 1, "AccountingEntityType": "Rental", "UnitId": 101],
        "GlAccountId": 111, "Amount": .number("295.41"),
        "Markup": ["Amount": 10, "Type": "Percent"], "Memo": "Pipe",
      ])
  }

  @Test("a transaction keeps its amounts as they came, its links and what it deposited")
  func transaction() throws {
    let remote = try #require(
      try BuildiumMapping.records(
        .transactions,
        json(
          #"{"Id":104,"Date":"2026-07-03","TransactionType":"Wormhole","TotalAmount":1215.0,"CheckNumber":"","UnitAgreement":{"Id":4,"Type":"OwnershipAccount"},"UnitId":null,"PaymentDetail":{"PaymentMethod":"Check","Payee":{"Id":12,"Name":"Dev","Type":"Tenant"},"IsInternalTransaction":true,"InternalTransactionStatus":{"IsPending":true}},"DepositDetails":{"BankGLAccountId":10001,"PaymentTransactions":[{"Id":15,"Amount":1000},{"Id":16,"Amount":215.0}]},"Journal":{"Memo":"M","Lines":[{"GLAccount":{"Id":3},"Amount":-5.5,"IsCashPosting":true,"ReferenceNumber":"R1","Memo":null,"AccountingEntity":{"Id":1,"AccountingEntityType":"Company"}},{"GLAccount":{"Id":3},"Amount":5.5,"IsCashPosting":false,"AccountingEntity":{"Id":1,"AccountingEntityType":"Rental"}}]},"LastUpdatedDateTime":"2026-07-04T00:00:01Z"}"#
        )
      ).first)
    let record = remote.record
    #expect(record["transaction_type"] == .text("Wormhole"))
    #expect(record["lease_id"] == .null)
    #expect(record["property_id"].reference?.id == "1")
    #expect(record["deposited_payments"] == .text("15:1000.00 16:215.00"))
    #expect(record["bank_gl_account_id"].reference?.id == "10001")
    #expect(record["reference_number"] == .text("R1"))
    #expect(record["is_pending"] == .boolean(true))
    #expect(record["payee_id"] == .integer(12))
    #expect(record["check_number"] == .null)
    #expect(record.lines.map { $0["source_amount"]?.money?.minorUnits } == [-550, 550])
    #expect(record.lines.map { $0["is_cash_posting"] } == [.boolean(true), .boolean(false)])
    #expect(record.lines[0]["posting_type"] == nil)
    #expect(remote.updatedAt == Instant("2026-07-04T00:00:01Z"))
    #expect(remote.source.contains(#""GLAccount":3"#))
    for line in record.lines {
      for name in line.keys {
        #expect(RecordSchema.of(.transactions).lineFields.contains { $0.name == name })
      }
    }
  }
}
