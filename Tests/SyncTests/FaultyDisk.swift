import Background
import CSQLite
import Glibc

/// SQLite's own layer to the disk, with a fault at the n-th call of stores whose path names it. All
/// other files go through as they are.
enum FaultyDisk {
  /// Folders of stores whose disk fails begin with this.
  static let folder = "rentbook-faulty-"

  /// What goes wrong at which call.
  struct Plan: Sendable {
    var code: Int32
    /// Counted from 1 over reads, writes, syncs, truncations and locks.
    var call: Int
    /// Whether every later call fails as well: a disk that stays full.
    var lasts: Bool
  }

  /// Stores opened from now on go through here. Whether SQLite took it.
  static func install() -> Bool { isRegistered }

  private struct State {
    var plan: Plan?
    var passed = 0
    var struck = 0
  }

  private static let state = Lock(State())

  /// Runs `body` under a plan; how many calls it made, and how many of them failed.
  static func under(_ plan: Plan?, _ body: () throws -> Void) rethrows -> (calls: Int, struck: Int)
  {
    state.withLock { $0 = State(plan: plan) }
    defer { state.withLock { $0.plan = nil } }
    try body()
    return state.withLock { ($0.passed, $0.struck) }
  }

  /// What the call about to be made ends in; SQLITE_OK to carry it out.
  private static func strike() -> Int32 {
    state.withLock { state in
      state.passed += 1
      guard let plan = state.plan,
        state.passed == plan.call || plan.lasts && state.passed > plan.call
      else { return SQLITE_OK }
      state.struck += 1
      return plan.code
    }
  }

  // MARK: In SQLite's place

  // These three are written once, by the initializer of `isRegistered`, before any call reads them.
  nonisolated(unsafe) private static var original: UnsafeMutablePointer<sqlite3_vfs>?
  nonisolated(unsafe) private static var ours = sqlite3_vfs()
  nonisolated(unsafe) private static var name = Array("faulty".utf8CString)

  /// The methods of files as SQLite has them, and ours in their place, by the address of SQLite's:
  /// it has one table for each way of locking.
  private struct Tables: @unchecked Sendable {
    // Only touched under the lock; what the pointers lead to is never freed.
    var ours: [UnsafePointer<sqlite3_io_methods>: UnsafeMutablePointer<sqlite3_io_methods>] = [:]
    var theirs: [UnsafePointer<sqlite3_io_methods>: UnsafePointer<sqlite3_io_methods>] = [:]
  }

  private static let tables = Lock(Tables())

  private static let isRegistered: Bool = {
    guard let standard = sqlite3_vfs_find(nil) else { return false }
    original = standard
    ours = standard.pointee
    name.withUnsafeBufferPointer { buffer in ours.zName = buffer.baseAddress }
    ours.xOpen = { _, path, file, flags, outFlags in
      guard let standard = FaultyDisk.original, let open = standard.pointee.xOpen else {
        return SQLITE_CANTOPEN
      }
      let code = open(standard, path, file, flags, outFlags)
      if code == SQLITE_OK, let path, let file, strstr(path, FaultyDisk.folder) != nil {
        FaultyDisk.wrap(file)
      }
      return code
    }
    // The registered value must keep its place for good.
    let kept = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    kept.initialize(to: ours)
    let keptName = UnsafeMutablePointer<CChar>.allocate(capacity: name.count)
    keptName.initialize(from: name, count: name.count)
    kept.pointee.zName = UnsafePointer(keptName)
    return sqlite3_vfs_register(kept, 1) == SQLITE_OK
  }()

  private static func wrap(_ file: UnsafeMutablePointer<sqlite3_file>) {
    guard let methods = file.pointee.pMethods else { return }
    tables.withLock { tables in
      if let known = tables.ours[methods] {
        file.pointee.pMethods = UnsafePointer(known)
        return
      }
      let made = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
      made.initialize(to: methods.pointee)
      made.pointee.xRead = { file, data, count, offset in
        let code = FaultyDisk.strike()
        guard code == SQLITE_OK else { return code }
        return FaultyDisk.standard(file)?.xRead?(file, data, count, offset) ?? SQLITE_IOERR
      }
      made.pointee.xWrite = { file, data, count, offset in
        let code = FaultyDisk.strike()
        guard code == SQLITE_OK else { return code }
        return FaultyDisk.standard(file)?.xWrite?(file, data, count, offset) ?? SQLITE_IOERR
      }
      made.pointee.xSync = { file, flags in
        let code = FaultyDisk.strike()
        guard code == SQLITE_OK else { return code }
        return FaultyDisk.standard(file)?.xSync?(file, flags) ?? SQLITE_IOERR
      }
      made.pointee.xTruncate = { file, size in
        let code = FaultyDisk.strike()
        guard code == SQLITE_OK else { return code }
        return FaultyDisk.standard(file)?.xTruncate?(file, size) ?? SQLITE_IOERR
      }
      tables.ours[methods] = made
      tables.theirs[UnsafePointer(made)] = methods
      file.pointee.pMethods = UnsafePointer(made)
    }
  }

  /// SQLite's own methods of a file that was opened through us.
  private static func standard(_ file: UnsafeMutablePointer<sqlite3_file>?) -> sqlite3_io_methods? {
    guard let methods = file?.pointee.pMethods else { return nil }
    return tables.withLock { $0.theirs[methods]?.pointee }
  }
}
