import CSQLite
import Domain

/// One SQLite connection, used by one thread at a time.
///
/// Statements are prepared once and kept. Parameters are written `$1`, `$2`, … so that PostgreSQL
/// can run the same text; SQLite treats them as names, so they are bound by name, never by place.
final class Connection {
  /// How a connection may use the file.
  enum Access { case readWrite, readOnly }

  private let handle: OpaquePointer
  private var statements: [String: Statement] = [:]
  let path: String
  private let busyMilliseconds: Int32

  /// - Parameter busyMilliseconds: how long to wait for another process's write.
  init(path: String, access: Access, busyMilliseconds: Int32 = 5000) throws(StorageError) {
    var handle: OpaquePointer?
    let flags =
      (access == .readWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY)
      // One thread at a time is our rule, so SQLite's own mutexes are left out.
      | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    let code = sqlite3_open_v2(path, &handle, flags, nil)
    guard code == SQLITE_OK, let handle else {
      let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(handle)
      throw StorageError(Self.kind(of: code, opening: true), "\(path): \(message).")
    }
    self.handle = handle
    self.path = path
    self.busyMilliseconds = busyMilliseconds
    sqlite3_busy_timeout(handle, busyMilliseconds)
    // A misspelt column must be an error, not a string.
    _ = csqlite_db_config_flag(handle, SQLITE_DBCONFIG_DQS_DML, 0)
    _ = csqlite_db_config_flag(handle, SQLITE_DBCONFIG_DQS_DDL, 0)
    let registered = LikeFunction.register(on: handle)
    guard registered == SQLITE_OK else { throw failure(registered, "LIKE") }
    try run("PRAGMA foreign_keys=ON")
    if access == .readWrite {
      try run("PRAGMA journal_mode=WAL")
      // FULL: in WAL mode NORMAL may lose a committed intent on power failure, and an intent must
      // be durable before the request leaves (invariant S3).
      try run("PRAGMA synchronous=FULL")
    }
    try run("PRAGMA temp_store=MEMORY")
    // Readers share the kernel's cache of the file; a large one of each would be memory for nothing.
    try run("PRAGMA cache_size=\(access == .readWrite ? -8000 : -1000)")
  }

  deinit {
    statements.removeAll()
    sqlite3_close_v2(handle)
  }

  /// Whether a transaction is open.
  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// The statements that were prepared and are kept.
  var preparedSQL: [String] { statements.keys.sorted() }

  /// Rows changed by the last statement.
  var changes: Int { Int(sqlite3_changes64(handle)) }

  /// Stops whatever statement runs, from any thread.
  func interrupt() { sqlite3_interrupt(handle) }

  /// What stops this connection's statements from other threads.
  var interrupter: Interrupter { Interrupter(handle: handle) }

  /// Stops the statements of a connection; must not be used once that is gone.
  struct Interrupter: @unchecked Sendable {
    // Sendable: SQLite allows this one call from any thread while the connection is open, and who
    // holds this holds the connection.
    fileprivate let handle: OpaquePointer
    func interrupt() { sqlite3_interrupt(handle) }
  }

