/// Why the store could not do what was asked.
///
/// Carries the statement but never its arguments, which may hold tenants' data.
public struct StorageError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The sort of failure.
  public enum Kind: String, Sendable, Hashable {
    /// The file cannot be opened or created.
    case cannotOpen = "cannot_open"
    /// The store or its folder may not be written.
    case readOnly = "read_only"
    /// Another process holds the store and did not let go in time.
    case busy
    /// No room on the disk.
    case diskFull = "disk_full"
    /// The disk failed to read or write.
    case disk
    /// The file is not a store, or is damaged.
    case corrupt
    /// Made by a newer program than this one.
    case tooNew = "too_new"
    /// A rule of the schema refused the change; the message names it.
    case constraint
    /// Stopped because it was asked to.
    case interrupted
    /// Anything else: a fault of this program.
    case programming
  }

  /// The sort of failure.
  public var kind: Kind
  /// What happened, in a sentence, without data of records.
  public var message: String
  /// The statement, without its arguments.
  public var sql: String?

  /// An error with its sentence.
  public init(_ kind: Kind, _ message: String, sql: String? = nil) {
    (self.kind, self.message, self.sql) = (kind, message, sql)
  }

  /// The form shown in logs and messages.
  public var description: String {
    "\(kind.rawValue): \(message)" + (sql.map { " in \($0)" } ?? "")
  }
}
