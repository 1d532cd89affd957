// How the Sync pane looks: where its parts stand and what their rows say.
import Domain
import Terminal

/// Where the parts of the Sync pane stand. The table of resources comes first; the facts about the
/// services and the list below get what is left, and give way when the terminal is low.
struct SyncLayout {
  /// Row of the column titles, and the rows of the table below them.
  let titles: Int
  let table: Area
  /// Row of the line between the table and what follows; nil when there is no room for one.
  let rule: Int?
  /// Lines about work and services.
  let facts: Area
  /// Row of the title of the list at the foot, and its rows.
  let listTitle: Int
  let list: Area
  /// Which list that is.
  let listed: SyncPane.Focus

  init(_ pane: SyncPane, _ area: Area, _ world: World) {
    listed =
      pane.focus == .jobs || (pane.focus == .resources && world.deadLetters.isEmpty)
      ? .jobs : .deadLetters
    let count = listed == .jobs ? pane.shownJobs(world).count : pane.shownLetters(world).count
    let resources = pane.shownResources(world).count
    let factsWanted = pane.facts(world, width: area.columns).count
    let hasRule = area.rows >= 9
    var left = max(0, area.rows - 1 - (hasRule ? 1 : 0))
    // The least each part needs, then what it wants, in the order of worth.
    var table = min(left, min(resources, 3))
    left -= table
    var list = min(left, pane.focus == .resources && count == 0 ? 0 : 2)
    left -= list
    var facts = min(left, min(factsWanted, 2))
    left -= facts
    func give(_ part: inout Int, upTo wanted: Int) {
      let more = max(0, min(left, wanted - part))
      part += more
      left -= more
    }
    give(&table, upTo: resources)
    give(&facts, upTo: factsWanted)
    give(&list, upTo: 1 + max(1, count))
    titles = area.row
    self.table = Area(row: area.row + 1, column: area.column, rows: table, columns: area.columns)
    rule = hasRule ? self.table.endRow : nil
    let start = self.table.endRow + (hasRule ? 1 : 0)
    self.facts = Area(row: start, column: area.column, rows: facts, columns: area.columns)
    // A blank row sets the list apart when there is one to spare.
    let gap = left > 0 && list > 0 ? 1 : 0
    listTitle = start + facts + gap
    self.list = Area(
      row: listTitle + 1, column: area.column, rows: list - 1, columns: area.columns)
  }
}

