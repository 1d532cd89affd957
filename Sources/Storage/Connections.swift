import Domain

/// Credentials of a connected service, as they are sealed into the store.
extension Store {
  /// Keeps the credentials of a service, whatever their form; earlier ones are replaced.
  public func connect(_ service: Service, credentials: String) throws(StorageError) {
    let sealed = sealing.seal(credentials, purpose: Self.purpose(service))
    try write { transaction throws(StorageError) in
      try transaction.connection.run(
        "DELETE FROM property_manager_connections WHERE provider = $1", .text(service.rawValue))
      try transaction.connection.run(
        """
        INSERT INTO property_manager_connections
          (id, provider, access_token, status, created_at, updated_at)
        VALUES ($1, $2, $3, 'active', $4, $5)
        """, .text(LocalIDs.new(at: transaction.now)), .text(service.rawValue), .blob(sealed),
        .instant(transaction.now), .instant(transaction.now))
      transaction.note(.settings)
    }
  }

  /// The credentials of a service, or nil when it is not connected.
  ///
  /// - Throws: ``StorageError`` of kind `corrupt` when they were sealed with another key.
  public func credentials(_ service: Service) throws(StorageError) -> String? {
    let sealed = try read { connection throws(StorageError) in
      try connection.row(
        "SELECT access_token FROM property_manager_connections WHERE provider = $1",
        .text(service.rawValue)
      ) { row throws(StorageError) in row.blob(0) }
    }
    guard let sealed else { return nil }
    guard let text = sealing.open(sealed, purpose: Self.purpose(service)) else {
      throw StorageError(
        .corrupt,
        "The credentials of \(service.title) were sealed with another key: connect it again.")
    }
    return text
  }

  /// The services that are connected, with the moment.
  public func connections() throws(StorageError) -> [(service: Service, since: Instant)] {
    try read { connection throws(StorageError) in
      try connection.rows(
        "SELECT provider, created_at FROM property_manager_connections ORDER BY provider"
      ) { row throws(StorageError) in
        Service(rawValue: row.text(0)).map {
          (service: $0, since: row.instant(1) ?? Instant(milliseconds: 0))
        }
      }.compactMap(\.self)
    }
  }

  /// Forgets the credentials of a service; whether there were any.
  public func disconnect(_ service: Service) throws(StorageError) -> Bool {
    try write { transaction throws(StorageError) in
      transaction.note(.settings)
      return try transaction.connection.run(
        "DELETE FROM property_manager_connections WHERE provider = $1", .text(service.rawValue))
        > 0
    }
  }

  private static func purpose(_ service: Service) -> String { "connection.\(service.rawValue)" }
}
