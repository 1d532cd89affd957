// How the NOI & Draws pane looks: a line that says what the figures are of, the figures, their sum, the
// selected draw step by step, and where the month's close stands.
import Domain
import Reports
import Terminal

/// Where the parts of the pane stand.
struct MonthLayout {
  let title: Area
  let heads: Area
  let rows: Area
  let total: Area
  let rule: Area?
  let steps: Area
  let close: Area?

  private static let stepsMax = 9
  /// The least of rows that figures are shown in, whatever else there is.
  private static let rowsMin = 4

  init(_ pane: MonthPane, _ area: Area, _ world: World) {
    func line(_ row: Int, _ rows: Int = 1) -> Area {
      Area(row: row, column: area.column, rows: max(0, rows), columns: area.columns)
    }
    title = line(area.row)
    heads = line(area.row + 1)
    // Without title, heads, sum, rule and the line about the close.
    let left = area.rows - 5
    let wanted = pane.stepLines(width: area.columns - 2).count
    let steps = max(0, min(wanted, max(2, area.rows / 4), Self.stepsMax, left - Self.rowsMin))
    rows = line(area.row + 2, left - steps)
    total = line(rows.endRow)
    rule = line(total.endRow)
    self.steps = line(total.endRow + 1, steps)
    close = line(area.endRow - 1)
  }
}

extension MonthPane {
  // MARK: The line at the top

  private func heading(_ world: World) -> [Piece] {
    var pieces = [Piece(" \(query.map { Words.span($0.months) } ?? "…")", .heading)]
    if let query {
      pieces.append(Piece(" · \(query.basis.rawValue)"))
      pieces.append(Piece(" · \(propertySet)"))
      if !level.hasEntries, level.place != .forecast, let against = against(query) {
        pieces.append(Piece(" · against \(against)", .dim))
      }
    }
    return pieces
  }

  /// Which lines are shown, in words.
  var propertySet: String {
    let name = level.sheet?.title ?? ""
    let all = level.sheet?.lines.count { !$0.isSum } ?? 0
    guard !level.filter.text.isEmpty else { return name }
    return "\(name), \(Words.number(matching.count)) of \(Words.number(all)) “\(level.filter.text)”"
  }

  private func against(_ query: MonthQuery) -> String? {
    switch query.comparison {
    case .previous, .lastYear, .pinned: Words.span(query.comparedMonths)
    case .forecast: "the forecast"
    case .plan: "the owners' plan"
    case .none: nil
    }
  }

  /// How old the data is, and whether it is being read.
  private func freshness(_ world: World) -> Piece {
    if isReading { return Piece("reading… ", .progress) }
    guard let oldest = world.status?.resources.compactMap(\.lastSyncedAt).min() else {
      return Piece("never synced ", .dim)
    }
    return Piece("data as of \(Words.clock(oldest, world)) ", .dim)
  }

  // MARK: The figures

  private static func money(_ amount: Money) -> Piece {
    Piece(Words.money(amount), amount < .zero ? .moneyNegative : .text)
  }

