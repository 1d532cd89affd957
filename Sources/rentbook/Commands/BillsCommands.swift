import Domain
import Storage

/// `rentbook bills`: what is owed, its approval, and what settles it.
enum BillsCommands {
  private static let asOf = OptionSpec("--as-of", "DATE", "As of a day; today unless said.")
  private static let user = BillsCaller.userOption
  private static let expect = OptionSpec(
    "--expect", "STAMP", "Only if the bill is as it was shown: the stamp of the list.")
  private static let reason = OptionSpec("--reason", "TEXT", "Why.")
  private static let filters = [
    OptionSpec("--property", "ID", "Only this property's."),
    OptionSpec("--vendor", "ID", "Only this vendor's."),
    OptionSpec("--status", "STATUS", "Only those: due, overdue, partially_paid, paid, …"),
    OptionSpec("--approval", "STATE", "Only those: draft, pending_approval, approved, …"),
    OptionSpec("--waiting", "Only those that wait for you."),
  ]
  private static let content = [
    OptionSpec("--property", "ID", "The property of the bill's line."),
    OptionSpec("--unit", "ID", "The unit of the bill's line."),
    OptionSpec("--vendor", "ID", "Who sent it."),
    OptionSpec("--date", "DATE", "The day it is dated."),
    OptionSpec("--due", "DATE", "The day it is due; by the vendor's or the office's terms."),
    OptionSpec("--account", "ID", "The GL account of the bill's line."),
    OptionSpec("--amount", "A", "The amount of the bill's line."),
    OptionSpec(
      "--line", "ACCOUNT:AMOUNT[:PROPERTY[:MEMO]]", isRepeated: true,
      "A line, instead of --account and --amount."),
    OptionSpec("--reference", "R", "The vendor's number of it."),
    OptionSpec("--memo", "M", "What it is for."),
    OptionSpec("--recur", "JSON", "Make it again by this schedule; “none” ends it."),
  ]

  static let specs: [CommandSpec] =
    [
      CommandSpec(
        "bills", options: [asOf, user] + filters, "What is owed, oldest due first.", run: list),
      CommandSpec(
        "bills list", options: [asOf, user] + filters, "What is owed, oldest due first.",
        run: list),
      CommandSpec("bills show", "ID", options: [asOf], "Everything about a bill.", run: show),
      CommandSpec(
        "bills create", options: content + [OptionSpec("--submit", "Submit it at once."), user],
        "Enter a bill as a draft.", run: create),
      CommandSpec(
        "bills edit", "ID", options: content + [expect, user],
        "Change a draft, or the memo and reference of an approved bill.", run: edit),
    ] + decisions + BillsQueries.specs

  private static func decision(
    _ action: BillAction, _ options: [OptionSpec], _ summary: String
  ) -> CommandSpec {
    CommandSpec("bills \(action.rawValue)", "ID...", options: options + [expect, user], summary) {
      invocation throws(Failure) in try decide(action, invocation)
    }
  }

  private static let decisions: [CommandSpec] = [
    decision(
      .submit, [OptionSpec("--allow-duplicate", "Although the reference number was used before.")],
      "Put drafts before an approver."),
    decision(.approve, [], "Approve bills; each is a transaction of its own."),
    decision(.reject, [reason], "Turn bills down, with a reason."),
    decision(.recall, [], "Take bills back that wait for approval."),
    decision(.reopen, [], "Make drafts of rejected bills."),
    decision(
      .hold, [reason],
      "Put bills aside that wait for approval: nobody is asked for them or approves them."),
    decision(.release, [], "Put bills before everybody again that were put aside or handed on."),
    decision(
      .delegate,
      [OptionSpec("--to", "USER", "Who is asked."), OptionSpec("--reason", "TEXT", "What for.")],
      "Ask one other person to decide on bills that wait for approval."),
    decision(
      .void,
      [
        reason, OptionSpec("--unapply", "Take payments and credits off first."),
        OptionSpec("--date", "DATE", "The day of the void; today unless said."),
      ], "Take bills back by an entry that reverses them."),
    decision(.delete, [], "Remove drafts Buildium does not know."),
  ]

