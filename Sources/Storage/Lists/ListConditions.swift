import Domain

/// Arguments of a statement in the making.
struct ListArguments {
  private(set) var values: [SQLValue?] = []

  /// The place of a value in the statement's text.
  mutating func place(_ value: SQLValue) -> String {
    values.append(value)
    return "$\(values.count)"
  }
}

/// Turns what a person asked of a list into conditions. Values only ever become arguments.
struct ListConditions {
  let list: ListName
  let source: ListSource

  /// Letters a search by letters needs.
  private static let lettersMin = 3
  /// Groups of three letters looked up for one word; more tell nothing further apart.
  private static let groupsMax = 24

  // MARK: All rows that are wanted

  /// The conditions on `t`, all of which hold.
  ///
  /// - Parameter ordering: expressions that order the rows. Conditions on others are written so that
  ///   no index of theirs is taken: rows come in order without being sorted, or by an index chosen
  ///   beforehand.
  func all(
    of query: ListQuery, ordering: [String], _ arguments: inout ListArguments
  ) throws(StorageError) -> [String] {
    var conditions = [source.isPresent]
    if let record = query.linkedTo {
      conditions.append(try link(record).condition.replacingLink(record, &arguments))
    }
    for term in query.terms {
      let alternatives = columns(of: term).compactMap { column in
        condition(term, column, ordering: ordering, &arguments)
      }
      let any = alternatives.isEmpty ? "1 = 0" : "(\(alternatives.joined(separator: " OR ")))"
      conditions.append(term.isNegated ? "\(any) IS NOT TRUE" : any)
    }
    return conditions
  }

  /// The conditions for counting: order does not matter. All of a list is counted in an index; of
  /// what is filtered, the table is read from end to end, which is faster than by way of an index.
  func toCount(
    _ query: ListQuery, _ arguments: inout ListArguments
  ) throws(StorageError) -> [String] {
    var conditions = try all(of: query, ordering: [], &arguments)
    if !query.terms.isEmpty, query.linkedTo == nil {
      conditions[0] = "(\(source.isPresent)) IS TRUE"
    }
    return conditions
  }

  private func link(_ record: RecordReference) throws(StorageError) -> ListLink {
    guard let link = source.links[record.list] else {
      throw StorageError(
        .programming, "\(list.rawValue) do not hang on \(record.list.rawValue).")
    }
    return link
  }

  /// The columns a term looks at: its own, or those with text.
  private func columns(of term: ListTerm) -> [ListColumn] {
    if let name = term.column { return list.column(name).map { [$0] } ?? [] }
    return list.columns.filter { column in
      guard column.kind == .text || column.kind == .choice else { return false }
      // In the longest list a word is looked for where an index of letters or values helps.
      guard let words = source.words else { return true }
      return words.columns.contains(column.name) || column.isSortable || isAmong(column)
    }
  }

  private func isAmong(_ column: ListColumn) -> Bool {
    if case .among = source.columns[column.name]?.match { true } else { false }
  }

  private func condition(
    _ term: ListTerm, _ column: ListColumn, ordering: [String], _ arguments: inout ListArguments
  ) -> String? {
    guard let meaning = term.meaning(in: column), let known = source.columns[column.name] else {
      return nil
    }
    switch known.match {
    case .own(let expressions):
      let parts = expressions.map { expression in
        Self.comparison(
          ordering.contains(expression) ? expression : Self.aside(expression, column.kind),
          column.kind, term.relation, meaning, &arguments)
      }
      return parts.joined(separator: " OR ")
    case .among(let key, let from, let text, _):
      if meaning == .empty {
        return "(\(key) IS NULL OR \(key) NOT IN (\(from) WHERE COALESCE(\(text), '') <> ''))"
      }
      let within = Self.comparison(text, .text, term.relation, meaning, &arguments)
      return "COALESCE(\(key), '') IN (\(from) WHERE \(within))"
    }
  }

  /// The same value, spelt so that no index is taken for it.
  private static func aside(_ expression: String, _ kind: ListColumn.Kind) -> String {
    switch kind {
    case .number, .money: "(\(expression) + 0)"
    case .text, .choice, .date, .instant: "(\(expression) || '')"
    case .flag: expression
    }
  }

  private static func comparison(
    _ expression: String, _ kind: ListColumn.Kind, _ relation: ListTerm.Relation,
    _ meaning: ListValue, _ arguments: inout ListArguments
  ) -> String {
    let sign =
      switch relation {
      case .contains, .equals: "="
      default: relation.rawValue
      }
    switch meaning {
    case .empty:
      return kind == .text || kind == .choice
        ? "COALESCE(\(expression), '') = ''" : "\(expression) IS NULL"
    case .text(let text):
      switch relation {
      case .contains: return like(expression, "%\(escaped(text))%", &arguments)
      case .equals: return like(expression, escaped(text), &arguments)
      default: return "\(expression) \(sign) \(arguments.place(.text(text)))"
      }
    case .number(let number): return "\(expression) \(sign) \(arguments.place(.int(number)))"
    case .money(let amount): return "\(expression) \(sign) \(arguments.place(.money(amount)))"
    case .flag(let flag): return "COALESCE(\(expression), 0) = \(arguments.place(.bool(flag)))"
    case .days(let first, let last):
      // Moments begin with their day; the text of the next day is after all of them.
      let next = CalendarDate(daysSince1970: last.daysSince1970 + 1)
      let from = arguments.place(
        .date(relation == .more || relation == .lessOrEqual ? next : first))
      switch relation {
      case .less, .lessOrEqual: return "\(expression) < \(from)"
      case .more, .moreOrEqual: return "\(expression) >= \(from)"
      case .contains, .equals:
        return "(\(expression) >= \(from) AND \(expression) < \(arguments.place(.date(next))))"
      }
    }
  }

