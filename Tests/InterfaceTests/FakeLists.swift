import Domain

@testable import Interface

/// Lists of records without a store: rows made by a rule, so that a list of a million costs nothing.
struct FakeLists {
  /// How many rows each list has.
  var counts: [ListName: Int]
  /// Rows that were deleted, by list and number.
  var deleted: Set<RecordReference> = []
  /// Whether answers are kept back until ``Session/answer()``.
  var isSlow = false
  /// Records with text of the test's choice.
  var texts: [RecordReference: String] = [:]
  /// Everything that was asked.
  private(set) var asked: [ListRequest] = []
  private(set) var records: [RecordReference] = []
  private(set) var searches: [String] = []

  /// The rows' words, for filters; made once.
  private var known: [ListName: [String]] = [:]

  init(counts: [ListName: Int] = [.properties: 1000]) { self.counts = counts }

  /// How many rows may be made for one answer; more means that a table was read whole.
  private let rowsMax = 10_001

  static func id(_ number: Int) -> String {
    "r" + String(repeating: "0", count: max(0, 7 - String(number).count)) + String(number)
  }

  func row(_ list: ListName, _ number: Int) -> ListRow {
    let reference = RecordReference(list, Self.id(number))
    let cells: [ListCell] = list.columns.enumerated().map { index, column in
      switch column.kind {
      case .text:
        .text(
          index == 0
            ? texts[reference] ?? "\(Self.nouns[number % Self.nouns.count]) \(number)"
            : "\(column.title) \(number % 7)")
      case .choice: .text(["open", "closed"][number % 2])
      case .number: .number(number % 50)
      case .money: .money(Money(minorUnits: Int64(number) * 101 - 500))
      case .date: .date(CalendarDate(daysSince1970: 20_000 + number % 900))
      case .instant: .instant(Session.now.adding(milliseconds: Int64(-number) * 60_000))
      case .flag: .flag(number % 3 > 0)
      }
    }
    return ListRow(id: reference.id, cells: cells)
  }

  private static let nouns = ["Maple Court", "Pier", "Alder House", "Oak Row", "Mill Lane"]

  mutating func answer(_ effect: Effect) -> Message? {
    switch effect {
    case .loadList(let request, let ticket):
      asked.append(request)
      return .list(page(request), ticket)
    case .loadRecord(let reference, let ticket):
      records.append(reference)
      return .record(detail(reference), ticket)
    case .searchRecords(let text, let limit, let ticket):
      searches.append(text)
      let hits = (0..<3).map {
        RecordHit(
          RecordReference(.tenants, Self.id($0)), title: "\(text) tenant \($0)",
          subtitle: "Unit \($0)")
      }
      return .hits(Array(hits.prefix(limit)), ticket)
    default: return nil
    }
  }

  /// The numbers of the rows that meet a query, in its order; a range where all do.
  private mutating func numbers(_ query: ListQuery) -> [Int]? {
    if !query.terms.isEmpty, known[query.list] == nil {
      known[query.list] = (0..<(counts[query.list] ?? 0)).map { number in
        row(query.list, number).cells.map { CellText.text($0, utcOffsetMinutes: 0) }
          .joined(separator: " ").lowercased()
      }
    }
    let known = known
    let count = counts[query.list] ?? 0
    let gone = deleted.filter { $0.list == query.list }
    guard !query.terms.isEmpty || !gone.isEmpty || query.linkedTo != nil else { return nil }
    let limit = query.linkedTo == nil ? count : min(count, 3)
    let kept = (0..<limit).filter { number in
      guard !gone.contains(RecordReference(query.list, Self.id(number))) else { return false }
      if query.terms.isEmpty { return true }
      let text = known[query.list]?[number] ?? ""
      return query.terms.allSatisfy { text.contains($0.value.lowercased()) != $0.isNegated }
    }
    return query.isDescending ? kept.reversed() : kept
  }

  private mutating func page(_ request: ListRequest) -> ListPage {
    let query = request.query
    let numbers = numbers(query)
    let matching = numbers?.count ?? counts[query.list] ?? 0
    func number(_ place: Int) -> Int {
      if let numbers { return numbers[place] }
      return query.isDescending ? matching - 1 - place : place
    }
    var anchor: Int?
    if let id = request.anchorID, let wanted = Int(id.dropFirst()) {
      anchor =
        numbers.map { $0.firstIndex(of: wanted) }
        ?? (wanted < matching ? (query.isDescending ? matching - 1 - wanted : wanted) : nil)
      guard anchor != nil else { return ListPage(request, offset: 0, rows: []) }
    }
    let start = max(0, min(anchor.map { $0 - request.offset } ?? request.offset, matching))
    let end = min(matching, start + min(request.count, rowsMax))
    let rows = (start..<max(start, end)).map { row(query.list, number($0)) }
    let money = query.list.columns.filter(\.isTotalled)
    return ListPage(
      request, offset: start, rows: rows, anchorIndex: anchor,
      matching: request.wantsTotals ? matching : nil,
      all: request.wantsTotals ? counts[query.list] ?? 0 : nil,
      totals: request.wantsTotals
        ? Dictionary(
          uniqueKeysWithValues: money.map { ($0.name, Money(minorUnits: Int64(matching) * 100)) })
        : [:])
  }

  func detail(_ reference: RecordReference) -> RecordDetail? {
    guard !deleted.contains(reference), let number = Int(reference.id.dropFirst()) else {
      return nil
    }
    let row = row(reference.list, number)
    let name = CellText.text(row.cells.first ?? .none, utcOffsetMinutes: 0)
    let fields = zip(reference.list.columns, row.cells).map { RecordDetail.Field($0.title, $1) }
    return RecordDetail(
      reference, title: "\(Words.title(reference.list)) \(name)",
      fields: fields + [
        RecordDetail.Field(
          "Tenant", .text("Okafor, Ada"), link: RecordReference(.tenants, Self.id(7)))
      ], lineTitles: ["Account", "Amount"],
      lines: [[.text("6110 Plumbing"), .money(Money(minorUnits: 48_000))]],
      links: [
        RecordDetail.Link("Leases", ListQuery(.leases, linkedTo: reference), count: 3),
        RecordDetail.Link("Bills", ListQuery(.bills, linkedTo: reference), count: 0),
      ],
      history: [.init(at: Session.now, actor: "Buildium", text: "Rent 1,450.00 → 1,495.00")],
      source: "{\n  \"Id\": \(number)\n}")
  }
}