  /// Runs statements that give no rows and take no arguments.
  func run(_ sql: String) throws(StorageError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code, sql) }
  }

  /// Runs one statement with arguments for `$1`, `$2`, …
  @discardableResult
  func run(_ sql: String, _ arguments: SQLValue?...) throws(StorageError) -> Int {
    try run(sql, arguments: arguments)
  }

  /// Runs one statement; the number of rows it changed.
  @discardableResult
  func run(_ sql: String, arguments: [SQLValue?]) throws(StorageError) -> Int {
    let statement = try prepared(sql)
    defer { statement.reset() }
    try statement.bind(arguments)
    while try statement.step() {}
    return changes
  }

  /// All rows of a query, each made into a value while the row stands.
  func rows<Value>(
    _ sql: String, _ arguments: SQLValue?..., row: (Row) throws(StorageError) -> Value
  ) throws(StorageError) -> [Value] {
    try rows(sql, arguments: arguments, row: row)
  }

  /// All rows of a query, each made into a value while the row stands.
  func rows<Value>(
    _ sql: String, arguments: [SQLValue?], row: (Row) throws(StorageError) -> Value
  ) throws(StorageError) -> [Value] {
    let statement = try prepared(sql)
    defer { statement.reset() }
    try statement.bind(arguments)
    var values: [Value] = []
    while try statement.step() { values.append(try row(Row(statement: statement))) }
    return values
  }

  /// Hands over the rows of a query one by one, so that a result of any length takes no room.
  func each(
    _ sql: String, arguments: [SQLValue?], row: (Row) throws(StorageError) -> Void
  ) throws(StorageError) {
    let statement = try prepared(sql)
    defer { statement.reset() }
    try statement.bind(arguments)
    while try statement.step() { try row(Row(statement: statement)) }
  }

  /// The first row of a query, or nil when there is none.
  func row<Value>(
    _ sql: String, _ arguments: SQLValue?..., row: (Row) throws(StorageError) -> Value
  ) throws(StorageError) -> Value? {
    let statement = try prepared(sql)
    defer { statement.reset() }
    try statement.bind(arguments)
    return try statement.step() ? try row(Row(statement: statement)) : nil
  }

  /// Runs `body` in one transaction; an error rolls all of it back.
  func transaction<Value>(
    immediate: Bool, _ body: () throws(StorageError) -> Value
  ) throws(StorageError) -> Value {
    precondition(!isInTransaction, "a transaction is open already")
    try run(immediate ? "BEGIN IMMEDIATE" : "BEGIN")
    do throws(StorageError) {
      let value = try body()
      try run("COMMIT")
      return value
    } catch {
      // After some failures (disk full) SQLite has rolled back by itself.
      if isInTransaction { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
      throw error
    }
  }

  private func prepared(_ sql: String) throws(StorageError) -> Statement {
    if let statement = statements[sql], !statement.isBusy { return statement }
    // A statement lives no longer than its connection; held strongly, neither would ever go.
    let statement = try Statement(sql, on: handle) { [unowned self] in failure($0, $1) }
    if statements[sql] == nil { statements[sql] = statement }
    return statement
  }

  fileprivate func failure(_ code: Int32, _ sql: String) -> StorageError {
    let kind = Self.kind(of: code, opening: false)
    return StorageError(kind, sentence(kind, String(cString: sqlite3_errmsg(handle))), sql: sql)
  }

  /// What a failure means to a person; SQLite's own words where they say more.
  private func sentence(_ kind: StorageError.Kind, _ message: String) -> String {
    switch kind {
    case .busy:
      "Another program is writing to \(path) and did not finish within "
        + "\(busyMilliseconds) ms; nothing was changed, try again."
    case .diskFull: "No room is left on the disk of \(path); the write did not happen."
    case .readOnly: "\(path) may not be written: \(message)."
    case .disk: "The disk of \(path) failed: \(message)."
    case .corrupt: "\(path) is damaged or no store: \(message)."
    default: message
    }
  }

  private static func kind(of code: Int32, opening: Bool) -> StorageError.Kind {
    switch code & 0xFF {
    case SQLITE_BUSY, SQLITE_LOCKED: .busy
    case SQLITE_READONLY, SQLITE_PERM: .readOnly
    case SQLITE_FULL: .diskFull
    case SQLITE_IOERR: .disk
    case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
    case SQLITE_CONSTRAINT: .constraint
    case SQLITE_INTERRUPT: .interrupted
    case SQLITE_CANTOPEN: .cannotOpen
    default: opening ? .cannotOpen : .programming
    }
  }
}

/// A prepared statement of one connection.
final class Statement {
  private let handle: OpaquePointer
  private let sql: String
  private let failure: (Int32, String) -> StorageError
  /// The place SQLite gave to `$n`, at index n - 1.
  private var places: [Int32] = []
  private(set) var isBusy = false

