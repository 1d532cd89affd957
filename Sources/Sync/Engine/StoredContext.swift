import Domain
import Storage

/// What a provider may ask of the store while it pulls.
struct StoredContext: PullContext {
  let hub: Hub
  let service: Service

  func knownIDs(of resource: Resource) throws(ProviderError) -> [String] {
    try ask { (sync) throws(StorageError) in try sync.knownIDs(service, resource) }
  }

  func changedIDs(
    of resource: Resource, since dependent: Resource
  ) throws(ProviderError) -> [String] {
    try ask { (sync) throws(StorageError) in
      // A pull under way has the dependent's own last completed one as its watermark.
      guard let since = try sync.pull(service, dependent)?.watermark else {
        return try sync.knownIDs(service, resource)
      }
      return try sync.changedIDs(service, resource, since: since)
    }
  }

  func record(_ key: RemoteKey) throws(ProviderError) -> Record? {
    try ask { (sync) throws(StorageError) in
      guard let known = try sync.source(key), !known.isGone else { return nil }
      return try sync.record(key.resource, known.localID)
    }
  }

  func namedIDs(
    of resource: Resource, by referrer: Resource, field: String
  ) throws(ProviderError) -> [String] {
    try ask { (sync) throws(StorageError) in
      try sync.namedIDs(service, resource, by: referrer, field: field)
    }
  }

  /// The records of a resource that go by a name or number (``PostingFacts``).
  func keys(of resource: Resource, named text: String) throws(ProviderError) -> [RemoteKey] {
    try ask { (sync) throws(StorageError) in try sync.keys(of: resource, named: text) }
  }

  /// The last day of the closed books (``PostingFacts``).
  func closedThrough() throws(ProviderError) -> CalendarDate? {
    try ask { (sync) throws(StorageError) in try sync.closedThrough() }
  }

  func earliestDate(
    of resource: Resource, field: String
  ) throws(ProviderError) -> CalendarDate? {
    try ask { (sync) throws(StorageError) in try sync.earliestDate(resource, field: field) }
  }

  func memory(_ name: String) throws(ProviderError) -> String? {
    try ask { (sync) throws(StorageError) in try sync.memory(service, name) }
  }

  func remember(_ name: String, _ value: String) throws(ProviderError) {
    do throws(SyncError) {
      try hub.write { (tables) throws(StorageError) in
        try tables.sync.remember(service, name, value)
      }
    } catch {
      throw failure(error)
    }
  }

  private func ask<Value>(
    _ body: (SyncState) throws(StorageError) -> Value
  ) throws(ProviderError) -> Value {
    do throws(SyncError) {
      return try hub.read(body)
    } catch {
      throw failure(error)
    }
  }

  /// The store's failure in the only terms a provider can pass on; the run ends by it either way,
  /// since the next use of the store fails too.
  private func failure(_ error: SyncError) -> ProviderError {
    ProviderError(service, .unexpectedAnswer, error.description)
  }
}
