import Domain
import Reports
import Storage

/// `rentbook rules draw`, `rules policy` and `rules classify`: what decides about the month's
/// figures.
enum RulesDrawCommands {
  static let specs = [
    CommandSpec(
      "rules draw", "[OWNER]",
      options: [
        OptionSpec("--kind", "KIND", DrawRule.Kind.allCases.map(\.rawValue).joined(separator: "|")),
        OptionSpec("--amount", "A", "The amount of the rule."),
        OptionSpec("--percent", "P", "The part of the income after the reserve."),
        OptionSpec("--property", "ID", "Only this property; all of the owner's unless said."),
        OptionSpec("--group", "NAME", "Each property of a group (`rules group`)."),
        OptionSpec("--priority", "N", "Lower comes first."),
        OptionSpec("--from", "DATE", "The first day; always unless said."),
        OptionSpec("--to", "DATE", "The last day."), OptionSpec("--reason", "TEXT", "Why."),
        OptionSpec("--revoke", "RULE", "Take a rule back."),
        OptionSpec("--user", "NAME", "Who acts; else RENTBOOK_USER."),
      ], "Add, take back or list rules for what an owner is paid.", run: draw),
    CommandSpec(
      "rules policy", "PROPERTY",
      options: [
        OptionSpec("--reserve", "A", "The cash that stays."),
        OptionSpec("--percent", "P", "The part of the income that is paid out."),
        OptionSpec("--hold-unpaid", "on|off", "Hold unpaid bills back."),
        OptionSpec("--hold-undeposited", "on|off", "Hold money back that is not at the bank yet."),
        OptionSpec("--carry-loss", "on|off", "Carry a loss into the next month."),
        OptionSpec("--order", "ORDER", "reserve_then_percent or percent_then_reserve."),
        OptionSpec(
          "--ownership-change", "RULE",
          "When owners change within a month: transaction_date, or daily for a part by days."),
        OptionSpec("--from", "DATE", "The first day; always unless said."),
      ], "Set how a property's money is distributed.", run: policy),
    CommandSpec(
      "rules draws-start", "[YYYY-MM]",
      options: [OptionSpec("--ledger", "Begin with the first month of the books again.")],
      "Show or set the first month draws are rolled forward from.", run: drawsStart),
    CommandSpec(
      "rules classify", "[ACCOUNT] [CLASS]",
      options: [
        OptionSpec("--from", "DATE", "The first day; always unless said."),
        OptionSpec("--to", "DATE", "The last day."), OptionSpec("--reason", "TEXT", "Why."),
        OptionSpec("--revoke", "NUMBER", "Take a decision back."),
        OptionSpec("--user", "NAME", "Who acts; else RENTBOOK_USER."),
      ], "Decide what an account counts as, or list the decisions.", run: classify),
  ]

  // MARK: Owners

  private static func draw(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let actor = MonthOptions.actor(invocation, workspace)
    if let id = invocation.text("--revoke") {
      let isDone = try workspace.onStore { store throws(StorageError) in
        try store.revokeDrawRule(id, actor: actor)
      }
      guard isDone else { throw .usage("There is no rule \(id) that holds.") }
      return StoreCommands.done(invocation, ["revoked": .string(id)], "The rule was taken back.")
    }
    let ledger = try workspace.onStore { store throws(StorageError) in try store.ledger() }
    let owner = try invocation.positionals.first.map { (text) throws(Failure) in
      try MonthOptions.owner(text, ledger)
    }
    guard let owner, invocation.flag("--kind") else {
      list(invocation, ledger, owner: owner)
      return .done
    }
    let property = try MonthOptions.property(invocation, ledger)
    let group = try AgreementCommands.group(invocation, workspace)
    guard property == nil || group == nil else {
      throw .usage("--property and --group say two things.")
    }
    let rule = try rule(invocation, owner)
    let id = try workspace.onStore { store throws(StorageError) in
      try store.addDrawRule(
        owner: ledger.owners[owner].localID,
        property: property.map { ledger.properties[$0].localID }, group: group?.id, rule,
        actor: actor)
    }
    return StoreCommands.done(invocation, ["id": .string(id)], "The rule \(id) holds.")
  }

  private static func rule(_ invocation: Invocation, _ owner: Int) throws(Failure) -> DrawRule {
    guard let kind = try MonthOptions.choice(invocation, "--kind", DrawRule.Kind.self) else {
      throw .usage("A rule needs --kind.")
    }
    let amount = try money(invocation, "--amount")
    let percent = try percent(invocation)
    switch kind {
    case .fixed, .minimum, .maximum, .reserveContribution:
      guard amount != nil else { throw .usage("A rule of kind \(kind.rawValue) needs --amount.") }
    case .percentOfNOI:
      guard percent != nil else { throw .usage("A rule of kind \(kind.rawValue) needs --percent.") }
    case .hold:
      guard invocation.text("--reason")?.isEmpty == false else {
        throw .usage("A hold needs --reason: the owner will ask.")
      }
    case .residual: break
    }
    return DrawRule(
      id: "", kind: kind, owner: owner,
      priority: try invocation.integer("--priority", in: 0...1000) ?? 0, amount: amount ?? .zero,
      percent: percent ?? .whole, from: try date(invocation, "--from") ?? .distantPast,
      to: try date(invocation, "--to"), reason: invocation.text("--reason") ?? "")
  }

