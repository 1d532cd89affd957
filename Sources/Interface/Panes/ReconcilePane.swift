// The Reconcile pane: how much is the same on both sides, how that went over time, and every
// difference with its reason and the way to where it is settled. How it looks is in
// ReconcilePicture.swift.
import Domain
import Terminal

/// Compares the two sides and shows what differs.
struct ReconcilePane: Pane {
  static let title = "Reconcile"
  static let number = 6
  static let owner = "reconcile"

  var table = RecordTable(owner: ReconcilePane.owner, ListQuery(.differences))
  /// What the last comparisons found; nil until it was read.
  private(set) var sheet: ReconciliationSheet?
  /// Whether all resources are shown and the differences get what is left.
  private(set) var showsResources = false
  /// Why the results could not be read.
  private(set) var problem: String?
  private var number = 0
  private var loading: Ticket?
  private var locating: Ticket?
  /// Whether the record is wanted and not the place where the difference is settled.
  private var wantsRecord = false
  private var isStale = true
  private var askedAt: Instant?

  /// The results are read again so often at most while the store changes.
  private static let refreshMilliseconds: Int64 = 1000

  // MARK: Keys

  static let bindings: [Binding<ReconcilePane>] = {
    let onRow: @Sendable (ReconcilePane, World) -> String? = { pane, _ in
      pane.table.selectedRow == nil ? "There is no difference here." : nil
    }
    return [
      Binding(
        [.character("r")], .reconcile, "compare now",
        "Reads both sides whole and compares every field.", writes: true,
        disabledReason: { _, world in notNow(world) }),
      Binding(
        [.character("c")], .stopReconciling, "stop", "Stops comparing; nothing is kept of it."
      ) { _, world in
        guard let comparing = world.comparing else { return "Nothing is being compared." }
        return comparing.isStopping ? "It stops already." : nil
      },
      Binding(
        [.enter], .open, "settle",
        "Goes where it is settled: conflict, refusal or record.",
        disabledReason: onRow),
      Binding(
        [.character("o")], .openRecord, "record", "Opens the record in the Ledger.",
        disabledReason: onRow),
      Binding(
        [.character("t")], .showTrend, "trend", "Shows each day and week with its accuracy."
      ) { pane, _ in pane.sheet?.days.isEmpty ?? true ? "Nothing was compared yet." : nil },
      Binding(
        [.tab], .nextList, "resources", "Shows all resources, or more of the differences.",
        footer: false),
      Binding(
        [.escape, .backspace], .back, "back", "Takes the filter away.", footer: false),
    ]
      + RecordTable.bindings(without: [.mark, .markRange, .markAll, .markOthers]) { $0.table }
  }()

  /// Why nothing can be compared now; nil when it can.
  private static func notNow(_ world: World) -> String? {
    for service in [Service.buildium, .airtable] where !world.isConnected(service) {
      return "\(service.title) is not connected: `rentbook connect \(service.rawValue)`."
    }
    if world.comparing != nil { return "Both sides are being compared already; c stops it." }
    if let run = world.run, !run.isLook { return "A sync is running; compare when it is over." }
    return nil
  }

  // MARK: Facts

  func count(_ world: World) -> Int {
    (world.status?.accuracy).map { $0 < .alarm } ?? false ? 1 : 0
  }

  func badge(_ world: World) -> String {
    guard let accuracy = world.status?.accuracy else { return "" }
    return " \(accuracy) %" + (accuracy < .alarm ? " !" : "")
  }

  var isTyping: Bool { table.filter.isActive }

  func nextTick(_ world: World) -> Int? {
    let own = isStale && loading == nil ? Int(Self.refreshMilliseconds) : nil
    return [own, table.nextTick(world)].compactMap(\.self).min()
  }

  func namedChoices(_ world: World) -> [Choice] { table.namedChoices(world) }

  mutating func recall(_ world: World) {
    let memory = world.memory.tables["\(Self.owner).\(ListName.differences.rawValue)"]
    table = RecordTable(
      owner: Self.owner, ListQuery(.differences), memory: memory ?? TableMemory())
    table.sign = { row, _ in Self.sign(row) }
  }

  // MARK: Asking

  private mutating func ask(_ errand: ReconcileErrand) -> (Ticket, Reaction) {
    number += 1
    let ticket = Ticket(Self.owner + ".sheet", number)
    return (ticket, .effect(.reconcile(errand, ticket)))
  }

