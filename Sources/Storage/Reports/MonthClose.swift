import Domain
import Reports

/// A month's checks and where it stands.
public struct CloseState: Sendable {
  /// A gate with the decision to go on in spite of it, if there is one.
  public struct Gate: Sendable {
    /// The gate.
    public let gate: CloseGate
    /// Who decided to go on, and why; nil when nobody did, or it found something else since.
    public let override: (actor: String, reason: String)?

    /// Whether it holds the close up.
    public var holdsUp: Bool { !gate.passes && override == nil }
  }

  /// A row that is not what it was when the month was finalised.
  public struct Restatement: Sendable, Hashable {
    /// The property, by number.
    public let property: Int
    /// The part of the month.
    public let period: Period
    /// Net operating income, cash, as it was declared.
    public let declared: Money
    /// As it is now.
    public let now: Money
  }

  /// The month.
  public let month: CalendarMonth
  /// `open`, `final` or `reopened`.
  public let state: String
  /// The number of the last version; 0 when there was none.
  public let version: Int
  /// Who finalised it, and when; nil while it is not final.
  public let finalized: (actor: String, at: Instant)?
  /// The checks.
  public let gates: [Gate]
  /// What entries since then changed of a final month.
  public let restatements: [Restatement]
  /// The ledger the checks looked at.
  public let ledger: LedgerSnapshot
  /// The hash of everything the figures depend on.
  public let inputsHash: String

  /// Whether it may be finalised.
  public var isReady: Bool { gates.allSatisfy { !$0.holdsUp } }
}

/// What came of finalising or reopening.
public enum CloseOutcome: Sendable {
  /// The month is final as this version.
  case finalized(version: Int)
  /// It was final already, with these figures.
  case unchanged(version: Int)
  /// Checks hold it up.
  case notReady(CloseState)
  /// It is open again.
  case reopened
  /// A rule forbids it; in words.
  case refused(String)
}

extension Store {
  /// Where a month stands.
  public func closeState(_ month: CalendarMonth) throws(StorageError) -> CloseState {
    let moment = moment
    return try read { connection throws(StorageError) in
      try MonthClose(connection: connection, month: month, now: moment).state()
    }
  }

  /// Notes that a check was run; the history of a month shows it.
  public func noteCloseCheck(_ state: CloseState, actor: String) throws(StorageError) {
    try write { transaction throws(StorageError) in
      try MonthClose(connection: transaction.connection, month: state.month, now: transaction.now)
        .note(
          "check", state.isReady ? "ready" : "not ready", actor: actor, hash: state.inputsHash)
    }
  }

  /// Decides to finalise in spite of what a gate found. It holds for what it found now.
  public func overrideGate(
    _ kind: CloseGate.Kind, month: CalendarMonth, reason: String, actor: String
  ) throws(StorageError) -> CloseOutcome? {
    try write { transaction throws(StorageError) in
      let close = MonthClose(
        connection: transaction.connection, month: month, now: transaction.now)
      transaction.note(.settings)
      return try close.override(kind, reason: reason, actor: actor)
    }
  }

  /// Finalises a month: its figures are kept as a version, the draws declared, its days locked.
  ///
  /// Doing it again changes nothing while the figures are the same.
  public func finalizeMonth(_ month: CalendarMonth, actor: String) throws(StorageError)
    -> CloseOutcome
  {
    try write { transaction throws(StorageError) in
      let close = MonthClose(
        connection: transaction.connection, month: month, now: transaction.now)
      transaction.note(.settings)
      return try close.finalize(actor: actor)
    }
  }

  /// Opens a final month again; its version stays in the history.
  public func reopenMonth(_ month: CalendarMonth, reason: String, actor: String)
    throws(StorageError) -> CloseOutcome
  {
    try write { transaction throws(StorageError) in
      let close = MonthClose(
        connection: transaction.connection, month: month, now: transaction.now)
      transaction.note(.settings)
      return try close.reopen(reason: reason, actor: actor)
    }
  }

  /// Whether a day stands in a month that is final.
  public func isClosed(_ day: CalendarDate) throws(StorageError) -> Bool {
    try read { connection throws(StorageError) in
      try connection.row(
        "SELECT 1 FROM month_closes WHERE state = 'final' AND month = $1",
        .text(CalendarMonth(containing: day).description)
      ) { _ throws(StorageError) in true } ?? false
    }
  }

