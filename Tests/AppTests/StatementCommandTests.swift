import Domain
import FoundationEssentials
import Glibc
import Testing

/// Statements of an imported portfolio, asked of the built program.
@Suite("Statements by command", .serialized)
struct StatementCommandTests {
  /// A home with a portfolio in it, made once and gone with the process.
  private final class Books: Sendable {
    let home = "/tmp/rentbook-statements-\(getpid())-\(UInt32.random(in: 0 ... .max))"

    init() throws {
      let folder = StatementCommandTests.tests + "/ProvidersTests/Fixtures/portfolio"
      let imported = try run("import \(folder)")
      try #require(imported.status == 0, "\(imported.text)")
    }

    func run(_ arguments: String) throws -> (text: String, status: Int32) {
      let command = "RENTBOOK_HOME=\(home) '\(PseudoTerminal.program)' \(arguments) 2>&1"
      return try StatementCommandTests.shell(command)
    }

    func json(_ arguments: String) throws -> JSONValue {
      let (text, status) = try run(arguments + " --json")
      try #require(status == 0, "\(arguments): \(text)")
      return try JSONValue(parsing: text)
    }
  }

  private static let tests =
    #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()

  private static let books = Result { try Books() }

  private static func shell(_ command: String) throws -> (text: String, status: Int32) {
    let pipe = try #require(popen(command, "r"))
    var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
    while true {
      let count = fread(&buffer, 1, buffer.count, pipe)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return (String(decoding: bytes, as: UTF8.self), pclose(pipe) >> 8)
  }

  @Test(
    "rows name their records and their cells",
    arguments: [
      (
        "rent-roll",
        ["property_id", "unit_id", "lease_id", "rent", "market_rent", "owed", "prepaid"]
      ),
      ("ap-aging", ["property_id", "bill_id", "due_date", "remaining", "days_31_60"]),
      ("trial-balance", ["gl_account_id", "account", "type", "debit", "credit"]),
      ("general-ledger", ["gl_account_id", "transaction_id", "date", "balance"]),
      ("income-statement", ["gl_account_id", "amount", "compared", "change"]),
    ])
  func keys(_ name: String, _ keys: [String]) throws {
    let document = try Self.books.get().json("report \(name) --month 2026-07")
    let rows = try #require(document["rows"]?.array)
    #expect(
      rows.contains { row in keys.allSatisfy { row[$0] != nil } }, "\(keys) in one row of \(name)")
    let columns = document["columns"]?.array?.compactMap { $0["key"]?.string } ?? []
    #expect(Set(columns).count == columns.count && !columns.contains(""))
    for row in rows { #expect(row["cells"]?.array?.count == columns.count) }
  }

  @Test("trust money is proved with statements, and a cent too many is found")
  func threeWay() throws {
    let books = try Self.books.get()
    let open = try books.json("report three-way --month 2026-07")
    func amount(_ document: JSONValue, _ title: String) -> String? {
      document["rows"]?.array?.last { $0["trust_money"]?.string == title }?["amount"]?.string
    }
    #expect(amount(open, "Books less beneficiaries") == "0.00")
    #expect(amount(open, "Banks less books") == nil)
    let balances = try #require(
      try books.json("report trial-balance --month 2026-07")["rows"]?.array)
    func balance(_ account: Int) -> Money? {
      balances.first { $0["gl_account_id"]?.int == account }?["debit"]?.string.flatMap { Money($0) }
    }
    let (operating, deposits) = (try #require(balance(10001)), try #require(balance(10002)))
    let cent = Money(minorUnits: 1)
    for (extra, want) in [(Money.zero, "0.00"), (cent, "0.01")] {
      let proof = try books.json(
        "report three-way --month 2026-07 --statement-balance 10001=\(operating + extra)"
          + " --statement-balance 10002=\(deposits)")
      #expect(amount(proof, "Banks less books") == want)
    }
    let wrong = try books.run("report three-way --month 2026-07 --statement-balance 3=1.00")
    #expect(wrong.status == 2 && wrong.text.contains("not a bank account"))
  }

  @Test("a packet is written whole as pages, spreadsheet and values")
  func packet() throws {
    let books = try Self.books.get()
    let owner = try #require(
      try books.json("noi --month 2026-07 --by owner")["rows"]?.array?.first?["owner_id"]?.int)
    for (format, more) in [("pdf", ""), ("xlsx", ""), ("csv", ""), ("xlsx", " --json")] {
      let path = "\(books.home)/packet.\(format)"
      let result = try books.run(
        "report owner-statement --packet --month 2026-07 --owner \(owner) --format \(format)"
          + " --out \(path)" + more)
      #expect(result.status == 0, "\(result.text)")
      let data = try Data(contentsOf: URL(filePath: path))
      let start = ["pdf": "%PDF", "xlsx": "PK", "csv": "report,owner-statement"][format] ?? "?"
      #expect(data.starts(with: Array(start.utf8)) && data.count > 1_000)
    }
  }

  // MARK: hledger

  private static let hasHledger = (try? shell("command -v hledger"))?.status == 0

  @Test(
    "hledger finds the exported books clean, and a month of them with the same balances",
    .enabled(if: hasHledger, "hledger is not installed, so its own figures cannot be asked for"))
  func hledger() throws {
    let books = try Self.books.get()
    let path = "\(books.home)/books.journal"
    #expect(try books.run("export hledger --out \(path)").status == 0)
    let check = try Self.shell("hledger -f \(path) check -s 2>&1")
    #expect(check.status == 0, "\(check.text)")
    // A month by itself opens with the balances of the day before.
    let part = "\(books.home)/part.journal"
    #expect(
      try books.run("export hledger --from 2026-07-01 --to 2026-07-31 --out \(part)").status == 0)
    let banks = "bal assets:bank tag:basis='^(cash|both)$' -e 2026-08-01 -N"
    let (whole, opened) = (
      try Self.shell("hledger -f \(path) \(banks)"), try Self.shell("hledger -f \(part) \(banks)")
    )
    #expect(whole.text == opened.text && whole.text.contains("trust"))
    #expect(try Self.shell("hledger -f \(part) check -s 2>&1").status == 0)
  }
}
