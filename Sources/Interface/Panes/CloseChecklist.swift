// The month's checklist: what holds the close up, with its rows, and the decisions about it.
import Domain
import Reports
import Terminal

/// The checks of a month, over the NOI & Draws pane.
struct CloseChecklist: Layer {
  let month: CalendarMonth
  private(set) var sheet: CloseSheet?
  private var list = ListState<String>()
  /// The checks whose rows are shown.
  private var unfolded: Set<CloseGate.Kind> = []

  init(_ month: CalendarMonth, _ sheet: CloseSheet?) { (self.month, self.sheet) = (month, sheet) }

  static let bindings: [Binding<CloseChecklist>] =
    [
      Binding([.enter], .open, "open", "Shows what a check found, then opens the record."),
      Binding(
        [.character("O")], .overrideGate, "override",
        "Goes on in spite of a check, with a reason.", writes: true
      ) { list, _ in list.overrideReason },
      Binding(
        [.character("F")], .finalize, "finalise",
        "Makes the month final: figures kept, draws declared.", writes: true
      ) { list, _ in list.finalizeReason },
      Binding(
        [.character("R")], .reopen, "reopen", "Opens a final month again, with a reason.",
        writes: true
      ) { list, _ in
        list.sheet?.isFinal ?? false ? nil : "The month is not final."
      },
      Binding([.character("y")], .copy, "copy", "Copies the checklist to the clipboard."),
      Binding([.escape, .character("q"), .left], .back, "back", "Goes back to the figures."),
    ] + Binding.movement

  private var overrideReason: String? {
    guard let gate = selectedGate else { return "The checks are being made." }
    if sheet?.isFinal ?? false { return "The month is final; R opens it again." }
    if gate.passes { return "This check holds nothing up." }
    if let name = gate.overriddenBy { return "\(name) has decided to go on already." }
    return nil
  }

  private var finalizeReason: String? {
    guard let sheet, !sheet.gates.isEmpty else { return "The checks are being made." }
    if sheet.isFinal { return "The month is final already." }
    let count = sheet.holding.count
    if count > 0 {
      return "\(Words.count(count, "check")) \(count == 1 ? "holds" : "hold") the month up."
    }
    return nil
  }

  // MARK: Rows

  private struct Row {
    var id: String
    var gate: CloseSheet.Gate?
    var finding: CloseSheet.Row?
    var piece: [Piece]
  }

  private var rows: [Row] {
    guard let sheet else { return [] }
    var rows: [Row] = []
    for gate in sheet.gates {
      let sign =
        gate.passes
        ? Piece("✓ ", .ok) : gate.holdsUp ? Piece("! ", .warning) : Piece("~ ", .progress)
      var pieces = [sign, Piece(gate.kind.title)]
      if !gate.passes { pieces.append(Piece("  \(Words.number(gate.count))", .warning)) }
      if !gate.notes.isEmpty {
        pieces.append(Piece("  \(gate.notes.count) worth a look", .dim))
      }
      if let name = gate.overriddenBy {
        pieces.append(Piece("  \(name) goes on: \(gate.reason ?? "")", .dim))
      }
      rows.append(Row(id: gate.kind.rawValue, gate: gate, finding: nil, piece: pieces))
      guard unfolded.contains(gate.kind) else { continue }
      let found = gate.findings.map { ($0, Style.text) } + gate.notes.map { ($0, Style.dim) }
      for (number, (finding, style)) in found.enumerated() {
        rows.append(
          Row(
            id: "\(gate.kind.rawValue) \(number)", gate: gate, finding: finding,
            piece: [
              Piece("    " + finding.text, style), Piece(finding.record == nil ? "" : " →", .key),
            ]
          ))
      }
      if gate.count > gate.findings.count {
        rows.append(
          Row(
            id: "\(gate.kind.rawValue) more", gate: gate, finding: nil,
            piece: [
              Piece("    and \(Words.number(gate.count - gate.findings.count)) more", .dim)
            ]))
      }
    }
    for (number, text) in sheet.restatements.enumerated() {
      rows.append(
        Row(
          id: "restated \(number)", gate: nil, finding: nil, piece: [Piece("! \(text)", .warning)]))
    }
    return rows
  }

  private var selectedRow: Row? { rows.first { $0.id == list.selected } }
  private var selectedGate: CloseSheet.Gate? { selectedRow?.gate }

  // MARK: Doing

