import Glibc

/// Says to other programs that a store is open.
///
/// A lock on an empty file beside the store, held while it is open and let go by the system however
/// the program ends. SQLite's own locks say nothing between two transactions; and a file of its own
/// is needed, because closing any descriptor of the store's file drops SQLite's locks on it.
final class StoreGuard: Sendable {
  private let descriptor: CInt
  private let file: String
  /// Whether no other program had the store open when this one came.
  let isAlone: Bool

  /// How long another program may take to bring the store up to date before this one gives up.
  private static let waitMilliseconds = 60_000
  private static let stepMilliseconds = 10

  /// Takes the lock: alone when that is possible at once, else together with others.
  ///
  /// - Throws: ``StorageError`` of kind `busy` when another program keeps it for itself.
  init(path: String) throws(StorageError) {
    file = path + "-open"
    var waited = 0
    while true {
      let descriptor = Glibc.open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else {
        throw StorageError(
          errno == EACCES || errno == EROFS ? .readOnly : .cannotOpen,
          "\(file) cannot be made: \(String(cString: strerror(errno))).")
      }
      let isAlone = flock(descriptor, LOCK_EX | LOCK_NB) == 0
      // The last to leave removes the file; a lock on one that was removed tells nobody anything.
      if isAlone || flock(descriptor, LOCK_SH | LOCK_NB) == 0, Self.isThere(descriptor, file) {
        (self.descriptor, self.isAlone) = (descriptor, isAlone)
        return
      }
      close(descriptor)
      guard waited < Self.waitMilliseconds else {
        throw StorageError(
          .busy, "Another program is restoring or converting \(path); try again when it is done.")
      }
      usleep(UInt32(Self.stepMilliseconds) * 1000)
      waited += Self.stepMilliseconds
    }
  }

  deinit {
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(file) }
    close(descriptor)
  }

  /// Lets other programs in.
  func share() { flock(descriptor, LOCK_SH) }

  private static func isThere(_ descriptor: CInt, _ file: String) -> Bool {
    var (held, named) = (stat(), stat())
    return fstat(descriptor, &held) == 0 && stat(file, &named) == 0
      && held.st_ino == named.st_ino && held.st_dev == named.st_dev
  }
}
