import Background
import Domain
import HTTP
import Providers
import Storage

/// The way to the services: one connection pool, one pace per service, every call written down.
final class Network: Sendable {
  let buildium: any HTTPSending
  let airtable: any HTTPSending
  private let log: CallLog
  private let listener = Lock<(@Sendable (ServiceWait) -> Void)?>(nil)

  init(configuration: Configuration, store: Store, clock: any Clock) {
    let log = CallLog(store: store, clock: clock)
    let curl = CurlClient()
    self.log = log
    let listener = listener
    @Sendable func tell(_ wait: ServiceWait) { listener.withLock(\.self)?(wait) }
    let buildiumPace = PacePolicy.buildium(
      requestsPerSecond: configuration.buildium.requestsPerSecond)
    let airtablePace = PacePolicy.airtable(
      requestsPerSecond: configuration.airtable.requestsPerSecond)
    buildium = RestedClient(
      ServiceClient(
        name: Service.buildium.title, sender: curl,
        pacer: Pacer(buildiumPace, clock: clock), clock: clock,
        onCall: { log.add($0, service: .buildium) }, onWait: tell),
      service: .buildium, store: store, clock: clock,
      rests: configuration.buildium.requestsPerSecond <= Configuration.buildiumRate)
    airtable = RestedClient(
      ServiceClient(
        name: Service.airtable.title, sender: curl,
        pacer: Pacer(airtablePace, clock: clock), clock: clock,
        classify429: { AirtableLimit.of($0) == .monthlyQuota ? .quota : .rate },
        onCall: { log.add($0, service: .airtable) }, onWait: tell),
      service: .airtable, store: store, clock: clock,
      rests: configuration.airtable.requestsPerSecond <= Configuration.airtableRate)
  }

  /// Has `listener` told, on any thread, of every wait for a service that a person would notice.
  func onWait(_ listener: @escaping @Sendable (ServiceWait) -> Void) {
    self.listener.withLock { $0 = listener }
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
      // Another thread may have flushed since `now` was read: a difference could be negative.
      return now >= held.flushedAt + Self.waitNanoseconds
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

/// Holds the first call back until a second after the last one this store knows of.
///
/// The limits hold for the account, not for the process: a command that follows another at once
/// would otherwise meet the calls of the one before in the service's count, and Airtable answers
/// one call too many with thirty seconds of silence.
private final class RestedClient: HTTPSending {
  private static let restMilliseconds: Int64 = 1100

  private let client: ServiceClient
  private let clock: any Clock
  private let restUntil: Int64
  private let isRested = Lock(false)

  /// - Parameter rests: false for a sandbox that is called faster than the service allows.
  init(
    _ client: ServiceClient, service: Service, store: Store, clock: any Clock, rests: Bool
  ) {
    (self.client, self.clock) = (client, clock)
    // Without the log there is nothing to rest from.
    let last = rests ? (try? store.calls(service, limit: 1))?.first?.at.milliseconds : nil
    restUntil = last.map { $0 + Self.restMilliseconds } ?? 0
  }

  func send(
    _ request: HTTPRequest, cancellation: Cancellation
  ) throws(TransferError) -> HTTPResponse {
    if !isRested.withLock(\.self) {
      let wait = min(restUntil - clock.wallMilliseconds, Self.restMilliseconds)
      if wait > 0 { clock.wait(nanoseconds: UInt64(wait) * 1_000_000, cancellation: cancellation) }
      isRested.withLock { $0 = true }
    }
    return try client.send(request, cancellation: cancellation)
  }
}
