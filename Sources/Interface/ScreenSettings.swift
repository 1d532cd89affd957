import Terminal

/// What a person has chosen for the screen; the configuration file says it, and may be changed while
/// the screen is open.
public struct ScreenSettings: Sendable {
  /// Keys by the names of the actions; they replace an action's own. No keys at all take them away.
  public var keyMap: [String: [Key]]
  /// The colours; nil leaves them as they are.
  public var theme: Theme?
  /// What is wrong with the file, each with its line; it is told, and the rest holds.
  public var problems: [String]
  /// Whether a person changed them or asked for them, and so is told that they were read.
  public var isTold = true

  /// Settings.
  public init(keyMap: [String: [Key]] = [:], theme: Theme? = nil, problems: [String] = []) {
    (self.keyMap, self.theme, self.problems) = (keyMap, theme, problems)
  }
}
