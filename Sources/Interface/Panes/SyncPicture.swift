// How the Sync pane looks: where its parts stand and what their rows say.
import Domain
import Terminal

/// Where the parts of the Sync pane stand. The table of resources comes first; the facts about the
/// services and the lists below get what is left, and give way when the terminal is low.
struct SyncLayout {
  /// A list at the foot: its title and its rows.
  struct Part {
    let focus: SyncPane.Focus
    let title: Int
    let rows: Area
  }

  /// Row of the column titles, and the rows of the table below them.
  let titles: Int
  let table: Area
  /// Row of the line between the table and what follows; nil when there is no room for one.
  let rule: Int?
  /// Lines about work and services.
  let facts: Area
  /// The lists at the foot, one or two, from the top.
  let lists: [Part]

  init(_ pane: SyncPane, _ area: Area, _ world: World) {
    let letters = pane.shownLetters(world).count
    let jobs = pane.shownJobs(world).count
    let resources = pane.shownResources(world).count
    let first: SyncPane.Focus =
      pane.focus == .jobs || (pane.focus == .resources && world.deadLetters.isEmpty)
      ? .jobs : .deadLetters
    let count = first == .jobs ? jobs : letters
    let factsWanted = pane.facts(world, width: area.columns).count
    let hasRule = area.rows >= 9
    var left = max(0, area.rows - 1 - (hasRule ? 1 : 0))
    // The least each part needs, then what it wants, in the order of worth.
    func give(_ part: inout Int, upTo wanted: Int) {
      let more = max(0, min(left, wanted - part))
      part += more
      left -= more
    }
    var (table, list, facts, other) = (0, 0, 0, 0)
    let wantsList = pane.focus != .resources || count > 0
    give(&table, upTo: min(resources, 3))
    give(&list, upTo: wantsList ? 2 : 0)
    give(&facts, upTo: min(factsWanted, 2))
    give(&table, upTo: resources)
    give(&facts, upTo: factsWanted)
    if wantsList { give(&list, upTo: 1 + max(1, count)) }
    let otherCount = first == .jobs ? letters : jobs
    if left >= 3, otherCount > 0 { give(&other, upTo: 1 + otherCount) }
    titles = area.row
    self.table = Area(row: area.row + 1, column: area.column, rows: table, columns: area.columns)
    rule = hasRule ? self.table.endRow : nil
    var at = self.table.endRow + (hasRule ? 1 : 0)
    self.facts = Area(row: at, column: area.column, rows: facts, columns: area.columns)
    at += facts
    var lists: [Part] = []
    let second: SyncPane.Focus = first == .jobs ? .deadLetters : .jobs
    let parts = [(first, list), (second, other)].sorted { $0.0 == .deadLetters && $1.0 == .jobs }
    for (focus, rows) in parts where rows >= 2 {
      // A blank row sets a list apart while there are some to spare.
      if left > 0 {
        at += 1
        left -= 1
      }
      lists.append(
        Part(
          focus: focus, title: at,
          rows: Area(row: at + 1, column: area.column, rows: rows - 1, columns: area.columns)))
      at += rows
    }
    self.lists = lists
  }

  /// How many rows of a list are in sight.
  func height(_ focus: SyncPane.Focus) -> Int {
    focus == .resources ? table.rows : lists.first { $0.focus == focus }?.rows.rows ?? 1
  }
}

extension SyncPane {
  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    guard let status = world.status else {
      frame.put("Reading the store…", row: area.row, column: 1, style: .dim)
      return
    }
    if Self.isUnused(status) { return drawWelcome(on: &frame, in: area) }
    let layout = SyncLayout(self, area, world)
    drawTable(layout, on: &frame, in: area, world)
    if let rule = layout.rule { frame.rule(row: rule, in: area) }
    for (index, line) in facts(world, width: area.columns).prefix(layout.facts.rows).enumerated() {
      frame.put(line, row: layout.facts.row + index, column: 1, width: area.columns - 1)
    }
    for part in layout.lists {
      drawTitle(part, in: layout, on: &frame, world)
      if part.focus == .jobs {
        drawJobs(part.rows, on: &frame, world)
      } else {
        drawLetters(part.rows, on: &frame, world)
      }
    }
  }

  /// Whether nothing was ever connected: then there are only the first steps to show.
  static func isUnused(_ status: SyncStatus) -> Bool {
    status.services.allSatisfy { $0.state == .notConnected } && status.jobs.isEmpty
      && status.resources.allSatisfy { $0.local == 0 }
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
      Column(title: "State", widthMin: 17) { row, width in state(row, width: width) },
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
      case .inStep:
        row.deadLetters > 0 ? ("! \(row.deadLetters) refused", .warning) : ("✓ in step", .ok)
      case .refused: ("! \(Words.number(row.deadLetters)) refused", .warning)
      case .failed: ("× failed", .error)
      case .paused: ("‖ paused", .warning)
      }
    // What is in step has nothing under way, whatever was last said of it.
    guard let progress = row.progress, row.state != .inStep else { return Piece(text, style) }
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
    // The sign and the first word stay with the figure.
    let brief = text.split(separator: " ").prefix(2).joined(separator: " ")
    let forms = ["\(text) \(percent) %", "\(brief) \(percent) %"]
    return Piece(forms.first { TextWidth.columns($0) <= width } ?? text, style)
  }

  // MARK: The lists at the foot

  private func drawTitle(
    _ part: SyncLayout.Part, in layout: SyncLayout, on frame: inout Frame, _ world: World
  ) {
    func title(_ focus: Focus) -> String {
      focus == .jobs
        ? "Jobs \(Words.number(shownJobs(world).count))"
        : "Need you \(Words.number(shownLetters(world).count))"
    }
    var pieces = [Piece(title(part.focus), part.focus == focus ? .tab : .heading)]
    if layout.lists.count == 1 {
      // The list that is out of sight is named here, so that nobody misses it.
      let other: Focus = part.focus == .jobs ? .deadLetters : .jobs
      if other == .jobs || !world.deadLetters.isEmpty {
        pieces.append(Piece("   Tab: \(title(other))", .dim))
      }
    }
    frame.put(pieces, row: part.title, column: 1, width: frame.size.columns - 1)
  }

  private func drawJobs(_ area: Area, on frame: inout Frame, _ world: World) {
    let jobs = shownJobs(world)
    if jobs.isEmpty {
      frame.put(
        filter.text.isEmpty ? "No work waits." : "No job holds these words.", row: area.row,
        column: 1, style: .dim)
    }
    frame.list(self.jobs, count: jobs.count, in: area, isFocused: focus == .jobs) {
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
  }

  private func drawLetters(_ area: Area, on frame: inout Frame, _ world: World) {
    let letters = shownLetters(world)
    if letters.isEmpty {
      frame.put("No dead letter holds these words.", row: area.row, column: 1, style: .dim)
    }
    frame.list(deadLetters, count: letters.count, in: area, isFocused: focus == .deadLetters) {
      frame, index, row in
      let letter = letters[index]
      frame.put(
        [
          Piece("! \(letter.title) refused by \(letter.service.title): ", .warning),
          Piece(letter.message.replacing("\n", with: " ")),
        ], row: row.row, column: row.column, width: row.columns)
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
      guard let next = job.runAfter, next > world.now else {
        return Piece("! tried again soon", .warning)
      }
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
