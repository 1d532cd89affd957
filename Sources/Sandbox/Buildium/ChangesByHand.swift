import Domain

// Changing and removing single records, as a person does in the service's web pages.

/// A member that can be changed by hand: by the service's own name for it.
private struct HandMember: Sendable {
  var resource: String
  var member: String
  /// A value that differs from most others; the number makes it so.
  var sample: @Sendable (Int) -> JSONValue
  /// False when there is no such record or the value does not fit.
  var apply: @Sendable (inout Portfolio, Int32, JSONValue, Instant) -> Bool
}

private let handMembers: [HandMember] = [
  HandMember(resource: "rentals", member: "Name", sample: { .string("Renamed House \($0)") }) {
    guard let text = $2.string else { return false }
    let now = $3
    return $0.properties.update($1) { ($0.name, $0.updated) = (text, now) }
  },
  HandMember(resource: "rentals", member: "Reserve", sample: { .number("\($0).25") }) {
    guard let amount = $2.numberText.flatMap({ Money($0) }) else { return false }
    let now = $3
    return $0.properties.update($1) { ($0.reserve, $0.updated) = (amount, now) }
  },
  HandMember(resource: "units", member: "MarketRent", sample: { .number("\($0 + 500).50") }) {
    guard let amount = $2.numberText.flatMap({ Money($0) }) else { return false }
    let now = $3
    return $0.units.update($1) { ($0.marketRent, $0.updated) = (amount, now) }
  },
  HandMember(resource: "units", member: "Description", sample: { .string("Painted \($0)") }) {
    let (text, now) = ($2.string, $3)
    return $0.units.update($1) { ($0.description, $0.updated) = (text, now) }
  },
  HandMember(
    resource: "owners", member: "Email", sample: { .string("owner.\($0)@example.org") }
  ) {
    let (text, now) = ($2.string, $3)
    return $0.owners.update($1) { ($0.email, $0.updated) = (text, now) }
  },
  HandMember(resource: "tenants", member: "Phone", sample: { .string("(555) 555-\($0)") }) {
    guard let text = $2.string else { return false }
    let now = $3
    return $0.tenants.update($1) {
      ($0.phones, $0.updated) = ([Phone(number: text, kind: .cell)], now)
    }
  },
  HandMember(
    resource: "tenants", member: "Email", sample: { .string("tenant.\($0)@example.org") }
  ) {
    let (text, now) = ($2.string, $3)
    return $0.tenants.update($1) { ($0.email, $0.updated) = (text, now) }
  },
  HandMember(resource: "tenants", member: "LastName", sample: { .string("Married \($0)") }) {
    guard let text = $2.string else { return false }
    let now = $3
    return $0.tenants.update($1) { ($0.lastName, $0.updated) = (text, now) }
  },
  HandMember(resource: "leases", member: "Rent", sample: { .number("\($0 + 700).75") }) {
    guard let amount = $2.numberText.flatMap({ Money($0) }) else { return false }
    let now = $3
    return $0.leases.update($1) { ($0.rent, $0.updated) = (amount, now) }
  },
  HandMember(
    resource: "vendors", member: "PrimaryEmail", sample: { .string("vendor.\($0)@example.org") }
  ) {
    let (text, now) = ($2.string, $3)
    return $0.vendors.update($1) { ($0.email, $0.updated) = (text, now) }
  },
  HandMember(resource: "bills", member: "Memo", sample: { .string("Checked again \($0)") }) {
    let (text, now) = ($2.string, $3)
    let isFound = $0.bills.update($1) { $0.memo = text }
    $0.transactions.update($1) { ($0.memo, $0.updated) = (text, now) }
    return isFound
  },
  HandMember(
    resource: "bills", member: "ReferenceNumber", sample: { .string("REF-\($0)") }
  ) {
    let (text, now) = ($2.string, $3)
    let isFound = $0.bills.update($1) { $0.reference = text }
    $0.transactions.update($1) { ($0.reference, $0.updated) = (text, now) }
    return isFound
  },
  HandMember(resource: "glaccounts", member: "Name", sample: { .string("Account \($0)") }) {
    portfolio, id, value, _ in
    guard let text = value.string else { return false }
    return portfolio.accounts.update(id) { $0.name = text }
  },
  HandMember(
    resource: "glaccounts", member: "Description", sample: { .string("See memo \($0)") }
  ) { portfolio, id, value, _ in
    portfolio.accounts.update(id) { $0.description = value.string }
  },
  HandMember(resource: "transactions", member: "Memo", sample: { .string("Corrected \($0)") }) {
    let (text, now) = ($2.string, $3)
    return $0.transactions.update($1) { ($0.memo, $0.updated) = (text, now) }
  },
  HandMember(resource: "tasks", member: "Title", sample: { .string("Now urgent \($0)") }) {
    guard let text = $2.string else { return false }
    let now = $3
    return $0.tasks.update($1) { ($0.title, $0.updated) = (text, now) }
  },
  HandMember(resource: "workorders", member: "Title", sample: { .string("Order \($0)") }) {
    let (text, now) = ($2.string, $3)
    return $0.workOrders.update($1) { ($0.title, $0.updated) = (text, now) }
  },
]

