import Domain
import Terminal
import Testing

@testable import Interface

/// A list of any length: windows, selection, filter, order, marks.
@Suite("A list of records") struct RecordTableTests {
  static func ledger(
    _ count: Int = 1000, columns: Int = 100, rows: Int = 28, memory: ScreenMemory = ScreenMemory()
  ) -> Session {
    var session = Session(
      columns: columns, rows: rows, status: Sample.quiet, memory: memory,
      lists: FakeLists(counts: [.properties: count, .leases: 40, .tenants: 60, .bills: 3118]))
    session.press("5")
    _ = session.takeEffects()
    return session
  }

  @Test("of a million rows is walked without reading more than windows of it") func million() {
    var session = Self.ledger(1_000_000)
    #expect(session.screen.contains("Properties  1,000,000"))
    session.press("G")
    #expect(session.line("▸").contains("Mill Lane 999999"))
    session.press("PageUp k k g PageDown j")
    for _ in 0..<300 { session.press("j") }
    #expect(session.line("▸").contains(" 3"))
    #expect(session.lists.asked.allSatisfy { $0.count <= 400 })
    #expect(session.lists.asked.count < 20)
  }

  @Test("answers keys while its rows are late, and shows where they will be") func placeholders() {
    var session = Self.ledger(10_000)
    session.lists.isSlow = true
    session.press("G")
    #expect(session.line("▸").contains("…"))
    session.press("k k")
    // One question at a time, however many keys.
    #expect(session.late.count == 1)
    session.answer()
    session.answer()
    #expect(session.line("▸").contains("Oak Row 9998") || session.line("▸").contains("9997"))
  }

  @Test("takes no answer to an older question") func lateAnswer() {
    var session = Self.ledger()
    session.lists.isSlow = true
    session.press("/")
    session.type("pier")
    let old = session.late
    for _ in 0..<8 { session.answer() }
    let shown = session.screen
    for message in old { session.send(message) }
    #expect(session.screen == shown)
    #expect(session.screen.contains("200 of 1,000"))
  }

  @Test("says that it counts while it does; another filter gives the counting up") func counting() {
    var session = Self.ledger(5000)
    #expect(!session.screen.contains("counting…"))
    session.lists.isSlow = true
    session.press("/")
    session.type("oak")
    session.press("Enter")
    // The rows come at once (the selected one is not among them, so that they are asked for twice),
    // and keys go on working beside the count.
    session.answer()
    session.answer()
    #expect(session.screen.contains("240+") && session.screen.contains("counting…"))
    session.press("j j")
    #expect(session.line("▸").contains("Oak Row 13"))
    let asked = session.lists.asked.count
    session.press("/")
    session.type("x")
    session.press("Enter")
    #expect(session.lists.asked.count == asked + 1)
    for _ in 0..<4 { session.answer() }
    #expect(!session.screen.contains("counting…"))
    session.lists.isSlow = false
    session.press("/")
    session.press("Backspace Enter")
    #expect(session.screen.contains("1,000 of 5,000") && !session.screen.contains("counting…"))
  }

  @Test("filters as one types, says how many are left, and all again with Esc") func filter() {
    var session = Self.ledger()
    session.press("/")
    session.type("alder")
    #expect(session.screen.contains("Properties  200 of 1,000  filter: alder_"))
    session.press("Enter j")
    #expect(session.line("▸").contains("Alder House"))
    session.press("Esc")
    #expect(session.screen.contains("Properties  1,000 "))
    #expect(session.line("▸").contains("Alder House 7"), "the selected row stays")
  }

  @Test("tells what is wrong with a filter in words, and keeps what was right before") func wrong()
  {
    var session = Self.ledger(columns: 160)
    session.press("/")
    session.type("alder \"b")
    #expect(session.line("filter:").contains("! At "))
    #expect(session.line("▸").contains("Alder House"))
    session.press("Ctrl-U")
    session.type("reserve>x")
    #expect(session.line("filter:").contains("! At 9: "))
  }

