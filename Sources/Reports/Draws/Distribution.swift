// Dividing the cash of a period among its owners, rule after rule.
import Domain

/// Runs the policies and then the owners' rules against one figure: what the cash allows.
///
/// First money is kept back, then the policies pay the owners by their shares, then the rules of
/// owners are run in the order of their priorities. A later rule sees what is left.
struct Distribution {
  let ledger: LedgerSnapshot
  private(set) var row: DrawRow
  private var left = Money.zero
  private var totals: [Int: OwnerDraw] = [:]
  private var weights: [LargestRemainder.Weight] = []
  /// The owners a rule has held so far: what later rules would pay them is held as well.
  private var heldOwners: Set<Int> = []

  init(ledger: LedgerSnapshot, row: DrawRow) { (self.ledger, self.row) = (ledger, row) }

  /// Fills in the draw, the owners, the rules and the reasons of the row.
  mutating func run(policies: [DrawPolicy], rules: [DrawRule]) {
    do throws(OwnershipProblem) {
      weights = try ledger.ownershipWeights(row.property, row.period, disbursement: true)
      // Without ownership shares the owners' income is not known either, so nothing is paid.
      _ = try ledger.ownershipWeights(row.property, row.period, disbursement: false)
    } catch {
      row.problem = error
      row.reasons = [error.description]
      return
    }
    let owned = Set(weights.map(\.id))
    let rules = rules.filter { owned.contains($0.owner) }
    left = row.cap
    for rule in rules where rule.kind == .reserveContribution { keepBack(rule) }
    share(pool(policies))
    for rule in rules where rule.kind != .reserveContribution { apply(rule) }
    row.owners = totals.values.sorted { $0.owner < $1.owner }
    row.draw = row.owners.reduce(.zero) { $0 + $1.amount }
    explain()
  }

  private mutating func keepBack(_ rule: DrawRule) {
    let grant = min(rule.amount, left)
    left = left - grant
    note(rule, ask: rule.amount, grant: grant, "the cash allows no more")
  }

  /// What the policies get together.
  private mutating func pool(_ policies: [DrawPolicy]) -> Money {
    var pool = Money.zero
    for policy in policies {
      let ask = DrawCalculation.ask(policy, row)
      let grant = min(ask, left)
      left = left - grant
      pool += grant
      row.rules.append(
        RuleOutcome(
          rule: "", kind: .percentOfNOI, owner: nil, ask: ask, grant: grant,
          reason: grant < ask ? "the cash allows \(grant)" : ""))
    }
    return pool
  }

  /// Divides the pool by the shares. Costs of one owner alone come out of that owner's part; where
  /// they are more than it, the others pay them and the owner owes them.
  private mutating func share(_ pool: Money) {
    let specific = ledger.specificIncome(property: row.property, period: row.period, basis: .cash)
    let owned = Set(weights.map(\.id))
    let parts = LedgerSnapshot.parts(
      of: pool, by: weights, specific: specific.filter { owned.contains($0.key) })
    for part in parts {
      totals[part.owner] = OwnerDraw(
        owner: part.owner, amount: max(.zero, part.amount),
        shortfall: max(.zero, .zero - part.amount))
    }
    let missing = totals.values.reduce(Money.zero) { $0 + $1.shortfall }
    guard missing > .zero else { return }
    let payers = parts.filter { $0.amount > .zero }
    let burden = LargestRemainder.parts(
      of: missing,
      by: payers.map { .init(id: $0.owner, weight: $0.amount.minorUnits) })
    for (payer, amount) in zip(payers, burden ?? []) {
      totals[payer.owner]?.amount = payer.amount - amount
    }
  }

  private mutating func apply(_ rule: DrawRule) {
    let sofar = totals[rule.owner]?.amount ?? .zero
    switch rule.kind {
    case .reserveContribution: break
    case .fixed: pay(rule, rule.amount)
    case .percentOfNOI: pay(rule, rule.percent.floor(of: ownersIncome(rule.owner)))
    case .residual: pay(rule, left)
    case .minimum: pay(rule, max(.zero, rule.amount - sofar))
    case .maximum:
      let cut = max(.zero, sofar - rule.amount)
      totals[rule.owner]?.amount = sofar - cut
      left += cut
      note(rule, ask: rule.amount, grant: cut, "")
    case .hold:
      totals[rule.owner]?.amount = .zero
      totals[rule.owner]?.held += sofar
      heldOwners.insert(rule.owner)
      note(rule, ask: sofar, grant: sofar, "")
    }
  }

  private mutating func pay(_ rule: DrawRule, _ ask: Money) {
    let grant = min(ask, left)
    left = left - grant
    if heldOwners.contains(rule.owner) {
      totals[rule.owner]?.held += grant
      return note(rule, ask: ask, grant: .zero, "\(grant) is held")
    }
    totals[rule.owner]?.amount += grant
    note(rule, ask: ask, grant: grant, "\(grant) was left")
  }

  /// An owner's part of the income after the reserve.
  private func ownersIncome(_ owner: Int) -> Money {
    let income = max(.zero, row.available - row.restoration)
    let parts = LargestRemainder.parts(of: income, by: weights) ?? []
    return zip(weights, parts).first { $0.0.id == owner }?.1 ?? .zero
  }

  private mutating func note(_ rule: DrawRule, ask: Money, grant: Money, _ reason: String) {
    let why = grant < ask && rule.kind != .maximum ? reason : ""
    row.rules.append(
      RuleOutcome(
        rule: rule.id, kind: rule.kind, owner: rule.owner, ask: ask, grant: grant,
        reason: [rule.reason, why].filter { !$0.isEmpty }.joined(separator: "; ")))
  }

  // MARK: Words

  private mutating func explain() {
    func say(_ text: String) { row.reasons.append(text) }
    if row.carryIn < .zero { say("A loss of \(-row.carryIn) is carried in.") }
    if row.restatement != .zero {
      say("\(row.restatement) comes from entries into months that were finalised before.")
    }
    if row.restoration > .zero, row.available > .zero {
      say("\(min(row.restoration, row.available)) of the income restores the reserve.")
    }
    if row.available < .zero {
      say(
        "The income is below zero (\(row.available)), so nothing is paid"
          + (row.carryOut < .zero ? "; it is carried on." : "."))
    }
    if row.cap < row.calculated {
      var parts = ["the reserve of \(row.reserveTarget)"]
      if row.heldUnpaidBills > .zero { parts.append("unpaid bills of \(row.heldUnpaidBills)") }
      if row.heldUndeposited > .zero { parts.append("\(row.heldUndeposited) not at the bank yet") }
      say(
        "The income gives \(row.calculated), the cash \(row.cap): \(row.unrestrictedEnd) less "
          + parts.joined(separator: ", ") + ".")
    }
    for owner in row.owners where owner.shortfall > .zero {
      say("\(ledger.owners[owner.owner].name) owes \(owner.shortfall) for costs of their own.")
    }
    for owner in row.owners where owner.held > .zero {
      say("\(owner.held) is held for \(ledger.owners[owner.owner].name).")
    }
  }
}
