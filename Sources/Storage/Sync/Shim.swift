import Domain
extension SyncRecords {
  public func record(_ resource: Resource, _ id: LocalID) throws(StorageError) -> Record? { nil }
  public func store(_ record: RemoteRecord) throws(StorageError) -> LocalID { 0 }
  public func remove(_ resource: Resource, _ id: LocalID) throws(StorageError) {}
  public func resolveLinks() throws(StorageError) -> [(Resource, LocalID)] { [] }
  public func hash(_ record: Record) -> String { "" }
}
extension SyncState {
  public func record(_ resource: Resource, _ id: LocalID) throws(StorageError) -> Record? { nil }
  public func hash(_ text: String) -> String { text }
  public func earliestDate(_ resource: Resource, field: String) throws(StorageError) -> CalendarDate? { nil }
}
extension Store {
  public func copy(to path: String) throws(StorageError) -> Store { self }
}
