import Domain
import Testing

@testable import Reports

/// The month worked out a second time, day by day from a plain list of postings, with none of the
/// program's own code but its types of values: slow, short, and of another shape.
private struct PlainBooks {
  struct Posting {
    var day: Int
    var property: Int
    var account: Int
    var debit: Int
    var isCash: Bool
    var isAccrual: Bool
    /// Per mille of it that is one owner's alone, by owner.
    var owner: Int?
    var transaction: Int
  }

  struct Bill {
    var property: Int
    var day: Int
    var amount: Int
    var paidDay: Int
    var isApproved: Bool
  }

  struct Share {
    var owner: Int
    var income: Int
    var paid: Int
    var from: Int
    var to: Int
  }

  struct Terms {
    var reserve: Int
    var percent: Int
    var holdsBills: Bool
    var holdsUndeposited: Bool
    var carries: Bool
    var reserveFirst: Bool
  }

  var postings: [Posting] = []
  var bills: [Bill] = []
  var shares: [[Share]] = []
  var terms: [Terms] = []

  // Accounts by place: what each is.
  static let bank = 0
  static let undeposited = 1
  static let rent = 2
  static let repairs = 3
  static let mortgage = 4
  static let deposits = 5
  static let payable = 6
  static let draw = 7
  static let receivable = 8

  static let accounts: [LedgerAccount] = [
    .init(buildiumID: 100, name: "Trust", type: "Asset", subType: "CurrentAsset", isBank: true),
    .init(buildiumID: 2, name: "Undeposited Funds", type: "Asset", subType: "CurrentAsset"),
    .init(buildiumID: 3, name: "Rent", type: "Income", subType: "Income"),
    .init(buildiumID: 11, name: "Repairs", type: "Expense", subType: "OperatingExpenses"),
    .init(
      buildiumID: 30, name: "Mortgage Interest", type: "Expense", subType: "NonOperatingExpenses"),
    .init(
      buildiumID: 5, name: "Security Deposit Liability", type: "Liability",
      subType: "CurrentLiability"),
    .init(buildiumID: 6, name: "Accounts Payable", type: "Liability", subType: "CurrentLiability"),
    .init(buildiumID: 9, name: "Owner Draw", type: "Equity", subType: "Equity"),
    .init(buildiumID: 1, name: "Accounts Receivable", type: "Asset", subType: "CurrentAsset"),
  ]

  // MARK: Made at random

  static let first = 20_454
  static let days = 90
  static let owners = 4

  init(seed: UInt64) {
    var random = RandomLedger(state: seed)
    for property in 0..<(2 + random.below(4)) {
      let change = random.flip() ? Self.first + random.below(Self.days) : nil
      var rows = Self.split(&random, from: .min, to: change.map { $0 - 1 } ?? .max)
      if let change { rows += Self.split(&random, from: change, to: .max) }
      shares.append(rows)
      terms.append(
        Terms(
          reserve: random.below(200_000), percent: 1 + random.below(100),
          holdsBills: random.flip(), holdsUndeposited: random.flip(), carries: random.flip(),
          reserveFirst: random.flip()))
      for _ in 0..<(30 + random.below(60)) { post(&random, property) }
    }
  }

  private static func split(_ random: inout RandomLedger, from: Int, to: Int) -> [Share] {
    let count = 1 + random.below(3)
    var (income, paid) = (100, 100)
    let start = random.below(owners - count + 1)
    return (0..<count).map { place in
      let isLast = place == count - 1
      let (one, two) = isLast ? (income, paid) : (random.below(income + 1), random.below(paid + 1))
      (income, paid) = (income - one, paid - two)
      return Share(owner: start + place, income: one, paid: two, from: from, to: to)
    }
  }

