import Domain

/// How the simulated engine reads: lists and sweeps on the left, the feed of changes on the right,
/// events, and which record belongs to which.
extension Simulation {
  /// Events only say where to look; the record is read again.
  mutating func takeEvents() throws(Stop) {
    guard !memory.events.isEmpty, !isLocked(.left), !happens(.unreadable) else { return }
    for id in memory.events { see(.left, id) }
    memory.events = []
    try commit()
  }

  mutating func pullLeft(isSweep: Bool) throws(Stop) {
    let began = mistake == .localClock ? now + localOffset : now
    if isLocked(.left) || happens(.unreadable) { return }
    if mistake == .cursorBeforeRecords {
      memory.cursor = began
      try commit()
    }
    let since = memory.cursor - (mistake == .noOverlap ? 0 : Self.overlap)
    var listed: Set<Int> = []
    var isComplete = true
    for id in services.left.records.indices {
      guard services.left.has(id), services.left.records[id].listedAt <= now else { continue }
      if isSweep {
        if happens(.shortList) {
          isComplete = false
          continue
        }
        // A record that was never seen comes last in a list that is sorted by number.
        if memory[.left, id] != nil, happens(.pageShift) { continue }
        listed.insert(id)
      }
      if isSweep || services.left.records[id].updatedAt >= since {
        see(.left, id)
        if happens(.crash) { throw .crash }
      }
    }
    if isSweep { confirmAbsent(.left, listed, isComplete: isComplete) }
    // A list with holes says nothing of what it left out: the next pull begins where this one did.
    if isComplete { memory.cursor = began }
    try commit()
  }

  mutating func pullRight(isSweep: Bool) throws(Stop) {
    if isLocked(.right) || happens(.unreadable) { return }
    readSchema()
    let end = services.right.feed.count
    let start = min(memory.feedPlace, end)
    if start < services.right.feedStart, mistake != .gapUnnoticed { memory.isSweepDue = true }
    if mistake == .feedBeforeRows {
      memory.feedPlace = end
      try commit()
    }
    var ids = Array(services.right.feed[min(max(start, services.right.feedStart), end)..<end])
    if happens(.feedTwice) { ids += ids.reversed() }
    for id in ids {
      see(.right, id)
      if happens(.crash) { throw .crash }
    }
    memory.feedPlace = end
    if isSweep && mistake != .gapUnnoticed || memory.isSweepDue {
      var listed: Set<Int> = []
      var isComplete = true
      for id in services.right.records.indices where services.right.has(id) {
        if happens(.shortList) {
          isComplete = false
          continue
        }
        if memory[.right, id] != nil, happens(.pageShift) { continue }
        listed.insert(id)
        see(.right, id)
      }
      confirmAbsent(.right, listed, isComplete: isComplete)
      if isComplete { memory.isSweepDue = false }
    }
    try commit()
  }

  /// A column with another number than before is another column; every row is read again.
  private mutating func readSchema() {
    let columns = services.right.columns
    let unreadable = services.right.unreadable
    guard columns != memory.columns || unreadable != memory.unreadable else { return }
    for (place, name) in Self.fieldNames.enumerated()
    where !memory.columns.isEmpty && !unreadable.contains(name)
      && columns[place] != memory.columns[place] && mistake != .renewedColumnTrusted
    {
      if tellsStory { tell("the column of \(name) is another one") }
      for number in memory.pairs.indices {
        _ = memory.pairs[number].machine.step(.renewed(field: name))
      }
    }
    if memory.columns.isEmpty {
      memory.columns = columns
    } else {
      // What is deleted has no number until it is made again.
      for (place, name) in Self.fieldNames.enumerated() where !unreadable.contains(name) {
        memory.columns[place] = columns[place]
      }
    }
    memory.unreadable = unreadable
    memory.isSweepDue = true
    for number in memory.pairs.indices { memory.pairs[number].isDirty = true }
  }

  /// Absence is never a deletion: each absent record is asked for. Everything that was ever seen is
  /// compared with the list, linked or not.
  mutating func confirmAbsent(_ side: Side, _ listed: Set<Int>, isComplete: Bool) {
    for id in memory.seenIDs(side) where !listed.contains(id) {
      guard let number = memory[side, id], memory.pairs[number].ids[side] == id else { continue }
      if isComplete, !services[side].has(id) { goneNow.append((side, id)) }
      if mistake == .sweepOfLinked, memory.pairs[number].ids[side.other] == nil { continue }
      saw(number, side, mistake == .absenceIsDeletion ? .absent : observe(side, id))
    }
  }

  // MARK: Which record belongs to which

