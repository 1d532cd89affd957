// What an owner is told: for each property what came in, what went out, whose share it is, and what
// became of the money.
import Domain

/// The statement of one owner.
public enum OwnerStatement {
  /// The report. Income and cost are of the whole property; the share is the owner's.
  ///
  /// - Parameters:
  ///   - owner: the owner's number in the snapshot.
  ///   - shareOf: the owner's part of the net operating income of a property in the period, which
  ///     heeds changes of ownership and costs of one owner; nil when no share was ever entered.
  public static func report(
    _ scope: StatementScope, owner: Int, shareOf: (_ property: Int) -> Money?
  ) -> Report {
    let ledger = scope.ledger
    var heading = scope.heading()
    heading.insert("For \(ledger.owners[owner].name)", at: 1)
    var report = Report(
      name: "owner-statement", title: "Owner statement", scope: heading,
      columns: [Report.Column("Property / account"), Report.Column("Amount", .money)])
    var total = Money.zero
    var missing: [String] = []
    for property in scope.properties {
      let record = ledger.properties[property]
      report.addSection(record.name)
      let one = StatementScope(
        ledger, properties: [property], period: scope.period, basis: scope.basis,
        portfolio: scope.portfolio, dataAsOf: scope.dataAsOf)
      let cash = StatementScope(
        ledger, properties: [property], period: scope.period, basis: .cash,
        portfolio: scope.portfolio, dataAsOf: scope.dataAsOf)
      addIncome(one, to: &report)
      addMoney(cash, to: &report)
      if let share = shareOf(property) {
        report.add(
          .subtotal, depth: 1, "Your share of the net operating income\(percent(record, owner, scope))",
          amounts: [share])
        total += share
      } else {
        missing.append(record.name)
      }
    }
    report.add(.total, "Your share of all properties", amounts: [total])
    if scope.properties.isEmpty {
      report.notes.append("\(ledger.owners[owner].name) owned no property in this period.")
    }
    if !missing.isEmpty {
      report.notes.append(
        "No ownership percentage was entered for \(missing.joined(separator: ", ")), so no share "
          + "can be said.")
    }
    return report
  }

  /// The properties in which an owner had a share on a day of a period.
  public static func properties(_ ledger: LedgerSnapshot, of owner: Int, in period: Period) -> [Int] {
    ledger.properties.indices.filter { property in
      ledger.properties[property].shares.contains { share in
        share.owner == owner && share.from <= period.to
          && share.to.map { $0 >= period.from } ?? true
      }
    }.sorted { (ledger.properties[$0].name, $0) < (ledger.properties[$1].name, $1) }
  }

  private static func percent(_ property: LedgerProperty, _ owner: Int, _ scope: StatementScope)
    -> String
  {
    let held = property.shares.filter {
      $0.owner == owner && $0.from <= scope.period.to
        && $0.to.map { $0 >= scope.period.from } ?? true
    }
    // Where it changed within the period, one number would be wrong.
    guard held.count == 1, let ownership = held[0].ownership else { return "" }
    return " (\(ownership) %)"
  }

  private static func addIncome(_ scope: StatementScope, to report: inout Report) {
    var operating = Money.zero
    for (title, wanted, sign) in [
      ("Revenue", AccountClass.revenue, Int64(-1)),
      ("Operating expenses", .operatingExpense, 1),
    ] {
      var sums: [Int: Int64] = [:]
      scope.forEachLine(in: scope.period) { line in
        guard scope.ledger.accountClass(ofLine: line) == wanted else { return }
        sums[Int(scope.ledger.lines.account[line]), default: 0] += scope.ledger.lines.debit[line]
      }
      var subtotal = Money.zero
      for account in scope.ordered(sums.keys) where sums[account] != 0 {
        let amount = Money(minorUnits: sign * (sums[account] ?? 0))
        subtotal += amount
        report.add(.line, depth: 2, scope.title(account), amounts: [amount])
      }
      report.add(.subtotal, depth: 1, title, amounts: [subtotal])
      operating = wanted == .revenue ? operating + subtotal : operating - subtotal
    }
    report.add(.subtotal, depth: 1, "Net operating income", amounts: [operating])
  }

  /// The way of the owners' money from the first day to the last.
  private static func addMoney(_ scope: StatementScope, to report: inout Report) {
    let ledger = scope.ledger
    let property = scope.properties[0]
    let opening = ThreeWay.ownersMoney(ledger, property, to: scope.period.from.adding(days: -1))
    let closing = ThreeWay.ownersMoney(ledger, property, to: scope.period.to)
    var (draws, contributions) = (Money.zero, Money.zero)
    for line in ledger.lines(ofProperty: property, in: scope.period)
    where ledger.lines.isIn(.cash, line) {
      let amount = Money(minorUnits: ledger.lines.debit[line])
      switch ledger.accounts[Int(ledger.lines.account[line])].purpose {
      case .ownerDraw: draws += amount
      case .ownerContribution: contributions += -amount
      default: break
      }
    }
    report.add(.line, depth: 2, "Owners' money at the beginning", amounts: [opening])
    report.add(.line, depth: 2, "Paid in by owners", amounts: [contributions])
    report.add(.line, depth: 2, "Paid out to owners", amounts: [-draws])
    let rest = closing - opening - contributions + draws
    report.add(.line, depth: 2, "Everything else that came and went", amounts: [rest])
    report.add(.subtotal, depth: 1, "Owners' money at the end", amounts: [closing])
  }
}
