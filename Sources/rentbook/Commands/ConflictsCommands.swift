import Domain
import Storage
import Sync

/// `rentbook conflicts`: what two sides disagree on, and settling it.
enum ConflictsCommands {
  static let specs = [
    CommandSpec("conflicts", "What Buildium and Airtable disagree on.", run: list),
    CommandSpec(
      "conflicts list",
      options: [
        OptionSpec("--resource", "R", "Only of this resource."),
        OptionSpec("--field-name", "F", "Only over this field."),
      ], "What Buildium and Airtable disagree on.", run: list),
    CommandSpec("conflicts show", "ID", "One conflict with its record's history.", run: show),
    CommandSpec(
      "conflicts resolve", "[ID]",
      options: [
        OptionSpec("--keep", "SIDE", "buildium, airtable, local or base."),
        OptionSpec("--field", "F=SIDE", isRepeated: true, "The side for one field of the record."),
        OptionSpec("--set", "F=VALUE", isRepeated: true, "A value of your own for a field."),
        OptionSpec("--all", "All that wait, of a resource or field when named."),
        OptionSpec("--resource", "R", "With --all: only of this resource."),
        OptionSpec("--field-name", "F", "With --all: only over this field."),
        OptionSpec("--preview", "Say what would be written where; choose nothing."),
      ], "Choose what is kept; the next sync sends it.", run: resolve),
    CommandSpec("conflicts undo", "ID", "Take a choice back that was not sent yet.", run: undo),
    CommandSpec("conflicts stats", "How conflicts were settled so far.", run: statistics),
  ]

  // MARK: Looking

  private static func list(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let filter = try filter(invocation)
    let rows = try refusing { () throws(ConflictDesk.Refusal) in
      try ConflictDesk(workspace.store).list(filter.resource, field: filter.field)
    }
    if invocation.isJSON {
      Output.document("conflicts list", ["conflicts": .array(rows.map(json))])
    } else if rows.isEmpty {
      Output.line("Nothing waits: both sides agree.")
    } else {
      Output.table(
        ["Id", "Record", "Field", "Base", "Buildium", "Airtable", "Since", "Rule", "Choice"],
        rows.map { row in
          [
            String(row.id), row.key.description, row.field ?? "(record)", text(row.baseLeft),
            text(row.left), text(row.right), row.detectedAt.secondsText, row.rule.rawValue,
            row.choice.map { side($0) } ?? (row.refusal == nil ? "" : "refused"),
          ]
        })
      for row in rows {
        guard row.state == .open, let refusal = row.refusal else { continue }
        Output.line(
          TerminalText.harmless("\(row.id): \(refusal) Choose again, the same or another."))
      }
    }
    return rows.contains { $0.state == .open } ? .needsPerson : .done
  }

  private static func show(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let id = try number(invocation.positionals[0])
    let (row, history) = try refusing { () throws(ConflictDesk.Refusal) in
      try ConflictDesk(workspace.store).show(id)
    }
    if invocation.isJSON {
      Output.document(
        "conflicts show", ["conflict": json(row), "history": .array(history.map(json))])
    } else {
      Output.line("\(row.key) \(row.field ?? "(the whole record)"): \(row.kind)")
      Output.table(
        ["", "Value", "When"],
        [
          ["Last in step", text(row.baseLeft ?? row.baseRight), ""],
          ["Buildium", text(row.left), row.leftAt?.secondsText ?? "not known"],
          ["Airtable", text(row.right), row.rightAt?.secondsText ?? "not known"],
          ["Choice", row.choice.map { side($0) } ?? "none", row.chosenAt?.secondsText ?? ""],
        ])
      if let refusal = row.refusal, row.state == .open {
        Output.line(TerminalText.harmless("The last choice was refused: \(refusal)"))
      }
      for entry in history {
        Output.line(
          TerminalText.harmless(
            "\(entry.at.secondsText)  \(entry.actor)  \(entry.kind.rawValue)  \(entry.service.title)"
              + "  \(entry.field ?? "")  \(text(entry.old)) → \(text(entry.new))  \(entry.note)"))
      }
    }
    return .done
  }

