import Background
import Domain
import Testing

@testable import Storage

@Suite("Lists")
struct ListReaderTests {
  /// All rows of a query, read in windows of a size.
  static func all(_ reader: ListReader, _ query: ListQuery, by size: Int) throws -> [ListRow] {
    var rows: [ListRow] = []
    while true {
      let page = try reader.page(
        ListRequest(query, offset: rows.count, count: size, wantsTotals: false))
      guard page.offset == rows.count, !page.rows.isEmpty else { return rows }
      rows += page.rows
    }
  }

  /// Where a cell stands in an order.
  static func key(_ cell: ListCell) -> (Int, Int64, String) {
    switch cell {
    case .none: (0, 0, "")
    case .number(let value): (1, Int64(value), "")
    case .money(let amount): (1, amount.minorUnits, "")
    case .flag(let flag): (1, flag ? 1 : 0, "")
    case .text(let text): (1, 0, text)
    case .date(let date): (1, 0, date.description)
    case .instant(let instant): (1, instant.milliseconds, "")
    }
  }

  static func query(_ list: ListName, _ column: ListColumn, descending: Bool) -> ListQuery {
    ListQuery(list, sortColumn: column.name, isDescending: descending)
  }

  @Test("every list has a way to show each of its columns and to order by those that order")
  func catalogue() {
    for list in ListName.allCases {
      let source = ListSource.of(list, hasJournal: true)
      #expect(Set(source.columns.keys) == Set(list.columns.map(\.name)), "\(list)")
      for column in list.columns where column.isSortable {
        #expect(source.columns[column.name]?.order != nil, "\(list) \(column.name)")
      }
      #expect(source.columns[source.ownOrder.column]?.order != nil)
    }
  }

  @Test("windows of any size give every row once, in the order of the column, and back in reverse")
  func orders() throws {
    let seed = UInt64.random(in: 0 ... .max)
    let portfolio = try ListPortfolio(seed: seed)
    for list in ListName.allCases {
      for column in list.columns where column.isSortable {
        let up = Self.query(list, column, descending: false)
        let rows = try Self.all(portfolio.reader, up, by: 7)
        let place: Comment = "\(list) by \(column.name), seed \(seed)"
        #expect(Set(rows.map(\.id)).count == rows.count, place)
        let down = try Self.all(
          portfolio.reader, Self.query(list, column, descending: true), by: 1000)
        #expect(down.reversed() == rows, place)
        let page = try portfolio.reader.page(ListRequest(up, offset: 0, count: 3))
        #expect(page.matching == rows.count && page.all == rows.count, place)
        var streamed: [ListRow] = []
        try portfolio.reader.eachRow(of: up) { streamed += $0 }
        #expect(streamed == rows, place)
        // Names of people are ordered by their parts.
        if list == .tenants || list == .owners, column.name == "name" { continue }
        let index = try #require(list.columns.firstIndex(of: column))
        let keys = rows.map { Self.key($0.cells[index]) }
        #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 <= $1 }, place)
      }
    }
  }

