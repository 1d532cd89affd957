import Domain
import Terminal

/// Something that takes keys and draws: a pane, or what opens over it.
protocol Layer: Sendable {
  /// What its keys do.
  static var bindings: [Binding<Self>] { get }
  /// Whether text is being typed into it, so that letters are letters and not commands.
  var isTyping: Bool { get }
  /// What `Enter` and `Esc` do while text is typed, for the footer.
  var typingLabels: (enter: String, escape: String) { get }
  /// Takes a key while text is typed; nil when the key means something else.
  mutating func type(_ key: Key, _ world: World) -> [Reaction]?
  /// Does what one of its bindings names.
  mutating func perform(_ action: Action, _ world: World) -> [Reaction]
  /// What can be done by name only, from the palette and from menus: `sort-by-amount`.
  func namedChoices(_ world: World) -> [Choice]
  /// Takes what arrived: the answers it asked for, and the news that the store has changed. Every
  /// message goes to every layer; each takes what carries its tickets.
  mutating func take(_ message: Message, _ world: World) -> [Reaction]
  /// Whether the next keys have to wait for an answer: they are kept, in order, until it is there.
  var isHoldingKeys: Bool { get }
  /// When it wants to look at the clock again, in milliseconds; nil when nothing changes by itself.
  func nextTick(_ world: World) -> Int?
  /// Takes the mouse.
  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction]
  /// Notes that the facts or the area have changed: keeps the selection on its record.
  mutating func settle(in area: Area, _ world: World) -> [Reaction]
  /// Draws itself.
  func draw(on frame: inout Frame, in area: Area, _ world: World)
}

/// One of the screens behind the tabs. A new pane is one file with its state, its actions, its
/// bindings and its drawing, and one entry in ``Model/panes``.
protocol Pane: Layer {
  /// The name on its tab.
  static var title: String { get }
  /// The same where the terminal is too narrow for all names; by default the name.
  static var shortTitle: String { get }
  /// The digit that goes to it: the same whichever other panes there are.
  static var number: Int { get }
  /// How many things in it need a person; shown on its tab when there are any.
  func count(_ world: World) -> Int
  /// What stands after the name on its tab, with a space before it; by default the count.
  func badge(_ world: World) -> String
  /// Shows a record or a list when it is one of its own; false when it is not. `pane` is where the
  /// person comes from, to go back there.
  mutating func open(_ target: RecordTarget, from pane: Int?, _ world: World) -> Bool
  /// Takes up how it was left in an earlier run, once that is known.
  mutating func recall(_ world: World)
}

extension Pane {
  static var shortTitle: String { title }
  func badge(_ world: World) -> String { Self.countBadge(count(world)) }
  static func countBadge(_ count: Int) -> String { count > 0 ? " \(count)" : "" }
  mutating func open(_ target: RecordTarget, from pane: Int?, _ world: World) -> Bool { false }
  mutating func recall(_ world: World) {}
}

/// What a layer wants of the shell.
enum Reaction: Sendable {
  case effect(Effect)
  /// Puts another layer on top.
  case open(any Layer)
  /// Takes this layer off.
  case close
  /// Takes this layer off and does what a key of the layers below would do.
  case run(Action)
  /// Takes this layer off, goes to a pane and does what its action says.
  case runIn(Int, Action)
  /// Goes to the pane of that number.
  case goTo(Int)
  /// Shows a record or a list in the pane that has it.
  case show(RecordTarget)
  /// Keeps how a table is looked at, or which list a pane shows, for the next run.
  case remember(String, TableMemory)
  case rememberList(String, String)
  /// Shows a message and keeps it.
  case say(String, LogMessage.Level)
  /// Shows an answer in the status line only.
  case answer(String)
  /// A sync was asked for, or to be stopped.
  case syncRequested(full: Bool, resources: [Resource], dryRun: Bool)
  case stopRequested
  /// What was held back may go, so many and no more.
  case permitRequested(HeldChange.Permit, Resource, full: Bool)
}

extension Layer {
  var isTyping: Bool { false }
  var typingLabels: (enter: String, escape: String) { ("keep the filter", "show all") }
  mutating func type(_ key: Key, _ world: World) -> [Reaction]? { nil }
  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] { [] }
  mutating func settle(in area: Area, _ world: World) -> [Reaction] { [] }
  func namedChoices(_ world: World) -> [Choice] { [] }
  mutating func take(_ message: Message, _ world: World) -> [Reaction] { [] }
  var isHoldingKeys: Bool { false }
  func nextTick(_ world: World) -> Int? { nil }

  /// Its bindings as they stand now.
  func choices(_ world: World) -> [Choice] { Self.bindings.map { $0.choice(self, world) } }
}

/// A stretch of text in one style, and a row of them.
struct Piece: Sendable, Hashable {
  var text: String
  var style: Style
  init(_ text: String, _ style: Style = .text) { (self.text, self.style) = (text, style) }
}

extension [Piece] {
  var columns: Int { reduce(0) { $0 + TextWidth.columns($1.text) } }
}

extension Frame {
  /// Draws pieces one after another in at most `width` columns.
  mutating func put(_ pieces: some Collection<Piece>, row: Int, column: Int, width: Int) {
    var at = column
    for piece in pieces where at < column + width {
      let left = column + width - at
      at += put(
        TextWidth.truncated(piece.text, to: left), row: row, column: at, style: piece.style,
        width: left)
    }
  }

  /// Draws a line across an area.
  mutating func rule(row: Int, in area: Area) {
    fill(
      Area(row: row, column: area.column, rows: 1, columns: area.columns), with: "─", style: .rule)
  }
}