  mutating func take(_ message: Message, _ world: World) -> [Reaction] {
    if case .close(let sheet, _) = message, sheet.month == month { self.sheet = sheet }
    return []
  }

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    let ids = rows.map(\.id)
    let height = listArea(area).rows
    // It opens on what holds the month up.
    if list.selected == nil, let first = sheet?.holding.first,
      let row = ids.firstIndex(of: first.kind.rawValue)
    {
      list.select(row: row, ids, height: height)
    }
    list.settle(ids, height: height)
    return []
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    switch action {
    case .open: return open()
    case .overrideGate: return override()
    case .finalize: return finalize()
    case .reopen: return reopen()
    case .copy: return [.effect(.copy(text))]
    case .back: return [.close]
    default:
      _ = list.move(action, rows.map(\.id), height: listArea(world.mainArea).rows)
      return []
    }
  }

  private mutating func open() -> [Reaction] {
    guard let row = selectedRow, let gate = row.gate else {
      return [.answer("There is nothing to open here.")]
    }
    if let finding = row.finding {
      if let record = finding.record { return [.show(.record(record))] }
      if gate.kind == .unsynced || gate.kind == .deadLetters { return [.close, .goTo(1)] }
      return [.answer(finding.text)]
    }
    guard !gate.findings.isEmpty || !gate.notes.isEmpty else {
      return [.answer("This check found nothing.")]
    }
    if unfolded.remove(gate.kind) == nil { unfolded.insert(gate.kind) }
    return []
  }

  private mutating func override() -> [Reaction] {
    guard let gate = selectedGate else { return [] }
    let month = month
    let kind = gate.kind
    return [
      .open(
        ReasonPrompt(
          "Go on with \(Words.month(month)) in spite of “\(kind.title)”?",
          "It found \(Words.count(gate.count, "row")). The decision holds for exactly these, and is"
            + " kept with your name and reason. Where several people work, somebody else finalises."
        ) { [.effect(.overrideGate(kind, month, reason: $0))] })
    ]
  }

  private mutating func finalize() -> [Reaction] {
    guard let sheet else { return [] }
    var dialog = Confirmation(
      "Finalise \(Words.month(month))?",
      "Figures are kept as version \(sheet.version + 1), draws declared, the month locked; the results"
        + " go to Airtable with the next sync. R opens it again.",
      accept: "Finalise",
      reactions: [.effect(.finalizeMonth(month, inputsHash: sheet.inputsHash))])
    dialog.facts = [
      .init(name: "Month", value: Words.month(month)),
      .init(name: "Properties", value: Words.number(sheet.properties)),
      .init(name: "NOI, cash", value: Words.money(sheet.noi)),
      .init(name: "Draws", value: Words.money(sheet.draws)),
    ]
    let overridden = sheet.gates.count { !$0.passes && $0.overriddenBy != nil }
    if overridden > 0 {
      dialog.facts.append(
        .init(
          name: "In spite of", value: "! \(Words.count(overridden, "check"))", style: .warning))
    }
    // What is large asks for a number that stands right there.
    if sheet.draws.magnitude > Confirmation.moneyMax { dialog.numberToType = sheet.properties }
    return [.open(dialog)]
  }

  private mutating func reopen() -> [Reaction] {
    let month = month
    return [
      .open(
        ReasonPrompt(
          "Open \(Words.month(month)) again?",
          "Its figures may change until it is finalised as the next version. The reason is kept."
        ) { [.effect(.reopenMonth(month, reason: $0))] })
    ]
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    let ids = rows.map(\.id)
    let area = listArea(area)
    switch mouse.what {
    case .wheelUp: list.select(row: list.index - 3, ids, height: area.rows)
    case .wheelDown: list.select(row: list.index + 3, ids, height: area.rows)
    case .press:
      guard area.contains(row: mouse.row, column: mouse.column) else { return [] }
      let row = list.offset + mouse.row - area.row
      if row == list.index, row < ids.count { return open() }
      list.select(row: row, ids, height: area.rows)
    }
    return []
  }

  // MARK: Words and drawing

  private var standing: String {
    guard let sheet else { return "checking…" }
    if sheet.isFinal {
      return "final, version \(sheet.version)" + (sheet.finalizedBy.map { ", by \($0)" } ?? "")
    }
    let count = sheet.holding.count
    let state = sheet.state == "reopened" ? "opened again; " : ""
    return state
      + (count == 0 ? "ready: F finalises" : "\(Words.count(count, "check")) to settle")
  }

  private var text: String {
    (["\(Words.month(month)): \(standing)"] + rows.map { $0.piece.map(\.text).joined() })
      .joined(separator: "\n")
  }

  private func listArea(_ area: Area) -> Area {
    area.split(rows: 2).rest.split(rows: max(0, area.rows - 5)).top
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    frame.put(
      [Piece(" Close \(Words.month(month))", .heading), Piece("   \(standing)", .dim)],
      row: area.row, column: area.column, width: area.columns)
    if let sheet, !sheet.gates.isEmpty {
      frame.put(
        [
          Piece(
            " \(Words.number(sheet.properties)) \(sheet.properties == 1 ? "property" : "properties")"
              + " · NOI \(Words.money(sheet.noi)) cash · draws \(Words.money(sheet.draws))")
        ], row: area.row + 1, column: area.column, width: area.columns)
    }
    let rows = rows
    let place = listArea(area)
    if sheet == nil {
      frame.put("The checks are being made…", row: place.row, column: area.column + 1, style: .dim)
      (frame.cursorRow, frame.cursorColumn) = (place.row, area.column)
    }
    frame.list(list, count: rows.count, in: place, isFocused: true) { frame, index, row in
      frame.put(rows[index].piece, row: row.row, column: row.column, width: row.columns)
    }
    // A sentence may be cut in the list: that of the selected row stands whole below it.
    guard let selected = selectedRow else { return }
    let words = selected.finding?.text ?? selected.piece.map(\.text).joined()
    for (number, line) in TextWidth.wrapped(words, to: max(1, area.columns - 2), linesMax: 3)
      .prefix(3).enumerated() where place.endRow + number < area.endRow
    {
      frame.put(line, row: place.endRow + number, column: area.column + 1, style: .dim)
    }
  }

  /// A check in two words, after the number of rows it found.
  static func short(_ kind: CloseGate.Kind) -> String {
    switch kind {
    case .unsynced: "to pull"
    case .conflicts: "in conflict"
    case .deadLetters: "given up"
    case .quarantined: "of unknown meaning"
    case .unbalanced: "out of balance"
    case .uncategorised: "without a class"
    case .tieOut: "not tied out"
    case .generalLedger: "unlike Buildium's ledger"
    case .ownership: "without right shares"
    case .pendingBills: "to approve"
    case .missingRent: "without rent"
    case .negativeCash: "below zero"
    case .depositsCovered: "short of deposits"
    case .earlierMonths: "out of order"
    }
  }
}

extension Action {
  static let overrideGate = Action("override-check")
  static let finalize = Action("finalise-month")
  static let reopen = Action("reopen-month")
}
