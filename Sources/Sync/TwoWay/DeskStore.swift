// The store as a desk uses it, where a person decides something: what a person does is one
// transaction, and what the desk refuses leaves no trace.
import Storage

/// Why a desk does not take what a person wants, the failure of the store among the reasons.
protocol DeskRefusal: Error {
  /// The store failed, with its words.
  static func store(_ message: String) -> Self
}

/// Reads and writes for a desk, with failures of the store as one of its refusals.
struct DeskStore<Refusal: DeskRefusal>: Sendable {
  private let store: Store

  init(_ store: Store) { self.store = store }

  /// What stands in the store at one moment.
  func read<Value>(
    _ body: (SyncState) throws(StorageError) -> Value
  ) throws(Refusal) -> Value {
    do throws(StorageError) { return try store.readSync(body) } catch {
      throw .store(error.message)
    }
  }

  /// One transaction, which a refusal undoes.
  func write<Value>(
    _ body: (SyncRecords) throws(StorageError) -> Result<Value, Refusal>
  ) throws(Refusal) -> Value {
    var refusal: Refusal?
    do throws(StorageError) {
      return try store.writeSync { (records) throws(StorageError) in
        switch try body(records) {
        case .success(let value): return value
        case .failure(let error):
          refusal = error
          throw StorageError(.constraint, "the desk refused")
        }
      }
    } catch {
      throw refusal ?? .store(error.message)
    }
  }
}
