/// The rules of bills as the database keeps them, whoever writes (accounting facts, section 3.2).
///
/// `BillRules` and `ApplicationFacts` give the same answers with their reasons; these are what is
/// left when somebody writes without asking.
enum BillTriggers {
  static let statements: [String] =
    workflow + content + applications + statuses + deposits

  private static func refusal(_ name: String, _ event: String, _ condition: String, _ text: String)
    -> String
  {
    """
    CREATE TRIGGER \(name) BEFORE \(event)
    WHEN \(condition)
    BEGIN SELECT RAISE(ABORT, '\(text)'); END
    """
  }

  private static func isOurs(_ bill: String) -> String {
    "EXISTS (SELECT 1 FROM bills WHERE id = \(bill) AND buildium_bill_id IS NULL)"
  }

  private static func isReversal(_ bill: String) -> String {
    "EXISTS (SELECT 1 FROM bill_workflow r WHERE r.reversal_bill_id = \(bill))"
  }

  /// The legal moves, as the workflow draws them. Draft to approved is a policy's doing.
  static let moves: [(from: String, to: String)] = [
    ("draft", "pending_approval"), ("draft", "approved"), ("draft", "voided"),
    ("pending_approval", "approved"), ("pending_approval", "rejected"),
    ("pending_approval", "draft"), ("pending_approval", "voided"),
    ("approved", "voided"), ("rejected", "draft"), ("rejected", "voided"),
  ]

  private static let isLegal =
    "("
    + moves.map { "(OLD.state = '\($0.from)' AND NEW.state = '\($0.to)')" }
    .joined(separator: " OR ") + ")"

  /// What Buildium says of its own bill is taken over, with its line in the trail.
  private static let isTakenOver = """
    EXISTS (SELECT 1 FROM bill_approval_audit a JOIN bills b ON b.id = a.bill_id
      WHERE a.bill_id = NEW.bill_id AND a.action = 'import' AND a.version = NEW.version
        AND a.to_state = NEW.state AND b.buildium_bill_id IS NOT NULL)
    """

  private static let amount = "(SELECT COALESCE(amount, 0) FROM bills WHERE id = NEW.bill_id)"

  private static let isApproving = "NEW.state = 'approved' AND OLD.state <> 'approved'"

  /// The names that stand for a rule or a service rather than a person.
  private static let isPerson = "NEW.approved_by NOT IN ('policy', 'import', 'buildium')"

