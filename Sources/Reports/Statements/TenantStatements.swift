// Who lives where for how much, and who is behind with it.
import Domain

/// What a lease owes and has paid ahead.
public struct LeaseBalance: Sendable, Hashable {
  /// The lease's number in the snapshot.
  public let lease: Int
  /// What the tenants owe.
  public let receivable: Money
  /// What they have paid ahead.
  public let prepaid: Money
  /// What is owed by the age of the charge: to 30 days, 31 to 60, 61 to 90, older.
  public let aged: [Money]

  /// The last day of each age but the oldest.
  public static let ageDays = [30, 60, 90]

  /// The balances of all leases at the end of a day.
  ///
  /// Payments settle the oldest charge first, as Buildium does without an instruction.
  public static func all(_ ledger: LedgerSnapshot, at day: CalendarDate) -> [LeaseBalance] {
    let last = Int32(day.daysSince1970)
    var charges: [Int: [(day: Int32, amount: Int64)]] = [:]
    var settled: [Int: Int64] = [:]
    var prepaid: [Int: Int64] = [:]
    let lines = ledger.lines
    for line in 0..<lines.count where lines.day[line] <= last && lines.isIn(.accrual, line) {
      let lease = Int(ledger.transactions.lease[Int(lines.transaction[line])])
      guard lease >= 0 else { continue }
      let debit = lines.debit[line]
      switch ledger.accounts[Int(lines.account[line])].purpose {
      case .accountsReceivable:
        if debit > 0 {
          charges[lease, default: []].append((lines.day[line], debit))
        } else {
          settled[lease, default: 0] -= debit
        }
      case .prepaid: prepaid[lease, default: 0] -= debit
      default: break
      }
    }
    return ledger.leases.indices.map { lease in
      var rest = settled[lease] ?? 0
      var aged = [Int64](repeating: 0, count: ageDays.count + 1)
      for charge in (charges[lease] ?? []).sorted(by: { $0.day < $1.day }) {
        let paid = min(rest, charge.amount)
        rest -= paid
        let age = Int(last - charge.day)
        let bucket = ageDays.firstIndex { age <= $0 } ?? ageDays.count
        aged[bucket] += charge.amount - paid
      }
      // What is left over was paid without a charge: a credit, as new as can be.
      aged[0] -= rest
      return LeaseBalance(
        lease: lease, receivable: Money(minorUnits: aged.reduce(0, +)),
        prepaid: Money(minorUnits: prepaid[lease] ?? 0), aged: aged.map(Money.init(minorUnits:)))
    }
  }
}

/// Every unit with its lease.
public enum RentRoll {
  /// The report, as of the last day of the scope; empty units stand in it too.
  public static func report(_ scope: StatementScope, _ facts: StatementFacts) -> Report {
    var report = Report(
      name: "rent-roll", title: "Rent roll", letterhead: scope.portfolio,
      scope: scope.heading(basis: false, asOf: true),
      columns: [
        Report.Column("Unit"), Report.Column("Tenant"), Report.Column("From", .date),
        Report.Column("To", .date), Report.Column("Rent", .money),
        Report.Column("Market rent", .money), Report.Column("Deposit", .money),
        Report.Column("Owed", .money), Report.Column("Paid ahead", .money, key: "prepaid"),
      ])
    let day = scope.period.to
    let ledger = scope.ledger
    let balances = LeaseBalance.all(ledger, at: day)
    var whole = [Money](repeating: .zero, count: 5)
    var (unitCount, letCount) = (0, 0)
    for property in scope.properties {
      let units = facts.units.filter { $0.property == property }
      let running = ledger.leases.indices.filter {
        ledger.leases[$0].property == property && ledger.leases[$0].isRunning(on: day)
      }
      guard !units.isEmpty || !running.isEmpty else { continue }
      report.addSection(
        ledger.properties[property].name, of: scope.reference(property: property))
      var sums = [Money](repeating: .zero, count: 5)
      func add(_ lease: Int?, _ unitName: String, _ unit: String, _ market: Money?) {
        var reference = scope.reference(property: property)
        reference.unit = unit
        reference.lease = lease.map { ledger.leases[$0].id }
        guard let lease else {
          sums[1] += market ?? .zero
          report.add(
            .line, depth: 1, .text(unitName), .text("vacant"), .none, .none, .none,
            market.map(Report.Cell.money) ?? .none, of: reference)
          return
        }
        let record = ledger.leases[lease]
        let amounts = [
          record.rent, market ?? .zero, record.deposit, balances[lease].receivable,
          balances[lease].prepaid,
        ]
        for index in sums.indices { sums[index] += amounts[index] }
        report.add(
          .line, depth: 1, .text(unitName), .optional(record.tenants.joined(separator: ", ")),
          .optional(record.start), record.end.map(Report.Cell.date) ?? .text("at will"),
          .money(record.rent), market.map(Report.Cell.money) ?? .none, .money(record.deposit),
          .money(balances[lease].receivable), .money(balances[lease].prepaid), of: reference)
      }
      let known = Set(units.map(\.id))
      for unit in units.sorted(by: { ($0.name, $0.id) < ($1.name, $1.id) }) {
        let leases = running.filter { ledger.leases[$0].unitID == unit.id }
        unitCount += 1
        letCount += leases.isEmpty ? 0 : 1
        if leases.isEmpty { add(nil, unit.name, unit.id, unit.marketRent) }
        // The market rent of a unit counts once, however many leases run in it.
        for (place, lease) in leases.enumerated() {
          add(lease, unit.name, unit.id, place == 0 ? unit.marketRent : nil)
        }
      }
      for lease in running where !known.contains(ledger.leases[lease].unitID) {
        add(lease, ledger.leases[lease].unitName, ledger.leases[lease].unitID, nil)
      }
      report.rows.append(total(.subtotal, "Total \(ledger.properties[property].name)", sums))
      for index in whole.indices { whole[index] += sums[index] }
    }
    report.rows.append(total(.total, "All properties", whole))
    if unitCount > 0 { report.notes.append("\(letCount) of \(unitCount) units are let.") }
    return report
  }

