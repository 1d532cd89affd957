import Domain

extension Store {
  /// Runs `body` on one snapshot of the synchronization's rows.
  public func readSync<Value>(
    _ body: (SyncState) throws(StorageError) -> Value
  ) throws(StorageError) -> Value {
    try read { (connection) throws(StorageError) in
      try body(SyncState(connection: connection, sealing: sealing))
    }
  }

  /// Runs `body` as one transaction on records and the synchronization's rows.
  public func writeSync<Value>(
    _ body: (SyncRecords) throws(StorageError) -> Value
  ) throws(StorageError) -> Value {
    try write { (transaction) throws(StorageError) in
      transaction.note(.sync)
      return try body(SyncRecords(transaction: transaction))
    }
  }
}

/// The records as the synchronization writes them, within one transaction.
public struct SyncRecords {
  let transaction: Transaction

  /// The synchronization's own rows, in the same transaction.
  public var sync: SyncState {
    SyncState(connection: transaction.connection, sealing: transaction.sealing)
  }

  /// The moment of everything in this transaction.
  public var now: Instant { transaction.now }
}
