import Domain

/// An amount for one account, before it becomes a posting.
struct Allocation: Sendable {
  var accountId: Int32
  var amount: Money
  var memo: String?
  var reference: String?
}

/// An amount for one account and one entity.
struct EntityAllocation: Sendable {
  var entity: Entity
  var accountId: Int32
  var amount: Money
  var memo: String?
  var reference: String?
}

// Every way money moves, each one transaction. The generator, the living portfolio and the requests
// of clients all post through here, so that the books hold whoever writes them.
extension Portfolio {
  /// Adds a transaction; `change` fills in what is special to it.
  @discardableResult
  mutating func post(
    _ type: TransactionType, on day: Day, memo: String?, total: Money, lines: [Posting],
    at stamp: Instant, _ change: (inout LedgerTransaction) -> Void = { _ in }
  ) -> Int32 {
    transactions.add { id in
      var transaction = LedgerTransaction(
        id: id, type: type, day: day, memo: memo, total: total, lines: lines, updated: stamp)
      change(&transaction)
      return transaction
    }
  }

  // MARK: Tenants

  func entity(of lease: Lease) -> Entity { .rental(lease.propertyId, unit: lease.unitId) }

  func chargeLines(_ lease: Lease, _ allocations: [Allocation], memo: String?) -> [Posting] {
    allocations.map {
      Posting(
        accountId: $0.accountId, debit: -$0.amount.minorUnits, isCash: false,
        entity: entity(of: lease), memo: $0.memo ?? memo, reference: $0.reference)
    }
  }

  @discardableResult
  mutating func charge(
    _ lease: Lease, _ allocations: [Allocation], on day: Day, memo: String?, at stamp: Instant,
    billId: Int32? = nil
  ) -> Int32 {
    let total = allocations.reduce(Money.zero) { $0 + $1.amount }
    return post(
      .charge, on: day, memo: memo, total: total,
      lines: chargeLines(lease, allocations, memo: memo), at: stamp
    ) {
      ($0.leaseId, $0.unitId, $0.billId) = (lease.id, lease.unitId, billId)
    }
  }

  /// Money paid in advance has no charge to meet, so it stands in both bases.
  func paymentLines(_ lease: Lease, _ allocations: [Allocation], memo: String?) -> [Posting] {
    allocations.flatMap { allocation in
      let cash = Posting(
        accountId: allocation.accountId, debit: -allocation.amount.minorUnits, isCash: true,
        entity: entity(of: lease), memo: allocation.memo ?? memo, reference: allocation.reference)
      guard allocation.accountId == ChartOfAccounts.prepayments else { return [cash] }
      var accrual = cash
      accrual.isCash = false
      return [accrual, cash]
    }
  }

  @discardableResult
  mutating func receivePayment(
    _ lease: Lease, _ allocations: [Allocation], on day: Day, method: String, memo: String?,
    reference: String?, tenantId: Int32?, at stamp: Instant
  ) -> Int32 {
    let total = allocations.reduce(Money.zero) { $0 + $1.amount }
    return post(
      .payment, on: day, memo: memo, total: total,
      lines: paymentLines(lease, allocations, memo: memo), at: stamp
    ) {
      ($0.leaseId, $0.unitId, $0.method) = (lease.id, lease.unitId, method)
      $0.payee = tenantId.map(LedgerTransaction.Payee.tenant)
      $0.reference = reference
    }
  }

  /// Takes a payment back from the bank.
  @discardableResult
  mutating func reversePayment(
    _ payment: LedgerTransaction, on day: Day, memo: String, at stamp: Instant
  ) -> Int32 {
    let lines = payment.lines.map { line in
      var line = line
      line.debit = -line.debit
      line.memo = memo
      return line
    }
    let id = post(
      .reversePayment, on: day, memo: memo, total: payment.total, lines: lines, at: stamp
    ) {
      ($0.leaseId, $0.unitId) = (payment.leaseId, payment.unitId)
      ($0.payee, $0.method) = (payment.payee, payment.method)
    }
    transactions.update(payment.id) { ($0.reversalId, $0.updated) = (id, stamp) }
    return id
  }

