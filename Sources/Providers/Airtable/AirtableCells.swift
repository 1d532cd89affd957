// Values to cells and cells to values.
import Domain
import Sync

/// Why a value cannot become a cell, or a cell a value: a sentence.
struct AirtableCellProblem: Error, Hashable {
  var sentence: String
  var hint = ""
}

/// The two directions between a value and a cell.
///
/// A text that begins with `=`, `+`, `-` or `@` is stored as it is: Airtable evaluates nothing that
/// stands in a cell. What is written into spreadsheets is guarded where it is written.
enum AirtableCells {
  /// Airtable keeps a number in binary with 53 bits: up to fifteen decimal digits come back as they
  /// went, whatever they are.
  static let exactDigits = 15

  /// The cell for a value; null clears it.
  ///
  /// - Parameter links: Airtable's ids of the rows linked to.
  static func cell(
    _ value: FieldValue, for field: AirtableMapping.Field, links: [RemoteKey: String]
  ) throws(AirtableCellProblem) -> JSONValue {
    switch value {
    case .null: return .null
    case .text(let text):
      if field.field.type == "singleSelect", !field.field.choices.contains(text) {
        throw AirtableCellProblem(
          sentence: "The field “\(field.field.name)” has no choice “\(text)”.",
          hint: "Add the choice in Airtable, or make the field a single line text.")
      }
      return .string(text)
    case .integer(let number): return try numeral(String(number), field)
    case .money(let amount): return try numeral(amount.description, field)
    case .decimal(let number): return try numeral(number.description, field)
    case .date(let date): return .string(date.description)
    case .instant(let moment): return .string(moment.description)
    case .boolean(let flag): return .bool(flag)
    case .reference, .references:
      var ids: [JSONValue] = []
      for key in value.links {
        guard let id = links[key] else {
          throw AirtableCellProblem(
            sentence: "The field “\(field.field.name)” links to \(key), which is not in Airtable.",
            hint: "It is sent once that record is there.")
        }
        ids.append(.string(id))
      }
      return .array(ids)
    }
  }

  /// The digits as they are, so that no binary fraction stands between a cent and Airtable.
  private static func numeral(
    _ digits: String, _ field: AirtableMapping.Field
  ) throws(AirtableCellProblem) -> JSONValue {
    let count = digits.drop { $0 == "-" || $0 == "0" || $0 == "." }.count(where: \.isNumber)
    guard count <= exactDigits else {
      throw AirtableCellProblem(
        sentence: "\(digits) has more digits than Airtable keeps exactly (\(exactDigits)); the"
          + " field “\(field.field.name)” cannot hold it.",
        hint: "Check the number in its source.")
    }
    return .number(digits)
  }

  /// The value of a cell; a cell that is empty is missing.
  ///
  /// A checkbox knows no third state: one that is missing is not ticked.
  ///
  /// - Parameter key: the key of the record a linked row holds; nil when it is not known.
  static func value(
    _ cell: JSONValue?, of field: AirtableMapping.Field, key: (Resource, String) -> RemoteKey?
  ) throws(AirtableCellProblem) -> FieldValue {
    guard let cell, !cell.isNull else { return field.kind == .boolean ? .boolean(false) : .null }
    func unreadable(_ problem: String) -> AirtableCellProblem {
      AirtableCellProblem(sentence: "The field “\(field.field.name)” holds \(problem).")
    }
    switch field.kind {
    case .text, .longText, .choice, .sealed:
      guard let text = cell.string else { throw unreadable("something that is no text") }
      return .text(canonical: text)
    case .integer:
      guard let number = cell.int else { throw unreadable("something that is no whole number") }
      return .integer(Int64(number))
    case .decimal:
      guard let number = cell.numberText.flatMap({ DecimalText($0) }) else {
        throw unreadable("something that is no exact number")
      }
      return .decimal(number)
    case .money:
      guard let text = cell.numberText else { throw unreadable("something that is no amount") }
      guard let amount = Money(text) else {
        throw unreadable("\(text.prefix(40)), an amount with a fraction of a cent")
      }
      return .money(amount)
    case .date:
      guard let date = cell.string.flatMap({ CalendarDate($0) }) else {
        throw unreadable("something that is no date")
      }
      return .date(date)
    case .instant:
      guard let moment = cell.string.flatMap({ Instant($0) }) else {
        throw unreadable("something that is no moment")
      }
      return .instant(moment)
    case .boolean:
      guard let flag = cell.bool else { throw unreadable("something that is no tick") }
      return .boolean(flag)
    case .reference(let resource), .references(let resource):
      let ids = linkedRows(cell)
      var keys: [RemoteKey] = []
      for id in ids {
        guard let known = key(resource, id) else {
          throw unreadable("a link to the row \(id), whose record is not known here")
        }
        keys.append(known)
      }
      if case .references = field.kind { return .references(canonical: keys) }
      guard keys.count <= 1 else { throw unreadable("\(keys.count) links where one is meant") }
      return keys.first.map(FieldValue.reference) ?? .null
    }
  }

  /// The ids of the rows a link cell holds.
  static func linkedRows(_ cell: JSONValue?) -> [String] {
    (cell?.array ?? []).compactMap(\.string)
  }

  /// Whether two cells mean the same: empty in any spelling, numbers by their value, links without
  /// regard to their order.
  static func isSame(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
    plain(left) == plain(right)
  }

  private static func plain(_ cell: JSONValue?) -> JSONValue {
    switch cell {
    case nil, .null, .bool(false), .string(""): .null
    case .number(let text)?: .number(DecimalText(text)?.description ?? text)
    case .array(let values)?:
      values.isEmpty ? .null : .array(values.map(\.text).sorted().map(JSONValue.string))
    case let other?: other
    }
  }
}
