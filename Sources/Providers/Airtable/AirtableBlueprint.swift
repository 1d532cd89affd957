// The base as Rentbook makes it: which tables and fields there are, under their default names.
import Domain

/// Other names for tables and fields, for a base that existed before Rentbook.
///
/// Keys are Rentbook's own names as `airtable mapping` shows them (`properties`, `owner_draws`;
/// `unit_number`). Values are names in Airtable, or ids. What is not listed has its default name.
public struct AirtableNames: Sendable, Hashable {
  /// Names of tables by Rentbook's name.
  public var tables: [String: String]
  /// Names of fields by Rentbook's name, by table.
  public var fields: [String: [String: String]]
  /// The field that holds a row's key, in every table.
  public var keyField: String

  /// Names that differ from the defaults.
  public init(
    tables: [String: String] = [:], fields: [String: [String: String]] = [:],
    keyField: String = "Rentbook Key"
  ) {
    (self.tables, self.fields, self.keyField) = (tables, fields, keyField)
  }

  /// Reads `{"tables": {…}, "fields": {"units": {…}}, "key_field": "…"}`; what is not text is left
  /// out.
  public init(json: JSONValue) {
    func texts(_ value: JSONValue?) -> [String: String] {
      var output: [String: String] = [:]
      for (key, value) in value?.object?.members ?? [] { output[key] = value.string }
      return output
    }
    self.init(tables: texts(json["tables"]), keyField: json["key_field"]?.string ?? "Rentbook Key")
    for (key, value) in json["fields"]?.object?.members ?? [] { fields[key] = texts(value) }
  }
}

/// What the base should hold.
struct AirtableBlueprint: Sendable {
  /// A field: Rentbook's name, Airtable's name, and what it holds.
  struct Field: Sendable, Hashable {
    var ours: String
    var name: String
    var kind: FieldKind
    /// For the field Airtable makes by itself at the other end of a link: table and field of the
    /// link it belongs to, by our names. It follows that link and is never written.
    var mirrors: Mirrored?

    struct Mirrored: Sendable, Hashable {
      var table: String
      var field: String
    }
  }

  /// A table: Rentbook's name, Airtable's name, its fields in order.
  struct Table: Sendable, Hashable {
    var ours: String
    var name: String
    var keyName: String
    var fields: [Field]
    /// Whether rows have a name, their first field, that can stand first in Airtable. Where they
    /// begin with a date or a month, which many rows share, the key stands first.
    var hasName: Bool { fields.first.map { $0.kind == .text } ?? false }

    /// The key as a field like the others.
    var key: Field { Field(ours: "", name: keyName, kind: .text) }

    /// The fields the table is made with, the one that stands first in front.
    var plainFields: [Field] {
      let plain = fields.filter { $0.kind.linked == nil }
      return hasName ? plain + [key] : [key] + plain
    }
  }

  var tables: [Table]

  func table(_ ours: String) -> Table? { tables.first { $0.ours == ours } }

  /// The tables of the design, in an order in which links point to earlier ones.
  ///
  /// Named values (`type`, `status`, `kind`) are single lines of text and not selects: a value
  /// Buildium adds tomorrow is then stored as it is, where a select would refuse it.
  init(_ names: AirtableNames = AirtableNames()) {
    tables = Self.tables.map { table in
      var table = table
      table.name = names.tables[table.ours] ?? table.name
      table.keyName = names.keyField
      for index in table.fields.indices {
        let ours = table.fields[index].ours
        table.fields[index].name = names.fields[table.ours]?[ours] ?? table.fields[index].name
      }
      return table
    }
  }

  private static func table(_ ours: String, _ name: String, _ fields: [Field]) -> Table {
    Table(ours: ours, name: name, keyName: "", fields: fields)
  }

  private static func field(_ ours: String, _ name: String, _ kind: FieldKind) -> Field {
    Field(ours: ours, name: name, kind: kind)
  }

