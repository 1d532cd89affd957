// What the Bills pane shows: a choice among all bills, filtered, ordered and counted by the database,
// and read whole only as far as it is looked at.
import Domain

extension ListReader {
  /// The bills of a query as of a day, for somebody.
  public func bills(_ query: BillQuery, asOf day: CalendarDate, for user: String)
    throws(StorageError) -> BillDesk
  {
    try read { (state: inout State) throws(StorageError) in
      let actor = try Access(connection: state.connection).actor(user)
      return try BillDeskReader(
        connection: state.connection, asOf: day, actor: actor, query: query
      ).desk()
    }
  }

  /// Everything about one bill; nil when there is none.
  public func bill(_ id: String, asOf day: CalendarDate) throws(StorageError) -> BillDetail? {
    try read { (state: inout State) throws(StorageError) in
      try BillDetailReader(connection: state.connection, asOf: day).detail(id)
    }
  }
}

struct BillDeskReader {
  let connection: Connection
  let asOf: CalendarDate
  let actor: Actor
  let query: BillQuery

  private var reader: BillReader { BillReader(connection: connection, asOf: asOf) }

  func desk() throws(StorageError) -> BillDesk {
    let isCount = query.limit <= 0
    let waiting = isCount || query.scope == .waiting ? try waiting() : nil
    let all =
      try connection.row("SELECT COUNT(*) FROM bills WHERE deleted_at IS NULL") {
        row throws(StorageError) in row.int(0)
      } ?? 0
    var desk = BillDesk(
      query, for: actor, rows: [], matching: 0, total: .zero, inScope: 0, waiting: waiting?.count,
      all: all)
    if isCount { return desk }
    if let waiting {
      // Whether a bill waits for somebody follows from the rules; so few wait that they are read.
      let found = try ids(limit: nil).compactMap { waiting[$0] }
      desk.inScope = waiting.count
      desk.matching = found.count
      desk.total = found.reduce(.zero) { $0 + $1.total }
      desk.rows = Array(found.prefix(query.limit))
    } else {
      (desk.matching, desk.total) = try count(withWords: true)
      desk.inScope = query.words.isEmpty ? desk.matching : try count(withWords: false).0
      desk.rows = try reader.rows(try ids(limit: query.limit))
    }
    let shown = Set(desk.rows.map(\.localID))
    desk.kept = try reader.rows(query.kept.filter { !shown.contains($0) })
    desk.duplicates = try duplicates(of: desk.rows)
    let access = Access(connection: connection)
    for user in try access.users() where user.name != actor.name {
      if try access.actor(user.name).refusal(of: .approve) == nil {
        desk.approvers.append(user.name)
      }
    }
    return desk
  }

  /// What waits for the person, by id.
  private func waiting() throws(StorageError) -> [LocalID: BillRow] {
    guard actor.refusal(of: .approve) == nil else { return [:] }
    let ids = try connection.rows(
      """
      SELECT bill_id FROM bill_workflow WHERE state = 'pending_approval'
      UNION SELECT b.id FROM bills b WHERE b.buildium_approval_status = 'Pending'
        AND NOT EXISTS (SELECT 1 FROM bill_workflow w WHERE w.bill_id = b.id)
      """
    ) { row throws(StorageError) in row.localID(0) }
    var found: [LocalID: BillRow] = [:]
    for row in try reader.rows(ids) where row.waits(for: actor) { found[row.localID] = row }
    return found
  }

  // MARK: Conditions

  private static let from = """
    FROM bills b
    LEFT JOIN bill_workflow w ON w.bill_id = b.id
    LEFT JOIN properties p ON p.id = b.property_id
    LEFT JOIN vendors v ON v.id = b.vendor_id
    """

  private static let state = "COALESCE(w.state, \(BillReader.stateOfBuildium))"

  private func condition(withWords: Bool, _ arguments: inout [SQLValue?]) -> String {
    func place(_ value: SQLValue) -> String {
      arguments.append(value)
      return "$\(arguments.count)"
    }
    var conditions = ["b.deleted_at IS NULL"]
    switch query.scope {
    case .waiting: conditions.append("\(Self.state) = 'pending_approval'")
    case .aside:
      conditions += [
        "\(Self.state) = 'pending_approval'",
        """
        (b.id IN (SELECT bill_id FROM bill_holds) OR b.id IN (SELECT bill_id FROM bill_delegations))
        """,
      ]
    case .drafts: conditions.append("\(Self.state) IN ('draft', 'rejected')")
    case .voided: conditions.append("\(Self.state) = 'voided'")
    case .unpaid:
      let day = place(.text(asOf.description))
      conditions += [
        "\(Self.state) = 'approved'", "(b.date IS NULL OR b.date <= \(day))",
        """
        b.amount > (SELECT COALESCE(SUM(applied_amount), 0) FROM bill_applications
          WHERE bill_id = b.id AND substr(applied_at, 1, 10) <= \(day))
        """,
        "NOT EXISTS (SELECT 1 FROM bill_workflow r WHERE r.reversal_bill_id = b.id)",
      ]
    case .all: break
    }
    if withWords {
      for word in query.words.lowercased().split(separator: " ") {
        let pattern = place(.text(Self.pattern(String(word))))
        // An amount is found with and without its commas.
        let amount = place(.text(Self.pattern(word.filter { $0 != "," })))
        conditions.append(
          """
          (LOWER(\(Self.text)) LIKE \(pattern) ESCAPE '\\'
            OR \(Self.amount) LIKE \(amount) ESCAPE '\\'
            OR EXISTS (SELECT 1 FROM bill_lines l JOIN gl_accounts a ON a.id = l.gl_account_id
              WHERE l.bill_id = b.id AND LOWER(COALESCE(a.account_number, '') || ' '
                || COALESCE(a.name, '')) LIKE \(pattern) ESCAPE '\\'))
          """)
      }
    }
    return conditions.joined(separator: " AND ")
  }

