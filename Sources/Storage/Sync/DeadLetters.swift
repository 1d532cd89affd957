import Domain

/// What was given up: records a service refused and jobs that failed too often. A person lets it be
/// tried again, or puts it aside.
extension SyncState {
  static let jobPrefix: Character = "j"
  private static let recordPrefix: Character = "r"
  private static let bornPrefix: Character = "b"
  private static let editPrefix: Character = "e"
  /// A list names so many at most; more is one fault repeated.
  private static let listMax = 1000

  /// Everything that was given up, the oldest first.
  public func deadLetters() throws(StorageError) -> [DeadLetter] {
    let records = try connection.rows(
      """
      SELECT id, service, resource, record_key, error, attempts, COALESCE(settled_at, created_at)
      FROM outbox WHERE state = 'dead' ORDER BY id LIMIT $1
      """, .int(Self.listMax)
    ) { row in
      Self.letter(row, prefix: Self.recordPrefix, key: RemoteKey(row.text(3)))
    }
    let jobs = try connection.rows(
      """
      SELECT id, service, resource, kind, error, attempts, COALESCE(finished_at, created_at)
      FROM jobs WHERE state = 'dead' ORDER BY id LIMIT $1
      """, .int(Self.listMax)
    ) { row in
      Self.letter(row, prefix: Self.jobPrefix, key: nil)
    }
    let born = try refusedBorn(limit: Self.listMax).map { row in
      let resource = Resource(rawValue: row.table) ?? .transactions
      return DeadLetter(
        id: "\(Self.bornPrefix):\(row.table):\(row.remoteID)", service: .buildium,
        resource: resource, key: nil, title: "New \(Self.singular(resource).lowercased())",
        message: row.result, attempts: row.attempts, at: row.seenAt)
    }
    let edits = try openEdits(limit: Self.listMax).filter { $0.state == .refused }.map { edit in
      DeadLetter(
        id: "\(Self.editPrefix)\(edit.id)", service: edit.key.service,
        resource: edit.key.resource, key: edit.key,
        title: "\(Self.singular(edit.key.resource)) \(edit.key.id)", message: edit.error,
        attempts: edit.attempts, at: edit.settledAt ?? edit.madeAt)
    }
    return ((records + jobs).compactMap(\.self) + born + edits).sorted {
      ($0.at, $0.id) < ($1.at, $1.id)
    }
  }

  private static func letter(_ row: Row, prefix: Character, key: RemoteKey?) -> DeadLetter? {
    guard let service = Service(rawValue: row.text(1)),
      let resource = Resource(rawValue: row.text(2))
    else { return nil }
    let title =
      key.map { "\(Self.singular(resource)) \($0.id)" }
      ?? "\(row.text(3) == Job.Kind.pull.rawValue ? "Reading" : "Sending") \(resource.title)"
    return DeadLetter(
      id: "\(prefix)\(row.int64(0))", service: service, resource: resource, key: key,
      title: title, message: row.text(4), attempts: row.int(5),
      at: row.instant(6) ?? Instant(milliseconds: 0))
  }

  /// `Bill` for bills: every title ends in a plural s.
  private static func singular(_ resource: Resource) -> String {
    resource == .properties
      ? "Property"
      : resource.title.hasSuffix("s") ? String(resource.title.dropLast()) : resource.title
  }

