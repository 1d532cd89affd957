import Domain
import Storage

/// `rentbook bills` beyond the workflow: applications, ageing, duplicates, schedules, backfill, policy.
enum BillsQueries {
  private static let user = BillsCaller.userOption
  private static let asOf = OptionSpec("--as-of", "DATE", "As of a day; today unless said.")
  private static let dryRun = OptionSpec("--dry-run", "Say what would be done and do nothing.")
  private static let source = OptionSpec(
    "--source", "ID", "The transaction of the payment, credit or refund.")

  static let specs: [CommandSpec] = [
    CommandSpec(
      "bills apply", "ID",
      options: [
        source, OptionSpec("--amount", "A", "How much; as much as possible unless said."),
        OptionSpec("--date", "DATE", "The day; the first on which both were there unless said."),
        OptionSpec("--change", "Change what is applied already."), user,
      ], "Apply a payment, credit or refund to a bill.", run: apply),
    CommandSpec(
      "bills unapply", "ID", options: [source, user],
      "Take a payment, credit or refund off a bill.",
      run: unapply),
    CommandSpec(
      "bills refund", "CREDIT",
      options: [source, OptionSpec("--amount", "A", "How much of the credit it pays back."), user],
      "Note that a vendor's refund pays back part of a credit.", run: refund),
    CommandSpec(
      "bills pay", "ID...",
      options: [
        OptionSpec("--bank", "ID", "The bank account."),
        OptionSpec("--amount", "A", "Of one bill; all that remains unless said."),
        OptionSpec("--date", "DATE", "The day of the payment; today unless said."),
        OptionSpec("--check", "N", "The check's number."), user,
      ], "Pay bills of one vendor with one check.", run: pay),
    CommandSpec(
      "bills paid", options: [OptionSpec("--year", "YYYY", "The year; this one unless said.")],
      "What vendors were paid in a year.", run: paid),
    CommandSpec(
      "bills aging", options: [asOf], "What is owed by vendor and property, by its age.",
      run: aging),
    CommandSpec(
      "bills duplicates", options: [asOf], "Bills that may have been entered twice.",
      run: duplicates),
    CommandSpec(
      "bills audit", "[ID]", options: [OptionSpec("--limit", "N", "So many steps at most.")],
      "What became of a bill, or of all.", run: AuditCommands.list),
    CommandSpec(
      "bills recur",
      options: [OptionSpec("--through", "DATE", "Days up to this one; today."), dryRun, user],
      "Make the bills that schedules name.", run: recur),
    CommandSpec(
      "bills backfill", options: [dryRun, user],
      "Bring what was there before into the workflow.",
      run: backfill),
    CommandSpec(
      "bills reconciling", "What Buildium has to be told and its API cannot be told.",
      run: reconciling),
    CommandSpec(
      "bills policy",
      options: [
        OptionSpec("--property", "ID", "Of this property; of all unless said."),
        OptionSpec(
          "--auto-approve", "A", "Approve bills up to this as they are submitted; “none”."),
        OptionSpec("--second-approver", "A", "Ask for two approvers above this; “none”."),
        OptionSpec("--own-approval", "YES", "yes: people may approve what they submitted; no."),
        OptionSpec("--payables-account", "ID", "The GL account bills are owed on."),
        OptionSpec(
          "--trust-money", "block|warn",
          "What becomes of a payment that takes money held for tenants."),
        OptionSpec(
          "--terms", "DAYS", "How long after its date a bill is due that does not say; 30."), user,
      ], "Show or set what an approval asks for.", run: policy),
  ]

  // MARK: Applications

  private static func source(_ caller: BillsCaller) throws(Failure) -> String {
    guard let text = caller.invocation.text("--source") else {
      throw .usage("Name the payment or credit: --source ID.")
    }
    return try caller.record(.transactions, text, "transaction")
  }

