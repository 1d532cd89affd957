import Domain
import Vault

/// Reads bills as they are shown and decided on, as of a day.
struct BillReader {
  let connection: Connection
  let asOf: CalendarDate

  /// Which bills are read.
  enum Selection {
    case all
    case some([LocalID])

    /// A condition on a column that holds bills' ids, and its arguments.
    func condition(_ column: String) -> (sql: String, arguments: [SQLValue?]) {
      guard case .some(let ids) = self else { return ("1 = 1", []) }
      let places = ids.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
      return ("\(column) IN (\(places))", ids.map { .local($0) })
    }
  }

  /// Ids in one statement; databases take a limited number of arguments.
  static let idsMax = 500

  /// One bill, or nil when there is none.
  func row(_ id: LocalID) throws(StorageError) -> BillRow? { try rows(.some([id])).first }

  /// All bills, oldest due first.
  func rows() throws(StorageError) -> [BillRow] { try rows(.all) }

  /// Some bills in the order of their ids given here; those that are not there are left out.
  func rows(_ ids: [LocalID]) throws(StorageError) -> [BillRow] {
    var found: [LocalID: BillRow] = [:]
    for start in stride(from: 0, to: ids.count, by: Self.idsMax) {
      let part = Array(ids[start..<min(start + Self.idsMax, ids.count)])
      for row in try rows(.some(part)) { found[row.localID] = row }
    }
    return ids.compactMap { found[$0] }
  }

  // MARK: What hangs on bills

  private struct Settled {
    var paid = Money.zero
    var credited = Money.zero
    /// Whether anything is applied, on whatever day.
    var isApplied = false
    var isReconciled = false
  }

  private struct Lines {
    var count = 0
    var total = Money.zero
    var account = ""
    var properties: Set<LocalID> = []
    var forbidden: [String] = []
    var inactive: [String] = []
  }

  private func rows<Value>(
    of selection: Selection, _ column: String, _ sql: (_ condition: String) -> String,
    row: (Row) throws(StorageError) -> Value
  ) throws(StorageError) -> [Value] {
    let (condition, arguments) = selection.condition(column)
    return try connection.rows(sql(condition), arguments: arguments, row: row)
  }

  private func settled(_ selection: Selection) throws(StorageError) -> [LocalID: Settled] {
    var settled: [LocalID: Settled] = [:]
    let day = asOf.description
    _ = try rows(of: selection, "a.bill_id") { condition in
      """
      SELECT a.bill_id, a.source_type, a.applied_amount, a.applied_at, t.is_reconciled
      FROM bill_applications a JOIN transactions t ON t.id = a.source_transaction_id
      WHERE \(condition)
      """
    } row: { row throws(StorageError) in
      var entry = settled[row.localID(0)] ?? Settled()
      entry.isApplied = true
      entry.isReconciled = entry.isReconciled || row.bool(4)
      if row.text(3).prefix(10) <= day {
        if row.text(1) == ApplicationSource.payment.rawValue {
          entry.paid += row.money(2)
        } else {
          entry.credited += row.money(2)
        }
      }
      settled[row.localID(0)] = entry
    }
    return settled
  }

  private func lines(_ selection: Selection) throws(StorageError) -> [LocalID: Lines] {
    var lines: [LocalID: Lines] = [:]
    _ = try rows(of: selection, "l.bill_id") { condition in
      """
      SELECT l.bill_id, COALESCE(l.amount, 0), l.property_id,
        TRIM(COALESCE(a.account_number, '') || ' ' || COALESCE(a.name, '')),
        CASE WHEN a.id IS NULL OR \(BillTriggers.isControl("a")) THEN 1 ELSE 0 END,
        CASE WHEN a.is_active = 0 OR a.deleted_at IS NOT NULL THEN 1 ELSE 0 END
      FROM bill_lines l LEFT JOIN gl_accounts a ON a.id = l.gl_account_id
      WHERE \(condition) ORDER BY l.bill_id, l.position
      """
    } row: { row throws(StorageError) in
      var entry = lines[row.localID(0)] ?? Lines()
      entry.count += 1
      entry.total += row.money(1)
      if !row.isNull(2) { entry.properties.insert(row.localID(2)) }
      let account = row.text(3)
      if entry.count == 1 { entry.account = account }
      if row.bool(4) { entry.forbidden.append(account.isEmpty ? "no account" : account) }
      if row.bool(5) { entry.inactive.append(account) }
      lines[row.localID(0)] = entry
    }
    return lines
  }

