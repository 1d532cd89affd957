// Putting a snapshot together from posted lines, in any order.
//
// The source leaves legs out: a payment says which income it is but not, in the accrual book, that
// it settles a receivable; a deposit at the bank has no lines at all. Both follow from what is
// there, so the finished books balance in both bases.
import Domain

/// Collects the rows of a ledger and makes a ``LedgerSnapshot`` of them.
public struct LedgerBuilder {
  /// The chart of accounts; lines name them by place.
  public private(set) var accounts: [LedgerAccount]
  private let properties: [LedgerProperty]
  private let owners: [LedgerOwner]
  /// The leases; transactions name them by place.
  public var leases: [LedgerLease] = []
  /// The bills.
  public var bills: [LedgerBill] = []
  /// What was set apart.
  public var quarantined: [QuarantinedTransaction] = []

  private var transactions = LedgerTransactions()
  private var lines = LedgerLines()
  private var typeNumbers: [String: UInt16] = [:]
  private var deposits: [(transaction: Int32, bank: Int32, payment: Int64)] = []
  private var specific: [Place: [SpecificShare]] = [:]

  private struct Place: Hashable {
    let transaction: Int32
    let property: Int32
  }

  /// - Parameters:
  ///   - lineCount: about how many lines will come.
  public init(
    accounts: [LedgerAccount], properties: [LedgerProperty], owners: [LedgerOwner],
    lineCount: Int = 0
  ) {
    (self.accounts, self.properties, self.owners) = (accounts, properties, owners)
    lines.reserve(lineCount)
  }

  /// Adds a transaction; its number.
  public mutating func addTransaction(
    type: String, day: CalendarDate, buildiumID: Int64, localID: String = "", lease: Int? = nil,
    updated: Int64 = 0
  ) -> Int32 {
    let number = Int32(transactions.count)
    if typeNumbers[type] == nil {
      typeNumbers[type] = UInt16(transactions.types.count)
      transactions.types.append(type)
    }
    transactions.day.append(Int32(day.daysSince1970))
    transactions.type.append(typeNumbers[type] ?? 0)
    transactions.buildiumID.append(buildiumID)
    transactions.lease.append(Int32(lease ?? -1))
    transactions.updated.append(updated)
    if buildiumID == 0 { transactions.localIDs[number] = localID }
    return number
  }

  /// Adds a posting of a transaction.
  ///
  /// - Parameters:
  ///   - property: its number, or ``LedgerSnapshot/company`` or ``LedgerSnapshot/unassigned``.
  ///   - debit: cents, debits positive.
  ///   - isCash: whether it is posted in the cash book; otherwise in the accrual book.
  public mutating func addLine(
    _ transaction: Int32, account: Int, property: Int32, debit: Int64, isCash: Bool,
    isDerived: Bool = false
  ) {
    lines.append(
      day: transactions.day[Int(transaction)], transaction: transaction, account: Int32(account),
      property: property, debit: debit,
      flags: (isCash ? Basis.cash : .accrual).bit | (isDerived ? LedgerLines.derivedFlag : 0))
  }

  /// Says that a transaction brought a received payment to the bank.
  public mutating func addDeposit(_ transaction: Int32, bank: Int, payment buildiumID: Int64) {
    deposits.append((transaction, Int32(bank), buildiumID))
  }

  /// Says that a transaction's lines in a property belong to certain owners.
  public mutating func allocate(_ transaction: Int32, property: Int, to shares: [SpecificShare]) {
    specific[Place(transaction: transaction, property: Int32(property))] = shares
  }

  // MARK: Finishing

  /// The snapshot.
  public mutating func finish() -> LedgerSnapshot {
    // By transaction, so that each is seen whole; a counting sort, for there are many.
    lines = lines.permuted(
      Self.order(of: lines.transaction, from: 0, count: transactions.count))
    markJournals()
    let moved = deposited()
    let settled = settlements()
    for leg in moved + settled {
      lines.append(
        day: leg.day, transaction: leg.transaction, account: leg.account, property: leg.property,
        debit: leg.debit, flags: leg.flags | LedgerLines.derivedFlag)
    }
    return sorted()
  }

  private struct Leg {
    let day: Int32
    let transaction: Int32
    let account: Int32
    let property: Int32
    let debit: Int64
    let flags: UInt8
  }

  private static let both = Basis.cash.bit | Basis.accrual.bit

  /// A journal entry counts in both books, unless it was given for each.
  private mutating func markJournals() {
    let journals = Set(
      transactions.types.indices.filter {
        PostingRule.isComplete(transactionType: transactions.types[$0])
      }.map(UInt16.init))
    var index = 0
    while index < lines.count {
      let end = transactionEnd(index)
      if journals.contains(transactions.type[Int(lines.transaction[index])]) {
        let bases = lines.flags[index..<end].reduce(0) { $0 | ($1 & Self.both) }
        if bases != Self.both {
          for line in index..<end { lines.flags[line] |= Self.both }
        }
      }
      index = end
    }
  }

  private func transactionEnd(_ start: Int) -> Int {
    var end = start
    while end < lines.count, lines.transaction[end] == lines.transaction[start] { end += 1 }
    return end
  }

