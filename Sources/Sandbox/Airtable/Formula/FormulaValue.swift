import Domain

/// What a formula, or a part of it, amounts to.
enum FormulaValue: Hashable {
  case blank
  case text(String)
  /// Airtable computes formulas in binary fractions; so does its stand-in. Cells keep their digits.
  case number(Double)
  case bool(Bool)
  case date(Instant)
  /// `#ERROR!`
  case error

  /// Whether a record with this value is listed: not for 0, false, nothing, NaN or an error.
  var isTrue: Bool {
    switch self {
    case .blank, .error: false
    case .text(let text): !text.isEmpty
    case .number(let number): number != 0 && !number.isNaN
    case .bool(let flag): flag
    case .date: true
    }
  }

  /// The value as text, for joining and searching.
  var asText: String {
    switch self {
    case .blank, .error: ""
    case .text(let text): text
    case .number(let number):
      number == number.rounded() && abs(number) < 1e15
        ? String(Int64(number)) : String(number)
    case .bool(let flag): flag ? "1" : "0"
    case .date(let date): date.description
    }
  }

  /// The value as a number; text is none.
  var asNumber: Double? {
    switch self {
    case .blank: 0
    case .number(let number): number
    case .bool(let flag): flag ? 1 : 0
    case .text, .date, .error: nil
    }
  }

  /// The value as a moment; text that names one counts.
  var asDate: Instant? {
    switch self {
    case .date(let date): date
    case .text(let text): Instant(text) ?? CalendarDate(text).map(AirtableBase.midnight)
    default: nil
    }
  }

  /// The value as a computed cell; nil when it is empty.
  var json: JSONValue? {
    switch self {
    case .blank: nil
    case .text(let text): text.isEmpty ? nil : .string(text)
    case .number(let number):
      number.isFinite
        ? .number(asText)
        : ["specialValue": .string(number.isNaN ? "NaN" : "Infinity")]
    case .bool(let flag): .number(flag ? "1" : "0")
    case .date(let date): .string(date.description)
    case .error: ["error": "#ERROR!"]
    }
  }

  /// Whether two values are the same to `=`. Nothing equals 0, the empty text and unchecked.
  static func same(_ left: FormulaValue, _ right: FormulaValue) -> Bool {
    switch (left, right) {
    case (.text(let one), .text(let other)): return one == other
    case (.text(let text), .blank), (.blank, .text(let text)): return text.isEmpty
    case (.date(let one), .date(let other)): return one == other
    case (.date, _), (_, .date), (.text, _), (_, .text): return false
    default: return left.asNumber == right.asNumber
    }
  }

  /// Compares by an ordering operator.
  static func ordered(_ left: FormulaValue, _ symbol: FormulaNode.Operator, _ right: FormulaValue)
    -> Bool
  {
    func compare<T: Comparable>(_ one: T, _ other: T) -> Bool {
      switch symbol {
      case .less: one < other
      case .lessOrEqual: one <= other
      case .greater: one > other
      default: one >= other
      }
    }
    switch (left, right) {
    case (.text(let one), .text(let other)): return compare(one, other)
    case (.date(let one), .date(let other)): return compare(one, other)
    // Airtable compares a moment with a text as text, in a form of the moment that stands after
    // every ISO date: the well-known filter that finds every record. Dates are to be parsed first.
    case (.date, .text): return compare("date", "")
    case (.text, .date): return compare("", "date")
    default:
      guard let one = left.asNumber, let other = right.asNumber else { return false }
      return compare(one, other)
    }
  }
}
