/// The users' own schema as a table: what the store must have, under these names.
///
/// Types are those of the store: amounts are minor units, percentages and quantities keep their
/// digits as text, lists and documents are JSON text, secrets are sealed bytes, a lease has a number.
enum SeedSchema {
  struct Table {
    let name: String
    var columns: [String: String] = [:]

    init(_ name: String, text: String = "", integer: String = "", bytes: String = "") {
      self.name = name
      for (type, names) in [("TEXT", text), ("INTEGER", integer), ("BLOB", bytes)] {
        for column in names.split(whereSeparator: \.isWhitespace) { columns[String(column)] = type }
      }
    }
  }

  static let tables: [Table] = [
    Table(
      "properties",
      text: """
        id name structure_description address_line1 address_line2 address_line3 city state
        postal_code country rental_sub_type rental_owner_ids operating_bank_account_id status
        property_type bathrooms buildium_created_at buildium_updated_at created_at updated_at
        """,
      integer: """
        buildium_property_id reserve year_built total_units square_footage bedrooms is_active
        """),
    Table(
      "units",
      text: """
        id property_id unit_number address_line1 address_line2 address_line3 city state
        postal_code country unit_bedrooms unit_bathrooms description unit_type
        buildium_created_at buildium_updated_at created_at updated_at
        """,
      integer: """
        unit_size market_rent buildium_unit_id square_footage is_active
        """),
    Table(
      "owners",
      text: """
        id first_name last_name company_name management_agreement_start_date
        management_agreement_end_date email alternate_email phone_home phone_work phone_mobile
        phone_fax address_line1 address_line2 address_line3 city state postal_code country
        comment tax_payer_type tax_payer_name1 tax_payer_name2 tax_address_line1
        tax_address_line2 tax_address_line3 tax_city tax_state tax_postal_code tax_country
        last_contacted buildium_created_at buildium_updated_at created_at updated_at
        """,
      integer: """
        is_company buildium_owner_id is_active
        """,
      bytes: """
        date_of_birth tax_payer_id tax_id
        """),
    Table(
      "ownership",
      text: """
        id ownership_percentage disbursement_percentage owner_name owner_id property_id
        created_at updated_at
        """,
      integer: """
        primary
        """),
    Table(
      "leases",
      text: """
        propertyId unitId startDate endDate status notes createdAt updatedAt
        """,
      integer: """
        id depositAmt buildium_lease_id
        """),
    Table(
      "bank_accounts",
      text: """
        id name description bank_account_type gl_account created_at updated_at
        """,
      integer: """
        buildium_bank_id is_active balance buildium_balance
        """,
      bytes: """
        account_number routing_number
        """),
    Table(
      "vendors",
      text: """
        id name contact_name email phone_number address_line1 address_line2 city state
        postal_code country notes created_at updated_at
        """,
      integer: """
        buildium_vendor_id category_id is_active
        """,
      bytes: """
        tax_id
        """),
    Table(
      "bills",
      text: """
        id vendor_id property_id unit_id date due_date description reference_number
        recurring_schedule status created_at updated_at
        """,
      integer: """
        buildium_bill_id amount category_id is_recurring
        """),
    Table(
      "bill_payments",
      text: """
        id bill_id bank_account_id date reference_number memo created_at updated_at
        """,
      integer: """
        buildium_payment_id amount
        """),
    Table(
      "gl_accounts",
      text: """
        id account_number name description type sub_type default_account_name
        cash_flow_classification created_at updated_at
        """,
      integer: """
        buildium_gl_account_id is_default_gl_account is_contra_account is_bank_account
        exclude_from_cash_balances is_active buildium_parent_gl_account_id
        is_credit_card_account
        """),
    Table(
      "vendor_categories",
      text: """
        id name description created_at updated_at
        """,
      integer: """
        buildium_category_id is_active
        """),
    Table(
      "bill_categories",
      text: """
        id name description created_at updated_at
        """,
      integer: """
        buildium_category_id is_active
        """),
    Table(
      "tasks",
      text: """
        id property_id unit_id subject description priority status assigned_to scheduled_date
        completed_date category notes created_at updated_at
        """,
      integer: """
        buildium_task_id estimated_cost actual_cost
        """),
    Table(
      "work_orders",
      text: """
        id property_id unit_id subject description priority status assigned_to scheduled_date
        completed_date category notes created_at updated_at
        """,
      integer: """
        buildium_work_order_id estimated_cost actual_cost
        """),
    Table(
      "task_categories",
      text: """
        id name description color created_at updated_at
        """,
      integer: """
        buildium_category_id is_active
        """),
    Table(
      "task_history",
      text: """
        id task_id status notes completed_date assigned_to created_at updated_at
        """,
      integer: """
        buildium_history_id
        """),
    Table(
      "task_history_files",
      text: """
        id task_history_id file_name file_type file_url description created_at updated_at
        """,
      integer: """
        buildium_file_id file_size
        """),
    Table(
      "buildium_sync_status",
      text: """
        id entity_type entity_id last_synced_at sync_status error_message created_at updated_at
        """,
      integer: """
        buildium_id
        """),
    Table(
      "buildium_api_cache",
      text: """
        id endpoint parameters response_data expires_at created_at updated_at
        """),
    Table(
      "buildium_webhook_events",
      text: """
        id event_id event_type event_data processed_at error_message created_at updated_at
        """,
      integer: """
        processed retry_count max_retries
        """),
    Table(
      "buildium_api_log",
      text: """
        id endpoint method request_data response_data error_message created_at
        """,
      integer: """
        response_status duration_ms
        """),
    Table(
      "owners_list_cache",
      text: """
        owner_id display_name primary_email primary_phone management_agreement_start_date
        management_agreement_end_date updated_at
        """,
      integer: """
        contact_id
        """),
    Table(
      "property_ownerships_cache",
      text: """
        ownership_id property_id owner_id display_name primary_email ownership_percentage
        disbursement_percentage updated_at
        """,
      integer: """
        contact_id primary
        """),
    Table(
      "lease_tenants",
      text: """
        tenant_id
        """,
      integer: """
        lease_id is_current
        """),
    Table(
      "bill_lines",
      text: """
        bill_id gl_account_id property_id unit_id memo
        """,
      integer: """
        id position amount
        """),
    Table(
      "tenants",
      text: """
        id first_name last_name email
        """,
      integer: """
        buildium_tenant_id
        """,
      bytes: """
        tax_id date_of_birth
        """),
    Table(
      "property_manager_connections",
      text: """
        id user_id provider provider_user_id token_expires_at scopes status last_sync_at
        created_at updated_at
        """,
      bytes: """
        access_token refresh_token
        """),
    Table(
      "property_manager_mappings",
      text: """
        id connection_id provider_property_id provider_property_address property_id metadata
        created_at updated_at
        """,
      integer: """
        auto_sync
        """),
    Table(
      "property_manager_sync_logs",
      text: """
        id connection_id sync_type status errors started_at completed_at
        """,
      integer: """
        items_synced transactions_created
        """),
    Table(
      "transactions",
      text: """
        id date transaction_type provider provider_transaction_id connection_id bill_id
        posting_state
        """,
      integer: """
        buildium_transaction_id buildium_bill_id total_amount is_reconciled
        """),
    Table(
      "transaction_lines",
      text: """
        transaction_id gl_account_id posting_type property_id unit_id entity_type
        """,
      integer: """
        id position source_amount amount is_cash_posting is_derived entity_id
        """),
    Table(
      "bill_workflow",
      text: """
        bill_id state submitted_by submitted_at approved_by approved_at rejected_by rejected_at
        rejection_reason voided_by voided_at void_reason reversal_transaction_id
        """,
      integer: """
        version
        """),
    Table(
      "bill_applications",
      text: """
        id organisation_id bill_id source_transaction_id source_type applied_at created_by
        """,
      integer: """
        applied_amount
        """),
    Table(
      "bill_approval_audit",
      text: """
        bill_id at actor action from_state to_state reason details prev_hash hash
        """,
      integer: """
        seq
        """),
    Table(
      "deposit_meta",
      text: """
        transaction_id deposit_id status buildium_sync_status buildium_last_synced_at
        buildium_sync_error
        """,
      integer: """
        buildium_deposit_id
        """),
    Table(
      "deposit_items",
      text: """
        id deposit_transaction_id payment_transaction_id
        """,
      integer: """
        buildium_payment_transaction_id amount
        """),
    Table(
      "bank_register_state",
      text: """
        transaction_id bank_account_id status reconciled_at updated_at
        """),
    Table(
      "transaction_payment_transactions",
      text: """
        transaction_id payment_transaction_id
        """,
      integer: """
        amount
        """),
  ]

