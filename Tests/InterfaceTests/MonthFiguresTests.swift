import Domain
import Reports
import Testing

@testable import Interface

@Suite("The figures of months") struct MonthFiguresTests {
  private func sheet(
    _ ledger: LedgerSnapshot, _ query: MonthQuery, _ place: MonthPlace
  ) -> MonthSheet {
    MonthSheet(
      ledger, draws: DrawCalculation(ledger),
      MonthQuestion(query, place, today: FakeMonths.day("2026-10-31")))
  }

  /// What the lines of a place add up to: sums of lines that follow them are not counted twice.
  private func sum(_ sheet: MonthSheet, _ value: (MonthLine) -> Money) -> Money {
    sheet.lines.filter { !$0.isSum }.reduce(Money.zero) { $0 + value($1) }
  }

  /// Follows every way down from a place: the lines of each add up to the figure that leads there.
  private func descend(
    _ ledger: LedgerSnapshot, _ query: MonthQuery, _ line: MonthLine, seed: UInt64
  ) -> Int {
    guard case .place(let place) = line.lead else { return 0 }
    let below = sheet(ledger, query, place)
    #expect(sum(below, \.now) == line.now, "\(place), seed \(seed)")
    if !below.hasEntries {
      #expect(sum(below, \.before) == line.before, "\(place) before, seed \(seed)")
    }
    // Whoever opens one owner's part of a property sees the whole property.
    if case .owner = place { return 1 }
    return below.lines.reduce(1) { $0 + descend(ledger, query, $1, seed: seed) }
  }

  private static let queries: [MonthQuery] = Basis.allCases.flatMap { basis in
    [(1, MonthQuery.Comparison.previous), (3, .lastYear), (5, .none)].map { count, comparison in
      var query = MonthQuery(last: FakeMonths.month("2026-10"))
      (query.basis, query.count, query.comparison) = (basis, count, comparison)
      return query
    }
  }

  @Test("add up at every step down, from all properties to the transactions", arguments: queries)
  func drill(_ query: MonthQuery) {
    let ledger = FakeMonths.portfolio
    let top = sheet(ledger, query, .properties)
    let expected = ledger.noi(months: query.months, basis: query.basis)
    #expect(sum(top, \.now) == expected.reduce(Money.zero) { $0 + $1.figures.noi })
    var places = 0
    for line in top.lines {
      #expect(line.parts.reduce(Money.zero) { $0 + $1.now } == line.now)
      #expect(line.parts.reduce(Money.zero) { $0 + $1.before } == line.before)
      for line in [line] + line.parts { places += descend(ledger, query, line, seed: 0) }
    }
    #expect(places > 40)
  }

  @Test("stand below the accounts they belong to, and each sum opens to what it sums")
  func branches() throws {
    var accounts = FakeMonths.accounts
    let plumbing = try #require(accounts.firstIndex { $0.number == "6110" })
    let insurance = try #require(accounts.firstIndex { $0.number == "6300" })
    accounts[insurance].parent = plumbing
    var builder = LedgerBuilder(
      accounts: accounts, properties: FakeMonths.properties, owners: FakeMonths.owners)
    for (number, account) in [plumbing, insurance].enumerated() {
      let transaction = builder.addTransaction(
        type: "Check", day: FakeMonths.day("2026-10-05"), buildiumID: Int64(number + 1))
      let debit = Int64(1_000 * (number + 1))
      builder.addLine(transaction, account: account, property: 0, debit: debit, isCash: true)
      builder.addLine(transaction, account: 0, property: 0, debit: -debit, isCash: true)
    }
    let ledger = builder.finish()
    let query = MonthQuery(last: FakeMonths.month("2026-10"))
    let property = sheet(ledger, query, .property(ledger.properties[0].id))
    let branch = try #require(property.lines.first { $0.id.hasSuffix(" branch") })
    #expect(branch.isSum && branch.depth == 1 && branch.now == Money(minorUnits: -3_000))
    let below = property.lines.filter { $0.depth == 2 }
    #expect(below.map(\.now) == [Money(minorUnits: -1_000), Money(minorUnits: -2_000)])
    guard case .place(let place) = branch.lead else {
      Issue.record("the branch leads nowhere")
      return
    }
    let entries = sheet(ledger, query, place)
    #expect(entries.hasEntries && sum(entries, \.now) == branch.now)
  }

