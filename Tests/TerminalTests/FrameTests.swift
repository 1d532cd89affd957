import Terminal
import Testing

@Suite("A frame of cells") struct FrameTests {
  private func row(_ text: String, columns: Int = 20, width: Int = .max) -> String {
    var frame = Frame(Size(rows: 1, columns: columns))
    frame.put(text, row: 0, column: 0, width: width)
    return frame.text
  }

  @Test(
    "draws hostile text as harmless signs",
    arguments: [
      ("\u{1B}[31mred", "␛[31mred"), ("a\u{7}b", "a␇b"), ("a\nb\tc", "a␊b␉c"),
      ("\u{9B}31m", "\u{FFFD}31m"), ("x\u{7F}", "x␡"), ("pay\u{202E}lla", "pay\u{FFFD}lla"),
      ("\u{2066}a\u{2069}", "\u{FFFD}a\u{FFFD}"), ("a\u{200B}b\u{FEFF}c", "abc"),
      ("a\u{2028}b", "a\u{FFFD}b"), ("\u{E0041}hi", "hi"), ("\u{E000}", "\u{FFFD}"),
      ("\u{0}", "␀"),
    ]) func hostile(text: String, shown: String)
  {
    #expect(row(text) == shown)
    #expect(TextWidth.columns(text) == TextWidth.columns(shown))
  }

  @Test("puts marks on the letter before them, and leaves out joiners and variation selectors")
  func marks() {
    #expect(row("e\u{301}a") == "e\u{301}a")
    #expect(TextWidth.columns("e\u{301}a") == 2)
    #expect(row("👨\u{200D}👩") == "👨👩")
    #expect(row("☂\u{FE0F}x") == "☂x")
    // A tower of marks stays one small character.
    let tower = row("Z" + String(repeating: "\u{30D}", count: 50) + "a")
    #expect(tower.unicodeScalars.count <= 6)
    #expect(tower.hasSuffix("a"))
  }

  @Test("gives a wide character two cells, and none when only one is left") func wide() {
    var frame = Frame(Size(rows: 1, columns: 3))
    #expect(frame.put("日本", row: 0, column: 0) == 2)
    #expect(frame.text == "日")
    #expect(frame[0, 1].text == nil)
  }

  @Test("never leaves half a wide character when drawn over") func halves() {
    for column in 0..<4 {
      var frame = Frame(Size(rows: 1, columns: 4))
      frame.put("日本", row: 0, column: 0)
      frame.put("x", row: 0, column: column)
      #expect(TextWidth.columns(frame.text) <= 4)
      for at in 0..<4 where frame[0, at].text == nil {
        let left = frame[0, at - 1].text.map { TextWidth.columns(String($0)) }
        #expect(left == 2)
      }
      #expect(frame[0, column].text == "x")
    }
  }

  @Test("cuts off what lies outside") func clipping() {
    var frame = Frame(Size(rows: 2, columns: 4))
    frame.put("abcdef", row: 0, column: 2)
    frame.put("xyz", row: 1, column: -1)
    frame.put("no", row: 2, column: 0)
    frame.put("no", row: -1, column: 0)
    frame.put("no", row: 0, column: 9)
    frame.put("12345", row: 1, column: 2, width: 1)
    #expect(frame.text == "  ab\nyz1")
    #expect(frame[9, 9] == .blank)
  }

