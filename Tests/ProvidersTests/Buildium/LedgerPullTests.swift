import Background
import Domain
import HTTP
import Providers
import Sync
import Testing

@Suite("Pulling the ledger") struct LedgerPullTests {
  static func transaction(_ id: Int, _ date: String, accounts: [Int], type: String = "Charge")
    -> JSONValue
  {
    [
      "Id": .int(id), "Date": .string(date), "TransactionType": .string(type),
      "UnitAgreement": ["Id": .int(id % 7 + 1), "Type": "Lease"],
      "Journal": [
        "Lines": .array(
          accounts.map {
            [
              "GLAccount": ["Id": .int($0)], "Amount": 10, "IsCashPosting": false,
              "AccountingEntity": ["Id": 1, "AccountingEntityType": "Rental"],
            ]
          })
      ],
    ]
  }

  static func accounts(_ ids: some Sequence<Int>) -> MemoryContext {
    var records: [RemoteKey: Record] = [:]
    for id in ids {
      records[RemoteKey(.buildium, .glAccounts, "\(id)")] = Record(
        .glAccounts, ["type": .text("Income")])
    }
    return MemoryContext(records, memory: [SignConvention.memoryName: "magnitude"])
  }

  static func server(_ transactions: [JSONValue]) -> ScriptedHTTP {
    var lists = Lists(rows: ["/v1/generalledger/transactions": transactions])
    lists.filter = { asked in
      let wanted = Set(asked.all("glaccountids").compactMap { Int($0) })
      let (start, end) = (asked.first("startdate") ?? "9", asked.first("enddate") ?? "")
      return { row in
        guard let date = row["Date"]?.string, start <= date, date <= end else { return false }
        let lines = row["Journal"]?["Lines"]?.array ?? []
        return lines.contains { $0["GLAccount"]?["Id"]?.int.map(wanted.contains) ?? false }
      }
    }
    let served = lists
    return ScriptedHTTP { asked in
      if asked.first("startdate") == nil || asked.all("glaccountids").isEmpty {
        return refusal(422)
      }
      let query = asked.target.split(separator: "?", maxSplits: 1).last ?? ""
      return query.utf8.count > 4096 ? refusal(500) : served.answer(asked)
    }
  }

