import Domain
import Storage

/// One record on both sides, with what is known of the way between them. Pure: no store, no clock.
struct RecordComparison {
  let key: RemoteKey
  /// What the sink should hold by the source; nil when the source has no such record.
  var left: FieldValues?
  /// What the sink holds; nil when it has no such row.
  var right: FieldValues?
  /// What was last agreed with the sink.
  var base: FieldValues = [:]
  /// Whether the record is to be looked at by the next synchronization.
  var isDirty = false
  /// Why it is not sent as it is.
  var waiting: SinkRow.Waiting?
  /// Whether a row of the record was known at the sink.
  var wasThere = false
  /// More rows carry its key.
  var isDoubled = false
  /// Fields both sides changed.
  var conflicts: Set<String> = []
  /// The record in the store; nil when it is not known here.
  var localID: LocalID?
  /// Fields edited at the sink that a synchronization has seen and not carried to the source yet.
  var edited: Set<String> = []
  /// A synchronization has seen that the sink's row was removed, and has not settled it yet.
  var isRemoved = false
  /// What a service said when it refused a write, by field; under the empty name of the record.
  var refusals: [String: String] = [:]

  /// The differences, by field; none when the sides are equal.
  func differences(_ fields: [String]) -> [ReconciliationReport.Difference] {
    switch (left, right) {
    case (nil, nil): return []
    case (.some, nil):
      // A row that was there and is not any more was removed by somebody: nothing sends it again.
      // Unless a synchronization has seen that: then the next one settles it by the rules.
      return [whole(.onlyLeft, isComing: isRemoved || (isDirty && !wasThere))]
    case (nil, .some): return [whole(.onlyRight, isComing: isDirty)]
    case (.some(let left), .some(let right)):
      if isDoubled { return [whole(.onlyRight, isComing: false)] }
      let found = fields.sorted().compactMap { field -> ReconciliationReport.Difference? in
        let (a, b) = (left[field] ?? .null, right[field] ?? .null)
        guard !RowPlan.isSame(a, b) else { return nil }
        // Only what differs from the base is sent: a value changed at the sink alone stays there.
        let isComing = isDirty && !RowPlan.isSame(a, base[field] ?? .null)
        let reason = reason(field, isComing: isComing || edited.contains(field))
        return ReconciliationReport.Difference(
          key: key, localID: localID, field: field, left: a, right: b, standing: .differs,
          reason: reason, note: note(reason, field, from: isComing ? .source : .sink))
      }
      guard !found.isEmpty, found.allSatisfy({ $0.reason == .pending }) else { return found }
      return found.map { difference in
        var difference = difference
        difference.standing = .inFlight
        return difference
      }
    }
  }

  private func whole(
    _ standing: ReconciliationReport.Standing, isComing: Bool
  ) -> ReconciliationReport.Difference {
    let reason = reason(nil, isComing: isComing)
    return ReconciliationReport.Difference(
      key: key, localID: localID, field: nil, left: .null, right: .null,
      standing: reason == .pending ? .inFlight : standing, reason: reason,
      note: note(reason, nil, from: .source))
  }

  private func reason(_ field: String?, isComing: Bool) -> ReconciliationReport.Reason {
    // A choice that was refused on its way is no open question any more.
    if refusals[field ?? ""] != nil || refusals[""] != nil { return .refused }
    if field.map(conflicts.contains) ?? !conflicts.isEmpty { return .conflict }
    switch waiting {
    case .refused, .duplicate, .missing, .discarded, .parent: return .refused
    case .links, nil: return isComing ? .pending : .unknown
    }
  }

  /// Which side the value comes from that is on its way.
  private enum Origin { case source, sink }

  private func note(
    _ reason: ReconciliationReport.Reason, _ field: String?, from origin: Origin
  ) -> String {
    switch reason {
    case .pending:
      if isRemoved { return "its row was removed; the next sync settles it by the rules" }
      return origin == .source ? "the next sync sends it" : "the next sync takes it in"
    case .conflict: return "waits for a choice in Conflicts"
    case .refused:
      if let text = refusals[field ?? ""] ?? refusals[""] { return text }
      switch waiting {
      case .duplicate: return "two rows carry its key"
      case .missing: return "its row was removed by somebody"
      case .discarded: return "put aside by a person until it changes"
      case .parent: return "waits for a record that was refused"
      case .refused, .links, nil: return "refused"
      }
    case .unknown:
      if isDoubled { return "two rows carry its key" }
      if left == nil { return "no such record at the source" }
      if right == nil { return wasThere ? "its row was removed by somebody" : "never sent" }
      return "changed on one side, not seen by a sync yet"
    }
  }
}
