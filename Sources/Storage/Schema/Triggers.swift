/// Rules the database itself keeps, whoever writes: this program, a later one, or a hand.
enum Triggers {
  static let statements: [String] =
    ledger + overlay + caches

  private static func refusal(_ name: String, _ event: String, _ condition: String, _ text: String)
    -> String
  {
    """
    CREATE TRIGGER \(name) BEFORE \(event)
    WHEN \(condition)
    BEGIN SELECT RAISE(ABORT, '\(text)'); END
    """
  }

  /// The bank register decides whether a transaction and its deposit are reconciled.
  private static func register(_ name: String, _ event: String) -> String {
    """
    CREATE TRIGGER \(name) AFTER \(event) ON bank_register_state
    BEGIN
      UPDATE transactions SET is_reconciled = (NEW.status = 'reconciled')
        WHERE id = NEW.transaction_id;
      UPDATE deposit_meta SET status = 'reconciled', updated_at = NEW.updated_at
        WHERE transaction_id = NEW.transaction_id AND NEW.status = 'reconciled'
          AND status = 'posted';
    END
    """
  }

  /// Whether the transaction a line belongs to is posted or reconciled.
  private static func locked(_ row: String) -> String {
    """
    EXISTS (SELECT 1 FROM transactions WHERE id = \(row).transaction_id
      AND (posting_state = 'posted' OR is_reconciled = 1))
    """
  }

  private static let lockedLines = "lines of a posted or reconciled transaction do not change"

  /// Double entry, and nothing changes once it is posted or reconciled (invariants I1, I3, I43).
  private static let ledger: [String] = [
    refusal(
      "transactions_post_update", "UPDATE OF posting_state ON transactions",
      """
      NEW.posting_state = 'posted' AND (
        EXISTS (SELECT 1 FROM transaction_lines
          WHERE transaction_id = NEW.id AND posting_type IS NULL AND source_amount IS NOT 0)
        OR EXISTS (SELECT 1 FROM transaction_lines WHERE transaction_id = NEW.id
          GROUP BY COALESCE(is_cash_posting, 0)
          HAVING SUM(CASE posting_type WHEN 'Debit' THEN amount ELSE -amount END) <> 0))
      """, "a posted transaction''s debits equal its credits, per basis"),
    refusal(
      "transactions_post_insert", "INSERT ON transactions", "NEW.posting_state = 'posted'",
      "a transaction is posted after its lines are there"),
    refusal(
      "transaction_lines_insert", "INSERT ON transaction_lines", locked("NEW"), lockedLines),
    // A link that was not known when the line came is filled in later; nothing else changes.
    refusal(
      "transaction_lines_update", "UPDATE ON transaction_lines",
      """
      (\(locked("OLD")) OR \(locked("NEW")))
        AND (NEW.transaction_id IS NOT OLD.transaction_id OR NEW.position IS NOT OLD.position
          OR NEW.amount IS NOT OLD.amount OR NEW.source_amount IS NOT OLD.source_amount
          OR NEW.posting_type IS NOT OLD.posting_type
          OR NEW.is_cash_posting IS NOT OLD.is_cash_posting
          OR NEW.is_derived IS NOT OLD.is_derived
          OR NEW.entity_type IS NOT OLD.entity_type OR NEW.entity_id IS NOT OLD.entity_id
          OR (OLD.gl_account_id IS NOT NULL AND NEW.gl_account_id IS NOT OLD.gl_account_id)
          OR (OLD.property_id IS NOT NULL AND NEW.property_id IS NOT OLD.property_id)
          OR (OLD.unit_id IS NOT NULL AND NEW.unit_id IS NOT OLD.unit_id))
      """, lockedLines),
    refusal(
      "transaction_lines_delete", "DELETE ON transaction_lines", locked("OLD"), lockedLines),
    refusal(
      "transactions_reconciled", "UPDATE ON transactions",
      """
      OLD.is_reconciled = 1 AND (NEW.date IS NOT OLD.date
        OR NEW.transaction_type IS NOT OLD.transaction_type
        OR NEW.total_amount IS NOT OLD.total_amount
        OR NEW.bank_gl_account_id IS NOT OLD.bank_gl_account_id
        OR NEW.posting_state IS NOT OLD.posting_state)
      """, "a reconciled transaction changes in its memo only"),
    refusal(
      "transactions_reconciled_delete", "DELETE ON transactions", "OLD.is_reconciled = 1",
      "a reconciled transaction stays"),
    refusal(
      "bank_register_state_moves", "UPDATE OF transaction_id ON bank_register_state",
      "NEW.transaction_id IS NOT OLD.transaction_id",
      "a row of the bank register stays with its transaction"),
    register("bank_register_state_insert", "INSERT"),
    register("bank_register_state_update", "UPDATE"),
    """
    CREATE TRIGGER bank_register_state_delete AFTER DELETE ON bank_register_state
    BEGIN UPDATE transactions SET is_reconciled = 0 WHERE id = OLD.transaction_id; END
    """,
    refusal(
      "transactions_is_reconciled", "UPDATE OF is_reconciled ON transactions",
      """
      NEW.is_reconciled <> COALESCE((SELECT status = 'reconciled' FROM bank_register_state
        WHERE transaction_id = NEW.id), 0)
      """, "is_reconciled follows the bank register"),
    refusal(
      "transactions_is_reconciled_insert", "INSERT ON transactions", "NEW.is_reconciled <> 0",
      "is_reconciled follows the bank register"),
  ]

