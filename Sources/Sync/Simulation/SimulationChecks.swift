import Domain

/// What must never break: checked at every step, and once everything came to rest.
extension Simulation {
  mutating func check(_ effects: [PairEffect], _ number: Int, _ before: PairMachine?) {
    guard let pair = memory.pairs[number] else { return }
    for case .lose(let loss) in effects where loss.kind == .overwritten {
      guard policy.standard.conflict == .newest, let field = loss.field,
        let lost = pair.ids[loss.side], let kept = pair.ids[loss.side.other],
        let lostAt = services[loss.side].records[lost].typedAt[field],
        let keptAt = services[loss.side.other].records[kept].typedAt[field]
      else { continue }
      if lostAt > keptAt { fail("C8 an older edit won over a newer one, pair \(number)") }
    }
    for case .send(let side, let write) in effects {
      // S10: a row somebody deleted is made again only where a rule or a person says so.
      if side == .right, write.action == .create, case .fields? = before?.base,
        policy.onDelete.right == .detach,
        before?.choices.contains(where: { $0.field == nil }) != true
      {
        fail("S10 a deleted row was made again, pair \(number)")
      }
      for conflict in pair.machine.conflicts {
        guard let field = conflict.field else { continue }
        if write.fields[field] != nil { fail("S4 a held field was written, pair \(number)") }
      }
    }
  }

  /// S7: an answer moves the base of its own fields.
  mutating func checkLocality(_ number: Int, _ before: MergeBase?, _ write: PairWrite) {
    guard write.action == .update, case .fields(let old)? = before,
      case .fields(let new)? = memory.pairs[number]?.machine.base
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
    guard let left = memory.pairs[number]?.ids.left ?? nil else { return }
    if services.left.has(left) {
      fail("S9 a row was deleted whose record is there, pair \(number)")
    }
  }

  mutating func settleDown() {
    let poison = faults.isPoisonous
    faults = .quiet
    faults.isPoisonous = poison
    localOffset = 0
    // First by what is told of changes alone: a cursor that ran ahead is not healed by a sweep.
    if !comesToRest(isSweep: false) { fail("S12 it did not come to rest") }
    checkCursors()
    if !comesToRest(isSweep: true) { fail("S12 it did not come to rest with sweeps") }
    checkAtRest()
    // S6: one more look at everything writes nothing.
    let writes = result.writes
    pass(isSweep: true)
    if result.writes != writes { fail("S6 another sweep wrote something") }
    note(result.writes, result.faults, result.crashes)
  }

  mutating func comesToRest(isSweep: Bool) -> Bool {
    for number in 0..<Self.quietPasses {
      pass(isSweep: isSweep)
      if !didSomething, number > Self.overlap,
        !memory.pairs.values.contains(where: { $0.machine.isBusy })
      {
        return true
      }
    }
    return false
  }

  /// S8: nothing that was told of is missed, whatever was cut off where.
  mutating func checkCursors() {
    for side in Side.allCases {
      for id in services[side].records.indices where services[side].has(id) {
        guard let number = memory.byID[side][id] else {
          if services[side].records[id].key == nil || mistake == .ownTakenForNew {
            fail("S8 a record on the \(side) was never read, record \(id)")
          }
          continue
        }
        guard let pair = memory.pairs[number], !pair.isEnded, pair.ids[side] == id else { continue }
        if pair.machine.seen[side].fields != services[side].records[id].fields {
          fail("S8 a change on the \(side) was missed, pair \(number)")
        }
      }
    }
  }

  mutating func checkAtRest() {
    for number in memory.pairs.keys.sorted() {
      guard let pair = memory.pairs[number], !pair.isEnded, pair.machine.conflicts.isEmpty,
        pair.machine.refused.left == nil, pair.machine.refused.right == nil
      else { continue }
      if pair.machine.isBusy { fail("S5 a write is still open, pair \(number)") }
      let left = pair.ids.left.map { services.left.read($0) } ?? .absent
      let right = pair.ids.right.map { services.right.read($0) } ?? .absent
      guard left.isPresent == right.isPresent, left.fields == right.fields || !left.isPresent else {
        fail("S5 the sides differ at rest, pair \(number)")
        continue
      }
    }
    for side in Side.allCases {
      for (key, count) in services[side].made.sorted(by: { $0.key < $1.key }) {
        let there = services[side].ids(key: key).count { services[side].has($0) }
        if there > 1 {
          fail("S2 \(there) of \(count) records are one pair's on the \(side), pair \(key)")
        }
      }
    }
    // A record taken for two pairs.
    for side in Side.allCases {
      var seen: [Int: Int] = [:]
      for id in services[side].records.indices where services[side].has(id) {
        guard let key = services[side].records[id].key, side == .left else { continue }
        seen[key, default: 0] += 1
        if memory.byID.left[id] != nil, memory.byID.left[id] != key {
          fail("S2 the engine's own record was taken for a new one, pair \(key)")
        }
      }
    }
    for (side, loss) in overwritten where !isAccounted(loss, side) {
      fail("S1 a value was lost, pair \(loss.pair) field \(loss.field)")
    }
  }

  func isAccounted(_ loss: SimulatedDisk.Loss, _ side: Side) -> Bool {
    if memory.losses.contains(loss) || stood[side.other].contains(loss.value) { return true }
    guard let pair = memory.pairs[loss.pair] else { return false }
    return pair.machine.conflicts.contains { conflict in
      conflict.field == loss.field && conflict.values[side] == .value(loss.value)
    }
  }
}