  /// Lets one thing that was given up be tried again at the next run; false when there is none of
  /// that id.
  public func retry(_ id: String) throws(StorageError) -> Bool {
    if let row = try born(id) {
      return try settle(row, .waiting)
    }
    if let edit = try refusedEdit(id) { return try settle(edit, .waiting) }
    guard let number = Self.number(id) else { return false }
    if id.first == Self.jobPrefix {
      // The same work may have been asked for anew meanwhile; then that is the retry.
      let changed = try connection.run(
        """
        UPDATE jobs SET state = CASE WHEN EXISTS (SELECT 1 FROM jobs AS open
            WHERE open.kind = jobs.kind AND open.service = jobs.service
              AND open.resource = jobs.resource
              AND open.state IN ('queued', 'running', 'failed'))
          THEN 'cancelled' ELSE 'queued' END,
          attempts = 0, error = '', run_after = NULL, finished_at = NULL
        WHERE id = $1 AND state = 'dead'
        """, .int(number))
      return changed > 0
    }
    guard let intent = try intent(number), intent.state == .dead else { return false }
    let resource = intent.key.resource
    if intent.service == intent.key.service {
      // An edit made elsewhere that the record's own service refused: it is sent once more.
      try connection.run(
        "UPDATE pair_state SET refused = NULL WHERE resource = $1 AND local_id = $2",
        .text(resource.rawValue), .local(intent.localID))
      try end(intent: number)
      return true
    }
    guard let row = try sink(intent.service, resource, localID: intent.localID) else {
      try end(intent: number)
      return true
    }
    switch row.waiting {
    case .missing, .duplicate:
      // The row was removed, or one of two: what is there now is looked for before anything is
      // made. Making it again after a removal is this person's decision.
      try unlink(intent.service, resource, localID: intent.localID)
      try keep(PairRow(intent.service, resource, intent.localID))
      try connection.run(
        """
        UPDATE outbox SET state = 'doubt', action = 'create', remote_id = NULL, fields = '{}'
        WHERE id = $1
        """, .int(number))
    default:
      try setWaiting(intent.service, resource, localID: intent.localID, nil)
      try end(intent: number)
    }
    return true
  }

  /// Lets everything that was given up be tried again; how many there were.
  public func retryAll() throws(StorageError) -> Int {
    var count = 0
    for letter in try deadLetters() where try retry(letter.id) { count += 1 }
    return count
  }

  /// Puts one thing aside that was given up: a record is not sent until it changes. False when
  /// there is none of that id.
  public func discard(_ id: String) throws(StorageError) -> Bool {
    if let row = try born(id) {
      return try settle(row, .answered)
    }
    if let edit = try refusedEdit(id) { return try settle(edit, .undone) }
    guard let number = Self.number(id) else { return false }
    if id.first == Self.jobPrefix {
      return try connection.run(
        "UPDATE jobs SET state = 'cancelled' WHERE id = $1 AND state = 'dead'", .int(number)) > 0
    }
    guard let intent = try intent(number), intent.state == .dead else { return false }
    // An edit that the record's own service refused stays refused until it is another one.
    if intent.service != intent.key.service {
      try setWaiting(intent.service, intent.key.resource, localID: intent.localID, .discarded)
    }
    try end(intent: number)
    return true
  }

  /// A refused row by the id it is listed under: `b:transactions:rec1`.
  private func born(_ id: String) throws(StorageError) -> BornRow? {
    let parts = id.split(separator: ":", maxSplits: 2)
    guard parts.count == 3, parts[0] == String(Self.bornPrefix) else { return nil }
    for service in [Service.airtable, .rentbook] {
      let row = try born(service, String(parts[1]), String(parts[2]))
      if let row, row.state == .refused { return row }
    }
    return nil
  }

  private func settle(_ row: BornRow, _ state: BornRow.State) throws(StorageError) -> Bool {
    var row = row
    row.state = state
    try keep(row, at: row.seenAt)
    return true
  }

  /// A refused change made here, by the id it is listed under: `e12`.
  private func refusedEdit(_ id: String) throws(StorageError) -> LocalEdit? {
    guard id.first == Self.editPrefix, let number = Int64(id.dropFirst()),
      let edit = try edit(number), edit.state == .refused
    else { return nil }
    return edit
  }

  /// Puts a refused change aside, or has it sent again. Whoever retries has been told what stands at
  /// the service by now: that is what it is made against.
  private func settle(
    _ refused: LocalEdit, _ state: LocalEdit.State
  ) throws(StorageError) -> Bool {
    var edit = refused
    (edit.state, edit.error) = (state, state == .waiting ? "" : edit.error)
    if state == .waiting, let record = try record(edit.key.resource, edit.localID) {
      for name in edit.fields.keys { edit.expected[name] = record[name] }
    }
    try keep(edit)
    return true
  }

  private static func number(_ id: String) -> Int64? {
    guard let first = id.first, first == jobPrefix || first == recordPrefix else { return nil }
    return Int64(id.dropFirst())
  }
}
