import Background
import Glibc

/// Notices that the configuration file was changed, by whatever editor, without looking twice a
/// second: the thread sleeps until the kernel reports a change in the folder.
final class SettingsWatch: Sendable {
  private let changes: Int32
  private let end: (read: Int32, write: Int32)
  private let worker: Lock<Worker?> = Lock(nil)

  /// Watches a file; nil where the system cannot (no such folder, no descriptors left).
  init?(_ path: String, changed: @escaping @Sendable () -> Void) {
    let folder = Files.parent(of: path)
    let name = String(path.split(separator: "/").last ?? "")
    let changes = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard changes >= 0 else { return nil }
    // Editors write in place, or write another file and rename it.
    let mask = UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO)
    var ends: [Int32] = [-1, -1]
    guard inotify_add_watch(changes, folder, mask) >= 0, pipe(&ends) == 0 else {
      close(changes)
      return nil
    }
    let stop = ends[0]
    (self.changes, end) = (changes, (ends[0], ends[1]))
    let thread = Worker(name: "settings") {
      while true {
        var polled = [
          pollfd(fd: changes, events: Int16(POLLIN), revents: 0),
          pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
        ]
        if poll(&polled, 2, -1) < 0, errno != EINTR { return }
        if polled[1].revents != 0 { return }
        if polled[0].revents != 0, Self.names(changes).contains(name) { changed() }
      }
    }
    worker.withLock { $0 = thread }
  }

  /// Ends the watch and waits for its thread.
  func stop() {
    var byte: UInt8 = 0
    _ = write(end.write, &byte, 1)
    if worker.withLock(\.self)?.join(nanoseconds: 5_000_000_000) ?? true {
      for descriptor in [changes, end.read, end.write] { close(descriptor) }
    }
  }

  /// The names of the files that changed.
  private static func names(_ changes: Int32) -> Set<String> {
    var names: Set<String> = []
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    let head = MemoryLayout<inotify_event>.size
    while true {
      let count = read(changes, &buffer, buffer.count)
      guard count > 0 else { return names }
      var at = 0
      while at + head <= count {
        let length = buffer.withUnsafeBytes {
          Int($0.loadUnaligned(fromByteOffset: at, as: inotify_event.self).len)
        }
        let bytes = buffer[(at + head)..<min(count, at + head + length)].prefix { $0 != 0 }
        names.insert(String(decoding: bytes, as: UTF8.self))
        at += head + length
      }
    }
  }
}