  private static func list(_ invocation: Invocation, _ ledger: LedgerSnapshot, owner: Int?) {
    var rows: [(property: LedgerProperty, rule: DrawRule)] = []
    for property in ledger.properties {
      rows += property.rules.filter { owner == nil || $0.owner == owner }.map { (property, $0) }
    }
    if invocation.isJSON {
      Output.document(
        invocation.command,
        [
          "rules": .array(
            rows.map { property, rule in
              [
                "id": .string(rule.id), "owner_id": MonthOptions.id(ledger.owners[rule.owner].id),
                "property_id": MonthOptions.id(property.id), "kind": .string(rule.kind.rawValue),
                "priority": .int(rule.priority), "amount": .money(rule.amount),
                "percent": .string(rule.percent.description),
                "from": .string(rule.from.description), "to": .optional(rule.to?.description),
                "reason": .string(rule.reason), "group": .optional(rule.group),
              ]
            })
        ])
    } else {
      Output.table(
        ["Rule", "Owner", "Property", "Kind", "Amount", "Percent", "Group", "Reason"],
        rows.map { property, rule in
          [
            rule.id, ledger.owners[rule.owner].name, property.name, rule.kind.rawValue,
            rule.amount.description, rule.percent.description, rule.group ?? "", rule.reason,
          ]
        }, rightAligned: [4, 5])
    }
  }

  // MARK: Properties

  private static func policy(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let (property, decided) = try decide(invocation) { policy, _ throws(Failure) in
      policy.reserveTarget = try money(invocation, "--reserve") ?? policy.reserveTarget
      policy.percent = try percent(invocation) ?? policy.percent
      policy.holdsUnpaidBills = try flag(invocation, "--hold-unpaid") ?? policy.holdsUnpaidBills
      policy.holdsUndeposited =
        try flag(invocation, "--hold-undeposited") ?? policy.holdsUndeposited
      policy.carriesForwardLoss = try flag(invocation, "--carry-loss") ?? policy.carriesForwardLoss
      if let text = invocation.text("--order") {
        guard let order = DrawPolicy.Order(rawValue: text) else {
          throw .usage(
            "--order takes reserve_then_percent or percent_then_reserve, not “\(text)”.")
        }
        policy.order = order
      }
      policy.ownershipChange =
        try MonthOptions.choice(invocation, "--ownership-change", OwnershipChangeRule.self)
        ?? policy.ownershipChange
    }
    return StoreCommands.done(
      invocation,
      [
        "property_id": MonthOptions.id(property.id), "from": .string(decided.from.description),
        "reserve_target": .money(decided.reserveTarget),
        "percent": .string(decided.percent.description),
        "hold_unpaid_bills": .bool(decided.holdsUnpaidBills),
        "hold_undeposited": .bool(decided.holdsUndeposited),
        "carry_forward_negative_noi": .bool(decided.carriesForwardLoss),
        "order": .string(decided.order.rawValue),
        "ownership_change": .string(decided.ownershipChange.rawValue),
      ], "\(property.name) keeps \(decided.reserveTarget) and pays out \(decided.percent) %.")
  }

  /// Changes what holds for the property that is named first, from `--from` on or always.
  static func decide(
    _ invocation: Invocation,
    _ change: (inout DrawPolicy, LedgerSnapshot) throws(Failure) -> Void
  ) throws(Failure) -> (property: LedgerProperty, policy: DrawPolicy) {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let ledger = try workspace.onStore { store throws(StorageError) in try store.ledger() }
    let id = invocation.positionals[0]
    guard let number = ledger.property(id) else { throw .usage("There is no property \(id).") }
    let property = ledger.properties[number]
    let from = try date(invocation, "--from") ?? .distantPast
    var policy = property.policies(on: from)[0]
    (policy.from, policy.to) = (from, nil)
    try change(&policy, ledger)
    let decided = policy
    try workspace.onStore { store throws(StorageError) in
      try store.setDrawPolicy(property: property.localID, decided)
    }
    return (property, decided)
  }