  /// Approval (invariants I10 to I13, I16, I17, I34, I35, I37, I38).
  private static let workflow: [String] = [
    refusal(
      "bill_workflow_begins", "INSERT ON bill_workflow",
      "NEW.state <> 'draft' AND \(isOurs("NEW.bill_id")) AND \(amount) >= 0",
      "a bill begins as a draft"),
    refusal(
      "bill_workflow_moves", "UPDATE OF state ON bill_workflow",
      """
      NEW.state <> OLD.state AND OLD.state <> 'voided' AND NOT \(isLegal) AND NOT \(isTakenOver)
      """, "the workflow has no such move"),
    refusal(
      "bill_workflow_version", "UPDATE OF state ON bill_workflow",
      "NEW.state <> OLD.state AND OLD.state <> 'voided' AND NEW.version <> OLD.version + 1",
      "a change of state counts the version up by one"),
    refusal(
      "bill_workflow_version_falls", "UPDATE OF version ON bill_workflow",
      "NEW.version < OLD.version", "a version never falls"),
    refusal(
      "bill_workflow_audited", "UPDATE OF state ON bill_workflow",
      """
      NEW.state <> OLD.state AND OLD.state <> 'voided' AND NOT EXISTS (
        SELECT 1 FROM bill_approval_audit WHERE bill_id = NEW.bill_id AND kind = 'bill'
          AND to_state = NEW.state AND version = NEW.version)
      """, "a change of state has its line in the audit"),
    refusal(
      "bill_workflow_approver", "UPDATE OF state ON bill_workflow",
      "\(isApproving) AND COALESCE(length(NEW.approved_by), 0) = 0",
      "an approval names its approver"),
    refusal(
      "bill_workflow_own", "UPDATE OF state ON bill_workflow",
      """
      \(isApproving) AND NEW.approved_by IN (NEW.submitted_by, NEW.edited_by)
        AND NOT EXISTS (
          SELECT 1 FROM settings WHERE name = '\(BillSettings.ownApproval)' AND value = 'yes')
      """, "nobody approves their own bill"),
    refusal(
      "bill_workflow_limit", "UPDATE OF state ON bill_workflow",
      """
      \(isApproving) AND \(isPerson) AND EXISTS (SELECT 1 FROM users) AND NOT EXISTS (
        SELECT 1 FROM users u WHERE u.name = NEW.approved_by AND u.is_active = 1
          AND u.role <> 'viewer' AND (u.role <> 'manager' OR u.approval_limit IS NOT NULL)
          AND COALESCE(u.approval_limit, \(amount)) >= \(amount))
      """, "the approver''s role and limit cover the bill"),
    refusal(
      "bill_workflow_second", "UPDATE OF state ON bill_workflow",
      """
      \(isApproving) AND \(isPerson) AND \(amount) > (
          SELECT MIN(p.second_approver_above) FROM bill_approval_policies p
          WHERE p.scope = '' OR p.scope IN (
            SELECT property_id FROM bill_lines WHERE bill_id = NEW.bill_id))
        AND NOT EXISTS (SELECT 1 FROM bill_approvals
          WHERE bill_id = NEW.bill_id AND approver <> NEW.approved_by)
      """, "the bill needs two approvers"),
    refusal(
      "bill_approvals_waiting", "INSERT ON bill_approvals",
      """
      NOT EXISTS (SELECT 1 FROM bill_workflow
        WHERE bill_id = NEW.bill_id AND state = 'pending_approval'
          AND NEW.approver IS NOT submitted_by AND NEW.approver IS NOT edited_by)
        AND NOT EXISTS (
          SELECT 1 FROM settings WHERE name = '\(BillSettings.ownApproval)' AND value = 'yes')
      """, "a bill that waits is approved by somebody else than who entered it"),
    """
    CREATE TRIGGER bill_workflow_recalled AFTER UPDATE OF state ON bill_workflow
    WHEN NEW.state = 'draft' AND OLD.state <> 'draft'
    BEGIN DELETE FROM bill_approvals WHERE bill_id = NEW.bill_id; END
    """,
    refusal(
      "bill_workflow_rejection", "UPDATE OF state ON bill_workflow",
      "NEW.state = 'rejected' AND OLD.state <> 'rejected' AND NEW.rejected_by IS NULL",
      "a rejection names who rejected"),
    refusal(
      "bill_workflow_void", "UPDATE OF state ON bill_workflow",
      "NEW.state = 'voided' AND OLD.state <> 'voided' AND NEW.voided_by IS NULL",
      "a void names who voided"),
    refusal(
      "bill_workflow_void_applied", "UPDATE OF state ON bill_workflow",
      """
      NEW.state = 'voided' AND OLD.state <> 'voided'
        AND EXISTS (SELECT 1 FROM bill_applications WHERE bill_id = NEW.bill_id)
      """, "a bill with payments or credits applied is not voided"),
    refusal(
      "bill_workflow_void_reversed", "UPDATE OF state ON bill_workflow",
      """
      NEW.state = 'voided' AND OLD.state = 'approved' AND \(isOurs("NEW.bill_id"))
        AND (NEW.reversal_transaction_id IS NULL OR NOT EXISTS (
          SELECT 1 FROM transactions t JOIN transactions o ON o.id = t.reversal_of
          WHERE t.id = NEW.reversal_transaction_id AND t.posting_state = 'posted'
            AND o.bill_id = NEW.bill_id))
      """, "a voided bill has its reversal in the ledger"),
    refusal(
      "bill_workflow_void_reversal", "UPDATE OF state ON bill_workflow",
      "NEW.state <> OLD.state AND \(isReversal("NEW.bill_id"))",
      "a bill that reverses another one stays as it is"),
    refusal(
      "bill_workflow_void_date", "UPDATE OF state ON bill_workflow",
      """
      NEW.state = 'voided' AND OLD.state <> 'voided'
        AND NEW.void_date < (SELECT date FROM bills WHERE id = NEW.bill_id)
      """, "a bill is not voided before its date"),
    refusal(
      "bill_workflow_reversal_stays",
      "UPDATE OF reversal_bill_id, reversal_transaction_id ON bill_workflow",
      """
      OLD.state = 'voided' AND (
        (OLD.reversal_bill_id IS NOT NULL AND NEW.reversal_bill_id IS NOT OLD.reversal_bill_id)
        OR (OLD.reversal_transaction_id IS NOT NULL
          AND NEW.reversal_transaction_id IS NOT OLD.reversal_transaction_id))
      """, "a void''s reversal stays"),
  ]

