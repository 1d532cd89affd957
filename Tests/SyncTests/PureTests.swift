import Background
import Domain
import Testing

@testable import Sync

@Suite("What a mirror shows") struct ProjectionTests {
  private func project(
    _ resource: Resource, _ fields: FieldValues, lines: [FieldValues] = [],
    beside near: Neighbours = Neighbours()
  ) -> Record {
    Projection.project(
      Record(resource, fields, lines: lines), key: key(resource, "7"), beside: near)
  }

  @Test("every field of the vocabulary is spoken of, for every mirrored resource")
  func complete() {
    for resource in Resource.mirrored {
      let names = Set(MirrorSchema.fields(of: resource).map(\.name))
      #expect(!names.isEmpty)
      #expect(Set(project(resource, [:]).fields.keys) == names)
    }
    #expect(MirrorSchema.fields(of: .vendors).isEmpty)
  }

  @Test("a company goes by its name and a person by first and last name")
  func names() {
    let both: FieldValues = [
      "first_name": .text("Ada"), "last_name": .text("Byron"), "company_name": .text("Engines"),
    ]
    #expect(project(.owners, both)["name"] == .text("Ada Byron"))
    #expect(
      project(.owners, both.merging(["is_company": .boolean(true)]) { $1 })["name"]
        == .text("Engines"))
    #expect(project(.owners, ["company_name": .text("Engines")])["name"] == .text("Engines"))
    #expect(project(.tenants, ["last_name": .text("Byron")])["name"] == .text("Byron"))
    #expect(project(.tenants, [:])["name"] == .null)
  }

  @Test(
    "a bill's status follows what was settled, the day and the workflow",
    arguments: [
      ("100", "0", nil, "2026-03-31", "due"), ("100", "0", nil, "2026-03-30", "due"),
      ("100", "0", nil, "2026-04-01", "overdue"),
      ("100", "0.01", nil, "2026-04-01", "partially_paid"),
      ("100", "100", nil, "2026-04-01", "paid"), ("100", "120", nil, "2026-01-01", "paid"),
      ("-100", "0", nil, "2026-04-01", "reversal"), ("100", "0", "voided", "2026-04-01", "voided"),
      ("0", "0", nil, "2026-04-01", "paid"),
    ] as [(String, String, String?, String, String)])
  func billStatus(
    _ amount: String, _ paid: String, _ approval: String?, _ today: String, _ status: String
  ) throws {
    var near = Neighbours()
    near.paid = try #require(Money(paid))
    near.settled = near.paid
    near.approval = approval
    near.today = try #require(CalendarDate(today))
    let bill = project(
      .bills, ["amount": money(amount), "due_date": date("2026-03-31")], beside: near)
    #expect(bill["status"] == .text(status))
    #expect(bill["paid_amount"] == money(paid))
  }

  @Test(
    "a bill's approval is the store's own, else what Buildium's state means",
    arguments: [
      ("Approved", nil, "approved"), ("NotNeeded", nil, "approved"),
      ("Pending", nil, "pending_approval"),
      ("ApprovalRequired", nil, "pending_approval"), ("Rejected", nil, "rejected"),
      ("Approved", "draft", "draft"), ("SomethingNew", nil, nil),
    ] as [(String, String?, String?)])
  func approval(_ buildium: String, _ own: String?, _ expected: String?) {
    var near = Neighbours()
    near.approval = own
    let bill = project(.bills, ["buildium_approval_status": .text(buildium)], beside: near)
    #expect(bill["approval"].text == expected)
  }

  @Test("a bill's lines are one text line each, and its properties are those of all lines")
  func billLines() {
    var near = Neighbours()
    near.accounts = [key(.glAccounts, "2"): "6110 Plumbing"]
    let bill = project(
      .bills, ["property_id": link(.properties, "1")],
      lines: [
        [
          "gl_account_id": link(.glAccounts, "2"), "amount": money("480"),
          "memo": .text("two\nlines"), "property_id": link(.properties, "2"),
        ],
        ["amount": money("1.5"), "property_id": link(.properties, "1")],
      ], beside: near)
    #expect(bill["lines"] == .text("6110 Plumbing, 480.00, two lines\n1.50"))
    #expect(bill["property_ids"] == links(.properties, "1", "2"))
  }

  @Test("a transaction links what its own lines link, not what the derived one does")
  func transactionLinks() {
    let transaction = project(
      .transactions, ["check_number": .text("77"), "total_amount": money("10")],
      lines: [
        ["gl_account_id": link(.glAccounts, "3"), "property_id": link(.properties, "1")],
        ["gl_account_id": link(.glAccounts, "4"), "property_id": link(.properties, "2")],
        ["gl_account_id": link(.glAccounts, "9"), "is_derived": .boolean(true)],
      ])
    #expect(transaction["gl_account_ids"] == links(.glAccounts, "3", "4"))
    #expect(transaction["property_ids"] == links(.properties, "1", "2"))
    #expect(transaction["reference"] == .text("77"))
    #expect(transaction["amount"] == money("10"))
  }
}

