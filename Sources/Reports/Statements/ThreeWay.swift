// The three-way reconciliation of trust money: what the bank has, what the books say is there, and
// whose it is. All three must agree, to the cent.
import Domain

/// The three-way reconciliation at the end of a period.
///
/// Rule: accounting facts, section 4. The bank's side is its statement with what is on its way added
/// and what is not paid in yet taken off; the books are the lines of the money accounts; the
/// beneficiaries are the other side of the books, tenant by tenant and property by property.
public struct ThreeWay {
  private let scope: StatementScope
  private let facts: StatementFacts
  private let statements: [Int: Money]
  private let books: TrustBooks
  private var report: Report
  private var ledger: LedgerSnapshot { scope.ledger }

  /// The report. Every difference stands in its lines and in a note.
  ///
  /// - Parameters:
  ///   - statements: the balance of each bank account at the end of the period by its statement, by
  ///     the account's number.
  ///   - today: the day it is; Buildium's own balances are of today, so they are shown only for a
  ///     period that has not ended before.
  public static func report(
    _ scope: StatementScope, _ facts: StatementFacts, statements: [Int: Money], today: CalendarDate
  ) -> Report {
    var reconciliation = ThreeWay(scope, facts, statements)
    return reconciliation.make(today)
  }

  private init(_ scope: StatementScope, _ facts: StatementFacts, _ statements: [Int: Money]) {
    // Trust money is one: a bank account does not part it by property.
    self.scope = StatementScope(
      scope.ledger, period: scope.period, basis: .cash, portfolio: scope.portfolio,
      dataAsOf: scope.dataAsOf)
    (self.facts, self.statements) = (facts, statements)
    books = TrustBooks(scope.ledger, on: scope.period.to)
    report = Report(
      name: "three-way", title: "Three-way reconciliation", letterhead: scope.portfolio,
      scope: self.scope.heading(basis: false, asOf: true),
      columns: [Report.Column("Trust money"), Report.Column("Amount", .money)])
  }

  private mutating func make(_ today: CalendarDate) -> Report {
    var (bank, book): (Money?, Money) = (.zero, .zero)
    for account in scope.ordered(books.money.keys) {
      let sum = books.money[account] ?? (.zero, .zero)
      // An account in which only the company has money holds none in trust.
      guard isTrust(account) else { continue }
      let trust = sum.all - sum.company
      book += trust
      let adjusted = addAccount(account, trust, company: sum.company, today)
      bank = adjusted.flatMap { adjusted in bank.map { $0 + adjusted } }
    }
    let owed = addBeneficiaries()
    addProof(bank: bank, book: book, owed: owed)
    return report
  }

  private func isTrust(_ account: Int) -> Bool {
    (0..<ledger.lines.count).contains {
      Int(ledger.lines.account[$0]) == account
        && ledger.lines.property[$0] != LedgerSnapshot.company
    }
  }

  // MARK: Bank and books

