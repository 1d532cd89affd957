import Domain

// Listing records, page by page.

/// What a list call asks for.
struct ListRequest {
  var pageSize = 100
  var recordsMax: Int?
  var offset: String?
  var view: String?
  var sort: [(field: String, descending: Bool)] = []
  var fields: [String]?
  var formula: String?
  var shown = ShownAs()

  static let pageSizeMax = 100
}

/// How records are shown.
struct ShownAs {
  /// Keys of `fields` are ids.
  var byFieldID = false
  /// `cellFormat=string`
  var asText = false
  var withCommentCount = false
}

/// A listing that is under way: which records, in which order, were found by its first call.
struct ListIterator {
  let id: String
  let tableID: String
  let places: [Int32]
  /// Where the page of each offset that was handed out starts.
  var starts: [String: Int] = [:]
  var lastUsed: Instant

  /// Listings under way in a base at one time; the one unused for longest gives way.
  static let countMax = 64
}

extension AirtableBase {
  /// One page of records.
  mutating func list(_ request: ListRequest, table: Int, now: Instant) throws(AirtableRefusal)
    -> JSONValue
  {
    guard (1...ListRequest.pageSizeMax).contains(request.pageSize),
      request.recordsMax.map({ $0 > 0 }) ?? true
    else { throw .invalidRequest }
    var slots: [Int]?
    if let names = request.fields {
      var found: [Int] = []
      for name in names {
        guard let slot = tables[table].slot(name) else { throw .unknownField(name) }
        found.append(slot)
      }
      slots = found
    }
    let iterator: Int
    let start: Int
    if let offset = request.offset {
      (iterator, start) = try resume(offset, table, now)
    } else {
      let places = try find(request, table, now: now)
      if places.count <= request.pageSize {
        return page(places[...], table, slots, request, now: now, next: nil)
      }
      iterators.append(
        ListIterator(
          id: makeID("itr"), tableID: tables[table].id, places: places, lastUsed: now))
      if iterators.count > ListIterator.countMax,
        let idle = iterators.indices.min(by: { iterators[$0].lastUsed < iterators[$1].lastUsed })
      {
        iterators.remove(at: idle)
      }
      (iterator, start) = (iterators.count - 1, 0)
    }
    iterators[iterator].lastUsed = now
    let all = iterators[iterator].places
    let end = min(start + request.pageSize, all.count)
    var next: String?
    if end < all.count {
      let offset = "\(iterators[iterator].id)/\(makeID("rec"))"
      iterators[iterator].starts[offset] = end
      next = offset
    }
    return page(all[start..<end], table, slots, request, now: now, next: next)
  }

  /// Ends every listing under way, as Airtable does now and then.
  mutating func expireIterators() { iterators = [] }

  private mutating func resume(_ offset: String, _ table: Int, _ now: Instant)
    throws(AirtableRefusal) -> (Int, Int)
  {
    let parts = offset.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, Self.isID(String(parts[0]), "itr"), Self.isID(String(parts[1]), "rec")
    else { throw .badOffset(offset) }
    let lifetime = Int64(limits.iteratorSeconds) * 1000
    iterators.removeAll { now.milliseconds - $0.lastUsed.milliseconds > lifetime }
    guard let index = iterators.firstIndex(where: { $0.id == parts[0] }) else {
      throw .iteratorGone
    }
    guard iterators[index].tableID == tables[table].id,
      let start = iterators[index].starts[offset]
    else { throw .badOffset(offset) }
    return (index, start)
  }

  /// The places of the records that a request means, in its order.
  private mutating func find(_ request: ListRequest, _ table: Int, now: Instant)
    throws(AirtableRefusal) -> [Int32]
  {
    var sort: [(slot: Int, descending: Bool)] = []
    for part in request.sort {
      guard let slot = tables[table].slot(part.field) else { throw .unknownField(part.field) }
      sort.append((slot, part.descending))
    }
    if let view = request.view {
      guard tables[table].views.contains(where: { $0.id == view || $0.name == view }) else {
        throw AirtableRefusal(422, "VIEW_NAME_NOT_FOUND", "View \(view) not found")
      }
    }
    var formula: FormulaNode?
    if let text = request.formula, !text.isEmpty {
      formula = try FormulaNode(parsing: text, fields: tables[table].fields)
    }
    var places: [Int32] = []
    func consider(_ place: Int, in base: borrowing AirtableBase) {
      guard let row = base.tables[table].rows[place] else { return }
      if let formula, !base.evaluate(formula, table, row, now: now).isTrue { return }
      places.append(Int32(place))
    }
    if let formula, let few = candidates(formula, table) {
      for place in few.sorted() { consider(place, in: self) }
    } else {
      for place in tables[table].rows.indices { consider(place, in: self) }
    }
    if !sort.isEmpty {
      sortPlaces(&places, by: sort, table, now: now)
    } else if request.view == nil {
      // The order is not promised without a sort or a view, and nobody is to come to rely on one.
      places.reverse()
    }
    if let most = request.recordsMax { places = Array(places.prefix(most)) }
    return places
  }

