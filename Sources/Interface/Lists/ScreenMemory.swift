// How the lists are looked at, kept from one run to the next.
import Domain

/// How one list is looked at: its order, its columns and its filter.
public struct TableMemory: Sendable, Hashable {
  /// The column that orders; nil for the list's own order.
  public var sortColumn: String?
  /// Whether the order is turned round.
  public var isDescending = false
  /// Names of the columns that are not shown.
  public var hidden: Set<String> = []
  /// Widths a person has chosen, by the columns' names.
  public var widths: [String: Int] = [:]
  /// The filter as it was typed.
  public var filter = ""

  /// A list as it comes.
  public init() {}

  var isPlain: Bool { self == TableMemory() }
}

/// What the screen remembers from one run to the next.
public struct ScreenMemory: Sendable, Hashable {
  /// How each list is looked at, by the pane's and the list's names.
  public var tables: [String: TableMemory] = [:]
  /// The list each pane shows, by the pane's name.
  public var lists: [String: String] = [:]

  /// Nothing remembered.
  public init() {}

  /// Reads what ``json`` wrote. What cannot be read is left out: it is only how things looked.
  public init(json: JSONValue) {
    for (name, value) in Self.members(json["tables"]) {
      var table = TableMemory()
      table.sortColumn = value["sort"]?.string
      table.isDescending = value["descending"]?.bool ?? false
      table.hidden = Set(value["hidden"]?.array?.compactMap(\.string) ?? [])
      for (column, width) in Self.members(value["widths"]) {
        if let width = width.int { table.widths[column] = max(1, min(width, RecordTable.widthMax)) }
      }
      table.filter = String((value["filter"]?.string ?? "").prefix(TextField.lengthMax))
      tables[name] = table
    }
    for (pane, value) in Self.members(json["lists"]) { lists[pane] = value.string }
  }

  private static func members(_ value: JSONValue?) -> [(String, JSONValue)] {
    guard let object = value?.object else { return [] }
    return object.keys.compactMap { key in object[key].map { (key, $0) } }
  }

  /// All of it as a document; the same memory gives the same text.
  public var json: JSONValue {
    var written = JSONObject()
    for (name, table) in tables.sorted(by: { $0.key < $1.key }) where !table.isPlain {
      var object = JSONObject()
      if let sort = table.sortColumn { object["sort"] = .string(sort) }
      if table.isDescending { object["descending"] = true }
      if !table.hidden.isEmpty {
        object["hidden"] = .array(table.hidden.sorted().map { .string($0) })
      }
      if !table.widths.isEmpty {
        var widths = JSONObject()
        for (column, width) in table.widths.sorted(by: { $0.key < $1.key }) {
          widths[column] = .number(String(width))
        }
        object["widths"] = .object(widths)
      }
      if !table.filter.isEmpty { object["filter"] = .string(table.filter) }
      written[name] = .object(object)
    }
    var shown = JSONObject()
    for (pane, list) in lists.sorted(by: { $0.key < $1.key }) { shown[pane] = .string(list) }
    var whole = JSONObject()
    whole["tables"] = .object(written)
    whole["lists"] = .object(shown)
    return .object(whole)
  }
}
