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
  /// What a person would know it by; nothing for one that is like others.
  var natural: Int?
  /// What it says it belongs to: on the left the mark of the intent that made it, in a text; on the
  /// right the number of the left record, in the key column.
  var tag: Int?
  /// The row it was made for, if the engine made it; for the checks alone.
  var bornOf: Int?
  var isOurs = false
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
    var changes: [Change]
  }

  enum Change {
    case create(tag: Int, FieldValues, natural: Int?, bornOf: Int?)
    case update(id: Int, FieldValues)
    case delete(id: Int)
  }

  var records: [SimulatedRecord] = []
  /// Ids of records that changed, in order.
  var feed: [Int] = []
  /// The feed forgot what is before this place.
  var feedStart = 0
  var late: [Late] = []
  /// Which column each field stands in; another number is another column of the same name.
  var columns = [0, 0]
  /// Columns that cannot be read now.
  var unreadable: Set<String> = []
  /// Every call is turned away until this pass.
  var lockedUntil = 0

  func has(_ id: Int) -> Bool { records[id].isThere }

  /// A fresh read by id.
  func read(_ id: Int) -> Observation {
    guard records[id].isThere else { return .absent }
    guard !unreadable.isEmpty else { return Observation(fields: records[id].fields) }
    return Observation(
      fields: records[id].fields.filter { !unreadable.contains($0.key) }, unreadable: unreadable)
  }

  /// The last record that is there and carries a tag.
  func id(tag: Int) -> Int? {
    records.lastIndex { $0.tag == tag && $0.isThere }
  }
}
