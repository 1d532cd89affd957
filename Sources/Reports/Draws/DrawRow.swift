// A draw with every step that led to it.
import Domain

/// What an owner gets of a draw.
public struct OwnerDraw: Sendable, Hashable {
  /// The owner's number.
  public var owner: Int
  /// What is paid.
  public var amount: Money
  /// Costs of this owner alone that the draw did not cover: a receivable.
  public var shortfall = Money.zero
  /// What would be paid if a rule did not hold it.
  public var held = Money.zero
  /// What was declared for the owner in this property up to and with this draw.
  public var cumulative = Money.zero
}

/// What one rule asked for and got.
public struct RuleOutcome: Sendable, Hashable {
  /// The rule's id in the store; empty for the property's policy.
  public var rule: String
  /// What kind of rule it is.
  public var kind: DrawRule.Kind
  /// The owner it is about, by number; nil for all owners of the property.
  public var owner: Int?
  /// What it asked for.
  public var ask: Money
  /// What it got; for a rule that takes away, what it took.
  public var grant: Money
  /// Why it got less, in words; empty when it got all.
  public var reason: String
}

/// The draw of a property in one part of a month, with every step.
///
/// The names are those of accounting facts, section 1.7.
public struct DrawRow: Sendable, Hashable {
  /// The property's number.
  public var property: Int
  /// The month.
  public var month: CalendarMonth
  /// The part of the month.
  public var period: Period
  /// Net operating income, cash.
  public var noi = Money.zero
  /// A loss carried from before; zero or below.
  public var carryIn = Money.zero
  /// What entries into a closed month would have changed there; counted here instead.
  public var restatement = Money.zero
  /// The owner's cash when the period began, after the draw before it.
  public var unrestrictedStart = Money.zero
  /// The cash that is to stay.
  public var reserveTarget = Money.zero
  /// What is missing of it and taken from the income first.
  public var restoration = Money.zero
  /// The part of the income that is paid out.
  public var percent = Percent.whole
  /// What the income alone would give.
  public var calculated = Money.zero
  /// The owner's cash when the period ended, less what was declared before and not paid yet.
  public var unrestrictedEnd = Money.zero
  /// Unpaid approved bills that are held back.
  public var heldUnpaidBills = Money.zero
  /// Money that is not at the bank yet and is held back.
  public var heldUndeposited = Money.zero
  /// The most the cash allows.
  public var cap = Money.zero
  /// What is paid.
  public var draw = Money.zero
  /// The loss carried on; zero or below.
  public var carryOut = Money.zero
  /// The owner's cash after the draw.
  public var unrestrictedAfterDraw = Money.zero
  /// What of the reserve is there.
  public var reserveCurrent = Money.zero
  /// Everything declared for the property up to and with this draw.
  public var cumulativeDraws = Money.zero
  /// Everything paid to its owners by the end of the period.
  public var cumulativePaid = Money.zero
  /// Net operating income since the draws began, with this period's.
  public var cumulativeNOI = Money.zero
  /// What owners paid in by the end of the period.
  public var cumulativeContributions = Money.zero
  /// What each owner gets, in the order of the owners.
  public var owners: [OwnerDraw] = []
  /// What each rule asked for and got.
  public var rules: [RuleOutcome] = []
  /// How it came to this, in words.
  public var reasons: [String] = []
  /// Why there is no draw although there might be: the shares are not known or wrong.
  public var problem: OwnershipProblem?
  /// Whether the amounts were declared when the month was finalised and stay as they are.
  public var isDeclared = false

  /// Income with what was carried into it.
  public var available: Money { noi + carryIn + restatement }

  /// Everything the draw depends on, as text: equal texts give equal draws.
  public func inputs(_ ledger: LedgerSnapshot) -> String {
    let record = ledger.properties[property]
    var parts = [
      record.id, period.from.description, period.to.description,
      "\(noi) \(carryIn) \(restatement) \(unrestrictedStart) \(unrestrictedEnd)",
      "\(heldUnpaidBills) \(heldUndeposited) \(reserveTarget) \(percent)",
    ]
    for policy in record.policies(on: period.from) {
      parts.append(
        "\(policy.priority) \(policy.reserveTarget) \(policy.percent) \(policy.holdsUnpaidBills)"
          + " \(policy.holdsUndeposited) \(policy.carriesForwardLoss) \(policy.order.rawValue)"
          + (policy.ownershipChange == .daily ? " daily" : ""))
    }
    for rule in record.rules where rule.holds(on: period.from) {
      parts.append("\(rule.id) \(rule.kind.rawValue) \(rule.amount) \(rule.percent)")
    }
    for share in record.shares(on: period.from) {
      parts.append(
        "\(ledger.owners[share.owner].id) \(share.ownership?.description ?? "-")"
          + " \(share.disbursement?.description ?? "-")")
    }
    let specific = ledger.specificIncome(property: property, period: period, basis: .cash)
    for (owner, amount) in specific.sorted(by: { $0.key < $1.key }) {
      parts.append("\(ledger.owners[owner].id) \(amount)")
    }
    return parts.joined(separator: "|")
  }
}

/// What was declared for one part of a month when it was finalised.
public struct DeclaredPeriod: Sendable, Hashable {
  /// The part of the month.
  public var period: Period
  /// Net operating income as it was then.
  public var noi: Money
  /// What was carried in.
  public var carryIn: Money
  /// What was counted for entries into months closed before.
  public var restatement: Money
  /// What was carried on.
  public var carryOut: Money
  /// What was declared for each owner, by number.
  public var owners: [Int: Money]

  /// What was declared.
  public init(
    period: Period, noi: Money, carryIn: Money, restatement: Money, carryOut: Money,
    owners: [Int: Money]
  ) {
    (self.period, self.noi, self.carryIn) = (period, noi, carryIn)
    (self.restatement, self.carryOut, self.owners) = (restatement, carryOut, owners)
  }
}
