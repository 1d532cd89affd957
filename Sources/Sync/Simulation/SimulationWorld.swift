import Domain

/// The world around the engine: people who type, and a network that loses and delays.
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
    default:
      guard let id = pick(side) else { return }
      type(side, id, Self.fieldNames[random.below(2)])
    }
  }

  mutating func pick(_ side: Side) -> Int? {
    let there = services[side].records.indices.filter { services[side].records[$0].isThere }
    return there.isEmpty ? nil : there[random.below(there.count)]
  }

  mutating func makeRecord(_ side: Side) {
    services[side].records.append(SimulatedRecord())
    let id = services[side].records.count - 1
    for name in Self.fieldNames { type(side, id, name) }
    note(2, id)
    if tellsStory { tell("a person makes \(side) \(id)") }
  }

  /// Every value typed is one of its own, so that what becomes of it can be told.
  mutating func type(_ side: Side, _ id: Int, _ field: String) {
    nextValue += 1
    let value = FieldValue.integer(nextValue)
    services[side].records[id].fields[field] = value
    services[side].records[id].typedAt[field] = now
    stood[side].insert(value)
    touch(side, id)
    note(3, id, Int(nextValue))
    if tellsStory { tell("a person types \(nextValue) into \(field) of \(side) \(id)") }
  }

  mutating func touch(_ side: Side, _ id: Int) {
    services[side].records[id].updatedAt = now
    services[side].records[id].listedAt =
      now + (happens(faults.staleList) ? 1 + random.below(Self.listLag) : 0)
    services[side].feed.append(id)
  }

  /// A person settles a conflict as it is shown.
  mutating func choose() {
    let open = disk.pairs.keys.sorted().filter {
      disk.pairs[$0]?.machine.conflicts.isEmpty == false
    }
    guard !open.isEmpty else { return }
    let number = open[random.below(open.count)]
    guard let conflict = disk.pairs[number]?.machine.conflicts.first else { return }
    let picks: [Choice.Pick] =
      conflict.field == nil ? [.left, .right] : [.left, .right, .base]
    let choice = Choice(
      field: conflict.field, pick: picks[random.below(picks.count)], seen: conflict.values)
    disk.pairs[number]?.machine.choices.append(choice)
    memory = disk
    if tellsStory {
      tell("a person chooses \(choice.pick) for \(choice.field ?? "all") of pair \(number)")
    }
  }

  // MARK: The network

  /// Requests that were slow arrive, whatever has happened meanwhile.
  mutating func arriveLate() {
    for side in Side.allCases {
      let due = services[side].late.filter { $0.at <= now }
      services[side].late.removeAll { $0.at <= now }
      for item in due {
        // Nobody can compare what stands there at the moment a slow request arrives: what a person
        // typed since it left is outside of what can be kept (assumption A1).
        let known = overwritten.count
        carryOut(item.change, on: side)
        overwritten.removeSubrange(known...)
      }
    }
  }

  mutating func carryOut(_ change: SimulatedService.Change, on side: Side) {
    result.writes += 1
    didSomething = true
    if tellsStory { tell("arrives at \(side): \(change)") }
    switch change {
    case .create(let key, let fields):
      if side == .right, let id = services.right.ids(key: key).first(where: services.right.has) {
        // The mirror takes a create as an upsert on the key.
        overwrite(side, id, fields, key: key)
        return
      }
      var record = SimulatedRecord(fields: fields)
      record.key = key
      services[side].records.append(record)
      services[side].made[key, default: 0] += 1
      touch(side, services[side].records.count - 1)
      stood[side].formUnion(fields.values)
    case .update(let id, let fields):
      guard services[side].has(id) else { return }
      let key = services[side].records[id].key ?? disk.byID[side][id] ?? memory.byID[side][id] ?? 0
      overwrite(side, id, fields, key: key)
    case .delete(let id):
      services[side].records[id].isThere = false
      touch(side, id)
    }
  }

  mutating func overwrite(_ side: Side, _ id: Int, _ fields: FieldValues, key: Int) {
    for name in fields.keys.sorted() {
      let old = services[side].records[id].fields[name] ?? .null
      let new = fields[name] ?? .null
      if old == new {
        if !doubted.contains(key) { fail("S18 a write of what stands there already, pair \(key)") }
        continue
      }
      if !old.isNull {
        overwritten.append((side, SimulatedDisk.Loss(pair: key, field: name, value: old)))
      }
      services[side].records[id].fields[name] = new.isNull ? nil : new
      services[side].records[id].typedAt[name] = nil
      stood[side].insert(new)
    }
    touch(side, id)
  }

  /// Sends one request; how it was answered.
  mutating func send(_ change: SimulatedService.Change, to side: Side) -> PairAnswer {
    if happens(faults.notSent) { return .notSent }
    if happens(faults.lostBefore) { return .doubt }
    if happens(faults.late) {
      services[side].late.append(
        SimulatedService.Late(at: now + 1 + random.below(Self.lateMost), change: change))
      return .doubt
    }
    carryOut(change, on: side)
    return happens(faults.lostAfter) ? .doubt : .landed
  }
}
