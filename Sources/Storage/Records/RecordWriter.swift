import Domain
import Glibc

/// Writes records as their services give them, in the terms of ``RecordSchema``.
struct RecordWriter {
  let transaction: Transaction

  private var connection: Connection { transaction.connection }
  private var state: SyncState {
    SyncState(connection: connection, sealing: transaction.sealing)
  }

  /// Stores a record under its known id, or a new one; giving it again changes nothing but the time.
  func store(_ remote: RemoteRecord) throws(StorageError) -> LocalID {
    let resource = remote.key.resource
    let schema = RecordSchema.of(resource)
    let known = try state.source(remote.key)?.localID
    let lock = try known.flatMap { (id) throws(StorageError) in
      resource == .transactions ? try unlock(id) : nil
    }
    var dangling: [Dangling] = []
    var columns: [(name: String, value: SQLValue?)] = identity(remote.key, schema)
    for field in schema.fields where field.isColumn {
      guard let value = remote.record.fields[field.name] else { continue }
      columns.append(
        (
          RecordColumns.quoted(field.name),
          try column(field, value, table: schema.table, position: -1, &dangling)
        ))
    }
    let id = try upsert(schema, columns, id: known)
    try replaceLinks(remote.record, schema, id, key: remote.key)
    try replaceLines(remote.record, schema, id, &dangling)
    try keep(dangling, resource, known: known != nil, id)
    try connection.run(
      """
      INSERT INTO source_records (service, resource, remote_id, body, received_at)
      VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (service, resource, remote_id) DO UPDATE SET
        body = excluded.body, received_at = excluded.received_at
      """, .text(remote.key.service.rawValue), .text(resource.rawValue), .text(remote.key.id),
      .text(remote.source), .instant(transaction.now))
    switch resource {
    case .transactions:
      try LedgerWriter(transaction: transaction).post(id)
      if let lock { try relock(id, lock, remote.key) }
    case .glAccounts, .bankAccounts, .properties: try setPostingDue(true)
    default: break
    }
    try BillIntake(transaction: transaction).note(remote.record, id)
    transaction.note(.records(resource))
    return id
  }

  // MARK: Posted and reconciled transactions

  /// A reconciled transaction as it was, while what its service says now is taken over.
  private struct ReconciledLock { let before: Record? }

  /// Opens a transaction's lines for being replaced: the lock of a posted or reconciled transaction
  /// is there against changes made here, not against what its service says of it.
  private func unlock(_ id: LocalID) throws(StorageError) -> ReconciledLock? {
    let isReconciled =
      try connection.row("SELECT is_reconciled FROM transactions WHERE id = $1", .local(id)) {
        row throws(StorageError) in row.bool(0)
      } ?? false
    var lock: ReconciledLock?
    if isReconciled {
      lock = ReconciledLock(before: try state.record(.transactions, id))
      try connection.run(
        "UPDATE bank_register_state SET status = 'cleared' WHERE transaction_id = $1", .local(id))
    }
    try connection.run(
      "UPDATE transactions SET posting_state = 'unposted' WHERE id = $1", .local(id))
    return lock
  }

  private func relock(_ id: LocalID, _ lock: ReconciledLock, _ key: RemoteKey)
    throws(StorageError)
  {
    try connection.run(
      "UPDATE bank_register_state SET status = 'reconciled' WHERE transaction_id = $1", .local(id))
    let after = try state.record(.transactions, id)
    let fields = ["date", "transaction_type", "total_amount", "bank_gl_account_id"]
    guard
      lock.before?.lines != after?.lines
        || fields.contains(where: { lock.before?[$0] != after?[$0] })
    else { return }
    try transaction.append(
      .warning, "\(key) changed at \(key.service.title) after it was reconciled.",
      hint: "Compare it with the bank statement and correct the one that is wrong.", key: key)
  }

  private static let postingDueName = "posting_due"

  /// Notes that what was set apart may be posted now, or that it was tried.
  private func setPostingDue(_ isDue: Bool) throws(StorageError) {
    try connection.run(
      """
      INSERT INTO store_state (name, value) VALUES ($1, $2)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value
      """, .text(Self.postingDueName), .text(isDue ? "yes" : "no"))
  }

  private func isPostingDue() throws(StorageError) -> Bool {
    try connection.row(
      "SELECT value FROM store_state WHERE name = $1", .text(Self.postingDueName)
    ) { row throws(StorageError) in row.text(0) == "yes" } ?? false
  }

