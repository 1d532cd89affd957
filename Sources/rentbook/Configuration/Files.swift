import Glibc

/// Whole files, by system calls: nothing here needs Foundation.
enum Files {
  /// The bytes of a file.
  ///
  /// - Throws: a failure that names the file and the reason.
  static func read(_ path: String) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw problem("read", path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw problem("read", path)
      }
      bytes.append(contentsOf: buffer[..<count])
    }
  }

  /// Puts text into a file for the user alone, all of it or none.
  static func write(_ text: String, to path: String) throws(Failure) {
    let part = path + ".part"
    let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw problem("write", path) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        close(descriptor)
        unlink(part)
        throw problem("write", path)
      }
      rest = rest.dropFirst(count)
    }
    guard close(descriptor) == 0, rename(part, path) == 0 else { throw problem("write", path) }
  }

  /// Makes a file for the user alone; false when there is one, which stays as it is.
  static func create(_ text: String, at path: String) throws(Failure) -> Bool {
    let part = "\(path).\(getpid())"
    try write(text, to: part)
    defer { unlink(part) }
    // A link is made only where there is nothing, so that nobody ever sees half a file.
    if link(part, path) == 0 { return true }
    if errno == EEXIST { return false }
    throw problem("write", path)
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Makes a folder and those above it, for the user alone.
  static func makeFolder(_ path: String) throws(Failure) {
    if exists(path) { return }
    let parent = Self.parent(of: path)
    if parent != path { try makeFolder(parent) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw problem("make", path) }
  }

  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      return path.hasPrefix("/") ? "/" : "."
    }
    return String(path[..<slash])
  }

  private static func problem(_ verb: String, _ path: String) -> Failure {
    Failure(
      "file", "Cannot \(verb) \(path): \(String(cString: strerror(errno))).", exit: .usage)
  }
}
