import Domain
import FoundationEssentials
import Glibc
import Testing

@testable import Reports

/// The figures of the worked example as another program computes them from the exported journal.
@Suite("The journal for hledger")
struct LedgerJournalTests {
  private static func shell(_ command: String) -> (text: String, isDone: Bool) {
    guard let pipe = popen(command + " 2>&1", "r") else { return ("", false) }
    var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
    while true {
      let count = fread(&buffer, 1, buffer.count, pipe)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return (String(decoding: bytes, as: UTF8.self), pclose(pipe) == 0)
  }

  private static let hasHledger = shell("command -v hledger").isDone
  private static let missing: Comment =
    "hledger is not installed, so its own figures cannot be compared"

  /// A journal in a file that is gone after `body`.
  private static func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let path = "/tmp/rentbook-journal-\(getpid())-\(UInt32.random(in: 0 ... .max)).journal"
    try Data(text.utf8).write(to: URL(filePath: path))
    defer { unlink(path) }
    try body(path)
  }

  /// The balance of accounts by property, by hledger's own command.
  private static func balances(_ path: String, _ query: String) throws -> [String: Money] {
    let answer = shell("hledger -f \(path) bal \(query) --pivot property -N -O csv")
    try #require(answer.isDone, "\(answer.text)")
    var sums: [String: Money] = [:]
    for line in answer.text.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: "\"").map(String.init).filter { $0 != "," }
      try #require(fields.count == 2, "\(line)")
      sums[fields[0]] = Money(fields[1].filter { $0 != "$" && $0 != "," })
    }
    return sums
  }

  @Test(
    "hledger computes the same net operating income of every property and basis",
    .enabled(if: hasHledger, missing), arguments: Basis.allCases)
  func income(_ basis: Basis) throws {
    let ledger = try Fixtures.portfolio.get()
    var compared = 0
    var answers: [Period: [String: Money]] = [:]
    try Self.withFile(LedgerJournal.text(ledger)) { path in
      let check = Self.shell("hledger -f \(path) check -s")
      #expect(check.isDone, "\(check.text)")
      for row in ledger.noi(
        months: try ["2026-07", "2026-08", "2026-09"].map { try #require(CalendarMonth($0)) },
        basis: basis)
      {
        let sums =
          try answers[row.period]
          ?? Self.balances(
            path,
            "'^(income|expenses):operating' tag:basis='^(\(basis.rawValue)|both)$' --invert"
              + " -b \(row.period.from) -e \(row.period.to.adding(days: 1))")
        answers[row.period] = sums
        let property = ledger.properties[row.property].id
        #expect((sums[property] ?? .zero) == row.figures.noi, "\(property) in \(row.period)")
        compared += 1
      }
    }
    #expect(compared > 30)
  }

  @Test(
    "a month by itself opens with the balances of the day before",
    .enabled(if: hasHledger, missing), arguments: Basis.allCases)
  func opening(_ basis: Basis) throws {
    let ledger = try Fixtures.portfolio.get()
    let month = try #require(CalendarMonth("2026-09"))
    let query = "assets liabilities tag:basis='^(\(basis.rawValue)|both)$' -e 2026-10-01"
    try Self.withFile(LedgerJournal.text(ledger, period: month.period)) { part in
      let check = Self.shell("hledger -f \(part) check -s")
      #expect(check.isDone, "\(check.text)")
      try Self.withFile(LedgerJournal.text(ledger)) { whole in
        let opened = try Self.balances(part, query)
        #expect(opened == (try Self.balances(whole, query)))
        #expect(opened.count > 10)
      }
    }
  }

  @Test("what belongs to no known property is not operating, and what does not balance is said")
  func odd() throws {
    var books = SmallBooks()
    books.post(
      "GeneralJournalEntry", "2026-07-15", basis: nil, property: LedgerSnapshot.unassigned,
      [(.bank, 500), (.rent, -500)])
    books.post("Check", "2026-07-16", basis: nil, [(.repairs, 300), (.bank, -299)])
    let text = LedgerJournal.text(books.builder.finish())
    #expect(text.contains("income:unknown property:rent  $-5.00  ; property:UNKNOWN"))
    #expect(!text.contains("income:operating"))
    #expect(text.contains("equity:not balanced  $-0.01  ; property:1"))
    guard Self.hasHledger else { return }
    try Self.withFile(text) { path in
      let check = Self.shell("hledger -f \(path) check -s")
      #expect(check.isDone, "\(check.text)")
    }
  }
}

@Suite("Leases of the worked example")
struct LeaseBalanceTests {
  @Test("what every lease owes and has paid ahead is exact")
  func balances() throws {
    let ledger = try Fixtures.portfolio.get()
    let day = try #require(CalendarDate("2026-09-30"))
    var found: [String: LeaseBalance] = [:]
    for balance in LeaseBalance.all(ledger, at: day) {
      found[ledger.leases[balance.lease].id] = balance
      #expect(balance.aged.reduce(.zero, +) == balance.receivable)
    }
    let expected = try Fixtures.expected("lease_balances")
    try #require(expected.count > 30)
    for want in expected {
      let balance = found["\(want["LeaseId"]?.int ?? 0)"]
      #expect(
        (balance?.receivable ?? .zero).description == want["ReceivableBalance"]?.string,
        "\(want.text)")
      #expect(
        (balance?.prepaid ?? .zero).description == want["PrepaidBalance"]?.string, "\(want.text)")
    }
  }
}
