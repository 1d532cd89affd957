// A table of records that are in the store: it holds a window of rows around what is in sight, asks
// for others by an effect, and never waits for them. What its keys do is in RecordTableKeys.swift,
// how it looks in RecordTablePicture.swift.
import Domain
import Terminal

/// A list of any length, in a pane.
///
/// A pane keeps one in a variable and hands it what it gets: ``settle(height:_:)``, ``take(_:_:)``,
/// ``type(_:_:)``, ``perform(_:_:)``, ``mouse(_:in:_:)`` and ``draw(on:in:isFocused:_:)``. Its keys come
/// with ``bindings(_:)``.
struct RecordTable: Sendable {
  /// Names its questions; no two tables that live at the same time share it.
  let owner: String
  /// Which rows, in which order; without the filter.
  private(set) var base: ListQuery
  /// How it is looked at.
  var view: TableMemory
  /// The filter while it is typed.
  var filter: TextField
  /// What is wrong with the filter; the conditions that were right before it stay in force.
  private(set) var filterProblem: String?
  private(set) var terms: [ListTerm] = []
  /// A sign before each row, of one column: `!`.
  var sign: (@Sendable (ListRow, World) -> Piece?)?

  // What is selected and in sight, by number.
  private(set) var index = 0
  private(set) var offset = 0
  /// The selected record; nil while its row is not loaded.
  private(set) var selectedID: String?
  var height = 1
  /// The column the copy of a cell means, among those shown; and the first in sight after the frozen.
  var column = 0
  var firstColumn = 1

  // What is known.
  private(set) var rows: [ListRow] = []
  private(set) var rowsOffset = 0
  private(set) var matching: Int?
  private(set) var all: Int?
  private(set) var totals: [String: Money] = [:]
  /// How wide the loaded rows make each column.
  private(set) var naturalWidths: [String: Int] = [:]
  /// The query whose rows are loaded; nil before the first.
  private(set) var loaded: ListQuery?
  /// Why the rows could not be read.
  private(set) var problem: (text: String, hint: String)?

  // What is marked.
  private(set) var marks: [String: ListRow] = [:]
  /// Where a range begins.
  private(set) var rangeStart: Int?
  private(set) var pendingMark: Marking?

  // What was asked.
  private var number = 0
  /// The question about rows whose answer is awaited; and that about sums, which takes longer.
  private var inFlight: Question?
  private var summing: Question?
  /// The query whose sums are known.
  private var summed: ListQuery?
  private var isStale = false
  private var needsTotals = false
  private var totalsAt: Instant?
  private var totalsMilliseconds: Int64 = 0
  private var askedAt: Instant?
  private var wantsLast = false

  /// What rows are wanted for.
  enum Purpose: Sendable, Hashable { case rows, totals, marking }
  private struct Question: Sendable {
    var ticket: Ticket
    var purpose: Purpose
    var query: ListQuery
    var at: Instant
  }

  /// What is to be marked when its rows have come.
  enum Marking: Sendable, Hashable {
    case all, inverse
    case range(ClosedRange<Int>)
  }

  /// A window holds a few screens, so that paging finds rows there.
  private static let windowMin = 240
  /// Marks hold their rows, for batches and sums; more than this is narrowed by a filter first.
  static let marksMax = 10_000
  static let widthMax = 200
  /// Rows that changed are read again so often at most.
  private static let refreshMilliseconds: Int64 = 1000
  /// Sums may take so much of the time, as one part in this many.
  private static let totalsShare: Int64 = 10

  init(owner: String, _ query: ListQuery, memory: TableMemory = TableMemory()) {
    (self.owner, base, view) = (owner, query, memory)
    filter = TextField(text: memory.filter)
    readFilter()
  }

  /// The columns of the list, in order.
  var columns: [ListColumn] { base.list.columns }
  /// Those that are shown, the first of which never scrolls.
  var shownColumns: [ListColumn] { columns.filter { !view.hidden.contains($0.name) } }

  /// What is asked of the store.
  var query: ListQuery {
    var query = base
    query.terms += terms
    if let sort = view.sortColumn {
      (query.sortColumn, query.isDescending) = (sort, view.isDescending)
    } else if view.isDescending {
      query.isDescending.toggle()
    }
    return query
  }

  /// How many rows there are, as far as is known.
  var count: Int { matching ?? rowsOffset + rows.count }
  var isLoading: Bool { loaded != query && problem == nil }
  /// Whether it is still being counted how many rows there are, and what they add up to.
  var isCounting: Bool { loaded == query && summing?.query == query && summed != query }
  var isWaitingForMarks: Bool { pendingMark != nil }

