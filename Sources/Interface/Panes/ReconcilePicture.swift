// How the Reconcile pane looks: the accuracy, the resources, the trend, the differences.
import Domain
import Terminal

extension ReconcilePane {
  struct Layout {
    /// The resources in sight, and how many more are equal and not shown.
    var resources: [ReconciliationSheet.Row]
    var hidden: Int
    /// The line between the heading and the resources; nil where there is no room for it.
    var rule: Int?
    var titles: Int
    var trend: Int
    var differences: Area
    /// Where the reason of the selected difference stands in full; below the list.
    var reason: Area
  }

  /// Lines the differences get at least: their line, their titles, rows.
  private static let differencesMin = 6

  /// Where the parts stand. Where there is little room the resources that differ are shown first, and
  /// of the others only how many there are.
  func layout(_ area: Area, _ world: World) -> Layout {
    let all = sheet?.rows ?? []
    let hasDifferences = table.count > 0 || !table.filter.text.isEmpty
    let least = hasDifferences ? Self.differencesMin : 3
    // The heading, the titles, the trend and the line above the differences.
    let free = area.rows - 4
    let isRoomy = free - all.count - 1 >= least
    let room = showsResources ? free : max(2, free - least)
    var shown = all
    if all.count > room {
      let order = all.sorted { first, second in
        (first.differing + first.inFlight > 0 ? 0 : 1, first.resource)
          < (second.differing + second.inFlight > 0 ? 0 : 1, second.resource)
      }
      // One line says how many are left out.
      let kept = Set(order.prefix(max(1, room - 1)).map(\.resource))
      shown = all.filter { kept.contains($0.resource) }
    }
    let rule = isRoomy && !world.isPlain ? area.row + 1 : nil
    let titles = area.row + 1 + (rule == nil ? 0 : 1)
    let hidden = all.count - shown.count
    let trend = titles + 1 + shown.count + (hidden > 0 ? 1 : 0)
    let start = min(area.endRow, trend + 2)
    let left = area.endRow - start
    let reason = hasDifferences ? (left >= 9 ? 2 : left >= 6 ? 1 : 0) : 0
    return Layout(
      resources: shown, hidden: hidden, rule: rule, titles: titles, trend: trend,
      differences: Area(
        row: start, column: area.column, rows: left - reason, columns: area.columns),
      reason: Area(
        row: area.endRow - reason, column: area.column, rows: reason, columns: area.columns))
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    drawHeading(on: &frame, in: area, world)
    guard let sheet else {
      let text = problem.map { "× \($0)" } ?? "Reading the results…"
      frame.put(
        text, row: area.row + 2, column: area.column + 1,
        style: problem == nil ? .dim : .error, width: area.columns - 1)
      return
    }
    guard !sheet.rows.isEmpty else { return drawEmpty(on: &frame, in: area, world) }
    let layout = layout(area, world)
    if let rule = layout.rule { frame.rule(row: rule, in: area) }
    drawResources(layout, on: &frame, in: area, world)
    if layout.trend < area.endRow { drawTrend(sheet, on: &frame, row: layout.trend, in: area) }
    if layout.trend + 1 < area.endRow, !world.isPlain {
      frame.rule(row: layout.trend + 1, in: area)
    }
    guard layout.differences.rows > 0 else { return }
    if table.loaded != nil, table.count == 0, table.filter.text.isEmpty, !table.filter.isActive {
      frame.put(
        "✓ No differences: both sides agree in every field that was compared.",
        row: layout.differences.row, column: area.column + 1, style: .ok, width: area.columns - 1)
      (frame.cursorRow, frame.cursorColumn) = (layout.differences.row, area.column)
    } else {
      table.draw(
        on: &frame, in: layout.differences, title: "Differences", isFocused: true, world)
      drawReason(on: &frame, in: layout.reason)
    }
  }

  private func drawReason(on frame: inout Frame, in area: Area) {
    guard area.rows > 0, let row = table.selectedRow else { return }
    func cell(_ name: String) -> String {
      guard let at = ListName.differences.columns.firstIndex(where: { $0.name == name }),
        at < row.cells.count
      else { return "" }
      return CellText.text(row.cells[at], utcOffsetMinutes: 0)
    }
    let lines = TextWidth.wrapped(
      "\(cell("reason")): \(cell("why"))", to: max(1, area.columns - 2), linesMax: area.rows)
    for (index, line) in lines.enumerated() {
      frame.put(
        line, row: area.row + index, column: area.column + 1, style: .dim,
        width: area.columns - 1)
    }
  }

  // MARK: The heading

  /// A sign and words for an accuracy, measured against what is aimed at.
  static func verdict(_ accuracy: Accuracy) -> (sign: String, word: String, style: Style) {
    if accuracy < .alarm { return ("×", "under \(Accuracy.alarm) %: look now", .error) }
    if accuracy < .goal { return ("!", "under the aim of \(Accuracy.goal) %", .warning) }
    return ("✓", "aim \(Accuracy.goal) % reached", .ok)
  }

  private func drawHeading(on frame: inout Frame, in area: Area, _ world: World) {
    var pieces = [Piece(" Reconcile", .heading)]
    if let comparing = world.comparing {
      let what =
        comparing.isStopping ? "stopping" : comparing.what.isEmpty ? "begins" : comparing.what
      pieces.append(Piece("  ~ comparing both sides: \(what)", .progress))
    }
    if world.comparing == nil, let accuracy = sheet?.accuracy {
      let (sign, word, style) = Self.verdict(accuracy)
      pieces.append(Piece("  \(sign) \(accuracy) % the same, \(word)", style))
      if let at = sheet?.rows.map(\.at).max() {
        pieces.append(Piece("  compared \(Words.clock(at, world))", .dim))
      }
    }
    frame.put(pieces, row: area.row, column: area.column, width: area.columns)
  }

