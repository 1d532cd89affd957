/// Every command there is: the dispatcher, the help and the README's list are made from this.
enum CommandTable {
  static let all: [CommandSpec] =
    [
      [ScreenCommand.spec], DemoCommands.specs, ConnectCommands.specs, AirtableCommands.specs,
      [SyncCommand.spec], [StatusCommand.spec], JobsCommands.specs, StoreCommands.specs,
      [ImportCommand.spec], NOICommands.specs, DrawsCommands.specs, BillsCommands.specs,
      DepositsCommands.specs, UsersCommands.specs, AuditCommands.specs, ConflictsCommands.specs,
      RulesCommands.specs, [MergeCasesCommand.spec], [CloseCommand.spec], RulesDrawCommands.specs,
      OwnershipCommands.specs, [DrawPayCommand.spec],
      ReportCommands.specs, ExportCommands.specs, [ReconcileCommand.spec],
      WebhookCommands.specs,
    ].flatMap(\.self)
}
