import Domain
import Vault

extension Store {
  /// Does something with a bill, if the rules allow it: one transaction with its line in the audit.
  /// An attempt that is refused leaves only that line.
  ///
  /// - Parameters:
  ///   - bill: its id in the store.
  ///   - name: who asks.
  ///   - date: the day of a void; today unless said.
  /// - Returns: nil when there is no such bill.
  public func perform(
    _ request: BillRequest, on bill: String, by name: String, date: CalendarDate? = nil
  ) throws(StorageError) -> BillResult? {
    try write { transaction throws(StorageError) in
      try BillWriter(transaction: transaction).perform(request, on: bill, by: name, date: date)
    }
  }

  /// Enters a bill as a draft.
  public func createBill(_ draft: BillDraft, by name: String) throws(StorageError) -> BillResult {
    try write { transaction throws(StorageError) in
      try BillWriter(transaction: transaction).create(draft, by: name)
    }
  }

  /// Replaces a draft's content.
  ///
  /// - Parameter expected: the stamp of the bill as the person saw it; nil when they did not look.
  /// - Returns: nil when there is no such bill.
  public func editBill(
    _ bill: String, to draft: BillDraft, expected: String? = nil, by name: String
  ) throws(StorageError) -> BillResult? {
    try write { transaction throws(StorageError) in
      try BillWriter(transaction: transaction).edit(bill, to: draft, expected: expected, by: name)
    }
  }

  /// Changes a bill's memo and reference number, which no amount depends on; nil leaves one as it is.
  ///
  /// - Returns: nil when there is no such bill.
  public func annotateBill(
    _ bill: String, memo: String?, reference: String?, expected: String? = nil, by name: String
  ) throws(StorageError) -> BillResult? {
    try write { transaction throws(StorageError) in
      try BillWriter(transaction: transaction).annotate(
        bill, memo: memo, reference: reference, expected: expected, by: name)
    }
  }

  /// A bill's content as it would be entered; nil when there is no such bill.
  public func billDraft(_ bill: String) throws(StorageError) -> BillDraft? {
    try read { connection throws(StorageError) in try BillContent(connection).draft(bill) }
  }
}

/// Writes what comes of people's decisions about bills, within one transaction.
struct BillWriter {
  let transaction: Transaction
  /// Somebody who is no user, and what they may do all the same: a mirror whose rows ask for bills.
  var standIn: Actor?

  var connection: Connection { transaction.connection }
  var audit: AuditTrail { AuditTrail(transaction) }
  private var today: CalendarDate { transaction.now.date }

  func row(_ id: LocalID) throws(StorageError) -> BillRow? {
    try BillReader(connection: connection, asOf: today).row(id)
  }

  private func actor(_ name: String) throws(StorageError) -> Actor {
    if let standIn, standIn.name == name { return standIn }
    return try Access(connection: connection).actor(name)
  }

  // MARK: Decisions

  func perform(
    _ request: BillRequest, on id: LocalID, by name: String, date: CalendarDate?
  ) throws(StorageError) -> BillResult? {
    try BillIntake(transaction: transaction).enter(id)
    guard let row = try row(id) else { return nil }
    let actor = try actor(name)
    let decision = BillRules.decide(request, on: row.facts, by: actor, under: row.policy)
    switch decision {
    case .refused(let refusal): return try refuse(request.action, row, name, refusal.refusal)
    case .stays:
      return try refuse(
        request.action, row, name,
        Refusal("nothing_to_do", "There is nothing to change about the bill."))
    case .waitsOtherwise: return try changeWait(request, row, name)
    case .needsSecondApprover(let limit): return try keepApproval(row, name, limit)
    case .moves(let state):
      if state == .approved { return try approve(request, row, name) }
      return try move(request, row, name, to: state)
    case .voids(let reverses, let unapplies):
      return try void(request, row, name, date, reverses: reverses, unapplies: unapplies)
    case .deletes: return try delete(row, name)
    }
  }