  private mutating func refresh(_ world: World) -> [Reaction] {
    guard isStale, loading == nil else { return [] }
    let age = askedAt.map { world.now.milliseconds - $0.milliseconds } ?? .max
    guard age < 0 || age >= Self.refreshMilliseconds else { return [] }
    (isStale, askedAt) = (false, world.now)
    let (ticket, reaction) = ask(.load)
    loading = ticket
    return [reaction]
  }

  mutating func take(_ message: Message, _ world: World) -> [Reaction] {
    switch message {
    case .storeChanged: isStale = true
    case .comparing(nil):
      (isStale, askedAt) = (true, nil)
      table.storeChanged()
    case .reconciliation(let news, let ticket): return take(news, ticket, world)
    case .unanswered(let ticket, let text, _) where ticket == loading:
      (loading, problem) = (nil, text)
      return [.say(text, .error)]
    case .unanswered(let ticket, let text, _) where ticket == locating:
      locating = nil
      return [.say(text, .error)]
    default: break
    }
    return table.take(message, world) ?? []
  }

  private mutating func take(
    _ news: ReconcileNews, _ ticket: Ticket, _ world: World
  ) -> [Reaction] {
    switch news {
    case .sheet(let sheet) where ticket == loading:
      (loading, problem, self.sheet) = (nil, nil, sheet)
    case .place(let place) where ticket == locating:
      locating = nil
      guard let place else { return [.answer("This difference is settled by now.")] }
      return go(to: place, world)
    default: break
    }
    return []
  }

  /// Where a difference is settled: its conflict, what was refused, else its record.
  private func go(to place: ReconciliationPlace, _ world: World) -> [Reaction] {
    if !wantsRecord, place.reason == "conflict" {
      return [.runIn(ConflictsPane.number, ConflictsPane.goTo(place.key, place.field))]
    }
    if !wantsRecord, place.reason == "refused",
      let letter = world.deadLetters.first(where: { $0.key == place.key })
    {
      return [.runIn(SyncPane.number, SyncPane.goTo(letter.id))]
    }
    // A rent payment is a transaction of the store.
    let resource = place.key.resource == .rentPayments ? .transactions : place.key.resource
    guard let id = place.localID, let list = ListName(rawValue: resource.rawValue) else {
      return [
        .answer("\(place.key) is not in the store: it stands at Airtable only. y copies its key.")
      ]
    }
    return [.show(.record(RecordReference(list, id)))]
  }

  // MARK: Doing

  mutating func type(_ key: Key, _ world: World) -> [Reaction]? { table.type(key, world) }

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    let rows = RecordTable.parts(layout(area, world).differences).rows.rows
    // Before the first comparison there is no list to ask for.
    return refresh(world) + (rows > 0 ? table.settle(height: rows, world) : [])
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    switch action {
    case .reconcile: return [.effect(.reconcile(.run, Ticket(Self.owner, 0)))]
    case .stopReconciling: return [.effect(.reconcile(.stop, Ticket(Self.owner, 0)))]
    case .open, .openRecord:
      guard let row = table.selectedRow else { return [] }
      wantsRecord = action == .openRecord
      let (ticket, reaction) = ask(.locate(row.id))
      locating = ticket
      return [reaction]
    case .showTrend: return [.open(trend())]
    case .nextList:
      showsResources.toggle()
      return []
    case .back: return table.back() ?? []
    default: return table.perform(action, world) ?? []
    }
  }

  private func trend() -> TextReport {
    func lines(_ title: String, _ points: [ReconciliationSheet.Point]) -> [[Piece]] {
      let shown = points.reversed().map { point -> [Piece] in
        let (sign, word, style) = Self.verdict(point.accuracy)
        return [
          Piece("\(point.day)  "),
          Piece(TextWidth.fitted("\(point.accuracy) %", to: 9, .right) + "  ", style),
          Piece("\(sign) \(word)", style),
        ]
      }
      return [[Piece(title, .heading)]] + shown
    }
    return TextReport(
      "How much was the same on both sides",
      lines("By day", sheet?.days ?? []) + [[]]
        + lines("By week, the lowest of each", sheet?.weeks ?? []))
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    table.mouse(mouse, in: layout(area, world).differences, world)
  }
}

extension Action {
  static let reconcile = Action("compare-both-sides")
  static let stopReconciling = Action("stop-comparing")
  static let openRecord = Action("open-record")
  static let showTrend = Action("accuracy-trend")
}
