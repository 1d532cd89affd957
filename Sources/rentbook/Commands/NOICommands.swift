import Domain
import Reports
import Storage

/// `rentbook noi`: net operating income by property or owner, down to its transactions.
enum NOICommands {
  static let specs = [
    CommandSpec(
      "noi",
      options: [
        MonthOptions.month,
        OptionSpec("--months", "N", "That many months, ending with the month (1 unless said)."),
        OptionSpec("--ytd", "The year up to the month."),
        OptionSpec(
          "--against", "WHAT",
          "Compare with previous, last-year, forecast, plan (the base's table Forecasts), or months up "
            + "to YYYY-MM."
        ),
        OptionSpec("--by", "property|owner", "A row per property (unless said), or per owner."),
        OptionSpec("--basis", "cash|accrual", "When income and cost count; cash unless said."),
        OptionSpec("--property", "ID", "Only this property."),
        OptionSpec("--owner", "ID", "Only this owner; with --by owner."),
        OptionSpec("--accounts", "Add what moved on each account."),
        OptionSpec(
          "--tie-out", "Read Buildium's general ledger and hold the figures against it first."),
        OptionSpec("--transactions", "Add the transactions behind each row."),
      ], "Net operating income, down to the transactions behind it.", run: noi)
  ]

  private static func noi(_ invocation: Invocation) throws(Failure) -> ExitCode {
    var months = try MonthOptions.months(invocation)
    if invocation.flag("--ytd"), let last = months.last {
      guard !invocation.flag("--months") else {
        throw .usage("--ytd and --months cannot be asked for together.")
      }
      months = CalendarMonth.months(last.adding(months: 1 - last.first.month), through: last)
    }
    let basis = try MonthOptions.choice(invocation, "--basis", Basis.self) ?? .cash
    let by = invocation.text("--by") ?? "property"
    guard ["property", "owner"].contains(by) else {
      throw .usage("--by takes property or owner, not “\(by)”.")
    }
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    if invocation.flag("--tie-out") {
      for month in months { try workspace.tieOut(month) }
    }
    let planNotes = invocation.text("--against") == "plan" ? workspace.freshenPlan() : []
    let ledger = try workspace.onStore { store throws(StorageError) in try store.ledger() }
    let property = try MonthOptions.property(invocation, ledger)
    let rows = ledger.noi(months: months, basis: basis, properties: property.map { [$0] })
    let problems = ledger.ownerNOI(of: rows).problems
    let checks = try checks(workspace, months)
    let comparison = try NOIComparison(
      invocation, ledger, rows, months: months, basis: basis, property: property,
      planNotes: planNotes)
    if comparison != nil, by == "owner" {
      throw .usage("--against compares properties; leave --by owner out.")
    }
    if by == "owner" {
      try showOwners(invocation, ledger, rows, problems, checks)
    } else {
      try showProperties(invocation, workspace, ledger, rows, problems, checks, comparison)
    }
    return checks.allSatisfy { $0.check.differences.isEmpty } ? .done : .needsPerson
  }

  private typealias MonthCheck = (month: CalendarMonth, check: GeneralLedgerCheck)

  /// The figures rest on transactions; here they are held against the general ledger as it was read
  /// last, on every run.
  private static func checks(
    _ workspace: Workspace, _ months: [CalendarMonth]
  ) throws(Failure) -> [MonthCheck] {
    var checks: [MonthCheck] = []
    for month in months {
      let check = try workspace.onStore { store throws(StorageError) in
        try store.generalLedgerCheck(month)
      }
      if check.checkedAt != nil { checks.append((month, check)) }
    }
    return checks
  }

  private static func tieOut(_ checks: [MonthCheck]) -> JSONValue {
    .array(
      checks.map { month, check in
        [
          "month": .string(month.description),
          "checked_at": .optional(check.checkedAt?.description),
          "differences": .array(
            check.differences.map { ["record": .string($0.record), "text": .string($0.text)] }),
        ]
      })
  }

  // MARK: By property

