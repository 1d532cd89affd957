// Airtable as the engine sees it: the owners' base, which records are written to.
import Background
import Domain
import HTTP
import Sync

/// The base as a sink. Calls block; any thread may call.
public struct AirtableProvider: SinkProvider {
  /// Keys asked for in one filter.
  static let keysMax = 100

  /// As the protocol says.
  public let service = Service.airtable
  /// As the protocol says.
  public let batchMax = AirtableAPI.batchMax

  let api: AirtableAPI
  private let setup: AirtableSetup
  let mappings: AirtableMappings
  let key: @Sendable (Resource, String) -> RemoteKey?
  let clock: any Clock

  /// A provider.
  ///
  /// - Parameters:
  ///   - memory: where the ids of tables and fields are kept between runs.
  ///   - key: the key of the record that a row, given by its resource and id, holds; nil when it is
  ///     not known. Links are read through it.
  public init(
    api: AirtableAPI, names: AirtableNames = AirtableNames(), memory: AirtableMemory,
    clock: any Clock,
    key: @escaping @Sendable (Resource, String) -> RemoteKey? = { _, _ in nil }
  ) {
    (self.api, self.key, self.clock) = (api, key, clock)
    setup = AirtableSetup(api: api, names: names, memory: memory)
    mappings = AirtableMappings(api: api, names: names, memory: memory, clock: clock)
  }

  /// As the protocol says.
  public func capabilities(of resource: Resource) -> Capabilities {
    guard Resource.mirrored.contains(resource) else { return Capabilities(reading: .none) }
    return Capabilities(
      reading: .incremental(grain: .second), isWritable: true, isDeletable: true, hasEvents: true)
  }

  /// The mapping, read from the base when it is older than ten minutes.
  public func mapping(_ cancellation: Cancellation) throws(ProviderError) -> AirtableMapping {
    try mappings.current(cancellation)
  }

  /// Makes what is missing in the base (``AirtableSetup``), and uses it from then on.
  public func setUp(
    isDryRun: Bool, _ cancellation: Cancellation
  ) throws(ProviderError) -> AirtableSetupResult {
    let result = try setup.run(isDryRun: isDryRun, cancellation: cancellation)
    if !isDryRun { mappings.forget() }
    return result
  }

  /// What is missing or does not fit in the base, a sentence each, as it was read last.
  public var problems: [String] { mappings.last?.problems ?? [] }

  /// Asks whose token it is and what the base holds; a sentence with what is missing.
  public func verify(_ cancellation: Cancellation) throws(ProviderError) -> String {
    let name: String
    do throws(AirtableFailure) {
      _ = try api.whoami(cancellation)
      guard !api.base.isEmpty else { throw AirtableFailure(AirtableAPI.noBase) }
      guard let found = try api.baseName(cancellation) else {
        throw AirtableFailure(
          ProviderError(
            .airtable, .forbidden,
            "The token was not given the base \(api.base), or there is no such base.",
            hint: "Add the base to the token at airtable.com/create/tokens."))
      }
      guard !["none", "read", "comment"].contains(found.permission) else {
        throw AirtableFailure(
          ProviderError(
            .airtable, .forbidden,
            "The token's user may only \(found.permission) in the base “\(found.name)”.",
            hint: "Ask its owner for the role of an editor, or of a creator to set it up."))
      }
      name = found.name
    } catch {
      throw error.error
    }
    let mapping = try mappings.current(ageMax: 0, cancellation)
    let place = AirtableWords.plain("The Airtable base “\(name)” (\(api.base))")
    if mapping.problems.isEmpty { return "\(place) has every table and field." }
    let first = AirtableWords.plain(mapping.problems[0])
    let rest = mapping.problems.count - 1
    return "\(place) is not complete. \(first)"
      + (rest > 0 ? " \(rest) more of the kind." : "") + " Run `rentbook airtable setup`."
  }

  /// Reads which tables and fields there are, unless that is known (``writableFields(of:)``).
  public func prepare(_ cancellation: Cancellation) { mappings.prepare(cancellation) }