  private static func total(_ kind: Report.RowKind, _ title: String, _ sums: [Money]) -> Report.Row
  {
    Report.Row(
      kind, [.text(title), .none, .none, .none] + sums.map(Report.Cell.money))
  }
}

/// Who is behind, and since when; and who has paid ahead.
public enum Delinquency {
  /// The report, as of the last day of the scope; leases that owe nothing and are owed nothing are
  /// left out.
  public static func report(_ scope: StatementScope) -> Report {
    var report = Report(
      name: "delinquency", title: "Delinquency", letterhead: scope.portfolio,
      scope: scope.heading(basis: false, asOf: true),
      columns: [
        Report.Column("Tenant"), Report.Column("Unit"), Report.Column("Owed", .money),
        Report.Column("0-30 days", .money, key: "days_0_30"),
        Report.Column("31-60", .money, key: "days_31_60"),
        Report.Column("61-90", .money, key: "days_61_90"),
        Report.Column("Over 90", .money, key: "days_over_90"),
        Report.Column("Paid ahead", .money, key: "prepaid"),
      ])
    let ledger = scope.ledger
    let balances = LeaseBalance.all(ledger, at: scope.period.to)
    var whole = [Money](repeating: .zero, count: 6)
    for property in scope.properties {
      let late = balances.filter {
        ledger.leases[$0.lease].property == property
          && ($0.receivable != .zero || $0.prepaid != .zero)
      }.sorted { ($1.receivable, $0.lease) < ($0.receivable, $1.lease) }
      guard !late.isEmpty else { continue }
      report.addSection(
        ledger.properties[property].name, of: scope.reference(property: property))
      var sums = [Money](repeating: .zero, count: 6)
      for balance in late {
        let lease = ledger.leases[balance.lease]
        let amounts = [balance.receivable] + balance.aged + [balance.prepaid]
        for index in sums.indices { sums[index] += amounts[index] }
        report.rows.append(
          Report.Row(
            .line, depth: 1,
            [.text(lease.tenants.joined(separator: ", ")), .optional(lease.unitName)]
              + amounts.map(Report.Cell.money),
            Report.Reference(
              property: ledger.properties[property].id, unit: lease.unitID, lease: lease.id)))
      }
      report.rows.append(
        Report.Row(
          .subtotal,
          [.text("Total \(ledger.properties[property].name)"), .none]
            + sums.map(Report.Cell.money), scope.reference(property: property)))
      for index in whole.indices { whole[index] += sums[index] }
    }
    report.rows.append(
      Report.Row(.total, [.text("Total"), .none] + whole.map(Report.Cell.money)))
    if whole[0] == .zero { report.notes.append("Nobody is behind.") }
    if whole[5] != .zero {
      report.notes.append("Rent paid ahead is not counted against what is owed.")
    }
    return report
  }
}