  /// Writes down an attempt that was refused.
  func refuse(_ action: BillAction, _ row: BillRow?, _ name: String, _ refusal: Refusal)
    throws(StorageError) -> BillResult
  {
    try audit.append(
      AuditTrail.Entry(
        subject: row?.localID ?? "", name: row?.name ?? "", actor: name, action: action.rawValue,
        from: row?.approval.rawValue, to: nil,
        details: ["refused": .string(refusal.code), "message": .string(refusal.message)]))
    return BillResult(
      localID: row?.localID ?? "", buildiumID: row?.buildiumID, action: action,
      outcome: .refused(refusal), state: row?.approval, stamp: row?.stamp)
  }

  /// Writes down what was done and notes that the bill's mirrors have to be looked at again.
  func finish(
    _ action: BillAction, _ row: BillRow, outcome: BillResult.Outcome = .done,
    reversal: NamedRecord? = nil, undo: ((BillRow) -> BillUndo?)? = nil
  ) throws(StorageError) -> BillResult {
    try touch(row.localID)
    let after = try self.row(row.localID)
    return BillResult(
      localID: row.localID, buildiumID: row.buildiumID, action: action, outcome: outcome,
      state: after?.approval, stamp: after?.stamp, reversal: reversal,
      undo: after.flatMap { undo?($0) })
  }

  private func touch(_ id: LocalID) throws(StorageError) {
    let sync = SyncState(connection: connection, sealing: transaction.sealing)
    try sync.touch(.airtable, .record(.bills, id), stages: nil)
    transaction.note(.records(.bills))
  }

  private func entry(
    _ action: BillAction, _ row: BillRow, _ name: String, to state: BillState?,
    reason: String = "", details: JSONObject = JSONObject(), countsVersion: Bool = true
  ) throws(StorageError) -> AuditTrail.Entry {
    AuditTrail.Entry(
      subject: row.localID, name: row.name, actor: name, action: action.rawValue,
      from: row.approval.rawValue, to: state?.rawValue, reason: reason.isEmpty ? nil : reason,
      details: details.isEmpty ? nil : .object(details),
      version: countsVersion ? try version(row.localID) + 1 : nil)
  }

  private func version(_ id: LocalID) throws(StorageError) -> Int {
    try connection.row("SELECT version FROM bill_workflow WHERE bill_id = $1", .local(id)) {
      row throws(StorageError) in row.int(0)
    } ?? 0
  }

  private func move(
    _ request: BillRequest, _ row: BillRow, _ name: String, to state: BillState
  ) throws(StorageError) -> BillResult {
    let action = request.action
    var details = JSONObject()
    if row.facts.duplicate != nil, action == .submit { details["duplicate_accepted"] = true }
    try audit.append(
      try entry(action, row, name, to: state, reason: request.reason, details: details))
    let now = SQLValue.instant(transaction.now)
    switch action {
    case .submit:
      try set(row.localID, state, "submitted_by = $3, submitted_at = $4", .text(name), now)
    case .reject:
      try set(
        row.localID, state, "rejected_by = $3, rejected_at = $4, rejection_reason = $5",
        .text(name), now, .text(request.reason))
    default: try set(row.localID, state, "updated_at = $3", now)
    }
    return try finish(action, row) { after in
      action.inverse.map { .perform($0, bill: after.localID, stamp: after.stamp) }
    }
  }

  /// Moves the workflow's row and counts its version; `assignments` uses `$3` and after.
  private func set(
    _ id: LocalID, _ state: BillState, _ assignments: String, _ arguments: SQLValue?...
  ) throws(StorageError) {
    try connection.run(
      """
      UPDATE bill_workflow SET state = $2, version = version + 1, \(assignments)
      WHERE bill_id = $1
      """, arguments: [.local(id), .text(state.rawValue)] + arguments)
  }

  private func keepApproval(_ row: BillRow, _ name: String, _ limit: Money) throws(StorageError)
    -> BillResult
  {
    try connection.run(
      "INSERT INTO bill_approvals (bill_id, approver, approved_at) VALUES ($1, $2, $3)",
      .local(row.localID), .text(name), .instant(transaction.now))
    try audit.append(
      try entry(
        .approve, row, name, to: nil, details: ["first_approval_above": .string("\(limit)")]))
    try connection.run(
      "UPDATE bill_workflow SET version = version + 1, updated_at = $2 WHERE bill_id = $1",
      .local(row.localID), .instant(transaction.now))
    return try finish(.approve, row, outcome: .needsSecondApprover(above: limit))
  }