  /// The first month that is final; nil when none is.
  public func firstFinalMonth() throws(StorageError) -> CalendarMonth? {
    try read { connection throws(StorageError) in
      try connection.row("SELECT MIN(month) FROM month_closes WHERE state = 'final'") {
        row throws(StorageError) in row.optionalText(0).flatMap { CalendarMonth($0) }
      } ?? nil
    }
  }

  /// The runs of a month's close, newest first.
  public func closeHistory(_ month: CalendarMonth) throws(StorageError) -> [CloseRun] {
    try read { connection throws(StorageError) in
      try connection.rows(
        """
        SELECT at, actor, action, outcome, reason FROM close_runs
        WHERE month = $1 ORDER BY id DESC LIMIT $2
        """, .text(month.description), .int(Self.closeRunsShownMax)
      ) { row throws(StorageError) in
        CloseRun(
          at: row.instant(0) ?? Instant(milliseconds: 0), actor: row.text(1), action: row.text(2),
          outcome: row.text(3), reason: row.optionalText(4))
      }
    }
  }

  private static let closeRunsShownMax = 100

  /// The rows of finalised months for the owners' base, by key, with the version they are of.
  public func monthResults(_ month: CalendarMonth) throws(StorageError) -> [(
    key: String, kind: String, fields: String
  )] {
    try read { connection throws(StorageError) in
      try connection.rows(
        "SELECT record_key, kind, fields FROM month_results WHERE month = $1 ORDER BY record_key",
        .text(month.description)
      ) { row throws(StorageError) in (row.text(0), row.text(1), row.text(2)) }
    }
  }
}

/// One run of a month's close.
public struct CloseRun: Sendable, Hashable {
  /// When.
  public let at: Instant
  /// Who.
  public let actor: String
  /// `check`, `override`, `finalize` or `reopen`.
  public let action: String
  /// What came of it.
  public let outcome: String
  /// Why; nil when nobody said.
  public let reason: String?
}

/// The close of one month on one snapshot of the store.
private struct MonthClose {
  let connection: Connection
  let month: CalendarMonth
  let now: Instant

  private struct Last {
    var version = 0
    var state = "open"
    var hash = ""
    var finalized: (actor: String, at: Instant)?
  }

  func state() throws(StorageError) -> CloseState {
    let books = try Store.monthBooks(connection)
    let last = try last()
    let gates = books.ledger.closeGates(month, facts: try facts())
    var decided: [CloseState.Gate] = []
    for gate in gates {
      decided.append(CloseState.Gate(gate: gate, override: try decision(gate)))
    }
    let result = MonthResult(month, ledger: books.ledger, draws: books.draws)
    return CloseState(
      month: month, state: last.state, version: last.version, finalized: last.finalized,
      gates: decided, restatements: last.state == "final" ? try restatements(result, books) : [],
      ledger: books.ledger, inputsHash: Store.hash(result.inputs(books.ledger)))
  }

  private func last() throws(StorageError) -> Last {
    try connection.row(
      """
      SELECT version, state, inputs_hash, finalized_by, finalized_at FROM month_closes
      WHERE month = $1 ORDER BY version DESC LIMIT 1
      """, .text(month.description)
    ) { row throws(StorageError) in
      var last = Last(version: row.int(0), state: row.text(1), hash: row.text(2))
      if last.state == "final" {
        last.finalized = (row.text(3), row.instant(4) ?? Instant(milliseconds: 0))
      }
      return last
    } ?? Last()
  }

  private func decision(_ gate: CloseGate) throws(StorageError) -> (
    actor: String, reason: String
  )? {
    guard !gate.passes else { return nil }
    return try connection.row(
      """
      SELECT created_by, reason FROM close_overrides
      WHERE month = $1 AND gate = $2 AND findings_hash = $3
      """, .text(month.description), .text(gate.kind.rawValue),
      .text(Store.hash(gate.fingerprint))
    ) { row throws(StorageError) in (actor: row.text(0), reason: row.text(1)) }
  }

  private func restatements(_ result: MonthResult, _ books: MonthBooks) throws(StorageError)
    -> [CloseState.Restatement]
  {
    var declared: [String: Money] = [:]
    let rows = try connection.rows(
      """
      SELECT p.property_id || ' ' || p.from_date, p.noi FROM declared_periods p
      JOIN month_closes c ON c.month = p.month AND c.version = p.version AND c.state = 'final'
      WHERE p.month = $1
      """, .text(month.description)
    ) { row throws(StorageError) in (row.text(0), row.money(1)) }
    for (place, amount) in rows { declared[place] = amount }
    return result.draws.compactMap { row in
      let place = "\(books.ledger.properties[row.property].localID) \(row.period.from)"
      let then = declared[place] ?? .zero
      guard then != row.noi else { return nil }
      return CloseState.Restatement(
        property: row.property, period: row.period, declared: then, now: row.noi)
    }
  }

