import Domain

/// A whole protocol under one seed: two services, people who type on both, an engine around the pure
/// pair machine, a network that loses and delays, a disk that fails, a process that dies anywhere.
///
/// Nothing here reads a clock or a source of chance but its seed: a run that fails is repeated by its
/// number. What must never break is checked at every write and once everything is quiet.
public struct Simulation {
  /// How a run ended.
  public struct Outcome: Sendable, Hashable {
    /// The seed.
    public var seed: UInt64
    /// What broke, a sentence each.
    public var violations: [String]
    /// A fingerprint of everything that happened.
    public var trace: UInt64
    /// How many faults were injected.
    public var faults: Int
    /// How often the process died.
    public var crashes: Int
    /// How many writes reached a service.
    public var writes: Int
    /// What happened, a line each; empty unless it was asked for.
    public var story: [String] = []

    /// The line that repeats the run.
    public var replayLine: String { "rentbook-bench simulate --seed \(seed)" }
  }

  enum Stop: Error { case crash, full }

  static let fieldNames = ["A", "B"]
  /// Passes while people and faults are at work.
  static let busyPasses = 12
  /// Passes after which everything must have come to rest.
  static let quietPasses = 60
  /// A request that was lost arrives within this time or never; looks are further apart.
  static let lateMost = 4
  static let lookWait = 5
  /// Lists show a change so much later at most; pulls overlap by more.
  static let listLag = 3
  static let overlap = 4
  static let violationsMax = 20

  let seed: UInt64
  let mistake: PlantedMistake?
  var random: SimulatedRandom
  var faults: SimulatedFaults
  let policy: MergePolicy
  var services: Sides<SimulatedService> = Sides(
    left: SimulatedService(), right: SimulatedService())
  var memory = SimulatedDisk()
  var disk = SimulatedDisk()
  var now = 10
  var localOffset = 0
  var nextValue: Int64 = 1
  /// Every value that ever stood in a field, by side: a value that reached the other side is not lost.
  var stood: Sides<Set<FieldValue>> = Sides(both: [])
  /// What the engine overwrote and a person had typed.
  var overwritten: [(side: Side, loss: SimulatedDisk.Loss)] = []
  var doubted: Set<Int> = []
  var result: Outcome
  var didSomething = false
  let tellsStory: Bool

  /// A run under a seed, with one mistake planted if any.
  public init(seed: UInt64, mistake: PlantedMistake? = nil, tellsStory: Bool = false) {
    (self.seed, self.mistake, self.tellsStory) = (seed, mistake, tellsStory)
    random = SimulatedRandom(seed: seed)
    faults = SimulatedFaults(&random)
    let rules: [MergePolicy.Conflict] = [.manual, .leftWins, .newest]
    policy = MergePolicy(
      standard: MergePolicy.Field(conflict: rules[random.below(3)]),
      onDelete: Sides(left: .propagate, right: random.below(3) == 0 ? .detach : .restore))
    result = Outcome(
      seed: seed, violations: [], trace: 0xCBF2_9CE4_8422_2325, faults: 0, crashes: 0, writes: 0)
  }

  /// Runs to the end and says what broke.
  public static func run(
    seed: UInt64, mistake: PlantedMistake? = nil, tellsStory: Bool = false
  ) -> Outcome {
    var simulation = Simulation(seed: seed, mistake: mistake, tellsStory: tellsStory)
    return simulation.run()
  }

  mutating func run() -> Outcome {
    for _ in 0..<(2 + random.below(2)) { makeRecord(.left) }
    for number in 0..<Self.busyPasses {
      people()
      if random.chance(faults.feedGap) {
        services.right.feedStart = services.right.feed.count
        result.faults += 1
      }
      if random.chance(faults.clockJump) { localOffset = random.below(40) - 20 }
      pass(isSweep: number % 5 == 2)
    }
    settleDown()
    return result
  }

  // MARK: Keeping track

  mutating func note(_ parts: Int...) {
    for part in parts {
      result.trace = (result.trace ^ UInt64(bitPattern: Int64(part))) &* 0x0000_0100_0000_01B3
    }
  }

  mutating func tell(_ line: String) {
    result.story.append("\(now)  \(line)")
  }

  mutating func fail(_ rule: String) {
    if tellsStory { tell("BROKEN \(rule)") }
    if result.violations.count < Self.violationsMax { result.violations.append(rule) }
  }

  mutating func happens(_ percent: Int) -> Bool {
    guard random.chance(percent) else { return false }
    result.faults += 1
    return true
  }

  // MARK: One pass of the engine

  mutating func commit() throws(Stop) {
    if happens(faults.diskFull) { throw .full }
    if happens(faults.crash) { throw .crash }
    disk = memory
    if happens(faults.crash) { throw .crash }
  }

