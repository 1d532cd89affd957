// How the Conflicts pane looks: the list above, the fields of the selected record below.
import Domain
import Terminal

extension ConflictsPane {
  /// Lines of the heading and its rule, and of the column titles.
  private static let headingRows = 3

  /// The rows of the list: what the fields of the record leave.
  func listArea(_ area: Area) -> Area {
    let below = detailRows(area)
    return Area(
      row: area.row + Self.headingRows, column: area.column,
      rows: max(1, area.rows - Self.headingRows - below), columns: area.columns)
  }

  private func detailRows(_ area: Area) -> Int { max(6, area.rows * 2 / 5) }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    let shown = shown(world)
    drawHeading(on: &frame, in: area, shown.count, world)
    guard let items else {
      frame.put(
        "Reading the conflicts…", row: area.row + 2, column: area.column + 1, style: .dim,
        width: area.columns - 1)
      return
    }
    guard !items.isEmpty else { return drawEmpty(on: &frame, in: area) }
    let rows = listArea(area)
    let table = table(world)
    let visible = shown.dropFirst(list.offset).prefix(rows.rows)
    let inner = Area(
      row: rows.row, column: rows.column + 3, rows: rows.rows, columns: max(0, rows.columns - 3))
    let fitted = table.fitted(visible, to: inner.columns)
    table.drawTitles(fitted, on: &frame, row: rows.row - 1, in: inner)
    frame.list(list, count: shown.count, in: rows, isFocused: true) { frame, index, row in
      let item = shown[index]
      let marked = isMarked(item.id, shown)
      frame.put(
        marked ? "●" : staged[item.id] != nil ? "✓" : " ", row: row.row, column: row.column,
        style: marked ? .marked : .ok)
      table.draw(
        item, fitted, on: &frame, row: row.row,
        in: Area(
          row: row.row, column: row.column + 2, rows: 1, columns: max(0, row.columns - 2)))
    }
    let below = Area(
      row: rows.endRow, column: area.column, rows: max(0, area.endRow - rows.endRow),
      columns: area.columns)
    drawFields(on: &frame, in: below, world)
  }

  private func drawHeading(
    on frame: inout Frame, in area: Area, _ count: Int, _ world: World
  ) {
    var pieces = [
      Piece(" Conflicts", .heading),
      Piece("  \(Words.number(count)) of \(Words.number(items?.count ?? 0))"),
      Piece("  by \(order.rawValue)\(isReversed ? ", reversed" : "")", .dim),
    ]
    if !staged.isEmpty { pieces.append(Piece("  ✓ \(Words.number(staged.count)) chosen", .ok)) }
    if !marks.isEmpty { pieces.append(Piece("  ● \(Words.number(marks.count)) marked", .marked)) }
    pieces += filterPieces(filter, shown: count, of: items?.count ?? 0)
    frame.put(pieces, row: area.row, column: area.column, width: area.columns)
    if !world.isPlain { frame.rule(row: area.row + 1, in: area) }
  }

  private func drawEmpty(on frame: inout Frame, in area: Area) {
    let lines: [(String, Style)] = [
      ("✓ Nothing waits: both sides agree.", .ok), ("", .text),
      (
        "When a field is changed on both sides, the rules decide: Buildium for transactions, "
          + "Airtable for forecasts, the later edit for most else.", .dim
      ),
      (
        "Money, payment dates and deletions are asked here, unless a rule names them. "
          + "`rentbook rules` lists and sets the rules.", .dim
      ),
    ]
    var row = area.row + 3
    for (text, style) in lines {
      for line in text.isEmpty ? [""] : TextWidth.wrapped(text, to: max(1, area.columns - 2)) {
        guard row < area.endRow else { return }
        frame.put(
          line, row: row, column: area.column + 1, style: style, width: area.columns - 1)
        row += 1
      }
    }
  }

  private func table(_ world: World) -> Table<ConflictItem> {
    Table(columns: [
      Column(title: "Record", widthMin: 12) { item, _ in Piece(item.title) },
      Column(title: "Field") { item, _ in Piece(item.fieldTitle) },
      Column(title: "Age", alignment: .right, givesWay: 1) { item, _ in
        Piece(
          Words.span(milliseconds: max(0, world.now.milliseconds - item.foundAt.milliseconds)),
          .dim)
      },
      Column(title: "Would", widthMin: 10) { item, _ in standing(item, world) },
    ])
  }

  /// What happens with a conflict: the choice, when there is one, else what the rules say.
  private func standing(_ item: ConflictItem, _ world: World) -> Piece {
    if isOutdated(item) { return Piece("! changed since chosen", .warning) }
    if let choice = staged[item.id] { return Piece("✓ \(choice.pick.title)", .ok) }
    switch item.state {
    case .sending: return Piece("~ being sent", .progress)
    case .chosen:
      return Piece("✓ \(item.choice?.title ?? "chosen"), not sent yet", .ok)
    case .open:
      return item.refused == nil
        ? Piece(item.would(world)) : Piece("× refused, choose again", .error)
    }
  }

  // MARK: The fields

  private struct Line {
    var field: String
    var base: Piece
    var buildium: Piece
    var airtable: Piece
    var result: Piece
  }

  private func drawFields(on frame: inout Frame, in area: Area, _ world: World) {
    guard area.rows > 2, let item = selected else { return }
    if !world.isPlain { frame.rule(row: area.row, in: area) }
    let all = items ?? []
    let differing = all.filter { $0.key == item.key }
    frame.put(
      [
        Piece(" \(item.title)", .heading),
        Piece(
          "  \(Words.count(differing.count, "field"))"
            + (differing.count == 1 ? " differs: " : " differ: ")
            + (showsAll ? "a shows only what differs" : "a shows all"), .dim),
      ], row: area.row + 1, column: area.column, width: area.columns)
    var lines = differing.sorted { ($0.id == item.id ? 0 : 1) < ($1.id == item.id ? 0 : 1) }
      .map { line($0, world) }
    if showsAll, let record = allFields {
      let names = Set(differing.map(\.fieldTitle))
      lines += record.fields.filter { !names.contains($0.title) }.map { field in
        let text = CellText.text(field.value, utcOffsetMinutes: world.utcOffsetMinutes)
        return Line(
          field: field.title, base: Piece(""), buildium: Piece(""), airtable: Piece(""),
          result: Piece(text + "  in step", .dim))
      }
    }
    let table = Table<Line>(columns: [
      Column(title: "Field") { line, _ in Piece(line.field) },
      Column(title: "Base", givesWay: 1) { line, _ in line.base },
      Column(title: "Buildium") { line, _ in line.buildium },
      Column(title: "Airtable") { line, _ in line.airtable },
      Column(title: "Result", widthMin: 8) { line, _ in line.result },
    ])
    var inner = Area(
      row: area.row, column: area.column + 1, rows: area.rows, columns: max(0, area.columns - 1))
    if let refused = item.refused {
      // The service's words stand above the values they are about.
      let words = TextWidth.wrapped("× \(refused)", to: max(1, inner.columns))
        .prefix(max(1, area.rows - 5))
      for (index, line) in words.enumerated() {
        frame.put(
          line, row: area.row + 2 + index, column: inner.column, style: .error,
          width: inner.columns)
      }
      inner.row += words.count
      inner.rows -= words.count
    }
    let visible = lines.prefix(max(0, inner.rows - 3))
    let fitted = table.fitted(visible, to: inner.columns)
    table.drawTitles(fitted, on: &frame, row: inner.row + 2, in: inner)
    for (index, line) in visible.enumerated() {
      table.draw(line, fitted, on: &frame, row: inner.row + 3 + index, in: inner)
    }
  }

  private func line(_ item: ConflictItem, _ world: World) -> Line {
    let pick = staged[item.id]?.pick ?? item.choice
    func side(_ value: JSONValue?, _ at: Instant?, _ own: ConflictChoice.Pick) -> Piece {
      let when = at.map { "  \(Words.clock($0, world))" } ?? ""
      let sign = pick == own ? "▸ " : value != item.base ? "≠ " : "  "
      return Piece(
        sign + TextWidth.truncated(ConflictItem.text(value), to: Self.valueMax) + when,
        pick == own ? .ok : .text)
    }
    return Line(
      field: item.fieldTitle,
      base: Piece(TextWidth.truncated(ConflictItem.text(item.base), to: Self.valueMax), .dim),
      buildium: side(item.buildium, item.buildiumAt, .buildium),
      airtable: side(item.airtable, item.airtableAt, .airtable),
      result: pick.map { Piece(item.result($0), .ok) } ?? Piece("— not chosen", .warning))
  }

  /// Columns a value takes at most in the table of fields.
  private static let valueMax = 24
}