  func row(at index: Int) -> ListRow? {
    rows.indices.contains(index - rowsOffset) ? rows[index - rowsOffset] : nil
  }

  /// The row the next key acts on; nil while it is not loaded or there is none.
  var selectedRow: ListRow? { row(at: index) }

  /// The rows a batch acts on: the marked, or the selected one when none is.
  var chosen: [ListRow] {
    marks.isEmpty ? selectedRow.map { [$0] } ?? [] : marks.values.sorted { $0.id < $1.id }
  }

  /// How many marked rows the filter hides; nil when that is not known because not all rows are
  /// loaded.
  var hiddenMarks: Int? {
    if terms.isEmpty { return 0 }
    guard let matching, rowsOffset == 0, rows.count == matching else { return nil }
    let shown = Set(rows.map(\.id))
    return marks.keys.count { !shown.contains($0) }
  }

  /// The sum of a column over the marked rows.
  func markedTotal(_ column: ListColumn) -> Money {
    guard let at = columns.firstIndex(of: column) else { return .zero }
    return marks.values.reduce(.zero) { sum, row in
      guard at < row.cells.count, case .money(let amount) = row.cells[at] else { return sum }
      return sum + amount
    }
  }

  func isMarked(_ row: ListRow, at index: Int) -> Bool {
    if let rangeStart, (min(rangeStart, self.index)...max(rangeStart, self.index)).contains(index) {
      return true
    }
    return marks[row.id] != nil
  }
}

// MARK: - Asking

extension RecordTable {
  /// Notes that the store has changed: what is shown is read again, the selection stays.
  mutating func storeChanged() { isStale = true }

  /// When it wants to look at the clock again, in milliseconds.
  func nextTick(_ world: World) -> Int? {
    guard (isStale && inFlight == nil) || (needsTotals && summing == nil) else { return nil }
    return Int(Self.refreshMilliseconds)
  }

  /// Takes up where a table it replaced has left off: answers to that one are too late.
  mutating func resume(after other: RecordTable) {
    number = max(number, other.number)
    (inFlight, summing) = (nil, nil)
    isStale = true
    askedAt = nil
  }

  /// Keeps the selection in sight, and asks for what is missing: about rows and about sums one
  /// question each at a time, and none any more about a query that is no longer meant.
  mutating func settle(height: Int, _ world: World) -> [Reaction] {
    self.height = max(1, height)
    scroll()
    if let inFlight, inFlight.query != query { self.inFlight = nil }
    if let summing, summing.query != query { self.summing = nil }
    guard problem == nil || isStale else { return [] }
    return settleRows(world) + settleTotals(world)
  }

  private mutating func settleRows(_ world: World) -> [Reaction] {
    guard inFlight == nil else { return [] }
    let query = query
    let size = max(Self.windowMin, height * 4)
    if loaded != query {
      isStale = false
      return ask(window(query, around: selectedID, size), .rows, world)
    }
    if let pendingMark { return ask(marking(pendingMark, query), .marking, world) }
    let age = askedAt.map { world.now.milliseconds - $0.milliseconds } ?? .max
    if isStale, age < 0 || age >= Self.refreshMilliseconds {
      (isStale, needsTotals) = (false, true)
      return ask(window(query, around: selectedID, size), .rows, world)
    }
    let visible = offset..<max(offset, min(offset + height, count))
    let known = rowsOffset..<(rowsOffset + rows.count)
    let isMissing = !visible.isEmpty && known.clamped(to: visible) != visible
    let isNear =
      (visible.upperBound + height > known.upperBound && known.upperBound < count)
      || (visible.lowerBound < known.lowerBound + height && known.lowerBound > 0)
    guard isMissing || isNear else { return [] }
    let start = max(0, offset + height / 2 - size / 2)
    return ask(ListRequest(query, offset: start, count: size, wantsTotals: false), .rows, world)
  }

  private mutating func settleTotals(_ world: World) -> [Reaction] {
    guard summing == nil, loaded == query else { return [] }
    let rest = totalsAt.map { world.now.milliseconds - $0.milliseconds } ?? .max
    let isDue = rest < 0 || rest >= totalsMilliseconds * Self.totalsShare
    guard summed != query || (needsTotals && isDue) else { return [] }
    needsTotals = false
    return ask(ListRequest(query, offset: 0, count: 0), .totals, world)
  }

  private func window(_ query: ListQuery, around id: String?, _ size: Int) -> ListRequest {
    if let id {
      return ListRequest(query, offset: size / 2, count: size, anchorID: id, wantsTotals: false)
    }
    return ListRequest(
      query, offset: max(0, offset + height / 2 - size / 2), count: size, wantsTotals: false)
  }

