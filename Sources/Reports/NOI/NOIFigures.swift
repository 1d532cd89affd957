// Net operating income of a property in a period.
import Domain

/// What a property earned and cost, above and below the line.
public struct NOIFigures: Sendable, Hashable {
  /// Rent, fees, reimbursements.
  public var revenue = Money.zero
  /// What it cost to run the property.
  public var operatingExpenses = Money.zero
  /// Income below the line.
  public var nonOperatingIncome = Money.zero
  /// Costs below the line.
  public var nonOperatingExpenses = Money.zero
  /// What the manager keeps; part of no other figure.
  public var managementIncome = Money.zero
  /// Moved on accounts whose type is not known; part of no other figure.
  public var unclassified = Money.zero

  /// Nothing.
  public init() {}

  /// Revenue less operating expenses.
  public var noi: Money { revenue - operatingExpenses }

  /// The net operating income with what stands below the line.
  public var netIncome: Money { noi + nonOperatingIncome - nonOperatingExpenses }

  /// The sums.
  public static func + (left: NOIFigures, right: NOIFigures) -> NOIFigures {
    var sum = left
    sum.revenue += right.revenue
    sum.operatingExpenses += right.operatingExpenses
    sum.nonOperatingIncome += right.nonOperatingIncome
    sum.nonOperatingExpenses += right.nonOperatingExpenses
    sum.managementIncome += right.managementIncome
    sum.unclassified += right.unclassified
    return sum
  }
}

extension LedgerSnapshot {
  /// The figures of a property in a period.
  public func figures(property: Int, period: Period, basis: Basis) -> NOIFigures {
    figures(ofLines: lines(ofProperty: property, in: period), basis: basis)
  }

  func figures(ofLines range: Range<Int>, basis: Basis) -> NOIFigures {
    var sums = (0, 0, 0, 0, 0, 0, 0) as (Int64, Int64, Int64, Int64, Int64, Int64, Int64)
    let bit = basis.bit
    withUnsafeMutableBytes(of: &sums) { bytes in
      let sums = bytes.assumingMemoryBound(to: Int64.self)
      for line in range where lines.flags[line] & bit != 0 {
        let account = Int(lines.account[line])
        let code = isDated[account] ? classCode(ofLine: line) : Int(classes[account])
        sums[code] &+= lines.debit[line]
      }
    }
    var figures = NOIFigures()
    figures.revenue = Money(minorUnits: -sums.0)
    figures.operatingExpenses = Money(minorUnits: sums.1)
    figures.nonOperatingIncome = Money(minorUnits: -sums.2)
    figures.nonOperatingExpenses = Money(minorUnits: sums.3)
    figures.managementIncome = Money(minorUnits: -sums.4)
    figures.unclassified = Money(minorUnits: sums.6)
    return figures
  }

  /// What moved on each account of the figures of a period, by the account's number.
  ///
  /// Income is positive when it came in, cost when it went out. The manager's income and accounts
  /// of the balance sheet are left out, and so are accounts whose lines cancel out.
  public func accountAmounts(property: Int, period: Period, basis: Basis) -> [Int: Money] {
    var amounts: [Int: Money] = [:]
    for line in lines(ofProperty: property, in: period) where lines.isIn(basis, line) {
      guard let sign = sign(ofClass: classCode(ofLine: line)) else { continue }
      amounts[Int(lines.account[line]), default: .zero] +=
        Money(minorUnits: sign * lines.debit[line])
    }
    return amounts.filter { $0.value != .zero }
  }

  /// Whether an amount of the figures grows with credits (-1) or debits (1); nil outside of them.
  private func sign(ofClass code: Int) -> Int64? {
    switch code {
    case 0, 2: -1
    case 1, 3: 1
    default: nil
    }
  }

  // MARK: Behind a figure

  /// The lines behind the amount of an account, or of all accounts of a class.
  ///
  /// - Parameters:
  ///   - accountClass: only lines that count as this on their day; nil for any.
  ///   - account: only lines of this account; nil for any.
  public func entries(
    property: Int, period: Period, basis: Basis, accountClass: AccountClass? = nil,
    account: Int? = nil
  ) -> [LedgerEntry] {
    let code = accountClass.map { Int($0.code) }
    var entries: [LedgerEntry] = []
    for line in lines(ofProperty: property, in: period) where lines.isIn(basis, line) {
      guard account.map({ $0 == Int(lines.account[line]) }) ?? true,
        code.map({ $0 == classCode(ofLine: line) }) ?? true
      else { continue }
      entries.append(entry(ofLine: line))
    }
    return entries
  }

  /// A line with its account, transaction and amount.
  public func entry(ofLine line: Int) -> LedgerEntry {
    let (account, transaction) = (Int(lines.account[line]), Int(lines.transaction[line]))
    let sign: Int64 = accounts[account].isDebitNormal ? 1 : -1
    return LedgerEntry(
      line: line, account: account, transaction: transaction,
      transactionID: transactions.id(transaction), type: transactions.typeName(transaction),
      day: CalendarDate(daysSince1970: Int(lines.day[line])),
      amount: Money(minorUnits: sign * lines.debit[line]), isDerived: lines.isDerived(line))
  }
}

/// One line behind a figure: where it comes from, for looking it up at its source.
public struct LedgerEntry: Sendable, Hashable {
  /// The line's place in the ledger.
  public var line: Int
  /// The account's number.
  public var account: Int
  /// The transaction's number.
  public var transaction: Int
  /// Buildium's number of the transaction, or the store's id.
  public var transactionID: String
  /// `Check`, `Payment`, …
  public var type: String
  /// The day it is posted on.
  public var day: CalendarDate
  /// Positive when the account's balance grew.
  public var amount: Money
  /// Whether it was added to complete the entry; its source is the transaction as a whole.
  public var isDerived: Bool
}