  @Test("is ordered by the chosen column, turned round by S and by choosing it again")
  func sort() {
    var session = Self.ledger()
    session.press("s")
    session.type("reserve")
    session.press("Enter")
    #expect(session.lists.asked.last { $0.count > 0 }?.query.sortColumn == "reserve")
    #expect(session.screen.contains("by Reserve ▲"))
    session.press("S")
    #expect(session.lists.asked.last { $0.count > 0 }?.query.isDescending == true)
    #expect(session.screen.contains("by Reserve ▼"))
    #expect(session.takeEffects().contains { if case .remember = $0 { true } else { false } })
  }

  @Test("keeps the selected record through a refresh, and the line it stands on") func refresh() {
    var session = Self.ledger()
    session.press("j j j j j")
    let row = session.frame.cursorRow
    for number in 0..<3 {
      session.lists.deleted.insert(RecordReference(.properties, FakeLists.id(number)))
    }
    session.pass(seconds: 2)
    session.send(.storeChanged)
    #expect(session.line("▸").contains("Maple Court 5"))
    #expect(session.frame.cursorRow == row || session.frame.cursorRow == row - 3)
    session.lists.deleted.insert(RecordReference(.properties, FakeLists.id(5)))
    session.pass(seconds: 2)
    session.send(.storeChanged)
    #expect(session.line("▸").contains("Pier 6"))
    #expect(session.notice.contains("nearest row"))
  }

  @Test("keeps filter, marks and place through a refresh that takes rows away above them")
  func refreshKeepsAll() {
    var session = Self.ledger(400)
    session.press("/")
    session.type("oak")
    session.press("Enter G k k k Space")
    let selected = session.line("▸")
    let row = session.frame.cursorRow
    for number in [3, 8, 13] {
      session.lists.deleted.insert(RecordReference(.properties, FakeLists.id(number)))
    }
    session.pass(seconds: 2)
    session.send(.storeChanged)
    #expect(session.line("▸") == selected && session.frame.cursorRow == row)
    #expect(session.screen.contains("marked 1"))
    #expect(session.screen.contains("77 of 400  filter: oak"))
  }

  @Test("marks all of a filter, also what was never read, and the batch has every one of them")
  func marksUnread() {
    var session = Self.ledger(20_000)
    session.press("/")
    session.type("pier")
    session.press("Enter")
    #expect(session.screen.contains("4,000 of 20,000"))
    session.press("*")
    // The sum of the reserves of r1, r6, …, r19996, which are 1.01 times the number less 5.
    #expect(session.screen.contains("marked 4,000 · 40,373,940.00"))
    session.press("Esc Esc / ")
    session.type("zzz")
    session.press("Ctrl-U Enter *")
    #expect(session.notice.contains("At most 10,000 rows"))
  }

  @Test("marks rows, ranges, all and the others, with their number and sum") func marks() {
    var session = Self.ledger(100)
    session.press("Space Space")
    #expect(session.screen.contains("marked 2 · −8.99"))
    session.press("j v j j v")
    #expect(session.screen.contains("marked 5"))
    session.press("*")
    #expect(session.screen.contains("marked 100"))
    session.press("g Space !")
    #expect(session.screen.contains("marked 1 "))
    session.press("Esc")
    #expect(!session.screen.contains("marked"))
  }

  @Test("Esc ends the wait for rows that are to be marked, and drops the keys typed meanwhile")
  func abandonedMark() {
    var session = Self.ledger()
    session.lists.isSlow = true
    session.press("/")
    session.type("oak")
    session.press("Enter * j j")
    #expect(session.screen.contains("marking"))
    session.press("Esc")
    #expect(!session.screen.contains("marking"))
    session.press("1")
    #expect(session.screen.contains("Rent payments"))
    session.lists.isSlow = false
    for _ in 0..<4 { session.answer() }
    session.press("5")
    #expect(!session.screen.contains("marked"))
  }

  @Test("holds the keys that follow a mark of rows which are still being read") func heldKeys() {
    var session = Self.ledger(5000)
    session.lists.isSlow = true
    session.press("* j y")
    #expect(!session.screen.contains("press its key"))
    session.answer()
    session.answer()
    #expect(session.screen.contains("press its key"))
    session.press("Esc")
    #expect(session.screen.contains("marked 5,000"))
  }

  @Test("refuses to mark more rows than a batch may hold") func tooMany() {
    var session = Self.ledger(1_000_000)
    session.press("*")
    #expect(session.notice.contains("At most 10,000 rows"))
  }

