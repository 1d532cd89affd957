// Which bills a person looks at, and what comes back: what the Bills pane is made of.

/// A choice among bills.
public enum BillScope: String, Sendable, Hashable, CaseIterable {
  /// Those that wait for this person's approval.
  case waiting
  /// Those not submitted yet, or sent back.
  case drafts
  /// Approved and still to be paid.
  case unpaid
  case voided
  case all

  /// What it is called.
  public var title: String {
    switch self {
    case .waiting: "waiting for me"
    case .drafts: "drafts"
    case .unpaid: "to be paid"
    case .voided: "voided"
    case .all: "all"
    }
  }

  /// Whether a bill belongs to it.
  public func holds(_ row: BillRow, for actor: Actor) -> Bool {
    switch self {
    case .waiting: row.waits(for: actor)
    case .drafts: row.approval == .draft || row.approval == .rejected
    case .unpaid: row.approval == .approved && row.status.isOpen
    case .voided: row.approval == .voided
    case .all: true
    }
  }
}

/// The bills of a scope, as of one moment.
public struct BillDesk: Sendable, Hashable {
  /// So many rows at most are shown; a person works through them from the top.
  public static let rowsMax = 5000

  /// Which bills.
  public var scope: BillScope
  /// Who looks at them.
  public var actor: Actor
  /// The bills, oldest due first; at most ``rowsMax``.
  public var rows: [BillRow]
  /// How many belong to the scope, those that are not shown too.
  public var matching: Int
  /// How many wait for the person, whichever scope is shown.
  public var waiting: Int
  /// How many there are.
  public var all: Int
  /// Those of the rows that may have been entered twice, by their ids in the store.
  public var duplicates: Set<String>

  /// The bills of a scope among all.
  public init(_ scope: BillScope, of bills: [BillRow], for actor: Actor) {
    (self.scope, self.actor, all) = (scope, actor, bills.count)
    let found = bills.filter { scope.holds($0, for: actor) }
    matching = found.count
    waiting = scope == .waiting ? found.count : bills.count { $0.waits(for: actor) }
    rows = Array(found.prefix(Self.rowsMax))
    let groups = BillDuplicates.groups(bills) + BillDuplicates.near(bills)
    duplicates = Set(groups.flatMap { $0.map(\.localID) })
  }
}

/// Something to be done with a bill as a person saw it.
public struct BillTask: Sendable, Hashable {
  /// The bill's id in the store.
  public var bill: String
  /// What people call it.
  public var name: String
  /// The bill's stamp when it was seen.
  public var stamp: String

  /// A bill as it was seen.
  public init(_ row: BillRow) { (bill, name, stamp) = (row.localID, row.name, row.stamp) }
}

/// What came of a task.
public struct BillTaskOutcome: Sendable, Hashable {
  /// The bill.
  public var task: BillTask
  /// Whether it was done, or counted on the way to being done.
  public var isDone: Bool
  /// What came of it, in a sentence.
  public var sentence: String

  /// What came of a task.
  public init(_ task: BillTask, isDone: Bool, _ sentence: String) {
    (self.task, self.isDone, self.sentence) = (task, isDone, sentence)
  }
}
