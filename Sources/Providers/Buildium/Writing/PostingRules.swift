// What Buildium asks of a new record, as far as the record alone can tell; in a bookkeeper's words.
import Domain
import Sync

/// The rules of one kind, from Buildium's documents: facts, sections 7.6 to 7.11.
struct PostingRules {
  static let creditTypeDefault = "WaiveUnpaid"
  static let creditTypes = [creditTypeDefault, "Exchange", "PreviouslyDeposited"]
  static let paymentMethods = [
    "Check", "Cash", "MoneyOrder", "CashierCheck", "DirectDeposit", "CreditCard",
    "ElectronicPayment",
  ]
  static let payeeTypes = ["Vendor", "RentalOwner"]
  /// Buildium names it for a vendor's credits; the ledger's own invariant holds it for every line.
  static let amountMax = Money(minorUnits: 999_999_999)
  private static let creditLinesMax = 100
  private static let refundPayeesMax = 5

  let kind: PostingKind
  let record: Record

  init(_ kind: PostingKind, _ record: Record) { (self.kind, self.record) = (kind, record) }

  /// Everything that is wrong, in the order of the form.
  var problems: [PostingProblem] {
    required + texts + choices + lines + sums + dates + ofKind
  }

  /// Whether the payment is of one bill and says what is paid on each of its lines.
  static func isPaymentOfOneBill(_ record: Record) -> Bool {
    record["bill_ids"].links.count == 1 && !record.lines.isEmpty
  }

  // MARK: What must be there

  private static let requiredFields: [PostingKind: [(field: String, words: String)]] = [
    .charge: [("lease_id", "the lease"), ("date", "the date")],
    .payment: [
      ("lease_id", "the lease"), ("date", "the date"),
      ("payment_method", "how it was paid (\(paymentMethods.joined(separator: ", ")))"),
    ],
    .credit: [("lease_id", "the lease"), ("date", "the date")],
    .refund: [
      ("lease_id", "the lease"), ("date", "the date"),
      ("bank_account_id", "the bank account it is paid from"),
      ("tenant_ids", "the tenant it is paid to"), ("address_line1", "the street of the check"),
      ("postal_code", "the postal code of the check"), ("country", "the country of the check"),
    ],
    .journalEntry: [("date", "the date")],
    .check: [
      ("bank_account_id", "the bank account it is drawn on"), ("date", "the date"),
      ("payee_type", "whom it is for (a vendor or an owner)"),
      ("payee_id", "the vendor or owner it is for"),
    ],
    .bill: [
      ("vendor_id", "the vendor"), ("date", "the date"), ("due_date", "the day it is due"),
    ],
    .billPayment: [
      ("bill_ids", "the bill that is paid"), ("date", "the date"),
      ("bank_account_id", "the bank account it is paid from"),
    ],
    .vendorCredit: [("vendor_id", "the vendor"), ("date", "the date")],
    .deposit: [("bank_account_id", "the bank account"), ("date", "the date")],
  ]

  private var required: [PostingProblem] {
    var problems = (Self.requiredFields[kind] ?? []).filter { record[$0.field].isNull }.map {
      PostingProblem($0.field, "\($0.words.capitalisedFirst) is missing.")
    }
    if kind == .journalEntry, EntityReference.wire(record.fields) == nil {
      problems.append(PostingProblem("property_id", "The property it belongs to is missing."))
    }
    return problems
  }

  // MARK: Lengths and words

  private static let lengths: [PostingKind: [(field: String, words: String, limit: Int)]] = [
    .charge: [("memo", "The memo", 65)],
    .payment: [("memo", "The memo", 65), ("reference_number", "The reference", 30)],
    .credit: [("memo", "The memo", 65)],
    .refund: [("memo", "The memo", 65), ("check_number", "The check number", 30)],
    .journalEntry: [("memo", "The memo", 240)],
    .bill: [("description", "The memo", 245), ("reference_number", "The reference", 40)],
    .billPayment: [("memo", "The memo", 240), ("reference_number", "The check number", 30)],
    .vendorCredit: [("memo", "The memo", 40), ("reference_number", "The reference", 40)],
  ]
  private static let lineMemoMax = 240
  private static let lineReferenceMax = 30

