import Domain

/// The world around the engine: people who type, a network that loses and delays, and what happens to
/// a service, a clock and a store while nobody looks.
extension Simulation {
  // MARK: People

  mutating func people() {
    for _ in 0..<3 where random.chance(faults.users) { act() }
  }

  mutating func act() {
    now += 1
    arriveLate()
    let side: Side = random.below(2) == 0 ? .left : .right
    switch random.below(20) {
    case 0: makeRecord(side)
    case 1:
      guard let id = pick(side) else { return }
      services[side].records[id].isThere = false
      touch(side, id)
      note(1, id)
      if tellsStory { tell("a person deletes \(side) \(id)") }
    case 2, 3: choose()
    case 4: makeTwin(side)
    default:
      guard let id = pick(side) else { return }
      type(side, id, Self.fieldNames[random.below(2)])
    }
  }

  mutating func pick(_ side: Side) -> Int? {
    var there: [Int] = []
    for id in services[side].records.indices where services[side].has(id) { there.append(id) }
    return there.isEmpty ? nil : there[random.below(there.count)]
  }

  /// Half of the records are like no other, by a number or a reference of their own.
  mutating func makeRecord(_ side: Side, natural: Int? = nil) {
    var record = SimulatedRecord()
    record.natural = natural
    if natural == nil, random.below(2) == 0 {
      record.natural = nextNatural
      nextNatural += 1
    }
    services[side].records.append(record)
    let id = services[side].records.count - 1
    touch(side, id)
    for name in Self.fieldNames { type(side, id, name) }
    note(2, id)
    if tellsStory { tell("a person makes \(side) \(id), natural \(record.natural ?? 0)") }
  }

  /// A person enters by hand what somebody entered on the other side.
  private mutating func makeTwin(_ side: Side) {
    guard let id = pick(side.other), let natural = services[side.other].records[id].natural,
      !services[side].records.contains(where: { $0.natural == natural })
    else { return }
    makeRecord(side, natural: natural)
  }

  /// Every value typed is one of its own, so that what becomes of it can be told.
  mutating func type(_ side: Side, _ id: Int, _ field: String) {
    // Nobody types into a column that is not there.
    if side == .right, services.right.unreadable.contains(field) { return }
    nextValue += 1
    let value = FieldValue.integer(nextValue)
    services[side].records[id].fields[field] = value
    services[side].records[id].typedAt[field] = now
    stand(value, on: side)
    touch(side, id)
    note(3, id, Int(nextValue))
    if tellsStory { tell("a person types \(nextValue) into \(field) of \(side) \(id)") }
  }

  mutating func touch(_ side: Side, _ id: Int) {
    services[side].records[id].updatedAt = now
    services[side].records[id].listedAt =
      now + (happens(.staleList) ? 1 + random.below(Self.listLag) : 0)
    if side == .right {
      services.right.feed.append(id)
      return
    }
    guard !isQuiet, !happens(.eventLost) else { return }
    memory.events.append(id)
    disk.events.append(id)
    if happens(.eventTwice) {
      memory.events.insert(id, at: 0)
      disk.events.append(id)
    }
  }

  /// A person settles a conflict as it is shown.
  private mutating func choose() {
    var open: [Int] = []
    for number in disk.pairs.indices where !disk.pairs[number].machine.conflicts.isEmpty {
      open.append(number)
    }
    guard !open.isEmpty else { return }
    let number = open[random.below(open.count)]
    guard let conflict = disk.pairs[number].machine.conflicts.first,
      // A choice is one transaction; it is made when the engine is not amid one of its own.
      memory.pairs.count > number, !memory.pairs[number].machine.isBusy,
      memory.pairs[number].machine.conflicts.contains(conflict)
    else { return }
    // Nobody clears a field here, so that one that is cleared shows a mistake.
    let hasBase =
      conflict.base.map { $0.left != .value(.null) && $0.right != .value(.null) } ?? false
    let picks: [Choice.Pick] =
      conflict.field == nil || !hasBase ? [.left, .right] : [.left, .right, .base]
    let choice = Choice(
      field: conflict.field, pick: picks[random.below(picks.count)], seen: conflict.values)
    disk.pairs[number].machine.choices.append(choice)
    disk.pairs[number].isDirty = true
    memory.pairs[number].machine.choices.append(choice)
    memory.pairs[number].isDirty = true
    if tellsStory {
      tell("a person chooses \(choice.pick) for \(choice.field ?? "all") of pair \(number)")
    }
  }

  // MARK: Misfortunes

  /// What happens between two passes.
  mutating func misfortunes() {
    if happens(.feedGap) { services.right.feedStart = services.right.feed.count }
    if happens(.clockJump) { localOffset = random.below(40) - 20 }
    for side in Side.allCases where happens(.lockedOut) {
      services[side].lockedUntil = passNumber + 2 + random.below(3)
    }
    for (place, name) in Self.fieldNames.enumerated() { changeColumn(place, name) }
    if random.below(4) == 0 { backup = disk }
    if let backup, happens(.storeRestored) { replaceStore(backup, "put back") }
    if happens(.storeLost) { replaceStore(SimulatedDisk(), "gone") }
  }

