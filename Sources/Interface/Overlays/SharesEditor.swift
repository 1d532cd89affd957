// Entering who owns which part of a property from a day on. What does not add up to 100 is not taken; a
// hundredth that rounding leaves is offered to the first owner.
import Domain
import Reports
import Terminal

/// A form with a day, a row of two percentages for each owner, and a reason.
struct SharesEditor: Layer {
  private struct Row: Sendable {
    var owner: OwnershipSheet.Owner
    /// The part of the income; empty for none.
    var ownership = TextField()
    /// The part of what is paid out; empty for the same.
    var disbursement = TextField()
  }

  /// Where typed text goes.
  private enum Place: Hashable {
    case from
    case ownership(Int)
    case disbursement(Int)
    case newOwner
    case reason
  }

  private let sheet: OwnershipSheet
  private var rows: [Row]
  private var from = TextField()
  private var newOwner = TextField()
  private var reason = TextField()
  private var place: Place
  private var note: Piece?

  /// - Parameters:
  ///   - span: the shares to begin with; nil for none.
  ///   - from: the day they hold from; nil to ask for it.
  init(_ sheet: OwnershipSheet, _ span: OwnershipSheet.Span?, from: CalendarDate?) {
    self.sheet = sheet
    rows = (span?.shares ?? []).map { share in
      var row = Row(owner: share.owner)
      row.ownership.text = share.ownership?.description ?? ""
      if share.disbursement != share.ownership {
        row.disbursement.text = share.disbursement?.description ?? ""
      }
      return row
    }
    if let from { self.from.text = from == .distantPast ? Self.always : from.description }
    if from == nil, span == nil { self.from.text = Self.always }
    place = self.from.text.isEmpty ? .from : rows.isEmpty ? .newOwner : .ownership(0)
  }

  private static let always = "always"
  /// More owners than any property has.
  private static let rowsMax = 100

  static let bindings: [Binding<SharesEditor>] = [
    Binding([.enter], .accept, "save", "Saves the shares, or adds the owner that was typed."),
    Binding([.tab, .down], .down, "next", "Goes to what can be typed next."),
    Binding([.backTab, .up], .up, "before", "Goes back.", footer: false),
    Binding([.escape], .back, "leave it", "Leaves all as it is."),
  ]
  var isTyping: Bool { true }

  private var places: [Place] {
    [.from] + rows.indices.flatMap { [Place.ownership($0), .disbursement($0)] }
      + [.newOwner, .reason]
  }

