import Domain
import Testing

@testable import Sandbox

/// One request and what the real service answers it with.
struct Case: CustomTestStringConvertible, Sendable {
  var method: String
  var target: String
  var body: JSONValue?
  var status: Int
  /// The member a 422 names.
  var key: String?

  var testDescription: String { "\(method) \(target) → \(status) \(key ?? "")" }

  static func get(_ target: String, _ status: Int, _ key: String? = nil) -> Case {
    Case(method: "GET", target: target, status: status, key: key)
  }
  static func post(_ target: String, _ body: JSONValue, _ status: Int, _ key: String? = nil)
    -> Case
  {
    Case(method: "POST", target: target, body: body, status: status, key: key)
  }
  static func put(_ target: String, _ body: JSONValue, _ status: Int, _ key: String? = nil)
    -> Case
  {
    Case(method: "PUT", target: target, body: body, status: status, key: key)
  }
}

@Suite("The simulated Buildium refuses what the real one refuses") struct StrictnessTests {
  private func check(_ test: Case, _ client: TestClient = TestClient()) {
    let reply = client.send(test.method, test.target, test.body)
    #expect(reply.status == test.status, "\(reply.json.text)")
    if test.status >= 400 {
      #expect(reply.json["UserMessage"]?.string?.isEmpty == false)
      #expect(reply.json["ErrorCode"]?.isNull == true)
      #expect(reply.json["Errors"]?.array != nil)
    }
    if let key = test.key { #expect(reply.keys.contains(key), "\(reply.json.text)") }
  }

  // MARK: Transport

  @Test(
    "a key that is missing, wrong or in the wrong place is 401, whatever is asked",
    arguments: [
      ["x-buildium-client-id": ""], ["x-buildium-client-secret": ""],
      ["x-buildium-client-secret": "Sandbox-Secret"],
      ["x-buildium-client-id": "", "authorization": "Bearer sandbox-client"],
    ])
  func keys(_ headers: [String: String]) {
    let client = TestClient()
    #expect(client.send("GET", "/v1/rentals", headers: headers).status == 401)
    #expect(client.send("GET", "/v1/nothing", headers: headers).status == 401)
  }

  @Test("a resource that the key may not see is 403, and the others are not")
  func permissions() {
    let client = TestClient { $0.forbidden = [.ledger, .account] }
    #expect(client.get("/v1/administration/account").status == 403)
    #expect(client.get("/v1/generalledger/transactions/100001").status == 403)
    #expect(client.get("/v1/rentals").status == 200)
    let reader = TestClient { $0.isReadOnly = true }
    #expect(reader.get("/v1/rentals/1").status == 200)
    #expect(reader.send("POST", "/v1/rentals/1/inactivationrequest").status == 403)
  }

  static let paths: [Case] = [
    .get("/v1/Rentals", 404), .get("/v1/rentals/Units", 404), .get("/V1/rentals", 404),
    .get("/v1/rentals/", 404), .get("/v1/properties", 404), .get("/v1/transactions", 404),
    .get("/v1/rentals/1/units", 404), .get("/v1/rentals/99999", 404), .get("/v1/rentals/one", 404),
    .get("/v1/rentals?Limit=5", 404), .get("/v1/rentals?PropertyIds=1", 404),
    .get("/v1/leases?orderBy=Id", 404), .get("/v1/leases/20001/payments/1", 405),
    Case(method: "DELETE", target: "/v1/rentals/1", status: 405),
    Case(method: "DELETE", target: "/v1/bills/100100", status: 405),
    Case(method: "DELETE", target: "/v1/leases/20001", status: 405),
    Case(method: "DELETE", target: "/v1/generalledger/transactions/100001", status: 405),
    Case(method: "PATCH", target: "/v1/rentals/1", body: ["Name": "x"], status: 405),
    Case(method: "DELETE", target: "/v1/tasks/60001", status: 405),
  ]
  @Test(
    "paths and parameter names are told apart by case, and few things can be deleted",
    arguments: paths)
  func path(_ test: Case) { check(test) }

  @Test("only the deletions that the service documents exist")
  func deletions() {
    let found = SandboxBuildium.routes.all.filter { $0.method == "DELETE" }.map(\.path).sorted()
    #expect(
      found == [
        "/v1/bills/#/files/#", "/v1/leases/#/moveouts/#", "/v1/tasks/#/history/#/files/#",
      ])
  }

