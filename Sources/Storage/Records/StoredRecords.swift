import Domain

extension SyncState {
  /// A record as it was stored, or nil when there is none.
  public func record(_ resource: Resource, _ id: LocalID) throws(StorageError) -> Record? {
    try RecordReader(connection: connection, sealing: sealing).record(resource, id)
  }

  /// The service's ids of the known records of a resource that some record of another names in a
  /// field.
  public func namedIDs(
    _ service: Service, _ resource: Resource, by referrer: Resource, field: String
  ) throws(StorageError) -> [String] {
    let schema = RecordSchema.of(referrer)
    guard schema.field(field)?.kind == .reference(resource) else {
      throw StorageError(.programming, "\(referrer) names no \(resource) in “\(field)”.")
    }
    let column = RecordColumns.quoted(field)
    return try connection.rows(
      """
      SELECT remote_id FROM sync_state
      WHERE service = $1 AND resource = $2 AND gone = 0 AND remote_id IS NOT NULL
        AND EXISTS (SELECT 1 FROM \(schema.table) WHERE \(column) = local_id)
      ORDER BY local_id
      """, .text(service.rawValue), .text(resource.rawValue)
    ) { $0.text(0) }
  }

  /// The earliest day any record of a resource has in a field, or nil.
  public func earliestDate(_ resource: Resource, field: String) throws(StorageError)
    -> CalendarDate?
  {
    let schema = RecordSchema.of(resource)
    guard schema.field(field)?.kind == .date else {
      throw StorageError(.programming, "\(resource) has no date “\(field)”.")
    }
    let column = RecordColumns.quoted(field)
    return try connection.row(
      "SELECT MIN(\(column)) FROM \(schema.table) WHERE deleted_at IS NULL"
    ) { row throws(StorageError) in row.date(0) } ?? nil
  }
}

extension SyncRecords {
  /// A record as it was stored, or nil when there is none.
  public func record(_ resource: Resource, _ id: LocalID) throws(StorageError) -> Record? {
    try sync.record(resource, id)
  }

  /// Stores a record as its service gave it; its id in the store.
  public func store(_ record: RemoteRecord) throws(StorageError) -> LocalID {
    try RecordWriter(transaction: transaction).store(record)
  }

  /// Marks a record as gone.
  public func remove(_ resource: Resource, _ id: LocalID) throws(StorageError) {
    try RecordWriter(transaction: transaction).remove(resource, id)
  }

  /// Mends links whose other end has come; the records that were mended.
  public func resolveLinks() throws(StorageError) -> [(Resource, LocalID)] {
    try RecordWriter(transaction: transaction).resolveLinks()
  }
}

extension SyncRecords {
  /// The hash of a record's content, by which a change is told.
  public func hash(_ record: Record) -> String { sync.hash(record.json.canonicalText) }
}
