import Domain
import Reports
import Terminal
import Testing

@testable import Interface

@Suite("The NOI & Draws pane") struct MonthPaneTests {
  private func session(
    columns: Int = 120, rows: Int = 40, isReadOnly: Bool = false,
    _ change: (inout FakeMonths) -> Void = { _ in }
  ) -> Session {
    var session = Session(
      columns: columns, rows: rows, status: Sample.quiet, isReadOnly: isReadOnly,
      lists: FakeLists(counts: [.properties: 200, .transactions: 5000]))
    change(&session.months)
    session.press("4")
    return session
  }

  private func pane(_ session: Session) throws -> MonthPane {
    try #require(session.model.panes.compactMap { $0 as? MonthPane }.first)
  }

  @Test("says of what, when and on which basis its figures are") func title() {
    let session = session()
    let line = session.line("October 2026 · cash")
    #expect(line.contains("October 2026 · cash · all properties · against September 2026"))
    #expect(line.contains("data as of 14:01"))
    #expect(session.line("Maple Court").contains("Maple Court"))
    #expect(session.line("Sum of").contains("Sum of 4"))
  }

  @Test("goes down by Enter to the record, and by Esc back to where the cursor was")
  func drill() throws {
    var session = session()
    session.press("j j")
    let start = try #require(try pane(session).selectedLine)
    session.press("Enter j")
    #expect(session.screen.contains("October 2026 · cash · \(start.title)"))
    let account = try #require(try pane(session).selectedLine)
    session.press("Enter")
    #expect(session.screen.contains("\(start.title) › \(account.title)"))
    #expect(try pane(session).total.now == account.now)
    session.press("Enter")
    #expect(session.model.current == session.model.panes.firstIndex { $0 is LedgerPane })
    session.press("4 Esc")
    #expect(try pane(session).selectedLine?.id == account.id)
    session.press("Esc")
    #expect(try pane(session).selectedLine?.id == start.id)
  }

  @Test("changes months, length, basis and comparison by one key each") func keys() throws {
    var session = session()
    func title() -> String { session.line(" · all properties") }
    session.press("<")
    #expect(title().contains("September 2026 · cash · all properties · against August 2026"))
    session.press("> +")
    #expect(title().contains("September to October 2026"))
    #expect(title().contains("against July to August 2026"))
    session.press("=")
    #expect(title().contains("against September to October 2025"))
    session.press("=")
    #expect(!title().contains("against"))
    session.press("t -")
    #expect(title().contains("October 2026 · accrual"))
    session.press("-")
    #expect(session.notice.contains("One month is the least."))
    session.press("o")
    #expect(session.screen.contains("all owners") && session.screen.contains("Hanna Ito"))
    session.press("o")
    #expect(session.screen.contains("Maple Court"))
  }

  @Test("compares with pinned months and the forecast, and shows the year and the forecast")
  func comparisons() throws {
    var session = session()
    func title() -> String { session.line(" · all properties") }
    session.press("< < p >")
    #expect(title().contains("September 2026") && title().contains("against August 2026"))
    session.press("d")
    #expect(title().contains("January to September 2026"))
    session.press("d")
    #expect(title().contains(" September 2026 · cash"))
    session.press("= = = =")
    #expect(title().contains("against the forecast"))
    #expect(session.screen.contains("Forecast") && session.screen.contains("Leases pay their rent"))
    session.press("=")
    #expect(title().contains("against the owners' plan"))
    #expect(session.screen.contains("was not read yet, so nothing is planned"))
    session.press("=")
    #expect(title().contains("against August 2026"))
    session.press("f")
    #expect(session.screen.contains("forecast of all properties"))
    #expect(session.screen.contains("Next 3 mo to Dec 2026"))
    let sum = try pane(session).total
    session.press("Space")
    #expect(session.screen.contains("October 2026"))
    #expect(try pane(session).total.now == sum.now)
    session.press("Esc")
    #expect(title().contains("September 2026"))
  }

