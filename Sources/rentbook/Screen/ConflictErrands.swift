// What the Conflicts pane asks for, carried out with the desk that the commands use too.
import Domain
import Interface
import Storage
import Sync

extension ScreenRunner {
  /// The kind of the undo journal's entries about choices.
  static let conflictUndo = "conflicts"

  /// Tells the undo journal how choices are taken back and made again; once, before the first.
  func registerConflictUndo() {
    let desk = ConflictDesk(workspace.store)
    let person = workspace.configuration.user
    undo.register(Self.conflictUndo) { payload, isRedo throws(Failure) in
      let decisions = (payload.array ?? []).compactMap { ConflictErrands.decision($0) }.map {
        isRedo ? $0 : ConflictDesk.Decision(id: $0.id, pick: nil)
      }
      do throws(ConflictDesk.Refusal) {
        try desk.decide(decisions, by: person)
      } catch { throw ConflictsCommands.failure(error) }
    }
  }

  /// Carries out an errand of the Conflicts pane.
  func carryOut(_ errand: ConflictErrand, _ ticket: Ticket) {
    if case .load = errand { return loadConflicts(ticket) }
    self.errand { [self] () throws(Failure) in
      do throws(Failure) {
        post(.conflicts(try answer(errand), ticket))
      } catch {
        post(.unanswered(ticket, error.message, hint: error.hint))
      }
    }
  }

  private func loadConflicts(_ ticket: Ticket) {
    let desk = ConflictDesk(workspace.store)
    records.ask(ticket) { reader throws(StorageError) in
      let rows: [ConflictRow]
      do throws(ConflictDesk.Refusal) { rows = try desk.list() } catch {
        let failure = ConflictsCommands.failure(error)
        return .unanswered(ticket, failure.message, hint: failure.hint)
      }
      var titles: [RemoteKey: String] = [:]
      var places: [RemoteKey: RecordWhereabouts] = [:]
      var items: [ConflictItem] = []
      for row in rows {
        if titles[row.key] == nil, let list = ListName(rawValue: row.resource.rawValue) {
          let record = RecordReference(list, "\(row.localID)")
          titles[row.key] = try reader.title(record)
          places[row.key] = try reader.whereabouts(of: record)
        }
        var item = ConflictErrands.item(row, titles[row.key])
        item.properties = places[row.key]?.properties ?? []
        item.vendor = places[row.key]?.vendor
        items.append(item)
      }
      return .conflicts(.list(items), ticket)
    }
  }

  private func answer(_ errand: ConflictErrand) throws(Failure) -> ConflictNews {
    if case .rules = errand { return try rules(nil) }
    if case .setRule(let rule) = errand { return try rules(rule) }
    let desk = ConflictDesk(workspace.store)
    do throws(ConflictDesk.Refusal) {
      switch errand {
      case .load, .rules, .setRule: return .list([])
      case .preview(let choices):
        var writes: [Interface.PlannedWrite] = []
        var stale: [Int64] = []
        for choice in choices {
          do throws(ConflictDesk.Refusal) {
            writes += try desk.preview([ConflictErrands.decision(choice)])
              .map(Interface.PlannedWrite.init)
          } catch {
            switch error {
            case .changed, .settled, .sending, .unknown: stale.append(choice.id)
            default: throw error
            }
          }
        }
        return .preview(writes, stale: stale)
      case .apply(let choices): return try apply(choices, desk)
      case .journal(let id):
        return .journal(try desk.show(id).1.map(ConflictErrands.line))
      case .statistics: return .statistics(ConflictErrands.lines(try desk.statistics()))
      }
    } catch { throw ConflictsCommands.failure(error) }
  }

  /// Sets a rule, where one is given; the rules as they stand then.
  private func rules(_ changed: ConflictRule?) throws(Failure) -> ConflictNews {
    let now = Instant(milliseconds: workspace.clock.wallMilliseconds)
    if let changed, let policy = RulePolicy(rawValue: changed.policy) {
      let rule = SyncRule(
        resource: changed.resource, field: changed.field, policy: policy,
        isActive: changed.isActive, setBy: workspace.configuration.user, setAt: now)
      try workspace.onStore { store throws(StorageError) in
        try store.writeSync { records throws(StorageError) in try records.set(rule) }
      }
    }
    let known = try workspace.onStore { store throws(StorageError) in
      try store.readSync { state throws(StorageError) in try state.rules() }
    }
    return .rules(
      known.map {
        ConflictRule(
          $0.resource, field: $0.field, policy: $0.policy.rawValue, isActive: $0.isActive,
          setBy: $0.setBy)
      })
  }

