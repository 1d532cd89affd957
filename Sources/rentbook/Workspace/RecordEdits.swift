// Changes of records that Buildium holds, as a person makes them: by command, or on the screen.
import Domain
import Providers
import Storage
import Sync

/// Reads what a person typed for a field, hands it to the desk, and says in words what the desk
/// refuses.
struct RecordEdits {
  let workspace: Workspace

  var desk: EditDesk { EditDesk(workspace.store) }

  /// Reads the value typed for a field. A record is named by its key, or by its id at Buildium.
  func value(_ typed: String, of name: String, in resource: Resource) throws(Failure) -> FieldValue
  {
    let fields = BuildiumProvider.changeable(of: resource)
    guard let field = fields.first(where: { $0.name == name }) else {
      throw .usage(
        "“\(name)” of \(resource.title.lowercased()) cannot be changed.",
        hint: "There are: \(fields.map(\.name).joined(separator: ", "))")
    }
    guard case .reference(let target) = field.kind, !typed.isEmpty else {
      guard let value = field.kind.value(typed: typed) else {
        throw .usage("“\(typed)” does not fit \(name): \(field.kind.expectation).")
      }
      return value
    }
    let key = RemoteKey(typed) ?? RemoteKey(.buildium, target, typed)
    let known = try workspace.onStore { store throws(StorageError) in
      try store.readSync { sync throws(StorageError) in try sync.source(key) }
    }
    guard key.resource == target, known?.isGone == false else {
      throw .usage("\(name): there is no \(key).")
    }
    return .reference(key)
  }

  /// Does something at the desk; what it refuses is said in words.
  static func refusing<Value>(
    _ body: () throws(EditDesk.Refusal) -> Value
  ) throws(Failure) -> Value {
    do throws(EditDesk.Refusal) { return try body() } catch { throw failure(error) }
  }

  static func failure(_ refusal: EditDesk.Refusal) -> Failure {
    switch refusal {
    case .unknown(let key):
      .usage("There is no \(key) here.", hint: "`rentbook sync` brings in what Buildium has.")
    case .noEdit(let id):
      .usage("There is no change \(id).", hint: "`rentbook edits` shows their numbers.")
    case .sending(let key):
      Failure(
        "refused", "A change of \(key) is on its way.", hint: "Sync, then change it again.")
    case .over(let id): Failure("refused", "Change \(id) is over and cannot be taken back.")
    case .changed(let key):
      Failure("refused", "\(key) was changed since.", hint: "Look at it, then decide again.")
    case .nothingNew(let key): Failure("refused", "\(key) holds these values already.")
    case .store(let message): Failure("store", "The store failed: \(message)")
    }
  }
}
