import Domain
import Storage

/// What came of the work of a run, by its kind: whether anything succeeded, and what was given up.
struct Tries {
  private var progressed: Set<Job.Kind> = []
  private var refusals: [Job.Kind: [(resource: Resource, error: ProviderError)]] = [:]
  /// Pulls that found nothing to ask for, because what they hang on could not be read.
  private var idle: Set<Resource> = []

  /// Why the sink may not be looked at.
  private var look: ProviderError?

  /// The sink may not be looked at.
  mutating func noteLook(refused error: ProviderError) { look = error }

  /// Something was written.
  mutating func notePush() { progressed.insert(.push) }

  /// A resource was read. One that hangs on a resource that was given up proves nothing: with no
  /// parent known, the source may not even have been asked.
  mutating func notePull(_ resource: Resource) {
    let givenUp = Set(refusals[.pull, default: []].map(\.resource)).union(idle)
    if Gates.parents(ofPull: resource).isDisjoint(with: givenUp) {
      progressed.insert(.pull)
    } else {
      idle.insert(resource)
    }
  }

  /// A resource was given up for this reason.
  mutating func note(_ kind: Job.Kind, gaveUp resource: Resource, _ error: ProviderError) {
    refusals[kind, default: []].append((resource, error))
  }

  /// Whether a resource could not be read at the source.
  func gaveUpPull(_ resource: Resource) -> Bool {
    refusals[.pull, default: []].contains { $0.resource == resource }
  }

  /// Whether anything of a kind succeeded.
  func hasProgress(_ kind: Job.Kind) -> Bool { progressed.contains(kind) }

  /// Why nothing of a kind could be done, in the words of the first refusal; nil when something was
  /// done, or is still open.
  func verdict(_ kind: Job.Kind, of count: Int) -> SyncError? {
    guard !hasProgress(kind) else { return nil }
    if kind == .push, count > 0, let look { return .service(look) }
    let refused = refusals[kind, default: []]
    guard let first = refused.first else { return nil }
    let over = Set(refused.map(\.resource)).union(kind == .pull ? idle : [])
    return over.count >= count ? .service(first.error) : nil
  }
}
