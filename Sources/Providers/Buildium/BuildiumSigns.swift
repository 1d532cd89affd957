// Finding out how this account's GL transactions are signed, before any of them is read.
import Background
import Domain
import Sync

extension BuildiumProvider {
  /// A month is enough to tell, and quick to read.
  private static let signWindowDays = 31
  /// Months looked back for one that tells the conventions apart.
  private static let signWindowsMax = 36
  /// The ledger may be written to between the two readings that are compared.
  private static let signAttemptsMax = 2
  /// Remembered while nothing has told the conventions apart: both then mean the same.
  private static let openName = "gl_sign_convention_open"

  /// Makes sure that the sign convention is known and remembered.
  ///
  /// - Throws: `unexpectedAnswer` when the transactions tie out with the ledger under neither.
  func settleSigns(_ pull: Pull) throws(ProviderError) {
    let known = try pull.context.memory(SignConvention.memoryName)
    let isOpen = try pull.context.memory(Self.openName) == "true"
    if known.flatMap(SignConvention.init) != nil, !isOpen { return }
    // Months that were looked at told nothing; what is new may.
    let since = isOpen ? pull.request.changedSince?.date : nil
    guard let found = try findSigns(pull, since: since) else {
      if known == nil {
        try pull.context.remember(SignConvention.memoryName, SignConvention.magnitude.rawValue)
        try pull.context.remember(Self.openName, "true")
      }
      return
    }
    try pull.context.remember(SignConvention.memoryName, found.rawValue)
    if isOpen { try pull.context.remember(Self.openName, "false") }
  }

  /// - Parameter since: nothing before the month of this day is looked at; nil looks as far back as
  ///   the books go.
  private func findSigns(
    _ pull: Pull, since: CalendarDate?
  ) throws(ProviderError) -> SignConvention? {
    let accounts = inOrder(try pull.context.knownIDs(of: .glAccounts))
    var types: [String: String] = [:]
    var contra: Set<String> = []
    for id in accounts {
      guard let record = try pull.context.record(RemoteKey(.buildium, .glAccounts, id)) else {
        continue
      }
      types[id] = record["type"].text
      if record["is_contra_account"].boolean == true { contra.insert(id) }
    }
    let begun = try window(pull.context).from
    let earliest = max(begun, since ?? begun)
    for index in 0..<Self.signWindowsMax {
      let end = today.adding(days: -index * Self.signWindowDays)
      let start = end.adding(days: 1 - Self.signWindowDays)
      guard end >= earliest else { break }
      var differences: [String] = []
      attempts: for attempt in 1...Self.signAttemptsMax {
        var tieOut = SignTieOut(accountTypes: types, contraAccounts: contra)
        try addTransactions(&tieOut, accounts, start, end, pull)
        try addLedger(&tieOut, accounts, start, end, pull)
        switch tieOut.outcome {
        case .tied(let convention): return convention
        case .undecided: break attempts
        case .neither(let found):
          differences = found
          guard attempt == Self.signAttemptsMax else { continue }
          throw .unexpected(
            "GL transactions from \(start) to \(end) do not tie out with the general ledger, whether"
              + " their amounts are magnitudes or signed. \(differences.joined(separator: "; ")).",
            hint: "Compare these accounts in Buildium; nothing was read, so no figure is wrong.")
        }
      }
    }
    return nil
  }

  private func addTransactions(
    _ tieOut: inout SignTieOut, _ accounts: [String], _ start: CalendarDate, _ end: CalendarDate,
    _ pull: Pull
  ) throws(ProviderError) {
    var seen: Set<String> = []
    let dates: [QueryItem] = [("startdate", start.description), ("enddate", end.description)]
    try eachGroup(accounts, dates) { query throws(ProviderError) in
      var cursor = BuildiumCursor()
      while !cursor.isSliceDone {
        let page = try rows(TransactionMapping.collection, query, &cursor, pull.cancellation)
        for row in page.rows {
          let transaction = try TransactionMapping.record(row)
          guard seen.insert(transaction.key.id).inserted else { continue }
          let type = transaction.record["transaction_type"].text ?? ""
          for line in transaction.record.lines {
            guard let account = line["gl_account_id"]?.reference?.id,
              let amount = line["source_amount"]?.money
            else { continue }
            tieOut.add(
              transactionType: type, account: account, amount: amount,
              isCashPosting: line["is_cash_posting"]?.boolean ?? false)
          }
        }
      }
    }
  }

  private func addLedger(
    _ tieOut: inout SignTieOut, _ accounts: [String], _ start: CalendarDate, _ end: CalendarDate,
    _ pull: Pull
  ) throws(ProviderError) {
    for basis in SignTieOut.Basis.allCases {
      let dates: [QueryItem] = [
        ("accountingbasis", basis.rawValue), ("startdate", start.description),
        ("enddate", end.description),
      ]
      try eachGroup(accounts, dates) { query throws(ProviderError) in
        // A group holds fewer accounts than a page, and a row is an account.
        let page = try api.list(
          "/v1/generalledger", query, order: nil, cancellation: pull.cancellation)
        for row in page.rows {
          let wire = try Wire(row, "General ledger")
          let account = try wire.id("GLAccountId")
          var moved = try wire.field(.money, "TotalAmount").money
          if moved == nil {
            moved = .zero
            for entry in try wire.list("Entries") {
              moved = (moved ?? .zero) + (try entry.field(.money, "Amount").money ?? .zero)
            }
          }
          tieOut.expect(account: String(account), basis: basis, amount: moved ?? .zero)
        }
      }
    }
  }

  /// Runs `body` for groups of accounts that fit into one query each.
  func eachGroup(
    _ accounts: [String], _ dates: [QueryItem], _ body: ([QueryItem]) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    var after = ""
    while true {
      let group = Self.accountGroup(accounts, after: after, upTo: "", dates)
      guard let last = group.last else { return }
      try body(dates + group.map { ("glaccountids", $0) })
      after = last
    }
  }
}
