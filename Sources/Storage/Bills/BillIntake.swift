import Domain

/// Brings what came from Buildium into the workflow: bills get their state, payments and credits
/// become applications. Doing it again changes nothing.
struct BillIntake {
  let transaction: Transaction

  var connection: Connection { transaction.connection }
  static let actor = Service.buildium.rawValue

  // MARK: The queue

  /// Notes that a record came or went and has to be seen to.
  func note(_ record: Record, _ id: LocalID) throws(StorageError) {
    let resource: Resource
    switch record.resource {
    case .bills, .billPayments, .bankTransactions: resource = record.resource
    // A deposit's items stand in its transaction.
    case .transactions where record["transaction_type"].text == "Deposit": resource = .deposits
    default: return
    }
    try connection.run(
      """
      INSERT INTO bill_intake (resource, local_id) VALUES ($1, $2)
      ON CONFLICT (resource, local_id) DO NOTHING
      """, .text(resource.rawValue), .local(id))
  }

  /// Sees to what waits; the bills whose credits changed, which payments alone do not show.
  func settle() throws(StorageError) -> [LocalID] {
    var report = BackfillReport()
    return try settle(&report)
  }

  func settle(_ report: inout BackfillReport) throws(StorageError) -> [LocalID] {
    var touched: [LocalID] = []
    for id in try waiting(.bankTransactions) {
      try takeRegisterState(id, &report)
      try done(.bankTransactions, id)
    }
    for id in try waiting(.bills) {
      if try enter(id, &report) { touched.append(id) }
      try done(.bills, id)
    }
    for id in try waiting(.billPayments) {
      if try takePayment(id, &report, &touched) { try done(.billPayments, id) }
    }
    try joinReversals()
    let deposits = DepositIntake(transaction: transaction)
    for id in try waiting(.deposits) {
      if try deposits.take(id, &report) { try done(.deposits, id) }
    }
    if !touched.isEmpty { transaction.note(.records(.bills)) }
    return touched
  }

  private func waiting(_ resource: Resource) throws(StorageError) -> [LocalID] {
    try connection.rows(
      "SELECT local_id FROM bill_intake WHERE resource = $1 ORDER BY local_id",
      .text(resource.rawValue)
    ) { row throws(StorageError) in row.localID(0) }
  }

  private func done(_ resource: Resource, _ id: LocalID) throws(StorageError) {
    try connection.run(
      "DELETE FROM bill_intake WHERE resource = $1 AND local_id = $2", .text(resource.rawValue),
      .local(id))
  }

  // MARK: States

  /// Gives a bill its place in the workflow if it has none.
  func enter(_ id: LocalID) throws(StorageError) {
    var report = BackfillReport()
    _ = try enter(id, &report)
  }

  private struct Known {
    var mapped: BillState
    var state: BillState?
    var version: Int
    var hash: String?
    var name: String
    var isOurs: Bool
    var isOpen: Bool
  }

  private func known(_ id: LocalID) throws(StorageError) -> Known? {
    try connection.row(
      """
      SELECT \(BillReader.stateOfBuildium), w.state, COALESCE(w.version, 0), w.content_hash,
        COALESCE(b.buildium_bill_id, b.reference_number, b.id), b.buildium_bill_id IS NULL,
        b.deleted_at IS NULL
      FROM bills b LEFT JOIN bill_workflow w ON w.bill_id = b.id WHERE b.id = $1
      """, .local(id)
    ) { row throws(StorageError) in
      Known(
        mapped: BillState(rawValue: row.text(0)) ?? .approved,
        state: row.optionalText(1).flatMap { BillState(rawValue: $0) }, version: row.int(2),
        hash: row.optionalText(3), name: row.text(4), isOurs: row.bool(5), isOpen: row.bool(6))
    }
  }

  /// Whether the bill's state changed.
  private func enter(_ id: LocalID, _ report: inout BackfillReport) throws(StorageError) -> Bool {
    guard let known = try known(id) else { return false }
    if !known.isOpen {
      if known.state == .voided { try settleVoid(id) }
      return false
    }
    guard !known.isOurs || known.state == nil else { return false }
    guard let state = known.state else {
      try insert(id, known, &report)
      // Its mirror took it for waiting while it stood in no workflow.
      return known.mapped == .draft && !known.isOurs
    }
    if state == .approved, let hash = known.hash, try BillContent(connection).hash(id) != hash {
      try takeOver(
        id, known, .pendingApproval, reason: "Buildium changed the bill after it was approved here")
      try transaction.append(
        .warning, "Bill \(known.name) changed at Buildium after it was approved here.",
        hint: "It waits for approval again, and is not paid before.",
        key: RemoteKey(.buildium, .bills, known.name))
      return true
    }
    guard state != known.mapped, state != .voided else { return false }
    if try wasDecidedHere(id) {
      report.kept += 1
      return false
    }
    try takeOver(id, known, known.mapped, reason: nil)
    report.workflow[known.mapped, default: 0] += 1
    return true
  }