  private func drawEmpty(on frame: inout Frame, in area: Area, _ world: World) {
    let isConnected = world.isConnected(.buildium) && world.isConnected(.airtable)
    let lines: [(String, Style)] = [
      ("The two sides were not compared yet.", .heading), ("", .text),
      (
        isConnected
          ? "r reads every record of Buildium and Airtable and compares all fields. After that it "
            + "is done once a day while Rentbook runs."
          : "Both services have to be connected first: `rentbook connect buildium`, "
            + "`rentbook connect airtable`, then `rentbook airtable setup` and a first sync.", .text
      ), ("", .text),
      (
        "Nothing is written at either side by comparing. What differs is listed here with the "
          + "reason: on its way, a conflict, refused, or not known.", .dim
      ),
    ]
    var row = area.row + 2
    for (text, style) in lines {
      for line in text.isEmpty ? [""] : TextWidth.wrapped(text, to: max(1, area.columns - 2)) {
        guard row < area.endRow else { return }
        frame.put(
          line, row: row, column: area.column + 1, style: style, width: area.columns - 1)
        row += 1
      }
    }
  }

  // MARK: The resources

  private func drawResources(
    _ layout: Layout, on frame: inout Frame, in area: Area, _ world: World
  ) {
    let columns = Self.columns
    let inner = Area(
      row: area.row, column: area.column + 1, rows: area.rows, columns: max(0, area.columns - 1))
    let fitted = columns.fitted(layout.resources, to: inner.columns)
    columns.drawTitles(fitted, on: &frame, row: layout.titles, in: inner)
    for (index, row) in layout.resources.enumerated()
    where layout.titles + 1 + index < area.endRow {
      columns.draw(row, fitted, on: &frame, row: layout.titles + 1 + index, in: inner)
    }
    let last = layout.titles + 1 + layout.resources.count
    if layout.hidden > 0, last < area.endRow {
      let isEqual = (sheet?.rows ?? []).filter { !layout.resources.contains($0) }
        .allSatisfy { $0.differing + $0.inFlight == 0 }
      frame.put(
        "\(layout.hidden) more\(isEqual ? ", all equal" : ""); Tab shows all resources",
        row: last, column: area.column + 1, style: .dim, width: area.columns - 1)
    }
  }

  private static let columns = Table<ReconciliationSheet.Row>(columns: [
    Column(title: "Resource") { row, _ in Piece(row.resource.title) },
    count("Buildium", \.buildium), count("Airtable", \.airtable),
    count("Compared", givesWay: 1, \.compared), count("Equal", givesWay: 2, \.equal),
    count("Differ", \.differing),
    Column(title: "Accuracy", alignment: .right) { row, _ in
      Piece("\(row.accuracy) %", verdict(row.accuracy).style)
    },
    Column(title: "State", widthMin: 15) { row, _ in state(row) },
  ])

  private static func count(
    _ title: String, givesWay: Int = 0,
    _ value: @escaping @Sendable (ReconciliationSheet.Row) -> Int
  ) -> Column<ReconciliationSheet.Row> {
    Column(title: title, alignment: .right, givesWay: givesWay) { row, _ in
      let value = value(row)
      return Piece(Words.number(value), value == 0 ? .dim : .text)
    }
  }

  private static func state(_ row: ReconciliationSheet.Row) -> Piece {
    if row.unexplained > 0 {
      return Piece("! \(Words.number(row.unexplained)) unexplained", .warning)
    }
    if row.differing > 0 { return Piece("! \(Words.number(row.differing)) explained", .warning) }
    if row.inFlight > 0 { return Piece("~ \(Words.number(row.inFlight)) on the way", .progress) }
    return Piece("✓ equal", .ok)
  }

  // MARK: The trend

  /// Days and weeks of a trend that are drawn at most.
  private static let daysMax = 30
  private static let weeksMax = 12

  private func drawTrend(
    _ sheet: ReconciliationSheet, on frame: inout Frame, row: Int, in area: Area
  ) {
    let days = Array(sheet.days.suffix(Self.daysMax))
    let weeks = Array(sheet.weeks.suffix(Self.weeksMax))
    guard let lowest = days.map(\.accuracy).min(), let last = days.last?.accuracy else { return }
    // A chart from zero would show nothing: it begins a little under the lowest, or at 99 %.
    let floor = min(99_00, (weeks.map(\.accuracy).min() ?? lowest).hundredths, lowest.hundredths)
    func chart(_ points: [ReconciliationSheet.Point]) -> String {
      Words.sparkline(
        points.map { $0.accuracy.hundredths - floor + 1 }, full: 100_00 - floor + 1,
        width: points.count)
    }
    let range =
      lowest == last ? " \(last) %" : " \(lowest) to \(days.map(\.accuracy).max() ?? last) %"
    frame.put(
      [
        Piece("\(Words.count(days.count, "day")) ", .dim), Piece(chart(days), .progress),
        Piece(range), Piece("   \(Words.count(weeks.count, "week")) ", .dim),
        Piece(chart(weeks), .progress), Piece("   t lists them", .dim),
      ], row: row, column: area.column + 1, width: area.columns - 1)
  }

  // MARK: The differences

  /// What stands before a difference: the sign of its reason.
  static func sign(_ row: ListRow) -> Piece? {
    guard let at = ListName.differences.columns.firstIndex(where: { $0.name == "reason" }),
      at < row.cells.count, case .text(let reason) = row.cells[at]
    else { return nil }
    switch reason {
    case "pending": return Piece("~", .progress)
    case "conflict": return Piece("≠", .warning)
    case "refused": return Piece("×", .error)
    default: return Piece("!", .warning)
    }
  }
}
