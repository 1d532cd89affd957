import Background
import Domain
import Providers
import Sync
import Testing

@testable import Sandbox

/// One good record of every kind, made of what a portfolio holds.
struct Drafts {
  let known: Known
  let lease: RemoteKey
  let leaseRecord: Record
  let property: RemoteKey
  let bank: RemoteKey
  let vendor: RemoteKey
  let bill: (key: RemoteKey, record: Record)
  /// Two unpaid bills of one vendor.
  let pair: [RemoteKey]
  let waiting: RemoteKey?

  init(_ rig: BuildiumRig) throws {
    known = try rig.known()
    let leases = known.keys(.leases) { record in
      record["status"].text == "Active" && !record["current_tenant_ids"].isNull
    }
    lease = try #require(leases.first)
    leaseRecord = try #require(try known.record(lease))
    property = try #require(leaseRecord["propertyId"].reference)
    bank = try #require(try known.record(property)?["operating_bank_account_id"].reference)
    vendor = try #require(known.keys(.vendors) { $0["is_active"].boolean == true }.first)
    let unpaid = rig.sandbox.portfolio { portfolio in
      portfolio.bills.rows.filter { $0.paid == .zero && $0.total > .zero }
    }
    let first = try #require(unpaid.first)
    let key = RemoteKey(.buildium, .bills, String(first.id))
    bill = (key, try #require(try known.record(key)))
    let groups = Dictionary(grouping: unpaid, by: \.vendorId).values.filter { $0.count > 1 }
    let two = groups.min { $0[0].id < $1[0].id } ?? []
    pair = two.prefix(2).map { RemoteKey(.buildium, .bills, String($0.id)) }
    waiting = rig.sandbox.portfolio { portfolio in
      portfolio.transactions.rows.first { $0.type == .payment && $0.depositId == nil }
        .map { RemoteKey(.buildium, .transactions, String($0.id)) }
    }
  }

  static func account(_ id: Int32) -> FieldValue {
    .reference(RemoteKey(.buildium, .glAccounts, String(id)))
  }

  private func line(_ account: Int32, _ cents: Int64, _ more: FieldValues = [:]) -> FieldValues {
    let line: FieldValues = [
      "gl_account_id": Self.account(account), "amount": .money(Money(minorUnits: cents)),
    ]
    return line.merging(more) { $1 }
  }

  func record(_ kind: PostingKind) throws -> Record {
    let date = FieldValue.date(rigDay)
    let entity: FieldValues = ["property_id": .reference(property)]
    switch kind {
    case .charge, .payment, .credit, .refund:
      let names: [PostingKind: String] = [
        .charge: "Charge", .payment: "Payment", .credit: "Credit", .refund: "Refund",
      ]
      var record = Record(
        .transactions,
        [
          "transaction_type": .text(names[kind] ?? ""), "date": date,
          "lease_id": .reference(lease), "memo": .text("Key cut"),
        ], lines: [line(ChartOfAccounts.rent, 45_00)])
      if kind == .payment {
        record["payment_method"] = .text("Check")
        record["reference_number"] = .text("1207")
      }
      if kind == .refund {
        record.lines = [line(ChartOfAccounts.depositLiability, 45_00)]
        record["bank_account_id"] = .reference(bank)
        record["tenant_ids"] = leaseRecord["current_tenant_ids"]
        for (field, text) in [
          ("address_line1", "1 Test Street"), ("city", "Fairhaven"), ("state", "OR"),
          ("postal_code", "97100"), ("country", "UnitedStates"),
        ] { record[field] = .text(text) }
      }
      return record
    case .journalEntry:
      return Record(
        .transactions,
        [
          "transaction_type": .text("GeneralJournalEntry"), "date": date,
          "memo": .text("Reclass"), "property_id": .reference(property),
        ],
        lines: [
          line(ChartOfAccounts.repairs, 12_34, ["posting_type": .text("Debit")]),
          line(ChartOfAccounts.cleaning, 12_34, ["posting_type": .text("Credit")]),
        ])
    case .check:
      return Record(
        .transactions,
        [
          "transaction_type": .text("Check"), "date": date, "memo": .text("Owner's draw"),
          "bank_account_id": .reference(bank), "payee_type": .text("Vendor"),
          "payee_id": .integer(Int64(vendor.id) ?? 0), "check_number": .text("880"),
        ], lines: [line(ChartOfAccounts.draw, 100_00, entity)])
    case .bill:
      return Record(
        .bills,
        [
          "vendor_id": .reference(vendor), "date": date,
          "due_date": .date(rigDay.adding(days: 30)), "description": .text("Boiler"),
          "reference_number": .text("INV-7"),
        ],
        lines: [
          line(ChartOfAccounts.repairs, 80_00, entity),
          line(ChartOfAccounts.plumbing, 20_55, entity),
        ])
    case .billPayment:
      let lines = bill.record.lines.map { line -> FieldValues in
        [
          "buildium_line_id": line["buildium_line_id"] ?? .null, "amount": line["amount"] ?? .null,
        ]
      }
      return Record(
        .billPayments,
        [
          "bill_ids": .references([bill.key]), "bank_account_id": .reference(bank), "date": date,
          "memo": .text("Paid by check"), "reference_number": .text("9001"),
        ], lines: lines)
    case .vendorCredit:
      return Record(
        .vendorCredits,
        [
          "vendor_id": .reference(vendor), "date": date, "reference_number": .text("CN-3"),
          "memo": .text("Returned parts"),
        ], lines: [line(ChartOfAccounts.repairs, 15_00, entity)])
    case .deposit:
      return Record(
        .deposits,
        [
          "bank_account_id": .reference(bank), "date": date, "memo": .text("Friday's checks"),
          "payment_transaction_ids": .references(canonical: waiting.map { [$0] } ?? []),
        ], lines: waiting == nil ? [line(ChartOfAccounts.rent, 10_00, entity)] : [])
    }
  }

  /// One payment of two bills in full.
  var paymentOfTwo: Record {
    Record(
      .billPayments,
      [
        "bill_ids": .references(canonical: pair), "bank_account_id": .reference(bank),
        "date": .date(rigDay),
      ])
  }
}

@Suite("Creating records in Buildium")
struct BuildiumCreateTests {
  private func count(_ rig: BuildiumRig) -> Int {
    rig.sandbox.portfolio { $0.transactions.rows.count + $0.credits.rows.count }
  }

