import Domain
import Reports
import Storage

/// `rentbook rules group` and `rules fee`: groups of properties that rules hold in, and what the manager
/// takes.
enum AgreementCommands {
  static let specs = [
    CommandSpec(
      "rules group", "[NAME]",
      options: [
        OptionSpec("--add", "ID", isRepeated: true, "A property to take in."),
        OptionSpec("--remove", "ID", isRepeated: true, "A property to take out."),
        OptionSpec("--user", "NAME", "Who acts; else RENTBOOK_USER."),
      ], "List groups of properties, or change one; `rules draw --group` holds in each of them.",
      run: changeGroup),
    CommandSpec(
      "rules fee", "PROPERTY",
      options: [
        OptionSpec("--type", "TYPE", "percent, percent_min, tiered, flat or none."),
        OptionSpec(
          "--base", "BASE",
          FeePolicy.Base.allCases.map(\.rawValue).joined(separator: "|")
            + "; collected unless said."),
        OptionSpec("--percent", "P", "The part of the base."),
        OptionSpec(
          "--tier", "UPTO=P", isRepeated: true,
          "A slice of the base with its part: 5000=10, then rest=8."),
        OptionSpec("--minimum", "A", "The least that is charged in a month with a base."),
        OptionSpec("--flat", "A", "A fixed amount."),
        OptionSpec("--per-unit", "The fixed amount is for each unit."),
        OptionSpec(
          "--account", "ID", isRepeated: true,
          "Only this GL account counts; all revenue unless said."
        ),
        OptionSpec("--from", "DATE", "The first day; always unless said."),
      ], "Set what the manager takes of a property.", run: fee),
  ]

  // MARK: Groups

  /// The group an invocation names; nil when it names none.
  static func group(_ invocation: Invocation, _ workspace: Workspace) throws(Failure)
    -> PropertyGroup?
  {
    guard let name = invocation.text("--group") else { return nil }
    let groups = try workspace.onStore { store throws(StorageError) in try store.propertyGroups() }
    guard let group = groups.first(where: { $0.name == name }) else {
      throw .usage("There is no group “\(name)”; `rules group NAME --add ID` makes one.")
    }
    return group
  }

  private static func changeGroup(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let actor = MonthOptions.actor(invocation, workspace)
    let ledger = try workspace.onStore { store throws(StorageError) in try store.ledger() }
    func properties(_ option: String) throws(Failure) -> [String] {
      var found: [String] = []
      for id in invocation.texts(option) {
        guard let number = ledger.property(id) else { throw .usage("There is no property \(id).") }
        found.append(ledger.properties[number].localID)
      }
      return found
    }
    let (adding, removing) = (try properties("--add"), try properties("--remove"))
    if let name = invocation.positionals.first {
      _ = try workspace.onStore { store throws(StorageError) in
        try store.changeGroup(name, adding: adding, removing: removing, actor: actor)
      }
    } else if !adding.isEmpty || !removing.isEmpty {
      throw .usage("“rules group” needs the NAME of the group to change.")
    }
    var groups = try workspace.onStore { store throws(StorageError) in try store.propertyGroups() }
    if let name = invocation.positionals.first { groups.removeAll { $0.name != name } }
    let names = Dictionary(
      ledger.properties.map { ($0.localID, $0) }, uniquingKeysWith: { first, _ in first })
    if invocation.isJSON {
      Output.document(
        invocation.command,
        [
          "groups": .array(
            groups.map { group in
              [
                "name": .string(group.name),
                "property_ids": .array(
                  group.properties.compactMap { names[$0] }.map { MonthOptions.id($0.id) }),
              ]
            })
        ])
    } else {
      Output.table(
        ["Group", "Property"],
        groups.flatMap { group in
          group.properties.isEmpty
            ? [[group.name, "none yet"]]
            : group.properties.compactMap { names[$0] }.map {
              [group.name, "\($0.id) \($0.name)"]
            }
        })
    }
    return .done
  }

  // MARK: Fees

  private static func fee(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let (property, decided) = try RulesDrawCommands.decide(invocation) {
      policy, ledger throws(Failure) in policy.fee = try feePolicy(invocation, ledger)
    }
    return StoreCommands.done(
      invocation,
      [
        "property_id": MonthOptions.id(property.id), "from": .string(decided.from.description),
        "fee": decided.fee?.json ?? .null,
      ],
      "\(property.name): " + (decided.fee.map { "the fee is \($0.type)." } ?? "no fee is taken."))
  }

  private static func feePolicy(_ invocation: Invocation, _ ledger: LedgerSnapshot) throws(Failure)
    -> FeePolicy?
  {
    let types = ["percent", "percent_min", "tiered", "flat", "none"]
    guard let type = invocation.text("--type"), types.contains(type) else {
      throw .usage("“rules fee” needs --type: \(types.joined(separator: ", ")).")
    }
    if type == "none" { return nil }
    var accounts: [Int] = []
    for id in invocation.texts("--account") {
      guard let account = ledger.accounts.first(where: { $0.id == id }),
        let number = account.buildiumID
      else { throw .usage("There is no GL account \(id) of Buildium's.") }
      accounts.append(number)
    }
    var fee = FeePolicy(
      type: type,
      percent: invocation.flag("--percent") ? try RulesDrawCommands.percent(invocation) : nil,
      minimum: try RulesDrawCommands.money(invocation, "--minimum"),
      flat: try RulesDrawCommands.money(invocation, "--flat"), baseAccounts: accounts)
    fee.base = try MonthOptions.choice(invocation, "--base", FeePolicy.Base.self) ?? .collected
    fee.isPerUnit = invocation.flag("--per-unit")
    for text in invocation.texts("--tier") { fee.tiers.append(try tier(text)) }
    switch type {
    case "percent", "percent_min":
      guard fee.percent != nil else { throw .usage("A fee of type \(type) needs --percent.") }
    case "flat":
      guard fee.flat != nil else { throw .usage("A flat fee needs --flat.") }
    default:
      let ends = fee.tiers.compactMap(\.upTo)
      guard !fee.tiers.isEmpty, fee.tiers.dropLast().allSatisfy({ $0.upTo != nil }),
        zip(ends, ends.dropFirst()).allSatisfy({ $0 < $1 })
      else {
        throw .usage("A tiered fee needs --tier from the lowest on: --tier 5000=10 --tier rest=8.")
      }
    }
    return fee
  }

  private static func tier(_ text: String) throws(Failure) -> FeePolicy.Tier {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, let percent = Percent(parts[1]), percent <= .whole else {
      throw .usage("“\(text)” is no slice; write 5000=10, or rest=8 for the last.")
    }
    if parts[0] == "rest" { return FeePolicy.Tier(upTo: nil, percent: percent) }
    guard let end = Money(parts[0]), end > .zero else {
      throw .usage("“\(parts[0])” is no amount; write 5000=10, or rest=8 for the last.")
    }
    return FeePolicy.Tier(upTo: end, percent: percent)
  }
}
