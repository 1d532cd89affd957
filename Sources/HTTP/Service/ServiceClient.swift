import Background

/// One service's client: keeps its pace, repeats what may be repeated, leaves it alone when it is
/// down, and reports every attempt. Any thread may send; there is one for each service.
///
/// - A repeatable request is sent again after 429, 500, 502, 503, 504, a timeout or a broken answer.
/// - One that must not be repeated is sent again only when it certainly was not carried out: after
///   429, or without a connection.
/// - What is still not answered then is given to the caller as it is: a status is an answer.
public final class ServiceClient: HTTPSending {
  /// The name in records and messages.
  public let name: String

  private let sender: any HTTPSending
  private let pacer: Pacer
  private let clock: any Clock
  private let jitter: Jitter
  private let retries: RetryPolicy
  private let cache: (any ResponseCaching)?
  private let classify429: @Sendable (HTTPResponse) -> RateLimitKind
  private let onCall: @Sendable (CallRecord) -> Void
  private let onWait: @Sendable (ServiceWait) -> Void
  private let state = Lock(State())

  private struct State {
    var breaker = Breaker()
    /// Whether it has ever answered, if only with a refusal.
    var hasAnswered = false
    var lastSuccessAt: Int64?
    var lastError: String?
    /// What the last failure that counts for the breaker was, in a word or two.
    var lastFailure: String?
    var isQuotaSpent = false
  }

  /// - Parameters:
  ///   - cache: keeps answers to requests with `cacheSeconds`; of this account only, since keys
  ///     are addresses.
  ///   - classify429: whether a 429 means the rate or the month's quota.
  ///   - onCall: gets a record of every attempt, on the thread that sends.
  ///   - onWait: told before a wait a person would notice, on the thread that waits.
  public convenience init(
    name: String, sender: any HTTPSending, pacer: Pacer, clock: any Clock,
    jitter: Jitter = Jitter(), cache: (any ResponseCaching)? = nil,
    classify429: @escaping @Sendable (HTTPResponse) -> RateLimitKind = { _ in .rate },
    onCall: @escaping @Sendable (CallRecord) -> Void = { _ in },
    onWait: @escaping @Sendable (ServiceWait) -> Void = { _ in }
  ) {
    self.init(
      name: name, sender: sender, pacer: pacer, clock: clock, jitter: jitter,
      retries: RetryPolicy(), cache: cache, classify429: classify429, onCall: onCall,
      onWait: onWait)
  }

  init(
    name: String, sender: any HTTPSending, pacer: Pacer, clock: any Clock, jitter: Jitter,
    retries: RetryPolicy, cache: (any ResponseCaching)?,
    classify429: @escaping @Sendable (HTTPResponse) -> RateLimitKind,
    onCall: @escaping @Sendable (CallRecord) -> Void,
    onWait: @escaping @Sendable (ServiceWait) -> Void
  ) {
    (self.name, self.sender, self.pacer, self.clock) = (name, sender, pacer, clock)
    (self.jitter, self.retries, self.cache) = (jitter, retries, cache)
    (self.classify429, self.onCall, self.onWait) = (classify429, onCall, onWait)
  }

  /// How the service is doing.
  public var health: ServiceHealth {
    let now = clock.monotonicNanoseconds
    let pace = pacer.current
    return state.withLock { state in
      ServiceHealth(
        pace: pace, breaker: state.breaker.state(at: now),
        lastSuccessAtMilliseconds: state.lastSuccessAt, lastError: state.lastError,
        isQuotaSpent: state.isQuotaSpent)
    }
  }

  /// Sends, waiting for its turn and repeating as the rules allow.
  ///
  /// - Throws: ``TransferError`` of any kind; `breakerOpen` at once while the breaker is open.
  public func send(
    _ request: HTTPRequest, cancellation: Cancellation
  ) throws(TransferError) -> HTTPResponse {
    let key = request.method == "GET" && request.cacheSeconds != nil ? "GET \(request.url)" : nil
    if let key, let kept = cache?.response(for: key, nowMilliseconds: clock.wallMilliseconds) {
      record(request, 1, clock.wallMilliseconds, 0, .answer(kept), isFromCache: true)
      return kept
    }
    let response = try sendAnew(request, cancellation)
    if let key, let seconds = request.cacheSeconds, response.status == 200 {
      cache?.keep(
        response, for: key,
        expiresAtMilliseconds: clock.wallMilliseconds + Int64(seconds) * 1000)
    }
    return response
  }

