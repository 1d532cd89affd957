// The three-way reconciliation of trust money: what the bank has, what the books say is there, and
// whose it is. All three must agree, to the cent.
import Domain

/// The three-way reconciliation at the end of a period.
public enum ThreeWay {
  /// The report. A difference stands in its last lines and in a note; nothing is ever rounded away.
  public static func report(_ scope: StatementScope, _ facts: StatementFacts) -> Report {
    let ledger = scope.ledger
    let cash = StatementScope(
      ledger, period: scope.period, basis: .cash, portfolio: scope.portfolio,
      dataAsOf: scope.dataAsOf)
    var report = Report(
      name: "three-way", title: "Three-way reconciliation",
      scope: cash.heading(basis: false, asOf: true),
      columns: [
        Report.Column("Trust money"), Report.Column("Book", .money),
        Report.Column("Bank, by Buildium", .money), Report.Column("Difference", .money),
      ])
    var books: [Int: Int64] = [:]
    var held: [AccountPurpose: [Int: Int64]] = [:]
    var management: Int64 = 0
    let last = Period(from: .distantPast, to: scope.period.to)
    cash.forEachLine(in: last) { line in
      // The company's own money is not trust money.
      let property = Int(ledger.lines.property[line])
      guard property != Int(LedgerSnapshot.company) else { return }
      let account = Int(ledger.lines.account[line])
      let debit = ledger.lines.debit[line]
      switch ledger.accounts[account].purpose {
      case .bank, .undepositedFunds: books[account, default: 0] += debit
      case .depositsHeld: held[.depositsHeld, default: [:]][property, default: 0] -= debit
      case .prepaid: held[.prepaid, default: [:]][property, default: 0] -= debit
      case .escrow: held[.escrow, default: [:]][property, default: 0] -= debit
      default:
        if ledger.accountClass(ofLine: line) == .managementIncome { management -= debit }
      }
    }

    report.addSection("What the books say is there")
    var (book, bank, differences) = (Money.zero, Money.zero, 0)
    for account in cash.ordered(books.keys) {
      let amount = Money(minorUnits: books[account] ?? 0)
      let stated = facts.banks.first { $0.account == account }?.balance
      book += amount
      bank += stated ?? .zero
      if let stated, stated != amount { differences += 1 }
      report.add(
        .line, depth: 1, .text(cash.title(account)), .money(amount),
        stated.map(Report.Cell.money) ?? .none,
        stated.map { .money(amount - $0) } ?? .none)
    }
    report.add(.subtotal, "Trust money", amounts: [book])

    report.addSection("Whose it is")
    var owed = Money.zero
    func add(_ title: String, _ amount: Money) {
      guard amount != .zero else { return }
      owed += amount
      report.add(.line, depth: 1, title, amounts: [amount])
    }
    func sum(_ purpose: AccountPurpose) -> Money {
      Money(minorUnits: (held[purpose] ?? [:]).values.reduce(0, +))
    }
    add("Tenants' deposits", sum(.depositsHeld))
    add("Rent paid ahead", sum(.prepaid))
    add("Held for taxes and insurance", sum(.escrow))
    add("Income the manager has not taken out", Money(minorUnits: management))
    var negative: [String] = []
    for property in cash.properties {
      let owner = ownersMoney(ledger, property, to: scope.period.to)
      if owner < .zero { negative.append(ledger.properties[property].name) }
      add("Owners of \(ledger.properties[property].name)", owner)
    }
    report.add(.subtotal, "Owed to beneficiaries", amounts: [owed])
    report.add(.total, "Books less beneficiaries", amounts: [book - owed])

    if book != owed {
      report.notes.append(
        "The books and the beneficiaries differ by \((book - owed).magnitude): money stands with a "
          + "property that is not known, or an entry is not balanced.")
    }
    if !negative.isEmpty {
      report.notes.append(
        "Other people's money covers what these properties lack: "
          + negative.joined(separator: ", ") + ".")
    }
    report.notes.append(
      "Buildium gives a bank account's balance in its own books; compare it with the bank's "
        + "statement before signing.")
    return report
  }

  /// The cash of a property that belongs to its owners: all of it less what is held for others.
  static func ownersMoney(
    _ ledger: LedgerSnapshot, _ property: Int, to day: CalendarDate
  ) -> Money {
    var sum: Int64 = 0
    let lines = ledger.lines(ofProperty: property, in: Period(from: .distantPast, to: day))
    for line in lines where ledger.lines.isIn(.cash, line) {
      let account = ledger.accounts[Int(ledger.lines.account[line])]
      switch account.purpose {
      case .bank, .undepositedFunds, .depositsHeld, .prepaid, .escrow:
        sum += ledger.lines.debit[line]
      default:
        if ledger.accountClass(ofLine: line) == .managementIncome { sum += ledger.lines.debit[line] }
      }
    }
    return Money(minorUnits: sum)
  }
}
