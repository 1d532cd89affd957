// Net operating income of many properties over a year, from a ledger of half a million lines.
import Domain
import Reports
import Storage

/// The columns against the database's own sum and against hledger, on the same ledger.
enum NOIBenchmark {
  private static let months = 12
  private static let leases = 7
  private static let batch = 4_000
  private static let repeats = 20

  private static let accounts: [(id: Int, name: String, type: String, subType: String)] = [
    (1, "Accounts Receivable", "Asset", "CurrentAsset"),
    (2, "Undeposited Funds", "Asset", "CurrentAsset"),
    (3, "Rent Income", "Income", "Income"),
    (6, "Accounts Payable", "Liability", "CurrentLiability"),
    (10, "Management Fees", "Expense", "OperatingExpenses"),
    (11, "Repairs", "Expense", "OperatingExpenses"),
    (12, "Utilities", "Expense", "OperatingExpenses"),
    (30, "Mortgage Interest", "Expense", "NonOperatingExpenses"),
    (100, "Operating Trust", "Asset", "CurrentAsset"),
  ]

  @Sendable static func run(_ options: Options) throws(BenchmarkError) -> [Figure] {
    try TemporaryFolder.with { folder throws(BenchmarkError) in
      let sealing = try BenchSealing()
      let path = folder + "/noi.sqlite"
      let measured: (ledger: LedgerSnapshot, rows: [NOIRow], figures: [Figure])
      do throws(StorageError) {
        measured = try measure(path, sealing, properties: options.noiProperties)
      } catch { throw BenchmarkError("The store failed: \(error.message)") }
      return try measured.figures
        + HledgerComparison.figures(measured.ledger, measured.rows, in: folder)
    }
  }

  private static func measure(
    _ path: String, _ sealing: BenchSealing, properties: Int
  ) throws(StorageError) -> (ledger: LedgerSnapshot, rows: [NOIRow], figures: [Figure]) {
    let store = try Store(path: path, sealing: sealing) { Instant(milliseconds: 1_790_000_000_000) }
    defer { store.close() }
    let filling = try milliseconds { () throws(StorageError) in
      try fill(store, properties: properties)
    }
    let first = CalendarMonth(containing: CalendarDate(daysSince1970: 20_454))
    let range = CalendarMonth.months(first, through: first.adding(months: months - 1))

    let began = Now.monotonic
    let ledger = try store.ledger()
    let loading = Double(Now.monotonic - began) / 1e6
    var rows: [NOIRow] = []
    var computing = Samples()
    for _ in 0..<repeats {
      rows = computing.measure { ledger.noi(months: range, basis: .cash) }
    }
    var draws: [DrawRow] = []
    let drawing = milliseconds {
      draws = DrawCalculation(ledger).rows(months: first...first.adding(months: months - 1))
    }

    var totals: [String: Money] = [:]
    let period = Period(from: first.first, to: first.adding(months: months - 1).last)
    let querying = try milliseconds { () throws(StorageError) in
      totals = try store.incomeByQuery(period, basis: .cash)
    }
    var sums: [String: Money] = [:]
    for row in rows {
      sums[ledger.properties[row.property].localID, default: .zero] += row.figures.noi
    }
    let figures = [
      Figure("properties", properties), Figure("months", months),
      Figure("lines of the ledger", ledger.lines.count),
      Figure("transactions", ledger.transactions.count),
      Figure("rows of figures", rows.count), Figure("rows of draws", draws.count),
      Figure(
        "properties that differ from the query", sums.filter { totals[$0.key] != $0.value }.count),
      Figure("time to fill", filling / 1000, "s"), Figure("time to read the ledger", loading, "ms"),
      Figure("one sum by the database", querying, "ms"),
      Figure("memory of the lines", Double(ledger.lines.count * 25) / 1e6, "MB", digits: 1),
      Figure("peak resident, filling included", Resident.peakMegabytes, "MB", digits: 1),
      Figure("draws of every month", drawing, "ms"),
    ]
    return (ledger, rows, figures + computing.figures("figures of every month"))
  }

