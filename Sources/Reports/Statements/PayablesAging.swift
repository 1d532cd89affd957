// What is owed to vendors, and for how long it has been due.
import Domain

/// Unpaid bills by vendor and age.
public enum PayablesAging {
  /// The report, as of the last day of the scope. Ages count from the day a bill is due.
  public static func report(_ scope: StatementScope, _ facts: StatementFacts) -> Report {
    var report = Report(
      name: "ap-aging", title: "AP aging", scope: scope.heading(basis: false, asOf: true),
      columns: [
        Report.Column("Bill"), Report.Column("Property"), Report.Column("Due", .date),
        Report.Column("Remaining", .money), Report.Column("Current", .money),
        Report.Column("1-30", .money), Report.Column("31-60", .money),
        Report.Column("61-90", .money), Report.Column("Over 90", .money),
      ])
    struct Open {
      var bill: LedgerBill
      var property: Int
      var amount: Money
      var vendor: String
    }
    let day = scope.period.to
    let wanted = Set(scope.properties)
    var open: [Open] = []
    for bill in scope.ledger.bills {
      for property in bill.amounts.keys.sorted() where wanted.contains(property) {
        let amount = bill.remaining(property: property, on: day)
        guard amount != .zero else { continue }
        let vendor = facts.parties[bill.localID]?.vendor ?? "Vendor not known"
        open.append(Open(bill: bill, property: property, amount: amount, vendor: vendor))
      }
    }
    var whole = [Money](repeating: .zero, count: 6)
    for (vendor, bills) in Dictionary(grouping: open, by: \.vendor).sorted(by: { $0.key < $1.key }) {
      report.addSection(vendor)
      var sums = [Money](repeating: .zero, count: 6)
      for item in bills.sorted(by: {
        ($0.bill.due ?? $0.bill.day, $0.bill.localID) < ($1.bill.due ?? $1.bill.day, $1.bill.localID)
      }) {
        let due = item.bill.due ?? item.bill.day
        let age = day.daysSince1970 - due.daysSince1970
        let bucket = age <= 0 ? 0 : 1 + (LeaseBalance.ageDays.firstIndex { age <= $0 } ?? 3)
        var amounts = [Money](repeating: .zero, count: 6)
        (amounts[0], amounts[bucket + 1]) = (item.amount, item.amount)
        for index in sums.indices { sums[index] += amounts[index] }
        let number = item.bill.buildiumID.map { "\($0)" } ?? item.bill.localID
        let reference = facts.parties[item.bill.localID]?.reference ?? ""
        report.rows.append(
          Report.Row(
            .line, depth: 1,
            [
              .text(reference.isEmpty ? number : "\(number) \(reference)"),
              .text(scope.ledger.properties[item.property].name), .date(due),
            ] + amounts.map { $0 == .zero ? .none : .money($0) }))
      }
      report.rows.append(total(.subtotal, "Total \(vendor)", sums))
      for index in whole.indices { whole[index] += sums[index] }
    }
    report.rows.append(total(.total, "Total", whole))
    if open.isEmpty { report.notes.append("No bill is open.") }
    return report
  }

  private static func total(_ kind: Report.RowKind, _ title: String, _ sums: [Money]) -> Report.Row
  {
    Report.Row(kind, [.text(title), .none, .none] + sums.map(Report.Cell.money))
  }
}
