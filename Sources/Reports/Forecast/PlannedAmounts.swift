// What owners plan: the rows of their base's table of forecasts, beside what came.
import Domain

/// The rows of the table of forecasts, as they were read last.
public struct PlannedAmounts: Sendable, Hashable {
  /// A row.
  public struct Row: Sendable, Hashable {
    /// The property's number.
    public var property: Int
    /// The account's number.
    public var account: Int
    /// The day it is planned for.
    public var day: CalendarDate
    /// Positive for what increases the account: income that comes, cost that arises.
    public var amount: Money

    /// A row.
    public init(property: Int, account: Int, day: CalendarDate, amount: Money) {
      (self.property, self.account) = (property, account)
      (self.day, self.amount) = (day, amount)
    }
  }

  /// The rows.
  public var rows: [Row] = []
  /// When they were read; nil for never.
  public var readAt: Instant?

  /// None.
  public init() {}

  /// What is said beside figures that are compared with the plan.
  public var notes: [String] {
    guard let readAt else {
      return ["The table “Forecasts” of the Airtable base was not read yet, so nothing is planned."]
    }
    return ["The plan is the table “Forecasts” of the Airtable base, read \(readAt.secondsText)."]
  }
}

extension LedgerSnapshot {
  /// What is planned for a property in a period on accounts of a class, by account; positive for more
  /// income, and for more cost.
  public func planned(property: Int, period: Period, _ kind: AccountClass) -> [Int: Money] {
    var sums: [Int: Money] = [:]
    for row in plan.rows
    where row.property == property && period.contains(row.day)
      && accounts[row.account].accountClass(on: row.day) == kind
    {
      sums[row.account, default: .zero] += row.amount
    }
    return sums
  }

  /// The net operating income that is planned for a property in a period.
  public func plannedNOI(property: Int, period: Period) -> Money {
    func sum(_ kind: AccountClass) -> Money {
      planned(property: property, period: period, kind).values.reduce(.zero, +)
    }
    return sum(.revenue) - sum(.operatingExpense)
  }
}