  private mutating func post(_ random: inout RandomLedger, _ property: Int) {
    let (day, amount) = (Self.first + random.below(Self.days), 1 + random.below(150_000))
    let transaction = (postings.last?.transaction ?? 0) + 1
    func add(_ account: Int, _ debit: Int, cash: Bool, accrual: Bool, owner: Int? = nil) {
      postings.append(
        Posting(
          day: day, property: property, account: account, debit: debit, isCash: cash,
          isAccrual: accrual, owner: owner, transaction: transaction))
    }
    switch random.below(7) {
    case 0, 1:
      let place = random.below(4) == 0 ? Self.undeposited : Self.bank
      add(Self.rent, -amount, cash: true, accrual: false)
      add(place, amount, cash: true, accrual: false)
    case 2:
      add(Self.rent, -amount, cash: false, accrual: true)
      add(Self.receivable, amount, cash: false, accrual: true)
    case 3:
      let owner = random.below(3) == 0 ? shares[property][0].owner : nil
      add(Self.repairs, amount / 2, cash: true, accrual: false, owner: owner)
      add(Self.bank, -amount / 2, cash: true, accrual: false)
    case 4:
      add(Self.mortgage, amount / 3, cash: true, accrual: true)
      add(Self.bank, -amount / 3, cash: true, accrual: true)
    case 5:
      add(Self.deposits, -amount, cash: true, accrual: true)
      add(Self.bank, amount, cash: true, accrual: true)
    default:
      add(Self.repairs, amount / 2, cash: false, accrual: true)
      add(Self.payable, -amount / 2, cash: false, accrual: true)
      bills.append(
        Bill(
          property: property, day: day, amount: amount / 2, paidDay: day + random.below(60),
          isApproved: random.flip()))
    }
  }

  // MARK: As the program gets it

  func snapshot() -> LedgerSnapshot {
    func day(_ number: Int) -> CalendarDate { CalendarDate(daysSince1970: number) }
    func percent(_ whole: Int) -> Percent { Percent(units: Int64(whole) * Percent.unitsPerPercent) }
    let properties = shares.indices.map { number in
      var property = LedgerProperty(buildiumID: number + 1, localID: "", name: "P\(number)")
      property.shares = shares[number].map {
        OwnerShare(
          owner: $0.owner, ownership: percent($0.income), disbursement: percent($0.paid),
          from: $0.from == .min ? .distantPast : day($0.from), to: $0.to == .max ? nil : day($0.to))
      }
      let own = terms[number]
      var policy = DrawPolicy(
        from: .distantPast, reserveTarget: Money(minorUnits: Int64(own.reserve)),
        percent: percent(own.percent), holdsUnpaidBills: own.holdsBills,
        holdsUndeposited: own.holdsUndeposited, carriesForwardLoss: own.carries, fee: nil)
      policy.order = own.reserveFirst ? .reserveThenPercent : .percentThenReserve
      property.policies = [policy]
      return property
    }
    var builder = LedgerBuilder(
      accounts: Self.accounts, properties: properties,
      owners: (0..<Self.owners).map {
        LedgerOwner(buildiumID: 500 + $0, localID: "", name: "Owner \($0)")
      })
    var numbers: [Int: Int32] = [:]
    for posting in postings.shuffledByDay() {
      let number =
        numbers[posting.transaction]
        ?? builder.addTransaction(
          type: "Check", day: day(posting.day), buildiumID: Int64(posting.transaction))
      numbers[posting.transaction] = number
      for isCash in [true, false] where isCash ? posting.isCash : posting.isAccrual {
        builder.addLine(
          number, account: posting.account, property: Int32(posting.property),
          debit: Int64(posting.debit), isCash: isCash)
      }
      if let owner = posting.owner {
        builder.allocate(
          number, property: posting.property, to: [SpecificShare(owner: owner, percent: .whole)])
      }
    }
    builder.bills = bills.enumerated().map { number, bill in
      LedgerBill(
        buildiumID: number + 1, localID: "", day: day(bill.day), due: nil,
        amounts: [bill.property: Money(minorUnits: Int64(bill.amount))],
        isApproved: bill.isApproved,
        settlements: [
          .init(
            property: bill.property, day: day(bill.paidDay),
            amount: Money(minorUnits: Int64(bill.amount)))
        ])
    }
    return builder.finish()
  }

  // MARK: Worked out again

  private func owners(_ property: Int, on day: Int) -> [Share] {
    shares[property].filter { $0.from <= day && day <= $0.to }.sorted { $0.owner < $1.owner }
  }

