// Working out a sheet from the ledger: on a thread beside the screen, for it reads many lines.
import Domain
import Reports

extension MonthSheet {
  /// The answer to a question.
  ///
  /// Figures are those of the reports: parts of months that were managed, and nothing else.
  public init(_ ledger: LedgerSnapshot, draws: DrawCalculation, _ question: MonthQuestion) {
    let query =
      question.query ?? MonthQuery(last: Self.latest(ledger, today: question.today))
    let figures = MonthFigures(ledger: ledger, draws: draws, query: query)
    switch question.place {
    case .properties: self = figures.properties()
    case .owners: self = figures.owners()
    case .owner(let id): self = figures.owner(id)
    case .property(let id): self = figures.property(id)
    case .entries(let property, let kind, let account):
      self = figures.entries(property, kind, account: account)
    case .branch(let property, let kind, let account):
      self = figures.entries(property, kind, account: account, hasBranch: true)
    case .forecast: self = figures.forecast()
    }
    isEmpty = ledger.lines.count == 0
    if isEmpty { (lines, notes) = ([], []) }
  }

  /// The last month anything was posted in, of those that have begun; else the first.
  private static func latest(_ ledger: LedgerSnapshot, today: CalendarDate) -> CalendarMonth {
    let today = Int32(today.daysSince1970)
    let days = ledger.lines.day
    let last = days.lazy.filter { $0 <= today }.max() ?? days.min() ?? today
    return CalendarMonth(containing: CalendarDate(daysSince1970: Int(last)))
  }

  /// More transactions than anybody reads through; a filter or an account narrows them.
  static let entriesMax = 5000
}

private struct MonthFigures {
  let ledger: LedgerSnapshot
  let draws: DrawCalculation
  let query: MonthQuery
  private let now: Set<CalendarMonth>
  private let before: Set<CalendarMonth>
  private let trend: [CalendarMonth: Int]
  /// Every month that is looked at, in order.
  private let months: [CalendarMonth]

  init(ledger: LedgerSnapshot, draws: DrawCalculation, query: MonthQuery) {
    (self.ledger, self.draws, self.query) = (ledger, draws, query)
    now = Set(query.months)
    before = Set(query.comparedMonths)
    var trend: [CalendarMonth: Int] = [:]
    for (place, month) in query.trendMonths.enumerated() { trend[month] = place }
    self.trend = trend
    months = now.union(before).union(query.trendMonths).sorted()
  }

  /// Adds an amount of a month to a line.
  private func add(_ amount: Money, _ month: CalendarMonth, to line: inout MonthLine) {
    if now.contains(month) { line.now += amount }
    if before.contains(month) { line.before += amount }
    if let place = trend[month] {
      if line.trend.isEmpty {
        line.trend = Array(repeating: .zero, count: MonthQuery.trendCount)
      }
      line.trend[place] += amount
    }
  }

  private func ordered(_ lines: [MonthLine]) -> [MonthLine] {
    lines.sorted { ($0.title, $0.id) < ($1.title, $1.id) }
  }

  // MARK: Properties

  func properties() -> MonthSheet {
    var sheet = MonthSheet(query, .properties, "all properties")
    var lines: [Int: MonthLine] = [:]
    for row in ledger.noi(months: months, basis: query.basis) {
      var line = lines[row.property] ?? propertyLine(row.property)
      add(row.figures.noi, row.month, to: &line)
      add(row.figures.revenue, row.month, to: &line.parts[0])
      add(.zero - row.figures.operatingExpenses, row.month, to: &line.parts[1])
      lines[row.property] = line
    }
    let rows = drawRows()
    for (property, rows) in rows { describe(rows, &lines[property]) }
    if let expected = expected(&sheet) {
      for row in expected.rows {
        var line = lines[row.property] ?? propertyLine(row.property)
        line.before += row.noi
        line.parts[0].before += row.rent + row.otherIncome
        line.parts[1].before += .zero - row.operatingExpenses
        lines[row.property] = line
      }
    }
    sheet.lines = ordered(Array(lines.values))
    noteQuarantined(&sheet)
    return sheet
  }

  // MARK: The forecast

