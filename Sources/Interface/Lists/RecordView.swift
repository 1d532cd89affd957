// One record told in full: values, lines, ways to other records, what happened to it, and the record
// as the service sent it.
import Domain
import Terminal

/// Where a link leads.
enum RecordTarget: Sendable, Hashable {
  case record(RecordReference)
  /// A list, and what it is called where the link stands.
  case list(ListQuery, title: String)

  /// The list it is in.
  var list: ListName {
    switch self {
    case .record(let reference): reference.list
    case .list(let query, _): query.list
    }
  }
}

/// One record, loaded by its reference. Beside a list it follows the selection; over it, its lines
/// take the keys.
struct RecordView: Sendable {
  /// Names its questions.
  let owner: String
  private(set) var reference: RecordReference
  private(set) var detail: RecordDetail?
  /// Why nothing is shown; nil while it is read or shown.
  private(set) var problem: String?
  private(set) var index = 0
  private(set) var offset = 0
  private var number: Int
  private var asked: Ticket?
  private var isStale = true

  /// Whether its own title is the first line; elsewhere it stands above.
  private let hasTitle: Bool

  init(owner: String, _ reference: RecordReference, number: Int = 0, hasTitle: Bool = true) {
    (self.owner, self.reference, self.number) = (owner, reference, number)
    self.hasTitle = hasTitle
  }

  struct Line: Sendable {
    var pieces: [Piece]
    var target: RecordTarget?
    /// A heading that keys jump to.
    var part: Part?
  }

  /// The parts of a record that keys jump to.
  enum Part: Sendable { case history, source }

  // MARK: Loading

  mutating func storeChanged() { isStale = true }

  /// Follows the selection of a list.
  mutating func follow(_ reference: RecordReference) {
    guard reference != self.reference else { return }
    // What is shown stays until the next record is there, so that moving does not flicker.
    (self.reference, problem, isStale) = (reference, nil, true)
  }

  /// Takes up again after it was out of sight: what it last asked is too old.
  mutating func resume() { (asked, isStale) = (nil, true) }

  /// Shows what is known of the record until it is read.
  mutating func show(_ known: RecordDetail?) {
    if let known, known.reference == reference { detail = known }
  }

  mutating func settle(_ world: World) -> [Reaction] {
    guard isStale, asked == nil else { return [] }
    isStale = false
    number += 1
    let ticket = Ticket(owner, number)
    asked = ticket
    return [.effect(.loadRecord(reference, ticket))]
  }

  /// Takes an answer; false when it is not for this view.
  mutating func take(_ message: Message, _ world: World) -> Bool {
    switch message {
    case .record(let detail, let ticket):
      guard ticket.owner == owner else { return false }
      guard ticket == asked else { return true }
      asked = nil
      if let detail, detail.reference == reference {
        if self.detail?.reference != detail.reference { (index, offset) = (0, 0) }
        (self.detail, problem) = (detail, nil)
      } else if detail == nil, !isStale {
        (self.detail, problem) = (nil, "This record is not in the store any more.")
      }
    case .unanswered(let ticket, let text, _):
      guard ticket.owner == owner else { return false }
      guard ticket == asked else { return true }
      (asked, detail, problem) = (nil, nil, text)
    default: return false
    }
    return true
  }

  // MARK: Lines

  func lines(_ world: World, width: Int) -> [Line] {
    guard let detail else {
      return [Line(pieces: [Piece(problem ?? "Reading…", problem == nil ? .dim : .warning)])]
    }
    var lines = hasTitle ? [Line(pieces: [Piece(detail.title, .heading)])] : []
    let nameWidth = min(24, detail.fields.map { TextWidth.columns($0.title) }.max() ?? 0)
    for field in detail.fields {
      let value = CellText.piece(field.value, world)
      let room = max(8, width - nameWidth - 4)
      let parts = TextWidth.wrapped(value.text, to: room, linesMax: 40)
      for (number, part) in parts.enumerated() {
        var pieces = [
          Piece(TextWidth.fitted(number == 0 ? field.title : "", to: nameWidth) + "  ", .dim),
          Piece(part, field.link == nil ? value.style : .key),
        ]
        if number == 0, field.link != nil { pieces.append(Piece(" →", .key)) }
        lines.append(Line(pieces: pieces, target: field.link.map(RecordTarget.record)))
      }
    }
    lines += lineItems(detail, world)
    if !detail.links.isEmpty {
      lines += [Line(pieces: []), Line(pieces: [Piece("Leads to", .heading)])]
      for link in detail.links {
        lines.append(
          Line(
            pieces: [
              Piece(link.title, link.count == 0 ? .dim : .key),
              Piece(" \(Words.number(link.count))", .dim),
              Piece(link.count == 0 ? "" : " →", .key),
            ],
            target: link.count == 0
              ? nil : .list(link.query, title: "\(link.title) of \(detail.title)")))
      }
    }
    // A record of this computer's own, as a call is, has neither a past nor another form.
    if detail.history.isEmpty, detail.source == nil { return lines }
    lines += [Line(pieces: []), Line(pieces: [Piece("History", .heading)], part: .history)]
    if detail.history.isEmpty { lines.append(Line(pieces: [Piece("Nothing was kept.", .dim)])) }
    for event in detail.history {
      let head = [
        Piece(Words.moment(event.at, world) + "  ", .dim), Piece(event.actor + "  ", .text),
      ]
      let texts = TextWidth.wrapped(event.text, to: max(8, width - head.columns), linesMax: 20)
      for (number, text) in texts.enumerated() {
        let indent = [Piece(String(repeating: " ", count: head.columns))]
        lines.append(Line(pieces: (number == 0 ? head : indent) + [Piece(text)]))
      }
    }
    lines += [Line(pieces: []), Line(pieces: [Piece("As received", .heading)], part: .source)]
    guard let source = detail.source else {
      return lines + [Line(pieces: [Piece("The service's own form was not kept.", .dim)])]
    }
    for text in source.split(separator: "\n", omittingEmptySubsequences: false).prefix(
      Self.sourceLinesMax)
    {
      let indent = String(text.prefix { $0 == " " }.prefix(20))
      let parts = TextWidth.wrapped(
        String(text.dropFirst(indent.count)), to: max(8, width - indent.count), linesMax: 40)
      lines += parts.map { Line(pieces: [Piece(indent + $0)]) }
    }
    return lines
  }