  // MARK: What the store knows

  private func facts() throws(StorageError) -> CloseFacts {
    var facts = CloseFacts()
    let end = Instant("\(month.last.adding(days: 1))T00:00:00Z") ?? now
    facts.unsynced = try connection.rows(
      """
      SELECT resource, watermark FROM pull_state
      WHERE service = 'buildium' AND (watermark IS NULL OR watermark < $1) ORDER BY resource
      """, .instant(end)
    ) { row throws(StorageError) in
      CloseGate.Finding(
        record: "",
        text: "\(row.text(0)) were "
          + (row.isNull(1) ? "never pulled completely." : "last pulled on \(row.text(1)).")
          + " `rentbook sync` does it.")
    }
    facts.deadLetters = try connection.rows(
      "SELECT record_key, error FROM outbox WHERE state = 'dead' ORDER BY id"
    ) { row throws(StorageError) in
      CloseGate.Finding(record: row.text(0), text: row.text(1))
    }
    facts.conflicts = try conflicts()
    facts.pendingBills = try connection.rows(
      """
      SELECT COALESCE(CAST(b.buildium_bill_id AS TEXT), b.id), b.buildium_bill_id IS NOT NULL,
        b.date, COALESCE(b.amount, 0)
      FROM bill_workflow w JOIN bills b ON b.id = w.bill_id
      WHERE w.state = 'pending_approval' AND b.deleted_at IS NULL AND b.date <= $1
      ORDER BY b.date, b.id
      """, .date(month.last)
    ) { row throws(StorageError) in
      CloseGate.Finding(
        record: (row.bool(1) ? "buildium/bills/" : "") + row.text(0),
        text: "The bill of \(row.text(2)) over \(row.money(3)) waits for approval.")
    }
    for basis in Basis.allCases {
      facts.sums[basis] = try Store.incomeByQuery(connection, month.period, basis: basis)
    }
    let ledger = try Store.generalLedgerCheck(connection, month)
    facts.ledgerDifferences = ledger.differences
    facts.ledgerNotes = [
      CloseGate.Finding(
        record: "",
        text: ledger.checkedAt.map { "Buildium's general ledger was read at \($0)." }
          ?? "Buildium's general ledger was not read for \(month); "
          + "`rentbook close --month \(month)` does it where Buildium is connected.")
    ]
    facts.finalMonths = Set(
      try connection.rows("SELECT month FROM month_closes WHERE state = 'final'") {
        row throws(StorageError) in CalendarMonth(row.text(0))
      }.compactMap(\.self))
    return facts
  }

  /// Conflicts a person has not settled; a store that is kept in step one way only has none.
  private func conflicts() throws(StorageError) -> [CloseGate.Finding] {
    let isThere = try connection.row(
      "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'conflicts'"
    ) { _ throws(StorageError) in true }
    guard isThere == true else { return [] }
    return try connection.rows(
      "SELECT record_key, field FROM conflicts WHERE state = 'open' ORDER BY id"
    ) { row throws(StorageError) in
      CloseGate.Finding(
        record: row.text(0),
        text: row.text(1).isEmpty
          ? "was changed on both sides." : "“\(row.text(1))” was changed on both sides.")
    }
  }

  // MARK: Deciding

  func note(
    _ action: String, _ outcome: String, actor: String, reason: String? = nil, hash: String? = nil
  ) throws(StorageError) {
    try connection.run(
      """
      INSERT INTO close_runs (month, action, outcome, actor, reason, inputs_hash, at)
      VALUES ($1, $2, $3, $4, $5, $6, $7)
      """, .text(month.description), .text(action), .text(outcome), .text(actor),
      .optional(reason), .optional(hash), .instant(now))
  }

