// What the NOI & Draws pane asks for: which months, on which basis, compared with what, and where in
// the figures.
import Domain
import Reports

/// The months a sheet is about, and what they are compared with.
public struct MonthQuery: Sendable, Hashable {
  /// What the months are compared with.
  public enum Comparison: String, Sendable, Hashable, CaseIterable {
    /// As many months right before.
    case previous
    /// The same months a year before.
    case lastYear = "last-year"
    case none
    /// What was to be expected of the months, as far as could be known before them.
    case forecast
    /// What owners plan: the table of forecasts in their base.
    case plan
    /// Months a person chose: as many, up to ``MonthQuery/pinned``.
    case pinned
  }

  /// The last month.
  public var last: CalendarMonth
  /// How many months, from 1 to ``countMax``.
  public var count = 1
  /// When income and cost count. Draws are always of the cash.
  public var basis = Basis.cash
  /// What the months are compared with.
  public var comparison = Comparison.previous
  /// The last of the months a person chose to compare with; nil for none.
  public var pinned: CalendarMonth?

  /// Two years.
  public static let countMax = 24
  /// So many months the small charts show.
  public static let trendCount = 12

  /// A month, on the cash basis, against the one before.
  public init(last: CalendarMonth) { self.last = last }

  /// The months, in order.
  public var months: [CalendarMonth] { Self.months(count, through: last) }

  /// The months they are compared with, in order; empty for no comparison.
  public var comparedMonths: [CalendarMonth] {
    switch comparison {
    case .previous: Self.months(count, through: last.adding(months: -count))
    case .lastYear: Self.months(count, through: last.adding(months: -12))
    case .pinned: pinned.map { Self.months(count, through: $0) } ?? []
    case .forecast, .plan, .none: []
    }
  }

  /// Goes on to the next thing to compare with.
  mutating func compareNext() {
    let all = Comparison.allCases.filter { $0 != .pinned || pinned != nil }
    comparison = all[((all.firstIndex(of: comparison) ?? 0) + 1) % all.count]
  }

  /// The months of the year up to the last one, or that one alone again.
  mutating func toggleYear() {
    let year = last.first.month
    count = count == year ? 1 : year
  }

  /// The months of the small charts, in order.
  public var trendMonths: [CalendarMonth] { Self.months(Self.trendCount, through: last) }

  private static func months(_ count: Int, through last: CalendarMonth) -> [CalendarMonth] {
    CalendarMonth.months(last.adding(months: 1 - count), through: last)
  }
}

/// Where in the figures: each line of one leads to another, down to the transactions.
public enum MonthPlace: Sendable, Hashable {
  /// Every property.
  case properties
  /// Every owner.
  case owners
  /// An owner's part of each property, by the owner's id; nil for what no owner is known of.
  case owner(String?)
  /// The accounts of a property, by its id.
  case property(String)
  /// The transactions behind what counts as income or cost of a property: of one account, by its id,
  /// or of all.
  case entries(property: String, AccountClass, account: String?)
  /// The same of an account and those below it in the chart.
  case branch(property: String, AccountClass, account: String)
  /// What the coming months may bring.
  case forecast
}

/// What the pane wants to know.
public struct MonthQuestion: Sendable, Hashable {
  /// Which months; nil for the last month anything was posted in, of those that have begun.
  public var query: MonthQuery?
  /// Where.
  public var place: MonthPlace
  /// The day by the person's clock.
  public var today: CalendarDate

  /// A question.
  public init(_ query: MonthQuery?, _ place: MonthPlace, today: CalendarDate) {
    (self.query, self.place, self.today) = (query, place, today)
  }
}
