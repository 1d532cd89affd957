import Domain
import Terminal

/// Everything about one bill, over all of the pane.
struct BillView: Layer {
  private(set) var row: BillRow
  private(set) var detail: BillDetail?
  private var offset = 0

  init(_ row: BillRow, _ detail: BillDetail?) { (self.row, self.detail) = (row, detail) }

  static let bindings: [Binding<BillView>] =
    Binding.movement + [
      Binding([.character("y")], .copy, "copy", "Copies all of this to the clipboard."),
      Binding([.escape, .character("q"), .left], .back, "back", "Goes back to the list."),
    ]

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    let area = world.mainArea
    let count = Self.lines(row, detail, world, width: area.columns - 2, isShort: false).count
    switch action {
    case .up: offset -= 1
    case .down: offset += 1
    case .pageUp: offset -= max(1, area.rows - 1)
    case .pageDown: offset += max(1, area.rows - 1)
    case .first: offset = 0
    case .last: offset = count
    case .back: return [.close]
    case .copy: return [.effect(.copy(Self.text(row, detail)))]
    default: break
    }
    offset = max(0, min(offset, count - area.rows))
    return []
  }

  /// What the list asked for is shown here too, as soon as it is there.
  mutating func take(_ message: Message, _ world: World) -> [Reaction] {
    guard case .bill(let detail?, _) = message, detail.row.localID == row.localID else { return [] }
    (row, self.detail) = (detail.row, detail)
    return []
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    switch mouse.what {
    case .wheelUp: perform(.up, world)
    case .wheelDown: perform(.down, world)
    case .press: []
    }
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    let lines = Self.lines(row, detail, world, width: max(1, area.columns - 2), isShort: false)
    for line in 0..<area.rows where offset + line < lines.count {
      frame.put(
        lines[offset + line], row: area.row + line, column: area.column + 1,
        width: area.columns - 1)
    }
  }

  /// The bill in plain text, for the clipboard.
  static func text(_ row: BillRow, _ detail: BillDetail?) -> String {
    let world = World(
      portfolio: "", now: Instant(milliseconds: 0), utcOffsetMinutes: 0,
      size: Size(rows: 24, columns: 80))
    return lines(row, detail, world, width: 10_000, isShort: false)
      .map { $0.map(\.text).joined() }.joined(separator: "\n")
  }

  /// The bill in lines: what it is, its lines, what settles it, what became of it.
  ///
  /// - Parameter isShort: whether only the newest steps and no text of Buildium's are wanted.
  static func lines(
    _ row: BillRow, _ detail: BillDetail?, _ world: World, width: Int, isShort: Bool
  ) -> [[Piece]] {
    var head = [Piece(row.vendor?.name ?? "No vendor", .heading)]
    for text in [row.reference, row.date?.description, row.property?.name] {
      if let text, !text.isEmpty { head.append(Piece(" · \(text)")) }
    }
    var lines = [head + [Piece("   \(path(row.approval))", .dim)]]
    if let memo = row.memo, !memo.isEmpty {
      lines += TextWidth.wrapped(memo, to: width).prefix(isShort ? 1 : 20).map { [Piece($0)] }
    }
    for line in detail?.lines ?? [] {
      let account = line.account?.name ?? "no account"
      let memo = line.memo.map { "  \($0)" } ?? ""
      lines.append([
        Piece("  " + TextWidth.fitted(account + memo, to: max(20, min(52, width - 18)))),
        Piece(TextWidth.fitted(Words.money(line.amount), to: 14, .right)),
      ])
    }
    lines.append([
      Piece(
        "Total \(Words.money(row.total)) · paid \(Words.money(row.paid)) · credited "
          + "\(Words.money(row.credited)) · remaining \(Words.money(row.remaining)) · "
          + row.status.rawValue.replacing("_", with: " "))
    ])
    guard let detail else { return lines }
    for applied in detail.applications {
      lines.append([
        Piece(
          "  \(applied.kind.rawValue) \(applied.source.name)  \(Words.money(applied.amount))"
            + (applied.date.map { "  \($0)" } ?? "")
            + (applied.isReconciled ? "  reconciled" : ""))
      ])
    }
    if let hold = row.facts.hold {
      lines += TextWidth.wrapped("H \(hold.by) put it aside: \(hold.reason)", to: width).map {
        [Piece($0, .warning)]
      }
    }
    if let asked = row.facts.delegation {
      let what = asked.reason.isEmpty ? "." : ": \(asked.reason)"
      lines += TextWidth.wrapped(
        "> \(asked.by) asked \(asked.delegate) to decide\(what)", to: width
      ).map { [Piece($0)] }
    }
    for other in detail.duplicates {
      lines.append([
        Piece("D compares  ", .warning),
        Piece(
          "bill \(other.name)  \(other.date?.description ?? "")  \(other.reference ?? "")  "
            + "\(Words.money(other.total))  \(other.approval.rawValue)", .warning),
      ])
    }
    for item in detail.reconciling {
      lines += TextWidth.wrapped("! \(item.message)", to: width).map { [Piece($0, .warning)] }
    }
    let history = detail.history.reversed()
    if !history.isEmpty { lines.append([Piece("History", .heading)]) }
    for event in history.prefix(isShort ? 4 : 500) {
      let moved = event.to.map { " → \($0.replacing("_", with: " "))" } ?? ""
      let reason = event.reason.flatMap { $0.isEmpty ? nil : "  “\($0)”" } ?? ""
      let isRefused = event.details?.contains("\"refused\"") ?? false
      lines.append([
        Piece(
          "  \(event.at.map { Words.moment($0, world) } ?? "")  \(event.actor)  \(event.action)"
            + "\(moved)\(reason)\(isRefused ? "  refused" : "")", isRefused ? .dim : .text)
      ])
    }
    guard !isShort, let source = detail.source else { return lines }
    lines += [[Piece("")], [Piece("As Buildium gave it", .heading)]]
    lines += source.split(separator: "\n", omittingEmptySubsequences: false).map {
      [Piece("  " + $0, .dim)]
    }
    return lines
  }

  /// `draft → pending → ✓ approved`, up to where the bill stands.
  private static func path(_ state: BillState) -> String {
    switch state {
    case .draft: "draft"
    case .pendingApproval: "draft → waiting for approval"
    case .approved: "draft → waiting → ✓ approved"
    case .rejected: "draft → waiting → ✗ sent back"
    case .voided: "void"
    }
  }
}

