// What the NOI & Draws pane shows, as a report for files and for the clipboard.
import Domain
import Reports

extension MonthPane {
  /// The lines with their sum, as they are on the screen.
  func report(_ lines: [MonthLine], _ world: World) -> Report {
    let hasEntries = level.hasEntries
    let hasDraw = lines.contains { $0.draw != nil }
    let months = query?.months ?? []
    let against: String? =
      if hasEntries { nil } else if let title = level.sheet?.beforeTitle { title } else {
        query.flatMap { $0.comparedMonths.isEmpty ? nil : Words.shortSpan($0.comparedMonths) }
      }
    var columns = [Report.Column(hasEntries ? "Transaction" : "Property / account", key: "title")]
    if hasEntries { columns.append(Report.Column("Who")) }
    let title = level.sheet?.nowTitle ?? Words.shortSpan(months)
    columns.append(Report.Column(title, .money, key: "amount"))
    if let against {
      columns += [
        Report.Column(against, .money, key: "compared"),
        Report.Column("Change", .money), Report.Column("%", .percent, key: "percent"),
      ]
    }
    if hasDraw { columns.append(Report.Column("Draw", .money)) }
    columns.append(Report.Column(hasEntries ? "What" : "Why"))
    var scope = [propertySet, "\(Words.span(months)), \(query?.basis.rawValue ?? "") basis"]
    if let against { scope.append("Against \(against)") }
    if let oldest = world.status?.resources.compactMap(\.lastSyncedAt).min() {
      scope.append("Data as of \(oldest.secondsText)")
    }
    var report = Report(
      name: "noi", title: "Net operating income and draws", letterhead: world.portfolio,
      scope: scope, columns: columns, notes: level.sheet?.notes ?? [])
    func add(_ line: MonthLine, _ kind: Report.RowKind, _ title: String) {
      var cells: [Report.Cell] = [.text(title)]
      if hasEntries { cells.append(.optional(line.who)) }
      cells.append(.money(line.now))
      if against != nil {
        cells += [
          .money(line.before), .money(line.change),
          Words.changeTenths(from: line.before, to: line.now).map {
            .percent(Percent(units: Int64($0) * Percent.unitsPerPercent / 10))
          } ?? .none,
        ]
      }
      if hasDraw { cells.append(line.draw.map(Report.Cell.money) ?? .none) }
      cells.append(.optional(line.why))
      report.rows.append(Report.Row(kind, depth: line.depth, cells, Self.reference(line)))
    }
    for line in lines { add(line, line.isSum ? .subtotal : .line, line.title) }
    if lines.count > 1 { add(total, .total, "Sum") }
    return report
  }

  /// The records a line stands for.
  private static func reference(_ line: MonthLine) -> Report.Reference {
    switch line.lead {
    case .place(.property(let id)): Report.Reference(property: id)
    case .place(.owner(let id)): Report.Reference(owner: id)
    case .place(.entries(let property, _, let account)):
      Report.Reference(property: property, account: account)
    case .place(.branch(let property, _, let account)):
      Report.Reference(property: property, account: account)
    case .record(let reference): Report.Reference(transaction: reference.id)
    case .place, nil: Report.Reference()
    }
  }

  /// Lines as text with tabs between the cells and the columns' titles above, as spreadsheets paste
  /// them.
  func text(_ lines: [MonthLine], _ world: World) -> String {
    let report = report(lines, world)
    let rows = lines.count > 1 ? report.rows : Array(report.rows.prefix(1))
    let titles = lines.count > 1 ? [report.columns.map(\.title)] : []
    let cells = rows.map { $0.cells.map(Self.plain) }
    return (titles + cells).map { row in
      row.map { String($0.map { $0 == "\t" || $0.isNewline ? " " : $0 }) }.joined(separator: "\t")
    }.joined(separator: "\n")
  }

  private static func plain(_ cell: Report.Cell) -> String {
    switch cell {
    case .none: ""
    case .text(let text): text
    case .money(let amount): amount.description
    case .percent(let percent): percent.description
    case .date(let date): date.description
    case .count(let count): String(count)
    }
  }
}
