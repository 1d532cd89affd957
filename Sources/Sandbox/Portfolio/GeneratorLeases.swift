import Domain

// Leases in every state that readers trip over: fixed terms, month to month, past, future, evictions,
// and leases that the service still calls Active long after their end.
extension PortfolioGenerator {
  /// In hundred units: how many stand empty, and how many keep a lease that ended but was never
  /// closed.
  private static let vacantPercent = 6
  private static let overstayedPercent = 5

  /// The day a lease that starts then was entered: two weeks before, and not after yesterday.
  private func signing(of start: Day) -> Day { min(start.adding(-14), today.adding(-1)) }

  mutating func addLeases(to portfolio: inout Portfolio) {
    for unit in portfolio.units.rows {
      if random.chance(12) { addPastLease(of: unit, to: &portfolio) }
      if random.chance(Self.vacantPercent) {
        if random.chance(40) {
          addLease(of: unit, as: .future, to: &portfolio)
        } else {
          portfolio.units.update(unit.id) { $0.isListed = true }
        }
      } else {
        addLease(of: unit, as: .active, to: &portfolio)
      }
    }
  }

  private mutating func addPastLease(of unit: Unit, to portfolio: inout Portfolio) {
    let end = today.adding(-random.within(200...900))
    let start = end.adding(-random.within(200...700))
    let rent = unit.marketRent ?? dollars(800...1800)
    let tenants = addTenants(random.within(1...2), movedIn: start, of: unit, to: &portfolio)
    let updated = moment(of: end)
    portfolio.leases.add { id in
      var lease = Lease(
        id: id, propertyId: unit.propertyId, unitId: unit.id, from: start, to: end,
        type: "Fixed", status: .past,
        occupants: tenants.map { Lease.Occupant(tenantId: $0, status: .movedOut, moveIn: start) },
        created: start.adding(-14).instant(), updated: updated)
      (lease.rent, lease.deposit) = (rent, rent)
      lease.moveOuts = tenants.map {
        Lease.MoveOut(tenantId: $0, day: end, noticeGiven: end.adding(-30))
      }
      return lease
    }
  }

  private mutating func addLease(
    of unit: Unit, as status: Lease.Status, to portfolio: inout Portfolio
  ) {
    let isOverstayed = status == .active && random.chance(Self.overstayedPercent)
    let start =
      status == .future
      ? today.adding(random.within(3...60)) : today.adding(-random.within(20...1500))
    let type = random.pick(["Fixed", "Fixed", "FixedWithRollover", "AtWill"])
    let length = random.pick([181, 364, 364, 730])
    var end: Day? = type == "AtWill" && !isOverstayed ? nil : start.adding(length)
    if isOverstayed {
      end = today.adding(-random.within(30...900))
    } else if let term = end, term < today {
      // The term was renewed on the same record.
      end = type == "FixedWithRollover" ? term : today.adding(random.within(10...350))
    }
    let isMonthToMonth = end.map { $0 < today } ?? true
    let rent = unit.marketRent.map { $0 - Money(minorUnits: Int64(random.below(4)) * 2500) }
    let isEmptied = isOverstayed && random.chance(60)
    let tenants = addTenants(
      random.pick([1, 1, 2, 2, 3]), movedIn: start, of: unit, to: &portfolio)
    let eviction = status == .active && random.chance(2)
    let dueDay = Int32(random.chance(90) ? 1 : random.within(2...15))
    let hasDetails = random.chance(97)
    let offer = random.pick(["NotSet", "NotSet", "NotStarted", "Generated", "Renewed"])
    let cosigner = random.chance(5) ? personName() : nil
    let updated = moment(of: signing(of: max(start, firstMonth.first.adding(-300)).adding(12)))
    let cosignerId = portfolio.nextPartId()
    let leaseType = isOverstayed ? "Fixed" : type
    let from = isOverstayed ? min(start, (end ?? today).adding(-200)) : start
    let occupancy: Lease.Occupant.Status =
      status == .future ? .future : isEmptied ? .movedOut : .current
    let id = portfolio.leases.add { id in
      var lease = Lease(
        id: id, propertyId: unit.propertyId, unitId: unit.id, from: from, to: end,
        type: leaseType, status: status,
        occupants: tenants.map { Lease.Occupant(tenantId: $0, status: occupancy, moveIn: from) },
        created: signing(of: from).instant(second: 36_000), updated: updated)
      lease.termType = isMonthToMonth && !isOverstayed ? "MonthToMonth" : "Standard"
      (lease.rent, lease.deposit) = hasDetails ? (rent, rent) : (nil, nil)
      (lease.isEvictionPending, lease.dueDay, lease.renewalOffer) = (eviction, dueDay, offer)
      if isEmptied, let end {
        lease.moveOuts = tenants.map { Lease.MoveOut(tenantId: $0, day: end, noticeGiven: nil) }
      }
      if let cosigner {
        lease.cosigners = [
          Cosigner(
            id: cosignerId, firstName: cosigner.first, lastName: cosigner.last,
            email: email(cosigner.first, cosigner.last, Int(id)), created: lease.created,
            mailingPreference: "PrimaryAddress")
        ]
      }
      return lease
    }
    guard let rent, hasDetails else { return }
    addRent(rent, leaseId: id, from: from, to: end, dueDay: dueDay, type: type, to: &portfolio)
    let isRenewed = from.adding(length) < today && !isOverstayed && type != "AtWill"
    if isRenewed {
      portfolio.renewals.add {
        Renewal(
          id: $0, leaseId: id, status: .active, from: from.adding(length + 1), to: end,
          type: type, rent: rent, rentId: nil, tenantIds: tenants,
          created: from.adding(length - 30).instant(second: 40_000))
      }
    }
  }