  /// Named indexes with the table and the columns they begin with; unique ones end in `_key`.
  static let indexes: [(name: String, table: String, columns: [String])] = [
    ("properties_name_idx", "properties", ["name"]),
    ("units_property_id_idx", "units", ["property_id"]),
    ("units_property_id_unit_number_key", "units", ["property_id", "unit_number"]),
    ("owners_last_name_first_name_idx", "owners", ["last_name", "first_name"]),
    ("ownership_owner_id_idx", "ownership", ["owner_id"]),
    ("ownership_property_id_idx", "ownership", ["property_id"]),
    ("ownership_owner_id_property_id_key", "ownership", ["owner_id", "property_id"]),
    ("idx_vendors_name", "vendors", ["name"]),
    ("idx_vendors_category", "vendors", ["vendor_category_id"]),
    ("idx_vendors_active", "vendors", ["is_active"]),
    ("idx_bills_vendor", "bills", ["vendor_id"]),
    ("idx_bills_property", "bills", ["property_id"]),
    ("idx_bills_unit", "bills", ["unit_id"]),
    ("idx_bills_date", "bills", ["date"]),
    ("idx_bills_status", "bills", ["status"]),
    ("idx_bill_payments_bill", "bill_payments", ["bill_id"]),
    ("idx_bill_payments_bank", "bill_payments", ["bank_account_id"]),
    ("idx_tasks_property", "tasks", ["property_id"]),
    ("idx_tasks_unit", "tasks", ["unit_id"]),
    ("idx_tasks_status", "tasks", ["status"]),
    ("idx_tasks_priority", "tasks", ["priority"]),
    ("idx_tasks_assigned", "tasks", ["assigned_to"]),
    ("idx_work_orders_property", "work_orders", ["property_id"]),
    ("idx_work_orders_unit", "work_orders", ["unit_id"]),
    ("idx_work_orders_status", "work_orders", ["status"]),
    ("idx_buildium_sync_entity", "buildium_sync_status", ["entity_type", "entity_id"]),
    ("idx_buildium_sync_status", "buildium_sync_status", ["sync_status"]),
    ("idx_buildium_cache_endpoint", "buildium_api_cache", ["endpoint"]),
    ("idx_buildium_cache_expires", "buildium_api_cache", ["expires_at"]),
    ("idx_webhook_events_type", "buildium_webhook_events", ["event_type"]),
    ("idx_webhook_events_processed", "buildium_webhook_events", ["processed"]),
  ]