  mutating func pass(isSweep: Bool) {
    now += 1
    arriveLate()
    didSomething = false
    do throws(Stop) {
      try settleDoubts()
      try pullLeft(isSweep: isSweep)
      try pullRight(isSweep: isSweep)
      try work()
    } catch {
      result.crashes += error == .crash ? 1 : 0
      if tellsStory { tell("\(error)") }
      memory = disk
      for number in memory.pairs.keys.sorted() {
        if memory.pairs[number]?.machine.isBusy == true { doubted.insert(number) }
        _ = memory.pairs[number]?.machine.step(.restarted)
      }
      disk = memory
    }
  }

  // MARK: Doubts

  mutating func settleDoubts() throws(Stop) {
    for _ in 0..<PairMachine.looksMax {
      var isOpen = false
      for number in memory.pairs.keys.sorted() {
        for side in Side.allCases {
          guard let write = memory.pairs[number]?.machine.writes[side], case .doubt = write.phase
          else { continue }
          isOpen = true
          try settle(number, side, write)
        }
      }
      guard isOpen else { return }
      now += Self.lookWait
      arriveLate()
    }
  }

  mutating func settle(
    _ number: Int, _ side: Side, _ write: PairWrite
  ) throws(Stop) {
    doubted.insert(number)
    let isRepeated: Bool =
      switch mistake {
      case .createRepeated: side == .left && write.action == .create
      case .rowRepeated, .upsertRepeated: side == .right && write.action == .create
      default: false
      }
    if isRepeated {
      if mistake == .rowRepeated {
        // A plain create: the mirror is not asked for the key.
        services.right.records.append(SimulatedRecord(fields: write.fields, key: number))
        services.right.made[number, default: 0] += 1
        touch(.right, services.right.records.count - 1)
        _ = memory.pairs[number]?.machine.step(.answered(side, .landed))
        memory.pairs[number]?.ids[side] = services.right.records.count - 1
      } else {
        carryOut(.create(key: number, write.fields), on: side)
        let id = services[side].ids(key: number).last
        land(number, side, id: id)
      }
      try commit()
      return
    }
    if happens(faults.unreadable) { return }
    var found = Observation.absent
    var id = memory.pairs[number]?.ids[side] ?? nil
    if write.action == .create {
      id = services[side].ids(key: number).last { services[side].has($0) }
      if let id { found = services[side].read(id) }
    } else if let id {
      found = services[side].read(id)
    }
    let effects = memory.pairs[number]?.machine.step(.probed(side, found)) ?? []
    if tellsStory { tell("pair \(number) \(write.action) \(side) is looked for: \(found.fields)") }
    if mistake == .baseFromView, write.action == .create, found.isPresent,
      memory.pairs[number]?.machine.writes[side] == nil
    {
      memory.pairs[number]?.machine.base = .fields(Sides(both: found.fields))
    }
    if write.action == .create, found.isPresent, let id {
      memory.pairs[number]?.ids[side] = id
      memory.byID[side][id] = number
    }
    take(effects, number)
    note(5, number)
    try commit()
  }

  mutating func land(_ number: Int, _ side: Side, id: Int?) {
    let effects = memory.pairs[number]?.machine.step(.answered(side, .landed)) ?? []
    if let id {
      memory.pairs[number]?.ids[side] = id
      memory.byID[side][id] = number
    }
    take(effects, number)
  }

  // MARK: Reading

  mutating func pullLeft(isSweep: Bool) throws(Stop) {
    let began = mistake == .localClock ? now + localOffset : now
    if happens(faults.unreadable) { return }
    if mistake == .cursorBeforeRecords {
      memory.cursor = began
      try commit()
    }
    let since = memory.cursor - (mistake == .noOverlap ? 0 : Self.overlap)
    var listed: Set<Int> = []
    var isComplete = true
    for id in services.left.records.indices {
      let record = services.left.records[id]
      guard record.isThere, record.listedAt <= now else { continue }
      if isSweep, happens(faults.shortList) {
        isComplete = false
        continue
      }
      listed.insert(id)
      if isSweep || record.updatedAt >= since {
        see(.left, id)
        if happens(faults.crash) { throw .crash }
      }
    }
    if isSweep { confirmAbsent(.left, listed) }
    // A list with holes says nothing of what it left out: the next pull begins where this one did.
    if isComplete { memory.cursor = began }
    try commit()
  }