  /// Puts a bill that waits aside, hands it on, or puts it before everybody again.
  private func changeWait(_ request: BillRequest, _ row: BillRow, _ name: String)
    throws(StorageError) -> BillResult
  {
    var details = JSONObject()
    switch request.action {
    case .hold:
      try connection.run(
        "INSERT INTO bill_holds (bill_id, held_by, reason, held_at) VALUES ($1, $2, $3, $4)",
        .local(row.localID), .text(name), .text(request.reason), .instant(transaction.now))
    case .delegate:
      let delegate = request.delegate ?? ""
      if let refusal = BillRules.refusal(
        ofAsking: try actor(delegate), for: row.facts, under: row.policy)
      {
        return try refuse(.delegate, row, name, refusal.refusal)
      }
      details["to"] = .string(delegate)
      try connection.run(
        """
        INSERT INTO bill_delegations (bill_id, delegate, delegated_by, reason, delegated_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (bill_id) DO UPDATE SET delegate = excluded.delegate,
          delegated_by = excluded.delegated_by, reason = excluded.reason,
          delegated_at = excluded.delegated_at
        """, .local(row.localID), .text(delegate), .text(name), .text(request.reason),
        .instant(transaction.now))
    default:
      for table in ["bill_holds", "bill_delegations"] {
        try connection.run("DELETE FROM \(table) WHERE bill_id = $1", .local(row.localID))
      }
      if let hold = row.facts.hold { details["held_by"] = .string(hold.by) }
      if let delegation = row.facts.delegation { details["to"] = .string(delegation.delegate) }
    }
    try audit.append(
      try entry(request.action, row, name, to: nil, reason: request.reason, details: details))
    try connection.run(
      "UPDATE bill_workflow SET version = version + 1, updated_at = $2 WHERE bill_id = $1",
      .local(row.localID), .instant(transaction.now))
    return try finish(request.action, row) { after in
      request.action.inverse.map { .perform($0, bill: after.localID, stamp: after.stamp) }
    }
  }

  /// Approves, or lets a policy approve what is submitted; a bill of our own is posted by it.
  private func approve(_ request: BillRequest, _ row: BillRow, _ name: String)
    throws(StorageError) -> BillResult
  {
    let poster = BillPoster(transaction: transaction)
    var account: LocalID?
    if !row.facts.isAtBuildium {
      switch try PayablesAccount(connection: connection).resolve() {
      case .found(let id): account = id
      case .unresolved(let candidates):
        return try refuse(
          request.action, row, name,
          BillRefusal.noPayablesAccount(candidates: candidates).refusal)
      }
    }
    let isPolicy = request.action == .submit
    var details = JSONObject()
    if isPolicy { details["by_policy"] = true }
    let isOwn = row.facts.submittedBy == name || row.facts.editedBy == name
    // An office of one person does without a second; each time it does is on the record.
    if !isPolicy, isOwn { details["own_approval"] = true }
    if !row.facts.approvals.isEmpty {
      details["after_approval_of"] = .array(row.facts.approvals.map { .string($0) })
    }
    try audit.append(try entry(request.action, row, name, to: .approved, details: details))
    let now = SQLValue.instant(transaction.now)
    if isPolicy {
      try connection.run(
        "UPDATE bill_workflow SET submitted_by = $2, submitted_at = $3 WHERE bill_id = $1",
        .local(row.localID), .text(name), now)
    }
    try set(
      row.localID, .approved, "approved_by = $3, approved_at = $4, content_hash = $5",
      .text(isPolicy ? "policy" : name), now,
      .text(try BillContent(connection).hash(row.localID)))
    if let account {
      try poster.post(row, on: account)
      try connection.run(
        "UPDATE bill_workflow SET ap_gl_account_id = $2 WHERE bill_id = $1", .local(row.localID),
        .local(account))
    }
    return try finish(request.action, row)
  }

