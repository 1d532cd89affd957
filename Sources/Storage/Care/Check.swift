import Domain

/// A rule that does not hold in the store.
public struct CheckFinding: Sendable, Hashable {
  /// The rule in a word or two.
  public var rule: String
  /// What was found, in a sentence.
  public var message: String
}

extension Store {
  /// Findings of one kind shown at most; more of them say nothing new.
  private static let findingsMax = 20

  /// Reads the whole store and checks what must hold of it.
  public func check() throws(StorageError) -> [CheckFinding] {
    do throws(StorageError) {
      return try findings()
    } catch {
      // So damaged that not even the looking comes to an end.
      guard error.kind == .corrupt else { throw error }
      return [CheckFinding(rule: "file", message: error.message)]
    }
  }

  private func findings() throws(StorageError) -> [CheckFinding] {
    try read { connection throws(StorageError) in
      var findings: [CheckFinding] = []
      let damage = try connection.rows("PRAGMA integrity_check(\(Self.findingsMax))") {
        row throws(StorageError) in row.text(0)
      }
      findings += damage.filter { $0 != "ok" }.map { CheckFinding(rule: "file", message: $0) }
      // Of a damaged file the other answers mean nothing.
      guard findings.isEmpty else { return findings }
      let orphans = try connection.rows("PRAGMA foreign_key_check") { row throws(StorageError) in
        "A row of \(row.text(0)) points to a row of \(row.text(2)) that is not there."
      }
      findings += orphans.prefix(Self.findingsMax).map {
        CheckFinding(rule: "links", message: $0)
      }
      for (rule, sentence, sql) in Self.rules {
        let rows = try connection.rows(sql) { row throws(StorageError) in row.text(0) }
        findings += rows.prefix(Self.findingsMax).map {
          CheckFinding(rule: rule, message: "\(sentence): \($0).")
        }
      }
      let audit = try AuditTrail.verify(connection, sealing, limit: Self.findingsMax)
      findings += audit.findings.map { CheckFinding(rule: "audit", message: $0) }
      return findings
    }
  }

  private static let rules: [(rule: String, sentence: String, sql: String)] = [
    (
      "ledger", "A posted transaction's debits and credits differ",
      """
      SELECT COALESCE(t.buildium_transaction_id, t.id) FROM transaction_lines l
      JOIN transactions t ON t.id = l.transaction_id
      WHERE t.posting_state = 'posted'
      GROUP BY l.transaction_id, COALESCE(l.is_cash_posting, 0)
      HAVING SUM(CASE l.posting_type WHEN 'Debit' THEN l.amount ELSE -l.amount END) <> 0
      """
    ),
    (
      "ledger", "A transaction could not be posted, its type or an account is not known",
      """
      SELECT COALESCE(buildium_transaction_id, id) || ' (' || COALESCE(transaction_type, '') || ')'
      FROM transactions WHERE posting_state = 'quarantined' AND deleted_at IS NULL
      """
    ),
    (
      "caches", "An owner is missing in the list of owners",
      """
      SELECT o.id FROM owners o LEFT JOIN owners_list_cache c ON c.owner_id = o.id
      WHERE c.owner_id IS NULL AND o.deleted_at IS NULL
      """
    ),
    (
      "caches", "A share of a property is missing in the list of shares",
      """
      SELECT o.id FROM ownership o LEFT JOIN property_ownerships_cache c ON c.ownership_id = o.id
      WHERE c.ownership_id IS NULL
      """
    ),
    (
      "caches", "The list of owners shows something else than the owner's record",
      """
      SELECT o.id FROM owners_list_cache c JOIN owners o ON o.id = c.owner_id
      WHERE o.deleted_at IS NOT NULL OR c.display_name IS NOT \(Triggers.displayName("o"))
        OR c.primary_email IS NOT o.email
      """
    ),
    (
      "caches", "The list of shares shows something else than the share's record",
      """
      SELECT s.id FROM property_ownerships_cache c JOIN ownership s ON s.id = c.ownership_id
      JOIN owners o ON o.id = s.owner_id
      WHERE c.display_name IS NOT \(Triggers.displayName("o"))
        OR c.owner_id IS NOT s.owner_id OR c.property_id IS NOT s.property_id
        OR c.ownership_percentage IS NOT s.ownership_percentage
        OR c.disbursement_percentage IS NOT s.disbursement_percentage
      """
    ),
    (
      "bills", "More is applied to a bill than it amounts to",
      """
      SELECT COALESCE(b.buildium_bill_id, b.id) FROM bill_applications a
      JOIN bills b ON b.id = a.bill_id GROUP BY b.id HAVING SUM(a.applied_amount) > b.amount
      """
    ),
    (
      "bills", "More of a payment or credit is applied than it amounts to",
      """
      SELECT COALESCE(t.buildium_transaction_id, t.id) FROM bill_applications a
      JOIN transactions t ON t.id = a.source_transaction_id GROUP BY t.id
      HAVING SUM(a.applied_amount) > COALESCE(t.total_amount, 0) - \(BillTriggers.refunded("t.id"))
      """
    ),
    (
      "bills", "A bill of ours stands in the workflow without its line in the audit",
      """
      SELECT b.id FROM bills b JOIN bill_workflow w ON w.bill_id = b.id
      WHERE b.buildium_bill_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM bill_approval_audit a WHERE a.bill_id = b.id AND a.to_state IS NOT NULL)
      """
    ),
    (
      "bills", "A bill's state is not the one its audit ends with",
      """
      SELECT COALESCE(b.buildium_bill_id, b.id) FROM bill_workflow w JOIN bills b ON b.id = w.bill_id
      WHERE w.state <> (SELECT a.to_state FROM bill_approval_audit a
        WHERE a.bill_id = w.bill_id AND a.kind = 'bill' AND a.to_state IS NOT NULL
        ORDER BY a.seq DESC LIMIT 1)
      """
    ),
    (
      "bank", "A transaction is reconciled in one place and not in the other",
      """
      SELECT t.id FROM transactions t LEFT JOIN bank_register_state b ON b.transaction_id = t.id
      WHERE t.is_reconciled <> COALESCE(b.status = 'reconciled', 0)
      """
    ),
  ]

  /// How many rows each table has.
  public func tableCounts() throws(StorageError) -> [(table: String, count: Int)] {
    try read { connection throws(StorageError) in
      let tables = try connection.rows(
        """
        SELECT name FROM pragma_table_list
        WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name
        """
      ) { row throws(StorageError) in row.text(0) }
      var counts: [(table: String, count: Int)] = []
      for table in tables {
        let count = try connection.row("SELECT COUNT(*) FROM \"\(table)\"") {
          row throws(StorageError) in row.int(0)
        }
        counts.append((table, count ?? 0))
      }
      return counts
    }
  }
}
