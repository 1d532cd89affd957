import Domain

/// What one comparison of one resource came to, as it is kept: the last of a day stands.
public struct ReconciliationDay: Sendable, Hashable {
  /// The day, by UTC.
  public var day: CalendarDate
  /// What was compared.
  public var resource: Resource
  /// Records compared, without those whose change is on its way.
  public var compared: Int
  /// Of those: equal in every field.
  public var matching: Int
  /// Records whose only differences are on their way.
  public var inFlight: Int
  /// Differences listed, by whatever reason.
  public var differences: Int
  /// Of those: without a known reason.
  public var unexplained: Int
  /// The fingerprint of everything found.
  public var reportHash: String

  /// One result.
  public init(
    day: CalendarDate, resource: Resource, compared: Int, matching: Int, inFlight: Int,
    differences: Int, unexplained: Int, reportHash: String
  ) {
    (self.day, self.resource, self.compared, self.matching) = (day, resource, compared, matching)
    (self.inFlight, self.differences, self.unexplained) = (inFlight, differences, unexplained)
    self.reportHash = reportHash
  }
}

extension SyncState {
  /// Days of results kept: two years and some, for a trend by week.
  private static let daysKeptMax = 800

  /// The rows of a resource at a sink after `after`, in the order of their local ids; those to be
  /// removed there too.
  public func sinkRows(
    _ service: Service, _ resource: Resource, after: LocalID?, limit: Int
  ) throws(StorageError) -> [SinkRow] {
    let ids = try connection.rows(
      """
      SELECT local_id FROM sync_state
      WHERE service = $1 AND resource = $2 AND local_id > $3 ORDER BY local_id LIMIT $4
      """, .text(service.rawValue), .text(resource.rawValue), .local(after ?? .first), .int(limit)
    ) { $0.localID(0) }
    var rows: [SinkRow] = []
    for id in ids {
      if let row = try sink(service, resource, localID: id) { rows.append(row) }
    }
    return rows
  }

  /// Keeps the results of a comparison; an earlier one of the same day gives way.
  public func keep(_ results: [ReconciliationDay], at now: Instant) throws(StorageError) {
    for result in results {
      try connection.run(
        """
        INSERT INTO reconciliations (day, resource, compared, matching, in_flight, differences,
          unexplained, report_hash, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (day, resource) DO UPDATE SET
          compared = excluded.compared, matching = excluded.matching,
          in_flight = excluded.in_flight, differences = excluded.differences,
          unexplained = excluded.unexplained, report_hash = excluded.report_hash,
          made_at = excluded.made_at
        """,
        .text(result.day.description), .text(result.resource.rawValue), .int(result.compared),
        .int(result.matching), .int(result.inFlight), .int(result.differences),
        .int(result.unexplained), .text(result.reportHash), .instant(now))
    }
    let oldest = now.date.adding(days: -Self.daysKeptMax)
    try connection.run("DELETE FROM reconciliations WHERE day < $1", .text(oldest.description))
  }

  /// The results from a day on, the oldest first, then by resource.
  public func reconciliations(from day: CalendarDate) throws(StorageError) -> [ReconciliationDay] {
    try connection.rows(
      """
      SELECT day, resource, compared, matching, in_flight, differences, unexplained, report_hash
      FROM reconciliations WHERE day >= $1 ORDER BY day, resource
      """, .text(day.description)
    ) { row -> ReconciliationDay? in
      guard let day = CalendarDate(row.text(0)), let resource = Resource(rawValue: row.text(1))
      else { return nil }
      return ReconciliationDay(
        day: day, resource: resource, compared: row.int(2), matching: row.int(3),
        inFlight: row.int(4), differences: row.int(5), unexplained: row.int(6),
        reportHash: row.text(7))
    }.compactMap(\.self)
  }
}