@Suite("Rent payments") struct RentPaymentTests {
  private static let accounts: [RemoteKey: RentPayments.Account] = [
    key(.glAccounts, "3"): .init(name: "Rent Income", defaultName: "", type: "Income"),
    key(.glAccounts, "4"): .init(name: "Charges", defaultName: "Late Fee Income", type: "Income"),
    key(.glAccounts, "5"): .init(
      name: "Held", defaultName: "Security Deposit Liability", type: "Liability"),
    key(.glAccounts, "7"): .init(name: "Prepayments", defaultName: "", type: "Liability"),
    key(.glAccounts, "8"): .init(name: "Parking Income", defaultName: "", type: "Income"),
    key(.glAccounts, "1"): .init(name: "Accounts Receivable", defaultName: "", type: "Asset"),
  ]

  private func payment(_ lines: [(String, String)]) -> Record {
    Record(
      .transactions,
      [
        "transaction_type": .text("Payment"), "lease_id": link(.leases, "1"),
        "total_amount": money("100"),
      ],
      lines: lines.map {
        [
          "gl_account_id": link(.glAccounts, $0.0), "source_amount": money($0.1),
          "unit_id": link(.units, "9"),
        ]
      })
  }

  @Test(
    "a payment is called by the accounts of its lines, in a fixed order",
    arguments: [
      ([("3", "100")], "100", "Rent"), ([("3", "99.99")], "99.99", "Partial Rent"),
      ([("4", "5"), ("3", "100")], "100", "Rent + Late Fee"), ([("5", "100")], "0", "Deposit"),
      ([("7", "100")], "0", "Prepayment"), ([("8", "10")], "0", "Other"),
      ([("99", "10")], "0", "Other"), ([], "0", "Other"),
      ([("1", "100"), ("3", "100")], "100", "Rent"),
      ([("8", "10"), ("5", "1"), ("3", "20")], "20", "Partial Rent + Deposit + Other"),
    ] as [([(String, String)], String, String)])
  func kinds(_ lines: [(String, String)], _ rent: String, _ kind: String) throws {
    let record = payment(lines)
    #expect(RentPayments.rent(in: record, accounts: Self.accounts) == Money(rent))
    let paid = try #require(Money(rent))
    let row = try #require(
      RentPayments.row(
        for: record, key: key(.transactions, "70"), tenant: "Grace Tenant",
        accounts: Self.accounts, rentInMonth: paid, rentDue: Money("100")))
    #expect(row.key == key(.rentPayments, "70"))
    #expect(row.record["kind"] == .text(kind))
    #expect(row.record["tenant_name"] == .text("Grace Tenant"))
    #expect(row.record["unit_id"] == (lines.isEmpty ? .null : link(.units, "9")))
  }

  @Test("what is no payment on a lease gives no row")
  func others() {
    for fields: FieldValues in [
      ["transaction_type": .text("Payment")],
      ["transaction_type": .text("Charge"), "lease_id": link(.leases, "1")],
    ] {
      let row = RentPayments.row(
        for: Record(.transactions, fields), key: key(.transactions, "1"), tenant: nil,
        accounts: [:], rentInMonth: .zero, rentDue: nil)
      #expect(row == nil)
    }
  }
}

@Suite("The order of work") struct GateTests {
  @Test("pulls begin with what links to nothing, and every link's end is pulled first")
  func pulls() {
    #expect(Gates.parents(ofPull: .glAccounts).isEmpty)
    #expect(Gates.parents(ofPull: .units) == [.properties])
    #expect(Gates.parents(ofPull: .leases) == [.properties, .units, .tenants])
    // Their providers hear of these through transactions.
    #expect(Gates.parents(ofPull: .vendorCredits).contains(.transactions))
    #expect(Gates.parents(ofPull: .leaseTransactions).contains(.transactions))
    for resource in Resource.allCases {
      #expect(Gates.parents(ofPull: resource).allSatisfy { $0 < resource })
    }
  }