  private func approvals(_ selection: Selection) throws(StorageError) -> [LocalID: [String]] {
    var approvals: [LocalID: [String]] = [:]
    _ = try rows(of: selection, "bill_id") { condition in
      "SELECT bill_id, approver FROM bill_approvals WHERE \(condition) ORDER BY approved_at, approver"
    } row: { row throws(StorageError) in
      approvals[row.localID(0), default: []].append(row.text(1))
    }
    return approvals
  }

  /// The bills whose vendor has another one with the same reference number under way or approved, and
  /// that one's name. Only what is submitted is asked for it, so that it is read for drafts.
  private func duplicates(_ selection: Selection) throws(StorageError) -> [LocalID: String] {
    var vendors = Selection.all
    if case .some = selection {
      vendors = .some(
        try rows(of: selection, "b.id") {
          """
          SELECT DISTINCT b.vendor_id FROM bills b JOIN bill_workflow w ON w.bill_id = b.id
          WHERE b.vendor_id IS NOT NULL AND w.state = 'draft' AND \($0)
          """
        } row: { row throws(StorageError) in
          row.localID(0)
        })
      if case .some(let ids) = vendors, ids.isEmpty { return [:] }
    }
    var groups: [String: [(id: LocalID, name: String, isUnderWay: Bool)]] = [:]
    _ = try rows(of: vendors, "b.vendor_id") { condition in
      """
      SELECT b.id, b.vendor_id, b.reference_number,
        COALESCE(b.buildium_bill_id, b.reference_number),
        COALESCE(w.state, 'approved') IN ('pending_approval', 'approved')
      FROM bills b LEFT JOIN bill_workflow w ON w.bill_id = b.id
      WHERE b.reference_number <> '' AND b.deleted_at IS NULL AND b.vendor_id IS NOT NULL
        AND b.amount > 0 AND \(condition) ORDER BY b.created_at, b.id
      """
    } row: { row throws(StorageError) in
      let reference = BillDuplicates.normalised(row.text(2))
      guard !reference.isEmpty else { return }
      groups[row.text(1) + "\n" + reference, default: []].append(
        (row.localID(0), row.text(3), row.bool(4)))
    }
    var duplicates: [LocalID: String] = [:]
    for group in groups.values where group.count > 1 {
      for bill in group {
        duplicates[bill.id] = group.first { $0.isUnderWay && $0.id != bill.id }?.name
      }
    }
    return duplicates
  }

  // MARK: Rows