  /// Forgives part of what is owed.
  @discardableResult
  mutating func giveCredit(
    _ lease: Lease, _ allocations: [Allocation], on day: Day, memo: String?, at stamp: Instant
  ) -> Int32 {
    let total = allocations.reduce(Money.zero) { $0 + $1.amount }
    let lines = chargeLines(lease, allocations, memo: memo).map { line in
      var line = line
      line.debit = -line.debit
      return line
    }
    return post(.credit, on: day, memo: memo, total: total, lines: lines, at: stamp) {
      ($0.leaseId, $0.unitId) = (lease.id, lease.unitId)
    }
  }

  /// Pays money back to tenants from a bank account.
  @discardableResult
  mutating func refund(
    _ lease: Lease, _ allocations: [Allocation], on day: Day, memo: String?, check: String,
    from bank: BankAccount, to tenantIds: [Int32], address: Address?, at stamp: Instant
  ) -> Int32 {
    let total = allocations.reduce(Money.zero) { $0 + $1.amount }
    let lines = bothBases(
      allocations.map {
        EntityAllocation(
          entity: entity(of: lease), accountId: $0.accountId, amount: $0.amount,
          memo: $0.memo ?? memo, reference: $0.reference)
      })
    let id = post(.refund, on: day, memo: memo, total: total, lines: lines, at: stamp) {
      ($0.leaseId, $0.unitId) = (lease.id, lease.unitId)
      ($0.method, $0.checkNumber) = ("Check", check)
      $0.bankAccountGLId = bank.accountId
      $0.payee = tenantIds.first.map(LedgerTransaction.Payee.tenant)
    }
    refunds.append(
      RefundDetail(id: id, bankAccountId: bank.id, payeeIds: tenantIds, address: address))
    return id
  }

  /// The lines that turn a liability (a deposit held, rent paid in advance) into income.
  func applicationLines(
    _ lease: Lease, liability: Int32, _ allocations: [Allocation], memo: String?
  ) -> [Posting] {
    let total = allocations.reduce(Money.zero) { $0 + $1.amount }
    let taken = Posting(
      accountId: liability, debit: total.minorUnits, isCash: false, entity: entity(of: lease),
      memo: memo)
    var cash = taken
    cash.isCash = true
    return [taken, cash]
      + allocations.map {
        Posting(
          accountId: $0.accountId, debit: -$0.amount.minorUnits, isCash: true,
          entity: entity(of: lease), memo: $0.memo ?? memo)
      }
  }

  @discardableResult
  mutating func apply(
    liability: Int32, of lease: Lease, _ allocations: [Allocation], on day: Day, memo: String?,
    at stamp: Instant
  ) -> Int32 {
    post(
      .applyDeposit, on: day, memo: memo,
      total: allocations.reduce(.zero) { $0 + $1.amount },
      lines: applicationLines(lease, liability: liability, allocations, memo: memo), at: stamp
    ) {
      ($0.leaseId, $0.unitId) = (lease.id, lease.unitId)
      $0.isPrepayment = liability == ChartOfAccounts.prepayments
    }
  }

  // MARK: Banks

  /// Takes payments out of undeposited funds to the bank.
  @discardableResult
  mutating func deposit(
    _ paymentIds: [Int32], _ others: [EntityAllocation] = [], to bank: BankAccount, on day: Day,
    memo: String?, at stamp: Instant
  ) -> Int32 {
    let items = paymentIds.compactMap { transactions[$0] }.flatMap { payment in
      payment.entities.map { entity in
        LedgerTransaction.DepositItem(
          paymentId: payment.id, entity: entity,
          amount: Money(
            minorUnits: -payment.lines.filter { $0.isCash && $0.entity == entity }
              .reduce(0) { $0 + $1.debit }))
      }
    }
    let total =
      items.reduce(Money.zero) { $0 + $1.amount } + others.reduce(Money.zero) { $0 + $1.amount }
    let id = post(
      .deposit, on: day, memo: memo, total: total, lines: credited(others), at: stamp
    ) {
      ($0.items, $0.bankAccountGLId, $0.form) = (items, bank.accountId, .deposit)
    }
    for paymentId in paymentIds { transactions.update(paymentId) { $0.depositId = id } }
    return id
  }