  /// Marks a record as gone; its row stays, because others point to it and its history matters.
  func remove(_ resource: Resource, _ id: LocalID) throws(StorageError) {
    let schema = RecordSchema.of(resource)
    try connection.run(
      "UPDATE \(schema.table) SET deleted_at = $1 WHERE id = $2", .instant(transaction.now),
      .local(id))
    if resource == .owners { try link(owner: id, to: []) }
    try BillIntake(transaction: transaction).note(Record(resource), id)
    transaction.note(.records(resource))
  }

  /// Mends links whose other end has come, and posts what was set apart for want of it; the records
  /// that were mended.
  func resolveLinks() throws(StorageError) -> [(Resource, LocalID)] {
    let rows = try connection.rows(
      """
      SELECT resource, local_id, position, field, target_key FROM unresolved_references
      ORDER BY resource, local_id, position, field
      """
    ) { row throws(StorageError) in
      (row.text(0), row.localID(1), row.int(2), row.text(3), row.text(4))
    }
    var mended: [(Resource, LocalID)] = []
    for (name, id, position, field, target) in rows {
      guard let resource = Resource(rawValue: name), let key = RemoteKey(target),
        let end = try state.source(key)?.localID
      else { continue }
      let schema = RecordSchema.of(resource)
      let column = RecordColumns.quoted(field)
      if position < 0 {
        try connection.run(
          "UPDATE \(schema.table) SET \(column) = $1 WHERE id = $2", .local(end), .local(id))
      } else if let lineTable = schema.lineTable {
        try connection.run(
          """
          UPDATE \(lineTable.name) SET \(column) = $1
          WHERE \(lineTable.parentColumn) = $2 AND position = $3
          """, .local(end), .local(id), .int(position))
      }
      try connection.run(
        """
        DELETE FROM unresolved_references
        WHERE resource = $1 AND local_id = $2 AND position = $3 AND field = $4
        """, .text(name), .local(id), .int(position), .text(field))
      if mended.last.map({ $0 != (resource, id) }) ?? true { mended.append((resource, id)) }
    }
    let ledger = LedgerWriter(transaction: transaction)
    for (resource, id) in mended where resource == .transactions {
      let lock = try unlock(id)
      try ledger.post(id)
      if lock != nil {
        try connection.run(
          "UPDATE bank_register_state SET status = 'reconciled' WHERE transaction_id = $1",
          .local(id))
      }
    }
    if try isPostingDue() {
      try ledger.postQuarantined()
      try setPostingDue(false)
    }
    for resource in Set(mended.map(\.0)) { transaction.note(.records(resource)) }
    // Bills whose state or credits changed by what came: their mirrors show it.
    for bill in try BillIntake(transaction: transaction).settle()
    where !mended.contains(where: { $0 == (.bills, bill) }) {
      mended.append((.bills, bill))
    }
    return mended
  }

  // MARK: Columns

  /// A link whose other end is not known.
  private struct Dangling {
    let position: Int
    let field: String
    let target: RemoteKey
  }

  /// The columns that say which record of which service it is.
  private func identity(
    _ key: RemoteKey, _ schema: RecordSchema
  ) -> [(name: String, value: SQLValue?)] {
    var columns: [(name: String, value: SQLValue?)] = []
    if key.service == .buildium, !schema.buildiumIDColumn.isEmpty {
      let parts = key.id.split(separator: ":")
      switch schema.resource {
      case .billPayments:
        columns.append(
          (schema.buildiumIDColumn, parts.first.flatMap { Int64($0) }.map(SQLValue.integer)))
      default:
        columns.append(
          (schema.buildiumIDColumn, parts.last.flatMap { Int64($0) }.map(SQLValue.integer)))
      }
    }
    if schema.resource == .billPayments || schema.resource == .bankTransactions {
      columns.append(("remote_key", .text(key.description)))
    }
    if schema.resource == .transactions {
      columns.append(("provider", .text(key.service.rawValue)))
      columns.append(("provider_transaction_id", .text(key.id)))
    }
    return columns
  }

  private func column(
    _ field: FieldDefinition, _ value: FieldValue, table: String, position: Int,
    _ dangling: inout [Dangling]
  ) throws(StorageError) -> SQLValue? {
    switch (field.kind, value) {
    case (.reference, .reference(let key)):
      if let id = try state.source(key)?.localID { return .local(id) }
      dangling.append(Dangling(position: position, field: field.name, target: key))
      return nil
    case (.sealed, .text(let text)):
      return .blob(transaction.sealing.seal(text, purpose: "\(table).\(field.name)"))
    default: return RecordColumns.sql(value)
    }
  }