  static let queries: [Case] = [
    .get("/v1/rentals?lease_status=Active&statuses=x&propertyids[]=1", 200),
    .get("/v1/rentals?limit=0", 422, "limit"), .get("/v1/rentals?limit=ten", 422, "limit"),
    .get("/v1/rentals?offset=-1", 422, "offset"),
    .get("/v1/rentals?limit=5000", 200), .get("/v1/rentals?orderby=-Id", 422, "orderby"),
    .get("/v1/rentals?orderby=Shoe%20asc", 422, "orderby"),
    .get("/v1/rentals?orderby=Id%20up", 422, "orderby"),
    .get("/v1/rentals?orderby=NAME%20DESC,id", 200),
    .get("/v1/rentals?status=Inactive", 422, "status"),
    .get("/v1/rentals?status=InActive", 200),
    .get("/v1/vendors?status=InActive", 422, "status"),
    .get("/v1/vendors?status=Inactive", 200),
    .get("/v1/rentals?propertyids=1,2", 422, "propertyids"),
    .get("/v1/rentals?propertyids=1&propertyids=2", 200),
    .get("/v1/leases?leasestatuses=Active,Past", 200),
    .get("/v1/leases?leasetypes=Fixed,AtWill", 422, "leasetypes"),
    .get("/v1/rentals?lastupdatedfrom=yesterday", 422, "lastupdatedfrom"),
    .get("/v1/rentals?lastupdatedfrom=2026-10-01", 200),
    .get("/v1/tasks?lastupdatedfrom=2026-10-01T00:00:00Z", 422, "lastupdatedfrom"),
    .get("/v1/tasks?lastupdatedfrom=2026-10-01", 200),
    .get("/v1/bankaccounts/1/transactions?\(wholeRange)&orderby=Id", 422, "orderby"),
    .get("/v1/bankaccounts/1/transactions?\(wholeRange)&orderby=EntryDate%20desc", 200),
    .get("/v1/bankaccounts/1/transactions", 422, "startdate"),
    .get("/v1/bankaccounts/1/checks?startdate=2026-10-01", 422, "enddate"),
    .get("/v1/generalledger/transactions?\(wholeRange)", 422, "glaccountids"),
    .get("/v1/generalledger/transactions?glaccountids=3&enddate=2026-10-01", 422, "startdate"),
    .get("/v1/generalledger?\(wholeRange)&glaccountids=3", 422, "accountingbasis"),
    .get("/v1/generalledger?\(wholeRange)&glaccountids=3&accountingbasis=cash", 422),
    .get("/v1/glaccounts/balances?accountingbasis=Cash", 422, "asofdate"),
    .get("/v1/vendors/501/transactions", 422, "transactiondateto"),
    .get("/v1/leases/renewals", 422, "esignaturestatuses"),
    .get("/v1/bills", 422, "frompaiddate"), .get("/v1/bills?paidstatus=Paid", 422, "topaiddate"),
    .get("/v1/bills?paidstatus=Unpaid", 200),
    .get("/v1/bills?frompaiddate=2026-01-01&topaiddate=2026-12-31", 200),
    .get("/v1/bankaccounts/3/reconciliations", 409),
    .get("/v1/bankaccounts/1/reconciliations", 200),
  ]
  @Test("parameters are read as the service reads them", arguments: queries)
  func query(_ test: Case) { check(test) }

  @Test(
    "a range of dates may span 365 days and not one more",
    arguments: [
      ("/v1/generalledger/transactions?glaccountids=3&", "startdate", "enddate"),
      ("/v1/generalledger?glaccountids=3&accountingbasis=Cash&", "startdate", "enddate"),
      ("/v1/bills?", "frompaiddate", "topaiddate"),
      ("/v1/vendors/501/transactions?", "transactiondatefrom", "transactiondateto"),
      ("/v1/leases/rent?", "createddatetimefrom", "createddatetimeto"),
      ("/v1/rentals?", "lastupdatedfrom", "lastupdatedto"),
      ("/v1/tasks?", "duedatefrom", "duedateto"),
    ])
  func ranges(_ target: String, _ from: String, _ to: String) {
    check(.get("\(target)\(from)=2025-10-24&\(to)=2026-10-24", 200))
    check(.get("\(target)\(from)=2025-10-23&\(to)=2026-10-24", 422, to))
    check(.get("\(target)\(from)=2026-10-24&\(to)=2026-10-23", 422, to))
    let message = TestClient().get("\(target)\(from)=2024-01-01&\(to)=2026-10-24").json.text
    #expect(message.contains("less than or equal to 365 days"))
  }