  // MARK: Choosing

  private static func resolve(_ invocation: Invocation) throws(Failure) -> ExitCode {
    guard invocation.flag("--all") != !invocation.positionals.isEmpty else {
      throw .usage("Name one conflict, or say --all.")
    }
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let desk = ConflictDesk(workspace.store)
    let decisions = try decisions(invocation, desk)
    let writes = try refusing { () throws(ConflictDesk.Refusal) in try desk.preview(decisions) }
    var rows: [ConflictRow] = []
    if !invocation.flag("--preview") {
      rows = try refusing { () throws(ConflictDesk.Refusal) in
        try desk.decide(decisions, by: workspace.configuration.user)
      }
    }
    if invocation.isJSON {
      Output.document(
        "conflicts resolve",
        [
          "count": .int(rows.count), "conflicts": .array(rows.map(json)),
          "writes": .array(writes.map(json)),
        ])
    } else {
      for write in writes {
        for change in write.changes {
          Output.line(
            TerminalText.harmless(
              "\(write.service.title)  \(write.key)  \(change.field): "
                + "\(text(change.before.json)) → \(text(change.after.json))"))
        }
        if write.changes.isEmpty {
          Output.line("\(write.service.title)  \(write.key)  \(write.action.rawValue)")
        }
      }
      Output.line(
        invocation.flag("--preview")
          ? "\(writes.count) writes; nothing was chosen."
          : "\(rows.count) chosen. The next sync sends it; until then `rentbook conflicts undo ID` "
            + "takes it back.")
    }
    return .done
  }

  private static func decisions(
    _ invocation: Invocation, _ desk: ConflictDesk
  ) throws(Failure) -> [ConflictDesk.Decision] {
    let keep = try invocation.text("--keep").map { (word) throws(Failure) in try outcome(word) }
    if invocation.flag("--all") {
      guard let keep else { throw .usage("With --all say --keep and which side.") }
      let filter = try filter(invocation)
      let rows = try refusing { () throws(ConflictDesk.Refusal) in
        try desk.list(filter.resource, field: filter.field)
      }
      return rows.filter { $0.state != .sending }.map {
        ConflictDesk.Decision(id: $0.id, pick: keep)
      }
    }
    let id = try number(invocation.positionals[0])
    let (row, _) = try refusing { () throws(ConflictDesk.Refusal) in try desk.show(id) }
    let record = try refusing { () throws(ConflictDesk.Refusal) in
      try desk.list(row.resource).filter { $0.localID == row.localID }
    }
    func conflict(_ field: String) throws(Failure) -> Int64 {
      guard let found = record.first(where: { $0.field == field }) else {
        throw failure(.noSuchField(id, field))
      }
      return found.id
    }
    var decisions: [ConflictDesk.Decision] = []
    for text in invocation.texts("--field") {
      let (field, word) = try pair(text, "--field F=SIDE")
      decisions.append(
        ConflictDesk.Decision(id: try conflict(field), pick: try outcome(word)))
    }
    for text in invocation.texts("--set") {
      let (field, value) = try pair(text, "--set F=VALUE")
      decisions.append(
        ConflictDesk.Decision(id: try conflict(field), pick: .value, value: value))
    }
    if let keep, !decisions.contains(where: { $0.id == id }) {
      decisions.append(ConflictDesk.Decision(id: id, pick: keep))
    }
    guard !decisions.isEmpty else {
      throw .usage("Say what to keep: --keep SIDE, --field F=SIDE or --set F=VALUE.")
    }
    return decisions
  }

