// What the manager may charge for a month.
import Domain

/// A property's management fee of a month.
public struct ManagementFeeRow: Sendable, Hashable {
  /// The property's number.
  public var property: Int
  /// The month.
  public var month: CalendarMonth
  /// What came in on the accounts that count.
  public var base: Money
  /// What earlier months returned more than they took in; zero or below.
  public var carriedBase: Money
  /// The part of the base; nil for a fixed fee, or one with a part for each slice.
  public var percent: Percent?
  /// What is charged.
  public var fee: Money
}

extension LedgerSnapshot {
  /// The fees of a month, for properties that have a policy and a base, a minimum or a fixed fee.
  ///
  /// The base is what was received while the property was managed, less what was given back, on the
  /// policy's accounts, unless the policy names another; a month that gave back more than it received
  /// charges nothing and lowers the next base. Rule: accounting facts, section 1.8.
  public func managementFees(_ month: CalendarMonth) -> [ManagementFeeRow] {
    properties.indices.compactMap { fee(property: $0, month) }
  }

  private func fee(property: Int, _ month: CalendarMonth) -> ManagementFeeRow? {
    guard let period = managed(property, month),
      let policy = properties[property].policies(on: period.to)[0].fee
    else { return nil }
    if policy.type == "flat" {
      let amount = policy.flat ?? .zero
      let fee =
        policy.isPerUnit
        ? Money(minorUnits: amount.minorUnits * Int64(properties[property].unitCount)) : amount
      let received = base(property, month, policy)
      guard fee != .zero || received != .zero else { return nil }
      return ManagementFeeRow(
        property: property, month: month, base: received, carriedBase: .zero, percent: nil,
        fee: fee)
    }
    var carried = Money.zero
    if let first = lines(ofProperty: property).first {
      let opening = CalendarMonth(
        containing: CalendarDate(daysSince1970: Int(lines.day[first])))
      for earlier in CalendarMonth.months(opening, through: month.adding(months: -1)) {
        carried = min(.zero, carried + base(property, earlier, policy))
      }
    }
    let received = base(property, month, policy)
    let base = max(.zero, received + carried)
    var fee = policy.percent?.rounded(of: base) ?? .zero
    switch policy.type {
    case "percent_min": fee = received == .zero ? .zero : max(fee, policy.minimum ?? .zero)
    case "tiered":
      fee = Self.tiered(base, policy.tiers)
      if received != .zero { fee = max(fee, policy.minimum ?? .zero) }
    default: break
    }
    guard fee != .zero || received != .zero else { return nil }
    return ManagementFeeRow(
      property: property, month: month, base: received, carriedBase: carried,
      percent: policy.type == "tiered" ? nil : policy.percent, fee: fee)
  }

  /// The parts of the slices of a base, each rounded half up.
  private static func tiered(_ base: Money, _ tiers: [FeePolicy.Tier]) -> Money {
    var (fee, floor) = (Money.zero, Money.zero)
    for tier in tiers {
      let end = min(base, tier.upTo ?? base)
      guard end > floor else { continue }
      fee += tier.percent.rounded(of: end - floor)
      floor = end
    }
    return fee
  }

  /// The days of a month in which the property was managed, from the first to the last.
  private func managed(_ property: Int, _ month: CalendarMonth) -> Period? {
    let parts = properties[property].subPeriods(of: month.period)
    guard let first = parts.first, let last = parts.last else { return nil }
    return Period(from: first.from, to: last.to)
  }

  private func base(_ property: Int, _ month: CalendarMonth, _ policy: FeePolicy) -> Money {
    guard let period = managed(property, month) else { return .zero }
    if policy.base == .scheduledRent { return expectedRent(property, month) }
    var codes: Set = [Int(AccountClass.revenue.code)]
    if policy.base == .grossReceipts { codes.insert(Int(AccountClass.nonOperatingIncome.code)) }
    let basis = policy.base == .billed ? Basis.accrual : .cash
    var sum = Money.zero
    for line in lines(ofProperty: property, in: period) where lines.isIn(basis, line) {
      let account = Int(lines.account[line])
      guard codes.contains(classCode(ofLine: line)),
        policy.base != .collectedRent || isRent(accounts[account]),
        policy.base == .grossReceipts || policy.baseAccounts.isEmpty
          || accounts[account].buildiumID.map(policy.baseAccounts.contains) == true
      else { continue }
      sum += Money(minorUnits: -lines.debit[line])
    }
    return sum
  }
}
