// What a screen or a command asks of a list of records, and what it gets back: a window of rows, so
// that a list of a million answers as fast as one of ten.

/// A list that can be shown.
public enum ListName: String, Sendable, Hashable, CaseIterable {
  case properties, units, leases, tenants, owners, ownership, vendors
  case glAccounts = "gl_accounts"
  case bankAccounts = "bank_accounts"
  case transactions, bills, tasks
  case workOrders = "work_orders"
  // What happened.
  case audit
  case apiLog = "api_log"
  case messages, jobs
  /// What the last comparison of the two sides found.
  case differences
}

/// Names one row of a list for good: the list and the row's id in the store.
public struct RecordReference: Sendable, Hashable {
  /// The list.
  public var list: ListName
  /// The id in the store.
  public var id: String

  /// A row of a list.
  public init(_ list: ListName, _ id: String) { (self.list, self.id) = (list, id) }
}

/// One condition of a filter.
public struct ListTerm: Sendable, Hashable {
  /// How a value compares.
  public enum Relation: String, Sendable, Hashable, CaseIterable {
    /// Holds the text, in any case.
    case contains = ":"
    case equals = "="
    case less = "<"
    case lessOrEqual = "<="
    case more = ">"
    case moreOrEqual = ">="
  }

  /// The column's name; nil for any column that holds text. Among transactions those are the ones an
  /// index helps with: all but the method and the posting.
  public var column: String?
  /// How the value compares.
  public var relation: Relation
  /// The value as it was typed.
  public var value: String
  /// Whether rows that meet it are left out.
  public var isNegated: Bool

  /// A condition.
  public init(column: String?, _ relation: Relation, _ value: String, isNegated: Bool = false) {
    (self.column, self.relation) = (column, relation)
    (self.value, self.isNegated) = (value, isNegated)
  }
}

/// Which rows of a list, in which order.
public struct ListQuery: Sendable, Hashable {
  /// The list.
  public var list: ListName
  /// All of these hold.
  public var terms: [ListTerm]
  /// Only rows that hang on this record: the leases of a unit, the transactions of an account.
  public var linkedTo: RecordReference?
  /// The column that orders; nil for the list's own order. Rows that tie stand by their ids.
  public var sortColumn: String?
  /// Whether the order is turned round.
  public var isDescending: Bool

  /// A query; by default all rows in the list's own order.
  public init(
    _ list: ListName, terms: [ListTerm] = [], linkedTo: RecordReference? = nil,
    sortColumn: String? = nil, isDescending: Bool = false
  ) {
    (self.list, self.terms, self.linkedTo) = (list, terms, linkedTo)
    (self.sortColumn, self.isDescending) = (sortColumn, isDescending)
  }
}

/// A window onto the rows of a query.
public struct ListRequest: Sendable, Hashable {
  /// Which rows, in which order.
  public var query: ListQuery
  /// The number of the first row wanted, from 0. With an anchor: how many rows before it are wanted.
  public var offset: Int
  /// How many rows are wanted.
  public var count: Int
  /// A row the window is to be placed around; nil to place it by number.
  public var anchorID: String?
  /// Whether counts and totals are wanted with the rows; they cost more than the rows do.
  public var wantsTotals: Bool

  /// A window.
  public init(
    _ query: ListQuery, offset: Int, count: Int, anchorID: String? = nil, wantsTotals: Bool = true
  ) {
    (self.query, self.offset, self.count) = (query, offset, count)
    (self.anchorID, self.wantsTotals) = (anchorID, wantsTotals)
  }
}

/// A value in a cell.
public enum ListCell: Sendable, Hashable {
  case none
  case text(String)
  case number(Int)
  case money(Money)
  case date(CalendarDate)
  case instant(Instant)
  case flag(Bool)
}

/// A row.
public struct ListRow: Sendable, Hashable {
  /// The id in the store.
  public var id: String
  /// A value for each of the list's columns, in their order.
  public var cells: [ListCell]

  /// A row.
  public init(id: String, cells: [ListCell]) { (self.id, self.cells) = (id, cells) }
}

/// The answer to a request.
public struct ListPage: Sendable, Hashable {
  /// What was asked.
  public var request: ListRequest
  /// The number of the first row given, from 0.
  public var offset: Int
  /// The rows; fewer than asked for at the end of the list.
  public var rows: [ListRow]
  /// Where the anchor stands; nil when none was asked for or it is not among the rows any more.
  public var anchorIndex: Int?
  /// How many rows meet the query; nil when totals were not wanted.
  public var matching: Int?
  /// How many rows the list has without the filter; nil when totals were not wanted.
  public var all: Int?
  /// For each column that is totalled, by its name: the sum over the rows that meet the query.
  public var totals: [String: Money]

  /// An answer.
  public init(
    _ request: ListRequest, offset: Int, rows: [ListRow], anchorIndex: Int? = nil,
    matching: Int? = nil, all: Int? = nil, totals: [String: Money] = [:]
  ) {
    (self.request, self.offset, self.rows) = (request, offset, rows)
    (self.anchorIndex, self.matching, self.all) = (anchorIndex, matching, all)
    self.totals = totals
  }
}