  /// A check written without a bill: to a vendor, or to an owner as a draw.
  @discardableResult
  mutating func writeCheck(
    to payee: LedgerTransaction.Payee?, _ allocations: [EntityAllocation], from bank: BankAccount,
    on day: Day, number: String, memo: String?, at stamp: Instant
  ) -> Int32 {
    post(
      .check, on: day, memo: memo, total: allocations.reduce(.zero) { $0 + $1.amount },
      lines: bothBases(allocations), at: stamp
    ) {
      ($0.payee, $0.method, $0.checkNumber) = (payee, "Check", number)
      ($0.bankAccountGLId, $0.form) = (bank.accountId, .check)
    }
  }

  /// Money in or out of a bank account against one account: a quick deposit or a withdrawal.
  @discardableResult
  mutating func moveCash(
    _ form: LedgerTransaction.BankForm, _ allocation: EntityAllocation, at bank: BankAccount,
    on day: Day, memo: String?, stamp: Instant
  ) -> Int32 {
    post(
      .other, on: day, memo: memo, total: allocation.amount,
      lines: form == .withdrawal ? bothBases([allocation]) : credited([allocation]), at: stamp
    ) { ($0.bankAccountGLId, $0.form) = (bank.accountId, form) }
  }

  func transferLines(
    _ amount: Money, of entity: Entity, from: BankAccount, to: BankAccount, memo: String?
  ) -> [Posting] {
    [false, true].flatMap { isCash in
      [
        Posting(
          accountId: from.accountId, debit: -amount.minorUnits, isCash: isCash, entity: entity,
          memo: memo),
        Posting(
          accountId: to.accountId, debit: amount.minorUnits, isCash: isCash, entity: entity,
          memo: memo),
      ]
    }
  }

  /// Debits on both bases.
  func bothBases(_ allocations: [EntityAllocation]) -> [Posting] {
    allocations.flatMap { allocation in
      [false, true].map { isCash in
        Posting(
          accountId: allocation.accountId, debit: allocation.amount.minorUnits, isCash: isCash,
          entity: allocation.entity, memo: allocation.memo, reference: allocation.reference)
      }
    }
  }

  /// Credits on both bases.
  func credited(_ allocations: [EntityAllocation]) -> [Posting] {
    bothBases(
      allocations.map { allocation in
        var allocation = allocation
        allocation.amount = -allocation.amount
        return allocation
      })
  }

  // MARK: Vendors

  func billPostings(_ lines: [Bill.Line], memo: String?) -> [Posting] {
    lines.map {
      Posting(
        accountId: $0.accountId, debit: $0.amount.minorUnits, isCash: false, entity: $0.entity,
        memo: $0.memo ?? memo)
    }
  }

  @discardableResult
  mutating func addBill(
    vendorId: Int32, _ allocations: [EntityAllocation], on day: Day, due: Day, memo: String?,
    reference: String?, approval: String, workOrderId: Int32? = nil, at stamp: Instant
  ) -> Int32 {
    let lines = allocations.map {
      Bill.Line(
        id: nextPartId(), entity: $0.entity, accountId: $0.accountId, amount: $0.amount,
        memo: $0.memo)
    }
    let id = post(
      .bill, on: day, memo: memo, total: allocations.reduce(.zero) { $0 + $1.amount },
      lines: billPostings(lines, memo: memo), at: stamp
    ) { ($0.payee, $0.reference) = (.vendor(vendorId), reference) }
    bills.append(
      Bill(
        id: id, day: day, due: due, memo: memo, vendorId: vendorId, workOrderId: workOrderId,
        reference: reference, approval: approval, lines: lines))
    if let workOrderId { workOrders.update(workOrderId) { $0.billIds.append(id) } }
    return id
  }

