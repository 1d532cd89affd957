// What a statement is asked for, and the sums all statements are made of.
import Domain

/// What a statement is about.
public struct StatementScope: Sendable {
  /// The ledger.
  public let ledger: LedgerSnapshot
  /// The properties, by number, in the order they are shown.
  public let properties: [Int]
  /// Whether all properties are meant, and with them the company's own lines.
  public let isWhole: Bool
  /// The days.
  public let period: Period
  /// When income and cost count.
  public let basis: Basis
  /// Whose books they are.
  public let portfolio: String
  /// When the data was last brought up to date; nil when it never was.
  public let dataAsOf: Instant?

  /// A scope.
  ///
  /// - Parameter properties: their numbers; nil for all and the company's own lines.
  public init(
    _ ledger: LedgerSnapshot, properties: [Int]? = nil, period: Period, basis: Basis = .cash,
    portfolio: String, dataAsOf: Instant? = nil
  ) {
    self.ledger = ledger
    self.properties =
      properties
      ?? ledger.properties.indices.sorted {
        (ledger.properties[$0].name, $0) < (ledger.properties[$1].name, $1)
      }
    isWhole = properties == nil
    (self.period, self.basis) = (period, basis)
    (self.portfolio, self.dataAsOf) = (portfolio, dataAsOf)
  }

  /// The first lines of every statement.
  func heading(basis hasBasis: Bool = true, asOf: Bool = false) -> [String] {
    var lines: [String] = []
    switch properties.count {
    case _ where isWhole: lines.append("All properties")
    case 1...3: lines.append(properties.map { ledger.properties[$0].name }.joined(separator: ", "))
    default: lines.append("\(properties.count) properties")
    }
    let days = asOf ? "As of \(period.to)" : period.title
    lines.append(hasBasis ? "\(days), \(basis.rawValue) basis" : days)
    if let dataAsOf { lines.append("Data as of \(dataAsOf.secondsText)") }
    return lines
  }

  /// The lines of the scope's properties (and the company, when it is whole) that count in its basis,
  /// by their places.
  func forEachLine(in period: Period, _ body: (Int) -> Void) {
    for property in properties {
      for line in ledger.lines(ofProperty: property, in: period)
      where ledger.lines.isIn(basis, line) {
        body(line)
      }
    }
    guard isWhole else { return }
    // The company's lines and the unassigned ones stand before those of the properties.
    let end =
      ledger.properties.isEmpty ? ledger.lines.count : ledger.lines(ofProperty: 0).lowerBound
    for line in 0..<end where ledger.lines.isIn(basis, line) {
      if period.contains(CalendarDate(daysSince1970: Int(ledger.lines.day[line]))) { body(line) }
    }
  }

  /// What was posted to each account in a period: cents by account, debits positive.
  func sums(_ period: Period) -> [Int: Int64] {
    var sums: [Int: Int64] = [:]
    forEachLine(in: period) { line in
      sums[Int(ledger.lines.account[line]), default: 0] += ledger.lines.debit[line]
    }
    return sums
  }

  /// What each account stood at, at the end of a day.
  func balances(at day: CalendarDate) -> [Int: Int64] {
    sums(Period(from: .distantPast, to: day))
  }

  /// An account as people know it: `6110 Plumbing`.
  func title(_ account: Int) -> String {
    let account = ledger.accounts[account]
    return account.number.map { "\($0) \(account.name)" } ?? account.name
  }

  /// What a row of an account stands for.
  func reference(account: Int? = nil, property: Int? = nil, period: Period? = nil)
    -> Report.Reference
  {
    Report.Reference(
      property: property.map { ledger.properties[$0].id },
      account: account.map { ledger.accounts[$0].id }, period: period)
  }

  /// The same scope with less in it.
  func narrowed(to properties: [Int]? = nil, basis: Basis? = nil) -> StatementScope {
    StatementScope(
      ledger, properties: properties ?? (isWhole ? nil : self.properties), period: period,
      basis: basis ?? self.basis, portfolio: portfolio, dataAsOf: dataAsOf)
  }

  /// Accounts in the order of the chart: by number, those without one by name after them.
  func ordered(_ accounts: some Sequence<Int>) -> [Int] {
    accounts.sorted { left, right in
      let (first, second) = (ledger.accounts[left], ledger.accounts[right])
      return (first.number == nil ? 1 : 0, first.number ?? "", first.name, left)
        < (second.number == nil ? 1 : 0, second.number ?? "", second.name, right)
    }
  }
}
