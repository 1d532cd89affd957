import Domain

/// Mistakes that look right, each planted on demand: the checks must catch every one.
public enum PlantedMistake: String, Sendable, Hashable, CaseIterable {
  /// M1: a create in doubt at the service is sent again without looking.
  case createRepeated = "M1"
  /// M1b: the same at the mirror.
  case rowRepeated = "M1b"
  /// M2: the base moves before the write is acknowledged.
  case baseBeforeAnswer = "M2"
  /// M3: the next pull does not overlap the last.
  case noOverlap = "M3"
  /// M4: what a list does not show is taken for deleted.
  case absenceIsDeletion = "M4"
  /// M5: the place in the feed is kept before what it told.
  case feedBeforeRows = "M5"
  /// M6: the later edit is told by the time of the whole record.
  case newestByRecord = "M6"
  /// M7: nothing is compared before it is overwritten.
  case noCompare = "M7"
  /// M8: the cursor is kept before the records.
  case cursorBeforeRecords = "M8"
  /// M9: a conflict is settled and the loser is not put on record.
  case loserForgotten = "M9"
  /// M10: one base for both sides, taken from what is seen.
  case oneBase = "M10"
  /// M12: nobody notices that the feed forgot something.
  case gapUnnoticed = "M12"
  /// M13: cursors come from the local clock.
  case localClock = "M13"
  /// M14: a create that is found takes its base from what is seen.
  case baseFromView = "M14"
  /// M16: an upsert in doubt is sent again.
  case upsertRepeated = "M16"
  /// M18: the engine's own create is taken for a new record.
  case ownTakenForNew = "M18"
  /// M20: one answer moves the base of the whole record.
  case answerMovesAll = "M20"
}

/// What the simulated engine keeps on its disk. A value: what was not committed is gone in a crash.
struct SimulatedDisk {
  struct Pair {
    var machine: PairMachine
    var ids: Sides<Int?> = Sides(both: nil)
    /// Whether the row knows its key.
    var isTold = true
    /// Deleted on both sides, or detached.
    var isEnded = false
    /// When the other side was last in step, for telling the later edit.
    var lookedAt = 0
  }

  var pairs: [Int: Pair] = [:]
  var byID: Sides<[Int: Int]> = Sides(both: [:])
  var nextPair = 1
  var cursor = 0
  var feedPlace = 0
  var isSweepDue = true
  /// The values that were put on record, by pair and field.
  var losses: Set<Loss> = []

  struct Loss: Hashable {
    var pair: Int
    var field: String
    var value: FieldValue
  }
}

/// How likely each kind of fault is in one run, in percent.
struct SimulatedFaults {
  var lostBefore = 0
  var lostAfter = 0
  var late = 0
  var notSent = 0
  var crash = 0
  var diskFull = 0
  var unreadable = 0
  var shortList = 0
  var staleList = 0
  var feedTwice = 0
  var feedGap = 0
  var clockJump = 0
  var isPoisonous = false
  var users = 0

  /// Every kind is left out in one run of four, so that the others meet without it.
  init(_ random: inout SimulatedRandom) {
    func rate(_ most: Int) -> Int { random.below(4) == 0 ? 0 : random.below(most + 1) }
    (lostBefore, lostAfter, late) = (rate(15), rate(20), rate(10))
    (notSent, crash, diskFull) = (rate(15), rate(6), rate(4))
    (unreadable, shortList, staleList) = (rate(10), rate(40), rate(30))
    (feedTwice, feedGap, clockJump) = (rate(40), rate(10), rate(20))
    isPoisonous = random.below(4) == 0
    users = 20 + random.below(60)
  }

  static let quiet = SimulatedFaults()
  private init() {}
}
