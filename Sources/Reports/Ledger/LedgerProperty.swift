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

/// What the manager takes. Rule: accounting facts, section 1.8.
public struct FeePolicy: Sendable, Hashable {
  /// What a fee is a part of.
  public enum Base: String, Sendable, Hashable, CaseIterable {
    /// What was received on the accounts that count, less what was given back.
    case collected
    /// The same of the accounts of rent alone.
    case collectedRent = "collected_rent"
    /// What was charged on the accounts that count, paid or not.
    case billed
    /// The rent of the leases that run, by the days they run.
    case scheduledRent = "scheduled_rent"
    /// Everything received as income, above and below the line.
    case grossReceipts = "gross_receipts"
  }

  /// The part of a slice of the base.
  public struct Tier: Sendable, Hashable {
    /// Where the slice ends; nil for the last.
    public var upTo: Money?
    /// The part of it.
    public var percent: Percent

    /// A slice.
    public init(upTo: Money?, percent: Percent) { (self.upTo, self.percent) = (upTo, percent) }
  }

  /// `percent`, `percent_min`, `tiered` or `flat`.
  public var type: String
  /// What it is a part of.
  public var base = Base.collected
  /// The slices of a tiered fee, from the lowest; each part is of its own slice.
  public var tiers: [Tier] = []
  /// Whether a fixed amount is taken for each unit, not for the property.
  public var isPerUnit = false
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

  /// Reads what ``json`` wrote; nil for a document without a type.
  public init?(_ json: JSONValue) {
    guard let type = json["type"]?.string else { return nil }
    self.init(
      type: type, percent: json["percent"]?.string.flatMap { Percent($0) },
      minimum: json["minimum"]?.string.flatMap { Money($0) },
      flat: json["flat"]?.string.flatMap { Money($0) },
      baseAccounts: json["base_gl_account_ids"]?.array?.compactMap(\.int) ?? [])
    base = json["base"]?.string.flatMap { Base(rawValue: $0) } ?? .collected
    isPerUnit = json["per_unit"]?.bool ?? false
    tiers = (json["tiers"]?.array ?? []).compactMap { tier in
      tier["percent"]?.string.flatMap { Percent($0) }.map {
        Tier(upTo: tier["up_to"]?.string.flatMap { Money($0) }, percent: $0)
      }
    }
  }

  /// The policy as the store keeps it.
  public var json: JSONValue {
    [
      "type": .string(type), "percent": .optional(percent?.description),
      "minimum": .optional(minimum?.description), "flat": .optional(flat?.description),
      "base_gl_account_ids": .array(baseAccounts.map { .int($0) }),
      "base": .string(base.rawValue), "per_unit": .bool(isPerUnit),
      "tiers": .array(
        tiers.map {
          [
            "up_to": .optional($0.upTo?.description), "percent": .string($0.percent.description),
          ]
        }),
    ]
  }
}

/// How a month's income is divided when the owners of a property change within it. Rule: accounting
/// facts, section 1.4.
public enum OwnershipChangeRule: String, Sendable, Hashable, CaseIterable {
  /// Each posting belongs to who owned the property on its day.
  case transactionDate = "transaction_date"
  /// The month's income is divided by the days each has owned it, as some agree at closing.
  case daily
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
  /// How a month's income is divided when the owners change within it.
  public var ownershipChange = OwnershipChangeRule.transactionDate
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
  /// The group of properties it holds in; nil for one property, or all of the owner's.
  public var group: String?

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
  /// How many units it has.
  public var unitCount = 0

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