  /// The fields that are there and fit, as the base was read last. The other end of a link is not
  /// among them: Airtable keeps it. Before the base was ever read the fields it should have.
  public func writableFields(of resource: Resource) -> [FieldDefinition] {
    let fields = MirrorSchema.fields(of: resource)
    guard let known = mappings.last else {
      let mirrored = AirtableBlueprint().table(resource.rawValue)?.fields.filter {
        $0.mirrors != nil
      }
      return fields.filter { field in mirrored?.contains { $0.ours == field.name } != true }
    }
    let mapped = known.tables[resource.rawValue]?.fields.filter { !$0.isMirror } ?? []
    return fields.filter { field in mapped.contains { $0.ours == field.name } }
  }

  /// Writes rows of one resource.
  ///
  /// A create goes as an upsert on the key, so that a repeat cannot double a row. Where Airtable
  /// refuses a batch, the records it refuses are told apart here (``AirtableBatch``), so that every
  /// other one is written.
  ///
  /// - Throws: only before anything was sent, as when the table is missing.
  public func write(
    _ resource: Resource, _ writes: [Write], cancellation: Cancellation
  ) throws(ProviderError) -> [WriteOutcome] {
    guard !writes.isEmpty else { return [] }
    var table = try mappings.table(resource, cancellation)
    if writes.contains(where: { Self.missesChoice($0, in: table) }) {
      table = try mappings.table(
        resource, ageMax: AirtableMappings.choiceAgeMaxNanoseconds, cancellation)
    }
    var outcomes: [Int: WriteOutcome] = [:]
    for kind in AirtableBatch.Kind.allCases {
      let ofKind = writes.indices.filter { AirtableBatch.Kind(writes[$0].action) == kind }
      for start in stride(from: 0, to: ofKind.count, by: batchMax) {
        var batch = AirtableBatch(api: api, table: table, kind: kind, cancellation: cancellation)
        batch.run(
          ofKind[start..<min(start + batchMax, ofKind.count)].map { ($0, writes[$0]) })
        outcomes.merge(batch.outcomes) { first, _ in first }
        if batch.metDrift { mappings.readAgain(cancellation) }
      }
    }
    return writes.indices.map { index in
      outcomes[index]
        ?? .notSent(
          ProviderError(.airtable, .unreachable, "\(writes[index].key) was not sent."))
    }
  }

  private static func missesChoice(_ write: Write, in table: AirtableMapping.Table) -> Bool {
    table.fields.contains { field in
      guard field.field.type == "singleSelect", let text = write.record[field.ours].text else {
        return false
      }
      return !field.field.choices.contains(text)
    }
  }

  /// As the protocol says. Rows are looked for by their key in bounded groups.
  public func find(
    _ resource: Resource, keys: [RemoteKey], cancellation: Cancellation
  ) throws(ProviderError) -> [FoundRow] {
    let wanted = Set(keys)
    var found: [FoundRow] = []
    for start in stride(from: 0, to: keys.count, by: Self.keysMax) {
      let group = keys[start..<min(start + Self.keysMax, keys.count)].map(\.description)
      found += try freshly { (provider) throws(AirtableOrProviderError) in
        let table = try provider.readTable(resource, cancellation)
        let query = AirtableAPI.Query(
          table: table.table.id, fields: Self.fieldIDs(of: table),
          formula: .isAny(table.key.name, of: group))
        return try provider.rows(table, resource) { (call) throws(AirtableFailure) in
          try provider.api.all(query, call, cancellation)
        }
      }
    }
    return found.filter { wanted.contains($0.key) }
  }

