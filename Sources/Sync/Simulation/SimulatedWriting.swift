import Domain

/// How the simulated engine decides and sends: one record at a time to the left, batches to the
/// right.
extension Simulation {
  mutating func work() throws(Stop) {
    var batch: [Sending] = []
    for number in memory.pairs.indices {
      if random.chance(faults.users / 4) { act() }
      if memory.pairs[number].isEnded { continue }
      if !memory.pairs[number].isTold { try tell(number) }
      guard memory.pairs[number].isDirty, lookForRow(number) else { continue }
      tellTimes(number)
      if mistake == .oneBase, case .fields(let base) = memory.pairs[number].machine.base {
        let left = memory.pairs[number].machine.seen.left.fields
        memory.pairs[number].machine.base = .fields(Sides(left: left, right: base.right))
      }
      var rules = rules
      if memory.pairs[number].isAmbiguous { rules.matches = Sides(both: 2) }
      // A new row is not given what its table has no column for.
      if !memory.pairs[number].machine.seen.right.isPresent {
        memory.pairs[number].machine.seen.right.unreadable = memory.unreadable
      }
      let before = memory.pairs[number].machine
      let effects = memory.pairs[number].machine.step(.look(rules))
      check(effects, number, before)
      take(effects, number)
      if mistake == .baseBeforeAnswer {
        for case .send(_, let write) in effects where write.action == .update {
          move(number, write)
        }
      }
      guard memory.pairs[number].machine != before else {
        memory.pairs[number].isDirty = false
        continue
      }
      try commit()
      for case .send(let side, let write) in effects {
        checkDurable(number, side, write)
        if side == .left || write.action == .delete {
          try deliver([Sending(number: number, side: side, write: write)])
        } else {
          batch.append(Sending(number: number, side: side, write: write))
        }
      }
      if batch.count >= Self.batchMax {
        try deliver(batch)
        batch = []
      }
    }
    if !batch.isEmpty { try deliver(batch) }
  }

  /// A write that is to leave, or left.
  struct Sending {
    var number: Int
    var side: Side
    var write: PairWrite
  }

  private mutating func move(_ number: Int, _ write: PairWrite) {
    guard case .fields(var base) = memory.pairs[number].machine.base else { return }
    for side in Side.allCases {
      for (name, value) in write.agreed[side] { base[side][name] = value }
    }
    memory.pairs[number].machine.base = .fields(base)
  }

  /// The row that was born at the mirror learns its key.
  private mutating func tell(_ number: Int) throws(Stop) {
    guard let left = memory.pairs[number].ids.left, let id = memory.pairs[number].ids.right,
      services.right.has(id), !memory.pairs[number].machine.isBusy,
      !memory.pairs[number].isAmbiguous
    else { return }
    if isLocked(.right) || happens(.notSent) { return }
    if services.right.records[id].tag != left {
      services.right.records[id].tag = left
      touch(.right, id)
      didSomething = true
    }
    if happens(.lostAfter) { return }
    memory.pairs[number].isTold = true
    try commit()
  }

  /// The services keep one time for a whole record; it speaks of a field only where that is the one
  /// that changed.
  private mutating func tellTimes(_ number: Int) {
    guard case .fields(let base) = memory.pairs[number].machine.base else { return }
    for side in Side.allCases {
      guard let id = memory.pairs[number].ids[side],
        memory.pairs[number].machine.seen[side].isPresent
      else { continue }
      let seen = memory.pairs[number].machine.seen[side]
      var changed: [String] = []
      for name in Self.fieldNames where seen.fields[name] ?? .null != base[side][name] ?? .null {
        changed.append(name)
      }
      let isSure =
        mistake == .newestByRecord
        || (changed.count == 1 && memory.pairs[number].machine.conflicts.isEmpty)
      guard isSure, observe(side, id).fields == seen.fields else {
        memory.pairs[number].machine.seen[side].edited = nil
        continue
      }
      let at = Int64(services[side].records[id].updatedAt)
      let typed = changed.first.flatMap { services[side].records[id].typedAt[$0] }
      let isExact = mistake == .newestByRecord || typed.map(Int64.init) == at
      memory.pairs[number].machine.seen[side].edited = isExact ? at...at : nil
    }
  }