  private func apply(
    _ choices: [ConflictChoice], _ desk: ConflictDesk
  ) throws(ConflictDesk.Refusal) -> ConflictNews {
    let decisions = choices.map(ConflictErrands.decision)
    let (taken, stale) = try desk.decideUnchanged(decisions, by: workspace.configuration.user)
    guard !taken.isEmpty else { return .applied(count: 0, stale: stale) }
    noteDecision()
    let ids = Set(taken.map(\.id))
    let payload = decisions.filter { ids.contains($0.id) }.map(ConflictErrands.json)
    let title = "settle \(taken.count) conflict\(taken.count == 1 ? "" : "s")"
    do throws(Failure) {
      try undo.record(
        UndoJournal.Entry(title: title, kind: Self.conflictUndo, payload: .array(payload)))
      post(.undoable(try undo.undoable()))
    } catch {
      // The choices stand; only the way back by key is missing, and the person is told.
      post(.effectFailed("\(title) cannot be undone by key: \(error.message)", hint: error.hint))
    }
    return .applied(count: taken.count, stale: stale)
  }
}

/// Conflicts and choices between the desk and the screen.
enum ConflictErrands {
  static func item(_ row: ConflictRow, _ title: String?) -> ConflictItem {
    let rule: ConflictItem.Rule =
      switch row.rule {
      case .manual: .person
      case .newest: .newer
      case .buildium: .buildium
      case .airtable: .airtable
      }
    let state: ConflictItem.State =
      switch row.state {
      case .open, .settled: .open
      case .staged: .chosen
      case .sending: .sending
      }
    let choice: ConflictChoice.Pick? =
      switch row.choice {
      case .left: .buildium
      case .right: .airtable
      case .base: .base
      case .value: .value(typed(row.choiceValue))
      case .gone, nil: nil
      }
    var item = ConflictItem(
      id: row.id, key: row.key, title: title ?? row.key.description, localID: "\(row.localID)",
      field: row.field, base: row.baseLeft ?? row.baseRight, buildium: row.left,
      airtable: row.right, buildiumAt: row.leftAt, airtableAt: row.rightAt, rule: rule,
      foundAt: row.detectedAt, state: state, choice: choice, chosenBy: row.chosenBy)
    if row.state == .open { item.refused = row.refusal }
    return item
  }

  private static func typed(_ value: JSONValue?) -> String {
    switch value {
    case nil, .null?: ""
    case .string(let text)?: text
    case .some(let value): value.text
    }
  }

  static func decision(_ choice: ConflictChoice) -> ConflictDesk.Decision {
    let shown = Sides<JSONValue?>(left: choice.buildium, right: choice.airtable)
    return switch choice.pick {
    case .buildium: ConflictDesk.Decision(id: choice.id, pick: .left, shown: shown)
    case .airtable: ConflictDesk.Decision(id: choice.id, pick: .right, shown: shown)
    case .base: ConflictDesk.Decision(id: choice.id, pick: .base, shown: shown)
    case .value(let text):
      ConflictDesk.Decision(id: choice.id, pick: .value, value: text, shown: shown)
    }
  }

  // What was shown is kept as lists, because a side without a record is not one with an empty field.
  static func json(_ decision: ConflictDesk.Decision) -> JSONValue {
    func side(_ value: JSONValue?) -> JSONValue { .array(value.map { [$0] } ?? []) }
    return [
      "id": .string(String(decision.id)), "pick": .optional(decision.pick?.rawValue),
      "value": .optional(decision.value), "left": side(decision.shown?.left ?? nil),
      "right": side(decision.shown?.right ?? nil),
    ]
  }

  static func decision(_ json: JSONValue) -> ConflictDesk.Decision? {
    guard let id = json["id"]?.string.flatMap({ Int64($0) }),
      let pick = json["pick"]?.string.flatMap({ ConflictRow.Outcome(rawValue: $0) })
    else { return nil }
    return ConflictDesk.Decision(
      id: id, pick: pick, value: json["value"]?.string,
      shown: Sides<JSONValue?>(
        left: json["left"]?.array?.first, right: json["right"]?.array?.first))
  }

  static func line(_ entry: JournalEntry) -> String {
    func text(_ value: JSONValue?) -> String { value.map { typed($0) } ?? "" }
    let change =
      entry.old == nil && entry.new == nil ? "" : "\(text(entry.old)) → \(text(entry.new))"
    return TerminalText.harmless(
      [
        entry.at.secondsText, entry.actor, entry.kind.rawValue, entry.service.title,
        entry.field ?? "", change, entry.note,
      ].filter { !$0.isEmpty }.joined(separator: "  "))
  }

  static func lines(_ all: ConflictDesk.Statistics) -> [String] {
    var lines = ["\(all.open) wait, \(all.chosen) are chosen, \(all.settled) are settled."]
    if let median = all.medianSecondsToSettle, let longest = all.longestSecondsToSettle {
      lines.append("Half were chosen within \(median) s; the longest took \(longest) s.")
    }
    for (title, counts) in [
      ("By field", all.byField), ("By policy", all.byPolicy), ("By choice", all.byOutcome),
      ("By day", all.byDay),
    ] where !counts.isEmpty {
      lines += ["", title]
      lines += counts.map { "  \($0.name): \($0.found) found, \($0.settled) settled" }
    }
    return lines
  }
}
