// Lists of records with the selected one beside or below, links followed both ways, and a way back:
// what the Ledger and the Activity pane are made of.
import Domain
import Terminal

/// A place in the records: a list, or one record opened over it.
struct RecordPlace: Sendable {
  var table: RecordTable
  /// What the list is called here: `Leases`, or `Leases of Maple Court`.
  var title: String
  /// The record that is open.
  var record: RecordView?
  /// Whether a link led straight to the record, so that leaving it goes back and not to the list.
  var isRecordOnly = false
  /// The pane a person came from, to go back there.
  var origin: Int?
}

/// Walks through the records.
struct RecordBrowser: Sendable {
  /// Names its questions and what it remembers.
  let owner: String
  /// The lists it shows, in order.
  let lists: [ListName]
  var place: RecordPlace
  /// Where `Esc` leads back to, the latest last.
  var behind: [RecordPlace] = []
  /// The selected record, beside or below the list.
  private var preview: RecordView?
  /// Lists that were looked at, as they were left.
  private var left: [ListName: RecordTable] = [:]

  /// Numbers of questions about open records that are taken.
  private var questions = 0
  /// More questions than one record is ever asked for.
  private static let questionsMax = 1_000_000_000
  /// So many steps back are kept.
  private static let behindMax = 50

  init(owner: String, _ lists: [ListName], _ first: ListName) {
    (self.owner, self.lists) = (owner, lists)
    place = RecordPlace(
      table: RecordTable(owner: owner, ListQuery(first)), title: Words.title(first))
  }

  /// Which list is shown.
  var list: ListName { place.table.base.list }

  // MARK: Layout

  struct Layout {
    var table: Area
    var rule: Area?
    var preview: Area?
  }

  private static let besideMin = 118
  private static let belowMin = 16

  /// Where the list and the selected record stand: beside each other where there is width, below
  /// where there is height, else the list alone.
  static func layout(_ area: Area, _ world: World) -> Layout {
    if world.isPlain { return Layout(table: area) }
    if area.columns >= besideMin {
      let width = area.columns * 3 / 5
      return Layout(
        table: Area(row: area.row, column: area.column, rows: area.rows, columns: width),
        rule: Area(row: area.row, column: area.column + width, rows: area.rows, columns: 1),
        preview: Area(
          row: area.row, column: area.column + width + 1, rows: area.rows,
          columns: area.columns - width - 1))
    }
    guard area.rows >= belowMin else { return Layout(table: area) }
    let below = max(5, min(10, area.rows / 3))
    let (top, rest) = area.split(rows: area.rows - below - 1)
    return Layout(
      table: top, rule: Area(row: top.endRow, column: area.column, rows: 1, columns: area.columns),
      preview: rest.split(rows: 1).rest)
  }

  // MARK: Going

  /// Shows one of its lists, as it was left in this run or, before that, in an earlier one.
  mutating func show(_ list: ListName, _ world: World) -> [Reaction] {
    guard lists.contains(list), list != self.list || !behind.isEmpty else { return [] }
    let home = behind.first?.table ?? place.table
    left[home.base.list] = home
    replace(left[list] ?? table(list, world))
    return [.rememberList(owner, list.rawValue)]
  }

  /// Takes up the list of an earlier run, looked at as then.
  mutating func recall(_ world: World) {
    let name = world.memory.lists[owner].flatMap(ListName.init(rawValue:))
    replace(table(name.flatMap { lists.contains($0) ? $0 : nil } ?? list, world))
  }

  private func table(_ list: ListName, _ world: World) -> RecordTable {
    let memory = world.memory.tables["\(owner).\(list.rawValue)"] ?? TableMemory()
    return RecordTable(owner: owner, ListQuery(list), memory: memory)
  }

  private mutating func replace(_ table: RecordTable) {
    var table = table
    table.resume(after: place.table)
    behind = []
    place = RecordPlace(table: table, title: Words.title(table.base.list))
  }

  /// Goes where a link leads and keeps the way back.
  mutating func go(to target: RecordTarget, from origin: Int? = nil) {
    var leaving = place
    leaving.origin = place.origin
    behind.append(leaving)
    if behind.count > Self.behindMax { behind.removeFirst() }
    switch target {
    case .record(let reference):
      place = RecordPlace(
        table: place.table, title: place.title, record: newView(reference), isRecordOnly: true,
        origin: origin)
    case .list(let query, let title):
      var table = RecordTable(owner: owner, query)
      table.resume(after: place.table)
      place = RecordPlace(table: table, title: title, origin: origin)
    }
  }

