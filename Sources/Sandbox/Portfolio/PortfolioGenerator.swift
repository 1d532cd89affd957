import Domain

/// Fills an empty portfolio from a seed: staff, places, people, leases, then the ledger and the
/// tasks. Split by what is made over the files `Generator…`.
struct PortfolioGenerator {
  let options: PortfolioOptions
  var random: SeededRandom
  let today: Day
  let firstMonth: Month

  init(_ options: PortfolioOptions) {
    self.options = options
    random = SeededRandom(seed: options.seed)
    today = Day(options.today)
    firstMonth = Month(of: today).adding(1 - options.months)
  }

  mutating func fill(_ portfolio: inout Portfolio) {
    addStaff(to: &portfolio)
    addBanks(to: &portfolio)
    addVendors(to: &portfolio)
    addProperties(to: &portfolio)
    addOwners(to: &portfolio)
    addLeases(to: &portfolio)
    addLedger(to: &portfolio)
    addTasks(to: &portfolio)
  }

  // MARK: Small things

  /// A moment in the working hours of a day; today, in its first minutes, for the rest of it may
  /// still lie ahead.
  mutating func moment(of day: Day) -> Instant {
    let second = random.within(8 * 3600...18 * 3600)
    return day.instant(second: day < today ? second : second % 300)
  }

  /// When a transaction of that day was entered: mostly at once, sometimes days later, now and then
  /// more than a month later; never after today.
  mutating func entered(_ day: Day) -> Instant {
    let roll = random.below(200)
    let delay = roll < 180 ? 0 : roll < 199 ? random.within(1...4) : random.within(30...45)
    return moment(of: min(day.adding(delay), max(day, today)))
  }

  mutating func dollars(_ range: ClosedRange<Int>) -> Money {
    Money(minorUnits: Int64(random.within(range)) * 100)
  }

  mutating func cents(_ range: ClosedRange<Int>) -> Money {
    Money(minorUnits: Int64(random.within(range)))
  }

  mutating func personName() -> (first: String, last: String) {
    (random.pick(WordLists.firstNames), random.pick(WordLists.lastNames))
  }

  mutating func phone(_ kind: Phone.Kind = .cell) -> Phone {
    // 555-01xx numbers are set aside for fiction.
    Phone(
      number: "(\(random.within(201...989))) 555-01\(CalendarDate.twoDigits(random.below(100)))",
      kind: kind)
  }

  mutating func address() -> Address {
    let city = random.pick(WordLists.cities)
    return Address(
      line1: "\(random.within(1...9899)) \(random.pick(WordLists.streets))"
        + " \(random.pick(WordLists.streetKinds))",
      line2: random.chance(70) ? nil : "", city: city.name, state: city.state,
      postalCode: String(city.postal + random.below(90)))
  }

  func email(_ first: String, _ last: String, _ number: Int) -> String {
    let name = "\(first).\(last)".lowercased().filter { $0.isASCII && ($0.isLetter || $0 == ".") }
    return "\(name)\(number)@example.com"
  }

  // MARK: The manager's own

  private mutating func addStaff(to portfolio: inout Portfolio) {
    for index in 0..<5 {
      let name = personName()
      let phone = phone(.office)
      portfolio.users.add {
        StaffUser(
          id: $0, firstName: name.first, lastName: name.last,
          email: email(name.first, name.last, index), isActive: index < 4, phones: [phone])
      }
    }
    for trade in WordLists.trades {
      portfolio.categories.add { VendorCategory(id: $0, name: trade.category, isSystem: true) }
    }
    for category in WordLists.taskCategories {
      let subs = category.subs.map { TaskCategory.Sub(id: portfolio.nextPartId(), name: $0) }
      portfolio.taskCategories.add {
        TaskCategory(id: $0, name: category.name, isSystem: true, subs: subs)
      }
    }
  }

