import Domain

/// The merge of one pair of records: what both last agreed on, what each side shows, the rules and
/// a person's choices go in, and a plan comes out.
///
/// Pure and symmetric: swapping the sides of the input swaps the sides of the plan. Applying a plan
/// and merging again gives ``MergePlan/Action/none``.
public func merge(_ input: MergeInput) -> MergePlan { Merging(input: input).plan() }

/// One merge under way: the rules for whole records. Those for fields are in `MergeFields.swift`.
struct Merging {
  let input: MergeInput

  func plan() -> MergePlan {
    let seen = input.seen
    if !seen.left.isSeen || !seen.right.isSeen { return unread() }
    switch input.base {
    case .tombstone:
      guard seen.left.isPresent || seen.right.isPresent else {
        return MergePlan(.none, base: .tombstone)
      }
      return resurrected()
    case .never:
      switch (seen.left.isPresent, seen.right.isPresent) {
      case (false, false): return MergePlan(.none, base: .never)
      case (true, true): return link()
      case (true, false): return create(on: .right)
      case (false, true): return create(on: .left)
      }
    case .fields(let base):
      switch (seen.left.isPresent, seen.right.isPresent) {
      case (false, false): return MergePlan(.forget, base: .tombstone)
      case (true, true): return mergeFields(base, isLink: false)
      case (true, false): return deleted(on: .right, base)
      case (false, true): return deleted(on: .left, base)
      }
    }
  }

  /// The fields a side shows that can be read there.
  func readable(_ side: Side) -> [String] {
    input.seen[side].fields.keys.filter { !input.seen[side].unreadable.contains($0) }.sorted()
  }

  // MARK: A side was not read

  /// Nothing is concluded: if the side that was read did not change, there is nothing to do, and
  /// otherwise the other must be read first.
  private func unread() -> MergePlan {
    var plan = MergePlan(.none, base: input.base)
    for side in Side.allCases where !input.seen[side].isSeen && input.seen[side.other].isSeen {
      if isChanged(side.other) {
        plan.action = .fetch
        plan.fetch.append(side)
      }
    }
    return plan
  }

  private func isChanged(_ side: Side) -> Bool {
    switch input.base {
    case .never, .tombstone: input.seen[side].isPresent
    case .fields(let base): !input.seen[side].isPresent || isEdited(side, since: base)
    }
  }

  /// Whether a field that can be read differs from what was last in step.
  private func isEdited(_ side: Side, since base: Sides<FieldValues>) -> Bool {
    let seen = input.seen[side]
    return Set(seen.fields.keys).union(base[side].keys).contains {
      !seen.unreadable.contains($0) && (seen.fields[$0] ?? .null) != (base[side][$0] ?? .null)
    }
  }

  // MARK: The whole record waits for a person

  private func recordConflict(_ kind: MergePlan.Conflict.Kind) -> MergePlan.Conflict {
    var base: Sides<ConflictValue>?
    if case .fields(let fields) = input.base { base = fields.map(ConflictValue.record) }
    return MergePlan.Conflict(
      field: nil, kind: kind, base: base,
      values: input.seen.map { $0.isPresent ? .record($0.fields) : .none })
  }

  private func hold(_ kind: MergePlan.Conflict.Kind) -> MergePlan {
    var plan = MergePlan(.conflictRecord, base: input.base)
    let conflict = recordConflict(kind)
    plan.conflicts = [conflict]
    if let choice = recordChoice, choice.seen != conflict.values { plan.staleChoices = [nil] }
    return plan
  }

  private var recordChoice: Choice? { input.choices.last { $0.field == nil } }

  /// A person's choice on the whole record, when it was made on what stands now: the side whose
  /// state is to hold.
  private func chosenSide(_ kind: MergePlan.Conflict.Kind) -> Side? {
    guard let choice = recordChoice, choice.seen == recordConflict(kind).values else { return nil }
    return switch choice.pick {
    case .left: .left
    case .right: .right
    case .base, .value: nil
    }
  }

  private func resurrected() -> MergePlan {
    guard let side = chosenSide(.resurrected) else { return hold(.resurrected) }
    if input.seen[side].isPresent {
      return input.seen[side.other].isPresent
        ? mergeFields(Sides(both: [:]), isLink: true) : create(on: side.other)
    }
    return input.abilities[side.other].canDelete ? delete(on: side.other) : detach(on: side.other)
  }

  // MARK: No base

  private var isAmbiguous: Bool { input.matches.left > 1 || input.matches.right > 1 }