  @Test("says how many marked rows the filter hides") func hidden() {
    var session = Self.ledger(100)
    session.press("Space Space /")
    session.type("pier")
    #expect(session.screen.contains("marked 2 · −8.99, 1 hidden"))
  }

  @Test("hides, widens and scrolls columns, and remembers that") func columns() {
    var session = Self.ledger(columns: 60, rows: 20)
    #expect(session.screen.contains("›"))
    for _ in 0..<7 { session.press("l") }
    #expect(session.screen.contains("Active"))
    #expect(session.screen.contains("‹"))
    #expect(session.line("▸").contains("Maple Court 0"), "the first column stays")
    session.press("C")
    session.type("city")
    session.press("Enter")
    #expect(!session.screen.contains("City"))
    guard case .remember(let memory)? = session.takeEffects().last else {
      Issue.record("nothing is remembered")
      return
    }
    #expect(memory.tables["ledger.properties"]?.hidden == ["city"])
    let again = Self.ledger(columns: 60, rows: 20, memory: ScreenMemory(json: memory.json))
    #expect(!again.screen.contains("City"))
  }

  @Test("copies the cell, the row, or all that is shown, and writes files") func copy() {
    var session = Self.ledger()
    session.press("j y y")
    #expect(
      session.takeEffects() == [
        .copy("Pier 1\tAddress 1\tCity 1\t1\tclosed\tManager 1\t−3.99\tyes")
      ])
    session.press("l l y c")
    #expect(session.takeEffects() == [.copy("City 1")])
    session.press("y a")
    guard case .export(let all)? = session.takeEffects().first else {
      Issue.record("nothing is exported")
      return
    }
    #expect(all.file == nil && all.format == .text && all.columns.count == 8)
    session.press("e j Enter")
    guard case .export(let file)? = session.takeEffects().first else {
      Issue.record("nothing is exported")
      return
    }
    #expect(file.format == .json && file.file != nil)
  }

  @Test("loses no key: as many rows down as were pressed") func keys() {
    var session = Self.ledger(5000)
    session.lists.isSlow = true
    for _ in 0..<2000 { session.press("j") }
    for _ in 0..<8 { session.answer() }
    #expect(session.line("▸").contains(" 2000 "))
  }

  @Test("that has become shorter than it was counted is not asked for again and again")
  func shrunk() {
    var session = Self.ledger(500)
    session.press("G")
    for number in 480..<500 {
      session.lists.deleted.insert(RecordReference(.properties, FakeLists.id(number)))
    }
    let before = session.lists.asked.count
    session.press("g PageDown G PageUp G")
    session.pass(seconds: 2)
    session.send(.storeChanged)
    #expect(session.lists.asked.count - before < 20)
    #expect(session.line("▸").contains("Mill Lane 479"))
  }

  @Test("says why it could not be read") func unanswered() {
    var session = Self.ledger()
    session.lists.isSlow = true
    session.press("/ x")
    guard case .list(_, let ticket)? = session.late.first else {
      Issue.record("nothing was asked")
      return
    }
    session.send(.unanswered(ticket, "The disk failed.", hint: "Check it."))
    #expect(session.screen.contains("× The disk failed."))
    #expect(session.screen.contains("Check it."))
  }

  @Test(
    "keeps its columns straight, whatever a name holds",
    arguments: [
      "日本語テキスト", "e\u{301}te\u{301}", "😀 house", "a\u{1B}[31mb", "\u{202E}gnirts", "tab\there",
      "\u{200D}\u{FE0F}x", "line\nbreak",
    ])
  func hostile(_ name: String) {
    var session = Session(columns: 80, rows: 24, status: Sample.quiet)
    session.lists.texts[RecordReference(.properties, FakeLists.id(1))] = name
    session.press("5")
    let first = session.frame.cursorRow
    func column(_ row: Int) -> Int? {
      (0..<80).first { at in
        "Address".enumerated().allSatisfy { session.frame[row, at + $0].text == $1 }
      }
    }
    #expect(column(first) == column(first + 1))
    for row in 0..<24 {
      for at in 0..<80 {
        for scalar in session.frame[row, at].text?.unicodeScalars ?? "".unicodeScalars {
          #expect(scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value))
          #expect(!(0x202A...0x202E).contains(scalar.value))
        }
      }
    }
  }
}
