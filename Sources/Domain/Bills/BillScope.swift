// Which bills a person looks at, and what comes back: what the Bills pane is made of.

/// A choice among bills.
public enum BillScope: String, Sendable, Hashable, CaseIterable {
  /// Those that wait for this person's approval.
  case waiting
  /// Those that wait and were put aside, or that one person was asked to decide.
  case aside
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
    case .aside: "put aside"
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
    case .aside:
      row.approval == .pendingApproval && (row.facts.hold != nil || row.facts.delegation != nil)
    case .drafts: row.approval == .draft || row.approval == .rejected
    case .unpaid: row.approval == .approved && row.status.isOpen
    case .voided: row.approval == .voided
    case .all: true
    }
  }
}

/// What bills are in order of.
public enum BillOrder: String, Sendable, Hashable, CaseIterable {
  /// Oldest due first.
  case due
  case vendor, property
  /// The largest first.
  case amount
}

/// Which bills are wanted, and how.
public struct BillQuery: Sendable, Hashable {
  /// Of which choice.
  public var scope: BillScope
  /// In which order.
  public var order: BillOrder
  /// Only bills that show all of these words; empty for all.
  public var words: String
  /// So many rows from the top; zero for the counts alone.
  public var limit: Int
  /// Bills that are wanted besides, by their ids in the store: those that are marked.
  public var kept: [String]

  /// A query.
  public init(
    _ scope: BillScope, order: BillOrder = .due, words: String = "", limit: Int = 0,
    kept: [String] = []
  ) {
    (self.scope, self.order, self.words) = (scope, order, words)
    (self.limit, self.kept) = (limit, kept)
  }
}

/// The bills of a query, as of one moment.
public struct BillDesk: Sendable, Hashable {
  /// What was asked.
  public var query: BillQuery
  /// Who looks at them.
  public var actor: Actor
  /// The bills from the top, at most as many as were wanted.
  public var rows: [BillRow]
  /// Those of ``BillQuery/kept`` that are still there and not among the rows.
  public var kept: [BillRow]
  /// How many show the words, those that are not among the rows too.
  public var matching: Int
  /// What those amount to.
  public var total: Money
  /// How many belong to the scope, whatever they show.
  public var inScope: Int
  /// How many wait for the person; nil where another scope is shown: to tell it, the rules are asked
  /// of each that waits at all.
  public var waiting: Int?
  /// How many there are.
  public var all: Int
  /// Those of the rows that may have been entered twice, by their ids in the store.
  public var duplicates: Set<String>
  /// Who else could be asked to decide on a bill, by name; empty while nobody is set up.
  public var approvers: [String] = []

  /// An answer.
  public init(
    _ query: BillQuery, for actor: Actor, rows: [BillRow], kept: [BillRow] = [], matching: Int,
    total: Money, inScope: Int, waiting: Int?, all: Int, duplicates: Set<String> = []
  ) {
    (self.query, self.actor, self.rows, self.kept) = (query, actor, rows, kept)
    (self.matching, self.total, self.inScope) = (matching, total, inScope)
    (self.waiting, self.all, self.duplicates) = (waiting, all, duplicates)
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
