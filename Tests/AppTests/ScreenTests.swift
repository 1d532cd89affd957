import Testing

/// The tests' own terminal has to be right before what it shows can be believed.
@Suite("The terminal of the tests")
struct ScreenTests {
  @Test(
    "sequences leave what a terminal would show",
    arguments: [
      ("ab\r\ncd", "ab\ncd"), ("\u{1B}[2;3Hx", "\n  x"), ("abcdef\u{1B}[1;3H\u{1B}[K", "ab"),
      ("abc\u{1B}[2D\u{1B}[1X", "a c"), ("日本\u{8}\u{8}x", "日x"), ("e\u{301}f", "éf"),
      ("a\u{1B}[3b", "aaaa"), ("one\r\n\u{1B}[1;1H\u{1B}[Ltwo", "two\none"),
      ("x\u{1B}]0;title\u{7}y", "xy"), ("a\u{1B}[1;1H\u{1B}Mb", "b\na"),
      ("\u{1B}[31;1mred\u{1B}[m", "red"),
    ])
  func sequences(_ output: String, _ shown: String) {
    var screen = Screen(rows: 4, columns: 10)
    // One byte at a time: a sequence may be cut anywhere.
    for byte in output.utf8 { screen.feed([byte]) }
    var text = screen.text
    while text.last == "\n" { text.removeLast() }
    #expect(text == shown)
  }

  @Test("private modes are remembered")
  func modes() {
    var screen = Screen(rows: 2, columns: 4)
    screen.feed("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?1000;1006h".utf8)
    #expect(screen.modes == [1049, 1000, 1006])
    screen.feed("\u{1B}[?1000;1006l\u{1B}[?25h\u{1B}[?1049l".utf8)
    #expect(screen.modes == [25])
  }
}
