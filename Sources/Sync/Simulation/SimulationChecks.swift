import Domain

/// What must never break: checked at every step, and once everything came to rest.
extension Simulation {
  mutating func check(_ effects: [PairEffect], _ number: Int, _ before: PairMachine) {
    let pair = memory.pairs[number]
    for effect in effects {
      switch effect {
      case .lose(let loss) where loss.kind == .overwritten: checkNewest(loss, pair)
      case .send(let side, let write):
        if write.action == .create { checkCreate(number, side, before) }
        for conflict in pair.machine.conflicts {
          guard let field = conflict.field else { continue }
          if write.fields[field] != nil { fail("S4 a held field was written, pair \(number)") }
        }
      default: break
      }
    }
  }

  /// C8: where the later edit wins, it really was the later one.
  private mutating func checkNewest(_ loss: MergePlan.Loss, _ pair: SimulatedDisk.Pair) {
    guard policy.standard.conflict == .newest, let field = loss.field,
      let lost = pair.ids[loss.side], let kept = pair.ids[loss.side.other],
      let lostAt = services[loss.side].records[lost].typedAt[field],
      let keptAt = services[loss.side.other].records[kept].typedAt[field]
    else { return }
    if lostAt > keptAt { fail("C8 an older edit won over a newer one, field \(field)") }
  }

  private mutating func checkCreate(_ number: Int, _ side: Side, _ before: PairMachine) {
    // S10: a row somebody deleted is made again only where a rule or a person says so.
    if side == .right, case .fields = before.base, policy.onDelete.right == .detach,
      !before.choices.contains(where: { $0.field == nil })
    {
      fail("S10 a deleted row was made again, pair \(number)")
    }
    if let other = memory.pairs[number].ids[side.other], shownGone[side.other].contains(other) {
      fail(
        "S10 a record was made for one that a complete list had shown to be gone, pair \(number)")
    }
  }

  /// S3: the write is durable before its first byte leaves.
  mutating func checkDurable(_ number: Int, _ side: Side, _ write: PairWrite) {
    guard number < disk.pairs.count,
      disk.pairs[number].machine.writes[side]?.fields == write.fields
    else { return fail("S3 a write left before it was durable, pair \(number)") }
  }

  /// S7: an answer moves the base of its own fields.
  mutating func checkLocality(_ number: Int, _ before: MergeBase, _ write: PairWrite) {
    guard write.action == .update, case .fields(let old) = before,
      case .fields(let new) = memory.pairs[number].machine.base
    else { return }
    for side in Side.allCases {
      for name in Self.fieldNames where write.fields[name] == nil {
        if old[side][name] != new[side][name] {
          fail("S7 an answer moved the base of another field, pair \(number)")
        }
      }
    }
  }

  /// S9: a deletion needs a person's deletion on the other side.
  mutating func checkDeletion(_ number: Int) {
    guard let left = memory.pairs[number].ids.left else { return }
    if services.left.has(left) {
      fail("S9 a row was deleted whose record is there, pair \(number)")
    }
  }

  /// S2: a record is not made where one of the same natural key is to be seen.
  mutating func checkTwin(_ side: Side, _ natural: Int?) {
    guard let natural else { return }
    for record in services[side].records
    where record.isThere && record.natural == natural && record.listedAt <= now {
      return fail("S2 a record was made that was there already by its natural key, \(natural)")
    }
  }

  /// S17 and S18: nobody's value is cleared by a column that came and went, nothing is written to a
  /// column that cannot be read, and what stands there already is not written again.
  mutating func checkCell(
    _ side: Side, _ id: Int, _ field: String, old: FieldValue, new: FieldValue
  ) {
    // People type values here and never empty a field.
    if new.isNull, !old.isNull {
      fail("S17 a value that nobody cleared was cleared, \(side) record \(id)")
    }
    if side == .right, services.right.unreadable.contains(field) {
      fail("S17 a column that cannot be read was written, record \(id)")
    }
    if old == new, memory[side, id].map({ !doubted.contains($0) }) ?? true {
      fail("S18 a write of what stands there already, \(side) record \(id)")
    }
  }

  // MARK: At rest

