// One question about a list, answered within one transaction.
//
// Rows are found in one of two ways. *Walking* takes them in the order of an index and leaves out what
// is not wanted: right when many are wanted. *Gathering* takes few rows from the index of a condition
// and orders them: right when few are wanted. Which it is, is found out by counting to a limit.
import Domain

struct ListQuestion {
  /// Rows that are gathered and ordered; with more, an index that has the order is walked.
  static let gatheredMax = 5000
  private static let exportWindow = 500

  let query: ListQuery
  let conditions: ListConditions
  let connection: Connection
  var memory: ListMemory

  private let order: ListOrder
  private let isDescending: Bool
  private var source: ListSource { conditions.source }

  init(_ query: ListQuery, _ state: ListReader.State) throws(StorageError) {
    self.query = query
    conditions = ListConditions(
      list: query.list, source: ListSource.of(query.list, hasJournal: state.hasJournal))
    connection = state.connection
    memory = state.memory
    let source = conditions.source
    let name = query.sortColumn ?? source.ownOrder.column
    guard let order = source.columns[name]?.order else {
      throw StorageError(.programming, "\(query.list.rawValue) are not ordered by “\(name)”.")
    }
    self.order = order
    let own = query.sortColumn == nil && source.ownOrder.isDescending
    isDescending = own != query.isDescending
    // Known only inside the transaction, once something was read in it.
    let version = try connection.row("PRAGMA data_version") { row throws(StorageError) in row.int(0)
    }
    memory.see(version: version ?? -1)
  }

  // MARK: Windows

  mutating func page(_ request: ListRequest) throws(StorageError) -> ListPage {
    let count = max(0, request.count)
    var anchor: Int?
    if let id = request.anchorID { anchor = try index(of: id) }
    var offset = anchor.map { max(0, $0 - request.offset) } ?? max(0, request.offset)
    var ids = try window(offset: offset, count: count)
    if ids.isEmpty, offset > 0, count > 0 {
      // The list has become shorter: what stands at its end now.
      offset = max(0, try matching() - count)
      ids = try window(offset: offset, count: count)
    }
    var page = ListPage(request, offset: offset, rows: try rows(ids), anchorIndex: anchor)
    if request.wantsTotals {
      page.matching = try matching()
      page.totals = try totals()
      page.all = try all()
    }
    return page
  }

  private mutating func window(offset: Int, count: Int) throws(StorageError) -> [String] {
    if let ids = try gathered() {
      return Array(ids.dropFirst(offset).prefix(count))
    }
    var (ids, rest) = ([String](), offset)
    let stretches = source.stretches(order, isDescending: isDescending)
    for (number, stretch) in stretches.enumerated() where ids.count < count {
      var arguments = ListArguments()
      let conditions = try conditions(stretch, &arguments)
      let sql = """
        SELECT t.id FROM \(stretch.from) WHERE \(conditions)
        ORDER BY \(ordering(stretch.terms)) LIMIT \(arguments.place(.int(count - ids.count)))
        OFFSET \(arguments.place(.int(rest)))
        """
      let found = try connection.rows(sql, arguments: arguments.values) {
        row throws(StorageError) in row.text(0)
      }
      if found.isEmpty, rest > 0, number + 1 < stretches.count {
        rest = max(0, rest - (try self.count(stretch)))
      } else {
        rest = 0
      }
      ids += found
    }
    return ids
  }

  /// The ids of all rows in their order, when they are few or the list is short; else nil.
  private mutating func gathered() throws(StorageError) -> [String]? {
    var facts = memory[query]
    if facts.isPlanned { return facts.ids }
    facts.isPlanned = true
    if source.isShort {
      facts.ids = try ids(among: nil)
    } else {
      for finder in try conditions.finders(of: query) {
        var arguments = finder.arguments
        let limit = arguments.place(.int(Self.gatheredMax + 1))
        let found =
          try connection.rows(
            "SELECT COUNT(*) FROM (SELECT 1 FROM (\(finder.sql)) LIMIT \(limit))",
            arguments: arguments.values
          ) { row throws(StorageError) in row.int(0) }.first ?? 0
        guard found <= Self.gatheredMax else { continue }
        facts.ids = try ids(among: finder)
        break
      }
    }
    facts.matching = facts.ids?.count
    memory[query] = facts
    return facts.ids
  }