  /// Whether a bill of Rentbook's own waits for a decision or was turned down.
  private static func waits(_ bill: String) -> String {
    """
    EXISTS (SELECT 1 FROM bill_workflow w JOIN bills b ON b.id = w.bill_id
      WHERE w.bill_id = \(bill) AND w.state IN ('pending_approval', 'rejected')
        AND b.buildium_bill_id IS NULL)
    """
  }

  private static let entersApproval =
    "NEW.state IN ('pending_approval', 'approved') AND OLD.state = 'draft' "
    + "AND \(isOurs("NEW.bill_id"))"

  /// Accounts that hold what bills, tenants and banks sum up to; no bill is booked on them.
  static func isControl(_ account: String) -> String {
    """
    (\(account).is_bank_account = 1
      OR \(account).default_account_name IN
        ('Accounts Payable', 'Accounts Receivable', 'Undeposited Funds')
      OR (\(account).default_account_name IS NULL AND LOWER(\(account).name) IN
        ('accounts payable', 'accounts receivable', 'undeposited funds'))
      OR \(account).id IN (SELECT ap_gl_account_id FROM organisations
        WHERE ap_gl_account_id IS NOT NULL))
    """
  }

  private static func lineChange(_ name: String, _ event: String, _ condition: String) -> String {
    refusal(name, event, condition, "a bill that waits for approval or was rejected stays as it is")
  }

  /// What stands in a bill (invariants I2, I6, I7, I14, I15).
  private static let content: [String] = [
    lineChange(
      "bills_waiting_update", "UPDATE ON bills",
      """
      \(waits("OLD.id")) AND NEW.buildium_bill_id IS NULL
        AND (NEW.amount IS NOT OLD.amount OR NEW.date IS NOT OLD.date
          OR NEW.due_date IS NOT OLD.due_date OR NEW.vendor_id IS NOT OLD.vendor_id)
      """),
    lineChange("bill_lines_waiting_insert", "INSERT ON bill_lines", waits("NEW.bill_id")),
    lineChange("bill_lines_waiting_delete", "DELETE ON bill_lines", waits("OLD.bill_id")),
    lineChange(
      "bill_lines_waiting_update", "UPDATE ON bill_lines",
      """
      (\(waits("OLD.bill_id")) OR \(waits("NEW.bill_id")))
        AND (NEW.amount IS NOT OLD.amount OR NEW.gl_account_id IS NOT OLD.gl_account_id
          OR NEW.bill_id IS NOT OLD.bill_id OR NEW.property_id IS NOT OLD.property_id
          OR NEW.unit_id IS NOT OLD.unit_id)
      """),
    lineAmount("insert", "INSERT"), lineAmount("update", "UPDATE OF amount"),
    refusal(
      "bill_workflow_total", "UPDATE OF state ON bill_workflow",
      """
      \(entersApproval) AND (\(amount) <= 0
        OR \(amount) <> (SELECT COALESCE(SUM(amount), 0) FROM bill_lines
          WHERE bill_id = NEW.bill_id))
      """, "a bill''s total is above zero and what its lines add up to"),
    refusal(
      "bill_workflow_accounts", "UPDATE OF state ON bill_workflow",
      """
      \(entersApproval) AND EXISTS (SELECT 1 FROM bill_lines l
        LEFT JOIN gl_accounts a ON a.id = l.gl_account_id
        WHERE l.bill_id = NEW.bill_id AND (a.id IS NULL OR \(isControl("a"))))
      """, "a bill is not booked on receivables, payables, undeposited funds or a bank"),
    refusal(
      "bill_workflow_due", "UPDATE OF state ON bill_workflow",
      """
      \(entersApproval) AND EXISTS (SELECT 1 FROM bills WHERE id = NEW.bill_id
        AND (due_date < date OR vendor_id IS NULL OR date IS NULL))
      """, "a bill has a vendor and a date, and is not due before it"),
  ]

  private static func lineAmount(_ name: String, _ event: String) -> String {
    refusal(
      "bill_lines_amount_\(name)", "\(event) ON bill_lines",
      """
      \(isOurs("NEW.bill_id"))
        AND (COALESCE(NEW.amount, 0) = 0 OR NEW.amount > 999999999 OR NEW.amount < -999999999)
      """, "a line''s amount is not zero and not above 9,999,999.99")
  }

  // MARK: Applications

  /// What a credit has lost to refunds.
  static func refunded(_ transaction: String) -> String {
    """
    (SELECT COALESCE(SUM(amount), 0) FROM vendor_credit_refunds
      WHERE credit_transaction_id = \(transaction))
    """
  }

