import Domain
import Testing

@testable import Storage

@Suite("Query plans")
struct QueryPlanTests {
  /// Tables that grow with the portfolio or with time.
  static let growing: Set = [
    "transactions", "transaction_lines", "bills", "bill_lines", "bill_payments",
    "bill_payment_lines", "properties", "units", "owners", "ownership", "tenants", "leases",
    "lease_tenants", "lease_transactions", "rent_payments", "bank_transactions", "gl_accounts",
    "sync_state", "sync_latency", "source_records", "record_links", "unresolved_references",
    "outbox", "messages", "buildium_api_log", "airtable_api_log", "buildium_api_cache",
    "pair_state", "conflicts", "sync_journal", "born_rows", "property_ownerships_cache",
    "owners_list_cache", "bill_applications", "bill_approval_audit",
  ]

  /// Statements that read a whole table on purpose, with the reason.
  static let wholeTables: [(start: String, reason: String)] = [
    (
      "SELECT resource, local_id, position, field, target_key FROM unresolved_references",
      "every link that waits is tried, once per pull"
    ),
    (
      "SELECT id FROM transactions WHERE posting_state = 'quarantined'",
      "an index of those alone, which are few"
    ),
    (
      "SELECT buildium_gl_account_id FROM gl_accounts",
      "a chart of accounts has hundreds, and is asked for a row a person typed"
    ),
  ]

  /// Statements that sort, with the reason why that is little work.
  static let sorts: [(part: String, reason: String)] = [
    ("FROM jobs", "finished jobs are cut back to some hundreds, open ones are one per resource"),
    ("FROM outbox WHERE state = 'dead'", "what a person has to look at, a thousand at most"),
    ("FROM sync_latency_daily WHERE day", "a dozen buckets for each resource"),
    ("SELECT DISTINCT transactions.lease_id", "the payments on one account, when it changes"),
  ]

  /// Asks everything the program asks of a store, so that every statement is prepared once.
  static func askEverything(_ store: Store) throws {
    let now = TestStore.now
    let key = RemoteKey(.buildium, .transactions, "500")
    let stages = SinkRow.Stages(event: now, received: now, stored: now)
    let today = now.date
    try store.readSync { state throws(StorageError) in
      _ = try state.deadLetters()
      _ = try state.jobs()
      _ = try state.lockHolder()
      _ = try state.latency(from: now, to: now)
      _ = try state.latency(day: today)
      _ = try state.owners(ofProperty: "p")
      _ = try state.leases(ofTenant: "t")
      _ = try state.unitCount(ofProperty: "p")
      _ = try state.paid(onBill: "b")
      _ = try state.approval(ofBill: "b")
      _ = try state.payments(onLease: "1", from: today, to: today)
      _ = try state.payments(touchingAccount: "a")
      for resource in Resource.allCases {
        _ = try state.record(resource, "1")
        _ = try state.source(RemoteKey(.buildium, resource, "1"))
        _ = try state.pull(.buildium, resource)
        _ = try state.sink(.airtable, resource, localID: "1")
        _ = try state.sendable(.airtable, resource, after: nil, limit: 10)
        _ = try state.hasCreatesWaiting(.airtable, resource)
        _ = try state.sendableCount(.airtable, resource)
        _ = try state.knownIDs(.buildium, resource)
        _ = try state.changedIDs(.buildium, resource, since: now)
        _ = try state.knownCount(.buildium, resource)
        _ = try state.absentIDs(.buildium, resource, run: 1, limit: 10)
        _ = try state.intents(.airtable, resource, .doubt, limit: 10)
        _ = try state.refusedCount(.airtable, resource)
      }
      try askTwoWays(state)
      _ = try state.namedIDs(.buildium, .leases, by: .transactions, field: "lease_id")
      _ = try state.namedIDs(.buildium, .leases, by: .leaseTransactions, field: "lease_id")
      _ = try state.earliestDate(.leases, field: "startDate")
      _ = try state.earliestDate(.transactions, field: "date")
    }
    _ = try store.messages(limit: 10)
    _ = try store.calls(.buildium, limit: 10)
    _ = try store.calls(.airtable, limit: 10)
    _ = try store.callSummary(.buildium, at: now)
    _ = try store.callSummary(.airtable, at: now)
    _ = try store.syncStatus(limits: [.buildium: (10, nil), .airtable: (5, 1000)])
    _ = try store.cachedResponse("/v1", parameters: "{}")
    _ = try store.credentials(.buildium)
    _ = try store.connections()
    try store.dropExpiredResponses()
    try store.append(.info, "text")
    try store.append([
      APICall(
        service: .buildium, method: "GET", endpoint: "/", status: 200, durationMilliseconds: 1,
        at: now)
    ])
    try store.writeSync { records throws(StorageError) in
      let sync = records.sync
      try PostingPropertyTests.put(
        records, .transactions, "500", ["transaction_type": .text("Check")],
        lines: [PostingPropertyTests.line("11", 100, property: "10", cash: true)])
      for resource in Resource.allCases {
        try PostingPropertyTests.put(records, resource, "9", [:])
        try PostingPropertyTests.put(records, resource, "9", [:])
        try sync.endWaitingForPlans(resource)
      }
      _ = try records.resolveLinks()
      try records.remove(.owners, "none")
      try sync.mark(.airtable, key, localID: "x", stages: stages)
      for reach in [
        .record(.bills, "b"), .billsOfVendor("v"), .billsOnAccount("a"),
        .billsDue(from: today, to: today), .listing(RemoteKey(.buildium, .tenants, "1")),
      ] as [SyncState.Reach] {
        try sync.touch(.airtable, reach, stages: stages)
      }
      for resource in Resource.allCases {
        try sync.touch(
          .airtable, .linking(RemoteKey(.buildium, resource, "1"), "1"), stages: stages)
      }
      try sync.see(key, run: 2)
      try sync.markGone(key, at: now)
      try sync.markForRemoval(.airtable, .bills, localID: "b", stages: stages)
      try sync.doubtOlder(than: 5)
      try sync.requeueOlder(than: 5)
      try sync.forgetOldSamples(at: now)
      try sync.recordArrival(of: key, stages, sent: now, confirmed: now)
    }
  }

