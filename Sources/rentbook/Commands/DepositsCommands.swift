import Domain
import Storage

/// `rentbook deposits`: payments received, taken to the bank together.
enum DepositsCommands {
  private static let user = BillsCaller.userOption

  static let specs: [CommandSpec] = [
    CommandSpec("deposits", "Deposits, and what is not deposited yet.", run: list),
    CommandSpec("deposits list", "Deposits, and what is not deposited yet.", run: list),
    CommandSpec("deposits show", "ID", "A deposit with its payments.", run: show),
    CommandSpec(
      "deposits create",
      options: [
        OptionSpec("--bank", "ID", "The bank account."),
        OptionSpec("--payment", "ID", isRepeated: true, "A payment to take there."),
        OptionSpec("--all", "All payments that are not deposited."),
        OptionSpec("--date", "DATE", "The day; today unless said."),
        OptionSpec("--memo", "M", "What it is about."), user,
      ], "Take payments to the bank together.", run: create),
    CommandSpec(
      "deposits reconcile", "ID", options: [user],
      "Mark a deposit as seen on the bank's statement.",
      run: reconcile),
    CommandSpec(
      "deposits void", "ID", options: [OptionSpec("--reason", "TEXT", "Why."), user],
      "Take a deposit back; its payments are undeposited again.", run: void),
  ]

  private static func object(_ row: DepositRow) -> JSONObject {
    [
      "deposit_id": BillsOutput.number(row.buildiumID), "local_id": .string(row.localID),
      "number": .optional(row.number), "date": BillsOutput.day(row.date),
      "status": .string(row.state.rawValue),
      "bank_gl_account_id": BillsOutput.number(row.bank?.buildiumID),
      "bank": .optional(row.bank?.name), "amount": .string(row.amount.description),
      "memo": .optional(row.memo), "sync": .string(row.syncState),
      "sync_error": .optional(row.syncError), "items": .array(row.items.map(item)),
    ]
  }

  private static func item(_ row: DepositItemRow) -> JSONValue {
    [
      "payment_id": BillsOutput.number(row.payment.buildiumID),
      "local_id": .string(row.payment.localID), "date": BillsOutput.day(row.date),
      "payer": .optional(row.payer), "property_id": BillsOutput.number(row.property?.buildiumID),
      "amount": .string(row.amount.description),
    ]
  }

  private static func name(_ row: DepositRow) -> String {
    row.buildiumID.map(String.init) ?? row.number ?? row.localID
  }

  private static func list(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let rows = try caller.workspace.onStore { store throws(StorageError) in
        try store.deposits()
      }
      let waiting = try caller.workspace.onStore { store throws(StorageError) in
        try store.undepositedPayments()
      }
      let sum = waiting.reduce(Money.zero) { $0 + $1.amount }
      if invocation.isJSON {
        Output.document(
          invocation.command,
          [
            "deposits": .array(rows.map { .object(object($0)) }),
            "undeposited": .array(waiting.map(item)),
            "undeposited_total": .string(sum.description),
          ])
      } else {
        Output.table(
          ["Deposit", "Date", "Bank", "Payments", "Amount", "Status"],
          rows.map {
            [
              name($0), $0.date?.description ?? "", $0.bank?.name ?? "", String($0.items.count),
              $0.amount.description, $0.state.rawValue,
            ]
          }, rightAligned: [3, 4])
        Output.line("\(waiting.count) payments, \(sum) in all, are not deposited.")
      }
      return .done
    }
  }

  private static func deposit(_ caller: BillsCaller) throws(Failure) -> DepositRow {
    let text = caller.invocation.positionals[0]
    let rows = try caller.workspace.onStore { store throws(StorageError) in try store.deposits() }
    let found = rows.first {
      $0.buildiumID.map(String.init) == text || $0.number == text || $0.localID == text
    }
    guard let found else {
      throw .usage("There is no deposit “\(text)”.", hint: "`rentbook deposits list` shows them.")
    }
    return found
  }

  private static func show(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      print(try deposit(caller), invocation)
      return .done
    }
  }

  private static func print(_ row: DepositRow, _ invocation: Invocation) {
    if invocation.isJSON {
      Output.document(invocation.command, ["deposit": .object(object(row))])
      return
    }
    Output.line(
      TerminalText.harmless(
        "Deposit \(name(row)), \(row.date?.description ?? "-"), \(row.amount) at "
          + "\(row.bank?.name ?? "-"): \(row.state.rawValue)"))
    Output.table(
      ["Payment", "Date", "Payer", "Property", "Amount"],
      row.items.map {
        [
          $0.payment.buildiumID.map(String.init) ?? $0.payment.localID, $0.date?.description ?? "",
          $0.payer ?? "", $0.property?.name ?? "", $0.amount.description,
        ]
      }, rightAligned: [4])
  }

  private static func create(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      guard let bankText = invocation.text("--bank") else {
        throw .usage("Name the bank account: --bank ID.")
      }
      let bank = try caller.record(.bankAccounts, bankText, "bank account")
      var payments: [String] = []
      for text in invocation.texts("--payment") {
        payments.append(try caller.record(.transactions, text, "payment"))
      }
      let date = try caller.day("--date") ?? caller.workspace.store.today
      if invocation.flag("--all") {
        let waiting = try caller.workspace.onStore { store throws(StorageError) in
          try store.undepositedPayments()
        }
        payments += waiting.filter { ($0.date ?? date) <= date }.map(\.payment.localID)
          .filter { !payments.contains($0) }
      }
      let (user, chosen, memo) = (caller.user, payments, invocation.text("--memo"))
      let outcome = try caller.workspace.onStore { store throws(StorageError) in
        try store.createDeposit(of: chosen, to: bank, on: date, memo: memo, by: user)
      }
      return try report(outcome, caller)
    }
  }

  private static func void(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      guard let reason = invocation.text("--reason") else {
        throw .usage("“rentbook deposits void” needs --reason TEXT.")
      }
      let row = try deposit(caller)
      let user = caller.user
      let outcome = try caller.workspace.onStore { store throws(StorageError) in
        try store.voidDeposit(row.localID, reason: reason, by: user)
      }
      guard let outcome else { throw .usage("There is no deposit “\(name(row))”.") }
      return try report(outcome, caller)
    }
  }

  private static func reconcile(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let row = try deposit(caller)
      if row.state == .voided {
        throw BillsOutput.failure(DepositRefusal.alreadyVoided.refusal, "Deposit \(name(row))")
      }
      let user = caller.user
      let refusal = try caller.workspace.onStore { store throws(StorageError) in
        try store.setRegisterState(row.localID, to: "reconciled", by: user)
      }
      if let refusal { throw BillsOutput.failure(refusal, "Deposit \(name(row))") }
      return try report(.done(row.localID), caller)
    }
  }

  private static func report(_ outcome: DepositOutcome, _ caller: BillsCaller) throws(Failure)
    -> ExitCode
  {
    switch outcome {
    case .refused(let refusal): throw BillsOutput.failure(refusal, "")
    case .done(let id):
      let row = try caller.workspace.onStore { store throws(StorageError) in
        try store.deposit(id)
      }
      guard let row else { return .done }
      return try caller.finish(["deposit": .object(object(row))]) { print(row, caller.invocation) }
    }
  }
}
