/// How every role of ``Style`` looks: read from a text file of lines `role = text background words`.
///
/// ```
/// terminal = dark              # which backgrounds it is made for
/// heading  = #7aa2f7/blue default bold
/// ```
/// A colour is `default` (the terminal's own), `#rrggbb`, or `#rrggbb/name` with the ANSI colour that
/// stands for it on terminals of 8 or 16 colours. `#` begins a comment when a space or nothing
/// stands before and after it.
public struct Theme: Sendable, Hashable {
  /// How one role looks; a nil colour is the terminal's own.
  public struct Look: Sendable, Hashable {
    /// The colour of the text.
    public var text: Colour?
    /// The colour behind it.
    public var background: Colour?
    /// Bold and the like.
    public var attributes: Attributes
  }

  /// Which backgrounds a theme is made for.
  public enum Terminal: String, Sendable, Hashable { case dark, light, any }

  /// The name people choose it by.
  public let name: String
  /// Which backgrounds it is made for.
  public let terminal: Terminal
  private var looks: [Style: Look]

  /// How a role looks. On the selected row everything takes the colours of that row, so that it is
  /// read as well as the rest; states are told by sign and word too.
  public func look(_ style: Style, isSelected: Bool = false) -> Look {
    let plain = looks[style] ?? Look(text: nil, background: nil, attributes: [])
    guard isSelected, let selected = looks[.selected] else { return plain }
    return Look(
      text: selected.text, background: selected.background,
      attributes: plain.attributes.subtracting(.reverse).union(selected.attributes))
  }

  /// Reads a theme.
  ///
  /// - Throws: ``ThemeError`` with the line when a line cannot be read, a role is unknown or named
  ///   twice, or a role has no line.
  public init(name: String, text: String) throws(ThemeError) {
    var looks: [Style: Look] = [:]
    var terminal: Terminal?
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      func fail(_ problem: String) -> ThemeError {
        ThemeError(theme: name, line: index + 1, problem: problem)
      }
      var words: [String] = []
      for word in line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }) {
        if word == "#" || (words.isEmpty && word.hasPrefix("#")) { break }
        words.append(String(word))
      }
      guard let role = words.first else { continue }
      guard words.count >= 3, words[1] == "=" else {
        throw fail("expected “role = text-colour background words”")
      }
      if role == "terminal" {
        guard let value = Terminal(rawValue: words[2]), words.count == 3 else {
          throw fail("terminal is dark, light or any")
        }
        terminal = value
        continue
      }
      guard let style = Style(rawValue: role) else {
        throw fail("unknown role “\(role)”; there are \(Style.allNames)")
      }
      guard looks[style] == nil else { throw fail("the role “\(role)” has a line above already") }
      switch Self.look(words.dropFirst(2)) {
      case .success(let look): looks[style] = look
      case .failure(let problem): throw fail(problem.text)
      }
    }
    let missing = Style.allCases.filter { looks[$0] == nil }.map(\.rawValue)
    guard missing.isEmpty else {
      throw ThemeError(
        theme: name, line: lines.count,
        problem: "no line for \(missing.joined(separator: ", "))")
    }
    guard let terminal else {
      throw ThemeError(
        theme: name, line: lines.count, problem: "no line “terminal = dark”, light or any")
    }
    (self.name, self.terminal, self.looks) = (name, terminal, looks)
  }

  /// The theme with one role changed: `words` are the text's colour, the background and attributes.
  ///
  /// - Throws: ``ThemeError`` for an unknown role and for words that cannot be read.
  public func with(_ role: String, _ words: String) throws(ThemeError) -> Theme {
    func fail(_ problem: String) -> ThemeError {
      ThemeError(theme: name, line: 1, problem: problem)
    }
    guard let style = Style(rawValue: role) else {
      throw fail("unknown role “\(role)”; there are \(Style.allNames)")
    }
    switch Self.look(words.split(separator: " ").map(String.init)[...]) {
    case .success(let look):
      var theme = self
      theme.looks[style] = look
      return theme
    case .failure(let problem): throw fail(problem.text)
    }
  }

  private struct Problem: Error { var text: String }

  private static func look(_ words: ArraySlice<String>) -> Result<Look, Problem> {
    guard let first = words.first, words.count >= 2 else {
      return .failure(Problem(text: "the background is missing; write default"))
    }
    var look = Look(text: nil, background: nil, attributes: [])
    switch colour(first) {
    case .success(let colour): look.text = colour
    case .failure(let problem): return .failure(problem)
    }
    switch colour(words[words.startIndex + 1]) {
    case .success(let colour): look.background = colour
    case .failure(let problem): return .failure(problem)
    }
    for word in words.dropFirst(2) {
      guard let known = Attributes.names.first(where: { $0.name == word }) else {
        return .failure(
          Problem(text: "unknown word “\(word)”; there are \(Attributes.allNames)"))
      }
      look.attributes.insert(known.attribute)
    }
    return .success(look)
  }

  private static func colour(_ word: String) -> Result<Colour?, Problem> {
    if word == "default" { return .success(nil) }
    let parts = word.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    var ansi: Int?
    if parts.count == 2 {
      let isBright = parts[1].hasPrefix("bright-")
      let plain = isBright ? String(parts[1].dropFirst(7)) : parts[1]
      guard let number = Colour.ansiNames.firstIndex(of: plain) else {
        return .failure(Problem(text: "unknown colour name “\(parts[1])”"))
      }
      ansi = number + (isBright ? 8 : 0)
    }
    guard parts.count <= 2, let colour = Colour(hex: parts[0], ansi: ansi) else {
      return .failure(Problem(text: "“\(word)” is no colour; write #rrggbb or default"))
    }
    return .success(colour)
  }
}

