/// A colour as a theme writes it, and what becomes of it on terminals with few colours.
public struct Colour: Sendable, Hashable {
  /// Red, green and blue, each 0 to 255.
  public var red: UInt8, green: UInt8, blue: UInt8
  /// Which of the sixteen ANSI colours stands for it where there are no more.
  public var ansi: Int

  /// A colour with its stand-in.
  public init(red: UInt8, green: UInt8, blue: UInt8, ansi: Int? = nil) {
    (self.red, self.green, self.blue) = (red, green, blue)
    self.ansi = 0
    self.ansi = ansi ?? Self.nearest(to: self, in: Self.ansiColours)
  }

  /// Reads `#7aa2f7`; nil for anything else.
  public init?(hex: String, ansi: Int? = nil) {
    guard hex.utf8.count == 7, hex.first == "#", let value = UInt32(hex.dropFirst(), radix: 16)
    else { return nil }
    self.init(value, ansi: ansi)
  }

  private init(_ value: UInt32, ansi: Int?) {
    self.init(
      red: UInt8(value >> 16 & 255), green: UInt8(value >> 8 & 255), blue: UInt8(value & 255),
      ansi: ansi)
  }

  /// The number ncurses knows it by on a terminal of that many colours; -1 where there are none.
  public func number(_ depth: ColourDepth) -> Int {
    switch depth {
    case .none: -1
    case .eight: ansi % 8
    case .sixteen: ansi
    case .palette: 16 + Self.nearest(to: self, in: Self.cube)
    case .direct:
      // 0 to 7 are the ANSI colours there, so the darkest blues become the darkest of the others.
      max(8, Int(red) << 16 | Int(green) << 8 | Int(blue))
    }
  }

  /// What a terminal of 256 colours shows for it.
  public var inPalette: Colour { Self.cube[Self.nearest(to: self, in: Self.cube)] }

  /// How well text of this colour is read on a background: 1 not at all, 21 black on white. By the
  /// formula of WCAG 2 for relative luminance and contrast.
  public func contrast(on background: Colour) -> Double {
    let (a, b) = (luminance, background.luminance)
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  /// Relative luminance, 0 to 1.
  private var luminance: Double {
    func linear(_ part: UInt8) -> Double {
      let value = Double(part) / 255
      return value <= 0.04045 ? value / 12.92 : power((value + 0.055) / 1.055)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// `x` to the power 2.4 for x in 0...1: x² times the fifth root of x², by Newton's steps.
  private func power(_ x: Double) -> Double {
    let square = x * x
    guard square > 0 else { return 0 }
    var root = 1.0
    for _ in 0..<60 {
      root -= (root * root * root * root * root - square) / (5 * root * root * root * root)
    }
    return square * root
  }

  private static func nearest(to colour: Colour, in colours: [Colour]) -> Int {
    func distance(_ other: Colour) -> Int {
      let red = Int(colour.red) - Int(other.red)
      let green = Int(colour.green) - Int(other.green)
      let blue = Int(colour.blue) - Int(other.blue)
      // The eye is most sensitive to green and least to blue.
      return 3 * red * red + 4 * green * green + 2 * blue * blue
    }
    return colours.indices.min { distance(colours[$0]) < distance(colours[$1]) } ?? 0
  }

  /// The names of the first eight in a theme; `bright-` before one of them means its twin.
  static let ansiNames = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]

  /// xterm's own values of the sixteen ANSI colours.
  private static let ansiColours: [Colour] = [
    0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
    0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF,
  ].map { Colour($0, ansi: 0) }

  /// Numbers 16 to 255 of the table of 256: a cube of six steps a side, and 24 greys.
  private static let cube: [Colour] = {
    let steps: [UInt8] = [0, 95, 135, 175, 215, 255]
    var colours: [Colour] = []
    for red in steps {
      for green in steps {
        for blue in steps { colours.append(Colour(red: red, green: green, blue: blue, ansi: 0)) }
      }
    }
    for step in UInt8(0)..<24 {
      let grey = 8 + step * 10
      colours.append(Colour(red: grey, green: grey, blue: grey, ansi: 0))
    }
    return colours
  }()
}

/// How many colours a terminal has.
public enum ColourDepth: Sendable, Hashable {
  case none, eight, sixteen
  /// A table of 256.
  case palette
  /// Any red, green and blue.
  case direct
}
