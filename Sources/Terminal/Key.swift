/// A key as a person names it, whatever bytes the terminal sent for it.
public enum Key: Sendable, Hashable {
  /// A letter, digit or sign, with Shift already applied; a space too.
  case character(Character)
  /// Ctrl with a letter, which is in lower case here.
  case control(Character)
  /// Alt with a character, or Esc quickly followed by one: a terminal sends the same for both.
  case alt(Character)
  case enter, escape, tab, backTab, backspace, delete, insert
  case up, down, left, right, home, end, pageUp, pageDown
  /// F1 to F12.
  case function(Int)
}

extension Key: CustomStringConvertible {
  private static let names: [(key: Key, name: String)] = [
    (.enter, "Enter"), (.escape, "Esc"), (.tab, "Tab"), (.backTab, "Shift-Tab"),
    (.backspace, "Backspace"), (.delete, "Delete"), (.insert, "Insert"), (.up, "Up"),
    (.down, "Down"), (.left, "Left"), (.right, "Right"), (.home, "Home"), (.end, "End"),
    (.pageUp, "PageUp"), (.pageDown, "PageDown"), (.character(" "), "Space"),
  ]

  /// The name as a key map and the help spell it: `Ctrl-R`, `F5`, `Enter`, `x`.
  public var description: String {
    if let known = Self.names.first(where: { $0.key == self }) { return known.name }
    return switch self {
    case .character(let character): String(character)
    case .control(let character): "Ctrl-" + character.uppercased()
    case .alt(let character): "Alt-" + String(character)
    case .function(let number): "F\(number)"
    default: ""
    }
  }

  /// Reads a name as ``description`` writes it. Names and `Ctrl-` letters are read in any case,
  /// single characters as they are. Nil for anything else.
  public init?(_ name: String) {
    let lowered = name.lowercased()
    if let known = Self.names.first(where: { $0.name.lowercased() == lowered }) {
      self = known.key
    } else if name.count == 1, let character = name.first, !character.isNewline {
      self = .character(character)
    } else if lowered.hasPrefix("ctrl-"), name.count == 6, let letter = lowered.last,
      letter.isASCII
    {
      self = .control(letter)
    } else if lowered.hasPrefix("alt-"), name.count == 5, let character = name.last {
      self = .alt(character)
    } else if lowered.hasPrefix("f"), let number = Int(name.dropFirst()),
      (1...12).contains(number)
    {
      self = .function(number)
    } else {
      return nil
    }
  }

  /// The character this key types into a field; nil for keys that do not type.
  public var typed: Character? {
    if case .character(let character) = self { character } else { nil }
  }
}

/// What the mouse did, and where.
public struct Mouse: Sendable, Hashable {
  /// The sort of movement.
  public enum What: Sendable, Hashable { case press, wheelUp, wheelDown }
  /// What it did.
  public var what: What
  /// Row of the cell, from 0 at the top.
  public var row: Int
  /// Column of the cell, from 0 at the left.
  public var column: Int

  /// A movement at a cell.
  public init(_ what: What, row: Int, column: Int) {
    (self.what, self.row, self.column) = (what, row, column)
  }
}

/// A number of rows and columns.
public struct Size: Sendable, Hashable, CustomStringConvertible {
  /// How many rows.
  public var rows: Int
  /// How many columns.
  public var columns: Int

  /// A size; nothing is smaller than one cell.
  public init(rows: Int, columns: Int) {
    (self.rows, self.columns) = (max(1, rows), max(1, columns))
  }

  /// `80x24`: columns first, as terminals are spoken of.
  public var description: String { "\(columns)x\(rows)" }
}