  private static let posting = [
    field("post_to_buildium", "Post to Buildium", .boolean),
    field("post_result", "Post Result", .longText),
  ]

  private static let tables: [Table] = [
    table(
      "gl_accounts", "GL Accounts",
      [
        field("name", "Name", .text), field("number", "Number", .text),
        field("type", "Type", .choice), field("sub_type", "Sub Type", .choice),
        field("parent_id", "Parent", .reference(.glAccounts)),
        field("is_active", "Active", .boolean),
      ]),
    table(
      "owners", "Owners",
      [
        field("name", "Name", .text), field("first_name", "First Name", .text),
        field("last_name", "Last Name", .text), field("company_name", "Company", .text),
        field("email", "Email", .text), field("phone", "Phone", .text),
        field("is_active", "Active", .boolean),
        field("agreement_start", "Agreement Start", .date),
        field("agreement_end", "Agreement End", .date),
      ]),
    table(
      "properties", "Properties",
      [
        field("name", "Name", .text), field("address", "Address", .text),
        field("city", "City", .text), field("state", "State", .text),
        field("postal_code", "Postal Code", .text), field("country", "Country", .text),
        field("type", "Type", .choice), field("unit_count", "Unit Count", .integer),
        field("year_built", "Year Built", .integer), field("reserve", "Reserve", .money),
        field("is_active", "Active", .boolean), field("manager", "Manager", .text),
        field("owner_ids", "Owners", .references(.owners)),
      ]),
    table(
      "units", "Units",
      [
        field("unit_number", "Unit Number", .text),
        field("property_id", "Property", .reference(.properties)),
        field("description", "Description", .longText),
        field("market_rent", "Market Rent", .money), field("bedrooms", "Bedrooms", .choice),
        field("bathrooms", "Bathrooms", .choice), field("size", "Size", .integer),
        field("is_occupied", "Occupied", .boolean),
      ]),
    table(
      "tenants", "Tenants",
      [
        field("name", "Name", .text), field("first_name", "First Name", .text),
        field("last_name", "Last Name", .text), field("email", "Email", .text),
        field("phone", "Phone", .text),
        Field(
          ours: "lease_ids", name: "Leases", kind: .references(.leases),
          mirrors: Field.Mirrored(table: "leases", field: "tenant_ids")),
      ]),
    table(
      "leases", "Leases",
      [
        field("lease_number", "Lease Number", .text),
        field("property_id", "Property", .reference(.properties)),
        field("unit_id", "Unit", .reference(.units)),
        field("tenant_ids", "Tenants", .references(.tenants)),
        field("start_date", "Start Date", .date), field("end_date", "End Date", .date),
        field("status", "Status", .choice), field("rent", "Rent", .money),
        field("deposit", "Deposit", .money),
      ]),
    table(
      "bills", "Bills",
      [
        field("date", "Date", .date), field("due_date", "Due Date", .date),
        field("vendor", "Vendor", .text), field("amount", "Amount", .money),
        field("memo", "Memo", .longText), field("reference", "Reference", .text),
        field("property_ids", "Property", .references(.properties)),
        field("status", "Status", .choice), field("approval", "Approval", .choice),
        field("paid_amount", "Paid Amount", .money), field("lines", "Lines", .longText),
      ] + posting),
    table(
      "transactions", "Transactions",
      [
        field("date", "Date", .date), field("type", "Type", .choice),
        field("amount", "Amount", .money), field("memo", "Memo", .longText),
        field("property_ids", "Property", .references(.properties)),
        field("unit_id", "Unit", .reference(.units)),
        field("lease_id", "Lease", .reference(.leases)),
        field("gl_account_ids", "GL Accounts", .references(.glAccounts)),
        field("reference", "Reference", .text),
        field("payment_method", "Payment Method", .choice),
      ] + posting),
    table(
      "rent_payments", "Rent Payments",
      [
        field("date", "Date", .date), field("amount", "Amount", .money),
        field("lease_id", "Lease", .reference(.leases)),
        field("unit_id", "Unit", .reference(.units)),
        field("property_id", "Property", .reference(.properties)),
        field("tenant", "Tenant", .text), field("method", "Method", .choice),
        field("kind", "Kind", .choice),
      ]),
    table(
      "forecasts", "Forecasts",
      [
        field("date", "Date", .date), field("amount", "Amount", .money),
        field("memo", "Memo", .longText),
        field("property_id", "Property", .reference(.properties)),
        field("gl_account_id", "GL Account", .reference(.glAccounts)),
        field("kind", "Kind", .choice),
      ] + posting),
    // A month is text, `2026-11`: it is no day.
    table(
      "noi", "NOI",
      [
        field("month", "Month", .choice),
        field("property_id", "Property", .reference(.properties)),
        field("owner_id", "Owner", .reference(.owners)), field("basis", "Basis", .choice),
        field("revenue", "Revenue", .money),
        field("operating_expenses", "Operating Expenses", .money), field("noi", "NOI", .money),
      ]),
    table(
      "owner_draws", "Owner Draws",
      [
        field("month", "Month", .choice), field("owner_id", "Owner", .reference(.owners)),
        field("noi_share", "NOI Share", .money), field("reserve_held", "Reserve Held", .money),
        field("draw", "Draw", .money), field("cumulative_draws", "Cumulative Draws", .money),
        field("available", "Available", .money), field("status", "Status", .choice),
      ]),
  ]
}

