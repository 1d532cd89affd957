import Background
import Domain
import HTTP
import Providers
import Sync
import Testing

@Suite("Pulling bills and payments") struct BillPullTests {
  static func bill(_ id: Int, paid: String? = nil) -> JSONValue {
    [
      "Id": .int(id), "Date": "2026-01-02", "DueDate": "2026-02-01", "PaidDate": .optional(paid),
      "VendorId": 9, "Lines": [],
    ]
  }

  /// Serves bills the way the API does: `paidstatus`, and dates that filter the paid ones.
  static func server(_ bills: [JSONValue], insistsOnDates: Bool = false, pageMax: Int = 1000)
    -> ScriptedHTTP
  {
    var lists = Lists(rows: ["/v1/bills": bills])
    lists.pageMax = pageMax
    lists.filter = { asked in
      let status = asked.first("paidstatus")
      let (from, to) = (asked.first("frompaiddate"), asked.first("topaiddate"))
      return { bill in
        let paid = bill["PaidDate"]?.string
        guard let status else { return true }
        if status == "Unpaid" { return paid == nil }
        guard let paid, let from, let to else { return false }
        return from <= paid && paid <= to
      }
    }
    let served = lists
    return ScriptedHTTP { asked in
      let needsDates = insistsOnDates || asked.first("paidstatus") != "Unpaid"
      if needsDates, asked.first("frompaiddate") == nil || asked.first("topaiddate") == nil {
        return refusal(422, "frompaiddate and topaiddate are required.")
      }
      return served.answer(asked)
    }
  }

  static func days(_ asked: Asked, _ from: String, _ to: String) -> Int {
    guard let start = asked.first(from).flatMap({ CalendarDate($0) }),
      let end = asked.first(to).flatMap({ CalendarDate($0) })
    else { return -1 }
    return end.daysSince1970 - start.daysSince1970 + 1
  }

  static let bills = [
    bill(1), bill(2, paid: "2026-11-01"), bill(3, paid: "2024-03-05"), bill(4),
    bill(5, paid: "2023-11-22"), bill(6, paid: "2027-02-01"), bill(7, paid: "2021-06-01"),
  ]

