import Domain
import Glibc
import Terminal
import Testing

@testable import Interface

/// Keys, sizes, pastes and answers in any order: nothing breaks, and there is always a way out.
@Suite("A monkey") struct MonkeyTests {
  private static let keys: [Key] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 /:?!*<>=.,;-_+()[]{}"
    .map(Key.character)
    + "abcdefghijklmnopqrstuvwxyz".map(Key.control)
    + [
      .enter, .escape, .tab, .backTab, .backspace, .delete, .insert, .up, .down, .left, .right,
      .home, .end, .pageUp, .pageDown, .function(1), .function(5), .function(12), .alt("x"),
      .character("日"), .character("é"),
    ]

  private static let rubbish = [
    "\u{1B}[31m", "\u{202E}abc", "a\nb\rc\t", "\u{0}\u{7}", "😀👨‍👩‍👧", "prop:\"", "amount>", "--- ::",
    String(repeating: "x", count: 5000), "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
  ]

  /// What it does in a test; `RENTBOOK_MONKEY` in the environment multiplies that for a long run.
  private static let steps =
    100 * (getenv("RENTBOOK_MONKEY").flatMap { Int(String(cString: $0)) } ?? 1)

  @Test(
    "does what it likes, drawing after each thing, and gets out with Esc and q", arguments: 0..<3)
  func monkey(_ run: Int) {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0 ... .max, using: &generator)
    var dice = Dice(seed: seed)
    var session = Session(
      status: Sample.busy,
      lists: FakeLists(counts: [
        .properties: 700, .leases: 40, .tenants: 3, .bills: 118, .audit: 500,
      ]))
    for _ in 0..<Self.steps {
      session.lists.isSlow = dice.roll(4) == 0
      switch dice.roll(40) {
      case 0: session.send(.resized(Size(rows: 1 + dice.roll(70), columns: 1 + dice.roll(220))))
      case 1: session.send(.paste(Self.rubbish[dice.roll(Self.rubbish.count)]))
      case 2:
        let what: Mouse.What = [.press, .wheelUp, .wheelDown][dice.roll(3)]
        session.send(.mouse(Mouse(what, row: dice.roll(70), column: dice.roll(220))))
      case 3: session.send(.storeChanged)
      case 4: session.pass(seconds: Int64(dice.roll(5)))
      case 5: session.answer()
      case 6:
        session.lists.deleted.insert(
          RecordReference(.properties, FakeLists.id(dice.roll(50))))
      default: session.send(.key(Self.keys[dice.roll(Self.keys.count)]))
      }
      let frame = session.frame
      #expect(frame.cursorRow <= frame.size.rows && frame.cursorColumn <= frame.size.columns)
    }
    session.lists.isSlow = false
    session.answer()
    session.answer()
    session.send(.resized(Size(rows: 24, columns: 80)))
    for _ in 0..<60 { session.press("Esc") }
    #expect(session.model.overlays.isEmpty, "seed \(seed)")
    _ = session.takeEffects()
    session.press("q y")
    #expect(session.takeEffects().contains(.quit), "seed \(seed): \(session.screen)")
  }
}
