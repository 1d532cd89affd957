import Background
import Domain
import Storage

/// Works on stored events: fetches the records they name, each once however many events name it,
/// and stores them as a pull would.
public struct EventWorker: Sendable {
  /// Events worked on in one go.
  private static let eventsMax = 200
  /// Records of one kind that may be found gone in one go; more looks like an accident, and is left
  /// to a person.
  private static let goneMax = 10

  /// What one go came to.
  public struct Outcome: Sendable, Hashable {
    /// Events that were ended.
    public var done = 0
    /// Events that failed and wait to be tried again, or for a person.
    public var failed = 0
    /// Records fetched.
    public var fetched = 0
    /// Whether a synchronization was under way, which goes first: the events wait.
    public var isBusy = false
    /// What stopped the go early: the service as a whole failed, and no event is to blame.
    public var stop: ProviderError?
  }

  private let store: Store
  private let source: any SourceProvider
  private let sink: Service
  private let clock: any Clock
  private let random: any RandomSource

  /// A worker between a source and the store.
  public init(
    store: Store, source: any SourceProvider, sink: Service, clock: any Clock,
    randomness: any RandomSource = SystemRandom()
  ) {
    (self.store, self.source, self.sink) = (store, source, sink)
    (self.clock, self.random) = (clock, randomness)
  }

  private var now: Instant { Instant(milliseconds: clock.wallMilliseconds) }

  /// Works on the events whose turn it is, at most some hundred.
  ///
  /// - Throws: ``SyncError`` when the store fails or the work was cancelled.
  public func work(_ cancellation: Cancellation = Cancellation()) throws(SyncError) -> Outcome {
    var outcome = Outcome()
    guard try !waiting(Self.eventsMax).isEmpty else { return outcome }
    let turn = Turn(store: store, now: now, cut: nil)
    let epoch: Int64
    do throws(SyncError) {
      epoch = try turn.begin()
    } catch {
      guard case .alreadyRunning = error else { throw error }
      outcome.isBusy = true
      return outcome
    }
    defer { turn.end(epoch) }
    let hub = Hub(store: store, epoch: epoch, source: source.service, sink: sink, cut: nil)
    try work(on: try waiting(Self.eventsMax), hub, cancellation, &outcome)
    return outcome
  }

  /// Events worked on in one go while a run sends: few, so that the first of them are soon sent.
  private static let fedMax = 10
  /// Goes of one feed; a run that never ends could not give way to another.
  private static let goesMax = 200
  /// A feed takes so long at most, in nanoseconds.
  private static let feedNanoseconds: UInt64 = 10_000_000_000

  /// Whether another start waits for the store.
  var isWanted: Bool { Turn.isWanted(store) }

  /// Whether events wait for their turn.
  func hasWaiting() throws(SyncError) -> Bool { try !waiting(1).isEmpty }

  /// Works on events while a run sends what they changed, until none waits or another start wants
  /// the store; all goes together.
  ///
  /// - Parameter rest: waits a moment for more events; whether one came.
  func feed(
    _ feeding: RunFeeding, _ cancellation: Cancellation, rest: () -> Bool
  ) throws(SyncError) -> Outcome {
    var all = Outcome()
    let end = clock.monotonicNanoseconds + Self.feedNanoseconds
    for _ in 0..<Self.goesMax {
      guard !feeding.state.shouldStop, !Turn.isWanted(store), clock.monotonicNanoseconds < end
      else { return all }
      var go = Outcome()
      try work(
        on: try waiting(Self.fedMax), feeding.hub, cancellation, &go, stored: feeding.stored)
      all.done += go.done
      all.failed += go.failed
      all.fetched += go.fetched
      all.stop = go.stop
      if go.stop != nil { return all }
      guard go.done > 0 || rest() else { return all }
    }
    return all
  }

  private func waiting(_ limit: Int) throws(SyncError) -> [WebhookEvent] {
    try onStore { () throws(StorageError) in
      try store.readSync { (sync) throws(StorageError) in
        try sync.waitingEvents(at: now, limit: limit)
      }
    }
  }

  /// What events say of one record.
  private struct Told {
    /// When the first of them came.
    var received: Instant
    /// When it says that the change happened.
    var first: Instant?
    /// The latest moment one of them names: from then to the reading the last change was.
    var last: Instant?
  }

