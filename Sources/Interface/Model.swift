import Domain
import Terminal

/// The whole state of the screen, as a value.
public struct Model: Sendable {
  /// The facts that every pane may know.
  public internal(set) var world: World
  /// The panes in the order of their tabs.
  var panes: [any Pane] = [
    SyncPane(), ConflictsPane(), BillsPane(), MonthPane(), LedgerPane(), ReconcilePane(),
    ActivityPane(),
  ]
  var current = 0
  /// What lies over the pane, the topmost last.
  var overlays: [any Layer] = []
  var hasMouse = true
  /// Keys pressed while a layer waits for an answer that they depend on.
  private var held: [Key] = []
  /// What the line with the cursor said, where changes of it are announced.
  private var announced = ""
  /// What the status line said when the last frame was shown.
  private var shownNotice: LogMessage?
  /// A number for questions of the shell itself.
  var questions = 0

  /// Number of the last status asked for; an answer with another is too old to be shown.
  private var generation = 0
  private var isLoading = false
  /// The store changed since the last status was asked for.
  private var isStale = false
  private var loadedAt: Instant?

  /// A screen before anything was read.
  ///
  /// - Parameters:
  ///   - portfolio: Whose property it is; shown at the top.
  ///   - now: The moment, by the wall clock.
  ///   - utcOffsetMinutes: What the person's clock shows more than UTC.
  ///   - size: How large the screen is.
  ///   - keyMap: Keys of the person's choice, by the name of the action; they replace its own.
  ///   - isReadOnly: Nothing may be changed from this screen.
  ///   - isPlain: The screen is read aloud, or shown in braille.
  ///   - memory: How the lists were looked at in an earlier run.
  public init(
    portfolio: String, now: Instant, utcOffsetMinutes: Int = 0,
    size: Size = Size(rows: 24, columns: 80), keyMap: [String: [Key]] = [:],
    isReadOnly: Bool = false, isPlain: Bool = false, memory: ScreenMemory = ScreenMemory()
  ) {
    world = World(
      portfolio: portfolio, now: now, utcOffsetMinutes: utcOffsetMinutes, size: size)
    (world.isReadOnly, world.isPlain, world.memory) = (isReadOnly, isPlain, memory)
    use(keyMap)
    for index in panes.indices { panes[index].recall(world) }
  }

  mutating func use(_ keyMap: [String: [Key]]) {
    world.keyMap = [:]
    for (name, keys) in keyMap { world.keyMap[Action(name)] = keys }
  }

  /// What must be done when the screen opens.
  public mutating func start() -> [Effect] {
    var effects = load() + [.loadMessages]
    settle(&effects)
    return effects
  }

  /// The least of a terminal that everything can be shown on.
  static let smallest = Size(rows: 20, columns: 60)

  /// How long after now the picture changes by itself, in milliseconds; nil when it does not.
  public var nextTickMilliseconds: Int? {
    let layers = [panes[current].nextTick(world)] + overlays.map { $0.nextTick(world) }
    return (layers + [statusTick]).compactMap { $0 }.min()
  }

  private var statusTick: Int? {
    guard world.status != nil else { return nil }
    if isStale, !isLoading { return Self.loadMilliseconds }
    // Ages are shown in seconds for a minute, then in minutes.
    let moments =
      (world.status?.services.compactMap(\.lastSuccessAt) ?? [])
      + (world.status?.resources.compactMap(\.lastSyncedAt) ?? []) + world.upcoming.map(\.at)
      + world.jobs.compactMap(\.runAfter)
    let isYoung = moments.contains {
      ($0.milliseconds - world.now.milliseconds).magnitude < 60_000
    }
    return world.run != nil || isYoung ? 1000 : moments.isEmpty ? nil : 30_000
  }

