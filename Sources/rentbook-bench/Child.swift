// Other programs, started and waited for.
import Background
import Glibc

/// A program that was started.
final class Child {
  /// How it ended and what it used.
  struct Outcome {
    let code: Int32
    let peakKilobytes: Int
    let cpuMicroseconds: Int
  }

  private let process: pid_t
  private let output: Int32
  private var isOver = false

  /// Starts a program in an environment of its own; what it prints can be read.
  ///
  /// - Parameters:
  ///   - program: its path; nil for `rentbook` as it stands beside this program.
  ///   - showsMessages: whether its messages are seen, or dropped.
  init(
    _ arguments: [String], _ environment: [String: String], program: String? = nil,
    showsMessages: Bool = false
  ) throws(BenchmarkError) {
    let program = if let program { program } else { try Self.program() }
    var pipe: [Int32] = [0, 0]
    guard Glibc.pipe(&pipe) == 0 else { throw BenchmarkError("There is no pipe to be had.") }
    for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
    if !showsMessages {
      posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    }
    var child: pid_t = 0
    let argv = ([program] + arguments).map { strdup($0) } + [nil]
    let envp = environment.map { strdup("\($0)=\($1)") } + [nil]
    let code = posix_spawn(&child, program, &actions, nil, argv, envp)
    for text in argv + envp { free(text) }
    posix_spawn_file_actions_destroy(&actions)
    close(pipe[1])
    guard code == 0 else {
      close(pipe[0])
      throw BenchmarkError("\(program) cannot be started: \(String(cString: strerror(code)))")
    }
    (process, output) = (child, pipe[0])
  }

  deinit {
    if !isOver {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    close(output)
  }

  /// `rentbook` as it stands beside this program.
  static func program() throws(BenchmarkError) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        text.baseAddress.map { readlink("/proc/self/exe", $0, text.count) } ?? 0
      }
    }
    let path = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    let folder = path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    let program = folder + "/rentbook"
    guard access(program, X_OK) == 0 else {
      throw BenchmarkError("\(program) is not there. Build it: swift build -c release")
    }
    return program
  }

  /// Where the machine has a program; nil when it is not installed.
  static func find(_ name: String) -> String? {
    let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    return folders.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// The next line it prints, at most so long waited for; nil when there is none.
  func line(seconds: Int32) -> String? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    while poll(&waiting, 1, seconds * 1000) > 0, read(output, &byte, 1) == 1 {
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return nil
  }

  /// All it prints until it ends; nil when that takes longer.
  func text(seconds: Int) -> String? {
    let deadline = Now.monotonic + UInt64(seconds) * 1_000_000_000
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    while Now.monotonic < deadline {
      let left = Int32((deadline - min(deadline, Now.monotonic)) / 1_000_000)
      guard poll(&waiting, 1, left) > 0 else { continue }
      let count = read(output, &buffer, buffer.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
    return nil
  }

  func terminate() { kill(process, SIGTERM) }

  /// Reads what it still prints, until it ends.
  func wait() -> Outcome {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while read(output, &buffer, buffer.count) > 0 {}
    var status: Int32 = 0
    var usage = rusage()
    while wait4(process, &status, 0, &usage) < 0, errno == EINTR {}
    isOver = true
    let time = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    let rest = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
    return Outcome(
      code: status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F),
      peakKilobytes: usage.ru_maxrss, cpuMicroseconds: time * 1_000_000 + Int(rest))
  }
}