  /// Longer than any record of either service; more is not a record.
  private static let sourceLinesMax = 5000

  private func lineItems(_ detail: RecordDetail, _ world: World) -> [Line] {
    guard !detail.lineTitles.isEmpty else { return [] }
    let count = detail.lineTitles.count
    let cells = detail.lines.map { row in
      (0..<count).map { $0 < row.count ? CellText.piece(row[$0], world) : Piece("") }
    }
    let isNumber = (0..<count).map { column in
      detail.lines.allSatisfy { row in
        guard column < row.count else { return true }
        switch row[column] {
        case .money, .number, .none: return true
        default: return false
        }
      }
    }
    let widths = (0..<count).map { column in
      min(
        40,
        max(
          TextWidth.columns(detail.lineTitles[column]),
          cells.map { TextWidth.columns($0[column].text) }.max() ?? 0))
    }
    func line(_ pieces: [Piece]) -> Line {
      Line(
        pieces: pieces.enumerated().map { column, piece in
          Piece(
            TextWidth.fitted(piece.text, to: widths[column], isNumber[column] ? .right : .left)
              + "  ", piece.style)
        })
    }
    let titles = line(detail.lineTitles.map { Piece($0, .heading) })
    return [Line(pieces: []), titles] + cells.map(line)
  }

  // MARK: Moving and drawing

  func target(_ world: World, width: Int) -> RecordTarget? {
    let lines = lines(world, width: width)
    return lines.indices.contains(index) ? lines[index].target : nil
  }

  mutating func select(_ row: Int, in area: Area, _ world: World) {
    let count = lines(world, width: area.columns - 2).count
    index = max(0, min(row, count - 1))
    let height = max(1, area.rows)
    offset = max(0, min(offset, count - height))
    if index < offset { offset = index }
    if index >= offset + height { offset = index - height + 1 }
  }

  /// Moves as an action says; false when the action is no movement.
  mutating func move(_ action: Action, in area: Area, _ world: World) -> Bool {
    let page = max(1, area.rows - 1)
    switch action {
    case .up: select(index - 1, in: area, world)
    case .down: select(index + 1, in: area, world)
    case .pageUp: select(index - page, in: area, world)
    case .pageDown: select(index + page, in: area, world)
    case .first: select(0, in: area, world)
    case .last: select(.max, in: area, world)
    case .nextLink, .previousLink:
      let lines = lines(world, width: area.columns - 2)
      let links = lines.indices.filter { lines[$0].target != nil }
      let next =
        action == .nextLink
        ? links.first { $0 > index } ?? links.first : links.last { $0 < index } ?? links.last
      if let next { select(next, in: area, world) }
    case .showHistory, .showSource:
      let lines = lines(world, width: area.columns - 2)
      let part = action == .showHistory ? Part.history : .source
      if let at = lines.firstIndex(where: { $0.part == part }) {
        select(.max, in: area, world)
        select(at, in: area, world)
      }
    default: return false
    }
    return true
  }

  /// Everything it shows, as text.
  func text(_ world: World) -> String {
    let title = hasTitle ? [] : [Line(pieces: [Piece(detail?.title ?? "")])]
    return (title + lines(world, width: 10_000)).map { line in
      var text = line.pieces.map(\.text).joined()
      while text.last == " " { text.removeLast() }
      return text
    }.joined(separator: "\n")
  }

  func draw(on frame: inout Frame, in area: Area, isFocused: Bool, _ world: World) {
    let lines = lines(world, width: max(1, area.columns - 2))
    let offset = isFocused ? max(0, min(self.offset, lines.count - area.rows)) : 0
    for row in 0..<area.rows where offset + row < lines.count {
      let at = area.row + row
      frame.put(
        lines[offset + row].pieces, row: at, column: area.column + 1, width: area.columns - 1)
      if isFocused, offset + row == index {
        frame.put("▸", row: at, column: area.column, style: .selected)
        frame.select(Area(row: at, column: area.column, rows: 1, columns: area.columns))
        (frame.cursorRow, frame.cursorColumn) = (at, area.column)
      }
    }
    if !isFocused, lines.count > area.rows, area.rows > 0 {
      frame.put(
        " Enter shows all ", row: area.endRow - 1, column: max(area.column, area.endColumn - 18),
        style: .dim)
    }
  }
}

extension Action {
  static let nextLink = Action("next-link")
  static let previousLink = Action("previous-link")
  static let showHistory = Action("record-history")
  static let showSource = Action("record-as-received")
}
