import Domain

/// Rental properties and their units.
enum RentalRoutes {
  static let all: [Route] = [
    .get(
      "/v1/rentals", .rentals,
      """
      location:text types:[Residential|Commercial] subtypes:[=RentalSubType]
      status:Active|InActive rentalownerids:[int] propertyids:[int] lastupdatedfrom:time
      lastupdatedto:time paging
      """
    ) { (state, call) throws(Refusal) in
      try state.listRentals(call)
    },
    .send("POST", "/v1/rentals", .rentals, "RentalPost") { (state, call) throws(Refusal) in
      try state.addRental(call)
    },
    .get("/v1/rentals/#", .rentals) { (state, call) throws(Refusal) in
      let property = try state.find(state.portfolio.properties, call.id(0), "rental property")
      return state.answer(property)
    },
    .send("PUT", "/v1/rentals/#", .rentals, "RentalPut") { (state, call) throws(Refusal) in
      try state.replaceRental(call)
    },
    .send("POST", "/v1/rentals/#/inactivationrequest", .rentals) { (state, call) throws(Refusal) in
      try state.setRentalActive(false, call)
    },
    .send("POST", "/v1/rentals/#/reactivationrequest", .rentals) { (state, call) throws(Refusal) in
      try state.setRentalActive(true, call)
    },
    .get("/v1/rentals/#/vendors", .rentals, "paging") { (state, call) throws(Refusal) in
      try state.listPreferredVendors(call)
    },
    .send("PUT", "/v1/rentals/#/vendors", .rentals, "PreferredVendors") {
      (state, call) throws(Refusal) in
      try state.replacePreferredVendors(call)
    },
    .get(
      "/v1/rentals/units", .rentals,
      "propertyids:[int] lastupdatedfrom:time lastupdatedto:time paging"
    ) { (state, call) throws(Refusal) in
      try state.listUnits(call)
    },
    .send("POST", "/v1/rentals/units", .rentals, "UnitPost") { (state, call) throws(Refusal) in
      try state.addUnit(call)
    },
    .get("/v1/rentals/units/#", .rentals) { (state, call) throws(Refusal) in
      state.answer(try state.find(state.portfolio.units, call.id(0), "rental unit"))
    },
    .send("PUT", "/v1/rentals/units/#", .rentals, "RentalUnit") { (state, call) throws(Refusal) in
      try state.replaceUnit(call)
    },
  ]

  static let propertyKeys: SortKeys<Property> = [
    "id": { .id($0.id) }, "name": { .text($0.name) }, "isactive": { .id($0.isActive ? 1 : 0) },
    "reserve": { .money($0.reserve) }, "yearbuilt": { .id($0.yearBuilt) },
    "operatingbankaccountid": { .id($0.operatingBankAccountId) },
    "rentalsubtype": { .text($0.subType) }, "rentaltype": { .text($0.type) },
  ]

  static let unitKeys: SortKeys<Unit> = [
    "id": { .id($0.id) }, "propertyid": { .id($0.propertyId) }, "unitnumber": { .text($0.number) },
    "marketrent": { .money($0.marketRent) }, "unitsize": { .id($0.size) },
  ]
}

extension BuildiumState {
  // MARK: Properties

  func answer(_ property: Property) -> Answer {
    let units = portfolio.units.rows.count { $0.propertyId == property.id }
    return object { write(property, units: units, &$0) }
  }

  /// The properties these owners have a share of.
  func properties(ownedBy owners: Set<Int32>) -> Set<Int32> {
    Set(portfolio.owners.rows.filter { owners.contains($0.id) }.flatMap(\.propertyIds))
  }

  func listRentals(_ call: Call) throws(Refusal) -> Answer {
    let query = call.query
    let ids = query.ids("propertyids")
    let owned = query.ids("rentalownerids").map(properties(ownedBy:))
    let types = query.words("types")
    let subTypes = query.words("subtypes")
    let status = query.text("status")
    let rows = portfolio.properties.rows.filter { property in
      (ids?.contains(property.id) ?? true) && (owned?.contains(property.id) ?? true)
        && (types?.contains(property.type) ?? true)
        && (subTypes?.contains(property.subType) ?? true)
        && (status.map { ($0 == "Active") == property.isActive } ?? true)
        && query.covers(property.updated, "lastupdated")
        && (query.matches(property.address.city, "location")
          || query.matches(property.address.state, "location")
          || query.matches(property.address.line1, "location"))
    }
    var units: [Int32: Int] = [:]
    for unit in portfolio.units.rows { units[unit.propertyId, default: 0] += 1 }
    return try list(rows, call, RentalRoutes.propertyKeys) {
      write($1, units: units[$1.id] ?? 0, &$0)
    }
  }

