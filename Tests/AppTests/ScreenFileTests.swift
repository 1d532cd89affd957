import Background
import Domain
import FoundationEssentials
import Glibc
import Interface
import Terminal
import Testing

@testable import rentbook

/// What the screen keeps in files and in the store: undo, keys, colours, exports.
@Suite("The screen keeps")
struct ScreenFileTests {
  private func entry(_ title: String) -> UndoJournal.Entry {
    UndoJournal.Entry(title: title, kind: "note", payload: .string(title))
  }

  /// A journal on a shelf that outlives it, and what was undone through it.
  private func journal(
    _ shelf: Lock<String?>, _ done: Lock<[String]>, refuses: Bool = false
  ) -> UndoJournal {
    let journal = UndoJournal(
      UndoJournal.Shelf(
        load: { () throws(Failure) in shelf.withLock(\.self) },
        save: { text throws(Failure) in shelf.withLock { $0 = text } }))
    journal.register("note") { payload, isRedo throws(Failure) in
      if refuses { throw Failure("stale", "It was sent to Buildium.") }
      done.withLock { $0.append((isRedo ? "+" : "-") + (payload.string ?? "")) }
    }
    return journal
  }

  @Test("what was done, so that it can be undone and done again, after a restart too")
  func undo() throws {
    let (shelf, done) = (Lock<String?>(nil), Lock<[String]>([]))
    let first = journal(shelf, done)
    try first.record(entry("approve 14 bills"))
    try first.record(entry("mark as paid"))
    let second = journal(shelf, done)
    #expect(try second.undoable() == Undoable(undo: "mark as paid"))
    #expect(
      try second.step(isRedo: false)?.next
        == Undoable(undo: "approve 14 bills", redo: "mark as paid"))
    #expect(try second.step(isRedo: false)?.title == "approve 14 bills")
    #expect(try second.step(isRedo: false) == nil)
    #expect(try second.step(isRedo: true)?.problem == nil)
    #expect(done.withLock(\.self) == ["-mark as paid", "-approve 14 bills", "+approve 14 bills"])
    try second.record(entry("another"))
    #expect(try second.undoable() == Undoable(undo: "another"))
  }

  @Test("no action that cannot be undone any more, and says why") func stale() throws {
    let (shelf, done) = (Lock<String?>(nil), Lock<[String]>([]))
    let journal = journal(shelf, done, refuses: true)
    try journal.record(entry("approve 14 bills"))
    let outcome = try #require(try journal.step(isRedo: false))
    #expect(outcome.problem == "It was sent to Buildium.")
    #expect(outcome.next == Undoable())
    #expect(done.withLock(\.self).isEmpty)
  }

  private func choices(_ text: String, theme: String? = nil) throws -> ScreenChoices {
    let path = "/tmp/rentbook-choices-\(getpid())-\(UInt32.random(in: 0 ... .max)).json"
    defer { unlink(path) }
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return ScreenChoices(path: path, themeName: theme, automatic: .mono)
  }

  @Test("keys and colours of a person's choice, with comments between them") func read() throws {
    let read = try choices(
      """
      {
        // Mine.
        "theme": "dark",
        "keys": { "quit": ["Ctrl-Q", "F10"], "suspend": [] },
        "colors": { "warning": "#ffffff/white default bold" }
      }
      """)
    #expect(read.problems.isEmpty)
    #expect(read.keyMap == ["quit": [.control("q"), .function(10)], "suspend": []])
    #expect(read.theme.look(.warning).text == Colour(hex: "#ffffff", ansi: 7))
    #expect(read.theme.look(.error) == Theme.named("dark")?.look(.error))
  }

  @Test(
    "what is right in a file with slips, and tells each slip with its line",
    arguments: [
      ("{\n\"keys\": {\n\"quit\": \"Hyper-Q\"\n}}", "line 3: “Hyper-Q” is no key"),
      ("{\n\"colors\": {\n\n\"wrning\": \"default default\"}}", "line 4: unknown role “wrning”"),
      ("{\n\"colors\": {\"error\": \"#12 default\"}}", "line 2: “#12” is no colour"),
      ("{\n\"theme\": \"dusk\"}", "line 2: there is no theme “dusk”"),
      ("{\n\"keys\": 5}", "line 2: “keys” must be an object"),
      ("{\n\"keys\": {},\n,}", "line 3"),
    ])
  func slips(_ text: String, _ told: String) throws {
    let problems = try choices(text).problems
    #expect(problems.count == 1 && problems.first?.contains(told) == true, "\(problems)")
  }

  @Test(
    "what is shown in files that other programs read",
    arguments: [
      (
        ListExport.Format.csv,
        "name,reserve,active\r\n\"Oak, \"\"Old\"\"\",-12.50,true\r\n'=1+1,,false\r\n"
      ),
      (
        .json,
        "[\n  {\"name\":\"Oak, \\\"Old\\\"\",\"reserve\":-12.50,\"active\":true},\n  "
          + "{\"name\":\"=1+1\",\"reserve\":null,\"active\":false}\n]\n"
      ),
      (.text, "Name\tReserve\tActive\nOak, \"Old\"\t−12.50\tyes\n=1+1\t\tno\n"),
    ])
  func export(_ format: ListExport.Format, _ expected: String) throws {
    let columns = ListName.properties.columns
    func row(_ id: String, _ cells: [String: ListCell]) -> ListRow {
      ListRow(id: id, cells: columns.map { cells[$0.name] ?? .none })
    }
    var writer = ExportWriter(
      ListExport(
        ListQuery(.properties), columns: ["name", "reserve", "active"], format: format, file: nil),
      utcOffsetMinutes: 0)
    var text = writer.opening
    text += writer.text(of: [
      row(
        "1",
        [
          "name": .text("Oak, \"Old\""), "reserve": .money(Money(minorUnits: -1250)),
          "active": .flag(true),
        ])
    ])
    text += writer.text(of: [row("2", ["name": .text("=1+1"), "active": .flag(false)])])
    #expect(text + writer.closing == expected)
  }
}