  private func ids(
    among finder: (sql: String, arguments: ListArguments)?
  ) throws(StorageError) -> [String] {
    var arguments = finder?.arguments ?? ListArguments()
    var from = "\(source.table) t"
    var terms = ["t.id"]
    switch order {
    case .own(let own): terms = own + terms
    case .joined(let table, let alias, let key, let name, let then):
      from += " LEFT JOIN \(table) \(alias) ON \(alias).id = \(key)"
      // As the stretches stand: without a record, then by its name, which may be empty.
      terms = ["\(key) IS NOT NULL", "COALESCE(\(name), '')", "\(alias).id"] + then + terms
    }
    var all = try conditions.all(of: query, ordering: [], &arguments)
    if let finder { all.insert("t.id IN (\(finder.sql))", at: 0) }
    return try connection.rows(
      """
      SELECT t.id FROM \(from) WHERE \(all.joined(separator: " AND ")) ORDER BY \(ordering(terms))
      """, arguments: arguments.values
    ) { row throws(StorageError) in row.text(0) }
  }

  private func conditions(
    _ stretch: ListSource.Stretch, _ arguments: inout ListArguments
  ) throws(StorageError) -> String {
    let own = stretch.condition.map { [$0] } ?? []
    return (own + (try conditions.all(of: query, ordering: stretch.terms, &arguments)))
      .joined(separator: " AND ")
  }

  private func ordering(_ terms: [String]) -> String {
    terms.map { isDescending ? "\($0) DESC" : $0 }.joined(separator: ", ")
  }

  // MARK: Rows

  /// The row's columns as they are selected, and how they are read.
  private var shownColumns: String {
    query.list.columns.map { source.columns[$0.name]?.shown ?? "NULL" }.joined(separator: ", ")
  }

  private func rows(_ ids: [String]) throws(StorageError) -> [ListRow] {
    let sql = """
      SELECT \(shownColumns) FROM \(source.oneRow ?? source.table) t \(source.joins)
      WHERE t.id = $1
      """
    let columns = query.list.columns
    var rows: [ListRow] = []
    rows.reserveCapacity(ids.count)
    for id in ids {
      let cells = try connection.row(sql, .local(id)) { row throws(StorageError) in
        columns.indices.map { row.cell($0, columns[$0].kind) }
      }
      if let cells { rows.append(ListRow(id: id, cells: cells)) }
    }
    return rows
  }

  func eachRow(_ body: ([ListRow]) throws(StorageError) -> Void) throws(StorageError) -> Int {
    var count = 0
    var ids: [String] = []
    func hand() throws(StorageError) {
      try body(try rows(ids))
      count += ids.count
      ids = []
    }
    var question = self
    if let all = try question.gathered() {
      for id in all {
        ids.append(id)
        if ids.count == Self.exportWindow { try hand() }
      }
    } else {
      for stretch in source.stretches(order, isDescending: isDescending) {
        var arguments = ListArguments()
        let conditions = try conditions(stretch, &arguments)
        try connection.each(
          "SELECT t.id FROM \(stretch.from) WHERE \(conditions) ORDER BY \(ordering(stretch.terms))",
          arguments: arguments.values
        ) { row throws(StorageError) in
          ids.append(row.text(0))
          if ids.count == Self.exportWindow { try hand() }
        }
      }
    }
    if !ids.isEmpty { try hand() }
    return count
  }

  // MARK: The place of a row

  private mutating func index(of id: String) throws(StorageError) -> Int? {
    if let ids = try gathered() { return ids.firstIndex(of: id) }
    var before = 0
    for stretch in source.stretches(order, isDescending: isDescending) {
      if let values = try values(of: id, in: stretch) {
        return try before + rowsBefore(values, in: stretch)
      }
      before += try count(stretch)
    }
    return nil
  }

  /// What orders a row, when it stands in the stretch.
  private func values(
    of id: String, in stretch: ListSource.Stretch
  ) throws(StorageError) -> [SQLValue?]? {
    var arguments = ListArguments()
    let place = arguments.place(.local(id))
    let conditions = try conditions(stretch, &arguments)
    return try connection.rows(
      "SELECT \(stretch.terms.joined(separator: ", ")) FROM "
        + "\(stretch.from.replacing("CROSS JOIN", with: "JOIN")) "
        + "WHERE t.id = \(place) AND \(conditions)", arguments: arguments.values
    ) { row throws(StorageError) in stretch.terms.indices.map { row.value($0) } }.first
  }

  /// How many rows stand before one: for each ordering value those that share the values before it
  /// and have a smaller one. Each part is a range of the index.
  private func rowsBefore(
    _ values: [SQLValue?], in stretch: ListSource.Stretch
  ) throws(StorageError) -> Int {
    var total = 0
    for level in values.indices {
      let term = stretch.terms[level]
      // Nothing stands before everything else, whichever way the order goes.
      let tests: [(SQLValue?) -> String?] =
        isDescending
        ? [{ $0 == nil ? "\(term) IS NOT NULL" : "\(term) > @" }]
        : [{ $0 == nil ? nil : "\(term) IS NULL" }, { $0 == nil ? nil : "\(term) < @" }]
      for test in tests {
        guard let text = test(values[level]) else { continue }
        var arguments = ListArguments()
        var parts: [String] = []
        for (term, value) in zip(stretch.terms, values).prefix(level) {
          parts.append(value.map { "\(term) = \(arguments.place($0))" } ?? "\(term) IS NULL")
        }
        parts.append(
          text.contains("@")
            ? text.replacing("@", with: values[level].map { arguments.place($0) } ?? "") : text)
        total += try count(stretch, parts, arguments)
      }
    }
    return total
  }