  // MARK: Keys

  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    switch key {
    // These have bindings.
    case .escape, .enter: return nil
    case .tab: move(1)
    case .backTab: move(-1)
    case .down: moveRow(1)
    case .up: moveRow(-1)
    default:
      note = nil
      _ = edit { $0.take(key) }
    }
    return []
  }

  private mutating func edit<Result>(_ body: (inout TextField) -> Result) -> Result {
    switch place {
    case .from: body(&from)
    case .ownership(let row): body(&rows[row].ownership)
    case .disbursement(let row): body(&rows[row].disbursement)
    case .newOwner: body(&newOwner)
    case .reason: body(&reason)
    }
  }

  private mutating func move(_ step: Int) {
    let places = places
    let at = (places.firstIndex(of: place) ?? 0) + step
    place = places[(at + places.count) % places.count]
  }

  private mutating func moveRow(_ step: Int) {
    switch place {
    case .ownership(let row) where rows.indices.contains(row + step):
      place = .ownership(row + step)
    case .disbursement(let row) where rows.indices.contains(row + step):
      place = .disbursement(row + step)
    case .ownership: place = step > 0 ? .newOwner : .from
    case .disbursement: place = step > 0 ? .newOwner : .from
    case .newOwner where step < 0 && !rows.isEmpty: place = .ownership(rows.count - 1)
    default: move(step)
    }
  }

  // MARK: Owners

  /// The owner whose name or number is typed, of those that have no row yet.
  private var match: OwnershipSheet.Owner? {
    guard !newOwner.text.isEmpty else { return nil }
    let taken = Set(rows.map(\.owner.localID))
    let others = sheet.owners.filter { !taken.contains($0.localID) }
    return others.first { $0.id == newOwner.text } ?? others.first { newOwner.matches($0.name) }
  }

  private mutating func addOwner() {
    guard let match else {
      return note = Piece("No other owner is called “\(newOwner.text)”.", .error)
    }
    guard rows.count < Self.rowsMax else {
      return note = Piece("\(Self.rowsMax) owners are the most.", .error)
    }
    rows.append(Row(owner: match))
    newOwner.text = ""
    place = .ownership(rows.count - 1)
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    switch action {
    case .accept: return accept()
    case .back: return [.close]
    default: return []
    }
  }

  // MARK: Taking what was typed

  /// The rows with a share, as typed; nil where one is no percentage.
  private var entered: [(row: Int, ownership: Percent, disbursement: Percent)]? {
    var result: [(row: Int, ownership: Percent, disbursement: Percent)] = []
    for (number, row) in rows.enumerated() {
      let ownership = row.ownership.text.isEmpty ? "0" : row.ownership.text
      let disbursement = row.disbursement.text.isEmpty ? ownership : row.disbursement.text
      guard let part = Percent(ownership), let paid = Percent(disbursement), part <= .whole,
        paid <= .whole
      else { return nil }
      // Who has no part of either is no owner.
      if part.units > 0 || paid.units > 0 { result.append((number, part, paid)) }
    }
    return result
  }

  private mutating func accept() -> [Reaction] {
    if place == .newOwner, !newOwner.text.isEmpty {
      addOwner()
      return []
    }
    if !newOwner.text.trimmed.isEmpty {
      note = Piece("“\(newOwner.text)” is no owner yet: Enter adds one, Ctrl-U clears.", .error)
      place = .newOwner
      return []
    }
    let day = from.text.trimmed.lowercased()
    guard let from = day == Self.always ? .distantPast : CalendarDate(day) else {
      note = Piece("From which day? Write one such as 2026-07-01, or always.", .error)
      place = .from
      return []
    }
    guard let entered else {
      note = Piece("A share is a number from 0 to 100, such as 33.34.", .error)
      return []
    }
    if entered.isEmpty {
      note = Piece("A property has at least one owner.", .error)
      return []
    }
    if close(entered) { return [] }
    if let problem = ShareSum.problem(entered.map { ($0.ownership, $0.disbursement) }) {
      note = Piece("Not taken: \(problem).", .error)
      return []
    }
    let edit = OwnershipEdit(
      property: sheet.property, title: sheet.title, from: from,
      shares: entered.map {
        .init(
          owner: rows[$0.row].owner.localID, ownership: $0.ownership,
          disbursement: $0.disbursement)
      }, reason: reason.text.trimmed, mark: sheet.mark)
    return [.close, .effect(.changeOwnership(edit))]
  }

  /// Gives what rounding leaves to the first owner and says so; false when there is nothing of that.
  private mutating func close(
    _ entered: [(row: Int, ownership: Percent, disbursement: Percent)]
  ) -> Bool {
    let ownership = ShareSum.closed(entered.map(\.ownership))
    let disbursement = ShareSum.closed(entered.map(\.disbursement))
    guard let row = entered.first?.row, ownership != nil || disbursement != nil else {
      return false
    }
    if let part = ownership?.first { rows[row].ownership.text = part.description }
    if let paid = disbursement?.first, !rows[row].disbursement.text.isEmpty {
      rows[row].disbursement.text = paid.description
    }
    note = Piece(
      "\(rows[row].owner.name) takes what was missing to 100. Enter saves it so; or change it.",
      .warning)
    return true
  }

  // MARK: Drawing

  private static let labelColumns = 30
  private static let fieldColumns = 12

  private func field(_ field: TextField, at place: Place, empty: String = "") -> Piece {
    if place == self.place { return Piece(field.text + "_", .field) }
    return field.text.isEmpty ? Piece(empty, .dim) : Piece(field.text)
  }

  private static func padded(_ text: String, _ columns: Int) -> String {
    let cut = TextWidth.truncated(text, to: columns - 1)
    return cut + String(repeating: " ", count: columns - TextWidth.columns(cut))
  }

  private func line(_ label: String, _ fields: [Piece]) -> [Piece] {
    var pieces = [Piece(Self.padded(label, Self.labelColumns))]
    for field in fields {
      let blanks = max(1, Self.fieldColumns - TextWidth.columns(field.text))
      pieces += [field, Piece(String(repeating: " ", count: blanks))]
    }
    return pieces
  }

  private var sumLine: [Piece] {
    guard let entered else { return [] }
    let sums = [ShareSum.sum(entered.map(\.ownership)), ShareSum.sum(entered.map(\.disbursement))]
    return line("Sum", sums.map { Piece($0.description, $0 == .whole ? .ok : .warning) })
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    var lines: [(place: Place?, pieces: [Piece])] = [
      (nil, [Piece("Who owns \(sheet.title)", .heading)]), (nil, []),
      (.from, line("From", [field(from, at: .from, empty: "a day, or always")])),
      (nil, line("Owner", [Piece("Income %", .dim), Piece("Paid %", .dim)])),
    ]
    for (number, row) in rows.enumerated() {
      let isPaid = place == .disbursement(number)
      lines.append(
        (
          isPaid ? .disbursement(number) : .ownership(number),
          line(
            "  \(row.owner.name)",
            [
              field(row.ownership, at: .ownership(number), empty: "0"),
              field(row.disbursement, at: .disbursement(number), empty: "the same"),
            ])
        ))
    }
    let found =
      newOwner.text.isEmpty ? "" : match.map { " → \($0.name)" } ?? " nobody else is called so"
    lines += [
      (nil, sumLine),
      (
        .newOwner,
        line("Another owner", [field(newOwner, at: .newOwner, empty: "type a name or number")])
          + [Piece(found, .dim)]
      ),
      (.reason, line("Why", [field(reason, at: .reason, empty: "kept with the change")])),
      (nil, []), (nil, [note].compactMap(\.self)),
      (
        nil,
        [
          Piece(
            "These shares end where the next ones begin. An owner without a share is left out.",
            .dim)
        ]
      ),
    ]
    // With many owners the line that is typed into stays in sight.
    let at = lines.firstIndex { $0.place == place } ?? 0
    let offset = max(0, min(at + 6 - area.rows, lines.count - area.rows))
    for (row, line) in lines.dropFirst(offset).prefix(area.rows).enumerated() {
      frame.put(
        line.pieces, row: area.row + row, column: area.column + 1, width: area.columns - 2)
      guard line.place == place else { continue }
      let before = line.pieces.prefix { $0.style != .field }.reduce(0) {
        $0 + TextWidth.columns($1.text)
      }
      let typed = line.pieces.first { $0.style == .field }?.text.dropLast() ?? ""
      (frame.cursorRow, frame.cursorColumn) = (
        area.row + row,
        min(area.endColumn - 1, area.column + 1 + before + TextWidth.columns(String(typed)))
      )
      frame.showsCursor = true
    }
  }
}

extension String {
  /// Without blanks at either end.
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
