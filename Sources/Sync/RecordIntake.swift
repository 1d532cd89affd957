import Background
import Domain
import Storage

/// Takes records into the store that came another way than through a service's network: from files.
///
/// They are the source's own records: a later synchronization knows them, and sends only what
/// differs.
public struct RecordIntake: Sendable {
  private let hub: Hub

  /// An intake of records of `source`, whose mirrors go to `sink`.
  public init(store: Store, source: Service, sink: Service) {
    hub = Hub(store: store, epoch: 0, source: source, sink: sink, cut: nil)
  }

  /// Stores a batch in one transaction; how many were new, changed or the same.
  public func take(_ records: [RemoteRecord]) throws(SyncError) -> (
    created: Int, updated: Int, unchanged: Int
  ) {
    var counts = StoredCounts()
    try hub.write { tables throws(StorageError) in
      for record in records { try tables.take(record, run: 0, received: nil, &counts) }
    }
    return (counts.created, counts.updated, counts.unchanged)
  }

  /// Remembers something about the source, as its provider would.
  public func remember(_ name: String, _ value: String) throws(SyncError) {
    try hub.write { tables throws(StorageError) in
      try tables.sync.remember(hub.source, name, value)
    }
  }

  /// Joins links whose other end came later.
  public func finish() throws(SyncError) {
    try hub.write { tables throws(StorageError) in try tables.resolveLinks() }
  }
}
