import Domain

// The service's messages about places, people and leases: every member it documents, in its order.
extension BuildiumState {
  func write(_ address: Address, _ writer: inout MessageWriter) {
    writer.put("AddressLine1", address.line1)
    writer.put("AddressLine2", address.line2)
    writer.put("AddressLine3", address.line3)
    writer.put("City", address.city)
    writer.put("State", address.state)
    writer.put("PostalCode", address.postalCode)
    writer.put("Country", address.country)
  }

  func write(_ phones: [Phone], _ writer: inout MessageWriter) {
    writer.array("PhoneNumbers", phones) { writer, phone in
      writer.object {
        $0.put("Number", phone.number)
        $0.put("Type", phone.kind.rawValue)
      }
    }
  }

  func write(_ tax: TaxInformation, _ writer: inout MessageWriter) {
    writer.put("TaxPayerIdType", tax.kind)
    writer.put("TaxPayerId", tax.payerId)
    writer.put("TaxPayerName1", tax.name1)
    writer.put("TaxPayerName2", tax.name2)
    writer.put("IncludeIn1099", tax.isIn1099)
    writer.object("Address", tax.address) { write($1, &$0) }
  }

  func write(_ property: Property, units: Int, _ writer: inout MessageWriter) {
    writer.put("Id", property.id)
    writer.put("Name", property.name)
    writer.put("StructureDescription", property.structureDescription)
    writer.put("NumberUnits", units)
    writer.put("IsActive", property.isActive)
    writer.put("OperatingBankAccountId", property.operatingBankAccountId)
    writer.put("Reserve", property.reserve ?? .zero)
    writer.object("Address") { write(property.address, &$0) }
    writer.put("YearBuilt", property.yearBuilt)
    writer.put("RentalType", property.type)
    writer.put("RentalSubType", property.subType)
    let manager = property.managerId.flatMap { portfolio.users[$0] }
    writer.object("RentalManager", manager) { writer, user in
      writer.put("Id", user.id)
      writer.put("FirstName", user.firstName)
      writer.put("LastName", user.lastName)
      writer.put("CompanyName", "")
      writer.put("IsCompany", false)
      writer.null("ProfilePhotoUrl")
      writer.put("Email", user.email)
      write(user.phones, &writer)
    }
  }

  func write(_ unit: Unit, isOccupied: Bool, _ writer: inout MessageWriter) {
    writer.put("Id", unit.id)
    writer.put("PropertyId", unit.propertyId)
    writer.put("BuildingName", portfolio.properties[unit.propertyId]?.name)
    writer.put("UnitNumber", unit.number)
    writer.put("Description", unit.description)
    writer.put("MarketRent", unit.marketRent)
    writer.object("Address") { write(unit.address, &$0) }
    writer.put("UnitBedrooms", unit.bedrooms)
    writer.put("UnitBathrooms", unit.bathrooms)
    writer.put("UnitSize", unit.size)
    writer.put("IsUnitListed", unit.isListed)
    writer.put("IsUnitOccupied", isOccupied)
  }

  func write(_ owner: Owner, _ writer: inout MessageWriter) {
    writer.put("Id", owner.id)
    writer.put("IsCompany", owner.isCompany)
    writer.put("IsActive", owner.isActive)
    writer.put("FirstName", owner.firstName)
    writer.put("LastName", owner.lastName)
    write(owner.phones, &writer)
    writer.put("Email", owner.email)
    writer.put("AlternateEmail", owner.alternateEmail)
    writer.put("Comment", owner.comment)
    writer.object("Address", owner.address) { write($1, &$0) }
    writer.put("ManagementAgreementStartDate", owner.agreementStart)
    writer.put("ManagementAgreementEndDate", owner.agreementEnd)
    writer.put("CompanyName", owner.companyName)
    writer.put("PropertyIds", owner.propertyIds)
    writer.object("TaxInformation", owner.tax) { write($1, &$0) }
  }

  /// - Parameter leases: nil inside a lease, where the service stops going round in circles.
  func write(_ tenant: Tenant, leases: [Lease]?, _ writer: inout MessageWriter) {
    writer.put("Id", tenant.id)
    writer.put("UserLeaseId", tenant.id + 400_000)
    writer.put("FirstName", tenant.firstName)
    writer.put("LastName", tenant.lastName)
    writer.put("Email", tenant.email)
    writer.put("AlternateEmail", tenant.alternateEmail)
    write(tenant.phones, &writer)
    writer.put("CreatedDateTime", tenant.created)
    writer.object("EmergencyContact", tenant.emergencyContact) { writer, contact in
      writer.put("Name", contact.name)
      writer.put("RelationshipDescription", contact.relationship)
      writer.put("Phone", contact.phone)
      writer.put("Email", contact.email)
    }
    writer.put("DateOfBirth", tenant.dateOfBirth)
    writer.put("SMSOptInStatus", tenant.smsOptIn)
    writer.object("Address", tenant.address) { write($1, &$0) }
    writer.object("AlternateAddress", tenant.alternateAddress) { write($1, &$0) }
    writer.put("MailingPreference", tenant.mailingPreference)
    if let leases {
      writer.array("Leases", leases) { writer, lease in
        writer.object { write(lease, withTenants: false, &$0) }
      }
    } else {
      writer.null("Leases")
    }
    writer.put("Comment", tenant.comment)
    writer.put("TaxId", tenant.taxId)
  }

