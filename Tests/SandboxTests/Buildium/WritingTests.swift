import Domain
import Testing

@testable import Sandbox

@Suite("Writing to the simulated Buildium") struct WritingTests {
  let client = TestClient()

  /// A full body, the members that a client may leave out, and what they are afterwards.
  struct Wipe: CustomTestStringConvertible, Sendable {
    var path: String
    var full: JSONValue
    /// What is left out, by the name of the body, and the member and value of the answer.
    var gone: [(sent: String, read: String, value: JSONValue)]
    var testDescription: String { path }
  }

  static let wipes = [
    Wipe(
      path: "/v1/rentals/1",
      full: [
        "Name": "H", "Address": address, "RentalSubType": "Office", "OperatingBankAccountId": 1,
        "StructureDescription": "Brick", "PropertyManagerId": 301, "YearBuilt": 1950,
        "Reserve": .number("75.00"),
      ],
      gone: [
        ("StructureDescription", "StructureDescription", .null),
        ("PropertyManagerId", "RentalManager", .null), ("YearBuilt", "YearBuilt", .null),
        ("Reserve", "Reserve", .number("0.00")),
      ]),
    Wipe(
      path: "/v1/rentals/units/10001",
      full: [
        "UnitNumber": "7", "Address": address, "Description": "d", "UnitSize": 700,
        "MarketRent": .number("900.00"), "UnitBedrooms": "TwoBed", "UnitBathrooms": "TwoBath",
      ],
      gone: ["Description", "UnitSize", "MarketRent", "UnitBedrooms", "UnitBathrooms"].map {
        ($0, $0, .null)
      }),
    Wipe(
      path: "/v1/rentals/owners/4001",
      full: [
        "IsCompany": false, "FirstName": "A", "LastName": "B", "CompanyName": "C",
        "Address": address, "PropertyIds": [1], "Email": "o@example.com",
        "AlternateEmail": "p@example.com", "Comment": "c",
        "PhoneNumbers": ["Home": "(503) 555-0100"],
        "ManagementAgreementStartDate": "2026-01-01",
        "ManagementAgreementEndDate": "2027-01-01",
      ],
      gone: [
        ("CompanyName", "CompanyName", ""), ("Email", "Email", ""),
        ("AlternateEmail", "AlternateEmail", .null), ("Comment", "Comment", .null),
        ("PhoneNumbers", "PhoneNumbers", []),
        ("ManagementAgreementStartDate", "ManagementAgreementStartDate", .null),
        ("ManagementAgreementEndDate", "ManagementAgreementEndDate", .null),
      ]),
    Wipe(
      path: "/v1/leases/tenants/50001",
      full: [
        "FirstName": "A", "LastName": "B", "Address": address, "AlternateAddress": address,
        "Email": "t@example.com", "AlternateEmail": "u@example.com", "Comment": "c",
        "PhoneNumbers": ["Mobile": "(503) 555-0101"], "DateOfBirth": "1990-02-03",
        "TaxId": "00-0000000", "EmergencyContact": ["Name": "N"],
      ],
      gone: [
        "AlternateAddress", "Email", "AlternateEmail", "Comment", "DateOfBirth", "TaxId",
        "EmergencyContact",
      ].map { ($0, $0, .null) } + [("PhoneNumbers", "PhoneNumbers", [])]),
    Wipe(
      path: "/v1/vendors/501",
      full: [
        "IsCompany": true, "CompanyName": "C", "CategoryId": 1, "Address": address,
        "PrimaryEmail": "v@example.com", "AccountNumber": "1", "Website": "w", "Comments": "c",
        "ExpenseGlAccountId": 11, "VendorInsurance": ["Provider": "P"],
        "TaxInformation": ["IncludeIn1099": true],
      ],
      gone: [
        "Address", "PrimaryEmail", "AccountNumber", "Website", "Comments", "VendorInsurance",
        "TaxInformation",
      ].map { ($0, $0, .null) } + [("ExpenseGlAccountId", "ExpenseGLAccountId", .null)]),
    Wipe(
      path: "/v1/glaccounts/24",
      full: [
        "Name": "Parking", "AccountNumber": "4401", "SubType": "Income", "Description": "d",
        "CashFlowClassification": "OperatingActivities", "IsContraAccount": true,
      ],
      gone: [
        ("Description", "Description", .null),
        ("CashFlowClassification", "CashFlowClassification", .null),
        ("IsContraAccount", "IsContraAccount", false),
      ]),
  ]

