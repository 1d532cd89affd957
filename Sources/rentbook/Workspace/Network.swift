import Background
import Domain
import HTTP
import Providers
import Storage

/// The way to the services: one connection pool, one pace per service, every call written down.
final class Network: Sendable {
  let buildium: ServiceClient
  let airtable: ServiceClient
  private let log: CallLog

  init(configuration: Configuration, store: Store, clock: any Clock) {
    let log = CallLog(store: store, clock: clock)
    let curl = CurlClient()
    self.log = log
    buildium = ServiceClient(
      name: Service.buildium.rawValue, sender: curl,
      pacer: Pacer(
        .buildium(requestsPerSecond: configuration.buildium.requestsPerSecond), clock: clock),
      clock: clock, onCall: { log.add($0, service: .buildium) })
    airtable = ServiceClient(
      name: Service.airtable.rawValue, sender: curl,
      pacer: Pacer(
        .airtable(requestsPerSecond: configuration.airtable.requestsPerSecond), clock: clock),
      clock: clock, classify429: { AirtableLimit.of($0) == .monthlyQuota ? .quota : .rate },
      onCall: { log.add($0, service: .airtable) })
  }

  /// Writes down the calls that are still held back.
  func flush() { log.flush() }

  func close() { log.flush() }
}

/// Gathers calls and writes them down about once a second: a transaction for each would cost more
/// than the call.
private final class CallLog: Sendable {
  private static let waitNanoseconds: UInt64 = 1_000_000_000

  private let store: Store
  private let clock: any Clock
  private let held: Lock<(calls: [APICall], flushedAt: UInt64)>

  init(store: Store, clock: any Clock) {
    (self.store, self.clock) = (store, clock)
    held = Lock(([], clock.monotonicNanoseconds))
  }

  func add(_ call: CallRecord, service: Service) {
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
    // The log is for people; a call that could not be written down was still made.
    try? store.append(calls)
  }
}
