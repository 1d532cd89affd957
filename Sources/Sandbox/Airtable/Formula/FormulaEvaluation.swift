import Domain

extension AirtableBase {
  /// The value of a formula for one record.
  func evaluate(_ node: FormulaNode, _ table: Int, _ row: AirtableRow, now: Instant) -> FormulaValue
  {
    func value(_ node: FormulaNode) -> FormulaValue { evaluate(node, table, row, now: now) }
    switch node {
    case .constant(let value): return value
    case .field(let slot): return fieldValue(table, row, slot, now: now)
    case .negative(let inner): return value(inner).asNumber.map { .number(-$0) } ?? .error
    case .binary(let symbol, let left, let right):
      return Self.combine(value(left), symbol, value(right))
    case .call(let function, let arguments):
      switch function {
      case .and:
        for argument in arguments {
          let one = value(argument)
          if one == .error { return .error }
          if !one.isTrue { return .bool(false) }
        }
        return .bool(true)
      case .or:
        for argument in arguments {
          let one = value(argument)
          if one == .error { return .error }
          if one.isTrue { return .bool(true) }
        }
        return .bool(false)
      case .ifElse:
        if value(arguments[0]).isTrue { return value(arguments[1]) }
        return arguments.count > 2 ? value(arguments[2]) : .blank
      case .recordID: return .text(row.id)
      case .createdTime: return .date(row.created)
      case .lastModifiedTime: return Self.modified(row, arguments)
      case .now: return .date(now)
      case .today: return .date(Self.midnight(now.date))
      default: return Self.call(function, arguments.map(value))
      }
    }
  }

  private func fieldValue(_ table: Int, _ row: AirtableRow, _ slot: Int, now: Instant)
    -> FormulaValue
  {
    let field = tables[table].fields[slot]
    switch field.type {
    case .createdTime: return .date(row.created)
    case .lastModifiedTime: return row.modified.map { .date($0) } ?? .blank
    case .autoNumber: return .number(Double(row.number))
    case .formula:
      // Formulas of formulas are not followed: a person can make them refer to each other.
      return .error
    default: break
    }
    switch row[slot] {
    case .empty: return .blank
    case .text(let text): return .text(text)
    case .number(let number): return Double(number.description).map { .number($0) } ?? .error
    case .checked: return .bool(true)
    case .date(let date): return .date(Self.midnight(date))
    case .moment(let moment): return .date(moment)
    case .choices, .links, .structured: return .text(text(table, row, slot, now: now))
    }
  }

  private static func modified(_ row: AirtableRow, _ fields: [FormulaNode]) -> FormulaValue {
    if fields.isEmpty { return row.modified.map { .date($0) } ?? .blank }
    var latest: Instant?
    for case .field(let slot) in fields where slot < row.cellModified.count {
      if let at = row.cellModified[slot] { latest = max(latest ?? at, at) }
    }
    return latest.map { .date($0) } ?? .blank
  }

  private static func combine(
    _ left: FormulaValue, _ symbol: FormulaNode.Operator, _ right: FormulaValue
  ) -> FormulaValue {
    if left == .error || right == .error { return .error }
    switch symbol {
    case .equal: return .bool(FormulaValue.same(left, right))
    case .notEqual: return .bool(!FormulaValue.same(left, right))
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      return .bool(FormulaValue.ordered(left, symbol, right))
    case .join: return .text(left.asText + right.asText)
    case .plus, .minus, .times, .divide:
      guard let one = left.asNumber, let other = right.asNumber else { return .error }
      switch symbol {
      case .plus: return .number(one + other)
      case .minus: return .number(one - other)
      case .times: return .number(one * other)
      default: return .number(one / other)
      }
    }
  }

  /// Functions whose value depends on their arguments alone.
  private static func call(_ function: FormulaFunction, _ arguments: [FormulaValue])
    -> FormulaValue
  {
    if arguments.contains(.error) { return .error }
    switch function {
    case .not: return .bool(!arguments[0].isTrue)
    case .isAfter, .isBefore:
      // A date that is not there is neither before nor after.
      guard let one = arguments[0].asDate, let other = arguments[1].asDate else {
        return .bool(false)
      }
      return .bool(function == .isAfter ? one > other : one < other)
    case .isSame:
      guard let one = arguments[0].asDate, let other = arguments[1].asDate else {
        return .bool(false)
      }
      return isSame(one, other, arguments.count > 2 ? arguments[2].asText : "millisecond")
    case .datetimeParse: return arguments[0].asDate.map { .date($0) } ?? .error
    case .lower: return .text(arguments[0].asText.lowercased())
    case .upper: return .text(arguments[0].asText.uppercased())
    case .trim:
      var text = Substring(arguments[0].asText)
      while text.first?.isWhitespace == true { text.removeFirst() }
      while text.last?.isWhitespace == true { text.removeLast() }
      return .text(String(text))
    case .length: return .number(Double(arguments[0].asText.count))
    case .find, .search:
      let start = arguments.count > 2 ? Int(arguments[2].asNumber ?? 1) : 1
      let found = position(of: arguments[0].asText, in: arguments[1].asText, from: start)
      if let found { return .number(Double(found)) }
      return function == .find ? .number(0) : .blank
    case .concatenate: return .text(arguments.map(\.asText).joined())
    default: return .blank
    }
  }

  private static func isSame(_ one: Instant, _ other: Instant, _ unit: String) -> FormulaValue {
    let length: Int? =
      switch unit {
      case "year", "years": 4
      case "month", "months": 7
      case "day", "days": 10
      case "hour", "hours": 13
      case "minute", "minutes": 16
      case "second", "seconds": 19
      case "millisecond", "milliseconds": 24
      default: nil
      }
    guard let length else { return .error }
    return .bool(one.description.prefix(length) == other.description.prefix(length))
  }

  /// Where a text stands in another, from 1.
  private static func position(of part: String, in whole: String, from start: Int) -> Int? {
    let wanted = Array(part)
    let characters = Array(whole)
    guard start >= 1, characters.count >= wanted.count else { return nil }
    var index = start - 1
    while index + wanted.count <= characters.count {
      if characters[index..<index + wanted.count].elementsEqual(wanted) { return index + 1 }
      index += 1
    }
    return nil
  }
}
