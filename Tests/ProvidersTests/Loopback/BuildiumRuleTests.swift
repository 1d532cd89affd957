import Background
import Domain
import Providers
import Sync
import Testing

@testable import Sandbox

/// A small reproducible source of randomness (splitmix64).
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite("What is checked before a record is sent to Buildium")
struct BuildiumRuleTests {
  typealias Spoil = @Sendable (inout Record) -> Void

  struct Case: Sendable {
    var kind: PostingKind
    var spoil: Spoil
    /// The field named, and words of the sentence.
    var field: String
    var says: String

    init(_ kind: PostingKind, _ field: String, _ says: String, _ spoil: @escaping Spoil) {
      (self.kind, self.field, self.says, self.spoil) = (kind, field, says, spoil)
    }
  }

  private static func text(_ count: Int) -> FieldValue {
    .text(String(repeating: "x", count: count))
  }
  private static func link(_ resource: Resource, _ id: String) -> FieldValue {
    .reference(RemoteKey(.buildium, resource, id))
  }

  static let cases: [Case] = [
    Case(.charge, "lease_id", "The lease is missing") { $0["lease_id"] = .null },
    Case(.charge, "date", "The date is missing") { $0["date"] = .null },
    Case(.charge, "memo", "52 characters and 51 fit") { $0["memo"] = text(52) },
    Case(.charge, "lines", "no line with a GL account") { $0.lines = [] },
    Case(.charge, "amount", "Line 1 has no amount") { $0.lines[0]["amount"] = .null },
    Case(.charge, "amount", "must be above zero") {
      $0.lines[0]["amount"] = .money(Money(minorUnits: -5))
    },
    Case(.charge, "amount", "an amount of zero") { $0.lines[0]["amount"] = .money(.zero) },
    Case(.charge, "amount", "at most 9999999.99") {
      $0.lines[0]["amount"] = .money(Money(minorUnits: 1_000_000_000))
    },
    Case(.charge, "gl_account_id", "names no GL account") { $0.lines[0]["gl_account_id"] = .null },
    Case(.charge, "gl_account_id", "GL account 99 is not known") {
      $0.lines[0]["gl_account_id"] = link(.glAccounts, "99")
    },
    Case(.charge, "gl_account_id", "6190 Old Repairs (inactive) is inactive") {
      $0.lines[0]["gl_account_id"] = link(.glAccounts, "114")
    },
    Case(.charge, "gl_account_id", "a charge takes one of income or liability") {
      $0.lines[0]["gl_account_id"] = link(.glAccounts, "11")
    },
    Case(.charge, "gl_account_id", "by itself") {
      $0.lines[0]["gl_account_id"] = link(.glAccounts, "1")
    },
    Case(.charge, "date", "more than a year ahead") {
      $0["date"] = .date(rigDay.adding(days: 366))
    },
    Case(.charge, "date", "more than a year ago") { $0["date"] = .date(rigDay.adding(days: -366)) },
    Case(.charge, "lease_id", "lease 99999 is not known") {
      $0["lease_id"] = link(.leases, "99999")
    },
    Case(.charge, "lines", "the amount is 46.00; they must be equal") {
      $0["total_amount"] = .money(Money(minorUnits: 46_00))
    },
    Case(.payment, "payment_method", "How it was paid") { $0["payment_method"] = .null },
    Case(.payment, "payment_method", "“Barter” is no payment method") {
      $0["payment_method"] = .text("Barter")
    },
    Case(.payment, "reference_number", "31 characters and 30 fit") {
      $0["reference_number"] = text(31)
    },
    Case(.payment, "total_amount", "must be given and be above zero") { $0.lines = [] },
    Case(.credit, "credit_type", "is no sort of credit") { $0["credit_type"] = .text("Gift") },
    Case(.credit, "offsetting_gl_account_id", "names a second GL account") {
      $0["credit_type"] = .text("Exchange")
    },
    Case(.refund, "tenant_ids", "The tenant it is paid to is missing") { $0["tenant_ids"] = .null },
    Case(.refund, "postal_code", "The postal code") { $0["postal_code"] = .null },
    Case(.refund, "gl_account_id", "one of liability") {
      $0.lines[0]["gl_account_id"] = link(.glAccounts, "3")
    },
    Case(.refund, "tenant_ids", "is not on the lease") {
      $0["tenant_ids"] = .references([RemoteKey(.buildium, .tenants, "1")])
    },
    Case(.journalEntry, "lines", "a debit and a credit") { $0.lines.removeLast() },
    Case(.journalEntry, "lines", "they must be equal") {
      $0.lines[0]["amount"] = .money(Money(minorUnits: 1))
    },
    Case(.journalEntry, "posting_type", "says neither Debit nor Credit") {
      $0.lines[1]["posting_type"] = .text("Left")
    },
    Case(.journalEntry, "property_id", "The property it belongs to is missing") {
      $0["property_id"] = .null
    },
    Case(.check, "payee_type", "is no sort of payee") { $0["payee_type"] = .text("Friend") },
    Case(.check, "lines", "the sum must be above zero") {
      $0.lines[0]["amount"] = .money(Money(minorUnits: -100))
    },
    Case(.check, "bank_account_id", "is inactive") {
      $0["bank_account_id"] = link(.bankAccounts, "5")
    },
    Case(.bill, "due_date", "must be after its date") { $0["due_date"] = $0["date"] },
    Case(.bill, "vendor_id", "The vendor is missing") { $0["vendor_id"] = .null },
    Case(.bill, "property_id", "names no property") { $0.lines[1]["property_id"] = .null },
    Case(.bill, "reference_number", "41 characters and 40 fit") {
      $0["reference_number"] = text(41)
    },
    Case(.bill, "description", "231 fit") { $0["description"] = text(240) },
    Case(.bill, "memo", "The memo of line 2 has 241") { $0.lines[1]["memo"] = text(241) },
    Case(.bill, "lines", "the amount is 99.00") { $0["amount"] = .money(Money(minorUnits: 99_00)) },
    Case(.bill, "gl_account_id", "Accounts Payable cannot be named here") {
      $0.lines[0]["gl_account_id"] = link(.glAccounts, "6")
    },
    Case(.bill, "gl_account_id", "cannot be named here") {
      $0.lines[0]["gl_account_id"] = link(.glAccounts, "10001")
    },
    Case(.bill, "property_id", "The property 888 of line 1 is not known") {
      $0.lines[0]["property_id"] = link(.properties, "888")
    },
    Case(.billPayment, "bill_ids", "The bill that is paid is missing") { $0["bill_ids"] = .null },
    Case(.billPayment, "buildium_line_id", "is not on the bill") {
      $0.lines[0]["buildium_line_id"] = .integer(1)
    },
    Case(.billPayment, "amount", "on a line of") {
      $0.lines[0]["amount"] = .money(Money(minorUnits: 999_999_00))
    },
    Case(.billPayment, "memo", "no memo with a payment of several bills") { $0.lines = [] },
    Case(.vendorCredit, "memo", "27 characters and 26 fit") { $0["memo"] = text(27) },
    Case(.deposit, "lines", "no line with a GL account") {
      ($0["payment_transaction_ids"], $0.lines) = (.null, [])
    },
  ]