  private func rows(_ selection: Selection) throws(StorageError) -> [BillRow] {
    let settled = try settled(selection)
    let lines = try lines(selection)
    let approvals = try approvals(selection)
    let duplicates = try duplicates(selection)
    let access = Access(connection: connection)
    let policies = try access.policies()
    let own = try access.allowsOwnApproval()
    func policy(_ properties: Set<LocalID>) -> BillPolicy {
      var policy = policies[""] ?? BillPolicy()
      policy.allowsOwnApproval = own
      for property in properties {
        guard var other = policies[property] else { continue }
        other.allowsOwnApproval = own
        policy = policy.strictest(with: other)
      }
      return policy
    }
    return try rows(of: selection, "b.id", Self.select) { row throws(StorageError) in
      let id = row.localID(0)
      let lines = lines[id] ?? Lines()
      let settled = settled[id] ?? Settled()
      let state = BillState(rawValue: row.text(12)) ?? .draft
      let total = row.optionalMoney(8) ?? .zero
      let isAtBuildium = !row.isNull(1)
      let isReversal = total < .zero || !row.isNull(22)
      let isPosted = isAtBuildium || state == .approved || (state == .voided && !row.isNull(19))
      let stamp = Self.stamp(row, lines.total, lines.count)
      var facts = BillFacts(state: state, stamp: stamp, total: total)
      facts.linesTotal = isAtBuildium ? total : lines.total
      facts.lineCount = lines.count
      (facts.date, facts.dueDate, facts.hasVendor) = (row.date(6), row.date(7), !row.isNull(4))
      (facts.isAtBuildium, facts.isReversal, facts.isPosted) = (isAtBuildium, isReversal, isPosted)
      (facts.submittedBy, facts.editedBy) = (row.optionalText(14), row.optionalText(16))
      facts.approvals = approvals[id] ?? []
      facts.hasApplications = settled.isApplied
      facts.hasReconciledApplications = settled.isReconciled
      (facts.forbiddenAccounts, facts.inactiveAccounts) = (lines.forbidden, lines.inactive)
      facts.duplicate = state == .draft ? duplicates[id] : nil
      if !row.isNull(29) {
        facts.hold = BillHold(by: row.text(29), reason: row.text(30), at: row.instant(31))
      }
      if !row.isNull(32) {
        facts.delegation = BillDelegation(
          to: row.text(32), by: row.text(33), reason: row.text(34), at: row.instant(35))
      }
      let voidedOn = state == .voided ? row.date(18) ?? row.instant(17)?.date ?? .distantPast : nil
      var found = BillRow(
        localID: id, buildiumID: row.optionalInt(1), property: Self.named(row, 2),
        vendor: Self.named(row, 4, name: 28), date: row.date(6), dueDate: row.date(7),
        reference: row.optionalText(9), memo: row.optionalText(10),
        accounts: lines.account + (lines.count > 1 ? " +\(lines.count - 1)" : ""),
        payable: PayableFacts(
          total: total, date: row.date(6), dueDate: row.date(7), isPosted: isPosted,
          isReversal: isReversal, voidedOn: voidedOn, paid: settled.paid,
          credited: settled.credited),
        asOf: asOf, facts: facts, policy: policy(lines.properties),
        reversedBy: Self.bill(row, 20), reverses: Self.bill(row, 22),
        submittedAt: row.instant(15), isRecurring: row.bool(25), isToBeReconciled: row.bool(26))
      found.hasNotes = row.bool(36)
      return found
    }
  }

  /// A bill that stands in no workflow came from Buildium before it was looked at; it is as Buildium
  /// says.
  static let stateOfBuildium = """
    CASE b.buildium_approval_status WHEN 'Pending' THEN 'pending_approval'
      WHEN 'ApprovalRequired' THEN 'draft' WHEN 'Rejected' THEN 'rejected' ELSE 'approved' END
    """

