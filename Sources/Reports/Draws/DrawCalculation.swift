// Owners' draws, rolled forward from the beginning of the books.
//
// Nothing is remembered but the ledger, a carried loss and what was declared: the reserve follows
// from the cash, so it cannot drift. Rule: accounting facts, section 1.7.
import Domain

/// Computes draws month after month.
public struct DrawCalculation: Sendable {
  private let ledger: LedgerSnapshot
  private let start: CalendarMonth?
  private let declared: [Int: [DeclaredPeriod]]

  /// - Parameters:
  ///   - start: the first month draws are computed for; nil for the first of the books.
  ///   - declared: what was declared in finalised months, by the property's number.
  public init(
    _ ledger: LedgerSnapshot, start: CalendarMonth? = nil,
    declared: [Int: [DeclaredPeriod]] = [:]
  ) {
    (self.ledger, self.start, self.declared) = (ledger, start, declared)
  }

  /// The rows of some months, by property and period.
  ///
  /// - Parameter properties: only these, by number; nil for all.
  public func rows(months: ClosedRange<CalendarMonth>, properties only: [Int]? = nil) -> [DrawRow] {
    (only ?? Array(ledger.properties.indices)).flatMap { property in
      rows(property: property, through: months.upperBound).filter { months.contains($0.month) }
    }
  }

  /// What one period leaves to the next.
  private struct State {
    var unrestricted: Money
    var carry = Money.zero
    var restatement = Money.zero
    var declared = Money.zero
    var noi = Money.zero
    var owners: Set<Int> = []
    var ownerTotals: [Int: Money] = [:]
  }

  private func rows(property: Int, through last: CalendarMonth) -> [DrawRow] {
    let lines = ledger.lines(ofProperty: property)
    guard let first = lines.first, ledger.properties[property].isActive || !lines.isEmpty else {
      return []
    }
    let opening = CalendarMonth(
      containing: CalendarDate(daysSince1970: Int(ledger.lines.day[first])))
    var walk = CashWalk(ledger: ledger, property: property)
    var state: State?
    var paidBefore = Money.zero
    var rows: [DrawRow] = []
    for month in CalendarMonth.months(max(opening, start ?? opening), through: last) {
      for period in periods(property, month) {
        if state == nil {
          walk.advance(through: period.from.adding(days: -1))
          state = State(unrestricted: walk.position.unrestricted)
          paidBefore = walk.position.ownerDrawsPaid
        }
        guard var current = state else { continue }
        walk.advance(through: period.to)
        rows.append(row(property, month, period, walk.position, paidBefore, &current))
        state = current
      }
    }
    return rows
  }

  /// The parts of a month; those of a month that is final stay as they were declared, even where a
  /// rule that was entered since would cut it elsewhere.
  private func periods(_ property: Int, _ month: CalendarMonth) -> [Period] {
    let frozen = (declared[property] ?? []).map(\.period).filter { month.period.contains($0.from) }
    return frozen.isEmpty ? ledger.properties[property].subPeriods(of: month.period) : frozen
  }

  // MARK: One period