  /// Opens the selected record over the list.
  mutating func open() {
    guard let row = place.table.selectedRow else { return }
    place.record = newView(RecordReference(list, row.id))
  }

  /// The open record, or the selected one.
  var reference: RecordReference? {
    place.record?.reference ?? place.table.selectedRow.map { RecordReference(list, $0.id) }
  }

  /// The first of the numbers for the questions of a view, which no view before it used.
  mutating func nextQuestion() -> Int {
    questions += Self.questionsMax
    return questions
  }

  private mutating func newView(_ reference: RecordReference) -> RecordView {
    var view = RecordView(
      owner: owner + ".record", reference, number: nextQuestion(), hasTitle: false)
    // What is shown beside already need not be waited for.
    if let preview { view.show(preview.detail) }
    return view
  }

  /// Goes one step back; the pane to go back to when the way came from there; nil at the beginning.
  mutating func back() -> [Reaction]? {
    if place.record != nil, !place.isRecordOnly {
      place.record = nil
      place.table.storeChanged()
      return []
    }
    if place.record == nil, let reactions = place.table.back() { return reactions }
    guard var earlier = behind.popLast() else { return nil }
    let origin = place.origin
    earlier.table.resume(after: place.table)
    earlier.record?.resume()
    place = earlier
    return origin.map { [.goTo($0)] } ?? []
  }

  /// The way here in words: `Leases › Lease 1042-3 › Tenants of Lease 1042-3`.
  var path: String {
    var parts = behind.map { $0.record?.detail?.title ?? $0.title }
    if place.record != nil, !place.isRecordOnly { parts.append(place.title) }
    return parts.suffix(3).map { $0 + " › " }.joined()
  }

  // MARK: Messages

  mutating func take(_ message: Message, _ world: World) -> [Reaction] {
    if case .storeChanged = message {
      preview?.storeChanged()
      place.record?.storeChanged()
    }
    if preview?.take(message, world) ?? false { return [] }
    if place.record?.take(message, world) ?? false { return [] }
    return place.table.take(message, world) ?? []
  }

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    if place.record != nil {
      return place.record?.settle(world) ?? []
    }
    let layout = Self.layout(area, world)
    var reactions = place.table.settle(height: RecordTable.parts(layout.table).rows.rows, world)
    if layout.preview != nil, let row = place.table.selectedRow {
      let reference = RecordReference(list, row.id)
      if preview == nil { preview = RecordView(owner: owner + ".preview", reference) }
      preview?.follow(reference)
      reactions += preview?.settle(world) ?? []
    }
    return reactions
  }

  // MARK: Drawing

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    if let record = place.record {
      frame.put(
        [Piece(" \(path)", .dim), Piece(record.detail?.title ?? "…", .heading)], row: area.row,
        column: area.column, width: area.columns)
      return record.draw(on: &frame, in: Self.recordArea(area), isFocused: true, world)
    }
    let layout = Self.layout(area, world)
    place.table.draw(
      on: &frame, in: layout.table, title: path + place.title, isFocused: true, world)
    if let rule = layout.rule { frame.fill(rule, with: rule.rows > 1 ? "│" : "─", style: .rule) }
    if let area = layout.preview, place.table.count > 0 {
      preview?.draw(on: &frame, in: area, isFocused: false, world)
    }
  }

  /// Where an open record stands: below the line of the way here.
  static func recordArea(_ area: Area) -> Area { area.split(rows: 1).rest }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    if place.record != nil {
      let area = Self.recordArea(area)
      guard let record = place.record else { return [] }
      switch mouse.what {
      case .wheelUp: place.record?.select(record.index - 3, in: area, world)
      case .wheelDown: place.record?.select(record.index + 3, in: area, world)
      case .press:
        guard area.contains(row: mouse.row, column: mouse.column) else { return [] }
        place.record?.select(record.offset + mouse.row - area.row, in: area, world)
      }
      return []
    }
    let layout = Self.layout(area, world)
    if let preview = layout.preview, preview.contains(row: mouse.row, column: mouse.column) {
      if mouse.what == .press { open() }
      return []
    }
    return place.table.mouse(mouse, in: layout.table, world)
  }
}
