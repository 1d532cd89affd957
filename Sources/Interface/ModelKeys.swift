// What keys, pastes and the mouse do, and what layers want of the shell.
import Domain
import Terminal

extension Model {
  mutating func press(_ key: Key, _ effects: inout [Effect]) {
    if let notice = world.notice,
      world.now.milliseconds - notice.at.milliseconds >= Model.noticeMilliseconds || notice.id == 0
    {
      world.notice = nil
    }
    if isTooSmall {
      if key == .character("q") { effects += world.run == nil ? [.quit] : [.cancelSync, .quit] }
      return
    }
    // What concerns the terminal itself means the same wherever a person is; only a letter that was
    // mapped to it is typed.
    let ofTerminal = shellChoices().first {
      $0.keys.contains(key) && ($0.action == .redraw || $0.action == .suspend)
    }
    if case .character = key {
    } else if let ofTerminal {
      return performShell(ofTerminal.action, &effects)
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
    guard let top = overlays.last else {
      let own = panes[current].choices(world)
      // A pane may give a key of the shell's a meaning of its own.
      let taken = Set(own.flatMap(\.keys))
      return own
        + shellChoices().filter { $0.keys.isEmpty || !taken.isSuperset(of: $0.keys) }
    }
    if top is Confirmation || top is ChoicePicker { return top.choices(world) }
    return top.choices(world) + shellChoices().filter { $0.action == .help }
  }

  private mutating func carryOut(_ choice: Choice, _ effects: inout [Effect]) {
    if let reason = choice.reason { return world.answer(reason) }
    // A pane that has steps of its own to take back is asked before the shell.
    let isOwn =
      overlays.isEmpty && panes[current].choices(world).contains { $0.action == choice.action }
    let isShell = !isOwn && shellChoices().contains { $0.action == choice.action }
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

  mutating func apply(_ reactions: [Reaction], _ effects: inout [Effect]) {
    for reaction in reactions {
      switch reaction {
      case .effect(let effect): effects.append(effect)
      case .open(let layer): overlays.append(layer)
      case .close: _ = overlays.popLast()
      case .run(let action):
        _ = overlays.popLast()
        perform(action, &effects)
      case .runIn(let number, let action):
        _ = overlays.popLast()
        go(to: number)
        settle(&effects)
        perform(action, &effects)
      case .goTo(let number): go(to: number)
      case .show(let target): show(target)
      case .remember(let name, let memory):
        guard world.memory.tables[name] ?? TableMemory() != memory else { continue }
        world.memory.tables[name] = memory
        effects.append(.remember(world.memory))
      case .rememberList(let pane, let list):
        guard world.memory.lists[pane] != list else { continue }
        world.memory.lists[pane] = list
        effects.append(.remember(world.memory))
      case .say(let text, let level): world.say(text, level: level)
      case .answer(let text): world.answer(text)
      case .syncRequested(let full, let resources, let dryRun):
        guard world.run?.isLook ?? true else {
          world.answer("A sync is running already.")
          continue
        }
        world.run = World.Run(isDry: dryRun)
        effects.append(.startSync(full: full, resources: resources, dryRun: dryRun))
      case .permitRequested(let permit, let resource, let full):
        guard world.run?.isLook ?? true else {
          world.answer("A sync is running already.")
          continue
        }
        world.run = World.Run(isDry: false)
        effects.append(.permitChanges(permit, resource, full: full))
      case .stopRequested:
        world.run?.isStopping = true
        effects.append(.cancelSync)
      }
    }
  }

  /// Does what an action says in the layer that is on top now.
  private mutating func perform(_ action: Action, _ effects: inout [Effect]) {
    if let choice = topChoices().first(where: { $0.action == action }) {
      return carryOut(choice, &effects)
    }
    _ = withTop({ layer, world in layer.perform(action, world) }, &effects)
  }

  mutating func go(to number: Int) {
    current = panes.firstIndex { type(of: $0).number == number } ?? current
  }

  /// Opens a record or a list in the pane that has it.
  private mutating func show(_ target: RecordTarget) {
    let origin = type(of: panes[current]).number
    for index in panes.indices {
      let isSame = index == current
      if panes[index].open(target, from: isSame ? nil : origin, world) {
        overlays = []
        current = index
        return
      }
    }
    world.answer("No pane shows \(Words.title(target.list).lowercased()) yet.")
  }

  /// How much of a paste is typed into a field.
  private static let pasteMax = 200

  mutating func paste(_ text: String, _ effects: inout [Effect]) {
    let isTyping = overlays.last?.isTyping ?? panes[current].isTyping
    guard isTyping, !isTooSmall else {
      return world.answer("Nothing here takes pasted text.")
    }
    for character in text.prefix(Self.pasteMax) where !character.isNewline {
      _ = withTop({ layer, world in layer.type(.character(character), world) }, &effects)
    }
  }

  mutating func point(_ mouse: Mouse, _ effects: inout [Effect]) {
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
