import Background
import Domain
import Sync

/// A service in memory that records are written to.
///
/// Strict: a batch with one bad record is refused whole, a link must be an id it gave out, an id it
/// does not know is refused.
final class ScriptedSink: SinkProvider {
  struct Row: Sendable, Hashable {
    var key: RemoteKey
    var fields: FieldValues
  }

  /// What happens to one call.
  enum Fault: Sendable {
    /// Nothing arrives and that is known.
    case notSent
    /// Nothing arrives, but that is not known.
    case lostBefore
    /// It is carried out, and the answer is lost.
    case lostAfter
    /// Nothing is sent at all.
    case stop(ProviderError.Kind)
  }

  struct State {
    var tables: [Resource: [String: Row]] = [:]
    var nextID = 1
    /// One entry per write that was carried out: `create buildium/units/5`.
    var journal: [String] = []
    /// How many calls to write there were, refused ones included.
    var writeCalls = 0
    var finds = 0
    var poison: Set<RemoteKey> = []
    var fault: (@Sendable (Int) -> Fault?)?
    /// Writes that arrived and are not visible before so many more finds.
    var late: [(visibleAt: Int, resource: Resource, id: String, row: Row)] = []
    var lateBy = 0
    var withoutFields: Set<String> = []
    /// Runs while the sink is asked how its tables stand.
    var preparing: (@Sendable (Cancellation) -> Void)?
    var inFlight = 0
    var inFlightMost = 0
  }

  let service = Service.airtable
  let batchMax = 10
  let state = Lock(State())

  // MARK: What a test does to it

  func set<Value: Sendable>(_ path: WritableKeyPath<State, Value> & Sendable, _ value: Value) {
    state.withLock { $0[keyPath: path] = value }
  }

  func rows(_ resource: Resource) -> [Row] {
    state.withLock { ($0.tables[resource] ?? [:]).values.sorted { $0.key < $1.key } }
  }

  func row(_ key: RemoteKey) -> Row? { rows(key.resource).first { $0.key == key } }

  var journal: [String] { state.withLock { $0.journal } }

  func clearJournal() {
    state.withLock { state in
      state.journal = []
      state.writeCalls = 0
    }
  }

  /// A row that was there before.
  func seed(_ key: RemoteKey, _ fields: FieldValues) {
    state.withLock { state in
      state.tables[key.resource, default: [:]]["rec\(state.nextID)"] = Row(key: key, fields: fields)
      state.nextID += 1
    }
  }

  func removeRow(_ key: RemoteKey) {
    state.withLock { state in
      for (id, row) in state.tables[key.resource] ?? [:] where row.key == key {
        state.tables[key.resource]?[id] = nil
      }
    }
  }

  // MARK: What the engine asks

  func capabilities(of resource: Resource) -> Capabilities {
    Resource.mirrored.contains(resource)
      ? Capabilities(reading: .sweep, isWritable: true, isDeletable: true)
      : Capabilities(reading: .none)
  }

  func verify(_ cancellation: Cancellation) throws(ProviderError) -> String { "scripted" }

  func prepare(_ cancellation: Cancellation) { state.withLock(\.preparing)?(cancellation) }

  func writableFields(of resource: Resource) -> [FieldDefinition] {
    let without = state.withLock { $0.withoutFields }
    return MirrorSchema.fields(of: resource).filter { !without.contains("\(resource).\($0.name)") }
  }

  func write(
    _ resource: Resource, _ writes: [Write], cancellation: Cancellation
  ) throws(ProviderError) -> [WriteOutcome] {
    let (call, fault): (Int, Fault?) = state.withLock { state in
      state.writeCalls += 1
      return (state.writeCalls, state.fault?(state.writeCalls))
    }
    func error(_ kind: ProviderError.Kind) -> ProviderError {
      ProviderError(service, kind, "scripted: \(kind) at call \(call)")
    }
    switch fault {
    case .stop(let kind): throw error(kind)
    case .notSent: return writes.map { _ in .notSent(error(.unreachable)) }
    case .lostBefore: return writes.map { _ in .doubt(error(.doubt)) }
    case .lostAfter:
      _ = carryOut(resource, writes)
      return writes.map { _ in .doubt(error(.doubt)) }
    case nil: return carryOut(resource, writes)
    }
  }

  private func carryOut(_ resource: Resource, _ writes: [Write]) -> [WriteOutcome] {
    let service = service
    return state.withLock { state in
      func refusal(of write: Write) -> ProviderError? {
        func refused(_ text: String) -> ProviderError {
          ProviderError(service, .refused, text, status: 422)
        }
        if state.poison.contains(write.key) {
          return refused("the value of one field is not accepted")
        }
        for (name, value) in write.record.fields {
          for link in value.links {
            guard let id = write.links[link], state.tables[link.resource]?[id] != nil else {
              return refused("field \(name) links to \(link), which is not there")
            }
          }
        }
        switch write.action {
        case .create: return nil
        case .update(let id), .delete(let id):
          return state.tables[resource]?[id] == nil
            ? ProviderError(service, .notFound, "there is no row \(id)", status: 404) : nil
        }
      }
      var bad: ProviderError?
      for write in writes where bad == nil { bad = refusal(of: write) }
      if let bad {
        return writes.map { _ in .refused(bad) }
      }
      return writes.map { write in
        switch write.action {
        case .create:
          let id = "rec\(state.nextID)"
          state.nextID += 1
          state.journal.append("create \(write.key)")
          let row = Row(key: write.key, fields: write.record.fields.filter { !$0.value.isNull })
          if state.lateBy > 0 {
            state.late.append((state.finds + state.lateBy, resource, id, row))
          } else {
            state.tables[resource, default: [:]][id] = row
          }
          return .done(remoteID: id)
        case .update(let id):
          state.journal.append("update \(write.key)")
          for (name, value) in write.record.fields {
            state.tables[resource]?[id]?.fields[name] = value.isNull ? nil : value
          }
          return .done(remoteID: id)
        case .delete(let id):
          state.journal.append("delete \(write.key)")
          state.tables[resource]?[id] = nil
          return .done(remoteID: id)
        }
      }
    }
  }

  func find(
    _ resource: Resource, keys: [RemoteKey], cancellation: Cancellation
  ) throws(ProviderError) -> [FoundRow] {
    state.withLock { state in
      state.finds += 1
      let now = state.finds
      for item in state.late where item.visibleAt <= now {
        state.tables[item.resource, default: [:]][item.id] = item.row
      }
      state.late.removeAll { $0.visibleAt <= now }
      return found(state, resource).filter { keys.contains($0.key) }
    }
  }

  func rows(
    _ resource: Resource, cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> (rows: [FoundRow], next: String?) {
    state.withLock { state in
      let all = found(state, resource)
      let start = cursor.flatMap { Int($0) } ?? 0
      let end = min(start + 4, all.count)
      return (start < end ? Array(all[start..<end]) : [], end < all.count ? String(end) : nil)
    }
  }

  private func found(_ state: State, _ resource: Resource) -> [FoundRow] {
    (state.tables[resource] ?? [:]).sorted { $0.key < $1.key }.map { id, row in
      FoundRow(key: row.key, remoteID: id, record: Record(resource, row.fields))
    }
  }
}