  /// The days of a month in runs of the same owners, by looking at each day.
  func periods(_ property: Int, _ days: ClosedRange<Int>) -> [ClosedRange<Int>] {
    var runs: [ClosedRange<Int>] = []
    for day in days {
      if let last = runs.last,
        owners(property, on: day).map(\.from)
          == owners(
            property, on: last.lowerBound
          ).map(\.from)
      {
        runs[runs.count - 1] = last.lowerBound...day
      } else {
        runs.append(day...day)
      }
    }
    return runs
  }

  func income(_ property: Int, _ days: ClosedRange<Int>, cash: Bool) -> Int {
    postings.filter {
      $0.property == property && days.contains($0.day) && (cash ? $0.isCash : $0.isAccrual)
        && ($0.account == Self.rent || $0.account == Self.repairs)
    }.reduce(0) { $0 - $1.debit }
  }

  private func specific(_ property: Int, _ days: ClosedRange<Int>) -> [Int: Int] {
    var sums: [Int: Int] = [:]
    for posting in postings
    where posting.property == property && days.contains(posting.day) && posting.isCash {
      if let owner = posting.owner { sums[owner, default: 0] -= posting.debit }
    }
    return sums
  }

  /// Hands a total out cent by cent: each goes to whoever is furthest behind what is theirs, which
  /// gives the same as the largest remainder.
  static func divide(_ total: Int, _ weights: [(owner: Int, weight: Int)]) -> [Int: Int] {
    let whole = weights.reduce(0) { $0 + $1.weight }
    var parts: [Int: Int] = [:]
    for one in weights { parts[one.owner] = abs(total) * one.weight / whole }
    let left = abs(total) - parts.values.reduce(0, +)
    for _ in 0..<left {
      let next = weights.max { a, b in
        func behind(_ one: (owner: Int, weight: Int)) -> Int {
          abs(total) * one.weight - (parts[one.owner] ?? 0) * whole
        }
        return (behind(a), a.weight, -a.owner) < (behind(b), b.weight, -b.owner)
      }
      if let next { parts[next.owner, default: 0] += 1 }
    }
    return total < 0 ? parts.mapValues { -$0 } : parts
  }

  func ownerIncome(_ property: Int, _ days: ClosedRange<Int>) -> [Int: Int] {
    let own = specific(property, days)
    let pool = income(property, days, cash: true) - own.values.reduce(0, +)
    var parts = Self.divide(
      pool, owners(property, on: days.lowerBound).map { ($0.owner, $0.income) })
    for (owner, amount) in own { parts[owner, default: 0] += amount }
    return parts
  }

  /// The owner's cash at the end of a day, from the beginning of the books.
  private func cash(_ property: Int, through day: Int) -> Int {
    postings.filter {
      $0.property == property && $0.day <= day && $0.isCash
        && [Self.bank, Self.undeposited, Self.deposits].contains($0.account)
    }.reduce(0) { $0 + $1.debit }
  }

  struct Drawn: Equatable {
    var calculated = 0
    var cap = 0
    var draw = 0
    var carry = 0
    var owners: [Int: Int] = [:]
  }

  /// Every period of the months after another, by the formula of the facts.
  func draws(_ property: Int, months: [ClosedRange<Int>]) -> [Drawn] {
    let own = terms[property]
    var (carry, declared) = (0, 0)
    var before: [Int]?
    guard let opening = postings.filter({ $0.property == property }).map(\.day).min() else {
      return []
    }
    return months.flatMap { periods(property, $0) }.filter { days in
      months.contains { $0.contains(days.lowerBound) && $0.upperBound >= opening }
    }.map { days in
      let here = owners(property, on: days.lowerBound)
      let start = cash(property, through: days.lowerBound - 1) - declared
      let carried = own.carries && (before ?? here.map(\.owner)) == here.map(\.owner) ? carry : 0
      let available = income(property, days, cash: true) + carried
      let restore = max(0, own.reserve - (start - carried))
      func part(_ amount: Int) -> Int { max(0, amount) * own.percent / 100 }
      var drawn = Drawn()
      drawn.calculated =
        own.reserveFirst ? part(available - restore) : max(0, part(available) - restore)
      let unpaid = bills.filter {
        $0.property == property && $0.isApproved && $0.day <= days.upperBound
          && $0.paidDay > days.upperBound
      }.reduce(0) { $0 + $1.amount }
      let waiting = postings.filter {
        $0.property == property && $0.day <= days.upperBound && $0.account == Self.undeposited
      }.reduce(0) { $0 + $1.debit }
      drawn.cap = max(
        0,
        cash(property, through: days.upperBound) - declared - own.reserve
          - (own.holdsBills ? unpaid : 0) - (own.holdsUndeposited ? max(0, waiting) : 0))
      drawn.draw = min(drawn.calculated, drawn.cap)
      drawn.carry = own.carries ? min(0, available) : 0
      drawn.owners = paid(property, days, drawn.draw)
      (carry, before) = (drawn.carry, here.map(\.owner))
      declared += drawn.draw
      return drawn
    }
  }

