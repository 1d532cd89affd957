// The lines between the table and the list of the Sync pane: work under way, services, latency, and
// what comes next.
import Domain
import Terminal

extension SyncPane {
  /// The lines, the most needed first: those at the end give way on a low terminal.
  func facts(_ world: World, width: Int) -> [[Piece]] {
    guard let status = world.status else { return [] }
    let troubled = status.services.filter { Self.isTrouble($0) && $0.state != .notConnected }
    let well = status.services.filter { !Self.isTrouble($0) && $0.state != .notConnected }
    var lines = workLines(world)
    lines += troubled.flatMap { [Self.serviceLine($0, world, width: width), Self.troubleLine($0)] }
    lines += heldLines(world)
    if let line = nextStep(world) { lines.append(line) }
    lines += well.map { Self.serviceLine($0, world, width: width) }
    if let line = latencyLine(status.latency) { lines.append(line) }
    if let line = upcomingLine(world) { lines.append(line) }
    return lines
  }

  static func isTrouble(_ service: ServiceStatus) -> Bool {
    switch service.state {
    case .ok, .paused: false
    case .unreachable, .notConnected, .notAuthorised, .rateLimited, .quotaSpent: true
    }
  }

  /// What waits because it is too much at once, the one `A` shows first.
  private func heldLines(_ world: World) -> [[Piece]] {
    let all = world.status?.held ?? []
    guard let first = held(world) ?? all.first else { return [] }
    var line = [Piece("! \(first.title); it waits. ", .warning)]
    if first.isPermittable { line += [Piece("A", .key), Piece(" shows the list.")] }
    if all.count > 1 { line.append(Piece("  and \(Words.count(all.count - 1, "other"))", .dim)) }
    return [line]
  }

  /// How many pieces of work are told apart; more are in the list of jobs.
  private static let workLinesMax = 2

  private func workLines(_ world: World) -> [[Piece]] {
    var work = world.jobs.filter { $0.state == .running }.map { (Self.title($0), $0.progress) }
    if work.isEmpty {
      work = (world.status?.resources ?? []).compactMap { row in
        guard let progress = row.progress else { return nil }
        let to =
          row.state == .sending ? " to Airtable" : row.state == .pulling ? " from Buildium" : ""
        return (row.resource.title + to, progress)
      }
    }
    if work.isEmpty, let run = world.run {
      if run.isLook, !run.isStopping { return [[Piece("~ Looking for changes…", .progress)]] }
      let what = run.isDry ? "Dry run" : "Sync"
      let state =
        run.isStopping ? "stops at its next safe point" : run.isStarting ? "starts" : "runs"
      return [[Piece("~ \(what) \(state)…", .progress)]]
    }
    return work.prefix(Self.workLinesMax).map { title, progress in
      var line = [Piece("~ " + title, .progress)]
      if let rate = progress.ratePerSecond {
        line.append(Piece("  \(Words.tenths(rate)) records/s"))
      }
      if let left = progress.secondsLeft {
        line.append(Piece("  left \(Words.duration(seconds: left))"))
      }
      let total = progress.total.map { " of \(Words.number($0))" } ?? ""
      line.append(Piece("  \(Words.number(progress.done))\(total)"))
      return line
    }
  }

  /// One service: its state, its rate against the limit, the calls of the month, the last minutes.
  static func serviceLine(_ service: ServiceStatus, _ world: World, width: Int) -> [Piece] {
    let cell = serviceCell(service, world)
    var line = [
      Piece(TextWidth.fitted(cell.text, to: max(22, TextWidth.columns(cell.text))), cell.style)
    ]
    if service.limitPerSecond > 0 {
      let rate = Double(service.requestsLastMinute) / 60
      let text = "  \(Words.tenths(rate)) of \(service.limitPerSecond) calls/s"
      line.append(Piece(TextWidth.fitted(text, to: max(20, text.count))))
    }
    if let quota = service.monthlyQuota {
      let isLow = service.callsThisMonth >= quota - quota / 10
      line.append(
        Piece(
          "  calls this month \(Words.number(service.callsThisMonth)) of \(Words.number(quota))",
          isLow ? .warning : .text))
    } else if service.callsThisMonth > 0 {
      line.append(Piece("  calls this month \(Words.number(service.callsThisMonth))"))
    }
    let label = "  last 5 min"
    let room = min(30, width - 2 - line.columns - 3 - label.count)
    if room >= 10, service.recentCalls.contains(where: { $0 > 0 }) {
      // A value counts the calls of five seconds.
      let chart = Words.sparkline(
        service.recentCalls, full: service.limitPerSecond * 5, width: room)
      line += [Piece("   " + chart, .progress), Piece(label, .dim)]
    }
    return line
  }

