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
  /// Records of the source.
  public var left: Int
  /// Rows of the sink that carry a key.
  public var right: Int
  /// When it was made; nil for one that is about to be kept.
  public var madeAt: Instant?
  /// The fingerprint of everything found.
  public var reportHash: String

  /// One result.
  public init(
    day: CalendarDate, resource: Resource, compared: Int, matching: Int, inFlight: Int,
    differences: Int, unexplained: Int, left: Int = 0, right: Int = 0, madeAt: Instant? = nil,
    reportHash: String
  ) {
    (self.day, self.resource, self.compared, self.matching) = (day, resource, compared, matching)
    (self.inFlight, self.differences, self.unexplained) = (inFlight, differences, unexplained)
    (self.left, self.right, self.madeAt, self.reportHash) = (left, right, madeAt, reportHash)
  }

  /// The part that matches.
  public var accuracy: Accuracy { Accuracy(matching: matching, of: compared) }
}

/// One difference of the last comparison, in words, as it is kept for a screen.
public struct ReconciledDifference: Sendable, Hashable {
  /// The record.
  public var key: RemoteKey
  /// The record in the store; nil when it is not known here.
  public var localID: LocalID?
  /// The field; nil when it is about the whole record.
  public var field: String?
  /// What the source has.
  public var left: String
  /// What the sink has.
  public var right: String
  /// How the record stands.
  public var standing: String
  /// Why: pending, conflict, refused or unknown.
  public var reason: String
  /// Why, in a sentence.
  public var note: String

  /// A difference.
  public init(
    key: RemoteKey, localID: LocalID?, field: String?, left: String, right: String,
    standing: String, reason: String, note: String
  ) {
    (self.key, self.localID, self.field) = (key, localID, field)
    (self.left, self.right) = (left, right)
    (self.standing, self.reason, self.note) = (standing, reason, note)
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
          unexplained, report_hash, made_at, left_records, right_records)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (day, resource) DO UPDATE SET
          compared = excluded.compared, matching = excluded.matching,
          in_flight = excluded.in_flight, differences = excluded.differences,
          unexplained = excluded.unexplained, report_hash = excluded.report_hash,
          made_at = excluded.made_at, left_records = excluded.left_records,
          right_records = excluded.right_records
        """,
        .text(result.day.description), .text(result.resource.rawValue), .int(result.compared),
        .int(result.matching), .int(result.inFlight), .int(result.differences),
        .int(result.unexplained), .text(result.reportHash), .instant(now), .int(result.left),
        .int(result.right))
    }
    let oldest = now.date.adding(days: -Self.daysKeptMax)
    try connection.run("DELETE FROM reconciliations WHERE day < $1", .text(oldest.description))
  }

  private static let dayColumns = """
    day, resource, compared, matching, in_flight, differences, unexplained, report_hash,
    left_records, right_records, made_at
    """

  private static func day(_ row: Row) -> ReconciliationDay? {
    guard let day = CalendarDate(row.text(0)), let resource = Resource(rawValue: row.text(1))
    else { return nil }
    return ReconciliationDay(
      day: day, resource: resource, compared: row.int(2), matching: row.int(3),
      inFlight: row.int(4), differences: row.int(5), unexplained: row.int(6), left: row.int(8),
      right: row.int(9), madeAt: row.instant(10), reportHash: row.text(7))
  }

  /// The results from a day on, the oldest first, then by resource.
  public func reconciliations(from day: CalendarDate) throws(StorageError) -> [ReconciliationDay] {
    try connection.rows(
      """
      SELECT \(Self.dayColumns) FROM reconciliations WHERE day >= $1 ORDER BY day, resource
      """, .text(day.description), row: Self.day
    ).compactMap(\.self)
  }

  /// The last result of each resource, parents first.
  public func lastReconciliations() throws(StorageError) -> [ReconciliationDay] {
    var last: [ReconciliationDay] = []
    for resource in Resource.mirrored {
      let row = try connection.row(
        """
        SELECT \(Self.dayColumns) FROM reconciliations WHERE resource = $1
        ORDER BY day DESC LIMIT 1
        """, .text(resource.rawValue), row: Self.day)
      if let found = row ?? nil { last.append(found) }
    }
    return last
  }

  // MARK: Differences

  /// So many differences of one resource are kept; more are one fault repeated, and are counted in
  /// the result of the day all the same.
  static let differencesKeptMax = 10_000

  /// Keeps the differences of the resources that were compared, in place of those found before.
  public func keep(
    _ differences: [ReconciledDifference], of resources: [Resource], at now: Instant
  ) throws(StorageError) {
    let titles = RecordTitles(state: ListReader.State(connection: connection, hasJournal: true))
    for resource in resources {
      try connection.run(
        "DELETE FROM reconciliation_differences WHERE resource = $1", .text(resource.rawValue))
      var names: [LocalID: String] = [:]
      // A rent payment is a transaction of the store.
      let list = ListName(
        rawValue: (resource == .rentPayments ? .transactions : resource).rawValue)
      let found = differences.filter { $0.key.resource == resource }
      for difference in found.prefix(Self.differencesKeptMax) {
        var title: String?
        if let id = difference.localID, let list {
          title = names[id]
          if title == nil { title = try titles.title(RecordReference(list, id)) }
          names[id] = title
        }
        try connection.run(
          """
          INSERT INTO reconciliation_differences (id, resource, record_key, local_id, title, field,
            left_value, right_value, standing, reason, note, found_at)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
          ON CONFLICT (id) DO NOTHING
          """, .text("\(difference.key) \(difference.field ?? "")"), .text(resource.rawValue),
          .text(difference.key.description), .optional(difference.localID),
          .text(title ?? difference.key.description), .text(difference.field ?? ""),
          .text(difference.left), .text(difference.right), .text(difference.standing),
          .text(difference.reason), .text(difference.note), .instant(now))
      }
    }
  }

  /// One kept difference, by the id of its row in the list; nil when it is there no more.
  public func difference(_ id: String) throws(StorageError) -> ReconciledDifference? {
    try connection.row(
      """
      SELECT record_key, local_id, field, left_value, right_value, standing, reason, note
      FROM reconciliation_differences WHERE id = $1
      """, .text(id)
    ) { row -> ReconciledDifference? in
      guard let key = RemoteKey(row.text(0)) else { return nil }
      return ReconciledDifference(
        key: key, localID: row.optionalText(1), field: row.text(2).isEmpty ? nil : row.text(2),
        left: row.text(3), right: row.text(4), standing: row.text(5), reason: row.text(6),
        note: row.text(7))
    } ?? nil
  }
}