  /// Keys that allow a value once, beside the primary keys.
  static let uniqueKeys: [(table: String, columns: [String])] = [
    ("property_manager_mappings", ["connection_id", "provider_property_id"]),
    ("bill_applications", ["bill_id", "source_transaction_id"]),
    ("deposit_items", ["payment_transaction_id"]),
    ("deposit_items", ["buildium_payment_transaction_id"]),
    ("deposit_meta", ["deposit_id"]),
    ("deposit_meta", ["buildium_deposit_id"]),
    ("buildium_webhook_events", ["event_id"]),
    ("buildium_sync_status", ["entity_type", "entity_id"]),
    ("buildium_api_cache", ["endpoint", "parameters"]),
    ("transactions", ["buildium_transaction_id"]),
    ("bills", ["buildium_bill_id"]),
    ("properties", ["buildium_property_id"]),
    ("units", ["buildium_unit_id"]),
    ("owners", ["buildium_owner_id"]),
    ("leases", ["buildium_lease_id"]),
    ("bank_accounts", ["buildium_bank_id"]),
    ("vendors", ["buildium_vendor_id"]),
    ("gl_accounts", ["buildium_gl_account_id"]),
    ("vendor_categories", ["buildium_category_id"]),
    ("bill_categories", ["buildium_category_id"]),
    ("task_categories", ["buildium_category_id"]),
    ("tasks", ["buildium_task_id"]),
    ("work_orders", ["buildium_work_order_id"]),
    ("task_history", ["buildium_history_id"]),
    ("task_history_files", ["buildium_file_id"]),
    ("transactions", ["reversal_of"]),
  ]
}
