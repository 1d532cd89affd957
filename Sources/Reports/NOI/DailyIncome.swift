// A month's income by days, for owners who agreed on that when a property was sold.
import Domain

/// What a part of a month gets of the whole month's income by its days.
struct DailyIncome: Sendable, Hashable {
  /// The part's net operating income.
  var amount: Money
  /// The whole month's.
  var ofMonth: Money
  /// The days of the part.
  var days: Int
  /// The days of the month that were managed.
  var daysOfMonth: Int
}

extension LedgerSnapshot {
  /// The net operating income of a part of a month where it is divided by days; nil where each posting
  /// belongs to its own day, which is the rule unless the owners change within the month under a policy
  /// that says otherwise.
  ///
  /// What belongs to one owner alone stays where it was posted; the rest of the month is divided by
  /// largest remainder, so that the parts add up to the month.
  func attributedIncome(
    property: Int, month: CalendarMonth, period: Period, basis: Basis
  ) -> DailyIncome? {
    guard properties[property].policies.contains(where: { $0.ownershipChange == .daily }) else {
      return nil
    }
    let parts = properties[property].subPeriods(of: month.period)
    guard properties[property].isDividedByDays(parts), let place = parts.firstIndex(of: period)
    else { return nil }
    var whole = Money.zero
    var pool = Money.zero
    var own: [Money] = []
    for part in parts {
      let income = figures(property: property, period: part, basis: basis).noi
      let specific = specificIncome(property: property, period: part, basis: basis).values
        .reduce(Money.zero, +)
      whole += income
      pool += income - specific
      own.append(specific)
    }
    let weights = parts.enumerated().map {
      LargestRemainder.Weight(id: $0.offset, weight: Int64($0.element.dayCount))
    }
    guard let shares = LargestRemainder.parts(of: pool, by: weights) else { return nil }
    return DailyIncome(
      amount: shares[place] + own[place], ofMonth: whole, days: period.dayCount,
      daysOfMonth: parts.reduce(0) { $0 + $1.dayCount })
  }
}

extension LedgerProperty {
  /// Whether others own the property in one of these parts than in the one before, under a policy that
  /// divides by days on the day they begin.
  fileprivate func isDividedByDays(_ parts: [Period]) -> Bool {
    zip(parts, parts.dropFirst()).contains { before, after in
      policies(on: after.from)[0].ownershipChange == .daily
        && !isSame(shares(on: before.from), shares(on: after.from))
    }
  }

  private func isSame(_ left: [OwnerShare], _ right: [OwnerShare]) -> Bool {
    left.map(\.owner) == right.map(\.owner) && left.map(\.ownership) == right.map(\.ownership)
      && left.map(\.disbursement) == right.map(\.disbursement)
  }
}

extension Period {
  /// How many days it has, the first and the last counted.
  fileprivate var dayCount: Int { to.daysSince1970 - from.daysSince1970 + 1 }
}