  @Test("what changed, drawn over the earlier frame, gives the later one (seeded)") func changes() {
    let seed: UInt64 = 20_261_121
    var random = Seeded(state: seed)
    let words = ["abc", "日本", "e\u{301}x", " ", "─", "12,345.00", "👩 ok"]
    func picture() -> Frame {
      var frame = Frame(Size(rows: 4, columns: 17))
      for _ in 0..<8 {
        frame.put(
          words[Int(random.next() % UInt64(words.count))], row: Int(random.next() % 4),
          column: Int(random.next() % 17), style: Style.allCases[Int(random.next() % 5)])
      }
      return frame
    }
    for _ in 0..<300 {
      let (earlier, later) = (picture(), picture())
      var cells = (0..<4).map { row in (0..<17).map { earlier[row, $0] } }
      for run in later.changes(from: earlier) {
        for (index, cell) in run.cells.enumerated() {
          // A device draws a wide character over two cells, as the frame has it.
          cells[run.row][run.column + index] = cell
        }
      }
      let wanted = (0..<4).map { row in (0..<17).map { later[row, $0] } }
      #expect(cells == wanted, "seed \(seed)")
      if earlier == later { #expect(later.changes(from: earlier).isEmpty) }
    }
  }

  @Test("equal frames have nothing to send; another size sends all") func sameAndResized() {
    var frame = Frame(Size(rows: 3, columns: 9))
    frame.put("hello", row: 1, column: 1)
    #expect(frame.changes(from: frame).isEmpty)
    let all = frame.changes(from: Frame(Size(rows: 3, columns: 8)))
    #expect(all.reduce(0) { $0 + $1.cells.count } == 27)
  }

  @Test("in ASCII keeps its columns and tells states apart") func ascii() {
    var frame = Frame(Size(rows: 1, columns: 20))
    frame.put("✓ × ‖ ! ~ 日 é █░", row: 0, column: 0)
    let plain = frame.ascii
    #expect(plain.text == "+ x = ! ~ ?? e #.")
    let isPlain = plain.text.allSatisfy(\.isASCII)
    #expect(isPlain)
  }
}

@Suite("Width of text") struct TextWidthTests {
  @Test(
    "counts columns as terminals do",
    arguments: [
      ("plain", 5), ("日本語テキスト", 14), ("naïve café", 10), ("🚀 go", 5), ("한국어", 6),
      ("Ελληνικά", 8), ("e\u{301}", 1), ("👨\u{200D}👩\u{200D}👧", 6), ("☂\u{FE0F}", 1), ("", 0),
      ("ﬁ", 1), ("Ａ", 2), ("▁▂▃", 3), ("─▸…", 3), ("กำ", 2),
    ]) func columns(text: String, columns: Int)
  {
    #expect(TextWidth.columns(text) == columns)
  }

  @Test("truncates with an ellipsis, never inside a wide character") func truncated() {
    #expect(TextWidth.truncated("hello", to: 5) == "hello")
    #expect(TextWidth.truncated("hello", to: 4) == "hel…")
    #expect(TextWidth.truncated("日本語", to: 4) == "日…")
    #expect(TextWidth.truncated("hello", to: 1) == "…")
    #expect(TextWidth.truncated("hello", to: 0) == "")
  }

  @Test("fits to a width on either side") func fitted() {
    #expect(TextWidth.fitted("12", to: 5, .right) == "   12")
    #expect(TextWidth.fitted("日", to: 4) == "日  ")
    #expect(TextWidth.fitted("123456", to: 4, .right) == "123…")
  }

  @Test("wraps at spaces, and words that are too long where they must be cut") func wrapped() {
    #expect(TextWidth.wrapped("one two three", to: 7) == ["one two", "three"])
    #expect(TextWidth.wrapped("abcdefgh", to: 3) == ["abc", "def", "gh"])
    #expect(TextWidth.wrapped("a\n\nb", to: 9) == ["a", "", "b"])
    #expect(TextWidth.wrapped("日本語", to: 1) == ["日", "本", "語"])
    #expect(TextWidth.wrapped("", to: 4) == [""])
    #expect(
      TextWidth.wrapped(String(repeating: "x ", count: 5000), to: 1, linesMax: 10).count <= 11)
  }
}

@Suite("Names of keys") struct KeyTests {
  @Test(
    "are read as they are written",
    arguments: [
      Key.enter, .escape, .backTab, .pageDown, .function(12), .control("r"), .alt("x"),
      .character("?"), .character(" "), .character("é"), .character("F"),
    ]) func roundTrip(key: Key)
  {
    #expect(Key(key.description) == key)
  }

  @Test("are forgiving about case and strict about the rest") func reading() {
    #expect(Key("ctrl-R") == .control("r"))
    #expect(Key("ENTER") == .enter)
    #expect(Key("f5") == .function(5))
    for wrong in ["", "F13", "F0", "Ctrl-", "Ctrl-é", "Meta-x", "xy"] { #expect(Key(wrong) == nil) }
  }
}

@Suite("Copying") struct ClipboardTests {
  @Test(
    "encodes as RFC 4648 gives it",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("foobar", "Zm9vYmFy"),
    ]) func base64(text: String, encoded: String)
  {
    #expect(
      Clipboard.sequence(text, term: "xterm", isTmux: false)
        == "\u{1B}]52;c;\(encoded)\u{7}")
  }

  @Test("is wrapped for tmux and screen, and refused when too long") func wrapping() {
    #expect(
      Clipboard.sequence("f", term: "tmux-256color", isTmux: true)
        == "\u{1B}Ptmux;\u{1B}\u{1B}]52;c;Zg==\u{7}\u{1B}\\")
    #expect(
      Clipboard.sequence("f", term: "screen", isTmux: false)
        == "\u{1B}P\u{1B}]52;c;Zg==\u{7}\u{1B}\\")
    let long = String(repeating: "x", count: Clipboard.bytesMax + 1)
    #expect(Clipboard.sequence(long, term: "xterm", isTmux: false) == nil)
  }
}