  // MARK: Looking

  private static func list(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let day = try caller.asOf()
      var rows = try caller.workspace.onStore { store throws(StorageError) in
        try store.bills(asOf: day)
      }
      if let text = invocation.text("--property") {
        let id = try caller.record(.properties, text, "property")
        rows = rows.filter { $0.property?.localID == id }
      }
      if let text = invocation.text("--vendor") {
        let id = try caller.record(.vendors, text, "vendor")
        rows = rows.filter { $0.vendor?.localID == id }
      }
      if let text = invocation.text("--status") {
        guard let status = PayableStatus(rawValue: text) else {
          throw .usage(
            "There is no status “\(text)”.",
            hint: PayableStatus.allCases.map(\.rawValue).joined(separator: ", "))
        }
        rows = rows.filter { $0.status == status }
      }
      if let text = invocation.text("--approval") {
        guard let state = BillState(rawValue: text) else {
          throw .usage(
            "There is no state “\(text)”.",
            hint: BillState.allCases.map(\.rawValue).joined(separator: ", "))
        }
        rows = rows.filter { $0.approval == state }
      }
      if invocation.flag("--waiting") {
        let user = caller.user
        let actor = try caller.workspace.onStore { store throws(StorageError) in
          try store.actor(user)
        }
        rows = rows.filter { $0.waits(for: actor) }
      }
      print(rows, asOf: day, invocation)
      return .done
    }
  }

  private static func print(_ rows: [BillRow], asOf day: CalendarDate, _ invocation: Invocation) {
    let open = rows.filter(\.status.isOpen).reduce(Money.zero) { $0 + $1.remaining }
    if invocation.isJSON {
      Output.document(
        invocation.command,
        [
          "as_of": .string(day.description),
          "bills": .array(rows.map { .object(BillsOutput.row($0)) }),
          "open": .string(open.description),
        ])
      return
    }
    Output.table(
      [
        "Bill", "Due", "Vendor", "Property", "Accounts", "Total", "Remaining", "Status", "Approval",
      ],
      rows.map { row in
        [
          row.name, row.dueDate?.description ?? "", row.vendor?.name ?? "",
          row.property?.name ?? "", row.accounts, row.total.description,
          row.remaining.description,
          row.status.rawValue + (row.ageBucket.map { " \($0.rawValue)" } ?? ""),
          row.approval.rawValue,
        ]
      }, rightAligned: [5, 6])
    Output.line("\(rows.count) bills, \(open) to be paid as of \(day).")
  }

  private static func show(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let day = try caller.asOf()
      let id = try caller.bill(invocation.positionals[0])
      let found = try caller.workspace.onStore { store throws(StorageError) in
        try store.bill(id, asOf: day)
      }
      guard let detail = found else {
        throw .usage("There is no bill “\(invocation.positionals[0])”.")
      }
      if invocation.isJSON {
        Output.document(
          invocation.command,
          ["as_of": .string(day.description), "bill": .object(BillsOutput.detail(detail))])
      } else {
        BillsQueries.print(detail)
      }
      return .done
    }
  }

  // MARK: Entering

  /// The lines the options name; nil when they name none.
  ///
  /// - Parameter known: the only line of a bill that is edited, for what is not said of it.
  private static func lines(_ caller: BillsCaller, known: BillDraft.Line? = nil) throws(Failure)
    -> [BillDraft.Line]?
  {
    let invocation = caller.invocation
    let property: String? =
      if let text = invocation.text("--property") {
        try caller.record(.properties, text, "property")
      } else { nil }
    let unit: String? =
      if let text = invocation.text("--unit") {
        try caller.record(.units, text, "unit")
      } else { nil }
    let texts = invocation.texts("--line")
    if texts.isEmpty {
      let options = ["--account", "--amount", "--property", "--unit"]
      guard options.contains(where: { invocation.text($0) != nil }) else { return nil }
      var account = known?.account
      if let text = invocation.text("--account") {
        account = try caller.record(.glAccounts, text, "GL account")
      }
      guard let account, let amount = try caller.amount("--amount") ?? known?.amount else {
        throw .usage(
          "A line needs both --account and --amount.",
          hint: "A bill with several lines takes --line for each.")
      }
      return [
        BillDraft.Line(
          property: property ?? known?.property, unit: unit ?? known?.unit, account: account,
          amount: amount, memo: known?.memo)
      ]
    }
    var lines: [BillDraft.Line] = []
    for text in texts {
      let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
        .map(String.init)
      guard parts.count >= 2 else {
        throw .usage("--line takes ACCOUNT:AMOUNT[:PROPERTY[:MEMO]], not “\(text)”.")
      }
      var ofLine = property
      if parts.count > 2, !parts[2].isEmpty {
        ofLine = try caller.record(.properties, parts[2], "property")
      }
      lines.append(
        BillDraft.Line(
          property: ofLine, unit: unit,
          account: try caller.record(.glAccounts, parts[0], "GL account"),
          amount: try BillsCaller.money(parts[1], "--line"),
          memo: parts.count > 3 ? parts[3] : nil))
    }
    return lines
  }

  private static func schedule(_ text: String) throws(Failure) -> RecurringSchedule {
    do throws(Refusal) {
      return try RecurringSchedule(json: text)
    } catch { throw .usage(error.message, hint: error.hint) }
  }

  private static func create(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      guard let lines = try lines(caller) else {
        throw .usage("A bill needs a line: --account ID --amount A, or --line.")
      }
      guard let vendorText = invocation.text("--vendor") else {
        throw .usage("A bill needs --vendor ID.")
      }
      let vendor = try caller.record(.vendors, vendorText, "vendor")
      let date = try caller.day("--date") ?? caller.workspace.store.today
      var due = try caller.day("--due")
      if due == nil {
        let terms = try caller.workspace.onStore { store throws(StorageError) in
          try store.paymentTerms(ofVendor: vendor)
        }
        let day = date.adding(days: terms.days)
        due = day
        let whose = terms.isVendors ? "as the vendor's last bill was" : "by the office's terms"
        if !invocation.isQuiet, !invocation.isJSON {
          Output.note("Due on \(day), \(terms.days) days after its date, \(whose).")
        }
      }
      var draft = BillDraft(
        vendor: vendor, date: date, dueDate: due, reference: invocation.text("--reference"),
        memo: invocation.text("--memo"), lines: lines)
      if let text = invocation.text("--recur"), text != "none" {
        draft.schedule = try schedule(text)
      }
      let user = caller.user
      let content = draft
      var result = try caller.workspace.onStore { store throws(StorageError) in
        try store.createBill(content, by: user)
      }
      if invocation.flag("--submit"), result.refusal == nil {
        let id = result.localID
        let submitted = try caller.workspace.onStore { store throws(StorageError) in
          try store.perform(BillRequest(.submit), on: id, by: user)
        }
        result = submitted ?? result
      }
      return try report([result], caller)
    }
  }

  private static func edit(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let id = try caller.bill(invocation.positionals[0])
      let user = caller.user
      let expected = invocation.text("--expect")
      let memo = invocation.text("--memo")
      let reference = invocation.text("--reference")
      let before = try caller.workspace.onStore { store throws(StorageError) in
        try store.billDraft(id)
      }
      let lines = try lines(caller, known: before?.lines.count == 1 ? before?.lines[0] : nil)
      let date = try caller.day("--date")
      let due = try caller.day("--due")
      let vendor: String? =
        if let text = invocation.text("--vendor") {
          try caller.record(.vendors, text, "vendor")
        } else { nil }
      let recur = invocation.text("--recur")
      let changesAmounts =
        lines != nil || date != nil || due != nil || vendor != nil || recur != nil
      guard changesAmounts || memo != nil || reference != nil else {
        throw .usage("Say what to change.", hint: "`rentbook bills edit --help` lists it.")
      }
      let result: BillResult?
      if changesAmounts {
        guard var draft = before else {
          throw .usage("There is no bill “\(invocation.positionals[0])”.")
        }
        if let lines { draft.lines = lines }
        if let date { draft.date = date }
        if let due { draft.dueDate = due }
        if let vendor { draft.vendor = vendor }
        if let memo { draft.memo = memo }
        if let reference { draft.reference = reference }
        if let recur { draft.schedule = recur == "none" ? nil : try schedule(recur) }
        let content = draft
        result = try caller.workspace.onStore { store throws(StorageError) in
          try store.editBill(id, to: content, expected: expected, by: user)
        }
      } else {
        result = try caller.workspace.onStore { store throws(StorageError) in
          try store.annotateBill(
            id, memo: memo, reference: reference, expected: expected, by: user)
        }
      }
      return try report(result.map { [$0] } ?? [], caller)
    }
  }

  // MARK: Deciding

  private static func decide(_ action: BillAction, _ invocation: Invocation) throws(Failure)
    -> ExitCode
  {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      if action.needsReason, invocation.text("--reason") == nil {
        throw .usage("“rentbook bills \(action.rawValue)” needs --reason TEXT.")
      }
      if action == .delegate, invocation.text("--to") == nil {
        throw .usage("“rentbook bills delegate” needs --to USER.")
      }
      let request = BillRequest(
        action, reason: invocation.text("--reason") ?? "", expected: invocation.text("--expect"),
        unapplies: invocation.flag("--unapply"),
        allowsDuplicate: invocation.flag("--allow-duplicate"), delegate: invocation.text("--to"))
      let date = try caller.day("--date")
      let user = caller.user
      // All ids are looked up first: a typing error changes nothing.
      var ids: [String] = []
      for text in invocation.positionals { ids.append(try caller.bill(text)) }
      var results: [BillResult] = []
      for id in ids {
        let result = try caller.workspace.onStore { store throws(StorageError) in
          try store.perform(request, on: id, by: user, date: date)
        }
        if let result { results.append(result) }
      }
      return try report(results, caller)
    }
  }

  /// Says what came of each; one refusal alone is the command's failure.
  static func report(_ results: [BillResult], _ caller: BillsCaller) throws(Failure) -> ExitCode {
    let refusals = results.compactMap { result in
      result.refusal.map { BillsOutput.failure($0, name(result)) }
    }
    if results.count == 1, let refusal = refusals.first { throw refusal }
    let waits = results.contains { result in
      if case .needsSecondApprover = result.outcome { true } else { false }
    }
    var members: JSONObject = [
      "results": .array(results.map { .object(BillsOutput.result($0)) }),
      "done": .int(results.count - refusals.count), "refused": .int(refusals.count),
    ]
    if results.count == 1 {
      for (key, value) in BillsOutput.result(results[0]).members { members[key] = value }
      if let detail = try detail(of: results[0], caller) {
        members["bill"] = .object(BillsOutput.row(detail.row))
      }
    }
    if let first = refusals.first {
      members["error"] = [
        "code": .string(first.code), "message": .string(first.message),
        "hint": .string(first.hint),
      ]
    }
    let exit: ExitCode = refusals.isEmpty ? (waits ? .needsPerson : .done) : .failed
    return try caller.finish(members, exit: exit) {
      for result in results {
        let mark = result.refusal == nil ? " " : "!"
        let hint = result.refusal.map { $0.hint.isEmpty ? "" : " \($0.hint)" } ?? ""
        Output.line(TerminalText.harmless("\(mark) \(name(result)): \(result.sentence)\(hint)"))
      }
      if results.count > 1 {
        Output.line("\(results.count - refusals.count) done, \(refusals.count) refused.")
      }
    }
  }

  private static func name(_ result: BillResult) -> String {
    result.localID.isEmpty
      ? "" : "Bill \(result.buildiumID.map(String.init) ?? result.localID)"
  }

  private static func detail(of result: BillResult, _ caller: BillsCaller) throws(Failure)
    -> BillDetail?
  {
    try caller.workspace.onStore { store throws(StorageError) in
      try store.bill(result.localID, asOf: store.today)
    }
  }
}
