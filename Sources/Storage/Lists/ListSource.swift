import Domain

/// How one list stands in the tables: what its columns are, what orders and filters them, and which
/// of its rows hang on other records.
///
/// In all expressions `t` is the row of the list's own table.
struct ListSource {
  /// What follows FROM, without the alias.
  let table: String
  /// Which rows belong to the list.
  var isPresent: String = "t.deleted_at IS NULL"
  /// What the shown values need besides the table.
  var joins = ""
  /// For each column of the list, by its name.
  let columns: [String: ListSourceColumn]
  /// The list's own order: a column, and whether the last comes first.
  let ownOrder: (column: String, isDescending: Bool)
  /// How rows hang on records of other lists.
  var links: [ListName: ListLink] = [:]
  /// Where words are found in the list's texts; nil for lists that are read through.
  var words: ListWords?
  /// Whether the list is cut back, so that all of it can be ordered at once.
  var isShort = false
  /// What stands for `table` when one row is looked up by its id, `$1`.
  var oneRow: String?
}

/// A column of a list in terms of the tables.
struct ListSourceColumn {
  /// What is shown: an expression of `t` and the joins.
  let shown: String
  var order: ListOrder?
  /// What a filter looks at.
  let match: ListMatch

  /// A column of the table itself, which orders by itself where the list says so.
  static func own(_ column: String) -> Self {
    Self(shown: column, order: .own([column]), match: .own([column]))
  }

  /// The name of a record the row points to.
  static func linked(
    _ table: String, _ alias: String, key: String, name: String = "name", then: [String],
    isKeyText: Bool = true
  ) -> Self {
    Self(
      shown: "\(alias).\(name)",
      order: .joined(table: table, alias: alias, key: key, name: "\(alias).\(name)", then: then),
      match: .among(
        key: key, from: "SELECT \(alias).id FROM \(table) \(alias)", text: "\(alias).\(name)",
        isIndexed: true))
  }
}

/// What orders rows; an index stands behind each, ending with the id.
enum ListOrder {
  /// Expressions of `t`.
  case own([String])
  /// By the name of a record the row points to, then by the row's own; rows that point to none come
  /// first.
  case joined(table: String, alias: String, key: String, name: String, then: [String])
}

/// What a filter looks at.
enum ListMatch {
  /// Expressions of `t`; one that meets the condition is enough.
  case own([String])
  /// The row's key is among those of other rows whose text meets the condition.
  case among(key: String, from: String, text: String, isIndexed: Bool)
}

/// How rows of a list hang on a record of another; the record's id is written `$L`.
struct ListLink {
  /// What the way is called at the record it leads from.
  let title: String
  /// A condition on `t`.
  let condition: String
  /// The rows' ids by an index; nil where the condition has one by itself.
  var ids: String?

  init(_ title: String, _ condition: String, ids: String? = nil) {
    (self.title, self.condition, self.ids) = (title, condition, ids)
  }
}

/// Where words are found by their letters.
struct ListWords {
  /// Gives a number to each row; columns `number` and `row_id`.
  let numbers: String
  /// The full-text table over those numbers.
  let index: String
  /// The list's columns whose text it holds.
  let columns: Set<String>
}

extension ListSource {
  /// One of the ordered stretches a list consists of.
  struct Stretch {
    let from: String
    let condition: String?
    /// What orders, the id last.
    let terms: [String]
  }

  /// The stretches of an order, in it.
  func stretches(_ order: ListOrder, isDescending: Bool) -> [Stretch] {
    switch order {
    case .own(let terms):
      return [Stretch(from: "\(table) t", condition: nil, terms: terms + ["t.id"])]
    case .joined(let names, _, let key, _, let then):
      let without = Stretch(
        from: "\(table) t", condition: "\(key) IS NULL", terms: then + ["t.id"])
      // Names that are never missing, in a key of their own: only then does the order of the rows
      // under each name come from their index.
      let with = Stretch(
        from: "list_names g CROSS JOIN \(table) t",
        condition: "g.kind = '\(names)' AND \(key) = g.id",
        terms: ["g.name", "g.id"] + then + ["t.id"])
      return isDescending ? [with, without] : [without, with]
    }
  }

  /// The source of a list.
  ///
  /// - Parameter hasJournal: whether the store has a journal of the synchronization.
  static func of(_ list: ListName, hasJournal: Bool) -> ListSource {
    if list == .audit { return audit(hasJournal: hasJournal) }
    guard let source = all[list] else { preconditionFailure("no source for \(list)") }
    return source
  }

  private static let all: [ListName: ListSource] =
    places.merging(people) { $1 }.merging(books) { $1 }.merging(work) { $1 }
    .merging(happenings) { $1 }
}
