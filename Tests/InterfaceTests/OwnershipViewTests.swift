import Domain
import Reports
import Terminal
import Testing

@testable import Interface

@Suite("Owners' shares on the screen") struct OwnershipViewTests {
  private func session(isReadOnly: Bool = false) -> Session {
    var session = Session(
      columns: 100, rows: 32, status: Sample.quiet, isReadOnly: isReadOnly,
      lists: FakeLists(counts: [.properties: 200, .transactions: 5000]))
    session.press("4")
    return session
  }

  /// Goes to a property and opens its owners.
  private func open(_ name: String, in session: inout Session) {
    session.press("/")
    session.type(name)
    session.press("Enter w")
  }

  private static func edit(_ session: inout Session) -> OwnershipEdit? {
    for case .changeOwnership(let edit) in session.takeEffects() { return edit }
    return nil
  }

  private static func opened(_ name: String, isReadOnly: Bool = false) -> Session {
    let tests = OwnershipViewTests()
    var session = tests.session(isReadOnly: isReadOnly)
    tests.open(name, in: &session)
    return session
  }

  @Test("lists who owns what from which day, the last first, with what it adds up to")
  func lists() {
    let session = Self.opened("Alder")
    #expect(session.screen.contains("Who owns Alder House"))
    let lines = session.screen.split(separator: "\n").map(String.init)
    let from = lines.firstIndex { $0.contains("from 2026-10-10") }
    let until = lines.firstIndex { $0.contains("2020-01-01 to 2026-10-09") }
    #expect(from ?? 99 < until ?? 0)
    #expect(session.line("Pier Trust").contains("100       100"))
    #expect(session.screen.contains("✓ both add up to 100"))
    #expect(session.screen.contains("keeps 500.00, pays out 80 %"))
    #expect(session.screen.contains("ana decided"))
  }

  @Test("a share that does not add up to 100 is not taken, and says what it adds up to")
  func refuses() {
    var session = Self.opened("Maple")
    session.press("e")
    #expect(session.screen.contains("Hanna Ito") && session.screen.contains("60_"))
    session.press("Ctrl-U")
    session.type("50")
    session.press("Enter")
    #expect(session.screen.contains("Not taken: the shares of income add up to 90, not 100"))
    #expect(Self.edit(&session) == nil)
    session.press("Ctrl-U")
    session.type("sixty")
    session.press("Enter")
    #expect(session.screen.contains("A share is a number"))
    session.press("Ctrl-U")
    session.type("30")
    session.press("Tab")
    session.type("25.5")
    session.press("Tab Ctrl-U")
    session.type("70")
    session.press("Tab")
    session.type("74.5")
    session.press("Enter")
    let edit = Self.edit(&session)
    #expect(edit?.shares.map(\.ownership.description) == ["30", "70"])
    #expect(edit?.shares.map(\.disbursement.description) == ["25.5", "74.5"])
    #expect(edit?.mark == "mark" && edit?.from == FakeMonths.day("2020-01-01"))
    #expect(session.screen.contains("Who owns Maple Court"), "back at the list")
  }

  @Test("33.33 three times is offered the missing hundredth, and saved by the next Enter")
  func thirds() {
    var session = Self.opened("Maple")
    session.press("n")
    session.type("2026-11-01")
    session.press("Down Ctrl-U")
    session.type("33.33")
    session.press("Down Ctrl-U")
    session.type("33.33")
    session.press("Down")
    session.type("pier")
    #expect(session.screen.contains("→ Pier Trust"))
    session.press("Enter")
    session.type("33.33")
    session.press("Enter")
    #expect(session.screen.contains("Hanna Ito takes what was missing to 100"))
    #expect(Self.edit(&session) == nil)
    session.press("Enter")
    let edit = Self.edit(&session)
    #expect(edit?.shares.map(\.ownership.description) == ["33.34", "33.33", "33.33"])
    #expect(edit?.shares.map(\.owner) == ["o0", "o1", "o2"])
    #expect(edit?.from == FakeMonths.day("2026-11-01"))
  }

  @Test("where nobody is entered the screen says so, and takes the first shares for always")
  func first() {
    var session = Self.opened("Oak")
    #expect(session.screen.contains("Nobody has entered an owner"))
    session.press("n")
    session.type("nobody")
    session.press("Tab Enter")
    #expect(session.screen.contains("“nobody” is no owner yet"))
    session.press("Ctrl-U")
    session.type("202")
    session.press("Enter")
    session.type("100")
    session.press("Tab Tab Tab")
    session.type("deed of sale")
    session.press("Enter")
    let edit = Self.edit(&session)
    #expect(edit?.from == .distantPast && edit?.shares.map(\.owner) == ["o1"])
    #expect(edit?.reason == "deed of sale")
  }

  @Test("a date is taken away by D, but not the first; a day that is none is asked for again")
  func dates() {
    var session = Self.opened("Alder")
    session.press("D")
    let edit = Self.edit(&session)
    #expect(edit?.shares.isEmpty == true && edit?.from == FakeMonths.day("2026-10-10"))
    session.press("j D")
    #expect(Self.edit(&session) == nil)
    #expect(session.notice.contains("Nothing holds before"))
    session.press("n")
    session.type("soon")
    session.press("Enter")
    #expect(session.screen.contains("From which day?"))
    session.press("Esc Esc")
    #expect(!session.screen.contains("Who owns"))
  }

  @Test("a screen that only reads shows shares and changes none") func readOnly() {
    var session = Self.opened("Maple", isReadOnly: true)
    #expect(session.screen.contains("Hanna Ito"))
    session.press("e n D")
    #expect(Self.edit(&session) == nil && session.screen.contains("Who owns Maple Court"))
  }

  @Test("what Airtable says is shown before it is taken over, and nothing is asked about nothing")
  func takeOver() {
    var session = session()
    session.press(":")
    session.type("take-over")
    session.press("Enter")
    #expect(session.takeEffects().contains(.previewTakeOver))
    session.send(
      .takeOver(TakeOver(changes: [:], refused: [:], notes: ["The base has no table “Ownership”."]))
    )
    #expect(session.screen.contains("Nothing to take over from Airtable. The base has no table"))
    session.send(
      .takeOver(
        TakeOver(
          changes: ["Maple Court": "Hanna Ito 60 → Hanna Ito 100"],
          refused: ["Pier 9": "The ownership percentages add up to 60, not 100."], notes: [])))
    #expect(session.screen.contains("Take 1 change over from Airtable?"))
    #expect(session.screen.contains("Hanna Ito 60 → Hanna Ito 100"))
    #expect(session.screen.contains("add up to 60"))
    session.press("Esc")
    #expect(!session.takeEffects().contains(.takeOver))
    session.send(.takeOver(TakeOver(changes: ["Maple Court": "a"], refused: [:], notes: [])))
    session.press("y")
    #expect(session.takeEffects().contains(.takeOver))
  }

  @Test("a hundredth is offered, more is not; what is missing is never made up") func rounding() {
    func percents(_ texts: String...) -> [Percent] { texts.compactMap { Percent($0) } }
    #expect(ShareSum.closed(percents("33.33", "33.33", "33.33"))?.first == Percent("33.34"))
    #expect(ShareSum.closed(percents("50.005", "50"))?.first == Percent("50"))
    #expect(ShareSum.closed(percents("33", "33", "33")) == nil)
    #expect(ShareSum.closed(percents("60", "40")) == nil)
    #expect(ShareSum.closed([]) == nil)
  }
}
