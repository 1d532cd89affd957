// The balance of every account, debits beside credits; and every line behind them.
import Domain

/// The trial balance at the end of a period.
public enum TrialBalance {
  /// The report; its two totals are equal, or a note says by how much they are not.
  public static func report(_ scope: StatementScope) -> Report {
    var report = Report(
      name: "trial-balance", title: "Trial balance", letterhead: scope.portfolio,
      scope: scope.heading(asOf: true),
      columns: [
        Report.Column("Account"), Report.Column("Type"), Report.Column("Debit", .money),
        Report.Column("Credit", .money),
      ])
    let balances = scope.balances(at: scope.period.to)
    var (debits, credits) = (Money.zero, Money.zero)
    for account in scope.ordered(balances.keys) {
      let balance = Money(minorUnits: balances[account] ?? 0)
      guard balance != .zero else { continue }
      let type = Report.Cell.text(scope.ledger.accounts[account].type)
      if balance > .zero {
        debits += balance
        report.add(
          .line, .text(scope.title(account)), type, .money(balance),
          of: scope.reference(account: account))
      } else {
        credits += -balance
        report.add(
          .line, .text(scope.title(account)), type, .none, .money(-balance),
          of: scope.reference(account: account))
      }
    }
    report.add(.total, .text("Total"), .none, .money(debits), .money(credits))
    if debits != credits {
      report.notes.append(
        "Debits and credits differ by \((debits - credits).magnitude): a transaction was entered "
          + "for some of these properties only, or the books are not balanced.")
    }
    return report
  }
}

/// Every line of every account, with the balance after it.
public enum GeneralLedger {
  /// The report. Lines that complete a double entry and were not given by the source are marked.
  public static func report(_ scope: StatementScope, accounts wanted: Set<Int>? = nil) -> Report {
    var report = Report(
      name: "general-ledger", title: "General ledger", letterhead: scope.portfolio,
      scope: scope.heading(),
      columns: [
        Report.Column("Date", .date), Report.Column("Transaction"), Report.Column("Property"),
        Report.Column("Debit", .money), Report.Column("Credit", .money),
        Report.Column("Balance", .money),
      ])
    let ledger = scope.ledger
    var lines: [Int: [Int]] = [:]
    scope.forEachLine(in: scope.period) {
      lines[Int(ledger.lines.account[$0]), default: []].append($0)
    }
    let opening = scope.balances(at: scope.period.from.adding(days: -1))
    let accounts = Set(lines.keys).union(opening.filter { $0.value != 0 }.keys)
      .filter { wanted?.contains($0) ?? true }
    var hasDerived = false
    for account in scope.ordered(accounts) {
      report.addSection(scope.title(account), of: scope.reference(account: account))
      var balance = opening[account] ?? 0
      report.add(
        .line, depth: 1, .date(scope.period.from), .text("Opening balance"), .none, .none, .none,
        .money(Money(minorUnits: balance)))
      var (debits, credits) = (Int64(0), Int64(0))
      let ordered = (lines[account] ?? []).sorted {
        (ledger.lines.day[$0], ledger.lines.transaction[$0], $0)
          < (ledger.lines.day[$1], ledger.lines.transaction[$1], $1)
      }
      for line in ordered {
        let debit = ledger.lines.debit[line]
        balance += debit
        if debit > 0 { debits += debit } else { credits -= debit }
        let transaction = Int(ledger.lines.transaction[line])
        let isDerived = ledger.lines.isDerived(line)
        hasDerived = hasDerived || isDerived
        let title =
          "\(ledger.transactions.typeName(transaction)) \(ledger.transactions.id(transaction))"
        report.add(
          .line, depth: 1,
          .date(CalendarDate(daysSince1970: Int(ledger.lines.day[line]))),
          .text(isDerived ? title + " *" : title), .text(property(ledger, line)),
          debit > 0 ? .money(Money(minorUnits: debit)) : .none,
          debit > 0 ? .none : .money(Money(minorUnits: -debit)),
          .money(Money(minorUnits: balance)), of: reference(ledger, line))
      }
      report.add(
        .subtotal, .none, .text("Closing balance"), .none, .money(Money(minorUnits: debits)),
        .money(Money(minorUnits: credits)), .money(Money(minorUnits: balance)))
    }
    if hasDerived {
      report.notes.append("* completes the double entry; Buildium does not list this line.")
    }
    return report
  }

  private static func reference(_ ledger: LedgerSnapshot, _ line: Int) -> Report.Reference {
    let property = Int(ledger.lines.property[line])
    let transaction = Int(ledger.lines.transaction[line])
    let lease = Int(ledger.transactions.lease[transaction])
    return Report.Reference(
      property: property >= 0 ? ledger.properties[property].id : nil,
      account: ledger.accounts[Int(ledger.lines.account[line])].id,
      lease: lease >= 0 ? ledger.leases[lease].id : nil,
      transaction: ledger.transactions.id(transaction))
  }

  static func property(_ ledger: LedgerSnapshot, _ line: Int) -> String {
    switch ledger.lines.property[line] {
    case LedgerSnapshot.company: "Company"
    case LedgerSnapshot.unassigned: "not known"
    case let number: ledger.properties[Int(number)].name
    }
  }
}
