// The lists of what happened: decisions, calls, messages, jobs.
import Domain

extension ListSource {
  static let happenings: [ListName: ListSource] = [
    .apiLog: ListSource(
      table: calls, isPresent: "t.id IS NOT NULL",
      columns: [
        "at": .own("t.at"), "service": .own("t.service"), "method": .own("t.method"),
        "path": .own("t.path"), "status": .own("t.status"), "duration": .own("t.duration"),
        "error": .own("t.error"),
      ], ownOrder: ("at", true), isShort: true),
    .messages: ListSource(
      table: "messages", isPresent: "t.id IS NOT NULL",
      columns: [
        "at": .own("t.at"), "level": .own("t.level"), "text": .own("t.text"),
        "hint": .own("t.hint"), "record": .own("t.record_key"),
      ], ownOrder: ("at", true), isShort: true),
    .jobs: ListSource(
      table: "jobs", isPresent: "t.id IS NOT NULL",
      columns: [
        "at": .own("t.created_at"), "kind": .own("t.kind"), "service": .own("t.service"),
        "resource": .own("t.resource"), "state": .own("t.state"), "done": .own("t.done"),
        "total": .own("t.total"), "attempts": .own("t.attempts"),
        "finished": .own("t.finished_at"), "error": .own("t.error"),
      ], ownOrder: ("at", true), isShort: true),
    .differences: ListSource(
      table: "reconciliation_differences", isPresent: "t.id IS NOT NULL",
      columns: [
        "record": .own("t.title"),
        "field": .own("CASE t.field WHEN '' THEN 'whole record' ELSE t.field END"),
        "buildium": .own("t.left_value"),
        "airtable": .own("t.right_value"), "reason": .own("t.reason"), "why": .own("t.note"),
        "resource": .own("t.resource"), "key": .own("t.record_key"),
      ], ownOrder: ("key", false), isShort: true),
  ]

  /// The calls of both services, as one table.
  private static let calls =
    "("
    + [Service.buildium, .airtable].map { service in
      """
      SELECT id, created_at AS at, '\(service.rawValue)' AS service, method, endpoint AS path,
        response_status AS status, duration_ms AS duration, error_message AS error
      FROM \(service.rawValue)_api_log
      """
    }.joined(separator: " UNION ALL ") + ")"

  /// Decisions on bills and, once there is a journal of the synchronization, what that decided and
  /// overwrote. The trails number their steps apart, so a letter tells them from each other.
  static func audit(hasJournal: Bool) -> ListSource {
    func table(_ condition: (String) -> String) -> String {
      let bills = """
        SELECT 'b' || CAST(seq AS TEXT) AS id, at, actor, action, bill_id AS record,
          from_state AS before, to_state AS after, reason, bill_id
        FROM bill_approval_audit\(condition("b"))
        """
      let journal = """
        SELECT 'j' || CAST(seq AS TEXT) AS id, at, actor, kind AS action,
          record_key || CASE WHEN field <> '' THEN ' ' || field ELSE '' END AS record,
          old_value AS before, new_value AS after, note AS reason, NULL AS bill_id
        FROM sync_journal\(condition("j"))
        """
      return "(" + ([bills] + (hasJournal ? [journal] : [])).joined(separator: " UNION ALL ") + ")"
    }
    // A bill by its name; other records by their key.
    let record = """
      COALESCE((
        SELECT 'Bill ' || COALESCE(NULLIF(b.reference_number, ''), CAST(b.buildium_bill_id AS TEXT), '')
          || COALESCE('  ' || v.name, '')
        FROM bills b LEFT JOIN vendors v ON v.id = b.vendor_id WHERE b.id = t.bill_id), t.record)
      """
    return ListSource(
      table: table { _ in "" }, isPresent: "t.id IS NOT NULL",
      columns: [
        "at": .own("t.at"), "actor": .own("t.actor"), "action": .own("t.action"),
        "record": .own(record), "before": text("t.before"), "after": text("t.after"),
        "reason": text("t.reason"),
      ], ownOrder: ("at", true), isShort: true,
      oneRow: table {
        " WHERE substr($1, 1, 1) = '\($0)' AND seq = CAST(substr($1, 2) AS INTEGER)"
      })
  }
}
