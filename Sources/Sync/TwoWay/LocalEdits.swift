import Background
import Domain
import Storage

/// Where a person changes fields of a record in this program, for the service that holds it.
///
/// A change is carried out by the next synchronization and can be taken back until then. It holds for
/// the values that stood when it was made; if one of them changes first, it is not sent.
public struct EditDesk: Sendable {
  /// The records that can be changed here: those a service replaces by what it is given. Money has
  /// ways of its own.
  public static let resources: [Resource] = [
    .properties, .units, .owners, .tenants, .vendors, .tasks, .workOrders,
  ]

  private let store: DeskStore<Refusal>

  /// The desk of a store.
  public init(_ store: Store) { self.store = DeskStore(store) }

  /// Why a change is not taken.
  public enum Refusal: DeskRefusal, Sendable, Hashable {
    /// The service has no such record, as far as is known here.
    case unknown(RemoteKey)
    /// There is no such change.
    case noEdit(Int64)
    /// An earlier change of the record is on its way.
    case sending(RemoteKey)
    /// It is over, and cannot be taken back.
    case over(Int64)
    /// It is not as the person saw it any more.
    case changed(RemoteKey)
    /// The record holds these values already.
    case nothingNew(RemoteKey)
    /// The store failed.
    case store(String)
  }

  /// The record as it is known here; nil when it is not, or is gone.
  public func record(_ key: RemoteKey) throws(Refusal) -> Record? {
    try store.read { (sync) throws(StorageError) in
      guard let known = try sync.source(key), !known.isGone else { return nil }
      return try sync.record(key.resource, known.localID)
    }
  }

  /// The changes made here, the newest first.
  public func list(limit: Int) throws(Refusal) -> [LocalEdit] {
    try store.read { (sync) throws(StorageError) in try sync.edits(limit: limit) }
  }

  /// The change of a record that is not over; nil when there is none.
  public func open(_ key: RemoteKey) throws(Refusal) -> LocalEdit? {
    try store.read { (sync) throws(StorageError) in
      guard let known = try sync.source(key) else { return nil }
      return try sync.openEdit(of: key, localID: known.localID)
    }
  }

  /// Takes a change of fields and writes it into the journal. It joins one of the same record that
  /// was not sent yet, or was refused.
  ///
  /// - Parameter seen: what the person saw of fields: when one is different by now, the change is
  ///   refused.
  public func edit(
    _ key: RemoteKey, _ fields: FieldValues, seen: FieldValues = [:], by person: String
  ) throws(Refusal) -> LocalEdit {
    try store.write { (records) throws(StorageError) in
      let sync = records.sync
      guard let known = try sync.source(key), !known.isGone,
        let record = try sync.record(key.resource, known.localID)
      else { return .failure(.unknown(key)) }
      let open = try sync.openEdit(of: key, localID: known.localID)
      if let open, open.state == .inflight || open.state == .doubt {
        return .failure(.sending(key))
      }
      guard seen.allSatisfy({ (open?.fields[$0.key] ?? record[$0.key]) == $0.value }) else {
        return .failure(.changed(key))
      }
      let isRefused = open?.state == .refused
      var edit =
        open
        ?? LocalEdit(
          localID: known.localID, key: key, fields: [:], expected: [:], madeBy: person,
          madeAt: records.now)
      for name in fields.keys.sorted() {
        let value = fields[name] ?? .null
        try records.journal(
          JournalEntry(
            kind: .edited, service: .rentbook, resource: key.resource, localID: known.localID,
            key: key, field: name, old: (edit.fields[name] ?? record[name]).json, new: value.json,
            actor: person))
        edit.fields[name] = value
        edit.expected[name] = edit.expected[name] ?? record[name]
      }
      if isRefused {
        for name in edit.fields.keys { edit.expected[name] = record[name] }
      }
      for name in edit.fields.keys where edit.fields[name] == record[name] {
        (edit.fields[name], edit.expected[name]) = (nil, nil)
      }
      guard !edit.fields.isEmpty else {
        guard edit.id != 0 else { return .failure(.nothingNew(key)) }
        // What was to be changed is again as it was.
        (edit.state, edit.settledAt) = (.undone, records.now)
        try sync.keep(edit)
        return .success(edit)
      }
      (edit.state, edit.error, edit.settledAt) = (.waiting, "", nil)
      (edit.madeBy, edit.madeAt) = (person, records.now)
      edit.id = try sync.keep(edit)
      return .success(edit)
    }
  }

  /// Takes a change back that was not sent, or was refused.
  public func undo(_ id: Int64, by person: String) throws(Refusal) -> LocalEdit {
    try store.write { (records) throws(StorageError) in
      guard var edit = try records.sync.edit(id) else { return .failure(.noEdit(id)) }
      switch edit.state {
      case .inflight, .doubt: return .failure(.sending(edit.key))
      case .done, .undone: return .failure(.over(id))
      case .waiting, .refused: break
      }
      (edit.state, edit.settledAt) = (.undone, records.now)
      try records.sync.keep(edit)
      try records.journal(
        JournalEntry(
          kind: .undone, service: .rentbook, resource: edit.key.resource, localID: edit.localID,
          key: edit.key, note: "Change \(id)", actor: person))
      return .success(edit)
    }
  }
}