  /// What was to be expected of the months, where they are compared with that; says so in the sheet.
  private func expected(_ sheet: inout MonthSheet) -> Forecast? {
    if query.comparison == .plan { return plan(&sheet) }
    guard query.comparison == .forecast, let first = query.months.first else { return nil }
    sheet.beforeTitle = "Forecast"
    let forecast = ledger.forecast(after: first.adding(months: -1), months: query.count)
    sheet.notes += forecast.assumptions
    if query.basis != .cash { sheet.notes.append("The forecast is of the cash book.") }
    return forecast
  }

  /// What owners plan in their base for the months, in the form of a forecast.
  private func plan(_ sheet: inout MonthSheet) -> Forecast {
    sheet.beforeTitle = "Plan"
    sheet.notes += ledger.plan.notes
    let planned = Set(ledger.plan.rows.map(\.property))
    var rows: [ForecastRow] = []
    for property in planned.sorted() {
      for month in query.months {
        func sum(_ kind: AccountClass) -> Money {
          ledger.planned(property: property, period: month.period, kind).values.reduce(.zero, +)
        }
        rows.append(
          ForecastRow(
            property: property, month: month, rent: sum(.revenue), otherIncome: .zero,
            operatingExpenses: sum(.operatingExpense), belowTheLine: .zero, cash: .zero))
      }
    }
    return Forecast(rows: rows, assumptions: ledger.plan.notes)
  }

  /// The same by owner: each property's expected income by the shares that hold.
  private func expectedParts(_ sheet: inout MonthSheet) -> [OwnerNOIRow] {
    guard let forecast = expected(&sheet) else { return [] }
    let rows = forecast.rows.map { row in
      var figures = NOIFigures()
      figures.revenue = row.rent + row.otherIncome
      figures.operatingExpenses = row.operatingExpenses
      return NOIRow(
        property: row.property, month: row.month, period: row.month.period, basis: .cash,
        figures: figures)
    }
    return ledger.ownerNOI(of: rows).rows
  }

  /// How far ahead the forecast looks where fewer months are shown.
  private static let aheadMin = 3

  func forecast() -> MonthSheet {
    var sheet = MonthSheet(query, .forecast, "forecast of all properties")
    let count = max(Self.aheadMin, query.count)
    let forecast = ledger.forecast(after: query.last, months: count)
    let past = CalendarMonth.months(query.last.adding(months: 1 - count), through: query.last)
    let coming = CalendarMonth.months(
      query.last.adding(months: 1), through: query.last.adding(months: count))
    sheet.nowTitle = "Next " + Words.shortSpan(coming)
    sheet.beforeTitle = Words.shortSpan(past)
    var lines: [Int: MonthLine] = [:]
    for row in ledger.noi(months: past, basis: .cash) {
      var line = lines[row.property] ?? forecastLine(row.property)
      line.before += row.figures.noi
      lines[row.property] = line
    }
    for row in forecast.rows {
      var line = lines[row.property] ?? forecastLine(row.property)
      line.now += row.noi
      line.why = "owner's cash then \(Words.money(row.cash))"
      line.isWarning = line.isWarning || row.cash < .zero
      var part = MonthLine("\(line.id) \(row.month)", Words.month(row.month))
      part.depth = 1
      part.now = row.noi
      part.why =
        "rent \(Words.money(row.rent)), other \(Words.money(row.otherIncome)), expenses "
        + "\(Words.money(row.operatingExpenses)), below the line \(Words.money(row.belowTheLine)),"
        + " cash \(Words.money(row.cash))"
      line.parts.append(part)
      lines[row.property] = line
    }
    sheet.lines = ordered(Array(lines.values))
    sheet.notes = forecast.assumptions
    return sheet
  }

  private func forecastLine(_ property: Int) -> MonthLine {
    var line = propertyLine(property)
    line.parts = []
    return line
  }

  private func propertyLine(_ property: Int) -> MonthLine {
    let record = ledger.properties[property]
    var line = MonthLine("p\(record.id)", record.name)
    line.lead = .place(.property(record.id))
    line.parts = [(AccountClass.revenue, "Revenue"), (.operatingExpense, "Operating expenses")]
      .map { kind, title in
        var part = MonthLine("p\(record.id) \(kind.rawValue)", title)
        part.depth = 1
        part.lead = .place(.entries(property: record.id, kind, account: nil))
        return part
      }
    return line
  }

  private func drawRows(property: Int? = nil) -> [Int: [DrawRow]] {
    guard let first = query.months.first else { return [:] }
    let rows = draws.rows(months: first...query.last, properties: property.map { [$0] })
    return Dictionary(grouping: rows, by: \.property)
  }

