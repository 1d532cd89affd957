import Domain

/// The merge of the fields of two records that are both there.
extension Merging {
  /// Every field either side or the base speaks of, in order.
  func fieldNames(_ base: Sides<FieldValues>) -> [String] {
    var names = Set(base.left.keys).union(base.right.keys)
    for side in Side.allCases {
      names.formUnion(input.seen[side].fields.keys)
      names.formUnion(input.seen[side].unreadable.intersection(base[side].keys))
    }
    return names.sorted()
  }

  /// Whether a field cannot be read on one of the sides: then it is left alone on both.
  func isUnreadable(_ name: String) -> Bool {
    input.seen.left.unreadable.contains(name) || input.seen.right.unreadable.contains(name)
  }

  /// Field by field. Records that are linked now have agreed on nothing yet, so an empty field gives
  /// way to one that is not.
  func mergeFields(_ base: Sides<FieldValues>, isLink: Bool) -> MergePlan {
    var plan = MergePlan(.none, base: .never)
    var next = base
    for name in fieldNames(base) {
      if isUnreadable(name) {
        plan.skipped.append(name)
        continue
      }
      let field = Field(
        name: name, base: base.map { $0[name] ?? .null },
        now: input.seen.map { $0.fields[name] ?? .null }, rules: input.policy.rules(of: name))
      let agreed = settle(field, &plan)
      next.left[name] = agreed.left
      next.right[name] = agreed.right
    }
    plan.base = .fields(next)
    if isLink {
      plan.action = .link
    } else if plan.isWriting {
      plan.action = .update
    } else if !isSame(next, base) {
      plan.action = .adopt
    }
    return plan
  }

  /// A field that is missing and one that is empty are the same.
  private func isSame(_ one: Sides<FieldValues>, _ two: Sides<FieldValues>) -> Bool {
    Side.allCases.allSatisfy { side in
      Set(one[side].keys).union(two[side].keys).allSatisfy {
        (one[side][$0] ?? .null) == (two[side][$0] ?? .null)
      }
    }
  }

  /// One field of a pair.
  private struct Field {
    let name: String
    let base: Sides<FieldValue>
    let now: Sides<FieldValue>
    let rules: MergePolicy.Field

    func isChanged(_ side: Side) -> Bool { now[side] != base[side] }
  }

  /// Decides one field and says what its base becomes.
  private func settle(_ field: Field, _ plan: inout MergePlan) -> Sides<FieldValue> {
    switch (field.isChanged(.left), field.isChanged(.right)) {
    case (false, false): return field.base
    case _ where field.now.left == field.now.right: return field.now
    case _ where input.asked.contains(field.name): return hold(field, .editVsEdit, &plan)
    case (true, false): return settle(field, changedOn: .left, &plan)
    case (false, true): return settle(field, changedOn: .right, &plan)
    case (true, true): return settleBoth(field, &plan)
    }
  }

  private func settle(
    _ field: Field, changedOn side: Side, _ plan: inout MergePlan
  ) -> Sides<FieldValue> {
    if field.rules.direction.flows(from: side) {
      return push(field, from: side, .overwritten, &plan)
    }
    switch field.rules.foreignEdit {
    case .ignore: return field.now
    case .revert: return push(field, from: side.other, .overwritten, &plan)
    }
  }

  private func settleBoth(_ field: Field, _ plan: inout MergePlan) -> Sides<FieldValue> {
    if let owner = field.rules.direction.owner {
      return push(field, from: owner, .overwritten, &plan)
    }
    switch field.rules.conflict {
    case .leftWins: return push(field, from: .left, .overwritten, &plan)
    case .rightWins: return push(field, from: .right, .overwritten, &plan)
    case .newest:
      if let newer = newerSide { return push(field, from: newer, .overwritten, &plan) }
      return hold(field, .editVsEdit, &plan)
    case .manual: return hold(field, .editVsEdit, &plan)
    }
  }

  /// The side whose edit was surely later; nil when the times overlap or one is unknown.
  private var newerSide: Side? {
    guard let left = input.seen.left.edited, let right = input.seen.right.edited else { return nil }
    if left.lowerBound > right.upperBound, isApart(left.lowerBound, right.upperBound) {
      return .left
    }
    if right.lowerBound > left.upperBound, isApart(right.lowerBound, left.upperBound) {
      return .right
    }
    return nil
  }

  private func isApart(_ later: Int64, _ earlier: Int64) -> Bool {
    let (gap, overflow) = later.subtractingReportingOverflow(earlier)
    return overflow || gap > input.policy.skew
  }

  /// Writes the value of `side` to the other.
  private func push(
    _ field: Field, from side: Side, _ kind: MergePlan.Loss.Kind, _ plan: inout MergePlan
  ) -> Sides<FieldValue> {
    write(field, Sides(both: field.now[side]), kind, &plan)
  }

  /// Writes a value per side where it is not there yet; what is overwritten and was not the base is
  /// put on record. A side that takes no changes has the whole field wait.
  private func write(
    _ field: Field, _ values: Sides<FieldValue>, _ kind: MergePlan.Loss.Kind,
    _ plan: inout MergePlan
  ) -> Sides<FieldValue> {
    let targets = Side.allCases.filter { field.now[$0] != values[$0] }
    guard targets.allSatisfy({ input.abilities[$0].canUpdate }) else {
      return hold(field, .notWritable, &plan)
    }
    for side in targets {
      plan.set[side][field.name] = values[side]
      if field.isChanged(side) {
        plan.losses.append(
          MergePlan.Loss(
            field: field.name, kind: kind, side: side, value: .value(field.now[side])))
      }
    }
    return values
  }

  /// Leaves the field for a person, unless one decided already on what stands now.
  private func hold(
    _ field: Field, _ kind: MergePlan.Conflict.Kind, _ plan: inout MergePlan
  ) -> Sides<FieldValue> {
    let seen = field.now.map(ConflictValue.value)
    if let choice = input.choices.last(where: { $0.field == field.name }) {
      if choice.seen != seen {
        plan.staleChoices.append(field.name)
      } else {
        let values: Sides<FieldValue> =
          switch choice.pick {
          case .left: Sides(both: field.now.left)
          case .right: Sides(both: field.now.right)
          case .base: field.base
          case .value(let value): Sides(both: value)
          }
        let canWrite = Side.allCases.allSatisfy {
          field.now[$0] == values[$0] || input.abilities[$0].canUpdate
        }
        if canWrite { return write(field, values, .resolved, &plan) }
      }
    }
    plan.conflicts.append(
      MergePlan.Conflict(
        field: field.name, kind: kind, base: field.base.map(ConflictValue.value), values: seen))
    return field.base
  }
}