  private static func select(_ condition: String) -> String {
    """
    SELECT b.id, b.buildium_bill_id, b.property_id, p.buildium_property_id, b.vendor_id,
      v.buildium_vendor_id, b.date, b.due_date, b.amount, b.reference_number, b.description,
      b.updated_at, COALESCE(w.state, \(stateOfBuildium)), COALESCE(w.version, 0),
      w.submitted_by, w.submitted_at, w.edited_by, w.voided_at,
      COALESCE(w.void_date, rb.date, rt.date), COALESCE(w.reversal_bill_id,
        w.reversal_transaction_id), w.reversal_bill_id, rb.buildium_bill_id,
      ow.bill_id, ob.buildium_bill_id, COALESCE(p.name, p.address_line1, ''), b.is_recurring,
      EXISTS (SELECT 1 FROM reconciling_items i WHERE i.subject = b.id AND i.state = 'pending'),
      b.vendor_id, \(vendorName("v")),
      h.held_by, h.reason, h.held_at,
      d.delegate, d.delegated_by, d.reason, d.delegated_at,
      EXISTS (SELECT 1 FROM bill_approval_audit n
        WHERE n.bill_id = b.id AND n.action = 'comment' AND n.reason IS NOT NULL)
    FROM bills b
    LEFT JOIN bill_workflow w ON w.bill_id = b.id
    LEFT JOIN bill_holds h ON h.bill_id = b.id
    LEFT JOIN bill_delegations d ON d.bill_id = b.id
    LEFT JOIN properties p ON p.id = b.property_id
    LEFT JOIN vendors v ON v.id = b.vendor_id
    LEFT JOIN bills rb ON rb.id = w.reversal_bill_id
    LEFT JOIN transactions rt ON rt.id = w.reversal_transaction_id
    LEFT JOIN bill_workflow ow ON ow.reversal_bill_id = b.id
    LEFT JOIN bills ob ON ob.id = ow.bill_id
    WHERE b.deleted_at IS NULL AND \(condition)
    ORDER BY COALESCE(b.due_date, b.date, ''), COALESCE(b.buildium_bill_id, 0), b.id
    """
  }

  static func vendorName(_ vendor: String) -> String {
    """
    CASE WHEN \(vendor).is_company = 1 AND COALESCE(\(vendor).company_name, '') <> ''
      THEN \(vendor).company_name
      ELSE COALESCE(NULLIF(\(vendor).name, ''), NULLIF(TRIM(COALESCE(\(vendor).first_name, '')
        || ' ' || COALESCE(\(vendor).last_name, '')), ''), \(vendor).company_name, '') END
    """
  }

  private static func stamp(_ row: Row, _ linesTotal: Money, _ count: Int) -> String {
    let content = [
      row.text(11), row.text(8), row.text(6), row.text(7), row.text(4), linesTotal.description,
      String(count),
    ].joined(separator: "\n")
    return "\(row.int(13))-\(ContentHash.sha256Hex(content).prefix(12))"
  }

  /// The property or vendor whose ids stand in two columns; its name in another.
  private static func named(_ row: Row, _ column: Int, name: Int = 24) -> NamedRecord? {
    guard !row.isNull(column) else { return nil }
    return NamedRecord(
      localID: row.localID(column), buildiumID: row.optionalInt(column + 1), name: row.text(name))
  }

  private static func bill(_ row: Row, _ column: Int) -> NamedRecord? {
    guard !row.isNull(column) else { return nil }
    let number = row.optionalInt(column + 1)
    return NamedRecord(
      localID: row.localID(column), buildiumID: number,
      name: number.map(String.init) ?? row.localID(column))
  }
}

extension CalendarDate {
  /// Before every day a record has.
  static let distantPast = CalendarDate(daysSince1970: -719_162)
}

// MARK: What others ask

extension Store {
  /// The day by the store's clock, in UTC.
  public var today: CalendarDate { moment.date }

  /// All bills as of a day, oldest due first.
  public func bills(asOf day: CalendarDate) throws(StorageError) -> [BillRow] {
    try read { connection throws(StorageError) in
      try BillReader(connection: connection, asOf: day).rows()
    }
  }

  /// The id in the store of a bill that is named by its id here or at Buildium; nil for none.
  public func billID(_ text: String) throws(StorageError) -> String? {
    try read { connection throws(StorageError) in
      try Self.id(text, "bills", "buildium_bill_id", connection)
    }
  }

  /// The id in the store of a record that is named by its id here or at Buildium; nil for none.
  public func localID(of resource: Resource, named text: String) throws(StorageError) -> String? {
    let schema = RecordSchema.of(resource)
    return try read { connection throws(StorageError) in
      try Self.id(text, schema.table, schema.buildiumIDColumn, connection)
    }
  }