  private func upsert(
    _ schema: RecordSchema, _ columns: [(name: String, value: SQLValue?)], id known: LocalID?
  ) throws(StorageError) -> LocalID {
    let isLease = schema.resource == .leases
    let (created, updated) =
      isLease ? ("\"createdAt\"", "\"updatedAt\"") : ("created_at", "updated_at")
    let values = columns.map(\.value)
    if let known {
      let list = columns.enumerated().map { "\($1.name) = $\($0 + 1), " }.joined()
      try connection.run(
        """
        UPDATE \(schema.table) SET \(list)\(updated) = $\(values.count + 1), deleted_at = NULL
        WHERE id = $\(values.count + 2)
        """, arguments: values + [.instant(transaction.now), .local(known)])
      return known
    }
    // A lease's number is given by the database (the seed's BIGSERIAL); all others are made here.
    let id = isLease ? nil : LocalIDs.new(at: transaction.now)
    let names = (id == nil ? [] : ["id"]) + columns.map(\.name) + [created, updated]
    let places = names.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
    let all =
      (id.map { [.local($0)] } ?? []) + values
      + [.instant(transaction.now), .instant(transaction.now)]
    let given = try connection.rows(
      """
      INSERT INTO \(schema.table) (\(names.joined(separator: ", "))) VALUES (\(places)) RETURNING id
      """, arguments: all
    ) { row throws(StorageError) in row.localID(0) }
    guard let first = given.first else {
      throw StorageError(.programming, "A new row of \(schema.table) has no id.")
    }
    return first
  }

  private func keep(
    _ dangling: [Dangling], _ resource: Resource, known: Bool, _ id: LocalID
  ) throws(StorageError) {
    if known {
      try connection.run(
        "DELETE FROM unresolved_references WHERE resource = $1 AND local_id = $2",
        .text(resource.rawValue), .local(id))
    }
    for link in dangling {
      try connection.run(
        """
        INSERT INTO unresolved_references (resource, local_id, position, field, target_key)
        VALUES ($1, $2, $3, $4, $5)
        """, .text(resource.rawValue), .local(id), .int(link.position), .text(link.field),
        .text(link.target.description))
    }
  }

  // MARK: Lines and lists of links

  private func replaceLines(
    _ record: Record, _ schema: RecordSchema, _ id: LocalID, _ dangling: inout [Dangling]
  ) throws(StorageError) {
    guard let lineTable = schema.lineTable else { return }
    try connection.run(
      "DELETE FROM \(lineTable.name) WHERE \(lineTable.parentColumn) = $1", .local(id))
    let fields = schema.lineFields.filter {
      schema.resource != .transactions || !LineStorage.derivedFields.contains($0.name)
    }
    var names = [lineTable.parentColumn, "position"] + fields.map { RecordColumns.quoted($0.name) }
    if schema.resource == .transactions { names.append("is_derived") }
    let places = names.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
    let sql =
      "INSERT INTO \(lineTable.name) (\(names.joined(separator: ", "))) VALUES (\(places))"
    for (position, line) in record.lines.enumerated() {
      var values: [SQLValue?] = [.local(id), .int(position)]
      for field in fields {
        values.append(
          try column(
            field, line[field.name] ?? .null, table: lineTable.name, position: position, &dangling))
      }
      if schema.resource == .transactions { values.append(.bool(false)) }
      try connection.run(sql, arguments: values)
    }
  }

  private func replaceLinks(
    _ record: Record, _ schema: RecordSchema, _ id: LocalID, key: RemoteKey
  ) throws(StorageError) {
    for field in schema.fields {
      guard case .references = field.kind, let value = record.fields[field.name] else { continue }
      try connection.run(
        "DELETE FROM record_links WHERE resource = $1 AND local_id = $2 AND field = $3",
        .text(schema.resource.rawValue), .local(id), .text(field.name))
      for key in value.links {
        try connection.run(
          """
          INSERT INTO record_links (resource, local_id, field, target_key)
          VALUES ($1, $2, $3, $4)
          """, .text(schema.resource.rawValue), .local(id), .text(field.name),
          .text(key.description))
      }
    }
    switch schema.resource {
    case .owners: try link(owner: id, to: record["property_ids"].links)
    case .properties: try adoptOwners(id, key)
    case .leases: try link(lease: id, record)
    case .tenants: try adoptLeases(id, key)
    default: break
    }
  }

