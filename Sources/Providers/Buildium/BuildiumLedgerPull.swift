// Pulling GL transactions, bills, bank registers and deposits: everything that is cut by dates.
import Background
import Domain
import Sync

/// The transactions a pull has shown in earlier groups of accounts of the same window.
///
/// Only a saving: after a restart it is empty and a transaction may be shown twice, which changes
/// nothing.
final class ShownTransactions: Sendable {
  private struct State {
    var window = ""
    var groups: [String: String] = [:]
  }

  private let state = Lock(State())

  /// Whether the transaction was shown by another group of the window; notes it otherwise. Asking
  /// again for the same group gives the same answer, because a page may be repeated.
  func wasShown(_ id: String, window: String, group: String) -> Bool {
    state.withLock { state in
      if state.window != window { state = State(window: window) }
      if let known = state.groups[id] { return known != group }
      state.groups[id] = group
      return false
    }
  }
}

extension BuildiumProvider {
  /// So many account ids at most in one request; the length of the query may allow fewer.
  static let accountsPerRequestMax = 100
  /// Books are read at least so far back, whatever leases and bills say.
  private static let daysBackMin = 3 * 365
  private static let daysBackMax = DateWindows.yearsMax * 365
  /// Entries may be dated ahead: rent due, post-dated checks.
  private static let daysAhead = 365

  /// From the earliest date that is known to one year ahead.
  func window(_ context: any PullContext) throws(ProviderError) -> (
    from: CalendarDate, to: CalendarDate
  ) {
    let today = today
    var from = today.adding(days: -Self.daysBackMin)
    let known: [(Resource, String)] = [
      (.leases, "startDate"), (.bills, "date"), (.transactions, "date"),
    ]
    for (resource, field) in known {
      if let date = try context.earliestDate(of: resource, field: field) { from = min(from, date) }
    }
    return (max(from, today.adding(days: -Self.daysBackMax)), today.adding(days: Self.daysAhead))
  }

  /// The stored cursor, or one at the start of the windows.
  private func startedCursor(_ stored: BuildiumCursor?, _ pull: Pull, phase: String = "")
    throws(ProviderError) -> BuildiumCursor
  {
    if let stored { return stored }
    var cursor = BuildiumCursor()
    cursor.phase = phase
    (cursor.from, cursor.to) = try window(pull.context)
    return cursor
  }

  private func windows(_ cursor: BuildiumCursor) throws(ProviderError) -> DateWindows {
    guard let from = cursor.from, let to = cursor.to else {
      throw .staleCursor
    }
    return DateWindows(from: from, to: to)
  }

  // MARK: GL transactions

  func transactionPage(_ pull: Pull, _ stored: inout BuildiumCursor?) throws(ProviderError) -> Page
  {
    let accounts = inOrder(try pull.context.knownIDs(of: .glAccounts))
    guard !accounts.isEmpty else {
      throw ProviderError(
        .buildium, .notSetUp, "GL transactions are read by GL account, and none is known yet.",
        hint: "Sync gl_accounts first.")
    }
    if stored == nil { try settleSigns(pull) }
    var cursor = try startedCursor(stored, pull)
    let windows = try windows(cursor)
    let (start, end) = windows[cursor.window]
    var query: [QueryItem] = [
      ("startdate", start.description), ("enddate", end.description),
    ]
    if let since = pull.request.changedSince {
      query.append(("lastupdatedfrom", since.secondsText))
    }
    let group = Self.accountGroup(accounts, after: cursor.after, upTo: cursor.upTo, query)
    cursor.upTo = group.last ?? cursor.after
    query += group.map { ("glaccountids", $0) }
    let (rows, _) = try rows(TransactionMapping.collection, query, &cursor, pull.cancellation)
    cursor.hasRows = cursor.hasRows || !rows.isEmpty
    let windowName =
      "\(pull.request.changedSince?.description ?? "")|\(windows.from)|\(windows.to)|\(cursor.window)"
    var records: [RemoteRecord] = []
    for row in rows {
      let record = try TransactionMapping.record(row)
      if !shown.wasShown(record.key.id, window: windowName, group: cursor.after) {
        records.append(record)
      }
    }
    let isFull = pull.request.changedSince == nil
    guard cursor.isSliceDone else {
      return Page(records, next: cursor.text, isComplete: isFull && cursor.isWhole)
    }
    var hasNext = true
    cursor.beginSlice()
    cursor.after = cursor.upTo
    cursor.upTo = ""
    if !accounts.contains(where: { isAfter($0, cursor.after) }) {
      hasNext = windows.hasWindow(after: cursor.window, hadRows: isFull && cursor.hasRows)
      cursor.window += 1
      (cursor.after, cursor.hasRows) = ("", false)
    }
    return Page(
      records, next: hasNext ? cursor.text : nil, isComplete: isFull && cursor.isWhole)
  }

