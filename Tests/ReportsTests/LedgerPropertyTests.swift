import Domain
import Testing

@testable import Reports

/// Ledgers made at random, the same for the same seed (SplitMix64).
struct RandomLedger {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(1, count))) }
  mutating func flip() -> Bool { next() & 1 == 0 }
  mutating func cents(_ most: Int) -> Int64 { Int64(below(most) + 1) }

  static let first = CalendarDate(daysSince1970: 20_454)
  static let days = 92

  static let accounts: [LedgerAccount] = [
    LedgerAccount(
      buildiumID: 1, name: "Accounts Receivable", type: "Asset", subType: "CurrentAsset"),
    LedgerAccount(buildiumID: 2, name: "Undeposited Funds", type: "Asset", subType: "CurrentAsset"),
    LedgerAccount(buildiumID: 3, name: "Rent", type: "Income", subType: "Income"),
    LedgerAccount(
      buildiumID: 5, name: "Security Deposit Liability", type: "Liability",
      subType: "CurrentLiability"),
    LedgerAccount(
      buildiumID: 6, name: "Accounts Payable", type: "Liability", subType: "CurrentLiability"),
    LedgerAccount(buildiumID: 9, name: "Owner Draw", type: "Equity", subType: "Equity"),
    LedgerAccount(
      buildiumID: 11, name: "Repairs", type: "Expense", subType: "OperatingExpenses"),
    LedgerAccount(
      buildiumID: 30, name: "Mortgage Interest", type: "Expense", subType: "NonOperatingExpenses"),
    LedgerAccount(
      buildiumID: 27, name: "Admin Fee", type: "Income", subType: "Income",
      isManagementIncome: true),
    LedgerAccount(
      buildiumID: 100, name: "Trust", type: "Asset", subType: "CurrentAsset", isBank: true),
  ]
  private static let bank = 9

  private mutating func shares(_ count: Int, from: CalendarDate, to: CalendarDate?) -> [OwnerShare]
  {
    func percents(_ random: inout RandomLedger) -> [Percent] {
      var left = Percent.whole.units
      return (0..<count).map { place in
        let most = Int(left / 1_000_000)
        let units = place == count - 1 ? left : Int64(random.below(most + 1)) * 1_000_000
        left -= units
        return Percent(units: units)
      }
    }
    let (ownership, disbursement) = (percents(&self), percents(&self))
    let start = below(3)
    return (0..<count).map {
      OwnerShare(
        owner: start + $0, ownership: ownership[$0], disbursement: disbursement[$0], from: from,
        to: to)
    }
  }

  private mutating func properties() -> [LedgerProperty] {
    (1...3).map { number in
      var property = LedgerProperty(buildiumID: number, localID: "", name: "Property \(number)")
      property.operatingAccount = Self.bank
      if flip() {
        property.shares = shares(1 + below(3), from: .distantPast, to: nil)
      } else {
        let change = Self.first.adding(days: below(Self.days))
        property.shares =
          shares(1 + below(3), from: .distantPast, to: change.adding(days: -1))
          + shares(1 + below(3), from: change, to: nil)
      }
      var policy = DrawPolicy.standard(reserve: Money(minorUnits: cents(100_000)))
      policy.percent = Percent(units: Int64(below(101)) * Percent.unitsPerPercent)
      policy.holdsUnpaidBills = flip()
      policy.carriesForwardLoss = flip()
      policy.order = flip() ? .reserveThenPercent : .percentThenReserve
      property.policies = [policy]
      for number in 0..<below(4) {
        let kind = DrawRule.Kind.allCases[below(DrawRule.Kind.allCases.count)]
        property.rules.append(
          DrawRule(
            id: "rule \(number)", kind: kind, owner: below(6), priority: number,
            amount: Money(minorUnits: cents(50_000)),
            percent: Percent(units: Int64(below(101)) * Percent.unitsPerPercent), reason: "why"))
      }
      if flip() { property.agreementStart = Self.first.adding(days: below(40)) }
      return property
    }
  }

  mutating func snapshot() -> LedgerSnapshot {
    var builder = LedgerBuilder(
      accounts: Self.accounts, properties: properties(),
      owners: (0..<6).map { LedgerOwner(buildiumID: 500 + $0, localID: "", name: "Owner \($0)") })
    for number in 1...(100 + below(200)) {
      let property = Int32(below(3))
      let day = Self.first.adding(days: below(Self.days))
      let amount = cents(200_000)
      func add(_ type: String, _ account: Int, _ debit: Int64, _ bases: [Bool], leg: Int?) -> Int32
      {
        let transaction = builder.addTransaction(
          type: type, day: day, buildiumID: Int64(number))
        for isCash in bases {
          builder.addLine(
            transaction, account: account, property: property, debit: debit, isCash: isCash)
          builder.addLine(
            transaction, account: leg ?? (isCash ? Self.bank : 4), property: property,
            debit: -debit, isCash: isCash, isDerived: true)
        }
        return transaction
      }
      switch below(8) {
      case 0: _ = add("Charge", 2, -amount, [false], leg: 0)
      case 1: _ = add("Payment", 2, -amount, [true], leg: nil)
      case 2: _ = add("Payment", 3, -amount, [false, true], leg: Self.bank)
      case 3: _ = add("Bill", 6, amount, [false], leg: 4)
      case 4:
        let transaction = add("Check", 6, amount, [true], leg: nil)
        if flip() {
          builder.allocate(
            transaction, property: Int(property),
            to: [SpecificShare(owner: below(4), percent: Percent(units: Percent.whole.units / 2))])
        }
      case 5: _ = add("Check", 7, amount, [false, true], leg: Self.bank)
      case 6: _ = add("Payment", 8, -amount, [false, true], leg: Self.bank)
      default: _ = add("Check", 5, amount / 4, [false, true], leg: Self.bank)
      }
      if flip() {
        builder.bills.append(
          LedgerBill(
            buildiumID: number, localID: "", day: day, due: nil,
            amounts: [Int(property): Money(minorUnits: amount)], isApproved: flip()))
      }
    }
    return builder.finish()
  }
}