  private func marking(_ marking: Marking, _ query: ListQuery) -> ListRequest {
    if case .range(let range) = marking {
      return ListRequest(
        query, offset: range.lowerBound, count: min(range.count, Self.marksMax + 1),
        wantsTotals: false)
    }
    return ListRequest(query, offset: 0, count: Self.marksMax + 1, wantsTotals: false)
  }

  private mutating func ask(
    _ request: ListRequest, _ purpose: Purpose, _ world: World
  ) -> [Reaction] {
    number += 1
    let ticket = Ticket(owner, number)
    let question = Question(ticket: ticket, purpose: purpose, query: request.query, at: world.now)
    if purpose == .totals {
      summing = question
    } else {
      (inFlight, askedAt, problem) = (question, world.now, nil)
    }
    return [.effect(.loadList(request, ticket))]
  }
}

// MARK: - Answers

extension RecordTable {
  /// Takes an answer; nil when it is not for this table.
  mutating func take(_ message: Message, _ world: World) -> [Reaction]? {
    switch message {
    case .list(let page, let ticket):
      guard ticket.owner == owner else { return nil }
      if let question = summing, question.ticket == ticket {
        (summing, summed) = (nil, question.query)
        totalsMilliseconds = max(0, world.now.milliseconds - question.at.milliseconds)
        totalsAt = world.now
        takeTotals(page)
      } else if let question = inFlight, question.ticket == ticket {
        inFlight = nil
        return question.purpose == .marking ? takeMarks(page) : take(page, question)
      }
      // Any other is an answer to an older question.
      return []
    case .unanswered(let ticket, let text, let hint):
      guard ticket.owner == owner else { return nil }
      guard inFlight?.ticket == ticket || summing?.ticket == ticket else { return [] }
      (inFlight, summing, pendingMark) = (nil, nil, nil)
      (isStale, needsTotals) = (false, false)
      problem = (text, hint)
      return [.say(text, .error)]
    case .storeChanged:
      storeChanged()
      return nil
    default: return nil
    }
  }

  private mutating func take(_ page: ListPage, _ question: Question) -> [Reaction] {
    let isRefresh = question.query == loaded
    if let wanted = page.request.anchorID, page.anchorIndex == nil, wanted == selectedID {
      // Without the row that was to be in the middle the window says nothing: ask by number.
      selectedID = nil
      guard isRefresh else {
        (index, offset) = (0, 0)
        return []
      }
      marks[wanted] = nil
      (isStale, askedAt) = (true, nil)
      if let at = rows.firstIndex(where: { $0.id == wanted }) {
        rows.remove(at: at)
        matching = matching.map { max(0, $0 - 1) }
      }
      scroll()
      return [.answer("The selected record is gone from this list; the nearest row is selected.")]
    }
    if !isRefresh { (matching, totals) = (nil, [:]) }
    (loaded, rows, rowsOffset) = (question.query, page.rows, page.offset)
    for row in rows where marks[row.id] != nil { marks[row.id] = row }
    if page.matching != nil { takeTotals(page) }
    // Where the rows end is known better by them than by an older count; a list that has become
    // shorter would else be asked for what it does not have, again and again.
    if let end = Self.end(of: page) {
      matching = end
    } else if let known = matching, rowsOffset + rows.count > known {
      matching = rowsOffset + rows.count
    }
    measure()
    // The person may have moved on since this was asked.
    if let at = page.anchorIndex, page.request.anchorID == selectedID {
      let line = index - offset
      index = at
      offset = max(0, at - line)
    }
    if wantsLast { selectLast() }
    scroll()
    return []
  }

  /// How many rows there are, when the page holds the last of them; nil when it does not tell.
  private static func end(of page: ListPage) -> Int? {
    let request = page.request
    if request.anchorID == nil {
      return page.rows.count < request.count ? page.offset + page.rows.count : nil
    }
    guard let at = page.anchorIndex else { return nil }
    let after = page.rows.count - (at - page.offset)
    return after < request.count - request.offset ? page.offset + page.rows.count : nil
  }

  private mutating func takeTotals(_ page: ListPage) {
    (matching, all, totals) = (page.matching, page.all, page.totals)
    if wantsLast { selectLast() }
    scroll()
  }

  private mutating func selectLast() {
    guard let matching else { return }
    wantsLast = false
    select(matching - 1)
  }

  /// Marks nothing after all: the rows that were to be marked are still being read.
  mutating func cancelMarking() { pendingMark = nil }

