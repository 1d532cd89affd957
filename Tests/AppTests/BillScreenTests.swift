import Domain
import FoundationEssentials
import Glibc
import Testing

/// The Bills pane as an approver meets it: the program in a terminal, others at work beside it.
@Suite("Bills in a terminal", .serialized)
struct BillScreenTests {
  /// A home with so many bills of Ann's that wait for approval; their ids.
  private func waiting(_ count: Int) throws -> (home: BillCommandTests.Home, ids: [String]) {
    let home = try BillCommandTests.Home()
    let schedule = #"{"every":"week","start":"2026-09-10","due_days":20}"#
    let made = try home.run(
      "bills", "create", "--property", "7", "--vendor", "20", "--date", "2026-09-10", "--due",
      "2026-10-10", "--account", "111", "--amount", "10.01", "--recur", schedule)
    #expect(made.exit == 0, "\(made.output)")
    let last = try #require(CalendarDate("2026-09-10")).adding(days: 7 * (count - 1))
    let recurred = try home.run("bills", "recur", "--through", "\(last)")
    let ids =
      [try #require(made.json["local_id"]?.string)]
      + (recurred.json["made"]?.array ?? []).compactMap { $0["local_id"]?.string }
    #expect(ids.count == count)
    let submitted = try ProgramRun(
      ["bills", "submit"] + ids + ["--json"], home: home.path, user: "ann")
    #expect(submitted.exit == 0, "\(submitted.output)")
    return (home, ids)
  }

  private func open(_ home: BillCommandTests.Home) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(
      [], environment: ["RENTBOOK_HOME": home.path, "RENTBOOK_USER": "bob"], rows: 34, columns: 120)
    try terminal.wait(for: "? help")
    return terminal
  }

  @Test("fifty bills are approved in one batch, three are refused with reasons and stay marked")
  func batch() throws {
    let (home, ids) = try waiting(53)
    let terminal = try open(home)
    // The number stands on the tab before the pane is looked at; three came with the portfolio.
    try terminal.wait(for: "Bills 56")
    terminal.press("3")
    try terminal.wait(for: "Bills waiting for me  56")
    terminal.press("/10.01\r")
    try terminal.wait(for: "53 of 56", seconds: 60)
    terminal.press("*")
    try terminal.wait(for: "marked 53 · 530.53")
    // Meanwhile Ann takes three of them back.
    let recalled = try ProgramRun(
      ["bills", "recall", ids[4], ids[20], ids[52], "--json"], home: home.path, user: "ann")
    #expect(recalled.exit == 0)
    terminal.press("a")
    // So many are not approved by a slip of the finger: their number is typed first.
    try terminal.wait(for: "Type 53 to go on")
    terminal.press("53")
    try terminal.wait(for: "Type 53 to go on: 53")
    terminal.press("y")
    try terminal.wait("the result with three reasons", seconds: 60) { screen in
      screen.text.contains("50 of 53 bills approved.")
        && screen.text.components(separatedBy: "changed since it was shown").count == 4
    }
    terminal.press("\u{1B}")
    try terminal.wait(for: "marked 3 · 30.03", seconds: 60)
    terminal.press("q")
    #expect(try terminal.waitForExit() == 0)
    let list = try home.run("bills", "list").json["bills"]?.array ?? []
    let states = Dictionary(
      list.map { ($0["local_id"]?.string ?? "", $0["approval"]?.string ?? "") }
    ) { first, _ in first }
    #expect(ids.count { states[$0] == "approved" } == 50)
    #expect([4, 20, 52].allSatisfy { states[ids[$0]] == "draft" })
    #expect(try home.run("audit", "verify").exit == 0)
  }

  @Test("a race is lost politely, a void shows its reversal, and a trail that was changed is found")
  func raceAndVoid() throws {
    let (home, ids) = try waiting(2)
    let terminal = try open(home)
    terminal.press("3")
    terminal.press("/10.01\r")
    try terminal.wait(for: "Bills waiting for me  2 of 5", seconds: 60)
    // The first to be due is the later of the schedule; the other one is chosen.
    terminal.press("j")
    try terminal.wait("the first bill is chosen") { screen in
      screen.text.split(separator: "\n").contains { $0.hasPrefix("▸") && $0.contains("2026-10-10") }
    }
    // Eve is faster by a moment.
    #expect(try home.run("bills", "approve", ids[0], user: "eve").exit == 0)
    terminal.press("a")
    try terminal.wait(for: "changed since it was shown", seconds: 60)
    try terminal.wait("the other one alone waits", seconds: 60) {
      $0.text.contains("Bills waiting for me  1 of 4")
    }
    terminal.press("c")
    try terminal.wait(for: "Comment:")
    terminal.press("ask the vendor\r")
    try terminal.wait(for: "The comment stands")
    // All bills, the one Eve approved: void it.
    terminal.press("\u{1B}")
    try terminal.wait("the filter is off", seconds: 60) { !$0.text.contains("/ 10.01") }
    terminal.press("o")
    try terminal.wait(for: "bills: all")
    terminal.press("all\r")
    try terminal.wait(for: "Bills all")
    terminal.press("/\(ids[0])\r")
    try terminal.wait("it alone is shown", seconds: 60) { $0.text.contains("Bills all  1 of") }
    terminal.press("v")
    try terminal.wait(for: "Reason:")
    terminal.press("entered twice by Ann\r")
    try terminal.wait(for: "Void 1 bill?")
    terminal.press("y")
    try terminal.wait(for: "It was voided.", seconds: 60)
    try terminal.wait(for: "→ voided", seconds: 60)
    terminal.press("q")
    #expect(try terminal.waitForExit() == 0)
    #expect(terminal.leftOver() == [])

    let bill = try home.run("bills", "show", ids[0]).json["bill"]
    #expect(bill?["status"] == "voided" && bill?["reversed_by"]?.string != nil)
    let events = try home.run("bills", "audit", ids[0]).json["events"]?.array ?? []
    #expect(events.last?["reason"] == "entered twice by Ann")
    #expect(events.contains { $0["actor"] == "bob" && $0["refused"] == "changed" })
    let commented = try home.run("bills", "audit", ids[1]).json["events"]?.array?.last
    #expect(commented?["action"] == "comment" && commented?["reason"] == "ask the vendor")
    #expect(try home.run("audit", "verify").exit == 0)
    // Somebody edits the file of the store itself.
    try tamper(home, "entered twice by Ann", "entered twice by Bob")
    let verified = try home.run("audit", "verify")
    #expect(verified.exit == 3, "\(verified.output)")
    #expect(verified.json["findings"]?.array?.contains { $0.text.contains("was changed") } == true)
  }

  /// Replaces a text in the store's file by another one of the same length.
  private func tamper(_ home: BillCommandTests.Home, _ text: String, _ other: String) throws {
    let names = try FileManager.default.subpathsOfDirectory(atPath: home.path)
    var count = 0
    for name in names where name.hasSuffix(".db") || name.hasSuffix(".sqlite") {
      let path = home.path + "/" + name
      var bytes = Array(try #require(FileManager.default.contents(atPath: path)))
      let (old, new) = (Array(text.utf8), Array(other.utf8))
      var place = 0
      while place + old.count <= bytes.count {
        if bytes[place] == old[0], bytes[place..<(place + old.count)].elementsEqual(old) {
          bytes.replaceSubrange(place..<(place + old.count), with: new)
          count += 1
        }
        place += 1
      }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
    #expect(count > 0, "the text is not in \(names)")
  }
}
