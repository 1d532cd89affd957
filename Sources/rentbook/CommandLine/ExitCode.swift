import Domain
import Storage
import Sync

/// How a command ended, told to whoever called it.
enum ExitCode: Int32 {
  case done = 0
  case failed = 1
  /// Wrong usage or bad input.
  case usage = 2
  /// Done, but something waits for a person: dead letters, conflicts, failed checks.
  case needsPerson = 3
  /// Credentials are missing or refused.
  case credentials = 4
  /// A service cannot be reached, or its quota is spent.
  case unreachable = 5
  case interrupted = 130
}

/// Why a command did not do what it was asked: what happened, what to do, and how it exits.
struct Failure: Error, Equatable {
  /// For programs: one word or several joined by underscores.
  var code: String
  /// What happened, to which record, in a sentence.
  var message: String
  /// What to do next; empty when nothing can be done.
  var hint: String
  var exit: ExitCode

  init(_ code: String, _ message: String, hint: String = "", exit: ExitCode = .failed) {
    (self.code, self.message, self.hint, self.exit) = (code, message, hint, exit)
  }

  static func usage(_ message: String, hint: String = "") -> Failure {
    Failure("usage", message, hint: hint, exit: .usage)
  }

  static let interrupted = Failure(
    "interrupted", "Stopped as asked.",
    hint: "Whatever was finished is kept; the same command goes on from there.",
    exit: .interrupted)

  init(_ error: ProviderError) {
    let exit: ExitCode =
      switch error.kind {
      case .notAuthorised, .forbidden: .credentials
      // What answers, but not with data, is not the service.
      case .unreachable, .rateLimited, .quotaSpent, .doubt, .unexpectedAnswer: .unreachable
      case .cancelled: .interrupted
      case .notFound, .refused, .notSetUp, .unsupported: .failed
      }
    self.init(error.kind.rawValue, error.message, hint: error.hint, exit: exit)
  }

  init(_ error: StorageError) {
    self.init("store_\(error.kind.rawValue)", error.message, hint: Self.hint(for: error.kind))
  }

  private static func hint(for kind: StorageError.Kind) -> String {
    switch kind {
    case .cannotOpen, .readOnly:
      "Check that the folder exists and that you may write there, or name another with --store."
    case .busy: "Another Rentbook is writing. Wait for it, or close it, and try again."
    case .diskFull: "Free some space and run the command again; nothing was lost."
    case .disk: "The disk failed to read or write. Check it, then `rentbook check`."
    case .corrupt:
      "Restore the newest backup with `rentbook restore FILE`; without one, move the file aside and "
        + "sync: all but what was decided here is read again."
    case .tooNew: "Install the newer Rentbook that wrote this store."
    case .constraint, .interrupted, .programming: ""
    }
  }
}
