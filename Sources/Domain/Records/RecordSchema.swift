/// A field of a resource: its name, which is also its column in the store, and its kind.
public struct FieldDefinition: Sendable, Hashable {
  /// The name.
  public let name: String
  /// The sort of failure.
  public let kind: FieldKind

  init(_ name: String, _ kind: FieldKind) { (self.name, self.kind) = (name, kind) }
}

/// What a resource's records consist of: the one vocabulary shared by the mappings to and from the
/// services, the store's tables and the screens.
///
/// Names are the column names of the users' own schema (seed S0) where it has the field.
public struct RecordSchema: Sendable {
  /// Which resource it is about.
  public let resource: Resource
  /// The table in the store.
  public let table: String
  /// The column that holds Buildium's id; empty where Buildium has none.
  public let buildiumIDColumn: String
  /// The fields, in a fixed order.
  public let fields: [FieldDefinition]
  /// The fields of a line; empty for a resource without lines.
  public let lineFields: [FieldDefinition]
  /// The table of the lines, and its column that names the record they belong to.
  public let lineTable: (name: String, parentColumn: String)?

  /// The definition of a field, or nil when the resource has none of that name.
  public func field(_ name: String) -> FieldDefinition? { fields.first { $0.name == name } }

  /// The schema of a resource.
  public static func of(_ resource: Resource) -> RecordSchema {
    guard let schema = all[resource] else { preconditionFailure("no schema for \(resource)") }
    return schema
  }

  private static let all: [Resource: RecordSchema] = Dictionary(
    uniqueKeysWithValues: RecordSchemas.list.map { ($0.resource, $0) })
}

enum RecordSchemas {
  private static func schema(
    _ resource: Resource, _ table: String, id: String, _ groups: [[FieldDefinition]],
    lines: [FieldDefinition] = [], lineTable: (name: String, parentColumn: String)? = nil
  ) -> RecordSchema {
    RecordSchema(
      resource: resource, table: table, buildiumIDColumn: id, fields: groups.flatMap(\.self),
      lineFields: lines, lineTable: lineTable)
  }

  private static func fields(_ kind: FieldKind, _ names: String...) -> [FieldDefinition] {
    names.map { FieldDefinition($0, kind) }
  }

  private static let address = fields(
    .text, "address_line1", "address_line2", "address_line3", "city", "state", "postal_code",
    "country")
  private static let phones = fields(
    .text, "phone_home", "phone_work", "phone_mobile", "phone_fax")
  private static let buildiumInstants = fields(
    .instant, "buildium_created_at", "buildium_updated_at")