  /// A bill that was voided here is gone at Buildium as well: there is nothing left to be told.
  private func settleVoid(_ id: LocalID) throws(StorageError) {
    let items = try connection.rows(
      """
      SELECT id, message FROM reconciling_items
      WHERE subject = $1 AND kind = 'void' AND state = 'pending' ORDER BY id
      """, .local(id)
    ) { row throws(StorageError) in (id: row.text(0), message: row.text(1)) }
    for item in items {
      try AuditTrail(transaction).append(
        AuditTrail.Entry(
          kind: "reconciling", subject: id, name: item.id, actor: Self.actor, action: "told",
          from: "pending", to: "told", reason: item.message,
          details: ["deleted_at_buildium": true]))
      try connection.run(
        """
        UPDATE reconciling_items SET state = 'told', settled_by = $2, settled_at = $3 WHERE id = $1
        """, .text(item.id), .text(Self.actor), .instant(transaction.now))
    }
  }

  /// An entry that Buildium took out of its books has no reversal here any more, or the amount would
  /// be taken out twice; one that came back has it again.
  private func joinReversals() throws(StorageError) {
    let apart = try connection.rows(
      """
      SELECT r.id, o.deleted_at, r.bill_id FROM transactions r JOIN transactions o
        ON o.id = r.reversal_of
      WHERE r.reversal_of IS NOT NULL AND r.provider = 'rentbook'
        AND (r.deleted_at IS NULL) <> (o.deleted_at IS NULL)
      """
    ) { row throws(StorageError) in (row.localID(0), row.instant(1), row.optionalText(2)) }
    for (reversal, gone, bill) in apart {
      let at = gone.map { SQLValue.instant($0) }
      try connection.run(
        "UPDATE transactions SET deleted_at = $2 WHERE id = $1", .local(reversal), at)
      if let bill {
        try connection.run("UPDATE bills SET deleted_at = $2 WHERE id = $1", .local(bill), at)
      }
      transaction.note(.records(.transactions))
    }
  }

  /// What a person decided here stands, whatever Buildium says (accounting facts, section 3.1).
  private func wasDecidedHere(_ id: LocalID) throws(StorageError) -> Bool {
    try connection.row(
      """
      SELECT 1 FROM bill_approval_audit
      WHERE bill_id = $1 AND kind = 'bill' AND to_state IS NOT NULL AND action <> 'import' LIMIT 1
      """, .local(id)
    ) { _ throws(StorageError) in true } ?? false
  }

  private func insert(
    _ id: LocalID, _ known: Known, _ report: inout BackfillReport,
    by actor: String = BillIntake.actor
  ) throws(StorageError) {
    let state: BillState = known.isOurs ? .draft : known.mapped
    try append(id, known, to: state, version: 1, reason: nil, by: actor)
    let now = SQLValue.instant(transaction.now)
    let isRejected = state == .rejected
    try connection.run(
      """
      INSERT INTO bill_workflow (bill_id, state, version, approved_by, approved_at, rejected_by,
        rejected_at, rejection_reason, created_at, updated_at)
      VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $8)
      """, .local(id), .text(state.rawValue), state == .approved ? .text(actor) : nil,
      state == .approved ? now : nil, isRejected ? .text(actor) : nil, isRejected ? now : nil,
      isRejected ? .text("rejected at Buildium") : nil, now)
    report.workflow[state, default: 0] += 1
  }

