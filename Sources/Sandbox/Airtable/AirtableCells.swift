import Domain

// What a cell accepts, and how it is shown.

/// A value on its way into a cell.
struct CellWrite {
  let cell: Cell
  /// Options that the select does not have yet and gets, with typecast on.
  var newChoices: [String] = []
}

extension AirtableBase {
  /// 100,000 characters of long text.
  static let textLengthMax = 100_000

  /// Reads a value for a field.
  ///
  /// - Parameter typecast: whether strings are converted as well as can be.
  func cell(_ value: JSONValue, for field: AirtableField, typecast: Bool) throws(AirtableRefusal)
    -> CellWrite
  {
    if field.type.isComputed { throw .computed(field) }
    if value.isNull { return CellWrite(cell: .empty) }
    switch field.type {
    case .singleSelect:
      guard let name = value.string else { throw .badValue(field) }
      return name.isEmpty
        ? CellWrite(cell: .empty) : try choices([name], field, typecast, single: true)
    case .multipleSelects:
      var values = value.array
      if typecast, let text = value.string {
        values = text.split(separator: ",").map { .string(String($0.trimmingSpaces())) }
      }
      guard let values else { throw .badValue(field) }
      var names: [String] = []
      for value in values {
        guard let name = value.string, !name.isEmpty else { throw .badValue(field) }
        if !names.contains(name) { names.append(name) }
      }
      return try choices(names, field, typecast, single: false)
    case .multipleRecordLinks: return CellWrite(cell: try links(value, field, typecast))
    default: return CellWrite(cell: try plain(value, field, typecast))
    }
  }

  private func choices(
    _ names: [String], _ field: AirtableField, _ typecast: Bool, single: Bool
  ) throws(AirtableRefusal) -> CellWrite {
    let new = names.filter { name in !field.choices.contains { $0.name == name } }
    if !typecast, let name = new.first { throw .unknownChoice(name) }
    if single { return CellWrite(cell: .text(names[0]), newChoices: new) }
    return CellWrite(cell: names.isEmpty ? .empty : .choices(names), newChoices: new)
  }

  /// Records to link: ids as plain strings. Typecast also finds them by the text of their primary
  /// field; it makes none.
  private func links(_ value: JSONValue, _ field: AirtableField, _ typecast: Bool)
    throws(AirtableRefusal) -> Cell
  {
    guard let link = field.link, let other = tableIndex(id: link.tableID) else {
      throw .badValue(field)
    }
    guard let values = typecast && value.string != nil ? [value] : value.array else {
      throw .notRecordIDs
    }
    var ids: [String] = []
    for value in values {
      guard let text = value.string else { throw .notRecordIDs }
      var place = tables[other].places[text]
      if place == nil, Self.isID(text, "rec") { throw .noRow(text) }
      if place == nil, typecast {
        place = tables[other].rows.firstIndex { $0.map { $0[0] == .text(text) } ?? false }
        guard place != nil else { throw .cannotParse(text, field) }
      }
      // The record's own copy of its id, so that a million links share their letters.
      guard let place, let id = tables[other].rows[place]?.id else { throw .notRecordIDs }
      if !ids.contains(id) { ids.append(id) }
    }
    return ids.isEmpty ? .empty : .links(ids)
  }

  private func plain(_ value: JSONValue, _ field: AirtableField, _ typecast: Bool)
    throws(AirtableRefusal) -> Cell
  {
    switch field.type {
    case let type where type.isText:
      guard let text = value.string ?? (typecast ? value.numberText : nil) else {
        throw .badValue(field)
      }
      guard text.utf8.count <= Self.textLengthMax || text.count <= Self.textLengthMax else {
        throw .badValue(field)
      }
      return text.isEmpty ? .empty : .text(text)
    case .number, .percent, .currency, .duration, .rating:
      let number = try decimal(value, field, typecast)
      if field.type == .duration, number.scale > 0 { throw .badValue(field) }
      if field.type == .rating {
        let most = field.options?["max"]?.int ?? 10
        guard let stars = number.scaled(to: 0), (1...Int64(most)).contains(stars) else {
          throw .badValue(field)
        }
      }
      return .number(number)
    case .checkbox:
      if let flag = value.bool { return flag ? .checked : .empty }
      if typecast, let text = value.string?.lowercased() {
        return ["true", "checked", "yes", "1"].contains(text) ? .checked : .empty
      }
      throw .badValue(field)
    case .date:
      guard let text = value.string else { throw .badValue(field) }
      if text.isEmpty { return .empty }
      if let date = CalendarDate(text) { return .date(date) }
      guard typecast else { throw .badValue(field) }
      guard let moment = Instant(text) else { throw .cannotParse(text, field) }
      return .date(moment.date)
    case .dateTime:
      guard let text = value.string else { throw .badValue(field) }
      if text.isEmpty { return .empty }
      guard let moment = Instant(text) ?? CalendarDate(text).map(Self.midnight) else {
        throw typecast ? .cannotParse(text, field) : .badValue(field)
      }
      return .moment(moment)
    case .barcode:
      guard let object = value.object, let text = object["text"]?.string, !text.isEmpty,
        Set(["text", "type"]).isSuperset(of: object.keys)
      else { throw .badValue(field) }
      return .structured(value)
    case .singleCollaborator: return .structured(try user(value, field).json)
    case .multipleCollaborators:
      guard let values = value.array else { throw .badValue(field) }
      var people: [JSONValue] = []
      for value in values { people.append(try user(value, field).json) }
      return people.isEmpty ? .empty : .structured(.array(people))
    case .multipleAttachments:
      guard let values = value.array else { throw .badValue(field) }
      for value in values where value["url"]?.string == nil && value["id"]?.string == nil {
        throw .badValue(field)
      }
      return values.isEmpty ? .empty : .structured(.array(values.map(Self.attachment)))
    default: throw .badValue(field)
    }
  }

