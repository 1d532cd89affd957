import Glibc
import Testing

@testable import Terminal

@Suite("Themes") struct ThemeTests {
  /// The file of a theme in the project.
  private static func file(_ name: String) -> String? {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    guard let file = fopen("/\(root)/themes/\(name).theme", "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  @Test(
    "in the program are the files of the folder, letter for letter",
    arguments: ["dark", "light", "high-contrast", "mono"]) func sameAsFiles(name: String) throws
  {
    let text = try #require(Self.file(name))
    #expect(BuiltInThemes.texts.first { $0.name == name }?.text == text)
    _ = try Theme(name: name, text: text)
    #expect(Theme.named(name) != nil)
  }

  @Test("are read whole: none of the built-in texts is dropped") func allRead() {
    #expect(Theme.builtIn.count == BuiltInThemes.texts.count)
    #expect(Theme.builtIn.count == 4)
  }

  /// Backgrounds that people's terminals have.
  private static func backgrounds(_ terminal: Theme.Terminal) -> [Colour] {
    let dark = ["#000000", "#1e1e1e", "#282c34", "#002b36", "#300a24"]
    let light = ["#ffffff", "#fdf6e3", "#f5f5f5"]
    let hexes =
      switch terminal {
      case .dark: dark
      case .light: light
      case .any: dark + light
      }
    return hexes.compactMap { Colour(hex: $0) }
  }

  @Test("give every text at least 4.5:1, in true colour and in the table of 256") func contrast()
    throws
  {
    for theme in Theme.builtIn {
      for style in Style.allCases {
        for isSelected in [false, true] {
          let look = theme.look(style, isSelected: isSelected)
          for background in look.background.map({ [$0] }) ?? Self.backgrounds(theme.terminal) {
            // The terminal's own text on its own background is the person's choice.
            guard let text = look.text else {
              #expect(look.background == nil, "\(theme.name) \(style): default text on a colour")
              continue
            }
            for (a, b) in [(text, background), (text.inPalette, background.inPalette)] {
              let ratio = a.contrast(on: b)
              // A line is no text; it is to be seen, not read (WCAG 1.4.11: 3:1).
              let least = style == .rule && !isSelected ? 3.0 : 4.5
              #expect(ratio >= least, "\(theme.name) \(style) selected \(isSelected): \(ratio)")
            }
          }
        }
      }
    }
  }

  @Test("measure contrast as WCAG does")
  func formula() throws {
    let black = Colour(red: 0, green: 0, blue: 0)
    let white = Colour(red: 255, green: 255, blue: 255)
    #expect(abs(black.contrast(on: white) - 21) < 0.001)
    #expect(abs(white.contrast(on: white) - 1) < 0.001)
    // #767676 is the lightest grey that passes on white: 4.54.
    let grey = try #require(Colour(hex: "#767676"))
    #expect(abs(grey.contrast(on: white) - 4.54) < 0.01)
  }

  @Test("without colours mark the selected row and the choice by attributes") func mono() {
    #expect(Theme.mono.name == "mono")
    for style in Style.allCases {
      #expect(Theme.mono.look(style).text == nil && Theme.mono.look(style).background == nil)
      #expect(Theme.mono.look(style, isSelected: true).attributes.contains(.reverse))
    }
    #expect(Theme.mono.look(.choice).attributes.contains(.reverse))
  }

  @Test(
    "that cannot be read say in which line and why",
    arguments: [
      ("terminal = dark\ntext default default", 2, "expected"),
      ("text = default default\n\nblurb = default default", 3, "unknown role “blurb”"),
      ("text = default default\ntext = default default", 2, "line above already"),
      ("text = #12345 default", 1, "“#12345” is no colour"),
      ("text = #123456/mauve default", 1, "unknown colour name “mauve”"),
      ("# all well\ntext = default default blinking", 2, "unknown word “blinking”"),
      ("text = default", 1, "background is missing"),
      ("terminal = grey", 1, "dark, light or any"),
      ("text = default default", 1, "no line for dim"),
    ]) func errors(text: String, line: Int, problem: String)
  {
    do throws(ThemeError) {
      _ = try Theme(name: "mine", text: text)
      Issue.record("was read")
    } catch {
      #expect(error.line == line)
      #expect(error.problem.contains(problem))
      #expect(error.description.hasPrefix("mine.theme, line \(line): "))
    }
  }

  @Test("are chosen by what the terminal says of its background")
  func automatic() {
    #expect(Theme.automatic(colourFGBG: "15;0").name == "dark")
    #expect(Theme.automatic(colourFGBG: "0;15").name == "light")
    #expect(Theme.automatic(colourFGBG: "0;default;7").name == "light")
    #expect(Theme.automatic(colourFGBG: nil).name == "dark")
    #expect(Theme.automatic(colourFGBG: "junk").name == "dark")
  }

  @Test(
    "are light where black text is read better than white",
    arguments: [
      ("#ffffff", "light"), ("#fdf6e3", "light"), ("#a0a0a0", "light"), ("#000000", "dark"),
      ("#002b36", "dark"), ("#5f5f5f", "dark"), ("#0000ff", "dark"), ("#ffff00", "light"),
    ])
  func background(_ colour: String, _ theme: String) throws {
    #expect(Theme.automatic(background: try #require(Colour(hex: colour))).name == theme)
  }

  @Test("find the nearest colour a terminal has") func nearest() throws {
    let orange = try #require(Colour(hex: "#ffb86b", ansi: 11))
    #expect(orange.number(.eight) == 3)
    #expect(orange.number(.sixteen) == 11)
    #expect(orange.number(.palette) == 215)
    #expect(orange.number(.direct) == 0xFFB86B)
    #expect(orange.number(.none) == -1)
    #expect(Colour(red: 0, green: 0, blue: 3).number(.direct) == 8)
    #expect(Colour(red: 8, green: 8, blue: 8).number(.palette) == 232)
  }
}
