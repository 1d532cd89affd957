import Terminal

/// Which row of a list is selected, by the identity of what it shows and not by its number, and how
/// far the list is scrolled.
struct ListState<ID: Hashable & Sendable>: Sendable {
  /// What is selected; nil in an empty list.
  private(set) var selected: ID?
  /// Its row, as of the last ``settle(_:height:)``.
  private(set) var index = 0
  /// The first row in sight.
  private(set) var offset = 0

  /// What became of the selection when the rows changed.
  enum Change: Sendable { case kept, gone }

  /// Takes new rows: the selection stays on what it was on, or goes to the row nearest to where that
  /// was, and stays in sight.
  @discardableResult
  mutating func settle(_ ids: [ID], height: Int) -> Change {
    var change = Change.kept
    if let selected, let found = ids.firstIndex(of: selected) {
      index = found
    } else {
      if selected != nil { change = .gone }
      index = max(0, min(index, ids.count - 1))
      selected = ids.isEmpty ? nil : ids[index]
    }
    scroll(count: ids.count, height: height)
    return change
  }

  /// Selects a row by number; numbers past either end mean the row at that end.
  mutating func select(row: Int, _ ids: [ID], height: Int) {
    index = max(0, min(row, ids.count - 1))
    selected = ids.isEmpty ? nil : ids[index]
    scroll(count: ids.count, height: height)
  }

  /// Moves as an action says; false when the action is no movement.
  mutating func move(_ action: Action, _ ids: [ID], height: Int) -> Bool {
    let page = max(1, height - 1)
    let row: Int
    switch action {
    case .up: row = index - 1
    case .down: row = index + 1
    case .pageUp: row = index - page
    case .pageDown: row = index + page
    case .first: row = 0
    case .last: row = ids.count - 1
    default: return false
    }
    select(row: row, ids, height: height)
    return true
  }

  private mutating func scroll(count: Int, height: Int) {
    let height = max(1, height)
    offset = max(0, min(offset, count - height))
    if index < offset { offset = index }
    if index >= offset + height { offset = index - height + 1 }
  }
}

/// Text that is typed on one line.
struct TextField: Sendable, Hashable {
  /// What stands in it.
  var text = ""
  /// Whether keys go into it.
  var isActive = false

  /// Longer text than this is not taken: nobody types it, a paste may.
  static let lengthMax = 200

  /// What a key does to it; nil when it is none of its keys.
  enum Outcome: Sendable { case changed, accepted, cancelled }

  /// Takes a key.
  mutating func take(_ key: Key) -> Outcome? {
    switch key {
    case .enter: return .accepted
    case .escape: return .cancelled
    case .backspace:
      if !text.isEmpty { text.removeLast() }
    case .control("u"): text = ""
    case .control("w"):
      while text.last == " " { text.removeLast() }
      while let last = text.last, last != " " { text.removeLast() }
    case .character(let character):
      if text.count < Self.lengthMax { text.append(character) }
    default: return nil
    }
    return .changed
  }

  /// Whether any of the texts holds every word that was typed, in any case and order.
  func matches(_ texts: String...) -> Bool {
    if text.isEmpty { return true }
    let whole = texts.joined(separator: " ").lowercased()
    return text.lowercased().split(separator: " ").allSatisfy { whole.contains($0) }
  }
}
