// What records are called.
import Domain

/// Names of records as people say them.
struct RecordTitles {
  let state: ListReader.State

  /// A record with the word for its kind: `Lease 1042  Maple Court 2B`; nil when there is none.
  func title(_ record: RecordReference) throws(StorageError) -> String? {
    guard let name = try name(record) else { return nil }
    let word = Self.words[record.list] ?? ""
    return name.isEmpty ? "\(word) \(record.id)" : "\(word) \(name)"
  }

  /// The name alone: `Maple Court`; nil when there is no such record.
  func name(_ record: RecordReference) throws(StorageError) -> String? {
    let source = ListSource.of(record.list, hasJournal: state.hasJournal)
    guard let expression = Self.names[record.list] else { return nil }
    return try state.connection.row(
      """
      SELECT TRIM(\(expression)) FROM \(source.oneRow ?? source.table) t \(source.joins)
      WHERE t.id = $1
      """, .local(record.id)
    ) { row throws(StorageError) in row.text(0) }
  }

  /// The word for one record of a list.
  static let words: [ListName: String] = [
    .properties: "Property", .units: "Unit", .leases: "Lease", .tenants: "Tenant",
    .owners: "Owner", .ownership: "Share", .vendors: "Vendor", .glAccounts: "Account",
    .bankAccounts: "Bank account", .transactions: "Transaction", .bills: "Bill", .tasks: "Task",
    .workOrders: "Work order", .audit: "Step", .apiLog: "Call", .messages: "Message",
    .jobs: "Job", .differences: "Difference",
  ]

  /// Expressions of `t` and the joins of the list.
  static let names: [ListName: String] = [
    .properties: "COALESCE(t.name, '')",
    .units: "COALESCE(p.name, '') || ' ' || COALESCE(t.unit_number, '')",
    .leases: """
    COALESCE(CAST(t.buildium_lease_id AS TEXT) || '  ', '') || COALESCE(p.name, '') || ' '
      || COALESCE(t.unit_number, '')
    """,
    .tenants: "COALESCE(t.first_name, '') || ' ' || COALESCE(t.last_name, '')",
    .owners: "COALESCE(c.display_name, '')",
    .ownership: "COALESCE(t.owner_name, '') || ' of ' || COALESCE(p.name, '')",
    .vendors: "COALESCE(t.name, '')",
    .glAccounts: "COALESCE(t.account_number, '') || ' ' || COALESCE(t.name, '')",
    .bankAccounts: "COALESCE(t.name, '')",
    .transactions: """
    COALESCE(t.transaction_type, '') || ' ' || COALESCE(t.date, '') || ' '
      || COALESCE(NULLIF(t.payee_name, ''), t.memo, '')
    """,
    .bills: """
    COALESCE(NULLIF(t.reference_number, ''), CAST(t.buildium_bill_id AS TEXT), '')
      || COALESCE('  ' || v.name, '')
    """,
    .tasks: "COALESCE(t.subject, '')", .workOrders: "COALESCE(t.subject, '')",
    .audit: "t.action || ' ' || t.record", .apiLog: "t.method || ' ' || t.path",
    .messages: "t.text", .jobs: "t.kind || ' ' || t.resource",
    .differences: "t.title || ' ' || t.field",
  ]
}

/// What fields are called.
public enum FieldTitles {
  /// `unit_number` is `Unit number`, `depositAmt` is `Deposit`.
  public static func title(_ name: String) -> String {
    if let title = special[name] { return title }
    var words = ""
    for character in name.hasPrefix("buildium_") ? name.dropFirst("buildium_".count) : name[...] {
      if character == "_" {
        words.append(" ")
      } else if character.isUppercase {
        words += " " + character.lowercased()
      } else {
        words.append(character)
      }
    }
    if words.hasSuffix(" id") { words.removeLast(3) }
    if words.hasPrefix("is ") { words.removeFirst(3) }
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  private static let special = [
    "depositAmt": "Deposit", "address_line1": "Address", "address_line2": "Address, line 2",
    "address_line3": "Address, line 3", "total_amount": "Amount", "transaction_type": "Type",
    "rental_sub_type": "Type", "gl_account": "GL account", "bank_gl_account_id": "Bank account",
    "unit_bedrooms": "Bedrooms", "unit_bathrooms": "Bathrooms", "unit_size": "Size",
    "total_units": "Units", "operating_bank_account_id": "Operating account",
    "parent_gl_account_id": "Under", "expense_gl_account_id": "Expense account",
    "include_in_1099": "On form 1099", "tax_payer_id": "Taxpayer id",
    "tax_id": "Tax id",
    "buildium_created_at": "Created in Buildium", "buildium_updated_at": "Changed in Buildium",
    "buildium_balance": "Balance in Buildium", "buildium_approval_status": "Approval in Buildium",
    "is_unit_occupied": "Occupied", "is_unit_listed": "Listed",
    "is_internal_transaction": "Internal", "management_agreement_start_date": "Agreement from",
    "management_agreement_end_date": "Agreement until", "rental_manager_name": "Manager",
  ]
}
