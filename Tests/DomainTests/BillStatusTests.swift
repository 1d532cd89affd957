import Testing

@testable import Domain

@Suite("What is paid, and what is applied")
struct BillStatusTests {
  static func money(_ text: String) throws -> Money { try #require(Money(text)) }
  static func day(_ text: String) throws -> CalendarDate { try #require(CalendarDate(text)) }

  @Test(
    "the status follows from the total, what is applied and the day",
    arguments: [
      // total, paid, credited, due, as of, status, remaining, bucket
      ("100", "0", "0", "2026-08-31", "2026-08-31", "due", "100.00", "current"),
      ("100", "0", "0", "2026-08-31", "2026-09-01", "overdue", "100.00", "1-30"),
      ("100", "0", "0", "2026-08-31", "2026-09-30", "overdue", "100.00", "1-30"),
      ("100", "0", "0", "2026-08-31", "2026-10-01", "overdue", "100.00", "31-60"),
      ("100", "0", "0", "2026-08-31", "2026-10-30", "overdue", "100.00", "31-60"),
      ("100", "0", "0", "2026-08-31", "2026-11-29", "overdue", "100.00", "61-90"),
      ("100", "0", "0", "2026-08-31", "2026-11-30", "overdue", "100.00", "90+"),
      ("100", "99.99", "0", "2026-08-31", "2026-09-30", "partially_paid", "0.01", "1-30"),
      ("100", "0", "60", "2026-08-31", "2026-08-31", "partially_paid", "40.00", "current"),
      ("100", "40", "60", "2026-08-31", "2026-09-30", "paid", "0.00", ""),
      ("100", "0", "0", "2026-08-31", "2026-07-31", "unposted", "100.00", ""),
    ])
  func statuses(
    _ total: String, _ paid: String, _ credited: String, _ due: String, _ asOf: String,
    _ status: String, _ remaining: String, _ bucket: String
  ) throws {
    let facts = PayableFacts(
      total: try Self.money(total), date: try Self.day("2026-08-01"), dueDate: try Self.day(due),
      isPosted: true, paid: try Self.money(paid), credited: try Self.money(credited))
    let day = try Self.day(asOf)
    #expect(facts.status(asOf: day).rawValue == status)
    #expect(facts.remaining(asOf: day).description == remaining)
    #expect((facts.ageBucket(asOf: day)?.rawValue ?? "") == bucket)
  }

  @Test("a void counts from its day on, and a reversal is owed by nobody")
  func voids() throws {
    var facts = PayableFacts(
      total: try Self.money("5"), date: try Self.day("2026-08-01"),
      dueDate: try Self.day("2026-08-02"), isPosted: true, voidedOn: try Self.day("2026-08-10"))
    #expect(facts.status(asOf: try Self.day("2026-08-09")) == .overdue)
    #expect(facts.status(asOf: try Self.day("2026-08-10")) == .voided)
    #expect(facts.remaining(asOf: try Self.day("2026-08-10")) == .zero)
    facts.isReversal = true
    #expect(facts.status(asOf: try Self.day("2026-08-10")) == .reversal)
    #expect(facts.ageBucket(asOf: try Self.day("2026-08-10")) == nil)
  }

  // MARK: Applications

  static func application(_ change: (inout ApplicationFacts) -> Void = { _ in })
    -> ApplicationFacts
  {
    let day = CalendarDate(daysSince1970: 20_000)
    var facts = ApplicationFacts(
      billState: .approved, billTotal: Money(minorUnits: 10_000), billDate: day, billVendor: "v",
      source: .payment, sourceType: "Check", sourceTotal: Money(minorUnits: 20_000),
      sourceDate: day, sourceVendor: "v", amount: Money(minorUnits: 10_000), date: day)
    change(&facts)
    return facts
  }

  /// Each row spoils one thing; rows stand in the order in which they are looked at, so all below a
  /// row may be spoilt too and the row's own answer is given.
  static let spoils: [(String, ApplicationRefusal, @Sendable (inout ApplicationFacts) -> Void)] = [
    ("amount", .notPositive, { $0.amount = .zero }),
    ("reversal", .billReversal, { $0.billIsReversal = true }),
    ("state", .billNotApproved(.pendingApproval), { $0.billState = .pendingApproval }),
    ("bill posted", .billNotPosted, { $0.billIsPosted = false }),
    ("content", .billChanged, { $0.billIsAsApproved = false }),
    ("itself", .sourceIsBill, { $0.sourceIsBill = true }),
    ("type", .notASource("Check"), { $0.source = nil }),
    ("posted", .sourceNotPosted, { $0.sourceIsPosted = false }),
    ("reversed", .sourceReversed, { $0.sourceIsReversed = true }),
    ("vendor", .otherVendor, { $0.sourceVendor = "w" }),
    ("again", .alreadyApplied(Money(minorUnits: 3)), { $0.existing = Money(minorUnits: 3) }),
    (
      "early", .tooEarly(CalendarDate(daysSince1970: 20_000)),
      { $0.date = CalendarDate(daysSince1970: 19_999) }
    ),
    (
      "bill sum", .exceedsBill(remaining: Money(minorUnits: 9_999)),
      { $0.settledByOthers = Money(minorUnits: 1) }
    ),
    (
      "source sum", .exceedsSource(available: Money(minorUnits: 9_999)),
      { $0.usedByOthers = Money(minorUnits: 10_001) }
    ),
  ]

  @Test("an application is refused for the first rule it breaks", arguments: spoils.indices)
  func refusals(_ index: Int) {
    let alone = Self.application(Self.spoils[index].2)
    #expect(alone.refusal() == Self.spoils[index].1, "\(Self.spoils[index].0)")
    // An amount of zero exceeds nothing, so the sums are only looked at for a real one.
    let all = Self.application { facts in for spoil in Self.spoils[index...] { spoil.2(&facts) } }
    #expect(all.refusal() == Self.spoils[index].1, "\(Self.spoils[index].0)")
  }

  @Test("an application that keeps all rules is taken, to the last cent")
  func taken() {
    #expect(Self.application().refusal() == nil)
    #expect(
      Self.application {
        $0.settledByOthers = Money(minorUnits: 9_999)
        $0.amount = Money(minorUnits: 1)
      }.refusal() == nil)
  }

  @Test("a change of what is applied does not count the old amount, and is locked once reconciled")
  func changes() {
    let raised = Self.application {
      $0.billTotal = Money(minorUnits: 5_000)
      $0.existing = Money(minorUnits: 3_000)
      $0.amount = Money(minorUnits: 5_000)
    }
    #expect(raised.refusal(changes: true) == nil)
    var locked = raised
    locked.sourceIsReconciled = true
    #expect(locked.refusal(changes: true) == .sourceReconciled)
    // A new application of a reconciled payment: an advance that cleared before the bill came.
    #expect(Self.application { $0.sourceIsReconciled = true }.refusal() == nil)
  }

  @Test("a credit of 60 and then a payment of 100 on a bill of 100: 40 remain")
  func credits() {
    let facts = Self.application { $0.settledByOthers = Money(minorUnits: 6_000) }
    #expect(facts.refusal() == .exceedsBill(remaining: Money(minorUnits: 4_000)))
  }

  @Test(
    "only money to the vendor, credits, and refunds of payables settle a bill",
    arguments: [
      ("Check", false, "payment"), ("ElectronicFundsTransfer", false, "payment"),
      ("CreditCardPurchase", false, "payment"), ("VendorCredit", false, "credit"),
      ("VendorRefund", false, ""), ("VendorRefund", true, "refund"), ("Bill", true, ""),
      ("Payment", false, ""), ("Deposit", false, ""), ("", false, ""),
    ])
  func sources(_ type: String, _ debitsPayables: Bool, _ kind: String) {
    let source = ApplicationSource(transactionType: type, debitsPayables: debitsPayables)
    #expect((source?.rawValue ?? "") == kind)
  }

  // MARK: Shares

  @Test("250.00 on lines of 300.01 and 200.00: the odd cent goes to the larger fraction")
  func recognition() throws {
    let lines = [try Self.money("300.01"), try Self.money("200.00")]
    let first = BillShares.recognition(of: [try Self.money("250.00")], over: lines)
    #expect(first == [[try Self.money("150.00"), try Self.money("100.00")]])
    let both = BillShares.recognition(
      of: [try Self.money("250.00"), try Self.money("250.01")], over: lines)
    #expect(both[0][0] + both[1][0] == lines[0])
    #expect(both[0][1] + both[1][1] == lines[1])
  }

  @Test("parts add up to the amount, whatever it and the weights are")
  func splits() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let weights = (0..<Int.random(in: 1...7, using: &random)).map { _ in
        Money(minorUnits: Int64.random(in: 0...1_000_000_000, using: &random))
      }
      let amount = Money(minorUnits: Int64.random(in: -900_000_000...900_000_000, using: &random))
      let parts = BillShares.split(amount, over: weights)
      #expect(parts.reduce(.zero) { $0 + $1 } == amount, "\(amount) over \(weights)")
      #expect(parts.count == weights.count)
    }
    #expect(BillShares.split(Money(minorUnits: 5), over: []).isEmpty)
  }

  // MARK: Duplicates and schedules

  @Test(
    "a reference number is compared without case, spaces, punctuation and leading zeros",
    arguments: [
      ("INV-0012", "inv 12"), ("INV-0012", "Inv/12"), ("00 7", "7"), ("A-100", "a100"),
      ("1 0", "1"),
    ])
  func references(_ left: String, _ right: String) {
    #expect(BillDuplicates.normalised(left) == BillDuplicates.normalised(right))
  }

  @Test("numbers that differ stay different")
  func differentReferences() {
    #expect(BillDuplicates.normalised("INV-100") != BillDuplicates.normalised("INV-1"))
    #expect(BillDuplicates.normalised("INV-10") != BillDuplicates.normalised("INV-1"))
    #expect(BillDuplicates.normalised("--").isEmpty)
  }

  @Test(
    "a schedule names its days",
    arguments: [
      (#"{"every":"month","start":"2026-01-31"}"#, "2026-04-30", "01-31 02-28 03-31 04-30"),
      (
        #"{"every":"month","interval":2,"day":15,"start":"2026-01-20"}"#, "2026-06-01",
        "03-15 05-15"
      ),
      (#"{"every":"week","interval":2,"start":"2026-03-02"}"#, "2026-04-01", "03-02 03-16 03-30"),
      (
        #"{"every":"quarter","start":"2026-01-05","end":"2026-07-04"}"#, "2026-12-31", "01-05 04-05"
      ),
      (#"{"every":"year","start":"2026-02-28"}"#, "2026-12-31", "02-28"),
    ])
  func schedules(_ json: String, _ through: String, _ days: String) throws {
    let schedule = try RecurringSchedule(json: json)
    let named = schedule.occurrences(through: try Self.day(through))
    #expect(named.map { String($0.description.dropFirst(5)) }.joined(separator: " ") == days)
    #expect(try RecurringSchedule(json: schedule.json.text) == schedule)
  }

  @Test(
    "a schedule that is wrong is refused with the member's name",
    arguments: [
      ("[", "JSON"), ("{}", "every"), (#"{"every":"month"}"#, "start"),
      (#"{"every":"day","start":"2026-01-01"}"#, "every"),
      (#"{"every":"month","start":"2026-01-01","interval":0}"#, "interval"),
      (#"{"every":"month","start":"2026-01-01","day":32}"#, "day"),
      (#"{"every":"month","start":"2026-01-01","end":"2025-01-01"}"#, "end"),
      (#"{"every":"month","start":"2026-01-01","due_days":-1}"#, "due_days"),
    ])
  func wrongSchedules(_ json: String, _ member: String) {
    let refusal = #expect(throws: Refusal.self) { try RecurringSchedule(json: json) }
    #expect(refusal?.message.contains(member) == true)
  }

  @Test("a deposit moves forward only", arguments: DepositState.allCases)
  func deposits(_ from: DepositState) {
    for to in DepositState.allCases {
      #expect(from.mayMove(to: to) == (from == .posted && to != .posted))
    }
  }
}
