import CSodium

/// The cryptographic library, made ready once before its first use.
enum Sodium {
  private static let isReady = sodium_init() >= 0

  /// Every use of the library passes here first.
  static func prepare() {
    precondition(isReady, "libsodium found no source of randomness on this machine")
  }
}

/// Why something could not be sealed, opened or read.
public struct VaultError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The sort of failure.
  public enum Kind: String, Sendable, Hashable {
    /// There is no key file.
    case keyMissing
    /// Others can read or replace the key file.
    case keyUnsafe
    /// The key file does not hold a key.
    case keyDamaged
    /// The key file cannot be read or made.
    case unreadable
    /// A sealed value was altered, moved to another place, or sealed with another key.
    case cannotOpen
  }

  /// The sort of failure.
  public var kind: Kind
  /// What happened and what to do, in a sentence or two. Never a secret.
  public var message: String

  /// An error with its sentence.
  public init(_ kind: Kind, _ message: String) { (self.kind, self.message) = (kind, message) }

  /// The form shown in logs and messages.
  public var description: String { message }
}