  private static let earlier = "AND id <> OLD.id"

  private static func application(_ isInsert: Bool) -> [String] {
    let suffix = isInsert ? "insert" : "update"
    let event = isInsert ? "INSERT ON bill_applications" : "UPDATE ON bill_applications"
    // On a change the row's old amount counts neither against the bill nor the source (I24).
    let others = isInsert ? "" : earlier
    return [
      refusal(
        "bill_applications_approved_\(suffix)", event,
        """
        NOT EXISTS (SELECT 1 FROM bill_workflow w JOIN bills b ON b.id = w.bill_id
          WHERE w.bill_id = NEW.bill_id AND b.amount > 0 AND (w.state = 'approved'
            OR (NEW.created_by = 'buildium' AND b.buildium_bill_id IS NOT NULL
              AND w.state <> 'voided')))
        """, "only an approved bill is paid"),
      refusal(
        "bill_applications_source_\(suffix)", event,
        """
        NOT EXISTS (SELECT 1 FROM transactions t WHERE t.id = NEW.source_transaction_id
          AND t.posting_state = 'posted' AND t.deleted_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM transactions r WHERE r.reversal_of = t.id))
        """, "what is applied stands in the ledger and was not reversed"),
      refusal(
        "bill_applications_type_\(suffix)", event,
        """
        NOT EXISTS (SELECT 1 FROM transactions t WHERE t.id = NEW.source_transaction_id AND (
          (NEW.source_type = 'payment' AND t.transaction_type IN
            ('Check', 'ElectronicFundsTransfer', 'CreditCardPurchase', 'BillPayment'))
          OR (NEW.source_type = 'credit' AND t.transaction_type = 'VendorCredit')
          -- Refused with its own words elsewhere.
          OR (t.transaction_type = 'Bill' AND t.bill_id = NEW.bill_id)
          OR (NEW.source_type = 'refund' AND t.transaction_type = 'VendorRefund' AND EXISTS (
            SELECT 1 FROM transaction_lines l JOIN gl_accounts a ON a.id = l.gl_account_id
            WHERE l.transaction_id = t.id AND l.posting_type = 'Debit'
              AND (a.default_account_name = 'Accounts Payable'
                OR a.id IN (SELECT ap_gl_account_id FROM organisations))))))
        """, "what is applied is a payment to the vendor, a credit, or a refund of payables"),
      refusal(
        "bill_applications_vendor_\(suffix)", event,
        """
        EXISTS (SELECT 1 FROM transactions t, bills b JOIN vendors v ON v.id = b.vendor_id
          WHERE t.id = NEW.source_transaction_id AND b.id = NEW.bill_id
            AND t.payee_type = 'Vendor' AND t.payee_id <> v.buildium_vendor_id)
        """, "what is applied is the vendor''s own"),
      refusal(
        "bill_applications_date_\(suffix)", event,
        """
        EXISTS (SELECT 1 FROM transactions t, bills b
          WHERE t.id = NEW.source_transaction_id AND b.id = NEW.bill_id
            AND (substr(NEW.applied_at, 1, 10) < b.date OR substr(NEW.applied_at, 1, 10) < t.date))
        """, "nothing is applied before the bill and its source are there"),
      refusal(
        "bill_applications_bill_sum_\(suffix)", event,
        """
        NEW.applied_amount > (SELECT COALESCE(amount, 0) FROM bills WHERE id = NEW.bill_id)
          - (SELECT COALESCE(SUM(applied_amount), 0) FROM bill_applications
            WHERE bill_id = NEW.bill_id \(others))
        """, "no more is applied to a bill than it amounts to"),
      refusal(
        "bill_applications_source_sum_\(suffix)", event,
        """
        NEW.applied_amount > (SELECT COALESCE(total_amount, 0) FROM transactions
            WHERE id = NEW.source_transaction_id)
          - \(refunded("NEW.source_transaction_id"))
          - (SELECT COALESCE(SUM(applied_amount), 0) FROM bill_applications
            WHERE source_transaction_id = NEW.source_transaction_id \(others))
        """, "no more of a payment or credit is applied than it amounts to"),
    ]
  }

