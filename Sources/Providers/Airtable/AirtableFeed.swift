// What happened in the base since it was last asked: the payloads of a webhook nobody is called by.
import Background
import Domain
import Sync

/// Where the feed was read to.
struct FeedCursor: Hashable {
  var base: String
  var hook: String
  /// The number of the first payload not yet seen.
  var payload: Int
  /// When it was read, in milliseconds since 1970 by our clock: only to notice a long pause.
  var readAt: Int64

  init(base: String, hook: String, payload: Int, readAt: Int64) {
    (self.base, self.hook, self.payload, self.readAt) = (base, hook, payload, readAt)
  }

  /// Reads ``text``; nil for anything else.
  init?(_ text: String) {
    guard let json = try? JSONValue(parsing: Array(text.utf8)), let base = json["base"]?.string,
      let hook = json["hook"]?.string, let payload = json["payload"]?.int,
      let readAt = json["read"]?.int
    else { return nil }  // A text of another form counts as none: a new feed is made.
    self.init(base: base, hook: hook, payload: payload, readAt: Int64(readAt))
  }

  var text: String {
    JSONValue.object(
      JSONObject([
        "base": .string(base), "hook": .string(hook), "payload": .int(payload),
        "read": .int(readAt),
      ])
    ).text
  }
}

extension AirtableProvider {
  /// A feed ends seven days after it was last read; after a pause of this length it is looked at
  /// before it is trusted.
  static let feedPauseMilliseconds: Int64 = 6 * 86_400_000

  /// As the protocol says. One call as a rule; a new feed takes one or two more.
  public func changes(
    since cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> FeedAnswer {
    do throws(ProviderError) {
      return try follow(cursor, cancellation)
    } catch {
      // Without a feed nobody tells when the schema changes: it is read anew with each look.
      mappings.forget()
      throw error
    }
  }

  private func follow(
    _ cursor: String?, _ cancellation: Cancellation
  ) throws(ProviderError) -> FeedAnswer {
    let hooks = AirtableHooks(api: api)
    guard let cursor else {
      return try newFeed(hooks, "The base had no feed of changes yet.", cancellation)
    }
    guard let place = FeedCursor(cursor), place.base == api.base else {
      return try newFeed(hooks, "The feed of changes was that of another base.", cancellation)
    }
    let now = clock.wallMilliseconds
    if now - place.readAt > Self.feedPauseMilliseconds || now < place.readAt,
      try !hooks.isAlive(place.hook, at: now, cancellation)
    {
      return try newFeed(
        hooks, "The feed of changes ended while nobody read it.", replacing: place.hook,
        cancellation)
    }
    let payloads: AirtableHooks.Payloads
    do throws(ProviderError) {
      payloads = try hooks.payloads(of: place.hook, cursor: place.payload, cancellation)
    } catch {
      // Airtable answers for a feed that is gone, and for a place that is not in it, as for anything
      // else it does not know or permit: the list of feeds tells which.
      guard [.notFound, .forbidden, .refused].contains(error.kind) else { throw error }
      if error.kind != .refused, try hooks.isAlive(place.hook, at: now, cancellation) {
        throw error
      }
      return try newFeed(
        hooks, "Airtable does not know the feed of changes any more.", replacing: place.hook,
        cancellation)
    }
    if let failure = payloads.failure {
      return try newFeed(
        hooks, "Airtable switched the feed of changes off (\(failure)).", replacing: place.hook,
        cancellation)
    }
    return try answer(payloads, place, now, cancellation)
  }

  private func answer(
    _ payloads: AirtableHooks.Payloads, _ place: FeedCursor, _ now: Int64,
    _ cancellation: Cancellation
  ) throws(ProviderError) -> FeedAnswer {
    var next = place
    (next.payload, next.readAt) = (payloads.cursor, now)
    var answer = FeedAnswer(next: next.text, mightHaveMore: payloads.mightHaveMore)
    answer.changesSchema = payloads.changes.contains { change in
      change.changesTables || change.tables.values.contains(where: \.changesFields)
    }
    if answer.changesSchema { mappings.forget() }
    answer.lastChangeAt = payloads.changes.compactMap(\.at).max()
    let missed = payloads.cursor - place.payload - payloads.changes.count
    if missed > 0 {
      answer.sweepNeeded =
        "\(missed) changes of the base were forgotten by Airtable before they were read."
    }
    guard !payloads.changes.isEmpty else { return answer }
    var tables: [String: ObservedTable] = [:]
    for (name, table) in try mappings.current(cancellation).tables {
      tables[table.table.id] = ObservedTable(name: name)
    }
    answer.changes = RowTally(payloads.changes, tables).changes
    return answer
  }

  private func newFeed(
    _ hooks: AirtableHooks, _ reason: String, replacing old: String? = nil,
    _ cancellation: Cancellation
  ) throws(ProviderError) -> FeedAnswer {
    if let old {
      do throws(ProviderError) {
        try hooks.delete(old, cancellation)
      } catch {
        // One that cannot be deleted ends by itself; only a stop is a reason to go no further.
        guard error.kind != .cancelled else { throw error }
      }
    }
    let hook = try hooks.create(cancellation)
    mappings.forget()
    let place = FeedCursor(
      base: api.base, hook: hook.id, payload: 1, readAt: clock.wallMilliseconds)
    return FeedAnswer(next: place.text, changesSchema: true, sweepNeeded: reason)
  }
}

/// What came of each row over several changes.
private struct RowTally {
  private(set) var changes: [ObservedTable: RowChanges] = [:]
  /// Whether a row is there after its last change, by table, with the order of the first.
  private var fates: [ObservedTable: (order: [String], isThere: [String: Bool])] = [:]

  init(_ all: [AirtableHooks.Change], _ tables: [String: ObservedTable]) {
    for change in all {
      for (id, rows) in change.tables {
        guard let table = tables[id] else { continue }
        for row in rows.created.sorted() + rows.changed.sorted() { note(row, true, in: table) }
        for row in rows.destroyed { note(row, false, in: table) }
      }
    }
    for (table, fate) in fates {
      changes[table] = RowChanges(
        changed: fate.order.filter { fate.isThere[$0] == true },
        destroyed: fate.order.filter { fate.isThere[$0] == false })
    }
  }

  private mutating func note(_ row: String, _ isThere: Bool, in table: ObservedTable) {
    var fate = fates[table] ?? (order: [], isThere: [:])
    if fate.isThere.updateValue(isThere, forKey: row) == nil { fate.order.append(row) }
    fates[table] = fate
  }
}