  @Test("a query above 4096 characters is a failure of the service, not a refusal")
  func longQuery() {
    let ids = (1...400).map { "propertyids=\($0)" }.joined(separator: "&")
    #expect(ids.utf8.count > 4096)
    check(.get("/v1/rentals?\(ids)", 500))
    check(
      .get(
        "/v1/rentals?\(ids.prefix(4090).split(separator: "&").dropLast().joined(separator: "&"))",
        200))
  }

  @Test("a body of another type is 415, one that is no JSON object 400")
  func bodies() {
    let client = TestClient()
    for type in ["", "text/plain", "application/x-www-form-urlencoded"] {
      let reply = client.send(
        "POST", "/v1/vendors/categories", ["Name": "x"], headers: ["content-type": type])
      #expect(reply.status == 415)
    }
    for type in ["application/json; charset=utf-8", "application/json-patch+json"] {
      let reply = client.send(
        "POST", "/v1/vendors/categories", ["Name": "x"], headers: ["content-type": type])
      #expect(reply.status == 201)
    }
    check(.post("/v1/vendors/categories", [1, 2], 400))
    let broken = client.sandbox.handle(
      .init(
        method: "POST", path: "/v1/vendors/categories",
        headers: [
          "x-buildium-client-id": "sandbox-client", "x-buildium-client-secret": "sandbox-secret",
          "content-type": "application/json",
        ], body: Array("{\"Name\":".utf8)))
    #expect(broken.status == 400)
  }

  @Test("answers carry the headers of the real ones, a count that can be left out, and no envelope")
  func headers() {
    let reply = TestClient().get("/v1/rentals?limit=5")
    #expect(reply.header("X-Total-Count") == "12")
    #expect(reply.header("x-amzn-RequestId") != nil && reply.header("X-Amzn-Trace-Id") != nil)
    #expect(reply.header("Content-Type")?.hasPrefix("application/json") == true)
    #expect(reply.rows.count == 5)
    let silent = TestClient { $0.omitsTotalCount = true }.get("/v1/rentals?limit=5")
    #expect(silent.header("X-Total-Count") == nil)
    #expect(TestClient { $0.refusesLargeLimit = true }.get("/v1/rentals?limit=1001").status == 422)
  }

  // MARK: Bodies

  private static let unit: JSONValue = [
    "UnitNumber": "Z9", "PropertyId": 1, "Address": address,
  ]
  private static let rental: JSONValue = [
    "Name": "H", "Address": address, "RentalSubType": "Office", "OperatingBankAccountId": 1,
  ]
  private static let tenant: JSONValue = [
    "LeaseId": 20001, "FirstName": "A", "LastName": "B", "Address": address,
  ]
  private static let owner: JSONValue = [
    "IsCompany": true, "CompanyName": "C", "Address": address, "PropertyIds": [1],
  ]
  private static let lease: JSONValue = [
    "LeaseType": "Fixed", "UnitId": 10001, "LeaseFromDate": "2026-11-02",
    "LeaseToDate": "2027-11-01", "SendWelcomeEmail": false,
  ]
  private static let vendor: JSONValue = [
    "IsCompany": false, "FirstName": "A", "LastName": "B", "CategoryId": 1,
  ]
  private static let account: JSONValue = [
    "Name": "N", "AccountNumber": "9999", "SubType": "Income",
  ]
  private static func text(_ count: Int) -> JSONValue {
    .string(String(repeating: "é", count: count))
  }
  private static func place(_ key: String, _ value: JSONValue) -> JSONValue {
    var changed = address.object ?? JSONObject()
    changed[key] = value
    return .object(changed)
  }

