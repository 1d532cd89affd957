import Domain

extension SyncRecords {
  /// The hash of a record's content.
  public func hash(_ record: Record) -> String { sync.hash(record.json.canonicalText) }
}

extension SyncState {
  /// The hash of a text.
  public func hash(_ text: String) -> String { text }
}
