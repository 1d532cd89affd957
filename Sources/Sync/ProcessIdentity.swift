import Glibc

/// What tells one running program from another that works on the same store, and a dead one from a
/// later one of the same number.
enum ProcessIdentity {
  static var host: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// When a process started, in the kernel's own units; nil when there is none of that number.
  /// The 22nd member of its line, counted after the name, which may hold spaces and brackets.
  static func mark(of pid: pid_t) -> String? {
    let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count > 0, let bracket = bytes[..<count].lastIndex(of: UInt8(ascii: ")")) else {
      return nil
    }
    let members = String(decoding: bytes[(bracket + 1)..<count], as: UTF8.self)
      .split(separator: " ")
    // The first of these is the third member of the line.
    return members.count > 19 ? String(members[19]) : nil
  }
}
