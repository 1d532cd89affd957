// The lines of the ledger in columns: half a million of them in 12 MB, read in one pass.
import Domain

/// When income and cost count.
public enum Basis: String, Sendable, Hashable, CaseIterable {
  /// When money moves.
  case cash
  /// When it is charged or billed.
  case accrual

  var bit: UInt8 { self == .cash ? 1 : 2 }
}

/// The lines of posted transactions, by property, then day, then transaction.
///
/// A line is told by its place. Amounts are in cents, debits positive.
public struct LedgerLines: Sendable {
  /// Days since 1970-01-01.
  public internal(set) var day: [Int32] = []
  /// The transaction's number.
  public internal(set) var transaction: [Int32] = []
  /// The account's number.
  public internal(set) var account: [Int32] = []
  /// The property's number, or one of ``LedgerSnapshot/company`` and ``LedgerSnapshot/unassigned``.
  public internal(set) var property: [Int32] = []
  /// Cents, debits positive.
  public internal(set) var debit: [Int64] = []
  /// Bit 0 for cash, bit 1 for accrual, bit 2 for a leg that was added to complete the entry.
  public internal(set) var flags: [UInt8] = []

  static let derivedFlag: UInt8 = 4

  /// How many there are.
  public var count: Int { day.count }

  /// Whether a line counts in a basis.
  public func isIn(_ basis: Basis, _ line: Int) -> Bool { flags[line] & basis.bit != 0 }

  /// Whether the source did not give the line: it completes the double entry.
  public func isDerived(_ line: Int) -> Bool { flags[line] & Self.derivedFlag != 0 }

  mutating func append(
    day: Int32, transaction: Int32, account: Int32, property: Int32, debit: Int64, flags: UInt8
  ) {
    self.day.append(day)
    self.transaction.append(transaction)
    self.account.append(account)
    self.property.append(property)
    self.debit.append(debit)
    self.flags.append(flags)
  }

  mutating func reserve(_ count: Int) {
    day.reserveCapacity(count)
    transaction.reserveCapacity(count)
    account.reserveCapacity(count)
    property.reserveCapacity(count)
    debit.reserveCapacity(count)
    flags.reserveCapacity(count)
  }

  func permuted(_ order: [Int32]) -> LedgerLines {
    var result = LedgerLines()
    result.day = order.map { day[Int($0)] }
    result.transaction = order.map { transaction[Int($0)] }
    result.account = order.map { account[Int($0)] }
    result.property = order.map { property[Int($0)] }
    result.debit = order.map { debit[Int($0)] }
    result.flags = order.map { flags[Int($0)] }
    return result
  }
}

/// The transactions the lines belong to, in columns.
public struct LedgerTransactions: Sendable {
  /// Days since 1970-01-01.
  public internal(set) var day: [Int32] = []
  /// The place of the type's name in ``types``.
  public internal(set) var type: [UInt16] = []
  /// Buildium's number; 0 for one that is not known there.
  public internal(set) var buildiumID: [Int64] = []
  /// The lease's number in ``LedgerSnapshot/leases``; -1 for none.
  public internal(set) var lease: [Int32] = []
  /// When the source last changed it, in milliseconds since 1970; 0 when it does not say.
  public internal(set) var updated: [Int64] = []
  /// Ids in the store of those Buildium does not know, by number.
  public internal(set) var localIDs: [Int32: String] = [:]
  /// The names of the types.
  public internal(set) var types: [String] = []

  /// How many there are.
  public var count: Int { day.count }

  /// `Check`, `Payment`, …
  public func typeName(_ transaction: Int) -> String { types[Int(type[transaction])] }

  /// The number to show: Buildium's, or the store's.
  public func id(_ transaction: Int) -> String {
    let number = buildiumID[transaction]
    return number == 0 ? localIDs[Int32(transaction)] ?? "" : String(number)
  }
}