  private var texts: [PostingProblem] {
    var problems: [PostingProblem] = []
    for rule in Self.lengths[kind] ?? [] {
      guard let text = record[rule.field].text else { continue }
      let isMarked = rule.field == "memo" || rule.field == "description"
      let limit = rule.limit - (isMarked ? IntentMarker.room : 0)
      // Counted as Buildium's platform counts.
      guard text.utf16.count > limit else { continue }
      problems.append(
        PostingProblem(
          rule.field,
          "\(rule.words) has \(text.utf16.count) characters and \(limit) fit; shorten it"
            + (isMarked
              ? " (Buildium takes \(rule.limit), and Rentbook adds a mark of \(IntentMarker.room))."
              : ".")))
    }
    for (index, line) in record.lines.enumerated() {
      let rules = [
        ("memo", "The memo", Self.lineMemoMax),
        ("reference_number", "The reference", Self.lineReferenceMax),
      ]
      for (field, words, limit) in rules {
        guard let text = line[field]?.text, text.utf16.count > limit else { continue }
        problems.append(
          PostingProblem(
            field, line: index + 1,
            "\(words) of line \(index + 1) has \(text.utf16.count) characters and \(limit) fit."))
      }
    }
    return problems
  }

  private var choices: [PostingProblem] {
    func one(_ field: String, of words: [String], _ what: String) -> [PostingProblem] {
      guard let text = record[field].text, !words.contains(text) else { return [] }
      return [
        PostingProblem(
          field,
          "“\(text.shown)” is no \(what) Buildium knows; use one of \(words.joined(separator: ", "))."
        )
      ]
    }
    switch kind {
    case .payment: return one("payment_method", of: Self.paymentMethods, "payment method")
    case .credit: return one("credit_type", of: Self.creditTypes, "sort of credit")
    case .check: return one("payee_type", of: Self.payeeTypes, "sort of payee")
    default: return []
    }
  }

  // MARK: Lines

  /// Whether lines may be left out.
  private var mayHaveNoLines: Bool {
    switch kind {
    // Buildium spreads a payment over what is owed, and pays bills in full.
    case .payment, .billPayment: true
    case .deposit: !record["payment_transaction_ids"].isNull
    default: false
    }
  }

  /// Whether a line may be below zero: one that corrects another on a bill, a check or a deposit.
  private var mayBeNegative: Bool { [.bill, .check, .deposit].contains(kind) }

  private var lines: [PostingProblem] {
    var problems: [PostingProblem] = []
    let least = kind == .journalEntry ? 2 : mayHaveNoLines ? 0 : 1
    if record.lines.count < least {
      problems.append(
        PostingProblem(
          "lines",
          least == 2
            ? "A journal entry needs two lines at least, a debit and a credit."
            : "There is no line with a GL account and an amount."))
    }
    for (index, line) in record.lines.enumerated() {
      let number = index + 1
      func problem(_ field: String, _ sentence: String) {
        problems.append(PostingProblem(field, line: number, "Line \(number) \(sentence)"))
      }
      if kind != .billPayment, line["gl_account_id"]?.reference == nil {
        problem("gl_account_id", "names no GL account.")
      }
      switch line["amount"]?.money {
      case nil: problem("amount", "has no amount.")
      case .zero?: problem("amount", "has an amount of zero.")
      case let amount? where amount < .zero && !mayBeNegative:
        problem("amount", "has the amount \(amount); it must be above zero.")
      case let amount? where amount.magnitude > Self.amountMax:
        problem("amount", "has the amount \(amount); Buildium takes at most \(Self.amountMax).")
      default: break
      }
      switch kind {
      case .journalEntry where line["posting_type"]?.text.flatMap(PostingSide.init) == nil:
        problem("posting_type", "says neither Debit nor Credit.")
      case .bill, .check, .vendorCredit, .deposit:
        if EntityReference.wire(line) == nil { problem("property_id", "names no property.") }
      case .billPayment:
        if line["buildium_line_id"]?.integer == nil {
          problem("buildium_line_id", "names no line of the bill it pays.")
        }
        let bills = record["bill_ids"].links
        if let bill = line["bill_id"]?.reference {
          if !bills.contains(bill) {
            problem("bill_id", "pays a bill that is not among those paid.")
          }
        } else if bills.count != 1 {
          problem("bill_id", "does not say which of the bills it pays.")
        }
      default: break
      }
    }
    return problems
  }

