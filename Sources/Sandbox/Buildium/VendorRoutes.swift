import Domain

/// Vendors, their categories, credits, refunds and transactions.
enum VendorRoutes {
  static let all: [Route] = [
    .get(
      "/v1/vendors", .vendors,
      """
      status:Inactive|Active email:text website:text name:text insuranceexpiration:=Insurance
      phone:text lastupdatedfrom:time lastupdatedto:time paging
      """
    ) { (state, call) throws(Refusal) in
      try state.listVendors(call)
    },
    .send("POST", "/v1/vendors", .vendors, "VendorPost") { (state, call) throws(Refusal) in
      try state.addVendor(call)
    },
    .get("/v1/vendors/#", .vendors) { (state, call) throws(Refusal) in
      let vendor = try state.find(state.portfolio.vendors, call.id(0), "vendor")
      return state.object { state.write(vendor, &$0) }
    },
    .send("PUT", "/v1/vendors/#", .vendors, "VendorPut") { (state, call) throws(Refusal) in
      try state.replaceVendor(call)
    },
    .send("POST", "/v1/vendors/#/credits", .vendors, "VendorCredit") {
      (state, call) throws(Refusal) in
      try state.addVendorCredit(call)
    },
    .get("/v1/vendors/#/credits/#", .vendors) { (state, call) throws(Refusal) in
      let credit = try state.vendorCredit(call, isRefund: false)
      return state.object { state.write(credit, &$0) }
    },
    .send("POST", "/v1/vendors/#/refunds", .vendors, "VendorRefund") {
      (state, call) throws(Refusal) in
      try state.addVendorRefund(call)
    },
    .get("/v1/vendors/#/refunds/#", .vendors) { (state, call) throws(Refusal) in
      let refund = try state.vendorCredit(call, isRefund: true)
      return state.object { state.write(refund, &$0) }
    },
    .get(
      "/v1/vendors/#/transactions", .vendors,
      """
      transactiondatefrom!:date transactiondateto!:date transactiontypes:[=TransactionType]
      referencenumber:text memo:text paging
      """
    ) { (state, call) throws(Refusal) in
      try state.listVendorTransactions(call)
    },
  ]

  static let vendorKeys: SortKeys<Vendor> = [
    "id": { .id($0.id) }, "firstname": { .optional($0.firstName) },
    "lastname": { .optional($0.lastName) }, "companyname": { .optional($0.companyName) },
    "isactive": { .id($0.isActive ? 1 : 0) }, "primaryemail": { .optional($0.email) },
  ]

  static let categories = CategoryRoutes<VendorCategory>(
    path: "/v1/vendors/categories", resource: .vendors, name: "Vendor",
    table: \.portfolio.categories
  ) { state, category, writer in state.write(category, &writer) }
}

extension BuildiumState {
  func write(_ category: VendorCategory, _ writer: inout MessageWriter) {
    writer.put("Id", category.id)
    writer.put("Name", category.name)
    writer.put("IsSystemCategory", category.isSystem)
  }

  func listVendors(_ call: Call) throws(Refusal) -> Answer {
    let query = call.query
    let status = query.text("status")
    let rows = portfolio.vendors.rows.filter { vendor in
      (status.map { ($0 == "Active") == vendor.isActive } ?? true)
        && query.matches(vendor.displayName, "name") && query.matches(vendor.email, "email")
        && query.matches(vendor.website, "website") && Self.hasPhone(vendor.phones, query)
        && isInsured(vendor, query.text("insuranceexpiration"), on: call.today)
        && query.covers(vendor.updated, "lastupdated")
    }
    return try list(rows, call, VendorRoutes.vendorKeys) { write($1, &$0) }
  }

  private func isInsured(_ vendor: Vendor, _ wanted: String?, on today: Day) -> Bool {
    let days = vendor.insurance?.expires.map { $0.number - today.number }
    switch wanted {
    case "None": return days == nil
    case "Expired": return days.map { $0 < 0 } ?? false
    case "ThirtyDaysOrLess": return days.map { (0...30).contains($0) } ?? false
    case "SixtyDaysOrLess": return days.map { (0...60).contains($0) } ?? false
    case "NinetyDaysOrLess": return days.map { (0...90).contains($0) } ?? false
    default: return true
    }
  }

  private func requireVendor(_ body: JSONValue) throws(Refusal) -> (Address?, TaxInformation?) {
    try requireNames(body)
    guard let category = body.id("CategoryId"), portfolio.categories.contains(category) else {
      throw Refusal.unprocessable("CategoryId", "no such vendor category")
    }
    if let account = body.id("ExpenseGlAccountId") {
      try requireAccount(account, "ExpenseGlAccountId", kinds: [.expense])
    }
    return (
      try requireAddress(body.child("Address")), try taxInformation(body.child("TaxInformation"))
    )
  }

  private static func fill(
    _ vendor: inout Vendor, _ body: JSONValue, _ address: Address?, _ tax: TaxInformation?,
    _ phones: [Phone]
  ) {
    vendor.isCompany = body.flag("IsCompany") ?? false
    vendor.firstName = body.text("FirstName") ?? ""
    vendor.lastName = body.text("LastName") ?? ""
    vendor.companyName = body.text("CompanyName") ?? ""
    vendor.email = body.text("PrimaryEmail")
    vendor.alternateEmail = body.text("AlternateEmail")
    vendor.phones = phones
    vendor.address = address
    vendor.categoryId = body.id("CategoryId") ?? 0
    vendor.expenseAccountId = body.id("ExpenseGlAccountId")
    vendor.accountNumber = body.text("AccountNumber")
    vendor.website = body.text("Website")
    vendor.comments = body.text("Comments")
    vendor.insurance = body.child("VendorInsurance").map {
      Vendor.Insurance(
        provider: $0.text("Provider"), policy: $0.text("PolicyNumber"),
        expires: $0.day("ExpirationDate"))
    }
    vendor.tax = tax
  }

