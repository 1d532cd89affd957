/// What the lists need besides the tables: an index for each order, and the letters of transactions.
///
/// Indexes end with the id, by which rows that tie stand, and leave out rows that are gone: a window
/// and a count are read from the index alone.
enum ListTables {
  /// What makes them, in order.
  static let statements: [String] =
    names + places + people + books + work + letters

  /// Names by which rows of other lists are ordered, none of them missing.
  private static let names: [String] =
    [
      """
      CREATE TABLE list_names (
        kind TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL,
        PRIMARY KEY (kind, name, id), UNIQUE (kind, id)
      ) STRICT, WITHOUT ROWID
      """
    ]
    + ["properties", "vendors", "vendor_categories"].flatMap { table in
      [
        """
        INSERT INTO list_names (kind, name, id)
          SELECT '\(table)', COALESCE(name, ''), id FROM \(table)
        """,
        """
        CREATE TRIGGER \(table)_list_name_insert AFTER INSERT ON \(table)
        BEGIN
          INSERT INTO list_names (kind, name, id) VALUES ('\(table)', COALESCE(NEW.name, ''), NEW.id);
        END
        """,
        """
        CREATE TRIGGER \(table)_list_name_update AFTER UPDATE OF name ON \(table)
        WHEN NEW.name IS NOT OLD.name
        BEGIN
          UPDATE list_names SET name = COALESCE(NEW.name, '')
            WHERE kind = '\(table)' AND id = NEW.id;
        END
        """,
        """
        CREATE TRIGGER \(table)_list_name_delete AFTER DELETE ON \(table)
        BEGIN DELETE FROM list_names WHERE kind = '\(table)' AND id = OLD.id; END
        """,
      ]
    }

  /// An index of the rows that are there, by some columns and the id.
  private static func index(_ table: String, _ columns: String, all: Bool = false) -> String {
    let name = columns.lowercased().filter { $0 != "\"" && $0 != " " }
      .replacing(",", with: "_").replacing("(", with: "").replacing(")", with: "")
    return "CREATE INDEX \(table)_by_\(name) ON \(table) (\(columns), id)"
      + (all ? "" : " WHERE deleted_at IS NULL")
  }

  /// A link's index that has the order within what is linked, too. It stands in the place of the one
  /// that had the link alone, so that a write pays for one.
  private static func widened(_ name: String, _ table: String, _ columns: String) -> [String] {
    [
      "DROP INDEX \(name)",
      "CREATE INDEX \(name) ON \(table) (\(columns), id, deleted_at)",
    ]
  }

  private static let places: [String] =
    [
      "name", "address_line1", "city", "total_units", "rental_sub_type", "rental_manager_name",
      "reserve",
      "is_active",
    ].map { index("properties", $0) }
    + [
      "unit_number", "market_rent", "is_unit_occupied",
      "unit_bedrooms", "unit_bathrooms", "unit_size", "unit_type", "is_active",
    ].map { index("units", $0) }
    + [
      "unit_number", "status", "\"startDate\"", "\"endDate\"",
      "rent", "\"depositAmt\"", "lease_type", "buildium_lease_id",
    ].map { index("leases", $0) }
    + widened("units_property_id_idx", "units", "property_id, unit_number")
    + widened("leases_property", "leases", "\"propertyId\", unit_number")

  private static let people: [String] =
    ["last_name, first_name", "email", "city"].map { index("tenants", $0) }
    + [
      "company_name, last_name, first_name", "email", "city", "management_agreement_start_date",
      "management_agreement_end_date", "is_active",
    ].map { index("owners", $0) }
    + [
      "DROP INDEX ownership_property_id_idx",
      "CREATE INDEX ownership_property_id_idx ON ownership (property_id, owner_name, id)",
    ]
    + [
      "owner_name", "effective_from", "effective_to", "\"primary\"",
    ].map { index("ownership", $0, all: true) }
    + widened("idx_vendors_category", "vendors", "vendor_category_id, name")
    + ["name", "contact_name", "email", "insurance_expiration_date", "is_active"].map {
      index("vendors", $0)
    } + [CoreTables.linkIndex("vendors", "expense_gl_account_id")]