extension SyncPane {
  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    guard let status = world.status else {
      frame.put("Reading the store…", row: area.row, column: 1, style: .dim)
      return
    }
    if status.services.allSatisfy({ $0.state == .notConnected }), status.jobs.isEmpty,
      status.resources.allSatisfy({ $0.local == 0 })
    {
      return drawWelcome(on: &frame, in: area)
    }
    let layout = SyncLayout(self, area, world)
    drawTable(layout, on: &frame, in: area, world)
    if let rule = layout.rule { frame.rule(row: rule, in: area) }
    for (index, line) in facts(world, width: area.columns).prefix(layout.facts.rows).enumerated() {
      frame.put(line, row: layout.facts.row + index, column: 1, width: area.columns - 1)
    }
    if layout.list.row <= area.endRow, layout.listTitle < area.endRow,
      layout.list.rows > 0 || focus != .resources
    {
      drawList(layout, on: &frame, in: area, world)
    }
  }

  private func drawWelcome(on frame: inout Frame, in area: Area) {
    let lines: [[Piece]] = [
      [Piece("Nothing is connected yet.", .heading)],
      [],
      [Piece("1  "), Piece("rentbook connect buildium", .key), Piece("   reads your portfolio")],
      [Piece("2  "), Piece("rentbook connect airtable", .key), Piece("   is where it goes")],
      [Piece("3  "), Piece("rentbook airtable setup", .key), Piece("     makes the tables there")],
      [],
      [Piece("Then open Rentbook again and press s for the first sync.")],
      [Piece("To look around first, without any account: "), Piece("rentbook demo", .key)],
    ]
    for (index, line) in lines.enumerated() where index + 1 < area.rows {
      frame.put(line, row: area.row + 1 + index, column: 2, width: area.columns - 2)
    }
  }

  // MARK: The table

  private static func columns(_ world: World) -> Table<ResourceStatus> {
    func count(
      _ title: String, givesWay: Int = 0, _ value: @escaping @Sendable (ResourceStatus) -> Int
    ) -> Column<ResourceStatus> {
      Column(title: title, alignment: .right, givesWay: givesWay) { row, _ in
        let value = value(row)
        return Piece(Words.number(value), value == 0 ? .dim : .text)
      }
    }
    let now = world.now
    return Table(columns: [
      Column(title: "Resource") { row, _ in Piece(row.resource.title) },
      count("Buildium", \.buildium),
      count("Here", \.local),
      count("Airtable", \.airtable),
      count("In", givesWay: 3, \.pendingIn),
      count("Out", givesWay: 2, \.pendingOut),
      Column(title: "Changed", givesWay: 1) { row, _ in
        Piece(row.lastSyncedAt.map { Words.ago($0, now) } ?? "never", .dim)
      },
      Column(title: "State", widthMin: 15) { row, width in state(row, width: width) },
    ])
  }

  private func drawTable(
    _ layout: SyncLayout, on frame: inout Frame, in area: Area, _ world: World
  ) {
    let rows = shownResources(world)
    let all = world.status?.resources.count ?? 0
    let inner = Area(row: area.row, column: area.column + 1, rows: 1, columns: area.columns - 1)
    let table = Self.columns(world)
    let fitted = table.fitted(rows, to: inner.columns)
    let filtering = filterPieces(filter, shown: rows.count, of: all)
    if filtering.isEmpty {
      table.drawTitles(fitted, on: &frame, row: layout.titles, in: inner)
    } else {
      frame.put(
        [Piece("Resource", .heading)] + filtering, row: layout.titles, column: inner.column,
        width: inner.columns)
    }
    frame.list(
      resources, count: rows.count, in: layout.table, isFocused: focus == .resources
    ) { frame, index, row in
      table.draw(rows[index], fitted, on: &frame, row: row.row, in: row)
    }
  }

  /// The state of a resource in a sign and a word, with a bar and a percentage where work is under
  /// way and there is room.
  static func state(_ row: ResourceStatus, width: Int) -> Piece {
    let (text, style): (String, Style) =
      switch row.state {
      case .neverSynced: ("· never synced", .dim)
      case .firstSync: ("~ first sync", .progress)
      case .pulling: ("~ reading", .progress)
      case .sending: ("~ sending", .progress)
      case .inStep: row.deadLetters > 0 ? ("! \(row.deadLetters) refused", .warning) : ("✓ in step", .ok)
      case .refused: ("! \(Words.number(row.deadLetters)) refused", .warning)
      case .failed: ("× failed", .error)
      case .paused: ("‖ paused", .warning)
      }
    guard let progress = row.progress else { return Piece(text, style) }
    guard let total = progress.total, total > 0 else {
      let done = "\(text)  \(Words.number(progress.done))"
      return Piece(TextWidth.columns(done) <= width ? done : text, style)
    }
    let percent = Words.percent(progress.done, of: total)
    let figure = TextWidth.fitted("\(percent) %", to: 5, .right)
    let room = min(20, width - 12 - 2 - 2 - figure.count)
    if room >= 5 {
      let label = TextWidth.fitted(text, to: 12)
      return Piece("\(label)  \(Words.bar(percent: percent, width: room))  \(figure)", style)
    }
    let short = "\(text) \(percent) %"
    return Piece(TextWidth.columns(short) <= width ? short : text, style)
  }

  // MARK: The list at the foot

  private func drawList(
    _ layout: SyncLayout, on frame: inout Frame, in area: Area, _ world: World
  ) {
    let letters = shownLetters(world)
    let jobs = shownJobs(world)
    func tab(_ label: String, _ count: Int, _ isShown: Bool) -> Piece {
      Piece("\(label) \(Words.number(count))", isShown ? .tab : .dim)
    }
    let isJobs = layout.listed == .jobs
    var title = [tab("Jobs", jobs.count, isJobs), Piece("  Tab changes list", .dim)]
    if !world.deadLetters.isEmpty || !isJobs {
      title = [tab("Need you", letters.count, !isJobs), Piece("   ")] + title
    }
    frame.put(title, row: layout.listTitle, column: 1, width: area.columns - 1)
    if isJobs {
      if jobs.isEmpty {
        frame.put(
          filter.text.isEmpty ? "No work waits." : "No job holds these words.", row: layout.list.row,
          column: 1, style: .dim, width: layout.list.rows > 0 ? area.columns - 1 : 0)
      }
      frame.list(self.jobs, count: jobs.count, in: layout.list, isFocused: focus == .jobs) {
        frame, index, row in
        let job = jobs[index]
        let state = Self.state(job, world)
        frame.put(
          [
            Piece(TextWidth.fitted(state.text, to: 22) + "  ", state.style),
            Piece(TextWidth.fitted(Self.title(job), to: 30) + "  "),
            Piece(Self.work(job), .dim),
          ], row: row.row, column: row.column, width: row.columns)
      }
    } else {
      if letters.isEmpty, layout.list.rows > 0 {
        frame.put(
          "No dead letter holds these words.", row: layout.list.row, column: 1, style: .dim)
      }
      frame.list(
        deadLetters, count: letters.count, in: layout.list, isFocused: focus == .deadLetters
      ) { frame, index, row in
        let letter = letters[index]
        frame.put(
          [
            Piece("! \(letter.title) refused by \(letter.service.title): ", .warning),
            Piece(letter.message.replacing("\n", with: " ")),
          ], row: row.row, column: row.column, width: row.columns)
      }
    }
  }

  /// A job in words: `Transactions to Airtable`.
  static func title(_ job: JobStatus) -> String {
    let what = job.resource?.title ?? job.kind.prefix(1).uppercased() + job.kind.dropFirst()
    switch job.kind {
    case "pull": return "\(what) from \(job.service.title)"
    case "push": return "\(what) to \(job.service.title)"
    default: return job.resource == nil ? what : "\(job.kind) \(what)"
    }
  }

  static func state(_ job: JobStatus, _ world: World) -> Piece {
    switch job.state {
    case .queued: return Piece("· waits", .dim)
    case .running:
      guard let total = job.progress.total, total > 0 else {
        return Piece("~ running \(Words.number(job.progress.done))", .progress)
      }
      return Piece("~ running \(Words.percent(job.progress.done, of: total)) %", .progress)
    case .failed:
      guard let next = job.runAfter, next > world.now else { return Piece("! tried again soon", .warning) }
      let wait = Words.span(milliseconds: next.milliseconds - world.now.milliseconds)
      return Piece("! next try in \(wait)", .warning)
    case .dead: return Piece("× given up", .error)
    case .done: return Piece("✓ done", .ok)
    case .cancelled: return Piece("· cancelled", .dim)
    }
  }

  /// How far and how fast, or why not.
  private static func work(_ job: JobStatus) -> String {
    if !job.error.isEmpty { return job.error.replacing("\n", with: " ") }
    var parts: [String] = []
    if let total = job.progress.total {
      parts.append("\(Words.number(job.progress.done)) of \(Words.number(total))")
    }
    if let rate = job.progress.ratePerSecond { parts.append("\(Words.tenths(rate)) records/s") }
    if let left = job.progress.secondsLeft, job.state == .running {
      parts.append("left \(Words.duration(seconds: left))")
    }
    if job.attempts > 1 { parts.append("try \(job.attempts)") }
    return parts.joined(separator: "  ")
  }
}