  @Test("a PUT replaces the whole record: what it leaves out is gone", arguments: wipes)
  func wipe(_ test: Wipe) {
    let full = client.send("PUT", test.path, test.full)
    #expect(full.status == 200, "\(full.json.text)")
    var bare = test.full
    for member in test.gone { bare = bare.without(member.sent) }
    let wiped = client.send("PUT", test.path, bare)
    #expect(wiped.status == 200, "\(wiped.json.text)")
    for member in test.gone {
      #expect(full.json[member.read] != member.value, "\(member.read) was not written")
      #expect(wiped.json[member.read] == member.value, "\(member.read) was kept")
    }
    #expect(client.get(test.path).json == wiped.json)
  }

  @Test("what a PUT cannot write stays: an owner's tax information, a task's description")
  func keeps() {
    let owner = client.get("/v1/rentals/owners/4001").json
    let changed = client.send(
      "PUT", "/v1/rentals/owners/4001",
      ["IsCompany": true, "CompanyName": "C", "Address": address, "PropertyIds": [1, 2]]
    ).json
    #expect(changed["TaxInformation"] == owner["TaxInformation"])
    #expect(changed["PropertyIds"] == [1, 2])
    #expect(changed["FirstName"]?.string == "" && changed["Comment"]?.isNull == true)
    let task: JSONValue = [
      "Title": "T", "TaskStatus": "New", "Priority": "Low", "AssignedToUserId": 301,
    ]
    let id = client.send(
      "POST", "/v1/tasks/todorequests", task.with(["Description": "d", "DueDate": "2026-11-01"])
    ).id
    let put = client.send(
      "PUT", "/v1/tasks/todorequests/\(id)",
      task.with(["TaskStatus": "Closed", "Message": "done", "Description": "other"])
    ).json
    #expect(put["Description"]?.string == "d" && put["DueDate"]?.isNull == true)
    let history = client.get("/v1/tasks/\(id)/history").rows
    #expect(history.map { $0["Message"]?.string } == ["d", "done"])
    #expect(history.last?["TaskStatus"]?.string == "Closed")
    #expect(history.last?.has("CreatedDateTIme") == true)
  }

  @Test("a work order's status and task are passed over, its lines replaced")
  func workOrders() {
    let order = client.get("/v1/workorders").rows[0]
    let id = order["Id"]?.int ?? 0
    let reply = client.send(
      "PUT", "/v1/workorders/\(id)",
      [
        "EntryAllowed": "No", "VendorId": 502, "Status": "Closed", "Priority": "High",
        "Task": ["Id": 1],
      ]
    ).json
    #expect(reply["Status"] == order["Status"] && reply["Task"] == order["Task"])
    #expect(reply["LineItems"]?.array == [] && reply["Amount"]?.numberText == "0.00")
  }

  // MARK: Bills

  private func makeBill(_ amounts: [String]) -> JSONValue {
    let lines = amounts.map { amount -> JSONValue in
      [
        "AccountingEntity": ["Id": 1, "AccountingEntityType": "Rental"], "GlAccountId": 11,
        "Amount": .number(amount),
      ]
    }
    let reply = client.send(
      "POST", "/v1/bills",
      [
        "Date": "2026-10-01", "DueDate": "2026-10-31", "VendorId": 501, "Lines": .array(lines),
      ])
    #expect(reply.header("Location") == "/v1/bills/\(reply.id)")
    return reply.json
  }

  private func lineId(_ bill: JSONValue, _ index: Int) -> JSONValue {
    bill["Lines"]?.array?[index]["Id"] ?? .null
  }