  /// Whether a bill of Rentbook's own was approved or voided. Buildium's bills change there, where
  /// this rule is not known; what comes from it is taken over and shown.
  private static func decided(_ bill: String) -> String {
    """
    EXISTS (SELECT 1 FROM bill_workflow w JOIN bills b ON b.id = w.bill_id
      WHERE w.bill_id = \(bill) AND w.state IN ('approved', 'voided')
        AND b.buildium_bill_id IS NULL)
    """
  }

  /// Approval, applications and deposits (invariants I17, I29, I34, I44, I45).
  private static let overlay: [String] = [
    refusal(
      "bill_approval_audit_update", "UPDATE ON bill_approval_audit", "1",
      "the audit is only ever added to"),
    refusal(
      "bill_approval_audit_delete", "DELETE ON bill_approval_audit", "1",
      "the audit is only ever added to"),
    // REPLACE would remove a row without its delete trigger.
    refusal(
      "bill_approval_audit_replace", "INSERT ON bill_approval_audit",
      "EXISTS (SELECT 1 FROM bill_approval_audit WHERE seq = NEW.seq OR hash = NEW.hash)",
      "the audit is only ever added to"),
    refusal(
      "bill_workflow_voided", "UPDATE OF state ON bill_workflow",
      "OLD.state = 'voided' AND NEW.state <> 'voided'", "a voided bill stays voided"),
    refusal(
      "bill_workflow_delete", "DELETE ON bill_workflow", "OLD.state <> 'draft'",
      "only a draft can be deleted"),
    refusal(
      "bills_delete", "DELETE ON bills",
      """
      OLD.buildium_bill_id IS NOT NULL
        OR EXISTS (SELECT 1 FROM bill_workflow WHERE bill_id = OLD.id AND state <> 'draft')
        OR EXISTS (SELECT 1 FROM bill_applications WHERE bill_id = OLD.id)
      """, "only a draft that was never sent or paid can be deleted"),
    refusal(
      "bills_approved_update", "UPDATE ON bills",
      """
      \(decided("OLD.id")) AND (NEW.amount IS NOT OLD.amount OR NEW.date IS NOT OLD.date
        OR NEW.due_date IS NOT OLD.due_date OR NEW.vendor_id IS NOT OLD.vendor_id)
      """, "an approved bill does not change"),
    refusal(
      "bill_lines_approved_insert", "INSERT ON bill_lines", decided("NEW.bill_id"),
      "an approved bill''s lines do not change"),
    refusal(
      "bill_lines_approved_delete", "DELETE ON bill_lines", decided("OLD.bill_id"),
      "an approved bill''s lines do not change"),
    refusal(
      "bill_lines_approved_update", "UPDATE ON bill_lines",
      """
      (\(decided("OLD.bill_id")) OR \(decided("NEW.bill_id")))
        AND (NEW.amount IS NOT OLD.amount OR NEW.gl_account_id IS NOT OLD.gl_account_id
          OR NEW.bill_id IS NOT OLD.bill_id OR NEW.property_id IS NOT OLD.property_id
          OR NEW.unit_id IS NOT OLD.unit_id)
      """, "an approved bill''s lines do not change"),
    refusal(
      "bill_applications_self", "INSERT ON bill_applications",
      "EXISTS (SELECT 1 FROM transactions WHERE id = NEW.source_transaction_id "
        + "AND bill_id = NEW.bill_id AND transaction_type = 'Bill')",
      "a bill does not pay itself"),
    refusal(
      "bill_applications_self_update", "UPDATE ON bill_applications",
      "EXISTS (SELECT 1 FROM transactions WHERE id = NEW.source_transaction_id "
        + "AND bill_id = NEW.bill_id AND transaction_type = 'Bill')",
      "a bill does not pay itself"),
    refusal(
      "bill_applications_reconciled_update", "UPDATE ON bill_applications",
      "(SELECT is_reconciled FROM transactions WHERE id = OLD.source_transaction_id) = 1",
      "a reconciled payment''s applications do not change"),
    refusal(
      "bill_applications_reconciled_delete", "DELETE ON bill_applications",
      "(SELECT is_reconciled FROM transactions WHERE id = OLD.source_transaction_id) = 1",
      "a reconciled payment''s applications do not change"),
    refusal(
      "deposit_meta_forward", "UPDATE OF status ON deposit_meta",
      "OLD.status IN ('reconciled', 'voided') AND NEW.status <> OLD.status",
      "a deposit moves forward only"),
    refusal(
      "deposit_items_locked_insert", "INSERT ON deposit_items",
      "(SELECT status FROM deposit_meta WHERE transaction_id = NEW.deposit_transaction_id) "
        + "<> 'posted'", "only a posted deposit takes payments"),
    refusal(
      "deposit_items_locked_update", "UPDATE ON deposit_items",
      "EXISTS (SELECT 1 FROM deposit_meta WHERE status = 'reconciled' AND transaction_id IN "
        + "(OLD.deposit_transaction_id, NEW.deposit_transaction_id))",
      "a reconciled deposit does not change"),
    refusal(
      "deposit_meta_delete", "DELETE ON deposit_meta", "OLD.status = 'reconciled'",
      "a reconciled deposit does not change"),
    refusal(
      "deposit_items_locked_delete", "DELETE ON deposit_items",
      "(SELECT status FROM deposit_meta WHERE transaction_id = OLD.deposit_transaction_id) "
        + "= 'reconciled'", "a reconciled deposit does not change"),
  ]