  private mutating func changeColumn(_ place: Int, _ name: String) {
    if services.right.unreadable.contains(name) {
      if random.below(2) == 0 { services.right.unreadable.remove(name) }
    } else if happens(.columnUnreadable) {
      services.right.unreadable.insert(name)
    } else if happens(.columnDeleted) {
      services.right.unreadable.insert(name)
      services.right.columns[place] += 1
      for id in services.right.records.indices {
        services.right.records[id].fields[name] = nil
        services.right.records[id].typedAt[name] = nil
      }
    }
  }

  private mutating func replaceStore(_ other: SimulatedDisk, _ what: String) {
    // Whoever changes a store closes the program first; what was on its way has arrived by then.
    now += Self.lateMost
    arriveLate()
    for pair in disk.pairs {
      if !pair.isTold, let id = pair.ids.right { forgiven.insert(id) }
    }
    for id in services.right.records.indices {
      // A person had its record made again, which the older store does not know.
      if let left = services.right.records[id].tag, !services.left.has(left) { forgiven.insert(id) }
    }
    (shownGone, goneNow) = (Sides(both: []), [])
    keep(disk.losses)
    keep(memory.losses)
    if tellsStory { tell("the store is \(what)") }
    start(from: other)
    // What an older store had on its way may have been settled and made otherwise since: a row that
    // carries the key is linked as one that nobody agreed on.
    for number in memory.pairs.indices
    where memory.pairs[number].machine.writes.right?.action == .create {
      memory.pairs[number].machine.writes.right = nil
      memory.pairs[number].machine.seen.right = .absent
    }
    disk = memory
    // What was sent under the store that is gone may stand there, and be written once more.
    for number in 0..<64 { doubted.insert(number) }
  }

  private mutating func keep(_ losses: [Bool]) {
    for (place, isLost) in losses.enumerated() where isLost {
      archive.lose(.integer(Int64(place)))
    }
  }

  // MARK: The network

  /// Requests that were slow arrive, whatever has happened meanwhile.
  mutating func arriveLate() {
    for side in Side.allCases where !services[side].late.isEmpty {
      let due = services[side].late.filter { $0.at <= now }
      services[side].late.removeAll { $0.at <= now }
      for item in due {
        // Nobody can compare what stands there at the moment a slow request arrives: what a person
        // typed since it left is outside of what can be kept (assumption A1).
        let known = overwritten.count
        for change in item.changes where takes(change, side) {
          carryOut(change, on: side, isLate: true)
        }
        overwritten.removeSubrange(known...)
      }
    }
  }

  mutating func carryOut(_ change: SimulatedService.Change, on side: Side, isLate: Bool) {
    result.writes += 1
    didSomething = true
    if tellsStory { tell("arrives at \(side): \(change)") }
    switch change {
    case .create(let tag, let fields, let natural, let bornOf):
      if side == .right, let id = services.right.id(tag: tag) {
        // The mirror takes a create as an upsert on the key.
        overwrite(side, id, fields, isLate: isLate)
        return
      }
      if !isLate { checkTwin(side, natural) }
      var record = SimulatedRecord(natural: natural)
      (record.tag, record.isOurs, record.bornOf) = (tag, true, bornOf)
      services[side].records.append(record)
      let id = services[side].records.count - 1
      for (name, value) in fields { put(value, side, id, name) }
      touch(side, id)
    case .update(let id, let fields):
      if services[side].has(id) { overwrite(side, id, fields, isLate: isLate) }
    case .delete(let id):
      services[side].records[id].isThere = false
      touch(side, id)
    }
  }

  /// A call that names a column which is not there by now is refused.
  private func takes(_ change: SimulatedService.Change, _ side: Side) -> Bool {
    guard side == .right, !services.right.unreadable.isEmpty else { return true }
    switch change {
    case .create(_, let fields, _, _), .update(_, let fields):
      return services.right.unreadable.isDisjoint(with: fields.keys)
    case .delete: return true
    }
  }

  private func normal(_ value: FieldValue, _ side: Side) -> FieldValue {
    side == .left && faults[.normalised] > 0 ? SimulatedValue.normal(value) : value
  }

  private mutating func put(_ value: FieldValue, _ side: Side, _ id: Int, _ name: String) {
    let kept = normal(value, side)
    if kept != value { result.faults[SimulatedFault.normalised.rawValue] += 1 }
    services[side].records[id].fields[name] = kept.isNull ? nil : kept
    stand(value, on: side)
  }

  private mutating func overwrite(_ side: Side, _ id: Int, _ fields: FieldValues, isLate: Bool) {
    for name in fields.keys.sorted() {
      let old = services[side].records[id].fields[name] ?? .null
      let new = fields[name] ?? .null
      if !isLate { checkCell(side, id, name, old: old, new: new) }
      if old == new { continue }
      if !old.isNull { overwritten.append(Overwritten(side: side, field: name, value: old)) }
      put(new, side, id, name)
      services[side].records[id].typedAt[name] = nil
    }
    touch(side, id)
  }

  /// Sends one call; how it was answered.
  mutating func send(_ batch: [Sending], to side: Side) -> PairAnswer {
    if isLocked(side) || happens(.notSent) { return .notSent }
    if happens(.lostBefore) { return .doubt }
    let changes = batch.map(change)
    if happens(.late) {
      services[side].late.append(
        SimulatedService.Late(at: now + 1 + random.below(Self.lateMost), changes: changes))
      return .doubt
    }
    for change in changes { carryOut(change, on: side, isLate: false) }
    return happens(.lostAfter) ? .doubt : .landed
  }
}