  private static func undo(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let id = try number(invocation.positionals[0])
    let rows = try refusing { () throws(ConflictDesk.Refusal) in
      try ConflictDesk(workspace.store).decide(
        [ConflictDesk.Decision(id: id, pick: nil)], by: workspace.configuration.user)
    }
    if invocation.isJSON {
      Output.document("conflicts undo", ["conflicts": .array(rows.map(json))])
    } else {
      Output.line("The choice is taken back; the conflict waits again.")
    }
    return .done
  }

  // MARK: How it went

  private static func statistics(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let all = try refusing { () throws(ConflictDesk.Refusal) in
      try ConflictDesk(workspace.store).statistics()
    }
    if invocation.isJSON {
      func counts(_ counts: [ConflictDesk.Statistics.Count], _ name: String) -> JSONValue {
        .array(
          counts.map {
            var row = JSONObject()
            row[name] = .string($0.name)
            row["found"] = .int($0.found)
            row["settled"] = .int($0.settled)
            return .object(row)
          })
      }
      Output.document(
        "conflicts stats",
        [
          "open": .int(all.open), "chosen": .int(all.chosen), "settled": .int(all.settled),
          "median_seconds_to_resolve": all.medianSecondsToSettle.map { .int($0) } ?? .null,
          "longest_seconds_to_resolve": all.longestSecondsToSettle.map { .int($0) } ?? .null,
          "by_field": counts(all.byField, "field"), "by_policy": counts(all.byPolicy, "policy"),
          "by_outcome": .array(
            all.byOutcome.map {
              [
                "outcome": .string(
                  ConflictRow.Outcome(rawValue: $0.name).map { side($0) } ?? $0.name),
                "count": .int($0.found),
              ]
            }),
          "trend": counts(all.byDay, "day"),
        ])
      return .done
    }
    Output.line("\(all.open) wait, \(all.chosen) are chosen, \(all.settled) are settled.")
    if let median = all.medianSecondsToSettle, let longest = all.longestSecondsToSettle {
      Output.line("Half were chosen within \(median) s; the longest took \(longest) s.")
    }
    for (title, counts) in [
      ("Field", all.byField), ("Policy", all.byPolicy), ("Day", all.byDay),
    ] where !counts.isEmpty {
      Output.line("")
      Output.table(
        [title, "Found", "Settled"],
        counts.map { [$0.name, String($0.found), String($0.settled)] }, rightAligned: [1, 2])
    }
    return .done
  }

  // MARK: Words

  private static func filter(
    _ invocation: Invocation
  ) throws(Failure) -> (resource: Resource?, field: String?) {
    var resource: Resource?
    if let name = invocation.text("--resource") {
      guard let found = Resource(name: name) else {
        throw .usage(
          "There is no resource “\(name)”.",
          hint: "There are: \(Resource.mirrored.map(\.rawValue).joined(separator: ", "))")
      }
      resource = found
    }
    return (resource, invocation.text("--field-name"))
  }

  private static func number(_ text: String) throws(Failure) -> Int64 {
    guard let id = Int64(text) else {
      throw .usage("“\(text)” is no conflict.", hint: "`rentbook conflicts list` shows the ids.")
    }
    return id
  }

  private static func pair(_ text: String, _ form: String) throws(Failure) -> (String, String) {
    guard let sign = text.firstIndex(of: "=") else { throw .usage("\(form), not “\(text)”.") }
    return (String(text[..<sign]), String(text[text.index(after: sign)...]))
  }

  /// A side as people name it. What Rentbook holds is what Buildium last said.
  private static func outcome(_ word: String) throws(Failure) -> ConflictRow.Outcome {
    switch word {
    case "buildium", "local", "left": return .left
    case "airtable", "right": return .right
    case "base": return .base
    case "propertyme":
      throw .usage("PropertyMe has no part in these records.", hint: "Keep buildium or airtable.")
    default:
      throw .usage(
        "There is no side “\(word)”.", hint: "There are: buildium, airtable, local, base.")
    }
  }