  /// The places among which all matches must be, when the formula asks for records by their id or
  /// by the text of a field; nil when every record must be looked at.
  private mutating func candidates(_ formula: FormulaNode, _ table: Int) -> Set<Int>? {
    switch formula {
    case .call(.or, let parts):
      var all: Set<Int> = []
      for part in parts {
        guard let some = candidates(part, table) else { return nil }
        all.formUnion(some)
      }
      return all
    case .call(.and, let parts):
      for part in parts {
        if let some = candidates(part, table) { return some }
      }
      return nil
    case .binary(.equal, .call(.recordID, _), .constant(.text(let id))),
      .binary(.equal, .constant(.text(let id)), .call(.recordID, _)):
      return tables[table].places[id].map { [$0] } ?? []
    case .binary(.equal, .field(let slot), .constant(.text(let text))),
      .binary(.equal, .constant(.text(let text)), .field(let slot)):
      guard tables[table].fields[slot].type.isText, !text.isEmpty else { return nil }
      return Set(tables[table].places(of: .text(text), in: slot))
    default: return nil
    }
  }

  // MARK: - Order

  /// What a cell sorts by; empty cells come first.
  private enum SortKey: Comparable {
    case empty
    case number(Double)
    case text(String)
  }

  private func sortPlaces(
    _ places: inout [Int32], by sort: [(slot: Int, descending: Bool)], _ table: Int, now: Instant
  ) {
    let keyed = places.map { place in
      (place, sort.map { sortKey(table, Int(place), $0.slot, now: now) })
    }
    places = keyed.sorted { left, right in
      for (index, part) in sort.enumerated() where left.1[index] != right.1[index] {
        return (left.1[index] < right.1[index]) != part.descending
      }
      return left.0 < right.0
    }.map(\.0)
  }

  private func sortKey(_ table: Int, _ place: Int, _ slot: Int, now: Instant) -> SortKey {
    guard let row = tables[table].rows[place] else { return .empty }
    let field = tables[table].fields[slot]
    switch row[slot] {
    case .number(let number): return .number(Double(number.description) ?? 0)
    case .checked: return .number(1)
    case .date(let date): return .number(Double(date.daysSince1970))
    case .moment(let moment): return .number(Double(moment.milliseconds))
    case .text(let name) where field.type == .singleSelect:
      return .number(Double(field.choices.firstIndex { $0.name == name } ?? 0))
    default: break
    }
    switch field.type {
    case .createdTime: return .number(Double(row.created.milliseconds))
    case .autoNumber: return .number(Double(row.number))
    default:
      let text = text(table, row, slot, now: now)
      return text.isEmpty ? .empty : .text(text.lowercased())
    }
  }

  // MARK: - Showing

  private func page(
    _ places: ArraySlice<Int32>, _ table: Int, _ slots: [Int]?, _ request: ListRequest,
    now: Instant, next: String?
  ) -> JSONValue {
    // A record deleted since the first page is missing here, and the page is short.
    let records = places.compactMap { place in
      tables[table].rows[Int(place)].map {
        record($0, table, slots, request.shown, now: now)
      }
    }
    var object = JSONObject(["records": .array(records)])
    if let next { object["offset"] = .string(next) }
    return .object(object)
  }

  /// One record, with all fields or those at the given places; empty cells are left out.
  func record(
    _ row: AirtableRow, _ table: Int, _ slots: [Int]? = nil, _ shown: ShownAs = ShownAs(),
    now: Instant
  ) -> JSONValue {
    var fields = JSONObject()
    for (slot, field) in tables[table].fields.enumerated() where !field.isDeleted {
      if let slots, !slots.contains(slot) { continue }
      guard let value = self.shown(table, row, slot, now: now) else { continue }
      fields[shown.byFieldID ? field.id : field.name] =
        shown.asText ? .string(text(table, row, slot, now: now)) : value
    }
    var object = JSONObject([
      "id": .string(row.id), "createdTime": .string(row.created.description),
      "fields": .object(fields),
    ])
    if shown.withCommentCount { object["commentCount"] = 0 }
    return .object(object)
  }
}
