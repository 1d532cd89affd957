import Domain
import Reports
import Storage

/// `rentbook ownership`: who owns which part of a property, from which day.
enum OwnershipCommands {
  static let specs = [
    CommandSpec(
      "ownership list",
      options: [property, OptionSpec("--on", "DATE", "Only what holds that day.")],
      "Owners with their shares of income and of payments.", run: list),
    CommandSpec(
      "ownership set", "PROPERTY SHARE...",
      options: [
        OptionSpec("--from", "DATE", "The first day; always unless said."), reason, user,
      ],
      "Set a property's owners from a day on: `ownership set 7 21=60 22=40/50`. Both columns add up "
        + "to 100.", run: set),
    CommandSpec(
      "ownership equal", options: [property, reason, user],
      "Decide on equal shares wherever the owners are known and no share is.", run: equal),
    CommandSpec(
      "ownership history", options: [property], "Every decision about shares.", run: history),
    OwnershipImport.spec,
  ]

  private static let property = OptionSpec("--property", "ID", "Only this property.")
  private static let reason = OptionSpec("--reason", "TEXT", "Why.")
  private static let user = OptionSpec("--user", "NAME", "Who acts; else RENTBOOK_USER.")

  // MARK: Looking

  private static func list(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let ledger = try workspace.onStore { store throws(StorageError) in try store.ledger() }
    let only = try MonthOptions.property(invocation, ledger)
    let day = try date(invocation, "--on")
    var rows: [(property: LedgerProperty, share: OwnerShare)] = []
    for (number, property) in ledger.properties.enumerated()
    where only.map({ $0 == number }) ?? true {
      let shares = property.shares.filter { share in day.map { share.holds(on: $0) } ?? true }
      rows += shares.sorted { ($0.from, $0.owner) < ($1.from, $1.owner) }.map { (property, $0) }
    }
    if invocation.isJSON {
      Output.document(
        "ownership list",
        [
          "rows": .array(
            rows.map { property, share in
              [
                "property_id": MonthOptions.id(property.id),
                "owner_id": MonthOptions.id(ledger.owners[share.owner].id),
                "owner": .string(ledger.owners[share.owner].name),
                "ownership_percentage": .optional(share.ownership?.description),
                "disbursement_percentage": .optional(share.disbursement?.description),
                "from": share.from == .distantPast ? .null : .string(share.from.description),
                "to": .optional(share.to?.description),
              ]
            })
        ])
    } else {
      Output.table(
        ["Property", "Owner", "Income %", "Paid %", "From", "To"],
        rows.map { property, share in
          [
            "\(property.id) \(property.name)",
            "\(ledger.owners[share.owner].id) \(ledger.owners[share.owner].name)",
            share.ownership?.description ?? "?", share.disbursement?.description ?? "?",
            share.from == .distantPast ? "always" : share.from.description,
            share.to?.description ?? "",
          ]
        }, rightAligned: [2, 3])
      let missing = Set(rows.filter { $0.share.ownership == nil }.map(\.property.id)).count
      if missing > 0 {
        MonthOptions.note([
          "\(missing) properties have owners whose shares nobody has entered: `ownership set`."
        ])
      }
    }
    return .done
  }

  private static func history(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let ledger = try workspace.onStore { store throws(StorageError) in try store.ledger() }
    let only = try MonthOptions.property(invocation, ledger).map { ledger.properties[$0].localID }
    let changes = try workspace.onStore { store throws(StorageError) in
      try store.ownershipChanges(property: only)
    }
    // What stands there was written by this program as JSON.
    func shares(_ text: String) -> JSONValue {
      (try? JSONValue(parsing: text)) ?? .string(text)
    }
    if invocation.isJSON {
      Output.document(
        "ownership history",
        [
          "changes": .array(
            changes.map {
              [
                "property_id": MonthOptions.id($0.propertyID),
                "from": $0.from == .distantPast ? .null : .string($0.from.description),
                "before": shares($0.before), "after": shares($0.after),
                "reason": .string($0.reason), "actor": .string($0.actor),
                "at": .string($0.at.description),
              ]
            })
        ])
    } else {
      func words(_ text: String) -> String {
        (shares(text).object?.members ?? []).map { "\($0.key) \($0.value.string ?? "")" }
          .joined(separator: ", ")
      }
      Output.table(
        ["At", "Who", "Property", "From", "Before", "After", "Reason"],
        changes.map {
          [
            $0.at.description, $0.actor, "\($0.propertyID) \($0.propertyName)",
            $0.from == .distantPast ? "always" : $0.from.description, words($0.before),
            words($0.after), $0.reason,
          ]
        })
    }
    return .done
  }

  // MARK: Deciding

  private static func set(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let actor = MonthOptions.actor(invocation, workspace)
    let ledger = try workspace.onStore { store throws(StorageError) in try store.ledger() }
    let id = invocation.positionals[0]
    guard let number = ledger.property(id) else { throw .usage("There is no property \(id).") }
    let property = ledger.properties[number]
    var entries: [ShareEntry] = []
    for text in invocation.positionals.dropFirst() { entries.append(try entry(text, ledger)) }
    let from = try date(invocation, "--from") ?? .distantPast
    let (chosen, reason) = (entries, invocation.text("--reason") ?? "")
    let problem = try workspace.onStore { store throws(StorageError) in
      try store.setOwnership(
        property: property.localID, chosen, from: from, reason: reason, actor: actor)
    }
    if let problem {
      throw Failure("refused", "\(property.name): \(problem)", hint: "Nothing was changed.")
    }
    return StoreCommands.done(
      invocation,
      [
        "property_id": MonthOptions.id(property.id), "owners": .int(entries.count),
        "from": from == .distantPast ? .null : .string(from.description),
      ],
      "\(property.name) has \(entries.count) owners"
        + (from == .distantPast ? "." : " from \(from)."))
  }

  /// Reads `21=60` or `21=60/50`: an owner's number, the share of income, the share of payments.
  private static func entry(_ text: String, _ ledger: LedgerSnapshot) throws(Failure) -> ShareEntry
  {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let shares = parts.count == 2 ? parts[1].split(separator: "/", maxSplits: 1) : []
    guard let first = shares.first, let ownership = Percent(String(first)),
      let disbursement = Percent(String(shares.last ?? first)), ownership <= .whole,
      disbursement <= .whole
    else {
      throw .usage("“\(text)” is no share; write OWNER=60, or OWNER=60/50 with what is paid out.")
    }
    let owner = try MonthOptions.owner(String(parts[0]), ledger)
    return ShareEntry(
      owner: ledger.owners[owner].localID, ownership: ownership, disbursement: disbursement)
  }

  private static func equal(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let actor = MonthOptions.actor(invocation, workspace)
    let ledger = try workspace.onStore { store throws(StorageError) in try store.ledger() }
    let only = try MonthOptions.property(invocation, ledger).map { ledger.properties[$0].localID }
    let reason = invocation.text("--reason") ?? "equal shares"
    let count = try workspace.onStore { store throws(StorageError) in
      try store.shareEqually(property: only, reason: reason, actor: actor)
    }
    return StoreCommands.done(
      invocation, ["properties": .int(count)], "\(count) properties are shared equally now.")
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
}
