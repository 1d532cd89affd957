import Domain

// The ledger, month by month: rent and what becomes of it, deposits to the bank, bills and their
// payment, fees, draws, and the entries by hand. Nothing is dated after the portfolio's today.
extension PortfolioGenerator {
  /// How much happens in a month, so that its transactions come near the number asked for.
  private struct Pace {
    /// Leases that are charged; the others were taken over without a ledger.
    var leases: Int
    /// In hundred properties: how many have any business of their own in a month.
    var propertyPercent: Int
    var billsPerProperty: Int

    // Measured on portfolios without a limit: transactions a month by a charged lease, and by a
    // property (bills, their payment, fee, draw, other checks).
    static let perLease = 2.15
    static let perProperty = 5.4
  }

  /// What a month did to one property, for its fee and its draw.
  private struct Receipts {
    var income = Money.zero
    var expense = Money.zero
  }

  mutating func addLedger(to portfolio: inout Portfolio) {
    let charged = portfolio.leases.rows.filter { $0.status == .active && $0.rent != nil }
    let pace = pace(leases: charged.count, properties: portfolio.properties.count)
    let chosen = Array(charged.prefix(pace.leases))
    addOpening(of: chosen, to: &portfolio)
    var earlier: [Int32: Receipts] = [:]
    for index in 0..<options.months {
      let month = firstMonth.adding(index)
      let mark = portfolio.transactions.count
      applyPrepayments(in: month, to: &portfolio)
      for lease in chosen where lease.from <= month.last {
        addRent(of: lease, in: month, to: &portfolio)
      }
      depositPayments(in: month, to: &portfolio)
      for property in portfolio.properties.rows where random.chance(pace.propertyPercent) {
        addBusiness(of: property, in: month, bills: pace.billsPerProperty, to: &portfolio)
        if let receipts = earlier[property.id] {
          addDraw(of: property, receipts, in: month, to: &portfolio)
        }
      }
      payBills(in: month, to: &portfolio)
      earlier = receipts(since: mark, in: portfolio)
      addFees(earlier, in: month, to: &portfolio)
    }
    reconcile(&portfolio)
  }

  private func pace(leases: Int, properties: Int) -> Pace {
    guard let target = options.transactionsPerMonth else {
      return Pace(leases: leases, propertyPercent: 100, billsPerProperty: 2)
    }
    let natural = Double(properties) * Pace.perProperty
    let forProperties = min(natural, Double(target) / 2)
    let charged = min(leases, Int((Double(target) - forProperties) / Pace.perLease))
    let left = Double(target) - Double(charged) * Pace.perLease
    let bills = max(2, Int((left / Double(properties) - 2) / 1.7))
    let percent = min(100, Int(left / natural * 100))
    return Pace(
      leases: charged, propertyPercent: percent, billsPerProperty: percent < 100 ? 2 : bills)
  }

  // MARK: Opening balances

  private mutating func addOpening(of leases: [Lease], to portfolio: inout Portfolio) {
    let day = firstMonth.first.adding(-1)
    var held: [Int32: Int64] = [:]
    for lease in leases where lease.from <= day {
      held[lease.propertyId, default: 0] += lease.deposit?.minorUnits ?? 0
    }
    for property in portfolio.properties.rows {
      guard let bank = portfolio.banks[property.operatingBankAccountId] else { continue }
      let float = Int64(random.within(5...60)) * 10_000
      post("Opening balance", bank.accountId, ChartOfAccounts.openingBalance, float)
      if let deposits = held[property.id], deposits > 0 {
        post(
          "Opening security deposits", ChartOfAccounts.depositTrust,
          ChartOfAccounts.depositLiability, deposits)
      }
      func post(_ memo: String, _ debited: Int32, _ credited: Int32, _ amount: Int64) {
        portfolio.journal(
          journalPair(debited, credited, amount, .rental(property.id), memo), on: day, memo: memo,
          at: day.instant(second: 60_000))
      }
    }
  }