  private func describe(_ rows: [DrawRow], _ line: inout MonthLine?) {
    guard line != nil else { return }
    let words = rows.map { MonthDrawWords(row: $0, ledger: ledger) }
    if rows.contains(where: { $0.problem == nil }) {
      line?.draw = rows.reduce(Money.zero) { $0 + $1.draw }
    }
    var reasons: [String] = []
    for text in words.map(\.why) where !text.isEmpty && !reasons.contains(text) {
      reasons.append(text)
    }
    line?.why = reasons.joined(separator: ", ")
    line?.isWarning = words.contains(where: \.isWarning)
    line?.steps = words.flatMap { $0.steps(showsPeriod: rows.count > 1) }
  }

  /// Tells what counts nowhere although it may belong to a property. The company's own transactions
  /// change no property's figure.
  private func noteQuarantined(_ sheet: inout MonthSheet) {
    let count = ledger.quarantined.count {
      !$0.properties.isEmpty || !PostingRule.isKnown(transactionType: $0.type)
    }
    guard count > 0 else { return }
    sheet.notes.append(
      "\(Words.count(count, "transaction")) of unknown meaning \(count == 1 ? "counts" : "count")"
        + " nowhere; the checklist names \(count == 1 ? "it" : "them").")
  }

  // MARK: Owners

  private struct Part: Hashable {
    var property: Int
    var period: Period
  }

  func owners() -> MonthSheet {
    var sheet = MonthSheet(query, .owners, "all owners")
    let rows = ledger.noi(months: months, basis: query.basis)
    let (parts, problems) = ledger.ownerNOI(of: rows)
    var lines: [Int: MonthLine] = [:]
    for part in parts {
      var line = lines[part.owner] ?? ownerLine(part.owner)
      add(part.noi, part.month, to: &line)
      lines[part.owner] = line
    }
    for row in drawRows().values.joined() {
      for part in row.owners {
        var line = lines[part.owner] ?? ownerLine(part.owner)
        line.draw = (line.draw ?? .zero) + part.amount
        lines[part.owner] = line
      }
    }
    for part in expectedParts(&sheet) {
      var line = lines[part.owner] ?? ownerLine(part.owner)
      line.before += part.noi
      lines[part.owner] = line
    }
    sheet.lines = ordered(Array(lines.values))
    if let line = unownedLine(rows, problems) { sheet.lines.append(line) }
    noteQuarantined(&sheet)
    return sheet
  }

  private func ownerLine(_ owner: Int) -> MonthLine {
    let record = ledger.owners[owner]
    var line = MonthLine("o\(record.id)", record.name)
    line.lead = .place(.owner(record.id))
    return line
  }

  /// What no owner is known of, so that all lines together are the whole; nil when there is none.
  private func unownedLine(_ rows: [NOIRow], _ problems: [OwnershipProblem]) -> MonthLine? {
    guard !problems.isEmpty else { return nil }
    let unowned = Set(problems.map { Part(property: $0.property, period: $0.period) })
    var line = MonthLine("unowned", "No owner known")
    for row in rows where unowned.contains(Part(property: row.property, period: row.period)) {
      add(row.figures.noi, row.month, to: &line)
    }
    line.lead = .place(.owner(nil))
    line.isWarning = true
    line.why = "enter owners and shares"
    let shown = problems.filter { now.contains(CalendarMonth(containing: $0.period.from)) }
    line.steps = shown.prefix(20).map { "! \($0.description)" }
    return line
  }

