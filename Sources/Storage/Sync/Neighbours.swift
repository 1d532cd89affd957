import Domain

/// What a record's mirror takes from other records, and which mirrors a changed record reaches.
extension SyncState {
  // MARK: Looking up

  /// The owners of a property.
  public func owners(ofProperty id: LocalID) throws(StorageError) -> [RemoteKey] {
    try keys(
      .owners,
      """
      SELECT owners.buildium_owner_id FROM ownership
      JOIN owners ON owners.id = ownership.owner_id
      WHERE ownership.property_id = $1 AND ownership.is_linked = 1 AND owners.deleted_at IS NULL
      """, id)
  }

  /// The leases a tenant is or was on.
  public func leases(ofTenant id: LocalID) throws(StorageError) -> [RemoteKey] {
    try keys(
      .leases,
      """
      SELECT leases.buildium_lease_id FROM lease_tenants
      JOIN leases ON leases.id = lease_tenants.lease_id
      WHERE lease_tenants.tenant_id = $1 AND leases.deleted_at IS NULL
      """, id)
  }

  /// How many units of a property are known.
  public func unitCount(ofProperty id: LocalID) throws(StorageError) -> Int {
    try connection.row(
      "SELECT COUNT(*) FROM units WHERE property_id = $1 AND deleted_at IS NULL", .local(id)
    ) { $0.int(0) } ?? 0
  }

  /// What was paid on a bill: what is applied to it, and until that is worked out what Buildium's
  /// payments of it amount to.
  public func paid(onBill id: LocalID) throws(StorageError) -> Money {
    try connection.row(
      """
      SELECT CASE
        WHEN EXISTS (SELECT 1 FROM bill_applications WHERE bill_id = $1) THEN
          (SELECT COALESCE(SUM(applied_amount), 0) FROM bill_applications
            WHERE bill_id = $1 AND source_type = 'payment')
        ELSE (SELECT COALESCE(SUM(amount), 0) FROM bill_payments
          WHERE bill_id = $1 AND deleted_at IS NULL) END
      """, .local(id)
    ) { $0.money(0) } ?? .zero
  }

  /// What was applied to a bill besides payments: credits and refunds.
  public func applied(toBill id: LocalID) throws(StorageError) -> Money {
    try connection.row(
      """
      SELECT COALESCE(SUM(applied_amount), 0) FROM bill_applications
      WHERE bill_id = $1 AND source_type <> 'payment'
      """, .local(id)
    ) { $0.money(0) } ?? .zero
  }

  /// The state of a bill in the workflow, or nil when it is not in it.
  public func approval(ofBill id: LocalID) throws(StorageError) -> String? {
    try connection.row(
      "SELECT state FROM bill_workflow WHERE bill_id = $1", .local(id)
    ) { $0.optionalText(0) } ?? nil
  }

  /// The tenants' payments on a lease, dated at or after `from` and before `to`, oldest first.
  public func payments(
    onLease id: LocalID, from: CalendarDate, to: CalendarDate
  ) throws(StorageError) -> [LocalID] {
    try connection.rows(
      """
      SELECT id FROM transactions
      WHERE lease_id = $1 AND transaction_type = 'Payment' AND date >= $2 AND date < $3
        AND deleted_at IS NULL
      ORDER BY date, id
      """, .local(id), .date(from), .date(to)
    ) { $0.localID(0) }
  }

  /// The payments with a line on an account, for making their rent payments anew.
  public func payments(touchingAccount id: LocalID) throws(StorageError) -> [LocalID] {
    try connection.rows(
      """
      SELECT id FROM transactions
      WHERE transaction_type = 'Payment' AND deleted_at IS NULL
        AND id IN (SELECT transaction_id FROM transaction_lines
          WHERE gl_account_id = $1 AND is_derived = 0)
      """, .local(id)
    ) { $0.localID(0) }.sorted()
  }

