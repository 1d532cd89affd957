// Whether a bill is paid, as of any day. Derived whenever it is asked, never stored as truth: whether
// a bill is overdue depends on the day (accounting facts, section 3.1).

/// Whether and how far a bill is paid.
public enum PayableStatus: String, Sendable, Hashable, CaseIterable {
  /// Not in the ledger: a draft, waiting, rejected, or dated after the day asked about.
  case unposted
  case due, overdue
  case partiallyPaid = "partially_paid"
  case paid, voided
  /// The bill takes another one back.
  case reversal

  /// Whether something is still to be paid.
  public var isOpen: Bool { self == .due || self == .overdue || self == .partiallyPaid }
}

/// How long a bill has been due.
public enum AgeBucket: String, Sendable, Hashable, CaseIterable, Comparable {
  case current
  case to30 = "1-30"
  case to60 = "31-60"
  case to90 = "61-90"
  case over90 = "90+"

  /// The bucket of a bill due on `due`, on the day `asOf`. A bill without a due day is current.
  public init(due: CalendarDate?, asOf: CalendarDate) {
    let days = due.map { asOf.daysSince1970 - $0.daysSince1970 } ?? 0
    self =
      switch days {
      case ...0: .current
      case ...30: .to30
      case ...60: .to60
      case ...90: .to90
      default: .over90
      }
  }

  /// The younger first.
  public static func < (left: AgeBucket, right: AgeBucket) -> Bool { left.order < right.order }

  private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What decides how far a bill is paid.
public struct PayableFacts: Sendable, Hashable {
  /// What is owed.
  public var total: Money
  /// The day it is dated.
  public var date: CalendarDate?
  /// The day it is due.
  public var dueDate: CalendarDate?
  /// Whether it stands in the ledger.
  public var isPosted: Bool
  /// Whether it reverses another one.
  public var isReversal: Bool
  /// The day it was voided; nil when it was not.
  public var voidedOn: CalendarDate?
  /// What was paid up to the day asked about.
  public var paid: Money
  /// What credits and refunds settle up to that day.
  public var credited: Money

  /// The facts of a bill.
  public init(
    total: Money, date: CalendarDate?, dueDate: CalendarDate?, isPosted: Bool,
    isReversal: Bool = false, voidedOn: CalendarDate? = nil, paid: Money = .zero,
    credited: Money = .zero
  ) {
    (self.total, self.date, self.dueDate, self.isPosted) = (total, date, dueDate, isPosted)
    (self.isReversal, self.voidedOn) = (isReversal, voidedOn)
    (self.paid, self.credited) = (paid, credited)
  }

  /// How far the bill is paid on a day (invariant I27).
  public func status(asOf day: CalendarDate) -> PayableStatus {
    if isReversal { return .reversal }
    if let voidedOn, voidedOn <= day { return .voided }
    if !isPosted { return .unposted }
    if let date, date > day { return .unposted }
    let settled = paid + credited
    if settled >= total { return .paid }
    if settled > .zero { return .partiallyPaid }
    if let dueDate, dueDate < day { return .overdue }
    return .due
  }

  /// What is still to be paid on a day; nothing of a voided bill.
  public func remaining(asOf day: CalendarDate) -> Money {
    status(asOf: day) == .voided ? .zero : total - paid - credited
  }

  /// How long it has been due on a day; nil when nothing is to be paid.
  public func ageBucket(asOf day: CalendarDate) -> AgeBucket? {
    status(asOf: day).isOpen ? AgeBucket(due: dueDate, asOf: day) : nil
  }
}