  private static func showProperties(
    _ invocation: Invocation, _ workspace: Workspace, _ ledger: LedgerSnapshot, _ rows: [NOIRow],
    _ problems: [OwnershipProblem], _ checks: [MonthCheck], _ comparison: NOIComparison?
  ) throws(Failure) {
    guard invocation.isJSON else {
      if let comparison {
        comparison.show(ledger)
        return
      }
      Output.table(
        ["Property", "From", "To", "Revenue", "Expenses", "NOI", "Net income"],
        rows.map {
          [
            ledger.properties[$0.property].name, $0.period.from.description,
            $0.period.to.description, $0.figures.revenue.description,
            $0.figures.operatingExpenses.description, $0.figures.noi.description,
            $0.figures.netIncome.description,
          ]
        }, rightAligned: [3, 4, 5, 6])
      let total = rows.reduce(NOIFigures()) { $0 + $1.figures }
      Output.line("Total: revenue \(total.revenue), NOI \(total.noi), net \(total.netIncome)")
      MonthOptions.note(
        problems.map(\.description) + checks.flatMap { $0.check.differences.map(\.text) })
      return
    }
    var json: [JSONValue] = []
    for row in rows {
      let figures = row.figures
      var object: JSONObject = [
        "property_id": MonthOptions.id(ledger.properties[row.property].id),
        "property": .string(ledger.properties[row.property].name),
        "month": .string(row.month.description), "from": .string(row.period.from.description),
        "to": .string(row.period.to.description), "basis": .string(row.basis.rawValue),
        "revenue": .money(figures.revenue),
        "operating_expenses": .money(figures.operatingExpenses), "noi": .money(figures.noi),
        "non_operating_income": .money(figures.nonOperatingIncome),
        "non_operating_expenses": .money(figures.nonOperatingExpenses),
        "net_income": .money(figures.netIncome),
        "management_income": .money(figures.managementIncome),
        "unclassified": .money(figures.unclassified),
      ]
      if invocation.flag("--accounts") {
        var accounts = JSONObject()
        let amounts = ledger.accountAmounts(
          property: row.property, period: row.period, basis: row.basis)
        for (account, amount) in amounts.sorted(by: { $0.key < $1.key }) {
          accounts[ledger.accounts[account].id] = .money(amount)
        }
        object["accounts"] = .object(accounts)
      }
      if invocation.flag("--transactions") {
        object["transactions"] = .array(try transactions(workspace, ledger, row))
      }
      json.append(.object(object))
    }
    Output.document(
      "noi",
      [
        "rows": .array(json), "problems": MonthOptions.problems(problems, ledger),
        "tie_out": tieOut(checks), "comparison": comparison?.json(ledger) ?? .null,
        "quarantined": .int(ledger.quarantined.count),
      ])
  }

  /// The lines behind a row, with the key of the record each comes from.
  private static func transactions(
    _ workspace: Workspace, _ ledger: LedgerSnapshot, _ row: NOIRow
  ) throws(Failure) -> [JSONValue] {
    let entries = ledger.entries(property: row.property, period: row.period, basis: row.basis)
      .filter {
        let kind = ledger.accountClass(ofLine: $0.line)
        return kind != .balanceSheet && kind != .managementIncome
      }
    let texts = try workspace.onStore { store throws(StorageError) in
      try store.transactionTexts(Set(entries.map(\.transactionID)))
    }
    return entries.map { entry in
      let text = texts[entry.transactionID]
      return [
        "transaction_id": MonthOptions.id(entry.transactionID), "type": .string(entry.type),
        "date": .string(entry.day.description),
        "gl_account_id": MonthOptions.id(ledger.accounts[entry.account].id),
        "class": .string(ledger.accountClass(ofLine: entry.line).rawValue),
        "amount": .money(entry.amount), "memo": .optional(text?.memo),
        "payee": .optional(text?.payee), "record": .optional(text?.recordKey),
      ]
    }
  }

  // MARK: By owner