  // MARK: Sending

  /// Sends a batch and settles every write of it.
  mutating func deliver(_ all: [Sending]) throws(Stop) {
    if happens(.crash) { throw .crash }
    if random.chance(faults.users / 4) { act() }
    var going: [Sending] = []
    for sending in all {
      // The last thing before sending, so that nobody's edit is overwritten unseen.
      if let answer = compare(sending) {
        answered(sending, answer)
      } else {
        going.append(sending)
      }
    }
    if going.count < all.count { try commit() }
    guard !going.isEmpty else { return }
    var answer = PairAnswer.notSent
    if let refused = going.first(where: isPoison) {
      result.faults[SimulatedFault.poison.rawValue] += 1
      guard going.count == 1 else { return try split(going) }
      answered(refused, .refused)
      return try commit()
    }
    if let sending = going.first { answer = send(going, to: sending.side) }
    if happens(.crash) { throw .crash }
    for sending in going { answered(sending, answer) }
    try commit()
  }

  /// A batch refused as a whole was not carried out: its halves are sent, until the record that is
  /// not accepted stands alone.
  private mutating func split(_ batch: [Sending]) throws(Stop) {
    if mistake == .batchRepeated {
      for sending in batch { answered(sending, .notSent) }
      didSomething = true
      return
    }
    let middle = (batch.count + 1) / 2
    try deliver(Array(batch[..<middle]))
    try deliver(Array(batch[middle...]))
  }

  private mutating func answered(_ sending: Sending, _ answer: PairAnswer) {
    let (number, side, write) = (sending.number, sending.side, sending.write)
    if case .stale(let seen) = answer { memory.unreadable.formUnion(seen.unreadable) }
    if answer == .doubt { doubted.insert(number) }
    let before = memory.pairs[number].machine.base
    if answer == .landed, write.action == .create {
      land(number, side, id: services[side].id(tag: tag(number, side) ?? 0))
    } else {
      memory.pairs[number].isDirty = true
      take(memory.pairs[number].machine.step(.answered(side, answer)), number)
    }
    if answer == .landed, mistake == .answerMovesAll {
      let seen = memory.pairs[number].machine.seen
      memory.pairs[number].machine.base = .fields(seen.map(\.fields))
    }
    checkLocality(number, before, write)
    note(7, number, side == .left ? 0 : 1)
    if tellsStory {
      tell("pair \(number) \(write.action) \(side) \(write.fields) is answered \(answer)")
    }
  }

  private func isPoison(_ sending: Sending) -> Bool {
    guard faults[.poison] > 0, sending.write.action != .delete else { return false }
    let factor: Int64 = sending.side == .left ? 7 : 11
    return sending.write.fields.values.contains { ($0.integer ?? 1) % factor == 0 }
  }

  func creation(_ number: Int, _ side: Side, _ write: PairWrite) -> SimulatedService.Change {
    .create(
      tag: tag(number, side) ?? 0, write.fields, natural: memory.pairs[number].natural,
      bornOf: side == .left ? memory.pairs[number].ids.right : nil)
  }

  func change(_ sending: Sending) -> SimulatedService.Change {
    let id = memory.pairs[sending.number].ids[sending.side] ?? 0
    switch sending.write.action {
    case .create: return creation(sending.number, sending.side, sending.write)
    case .update: return .update(id: id, sending.write.fields)
    case .delete: return .delete(id: id)
    }
  }

