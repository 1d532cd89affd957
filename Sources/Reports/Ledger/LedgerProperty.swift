// Properties and owners, and what was agreed with them.
import Domain

/// Who gets what of a property between two days.
public struct OwnerShare: Sendable, Hashable {
  /// The owner's number in ``LedgerSnapshot/owners``.
  public var owner: Int
  /// The share of income; nil while nobody has entered it.
  public var ownership: Percent?
  /// The share of what is paid out; nil while nobody has entered it.
  public var disbursement: Percent?
  /// The first day.
  public var from: CalendarDate
  /// The last day; nil while it lasts.
  public var to: CalendarDate?
  /// Whether this is the owner to talk to.
  public var isPrimary: Bool

  /// A share.
  public init(
    owner: Int, ownership: Percent?, disbursement: Percent?, from: CalendarDate,
    to: CalendarDate?, isPrimary: Bool = false
  ) {
    (self.owner, self.ownership, self.disbursement) = (owner, ownership, disbursement)
    (self.from, self.to, self.isPrimary) = (from, to, isPrimary)
  }

  /// Whether it holds on a day.
  public func holds(on day: CalendarDate) -> Bool { from <= day && to.map { day <= $0 } ?? true }
}

/// What the manager takes.
public struct FeePolicy: Sendable, Hashable {
  /// `percent`, `percent_min` or `flat`.
  public var type: String
  /// The part of the base.
  public var percent: Percent?
  /// The least that is charged.
  public var minimum: Money?
  /// A fixed amount.
  public var flat: Money?
  /// The accounts whose receipts are the base, by Buildium's numbers; empty for all revenue.
  public var baseAccounts: [Int]

  /// A policy.
  public init(
    type: String, percent: Percent?, minimum: Money?, flat: Money?, baseAccounts: [Int]
  ) {
    (self.type, self.percent, self.minimum) = (type, percent, minimum)
    (self.flat, self.baseAccounts) = (flat, baseAccounts)
  }
}

/// How the money of a property is distributed, between two days.
public struct DrawPolicy: Sendable, Hashable {
  /// Whether the reserve is restored before the percentage is taken, or after.
  public enum Order: String, Sendable, Hashable {
    case reserveThenPercent = "reserve_then_percent"
    case percentThenReserve = "percent_then_reserve"
  }

  /// Lower comes first; the first gives the reserve and what is held back.
  public var priority = 0
  /// The first day.
  public var from: CalendarDate
  /// The last day; nil while it lasts.
  public var to: CalendarDate?
  /// The cash that stays.
  public var reserveTarget: Money
  /// The part of the income that is paid out.
  public var percent: Percent
  /// Whether unpaid bills are held back.
  public var holdsUnpaidBills: Bool
  /// Whether received money that is not at the bank yet is held back.
  public var holdsUndeposited: Bool
  /// Whether a loss is carried into the next month.
  public var carriesForwardLoss: Bool
  /// Whether the reserve comes before the percentage.
  public var order = Order.reserveThenPercent
  /// What the manager takes; nil for nothing.
  public var fee: FeePolicy?

  /// A policy.
  public init(
    from: CalendarDate, to: CalendarDate? = nil, reserveTarget: Money, percent: Percent,
    holdsUnpaidBills: Bool, holdsUndeposited: Bool, carriesForwardLoss: Bool, fee: FeePolicy?
  ) {
    (self.from, self.to, self.reserveTarget) = (from, to, reserveTarget)
    (self.percent, self.holdsUnpaidBills) = (percent, holdsUnpaidBills)
    (self.holdsUndeposited, self.carriesForwardLoss) = (holdsUndeposited, carriesForwardLoss)
    self.fee = fee
  }

  /// What holds where nobody has decided anything: all of it, the reserve first, everything held.
  ///
  /// - Parameter reserve: what the property's own record says stays.
  public static func standard(reserve: Money) -> DrawPolicy {
    DrawPolicy(
      from: .distantPast, reserveTarget: max(.zero, reserve), percent: .whole,
      holdsUnpaidBills: true, holdsUndeposited: true, carriesForwardLoss: true, fee: nil)
  }

  /// Whether it holds on a day.
  public func holds(on day: CalendarDate) -> Bool { from <= day && to.map { day <= $0 } ?? true }
}

