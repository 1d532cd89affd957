// Figures of months and the close, worked out on threads beside the screen from a ledger that is kept
// until the store changes.
import Background
import Domain
import Glibc
import Interface
import Reports
import Storage

/// The ledger as it was last read. Reading half a million lines takes a good part of a second: it is
/// done again only after a commit that figures may depend on.
final class LedgerShelf: Sendable {
  private let store: Store
  /// How many commits that matter there were.
  private let commits = Lock(0)
  private let kept = Lock<(commits: Int, books: MonthBooks)?>(nil)

  init(_ store: Store) { self.store = store }

  /// Begins to watch the store.
  func watch() {
    store.observe { [self] changes in
      let matters = changes.topics.contains { topic in
        switch topic {
        case .records, .settings: true
        case .sync, .messages, .calls: false
        }
      }
      if matters { commits.withLock { $0 += 1 } }
    }
  }

  /// The ledger of now. Whoever comes while it is being read waits for that.
  func books() throws(StorageError) -> MonthBooks {
    try kept.withLock { kept throws(StorageError) in
      // Counted before reading: what is committed meanwhile is read the next time.
      let now = commits.withLock(\.self)
      if let kept, kept.commits == now { return kept.books }
      kept = nil
      let books = try store.monthBooks()
      kept = (now, books)
      return books
    }
  }
}

extension ScreenRunner {
  /// Carries out an effect about months.
  func carryOutMonth(_ effect: Effect) {
    switch effect {
    case .loadMonth(let question, let ticket):
      months.ask(ticket) { [shelf, workspace, isReadOnly] _ throws(StorageError) in
        var books = try shelf.books()
        var notes: [String] = []
        if question.query?.comparison == .plan, !isReadOnly,
          Self.isOld(books.ledger.plan.readAt, workspace, Self.planAgeMilliseconds)
        {
          notes = workspace.freshenPlan()
          books = try shelf.books()
        }
        var sheet = MonthSheet(books.ledger, draws: books.draws, question)
        sheet.notes += notes
        try sheet.describeEntries(workspace.store)
        return .month(sheet, ticket)
      }
    case .loadClose(let month, let ticket):
      closes.ask(ticket) { [shelf, workspace, isReadOnly] _ throws(StorageError) in
        if !isReadOnly { try Self.freshenTieOut(month, workspace) }
        return .close(try CloseSheet(month, workspace.store, try shelf.books()), ticket)
      }
    case .overrideGate(let kind, let month, let reason):
      decide { store, actor throws(StorageError) in
        let outcome = try store.overrideGate(kind, month: month, reason: reason, actor: actor)
        return (outcome ?? .reopened, "“\(kind.title)” holds \(month) up no longer.")
      }
    case .finalizeMonth(let month, let hash):
      decide { store, actor throws(StorageError) in
        let state = try store.closeState(month)
        guard state.inputsHash == hash else {
          return (
            .refused(
              "The figures of \(month) have changed since they were shown. Look at them again."), ""
          )
        }
        let outcome = try store.finalizeMonth(month, actor: actor)
        return (outcome, "\(month) is final; its results go to Airtable with the next sync.")
      }
    case .reopenMonth(let month, let reason):
      decide { store, actor throws(StorageError) in
        let outcome = try store.reopenMonth(month, reason: reason, actor: actor)
        return (outcome, "\(month) is open again.")
      }
    case .exportReport(let report, let format, let name): export(report, format, name)
    default: break
    }
  }

  /// The owners' plan is read again after ten minutes, a month of the general ledger after five.
  private static let planAgeMilliseconds: Int64 = 600_000
  private static let tieOutAgeMilliseconds: Int64 = 300_000

  private static func isOld(_ moment: Instant?, _ workspace: Workspace, _ ageMax: Int64) -> Bool {
    guard let moment else { return true }
    return workspace.clock.wallMilliseconds - moment.milliseconds >= ageMax
  }

  /// Reads the month of Buildium's general ledger again when transactions were pulled since it was read:
  /// else the checks would hold the new transactions against the old ledger. A month that nobody has tied
  /// out yet is left to its first close. What stands in the way is found by the checks themselves.
  private static func freshenTieOut(_ month: CalendarMonth, _ workspace: Workspace)
    throws(StorageError)
  {
    guard let checked = try workspace.store.generalLedgerCheck(month).checkedAt,
      isOld(checked, workspace, tieOutAgeMilliseconds),
      let pulled = try? workspace.status().resources.first(where: { $0.resource == .transactions }),
      let at = pulled.lastSyncedAt, at > checked
    else { return }
    try? workspace.tieOut(month)
  }