  mutating func see(_ side: Side, _ id: Int) {
    let tag = services[side].records[id].tag
    if let number = memory[side, id] {
      guard side == .right, let tag, memory.pairs[number].ids.left == nil,
        !memory.pairs[number].isEnded, memory.pairs[number].machine.writes.left == nil,
        mistake != .createNotRechecked
      else {
        saw(number, side, observe(side, id))
        return
      }
      // The row says by now which record it belongs to: nothing more is made for it.
      memory.pairs[number].isEnded = true
      memory[side, id] = nil
      takeTagged(side, id, tag)
      return
    }
    guard services[side].has(id) else { return }
    if let tag, mistake != .ownTakenForNew {
      if takeTagged(side, id, tag) { return }
    } else if mistake == .ownTakenForNew, side == .right, tag != nil {
      if takeTagged(side, id, tag ?? 0) { return }
    }
    takeNew(side, id)
  }

  /// A record that says which one it belongs to. Whether nothing is left to be done about it.
  @discardableResult
  private mutating func takeTagged(_ side: Side, _ id: Int, _ tag: Int) -> Bool {
    guard let number = side == .left ? memory.pair(marked: tag) : memory[.left, tag] else {
      // A mark nobody here knows says nothing; a key nobody here knows is left alone.
      return side == .right
    }
    let pair = memory.pairs[number]
    // Our own create, whose answer has not been taken in yet, is settled by looking for it.
    guard pair.ids[side] == nil, pair.machine.writes[side] == nil, !pair.isEnded else {
      return true
    }
    join(number, side, id)
    return true
  }

  /// A record that is found to be a pair's, in place of one that is gone or of none: nothing was
  /// ever agreed on with this one.
  mutating func join(_ number: Int, _ side: Side, _ id: Int) {
    if let old = memory.pairs[number].ids[side], old != id { memory[side, old] = nil }
    link(number, side, id)
    if case .fields = memory.pairs[number].machine.base {
      memory.pairs[number].machine.base = .never
    }
    saw(number, side, observe(side, id))
  }

  /// A record that was not made here. One that goes by the natural key of another is its other half,
  /// unless that has one already.
  private mutating func takeNew(_ side: Side, _ id: Int) {
    var isAmbiguous = false
    if let natural = services[side].records[id].natural,
      let number = memory.pair(natural: natural)
    {
      if memory.pairs[number].ids[side] == nil {
        link(number, side, id)
        if side == .right { memory.pairs[number].isTold = false }
        // What is on its way there may still arrive: that is settled first.
        if memory.pairs[number].machine.writes[side] == nil {
          saw(number, side, observe(side, id))
        }
        if tellsStory { tell("pair \(number) is found to be \(side) \(id)") }
        return
      }
      isAmbiguous = true
    }
    begin(side, id, isAmbiguous: isAmbiguous)
  }

  private mutating func begin(_ side: Side, _ id: Int, isAmbiguous: Bool) {
    let number = memory.pairs.count
    var pair = SimulatedDisk.Pair(machine: PairMachine())
    pair.machine.seen[side] = observe(side, id)
    pair.machine.seen[side.other] = .absent
    pair.natural = services[side].records[id].natural
    pair.isTold = side == .left
    pair.isAmbiguous = isAmbiguous
    memory.pairs.append(pair)
    link(number, side, id)
    note(6, number, id)
    if tellsStory { tell("pair \(number) begins with \(side) \(id)") }
  }

  /// Two records were found to be one pair's: the one the engine did not make waits for a person.
  mutating func setApart(_ side: Side, _ id: Int) {
    memory[side, id] = nil
    begin(side, id, isAmbiguous: true)
  }

  /// A fresh read of one record. A column that is another one than the schema that is known says is
  /// asked for by its number and not found.
  func observe(_ side: Side, _ id: Int) -> Observation {
    var seen = services[side].read(id)
    guard side == .right, seen.isPresent, !memory.columns.isEmpty, mistake != .renewedColumnTrusted,
      memory.columns != services.right.columns
    else { return seen }
    for (place, name) in Self.fieldNames.enumerated()
    where memory.columns[place] != services.right.columns[place] {
      seen.fields[name] = nil
      seen.unreadable.insert(name)
    }
    return seen
  }

  mutating func saw(_ number: Int, _ side: Side, _ observation: Observation) {
    guard memory.pairs[number].machine.seen[side] != observation else { return }
    // What a row does not show any more is read again once it can be.
    memory.unreadable.formUnion(observation.unreadable)
    _ = memory.pairs[number].machine.step(.saw(side, observation))
    memory.pairs[number].isDirty = true
  }
}
