import Domain

/// Brings what came from Buildium into the workflow: bills get their state, payments and credits
/// become applications. Doing it again changes nothing.
struct BillIntake {
  let transaction: Transaction

  private var connection: Connection { transaction.connection }
  private static let actor = Service.buildium.rawValue

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
    guard let known = try known(id), known.isOpen, !known.isOurs || known.state == nil else {
      return false
    }
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

  // MARK: Payments and credits

  private struct Payment {
    var transaction: LocalID?
    var number: Int?
    var bill: LocalID?
    var amount: Money
    var date: CalendarDate?
    var isGone: Bool
  }

  private func payment(_ id: LocalID) throws(StorageError) -> Payment? {
    try connection.row(
      """
      SELECT t.id, p.buildium_payment_id, p.bill_id, COALESCE(p.amount, 0), p.date,
        p.deleted_at IS NOT NULL
      FROM bill_payments p
      LEFT JOIN transactions t ON t.buildium_transaction_id = p.buildium_payment_id
        AND t.posting_state = 'posted' AND t.deleted_at IS NULL
      WHERE p.id = $1
      """, .local(id)
    ) { row throws(StorageError) in
      Payment(
        transaction: row.optionalText(0), number: row.optionalInt(1), bill: row.optionalText(2),
        amount: row.money(3), date: row.date(4), isGone: row.bool(5))
    }
  }

  /// Rebuilds what a payment settles of a bill; false when it has to wait for another record.
  private func takePayment(
    _ id: LocalID, _ report: inout BackfillReport, _ touched: inout [LocalID]
  ) throws(StorageError) -> Bool {
    guard let payment = try payment(id), let bill = payment.bill else {
      return try self.payment(id) == nil
    }
    if payment.isGone {
      if let source = payment.transaction { try remove(source, bill, payment, &report) }
      return try takeCredits(of: bill, payment, &report, &touched)
    }
    guard let source = payment.transaction else {
      report.waiting.append("payment \(payment.number ?? 0): its transaction is not in the ledger")
      return false
    }
    try enter(bill)
    if payment.amount > .zero {
      try take(.payment, source, bill, payment.amount, payment, &report)
    }
    return try takeCredits(of: bill, payment, &report, &touched)
  }

  /// Rebuilds what credits settle of a bill, from all of its payments; false when one has to wait.
  private func takeCredits(
    of bill: LocalID, _ payment: Payment, _ report: inout BackfillReport,
    _ touched: inout [LocalID]
  ) throws(StorageError) -> Bool {
    let payments = try connection.rows(
      "SELECT id FROM bill_payments WHERE bill_id = $1 AND deleted_at IS NULL ORDER BY date, id",
      .local(bill)
    ) { row throws(StorageError) in row.localID(0) }
    var wanted: [LocalID: (amount: Money, date: CalendarDate?)] = [:]
    var order: [LocalID] = []
    let reader = ApplicationReader(connection: connection)
    for id in payments {
      var rest = try creditOf(id)
      guard rest > .zero, let paid = try self.payment(id) else { continue }
      for credit in try credits(id) where rest > .zero {
        guard let credit else {
          report.waiting.append("payment \(paid.number ?? 0): its credit is not in the ledger")
          return false
        }
        guard let facts = try reader.facts(credit, bill) else { continue }
        let used = wanted[credit]?.amount ?? .zero
        let part = min(rest, facts.sourceTotal - facts.usedByOthers - used)
        guard part > .zero else { continue }
        if wanted[credit] == nil { order.append(credit) }
        wanted[credit] = (used + part, paid.date)
        rest = rest - part
      }
      if rest > .zero {
        report.refused.append(
          "payment \(paid.number ?? 0): \(rest) of credits is more than they have left")
      }
    }
    for credit in order {
      guard let part = wanted[credit] else { continue }
      var dated = payment
      dated.date = part.date
      if try take(.credit, credit, bill, part.amount, dated, &report) { touched.append(bill) }
    }
    let known = try connection.rows(
      """
      SELECT source_transaction_id FROM bill_applications
      WHERE bill_id = $1 AND source_type = 'credit' AND created_by = $2
      """, .local(bill), .text(Self.actor)
    ) { row throws(StorageError) in row.localID(0) }
    for credit in known where wanted[credit] == nil {
      try remove(credit, bill, payment, &report)
      touched.append(bill)
    }
    return true
  }