  func journalPair(
    _ debited: Int32, _ credited: Int32, _ amount: Int64, _ entity: Entity, _ memo: String
  ) -> [Posting] {
    [
      Posting(accountId: debited, debit: amount, isCash: false, entity: entity, memo: memo),
      Posting(accountId: credited, debit: -amount, isCash: false, entity: entity, memo: memo),
    ]
  }

  // MARK: Rent

  private mutating func addRent(
    of lease: Lease, in month: Month, to portfolio: inout Portfolio
  ) {
    let start = max(month.day(Int(lease.dueDay)), lease.from)
    guard start <= today, let rent = lease.rent else { return }
    if lease.from >= month.first { addMoveIn(of: lease, to: &portfolio) }
    // Nobody is charged who has left.
    guard !lease.currentTenantIds.isEmpty else { return }
    var owed = [Allocation(accountId: ChartOfAccounts.rent, amount: rent, memo: "Rent")]
    portfolio.charge(lease, owed, on: start, memo: "Rent", at: entered(start))
    if random.chance(12) {
      let extra = Allocation(
        accountId: random.pick([ChartOfAccounts.parking, ChartOfAccounts.utilityReimbursement]),
        amount: cents(1500...9000))
      owed.append(extra)
      portfolio.charge(lease, [extra], on: start, memo: "Monthly extras", at: entered(start))
    }
    let tenant = lease.currentTenantIds.first
    // Who is being evicted has stopped to pay, which is what makes old debts.
    let behaviour = random.below(100)
    switch lease.isEvictionPending ? 99 : behaviour {
    case 0..<80:
      pay(owed, start.adding(random.below(5)))
    case 80..<88:
      let fee = Allocation(
        accountId: ChartOfAccounts.lateFee, amount: Money(minorUnits: 5000), memo: "Late fee")
      let late = start.adding(6)
      guard late <= today else { return }
      portfolio.charge(lease, [fee], on: late, memo: "Late fee", at: entered(late))
      pay(owed + [fee], start.adding(random.within(8...20)))
    case 88..<92:
      let part = Money(minorUnits: rent.minorUnits * Int64(random.within(30...80)) / 100)
      pay([Allocation(accountId: ChartOfAccounts.rent, amount: part)], start.adding(3))
    case 92..<94:
      bounce()
    case 94..<96:
      pay(owed, start)
      let advance = Allocation(
        accountId: ChartOfAccounts.prepayments, amount: rent, memo: "Prepaid rent")
      pay([advance], start.adding(24))
    case 96:
      let credit = Allocation(
        accountId: ChartOfAccounts.rent, amount: Money(minorUnits: 7500), memo: "Concession")
      portfolio.giveCredit(lease, [credit], on: start, memo: "Concession", at: entered(start))
      owed[0].amount = rent - credit.amount
      pay(owed, start.adding(2))
    default: break  // pays nothing this month
    }

    func pay(_ lines: [Allocation], _ day: Day) {
      guard day <= today else { return }
      portfolio.receivePayment(
        lease, lines, on: day,
        method: random.pick(["Check", "ElectronicPayment", "ElectronicPayment", "MoneyOrder"]),
        memo: lines[0].memo == "Prepaid rent" ? "Prepaid rent" : "Payment",
        reference: random.chance(30) ? "R-\(random.within(1000...9999))" : nil, tenantId: tenant,
        at: entered(day))
    }

    func bounce() {
      let day = start.adding(2)
      guard day.adding(7) <= today, let bank = portfolio.bank(of: lease.propertyId) else {
        return pay(owed, start)
      }
      let id = portfolio.receivePayment(
        lease, owed, on: day, method: "Check", memo: "Payment", reference: nil,
        tenantId: tenant, at: entered(day))
      portfolio.deposit([id], to: bank, on: day, memo: "Deposit", at: entered(day))
      guard let payment = portfolio.transactions[id] else { return }
      let back = day.adding(5)
      portfolio.reversePayment(payment, on: back, memo: "NSF: payment returned", at: entered(back))
      let fee = Allocation(
        accountId: ChartOfAccounts.nsfFee, amount: Money(minorUnits: 3500), memo: "NSF fee")
      portfolio.charge(lease, [fee], on: back, memo: "NSF fee", at: entered(back))
      portfolio.writeCheck(
        to: nil,
        [
          EntityAllocation(
            entity: .rental(lease.propertyId), accountId: ChartOfAccounts.bankFees,
            amount: Money(minorUnits: 1200), memo: "Returned item fee")
        ], from: bank, on: back, number: "", memo: "Returned item fee", at: entered(back))
      if random.chance(60) { pay(owed + [fee], back.adding(6)) }
    }
  }

