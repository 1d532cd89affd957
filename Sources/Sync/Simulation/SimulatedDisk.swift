import Domain

/// What the simulated engine keeps on its disk. A value: what was not committed is gone in a crash.
struct SimulatedDisk {
  struct Pair {
    var machine: PairMachine
    var ids: Sides<Int?> = Sides(both: nil)
    /// The mark of the last record that was to be made at the left.
    var marker: Int?
    /// What a person would know the record by.
    var natural: Int?
    /// Another record goes by the same natural key, and is paired already: a person must look.
    var isAmbiguous = false
    /// Whether the row knows its key.
    var isTold = true
    /// Deleted on both sides, detached, or found to be another pair's.
    var isEnded = false
    /// Whether something may be different since it was last looked at.
    var isDirty = true
  }

  var pairs: [Pair] = []
  /// The pair of a record, by the record's number; nothing for one that was never seen.
  private var numbers = Sides<[Int?]>(both: [])
  var cursor = 0
  var feedPlace = 0
  var isSweepDue = true
  /// The columns as they were when they were last looked at; empty before the first look.
  var columns: [Int] = []
  /// Columns that cannot be read.
  var unreadable: Set<String> = []
  /// Whether a value was put on record, by the value.
  var losses: [Bool] = []
  /// Events that were stored before they were answered.
  var events: [Int] = []

  subscript(side: Side, id: Int) -> Int? {
    get { id < numbers[side].count ? numbers[side][id] : nil }
    set {
      while numbers[side].count <= id { numbers[side].append(nil) }
      numbers[side][id] = newValue
    }
  }

  /// The records of a side that were ever seen and are not given up, in order.
  func seenIDs(_ side: Side) -> [Int] { numbers[side].indices.filter { numbers[side][$0] != nil } }

  /// The pair a mark belongs to.
  func pair(marked marker: Int) -> Int? { pairs.firstIndex { $0.marker == marker && !$0.isEnded } }

  /// A pair that goes by a natural key.
  func pair(natural: Int) -> Int? { pairs.firstIndex { $0.natural == natural && !$0.isEnded } }

  mutating func lose(_ value: FieldValue) {
    let place = SimulatedValue.place(value)
    while losses.count <= place { losses.append(false) }
    losses[place] = true
  }

  func isLost(_ value: FieldValue) -> Bool {
    let place = SimulatedValue.place(value)
    return place < losses.count && losses[place]
  }
}

/// Values are numbers of their own, so that what becomes of each can be told; a service that stores
/// one in another form keeps it below zero.
enum SimulatedValue {
  static func place(_ value: FieldValue) -> Int { Int(abs(value.integer ?? 0)) }

  /// The form in which the left side stores some values, if it changes any.
  static func normal(_ value: FieldValue) -> FieldValue {
    guard let number = value.integer, number > 0, number % 13 == 0 else { return value }
    return .integer(-number)
  }
}