/// A small generator whose run a seed repeats.
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite("A recorded session") struct SessionStepTests {
  private static let steps: [SessionStep] =
    [
      .paste(""), .paste("oak"), .paste("a\nb\"c\\d\u{0}\u{1B}[31m\u{202E}é日😀e\u{301} "),
      .mouse(Mouse(.press, row: 6, column: 10)), .mouse(Mouse(.wheelUp, row: 0, column: 0)),
      .mouse(Mouse(.wheelDown, row: 59, column: 199)), .size(Size(rows: 24, columns: 80)),
      .moment(1_795_261_000_123), .moment(-1), .picture(0), .picture(.max), .picture(0xAB),
    ]
    + "aZ0 #:/\"\\é日".map { SessionStep.key(.character($0)) }
    + [
      .enter, .escape, .tab, .backTab, .backspace, .delete, .insert, .up, .down, .left, .right,
      .home,
      .end, .pageUp, .pageDown, .function(1), .function(12), .control("r"), .alt("x"), .alt(" "),
    ].map(SessionStep.key)

  @Test("is written in lines that are read as what was done", arguments: steps)
  func lines(_ step: SessionStep) {
    let line = "\(step)"
    #expect(!line.contains("\n") && !line.hasPrefix("# ") && !line.isEmpty)
    #expect(SessionStep(line) == step)
  }

  @Test(
    "takes no line that means nothing",
    arguments: [
      "paste oak", "paste \"a\\q\"", "paste \"a\\u{110000}\"", "mouse press 1", "mouse jump 1 2",
      "size 80", "at noon", "picture xyz", "Hyper-Q", "5 j", "",
    ])
  func wrong(_ line: String) { #expect(SessionStep(line) == nil) }

  @Test("knows a picture by its number, whatever it says, and another by another")
  func fingerprint() {
    func frame(_ text: String, columns: Int = 20) -> Frame {
      var frame = Frame(Size(rows: 2, columns: columns))
      frame.put(text, row: 0, column: 0, style: .text)
      return frame
    }
    #expect(frame("Oak Row").fingerprint == frame("Oak Row").fingerprint)
    #expect(frame("Oak Row").fingerprint != frame("Oak Rox").fingerprint)
    #expect(frame("Oak Row").fingerprint != frame("Oak Row", columns: 21).fingerprint)
  }

  @Test("holds what was done, each after the picture it was done at, and nothing else")
  func device() {
    let base = MemoryDevice(
      size: Size(rows: 2, columns: 20),
      batches: [
        [.key(.down), .woken], [.woken], [.resized(Size(rows: 3, columns: 30)), .paste("x")],
      ])
    var (now, lines): (Int64, [String]) = (1000, [])
    let device = RecordingDevice(
      base,
      clock: {
        now += 5
        return now
      }, write: { lines.append($0) })
    let first = device.milliseconds
    #expect(device.milliseconds == first, "the moment stands still between two waits")
    var frame = Frame(base.size)
    frame.put("one", row: 0, column: 0, style: .text)
    device.present(frame)
    let one = frame.fingerprint
    #expect(device.wait(milliseconds: nil) == [.key(.down), .woken])
    let second = device.milliseconds
    #expect(second > first)
    frame.put("two", row: 0, column: 0, style: .text)
    device.present(frame)
    _ = device.wait(milliseconds: nil)
    _ = device.wait(milliseconds: 7)
    #expect(
      lines.compactMap(SessionStep.init) == [
        .size(Size(rows: 2, columns: 20)), .moment(first), .picture(one), .key(.down),
        .moment(second), .picture(frame.fingerprint), .size(Size(rows: 3, columns: 30)),
        .paste("x"),
      ])
    #expect(base.waits == [nil, nil, 7] && base.frames == 2)
  }
}
