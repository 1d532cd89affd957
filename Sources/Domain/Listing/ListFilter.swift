// The text a person types to filter a list: `prop:oak amount>500 -void due<2026-11-01 vendor:"A B"`.
// Words stand for conditions that all hold; quotes keep spaces together, `-` turns a condition round.

/// Why a filter cannot be read, and where.
public struct ListFilterProblem: Error, Sendable, Hashable, CustomStringConvertible {
  /// How many characters stand before the word that is not understood.
  public var position: Int
  /// What is wrong with it and what would be right, in a sentence.
  public var message: String

  /// The sentence with its place, counted from 1.
  public var description: String { "At \(position + 1): \(message)" }
}

/// Reads filters.
public enum ListFilter {
  /// Conditions one filter may have; more are a slip of pasting.
  public static let termsMax = 32

  /// The conditions of a filter; none for empty text. Columns carry their full names, so that what
  /// was abbreviated means the same when the list gets further columns.
  ///
  /// - Throws: ``ListFilterProblem`` for a column the list does not have, a value that does not suit
  ///   its column, and quotes that do not end.
  public static func terms(
    _ text: String, of list: ListName
  ) throws(ListFilterProblem) -> [ListTerm] {
    let characters = Array(text)
    var terms: [ListTerm] = []
    var index = 0
    while index < characters.count {
      if characters[index].isWhitespace {
        index += 1
        continue
      }
      guard terms.count < termsMax else {
        throw ListFilterProblem(
          position: index, message: "A filter has \(termsMax) conditions at most.")
      }
      let start = index
      var isNegated = false
      if characters[index] == "-", index + 1 < characters.count,
        !characters[index + 1].isWhitespace
      {
        isNegated = true
        index += 1
      }
      let name = name(characters, &index)
      let valueStart = index
      let (value, isQuoted) = try value(characters, &index)
      var term: ListTerm
      if let (typed, relation) = name {
        let column = try column(typed, of: list, at: start)
        guard isQuoted || !value.isEmpty else {
          throw ListFilterProblem(
            position: valueStart,
            message: "A value is missing after “\(typed)\(relation.rawValue)”.")
        }
        term = ListTerm(column: column.name, relation, value, isNegated: isNegated)
        if let complaint = term.complaint(for: column) {
          throw ListFilterProblem(position: valueStart, message: complaint)
        }
      } else {
        if value.isEmpty { continue }
        term = ListTerm(column: nil, .contains, value, isNegated: isNegated)
      }
      terms.append(term)
    }
    return terms
  }

  /// A column's name with the relation behind it; nil, having read nothing, when there is none.
  private static func name(
    _ characters: [Character], _ index: inout Int
  ) -> (String, ListTerm.Relation)? {
    var end = index
    while end < characters.count, characters[end].isLetter || characters[end] == "_" { end += 1 }
    guard end > index, end < characters.count else { return nil }
    let two = end + 1 < characters.count ? String(characters[end...end + 1]) : ""
    let one = String(characters[end])
    guard let relation = ListTerm.Relation(rawValue: two) ?? ListTerm.Relation(rawValue: one) else {
      return nil
    }
    let name = String(characters[index..<end])
    index = end + relation.rawValue.count
    return (name, relation)
  }

  /// What stands up to the next space outside quotes, without the quotes.
  private static func value(
    _ characters: [Character], _ index: inout Int
  ) throws(ListFilterProblem) -> (String, isQuoted: Bool) {
    var value = ""
    var isQuoted = false
    while index < characters.count, !characters[index].isWhitespace {
      guard characters[index] == "\"" else {
        value.append(characters[index])
        index += 1
        continue
      }
      let opening = index
      isQuoted = true
      index += 1
      while index < characters.count, characters[index] != "\"" {
        value.append(characters[index])
        index += 1
      }
      guard index < characters.count else {
        throw ListFilterProblem(position: opening, message: "The quotes do not end.")
      }
      index += 1
    }
    return (value, isQuoted)
  }

