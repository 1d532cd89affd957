import Domain

/// Owners of rental properties.
enum OwnerRoutes {
  static let all: [Route] = [
    .get(
      "/v1/rentals/owners", .owners,
      """
      propertyids:[int] status:Inactive|Active agreementdaysremaining:int ownername:text
      phone:text lastupdatedfrom:time lastupdatedto:time paging
      """
    ) { (state, call) throws(Refusal) in
      try state.listOwners(call)
    },
    .send("POST", "/v1/rentals/owners", .owners, "OwnerPost") { (state, call) throws(Refusal) in
      try state.addOwner(call)
    },
    .get("/v1/rentals/owners/#", .owners) { (state, call) throws(Refusal) in
      let owner = try state.find(state.portfolio.owners, call.id(0), "rental owner")
      return state.object { state.write(owner, &$0) }
    },
    .send("PUT", "/v1/rentals/owners/#", .owners, "OwnerPut") { (state, call) throws(Refusal) in
      try state.replaceOwner(call)
    },
  ]

  static let keys: SortKeys<Owner> = [
    "id": { .id($0.id) }, "firstname": { .optional($0.firstName) },
    "lastname": { .optional($0.lastName) }, "companyname": { .optional($0.companyName) },
    "email": { .optional($0.email) }, "isactive": { .id($0.isActive ? 1 : 0) },
    "managementagreementstartdate": { .day($0.agreementStart) },
    "managementagreementenddate": { .day($0.agreementEnd) },
  ]
}

extension BuildiumState {
  func listOwners(_ call: Call) throws(Refusal) -> Answer {
    let query = call.query
    let ids = query.ids("propertyids")
    let status = query.text("status")
    let remaining = query.id("agreementdaysremaining").map { call.today.adding(Int($0)) }
    let rows = portfolio.owners.rows.filter { owner in
      (ids.map { !$0.isDisjoint(with: owner.propertyIds) } ?? true)
        && (status.map { ($0 == "Active") == owner.isActive } ?? true)
        && (remaining.map { last in
          owner.agreementEnd.map { call.today <= $0 && $0 <= last } ?? false
        } ?? true)
        && query.matches(owner.displayName, "ownername")
        && Self.hasPhone(owner.phones, query)
        && query.covers(owner.updated, "lastupdated")
    }
    return try list(rows, call, OwnerRoutes.keys) { write($1, &$0) }
  }

  /// Numbers are compared by their digits.
  static func hasPhone(_ phones: [Phone], _ query: Query) -> Bool {
    guard let wanted = query.text("phone")?.filter(\.isNumber), !wanted.isEmpty else {
      return true
    }
    return phones.contains { $0.number.filter(\.isNumber).contains(wanted) }
  }

  private func requireOwner(_ body: JSONValue) throws(Refusal) -> Address {
    try requireNames(body)
    guard let address = try requireAddress(body.child("Address")) else {
      throw Refusal.unprocessable("Address", "is required")
    }
    for (index, id) in (body.ids("PropertyIds") ?? []).enumerated()
    where !portfolio.properties.contains(id) {
      throw Refusal.unprocessable("PropertyIds[\(index)]", "no such rental property")
    }
    if let start = body.day("ManagementAgreementStartDate"),
      let end = body.day("ManagementAgreementEndDate"), end < start
    {
      throw Refusal.unprocessable(
        "ManagementAgreementEndDate", "must not lie before ManagementAgreementStartDate")
    }
    return address
  }

  /// The tax information is not part of a PUT, and stays.
  private static func fill(
    _ owner: inout Owner, _ body: JSONValue, _ address: Address, _ phones: [Phone]
  ) {
    owner.isCompany = body.flag("IsCompany") ?? false
    owner.firstName = body.text("FirstName") ?? ""
    owner.lastName = body.text("LastName") ?? ""
    owner.companyName = body.text("CompanyName") ?? ""
    owner.dateOfBirth = body.day("DateOfBirth")
    owner.agreementStart = body.day("ManagementAgreementStartDate")
    owner.agreementEnd = body.day("ManagementAgreementEndDate")
    owner.email = body.text("Email") ?? ""
    owner.alternateEmail = body.text("AlternateEmail")
    owner.phones = phones
    owner.address = address
    owner.comment = body.text("Comment")
    owner.propertyIds = body.ids("PropertyIds") ?? []
  }

  mutating func addOwner(_ call: Call) throws(Refusal) -> Answer {
    let address = try requireOwner(call.body)
    let tax = try taxInformation(call.body.child("TaxInformation"))
    let phones = phones(call.body.child("PhoneNumbers"))
    let id = portfolio.owners.add { id in
      var owner = Owner(id: id, isCompany: false, propertyIds: [], updated: call.now)
      Self.fill(&owner, call.body, address, phones)
      owner.tax = tax
      return owner
    }
    let owner = try find(portfolio.owners, id, "rental owner")
    return created("/v1/rentals/owners/\(id)") { write(owner, &$0) }
  }

  mutating func replaceOwner(_ call: Call) throws(Refusal) -> Answer {
    let id = call.id(0)
    var owner = try find(portfolio.owners, id, "rental owner")
    let address = try requireOwner(call.body)
    Self.fill(&owner, call.body, address, phones(call.body.child("PhoneNumbers")))
    owner.updated = call.now
    portfolio.owners.update(id) { $0 = owner }
    return object { write(owner, &$0) }
  }

  func taxInformation(_ value: JSONValue?) throws(Refusal) -> TaxInformation? {
    guard let value else { return nil }
    return TaxInformation(
      kind: value.text("TaxPayerType"), payerId: value.text("TaxPayerId"),
      name1: value.text("TaxPayerName1"), name2: value.text("TaxPayerName2"),
      isIn1099: value.flag("IncludeIn1099") ?? false,
      address: try requireAddress(value.child("Address"), "TaxInformation.Address"))
  }
}
