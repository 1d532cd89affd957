import Domain

/// Tenants of rental leases.
enum TenantRoutes {
  static let all: [Route] = [
    .get(
      "/v1/leases/tenants", .tenants,
      """
      buildingstatuses:[Active|InActive] leasetermstatuses:[Active|Past|Future] unitnumber:text
      name:text phone:text email:text propertyids:[int] rentalownerids:[int]
      lastupdatedfrom:time lastupdatedto:time unitids:[int] paging
      """
    ) { (state, call) throws(Refusal) in
      try state.listTenants(call)
    },
    .send("POST", "/v1/leases/tenants", .tenants, "TenantPost") { (state, call) throws(Refusal) in
      try state.addTenant(call)
    },
    .get("/v1/leases/tenants/#", .tenants) { (state, call) throws(Refusal) in
      state.answer(try state.find(state.portfolio.tenants, call.id(0), "tenant"))
    },
    .send("PUT", "/v1/leases/tenants/#", .tenants, "TenantPut") { (state, call) throws(Refusal) in
      try state.replaceTenant(call)
    },
  ]

  /// Buildium's sandbox takes no more.
  static let tenantsPerLeaseMax = 50

  static let keys: SortKeys<Tenant> = [
    "id": { .id($0.id) }, "firstname": { .text($0.firstName) }, "lastname": { .text($0.lastName) },
    "email": { .optional($0.email) }, "createddatetime": { .time($0.created) },
  ]
}

extension BuildiumState {
  func leases(ofTenant id: Int32) -> [Lease] {
    portfolio.leases.rows.filter { $0.occupants.contains { $0.tenantId == id } }
  }

  func answer(_ tenant: Tenant) -> Answer {
    let leases = leases(ofTenant: tenant.id)
    return object { write(tenant, leases: leases, &$0) }
  }

  func listTenants(_ call: Call) throws(Refusal) -> Answer {
    let query = call.query
    var leases: [Int32: [Lease]] = [:]
    for lease in portfolio.leases.rows {
      for occupant in lease.occupants { leases[occupant.tenantId, default: []].append(lease) }
    }
    let properties = query.ids("propertyids")
    let units = query.ids("unitids")
    let terms = query.words("leasetermstatuses")
    let buildings = query.words("buildingstatuses")
    let owned = query.ids("rentalownerids").map { owners in
      Set(portfolio.owners.rows.filter { owners.contains($0.id) }.flatMap(\.propertyIds))
    }
    let number = query.text("unitnumber")
    let asksLease =
      properties != nil || units != nil || terms != nil || buildings != nil || owned != nil
      || number != nil
    func fits(_ lease: Lease) -> Bool {
      (properties?.contains(lease.propertyId) ?? true) && (units?.contains(lease.unitId) ?? true)
        && (terms?.contains(lease.status.rawValue) ?? true)
        && (owned?.contains(lease.propertyId) ?? true)
        && (buildings.map { words in
          let isActive = portfolio.properties[lease.propertyId]?.isActive == true
          return words.contains(isActive ? "Active" : "InActive")
        } ?? true)
        && (number.map { $0 == portfolio.units[lease.unitId]?.number } ?? true)
    }
    let rows = portfolio.tenants.rows.filter { tenant in
      query.covers(tenant.updated, "lastupdated") && query.matches(tenant.displayName, "name")
        && query.matches(tenant.email, "email") && Self.hasPhone(tenant.phones, query)
        && (!asksLease || leases[tenant.id]?.contains(where: fits) == true)
    }
    return try list(rows, call, TenantRoutes.keys) {
      write($1, leases: leases[$1.id] ?? [], &$0)
    }
  }

  private func requireTenant(
    _ body: JSONValue
  ) throws(Refusal) -> (address: Address?, alternate: Address?) {
    (
      try requireAddress(body.child("Address")),
      try requireAddress(body.child("AlternateAddress"), "AlternateAddress")
    )
  }

  private static func fill(
    _ tenant: inout Tenant, _ body: JSONValue,
    _ places: (address: Address?, alternate: Address?), _ phones: [Phone]
  ) {
    tenant.firstName = body.text("FirstName") ?? ""
    tenant.lastName = body.text("LastName") ?? ""
    tenant.email = body.text("Email")
    tenant.alternateEmail = body.text("AlternateEmail")
    tenant.phones = phones
    tenant.dateOfBirth = body.day("DateOfBirth")
    tenant.comment = body.text("Comment")
    tenant.taxId = body.text("TaxId")
    tenant.emergencyContact = body.child("EmergencyContact").map {
      EmergencyContact(
        name: $0.text("Name"), relationship: $0.text("RelationshipDescription"),
        phone: $0.text("Phone"), email: $0.text("Email"))
    }
    (tenant.address, tenant.alternateAddress) = places
    tenant.mailingPreference =
      body.text("MailingPreference")
      ?? (places.alternate == nil ? "PrimaryAddress" : "AlternateAddress")
  }

  /// Adds a tenant described by a body; used by leases and renewals too.
  mutating func makeTenant(_ body: JSONValue, at now: Instant) throws(Refusal) -> Int32 {
    let places = try requireTenant(body)
    let phones = phones(body.child("PhoneNumbers"))
    return portfolio.tenants.add { id in
      var tenant = Tenant(id: id, firstName: "", lastName: "", created: now, updated: now)
      Self.fill(&tenant, body, places, phones)
      return tenant
    }
  }

  mutating func addTenant(_ call: Call) throws(Refusal) -> Answer {
    guard let leaseId = call.body.id("LeaseId"), let lease = portfolio.leases[leaseId] else {
      throw Refusal.notFound("lease")
    }
    if lease.status == .past {
      throw Refusal.unprocessable("LeaseId", "the lease has ended")
    }
    if lease.occupants.count >= TenantRoutes.tenantsPerLeaseMax {
      throw Refusal.unprocessable("LeaseId", "the lease has 50 tenants already")
    }
    let id = try makeTenant(call.body, at: call.now)
    let isFuture = lease.status == .future
    portfolio.leases.update(leaseId) {
      $0.occupants.append(
        Lease.Occupant(
          tenantId: id, status: isFuture ? .future : .current,
          moveIn: max($0.from, call.today)))
      $0.updated = call.now
    }
    announce("LeaseTenant.Created", "TenantId", id, at: call.now)
    announce("Lease.Updated", "LeaseId", leaseId, at: call.now)
    let tenant = try find(portfolio.tenants, id, "tenant")
    let leases = leases(ofTenant: id)
    return created("/v1/leases/tenants/\(id)") { write(tenant, leases: leases, &$0) }
  }

  mutating func replaceTenant(_ call: Call) throws(Refusal) -> Answer {
    let id = call.id(0)
    var tenant = try find(portfolio.tenants, id, "tenant")
    let places = try requireTenant(call.body)
    Self.fill(&tenant, call.body, places, phones(call.body.child("PhoneNumbers")))
    tenant.updated = call.now
    let changed = tenant
    portfolio.tenants.update(id) { $0 = changed }
    announce("LeaseTenant.Updated", "TenantId", id, at: call.now)
    return answer(changed)
  }
}