  /// Money that was received goes from undeposited funds to the bank on the day of its deposit.
  private func deposited() -> [Leg] {
    guard !deposits.isEmpty,
      let undeposited = accounts.firstIndex(where: { $0.purpose == .undepositedFunds })
    else { return [] }
    var places: [Int64: Int32] = [:]
    let wanted = Set(deposits.map(\.payment))
    for (number, id) in transactions.buildiumID.enumerated() where wanted.contains(id) {
      places[id] = Int32(number)
    }
    var starts: [Int32: Int] = [:]
    for line in lines.transaction.indices where starts[lines.transaction[line]] == nil {
      starts[lines.transaction[line]] = line
    }
    var legs: [Leg] = []
    for deposit in deposits {
      guard let payment = places[deposit.payment], let start = starts[payment] else { continue }
      for line in start..<transactionEnd(start)
      where lines.account[line] == Int32(undeposited) && lines.flags[line] & Basis.cash.bit != 0 {
        let day = transactions.day[Int(deposit.transaction)]
        let (property, debit) = (lines.property[line], lines.debit[line])
        for (account, amount) in [(Int32(undeposited), -debit), (deposit.bank, debit)] {
          legs.append(
            Leg(
              day: day, transaction: deposit.transaction, account: account, property: property,
              debit: amount, flags: Self.both))
        }
      }
    }
    return legs
  }

  /// Transactions that pay what was billed; others that move money settle what was charged.
  private static let payingTypes: Set<String> = [
    "Check", "ElectronicFundsTransfer", "CreditCardPurchase", "ReverseElectronicFundsTransfer",
    "ReversedEftRefund", "UnreversedElectronicFundsTransfer", "VendorRefund",
  ]

  /// Money moves in both books alike. Where the accrual book lacks a movement of the cash book, it
  /// settles a receivable or a payable.
  private mutating func settlements() -> [Leg] {
    let isMoney = accounts.map { $0.purpose == .bank || $0.purpose == .undepositedFunds }
    var open: [(Leg, isPaying: Bool)] = []
    var index = 0
    while index < lines.count {
      let end = transactionEnd(index)
      var missing: [(account: Int32, property: Int32, debit: Int64)] = []
      for line in index..<end where isMoney[Int(lines.account[line])] {
        let bases = lines.flags[line] & Self.both
        guard bases != Self.both else { continue }
        let debit = bases == Basis.cash.bit ? lines.debit[line] : -lines.debit[line]
        let (account, property) = (lines.account[line], lines.property[line])
        if let place = missing.firstIndex(where: {
          $0.account == account && $0.property == property
        }) {
          missing[place].debit += debit
        } else {
          missing.append((account, property, debit))
        }
      }
      for part in missing where part.debit != 0 {
        let transaction = lines.transaction[index]
        let leg = Leg(
          day: lines.day[index], transaction: transaction, account: part.account,
          property: part.property, debit: part.debit, flags: Basis.accrual.bit)
        open.append((leg, Self.payingTypes.contains(transactions.typeName(Int(transaction)))))
      }
      index = end
    }
    guard !open.isEmpty else { return [] }
    let receivable = place(of: .accountsReceivable, "Accounts Receivable", "Asset", "CurrentAsset")
    let payable = place(of: .accountsPayable, "Accounts Payable", "Liability", "CurrentLiability")
    return open.flatMap { leg, isPaying in
      [
        leg,
        Leg(
          day: leg.day, transaction: leg.transaction, account: isPaying ? payable : receivable,
          property: leg.property, debit: -leg.debit, flags: leg.flags),
      ]
    }
  }

  /// The account of a purpose; one that stands only here when the chart has none.
  private mutating func place(
    of purpose: AccountPurpose, _ name: String, _ type: String, _ subType: String
  ) -> Int32 {
    if let found = accounts.firstIndex(where: { $0.purpose == purpose }) { return Int32(found) }
    accounts.append(
      LedgerAccount(
        buildiumID: nil, name: name, type: type, subType: subType, defaultName: name))
    return Int32(accounts.count - 1)
  }

  private func sorted() -> LedgerSnapshot {
    let byDay = Self.order(
      of: lines.day, from: lines.day.min() ?? 0,
      count: Int((lines.day.max() ?? 0) - (lines.day.min() ?? 0)) + 1)
    let first = LedgerSnapshot.unassigned
    let properties = byDay.map { lines.property[Int($0)] }
    let byProperty = Self.order(of: properties, from: first, count: self.properties.count + 2)
    let sorted = lines.permuted(byProperty.map { byDay[Int($0)] })
    var ranges: [Range<Int>] = []
    var line = 0
    for property in first..<Int32(self.properties.count) {
      let start = line
      while line < sorted.count, sorted.property[line] == property { line += 1 }
      if property >= 0 { ranges.append(start..<line) }
    }
    var specificLines: [Int: [LedgerSnapshot.SpecificLine]] = [:]
    if !specific.isEmpty {
      for line in 0..<sorted.count {
        let place = Place(transaction: sorted.transaction[line], property: sorted.property[line])
        guard let shares = specific[place] else { continue }
        specificLines[Int(place.property), default: []].append(.init(line: line, shares: shares))
      }
    }
    var propertyBills: [Int: [Int]] = [:]
    for (number, bill) in bills.enumerated() {
      for property in bill.amounts.keys { propertyBills[property, default: []].append(number) }
    }
    return LedgerSnapshot(
      accounts: accounts, properties: self.properties, owners: owners, leases: leases,
      bills: bills, transactions: transactions, lines: sorted, quarantined: quarantined,
      propertyLines: ranges, specificLines: specificLines,
      classes: accounts.map(\.defaultClass.code), isDated: accounts.map { !$0.overrides.isEmpty },
      propertyBills: propertyBills)
  }

  /// The places of values in ascending order, equal ones as they stand: a counting sort.
  private static func order(of values: [Int32], from first: Int32, count: Int) -> [Int32] {
    var starts = [Int32](repeating: 0, count: count + 1)
    for value in values { starts[Int(value - first) + 1] += 1 }
    for index in 1..<starts.count { starts[index] += starts[index - 1] }
    var order = [Int32](repeating: 0, count: values.count)
    for (place, value) in values.enumerated() {
      order[Int(starts[Int(value - first)])] = Int32(place)
      starts[Int(value - first)] += 1
    }
    return order
  }
}