  private func link() -> MergePlan {
    isAmbiguous ? hold(.ambiguousMatch) : mergeFields(Sides(both: [:]), isLink: true)
  }

  private func create(on side: Side) -> MergePlan {
    if isAmbiguous { return hold(.ambiguousMatch) }
    guard input.abilities[side].canCreate else { return MergePlan(.blocked, base: input.base) }
    guard input.isParentLinked else { return MergePlan(.deferParent, base: input.base) }
    var plan = MergePlan(.create(side), base: .never)
    var base = Sides<FieldValues>(both: [:])
    for name in fieldNames(Sides(both: [:])) {
      if isUnreadable(name) {
        plan.skipped.append(name)
        continue
      }
      let value = input.seen[side.other].fields[name] ?? .null
      base[side.other][name] = value
      if input.policy.rules(of: name).direction.flows(from: side.other) {
        base[side][name] = value
        // A field that is empty need not be said of a record that does not exist yet.
        if !value.isNull { plan.set[side][name] = value }
      } else {
        base[side][name] = .null
      }
    }
    plan.base = .fields(base)
    return plan
  }

  // MARK: Gone on one side

  private func deleted(on side: Side, _ base: Sides<FieldValues>) -> MergePlan {
    let isEdited = isEdited(side.other, since: base)
    let kind: MergePlan.Conflict.Kind = isEdited ? .deleteVsEdit : .delete
    if let chosen = chosenSide(kind) {
      return settleDeletion(on: side, base, isPropagated: chosen == side)
    }
    if isEdited {
      switch input.policy.deletedAndEdited {
      case .manual: return hold(.deleteVsEdit)
      case .editWins: return settleDeletion(on: side, base, isPropagated: false)
      case .deleteWins: return settleDeletion(on: side, base, isPropagated: true)
      }
    }
    switch input.policy.onDelete[side] {
    case .manual: return hold(.delete)
    case .detach: return detach(on: side.other)
    case .restore: return settleDeletion(on: side, base, isPropagated: false)
    case .propagate: return settleDeletion(on: side, base, isPropagated: true)
    }
  }

  /// What a side cannot do falls to ``MergePolicy/undeletable``, and what cannot be made again is
  /// detached.
  private func settleDeletion(
    on side: Side, _ base: Sides<FieldValues>, isPropagated: Bool
  ) -> MergePlan {
    if isPropagated, input.abilities[side.other].canDelete { return delete(on: side.other) }
    let isRestored = !isPropagated || input.policy.undeletable == .restore
    guard isRestored, input.abilities[side].canCreate else { return detach(on: side.other) }
    guard input.isParentLinked else { return MergePlan(.deferParent, base: input.base) }
    return restore(on: side, base)
  }

  private func restore(on side: Side, _ base: Sides<FieldValues>) -> MergePlan {
    var plan = MergePlan(.restore(side), base: .never)
    var next = Sides<FieldValues>(both: [:])
    for name in fieldNames(base) {
      if isUnreadable(name) {
        plan.skipped.append(name)
        continue
      }
      let kept = input.seen[side.other].fields[name] ?? .null
      var value = kept
      let rules = input.policy.rules(of: name)
      if !rules.direction.flows(from: side.other) {
        // The side that lost the record owns the field: its own last value returns.
        value = base[side][name] ?? .null
        let isForeignEdit = kept != (base[side.other][name] ?? .null)
        if isForeignEdit, rules.foreignEdit == .revert, kept != value,
          input.abilities[side.other].canUpdate
        {
          plan.set[side.other][name] = value
          plan.losses.append(
            MergePlan.Loss(
              field: name, kind: .overwritten, side: side.other, value: .value(kept)))
        }
      }
      if !value.isNull { plan.set[side][name] = value }
      next[side][name] = value
      next[side.other][name] = plan.set[side.other][name] ?? kept
    }
    plan.base = .fields(next)
    return plan
  }

  private func delete(on side: Side) -> MergePlan {
    lose(.delete(side), .deletedRecord, on: side)
  }

  private func detach(on side: Side) -> MergePlan { lose(.detach, .detachedRecord, on: side) }

  private func lose(
    _ action: MergePlan.Action, _ kind: MergePlan.Loss.Kind, on side: Side
  ) -> MergePlan {
    var plan = MergePlan(action, base: .tombstone)
    plan.losses = [
      MergePlan.Loss(
        field: nil, kind: kind, side: side, value: .record(input.seen[side].fields))
    ]
    return plan
  }
}