  /// Keeps a row of `ownership` for each property an owner has; percentages people entered outlive
  /// the link.
  private func link(owner: LocalID, to properties: [RemoteKey]) throws(StorageError) {
    try connection.run(
      """
      DELETE FROM ownership WHERE owner_id = $1 AND is_linked = 1
        AND ownership_percentage IS NULL AND disbursement_percentage IS NULL
      """, .local(owner))
    try connection.run(
      "UPDATE ownership SET is_linked = 0, updated_at = $2 WHERE owner_id = $1 AND is_linked = 1",
      .local(owner), .instant(transaction.now))
    for key in properties {
      guard let property = try state.source(key)?.localID else {
        continue
      }
      try join(owner: owner, property: property)
    }
  }

  /// The owners that were known before their property.
  private func adoptOwners(_ property: LocalID, _ key: RemoteKey) throws(StorageError) {
    for owner in try pointing(.owners, "property_ids", to: key) {
      try join(owner: owner, property: property)
    }
  }

  /// An owner whose share was entered gets no second row, also when it has ended since: what a person
  /// entered is not put in doubt by the service still naming the pair.
  private func join(owner: LocalID, property: LocalID) throws(StorageError) {
    let existing = try connection.run(
      """
      UPDATE ownership SET is_linked = 1, updated_at = $3
      WHERE id = (SELECT id FROM ownership WHERE owner_id = $1 AND property_id = $2
        ORDER BY effective_to IS NULL DESC, effective_from DESC LIMIT 1)
      """, .local(owner), .local(property), .instant(transaction.now))
    guard existing == 0 else { return }
    try connection.run(
      """
      INSERT INTO ownership (id, owner_id, property_id, is_linked, created_at, updated_at)
      VALUES ($1, $2, $3, 1, $4, $5)
      ON CONFLICT (owner_id, property_id, effective_from) DO UPDATE SET is_linked = 1
      """, .local(LocalIDs.new(at: transaction.now)), .local(owner), .local(property),
      .instant(transaction.now), .instant(transaction.now))
  }

  private func link(lease: LocalID, _ record: Record) throws(StorageError) {
    try connection.run("DELETE FROM lease_tenants WHERE lease_id = $1", .local(lease))
    let current = Set(record["current_tenant_ids"].links)
    for key in Set(record["tenant_ids"].links).union(current).sorted() {
      guard let tenant = try state.source(key)?.localID else {
        continue
      }
      try join(lease: lease, tenant: tenant, isCurrent: current.contains(key))
    }
  }

  /// The leases that were known before their tenant.
  private func adoptLeases(_ tenant: LocalID, _ key: RemoteKey) throws(StorageError) {
    let current = Set(try pointing(.leases, "current_tenant_ids", to: key))
    for lease in Set(try pointing(.leases, "tenant_ids", to: key)).union(current)
      .sorted()
    {
      try join(lease: lease, tenant: tenant, isCurrent: current.contains(lease))
    }
  }

  private func join(lease: LocalID, tenant: LocalID, isCurrent: Bool) throws(StorageError) {
    try connection.run(
      """
      INSERT INTO lease_tenants (lease_id, tenant_id, is_current) VALUES ($1, $2, $3)
      ON CONFLICT (lease_id, tenant_id) DO UPDATE SET is_current = excluded.is_current
      """, .local(lease), .local(tenant), .bool(isCurrent))
  }

  /// The records of a resource that list a record among their links.
  private func pointing(
    _ resource: Resource, _ field: String, to key: RemoteKey
  ) throws(StorageError) -> [LocalID] {
    try connection.rows(
      """
      SELECT local_id FROM record_links WHERE target_key = $1 AND resource = $2 AND field = $3
      """, .text(key.description), .text(resource.rawValue), .text(field)
    ) { row throws(StorageError) in row.localID(0) }
  }
}

/// Makes the ids of records: UUIDs of version 7, which sort by the time they were made.
enum LocalIDs {
  static func new(at now: Instant) -> LocalID {
    var bytes = [UInt8](repeating: 0, count: 16)
    var random = SystemRandomNumberGenerator()
    for index in bytes.indices { bytes[index] = UInt8.random(in: 0...255, using: &random) }
    let time = UInt64(bitPattern: now.milliseconds)
    for index in 0..<6 { bytes[index] = UInt8(truncatingIfNeeded: time >> UInt64(40 - index * 8)) }
    bytes[6] = bytes[6] & 0x0F | 0x70
    bytes[8] = bytes[8] & 0x3F | 0x80
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text += "-" }
      text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return text
  }
}
