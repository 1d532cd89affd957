// The ledger as a plain-text journal that hledger reads, so that its own commands can check every
// figure.
import Domain

/// The ledger in hledger's journal format.
///
/// Conventions (accounting facts, section 5): a transaction carries `basis:cash`, `basis:accrual` or
/// `basis:both`; *cash and both* and *accrual and both* are each a whole double entry. A posting
/// carries `property:` with Buildium's number, or `COMPANY`. What counts as operating stands under
/// `income:operating` and `expenses:operating`, and only what belongs to a property does: what names
/// one the store does not know stands under `income:unknown property`, as no report counts it.
public struct LedgerJournal {
  private let ledger: LedgerSnapshot
  private var names: [Name: String] = [:]
  private var taken: [String: Name] = [:]

  private struct Name: Hashable {
    let account: Int
    let root: String
  }

  private enum Part: String, CaseIterable { case both, cash, accrual }

  private init(_ ledger: LedgerSnapshot) { self.ledger = ledger }

  /// The journal of a period.
  ///
  /// A period that begins after the books do opens with the balances of the day before it, so that
  /// balances at its end are those of the books; income and cost of before are in equity then.
  ///
  /// - Parameters:
  ///   - period: the days; nil for all.
  ///   - basis: only what counts in one basis; nil for both.
  public static func text(_ ledger: LedgerSnapshot, period: Period? = nil, basis: Basis? = nil)
    -> String
  {
    var journal = LedgerJournal(ledger)
    return journal.make(period, basis)
  }

  private mutating func make(_ period: Period?, _ basis: Basis?) -> String {
    var byTransaction: [Int32: [Int]] = [:]
    for line in 0..<ledger.lines.count {
      let day = CalendarDate(daysSince1970: Int(ledger.lines.day[line]))
      if let period, !period.contains(day) { continue }
      byTransaction[ledger.lines.transaction[line], default: []].append(line)
    }
    let order = byTransaction.keys.sorted {
      (ledger.transactions.day[Int($0)], ledger.transactions.buildiumID[Int($0)], $0)
        < (ledger.transactions.day[Int($1)], ledger.transactions.buildiumID[Int($1)], $1)
    }
    var entries = period.map { opening($0, basis) } ?? ""
    for transaction in order {
      entries += self.entries(Int(transaction), byTransaction[transaction] ?? [], basis)
    }
    var text = "; The ledger of Rentbook, for hledger.\ncommodity $1,000.00\ndecimal-mark .\n\n"
    let extra = ["equity:earned before", "equity:not balanced"]
    for name in (Array(taken.keys) + extra).sorted() { text += "account \(name)\n" }
    for transaction in ledger.quarantined {
      text += "; set apart: \(transaction.type) \(transaction.id): \(plain(transaction.reason))\n"
    }
    return text + "\n" + entries
  }

  private mutating func entries(_ transaction: Int, _ lines: [Int], _ basis: Basis?) -> String {
    var parts: [Part: [Int]] = [:]
    for line in lines {
      let (isCash, isAccrual) = (
        ledger.lines.isIn(.cash, line), ledger.lines.isIn(.accrual, line)
      )
      parts[isCash && isAccrual ? .both : isCash ? .cash : .accrual, default: []].append(line)
    }
    // What counts in both must balance by itself to stand as an entry of both.
    if let both = parts[.both], sum(both) != 0 {
      parts[.both] = nil
      parts[.cash, default: []] += both
      parts[.accrual, default: []] += both
    }
    var text = ""
    for part in Part.allCases {
      guard let lines = parts[part], !lines.isEmpty else { continue }
      if let basis, part != .both, part.rawValue != basis.rawValue { continue }
      let day = CalendarDate(daysSince1970: Int(ledger.transactions.day[transaction]))
      text +=
        "\(day) (\(ledger.transactions.id(transaction))) "
        + "\(plain(ledger.transactions.typeName(transaction)))  ; basis:\(part.rawValue)\n"
      for line in lines {
        text += posting(name(line), ledger.lines.debit[line], property(line))
      }
      // The books are shown as they are: what does not balance is said, not hidden.
      let rest = sum(lines)
      if rest != 0 { text += posting("equity:not balanced", -rest, property(lines[0])) }
      text += "\n"
    }
    return text
  }

  private func sum(_ lines: [Int]) -> Int64 { lines.reduce(0) { $0 + ledger.lines.debit[$1] } }

  private func posting(_ name: String, _ debit: Int64, _ property: String) -> String {
    "    \(name)  \(amount(debit))  ; property:\(property)\n"
  }