  /// Draws are rolled forward from the first month of the books, or from the month a person names:
  /// what was distributed before it is settled.
  private static func drawsStart(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let name = Store.drawsStartName
    if let text = invocation.positionals.first {
      guard !invocation.flag("--ledger") else {
        throw .usage("A month and --ledger cannot be asked for together.")
      }
      guard CalendarMonth(text) != nil else {
        throw .usage("“rules draws-start” takes a month such as 2026-07, not “\(text)”.")
      }
      let final = try workspace.onStore { store throws(StorageError) in try store.firstFinalMonth()
      }
      if let final, text > final.description {
        throw Failure(
          "refused", "\(final) is final: its draws are declared and cannot be left out.",
          hint: "Name \(final) or an earlier month, or reopen it.")
      }
      try workspace.onStore { store throws(StorageError) in try store.set(name, to: text) }
    } else if invocation.flag("--ledger") {
      try workspace.onStore { store throws(StorageError) in try store.set(name, to: nil) }
    }
    let start = try workspace.onStore { store throws(StorageError) in try store.setting(name) }
    return StoreCommands.done(
      invocation, ["start": .optional(start)],
      start.map { "Draws begin with \($0)." } ?? "Draws begin with the first month of the books.")
  }

  // MARK: Accounts

  private static func classify(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let actor = MonthOptions.actor(invocation, workspace)
    if let text = invocation.text("--revoke") {
      let isDone = try workspace.onStore { store throws(StorageError) in
        try store.revokeClassDecision(Int(text) ?? -1, actor: actor)
      }
      guard isDone else { throw .usage("There is no decision \(text) that holds.") }
      return StoreCommands.done(
        invocation, ["revoked": .string(text)], "The decision was taken back.")
    }
    guard let id = invocation.positionals.first else {
      try listDecisions(invocation, workspace)
      return .done
    }
    guard invocation.positionals.count == 2 else {
      throw .usage("“rules classify” needs ACCOUNT and CLASS.")
    }
    let name = invocation.positionals[1]
    guard let accountClass = AccountClass(rawValue: name), accountClass != .unknown else {
      let names = AccountClass.allCases.filter { $0 != .unknown }.map(\.rawValue)
      throw .usage("CLASS is one of \(names.joined(separator: ", ")), not “\(name)”.")
    }
    guard let reason = invocation.text("--reason"), !reason.isEmpty else {
      throw .usage("This needs --reason TEXT: whoever reads the figures later will ask.")
    }
    let ledger = try workspace.onStore { store throws(StorageError) in try store.ledger() }
    guard let account = ledger.accounts.first(where: { $0.id == id }) else {
      throw .usage("There is no account \(id).")
    }
    let (from, to) = (try date(invocation, "--from") ?? .distantPast, try date(invocation, "--to"))
    try workspace.onStore { store throws(StorageError) in
      try store.classify(
        account: account.localID, as: accountClass, from: from, to: to, reason: reason,
        actor: actor)
    }
    return StoreCommands.done(
      invocation,
      [
        "gl_account_id": MonthOptions.id(id), "class": .string(name),
        "from": .string(from.description), "to": .optional(to?.description),
      ], "\(account.name) counts as \(name) from \(from).")
  }

  private static func listDecisions(_ invocation: Invocation, _ workspace: Workspace)
    throws(Failure)
  {
    let decisions = try workspace.onStore { store throws(StorageError) in
      try store.classDecisions()
    }
    if invocation.isJSON {
      Output.document(
        invocation.command,
        [
          "decisions": .array(
            decisions.map {
              [
                "number": .int($0.number), "gl_account_id": MonthOptions.id($0.accountID),
                "account": .string($0.accountName), "class": .string($0.accountClass),
                "from": .string($0.from.description), "to": .optional($0.to?.description),
                "reason": .string($0.reason), "actor": .string($0.actor),
                "at": .string($0.at.description), "revoked_by": .optional($0.revokedBy),
              ]
            })
        ])
    } else {
      Output.table(
        ["Number", "Account", "Class", "From", "Who", "Reason", "Taken back by"],
        decisions.map {
          [
            String($0.number), $0.accountName, $0.accountClass, $0.from.description, $0.actor,
            $0.reason, $0.revokedBy ?? "",
          ]
        }, rightAligned: [0])
    }
  }

  // MARK: Values

  static func money(_ invocation: Invocation, _ name: String) throws(Failure) -> Money? {
    guard let text = invocation.text(name) else { return nil }
    guard let amount = Money(text), amount >= .zero else {
      throw .usage("\(name) takes an amount such as 250.00, not “\(text)”.")
    }
    return amount
  }

  static func percent(_ invocation: Invocation) throws(Failure) -> Percent? {
    guard let text = invocation.text("--percent") else { return nil }
    guard let percent = Percent(text), percent <= .whole else {
      throw .usage("--percent takes a number from 0 to 100, not “\(text)”.")
    }
    return percent
  }

  static func date(_ invocation: Invocation, _ name: String) throws(Failure)
    -> CalendarDate?
  {
    guard let text = invocation.text(name) else { return nil }
    guard let date = CalendarDate(text) else {
      throw .usage("\(name) takes a day such as 2026-07-01, not “\(text)”.")
    }
    return date
  }

  private static func flag(_ invocation: Invocation, _ name: String) throws(Failure) -> Bool? {
    switch invocation.text(name) {
    case nil: return nil
    case "on": return true
    case "off": return false
    case let text: throw .usage("\(name) takes on or off, not “\(text ?? "")”.")
    }
  }
}