  static let list: [RecordSchema] = [
    schema(
      .glAccounts, "gl_accounts", id: "buildium_gl_account_id",
      [
        fields(.text, "account_number", "name"), fields(.longText, "description"),
        fields(.choice, "type", "sub_type", "cash_flow_classification"),
        fields(.text, "default_account_name"),
        fields(
          .boolean, "is_default_gl_account", "is_contra_account", "is_bank_account",
          "exclude_from_cash_balances", "is_active", "is_credit_card_account"),
        fields(.reference(.glAccounts), "parent_gl_account_id"),
      ]),
    schema(
      .bankAccounts, "bank_accounts", id: "buildium_bank_id",
      [
        fields(.text, "name"), fields(.longText, "description"),
        fields(.choice, "bank_account_type", "country"),
        fields(.sealed, "account_number", "routing_number"), fields(.boolean, "is_active"),
        fields(.money, "buildium_balance"), fields(.reference(.glAccounts), "gl_account"),
      ]),
    schema(
      .owners, "owners", id: "buildium_owner_id",
      [
        fields(.text, "first_name", "last_name", "company_name"),
        fields(.boolean, "is_company", "is_active"),
        fields(.text, "email", "alternate_email"), phones, address,
        fields(.longText, "comment"),
        fields(.date, "management_agreement_start_date", "management_agreement_end_date"),
        fields(.sealed, "date_of_birth", "tax_payer_id"),
        fields(.choice, "tax_payer_type"), fields(.text, "tax_payer_name1", "tax_payer_name2"),
        fields(
          .text, "tax_address_line1", "tax_address_line2", "tax_address_line3", "tax_city",
          "tax_state", "tax_postal_code", "tax_country"),
        // Buildium links a property to its owners from the owner's side; the store keeps the links
        // as rows of `ownership`.
        fields(.references(.properties), "property_ids"), buildiumInstants,
      ]),
    schema(
      .properties, "properties", id: "buildium_property_id",
      [
        fields(.text, "name"), fields(.longText, "structure_description"), address,
        fields(.choice, "rental_sub_type", "property_type"), fields(.money, "reserve"),
        fields(.integer, "year_built", "total_units"), fields(.boolean, "is_active"),
        fields(.integer, "rental_manager_id"), fields(.text, "rental_manager_name"),
        fields(.reference(.bankAccounts), "operating_bank_account_id"), buildiumInstants,
      ]),
    schema(
      .units, "units", id: "buildium_unit_id",
      [
        fields(.reference(.properties), "property_id"),
        fields(.text, "unit_number", "building_name"), fields(.integer, "unit_size"),
        fields(.money, "market_rent"), address,
        fields(.choice, "unit_bedrooms", "unit_bathrooms"), fields(.longText, "description"),
        fields(.boolean, "is_unit_listed", "is_unit_occupied", "is_active"), buildiumInstants,
      ]),
    schema(
      .tenants, "tenants", id: "buildium_tenant_id",
      [
        fields(.text, "first_name", "last_name", "email", "alternate_email"), phones, address,
        fields(
          .text, "alternate_address_line1", "alternate_address_line2", "alternate_address_line3",
          "alternate_city", "alternate_state", "alternate_postal_code", "alternate_country"),
        fields(.choice, "mailing_preference", "sms_opt_in_status"),
        fields(.sealed, "date_of_birth", "tax_id"), fields(.longText, "comment"),
        fields(
          .text, "emergency_contact_name", "emergency_contact_relationship",
          "emergency_contact_phone", "emergency_contact_email"),
        buildiumInstants,
      ]),
    schema(
      .leases, "leases", id: "buildium_lease_id",
      [
        fields(.reference(.properties), "propertyId"), fields(.reference(.units), "unitId"),
        fields(.text, "unit_number"), fields(.date, "startDate", "endDate"),
        fields(.choice, "status", "lease_type", "term_type", "renewal_offer_status"),
        fields(.money, "rent", "depositAmt"), fields(.integer, "payment_due_day"),
        fields(.boolean, "is_eviction_pending", "automatically_move_out_tenants"),
        fields(.integer, "current_number_of_occupants"),
        // Kept as rows of `lease_tenants`: everyone ever on the lease, and who lives there now.
        fields(.references(.tenants), "tenant_ids", "current_tenant_ids"), buildiumInstants,
      ]),
    schema(
      .vendorCategories, "vendor_categories", id: "buildium_category_id",
      [fields(.text, "name"), fields(.boolean, "is_system_category")]),
    schema(
      .vendors, "vendors", id: "buildium_vendor_id",
      [
        fields(.text, "name", "contact_name", "first_name", "last_name", "company_name"),
        fields(.boolean, "is_company", "is_active"),
        fields(.text, "email", "alternate_email", "website"), phones, address,
        fields(.reference(.vendorCategories), "vendor_category_id"),
        fields(.reference(.glAccounts), "expense_gl_account_id"),
        fields(.sealed, "tax_id", "account_number"), fields(.choice, "tax_payer_type"),
        fields(.text, "tax_payer_name1", "tax_payer_name2"),
        fields(.boolean, "include_in_1099"),
        fields(.text, "insurance_provider", "insurance_policy_number"),
        fields(.date, "insurance_expiration_date"), fields(.longText, "notes"),
      ]),
    schema(
      .taskCategories, "task_categories", id: "buildium_category_id",
      [fields(.text, "name"), fields(.boolean, "is_system_category")]),
    schema(
      .tasks, "tasks", id: "buildium_task_id",
      [
        fields(.reference(.properties), "property_id"), fields(.reference(.units), "unit_id"),
        fields(.reference(.leases), "lease_id"), fields(.choice, "task_type"),
        fields(.text, "subject"), fields(.longText, "description"),
        fields(.choice, "priority", "status"), fields(.text, "assigned_to", "requested_by"),
        fields(.date, "due_date"), fields(.reference(.taskCategories), "task_category_id"),
        fields(.text, "category", "sub_category"), buildiumInstants,
      ]),
    schema(
      .taskHistory, "task_history", id: "buildium_history_id",
      [
        fields(.reference(.tasks), "task_id"), fields(.choice, "status", "priority"),
        fields(.longText, "notes"), fields(.text, "assigned_to", "created_by"),
        fields(.date, "due_date"), buildiumInstants,
      ]),
    schema(
      .taskHistoryFiles, "task_history_files", id: "buildium_file_id",
      [
        fields(.reference(.taskHistory), "task_history_id"),
        fields(.text, "file_name", "file_type", "physical_file_name"),
        fields(.integer, "file_size"), fields(.instant, "uploaded_at"),
      ]),
    schema(
      .workOrders, "work_orders", id: "buildium_work_order_id",
      [
        fields(.reference(.tasks), "task_id"), fields(.reference(.properties), "property_id"),
        fields(.reference(.units), "unit_id"), fields(.reference(.vendors), "vendor_id"),
        fields(.text, "subject"), fields(.longText, "description", "entry_notes", "vendor_notes"),
        fields(.choice, "priority", "status", "entry_allowed"),
        fields(.text, "invoice_number", "chargeable_to"), fields(.date, "due_date"),
        fields(.money, "actual_cost"), fields(.references(.bills), "bill_ids"),
      ],
      lines: [
        FieldDefinition("gl_account_id", .reference(.glAccounts)),
        FieldDefinition("quantity", .decimal), FieldDefinition("unit_price", .decimal),
        FieldDefinition("memo", .text),
      ], lineTable: ("work_order_lines", "work_order_id")),
    schema(
      .bills, "bills", id: "buildium_bill_id",
      [
        fields(.reference(.vendors), "vendor_id"), fields(.reference(.properties), "property_id"),
        fields(.reference(.units), "unit_id"), fields(.reference(.workOrders), "work_order_id"),
        fields(.date, "date", "due_date", "paid_date"),
        // The sum of the lines with their markups; Buildium gives no total.
        fields(.money, "amount"), fields(.longText, "description"),
        fields(.text, "reference_number"), fields(.choice, "buildium_approval_status"),
      ],
      lines: [
        FieldDefinition("buildium_line_id", .integer),
        FieldDefinition("gl_account_id", .reference(.glAccounts)),
        FieldDefinition("amount", .money), FieldDefinition("markup_amount", .decimal),
        FieldDefinition("markup_type", .choice), FieldDefinition("memo", .text),
        FieldDefinition("entity_type", .choice), FieldDefinition("entity_id", .integer),
        FieldDefinition("property_id", .reference(.properties)),
        FieldDefinition("unit_id", .reference(.units)),
      ], lineTable: ("bill_lines", "bill_id")),
    schema(
      .transactions, "transactions", id: "buildium_transaction_id",
      [
        fields(.date, "date"), fields(.choice, "transaction_type", "payment_method"),
        // The business amount as Buildium states it; lines carry the postings.
        fields(.money, "total_amount"), fields(.longText, "memo"),
        fields(.text, "check_number", "reference_number"),
        fields(.reference(.leases), "lease_id"), fields(.reference(.units), "unit_id"),
        fields(.reference(.properties), "property_id"), fields(.reference(.bills), "bill_id"),
        fields(.choice, "payee_type"), fields(.integer, "payee_id"), fields(.text, "payee_name"),
        fields(.reference(.glAccounts), "bank_gl_account_id"),
        fields(.boolean, "is_internal_transaction", "is_pending"),
        // The payments a deposit took to the bank, as `ID:AMOUNT` separated by spaces.
        fields(.text, "deposited_payments"), buildiumInstants,
      ],
      lines: [
        FieldDefinition("gl_account_id", .reference(.glAccounts)),
        // As Buildium gave it; what it means depends on the type and the account.
        FieldDefinition("source_amount", .money),
        // Always positive, with the side it is posted on; both null while the side is unknown.
        FieldDefinition("amount", .money), FieldDefinition("posting_type", .choice),
        FieldDefinition("is_cash_posting", .boolean),
        // True for the balancing line Buildium leaves out.
        FieldDefinition("is_derived", .boolean),
        FieldDefinition("reference_number", .text), FieldDefinition("memo", .text),
        FieldDefinition("entity_type", .choice), FieldDefinition("entity_id", .integer),
        FieldDefinition("property_id", .reference(.properties)),
        FieldDefinition("unit_id", .reference(.units)),
      ], lineTable: ("transaction_lines", "transaction_id")),
    schema(
      .billPayments, "bill_payments", id: "buildium_payment_id",
      [
        // A payment that settles several bills is one row per bill, with the key `PAYMENT:BILL`.
        fields(.reference(.bills), "bill_id"),
        fields(.reference(.bankAccounts), "bank_account_id"), fields(.money, "amount"),
        fields(.date, "date"), fields(.text, "reference_number", "memo"),
        fields(.references(.vendorCredits), "vendor_credit_ids"),
      ],
      lines: [
        FieldDefinition("gl_account_id", .reference(.glAccounts)),
        FieldDefinition("amount", .money), FieldDefinition("entity_type", .choice),
        FieldDefinition("entity_id", .integer),
        FieldDefinition("property_id", .reference(.properties)),
        FieldDefinition("unit_id", .reference(.units)),
      ], lineTable: ("bill_payment_lines", "bill_payment_id")),
    schema(
      .vendorCredits, "vendor_credits", id: "buildium_vendor_credit_id",
      [
        fields(.reference(.vendors), "vendor_id"), fields(.date, "date"),
        fields(.money, "amount"), fields(.text, "reference_number", "memo"),
      ],
      lines: [
        FieldDefinition("buildium_line_id", .integer),
        FieldDefinition("gl_account_id", .reference(.glAccounts)),
        FieldDefinition("amount", .money), FieldDefinition("memo", .text),
        FieldDefinition("entity_type", .choice), FieldDefinition("entity_id", .integer),
        FieldDefinition("property_id", .reference(.properties)),
        FieldDefinition("unit_id", .reference(.units)),
      ], lineTable: ("vendor_credit_lines", "vendor_credit_id")),
    schema(
      .deposits, "bank_deposits", id: "buildium_deposit_id",
      [
        fields(.reference(.bankAccounts), "bank_account_id"), fields(.date, "date"),
        fields(.money, "amount"), fields(.longText, "memo"),
        fields(.references(.transactions), "payment_transaction_ids"),
      ]),
    schema(
      .bankTransactions, "bank_transactions", id: "buildium_transaction_id",
      [
        // The key is `ACCOUNT:TRANSACTION`: a transfer stands in two accounts.
        fields(.reference(.bankAccounts), "bank_account_id"),
        fields(.reference(.transactions), "transaction_id"), fields(.date, "date"),
        fields(.choice, "transaction_type", "reconciliation_status"),
        fields(.money, "amount"), fields(.text, "check_number"), fields(.longText, "memo"),
      ]),
    schema(
      .leaseTransactions, "lease_transactions", id: "buildium_transaction_id",
      [
        fields(.reference(.leases), "lease_id"),
        fields(.reference(.transactions), "transaction_id"), fields(.date, "date"),
        fields(.choice, "transaction_type"), fields(.text, "transaction_type_text"),
        // Ledger-signed: charges positive, payments and credits negative.
        fields(.money, "amount"), fields(.reference(.tenants), "tenant_id"),
        fields(.text, "payment_method", "check_number"), fields(.longText, "memo"),
      ]),
    schema(
      .rentPayments, "rent_payments", id: "buildium_transaction_id",
      [
        fields(.reference(.transactions), "transaction_id"), fields(.date, "date"),
        fields(.money, "amount"), fields(.reference(.leases), "lease_id"),
        fields(.reference(.units), "unit_id"), fields(.reference(.properties), "property_id"),
        fields(.text, "tenant_name"), fields(.choice, "payment_method", "kind"),
      ]),
    schema(
      .noi, "noi_results", id: "",
      [
        fields(.choice, "month"), fields(.reference(.properties), "property_id"),
        fields(.reference(.owners), "owner_id"), fields(.choice, "basis"),
        fields(.money, "revenue", "operating_expenses", "noi"),
      ]),
    schema(
      .ownerDraws, "owner_draw_results", id: "",
      [
        fields(.choice, "month"), fields(.reference(.properties), "property_id"),
        fields(.reference(.owners), "owner_id"),
        fields(.money, "noi_share", "reserve_held", "draw", "cumulative_draws", "available"),
        fields(.choice, "status"),
      ]),
  ]
}
