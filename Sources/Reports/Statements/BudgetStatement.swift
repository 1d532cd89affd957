// What was to be expected of some months beside what came, account by account.
import Domain

/// The forecast of a period beside what really happened, in the cash book.
///
/// The forecast is made with what was known before the period: rent from the leases, all else from the
/// average of the months before (``LedgerSnapshot/forecast(after:months:)``).
public enum BudgetStatement {
  private struct Line {
    var title: String
    var account: Int?
    var expected: Money
    var actual: Money
  }

  /// What owners plan in their base's table of forecasts beside what happened, account by account; on the
  /// basis that is asked for.
  public static func planReport(_ scope: StatementScope) -> Report {
    let ledger = scope.ledger
    var report = Report(
      name: "budget", title: "Plan against actual", letterhead: scope.portfolio,
      scope: scope.heading(), columns: columns("Plan"))
    addSections(to: &report, scope) { kind in
      var planned: [Int: Money] = [:]
      var actual: [Int: Money] = [:]
      for property in scope.properties {
        planned.merge(
          ledger.planned(property: property, period: scope.period, kind), uniquingKeysWith: +)
        let amounts = ledger.accountAmounts(
          property: property, period: scope.period, basis: scope.basis)
        actual.merge(amounts, uniquingKeysWith: +)
      }
      let accounts = Set(planned.keys).union(actual.keys).filter {
        planned[$0] != nil || ledger.accounts[$0].accountClass(on: scope.period.to) == kind
      }
      return scope.ordered(accounts).map { account in
        Line(
          title: scope.title(account), account: account, expected: planned[account] ?? .zero,
          actual: actual[account] ?? .zero)
      }
    }
    report.notes = ledger.plan.notes
    return report
  }

  /// Revenue and operating expenses line by line, and what is left.
  private static func addSections(
    to report: inout Report, _ scope: StatementScope, _ lines: (AccountClass) -> [Line]
  ) {
    func section(_ title: String, _ lines: [Line]) -> (expected: Money, actual: Money) {
      report.addSection(title)
      var sum = (expected: Money.zero, actual: Money.zero)
      for line in lines {
        sum = (sum.expected + line.expected, sum.actual + line.actual)
        report.rows.append(
          row(
            .line, line.title, line.expected, line.actual, scope.reference(account: line.account)))
      }
      report.rows.append(row(.subtotal, "Total \(title.lowercased())", sum.expected, sum.actual))
      return sum
    }
    let revenue = section("Revenue", lines(.revenue))
    let expenses = section("Operating expenses", lines(.operatingExpense))
    report.rows.append(
      row(
        .total, "Net operating income", revenue.expected - expenses.expected,
        revenue.actual - expenses.actual))
  }

  private static func columns(_ expected: String) -> [Report.Column] {
    [
      Report.Column("Account"), Report.Column(expected, .money), Report.Column("Actual", .money),
      Report.Column("Difference", .money),
      Report.Column("Actual of \(expected.lowercased())", .percent, key: "percent"),
    ]
  }

  /// The report over whole months.
  public static func report(_ scope: StatementScope) -> Report {
    let cash = scope.narrowed(basis: .cash)
    let ledger = scope.ledger
    let months = CalendarMonth.months(
      CalendarMonth(containing: scope.period.from),
      through: CalendarMonth(containing: scope.period.to)
    )
    let before = (months.first ?? CalendarMonth(containing: scope.period.from)).adding(months: -1)
    let forecast = ledger.forecast(after: before, months: months.count)
    let history = history(ledger, before)
    var report = Report(
      name: "budget", title: "Forecast against actual", letterhead: scope.portfolio,
      scope: cash.heading(),
      columns: columns("Forecast"))
    let earlier = history.map { amounts(cash, $0.period) } ?? [:]
    let actual = amounts(cash, scope.period)
    let wanted = Set(scope.properties)
    let rent = forecast.rows.reduce(Money.zero) {
      wanted.contains($1.property) ? $0 + $1.rent : $0
    }
    addSections(to: &report, cash) { part in
      let accounts = Set(earlier.keys).union(actual.keys).filter {
        ledger.accounts[$0].accountClass(on: scope.period.to) == part
      }
      var lines: [Line] = []
      if part == .revenue {
        let paid = accounts.filter { ledger.isRent(ledger.accounts[$0]) }
        lines.append(
          Line(
            title: "Rent", account: paid.count == 1 ? paid.first : nil, expected: rent,
            actual: paid.reduce(.zero) { $0 + (actual[$1] ?? .zero) }))
      }
      for account in cash.ordered(accounts)
      where part != .revenue || !ledger.isRent(ledger.accounts[account]) {
        lines.append(
          Line(
            title: cash.title(account), account: account,
            expected: average(
              earlier[account] ?? .zero, of: history?.count ?? 1, times: months.count),
            actual: actual[account] ?? .zero))
      }
      return lines
    }
    report.notes = forecast.assumptions
    return report
  }

  /// The months an average is of, with their number; nil when the books begin later.
  private static func history(_ ledger: LedgerSnapshot, _ last: CalendarMonth) -> (
    period: Period, count: Int
  )? {
    let months = ledger.forecastHistory(through: last)
    guard let first = months.first, let last = months.last else { return nil }
    return (Period(from: first.first, to: last.last), months.count)
  }

  private static func amounts(_ scope: StatementScope, _ period: Period) -> [Int: Money] {
    var sums: [Int: Money] = [:]
    for property in scope.properties {
      sums.merge(
        scope.ledger.accountAmounts(property: property, period: period, basis: .cash),
        uniquingKeysWith: +)
    }
    return sums
  }

  /// So many times the average of an amount over some months, rounded once, halves away from zero.
  private static func average(_ amount: Money, of months: Int, times count: Int) -> Money {
    let (units, divisor) = (Int128(amount.minorUnits.magnitude) * Int128(count), Int128(months))
    let rounded = Int64((units * 2 + divisor) / (divisor * 2))
    return Money(minorUnits: amount < .zero ? -rounded : rounded)
  }

  private static func row(
    _ kind: Report.RowKind, _ title: String, _ forecast: Money, _ actual: Money,
    _ reference: Report.Reference = Report.Reference()
  ) -> Report.Row {
    Report.Row(
      kind, depth: kind == .line ? 1 : 0,
      [
        .text(title), .money(forecast), .money(actual), .money(actual - forecast),
        percent(actual, of: forecast),
      ], reference)
  }

  /// To a tenth of a per cent; nothing where nothing was expected or a sign makes it meaningless.
  private static func percent(_ actual: Money, of forecast: Money) -> Report.Cell {
    guard forecast > .zero, actual >= .zero else { return .none }
    let tenths = (Int128(actual.minorUnits) * 2000 / Int128(forecast.minorUnits) + 1) / 2
    guard tenths < 1_000_000 else { return .none }
    return .percent(Percent(units: Int64(tenths) * (Percent.unitsPerPercent / 10)))
  }
}