  @Test("shows what owners plan beside each account, and amounts of a draw grouped") func plan()
    throws
  {
    var session = session { months in
      months.ledger.plan.readAt = Session.now
      months.ledger.plan.rows = [
        .init(
          property: 2, account: 1, day: FakeMonths.day("2026-10-05"),
          amount: Money(minorUnits: 170_000)),
        .init(
          property: 2, account: 3, day: FakeMonths.day("2026-10-05"),
          amount: Money(minorUnits: 30_000)),
      ]
    }
    session.press("= = = =")
    #expect(
      try pane(session).level.sheet?.notes.first?.contains("table “Forecasts” of the Airtable base")
        == true)
    session.press("Enter")
    #expect(session.line("4000 Rent").contains("1,700.00"))
    #expect(session.line("6110 Plumbing").contains("−300.00"))
    #expect(session.line("Sum of").contains("1,400.00"))
    #expect(
      Words.grouped("keeps 1234567.80 of 999.00, rule 20261031, 2026.")
        == "keeps 1,234,567.80 of 999.00, rule 20261031, 2026.")
    #expect(Words.grouped("-4500.00 (10.125 %)") == "-4,500.00 (10.125 %)")
  }

  @Test("keeps the cursor on its line when the months change or the store does") func stays() throws
  {
    var session = session()
    session.press("j j")
    let selected = try pane(session).selectedLine?.id
    session.press("< t")
    #expect(try pane(session).selectedLine?.id == selected)
    let asked = session.months.asked.count
    session.send(.storeChanged)
    #expect(session.months.asked.count == asked, "not so soon after the last answer")
    session.pass(seconds: 5)
    #expect(session.months.asked.count == asked + 1)
    #expect(try pane(session).selectedLine?.id == selected)
    session.pass(seconds: 60)
    #expect(session.months.asked.count == asked + 1, "nothing changed since")
  }

  @Test("shows the last answer only, and never waits for one") func late() throws {
    var session = session()
    session.lists.isSlow = true
    session.press("< < <")
    #expect(session.screen.contains("July 2026") && session.screen.contains("reading…"))
    session.press("j")
    session.answer()
    #expect(try pane(session).level.sheet?.query.last == FakeMonths.month("2026-07"))
    #expect(!session.screen.contains("reading…"))
  }

  @Test("filters as one types; the sum is that of what is shown") func filter() throws {
    var session = session()
    session.press("/")
    session.type("pier")
    session.press("Enter")
    #expect(session.screen.contains("all properties, 1 of 4 “pier”"))
    #expect(session.line("Sum of").contains("Sum of 1"))
    let pane = try pane(session)
    #expect(pane.total.now == pane.lines.first?.now)
    session.press("Esc")
    #expect(session.line("Sum of").contains("Sum of 4"))
  }

  @Test("unfolds income and cost, and folds them from either line") func unfold() throws {
    var session = session()
    session.press("Space")
    #expect(session.line("Revenue").contains("Revenue"))
    session.press("j j Space")
    #expect(!session.screen.contains("Operating expenses"))
    #expect(try pane(session).selectedLine?.depth == 0)
  }

  @Test("says what to do when there is nothing yet, or nothing can be read") func empty() {
    var nothing = session { $0.ledger = FakeMonths.empty }
    #expect(nothing.screen.contains("There are no transactions yet."))
    #expect(nothing.screen.contains("rentbook import"))
    nothing.press("Enter e y")
    #expect(nothing.model.overlays.isEmpty)
    let refused = session { $0.refusal = "The store was busy." }
    #expect(refused.screen.contains("! The store was busy. Try again."))
  }

  @Test("writes and copies exactly what it shows", arguments: zip("cxpjt", ReportFormat.allCases))
  func export(_ key: Character, _ format: ReportFormat) throws {
    var session = session()
    session.press("e \(key)")
    let effects = session.takeEffects()
    guard case .exportReport(let report, format, "noi-2026-10")? = effects.first else {
      Issue.record("\(effects)")
      return
    }
    let pane = try pane(session)
    #expect(report.rows.count == pane.lines.count + 1)
    #expect(report.rows.last?.kind == .total)
    #expect(report.columns.count == report.rows.first?.cells.count)
    #expect(report.rows.last?.cells[1] == .money(pane.total.now))
    session.press("y")
    guard case .copy(let text)? = session.takeEffects().first else { return #expect(Bool(false)) }
    #expect(text.hasPrefix("Alder House\t") && !text.contains("\n"))
  }

  // MARK: The close

  @Test("names what holds the close up, and opens its rows") func checklist() {
    var session = session { $0.facts.conflicts = [.init(record: "", text: "Rent differs.")] }
    #expect(session.line("Close October").contains("! 1 in conflict"))
    session.press("c")
    #expect(session.screen.contains("No conflict waits for a person"))
    session.press("g j Enter j")
    #expect(session.screen.contains("Rent differs."))
    session.press("F")
    #expect(session.notice.contains("hold"))
    session.press("Esc")
    #expect(session.model.overlays.isEmpty)
  }

  @Test("takes a reason for going on in spite of a check") func override() {
    var session = session { $0.facts.conflicts = [.init(record: "", text: "Rent differs.")] }
    session.press("c g j O Enter")
    #expect(session.notice.contains("Type a reason first"))
    session.type("settled  by phone ")
    session.press("Enter")
    #expect(
      session.takeEffects() == [
        .overrideGate(.conflicts, FakeMonths.month("2026-10"), reason: "settled by phone")
      ])
    session.press("g O")
    #expect(session.notice.contains("holds nothing up"))
  }

  /// A month that is ready.
  private func ready(isReadOnly: Bool = false) -> Session {
    session(isReadOnly: isReadOnly) { months in
      for kind in CloseGate.Kind.allCases { months.overridden[kind] = "looked at" }
    }
  }

  @Test("finalises only after a question that names the month and the totals") func finalize()
    throws
  {
    var session = ready()
    session.press("c")
    #expect(session.screen.contains("ready: F finalises"))
    session.press("F")
    let sheet = session.months.closeSheet(FakeMonths.month("2026-10"))
    #expect(session.screen.contains("Finalise October 2026?"))
    #expect(session.screen.contains(Words.money(sheet.noi)))
    #expect(session.screen.contains(Words.money(sheet.draws)))
    session.press("Enter")
    #expect(session.takeEffects().isEmpty, "it starts on Cancel")
    session.press("F y")
    #expect(
      session.takeEffects() == [.finalizeMonth(FakeMonths.month("2026-10"), inputsHash: "hash")])
    session.months.finalMonths = [FakeMonths.month("2026-10")]
    session.months.version = 1
    session.send(.effectDone("October is final."))
    session.pass(seconds: 30)
    #expect(session.screen.contains("final, version 1, by ana"))
    session.press("R")
    session.type("a late bill")
    session.press("Enter")
    #expect(
      session.takeEffects().contains(
        .reopenMonth(FakeMonths.month("2026-10"), reason: "a late bill")))
  }

  @Test("changes nothing where nothing may be changed") func readOnly() {
    var session = ready(isReadOnly: true)
    for key in ["F", "O", "R"] {
      session.press("c \(key)")
      #expect(session.notice.contains("Read only"), "\(key)")
      session.press("Esc")
    }
    #expect(session.takeEffects().isEmpty)
  }

  // MARK: Pictures

  static let sizes = [
    Size(rows: 24, columns: 80), Size(rows: 20, columns: 60), Size(rows: 40, columns: 120),
  ]

  private static let pictures: [(name: String, keys: String)] = [
    ("months", "j Space"), ("months-owners", "o j j j"), ("months-property", "j Enter j"),
    ("months-entries", "+ + Enter Enter"), ("months-close", "c Enter"),
    ("months-finalise", "c F"),
  ]

  @Test("has a picture", arguments: pictures, sizes)
  func picture(_ picture: (name: String, keys: String), _ size: Size) {
    var session = Session(columns: size.columns, rows: size.rows, status: Sample.quiet)
    session.months.facts.pendingBills = [
      .init(record: "buildium/bills/7", text: "The bill of 2026-10-03 over 950.00 waits.")
    ]
    if picture.name == "months-finalise" {
      for kind in CloseGate.Kind.allCases { session.months.overridden[kind] = "looked at" }
    }
    session.press("4 " + picture.keys)
    Golden.check(session.frame, "\(picture.name)-\(size)")
    Golden.check(session.frame, "\(picture.name)-\(size)-styled", styled: true)
  }

  @Test("tells a screen reader the line with the cursor") func plain() {
    var session = Session(columns: 100, rows: 30, status: Sample.quiet, isPlain: true)
    session.press("4 j j")
    #expect(session.notice.contains("Oak Row") || session.notice.contains("Maple"))
    #expect(!session.screen.contains("─"))
  }
}
