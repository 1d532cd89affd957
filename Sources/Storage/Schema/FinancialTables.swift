/// Vendors, bills, transactions and their lines.
///
/// The names are those of the users' own schema (seed S0) where it has the table; amounts are
/// minor units, dates `YYYY-MM-DD`, instants RFC 3339 text in UTC.
enum FinancialTables {
  static let statements: [String] = [
    """
    CREATE TABLE vendor_categories (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_category_id INTEGER UNIQUE,
      name TEXT,
      is_system_category INTEGER CHECK (is_system_category IN (0, 1)),
      description TEXT,
      is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE vendors (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_vendor_id INTEGER UNIQUE,
      name TEXT,
      contact_name TEXT,
      first_name TEXT,
      last_name TEXT,
      company_name TEXT,
      is_company INTEGER CHECK (is_company IN (0, 1)),
      is_active INTEGER CHECK (is_active IN (0, 1)),
      email TEXT,
      alternate_email TEXT,
      website TEXT,
      phone_home TEXT,
      phone_work TEXT,
      phone_mobile TEXT,
      phone_fax TEXT,
      address_line1 TEXT,
      address_line2 TEXT,
      address_line3 TEXT,
      city TEXT,
      state TEXT,
      postal_code TEXT,
      country TEXT,
      vendor_category_id TEXT REFERENCES vendor_categories(id),
      expense_gl_account_id TEXT REFERENCES gl_accounts(id),
      tax_id BLOB,
      account_number BLOB,
      tax_payer_type TEXT,
      tax_payer_name1 TEXT,
      tax_payer_name2 TEXT,
      include_in_1099 INTEGER CHECK (include_in_1099 IN (0, 1)),
      insurance_provider TEXT,
      insurance_policy_number TEXT,
      insurance_expiration_date TEXT CHECK (insurance_expiration_date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      notes TEXT,
      category_id INTEGER,
      phone_number TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE bill_categories (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_category_id INTEGER UNIQUE,
      name TEXT NOT NULL,
      description TEXT,
      is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE bills (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_bill_id INTEGER UNIQUE,
      vendor_id TEXT REFERENCES vendors(id),
      property_id TEXT REFERENCES properties(id),
      unit_id TEXT REFERENCES units(id),
      work_order_id TEXT REFERENCES work_orders(id),
      date TEXT CHECK (date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      due_date TEXT CHECK (due_date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      paid_date TEXT CHECK (paid_date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      amount INTEGER,
      description TEXT,
      reference_number TEXT,
      buildium_approval_status TEXT,
      category_id INTEGER REFERENCES bill_categories(buildium_category_id),
      is_recurring INTEGER NOT NULL DEFAULT 0 CHECK (is_recurring IN (0, 1)),
      recurring_schedule TEXT CHECK (recurring_schedule IS NULL OR json_valid(recurring_schedule)),
      status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'partially_paid', 'paid', 'overdue', 'cancelled')),
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE bill_lines (
      id INTEGER PRIMARY KEY,
      bill_id TEXT NOT NULL REFERENCES bills(id),
      position INTEGER NOT NULL,
      buildium_line_id INTEGER,
      gl_account_id TEXT REFERENCES gl_accounts(id),
      amount INTEGER,
      markup_amount TEXT,
      markup_type TEXT,
      memo TEXT,
      entity_type TEXT,
      entity_id INTEGER,
      property_id TEXT REFERENCES properties(id),
      unit_id TEXT REFERENCES units(id),
      UNIQUE (bill_id, position)
    ) STRICT
    """,
    """
    CREATE TABLE transactions (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_transaction_id INTEGER UNIQUE,
      date TEXT CHECK (date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      transaction_type TEXT,
      payment_method TEXT,
      total_amount INTEGER,
      memo TEXT,
      check_number TEXT,
      reference_number TEXT,
      lease_id INTEGER REFERENCES leases(id),
      unit_id TEXT REFERENCES units(id),
      property_id TEXT REFERENCES properties(id),
      bill_id TEXT REFERENCES bills(id),
      payee_type TEXT,
      payee_id INTEGER,
      payee_name TEXT,
      bank_gl_account_id TEXT REFERENCES gl_accounts(id),
      is_internal_transaction INTEGER CHECK (is_internal_transaction IN (0, 1)),
      is_pending INTEGER CHECK (is_pending IN (0, 1)),
      deposited_payments TEXT,
      buildium_created_at TEXT,
      buildium_updated_at TEXT,
      provider TEXT NOT NULL DEFAULT 'rentbook',
      provider_transaction_id TEXT,
      connection_id TEXT REFERENCES property_manager_connections(id),
      buildium_bill_id INTEGER,
      category TEXT,
      reversal_of TEXT UNIQUE REFERENCES transactions(id),
      posting_state TEXT NOT NULL DEFAULT 'unposted' CHECK (posting_state IN ('unposted', 'posted', 'quarantined')),
      is_reconciled INTEGER NOT NULL DEFAULT 0 CHECK (is_reconciled IN (0, 1)),
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE transaction_lines (
      id INTEGER PRIMARY KEY,
      transaction_id TEXT NOT NULL REFERENCES transactions(id),
      position INTEGER NOT NULL,
      gl_account_id TEXT REFERENCES gl_accounts(id),
      source_amount INTEGER,
      amount INTEGER CHECK (amount > 0),
      posting_type TEXT CHECK (posting_type IN ('Debit', 'Credit')),
      is_cash_posting INTEGER CHECK (is_cash_posting IN (0, 1)),
      is_derived INTEGER CHECK (is_derived IN (0, 1)),
      reference_number TEXT,
      memo TEXT,
      entity_type TEXT,
      entity_id INTEGER,
      property_id TEXT REFERENCES properties(id),
      unit_id TEXT REFERENCES units(id),
      UNIQUE (transaction_id, position),
      CHECK ((amount IS NULL) = (posting_type IS NULL))
    ) STRICT
    """,
    """
    CREATE TABLE vendor_credits (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_vendor_credit_id INTEGER UNIQUE,
      vendor_id TEXT REFERENCES vendors(id),
      date TEXT CHECK (date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      amount INTEGER,
      reference_number TEXT,
      memo TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE vendor_credit_lines (
      id INTEGER PRIMARY KEY,
      vendor_credit_id TEXT NOT NULL REFERENCES vendor_credits(id),
      position INTEGER NOT NULL,
      buildium_line_id INTEGER,
      gl_account_id TEXT REFERENCES gl_accounts(id),
      amount INTEGER,
      memo TEXT,
      entity_type TEXT,
      entity_id INTEGER,
      property_id TEXT REFERENCES properties(id),
      unit_id TEXT REFERENCES units(id),
      UNIQUE (vendor_credit_id, position)
    ) STRICT
    """,
    """
    CREATE TABLE bill_payments (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_payment_id INTEGER,
      remote_key TEXT UNIQUE,
      bill_id TEXT REFERENCES bills(id),
      bank_account_id TEXT REFERENCES bank_accounts(id),
      amount INTEGER,
      date TEXT CHECK (date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      reference_number TEXT,
      memo TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE bill_payment_lines (
      id INTEGER PRIMARY KEY,
      bill_payment_id TEXT NOT NULL REFERENCES bill_payments(id),
      position INTEGER NOT NULL,
      gl_account_id TEXT REFERENCES gl_accounts(id),
      amount INTEGER,
      entity_type TEXT,
      entity_id INTEGER,
      property_id TEXT REFERENCES properties(id),
      unit_id TEXT REFERENCES units(id),
      UNIQUE (bill_payment_id, position)
    ) STRICT
    """,
    """
    CREATE TABLE bank_deposits (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_deposit_id INTEGER UNIQUE,
      bank_account_id TEXT REFERENCES bank_accounts(id),
      date TEXT CHECK (date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      amount INTEGER,
      memo TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE bank_transactions (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_transaction_id INTEGER,
      remote_key TEXT UNIQUE,
      bank_account_id TEXT REFERENCES bank_accounts(id),
      transaction_id TEXT REFERENCES transactions(id),
      date TEXT CHECK (date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      transaction_type TEXT,
      reconciliation_status TEXT,
      amount INTEGER,
      check_number TEXT,
      memo TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE lease_transactions (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_transaction_id INTEGER UNIQUE,
      lease_id INTEGER REFERENCES leases(id),
      transaction_id TEXT REFERENCES transactions(id),
      date TEXT CHECK (date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      transaction_type TEXT,
      transaction_type_text TEXT,
      amount INTEGER,
      tenant_id TEXT REFERENCES tenants(id),
      payment_method TEXT,
      check_number TEXT,
      memo TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE rent_payments (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_transaction_id INTEGER UNIQUE,
      transaction_id TEXT REFERENCES transactions(id),
      date TEXT CHECK (date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      amount INTEGER,
      lease_id INTEGER REFERENCES leases(id),
      unit_id TEXT REFERENCES units(id),
      property_id TEXT REFERENCES properties(id),
      tenant_name TEXT,
      payment_method TEXT,
      kind TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE INDEX idx_vendors_name ON vendors (name)
    """,
    """
    CREATE INDEX idx_vendors_category ON vendors (vendor_category_id)
    """,
    """
    CREATE INDEX idx_vendors_active ON vendors (is_active)
    """,
    """
    CREATE INDEX idx_bills_vendor ON bills (vendor_id)
    """,
    """
    CREATE INDEX idx_bills_property ON bills (property_id)
    """,
    """
    CREATE INDEX idx_bills_unit ON bills (unit_id)
    """,
    """
    CREATE INDEX idx_bills_date ON bills (date)
    """,
    """
    CREATE INDEX idx_bills_due_date ON bills (due_date)
    """,
    """
    CREATE INDEX idx_bills_status ON bills (status)
    """,
    """
    CREATE INDEX idx_bills_reference ON bills (vendor_id, reference_number)
    """,
    """
    CREATE INDEX idx_bill_payments_bill ON bill_payments (bill_id)
    """,
    """
    CREATE INDEX idx_bill_payments_bank ON bill_payments (bank_account_id)
    """,
    """
    CREATE INDEX idx_bill_lines_property ON bill_lines (property_id)
    """,
    """
    CREATE INDEX transactions_date ON transactions (date)
    """,
    """
    CREATE INDEX transactions_lease ON transactions (lease_id, date)
    """,
    """
    CREATE INDEX transactions_property ON transactions (property_id, date)
    """,
    """
    CREATE INDEX transactions_type ON transactions (transaction_type, date)
    """,
    """
    CREATE INDEX transactions_bill ON transactions (bill_id)
    """,
    """
    -- An imported item is one transaction, however often it is seen (seed S3).
    CREATE UNIQUE INDEX transactions_provider_key
      ON transactions (COALESCE(connection_id, ''), provider, provider_transaction_id)
      WHERE provider_transaction_id IS NOT NULL
    """,
    """
    CREATE INDEX transaction_lines_account ON transaction_lines (gl_account_id, is_cash_posting)
    """,
    """
    CREATE INDEX transaction_lines_property ON transaction_lines (property_id)
    """,
    """
    CREATE INDEX bank_transactions_account ON bank_transactions (bank_account_id, date)
    """,
    """
    CREATE INDEX bank_transactions_transaction ON bank_transactions (transaction_id)
    """,
    """
    CREATE INDEX lease_transactions_lease ON lease_transactions (lease_id, date)
    """,
    """
    CREATE INDEX rent_payments_lease ON rent_payments (lease_id, date)
    """,
    """
    CREATE INDEX vendor_credits_vendor ON vendor_credits (vendor_id)
    """,
    """
    CREATE INDEX bank_deposits_account ON bank_deposits (bank_account_id, date)
    """,
    """
    -- What a person has to look at, and what is tried again when an account comes.
    CREATE INDEX transactions_quarantined ON transactions (id)
      WHERE posting_state = 'quarantined'
    """,
    CoreTables.linkIndex("bills", "work_order_id"),
    CoreTables.linkIndex("bill_lines", "gl_account_id"),
    CoreTables.linkIndex("bill_lines", "unit_id"),
    CoreTables.linkIndex("transactions", "unit_id"),
    CoreTables.linkIndex("transactions", "bank_gl_account_id"),
    CoreTables.linkIndex("transaction_lines", "unit_id"),
    CoreTables.linkIndex("rent_payments", "transaction_id"),
    CoreTables.linkIndex("rent_payments", "unit_id"),
    CoreTables.linkIndex("rent_payments", "property_id"),
  ]
}
