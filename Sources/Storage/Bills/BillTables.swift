/// What approval, applications and deposits need besides the tables of the first store.
enum BillTables {
  static let statements: [String] =
    [
      // Users stand in the first store; how much they may submit is added.
      "ALTER TABLE users ADD COLUMN submit_limit INTEGER",
      "ALTER TABLE bill_workflow ADD COLUMN created_by TEXT",
      // Who last changed the amounts: they do not approve them.
      "ALTER TABLE bill_workflow ADD COLUMN edited_by TEXT",
      "ALTER TABLE bill_workflow ADD COLUMN void_date TEXT",
      // The trail is of users and deposits too; what they were called then is kept with it.
      "ALTER TABLE bill_approval_audit ADD COLUMN kind TEXT NOT NULL DEFAULT 'bill'",
      "ALTER TABLE bill_approval_audit ADD COLUMN name TEXT NOT NULL DEFAULT ''",
      // The version of the bill's row the step made; nil when it made none.
      "ALTER TABLE bill_approval_audit ADD COLUMN version INTEGER",
      // The last step of a trail, sealed with the key that is kept apart from the store: without it
      // nobody can make a shorter or another trail look whole.
      """
      CREATE TABLE audit_heads (
        name TEXT NOT NULL PRIMARY KEY, sealed BLOB NOT NULL
      ) STRICT, WITHOUT ROWID
      """,
      // Approvals of a bill that needs two; gone when it is recalled.
      """
      CREATE TABLE bill_approvals (
        bill_id TEXT NOT NULL REFERENCES bills(id),
        approver TEXT NOT NULL,
        approved_at TEXT NOT NULL,
        PRIMARY KEY (bill_id, approver)
      ) STRICT, WITHOUT ROWID
      """,
      // The policy of a property, and under the empty text that of all.
      """
      CREATE TABLE bill_approval_policies (
        scope TEXT NOT NULL PRIMARY KEY,
        auto_approve_up_to INTEGER CHECK (auto_approve_up_to >= 0),
        second_approver_above INTEGER CHECK (second_approver_above >= 0),
        updated_by TEXT NOT NULL,
        updated_at TEXT NOT NULL
      ) STRICT, WITHOUT ROWID
      """,
      // What Buildium's API cannot be told: shown until a person has seen to it.
      """
      CREATE TABLE reconciling_items (
        id TEXT NOT NULL PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('void', 'unapply', 'deposit_void')),
        subject TEXT NOT NULL,
        source_transaction_id TEXT REFERENCES transactions(id),
        message TEXT NOT NULL,
        amount INTEGER NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'told', 'dismissed')),
        created_by TEXT NOT NULL,
        created_at TEXT NOT NULL,
        settled_by TEXT,
        settled_at TEXT,
        CHECK (state = 'pending' OR (settled_by IS NOT NULL AND settled_at IS NOT NULL))
      ) STRICT
      """,
      "CREATE INDEX reconciling_items_subject ON reconciling_items (subject)",
      "CREATE INDEX reconciling_items_pending ON reconciling_items (id) WHERE state = 'pending'",
      // What a voided deposit held; the payments themselves are free again.
      """
      CREATE TABLE deposit_released_items (
        deposit_transaction_id TEXT NOT NULL REFERENCES deposit_meta(transaction_id),
        payment_transaction_id TEXT NOT NULL REFERENCES transactions(id),
        amount INTEGER NOT NULL,
        released_at TEXT NOT NULL,
        PRIMARY KEY (deposit_transaction_id, payment_transaction_id)
      ) STRICT, WITHOUT ROWID
      """,
      // Money a vendor paid back on a credit: so much less of the credit is left (invariant I31).
      """
      CREATE TABLE vendor_credit_refunds (
        refund_transaction_id TEXT NOT NULL PRIMARY KEY REFERENCES transactions(id),
        credit_transaction_id TEXT NOT NULL REFERENCES transactions(id),
        amount INTEGER NOT NULL CHECK (amount > 0),
        created_by TEXT NOT NULL,
        created_at TEXT NOT NULL
      ) STRICT, WITHOUT ROWID
      """,
      "CREATE INDEX vendor_credit_refunds_credit ON vendor_credit_refunds (credit_transaction_id)",
      // A day of a schedule is made into a bill once, whoever asks and how often.
      """
      CREATE TABLE bill_recurrences (
        template_bill_id TEXT NOT NULL REFERENCES bills(id),
        occurrence TEXT NOT NULL,
        -- No foreign key: a draft that was deleted is not made again.
        bill_id TEXT NOT NULL,
        created_at TEXT NOT NULL,
        PRIMARY KEY (template_bill_id, occurrence)
      ) STRICT, WITHOUT ROWID
      """,
      // Records that came and have still to be seen to: a bill without a state, a payment that is not
      // applied because its transaction is not there yet.
      """
      CREATE TABLE bill_intake (
        resource TEXT NOT NULL, local_id TEXT NOT NULL, PRIMARY KEY (resource, local_id)
      ) STRICT, WITHOUT ROWID
      """,
      "CREATE INDEX bill_workflow_state ON bill_workflow (state, bill_id)",
      "CREATE INDEX bank_register_state_account ON bank_register_state (bank_account_id)",
      // What the way out asks: only these may be sent.
      """
      CREATE VIEW bills_that_may_leave AS
        SELECT b.id AS bill_id FROM bills b JOIN bill_workflow w ON w.bill_id = b.id
        WHERE w.state = 'approved' AND b.deleted_at IS NULL AND b.amount > 0
          AND NOT EXISTS (SELECT 1 FROM bill_workflow r WHERE r.reversal_bill_id = b.id)
      """,
      // Whatever was there before these rules is looked at once.
      "INSERT INTO bill_intake (resource, local_id) SELECT 'bills', id FROM bills",
      "INSERT INTO bill_intake (resource, local_id) SELECT 'bill_payments', id FROM bill_payments",
    ] + BillTriggers.statements
}