  /// What credits settle in a payment: the lines below zero.
  private func creditOf(_ payment: LocalID) throws(StorageError) -> Money {
    try connection.row(
      """
      SELECT COALESCE(-SUM(amount), 0) FROM bill_payment_lines
      WHERE bill_payment_id = $1 AND amount < 0
      """, .local(payment)
    ) { row throws(StorageError) in row.money(0) } ?? .zero
  }

  /// The credits a payment names, oldest first; nil for one that is not in the ledger yet.
  private func credits(_ payment: LocalID) throws(StorageError) -> [LocalID?] {
    let numbers = try connection.rows(
      """
      SELECT target_key FROM record_links
      WHERE resource = $1 AND local_id = $2 AND field = 'vendor_credit_ids'
      """, .text(Resource.billPayments.rawValue), .local(payment)
    ) { row throws(StorageError) in RemoteKey(row.text(0)).flatMap { Int64($0.id) } }
    var credits: [LocalID?] = []
    for number in numbers.compactMap(\.self).sorted() {
      credits.append(
        try connection.row(
          """
          SELECT id FROM transactions WHERE buildium_transaction_id = $1
            AND posting_state = 'posted' AND deleted_at IS NULL
          """, .integer(number)
        ) { row throws(StorageError) in row.localID(0) })
    }
    return credits
  }

  /// Whether an application changed.
  @discardableResult
  private func take(
    _ kind: ApplicationSource, _ source: LocalID, _ bill: LocalID, _ amount: Money,
    _ payment: Payment, _ report: inout BackfillReport
  ) throws(StorageError) -> Bool {
    let name = "payment \(payment.number ?? 0)"
    guard var facts = try ApplicationReader(connection: connection).facts(source, bill) else {
      return false
    }
    if facts.existing == amount {
      report.unchanged += 1
      return false
    }
    if try wasTakenOffHere(source, bill) {
      report.kept += 1
      return false
    }
    facts.amount = amount
    // Money that left before the bill came settles it on the bill's day.
    facts.date =
      [payment.date, facts.billDate, facts.sourceDate].compactMap(\.self).max()
      ?? facts.date
    // What Buildium has paid is paid, whatever this side thinks of the approval.
    if facts.billState != .voided { facts.billState = .approved }
    facts.billIsAsApproved = true
    guard facts.source == kind else {
      report.refused.append(
        "\(name): \(ApplicationRefusal.notASource(facts.sourceType).refusal.message)")
      return false
    }
    if let refusal = facts.refusal(changes: true) {
      report.refused.append("\(name): \(refusal.refusal.message)")
      return false
    }
    let writer = BillWriter(transaction: transaction)
    try writer.audit.append(
      AuditTrail.Entry(
        subject: bill, name: "", actor: Self.actor, action: "apply",
        from: nil, to: nil,
        details: [
          "source": .string(source), "amount": .string("\(amount)"),
          "date": .string("\(facts.date)"),
        ]))
    try BillApplicationWriter(writer: writer).store(facts, source, bill, by: Self.actor)
    report.applications[kind, default: 0] += 1
    return true
  }

  /// Whether a person took it off here; then it stays off until Buildium and this side agree.
  private func wasTakenOffHere(_ source: LocalID, _ bill: LocalID) throws(StorageError) -> Bool {
    try connection.row(
      """
      SELECT 1 FROM reconciling_items WHERE subject = $1 AND source_transaction_id = $2
        AND kind = 'unapply' AND state = 'pending' LIMIT 1
      """, .local(bill), .local(source)
    ) { _ throws(StorageError) in true } ?? false
  }

