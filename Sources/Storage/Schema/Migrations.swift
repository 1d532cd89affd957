import Domain

/// A step from one shape of the store to the next. Never edited once it was released.
struct Migration {
  let version: Int
  let name: String
  let statements: [String]
}

/// All steps in order, and how they are taken.
enum Migrations {
  static let all: [Migration] = [
    Migration(
      version: 1, name: "the first store",
      statements: StoreTables.statements + CoreTables.statements + FinancialTables.statements
        + MaintenanceTables.statements + IntegrationTables.statements + OverlayTables.statements
        + Triggers.statements + SyncTables.statements),
    Migration(version: 2, name: "lists in any order", statements: ListTables.statements),
    Migration(version: 3, name: "the month", statements: MonthTables.statements),
    Migration(
      version: 4, name: "approval, applications and deposits", statements: BillTables.statements),
    Migration(version: 5, name: "two ways", statements: TwoWayTables.statements),
    Migration(
      version: 6, name: "results of reconciliations", statements: ReconciliationTables.statements),
    Migration(version: 7, name: "events wait their turn", statements: WebhookTables.statements),
    Migration(
      version: 8, name: "differences of the last reconciliation",
      statements: DifferenceTables.statements),
    Migration(
      version: 9, name: "payments taken back and statements reconciled",
      statements: PaymentTables.statements),
    Migration(version: 10, name: "results of months", statements: ResultTables.statements),
    Migration(version: 11, name: "work that runs by itself", statements: ScheduleTables.statements),
    Migration(version: 12, name: "choices that were refused", statements: RefusalTables.statements),
    Migration(version: 13, name: "changes made here", statements: LocalEditTables.statements),
    Migration(version: 14, name: "bills that wait", statements: WaitingTables.statements),
    Migration(
      version: 15, name: "agreements over several properties",
      statements: AgreementTables.statements),
  ]

  /// The version this program writes.
  static var current: Int { all.last?.version ?? 0 }

  /// Takes the steps that are missing, each in a transaction of its own.
  static func run(
    on connection: Connection, now: Instant, migrations: [Migration] = all
  ) throws(StorageError) {
    let version =
      try connection.row("PRAGMA user_version") { row throws(StorageError) in row.int(0) } ?? 0
    for migration in migrations where migration.version > version {
      try connection.transaction(immediate: true) { () throws(StorageError) in
        // Another process may have taken the step while this one waited for the lock.
        let reached =
          try connection.row("PRAGMA user_version") { row throws(StorageError) in row.int(0) } ?? 0
        guard reached < migration.version else { return }
        for statement in migration.statements { try connection.run(statement) }
        try connection.run("PRAGMA user_version=\(migration.version)")
        try connection.run(
          "INSERT INTO schema_versions (version, name, applied_at) VALUES ($1, $2, $3)",
          .int(migration.version), .text(migration.name), .instant(now))
      }
    }
  }
}

/// The tables the store keeps about itself.
enum StoreTables {
  static let statements: [String] = [
    """
    CREATE TABLE schema_versions (
      version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE TABLE store_state (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
  ]
}
