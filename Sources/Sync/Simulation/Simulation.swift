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

  private enum Stop: Error { case crash, full }

  private static let fieldNames = ["A", "B"]
  /// Passes while people and faults are at work.
  private static let busyPasses = 12
  /// Passes after which everything must have come to rest.
  private static let quietPasses = 60
  /// A request that was lost arrives within this time or never; looks are further apart.
  private static let lateMost = 4
  private static let lookWait = 5
  /// Lists show a change so much later at most; pulls overlap by more.
  private static let listLag = 3
  private static let overlap = 4
  private static let violationsMax = 20

  private let seed: UInt64
  private let mistake: PlantedMistake?
  private var random: SimulatedRandom
  private var faults: SimulatedFaults
  private let policy: MergePolicy
  private var services: Sides<SimulatedService> = Sides(
    left: SimulatedService(), right: SimulatedService())
  private var memory = SimulatedDisk()
  private var disk = SimulatedDisk()
  private var now = 10
  private var localOffset = 0
  private var nextValue: Int64 = 1
  /// Every value that ever stood in a field, by side: a value that reached the other side is not lost.
  private var stood: Sides<Set<SimulatedDisk.Loss>> = Sides(both: [])
  /// What the engine overwrote and a person had typed.
  private var overwritten: [(side: Side, loss: SimulatedDisk.Loss)] = []
  private var doubted: Set<Int> = []
  private var result: Outcome
  private var didSomething = false
  private let tellsStory: Bool

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

  private mutating func run() -> Outcome {
    for _ in 0..<(2 + random.below(2)) { makeRecord(.left) }
    for number in 0..<Self.busyPasses {
      people()
      if random.chance(faults.feedGap) {
        services.right.feedStart = services.right.feed.count
        result.faults += 1
      }
      if random.chance(faults.clockJump) { localOffset = random.below(40) - 20 }
      pass(isSweep: number % 4 == 3)
    }
    settleDown()
    return result
  }

  // MARK: Keeping track

  private mutating func note(_ parts: Int...) {
    for part in parts {
      result.trace = (result.trace ^ UInt64(bitPattern: Int64(part))) &* 0x0000_0100_0000_01B3
    }
  }

  private mutating func tell(_ line: String) {
    result.story.append("\(now)  \(line)")
  }

  private mutating func fail(_ rule: String) {
    if tellsStory { tell("BROKEN \(rule)") }
    if result.violations.count < Self.violationsMax { result.violations.append(rule) }
  }

  private mutating func happens(_ percent: Int) -> Bool {
    guard random.chance(percent) else { return false }
    result.faults += 1
    return true
  }

  // MARK: People

  private mutating func people() {
    for _ in 0..<3 where random.chance(faults.users) { act() }
  }

  private mutating func act() {
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

  private mutating func pick(_ side: Side) -> Int? {
    let there = services[side].records.indices.filter { services[side].records[$0].isThere }
    return there.isEmpty ? nil : there[random.below(there.count)]
  }

  private mutating func makeRecord(_ side: Side) {
    services[side].records.append(SimulatedRecord())
    let id = services[side].records.count - 1
    for name in Self.fieldNames { type(side, id, name) }
    note(2, id)
    if tellsStory { tell("a person makes \(side) \(id)") }
  }

  /// Every value typed is one of its own, so that what becomes of it can be told.
  private mutating func type(_ side: Side, _ id: Int, _ field: String) {
    nextValue += 1
    let value = FieldValue.integer(nextValue)
    services[side].records[id].fields[field] = value
    services[side].records[id].typedAt[field] = now
    touch(side, id)
    note(3, id, Int(nextValue))
    if tellsStory { tell("a person types \(nextValue) into \(field) of \(side) \(id)") }
  }

  private mutating func touch(_ side: Side, _ id: Int) {
    services[side].records[id].updatedAt = now
    services[side].records[id].listedAt =
      now + (happens(faults.staleList) ? 1 + random.below(Self.listLag) : 0)
    services[side].feed.append(id)
  }

  /// A person settles a conflict as it is shown.
  private mutating func choose() {
    let open = disk.pairs.keys.sorted().filter { disk.pairs[$0]?.machine.conflicts.isEmpty == false }
    guard !open.isEmpty else { return }
    let number = open[random.below(open.count)]
    guard let conflict = disk.pairs[number]?.machine.conflicts.first else { return }
    let picks: [Choice.Pick] =
      conflict.field == nil ? [.left, .right] : [.left, .right, .base]
    let choice = Choice(
      field: conflict.field, pick: picks[random.below(picks.count)], seen: conflict.values)
    disk.pairs[number]?.machine.choices.append(choice)
    memory = disk
    if tellsStory { tell("a person chooses \(choice.pick) for \(choice.field ?? "all") of pair \(number)") }
  }

  // MARK: The network

  /// Requests that were slow arrive, whatever has happened meanwhile.
  private mutating func arriveLate() {
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

  private mutating func carryOut(_ change: SimulatedService.Change, on side: Side) {
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
      for (name, value) in fields { stand(side, key, name, value) }
    case .update(let id, let fields):
      guard services[side].has(id) else { return }
      let key = services[side].records[id].key ?? disk.byID[side][id] ?? memory.byID[side][id] ?? 0
      overwrite(side, id, fields, key: key)
    case .delete(let id):
      services[side].records[id].isThere = false
      touch(side, id)
    }
  }

  private mutating func overwrite(_ side: Side, _ id: Int, _ fields: FieldValues, key: Int) {
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
      stand(side, key, name, new)
    }
    touch(side, id)
  }

  private mutating func stand(_ side: Side, _ pair: Int, _ field: String, _ value: FieldValue) {
    stood[side].insert(SimulatedDisk.Loss(pair: pair, field: field, value: value))
  }

  /// Sends one request; how it was answered.
  private mutating func send(_ change: SimulatedService.Change, to side: Side) -> PairAnswer {
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

  // MARK: One pass of the engine

  private mutating func commit() throws(Stop) {
    if happens(faults.diskFull) { throw .full }
    if happens(faults.crash) { throw .crash }
    disk = memory
    if happens(faults.crash) { throw .crash }
  }

  private mutating func pass(isSweep: Bool) {
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

  private mutating func settleDoubts() throws(Stop) {
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

  private mutating func settle(
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

  private mutating func land(_ number: Int, _ side: Side, id: Int?) {
    let effects = memory.pairs[number]?.machine.step(.answered(side, .landed)) ?? []
    if let id {
      memory.pairs[number]?.ids[side] = id
      memory.byID[side][id] = number
    }
    take(effects, number)
  }

  // MARK: Reading

  private mutating func pullLeft(isSweep: Bool) throws(Stop) {
    let began = mistake == .localClock ? now + localOffset : now
    if happens(faults.unreadable) { return }
    if mistake == .cursorBeforeRecords {
      memory.cursor = began
      try commit()
    }
    let since = memory.cursor - (mistake == .noOverlap ? 0 : Self.overlap)
    var listed: Set<Int> = []
    for id in services.left.records.indices {
      let record = services.left.records[id]
      guard record.isThere, record.listedAt <= now else { continue }
      if isSweep, happens(faults.shortList) { continue }
      listed.insert(id)
      if isSweep || record.updatedAt >= since {
        see(.left, id)
        if happens(faults.crash) { throw .crash }
      }
    }
    if isSweep { confirmAbsent(.left, listed) }
    memory.cursor = began
    try commit()
  }

  private mutating func pullRight(isSweep: Bool) throws(Stop) {
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
      for id in services.right.records.indices where services.right.has(id) {
        guard services.right.records[id].listedAt <= now else { continue }
        if happens(faults.shortList) { continue }
        listed.insert(id)
        see(.right, id)
      }
      confirmAbsent(.right, listed)
      memory.isSweepDue = false
    }
    try commit()
  }

  /// Absence is never a deletion: each absent record is asked for.
  private mutating func confirmAbsent(_ side: Side, _ listed: Set<Int>) {
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

  private mutating func see(_ side: Side, _ id: Int) {
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
    for (name, value) in record.fields { stand(side, number, name, value) }
    note(6, number, id)
    if tellsStory { tell("pair \(number) begins with \(side) \(id)") }
  }

  private mutating func saw(_ number: Int, _ side: Side, _ observation: Observation) {
    _ = memory.pairs[number]?.machine.step(.saw(side, observation))
    for (name, value) in observation.fields { stand(side, number, name, value) }
  }

  // MARK: Deciding and sending

  private mutating func work() throws(Stop) {
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

  private mutating func move(_ number: Int, _ write: PairWrite) {
    guard case .fields(var base)? = memory.pairs[number]?.machine.base else { return }
    for side in Side.allCases {
      for (name, value) in write.agreed[side] { base[side][name] = value }
    }
    memory.pairs[number]?.machine.base = .fields(base)
  }

  /// The row that was born at the mirror learns its key.
  private mutating func tell(_ number: Int) throws(Stop) {
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
  private mutating func tellTimes(_ number: Int) {
    guard let pair = memory.pairs[number], case .fields(let base) = pair.machine.base else { return }
    for side in Side.allCases {
      let seen = pair.machine.seen[side]
      guard let id = pair.ids[side], seen.isPresent else { continue }
      let changed = Self.fieldNames.filter {
        seen.fields[$0] ?? .null != base[side][$0] ?? .null
      }
      let isSure = mistake == .newestByRecord || (changed.count == 1 && pair.machine.conflicts.isEmpty)
      let at = Int64(services[side].records[id].updatedAt)
      let isFresh = services[side].read(id).fields == seen.fields
      let typed = changed.first.flatMap { services[side].records[id].typedAt[$0] }
      let isExact = mistake == .newestByRecord || typed.map(Int64.init) == at
      memory.pairs[number]?.machine.seen[side].edited =
        isSure && isFresh && isExact ? at...at : nil
    }
  }

  private mutating func deliver(
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
    if answer == .landed, mistake == .answerMovesAll, let seen = memory.pairs[number]?.machine.seen {
      memory.pairs[number]?.machine.base = .fields(seen.map(\.fields))
    }
    checkLocality(number, before, write)
    note(7, number, side == .left ? 0 : 1)
    if tellsStory { tell("pair \(number) \(write.action) \(side) \(write.fields) is answered \(answer)") }
    try commit()
  }

  private func isPoison(_ side: Side, _ write: PairWrite) -> Bool {
    faults.isPoisonous && side == .left
      && write.fields.values.contains { ($0.integer ?? 1) % 7 == 0 }
  }

  private func change(
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
  private mutating func compare(
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
  private mutating func take(_ effects: [PairEffect], _ number: Int) {
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

  // MARK: What must never break

  private mutating func check(_ effects: [PairEffect], _ number: Int, _ before: PairMachine?) {
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
  private mutating func checkLocality(_ number: Int, _ before: MergeBase?, _ write: PairWrite) {
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
  private mutating func checkDeletion(_ number: Int) {
    guard let left = memory.pairs[number]?.ids.left ?? nil else { return }
    if services.left.has(left) { fail("S9 a row was deleted whose record is there, pair \(number)") }
  }

  private mutating func settleDown() {
    let poison = faults.isPoisonous
    faults = .quiet
    faults.isPoisonous = poison
    localOffset = 0
    var isQuiet = false
    for number in 0..<Self.quietPasses {
      pass(isSweep: number > 4)
      if !didSomething, number > 6, !memory.pairs.values.contains(where: { $0.machine.isBusy }) {
        isQuiet = true
        break
      }
    }
    if !isQuiet { fail("S12 it did not come to rest") }
    checkAtRest()
    // S6: one more look at everything writes nothing.
    let writes = result.writes
    pass(isSweep: true)
    if result.writes != writes { fail("S6 another sweep wrote something") }
    note(result.writes, result.faults, result.crashes)
  }

  private mutating func checkAtRest() {
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

  private func isAccounted(_ loss: SimulatedDisk.Loss, _ side: Side) -> Bool {
    if memory.losses.contains(loss) || stood[side.other].contains(loss) { return true }
    guard let pair = memory.pairs[loss.pair] else { return false }
    return pair.machine.conflicts.contains { conflict in
      conflict.field == loss.field && conflict.values[side] == .value(loss.value)
    }
  }
}
