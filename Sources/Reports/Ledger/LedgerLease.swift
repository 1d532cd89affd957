// Leases and bills, as far as figures of the month depend on them.
import Domain

/// A lease.
public struct LedgerLease: Sendable, Hashable {
  /// Its number in Buildium; nil for one that is not known there.
  public var buildiumID: Int?
  /// Its id in the store.
  public var localID: String
  /// The property's number; nil when it is not known.
  public var property: Int?
  /// Buildium's number of the unit, or the store's id.
  public var unitID: String
  /// What the unit is called.
  public var unitName: String
  /// Who lives there.
  public var tenants: [String]
  /// The first day; nil when it is not known.
  public var start: CalendarDate?
  /// The last day; nil for at will.
  public var end: CalendarDate?
  /// `Active`, `Past`, `Future`.
  public var status: String
  /// The rent of a month.
  public var rent: Money
  /// The deposit that was agreed.
  public var deposit: Money

  /// A lease.
  public init(
    buildiumID: Int?, localID: String, property: Int?, unitID: String = "", unitName: String = "",
    tenants: [String] = [], start: CalendarDate?, end: CalendarDate?, status: String,
    rent: Money, deposit: Money = .zero
  ) {
    (self.buildiumID, self.localID, self.property) = (buildiumID, localID, property)
    (self.unitID, self.unitName, self.tenants) = (unitID, unitName, tenants)
    (self.start, self.end, self.status, self.rent) = (start, end, status, rent)
    self.deposit = deposit
  }

  /// The number to show: Buildium's, or the store's.
  public var id: String { buildiumID.map(String.init) ?? localID }

  /// Whether rent falls due on a day.
  public func isRunning(on day: CalendarDate) -> Bool {
    start.map { $0 <= day } ?? false && end.map { day <= $0 } ?? true && status != "Past"
  }
}

/// A bill with what was settled of it, per property.
public struct LedgerBill: Sendable, Hashable {
  /// What was settled on a day.
  public struct Settlement: Sendable, Hashable {
    /// The property's number.
    public var property: Int
    /// The day of the payment.
    public var day: CalendarDate
    /// The amount of the bill that it settled, by money and credits.
    public var amount: Money

    /// A settlement.
    public init(property: Int, day: CalendarDate, amount: Money) {
      (self.property, self.day, self.amount) = (property, day, amount)
    }
  }

  /// Its number in Buildium; nil for one that is not known there.
  public var buildiumID: Int?
  /// Its id in the store.
  public var localID: String
  /// The day it is dated.
  public var day: CalendarDate
  /// The day it is due; nil when it does not say.
  public var due: CalendarDate?
  /// What it amounts to in each property, by number.
  public var amounts: [Int: Money]
  /// Whether it was approved.
  public var isApproved: Bool
  /// The day it was voided; nil when it was not.
  public var voided: CalendarDate?
  /// What was settled of it.
  public var settlements: [Settlement]

  /// A bill.
  public init(
    buildiumID: Int?, localID: String, day: CalendarDate, due: CalendarDate?, amounts: [Int: Money],
    isApproved: Bool, voided: CalendarDate? = nil, settlements: [Settlement] = []
  ) {
    (self.buildiumID, self.localID, self.day, self.due) = (buildiumID, localID, day, due)
    (self.amounts, self.isApproved, self.voided) = (amounts, isApproved, voided)
    self.settlements = settlements
  }

  /// The number to show: Buildium's, or the store's.
  public var id: String { buildiumID.map(String.init) ?? localID }

  /// What a property still owes on it at the end of a day; zero when it is not a debt then.
  public func remaining(property: Int, on day: CalendarDate) -> Money {
    guard self.day <= day, voided.map({ day < $0 }) ?? true else { return .zero }
    let settled = settlements.reduce(Money.zero) {
      $1.property == property && $1.day <= day ? $0 + $1.amount : $0
    }
    return max(.zero, (amounts[property] ?? .zero) - settled)
  }
}