  private static func milliseconds<Failure: Error>(_ body: () throws(Failure) -> Void)
    throws(Failure) -> Double
  {
    let start = Now.monotonic
    try body()
    return Double(Now.monotonic - start) / 1e6
  }

  // MARK: A ledger

  private static func fill(_ store: Store, properties: Int) throws(StorageError) {
    try store.writeSync { records throws(StorageError) in
      for account in accounts {
        var record = Record(.glAccounts)
        record["name"] = .text(account.name)
        record["type"] = .text(account.type)
        record["sub_type"] = .text(account.subType)
        record["default_account_name"] = .text(account.name)
        record["is_bank_account"] = .boolean(account.id == 100)
        try take(records, .glAccounts, account.id, record)
      }
      var bank = Record(.bankAccounts)
      bank["gl_account"] = .reference(RemoteKey(.buildium, .glAccounts, "100"))
      try take(records, .bankAccounts, 1, bank)
      for number in 1...properties {
        var record = Record(.properties)
        record["name"] = .text("Property \(number)")
        record["is_active"] = .boolean(true)
        record["operating_bank_account_id"] = .reference(RemoteKey(.buildium, .bankAccounts, "1"))
        try take(records, .properties, number, record)
      }
      _ = try records.resolveLinks()
    }
    var waiting: [(id: Int, property: Int, day: CalendarDate, kind: Int)] = []
    var id = 0
    let first = CalendarMonth(containing: CalendarDate(daysSince1970: 20_454))
    for month in 0..<months {
      for property in 1...properties {
        for kind in 0..<leases * 2 + 7 {
          id += 1
          let day = first.adding(months: month).first.adding(days: kind)
          waiting.append((id, property, day, kind))
          if waiting.count == batch {
            try flush(store, waiting)
            waiting = []
          }
        }
      }
    }
    try flush(store, waiting)
  }

  private static func flush(
    _ store: Store, _ rows: [(id: Int, property: Int, day: CalendarDate, kind: Int)]
  ) throws(StorageError) {
    try store.writeSync { records throws(StorageError) in
      for row in rows {
        try take(records, .transactions, row.id, transaction(row.property, row.day, row.kind))
      }
    }
  }

  /// Rent that is charged and paid, checks over several accounts, a mortgage.
  private static func transaction(_ property: Int, _ day: CalendarDate, _ kind: Int) -> Record {
    var record = Record(.transactions)
    record["date"] = .date(day)
    let amount = Money(minorUnits: Int64(10_000 + property * 37 + kind * 11))
    func line(_ account: Int, isCash: Bool) -> FieldValues {
      [
        "gl_account_id": .reference(RemoteKey(.buildium, .glAccounts, String(account))),
        "source_amount": .money(amount), "is_cash_posting": .boolean(isCash),
        "entity_type": .text("Rental"), "entity_id": .integer(Int64(property)),
        "property_id": .reference(RemoteKey(.buildium, .properties, String(property))),
      ]
    }
    switch kind {
    case 0..<leases:
      record["transaction_type"] = .text("Charge")
      record.lines = [line(3, isCash: false)]
    case leases..<leases * 2:
      record["transaction_type"] = .text("Payment")
      record.lines = [line(3, isCash: true)]
    default:
      record["transaction_type"] = .text("Check")
      let pairs = kind % 2 == 0 ? [10, 11] : [12, 30]
      record.lines = [false, true].flatMap { isCash in pairs.map { line($0, isCash: isCash) } }
    }
    return record
  }

  private static func take(
    _ records: SyncRecords, _ resource: Resource, _ id: Int, _ record: Record
  ) throws(StorageError) {
    let key = RemoteKey(.buildium, resource, String(id))
    let local = try records.store(RemoteRecord(key: key, record: record))
    try records.sync.agree(
      key, localID: local, base: "{}", hash: "", updatedAt: nil, run: 1, at: records.now)
  }
}
