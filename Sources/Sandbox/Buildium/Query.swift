import Domain

/// The parameters a list understands, written as text: `propertyids:[int] status:Active|InActive
/// startdate!:date`. `!` marks what is required; `time` is a moment, `date` a day; `[…]` may be
/// repeated. A list with `paging` has `limit`, `offset` and `orderby` besides.
struct Parameters: Sendable {
  indirect enum Kind: Sendable {
    case text, int, bool, money, date, time
    case word([String])
    /// `commaSeparated` holds for the two lists that are known to take that form too.
    case list(Kind, commaSeparated: Bool)
  }
  struct Parameter: Sendable {
    var name: String
    var isRequired: Bool
    var kind: Kind
  }

  static let none = Parameters("")

  let known: [Parameter]

  init(_ text: String) {
    known = text.split(whereSeparator: \.isWhitespace).flatMap { word -> [Parameter] in
      if word == "paging" {
        return [
          Parameter(name: "limit", isRequired: false, kind: .int),
          Parameter(name: "offset", isRequired: false, kind: .int),
          Parameter(name: "orderby", isRequired: false, kind: .text),
        ]
      }
      guard let colon = word.firstIndex(of: ":") else {
        preconditionFailure("no type in \(word)")
      }
      let name = word[..<colon]
      let isRequired = name.hasSuffix("!")
      let bare = String(isRequired ? name.dropLast() : name)
      return [
        Parameter(
          name: bare, isRequired: isRequired,
          kind: Self.kind(String(word[word.index(after: colon)...]), name: bare))
      ]
    }
  }

  private static func kind(_ text: String, name: String) -> Kind {
    if text.hasPrefix("[") {
      return .list(
        kind(String(text.dropFirst().dropLast()), name: name),
        commaSeparated: name == "leasestatuses" || name == "applicationstatuses")
    }
    if text.hasPrefix("=") { return .word(Vocabulary.named(String(text.dropFirst()))) }
    if text.contains("|") { return .word(text.split(separator: "|").map(String.init)) }
    switch text {
    case "text": return .text
    case "int": return .int
    case "bool": return .bool
    case "money": return .money
    case "date": return .date
    case "time": return .time
    default: preconditionFailure("no type of parameter is called \(text)")
    }
  }
}

/// The parameters of one request, checked.
struct Query {
  private let values: [String: [String]]
  /// Lists without paging come whole.
  private let isPaged: Bool

  /// Days that a range may span.
  static let rangeDaysMax = 365
  static let limitMax = 1000
  static let limitDefault = 50
  /// More makes the service fall over with 500, not refuse.
  static let lengthMax = 4096

  /// - Throws: ``Refusal`` 404 for a known parameter in the wrong case, 422 for a value that cannot
  ///   be read, a required one that is missing, or a range above 365 days. Unknown names, and the
  ///   form with brackets, are passed over in silence.
  init(_ pairs: [(name: String, value: String)], _ parameters: Parameters) throws(Refusal) {
    var values: [String: [String]] = [:]
    for pair in pairs {
      guard let parameter = parameters.known.first(where: { $0.name == pair.name }) else {
        let lower = pair.name.lowercased()
        if parameters.known.contains(where: { $0.name == lower }) {
          throw Refusal.notFound("parameter \(pair.name)")
        }
        continue
      }
      if case .list(_, commaSeparated: true) = parameter.kind {
        values[pair.name, default: []] += pair.value.split(separator: ",").map(String.init)
      } else if case .list = parameter.kind {
        values[pair.name, default: []].append(pair.value)
      } else if values[pair.name] == nil {
        values[pair.name] = [pair.value]
      }
    }
    self.values = values
    isPaged = parameters.known.contains { $0.name == "limit" }
    var faults: [Refusal.Fault] = []
    for parameter in parameters.known {
      guard let given = values[parameter.name] else {
        if parameter.isRequired {
          faults.append(Refusal.Fault(key: parameter.name, value: "is required"))
        }
        continue
      }
      for value in given {
        if let fault = Self.fault(value, parameter.kind) {
          faults.append(Refusal.Fault(key: parameter.name, value: fault))
        }
      }
    }
    if faults.isEmpty { faults = rangeFaults(parameters) }
    if !faults.isEmpty { throw Refusal.unprocessable(faults) }
  }

  private static func fault(_ value: String, _ kind: Parameters.Kind) -> String? {
    switch kind {
    case .text: nil
    case .int: Int32(value) == nil ? "must be a whole number" : nil
    case .bool: value == "true" || value == "false" ? nil : "must be true or false"
    case .money: Money(value) == nil ? "must be an amount" : nil
    case .date: CalendarDate(value) == nil ? "must be a date as YYYY-MM-DD" : nil
    case .time: time(value) == nil ? "must be a moment as YYYY-MM-DDTHH:MM:SSZ" : nil
    case .word(let words):
      words.contains(value) ? nil : "must be one of \(words.joined(separator: ", "))"
    case .list(let element, _): fault(value, element)
    }
  }

  /// A moment; a date alone is its midnight, which the service accepted too.
  private static func time(_ text: String) -> Instant? {
    Instant(text) ?? CalendarDate(text).map { Day($0).instant() }
  }