  /// Pays lines of bills with one check, less the credits of the vendor that are used up by it.
  ///
  /// - Precondition: no allocation is more than its line still owes, and the credits are not more
  ///   than the allocations.
  @discardableResult
  mutating func pay(
    _ allocations: [BillPayment.Allocation], credits creditIds: [Int32] = [],
    from bank: BankAccount, on day: Day, check: String, memo: String?, at stamp: Instant
  ) -> Int32 {
    var lines = allocations.map {
      Posting(
        accountId: $0.accountId, debit: $0.amount.minorUnits, isCash: true, entity: $0.entity,
        memo: memo)
    }
    var left = allocations.reduce(Money.zero) { $0 + $1.amount }
    let gross = left
    for creditId in creditIds {
      guard let credit = credits[creditId] else { continue }
      var free = min(credit.total - credit.applied, left)
      let used = free
      for line in credit.lines where free > .zero {
        let part = min(line.amount, free)
        free = free - part
        lines.append(
          Posting(
            accountId: line.accountId, debit: -part.minorUnits, isCash: true,
            entity: line.entity, memo: memo))
      }
      left = left - used
      credits.update(creditId) { $0.applied += used }
    }
    precondition(left >= .zero && left <= gross, "credits are used up to what is paid")
    let vendor = allocations.first.flatMap { bills[$0.billId]?.vendorId }
    let id = post(.check, on: day, memo: memo, total: left, lines: lines, at: stamp) {
      ($0.payee, $0.method) = (vendor.map(LedgerTransaction.Payee.vendor), "Check")
      ($0.checkNumber, $0.bankAccountGLId) = (check, bank.accountId)
    }
    billPayments.append(
      BillPayment(
        id: id, bankAccountId: bank.id, day: day, memo: memo, checkNumber: check,
        allocations: allocations, creditIds: creditIds))
    for allocation in allocations {
      bills.update(allocation.billId) { bill in
        for index in bill.lines.indices where bill.lines[index].id == allocation.lineId {
          bill.lines[index].paid += allocation.amount
        }
        if bill.paid == bill.total { bill.paidDay = day }
      }
    }
    return id
  }

  /// A credit that lowers what is owed to a vendor, or a refund that came to the bank.
  @discardableResult
  mutating func addVendorCredit(
    vendorId: Int32, _ allocations: [EntityAllocation], on day: Day, reference: String?,
    memo: String?, refundTo bank: BankAccount? = nil, method: String = "None",
    at stamp: Instant
  ) -> Int32 {
    let total = allocations.reduce(Money.zero) { $0 + $1.amount }
    let accrual = credited(allocations).filter { !$0.isCash }
    let id = post(
      bank == nil ? .vendorCredit : .vendorRefund, on: day, memo: memo, total: total,
      lines: bank == nil ? accrual : credited(allocations), at: stamp
    ) {
      ($0.payee, $0.reference) = (.vendor(vendorId), reference)
      ($0.bankAccountGLId, $0.method) = (bank?.accountId, method)
    }
    let lines = allocations.map {
      VendorCredit.Line(
        id: nextPartId(), accountId: $0.accountId, amount: $0.amount, memo: $0.memo,
        entity: $0.entity)
    }
    credits.append(
      VendorCredit(
        id: id, vendorId: vendorId, day: day, reference: reference, memo: memo, lines: lines,
        refundBankAccountId: bank?.id, method: method))
    return id
  }

  // MARK: Owners and the general journal

  /// An entry by hand. - Precondition: the debits of each entity add up to zero.
  @discardableResult
  mutating func journal(
    _ lines: [Posting], on day: Day, memo: String?, at stamp: Instant
  ) -> Int32 {
    precondition(lines.reduce(0) { $0 + $1.debit } == 0, "debits must equal credits")
    let total = lines.reduce(Int64(0)) { $0 + max(0, $1.debit) }
    return post(
      .generalJournalEntry, on: day, memo: memo, total: Money(minorUnits: total), lines: lines,
      at: stamp)
  }

  /// Money an owner puts in.
  @discardableResult
  mutating func contribute(
    _ ownerId: Int32, _ amount: Money, to propertyId: Int32, on day: Day, at stamp: Instant
  ) -> Int32 {
    post(
      .ownerContribution, on: day, memo: "Owner contribution", total: amount,
      lines: credited([
        EntityAllocation(
          entity: .rental(propertyId), accountId: ChartOfAccounts.contribution, amount: amount,
          memo: "Owner contribution")
      ]), at: stamp
    ) { ($0.payee, $0.method) = (.owner(ownerId), "Check") }
  }

  mutating func nextCheckNumber(_ bankId: Int32) -> String {
    var number: Int32 = 0
    banks.update(bankId) {
      number = $0.nextCheck
      $0.nextCheck += 1
    }
    return String(number)
  }
}
