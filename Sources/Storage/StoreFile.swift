import Domain
import Glibc

/// The file of a store: recognised, checked and brought up to date before anything is done with it.
enum StoreFile {
  /// Marks a SQLite file as Rentbook's: "Rent" in ASCII.
  static let applicationID = 0x5265_6E74

  private static let smallestPage = 512

  /// Says that the store is about to be opened, after making its folder when there is none.
  static func enter(_ path: String) throws(StorageError) -> StoreGuard {
    if try isMissing(path) { try makeFolder(of: path) }
    return try StoreGuard(path: path)
  }

  /// Opens the file for writing.
  ///
  /// Everything that can be refused is found out by reading alone, so a refusal changes nothing.
  static func open(
    _ path: String, _ storeGuard: StoreGuard, now: Instant,
    migrations: [Migration] = Migrations.all
  ) throws(StorageError) -> Connection {
    let isNew = try isMissing(path)
    let current = migrations.last?.version ?? 0
    var version = 0
    if isNew {
      try make(path)
    } else {
      version = try inspect(path, current: current, isAlone: storeGuard.isAlone)
      // Names, amounts and tax ids of other people: for the owner of the file alone.
      for suffix in ["", "-wal", "-shm"] { chmod(path + suffix, 0o600) }
    }
    let connection = try Connection(path: path, access: .readWrite)
    if isNew {
      try connection.run("PRAGMA application_id=\(applicationID)")
    } else if version < current {
      guard storeGuard.isAlone else {
        throw StorageError(
          .busy,
          "\(path) has to be converted for this Rentbook, but another one has it open; "
            + "close it first.")
      }
      // Nothing but a new file has no version; a copy of nothing would help nobody.
      if version > 0 { try backUp(connection, path: path, version: version, now: now) }
    }
    try Migrations.run(on: connection, now: now, migrations: migrations)
    try connection.run(
      """
      INSERT INTO store_state (name, value) VALUES ('closed', 'open')
      ON CONFLICT (name) DO UPDATE SET value = 'open'
      """)
    storeGuard.share()
    return connection
  }

  /// Whether there is no store yet: no file, or one without a byte.
  private static func isMissing(_ path: String) throws(StorageError) -> Bool {
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
    return information.st_size == 0
  }

  /// Makes the file, empty, before SQLite does: nobody else may read it for a moment.
  private static func make(_ path: String) throws(StorageError) {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StorageError(
        errno == EACCES || errno == EROFS ? .readOnly : .cannotOpen,
        "\(path) cannot be made: \(reason()).")
    }
    fchmod(descriptor, 0o600)
    close(descriptor)
  }

  /// Looks at the file without changing it; the version of the store in it.
  private static func inspect(
    _ path: String, current: Int, isAlone: Bool
  ) throws(StorageError) -> Int {
    guard access(path, W_OK) == 0 else {
      throw StorageError(.readOnly, "\(path) may not be written: \(reason()).")
    }
    // SQLite takes a file that is shorter than its smallest page for an empty database.
    var information = stat()
    guard stat(path, &information) == 0, information.st_size >= smallestPage else {
      throw StorageError(.corrupt, "\(path) is no store: it is too short to be one.")
    }
    let connection = try Connection(path: path, access: .readOnly)
    func number(_ pragma: String) throws(StorageError) -> Int {
      try connection.row("PRAGMA \(pragma)") { row throws(StorageError) in row.int(0) } ?? 0
    }
    let tables = try connection.row("SELECT COUNT(*) FROM sqlite_schema") {
      row throws(StorageError) in row.int(0)
    }
    let identity = try number("application_id")
    // Neither mark nor table: what a first start left that ended before its first step.
    guard identity == applicationID || (identity == 0 && tables == 0) else {
      throw StorageError(.corrupt, "\(path) is a database, but no Rentbook store.")
    }
    let version = try number("user_version")
    guard version <= current else {
      throw StorageError(
        .tooNew,
        "\(path) was written by a newer Rentbook (store version \(version), "
          + "this one knows \(current)); nothing was touched.")
    }
    // While another program has it open, an unfinished mark is that program's.
    if version > 0, isAlone { try checkAfterCrash(connection, path) }
    return version
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
    var file = "\(path).v\(version)-\(stamp).backup"
    // An earlier try in the same second, which failed after its copy was made.
    var number = 1
    while access(file, F_OK) == 0 {
      number += 1
      file = "\(path).v\(version)-\(stamp)-\(number).backup"
    }
    do throws(StorageError) {
      try connection.run("VACUUM INTO $1", .text(file))
    } catch {
      unlink(file)
      throw StorageError(
        error.kind,
        "\(path) was not converted, for it could not be copied first: \(error.message)")
    }
    chmod(file, 0o600)
  }

  /// After an end that was none, every page is read once before the store is trusted.
  private static func checkAfterCrash(
    _ connection: Connection, _ path: String
  ) throws(StorageError) {
    let state = try connection.row("SELECT value FROM store_state WHERE name = 'closed'") {
      row throws(StorageError) in row.text(0)
    }
    guard state == "open" else { return }
    let answer = try connection.row("PRAGMA quick_check(1)") { row throws(StorageError) in
      row.text(0)
    }
    guard answer == "ok" else {
      let found = (answer ?? "it cannot be read").replacing("*** in database main ***\n", with: "")
        .replacing("\n", with: " ")
      throw StorageError(.corrupt, "\(path) is damaged (\(found)); nothing was changed.")
    }
  }

  private static func reason() -> String { String(cString: strerror(errno)) }
}
