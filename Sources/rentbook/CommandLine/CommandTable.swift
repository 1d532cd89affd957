/// Every command there is: the dispatcher, the help and the README's list are made from this.
enum CommandTable {
  static let all: [CommandSpec] =
    [
      [ScreenCommand.spec], DemoCommands.specs, ConnectCommands.specs, AirtableCommands.specs,
      [SyncCommand.spec], [StatusCommand.spec], JobsCommands.specs, StoreCommands.specs,
      [ImportCommand.spec], [ReconcileCommand.spec],
    ].flatMap(\.self)
}
