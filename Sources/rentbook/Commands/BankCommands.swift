import Domain
import Storage

/// `rentbook bank`: the books against the bank's statements, entry by entry.
enum BankCommands {
  private static let user = BillsCaller.userOption

  static let specs: [CommandSpec] = [
    CommandSpec("bank", "The statements of the bank accounts.", run: list),
    CommandSpec("bank list", "The statements of the bank accounts.", run: list),
    CommandSpec("bank show", "ID", "A statement with what it shows and what is open.", run: show),
    CommandSpec(
      "bank open",
      options: [
        OptionSpec("--bank", "ID", "The bank account."),
        OptionSpec("--date", "DATE", "The statement's last day."),
        OptionSpec("--ending", "A", "What it ends with."),
        OptionSpec("--opening", "A", "What the account's first statement begins with."), user,
      ], "Begin with a statement of the bank.", run: open),
    CommandSpec(
      "bank clear", "ID",
      options: [
        OptionSpec("--transaction", "ID", isRepeated: true, "An entry the statement shows."),
        OptionSpec("--all", "All entries up to the statement's day."),
        OptionSpec("--off", "Take the marks off."), user,
      ], "Mark entries as shown by a statement.", run: clear),
    CommandSpec(
      "bank finalize", "ID", options: [user],
      "End a statement that agrees; what it shows stays as it is.", run: finalise),
    CommandSpec("bank drop", "ID", options: [user], "Give an open statement up.", run: drop),
  ]

  private static func object(_ statement: BankStatement) -> JSONObject {
    [
      "id": .string(statement.id), "bank_id": BillsOutput.number(statement.account.buildiumID),
      "bank": .string(statement.account.name), "date": BillsOutput.day(statement.date),
      "opening": BillsOutput.amount(statement.opening),
      "ending": BillsOutput.amount(statement.ending),
      "cleared": BillsOutput.amount(statement.cleared),
      "difference": BillsOutput.amount(statement.difference),
      "state": .string(statement.isFinalised ? "finalised" : "open"),
      "finalised_by": .optional(statement.finalisedBy),
    ]
  }

  private static func entry(_ entry: BankEntry) -> JSONValue {
    [
      "transaction_id": BillsOutput.number(entry.transaction.buildiumID),
      "local_id": .string(entry.transaction.localID), "type": .string(entry.transaction.name),
      "date": BillsOutput.day(entry.date), "check_number": .optional(entry.checkNumber),
      "payee": .optional(entry.payee), "amount": BillsOutput.amount(entry.amount),
      "cleared": .bool(entry.isCleared),
    ]
  }

  private static func line(_ statement: BankStatement) -> String {
    TerminalText.harmless(
      "\(statement.id)  \(statement.account.name), \(statement.date): \(statement.opening) + "
        + "\(statement.cleared) cleared, ends with \(statement.ending); "
        + (statement.isFinalised ? "finalised" : "\(statement.difference) to be explained"))
  }

  private static func list(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let statements = try caller.workspace.onStore { store throws(StorageError) in
        try store.bankStatements()
      }
      if invocation.isJSON {
        Output.document(
          invocation.command, ["statements": .array(statements.map { .object(object($0)) })])
      } else {
        for statement in statements { Output.line(line(statement)) }
        Output.line("\(statements.count) statements.")
      }
      return .done
    }
  }

  private static func statement(_ caller: BillsCaller) throws(Failure) -> BankStatement {
    let id = caller.invocation.positionals[0]
    let found = try caller.workspace.onStore { store throws(StorageError) in
      try store.bankStatement(id)
    }
    guard let found else {
      throw .usage("There is no statement “\(id)”.", hint: "`rentbook bank list` shows them.")
    }
    return found
  }

  private static func show(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let statement = try statement(caller)
      let entries = try caller.workspace.onStore { store throws(StorageError) in
        try store.bankEntries(of: statement)
      }
      if invocation.isJSON {
        Output.document(
          invocation.command,
          ["statement": .object(object(statement)), "entries": .array(entries.map(entry))])
      } else {
        Output.line(line(statement))
        Output.table(
          ["", "Transaction", "Date", "Type", "Check", "Payee", "Amount"],
          entries.map {
            [
              $0.isCleared ? "✓" : "",
              $0.transaction.buildiumID.map(String.init) ?? $0.transaction.localID,
              $0.date?.description ?? "", $0.transaction.name, $0.checkNumber ?? "",
              $0.payee ?? "", $0.amount.description,
            ]
          }, rightAligned: [6])
      }
      return .done
    }
  }

  private static func open(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      guard let bankText = invocation.text("--bank"), let date = try caller.day("--date"),
        let ending = try caller.amount("--ending")
      else { throw .usage("A statement needs --bank ID, --date DATE and --ending A.") }
      let bank = try caller.record(.bankAccounts, bankText, "bank account")
      let opening = try caller.amount("--opening")
      let user = caller.user
      let outcome = try caller.workspace.onStore { store throws(StorageError) in
        try store.openBankStatement(of: bank, on: date, opening: opening, ending: ending, by: user)
      }
      return try report(outcome, caller)
    }
  }

  private static func clear(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let statement = try statement(caller)
      var ids: [String] = []
      for text in invocation.texts("--transaction") {
        ids.append(try caller.record(.transactions, text, "transaction"))
      }
      if invocation.flag("--all") {
        ids += try caller.workspace.onStore { store throws(StorageError) in
          try store.bankEntries(of: statement)
        }.map(\.transaction.localID)
      }
      guard !ids.isEmpty else { throw .usage("Name entries: --transaction ID, or --all.") }
      let (user, isCleared, chosen) = (caller.user, !invocation.flag("--off"), ids)
      let outcome = try caller.workspace.onStore { store throws(StorageError) in
        try store.clear(chosen, on: statement.id, isCleared: isCleared, by: user)
      }
      return try report(outcome, caller)
    }
  }

  private static func finalise(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let (statement, user) = (try statement(caller), caller.user)
      let outcome = try caller.workspace.onStore { store throws(StorageError) in
        try store.finaliseBankStatement(statement.id, by: user)
      }
      return try report(outcome, caller)
    }
  }

  private static func drop(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let (statement, user) = (try statement(caller), caller.user)
      let outcome = try caller.workspace.onStore { store throws(StorageError) in
        try store.dropBankStatement(statement.id, by: user)
      }
      return try report(outcome, caller)
    }
  }

  private static func report(_ outcome: BankStatementOutcome?, _ caller: BillsCaller)
    throws(Failure) -> ExitCode
  {
    switch outcome {
    case nil: throw .usage("There is no such statement.")
    case .refused(let refusal): throw BillsOutput.failure(refusal, "")
    case .done(let statement):
      return try caller.finish(["statement": .object(object(statement))]) {
        Output.line(line(statement))
      }
    }
  }
}
