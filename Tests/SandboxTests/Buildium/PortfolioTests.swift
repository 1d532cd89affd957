import Domain
import Testing

@testable import Sandbox

@Suite("A made portfolio") struct PortfolioTests {
  /// All that a client can see of it.
  private func everything(_ portfolio: Portfolio) -> [[UInt8]] {
    let client = TestClient(portfolio)
    let accounts = portfolio.accounts.rows.map { "glaccountids=\($0.id)" }.joined(separator: "&")
    return [
      "/v1/rentals?limit=1000", "/v1/rentals/units?limit=1000", "/v1/rentals/owners?limit=1000",
      "/v1/leases?limit=1000", "/v1/leases/tenants?limit=1000", "/v1/vendors?limit=1000",
      "/v1/bills?paidstatus=Unpaid&limit=1000", "/v1/tasks?limit=1000", "/v1/workorders?limit=1000",
      "/v1/generalledger/transactions?\(wholeRange)&\(accounts)&limit=1000",
    ].map { client.get($0).bytes }
  }

  @Test("the same seed makes the same portfolio, another seed another")
  func determinism() {
    let first = everything(portfolio(seed: 11))
    #expect(first == everything(portfolio(seed: 11)))
    #expect(first != everything(portfolio(seed: 12)))
    #expect(first.allSatisfy { $0.count > 2 })
  }

  @Test(
    "it has the size asked for",
    arguments: [(1, 1), (1, 40), (5, 5), (30, 200)])
  func sizes(_ properties: Int, _ units: Int) {
    let made = portfolio(properties: properties, units: units, months: 2)
    #expect(made.properties.count == properties)
    #expect(made.units.count == units)
    let filled = Set(made.units.rows.map(\.propertyId))
    #expect(filled.count == properties)
    let owned = Set(made.owners.rows.flatMap(\.propertyIds))
    #expect(owned.count == properties)
  }

  @Test(
    "a full month has about as many transactions as were asked for",
    arguments: [400, 1500, 4000])
  func pace(_ target: Int) {
    let made = portfolio(properties: 100, units: 1500, months: 4, perMonth: target)
    let month = Month(of: Day(testDay)).adding(-1)
    let count = made.transactions.rows.count { $0.day >= month.first && $0.day <= month.last }
    #expect(count > target * 8 / 10 && count < target * 12 / 10, "\(count) of \(target)")
  }

  @Test("nothing is dated after its last day, and nothing was entered after it")
  func dates() {
    let made = portfolio()
    let today = Day(testDay)
    #expect(made.transactions.rows.allSatisfy { $0.day <= today })
    #expect(made.transactions.rows.allSatisfy { $0.updated.date <= testDay })
    #expect(made.tasks.rows.allSatisfy { $0.updated.date <= testDay })
    #expect(made.leases.rows.allSatisfy { $0.updated.date < testDay && $0.created.date < testDay })
    #expect(made.tenants.rows.allSatisfy { $0.updated.date < testDay })
    #expect(made.transactions.rows.contains { Day($0.updated.date) > $0.day })
  }

  @Test("it holds what readers trip over")
  func traps() {
    let made = portfolio(properties: 20, units: 150, months: 6)
    let leases = made.leases.rows
    let today = Day(testDay)
    #expect(leases.contains { $0.status == .past })
    #expect(leases.contains { $0.status == .future && $0.currentTenantIds.isEmpty })
    #expect(leases.contains { $0.termType == "MonthToMonth" })
    // Still called active, though it ended and everybody has left.
    let overstayed = leases.filter { lease in
      lease.status == .active && lease.currentTenantIds.isEmpty
        && lease.to.map { $0 < today } == true
    }
    #expect(!overstayed.isEmpty)
    #expect(leases.contains { $0.rent == nil && $0.deposit == nil })
    #expect(leases.contains { $0.occupants.count > 1 })
    #expect(made.owners.rows.contains { $0.propertyIds.count > 1 })
    #expect(made.properties.rows.contains { made.owners(of: $0.id).count > 1 })
    #expect(made.owners.rows.contains { $0.email == "" })
    #expect(made.tenants.rows.contains { $0.email == nil })
    #expect(made.tenants.rows.contains { $0.address == nil })
    let names = made.tenants.rows.map { $0.firstName + $0.lastName }
    #expect(names.contains { $0.contains("\u{1B}") && $0.contains("=HYPERLINK") })
    #expect(names.contains { $0.unicodeScalars.contains { $0.value == 0x301 } })
    #expect(names.contains { $0.contains("美咲") })
    #expect(names.contains { $0.contains("👩‍👩‍👧") })
    #expect(made.banks.rows.contains { $0.isLinked })
    #expect(made.accounts.rows.contains { $0.parentId != nil && !$0.isActive })
    let types = Set(made.transactions.rows.map(\.type))
    let wanted: Set<TransactionType> = [
      .charge, .payment, .reversePayment, .applyDeposit, .bill, .check, .vendorCredit, .deposit,
      .generalJournalEntry, .credit, .rentalApplicationFeePayment, .ownerContribution,
    ]
    #expect(wanted.subtracting(types).isEmpty, "missing \(wanted.subtracting(types))")
    #expect(made.billPayments.rows.contains { $0.billIds.count > 1 })
    #expect(made.billPayments.rows.contains { !$0.creditIds.isEmpty })
    #expect(made.bills.rows.contains { $0.paid > .zero && $0.paid < $0.total })
    #expect(made.properties.contains(1) && Entity.company.id == 1)
  }
}

