import Domain

/// One call to a service, as it is kept: with what it asked and how it ended, without secrets.
public struct APICall: Sendable, Hashable {
  /// Which service was called.
  public var service: Service
  /// GET, POST, PUT, PATCH or DELETE.
  public var method: String
  /// The path with its query, secrets and personal numbers masked.
  public var endpoint: String
  /// The HTTP status; nil when no answer came.
  public var status: Int?
  /// From the first byte sent to the last received.
  public var durationMilliseconds: Int
  /// Why it failed, in a sentence; nil when it did not.
  public var error: String?
  /// When it ended.
  public var at: Instant

  /// A call.
  public init(
    service: Service, method: String, endpoint: String, status: Int?, durationMilliseconds: Int,
    error: String? = nil, at: Instant
  ) {
    (self.service, self.method, self.endpoint) = (service, method, endpoint)
    (self.status, self.durationMilliseconds) = (status, durationMilliseconds)
    (self.error, self.at) = (error, at)
  }
}

extension Store {
  /// Calls kept per service; older ones are counted and dropped. Two days of steady polling.
  static let callsKeptMax = 20_000

  private static func table(_ service: Service) -> String {
    service == .airtable ? "airtable_api_log" : "buildium_api_log"
  }

  /// Keeps calls, in one transaction: callers gather a second's worth.
  public func append(_ calls: [APICall]) throws(StorageError) {
    guard !calls.isEmpty else { return }
    try write { transaction throws(StorageError) in
      for call in calls {
        try transaction.connection.run(
          """
          INSERT INTO \(Self.table(call.service))
            (id, endpoint, method, response_status, error_message, duration_ms, created_at)
          VALUES ($1, $2, $3, $4, $5, $6, $7)
          """, .text(LocalIDs.new(at: call.at)), .text(call.endpoint), .text(call.method),
          call.status.map { .int($0) }, .optional(call.error), .int(call.durationMilliseconds),
          .instant(call.at))
        try transaction.connection.run(
          """
          INSERT INTO api_call_counts (service, month, calls) VALUES ($1, $2, 1)
          ON CONFLICT (service, month) DO UPDATE SET calls = api_call_counts.calls + 1
          """, .text(call.service.rawValue), .text(Self.month(call.at)))
      }
      for table in Set(calls.map { Self.table($0.service) }) {
        try transaction.connection.run(
          """
          DELETE FROM \(table) WHERE id <= COALESCE(
            (SELECT id FROM \(table) ORDER BY id DESC LIMIT 1 OFFSET $1), '')
          """, .int(Self.callsKeptMax))
      }
      transaction.note(.calls)
    }
  }

  private static func month(_ at: Instant) -> String { String(at.date.description.prefix(7)) }

  /// What the calls say of a service: for the status.
  public func callSummary(_ service: Service, at now: Instant) throws(StorageError) -> CallSummary {
    let periods = 60
    let periodMilliseconds: Int64 = 5000
    let table = Self.table(service)
    let from = now.adding(milliseconds: -Int64(periods) * periodMilliseconds)
    return try read { connection throws(StorageError) in
      var summary = CallSummary()
      summary.recent = Array(repeating: 0, count: periods)
      let instants = try connection.rows(
        "SELECT created_at FROM \(table) WHERE created_at >= $1", .instant(from)
      ) { row throws(StorageError) in row.instant(0) }.compactMap(\.self)
      for at in instants {
        let period = Int((at.milliseconds - from.milliseconds) / periodMilliseconds)
        summary.recent[min(periods - 1, max(0, period))] += 1
        if now.milliseconds - at.milliseconds <= 60_000 { summary.lastMinute += 1 }
      }
      summary.thisMonth =
        try connection.row(
          "SELECT calls FROM api_call_counts WHERE service = $1 AND month = $2",
          .text(service.rawValue), .text(Self.month(now))
        ) { row throws(StorageError) in row.int(0) } ?? 0
      summary.lastSuccessAt =
        try connection.row(
          """
          SELECT created_at FROM \(table) WHERE response_status BETWEEN 200 AND 299
          ORDER BY id DESC LIMIT 1
          """
        ) { row throws(StorageError) in row.instant(0) } ?? nil
      let last = try connection.row(
        """
        SELECT response_status, error_message FROM \(table) ORDER BY id DESC LIMIT 1
        """
      ) { row throws(StorageError) in (row.optionalInt(0), row.text(1)) }
      (summary.lastStatus, summary.lastError) = (last?.0, last?.1 ?? "")
      return summary
    }
  }

  /// The newest calls of a service, newest first.
  public func calls(_ service: Service, limit: Int) throws(StorageError) -> [APICall] {
    try read { connection throws(StorageError) in
      try connection.rows(
        """
        SELECT method, endpoint, response_status, duration_ms, error_message, created_at
        FROM \(Self.table(service)) ORDER BY id DESC LIMIT $1
        """, .int(limit)
      ) { row throws(StorageError) in
        APICall(
          service: service, method: row.text(0), endpoint: row.text(1), status: row.optionalInt(2),
          durationMilliseconds: row.int(3), error: row.optionalText(4),
          at: row.instant(5) ?? Instant(milliseconds: 0))
      }
    }
  }
}

/// What the kept calls say of a service.
public struct CallSummary: Sendable, Hashable {
  /// Calls in the last 60 seconds.
  public var lastMinute = 0
  /// Calls since the first of the month (UTC).
  public var thisMonth = 0
  /// Calls in each of the last 60 periods of five seconds, the newest last.
  public var recent: [Int] = []
  /// When a call last succeeded.
  public var lastSuccessAt: Instant?
  /// The status of the last call; nil when no answer came or none was made.
  public var lastStatus: Int?
  /// Why the last call failed; empty when it did not.
  public var lastError = ""

  /// No calls.
  public init() {}
}
