import Domain
import Storage

/// What checking a new record asks of the store.
struct StoredFacts: PostingFacts {
  let context: StoredContext
  let today: CalendarDate

  func record(_ key: RemoteKey) throws(ProviderError) -> Record? { try context.record(key) }

  func keys(of resource: Resource, named text: String) throws(ProviderError) -> [RemoteKey] {
    try context.keys(of: resource, named: text)
  }

  /// The books are closed for all properties at once.
  func lockDate(of property: RemoteKey?) throws(ProviderError) -> CalendarDate? {
    try context.closedThrough()
  }
}