  /// Writes a decision about a month, and says what came of it.
  private func decide(
    _ body:
      @escaping @Sendable (Store, _ actor: String) throws(StorageError)
      -> (outcome: CloseOutcome, done: String)
  ) {
    errand { [self] () throws(Failure) in
      guard !isReadOnly else {
        throw Failure("read_only", "Rentbook was started with --read-only.")
      }
      let actor = workspace.configuration.user
      let (outcome, done) = try workspace.onStore { store throws(StorageError) in
        try body(store, actor)
      }
      switch outcome {
      case .refused(let why): throw Failure("refused", why)
      case .notReady(let state):
        let count = state.gates.count(where: \.holdsUp)
        throw Failure(
          "not_ready", "\(count) checks hold \(state.month) up.", hint: "c shows them.")
      case .unchanged(let version):
        post(.effectDone("It was final already, as version \(version)."))
      case .finalized(let version): post(.effectDone("\(done) Version \(version)."))
      case .reopened: post(.effectDone(done))
      }
    }
  }

  private func export(_ report: Report, _ format: Interface.ReportFormat, _ name: String) {
    // Pages take a while to draw: on the thread of exports, behind those asked for before.
    exports.ask(Ticket("report", exportNumber())) { [workspace] _ throws(StorageError) in
      let form: ReportFile.Format =
        switch format {
        case .csv: .csv
        case .xlsx: .xlsx
        case .pdf: .pdf
        case .json: .json
        case .text: .table
        }
      let now = workspace.clock.wallMilliseconds
      let path = ExportFile.path(name, suffix: format == .text ? "txt" : format.rawValue, at: now)
      do throws(Failure) {
        try ReportFile.write([report], form, to: path, paper: .letter)
        return .effectDone("Wrote \(report.rows.count) rows to \(path).")
      } catch {
        return .effectFailed(error.message, hint: error.hint)
      }
    }
  }
}

extension MonthSheet {
  /// Adds who paid or was paid and what for, and makes the lines lead to the store's records.
  fileprivate mutating func describeEntries(_ store: Store) throws(StorageError) {
    var ids: Set<String> = []
    for line in lines { if case .record(let reference) = line.lead { ids.insert(reference.id) } }
    guard !ids.isEmpty else { return }
    let texts = try store.transactionTexts(ids)
    for index in lines.indices {
      guard case .record(let reference) = lines[index].lead else { continue }
      let text = texts[reference.id]
      lines[index].lead = text.map { .record(RecordReference(.transactions, $0.localID)) }
      lines[index].who = text?.payee ?? ""
      lines[index].why = [lines[index].why, text?.memo ?? "", text?.reference ?? ""]
        .filter { !$0.isEmpty }.joined(separator: " · ")
    }
  }
}

extension CloseSheet {
  /// More rows than anybody works through; how many there are is told.
  private static let findingsMax = 200

  fileprivate init(_ month: CalendarMonth, _ store: Store, _ books: MonthBooks)
    throws(StorageError)
  {
    let state = try store.closeState(month)
    let result = MonthResult(month, ledger: books.ledger, draws: books.draws)
    self.init(month)
    (self.state, version) = (state.state, state.version)
    (finalizedBy, finalizedAt) = (state.finalized?.actor, state.finalized?.at)
    for gate in state.gates {
      var shown = Gate(gate.gate.kind)
      shown.count = gate.gate.findings.count
      for finding in gate.gate.findings.prefix(Self.findingsMax) {
        shown.findings.append(try Self.row(finding, gate.gate.kind, store))
      }
      for note in gate.gate.notes.prefix(Self.findingsMax) {
        shown.notes.append(try Self.row(note, gate.gate.kind, store))
      }
      (shown.overriddenBy, shown.reason) = (gate.override?.actor, gate.override?.reason)
      gates.append(shown)
    }
    restatements = state.restatements.map {
      "\(state.ledger.properties[$0.property].name), \($0.period): declared \($0.declared), now "
        + "\($0.now); the next draw counts \($0.now - $0.declared)."
    }
    properties = Set(result.noi.map(\.property)).count
    noi = result.noi.filter { $0.basis == .cash }.reduce(Money.zero) { $0 + $1.figures.noi }
    draws = result.draws.reduce(Money.zero) { $0 + $1.draw }
    inputsHash = state.inputsHash
  }

  /// A finding with the record of the store it is about.
  private static func row(_ finding: CloseGate.Finding, _ kind: CloseGate.Kind, _ store: Store)
    throws(StorageError) -> Row
  {
    let key = RemoteKey(finding.record)
    // Records that Buildium does not know are named by their ids here.
    let resource: Resource? =
      if let key {
        key.resource
      } else {
        switch kind {
        case .pendingBills: .bills
        case .quarantined, .unbalanced: .transactions
        case .uncategorised: .glAccounts
        case .ownership, .negativeCash, .depositsCovered, .tieOut, .generalLedger: .properties
        case .missingRent: .leases
        case .unsynced, .conflicts, .deadLetters, .earlierMonths: nil
        }
      }
    guard !finding.record.isEmpty, let resource, let list = ListName(rawValue: resource.rawValue),
      let id = try store.localID(of: resource, named: key?.id ?? finding.record)
    else { return Row(finding.text) }
    return Row(finding.text, record: RecordReference(list, id))
  }
}
