import Domain
import Terminal

/// Asks before something that leaves the machine for good or cannot be undone. It starts on Cancel,
/// and the key that opened it does not accept it. What is large asks for a number to be typed.
struct Confirmation: Layer {
  /// The question, which names what it is about.
  var question: String
  /// What will happen.
  var consequence: String
  /// How many, how much, where to: names with values.
  var facts: [Fact] = []
  /// What the button says that does it.
  var accept: String
  /// What is wanted when it is accepted.
  var reactions: [Reaction]
  /// The number that has to be typed first; nil when the button is enough.
  var numberToType: Int?
  private(set) var isOnAccept = false
  private(set) var typed = TextField(text: "", isActive: true)

  /// A name with a value.
  struct Fact: Sendable, Hashable {
    var name: String
    var value: String
    var style = Style.text
  }

  init(_ question: String, _ consequence: String, accept: String, reactions: [Reaction]) {
    (self.question, self.consequence) = (question, consequence)
    (self.accept, self.reactions) = (accept, reactions)
  }

  /// More records than this, or more money, ask for their number to be typed.
  static let countMax = 50
  static let moneyMax = Money(minorUnits: 50_000_00)

  /// Asks before something is done to several records.
  ///
  /// - Parameters:
  ///   - verb: What the button says: `Approve`.
  ///   - noun: What one of them is called.
  ///   - total: What they add up to; nil where that means nothing.
  ///   - target: Where it goes: `Buildium`, or `this computer`.
  ///   - hidden: How many of them the filter hides; nil when that is not known.
  static func batch(
    _ verb: String, count: Int, noun: String, total: Money? = nil, target: String, hidden: Int?,
    consequence: String, reactions: [Reaction]
  ) -> Confirmation {
    var dialog = Confirmation(
      "\(verb) \(Words.count(count, noun))?", consequence, accept: verb, reactions: reactions)
    dialog.facts.append(Fact(name: "How many", value: Words.number(count)))
    if let total { dialog.facts.append(Fact(name: "Total", value: Words.money(total))) }
    dialog.facts.append(Fact(name: "Goes to", value: target))
    switch hidden {
    case nil:
      dialog.facts.append(
        Fact(name: "Hidden", value: "! the filter may hide some of them", style: .warning))
    case let hidden? where hidden > 0:
      dialog.facts.append(
        Fact(
          name: "Hidden", value: "! \(Words.number(hidden)) by the current filter", style: .warning)
      )
    default: break
    }
    if count > countMax || total.map({ $0.magnitude > moneyMax }) ?? false {
      dialog.numberToType = count
    }
    return dialog
  }

  static let bindings: [Binding<Confirmation>] = [
    Binding(
      [.left, .right, .tab, .backTab, .character("h"), .character("l")], .otherButton, "choose",
      "Goes to the other button."),
    Binding([.enter], .pressButton, "press", "Presses the button that stands out."),
    Binding([.character("y")], .accept, "yes", "Does what is asked."),
    Binding([.escape, .character("n"), .character("q")], .back, "no", "Leaves all as it is."),
  ]

  // Letters keep their meaning while digits are typed: only digits go into the field.
  var isTyping: Bool { numberToType != nil }

  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    switch key {
    case .character(let character) where character.isASCII && character.isNumber:
      _ = typed.take(key)
    case .backspace: _ = typed.take(key)
    default: return nil
    }
    isOnAccept = isTypedRight
    return []
  }

  private var isTypedRight: Bool { numberToType.map { Int(typed.text) == $0 } ?? true }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    switch action {
    case .otherButton:
      isOnAccept.toggle()
      return []
    case .accept: return accepted()
    case .pressButton: return isOnAccept ? accepted() : [.close]
    default: return [.close]
    }
  }

  private func accepted() -> [Reaction] {
    guard isTypedRight else {
      return [.answer("Type \(numberToType ?? 0) first; Esc leaves all as it is.")]
    }
    return [.close] + reactions
  }

  /// Where the dialog stands in the area, and its lines.
  private func layout(in area: Area) -> (box: Area, lines: [Piece]) {
    let width = min(62, area.columns)
    let inner = max(1, width - 4)
    var lines = TextWidth.wrapped(question, to: inner).map { Piece($0, .heading) } + [Piece("")]
    let nameWidth = facts.map { TextWidth.columns($0.name) }.max() ?? 0
    for fact in facts {
      lines.append(
        Piece(TextWidth.fitted(fact.name, to: nameWidth) + "  " + fact.value, fact.style))
    }
    if !facts.isEmpty { lines.append(Piece("")) }
    lines += TextWidth.wrapped(consequence, to: inner).map { Piece($0) }
    if let number = numberToType {
      lines += [Piece(""), Piece("Type \(number) to go on: \(typed.text)_", .field)]
    }
    let rows = min(area.rows, lines.count + 4)
    let box = Area(
      row: area.row + (area.rows - rows) / 2, column: area.column + (area.columns - width) / 2,
      rows: rows, columns: width)
    return (box, lines)
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    let (box, lines) = layout(in: area)
    frame.fill(box)
    frame.rule(row: box.row, in: box)
    frame.rule(row: box.endRow - 1, in: box)
    for (index, line) in lines.enumerated() where box.row + 1 + index < box.endRow - 2 {
      frame.put(
        [line], row: box.row + 1 + index, column: box.column + 2, width: box.columns - 4)
    }
    let row = box.endRow - 2
    var at = box.column + 2
    for (label, isChosen) in [("Cancel", !isOnAccept), (accept, isOnAccept)] {
      if isChosen { (frame.cursorRow, frame.cursorColumn) = (row, at) }
      at +=
        frame.put(
          isChosen ? "▸ \(label) ◂" : "  \(label)  ", row: row, column: at,
          style: isChosen ? .choice : .text, width: box.endColumn - at) + 2
    }
  }
}

extension Action {
  static let otherButton = Action("other-button")
  static let pressButton = Action("press-button")
  static let accept = Action("accept")
}