  private mutating func addBanks(to portfolio: inout Portfolio) {
    let accounts: [(Int32, String, String)] = [
      (ChartOfAccounts.operatingTrust, "Operating Trust", "Checking"),
      (ChartOfAccounts.depositTrust, "Security Deposit Trust", "Savings"),
      (ChartOfAccounts.companyBank, "Company Operating", "Checking"),
      (ChartOfAccounts.secondTrust, "Westside Trust", "Checking"),
      (ChartOfAccounts.closedBank, "Closed Savings", "Savings"),
    ]
    let company = portfolio.companyName
    for (account, name, type) in accounts {
      let number = String(random.within(100_000_000...999_999_999))
      portfolio.banks.add {
        var bank = BankAccount(id: $0, accountId: account, name: name, type: type)
        (bank.number, bank.routingNumber) = (number, "000000000")
        bank.isActive = account != ChartOfAccounts.closedBank
        bank.isLinked = account == ChartOfAccounts.companyBank
        bank.checks.companyLines = [company]
        return bank
      }
    }
  }

  private mutating func addVendors(to portfolio: inout Portfolio) {
    let count = min(400, max(12, options.properties / 4))
    for index in 0..<count {
      let trade = WordLists.trades[index % WordLists.trades.count]
      let name = personName()
      let isCompany = index == 0 || random.chance(80)
      let company =
        index == 0
        ? portfolio.companyName : "\(random.pick(WordLists.companyWords)) \(trade.business)"
      let phones = random.chance(70) ? [phone(.office)] : []
      let address = random.chance(60) ? address() : nil
      let insured = random.chance(50) ? today.adding(random.within(-60...400)) : nil
      let isActive = index < 3 || random.chance(94)
      let updated = moment(of: firstMonth.first.adding(-random.within(1...300)))
      portfolio.vendors.add { id in
        var vendor = Vendor(
          id: id, isCompany: isCompany, categoryId: Int32(index % WordLists.trades.count + 1),
          updated: updated)
        (vendor.isActive, vendor.phones, vendor.address) = (isActive, phones, address)
        if isCompany {
          (vendor.companyName, vendor.firstName, vendor.lastName) = (company, "", "")
        } else {
          (vendor.companyName, vendor.firstName, vendor.lastName) = ("", name.first, name.last)
        }
        vendor.email = index % 9 == 4 ? "" : "vendor\(id)@example.com"
        vendor.insurance = insured.map {
          Vendor.Insurance(provider: "Mutual of Fairhaven", policy: "P-\(id)", expires: $0)
        }
        vendor.tax = TaxInformation(kind: "EIN", payerId: "00-0000000", isIn1099: index % 3 == 0)
        return vendor
      }
    }
  }

  // MARK: Places

  private mutating func addProperties(to portfolio: inout Portfolio) {
    var left = options.units
    for index in 0..<options.properties {
      let properties = options.properties - index
      let share = left / properties
      let spread = share > 2 ? random.within(-share / 2...share / 2) : random.below(2)
      let count =
        properties == 1 ? left : max(1, min(share + spread, left - (properties - 1)))
      left -= count
      addProperty(units: count, to: &portfolio)
    }
  }