  func write(_ lease: Lease, withTenants: Bool, _ writer: inout MessageWriter) {
    writer.put("Id", lease.id)
    writer.put("PropertyId", lease.propertyId)
    writer.put("UnitId", lease.unitId)
    writer.put("UnitNumber", portfolio.units[lease.unitId]?.number)
    writer.put("LeaseFromDate", lease.from)
    writer.put("LeaseToDate", lease.to)
    writer.put("LeaseType", lease.type)
    writer.put("LeaseStatus", lease.status.rawValue)
    writer.put("IsEvictionPending", lease.isEvictionPending)
    writer.put("TermType", lease.termType)
    writer.put("RenewalOfferStatus", lease.renewalOffer)
    let current = lease.currentTenantIds
    if withTenants {
      writer.array("CurrentTenants", current.compactMap { portfolio.tenants[$0] }) {
        writer, tenant in
        writer.object { write(tenant, leases: nil, &$0) }
      }
    } else {
      writer.null("CurrentTenants")
    }
    writer.put("CurrentNumberOfOccupants", current.count)
    let details = lease.rent == nil && lease.deposit == nil ? nil : lease
    writer.object("AccountDetails", details) {
      $0.put("SecurityDeposit", $1.deposit)
      $0.put("Rent", $1.rent)
    }
    writer.array("Cosigners", lease.cosigners) { writer, cosigner in
      writer.object { write(cosigner, &$0) }
    }
    writer.put("AutomaticallyMoveOutTenants", lease.movesOutAutomatically)
    writer.put("CreatedDateTime", lease.created)
    writer.put("LastUpdatedDateTime", lease.updated)
    writer.array("MoveOutData", lease.moveOuts) { writer, moveOut in
      writer.object { write(moveOut, &$0) }
    }
    writer.put("PaymentDueDay", lease.dueDay)
    writer.array("Tenants", lease.occupants) { writer, occupant in
      writer.object {
        $0.put("Id", occupant.tenantId)
        $0.put("Status", occupant.status.rawValue)
        $0.put("MoveInDate", occupant.moveIn)
      }
    }
  }

  private func write(_ cosigner: Cosigner, _ writer: inout MessageWriter) {
    writer.put("Id", cosigner.id)
    writer.put("FirstName", cosigner.firstName)
    writer.put("LastName", cosigner.lastName)
    writer.put("Email", cosigner.email)
    writer.put("AlternateEmail", cosigner.alternateEmail)
    write(cosigner.phones, &writer)
    writer.put("CreatedDateTime", cosigner.created)
    writer.object("Address", cosigner.address) { write($1, &$0) }
    writer.object("AlternateAddress", cosigner.alternateAddress) { write($1, &$0) }
    writer.put("MailingPreference", cosigner.mailingPreference)
  }

  func write(_ moveOut: Lease.MoveOut, _ writer: inout MessageWriter) {
    writer.put("TenantId", moveOut.tenantId)
    writer.put("MoveOutDate", moveOut.day)
    writer.put("NoticeGivenDate", moveOut.noticeGiven)
  }

  /// - Parameter isBulk: the list over all leases names the lease and the last change besides.
  func write(_ rent: RentSchedule, isBulk: Bool, _ writer: inout MessageWriter) {
    writer.put("Id", rent.id)
    if isBulk { writer.put("LeaseId", rent.leaseId) }
    writer.put("StartDate", rent.start)
    writer.put("EndDate", rent.end)
    writer.put("TotalAmount", rent.total)
    writer.put("RentCycle", rent.cycle)
    writer.put("BackdateCharges", false)
    writer.put("CreatedDateTime", rent.created)
    writer.put("CreatedByUserId", portfolio.users.rows.first?.id)
    if isBulk { writer.put("LastUpdatedDateTime", rent.updated) }
    writer.array("Charges", rent.charges) { writer, charge in
      writer.object {
        $0.put("Id", charge.id)
        $0.put("GLAccountId", charge.accountId)
        $0.put("Amount", charge.amount)
        $0.put("Memo", charge.memo)
        $0.put("FirstChargeDate", charge.first)
        $0.put("PostDaysInAdvance", charge.postDaysInAdvance)
        $0.put("DueOnDayOfTheMonth", charge.dueDay)
      }
    }
  }

  func write(_ renewal: Renewal, isHistory: Bool, _ writer: inout MessageWriter) {
    writer.put("Id", renewal.id)
    if isHistory { writer.put("LeaseId", renewal.leaseId) }
    writer.put("LeaseStatus", renewal.status.rawValue)
    writer.put("LeaseFromDate", renewal.from)
    writer.put("LeaseToDate", renewal.to)
    writer.put("LeaseType", renewal.type)
    writer.put("Rent", renewal.rent)
    writer.put("RentId", renewal.rentId)
    writer.put("TenantIds", renewal.tenantIds)
    if isHistory {
      writer.put("CreatedDateTime", renewal.created)
      writer.put("LastUpdatedDateTime", renewal.created)
    }
  }
}
