import Domain
import Glibc
import Testing

/// A month's run at the keyboard: figures, checklist, a decision, the final month.
@Suite("The month in a terminal", .serialized)
struct MonthScreenTests {
  private static let month = "2026-09"

  private func open(
    _ home: BillCommandTests.Home, _ words: String..., rows: Int = 24, columns: Int = 80
  )
    throws -> PseudoTerminal
  {
    let terminal = try PseudoTerminal(
      ["screen"] + words, environment: ["RENTBOOK_HOME": home.path, "RENTBOOK_USER": "ann"],
      rows: rows, columns: columns)
    try terminal.wait(for: "1 Sync")
    terminal.press("4")
    try terminal.wait(for: "Sum of 1")
    // Which month comes first depends on the day.
    for _ in 0..<3 where !terminal.screen.text.contains(" September 2026 · ") {
      let before = title(terminal.screen)
      terminal.press(">")
      try terminal.wait("another month") { title($0) != before && !$0.text.contains("reading…") }
    }
    try terminal.wait(for: " September 2026 · cash")
    return terminal
  }

  /// The line that says which month is shown.
  private func title(_ screen: Screen) -> Substring? {
    screen.text.split(separator: "\n").first { $0.contains(" · cash") || $0.contains(" · accrual") }
  }

  /// `6363.58` as the screen writes it.
  private func shown(_ amount: String) -> String {
    let parts = amount.split(separator: ".").map(String.init)
    var (digits, grouped) = (parts[0], "")
    while digits.count > 3 {
      grouped = "," + digits.suffix(3) + grouped
      digits.removeLast(3)
    }
    return digits + grouped + "." + parts[1]
  }

  @Test("goes from the figures, which are those of the command, to a final month and its reopening")
  func run() throws {
    let home = try BillCommandTests.Home()
    _ = try home.bill(in: .pendingApproval)
    let noi = try home.run("noi", "--month", Self.month).json["rows"]?.array?.first?["noi"]?.string
    // Whatever else holds the month up is decided before.
    let gates = try home.run("close", "--month", Self.month).json["gates"]?.array ?? []
    for gate in gates where gate["state"]?.string == "failed" {
      let name = try #require(gate["gate"]?.string)
      guard name != "pending_bills" else { continue }
      _ = try home.run(
        "close", "--month", Self.month, "--override", name, "--reason", "looked at")
    }

    let terminal = try open(home)
    try terminal.wait(for: shown(try #require(noi)))
    terminal.press("\r")
    try terminal.wait(for: "Operating expenses")
    terminal.press("\r")
    try terminal.wait(for: "› Revenue")
    try terminal.wait(for: "Payment")
    terminal.press("\r")
    try terminal.wait(for: "Transaction Payment")
    terminal.press("\u{1B}")
    try terminal.wait(for: "› Revenue")
    terminal.press("\u{1B}")
    try terminal.wait(for: "Operating expenses")
    terminal.press("\u{1B}")
    try terminal.wait(for: " to approve", seconds: 60)
    terminal.press("c")
    try terminal.wait(for: "1 check to settle")
    terminal.press("O")
    try terminal.wait(for: "in spite of “No bill waits for approval”")
    terminal.press("paid next month\r")
    try terminal.wait(for: "ready: F finalises", seconds: 60)
    terminal.press("F")
    try terminal.wait(for: "Finalise September 2026?")
    try terminal.wait(for: shown(try #require(noi)))
    terminal.press("y")
    try terminal.wait(for: "final, version 1, by ann", seconds: 60)
    let state = try home.run("close", "--month", Self.month).json
    #expect(state["state"]?.string == "final" && state["finalized_by"]?.string == "ann")
    terminal.press("R")
    try terminal.wait(for: "Open September 2026 again?")
    terminal.press("late bill\r")
    try terminal.wait(for: "opened again", seconds: 60)
    terminal.press("\u{1B}q")
    #expect(try terminal.waitForExit() == 0)
    #expect(terminal.leftOver() == [])
    let runs = try home.run("close", "--month", Self.month, "--history").json["runs"]?.array ?? []
    #expect(
      runs.contains { $0["action"]?.string == "reopen" && $0["reason"]?.string == "late bill" })
  }

  @Test("shows the month and decides nothing when started to read only") func readOnly() throws {
    let home = try BillCommandTests.Home()
    let terminal = try open(home, "--read-only", rows: 40, columns: 120)
    terminal.press("c")
    try terminal.wait(for: "Deposits are in the bank", seconds: 60)
    terminal.press("F")
    try terminal.wait(for: "Read only")
    terminal.press("\u{1B}q")
    #expect(try terminal.waitForExit() == 0)
    #expect(try home.run("close", "--month", Self.month).json["state"]?.string == "open")
  }
}