  // MARK: Opening balances

  private struct Balance: Hashable, Comparable {
    let name: String
    let property: String

    static func < (left: Balance, right: Balance) -> Bool {
      (left.name, left.property) < (right.name, right.property)
    }
  }

  /// The balances of the day before a period, an entry for each basis; empty without any.
  private mutating func opening(_ period: Period, _ only: Basis?) -> String {
    let first = Int32(period.from.daysSince1970)
    var text = ""
    for basis in Basis.allCases where only == nil || only == basis {
      var sums: [Balance: Int64] = [:]
      for line in 0..<ledger.lines.count
      where ledger.lines.day[line] < first && ledger.lines.isIn(basis, line) {
        // What was earned and spent before the period is the owners' by now.
        let isKept = ledger.accountClass(ofLine: line) == .balanceSheet
        let name = isKept ? name(line) : "equity:earned before"
        sums[Balance(name: name, property: property(line)), default: 0] += ledger.lines.debit[line]
      }
      let open = sums.filter { $0.value != 0 }.sorted { $0.key < $1.key }
      guard !open.isEmpty else { continue }
      text += "\(period.from.adding(days: -1)) Opening balances  ; basis:\(basis.rawValue)\n"
      for (balance, debit) in open { text += posting(balance.name, debit, balance.property) }
      let rest = open.reduce(0) { $0 + $1.value }
      if rest != 0 { text += posting("equity:not balanced", -rest, "COMPANY") }
      text += "\n"
    }
    return text
  }

  private func amount(_ cents: Int64) -> String {
    let text = Money(minorUnits: cents).description
    return text.hasPrefix("-") ? "$-" + text.dropFirst() : "$" + text
  }

  private func property(_ line: Int) -> String {
    switch ledger.lines.property[line] {
    case LedgerSnapshot.company: "COMPANY"
    case LedgerSnapshot.unassigned: "UNKNOWN"
    case let number: ledger.properties[Int(number)].id
    }
  }

  /// The journal's name of a line's account; two accounts never share one.
  private mutating func name(_ line: Int) -> String {
    let account = Int(ledger.lines.account[line])
    let key = Name(account: account, root: root(line))
    if let known = names[key] { return known }
    let record = ledger.accounts[account]
    let own = plain(record.name).lowercased()
    var name = own.isEmpty ? key.root : "\(key.root):\(own)"
    if let other = taken[name], other != key {
      name += " \(record.buildiumID.map(String.init) ?? record.number ?? record.localID)"
    }
    names[key] = name
    taken[name] = key
    return name
  }

  private func root(_ line: Int) -> String {
    let account = ledger.accounts[Int(ledger.lines.account[line])]
    // Only what belongs to a property is part of its income.
    let other =
      switch ledger.lines.property[line] {
      case LedgerSnapshot.company: "company"
      case LedgerSnapshot.unassigned: "unknown property"
      default: nil as String?
      }
    switch ledger.accountClass(ofLine: line) {
    case .revenue: return "income:\(other ?? "operating")"
    case .operatingExpense: return "expenses:\(other ?? "operating")"
    case .nonOperatingIncome: return "income:\(other ?? "nonoperating")"
    case .nonOperatingExpense: return "expenses:\(other ?? "nonoperating")"
    case .managementIncome: return "income:management"
    case .unknown: return "equity:not classified"
    case .balanceSheet: break
    }
    switch account.purpose {
    case .bank: return "assets:bank"
    case .undepositedFunds: return "assets:bank:undeposited"
    case .accountsReceivable: return "assets:receivable"
    case .accountsPayable: return "liabilities:payable"
    case .depositsHeld: return "liabilities:deposits held"
    case .prepaid: return "liabilities:prepaid rent"
    case .escrow: return "liabilities:escrow"
    case .ownerDraw: return "equity:owner draw"
    case .ownerContribution: return "equity:owner contribution"
    case .other: break
    }
    switch (account.type, account.subType) {
    case ("Asset", "FixedAsset"): return "assets:fixed"
    case ("Asset", _): return "assets:other"
    case ("Liability", "LongTermLiability"): return "liabilities:long term"
    case ("Liability", _): return "liabilities:other"
    default: return "equity:other"
    }
  }

  /// A name without what means something to hledger: colons part accounts, two spaces end them, a
  /// semicolon begins a comment.
  private func plain(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
      switch scalar {
      case ":", ";", "|", "(", ")", "[", "]", "\"": " "
      case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value): " "
      default: scalar
      }
    }
    return String(String.UnicodeScalarView(scalars)).split(separator: " ").joined(separator: " ")
  }
}