  private func delete(_ row: BillRow, _ name: String) throws(StorageError) -> BillResult {
    let draft = try BillContent(connection).draft(row.localID)
    try audit.append(
      try entry(
        .delete, row, name, to: nil,
        details: ["total": .string("\(row.total)"), "lines": .int(draft?.lines.count ?? 0)],
        countsVersion: false))
    for statement in [
      "DELETE FROM bill_recurrences WHERE template_bill_id = $1",
      "DELETE FROM bill_lines WHERE bill_id = $1", "DELETE FROM bill_workflow WHERE bill_id = $1",
      "DELETE FROM bill_intake WHERE resource = 'bills' AND local_id = $1",
      "DELETE FROM bills WHERE id = $1",
    ] {
      try connection.run(statement, .local(row.localID))
    }
    transaction.note(.records(.bills))
    return BillResult(
      localID: row.localID, buildiumID: nil, action: .delete, outcome: .done, state: nil)
  }

  // MARK: Voids

  private func void(
    _ request: BillRequest, _ row: BillRow, _ name: String, _ date: CalendarDate?, reverses: Bool,
    unapplies: Bool
  ) throws(StorageError) -> BillResult {
    let periods = BookPeriods(connection: connection)
    let billDate = row.date ?? today
    var day = date ?? max(today, billDate)
    if day < billDate {
      return try refuse(.void, row, name, BillRefusal.beforeBill(billDate).refusal)
    }
    if let closed = try periods.closedThrough(), day <= closed {
      guard date == nil else {
        return try refuse(.void, row, name, BillRefusal.periodClosed(until: closed).refusal)
      }
      day = try periods.open(from: day)
    }
    let poster = BillPoster(transaction: transaction)
    let posted = reverses ? try poster.entry(of: row) : nil
    if reverses, posted == nil {
      return try refuse(.void, row, name, BillRefusal.notInLedger.refusal)
    }
    if unapplies {
      for source in try sources(of: row.localID) {
        let result = try BillApplicationWriter(writer: self).unapply(
          source, from: row.localID, by: name, inVoid: true)
        if let refusal = result?.refusal { return try refuse(.void, row, name, refusal) }
      }
    }
    var reversal: (bill: LocalID, transaction: LocalID)?
    if let posted { reversal = try poster.reverse(row, posted, on: day, by: name) }
    var details = JSONObject(["void_date": .string(day.description)])
    if let reversal {
      details["reversal_bill"] = .string(reversal.bill)
      details["reversal_transaction"] = .string(reversal.transaction)
    }
    if row.facts.isAtBuildium { details["buildium_to_be_told"] = true }
    try audit.append(
      try entry(.void, row, name, to: .voided, reason: request.reason, details: details))
    try set(
      row.localID, .voided,
      """
      voided_by = $3, voided_at = $4, void_reason = $5, void_date = $6, reversal_bill_id = $7,
        reversal_transaction_id = $8
      """, .text(name), .instant(transaction.now), .text(request.reason), .date(day),
      reversal.map { .local($0.bill) }, reversal.map { .local($0.transaction) })
    if row.facts.isAtBuildium {
      try remember(
        "void", row.localID, source: nil, row.total,
        "Bill \(row.name) is voided here as of \(day) and still stands at Buildium, whose API can "
          + "void no bill. Void it there by hand, or set its lines to zero: that changes its own "
          + "month, not that of the void.", by: name)
    }
    return try finish(
      .void, row,
      reversal: reversal.map { NamedRecord(localID: $0.bill, buildiumID: nil, name: $0.bill) })
  }

  private func sources(of bill: LocalID) throws(StorageError) -> [LocalID] {
    try connection.rows(
      "SELECT source_transaction_id FROM bill_applications WHERE bill_id = $1 ORDER BY id",
      .local(bill)
    ) { row throws(StorageError) in row.localID(0) }
  }

  /// Keeps what Buildium has to be told and cannot be told by itself.
  func remember(
    _ kind: String, _ subject: LocalID, source: LocalID?, _ amount: Money, _ message: String,
    by name: String
  ) throws(StorageError) {
    try connection.run(
      """
      INSERT INTO reconciling_items
        (id, kind, subject, source_transaction_id, message, amount, created_by, created_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """, .local(LocalIDs.new(at: transaction.now)), .text(kind), .local(subject),
      source.map { .local($0) }, .text(message), .money(amount), .text(name),
      .instant(transaction.now))
  }

  // MARK: Content

