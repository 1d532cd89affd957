// The mapping as it is now: read from the base, kept for a while, remembered between runs.
import Background
import Domain
import Sync

/// Answers which table and field holds what. Any thread may ask.
final class AirtableMappings: Sendable {
  /// How long a schema that was read holds; a rename within it only costs a refused filter.
  static let ageMaxNanoseconds: UInt64 = 600 * 1_000_000_000
  /// So long a base that could not be read is not read again just to learn which fields it has.
  static let failureAgeMaxNanoseconds: UInt64 = 60 * 1_000_000_000
  /// A choice that is missing is looked for again in a schema older than this.
  static let choiceAgeMaxNanoseconds: UInt64 = 10 * 1_000_000_000

  private struct State {
    var mapping: AirtableMapping?
    var readAt: UInt64 = 0
    /// Whether the base is known to have changed since.
    var isStale = false
    /// When the base could not be read.
    var failedAt: UInt64?
  }

  private let api: AirtableAPI
  private let blueprint: AirtableBlueprint
  private let memory: AirtableMemory
  private let clock: any Clock
  private let state = Lock(State())

  init(api: AirtableAPI, names: AirtableNames, memory: AirtableMemory, clock: any Clock) {
    (self.api, self.memory, self.clock) = (api, memory, clock)
    blueprint = AirtableBlueprint(names)
  }

  /// The mapping, read again when it is as old as `ageMax`; with zero always.
  func current(
    ageMax: UInt64 = AirtableMappings.ageMaxNanoseconds, _ cancellation: Cancellation
  ) throws(ProviderError) -> AirtableMapping {
    let now = clock.monotonicNanoseconds
    let known = state.withLock { state in
      // Another thread may have read since `now` was taken: a difference could be negative.
      state.mapping.flatMap { !state.isStale && now < state.readAt + ageMax ? $0 : nil }
    }
    if let known { return known }
    // Two threads may read at once; both read the same, and neither holds the lock meanwhile.
    let base: AirtableBase
    do throws(AirtableFailure) {
      base = try api.schema(cancellation)
    } catch {
      let failedAt = clock.monotonicNanoseconds
      state.withLock { $0.failedAt = failedAt }
      throw error.error
    }
    let ids = AirtableIDs(base: api.base, text: try memory.load())
    let (mapping, found) = AirtableResolver(base: base, ids: ids).mapping(blueprint)
    if found.text != ids.text { try memory.save(found.text) }
    state.withLock { $0 = State(mapping: mapping, readAt: now) }
    return mapping
  }

  /// Reads the mapping when it was never read, or is known to have changed since. When it cannot be
  /// read, whoever goes on to write is told.
  func prepare(_ cancellation: Cancellation) {
    let now = clock.monotonicNanoseconds
    let (isKnown, failedAt) = state.withLock { ($0.mapping != nil && !$0.isStale, $0.failedAt) }
    if isKnown { return }
    if let failedAt, now < failedAt + Self.failureAgeMaxNanoseconds { return }
    _ = try? current(cancellation)
  }

  /// The mapping read last, however old. Never asks the service: who holds the store for writing may
  /// call it.
  var last: AirtableMapping? { state.withLock { $0.mapping } }

  /// Makes the next question read the base again.
  func forget() { state.withLock { $0.isStale = true } }

  /// Reads the base again at once, since what was asked by the old mapping did not fit.
  func readAgain(_ cancellation: Cancellation) {
    forget()
    prepare(cancellation)
  }

  /// The table of a resource.
  ///
  /// - Throws: `notSetUp` when the base has no table for it that can be used.
  func table(
    _ resource: Resource, ageMax: UInt64 = AirtableMappings.ageMaxNanoseconds,
    _ cancellation: Cancellation
  ) throws(ProviderError) -> AirtableMapping.Table {
    try table(named: resource.rawValue, title: resource.title, ageMax: ageMax, cancellation)
  }

  /// The same by Rentbook's name of the table.
  func table(
    named name: String, title: String, ageMax: UInt64 = AirtableMappings.ageMaxNanoseconds,
    _ cancellation: Cancellation
  ) throws(ProviderError) -> AirtableMapping.Table {
    let mapping = try current(ageMax: ageMax, cancellation)
    if let table = mapping.tables[name] { return table }
    guard blueprint.table(name) != nil else {
      throw ProviderError(.airtable, .unsupported, "\(title) are not kept in Airtable.")
    }
    throw ProviderError(
      .airtable, .notSetUp, mapping.unusable[name] ?? "There is no table for \(title).",
      hint: "Run `rentbook airtable setup`.")
  }
}
