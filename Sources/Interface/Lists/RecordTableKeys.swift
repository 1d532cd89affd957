// What the keys of a table of records do, and its choices by name for the palette.
import Domain
import Terminal

extension RecordTable {
  /// The keys of a table, for the pane that holds it. A pane that gives one of these keys another
  /// meaning leaves the action out.
  static func bindings<Owner>(
    without: Set<Action> = [], _ table: @escaping @Sendable (Owner) -> RecordTable
  ) -> [Binding<Owner>] {
    let needsRow: @Sendable (Owner, World) -> String? = { owner, _ in
      let table = table(owner)
      if table.selectedRow != nil { return nil }
      return table.count > 0 ? "This row is still being read." : "There is no row here."
    }
    let all: [Binding<Owner>] = [
      Binding([.character("/")], .filter, "filter", "Shows only rows that match what is typed."),
      Binding(
        [.character("s")], .sort, "sort", "Chooses the column that orders the rows."),
      Binding(
        [.character("S")], .reverse, "reverse", "Turns the order of the rows round.",
        footer: false),
      Binding(
        [.character(" ")], .mark, "mark", "Marks the row for a batch, or takes the mark away.",
        disabledReason: needsRow),
      Binding(
        [.character("v")], .markRange, "range",
        "Begins a range of rows, and marks it when pressed again.", footer: false,
        disabledReason: needsRow),
      Binding(
        [.character("*")], .markAll, "mark all", "Marks all rows shown.", footer: false,
        disabledReason: needsRow),
      Binding(
        [.character("!")], .markOthers, "invert", "Marks what is not marked, and the reverse.",
        footer: false, disabledReason: needsRow),
      Binding(
        [.character("y")], .copy, "copy", "Copies the cell, the row or all that is shown.",
        disabledReason: needsRow),
      Binding(
        [.character("e")], .export, "export", "Writes all that is shown to a file.",
        footer: false, disabledReason: needsRow),
      Binding(
        [.left, .character("h")], .previousColumn, "column left", "Goes to the column before.",
        footer: false),
      Binding(
        [.right, .character("l")], .nextColumn, "column right", "Goes to the next column.",
        footer: false),
      Binding(
        [.character("C")], .columns, "columns", "Chooses which columns are shown.", footer: false),
      Binding(
        [.character("w")], .widen, "wider", "Makes the column wider.", footer: false),
      Binding(
        [.character("W")], .narrow, "narrower", "Makes the column narrower.", footer: false),
    ]
    return Binding<Owner>.movement + all.filter { !without.contains($0.action) }
  }

  /// Orders and columns by name, for the palette.
  func namedChoices(_ world: World) -> [Choice] {
    sortChoices + columnChoices
  }

  private var sortChoices: [Choice] {
    columns.filter(\.isSortable).map { column in
      Choice(
        keys: [], action: Action("sort-by-\(column.name)"), label: column.title,
        help: "Orders the rows by \(column.title).", isInFooter: false)
    }
  }

  private var columnChoices: [Choice] {
    columns.dropFirst().map { column in
      let isHidden = view.hidden.contains(column.name)
      return Choice(
        keys: [], action: Action("\(isHidden ? "show" : "hide")-column-\(column.name)"),
        label: (isHidden ? "  " : "✓ ") + column.title,
        help: isHidden ? "Shows the column \(column.title)." : "Hides the column \(column.title).",
        isInFooter: false)
    }
  }

  private static let copyChoices: [Choice] = [
    Choice(
      keys: [.character("y")], action: .copyRow, label: "row", help: "Copies the selected row.",
      isInFooter: false),
    Choice(
      keys: [.character("c")], action: .copyCell, label: "cell",
      help: "Copies the cell of the column that stands out.", isInFooter: false),
    Choice(
      keys: [.character("a")], action: .copyAll, label: "all shown",
      help: "Copies all rows that match, with titles.", isInFooter: false),
  ]

  private static let exportChoices: [Choice] = ListExport.Format.allCases.map { format in
    let name = format == .text ? "plain text" : format.rawValue.uppercased()
    return Choice(
      keys: [.character(format.rawValue.first ?? "c")], action: Action("export-\(format.rawValue)"),
      label: name, help: "Writes all rows that match to a file of \(name).", isInFooter: false)
  }

  // MARK: - Doing

  /// Takes a key while the filter is typed.
  mutating func type(_ key: Key, _ world: World) -> [Reaction]? {
    switch filter.take(key) {
    case .changed: readFilter()
    case .accepted:
      filter.isActive = false
      return remembered()
    case .cancelled:
      filter = TextField()
      readFilter()
      return remembered()
    case nil:
      guard let action: Action = key == .up ? .up : key == .down ? .down : nil else { return nil }
      return perform(action, world)
    }
    return []
  }