  func override(_ kind: CloseGate.Kind, reason: String, actor: String) throws(StorageError)
    -> CloseOutcome?
  {
    guard try last().state != "final" else {
      return .refused("\(month) is final; reopen it first.")
    }
    let gate = try state().gates.first { $0.gate.kind == kind }?.gate
    guard let gate, !gate.passes else {
      return .refused("“\(kind.title)” holds for \(month); there is nothing to override.")
    }
    try connection.run(
      """
      INSERT INTO close_overrides (month, gate, findings_hash, reason, created_by, created_at)
      VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT (month, gate, findings_hash) DO UPDATE SET
        reason = excluded.reason, created_by = excluded.created_by,
        created_at = excluded.created_at
      """, .text(month.description), .text(kind.rawValue), .text(Store.hash(gate.fingerprint)),
      .text(reason), .text(actor), .instant(now))
    try note("override", kind.rawValue, actor: actor, reason: reason)
    return nil
  }

  func finalize(actor: String) throws(StorageError) -> CloseOutcome {
    let last = try last()
    if last.state == "final" { return .unchanged(version: last.version) }
    let state = try state()
    guard state.isReady else {
      try note("finalize", "not ready", actor: actor, hash: state.inputsHash)
      return .notReady(state)
    }
    // Where several people work, the one who decided to go on does not finalise alone.
    let people =
      try connection.row("SELECT COUNT(*) FROM users WHERE is_active = 1") {
        row throws(StorageError) in row.int(0)
      } ?? 0
    if people > 1, let gate = state.gates.first(where: { $0.override?.actor == actor }) {
      return .refused(
        "\(actor) decided to go on in spite of “\(gate.gate.kind.title)”; somebody else finalises.")
    }
    let books = try Store.monthBooks(connection)
    let result = MonthResult(month, ledger: books.ledger, draws: books.draws)
    let version = last.version + 1
    try connection.run(
      """
      INSERT INTO month_closes (month, version, state, inputs_hash, snapshot, finalized_by,
        finalized_at)
      VALUES ($1, $2, 'final', $3, $4, $5, $6)
      """, .text(month.description), .int(version), .text(state.inputsHash),
      .text(result.json(books.ledger).text), .text(actor), .instant(now))
    try declare(result, books.ledger, version)
    try keep(result.rows(books.ledger), version)
    try note("finalize", "version \(version)", actor: actor, hash: state.inputsHash)
    return .finalized(version: version)
  }

  private func declare(_ result: MonthResult, _ ledger: LedgerSnapshot, _ version: Int)
    throws(StorageError)
  {
    for row in result.draws {
      let property = ledger.properties[row.property].localID
      try connection.run(
        """
        INSERT INTO declared_periods (month, version, property_id, from_date, to_date, noi,
          carry_in, restatement, carry_out, draw, inputs_hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """, .text(month.description), .int(version), .local(property), .date(row.period.from),
        .date(row.period.to), .money(row.noi), .money(row.carryIn), .money(row.restatement),
        .money(row.carryOut), .money(row.draw), .text(Store.hash(row.inputs(ledger))))
      for part in row.owners {
        try connection.run(
          """
          INSERT INTO declared_draws (month, version, property_id, owner_id, from_date, amount)
          VALUES ($1, $2, $3, $4, $5, $6)
          """, .text(month.description), .int(version), .local(property),
          .local(ledger.owners[part.owner].localID), .date(row.period.from), .money(part.amount))
      }
    }
  }

  private func keep(_ rows: [MonthResult.Row], _ version: Int) throws(StorageError) {
    try connection.run("DELETE FROM month_results WHERE month = $1", .text(month.description))
    for row in rows {
      try connection.run(
        """
        INSERT INTO month_results (record_key, kind, month, version, fields, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """, .text(row.key), .text(row.kind), .text(month.description), .int(version),
        .text(JSONValue.object(row.fields).text), .instant(now))
    }
  }

  func reopen(reason: String, actor: String) throws(StorageError) -> CloseOutcome {
    guard try last().state == "final" else { return .refused("\(month) is not final.") }
    let later = try connection.row(
      "SELECT MIN(month) FROM month_closes WHERE state = 'final' AND month > $1",
      .text(month.description)
    ) { row throws(StorageError) in row.optionalText(0) }
    if let later = later ?? nil {
      return .refused("\(later) is final and rests on \(month); reopen it first.")
    }
    try connection.run(
      """
      UPDATE month_closes SET state = 'reopened', reopened_by = $1, reopened_at = $2,
        reopen_reason = $3
      WHERE month = $4 AND state = 'final'
      """, .text(actor), .instant(now), .text(reason), .text(month.description))
    try note("reopen", "reopened", actor: actor, reason: reason)
    return .reopened
  }
}
