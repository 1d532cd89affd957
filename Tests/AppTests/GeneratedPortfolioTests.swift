import Domain
import FoundationEssentials
import Glibc
import Sandbox
import Testing
import WebServer

@Suite("The figures of generated portfolios") struct GeneratedPortfolioTests {
  /// A service with a portfolio nobody has looked at, and the built program on it.
  private final class Books {
    let home = "/tmp/rentbook-books-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    let service: SandboxBuildium
    private let server: SandboxServer
    private let environment: [String: String]

    init(properties: Int, seed: UInt64, isNatural: Bool) throws {
      var options = BuildiumOptions()
      options.liftLimits()
      options.signConvention = isNatural ? .natural : .magnitude
      service = SandboxBuildium(
        Portfolio(
          PortfolioOptions(
            properties: properties, units: properties * 4, months: 3, seed: seed,
            today: CalendarDate(daysSince1970: 20_700))), options: options)
      server = try service.start()
      environment = [
        "RENTBOOK_HOME": home, "RENTBOOK_BUILDIUM_RATE": "400",
        "RENTBOOK_BUILDIUM_URL": server.url,
        "RENTBOOK_BUILDIUM_CLIENT_ID": service.options.clientId,
        "RENTBOOK_BUILDIUM_CLIENT_SECRET": service.options.clientSecret,
      ]
    }

    deinit {
      service.stop()
      server.stop()
      try? FileManager.default.removeItem(atPath: home)
    }

    func run(_ words: String...) throws -> JSONValue {
      let command = try Command.run(words + ["--json"], environment: environment)
      #expect(command.code == 0, "\(words): \(command.output.prefix(500)) \(command.error)")
      return try JSONValue(parsing: command.output)
    }

    /// All rows of a list at the service itself.
    func get(_ path: String, _ query: String = "") throws -> [JSONValue] {
      var rows: [JSONValue] = []
      for page in 0..<100 {
        let answer = service.handle(
          WebRequest(
            method: "GET", target: "\(path)?limit=1000&offset=\(page * 1000)\(query)",
            headers: [
              "x-buildium-client-id": service.options.clientId,
              "x-buildium-client-secret": service.options.clientSecret,
            ], body: []))
        try #require(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        let more = try #require(try JSONValue(parsing: answer.body).array)
        rows += more
        if more.count < 1000 { break }
      }
      return rows
    }
  }

  /// Revenue and operating expenses of each property in a month, added up from the entries of the
  /// service's own general ledger: another source than the transactions that Rentbook reads, added by
  /// another program than its reports.
  private static func expected(_ books: Books, _ month: String, _ basis: String) throws
    -> [Int: [Int64]]
  {
    var kinds: [Int: Int] = [:]
    func take(_ account: JSONValue) {
      let type = "\(account["Type"]?.string ?? "") \(account["SubType"]?.string ?? "")"
      if let id = account["Id"]?.int {
        kinds[id] = ["Income Income": 0, "Expense OperatingExpenses": 1][type]
      }
      for below in account["SubAccounts"]?.array ?? [] { take(below) }
    }
    for account in try books.get("/v1/glaccounts") { take(account) }
    let ids = kinds.keys.sorted().map { "&glaccountids=\($0)" }.joined()
    let rows = try books.get(
      "/v1/generalledger",
      "&accountingbasis=\(basis)&entitytype=Rental&startdate=\(month)-01&enddate=\(month)-31\(ids)")
    var sums: [Int: [Int64]] = [:]
    for row in rows {
      guard let account = row["GLAccountId"]?.int ?? row["GLAccount"]?["Id"]?.int,
        let kind = kinds[account]
      else { continue }
      for entry in row["Entries"]?.array ?? [] {
        guard entry["AccountingEntity"]?["AccountingEntityType"]?.string == "Rental",
          let property = entry["AccountingEntity"]?["Id"]?.int
        else { continue }
        let amount = try #require(entry["Amount"]?.numberText.flatMap { Money($0) })
        sums[property, default: [0, 0]][kind] += amount.minorUnits
      }
    }
    return sums.filter { $0.value != [0, 0] }
  }

  @Test(
    "every property's NOI is what the general ledger's entries add up to, both bases, however lines are signed",
    arguments: [(12, UInt64(3), false), (12, UInt64(4), true), (30, UInt64(5), true)])
  func income(_ properties: Int, _ seed: UInt64, _ isNatural: Bool) throws {
    let books = try Books(properties: properties, seed: seed, isNatural: isNatural)
    _ = try books.run("sync", "--direction", "pull")
    // 2026-09-04 is today there; August is whole, and the portfolio begins before it.
    for (basis, name) in [("Cash", "cash"), ("Accrual", "accrual")] {
      let wanted = try Self.expected(books, "2026-08", basis)
      let answer = try books.run("noi", "--month", "2026-08", "--basis", name)
      var found: [Int: [Int64]] = [:]
      for row in answer["rows"]?.array ?? [] {
        let id = try #require(row["property_id"]?.int)
        for (place, key) in ["revenue", "operating_expenses"].enumerated() {
          let amount = try #require(Money(row[key]?.string ?? ""))
          found[id, default: [0, 0]][place] += amount.minorUnits
        }
      }
      #expect(found.count == properties)
      #expect(found.filter { $0.value != [0, 0] } == wanted, "\(properties) seed \(seed) \(name)")
      #expect(wanted.count > properties / 2, "the month is not empty")
    }
  }
}