  /// What an owner is called in lists: the company's name, else the person's.
  static func displayName(_ row: String) -> String {
    """
    CASE WHEN \(row).is_company = 1 AND COALESCE(\(row).company_name, '') <> ''
      THEN \(row).company_name
      ELSE COALESCE(NULLIF(TRIM(COALESCE(\(row).first_name, '') || ' '
        || COALESCE(\(row).last_name, '')), ''), \(row).company_name, '') END
    """
  }

  private static func phone(_ row: String) -> String {
    ["mobile", "home", "work"].map { "NULLIF(\(row).phone_\($0), '')" }.joined(separator: ", ")
  }

  /// Owners that are still there, one row each.
  private static let listOwner = """
    INSERT INTO owners_list_cache
      SELECT NEW.id, NULL, \(displayName("NEW")), NEW.email, COALESCE(\(phone("NEW"))),
        NEW.management_agreement_start_date, NEW.management_agreement_end_date, NEW.updated_at
      WHERE NEW.deleted_at IS NULL;
    """

  private static let listShare = """
    INSERT INTO property_ownerships_cache
      SELECT NEW.id, NEW.property_id, NEW.owner_id, NULL, \(displayName("o")), o.email,
        NEW."primary", NEW.ownership_percentage, NEW.disbursement_percentage, NEW.updated_at
      FROM owners o WHERE o.id = NEW.owner_id;
    """