@Suite("The books of a made portfolio") struct BooksTests {
  static let seeds: [UInt64] = [1, 2, 3, 99]

  private func sum(
    _ made: Portfolio, _ basis: Basis, _ account: Int32,
    where isIn: (LedgerTransaction) -> Bool = { _ in true }
  ) -> Int64 {
    var total: Int64 = 0
    for transaction in made.transactions.rows where isIn(transaction) {
      made.forEachEntry(of: transaction, on: basis) { id, debit, _ in
        if id == account { total += debit }
      }
    }
    return total
  }

  @Test(
    "debits equal credits in every transaction, for every entity, on both bases", arguments: seeds)
  func balanced(_ seed: UInt64) {
    let made = portfolio(seed: seed)
    for transaction in made.transactions.rows {
      for basis in Basis.allCases {
        var sums: [Entity: Int64] = [:]
        made.forEachEntry(of: transaction, on: basis) { sums[$2, default: 0] += $1 }
        #expect(
          sums.values.allSatisfy { $0 == 0 },
          "seed \(seed), transaction \(transaction.id), \(basis)")
      }
    }
  }

  @Test("receivables are what the leases owe, payables what is owed to vendors", arguments: seeds)
  func control(_ seed: UInt64) {
    let made = portfolio(seed: seed)
    let owed = made.debts().values.reduce(Money.zero) { $0 + $1.total }
    #expect(sum(made, .accrual, ChartOfAccounts.receivable) == owed.minorUnits)
    #expect(sum(made, .cash, ChartOfAccounts.receivable) == 0)
    let unpaid = made.bills.rows.reduce(Money.zero) { $0 + $1.total - $1.paid }
    let credits = made.credits.rows.filter { $0.refundBankAccountId == nil }
      .reduce(Money.zero) { $0 + $1.total - $1.applied }
    #expect(-sum(made, .accrual, ChartOfAccounts.payable) == (unpaid - credits).minorUnits)
    let waiting = made.transactions.rows.filter { $0.type == .payment && $0.depositId == nil }
      .reduce(Money.zero) { $0 + $1.total }
    #expect(sum(made, .cash, ChartOfAccounts.undeposited) == waiting.minorUnits)
  }

  @Test("cash and accrual differ by receivables and payables alone", arguments: seeds)
  func bases(_ seed: UInt64) {
    let made = portfolio(seed: seed)
    var difference: Int64 = 0
    for account in made.accounts.rows {
      difference += sum(made, .accrual, account.id) - sum(made, .cash, account.id)
      if account.isBank || account.id == ChartOfAccounts.undeposited {
        #expect(sum(made, .accrual, account.id) == sum(made, .cash, account.id))
      }
    }
    #expect(difference == 0)
    #expect(
      sum(made, .cash, ChartOfAccounts.rent) != sum(made, .accrual, ChartOfAccounts.rent))
  }

  @Test("the ages of a debt add up to it", arguments: seeds)
  func ages(_ seed: UInt64) {
    let debts = portfolio(properties: 20, units: 300, months: 6, seed: seed).debts()
    for (lease, debt) in debts where debt.total > .zero {
      let ages = debt.ages(on: Day(testDay))
      #expect(ages.reduce(Money.zero, +) == debt.total, "seed \(seed), lease \(lease)")
      #expect(ages.allSatisfy { $0 >= .zero })
    }
    #expect(debts.values.contains { $0.total > .zero && $0.ages(on: Day(testDay))[2] > .zero })
  }
}