  func owner(_ id: String?) -> MonthSheet {
    let owner = id.flatMap { ledger.owner($0) }
    var sheet = MonthSheet(
      query, .owner(id), owner.map { "part of \(ledger.owners[$0].name)" } ?? "no owner known")
    sheet.isGone = id != nil && owner == nil
    let rows = ledger.noi(months: months, basis: query.basis)
    let (parts, problems) = ledger.ownerNOI(of: rows)
    var lines: [Int: MonthLine] = [:]
    func line(_ property: Int) -> MonthLine {
      var line = lines[property] ?? propertyLine(property)
      // Its accounts are those of the whole property, not of this owner's part.
      line.parts = []
      return line
    }
    if let owner {
      for part in parts where part.owner == owner {
        var line = line(part.property)
        add(part.noi, part.month, to: &line)
        lines[part.property] = line
      }
      for part in expectedParts(&sheet) where part.owner == owner {
        var line = line(part.property)
        line.before += part.noi
        lines[part.property] = line
      }
      for (property, rows) in drawRows() {
        // Of a month that is cut by a sale only the days of this owner.
        let rows = rows.filter { $0.owners.contains { $0.owner == owner } }
        guard !rows.isEmpty else { continue }
        var part = Optional(line(property))
        describe(rows, &part)
        part?.draw = rows.flatMap(\.owners).filter { $0.owner == owner }
          .reduce(Money.zero) { $0 + $1.amount }
        lines[property] = part
      }
      sheet.notes.append("The owner's part of each property; Enter opens the whole property.")
    } else if id == nil {
      let unowned = Set(problems.map { Part(property: $0.property, period: $0.period) })
      for row in rows where unowned.contains(Part(property: row.property, period: row.period)) {
        var line = line(row.property)
        add(row.figures.noi, row.month, to: &line)
        line.isWarning = true
        lines[row.property] = line
      }
      for problem in problems where lines[problem.property]?.steps.isEmpty ?? false {
        lines[problem.property]?.steps = ["! \(problem.description)"]
      }
    }
    sheet.lines = ordered(Array(lines.values))
    return sheet
  }

  // MARK: A property

  private static let classes: [(kind: AccountClass, title: String)] = [
    (.revenue, "Revenue"), (.operatingExpense, "Operating expenses"),
  ]

  func property(_ id: String) -> MonthSheet {
    guard let property = ledger.property(id) else { return gone(.property(id)) }
    let record = ledger.properties[property]
    var sheet = MonthSheet(query, .property(id), record.name)
    let expected = expected(&sheet)?.rows.filter { $0.property == property } ?? []
    for (kind, title) in Self.classes {
      var sum = MonthLine(kind.rawValue, title)
      sum.isSum = true
      sum.lead = .place(.entries(property: id, kind, account: nil))
      sum.trend = Array(repeating: .zero, count: MonthQuery.trendCount)
      var accounts: [Int: MonthLine] = [:]
      for month in months {
        for line in lines(property, month, kind) {
          let amount = Money(minorUnits: -ledger.lines.debit[line])
          let account = Int(ledger.lines.account[line])
          var own = accounts[account] ?? accountLine(account, kind, property: id)
          add(amount, month, to: &own)
          add(amount, month, to: &sum)
          accounts[account] = own
        }
      }
      if query.comparison == .plan {
        for month in query.months {
          let planned = ledger.planned(property: property, period: month.period, kind)
          for (account, amount) in planned {
            let amount = kind == .revenue ? amount : .zero - amount
            var own = accounts[account] ?? accountLine(account, kind, property: id)
            own.before += amount
            sum.before += amount
            accounts[account] = own
          }
        }
        sheet.lines.append(sum)
      } else if sheet.beforeTitle != nil {
        // The forecast is of a property's rent and averages, so it stands beside all its accounts.
        var line = MonthLine("\(kind.rawValue) forecast", "Forecast, all accounts")
        line.depth = 1
        line.before = expected.reduce(.zero) {
          kind == .revenue ? $0 + $1.rent + $1.otherIncome : $0 - $1.operatingExpenses
        }
        sum.before = line.before
        sheet.lines += [sum, line]
      } else {
        sheet.lines.append(sum)
      }
      sheet.lines += tree(accounts, kind, property: id)
    }
    var whole: MonthLine? = MonthLine("", "")
    describe(drawRows(property: property)[property] ?? [], &whole)
    sheet.steps = whole?.steps ?? []
    let below = query.months.flatMap { record.subPeriods(of: $0.period) }
      .map { ledger.figures(property: property, period: $0, basis: query.basis) }
      .reduce(NOIFigures(), +)
    if below.nonOperatingIncome != .zero || below.nonOperatingExpenses != .zero {
      sheet.notes.append(
        "Below the line: income \(Words.money(below.nonOperatingIncome)), costs "
          + "\(Words.money(below.nonOperatingExpenses)), net \(Words.money(below.netIncome)).")
    }
    return sheet
  }

