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

  /// Double entry, and nothing changes once it is posted or reconciled (invariants I1, I3, I43).
  private static let ledger: [String] = [
    refusal(
      "transactions_post_update", "UPDATE OF posting_state ON transactions",
      """
      NEW.posting_state = 'posted' AND (
        EXISTS (SELECT 1 FROM transaction_lines
          WHERE transaction_id = NEW.id AND posting_type IS NULL AND source_amount <> 0)
        OR EXISTS (SELECT 1 FROM transaction_lines WHERE transaction_id = NEW.id
          GROUP BY is_cash_posting
          HAVING SUM(CASE posting_type WHEN 'Debit' THEN amount ELSE -amount END) <> 0))
      """, "a posted transaction''s debits equal its credits, per basis"),
    refusal(
      "transactions_post_insert", "INSERT ON transactions", "NEW.posting_state = 'posted'",
      "a transaction is posted after its lines are there"),
    refusal(
      "transaction_lines_insert", "INSERT ON transaction_lines",
      "(SELECT posting_state FROM transactions WHERE id = NEW.transaction_id) = 'posted'",
      "lines of a posted transaction do not change"),
    refusal(
      "transaction_lines_update", "UPDATE ON transaction_lines",
      """
      (SELECT posting_state FROM transactions WHERE id = OLD.transaction_id) = 'posted'
        AND (NEW.amount IS NOT OLD.amount OR NEW.posting_type IS NOT OLD.posting_type
          OR NEW.transaction_id IS NOT OLD.transaction_id
          OR NEW.is_cash_posting IS NOT OLD.is_cash_posting)
      """, "lines of a posted transaction do not change"),
    refusal(
      "transaction_lines_delete", "DELETE ON transaction_lines",
      "(SELECT posting_state FROM transactions WHERE id = OLD.transaction_id) = 'posted'",
      "lines of a posted transaction do not change"),
    refusal(
      "transactions_reconciled", "UPDATE ON transactions",
      """
      OLD.is_reconciled = 1 AND (NEW.date IS NOT OLD.date
        OR NEW.total_amount IS NOT OLD.total_amount
        OR NEW.bank_gl_account_id IS NOT OLD.bank_gl_account_id
        OR NEW.posting_state IS NOT OLD.posting_state)
      """, "a reconciled transaction changes in its memo only"),
    refusal(
      "transactions_reconciled_delete", "DELETE ON transactions", "OLD.is_reconciled = 1",
      "a reconciled transaction stays"),
    """
    CREATE TRIGGER bank_register_state_insert AFTER INSERT ON bank_register_state
    BEGIN
      UPDATE transactions SET is_reconciled = (NEW.status = 'reconciled')
        WHERE id = NEW.transaction_id;
      UPDATE deposit_meta SET status = 'reconciled', updated_at = NEW.updated_at
        WHERE transaction_id = NEW.transaction_id AND NEW.status = 'reconciled'
          AND status = 'posted';
    END
    """,
    """
    CREATE TRIGGER bank_register_state_update AFTER UPDATE ON bank_register_state
    BEGIN
      UPDATE transactions SET is_reconciled = (NEW.status = 'reconciled')
        WHERE id = NEW.transaction_id;
      UPDATE deposit_meta SET status = 'reconciled', updated_at = NEW.updated_at
        WHERE transaction_id = NEW.transaction_id AND NEW.status = 'reconciled'
          AND status = 'posted';
    END
    """,
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
  ]

  /// Approval, applications and deposits (invariants I17, I29, I34, I44, I45).
  private static let overlay: [String] = [
    refusal(
      "bill_approval_audit_update", "UPDATE ON bill_approval_audit", "1",
      "the audit is only ever added to"),
    refusal(
      "bill_approval_audit_delete", "DELETE ON bill_approval_audit", "1",
      "the audit is only ever added to"),
    refusal(
      "bill_workflow_voided", "UPDATE OF state ON bill_workflow",
      "OLD.state = 'voided' AND NEW.state <> 'voided'", "a voided bill stays voided"),
    refusal(
      "bill_workflow_delete", "DELETE ON bill_workflow", "OLD.state <> 'draft'",
      "only a draft can be deleted"),
    refusal(
      "bill_lines_approved_insert", "INSERT ON bill_lines",
      "(SELECT state FROM bill_workflow WHERE bill_id = NEW.bill_id) IN ('approved', 'voided') "
        + "AND (SELECT buildium_bill_id FROM bills WHERE id = NEW.bill_id) IS NULL",
      "an approved bill''s lines do not change"),
    refusal(
      "bill_lines_approved_delete", "DELETE ON bill_lines",
      "(SELECT state FROM bill_workflow WHERE bill_id = OLD.bill_id) IN ('approved', 'voided') "
        + "AND (SELECT buildium_bill_id FROM bills WHERE id = OLD.bill_id) IS NULL",
      "an approved bill''s lines do not change"),
    refusal(
      "bill_lines_approved_update", "UPDATE ON bill_lines",
      "(SELECT state FROM bill_workflow WHERE bill_id = OLD.bill_id) IN ('approved', 'voided') "
        + "AND (SELECT buildium_bill_id FROM bills WHERE id = OLD.bill_id) IS NULL "
        + "AND (NEW.amount IS NOT OLD.amount OR NEW.gl_account_id IS NOT OLD.gl_account_id)",
      "an approved bill''s lines do not change"),
    refusal(
      "bill_applications_self", "INSERT ON bill_applications",
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
      "(SELECT status FROM deposit_meta WHERE transaction_id = OLD.deposit_transaction_id) "
        + "= 'reconciled'", "a reconciled deposit does not change"),
    refusal(
      "deposit_items_locked_delete", "DELETE ON deposit_items",
      "(SELECT status FROM deposit_meta WHERE transaction_id = OLD.deposit_transaction_id) "
        + "= 'reconciled'", "a reconciled deposit does not change"),
  ]

  private static func displayName(_ row: String) -> String {
    """
    CASE WHEN \(row).is_company = 1 AND COALESCE(\(row).company_name, '') <> ''
      THEN \(row).company_name
      ELSE COALESCE(NULLIF(TRIM(COALESCE(\(row).first_name, '') || ' '
        || COALESCE(\(row).last_name, '')), ''), \(row).company_name, '') END
    """
  }

  private static func phone(_ row: String) -> String {
    "COALESCE(\(row).phone_mobile, \(row).phone_home, \(row).phone_work)"
  }

  /// The lists the screens show, kept right by the database alone (requirement A7).
  private static let caches: [String] =
    [
      """
      CREATE TRIGGER owners_cache_insert AFTER INSERT ON owners
      BEGIN
        INSERT INTO owners_list_cache VALUES (NEW.id, NULL, \(displayName("NEW")), NEW.email,
          \(phone("NEW")), NEW.management_agreement_start_date,
          NEW.management_agreement_end_date, NEW.updated_at);
      END
      """,
      """
      CREATE TRIGGER owners_cache_update AFTER UPDATE ON owners
      BEGIN
        UPDATE owners_list_cache SET display_name = \(displayName("NEW")),
          primary_email = NEW.email, primary_phone = \(phone("NEW")),
          management_agreement_start_date = NEW.management_agreement_start_date,
          management_agreement_end_date = NEW.management_agreement_end_date,
          updated_at = NEW.updated_at
          WHERE owner_id = NEW.id;
        UPDATE property_ownerships_cache SET display_name = \(displayName("NEW")),
          primary_email = NEW.email, updated_at = NEW.updated_at
          WHERE owner_id = NEW.id;
      END
      """,
      """
      CREATE TRIGGER ownership_cache_insert AFTER INSERT ON ownership
      BEGIN
        INSERT INTO property_ownerships_cache
          SELECT NEW.id, NEW.property_id, NEW.owner_id, NULL, c.display_name, c.primary_email,
            NEW."primary", NEW.ownership_percentage, NEW.disbursement_percentage, NEW.updated_at
          FROM owners_list_cache c WHERE c.owner_id = NEW.owner_id;
      END
      """,
      """
      CREATE TRIGGER ownership_cache_update AFTER UPDATE ON ownership
      BEGIN
        DELETE FROM property_ownerships_cache WHERE ownership_id = OLD.id;
        INSERT INTO property_ownerships_cache
          SELECT NEW.id, NEW.property_id, NEW.owner_id, NULL, c.display_name, c.primary_email,
            NEW."primary", NEW.ownership_percentage, NEW.disbursement_percentage, NEW.updated_at
          FROM owners_list_cache c WHERE c.owner_id = NEW.owner_id;
      END
      """,
    ]
    + ["INSERT", "UPDATE", "DELETE"].map { event in
      let row = event == "DELETE" ? "OLD" : "NEW"
      return """
        CREATE TRIGGER ownership_list_\(event.lowercased()) AFTER \(event) ON ownership
        BEGIN
          UPDATE properties SET rental_owner_ids = (
            SELECT json_group_array(owner_id) FROM (
              SELECT DISTINCT owner_id FROM ownership
              WHERE property_id = \(row).property_id AND effective_to IS NULL ORDER BY owner_id))
          WHERE id = \(row).property_id;
        END
        """
    }
}