  /// Moves a bill of Buildium's to what Buildium says, or to where what it says leaves it.
  private func takeOver(
    _ id: LocalID, _ known: Known, _ state: BillState, reason: String?,
    by actor: String = BillIntake.actor, reversal: LocalID? = nil
  ) throws(StorageError) {
    try append(id, known, to: state, version: known.version + 1, reason: reason, by: actor)
    let now = SQLValue.instant(transaction.now)
    try connection.run(
      """
      UPDATE bill_workflow SET state = $2, version = version + 1, updated_at = $3,
        content_hash = NULL,
        voided_by = CASE WHEN $2 = 'voided' THEN $4 ELSE voided_by END,
        voided_at = CASE WHEN $2 = 'voided' THEN $3 ELSE voided_at END,
        void_reason = CASE WHEN $2 = 'voided' THEN $5 ELSE void_reason END,
        void_date = CASE WHEN $2 = 'voided'
          THEN (SELECT date FROM bills WHERE id = $6) ELSE void_date END,
        reversal_bill_id = COALESCE($6, reversal_bill_id),
        approved_by = CASE WHEN $2 = 'approved' THEN $4 ELSE approved_by END,
        approved_at = CASE WHEN $2 = 'approved' THEN $3 ELSE approved_at END,
        rejected_by = CASE WHEN $2 = 'rejected' THEN $4 ELSE rejected_by END,
        rejected_at = CASE WHEN $2 = 'rejected' THEN $3 ELSE rejected_at END,
        rejection_reason = CASE WHEN $2 = 'rejected' THEN $5 ELSE rejection_reason END
      WHERE bill_id = $1
      """, .local(id), .text(state.rawValue), now, .text(actor),
      .text(reason ?? "\(state.rawValue) at Buildium"), reversal.map { .local($0) })
  }

  /// Takes over the state an overlay names for a bill of Buildium's.
  func take(_ imported: BillWorkflowState, _ id: LocalID, reversal: LocalID?) throws(StorageError) {
    guard let state = BillState(rawValue: imported.state) else {
      throw StorageError(
        .constraint, "Bill \(imported.billID) is said to be “\(imported.state)”, which is no state."
      )
    }
    let reason =
      imported.voidReason.flatMap { $0.isEmpty ? nil : $0 }
      ?? (state == .voided || state == .rejected ? "imported as \(state.rawValue)" : nil)
    guard var known = try known(id) else { return }
    if known.state == nil {
      known.mapped = state == .voided ? .approved : state
      var report = BackfillReport()
      try insert(id, known, &report, by: "import")
      guard state == .voided, let entered = try self.known(id) else { return }
      known = entered
    }
    guard known.state != state else { return }
    if known.state != .voided, try wasDecidedHere(id) {
      try transaction.append(
        .warning,
        "Bill \(known.name) stays \((known.state ?? .draft).rawValue) as it was decided here; the "
          + "overlay says \(state.rawValue).", hint: "",
        key: RemoteKey(.buildium, .bills, String(imported.billID)))
      return
    }
    try takeOver(id, known, state, reason: reason, by: "import", reversal: reversal)
  }

  private func append(
    _ id: LocalID, _ known: Known, to state: BillState, version: Int, reason: String?,
    by actor: String
  ) throws(StorageError) {
    try AuditTrail(transaction).append(
      AuditTrail.Entry(
        subject: id, name: known.name, actor: actor, action: "import",
        from: known.state?.rawValue, to: state.rawValue, reason: reason, version: version))
  }

  // MARK: The bank's register

  /// What Buildium says of a transaction in the bank's register.
  private func takeRegisterState(_ id: LocalID, _ report: inout BackfillReport)
    throws(StorageError)
  {
    let known = try connection.row(
      """
      SELECT transaction_id, bank_account_id, reconciliation_status FROM bank_transactions
      WHERE id = $1 AND deleted_at IS NULL
      """, .local(id)
    ) { row throws(StorageError) in
      (row.optionalText(0), row.optionalText(1), row.text(2).lowercased())
    }
    guard let known, let entry = known.0, ["uncleared", "cleared", "reconciled"].contains(known.2)
    else { return }
    let count = try connection.run(
      """
      INSERT INTO bank_register_state
        (transaction_id, bank_account_id, status, reconciled_at, updated_at)
      VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (transaction_id) DO UPDATE SET status = excluded.status,
        bank_account_id = excluded.bank_account_id, updated_at = excluded.updated_at,
        reconciled_at = COALESCE(bank_register_state.reconciled_at, excluded.reconciled_at)
        WHERE bank_register_state.status <> excluded.status
      """, .local(entry), known.1.map { .local($0) }, .text(known.2),
      known.2 == "reconciled" ? .instant(transaction.now) : nil, .instant(transaction.now))
    if count > 0 { report.register += 1 }
  }
}