/// The resources that ``BuildiumState/changeAtRandom(_:at:)`` picks from: those that clients keep
/// in step. A bill's change moves its transaction as well, so bills are left to named changes.
private let randomMembers = handMembers.filter {
  ["rentals", "units", "owners", "tenants", "leases"].contains($0.resource)
}

extension BuildiumState {
  private func ids(_ resource: String) -> [Int32] {
    switch resource {
    case "rentals": portfolio.properties.rows.map(\.id)
    case "units": portfolio.units.rows.map(\.id)
    case "owners": portfolio.owners.rows.map(\.id)
    case "tenants": portfolio.tenants.rows.map(\.id)
    case "leases": portfolio.leases.rows.map(\.id)
    default: []
    }
  }

  /// - Throws: ``Refusal`` 404 for a record that does not exist, 422 for a member that cannot be
  ///   changed so.
  mutating func changeByHand(_ body: JSONValue, at now: Instant) throws(Refusal) -> JSONValue {
    let resource = body.text("resource") ?? ""
    let member = body.text("member") ?? ""
    guard let rule = handMembers.first(where: { $0.resource == resource && $0.member == member })
    else {
      let known = handMembers.map { "\($0.resource).\($0.member)" }.joined(separator: ", ")
      throw Refusal.unprocessable("member", "can be changed for \(known)")
    }
    guard let id = body.id("id"), let value = body["value"] else {
      throw Refusal.unprocessable("id", "and value are required")
    }
    guard rule.apply(&portfolio, id, value, now) else {
      throw Refusal.notFound("\(resource) record \(id)")
    }
    if resource == "glaccounts" { encodeAccounts() }
    announce(Happening(resource, id, .updated, member), at: now)
    return [
      "resource": .string(resource), "id": .int(id), "member": .string(member), "value": value,
    ]
  }

  /// Changes so many different records, each in one member; fewer when there are not as many.
  mutating func changeAtRandom(_ count: Int, at now: Instant) -> [JSONValue] {
    var done: Set<String> = []
    var changes: [JSONValue] = []
    // Records that were changed already are met again; the bound ends a search without end.
    for _ in 0..<max(0, count) * 50 where changes.count < count {
      let rule = life.random.pick(randomMembers)
      let known = ids(rule.resource)
      guard !known.isEmpty else { continue }
      let id = life.random.pick(known)
      guard done.insert("\(rule.resource)/\(id)").inserted else { continue }
      let value = rule.sample(life.random.within(1000...9999))
      guard rule.apply(&portfolio, id, value, now) else { continue }
      announce(Happening(rule.resource, id, .updated, rule.member), at: now)
      changes.append([
        "resource": .string(rule.resource), "id": .int(id), "member": .string(rule.member),
        "value": value,
      ])
    }
    return changes
  }

  // MARK: Removing

  /// Removes a record that nothing else stands on, as the web pages allow.
  ///
  /// - Throws: ``Refusal`` 404 when there is none, 409 when something stands on it.
  mutating func deleteByHand(_ body: JSONValue, at now: Instant) throws(Refusal) -> Happening {
    let resource = body.text("resource") ?? ""
    guard let id = body.id("id") else { throw Refusal.unprocessable("id", "is required") }
    if let reason = whatStands(on: id, of: resource) {
      throw Refusal.conflict("\(resource) record \(id) cannot be removed: \(reason).")
    }
    let type = portfolio.transactions[id]?.type
    guard remove(id, of: resource) else { throw Refusal.notFound("\(resource) record \(id)") }
    let happening = Happening(resource, id, .deleted, "removed in the web pages")
    announce(happening, type: type, at: now)
    return happening
  }