  private static func showOwners(
    _ invocation: Invocation, _ ledger: LedgerSnapshot, _ rows: [NOIRow],
    _ problems: [OwnershipProblem], _ checks: [MonthCheck]
  ) throws(Failure) {
    let owner = try MonthOptions.owner(invocation, ledger)
    var shares = ledger.ownerNOI(of: rows).rows
    if let owner { shares.removeAll { $0.owner != owner } }
    shares.sort {
      ($0.owner, $0.property, $0.period.from) < ($1.owner, $1.property, $1.period.from)
    }
    guard invocation.isJSON else {
      Output.table(
        ["Owner", "Property", "From", "To", "NOI"],
        shares.map {
          [
            ledger.owners[$0.owner].name, ledger.properties[$0.property].name,
            $0.period.from.description, $0.period.to.description, $0.noi.description,
          ]
        }, rightAligned: [4])
      MonthOptions.note(
        problems.map(\.description) + checks.flatMap { $0.check.differences.map(\.text) })
      return
    }
    Output.document(
      "noi",
      [
        "rows": .array(
          shares.map {
            [
              "owner_id": MonthOptions.id(ledger.owners[$0.owner].id),
              "owner": .string(ledger.owners[$0.owner].name),
              "property_id": MonthOptions.id(ledger.properties[$0.property].id),
              "month": .string($0.month.description), "from": .string($0.period.from.description),
              "to": .string($0.period.to.description), "basis": .string($0.basis.rawValue),
              "noi": .money($0.noi),
            ]
          }), "problems": MonthOptions.problems(problems, ledger), "tie_out": tieOut(checks),
      ])
  }
}

/// What the commands of the month take and show alike.
enum MonthOptions {
  static let month = OptionSpec("--month", "YYYY-MM", "The month.")
  private static let monthsMax = 120

  static func month(_ invocation: Invocation) throws(Failure) -> CalendarMonth {
    guard let text = invocation.text("--month") else {
      throw .usage("“\(invocation.command)” needs --month YYYY-MM.")
    }
    guard let month = CalendarMonth(text) else {
      throw .usage("--month takes a month such as 2026-07, not “\(text)”.")
    }
    return month
  }

  /// As many months as were asked for, ending with the month.
  static func months(_ invocation: Invocation) throws(Failure) -> [CalendarMonth] {
    let last = try month(invocation)
    let count = try invocation.integer("--months", in: 1...monthsMax) ?? 1
    return CalendarMonth.months(last.adding(months: 1 - count), through: last)
  }

  static func choice<Choice: RawRepresentable & CaseIterable>(
    _ invocation: Invocation, _ name: String, _ type: Choice.Type
  ) throws(Failure) -> Choice? where Choice.RawValue == String {
    guard let text = invocation.text(name) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw .usage("\(name) takes one of \(names), not “\(text)”.")
    }
    return choice
  }

  static func property(_ invocation: Invocation, _ ledger: LedgerSnapshot) throws(Failure) -> Int? {
    guard let text = invocation.text("--property") else { return nil }
    guard let property = ledger.property(text) else {
      throw .usage("There is no property \(text).")
    }
    return property
  }

  static func owner(_ invocation: Invocation, _ ledger: LedgerSnapshot) throws(Failure) -> Int? {
    guard let text = invocation.text("--owner") else { return nil }
    return try owner(text, ledger)
  }

  static func owner(_ text: String, _ ledger: LedgerSnapshot) throws(Failure) -> Int {
    guard let owner = ledger.owner(text) else { throw .usage("There is no owner \(text).") }
    return owner
  }

  /// Buildium's ids are numbers; those of the store are text.
  static func id(_ text: String) -> JSONValue { Int(text).map { .int($0) } ?? .string(text) }

  static func problems(_ problems: [OwnershipProblem], _ ledger: LedgerSnapshot) -> JSONValue {
    .array(
      problems.map {
        [
          "property_id": id(ledger.properties[$0.property].id),
          "from": .string($0.period.from.description), "to": .string($0.period.to.description),
          "problem": .string($0.description),
        ]
      })
  }

  static func note(_ lines: [String]) {
    for line in lines { Output.line("! " + TerminalText.harmless(line)) }
  }
}

extension JSONValue {
  /// An amount with two decimals, as text.
  static func money(_ amount: Money) -> JSONValue { .string(amount.description) }
}
