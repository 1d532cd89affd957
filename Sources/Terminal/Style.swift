/// What a piece of the screen means; a theme says how that looks. Nothing is coloured that has no
/// role here, and every role can be named in a theme file.
public enum Style: String, Sendable, Hashable, CaseIterable {
  /// Plain text; also what empty cells are drawn with.
  case text
  /// Of lesser weight: units, hints, what is not possible now.
  case dim
  /// The name of a pane, a column or a list.
  case heading
  /// The product's name in the top line.
  case brand
  /// The tab of the pane that is shown.
  case tab
  /// The row the next key acts on.
  case selected
  /// A row marked for a batch.
  case marked
  /// All is well.
  case ok
  /// Work under way.
  case progress
  /// Needs a look.
  case warning
  /// Failed, or refused.
  case error
  /// An amount below zero.
  case moneyNegative = "money-negative"
  /// A key in the footer and in the help.
  case key
  /// The line between two parts of the screen.
  case rule
  /// Text being typed.
  case field
  /// The choice that Enter takes in a dialog.
  case choice
}

/// How a piece of text may be drawn, as a theme writes it.
public struct Attributes: OptionSet, Sendable, Hashable {
  /// One bit for each.
  public let rawValue: UInt8
  /// Attributes of bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// Heavier.
  public static let bold = Attributes(rawValue: 1)
  /// Fainter; some terminals ignore it.
  public static let dim = Attributes(rawValue: 2)
  /// With a line below.
  public static let underline = Attributes(rawValue: 4)
  /// Background and text changed over.
  public static let reverse = Attributes(rawValue: 8)
  /// Slanted; some terminals ignore it.
  public static let italic = Attributes(rawValue: 16)

  static let names: [(name: String, attribute: Attributes)] = [
    ("bold", .bold), ("dim", .dim), ("underline", .underline), ("reverse", .reverse),
    ("italic", .italic),
  ]
}
