// The ledger as a plain-text journal that hledger reads, so that its own commands can check every
// figure.
import Domain

/// The ledger in hledger's journal format.
///
/// Conventions (accounting facts, section 5): a transaction carries `basis:cash`, `basis:accrual` or
/// `basis:both`; *cash and both* and *accrual and both* are each a whole double entry. A posting
/// carries `property:` with Buildium's number, or `COMPANY`. What counts as operating stands under
/// `income:operating` and `expenses:operating`.
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
    var entries = ""
    for transaction in order {
      entries += self.entries(Int(transaction), byTransaction[transaction] ?? [], basis)
    }
    var text = "; The ledger of Rentbook, for hledger.\ncommodity $1,000.00\ndecimal-mark .\n\n"
    for name in taken.keys.sorted() { text += "account \(name)\n" }
    for (_, transaction) in ledger.quarantined.enumerated() {
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
    if let both = parts[.both], both.reduce(0, { $0 + ledger.lines.debit[$1] }) != 0 {
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
        text +=
          "    \(name(line))  \(amount(ledger.lines.debit[line]))  ; property:\(property(line))\n"
      }
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
    let isCompany = ledger.lines.property[line] == LedgerSnapshot.company
    switch ledger.accountClass(ofLine: line) {
    case .revenue: return isCompany ? "income:company" : "income:operating"
    case .operatingExpense: return isCompany ? "expenses:company" : "expenses:operating"
    case .nonOperatingIncome: return isCompany ? "income:company" : "income:nonoperating"
    case .nonOperatingExpense: return isCompany ? "expenses:company" : "expenses:nonoperating"
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
