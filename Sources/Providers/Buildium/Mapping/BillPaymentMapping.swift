// Payments of bills.
//
// Buildium's payment may settle several bills, and its lines name a property and a GL account but no
// bill. Here a payment is one row per bill, with that bill's share.
import Domain
import Sync

/// A payment of one bill.
enum BillPaymentMapping {
  /// What is known of a bill a payment settles.
  struct PaidBill: Sendable {
    let id: String
    /// The bill's lines; empty when the bill is not known.
    let lines: [FieldValues]
  }

  private static let mapping = EntityMapping(
    .billPayments, "Bill payment",
    [
      .read("bank_account_id", "BankAccountId"), .read("date", "EntryDate"),
      .read("reference_number", "CheckNumber"), .read("memo", "Memo"),
    ])

  /// The ids of the bills a payment settles.
  static func billIDs(_ json: JSONValue) throws(ProviderError) -> [String] {
    try Wire(json, titled: "Bill payment").references(.bills, "PaidBillIds").map(\.id)
  }

  /// The row of a payment for `bill`.
  ///
  /// - Parameters:
  ///   - bills: all bills the payment settles, in the payment's order.
  ///   - applied: the amount that went to this bill where it is known; computed otherwise.
  static func record(
    _ json: JSONValue, bill: String, bills: [PaidBill], applied: Money? = nil
  ) throws(ProviderError) -> RemoteRecord {
    let wire = try Wire(json, titled: "Bill payment")
    let payment = try mapping.record(json)
    var lines: [FieldValues] = []
    for line in try wire.list("Lines") {
      let fields: FieldValues = [
        "gl_account_id": try EntityReference.account(line),
        "amount": try line.field(.money, "Amount"),
      ]
      lines.append(fields.merging(try EntityReference.fields(line)) { $1 })
    }
    var record = payment.record
    record.lines = bills.count > 1 ? allocate(lines, to: bills)[bill] ?? [] : lines
    record["bill_id"] = .reference(RemoteKey(.buildium, .bills, bill))
    record["amount"] = .money(applied ?? EntityReference.sum("amount", of: record.lines))
    record["vendor_credit_ids"] = .references(
      canonical: try wire.references(.vendorCredits, "AppliedVendorCredits"))
    return RemoteRecord(
      key: RemoteKey(.buildium, .billPayments, "\(payment.key.id):\(bill)"), record: record,
      source: payment.source, marker: payment.marker)
  }

  /// Deals the lines of a payment out to its bills, so that every cent goes to one of them.
  ///
  /// A line goes to the bill with a line of the same account and property: first where the amounts
  /// are equal, then bill by bill up to what each line asks for. What fits nowhere goes to the
  /// first bill that has such an account and property at all, else to the first bill.
  static func allocate(_ lines: [FieldValues], to bills: [PaidBill]) -> [String: [FieldValues]] {
    var open = bills.map { bill in bill.lines.map { ($0, $0["amount"]?.money ?? .zero) } }
    var dealt: [String: [FieldValues]] = [:]
    func fits(_ left: FieldValues, _ right: FieldValues) -> Bool {
      ["gl_account_id", "entity_type", "entity_id"].allSatisfy { left[$0] == right[$0] }
    }
    func deal(_ line: FieldValues, _ amount: Money, to bill: Int) {
      var share = line
      share["amount"] = .money(amount)
      dealt[bills[bill].id, default: []].append(share)
    }
    var waiting: [FieldValues] = []
    for line in lines {
      let amount = line["amount"]?.money ?? .zero
      var isDealt = false
      for bill in bills.indices where !isDealt {
        if let match = open[bill].firstIndex(where: { fits($0.0, line) && $0.1 == amount }) {
          deal(line, amount, to: bill)
          open[bill][match].1 = .zero
          isDealt = true
        }
      }
      if !isDealt { waiting.append(line) }
    }
    for line in waiting {
      var rest = line["amount"]?.money ?? .zero
      for bill in bills.indices {
        for index in open[bill].indices where rest > .zero && fits(open[bill][index].0, line) {
          let share = min(rest, open[bill][index].1)
          guard share > .zero else { continue }
          deal(line, share, to: bill)
          open[bill][index].1 = open[bill][index].1 - share
          rest = rest - share
        }
      }
      guard rest != .zero, !bills.isEmpty else { continue }
      let home = bills.firstIndex { bill in bill.lines.contains { fits($0, line) } } ?? 0
      deal(line, rest, to: home)
    }
    return dealt
  }
}
