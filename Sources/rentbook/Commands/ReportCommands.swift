import Background
import Documents
import Domain
import Glibc
import Reports
import Storage

/// `rentbook report NAME`: statements on the screen, as CSV, as a spreadsheet, as pages.
enum ReportCommands {
  typealias Format = ReportFile.Format

  private static let common = [
    OptionSpec("--month", "YYYY-MM", "The month."),
    OptionSpec("--from", "DATE", "The first day, in place of a month."),
    OptionSpec("--to", "DATE", "The last day, in place of a month."),
    OptionSpec("--property", "ID", isRepeated: true, "Only this property; may be repeated."),
    OptionSpec("--format", "table|csv|xlsx|pdf|json", "How it is written; a table unless said."),
    OptionSpec("--out", "FILE", "Where it is written; xlsx and pdf need one."),
  ]
  private static let basis = OptionSpec(
    "--basis", "cash|accrual", "When income and cost count; cash unless said.")
  private static let paper = OptionSpec("--paper", "letter|a4", "The size of PDF pages.")

  static let specs: [CommandSpec] = [
    spec(
      "income-statement", "Revenue and expenses down to the net income.",
      [
        basis,
        OptionSpec(
          "--compare", "previous|last-year|year-to-date|none",
          "What the period is compared with; the one before unless said."),
      ]
    ) { call throws(Failure) in
      let comparison =
        try MonthOptions.choice(call.invocation, "--compare", IncomeStatement.Comparison.self)
      return [IncomeStatement.report(try call.scope(), comparedWith: comparison ?? .previous)]
    },
    spec("trial-balance", "The balance of every account.", [basis]) { call throws(Failure) in
      [TrialBalance.report(try call.scope())]
    },
    spec(
      "general-ledger", "Every line of every account.",
      [
        basis, OptionSpec("--account", "ID", isRepeated: true, "Only this GL account."),
      ]
    ) { call throws(Failure) in
      var accounts: Set<Int> = []
      for id in call.invocation.texts("--account") { accounts.insert(try call.account(id)) }
      return [GeneralLedger.report(try call.scope(), accounts: accounts.isEmpty ? nil : accounts)]
    },
    spec("cash-flow", "Where the money came from and went.", []) { call throws(Failure) in
      [CashFlow.report(try call.scope())]
    },
    spec("rent-roll", "Every unit with its tenant, rent and what is owed.", []) {
      call throws(Failure) in [RentRoll.report(try call.scope(), try call.facts())]
    },
    spec("delinquency", "Who is behind with the rent, and for how long.", []) {
      call throws(Failure) in [Delinquency.report(try call.scope())]
    },
    spec("ap-aging", "What is owed to vendors, and for how long.", []) { call throws(Failure) in
      [PayablesAging.report(try call.scope(), try call.facts())]
    },
    spec(
      "three-way", "Bank, books and beneficiaries of trust money.",
      [
        OptionSpec(
          "--statement-balance", "ACCOUNT=AMOUNT", isRepeated: true,
          "What the bank's statement says stands in a GL account on the last day; for each account."
        )
      ], threeWay),
    spec(
      "budget", "What was to be expected beside what came, in whole months.",
      [
        basis,
        OptionSpec(
          "--against", "forecast|plan",
          "The forecast of Rentbook, or the plan: the base's table Forecasts. Both where there is a plan."
        ),
      ], budget),
    spec(
      "owner-statement", "What an owner is told of a month.",
      [
        basis, OptionSpec("--owner", "ID", "The owner."),
        OptionSpec("--packet", "Add income statement, rent roll and ledger of the properties."),
      ], owners),
  ]

  private static func budget(_ call: Call) throws(Failure) -> [Report] {
    _ = try call.months()
    let scope = try call.scope()
    switch call.invocation.text("--against") {
    case "forecast": return [BudgetStatement.report(scope)]
    case "plan": return [BudgetStatement.planReport(scope)]
    case nil:
      let hasPlan = call.ledger.plan.rows.contains { scope.period.contains($0.day) }
      return [BudgetStatement.report(scope)] + (hasPlan ? [BudgetStatement.planReport(scope)] : [])
    case let other?: throw .usage("--against takes forecast or plan, not “\(other)”.")
    }
  }

  /// A call of a report, with what its making needs.
  private struct Call {
    let invocation: Invocation
    let workspace: Workspace
    let books: MonthBooks
    var ledger: LedgerSnapshot { books.ledger }

    func scope() throws(Failure) -> StatementScope {
      var properties: [Int] = []
      for id in invocation.texts("--property") {
        guard let property = ledger.property(id) else {
          throw .usage("There is no property \(id).")
        }
        properties.append(property)
      }
      return try scope(properties: properties.isEmpty ? nil : properties)
    }

    func scope(properties: [Int]?) throws(Failure) -> StatementScope {
      let basis = try MonthOptions.choice(invocation, "--basis", Basis.self) ?? .cash
      let status = try workspace.status()
      return StatementScope(
        ledger, properties: properties, period: try period(), basis: basis,
        portfolio: workspace.configuration.portfolio,
        dataAsOf: status.resources.compactMap(\.lastSyncedAt).min())
    }

