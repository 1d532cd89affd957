/// A column of a list.
public struct ListColumn: Sendable, Hashable {
  /// What its cells hold.
  public enum Kind: String, Sendable, Hashable {
    case text, choice, number, money, date, instant, flag
  }

  /// The name in filters and settings: `due_date`. The first letters are enough where they are
  /// plain (`prop:oak`).
  public var name: String
  /// The title above it.
  public var title: String
  /// What its cells hold.
  public var kind: Kind
  /// Whether the list can be ordered by it: an index stands behind every such column.
  public var isSortable: Bool
  /// Whether its sum is shown.
  public var isTotalled: Bool

  init(_ name: String, _ title: String, _ kind: Kind, sortable: Bool = true, totalled: Bool = false)
  {
    (self.name, self.title, self.kind) = (name, title, kind)
    (self.isSortable, self.isTotalled) = (sortable, totalled)
  }
}

extension ListName {
  /// Its columns, in the order in which they stand and give way from the right.
  public var columns: [ListColumn] { Self.columnsByList[self] ?? [] }

  private static let columnsByList: [ListName: [ListColumn]] = [
    .properties: [
      ListColumn("name", "Name", .text), ListColumn("address", "Address", .text),
      ListColumn("city", "City", .text), ListColumn("units", "Units", .number),
      ListColumn("type", "Type", .choice), ListColumn("active", "Active", .flag),
    ]
  ]
}
