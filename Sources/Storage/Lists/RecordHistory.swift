import Domain

/// What happened to one record, gathered from the trails that speak of it.
struct RecordHistory {
  let state: ListReader.State

  /// Events taken from each trail.
  static let perTrailMax = 100

  private var connection: Connection { state.connection }
  private var limit: SQLValue { .int(Self.perTrailMax) }

  /// The newest first.
  func events(
    _ resource: Resource, _ id: LocalID, _ key: RemoteKey?
  ) throws(StorageError) -> [RecordDetail.Event] {
    var events: [RecordDetail.Event] = []
    if resource == .bills { events += try decisions(id) }
    if let key {
      if state.hasJournal { events += try journal(key) }
      events += try messages(key)
      events += try calls(key)
      events += try received(key)
    }
    events += try sent(resource, id)
    // A stable order for what happened at one moment: as the trails stand above.
    return events.enumerated().sorted {
      $0.element.at != $1.element.at ? $0.element.at > $1.element.at : $0.offset < $1.offset
    }.map(\.element)
  }

  private func decisions(_ id: LocalID) throws(StorageError) -> [RecordDetail.Event] {
    try connection.rows(
      """
      SELECT at, actor, action, COALESCE(from_state, ''), COALESCE(to_state, ''),
        COALESCE(reason, '')
      FROM bill_approval_audit WHERE bill_id = $1 ORDER BY seq DESC LIMIT $2
      """, .local(id), limit
    ) { row throws(StorageError) in
      let change = row.text(4).isEmpty ? "" : ": \(row.text(3)) → \(row.text(4))"
      let reason = row.text(5).isEmpty ? "" : " (\(row.text(5)))"
      return RecordDetail.Event(
        at: row.instant(0) ?? Instant(milliseconds: 0), actor: row.text(1),
        text: row.text(2) + change + reason)
    }
  }

  private func journal(_ key: RemoteKey) throws(StorageError) -> [RecordDetail.Event] {
    try connection.rows(
      """
      SELECT at, actor, kind, field, COALESCE(old_value, ''), COALESCE(new_value, ''), note
      FROM sync_journal WHERE record_key = $1 ORDER BY seq DESC LIMIT $2
      """, .text(key.description), limit
    ) { row throws(StorageError) in
      let field = row.text(3).isEmpty ? "" : " \(FieldTitles.title(row.text(3)))"
      let values =
        row.text(4).isEmpty && row.text(5).isEmpty ? "" : ": \(row.text(4)) → \(row.text(5))"
      let note = row.text(6).isEmpty ? "" : " (\(row.text(6)))"
      return RecordDetail.Event(
        at: row.instant(0) ?? Instant(milliseconds: 0), actor: row.text(1),
        text: row.text(2) + field + values + note)
    }
  }

  private func messages(_ key: RemoteKey) throws(StorageError) -> [RecordDetail.Event] {
    try connection.rows(
      "SELECT at, text FROM messages WHERE record_key = $1 ORDER BY id DESC LIMIT $2",
      .text(key.description), limit
    ) { row throws(StorageError) in
      RecordDetail.Event(
        at: row.instant(0) ?? Instant(milliseconds: 0), actor: key.service.title, text: row.text(1))
    }
  }

  /// Calls whose path names the record by its number.
  private func calls(_ key: RemoteKey) throws(StorageError) -> [RecordDetail.Event] {
    guard key.service == .buildium, key.id.allSatisfy(\.isNumber) else { return [] }
    return try connection.rows(
      """
      SELECT created_at, method, endpoint, response_status, error_message FROM buildium_api_log
      WHERE endpoint LIKE $1 OR endpoint LIKE $2 ORDER BY id DESC LIMIT $3
      """, .text("%/\(key.resource.collection)/\(key.id)"),
      .text("%/\(key.resource.collection)/\(key.id)/%"), limit
    ) { row throws(StorageError) in
      let ending = row.optionalInt(3).map { "answered \($0)" } ?? "no answer"
      let error = row.text(4).isEmpty ? "" : ": \(row.text(4))"
      return RecordDetail.Event(
        at: row.instant(0) ?? Instant(milliseconds: 0), actor: key.service.title,
        text: "\(row.text(1)) \(row.text(2)) \(ending)\(error)")
    }
  }

  private func received(_ key: RemoteKey) throws(StorageError) -> [RecordDetail.Event] {
    try connection.rows(
      """
      SELECT received_at FROM source_records
      WHERE service = $1 AND resource = $2 AND remote_id = $3
      """, .text(key.service.rawValue), .text(key.resource.rawValue), .text(key.id)
    ) { row throws(StorageError) in
      RecordDetail.Event(
        at: row.instant(0) ?? Instant(milliseconds: 0), actor: key.service.title,
        text: "as it is now, received")
    }
  }

  private func sent(_ resource: Resource, _ id: LocalID) throws(StorageError)
    -> [RecordDetail.Event]
  {
    try connection.rows(
      """
      SELECT settled_at, action, error, service FROM outbox
      WHERE service = 'airtable' AND resource = $1 AND local_id = $2 AND settled_at IS NOT NULL
      """, .text(resource.rawValue), .local(id)
    ) { row throws(StorageError) in
      let error = row.text(2).isEmpty ? "" : ": \(row.text(2))"
      return RecordDetail.Event(
        at: row.instant(0) ?? Instant(milliseconds: 0),
        actor: Service(rawValue: row.text(3))?.title ?? row.text(3),
        text: "\(row.text(1)) refused\(error)")
    }
  }
}