  private func rangeFaults(_ parameters: Parameters) -> [Refusal.Fault] {
    let names = parameters.known.map(\.name)
    let pairs =
      names.filter { $0.hasSuffix("from") }.map { ($0, String($0.dropLast(4)) + "to") }
      + [("startdate", "enddate"), ("frompaiddate", "topaiddate")]
    return pairs.compactMap { from, to in
      guard let start = self.first(from).flatMap(Self.time),
        let end = self.first(to).flatMap(Self.time)
      else { return nil }
      if end < start {
        return Refusal.Fault(key: to, value: "must not lie before \(from)")
      }
      let days = end.date.daysSince1970 - start.date.daysSince1970
      return days > Self.rangeDaysMax
        ? Refusal.Fault(
          key: to, value: "the date range must be less than or equal to 365 days") : nil
    }
  }

  private func first(_ name: String) -> String? { values[name]?.first }

  // MARK: Values

  func text(_ name: String) -> String? { first(name) }
  func id(_ name: String) -> Int32? { first(name).flatMap { Int32($0) } }
  func flag(_ name: String) -> Bool? { first(name).map { $0 == "true" } }
  func money(_ name: String) -> Money? { first(name).flatMap { Money($0) } }
  func day(_ name: String) -> Day? { first(name).flatMap { CalendarDate($0) }.map { Day($0) } }
  func moment(_ name: String) -> Instant? { first(name).flatMap(Self.time) }

  /// Nil when the parameter was not given, so that an empty list never means "none".
  func ids(_ name: String) -> Set<Int32>? {
    values[name].map { Set($0.compactMap { Int32($0) }) }
  }
  func words(_ name: String) -> Set<String>? { values[name].map(Set.init) }

  /// Whether a moment lies in the range `name`from to `name`to, ends included, to the second.
  func covers(_ moment: Instant?, _ name: String) -> Bool {
    let from = self.moment(name + "from")
    let to = self.moment(name + "to")
    guard from != nil || to != nil else { return true }
    guard let moment else { return false }
    let second = moment.milliseconds / 1000
    return (from.map { $0.milliseconds / 1000 <= second } ?? true)
      && (to.map { second <= $0.milliseconds / 1000 } ?? true)
  }

  /// Whether a day lies in the range, ends included.
  func covers(_ day: Day?, _ name: String) -> Bool {
    covers(day, from: name + "from", to: name + "to")
  }

  func covers(_ day: Day?, from: String, to: String) -> Bool {
    let (from, to) = (self.day(from), self.day(to))
    guard from != nil || to != nil else { return true }
    guard let day else { return false }
    return (from.map { $0 <= day } ?? true) && (to.map { day <= $0 } ?? true)
  }

  /// Whether the text holds the given one, letter case aside, as the service's name filters do.
  func matches(_ text: String?, _ name: String) -> Bool {
    guard let wanted = first(name), !wanted.isEmpty else { return true }
    return text?.lowercased().contains(wanted.lowercased()) ?? false
  }
}

/// What a record is ordered by.
enum SortKey: Comparable {
  case none
  case number(Int64)
  case text(String)

  static func day(_ day: Day?) -> SortKey { day.map { .number(Int64($0.number)) } ?? .none }
  static func time(_ time: Instant?) -> SortKey { time.map { .number($0.milliseconds) } ?? .none }
  static func money(_ money: Money?) -> SortKey { money.map { .number($0.minorUnits) } ?? .none }
  static func id(_ id: Int32?) -> SortKey { id.map { .number(Int64($0)) } ?? .none }
  static func optional(_ text: String?) -> SortKey { text.map { .text($0) } ?? .none }
}

/// The members a list can be ordered by, their names in any case.
typealias SortKeys<Row> = [String: @Sendable (Row) -> SortKey]

extension Query {
  /// Orders the records and cuts out the page.
  ///
  /// - Throws: ``Refusal`` 422 for a limit below 1, an offset below 0, or an order that names no
  ///   member of the list or no direction.
  func page<Row>(_ rows: [Row], by keys: SortKeys<Row>) throws(Refusal) -> ArraySlice<Row> {
    let order = try order(keys)
    var sorted = rows
    if !order.isEmpty {
      // The position breaks ties, so that pages never overlap.
      let keyed = rows.enumerated().map { index, row in (index, order.map { $0.key(row) }) }
      sorted = keyed.sorted { left, right in
        for (part, rule) in order.enumerated() where left.1[part] != right.1[part] {
          return (left.1[part] < right.1[part]) == rule.isAscending
        }
        return left.0 < right.0
      }.map { rows[$0.0] }
    }
    guard isPaged else { return sorted[...] }
    let limit = Int(id("limit") ?? Int32(Self.limitDefault))
    let offset = Int(id("offset") ?? 0)
    if limit < 1 { throw Refusal.unprocessable("limit", "must be 1 or more") }
    if offset < 0 { throw Refusal.unprocessable("offset", "must be 0 or more") }
    let start = min(offset, sorted.count)
    return sorted[start..<min(start + min(limit, Self.limitMax), sorted.count)]
  }

  private struct Order<Row> {
    var key: (Row) -> SortKey
    var isAscending: Bool
  }

  private func order<Row>(_ keys: SortKeys<Row>) throws(Refusal) -> [Order<Row>] {
    guard let text = text("orderby"), !text.isEmpty else { return [] }
    var result: [Order<Row>] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(separator: " ")
      let direction = words.count > 1 ? words[1].lowercased() : "asc"
      guard let name = words.first, words.count <= 2, direction == "asc" || direction == "desc",
        let key = keys[name.lowercased()]
      else {
        throw Refusal.unprocessable(
          "orderby", "'\(part)' is not a member of this list followed by asc or desc")
      }
      result.append(Order(key: key, isAscending: direction == "asc"))
    }
    // Records stand in the order of their numbers: the usual order costs nothing.
    if result.count == 1, text.lowercased() == "id" || text.lowercased() == "id asc" { return [] }
    return result
  }
}
