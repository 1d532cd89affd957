/// What becomes of bills while they wait for a decision: rows of a mirror that ask for one, bills put
/// aside, bills another person is asked to decide.
///
/// None of it is a state of the workflow, and all of it ends with the wait.
enum WaitingTables {
  private static func refusal(_ name: String, _ event: String, _ condition: String, _ text: String)
    -> String
  {
    """
    CREATE TRIGGER \(name) BEFORE \(event)
    WHEN \(condition)
    BEGIN SELECT RAISE(ABORT, '\(text)'); END
    """
  }

  private static let isNotWaiting = """
    NOT EXISTS (SELECT 1 FROM bill_workflow
      WHERE bill_id = NEW.bill_id AND state = 'pending_approval')
    """

  static let statements: [String] = [
    // A bill that was entered as a row of a mirror, until it is at Buildium and the row its mirror.
    """
    CREATE TABLE born_bills (
      service TEXT NOT NULL,
      remote_id TEXT NOT NULL,
      -- No foreign key: the row is told when its draft was deleted.
      bill_id TEXT NOT NULL UNIQUE,
      -- What the row held when the bill was made of it.
      fields TEXT NOT NULL,
      PRIMARY KEY (service, remote_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE bill_holds (
      bill_id TEXT NOT NULL PRIMARY KEY REFERENCES bills(id),
      held_by TEXT NOT NULL,
      reason TEXT NOT NULL CHECK (length(trim(reason)) > 0),
      held_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE bill_delegations (
      bill_id TEXT NOT NULL PRIMARY KEY REFERENCES bills(id),
      delegate TEXT NOT NULL CHECK (length(delegate) > 0),
      delegated_by TEXT NOT NULL,
      reason TEXT NOT NULL,
      delegated_at TEXT NOT NULL,
      CHECK (delegate <> delegated_by)
    ) STRICT, WITHOUT ROWID
    """,
    refusal(
      "bill_holds_waiting", "INSERT ON bill_holds", isNotWaiting,
      "only a bill that waits for approval is put aside"),
    refusal(
      "bill_delegations_waiting", "INSERT ON bill_delegations", isNotWaiting,
      "only a bill that waits for approval is handed on"),
    // Buildium may approve its own bill whatever is said here.
    refusal(
      "bill_workflow_held", "UPDATE OF state ON bill_workflow",
      """
      NEW.state = 'approved' AND OLD.state <> 'approved'
        AND NEW.approved_by NOT IN ('import', 'buildium')
        AND EXISTS (SELECT 1 FROM bill_holds WHERE bill_id = NEW.bill_id)
      """, "a bill that was put aside is not approved"),
    refusal(
      "bill_approvals_held", "INSERT ON bill_approvals",
      "EXISTS (SELECT 1 FROM bill_holds WHERE bill_id = NEW.bill_id)",
      "a bill that was put aside is not approved"),
    """
    CREATE TRIGGER bill_workflow_decided AFTER UPDATE OF state ON bill_workflow
    WHEN OLD.state = 'pending_approval' AND NEW.state <> 'pending_approval'
    BEGIN
      DELETE FROM bill_holds WHERE bill_id = NEW.bill_id;
      DELETE FROM bill_delegations WHERE bill_id = NEW.bill_id;
    END
    """,
    // Buildium takes no bill that is due on its own date or without a day.
    "DROP TRIGGER bill_workflow_due",
    refusal(
      "bill_workflow_due", "UPDATE OF state ON bill_workflow",
      """
      NEW.state IN ('pending_approval', 'approved') AND OLD.state = 'draft'
        AND EXISTS (SELECT 1 FROM bills WHERE id = NEW.bill_id AND buildium_bill_id IS NULL
          AND (due_date IS NULL OR due_date <= date OR vendor_id IS NULL OR date IS NULL))
      """, "a bill has a vendor and a date, and is due after it"),
  ]
}