  @Test("a window around a row says where the row stands, whatever the order")
  func anchors() throws {
    let seed = UInt64.random(in: 0 ... .max)
    let portfolio = try ListPortfolio(seed: seed)
    for list in ListName.allCases {
      for column in list.columns where column.isSortable {
        for isDescending in [false, true] {
          let query = Self.query(list, column, descending: isDescending)
          let rows = try Self.all(portfolio.reader, query, by: 1000)
          for index in Swift.stride(from: 0, to: rows.count, by: 13) {
            let page = try portfolio.reader.page(
              ListRequest(
                query, offset: 4, count: 9, anchorID: rows[index].id, wantsTotals: false))
            #expect(
              page.anchorIndex == index, "\(list) \(column.name) \(isDescending) seed \(seed)")
            #expect(page.offset == max(0, index - 4))
            #expect(page.rows == Array(rows.dropFirst(page.offset).prefix(9)))
          }
          let none = try portfolio.reader.page(
            ListRequest(query, offset: 0, count: 2, anchorID: "nobody", wantsTotals: false))
          #expect(none.anchorIndex == nil && none.rows == Array(rows.prefix(2)))
        }
      }
    }
  }

  @Test("a window behind the end shows the end")
  func behindTheEnd() throws {
    let portfolio = try ListPortfolio(seed: 1)
    let query = ListQuery(.transactions)
    let rows = try Self.all(portfolio.reader, query, by: 1000)
    let page = try portfolio.reader.page(ListRequest(query, offset: 9999, count: 10))
    #expect(page.rows == rows.suffix(10))
    #expect(page.offset == rows.count - 10)
  }

  @Test("a question stopped at any moment, its very end too, leaves the next one its answer")
  func interruptions() throws {
    let portfolio = try ListPortfolio(seed: 9)
    let request = ListRequest(ListQuery(.transactions), offset: 0, count: 5)
    let whole = try portfolio.reader.page(request).rows
    let reader = portfolio.reader
    let isOver = Cancellation()
    let hasty = Worker(name: "hasty") {
      while !isOver.isCancelled { reader.interrupt() }
    }
    for _ in 0..<1_000 {
      do throws(StorageError) {
        #expect(try reader.page(request).rows == whole)
      } catch {
        #expect(error.kind == .interrupted, "\(error.message)")
      }
    }
    isOver.cancel()
    hasty.join()
    #expect(try reader.page(request).rows == whole)
  }

  static let filters: [(list: ListName, text: String)] = [
    (.transactions, "oak"), (.transactions, "-oak"), (.transactions, "100%"),
    (.transactions, "a_b"), (.transactions, "\"Maple \""), (.transactions, "type:pay"),
    (.transactions, "amount>0"), (.transactions, "-amount>0"), (.transactions, "amount<=-123.45"),
    (.transactions, "amount=246.90"), (.transactions, "date>=2024-11-01"),
    (.transactions, "date:2024-10"), (.transactions, "date<2024-10-20 prop:oak"),
    (.transactions, "-date:2024-10"), (.transactions, "prop:\"\""), (.transactions, "unit:1A"),
    (.transactions, "memo=oak payee:pine"), (.transactions, "memo:\"\""),
    (.transactions, "oak amount>0 type:check -prop:maple"), (.transactions, "ak"),
    (.bills, "vendor:oak"), (.bills, "vendor:\"\""), (.bills, "oak -amount<0"),
    (.bills, "due<=2024-10-15"), (.bills, "due>2024-10-15"), (.units, "occ:yes"),
    (.units, "occ:no"), (.units, "prop:oak rent>=0"), (.leases, "tenants:oak"),
    (.properties, "ÉLAN"), (.transactions, "éLAN"), (.tenants, "-name:éLAN"),
    (.leases, "lease>910"), (.tenants, "name:oak"), (.tenants, "email:oak"), (.owners, "oak"),
    (.apiLog, "status=201"), (.apiLog, "service:air dur>1"), (.audit, "action:pay"),
    (.messages, "1"), (.properties, "units>=2 active:yes"), (.workOrders, "vendor:oak cost>0"),
  ]

  @Test(
    "a filter gives the rows whose cells meet it, with their count and sums", arguments: filters)
  func filtered(list: ListName, text: String) throws {
    let seed = UInt64.random(in: 0 ... .max)
    let portfolio = try ListPortfolio(seed: seed)
    let terms = try ListFilter.terms(text, of: list)
    let everything = try Self.all(portfolio.reader, ListQuery(list), by: 1000)
    let expected = everything.filter { row in
      terms.allSatisfy { Self.meets(row, $0, list) != $0.isNegated }
    }
    for sort in [nil] + list.columns.filter(\.isSortable).map(\.name) {
      let query = ListQuery(list, terms: terms, sortColumn: sort)
      let rows = try Self.all(portfolio.reader, query, by: 11)
      #expect(Set(rows) == Set(expected), "\(text) by \(sort ?? "own"), seed \(seed)")
      let page = try portfolio.reader.page(ListRequest(query, offset: 0, count: 5))
      #expect(page.matching == expected.count && page.all == everything.count)
      for (index, column) in list.columns.enumerated() where column.isTotalled {
        let sum = expected.reduce(Money.zero) { sum, row in
          if case .money(let amount) = row.cells[index] { sum + amount } else { sum }
        }
        #expect(page.totals[column.name] == sum, "\(text): \(column.name)")
      }
    }
  }

  /// Whether a row meets a condition, judged by what it shows.
  static func meets(_ row: ListRow, _ term: ListTerm, _ list: ListName) -> Bool {
    list.columns.enumerated().contains { index, column in
      if let name = term.column, name != column.name { return false }
      if term.column == nil, column.kind != .text, column.kind != .choice { return false }
      // In transactions a word is not looked for in these.
      if list == .transactions, term.column == nil, ["method", "state"].contains(column.name) {
        return false
      }
      guard let meaning = term.meaning(in: column) else { return false }
      let cell = row.cells[index]
      func compared<Value: Comparable>(_ value: Value, _ limit: Value) -> Bool {
        switch term.relation {
        case .contains, .equals: value == limit
        case .less: value < limit
        case .lessOrEqual: value <= limit
        case .more: value > limit
        case .moreOrEqual: value >= limit
        }
      }
      switch (cell, meaning) {
      case (.none, .empty): return true
      case (_, .empty): return false
      case (.none, .flag(let wanted)): return !wanted
      case (.text(let text), .text(let wanted)):
        func folded(_ text: String) -> String { text.lowercased() }
        return term.relation == .equals
          ? folded(text) == folded(wanted) : folded(text).contains(folded(wanted))
      case (.number(let value), .number(let limit)): return compared(value, limit)
      case (.money(let value), .money(let limit)): return compared(value, limit)
      case (.flag(let value), .flag(let wanted)): return value == wanted
      case (.date(let date), .days(let first, let last)):
        switch term.relation {
        case .contains, .equals: return date >= first && date <= last
        case .less: return date < first
        case .lessOrEqual: return date <= last
        case .more: return date > last
        case .moreOrEqual: return date >= first
        }
      default: return false
      }
    }
  }

  @Test("what hangs on a record is the same by every way, and its count is told at the record")
  func links() throws {
    let portfolio = try ListPortfolio(seed: 4)
    let ends: [(RecordReference, [ListName])] = [
      (RecordReference(.properties, "p1"), [.units, .leases, .tenants, .owners, .transactions]),
      (RecordReference(.glAccounts, "a1"), [.transactions, .bills, .bankAccounts]),
      (RecordReference(.leases, "3"), [.tenants]),
    ]
    for (record, lists) in ends {
      let detail = try #require(try portfolio.reader.detail(record))
      for list in lists {
        let link = try #require(
          detail.links.first { $0.query.list == list }, "\(record.list) → \(list)")
        let rows = try Self.all(portfolio.reader, link.query, by: 10)
        #expect(rows.count == link.count && link.count > 0)
        #expect(link.query.linkedTo == record)
      }
    }
    let wanted = try portfolio.test.rows(
      """
      SELECT DISTINCT t.id FROM transactions t JOIN transaction_lines l ON l.transaction_id = t.id
      WHERE l.gl_account_id = 'a1' AND t.deleted_at IS NULL
      """)
    let linked = ListQuery(.transactions, linkedTo: RecordReference(.glAccounts, "a1"))
    #expect(Set(try Self.all(portfolio.reader, linked, by: 50).map(\.id)) == Set(wanted))
  }

  @Test("a list says what it does not know instead of guessing")
  func refusals() throws {
    let portfolio = try ListPortfolio(seed: 5)
    #expect(throws: StorageError.self) {
      try portfolio.reader.page(
        ListRequest(ListQuery(.units, sortColumn: "colour"), offset: 0, count: 1))
    }
    #expect(throws: StorageError.self) {
      try portfolio.reader.page(
        ListRequest(
          ListQuery(.vendors, linkedTo: RecordReference(.units, "u1")), offset: 0, count: 1))
    }
  }

  @Test("changes are seen at once, with their letters, and gone rows are not")
  func changes() throws {
    let portfolio = try ListPortfolio(seed: 6)
    func count(_ text: String) throws -> Int? {
      let terms = try ListFilter.terms(text, of: .transactions)
      return try portfolio.reader.page(
        ListRequest(ListQuery(.transactions, terms: terms), offset: 0, count: 1)
      ).matching
    }
    #expect(try count("zebra") == 0)
    try portfolio.test.run(
      "UPDATE transactions SET memo = 'A Zebra crossing', deleted_at = NULL WHERE id = 'x5'")
    #expect(try count("zebra") == 1)
    #expect(try count("zebra cross") == 1)
    try portfolio.test.run("UPDATE transactions SET memo = 'A horse' WHERE id = 'x5'")
    #expect(try count("zebra") == 0)
    #expect(try count("horse") == 1)
    try portfolio.test.run("UPDATE transactions SET deleted_at = '2026-01-01' WHERE id = 'x5'")
    #expect(try count("horse") == 0)
    // The letters are of those numbers after the file was copied, too.
    let copy = try portfolio.test.store.copy(to: portfolio.test.folder.path + "/copy.sqlite")
    try copy.write { transaction throws(StorageError) in
      try transaction.connection.run("UPDATE transactions SET deleted_at = NULL WHERE id = 'x5'")
    }
    let page = try ListReader(copy).page(
      ListRequest(
        ListQuery(.transactions, terms: [ListTerm(column: nil, .contains, "horse")]), offset: 0,
        count: 5))
    #expect(page.rows.map(\.id) == ["x5"])
  }
}