  private func keys(
    _ resource: Resource, _ sql: String, _ id: LocalID
  ) throws(StorageError) -> [RemoteKey] {
    try connection.rows(sql, .local(id)) { row in
      row.optionalText(0).map { RemoteKey(.buildium, resource, $0) }
    }.compactMap(\.self).sorted()
  }

  // MARK: Reaching

  /// Which records' mirrors a change reaches.
  public enum Reach: Sendable, Hashable {
    /// One record.
    case record(Resource, LocalID)
    /// The bills of a vendor.
    case billsOfVendor(LocalID)
    /// The bills with a line on an account.
    case billsOnAccount(LocalID)
    /// The bills that fell due at or after one day and before another.
    case billsDue(from: CalendarDate, to: CalendarDate)
    /// Everything that links to a record, from itself or from a line.
    case linking(RemoteKey, LocalID)
    /// The leases that list a tenant.
    case listing(RemoteKey)
  }

  /// Has the mirrors that a change reaches looked at again.
  public func touch(
    _ sink: Service, _ reach: Reach, stages: SinkRow.Stages?
  ) throws(StorageError) {
    switch reach {
    case .record(let resource, let id):
      try touch(sink, resource, stages, where: "local_id = $6", .local(id))
    case .billsOfVendor(let id):
      try touch(
        sink, .bills, stages, where: "local_id IN (SELECT id FROM bills WHERE vendor_id = $6)",
        .local(id))
    case .billsOnAccount(let id):
      try touch(
        sink, .bills, stages,
        where: "local_id IN (SELECT bill_id FROM bill_lines WHERE gl_account_id = $6)", .local(id))
    case .billsDue(let from, let to):
      try touch(
        sink, .bills, stages,
        where: "local_id IN (SELECT id FROM bills WHERE due_date >= $6 AND due_date < $7)",
        .date(from), .date(to))
    case .linking(let key, let id):
      for resource in Resource.mirrored {
        let schema = RecordSchema.of(resource)
        for field in schema.fields where field.kind == .reference(key.resource) {
          let column = RecordColumns.quoted(field.name)
          try touch(
            sink, resource, stages,
            where: "local_id IN (SELECT id FROM \(schema.table) WHERE \(column) = $6)", .local(id))
        }
        for field in schema.lineFields where field.kind == .reference(key.resource) {
          guard let lines = schema.lineTable else { continue }
          try touch(
            sink, resource, stages,
            where: """
              local_id IN (SELECT \(lines.parentColumn) FROM \(lines.name)
                WHERE \(RecordColumns.quoted(field.name)) = $6)
              """, .local(id))
        }
        for field in schema.fields where field.kind == .references(key.resource) {
          try touch(
            sink, resource, stages,
            where: """
              local_id IN (SELECT local_id FROM record_links
                WHERE target_key = $6 AND resource = $2 AND field = $7)
              """, .text(key.description), .text(field.name))
        }
      }
    case .listing(let key):
      try touch(
        sink, .leases, stages,
        where: """
          local_id IN (SELECT local_id FROM record_links
            WHERE target_key = $6 AND resource = $2)
          """, .text(key.description))
    }
  }

  private func touch(
    _ sink: Service, _ resource: Resource, _ stages: SinkRow.Stages?, where condition: String,
    _ more: SQLValue?...
  ) throws(StorageError) {
    try connection.run(
      """
      UPDATE sync_state SET
        event_at = CASE WHEN dirty = 0 THEN $3 ELSE event_at END,
        received_at = CASE WHEN dirty = 0 THEN $4 ELSE received_at END,
        stored_at = CASE WHEN dirty = 0 THEN $5 ELSE stored_at END,
        dirty = dirty + 1,
        waiting_reason = CASE WHEN waiting_reason IN ('duplicate', 'missing', 'links')
          THEN waiting_reason ELSE NULL END
      WHERE service = $1 AND resource = $2 AND \(condition)
      """,
      arguments: [
        .text(sink.rawValue), .text(resource.rawValue), stages.map { .instant($0.event) },
        stages.map { .instant($0.received) }, stages.map { .instant($0.stored) },
      ] + more)
  }
}