  private func whatStands(on id: Int32, of resource: String) -> String? {
    switch resource {
    case "rentals":
      if portfolio.units.rows.contains(where: { $0.propertyId == id }) { return "it has units" }
    case "units":
      if portfolio.leases.rows.contains(where: { $0.unitId == id }) { return "it has leases" }
    case "leases":
      let isUsed = portfolio.transactions.rows.contains { $0.leaseId == id }
      if isUsed { return "its ledger has transactions" }
    case "vendors":
      let isUsed = portfolio.transactions.rows.contains { $0.payee == .vendor(id) }
      if isUsed { return "it has transactions" }
    case "bills":
      if let bill = portfolio.bills[id], bill.paid > .zero { return "it has payments" }
    case "transactions":
      guard let transaction = portfolio.transactions[id] else { return nil }
      if transaction.depositId != nil { return "it has been deposited" }
      if portfolio.billPayments[id] != nil { return "it pays bills" }
      if portfolio.bills[id] != nil { return "it is a bill; remove the bill" }
      if transaction.type == .deposit { return "payments stand in it" }
    default: break
    }
    return nil
  }

  private mutating func remove(_ id: Int32, of resource: String) -> Bool {
    switch resource {
    case "rentals": return portfolio.properties.remove(id) != nil
    case "units": return portfolio.units.remove(id) != nil
    case "owners": return portfolio.owners.remove(id) != nil
    case "tenants":
      guard portfolio.tenants.remove(id) != nil else { return false }
      for lease in leases(ofTenant: id) {
        portfolio.leases.update(lease.id) { lease in
          lease.occupants.removeAll { $0.tenantId == id }
          lease.moveOuts.removeAll { $0.tenantId == id }
        }
      }
      return true
    case "leases":
      for rent in portfolio.rents.rows where rent.leaseId == id { portfolio.rents.remove(rent.id) }
      return portfolio.leases.remove(id) != nil
    case "vendors": return portfolio.vendors.remove(id) != nil
    case "bills":
      portfolio.transactions.remove(id)
      return portfolio.bills.remove(id) != nil
    case "transactions": return portfolio.transactions.remove(id) != nil
    case "tasks":
      for order in portfolio.workOrders.rows where order.taskId == id {
        portfolio.workOrders.remove(order.id)
      }
      return portfolio.tasks.remove(id) != nil
    case "workorders": return portfolio.workOrders.remove(id) != nil
    default: return false
    }
  }

  // MARK: Life

  mutating func live(at now: Instant) -> Happening {
    let happening = life.live(&portfolio, at: now)
    announce(happening, at: now)
    return happening
  }

  /// Turns a happening into the service's event, where it has one: none exists for owners.
  mutating func announce(
    _ happening: Happening, type: TransactionType? = nil, at now: Instant
  ) {
    let verb = happening.kind.rawValue
    let ending = verb.prefix(1).uppercased() + verb.dropFirst()
    let names = [
      "rentals": ("Rental", "PropertyId"), "units": ("RentalUnit", "UnitId"),
      "tenants": ("LeaseTenant", "TenantId"), "leases": ("Lease", "LeaseId"),
      "vendors": ("Vendor", "VendorId"), "bills": ("Bill", "BillId"),
      "glaccounts": ("GLAccount", "GLAccountId"), "workorders": ("WorkOrder", "WorkOrderId"),
    ]
    let id = happening.id
    switch happening.resource {
    case "tasks":
      let kind = portfolio.tasks[id]?.kind ?? .todo
      announceTask(ending, id, kind, at: now)
    case "transactions":
      let transaction = portfolio.transactions[id]
      guard let type = transaction?.type ?? type else { return }
      announce(
        "LeaseTransaction.\(ending)",
        [("TransactionId", .int(id)), ("TransactionType", .string(type.rawValue))], at: now)
    default:
      guard let (name, key) = names[happening.resource] else { return }
      announce("\(name).\(ending)", key, id, at: now)
    }
  }
}
