import Domain

/// Leases, their rent schedules, renewals and move-outs.
enum LeaseRoutes {
  private static let bulk = """
    leaseids:[int] createddatetimefrom:time createddatetimeto:time lastupdatedfrom:time
    lastupdatedto:time paging
    """

  static let all: [Route] = [
    .get(
      "/v1/leases", .leases,
      """
      propertyids:[int] rentalownerids:[int] unitnumber:text tenantname:text leasedatefrom:date
      leasedateto:date leasetypes:[=LeaseTypeRead] leasestatuses:[Active|Past|Future]
      createddatetimefrom:time createddatetimeto:time lastupdatedfrom:time lastupdatedto:time
      paging
      """
    ) { (state, call) throws(Refusal) in
      try state.listLeases(call)
    },
    .send("POST", "/v1/leases", .leases, "LeasePost") { (state, call) throws(Refusal) in
      try state.addLease(call)
    },
    .get("/v1/leases/#", .leases) { (state, call) throws(Refusal) in
      let lease = try state.find(state.portfolio.leases, call.id(0), "lease")
      return state.object { state.write(lease, withTenants: true, &$0) }
    },
    .send("PUT", "/v1/leases/#", .leases, "LeasePut") { (state, call) throws(Refusal) in
      try state.replaceLease(call)
    },
    .get("/v1/leases/rent", .leases, bulk) { (state, call) throws(Refusal) in
      let ids = call.query.ids("leaseids")
      let rows = state.portfolio.rents.rows.filter {
        (ids?.contains($0.leaseId) ?? true) && call.query.covers($0.created, "createddatetime")
          && call.query.covers($0.updated, "lastupdated")
      }
      return try state.list(rows, call, rentKeys) { state.write($1, isBulk: true, &$0) }
    },
    .get("/v1/leases/#/rent", .leases, "paging") { (state, call) throws(Refusal) in
      let lease = try state.find(state.portfolio.leases, call.id(0), "lease")
      let rows = state.portfolio.rents.rows.filter { $0.leaseId == lease.id }
      return try state.list(rows, call, rentKeys) { state.write($1, isBulk: false, &$0) }
    },
    .send("POST", "/v1/leases/#/rent", .leases, "RentPost") { (state, call) throws(Refusal) in
      try state.addRent(call)
    },
    .get("/v1/leases/#/rent/#", .leases) { (state, call) throws(Refusal) in
      let rent = try state.rent(call)
      return state.object { state.write(rent, isBulk: false, &$0) }
    },
    .send("PUT", "/v1/leases/#/rent/#", .leases, "RentPut") { (state, call) throws(Refusal) in
      try state.replaceRent(call)
    },
    .get(
      "/v1/leases/renewals", .leases,
      "propertyids:[int] rentalownerids:[int] esignaturestatuses!:[=ESignature] paging"
    ) { (state, call) throws(Refusal) in
      // Renewals made here are never sent for signature.
      let isWanted = call.query.words("esignaturestatuses")?.contains("NotSent") == true
      let properties = call.query.ids("propertyids")
      let rows = state.portfolio.renewals.rows.filter { renewal in
        isWanted
          && (properties?.contains(state.portfolio.leases[renewal.leaseId]?.propertyId ?? 0)
            ?? true)
      }
      return try state.list(rows, call, renewalKeys) { state.write($1, isHistory: false, &$0) }
    },
    .get("/v1/leases/renewalhistory", .leases, bulk) { (state, call) throws(Refusal) in
      let ids = call.query.ids("leaseids")
      let rows = state.portfolio.renewals.rows.filter {
        (ids?.contains($0.leaseId) ?? true) && call.query.covers($0.created, "createddatetime")
          && call.query.covers($0.created, "lastupdated")
      }
      return try state.list(rows, call, renewalKeys) { state.write($1, isHistory: true, &$0) }
    },
    .get("/v1/leases/#/renewals", .leases, "paging") { (state, call) throws(Refusal) in
      let lease = try state.find(state.portfolio.leases, call.id(0), "lease")
      let rows = state.portfolio.renewals.rows.filter { $0.leaseId == lease.id }
      return try state.list(rows, call, renewalKeys) { state.write($1, isHistory: false, &$0) }
    },
    .send("POST", "/v1/leases/#/renewals", .leases, "RenewalPost") {
      (state, call) throws(Refusal) in
      try state.renew(call)
    },
    .get("/v1/leases/#/renewals/#", .leases) { (state, call) throws(Refusal) in
      let renewal = try state.find(state.portfolio.renewals, call.id(1), "renewal")
      guard renewal.leaseId == call.id(0) else { throw Refusal.notFound("renewal") }
      return state.object { state.write(renewal, isHistory: false, &$0) }
    },
    .get("/v1/leases/#/moveouts", .leases, "paging") { (state, call) throws(Refusal) in
      let lease = try state.find(state.portfolio.leases, call.id(0), "lease")
      return try state.list(lease.moveOuts, call, moveOutKeys) { state.write($1, &$0) }
    },
    .send("POST", "/v1/leases/#/moveouts", .leases, "MoveOut") { (state, call) throws(Refusal) in
      try state.addMoveOut(call)
    },
    .get("/v1/leases/#/moveouts/#", .leases) { (state, call) throws(Refusal) in
      let lease = try state.find(state.portfolio.leases, call.id(0), "lease")
      guard let moveOut = lease.moveOuts.first(where: { $0.tenantId == call.id(1) }) else {
        throw Refusal.notFound("move-out")
      }
      return state.object { state.write(moveOut, &$0) }
    },
    .send("DELETE", "/v1/leases/#/moveouts/#", .leases) { (state, call) throws(Refusal) in
      try state.removeMoveOut(call)
    },
  ]

