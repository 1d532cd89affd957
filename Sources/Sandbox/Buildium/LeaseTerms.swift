import Domain

// What changes during a lease: its rent, its term, and who lives there.
extension BuildiumState {
  func rent(_ call: Call) throws(Refusal) -> RentSchedule {
    _ = try find(portfolio.leases, call.id(0), "lease")
    let rent = try find(portfolio.rents, call.id(1), "rent")
    guard rent.leaseId == call.id(0) else { throw Refusal.notFound("rent") }
    return rent
  }

  mutating func addRent(_ call: Call) throws(Refusal) -> Answer {
    let lease = try find(portfolio.leases, call.id(0), "lease")
    let charges = try requireRentCharges(call.body, "")
    let earlier = portfolio.rents.rows.last { $0.leaseId == lease.id && $0.end == nil }
    let start = call.body.day("StartDate") ?? max(lease.from, call.today)
    if let earlier {
      if start <= earlier.start {
        throw Refusal.unprocessable("StartDate", "must lie after the schedule before it")
      }
      portfolio.rents.update(earlier.id) { ($0.end, $0.updated) = (start.adding(-1), call.now) }
    }
    let total = charges.reduce(Money.zero) { $0 + $1.amount }
    let schedule = charges.map { charge in
      var charge = charge
      (charge.id, charge.first) = (portfolio.nextPartId(), max(charge.first, start))
      return charge
    }
    let id = portfolio.rents.add {
      RentSchedule(
        id: $0, leaseId: lease.id, start: start, end: nil,
        cycle: call.body.text("RentCycle") ?? "Monthly", charges: schedule, created: call.now)
    }
    portfolio.leases.update(lease.id) { ($0.rent, $0.updated) = (total, call.now) }
    announce("Lease.Updated", "LeaseId", lease.id, at: call.now)
    let rent = try find(portfolio.rents, id, "rent")
    return created("/v1/leases/\(lease.id)/rent/\(id)") { write(rent, isBulk: false, &$0) }
  }

  mutating func replaceRent(_ call: Call) throws(Refusal) -> Answer {
    var rent = try rent(call)
    let known = rent.charges
    let charges = try requireRentCharges(call.body, "")
    rent.charges = charges.map { charge in
      var charge = charge
      let old = known.first { $0.accountId == charge.accountId }
      charge.id = old?.id ?? portfolio.nextPartId()
      charge.first = old?.first ?? rent.start
      return charge
    }
    rent.cycle = call.body.text("RentCycle") ?? "Monthly"
    rent.updated = call.now
    let changed = rent
    portfolio.rents.update(rent.id) { $0 = changed }
    portfolio.leases.update(rent.leaseId) {
      ($0.rent, $0.updated) = (changed.total, call.now)
    }
    announce("Lease.Updated", "LeaseId", rent.leaseId, at: call.now)
    return object { write(changed, isBulk: false, &$0) }
  }

  /// The same lease goes on with a new end and rent.
  mutating func renew(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    let lease = try find(portfolio.leases, call.id(0), "lease")
    guard lease.status != .past else {
      throw Refusal.conflict("A lease that has ended cannot be renewed.")
    }
    let from = lease.to.map { $0.adding(1) } ?? call.today
    try requireTerm(body, from: from)
    let charges = try requireRentCharges(body.child("Rent"), "Rent.")
    var tenantIds = body.ids("TenantIds") ?? []
    for (index, id) in tenantIds.enumerated()
    where !lease.occupants.contains(where: { $0.tenantId == id }) {
      throw Refusal.unprocessable("TenantIds[\(index)]", "is not a tenant of the lease")
    }
    for tenant in body.list("Tenants") ?? [] { _ = try requireAddress(tenant.child("Address")) }
    if tenantIds.isEmpty, (body.list("Tenants") ?? []).isEmpty {
      throw Refusal.unprocessable("TenantIds", "at least one tenant is required")
    }
    for tenant in body.list("Tenants") ?? [] {
      tenantIds.append(try makeTenant(tenant, at: call.now))
    }
    let rent = charges.reduce(Money.zero) { $0 + $1.amount }
    let end = body.day("LeaseToDate")
    let type = body.text("LeaseType") ?? "Fixed"
    let id = portfolio.renewals.add {
      Renewal(
        id: $0, leaseId: lease.id, status: from > call.today ? .future : .active, from: from,
        to: end, type: type, rent: rent, rentId: nil, tenantIds: tenantIds, created: call.now)
    }
    portfolio.leases.update(lease.id) { lease in
      (lease.to, lease.type, lease.rent) = (end, type, rent)
      (lease.renewalOffer, lease.updated) = ("Renewed", call.now)
      for id in tenantIds where !lease.occupants.contains(where: { $0.tenantId == id }) {
        lease.occupants.append(Lease.Occupant(tenantId: id, status: .current, moveIn: from))
      }
    }
    announce("Lease.Updated", "LeaseId", lease.id, at: call.now)
    let renewal = try find(portfolio.renewals, id, "renewal")
    return created("/v1/leases/\(lease.id)/renewals/\(id)") {
      write(renewal, isHistory: false, &$0)
    }
  }

  // MARK: Move-outs

  mutating func addMoveOut(_ call: Call) throws(Refusal) -> Answer {
    let lease = try find(portfolio.leases, call.id(0), "lease")
    guard let tenantId = call.body.id("TenantId"), let day = call.body.day("MoveOutDate"),
      lease.occupants.contains(where: { $0.tenantId == tenantId && $0.status != .movedOut })
    else { throw Refusal.unprocessable("TenantId", "is not a current tenant of the lease") }
    if day < lease.from {
      throw Refusal.unprocessable("MoveOutDate", "must not lie before the lease begins")
    }
    if lease.moveOuts.contains(where: { $0.tenantId == tenantId }) {
      throw Refusal.unprocessable("TenantId", "already has a move-out")
    }
    let moveOut = Lease.MoveOut(
      tenantId: tenantId, day: day, noticeGiven: call.body.day("NoticeGivenDate"))
    portfolio.leases.update(lease.id) { lease in
      lease.moveOuts.append(moveOut)
      lease.updated = call.now
      guard day <= call.today else { return }
      for index in lease.occupants.indices where lease.occupants[index].tenantId == tenantId {
        lease.occupants[index].status = .movedOut
      }
      // Only when the last one has left does the lease end.
      if lease.occupants.allSatisfy({ $0.status == .movedOut }) { lease.status = .past }
    }
    announce(
      "Lease.MoveOut.Created", [("LeaseId", .int(lease.id)), ("TenantId", .int(tenantId))],
      at: call.now)
    return created("/v1/leases/\(lease.id)/moveouts/\(tenantId)") { write(moveOut, &$0) }
  }

  mutating func removeMoveOut(_ call: Call) throws(Refusal) -> Answer {
    let lease = try find(portfolio.leases, call.id(0), "lease")
    guard lease.moveOuts.contains(where: { $0.tenantId == call.id(1) }) else {
      throw Refusal.notFound("move-out")
    }
    portfolio.leases.update(lease.id) { lease in
      lease.moveOuts.removeAll { $0.tenantId == call.id(1) }
      for index in lease.occupants.indices where lease.occupants[index].tenantId == call.id(1) {
        lease.occupants[index].status = .current
      }
      if lease.status == .past { lease.status = .active }
      lease.updated = call.now
    }
    announce("Lease.Updated", "LeaseId", lease.id, at: call.now)
    return .noContent
  }
}