  private static func side(_ outcome: ConflictRow.Outcome) -> String {
    switch outcome {
    case .left: "buildium"
    case .right: "airtable"
    case .base: "base"
    case .value: "value"
    case .gone: "gone"
    }
  }

  private static func text(_ value: JSONValue?) -> String {
    switch value {
    case nil: "(none)"
    case .null?: "(empty)"
    case .string(let text)?: text
    case .some(let value): value.text
    }
  }

  static func json(_ row: ConflictRow) -> JSONValue {
    [
      "id": .string(String(row.id)), "resource": .string(row.resource.rawValue),
      "record_id": .string(row.key.id), "key": .string(row.key.description),
      "field": .optional(row.field), "kind": .string(row.kind),
      "base": row.baseLeft ?? row.baseRight ?? .null, "buildium": row.left ?? .null,
      "airtable": row.right ?? .null, "local": row.left ?? .null,
      "detected_at": .string(row.detectedAt.description), "default": .string(row.rule.rawValue),
      "buildium_at": .optional(row.leftAt?.description),
      "airtable_at": .optional(row.rightAt?.description), "state": .string(row.state.rawValue),
      "choice": .optional(row.choice.map { side($0) }), "choice_value": row.choiceValue ?? .null,
      "chosen_by": .optional(row.chosenBy), "chosen_at": .optional(row.chosenAt?.description),
      "settled_at": .optional(row.settledAt?.description),
      "outcome": .optional(row.outcome.map { side($0) }), "refusal": .optional(row.refusal),
    ]
  }

  private static func json(_ entry: JournalEntry) -> JSONValue {
    [
      "at": .string(entry.at.description), "actor": .string(entry.actor),
      "action": .string(entry.kind.rawValue), "service": .string(entry.service.rawValue),
      "field": .optional(entry.field), "from": entry.old ?? .null, "to": entry.new ?? .null,
      "reason": .string(entry.note), "hash": .string(entry.hash),
    ]
  }

  private static func json(_ write: PlannedWrite) -> JSONValue {
    [
      "service": .string(write.service.rawValue),
      "resource": .string(write.key.resource.rawValue), "record_id": .string(write.key.id),
      "key": .string(write.key.description), "action": .string(write.action.rawValue),
      "fields": .array(
        write.changes.map {
          ["field": .string($0.field), "before": $0.before.json, "after": $0.after.json]
        }),
    ]
  }

  private static func refusing<Value>(
    _ body: () throws(ConflictDesk.Refusal) -> Value
  ) throws(Failure) -> Value {
    do throws(ConflictDesk.Refusal) { return try body() } catch { throw failure(error) }
  }

  /// A refusal of the desk in words.
  static func failure(_ refusal: ConflictDesk.Refusal) -> Failure {
    switch refusal {
    case .unknown(let id):
      .usage("There is no conflict \(id).", hint: "`rentbook conflicts list` shows the ids.")
    case .settled(let id):
      Failure("refused", "Conflict \(id) is over; both sides agree by now.")
    case .sending(let id):
      Failure(
        "refused", "The choice on conflict \(id) is on its way and cannot be taken back.",
        hint: "Change the value where you want it to be; it is merged with the next sync.")
    case .notChosen(let id): Failure("refused", "Nothing was chosen on conflict \(id) yet.")
    case .changed(let row):
      Failure(
        "stale", "The values of conflict \(row.id) are not those that were shown.",
        hint: "`rentbook conflicts show \(row.id)` shows what stands now.")
    case .wholeRecord(let id):
      .usage("Conflict \(id) is about a whole record: keep buildium or airtable.")
    case .unfit(let field, let value): .usage("“\(value)” does not fit the field \(field).")
    case .noSuchField(let id, let field):
      .usage("The record of conflict \(id) has no open conflict over “\(field)”.")
    case .store(let message): Failure("store", "The store failed: \(message)")
    }
  }
}