  /// As ``rows(_:changedSince:cursor:cancellation:)``, without regard to time.
  public func rows(
    _ resource: Resource, cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> (rows: [FoundRow], next: String?) {
    try rows(resource, changedSince: nil, cursor: cursor, cancellation: cancellation)
  }

  /// One page of the rows that carry a key of this resource; rows without one, or with a text that
  /// is no key, belong to people and are passed over.
  ///
  /// When Airtable loses its place the listing starts again from the first page, so a row may be
  /// given twice, and never not at all. Links to rows whose record is not known are left out of
  /// ``FoundRow/record`` and named in ``FoundRow/problems``.
  ///
  /// - Parameter changedSince: only rows made or edited after that moment by Airtable's clock.
  ///   Deletions, and changes of what Airtable computes, are not among them.
  public func rows(
    _ resource: Resource, changedSince: Instant?, cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> (rows: [FoundRow], next: String?) {
    let cursor = AirtableCursor(cursor)
    return try freshly { (provider) throws(AirtableOrProviderError) in
      let table = try provider.readTable(resource, cancellation)
      let query = AirtableAPI.Query(
        table: table.table.id, fields: Self.fieldIDs(of: table),
        formula: changedSince.map { .changed(since: $0) })
      var next: AirtableCursor?
      let rows = try provider.rows(table, resource) { (call) throws(AirtableFailure) in
        do throws(AirtableFailure) {
          let page = try provider.api.page(query, offset: cursor.offset, call, cancellation)
          next = page.offset.map { AirtableCursor(offset: $0, restarts: cursor.restarts) }
          return page.rows
        } catch {
          guard error.isLostIterator, cursor.offset != nil,
            cursor.restarts < AirtableAPI.restartsMax
          else { throw error }
          let page = try provider.api.page(query, offset: nil, call, cancellation)
          next = page.offset.map { AirtableCursor(offset: $0, restarts: cursor.restarts + 1) }
          return page.rows
        }
      }
      return (rows, next?.text)
    }
  }

  // MARK: Reading

  static func fieldIDs(of table: AirtableMapping.Table) -> [String] {
    [table.key.id] + table.fields.map(\.field.id)
  }

  private func readTable(
    _ resource: Resource, _ cancellation: Cancellation
  ) throws(AirtableOrProviderError) -> AirtableMapping.Table {
    do throws(ProviderError) {
      return try mappings.table(resource, cancellation)
    } catch {
      throw .provider(error)
    }
  }

  private func rows(
    _ table: AirtableMapping.Table, _ resource: Resource,
    _ read: (AirtableCall) throws(AirtableFailure) -> [AirtableAPI.Row]
  ) throws(AirtableOrProviderError) -> [FoundRow] {
    let call = AirtableCall(
      what: "reading the table “\(table.table.name)”", scope: .recordsRead,
      fieldNames: table.fieldNames)
    let fields = table.fields.filter { MirrorSchema.field($0.ours, of: resource) != nil }
    do throws(AirtableFailure) {
      return try read(call).compactMap { found($0, table.key.id, fields, resource) }
    } catch {
      throw .airtable(error)
    }
  }

  private func found(
    _ row: AirtableAPI.Row, _ keyField: String, _ fields: [AirtableMapping.Field],
    _ resource: Resource
  ) -> FoundRow? {
    guard let key = row.cells[keyField]?.string.flatMap({ RemoteKey($0) }),
      key.resource == resource
    else { return nil }
    var found = FoundRow(key: key, remoteID: row.id, record: Record(resource))
    for field in fields {
      do throws(AirtableCellProblem) {
        found.record[field.ours] = try AirtableCells.value(
          row.cells[field.field.id], of: field, key: self.key)
      } catch {
        found.problems.append(AirtableWords.plain("\(key): \(error.sentence)"))
      }
    }
    return found
  }

  /// Reads, and once more with a fresh mapping when the base turns out to have changed meanwhile.
  func freshly<Result>(
    _ read: (Self) throws(AirtableOrProviderError) -> Result
  ) throws(ProviderError) -> Result {
    do throws(AirtableOrProviderError) {
      do throws(AirtableOrProviderError) {
        return try read(self)
      } catch {
        guard case .airtable(let failure) = error, failure.isSchemaDrift else { throw error }
        mappings.forget()
        return try read(self)
      }
    } catch {
      throw error.error
    }
  }
}

/// Either of the two errors of reading, so that drift can be told from the rest.
enum AirtableOrProviderError: Error {
  case airtable(AirtableFailure)
  case provider(ProviderError)

  var error: ProviderError {
    switch self {
    case .airtable(let failure): failure.error
    case .provider(let error): error
    }
  }
}

/// Where a listing stands: Airtable's offset, and how often it had to start again.
struct AirtableCursor: Hashable {
  var offset: String?
  var restarts = 0

  init(offset: String, restarts: Int) { (self.offset, self.restarts) = (offset, restarts) }

  /// Reads ``text``; nil is the first page.
  init(_ text: String?) {
    guard let text, let colon = text.firstIndex(of: ":"), let restarts = Int(text[..<colon]) else {
      offset = text
      return
    }
    (offset, self.restarts) = (String(text[text.index(after: colon)...]), restarts)
  }

  var text: String? { offset.map { "\(restarts):\($0)" } }
}