  /// A property's present owners, by their Buildium ids as the seed has them.
  private static func listOwners(ofProperties condition: String) -> String {
    """
    UPDATE properties SET rental_owner_ids = (
      SELECT json_group_array(number) FROM (
        SELECT DISTINCT o.buildium_owner_id AS number FROM ownership s
        JOIN owners o ON o.id = s.owner_id
        WHERE s.property_id = properties.id AND s.effective_to IS NULL
          AND o.deleted_at IS NULL AND o.buildium_owner_id IS NOT NULL
        ORDER BY number))
    WHERE id \(condition);
    """
  }

  private static func propertyStatus(_ name: String, _ event: String) -> String {
    let status = "CASE NEW.is_active WHEN 1 THEN 'Active' WHEN 0 THEN 'Inactive' END"
    return """
      CREATE TRIGGER properties_status_\(name) AFTER \(event) ON properties
      WHEN NEW.status IS NOT \(status)
      BEGIN UPDATE properties SET status = \(status) WHERE id = NEW.id; END
      """
  }

  /// The lists the screens show, kept right by the database alone (requirement A7).
  private static let caches: [String] = [
    """
    CREATE TRIGGER owners_cache_insert AFTER INSERT ON owners
    BEGIN
      \(listOwner)
    END
    """,
    """
    CREATE TRIGGER owners_cache_update AFTER UPDATE ON owners
    BEGIN
      DELETE FROM owners_list_cache WHERE owner_id = OLD.id;
      \(listOwner)
      UPDATE ownership SET owner_name = \(displayName("NEW"))
        WHERE owner_id = NEW.id AND owner_name IS NOT \(displayName("NEW"));
      UPDATE property_ownerships_cache SET display_name = \(displayName("NEW")),
        primary_email = NEW.email WHERE owner_id = NEW.id;
    END
    """,
    """
    CREATE TRIGGER owners_numbers_update AFTER UPDATE OF buildium_owner_id, deleted_at ON owners
    WHEN NEW.buildium_owner_id IS NOT OLD.buildium_owner_id
      OR (NEW.deleted_at IS NULL) <> (OLD.deleted_at IS NULL)
    BEGIN
      \(listOwners(ofProperties: "IN (SELECT property_id FROM ownership WHERE owner_id = NEW.id)"))
    END
    """,
    """
    CREATE TRIGGER ownership_cache_insert AFTER INSERT ON ownership
    BEGIN
      \(listShare)
      UPDATE ownership SET owner_name =
          (SELECT \(displayName("o")) FROM owners o WHERE o.id = NEW.owner_id)
        WHERE id = NEW.id;
      \(listOwners(ofProperties: "= NEW.property_id"))
    END
    """,
    // Not for the name, which the database itself fills in.
    """
    CREATE TRIGGER ownership_cache_update AFTER UPDATE OF id, "primary", ownership_percentage,
      disbursement_percentage, owner_id, property_id, effective_from, effective_to, updated_at
      ON ownership
    BEGIN
      DELETE FROM property_ownerships_cache WHERE ownership_id = OLD.id;
      \(listShare)
      UPDATE ownership SET owner_name =
          (SELECT \(displayName("o")) FROM owners o WHERE o.id = NEW.owner_id)
        WHERE id = NEW.id AND NEW.owner_id IS NOT OLD.owner_id;
      \(listOwners(ofProperties: "IN (OLD.property_id, NEW.property_id)"))
    END
    """,
    """
    CREATE TRIGGER ownership_cache_delete AFTER DELETE ON ownership
    BEGIN
      DELETE FROM property_ownerships_cache WHERE ownership_id = OLD.id;
      \(listOwners(ofProperties: "= OLD.property_id"))
    END
    """,
    propertyStatus("insert", "INSERT"), propertyStatus("update", "UPDATE OF is_active, status"),
    """
    CREATE TRIGGER owners_cache_delete AFTER DELETE ON owners
    BEGIN DELETE FROM owners_list_cache WHERE owner_id = OLD.id; END
    """,
  ]
}