  static let keys: SortKeys<Lease> = [
    "id": { .id($0.id) }, "propertyid": { .id($0.propertyId) }, "unitid": { .id($0.unitId) },
    "leasefromdate": { .day($0.from) }, "leasetodate": { .day($0.to) },
    "leasestatus": { .text($0.status.rawValue) }, "leasetype": { .text($0.type) },
    "createddatetime": { .time($0.created) }, "lastupdateddatetime": { .time($0.updated) },
    "paymentdueday": { .id($0.dueDay) },
  ]
  static let rentKeys: SortKeys<RentSchedule> = [
    "id": { .id($0.id) }, "leaseid": { .id($0.leaseId) }, "startdate": { .day($0.start) },
    "enddate": { .day($0.end) }, "totalamount": { .money($0.total) },
    "createddatetime": { .time($0.created) },
  ]
  static let renewalKeys: SortKeys<Renewal> = [
    "id": { .id($0.id) }, "leaseid": { .id($0.leaseId) }, "leasefromdate": { .day($0.from) },
    "createddatetime": { .time($0.created) },
  ]
  static let moveOutKeys: SortKeys<Lease.MoveOut> = [
    "tenantid": { .id($0.tenantId) }, "moveoutdate": { .day($0.day) },
  ]
}

extension BuildiumState {
  func listLeases(_ call: Call) throws(Refusal) -> Answer {
    let query = call.query
    let properties = query.ids("propertyids")
    let owned = query.ids("rentalownerids").map(properties(ownedBy:))
    let types = query.words("leasetypes")
    let statuses = query.words("leasestatuses")
    let number = query.text("unitnumber")
    let name = query.text("tenantname")
    let (from, to) = (query.day("leasedatefrom"), query.day("leasedateto"))
    let rows = portfolio.leases.rows.filter { lease in
      (properties?.contains(lease.propertyId) ?? true)
        && (owned?.contains(lease.propertyId) ?? true)
        && (types?.contains(lease.type) ?? true)
        && (statuses?.contains(lease.status.rawValue) ?? true)
        && (from.map { from in lease.to.map { from <= $0 } ?? true } ?? true)
        && (to.map { lease.from <= $0 } ?? true)
        && query.covers(lease.created, "createddatetime")
        && query.covers(lease.updated, "lastupdated")
        && (number.map { $0 == portfolio.units[lease.unitId]?.number } ?? true)
        && (name == nil
          || lease.occupants.contains {
            query.matches(portfolio.tenants[$0.tenantId]?.displayName, "tenantname")
          })
    }
    return try list(rows, call, LeaseRoutes.keys) { write($1, withTenants: true, &$0) }
  }

  /// - Throws: ``Refusal`` 422 for an end that does not go with the type or lies before the start.
  func requireTerm(_ body: JSONValue, from: Day?) throws(Refusal) {
    let end = body.day("LeaseToDate")
    if body.text("LeaseType") == "AtWill" {
      if end != nil {
        throw Refusal.unprocessable("LeaseToDate", "must be left out for a lease at will")
      }
    } else {
      guard let end else {
        throw Refusal.unprocessable("LeaseToDate", "is required for a fixed term")
      }
      if let from, end <= from {
        throw Refusal.unprocessable("LeaseToDate", "must lie after LeaseFromDate")
      }
    }
  }

