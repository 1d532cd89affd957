// The cash of a property, and how much of it is the owner's.
import Domain

/// What stands on a property's accounts at the end of a day.
///
/// Money and liabilities are those of the cash book, receivables and payables those of the accrual
/// book. Rule: accounting facts, section 1.6.
public struct CashPosition: Sendable, Hashable {
  /// At the operating bank account.
  public var operating = Money.zero
  /// At other bank accounts: deposits held in trust.
  public var depositTrust = Money.zero
  /// Received and not at a bank yet.
  public var undeposited = Money.zero
  /// Owed to tenants: their deposits.
  public var depositsHeld = Money.zero
  /// Rent that was paid ahead.
  public var prepaid = Money.zero
  /// Income of the manager that was not paid out yet.
  public var managementIncomeHeld = Money.zero
  /// Set aside for taxes or insurance.
  public var escrowsHeld = Money.zero
  /// Owed by tenants.
  public var accountsReceivable = Money.zero
  /// Owed to vendors.
  public var accountsPayable = Money.zero
  /// Paid to owners since the books began.
  public var ownerDrawsPaid = Money.zero
  /// Paid in by owners since the books began.
  public var ownerContributions = Money.zero

  /// Nothing.
  public init() {}

  /// Money that is not the owner's to take.
  public var restricted: Money { depositsHeld + prepaid + managementIncomeHeld + escrowsHeld }

  /// All money less what is not the owner's.
  public var unrestricted: Money { operating + depositTrust + undeposited - restricted }

  /// Adds a line of the ledger.
  mutating func add(_ ledger: LedgerSnapshot, _ line: Int, operatingAccount: Int?) {
    let account = Int(ledger.lines.account[line])
    let debit = Money(minorUnits: ledger.lines.debit[line])
    let isCash = ledger.lines.isIn(.cash, line)
    let isAccrual = ledger.lines.isIn(.accrual, line)
    switch ledger.accounts[account].purpose {
    case .bank where isCash:
      // Where no operating account is named, every account is one.
      if operatingAccount == nil || operatingAccount == account {
        operating += debit
      } else {
        depositTrust += debit
      }
    case .undepositedFunds where isCash: undeposited += debit
    case .depositsHeld where isCash: depositsHeld += -debit
    case .prepaid where isCash: prepaid += -debit
    case .escrow where isCash: escrowsHeld += -debit
    case .accountsReceivable where isAccrual: accountsReceivable += debit
    case .accountsPayable where isAccrual: accountsPayable += -debit
    case .ownerDraw where isCash: ownerDrawsPaid += debit
    case .ownerContribution where isCash: ownerContributions += -debit
    default: break
    }
    if isCash, ledger.classCode(ofLine: line) == Int(AccountClass.managementIncome.code) {
      managementIncomeHeld += -debit
    }
  }
}

extension LedgerSnapshot {
  /// The cash of a property at the end of a day.
  public func cashPosition(property: Int, on day: CalendarDate) -> CashPosition {
    var position = CashPosition()
    let operating = properties[property].operatingAccount
    for line in lines(ofProperty: property, in: Period(from: .distantPast, to: day)) {
      position.add(self, line, operatingAccount: operating)
    }
    return position
  }

  /// What a property owes on approved bills at the end of a day.
  public func unpaidApprovedBills(property: Int, on day: CalendarDate) -> Money {
    (propertyBills[property] ?? []).reduce(.zero) {
      let bill = bills[$1]
      return bill.isApproved ? $0 + bill.remaining(property: property, on: day) : $0
    }
  }
}
