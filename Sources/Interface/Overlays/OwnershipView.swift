// Who owns a property, over the NOI & Draws pane: the shares by date, how they are changed, and who has
// changed them.
import Domain
import Reports
import Terminal

/// The owners of one property.
struct OwnershipView: Layer {
  /// The property's number, as it is shown.
  let property: String
  private(set) var sheet: OwnershipSheet?
  private var list = ListState<CalendarDate>()
  private var problem: (text: String, hint: String)?
  private var ticket: Ticket
  private var isWaiting = false
  private var isStale = true
  private var askedAt: Instant?
  /// While others change the store, the ledger is not read again sooner than this.
  private static let pauseMilliseconds: Int64 = 1500

  init(_ property: String, question: Int) {
    self.property = property
    ticket = Ticket("ownership \(property)", question)
  }

  static let bindings: [Binding<OwnershipView>] =
    [
      Binding(
        [.enter, .character("e")], .changeShares, "change", "Changes the shares of these days.",
        writes: true
      ) { view, _ in view.selected == nil ? "Nothing is entered yet; n begins." : nil },
      Binding(
        [.character("n")], .newShares, "new date", "Enters shares that hold from a day on.",
        writes: true
      ) { view, _ in view.sheet == nil ? "The shares are being read." : nil },
      Binding(
        [.character("D")], .removeShares, "take away",
        "Takes the date away: the shares before it go on.", writes: true
      ) { view, _ in
        guard let sheet = view.sheet, let span = view.selected else {
          return "There is nothing to take away."
        }
        return span == sheet.spans.last ? "Nothing holds before these shares; e changes them." : nil
      },
    ] + Binding.undoing + [
      Binding([.character("y")], .copy, "copy", "Copies all that is shown.", footer: false),
      Binding([.escape, .character("q"), .left], .back, "back", "Goes back to the figures."),
    ] + Binding.movement

  private var selected: OwnershipSheet.Span? {
    sheet?.spans.first { $0.from == list.selected }
  }