  private mutating func addRent(
    _ amount: Money, leaseId: Int32, from: Day, to end: Day?, dueDay: Int32, type: String,
    to portfolio: inout Portfolio
  ) {
    let chargeId = portfolio.nextPartId()
    portfolio.rents.add {
      RentSchedule(
        id: $0, leaseId: leaseId, start: from, end: type == "Fixed" ? end : nil,
        cycle: "Monthly",
        charges: [
          RentSchedule.Charge(
            id: chargeId, accountId: ChartOfAccounts.rent, amount: amount, memo: nil, first: from,
            postDaysInAdvance: 0, dueDay: dueDay)
        ], created: signing(of: from).instant(second: 36_000))
    }
  }

  private mutating func addTenants(
    _ count: Int, movedIn: Day, of unit: Unit, to portfolio: inout Portfolio
  ) -> [Int32] {
    (0..<count).map { _ in
      // The first tenants of every portfolio carry the hard names, so that no test misses them.
      let made = portfolio.tenants.count
      let isHard = made % 7 == 3 && made / 7 < WordLists.hardNames.count
      let name = isHard ? WordLists.hardNames[made / 7] : personName()
      let phones =
        random.chance(80) ? [phone(.cell)] : random.chance(30) ? [phone(.personal)] : []
      let born: Day? = random.chance(30) ? today.adding(-random.within(7000...28_000)) : nil
      let helper = random.chance(15) ? personName() : nil
      let hasAddress = random.chance(92)
      let emailKind = random.below(20)
      return portfolio.tenants.add { id in
        var tenant = Tenant(
          id: id, firstName: name.first, lastName: name.last,
          created: signing(of: movedIn).instant(second: 36_000),
          updated: signing(of: movedIn).instant(second: 36_000))
        tenant.email =
          emailKind == 0 ? nil : emailKind == 1 ? "" : email(name.first, name.last, Int(id))
        (tenant.phones, tenant.dateOfBirth) = (phones, born)
        tenant.address = hasAddress ? unit.address : nil
        tenant.smsOptIn = emailKind < 3 ? "OptedIn" : emailKind < 10 ? "NotSet" : nil
        tenant.emergencyContact = helper.map {
          EmergencyContact(
            name: fullName($0.first, $0.last), relationship: "Relative", phone: "", email: nil)
        }
        return tenant
      }
    }
  }
}
