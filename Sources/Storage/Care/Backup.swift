import Domain
import Glibc

/// Copies of the store, made while it is in use, and put back.
extension Store {
  /// Makes a copy of the store as it is now and checks it.
  ///
  /// - Throws: ``StorageError`` when the file is there already, or the copy is not whole; a copy that
  ///   failed is removed.
  public func backup(to file: String) throws(StorageError) {
    guard access(file, F_OK) != 0 else {
      throw StorageError(.cannotOpen, "\(file) is there already; nothing was written.")
    }
    // Under another name until it is whole: nobody takes half a copy for a backup.
    let part = file + ".part"
    unlink(part)
    do throws(StorageError) {
      try copyWhole(to: part)
      chmod(part, 0o600)
      _ = try Self.inspectBackup(part)
      try Self.move(part, to: file)
    } catch {
      unlink(part)
      throw error
    }
  }

  /// Puts a checked copy in a store's place; the path the old store is kept at, or nil when there was
  /// none.
  ///
  /// - Throws: ``StorageError`` of kind `busy` while a program has the store open, and `corrupt` or
  ///   `tooNew` for a copy that cannot be used; the store is then as it was.
  public static func restore(from file: String, to path: String) throws(StorageError) -> String? {
    guard access(file, R_OK) == 0 else {
      throw StorageError(
        .cannotOpen, "\(file) cannot be read: \(String(cString: strerror(errno))).")
    }
    _ = try inspectBackup(file)
    let storeGuard = try StoreGuard(path: path)
    guard storeGuard.isAlone else {
      throw StorageError(
        .busy, "Another Rentbook has \(path) open; close it first, nothing was changed.")
    }
    let fresh = path + ".restoring"
    unlink(fresh)
    do throws(StorageError) {
      // Read-only, so the copy given stays as it is.
      let source = try Connection(path: file, access: .readOnly)
      try source.run("VACUUM INTO $1", .text(fresh))
      // What was on its way when the copy was made may have been settled and made otherwise since. A
      // row that carries the key of a record is found by it, and nothing in it counts as agreed.
      let copy = try Connection(path: fresh, access: .readWrite)
      try copy.run("DELETE FROM outbox WHERE action = 'create' AND state <> 'dead'")
    } catch {
      unlink(fresh)
      throw error
    }
    chmod(fresh, 0o600)
    return try swap(fresh, into: path)
  }

  /// Moves the old store aside and the new one into its place; on a failure all is as before.
  private static func swap(_ fresh: String, into path: String) throws(StorageError) -> String? {
    var moved: [(from: String, to: String)] = []
    var kept: String?
    do throws(StorageError) {
      if access(path, F_OK) == 0 {
        var number = 1
        while access("\(path).before-restore-\(number)", F_OK) == 0 { number += 1 }
        let aside = "\(path).before-restore-\(number)"
        // Its log first: a new store must never find the log of an old one.
        for suffix in ["-wal", "-shm", ""] where access(path + suffix, F_OK) == 0 {
          try move(path + suffix, to: aside + suffix)
          moved.append((path + suffix, aside + suffix))
        }
        kept = aside
      }
      try move(fresh, to: path)
    } catch {
      for step in moved.reversed() { rename(step.to, step.from) }
      unlink(fresh)
      throw error
    }
    return kept
  }

  /// The version of a copy that is whole.
  private static func inspectBackup(_ file: String) throws(StorageError) -> Int {
    let connection = try Connection(path: file, access: .readOnly)
    let identity = try connection.row("PRAGMA application_id") { row throws(StorageError) in
      row.int(0)
    }
    guard identity == StoreFile.applicationID else {
      throw StorageError(.corrupt, "\(file) is not a copy of a Rentbook store.")
    }
    let answer = try connection.row("PRAGMA integrity_check(1)") { row throws(StorageError) in
      row.text(0)
    }
    guard answer == "ok" else {
      throw StorageError(.corrupt, "\(file) is damaged: \(answer ?? "it cannot be read").")
    }
    let version =
      try connection.row("PRAGMA user_version") { row throws(StorageError) in row.int(0) } ?? 0
    guard version <= Migrations.current else {
      throw StorageError(.tooNew, "\(file) was made by a newer Rentbook.")
    }
    return version
  }

  private static func move(_ from: String, to: String) throws(StorageError) {
    guard rename(from, to) == 0 else {
      throw StorageError(
        .cannotOpen, "\(from) cannot be moved to \(to): \(String(cString: strerror(errno))).")
    }
  }
}
