import Background
import Domain
import Glibc

/// How secret values are encrypted before they reach the disk; the key is held elsewhere.
public protocol RecordSealing: Sendable {
  /// The encrypted form of a text. `purpose` binds it to its place: another place cannot open it.
  func seal(_ text: String, purpose: String) -> [UInt8]
  /// The text, or nil when it was not sealed with this key for this purpose, or was changed.
  func open(_ sealed: [UInt8], purpose: String) -> String?
}

/// The local database: where every spoke's records meet.
///
/// One writer behind a lock, a reading connection for each thread that reads at the same time. A
/// write is one transaction, durable when it returns. Nothing here waits for a network.
public final class Store: Sendable {
  /// The file.
  public let path: String
  let sealing: any RecordSealing
  private let now: @Sendable () -> Instant
  private let writer: Lock<Connection>
  /// Held as long as the store is open.
  private let storeGuard: StoreGuard
  private let readers = Lock<[Connection]>([])
  private let observers = Lock<[@Sendable (ChangeSet) -> Void]>([])

  /// Idle readers kept open; more are closed after use. The screen, the sync and a few commands.
  private static let idleReadersMax = 6

  /// Opens a store, making it when there is none, and brings an older one up to date after a backup.
  ///
  /// - Parameter now: the moment written into rows.
  /// - Throws: ``StorageError`` of kind `tooNew`, `corrupt`, `cannotOpen` or `readOnly` without having
  ///   changed anything.
  public init(
    path: String, sealing: any RecordSealing, now: @escaping @Sendable () -> Instant
  ) throws(StorageError) {
    self.path = path
    self.sealing = sealing
    self.now = now
    storeGuard = try StoreFile.enter(path)
    writer = Lock(try StoreFile.open(path, storeGuard, now: now()))
  }

  /// Marks the store as closed in good order and folds the log into the file.
  public func close() {
    readers.withLock { $0.removeAll() }
    writer.withLock { connection in
      // A store that cannot be marked is looked at again when it is opened; nothing is lost.
      try? connection.run("UPDATE store_state SET value = 'clean' WHERE name = 'closed'")
      try? connection.run("PRAGMA wal_checkpoint(TRUNCATE)")
    }
  }

  /// Calls `observer` after every commit, on the thread that committed. It must return at once.
  public func observe(_ observer: @escaping @Sendable (ChangeSet) -> Void) {
    observers.withLock { $0.append(observer) }
  }

  /// The moment it is, by the clock the store was given.
  var moment: Instant { now() }

  /// A copy of the store in a file of its own, to try something on; it must not exist yet.
  public func copy(to path: String) throws(StorageError) -> Store {
    try copyWhole(to: path)
    return try Store(path: path, sealing: sealing, now: now)
  }

  /// Runs `body` on a copy of the store that is thrown away: what it does there touches nothing.
  ///
  /// - Parameters:
  ///   - name: what the copy is for, and a number of its own: two programs may try at once.
  ///   - refusal: what to throw when the copy cannot be made.
  public func withCopy<Value, Failure: Error>(
    named name: String, refusal: (StorageError) -> Failure,
    _ body: (Store) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let path = "\(path).\(name)"
    defer { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }
    let scratch: Store
    do throws(StorageError) { scratch = try copy(to: path) } catch { throw refusal(error) }
    defer { scratch.close() }
    return try body(scratch)
  }

  func copyWhole(to path: String) throws(StorageError) {
    // A connection of its own: who writes need not wait for it.
    let connection = try Connection(path: self.path, access: .readOnly)
    try connection.run("VACUUM INTO $1", .text(path))
  }

  /// Runs `body` on one snapshot of the store.
  func read<Value>(
    _ body: (Connection) throws(StorageError) -> Value
  ) throws(StorageError) -> Value {
    let connection: Connection
    if let idle = readers.withLock({ $0.popLast() }) {
      connection = idle
    } else {
      connection = try Connection(path: path, access: .readOnly)
    }
    let value = try connection.transaction(immediate: false) { () throws(StorageError) in
      try body(connection)
    }
    readers.withLock { if $0.count < Self.idleReadersMax { $0.append(connection) } }
    return value
  }

  /// Runs `body` as one transaction: all of it happens, durably, or nothing.
  func write<Value>(
    _ body: (Transaction) throws(StorageError) -> Value
  ) throws(StorageError) -> Value {
    let (value, changes) = try writer.withLock { connection throws(StorageError) in
      let transaction = Transaction(connection: connection, sealing: sealing, now: now())
      let value = try connection.transaction(immediate: true) { () throws(StorageError) in
        try body(transaction)
      }
      return (value, transaction.changes)
    }
    if !changes.isEmpty {
      for observer in observers.withLock(\.self) { observer(changes) }
    }
    return value
  }
}

/// One write of the store while it is under way.
final class Transaction {
  let connection: Connection
  let sealing: any RecordSealing
  /// The moment of everything in this transaction.
  let now: Instant
  fileprivate(set) var changes = ChangeSet()

  init(connection: Connection, sealing: any RecordSealing, now: Instant) {
    (self.connection, self.sealing, self.now) = (connection, sealing, now)
  }

  /// Tells those who watch what will have changed, once it is committed.
  func note(_ topic: ChangeSet.Topic) { changes.topics.insert(topic) }
}

/// What a commit changed, for those who show it.
public struct ChangeSet: Sendable, Hashable {
  /// A kind of row somebody may be showing.
  public enum Topic: Sendable, Hashable {
    case records(Resource)
    /// The state of the synchronization: counts, cursors, jobs, dead letters.
    case sync
    case messages, calls, settings
  }

  /// The kinds of row that changed.
  public var topics: Set<Topic> = []

  /// Nothing.
  public init() {}

  /// Whether nothing changed.
  public var isEmpty: Bool { topics.isEmpty }
}
