import Domain

/// A record of the hub as its mirror shows it.
///
/// Pure: what must be looked up beside the record comes in ``Neighbours``, so one table of tests
/// covers every rule.
enum Projection {
  /// The values of `record` in the vocabulary of ``MirrorSchema``: every field is spoken of.
  static func project(_ record: Record, key: RemoteKey, beside near: Neighbours) -> Record {
    var mirror = Record(record.resource)
    for field in MirrorSchema.fields(of: record.resource) {
      mirror[field.name] = value(of: field, in: record, key: key, beside: near)
    }
    return mirror
  }

  private static func value(
    of field: FieldDefinition, in record: Record, key: RemoteKey, beside near: Neighbours
  ) -> FieldValue {
    switch (record.resource, field.name) {
    case (.owners, "name"), (.tenants, "name"): .text(canonical: personName(record))
    case (.owners, "phone"), (.tenants, "phone"): phone(record)
    case (.owners, "agreement_start"): record["management_agreement_start_date"]
    case (.owners, "agreement_end"): record["management_agreement_end_date"]
    case (.tenants, "lease_ids"): .references(canonical: near.leases)
    case (.properties, "address"): address(record)
    case (.properties, "type"): first(record, "rental_sub_type", "property_type")
    case (.properties, "unit_count"):
      record["total_units"].isNull
        ? near.unitCount.map { .integer(Int64($0)) } ?? .null : record["total_units"]
    case (.properties, "manager"): record["rental_manager_name"]
    case (.properties, "owner_ids"): .references(canonical: near.owners)
    case (.units, "bedrooms"): record["unit_bedrooms"]
    case (.units, "bathrooms"): record["unit_bathrooms"]
    case (.units, "size"): record["unit_size"]
    case (.units, "is_occupied"): record["is_unit_occupied"]
    // Buildium numbers leases by their id and nothing else.
    case (.leases, "lease_number"): .text(key.id)
    case (.leases, "property_id"): record["propertyId"]
    case (.leases, "unit_id"): record["unitId"]
    case (.leases, "start_date"): record["startDate"]
    case (.leases, "end_date"): record["endDate"]
    case (.leases, "deposit"): record["depositAmt"]
    case (.glAccounts, "number"): record["account_number"]
    case (.glAccounts, "parent_id"): record["parent_gl_account_id"]
    case (.transactions, "type"): record["transaction_type"]
    case (.transactions, "amount"): record["total_amount"]
    case (.transactions, "reference"): first(record, "reference_number", "check_number")
    case (.transactions, "property_ids"): links(record, "property_id")
    case (.transactions, "gl_account_ids"): links(record, "gl_account_id")
    case (.bills, "vendor"): .text(canonical: near.vendor)
    case (.bills, "memo"): record["description"]
    case (.bills, "reference"): record["reference_number"]
    case (.bills, "property_ids"): links(record, "property_id")
    case (.bills, "approval"): approval(record, near).map { .text($0) } ?? .null
    case (.bills, "status"): .text(status(record, near))
    case (.bills, "paid_amount"): .money(near.paid)
    case (.bills, "lines"): linesText(record, near)
    case (.rentPayments, "tenant"): record["tenant_name"]
    case (.rentPayments, "method"): record["payment_method"]
    default: record[field.name]
    }
  }

  // MARK: People and places

  /// A company goes by its own name, a person by first and last name.
  static func personName(_ record: Record) -> String? {
    let names = [record["first_name"].text, record["last_name"].text].compactMap(\.self)
    let person = names.isEmpty ? nil : names.joined(separator: " ")
    let company = record["company_name"].text
    return record["is_company"].boolean == true ? company ?? person : person ?? company
  }

  private static func phone(_ record: Record) -> FieldValue {
    first(record, "phone_mobile", "phone_home", "phone_work")
  }

  private static func address(_ record: Record) -> FieldValue {
    let lines = ["address_line1", "address_line2", "address_line3"].compactMap { record[$0].text }
    return .text(canonical: lines.joined(separator: ", "))
  }

  private static func first(_ record: Record, _ names: String...) -> FieldValue {
    names.lazy.map { record[$0] }.first { !$0.isNull } ?? .null
  }

  /// What the record and its lines link to under a name. A line Buildium left out and the store
  /// derived (the balancing one) is no line of the record as people know it.
  private static func links(_ record: Record, _ name: String) -> FieldValue {
    let ofLines = record.lines.filter { $0["is_derived"]?.boolean != true }
      .flatMap { $0[name]?.links ?? [] }
    return .references(canonical: record[name].links + ofLines)
  }

  // MARK: Bills

  /// The store's own workflow says it; a bill that is not in it yet goes by Buildium's state.
  private static func approval(_ record: Record, _ near: Neighbours) -> String? {
    if let approval = near.approval { return approval }
    switch record["buildium_approval_status"].text {
    case "Approved", "NotNeeded": return "approved"
    case "Pending", "ApprovalRequired": return "pending_approval"
    case "Rejected": return "rejected"
    default: return nil
    }
  }

  /// The payable status as invariant I27 has it; a bill in part paid is that, also when it is late.
  private static func status(_ record: Record, _ near: Neighbours) -> String {
    let amount = record["amount"].money ?? .zero
    if amount < .zero { return "reversal" }
    if near.approval == "voided" { return "voided" }
    if near.settled >= amount { return "paid" }
    if near.settled > .zero { return "partially_paid" }
    guard let due = record["due_date"].date else { return "due" }
    return due < near.today ? "overdue" : "due"
  }

  private static func linesText(_ record: Record, _ near: Neighbours) -> FieldValue {
    let lines = record.lines.map { line in
      let account = line["gl_account_id"]?.reference.map { near.accounts[$0] ?? $0.description }
      let parts = [
        account, line["amount"]?.money?.description,
        line["memo"]?.text?.replacing("\r\n", with: " ").replacing("\n", with: " "),
      ]
      return parts.compactMap(\.self).joined(separator: ", ")
    }
    return .text(canonical: lines.joined(separator: "\n"))
  }
}

/// What the projection of one record takes from other records of the hub.
struct Neighbours: Sendable, Hashable {
  /// A property's owners.
  var owners: [RemoteKey] = []
  /// How many units of a property are known.
  var unitCount: Int?
  /// A tenant's leases.
  var leases: [RemoteKey] = []
  /// The name of a bill's vendor.
  var vendor: String?
  /// The state of a bill in the store's own workflow, when it is in it.
  var approval: String?
  /// What was paid on a bill.
  var paid = Money.zero
  /// What settles a bill: what was paid and the credits applied.
  var settled = Money.zero
  /// The accounts of a bill's lines in words: `6110 Plumbing`.
  var accounts: [RemoteKey: String] = [:]
  /// The day on which a bill is late or not.
  var today = CalendarDate(daysSince1970: 0)
}
