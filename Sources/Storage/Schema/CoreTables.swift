/// Properties and who owns and rents them, with the accounts they are kept on.
///
/// The names are those of the users' own schema (seed S0) where it has the table; amounts are
/// minor units, dates `YYYY-MM-DD`, instants RFC 3339 text in UTC.
enum CoreTables {
  static let statements: [String] = [
    """
    CREATE TABLE gl_accounts (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_gl_account_id INTEGER UNIQUE,
      account_number TEXT,
      name TEXT,
      description TEXT,
      type TEXT,
      sub_type TEXT,
      cash_flow_classification TEXT,
      default_account_name TEXT,
      is_default_gl_account INTEGER CHECK (is_default_gl_account IN (0, 1)),
      is_contra_account INTEGER CHECK (is_contra_account IN (0, 1)),
      is_bank_account INTEGER CHECK (is_bank_account IN (0, 1)),
      exclude_from_cash_balances INTEGER CHECK (exclude_from_cash_balances IN (0, 1)),
      is_active INTEGER CHECK (is_active IN (0, 1)),
      is_credit_card_account INTEGER CHECK (is_credit_card_account IN (0, 1)),
      parent_gl_account_id TEXT REFERENCES gl_accounts(id),
      buildium_parent_gl_account_id INTEGER,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE bank_accounts (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_bank_id INTEGER UNIQUE,
      name TEXT,
      description TEXT,
      bank_account_type TEXT,
      country TEXT,
      account_number BLOB,
      routing_number BLOB,
      is_active INTEGER CHECK (is_active IN (0, 1)),
      buildium_balance INTEGER,
      gl_account TEXT REFERENCES gl_accounts(id),
      balance INTEGER,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE owners (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_owner_id INTEGER UNIQUE,
      first_name TEXT,
      last_name TEXT,
      company_name TEXT,
      is_company INTEGER CHECK (is_company IN (0, 1)),
      is_active INTEGER CHECK (is_active IN (0, 1)),
      email TEXT,
      alternate_email TEXT,
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
      comment TEXT,
      management_agreement_start_date TEXT CHECK (management_agreement_start_date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      management_agreement_end_date TEXT CHECK (management_agreement_end_date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      date_of_birth BLOB,
      tax_payer_id BLOB,
      tax_payer_type TEXT,
      tax_payer_name1 TEXT,
      tax_payer_name2 TEXT,
      tax_address_line1 TEXT,
      tax_address_line2 TEXT,
      tax_address_line3 TEXT,
      tax_city TEXT,
      tax_state TEXT,
      tax_postal_code TEXT,
      tax_country TEXT,
      buildium_created_at TEXT,
      buildium_updated_at TEXT,
      tax_id BLOB,
      last_contacted TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE properties (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_property_id INTEGER UNIQUE,
      name TEXT,
      structure_description TEXT,
      address_line1 TEXT,
      address_line2 TEXT,
      address_line3 TEXT,
      city TEXT,
      state TEXT,
      postal_code TEXT,
      country TEXT,
      rental_sub_type TEXT,
      property_type TEXT,
      reserve INTEGER,
      year_built INTEGER,
      total_units INTEGER,
      is_active INTEGER CHECK (is_active IN (0, 1)),
      rental_manager_id INTEGER,
      rental_manager_name TEXT,
      operating_bank_account_id TEXT REFERENCES bank_accounts(id),
      buildium_created_at TEXT,
      buildium_updated_at TEXT,
      rental_owner_ids TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(rental_owner_ids)),
      -- Follows is_active by triggers. A generated column would do, but SQLite 3.40 cannot copy a
      -- table that has one with VACUUM INTO.
      status TEXT CHECK (status IN ('Active', 'Inactive')),
      square_footage INTEGER,
      bedrooms INTEGER,
      bathrooms TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE units (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_unit_id INTEGER UNIQUE,
      property_id TEXT REFERENCES properties(id),
      unit_number TEXT,
      building_name TEXT,
      unit_size INTEGER,
      market_rent INTEGER,
      address_line1 TEXT,
      address_line2 TEXT,
      address_line3 TEXT,
      city TEXT,
      state TEXT,
      postal_code TEXT,
      country TEXT,
      unit_bedrooms TEXT,
      unit_bathrooms TEXT,
      description TEXT,
      is_unit_listed INTEGER CHECK (is_unit_listed IN (0, 1)),
      is_unit_occupied INTEGER CHECK (is_unit_occupied IN (0, 1)),
      is_active INTEGER CHECK (is_active IN (0, 1)),
      buildium_created_at TEXT,
      buildium_updated_at TEXT,
      unit_type TEXT,
      square_footage INTEGER,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE tenants (
      id TEXT NOT NULL PRIMARY KEY,
      buildium_tenant_id INTEGER UNIQUE,
      first_name TEXT,
      last_name TEXT,
      email TEXT,
      alternate_email TEXT,
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
      alternate_address_line1 TEXT,
      alternate_address_line2 TEXT,
      alternate_address_line3 TEXT,
      alternate_city TEXT,
      alternate_state TEXT,
      alternate_postal_code TEXT,
      alternate_country TEXT,
      mailing_preference TEXT,
      sms_opt_in_status TEXT,
      date_of_birth BLOB,
      tax_id BLOB,
      comment TEXT,
      emergency_contact_name TEXT,
      emergency_contact_relationship TEXT,
      emergency_contact_phone TEXT,
      emergency_contact_email TEXT,
      buildium_created_at TEXT,
      buildium_updated_at TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE leases (
      id INTEGER PRIMARY KEY,
      buildium_lease_id INTEGER UNIQUE,
      "propertyId" TEXT REFERENCES properties(id),
      "unitId" TEXT REFERENCES units(id),
      unit_number TEXT,
      "startDate" TEXT CHECK ("startDate" GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      "endDate" TEXT CHECK ("endDate" GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'),
      status TEXT,
      lease_type TEXT,
      term_type TEXT,
      renewal_offer_status TEXT,
      rent INTEGER,
      "depositAmt" INTEGER,
      payment_due_day INTEGER,
      is_eviction_pending INTEGER CHECK (is_eviction_pending IN (0, 1)),
      automatically_move_out_tenants INTEGER CHECK (automatically_move_out_tenants IN (0, 1)),
      current_number_of_occupants INTEGER,
      buildium_created_at TEXT,
      buildium_updated_at TEXT,
      notes TEXT,
      "createdAt" TEXT NOT NULL,
      "updatedAt" TEXT NOT NULL,
      deleted_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE ownership (
      id TEXT NOT NULL PRIMARY KEY,
      "primary" INTEGER NOT NULL DEFAULT 0 CHECK ("primary" IN (0, 1)),
      -- Percentages as text with their digits; null while nobody has entered them.
      ownership_percentage TEXT,
      disbursement_percentage TEXT,
      owner_name TEXT,
      owner_id TEXT NOT NULL REFERENCES owners(id),
      property_id TEXT NOT NULL REFERENCES properties(id),
      -- Null is the beginning of time; the seed knows one row per pair, its history needs several.
      effective_from TEXT NOT NULL DEFAULT '0001-01-01',
      effective_to TEXT CHECK (effective_to IS NULL OR effective_to >= effective_from),
      -- Whether the pair is known from a service; what a person entered outlives it.
      is_linked INTEGER NOT NULL DEFAULT 0 CHECK (is_linked IN (0, 1)),
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE lease_tenants (
      lease_id INTEGER NOT NULL REFERENCES leases(id),
      tenant_id TEXT NOT NULL REFERENCES tenants(id),
      is_current INTEGER NOT NULL CHECK (is_current IN (0, 1)),
      PRIMARY KEY (lease_id, tenant_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE INDEX lease_tenants_tenant ON lease_tenants (tenant_id)
    """,
    """
    CREATE INDEX properties_name_idx ON properties (name)
    """,
    """
    CREATE INDEX units_property_id_idx ON units (property_id)
    """,
    """
    -- Buildium answers for its own numbers: two of its units may share one (in different
    -- buildings, or while they swap them), and a refusal here would stop every later pull.
    CREATE UNIQUE INDEX units_property_id_unit_number_key ON units (property_id, unit_number)
      WHERE deleted_at IS NULL AND buildium_unit_id IS NULL
    """,
    """
    CREATE INDEX owners_last_name_first_name_idx ON owners (last_name, first_name)
    """,
    """
    CREATE INDEX ownership_owner_id_idx ON ownership (owner_id)
    """,
    """
    CREATE INDEX ownership_property_id_idx ON ownership (property_id)
    """,
    """
    CREATE UNIQUE INDEX ownership_owner_id_property_id_key
      ON ownership (owner_id, property_id, effective_from)
    """,
    """
    CREATE INDEX tenants_last_name_first_name_idx ON tenants (last_name, first_name)
    """,
    """
    CREATE INDEX leases_property ON leases ("propertyId")
    """,
    """
    CREATE INDEX leases_unit ON leases ("unitId")
    """,
    """
    CREATE INDEX leases_start ON leases ("startDate")
    """,
    """
    CREATE INDEX gl_accounts_number ON gl_accounts (account_number)
    """,
    """
    CREATE INDEX gl_accounts_purpose ON gl_accounts (default_account_name)
    """,
    """
    CREATE INDEX gl_accounts_name ON gl_accounts (LOWER(name))
    """,
    // Links most rows lack: an index of those that have one.
    linkIndex("gl_accounts", "parent_gl_account_id"),
    linkIndex("properties", "operating_bank_account_id"),
  ]

  /// An index of the rows that have a link, for finding what points to a record.
  static func linkIndex(_ table: String, _ column: String) -> String {
    "CREATE INDEX \(table)_\(column) ON \(table) (\(column)) WHERE \(column) IS NOT NULL"
  }
}