  static func like(
    _ expression: String, _ pattern: String, _ arguments: inout ListArguments
  ) -> String {
    "\(expression) LIKE \(arguments.place(.text(pattern))) ESCAPE '\\'"
  }

  /// Text in which nothing has a meaning in a pattern.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      if character == "%" || character == "_" || character == "\\" { escaped.append("\\") }
      escaped.append(character)
    }
    return escaped
  }

  // MARK: Rows found by an index

  /// Selects of the ids of rows among which all that are wanted are, each by an index.
  func finders(of query: ListQuery) throws(StorageError) -> [(
    sql: String, arguments: ListArguments
  )] {
    var finders: [(String, ListArguments)] = []
    if let record = query.linkedTo {
      let link = try link(record)
      var arguments = ListArguments()
      let sql = link.ids ?? "SELECT t.id FROM \(source.table) t WHERE \(link.condition)"
      finders.append((sql.replacingLink(record, &arguments), arguments))
    }
    for term in query.terms where !term.isNegated && !term.value.isEmpty {
      if term.column == nil, source.words == nil { continue }
      var arguments = ListArguments()
      if let sql = finder(term, &arguments) { finders.append((sql, arguments)) }
    }
    return finders
  }

  private func finder(_ term: ListTerm, _ arguments: inout ListArguments) -> String? {
    var selects: [String] = []
    var hasWords = false
    for column in columns(of: term) {
      guard let meaning = term.meaning(in: column), let known = source.columns[column.name] else {
        continue
      }
      if let words = source.words, words.columns.contains(column.name) {
        guard term.relation == .contains || term.relation == .equals,
          let groups = Self.groups(term.value)
        else { return nil }
        if !hasWords {
          hasWords = true
          selects.append(
            """
            SELECT n.row_id FROM \(words.index) JOIN \(words.numbers) n
              ON n.number = \(words.index).rowid
            WHERE \(words.index) MATCH \(arguments.place(.text(groups)))
            """)
        }
        continue
      }
      guard let condition = indexed(term, column, known, meaning, &arguments) else { return nil }
      selects.append(
        "SELECT t.id FROM \(source.table) t WHERE \(source.isPresent) AND \(condition)")
    }
    return selects.isEmpty ? nil : selects.joined(separator: " UNION ALL ")
  }

  /// The condition on a column, in the form in which its index answers it; nil when none does.
  private func indexed(
    _ term: ListTerm, _ column: ListColumn, _ known: ListSourceColumn, _ meaning: ListValue,
    _ arguments: inout ListArguments
  ) -> String? {
    switch known.match {
    case .among(let key, let from, let text, isIndexed: true):
      let within = Self.comparison(text, .text, term.relation, meaning, &arguments)
      return "\(key) IN (\(from) WHERE \(within))"
    case .among: return nil
    case .own(let expressions):
      guard expressions.count == 1, case .own(let terms) = known.order, terms == expressions else {
        return nil
      }
      switch column.kind {
      case .flag: return nil
      case .number, .money, .date, .instant:
        return Self.comparison(expressions[0], column.kind, term.relation, meaning, &arguments)
      case .text, .choice:
        guard column.kind == .choice else { return nil }
        let name = String(expressions[0].dropFirst(2))
        let within = Self.comparison("k.v", .text, term.relation, meaning, &arguments)
        // The few values there are, each found by one step through the index.
        return """
          t.\(name) IN (WITH RECURSIVE k(v) AS (
            SELECT MIN(\(name)) FROM \(source.table)
            UNION ALL SELECT (SELECT MIN(x.\(name)) FROM \(source.table) x WHERE x.\(name) > k.v)
              FROM k WHERE k.v IS NOT NULL) SELECT k.v FROM k WHERE \(within))
          """
      }
    }
  }

  /// The groups of three letters of a text, as the index of letters is asked for them; nil when it
  /// is too short.
  static func groups(_ text: String) -> String? {
    let scalars = Array(text.unicodeScalars)
    guard scalars.count >= lettersMin else { return nil }
    let groups = (0...scalars.count - lettersMin).prefix(groupsMax).map { start in
      var group = ""
      for scalar in scalars[start..<start + lettersMin] {
        // A quote within quotes is written twice.
        if scalar == "\"" { group.append("\"") }
        group.unicodeScalars.append(scalar)
      }
      return "\"\(group)\""
    }
    return groups.joined(separator: " AND ")
  }
}

extension String {
  /// The text with the id of a record in the place of `$L`.
  fileprivate func replacingLink(
    _ record: RecordReference, _ arguments: inout ListArguments
  ) -> String {
    let place = arguments.place(.local(record.id))
    return replacing("$L", with: place)
  }
}
