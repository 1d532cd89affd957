import Glibc
import Testing

/// How the program treats the terminal it was lent, on a screen where nothing changes by itself.
@Suite("The terminal", .serialized) struct TerminalCareTests {
  private let home = DemoTests.Home()

  private func open(
    rows: Int = 24, columns: Int = 80, ignoringHangUp: Bool = false, holdingPictures: Bool = true
  ) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(
      ["screen"], environment: ["RENTBOOK_HOME": home.path], rows: rows, columns: columns,
      ignoringHangUp: ignoringHangUp, holdingPictures: holdingPictures)
    try terminal.wait(for: "Nothing is connected yet")
    terminal.settle()
    return terminal
  }

  private func end(_ terminal: PseudoTerminal) throws {
    terminal.press("q")
    #expect(try terminal.waitForExit() == 0)
    #expect(terminal.leftOver() == [])
  }

  @Test(
    "is sent each picture whole where it says that it can hold one back, and is not told so else",
    arguments: [
      ("\u{1B}[?2026;2$y", true), ("\u{1B}[?2026;1$y", true), ("\u{1B}[?2026;0$y", false),
      ("\u{1B}[?2026;4$y", false), ("", false),
    ])
  func synchronizedOutput(_ answer: String, _ isWhole: Bool) throws {
    let terminal = try open(holdingPictures: false)
    #expect(terminal.takeOutput().contains("\u{1B}[?2026$p"))
    terminal.press(answer)
    for (key, shown) in [("?", "type to search"), ("\u{1B}", "? help"), ("L", "Messages")] {
      terminal.press(key)
      try terminal.wait(for: shown)
      if !isWhole { terminal.settle() }
      let output = terminal.takeOutput()
      let begun = output.components(separatedBy: "\u{1B}[?2026h")
      #expect((begun.count > 1) == isWhole, "\(key)")
      guard isWhole else {
        #expect(!output.contains("\u{1B}[?2026l"))
        continue
      }
      // Nothing stands before the first picture or behind the last, and each ends before another.
      #expect(begun[0].isEmpty && output.hasSuffix("\u{1B}[?2026l"), "\(key)")
      #expect(
        begun.dropFirst().allSatisfy { $0.components(separatedBy: "\u{1B}[?2026l").count == 2 })
    }
    terminal.press("\u{1B}")
    try terminal.wait(for: "? help")
    try end(terminal)
  }

  @Test(
    "that goes away ends the program, which uses no processor for it, heard as a signal or not",
    arguments: [false, true])
  func hangUp(_ isIgnoring: Bool) throws {
    let terminal = try open(ignoringHangUp: isIgnoring)
    let before = terminal.processorTicks * 10
    terminal.hangUp()
    // It may see that the terminal is gone before the signal says so.
    let code = try terminal.waitForExit()
    #expect(code == 130 || (code == 128 + SIGHUP && !isIgnoring))
    let used = try #require(terminal.processorMilliseconds)
    #expect(used - before < 1000, "\(used) after \(before) ms")
  }

  @Test("has no key of two hundred that were typed ahead lost or changed in order") func queue()
    throws
  {
    let terminal = try open(columns: 240)
    terminal.press(":")
    try terminal.wait(for: "type to search")
    let typed = String((0..<190).map { Character(Unicode.Scalar(UInt8(97 + $0 * 7 % 26))) })
    terminal.press(typed)
    try terminal.wait(for: typed)
    terminal.press("\u{1B}")
    try terminal.wait(for: "? help")
    try end(terminal)
  }

  @Test("is cleared once at most for a new size, and drawn in a few thousand bytes")
  func resizeBytes() throws {
    let terminal = try open()
    for (rows, columns) in [(30, 100), (24, 80), (20, 60)] {
      _ = terminal.takeOutput()
      terminal.resize(rows: rows, columns: columns)
      try terminal.wait(for: "Nothing is connected yet")
      terminal.settle()
      let output = terminal.takeOutput()
      let clears = ["\u{1B}[2J", "\u{1B}[H\u{1B}[J", "\u{1B}[3J"].reduce(0) {
        $0 + output.components(separatedBy: $1).count - 1
      }
      #expect(clears <= 1, "\(clears) clears")
      #expect(output.utf8.count < 3 * rows * columns, "\(output.utf8.count) bytes")
    }
    try end(terminal)
  }

  @Test("left alone wakes the program hardly ever") func wakes() throws {
    let terminal = try open()
    terminal.settle(milliseconds: 1000)
    let before = terminal.waits
    #expect(before > 0)
    terminal.settle(milliseconds: 5000)
    // One look a second at the store's number of changes would be allowed.
    #expect(terminal.waits - before <= 10)
    try end(terminal)
  }

  @Test("is rolled past the end without a debt: the way back begins at once") func wheel() throws {
    let terminal = try open()
    terminal.press("?")
    try terminal.wait(for: "type to search")
    terminal.settle()
    let first = terminal.screen.text
    terminal.press(String(repeating: "\u{1B}[<65;10;9M", count: 200))
    terminal.settle()
    #expect(terminal.screen.text != first)
    // Three rows to a round: the whole list, in a tenth of the rounds that went down.
    terminal.press(String(repeating: "\u{1B}[<64;10;9M", count: 20))
    terminal.settle()
    #expect(terminal.screen.text == first)
    terminal.press("\u{1B}")
    try terminal.wait(for: "? help")
    try end(terminal)
  }
}