  /// The last read before a write: what is not as expected is merged first.
  private mutating func compare(_ sending: Sending) -> PairAnswer? {
    let (number, side, write) = (sending.number, sending.side, sending.write)
    if isLocked(side) || happens(.unreadable) { return .notSent }
    if side == .right,
      !services.right.unreadable.isDisjoint(with: write.fields.keys)
        || memory.columns != services.right.columns
    {
      // The service names the column it does not take; the schema is read before the next attempt.
      return .notSent
    }
    if write.action == .create { return isLinked(number, side) ? .notSent : twin(sending) }
    guard mistake != .noCompare, let id = memory.pairs[number].ids[side] else { return nil }
    let now = observe(side, id)
    if write.action == .delete {
      guard now.isPresent, now.fields == write.expected else { return .stale(now) }
      checkDeletion(number)
      return nil
    }
    guard now.isPresent else { return .stale(now) }
    for (name, value) in write.expected where now.fields[name] ?? .null != value {
      return .stale(now)
    }
    return nil
  }

  /// Before a row is planned, one that carries the key already is looked for: a store that was put
  /// back or lost does not know what it made. Whether that is known now.
  private mutating func lookForRow(_ number: Int) -> Bool {
    let pair = memory.pairs[number]
    guard !pair.machine.isBusy, !pair.machine.seen.right.isPresent, let key = pair.ids.left else {
      return true
    }
    if isLocked(.right) || memory.columns.isEmpty || happens(.unreadable) { return false }
    guard let id = services.right.id(tag: key) else { return true }
    if let other = memory[.right, id] {
      if other == number { return true }
      // A row that another pair still holds would be overwritten unseen: what is on its way of that
      // pair is settled first, and then a person says whose it is.
      if memory.pairs[other].machine.isBusy { return false }
      memory.pairs[number].isAmbiguous = true
      return true
    }
    join(number, .right, id)
    return true
  }

  /// Reads the row a record is made for once more: one that says by now which record it belongs to
  /// is that record's.
  private mutating func isLinked(_ number: Int, _ side: Side) -> Bool {
    guard side == .left, mistake != .createNotRechecked, let row = memory.pairs[number].ids.right,
      memory.pairs[number].machine.base == .never, services.right.records[row].tag != nil
    else { return false }
    // What was to be sent is not: the row is the other record's from here on.
    memory.pairs[number].machine.writes.left = nil
    see(.right, row)
    memory.pairs[number].isEnded = true
    return true
  }

  /// Asks for a record that goes by the same natural key, as the last thing before one is made. What
  /// is found is linked, not made again.
  private mutating func twin(_ sending: Sending) -> PairAnswer? {
    let (number, side) = (sending.number, sending.side)
    guard mistake != .noTwinAsked, let natural = memory.pairs[number].natural else { return nil }
    let found = services[side].records.indices.first {
      let record = services[side].records[$0]
      return record.isThere && record.natural == natural && record.listedAt <= now
    }
    guard let id = found else { return nil }
    if let other = memory[side, id], other != number {
      memory.pairs[number].isAmbiguous = true
      return .refused
    }
    link(number, side, id)
    if side == .right { memory.pairs[number].isTold = false }
    return .stale(observe(side, id))
  }

  /// What a step asks to be kept.
  mutating func take(_ effects: [PairEffect], _ number: Int) {
    for effect in effects {
      switch effect {
      case .lose(let loss):
        guard mistake != .loserForgotten else { continue }
        switch loss.value {
        case .value(let value): memory.lose(value)
        case .record(let fields): for value in fields.values { memory.lose(value) }
        case .none: break
        }
      case .ended: memory.pairs[number].isEnded = true
      case .send(let side, let write) where write.action == .create:
        // A record that is made again is another one.
        if let old = memory.pairs[number].ids[side] { memory[side, old] = nil }
        memory.pairs[number].ids[side] = nil
        if side == .left {
          memory.pairs[number].marker = nextMarker
          nextMarker += 1
        }
      default: break
      }
    }
  }
}
