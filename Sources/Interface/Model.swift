import Domain
import Terminal

/// The whole state of the screen, as a value.
public struct Model: Sendable {
  /// The facts that every pane may know.
  public internal(set) var world: World
  /// The panes in the order of their tabs.
  var panes: [any Pane] = [SyncPane()]
  var current = 0
  /// What lies over the pane, the topmost last.
  var overlays: [any Layer] = []
  var hasMouse = true

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
  public init(
    portfolio: String, now: Instant, utcOffsetMinutes: Int = 0,
    size: Size = Size(rows: 24, columns: 80), keyMap: [String: [Key]] = [:]
  ) {
    world = World(
      portfolio: portfolio, now: now, utcOffsetMinutes: utcOffsetMinutes, size: size)
    for (name, keys) in keyMap where !keys.isEmpty { world.keyMap[Action(name)] = keys }
  }

  /// What must be done when the screen opens.
  public mutating func start() -> [Effect] { load() + [.loadMessages] }

  /// The least of a terminal that everything can be shown on.
  static let smallest = Size(rows: 20, columns: 60)

  /// How long after now the picture changes by itself, in milliseconds; nil when it does not.
  public var nextTickMilliseconds: Int? {
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
    var known = Set(shell.map(\.action))
    for layer in layers {
      var taken: [Key: Action] = [:]
      let choices = layer.choices(world)
      known.formUnion(choices.map(\.action))
      for choice in choices + shell {
        for key in choice.keys {
          if let other = taken[key], other != choice.action {
            problems.append("\(key) means both \(other) and \(choice.action)")
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
  private static let noticeMilliseconds: Int64 = 4000

  fileprivate mutating func take(_ message: Message) -> [Effect] {
    var effects: [Effect] = []
    switch message {
    case .key(let key): press(key, &effects)
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
    case .syncEnded(let text, let hint, let level):
      world.run = nil
      world.say(text, hint: hint, level: level)
      effects += reload()
    case .paused(let paused):
      world.isPaused = paused
      effects += reload()
    case .logged(let message): world.keep(message)
    case .upcoming(let upcoming): world.upcoming = upcoming
    }
    settle(&effects)
    return effects
  }

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
    world.isPaused =
      status.services.contains { $0.state == .paused }
      || status.resources.contains { $0.state == .paused }
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

  private mutating func settle(_ effects: inout [Effect]) {
    let area = world.mainArea
    apply(panes[current].settle(in: area, world), &effects)
    for index in overlays.indices where index < overlays.count {
      apply(overlays[index].settle(in: area, world), &effects)
    }
  }
}

// MARK: - Keys

extension Model {
  private mutating func press(_ key: Key, _ effects: inout [Effect]) {
    if let notice = world.notice,
      world.now.milliseconds - notice.at.milliseconds >= Self.noticeMilliseconds || notice.id == 0
    {
      world.notice = nil
    }
    if isTooSmall {
      if key == .character("q") { effects += world.run == nil ? [.quit] : [.cancelSync, .quit] }
      return
    }
    if withTop({ layer, world in layer.isTyping ? layer.type(key, world) : nil }, &effects) {
      return
    }
    let choices = topChoices()
    if let choice = choices.first(where: { $0.keys.contains(key) }) {
      return carryOut(choice, &effects)
    }
    // Esc and a key typed right after it arrive as one.
    if case .alt(let character) = key {
      press(.escape, &effects)
      return press(.character(character), &effects)
    }
    world.answer(
      "\(key) does nothing here. \(overlays.isEmpty ? "? shows the keys." : "Esc goes back.")")
  }

  /// What the keys mean now: those of the topmost layer, and of the shell when that is a pane. Over
  /// a pane only the help is left of the shell's, and not even that where a key is an answer.
  func topChoices() -> [Choice] {
    guard let top = overlays.last else { return panes[current].choices(world) + shellChoices() }
    if top is Confirmation || top is ChoicePicker { return top.choices(world) }
    return top.choices(world) + shellChoices().filter { $0.action == .help }
  }

  private mutating func carryOut(_ choice: Choice, _ effects: inout [Effect]) {
    if let reason = choice.reason { return world.answer(reason) }
    let isShell = shellChoices().contains { $0.action == choice.action }
    if isShell, overlays.isEmpty || choice.action == .help {
      return performShell(choice.action, &effects)
    }
    _ = withTop({ layer, world in layer.perform(choice.action, world) }, &effects)
  }

  /// Lets the topmost layer act and applies what it wants; false when it wanted nothing to do with it.
  private mutating func withTop(
    _ body: (inout any Layer, World) -> [Reaction]?, _ effects: inout [Effect]
  ) -> Bool {
    let reactions: [Reaction]?
    if overlays.isEmpty {
      var layer: any Layer = panes[current]
      reactions = body(&layer, world)
      if let pane = layer as? any Pane { panes[current] = pane }
    } else {
      reactions = body(&overlays[overlays.count - 1], world)
    }
    guard let reactions else { return false }
    apply(reactions, &effects)
    return true
  }

  private mutating func apply(_ reactions: [Reaction], _ effects: inout [Effect]) {
    for reaction in reactions {
      switch reaction {
      case .effect(let effect): effects.append(effect)
      case .open(let layer): overlays.append(layer)
      case .close: _ = overlays.popLast()
      case .run(let action):
        _ = overlays.popLast()
        if let choice = topChoices().first(where: { $0.action == action }) {
          carryOut(choice, &effects)
        }
      case .say(let text, let level): world.say(text, level: level)
      case .answer(let text): world.answer(text)
      case .syncRequested(let full, let resources, let dryRun):
        guard world.run == nil else {
          world.answer("A sync is running already.")
          continue
        }
        world.run = World.Run(isDry: dryRun)
        effects.append(.startSync(full: full, resources: resources, dryRun: dryRun))
      case .stopRequested:
        world.run?.isStopping = true
        effects.append(.cancelSync)
      }
    }
  }

  /// How much of a paste is typed into a field.
  private static let pasteMax = 200

  private mutating func paste(_ text: String, _ effects: inout [Effect]) {
    let isTyping = overlays.last?.isTyping ?? panes[current].isTyping
    guard isTyping, !isTooSmall else {
      return world.answer("Nothing here takes pasted text.")
    }
    for character in text.prefix(Self.pasteMax) where !character.isNewline {
      _ = withTop({ layer, world in layer.type(.character(character), world) }, &effects)
    }
  }

  private mutating func point(_ mouse: Mouse, _ effects: inout [Effect]) {
    guard !isTooSmall else { return }
    let area = world.mainArea
    if mouse.what == .press, mouse.row == 1, overlays.isEmpty,
      let index = tabs().firstIndex(where: { $0.columns.contains(mouse.column) })
    {
      current = index
      return
    }
    guard area.contains(row: mouse.row, column: mouse.column) else { return }
    _ = withTop({ layer, world in layer.mouse(mouse, in: area, world) }, &effects)
  }

  var isTooSmall: Bool {
    world.size.rows < Self.smallest.rows || world.size.columns < Self.smallest.columns
  }
}

// MARK: - The shell's own keys

extension Model {
  static let shell: [Binding<Model>] = [
    Binding([.character("L")], .showLog, "messages", "Shows all messages that were kept."),
    Binding([.character(":")], .palette, "commands", "Finds a command by its name and runs it."),
    Binding([.character("?"), .function(1)], .help, "help", "Shows what every key does here."),
    Binding([.character("q")], .quit, "quit", "Ends Rentbook.", footer: false),
    Binding(
      [.control("z")], .suspend, "suspend", "Goes back to the shell; fg brings Rentbook back.",
      footer: false),
    Binding([.control("l")], .redraw, "redraw", "Draws the screen anew.", footer: false),
    Binding(
      [.function(12)], .mouse, "mouse",
      "Leaves the mouse to the terminal, or takes it back.", footer: false),
  ]

  private static func goTo(_ pane: any Pane) -> Action {
    Action("go-to-" + type(of: pane).title.lowercased().replacing(" ", with: "-"))
  }

  func shellChoices() -> [Choice] {
    let tabs = panes.indices.prefix(9).map { index in
      let title = type(of: panes[index]).title
      return Choice(
        keys: [.character(Character("\(index + 1)"))], action: Self.goTo(panes[index]),
        label: title.lowercased(), help: "Goes to \(title).", isInFooter: false, reason: nil)
    }
    return Self.shell.map { $0.choice(self, world) } + tabs
  }

  private mutating func performShell(_ action: Action, _ effects: inout [Effect]) {
    switch action {
    case .showLog:
      overlays.append(MessageLog())
      effects.append(.loadMessages)
    case .palette: overlays.append(ChoicePicker(.palette, topChoices()))
    case .help: overlays.append(ChoicePicker(.help, topChoices()))
    case .suspend: effects.append(.suspend)
    case .redraw: effects.append(.redraw)
    case .mouse:
      hasMouse.toggle()
      effects.append(.mouse(hasMouse))
      world.answer(
        hasMouse
          ? "The mouse selects rows; Shift lets most terminals select text."
          : "The mouse is left to the terminal; F12 takes it back.")
    case .quit:
      guard world.run != nil else { return effects.append(.quit) }
      overlays.append(
        Confirmation(
          "Quit while a sync is running?",
          "It stops after the page in hand. Nothing is lost: the next sync goes on from there.",
          accept: "Quit", reactions: [.stopRequested, .effect(.quit)]))
    default:
      current = panes.firstIndex { Self.goTo($0) == action } ?? current
    }
  }
}

extension Action {
  static let showLog = Action("messages")
  static let palette = Action("commands")
  static let help = Action("help")
  static let quit = Action("quit")
  static let suspend = Action("suspend")
  static let redraw = Action("redraw")
  static let mouse = Action("mouse")
}
