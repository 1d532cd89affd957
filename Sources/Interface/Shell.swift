// The shell's own keys, which work over every pane.
import Domain
import Terminal

extension Model {
  static let shell: [Binding<Model>] = [
    Binding(
      [.character("u")], .undo, "undo", "Undoes the last thing done here.", footer: false,
      writes: true
    ) { model, _ in
      let undoable = model.world.undoable
      return undoable.undo == nil
        ? undoable.reason ?? "Nothing was done that could be undone." : nil
    },
    Binding(
      [.control("r")], .redo, "redo", "Does again what was undone.", footer: false, writes: true
    ) { model, _ in
      model.world.undoable.redo == nil ? "Nothing was undone." : nil
    },
    Binding([.character("L")], .showLog, "messages", "Shows all messages that were kept."),
    Binding(
      [.character(":"), .control("p")], .palette, "commands",
      "Finds a command or a record by its name."),
    Binding([.character("?"), .function(1)], .help, "help", "Shows what every key does here."),
    Binding([.character("q")], .quit, "quit", "Ends Rentbook.", footer: false),
    Binding(
      [.character("]")], .nextPane, "next pane", "Goes to the next pane.", footer: false),
    Binding(
      [.character("[")], .previousPane, "pane before", "Goes to the pane before.", footer: false),
    Binding(
      [], .editSettings, "settings", "Opens the settings in your editor, then reads them again.",
      footer: false),
    Binding(
      [], .reloadSettings, "read settings", "Reads the settings again: keys and colours.",
      footer: false),
    Binding(
      [.control("z")], .suspend, "suspend", "Goes back to the shell; fg brings Rentbook back.",
      footer: false),
    Binding([.control("l")], .redraw, "redraw", "Draws the screen anew.", footer: false),
    Binding(
      [.function(12)], .mouse, "mouse",
      "Leaves the mouse to the terminal, or takes it back.", footer: false),
  ]

  private static func goTo(_ pane: any Pane) -> Action {
    let words = type(of: pane).title.lowercased().split { !$0.isLetter }
    return Action("go-to-" + words.joined(separator: "-"))
  }

  func shellChoices() -> [Choice] {
    let tabs = panes.map { pane in
      let title = type(of: pane).title
      let action = Self.goTo(pane)
      return Choice(
        keys: world.keyMap[action] ?? [.character(Character("\(type(of: pane).number)"))],
        action: action, label: title.lowercased(), help: "Goes to \(title).", isInFooter: false)
    }
    return Self.shell.map { $0.choice(self, world) } + tabs
  }

  mutating func performShell(_ action: Action, _ effects: inout [Effect]) {
    switch action {
    case .showLog:
      overlays.append(MessageLog())
      effects.append(.loadMessages)
    case .palette: overlays.append(palette())
    case .undo: effects.append(.undo)
    case .redo: effects.append(.redo)
    case .nextPane: current = (current + 1) % panes.count
    case .previousPane: current = (current + panes.count - 1) % panes.count
    case .editSettings: effects.append(.editSettings)
    case .reloadSettings: effects.append(.reloadSettings)
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
      guard let run = world.run, !run.isLook else { return effects.append(.quit) }
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

extension Model {
  /// Everything that can be done: here, in the shell, and in the other panes.
  private mutating func palette() -> ChoicePicker {
    questions += Self.questionsMax
    let here = topChoices().filter { !Self.isMovement($0.action) }
    let known = Set(here.map(\.action))
    var items = (here + panes[current].namedChoices(world)).map(ChoicePicker.Item.init)
    for (index, pane) in panes.enumerated() where index != current {
      let number = type(of: pane).number
      let title = type(of: pane).title
      for choice in pane.choices(world) + pane.namedChoices(world)
      where !Self.isMovement(choice.action) && !known.contains(choice.action) {
        items.append(ChoicePicker.Item(choice, pane: number, paneTitle: title))
      }
    }
    return ChoicePicker(.palette, items: items, ticket: Ticket("palette", questions))
  }

  /// More questions than one palette ever asks.
  private static let questionsMax = 1_000_000

  /// Nobody looks up by name how to move.
  private static func isMovement(_ action: Action) -> Bool {
    Binding<Model>.movement.contains { $0.action == action } || action == .back
  }
}

extension Action {
  static let undo = Action("undo")
  static let redo = Action("redo")
  static let nextPane = Action("next-pane")
  static let previousPane = Action("previous-pane")
  static let editSettings = Action("edit-settings")
  static let reloadSettings = Action("reload-settings")
  static let showLog = Action("messages")
  static let palette = Action("commands")
  static let help = Action("help")
  static let quit = Action("quit")
  static let suspend = Action("suspend")
  static let redraw = Action("redraw")
  static let mouse = Action("mouse")
}