  /// Takes off what a payment settled that Buildium has no longer.
  private func remove(
    _ source: LocalID, _ bill: LocalID, _ payment: Payment, _ report: inout BackfillReport
  ) throws(StorageError) {
    let isReconciled =
      try connection.row("SELECT is_reconciled FROM transactions WHERE id = $1", .local(source)) {
        row throws(StorageError) in row.bool(0)
      } ?? false
    if isReconciled {
      report.refused.append(
        "payment \(payment.number ?? 0): it is reconciled here and gone at Buildium")
      return
    }
    let count = try connection.run(
      """
      DELETE FROM bill_applications
      WHERE bill_id = $1 AND source_transaction_id = $2 AND created_by = $3
      """, .local(bill), .local(source), .text(Self.actor))
    guard count > 0 else { return }
    report.removed += 1
    try AuditTrail(transaction).append(
      AuditTrail.Entry(
        subject: bill, name: "", actor: Self.actor, action: "unapply", from: nil, to: nil,
        details: ["source": .string(source)]))
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

/// What a backfill did, or would do.
public struct BackfillReport: Sendable, Hashable {
  /// Whether it only looked.
  public var isDryRun = false
  /// Bills that came into the workflow or moved in it, by state.
  public var workflow: [BillState: Int] = [:]
  /// Applications made or changed, by source.
  public var applications: [ApplicationSource: Int] = [:]
  /// Applications that stood already.
  public var unchanged = 0
  /// Applications that Buildium has no longer.
  public var removed = 0
  /// Bills and applications left as a person decided them here.
  public var kept = 0
  /// Rows of the bank's register that changed.
  public var register = 0
  /// Deposits of Buildium's that were taken into the overlay.
  public var deposits = 0
  /// Payments found in them.
  public var depositItems = 0
  /// What waits for another record, in words.
  public var waiting: [String] = []
  /// What a rule refused, in words.
  public var refused: [String] = []
  /// The payables account, by its id in the store; nil when it is not resolved.
  public var payablesAccount: String?
  /// The accounts that may be it, when it is not resolved.
  public var payablesCandidates: [String] = []

  /// A report of nothing.
  public init() {}
}

extension Store {
  /// Looks at every bill, payment and deposit as if it had just come. Doing it again changes nothing.
  ///
  /// - Parameter dryRun: whether to tell only what would be done.
  public func backfillBills(dryRun: Bool, by name: String) throws(StorageError) -> (
    report: BackfillReport, refusal: Refusal?
  ) {
    try write { transaction throws(StorageError) in
      let connection = transaction.connection
      let actor = try Access(connection: connection).actor(name)
      var report = BackfillReport()
      report.isDryRun = dryRun
      guard let role = actor.role else {
        return (report, BillRefusal.unknownUser(name).refusal)
      }
      guard role.keepsBooks || dryRun else {
        return (report, DepositRefusal.roleMayNot(role).refusal)
      }
      if dryRun { try connection.run("SAVEPOINT backfill") }
      for (resource, table) in [
        ("bills", "bills"), ("bill_payments", "bill_payments"),
        ("bank_transactions", "bank_transactions"),
      ] {
        try connection.run(
          """
          INSERT INTO bill_intake (resource, local_id)
          SELECT '\(resource)', id FROM \(table) WHERE deleted_at IS NULL
          ON CONFLICT (resource, local_id) DO NOTHING
          """)
      }
      try connection.run(
        """
        INSERT INTO bill_intake (resource, local_id)
        SELECT 'deposits', id FROM transactions
        WHERE transaction_type = 'Deposit' AND deleted_at IS NULL AND provider = 'buildium'
        ON CONFLICT (resource, local_id) DO NOTHING
        """)
      let sync = SyncState(connection: connection, sealing: transaction.sealing)
      for bill in try BillIntake(transaction: transaction).settle(&report) {
        try sync.touch(.airtable, .record(.bills, bill), stages: nil)
      }
      switch try PayablesAccount(connection: connection).resolve() {
      case .found(let id): report.payablesAccount = id
      case .unresolved(let candidates): report.payablesCandidates = candidates
      }
      if dryRun {
        try connection.run("ROLLBACK TO backfill")
        try connection.run("RELEASE backfill")
      } else {
        try AuditTrail(transaction).append(
          AuditTrail.Entry(
            kind: "backfill", subject: "", name: "", actor: name, action: "backfill",
            details: ["applications": .int(report.applications.values.reduce(0, +))]))
      }
      return (report, nil)
    }
  }
}