  fileprivate init(
    _ sql: String, on connection: OpaquePointer,
    failure: @escaping (Int32, String) -> StorageError
  ) throws(StorageError) {
    var handle: OpaquePointer?
    let code = sqlite3_prepare_v3(
      connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
    guard code == SQLITE_OK, let handle else { throw failure(code, sql) }
    (self.handle, self.sql, self.failure) = (handle, sql, failure)
    let count = Int(sqlite3_bind_parameter_count(handle))
    for number in 0..<count {
      let place = sqlite3_bind_parameter_index(handle, "$\(number + 1)")
      precondition(place > 0, "parameters are $1 to $\(count), each used: \(sql)")
      places.append(place)
    }
  }

  deinit { sqlite3_finalize(handle) }

  func bind(_ arguments: [SQLValue?]) throws(StorageError) {
    precondition(arguments.count == places.count, "\(arguments.count) arguments for \(sql)")
    isBusy = true
    for (place, argument) in zip(places, arguments) {
      let code =
        switch argument {
        case nil: sqlite3_bind_null(handle, place)
        case .integer(let value): sqlite3_bind_int64(handle, place, value)
        case .text(var value):
          // The string's own bytes with their length: no copy to a C string, no strlen.
          value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
              sqlite3_bind_text64(
                handle, place, $0.baseAddress ?? Self.empty, UInt64($0.count),
                csqlite_transient(), UInt8(SQLITE_UTF8))
            }
          }
        case .blob(let value):
          value.withUnsafeBytes {
            sqlite3_bind_blob64(
              handle, place, $0.baseAddress ?? UnsafeRawPointer(Self.empty), UInt64($0.count),
              csqlite_transient())
          }
        }
      guard code == SQLITE_OK else {
        reset()
        throw failure(code, sql)
      }
    }
  }

  /// A place to point to for values without bytes; a null pointer would mean NULL.
  private nonisolated(unsafe) static let empty: UnsafePointer<CChar> = {
    // Never freed and never written: one byte for the life of the process.
    let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    byte.initialize(to: 0)
    return UnsafePointer(byte)
  }()

  func step() throws(StorageError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let error = failure(code, sql)
      reset()
      throw error
    }
  }

  func reset() {
    sqlite3_reset(handle)
    isBusy = false
  }

  fileprivate var columnCount: Int { Int(sqlite3_column_count(handle)) }

  fileprivate func isNull(_ column: Int32) -> Bool {
    sqlite3_column_type(handle, column) == SQLITE_NULL
  }
  fileprivate func isInteger(_ column: Int32) -> Bool {
    sqlite3_column_type(handle, column) == SQLITE_INTEGER
  }
  fileprivate func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
  fileprivate func text(_ column: Int32) -> String {
    guard let bytes = sqlite3_column_text(handle, column) else { return "" }
    let count = Int(sqlite3_column_bytes(handle, column))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }
  fileprivate func blob(_ column: Int32) -> [UInt8] {
    guard let bytes = sqlite3_column_blob(handle, column) else { return [] }
    let count = Int(sqlite3_column_bytes(handle, column))
    return Array(UnsafeRawBufferPointer(start: bytes, count: count))
  }
}

/// A row of a query, valid while the query runs. Columns count from 0.
struct Row {
  fileprivate let statement: Statement
  private let skipped: Int

  fileprivate init(statement: Statement) { (self.statement, skipped) = (statement, 0) }

  /// The same row with its first columns left out.
  init(_ row: Row, skipping columns: Int) {
    (statement, skipped) = (row.statement, row.skipped + columns)
  }

  private func place(_ column: Int) -> Int32 { Int32(column + skipped) }
  /// How many columns there are.
  var count: Int { statement.columnCount - skipped }
  func isNull(_ column: Int) -> Bool { statement.isNull(place(column)) }
  func isInteger(_ column: Int) -> Bool { statement.isInteger(place(column)) }
  func int(_ column: Int) -> Int { Int(statement.integer(place(column))) }
  func int64(_ column: Int) -> Int64 { statement.integer(place(column)) }
  func bool(_ column: Int) -> Bool { statement.integer(place(column)) != 0 }
  func text(_ column: Int) -> String { statement.text(place(column)) }
  func blob(_ column: Int) -> [UInt8] { statement.blob(place(column)) }
  func optionalInt(_ column: Int) -> Int? { isNull(column) ? nil : int(column) }
  func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }
  func money(_ column: Int) -> Money { Money(minorUnits: int64(column)) }
  func optionalMoney(_ column: Int) -> Money? { isNull(column) ? nil : money(column) }
  func date(_ column: Int) -> CalendarDate? { optionalText(column).flatMap { CalendarDate($0) } }
  func instant(_ column: Int) -> Instant? { optionalText(column).flatMap { Instant($0) } }
}

/// A value bound to a parameter. A nil argument is NULL.
enum SQLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  case integer(Int64)
  case text(String)
  case blob([UInt8])

  init(stringLiteral value: String) { self = .text(value) }
  init(integerLiteral value: Int64) { self = .integer(value) }

  static func int(_ value: some BinaryInteger) -> SQLValue { .integer(Int64(value)) }
  static func bool(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }
  static func money(_ value: Money) -> SQLValue { .integer(value.minorUnits) }
  static func date(_ value: CalendarDate) -> SQLValue { .text(value.description) }
  static func instant(_ value: Instant) -> SQLValue { .text(value.description) }
  static func optional(_ value: String?) -> SQLValue? { value.map(SQLValue.text) }
}