  static let peopleCases: [Case] = [
    .post("/v1/rentals", rental, 201),
    .post("/v1/rentals", rental.without("Address"), 422, "Address"),
    .post("/v1/rentals", rental.with(["Name": "  "]), 422, "Name"),
    .post("/v1/rentals", rental.with(["Name": text(127)]), 201),
    .post("/v1/rentals", rental.with(["Name": text(128)]), 422, "Name"),
    .post("/v1/rentals", rental.with(["YearBuilt": 999]), 422, "YearBuilt"),
    .post("/v1/rentals", rental.with(["YearBuilt": 2027]), 422, "YearBuilt"),
    .post("/v1/rentals", rental.with(["OperatingBankAccountId": 5]), 422, "OperatingBankAccountId"),
    .post("/v1/rentals", rental.with(["RentalSubType": "House"]), 422, "RentalSubType"),
    .post("/v1/rentals", rental.with(["PropertyManagerId": 305]), 422, "PropertyManagerId"),
    .post("/v1/rentals", rental.with(["Reserve": .number("1.005")]), 422, "Reserve"),
    .post("/v1/rentals", rental.with(["Reserve": "100"]), 422, "Reserve"),
    .post(
      "/v1/rentals", rental.with(["Address": place("Country", "US")]), 422, "Address.Country"),
    .post(
      "/v1/rentals", rental.with(["Address": place("PostalCode", "")]), 422, "Address.PostalCode"),
    .post(
      "/v1/rentals", rental.with(["Address": place("AddressLine1", text(101))]), 422,
      "Address.AddressLine1"),
    .post(
      "/v1/rentals", rental.with(["Units": .array(Array(repeating: [:], count: 101))]), 422, "Units"
    ),
    .post("/v1/rentals", rental.with(["Colour": "red"]), 201),
    .post("/v1/rentals/units", unit, 201),
    .post("/v1/rentals/units", unit.with(["PropertyId": 9999]), 404),
    .post("/v1/rentals/units", unit.with(["UnitNumber": text(31)]), 422, "UnitNumber"),
    .post("/v1/rentals/units", unit.with(["UnitNumber": "1"]), 422, "UnitNumber"),
    .post("/v1/rentals/units", unit.with(["UnitBedrooms": "2"]), 422, "UnitBedrooms"),
    .put("/v1/rentals/units/10001", unit.without("PropertyId").without("Address"), 422, "Address"),
    .post("/v1/rentals/owners", owner, 201),
    .post("/v1/rentals/owners", owner.with(["PropertyIds": []]), 422, "PropertyIds"),
    .post("/v1/rentals/owners", owner.with(["PropertyIds": [9999]]), 422, "PropertyIds[0]"),
    .post("/v1/rentals/owners", owner.without("CompanyName"), 422, "CompanyName"),
    .post("/v1/rentals/owners", owner.with(["IsCompany": false]), 422, "LastName"),
    .post(
      "/v1/rentals/owners", owner.with(["PhoneNumbers": ["Home": "123"]]), 422,
      "PhoneNumbers.Home"),
    .post("/v1/rentals/owners", owner.with(["DateOfBirth": "31.01.1970"]), 422, "DateOfBirth"),
    .post("/v1/leases/tenants", tenant, 201),
    .post("/v1/leases/tenants", tenant.with(["LeaseId": 1]), 404),
    .post("/v1/leases/tenants", tenant.without("LastName"), 422, "LastName"),
    .post("/v1/leases/tenants", tenant.without("Address"), 422, "Address"),
    .put("/v1/leases/tenants/50001", tenant.without("LeaseId").without("Address"), 422, "Address"),
    .post("/v1/leases", lease, 201),
    .post("/v1/leases", lease.without("SendWelcomeEmail"), 422, "SendWelcomeEmail"),
    .post("/v1/leases", lease.with(["UnitId": 1]), 404),
    .post("/v1/leases", lease.with(["LeaseType": "None"]), 422, "LeaseType"),
    .post("/v1/leases", lease.with(["LeaseType": "AtWill"]), 422, "LeaseToDate"),
    .post("/v1/leases", lease.without("LeaseToDate"), 422, "LeaseToDate"),
    .post("/v1/leases", lease.with(["TenantIds": [1, 2, 3, 4, 5, 6]]), 422, "TenantIds"),
    .post("/v1/leases", lease.with(["ApplicantIds": [1]]), 422, "ApplicantIds"),
    .post(
      "/v1/leases",
      lease.with(["LeaseFromDate": "2026-11-01", "ProratedFirstMonthRent": .number("10.00")]), 422,
      "ProratedFirstMonthRent"),
    .put(
      "/v1/leases/20001",
      [
        "LeaseType": "AtWill", "UnitId": 10001, "LeaseFromDate": "2026-01-01",
        "LeaseToDate": "2027-01-01", "IsEvictionPending": false,
      ], 422, "LeaseToDate"),
    .post("/v1/vendors", vendor, 201),
    .post("/v1/vendors", vendor.with(["CategoryId": 99]), 422, "CategoryId"),
    .post("/v1/vendors", vendor.with(["AccountNumber": text(31)]), 422, "AccountNumber"),
    .post("/v1/vendors", vendor.with(["ExpenseGlAccountId": 3]), 422, "ExpenseGlAccountId"),
    .put(
      "/v1/vendors/501", vendor.with(["TaxInformation": ["TaxPayerType": "EIN"]]), 422,
      "TaxInformation.IncludeIn1099"),
    .put("/v1/vendors/categories/1", ["Name": "x"], 422, "vendorCategoryId"),
    .post("/v1/glaccounts", account, 201),
    .post("/v1/glaccounts", account.with(["SubType": "CurrentAsset"]), 422, "IsCashAsset"),
    .post("/v1/glaccounts", account.with(["Name": "Rent Income"]), 422, "Name"),
    .post("/v1/glaccounts", account.with(["AccountNumber": "4000"]), 422, "AccountNumber"),
    .post("/v1/glaccounts", account.with(["ParentGLAccountId": 111]), 422, "ParentGLAccountId"),
    .put("/v1/glaccounts/24", account.without("AccountNumber"), 422, "AccountNumber"),
    .put("/v1/glaccounts/24", account.with(["SubType": "Equity"]), 422, "SubType"),
    .put(
      "/v1/bankaccounts/1",
      ["Name": "B", "BankAccountType": "Checking", "Country": "UnitedStates"], 422,
      "CheckPrintingInfo"),
    .post(
      "/v1/bankaccounts", ["Name": "B", "BankAccountType": "Current", "Country": "UnitedStates"],
      422, "BankAccountType"),
  ]
  @Test("records of people and places keep the documented limits", arguments: peopleCases)
  func people(_ test: Case) { check(test) }