  private func pay(_ bill: JSONValue, _ index: Int, _ amount: String) -> Reply {
    client.send(
      "POST", "/v1/bills/\(bill["Id"]?.int ?? 0)/payments",
      [
        "BankAccountId": 1, "EntryDate": "2026-10-20",
        "Lines": [["BillLineId": lineId(bill, index), "Amount": .number(amount)]],
      ])
  }

  @Test("a bill is paid when its last cent is, and more than is owed is never taken")
  func payments() {
    let bill = makeBill(["100.00", "50.00"])
    let path = "/v1/bills/\(bill["Id"]?.int ?? 0)"
    #expect(pay(bill, 0, "100.01").keys == ["Lines[0].Amount"])
    #expect(pay(bill, 0, "100.00").status == 201)
    #expect(client.get(path).json["PaidDate"]?.isNull == true)
    #expect(pay(bill, 0, "0.01").status == 422)
    #expect(pay(bill, 1, "50.00").status == 201)
    #expect(client.get(path).json["PaidDate"]?.string == "2026-10-20")
    #expect(pay(bill, 1, "0.01").status == 409)
    #expect(client.get(path + "/payments").rows.count == 2)
  }

  @Test("a bill's lines are replaced by number, and what is paid cannot be taken away")
  func billLines() {
    let bill = makeBill(["100.00", "50.00"])
    let path = "/v1/bills/\(bill["Id"]?.int ?? 0)"
    _ = pay(bill, 0, "60.00")
    let line: JSONValue = [
      "AccountingEntity": ["Id": 1, "AccountingEntityType": "Rental"], "GlAccountId": 12,
    ]
    func put(_ lines: JSONValue...) -> Reply {
      client.send(
        "PUT", path,
        [
          "Date": "2026-10-01", "DueDate": "2026-10-31", "VendorId": 501, "Lines": .array(lines),
        ])
    }
    let kept = line.with(["Id": lineId(bill, 0), "Amount": .number("60.00")])
    #expect(put(line.with(["Amount": .number("500.00")])).keys == ["Lines"])
    #expect(put(kept.with(["Amount": .number("59.99")])).keys == ["Lines[0].Amount"])
    #expect(put(line.with(["Id": 1, "Amount": 5])).keys == ["Lines[0].Id"])
    #expect(
      client.send(
        "PUT", path,
        [
          "Date": "2026-10-01", "DueDate": "2026-10-31", "VendorId": 501,
        ]
      ).keys == ["Lines"])
    let reply = put(kept, line.with(["Amount": .number("7.00")]))
    #expect(reply.status == 200)
    #expect(reply.json["Memo"]?.isNull == true)
    let ids = (reply.json["Lines"]?.array ?? []).map { $0["Id"] }
    #expect(ids.count == 2 && ids[0] == lineId(bill, 0) && ids[1] != lineId(bill, 1))
  }

  @Test("a PATCH changes only what it names")
  func patch() {
    let bill = makeBill(["100.00", "50.00"])
    let path = "/v1/bills/\(bill["Id"]?.int ?? 0)"
    let reply = client.send(
      "PATCH", path,
      ["Memo": "m", "Lines": [["Id": lineId(bill, 1), "Amount": .number("51.00")]]]
    ).json
    #expect(reply["Memo"]?.string == "m" && reply["DueDate"] == bill["DueDate"])
    #expect(reply["Lines"]?.array?[0] == bill["Lines"]?.array?[0])
    #expect(reply["Lines"]?.array?[1]["Amount"]?.numberText == "51.00")
    #expect(reply["Lines"]?.array?[1]["GLAccount"] == bill["Lines"]?.array?[1]["GLAccount"])
    let ledger = client.get("/v1/generalledger/transactions/\(bill["Id"]?.int ?? 0)").json
    #expect(ledger["TotalAmount"]?.numberText == "151.00")
  }

  @Test("a credit lowers the check that pays, and is used up once")
  func credits() {
    let bill = makeBill(["100.00"])
    let credit = client.send(
      "POST", "/v1/vendors/501/credits",
      [
        "EntryDate": "2026-10-02",
        "Lines": [
          [
            "GLAccountId": 11, "Amount": .number("30.00"),
            "AccountingEntity": ["Id": 1, "AccountingEntityType": "Rental"],
          ]
        ],
      ]
    ).id
    func pay(_ amount: String) -> Reply {
      client.send(
        "POST", "/v1/bills/\(bill["Id"]?.int ?? 0)/payments",
        [
          "BankAccountId": 1, "EntryDate": "2026-10-20", "VendorCreditIds": [.int(credit)],
          "Lines": [["BillLineId": lineId(bill, 0), "Amount": .number(amount)]],
        ])
    }
    let payment = pay("80.00")
    #expect(payment.status == 201)
    let check = client.get("/v1/generalledger/transactions/\(payment.id)").json
    #expect(check["TotalAmount"]?.numberText == "50.00")
    let amounts = (check["Journal"]?["Lines"]?.array ?? []).map { $0["Amount"]?.numberText }
    #expect(amounts == ["80.00", "-30.00"])
    #expect(pay("20.00").keys == ["VendorCreditIds[0]"])
  }

  // MARK: Tenants' money

  @Test("a payment is reversed only after its deposit, once, and the debt is back")
  func reversal() {
    let lease = client.sandbox.portfolio { portfolio in
      portfolio.leases.rows.first { !$0.currentTenantIds.isEmpty }?.id ?? 0
    }
    let path = "/v1/leases/\(lease)"
    func owed() -> Money {
      client.sandbox.portfolio { $0.owed(by: lease)?.total ?? .zero }
    }
    let before = owed()
    let payment = client.send(
      "POST", path + "/payments",
      [
        "Date": "2026-10-20", "PaymentMethod": "Check", "SendEmailReceipt": false,
        "Lines": [["Amount": .number("300.00"), "GLAccountId": 3]],
      ]
    ).id
    #expect(owed() == before - Money(minorUnits: 30_000))
    let request: JSONValue = [
      "EntryDate": "2026-10-22", "PaymentTransactionId": .int(payment),
    ]
    #expect(client.send("POST", path + "/reversepayments", request).status == 422)
    client.send(
      "POST", "/v1/bankaccounts/1/deposits",
      ["EntryDate": "2026-10-21", "PaymentTransactionIds": [.int(payment)]])
    let reply = client.send("POST", path + "/reversepayments", request)
    #expect(reply.status == 201)
    #expect(reply.json["TransactionType"]?.string == "Reversed Payment")
    #expect(reply.json["TotalAmount"]?.numberText == "300.00")
    #expect(owed() == before)
    #expect(client.send("POST", path + "/reversepayments", request).status == 422)
  }

  @Test("an allocated payment goes to what is owed, and the rest is a prepayment")
  func allocation() {
    let lease = client.sandbox.portfolio { portfolio in
      portfolio.debts().filter { $0.value.total > .zero }.keys.min() ?? 0
    }
    let owed = client.sandbox.portfolio { $0.owed(by: lease)?.total ?? .zero }
    let total = owed + Money(minorUnits: 1234)
    let reply = client.send(
      "POST", "/v1/leases/\(lease)/autoallocatedpayments",
      [
        "Date": "2026-10-24", "PaymentMethod": "Cash", "SendEmailReceipt": false,
        "TotalAmount": .number(total.description),
      ])
    #expect(reply.status == 201)
    #expect(client.sandbox.portfolio { $0.owed(by: lease)?.total } == .zero)
    let lines = reply.json["Journal"]?["Lines"]?.array ?? []
    let prepaid = lines.first { $0["GLAccount"]?["Id"]?.int == 7 }
    #expect(prepaid?["Amount"]?.numberText == "-12.34")
    let open = client.get("/v1/leases/outstandingbalances?limit=1000&leaseids=\(lease)").rows
    #expect(open.isEmpty)
  }

  @Test("whatever is written, the books still balance and tie")
  func invariants() {
    _ = makeBill(["100.00", "50.00"])
    reversal()
    allocation()
    credits()
    let portfolio = client.sandbox.portfolio(\.self)
    for transaction in portfolio.transactions.rows {
      for basis in Basis.allCases {
        var sums: [Entity: Int64] = [:]
        portfolio.forEachEntry(of: transaction, on: basis) { sums[$2, default: 0] += $1 }
        #expect(sums.values.allSatisfy { $0 == 0 }, "transaction \(transaction.id)")
      }
    }
    let owed = portfolio.debts().values.reduce(Money.zero) { $0 + $1.total }
    let shown = client.get(
      "/v1/glaccounts/balances?accountingbasis=Accrual&asofdate=2026-12-31&glaccountids=1"
    ).rows.first?["TotalBalance"]?.numberText
    #expect(shown == owed.description)
  }

  // MARK: Others

  @Test("an inactive property takes its owners along, and brings them back")
  func inactivation() {
    let owner = client.sandbox.portfolio { portfolio in
      portfolio.owners.rows.first { owner in
        owner.isActive
          && owner.propertyIds.allSatisfy { portfolio.properties[$0]?.isActive == true }
      }
    }
    guard let owner else { return #expect(Bool(false), "no such owner") }
    for id in owner.propertyIds {
      #expect(client.send("POST", "/v1/rentals/\(id)/inactivationrequest").status == 204)
      #expect(client.send("POST", "/v1/rentals/\(id)/inactivationrequest").status == 422)
    }
    let path = "/v1/rentals/owners/\(owner.id)"
    #expect(client.get(path).json["IsActive"]?.bool == false)
    #expect(
      client.get("/v1/rentals?status=InActive&limit=1000").ids.count >= owner.propertyIds.count)
    client.send("POST", "/v1/rentals/\(owner.propertyIds[0])/reactivationrequest")
    #expect(client.get(path).json["IsActive"]?.bool == true)
  }

  @Test("a reconciliation ends only when nothing is left over, and then stays as it is")
  func reconciliation() {
    let path = "/v1/bankaccounts/1/reconciliations"
    let rows = client.get(path).rows
    let pending = rows.first { $0["IsFinished"]?.bool == false }?["Id"]?.int ?? 0
    let finished = rows.first { $0["IsFinished"]?.bool == true }?["Id"]?.int ?? 0
    #expect(
      client.send("PUT", "\(path)/\(finished)", ["StatementEndingDate": "2026-10-01"]).status == 409
    )
    #expect(client.send("POST", "\(path)/\(pending)/finalizerequest").status == 409)
    let open = client.get("\(path)/\(pending)/transactions?limit=1000").rows.filter {
      $0["ReconciliationStatus"]?.string == "UnReconciled"
    }
    #expect(!open.isEmpty)
    let ids = JSONValue.array(open.compactMap { $0["Id"] })
    #expect(
      client.send("POST", "\(path)/\(pending)/cleartransactionsrequest", ["TransactionIds": ids])
        .status == 204)
    let balances = client.get("\(path)/\(pending)/balances").json
    #expect(balances["Difference"]?.numberText == "0.00")
    #expect(client.send("POST", "\(path)/\(pending)/finalizerequest").status == 204)
    let row = client.get("/v1/bankaccounts/1/transactions/\(open[0]["Id"]?.int ?? 0)").json
    #expect(row["ReconciliationStatus"]?.string == "Reconciled")
  }

  @Test(
    "a refused request changes nothing",
    arguments: StrictnessTests.moneyCases.filter { $0.status == 422 })
  func refusals(_ test: Case) {
    let before = client.sandbox.portfolio {
      ($0.transactions.count, $0.bills.count, $0.tasks.count)
    }
    client.send(test.method, test.target, test.body)
    let after = client.sandbox.portfolio { ($0.transactions.count, $0.bills.count, $0.tasks.count) }
    #expect(before == after)
  }
}
