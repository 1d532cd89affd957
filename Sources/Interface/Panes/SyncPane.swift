// The Sync pane: what is in step, what is on its way, what waits for a person, and the keys that
// steer it. Its drawing is in SyncPicture.swift.
import Domain
import Terminal

/// Watches and steers the synchronization.
struct SyncPane: Pane {
  /// Which of its lists takes the keys.
  enum Focus: Sendable, Hashable { case resources, jobs, deadLetters }

  static let title = "Sync"
  static let number = 1

  var focus = Focus.resources
  var filter = TextField()
  var resources = ListState<Resource>()
  var jobs = ListState<String>()
  var deadLetters = ListState<String>()
  /// What was last shown to be let go.
  private var shownHeld: HeldChange?
  /// Dead letters that were tried again or discarded here: their going is no surprise.
  private var expectedToGo = Set<String>()

  /// A full sync of more records than this is asked about first.
  static let largeRecords = 1000

  static let bindings: [Binding<SyncPane>] =
    [
      Binding(
        [.character("s")], .syncNow, "sync now", "Brings in what changed and sends what waits.",
        writes: true, disabledReason: { _, world in notNow(world) }),
      Binding(
        [.character("S")], .syncOne, "sync this", "Syncs the selected resource only.",
        footer: false,
        writes: true
      ) { pane, world in
        notNow(world)
          ?? (pane.resources.selected == nil ? "No resource is selected." : nil)
      },
      Binding(
        [.character("f")], .syncFull, "full", "Reads every record again and compares it.",
        writes: true, disabledReason: { _, world in notNow(world) }),
      Binding(
        [.character("d")], .dryRun, "dry run",
        "Lists every write a sync would make, and makes none.",
        disabledReason: { _, world in notNow(world) }),
      Binding(
        [.character("D")], .showPlan, "dry run result",
        "Shows the result of the last dry run again.",
        footer: false
      ) { _, world in
        world.plan == nil ? "No dry run was made yet; d makes one." : nil
      },
      Binding(
        [.character("p")], .pauseOrResume, "pause",
        "Pauses syncing after the page in hand, or goes on.", writes: true
      ) { _, world in
        !world.isConnected(.buildium) && !world.isConnected(.airtable)
          ? "Nothing is connected yet, so there is nothing to pause." : nil
      },
      Binding(
        [.character("c")], .stopSync, "stop", "Stops the running sync at its next safe point.",
        disabledReason: { _, world in
          guard let run = world.run else { return "No sync that was started here is running." }
          return run.isStopping ? "The sync is stopping already." : nil
        }),
      Binding([.enter, .right], .open, "open", "Shows the selected row in full.", footer: false) {
        pane, world in
        pane.subject(world) == nil ? "There is no row to open." : nil
      },
      Binding(
        [.character("r")], .retry, "retry", "Tries the selected dead letter again.", writes: true
      ) { pane, world in
        pane.letter(world) == nil ? noLetter(world) : nil
      },
      Binding(
        [.character("R")], .retryAll, "retry all", "Tries all dead letters again.", writes: true
      ) { _, world in
        world.deadLetters.isEmpty ? "No dead letters: nothing waits for a person." : nil
      },
      Binding(
        [.character("x")], .discard, "discard", "Gives up on the selected dead letter, once asked.",
        writes: true
      ) { pane, world in
        pane.letter(world) == nil ? noLetter(world) : nil
      },
      Binding(
        [.character("A")], .showHeld, "let go",
        "Lists what waits as too much at once, to let it go.",
        footer: false, writes: true
      ) { pane, world in
        pane.held(world) == nil ? "Nothing waits because it was too much at once." : notNow(world)
      },
      Binding(
        [.character("J")], .showJobs, "jobs", "Goes to the list of jobs, or back to the resources."
      ) { pane, world in
        pane.focus != .jobs && world.jobs.isEmpty ? "No work waits." : nil
      },
      Binding(
        [.tab], .nextList, "next list", "Goes to the next list: resources, dead letters, jobs.",
        footer: false),
      Binding(
        [.backTab], .previousList, "list before", "Goes to the list before.", footer: false),
      Binding([.character("/")], .filter, "filter", "Shows only rows with certain words.") {
        _, world in
        world.status.map(isUnused) ?? true ? "There are no rows to filter yet." : nil
      },
      Binding(
        [.character("y")], .copy, "copy", "Copies the selected row to the clipboard.", footer: false
      ) { pane, world in
        pane.subject(world) == nil ? "There is no row to copy." : nil
      },
      Binding(
        [.escape], .back, "back", "Shows all rows again; goes back to the resources.", footer: false
      ),
    ] + Binding.movement