  static func id(_ text: String, _ table: String, _ column: String, _ connection: Connection)
    throws(StorageError) -> LocalID?
  {
    if let number = Int64(text), !column.isEmpty {
      let found = try connection.row(
        "SELECT id FROM \(table) WHERE \(column) = $1 AND deleted_at IS NULL", .integer(number)
      ) { row throws(StorageError) in row.localID(0) }
      if let found { return found }
    }
    return try connection.row(
      "SELECT id FROM \(table) WHERE id = $1 AND deleted_at IS NULL", .text(text)
    ) { row throws(StorageError) in row.localID(0) }
  }

  /// Everything about one bill, by its id in the store; nil when there is none.
  public func bill(_ id: String, asOf day: CalendarDate) throws(StorageError) -> BillDetail? {
    try read { connection throws(StorageError) in
      try BillDetailReader(connection: connection, asOf: day).detail(id)
    }
  }

  /// Bills that may have been entered twice: by reference number, and by amount and date.
  public func billDuplicates(asOf day: CalendarDate) throws(StorageError) -> (
    groups: [[BillRow]], near: [[BillRow]]
  ) {
    let rows = try bills(asOf: day)
    return (BillDuplicates.groups(rows), BillDuplicates.near(rows))
  }
}

/// Reads everything about one bill.
struct BillDetailReader {
  let connection: Connection
  let asOf: CalendarDate

  /// Steps of the history shown; a bill with more of them is looked at with `audit`.
  private static let historyMax = 500

  func detail(_ id: LocalID) throws(StorageError) -> BillDetail? {
    let reader = BillReader(connection: connection, asOf: asOf)
    guard let row = try reader.row(id) else { return nil }
    let applications = try applications(id)
    let source = try connection.row(
      """
      SELECT body FROM source_records WHERE service = $1 AND resource = $2 AND remote_id = $3
      """, .text(Service.buildium.rawValue), .text(Resource.bills.rawValue),
      .text(row.buildiumID.map(String.init) ?? "")
    ) { row throws(StorageError) in row.text(0) }
    let schedule =
      try connection.row("SELECT recurring_schedule FROM bills WHERE id = $1", .local(id)) {
        row throws(StorageError) in row.optionalText(0)
      } ?? nil
    return BillDetail(
      row: row, lines: try lines(id, applications), applications: applications,
      history: try Store.auditEvents(connection, subject: id, limit: Self.historyMax),
      source: source, duplicates: try duplicates(of: row),
      reconciling: try Store.reconcilingItems(connection, subject: id), schedule: schedule)
  }

  private func duplicates(of row: BillRow) throws(StorageError) -> [BillRow] {
    guard let vendor = row.vendor else { return [] }
    let reference = BillDuplicates.normalised(row.reference ?? "")
    // A vendor may have thousands of bills: only those that look alike are read whole.
    let others = try connection.rows(
      """
      SELECT id, COALESCE(reference_number, ''), COALESCE(amount, 0), date FROM bills
      WHERE vendor_id = $1 AND deleted_at IS NULL AND id <> $3
        AND (amount = $2 OR reference_number <> '')
      """, .local(vendor.localID), .money(row.total), .local(row.localID)
    ) { other throws(StorageError) -> LocalID? in
      if !reference.isEmpty, BillDuplicates.normalised(other.text(1)) == reference {
        return other.localID(0)
      }
      guard other.money(2) == row.total, let date = row.date, let day = other.date(3) else {
        return nil
      }
      let days = abs(day.daysSince1970 - date.daysSince1970)
      return days <= BillDuplicates.nearDaysMax ? other.localID(0) : nil
    }
    let reader = BillReader(connection: connection, asOf: asOf)
    var found: [BillRow] = []
    for other in others.compactMap(\.self).sorted() {
      guard let candidate = try reader.row(other), candidate.status != .reversal else { continue }
      let isSameReference =
        !reference.isEmpty && BillDuplicates.normalised(candidate.reference ?? "") == reference
      if isSameReference || (candidate.approval != .voided && candidate.approval != .rejected) {
        found.append(candidate)
      }
    }
    return found
  }