  /// Accounts in the order of the chart, those below another one after its sum.
  private func tree(_ accounts: [Int: MonthLine], _ kind: AccountClass, property: String)
    -> [MonthLine]
  {
    let branches = Dictionary(grouping: accounts.keys) { ledger.accounts[$0].parent ?? $0 }
    return branches.sorted { order($0.key) < order($1.key) }.flatMap { root, members in
      guard members != [root] else { return [accounts[root]].compactMap(\.self) }
      var sum = MonthLine("\(kind.rawValue) \(ledger.accounts[root].id) branch", accountTitle(root))
      (sum.depth, sum.isSum) = (1, true)
      sum.lead = .place(
        .branch(property: property, kind, account: ledger.accounts[root].id))
      sum.trend = Array(repeating: .zero, count: MonthQuery.trendCount)
      var below = members.sorted { order($0) < order($1) }.compactMap { accounts[$0] }
      for place in below.indices {
        below[place].depth = 2
        // What stands on the account itself is told from the branch it heads.
        if below[place].id == accounts[root]?.id { below[place].title = "posted on it directly" }
      }
      for line in below {
        sum.now += line.now
        sum.before += line.before
        for place in line.trend.indices { sum.trend[place] += line.trend[place] }
      }
      return [sum] + below
    }
  }

  /// The lines of a property that count as something in a month, by their places.
  private func lines(_ property: Int, _ month: CalendarMonth, _ kind: AccountClass) -> [Int] {
    ledger.properties[property].subPeriods(of: month.period).flatMap { period in
      ledger.lines(ofProperty: property, in: period).filter {
        ledger.lines.isIn(query.basis, $0) && ledger.accountClass(ofLine: $0) == kind
      }
    }
  }

  private func accountLine(_ account: Int, _ kind: AccountClass, property: String) -> MonthLine {
    let record = ledger.accounts[account]
    var line = MonthLine("\(kind.rawValue) \(record.id)", accountTitle(account))
    line.depth = 1
    line.lead = .place(.entries(property: property, kind, account: record.id))
    return line
  }

  private func accountTitle(_ account: Int) -> String {
    let record = ledger.accounts[account]
    return record.number.map { "\($0) \(record.name)" } ?? record.name
  }

  /// Accounts stand as in the chart: by number, those without one after them by name.
  private func order(_ account: Int) -> (Int, String, String, Int) {
    let record = ledger.accounts[account]
    return (record.number == nil ? 1 : 0, record.number ?? "", record.name, account)
  }

  private func gone(_ place: MonthPlace) -> MonthSheet {
    var sheet = MonthSheet(query, place, "a property that is not there any more")
    sheet.isGone = true
    return sheet
  }

  // MARK: Transactions

  /// - Parameter hasBranch: whether accounts below the account count too.
  func entries(_ id: String, _ kind: AccountClass, account: String?, hasBranch: Bool = false)
    -> MonthSheet
  {
    var place = MonthPlace.entries(property: id, kind, account: account)
    if hasBranch, let account { place = .branch(property: id, kind, account: account) }
    guard let property = ledger.property(id) else { return gone(place) }
    let number = account.flatMap { id in ledger.accounts.firstIndex { $0.id == id } }
    let what =
      number.map(accountTitle) ?? Self.classes.first { $0.kind == kind }?.title ?? kind.rawValue
    var sheet = MonthSheet(query, place, "\(ledger.properties[property].name) › \(what)")
    sheet.isGone = account != nil && number == nil
    guard !sheet.isGone else { return sheet }
    var seen: [String: Int] = [:]
    for month in query.months {
      for place in lines(property, month, kind)
      where number.map({
        let own = Int(ledger.lines.account[place])
        return $0 == own || (hasBranch && $0 == ledger.accounts[own].parent)
      }) ?? true {
        guard sheet.lines.count < MonthSheet.entriesMax else {
          sheet.notes = ["Only the first \(Words.number(MonthSheet.entriesMax)) are shown."]
          return sheet
        }
        let entry = ledger.entry(ofLine: place)
        // A transaction may have several lines of an account.
        seen[entry.transactionID, default: 0] += 1
        var line = MonthLine(
          "\(entry.transactionID) \(seen[entry.transactionID] ?? 1)", "\(entry.day)  \(entry.type)")
        line.now = Money(minorUnits: -ledger.lines.debit[place])
        line.lead = .record(RecordReference(.transactions, entry.transactionID))
        if number == nil || hasBranch { line.why = accountTitle(entry.account) }
        sheet.lines.append(line)
      }
    }
    return sheet
  }
}
