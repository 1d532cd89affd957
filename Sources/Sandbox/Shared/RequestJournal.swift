import Background
import Domain

/// Every call a simulated service received, and what it proves about the client's manners.
public final class RequestJournal: Sendable {
  /// One call.
  public struct Row: Sendable, Hashable {
    /// 0 for the first call.
    public let number: Int
    /// When it arrived, in the service's scaled nanoseconds.
    public let nanoseconds: UInt64
    /// `airtable`, `buildium`.
    public let service: String
    /// What its limit counts by: a base or an account; empty when the path names none.
    public let key: String
    /// The HTTP method.
    public let method: String
    /// The path without the query, which may hold tenants' data.
    public let path: String
    /// The HTTP status answered; 0 for a connection closed without an answer, nil before it.
    public internal(set) var status: Int?
    /// The fault that was injected.
    public internal(set) var fault: FaultKind?
  }

  /// What the calls amount to.
  public struct Summary: Sendable, Hashable {
    /// Calls received.
    public var requests = 0
    /// The most arrivals in any one second of the service's time under one key, refused ones
    /// included.
    public var arrivalsInSecondMax = 0
    /// The most calls of one key that were unanswered at a time.
    public var inFlightMax = 0
    /// Answers by status; 0 counts the connections closed without one.
    public var byStatus: [Int: Int] = [:]
    /// Injected faults by kind.
    public var byFault: [FaultKind: Int] = [:]

    /// How many calls were refused as too many.
    public var tooManyRequests: Int { byStatus[429, default: 0] }
  }

  private struct State {
    var rows: [Row] = []
    var dropped = 0
    var summary = Summary()
    var lastSecond: [String: [UInt64]] = [:]
    var inFlight: [String: Int] = [:]
    /// Calls handled whose answers are held back: they stay in flight until then.
    var leaving: [String: [UInt64]] = [:]
  }

  /// Rows kept; a day of Airtable's 5 calls a second. The summary counts the older ones too.
  static let rowsMax = 432_000

  private let clock: SandboxClock
  private let state = Lock(State())

  /// An empty journal.
  public init(clock: SandboxClock) { self.clock = clock }

  /// Notes an arrival. The number is for ``answered(_:status:fault:afterNanoseconds:)``, which must
  /// follow once.
  public func arrived(service: String, key: String, method: String, path: String) -> Int {
    state.withLock { state in
      let now = clock.nanoseconds
      let number = state.dropped + state.rows.count
      state.rows.append(
        Row(
          number: number, nanoseconds: now, service: service, key: key, method: method,
          path: path))
      if state.rows.count > Self.rowsMax {
        // Half at a time, so that moving the rest costs next to nothing per call.
        state.rows.removeFirst(Self.rowsMax / 2)
        state.dropped += Self.rowsMax / 2
      }
      state.summary.requests += 1
      state.lastSecond[key, default: []].removeAll { now - $0 >= 1_000_000_000 }
      state.lastSecond[key, default: []].append(now)
      state.leaving[key, default: []].removeAll { $0 <= now }
      state.inFlight[key, default: 0] += 1
      state.summary.arrivalsInSecondMax = max(
        state.summary.arrivalsInSecondMax, state.lastSecond[key]?.count ?? 0)
      state.summary.inFlightMax = max(
        state.summary.inFlightMax, (state.inFlight[key] ?? 0) + (state.leaving[key]?.count ?? 0))
      return number
    }
  }

  /// Notes the answer of a call, which leaves after so many of the service's nanoseconds; a number
  /// from before ``clear()`` is let go.
  public func answered(
    _ number: Int, status: Int, fault: FaultKind? = nil, afterNanoseconds: UInt64 = 0
  ) {
    state.withLock { state in
      let index = number - state.dropped
      guard state.rows.indices.contains(index), state.rows[index].status == nil else { return }
      state.rows[index].status = status
      state.rows[index].fault = fault
      let key = state.rows[index].key
      state.inFlight[key, default: 1] -= 1
      if afterNanoseconds > 0 {
        state.leaving[key, default: []].append(clock.nanoseconds + afterNanoseconds)
      }
      state.summary.byStatus[status, default: 0] += 1
      if let fault { state.summary.byFault[fault, default: 0] += 1 }
    }
  }

  /// What the calls so far amount to.
  public var summary: Summary { state.withLock(\.summary) }

  /// The calls kept, oldest first.
  public var rows: [Row] { state.withLock(\.rows) }

  /// Forgets all calls; numbers go on.
  public func clear() {
    state.withLock { state in
      state.dropped += state.rows.count
      state.rows = []
      state.summary = Summary()
      state.lastSecond = [:]
      state.inFlight = [:]
      state.leaving = [:]
    }
  }

  /// The summary as `GET /_sandbox/journal` gives it; with the rows when asked.
  public func json(full: Bool) -> JSONValue {
    let (summary, rows) = state.withLock { ($0.summary, full ? $0.rows : []) }
    func counts(_ pairs: [(String, Int)]) -> JSONValue {
      var object = JSONObject()
      for (name, count) in pairs.sorted(by: { $0.0 < $1.0 }) { object[name] = .int(count) }
      return .object(object)
    }
    var object = JSONObject([
      "requests": .int(summary.requests),
      "max_arrivals_in_a_second": .int(summary.arrivalsInSecondMax),
      "max_in_flight": .int(summary.inFlightMax),
      "too_many_requests": .int(summary.tooManyRequests),
      "by_status": counts(summary.byStatus.map { (String($0.key), $0.value) }),
      "by_fault": counts(summary.byFault.map { ($0.key.rawValue, $0.value) }),
      "speed": .number(String(clock.speed)),
    ])
    if full {
      object["rows"] = .array(
        rows.map { row in
          [
            "number": .int(row.number), "at_ms": .int(row.nanoseconds / 1_000_000),
            "service": .string(row.service), "key": .string(row.key),
            "method": .string(row.method), "path": .string(row.path),
            "status": row.status.map { .int($0) } ?? .null,
            "fault": .optional(row.fault?.rawValue),
          ]
        })
    }
    return .object(object)
  }
}