  private var sums: [PostingProblem] {
    let total = EntityReference.sum("amount", of: record.lines)
    var problems: [PostingProblem] = []
    if kind == .journalEntry {
      func sum(_ side: PostingSide) -> Money {
        EntityReference.sum(
          "amount", of: record.lines.filter { $0["posting_type"]?.text == side.rawValue })
      }
      let (debits, credits) = (sum(.debit), sum(.credit))
      if debits != credits, !record.lines.isEmpty {
        problems.append(
          PostingProblem(
            "lines",
            "The debits come to \(debits) and the credits to \(credits); they must be equal."
          ))
      }
      return problems
    }
    let stated = record[kind == .bill || kind == .billPayment ? "amount" : "total_amount"].money
    if record.lines.isEmpty {
      if kind == .payment {
        if let stated, stated > .zero, stated <= Self.amountMax { return problems }
        problems.append(
          PostingProblem("total_amount", "The amount paid must be given and be above zero."))
      }
      return problems
    }
    if let stated, stated != total, PostingRules.statesItsTotal(kind) {
      problems.append(
        PostingProblem(
          "lines", "The lines come to \(total), and the amount is \(stated); they must be equal."))
    }
    if mayBeNegative, kind != .bill, total <= .zero {
      problems.append(
        PostingProblem("lines", "The lines come to \(total); the sum must be above zero."))
    }
    if kind == .bill, total == .zero {
      problems.append(PostingProblem("lines", "The lines come to nothing."))
    }
    return problems
  }

  /// Whether the amount of a kind is that of its lines: a deposit's holds the payments too.
  private static func statesItsTotal(_ kind: PostingKind) -> Bool { kind != .deposit }

  // MARK: Dates and the rest

  private var dates: [PostingProblem] {
    guard kind == .bill, let date = record["date"].date, let due = record["due_date"].date,
      due <= date
    else { return [] }
    return [
      PostingProblem(
        "due_date", "It is due on \(due), which must be after its date \(date).")
    ]
  }

  private var ofKind: [PostingProblem] {
    switch kind {
    case .credit:
      guard let type = record["credit_type"].text, type != Self.creditTypeDefault,
        record["offsetting_gl_account_id"].isNull
      else { return [] }
      return [
        PostingProblem(
          "offsetting_gl_account_id",
          "A credit of the sort \(type.shown) names a second GL account.")
      ]
    case .refund where record["tenant_ids"].links.count > Self.refundPayeesMax:
      return [
        PostingProblem(
          "tenant_ids", "A refund goes to \(Self.refundPayeesMax) tenants at most.")
      ]
    case .vendorCredit where record.lines.count > Self.creditLinesMax:
      return [
        PostingProblem("lines", "A vendor's credit has \(Self.creditLinesMax) lines at most.")
      ]
    case .billPayment where !Self.isPaymentOfOneBill(record):
      return ["memo", "reference_number"].filter { !record[$0].isNull }.map { field in
        PostingProblem(
          field,
          "Buildium keeps no \(field == "memo" ? "memo" : "check number") with a payment of several"
            + " bills, or of a whole bill; leave it empty, or pay one bill by its lines.")
      }
    default: return []
    }
  }
}

extension PostingProblem {
  static let unknownKind = PostingProblem(
    "transaction_type",
    "Buildium takes charges, payments, credits, refunds, journal entries, checks, bills, bill"
      + " payments, vendor credits and deposits from a program, and nothing of another type.")
}

extension String {
  var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
  /// A person's own word inside a sentence, of bounded length.
  var shown: String { String(split(whereSeparator: \.isNewline).joined(separator: " ").prefix(60)) }
}
