// What an owner is told: for each property what came in and went out, whose share it is, what became
// of the money, and how the draw came about.
import Domain

/// The statement of one owner over whole months.
///
/// Income and cost are of the whole property, in the basis asked for; the share is the owner's. The
/// way of the money is told in the cash book whatever the basis, under a heading that says so.
public struct OwnerStatement {
  private let scope: StatementScope
  private let owner: Int
  private let draws: [DrawRow]
  private var report: Report
  private var ledger: LedgerSnapshot { scope.ledger }

  /// The report.
  ///
  /// - Parameters:
  ///   - scope: the owner's properties and whole months; ``properties(_:of:in:)`` finds the first.
  ///   - owner: the owner's number in the snapshot.
  ///   - draws: the draws of these properties in these months (``DrawCalculation``).
  public static func report(_ scope: StatementScope, owner: Int, draws: [DrawRow]) -> Report {
    var statement = OwnerStatement(scope, owner, draws)
    return statement.make()
  }

  /// The properties in which an owner had a share on a day of a period.
  public static func properties(_ ledger: LedgerSnapshot, of owner: Int, in period: Period) -> [Int]
  {
    ledger.properties.indices.filter { property in
      !shares(ledger.properties[property], owner, period).isEmpty
    }.sorted { (ledger.properties[$0].name, $0) < (ledger.properties[$1].name, $1) }
  }

  private static func shares(_ property: LedgerProperty, _ owner: Int, _ period: Period)
    -> [OwnerShare]
  {
    property.shares.filter {
      $0.owner == owner && $0.from <= period.to && $0.to.map { $0 >= period.from } ?? true
    }
  }

  private init(_ scope: StatementScope, _ owner: Int, _ draws: [DrawRow]) {
    (self.scope, self.owner, self.draws) = (scope, owner, draws)
    let name = scope.ledger.owners[owner].name
    report = Report(
      name: "owner-statement", title: "Owner statement", letterhead: scope.portfolio,
      scope: ["For \(name)"] + scope.heading(),
      columns: [Report.Column("Property / account"), Report.Column("Amount", .money)])
  }

  private mutating func make() -> Report {
    var share = Money.zero
    var drawn: [(property: Int, amount: Money)] = []
    let months = CalendarMonth.months(
      CalendarMonth(containing: scope.period.from),
      through: CalendarMonth(containing: scope.period.to)
    )
    for property in scope.properties {
      let record = ledger.properties[property]
      report.addSection(record.name, of: reference(property))
      let operating = addIncome(property)
      let parts = ledger.ownerNOI(
        of: ledger.noi(months: months, basis: scope.basis, properties: [property]))
      if parts.problems.isEmpty {
        let part = parts.rows.reduce(Money.zero) { $1.owner == owner ? $0 + $1.noi : $0 }
        report.add(
          .subtotal, depth: 1, "Your share of the net operating income\(percent(record))",
          amounts: [part], of: reference(property))
        share += part
      } else {
        report.notes += parts.problems.map { $0.description + " Until then no share can be told." }
      }
      let managed = record.subPeriods(of: scope.period)
      if managed.first?.from != scope.period.from || managed.last?.to != scope.period.to {
        report.notes.append(
          "\(record.name) was not managed all the time: your share and draw count "
            + (managed.first.flatMap { first in managed.last.map { "\(first.from) to \($0.to)" } }
              ?? "no day")
            + " only.")
      }
      addMoney(property, operating: operating)
      drawn.append((property, addDraws(property)))
    }
    lead(share: share, drawn: drawn)
    if scope.properties.isEmpty {
      report.notes.append("\(ledger.owners[owner].name) owned no property in this period.")
    }
    return report
  }

  /// Puts what the owner looks for first before everything else.
  private mutating func lead(share: Money, drawn: [(property: Int, amount: Money)]) {
    let details = report.rows
    report.rows = []
    if drawn.count > 1 {
      report.addSection("Your draw by property")
      for (property, amount) in drawn {
        report.add(
          .line, depth: 1, ledger.properties[property].name, amounts: [amount],
          of: reference(property))
      }
    }
    report.add(.total, "Your draw", amounts: [drawn.reduce(.zero) { $0 + $1.amount }])
    report.add(.total, "Your share of the net operating income", amounts: [share])
    report.rows += details
  }

  private func reference(_ property: Int, account: Int? = nil, in period: Period? = nil)
    -> Report.Reference
  {
    var reference = scope.reference(account: account, property: property, period: period)
    reference.owner = ledger.owners[owner].id
    return reference
  }

  private func percent(_ property: LedgerProperty) -> String {
    let held = Self.shares(property, owner, scope.period)
    // Where it changed within the period, one number would be wrong.
    guard held.count == 1, let ownership = held[0].ownership else { return "" }
    return " (\(ownership) %)"
  }

  /// A property's movements by class and account in a period, debits positive.
  private func movements(_ property: Int, _ basis: Basis) -> [AccountClass: [Int: Int64]] {
    var sums: [AccountClass: [Int: Int64]] = [:]
    for line in ledger.lines(ofProperty: property, in: scope.period)
    where ledger.lines.isIn(basis, line) {
      sums[ledger.accountClass(ofLine: line), default: [:]][
        Int(ledger.lines.account[line]), default: 0] += ledger.lines.debit[line]
    }
    return sums
  }

  // MARK: Income