  /// Does what an action says; nil when it is none of a table's.
  mutating func perform(_ action: Action, _ world: World) -> [Reaction]? {
    switch action {
    case .up: select(index - 1)
    case .down: select(index + 1)
    case .pageUp: select(index - max(1, height - 1))
    case .pageDown: select(index + max(1, height - 1))
    case .first: select(0)
    case .last: goToEnd()
    case .filter: filter.isActive = true
    case .sort: return [.open(ChoicePicker(.menu("Order by"), sortChoices))]
    case .reverse:
      view.isDescending.toggle()
      return remembered()
    case .mark:
      toggleMark()
      select(index + 1)
    case .markRange: return toggleRange()
    case .markAll: return want(.all)
    case .markOthers: return want(.inverse)
    case .previousColumn: moveColumn(-1)
    case .nextColumn: moveColumn(1)
    case .columns: return [.open(ChoicePicker(.menu("Columns"), columnChoices))]
    case .widen: return resizeColumn(2, world)
    case .narrow: return resizeColumn(-2, world)
    case .copy: return [.open(ChoicePicker(.menu("Copy"), Self.copyChoices))]
    case .copyRow: return selectedRow.map { [.effect(.copy(line($0, world)))] } ?? []
    case .copyCell: return copyCell(world)
    case .copyAll:
      return [
        .effect(
          .export(ListExport(query, columns: shownColumns.map(\.name), format: .text, file: nil)))
      ]
    case .export: return [.open(ChoicePicker(.menu("Write to a file"), Self.exportChoices))]
    default: return performNamed(action)
    }
    return []
  }

  private mutating func performNamed(_ action: Action) -> [Reaction]? {
    let name = action.name
    func column(_ prefix: String) -> ListColumn? {
      guard name.hasPrefix(prefix) else { return nil }
      return columns.first { $0.name == name.dropFirst(prefix.count) }
    }
    if let column = column("sort-by-") {
      // The same again turns it round.
      if view.sortColumn == column.name {
        view.isDescending.toggle()
      } else {
        (view.sortColumn, view.isDescending) = (column.name, false)
      }
      return remembered()
    }
    if let column = column("hide-column-") {
      view.hidden.insert(column.name)
      self.column = max(0, min(self.column, shownColumns.count - 1))
      return remembered()
    }
    if let column = column("show-column-") {
      view.hidden.remove(column.name)
      return remembered()
    }
    if name.hasPrefix("export-"),
      let format = ListExport.Format(rawValue: String(name.dropFirst(7)))
    {
      return [
        .effect(
          .export(
            ListExport(
              query, columns: shownColumns.map(\.name), format: format,
              file: "\(base.list.rawValue)")))
      ]
    }
    return nil
  }

  private func remembered() -> [Reaction] { [.remember("\(owner).\(base.list.rawValue)", view)] }

  /// Undoes what hides rows or stands out, the latest thing first; false when there is nothing.
  mutating func back() -> [Reaction]? {
    if isWaitingForMarks {
      cancelMarking()
    } else if rangeStart != nil {
      cancelRange()
    } else if !filter.text.isEmpty {
      filter = TextField()
      readFilter()
      return remembered()
    } else if !marks.isEmpty {
      clearMarks()
    } else {
      return nil
    }
    return []
  }

  private mutating func moveColumn(_ by: Int) {
    column = max(0, min(column + by, shownColumns.count - 1))
  }

  private mutating func resizeColumn(_ by: Int, _ world: World) -> [Reaction] {
    guard shownColumns.indices.contains(column) else { return [] }
    let name = shownColumns[column].name
    let now =
      view.widths[name] ?? layout(columns: world.size.columns).first { $0.column.name == name }?
      .width ?? 10
    view.widths[name] = max(3, min(now + by, Self.widthMax))
    return remembered()
  }

  private func copyCell(_ world: World) -> [Reaction] {
    guard let row = selectedRow, shownColumns.indices.contains(column),
      let at = columns.firstIndex(of: shownColumns[column]), at < row.cells.count
    else { return [] }
    return [.effect(.copy(CellText.text(row.cells[at], utcOffsetMinutes: world.utcOffsetMinutes)))]
  }

  /// A row as text: the cells that are shown, with tabs between them, as spreadsheets paste them.
  private func line(_ row: ListRow, _ world: World) -> String {
    var writer = ExportWriter(
      ListExport(query, columns: shownColumns.map(\.name), format: .text, file: nil),
      utcOffsetMinutes: world.utcOffsetMinutes)
    return String(writer.text(of: [row]).dropLast())
  }
}

extension Action {
  static let sort = Action("sort")
  static let reverse = Action("reverse-order")
  static let mark = Action("mark")
  static let markRange = Action("mark-range")
  static let markAll = Action("mark-all")
  static let markOthers = Action("invert-marks")
  static let columns = Action("columns")
  static let previousColumn = Action("previous-column")
  static let nextColumn = Action("next-column")
  static let widen = Action("widen-column")
  static let narrow = Action("narrow-column")
  static let copyRow = Action("copy-row")
  static let copyCell = Action("copy-cell")
  static let copyAll = Action("copy-all-shown")
  static let export = Action("export")
}
