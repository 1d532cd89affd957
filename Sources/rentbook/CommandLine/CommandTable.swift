/// Every command there is, in families: the dispatcher and the help are made from this.
enum CommandTable {
  /// Commands that share a first word, as the list of all commands names them.
  struct Family: Sendable {
    /// The heading it stands under.
    let group: String
    /// The first word of its commands.
    let name: String
    let summary: String

    init(_ group: String, _ name: String, _ summary: String) {
      (self.group, self.name, self.summary) = (group, name, summary)
    }
  }

  /// In the order somebody new needs them.
  static let families: [Family] = [
    Family("Start", "screen", "The full screen; also without any command."),
    Family("Start", "demo", "Everything on simulated services, without an account."),
    Family("Start", "connect", "Credentials for Buildium and Airtable: asked, tried, kept sealed."),
    Family("Start", "connections", "The services that are connected: list, test, disconnect."),
    Family("Start", "airtable", "Make the base's tables; see which field holds what."),
    Family("Synchronize", "sync", "Bring Buildium, the store and Airtable in step."),
    Family("Synchronize", "status", "Counts, services, jobs and latency."),
    Family("Synchronize", "jobs", "Work that waits, runs or was given up: retry, discard."),
    Family("Synchronize", "conflicts", "What two sides changed: show, resolve, undo, stats."),
    Family("Synchronize", "edit", "Change a property, vendor, task and more, in Buildium."),
    Family("Synchronize", "edits", "Changes made here and what became of them: undo."),
    Family("Synchronize", "reconcile", "Every record and field of both sides compared."),
    Family("Synchronize", "webhooks", "Buildium's events: serve, list, replay."),
    Family("Synchronize", "daemon", "The schedule and Buildium's events, without a screen."),
    Family("Bills and money", "bills", "Enter, approve, pay, void; aging, duplicates, schedules."),
    Family("Bills and money", "deposits", "Payments taken to the bank together."),
    Family("Bills and money", "bank", "The bank's statements against the books."),
    Family("Bills and money", "users", "Who may do what."),
    Family("Bills and money", "audit", "What people did, and whether the trail was changed."),
    Family("The month", "ownership", "Who owns which part of a property, from which day."),
    Family("The month", "noi", "Net operating income, down to the transactions behind it."),
    Family("The month", "draws", "What owners may be paid, with every step that leads to it."),
    Family("The month", "close", "Check a month, make it final, open it again."),
    Family("The month", "report", "Statements as table, CSV, spreadsheet, PDF or JSON."),
    Family("The month", "export", "The books as a journal for hledger."),
    Family("The month", "rules", "Who decides a conflict; owners' draws; classes of accounts."),
    Family("Care", "config", "A settings file to begin with; which one is read."),
    Family("Care", "backup", "A checked copy of the store while it is in use."),
    Family("Care", "restore", "A checked copy in the store's place; the old one is kept."),
    Family("Care", "check", "Look for damage and for rules that do not hold."),
    Family("Care", "import", "Read a portfolio's folder into the store."),
    Family("Care", "sandbox", "The simulated services alone, for programs and tests."),
  ]

  static let all: [CommandSpec] =
    [
      [ScreenCommand.spec], DemoCommands.specs, ConnectCommands.specs, AirtableCommands.specs,
      [SyncCommand.spec], [StatusCommand.spec], JobsCommands.specs, StoreCommands.specs,
      [ImportCommand.spec], NOICommands.specs, DrawsCommands.specs, BillsCommands.specs,
      BillsBookCommands.specs, DepositsCommands.specs, BankCommands.specs, UsersCommands.specs,
      AuditCommands.specs, ConflictsCommands.specs, RulesCommands.specs, [MergeCasesCommand.spec],
      [SimulateCommand.spec], [CloseCommand.spec],
      RulesDrawCommands.specs + AgreementCommands.specs,
      OwnershipCommands.specs, [DrawPayCommand.spec],
      ReportCommands.specs, ExportCommands.specs, [ReconcileCommand.spec],
      WebhookCommands.specs, [DaemonCommand.spec], EditCommands.specs, ConfigCommands.specs,
    ].flatMap(\.self)
}
