import Domain

/// Messages kept for people, settings, and answers of services kept for a while.
extension Store {
  /// Messages kept; older ones are dropped.
  static let messagesKeptMax = 5000

  /// Keeps a message for people.
  public func append(
    _ level: LogMessage.Level, _ text: String, hint: String = "", key: RemoteKey? = nil
  ) throws(StorageError) {
    try write { transaction throws(StorageError) in
      try transaction.append(level, text, hint: hint, key: key)
    }
  }

  /// The newest messages, newest first.
  public func messages(limit: Int) throws(StorageError) -> [LogMessage] {
    try read { connection throws(StorageError) in
      try connection.rows(
        "SELECT id, at, level, text, hint, record_key FROM messages ORDER BY id DESC LIMIT $1",
        .int(limit)
      ) { row throws(StorageError) in
        LogMessage(
          id: row.int64(0), at: row.instant(1) ?? Instant(milliseconds: 0),
          level: LogMessage.Level(rawValue: row.text(2)) ?? .info, text: row.text(3),
          hint: row.text(4), key: row.optionalText(5).flatMap { RemoteKey($0) })
      }
    }
  }

  /// A setting, or nil when it was never set.
  public func setting(_ name: String) throws(StorageError) -> String? {
    try read { connection throws(StorageError) in
      try connection.row("SELECT value FROM settings WHERE name = $1", .text(name)) {
        row throws(StorageError) in row.text(0)
      }
    }
  }

  /// Sets a setting; nil removes it.
  public func set(_ name: String, to value: String?) throws(StorageError) {
    try write { transaction throws(StorageError) in
      if let value {
        try transaction.connection.run(
          """
          INSERT INTO settings (name, value) VALUES ($1, $2)
          ON CONFLICT (name) DO UPDATE SET value = excluded.value
          """, .text(name), .text(value))
      } else {
        try transaction.connection.run("DELETE FROM settings WHERE name = $1", .text(name))
      }
      transaction.note(.settings)
    }
  }

  /// An answer kept earlier, while it has not expired.
  public func cachedResponse(_ endpoint: String, parameters: String) throws(StorageError)
    -> String?
  {
    let now = moment
    return try read { connection throws(StorageError) in
      try connection.row(
        """
        SELECT response_data FROM buildium_api_cache
        WHERE endpoint = $1 AND parameters = $2 AND expires_at > $3
        """, .text(endpoint), .text(parameters), .instant(now)
      ) { row throws(StorageError) in row.text(0) }
    }
  }

  /// Keeps an answer until a moment; both texts are JSON.
  public func cache(
    _ endpoint: String, parameters: String, response: String, until expiry: Instant
  ) throws(StorageError) {
    try write { transaction throws(StorageError) in
      _ = try transaction.connection.run(
        """
        INSERT INTO buildium_api_cache
          (id, endpoint, parameters, response_data, expires_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (endpoint, parameters) DO UPDATE SET
          response_data = excluded.response_data, expires_at = excluded.expires_at,
          updated_at = excluded.updated_at
        """, .text(LocalIDs.new(at: transaction.now)), .text(endpoint), .text(parameters),
        .text(response), .instant(expiry), .instant(transaction.now), .instant(transaction.now))
    }
  }

  /// Drops answers that have expired; how many.
  @discardableResult
  public func dropExpiredResponses() throws(StorageError) -> Int {
    try write { transaction throws(StorageError) in
      try transaction.connection.run(
        "DELETE FROM buildium_api_cache WHERE expires_at <= $1", .instant(transaction.now))
    }
  }
}

extension Transaction {
  /// Keeps a message for people, if what it speaks of is committed.
  func append(
    _ level: LogMessage.Level, _ text: String, hint: String, key: RemoteKey?
  ) throws(StorageError) {
    try connection.run(
      "INSERT INTO messages (at, level, text, hint, record_key) VALUES ($1, $2, $3, $4, $5)",
      .instant(now), .text(level.rawValue), .text(text), .text(hint),
      .optional(key?.description))
    try connection.run(
      """
      DELETE FROM messages WHERE id <= COALESCE(
        (SELECT id FROM messages ORDER BY id DESC LIMIT 1 OFFSET $1), 0)
      """, .int(Store.messagesKeptMax))
    note(.messages)
  }
}