  private func requireRental(_ body: JSONValue, _ call: Call) throws(Refusal) -> Address {
    guard let address = try requireAddress(body.child("Address")) else {
      throw Refusal.unprocessable("Address", "is required")
    }
    guard let bank = body.id("OperatingBankAccountId"), portfolio.banks[bank]?.isActive == true
    else { throw Refusal.unprocessable("OperatingBankAccountId", "no such active bank account") }
    if let manager = body.id("PropertyManagerId"), portfolio.users[manager]?.isActive != true {
      throw Refusal.unprocessable("PropertyManagerId", "no such staff user")
    }
    if let year = body.id("YearBuilt"), !(1000...Int32(call.now.date.year)).contains(year) {
      throw Refusal.unprocessable("YearBuilt", "must lie between 1000 and the current year")
    }
    if let reserve = body.money("Reserve"), reserve < .zero {
      throw Refusal.unprocessable("Reserve", "must not be negative")
    }
    return address
  }

  private static func fill(_ property: inout Property, _ body: JSONValue, _ address: Address) {
    property.name = body.text("Name") ?? ""
    property.structureDescription = body.text("StructureDescription")
    property.address = address
    property.subType = body.text("RentalSubType") ?? ""
    property.operatingBankAccountId = body.id("OperatingBankAccountId") ?? 0
    property.managerId = body.id("PropertyManagerId")
    property.reserve = body.money("Reserve")
    property.yearBuilt = body.id("YearBuilt")
  }

  mutating func addRental(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    let address = try requireRental(body, call)
    let ownerIds = body.ids("RentalOwnerIds") ?? []
    for (index, id) in ownerIds.enumerated() where !portfolio.owners.contains(id) {
      throw Refusal.unprocessable("RentalOwnerIds[\(index)]", "no such rental owner")
    }
    var drafts: [(JSONValue, Address)] = []
    for (index, unit) in (body.list("Units") ?? []).enumerated() {
      let key = "Units[\(index)]"
      guard let place = try requireAddress(unit.child("Address"), key + ".Address") else {
        throw Refusal.unprocessable(key + ".Address", "is required")
      }
      if drafts.contains(where: { $0.0.text("UnitNumber") == unit.text("UnitNumber") }) {
        throw Refusal.unprocessable(key + ".UnitNumber", "is already used in the property")
      }
      drafts.append((unit, place))
    }
    let id = portfolio.properties.add { id in
      var property = Property(
        id: id, name: "", operatingBankAccountId: 0, address: address, subType: "",
        updated: call.now)
      Self.fill(&property, body, address)
      return property
    }
    if drafts.isEmpty {
      // The service makes one unit when none is given.
      portfolio.units.add {
        Unit(id: $0, propertyId: id, number: "1", address: address, updated: call.now)
      }
    }
    for (draft, place) in drafts {
      portfolio.units.add { unitId in
        var unit = Unit(id: unitId, propertyId: id, number: "", address: place, updated: call.now)
        Self.fill(&unit, draft, place)
        return unit
      }
    }
    for ownerId in ownerIds {
      portfolio.owners.update(ownerId) { $0.propertyIds.append(id) }
    }
    announce("Rental.Created", "PropertyId", id, at: call.now)
    let property = try find(portfolio.properties, id, "rental property")
    return created("/v1/rentals/\(id)") { write(property, units: max(1, drafts.count), &$0) }
  }

  mutating func replaceRental(_ call: Call) throws(Refusal) -> Answer {
    let id = call.id(0)
    _ = try find(portfolio.properties, id, "rental property")
    let address = try requireRental(call.body, call)
    portfolio.properties.update(id) {
      Self.fill(&$0, call.body, address)
      $0.updated = call.now
    }
    announce("Rental.Updated", "PropertyId", id, at: call.now)
    return answer(try find(portfolio.properties, id, "rental property"))
  }

  /// Owners without an active property left become inactive too.
  mutating func setRentalActive(_ isActive: Bool, _ call: Call) throws(Refusal) -> Answer {
    let id = call.id(0)
    let property = try find(portfolio.properties, id, "rental property")
    if property.isActive == isActive {
      throw Refusal.unprocessable(
        "propertyId", "the property is already \(isActive ? "active" : "inactive")")
    }
    portfolio.properties.update(id) { ($0.isActive, $0.updated) = (isActive, call.now) }
    for owner in portfolio.owners(of: id) {
      let active = owner.propertyIds.contains { portfolio.properties[$0]?.isActive == true }
      if active != owner.isActive {
        portfolio.owners.update(owner.id) { ($0.isActive, $0.updated) = (active, call.now) }
      }
    }
    announce("Rental.Updated", "PropertyId", id, at: call.now)
    return .noContent
  }