  private func sendAnew(
    _ request: HTTPRequest, _ cancellation: Cancellation
  ) throws(TransferError) -> HTTPResponse {
    let begun = clock.monotonicNanoseconds
    var last: RetryPolicy.Outcome?
    var mayHaveLanded = false
    var attempt = 0
    while true {
      attempt += 1
      let turn: Turn
      do throws(TransferError) {
        turn = try attemptOnce(request, attempt, begun, last, mayHaveLanded, cancellation)
      } catch {
        // The breaker opened on the way: what came before says more.
        guard error.kind == .breakerOpen, let last else { throw error }
        return try settle(last, mayHaveLanded)
      }
      if case .failure(let error) = turn.outcome, error.mayHaveLanded { mayHaveLanded = true }
      last = turn.outcome
      let wait = retries.wait(
        after: turn.outcome, request.repeatability, limit: turn.limit, attempt: attempt,
        jitter: jitter)
      let now = clock.monotonicNanoseconds
      let closed = state.withLock { $0.breaker.closedFor(at: now) }
      guard let wait,
        now - begun + max(wait, turn.silence, closed) <= patience(after: turn.outcome)
      else { return try settle(turn.outcome, mayHaveLanded) }
      // What the breaker asks for is waited for with the turn.
      if closed > wait { continue }
      tell(max(wait, turn.silence), after: turn.outcome)
      clock.wait(nanoseconds: wait, cancellation: cancellation)
    }
  }

  /// How long a request may take in all.
  private func patience(after outcome: RetryPolicy.Outcome) -> UInt64 {
    if case .answer(let response) = outcome, response.status == 429 {
      return retries.limitedNanoseconds
    }
    return state.withLock(\.hasAnswered)
      ? retries.outageNanoseconds : retries.unprovenNanoseconds
  }

  private func tell(_ nanoseconds: UInt64, after outcome: RetryPolicy.Outcome) {
    guard nanoseconds >= ServiceWait.nanosecondsMin else { return }
    var status: Int?
    if case .answer(let response) = outcome { status = response.status }
    onWait(
      ServiceWait(
        service: name, seconds: Int((nanoseconds + 999_999_999) / 1_000_000_000), status: status))
  }

  private func settle(
    _ outcome: RetryPolicy.Outcome, _ mayHaveLanded: Bool
  ) throws(TransferError) -> HTTPResponse {
    switch outcome {
    case .answer(let response): return response
    case .failure(let error):
      throw TransferError(error.kind, error.message, mayHaveLanded: mayHaveLanded)
    }
  }

  /// What came of one attempt.
  private struct Turn {
    var outcome: RetryPolicy.Outcome
    /// What a 429 meant.
    var limit = RateLimitKind.rate
    /// The silence it led to, in nanoseconds.
    var silence: UInt64 = 0
  }

  private func attemptOnce(
    _ request: HTTPRequest, _ attempt: Int, _ begun: UInt64, _ last: RetryPolicy.Outcome?,
    _ mayHaveLanded: Bool, _ cancellation: Cancellation
  ) throws(TransferError) -> Turn {
    let ticket = try waitForTurn(request, begun, last, mayHaveLanded, cancellation)
    defer { ticket.finish() }
    let started = (clock.wallMilliseconds, clock.monotonicNanoseconds)
    let outcome: RetryPolicy.Outcome
    do throws(TransferError) {
      outcome = .answer(
        try sender.send(request, cancellation: cancellation, willWrite: { ticket.wrote() }))
    } catch {
      outcome = .failure(error)
    }
    let now = clock.monotonicNanoseconds
    record(
      request, attempt, started.0, Int((now - started.1) / 1_000_000), outcome, isFromCache: false)
    var turn = Turn(outcome: outcome)
    if case .answer(let response) = outcome, response.status == 429 {
      turn.limit = classify429(response)
      if turn.limit == .rate {
        let asked = RetryPolicy.retryAfterMilliseconds(
          response, nowMilliseconds: clock.wallMilliseconds)
        turn.silence = UInt64(pacer.refuse(ticket, retryAfterMilliseconds: asked)) * 1_000_000
      }
    }
    learn(from: outcome, turn.limit, now)
    return turn
  }

  /// Waits until the request may be sent: for the breaker, where it was sent before, and the pacer.
  private func waitForTurn(
    _ request: HTTPRequest, _ begun: UInt64, _ last: RetryPolicy.Outcome?, _ mayHaveLanded: Bool,
    _ cancellation: Cancellation
  ) throws(TransferError) -> Pacer.Ticket {
    while !cancellation.isCancelled {
      let now = clock.monotonicNanoseconds
      let closed = state.withLock { $0.breaker.closedFor(at: now) }
      if closed > 0 {
        try waitForBreaker(closed, begun, last, mayHaveLanded, cancellation)
        continue
      }
      guard let ticket = try? pacer.acquire(request.priority, cancellation: cancellation) else {
        break
      }
      // It may have opened, or another request be the probe, by the time the turn has come.
      let then = clock.monotonicNanoseconds
      let refused = state.withLock { $0.breaker.admit(at: then) }
      if refused == 0 { return ticket }
      ticket.finish()
      try waitForBreaker(refused, begun, last, mayHaveLanded, cancellation)
    }
    throw TransferError(
      .cancelled, "\(name): stopped on request.", mayHaveLanded: mayHaveLanded)
  }

