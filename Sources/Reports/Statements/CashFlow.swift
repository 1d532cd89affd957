// Where the money came from and where it went: every movement of the cash accounts by the account
// on its other side.
import Domain

/// The cash flow of a period.
public enum CashFlow {
  private enum Part: String, CaseIterable {
    case operating = "Operating activities"
    case investing = "Investing activities"
    case financing = "Financing activities"
    case held = "Money held for others"
  }

  /// The report: opening cash and all movements add up to closing cash.
  public static func report(_ scope: StatementScope) -> Report {
    // Money moves when it moves: the accrual book would say the same through receivables.
    let cash = scope.narrowed(basis: .cash)
    var report = Report(
      name: "cash-flow", title: "Cash flow", letterhead: scope.portfolio,
      scope: cash.heading(),
      columns: [
        Report.Column("Account"),
        Report.Column(scope.period.description, .money, key: "amount"),
      ])
    let opening = total(cash, cash.balances(at: scope.period.from.adding(days: -1)))
    let sums = cash.sums(scope.period)
    report.add(.total, "Cash at the beginning", amounts: [opening])
    var change = Money.zero
    for part in Part.allCases {
      let accounts = cash.ordered(
        sums.keys.filter { Self.part(scope.ledger.accounts[$0]) == part && sums[$0] != 0 })
      guard !accounts.isEmpty else { continue }
      report.addSection(part.rawValue)
      var subtotal = Money.zero
      for account in accounts {
        let amount = Money(minorUnits: -(sums[account] ?? 0))
        subtotal += amount
        report.add(
          .line, depth: 1, cash.title(account), amounts: [amount],
          of: cash.reference(account: account))
      }
      report.add(.subtotal, "Net of \(part.rawValue.lowercased())", amounts: [subtotal])
      change += subtotal
    }
    report.add(.total, "Change in cash", amounts: [change])
    let closing = total(cash, cash.balances(at: scope.period.to))
    report.add(.total, "Cash at the end", amounts: [closing])
    if opening + change != closing {
      report.notes.append(
        "The movements explain \(change) of \(closing - opening): the books are not balanced.")
    }
    return report
  }

  private static func isCash(_ account: LedgerAccount) -> Bool {
    account.purpose == .bank || account.purpose == .undepositedFunds
  }

  private static func total(_ scope: StatementScope, _ balances: [Int: Int64]) -> Money {
    Money(
      minorUnits: balances.reduce(0) {
        isCash(scope.ledger.accounts[$1.key]) ? $0 + $1.value : $0
      })
  }

  /// The part an account's movements stand in; nil for cash itself.
  private static func part(_ account: LedgerAccount) -> Part? {
    if isCash(account) { return nil }
    switch account.purpose {
    case .depositsHeld, .prepaid, .escrow: return .held
    default: break
    }
    switch (account.type, account.subType) {
    case ("Asset", "FixedAsset"): return .investing
    case ("Liability", "LongTermLiability"), ("Equity", _): return .financing
    default: return .operating
    }
  }
}