  func listPreferredVendors(_ call: Call) throws(Refusal) -> Answer {
    let property = try find(portfolio.properties, call.id(0), "rental property")
    let vendors = property.vendorIds.compactMap { portfolio.vendors[$0] }
    return try list(vendors, call, VendorRoutes.vendorKeys) { writer, vendor in
      writer.put("Id", vendor.id)
      writer.put("FirstName", vendor.firstName)
      writer.put("LastName", vendor.lastName)
      writer.put("CompanyName", vendor.companyName)
      writer.put("PrimaryEmail", vendor.email)
      writer.put("AlternateEmail", vendor.alternateEmail)
      write(vendor.phones, &writer)
      writer.put("Website", vendor.website)
      writer.put("IsCompany", vendor.isCompany)
    }
  }

  mutating func replacePreferredVendors(_ call: Call) throws(Refusal) -> Answer {
    let id = call.id(0)
    _ = try find(portfolio.properties, id, "rental property")
    let vendorIds = call.body.ids("VendorIds") ?? []
    for (index, vendorId) in vendorIds.enumerated() where !portfolio.vendors.contains(vendorId) {
      throw Refusal.unprocessable("VendorIds[\(index)]", "no such vendor")
    }
    portfolio.properties.update(id) { $0.vendorIds = vendorIds }
    return try listPreferredVendors(call)
  }

  // MARK: Units

  func occupiedUnits() -> Set<Int32> {
    var units: Set<Int32> = []
    for lease in portfolio.leases.rows
    where lease.status == .active && lease.occupants.contains(where: { $0.status == .current }) {
      units.insert(lease.unitId)
    }
    return units
  }

  func answer(_ unit: Unit) -> Answer {
    let isOccupied = occupiedUnits().contains(unit.id)
    return object { write(unit, isOccupied: isOccupied, &$0) }
  }

  func listUnits(_ call: Call) throws(Refusal) -> Answer {
    let ids = call.query.ids("propertyids")
    let rows = portfolio.units.rows.filter {
      (ids?.contains($0.propertyId) ?? true) && call.query.covers($0.updated, "lastupdated")
    }
    let occupied = occupiedUnits()
    return try list(rows, call, RentalRoutes.unitKeys) {
      write($1, isOccupied: occupied.contains($1.id), &$0)
    }
  }

  private static func fill(_ unit: inout Unit, _ body: JSONValue, _ address: Address) {
    unit.number = body.text("UnitNumber") ?? ""
    unit.size = body.id("UnitSize")
    unit.marketRent = body.money("MarketRent")
    unit.address = address
    unit.bedrooms = body.text("UnitBedrooms")
    unit.bathrooms = body.text("UnitBathrooms")
    unit.description = body.text("Description")
  }

  private func requireUnit(
    _ body: JSONValue, in propertyId: Int32, except id: Int32?
  ) throws(Refusal) -> Address {
    guard let address = try requireAddress(body.child("Address")) else {
      throw Refusal.unprocessable("Address", "is required")
    }
    let number = body.text("UnitNumber")
    let isTaken = portfolio.units.rows.contains {
      $0.propertyId == propertyId && $0.number == number && $0.id != id
    }
    if isTaken {
      throw Refusal.unprocessable("UnitNumber", "is already used in the property")
    }
    return address
  }

  mutating func addUnit(_ call: Call) throws(Refusal) -> Answer {
    guard let propertyId = call.body.id("PropertyId"), portfolio.properties.contains(propertyId)
    else { throw Refusal.notFound("rental property") }
    let address = try requireUnit(call.body, in: propertyId, except: nil)
    let id = portfolio.units.add { id in
      var unit = Unit(
        id: id, propertyId: propertyId, number: "", address: address, updated: call.now)
      Self.fill(&unit, call.body, address)
      return unit
    }
    announce("RentalUnit.Created", "UnitId", id, at: call.now)
    let unit = try find(portfolio.units, id, "rental unit")
    return created("/v1/rentals/units/\(id)") { write(unit, isOccupied: false, &$0) }
  }

  mutating func replaceUnit(_ call: Call) throws(Refusal) -> Answer {
    let id = call.id(0)
    var unit = try find(portfolio.units, id, "rental unit")
    let address = try requireUnit(call.body, in: unit.propertyId, except: id)
    Self.fill(&unit, call.body, address)
    unit.updated = call.now
    portfolio.units.update(id) { $0 = unit }
    announce("RentalUnit.Updated", "UnitId", id, at: call.now)
    return answer(unit)
  }
}