  mutating func pullRight(isSweep: Bool) throws(Stop) {
    if happens(faults.unreadable) { return }
    let end = services.right.feed.count
    let start = memory.feedPlace
    if start < services.right.feedStart, mistake != .gapUnnoticed { memory.isSweepDue = true }
    if mistake == .feedBeforeRows {
      memory.feedPlace = end
      try commit()
    }
    var ids = Array(services.right.feed[min(max(start, services.right.feedStart), end)..<end])
    if happens(faults.feedTwice) { ids += ids.reversed() }
    for id in ids {
      if services.right.has(id) {
        see(.right, id)
      } else if let number = memory.byID.right[id] {
        saw(number, .right, .absent)
      }
      if happens(faults.crash) { throw .crash }
    }
    memory.feedPlace = end
    if isSweep && mistake != .gapUnnoticed || memory.isSweepDue {
      var listed: Set<Int> = []
      var isComplete = true
      for id in services.right.records.indices where services.right.has(id) {
        if happens(faults.shortList) {
          isComplete = false
          continue
        }
        listed.insert(id)
        see(.right, id)
      }
      confirmAbsent(.right, listed)
      if isComplete { memory.isSweepDue = false }
    }
    try commit()
  }

  /// Absence is never a deletion: each absent record is asked for.
  mutating func confirmAbsent(_ side: Side, _ listed: Set<Int>) {
    for id in memory.byID[side].keys.sorted() where !listed.contains(id) {
      guard let number = memory.byID[side][id], memory.pairs[number]?.ids[side] == id else {
        continue
      }
      if mistake == .absenceIsDeletion {
        saw(number, side, .absent)
      } else {
        saw(number, side, services[side].read(id))
      }
    }
  }

  mutating func see(_ side: Side, _ id: Int) {
    let record = services[side].records[id]
    if let number = memory.byID[side][id] {
      saw(number, side, services[side].read(id))
      return
    }
    if let key = record.key, let pair = memory.pairs[key], pair.ids[side] == nil,
      mistake != .ownTakenForNew
    {
      // Our own create, whose answer has not been taken in yet: it is settled by looking for it.
      return
    }
    if let key = record.key, memory.pairs[key] != nil, mistake != .ownTakenForNew { return }
    let number = memory.nextPair
    memory.nextPair += 1
    var pair = SimulatedDisk.Pair(machine: PairMachine())
    pair.ids[side] = id
    pair.machine.seen[side] = services[side].read(id)
    pair.machine.seen[side.other] = .absent
    pair.isTold = side == .left
    pair.lookedAt = now
    memory.pairs[number] = pair
    memory.byID[side][id] = number
    note(6, number, id)
    if tellsStory { tell("pair \(number) begins with \(side) \(id)") }
  }

  mutating func saw(_ number: Int, _ side: Side, _ observation: Observation) {
    _ = memory.pairs[number]?.machine.step(.saw(side, observation))
  }

  // MARK: Deciding and sending

  mutating func work() throws(Stop) {
    for number in memory.pairs.keys.sorted() {
      guard let pair = memory.pairs[number], !pair.isEnded else { continue }
      if random.chance(faults.users / 4) { act() }
      try tell(number)
      tellTimes(number)
      if mistake == .oneBase, case .fields(let base)? = memory.pairs[number]?.machine.base {
        let left = memory.pairs[number]?.machine.seen.left.fields ?? [:]
        memory.pairs[number]?.machine.base = .fields(Sides(left: left, right: base.right))
      }
      var rules = PairRules(policy: policy)
      rules.abilities.left.canDelete = false
      let before = memory.pairs[number]?.machine
      let effects = memory.pairs[number]?.machine.step(.look(rules)) ?? []
      check(effects, number, before)
      take(effects, number)
      if mistake == .baseBeforeAnswer {
        for case .send(_, let write) in effects where write.action == .update {
          move(number, write)
        }
      }
      guard memory.pairs[number]?.machine != before else { continue }
      try commit()
      for case .send(let side, let write) in effects { try deliver(number, side, write) }
    }
  }

  mutating func move(_ number: Int, _ write: PairWrite) {
    guard case .fields(var base)? = memory.pairs[number]?.machine.base else { return }
    for side in Side.allCases {
      for (name, value) in write.agreed[side] { base[side][name] = value }
    }
    memory.pairs[number]?.machine.base = .fields(base)
  }

  /// The row that was born at the mirror learns its key.
  mutating func tell(_ number: Int) throws(Stop) {
    guard let pair = memory.pairs[number], !pair.isTold, pair.ids.left != nil,
      let id = pair.ids.right, services.right.has(id)
    else { return }
    if happens(faults.notSent) { return }
    services.right.records[id].key = number
    didSomething = true
    if happens(faults.lostAfter) { return }
    memory.pairs[number]?.isTold = true
    try commit()
  }

