import Domain

/// What a lease owes, by account and by age.
struct Debt: Sendable {
  /// By account, in the order in which the accounts were first charged; none is zero.
  var accounts: [(accountId: Int32, amount: Money)] = []
  var charges: [(day: Day, amount: Money)] = []

  var total: Money { accounts.reduce(.zero) { $0 + $1.amount } }

  mutating func add(_ amount: Int64, on accountId: Int32) {
    if let index = accounts.firstIndex(where: { $0.accountId == accountId }) {
      accounts[index].amount.minorUnits += amount
    } else {
      accounts.append((accountId, Money(minorUnits: amount)))
    }
  }

  /// What is left of the charges after the oldest were paid first: up to 30 days old, to 60, to 90,
  /// and older. The four add up to the total.
  func ages(on today: Day) -> [Money] {
    var ages = [Money](repeating: .zero, count: 4)
    var left = total
    for charge in charges.sorted(by: { $0.day > $1.day }) where left > .zero {
      let part = min(charge.amount, left)
      let days = today.number - charge.day.number
      ages[days <= 30 ? 0 : days <= 60 ? 1 : days <= 90 ? 2 : 3] += part
      left = left - part
    }
    // More is owed than was ever charged only after a refund or a reversal; it counts as new.
    if left > .zero { ages[0] += left }
    return ages
  }
}

extension Portfolio {
  /// What every lease owes, credits included; leases without a ledger are left out.
  func debts() -> [Int32: Debt] {
    var debts: [Int32: Debt] = [:]
    for transaction in transactions.rows {
      guard let leaseId = transaction.leaseId else { continue }
      add(transaction, to: &debts[leaseId, default: Debt()])
    }
    for id in debts.keys { debts[id]?.accounts.removeAll { $0.amount == .zero } }
    return debts
  }

  func owed(by leaseId: Int32) -> Debt? {
    var debt = Debt()
    for transaction in transactions.rows where transaction.leaseId == leaseId {
      add(transaction, to: &debt)
    }
    debt.accounts.removeAll { $0.amount == .zero }
    return debt
  }

  private func add(_ transaction: LedgerTransaction, to debt: inout Debt) {
    for line in transaction.lines {
      debt.add(line.isCash ? line.debit : -line.debit, on: line.accountId)
    }
    if transaction.type == .charge { debt.charges.append((transaction.day, transaction.total)) }
  }

  /// What a liability account holds for a lease, on the cash basis; deposits taken over at the
  /// opening count as the lease says.
  func held(_ accountId: Int32, for lease: Lease) -> Money {
    var held: Int64 = 0
    for transaction in transactions.rows where transaction.leaseId == lease.id {
      for line in transaction.lines where line.isCash && line.accountId == accountId {
        held -= line.debit
      }
    }
    let opening = Month(of: Day(options.today)).adding(1 - options.months).first
    if accountId == ChartOfAccounts.depositLiability, lease.from < opening {
      held += lease.deposit?.minorUnits ?? 0
    }
    return Money(minorUnits: held)
  }
}