  private func columns(_ query: MonthQuery) -> Table<MonthLine> {
    let lead =
      level.hasEntries
      ? "Date  Transaction" : isByOwner && levels.count == 1 ? "Owner" : "Property / account"
    let titleMax = 30
    let name = Column<MonthLine>(title: lead) { line, _ in
      Piece(
        TextWidth.truncated(
          String(repeating: " ", count: line.depth * 2) + line.title, to: titleMax),
        line.isSum ? .heading : .text)
    }
    let nowTitle = level.sheet?.nowTitle ?? Words.shortSpan(query.months)
    let now = Column<MonthLine>(title: nowTitle, alignment: .right) { line, _ in
      Self.money(line.now)
    }
    if level.hasEntries {
      return Table(columns: [
        name, now,
        Column(title: "Who", givesWay: 1) { line, _ in
          Piece(TextWidth.truncated(line.who, to: titleMax))
        },
        Column(title: "What") { line, width in
          Piece(width == .max ? line.why : TextWidth.truncated(line.why, to: width), .dim)
        },
      ])
    }
    var columns = [name, now]
    let beforeTitle = level.sheet?.beforeTitle
    if beforeTitle != nil || query.comparison != .none {
      columns += [
        Column(
          title: beforeTitle ?? Words.shortSpan(query.comparedMonths), alignment: .right,
          givesWay: 4
        ) { line, _ in Self.money(line.before) },
        Column(title: "Change", alignment: .right, givesWay: 3) { line, _ in
          Self.money(line.change)
        },
        Column(title: "%", alignment: .right, givesWay: 2) { line, _ in
          Piece(Words.change(from: line.before, to: line.now))
        },
      ]
    }
    if level.sheet?.lines.contains(where: { !$0.trend.isEmpty }) ?? false {
      columns.append(
        Column(title: "12 months", givesWay: 1) { line, _ in
          Piece(Words.trend(line.trend), .progress)
        })
    }
    if level.sheet?.lines.contains(where: { $0.draw != nil || !$0.why.isEmpty }) ?? false {
      columns += [
        Column(title: "Draw", alignment: .right) { line, _ in
          line.draw.map(Self.money) ?? Piece("")
        },
        Column(title: "Why", widthMin: 14) { line, width in
          let sign = line.isWarning ? "! " : ""
          let text = sign + line.why
          return Piece(
            width == .max ? text : TextWidth.truncated(text, to: width),
            line.isWarning ? .warning : .dim)
        },
      ]
    } else {
      // The last column takes what is left.
      columns.append(Column(title: "") { _, _ in Piece("") })
    }
    return Table(columns: columns)
  }

  // MARK: Below the figures

  /// What stands below the figures: the draw of the selected line, then what a reader should know.
  private var belowLines: [Piece] {
    guard let sheet = level.sheet else { return [] }
    let own = selectedParent.map(\.steps) ?? []
    let steps = own.isEmpty ? sheet.steps : own
    var pieces = steps.map { Piece($0, $0.hasPrefix("!") ? .warning : .text) }
    if let name = own.isEmpty ? nil : selectedParent?.title, !pieces.isEmpty, !sheet.hasEntries {
      pieces[0].text = "\(name): " + pieces[0].text
    }
    return pieces + sheet.notes.map { Piece($0, .dim) }
  }

  func stepLines(width: Int) -> [Piece] {
    belowLines.flatMap { piece in
      TextWidth.wrapped(piece.text, to: max(10, width)).enumerated().map {
        Piece(($0.offset > 0 ? "  " : "") + $0.element, piece.style)
      }
    }
  }

  /// Where the month's close stands, in a line.
  private func closeLine() -> [Piece] {
    guard let month = query?.last else { return [] }
    let name = CalendarDate.monthNames[month.first.month - 1]
    guard let close, close.month == month else { return [Piece("Close \(name): checking…", .dim)] }
    if close.state == "unknown" {
      return [Piece("! \(close.restatements.first ?? "")", .warning)]
    }
    var pieces: [Piece] = []
    if close.isFinal {
      pieces.append(
        Piece(
          "✓ \(name) is final, version \(close.version)"
            + (close.finalizedBy.map { ", by \($0)" } ?? ""), .ok))
      if !close.restatements.isEmpty {
        pieces.append(
          Piece("  ! \(Words.count(close.restatements.count, "figure")) changed since", .warning))
      }
    } else {
      pieces.append(Piece("Close \(name):  "))
      let holding = close.holding
      for gate in holding.prefix(3) {
        pieces.append(
          Piece("! \(Words.number(gate.count)) \(CloseChecklist.short(gate.kind))  ", .warning))
      }
      if holding.count > 3 { pieces.append(Piece("! \(holding.count - 3) more  ", .warning)) }
      let passed = close.gates.count - holding.count
      pieces.append(Piece("✓ \(passed) of \(close.gates.count)", .ok))
    }
    return pieces + [Piece("   c", .key), Piece(" opens")]
  }