  private func paid(_ property: Int, _ days: ClosedRange<Int>, _ draw: Int) -> [Int: Int] {
    let here = owners(property, on: days.lowerBound)
    let own = specific(property, days).filter { entry in here.contains { $0.owner == entry.key } }
    var parts = Self.divide(
      draw - own.values.reduce(0, +), here.map { ($0.owner, $0.paid) })
    for (owner, amount) in own { parts[owner, default: 0] += amount }
    // Nobody gets less than nothing: what one owes, the others go without.
    let missing = parts.values.filter { $0 < 0 }.reduce(0, -)
    let payers = parts.filter { $0.value > 0 }.sorted { $0.key < $1.key }
    if missing > 0, !payers.isEmpty {
      for (owner, burden) in Self.divide(missing, payers.map { ($0.key, $0.value) }) {
        parts[owner, default: 0] -= burden
      }
    }
    return parts.mapValues { max(0, $0) }
  }
}

extension Array where Element == PlainBooks.Posting {
  /// In an order that is not the one they were made in: nothing may hang on it.
  fileprivate func shuffledByDay() -> [Element] {
    sorted { ($0.day % 7, -$0.transaction) < ($1.day % 7, -$1.transaction) }
  }
}

@Suite("Worked out a second time, another way")
struct BruteForceTests {
  private static let seeds: [UInt64] = (0..<150).map { $0 &* 104_729 &+ 3 }

  @Test("income, owners' parts and draws come out the same, to the cent", arguments: seeds)
  func same(_ seed: UInt64) {
    let books = PlainBooks(seed: seed)
    let ledger = books.snapshot()
    let start = CalendarMonth(
      containing: CalendarDate(daysSince1970: PlainBooks.first))
    let months = CalendarMonth.months(start, through: start.adding(months: 3))
    let days = months.map { $0.first.daysSince1970...$0.last.daysSince1970 }
    for property in books.shares.indices {
      for basis in Basis.allCases {
        let rows = ledger.noi(months: months, basis: basis, properties: [property])
        let expected = days.flatMap { books.periods(property, $0) }
        #expect(
          rows.map { Int($0.figures.noi.minorUnits) }
            == expected.map {
              books.income(property, $0, cash: basis == .cash)
            }, "seed \(seed), property \(property), \(basis)")
        guard basis == .cash else { continue }
        for (row, days) in zip(rows, expected) {
          var parts: [Int: Int] = [:]
          for part in ledger.ownerNOI(of: [row]).rows {
            parts[part.owner] = Int(part.noi.minorUnits)
          }
          #expect(
            parts == books.ownerIncome(property, days), "seed \(seed), property \(property)")
        }
      }
      let rows = DrawCalculation(ledger).rows(
        months: months[0]...months[3], properties: [property])
      let found = rows.map { row in
        var owners: [Int: Int] = [:]
        for part in row.owners { owners[part.owner] = Int(part.amount.minorUnits) }
        return PlainBooks.Drawn(
          calculated: Int(row.calculated.minorUnits), cap: Int(row.cap.minorUnits),
          draw: Int(row.draw.minorUnits), carry: Int(row.carryOut.minorUnits), owners: owners)
      }
      #expect(
        found == books.draws(property, months: days), "seed \(seed), property \(property)")
    }
  }
}