  private mutating func takeMarks(_ page: ListPage) -> [Reaction] {
    guard let pendingMark else { return [] }
    self.pendingMark = nil
    guard page.request.query == query else { return [] }
    guard page.rows.count <= Self.marksMax else { return [.answer(Self.tooManyMarks)] }
    return mark(pendingMark, page.rows)
  }

  static let tooManyMarks =
    "At most \(Words.number(marksMax)) rows can be marked at once; / filters the list first."

  /// Widths by the rows that are loaded.
  private mutating func measure() {
    naturalWidths = [:]
    for (at, column) in columns.enumerated() {
      var width = TextWidth.columns(column.title)
      for row in rows where at < row.cells.count {
        let text = CellText.text(row.cells[at], utcOffsetMinutes: 0)
        width = max(width, TextWidth.columns(text))
      }
      naturalWidths[column.name] = min(width, Self.widthMax)
    }
  }
}

// MARK: - Selecting

extension RecordTable {
  /// Selects a row by number; numbers past either end mean the row at that end.
  mutating func select(_ row: Int) {
    wantsLast = false
    index = max(0, min(row, count - 1))
    selectedID = self.row(at: index)?.id
    scroll()
  }

  /// Selects the last row, as soon as it is known which that is.
  mutating func goToEnd() {
    if matching == nil { wantsLast = true } else { select(count - 1) }
  }

  private mutating func scroll() {
    index = max(0, min(index, count - 1))
    offset = max(0, min(offset, count - height))
    if index < offset { offset = index }
    if index >= offset + height { offset = index - height + 1 }
    // Rows of an older query say nothing about what is selected in this one.
    if loaded == query, let row = row(at: index) { selectedID = row.id }
    if count == 0 { selectedID = nil }
    if let start = rangeStart { rangeStart = min(start, max(0, count - 1)) }
  }

  /// Shows other rows: a list, or what hangs on a record. All that belonged to the last is dropped.
  mutating func show(_ query: ListQuery, memory: TableMemory) {
    let old = self
    self = RecordTable(owner: old.owner, query, memory: memory)
    (sign, number, height) = (old.sign, old.number, old.height)
  }

  /// Shows the table around a record once its rows have come.
  mutating func select(id: String) {
    selectedID = id
    loaded = nil
  }

  /// Reads the filter that was typed.
  mutating func readFilter() {
    view.filter = filter.text
    problem = nil
    do throws(ListFilterProblem) {
      terms = try ListFilter.terms(filter.text, of: base.list)
      filterProblem = nil
    } catch {
      filterProblem = error.description
    }
  }

  // MARK: Marks

  mutating func toggleMark() {
    guard let row = selectedRow else { return }
    if marks.removeValue(forKey: row.id) == nil { marks[row.id] = row }
  }

  mutating func toggleRange() -> [Reaction] {
    guard let start = rangeStart else {
      rangeStart = index
      return []
    }
    rangeStart = nil
    return want(.range(min(start, index)...max(start, index)))
  }

  mutating func cancelRange() { rangeStart = nil }
  mutating func clearMarks() { marks = [:] }
  /// Marks these and no others: what a batch could not do.
  mutating func keepMarks(_ ids: Set<String>) { marks = marks.filter { ids.contains($0.key) } }

  /// Marks at once when the rows are loaded, else when they have come.
  mutating func want(_ marking: Marking) -> [Reaction] {
    let range: Range<Int>
    if case .range(let closed) = marking {
      range = closed.lowerBound..<(closed.upperBound + 1)
    } else {
      guard let matching, matching <= Self.marksMax else {
        if matching != nil { return [.answer(Self.tooManyMarks)] }
        pendingMark = marking
        return []
      }
      range = 0..<matching
    }
    guard range.count <= Self.marksMax else { return [.answer(Self.tooManyMarks)] }
    let known = rowsOffset..<(rowsOffset + rows.count)
    guard loaded == query, known.lowerBound <= range.lowerBound,
      range.upperBound <= known.upperBound
    else {
      pendingMark = marking
      return []
    }
    return mark(
      marking, Array(rows[(range.lowerBound - rowsOffset)..<(range.upperBound - rowsOffset)]))
  }

  private mutating func mark(_ marking: Marking, _ rows: [ListRow]) -> [Reaction] {
    var after = marks
    for row in rows {
      if marking == .inverse, after[row.id] != nil {
        after[row.id] = nil
      } else {
        after[row.id] = row
      }
    }
    guard after.count <= Self.marksMax else { return [.answer(Self.tooManyMarks)] }
    marks = after
    return []
  }
}