  @Test("money goes first, and no two resources hold each other back")
  func pushes() {
    #expect(Gates.pushOrder.prefix(3) == [.transactions, .rentPayments, .bills])
    #expect(Set(Gates.pushOrder) == Set(Resource.mirrored))
    for resource in Resource.mirrored {
      let parents = Gates.parents(
        ofPush: resource, fields: MirrorSchema.fields(of: resource))
      #expect(parents.allSatisfy { Gates.place($0) < Gates.place(resource) })
    }
    #expect(
      Gates.parents(ofPush: .leases, fields: MirrorSchema.fields(of: .leases))
        == [.properties, .units, .tenants])
    #expect(
      Gates.parents(ofPush: .tenants, fields: MirrorSchema.fields(of: .tenants)).isEmpty)
  }
}

@Suite("What is done with a row") struct RowPlanTests {
  private static let fields = MirrorSchema.fields(of: .units)
  private static let property = key(.properties, "1")

  private func decide(
    _ mirror: FieldValues?, base: FieldValues = [:], isThere: Bool,
    end: RowPlan.LinkEnd = .there("recP"), waits: Bool = true
  ) -> RowPlan {
    RowPlan.decide(
      mirror: mirror.map { Record(.units, $0) }, base: base, isThere: isThere,
      fields: Self.fields, linkEnd: { _ in end }, waitsFor: { _ in waits })
  }

  private static let unit: FieldValues = [
    "unit_number": .text("A"), "property_id": .reference(property), "size": .null,
  ]

  @Test("a new row says what there is to say, an update only what differs")
  func writes() {
    let created: FieldValues = [
      "unit_number": .text("A"), "property_id": .reference(Self.property),
    ]
    #expect(
      decide(Self.unit, isThere: false)
        == .create(Record(.units, created), links: [Self.property: "recP"], isPartial: false))
    #expect(decide(Self.unit, base: created, isThere: true) == .nothing)
    var moved = created
    moved["unit_number"] = .text("B")
    moved["size"] = .integer(90)
    #expect(
      decide(Self.unit, base: moved, isThere: true)
        == .update(
          Record(.units, ["unit_number": .text("A"), "size": .null]), links: [:], isPartial: false))
  }

  @Test("an unticked box is an empty one")
  func boxes() {
    #expect(
      decide(["is_occupied": .boolean(false)], base: [:], isThere: true) == .nothing)
    #expect(
      decide(["is_occupied": .boolean(false)], base: ["is_occupied": .boolean(true)], isThere: true)
        == .update(Record(.units, ["is_occupied": .boolean(false)]), links: [:], isPartial: false))
  }

  @Test("no row leaves with a link to what is not there")
  func links() {
    #expect(decide(Self.unit, isThere: false, end: .coming) == .later)
    #expect(decide(Self.unit, isThere: false, end: .blocked) == .blocked(Self.property))
    #expect(
      decide(Self.unit, isThere: false, end: .unknown)
        == .create(Record(.units, ["unit_number": .text("A")]), links: [:], isPartial: false))
    #expect(
      decide(Self.unit, isThere: false, end: .coming, waits: false)
        == .create(Record(.units, ["unit_number": .text("A")]), links: [:], isPartial: true))
    #expect(
      decide(
        Self.unit, base: ["unit_number": .text("A")], isThere: true, end: .coming, waits: false)
        == .missesLinks)
  }

  @Test("what is gone is removed where it is, and forgotten where it never was")
  func removals() {
    #expect(decide(nil, isThere: true) == .delete)
    #expect(decide(nil, isThere: false) == .forget)
  }
}

@Suite("Progress and patience") struct MeterTests {
  private static let second: UInt64 = 1_000_000_000

  @Test("the rate is that of the last half minute")
  func rate() throws {
    var meter = ProgressMeter(total: 1000, at: 0)
    #expect(meter.progress(at: 0).ratePerSecond == nil)
    for second in 1...60 { meter.add(second <= 30 ? 1 : 10, at: UInt64(second) * Self.second) }
    let progress = meter.progress(at: 60 * Self.second)
    #expect(progress.done == 330)
    #expect(try #require(progress.ratePerSecond) == 10)
    #expect(progress.secondsLeft == 67)
  }

  @Test("progress is told at most twice a second")
  func due() {
    var meter = ProgressMeter(at: 0)
    var told = 0
    for tenth in 0..<100 where meter.isDue(at: UInt64(tenth) * Self.second / 10) { told += 1 }
    #expect(told == 20)
  }

  @Test("waits grow with the tries, stay under their bound and differ")
  func backoff() {
    let random = SeededRandom(5)
    for attempt in 1...40 {
      let bound = min(1000 << UInt64(min(attempt - 1, 20)), 300_000)
      let delays = (0..<50).map { _ in Backoff.delayMilliseconds(attempt: attempt, random: random) }
      #expect(delays.allSatisfy { $0 <= bound })
      #expect(Set(delays).count > 10)
    }
  }
}