  private static func apply(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let bill = try caller.bill(invocation.positionals[0])
      let source = try source(caller)
      let amount = try caller.amount("--amount")
      let date = try caller.day("--date")
      let (user, changes) = (caller.user, invocation.flag("--change"))
      let result = try caller.workspace.onStore { store throws(StorageError) in
        try store.apply(
          source: source, to: bill, amount: amount, date: date, changes: changes, by: user)
      }
      return try BillsCommands.report(result.map { [$0] } ?? [], caller)
    }
  }

  private static func unapply(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let bill = try caller.bill(invocation.positionals[0])
      let source = try source(caller)
      let user = caller.user
      let result = try caller.workspace.onStore { store throws(StorageError) in
        try store.unapply(source: source, from: bill, by: user)
      }
      return try BillsCommands.report(result.map { [$0] } ?? [], caller)
    }
  }

  private static func refund(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let credit = try caller.record(.transactions, invocation.positionals[0], "credit")
      let refund = try source(caller)
      guard let amount = try caller.amount("--amount") else {
        throw .usage("Say how much it pays back: --amount A.")
      }
      let user = caller.user
      let refusal = try caller.workspace.onStore { store throws(StorageError) in
        try store.recordRefund(refund, ofCredit: credit, amount: amount, by: user)
      }
      if let refusal { throw BillsOutput.failure(refusal, "") }
      return try caller.finish(["credit": .string(credit), "amount": .string("\(amount)")]) {
        Output.line("\(amount) of the credit is paid back.")
      }
    }
  }

  // MARK: Payments

  private static func pay(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      guard let bankText = invocation.text("--bank") else {
        throw .usage("Name the bank account: --bank ID.")
      }
      let bank = try caller.record(.bankAccounts, bankText, "bank account")
      var ids: [String] = []
      for text in invocation.positionals { ids.append(try caller.bill(text)) }
      let amount = try caller.amount("--amount")
      let date = try caller.day("--date") ?? caller.workspace.store.today
      let (user, bills, check) = (caller.user, ids, invocation.text("--check"))
      let outcome = try caller.workspace.onStore { store throws(StorageError) in
        try store.payBills(
          bills, from: bank, amount: amount, on: date, checkNumber: check, by: user)
      }
      switch outcome {
      case .refused(let refusal): throw BillsOutput.failure(refusal, "")
      case .done(let payment, let total):
        return try caller.finish([
          "payment": .string(payment), "amount": .string(total.description),
          "date": .string(date.description), "bills": .int(bills.count),
        ]) {
          Output.line("\(total) paid on \(date): payment \(payment).")
        }
      }
    }
  }

  private static let years = 1900...9998

  private static func paid(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let year =
        try invocation.integer("--year", in: years) ?? caller.workspace.store.today.year
      let rows = try caller.workspace.onStore { store throws(StorageError) in
        try store.vendorPayments(year: year)
      }
      if invocation.isJSON {
        Output.document(
          invocation.command,
          [
            "year": .int(year),
            "rows": .array(
              rows.map {
                [
                  "vendor_id": BillsOutput.number($0.vendor.buildiumID),
                  "vendor": .string($0.vendor.name), "year": .int(year),
                  "cash_paid": .string($0.paid.description),
                ]
              }),
          ])
      } else {
        Output.table(
          ["Vendor", "Paid"], rows.map { [$0.vendor.name, $0.paid.description] },
          rightAligned: [1])
      }
      return .done
    }
  }

  // MARK: Ageing and duplicates

  private static func aging(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let day = try caller.asOf()
      let rows = try caller.workspace.onStore { store throws(StorageError) in
        try store.payablesAging(asOf: day)
      }
      func sum(_ value: (AgingRow) -> Money) -> Money { rows.reduce(.zero) { $0 + value($1) } }
      func bucket(_ bucket: AgeBucket) -> (AgingRow) -> Money {
        { $0.buckets[bucket] ?? .zero }
      }
      func object(_ amounts: (AgeBucket) -> Money) -> JSONObject {
        var object = JSONObject()
        for bucket in AgeBucket.allCases {
          object[bucket.rawValue] = .string(amounts(bucket).description)
        }
        return object
      }
      if invocation.isJSON {
        var total = object { sum(bucket($0)) }
        total["total"] = .string(sum(\.total).description)
        total["unapplied_credits"] = .string(sum(\.unappliedCredits).description)
        Output.document(
          invocation.command,
          [
            "as_of": .string(day.description),
            "rows": .array(
              rows.map { row in
                var members: JSONObject = [
                  "vendor_id": BillsOutput.number(row.vendor?.buildiumID),
                  "vendor": .optional(row.vendor?.name),
                  "property_id": BillsOutput.number(row.property?.buildiumID),
                  "property": .optional(row.property?.name),
                ]
                for (key, value) in object({ row.buckets[$0] ?? .zero }).members {
                  members[key] = value
                }
                members["total"] = .string(row.total.description)
                members["unapplied_credits"] = .string(row.unappliedCredits.description)
                return .object(members)
              }),
            "total": .object(total),
          ])
        return .done
      }
      let header =
        ["Vendor", "Property"] + AgeBucket.allCases.map(\.rawValue) + ["Total", "Credits"]
      func cells(_ amounts: (AgeBucket) -> Money, _ total: Money, _ credits: Money) -> [String] {
        AgeBucket.allCases.map { amounts($0).description } + [
          total.description, credits.description,
        ]
      }
      Output.table(
        header,
        rows.map { row in
          [row.vendor?.name ?? "", row.property?.name ?? ""]
            + cells({ row.buckets[$0] ?? .zero }, row.total, row.unappliedCredits)
        } + [
          ["All", ""] + cells({ sum(bucket($0)) }, sum(\.total), sum(\.unappliedCredits))
        ], rightAligned: Set(2..<header.count))
      return .done
    }
  }

  private static func duplicates(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let day = try caller.asOf()
      let found = try caller.workspace.onStore { store throws(StorageError) in
        try store.billDuplicates(asOf: day)
      }
      func ids(_ group: [BillRow]) -> JSONValue {
        .array(group.map { $0.buildiumID.map { .int($0) } ?? .string($0.localID) })
      }
      func isOpen(_ group: [BillRow]) -> Bool { group.count { $0.approval != .voided } > 1 }
      func object(_ group: [BillRow]) -> JSONValue {
        [
          "property_id": BillsOutput.number(group[0].property?.buildiumID),
          "vendor_id": BillsOutput.number(group[0].vendor?.buildiumID),
          "reference_number": .optional(group[0].reference),
          "amount": .string(group[0].total.description), "bill_ids": ids(group),
          "open": .bool(isOpen(group)),
        ]
      }
      if invocation.isJSON {
        Output.document(
          invocation.command,
          [
            "groups": .array(found.groups.map(object)), "near": .array(found.near.map(object)),
          ])
      } else {
        for (title, groups) in [
          ("Same reference number", found.groups), ("Same amount within days", found.near),
        ] {
          for group in groups {
            Output.line(
              TerminalText.harmless(
                "\(title): \(group[0].vendor?.name ?? ""), \(group[0].total): "
                  + group.map { "\($0.name) (\($0.approval.rawValue))" }.joined(separator: ", ")))
          }
        }
        Output.line("\(found.groups.count) groups, \(found.near.count) to look at.")
      }
      return .done
    }
  }

  // MARK: Schedules and backfill

  private static func recur(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let through = try caller.day("--through") ?? caller.workspace.store.today
      let (user, isDry) = (caller.user, invocation.flag("--dry-run"))
      let report = try caller.workspace.onStore { store throws(StorageError) in
        try store.makeRecurringBills(through: through, dryRun: isDry, by: user)
      }
      return try caller.finish(
        [
          "dry_run": .bool(isDry), "through": .string(through.description),
          "made": .array(
            report.made.map {
              [
                "template": BillsOutput.name($0.template), "date": .string($0.date.description),
                "amount": .string($0.total.description), "local_id": .optional($0.bill),
              ]
            }),
          "refused": .array(report.refused.map { .string($0) }),
        ], exit: report.refused.isEmpty ? .done : .needsPerson
      ) {
        for made in report.made {
          Output.line(TerminalText.harmless("\(made.date)  \(made.total)  \(made.template.name)"))
        }
        for text in report.refused { Output.line(TerminalText.harmless("! \(text)")) }
        Output.line("\(report.made.count) bills \(isDry ? "would be made" : "made as drafts").")
      }
    }
  }

  private static func backfill(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let (user, isDry) = (caller.user, invocation.flag("--dry-run"))
      let (report, refusal) = try caller.workspace.onStore { store throws(StorageError) in
        try store.backfillBills(dryRun: isDry, by: user)
      }
      if let refusal { throw BillsOutput.failure(refusal, "") }
      var states = JSONObject()
      for state in BillState.allCases { states[state.rawValue] = .int(report.workflow[state] ?? 0) }
      var applications = JSONObject()
      for kind in ApplicationSource.allCases {
        applications[kind.rawValue] = .int(report.applications[kind] ?? 0)
      }
      let isResolved = report.payablesAccount != nil
      let isClean = report.refused.isEmpty && report.waiting.isEmpty && isResolved
      return try caller.finish(
        [
          "dry_run": .bool(isDry), "workflow": .object(states),
          "applications": .object(applications), "unchanged": .int(report.unchanged),
          "removed": .int(report.removed), "kept": .int(report.kept),
          "register": .int(report.register), "deposits": .int(report.deposits),
          "deposit_items": .int(report.depositItems),
          "waiting": .array(report.waiting.map { .string($0) }),
          "refused": .array(report.refused.map { .string($0) }),
          "payables_account": .optional(report.payablesAccount),
          "payables_candidates": .array(report.payablesCandidates.map { .string($0) }),
        ], exit: isClean ? .done : .needsPerson
      ) {
        Output.line(
          "\(isDry ? "Would enter" : "Entered") \(report.workflow.values.reduce(0, +)) bills, "
            + "\(isDry ? "would apply" : "applied") "
            + "\(report.applications.values.reduce(0, +)) payments and credits, "
            + "\(report.deposits) deposits with \(report.depositItems) payments.")
        for text in report.waiting + report.refused {
          Output.line(TerminalText.harmless("! \(text)"))
        }
        if !isResolved {
          Output.line(
            "! No account for payables is resolved. Candidates: "
              + (report.payablesCandidates.isEmpty
                ? "none" : report.payablesCandidates.joined(separator: ", ")))
        }
      }
    }
  }

  private static func reconciling(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      let items = try caller.workspace.onStore { store throws(StorageError) in
        try store.reconcilingItems()
      }
      if invocation.isJSON {
        Output.document(
          invocation.command, ["items": .array(items.map { .object(BillsOutput.item($0)) })])
      } else {
        for item in items { Output.line(TerminalText.harmless("\(item.amount)  \(item.message)")) }
        Output.line("\(items.count) to be told.")
      }
      return items.isEmpty ? .done : .needsPerson
    }
  }

  // MARK: Policy

  private static func limit(_ text: String?, _ known: Money?, _ option: String) throws(Failure)
    -> Money?
  {
    guard let text else { return known }
    return text == "none" ? nil : try BillsCaller.money(text, option)
  }

  private static func policy(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try BillsCaller.run(invocation) { caller throws(Failure) in
      var scope = ""
      if let text = invocation.text("--property") {
        scope = try caller.record(.properties, text, "property")
      }
      let known = try caller.workspace.onStore { store throws(StorageError) in
        try store.billPolicies()
      }
      let names = ["--auto-approve", "--second-approver", "--own-approval"]
      let user = caller.user
      if let text = invocation.text("--payables-account") {
        let account = try caller.record(.glAccounts, text, "GL account")
        let refusal = try caller.workspace.onStore { store throws(StorageError) in
          try store.setPayablesAccount(account, by: user)
        }
        if let refusal { throw BillsOutput.failure(refusal, "") }
      }
      if let text = invocation.text("--trust-money") {
        guard ["block", "warn"].contains(text) else {
          throw .usage("--trust-money is block or warn, not “\(text)”.")
        }
        let refusal = try caller.workspace.onStore { store throws(StorageError) in
          try store.setTrustMoney(blocks: text == "block", by: user)
        }
        if let refusal { throw BillsOutput.failure(refusal, "") }
      }
      if let days = try invocation.integer("--terms", in: 1...PaymentTerms.daysMax) {
        let refusal = try caller.workspace.onStore { store throws(StorageError) in
          try store.setPaymentTerms(days: days, by: user)
        }
        if let refusal { throw BillsOutput.failure(refusal, "") }
      }
      if names.contains(where: { invocation.text($0) != nil }) {
        var policy = known[scope] ?? BillPolicy()
        policy.autoApproveUpTo = try limit(
          invocation.text("--auto-approve"), policy.autoApproveUpTo, "--auto-approve")
        policy.secondApproverAbove = try limit(
          invocation.text("--second-approver"), policy.secondApproverAbove, "--second-approver")
        if let text = invocation.text("--own-approval") {
          guard scope.isEmpty, ["yes", "no"].contains(text) else {
            throw .usage("--own-approval is yes or no, and for all properties.")
          }
          policy.allowsOwnApproval = text == "yes"
        }
        let wanted = policy
        let place = scope
        let outcome = try caller.workspace.onStore { store throws(StorageError) in
          try store.setBillPolicy(wanted, scope: place, by: user)
        }
        if case .refused(let refusal) = outcome { throw BillsOutput.failure(refusal, "") }
      }
      let policies = try caller.workspace.onStore { store throws(StorageError) in
        try store.billPolicies()
      }
      let blocks = try caller.workspace.onStore { store throws(StorageError) in
        try store.blocksTrustMoney()
      }
      let terms = try caller.workspace.onStore { store throws(StorageError) in
        try store.paymentTerms(ofVendor: nil)
      }
      return try caller.finish([
        "payment_terms_days": .int(terms.days),
        "trust_money": .string(blocks ? "block" : "warn"),
        "policies": .array(
          policies.sorted { $0.key < $1.key }.map { scope, policy in
            [
              "property": scope.isEmpty ? .null : .string(scope),
              "auto_approve_up_to": .optional(policy.autoApproveUpTo?.description),
              "second_approver_above": .optional(policy.secondApproverAbove?.description),
              "own_approval": .bool(policy.allowsOwnApproval),
            ]
          }),
      ]) {
        Output.table(
          ["Property", "Approved at once up to", "Two approvers above", "Own approval"],
          policies.sorted { $0.key < $1.key }.map { scope, policy in
            [
              scope.isEmpty ? "all" : scope, policy.autoApproveUpTo?.description ?? "none",
              policy.secondApproverAbove?.description ?? "none",
              scope.isEmpty ? (policy.allowsOwnApproval ? "yes" : "no") : "",
            ]
          }, rightAligned: [1, 2])
      }
    }
  }

  // MARK: One bill in words

  static func print(_ detail: BillDetail) {
    let row = detail.row
    var lines = [
      "Bill \(row.name)  \(row.vendor?.name ?? "no vendor")  \(row.property?.name ?? "")",
      "Dated \(row.date?.description ?? "-"), due \(row.dueDate?.description ?? "-"), "
        + "reference \(row.reference ?? "-")",
      "Total \(row.total), paid \(row.paid), credited \(row.credited), "
        + "remaining \(row.remaining): \(row.status.rawValue)",
      "Approval: \(row.approval.rawValue) \(row.approvalSteps), stamp \(row.stamp)",
    ]
    if let reversal = row.reversedBy { lines.append("Reversed by \(reversal.name)") }
    if let original = row.reverses { lines.append("Reverses \(original.name)") }
    for line in detail.lines {
      lines.append(
        "  \(line.amount)  \(line.account?.name ?? "no account")  \(line.property?.name ?? "")"
          + "  \(line.memo ?? "")")
    }
    for application in detail.applications {
      lines.append(
        "  \(application.kind.rawValue) \(application.amount) of \(application.source.name) on "
          + "\(application.date?.description ?? "-")"
          + (application.isReconciled ? ", reconciled" : ""))
    }
    for other in detail.duplicates {
      lines.append("  may be the same as \(other.name), \(other.total), \(other.approval.rawValue)")
    }
    for item in detail.reconciling where item.state == "pending" {
      lines.append("  ! \(item.message)")
    }
    for line in lines { Output.line(TerminalText.harmless(line)) }
    BillsOutput.steps(detail.history)
  }
}