  @Test("transactions are asked for by windows of 365 days and by every account, ids repeated")
  func requests() throws {
    let http = Self.server([])
    let result = try pull(provider(http), .transactions, context: Self.accounts([3, 11, 111]))
    #expect(
      http.urls[0]
        == "/v1/generalledger/transactions?startdate=2026-11-22&enddate=2027-11-21"
        + "&glaccountids=3&glaccountids=11&glaccountids=111&orderby=Id%20asc&offset=0&limit=1000")
    #expect(http.asked.count == 5)
    #expect(http.asked.allSatisfy { BillPullTests.days($0, "startdate", "enddate") == 365 })
    #expect(http.asked.last?.first("startdate") == "2022-11-23")
    #expect(result.isComplete)
  }

  @Test("changes are asked for with the moment, and prove no absence")
  func changes() throws {
    let http = Self.server([])
    let since = try #require(Instant("2026-11-20T08:30:15.250Z"))
    let result = try pull(
      provider(http), .transactions, context: Self.accounts([3]), since: since)
    #expect(http.asked.allSatisfy { $0.first("lastupdatedfrom") == "2026-11-20T08%3A30%3A15Z" })
    #expect(!result.isComplete)
  }

  @Test("no query is longer than Buildium takes, and each account is asked for once per window")
  func chunks() throws {
    let ids = (1...700).map { 1_000_000_000 + $0 }
    let http = Self.server([])
    _ = try pull(provider(http), .transactions, context: Self.accounts(ids))
    for asked in http.asked {
      let query = asked.target.split(separator: "?", maxSplits: 1)[1]
      #expect(query.utf8.count <= 4096)
    }
    let windows = Dictionary(grouping: http.asked) { $0.first("startdate") ?? "" }
    #expect(windows.count == 5)
    for requests in windows.values {
      #expect(requests.flatMap { $0.all("glaccountids") } == ids.map(String.init))
    }
  }

  static let seeded: [JSONValue] = {
    var random = Seeded(20_261_121)
    return (1...1500).map { id in
      let date = CalendarDate(daysSince1970: 20_400 + Int.random(in: 0..<250, using: &random))
      let accounts = (0..<2).map { _ in Int.random(in: 1...250, using: &random) }
      return transaction(id, date.description, accounts: accounts)
    }
  }()

  @Test("a transaction that stands in several groups of accounts is shown once")
  func once() throws {
    let http = Self.server(Self.seeded)
    let result = try pull(provider(http), .transactions, context: Self.accounts(1...250))
    #expect(result.records.count == 1500)
    #expect(Set(result.records.map(\.key)).count == 1500)
  }

  @Test("repeating a page gives the same page, and every cursor the rest of the same set")
  func resumed() throws {
    let http = Self.server(Self.seeded)
    let context = Self.accounts(1...250)
    let same = provider(http)
    var shown: [Set<RemoteKey>] = []
    var cursors: [String?] = [nil]
    while cursors.count < 200, let cursor = cursors.last {
      let request = PullRequest(.transactions, cursor: cursor)
      let first = try same.page(request, context: context, cancellation: Cancellation())
      let again = try same.page(request, context: context, cancellation: Cancellation())
      #expect(first.records == again.records)
      #expect(first.next == again.next)
      shown.append(Set(first.records.map(\.key)))
      guard let next = first.next else { break }
      cursors.append(next)
    }
    let all = Set(shown.flatMap(\.self))
    #expect(all.count == 1500)
    for (index, cursor) in cursors.enumerated() where cursor != nil {
      let rest = try pull(provider(http), .transactions, context: context, from: cursor)
      let before = Set(shown[0..<index].flatMap(\.self))
      #expect(before.union(rest.records.map(\.key)) == all)
    }
  }

  @Test("without a known account there is nothing to ask, and it says what to do")
  func noAccounts() {
    let http = Self.server([])
    #expect {
      try pull(provider(http), .transactions, context: MemoryContext())
    } throws: {
      ($0 as? ProviderError)?.kind == .notSetUp
    }
    #expect(http.asked.isEmpty)
  }

  @Test("bank registers are read by account and window, in their only order; deposits likewise")
  func banks() throws {
    let context = MemoryContext([
      RemoteKey(.buildium, .bankAccounts, "2"): Record(.bankAccounts),
      RemoteKey(.buildium, .bankAccounts, "10"): Record(.bankAccounts),
    ])
    var lists = Lists(rows: [
      "/v1/bankaccounts/2/transactions": [
        [
          "Id": 71, "EntryDate": "2026-05-05", "TransactionType": "Deposit",
          "Amount": .number("12.5"),
          "ReconciliationStatus": "Reconciled",
        ]
      ],
      "/v1/bankaccounts/10/transactions": [
        [
          "Id": 71, "EntryDate": "2026-05-05", "TransactionType": "Deposit",
          "Amount": .number("-12.5"),
          "ReconciliationStatus": "SomethingNew",
        ]
      ],
      "/v1/bankaccounts/2/deposits": [
        [
          "Id": 80, "EntryDate": "2024-05-05", "TotalAmount": .number("99.99"),
          "PaymentTransactionIds": [5, 4],
        ]
      ],
    ])
    lists.filter = { asked in
      let (start, end) = (asked.first("startdate") ?? "9", asked.first("enddate") ?? "")
      return { row in
        let date = row["EntryDate"]?.string ?? ""
        return start <= date && date <= end
      }
    }
    let served = lists
    let http = ScriptedHTTP { served.answer($0) }
    let register = try pull(provider(http), .bankTransactions, context: context)
    #expect(register.records.map(\.key.id) == ["2:71", "10:71"])
    #expect(register.records[1].record["reconciliation_status"] == .text("SomethingNew"))
    #expect(register.records[0].record["amount"] == .money(Money(minorUnits: 1250)))
    #expect(http.asked.allSatisfy { $0.first("orderby") == "EntryDate asc" })
    #expect(http.asked.allSatisfy { BillPullTests.days($0, "startdate", "enddate") == 365 })
    #expect(register.isComplete)
    let deposits = try pull(provider(http), .deposits, context: context)
    #expect(deposits.records.map(\.key.id) == ["80"])
    #expect(deposits.records[0].record["payment_transaction_ids"].links.map(\.id) == ["4", "5"])
    for cursor in register.cursors {
      let rest = try pull(provider(http), .bankTransactions, context: context, from: cursor)
      #expect(register.records.suffix(rest.records.count) == rest.records[...])
    }
  }
}