    func account(_ id: String) throws(Failure) -> Int {
      guard let account = ledger.accounts.firstIndex(where: { $0.id == id }) else {
        throw .usage("There is no GL account \(id).")
      }
      return account
    }

    func facts() throws(Failure) -> StatementFacts {
      try workspace.onStore { store throws(StorageError) in try store.statementFacts(ledger) }
    }

    /// The months of the period, which must be whole.
    func months() throws(Failure) -> ClosedRange<CalendarMonth> {
      let period = try period()
      let first = CalendarMonth(containing: period.from)
      let last = CalendarMonth(containing: period.to)
      guard period.from == first.first, period.to == last.last else {
        throw .usage("“\(invocation.command)” is of whole months: \(period) are none.")
      }
      return first...last
    }

    func period() throws(Failure) -> Period {
      func date(_ name: String) throws(Failure) -> CalendarDate? {
        guard let text = invocation.text(name) else { return nil }
        guard let date = CalendarDate(text) else {
          throw .usage("\(name) takes a day such as 2026-07-31, not “\(text)”.")
        }
        return date
      }
      let (from, to) = (try date("--from"), try date("--to"))
      guard from != nil || to != nil else { return try MonthOptions.month(invocation).period }
      guard invocation.text("--month") == nil else {
        throw .usage("--month and --from or --to say two things.")
      }
      guard let from, let to, from <= to else {
        throw .usage("--from and --to name the first and the last day, in this order.")
      }
      return Period(from: from, to: to)
    }
  }

  private static func spec(
    _ name: String, _ summary: String, _ options: [OptionSpec],
    _ make: @escaping @Sendable (Call) throws(Failure) -> [Report]
  ) -> CommandSpec {
    CommandSpec("report \(name)", options: common + options + [paper], summary) {
      invocation throws(Failure) in
      let said = try MonthOptions.choice(invocation, "--format", Format.self)
      let format = said ?? .table
      let path = invocation.text("--out")
      if path == nil, format == .xlsx || format == .pdf {
        throw .usage("A \(format.rawValue) report needs --out FILE.")
      }
      let workspace = try Workspace(invocation)
      defer { workspace.close() }
      if invocation.command == "report budget", invocation.text("--against") == "plan" {
        for note in workspace.freshenPlan() { Output.note("! \(note)") }
      }
      let books = try workspace.onStore { store throws(StorageError) in try store.monthBooks() }
      let reports = try make(Call(invocation: invocation, workspace: workspace, books: books))
      // `--json` is about standard output; a file has the form that was asked for.
      let isValues = invocation.isJSON && (path == nil || said == nil)
      try write(reports, invocation, isValues ? .json : format, to: path)
      return .done
    }
  }

  // MARK: The owner's

  private static func owners(_ call: Call) throws(Failure) -> [Report] {
    guard let owner = try MonthOptions.owner(call.invocation, call.ledger) else {
      throw .usage("“\(call.invocation.command)” needs --owner ID.")
    }
    let period = try call.period()
    let months = try call.months()
    let properties = OwnerStatement.properties(call.ledger, of: owner, in: period)
    let scope = try call.scope(properties: properties)
    let draws = call.books.draws.rows(months: months, properties: properties)
    var reports = [OwnerStatement.report(scope, owner: owner, draws: draws)]
    if call.invocation.flag("--packet") {
      reports += [
        IncomeStatement.report(scope, comparedWith: .previous),
        RentRoll.report(scope, try call.facts()), GeneralLedger.report(scope),
      ]
    }
    return reports
  }

  // MARK: Trust

  private static func threeWay(_ call: Call) throws(Failure) -> [Report] {
    var statements: [Int: Money] = [:]
    for text in call.invocation.texts("--statement-balance") {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let amount = Money(parts[1]) else {
        throw .usage(
          "--statement-balance takes an account and an amount such as 10001=5230.15, not “\(text)”."
        )
      }
      let account = try call.account(parts[0])
      guard call.ledger.accounts[account].purpose == .bank else {
        throw .usage("GL account \(parts[0]) is not a bank account.")
      }
      guard statements.updateValue(amount, forKey: account) == nil else {
        throw .usage("GL account \(parts[0]) has two statement balances.")
      }
    }
    let today = Instant(milliseconds: SystemClock().wallMilliseconds).date
    return [
      ThreeWay.report(try call.scope(), try call.facts(), statements: statements, today: today)
    ]
  }

  // MARK: Writing

  private static func write(
    _ reports: [Report], _ invocation: Invocation, _ format: Format, to path: String?
  ) throws(Failure) {
    guard let path else {
      switch format {
      case .json: Output.document(invocation.command, ReportFile.document(reports))
      case .csv: Output.write(CSVDocument.text(reports), to: STDOUT_FILENO)
      default:
        for report in reports { Output.write(TextDocument.text(report) + "\n", to: STDOUT_FILENO) }
      }
      return
    }
    let paper = try MonthOptions.choice(invocation, "--paper", PageDocument.Paper.self) ?? .letter
    try ReportFile.write(reports, format, to: path, paper: paper)
    if invocation.isJSON {
      Output.document(invocation.command, ["file": .string(path)])
    } else {
      Output.note("\(path) was written.")
    }
  }
}