  /// What two-way synchronization asks.
  private static func askTwoWays(_ state: SyncState) throws(StorageError) {
    let key = RemoteKey(.buildium, .owners, "1")
    _ = try state.pair(.airtable, .owners, localID: "1")
    _ = try state.pairs(.airtable, .owners, after: nil, limit: 10)
    _ = try state.editedCount(.airtable, .owners)
    _ = try state.gonePairs(.airtable, .owners)
    _ = try state.sink(.airtable, .owners, remoteID: "rec1")
    _ = try state.sinkIDs(.airtable, .owners)
    _ = try state.changeInterval(of: key)
    _ = try state.conflicts(.owners, field: "email")
    _ = try state.conflicts(.airtable, .owners, localID: "1")
    _ = try state.conflict(1)
    _ = try state.conflictHistory(limit: 10)
    _ = try state.openConflictCount(.owners)
    _ = try state.openIntent(.buildium, .owners, localID: "1")
    _ = try state.born(.airtable, "bills", "rec1")
    _ = try state.born(.airtable, "bills", in: [.waiting, .doubt], limit: 10)
    _ = try state.untold(.airtable, "bills", limit: 10)
    _ = try state.deadLetters()
    _ = try state.journal(limit: 10)
    _ = try state.journal(of: key, limit: 10)
    _ = try state.rules()
    _ = try state.keys(of: .glAccounts, named: "6110")
    _ = try state.keys(of: .vendors, named: "Pipe Works")
  }

  struct Plan {
    let sql: String
    let steps: [String]
  }

  static func plans() throws -> [Plan] {
    let test = try PostingPropertyTests.ledger()
    try askEverything(test.store)
    let read = try test.store.read { connection throws(StorageError) in connection.preparedSQL }
    let written = try test.store.write { transaction throws(StorageError) in
      transaction.connection.preparedSQL
    }
    return try test.store.write { transaction throws(StorageError) in
      try Set(read + written).sorted().filter {
        $0.hasPrefix("SELECT") || $0.hasPrefix("UPDATE") || $0.hasPrefix("DELETE")
          || $0.hasPrefix("INSERT")
      }.map { (sql) throws(StorageError) in
        var parameters = 0
        while sql.contains("$\(parameters + 1)") { parameters += 1 }
        let steps = try transaction.connection.rows(
          "EXPLAIN QUERY PLAN " + sql, arguments: Array(repeating: nil, count: parameters)
        ) { row throws(StorageError) in row.text(3) }
        return Plan(sql: sql, steps: steps)
      }
    }
  }

  @Test("nothing the program asks reads a growing table from end to end, or sorts it")
  func noScans() throws {
    let plans = try Self.plans()
    #expect(plans.count > 100, "hardly anything was asked: \(plans.count)")
    for plan in plans {
      if Self.wholeTables.contains(where: { plan.sql.contains($0.start) }) { continue }
      for step in plan.steps {
        let words = step.split(separator: " ")
        // The newest rows of a table in the order it stands in are read as far as the limit.
        if words.first == "SCAN", words.count > 1, Self.growing.contains(String(words[1])),
          !plan.sql.contains("LIMIT")
        {
          Issue.record("\(step): \(plan.sql)")
        }
        if step.contains("TEMP B-TREE"), !Self.sorts.contains(where: { plan.sql.contains($0.part) })
        {
          Issue.record("\(step): \(plan.sql)")
        }
      }
    }
  }
}

extension SyncState {
  /// Every reason a row may wait for, asked once.
  fileprivate func endWaitingForPlans(_ resource: Resource) throws(StorageError) {
    _ = try endWaiting(.airtable, resource, .links)
  }
}