/// What a person decided for one owner on top of the property's policy.
public struct DrawRule: Sendable, Hashable {
  /// What the rule does with the money that is available.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Pays a fixed amount.
    case fixed
    /// Pays a part of the income after the reserve, by the owner's share.
    case percentOfNOI = "percent_of_noi"
    /// Pays all that is left.
    case residual
    /// Pays what is missing up to an amount.
    case minimum
    /// Pays no more than an amount.
    case maximum
    /// Pays nothing: a dispute, an address that is not known.
    case hold
    /// Keeps an amount back before anything is paid.
    case reserveContribution = "reserve_contribution"
  }

  /// Its id in the store.
  public var id: String
  /// What it does.
  public var kind: Kind
  /// The owner it is about, by number.
  public var owner: Int
  /// Lower comes first.
  public var priority: Int
  /// The amount of a rule that has one.
  public var amount: Money
  /// The part of a rule that has one.
  public var percent: Percent
  /// The first day.
  public var from: CalendarDate
  /// The last day; nil while it lasts.
  public var to: CalendarDate?
  /// Why; shown with the draw.
  public var reason: String

  /// A rule.
  public init(
    id: String, kind: Kind, owner: Int, priority: Int, amount: Money = .zero,
    percent: Percent = .whole, from: CalendarDate = .distantPast, to: CalendarDate? = nil,
    reason: String = ""
  ) {
    (self.id, self.kind, self.owner, self.priority) = (id, kind, owner, priority)
    (self.amount, self.percent, self.from, self.to) = (amount, percent, from, to)
    self.reason = reason
  }

  /// Whether it holds on a day.
  public func holds(on day: CalendarDate) -> Bool { from <= day && to.map { day <= $0 } ?? true }
}

/// A property with everything its figures depend on besides the ledger.
public struct LedgerProperty: Sendable, Hashable {
  /// Its number in Buildium; nil for one that is not known there.
  public var buildiumID: Int?
  /// Its id in the store.
  public var localID: String
  /// Its name.
  public var name: String
  /// Whether it is still managed, as its record says.
  public var isActive = true
  /// The account of its operating bank account, by number; nil when none is named.
  public var operatingAccount: Int?
  /// The first day of the management agreement; nil for always.
  public var agreementStart: CalendarDate?
  /// The last day of the management agreement; nil while it lasts.
  public var agreementEnd: CalendarDate?
  /// Who gets what, and when.
  public var shares: [OwnerShare] = []
  /// How its money is distributed; without any the standard holds.
  public var policies: [DrawPolicy] = []
  /// What was decided for owners; in the order of their priorities.
  public var rules: [DrawRule] = []
  /// The reserve its own record names.
  public var reserve = Money.zero

  /// A property.
  public init(buildiumID: Int?, localID: String, name: String) {
    (self.buildiumID, self.localID, self.name) = (buildiumID, localID, name)
  }

  /// The number to show: Buildium's, or the store's.
  public var id: String { buildiumID.map(String.init) ?? localID }

  /// The shares that hold on a day, in the order of their owners.
  public func shares(on day: CalendarDate) -> [OwnerShare] {
    shares.filter { $0.holds(on: day) }.sorted { $0.owner < $1.owner }
  }

  /// The policies that hold on a day, by priority; never empty.
  public func policies(on day: CalendarDate) -> [DrawPolicy] {
    let found = policies.filter { $0.holds(on: day) }.sorted {
      ($0.priority, $1.from) < ($1.priority, $0.from)
    }
    return found.isEmpty ? [.standard(reserve: reserve)] : found
  }
}

/// An owner.
public struct LedgerOwner: Sendable, Hashable {
  /// The number in Buildium; nil for one that is not known there.
  public var buildiumID: Int?
  /// The id in the store.
  public var localID: String
  /// What the owner is called.
  public var name: String

  /// An owner.
  public init(buildiumID: Int?, localID: String, name: String) {
    (self.buildiumID, self.localID, self.name) = (buildiumID, localID, name)
  }

  /// The number to show: Buildium's, or the store's.
  public var id: String { buildiumID.map(String.init) ?? localID }
}

extension CalendarDate {
  /// The first day of year 1: for rules that have always held.
  public static let distantPast = CalendarDate(daysSince1970: -719_162)
}
