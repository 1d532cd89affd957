// How time, processor time and memory are measured.
import Background
import FoundationEssentials
import Glibc

/// The clocks of the machine, in nanoseconds.
enum Now {
  static var monotonic: UInt64 { read(CLOCK_MONOTONIC) }
  /// Processor time of the whole process, all threads.
  static var processCPU: UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }
  /// Processor time of the calling thread.
  static var threadCPU: UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// The memory this program took.
enum Resident {
  /// The most so far, in megabytes. The kernel counts what this program had when it started another
  /// as the other's, too: of a child no less can be told.
  static var peakMegabytes: Double {
    var own = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own)
    return Double(own.ru_maxrss) / 1024
  }
}

/// Adds up the processor time that calls take on the threads that make them; waiting costs none.
final class CPUMeter: Sendable {
  private let total = Lock<UInt64>(0)

  var nanoseconds: UInt64 { total.withLock(\.self) }

  func measure<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let start = Now.threadCPU
    defer {
      let took = Now.threadCPU - start
      total.withLock { $0 += took }
    }
    return try body()
  }
}

/// Many measurements of one thing.
struct Samples {
  private var nanoseconds: [UInt64] = []

  mutating func reserve(_ count: Int) { nanoseconds.reserveCapacity(count) }

  mutating func measure<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let start = Now.monotonic
    let value = try body()
    nanoseconds.append(Now.monotonic - start)
    return value
  }

  /// P50, P95, P99 and the longest in microseconds.
  func figures(_ name: String) -> [Figure] {
    let sorted = nanoseconds.sorted()
    guard let longest = sorted.last else { return [] }
    let shares = [("P50", 50), ("P95", 95), ("P99", 99)].map { label, percent in
      let place = min(sorted.count - 1, sorted.count * percent / 100)
      return Figure("\(name) \(label)", Double(sorted[place]) / 1000, "µs", digits: 1)
    }
    return shares + [Figure("\(name) longest", Double(longest) / 1000, "µs", digits: 1)]
  }

  /// The middle one and the shortest, in milliseconds.
  var medianAndLeast: (median: Double, least: Double) {
    let sorted = nanoseconds.sorted()
    guard let least = sorted.first else { return (0, 0) }
    return (Double(sorted[sorted.count / 2]) / 1e6, Double(least) / 1e6)
  }
}

/// A folder that is gone with all it holds when the work in it is done.
enum TemporaryFolder {
  static func with<Value>(
    _ body: (String) throws(BenchmarkError) -> Value
  ) throws(BenchmarkError) -> Value {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array(
      "\(parent)/rentbook-bench-\(String(repeating: "X", count: 6))".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw BenchmarkError("A temporary folder cannot be made in \(parent).")
    }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // What cannot be removed is in the folder for such things.
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  /// The bytes of a file; 0 when there is none.
  static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}