  private static let books: [String] =
    ["account_number", "name", "type", "sub_type", "is_bank_account", "is_active"].map {
      index("gl_accounts", $0)
    }
    + ["name", "bank_account_type", "is_active"].map { index("bank_accounts", $0) }
    + [
      CoreTables.linkIndex("bank_accounts", "gl_account"),
      """
      CREATE INDEX bank_accounts_by_balance
        ON bank_accounts (COALESCE(balance, buildium_balance), id) WHERE deleted_at IS NULL
      """,
    ]
    + [
      "date", "transaction_type", "total_amount", "payee_name",
      "reference_number",
    ].map { index("transactions", $0) }
    + [
      "due_date", "amount", "status",
      "reference_number", "date", "paid_date",
    ].map { index("bills", $0) }
    + widened("transactions_property", "transactions", "property_id, date")
    + widened("idx_bills_vendor", "bills", "vendor_id, due_date")
    + widened("idx_bills_property", "bills", "property_id, due_date")

  private static let work: [String] =
    [
      "due_date", "subject", "status", "priority", "assigned_to",
      "task_type",
    ].map { index("tasks", $0) }
    + [CoreTables.linkIndex("tasks", "lease_id")]
    + [
      "due_date", "subject", "vendor_id, due_date", "status", "priority", "actual_cost",
      "invoice_number",
    ].map { index("work_orders", $0) }
    + widened("idx_tasks_property", "tasks", "property_id, due_date")
    + widened("idx_work_orders_property", "work_orders", "property_id, due_date")
    + ["CREATE INDEX messages_record ON messages (record_key, id) WHERE record_key IS NOT NULL"]

  /// What of a transaction is found by its letters.
  private static func words(_ row: String) -> String {
    ["memo", "payee_name", "reference_number", "check_number"]
      .map { "COALESCE(\(row).\($0), '')" }.joined(separator: " || char(10) || ")
  }

  private static func number(_ row: String) -> String {
    "(SELECT number FROM transaction_numbers WHERE row_id = \(row).id)"
  }

  /// The index of letters keeps none of the text: it is asked for candidates, which are then looked
  /// at. In PostgreSQL its place is taken by pg_trgm.
  private static let letters: [String] = [
    // A row's own number may change when the file is copied; this one is kept.
    """
    CREATE TABLE transaction_numbers (
      number INTEGER PRIMARY KEY, row_id TEXT NOT NULL UNIQUE
    ) STRICT
    """,
    """
    CREATE VIRTUAL TABLE transaction_words USING fts5(
      words, content='', columnsize=0, detail=none, tokenize='trigram')
    """,
    """
    INSERT INTO transaction_numbers (row_id) SELECT id FROM transactions
    """,
    """
    INSERT INTO transaction_words (rowid, words)
      SELECT n.number, \(words("t"))
      FROM transaction_numbers n JOIN transactions t ON t.id = n.row_id
    """,
    """
    CREATE TRIGGER transactions_words_insert AFTER INSERT ON transactions
    BEGIN
      INSERT INTO transaction_numbers (row_id) VALUES (NEW.id);
      INSERT INTO transaction_words (rowid, words) VALUES (\(number("NEW")), \(words("NEW")));
    END
    """,
    """
    CREATE TRIGGER transactions_words_update
      AFTER UPDATE OF memo, payee_name, reference_number, check_number ON transactions
      WHEN \(words("NEW")) <> \(words("OLD"))
    BEGIN
      INSERT INTO transaction_words (transaction_words, rowid, words)
        VALUES ('delete', \(number("OLD")), \(words("OLD")));
      INSERT INTO transaction_words (rowid, words) VALUES (\(number("NEW")), \(words("NEW")));
    END
    """,
    """
    CREATE TRIGGER transactions_words_delete AFTER DELETE ON transactions
    BEGIN
      INSERT INTO transaction_words (transaction_words, rowid, words)
        VALUES ('delete', \(number("OLD")), \(words("OLD")));
      DELETE FROM transaction_numbers WHERE row_id = OLD.id;
    END
    """,
  ]
}
