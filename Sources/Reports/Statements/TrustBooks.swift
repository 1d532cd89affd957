// Trust money seen from three sides that are computed apart from each other, so that they can differ:
// what stands at the banks, and whose it is.
import Domain

/// The sums the three-way reconciliation compares, at the end of a day, from the cash book.
struct TrustBooks {
  /// A movement of a bank account that its statement does not show yet.
  struct Item {
    let transaction: Int
    /// Cents; a deposit is positive.
    let amount: Money
  }

  /// What is held for one tenant.
  struct Tenancy {
    var deposit = Money.zero
    var prepaid = Money.zero
  }

  /// The balance of every account that holds money, with the company's part of it.
  private(set) var money: [Int: (all: Money, company: Money)] = [:]
  /// What is held by property and lease; the lease is -1 where a line names none.
  private(set) var tenancies: [Int: [Int: Tenancy]] = [:]
  /// Held for taxes and insurance, by property.
  private(set) var escrow: [Int: Money] = [:]
  /// Income of the manager that was not taken out, by property.
  private(set) var management: [Int: Money] = [:]
  /// The owners' money by property: what they paid in and earned, less what it cost and they took.
  /// No line of a bank is in it.
  private(set) var owners: [Int: Money] = [:]

  init(_ ledger: LedgerSnapshot, on day: CalendarDate) {
    let last = Int32(day.daysSince1970)
    for line in 0..<ledger.lines.count
    where ledger.lines.day[line] <= last && ledger.lines.isIn(.cash, line) {
      let account = Int(ledger.lines.account[line])
      let property = Int(ledger.lines.property[line])
      let debit = Money(minorUnits: ledger.lines.debit[line])
      if Self.isMoney(ledger.accounts[account]) {
        var sum = money[account] ?? (.zero, .zero)
        sum.all += debit
        if property == Int(LedgerSnapshot.company) { sum.company += debit }
        money[account] = sum
        continue
      }
      guard property >= 0 else { continue }
      let lease = Int(ledger.transactions.lease[Int(ledger.lines.transaction[line])])
      switch ledger.accounts[account].purpose {
      case .depositsHeld:
        tenancies[property, default: [:]][lease, default: Tenancy()].deposit += -debit
      case .prepaid:
        tenancies[property, default: [:]][lease, default: Tenancy()].prepaid += -debit
      case .escrow: escrow[property, default: .zero] += -debit
      default:
        if ledger.accountClass(ofLine: line) == .managementIncome {
          management[property, default: .zero] += -debit
        } else {
          owners[property, default: .zero] += -debit
        }
      }
    }
  }

  static func isMoney(_ account: LedgerAccount) -> Bool {
    account.purpose == .bank || account.purpose == .undepositedFunds
  }

  /// The movements of a bank account up to a day that its statement does not show.
  ///
  /// Nil when nobody marked anything in the account. What stands before the first mark was settled
  /// before anybody kept the register.
  ///
  /// - Parameter register: whether the bank has shown a transaction, by its id; a mark says how it
  ///   is now, for the day it cleared is not kept.
  static func open(
    _ ledger: LedgerSnapshot, account: Int, on day: CalendarDate, _ register: [String: Bool]
  ) -> [Item]? {
    let last = Int32(day.daysSince1970)
    var sums: [Int: Int64] = [:]
    for line in 0..<ledger.lines.count
    where Int(ledger.lines.account[line]) == account && ledger.lines.day[line] <= last
      && ledger.lines.isIn(.cash, line)
    {
      sums[Int(ledger.lines.transaction[line]), default: 0] += ledger.lines.debit[line]
    }
    let marked = sums.keys.filter { register[ledger.transactions.id($0)] != nil }
    guard let first = marked.map({ ledger.transactions.day[$0] }).min() else { return nil }
    return sums.compactMap { transaction, amount -> Item? in
      guard amount != 0, ledger.transactions.day[transaction] >= first,
        register[ledger.transactions.id(transaction)] != true
      else { return nil }
      return Item(transaction: transaction, amount: Money(minorUnits: amount))
    }.sorted {
      (ledger.transactions.day[$0.transaction], $0.transaction)
        < (ledger.transactions.day[$1.transaction], $1.transaction)
    }
  }
}
