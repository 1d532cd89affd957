// The income statement: revenue less operating expenses is the net operating income; what lies below
// the line is shown apart.
import Domain

/// The income statement of a period beside another one.
public enum IncomeStatement {
  /// What the period is compared with.
  public enum Comparison: String, Sendable, Hashable, CaseIterable {
    case none
    /// So many months before.
    case previous
    /// The same months of the year before.
    case lastYear = "last-year"
    /// The year up to the period's end.
    case yearToDate = "year-to-date"
  }

  /// The statement.
  public static func report(_ scope: StatementScope, comparedWith comparison: Comparison) -> Report
  {
    let other = period(comparison, of: scope.period)
    var heading = scope.heading()
    if let other { heading.append("Compared with \(other)") }
    var columns = [
      Report.Column("Account"), Report.Column(scope.period.description, .money, key: "amount"),
    ]
    if let other {
      columns.append(Report.Column(other.description, .money, key: "compared"))
      if comparison != .yearToDate { columns.append(Report.Column("Change", .money)) }
    }
    var report = Report(
      name: "income-statement", title: "Income statement", letterhead: scope.portfolio,
      scope: heading, columns: columns)
    let periods = [scope.period] + (other.map { [$0] } ?? [])
    let sums = periods.map { byClass(scope, $0) }

    func amounts(_ values: [Money]) -> [Money] {
      guard values.count == 2, comparison != .yearToDate else { return values }
      return values + [values[0] - values[1]]
    }
    func section(_ title: String, _ wanted: AccountClass, sign: Int64) -> [Money] {
      report.addSection(title)
      let accounts = Set(sums.flatMap { ($0[wanted] ?? [:]).keys })
      var totals = [Money](repeating: .zero, count: periods.count)
      for account in scope.ordered(accounts) {
        let values = sums.map {
          Money(minorUnits: sign * ($0[wanted]?[account] ?? 0))
        }
        for index in values.indices { totals[index] += values[index] }
        if values.contains(where: { $0 != .zero }) {
          report.add(
            .line, depth: 1, scope.title(account), amounts: amounts(values),
            of: scope.reference(account: account))
        }
      }
      report.add(.subtotal, "Total \(title.lowercased())", amounts: amounts(totals))
      return totals
    }

    let revenue = section("Revenue", .revenue, sign: -1)
    let expenses = section("Operating expenses", .operatingExpense, sign: 1)
    let operating = zip(revenue, expenses).map { $0 - $1 }
    report.add(.total, "Net operating income", amounts: amounts(operating))
    let otherIncome = section("Non-operating income", .nonOperatingIncome, sign: -1)
    let otherExpenses = section("Non-operating expenses", .nonOperatingExpense, sign: 1)
    let net = operating.indices.map { operating[$0] + otherIncome[$0] - otherExpenses[$0] }
    report.add(.total, "Net income", amounts: amounts(net))

    let unknown = sums[0][.unknown] ?? [:]
    if !unknown.isEmpty {
      report.notes.append(
        "\(unknown.count) accounts of a type that is not known are left out: "
          + scope.ordered(unknown.keys).map { scope.title($0) }.joined(separator: ", ") + ".")
    }
    if !scope.isWhole || scope.properties.count > 1 {
      report.notes.append("Income the manager keeps is no income of the owners and is left out.")
    }
    return report
  }

  /// The days a period is compared with; nil for none.
  static func period(_ comparison: Comparison, of period: Period) -> Period? {
    let first = CalendarMonth(containing: period.from)
    let last = CalendarMonth(containing: period.to)
    let isMonths = period.from == first.first && period.to == last.last
    let count = CalendarMonth.months(first, through: last).count
    switch comparison {
    case .none: return nil
    case .previous:
      if isMonths {
        return Period(
          from: first.adding(months: -count).first, to: last.adding(months: -count).last)
      }
      let days = period.to.daysSince1970 - period.from.daysSince1970 + 1
      return Period(from: period.from.adding(days: -days), to: period.from.adding(days: -1))
    case .lastYear:
      func earlier(_ day: CalendarDate) -> CalendarDate {
        CalendarDate(year: day.year - 1, month: day.month, day: day.day) ?? day.adding(days: -366)
      }
      if isMonths {
        return Period(from: first.adding(months: -12).first, to: last.adding(months: -12).last)
      }
      return Period(from: earlier(period.from), to: earlier(period.to))
    case .yearToDate:
      return CalendarDate(year: period.to.year, month: 1, day: 1).map {
        Period(from: $0, to: period.to)
      }
    }
  }

  /// The properties' lines by class and account; the company's own belong to no property's income.
  private static func byClass(_ scope: StatementScope, _ period: Period)
    -> [AccountClass: [Int: Int64]]
  {
    var sums: [AccountClass: [Int: Int64]] = [:]
    let ledger = scope.ledger
    scope.forEachLine(in: period) { line in
      guard ledger.lines.property[line] >= 0 else { return }
      sums[ledger.accountClass(ofLine: line), default: [:]][
        Int(ledger.lines.account[line]), default: 0] += ledger.lines.debit[line]
    }
    return sums
  }
}