  /// The account ids of one request: those after `after`, as many as fit, or up to `upTo` when the
  /// group was begun before.
  static func accountGroup(
    _ accounts: [String], after: String, upTo: String, _ query: [QueryItem]
  ) -> [String] {
    // Room for what paging adds to the query.
    let room = BuildiumAPI.queryCharactersMax - 64 - BuildiumAPI.queryText(query).utf8.count
    var group: [String] = []
    var length = 0
    for account in accounts where isAfter(account, after) {
      if !upTo.isEmpty, isAfter(account, upTo) { break }
      length += "&glaccountids=".utf8.count + account.utf8.count
      if length > room || group.count == accountsPerRequestMax { break }
      group.append(account)
    }
    return group
  }

  // MARK: Bills

  /// Bills have no filter on changes: the unpaid ones without dates, then the paid ones by the date
  /// of payment. Where Buildium insists on dates for the unpaid ones too, these get windows as well.
  func billPage(_ pull: Pull, _ stored: inout BuildiumCursor?) throws(ProviderError) -> Page {
    var cursor = try startedCursor(stored, pull, phase: "unpaid")
    let windows = try windows(cursor)
    let path = BillMapping.collection
    var page: (rows: [JSONValue], total: Int?)
    if cursor.phase == "unpaid" {
      do {
        page = try rows(path, [("paidstatus", "Unpaid")], &cursor, pull.cancellation)
      } catch  where error.status == 422 && cursor.offset == 0 {
        cursor.phase = "unpaid-dated"
        page = try rows(path, Self.billQuery("Unpaid", windows[0]), &cursor, pull.cancellation)
      }
    } else {
      let status = cursor.phase == "unpaid-dated" ? "Unpaid" : "Paid"
      page = try rows(
        path, Self.billQuery(status, windows[cursor.window]), &cursor, pull.cancellation)
    }
    cursor.hasRows = cursor.hasRows || !page.rows.isEmpty
    var records: [RemoteRecord] = []
    for row in page.rows { records.append(try BillMapping.record(row)) }
    let next = cursor.isSliceDone ? Self.afterSlice(cursor, windows) : cursor
    return Page(records, next: next?.text, isComplete: (next ?? cursor).isWhole)
  }

  private static func billQuery(
    _ status: String, _ window: (start: CalendarDate, end: CalendarDate)
  ) -> [QueryItem] {
    [
      ("paidstatus", status), ("frompaiddate", window.start.description),
      ("topaiddate", window.end.description),
    ]
  }

  /// Where bills go on after a slice; nil after the last.
  private static func afterSlice(_ cursor: BuildiumCursor, _ windows: DateWindows)
    -> BuildiumCursor?
  {
    var next = cursor
    next.beginSlice()
    next.hasRows = false
    if cursor.phase == "unpaid" {
      next.phase = "paid"
      return next
    }
    if windows.hasWindow(after: cursor.window, hadRows: cursor.hasRows) {
      next.window += 1
      return next
    }
    guard cursor.phase == "unpaid-dated" else { return nil }
    (next.phase, next.window) = ("paid", 0)
    return next
  }

  // MARK: Bank registers and deposits

  /// One bank account after the other, each by windows.
  func bankPage(_ pull: Pull, _ stored: inout BuildiumCursor?) throws(ProviderError) -> Page {
    let accounts = inOrder(try pull.context.knownIDs(of: .bankAccounts))
    var cursor = try startedCursor(stored, pull)
    let windows = try windows(cursor)
    if cursor.upTo.isEmpty {
      guard let first = accounts.first(where: { isAfter($0, cursor.after) }) else {
        return Page([], next: nil, isComplete: cursor.isWhole)
      }
      cursor.upTo = first
    }
    let account = cursor.upTo
    let (start, end) = windows[cursor.window]
    let isDeposit = pull.request.resource == .deposits
    let name = isDeposit ? "deposits" : "transactions"
    // The register can be sorted by its date only.
    var page: (rows: [JSONValue], total: Int?) = ([], nil)
    do {
      page = try rows(
        "\(BankAccountMapping.collection)/\(account)/\(name)",
        [("startdate", start.description), ("enddate", end.description)],
        order: isDeposit ? "Id asc" : "EntryDate asc", &cursor, pull.cancellation)
    } catch  where error.kind == .notFound {
      // The account was deleted since it was last listed.
      cursor.isSliceDone = true
    }
    cursor.hasRows = cursor.hasRows || !page.rows.isEmpty
    var records: [RemoteRecord] = []
    for row in page.rows {
      records.append(
        isDeposit
          ? try DepositMapping.record(row, account: account)
          : try BankTransactionMapping.record(row, account: account))
    }
    guard cursor.isSliceDone else {
      return Page(records, next: cursor.text, isComplete: cursor.isWhole)
    }
    cursor.beginSlice()
    if windows.hasWindow(after: cursor.window, hadRows: cursor.hasRows) {
      cursor.window += 1
    } else {
      (cursor.after, cursor.upTo, cursor.window) = (account, "", 0)
    }
    cursor.hasRows = false
    let isLast = cursor.upTo.isEmpty && !accounts.contains { isAfter($0, cursor.after) }
    return Page(records, next: isLast ? nil : cursor.text, isComplete: cursor.isWhole)
  }
}