  private static func pattern(_ word: String) -> String {
    var escaped = ""
    for character in word {
      if "%_\\".contains(character) { escaped.append("\\") }
      escaped.append(character)
    }
    return "%\(escaped)%"
  }

  /// What a bill shows besides its accounts and its amount.
  private static let text = """
    \(BillReader.vendorName("v")) || ' ' || COALESCE(p.name, p.address_line1, '') || ' '
      || COALESCE(b.reference_number, '') || ' ' || COALESCE(b.description, '') || ' '
      || COALESCE(CAST(b.buildium_bill_id AS TEXT), b.id) || ' ' || REPLACE(\(state), '_', ' ')
    """

  private static let amount = """
    CASE WHEN b.amount < 0 THEN '-' ELSE '' END || CAST(ABS(b.amount) / 100 AS TEXT) || '.'
      || CASE WHEN ABS(b.amount) % 100 < 10 THEN '0' ELSE '' END
      || CAST(ABS(b.amount) % 100 AS TEXT)
    """

  private var ordering: String {
    switch query.order {
    case .due: "COALESCE(b.due_date, b.date, ''), COALESCE(b.buildium_bill_id, 0), b.id"
    case .vendor: "LOWER(\(BillReader.vendorName("v"))), b.id"
    case .property: "LOWER(COALESCE(p.name, p.address_line1, '')), b.id"
    case .amount: "b.amount DESC, b.id"
    }
  }

  private func ids(limit: Int?) throws(StorageError) -> [LocalID] {
    var arguments: [SQLValue?] = []
    let condition = condition(withWords: true, &arguments)
    var sql = "SELECT b.id \(Self.from) WHERE \(condition) ORDER BY \(ordering)"
    if let limit {
      arguments.append(.int(limit))
      sql += " LIMIT $\(arguments.count)"
    }
    return try connection.rows(sql, arguments: arguments) { row throws(StorageError) in
      row.localID(0)
    }
  }

  private func count(withWords: Bool) throws(StorageError) -> (Int, Money) {
    var arguments: [SQLValue?] = []
    let condition = condition(withWords: withWords, &arguments)
    let found = try connection.rows(
      "SELECT COUNT(*), COALESCE(SUM(b.amount), 0) \(Self.from) WHERE \(condition)",
      arguments: arguments
    ) { row throws(StorageError) in (row.int(0), row.money(1)) }
    return found.first ?? (0, .zero)
  }

  // MARK: Duplicates

  /// Those of the rows that look like another bill of their vendor: by reference number, or by amount
  /// within days.
  private func duplicates(of rows: [BillRow]) throws(StorageError) -> Set<LocalID> {
    struct Other {
      var id: LocalID
      var reference: String
      var amount: Money
      var date: CalendarDate?
      var isOpen: Bool
    }
    var others: [LocalID: [Other]] = [:]
    // A vendor may have thousands of bills: only those of the same amounts are read.
    let step = BillReader.idsMax / 2
    for start in stride(from: 0, to: rows.count, by: step) {
      let part = rows[start..<min(start + step, rows.count)]
      let vendors = Set(part.compactMap(\.vendor?.localID)).sorted()
      let amounts = Set(part.map(\.total)).sorted()
      let (condition, arguments) = BillReader.Selection.some(vendors).condition("b.vendor_id")
      let places = amounts.indices.map { "$\(arguments.count + $0 + 1)" }.joined(separator: ", ")
      guard !vendors.isEmpty else { continue }
      _ = try connection.rows(
        """
        SELECT b.vendor_id, b.id, COALESCE(b.reference_number, ''), COALESCE(b.amount, 0), b.date,
          COALESCE(w.state, '') NOT IN ('voided', 'rejected')
        FROM bills b LEFT JOIN bill_workflow w ON w.bill_id = b.id
        WHERE b.deleted_at IS NULL AND b.amount > 0 AND \(condition) AND b.amount IN (\(places))
        """, arguments: arguments + amounts.map { .money($0) }
      ) { row throws(StorageError) in
        others[row.localID(0), default: []].append(
          Other(
            id: row.localID(1), reference: BillDuplicates.normalised(row.text(2)),
            amount: row.money(3), date: row.date(4), isOpen: row.bool(5)))
      }
    }
    var found: Set<LocalID> = []
    for row in rows where row.status != .reversal {
      guard let vendor = row.vendor?.localID else { continue }
      let reference = BillDuplicates.normalised(row.reference ?? "")
      let isTwin = others[vendor]?.contains { other in
        guard other.id != row.localID, other.amount == row.total else { return false }
        if !reference.isEmpty, other.reference == reference { return true }
        guard other.isOpen, let day = other.date, let date = row.date else { return false }
        return abs(day.daysSince1970 - date.daysSince1970) <= BillDuplicates.nearDaysMax
          && other.reference != reference
      }
      if isTwin == true { found.insert(row.localID) }
    }
    return found
  }
}
