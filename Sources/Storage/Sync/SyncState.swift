import Domain
import Vault

/// The synchronization's own rows, within one transaction or one read of the store.
public struct SyncState {
  let connection: Connection
  let sealing: any RecordSealing

  /// The fingerprint of a content: SHA-256 in hexadecimal digits.
  public func hash(_ text: String) -> String { ContentHash.sha256Hex(text) }
}

/// What names a record within the store: a UUID, or the number of a lease.
public typealias LocalID = String

extension LocalID {
  /// Before every record.
  static let first: LocalID = ""
}

extension SQLValue {
  static func local(_ id: LocalID) -> SQLValue { .text(id) }
}

extension Row {
  func localID(_ column: Int) -> LocalID { text(column) }
}
