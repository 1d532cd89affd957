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
    /// The name programs know it by: `market_rent`.
    public var key: String

    /// A column; of text where nothing else is said, its key made from the title.
    public init(_ title: String, _ kind: Kind = .text, key: String? = nil) {
      (self.title, self.kind) = (title, kind)
      self.key = key ?? Self.key(title)
    }

    private static func key(_ title: String) -> String {
      title.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        .joined(separator: "_")
    }
  }

  /// The records and the days a row stands for, so that a figure can be opened.
  ///
  /// Ids are Buildium's, or the store's for what Buildium does not know.
  public struct Reference: Sendable, Hashable {
    /// The property.
    public var property: String?
    /// The account of the general ledger.
    public var account: String?
    /// The unit.
    public var unit: String?
    /// The lease.
    public var lease: String?
    /// The bill.
    public var bill: String?
    /// The owner.
    public var owner: String?
    /// The transaction.
    public var transaction: String?
    /// The days; nil for those of the report.
    public var period: Period?

    /// What a row stands for.
    public init(
      property: String? = nil, account: String? = nil, unit: String? = nil, lease: String? = nil,
      bill: String? = nil, owner: String? = nil, transaction: String? = nil, period: Period? = nil
    ) {
      (self.property, self.account, self.unit) = (property, account, unit)
      (self.lease, self.bill, self.owner) = (lease, bill, owner)
      (self.transaction, self.period) = (transaction, period)
    }

    /// The ids that are there, by the names programs know them by: `property_id`.
    public var ids: [(name: String, id: String)] {
      [
        ("property_id", property), ("gl_account_id", account), ("unit_id", unit),
        ("lease_id", lease), ("bill_id", bill), ("owner_id", owner),
        ("transaction_id", transaction),
      ].compactMap { name, id in id.flatMap { $0.isEmpty ? nil : (name, $0) } }
    }
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
    /// What it stands for.
    public var reference: Reference

    /// A row.
    public init(
      _ kind: RowKind, depth: Int = 0, _ cells: [Cell], _ reference: Reference = Reference()
    ) {
      (self.kind, self.depth, self.cells, self.reference) = (kind, depth, cells, reference)
    }

    /// Whether nothing stands beside its first cell: a heading, a sentence.
    public var isAlone: Bool { cells.dropFirst().allSatisfy { $0 == .none } }
  }

  /// The name in commands: `rent-roll`.
  public var name: String
  /// The title: `Rent roll`.
  public var title: String
  /// Whose books it is from: the name at the head of its pages.
  public var letterhead: String
  /// What it is about, a line each: for whom, which properties, which days, which basis, as of when.
  public var scope: [String]
  /// The columns.
  public var columns: [Column]
  /// The rows.
  public var rows: [Row]
  /// What a reader should know, a sentence each.
  public var notes: [String]

  /// A report.
  public init(
    name: String, title: String, letterhead: String, scope: [String], columns: [Column],
    rows: [Row] = [], notes: [String] = []
  ) {
    (self.name, self.title, self.letterhead, self.scope) = (name, title, letterhead, scope)
    (self.columns, self.rows, self.notes) = (columns, rows, notes)
  }

  /// Adds a row.
  public mutating func add(
    _ kind: RowKind, depth: Int = 0, _ cells: Cell..., of reference: Reference = Reference()
  ) {
    rows.append(Row(kind, depth: depth, padded(cells), reference))
  }

  /// Adds a row whose first cells are given one by one and whose amounts follow.
  public mutating func add(
    _ kind: RowKind, depth: Int = 0, _ title: String, amounts: [Money],
    of reference: Reference = Reference()
  ) {
    rows.append(
      Row(kind, depth: depth, padded([.text(title)] + amounts.map(Cell.money)), reference))
  }

  /// Adds a heading.
  public mutating func addSection(
    _ title: String, depth: Int = 0, of reference: Reference = Reference()
  ) {
    rows.append(Row(.section, depth: depth, padded([.text(title)]), reference))
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