  private func create(_ rig: BuildiumRig, _ record: Record, _ number: Int = 1) -> RecordOutcome {
    rig.provider.create(
      NewRecord(intentID: "\(number)", marker: mark(number), record: record),
      cancellation: Cancellation())
  }

  private func probe(
    _ rig: BuildiumRig, _ record: Record, _ number: Int = 1, ignoring: Set<String> = []
  ) throws -> WrittenRecord? {
    try rig.provider.probe(
      NewRecord(intentID: "\(number)", marker: mark(number), record: record), ignoring: ignoring,
      cancellation: Cancellation())
  }

  @Test("every kind that passes the checks is created once", arguments: PostingKind.allCases)
  func creates(_ kind: PostingKind) throws {
    let rig = try BuildiumRig()
    let drafts = try Drafts(rig)
    let record = try drafts.record(kind)
    #expect(try rig.provider.problems(with: record, facts: drafts.known) == [])
    let before = rig.sandbox.portfolio { $0.transactions.rows.count }
    let written = try #require(create(rig, record).written)
    #expect(rig.requests("POST") == 1)
    #expect(rig.sandbox.portfolio { $0.transactions.rows.count } == before + 1)
    // The look that would follow a lost answer finds that one, and not when it was known before.
    #expect(try probe(rig, record)?.key == written.key)
    #expect(try probe(rig, record, ignoring: [written.key.id]) == nil)
    #expect(try probe(rig, record, 2)?.key == nil)
    guard [.charge, .payment, .credit, .refund, .journalEntry, .check].contains(kind) else {
      return
    }
    let transaction = try rig.read(written.key)
    #expect(transaction.marker == mark(1).code)
    #expect(transaction.record["memo"] == record["memo"])
    #expect(transaction.record["date"] == record["date"])
    #expect(
      transaction.record["transaction_type"] == record["transaction_type"])
  }