  private mutating func addMoveIn(of lease: Lease, to portfolio: inout Portfolio) {
    guard let deposit = lease.deposit, let trust = portfolio.banks[2] else { return }
    let day = lease.from
    let held = Allocation(
      accountId: ChartOfAccounts.depositLiability, amount: deposit, memo: "Security deposit")
    portfolio.charge(lease, [held], on: day, memo: "Security deposit", at: entered(day))
    let id = portfolio.receivePayment(
      lease, [held], on: day, method: "CashierCheck", memo: "Security deposit", reference: nil,
      tenantId: lease.occupants.first?.tenantId, at: entered(day))
    portfolio.deposit([id], to: trust, on: day, memo: "Deposit", at: entered(day))
    guard random.chance(40), let bank = portfolio.bank(of: lease.propertyId) else { return }
    portfolio.post(
      .rentalApplicationFeePayment, on: day, memo: "Application fee",
      total: Money(minorUnits: 4500),
      lines: portfolio.credited([
        EntityAllocation(
          entity: .rental(lease.propertyId), accountId: ChartOfAccounts.applicationFee,
          amount: Money(minorUnits: 4500), memo: "Application fee")
      ]), at: entered(day)
    ) { ($0.method, $0.bankAccountGLId) = ("CreditCard", bank.accountId) }
  }

  /// What was paid in advance meets the rent it was paid for.
  private mutating func applyPrepayments(in month: Month, to portfolio: inout Portfolio) {
    let before = month.adding(-1)
    for payment in portfolio.transactions.rows
    where payment.type == .payment && payment.memo == "Prepaid rent"
      && Month(of: payment.day) == before
    {
      guard month.first <= today, let lease = payment.leaseId.flatMap({ portfolio.leases[$0] })
      else { continue }
      portfolio.apply(
        liability: ChartOfAccounts.prepayments, of: lease,
        [
          Allocation(
            accountId: ChartOfAccounts.rent, amount: payment.total, memo: "Prepayment applied")
        ], on: month.first, memo: "Prepayment applied", at: entered(month.first))
    }
  }

  /// Three trips to each bank a month, with up to forty payments each.
  private mutating func depositPayments(in month: Month, to portfolio: inout Portfolio) {
    for day in [month.day(8), month.day(18), month.last] where day <= today {
      var waiting: [Int32: [Int32]] = [:]
      for payment in portfolio.transactions.rows
      where payment.type == .payment && payment.depositId == nil && payment.day <= day {
        guard let entity = payment.lines.first?.entity, let bank = portfolio.bank(of: entity.id)
        else { continue }
        waiting[bank.id, default: []].append(payment.id)
      }
      for bankId in waiting.keys.sorted() {
        guard let ids = waiting[bankId], let bank = portfolio.banks[bankId] else { continue }
        for start in stride(from: 0, to: ids.count, by: 40) {
          portfolio.deposit(
            Array(ids[start..<min(start + 40, ids.count)]), to: bank, on: day, memo: "Deposit",
            at: entered(day))
        }
      }
    }
  }

  // MARK: Fees and draws

  private func receipts(since mark: Int, in portfolio: Portfolio) -> [Int32: Receipts] {
    var result: [Int32: Receipts] = [:]
    for transaction in portfolio.transactions.rows[mark...] {
      for line in transaction.lines where line.isCash && line.entity.kind == .rental {
        switch portfolio.accounts[line.accountId]?.kind {
        case .income: result[line.entity.id, default: Receipts()].income.minorUnits -= line.debit
        case .expense: result[line.entity.id, default: Receipts()].expense.minorUnits += line.debit
        default: break
        }
      }
    }
    return result
  }