  @Test("each mistake is named, with its field, in a bookkeeper's words")
  func mistakes() throws {
    let rig = try BuildiumRig()
    let drafts = try Drafts(rig)
    for one in Self.cases {
      var record = try drafts.record(one.kind)
      one.spoil(&record)
      let problems = try rig.provider.problems(with: record, facts: drafts.known)
      #expect(
        problems.contains { $0.field == one.field && $0.sentence.contains(one.says) },
        "\(one.kind), \(one.says): \(problems)")
    }
  }

  @Test("a day in closed books is named before Buildium is asked")
  func locked() throws {
    let rig = try BuildiumRig()
    let drafts = try Drafts(rig)
    let known = Known(lockedThrough: rigDay)
    known.add(try rig.all(.leases) + rig.all(.glAccounts) + rig.all(.properties))
    let problems = try rig.provider.problems(with: drafts.record(.charge), facts: known)
    #expect(
      problems.map(\.sentence) == [
        "The books are closed through \(rigDay); \(rigDay) must be a later day."
      ])
  }

  @Test("what Buildium has no request for is said so")
  func unknownKind() throws {
    let rig = try BuildiumRig()
    let record = Record(.transactions, ["transaction_type": .text("OwnerContribution")])
    #expect(try rig.provider.problems(with: record, facts: Known()).count == 1)
    let outcome = rig.provider.create(
      NewRecord(intentID: "1", marker: mark(1), record: record), cancellation: Cancellation())
    #expect(outcome.refusal?.kind == .unsupported)
    #expect(rig.requests("POST") == 0)
  }

  @Test("what passes the checks the service accepts, and what it refuses they had found")
  func sound() throws {
    let rig = try BuildiumRig()
    let drafts = try Drafts(rig)
    let seed: UInt64 = 20_261_121
    var random = Seeded(seed)
    var (accepted, refused) = (0, 0)
    // Kinds that can be repeated on one portfolio: nothing is used up by them.
    let kinds: [PostingKind] = [
      .charge, .payment, .credit, .refund, .journalEntry, .check, .bill, .vendorCredit,
    ]
    let accounts = drafts.known.keys(.glAccounts)
    for round in 0..<400 {
      let kind = kinds.randomElement(using: &random) ?? .charge
      var record = try drafts.record(kind)
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        let others = Self.cases.filter { $0.kind == kind && !$0.says.contains("year") }
        if Bool.random(using: &random), let one = others.randomElement(using: &random),
          !record.lines.isEmpty,
          record.lines.count > (kind == .bill || kind == .journalEntry ? 1 : 0)
        {
          one.spoil(&record)
        } else if !record.lines.isEmpty, let account = accounts.randomElement(using: &random) {
          record.lines[0]["gl_account_id"] = .reference(account)
        }
      }
      let problems = try rig.provider.problems(with: record, facts: drafts.known)
      let outcome = rig.provider.create(
        NewRecord(intentID: "\(round)", marker: mark(round), record: record),
        cancellation: Cancellation())
      if problems.isEmpty {
        accepted += 1
        #expect(outcome.written != nil, "seed \(seed), round \(round), \(kind): \(outcome)")
      } else {
        refused += 1
      }
      if outcome.written == nil { #expect(!problems.isEmpty, "seed \(seed), round \(round)") }
    }
    #expect(accepted > 50 && refused > 50, "\(accepted) accepted, \(refused) refused")
  }
}
