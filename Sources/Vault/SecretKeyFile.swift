import Glibc

/// The file that holds the key: 32 bytes, readable by its owner alone, apart from the data it
/// protects, so that a copy of the store gives nothing away.
public struct SecretKeyFile: Sendable {
  /// Where it is.
  public let path: String

  /// A key file at an absolute path.
  public init(path: String) { self.path = path }

  /// Reads the key, or makes a new one where there is none. An existing file is never changed.
  ///
  /// - Parameter dataFolder: the folder of the store; the key must not lie in it.
  /// - Throws: ``VaultError`` when the key lies with the data, or others can read or replace it,
  ///   or it is no key, or it cannot be read or made.
  public func loadOrCreate(
    apartFrom dataFolder: String, random: SecureRandom = SecureRandom()
  ) throws(VaultError) -> SecretKey {
    if Self.resolved(folder) == Self.resolved(dataFolder) {
      throw VaultError(
        .keyUnsafe,
        "The key \(path) would lie in the folder of the data it protects. Set RENTBOOK_KEY_FILE to a"
          + " file in another folder.")
    }
    do throws(VaultError) {
      return try load()
    } catch {
      guard error.kind == .keyMissing else { throw error }
    }
    try create(random)
    return try load()
  }

  /// Reads the key.
  ///
  /// - Throws: ``VaultError`` as ``loadOrCreate(apartFrom:random:)`` does, and `keyMissing`.
  public func load() throws(VaultError) -> SecretKey {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR {
        throw VaultError(.keyMissing, "There is no key file at \(path).")
      }
      if errno == ELOOP {
        throw VaultError(.keyUnsafe, "The key \(path) is a link. Put the file itself there.")
      }
      throw Self.failure("read the key", path)
    }
    defer { close(descriptor) }
    try check(descriptor)
    // One byte more than a key, to see that the file ends there.
    var bytes = [UInt8](repeating: 0, count: SecretKey.byteCount + 1)
    let count = read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw Self.failure("read the key", path) }
    guard let key = SecretKey(Array(bytes.prefix(count))) else {
      throw VaultError(
        .keyDamaged,
        "\(path) is not a key: it does not have \(SecretKey.byteCount) bytes. Restore it from a"
          + " backup; without it the secrets in the store must be entered again.")
    }
    return key
  }

  private var folder: String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The permissions of the open file itself, and of its folder, where it could be replaced.
  private func check(_ descriptor: Int32) throws(VaultError) {
    var file = stat()
    guard fstat(descriptor, &file) == 0 else { throw Self.failure("examine the key", path) }
    guard file.st_mode & S_IFMT == S_IFREG else {
      throw VaultError(.keyUnsafe, "The key \(path) is not an ordinary file.")
    }
    guard file.st_mode & 0o077 == 0 else {
      throw VaultError(
        .keyUnsafe,
        "Others can use the key \(path) (mode \(Self.octal(file.st_mode))). Run: chmod 600 '\(path)'"
      )
    }
    guard file.st_uid == geteuid() || file.st_uid == 0 || geteuid() == 0 else {
      throw VaultError(.keyUnsafe, "The key \(path) belongs to another user.")
    }
    var place = stat()
    guard stat(folder, &place) == 0 else { throw Self.failure("examine the folder", folder) }
    guard place.st_mode & 0o022 == 0 else {
      throw VaultError(
        .keyUnsafe,
        "Others can replace the key \(path): they may write in its folder (mode"
          + " \(Self.octal(place.st_mode))). Run: chmod 700 '\(folder)'")
    }
  }

  /// The file appears whole or not at all, and never in place of another: it is written beside its
  /// place and then linked there.
  private func create(_ random: SecureRandom) throws(VaultError) {
    try Self.makeFolder(folder)
    let draft = "\(path).\(random.uuid())"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure("make the key", path) }
    defer { unlink(draft) }
    let bytes = random.bytes(SecretKey.byteCount)
    let isWritten = write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
    guard close(descriptor) == 0, isWritten else { throw Self.failure("make the key", path) }
    // Another program may have made one meanwhile; then that is the key.
    guard link(draft, path) == 0 || errno == EEXIST else {
      throw Self.failure("make the key", path)
    }
    let place = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if place >= 0 {
      fsync(place)
      close(place)
    }
  }

  /// Makes a folder and those above it that are missing, for the owner alone.
  private static func makeFolder(_ path: String) throws(VaultError) {
    guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw failure("make the folder", path)
    }
    try makeFolder(String(path[..<slash]))
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw failure("make the folder", path)
    }
  }

  /// The path without links; as it was given when there is no such folder yet.
  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static func failure(_ what: String, _ path: String) -> VaultError {
    VaultError(.unreadable, "Cannot \(what) \(path): \(String(cString: strerror(errno))).")
  }

  private static func octal(_ mode: mode_t) -> String {
    "0" + String(mode & 0o7777, radix: 8)
  }
}