  private func decimal(_ value: JSONValue, _ field: AirtableField, _ typecast: Bool)
    throws(AirtableRefusal) -> DecimalText
  {
    if let text = value.numberText, let number = DecimalText(text) { return number }
    if typecast, let text = value.string {
      let digits = text.filter { $0 != "," && $0 != "$" && $0 != " " }
      guard let number = DecimalText(digits) else { throw .cannotParse(text, field) }
      return number
    }
    throw .badValue(field)
  }

  private func user(_ value: JSONValue, _ field: AirtableField) throws(AirtableRefusal) -> User {
    let found = users.first {
      value["id"] == .string($0.id) || value["email"] == .string($0.email)
    }
    guard let found else { throw .badValue(field) }
    return found
  }

  private static func attachment(_ value: JSONValue) -> JSONValue {
    let url = value["url"]?.string ?? ""
    let name =
      value["filename"]?.string ?? url.split(separator: "/").last.map(String.init) ?? "file"
    // The id stands for the address, so that the same file keeps its id.
    let id = value["id"]?.string ?? "att" + stableLetters(of: url)
    return [
      "id": .string(id), "url": .string(url), "filename": .string(name), "size": 0,
      "type": "application/octet-stream",
    ]
  }

  private static func stableLetters(of text: String) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var random = SeededRandom(seed: hash)
    return makeID("", &random)
  }

  static func midnight(_ date: CalendarDate) -> Instant {
    Instant(milliseconds: Int64(date.daysSince1970) * 86_400_000)
  }

  // MARK: - Showing

  /// The cell as record calls give it; nil when it is empty.
  func shown(_ table: Int, _ row: AirtableRow, _ slot: Int, now: Instant) -> JSONValue? {
    let field = tables[table].fields[slot]
    switch field.type {
    case .createdTime: return .string(row.created.description)
    case .lastModifiedTime: return row.modified.map { .string($0.description) }
    case .autoNumber: return .int(row.number)
    case .formula: return field.formula.flatMap { evaluate($0, table, row, now: now).json }
    default: break
    }
    switch row[slot] {
    case .empty: return nil
    case .text(let text): return .string(text)
    case .number(let number): return .number(number.description)
    case .checked: return true
    case .date(let date): return .string(date.description)
    case .moment(let moment): return .string(moment.description)
    case .choices(let names): return .array(names.map { .string($0) })
    case .links(let ids): return .array(ids.map { .string($0) })
    case .structured(let value): return value
    }
  }

  /// The cell as webhooks give it: options and links as objects with their names.
  func shownToWebhooks(_ table: Int, _ row: AirtableRow, _ slot: Int, cell: Cell, now: Instant)
    -> JSONValue
  {
    let field = tables[table].fields[slot]
    func choice(_ name: String) -> JSONValue {
      field.choices.first { $0.name == name }?.json ?? ["name": .string(name)]
    }
    switch (cell, field.type) {
    case (.empty, _): return .null
    case (.text(let name), .singleSelect): return choice(name)
    case (.choices(let names), _): return .array(names.map(choice))
    case (.links(let ids), _):
      let other = field.link.flatMap { tableIndex(id: $0.tableID) }
      return .array(
        ids.map { id in
          let name = other.flatMap { other in
            tables[other].places[id].flatMap { tables[other].rows[$0] }.map {
              text(other, $0, 0, now: now)
            }
          }
          return ["id": .string(id), "name": .string(name ?? "")]
        })
    default:
      var copy = row
      copy.cells = Array(repeating: .empty, count: slot) + [cell]
      return shown(table, copy, slot, now: now) ?? .null
    }
  }

  /// The cell as people see it, for `cellFormat=string`, formulas and sorting.
  func text(_ table: Int, _ row: AirtableRow, _ slot: Int, now: Instant) -> String {
    let field = tables[table].fields[slot]
    switch row[slot] {
    case .empty:
      return field.type.isComputed
        ? shown(table, row, slot, now: now).map(Self.plainText) ?? "" : ""
    case .text(let text): return text
    case .number(let number): return number.description
    case .checked: return "checked"
    case .date(let date): return date.description
    case .moment(let moment): return moment.description
    case .choices(let names): return names.joined(separator: ", ")
    case .links(let ids):
      guard let other = field.link.flatMap({ tableIndex(id: $0.tableID) }) else { return "" }
      let names = ids.map { id in
        tables[other].places[id].flatMap { tables[other].rows[$0] }.map {
          // One step only: a primary field is never a link.
          text(other, $0, 0, now: now)
        } ?? ""
      }
      return names.joined(separator: ", ")
    case .structured(let value): return Self.plainText(value)
    }
  }

  private static func plainText(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text
    case .array(let values): values.map(plainText).joined(separator: ", ")
    case .object:
      value["name"]?.string ?? value["text"]?.string ?? value["filename"]?.string ?? ""
    default: value.text
    }
  }
}