  private static func notNow(_ world: World) -> String? {
    guard let status = world.status else { return "The store is still being read." }
    if status.services.allSatisfy({ $0.state == .notConnected }) {
      return "Nothing is connected yet. Run `rentbook connect buildium` first."
    }
    if world.isPaused { return "Syncing is paused; p goes on." }
    if world.comparing != nil {
      return "Both sides are being compared; the Reconcile pane stops it."
    }
    guard let run = world.run, !run.isLook else { return nil }
    return run.isDry
      ? "A dry run is under way; c stops it."
      : "A sync is running already; p pauses it, c stops it."
  }

  private static func noLetter(_ world: World) -> String {
    world.deadLetters.isEmpty
      ? "No dead letters: nothing waits for a person."
      : "Tab goes to the dead letters; this works on the one selected there."
  }

  func count(_ world: World) -> Int { world.deadLetters.count }
  var isTyping: Bool { filter.isActive }
}

extension Action {
  static let syncNow = Action("sync-now")
  static let syncOne = Action("sync-selected-resource")
  static let syncFull = Action("full-sync")
  static let dryRun = Action("dry-run")
  static let showPlan = Action("show-dry-run-result")
  static let pauseOrResume = Action("pause-or-resume")
  static let stopSync = Action("stop-sync")
  static let retry = Action("retry")
  static let retryAll = Action("retry-all")
  static let showHeld = Action("show-held-changes")
  static let permitHeld = Action("permit-held-changes")
  static let discard = Action("discard")
  static let showJobs = Action("jobs")
  static let nextList = Action("next-list")
  static let previousList = Action("previous-list")
}

// MARK: - What is shown

extension SyncPane {
  func shownResources(_ world: World) -> [ResourceStatus] {
    (world.status?.resources ?? []).filter {
      filter.matches($0.resource.title, SyncPane.state($0, width: 20).text)
    }
  }

  func shownJobs(_ world: World) -> [JobStatus] {
    world.jobs.filter {
      filter.matches(SyncPane.title($0), $0.service.title, $0.state.rawValue, $0.error)
    }
  }

  func shownLetters(_ world: World) -> [DeadLetter] {
    world.deadLetters.filter {
      filter.matches($0.title, $0.message, $0.service.title, $0.resource.title)
    }
  }

  /// The dead letter that `r` and `x` mean: the selected one while that list has the keys; from the
  /// resources, the only one there is.
  func letter(_ world: World) -> DeadLetter? {
    let letters = shownLetters(world)
    switch focus {
    case .deadLetters: return letters.first { $0.id == deadLetters.selected }
    case .resources: return letters.count == 1 ? letters.first : nil
    case .jobs: return nil
    }
  }

  /// What the selected row of the list with the keys is about.
  func subject(_ world: World) -> Detail.Subject? {
    switch focus {
    case .resources:
      shownResources(world).first { $0.resource == resources.selected }.map {
        .resource($0.resource)
      }
    case .jobs: shownJobs(world).first { $0.id == jobs.selected }.map { .job($0.id) }
    case .deadLetters: letter(world).map { .deadLetter($0.id) }
    }
  }
}

// MARK: - What is done

