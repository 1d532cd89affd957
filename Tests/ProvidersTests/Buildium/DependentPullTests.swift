import Background
import Domain
import HTTP
import Providers
import Sync
import Testing

@Suite("Pulling what hangs on other records") struct DependentPullTests {
  static let since = Instant(milliseconds: noon)

  @Test("a lease’s ledger is read when a transaction names it, later when a changed one does")
  func leases() throws {
    let lists = Lists(rows: [
      "/v1/leases/4/transactions": [
        [
          "Id": 31, "Date": "2026-02-01", "TransactionType": "Applied Prepayment",
          "TransactionTypeEnum": "Other", "TotalAmount": .number("-75.48"), "LeaseId": 4,
          "PayeeTenantId": 12,
        ]
      ],
      "/v1/leases/5/transactions": [],
    ])
    let http = ScriptedHTTP { lists.answer($0) }
    let context = MemoryContext()
    context.state.withLock { state in
      for (id, lease) in [("90", "4"), ("91", "4"), ("92", "")] {
        state.records[RemoteKey(.buildium, .transactions, id)] = Record(
          .transactions,
          ["lease_id": lease.isEmpty ? .null : .reference(RemoteKey(.buildium, .leases, lease))])
      }
      for id in ["4", "5"] { state.records[RemoteKey(.buildium, .leases, id)] = Record(.leases) }
      state.changed[.transactions] = ["92", "91", "90"]
    }
    let changed = try pull(
      provider(http), .leaseTransactions, context: context, since: Self.since)
    #expect(http.asked.map(\.path) == ["/v1/leases/4/transactions"])
    let record = try #require(changed.records.first).record
    #expect(record["amount"] == .money(Money(minorUnits: -7548)))
    #expect(record["transaction_type_text"] == .text("Applied Prepayment"))
    #expect(record["transaction_id"].reference?.id == "31")
    #expect(record["tenant_id"].reference?.id == "12")
    // No transaction names lease 5, but an entry of its ledger was known and may have gone.
    _ = try pull(provider(http), .leaseTransactions, context: context)
    #expect(http.asked.map(\.path) == ["/v1/leases/4/transactions", "/v1/leases/4/transactions"])
    context.state.withLock { state in
      state.records[RemoteKey(.buildium, .leaseTransactions, "7")] = Record(
        .leaseTransactions, ["lease_id": .reference(RemoteKey(.buildium, .leases, "5"))])
    }
    _ = try pull(provider(http), .leaseTransactions, context: context)
    #expect(http.asked.suffix(2).map(\.path).sorted().last == "/v1/leases/5/transactions")
  }

  @Test("a vendor's credit is found through its transaction, or else through the vendors' lists")
  func credits() throws {
    let credit: JSONValue = [
      "Id": 61, "EntryDate": "2026-07-07", "ReferenceNumber": "CR", "Memo": "",
      "Lines": [
        [
          "Id": 1, "GLAccountId": 111, "Amount": .number("45.55"),
          "AccountingEntity": ["Id": 7, "AccountingEntityType": "Rental"],
        ], ["Id": 2, "GLAccountId": 112, "Amount": .number("4.45")],
      ],
    ]
    let lists = Lists(rows: [
      "/v1/vendors/3/transactions": [["Id": 60]], "/v1/vendors/4/transactions": [["Id": 62]],
    ])
    let http = ScriptedHTTP { asked in
      switch asked.path {
      case "/v1/vendors/9/credits/61", "/v1/vendors/4/credits/62":
        guard case .object(var object) = credit else { return refusal(500) }
        object["Id"] = asked.path.hasSuffix("61") ? 61 : 62
        return reply(.object(object))
      case "/v1/vendors/9/credits/63": return refusal(404)
      default: return lists.answer(asked)
      }
    }
    let context = MemoryContext()
    func transaction(_ id: String, _ type: String, vendor: Int64?) {
      context.state.withLock {
        $0.records[RemoteKey(.buildium, .transactions, id)] = Record(
          .transactions,
          [
            "transaction_type": .text(type),
            "date": CalendarDate("2026-07-07").map { .date($0) } ?? .null,
            "payee_type": vendor == nil ? .null : .text("Vendor"),
            "payee_id": vendor.map { .integer($0) } ?? .null,
          ])
      }
    }
    transaction("61", "VendorCredit", vendor: 9)
    transaction("62", "VendorCredit", vendor: nil)
    transaction("63", "VendorCredit", vendor: 9)
    transaction("64", "Bill", vendor: 9)
    context.state.withLock { state in
      for id in ["3", "4"] { state.records[RemoteKey(.buildium, .vendors, id)] = Record(.vendors) }
    }
    let result = try pull(provider(http), .vendorCredits, context: context)
    #expect(result.records.map(\.key.id) == ["61", "62"])
    #expect(result.records[0].record["amount"] == .money(Money(minorUnits: 5000)))
    #expect(result.records[0].record["vendor_id"].reference?.id == "9")
    #expect(result.records[1].record["vendor_id"].reference?.id == "4")
    #expect(result.records[0].record["memo"] == .null)
    let search = http.asked.filter { $0.path.hasSuffix("/transactions") }
    #expect(search.allSatisfy { $0.first("transactiondatefrom") == "2026-07-07" })
    #expect(search.allSatisfy { $0.first("transactiondateto") == "2026-07-07" })
  }

