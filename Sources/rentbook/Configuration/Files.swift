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