  @Test("of the forecast are not averaged over months that did not happen whole")
  func wholeMonths() throws {
    var builder = LedgerBuilder(
      accounts: FakeMonths.accounts, properties: FakeMonths.properties, owners: FakeMonths.owners)
    var number: Int64 = 0
    // The books open with one entry in June; October is still going on.
    for (month, count) in [("2026-06", 1), ("2026-07", 9), ("2026-08", 9), ("2026-10", 1)] {
      for day in 1...count {
        number += 1
        let transaction = builder.addTransaction(
          type: "Check", day: FakeMonths.day("\(month)-0\(day)"), buildiumID: number)
        builder.addLine(transaction, account: 3, property: 0, debit: 1_000, isCash: true)
        builder.addLine(transaction, account: 0, property: 0, debit: -1_000, isCash: true)
      }
    }
    let forecast = builder.finish().forecast(after: FakeMonths.month("2026-10"), months: 1)
    #expect(forecast.assumptions.contains { $0.contains("2 months, 2026-07 to 2026-08") })
    #expect(forecast.rows.first { $0.property == 0 }?.operatingExpenses == Money("90.00"))
  }

  @Test("add up for random ledgers too", arguments: 0..<3) func random(_ run: Int) {
    let seed = UInt64.random(in: 0 ... .max)
    let ledger = randomLedger(seed)
    for query in Self.queries {
      let top = sheet(ledger, query, .properties)
      let owners = sheet(ledger, query, .owners)
      #expect(sum(top, \.now) == sum(owners, \.now), "seed \(seed)")
      for line in top.lines + owners.lines { _ = descend(ledger, query, line, seed: seed) }
    }
  }

  private func randomLedger(_ seed: UInt64) -> LedgerSnapshot {
    var dice = Dice(seed: seed)
    var builder = LedgerBuilder(
      accounts: FakeMonths.accounts, properties: FakeMonths.properties, owners: FakeMonths.owners)
    let first = FakeMonths.day("2025-08-01")
    for number in 0..<400 {
      let transaction = builder.addTransaction(
        type: ["Check", "Payment", "JournalEntry"][dice.roll(3)],
        day: first.adding(days: dice.roll(460)), buildiumID: Int64(number + 1))
      for _ in 0...dice.roll(3) {
        let property = Int32(dice.roll(5) - 1)
        let (account, debit) = (1 + dice.roll(6), Int64(dice.roll(400_001) - 200_000))
        let isCash = dice.roll(2) == 0
        builder.addLine(
          transaction, account: account, property: property, debit: debit, isCash: isCash)
        builder.addLine(transaction, account: 0, property: property, debit: -debit, isCash: isCash)
      }
    }
    return builder.finish()
  }

