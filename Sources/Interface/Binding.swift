import Domain
import Terminal

/// The name of something a person can do: what a key map, the help and the palette call it.
///
/// A pane adds its own in its file: `extension Action { static let approve = Action("approve") }`.
public struct Action: Sendable, Hashable, CustomStringConvertible {
  /// Lower case words joined by hyphens.
  public let name: String
  /// An action of that name.
  public init(_ name: String) { self.name = name }
  /// Its name.
  public var description: String { name }
}

/// One row of the binding table of a layer: from these rows come the dispatcher, the footer, the
/// help and the palette, so that nothing can be done that is not documented.
struct Binding<Owner>: Sendable {
  /// The keys that do it; the first is shown.
  var keys: [Key]
  /// What they do.
  var action: Action
  /// Two words for the footer.
  var label: String
  /// A sentence for the help.
  var help: String
  /// Whether the footer shows it while it can be done.
  var isInFooter: Bool
  /// Whether it changes anything, here or at a service; off in a screen that only reads.
  var writes: Bool
  /// Why it cannot be done now, in the words of the status line; nil when it can.
  var disabledReason: @Sendable (Owner, World) -> String?

  init(
    _ keys: [Key], _ action: Action, _ label: String, _ help: String, footer: Bool = true,
    writes: Bool = false,
    disabledReason: @escaping @Sendable (Owner, World) -> String? = { _, _ in nil }
  ) {
    (self.keys, self.action, self.label, self.help) = (keys, action, label, help)
    (self.isInFooter, self.writes, self.disabledReason) = (footer, writes, disabledReason)
  }
}

/// A binding as it stands at one moment.
struct Choice: Sendable, Hashable {
  var keys: [Key]
  var action: Action
  var label: String
  var help: String
  var isInFooter: Bool
  /// Why it cannot be done now; nil when it can.
  var reason: String?
  /// Other words people look for it by, not shown.
  var synonyms = ""

  /// The key that is shown for it in the footer.
  var keyName: String { keys.first?.description ?? "" }
  /// Its keys as the help shows them: `Up k`. More than two are in the table only.
  var keyNames: String { keys.prefix(2).map(\.description).joined(separator: " ") }
}

extension Binding {
  /// How it stands for this owner, with the person's own keys where the key map names any.
  func choice(_ owner: Owner, _ world: World) -> Choice {
    Choice(
      keys: world.keyMap[action] ?? keys, action: action, label: label, help: help,
      isInFooter: isInFooter,
      reason: writes && world.isReadOnly ? World.readOnlyReason : disabledReason(owner, world))
  }

  /// Undoing and redoing over a pane, where the shell's keys do not reach.
  static var undoing: [Binding] {
    [
      Binding(
        [.character("u")], .undo, "undo", "Undoes the last thing done here.", writes: true
      ) { _, world in
        world.undoable.undo == nil
          ? world.undoable.reason ?? "Nothing was done that could be undone." : nil
      },
      Binding(
        [.control("r")], .redo, "redo", "Does again what was undone.", footer: false, writes: true
      ) { _, world in world.undoable.redo == nil ? "Nothing was undone." : nil },
    ]
  }

  /// Moving in a list: the same keys everywhere.
  static var movement: [Binding] {
    [
      Binding([.up, .character("k")], .up, "up", "Moves to the row above.", footer: false),
      Binding([.down, .character("j")], .down, "down", "Moves to the row below.", footer: false),
      Binding(
        [.pageUp, .control("u"), .control("b")], .pageUp, "page up", "Moves a page up.",
        footer: false),
      Binding(
        [.pageDown, .control("d"), .control("f")], .pageDown, "page down", "Moves a page down.",
        footer: false),
      Binding(
        [.character("g"), .home], .first, "first", "Moves to the first row.", footer: false),
      Binding([.character("G"), .end], .last, "last", "Moves to the last row.", footer: false),
    ]
  }
}

extension Action {
  static let up = Action("up")
  static let down = Action("down")
  static let pageUp = Action("page-up")
  static let pageDown = Action("page-down")
  static let first = Action("first")
  static let last = Action("last")
  static let open = Action("open")
  static let back = Action("back")
  static let filter = Action("filter")
  static let copy = Action("copy")
}
