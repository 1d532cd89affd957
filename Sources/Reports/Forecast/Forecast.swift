// What the coming months may bring, from leases and from what recurred.
import Domain

/// A property's forecast of a month.
public struct ForecastRow: Sendable, Hashable {
  /// The property's number.
  public var property: Int
  /// The month.
  public var month: CalendarMonth
  /// Rent of leases that run, by the days they run.
  public var rent: Money
  /// Other operating income, as it was on average.
  public var otherIncome: Money
  /// Operating expenses, as they were on average.
  public var operatingExpenses: Money
  /// What is below the line and recurs: mortgages.
  public var belowTheLine: Money
  /// The owner's cash at the month's end, if nothing is drawn.
  public var cash: Money

  /// A row.
  public init(
    property: Int, month: CalendarMonth, rent: Money, otherIncome: Money, operatingExpenses: Money,
    belowTheLine: Money, cash: Money
  ) {
    (self.property, self.month, self.rent) = (property, month, rent)
    (self.otherIncome, self.operatingExpenses) = (otherIncome, operatingExpenses)
    (self.belowTheLine, self.cash) = (belowTheLine, cash)
  }

  /// Rent and other income less operating expenses.
  public var noi: Money { rent + otherIncome - operatingExpenses }
}

/// A forecast with what it assumes.
public struct Forecast: Sendable, Hashable {
  /// The rows, by property and month.
  public var rows: [ForecastRow]
  /// What was assumed, in words.
  public var assumptions: [String]

  /// A forecast.
  public init(rows: [ForecastRow], assumptions: [String]) {
    (self.rows, self.assumptions) = (rows, assumptions)
  }
}

extension LedgerSnapshot {
  /// Months looked back on for averages.
  public static let forecastHistoryMonths = 3

  /// The forecast of the months after one, on the basis of cash.
  ///
  /// Nothing is scaled by a trend: each figure is a lease's rent or an average of amounts that were
  /// posted, rounded to the cent, so that it can be explained.
  ///
  /// - Parameters:
  ///   - last: the last month that has happened.
  ///   - count: how many months to look ahead.
  public func forecast(after last: CalendarMonth, months count: Int) -> Forecast {
    let history = forecastHistory(through: last)
    let ahead = CalendarMonth.months(last.adding(months: 1), through: last.adding(months: count))
    var rows: [ForecastRow] = []
    for property in properties.indices where properties[property].isActive {
      let average = averages(property, history)
      var cash = cashPosition(property: property, on: last.last).unrestricted
      for month in ahead where !properties[property].subPeriods(of: month.period).isEmpty {
        let rent = expectedRent(property, month)
        cash += rent + average.income - average.expenses - average.below
        rows.append(
          ForecastRow(
            property: property, month: month, rent: rent, otherIncome: average.income,
            operatingExpenses: average.expenses, belowTheLine: average.below, cash: cash))
      }
    }
    return Forecast(rows: rows, assumptions: assumptions(history, last))
  }

  /// How many months are looked at for those averages are taken of.
  private static let forecastCandidates = 6
  /// A month with fewer postings than this part of the fullest is not one that happened whole: the
  /// opening of the books, or a month that is still going on.
  private static let forecastFullPart = 3

  /// The months averages are of: the last three that happened whole, one after another.
  func forecastHistory(through last: CalendarMonth) -> [CalendarMonth] {
    guard let begin = period.map({ CalendarMonth(containing: $0.from) }) else { return [] }
    let first = max(begin, last.adding(months: 1 - Self.forecastCandidates))
    let candidates = CalendarMonth.months(first, through: last)
    var postings: [Int: Int] = [:]
    for line in 0..<lines.count where lines.isIn(.cash, line) && classCode(ofLine: line) <= 1 {
      let day = Int(lines.day[line])
      guard let place = candidates.firstIndex(where: { $0.last.daysSince1970 >= day }),
        candidates[place].first.daysSince1970 <= day
      else { continue }
      postings[place, default: 0] += 1
    }
    let fullest = postings.values.max() ?? 0
    func isFull(_ place: Int) -> Bool {
      (postings[place] ?? 0) * Self.forecastFullPart >= fullest && fullest > 0
    }
    guard let from = candidates.indices.first(where: isFull),
      let to = candidates.indices.last(where: isFull)
    else { return [] }
    return Array(candidates[from...to].suffix(Self.forecastHistoryMonths))
  }

  private func assumptions(_ history: [CalendarMonth], _ last: CalendarMonth) -> [String] {
    var texts = [
      "Leases pay their rent in the month it is due; a part of a month counts by its days.",
      "A lease without an end, or that ends later, goes on; nobody moves in who has no lease yet.",
    ]
    if let first = history.first {
      texts.append(
        "Other income, expenses and what is below the line are the average of "
          + "\(history.count) months, \(first) to \(history.last ?? first), on the basis of cash.")
    } else {
      texts.append("There is no whole month before \(last.adding(months: 1)), so only rent counts.")
    }
    texts.append("Nothing is drawn, paid in or put aside; the reserve is not counted as spent.")
    return texts
  }

  /// Rent by the days of the month a lease runs, half a cent up (accounting facts, section 1.4).
  func expectedRent(_ property: Int, _ month: CalendarMonth) -> Money {
    let days = Int64(month.last.day)
    return leases.reduce(.zero) { sum, lease in
      guard lease.property == property, lease.status != "Past", let start = lease.start else {
        return sum
      }
      let (from, to) = (max(start, month.first), min(lease.end ?? month.last, month.last))
      guard from <= to else { return sum }
      let running = Int64(to.daysSince1970 - from.daysSince1970 + 1)
      return sum + Money(minorUnits: (lease.rent.minorUnits * running * 2 + days) / (days * 2))
    }
  }

  private func averages(_ property: Int, _ history: [CalendarMonth]) -> (
    income: Money, expenses: Money, below: Money
  ) {
    guard let first = history.first, let last = history.last else { return (.zero, .zero, .zero) }
    let period = Period(from: first.first, to: last.last)
    var sum = figures(property: property, period: period, basis: .cash)
    // Rent comes from the leases, so what was paid as rent is not counted twice.
    sum.revenue = entries(
      property: property, period: period, basis: .cash, accountClass: .revenue
    ).reduce(.zero) { isRent(accounts[$1.account]) ? $0 : $0 + $1.amount }
    func average(_ amount: Money) -> Money {
      let count = Int64(history.count)
      let magnitude = (amount.minorUnits.magnitude * 2 + UInt64(count)) / UInt64(count * 2)
      let units = Int64(magnitude)
      return Money(minorUnits: amount < .zero ? -units : units)
    }
    return (
      average(sum.revenue), average(sum.operatingExpenses),
      average(sum.nonOperatingExpenses - sum.nonOperatingIncome)
    )
  }

  func isRent(_ account: LedgerAccount) -> Bool {
    account.name.lowercased().hasPrefix("rent")
  }
}
