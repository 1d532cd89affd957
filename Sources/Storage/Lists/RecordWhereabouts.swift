// Which properties and which vendor a record has to do with.
import Domain

/// What a person may look for a record by, besides its own name.
public struct RecordWhereabouts: Sendable, Hashable {
  /// The names of the properties it belongs to.
  public var properties: [String]
  /// The vendor of a bill; nil for others.
  public var vendor: String?
}

extension ListReader {
  /// The properties and the vendor of a record; none where it has to do with none.
  public func whereabouts(of record: RecordReference) throws(StorageError) -> RecordWhereabouts {
    try read { (state: inout State) throws(StorageError) in
      let connection = state.connection
      func names(_ sql: String?) throws(StorageError) -> [String] {
        guard let sql else { return [] }
        return try connection.rows(sql, .local(record.id)) { row in row.text(0) }
          .filter { !$0.isEmpty }
      }
      return RecordWhereabouts(
        properties: try names(Self.propertyNames[record.list]),
        vendor: record.list == .bills
          ? try names(
            """
            SELECT v.name FROM bills t JOIN vendors v ON v.id = t.vendor_id WHERE t.id = $1
            """
          ).first : nil)
    }
  }

  private static let propertyNames: [ListName: String] = [
    .properties: "SELECT name FROM properties WHERE id = $1",
    .units: """
    SELECT p.name FROM units t JOIN properties p ON p.id = t.property_id WHERE t.id = $1
    """,
    .leases: """
    SELECT p.name FROM leases t JOIN properties p ON p.id = t."propertyId"
    WHERE t.id = CAST($1 AS INTEGER)
    """,
    .tenants: """
    SELECT DISTINCT p.name FROM lease_tenants lt JOIN leases l ON l.id = lt.lease_id
      JOIN properties p ON p.id = l."propertyId"
    WHERE lt.tenant_id = $1 ORDER BY p.name
    """,
    .owners: """
    SELECT p.name FROM ownership o JOIN properties p ON p.id = o.property_id
    WHERE o.owner_id = $1 ORDER BY p.name
    """,
    .bills: """
    SELECT DISTINCT p.name FROM bill_lines l JOIN properties p ON p.id = l.property_id
    WHERE l.bill_id = $1 ORDER BY p.name
    """,
    .transactions: """
    SELECT DISTINCT p.name FROM transaction_lines l JOIN properties p ON p.id = l.property_id
    WHERE l.transaction_id = $1 ORDER BY p.name
    """,
  ]
}