@Suite("Any ledger")
struct LedgerPropertyTests {
  static let seeds: [UInt64] = (0..<120).map { $0 &* 7919 &+ 17 }
  private static let months = CalendarMonth(containing: RandomLedger.first)

  private static func all() -> [CalendarMonth] {
    CalendarMonth.months(months, through: months.adding(months: 2))
  }

  @Test("owners' parts add up to the income, and the lines behind it too", arguments: seeds)
  func parts(_ seed: UInt64) {
    var random = RandomLedger(state: seed)
    let ledger = random.snapshot()
    for basis in Basis.allCases {
      let rows = ledger.noi(months: Self.all(), basis: basis)
      let owners = ledger.ownerNOI(of: rows)
      #expect(owners.problems.isEmpty, "seed \(seed)")
      for row in rows {
        let own = owners.rows.filter { $0.property == row.property && $0.period == row.period }
        #expect(own.reduce(.zero) { $0 + $1.noi } == row.figures.noi, "seed \(seed): \(row)")
        let lines = ledger.entries(property: row.property, period: row.period, basis: basis)
        var sum = Money.zero
        for entry in lines {
          switch ledger.accountClass(ofLine: entry.line) {
          case .revenue: sum += entry.amount
          case .operatingExpense: sum = sum - entry.amount
          default: break
          }
        }
        #expect(sum == row.figures.noi, "seed \(seed): \(row)")
      }
    }
  }

  @Test(
    "no draw is below zero or above the cash over the reserve, and its parts add up",
    arguments: seeds)
  func draws(_ seed: UInt64) {
    var random = RandomLedger(state: seed)
    let ledger = random.snapshot()
    for row in DrawCalculation(ledger).rows(months: Self.months...Self.months.adding(months: 2)) {
      #expect(row.draw >= .zero && row.draw <= row.cap, "seed \(seed): \(row)")
      #expect(
        row.draw <= max(.zero, row.unrestrictedEnd - row.reserveTarget), "seed \(seed): \(row)")
      #expect(row.owners.reduce(.zero) { $0 + $1.amount } == row.draw, "seed \(seed): \(row)")
      #expect(row.owners.allSatisfy { $0.amount >= .zero && $0.shortfall >= .zero })
      #expect(row.carryOut <= .zero && row.restoration >= .zero, "seed \(seed): \(row)")
      #expect(row.rules.allSatisfy { $0.grant >= .zero }, "seed \(seed): \(row)")
    }
  }

  @Test(
    "a second run gives the same, and what was declared stays while nothing changed",
    arguments: seeds)
  func again(_ seed: UInt64) {
    var random = RandomLedger(state: seed)
    let ledger = random.snapshot()
    let months = Self.months...Self.months.adding(months: 2)
    let rows = DrawCalculation(ledger).rows(months: months)
    #expect(DrawCalculation(ledger).rows(months: months) == rows, "seed \(seed)")
    var declared: [Int: [DeclaredPeriod]] = [:]
    for row in rows where row.month == Self.months {
      var owners: [Int: Money] = [:]
      for part in row.owners { owners[part.owner] = part.amount }
      declared[row.property, default: []].append(
        DeclaredPeriod(
          period: row.period, noi: row.noi, carryIn: row.carryIn, restatement: row.restatement,
          carryOut: row.carryOut, owners: owners))
    }
    let after = DrawCalculation(ledger, declared: declared).rows(months: months)
    for (row, then) in zip(after, rows) {
      #expect(row.draw == then.draw && row.restatement == .zero, "seed \(seed): \(row)")
      #expect(row.inputs(ledger) == then.inputs(ledger), "seed \(seed)")
    }
  }

  @Test(
    "cash less accrual income is what is owed to vendors less what tenants owe",
    arguments: seeds.prefix(40))
  func bridge(_ seed: UInt64) {
    var random = RandomLedger(state: seed)
    let ledger = random.snapshot()
    let month = Self.months
    for property in ledger.properties.indices {
      let before = ledger.cashPosition(property: property, on: month.first.adding(days: -1))
      let after = ledger.cashPosition(property: property, on: month.last)
      func noi(_ basis: Basis) -> Money {
        ledger.figures(property: property, period: month.period, basis: basis).noi
      }
      let payables = after.accountsPayable - before.accountsPayable
      let receivables = after.accountsReceivable - before.accountsReceivable
      #expect(noi(.cash) - noi(.accrual) == payables - receivables, "seed \(seed)")
    }
  }
}