  private func count(
    _ stretch: ListSource.Stretch, _ parts: [String] = [], _ given: ListArguments = ListArguments()
  ) throws(StorageError) -> Int {
    var arguments = given
    let conditions = try conditions(stretch, &arguments)
    let all = (parts + [conditions]).joined(separator: " AND ")
    return try connection.rows(
      "SELECT COUNT(*) FROM \(stretch.from) WHERE \(all)", arguments: arguments.values
    ) { row throws(StorageError) in row.int(0) }.first ?? 0
  }

  // MARK: Counts and sums

  private mutating func matching() throws(StorageError) -> Int {
    if let known = memory[query].matching { return known }
    try sum()
    return memory[query].matching ?? 0
  }

  private mutating func totals() throws(StorageError) -> [String: Money] {
    if let known = memory[query].totals { return known }
    try sum()
    return memory[query].totals ?? [:]
  }

  private mutating func all() throws(StorageError) -> Int {
    var whole = ListQuery(query.list, linkedTo: query.linkedTo)
    // Facts about rows, not about their order: kept under the plain question.
    if query.terms.isEmpty { whole = query }
    if let known = memory[whole].matching { return known }
    let count = try count(of: whole)
    var facts = memory[whole]
    facts.matching = count
    memory[whole] = facts
    return count
  }

  private mutating func sum() throws(StorageError) {
    let columns = query.list.columns.filter(\.isTotalled)
    let ids = try gathered()
    var sums: [Int64] = []
    var number = 0
    if let ids {
      // Few rows: each is read by its id.
      number = ids.count
      sums = Array(repeating: 0, count: columns.count)
      if !columns.isEmpty {
        let shown = columns.map { source.columns[$0.name]?.shown ?? "NULL" }
        let sql = """
          SELECT \(shown.joined(separator: ", ")) FROM \(source.table) t \(source.joins)
          WHERE t.id = $1
          """
        for id in ids {
          let amounts = try connection.row(sql, .local(id)) { row throws(StorageError) in
            columns.indices.map { row.isNull($0) ? 0 : row.int64($0) }
          }
          for (index, amount) in (amounts ?? []).enumerated() { sums[index] += amount }
        }
      }
    } else {
      number = try count(of: query)
      for column in columns { sums.append(try sum(column)) }
    }
    var facts = memory[query]
    facts.matching = number
    facts.totals = Dictionary(
      uniqueKeysWithValues: zip(columns, sums).map { ($0.name, Money(minorUnits: $1)) })
    memory[query] = facts
  }

  private func count(of query: ListQuery) throws(StorageError) -> Int {
    var arguments = ListArguments()
    let all = try conditions.toCount(query, &arguments)
    return try connection.rows(
      "SELECT COUNT(*) FROM \(source.table) t WHERE \(all.joined(separator: " AND "))",
      arguments: arguments.values
    ) { row throws(StorageError) in row.int(0) }.first ?? 0
  }

  private func sum(_ column: ListColumn) throws(StorageError) -> Int64 {
    let amount = source.columns[column.name]?.shown ?? "0"
    var arguments = ListArguments()
    var all = try conditions.toCount(query, &arguments)
    // Every amount is more than this: it makes a range of the index that has the amounts.
    if query.terms.isEmpty, query.linkedTo == nil { all.append("\(amount) > \(Int64.min + 1)") }
    return try connection.rows(
      """
      SELECT COALESCE(SUM(\(amount)), 0) FROM \(source.table) t
      WHERE \(all.joined(separator: " AND "))
      """, arguments: arguments.values
    ) { row throws(StorageError) in row.int64(0) }.first ?? 0
  }
}

extension Row {
  /// A value as it is bound again.
  func value(_ column: Int) -> SQLValue? {
    isNull(column) ? nil : isInteger(column) ? .integer(int64(column)) : .text(text(column))
  }

  /// A value as a list shows it; text without a letter is no value.
  func cell(_ column: Int, _ kind: ListColumn.Kind) -> ListCell {
    if isNull(column) { return .none }
    switch kind {
    case .text, .choice:
      let text = text(column)
      return text.isEmpty ? .none : .text(text)
    case .number: return .number(int(column))
    case .money: return .money(money(column))
    case .date: return date(column).map(ListCell.date) ?? .none
    case .instant: return instant(column).map(ListCell.instant) ?? .none
    case .flag: return .flag(bool(column))
    }
  }
}