/// What is wrong with a theme, and in which line.
public struct ThemeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Which theme.
  public var theme: String
  /// The line, from 1.
  public var line: Int
  /// What is wrong with it, in words.
  public var problem: String

  /// `dark.theme, line 7: …`.
  public var description: String { "\(theme).theme, line \(line): \(problem)" }
}

extension Style {
  static var allNames: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension Attributes {
  static var allNames: String { names.map(\.name).joined(separator: ", ") }
}

extension Theme {
  /// Every theme of the program, by the names people choose.
  public static let builtIn: [Theme] = BuiltInThemes.texts.compactMap { name, text in
    // A test reads each of these texts; one that cannot be read would be missing from the list.
    try? Theme(name: name, text: text)
  }

  /// The theme of that name; nil for an unknown one.
  public static func named(_ name: String) -> Theme? { builtIn.first { $0.name == name } }

  /// The theme for a terminal nobody chose one for. `COLORFGBG` tells some terminals' colours as
  /// `15;0`: a last number of 7 or of 9 and more is a light background.
  public static func automatic(colourFGBG: String?) -> Theme {
    let last = colourFGBG?.split(separator: ";").last.flatMap { Int($0) } ?? 0
    return named(last == 7 || last >= 9 ? "light" : "dark") ?? plain
  }

  /// The theme for a terminal that told its background: whichever of black and white text is read
  /// better on it says whether it is light.
  public static func automatic(background: Colour) -> Theme {
    let black = Colour(red: 0, green: 0, blue: 0), white = Colour(red: 255, green: 255, blue: 255)
    let isLight = black.contrast(on: background) > white.contrast(on: background)
    return named(isLight ? "light" : "dark") ?? plain
  }

  /// No colours at all: what is used under `NO_COLOR` and on terminals without colours.
  public static var mono: Theme { named("mono") ?? plain }

  /// Everything in the terminal's own colours.
  private static let plain = Theme()

  private init() { (name, terminal, looks) = ("plain", .any, [:]) }
}