  func create(_ draft: BillDraft, by name: String, action: String = "create") throws(StorageError)
    -> BillResult
  {
    let actor = try actor(name)
    if let refusal = actor.refusal(of: .create) ?? Self.refusal(of: draft) {
      return try refuse(.create, nil, name, refusal.refusal)
    }
    let id = LocalIDs.new(at: transaction.now)
    let now = SQLValue.instant(transaction.now)
    let content = BillContent(connection)
    try connection.run(
      """
      INSERT INTO bills (id, vendor_id, property_id, unit_id, date, due_date, amount, description,
        reference_number, is_recurring, recurring_schedule, created_at, updated_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
      """, arguments: [.local(id)] + content.values(draft) + [now])
    try content.write(draft.lines, of: id)
    try connection.run(
      """
      INSERT INTO bill_workflow
        (bill_id, state, version, created_by, edited_by, created_at, updated_at)
      VALUES ($1, 'draft', 1, $2, $2, $3, $3)
      """, .local(id), .text(name), now)
    guard let row = try row(id) else {
      throw StorageError(.programming, "A bill that was entered is not there.")
    }
    try audit.append(
      AuditTrail.Entry(
        subject: id, name: row.name, actor: name, action: action, from: nil, to: "draft",
        details: ["total": .string("\(row.total)")], version: 1))
    return try finish(.create, row) { after in
      .perform(.delete, bill: after.localID, stamp: after.stamp)
    }
  }

  /// What is wrong with content whatever becomes of it.
  private static func refusal(of draft: BillDraft) -> BillRefusal? {
    if draft.lines.isEmpty { return .noLines }
    let wrong = draft.lines.firstIndex {
      $0.amount == .zero || $0.amount.magnitude > BillRules.lineAmountMax
    }
    if let wrong { return .lineAmount(wrong + 1) }
    if draft.total <= .zero { return .notPositive }
    if let due = draft.dueDate, due < draft.date { return .dueNotAfterDate }
    return nil
  }

  func edit(_ id: LocalID, to draft: BillDraft, expected: String?, by name: String)
    throws(StorageError) -> BillResult?
  {
    try BillIntake(transaction: transaction).enter(id)
    guard let row = try row(id) else { return nil }
    let content = BillContent(connection)
    let request = BillRequest(.edit, expected: expected)
    let decision = BillRules.decide(
      request, on: row.facts, by: try actor(name), under: row.policy)
    if case .refused(let refusal) = decision {
      return try refuse(.edit, row, name, refusal.refusal)
    }
    if let refusal = Self.refusal(of: draft) {
      return try refuse(.edit, row, name, refusal.refusal)
    }
    let before = try content.draft(id)
    try audit.append(
      try entry(
        .edit, row, name, to: nil,
        details: ["total_before": .string("\(row.total)"), "total": .string("\(draft.total)")]))
    try connection.run(
      """
      UPDATE bills SET vendor_id = $2, property_id = $3, unit_id = $4, date = $5, due_date = $6,
        amount = $7, description = $8, reference_number = $9, is_recurring = $10,
        recurring_schedule = $11, updated_at = $12
      WHERE id = $1
      """, arguments: [.local(id)] + content.values(draft) + [.instant(transaction.now)])
    try connection.run("DELETE FROM bill_lines WHERE bill_id = $1", .local(id))
    try content.write(draft.lines, of: id)
    try connection.run(
      """
      UPDATE bill_workflow SET version = version + 1, edited_by = $2, updated_at = $3
      WHERE bill_id = $1
      """, .local(id), .text(name), .instant(transaction.now))
    return try finish(.edit, row) { after in
      before.map { .edit($0, bill: after.localID, stamp: after.stamp) }
    }
  }

