// The base as people fill it: every row whoever made it, and what is written back beside theirs.
import Background
import Domain
import Sync

extension AirtableProvider: ObservedProvider {
  /// A longer text is cut: nobody reads it in a cell.
  static let resultCharactersMax = 2000

  // MARK: Rows

  /// As the protocol says.
  public func observe(
    _ table: ObservedTable, cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> ObservedPage {
    let cursor = AirtableCursor(cursor)
    return try freshly { (provider) throws(AirtableOrProviderError) in
      let found = try provider.observedTable(table, cancellation)
      let query = AirtableAPI.Query(table: found.table.id, fields: Self.fieldIDs(of: found))
      var offset = cursor.offset
      var restarts = cursor.restarts
      var restarted = false
      do throws(AirtableFailure) {
        while true {
          do throws(AirtableFailure) {
            let page = try provider.api.page(
              query, offset: offset, Self.reading(found), cancellation)
            return ObservedPage(
              rows: page.rows.map { provider.observed($0, in: found, table) },
              next: page.offset.flatMap { AirtableCursor(offset: $0, restarts: restarts).text },
              restarted: restarted)
          } catch {
            // Once on a page: the first page needs no place to be remembered.
            guard error.isLostIterator, offset != nil, restarts < AirtableAPI.restartsMax else {
              throw error
            }
            (offset, restarts, restarted) = (nil, restarts + 1, true)
          }
        }
      } catch {
        throw .airtable(error)
      }
    }
  }

  /// As the protocol says. A hundred rows to a call.
  public func observe(
    _ table: ObservedTable, ids: [String], cancellation: Cancellation
  ) throws(ProviderError) -> [ObservedRow] {
    var rows: [ObservedRow] = []
    for start in stride(from: 0, to: ids.count, by: Self.keysMax) {
      let group = Array(ids[start..<min(start + Self.keysMax, ids.count)])
      rows += try freshly { (provider) throws(AirtableOrProviderError) in
        let found = try provider.observedTable(table, cancellation)
        let query = AirtableAPI.Query(
          table: found.table.id, fields: Self.fieldIDs(of: found), formula: .rows(group))
        do throws(AirtableFailure) {
          return try provider.api.all(query, Self.reading(found), cancellation).map {
            provider.observed($0, in: found, table)
          }
        } catch {
          throw .airtable(error)
        }
      }
    }
    return rows
  }

  private static func reading(_ table: AirtableMapping.Table) -> AirtableCall {
    AirtableCall(
      what: "reading the table “\(table.table.name)”", scope: .recordsRead,
      fieldNames: table.fieldNames)
  }

  private func observedTable(
    _ table: ObservedTable, _ cancellation: Cancellation
  ) throws(AirtableOrProviderError) -> AirtableMapping.Table {
    do throws(ProviderError) {
      return try mappings.table(
        named: table.name, title: table.resource?.title ?? "Forecasts", cancellation)
    } catch {
      throw .provider(error)
    }
  }

  private func observed(
    _ row: AirtableAPI.Row, in found: AirtableMapping.Table, _ table: ObservedTable
  ) -> ObservedRow {
    var observed = ObservedRow(
      remoteID: row.id, key: Self.key(row.cells[found.key.id], of: table), fields: [:],
      createdAt: row.createdAt)
    for field in found.fields {
      let cell = row.cells[field.field.id]
      switch field.ours {
      case "post_to_buildium": observed.wantsPosting = cell?.bool ?? false
      case "post_result": observed.postResult = cell?.string ?? ""
      default:
        do throws(AirtableCellProblem) {
          observed.fields[field.ours] = try AirtableCells.value(cell, of: field, key: key)
        } catch {
          observed.unreadable[field.ours] = AirtableWords.plain(error.sentence)
          continue
        }
        guard case .references(let resource) = field.kind else { continue }
        let keys = AirtableCells.linkedRows(cell).compactMap { key(resource, $0) }
        if !keys.isEmpty { observed.linked[field.ours] = keys }
      }
    }
    return observed
  }

  /// A row of forecasts, once posted, carries the key of its transaction.
  private static func key(_ cell: JSONValue?, of table: ObservedTable) -> RowKey {
    guard let cell, !cell.isNull else { return .none }
    let text = cell.string ?? cell.text
    if text.allSatisfy(\.isWhitespace) { return .none }
    guard let key = RemoteKey(text), key.resource == table.resource ?? .transactions else {
      return .unreadable(AirtableWords.plain(text, max: 200))
    }
    return .key(key)
  }

  // MARK: Answers

  /// As the protocol says. Only the cells given are touched.
  public func answer(
    _ table: ObservedTable, _ answers: [RowAnswer], cancellation: Cancellation
  ) throws(ProviderError) -> [WriteOutcome] {
    guard !answers.isEmpty else { return [] }
    let found = try mappings.table(
      named: table.name, title: table.resource?.title ?? "Forecasts", cancellation)
    let resource = table.resource ?? .transactions
    let writes = answers.map { answer -> Write in
      var record = Record(resource)
      if let text = answer.postResult {
        record["post_result"] = .text(canonical: String(text.prefix(Self.resultCharactersMax)))
      }
      if let isWanted = answer.wantsPosting { record["post_to_buildium"] = .boolean(isWanted) }
      return Write(
        intentID: "", action: .update(remoteID: answer.remoteID),
        key: answer.key ?? RemoteKey(.airtable, resource, answer.remoteID), record: record)
    }
    var outcomes: [Int: WriteOutcome] = [:]
    for start in stride(from: 0, to: writes.count, by: batchMax) {
      let group = start..<min(start + batchMax, writes.count)
      var batch = AirtableBatch(
        api: api, table: found, kind: .update, cancellation: cancellation)
      for index in group { batch.adoptions[index] = answers[index].key }
      batch.run(group.map { ($0, writes[$0]) })
      outcomes.merge(batch.outcomes) { first, _ in first }
      if batch.metDrift { mappings.readAgain(cancellation) }
    }
    return writes.indices.map { index in
      outcomes[index]
        ?? .notSent(
          ProviderError(.airtable, .unreachable, "The row \(answers[index].remoteID) was not sent.")
        )
    }
  }

  // MARK: Schema

  /// As the protocol says.
  public func columns(
    of resource: Resource, cancellation: Cancellation
  ) throws(ProviderError) -> [String: String] {
    guard let table = try mappings.current(cancellation).tables[resource.rawValue] else {
      return [:]
    }
    let pairs = table.fields.map { ($0.ours, $0.field.id) }
    return Dictionary(pairs) { first, _ in first }
  }

  /// As the protocol says.
  public func drift(_ cancellation: Cancellation) throws(ProviderError) -> [SchemaDrift] {
    try mappings.current(cancellation).drift
  }
}