/// What came of a batch, a line for each bill.
struct BillOutcomes: Layer {
  let title: String
  let outcomes: [BillTaskOutcome]
  private var offset = 0

  init(title: String, outcomes: [BillTaskOutcome]) {
    (self.title, self.outcomes) = (title, outcomes)
  }

  static let bindings: [Binding<BillOutcomes>] =
    Binding.movement + [
      Binding([.escape, .enter, .character("q")], .back, "back", "Goes back to the list.")
    ]

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    let rows = max(1, world.mainArea.rows - 2)
    switch action {
    case .up: offset -= 1
    case .down: offset += 1
    case .pageUp: offset -= rows
    case .pageDown: offset += rows
    case .first: offset = 0
    case .last: offset = outcomes.count
    default: return [.close]
    }
    offset = max(0, min(offset, outcomes.count - rows))
    return []
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    frame.put([Piece(title, .heading)], row: area.row, column: area.column + 1, width: area.columns)
    for line in 0..<max(0, area.rows - 2) where offset + line < outcomes.count {
      let outcome = outcomes[offset + line]
      frame.put(
        [
          Piece(outcome.isDone ? "✓ " : "! ", outcome.isDone ? .ok : .warning),
          Piece("\(outcome.task.name)  "), Piece(outcome.sentence, outcome.isDone ? .dim : .text),
        ], row: area.row + 2 + line, column: area.column + 1, width: area.columns - 1)
    }
  }
}