  @Test("unpaid bills come first and without dates, then paid ones by windows that touch")
  func slices() throws {
    let http = Self.server(Self.bills)
    let result = try pull(provider(http), .bills, context: MemoryContext())
    #expect(http.urls[0] == "/v1/bills?paidstatus=Unpaid&orderby=Id%20asc&offset=0&limit=1000")
    #expect(
      http.urls[1]
        == "/v1/bills?paidstatus=Paid&frompaiddate=2026-11-22&topaiddate=2027-11-21"
        + "&orderby=Id%20asc&offset=0&limit=1000")
    let paid = http.asked.dropFirst()
    #expect(paid.allSatisfy { Self.days($0, "frompaiddate", "topaiddate") == 365 })
    for (newer, older) in zip(paid, paid.dropFirst()) {
      let from = newer.first("frompaiddate").flatMap { CalendarDate($0) }
      #expect(older.first("topaiddate") == from?.adding(days: -1).description)
    }
    #expect(Set(result.records.map(\.key.id)) == ["1", "2", "3", "4", "5", "6"])
    #expect(result.isComplete)
  }

  @Test("windows reach back to the earliest lease, and further while they hold something")
  func reach() throws {
    let lease = Record(.leases, ["startDate": .date(try #require(CalendarDate("2021-01-01")))])
    let context = MemoryContext([RemoteKey(.buildium, .leases, "1"): lease])
    let http = Self.server(Self.bills)
    let result = try pull(provider(http), .bills, context: context)
    #expect(Set(result.records.map(\.key.id)) == ["1", "2", "3", "4", "5", "6", "7"])
    let old = (0..<12).map {
      Self.bill(100 + $0, paid: "20\(26 - $0 < 10 ? "0" : "")\(26 - $0)-06-01")
    }
    let far = try pull(provider(Self.server(old)), .bills, context: MemoryContext())
    #expect(far.records.count == 12)
  }

  @Test("a service that wants dates for every bill gets them, and the same bills come out")
  func withDates() throws {
    let http = Self.server(Self.bills, insistsOnDates: true)
    let result = try pull(provider(http), .bills, context: MemoryContext())
    #expect(Set(result.records.map(\.key.id)) == ["1", "2", "3", "4", "5", "6"])
    #expect(http.asked.filter { $0.first("frompaiddate") == nil }.count == 1)
    #expect(result.isComplete)
  }

  @Test("a service that refuses bills even with dates is believed")
  func refused() {
    let http = ScriptedHTTP { _ in refusal(422, "No bills today.") }
    #expect {
      try pull(provider(http), .bills, context: MemoryContext())
    } throws: {
      ($0 as? ProviderError)?.message.contains("No bills today.") == true
    }
    #expect(http.asked.count == 2)
  }

  @Test("every cursor of the bills leads to the rest of the same set", arguments: [true, false])
  func resumed(insistsOnDates: Bool) throws {
    let bills = (1...160).map { Self.bill($0, paid: $0 % 3 == 0 ? nil : "2026-0\($0 % 9 + 1)-15") }
    let http = Self.server(bills, insistsOnDates: insistsOnDates, pageMax: 20)
    let all = try pull(provider(http), .bills, context: MemoryContext())
    #expect(Set(all.records.map(\.key)).count == 160)
    for cursor in all.cursors {
      // A day later, as after a restart at midnight.
      let rest = try pull(
        provider(http, at: noon + 86_400_000), .bills, context: MemoryContext(), from: cursor)
      let seen = all.records.dropLast(rest.records.count)
      #expect(Set((seen + rest.records).map(\.key)) == Set(all.records.map(\.key)))
    }
  }

  @Test("payments are asked for by bill: all of them at first, later only where a bill changed")
  func payments() throws {
    var rows: [String: [JSONValue]] = [:]
    for id in 1...90 {
      rows["/v1/bills/\(id)/payments"] = [
        [
          "Id": .int(1000 + id), "BankAccountId": 1, "EntryDate": "2026-03-04",
          "PaidBillIds": [.int(id)],
          "Lines": [["GLAccountId": 12, "Amount": .number("\(id).10")]],
        ]
      ]
    }
    // A bill that is gone has no payments.
    rows["/v1/bills/50/payments"] = nil
    let lists = Lists(rows: rows)
    let http = ScriptedHTTP { lists.answer($0) }
    let context = MemoryContext()
    context.state.withLock { state in
      for id in 1...90 {
        state.records[RemoteKey(.buildium, .bills, "\(id)")] = Record(.bills)
      }
      state.changed[.bills] = ["7", "50", "81"]
    }
    let all = try pull(provider(http), .billPayments, context: context)
    #expect(
      Set(all.records.map(\.key.id))
        == Set((1...90).filter { $0 != 50 }.map { "\(1000 + $0):\($0)" }))
    #expect(all.isComplete)
    #expect(http.asked.count == 90)
    #expect(all.cursors.count == 2)
    for cursor in all.cursors {
      let rest = try pull(provider(http), .billPayments, context: context, from: cursor)
      #expect(all.records.suffix(rest.records.count) == rest.records[...])
    }
    let changed = try pull(
      provider(http), .billPayments, context: context, since: Instant(milliseconds: noon))
    #expect(changed.records.map(\.key.id) == ["1007:7", "1081:81"])
    #expect(!changed.isComplete)
  }

  @Test("a payment of several bills is divided by their lines, and no cent is lost")
  func divided() throws {
    func billLines(_ amounts: [(account: Int, amount: String)]) -> JSONValue {
      .array(
        amounts.map {
          [
            "Id": 1, "AccountingEntity": ["Id": 7, "AccountingEntityType": "Rental"],
            "GLAccount": ["Id": .int($0.account)], "Amount": .number($0.amount),
          ]
        })
    }
    func payment(_ lines: [(account: Int, amount: String)]) -> JSONValue {
      [
        "Id": 900, "BankAccountId": 1, "EntryDate": "2026-03-04", "PaidBillIds": [1, 2],
        "Lines": .array(
          lines.map {
            [
              "GLAccountId": .int($0.account), "Amount": .number($0.amount),
              "AccountingEntity": ["Id": 7, "AccountingEntityType": "Rental"],
            ]
          }),
      ]
    }
    let tables:
      [(first: [(Int, String)], second: [(Int, String)], paid: [(Int, String)], shares: [String])] =
        [
          // Told apart by account.
          ([(12, "100.00")], [(13, "50.00")], [(12, "60.00"), (13, "50.00")], ["60.00", "50.00"]),
          // Same account: by equal amounts, in any order.
          (
            [(12, "120.00")], [(12, "80.50")], [(12, "80.50"), (12, "120.00")], ["120.00", "80.50"]
          ),
          // One line for both: the first is filled, the rest goes on.
          ([(12, "120.00")], [(12, "80.50")], [(12, "200.50")], ["120.00", "80.50"]),
          // A credit inside the payment.
          (
            [(12, "120.00")], [(13, "80.50")], [(12, "120.00"), (13, "80.50"), (13, "-30.00")],
            ["120.00", "50.50"]
          ),
          // More than both bills ask for.
          ([(12, "10.00")], [(12, "5.00")], [(12, "20.00")], ["15.00", "5.00"]),
        ]
    for table in tables {
      let row = payment(table.paid.map { (account: $0.0, amount: $0.1) })
      let bills: [JSONValue] = [
        ["Id": 1, "Lines": billLines(table.first.map { (account: $0.0, amount: $0.1) })],
        ["Id": 2, "Lines": billLines(table.second.map { (account: $0.0, amount: $0.1) })],
      ]
      let lists = Lists(rows: ["/v1/bills/1/payments": [row], "/v1/bills/2/payments": [row]])
      let http = ScriptedHTTP { asked in
        // The second bill is not known and must be looked up.
        asked.path == "/v1/bills/2" ? reply(bills[1]) : lists.answer(asked)
      }
      let context = MemoryContext()
      context.add(try BuildiumMapping.records(.bills, bills[0]))
      context.state.withLock {
        $0.changed[.bills] = ["1", "2"]
      }
      let result = try pull(
        provider(http), .billPayments, context: context, since: Instant(milliseconds: noon))
      #expect(result.records.map(\.key.id) == ["900:1", "900:2"])
      #expect(result.records.map { $0.record["amount"].money?.description } == table.shares)
      let total = table.paid.reduce(Money.zero) { $0 + (Money($1.1) ?? .zero) }
      let lines = result.records.flatMap(\.record.lines).reduce(Money.zero) {
        $0 + ($1["amount"]?.money ?? .zero)
      }
      #expect(lines == total)
    }
  }
}