  mutating func settleDown() {
    let (poison, normalised) = (faults[.poison], faults[.normalised])
    faults = .quiet
    (faults[.poison], faults[.normalised]) = (poison, normalised)
    isQuiet = true
    localOffset = 0
    for side in Side.allCases { services[side].lockedUntil = 0 }
    services.right.unreadable = []
    // First by what is told of changes alone: a cursor that ran ahead is not healed by a sweep.
    if !comesToRest(isSweep: false) { fail("S12 it did not come to rest") }
    checkCursors()
    if !comesToRest(isSweep: true) { fail("S12 it did not come to rest with sweeps") }
    checkAtRest()
    // S6: one more look at everything writes nothing.
    let writes = result.writes
    pass(isSweep: true)
    if result.writes != writes { fail("S6 another sweep wrote something") }
    note(result.writes, result.places, result.crashes)
  }

  private mutating func comesToRest(isSweep: Bool) -> Bool {
    for number in 0..<Self.quietPasses {
      pass(isSweep: isSweep)
      if !didSomething, number > Self.overlap,
        !memory.pairs.contains(where: { $0.machine.isBusy })
      {
        return true
      }
    }
    return false
  }

  /// S8: nothing that was told of is missed, whatever was cut off where.
  private mutating func checkCursors() {
    for side in Side.allCases {
      for id in services[side].records.indices where services[side].has(id) {
        guard let number = memory[side, id] else {
          let tag = services[side].records[id].tag
          let isOwn = tag.map { side == .right || memory.pair(marked: $0) != nil } ?? false
          if !isOwn || mistake == .ownTakenForNew {
            fail("S8 a record on the \(side) was never read, record \(id)")
          }
          continue
        }
        let pair = memory.pairs[number]
        guard !pair.isEnded, pair.ids[side] == id else { continue }
        if pair.machine.seen[side].fields != services[side].records[id].fields {
          fail("S8 a change on the \(side) was missed, pair \(number)")
        }
      }
    }
  }

  private mutating func checkAtRest() {
    for number in memory.pairs.indices {
      let pair = memory.pairs[number]
      guard !pair.isEnded, pair.machine.conflicts.isEmpty, pair.machine.refused.left == nil,
        pair.machine.refused.right == nil
      else { continue }
      if pair.machine.isBusy { fail("S5 a write is still open, pair \(number)") }
      let left = pair.ids.left.map { services.left.read($0) } ?? .absent
      let right = pair.ids.right.map { services.right.read($0) } ?? .absent
      guard left.isPresent == right.isPresent, left.fields == right.fields || !left.isPresent else {
        fail("S5 the sides differ at rest, pair \(number)")
        continue
      }
    }
    checkDoubles()
    for loss in overwritten where !isAccounted(loss) {
      fail("S1 a value was lost, \(loss.value) of field \(loss.field) on the \(loss.side)")
    }
  }

  /// S2: at most one record for each mark, key and row.
  private mutating func checkDoubles() {
    for side in Side.allCases {
      let made = services[side].records.filter { $0.isThere && $0.isOurs }
      for record in made {
        guard let tag = record.tag, made.count(where: { $0.tag == tag }) > 1 else { continue }
        return fail("S2 several records carry the mark \(tag) on the \(side)")
      }
    }
    for record in services.left.records where record.isThere {
      guard let row = record.bornOf, !forgiven.contains(row) else { continue }
      if services.left.records.count(where: { $0.isThere && $0.bornOf == row }) > 1 {
        return fail("S2 several records were made for row \(row)")
      }
    }
    for id in services.left.records.indices where services.left.has(id) {
      guard let tag = services.left.records[id].tag, let pair = memory.pair(marked: tag),
        let other = memory[.left, id], other != pair
      else { continue }
      fail("S2 the engine's own record was taken for a new one, pair \(pair)")
    }
  }

  private func isAccounted(_ loss: Overwritten) -> Bool {
    let place = SimulatedValue.place(loss.value)
    let others = stood[loss.side.other]
    if memory.isLost(loss.value) || archive.isLost(loss.value) { return true }
    if place < others.count, others[place] { return true }
    return memory.pairs.contains { pair in
      pair.machine.conflicts.contains { conflict in
        conflict.field == loss.field && conflict.values[loss.side] == .value(loss.value)
      }
    }
  }
}