  // MARK: Asking

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    list.settle(sheet?.spans.map(\.from) ?? [], height: area.rows)
    guard wait(world) == 0 else { return [] }
    (isStale, isWaiting, askedAt) = (false, true, world.now)
    ticket.number += 1
    return [.effect(.loadOwnership(property: property, ticket))]
  }

  func nextTick(_ world: World) -> Int? { wait(world).map { max(1, $0) } }

  /// When the shares are to be read again, in milliseconds from now; nil when there is no need.
  private func wait(_ world: World) -> Int? {
    guard isStale, !isWaiting else { return nil }
    let age = askedAt.map { world.now.milliseconds - $0.milliseconds } ?? Self.pauseMilliseconds
    return age < 0 ? 0 : Int(max(0, Self.pauseMilliseconds - age))
  }

  mutating func take(_ message: Message, _ world: World) -> [Reaction] {
    switch message {
    case .storeChanged: isStale = true
    // What was done here is shown at once.
    case .effectDone, .effectFailed, .undone: (isStale, askedAt) = (true, nil)
    case .ownership(let sheet, let answer) where answer == ticket:
      (self.sheet, isWaiting, problem) = (sheet, false, nil)
      if sheet == nil { problem = ("This property is not there any more.", "Esc goes back.") }
    case .unanswered(let answer, let text, let hint) where answer == ticket:
      (isWaiting, problem) = (false, (text, hint))
    default: break
    }
    return []
  }

  // MARK: Doing

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    switch action {
    case .changeShares:
      guard let sheet, let span = selected else { return [] }
      return [.open(SharesEditor(sheet, span, from: span.from))]
    case .newShares:
      guard let sheet else { return [] }
      return [.open(SharesEditor(sheet, sheet.spans.first, from: nil))]
    case .removeShares:
      guard let sheet, let span = selected else { return [] }
      return [
        .effect(
          .changeOwnership(
            OwnershipEdit(
              property: sheet.property, title: sheet.title, from: span.from, shares: [],
              reason: "", mark: sheet.mark)))
      ]
    case .undo: return [.effect(.undo)]
    case .redo: return [.effect(.redo)]
    case .copy:
      return [.effect(.copy(rows.map { $0.pieces.map(\.text).joined() }.joined(separator: "\n")))]
    case .back: return [.close]
    default:
      let ids = sheet?.spans.map(\.from) ?? []
      _ = list.move(action, ids, height: max(1, ids.count))
      return []
    }
  }

  // MARK: Drawing

  /// A row of the picture, and the span it belongs to.
  private struct Row {
    var span: CalendarDate?
    var pieces: [Piece]
  }

  /// How wide a percentage stands.
  private static let percentColumns = 10

  private static func percent(_ percent: Percent?) -> String {
    let text = percent?.description ?? "?"
    return String(repeating: " ", count: max(1, percentColumns - text.count)) + text
  }

  private var rows: [Row] {
    guard let sheet else { return [] }
    var rows: [Row] = []
    let width = sheet.spans.flatMap(\.shares).map { TextWidth.columns($0.owner.name) + 4 }.max()
    let name = max(24, min(width ?? 0, 44))
    func padded(_ text: String) -> String {
      let cut = TextWidth.truncated(text, to: name)
      return cut + String(repeating: " ", count: max(0, name - TextWidth.columns(cut)))
    }
    for span in sheet.spans {
      rows.append(
        Row(
          span: span.from,
          pieces: [
            Piece(padded(span.title), .heading),
            Piece(
              "  "
                + ["Income %", "Paid %"].map {
                  String(repeating: " ", count: Self.percentColumns - $0.count) + $0
                }.joined(), .dim),
          ]))
      for share in span.shares {
        rows.append(
          Row(
            span: span.from,
            pieces: [
              Piece(padded("  \(share.owner.name)") + "  "),
              Piece(Self.percent(share.ownership) + Self.percent(share.disbursement)),
            ]))
      }
      rows.append(
        Row(
          span: span.from,
          pieces: [
            span.problem.map { Piece("  ! \($0): no owner gets a figure", .warning) }
              ?? Piece("  ✓ both add up to 100", .ok)
          ]))
    }
    for (title, lines) in [("How it is paid out", sheet.rules), ("Decisions", sheet.changes)]
    where !lines.isEmpty {
      rows.append(Row(span: nil, pieces: []))
      rows.append(Row(span: nil, pieces: [Piece(title, .heading)]))
      rows += lines.map { Row(span: nil, pieces: [Piece("  " + $0, .dim)]) }
    }
    return rows
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    frame.put(
      [
        Piece(" Who owns \(sheet?.title ?? "…")", .heading),
        Piece("   Rentbook decides; Buildium knows no shares", .dim),
      ], row: area.row, column: area.column, width: area.columns)
    let place = area.split(rows: 2).rest
    guard let sheet else {
      let text = problem.map { "! \($0.text) \($0.hint)" } ?? "Reading…"
      frame.put(
        text, row: place.row, column: area.column + 1, style: problem == nil ? .dim : .error,
        width: area.columns - 1)
      return (frame.cursorRow, frame.cursorColumn) = (place.row, area.column)
    }
    let rows = rows
    // The selected shares stay in sight with all their owners.
    let first = rows.firstIndex { $0.span == list.selected } ?? 0
    let last = rows.lastIndex { $0.span == list.selected } ?? 0
    let offset = min(first, max(0, last + 1 - place.rows))
    for (line, row) in rows.dropFirst(offset).prefix(place.rows).enumerated() {
      let isSelected = row.span != nil && row.span == list.selected
      let at = place.row + line
      let isLead = isSelected && line + offset == first
      frame.put(
        [Piece(isLead ? "▸ " : "  ", .key)] + row.pieces, row: at, column: area.column,
        width: area.columns)
      if isLead { (frame.cursorRow, frame.cursorColumn) = (at, area.column) }
    }
    if sheet.spans.isEmpty {
      frame.put(
        "Nobody has entered an owner: no owner's figure can be told. n enters shares.",
        row: place.row, column: area.column + 1, style: .warning, width: area.columns - 1)
      (frame.cursorRow, frame.cursorColumn) = (place.row, area.column)
    }
  }
}

extension Action {
  static let takeOver = Action("take-over-from-airtable")
  static let whoOwns = Action("who-owns")
  static let changeShares = Action("change-shares")
  static let newShares = Action("new-shares")
  static let removeShares = Action("take-shares-away")
}
