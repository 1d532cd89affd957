import Domain
import Terminal
import Testing

@testable import Interface

/// Walking through the records: links, the way back, the palette.
@Suite("Walking through the records") struct BrowserTests {
  @Test("follows links and comes back to the same row and the same window") func links() {
    var session = RecordTableTests.ledger()
    for _ in 0..<40 { session.press("j") }
    let before = session.screen
    session.press("Enter Tab Enter")
    #expect(session.screen.contains("Tenants"))
    #expect(session.screen.contains("› "))
    session.press("Esc")
    #expect(session.line("▸").contains("Okafor, Ada"), "the link is selected again")
    session.press("Esc")
    #expect(session.screen == before)
  }

  @Test("opens the list behind a count, and comes back") func list() {
    var session = RecordTableTests.ledger()
    session.press("j Enter Tab Tab")
    #expect(session.line("▸").contains("Leases 3"))
    session.press("Enter")
    #expect(session.screen.contains("Leases of Properties Pier 1  3"))
    session.press("Esc Esc")
    #expect(session.line("▸").contains("Pier 1"))
  }

  @Test("shows what happened to a record, and the record as it was received") func parts() {
    var session = RecordTableTests.ledger(columns: 80, rows: 24)
    session.press("i")
    #expect(session.line("▸").contains("History"))
    #expect(session.screen.contains("Rent 1,450.00 → 1,495.00"))
    session.press("Esc O")
    #expect(session.screen.contains("  \"Id\": 0"))
    session.press("y")
    guard case .copy(let text)? = session.takeEffects().last else {
      Issue.record("nothing was copied")
      return
    }
    #expect(text.contains("As received\n{\n  \"Id\": 0\n}"))
  }

  @Test("changes the list and finds each as it was left") func lists() {
    var session = RecordTableTests.ledger()
    session.press("j j )")
    #expect(session.screen.contains(" Units  0"))
    session.press("o")
    session.type("lease")
    session.press("Enter")
    #expect(session.screen.contains(" Leases  40"))
    session.press("( (")
    #expect(session.line("▸").contains("Alder House 2"))
  }

  @Test("a record found in the palette opens, and Esc goes back to where one was") func palette() {
    var session = Session(columns: 100, rows: 28, status: Sample.quiet)
    session.press(":")
    session.type("okafor")
    #expect(session.screen.contains("okafor tenant 1"))
    session.press("Down Enter")
    #expect(session.screen.contains("Tenants"))
    #expect(session.lists.records.last == RecordReference(.tenants, FakeLists.id(1)))
    session.press("Esc")
    #expect(session.screen.contains("all in step") || session.screen.contains("in step"))
  }

  @Test("the palette does what another pane can, there") func otherPane() {
    var session = Session(columns: 100, rows: 28, status: Sample.quiet)
    session.press("Ctrl-P")
    session.type("show tenants")
    session.press("Enter")
    #expect(session.screen.contains(" Tenants  0"))
  }

  @Test("asks for the last words typed, one question at a time") func search() {
    var session = Session(columns: 100, rows: 28, status: Sample.quiet)
    session.lists.isSlow = true
    session.press(":")
    session.type("okafor")
    #expect(session.lists.searches == ["ok"])
    session.answer()
    #expect(session.lists.searches == ["ok", "okafor"])
    session.answer()
    #expect(session.screen.contains("okafor tenant 0"))
  }

  @Test(
    "a newcomer finds the tenant behind a late payment by ? and : alone",
    arguments: ["late", "overdue", "rent", "tenant", "arrears"])
  func newcomer(_ word: String) {
    var session = Session(
      columns: 80, rows: 24, status: Sample.quiet,
      lists: FakeLists(counts: [.leases: 40, .tenants: 60, .transactions: 90]))
    // The help has no key for it, and says where to look.
    session.press("?")
    session.type("overdue")
    #expect(session.screen.contains(": finds every command and record"))
    session.press("Esc")
    #expect(session.screen.contains(": commands"), "the footer names the key")
    session.press(":")
    session.type(word)
    // The lists come before whatever records happen to be called so.
    let found = session.screen
    #expect(found.contains("show-leases"), "\(found)")
    while !session.line("▸").contains("show-leases") && !session.line("▸").contains("tenant 2") {
      session.press("Down")
    }
    session.press("Enter")
    #expect(session.screen.contains(" Leases  40"))
    // What goes on from here is in the footer, and in the help.
    #expect(session.screen.contains("Enter open"))
    session.press("Enter")
    #expect(session.screen.contains("Tab next link"))
    session.press("Tab Enter")
    #expect(session.lists.records.last?.list == .tenants)
    #expect(session.screen.contains("Tenants"))
    session.press("Esc Esc")
    #expect(session.screen.contains(" Leases  40"), "and back")
  }

  @Test("80x24 shows the record below, 60x20 on Enter, a wide screen beside")
  func layouts() {
    let small = RecordTableTests.ledger(columns: 60, rows: 20)
    #expect(!small.screen.contains("Okafor") && !small.screen.contains("Enter shows all"))
    #expect(RecordTableTests.ledger(columns: 80, rows: 24).screen.contains("Enter shows all"))
    #expect(RecordTableTests.ledger(columns: 200, rows: 60).screen.contains("│ Properties Maple"))
  }
}
