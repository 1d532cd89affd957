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

  /// The differences, by field; none when the sides are equal.
  func differences(_ fields: [String]) -> [ReconciliationReport.Difference] {
    switch (left, right) {
    case (nil, nil): return []
    case (.some, nil):
      // A row that was there and is not any more was removed by somebody: nothing sends it again.
      return [whole(.onlyLeft, isComing: isDirty && !wasThere)]
    case (nil, .some): return [whole(.onlyRight, isComing: isDirty)]
    case (.some(let left), .some(let right)):
      if isDoubled { return [whole(.onlyRight, isComing: false)] }
      let found = fields.sorted().compactMap { field -> ReconciliationReport.Difference? in
        let (a, b) = (left[field] ?? .null, right[field] ?? .null)
        guard !RowPlan.isSame(a, b) else { return nil }
        // Only what differs from the base is sent: a value changed at the sink alone stays there.
        let isComing = isDirty && !RowPlan.isSame(a, base[field] ?? .null)
        return ReconciliationReport.Difference(
          key: key, field: field, left: a, right: b, standing: .differs,
          reason: conflicts.contains(field) ? .conflict : reason(isComing: isComing))
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
    let reason = reason(isComing: isComing)
    return ReconciliationReport.Difference(
      key: key, field: nil, left: .null, right: .null,
      standing: reason == .pending ? .inFlight : standing, reason: reason)
  }

  private func reason(isComing: Bool) -> ReconciliationReport.Reason {
    switch waiting {
    case .refused, .duplicate, .missing, .discarded, .parent: .refused
    case .links, nil: isComing ? .pending : .unknown
    }
  }
}
