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
  /// Whether the list can be ordered by it: an index stands behind every such column, or the list
  /// is one that is cut back and stays short.
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

  /// The column of a name, or nil.
  public func column(_ name: String) -> ListColumn? { columns.first { $0.name == name } }

  private static let columnsByList: [ListName: [ListColumn]] =
    places.merging(people) { $1 }.merging(books) { $1 }.merging(work) { $1 }
    .merging(happenings) { $1 }

  private static let places: [ListName: [ListColumn]] = [
    .properties: [
      ListColumn("name", "Name", .text), ListColumn("address", "Address", .text),
      ListColumn("city", "City", .text), ListColumn("units", "Units", .number),
      ListColumn("type", "Type", .choice), ListColumn("manager", "Manager", .text),
      ListColumn("reserve", "Reserve", .money, totalled: true),
      ListColumn("active", "Active", .flag),
    ],
    .units: [
      ListColumn("property", "Property", .text), ListColumn("unit", "Unit", .text),
      ListColumn("rent", "Market rent", .money, totalled: true),
      ListColumn("occupied", "Occupied", .flag), ListColumn("bedrooms", "Beds", .text),
      ListColumn("bathrooms", "Baths", .text), ListColumn("size", "Size", .number),
      ListColumn("type", "Type", .choice), ListColumn("active", "Active", .flag),
    ],
    .leases: [
      ListColumn("property", "Property", .text), ListColumn("unit", "Unit", .text),
      ListColumn("tenants", "Tenants", .text, sortable: false),
      ListColumn("status", "Status", .choice), ListColumn("start", "Start", .date),
      ListColumn("end", "End", .date), ListColumn("rent", "Rent", .money, totalled: true),
      ListColumn("deposit", "Deposit", .money, totalled: true),
      ListColumn("type", "Type", .choice), ListColumn("lease", "Number", .number),
    ],
  ]

  private static let people: [ListName: [ListColumn]] = [
    .tenants: [
      ListColumn("name", "Name", .text), ListColumn("property", "Property", .text, sortable: false),
      ListColumn("unit", "Unit", .text, sortable: false), ListColumn("email", "Email", .text),
      ListColumn("phone", "Phone", .text, sortable: false), ListColumn("city", "City", .text),
    ],
    .owners: [
      ListColumn("name", "Name", .text), ListColumn("email", "Email", .text),
      ListColumn("phone", "Phone", .text, sortable: false),
      ListColumn("properties", "Properties", .number, sortable: false),
      ListColumn("city", "City", .text), ListColumn("agreement_start", "Agreement from", .date),
      ListColumn("agreement_end", "Until", .date), ListColumn("active", "Active", .flag),
    ],
    .ownership: [
      ListColumn("property", "Property", .text), ListColumn("owner", "Owner", .text),
      ListColumn("share", "Share %", .text, sortable: false),
      ListColumn("draws", "Draws %", .text, sortable: false),
      ListColumn("from", "From", .date), ListColumn("to", "To", .date),
      ListColumn("primary", "Primary", .flag),
    ],
    .vendors: [
      ListColumn("name", "Name", .text), ListColumn("category", "Category", .text),
      ListColumn("contact", "Contact", .text), ListColumn("email", "Email", .text),
      ListColumn("phone", "Phone", .text, sortable: false),
      ListColumn("insured_until", "Insured until", .date),
      ListColumn("active", "Active", .flag),
    ],
  ]

  private static let books: [ListName: [ListColumn]] = [
    .glAccounts: [
      ListColumn("number", "Number", .text), ListColumn("name", "Name", .text),
      ListColumn("type", "Type", .choice), ListColumn("sub_type", "Sub type", .choice),
      ListColumn("parent", "Under", .text, sortable: false), ListColumn("bank", "Bank", .flag),
      ListColumn("active", "Active", .flag),
    ],
    .bankAccounts: [
      ListColumn("name", "Name", .text), ListColumn("type", "Type", .choice),
      ListColumn("account", "GL account", .text, sortable: false),
      ListColumn("balance", "Balance", .money, totalled: true),
      ListColumn("active", "Active", .flag),
    ],
    .transactions: [
      ListColumn("date", "Date", .date), ListColumn("type", "Type", .choice),
      ListColumn("amount", "Amount", .money, totalled: true),
      ListColumn("property", "Property", .text),
      ListColumn("unit", "Unit", .text, sortable: false), ListColumn("payee", "Payee", .text),
      ListColumn("memo", "Memo", .text, sortable: false),
      ListColumn("reference", "Reference", .text),
      ListColumn("check", "Check", .text, sortable: false),
      ListColumn("method", "Method", .choice, sortable: false),
      ListColumn("state", "Posting", .choice, sortable: false),
    ],
    .bills: [
      ListColumn("due_date", "Due", .date), ListColumn("vendor", "Vendor", .text),
      ListColumn("property", "Property", .text),
      ListColumn("amount", "Amount", .money, totalled: true),
      ListColumn("status", "Status", .choice),
      ListColumn("approval", "Approval", .choice, sortable: false),
      ListColumn("reference", "Reference", .text),
      ListColumn("memo", "Memo", .text, sortable: false),
      ListColumn("date", "Date", .date), ListColumn("paid_date", "Paid", .date),
    ],
  ]

  private static let work: [ListName: [ListColumn]] = [
    .tasks: [
      ListColumn("due_date", "Due", .date), ListColumn("subject", "Subject", .text),
      ListColumn("property", "Property", .text),
      ListColumn("unit", "Unit", .text, sortable: false), ListColumn("status", "Status", .choice),
      ListColumn("priority", "Priority", .choice), ListColumn("assigned", "Assigned to", .text),
      ListColumn("category", "Category", .text, sortable: false),
      ListColumn("type", "Type", .choice),
    ],
    .workOrders: [
      ListColumn("due_date", "Due", .date), ListColumn("subject", "Subject", .text),
      ListColumn("property", "Property", .text), ListColumn("vendor", "Vendor", .text),
      ListColumn("status", "Status", .choice), ListColumn("priority", "Priority", .choice),
      ListColumn("cost", "Cost", .money, totalled: true),
      ListColumn("invoice", "Invoice", .text),
    ],
  ]

  private static let happenings: [ListName: [ListColumn]] = [
    .audit: [
      ListColumn("at", "At", .instant), ListColumn("actor", "Who", .text),
      ListColumn("action", "Did", .text), ListColumn("record", "Record", .text),
      ListColumn("before", "Before", .text, sortable: false),
      ListColumn("after", "After", .text, sortable: false),
      ListColumn("reason", "Reason", .text, sortable: false),
    ],
    .apiLog: [
      ListColumn("at", "At", .instant), ListColumn("service", "Service", .choice),
      ListColumn("method", "Method", .choice), ListColumn("path", "Path", .text),
      ListColumn("status", "Status", .number), ListColumn("duration", "ms", .number),
      ListColumn("error", "Error", .text),
    ],
    .messages: [
      ListColumn("at", "At", .instant), ListColumn("level", "Level", .choice),
      ListColumn("text", "Message", .text), ListColumn("hint", "What to do", .text),
      ListColumn("record", "Record", .text),
    ],
    .jobs: [
      ListColumn("at", "Asked at", .instant), ListColumn("kind", "Kind", .choice),
      ListColumn("service", "Service", .choice), ListColumn("resource", "Resource", .choice),
      ListColumn("state", "State", .choice), ListColumn("done", "Done", .number),
      ListColumn("total", "Of", .number), ListColumn("attempts", "Tries", .number),
      ListColumn("finished", "Finished", .instant), ListColumn("error", "Error", .text),
    ],
    .differences: [
      ListColumn("record", "Record", .text), ListColumn("field", "Field", .text),
      ListColumn("buildium", "Buildium", .text), ListColumn("airtable", "Airtable", .text),
      ListColumn("reason", "Reason", .choice), ListColumn("why", "Why", .text),
      ListColumn("resource", "Resource", .choice), ListColumn("key", "Key", .text),
    ],
  ]
}