  @Test("by owner are parts of the same whole, with what no owner is known of")
  func owners() throws {
    let query = MonthQuery(last: FakeMonths.month("2026-10"))
    let ledger = FakeMonths.portfolio
    let owners = sheet(ledger, query, .owners)
    #expect(
      owners.lines.map(\.title) == ["Ada Okafor", "Hanna Ito", "Pier Trust", "No owner known"])
    #expect(sum(owners, \.now) == sum(sheet(ledger, query, .properties), \.now))
    let unowned = try #require(owners.lines.last)
    #expect(unowned.draw == nil && unowned.isWarning)
    #expect(unowned.steps.first?.contains("Oak Row has no owner") == true)
    let draws = DrawCalculation(ledger).rows(months: query.last...query.last)
    #expect(
      owners.lines.compactMap(\.draw).reduce(Money.zero, +)
        == draws.reduce(Money.zero) { $0 + $1.draw })
  }

  @Test("of an owner who bought within a month are those of the days from then on")
  func sale() throws {
    let query = MonthQuery(last: FakeMonths.month("2026-10"))
    let part = sheet(FakeMonths.portfolio, query, .owner("203"))
    let alder = try #require(part.lines.first)
    #expect(part.lines.count == 1 && alder.title == "Alder House")
    let days = Period(from: FakeMonths.day("2026-10-10"), to: FakeMonths.day("2026-10-31"))
    #expect(
      alder.now == FakeMonths.portfolio.figures(property: 2, period: days, basis: .cash).noi)
    #expect(alder.steps.contains { $0.contains("Pier Trust") })
    #expect(!alder.steps.contains { $0.contains("Hanna Ito") })
  }

  @Test("of a draw are told step by step, so that they can be added up by hand") func steps() throws
  {
    let query = MonthQuery(last: FakeMonths.month("2026-10"))
    let sheet = sheet(FakeMonths.portfolio, query, .properties)
    func line(_ title: String) throws -> MonthLine {
      try #require(sheet.lines.first { $0.title == title })
    }
    let rows = DrawCalculation(FakeMonths.portfolio).rows(months: query.last...query.last)
    let maple = try line("Maple Court")
    let row = try #require(rows.first { $0.property == 0 })
    #expect(maple.draw == row.draw)
    #expect(maple.steps[0] == "NOI \(Words.money(row.noi)) × 80 % = \(Words.money(row.calculated))")
    #expect(
      maple.steps[1].hasPrefix("cash \(Words.money(row.unrestrictedEnd)) − reserve 500.00 = "))
    #expect(maple.steps[2].contains("Hanna Ito") && maple.steps[2].contains("Ada Okafor"))
    #expect(try line("Pier 9").why.hasPrefix("carries −"))
    #expect(try line("Pier 9").draw == .zero)
    let oak = try line("Oak Row")
    #expect(oak.draw == nil && oak.why == "owners not known: w enters them" && oak.isWarning)
    // A change of owners within the month makes two draws, each told with its days.
    #expect(try line("Alder House").steps.contains("2026-10-01 to 2026-10-09:"))
  }

  @Test("begin with the last month that has begun and has entries") func first() {
    let ledger = FakeMonths.portfolio
    for (today, month) in [
      ("2026-12-24", "2026-10"), ("2026-10-31", "2026-10"), ("2026-08-02", "2026-07"),
      ("2026-08-20", "2026-08"), ("2001-01-01", "2025-09"),
    ] {
      let sheet = MonthSheet(
        ledger, draws: DrawCalculation(ledger),
        MonthQuestion(nil, .properties, today: FakeMonths.day(today)))
      #expect(sheet.query.last == FakeMonths.month(month), "\(today)")
    }
    let empty = MonthSheet(
      FakeMonths.empty, draws: DrawCalculation(FakeMonths.empty),
      MonthQuestion(nil, .properties, today: FakeMonths.day("2026-10-31")))
    #expect(empty.isEmpty && empty.query.last == FakeMonths.month("2026-10"))
  }

  @Test(
    "change by tenths of a per cent, exactly",
    arguments: [
      ("100.00", "101.55", "1.6"), ("100.00", "98.45", "−1.6"), ("-200.00", "-100.00", "50.0"),
      ("-100.00", "-150.00", "−50.0"), ("0.00", "5.00", ""), ("5.00", "0.00", "−100.0"),
      ("5.00", "-0.01", "▼"), ("-5.00", "0.01", "▲"), ("0.01", "92233720368547758.07", "▲"),
      ("3.00", "3.00", "0.0"),
    ])
  func change(_ before: String, _ now: String, _ expected: String) throws {
    #expect(
      Words.change(from: try #require(Money(before)), to: try #require(Money(now))) == expected)
  }

  @Test("are charted from zero, or the lowest below it, to the highest") func trend() {
    func chart(_ cents: Int64...) -> String { Words.trend(cents.map(Money.init(minorUnits:))) }
    #expect(chart(0, 0, 0) == "▁▁▁")
    #expect(chart(0, 350, 700) == "▁▄█")
    #expect(chart(-700, 0, 700) == "▁▄█")
    #expect(chart(0, -350, -700) == "▁▄█")
    #expect(chart(.max, 0, .min) == "█▄▁")
  }

  @Test("name their months") func names() {
    func months(_ first: String, _ last: String) -> [CalendarMonth] {
      CalendarMonth.months(FakeMonths.month(first), through: FakeMonths.month(last))
    }
    #expect(Words.span(months("2026-10", "2026-10")) == "October 2026")
    #expect(Words.span(months("2026-08", "2026-10")) == "August to October 2026")
    #expect(Words.span(months("2025-12", "2026-01")) == "December 2025 to January 2026")
    #expect(Words.shortSpan(months("2026-08", "2026-10")) == "3 mo to Oct 2026")
  }
}