  private func work(
    on events: [WebhookEvent], _ hub: Hub, _ cancellation: Cancellation, _ outcome: inout Outcome,
    stored: () -> Void = {}
  ) throws(SyncError) {
    guard !events.isEmpty else { return }
    var told: [RemoteKey: Told] = [:]
    var keys: [String: [RemoteKey]] = [:]
    for event in events {
      let found = EventTargets.keys(of: event.name, event.data, at: source.service)
      keys[event.id] = found
      let happened = event.data["EventDateTime"]?.string.flatMap { Instant($0) }
      for key in found {
        var known = told[key] ?? Told(received: event.receivedAt, first: happened)
        known.last = [known.last, happened].compactMap(\.self).max()
        told[key] = known
      }
    }
    var failures: [RemoteKey: ProviderError] = [:]
    var fetched: Set<RemoteKey> = []
    var gone: [Resource: Int] = [:]
    // What has a row at the sink goes first, and may be sent while the rest is fetched.
    let mirrored = told.keys.filter { Resource.mirrored.contains($0.resource) }.sorted()
    let others = told.keys.filter { !Resource.mirrored.contains($0.resource) }.sorted()
    for (position, key) in (mirrored + others).enumerated() {
      if cancellation.isCancelled { throw .cancelled }
      if position == mirrored.count, !fetched.isEmpty {
        try hub.write { (tables) throws(StorageError) in try tables.resolveLinks() }
        stored()
      }
      do throws(ProviderError) {
        let record = try source.record(
          key.resource, id: key.id, context: StoredContext(hub: hub, service: source.service),
          cancellation: cancellation)
        if record == nil { gone[key.resource, default: 0] += 1 }
        if record == nil, gone[key.resource, default: 0] > Self.goneMax {
          failures[key] = ProviderError(
            source.service, .refused,
            "More than \(Self.goneMax) \(key.resource.title.lowercased()) were deleted at once; "
              + "\(key) was left as it is.",
            hint: "Look at \(source.service.title), then replay the event.")
          continue
        }
        if let failure = try take(record, key, told[key], hub) { failures[key] = failure }
        fetched.insert(key)
      } catch {
        if error.kind == .cancelled { throw .cancelled }
        if Self.concernsService(error) {
          outcome.stop = error
          break
        }
        failures[key] = error
      }
    }
    outcome.fetched = fetched.count
    try hub.write { (tables) throws(StorageError) in try tables.resolveLinks() }
    if !fetched.isEmpty { stored() }
    try settle(events, keys, fetched: fetched, failures, hub, &outcome)
  }

  /// Stores a record, or that there is none; the failure when a rule of the store refuses it.
  private func take(
    _ record: RemoteRecord?, _ key: RemoteKey, _ told: Told?, _ hub: Hub
  ) throws(ProviderError) -> ProviderError? {
    let service = source.service
    var rule = ""
    let stored: Bool?
    do throws(SyncError) {
      let moment = now
      stored = try hub.writeIfAllowed(refusal: { rule = $0 }) { (tables) throws(StorageError) in
        guard let record else {
          try tables.drop(key, at: moment)
          return true
        }
        var counts = StoredCounts()
        let run = try tables.sync.pull(service, key.resource)?.run ?? 0
        try tables.take(
          record, run: run, received: told?.received, event: told?.first, edited: told?.last,
          &counts)
        return true
      }
    } catch {
      throw ProviderError(service, .unexpectedAnswer, error.description)
    }
    guard stored == nil else { return nil }
    return ProviderError(service, .refused, "\(key) cannot be stored (\(rule)).")
  }

  /// Failures that say nothing of the record asked for.
  private static func concernsService(_ error: ProviderError) -> Bool {
    switch error.kind {
    case .notAuthorised, .rateLimited, .quotaSpent, .unreachable: true
    default: false
    }
  }

  private func settle(
    _ events: [WebhookEvent], _ keys: [String: [RemoteKey]], fetched: Set<RemoteKey>,
    _ failures: [RemoteKey: ProviderError], _ hub: Hub, _ outcome: inout Outcome
  ) throws(SyncError) {
    let moment = now
    var (done, failed) = (0, 0)
    let stop = outcome.stop
    try hub.write { (tables) throws(StorageError) in
      for event in events {
        let wanted = keys[event.id] ?? []
        if let failure = wanted.lazy.compactMap({ failures[$0] }).first {
          let delay = Backoff.delayMilliseconds(attempt: event.attempts + 1, random: random)
          try tables.sync.fail(
            event: event.id, failure.message, isFinal: failure.kind == .refused,
            runAfter: moment.adding(milliseconds: Int64(delay)), at: moment)
          failed += 1
        } else if wanted.allSatisfy({ fetched.contains($0) }) {
          try tables.sync.settle(event: event.id, isIgnored: wanted.isEmpty, at: moment)
          done += 1
        } else if stop?.kind == .unreachable {
          // The service was not there. No credential is wrong, so time may mend it.
          let delay = Backoff.delayMilliseconds(attempt: event.attempts + 1, random: random)
          try tables.sync.fail(
            event: event.id, stop?.message ?? "",
            runAfter: moment.adding(milliseconds: Int64(delay)), at: moment)
          failed += 1
        }
      }
      try tables.sync.forgetOldEvents(at: moment)
    }
    (outcome.done, outcome.failed) = (done, failed)
  }

  private func onStore<Value>(
    _ body: () throws(StorageError) -> Value
  ) throws(SyncError) -> Value {
    do throws(StorageError) { return try body() } catch {
      throw .store(error)
    }
  }
}
