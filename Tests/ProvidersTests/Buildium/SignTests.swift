import Background
import Domain
import HTTP
import Providers
import Sync
import Testing

@Suite("Signs of ledger amounts") struct SignTests {
  private typealias Line = (type: String, account: String, amount: String, cash: Bool)

  private static let types = [
    "3": "Income", "12": "Expense", "5": "Liability", "9": "Equity", "1": "Asset",
    "42": "Asset", "13": "Expense",
  ]

  private func tieOut(
    _ lines: [Line], ledger: [(String, SignTieOut.Basis, String)], contra: Set<String> = []
  ) -> SignTieOut.Outcome {
    var tieOut = SignTieOut(accountTypes: Self.types, contraAccounts: contra)
    for line in lines {
      tieOut.add(
        transactionType: line.type, account: line.account, amount: Money(line.amount) ?? .zero,
        isCashPosting: line.cash)
    }
    for (account, basis, amount) in ledger {
      tieOut.expect(account: account, basis: basis, amount: Money(amount) ?? .zero)
    }
    return tieOut.outcome
  }

  @Test("a credit tells magnitudes from signs, and either is recognised")
  func credit() {
    let ledger: [(String, SignTieOut.Basis, String)] = [("3", .accrual, "925.00")]
    #expect(
      tieOut([("Charge", "3", "1000.00", false), ("Credit", "3", "75.00", false)], ledger: ledger)
        == .tied(.magnitude))
    #expect(
      tieOut([("Charge", "3", "1000.00", false), ("Credit", "3", "-75.00", false)], ledger: ledger)
        == .tied(.natural))
  }

  @Test("where both conventions say the same, nothing is decided")
  func open() {
    #expect(
      tieOut([("Charge", "3", "1000.00", false)], ledger: [("3", .accrual, "1000.00")])
        == .undecided)
    #expect(tieOut([], ledger: []) == .undecided)
  }

  @Test("where income and expense do not tell, a draw on an equity account does")
  func draw() {
    let ledger: [(String, SignTieOut.Basis, String)] = [
      ("3", .accrual, "10.00"), ("9", .accrual, "-500.00"), ("5", .accrual, "77.00"),
    ]
    #expect(
      tieOut(
        [
          ("Charge", "3", "10.00", false), ("Check", "9", "500.00", false),
          ("Charge", "5", "1.00", false),
        ],
        ledger: ledger) == .tied(.magnitude))
    #expect(
      tieOut([("Charge", "3", "10.00", false), ("Check", "9", "-500.00", false)], ledger: ledger)
        == .tied(.natural))
  }

  @Test("a ledger that fits neither is named with account and figures")
  func neither() {
    let outcome = tieOut(
      [("Charge", "3", "1000.00", false), ("Credit", "3", "75.00", false)],
      ledger: [("3", .accrual, "1.00")])
    #expect(
      outcome
        == .neither(differences: [
          "GL account 3 (accrual): ledger 1.00, as magnitudes 925.00, as natural signs 1075.00"
        ]))
  }

  @Test("cash counts cash postings, accrual the others, journal entries both")
  func bases() {
    let lines: [Line] = [
      ("Bill", "12", "40.00", false), ("Check", "12", "30.00", true),
      ("GeneralJournalEntry", "12", "5.00", false), ("VendorRefund", "12", "1.00", true),
    ]
    #expect(
      tieOut(lines, ledger: [("12", .accrual, "45.00"), ("12", .cash, "34.00")])
        == .tied(.magnitude))
  }

  @Test("a type nobody has met and a contra account prove nothing")
  func excluded() {
    let lines: [Line] = [
      ("Charge", "3", "10.00", false), ("Credit", "3", "1.00", false),
      ("Teleport", "13", "5.00", false), ("GeneralJournalEntry", "42", "9.00", false),
    ]
    let ledger: [(String, SignTieOut.Basis, String)] = [
      ("3", .accrual, "9.00"), ("13", .accrual, "12345.00"), ("42", .accrual, "-9.00"),
    ]
    #expect(tieOut(lines, ledger: ledger, contra: ["42"]) == .tied(.magnitude))
  }

  // MARK: At Buildium

  /// Serves one credit and one charge a month old, in a ledger that fits `convention` (nil: none).
  private static func server(_ convention: SignConvention?, credit: Bool = true) -> ScriptedHTTP {
    func transaction(_ id: Int, _ type: String, _ amount: String) -> JSONValue {
      [
        "Id": .int(id), "Date": "2026-09-15", "TransactionType": .string(type),
        "Journal": [
          "Lines": [
            ["GLAccount": ["Id": 3], "Amount": .number(amount), "IsCashPosting": false]
          ]
        ],
      ]
    }
    var rows = [transaction(1, "Charge", "1000")]
    if credit { rows.append(transaction(2, "Credit", convention == .natural ? "-75" : "75")) }
    let served = rows
    let total = convention == nil ? "12.34" : credit ? "925" : "1000"
    return ScriptedHTTP { asked in
      let isInWindow =
        (asked.first("startdate") ?? "9") <= "2026-09-15"
        && "2026-09-15" <= (asked.first("enddate") ?? "")
      switch asked.path {
      case "/v1/generalledger/transactions":
        return reply(.array(isInWindow ? served : []), total: isInWindow ? served.count : 0)
      case "/v1/generalledger":
        let isAccrual = asked.first("accountingbasis") == "Accrual"
        guard isInWindow, isAccrual else { return reply([]) }
        return reply([["GLAccountId": 3, "TotalAmount": .number(total), "Entries": .null]])
      default: return refusal(404)
      }
    }
  }

  private static func context() -> MemoryContext {
    let context = LedgerPullTests.accounts([3])
    context.state.withLock { $0.memory = [:] }
    return context
  }

  @Test(
    "before the first transaction is read the convention is found and remembered",
    arguments: SignConvention.allCases)
  func found(convention: SignConvention) throws {
    let context = Self.context()
    let http = Self.server(convention)
    let result = try pull(provider(http), .transactions, context: context)
    #expect(result.records.count == 2)
    #expect(try context.memory(SignConvention.memoryName) == convention.rawValue)
    let ledger = http.asked.filter { $0.path == "/v1/generalledger" }
    #expect(ledger.allSatisfy { $0.all("glaccountids") == ["3"] })
    #expect(ledger.allSatisfy { BillPullTests.days($0, "startdate", "enddate") == 31 })
    let count = http.asked.count
    _ = try pull(provider(http), .transactions, context: context)
    #expect(http.asked.dropFirst(count).allSatisfy { $0.path == "/v1/generalledger/transactions" })
  }

  @Test("amounts that fit no convention are refused before anything is stored")
  func refused() throws {
    let context = Self.context()
    #expect {
      try pull(provider(Self.server(nil)), .transactions, context: context)
    } throws: { thrown in
      guard let error = thrown as? ProviderError else { return false }
      return error.kind == .unexpectedAnswer && error.message.contains("GL account 3 (accrual)")
        && error.message.contains("12.34")
    }
    #expect(try context.memory(SignConvention.memoryName) == nil)
  }

  @Test(
    "while nothing tells, magnitudes are taken, and the question stays open until something does")
  func stillOpen() throws {
    let context = Self.context()
    _ = try pull(provider(Self.server(.magnitude, credit: false)), .transactions, context: context)
    #expect(try context.memory(SignConvention.memoryName) == "magnitude")
    _ = try pull(provider(Self.server(.natural)), .transactions, context: context)
    #expect(try context.memory(SignConvention.memoryName) == "natural")
    let http = Self.server(.natural)
    _ = try pull(provider(http), .transactions, context: context)
    #expect(!http.asked.contains { $0.path == "/v1/generalledger" })
  }

  @Test("an open question is asked again only of the months since the last pull")
  func openAgain() throws {
    let context = Self.context()
    let http = Self.server(.magnitude, credit: false)
    _ = try pull(provider(http), .transactions, context: context)
    let first = http.asked.count { $0.path == "/v1/generalledger" }
    let since = try #require(Instant("2026-11-19T12:00:00Z"))
    _ = try pull(provider(http), .transactions, context: context, since: since)
    let second = http.asked.count { $0.path == "/v1/generalledger" } - first
    #expect(first > 40 && second > 0 && second <= 4, "\(first), then \(second)")
  }
}
