import CCurl

/// What a 429 means.
public enum RateLimitKind: Sendable, Hashable {
  /// Too fast: wait and ask again.
  case rate
  /// The month's calls are used up: asking again is useless.
  case quota
}

/// Whether and when a request is sent again: pure functions of what came of it.
struct RetryPolicy: Sendable {
  /// One request is sent so often at most.
  var attemptsMax = 8
  /// So often where there is no connection: whoever is offline should hear of it soon.
  var attemptsWithoutConnectionMax = 4
  /// No attempt begins later than this after the first: where the service asks for fewer calls, for
  /// it works and will answer;
  var limitedNanoseconds: UInt64 = 180_000_000_000
  /// where it fails and has answered before, for most outages in the midst of work are over in a
  /// minute;
  var outageNanoseconds: UInt64 = 75_000_000_000
  /// where it has never answered yet: whoever began when it was down should hear of it soon, after
  /// one more look when the breaker lets it.
  var unprovenNanoseconds: UInt64 = 39_000_000_000
  /// The bound of the first wait; it doubles with each attempt.
  var firstMilliseconds: UInt64 = 500
  var longestMilliseconds: UInt64 = 30_000

  enum Outcome {
    case answer(HTTPResponse)
    case failure(TransferError)
  }

  /// The wait before the next attempt in nanoseconds; nil when the outcome is final.
  ///
  /// - Parameter attempt: how many were made.
  func wait(
    after outcome: Outcome, _ repeatability: HTTPRequest.Repeatability, limit: RateLimitKind,
    attempt: Int, jitter: Jitter
  ) -> UInt64? {
    guard attempt < attemptsMax else { return nil }
    switch outcome {
    case .answer(let response) where response.status == 429:
      // Refused without being carried out: anything may be sent again. How long to wait the pacer
      // knows; a part of the wait is fixed, so that nobody comes back at once.
      guard limit == .rate else { return nil }
      let bound = bound(attempt)
      return nanoseconds(bound / 2 + jitter.pick(0...bound / 2))
    case .answer(let response):
      let isPassing = [500, 502, 503, 504].contains(response.status)
      guard isPassing, repeatability == .repeatable else { return nil }
      let asked = Self.retryAfterMilliseconds(response, nowMilliseconds: nil).map(UInt64.init)
      return nanoseconds(max(jitter.pick(0...bound(attempt)), asked ?? 0))
    case .failure(let error):
      switch error.kind {
      case .noConnection, .tls:
        guard attempt < attemptsWithoutConnectionMax else { return nil }
      case .timeout, .broken:
        guard repeatability == .repeatable || !error.mayHaveLanded else { return nil }
      case .badAddress, .tooLarge, .cancelled, .breakerOpen: return nil
      }
      return nanoseconds(jitter.pick(0...bound(attempt)))
    }
  }

  private func bound(_ attempt: Int) -> UInt64 {
    min(firstMilliseconds << UInt64(min(max(attempt - 1, 0), 20)), longestMilliseconds)
  }

  private func nanoseconds(_ milliseconds: UInt64) -> UInt64 { milliseconds * 1_000_000 }

  /// How long the answer asks to wait: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
  ///
  /// - Parameter nowMilliseconds: the time since 1970; the answer's own `Date` is used in its
  ///   place where there is one, since the two clocks may differ.
  static func retryAfterMilliseconds(
    _ response: HTTPResponse, nowMilliseconds: Int64?
  ) -> Int64? {
    guard let text = response.headers["retry-after"] else { return nil }
    if !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
      return Int64(text.prefix(9)).map { $0 * 1000 }
    }
    let then = curl_getdate(text, nil)
    guard then >= 0, let now = response.dateMilliseconds ?? nowMilliseconds else { return nil }
    return max(0, Int64(then) * 1000 - now)
  }
}

extension HTTPResponse {
  /// When the answer was given, by the clock of whoever gave it, in milliseconds since 1970; nil
  /// where it carries no `Date`.
  public var dateMilliseconds: Int64? {
    guard let text = headers["date"] else { return nil }
    let seconds = curl_getdate(text, nil)
    return seconds >= 0 ? Int64(seconds) * 1000 : nil
  }
}