  /// The lines of an account; its adjusted balance by the bank, nil when no statement was given.
  private mutating func addAccount(
    _ account: Int, _ trust: Money, company: Money, _ today: CalendarDate
  ) -> Money? {
    let title = scope.title(account)
    report.addSection(title, of: scope.reference(account: account))
    var adjusted: Money?
    if ledger.accounts[account].purpose == .undepositedFunds {
      // Money in the drawer is in no statement; all of it is on its way.
      report.add(.line, depth: 1, "Received and not at a bank yet", amounts: [trust + company])
      adjusted = trust + company
    } else if let statement = statements[account] {
      report.add(.line, depth: 1, "Balance of the bank's statement", amounts: [statement])
      adjusted = statement + addOpenItems(account)
    } else {
      report.notes.append(
        "No statement balance was given for \(title), so its bank side is not compared: name it with "
          + "--statement-balance \(ledger.accounts[account].id)=AMOUNT.")
    }
    if company != .zero, adjusted != nil {
      report.add(.line, depth: 1, "Less the company's own money", amounts: [-company])
    }
    adjusted = adjusted.map { $0 - company }
    if let adjusted {
      report.add(.subtotal, depth: 1, "Adjusted balance of the bank", amounts: [adjusted])
    }
    report.add(
      .subtotal, depth: 1, "Balance of the books", amounts: [trust],
      of: scope.reference(account: account))
    if let adjusted, adjusted != trust {
      report.add(.subtotal, depth: 1, "Difference", amounts: [adjusted - trust])
      report.notes.append(
        "\(title): the bank has \(Self.compare(adjusted, trust)) than the books.")
    }
    if scope.period.to >= today,
      let stated = facts.banks.first(where: { $0.account == account })?.balance
    {
      report.add(.line, depth: 1, "For comparison: Buildium's balance today", amounts: [stated])
      if stated != trust + company {
        report.notes.append(
          "\(title): Buildium's balance today is \(Self.compare(stated, trust + company)) than the "
            + "books\(company == .zero ? "" : " with the company's money").")
      }
    }
    return adjusted
  }

  /// Adds what the statement does not show; the sum of it.
  private mutating func addOpenItems(_ account: Int) -> Money {
    guard
      let items = TrustBooks.open(
        ledger, account: account, on: scope.period.to, facts.register)
    else {
      report.notes.append(
        "Nothing was marked as cleared in \(scope.title(account)), so no deposit in transit and no "
          + "outstanding check is known.")
      return .zero
    }
    var sum = Money.zero
    for (title, isWanted) in [
      ("Deposits in transit", { (amount: Money) in amount > .zero }),
      ("Outstanding checks", { (amount: Money) in amount < .zero }),
    ] {
      let wanted = items.filter { isWanted($0.amount) }
      let part = wanted.reduce(Money.zero) { $0 + $1.amount }
      for item in wanted {
        let transaction = item.transaction
        report.add(
          .line, depth: 2,
          "\(CalendarDate(daysSince1970: Int(ledger.transactions.day[transaction]))) "
            + "\(ledger.transactions.typeName(transaction)) \(ledger.transactions.id(transaction))",
          amounts: [item.amount],
          of: Report.Reference(transaction: ledger.transactions.id(transaction)))
      }
      report.add(.subtotal, depth: 1, title, amounts: [part])
      sum += part
    }
    return sum
  }

  // MARK: Beneficiaries

  private mutating func addBeneficiaries() -> Money {
    var owed = Money.zero
    var negative: [String] = []
    var unnamed: [String] = []
    for property in scope.properties {
      let record = ledger.properties[property]
      let lines = beneficiaries(of: property)
      guard !lines.isEmpty else { continue }
      report.addSection(record.name, of: scope.reference(property: property))
      var sum = Money.zero
      for line in lines {
        sum += line.amount
        report.add(.line, depth: 1, line.title, amounts: [line.amount], of: line.reference)
        if line.amount < .zero, !line.isCovered {
          negative.append("\(record.name), \(line.title): \(line.amount)")
        }
        if line.isUnnamed { unnamed.append("\(record.name) \(line.amount)") }
      }
      report.add(
        .subtotal, "Owed in \(record.name)", amounts: [sum],
        of: scope.reference(property: property))
      owed += sum
    }
    if !negative.isEmpty {
      report.notes.append(
        "Other people's money covers what is missing here: \(negative.joined(separator: "; ")).")
    }
    if !unnamed.isEmpty {
      report.notes.append(
        "Held without saying for which lease, so no tenant's own ledger proves it: "
          + unnamed.joined(separator: "; ") + ".")
    }
    return owed
  }

  private struct Beneficiary {
    var title: String
    var amount: Money
    var reference: Report.Reference
    var isUnnamed = false
    /// Whether what no lease is named for may be what is missing here.
    var isCovered = false
  }

  private func beneficiaries(of property: Int) -> [Beneficiary] {
    var result: [Beneficiary] = []
    let unnamed = books.tenancies[property]?[-1] ?? TrustBooks.Tenancy()
    func add(
      _ title: String, _ amount: Money, lease: Int? = nil, isUnnamed: Bool = false,
      cover: Money = .zero
    ) {
      guard amount != .zero else { return }
      var reference = scope.reference(property: property)
      reference.lease = lease.map { ledger.leases[$0].id }
      result.append(
        Beneficiary(
          title: title, amount: amount, reference: reference, isUnnamed: isUnnamed,
          isCovered: amount + cover >= .zero))
    }
    for (lease, held) in (books.tenancies[property] ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard lease >= 0 else {
        add("Deposits, no lease named", held.deposit, isUnnamed: true)
        add("Rent paid ahead, no lease named", held.prepaid, isUnnamed: true)
        continue
      }
      let record = ledger.leases[lease]
      let tenant =
        record.tenants.isEmpty ? "lease \(record.id)" : record.tenants.joined(separator: ", ")
      let name = record.unitName.isEmpty ? tenant : "\(tenant), \(record.unitName)"
      add("Deposit of \(name)", held.deposit, lease: lease, cover: unnamed.deposit)
      add("Rent paid ahead by \(name)", held.prepaid, lease: lease, cover: unnamed.prepaid)
    }
    add("Held for taxes and insurance", books.escrow[property] ?? .zero)
    add("Income the manager has not taken out", books.management[property] ?? .zero)
    add("Owners: paid in and earned, less cost and draws", books.owners[property] ?? .zero)
    return result
  }

  // MARK: Proof

  private mutating func addProof(bank: Money?, book: Money, owed: Money) {
    report.addSection("All trust money")
    if let bank { report.add(.line, depth: 1, "Adjusted balance of the banks", amounts: [bank]) }
    report.add(.line, depth: 1, "Balance of the books", amounts: [book])
    report.add(.line, depth: 1, "Owed to beneficiaries", amounts: [owed])
    if let bank { report.add(.total, "Banks less books", amounts: [bank - book]) }
    report.add(.total, "Books less beneficiaries", amounts: [book - owed])
    if book != owed {
      report.notes.append(
        "The books have \(Self.compare(book, owed)) than is owed to beneficiaries: money stands with a "
          + "property that is not known, or an entry is not balanced within a property.")
    }
  }

  private static func compare(_ left: Money, _ right: Money) -> String {
    "\((left - right).magnitude) \(left < right ? "less" : "more")"
  }
}

extension LedgerSnapshot {
  /// The cash of a property that belongs to its owners: all of it less what is held for others.
  func ownersMoney(_ property: Int, on day: CalendarDate) -> Money {
    cashPosition(property: property, on: day).unrestricted
  }
}
