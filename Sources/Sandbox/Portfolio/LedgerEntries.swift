import Domain

/// On which basis the books are read.
enum Basis: String, Sendable, CaseIterable {
  case cash = "Cash"
  case accrual = "Accrual"
}

// The books keep only what a message shows: the lines of one side, for cash and for accrual apart.
// The whole double entry follows from them: cash lines are met by a bank account or by undeposited
// funds, and what cash and accrual lines differ by stands in receivables or payables.
extension Portfolio {
  /// Calls `visit` with every entry of a transaction on a basis; their debits add up to zero for
  /// each entity.
  func forEachEntry(
    of transaction: LedgerTransaction, on basis: Basis,
    _ visit: (_ accountId: Int32, _ debit: Int64, _ entity: Entity) -> Void
  ) {
    let isJournal = transaction.type == .generalJournalEntry
    for line in transaction.lines where isJournal || line.isCash == (basis == .cash) {
      visit(line.accountId, line.debit, line.entity)
    }
    if isJournal { return }
    let bank = transaction.bankAccountGLId
    if transaction.type == .deposit, let bank {
      for item in transaction.items {
        visit(ChartOfAccounts.undeposited, -item.amount.minorUnits, item.entity)
        visit(bank, item.amount.minorUnits, item.entity)
      }
    }
    guard let first = transaction.lines.first else { return }
    if transaction.lines.allSatisfy({ $0.entity == first.entity }) {
      balance(transaction, transaction.lines[...], on: basis, visit)
    } else {
      for entity in transaction.entities {
        balance(
          transaction, transaction.lines.filter { $0.entity == entity }[...], on: basis, visit)
      }
    }
  }

  private func balance(
    _ transaction: LedgerTransaction, _ lines: ArraySlice<Posting>, on basis: Basis,
    _ visit: (_ accountId: Int32, _ debit: Int64, _ entity: Entity) -> Void
  ) {
    guard let entity = lines.first?.entity else { return }
    var cash: Int64 = 0
    var accrual: Int64 = 0
    for line in lines {
      if line.isCash { cash += line.debit } else { accrual += line.debit }
    }
    if cash != 0 { visit(cashAccount(of: transaction, for: entity), -cash, entity) }
    if basis == .accrual, cash != accrual {
      let control =
        transaction.leaseId == nil ? ChartOfAccounts.payable : ChartOfAccounts.receivable
      visit(control, cash - accrual, entity)
    }
  }

  /// Where the money of a transaction came to or went from.
  func cashAccount(of transaction: LedgerTransaction, for entity: Entity) -> Int32 {
    if let bank = transaction.bankAccountGLId { return bank }
    if transaction.type == .payment { return ChartOfAccounts.undeposited }
    guard entity.kind == .rental, let property = properties[entity.id],
      let bank = banks[property.operatingBankAccountId]
    else { return ChartOfAccounts.companyBank }
    return bank.accountId
  }

  /// A debit as a change of the account's normal balance.
  func natural(_ debit: Int64, of accountId: Int32) -> Money {
    let isDebitNormal = accounts[accountId]?.kind.isDebitNormal ?? true
    return Money(minorUnits: isDebitNormal ? debit : -debit)
  }

  /// The amount of a line as a message shows it.
  func shownAmount(
    of line: Posting, in type: TransactionType, _ convention: SignConvention
  ) -> Money {
    switch (convention, type.side) {
    case (.natural, _), (_, .natural): natural(line.debit, of: line.accountId)
    case (.magnitude, .debit): Money(minorUnits: line.debit)
    case (.magnitude, .credit): Money(minorUnits: -line.debit)
    }
  }

  /// What a tenant's ledger shows of a transaction: what raises the debt is positive.
  func ledgerLines(of transaction: LedgerTransaction) -> [(line: Posting, amount: Money)] {
    let isAccrued = transaction.type == .charge || transaction.type == .credit
    return transaction.lines.compactMap { line in
      if isAccrued {
        return line.isCash ? nil : (line, Money(minorUnits: -line.debit))
      }
      guard line.isCash else { return nil }
      if transaction.type == .applyDeposit, accounts[line.accountId]?.kind == .liability {
        return nil
      }
      return (line, Money(minorUnits: line.debit))
    }
  }

  /// What a transaction does to what the lease owes.
  func receivableChange(of transaction: LedgerTransaction) -> Money {
    guard transaction.leaseId != nil else { return .zero }
    var sum: Int64 = 0
    for line in transaction.lines { sum += line.isCash ? line.debit : -line.debit }
    return Money(minorUnits: sum)
  }
}

extension LedgerTransaction {
  /// Every entity of its lines, once, in order.
  var entities: [Entity] {
    lines.reduce(into: []) { list, line in
      if !list.contains(line.entity) { list.append(line.entity) }
    }
  }
}
