import Domain

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
