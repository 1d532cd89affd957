import Domain

/// The synchronization's own rows, within one transaction or one read of the store.
public struct SyncState {
  let connection: Connection
}

/// What names a record within the store.
public typealias LocalID = Int64

extension LocalID {
  /// Before every record.
  static let first: LocalID = .min
}

extension SQLValue {
  static func local(_ id: LocalID) -> SQLValue { .integer(id) }
}

extension Row {
  func localID(_ column: Int) -> LocalID { int64(column) }
}