  /// Eight percent of what came in, and the other side of it in the company's books.
  private mutating func addFees(
    _ receipts: [Int32: Receipts], in month: Month, to portfolio: inout Portfolio
  ) {
    let day = month.last
    guard day <= today else { return }
    var earned: Int64 = 0
    for propertyId in receipts.keys.sorted() {
      guard let income = receipts[propertyId]?.income, income > .zero,
        let bank = portfolio.bank(of: propertyId)
      else { continue }
      let fee = Money(minorUnits: (income.minorUnits * 8 + 50) / 100)
      guard fee > .zero else { continue }
      earned += fee.minorUnits
      let number = portfolio.nextCheckNumber(bank.id)
      portfolio.writeCheck(
        to: portfolio.vendors.rows.first.map { .vendor($0.id) },
        [
          EntityAllocation(
            entity: .rental(propertyId), accountId: ChartOfAccounts.managementFees, amount: fee,
            memo: "Management fee")
        ], from: bank, on: day, number: number, memo: "Management fee", at: entered(day))
    }
    guard earned > 0, let company = portfolio.banks[3] else { return }
    portfolio.journal(
      journalPair(
        ChartOfAccounts.companyBank, ChartOfAccounts.managementIncome, earned, .company,
        "Management fees earned"), on: day, memo: "Management fees earned", at: entered(day))
    portfolio.writeCheck(
      to: nil,
      [
        EntityAllocation(
          entity: .company, accountId: ChartOfAccounts.officeSoftware,
          amount: Money(minorUnits: 5900), memo: "Office software")
      ], from: company, on: day, number: "", memo: "Office software", at: entered(day))
  }

  private mutating func addDraw(
    of property: Property, _ receipts: Receipts, in month: Month, to portfolio: inout Portfolio
  ) {
    let day = month.day(10)
    let owners = portfolio.owners(of: property.id)
    let amount = receipts.income - receipts.expense
    guard day <= today, amount > Money(minorUnits: 10_000), !owners.isEmpty,
      let bank = portfolio.bank(of: property.id)
    else { return }
    // The division's last cents stay in the account.
    let share = Money(minorUnits: amount.minorUnits / Int64(owners.count))
    for owner in owners {
      let number = portfolio.nextCheckNumber(bank.id)
      portfolio.writeCheck(
        to: .owner(owner.id),
        [
          EntityAllocation(
            entity: .rental(property.id), accountId: ChartOfAccounts.draw, amount: share,
            memo: "Owner draw")
        ], from: bank, on: day, number: number, memo: "Owner draw", at: entered(day))
    }
  }

  // MARK: Statements

  /// Each open bank account has a finished reconciliation of the month before last and one begun.
  private mutating func reconcile(_ portfolio: inout Portfolio) {
    let month = Month(of: today)
    for bank in portfolio.banks.rows where bank.isActive && !bank.isLinked {
      var beginning = Money.zero
      for (end, isFinished) in [(month.adding(-2).last, true), (month.adding(-1).last, false)] {
        let moves = portfolio.bankMoves(bank).filter {
          $0.day <= end && (isFinished || $0.day > month.adding(-2).last)
        }
        let cleared = isFinished ? moves : moves.filter { _ in random.chance(70) }
        let deposits = moves.filter { $0.amount > .zero }.reduce(Money.zero) { $0 + $1.amount }
        let taken = moves.filter { $0.amount < .zero }.reduce(Money.zero) { $0 - $1.amount }
        let ending = beginning + deposits - taken
        portfolio.reconciliations.add {
          Reconciliation(
            id: $0, bankAccountId: bank.id, statementEnd: end, isFinished: isFinished,
            beginning: beginning, ending: ending, withdrawals: taken, deposits: deposits,
            transactionIds: Set(cleared.map(\.transactionId)))
        }
        beginning = ending
      }
    }
  }
}
