import Domain

extension SyncState {
  /// The last day of the closed books; nil while nothing is closed.
  public func closedThrough() throws(StorageError) -> CalendarDate? {
    try BookPeriods(connection: connection).closedThrough()
  }

  /// The records of a resource that go by a name or number as a person types it, without regard to
  /// case: GL accounts by number or name, vendors by name. Inactive and deleted ones are no answer.
  public func keys(
    of resource: Resource, named text: String
  ) throws(StorageError) -> [RemoteKey] {
    let query: String
    switch resource {
    case .glAccounts:
      query = """
        SELECT buildium_gl_account_id FROM gl_accounts
        WHERE deleted_at IS NULL AND buildium_gl_account_id IS NOT NULL
          AND (lower(account_number) = lower($1) OR lower(name) = lower($1)) ORDER BY id
        """
    case .vendors:
      query = """
        SELECT buildium_vendor_id FROM vendors
        WHERE deleted_at IS NULL AND buildium_vendor_id IS NOT NULL
          AND (lower(name) = lower($1) OR lower(company_name) = lower($1)
            OR lower(trim(COALESCE(first_name, '') || ' ' || COALESCE(last_name, '')))
              = lower($1)) ORDER BY id
        """
    default: return []
    }
    return try connection.rows(query, .text(text)) {
      RemoteKey(.buildium, resource, $0.text(0))
    }
  }
}