  /// What settles what (invariants I19 to I25).
  private static let applications: [String] =
    application(true) + application(false) + [
      refusal(
        "vendor_credit_refunds_sum", "INSERT ON vendor_credit_refunds",
        """
        NOT EXISTS (SELECT 1 FROM transactions WHERE id = NEW.credit_transaction_id
            AND transaction_type = 'VendorCredit')
          OR NOT EXISTS (SELECT 1 FROM transactions WHERE id = NEW.refund_transaction_id
            AND transaction_type = 'VendorRefund' AND total_amount >= NEW.amount)
          OR NEW.amount > (SELECT COALESCE(total_amount, 0) FROM transactions
              WHERE id = NEW.credit_transaction_id)
            - \(refunded("NEW.credit_transaction_id"))
            - (SELECT COALESCE(SUM(applied_amount), 0) FROM bill_applications
              WHERE source_transaction_id = NEW.credit_transaction_id)
        """, "no more of a credit is paid back than is left of it")
    ]

  // MARK: Stored status

  /// The seed's stored status, without what depends on the day: `overdue` is told when it is asked.
  private static func recompute(_ bill: String) -> String {
    let settled =
      "(SELECT COALESCE(SUM(applied_amount), 0) FROM bill_applications WHERE bill_id = \(bill))"
    return """
      UPDATE bills SET status = CASE
          WHEN EXISTS (SELECT 1 FROM bill_workflow WHERE bill_id = \(bill) AND state = 'voided')
            THEN 'cancelled'
          WHEN \(settled) = 0 THEN 'pending'
          WHEN \(settled) < COALESCE(amount, 0) THEN 'partially_paid'
          ELSE 'paid' END
        WHERE id = \(bill);
      UPDATE bills SET paid_date = CASE WHEN status = 'paid' THEN (
            SELECT substr(MAX(applied_at), 1, 10) FROM bill_applications WHERE bill_id = \(bill))
          END
        WHERE id = \(bill) AND buildium_bill_id IS NULL;
      """
  }

  /// Invariants I26 to I28.
  private static let statuses: [String] = [
    """
    CREATE TRIGGER bill_status_insert AFTER INSERT ON bill_applications
    BEGIN
      \(recompute("NEW.bill_id"))
    END
    """,
    """
    CREATE TRIGGER bill_status_update AFTER UPDATE ON bill_applications
    BEGIN
      \(recompute("NEW.bill_id"))
      \(recompute("OLD.bill_id"))
    END
    """,
    """
    CREATE TRIGGER bill_status_delete AFTER DELETE ON bill_applications
    BEGIN
      \(recompute("OLD.bill_id"))
    END
    """,
    """
    CREATE TRIGGER bill_status_void AFTER UPDATE OF state ON bill_workflow
    WHEN NEW.state = 'voided' AND OLD.state <> 'voided'
    BEGIN
      \(recompute("NEW.bill_id"))
    END
    """,
  ]

  // MARK: Deposits

  /// Types of transactions that bring money which then stands in undeposited funds.
  static let receipts = "('Payment', 'RentalApplicationFeePayment', 'OwnerContribution')"

  /// Invariants I44 to I46.
  private static let deposits: [String] = [
    refusal(
      "deposit_items_amount", "INSERT ON deposit_items",
      """
      NOT EXISTS (SELECT 1 FROM transactions WHERE id = NEW.payment_transaction_id
        AND total_amount = NEW.amount AND transaction_type IN \(receipts))
      """, "a deposit takes whole payments that were received"),
    refusal(
      "deposit_items_bank", "INSERT ON deposit_items",
      """
      EXISTS (SELECT 1 FROM transactions p, transactions d
        WHERE p.id = NEW.payment_transaction_id AND d.id = NEW.deposit_transaction_id
          AND p.bank_gl_account_id <> d.bank_gl_account_id)
      """, "a payment that went to another bank account is in no deposit of this one"),
    refusal(
      "deposit_meta_void_reconciled", "UPDATE OF status ON deposit_meta",
      """
      NEW.status = 'voided' AND OLD.status = 'posted'
        AND EXISTS (SELECT 1 FROM transactions WHERE id = NEW.transaction_id AND is_reconciled = 1)
      """, "a reconciled deposit is not voided"),
  ]
}

/// The names of settings that bear on bills.
enum BillSettings {
  /// `yes` in an office of one person: people may approve what they submitted.
  static let ownApproval = "bills.allow_own_approval"
  /// `warn`: a payment that takes money held for tenants passes with a warning.
  static let trustMoney = "bills.trust_money"
  /// How many days after its date a bill is due that does not say, and whose vendor has no terms.
  static let paymentTerms = "bills.payment_terms_days"
  /// The last day of the books that are closed, `YYYY-MM-DD`.
  static let closedThrough = "books.closed_through"
}
