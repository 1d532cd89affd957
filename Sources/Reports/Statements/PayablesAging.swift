// What is owed to vendors, and for how long it has been due.
import Domain

/// Unpaid bills by vendor and age.
public enum PayablesAging {
  private struct Open {
    var bill: LedgerBill
    var property: Int
    var amount: Money
    var vendor: String
  }

  /// The report, as of the last day of the scope. Ages count from the day a bill is due.
  ///
  /// Only approved bills are debts; what waits for approval is told in a note, and so is what the
  /// account of payables in the books has more or less than the debts.
  public static func report(_ scope: StatementScope, _ facts: StatementFacts) -> Report {
    var report = Report(
      name: "ap-aging", title: "AP aging", letterhead: scope.portfolio,
      scope: scope.heading(basis: false, asOf: true),
      columns: [
        Report.Column("Bill"), Report.Column("Property"),
        Report.Column("Due", .date, key: "due_date"), Report.Column("Remaining", .money),
        Report.Column("Current", .money), Report.Column("1-30", .money, key: "days_1_30"),
        Report.Column("31-60", .money, key: "days_31_60"),
        Report.Column("61-90", .money, key: "days_61_90"),
        Report.Column("Over 90", .money, key: "days_over_90"),
      ])
    let all = open(scope, facts)
    let debts = all.filter(\.bill.isApproved)
    let waiting = all.filter { !$0.bill.isApproved }
    var whole = [Money](repeating: .zero, count: 6)
    for (vendor, bills) in Dictionary(grouping: debts, by: \.vendor).sorted(by: { $0.key < $1.key })
    {
      report.addSection(vendor)
      var sums = [Money](repeating: .zero, count: 6)
      for item in bills.sorted(by: {
        ($0.bill.due ?? $0.bill.day, $0.bill.localID) < (
          $1.bill.due ?? $1.bill.day, $1.bill.localID
        )
      }) {
        let amounts = aged(item, on: scope.period.to)
        for index in sums.indices { sums[index] += amounts[index] }
        let reference = facts.parties[item.bill.localID]?.reference ?? ""
        report.rows.append(
          Report.Row(
            .line, depth: 1,
            [
              .text(reference.isEmpty ? item.bill.id : "\(item.bill.id) \(reference)"),
              .text(scope.ledger.properties[item.property].name),
              .date(item.bill.due ?? item.bill.day),
            ] + amounts.map { $0 == .zero ? .none : .money($0) },
            Report.Reference(
              property: scope.ledger.properties[item.property].id, bill: item.bill.id)))
      }
      report.rows.append(total(.subtotal, "Total \(vendor)", sums))
      for index in whole.indices { whole[index] += sums[index] }
    }
    report.rows.append(total(.total, "Total", whole))
    if debts.isEmpty { report.notes.append("No approved bill is open.") }
    report.notes += notes(scope, owed: whole[0], waiting)
    return report
  }

  private static func open(_ scope: StatementScope, _ facts: StatementFacts) -> [Open] {
    let wanted = Set(scope.properties)
    return scope.ledger.bills.flatMap { bill in
      bill.amounts.keys.sorted().compactMap { property in
        let amount = bill.remaining(property: property, on: scope.period.to)
        guard wanted.contains(property), amount != .zero else { return nil }
        let vendor = facts.parties[bill.localID]?.vendor ?? ""
        return Open(
          bill: bill, property: property, amount: amount,
          vendor: vendor.isEmpty ? "Vendor not known" : vendor)
      }
    }
  }

  /// The amount, and again below its age.
  private static func aged(_ item: Open, on day: CalendarDate) -> [Money] {
    let due = item.bill.due ?? item.bill.day
    let age = day.daysSince1970 - due.daysSince1970
    let bucket =
      age <= 0
      ? 0 : 1 + (LeaseBalance.ageDays.firstIndex { age <= $0 } ?? LeaseBalance.ageDays.count)
    var amounts = [Money](repeating: .zero, count: 6)
    (amounts[0], amounts[bucket + 1]) = (item.amount, item.amount)
    return amounts
  }

  private static func notes(_ scope: StatementScope, owed: Money, _ waiting: [Open]) -> [String] {
    var notes: [String] = []
    let unapproved = waiting.reduce(Money.zero) { $0 + $1.amount }
    if !waiting.isEmpty {
      let count = Set(waiting.map(\.bill.localID)).count
      notes.append(
        "\(count == 1 ? "1 bill is" : "\(count) bills are") not approved and not counted: "
          + "\(unapproved).")
    }
    let ledger = scope.ledger
    var books = Money.zero
    for property in scope.properties {
      for line in ledger.lines(
        ofProperty: property, in: Period(from: .distantPast, to: scope.period.to))
      where ledger.lines.isIn(.accrual, line)
        && ledger.accounts[Int(ledger.lines.account[line])].purpose == .accountsPayable
      {
        books += Money(minorUnits: -ledger.lines.debit[line])
      }
    }
    let difference = books - owed
    guard difference != .zero else { return notes }
    let rest = difference - unapproved
    var text =
      "Accounts payable in the books is \(books): \(difference.magnitude) "
      + (difference > .zero ? "more" : "less") + " than these bills."
    if unapproved != .zero { text += " Bills not approved are \(unapproved) of it." }
    if rest != .zero {
      text +=
        " \(rest.magnitude) \(rest < .zero ? "less" : "more") is left to explain: vendor credits not "
        + "applied, payments without a bill, entries into the account by hand."
    }
    notes.append(text)
    return notes
  }

  private static func total(_ kind: Report.RowKind, _ title: String, _ sums: [Money]) -> Report.Row
  {
    Report.Row(kind, [.text(title), .none, .none] + sums.map(Report.Cell.money))
  }
}