  private mutating func addProperty(units count: Int, to portfolio: inout Portfolio) {
    let address = address()
    let subType =
      count == 1
      ? "SingleFamily"
      : random.chance(5)
        ? random.pick(["Office", "Retail", "Storage"])
        : count < 4 ? random.pick(["CondoTownhome", "MultiFamily"]) : "MultiFamily"
    let line1 = address.line1 ?? ""
    let name =
      count > 4
      ? "\(random.pick(WordLists.streets)) \(random.pick(WordLists.buildingWords))" : line1
    let manager = random.chance(80) ? Int32(301 + random.below(4)) : nil
    let reserve: Money? = random.chance(90) ? dollars(0...20) : nil
    let year: Int32? = random.chance(90) ? Int32(random.within(1900...2020)) : nil
    let bank: Int32 = random.chance(75) ? 1 : 4
    let isActive = portfolio.properties.count < 3 || random.chance(97)
    let updated = moment(of: firstMonth.first.adding(-random.within(1...400)))
    let description = random.chance(20) ? "Brick, slate roof" : nil
    let preferred = random.chance(30) ? [Int32(501 + random.below(portfolio.vendors.count))] : []
    let id = portfolio.properties.add { id in
      var property = Property(
        id: id, name: name, operatingBankAccountId: bank, address: address, subType: subType,
        updated: updated)
      property.structureDescription = description
      property.reserve = reserve.map { Money(minorUnits: $0.minorUnits * 25) }
      (property.managerId, property.yearBuilt) = (manager, year)
      (property.isActive, property.vendorIds) = (isActive, preferred)
      return property
    }
    for number in 1...count {
      let rent = Money(minorUnits: Int64(random.within(160...560)) * 500)
      let bedrooms = random.pick(["Studio", "OneBed", "TwoBed", "TwoBed", "ThreeBed", "NotSet"])
      let bathrooms = random.pick(["OneBath", "OnePointFiveBath", "TwoBath", "NotSet"])
      let size: Int32? = random.chance(85) ? Int32(random.within(35...240) * 10) : nil
      let description = random.chance(10) ? "Corner unit" : nil
      let unitNumber =
        count > 12
        ? "\((number - 1) / 8 + 1)\(CalendarDate.twoDigits((number - 1) % 8 + 1))"
        : String(number)
      portfolio.units.add { unitId in
        var unit = Unit(
          id: unitId, propertyId: id, number: unitNumber, address: address, updated: updated)
        (unit.marketRent, unit.size) = (rent, size)
        (unit.bedrooms, unit.bathrooms, unit.description) = (bedrooms, bathrooms, description)
        return unit
      }
    }
  }

  // MARK: Owners

  private mutating func addOwners(to portfolio: inout Portfolio) {
    var waiting = portfolio.properties.rows.map(\.id)
    while !waiting.isEmpty {
      let owned = Array(waiting.prefix(random.within(1...4)))
      waiting.removeFirst(owned.count)
      let owners = random.chance(25) ? random.within(2...3) : 1
      for _ in 0..<owners {
        // A partner may own only part of what the first owner has.
        let share = random.chance(60) ? owned : [owned[random.below(owned.count)]]
        addOwner(of: owned.count == 1 ? owned : share, to: &portfolio)
      }
      // Whatever the shares left out gets an owner of its own.
      let covered = Set(portfolio.owners.rows.suffix(owners).flatMap(\.propertyIds))
      let missing = owned.filter { !covered.contains($0) }
      if !missing.isEmpty { addOwner(of: missing, to: &portfolio) }
    }
  }

  private mutating func addOwner(of ids: [Int32], to portfolio: inout Portfolio) {
    let name = personName()
    let isCompany = random.chance(35)
    let company =
      "\(random.pick(WordLists.companyWords)) \(random.pick(WordLists.companyEndings))"
    let phones = random.chance(80) ? [phone(.home), phone(.cell)] : []
    let address = address()
    let started = firstMonth.first.adding(-random.within(30...2000))
    let ends = random.chance(15) ? today.adding(random.within(-90...500)) : nil
    let hasEmail = random.chance(85)
    let updated = moment(of: firstMonth.first.adding(-random.within(1...300)))
    let active = portfolio.properties
    portfolio.owners.add { id in
      var owner = Owner(id: id, isCompany: isCompany, propertyIds: ids, updated: updated)
      if isCompany {
        (owner.companyName, owner.firstName, owner.lastName) = (company, "", "")
      } else {
        (owner.companyName, owner.firstName, owner.lastName) = ("", name.first, name.last)
      }
      owner.isActive = ids.contains { active[$0]?.isActive == true }
      owner.email = hasEmail ? "owner\(id)@example.com" : ""
      (owner.phones, owner.address) = (phones, address)
      (owner.agreementStart, owner.agreementEnd) = (started, ends)
      owner.tax = TaxInformation(
        kind: isCompany ? "EIN" : "SSN", payerId: "000-00-0000",
        name1: isCompany ? company : fullName(name.first, name.last), isIn1099: true)
      return owner
    }
  }
}

extension CalendarDate {
  static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
