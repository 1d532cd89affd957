// How the Bills pane looks: the list, and what there is to know of the selected bill below it.
import Domain
import Terminal

/// Where the parts of the Bills pane stand.
struct BillsLayout {
  let titles: Int
  let list: Area
  /// Row of the line above the details; nil when there is no room for them.
  let rule: Int?
  let detail: Area

  /// Fewer rows than this show the list alone; Enter opens the bill.
  private static let rowsForDetail = 15

  init(_ area: Area) {
    // One row says what is shown, one has the titles.
    titles = area.row + 1
    let hasDetail = area.rows >= Self.rowsForDetail
    let detailRows = hasDetail ? min(14, area.rows * 2 / 5) : 0
    let listRows = max(0, area.rows - 2 - detailRows - (hasDetail ? 1 : 0))
    list = Area(row: area.row + 2, column: area.column, rows: listRows, columns: area.columns)
    rule = hasDetail ? list.endRow : nil
    detail = Area(
      row: list.endRow + (hasDetail ? 1 : 0), column: area.column, rows: detailRows,
      columns: area.columns)
  }
}

extension BillsPane {
  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    let layout = BillsLayout(area)
    let rows = shown(world)
    frame.put(heading(rows, world), row: area.row, column: area.column + 1, width: area.columns - 1)
    guard desk != nil else {
      let text = problem ?? "The bills are being read."
      frame.put(
        [Piece(text, problem == nil ? .dim : .error)], row: layout.list.row,
        column: area.column + 2, width: area.columns - 2)
      return
    }
    if rows.isEmpty {
      for (index, line) in emptyLines(world).enumerated() where index < layout.list.rows {
        frame.put(
          [Piece(line, .dim)], row: layout.list.row + index, column: area.column + 2,
          width: area.columns - 2)
      }
      return
    }
    let visible = rows.dropFirst(list.offset).prefix(layout.list.rows)
    let table = Table(columns: columns(world))
    let inner = Area(
      row: area.row, column: area.column + 1, rows: area.rows, columns: area.columns - 1)
    let fitted = table.fitted(visible, to: inner.columns)
    table.drawTitles(fitted, on: &frame, row: layout.titles, in: inner)
    frame.list(list, count: rows.count, in: layout.list, isFocused: true) { frame, index, area in
      table.draw(rows[index], fitted, on: &frame, row: area.row, in: area)
    }
    guard let rule = layout.rule, let row = selected(world) else { return }
    frame.rule(row: rule, in: area)
    let lines = BillView.lines(row, detail, world, width: layout.detail.columns - 2, isShort: true)
    for (index, line) in lines.prefix(layout.detail.rows).enumerated() {
      frame.put(
        line, row: layout.detail.row + index, column: area.column + 1, width: area.columns - 1)
    }
  }

  private func heading(_ rows: [BillRow], _ world: World) -> [Piece] {
    var pieces = [Piece("Bills \(scope.title)", .heading)]
    if let desk {
      let count =
        desk.matching == desk.inScope
        ? Words.number(desk.matching)
        : "\(Words.number(desk.matching)) of \(Words.number(desk.inScope))"
      pieces.append(Piece("  \(count)"))
      pieces.append(Piece("   shown \(Words.money(desk.total))", .dim))
      if !marks.isEmpty {
        let marked = marked()
        let sum = marked.reduce(Money.zero) { $0 + $1.total }
        pieces.append(Piece("   marked \(marked.count) · \(Words.money(sum))", .heading))
      }
      pieces.append(
        Piece(
          "   you are \(desk.actor.name)" + (desk.actor.role.map { ", \($0.rawValue)" } ?? ""),
          .dim))
    }
    if order != .due { pieces.append(Piece("   by \(order.rawValue)", .dim)) }
    if filter.isActive || !filter.text.isEmpty {
      pieces.append(Piece("   / \(filter.text)\(filter.isActive ? "_" : "")", .field))
    }
    return pieces
  }

  private func emptyLines(_ world: World) -> [String] {
    if !filter.text.isEmpty { return ["No bill has these words. Esc takes the filter off."] }
    guard let desk else { return [] }
    if desk.all == 0 { return ["There are no bills yet.", "A sync brings them in: 1, then s."] }
    switch scope {
    case .waiting:
      return [
        "Nothing waits for you.",
        "o shows other bills: drafts, those to be paid, all \(Words.number(desk.all)).",
      ]
    case .aside: return ["No bill is put aside. o shows other bills."]
    case .drafts: return ["There are no drafts. o shows other bills."]
    case .unpaid: return ["Nothing approved is left to be paid. o shows other bills."]
    case .voided: return ["No bill was voided. o shows other bills."]
    case .all: return ["There are no bills yet."]
    }
  }

  private func columns(_ world: World) -> [Column<BillRow>] {
    let (marks, duplicates) = (marks, desk?.duplicates ?? [])
    let actor = desk?.actor
    let today = world.today
    return [
      Column(title: "") { row, _ in Piece(marks.contains(row.localID) ? "●" : " ", .heading) },
      Column(title: "Due") { row, _ in
        guard let due = row.dueDate ?? row.date else { return Piece("") }
        let isLate = due < today && (row.status.isOpen || row.approval == .pendingApproval)
        return Piece(isLate ? "\(due) late" : due.description, isLate ? .warning : .text)
      },
      Column(title: "Vendor") { row, width in
        Piece(TextWidth.truncated(row.vendor?.name ?? "no vendor", to: min(width, 26)))
      },
      Column(title: "Property", givesWay: 2) { row, width in
        Piece(TextWidth.truncated(row.property?.name ?? "several", to: min(width, 20)))
      },
      Column(title: "GL account", givesWay: 1) { row, width in
        Piece(TextWidth.truncated(row.accounts, to: min(width, 24)))
      },
      Column(title: "Amount", alignment: .right) { row, _ in
        Piece(Words.money(row.total), row.total < .zero ? .moneyNegative : .text)
      },
      Column(title: "Steps") { row, _ in
        switch row.approval {
        case .draft: Piece("draft", .dim)
        case .pendingApproval: Piece(row.approvalSteps)
        case .approved: Piece("✓ " + row.status.rawValue.replacing("_", with: " "), .ok)
        case .rejected: Piece("✗ sent back", .warning)
        case .voided: Piece("void", .dim)
        }
      },
      Column(title: "Flags", widthMin: 8) { row, _ in
        var flags: [String] = []
        if duplicates.contains(row.localID) { flags.append("D possible duplicate") }
        if let hold = row.facts.hold {
          flags.append("H \(hold.by) put it aside: \(hold.reason)")
        } else if row.approval == .pendingApproval, let actor,
          let refusal = row.refusal(of: .approve, by: actor)
        {
          flags.append("P \(refusal.refusal.message)")
        } else if row.approval == .pendingApproval, let limit = actor?.approvalLimit,
          row.total > limit
        {
          flags.append("P over your limit of \(Words.money(limit))")
        }
        if let asked = row.facts.delegation?.delegate, asked != actor?.name {
          flags.append("> \(asked) was asked")
        }
        if row.hasNotes { flags.append("@ note") }
        if row.isToBeReconciled { flags.append("! tell Buildium") }
        return Piece(flags.joined(separator: "  "), .warning)
      },
    ]
  }
}
