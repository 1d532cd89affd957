import Background
import Domain
import Sync

/// A service in memory that records are pulled from: the protocol's third worked example.
final class ScriptedSource: SourceProvider {
  struct State {
    var records: [Resource: [String: RemoteRecord]] = [:]
    /// Called before each answer; an error it throws is the answer.
    var fault: (@Sendable (String) -> ProviderError.Kind?)?
    /// What was asked for, in order.
    var calls: [String] = []
    /// Records the pages leave out although they exist: a page that shifted.
    var hidden: Set<RemoteKey> = []
    var pageSize = 3
    var incremental: Set<Resource> = []
    var announced: Set<Resource> = []
    var unreadable: Set<Resource> = []
    /// How far the service's clock is ahead, in milliseconds.
    var lead: Int64 = 0
  }

  let service = Service.buildium
  let state = Lock(State())
  private let clock: any Clock

  init(clock: any Clock) { self.clock = clock }

  // MARK: What a test does to it

  func put(_ resource: Resource, _ id: String, _ fields: FieldValues, lines: [FieldValues] = []) {
    let wall = clock.wallMilliseconds
    state.withLock { state in
      let now = Instant(milliseconds: wall + state.lead)
      let key = RemoteKey(.buildium, resource, id)
      state.records[resource, default: [:]][id] = RemoteRecord(
        key: key, record: Record(resource, fields, lines: lines), updatedAt: now)
    }
  }

  /// - Parameter isTimed: whether the record says when it was changed, as not all kinds do.
  func change(
    _ resource: Resource, _ id: String, _ field: String, _ value: FieldValue, isTimed: Bool = true
  ) {
    let wall = clock.wallMilliseconds
    state.withLock { state in
      let now = Instant(milliseconds: wall + state.lead)
      state.records[resource]?[id]?.record[field] = value
      state.records[resource]?[id]?.updatedAt = isTimed ? now : nil
    }
  }

  func remove(_ resource: Resource, _ id: String) {
    state.withLock { state in _ = state.records[resource]?.removeValue(forKey: id) }
  }

  func set<Value: Sendable>(_ path: WritableKeyPath<State, Value> & Sendable, _ value: Value) {
    state.withLock { $0[keyPath: path] = value }
  }

  var calls: [String] { state.withLock { $0.calls } }

  // MARK: What the engine asks

  func capabilities(of resource: Resource) -> Capabilities {
    state.withLock { state in
      if state.unreadable.contains(resource) || resource == .rentPayments || resource.isResult {
        return Capabilities(reading: .none)
      }
      return Capabilities(
        reading: state.incremental.contains(resource) ? .incremental(grain: .second) : .sweep,
        hasEvents: state.announced.contains(resource))
    }
  }

  var clockLeadMilliseconds: Int64? { state.withLock(\.lead) }

  func verify(_ cancellation: Cancellation) throws(ProviderError) -> String { "scripted" }

  func page(
    _ request: PullRequest, context: any PullContext, cancellation: Cancellation
  ) throws(ProviderError) -> Page {
    try enter("page \(request.resource) \(request.cursor ?? "")")
    return state.withLock { state in
      let wanted = (state.records[request.resource] ?? [:]).values
        .filter { !state.hidden.contains($0.key) }
        .filter { record in
          guard let since = request.changedSince, let at = record.updatedAt else { return true }
          return at >= since
        }
        .sorted { ScriptedSource.order($0.key.id, $1.key.id) }
      let start = request.cursor.flatMap { Int($0) } ?? 0
      let end = min(start + state.pageSize, wanted.count)
      let records = start < end ? Array(wanted[start..<end]) : []
      return Page(
        records, next: end < wanted.count ? String(end) : nil, total: wanted.count,
        isComplete: request.changedSince == nil)
    }
  }

  func record(
    _ resource: Resource, id: String, context: any PullContext, cancellation: Cancellation
  ) throws(ProviderError) -> RemoteRecord? {
    try enter("record \(resource) \(id)")
    return state.withLock { $0.records[resource]?[id] }
  }

  private func enter(_ call: String) throws(ProviderError) {
    let fault = state.withLock { state in
      state.calls.append(call)
      return state.fault
    }
    if let kind = fault?(call) {
      throw ProviderError(service, kind, "scripted: \(kind) at \(call)")
    }
  }

  /// Ids by number where they are numbers.
  static func order(_ left: String, _ right: String) -> Bool {
    if let left = Int(left), let right = Int(right) { return left < right }
    return left < right
  }
}
