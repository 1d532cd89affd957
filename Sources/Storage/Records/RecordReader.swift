import Domain

/// Reads records back as they were written.
struct RecordReader {
  let connection: Connection
  let sealing: any RecordSealing

  /// A record by its id in the store, or nil.
  func record(_ resource: Resource, _ id: LocalID) throws(StorageError) -> Record? {
    let schema = RecordSchema.of(resource)
    let columns = schema.fields.filter(\.isColumn)
    let list = columns.map { RecordColumns.quoted($0.name) }.joined(separator: ", ")
    let read = try connection.row("SELECT \(list) FROM \(schema.table) WHERE id = $1", .local(id)) {
      row throws(StorageError) in
      try values(columns, row, table: schema.table)
    }
    guard let read else { return nil }
    var record = Record(resource)
    record.fields = try resolved(read)
    for (field, key) in try dangling(resource, id, position: -1) { record[field] = .reference(key) }
    for field in schema.fields {
      guard case .references = field.kind else { continue }
      record[field.name] = .references(canonical: try links(resource, id, field.name))
    }
    record.lines = try lines(schema, id)
    return record
  }

  /// A value of a column, or the record in the store a link column points to.
  private enum Cell {
    case value(FieldValue)
    case link(Resource, LocalID)
  }

  private func values(
    _ fields: [FieldDefinition], _ row: Row, table: String
  ) throws(StorageError) -> [(String, Cell)] {
    fields.enumerated().map { column, field in
      switch field.kind {
      case .reference(let target) where !row.isNull(column):
        (field.name, .link(target, row.localID(column)))
      case .sealed where !row.isNull(column):
        (
          field.name,
          .value(
            sealing.open(row.blob(column), purpose: "\(table).\(field.name)")
              .map(FieldValue.text) ?? .null)
        )
      default: (field.name, .value(RecordColumns.value(field.kind, row, column)))
      }
    }
  }

  private func resolved(_ cells: [(String, Cell)]) throws(StorageError) -> FieldValues {
    var fields: FieldValues = [:]
    for (name, cell) in cells {
      switch cell {
      case .value(let value): fields[name] = value
      case .link(let resource, let id):
        fields[name] = try key(resource, id).map(FieldValue.reference) ?? .null
      }
    }
    return fields
  }

  /// What a record of the store is called at the service it came from.
  func key(_ resource: Resource, _ id: LocalID) throws(StorageError) -> RemoteKey? {
    for service in Self.sources {
      if let remoteID = try SyncState(connection: connection, sealing: sealing).remoteID(
        service, resource, of: id)
      {
        return RemoteKey(service, resource, remoteID)
      }
    }
    return nil
  }

  /// The services records come from, the likeliest first.
  private static let sources: [Service] = [.buildium, .propertyme, .rentbook]

  private func links(
    _ resource: Resource, _ id: LocalID, _ field: String
  ) throws(StorageError) -> [RemoteKey] {
    try connection.rows(
      """
      SELECT target_key FROM record_links WHERE resource = $1 AND local_id = $2 AND field = $3
      """, .text(resource.rawValue), .local(id), .text(field)
    ) { row throws(StorageError) in RemoteKey(row.text(0)) }.compactMap(\.self)
  }

  private func dangling(
    _ resource: Resource, _ id: LocalID, position: Int
  ) throws(StorageError) -> [(String, RemoteKey)] {
    try connection.rows(
      """
      SELECT field, target_key FROM unresolved_references
      WHERE resource = $1 AND local_id = $2 AND position = $3
      """, .text(resource.rawValue), .local(id), .int(position)
    ) { row throws(StorageError) in RemoteKey(row.text(1)).map { (row.text(0), $0) } }
    .compactMap(\.self)
  }

  /// The lines as they were received: what was added to balance a transaction, and the posting
  /// sides, follow from them and are no part of the record.
  private func lines(_ schema: RecordSchema, _ id: LocalID) throws(StorageError) -> [FieldValues] {
    guard let lineTable = schema.lineTable else { return [] }
    let columns = schema.lineFields.filter {
      !LineStorage.derivedFields.contains($0.name) || schema.resource != .transactions
    }
    let list = columns.map { RecordColumns.quoted($0.name) }.joined(separator: ", ")
    let derived = schema.resource == .transactions ? "AND is_derived = 0" : ""
    let read = try connection.rows(
      """
      SELECT position, \(list) FROM \(lineTable.name)
      WHERE \(lineTable.parentColumn) = $1 \(derived) ORDER BY position
      """, .local(id)
    ) { row throws(StorageError) in
      (row.int(0), try values(columns, Row(row, skipping: 1), table: lineTable.name))
    }
    var lines: [FieldValues] = []
    for (position, cells) in read {
      var line = try resolved(cells)
      for (field, key) in try dangling(schema.resource, id, position: position) {
        line[field] = .reference(key)
      }
      lines.append(line)
    }
    return lines
  }
}

/// What of a transaction's line the store works out itself.
enum LineStorage {
  static let derivedFields: Set = ["amount", "posting_type", "is_derived"]
}