extension SyncPane {
  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    switch filter.take(key) {
    case .changed: return []
    case .accepted:
      filter.isActive = false
      return []
    case .cancelled:
      filter = TextField()
      return []
    case nil: return nil
    }
  }

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    // A list that has nothing to show cannot hold the keys.
    if focus == .deadLetters, world.deadLetters.isEmpty { focus = .resources }
    let layout = SyncLayout(self, area, world)
    resources.settle(shownResources(world).map(\.resource), height: layout.table.rows)
    jobs.settle(shownJobs(world).map(\.id), height: layout.height(.jobs))
    let before = deadLetters.selected
    let change = deadLetters.settle(
      shownLetters(world).map(\.id), height: layout.height(.deadLetters))
    let remaining = Set(world.deadLetters.map(\.id))
    defer { expectedToGo.formIntersection(remaining) }
    guard change == .gone, focus == .deadLetters, let before, !remaining.contains(before),
      !expectedToGo.contains(before)
    else { return [] }
    return [.answer("The selected dead letter is settled; the nearest one is selected now.")]
  }

  private static let letterPrefix = "go-to-dead-letter "
  /// The action that selects a dead letter, for what leads here from elsewhere.
  static func goTo(_ letter: String) -> Action { Action(letterPrefix + letter) }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    if action.name.hasPrefix(Self.letterPrefix) {
      filter = TextField()
      focus = .deadLetters
      let ids = shownLetters(world).map(\.id)
      let row = ids.firstIndex(of: String(action.name.dropFirst(Self.letterPrefix.count)))
      let height = SyncLayout(self, world.mainArea, world).height(.deadLetters)
      deadLetters.select(row: row ?? 0, ids, height: height)
      return row == nil ? [.answer("What was refused is settled by now.")] : []
    }
    switch action {
    case .syncNow: return [.syncRequested(full: false, resources: [], dryRun: false)]
    case .syncOne:
      let chosen = resources.selected.map { [$0] } ?? []
      return [.syncRequested(full: false, resources: chosen, dryRun: false)]
    case .syncFull: return [askToSyncFully(world)]
    case .dryRun: return [.syncRequested(full: false, resources: [], dryRun: true)]
    case .showPlan: return world.plan.map { [.open(PlanView($0))] } ?? []
    case .pauseOrResume: return [.effect(world.isPaused ? .resumeSync : .pauseSync)]
    case .stopSync: return [.stopRequested]
    case .open: return subject(world).map { [.open(Detail($0))] } ?? []
    case .retry:
      guard let letter = letter(world) else { return [] }
      expectedToGo.insert(letter.id)
      return [.effect(.retry(letter.id))]
    case .retryAll:
      expectedToGo.formUnion(world.deadLetters.map(\.id))
      return [.effect(.retryAll)]
    case .discard:
      guard let letter = letter(world) else { return [] }
      expectedToGo.insert(letter.id)
      return [Self.askToDiscard(letter)]
    case .showHeld:
      let change = held(world)
      shownHeld = change
      return change.map { [.open(Self.list($0))] } ?? []
    case .permitHeld: return shownHeld.map { [.open(Self.askToPermit($0))] } ?? []
    case .showJobs: focus = focus == .jobs ? .resources : .jobs
    case .nextList: focus = step(1, world)
    case .previousList: focus = step(-1, world)
    case .filter: filter.isActive = true
    case .copy: return copied(world).map { [.effect(.copy($0))] } ?? []
    case .back:
      if !filter.text.isEmpty { filter = TextField() } else { focus = .resources }
    default: move(action, world)
    }
    return []
  }

  /// Moves in the list with the keys. Going down past the last resource enters the list below it,
  /// and up past its first row comes back, so that the arrows reach all there is.
  private mutating func move(_ action: Action, _ world: World) {
    let layout = SyncLayout(self, world.mainArea, world)
    let rows = shownResources(world)
    if focus == .resources {
      if action == .down, resources.index >= rows.count - 1 {
        if !shownLetters(world).isEmpty {
          focus = .deadLetters
        } else if !shownJobs(world).isEmpty {
          focus = .jobs
        }
        return
      }
      _ = resources.move(action, rows.map(\.resource), height: layout.table.rows)
    } else if focus == .jobs {
      if action == .up, jobs.index == 0 { return focus = .resources }
      _ = jobs.move(action, shownJobs(world).map(\.id), height: layout.height(.jobs))
    } else {
      if action == .up, deadLetters.index == 0 { return focus = .resources }
      _ = deadLetters.move(
        action, shownLetters(world).map(\.id), height: layout.height(.deadLetters))
    }
  }

  private func step(_ direction: Int, _ world: World) -> Focus {
    let lists: [Focus] =
      world.deadLetters.isEmpty ? [.resources, .jobs] : [.resources, .deadLetters, .jobs]
    let at = lists.firstIndex(of: focus) ?? 0
    return lists[(at + direction + lists.count) % lists.count]
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    let layout = SyncLayout(self, area, world)
    let lists = [(Focus.resources, layout.table)] + layout.lists.map { ($0.focus, $0.rows) }
    guard let hit = lists.first(where: { $0.1.contains(row: mouse.row, column: mouse.column) })
    else { return [] }
    focus = hit.0
    let line = mouse.row - hit.1.row
    func target(_ index: Int, _ offset: Int) -> Int {
      switch mouse.what {
      case .press: offset + line
      case .wheelUp: index - 3
      case .wheelDown: index + 3
      }
    }
    switch focus {
    case .resources:
      resources.select(
        row: target(resources.index, resources.offset), shownResources(world).map(\.resource),
        height: layout.table.rows)
    case .jobs:
      jobs.select(
        row: target(jobs.index, jobs.offset), shownJobs(world).map(\.id),
        height: layout.height(.jobs))
    case .deadLetters:
      deadLetters.select(
        row: target(deadLetters.index, deadLetters.offset), shownLetters(world).map(\.id),
        height: layout.height(.deadLetters))
    }
    return []
  }

  static func askToDiscard(_ letter: DeadLetter) -> Reaction {
    .open(
      Confirmation(
        "Discard \(letter.title)?",
        "\(letter.service.title) keeps what it has now, and this change is not sent. The record is "
          + "sent again when it next changes. This cannot be undone.",
        accept: "Discard", reactions: [.effect(.discard(letter.id))]))
  }

  /// A full sync, or the question whether to, when it is large: how many records, and how long the
  /// slowest service's limit would make it take if all of them had to be written.
  private func askToSyncFully(_ world: World) -> Reaction {
    let start = Reaction.syncRequested(full: true, resources: [], dryRun: false)
    let records = (world.status?.resources ?? []).reduce(0) { $0 + max($1.buildium, $1.local) }
    guard records > Self.largeRecords else { return start }
    var consequence = "Every record is read from Buildium again and compared."
    if let airtable = world.service(.airtable), airtable.state != .notConnected,
      airtable.limitPerSecond > 0
    {
      let calls = (records + Self.recordsPerCall - 1) / Self.recordsPerCall
      let seconds = calls / airtable.limitPerSecond
      consequence +=
        " If all of them had to be written to Airtable, that would take "
        + "\(Words.number(calls)) calls and \(Words.duration(seconds: seconds)); what is equal is "
        + "not written."
      if let quota = airtable.monthlyQuota {
        consequence +=
          " \(Words.number(max(0, quota - airtable.callsThisMonth))) calls are left this month."
      }
    }
    return .open(
      Confirmation(
        "Sync all \(Words.number(records)) records again?", consequence, accept: "Sync all",
        reactions: [start]))
  }

  /// What Airtable takes in one call.
  private static let recordsPerCall = 10

  private func copied(_ world: World) -> String? {
    switch subject(world) {
    case .resource(let resource):
      world.status?.resources.first { $0.resource == resource }.map {
        "\($0.resource.title)  Buildium \($0.buildium)  here \($0.local)  Airtable \($0.airtable)  "
          + SyncPane.state($0, width: 20).text
      }
    case .job(let id):
      world.jobs.first { $0.id == id }.map {
        "\(SyncPane.title($0))  \($0.state.rawValue)  \($0.error)"
      }
    case .deadLetter(let id):
      world.deadLetters.first { $0.id == id }.map {
        [$0.title, $0.key?.description ?? "", $0.message].filter { !$0.isEmpty }
          .joined(separator: "  ")
      }
    case nil: nil
    }
  }
}