  private static let entity: JSONValue = ["Id": 1, "AccountingEntityType": "Rental"]
  private static func line(_ changes: KeyValuePairs<String, JSONValue> = [:]) -> JSONValue {
    let plain: JSONValue = [
      "AccountingEntity": entity, "GlAccountId": 11, "Amount": .number("10.00"),
    ]
    return plain.with(changes)
  }
  private static let bill: JSONValue = [
    "Date": "2026-10-01", "DueDate": "2026-10-31", "VendorId": 501, "Lines": [line()],
  ]
  private static let journal: JSONValue = [
    "AccountingEntity": entity, "Date": "2026-10-01",
    "Lines": [
      ["GLAccountId": 11, "PostingType": "Debit", "Amount": .number("5.00")],
      ["GLAccountId": 50, "PostingType": "Credit", "Amount": .number("5.00")],
    ],
  ]
  private static let checkBody: JSONValue = [
    "Payee": ["Id": 501, "Type": "Vendor"], "EntryDate": "2026-10-01",
    "Lines": [["GLAccountId": 11, "AccountingEntity": entity, "Amount": .number("5.00")]],
  ]
  private static func charge(_ changes: KeyValuePairs<String, JSONValue>) -> JSONValue {
    let plain: JSONValue = [
      "Date": "2026-10-01", "Lines": [["Amount": .number("5.00"), "GLAccountId": 3]],
    ]
    return plain.with(changes)
  }
  private static let payment: JSONValue = [
    "Date": "2026-10-01", "PaymentMethod": "Check", "SendEmailReceipt": false,
    "Lines": [["Amount": .number("5.00"), "GLAccountId": 3]],
  ]