  @Test("a bill arrives with its lines, its memo without the mark, and its reference")
  func bill() throws {
    let rig = try BuildiumRig()
    let record = try Drafts(rig).record(.bill)
    let written = try #require(create(rig, record).written)
    let bill = try rig.read(written.key)
    #expect(bill.marker == mark(1).code)
    for field in ["vendor_id", "date", "due_date", "description", "reference_number"] {
      #expect(bill.record[field] == record[field], "\(field)")
    }
    #expect(bill.record["amount"].money == Money(minorUnits: 100_55))
    #expect(
      bill.record.lines.map { $0["gl_account_id"] } == record.lines.map { $0["gl_account_id"] })
  }

  @Test("a payment without accounts pays what is owed")
  func spread() throws {
    let rig = try BuildiumRig()
    let drafts = try Drafts(rig)
    var record = try drafts.record(.payment)
    record.lines = []
    record["total_amount"] = .money(Money(minorUnits: 30_00))
    #expect(try rig.provider.problems(with: record, facts: drafts.known) == [])
    let written = try #require(create(rig, record).written)
    #expect(try rig.read(written.key).record["total_amount"].money?.magnitude.minorUnits == 30_00)
    #expect(try probe(rig, record)?.key == written.key)
  }

  @Test("one payment settles several bills and is found by what it pays")
  func several() throws {
    let rig = try BuildiumRig()
    let drafts = try Drafts(rig)
    try #require(drafts.pair.count == 2)
    let record = drafts.paymentOfTwo
    #expect(try rig.provider.problems(with: record, facts: drafts.known) == [])
    rig.fail(.dropAfter)
    #expect(create(rig, record).word == "doubt")
    rig.fail(nil)
    let found = try #require(try probe(rig, record))
    #expect(found.key.resource == .billPayments)
    let paid = rig.sandbox.portfolio { portfolio in
      portfolio.billPayments.rows.first { String($0.id) == found.key.id }?.billIds
    }
    #expect(paid?.map { String($0) }.sorted() == drafts.pair.map(\.id).sorted())
    // Buildium itself refuses to pay them again.
    #expect(create(rig, record, 2).refusal?.status == 409)
  }

  @Test("the row of a payment of one bill names the bill")
  func paymentRow() throws {
    let rig = try BuildiumRig()
    let drafts = try Drafts(rig)
    let written = try #require(create(rig, try drafts.record(.billPayment)).written)
    let row = try #require(written.records.first)
    #expect(row.key.id == "\(written.key.id):\(drafts.bill.key.id)")
    #expect(row.record["amount"] == drafts.bill.record["amount"])
    #expect(row.record["memo"].text == "Paid by check")
  }

  // MARK: Lost answers

  static let lost: [(FaultKind, Bool)] = [
    (.dropAfter, true), (.serverErrorAfter, true), (.gatewayTimeout, true), (.cut, true),
    (.garbage, true), (.dropBefore, false), (.serverError, false), (.badGateway, false),
    (.unavailable, false),
  ]

  @Test(
    "an answer that is lost or broken is a doubt, and a look tells whether it landed",
    arguments: lost)
  func lostAnswer(_ fault: FaultKind, _ landed: Bool) throws {
    let rig = try BuildiumRig()
    let drafts = try Drafts(rig)
    for (number, kind) in PostingKind.allCases.enumerated() {
      let record = try drafts.record(kind)
      let before = count(rig)
      let posts = rig.requests("POST")
      rig.fail(fault)
      let outcome = create(rig, record, number)
      rig.fail(nil)
      #expect(outcome.word == "doubt", "\(kind): \(outcome.word)")
      #expect(rig.requests("POST") == posts + 1)
      #expect((count(rig) > before) == landed, "\(kind)")
      let found = try probe(rig, record, number)
      #expect((found != nil) == landed, "\(kind)")
      if found == nil { #expect(create(rig, record, number).written != nil, "\(kind)") }
      #expect(try probe(rig, record, number) != nil, "\(kind)")
      // A vendor's credit is a transaction and a credit.
      #expect(count(rig) == before + (kind == .vendorCredit ? 2 : 1), "\(kind)")
    }
  }

  @Test("a refusal for its pace is certain: nothing landed and it may be sent again")
  func tooFast() throws {
    let rig = try BuildiumRig()
    let record = try Drafts(rig).record(.charge)
    rig.fail(.tooManyRequests)
    #expect(create(rig, record).word == "not sent")
    rig.fail(nil)
    #expect(try probe(rig, record) == nil)
    #expect(create(rig, record).written != nil)
  }

  @Test("no connection is certain too")
  func unreachable() throws {
    let rig = try BuildiumRig()
    let record = try Drafts(rig).record(.charge)
    rig.server.stop()
    #expect(create(rig, record).word == "not sent")
  }

  @Test("a key that may only read, and books that are closed, answer in Buildium's words")
  func refusals() throws {
    let readOnly = try BuildiumRig { $0.isReadOnly = true }
    let refused = create(readOnly, try Drafts(readOnly).record(.charge))
    guard case .notSent(let error) = refused else {
      Issue.record("\(refused)")
      return
    }
    #expect(error.kind == .forbidden && error.hint.contains("Lease transactions"))

    let locked = try BuildiumRig { $0.lockDate = rigDay }
    let refusal = try #require(create(locked, try Drafts(locked).record(.charge)).refusal)
    #expect(refusal.message.contains("the accounting period is locked"))
    #expect(refusal.status == 422)
  }

  @Test("two creates that say the same are told apart by their marks")
  func twins() throws {
    let rig = try BuildiumRig()
    let record = try Drafts(rig).record(.charge)
    let first = try #require(create(rig, record, 1).written)
    let second = try #require(create(rig, record, 2).written)
    #expect(try probe(rig, record, 1)?.key == first.key)
    #expect(try probe(rig, record, 2)?.key == second.key)
    #expect(first.key != second.key)
  }

  @Test("a bill that was paid before anybody looked is still found")
  func paidMeanwhile() throws {
    let rig = try BuildiumRig()
    let drafts = try Drafts(rig)
    let record = try drafts.record(.bill)
    let written = try #require(create(rig, record).written)
    let payment = Record(
      .billPayments,
      [
        "bill_ids": .references([written.key]), "bank_account_id": .reference(drafts.bank),
        "date": .date(rigDay),
      ])
    #expect(create(rig, payment, 2).written != nil)
    #expect(try probe(rig, record)?.key == written.key)
  }

  @Test("a bill of the same vendor and reference is found before another is made")
  func twin() throws {
    let rig = try BuildiumRig()
    let drafts = try Drafts(rig)
    let record = try drafts.record(.bill)
    func twin(_ record: Record) throws -> RemoteKey? {
      try rig.provider.twin(of: record, cancellation: Cancellation())?.key
    }
    #expect(try twin(record) == nil)
    let written = try #require(create(rig, record).written)
    #expect(try twin(record) == written.key)
    var other = record
    other["reference_number"] = .text("INV-70")
    #expect(try twin(other) == nil)
    other["reference_number"] = .null
    #expect(try twin(other) == nil)
    #expect(try twin(try drafts.record(.charge)) == nil)
  }

  @Test("the day up to which books are closed is read where the key may read it")
  func closedBooks() throws {
    func books(_ change: (inout BuildiumOptions) -> Void) throws -> ClosedBooks? {
      try BuildiumRig(change).provider.closedBooks(Cancellation())
    }
    let day = rigDay.adding(days: -30)
    let closed = try #require(try books { $0.lockDate = day })
    #expect(closed.date(of: RemoteKey(.buildium, .properties, "1")) == day)
    #expect(try books { _ in } == ClosedBooks())
    #expect(try books { $0.forbidden = [.settings] } == nil)
    var single = closed
    single.byProperty[RemoteKey(.buildium, .properties, "2")] = rigDay
    #expect(single.date(of: RemoteKey(.buildium, .properties, "2")) == rigDay)
    #expect(single.date(of: nil) == day)
  }
}