  /// Revenue, operating expenses and what they leave.
  private mutating func addIncome(_ property: Int) -> Money {
    let sums = movements(property, scope.basis)
    var operating = Money.zero
    for (title, wanted, sign) in [
      ("Revenue", AccountClass.revenue, Int64(-1)),
      ("Operating expenses", .operatingExpense, 1),
    ] {
      var subtotal = Money.zero
      let accounts = sums[wanted] ?? [:]
      for account in scope.ordered(accounts.keys) where accounts[account] != 0 {
        let amount = Money(minorUnits: sign * (accounts[account] ?? 0))
        subtotal += amount
        report.add(
          .line, depth: 2, scope.title(account), amounts: [amount],
          of: reference(property, account: account))
      }
      report.add(.subtotal, depth: 1, title, amounts: [subtotal], of: reference(property))
      operating = wanted == .revenue ? operating + subtotal : operating - subtotal
    }
    report.add(
      .subtotal, depth: 1, "Net operating income, \(scope.basis.rawValue) basis",
      amounts: [operating], of: reference(property))
    return operating
  }

  // MARK: Money

  /// The way of the owners' money from the first day to the last, every part by itself.
  private mutating func addMoney(_ property: Int, operating: Money) {
    report.addSection("The owners' money, as it moved", depth: 1, of: reference(property))
    let opening = ledger.ownersMoney(property, on: scope.period.from.adding(days: -1))
    report.add(.line, depth: 2, "At the beginning", amounts: [opening], of: reference(property))
    var sum = opening
    for part in parts(property, operating) where part.amount != .zero {
      sum += part.amount
      report.add(
        .line, depth: 2, part.title, amounts: [part.amount],
        of: reference(property, account: part.account))
    }
    report.add(.subtotal, depth: 1, "At the end", amounts: [sum], of: reference(property))
    let cash = ledger.cashPosition(property: property, on: scope.period.to)
    if cash.unrestricted != sum {
      report.notes.append(
        "\(ledger.properties[property].name): the accounts hold \(cash.unrestricted) for the owners, "
          + "\((cash.unrestricted - sum).magnitude) "
          + "\(cash.unrestricted < sum ? "less" : "more") than these movements leave: an entry is "
          + "not balanced.")
    }
    guard cash.restricted != .zero else { return }
    report.add(
      .line, depth: 1, "Held besides for tenants and others, not yours", amounts: [cash.restricted],
      of: reference(property))
  }

  private struct Part {
    var title: String
    var amount: Money
    var account: Int?
  }

  private func parts(_ property: Int, _ operating: Money) -> [Part] {
    let sums = movements(property, .cash)
    var parts: [Part] = []
    let cash = ledger.figures(property: property, period: scope.period, basis: .cash).noi
    if scope.basis == .cash {
      parts.append(Part(title: "Net operating income", amount: cash))
    } else {
      parts.append(Part(title: "Net operating income, accrual basis", amount: operating))
      parts.append(
        Part(
          title: "Charged or billed, not moved yet; and moved for before", amount: cash - operating)
      )
    }
    for wanted in [AccountClass.nonOperatingIncome, .nonOperatingExpense, .balanceSheet, .unknown] {
      let accounts = sums[wanted] ?? [:]
      for account in scope.ordered(accounts.keys) {
        guard let title = title(ofMoney: account) else { continue }
        parts.append(
          Part(
            title: title, amount: Money(minorUnits: -(accounts[account] ?? 0)), account: account))
      }
    }
    return parts
  }

  /// What an account's movement means to the owners' money; nil when it does not touch it.
  private func title(ofMoney account: Int) -> String? {
    switch ledger.accounts[account].purpose {
    case .bank, .undepositedFunds, .depositsHeld, .prepaid, .escrow: nil
    case .ownerDraw: "Paid out to owners"
    case .ownerContribution: "Paid in by owners"
    default: scope.title(account)
    }
  }

  // MARK: Draw

  /// Every step to the draws of a property; what the owner gets of them.
  private mutating func addDraws(_ property: Int) -> Money {
    var drawn = Money.zero
    for row in draws where row.property == property {
      guard let part = row.owners.first(where: { $0.owner == owner }) else {
        if let problem = row.problem { report.notes.append(problem.description) }
        continue
      }
      let to = reference(property, in: row.period)
      report.addSection("Draw of \(row.period.title)", depth: 1, of: to)
      var steps = [
        ("Net operating income, cash basis", row.noi), ("Loss carried in", row.carryIn),
        ("Entries into closed months", row.restatement),
        ("Restores the reserve", -min(row.restoration, max(.zero, row.available))),
      ].filter { $0.1 != .zero }
      steps.append(
        row.percent == .whole
          ? ("The income gives", row.calculated)
          : ("The income gives, at \(row.percent) %", row.calculated))
      steps.append(("Owners' cash at the end, less draws not paid yet", row.unrestrictedEnd))
      steps += [
        ("Kept as reserve", -row.reserveTarget),
        ("Held for unpaid bills", -row.heldUnpaidBills),
        ("Held until it is at the bank", -row.heldUndeposited),
      ].filter { $0.1 != .zero }
      steps.append(("The cash allows", row.cap))
      for (title, amount) in steps {
        report.add(.line, depth: 2, title, amounts: [amount], of: to)
      }
      for reason in row.reasons { report.add(.line, depth: 2, .text(reason), of: to) }
      report.add(.subtotal, depth: 1, "Draw of all owners", amounts: [row.draw], of: to)
      report.add(.subtotal, depth: 1, "Your draw", amounts: [part.amount], of: to)
      if part.shortfall > .zero {
        report.add(
          .line, depth: 2, "You owe for costs of your own", amounts: [part.shortfall], of: to)
      }
      drawn += part.amount
    }
    return drawn
  }
}
