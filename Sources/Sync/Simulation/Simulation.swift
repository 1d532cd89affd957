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
    /// How often each fault struck, by its raw value.
    public var faults: [Int]
    /// At how many places a planted fault might have struck.
    public var places: Int
    /// How many writes reached a service.
    public var writes: Int
    /// What happened, a line each; empty unless it was asked for.
    public var story: [String] = []

    /// The line that repeats the run.
    public var replayLine: String { "rentbook simulate --seed \(seed)" }
    /// How often the process died.
    public var crashes: Int { faults[SimulatedFault.crash.rawValue] }
  }

  enum Stop: Error { case crash, full }

  static let fieldNames = ["A", "B"]
  /// Passes while people and faults are at work.
  static let busyPasses = 12
  /// The same under one planted fault, which needs less.
  static let plantedPasses = 5
  /// Passes after which everything must have come to rest.
  static let quietPasses = 60
  /// A request that was lost arrives within this time or never; looks are further apart.
  static let lateMost = 4
  static let lookWait = 5
  /// Lists show a change so much later at most; pulls overlap by more.
  static let listLag = 3
  static let overlap = 4
  /// Records in one call to the right.
  static let batchMax = 4
  static let violationsMax = 20

  let seed: UInt64
  let mistake: PlantedMistake?
  let planted: PlantedFault?
  let tellsStory: Bool
  let policy: MergePolicy
  let rules: PairRules
  var random: SimulatedRandom
  var faults: SimulatedFaults
  var isQuiet = false
  var services: Sides<SimulatedService> = Sides(
    left: SimulatedService(), right: SimulatedService())
  var memory = SimulatedDisk()
  var disk = SimulatedDisk()
  /// A copy of the store that a person keeps.
  var backup: SimulatedDisk?
  var now = 10
  var passNumber = 0
  var localOffset = 0
  var nextValue: Int64 = 1
  var nextNatural = 1
  /// Marks are drawn from so many that none comes twice, whatever became of the store.
  var nextMarker = 1

  // What only the checks know.

  /// Whether a value ever stood on a side, by the value: one that reached the other is not lost.
  var stood: Sides<[Bool]> = Sides(both: [])
  /// Every value that was put on record, whichever store it was in.
  var archive = SimulatedDisk()
  /// What the engine overwrote and a person had typed.
  var overwritten: [Overwritten] = []
  /// Pairs that had a write in doubt: what stands there already may be written once more.
  var doubted: Set<Int> = []
  /// Rows whose record was made and which had not been told when the store was put back.
  var forgiven: Set<Int> = []
  /// Left and right records that a complete list has shown to be gone.
  var shownGone: Sides<Set<Int>> = Sides(both: [])
  /// The same, as long as it is not durable.
  var goneNow: [(Side, Int)] = []
  var result: Outcome
  var didSomething = false

  struct Overwritten {
    var side: Side
    var field: String
    var value: FieldValue
  }

  /// A run under a seed, with a mistake or a single fault planted if any.
  public init(
    seed: UInt64, mistake: PlantedMistake? = nil, planted: PlantedFault? = nil,
    tellsStory: Bool = false
  ) {
    (self.seed, self.mistake, self.planted) = (seed, mistake, planted)
    self.tellsStory = tellsStory
    random = SimulatedRandom(seed: seed)
    faults = SimulatedFaults(&random)
    if planted != nil {
      let users = faults.users
      faults = .quiet
      faults.users = users
    }
    let conflicts: [MergePolicy.Conflict] = [.manual, .leftWins, .newest]
    policy = MergePolicy(
      standard: MergePolicy.Field(conflict: conflicts[random.below(3)]),
      onDelete: Sides(left: .propagate, right: random.below(3) == 0 ? .detach : .restore))
    var rules = PairRules(policy: policy)
    rules.abilities.left.canDelete = false
    self.rules = rules
    result = Outcome(
      seed: seed, violations: [], trace: 0xCBF2_9CE4_8422_2325,
      faults: SimulatedFault.allCases.map { _ in 0 }, places: 0, writes: 0)
  }

  /// Runs to the end and says what broke.
  public static func run(
    seed: UInt64, mistake: PlantedMistake? = nil, planted: PlantedFault? = nil,
    tellsStory: Bool = false
  ) -> Outcome {
    var simulation = Simulation(
      seed: seed, mistake: mistake, planted: planted, tellsStory: tellsStory)
    return simulation.run()
  }

  mutating func run() -> Outcome {
    for _ in 0..<(2 + random.below(2)) { makeRecord(.left) }
    for number in 0..<(planted == nil ? Self.busyPasses : Self.plantedPasses) {
      people()
      misfortunes()
      pass(isSweep: number % 5 == 2)
    }
    settleDown()
    return result
  }

  // MARK: Keeping track

  mutating func note(_ one: Int, _ two: Int, _ three: Int = 0) {
    mix(one)
    mix(two)
    mix(three)
  }

  private mutating func mix(_ part: Int) {
    result.trace = (result.trace ^ UInt64(bitPattern: Int64(part))) &* 0x0000_0100_0000_01B3
  }

  mutating func tell(_ line: String) { result.story.append("\(now)  \(line)") }

  mutating func fail(_ rule: String) {
    if tellsStory { tell("BROKEN \(rule)") }
    if result.violations.count < Self.violationsMax { result.violations.append(rule) }
  }

  /// Whether a fault strikes at this place.
  mutating func happens(_ fault: SimulatedFault) -> Bool {
    if let planted {
      guard planted.fault == fault, !isQuiet else { return false }
      result.places += 1
      guard result.places == planted.place else { return false }
    } else {
      guard random.chance(faults[fault]) else { return false }
    }
    result.faults[fault.rawValue] += 1
    return true
  }

  mutating func stand(_ value: FieldValue, on side: Side) {
    let place = SimulatedValue.place(value)
    while stood[side].count <= place { stood[side].append(false) }
    stood[side][place] = true
  }

  // MARK: One pass of the engine

  mutating func commit() throws(Stop) {
    if happens(.storeFull) { throw .full }
    if happens(.crash) { throw .crash }
    disk = memory
    for (side, id) in goneNow { shownGone[side].insert(id) }
    goneNow = []
    if happens(.commitUnsure) { throw .full }
    if happens(.crash) { throw .crash }
  }

  mutating func pass(isSweep: Bool) {
    now += 1
    passNumber += 1
    arriveLate()
    didSomething = false
    do throws(Stop) {
      try takeEvents()
      try settleDoubts()
      try pullLeft(isSweep: isSweep)
      try pullRight(isSweep: isSweep)
      try work()
    } catch {
      if tellsStory { tell("\(error)") }
      start(from: disk)
    }
  }

  /// The program begins again with what a disk holds.
  mutating func start(from kept: SimulatedDisk) {
    memory = kept
    goneNow = []
    for number in memory.pairs.indices where memory.pairs[number].machine.isBusy {
      doubted.insert(number)
      _ = memory.pairs[number].machine.step(.restarted)
      memory.pairs[number].isDirty = true
    }
    disk = memory
  }

  /// A call to a service that turns everything away has no effect.
  func isLocked(_ side: Side) -> Bool { services[side].lockedUntil > passNumber }

  // MARK: Doubts

  mutating func settleDoubts() throws(Stop) {
    for _ in 0..<PairMachine.looksMax {
      var isOpen = false
      for number in memory.pairs.indices {
        for side in Side.allCases {
          guard let write = memory.pairs[number].machine.writes[side], case .doubt = write.phase
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

  mutating func settle(_ number: Int, _ side: Side, _ write: PairWrite) throws(Stop) {
    doubted.insert(number)
    if try repeats(number, side, write) { return }
    if isLocked(side) || happens(.unreadable) { return }
    var found = Observation.absent
    var id = memory.pairs[number].ids[side]
    let linked = id
    if write.action == .create {
      id = services[side].id(tag: tag(number, side) ?? 0)
      if let id { found = observe(side, id) }
    } else if let id {
      found = observe(side, id)
    }
    memory.unreadable.formUnion(found.unreadable)
    var effects = memory.pairs[number].machine.step(.probed(side, found))
    if tellsStory {
      tell("pair \(number) \(write.action) \(side) is looked for: \(found.fields)")
    }
    if mistake == .baseFromView, write.action == .create, found.isPresent,
      memory.pairs[number].machine.writes[side] == nil
    {
      memory.pairs[number].machine.base = .fields(Sides(both: found.fields))
    }
    if write.action == .create, found.isPresent, let id {
      link(number, side, id)
      if let linked, linked != id { setApart(side, linked) }
    } else if write.action == .create, memory.pairs[number].machine.writes[side] == nil {
      if mistake == .createNotRechecked {
        carryOut(creation(number, side, write), on: side, isLate: false)
        memory.pairs[number].machine.writes[side] = write
        land(number, side, id: services[side].id(tag: tag(number, side) ?? 0))
      } else if let linked {
        // It was not made, and its pair was found to have a record already.
        memory.pairs[number].machine.seen[side] = observe(side, linked)
        effects = []
      }
    }
    memory.pairs[number].isDirty = true
    take(effects, number)
    note(5, number)
    try commit()
  }

  /// The mistakes that send again without looking.
  private mutating func repeats(
    _ number: Int, _ side: Side, _ write: PairWrite
  ) throws(Stop) -> Bool {
    guard write.action == .create else { return false }
    switch (mistake, side) {
    case (.rowRepeated, .right):
      // A plain create: the mirror is not asked for the key.
      var record = SimulatedRecord(fields: write.fields, natural: memory.pairs[number].natural)
      (record.tag, record.isOurs) = (tag(number, .right), true)
      services.right.records.append(record)
      touch(.right, services.right.records.count - 1)
      land(number, side, id: services.right.records.count - 1)
    case (.createRepeated, .left), (.upsertRepeated, .right):
      carryOut(creation(number, side, write), on: side, isLate: false)
      land(number, side, id: services[side].id(tag: tag(number, side) ?? 0))
    default: return false
    }
    try commit()
    return true
  }

  /// What a record made for a pair says it belongs to.
  func tag(_ number: Int, _ side: Side) -> Int? {
    side == .left ? memory.pairs[number].marker : memory.pairs[number].ids.left
  }

  mutating func land(_ number: Int, _ side: Side, id: Int?) {
    let effects = memory.pairs[number].machine.step(.answered(side, .landed))
    memory.pairs[number].isDirty = true
    if let id { link(number, side, id) }
    take(effects, number)
  }

  mutating func link(_ number: Int, _ side: Side, _ id: Int) {
    memory.pairs[number].ids[side] = id
    memory[side, id] = number
    memory.pairs[number].isDirty = true
  }
}
