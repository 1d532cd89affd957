import Domain

/// Something that changed in a portfolio, by hand or by life going on.
public struct Happening: Sendable, Hashable {
  /// What was done to the record.
  public enum Kind: String, Sendable, Hashable {
    case created, updated, deleted
  }

  /// The resource: `rentals`, `units`, `owners`, `tenants`, `leases`, `vendors`, `bills`,
  /// `glaccounts`, `transactions`, `tasks` or `workorders`.
  public var resource: String
  /// The record's number.
  public var id: Int32
  /// What was done.
  public var kind: Kind
  /// What happened, in a few words for a person.
  public var text: String

  init(_ resource: String, _ id: Int32, _ kind: Kind, _ text: String) {
    (self.resource, self.id, self.kind, self.text) = (resource, id, kind, text)
  }
}

extension PortfolioGenerator {
  /// Goes on where the history ends.
  init(livingAfter options: PortfolioOptions, seed: UInt64) {
    self.init(options)
    random = SeededRandom(seed: options.seed ^ seed &* 0x9E37_79B9)
  }

  /// Lets one thing happen, as one does at a property manager's every few minutes.
  mutating func live(_ portfolio: inout Portfolio, at now: Instant) -> Happening {
    switch random.below(100) {
    case 0..<30: return receiveRent(&portfolio, at: now) ?? newBill(&portfolio, at: now)
    case 30..<45: return newBill(&portfolio, at: now)
    case 45..<55: return payBill(&portfolio, at: now) ?? newBill(&portfolio, at: now)
    case 55..<65: return changePhone(&portfolio, at: now) ?? newTask(&portfolio, at: now)
    case 65..<75: return moveTask(&portfolio, at: now) ?? newTask(&portfolio, at: now)
    case 75..<80: return newTask(&portfolio, at: now)
    case 80..<86: return changeOwner(&portfolio, at: now)
    case 86..<94: return changeRent(&portfolio, at: now)
    default: return changeReserve(&portfolio, at: now)
    }
  }

  private mutating func receiveRent(
    _ portfolio: inout Portfolio, at now: Instant
  ) -> Happening? {
    let debts = portfolio.debts().filter { $0.value.total > .zero }
    guard !debts.isEmpty else { return nil }
    let leaseId = random.pick(debts.keys.sorted())
    guard let lease = portfolio.leases[leaseId], let debt = debts[leaseId] else { return nil }
    let lines = debt.accounts.filter { $0.amount > .zero }.map {
      Allocation(accountId: $0.accountId, amount: $0.amount)
    }
    let id = portfolio.receivePayment(
      lease, lines, on: Day(now.date), method: "ElectronicPayment", memo: "Payment",
      reference: nil, tenantId: lease.currentTenantIds.first, at: now)
    let total = lines.reduce(Money.zero) { $0 + $1.amount }
    return Happening("transactions", id, .created, "\(total) came in for lease \(leaseId)")
  }

  private mutating func newBill(_ portfolio: inout Portfolio, at now: Instant) -> Happening {
    let property = random.pick(portfolio.properties.rows)
    let id = addBill(of: .rental(property.id), on: Day(now.date), at: now, to: &portfolio)
    return Happening("bills", id, .created, "a bill arrived for \(property.name)")
  }

  private mutating func payBill(_ portfolio: inout Portfolio, at now: Instant) -> Happening? {
    let open = portfolio.bills.rows.filter { $0.paidDay == nil && $0.approval != "Pending" }
    guard !open.isEmpty else { return nil }
    let bill = random.pick(open)
    guard let first = bill.lines.first, let bank = portfolio.bank(of: first.entity.id) else {
      return nil
    }
    let allocations = bill.lines.filter { $0.amount > $0.paid }.map {
      BillPayment.Allocation(
        billId: bill.id, lineId: $0.id, entity: $0.entity, accountId: $0.accountId,
        amount: $0.amount - $0.paid)
    }
    let number = portfolio.nextCheckNumber(bank.id)
    portfolio.pay(
      allocations, from: bank, on: Day(now.date), check: number, memo: "Bill payment", at: now)
    return Happening("bills", bill.id, .updated, "bill \(bill.id) was paid")
  }

  private mutating func changePhone(
    _ portfolio: inout Portfolio, at now: Instant
  ) -> Happening? {
    guard !portfolio.tenants.rows.isEmpty else { return nil }
    let tenant = random.pick(portfolio.tenants.rows)
    let phone = phone()
    portfolio.tenants.update(tenant.id) { ($0.phones, $0.updated) = ([phone], now) }
    return Happening("tenants", tenant.id, .updated, "a tenant has a new phone number")
  }

  private mutating func moveTask(_ portfolio: inout Portfolio, at now: Instant) -> Happening? {
    let open = portfolio.tasks.rows.filter { $0.status != "Closed" }
    guard !open.isEmpty else { return nil }
    let task = random.pick(open)
    let steps = ["New": "InProgress", "InProgress": "Completed", "Completed": "Closed"]
    let status = steps[task.status] ?? "InProgress"
    let changeId = portfolio.nextPartId()
    portfolio.tasks.update(task.id) { task in
      (task.status, task.updated) = (status, now)
      task.changes.append(
        task.change(id: changeId, "Moved to \(status)", now))
    }
    return Happening("tasks", task.id, .updated, "task \(task.id) is now \(status)")
  }

  private mutating func newTask(_ portfolio: inout Portfolio, at now: Instant) -> Happening {
    let id = addTask("New", at: now, to: &portfolio)
    return Happening("tasks", id, .created, "a task came in")
  }

  private mutating func changeOwner(_ portfolio: inout Portfolio, at now: Instant) -> Happening {
    let owner = random.pick(portfolio.owners.rows)
    let phone = phone(.home)
    portfolio.owners.update(owner.id) { ($0.phones, $0.updated) = ([phone], now) }
    return Happening("owners", owner.id, .updated, "an owner has a new phone number")
  }

  private mutating func changeRent(_ portfolio: inout Portfolio, at now: Instant) -> Happening {
    let unit = random.pick(portfolio.units.rows)
    let rent = Money(minorUnits: Int64(random.within(160...560)) * 500)
    portfolio.units.update(unit.id) { ($0.marketRent, $0.updated) = (rent, now) }
    return Happening("units", unit.id, .updated, "unit \(unit.number) is now offered at \(rent)")
  }

  private mutating func changeReserve(
    _ portfolio: inout Portfolio, at now: Instant
  ) -> Happening {
    let property = random.pick(portfolio.properties.rows)
    let reserve = dollars(0...2000)
    portfolio.properties.update(property.id) { ($0.reserve, $0.updated) = (reserve, now) }
    return Happening(
      "rentals", property.id, .updated, "\(property.name) now keeps \(reserve) in reserve")
  }
}
