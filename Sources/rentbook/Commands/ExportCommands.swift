import Domain
import Glibc
import Reports
import Storage

/// `rentbook export hledger`: the books in a form another program can check.
enum ExportCommands {
  static let specs = [
    CommandSpec(
      "export hledger",
      options: [
        OptionSpec("--from", "DATE", "The first day; the beginning of the books unless said."),
        OptionSpec("--to", "DATE", "The last day; the end of the books unless said."),
        OptionSpec("--basis", "cash|accrual", "Only what counts in one basis."),
        OptionSpec("--out", "FILE", "Where it is written; standard output unless said."),
      ], "The ledger as a journal for hledger.", run: hledger)
  ]

  private static func hledger(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let basis = try MonthOptions.choice(invocation, "--basis", Basis.self)
    func date(_ name: String, _ otherwise: CalendarDate) throws(Failure) -> CalendarDate {
      guard let text = invocation.text(name) else { return otherwise }
      guard let date = CalendarDate(text) else {
        throw .usage("\(name) takes a day such as 2026-07-31, not “\(text)”.")
      }
      return date
    }
    let period = Period(
      from: try date("--from", .distantPast),
      to: try date("--to", CalendarDate(daysSince1970: 2_932_896)))
    guard period.from <= period.to else {
      throw .usage("--from and --to name the first and the last day, in this order.")
    }
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let ledger = try workspace.onStore { store throws(StorageError) in try store.ledger() }
    let text = LedgerJournal.text(ledger, period: period, basis: basis)
    guard let path = invocation.text("--out") else {
      guard !invocation.isJSON else {
        throw .usage("With --json the journal goes to a file: name it with --out.")
      }
      Output.write(text, to: STDOUT_FILENO)
      return .done
    }
    try Files.write(text, to: path)
    if invocation.isJSON { Output.document(invocation.command, ["file": .string(path)]) }
    return .done
  }
}