  @Test("history is read for changed tasks, and files for changed entries, without their contents")
  func history() throws {
    let lists = Lists(rows: [
      "/v1/tasks/8/history": [
        [
          "Id": 81, "TaskStatus": "InProgress", "Priority": "Purple", "AssignedToUserId": 0,
          "Message": "Called.", "CreatedDateTIme": "2026-03-01T10:00:00Z",
          "CreatedByUser": ["FirstName": "Ann", "LastName": "Lee"],
          "LastUpdatedDateTime": "2026-03-02T10:00:00.1234567Z",
        ]
      ],
      "/v1/tasks/8/history/81/files": [
        [
          "Id": 5, "Title": "leak.jpg", "PhysicalFileName": "x.jpg", "Size": 12345,
          "ContentType": "image/jpeg", "UploadedDateTime": "2026-03-01T10:00:00Z",
        ]
      ],
    ])
    let http = ScriptedHTTP { lists.answer($0) }
    let context = MemoryContext([
      RemoteKey(.buildium, .tasks, "8"): Record(.tasks),
      RemoteKey(.buildium, .tasks, "9"): Record(.tasks),
    ])
    context.state.withLock { $0.changed = [.tasks: ["8"], .taskHistory: ["81", "99"]] }
    let entries = try pull(provider(http), .taskHistory, context: context, since: Self.since)
    let entry = try #require(entries.records.first)
    #expect(entry.record["buildium_created_at"].instant == Instant("2026-03-01T10:00:00Z"))
    #expect(entry.record["created_by"] == .text("Ann Lee"))
    #expect(entry.record["priority"] == .text("Purple"))
    #expect(entry.record["assigned_to"] == .null)
    #expect(entry.updatedAt == Instant("2026-03-02T10:00:00.123Z"))
    context.add(entries.records)
    let files = try pull(provider(http), .taskHistoryFiles, context: context, since: Self.since)
    #expect(files.records.map(\.key.id) == ["5"])
    #expect(files.records[0].record["task_history_id"].reference?.id == "81")
    #expect(files.records[0].record["file_size"] == .integer(12345))
    #expect(
      http.asked.map(\.path) == ["/v1/tasks/8/history", "/v1/tasks/8/history/81/files"])
  }

  @Test("an error at one parent stops the page, whichever thread meets it")
  func failure() {
    let context = MemoryContext()
    context.state.withLock { state in
      for id in 1...40 { state.records[RemoteKey(.buildium, .bills, "\(id)")] = Record(.bills) }
    }
    let http = ScriptedHTTP { asked in
      asked.path == "/v1/bills/17/payments" ? refusal(403) : reply([])
    }
    #expect {
      try pull(provider(http), .billPayments, context: context)
    } throws: {
      ($0 as? ProviderError)?.kind == .forbidden
    }
  }

  @Test(
    "one record is found by its id at its own address, and a missing one is no error",
    arguments: [
      (Resource.properties, "4", "/v1/rentals/4"), (.units, "4", "/v1/rentals/units/4"),
      (.owners, "4", "/v1/rentals/owners/4"), (.leases, "4", "/v1/leases/4"),
      (.tenants, "4", "/v1/leases/tenants/4"), (.bills, "4", "/v1/bills/4"),
      (.vendors, "4", "/v1/vendors/4"), (.vendorCategories, "4", "/v1/vendors/categories/4"),
      (.glAccounts, "4", "/v1/glaccounts/4"), (.bankAccounts, "4", "/v1/bankaccounts/4"),
      (.transactions, "4", "/v1/generalledger/transactions/4"), (.tasks, "4", "/v1/tasks/4"),
      (.taskCategories, "4", "/v1/tasks/categories/4"), (.workOrders, "4", "/v1/workorders/4"),
      (.billPayments, "4:7", "/v1/bills/7/payments/4"),
      (.bankTransactions, "2:4", "/v1/bankaccounts/2/transactions/4"),
      (.deposits, "4", "/v1/bankaccounts/2/deposits/4"),
      (.leaseTransactions, "4", "/v1/leases/6/transactions/4"),
      (.vendorCredits, "4", "/v1/vendors/5/credits/4"),
      (.taskHistory, "4", "/v1/tasks/8/history/4"),
      (.taskHistoryFiles, "4", "/v1/tasks/8/history/81/files/4"),
    ])
  func one(resource: Resource, id: String, path: String) throws {
    let context = MemoryContext([
      RemoteKey(.buildium, .bankAccounts, "2"): Record(.bankAccounts),
      RemoteKey(.buildium, .leaseTransactions, "4"): Record(
        .leaseTransactions, ["lease_id": .reference(RemoteKey(.buildium, .leases, "6"))]),
      RemoteKey(.buildium, .vendorCredits, "4"): Record(
        .vendorCredits, ["vendor_id": .reference(RemoteKey(.buildium, .vendors, "5"))]),
      RemoteKey(.buildium, .taskHistory, "4"): Record(
        .taskHistory, ["task_id": .reference(RemoteKey(.buildium, .tasks, "8"))]),
      RemoteKey(.buildium, .taskHistory, "81"): Record(
        .taskHistory, ["task_id": .reference(RemoteKey(.buildium, .tasks, "8"))]),
      RemoteKey(.buildium, .taskHistoryFiles, "4"): Record(
        .taskHistoryFiles,
        ["task_history_id": .reference(RemoteKey(.buildium, .taskHistory, "81"))]),
    ])
    let http = ScriptedHTTP { asked in asked.path == path ? reply(["Id": 4]) : refusal(500) }
    let found = try provider(http).record(
      resource, id: id, context: context, cancellation: Cancellation())
    #expect(found?.key == RemoteKey(.buildium, resource, id))
    let gone = ScriptedHTTP { _ in refusal(404) }
    #expect(
      try provider(gone).record(
        resource, id: id, context: context, cancellation: Cancellation()) == nil)
  }

  @Test("a lease transaction nobody knows is traced through the general ledger to its lease")
  func traced() throws {
    let http = ScriptedHTTP { asked in
      switch asked.path {
      case "/v1/generalledger/transactions/4":
        return reply(["Id": 4, "UnitAgreement": ["Id": 6, "Type": "Lease"]])
      case "/v1/leases/6/transactions/4": return reply(["Id": 4, "TotalAmount": 5])
      default: return refusal(404)
      }
    }
    let found = try provider(http).record(
      .leaseTransactions, id: "4", context: MemoryContext(), cancellation: Cancellation())
    #expect(found?.record["lease_id"].reference?.id == "6")
  }
}