  // MARK: Drawing

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    let layout = MonthLayout(self, area, world)
    let right = freshness(world)
    let width = max(0, area.columns - right.text.count - 1)
    frame.put(heading(world), row: layout.title.row, column: area.column, width: width)
    frame.put(
      [right], row: layout.title.row, column: area.endColumn - right.text.count,
      width: right.text.count)
    if level.filter.isActive {
      frame.fill(layout.title)
      let lead = " Filter: "
      frame.put(
        [
          Piece(lead), Piece(level.filter.text + "_", .field),
          Piece("  \(matching.count) shown", .dim),
        ],
        row: layout.title.row, column: area.column, width: area.columns)
    }
    guard let sheet = level.sheet, let query else {
      return drawWaiting(on: &frame, in: layout, world)
    }
    if sheet.isEmpty { return drawEmpty(on: &frame, in: area) }
    drawFigures(on: &frame, in: layout, sheet.query, world)
    if let rule = layout.rule { frame.rule(row: rule.row, in: area) }
    let steps = stepLines(width: area.columns - 2)
    for (line, piece) in steps.prefix(layout.steps.rows).enumerated() {
      frame.put(
        [piece], row: layout.steps.row + line, column: area.column + 1, width: area.columns - 2)
    }
    if steps.count > layout.steps.rows, layout.steps.rows > 0, levels.count == 1 {
      let more = " Enter shows all "
      frame.put(
        more, row: layout.steps.endRow - 1, column: max(area.column, area.endColumn - more.count),
        style: .dim)
    }
    if let close = layout.close, query == sheet.query {
      frame.put(closeLine(), row: close.row, column: area.column + 1, width: area.columns - 2)
    }
    if level.filter.isActive {
      (frame.cursorRow, frame.cursorColumn) = (
        layout.title.row,
        min(area.endColumn - 1, area.column + 9 + TextWidth.columns(level.filter.text))
      )
      frame.showsCursor = true
    }
  }

  private func drawFigures(
    on frame: inout Frame, in layout: MonthLayout, _ query: MonthQuery, _ world: World
  ) {
    let lines = lines
    let area = layout.rows
    let inner = Area(
      row: area.row, column: area.column + 1, rows: area.rows, columns: area.columns - 1)
    let table = columns(query)
    let end = min(lines.count, level.list.offset + area.rows)
    let shown = Array(lines[min(level.list.offset, end)..<end])
    var sum = total
    sum.title = "Sum of \(Words.number(matching.count { !$0.isSum }))"
    sum.isSum = true
    let fitted = table.fitted(shown + [sum], to: inner.columns)
    table.drawTitles(fitted, on: &frame, row: layout.heads.row, in: inner)
    frame.list(level.list, count: lines.count, in: area, isFocused: true) { frame, index, row in
      table.draw(lines[index], fitted, on: &frame, row: row.row, in: row)
    }
    if lines.isEmpty {
      let text =
        level.sheet?.isGone ?? false
        ? "This is not there any more. Esc goes back."
        : level.filter.text.isEmpty
          ? "Nothing was posted here in these months. < and > go to others."
          : "Nothing here holds these words. Esc shows all."
      frame.put(text, row: area.row, column: area.column + 1, style: .dim, width: area.columns - 1)
      (frame.cursorRow, frame.cursorColumn) = (area.row, area.column)
    } else {
      table.draw(
        sum, fitted, on: &frame, row: layout.total.row,
        in: Area(
          row: layout.total.row, column: inner.column, rows: 1, columns: inner.columns))
    }
  }

  private func drawWaiting(on frame: inout Frame, in layout: MonthLayout, _ world: World) {
    let text = problem.map { "! \($0.text) \($0.hint)" } ?? "Reading the ledger…"
    let lines = TextWidth.wrapped(text, to: max(1, layout.rows.columns - 2))
    for (number, line) in lines.prefix(layout.rows.rows).enumerated() {
      frame.put(
        line, row: layout.rows.row + number, column: layout.rows.column + 1,
        style: problem == nil ? .dim : .error)
    }
    (frame.cursorRow, frame.cursorColumn) = (layout.rows.row, layout.rows.column)
  }

  private func drawEmpty(on frame: inout Frame, in area: Area) {
    let lines = [
      Piece("There are no transactions yet.", .heading), Piece(""),
      Piece("s in the Sync pane (1) brings them from Buildium, once it is connected:"),
      Piece("`rentbook connect buildium` says how."),
      Piece("`rentbook import FOLDER` reads files of Buildium's records instead."),
    ]
    for (number, line) in lines.enumerated() where number + 2 < area.rows {
      frame.put(
        [line], row: area.row + 2 + number, column: area.column + 1, width: area.columns - 2)
    }
    (frame.cursorRow, frame.cursorColumn) = (area.row + 2, area.column)
  }
}

extension MonthPane.Level {
  var hasEntries: Bool { sheet?.hasEntries ?? false }
}