  func annotate(
    _ id: LocalID, memo: String?, reference: String?, expected: String?, by name: String
  ) throws(StorageError) -> BillResult? {
    try BillIntake(transaction: transaction).enter(id)
    guard let row = try row(id) else { return nil }
    let request = BillRequest(.annotate, expected: expected)
    let decision = BillRules.decide(
      request, on: row.facts, by: try actor(name), under: row.policy)
    if case .refused(let refusal) = decision {
      return try refuse(.annotate, row, name, refusal.refusal)
    }
    try audit.append(
      try entry(
        .annotate, row, name, to: nil,
        details: ["memo": .optional(memo), "reference": .optional(reference)]))
    try connection.run(
      """
      UPDATE bills SET description = COALESCE($2, description),
        reference_number = COALESCE($3, reference_number), updated_at = $4
      WHERE id = $1
      """, .local(id), .optional(memo), .optional(reference), .instant(transaction.now))
    try connection.run(
      "UPDATE bill_workflow SET version = version + 1, updated_at = $2 WHERE bill_id = $1",
      .local(id), .instant(transaction.now))
    return try finish(.annotate, row)
  }
}

/// What stands in a bill: read, written and fingerprinted.
struct BillContent {
  let connection: Connection

  init(_ connection: Connection) { self.connection = connection }

  /// The columns from `vendor_id` to `recurring_schedule`.
  func values(_ draft: BillDraft) -> [SQLValue?] {
    func common(_ values: [String?]) -> SQLValue? {
      let different = Set(values)
      guard different.count == 1, let only = different.first else { return nil }
      return only.map { .local($0) }
    }
    return [
      draft.vendor.map { .local($0) }, common(draft.lines.map(\.property)),
      common(draft.lines.map(\.unit)), .date(draft.date), draft.dueDate.map { .date($0) },
      .money(draft.total), .optional(draft.memo), .optional(draft.reference),
      .bool(draft.schedule != nil), .optional(draft.schedule?.json.text),
    ]
  }

  func write(_ lines: [BillDraft.Line], of id: LocalID) throws(StorageError) {
    for (position, line) in lines.enumerated() {
      try connection.run(
        """
        INSERT INTO bill_lines (bill_id, position, gl_account_id, amount, memo, entity_type,
          entity_id, property_id, unit_id)
        VALUES ($1, $2, $3, $4, $5, $6,
          (SELECT buildium_property_id FROM properties WHERE id = $7), $7, $8)
        """, .local(id), .int(position), .local(line.account), .money(line.amount),
        .optional(line.memo), .text(line.property == nil ? "Company" : "Rental"),
        line.property.map { .local($0) }, line.unit.map { .local($0) })
    }
  }

  func draft(_ id: LocalID) throws(StorageError) -> BillDraft? {
    let draft = try connection.row(
      """
      SELECT vendor_id, date, due_date, reference_number, description, recurring_schedule
      FROM bills WHERE id = $1 AND deleted_at IS NULL
      """, .local(id)
    ) { row throws(StorageError) in
      BillDraft(
        vendor: row.optionalText(0), date: row.date(1) ?? .distantPast, dueDate: row.date(2),
        reference: row.optionalText(3), memo: row.optionalText(4), lines: [],
        schedule: row.optionalText(5).flatMap { try? RecurringSchedule(json: $0) })
    }
    guard var draft else { return nil }
    draft.lines = try connection.rows(
      """
      SELECT property_id, unit_id, COALESCE(gl_account_id, ''), COALESCE(amount, 0), memo
      FROM bill_lines WHERE bill_id = $1 ORDER BY position
      """, .local(id)
    ) { row throws(StorageError) in
      BillDraft.Line(
        property: row.optionalText(0), unit: row.optionalText(1), account: row.text(2),
        amount: row.money(3), memo: row.optionalText(4))
    }
    return draft
  }

  /// The fingerprint of what an approval approves (invariant I14).
  func hash(_ id: LocalID) throws(StorageError) -> String {
    let head = try connection.row(
      "SELECT vendor_id, date, due_date, amount FROM bills WHERE id = $1", .local(id)
    ) { row throws(StorageError) in (0..<4).map { row.text($0) } }
    let lines = try connection.rows(
      """
      SELECT property_id, unit_id, gl_account_id, amount, markup_amount, markup_type
      FROM bill_lines WHERE bill_id = $1 ORDER BY position
      """, .local(id)
    ) { row throws(StorageError) in
      JSONValue.array((0..<6).map { .optional(row.optionalText($0)) })
    }
    let content: JSONValue = .array([.array((head ?? []).map { .string($0) }), .array(lines)])
    return ContentHash.sha256Hex(content.text)
  }
}
