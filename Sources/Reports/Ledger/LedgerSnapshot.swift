// The ledger as the reports read it: one moment of the store, which nothing changes any more.
import Domain

/// Everything the figures of a month depend on, read from the store at one moment.
///
/// Accounts, properties, owners and leases are told by their places in the lists. Both bases are
/// whole double entry: what the source leaves out of one of them was added (``LedgerBuilder``).
public struct LedgerSnapshot: Sendable {
  /// The property of a line that is the company's own.
  public static let company: Int32 = -1
  /// The property of a line that names one the store does not know.
  public static let unassigned: Int32 = -2

  /// The chart of accounts.
  public let accounts: [LedgerAccount]
  /// The properties.
  public let properties: [LedgerProperty]
  /// The owners.
  public let owners: [LedgerOwner]
  /// The leases.
  public let leases: [LedgerLease]
  /// The bills.
  public let bills: [LedgerBill]
  /// The transactions.
  public let transactions: LedgerTransactions
  /// The lines.
  public let lines: LedgerLines
  /// What was set apart and counts nowhere.
  public let quarantined: [QuarantinedTransaction]

  /// What owners plan in their base, as it was read last.
  public var plan = PlannedAmounts()

  /// The lines of each property; the company's and the unassigned ones stand before them.
  let propertyLines: [Range<Int>]
  /// The lines that belong to one owner or a few, by property; with what each gets.
  let specificLines: [Int: [SpecificLine]]
  /// The class of each account where no decision changes it, by number.
  let classes: [UInt8]
  /// Whether decisions change an account's class, so that each line's day counts.
  let isDated: [Bool]
  /// The bills of each property, by number.
  let propertyBills: [Int: [Int]]

  struct SpecificLine: Sendable {
    let line: Int
    let shares: [SpecificShare]
  }

  /// The lines of a property in the order of their days.
  public func lines(ofProperty property: Int) -> Range<Int> { propertyLines[property] }

  /// The lines of a property in a period.
  public func lines(ofProperty property: Int, in period: Period) -> Range<Int> {
    let all = propertyLines[property]
    let days = period.days
    let start = firstLine(in: all, onOrAfter: days.lowerBound)
    return start..<firstLine(in: start..<all.upperBound, onOrAfter: days.upperBound + 1)
  }

  /// The first and the last day anything was posted for a property; nil without lines.
  public var period: Period? {
    guard let first = lines.day.min(), let last = lines.day.max() else { return nil }
    return Period(
      from: CalendarDate(daysSince1970: Int(first)), to: CalendarDate(daysSince1970: Int(last)))
  }

  /// What a line counts as on its day.
  public func accountClass(ofLine line: Int) -> AccountClass {
    let account = accounts[Int(lines.account[line])]
    return account.accountClass(on: CalendarDate(daysSince1970: Int(lines.day[line])))
  }

  func classCode(ofLine line: Int) -> Int {
    let account = Int(lines.account[line])
    return isDated[account]
      ? Int(accountClass(ofLine: line).code) : Int(classes[account])
  }

  /// The property with a number of Buildium's or an id of the store.
  public func property(_ id: String) -> Int? { properties.firstIndex { $0.id == id } }

  /// The owner with a number of Buildium's or an id of the store.
  public func owner(_ id: String) -> Int? { owners.firstIndex { $0.id == id } }

  private func firstLine(in range: Range<Int>, onOrAfter day: Int32) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if lines.day[middle] < day { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// What one owner gets of a transaction that is not shared by the general shares.
public struct SpecificShare: Sendable, Hashable {
  /// The owner's number.
  public var owner: Int
  /// How much of it.
  public var percent: Percent

  /// A share.
  public init(owner: Int, percent: Percent) { (self.owner, self.percent) = (owner, percent) }
}

/// A transaction whose meaning is not known: it counts nowhere until a person has looked at it.
public struct QuarantinedTransaction: Sendable, Hashable {
  /// Buildium's number, or the store's id.
  public var id: String
  /// `Check`, or a word this program has not met.
  public var type: String
  /// Its day; nil when it has none.
  public var day: CalendarDate?
  /// The properties its lines name, by number; empty for the company's own.
  public var properties: [Int]
  /// Why it was set apart, in words.
  public var reason: String

  /// A transaction that was set apart.
  public init(id: String, type: String, day: CalendarDate?, properties: [Int], reason: String) {
    (self.id, self.type, self.day) = (id, type, day)
    (self.properties, self.reason) = (properties, reason)
  }
}