  /// The services keep one time for a whole record; it speaks of a field only where that is the one
  /// that changed.
  mutating func tellTimes(_ number: Int) {
    guard let pair = memory.pairs[number], case .fields(let base) = pair.machine.base else {
      return
    }
    for side in Side.allCases {
      let seen = pair.machine.seen[side]
      guard let id = pair.ids[side], seen.isPresent else { continue }
      let changed = Self.fieldNames.filter {
        seen.fields[$0] ?? .null != base[side][$0] ?? .null
      }
      let isSure =
        mistake == .newestByRecord || (changed.count == 1 && pair.machine.conflicts.isEmpty)
      let at = Int64(services[side].records[id].updatedAt)
      let isFresh = services[side].read(id).fields == seen.fields
      let typed = changed.first.flatMap { services[side].records[id].typedAt[$0] }
      let isExact = mistake == .newestByRecord || typed.map(Int64.init) == at
      memory.pairs[number]?.machine.seen[side].edited =
        isSure && isFresh && isExact ? at...at : nil
    }
  }

  mutating func deliver(
    _ number: Int, _ side: Side, _ write: PairWrite
  ) throws(Stop) {
    // S3: the write is durable before its first byte leaves.
    if disk.pairs[number]?.machine.writes[side]?.fields != write.fields {
      fail("S3 a write left before it was durable, pair \(number)")
    }
    if happens(faults.crash) { throw .crash }
    if random.chance(faults.users / 4) { act() }
    let answer: PairAnswer
    if let stale = compare(number, side, write) {
      answer = stale
    } else if isPoison(side, write) {
      answer = .refused
    } else {
      if write.action == .delete { checkDeletion(number) }
      answer = send(change(number, side, write), to: side)
    }
    if happens(faults.crash) { throw .crash }
    if answer == .doubt { doubted.insert(number) }
    let before = memory.pairs[number]?.machine.base
    if answer == .landed, write.action == .create {
      land(number, side, id: services[side].ids(key: number).last { services[side].has($0) })
    } else {
      take(memory.pairs[number]?.machine.step(.answered(side, answer)) ?? [], number)
    }
    if answer == .landed, mistake == .answerMovesAll, let seen = memory.pairs[number]?.machine.seen
    {
      memory.pairs[number]?.machine.base = .fields(seen.map(\.fields))
    }
    checkLocality(number, before, write)
    note(7, number, side == .left ? 0 : 1)
    if tellsStory {
      tell("pair \(number) \(write.action) \(side) \(write.fields) is answered \(answer)")
    }
    try commit()
  }

  func isPoison(_ side: Side, _ write: PairWrite) -> Bool {
    faults.isPoisonous && side == .left
      && write.fields.values.contains { ($0.integer ?? 1) % 7 == 0 }
  }

  func change(
    _ number: Int, _ side: Side, _ write: PairWrite
  ) -> SimulatedService.Change {
    let id = memory.pairs[number]?.ids[side] ?? nil
    switch write.action {
    case .create: return .create(key: number, write.fields)
    case .update: return .update(id: id ?? 0, write.fields)
    case .delete: return .delete(id: id ?? 0)
    }
  }

  /// The last read before a write: what is not as expected is merged first.
  mutating func compare(
    _ number: Int, _ side: Side, _ write: PairWrite
  ) -> PairAnswer? {
    guard mistake != .noCompare, write.action != .create,
      let id = memory.pairs[number]?.ids[side] ?? nil
    else { return nil }
    if happens(faults.unreadable) { return .notSent }
    let now = services[side].read(id)
    let isExpected =
      write.action == .delete
      ? now.isPresent && now.fields == write.expected
      : now.isPresent
        && write.expected.allSatisfy { (now.fields[$0.key] ?? .null) == $0.value }
    return isExpected ? nil : .stale(now)
  }

  /// What a step asks to be kept.
  mutating func take(_ effects: [PairEffect], _ number: Int) {
    for effect in effects {
      switch effect {
      case .lose(let loss):
        guard mistake != .loserForgotten else { continue }
        switch loss.value {
        case .value(let value):
          memory.losses.insert(
            SimulatedDisk.Loss(pair: number, field: loss.field ?? "", value: value))
        case .record(let fields):
          for (name, value) in fields {
            memory.losses.insert(SimulatedDisk.Loss(pair: number, field: name, value: value))
          }
        case .none: break
        }
      case .ended: memory.pairs[number]?.isEnded = true
      case .send(let side, let write) where write.action == .create:
        // A row that is made again is another row.
        if let old = memory.pairs[number]?.ids[side] { memory.byID[side][old] = nil }
        memory.pairs[number]?.ids[side] = nil
      default: break
      }
    }
  }
}