  /// A service in a sign and few words, for the top line too: `✓ Buildium 14 s`.
  static func serviceCell(_ service: ServiceStatus, _ world: World) -> Piece {
    let name = service.service.title
    let age = service.lastSuccessAt.map {
      Words.span(milliseconds: max(0, world.now.milliseconds - $0.milliseconds))
    }
    switch service.state {
    case .ok:
      if let percent = percentUnderWay(service.service, world) {
        return Piece("~ \(name) \(percent) %", .progress)
      }
      // Never ✓ while something of this service waits for a person.
      let refused = world.deadLetters.count { $0.service == service.service }
      if refused > 0 { return Piece("! \(name) \(Words.number(refused)) refused", .warning) }
      return Piece("✓ \(name) \(age ?? "ready")", .ok)
    case .unreachable: return Piece("× \(name) offline\(age.map { " \($0)" } ?? "")", .error)
    case .paused: return Piece("‖ \(name) paused", .warning)
    case .notConnected: return Piece("· \(name) not connected", .dim)
    case .notAuthorised: return Piece("! \(name) refuses the key", .error)
    case .rateLimited: return Piece("~ \(name) asked to wait", .warning)
    case .quotaSpent: return Piece("! \(name) quota spent", .error)
    }
  }

  /// How much of all records has arrived at a side, while work is under way there; nil when none is
  /// or all is there.
  private static func percentUnderWay(_ service: Service, _ world: World) -> Int? {
    let rows = world.status?.resources ?? []
    let states: [ResourceStatus.State] =
      service == .airtable ? [.sending, .firstSync] : [.pulling, .firstSync]
    guard service == .airtable || service == .buildium,
      rows.contains(where: { states.contains($0.state) })
    else { return nil }
    let (done, total) = rows.reduce((0, 0)) { sum, row in
      service == .airtable
        ? (sum.0 + min(row.airtable, row.local), sum.1 + row.local)
        : (sum.0 + min(row.local, row.buildium), sum.1 + row.buildium)
    }
    return done < total ? Words.percent(done, of: total) : nil
  }

  /// What is wrong and what to do, in the service's own words where it gave any.
  private static func troubleLine(_ service: ServiceStatus) -> [Piece] {
    let name = service.service.title
    let command = "rentbook connect \(service.service.rawValue)"
    let text =
      switch service.state {
      case .unreachable:
        "\(name) cannot be reached. It is tried again by itself; what waits is kept."
      case .notAuthorised:
        "\(name) refuses the credentials. Run `\(command)`; what waits is kept."
      case .rateLimited: "\(name) asked for a pause. The work goes on by itself."
      case .quotaSpent:
        "The month's calls to \(name) are used up. Work goes on next month, or with a larger plan."
      case .ok, .paused, .notConnected: ""
      }
    return [Piece("  " + (service.message.isEmpty ? text : service.message), .warning)]
  }

  /// What to do next, when setting up is not finished.
  private func nextStep(_ world: World) -> [Piece]? {
    guard let status = world.status else { return nil }
    if world.isPaused {
      return [Piece("‖ Syncing is paused. ", .warning), Piece("p", .key), Piece(" goes on.")]
    }
    if !world.isConnected(.buildium) {
      return [
        Piece("Buildium is not connected: ", .warning), Piece("rentbook connect buildium", .key),
      ]
    }
    if !world.isConnected(.airtable) {
      return [
        Piece("Airtable is not set up, records stay here: ", .warning),
        Piece("rentbook connect airtable", .key), Piece(", then "),
        Piece("rentbook airtable setup", .key),
      ]
    }
    if world.run == nil, status.jobs.isEmpty,
      status.resources.allSatisfy({ $0.state == .neverSynced })
    {
      return [
        Piece("Connected, and never synced: ", .warning), Piece("s", .key),
        Piece(" starts the first sync; "), Piece("d", .key), Piece(" shows what it would write."),
      ]
    }
    return nil
  }

  private func latencyLine(_ latency: LatencySummary) -> [Piece]? {
    guard let p50 = latency.p50Milliseconds, let p95 = latency.p95Milliseconds else { return nil }
    return [
      Piece("event to Airtable   "),
      Piece("P50 \(Words.duration(milliseconds: p50))   P95 \(Words.duration(milliseconds: p95))"),
      Piece("   \(Words.count(latency.count, "change")) in 24 h", .dim),
    ]
  }

  private func upcomingLine(_ world: World) -> [Piece]? {
    let texts = world.upcoming.filter { $0.at > world.now }.map { next in
      let wait = next.at.milliseconds - world.now.milliseconds
      // The near by how long, the far by the clock; of the coming day its time is enough.
      if wait < 3_600_000 { return "\(next.title) in \(Words.span(milliseconds: wait))" }
      let clock = Words.clock(next.at, world)
      return "\(next.title) \(wait < 86_400_000 ? String(clock.suffix(5)) : clock)"
    }
    return texts.isEmpty ? nil : [Piece("Next: " + texts.joined(separator: " · "), .dim)]
  }
}
