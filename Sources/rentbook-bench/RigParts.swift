// What stands in for parts of the program in a rig: the call log, the key, a faster clock.
import Background
import Domain
import HTTP
import Storage
import Vault

/// A clock whose lengths of time pass so many times as fast; moments are those of the machine.
struct FasterClock: Clock {
  let speed: UInt64
  private let system = SystemClock()

  init(speed: UInt64) { self.speed = speed }

  var wallMilliseconds: Int64 { system.wallMilliseconds }
  var monotonicNanoseconds: UInt64 { system.monotonicNanoseconds &* speed }

  func wait(nanoseconds: UInt64, cancellation: Cancellation) {
    // Rounded up, so that a wait is never short.
    system.wait(nanoseconds: nanoseconds / speed + 1, cancellation: cancellation)
  }
}

/// Writes calls down as the program does: about once a second.
final class CallKeeper: Sendable {
  private static let waitNanoseconds: UInt64 = 1_000_000_000

  private let store: Store
  private let clock: SystemClock
  private let held: Lock<(calls: [APICall], flushedAt: UInt64)>

  init(_ store: Store, _ clock: SystemClock) {
    (self.store, self.clock) = (store, clock)
    held = Lock(([], clock.monotonicNanoseconds))
  }

  func add(_ call: CallRecord, _ service: Service) {
    let ended = call.startedAtMilliseconds + Int64(call.durationMilliseconds)
    let entry = APICall(
      service: service, method: call.method, endpoint: call.path, status: call.status,
      durationMilliseconds: call.durationMilliseconds, error: call.error,
      at: Instant(milliseconds: ended))
    let now = clock.monotonicNanoseconds
    let isDue = held.withLock { held in
      held.calls.append(entry)
      return now - held.flushedAt >= Self.waitNanoseconds
    }
    if isDue { flush() }
  }

  func flush() {
    let now = clock.monotonicNanoseconds
    let calls = held.withLock { held in
      defer { held = ([], now) }
      return held.calls
    }
    // A call that could not be written down was still made.
    try? store.append(calls)
  }
}

/// Seals as the program does, with a key that lives as long as the benchmark.
struct BenchSealing: RecordSealing {
  private let box: SecretBox

  init() throws(BenchmarkError) {
    guard let key = SecretKey([UInt8](repeating: 7, count: SecretKey.byteCount)) else {
      throw BenchmarkError("There is no locked memory for a key.")
    }
    box = SecretBox(key: key)
  }

  func seal(_ text: String, purpose: String) -> [UInt8] { box.seal(text, purpose: purpose) }
  func open(_ sealed: [UInt8], purpose: String) -> String? {
    // What another key sealed is none of this benchmark's.
    try? box.openText(sealed, purpose: purpose)
  }
}
