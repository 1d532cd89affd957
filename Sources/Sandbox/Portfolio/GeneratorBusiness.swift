import Domain

// What properties spend: bills and their payment, checks without a bill, entries by hand.
extension PortfolioGenerator {
  mutating func addBusiness(
    of property: Property, in month: Month, bills: Int, to portfolio: inout Portfolio
  ) {
    let entity = Entity.rental(property.id)
    for _ in 0..<random.within(max(0, bills - 1)...bills + 1) {
      let day = month.day(random.within(1...28))
      guard day <= today else { continue }
      addBill(of: entity, on: day, at: entered(day), to: &portfolio)
    }
    guard let bank = portfolio.bank(of: property.id) else { return }
    let day = month.day(15)
    guard day <= today else { return }
    if random.chance(35) {
      check(to: nil, [(ChartOfAccounts.utilities, cents(4000...45_000))], memo: "Water and sewer")
    }
    if random.chance(10) {
      check(
        to: nil,
        [
          (ChartOfAccounts.mortgageInterest, cents(30_000...90_000)),
          (ChartOfAccounts.mortgagePayable, cents(40_000...120_000)),
        ], memo: "Mortgage")
    }
    if random.chance(2) {
      check(to: nil, [(ChartOfAccounts.improvements, cents(90_000...600_000))], memo: "New roof")
    }
    if random.chance(3) {
      portfolio.journal(
        journalPair(
          ChartOfAccounts.depreciation, ChartOfAccounts.accumulatedDepreciation, 41_000, entity,
          "Depreciation"), on: day, memo: "Depreciation", at: entered(day))
    }
    if random.chance(2) {
      portfolio.journal(
        journalPair(
          bank.accountId, ChartOfAccounts.interest, Int64(random.within(100...900)), entity,
          "Trust interest"), on: day, memo: "Trust interest", at: entered(day))
    }
    if random.chance(2), let owner = portfolio.owners(of: property.id).first {
      portfolio.contribute(
        owner.id, dollars(300...2500), to: property.id, on: day, at: entered(day))
    }
    func check(to payee: LedgerTransaction.Payee?, _ lines: [(Int32, Money)], memo: String) {
      let number = portfolio.nextCheckNumber(bank.id)
      portfolio.writeCheck(
        to: payee,
        lines.map {
          EntityAllocation(entity: entity, accountId: $0.0, amount: $0.1, memo: memo)
        }, from: bank, on: day, number: number, memo: memo, at: entered(day))
    }
  }

  /// A vendor's invoice of one to four lines; now and then a credit comes with it.
  @discardableResult
  mutating func addBill(
    of entity: Entity, on day: Day, at stamp: Instant, to portfolio: inout Portfolio
  ) -> Int32 {
    let vendor = random.pick(portfolio.vendors.rows)
    let memo = random.pick(WordLists.billMemos)
    let lines = (0..<random.pick([1, 1, 1, 2, 2, 3, 4])).map { _ in
      EntityAllocation(
        entity: entity, accountId: random.pick(ChartOfAccounts.billable),
        amount: cents(2500...60_000), memo: random.chance(70) ? memo : nil)
    }
    let reference = random.chance(85) ? "INV-\(random.within(10_000...99_999))" : ""
    let approval = random.pick(["NotNeeded", "NotNeeded", "Approved", "Approved", "Pending"])
    let id = portfolio.addBill(
      vendorId: vendor.id, lines, on: day, due: day.adding(random.pick([10, 15, 30])), memo: memo,
      reference: reference, approval: approval, at: stamp)
    if random.chance(3) {
      portfolio.addVendorCredit(
        vendorId: vendor.id,
        [
          EntityAllocation(
            entity: entity, accountId: lines[0].accountId, amount: cents(500...9000),
            memo: "Credit for late arrival")
        ], on: day, reference: "CR-\(random.within(100...999))", memo: "Credit for late arrival",
        at: stamp)
    }
    return id
  }

  /// Bills of one vendor for one property that come due together are paid by one check, most of
  /// them wholly; a few in part; a few wait.
  mutating func payBills(in month: Month, to portfolio: inout Portfolio) {
    struct Key: Hashable, Comparable {
      var entity: Int32
      var vendor: Int32
      static func < (left: Key, right: Key) -> Bool {
        (left.entity, left.vendor) < (right.entity, right.vendor)
      }
    }
    let day = month.day(27)
    guard day <= today else { return }
    var due: [Key: [Bill]] = [:]
    for bill in portfolio.bills.rows
    where bill.paidDay == nil && bill.day <= day && bill.approval != "Pending" {
      guard let entity = bill.lines.first?.entity, random.chance(88) else { continue }
      due[Key(entity: entity.id, vendor: bill.vendorId), default: []].append(bill)
    }
    for key in due.keys.sorted() {
      guard let bills = due[key], let bank = portfolio.bank(of: key.entity) else { continue }
      let isPart = random.chance(4)
      let allocations = bills.flatMap { bill in
        bill.lines.compactMap { line -> BillPayment.Allocation? in
          let owed = line.amount - line.paid
          let amount = isPart ? Money(minorUnits: owed.minorUnits / 2) : owed
          guard amount > .zero else { return nil }
          return BillPayment.Allocation(
            billId: bill.id, lineId: line.id, entity: line.entity, accountId: line.accountId,
            amount: amount)
        }
      }
      guard !allocations.isEmpty else { continue }
      let credits = portfolio.credits.rows.filter {
        $0.vendorId == key.vendor && $0.refundBankAccountId == nil && $0.applied == .zero
          && $0.lines.first?.entity.id == key.entity && $0.day <= day
      }
      let total = allocations.reduce(Money.zero) { $0 + $1.amount }
      let usable = credits.prefix { $0.total <= total }.prefix(1).map(\.id)
      let number = portfolio.nextCheckNumber(bank.id)
      portfolio.pay(
        allocations, credits: usable, from: bank, on: day, check: number, memo: "Bill payment",
        at: entered(day))
    }
  }
}
