/// What Buildium's API does not have: approval of bills, applications, deposits' states, ownership
/// rules. These are records of Rentbook's own (seed S4).
enum OverlayTables {
  static let statements: [String] = [
    """
    CREATE TABLE bill_workflow (
      bill_id TEXT NOT NULL PRIMARY KEY REFERENCES bills(id),
      state TEXT NOT NULL DEFAULT 'draft'
        CHECK (state IN ('draft', 'pending_approval', 'approved', 'rejected', 'voided')),
      -- Counts every change, so that a decision on an older look is refused.
      version INTEGER NOT NULL DEFAULT 1,
      submitted_by TEXT, submitted_at TEXT,
      approved_by TEXT, approved_at TEXT,
      rejected_by TEXT, rejected_at TEXT, rejection_reason TEXT,
      voided_by TEXT, voided_at TEXT, void_reason TEXT,
      reversal_bill_id TEXT UNIQUE REFERENCES bills(id),
      reversal_transaction_id TEXT UNIQUE REFERENCES transactions(id),
      content_hash TEXT,
      ap_gl_account_id TEXT REFERENCES gl_accounts(id),
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      CHECK (state <> 'approved' OR approved_at IS NOT NULL),
      CHECK (state <> 'rejected' OR COALESCE(length(rejection_reason), 0) > 0),
      CHECK (state <> 'voided' OR (voided_at IS NOT NULL AND COALESCE(length(void_reason), 0) > 0))
    ) STRICT
    """,
    """
    CREATE TABLE bill_applications (
      id TEXT NOT NULL PRIMARY KEY,
      organisation_id TEXT REFERENCES organisations(id),
      bill_id TEXT NOT NULL REFERENCES bills(id),
      source_transaction_id TEXT NOT NULL REFERENCES transactions(id),
      source_type TEXT NOT NULL CHECK (source_type IN ('payment', 'credit', 'refund')),
      applied_amount INTEGER NOT NULL CHECK (applied_amount > 0),
      applied_at TEXT NOT NULL,
      created_by TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      UNIQUE (bill_id, source_transaction_id)
    ) STRICT
    """,
    "CREATE INDEX bill_applications_source ON bill_applications (source_transaction_id)",
    """
    CREATE TABLE bill_approval_audit (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      -- No foreign key: the trail outlives the bill.
      bill_id TEXT NOT NULL,
      at TEXT NOT NULL,
      actor TEXT NOT NULL,
      action TEXT NOT NULL,
      from_state TEXT,
      to_state TEXT,
      reason TEXT,
      details TEXT CHECK (details IS NULL OR json_valid(details)),
      prev_hash TEXT NOT NULL,
      hash TEXT NOT NULL UNIQUE
    ) STRICT
    """,
    "CREATE INDEX bill_approval_audit_bill ON bill_approval_audit (bill_id, seq)",
    """
    CREATE TABLE bank_register_state (
      transaction_id TEXT NOT NULL PRIMARY KEY REFERENCES transactions(id),
      bank_account_id TEXT REFERENCES bank_accounts(id),
      status TEXT NOT NULL DEFAULT 'uncleared'
        CHECK (status IN ('uncleared', 'cleared', 'reconciled')),
      reconciled_at TEXT,
      updated_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE deposit_meta (
      transaction_id TEXT NOT NULL PRIMARY KEY REFERENCES transactions(id),
      deposit_id TEXT UNIQUE,
      status TEXT NOT NULL DEFAULT 'posted' CHECK (status IN ('posted', 'reconciled', 'voided')),
      buildium_deposit_id INTEGER UNIQUE,
      buildium_sync_status TEXT NOT NULL DEFAULT 'pending'
        CHECK (buildium_sync_status IN ('pending', 'synced', 'failed')),
      buildium_last_synced_at TEXT,
      buildium_sync_error TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE deposit_items (
      id TEXT NOT NULL PRIMARY KEY,
      deposit_transaction_id TEXT NOT NULL REFERENCES deposit_meta(transaction_id),
      payment_transaction_id TEXT NOT NULL UNIQUE REFERENCES transactions(id),
      buildium_payment_transaction_id INTEGER UNIQUE,
      amount INTEGER NOT NULL,
      created_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX deposit_items_deposit ON deposit_items (deposit_transaction_id)",
    // Links of the time before deposit_items, kept for what was imported from it.
    """
    CREATE TABLE transaction_payment_transactions (
      transaction_id TEXT NOT NULL REFERENCES transactions(id),
      payment_transaction_id TEXT NOT NULL REFERENCES transactions(id),
      amount INTEGER,
      PRIMARY KEY (transaction_id, payment_transaction_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE distribution_rules (
      id TEXT NOT NULL PRIMARY KEY,
      property_id TEXT NOT NULL REFERENCES properties(id),
      effective_from TEXT NOT NULL DEFAULT '0001-01-01',
      effective_to TEXT,
      priority INTEGER NOT NULL DEFAULT 0,
      kind TEXT NOT NULL DEFAULT 'percent_of_noi',
      reserve_target INTEGER NOT NULL DEFAULT 0 CHECK (reserve_target >= 0),
      percent TEXT NOT NULL DEFAULT '100',
      hold_unpaid_bills INTEGER NOT NULL DEFAULT 1 CHECK (hold_unpaid_bills IN (0, 1)),
      hold_undeposited INTEGER NOT NULL DEFAULT 1 CHECK (hold_undeposited IN (0, 1)),
      carry_forward_negative_noi INTEGER NOT NULL DEFAULT 1
        CHECK (carry_forward_negative_noi IN (0, 1)),
      management_fee TEXT CHECK (management_fee IS NULL OR json_valid(management_fee)),
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      UNIQUE (property_id, priority, effective_from)
    ) STRICT
    """,
    """
    CREATE TABLE management_agreements (
      property_id TEXT NOT NULL PRIMARY KEY REFERENCES properties(id),
      start_date TEXT,
      end_date TEXT CHECK (end_date IS NULL OR start_date IS NULL OR end_date >= start_date),
      updated_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE management_income_accounts (
      gl_account_id TEXT NOT NULL PRIMARY KEY REFERENCES gl_accounts(id),
      updated_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE owner_allocations (
      transaction_id TEXT NOT NULL REFERENCES transactions(id),
      property_id TEXT NOT NULL REFERENCES properties(id),
      owner_id TEXT NOT NULL REFERENCES owners(id),
      percent TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      PRIMARY KEY (transaction_id, property_id, owner_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE owners_list_cache (
      owner_id TEXT NOT NULL PRIMARY KEY REFERENCES owners(id) ON DELETE CASCADE,
      contact_id INTEGER,
      display_name TEXT NOT NULL,
      primary_email TEXT,
      primary_phone TEXT,
      management_agreement_start_date TEXT,
      management_agreement_end_date TEXT,
      updated_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX owners_list_cache_name ON owners_list_cache (display_name)",
    """
    CREATE TABLE property_ownerships_cache (
      ownership_id TEXT NOT NULL PRIMARY KEY REFERENCES ownership(id) ON DELETE CASCADE,
      property_id TEXT NOT NULL,
      owner_id TEXT NOT NULL,
      contact_id INTEGER,
      display_name TEXT NOT NULL,
      primary_email TEXT,
      "primary" INTEGER NOT NULL,
      ownership_percentage TEXT,
      disbursement_percentage TEXT,
      updated_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX property_ownerships_cache_property ON property_ownerships_cache (property_id)",
    "CREATE INDEX property_ownerships_cache_owner ON property_ownerships_cache (owner_id)",
  ]
}