  private func lines(_ id: LocalID, _ applications: [BillApplicationRow]) throws(StorageError)
    -> [BillLineRow]
  {
    var lines = try connection.rows(
      """
      SELECT l.gl_account_id, a.buildium_gl_account_id,
        TRIM(COALESCE(a.account_number, '') || ' ' || COALESCE(a.name, '')),
        l.property_id, p.buildium_property_id, COALESCE(p.name, p.address_line1, ''),
        l.unit_id, u.buildium_unit_id, COALESCE(u.unit_number, ''), COALESCE(l.amount, 0), l.memo
      FROM bill_lines l
      LEFT JOIN gl_accounts a ON a.id = l.gl_account_id
      LEFT JOIN properties p ON p.id = l.property_id
      LEFT JOIN units u ON u.id = l.unit_id
      WHERE l.bill_id = $1 ORDER BY l.position
      """, .local(id)
    ) { row throws(StorageError) in
      func named(_ column: Int) -> NamedRecord? {
        guard !row.isNull(column) else { return nil }
        return NamedRecord(
          localID: row.localID(column), buildiumID: row.optionalInt(column + 1),
          name: row.text(column + 2))
      }
      return BillLineRow(
        account: named(0), property: named(3), unit: named(6), amount: row.money(9),
        memo: row.optionalText(10), settled: .zero)
    }
    let shares = BillShares.recognition(
      of: applications.map(\.amount), over: lines.map { max($0.amount, .zero) })
    for share in shares {
      for (index, part) in share.enumerated() { lines[index].settled += part }
    }
    return lines
  }

  private func applications(_ id: LocalID) throws(StorageError) -> [BillApplicationRow] {
    let day = asOf.description
    return try connection.rows(
      """
      SELECT t.id, t.buildium_transaction_id,
        COALESCE(t.transaction_type, '') || COALESCE(' ' || NULLIF(t.check_number, ''), ''),
        a.source_type, a.applied_amount, substr(a.applied_at, 1, 10), COALESCE(a.created_by, ''),
        t.is_reconciled
      FROM bill_applications a JOIN transactions t ON t.id = a.source_transaction_id
      WHERE a.bill_id = $1 ORDER BY a.applied_at, a.created_at, a.id
      """, .local(id)
    ) { row throws(StorageError) in
      BillApplicationRow(
        source: NamedRecord(
          localID: row.localID(0), buildiumID: row.optionalInt(1), name: row.text(2)),
        kind: ApplicationSource(rawValue: row.text(3)) ?? .payment, amount: row.money(4),
        date: row.date(5), by: row.text(6), isReconciled: row.bool(7))
    }.filter { ($0.date?.description ?? "") <= day }
  }
}

// MARK: What Buildium has to be told

extension Store {
  /// What Buildium has still to be told, oldest first.
  public func reconcilingItems() throws(StorageError) -> [ReconcilingItem] {
    try read { connection throws(StorageError) in
      try Self.reconcilingItems(connection, where: "state = 'pending'")
    }
  }

  static func reconcilingItems(_ connection: Connection, subject: LocalID) throws(StorageError)
    -> [ReconcilingItem]
  {
    try reconcilingItems(connection, where: "subject = $1", .local(subject))
  }

  private static func reconcilingItems(
    _ connection: Connection, where condition: String, _ arguments: SQLValue?...
  ) throws(StorageError) -> [ReconcilingItem] {
    try connection.rows(
      """
      SELECT id, kind, subject, message, amount, state, created_by, created_at
      FROM reconciling_items WHERE \(condition) ORDER BY created_at, id
      """, arguments: arguments
    ) { row throws(StorageError) in
      ReconcilingItem(
        id: row.text(0), kind: row.text(1), subject: row.text(2), message: row.text(3),
        amount: row.money(4), state: row.text(5), createdBy: row.text(6),
        createdAt: row.instant(7))
    }
  }
}
