import Background
import Domain

/// Reads lists and records for a screen, on a connection of its own.
///
/// One question at a time; whoever has a newer one stops the older with ``interrupt()``. Each answer
/// is of one moment of the store.
public final class ListReader: Sendable {
  private let state: Lock<State>
  private let interrupter: Connection.Interrupter
  /// Whether a question is being answered. Only then anything is interrupted: what begins and ends the
  /// transaction around it would fail too, and leave it open for the next question to fall over.
  private let isAnswering = Lock(false)
  /// The store stays open as long as it is read.
  private let store: Store

  struct State {
    let connection: Connection
    let hasJournal: Bool
    var memory = ListMemory()
  }

  /// A reader of a store.
  public init(_ store: Store) throws(StorageError) {
    let connection = try Connection(path: store.path, access: .readOnly)
    let hasJournal =
      try connection.row("SELECT 1 FROM sqlite_schema WHERE name = 'sync_journal'") {
        _ throws(StorageError) in true
      } ?? false
    interrupter = connection.interrupter
    self.store = store
    state = Lock(State(connection: connection, hasJournal: hasJournal))
  }

  /// Stops the question that is being answered, which then throws an error of kind `interrupted`.
  /// From any thread.
  public func interrupt() { isAnswering.withLock { if $0 { interrupter.interrupt() } } }

  /// A window of a list.
  public func page(_ request: ListRequest) throws(StorageError) -> ListPage {
    try read { (state: inout State) throws(StorageError) in
      var query = try ListQuestion(request.query, state)
      let page = try query.page(request)
      state.memory = query.memory
      return page
    }
  }

  /// All rows of a query in their order, a few at a time; how many there were.
  @discardableResult
  public func eachRow(
    of query: ListQuery, _ body: ([ListRow]) throws(StorageError) -> Void
  ) throws(StorageError) -> Int {
    try read { (state: inout State) throws(StorageError) in
      try ListQuestion(query, state).eachRow(body)
    }
  }

  /// All of one record; nil when there is none.
  public func detail(_ record: RecordReference) throws(StorageError) -> RecordDetail? {
    try read { (state: inout State) throws(StorageError) in
      try DetailReader(state: state).detail(record)
    }
  }

  /// A record in words: `Lease 1042  Maple Court 2B`; nil when there is none.
  public func title(_ record: RecordReference) throws(StorageError) -> String? {
    try read { (state: inout State) throws(StorageError) in
      try RecordTitles(state: state).title(record)
    }
  }

  /// Records whose names hold all the words, the best first.
  public func hits(_ text: String, limit: Int) throws(StorageError) -> [RecordHit] {
    try read { (state: inout State) throws(StorageError) in
      try RecordSearch(state: state).hits(text, limit: limit)
    }
  }

  /// The statements that were prepared, for the test of their plans.
  var preparedSQL: [String] { state.withLock { $0.connection.preparedSQL } }

  /// Runs `body` on one moment of the store.
  func read<Value>(
    _ body: (inout State) throws(StorageError) -> Value
  ) throws(StorageError) -> Value {
    try state.withLock { state throws(StorageError) in
      var copy = state
      let value = try state.connection.transaction(immediate: false) { () throws(StorageError) in
        isAnswering.withLock { $0 = true }
        defer { isAnswering.withLock { $0 = false } }
        return try body(&copy)
      }
      state = copy
      return value
    }
  }
}

/// What is remembered of the last questions while the store does not change.
struct ListMemory {
  /// Questions whose answers are remembered: a list, its filter, the lists behind it.
  private static let keptMax = 8

  struct Facts {
    /// The ids of the rows in their order, where they are few or the list is short.
    var ids: [String]?
    var matching: Int?
    var totals: [String: Money]?
    var isPlanned = false
  }

  private var version = -1
  private var facts: [(query: ListQuery, facts: Facts)] = []

  /// Forgets everything when the store is another one than before.
  mutating func see(version: Int) {
    if version != self.version { (self.version, facts) = (version, []) }
  }

  subscript(query: ListQuery) -> Facts {
    get { facts.first { $0.query == query }?.facts ?? Facts() }
    set {
      facts.removeAll { $0.query == query }
      facts.insert((query, newValue), at: 0)
      if facts.count > Self.keptMax { facts.removeLast() }
    }
  }
}
