import Glibc

/// The file a session is written down in, line by line as it happens, so that a crash leaves all that
/// led to it. It holds what was typed; of the records only fingerprints of pictures.
final class SessionRecording {
  private let descriptor: Int32

  /// Begins the file anew, for its owner alone: filters that were typed may hold names.
  init(_ path: String) throws(Failure) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .usage("Cannot write \(path): \(String(cString: strerror(errno))).")
    }
    write("# What was done at `rentbook screen`; a test build repeats it: screen --script FILE")
  }

  deinit { close(descriptor) }

  /// Adds a line. One that cannot be written is left out: the screen does not end for it.
  func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }
}
