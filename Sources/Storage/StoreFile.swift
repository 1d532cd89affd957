import Domain
import Glibc

/// The file of a store: recognised, checked and brought up to date before anything is done with it.
enum StoreFile {
  /// Marks a SQLite file as Rentbook's: "Rent" in ASCII.
  static let applicationID = 0x5265_6E74

  /// Opens the file for writing.
  static func open(_ path: String, now: Instant) throws(StorageError) -> Connection {
    let isNew = try inspect(path)
    if isNew { try makeFolder(of: path) }
    let connection = try Connection(path: path, access: .readWrite)
    // Names, amounts and tax ids of other people: for the owner of the file alone.
    for suffix in ["", "-wal", "-shm"] { chmod(path + suffix, 0o600) }
    if isNew {
      try connection.run("PRAGMA application_id=\(applicationID)")
    } else if version(of: connection) < Migrations.current {
      try backUp(connection, path: path, version: version(of: connection), now: now)
    }
    try Migrations.run(on: connection, now: now)
    try checkAfterCrash(connection)
    return connection
  }

  /// Looks at the file without changing it; whether there is none yet.
  private static func inspect(_ path: String) throws(StorageError) -> Bool {
    var information = stat()
    guard stat(path, &information) == 0 else {
      guard errno == ENOENT else {
        throw StorageError(.cannotOpen, "\(path) cannot be read: \(reason()).")
      }
      return true
    }
    guard information.st_mode & S_IFMT == S_IFREG else {
      throw StorageError(.cannotOpen, "\(path) is no file.")
    }
    if information.st_size == 0 { return true }
    guard access(path, W_OK) == 0 else {
      throw StorageError(.readOnly, "\(path) may not be written: \(reason()).")
    }
    try checkHeader(path)
    let connection: Connection
    do throws(StorageError) {
      connection = try Connection(path: path, access: .readOnly)
      let identity =
        try connection.row("PRAGMA application_id") { row throws(StorageError) in row.int(0) } ?? 0
      guard identity == applicationID else {
        throw StorageError(.corrupt, "\(path) is a database, but not Rentbook's.")
      }
    } catch {
      throw error.kind == .corrupt
        ? StorageError(.corrupt, "\(path) is damaged or no store: \(error.message).") : error
    }
    let version = version(of: connection)
    guard version <= Migrations.current else {
      throw StorageError(
        .tooNew,
        "\(path) was written by a newer Rentbook (store version \(version), "
          + "this one knows \(Migrations.current)); nothing was touched.")
    }
    return false
  }

  /// The first bytes, which SQLite itself would overlook in a file it takes for empty.
  private static func checkHeader(_ path: String) throws(StorageError) {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw StorageError(.cannotOpen, "\(path) cannot be read: \(reason()).")
    }
    defer { Glibc.close(descriptor) }
    var header = [UInt8](repeating: 0, count: 16)
    let count = Glibc.read(descriptor, &header, header.count)
    guard count == 16, header.starts(with: "SQLite format 3\0".utf8) else {
      throw StorageError(.corrupt, "\(path) is not a store.")
    }
  }

  private static func version(of connection: Connection) -> Int {
    let version = try? connection.row("PRAGMA user_version") { row throws(StorageError) in
      row.int(0)
    }
    return version.flatMap(\.self) ?? 0
  }

  private static func makeFolder(of path: String) throws(StorageError) {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    let folder = String(path[..<slash])
    var parts = ""
    for part in folder.split(separator: "/", omittingEmptySubsequences: false) {
      parts += part
      if !parts.isEmpty, access(parts, F_OK) != 0, mkdir(parts, 0o700) != 0, errno != EEXIST {
        throw StorageError(.cannotOpen, "The folder \(parts) cannot be made: \(reason()).")
      }
      parts += "/"
    }
  }

  /// A copy of the whole store beside it, before its shape changes.
  private static func backUp(
    _ connection: Connection, path: String, version: Int, now: Instant
  ) throws(StorageError) {
    let stamp = now.secondsText.filter { $0.isNumber }
    try connection.run("VACUUM INTO $1", .text("\(path).v\(version)-\(stamp).backup"))
    chmod("\(path).v\(version)-\(stamp).backup", 0o600)
  }

  /// After an end that was none, every page is read once before the store is trusted.
  private static func checkAfterCrash(_ connection: Connection) throws(StorageError) {
    let state = try connection.row("SELECT value FROM store_state WHERE name = 'closed'") {
      row throws(StorageError) in row.text(0)
    }
    if state == "open" {
      let answer = try connection.row("PRAGMA quick_check(1)") { row throws(StorageError) in
        row.text(0)
      }
      guard answer == "ok" else {
        throw StorageError(.corrupt, "The store is damaged: \(answer ?? "it cannot be read").")
      }
    }
    try connection.run(
      """
      INSERT INTO store_state (name, value) VALUES ('closed', 'open')
      ON CONFLICT (name) DO UPDATE SET value = 'open'
      """)
  }

  private static func reason() -> String { String(cString: strerror(errno)) }
}
