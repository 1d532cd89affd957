import Domain

/// Numbers that are the same for the same seed, on every machine.
struct SimulatedRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { bound <= 1 ? 0 : Int(next() % UInt64(bound)) }
  mutating func chance(_ percent: Int) -> Bool { percent > 0 && below(100) < percent }
}

/// A record at a simulated service.
struct SimulatedRecord {
  var fields: FieldValues = [:]
  /// The pair it says it belongs to: the mark in a text, the key in a column.
  var key: Int?
  var isThere = true
  /// By the service's clock.
  var updatedAt = 0
  /// Lists show it, in this state, from then on.
  var listedAt = 0
  /// When a person last typed each field, by the one true clock.
  var typedAt: [String: Int] = [:]
}

/// A service in memory: what it holds, what it tells of changes, and requests that arrive late.
struct SimulatedService {
  struct Late {
    var at: Int
    var change: Change
  }

  enum Change {
    case create(key: Int, FieldValues)
    case update(id: Int, FieldValues)
    case delete(id: Int)
  }

  var records: [SimulatedRecord] = []
  /// Ids of records that changed, in order.
  var feed: [Int] = []
  /// The feed forgot what is before this place.
  var feedStart = 0
  var late: [Late] = []
  /// How often the engine made a record for a pair.
  var made: [Int: Int] = [:]

  func has(_ id: Int) -> Bool { records[id].isThere }

  /// A fresh read by id.
  func read(_ id: Int) -> Observation {
    records[id].isThere ? Observation(fields: records[id].fields) : .absent
  }

  /// The records that carry a pair's key, those deleted since too.
  func ids(key: Int) -> [Int] { records.indices.filter { records[$0].key == key } }
}