  mutating func addVendor(_ call: Call) throws(Refusal) -> Answer {
    let (address, tax) = try requireVendor(call.body)
    let phones = phones(call.body.child("PhoneNumbers"))
    let id = portfolio.vendors.add { id in
      var vendor = Vendor(id: id, isCompany: false, categoryId: 0, updated: call.now)
      Self.fill(&vendor, call.body, address, tax, phones)
      return vendor
    }
    announce("Vendor.Created", "VendorId", id, at: call.now)
    let vendor = try find(portfolio.vendors, id, "vendor")
    return created("/v1/vendors/\(id)") { write(vendor, &$0) }
  }

  mutating func replaceVendor(_ call: Call) throws(Refusal) -> Answer {
    let id = call.id(0)
    var vendor = try find(portfolio.vendors, id, "vendor")
    let (address, tax) = try requireVendor(call.body)
    Self.fill(&vendor, call.body, address, tax, phones(call.body.child("PhoneNumbers")))
    vendor.updated = call.now
    let changed = vendor
    portfolio.vendors.update(id) { $0 = changed }
    announce("Vendor.Updated", "VendorId", id, at: call.now)
    return object { write(changed, &$0) }
  }

  // MARK: Credits and refunds

  func vendorCredit(_ call: Call, isRefund: Bool) throws(Refusal) -> VendorCredit {
    let vendor = try find(portfolio.vendors, call.id(0), "vendor")
    guard let credit = portfolio.credits[call.id(1)], credit.vendorId == vendor.id,
      (credit.refundBankAccountId != nil) == isRefund
    else { throw Refusal.notFound(isRefund ? "vendor refund" : "vendor credit") }
    return credit
  }

  /// What one line of a credit may come to.
  private static let creditLineMax = Money(minorUnits: 999_999_999)

  private func vendorLines(_ body: JSONValue) throws(Refusal) -> [EntityAllocation] {
    var result: [EntityAllocation] = []
    for (index, line) in (body.list("Lines") ?? []).enumerated() {
      let key = "Lines[\(index)]"
      let account = try requireAccount(
        line.id("GLAccountId"), key + ".GLAccountId", refusingControl: true)
      let amount = try requirePositive(line.money("Amount"), key + ".Amount")
      if amount > Self.creditLineMax {
        throw Refusal.unprocessable(key + ".Amount", "must not be more than 9999999.99")
      }
      result.append(
        EntityAllocation(
          entity: try requireEntity(line.child("AccountingEntity"), key + ".AccountingEntity"),
          accountId: account.id, amount: amount, memo: line.text("Memo")))
    }
    return result
  }

  mutating func addVendorCredit(_ call: Call) throws(Refusal) -> Answer {
    let vendor = try find(portfolio.vendors, call.id(0), "vendor")
    let day = call.body.day("EntryDate") ?? call.today
    try requireOpen(day, "EntryDate")
    let lines = try vendorLines(call.body)
    let id = portfolio.addVendorCredit(
      vendorId: vendor.id, lines, on: day, reference: call.body.text("ReferenceNumber"),
      memo: call.body.text("Memo"), at: call.now)
    announceVendor(id, .vendorCredit, vendor.id, at: call.now)
    let credit = try find(portfolio.credits, id, "vendor credit")
    return created("/v1/vendors/\(vendor.id)/credits/\(id)") { write(credit, &$0) }
  }

  mutating func addVendorRefund(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    let vendor = try find(portfolio.vendors, call.id(0), "vendor")
    let day = body.day("EntryDate") ?? call.today
    try requireOpen(day, "EntryDate")
    guard let bankId = body.id("BankAccountId"), let bank = portfolio.banks[bankId],
      bank.isActive
    else { throw Refusal.unprocessable("BankAccountId", "no such active bank account") }
    let lines = try vendorLines(body)
    let id = portfolio.addVendorCredit(
      vendorId: vendor.id, lines, on: day, reference: body.text("ReferenceNumber"),
      memo: body.text("Memo"), refundTo: bank, method: body.text("PaymentMethod") ?? "Check",
      at: call.now)
    announceVendor(id, .vendorRefund, vendor.id, at: call.now)
    let refund = try find(portfolio.credits, id, "vendor refund")
    return created("/v1/vendors/\(vendor.id)/refunds/\(id)") { write(refund, &$0) }
  }

  private mutating func announceVendor(
    _ id: Int32, _ type: TransactionType, _ vendorId: Int32, at now: Instant
  ) {
    announce(
      "Vendor.Transaction.Created",
      [
        ("TransactionId", .int(id)), ("TransactionType", .string(type.rawValue)),
        ("VendorId", .int(vendorId)),
      ], at: now)
  }

  func listVendorTransactions(_ call: Call) throws(Refusal) -> Answer {
    let vendor = try find(portfolio.vendors, call.id(0), "vendor")
    let types = call.query.words("transactiontypes")
    let reference = call.query.text("referencenumber")
    let rows = portfolio.transactions.rows.filter {
      $0.payee == .vendor(vendor.id) && (types?.contains($0.type.rawValue) ?? true)
        && call.query.covers($0.day, "transactiondate")
        && (reference == nil || $0.reference == reference)
        && call.query.matches($0.memo, "memo")
    }
    return try list(rows, call, LeaseLedgerRoutes.keys) {
      $0.put("Id", $1.id)
      $0.put("Date", $1.day)
      $0.put("TotalAmount", $1.total)
      $0.put("TransactionType", $1.type.rawValue)
      $0.put("ReferenceNumber", $1.reference)
      $0.put("Memo", $1.memo)
    }
  }
}
