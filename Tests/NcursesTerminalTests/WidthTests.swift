import CTerm
import Glibc
import Terminal
import Testing

@testable import NcursesTerminal

@Suite("Width of text at the terminal") struct WidthTests {
  @Test("is what ncurses counts, for every scalar that both know") func agreement() {
    setlocale(LC_CTYPE, "C.UTF-8")
    var different: [String] = []
    for value in UInt32(0x20)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let known = cterm_width(value)
      // A letter newer than the C library is replaced by the device.
      guard known >= 0 else { continue }
      let ours: Int32? =
        switch TextWidth.kind(scalar) {
        case .columns(let count): Int32(count)
        case .mark: 0
        case .dropped, .shownAs: nil
        }
      if let ours, ours != known {
        different.append("U+\(String(value, radix: 16)) \(ours)≠\(known)")
      }
    }
    #expect(different.isEmpty, "\(different.prefix(20))")
  }

  @Test("the signs the screens draw take one column") func signs() {
    setlocale(LC_CTYPE, "C.UTF-8")
    for scalar in "▸◂─✓×‖…·−█░▁▂▃▄▅▆▇␛\u{FFFD}→“”".unicodeScalars {
      #expect(cterm_width(scalar.value) == 1, "\(scalar)")
      #expect(TextWidth.columns(String(Character(scalar))) == 1)
    }
  }
}

@Suite("Colours by choice") struct ColourChoiceTests {
  @Test("follow NO_COLOR when nothing else was chosen") func noColour() {
    setenv("NO_COLOR", "1", 1)
    #expect(!ColourChoice.auto.wantsColours)
    #expect(ColourChoice.always.wantsColours)
    setenv("NO_COLOR", "", 1)
    #expect(ColourChoice.auto.wantsColours)
    unsetenv("NO_COLOR")
    #expect(ColourChoice.auto.wantsColours)
    #expect(!ColourChoice.never.wantsColours)
  }

  @Test("without a terminal there is an error that says what to do instead") func noTerminal()
    throws
  {
    #expect(TerminalOpenError.notATerminal.description.contains("rentbook status --json"))
    #expect(TerminalOpenError.unknownTerminal("foo").description.contains("foo"))
  }
}
