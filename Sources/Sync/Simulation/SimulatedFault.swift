/// What can go wrong in a simulated run. Each has places in the protocol where it may strike.
public enum SimulatedFault: Int, Sendable, Hashable, CaseIterable {
  // The wire.
  /// A call is turned away before it had an effect: no connection, 429, 401, 503.
  case notSent
  /// A call is lost on its way out, and nobody knows.
  case lostBefore
  /// A call is carried out and its answer is lost: reset, timeout, 5xx, an answer that is no JSON.
  case lostAfter
  /// A call arrives long after whoever sent it gave up.
  case late
  /// A read fails.
  case unreadable
  /// A key is revoked: a service turns every call away for some passes.
  case lockedOut
  // What lists tell.
  /// A list has holes and says so: its total, or an iterator that expired.
  case shortList
  /// Pages shifted while they were read: a hole nobody can see.
  case pageShift
  /// A list shows a change late.
  case staleList
  // What events tell.
  /// The feed of changes tells everything twice and in another order.
  case feedTwice
  /// The feed has forgotten what it told earlier: seven days, another hook, a copied base.
  case feedGap
  /// An event is dropped.
  case eventLost
  /// An event comes twice, and late.
  case eventTwice
  /// The clock of this machine jumps.
  case clockJump
  // Process and disk.
  /// The process dies.
  case crash
  /// A commit fails, and nothing of it is there: disk full, busy.
  case storeFull
  /// A commit fails, and all of it is there: an I/O error on the way back.
  case commitUnsure
  /// The store is put back from an older copy.
  case storeRestored
  /// The store is gone.
  case storeLost
  // The schema at the mirror.
  /// A column cannot be read for a while: retyped, computed.
  case columnUnreadable
  /// A column is deleted with all its values, and made again later.
  case columnDeleted
  // What a service makes of a value.
  /// A record is refused for a value of its own, and with it the batch it is in.
  case poison
  /// A value is stored in another form than it was sent in.
  case normalised

  /// The most likely it is in a run, in percent of its places.
  var most: Int {
    switch self {
    case .notSent, .lostBefore: 15
    case .lostAfter: 20
    case .late, .unreadable, .feedGap: 10
    case .lockedOut: 12
    case .shortList, .feedTwice, .eventLost, .eventTwice: 40
    case .pageShift, .clockJump: 20
    case .staleList: 30
    case .crash: 6
    case .storeFull, .commitUnsure: 4
    case .storeRestored: 8
    case .storeLost: 3
    case .columnUnreadable, .columnDeleted: 12
    // Of these two a run has all or nothing.
    case .poison, .normalised: 1
    }
  }
}

/// One fault at one place, and no other in the whole run.
public struct PlantedFault: Sendable, Hashable {
  /// What goes wrong.
  public var fault: SimulatedFault
  /// At which of the places where it may strike, from 1.
  public var place: Int

  /// A fault at a place.
  public init(_ fault: SimulatedFault, at place: Int) { (self.fault, self.place) = (fault, place) }
}

/// How likely each kind of fault is in one run, in percent.
struct SimulatedFaults {
  private var rates: [Int]
  /// How busy people are.
  var users = 0

  /// Every kind is left out in one run of four or more, so that the others meet without it.
  init(_ random: inout SimulatedRandom) {
    rates = []
    rates.reserveCapacity(SimulatedFault.allCases.count)
    for fault in SimulatedFault.allCases {
      let isRare = fault == .storeRestored || fault == .storeLost
      let isOut = random.below(isRare ? 2 : 4) == 0
      rates.append(isOut ? 0 : random.below(fault.most + 1))
    }
    users = 20 + random.below(60)
  }

  /// None, and nobody types.
  static let quiet = SimulatedFaults()
  private init() { rates = SimulatedFault.allCases.map { _ in 0 } }

  subscript(fault: SimulatedFault) -> Int {
    get { rates[fault.rawValue] }
    set { rates[fault.rawValue] = newValue }
  }
}