  /// Two keys of one layer that mean two things, or a key map's name that nothing has: what to tell
  /// a person whose key map it is.
  public var keyProblems: [String] {
    var problems: [String] = []
    let layers: [any Layer] = panes.map { $0 as any Layer }
    let shell = shellChoices()
    // What opens over a pane has keys of its own, which mean nothing in the pane.
    let over =
      Detail.bindings.map(\.action) + MessageLog.bindings.map(\.action)
      + PlanView.bindings.map(\.action) + Confirmation.bindings.map(\.action)
      + ChoicePicker.bindings.map(\.action) + CloseChecklist.bindings.map(\.action)
      + ReasonPrompt.bindings.map(\.action) + TextReport.bindings.map(\.action)
    var known = Set(shell.map(\.action) + over)
    for layer in layers {
      var taken: [Key: Action] = [:]
      let choices = layer.choices(world)
      known.formUnion((choices + layer.namedChoices(world)).map(\.action))
      for choice in choices + shell {
        for key in choice.keys {
          if let other = taken[key], other != choice.action {
            let problem = "\(key) means both \(other) and \(choice.action)"
            if !problems.contains(problem) { problems.append(problem) }
          }
          taken[key] = choice.action
        }
      }
    }
    for action in world.keyMap.keys where !known.contains(action) {
      problems.append("no action is called \(action)")
    }
    return problems.sorted()
  }
}

// MARK: - Messages

/// Takes one message and returns what should be done about it. Pure: the only way a model changes.
public func update(_ model: inout Model, _ message: Message) -> [Effect] { model.take(message) }

extension Model {
  /// A status is asked for at most this often, however fast the store changes.
  static let loadMilliseconds = 400
  /// How long a notice stays at least, whatever keys are pressed.
  static let noticeMilliseconds: Int64 = 4000

  fileprivate mutating func take(_ message: Message) -> [Effect] {
    var effects: [Effect] = []
    deliver(message, &effects)
    switch message {
    case .key(let key): hold(key, &effects)
    case .paste(let text): paste(text, &effects)
    case .mouse(let mouse): point(mouse, &effects)
    case .resized(let size): world.size = size
    case .clock(let now):
      world.now = now
      if isStale { effects += reload() }
    case .status(let status, let generation): effects += take(status, generation)
    case .messages(let messages): world.take(messages)
    case .dryRun(let writes): take(plan: writes)
    case .effectDone(let text):
      world.say(text)
      effects += reload()
    case .effectFailed(let text, let hint):
      if world.run?.isStarting == true { world.run = nil }
      isLoading = false
      world.say(text, hint: hint, level: .error)
    case .storeChanged: effects += reload()
    case .progress(let resource, let service, let progress): take(resource, service, progress)
    case .syncStarted(let dryRun): world.run = World.Run(isDry: dryRun, isStarting: false)
    case .lookStarted:
      if world.run == nil { world.run = World.Run(isDry: false, isStarting: false, isLook: true) }
    case .syncEnded(let text, let hint, let level):
      world.run = nil
      // What ran by itself and found nothing says nothing.
      if !text.isEmpty { world.say(text, hint: hint, level: level) }
      effects += reload()
    case .paused(let paused):
      world.isPaused = paused
      effects += reload()
    case .logged(let message): world.keep(message)
    case .upcoming(let upcoming): world.upcoming = upcoming
    case .list, .record, .hits, .unanswered, .bills, .bill, .billOutcomes, .month, .close,
      .ownership, .takeOver, .conflicts, .reconciliation, .editing:
      break
    case .comparing(let comparing): world.comparing = comparing
    case .copyReady(let text): effects.append(.copy(text))
    case .undoable(let undoable): world.undoable = undoable
    case .undone(let outcome): take(outcome, &effects)
    case .settings(let settings): take(settings, &effects)
    }
    settle(&effects)
    releaseKeys(&effects)
    return effects
  }

  /// Hands a message to the layers. What the person does goes to the topmost alone, by ``press``.
  private mutating func deliver(_ message: Message, _ effects: inout [Effect]) {
    switch message {
    case .key, .paste, .mouse, .resized, .clock, .status: return
    default: break
    }
    for index in panes.indices { apply(panes[index].take(message, world), &effects) }
    for index in overlays.indices where index < overlays.count {
      apply(overlays[index].take(message, world), &effects)
    }
  }

  private mutating func take(_ outcome: UndoOutcome, _ effects: inout [Effect]) {
    world.undoable = outcome.next
    if let problem = outcome.problem {
      world.say(
        "\(outcome.isRedo ? "Not done again" : "Not undone"): \(outcome.title). \(problem)",
        level: .warning)
    } else {
      world.say("\(outcome.isRedo ? "done again" : "undone"): \(outcome.title)")
      effects += reload()
    }
  }

