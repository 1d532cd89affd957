// Changing fields of a record that a service holds: what it holds, what was changed here, and what
// became of that.
import Domain
import Terminal

/// The fields of one record, each of which can be typed anew.
struct RecordEditor: Layer {
  /// The lists whose records can be changed here. Money is changed by transactions and bills, which
  /// have ways of their own.
  static let lists: Set<ListName> = [
    .properties, .units, .owners, .tenants, .vendors, .tasks, .workOrders,
  ]

  let reference: RecordReference
  private(set) var editing: RecordEditing?
  private var list = ListState<String>()
  private var problem: String?
  private var ticket: Ticket
  private var isWaiting = false
  private var isStale = true

  init(_ reference: RecordReference, question: Int) {
    self.reference = reference
    ticket = Ticket("edit \(reference.list.rawValue) \(reference.id)", question)
  }

  static let bindings: [Binding<RecordEditor>] =
    [
      Binding(
        [.enter, .character("e")], .editValue, "edit", "Types the field's value anew.",
        writes: true
      ) { editor, _ in editor.field == nil ? editor.problem ?? "The record is being read." : nil },
      Binding(
        [.character("d")], .takeChangeBack, "take back", "Leaves the field as the service has it.",
        writes: true
      ) { editor, _ in
        editor.field?.wanted == nil ? "Nothing of this field waits to be sent." : nil
      },
    ] + Binding.undoing + [
      Binding([.character("y")], .copy, "copy", "Copies the field's value.", footer: false),
      Binding([.escape, .character("q"), .left], .back, "back", "Goes back to the record."),
    ] + Binding.movement

  private var field: RecordEditing.Field? {
    editing?.fields.first { $0.name == list.selected }
  }

  /// A value as it can be typed: a record by its key, which is what the field expects.
  static func typed(_ value: FieldValue) -> String {
    switch value {
    case .null: ""
    case .references(let keys): keys.map(\.description).joined(separator: ",")
    default: value.json.string ?? value.json.text
    }
  }

  // MARK: Asking

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    list.settle(editing?.fields.map(\.name) ?? [], height: rows(area).rows)
    guard isStale, !isWaiting else { return [] }
    (isStale, isWaiting) = (false, true)
    ticket.number += 1
    return [.effect(.loadEditing(reference, ticket))]
  }

  mutating func take(_ message: Message, _ world: World) -> [Reaction] {
    switch message {
    case .storeChanged, .effectDone, .effectFailed, .undone: isStale = true
    case .editing(let editing, let answer) where answer == ticket:
      (self.editing, isWaiting) = (editing, false)
      problem = editing == nil ? "This record is not there any more, or is not Buildium's." : nil
    case .unanswered(let answer, let text, let hint) where answer == ticket:
      (isWaiting, problem) = (false, hint.isEmpty ? text : "\(text) \(hint)")
    default: break
    }
    return []
  }

  // MARK: Doing

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    if action.name.hasPrefix(ValueEditor.prefix) {
      guard let field else { return [] }
      return change(field, to: String(action.name.dropFirst(ValueEditor.prefix.count)))
    }
    switch action {
    case .editValue:
      guard let field else { return [] }
      return [
        .open(
          ValueEditor(
            "\(editing?.title ?? "")  \(field.title)", field.kind,
            Self.typed(field.wanted ?? field.value)))
      ]
    case .takeChangeBack:
      guard let field else { return [] }
      return change(field, to: Self.typed(field.value))
    case .undo: return [.effect(.undo)]
    case .redo: return [.effect(.redo)]
    case .copy: return field.map { [.effect(.copy(Self.typed($0.wanted ?? $0.value)))] } ?? []
    case .back: return [.close]
    default:
      let names = editing?.fields.map(\.name) ?? []
      _ = list.move(action, names, height: rows(world.mainArea).rows)
      return []
    }
  }

  private func change(_ field: RecordEditing.Field, to text: String) -> [Reaction] {
    guard text != Self.typed(field.wanted ?? field.value) else {
      return [.answer("\(field.title) is that already.")]
    }
    return [.effect(.changeField(reference, field: field.name, to: text))]
  }

  // MARK: Drawing

  /// The area of the fields: a title above, where the change stands below it.
  private func rows(_ area: Area) -> Area { area.split(rows: 3).rest }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    let place = rows(area)
    let names = editing?.fields.map(\.name) ?? []
    switch mouse.what {
    case .wheelUp: list.select(row: list.index - 3, names, height: place.rows)
    case .wheelDown: list.select(row: list.index + 3, names, height: place.rows)
    case .press:
      guard place.contains(row: mouse.row, column: mouse.column) else { return [] }
      list.select(row: list.offset + mouse.row - place.row, names, height: place.rows)
    }
    return []
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    frame.put(
      [
        Piece(" Edit \(editing?.title ?? "…")", .heading),
        Piece("   the next sync sends it to Buildium", .dim),
      ], row: area.row, column: area.column, width: area.columns)
    if let standing = editing?.standing {
      frame.put(
        " " + standing, row: area.row + 1, column: area.column,
        style: editing?.isRefused == true ? .warning : .text, width: area.columns)
    }
    let place = rows(area)
    (frame.cursorRow, frame.cursorColumn) = (place.row, area.column)
    guard let fields = editing?.fields, problem == nil else {
      return _ = frame.put(
        problem.map { "! \($0)" } ?? "Reading…", row: place.row, column: area.column + 1,
        style: problem == nil ? .dim : .error, width: area.columns - 1)
    }
    let width = min(24, fields.map { TextWidth.columns($0.title) }.max() ?? 0)
    for (line, field) in fields.dropFirst(list.offset).prefix(place.rows).enumerated() {
      let isSelected = field.name == list.selected
      let row = place.row + line
      var pieces = [
        Piece(isSelected ? "▸ " : "  ", .key),
        Piece(TextWidth.fitted(field.title, to: width) + "  ", .dim),
        Piece(Self.shown(field.value), field.wanted == nil ? .text : .dim),
      ]
      if let wanted = field.wanted { pieces.append(Piece(" → \(Self.shown(wanted))", .warning)) }
      frame.put(pieces, row: row, column: area.column, width: area.columns)
      if isSelected {
        frame.select(Area(row: row, column: area.column, rows: 1, columns: area.columns))
        (frame.cursorRow, frame.cursorColumn) = (row, area.column)
      }
    }
  }

  private static func shown(_ value: FieldValue) -> String {
    value.isNull ? "(empty)" : typed(value)
  }
}

extension Action {
  static let editRecord = Action("edit-record")
  static let takeChangeBack = Action("take-change-back")
}