  mutating func addLease(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    guard let unitId = body.id("UnitId"), let unit = portfolio.units[unitId],
      let from = body.day("LeaseFromDate")
    else { throw Refusal.notFound("rental unit") }
    try requireTerm(body, from: from)
    if body.money("ProratedFirstMonthRent") != nil, from.date.day == 1 {
      throw Refusal.unprocessable(
        "ProratedFirstMonthRent", "must be null for a lease that starts on the first")
    }
    if let end = body.day("LeaseToDate"), body.money("ProratedLastMonthRent") != nil,
      end == Month(of: end).last
    {
      throw Refusal.unprocessable(
        "ProratedLastMonthRent", "must be null for a lease that ends with the month")
    }
    if body.ids("ApplicantIds")?.isEmpty == false {
      throw Refusal.unprocessable("ApplicantIds", "no such approved applicant")
    }
    var tenantIds = body.ids("TenantIds") ?? []
    for (index, id) in tenantIds.enumerated() where !portfolio.tenants.contains(id) {
      throw Refusal.unprocessable("TenantIds[\(index)]", "no such tenant")
    }
    let charges = try requireRentCharges(body.child("Rent"), "Rent.")
    // Everything is checked before the first record is made.
    for tenant in body.list("Tenants") ?? [] { _ = try requireAddress(tenant.child("Address")) }
    let cosigners = try makeCosigners(body, at: call.now)
    for tenant in body.list("Tenants") ?? [] {
      tenantIds.append(try makeTenant(tenant, at: call.now))
    }
    let status: Lease.Status = from > call.today ? .future : .active
    let occupancy: Lease.Occupant.Status = status == .future ? .future : .current
    let rent = charges.isEmpty ? nil : charges.reduce(Money.zero) { $0 + $1.amount }
    let id = portfolio.leases.add { id in
      var lease = Lease(
        id: id, propertyId: unit.propertyId, unitId: unitId, from: from,
        to: body.day("LeaseToDate"), type: body.text("LeaseType") ?? "Fixed", status: status,
        occupants: tenantIds.map {
          Lease.Occupant(tenantId: $0, status: occupancy, moveIn: from)
        }, created: call.now, updated: call.now)
      lease.termType = lease.type == "AtWill" ? "MonthToMonth" : "Standard"
      lease.renewalOffer = "NotSet"
      (lease.rent, lease.deposit) = (rent, body.child("SecurityDeposit")?.money("Amount"))
      lease.cosigners = cosigners
      lease.dueDay = charges.first?.dueDay ?? 1
      return lease
    }
    if !charges.isEmpty {
      let schedule = charges.map { charge in
        var charge = charge
        charge.id = portfolio.nextPartId()
        return charge
      }
      portfolio.rents.add {
        RentSchedule(
          id: $0, leaseId: id, start: from, end: body.day("LeaseToDate"),
          cycle: body.child("Rent")?.text("Cycle") ?? "Monthly", charges: schedule,
          created: call.now)
      }
    }
    announce("Lease.Created", "LeaseId", id, at: call.now)
    let lease = try find(portfolio.leases, id, "lease")
    return created("/v1/leases/\(id)") { write(lease, withTenants: true, &$0) }
  }

  private mutating func makeCosigners(
    _ body: JSONValue, at now: Instant
  ) throws(Refusal) -> [Cosigner] {
    var result: [Cosigner] = []
    for (index, value) in (body.list("Cosigners") ?? []).enumerated() {
      let key = "Cosigners[\(index)]"
      result.append(
        Cosigner(
          id: portfolio.nextPartId(), firstName: value.text("FirstName"),
          lastName: value.text("LastName"), email: value.text("Email"),
          alternateEmail: value.text("AlternateEmail"),
          phones: phones(value.child("PhoneNumbers")), created: now,
          address: try requireAddress(value.child("Address"), key + ".Address"),
          alternateAddress: try requireAddress(
            value.child("AlternateAddress"), key + ".AlternateAddress"),
          mailingPreference: value.text("MailingPreference") ?? "PrimaryAddress"))
    }
    return result
  }

  func requireRentCharges(
    _ rent: JSONValue?, _ key: String
  ) throws(Refusal) -> [RentSchedule.Charge] {
    var result: [RentSchedule.Charge] = []
    for (index, value) in (rent?.list("Charges") ?? []).enumerated() {
      let place = "\(key)Charges[\(index)]"
      let account = try requireAccount(
        value.id("GlAccountId"), place + ".GlAccountId", kinds: [.income, .liability])
      let amount = try requirePositive(value.money("Amount"), place + ".Amount")
      guard let first = value.day("NextDueDate") else {
        throw Refusal.unprocessable(place + ".NextDueDate", "is required")
      }
      result.append(
        RentSchedule.Charge(
          id: 0, accountId: account.id, amount: amount, memo: value.text("Memo"), first: first,
          postDaysInAdvance: value.id("PostDaysInAdvance") ?? 0,
          dueDay: Int32(first.date.day)))
    }
    return result
  }

  mutating func replaceLease(_ call: Call) throws(Refusal) -> Answer {
    let id = call.id(0)
    let body = call.body
    var lease = try find(portfolio.leases, id, "lease")
    guard let from = body.day("LeaseFromDate"), let unitId = body.id("UnitId") else {
      throw Refusal.unprocessable("LeaseFromDate", "is required")
    }
    guard portfolio.units[unitId]?.propertyId == lease.propertyId else {
      throw Refusal.unprocessable("UnitId", "the unit is not part of the lease's property")
    }
    try requireTerm(body, from: from)
    (lease.from, lease.to) = (from, body.day("LeaseToDate"))
    lease.type = body.text("LeaseType") ?? "Fixed"
    lease.unitId = unitId
    lease.isEvictionPending = body.flag("IsEvictionPending") ?? false
    lease.movesOutAutomatically = body.flag("AutomaticallyMoveOutTenants") ?? false
    lease.updated = call.now
    let changed = lease
    portfolio.leases.update(id) { $0 = changed }
    announce("Lease.Updated", "LeaseId", id, at: call.now)
    return object { write(changed, withTenants: true, &$0) }
  }
}