  private mutating func take(_ settings: ScreenSettings, _ effects: inout [Effect]) {
    use(settings.keyMap)
    if let theme = settings.theme { effects.append(.theme(theme)) }
    guard settings.isTold else { return }
    let problems = settings.problems + keyProblems
    guard let first = problems.first else { return world.answer("The settings were read again.") }
    for problem in problems.dropFirst().reversed() { world.say(problem, level: .warning) }
    world.say(
      first, hint: problems.count > 1 ? "L shows \(problems.count - 1) more." : "",
      level: .warning)
  }

  /// Prepares a frame: where the screen is read aloud, the status line says what the line with the
  /// cursor says. Once for all that came since the last frame, so that keys typed ahead cost no
  /// picture each.
  public mutating func willShow() {
    guard world.isPlain else { return }
    if world.notice == shownNotice || world.notice == nil { announce() }
    shownNotice = world.notice
  }

  /// Says what the line with the cursor says, when it says something else than before.
  private mutating func announce() {
    let frame = render(self)
    let line = frame.lineText(frame.cursorRow).split(separator: " ").joined(separator: " ")
    guard line != announced else { return }
    announced = line
    if !line.isEmpty { world.answer(line) }
  }

  // MARK: Held keys

  /// More keys than anybody types ahead.
  private static let heldMax = 4096

  private mutating func hold(_ key: Key, _ effects: inout [Effect]) {
    if isHoldingKeys || !held.isEmpty, key != .escape {
      if held.count < Self.heldMax { held.append(key) }
    } else {
      // Whoever does not want to wait does not want what was typed meanwhile either.
      held = []
      press(key, &effects)
    }
  }

  private mutating func releaseKeys(_ effects: inout [Effect]) {
    while !held.isEmpty, !isHoldingKeys {
      press(held.removeFirst(), &effects)
      settle(&effects)
    }
  }

  private var isHoldingKeys: Bool { overlays.last?.isHoldingKeys ?? panes[current].isHoldingKeys }

  private mutating func load() -> [Effect] {
    generation += 1
    (isLoading, isStale, loadedAt) = (true, false, world.now)
    return [.loadStatus(generation: generation)]
  }

  /// Asks for the status again, or notes that it must be asked for soon.
  private mutating func reload() -> [Effect] {
    let age = loadedAt.map { world.now.milliseconds - $0.milliseconds } ?? .max
    if isLoading || (age >= 0 && age < Self.loadMilliseconds) {
      isStale = true
      return []
    }
    return load()
  }

  private mutating func take(_ status: SyncStatus, _ generation: Int) -> [Effect] {
    guard generation == self.generation else { return [] }
    world.status = status
    // A pause asked for here is not in the store; it ends with the message that says so.
    if status.services.contains(where: { $0.state == .paused })
      || status.resources.contains(where: { $0.state == .paused })
    {
      world.isPaused = true
    }
    isLoading = false
    return isStale ? reload() : []
  }

  private mutating func take(plan: [PlannedWrite]) {
    world.plan = plan
    // A person who is in the middle of something is not interrupted.
    if overlays.isEmpty, !panes[current].isTyping {
      overlays.append(PlanView(plan))
    } else {
      world.say("The dry run is done: \(Words.count(plan.count, "write")). D shows them.")
    }
  }

  private mutating func take(_ resource: Resource, _ service: Service, _ progress: Progress) {
    guard var status = world.status,
      let index = status.resources.firstIndex(where: { $0.resource == resource })
    else { return }
    status.resources[index].progress = progress
    if status.resources[index].lastSyncedAt == nil {
      status.resources[index].state = .firstSync
    } else {
      status.resources[index].state = service == .airtable ? .sending : .pulling
    }
    for job in status.jobs.indices
    where status.jobs[job].state == .running && status.jobs[job].resource == resource
      && status.jobs[job].service == service
    {
      status.jobs[job].progress = progress
    }
    world.status = status
  }

  mutating func settle(_ effects: inout [Effect]) {
    let area = world.mainArea
    apply(panes[current].settle(in: area, world), &effects)
    for index in overlays.indices where index < overlays.count {
      apply(overlays[index].settle(in: area, world), &effects)
    }
  }
}