  static let moneyCases: [Case] = [
    .post("/v1/bills", bill, 201), .post("/v1/bills", bill.with(["VendorId": 1]), 404),
    .post("/v1/bills", bill.with(["DueDate": "2026-10-01"]), 422, "DueDate"),
    .post("/v1/bills", bill.with(["Memo": text(246)]), 422, "Memo"),
    .post("/v1/bills", bill.with(["ReferenceNumber": text(41)]), 422, "ReferenceNumber"),
    .post("/v1/bills", bill.with(["Lines": []]), 422, "Lines"),
    .post("/v1/bills", bill.with(["Lines": [line(["Memo": text(241)])]]), 422, "Lines[0].Memo"),
    .post(
      "/v1/bills", bill.with(["Lines": [line(["GlAccountId": 1])]]), 422, "Lines[0].GlAccountId"),
    .post(
      "/v1/bills", bill.with(["Lines": [line(["GlAccountId": 2])]]), 422, "Lines[0].GlAccountId"),
    .post(
      "/v1/bills", bill.with(["Lines": [line(["GlAccountId": 6])]]), 422, "Lines[0].GlAccountId"),
    .post(
      "/v1/bills", bill.with(["Lines": [line(["GlAccountId": 10001])]]), 422,
      "Lines[0].GlAccountId"),
    .post(
      "/v1/bills", bill.with(["Lines": [line(["AccountingEntity": ["Id": 1]])]]), 422,
      "Lines[0].AccountingEntity.AccountingEntityType"),
    .post(
      "/v1/bills",
      bill.with(["Lines": [line(["AccountingEntity": entity.with(["UnitId": 99999])])]]), 422,
      "Lines[0].AccountingEntity.UnitId"),
    .post(
      "/v1/bills",
      bill.with([
        "Lines": [line(["AccountingEntity": ["Id": 7, "AccountingEntityType": "Company"]])]
      ]), 422, "Lines[0].AccountingEntity.Id"),
    .post(
      "/v1/bills",
      bill.with(["Lines": [line(["Markup": ["Amount": 101, "Type": "Percent"]])]]), 422,
      "Lines[0].Markup.Amount"),
    .post(
      "/v1/bills/payments", ["BankAccountId": 1, "EntryDate": "2026-10-01", "BillIds": []],
      422, "BillIds"),
    .post("/v1/generalledger/journalentries", journal, 201),
    .post(
      "/v1/generalledger/journalentries",
      journal.with(["Lines": [["GLAccountId": 11, "PostingType": "Debit", "Amount": 5]]]), 422,
      "Lines"),
    .post(
      "/v1/generalledger/journalentries",
      journal.with([
        "Lines": [
          ["GLAccountId": 11, "PostingType": "Debit", "Amount": 5],
          ["GLAccountId": 50, "PostingType": "Credit", "Amount": 4],
        ]
      ]), 422, "Lines"),
    .post("/v1/generalledger/journalentries", journal.with(["Memo": text(241)]), 422, "Memo"),
    .put("/v1/generalledger/journalentries/1", journal, 404),
    .post("/v1/bankaccounts/1/checks", checkBody, 201),
    .post("/v1/bankaccounts/5/checks", checkBody, 422, "bankAccountId"),
    .post(
      "/v1/bankaccounts/1/checks", checkBody.with(["Payee": ["Id": 4001, "Type": "Vendor"]]), 422,
      "Payee.Id"),
    .post(
      "/v1/bankaccounts/1/checks",
      checkBody.with([
        "Lines": [["GLAccountId": 10001, "AccountingEntity": entity, "Amount": 5]]
      ]), 422, "Lines[0].GLAccountId"),
    .post("/v1/bankaccounts/1/deposits", ["EntryDate": "2026-10-01"], 422, "Lines"),
    .post(
      "/v1/bankaccounts/1/deposits",
      ["EntryDate": "2026-10-01", "PaymentTransactionIds": [100001]], 422,
      "PaymentTransactionIds[0]"),
    .post("/v1/leases/20001/charges", charge([:]), 201),
    .post("/v1/leases/20001/charges", charge(["Memo": text(66)]), 422, "Memo"),
    .post("/v1/leases/20001/charges", charge(["Lines": []]), 422, "Lines"),
    .post("/v1/leases/20001/charges", charge(["Date": .null]), 422, "Date"),
    .post("/v1/leases/20001/charges", charge(["BillId": 1]), 422, "BillId"),
    .post(
      "/v1/leases/20001/charges", charge(["Lines": [["Amount": 5, "GLAccountId": 11]]]), 422,
      "Lines[0].GLAccountId"),
    .post(
      "/v1/leases/20001/charges", charge(["Lines": [["Amount": -5, "GLAccountId": 3]]]), 422,
      "Lines[0].Amount"),
    .post("/v1/leases/20001/payments", payment, 201),
    .post("/v1/leases/20001/payments", payment.without("SendEmailReceipt"), 422),
    .post(
      "/v1/leases/20001/payments", payment.with(["PaymentMethod": "None"]), 422, "PaymentMethod"),
    .post(
      "/v1/leases/20001/payments", payment.with(["ReferenceNumber": text(31)]), 422,
      "ReferenceNumber"),
    .post("/v1/leases/20001/payments", payment.with(["PayeeUserId": 1]), 422, "PayeeUserId"),
    .post(
      "/v1/leases/20001/credits",
      [
        "Date": "2026-10-01", "CreditType": "Exchange",
        "Lines": [["Amount": 5, "GlAccountId": 3]],
      ], 422, "OffsettingGLAccountId"),
    .post(
      "/v1/leases/20001/applieddeposits",
      [
        "EntryDate": "2026-10-01", "DepositLiabilityGLAccountId": 5,
        "Lines": [["Amount": 99999, "GLAccountId": 22]],
      ], 422, "Lines"),
    .post(
      "/v1/vendors/501/credits",
      [
        "EntryDate": "2026-10-01",
        "Lines": [
          ["GLAccountId": 11, "Amount": .number("10000000.00"), "AccountingEntity": entity]
        ],
      ], 422, "Lines[0].Amount"),
    .post(
      "/v1/vendors/501/credits", ["EntryDate": "2026-10-01", "Memo": text(41), "Lines": []], 422,
      "Memo"),
  ]
  @Test("money is refused where the service refuses it", arguments: moneyCases)
  func money(_ test: Case) { check(test) }

