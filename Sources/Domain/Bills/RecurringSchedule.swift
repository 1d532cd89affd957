// Bills that come again: the schedule kept with a bill as JSON, and the days it names.

/// When a bill is made again.
///
/// Its JSON: `{"every": "month", "interval": 1, "day": 15, "start": "2026-01-15", "end": null,
/// "due_days": 30}`. `interval` is 1, `day` the start's own and `due_days` the bill's own unless said.
public struct RecurringSchedule: Sendable, Hashable {
  /// What the interval counts.
  public enum Every: String, Sendable, Hashable, CaseIterable { case week, month, quarter, year }

  /// What the interval counts.
  public var every: Every
  /// Every so many of them.
  public var interval: Int
  /// The day of the month, held back to its last; nil for the start's.
  public var day: Int?
  /// The first day.
  public var start: CalendarDate
  /// The last day that may be named; nil for none.
  public var end: CalendarDate?
  /// Due so many days after its date; nil for the bill's own.
  public var dueDays: Int?

  /// A schedule. - Precondition: the interval is 1 or more.
  public init(
    every: Every, interval: Int = 1, day: Int? = nil, start: CalendarDate,
    end: CalendarDate? = nil, dueDays: Int? = nil
  ) {
    precondition(interval >= 1, "an interval of \(interval)")
    (self.every, self.interval, self.day) = (every, interval, day)
    (self.start, self.end, self.dueDays) = (start, end, dueDays)
  }

  /// Intervals and days above these are typing errors.
  private static let intervalMax = 120
  private static let dueDaysMax = 366

  /// Reads a schedule from its JSON text.
  ///
  /// - Throws: a refusal that names the member that is wrong.
  public init(json text: String) throws(Refusal) {
    func wrong(_ what: String) -> Refusal {
      Refusal(
        "schedule", "The schedule \(what).",
        hint: "As in {\"every\": \"month\", \"start\": \"2026-01-15\", \"due_days\": 30}.")
    }
    let json: JSONValue
    do { json = try JSONValue(parsing: text) } catch { throw wrong("is no JSON") }
    guard let every = json["every"]?.string.flatMap({ Every(rawValue: $0) }) else {
      throw wrong("needs “every”: week, month, quarter or year")
    }
    guard let start = json["start"]?.string.flatMap({ CalendarDate($0) }) else {
      throw wrong("needs “start”: a day")
    }
    func number(_ name: String, _ bounds: ClosedRange<Int>) throws(Refusal) -> Int? {
      guard let value = json[name], !value.isNull else { return nil }
      guard let number = value.int, bounds.contains(number) else {
        throw wrong(
          "has a “\(name)” that is no number from \(bounds.lowerBound) to \(bounds.upperBound)")
      }
      return number
    }
    var end: CalendarDate?
    if let value = json["end"], !value.isNull {
      guard let day = value.string.flatMap({ CalendarDate($0) }), day >= start else {
        throw wrong("has an “end” that is no day on or after its start")
      }
      end = day
    }
    let interval = try number("interval", 1...Self.intervalMax) ?? 1
    let day = try number("day", 1...31)
    let dueDays = try number("due_days", 0...Self.dueDaysMax)
    self.init(
      every: every, interval: interval, day: day, start: start, end: end, dueDays: dueDays)
  }

  /// The schedule as it is kept.
  public var json: JSONValue {
    [
      "every": .string(every.rawValue), "interval": .int(interval),
      "day": day.map { .int($0) } ?? .null, "start": .string(start.description),
      "end": .optional(end?.description), "due_days": dueDays.map { .int($0) } ?? .null,
    ]
  }

  /// Days named at once at most: ten years of weeks.
  public static let occurrencesMax = 520

  /// The days named through `last`, the first ones first, at most ``occurrencesMax``.
  public func occurrences(through last: CalendarDate) -> [CalendarDate] {
    let limit = end.map { min($0, last) } ?? last
    var days: [CalendarDate] = []
    for count in 0..<Self.occurrencesMax {
      guard let day = occurrence(count), day <= limit else { break }
      if day >= start { days.append(day) }
    }
    return days
  }

  private func occurrence(_ count: Int) -> CalendarDate? {
    let steps = count * interval
    switch every {
    case .week: return start.adding(days: 7 * steps)
    case .month: return monthly(steps)
    case .quarter: return monthly(3 * steps)
    case .year: return monthly(12 * steps)
    }
  }

  private func monthly(_ months: Int) -> CalendarDate? {
    let index = start.year * 12 + start.month - 1 + months
    let (year, month) = (index / 12, index % 12 + 1)
    let last = CalendarDate.daysInMonth(year: year, month: month)
    return CalendarDate(year: year, month: month, day: min(day ?? start.day, last))
  }
}