  private func row(
    _ property: Int, _ month: CalendarMonth, _ period: Period, _ cash: CashPosition,
    _ paidBefore: Money, _ state: inout State
  ) -> DrawRow {
    let record = ledger.properties[property]
    let policies = record.policies(on: period.from)
    let policy = policies[0]
    var row = DrawRow(property: property, month: month, period: period)
    let owners = Set(record.shares(on: period.from).map(\.owner))
    let daily = ledger.attributedIncome(
      property: property, month: month, period: period, basis: .cash)
    row.noi =
      daily?.amount ?? ledger.figures(property: property, period: period, basis: .cash).noi
    if let daily {
      row.reasons.append(
        "The owners change within the month: its income of \(daily.ofMonth) is divided by days, "
          + "\(daily.days) of \(daily.daysOfMonth).")
    }
    // A loss stays with those who had it.
    let isSameOwners = state.owners.isEmpty || owners == state.owners
    row.carryIn = isSameOwners && policy.carriesForwardLoss ? state.carry : .zero
    row.restatement = isSameOwners ? state.restatement : .zero
    row.unrestrictedStart = state.unrestricted
    row.reserveTarget = policy.reserveTarget
    row.percent = policy.percent
    // What is in the carried loss already is not asked for again.
    row.restoration = max(
      .zero, policy.reserveTarget - (row.unrestrictedStart - row.carryIn - row.restatement))
    row.calculated = policies.reduce(.zero) { $0 + Self.ask($1, row) }
    row.cumulativePaid = cash.ownerDrawsPaid - paidBefore
    row.unrestrictedEnd = cash.unrestricted - max(.zero, state.declared - row.cumulativePaid)
    if policy.holdsUnpaidBills {
      row.heldUnpaidBills = ledger.unpaidApprovedBills(property: property, on: period.to)
    }
    if policy.holdsUndeposited { row.heldUndeposited = max(.zero, cash.undeposited) }
    row.cap = max(
      .zero,
      row.unrestrictedEnd - policy.reserveTarget - row.heldUnpaidBills - row.heldUndeposited)
    row.carryOut = policy.carriesForwardLoss ? min(.zero, row.available) : .zero
    var distribution = Distribution(ledger: ledger, row: row)
    distribution.run(policies: policies, rules: record.rules.filter { $0.holds(on: period.from) })
    row = distribution.row
    state.restatement = .zero
    if let frozen = declared[property]?.first(where: { $0.period == period }) {
      state.restatement = declare(frozen, &row, policy)
    }
    finish(&row, cash, owners, &state)
    return row
  }

  /// What a policy asks for of the income.
  static func ask(_ policy: DrawPolicy, _ row: DrawRow) -> Money {
    switch policy.order {
    case .reserveThenPercent: policy.percent.floor(of: row.available - row.restoration)
    case .percentThenReserve:
      max(.zero, policy.percent.floor(of: row.available) - row.restoration)
    }
  }

  /// Takes what was declared; what the period would give now and did not give then.
  private func declare(_ frozen: DeclaredPeriod, _ row: inout DrawRow, _ policy: DrawPolicy)
    -> Money
  {
    let then = frozen.noi + frozen.carryIn + frozen.restatement
    func counted(_ available: Money) -> Money {
      policy.carriesForwardLoss ? available : max(.zero, available)
    }
    let difference = counted(row.available) - counted(then)
    if difference != .zero {
      row.reasons.append(
        "Entries after the month was finalised change its income by \(difference); the next period"
          + " counts it.")
    }
    row.isDeclared = true
    row.carryOut = frozen.carryOut
    row.draw = frozen.owners.values.reduce(.zero) { $0 + $1 }
    row.owners = frozen.owners.sorted { $0.key < $1.key }.map {
      OwnerDraw(owner: $0.key, amount: $0.value)
    }
    return difference
  }

  private func finish(
    _ row: inout DrawRow, _ cash: CashPosition, _ owners: Set<Int>, _ state: inout State
  ) {
    row.unrestrictedAfterDraw = row.unrestrictedEnd - row.draw
    row.reserveCurrent = min(row.reserveTarget, max(.zero, row.unrestrictedAfterDraw))
    state.declared += row.draw
    state.noi += row.noi
    row.cumulativeDraws = state.declared
    row.cumulativeNOI = state.noi
    row.cumulativeContributions = cash.ownerContributions
    for index in row.owners.indices {
      let owner = row.owners[index].owner
      state.ownerTotals[owner, default: .zero] += row.owners[index].amount
      row.owners[index].cumulative = state.ownerTotals[owner] ?? .zero
    }
    state.unrestricted = row.unrestrictedAfterDraw
    state.carry = row.carryOut
    state.owners = owners
  }
}

/// A property's cash, line after line.
private struct CashWalk {
  let ledger: LedgerSnapshot
  private let operatingAccount: Int?
  private let end: Int
  private var line: Int
  private(set) var position = CashPosition()

  init(ledger: LedgerSnapshot, property: Int) {
    self.ledger = ledger
    operatingAccount = ledger.properties[property].operatingAccount
    let range = ledger.lines(ofProperty: property)
    (line, end) = (range.lowerBound, range.upperBound)
  }

  /// Goes on to the end of a day.
  mutating func advance(through day: CalendarDate) {
    let last = Int32(day.daysSince1970)
    while line < end, ledger.lines.day[line] <= last {
      position.add(ledger, line, operatingAccount: operatingAccount)
      line += 1
    }
  }
}