  private static let task: JSONValue = [
    "Title": "T", "TaskStatus": "New", "Priority": "Low", "AssignedToUserId": 301,
  ]
  static let taskCases: [Case] = [
    .post("/v1/tasks/todorequests", task, 201),
    .post("/v1/tasks/todorequests", task.with(["AssignedToUserId": 0]), 422, "AssignedToUserId"),
    .post("/v1/tasks/todorequests", task.without("AssignedToUserId"), 422, "AssignedToUserId"),
    .post("/v1/tasks/todorequests", task.with(["Title": text(128)]), 422, "Title"),
    .post("/v1/tasks/todorequests", task.with(["SubCategoryId": 1]), 422, "SubCategoryId"),
    .post("/v1/tasks/todorequests", task.with(["UnitId": 10001]), 422, "UnitId"),
    .post("/v1/tasks/contactrequests", task, 422, "ContactDetail"),
    .post("/v1/tasks/residentrequests", task, 422, "UnitAgreementId"),
    .post("/v1/tasks/rentalownerrequests", task, 422, "RequestedByRentalOwnerId"),
    .post("/v1/workorders", ["EntryAllowed": "Yes", "VendorId": 501], 422, "TaskId"),
    .post("/v1/workorders", ["EntryAllowed": "Maybe", "VendorId": 501], 422, "EntryAllowed"),
  ]
  @Test("tasks and work orders need what the service needs", arguments: taskCases)
  func task(_ test: Case) { check(test) }

  @Test("a 422 names every faulty member at once")
  func allFaults() {
    let reply = TestClient().send("POST", "/v1/rentals", ["Name": "", "YearBuilt": "x"])
    #expect(
      Set(reply.keys) == [
        "Name", "Address", "RentalSubType", "OperatingBankAccountId", "YearBuilt",
      ])
  }

  @Test("nothing is written on the lock date or before, and on the day after everything is")
  func lockDate() {
    let client = TestClient { $0.lockDate = CalendarDate("2026-10-10") }
    #expect(
      client.get("/v1/administration/accountinglockperiod").json["Global"]?["LockDate"]?.string
        == "2026-10-10")
    for (path, body, key) in [
      ("/v1/bills", Self.bill, "Date"), ("/v1/generalledger/journalentries", Self.journal, "Date"),
      ("/v1/bankaccounts/1/checks", Self.checkBody, "EntryDate"),
      ("/v1/leases/20001/charges", Self.charge([:]), "Date"),
      ("/v1/leases/20001/payments", Self.payment, "Date"),
    ] {
      for (day, status) in [("2026-10-09", 422), ("2026-10-10", 422), ("2026-10-11", 201)] {
        let reply = client.send("POST", path, body.with([key: .string(day)]))
        #expect(reply.status == status, "\(path) \(day)")
        if status == 422 { #expect(reply.keys == [key]) }
      }
    }
    // What stands in the closed period cannot be moved out of it either.
    let old = client.sandbox.portfolio {
      $0.bills.rows.first { $0.paid == .zero && $0.day <= Day(number: 20_700) }?.id
    }
    let moved = client.send("PATCH", "/v1/bills/\(old ?? 0)", ["Date": "2026-10-12"])
    #expect(moved.status == 422 && moved.keys == ["Date"])
  }
}