  /// The column of a name or of its first letters.
  private static func column(
    _ typed: String, of list: ListName, at position: Int
  ) throws(ListFilterProblem) -> ListColumn {
    let wanted = typed.lowercased()
    if let exact = list.column(wanted) { return exact }
    let found = list.columns.filter { $0.name.hasPrefix(wanted) }
    if found.count == 1 { return found[0] }
    let names = (found.isEmpty ? list.columns : found).map(\.name).joined(separator: ", ")
    throw ListFilterProblem(
      position: position,
      message: found.isEmpty
        ? "There is no column “\(typed)” here, but: \(names). Quotes look for the text itself."
        : "“\(typed)” may be \(names): a letter more tells them apart.")
  }
}

/// What the value of a condition means, read as its column's kind wants it.
public enum ListValue: Sendable, Hashable {
  /// Nothing: the condition is about rows without a value.
  case empty
  case text(String)
  case number(Int)
  case money(Money)
  /// From a day to a day: `2026-11` is a month.
  case days(CalendarDate, CalendarDate)
  case flag(Bool)
}

extension ListTerm {
  /// What the value means in a column; nil when it does not suit it.
  public func meaning(in column: ListColumn) -> ListValue? {
    if value.isEmpty { return .empty }
    switch column.kind {
    case .text, .choice: return .text(value)
    case .number: return Self.plainNumber(value).flatMap { Int($0) }.map(ListValue.number)
    case .money: return Self.plainNumber(value).flatMap { Money($0) }.map(ListValue.money)
    case .date, .instant: return Self.days(value)
    case .flag:
      switch value.lowercased() {
      case "yes", "y", "true", "1": return .flag(true)
      case "no", "n", "false", "0": return .flag(false)
      default: return nil
      }
    }
  }

  /// Why the value does not suit a column; nil when it does.
  fileprivate func complaint(for column: ListColumn) -> String? {
    if meaning(in: column) != nil { return nil }
    return switch column.kind {
    case .text, .choice: nil
    case .number: "“\(value)” is no whole number."
    case .money: "“\(value)” is no amount: 1250, 1,250.50 and -40 are."
    case .date, .instant: "“\(value)” is no date: 2026-11-01, 2026-11, 2026 and 11/1/2026 are."
    case .flag: "“\(value)” is neither yes nor no."
    }
  }

  /// The number without its separators of thousands and its currency sign; nil when the separators
  /// do not stand where thousands end, for then something else was meant.
  private static func plainNumber(_ text: String) -> String? {
    var rest = Substring(text)
    let isNegative = rest.first == "-"
    if isNegative { rest.removeFirst() }
    if rest.first == "$" { rest.removeFirst() }
    let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let groups = parts[0].split(separator: ",", omittingEmptySubsequences: false)
    if groups.count > 1 {
      guard (1...3).contains(groups[0].count), groups.dropFirst().allSatisfy({ $0.count == 3 })
      else { return nil }
    }
    let fraction = parts.count > 1 ? ".\(parts[1])" : ""
    return (isNegative ? "-" : "") + groups.joined() + fraction
  }

  private static func days(_ text: String) -> ListValue? {
    let slashes = text.split(separator: "/", omittingEmptySubsequences: false)
    if slashes.count == 3 {
      guard let month = Int(slashes[0]), let day = Int(slashes[1]), slashes[2].count == 4,
        let year = Int(slashes[2]), let date = CalendarDate(year: year, month: month, day: day)
      else { return nil }
      return .days(date, date)
    }
    if let date = CalendarDate(text) { return .days(date, date) }
    let isYear = text.utf8.count == 4
    guard let first = CalendarDate(isYear ? "\(text)-01-01" : "\(text)-01") else { return nil }
    let month = isYear ? 12 : first.month
    let last = CalendarDate.daysInMonth(year: first.year, month: month)
    return CalendarDate(year: first.year, month: month, day: last).map { .days(first, $0) }
  }
}