  /// A request that comes while the breaker is open is told so; one already under way waits, unless
  /// there is no connection at all: whoever is offline should hear of it soon.
  private func waitForBreaker(
    _ nanoseconds: UInt64, _ begun: UInt64, _ last: RetryPolicy.Outcome?, _ mayHaveLanded: Bool,
    _ cancellation: Cancellation
  ) throws(TransferError) {
    let passed = clock.monotonicNanoseconds - begun
    if case .failure(let error) = last, error.kind == .noConnection {
      throw TransferError(.noConnection, error.message, mayHaveLanded: mayHaveLanded)
    }
    guard let last, passed + nanoseconds <= patience(after: last) else {
      let seconds = (nanoseconds + 999_999_999) / 1_000_000_000
      throw TransferError(
        .breakerOpen,
        "\(name) failed repeatedly\(lastFailure) and is left alone for \(seconds) s.",
        mayHaveLanded: mayHaveLanded)
    }
    tell(nanoseconds, after: last)
    clock.wait(nanoseconds: nanoseconds, cancellation: cancellation)
  }

  /// What the last failure was, in brackets.
  private var lastFailure: String {
    state.withLock(\.lastFailure).map { " (\($0))" } ?? ""
  }

  private func learn(from outcome: RetryPolicy.Outcome, _ limit: RateLimitKind, _ now: UInt64) {
    let wall = clock.wallMilliseconds
    let problem = problem(outcome)
    state.withLock { state in
      switch outcome {
      case .answer(let response):
        if response.status >= 500 {
          state.breaker.failed(at: now)
          state.lastFailure = "\(response.status)"
          state.lastError = problem
        } else {
          state.breaker.succeeded(at: now)
          state.hasAnswered = true
          state.isQuotaSpent = response.status == 429 && limit == .quota
          if response.status < 400 { (state.lastSuccessAt, state.lastError) = (wall, nil) }
          if response.status == 429 { state.lastError = problem }
        }
      case .failure(let error):
        switch error.kind {
        case .noConnection, .tls, .timeout, .broken:
          state.breaker.failed(at: now)
          state.lastFailure = Self.words[error.kind]
          state.lastError = problem
        case .tooLarge: state.breaker.succeeded(at: now)
        case .badAddress, .cancelled, .breakerOpen: state.breaker.abandoned()
        }
      }
    }
  }

  private static let words: [TransferError.Kind: String] = [
    .noConnection: "no connection", .tls: "no secure connection", .timeout: "no answer in time",
    .broken: "the answer broke off",
  ]

  private func record(
    _ request: HTTPRequest, _ attempt: Int, _ startedAt: Int64, _ duration: Int,
    _ outcome: RetryPolicy.Outcome, isFromCache: Bool
  ) {
    var (status, bytes): (Int?, Int) = (nil, 0)
    if case .answer(let response) = outcome {
      (status, bytes) = (response.status, response.body.count)
    }
    onCall(
      CallRecord(
        service: name, method: request.method, path: Masking.path(ofURL: request.url),
        status: status, startedAtMilliseconds: startedAt, durationMilliseconds: duration,
        attempt: attempt, requestBytes: request.body?.count ?? 0, responseBytes: bytes,
        isFromCache: isFromCache, error: problem(outcome)))
  }

  /// Characters of an answer that are kept to explain an error.
  private static let excerptMax = 300

  private func problem(_ outcome: RetryPolicy.Outcome) -> String? {
    switch outcome {
    case .failure(let error): return Masking.text(error.message)
    case .answer(let response):
      guard response.status >= 400 else { return nil }
      let excerpt = Masking.text(
        String(decoding: response.body.prefix(4 * Self.excerptMax), as: UTF8.self))
      return "\(name) answered \(response.status)"
        + (excerpt.isEmpty ? "." : ": \(excerpt.prefix(Self.excerptMax))")
    }
  }
}

/// A wait for a service, for whoever shows what is going on.
public struct ServiceWait: Sendable, Hashable {
  /// Shorter waits nobody notices.
  static let nanosecondsMin: UInt64 = 2_000_000_000

  /// The client's name.
  public var service: String
  /// How long it is waited for.
  public var seconds: Int
  /// The status it answered: 429 for too many calls; nil when it did not answer.
  public var status: Int?
}

/// How a service is doing, for the screen.
public struct ServiceHealth: Sendable, Hashable {
  /// Its rate and what waits.
  public var pace: PacerState
  /// Whether it is left alone.
  public var breaker: BreakerState
  /// When a request last succeeded, in milliseconds since 1970.
  public var lastSuccessAtMilliseconds: Int64?
  /// What went wrong since, in a sentence.
  public var lastError: String?
  /// Whether the month's calls are used up.
  public var isQuotaSpent: Bool
}
