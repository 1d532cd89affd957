// A report as a value: what a screen, a spreadsheet, a page and a file are all made from.
import Domain

/// A finished report: titles, columns and rows, every amount exact.
public struct Report: Sendable, Hashable {
  /// What the cells of a column hold.
  public enum Kind: String, Sendable, Hashable { case text, money, percent, date, count }

  /// A column.
  public struct Column: Sendable, Hashable {
    /// The title above it.
    public var title: String
    /// What its cells hold.
    public var kind: Kind

    /// A column; of text where nothing else is said.
    public init(_ title: String, _ kind: Kind = .text) { (self.title, self.kind) = (title, kind) }
  }

  /// A value in a cell.
  public enum Cell: Sendable, Hashable {
    case none
    case text(String)
    case money(Money)
    case percent(Percent)
    case date(CalendarDate)
    case count(Int)
  }

  /// What a row is to the rows around it.
  public enum RowKind: String, Sendable, Hashable {
    /// The heading of the rows that follow.
    case section
    /// A figure.
    case line
    /// The sum of the lines since the section's heading.
    case subtotal
    /// The sum of subtotals, or of everything.
    case total
  }

  /// A row.
  public struct Row: Sendable, Hashable {
    /// What it is to the rows around it.
    public var kind: RowKind
    /// How far it is indented, from 0.
    public var depth: Int
    /// A cell for each column.
    public var cells: [Cell]

    /// A row.
    public init(_ kind: RowKind, depth: Int = 0, _ cells: [Cell]) {
      (self.kind, self.depth, self.cells) = (kind, depth, cells)
    }
  }

  /// The name in commands: `rent-roll`.
  public var name: String
  /// The title: `Rent roll`.
  public var title: String
  /// What it is about, a line each: whose, which properties, which days, which basis, as of when.
  public var scope: [String]
  /// The columns.
  public var columns: [Column]
  /// The rows.
  public var rows: [Row]
  /// What a reader should know, a sentence each.
  public var notes: [String]

  /// A report.
  public init(
    name: String, title: String, scope: [String], columns: [Column], rows: [Row] = [],
    notes: [String] = []
  ) {
    (self.name, self.title, self.scope) = (name, title, scope)
    (self.columns, self.rows, self.notes) = (columns, rows, notes)
  }

  /// Adds a row.
  public mutating func add(_ kind: RowKind, depth: Int = 0, _ cells: Cell...) {
    rows.append(Row(kind, depth: depth, padded(cells)))
  }

  /// Adds a row whose first cells are given one by one and whose amounts follow.
  public mutating func add(
    _ kind: RowKind, depth: Int = 0, _ title: String, amounts: [Money]
  ) {
    rows.append(Row(kind, depth: depth, padded([.text(title)] + amounts.map(Cell.money))))
  }

  /// Adds a heading.
  public mutating func addSection(_ title: String, depth: Int = 0) {
    rows.append(Row(.section, depth: depth, padded([.text(title)])))
  }

  private func padded(_ cells: [Cell]) -> [Cell] {
    cells + Array(repeating: .none, count: max(0, columns.count - cells.count))
  }
}

extension Report.Cell {
  /// A text, or nothing where there is none.
  public static func optional(_ text: String?) -> Report.Cell {
    text.flatMap { $0.isEmpty ? nil : .text($0) } ?? .none
  }

  /// A day, or nothing where there is none.
  public static func optional(_ date: CalendarDate?) -> Report.Cell { date.map(Self.date) ?? .none }
}
