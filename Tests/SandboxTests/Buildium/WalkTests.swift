import Domain
import Glibc
import Testing

@testable import Sandbox

/// Every operation the sandbox serves, called once with success.
///
/// With `RENTBOOK_CONTRACT_DIR` set, what was said is written there for `.ci/contract`, which holds
/// it against the service's own document.
@Suite("A walk through every operation") struct WalkTests {
  let client = TestClient()

  @Test("each operation succeeds with the status the service documents")
  func walk() throws {
    walkPlaces()
    walkLeases()
    walkLeaseLedger()
    walkBillsAndVendors()
    walkLedger()
    walkBanks()
    walkTasks()
    var seen: Set<String> = []
    for exchange in client.recorded {
      let method = exchange["method"]?.string ?? ""
      let path = exchange["path"]?.string ?? ""
      let status = exchange["status"]?.int ?? 0
      #expect(
        (200...204).contains(status),
        "\(method) \(path): \(status) \(exchange["response"] ?? .null)")
      guard (200...204).contains(status) else { continue }
      if case .found(let route, _) = SandboxBuildium.routes.find(method: method, path: path) {
        seen.insert(method + " /" + route.pattern.joined(separator: "/"))
      }
    }
    let missing = SandboxBuildium.routes.all.map { "\($0.method) \($0.path)" }
      .filter { !seen.contains($0) }
    #expect(missing.sorted() == [])
    try record()
  }

  private func record() throws {
    guard let folder = getenv("RENTBOOK_CONTRACT_DIR").map({ String(cString: $0) }) else { return }
    let file = try #require(fopen(folder + "/sandbox.jsonl", "w"))
    defer { fclose(file) }
    for exchange in client.recorded { fputs(exchange.text + "\n", file) }
    let refused = TestClient()
    let cases =
      StrictnessTests.queries + StrictnessTests.peopleCases + StrictnessTests.moneyCases
      + StrictnessTests.taskCases
    for test in cases where test.status >= 400 {
      refused.send(test.method, test.target, test.body)
    }
    for exchange in refused.recorded { fputs(exchange.text + "\n", file) }
  }

  @discardableResult
  private func get(_ path: String) -> Reply { client.get(path) }
  @discardableResult
  private func post(_ path: String, _ body: JSONValue? = nil) -> Reply {
    client.send("POST", path, body)
  }
  @discardableResult
  private func put(_ path: String, _ body: JSONValue) -> Reply { client.send("PUT", path, body) }
  private var first: (property: Int, unit: Int, owner: Int, tenant: Int, lease: Int) {
    client.sandbox.portfolio {
      let lease = $0.leases.rows.first {
        $0.status == .active && !$0.currentTenantIds.isEmpty && $0.deposit != nil
      }
      return (
        Int(lease?.propertyId ?? 0), Int(lease?.unitId ?? 0), Int($0.owners.rows[0].id),
        Int(lease?.currentTenantIds.first ?? 0), Int(lease?.id ?? 0)
      )
    }
  }

  private func walkNotes(_ path: String) {
    let note = post(path, ["Note": "Called the city"]).id
    get("\(path)?orderby=Id%20desc")
    get("\(path)/\(note)")
    put("\(path)/\(note)", ["Note": "Called again"])
  }

  private func walkPlaces() {
    get("/v1/administration/account")
    get("/v1/administration/accountinglockperiod")
    get("/v1/users?status=Active")
    get("/v1/users/301")
    let rental: JSONValue = [
      "Name": "Test House", "Address": address, "RentalSubType": "MultiFamily",
      "OperatingBankAccountId": 1, "Reserve": .number("250.50"), "YearBuilt": 1990,
      "PropertyManagerId": 301, "RentalOwnerIds": [.int(first.owner)],
      "Units": [
        ["UnitNumber": "A", "Address": address, "MarketRent": .number("900.00")],
        ["UnitNumber": "B", "Address": address, "UnitBedrooms": "TwoBed"],
      ],
    ]
    let id = post("/v1/rentals", rental).id
    get("/v1/rentals?limit=1000&orderby=Name%20desc,Id")
    get("/v1/rentals/\(id)")
    put("/v1/rentals/\(id)", rental.without("Units").without("RentalOwnerIds"))
    post("/v1/rentals/\(id)/inactivationrequest")
    post("/v1/rentals/\(id)/reactivationrequest")
    put("/v1/rentals/\(id)/vendors", ["VendorIds": [501, 502]])
    get("/v1/rentals/\(id)/vendors")
    let unit: JSONValue = [
      "UnitNumber": "C", "Address": address, "MarketRent": .number("1000.00"), "UnitSize": 900,
      "UnitBathrooms": "OneBath", "Description": "Top floor",
    ]
    let unitId = post("/v1/rentals/units", unit.with(["PropertyId": .int(id)])).id
    get("/v1/rentals/units?limit=1000&propertyids=\(id)&propertyids=1")
    get("/v1/rentals/units/\(unitId)")
    put("/v1/rentals/units/\(unitId)", unit)
    let owner: JSONValue = [
      "FirstName": "Test", "LastName": "Owner", "IsCompany": false, "Address": address,
      "PropertyIds": [.int(id)], "PhoneNumbers": ["Home": "(503) 555-0100"],
      "DateOfBirth": "1970-01-31", "ManagementAgreementStartDate": "2026-01-01",
    ]
    let ownerId = post(
      "/v1/rentals/owners",
      owner.with([
        "TaxInformation": [
          "TaxPayerId": "00-0000000", "TaxPayerType": "EIN", "Address": address,
        ]
      ])
    ).id
    get("/v1/rentals/owners?limit=1000&status=Active")
    get("/v1/rentals/owners/\(ownerId)")
    put("/v1/rentals/owners/\(ownerId)", owner)
    for path in [
      "/v1/rentals/\(id)", "/v1/rentals/units/\(unitId)", "/v1/rentals/owners/\(ownerId)",
      "/v1/leases/\(first.lease)", "/v1/leases/tenants/\(first.tenant)", "/v1/vendors/501",
    ] { walkNotes(path + "/notes") }
  }

  private func walkLeases() {
    let tenant: JSONValue = [
      "FirstName": "Test", "LastName": "Tenant", "Address": address, "Email": "t@example.com",
      "PhoneNumbers": ["Mobile": "(503) 555-0101"], "EmergencyContact": ["Name": "A. Friend"],
      "MailingPreference": "PrimaryAddress", "AlternateAddress": address,
    ]
    let charges: JSONValue = [
      ["Amount": .number("1250.00"), "GlAccountId": 3, "NextDueDate": "2026-11-01"]
    ]
    let lease: JSONValue = [
      "LeaseType": "Fixed", "UnitId": .int(first.unit), "LeaseFromDate": "2026-10-15",
      "LeaseToDate": "2027-10-14", "SendWelcomeEmail": false, "Tenants": [tenant],
      "Rent": ["Cycle": "Monthly", "Charges": charges],
      "SecurityDeposit": ["DueDate": "2026-10-15", "Amount": .number("1250.00")],
      "Cosigners": [["FirstName": "Co", "LastName": "Signer", "Address": address]],
    ]
    let id = post("/v1/leases", lease).id
    get("/v1/leases?limit=1000&leasestatuses=Active,Future&leasestatuses=Past")
    get("/v1/leases/\(id)")
    put(
      "/v1/leases/\(id)",
      [
        "LeaseType": "FixedWithRollover", "UnitId": .int(first.unit),
        "LeaseFromDate": "2026-10-15", "LeaseToDate": "2027-10-14", "IsEvictionPending": true,
      ])
    let rent: JSONValue = [
      "RentCycle": "Monthly", "BackdateCharges": false,
      "Charges": [
        ["Amount": .number("1300.00"), "GlAccountId": 3, "NextDueDate": "2027-11-01"]
      ],
    ]
    get("/v1/leases/\(id)/rent")
    let rentId = post("/v1/leases/\(id)/rent", rent.with(["StartDate": "2027-11-01"])).id
    get("/v1/leases/\(id)/rent/\(rentId)")
    put("/v1/leases/\(id)/rent/\(rentId)", rent)
    get("/v1/leases/rent?limit=1000")
    let other = post("/v1/leases/tenants", tenant.with(["LeaseId": .int(id)])).id
    get("/v1/leases/tenants?limit=1000")
    get("/v1/leases/tenants/\(other)")
    put("/v1/leases/tenants/\(other)", tenant)
    let renewal = post(
      "/v1/leases/\(id)/renewals",
      [
        "LeaseType": "Fixed", "LeaseToDate": "2028-10-14", "SendWelcomeEmail": false,
        "Rent": ["Cycle": "Monthly", "Charges": charges], "TenantIds": [.int(other)],
      ]
    ).id
    get("/v1/leases/\(id)/renewals")
    get("/v1/leases/\(id)/renewals/\(renewal)")
    get("/v1/leases/renewals?esignaturestatuses=NotSent&esignaturestatuses=FullySigned")
    get("/v1/leases/renewalhistory?limit=1000")
    post(
      "/v1/leases/\(id)/moveouts",
      ["TenantId": .int(other), "MoveOutDate": "2026-10-20", "NoticeGivenDate": "2026-10-16"])
    get("/v1/leases/\(id)/moveouts")
    get("/v1/leases/\(id)/moveouts/\(other)")
    client.send("DELETE", "/v1/leases/\(id)/moveouts/\(other)")
  }

  private func walkLeaseLedger() {
    let path = "/v1/leases/\(first.lease)"
    let tenant = JSONValue.int(first.tenant)
    let line: JSONValue = [["Amount": .number("120.00"), "GLAccountId": 21]]
    let charge: JSONValue = ["Date": "2026-10-20", "Memo": "Water", "Lines": line]
    let chargeId = post(path + "/charges", charge).rows.first?["Id"]?.int ?? 0
    get(path + "/charges?transactiondatefrom=2026-10-01&transactiondateto=2026-10-31")
    get(path + "/charges/\(chargeId)")
    put(path + "/charges/\(chargeId)", charge.with(["Memo": "Water and sewer"]))
    let payment: JSONValue = [
      "Date": "2026-10-21", "PaymentMethod": "Check", "PayeeUserId": tenant, "Memo": "Water",
      "ReferenceNumber": "77", "SendEmailReceipt": false, "Lines": line,
    ]
    let paymentId = post(path + "/payments", payment).id
    put(path + "/payments/\(paymentId)", payment.without("SendEmailReceipt"))
    let property = Int32(first.property)
    let bank = client.sandbox.portfolio { Int($0.bank(of: property)?.id ?? 0) }
    post(
      "/v1/bankaccounts/\(bank)/deposits",
      ["EntryDate": "2026-10-21", "PaymentTransactionIds": [.int(paymentId)]])
    post(
      path + "/reversepayments",
      [
        "EntryDate": "2026-10-22", "PaymentTransactionId": .int(paymentId),
        "NSFCharge": ["GLAccountId": 20, "TotalAmount": .number("35.00")],
        "BankFee": ["GLAccountId": 15, "TotalAmount": .number("12.00")],
      ])
    post(
      path + "/autoallocatedpayments",
      [
        "Date": "2026-10-23", "PaymentMethod": "ElectronicPayment", "SendEmailReceipt": false,
        "TotalAmount": .number("5000.00"),
      ])
    post(
      path + "/credits",
      [
        "Date": "2026-10-23", "CreditType": "WaiveUnpaid",
        "Lines": [["Amount": .number("10.00"), "GlAccountId": 3]],
      ])
    let refund = post(
      path + "/refunds",
      [
        "Date": "2026-10-23", "PayeeUserIds": [tenant], "BankAccountId": 2, "Address": address,
        "CheckNumber": "9", "Lines": [["Amount": .number("20.00"), "GLAccountId": 5]],
      ]
    ).id
    get(path + "/refunds/\(refund)")
    let withholding: JSONValue = [
      "EntryDate": "2026-10-23", "DepositLiabilityGLAccountId": 5, "Memo": "Damage",
      "Lines": [["Amount": .number("30.00"), "GLAccountId": 22]],
    ]
    let withheld = post(path + "/applieddeposits", withholding).id
    put(path + "/applieddeposits/\(withheld)", withholding.with(["Memo": "Broken window"]))
    get(path + "/transactions?limit=1000&orderby=Date%20desc")
    get(path + "/transactions/\(withheld)")
    get(path + "/recurringtransactions")
    get("/v1/leases/recurringtransactions?limit=1000")
    get("/v1/leases/outstandingbalances?limit=1000")
  }

  private func walkBillsAndVendors() {
    let vendor: JSONValue = [
      "IsCompany": true, "CompanyName": "Test Plumbing", "CategoryId": 1, "Address": address,
      "ExpenseGlAccountId": 111, "PrimaryEmail": "plumber@example.com",
      "PhoneNumbers": ["Work": "(503) 555-0102"],
      "VendorInsurance": ["Provider": "Mutual", "ExpirationDate": "2027-01-01"],
      "TaxInformation": ["TaxPayerType": "EIN", "TaxPayerId": "00-0000000"],
    ]
    let id = post("/v1/vendors", vendor).id
    get("/v1/vendors?limit=1000")
    get("/v1/vendors/\(id)")
    put(
      "/v1/vendors/\(id)",
      vendor.with(["TaxInformation": ["TaxPayerType": "EIN", "IncludeIn1099": true]]))
    let category = post("/v1/vendors/categories", ["Name": "Roofing"]).id
    get("/v1/vendors/categories")
    get("/v1/vendors/categories/\(category)")
    put("/v1/vendors/categories/\(category)", ["Name": "Roofs"])
    let entity: JSONValue = [
      "Id": .int(first.property), "AccountingEntityType": "Rental", "UnitId": .int(first.unit),
    ]
    let lines: JSONValue = [
      [
        "AccountingEntity": entity, "GLAccountId": 111, "Amount": .number("40.00"), "Memo": "late",
      ]
    ]
    let credit = post(
      "/v1/vendors/\(id)/credits", ["EntryDate": "2026-10-20", "Lines": lines, "Memo": "Sorry"]
    ).id
    get("/v1/vendors/\(id)/credits/\(credit)")
    let refund = post(
      "/v1/vendors/\(id)/refunds",
      [
        "EntryDate": "2026-10-20", "BankAccountId": 1, "PaymentMethod": "Check", "Lines": lines,
      ]
    ).id
    get("/v1/vendors/\(id)/refunds/\(refund)")
    func line(_ amount: String) -> JSONValue {
      [
        "AccountingEntity": entity, "GlAccountId": 111, "Amount": .number(amount),
        "Markup": ["Amount": .number("5"), "Type": "Percent"],
      ]
    }
    let bill: JSONValue = [
      "Date": "2026-10-10", "DueDate": "2026-11-10", "VendorId": .int(id), "Memo": "Pipes",
      "ReferenceNumber": "T-1", "Lines": [line("100.00"), line("50.00")],
    ]
    let billId = post("/v1/bills", bill).id
    let billLines = get("/v1/bills/\(billId)").json["Lines"]?.array ?? []
    let lineId = billLines.first?["Id"] ?? .null
    client.send("PATCH", "/v1/bills/\(billId)", ["Memo": "Pipes and taps"])
    put(
      "/v1/bills/\(billId)",
      bill.with(["Lines": [line("100.00").with(["Id": lineId]), line("60.00")]]))
    get("/v1/bills?paidstatus=Unpaid&limit=1000")
    get("/v1/bills?paidstatus=Paid&frompaiddate=2026-01-01&topaiddate=2026-12-31&limit=1000")
    let payment = post(
      "/v1/bills/\(billId)/payments",
      [
        "BankAccountId": 1, "EntryDate": "2026-10-21", "CheckNumber": "12",
        "Lines": [["BillLineId": lineId, "Amount": .number("70.00")]],
        "VendorCreditIds": [.int(credit)],
      ]
    ).id
    get("/v1/bills/\(billId)/payments")
    get("/v1/bills/\(billId)/payments/\(payment)")
    let second = post("/v1/bills", bill.with(["ReferenceNumber": "T-2"])).id
    post(
      "/v1/bills/payments",
      [
        "BankAccountId": 1, "EntryDate": "2026-10-22", "BillIds": [.int(second)],
        "PaymentAllocations": [
          [
            "BillId": .int(billId),
            "Lines": [["BillLineId": lineId, "Amount": .number("30.00")]],
          ]
        ],
      ])
    get(
      "/v1/vendors/\(id)/transactions?transactiondatefrom=2026-10-01&transactiondateto=2026-10-31")
    walkFiles("/v1/bills/\(billId)/files")
  }

  private func walkFiles(_ path: String) {
    let upload = post(path + "/uploads", ["FileName": "Invoice.pdf"]).json
    let name = upload["PhysicalFileName"]?.string ?? ""
    let done = client.sandbox.handle(
      .init(method: "PUT", path: "/_sandbox/buildium/uploads/\(name)", body: [1, 2, 3]))
    #expect(done.status == 200)
    let id = get(path).ids.last ?? 0
    get("\(path)/\(id)")
    post("\(path)/\(id)/downloadrequest")
    client.send("DELETE", "\(path)/\(id)")
  }

  private func walkLedger() {
    let account: JSONValue = [
      "Name": "Snow removal", "AccountNumber": "6140", "SubType": "OperatingExpenses",
      "ParentGLAccountId": 11, "CashFlowClassification": "OperatingActivities",
    ]
    let id = post("/v1/glaccounts", account).id
    get("/v1/glaccounts?limit=1000&accounttypes=Expense&accounttypes=Asset")
    get("/v1/glaccounts/\(id)")
    put("/v1/glaccounts/\(id)", account.with(["Description": "Winter only"]))
    let accounts = client.sandbox.portfolio { $0.accounts.rows.map { "glaccountids=\($0.id)" } }
      .joined(separator: "&")
    get("/v1/glaccounts/balances?accountingbasis=Cash&asofdate=2026-10-24&limit=1000")
    get(
      "/v1/glaccounts/balances?accountingbasis=Accrual&asofdate=2026-10-24&\(accounts)"
        + "&aggregatebalancesbyunitid=true&entitytype=Rental&entityid=1")
    get("/v1/generalledger?accountingbasis=Accrual&\(wholeRange)&\(accounts)&limit=1000")
    let entry: JSONValue = [
      "AccountingEntity": ["Id": .int(first.property), "AccountingEntityType": "Rental"],
      "Date": "2026-10-20", "Memo": "Depreciation",
      "Lines": [
        ["GLAccountId": 31, "PostingType": "Debit", "Amount": .number("410.00")],
        ["GLAccountId": 42, "PostingType": "Credit", "Amount": .number("410.00")],
      ],
    ]
    let entryId = post("/v1/generalledger/journalentries", entry).id
    put(
      "/v1/generalledger/journalentries/\(entryId)", entry.with(["Memo": "Depreciation, roof"]))
    get("/v1/generalledger/transactions?\(wholeRange)&\(accounts)&limit=1000&offset=0")
    get("/v1/generalledger/transactions/\(entryId)")
  }

  private func walkBanks() {
    let bank: JSONValue = [
      "Name": "Test Bank", "BankAccountType": "Checking", "Country": "UnitedStates",
      "AccountNumber": "000111222", "RoutingNumber": "000000000",
    ]
    let id = post("/v1/bankaccounts", bank).id
    get("/v1/bankaccounts")
    get("/v1/bankaccounts/\(id)")
    put(
      "/v1/bankaccounts/\(id)",
      bank.with([
        "CheckPrintingInfo": [
          "EnableRemoteCheckPrinting": false, "EnableLocalCheckPrinting": true,
          "CheckLayoutType": "Voucher2StubTopMemo", "BankInformationLine1": "Test Bank",
        ]
      ]))
    let path = "/v1/bankaccounts/\(id)"
    let entity: JSONValue = ["Id": .int(first.property), "AccountingEntityType": "Rental"]
    func line(_ account: Int) -> JSONValue {
      [
        [
          "GLAccountId": .int(account), "AccountingEntity": entity, "Amount": .number("75.00"),
          "Memo": "test", "ReferenceNumber": "1",
        ]
      ]
    }
    func walk(_ name: String, _ body: JSONValue, _ change: JSONValue? = nil) {
      let number = post("\(path)/\(name)", body).id
      get("\(path)/\(name)?\(wholeRange)")
      get("\(path)/\(name)/\(number)")
      put("\(path)/\(name)/\(number)", change ?? body.with(["Memo": "again"]))
    }
    walk("deposits", ["EntryDate": "2026-10-20", "Memo": "float", "Lines": line(8)])
    walk(
      "checks",
      [
        "Payee": ["Id": .int(first.owner), "Type": "RentalOwner"], "EntryDate": "2026-10-21",
        "CheckNumber": "1", "Lines": line(9),
      ])
    let move: JSONValue = [
      "EntryDate": "2026-10-21", "OffsetGLAccountId": 15, "Amount": .number("5.00"),
      "AccountingEntity": entity, "Memo": "fee",
    ]
    walk("withdrawals", move)
    walk("quickdeposits", move.with(["OffsetGLAccountId": 25]))
    walk(
      "transfers",
      [
        "EntryDate": "2026-10-21", "TransferToBankAccountId": 1, "TotalAmount": .number("1.00"),
        "AccountingEntity": entity,
      ])
    let moves = get("\(path)/transactions?\(wholeRange)&orderby=EntryDate%20desc")
    get("\(path)/transactions/\(moves.ids.first ?? 0)")
    get("/v1/bankaccounts/1/undepositedfunds")
    let reconciliations = path + "/reconciliations"
    let balance = get(path).json["Balance"] ?? .null
    let pending = post(
      reconciliations, ["StatementEndingDate": "2026-10-23", "EndingBalance": balance]
    ).id
    get(reconciliations)
    get("\(reconciliations)/\(pending)")
    put("\(reconciliations)/\(pending)", ["StatementEndingDate": "2026-10-24"])
    get("\(reconciliations)/\(pending)/balances")
    put(
      "\(reconciliations)/\(pending)/balances",
      [
        "TotalChecksAndWithdrawals": .number("81.00"),
        "TotalDepositsAndAdditions": .number("80.00"), "EndingBalance": balance,
      ])
    let all = JSONValue.array(moves.ids.map { .int($0) })
    post("\(reconciliations)/\(pending)/cleartransactionsrequest", ["TransactionIds": all])
    let one = JSONValue.array(moves.ids.prefix(1).map { .int($0) })
    post("\(reconciliations)/\(pending)/uncleartransactionsrequest", ["TransactionIds": one])
    post("\(reconciliations)/\(pending)/cleartransactionsrequest", ["TransactionIds": one])
    get("\(reconciliations)/\(pending)/transactions")
    post("\(reconciliations)/\(pending)/finalizerequest")
  }

  private func walkTasks() {
    let category = post("/v1/tasks/categories", ["Name": "Inspections"]).id
    get("/v1/tasks/categories")
    get("/v1/tasks/categories/\(category)")
    put("/v1/tasks/categories/\(category)", ["Name": "Yearly inspections"])
    let task: JSONValue = [
      "Title": "Look at roof", "TaskStatus": "New", "Priority": "High", "AssignedToUserId": 301,
      "CategoryId": .int(category), "DueDate": "2026-11-30",
    ]
    let place = task.with([
      "PropertyId": .int(first.property), "UnitId": .int(first.unit),
    ])
    let contact: JSONValue = [
      "ContactDetail": ["FirstName": "Ann", "PhoneNumbers": ["Home": "(503) 555-0103"]]
    ]
    func walk(_ name: String, _ body: JSONValue, _ change: JSONValue) -> Int {
      let id = post("/v1/tasks/\(name)", body).id
      get("/v1/tasks/\(name)?statuses=New&statuses=InProgress")
      get("/v1/tasks/\(name)/\(id)")
      put("/v1/tasks/\(name)/\(id)", change.with(["Message": "on it"]))
      return id
    }
    let detail = contact["ContactDetail"] ?? .null
    let todo = walk("todorequests", place.with(["Description": "North side"]), place)
    _ = walk(
      "contactrequests", place.with(["ContactDetail": detail]),
      place.with(["ContactDetail": detail]))
    let owner = walk(
      "rentalownerrequests", place.with(["RequestedByRentalOwnerId": .int(first.owner)]), place)
    _ = walk(
      "residentrequests",
      task.with([
        "UnitAgreementId": .int(first.lease), "RequestedByEntityId": .int(first.tenant),
        "IsEntryPermittedByResident": true, "ResidentEntryNotes": "Dog is friendly",
      ]), task)
    get("/v1/tasks?limit=1000&priorities=High&priorities=Low")
    get("/v1/tasks/\(todo)")
    let history = get("/v1/tasks/\(todo)/history").ids.last ?? 0
    get("/v1/tasks/\(todo)/history/\(history)")
    put("/v1/tasks/\(todo)/history/\(history)", ["Message": "on it, really"])
    walkFiles("/v1/tasks/\(todo)/history/\(history)/files")
    put(
      "/v1/tasks/rentalownerrequests/\(owner)/contributiondata",
      [
        "ContributionRequests": [["Description": "Roof", "Amount": .number("900.00")]],
        "ReminderSettings": ["IsActive": true, "RecurrenceDays": 3],
      ])
    get("/v1/tasks/rentalownerrequests/\(owner)/contributiondata")
    let order: JSONValue = [
      "Title": "Roof", "EntryAllowed": "Yes", "VendorId": 501, "WorkDetails": "See photos",
      "EntryContactIds": [.int(first.tenant), 301],
      "LineItems": [
        [
          "GlAccountId": 11, "Quantity": .number("1.5"), "UnitPrice": .number("80.00"),
          "Memo": "h",
        ]
      ],
    ]
    let id = post("/v1/workorders", order.with(["TaskId": .int(todo)])).id
    post(
      "/v1/workorders",
      order.with([
        "Task": [
          "Title": "Gutter", "Priority": "Low", "Status": "New", "AssignedToUserId": 302,
        ]
      ]))
    get("/v1/workorders?limit=1000")
    get("/v1/workorders/\(id)")
    put("/v1/workorders/\(id)", order)
  }
}