extension FieldKind {
  /// The resource a link leads to.
  var linked: Resource? {
    switch self {
    case .reference(let resource), .references(let resource): resource
    default: nil
    }
  }

  /// The Airtable types a field of this kind can be kept in, the one Rentbook makes first.
  ///
  /// Rich text is not among them, because Airtable rewrites it; a date with a time neither, because
  /// its day depends on a zone.
  var airtableTypes: [String] {
    switch self {
    case .text, .choice:
      [
        "singleLineText", "multilineText", "email", "url", "phoneNumber", "singleSelect",
      ]
    case .longText: ["multilineText", "singleLineText"]
    case .integer, .decimal: ["number"]
    case .money: ["currency", "number"]
    case .date: ["date"]
    case .instant: ["dateTime"]
    case .boolean: ["checkbox"]
    case .reference, .references: ["multipleRecordLinks"]
    // Secrets are kept here and never sent on.
    case .sealed: []
    }
  }

  /// The type in words, as Airtable's own screens name it.
  var airtableWords: String {
    switch self {
    case .text, .choice: "single line text"
    case .longText: "long text"
    case .integer: "number without decimals"
    case .decimal: "number with decimals"
    case .money: "currency with two decimals"
    case .date: "date without a time"
    case .instant: "date with a time"
    case .boolean: "checkbox"
    case .reference, .references: "link to another record"
    case .sealed: "nothing"
    }
  }

  /// The field as the call that makes it wants it.
  func airtableField(named name: String, linkedTable: String? = nil) -> JSONValue {
    var output = JSONObject(["name": .string(name), "type": .string(airtableTypes.first ?? "")])
    output["options"] = airtableOptions(linkedTable: linkedTable)
    return .object(output)
  }

  /// The options Airtable wants when the field is made.
  private func airtableOptions(linkedTable: String?) -> JSONValue? {
    switch self {
    case .text, .longText, .choice, .sealed: nil
    case .integer: ["precision": 0]
    case .decimal: ["precision": 8]
    case .money: ["precision": 2, "symbol": "$"]
    case .date: ["dateFormat": ["name": "iso"]]
    case .instant:
      ["timeZone": "utc", "dateFormat": ["name": "iso"], "timeFormat": ["name": "24hour"]]
    // The only look of a checkbox that the cheapest plan allows.
    case .boolean: ["icon": "check", "color": "greenBright"]
    case .reference, .references: linkedTable.map { ["linkedTableId": .string($0)] }
    }
  }
}
